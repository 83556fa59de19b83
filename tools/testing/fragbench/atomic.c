// SPDX-License-Identifier: GPL-2.0
/*
 * atomic: bursts of atomic requests under load.
 *
 * In half of memory one page of eight is anonymous and stays, so that whatever
 * is freed there is in pieces.  Around it runs the mixed load of load.c; every
 * quarter second a driver's interrupt asks
 * for a burst of order 0, 3 or 5, by turns, and gives it back before the next.
 * Nobody can make room for an atomic request: what is there is there.
 */
#include <stdio.h>
#include <unistd.h>

#include "fragbench.h"

static long seconds = 40;
static long warm = 20;
static long share = 16;
static long pieces = 50;

static const struct fb_option options[] = {
	{ "seconds", &seconds, 3, 3600, "of bursts" },
	{ "warm", &warm, 0, 3600, "seconds of load before the first" },
	{ "pieces", &pieces, 0, 90, "percent of memory in which no order 3 is free" },
	{ "share", &share, 1, 100, "thousandths of memory that a burst asks for" },
	{ NULL }
};

static const unsigned int order[] = { 0, 3, 5 };

struct tally {
	long asked, got;
};

static void one_burst(unsigned int which, long pages, struct tally *t)
{
	long nr = pages >> order[which], got;

	got = frag_burst(order[which], nr, "atomic");
	if (got < 0)
		fb_die("a burst failed");
	frag_burst_drop();
	t->asked += nr;
	t->got += got;
}

static void pieces_make(void)
{
	static struct frag_holes holes;
	struct frag_state s;

	if (!pieces)
		return;
	if (frag_read(&s) ||
	    frag_holes_fill(&holes, s.free / 100 * pieces * sysconf(_SC_PAGESIZE)) ||
	    frag_holes_punch(&holes, 3))
		fb_die("cannot make holes");
}

int main(int argc, char **argv)
{
	struct tally tally[ARRAY_SIZE(order)] = { { 0 } };
	struct fb_counters *then, *now;
	unsigned int i;
	double end;
	char key[32];
	long pages;

	fb_begin(argc, argv, "Atomic bursts of orders 0, 3 and 5 under a mixed load.",
		 options);
	fb_need_bursts("");
	pages = fb_meminfo("MemTotal") / (sysconf(_SC_PAGESIZE) >> 10) * share / 1000;
	pieces_make();
	fb_load_start();
	sleep(warm);
	fb_fingerprint("before", NULL);
	then = fb_counters_read();
	end = fb_seconds() + seconds;
	while (fb_seconds() < end) {
		for (i = 0; i < ARRAY_SIZE(order); i++) {
			usleep(250000);
			one_burst(i, pages, &tally[i]);
		}
	}
	now = fb_counters_read();
	for (i = 0; i < ARRAY_SIZE(order); i++) {
		snprintf(key, sizeof(key), "asked_order%u", order[i]);
		fb_value(key, "%ld", tally[i].asked);
		snprintf(key, sizeof(key), "failed_order%u", order[i]);
		fb_value(key, "%ld", tally[i].asked - tally[i].got);
		snprintf(key, sizeof(key), "success_order%u", order[i]);
		fb_share(key, tally[i].got, tally[i].asked);
	}
	fb_counters_print(then, now);
	fb_fingerprint("after", NULL);
	fb_load_stop();
	return 0;
}
