// SPDX-License-Identifier: GPL-2.0
/*
 * Order-aware watermarks: with pages enough, asking for order 3 evicts nothing.
 *
 * Without options: the test.  Each arm brings memory into the same bad shape
 * (much of it free, no block of order 3), and then asks for order 3 in one of
 * five ways:
 *
 *	traffic	for long.  The arm with vm.order_watermark=0 has to evict, or the
 *		test could not tell; the arm with 1 must not.
 *	ring	once, and for the rest after a quiet second.  Mainline has made
 *		a few blocks by then, we enough.
 *	waiting	once, where one may wait, and would reclaim oneself.
 *	wall	for blocks that nobody can make.  Reclaim may help, but little.
 *	oom	where one may wait, until who asks is killed for it: with the check
 *		that is to come no earlier than without, and most of memory is to be
 *		used by then.
 *
 *	-m MODE		ring, then traffic, with vm.order_watermark=MODE, or
 *			"stock" to leave it alone, and a report for people
 *	-t SCENARIO	only this test: one of these, or kdefragd, ring and traffic with
 *		kdefragd
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
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "fragment.h"
#include "vm_util.h"

#define KNOB		"/proc/sys/vm/order_watermark"
#define SHARE		"/proc/sys/vm/order_watermark_share"
#define PROACTIVE	"/proc/sys/vm/compaction_proactiveness"
#define PCP		"/proc/sys/vm/percpu_pagelist_high_fraction"
#define BOOST		"/proc/sys/vm/watermark_boost_factor"
#define KDEFRAGD	"/proc/sys/vm/kdefragd"
#define LOCKED		"/proc/sys/vm/compact_unevictable_allowed"
#define ORDER		3
#define LARGE		9	/* that of a huge page, mostly */
#define RING		256	/* entries of a receive ring */
#define WALL_SECONDS	8
#define WALL_BATCH	64	/* pages: compact_gap(), rounded up by reclaim */

static const char *dir = ".";
static double seconds = 10;

/* What there was before, put back however the test ends. */
static const char * const saved_path[] = {
	BOOST, KDEFRAGD, LOCKED, KNOB, SHARE, PROACTIVE, PCP,
};

static char saved[ARRAY_SIZE(saved_path)][32];

static const char *saved_for(const char *path)
{
	unsigned int i = 0;

	while (strcmp(saved_path[i], path))
		i++;
	return saved[i];
}

static int knob_read(const char *path, char *buf, size_t size)
{
	if (!read_file(path, buf, size))
		return -1;
	buf[strcspn(buf, "\n")] = '\0';
	return 0;
}

static void settings_restore(void)
{
	unsigned int i;

	if (frag_can_burst())
		frag_burst_drop();
	for (i = 0; i < ARRAY_SIZE(saved_path); i++) {
		if (saved[i][0])
			frag_write(saved_path[i], saved[i]);
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
	long kdefragd_ms;
	long migrated;		/* pages */
	long pages, shape;	/* decisions: short of ... */
	long handed;		/* hand-overs */
	long let;		/* times reclaim was let work for an order */
	long killed;		/* processes, for want of memory */
};

static void count(struct counts *c)
{
	c->evicted = vm_counter("pgsteal_kswapd") + vm_counter("pgsteal_direct");
	c->kswapd_ms = thread_ms("kswapd");
	c->kcompactd_ms = thread_ms("kcompactd");
	c->kdefragd_ms = thread_ms("kdefragd");
	c->migrated = vm_counter("pgmigrate_success");
	c->pages = vm_counter("order_wmark_short_of_pages");
	c->shape = vm_counter("order_wmark_short_of_shape");
	c->handed = vm_counter("order_wmark_handed_over");
	c->let = vm_counter("order_wmark_let_reclaim");
	c->killed = vm_counter("oom_kill");
}

static void count_since(struct counts *c, const struct counts *then)
{
	count(c);
	c->evicted -= then->evicted;
	c->kswapd_ms -= then->kswapd_ms;
	c->kcompactd_ms -= then->kcompactd_ms;
	c->kdefragd_ms -= then->kdefragd_ms;
	c->migrated -= then->migrated;
	c->pages -= then->pages;
	c->shape -= then->shape;
	c->handed -= then->handed;
	c->let -= then->let;
	c->killed -= then->killed;
}

/* Memory in a bad shape: much of it free, and no block of ORDER. */
struct shape {
	struct frag_cache cache;
	struct frag_holes holes;
	struct frag_sockets sockets;
	size_t memory;		/* bytes that were free for it */
};

/* What happened to it. */
struct result {
	struct frag_state before, after;
	long cache_before, cache_after;	/* pages of the shape's in memory */
	struct counts c;
	long sent;			/* messages */
	long asked, got;		/* order-3 blocks */
	long first;			/* of a ring: blocks that came at once */
};

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
		if (now.evicted == then.evicted && in_pieces(&state) &&
		    frag_blocks_from(&state, ORDER) < RING / 16)
			return 0;
	}
	frag_print("# left", &state);
	return -1;
}

