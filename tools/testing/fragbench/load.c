// SPDX-License-Identifier: GPL-2.0
/*
 * A mixed load in the background, for scenarios that ask for blocks under it.
 *
 * Four processes: one reads more page cache than there is memory, over and
 * over; one takes and gives back anonymous memory; one fills and reads sockets
 * and pipes; one makes and removes files.  Each does it until it is killed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fragbench.h"

#define LOADS	4

static pid_t load[LOADS];
static int nr_loads;

static unsigned long memory;	/* bytes */
static size_t page;

static void load_cache(void)
{
	struct frag_cache cache;

	for (;;) {
		if (frag_cache_fill(&cache, fb_dir(), memory / 10 * 11))
			fb_die("cannot fill the page cache from %s (--dir)", fb_dir());
		frag_cache_drop(&cache);
	}
}

/* A fifth of memory, in pieces of 1 to 32 MiB that come and go by chance. */
static void load_anon(void)
{
	struct piece { char *map; size_t size; } pieces[64] = { 0 };
	size_t limit = memory / 5, held = 0;

	for (;;) {
		struct piece *p = &pieces[fb_random_below(ARRAY_SIZE(pieces))];

		if (p->map) {
			munmap(p->map, p->size);
			held -= p->size;
			p->map = NULL;
			continue;
		}
		p->size = (1 + fb_random_below(32)) << 20;
		if (held + p->size > limit)
			continue;
		p->map = fb_map_anon(p->size);
		fb_touch(p->map, p->size, page);
		held += p->size;
	}
}

static void load_messages(void)
{
	static char data[1 << 16];
	int fd[64][2], i;

	for (;;) {
		frag_socket_traffic(0.2);
		for (i = 0; i < 64; i++) {
			if (pipe(fd[i]) || write(fd[i][1], data, sizeof(data)) < 0)
				fb_die("pipe: %s", strerror(errno));
		}
		for (i = 0; i < 64; i++) {
			close(fd[i][0]);
			close(fd[i][1]);
		}
	}
}

static void load_files(void)
{
	char path[4096 + 64];
	unsigned long nr;

	for (nr = 0;; nr++) {
		int fd;

		snprintf(path, sizeof(path), "%s/load.%lu", fb_dir(), nr % 4096);
		fd = open(path, O_CREAT | O_WRONLY, 0600);
		if (fd >= 0)
			close(fd);
		snprintf(path, sizeof(path), "%s/load.%lu", fb_dir(),
			 fb_random_below(4096));
		unlink(path);
	}
}

static void (*const loads[LOADS])(void) = {
	load_cache, load_anon, load_messages, load_files
};

void fb_load_start(void)
{
	memory = fb_meminfo("MemTotal") << 10;
	page = sysconf(_SC_PAGESIZE);
	for (nr_loads = 0; nr_loads < LOADS; nr_loads++) {
		fb_random();	/* each process has its own sequence */
		fflush(stdout);
		load[nr_loads] = fork();
		if (load[nr_loads] < 0)
			fb_die("fork: %s", strerror(errno));
		if (!load[nr_loads]) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			loads[nr_loads]();
			_exit(1);
		}
	}
}

void fb_load_stop(void)
{
	int status, died = 0;

	while (nr_loads) {
		pid_t pid = load[--nr_loads];

		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		died += !WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL;
	}
	if (died)
		fb_die("%d of the loads ended by themselves", died);
}
