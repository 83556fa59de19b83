/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Anonymous memory, filled and then thinned out block by block, so that each page
 * block is used to a share that is chosen for it.
 */
#ifndef _FRAGBENCH_OCCUPANCY_H
#define _FRAGBENCH_OCCUPANCY_H

#include <stddef.h>
#include <stdint.h>

/**
 * struct memory - the pages
 * @map: where they are mapped
 * @nr: how many
 * @page: bytes in one
 * @pfn: page frame of each; 0: given back
 * @blocks: up to the last that any of them lies in
 */
struct memory {
	char *map;
	unsigned long nr;
	size_t page;
	uint64_t *pfn;
	unsigned long blocks;
};

/* @percent of free memory, at most @mib (0: no limit); none there yet */
void memory_reserve(struct memory *m, long percent, long mib);

/* Write a mark of its own to page @i. */
void memory_touch(struct memory *m, unsigned long i);

/* All are there: find out where.  Return: @blocks. */
unsigned long memory_locate(struct memory *m);

/*
 * Of each block, by number, @share[] thousandths of the pages stay: each page by
 * itself, or with the others of its @run page frames, from a multiple of it on.
 */
void memory_thin(struct memory *m, const unsigned short *share, unsigned long run);

/* Those pages go that have no page frame in @pfn any more. */
void memory_give_back(struct memory *m);

/* Pages that lie elsewhere now; none may have lost its mark. */
unsigned long memory_check(const struct memory *m);

#endif /* _FRAGBENCH_OCCUPANCY_H */