/*
 * "kdefragd" is mode 1 handing over to kdefragd; with "1" it is kcompactd.
 * Where there is no kdefragd, its knob cannot be written.
 */
static void mode_set(const char *mode)
{
	bool kdefragd = !strcmp(mode, "kdefragd");

	frag_write(KDEFRAGD, kdefragd ? "1" : "0");
	frag_write(KNOB, kdefragd ? "1" : mode);
}

/*
 * Bring about the shape, under mainline's check: fill memory with anonymous
 * pages, leave one in every aligned group of eight, let page cache fill the
 * gaps, and give back a tenth of it everywhere.  Now a tenth of memory is free
 * and no order-3 block is.  @mode is NULL where there is only mainline's check.
 * Return: NULL, or what did not work.
 */
static const char *shape_make(struct shape *s, const char *mode)
{
	struct frag_state state;
	int err;

	memset(s, 0, sizeof(*s));
	if (mode)
		mode_set("0");
	frag_write(BOOST, "0");		/* what boosts here is reclaimed later */
	frag_write(PROACTIVE, "0");
	frag_write(PCP, "1000000");	/* no blocks hidden on per-CPU lists */
	frag_write("/proc/sys/vm/drop_caches", "3");
	frag_write("/proc/sys/vm/compact_memory", "1");
	if (frag_read(&state))
		return "cannot read /proc/buddyinfo";

	s->memory = state.free * psize();
	if (frag_holes_fill(&s->holes, s->memory / 100 * 90) ||
	    frag_holes_punch(&s->holes, ORDER))
		return "cannot make holes";
	err = frag_cache_fill(&s->cache, dir, s->memory / 100 * 80);
	if (err == -EOPNOTSUPP)
		return "the file system here has no page cache to evict";
	if (err)
		return "cannot fill the page cache";
	frag_cache_thin(&s->cache, s->memory / 100 * 10);
	if (frag_sockets_fill(&s->sockets))
		return "cannot fill sockets";
	return use_up_blocks() ? "cannot use up the order-3 blocks" : NULL;
}

static void shape_drop(struct shape *s)
{
	frag_burst_drop();
	frag_sockets_drop(&s->sockets);
	frag_holes_drop(&s->holes);
	frag_cache_drop(&s->cache);
}

/* From here on, with @mode, it counts. */
static void measure_begin(struct result *r, struct shape *s, const char *mode)
{
	memset(r, 0, sizeof(*r));
	frag_write(BOOST, saved_for(BOOST));
	if (mode)
		mode_set(mode);
	frag_read(&r->before);
	r->cache_before = frag_cache_resident(&s->cache);
	count(&r->c);
}

static void measure_end(struct result *r, struct shape *s, const char *mode)
{
	struct counts then = r->c;

	count_since(&r->c, &then);
	r->cache_after = frag_cache_resident(&s->cache);
	frag_read(&r->after);
	frag_write(BOOST, "0");
	if (mode)
		mode_set("0");
}

/* A burst, as an interrupt asks ("atomic") or a system call ("retry"). */
static void burst(struct result *r, unsigned long blocks, const char *kind)
{
	long got = frag_burst(ORDER, blocks, kind);

	if (got < 0)
		return;
	r->asked += blocks;
	r->got += got;
}

/*
 * A scenario: what is done to a shape, while it counts.
 *
 * Traffic: a second of messages, a quiet second, a burst; and again.
 */
static void traffic(struct result *r)
{
	/* All bursts together ask for, and keep, a tenth of what is free. */
	unsigned long blocks = (r->before.free >> ORDER) / 10 / seconds;
	double t;

	for (t = 0; t < seconds; t++) {
		r->sent += frag_socket_traffic(1);
		sleep(1);
		burst(r, blocks, "atomic");
	}
}

