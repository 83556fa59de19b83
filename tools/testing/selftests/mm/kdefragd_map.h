/* SPDX-License-Identifier: GPL-2.0 */
/* Runs of page blocks, as debugfs tells of them: aligned, and in one zone. */
#ifndef _SELFTESTS_MM_KDEFRAGD_MAP_H
#define _SELFTESTS_MM_KDEFRAGD_MAP_H

#include <stdio.h>

#include "kdefragd_mem.h"

#define PAGE_BLOCKS	"/sys/kernel/debug/page_blocks"

/**
 * struct page_block - a line of it
 * @pfn: the first page frame
 * @pages: from one block to the next; 0 until two have been read
 * @free: free pages
 * @mobility: in small letters
 * @class: "-" if its mobility has none
 */
struct page_block {
	unsigned long pfn;
	unsigned long pages;
	unsigned int free;
	char mobility[32];
	char class[32];
};

/* Read on, into a block that is all 0 at first.  Return: false at the end. */
bool page_block_next(FILE *f, struct page_block *block);

/* Runs of 2^@order pages that are free as a whole; -1 if there is no debugfs. */
long runs_free(unsigned int order);

/*
 * Those in which all is free or of @m, none of which has been given back or moved: no
 * page of the kernel's own is in the way.  -1 as above, or if there is no memory.
 */
long runs_possible(unsigned int order, const struct memory *m);

#endif /* _SELFTESTS_MM_KDEFRAGD_MAP_H */
