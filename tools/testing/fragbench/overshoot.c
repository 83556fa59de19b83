// SPDX-License-Identifier: GPL-2.0
/*
 * overshoot: what is evicted when blocks are short and pages are not?
 *
 * A tenth of memory is free, and no block of order 3; the rest is anonymous
 * memory that could be moved and page cache that could be evicted.  Then
 * sockets ask for order 3 for some seconds, and once a second a burst does as a
 * network driver would: atomic, and held to the end.  All bursts together ask
 * for a hundredth of memory, a tenth of what is free.
 *
 * With --waiting so many blocks are asked for instead, all at once, by who may wait
 * for them, and reclaim, as a system call does.  With --exhaust they are asked for
 * that way until who asks is killed for it; how many were had is what counts then.
 *
 * Every page evicted is one that somebody may want to read again; none had to
 * go, but with --exhaust.
 */
#include <stdio.h>
#include <unistd.h>

#include "fragbench.h"

#define ORDER		3

static long seconds = 20, waiting, exhaust;

static const struct fb_option options[] = {
	{ "seconds", &seconds, 1, 3600, "of socket load" },
	{ "waiting", &waiting, 0, 16384,
	  "blocks, asked for by who may wait, instead of the load" },
	{ "exhaust", &exhaust, 0, 1, "1: ask until somebody is killed for it" },
	{ NULL }
};

/* What was done. */
struct demand {
	long asked, got;	/* blocks of ORDER */
	long sent;		/* messages */
};

static size_t free_bytes(const struct frag_state *s)
{
	return s->free * sysconf(_SC_PAGESIZE);
}

/*
 * Memory is free, and less than a hundredth of it lies in order-3 blocks, which are
 * but few of those that will be asked for.
 */
static bool in_pieces(const struct frag_state *s)
{
	unsigned long blocks = frag_blocks_from(s, ORDER);

	return free_bytes(s) > (64 << 20) && blocks << ORDER < s->free / 100 &&
	       (!waiting || blocks * 16 < waiting);
}

static long evicted(const struct fb_counters *then, const struct fb_counters *now)
{
	return fb_counter_since(then, now, "pgsteal_kswapd") +
	       fb_counter_since(then, now, "pgsteal_direct");
}

/* Use up the blocks, again and again, until nobody makes new ones. */
static void use_up_blocks(struct frag_state *s)
{
	int tries;

	for (tries = 0; tries < 20; tries++) {
		struct fb_counters *then, *now;

		frag_burst_eat(ORDER);
		then = fb_counters_read();
		usleep(500000);
		now = fb_counters_read();
		if (!frag_read(s) && !evicted(then, now) && in_pieces(s))
			return;
	}
	fb_die("cannot use up the order-%d blocks: somebody makes new ones", ORDER);
}

static void setup(struct frag_cache *cache, struct frag_holes *holes,
		  struct frag_sockets *sockets, struct frag_state *s)
{
	size_t memory;
	int tries;

	fb_need_bursts("");
	fb_quiet();
	fb_knob_set(FB_VM "watermark_boost_factor", 0);	/* boosts reclaim later */
	fb_knob_set(FB_VM "percpu_pagelist_high_fraction", 1000000);
	fb_knob_write(FB_VM "drop_caches", 3);
	fb_knob_write(FB_VM "compact_memory", 1);
	if (frag_read(s))
		fb_die("cannot read /proc/buddyinfo");
	/*
	 * Anonymous pages, one left in each group of eight; page cache in the
	 * gaps; then a tenth of memory given back, everywhere.
	 */
	memory = free_bytes(s);
	if (frag_holes_fill(holes, memory / 100 * 90) ||
	    frag_holes_punch(holes, ORDER))
		fb_die("cannot make holes");
	if (frag_cache_fill(cache, fb_dir(), memory / 100 * 80))
		fb_die("cannot fill the page cache from %s (--dir)", fb_dir());
	frag_cache_thin(cache, memory / 100 * 5);
	if (frag_sockets_fill(sockets))
		fb_die("cannot fill sockets");
	use_up_blocks(s);
	/*
	 * What was used up counts: give back what is missing to a tenth, and a
	 * little more each time, for other places.
	 */
	for (tries = 1; free_bytes(s) < memory / 10; tries++) {
		if (tries > 20)
			fb_die("cannot free a tenth of memory");
		frag_cache_thin(cache, memory / 10 - free_bytes(s) +
				memory / 1000 * tries);
		use_up_blocks(s);
	}
}

static void ask(struct demand *d, long blocks, const char *kind)
{
	long got = frag_burst(ORDER, blocks, kind);

	if (got < 0)
		fb_die("a burst failed");
	d->asked += blocks;
	d->got += got;
}

static void load(struct demand *d)
{
	long pages = fb_meminfo("MemTotal") / (sysconf(_SC_PAGESIZE) >> 10), i;

	for (i = 0; i < seconds; i++) {
		d->sent += frag_socket_traffic(1);
		usleep(100000);
		ask(d, pages / 100 / seconds >> ORDER, "atomic");
	}
}

/* A process asks that is killed before all others. */
static void ask_until_killed(struct demand *d)
{
	if (fb_knob_write("/proc/self/oom_score_adj", -1000))
		fb_die("cannot have another process killed");
	d->got = frag_burst_until_killed(ORDER);
	if (d->got < 0)
		fb_die("nobody was killed");
	d->asked = d->got + 1;	/* the one that it was killed for */
}

int main(int argc, char **argv)
{
	long boost = fb_knob_read(FB_VM "watermark_boost_factor");
	long mode = fb_knob_read(FB_VM "defrag_mode");
	struct fb_counters *then, *now;
	struct frag_sockets sockets;
	struct frag_cache cache;
	struct frag_holes holes;
	struct demand demand = {};
	struct frag_state s;
	struct fb_map map;
	long resident;

	fb_begin(argc, argv, "Pages evicted while order 3 is short and pages are not.",
		 options);
	if (waiting && exhaust)
		fb_usage_error("one of --waiting and --exhaust");
	if (mode > 0)
		fb_knob_set(FB_VM "defrag_mode", 0);	/* makes blocks all the time */
	setup(&cache, &holes, &sockets, &s);
	fb_map_read(&map);
	fb_map_print("before", &map);
	/* Reading drains the per-CPU lists */
	use_up_blocks(&s);
	resident = frag_cache_resident(&cache);

	fb_knob_set(FB_VM "watermark_boost_factor", boost);
	if (mode > 0)
		fb_knob_set(FB_VM "defrag_mode", mode);
	fb_unquiet();
	then = fb_counters_read();
	if (exhaust)
		ask_until_killed(&demand);
	else if (waiting)
		ask(&demand, waiting, "retry");
	else
		load(&demand);
	now = fb_counters_read();
	fb_quiet();

	fb_value("evicted", "%ld", evicted(then, now));
	fb_value("cache_lost", "%ld", resident - frag_cache_resident(&cache));
	fb_value("messages", "%ld", demand.sent);
	fb_value("asked", "%ld", demand.asked);
	fb_value("got", "%ld", demand.got);
	fb_share("success", demand.got, demand.asked);
	fb_counters_print(then, now);
	fb_map_read(&map);
	fb_map_print("after", &map);
	return 0;
}
