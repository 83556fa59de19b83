// SPDX-License-Identifier: GPL-2.0
/*
 * Order-aware watermarks: with pages enough, asking for order 3 evicts nothing.
 *
 * Without options: the test.  Each arm brings memory into the same bad shape
 * (much of it free, no block of order 3) and then sends order-3 traffic.  The
 * arm with vm.order_watermark=0 has to evict, or the test could not tell; the
 * arm with 1 must not, and must have decided so.
 *
 *	-m MODE		one arm with vm.order_watermark=MODE, or "stock" to
 *			leave it alone, and a report for people
 *	-s SECONDS	of traffic, default 10
 *	-d DIR		on a file system whose page cache can be evicted, default
 *			$TMPDIR, or else "."
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fragment.h"
#include "vm_util.h"

#define KNOB		"/proc/sys/vm/order_watermark"
#define SHARE		"/proc/sys/vm/order_watermark_share"
#define PROACTIVE	"/proc/sys/vm/compaction_proactiveness"
#define PCP		"/proc/sys/vm/percpu_pagelist_high_fraction"
#define BOOST		"/proc/sys/vm/watermark_boost_factor"
#define ORDER		3

static const char *dir = ".";
static double seconds = 10;

/* What there was before, put back however the test ends. */
static const char * const saved_path[] = { BOOST, KNOB, SHARE, PROACTIVE, PCP };
static char saved[ARRAY_SIZE(saved_path)][32];

static int knob_read(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY);
	ssize_t len;

	if (fd < 0)
		return -1;
	len = read(fd, buf, size - 1);
	close(fd);
	if (len < 0)
		return -1;
	buf[len] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return 0;
}

/* Return: 0, or the error that the kernel gave. */
static int knob_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY), err = 0;

	if (fd < 0)
		return errno;
	if (write(fd, text, strlen(text)) < 0)
		err = errno;
	close(fd);
	return err;
}

static void settings_restore(void)
{
	unsigned int i;

	if (frag_can_burst())
		frag_burst_drop();
	for (i = 0; i < ARRAY_SIZE(saved_path); i++) {
		if (saved[i][0])
			knob_write(saved_path[i], saved[i]);
	}
}

static void settings_restore_on_signal(int sig)
{
	settings_restore();
	_exit(KSFT_FAIL);
}

static void settings_save(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(saved_path); i++)
		knob_read(saved_path[i], saved[i], sizeof(saved[i]));
	atexit(settings_restore);
	signal(SIGINT, settings_restore_on_signal);
	signal(SIGTERM, settings_restore_on_signal);
}

/* Return: the counter, or -1 where the kernel has none of that name. */
static long vm_counter(const char *name)
{
	FILE *f = fopen("/proc/vmstat", "r");
	char key[64];
	long value, found = -1;

	while (f && fscanf(f, "%63s %ld", key, &value) == 2) {
		if (!strcmp(key, name))
			found = value;
	}
	if (f)
		fclose(f);
	return found;
}

/* CPU time of all kernel threads of a name, in milliseconds. */
static long thread_ms(const char *name)
{
	struct dirent *d;
	DIR *proc = opendir("/proc");
	long ticks = 0;

	while (proc && (d = readdir(proc))) {
		char path[300], stat[512], *p;
		long user, sys;

		snprintf(path, sizeof(path), "/proc/%s/stat", d->d_name);
		if (d->d_name[0] < '0' || d->d_name[0] > '9' ||
		    knob_read(path, stat, sizeof(stat)))
			continue;
		p = strchr(stat, '(');
		if (!p || strncmp(p + 1, name, strlen(name)))
			continue;
		p = strrchr(stat, ')');
		if (sscanf(p + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %ld %ld",
			   &user, &sys) == 2)
			ticks += user + sys;
	}
	if (proc)
		closedir(proc);
	return ticks * 1000 / sysconf(_SC_CLK_TCK);
}

struct counts {
	long evicted;		/* pages that reclaim took, in either context */
	long kswapd_ms;
	long kcompactd_ms;
	long migrated;		/* pages */
	long pages, shape;	/* decisions: short of ... */
	long handed;		/* hand-overs */
};

static void count(struct counts *c)
{
	c->evicted = vm_counter("pgsteal_kswapd") + vm_counter("pgsteal_direct");
	c->kswapd_ms = thread_ms("kswapd");
	c->kcompactd_ms = thread_ms("kcompactd");
	c->migrated = vm_counter("pgmigrate_success");
	c->pages = vm_counter("order_wmark_short_of_pages");
	c->shape = vm_counter("order_wmark_short_of_shape");
	c->handed = vm_counter("order_wmark_handed_over");
}