/*
 * A ring: a driver fills its receive ring in atomic context and finds next to
 * nothing.  A quiet second later it tries to fill the rest.  There was no traffic
 * that could have driven anybody to work, just this one demand.
 */
static void ring(struct result *r)
{
	burst(r, RING, "atomic");
	r->first = r->got;
	sleep(1);
	r->asked = r->got;
	burst(r, RING - r->got, "atomic");
}

/* Waiting: a ring is filled where one may wait, and reclaim. */
static void waiting(struct result *r)
{
	burst(r, RING, "retry");
}

/* A wall: a driver never gets what it asks for, and asks four times a second. */
static void wall(struct result *r)
{
	int i;

	for (i = 0; i < 4 * WALL_SECONDS; i++) {
		burst(r, RING, "atomic");
		usleep(250000);
	}
}

/*
 * Beside a large one: a driver asks for its ring, once a second, and each time
 * somebody has just asked for a block that is not to be had.
 */
static void beside_large(struct result *r)
{
	int i;

	for (i = 0; i < 5 && r->got < RING; i++) {
		frag_burst(LARGE, 1, "atomic");
		usleep(20000);
		burst(r, RING - r->got, "atomic");
		sleep(1);
	}
}

/*
 * OOM: a process asks until it is killed, before all others, and tells how much it
 * had got.  Nothing is asked if it could not be set up.
 */
static void oom(struct result *r)
{
	long got = frag_burst_until_killed(ORDER);

	if (got < 0)
		return;
	r->asked = got + 1;	/* the one that it was killed for */
	r->got = got;
}

/*
 * Make a shape into a wall: lock the anonymous pages where they are, let every
 * block be made that can be, and keep it, until no more comes and much memory
 * is free all the same.  Return: NULL, or what did not work.
 */
static const char *wall_build(struct shape *s)
{
	struct frag_state state;
	int tries, thin = 10;

	if (mlock2(s->holes.map, s->holes.size, MLOCK_ONFAULT))
		return "cannot lock memory";
	frag_write(LOCKED, "0");
	for (tries = 0; tries < 20; tries++) {
		frag_write("/proc/sys/vm/compact_memory", "1");
		if (frag_read(&state))
			break;
		if (in_pieces(&state) && !frag_blocks_from(&state, ORDER))
			return use_up_blocks() ? "cannot use up the blocks" : NULL;
		frag_burst_eat(ORDER);
		if (!frag_read(&state) && state.free * psize() < (96 << 20)) {
			thin += 10;
			frag_cache_thin(&s->cache, s->memory / 100 * thin);
		}
	}
	frag_print("# left", &state);
	return "blocks can still be made";
}

/*
 * See to it that no block of order LARGE can be made, but smaller ones can: of the
 * anonymous pages, leave one in 64, and lock it.  Return: NULL, or what did not work.
 */
static const char *large_prevent(struct shape *s)
{
	if (frag_holes_punch(&s->holes, 2 * ORDER) ||
	    mlock2(s->holes.map, s->holes.size, MLOCK_ONFAULT))
		return "cannot lock memory";
	frag_write(LOCKED, "0");
	return use_up_blocks() ? "cannot use up the blocks" : NULL;
}

/* An arm: a scenario under a mode.  Return: NULL, or what did not work. */
static const char *run_arm(struct result *r, void (*scenario)(struct result *r),
			   const char *mode)
{
	struct shape shape;
	const char *why;

	why = shape_make(&shape, mode);
	if (!why && scenario == wall)
		why = wall_build(&shape);
	if (!why && scenario == beside_large)
		why = large_prevent(&shape);
	if (why)
		return why;
	measure_begin(r, &shape, mode);
	scenario(r);
	measure_end(r, &shape, mode);
	shape_drop(&shape);
	frag_write(LOCKED, saved_for(LOCKED));
	return NULL;
}

