/* SPDX-License-Identifier: GPL-2.0 */
/* Which blocks to empty, and into which: decided from counts alone. */
#ifndef _MM_KDEFRAGD_CHOOSE_H
#define _MM_KDEFRAGD_CHOOSE_H

#include <linux/types.h>

/* Price of what cannot be had. */
#define DEFRAG_PRICE_MAX	UINT_MAX

/*
 * Failures after which a block is not tried any more.  Unit: 1.  The price has
 * then doubled as often, so a block with a single page is dearer than one with
 * 16, and those were tried before it.
 */
#define DEFRAG_KNOWN_BAD	4

/**
 * struct defrag_census - the blocks of a zone, counted by occupancy
 * @block_pages: pages in a block
 * @nr_entries: entries in each of the arrays: @block_pages + 1
 * @run: blocks that an offer is about
 * @holes: blocks that pages may be moved to, by their free pages
 * @offers: runs of @run blocks that may be emptied, by price per block
 */
struct defrag_census {
	unsigned int	block_pages;
	unsigned int	nr_entries;
	unsigned long	run;
	unsigned int	*holes;
	unsigned int	*offers;
};

/**
 * struct defrag_plan - what to empty and what to fill
 * @max_price: empty what costs at most so many pages per block; 0 for none
 * @max_free: fill blocks with at most so many free pages
 * @nr_last: of those with exactly so many, fill this many
 * @blocks: blocks, or runs of them, that come free by it
 * @pages: pages that move for it
 */
struct defrag_plan {
	unsigned int	max_price;
	unsigned int	max_free;
	unsigned long	nr_last;
	unsigned long	blocks;
	unsigned long	pages;
};

unsigned int defrag_price(unsigned int used, unsigned int failures,
			  unsigned int ticks);
struct defrag_plan defrag_plan(const struct defrag_census *census,
			       unsigned long wanted);

#endif /* _MM_KDEFRAGD_CHOOSE_H */
