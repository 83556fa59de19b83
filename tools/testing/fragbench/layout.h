/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is to become of each page block, and of each page in it: decided from a
 * seed and from where the pages lie, and from nothing else.  So the same seed
 * gives the same layout, also beside a few blocks more or fewer.
 */
#ifndef _FRAGBENCH_LAYOUT_H
#define _FRAGBENCH_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

/* Where the blocks lie that are chosen */
enum layout_spread {
	LAYOUT_RANDOM,
	LAYOUT_SIDE_BY_SIDE,	/* from the lowest address on */
	LAYOUT_EVEN,		/* at even distances */
};

/**
 * struct layout_wish - what is asked for
 * @seed: of all that is left to chance
 * @block_pages: pages in a block
 * @sparse: percent of the blocks that are sparse
 * @sparse_used: percent of the pages of these that stay
 * @dense_used: the same of the others
 * @spread: of the sparse blocks, enum layout_spread
 * @unmovable: percent of all pages that stay which cannot move
 * @unmovable_blocks: percent of the blocks that hold these
 * @unmovable_spread: of those blocks
 */
struct layout_wish {
	uint64_t seed;
	unsigned int block_pages;
	long sparse;
	long sparse_used;
	long dense_used;
	long spread;
	long unmovable;
	long unmovable_blocks;
	long unmovable_spread;
};

/**
 * struct layout_block - what is to become of one block
 * @nr: its number, by address
 * @sparse: one of the sparse blocks?
 * @used: pages that stay, those that cannot move among them
 * @unmovable: pages that cannot move
 */
struct layout_block {
	unsigned long nr;
	bool sparse;
	unsigned int used;
	unsigned int unmovable;
};

/* What is to become of a page */
enum layout_fate {
	LAYOUT_GOES,
	LAYOUT_STAYS,
	LAYOUT_CANNOT_MOVE,
};

/* Do the unmovable pages take half of the blocks that are to hold them, at most? */
bool layout_fits(const struct layout_wish *wish);

/* @block: @nr of them, ascending by ->nr, which is set; the rest is filled in. */
void layout_blocks(const struct layout_wish *wish, struct layout_block *block,
		   unsigned long nr);

/*
 * @pfn: @nr page frames, all in @block; @fate: what becomes of each.  Where they
 * are not all of the block, it is as full in proportion.
 */
void layout_pages(const struct layout_wish *wish, const struct layout_block *block,
		  const uint64_t *pfn, unsigned int nr, enum layout_fate *fate);

/* One number for all of it: layouts that differ have another. */
uint64_t layout_digest(const struct layout_block *block, unsigned long nr);

#endif /* _FRAGBENCH_LAYOUT_H */
