// SPDX-License-Identifier: GPL-2.0
/*
 * offline: how well does memory go offline under load?
 *
 * A mixed load runs.  Memory is taken offline, one memory block of sysfs after
 * the other in random order, and brought back, some times over.  A memory block
 * with a page that cannot move is refused at once; one with pages that would not
 * move this time is tried by the kernel until it is interrupted.
 *
 * migrate_failed counts the pages that were to move and did not, each time: those
 * that are tried again are what keeps memory from going.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "../selftests/mm/memory_block.h"
#include "fragbench.h"

static long warm = 20;
static long rounds = 3;
static long patience = 10;

static const struct fb_option options[] = {
	{ "warm", &warm, 0, 3600, "seconds of load before the first time" },
	{ "rounds", &rounds, 1, 1000, "times that each memory block is taken offline" },
	{ "patience", &patience, 1, 600, "seconds before an attempt is interrupted" },
	{ NULL }
};

static unsigned long block[MEMORY_BLOCKS];
static unsigned long nr_blocks;

static void find_blocks(void)
{
	unsigned long nr;

	for (nr = 0; nr < MEMORY_BLOCKS; nr++) {
		if (memory_is_there(nr))
			block[nr_blocks++] = nr;
	}
	if (nr_blocks < 2)
		fb_die("memory cannot go offline here: no " MEMORY_DIR "memory*/state");
}

static struct {
	unsigned long tried, done, refused, interrupted, other;
	double seconds;
} sum;

static void try_one(unsigned long nr)
{
	double start = fb_seconds();
	int err = memory_offline(nr, patience);

	sum.tried++;
	sum.seconds += fb_seconds() - start;
	if (err) {
		sum.refused += err == -EBUSY;
		sum.interrupted += err == -EINTR;
		sum.other += err != -EBUSY && err != -EINTR;
		return;
	}
	sum.done++;
	if (memory_online(nr))
		fb_die("memory%lu cannot be brought back", nr);
}

int main(int argc, char **argv)
{
	struct fb_counters *then, *now;
	unsigned long i;
	long round;

	fb_begin(argc, argv, "Memory going offline and coming back under load.", options);
	find_blocks();
	fb_load_start();
	sleep(warm);
	fb_fingerprint("before", NULL);
	then = fb_counters_read();
	for (round = 0; round < rounds; round++) {
		fb_shuffle(block, nr_blocks);
		for (i = 0; i < nr_blocks; i++)
			try_one(block[i]);
	}
	now = fb_counters_read();
	fb_load_stop();

	fb_value("tried", "%lu", sum.tried);
	fb_value("offline", "%lu", sum.done);
	fb_share("offline_share", sum.done, sum.tried);
	fb_value("refused", "%lu", sum.refused);
	fb_value("interrupted", "%lu", sum.interrupted);
	fb_value("other_errors", "%lu", sum.other);
	fb_value("seconds", "%.1f", sum.seconds);
	fb_value("migrated", "%ld", fb_counter_since(then, now, "pgmigrate_success"));
	fb_value("migrate_failed", "%ld", fb_counter_since(then, now, "pgmigrate_fail"));
	fb_counters_print(then, now);
	fb_fingerprint("after", NULL);
	return 0;
}
