/* SPDX-License-Identifier: GPL-2.0 */
/* CPUs and memory that come and go beside the test of kdefragd. */
#ifndef _SELFTESTS_MM_KDEFRAGD_DISTURB_H
#define _SELFTESTS_MM_KDEFRAGD_DISTURB_H

#include <sys/types.h>

/**
 * struct disturbance - what was done, in memory shared with the parent
 * @cpus: times that a CPU went offline and came back
 * @memory: times that a memory block did
 * @lost: what went and did not come back
 */
struct disturbance {
	unsigned long cpus;
	unsigned long memory;
	unsigned long lost;
};

/* Go on until *@stop is set.  Return: the process that does it. */
pid_t disturb_start(struct disturbance *d, const int *stop);

#endif /* _SELFTESTS_MM_KDEFRAGD_DISTURB_H */
