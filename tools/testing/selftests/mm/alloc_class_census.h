/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What each class holds: as /sys/kernel/debug/alloc_class says, and counted
 * anew, page by page, from /proc/kpageflags.  Needs root and debugfs.
 */
#ifndef _SELFTESTS_MM_ALLOC_CLASS_CENSUS_H
#define _SELFTESTS_MM_ALLOC_CLASS_CENSUS_H

#include <stdbool.h>

/*
 * By how many pages a line may differ from what was counted, and by how many
 * blocks.  The kernel counts in use what is not on a free list, and so does
 * /proc/kpageflags: pages on per-CPU lists are no reason to differ.  What is
 * left is what others, and the reading itself, take or give back within the
 * milliseconds that it takes.  If these were not quiet, it is done again,
 * CENSUS_TRIES times at most.
 */
#define CENSUS_PAGES	8
#define CENSUS_BLOCKS	1
#define CENSUS_TRIES	20

/**
 * struct census_row - page blocks of one kind in a zone
 * @zone: number of the node and name of the zone
 * @kind: class of unmovable blocks, mobility of others
 * @blocks: with a page in use
 * @used: pages in use in them
 * @foreign: of these, of another kind for sure
 * @perhaps: of these, page tables that may be the kernel's and so no others';
 *	counted from the pages alone, like what follows
 * @anon: of these, anonymous
 * @tables: of these, page tables
 * @partly: blocks of which boot keeps a part, but not all
 * @unlike: blocks whose count of free pages is not that of the pages' flags
 */
struct census_row {
	char zone[32];
	char kind[16];
	unsigned long blocks;
	unsigned long used;
	unsigned long foreign;
	unsigned long perhaps;
	unsigned long anon;
	unsigned long tables;
	unsigned long partly;
	unsigned long unlike;
};

#define CENSUS_ROWS	64

struct census {
	struct census_row row[CENSUS_ROWS];
	int nr;
};

/*
 * The table as the kernel has it, and the same counted anew while nothing happens.
 * Return: do they agree?  If not, it has been said where.
 */
bool census_take(struct census *table, struct census *pages, unsigned long block_pages);

/*
 * Counted anew alone; mobility and class of the blocks are the kernel's, all else is
 * looked up.  Return: could it be read?
 */
bool census_of_pages(struct census *c, unsigned long block_pages);

/* All zones together. */
struct census_row census_sum(const struct census *c, const char *kind);

/*
 * Of @nr pages of this process, in memory, how many lie in movable blocks?  Where they
 * lie, /proc/self/pagemap tells; what their block is, the kernel's map of blocks.
 */
unsigned long census_movable(const void *start, unsigned long nr,
			     unsigned long block_pages);

#endif /* _SELFTESTS_MM_ALLOC_CLASS_CENSUS_H */