static void report(const struct result *r)
{
	frag_print("# before", &r->before);
	frag_print("# after ", &r->after);
	printf("# evicted (pages)\t%ld\n", r->c.evicted);
	printf("# page cache lost (pages)\t%ld\n",
	       r->cache_before - r->cache_after);
	printf("# moved (pages)\t%ld\n", r->c.migrated);
	printf("# CPU of kswapd (ms)\t%ld\n", r->c.kswapd_ms);
	printf("# CPU of kcompactd (ms)\t%ld\n", r->c.kcompactd_ms);
	printf("# CPU of kdefragd (ms)\t%ld\n", r->c.kdefragd_ms);
	printf("# messages sent\t%ld\n", r->sent);
	printf("# atomic order-3 requests\t%ld\n", r->asked);
	printf("# atomic order-3 requests met\t%ld\n", r->got);
	if (vm_counter("order_wmark_handed_over") < 0)
		return;
	printf("# decided: short of pages\t%ld\n", r->c.pages);
	printf("# decided: short of shape\t%ld\n", r->c.shape);
	printf("# handed over\t%ld\n", r->c.handed);
	printf("# nothing to be made, reclaim let work\t%ld\n", r->c.let);
}

static void report_ring(const struct result *r)
{
	printf("# ring of %d order-3 blocks: met at once\t%ld\n", RING, r->first);
	printf("# ring: met after a quiet second\t%ld\n", r->got);
	printf("# ring: evicted (pages)\t%ld\n", r->c.evicted);
	printf("# ring: moved (pages)\t%ld\n", r->c.migrated);
}

/* Ring and traffic in the same shape.  Return: NULL, or what did not work. */
static const char *demonstrate(const char *mode)
{
	struct result of_ring, of_traffic;
	struct shape shape;
	const char *why;

	why = shape_make(&shape, mode);
	if (why)
		return why;
	measure_begin(&of_ring, &shape, mode);
	ring(&of_ring);
	measure_end(&of_ring, &shape, mode);
	if (use_up_blocks())
		return "cannot use up the order-3 blocks again";
	measure_begin(&of_traffic, &shape, mode);
	traffic(&of_traffic);
	measure_end(&of_traffic, &shape, mode);

	report(&of_traffic);
	if (frag_can_burst())
		report_ring(&of_ring);
	shape_drop(&shape);
	return NULL;
}

static void test_knob(const char *path, const char *good, const char * const *bad)
{
	char before[32], after[32];
	bool refused = true;

	ksft_test_result(!frag_write(path, good) &&
			 !knob_read(path, before, sizeof(before)) &&
			 !strcmp(before, good), "%s takes %s\n", path, good);
	for (; *bad; bad++) {
		if (frag_write(path, *bad) != -EINVAL) {
			ksft_print_msg("%s took '%s'\n", path, *bad);
			refused = false;
		}
	}
	knob_read(path, after, sizeof(after));
	ksft_test_result(refused && !strcmp(before, after),
			 "%s refuses what it must and stays %s\n", path, after);
}

/*
 * Run a scenario with the check off and on, or, if @off is NULL, on alone, and
 * tell.  Return: success; else that is a failure of the test.
 */
static bool run_arms(const char *name, void (*scenario)(struct result *r),
		     struct result *off, struct result *on)
{
	const char *why = NULL;

	if (off) {
		why = run_arm(off, scenario, "0");
		if (!why) {
			ksft_print_msg("%s, vm.order_watermark=0\n", name);
			report(off);
		}
	}
	if (!why)
		why = run_arm(on, scenario, "1");
	if (why) {
		ksft_test_result_fail("%s: %s\n", name, why);
		return false;
	}
	ksft_print_msg("%s, vm.order_watermark=1\n", name);
	report(on);
	return true;
}

static void test_traffic(void)
{
	struct result off, on;

	if (!run_arms("traffic", traffic, &off, &on))
		return;
	ksft_test_result(in_pieces(&off.before) && in_pieces(&on.before),
			 "traffic: starts with memory free and hardly an order-%d block (%lu, %lu)\n",
			 ORDER, frag_blocks_from(&off.before, ORDER),
			 frag_blocks_from(&on.before, ORDER));
	ksft_test_result(off.c.evicted > 0, "traffic: off evicts (%ld pages)\n",
			 off.c.evicted);
	ksft_test_result(on.c.shape > 0 && on.c.handed > 0,
			 "traffic: on finds a shortage of shape (%ld x) and hands it over (%ld x)\n",
			 on.c.shape, on.c.handed);
	ksft_test_result(on.c.migrated > 0 && on.sent > 0 && on.got > 0,
			 "traffic: on moves pages instead (%ld), and requests are met (%ld)\n",
			 on.c.migrated, on.got);
	ksft_test_result(!on.c.evicted && on.cache_after >= on.cache_before,
			 "traffic: on evicts nothing (%ld pages)\n",
			 on.c.evicted);
	ksft_test_result(on.got * off.asked >= off.got * on.asked,
			 "traffic: atomic order %d no rarer (%ld of %ld, off %ld of %ld)\n",
			 ORDER, on.got, on.asked, off.got, off.asked);
	ksft_test_result(on.c.kswapd_ms <= off.c.kswapd_ms + 10,
			 "traffic: kswapd no busier (%ld ms, off %ld ms)\n",
			 on.c.kswapd_ms, off.c.kswapd_ms);
}

