/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Is kdefragd under control: does it keep still when it is switched off, end when a
 * signal comes, and tell by its tracepoints what it does?  Memory has to be sparse, so
 * that there is work for it.
 */
#ifndef _SELFTESTS_MM_KDEFRAGD_CONTROL_H
#define _SELFTESTS_MM_KDEFRAGD_CONTROL_H

#include <stdbool.h>

#include "kdefragd_mem.h"

/**
 * struct switched - what the thread did
 * @off: its passes while vm.kdefragd was 0, and blocks fewer than the reserve
 * @on: its passes when it was 1 again
 * @made: the blocks made by these
 */
struct switched {
	unsigned long off;
	unsigned long on;
	unsigned long made;
};

/* There must be no free blocks on a node.  Leaves vm.free_block_reserve at 0. */
void switch_off_and_on(struct switched *s);

/**
 * struct reserve - what became of the reserve when blocks were taken from it
 * @taken: blocks, more than there were above the low marks
 * @woken: times that the thread took a request, which nobody but their taking made
 * @made: blocks made by it
 * @kept: free blocks are at the low mark again, or above, in each zone that has one
 * @evicted: pages swapped out or reclaimed meanwhile
 */
struct reserve {
	unsigned long taken;
	unsigned long woken;
	unsigned long made;
	bool kept;
	unsigned long evicted;
};

/*
 * Memory must be sparse, so that blocks can be made.  Leaves vm.free_block_reserve
 * at 0.  Return: false if it cannot be looked at; if it was not filled at first,
 * nothing is taken.
 */
bool reserve_take(struct reserve *r);

/**
 * struct small_reserve - what came of a reserve of areas smaller than a block
 * @reserve: how large it was to be, per mille
 * @lacked: areas of SMALL_ORDER, up to the low marks
 * @made: areas, by the kernel's count
 * @kept: they are at the low mark then, or above, in each zone that has one
 * @evicted: pages swapped out or reclaimed meanwhile
 */
struct small_reserve {
	long reserve;
	unsigned long lacked;
	unsigned long made;
	bool kept;
	unsigned long evicted;
};

#define SMALL_ORDER	5

/*
 * @m: sparse; it becomes more so.  There must be huge pages, which take the free blocks
 * of a node meanwhile.  Leaves vm.free_block_reserve at 0.  Return: false if they do not.
 */
bool reserve_small_areas(struct small_reserve *r, struct memory *m);

/**
 * struct interrupted - a write to vm.defrag_now that a signal came into
 * @ret: of the write
 * @left: pages that there were still to move, as was seen when it was asked again
 */
struct interrupted {
	int ret;
	unsigned long left;
};

/* Fewer may be the rest of a block, which it finishes. */
#define LEFT_MIN	(CHUNK / psize())

/* @m: sparse; it becomes more so */
void interrupt_defrag(struct interrupted *r, struct memory *m);

/**
 * struct traced - events that were seen
 * @passes: defrag_pass
 * @choices: defrag_choice
 * @outcomes: defrag_outcome
 */
struct traced {
	unsigned long passes;
	unsigned long choices;
	unsigned long outcomes;
};

/* In a buffer of our own.  Return: false if there is no tracefs. */
bool trace_begin(void);
void trace_end(struct traced *t);

#endif /* _SELFTESTS_MM_KDEFRAGD_CONTROL_H */
