/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Have vm.defrag_now make blocks and runs of them, out of memory in which nearly
 * empty blocks lie beside full ones, and out of compressed pages.
 */
#ifndef _SELFTESTS_MM_KDEFRAGD_BLOCKS_H
#define _SELFTESTS_MM_KDEFRAGD_BLOCKS_H

#include <stdbool.h>
#include <stdint.h>

#include "kdefragd_mem.h"

#define CHUNK		(2UL << 20)	/* a page block, nearly everywhere, */
#define BLOCK_ORDER	9		/* and its order */
#define RUN		8		/* blocks in a row, */
#define RUN_ORDER	12		/* and theirs */
#define SWAPPED		(256UL << 20)	/* bytes that are compressed */

/* Pages that are there both times, at another place. */
unsigned long count_moved(const uint64_t *then, const uint64_t *now,
			  unsigned long nr);

/*
 * Fill @tenths of free memory, then leave one page in @keep in every other group of
 * @chunks.  Return: whether there was memory for it.
 */
bool memory_fill(struct memory *m, unsigned long tenths, unsigned long keep,
		 unsigned int chunks);

/* Leave one page in @keep of every other chunk as it is mapped. */
void memory_thin(struct memory *m, unsigned long keep);

/**
 * struct making - what came of it
 * @ret: of the write
 * @before: free blocks, or runs of them; -1 if they cannot be counted
 * @after: the same
 * @moved: pages, by the kernel's count
 * @seen: of our own, those that lie elsewhere
 * @lost: of our own, those with another content
 * @again: pages moved when it was asked for once more
 */
struct making {
	int ret;
	long before;
	long after;
	unsigned long moved;
	unsigned long seen;
	unsigned long lost;
	unsigned long again;
};

/* Runs of an order above a block, in memory as it is.  Leaves @lost and others alone. */
void make_of_order(unsigned int order, struct making *r);

/* Return: false if memory could not be brought into that shape. */
bool make_blocks(struct making *r);
bool make_runs(struct making *r);
bool make_of_compressed(struct making *r);

#endif /* _SELFTESTS_MM_KDEFRAGD_BLOCKS_H */