static void test_ring(void)
{
	struct result off, on;

	if (!run_arms("ring", ring, &off, &on))
		return;
	ksft_test_result(off.first < RING / 4 && on.first < RING / 4,
			 "ring: next to nothing at once (%ld of %d, off %ld)\n",
			 on.first, RING, off.first);
	ksft_test_result(on.got > off.got,
			 "ring: after a quiet second there is more (%ld of %d, off %ld)\n",
			 on.got, RING, off.got);
	ksft_test_result(on.got * 100 >= RING * 99,
			 "ring: after a quiet second there is enough (%ld of %d)\n",
			 on.got, RING);
	ksft_test_result(on.c.migrated > 0 && !on.c.evicted &&
			 on.cache_after >= on.cache_before,
			 "ring: pages were moved (%ld) and none evicted (%ld, off %ld)\n",
			 on.c.migrated, on.c.evicted, off.c.evicted);
}

static void test_waiting(void)
{
	struct result off, on;

	if (!run_arms("waiting", waiting, &off, &on))
		return;
	ksft_test_result(off.got == RING && on.got == RING,
			 "waiting: all is met (%ld of %d, off %ld)\n",
			 on.got, RING, off.got);
	ksft_test_result(off.c.evicted > 0 && !on.c.evicted,
			 "waiting: nothing is evicted for it (%ld pages, off %ld)\n",
			 on.c.evicted, off.c.evicted);
}

/*
 * Run a scenario handed over to kdefragd, and tell.  Return: success; else it is not
 * in this kernel, or that is a failure of the test.
 */
static bool run_kdefragd(const char *name, void (*scenario)(struct result *r),
			 struct result *on)
{
	const char *why;

	if (access(KDEFRAGD, F_OK)) {
		ksft_test_result_skip("%s, kdefragd: not in this kernel\n", name);
		return false;
	}
	why = run_arm(on, scenario, "kdefragd");
	if (why) {
		ksft_test_result_fail("%s, kdefragd: %s\n", name, why);
		return false;
	}
	ksft_print_msg("%s, kdefragd\n", name);
	report(on);
	return true;
}

static void test_kdefragd(void)
{
	struct result on;

	if (run_kdefragd("ring", ring, &on)) {
		ksft_test_result(on.got * 100 >= RING * 99,
				 "kdefragd: after a quiet second there is enough (%ld of %d)\n",
				 on.got, RING);
		ksft_test_result(on.c.migrated > 0 && !on.c.evicted,
				 "kdefragd: pages were moved (%ld) and none evicted (%ld)\n",
				 on.c.migrated, on.c.evicted);
	}
	if (run_kdefragd("traffic", traffic, &on)) {
		ksft_test_result(on.got > 0 && on.got == on.asked,
				 "kdefragd: atomic order %d is met (%ld of %ld)\n",
				 ORDER, on.got, on.asked);
		ksft_test_result(on.c.migrated > 0 && !on.c.evicted,
				 "kdefragd: traffic evicts nothing (%ld pages)\n",
				 on.c.evicted);
	}
	if (run_kdefragd("beside large", beside_large, &on))
		ksft_test_result(on.got == RING,
				 "kdefragd: a ring is had where order %d is not (%ld of %d)\n",
				 LARGE, on.got, RING);
}

static void test_wall(void)
{
	struct result on;

	if (!run_arms("wall", wall, NULL, &on))
		return;
	ksft_test_result(on.c.let > 0,
			 "wall: no block to be made, reclaim is let work (%ld x)\n",
			 on.c.let);
	/* 0.1 s of rest, doubled each time: the seventh is due after 6.3 s */
	ksft_test_result(on.c.let <= 8,
			 "wall: more and more rarely (%ld x in %d s)\n",
			 on.c.let, WALL_SECONDS);
	ksft_test_result(on.c.evicted > 0 &&
			 on.c.evicted <= on.c.let * WALL_BATCH,
			 "wall: little at a time (%ld pages)\n", on.c.evicted);
}