static void count_since(struct counts *c, const struct counts *then)
{
	count(c);
	c->evicted -= then->evicted;
	c->kswapd_ms -= then->kswapd_ms;
	c->kcompactd_ms -= then->kcompactd_ms;
	c->migrated -= then->migrated;
	c->pages -= then->pages;
	c->shape -= then->shape;
	c->handed -= then->handed;
}

struct arm {
	struct frag_state before, after;
	struct counts c;
	long cache_before, cache_after;		/* pages of ours in memory */
	long sent;				/* messages */
	long asked, got;			/* atomic order-3 blocks */
};

/* A quiet second, then a burst as an interrupt would ask for it. */
static void atomic_burst(struct arm *arm, unsigned long blocks)
{
	long got;

	sleep(1);
	got = frag_burst(ORDER, blocks, "atomic");
	if (got < 0)
		return;
	arm->asked += blocks;
	arm->got += got;
}

/* Memory is free, and less than a hundredth of it lies in order-3 blocks. */
static bool in_pieces(const struct frag_state *state)
{
	return state->free * psize() > (64 << 20) &&
	       frag_blocks_from(state, ORDER) << ORDER < state->free / 100;
}

/*
 * Use up the order-3 blocks, and again, until nobody makes new ones: kswapd and
 * kcompactd, once woken, finish what they are at.  Return: 0, or -1.
 */
static int use_up_blocks(void)
{
	struct frag_state state;
	struct counts then, now;
	int tries;

	for (tries = 0; tries < 20; tries++) {
		frag_burst_eat(ORDER);
		count(&then);
		usleep(500000);
		count(&now);
		if (frag_read(&state))
			return -1;
		if (now.evicted == then.evicted && in_pieces(&state))
			return 0;
	}
	return -1;
}

/* Return: NULL, or what did not work. */
static const char *run_arm(struct arm *arm, const char *mode)
{
	struct frag_cache cache;
	struct frag_holes holes;
	struct frag_sockets sockets;
	struct counts start;
	struct frag_state state;
	unsigned long burst;
	size_t memory;
	double t;
	int err;

	memset(arm, 0, sizeof(*arm));
	if (mode)
		knob_write(KNOB, "0");
	knob_write(BOOST, "0");		/* what boosts here is reclaimed later */
	knob_write(PROACTIVE, "0");
	knob_write(PCP, "1000000");	/* no blocks hidden on per-CPU lists */
	knob_write("/proc/sys/vm/drop_caches", "3");
	knob_write("/proc/sys/vm/compact_memory", "1");
	if (frag_read(&state))
		return "cannot read /proc/buddyinfo";

	/*
	 * Fill memory with anonymous pages, leave one in every aligned group
	 * of eight, let page cache fill the gaps, and give back a tenth of it
	 * everywhere: now a tenth of memory is free and no order-3 block is.
	 */
	memory = state.free * psize();
	if (frag_holes_fill(&holes, memory / 100 * 90) ||
	    frag_holes_punch(&holes, ORDER))
		return "cannot make holes";
	err = frag_cache_fill(&cache, dir, memory / 100 * 80);
	if (err == -EOPNOTSUPP)
		return "the file system here has no page cache to evict";
	if (err)
		return "cannot fill the page cache";
	frag_cache_thin(&cache, memory / 100 * 10);
	if (frag_sockets_fill(&sockets))
		return "cannot fill sockets";
	if (use_up_blocks()) {
		frag_read(&state);
		frag_print("# left", &state);
		return "cannot use up the order-3 blocks";
	}

	knob_write(BOOST, saved[0]);
	if (mode)
		knob_write(KNOB, mode);
	frag_read(&arm->before);
	arm->cache_before = frag_cache_resident(&cache);
	/* All bursts together ask for, and keep, a tenth of what is free. */
	burst = (arm->before.free >> ORDER) / 10 / seconds;
	count(&start);
	for (t = 0; t < seconds; t++) {
		arm->sent += frag_socket_traffic(1);
		atomic_burst(arm, burst);
	}
	count_since(&arm->c, &start);
	arm->cache_after = frag_cache_resident(&cache);
	frag_read(&arm->after);

	frag_burst_drop();
	frag_sockets_drop(&sockets);
	frag_holes_drop(&holes);
	frag_cache_drop(&cache);
	return NULL;
}

static void report(const struct arm *arm)
{
	frag_print("# before", &arm->before);
	frag_print("# after ", &arm->after);
	printf("# evicted (pages)\t%ld\n", arm->c.evicted);
	printf("# page cache lost (pages)\t%ld\n",
	       arm->cache_before - arm->cache_after);
	printf("# moved (pages)\t%ld\n", arm->c.migrated);
	printf("# CPU of kswapd (ms)\t%ld\n", arm->c.kswapd_ms);
	printf("# CPU of kcompactd (ms)\t%ld\n", arm->c.kcompactd_ms);
	printf("# messages sent\t%ld\n", arm->sent);
	printf("# atomic order-3 requests\t%ld\n", arm->asked);
	printf("# atomic order-3 requests met\t%ld\n", arm->got);
	if (vm_counter("order_wmark_handed_over") < 0)
		return;
	printf("# decided: short of pages\t%ld\n", arm->c.pages);
	printf("# decided: short of shape\t%ld\n", arm->c.shape);
	printf("# handed to kcompactd\t%ld\n", arm->c.handed);
}

