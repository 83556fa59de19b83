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
#include "kdefragd_huge.h"
#include "kdefragd_mem.h"
#include "memory_block.h"
#include "vm_util.h"

#define BLOCKS	64	/* memory blocks of sysfs that are tried */
#define CPUS	16
#define PAUSE	20000	/* us */

#define GREED		(16UL << 20)	/* taken at a time */

/*
 * Which cycle does what, of every so many: early, so that a slow machine gets there.
 * All memory is used up once.
 */
#define CYCLES		4
#define CPU_CYCLE	0
#define MEMORY_CYCLE	1
#define GREEDY_ROUND	2

/* The same of what takes long, once it has worked. */
#define LONG_CYCLES	16
#define HUGE_CYCLE	3

#define CGROUPS		"/sys/fs/cgroup/"
#define CGROUP		CGROUPS "kdefragd-test/"
#define CGROUP_MAX	"8388608"
#define CGROUP_WANTED	(12UL << 20)

struct path {
	char name[64];
};

static struct path cpu_online(unsigned int nr)
{
	struct path path;

	snprintf(path.name, sizeof(path.name),
		 "/sys/devices/system/cpu/cpu%u/online", nr);
	return path;
}

static bool cpu_may_go(unsigned int nr)
{
	return !access(cpu_online(nr).name, W_OK);
}

/* One that lies in more than one zone may not. */
static bool memory_block_may_go(unsigned int nr)
{
	char path[64], zones[64];

	snprintf(path, sizeof(path), MEMORY_DIR "memory%u/valid_zones", nr);
	return memory_is_there(nr) && read_file(path, zones, sizeof(zones)) &&
	       strncmp(zones, "none", 4);
}

/* The next after @nr of @all that may go; @all if there is none. */
static unsigned int next_that_may(bool (*may_go)(unsigned int nr),
				  unsigned int nr, unsigned int all)
{
	unsigned int tries;

	for (tries = 0; tries < all; tries++) {
		nr = (nr + 1) % all;
		if (may_go(nr))
			return nr;
	}
	return all;
}

bool cpus_may_go(void)
{
	return next_that_may(cpu_may_go, 0, CPUS) < CPUS;
}

bool memory_may_go(void)
{
	return next_that_may(memory_block_may_go, 0, BLOCKS) < BLOCKS;
}

static bool done(const unsigned long *count, unsigned long enough)
{
	return __atomic_load_n(count, __ATOMIC_RELAXED) >= enough;
}

bool disturbed_once(const struct disturbance *d)
{
	return done(&d->greedy, 1) && (done(&d->direct, 1) || !huge_pages()) &&
	       (done(&d->cpus, 1) || done(&d->cpu_tries, ENOUGH_TRIES) ||
		!cpus_may_go()) &&
	       (done(&d->memory, 1) || done(&d->memory_tries, MEMORY_TRIES) ||
		!memory_may_go());
}

/* One more memory block, if it goes; it is back then, or counted as lost. */
static void memory_cycle(struct disturbance *d)
{
	static unsigned int nr;
	int tries;

	/* Most have a page in them that cannot move. */
	for (tries = 4; tries; tries--) {
		nr = next_that_may(memory_block_may_go, nr, BLOCKS);
		if (nr == BLOCKS)
			return;
		d->memory_tries++;
		if (memory_offline(nr, 1 + d->memory_tries / 8))
			continue;
		usleep(PAUSE);
		d->memory_lost += memory_online(nr) != 0;
		d->memory++;
		return;
	}
}

static void cpu_cycle(struct disturbance *d)
{
	static unsigned int nr;

	nr = next_that_may(cpu_may_go, nr, CPUS);
	if (nr == CPUS)
		return;
	d->cpu_tries++;
	if (frag_write(cpu_online(nr).name, "0"))
		return;
	usleep(PAUSE);
	d->cpus_lost += frag_write(cpu_online(nr).name, "1") != 0;
	d->cpus++;
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
	if (map == MAP_FAILED || oom_adjust(OOM_FIRST) ||
	    frag_write(CGROUP "cgroup.procs", "0"))
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
	if (oom_adjust(OOM_FIRST))
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
	__atomic_store_n(&d->greedy, 1, __ATOMIC_RELAXED);
}

/*
 * Take huge pages, as many as are free and one more: kdefragd is asked to make it, there
 * and then.
 */
static void huge_cycle(struct disturbance *d)
{
	unsigned long before = counter("kdefragd_direct"), direct;
	struct frag_state state;
	bool came = true;
	struct huge h;
	size_t at;

	if (frag_read(&state) || !huge_map(&h, state.free * psize()))
		return;
	d->huge_tries++;
	for (at = 0; came && at < h.size; at += huge_size()) {
		came = huge_fault(&h, at);
		d->huge += came;
		if (counter("kdefragd_direct") != before)
			break;
	}
	huge_unmap(&h);
	direct = d->direct + counter("kdefragd_direct") - before;
	__atomic_store_n(&d->direct, direct, __ATOMIC_RELAXED);
}

static void disturb(struct disturbance *d, const int *stop)
{
	unsigned long woken = counter("kdefragd_wake");
	bool cgroup = cgroup_begin();
	unsigned int i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (i = 0; !__atomic_load_n(stop, __ATOMIC_RELAXED); i++) {
		if (i % CYCLES == CPU_CYCLE)
			cpu_cycle(d);
		if (i % CYCLES == MEMORY_CYCLE)
			memory_cycle(d);
		if (i % (d->direct ? LONG_CYCLES : CYCLES) == HUGE_CYCLE && huge_pages())
			huge_cycle(d);
		if (i == GREEDY_ROUND)
			use_up_memory(d);
		if (cgroup)
			cgroup_cycle(d);
		usleep(PAUSE);
	}
	d->woken = counter("kdefragd_wake") - woken;
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