/* Pages that it could have got: free, or page cache. */
static long oom_possible(const struct result *r)
{
	return r->before.free + r->cache_before;
}

/* It has got no less than with mainline's check, and no less than half of all. */
static void test_oom_result(const char *name, const struct result *off,
			    const struct result *on)
{
	ksft_test_result(on->c.killed > 0 && on->got + 1 >= off->got,
			 "%s: nobody is killed earlier (%ld blocks were had, off %ld)\n",
			 name, on->got, off->got);
	ksft_test_result(on->got << ORDER >= oom_possible(on) / 2,
			 "%s: memory is used before (%ld pages of %ld)\n",
			 name, on->got << ORDER, oom_possible(on));
}

static void test_oom(void)
{
	struct result off, on, kdefragd;
	char panics[32];

	if (knob_read("/proc/sys/vm/panic_on_oom", panics, sizeof(panics)) ||
	    strcmp(panics, "0")) {
		ksft_test_result_skip("oom: vm.panic_on_oom is set\n");
		return;
	}
	frag_write("/proc/self/oom_score_adj", "-1000");
	if (!run_arms("oom", oom, &off, &on))
		return;
	ksft_test_result(off.c.killed > 0, "oom: off, who asks is killed after %ld blocks\n",
			 off.got);
	test_oom_result("oom", &off, &on);
	if (run_kdefragd("oom", oom, &kdefragd))
		test_oom_result("oom, kdefragd", &off, &kdefragd);
}

static const struct {
	const char *name;
	void (*run)(void);
} tests[] = {
	{ "traffic", test_traffic },
	{ "ring", test_ring },
	{ "waiting", test_waiting },
	{ "kdefragd", test_kdefragd },
	{ "wall", test_wall },
	{ "oom", test_oom },
};

static bool known(const char *what, const char * const *list)
{
	while (*list && strcmp(what, *list))
		list++;
	return *list;
}

int main(int argc, char **argv)
{
	static const char * const modes[] = {
		"0", "1", "2", "kdefragd", "stock", NULL
	};
	static const char * const names[] = {
		"traffic", "ring", "waiting", "kdefragd", "wall", "oom",
		NULL
	};
	static const char * const bad_mode[] = { "3", "-1", "x", "1x", NULL };
	static const char * const bad_share[] = { "0", "101", "-5", "x", NULL };
	const char *mode = NULL, *only = NULL;
	unsigned int i;
	int opt;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (getenv("TMPDIR"))
		dir = getenv("TMPDIR");
	while ((opt = getopt(argc, argv, "m:t:s:d:")) != -1) {
		if (opt == 'm') {
			mode = optarg;
		} else if (opt == 't') {
			only = optarg;
		} else if (opt == 's') {
			seconds = atof(optarg);
			if (seconds < 1) {
				fprintf(stderr, "%s: -s wants at least 1\n", argv[0]);
				return 2;
			}
		} else if (opt == 'd') {
			dir = optarg;
		} else {
			optind = argc + 1;
		}
	}
	if (optind != argc || (mode && !known(mode, modes)) ||
	    (only && !known(only, names))) {
		fprintf(stderr,
			"usage: %s [-m 0|1|2|kdefragd|stock] [-t SCENARIO] [-s SECONDS] [-d DIR]\n",
			argv[0]);
		return 2;
	}

	settings_save();
	if (mode) {
		const char *why = demonstrate(strcmp(mode, "stock") ? mode : NULL);

		if (why)
			fprintf(stderr, "%s: %s\n", argv[0], why);
		return !!why;
	}

	ksft_print_header();
	if (access(KNOB, F_OK))
		ksft_exit_skip("no " KNOB ": CONFIG_ORDER_WATERMARK is off\n");
	if (geteuid())
		ksft_exit_skip("needs root\n");
	test_knob(KNOB, "2", bad_mode);
	test_knob(SHARE, "25", bad_share);
	frag_write(SHARE, saved_for(SHARE));
	for (i = 0; i < ARRAY_SIZE(tests); i++) {
		if (only && strcmp(only, tests[i].name))
			continue;
		if (frag_can_burst())
			tests[i].run();
		else
			ksft_test_result_skip("%s: module alloc_burst is not loaded\n",
					      tests[i].name);
	}
	ksft_set_plan(ksft_test_num());
	ksft_finished();
}
