/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What goes on beside the test of kdefragd: CPUs and memory come and go, a
 * cgroup at its limit has its processes killed for want of memory, and so has the
 * machine, once.
 */
#ifndef _SELFTESTS_MM_KDEFRAGD_DISTURB_H
#define _SELFTESTS_MM_KDEFRAGD_DISTURB_H

#include <sys/types.h>

/**
 * struct disturbance - what was done, in memory shared with the parent
 * @cpus: times that a CPU went offline and came back
 * @memory: times that a memory block did
 * @ooms: processes killed at the limit of their cgroup
 * @spared: those that were not
 * @used_up: all memory was used up once, and who did it was killed
 * @lost: what went and did not come back
 */
struct disturbance {
	unsigned long cpus;
	unsigned long memory;
	unsigned long ooms;
	unsigned long spared;
	unsigned long used_up;
	unsigned long lost;
};

/* Go on until *@stop is set.  Return: the process that does it. */
pid_t disturb_start(struct disturbance *d, const int *stop);

#endif /* _SELFTESTS_MM_KDEFRAGD_DISTURB_H */
