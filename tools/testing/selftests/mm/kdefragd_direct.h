/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Does a request get its block where no free one is left?  Memory is made sparse, and
 * the free blocks that remain on the node of this CPU are taken.
 */
#ifndef _SELFTESTS_MM_KDEFRAGD_DIRECT_H
#define _SELFTESTS_MM_KDEFRAGD_DIRECT_H

#include <sched.h>
#include <stdbool.h>

#include "kdefragd_huge.h"
#include "kdefragd_mem.h"

/**
 * struct scarcity - memory without free blocks
 * @m: sparse
 * @taken: the blocks that were free, once huge_take_blocks() has been called
 * @wanted: those that direct_faults() gets
 * @cpus: where this process might run before; it stays on one meanwhile
 */
struct scarcity {
	struct memory m;
	struct huge taken;
	struct huge wanted;
	cpu_set_t cpus;
};

/* Return: false if there is no memory for it. */
bool scarcity_begin(struct scarcity *s);

void scarcity_end(struct scarcity *s);

/**
 * struct direct - what came of requests for huge pages
 * @faults: so many were asked for
 * @huge: so many came
 * @mapped: /proc/self/smaps says the same
 * @made: for so many, kdefragd made the block in the context of the request
 * @woken: times that the thread took a request meanwhile
 * @evicted: pages swapped out or reclaimed meanwhile
 */
struct direct {
	unsigned long faults;
	unsigned long huge;
	bool mapped;
	unsigned long made;
	unsigned long woken;
	unsigned long evicted;
};

/* Return: false if there is no memory to be mapped. */
bool direct_faults(struct scarcity *s, struct direct *d);

#endif /* _SELFTESTS_MM_KDEFRAGD_DIRECT_H */
