// SPDX-License-Identifier: GPL-2.0
/* What goes on beside the test; kdefragd_disturb.h explains. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fragment.h"
#include "kdefragd_disturb.h"
#include "memory_block.h"

#define BLOCKS	64	/* memory blocks of sysfs that are tried */
#define CPUS	16
#define PAUSE	20000	/* us */

#define GREED		(16UL << 20)	/* taken at a time */
#define GREEDY_ROUND	8		/* when all memory is used up, once */

#define CGROUPS		"/sys/fs/cgroup/"
#define CGROUP		CGROUPS "kdefragd-test/"
#define CGROUP_MAX	"8388608"
#define CGROUP_WANTED	(12UL << 20)

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

/* A cgroup with a limit, and no swap.  Return: whether it could be had. */
static bool cgroup_begin(void)
{
	frag_write(CGROUPS "cgroup.subtree_control", "+memory");
	mkdir(CGROUP, 0700);
	if (frag_write(CGROUP "memory.max", CGROUP_MAX))
		return false;
	return access(CGROUP "memory.swap.max", F_OK) ||
	       !frag_write(CGROUP "memory.swap.max", "0");
}

/* Wants more than the limit. */
static void cgroup_victim(void)
{
	char *map;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	map = mmap(NULL, CGROUP_WANTED, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED || frag_write(CGROUP "cgroup.procs", "0"))
		_exit(1);
	memset(map, 1, CGROUP_WANTED);
	_exit(0);
}

static void cgroup_cycle(struct disturbance *d)
{
	int status;
	pid_t pid;

	pid = fork();
	if (!pid)
		cgroup_victim();
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return;
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		d->ooms++;
	else
		d->spared++;
}

/* Takes memory until there is none, and is the first to be killed for it. */
static void greedy(void)
{
	char *map;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (frag_write("/proc/self/oom_score_adj", "1000"))
		_exit(1);
	for (;;) {
		map = mmap(NULL, GREED, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (map == MAP_FAILED)
			_exit(1);
		memset(map, 1, GREED);
	}
}

static void use_up_memory(struct disturbance *d)
{
	int status;
	pid_t pid;

	pid = fork();
	if (!pid)
		greedy();
	if (pid > 0 && waitpid(pid, &status, 0) == pid)
		d->used_up = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

static void disturb(struct disturbance *d, const int *stop)
{
	bool cgroup = cgroup_begin();
	unsigned int i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (i = 0; !__atomic_load_n(stop, __ATOMIC_RELAXED); i++) {
		d->memory += memory_cycle(d, i % BLOCKS);
		d->cpus += cpu_cycle(d, i % CPUS);
		if (cgroup)
			cgroup_cycle(d);
		if (i == GREEDY_ROUND)
			use_up_memory(d);
		usleep(PAUSE);
	}
	rmdir(CGROUP);
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
