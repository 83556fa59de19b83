/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tests of what vm.defrag_now makes: blocks and runs of them, out of memory in
 * which nearly empty blocks lie beside full ones, and out of compressed pages.
 */
#ifndef _SELFTESTS_MM_KDEFRAGD_BLOCKS_H
#define _SELFTESTS_MM_KDEFRAGD_BLOCKS_H

#include <stdbool.h>
#include <stdint.h>

#include "kdefragd_mem.h"

#define CHUNK	(2UL << 20)	/* a page block, nearly everywhere */

/* Pages that are there both times, at another place. */
unsigned long count_moved(const uint64_t *then, const uint64_t *now,
			  unsigned long nr);

/*
 * Fill @tenths of free memory, then leave one page in @keep in every other
 * chunk.  Return: whether there was memory for it.
 */
bool memory_fill(struct memory *m, unsigned long tenths, unsigned long keep);

void test_blocks(void);	/* 5 results */
void test_runs(void);	/* 2 */
void test_compressed(void);	/* 2 */

#endif /* _SELFTESTS_MM_KDEFRAGD_BLOCKS_H */
