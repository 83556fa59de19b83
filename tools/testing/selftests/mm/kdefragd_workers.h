/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A process for each kind of memory (kdefragd_kinds.h), which knows what is in each
 * of its pages, and where it lies.
 *
 * They go through these stages, all at a time, when the parent says so:
 *
 *	set up		write to the memory, with pages of no use in between
 *	thin out	give most of those back, so that blocks are sparse
 *	look		which pages have moved since?  As often as the parent asks
 *	disturb		verify, write, page out, over and over
 *
 * Up to the last nobody touches a page that is looked at: it stays where it is
 * unless it is moved.
 */
#ifndef _SELFTESTS_MM_KDEFRAGD_WORKERS_H
#define _SELFTESTS_MM_KDEFRAGD_WORKERS_H

#include <stdbool.h>

/**
 * struct report - what is known of a worker, in memory shared with the parent
 * @present: pages that were there when it thinned out and when it looked last.
 *	Of pages that are merged, one of two; of a kind with a twin, the twin's
 * @moved: of these, the most that were seen to lie elsewhere
 * @reads: pages read back
 * @lost: those with another content
 * @elsewhere: the most that lay elsewhere while it was disturbed, whoever did it
 * @stage: what it has done, for the parent to wait for
 * @twin_stage: the same of its twin
 * @skipped: there is no such memory here, for the reason in @why
 * @failed: it, or its twin, ended before its time, for the reason in @why
 * @why: see these
 */
struct report {
	unsigned long present;
	unsigned long moved;
	unsigned long reads;
	unsigned long lost;
	unsigned long elsewhere;
	int stage;
	int twin_stage;
	bool skipped;
	bool failed;
	char why[64];
};

/* Return: false if there is no memory for it. */
bool workers_start(void);
void workers_thin_out(void);
void workers_look(void);
void workers_disturb(void);
void workers_end(void);

/* Have all been seen to move that have to? */
bool workers_moved(void);

/* Return: pages that were seen to move, of all workers. */
unsigned long workers_seen(void);

/* Of the worker with kinds[@kind]. */
const struct report *workers_report(int kind);

#endif /* _SELFTESTS_MM_KDEFRAGD_WORKERS_H */