static void test_knob(const char *path, const char *good, const char * const *bad)
{
	char before[32], after[32];
	bool refused = true;

	ksft_test_result(!knob_write(path, good) &&
			 !knob_read(path, before, sizeof(before)) &&
			 !strcmp(before, good), "%s takes %s\n", path, good);
	for (; *bad; bad++) {
		if (knob_write(path, *bad) != EINVAL) {
			ksft_print_msg("%s took '%s'\n", path, *bad);
			refused = false;
		}
	}
	knob_read(path, after, sizeof(after));
	ksft_test_result(refused && !strcmp(before, after),
			 "%s refuses what it must and stays %s\n", path, after);
}

static void test_arms(void)
{
	static struct arm off, on;
	const char *why;

	if (!frag_can_burst()) {
		ksft_test_result_skip("arms: module alloc_burst is not loaded\n");
		return;
	}
	why = run_arm(&off, "0");
	if (!why)
		why = run_arm(&on, "1");
	if (why) {
		ksft_test_result_fail("arms: %s\n", why);
		return;
	}
	ksft_print_msg("vm.order_watermark=0\n");
	report(&off);
	ksft_print_msg("vm.order_watermark=1\n");
	report(&on);

	ksft_test_result(in_pieces(&off.before) && in_pieces(&on.before),
			 "both arms start with memory free and hardly an order-%d block (%lu, %lu)\n",
			 ORDER, frag_blocks_from(&off.before, ORDER),
			 frag_blocks_from(&on.before, ORDER));
	ksft_test_result(off.c.evicted > 0, "off: evicts (%ld pages)\n",
			 off.c.evicted);
	ksft_test_result(on.c.shape > 0 && on.c.handed > 0,
			 "on: finds a shortage of shape (%ld x) and hands it over (%ld x)\n",
			 on.c.shape, on.c.handed);
	ksft_test_result(on.c.migrated > 0 && on.sent > 0 && on.got > 0,
			 "on: moves pages instead (%ld), and requests are met (%ld)\n",
			 on.c.migrated, on.got);
	ksft_test_result(!on.c.evicted && on.cache_after >= on.cache_before,
			 "on: evicts nothing (%ld pages)\n", on.c.evicted);
	ksft_test_result(on.got * off.asked >= off.got * on.asked,
			 "on: atomic order %d no rarer (%ld of %ld, off %ld of %ld)\n",
			 ORDER, on.got, on.asked, off.got, off.asked);
	ksft_test_result(on.c.kswapd_ms <= off.c.kswapd_ms + 10,
			 "on: kswapd no busier (%ld ms, off %ld ms)\n",
			 on.c.kswapd_ms, off.c.kswapd_ms);
}

int main(int argc, char **argv)
{
	static const char * const bad_mode[] = { "3", "-1", "x", "1x", NULL };
	static const char * const bad_share[] = { "0", "101", "-5", "x", NULL };
	const char *mode = NULL;
	int opt;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (getenv("TMPDIR"))
		dir = getenv("TMPDIR");
	while ((opt = getopt(argc, argv, "m:s:d:")) != -1) {
		if (opt == 'm') {
			mode = optarg;
		} else if (opt == 's') {
			seconds = atof(optarg);
			if (seconds < 1) {
				fprintf(stderr, "%s: -s wants at least 1\n", argv[0]);
				return 2;
			}
		} else if (opt == 'd') {
			dir = optarg;
		} else {
			fprintf(stderr, "usage: %s [-m 0|1|2|stock] [-s SECONDS] [-d DIR]\n",
				argv[0]);
			return 2;
		}
	}

	settings_save();
	if (mode) {
		bool stock = !strcmp(mode, "stock");
		const char *why;
		struct arm arm;

		why = run_arm(&arm, stock ? NULL : mode);
		if (why) {
			fprintf(stderr, "%s: %s\n", argv[0], why);
			return 1;
		}
		report(&arm);
		return 0;
	}

	ksft_print_header();
	if (access(KNOB, F_OK))
		ksft_exit_skip("no " KNOB ": CONFIG_ORDER_WATERMARK is off\n");
	if (geteuid())
		ksft_exit_skip("needs root\n");
	test_knob(KNOB, "2", bad_mode);
	test_knob(SHARE, "25", bad_share);
	knob_write(SHARE, saved[2]);
	test_arms();
	ksft_set_plan(ksft_test_num());
	ksft_finished();
}
