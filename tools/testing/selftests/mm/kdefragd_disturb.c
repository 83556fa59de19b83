// SPDX-License-Identifier: GPL-2.0
/* CPUs and memory that come and go; kdefragd_disturb.h explains. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "fragment.h"
#include "kdefragd_disturb.h"

#define CPU		"/sys/devices/system/cpu/cpu%u/online"
#define MEMORY		"/sys/devices/system/memory/memory%u/state"
#define MEMORY_BLOCKS	64
#define CPUS		16
#define PAUSE		20000	/* us */

static void wake_up(int signal)
{
}

/* Return: whether it went; it is back then, or counted as lost. */
static bool cycle(struct disturbance *d, const char *format, unsigned int nr,
		  const char *off, const char *on)
{
	char path[128];
	int err;

	snprintf(path, sizeof(path), format, nr);
	/* A page that would not move keeps memory waiting until a signal comes. */
	alarm(1);
	err = frag_write(path, off);
	alarm(0);
	if (err)
		return false;
	usleep(PAUSE);
	if (frag_write(path, on))
		d->lost++;
	return true;
}

static void disturb(struct disturbance *d, const int *stop)
{
	struct sigaction action = { .sa_handler = wake_up };
	unsigned int i;

	/* Without SA_RESTART: see cycle(). */
	sigaction(SIGALRM, &action, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (i = 0; !__atomic_load_n(stop, __ATOMIC_RELAXED); i++) {
		d->memory += cycle(d, MEMORY, i % MEMORY_BLOCKS, "offline", "online");
		d->cpus += cycle(d, CPU, i % CPUS, "0", "1");
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
