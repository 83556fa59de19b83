/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What goes on beside the test of kdefragd: CPUs and memory come and go, a
 * cgroup at its limit has its processes killed for want of memory, and so has the
 * machine, once; and somebody asks for huge pages, more than are free.
 */
#ifndef _SELFTESTS_MM_KDEFRAGD_DISTURB_H
#define _SELFTESTS_MM_KDEFRAGD_DISTURB_H

#include <stdbool.h>
#include <sys/types.h>

/**
 * struct disturbance - what was done, in memory shared with the parent
 * @cpu_tries: times that one was to go offline
 * @cpus: times that a CPU went offline and came back
 * @cpus_lost: those that did not come back
 * @memory_tries: times that a memory block was to
 * @memory: times that a memory block went offline and came back
 * @memory_lost: those that did not come back
 * @ooms: processes killed at the limit of their cgroup
 * @spared: those that were not
 * @huge_tries: times that somebody wanted more huge pages than are free
 * @huge: those that he got
 * @direct: times that he had kdefragd make one
 * @woken: times that the thread of a node was woken meanwhile
 * @greedy: somebody has tried to use up all memory
 * @used_up: he has, and was killed for it
 */
struct disturbance {
	unsigned long cpu_tries;
	unsigned long cpus;
	unsigned long cpus_lost;
	unsigned long memory_tries;
	unsigned long memory;
	unsigned long memory_lost;
	unsigned long ooms;
	unsigned long spared;
	unsigned long huge_tries;
	unsigned long huge;
	unsigned long direct;
	unsigned long woken;
	unsigned long greedy;
	unsigned long used_up;
};

/* With so many tries, one that went is to be expected: a machine may be too busy. */
#define ENOUGH_TRIES	32
/* Most memory blocks have a page in them that cannot move. */
#define MEMORY_TRIES	128
/* Where next to nothing is free but whole blocks, nobody makes one. */
#define HUGE_TRIES	4

/* By what sysfs says of them: may any CPU, or memory block, go offline? */
bool cpus_may_go(void);
bool memory_may_go(void);

/* Has everything been done once that may be, or tried often enough? */
bool disturbed_once(const struct disturbance *d);

/* Go on until *@stop is set.  Return: the process that does it. */
pid_t disturb_start(struct disturbance *d, const int *stop);

#endif /* _SELFTESTS_MM_KDEFRAGD_DISTURB_H */
