// SPDX-License-Identifier: GPL-2.0
/* CPUs and memory that come and go; kdefragd_disturb.h explains. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "fragment.h"
#include "kdefragd_disturb.h"
#include "memory_block.h"

#define BLOCKS	64	/* memory blocks of sysfs that are tried */
#define CPUS	16
#define PAUSE	20000	/* us */

/* Return: whether it went; it is back then, or counted as lost. */
static bool memory_cycle(struct disturbance *d, unsigned int nr)
{
	if (memory_offline(nr, 1))
		return false;
	usleep(PAUSE);
	d->lost += memory_online(nr) != 0;
	return true;
}

static bool cpu_cycle(struct disturbance *d, unsigned int nr)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/online", nr);
	if (frag_write(path, "0"))
		return false;
	usleep(PAUSE);
	d->lost += frag_write(path, "1") != 0;
	return true;
}

static void disturb(struct disturbance *d, const int *stop)
{
	unsigned int i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (i = 0; !__atomic_load_n(stop, __ATOMIC_RELAXED); i++) {
		d->memory += memory_cycle(d, i % BLOCKS);
		d->cpus += cpu_cycle(d, i % CPUS);
		usleep(PAUSE);
	}
}

pid_t disturb_start(struct disturbance *d, const int *stop)
{
	pid_t pid = fork();

	if (!pid) {
		disturb(d, stop);
		_exit(0);
	}
	return pid;
}
