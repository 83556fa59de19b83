// SPDX-License-Identifier: GPL-2.0
/*
 * highalloc: how much of memory can be had as whole blocks?
 *
 * 95 % of memory is asked for in blocks, one after the other, as faults of huge
 * pages ask: loaded, loaded again after all has been given back, and at rest,
 * when the load has gone.  Those who come first take what lies ready; those
 * who come later what the kernel makes.
 *
 * possible: blocks at rest that hold nothing but free and movable pages.  While
 * the load runs, its anonymous memory, with what of it is in swap, has to have
 * room as well: loaded_possible and again_possible are so much less.
 */
#include <stdio.h>
#include <unistd.h>

#include "fragbench.h"

static long warm = 30;
static long share = 95;

static const struct fb_option options[] = {
	{ "warm", &warm, 0, 3600, "seconds of load before the first time" },
	{ "share", &share, 1, 100, "percent of memory to ask for" },
	{ NULL }
};

/* Blocks per write to the module, which cannot be interrupted. */
#define AT_ONCE	16

static long ask(long blocks)
{
	long got = 0;

	while (blocks > 0) {
		long nr = blocks < AT_ONCE ? blocks : AT_ONCE;
		long came = frag_burst(fb_block_order(), nr, "huge");

		if (came < 0)
			fb_die("a burst failed");
		got += came;
		blocks -= nr;
	}
	frag_burst_drop();
	return got;
}

/* Anonymous memory, wherever it is.  KiB. */
static long anonymous(void)
{
	return fb_meminfo("AnonPages") + fb_meminfo("SwapTotal") -
	       fb_meminfo("SwapFree") - fb_meminfo("SwapCached");
}

/* Return: anonymous memory meanwhile, in KiB */
static long phase(const char *name, long blocks)
{
	struct fb_counters *then = fb_counters_read(), *now;
	long anon = anonymous(), got;
	double start = fb_seconds();
	char key[64];

	got = ask(blocks);
	anon = (anon + anonymous()) / 2;
	now = fb_counters_read();
	snprintf(key, sizeof(key), "%s_success", name);
	fb_share(key, got, blocks);
	snprintf(key, sizeof(key), "%s_evicted", name);
	fb_value(key, "%ld", fb_counter_since(then, now, "pgsteal_kswapd") +
		 fb_counter_since(then, now, "pgsteal_direct"));
	snprintf(key, sizeof(key), "%s_seconds", name);
	fb_value(key, "%.1f", fb_seconds() - start);
	return anon;
}

/* @loaded, @again: anonymous memory in these phases, in KiB */
static void possible(long asked, long loaded, long again)
{
	struct fb_map map;
	unsigned long i;
	double nr = 0, block;

	fb_settle();
	fb_map_read(&map);
	for (i = 0; i < map.nr; i++) {
		const struct fb_block *b = &map.block[i];

		nr += b->present && b->free + b->movable == map.pages;
	}
	fb_map_print("after", &map);
	fb_map_free(&map);
	block = (sysconf(_SC_PAGESIZE) >> 10) << fb_block_order();	/* KiB */
	fb_share("possible", nr, asked);
	fb_share("loaded_possible", nr - loaded / block, asked);
	fb_share("again_possible", nr - again / block, asked);
}

int main(int argc, char **argv)
{
	struct fb_counters *then, *now;
	long blocks, loaded, again;

	fb_begin(argc, argv, "Success of asking for most of memory in whole blocks.",
		 options);
	fb_need_bursts("");
	blocks = fb_meminfo("MemTotal") / (sysconf(_SC_PAGESIZE) >> 10) *
		 share / 100 >> fb_block_order();
	fb_load_start();
	sleep(warm);
	fb_fingerprint("before", NULL);
	then = fb_counters_read();
	loaded = phase("loaded", blocks);
	sleep(5);
	again = phase("again", blocks);
	fb_load_stop();
	sleep(5);
	phase("rest", blocks);
	now = fb_counters_read();
	fb_value("asked", "%ld", blocks);
	fb_counters_print(then, now);
	possible(blocks, loaded, again);
	return 0;
}
