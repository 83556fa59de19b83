// SPDX-License-Identifier: GPL-2.0
/* Sysctls, put back at the end; and memory brought to rest. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fragbench.h"

#define BURST		"/sys/kernel/debug/alloc_burst"
#define PCP_FRACTION	FB_VM "percpu_pagelist_high_fraction"

/* Sysctls that one scenario may set. */
#define SAVED_MAX	16

struct saved {
	const char *path;
	long value;
};

static struct saved saved[SAVED_MAX];
static unsigned int nr_saved;

bool fb_knob_exists(const char *path)
{
	return !access(path, F_OK);
}

/* Return: the value, or -1. */
long fb_knob_read(const char *path)
{
	FILE *f = fopen(path, "r");
	long value = -1;

	if (!f)
		return -1;
	if (fscanf(f, "%ld", &value) != 1)
		value = -1;
	fclose(f);
	return value;
}

/* Return: 0, or the negative error. */
int fb_knob_write(const char *path, long value)
{
	char text[32];

	snprintf(text, sizeof(text), "%ld", value);
	return frag_write(path, text);
}

static void restore(void)
{
	while (nr_saved) {
		nr_saved--;
		fb_knob_write(saved[nr_saved].path, saved[nr_saved].value);
	}
	if (frag_can_burst())
		frag_burst_drop();
}

static void restore_on_signal(int sig)
{
	restore();
	_exit(1);
}

static void save(const char *path)
{
	unsigned int i;

	if (!nr_saved) {
		atexit(restore);
		signal(SIGINT, restore_on_signal);
		signal(SIGTERM, restore_on_signal);
	}
	for (i = 0; i < nr_saved; i++) {
		if (!strcmp(saved[i].path, path))
			return;
	}
	if (nr_saved == SAVED_MAX)
		fb_die("more than %d sysctls to put back", SAVED_MAX);
	saved[nr_saved].path = path;
	saved[nr_saved++].value = fb_knob_read(path);
}

/* Set a sysctl until the end of the program. */
void fb_knob_set(const char *path, long value)
{
	int err;

	save(path);
	err = fb_knob_write(path, value);
	if (err)
		fb_die("cannot write %ld to %s: %s", value, path, strerror(-err));
}

/* What works on fragmentation in the background. */
static const char * const background[] = {
	FB_VM "compaction_proactiveness",
	FB_VM "kdefragd",
	FB_VM "order_watermark",
};

static long background_was[ARRAY_SIZE(background)];

/*
 * Nobody repairs what is being set up.  Without this the scenario would start
 * from another shape under each kernel.
 */
void fb_quiet(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(background); i++) {
		if (!fb_knob_exists(background[i]))
			continue;
		background_was[i] = fb_knob_read(background[i]);
		fb_knob_set(background[i], 0);
	}
}

/* The settings under test come into force. */
void fb_unquiet(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(background); i++) {
		if (fb_knob_exists(background[i]))
			fb_knob_set(background[i], background_was[i]);
	}
}

/* mbind() with MPOL_MF_MOVE empties the LRU batches of all CPUs first. */
static void drain_lru(void)
{
#ifdef __NR_mbind
	size_t size = sysconf(_SC_PAGESIZE);
	void *p = fb_map_anon(size);

	fb_touch(p, size, size);
	syscall(__NR_mbind, p, size, 0 /* MPOL_DEFAULT */, NULL, 0,
		2 /* MPOL_MF_MOVE */);
	munmap(p, size);
#endif
}

/* Pages on the per-CPU lists of all zones. */
static long pcp_pages(void)
{
	FILE *f = fopen("/proc/zoneinfo", "r");
	long sum = 0, nr;
	char line[256];

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, " count: %ld", &nr) == 1)
			sum += nr;
	}
	if (f)
		fclose(f);
	return sum;
}

/* More than these are worth a second try, and a word. */
#define PCP_FEW		16

void fb_drain_pcp(void)
{
	int tries;
	long left;

	for (tries = 0; tries < 20; tries++) {
		if (frag_write(BURST, "drain") == -ENOENT)
			break;
		left = pcp_pages();
		if (left <= PCP_FEW)
			return;
		usleep(50000);
	}
	if (!frag_can_burst()) {
		fb_knob_set(PCP_FRACTION, 1 << 30);
		/* each refresh takes an eighth off the lists that are too long */
		for (tries = 0; tries < 50; tries++)
			fb_knob_write(FB_VM "stat_refresh", 1);
	}
	printf("# per-CPU lists: %ld pages left%s\n", pcp_pages(),
	       frag_can_burst() ? "" : " (the module alloc_burst is not loaded)");
}

void fb_need_bursts(const char *what)
{
	if (!frag_can_burst())
		fb_die("%sthe module alloc_burst (CONFIG_ALLOC_BURST_TEST) is not loaded", what);
}

/*
 * Bring memory to rest before it is looked at: what is freed by RCU is free,
 * what is in per-CPU batches is on the lists where it belongs.
 */
void fb_settle(void)
{
	sleep(2);
	drain_lru();
	fb_drain_pcp();
}
