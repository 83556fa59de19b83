// SPDX-License-Identifier: GPL-2.0
/*
 * skew: what does it cost to make whole blocks where blocks differ?
 *
 * Memory is filled with anonymous pages, then most are given back so that half
 * of the blocks are nearly empty and the others anything up to nearly full.
 * Which block becomes which is random: there is no order in space that a
 * scanner could profit from.  Which pages of a block stay is random as well, page
 * by page or, with --run, so many at a time.  Then whoever makes memory contiguous
 * is asked to: vm.defrag_now where there is one, else vm.compact_memory.
 *
 * The work is held against a bound.  From a map taken before: the blocks that
 * hold nothing but movable pages, emptiest first, as many as were gained.  To
 * gain that many, at least the pages in these had to move; and who looks for them
 * page by page, stepping over each free area, reads as many page structs as there
 * are pages and free areas in these blocks, before he has looked for a new place
 * for a single one.
 *
 * The pages carry a mark each, which has to be there afterwards, and those that
 * moved are counted by their page frame numbers as well.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fragbench.h"
#include "occupancy.h"

static long fill = 90;		/* percent of free memory */
static long at_most;		/* MiB */
static long sparse = 50;	/* percent of the blocks */
static long sparse_used = 5;	/* percent of a sparse block, at most */
static long dense_min = 50;	/* percent of any other block */
static long dense_max = 98;
static long run = 1;		/* pages */

static const struct fb_option options[] = {
	{ "fill", &fill, 10, 97, "percent of free memory to fill first" },
	{ "at-most", &at_most, 0, 1 << 20, "MiB to fill at most; 0: no limit" },
	{ "sparse", &sparse, 0, 100, "percent of the blocks to leave nearly empty" },
	{ "sparse-used", &sparse_used, 1, 50, "percent of such a block that stays, at most" },
	{ "dense-min", &dense_min, 1, 99, "percent of any other block that stays, at least" },
	{ "dense-max", &dense_max, 1, 100, "the same, at most" },
	{ "run", &run, 1, 512, "pages that lie side by side stay or go together" },
	{ NULL }
};

/* Thousandths of each block that shall stay, by block number. */
static unsigned short *choose_shares(unsigned long blocks)
{
	unsigned short *share = fb_alloc(blocks, sizeof(*share));
	unsigned long *turn = fb_alloc(blocks, sizeof(*turn));
	unsigned long i;

	for (i = 0; i < blocks; i++)
		turn[i] = i;
	fb_shuffle(turn, blocks);
	for (i = 0; i < blocks; i++) {
		if (i < blocks * sparse / 100)
			share[turn[i]] = 1 + fb_random_below(sparse_used * 10);
		else
			share[turn[i]] = dense_min * 10 +
				fb_random_below((dense_max - dense_min) * 10 + 1);
	}
	free(turn);
	return share;
}

static void memory_shape(struct memory *m)
{
	unsigned short *share;
	unsigned long i;

	memory_reserve(m, fill, at_most);
	for (i = 0; i < m->nr; i++)
		memory_touch(m, i);
	share = choose_shares(memory_locate(m));
	memory_thin(m, share, run);
	free(share);
}

static int by_movable(const void *a, const void *b)
{
	return ((const struct fb_block *)a)->movable -
	       ((const struct fb_block *)b)->movable;
}

/* What the work is held against */
struct bound {
	unsigned long pages;	/* to be moved */
	unsigned long read;	/* page structs to be read to find them */
};

/* Of the @gain emptiest blocks that could be emptied. */
static struct bound bound(const struct fb_map *map, unsigned long gain)
{
	struct fb_block *block = fb_alloc(map->nr, sizeof(*block));
	struct bound sum = { 0 };
	unsigned long nr = 0, i;

	for (i = 0; i < map->nr; i++) {
		const struct fb_block *b = &map->block[i];

		if (b->present == map->pages && b->movable &&
		    b->free + b->movable == map->pages)
			block[nr++] = *b;
	}
	qsort(block, nr, sizeof(*block), by_movable);
	for (i = 0; i < gain && i < nr; i++) {
		sum.pages += block[i].movable;
		sum.read += block[i].movable + block[i].areas;
	}
	free(block);
	return sum;
}

static const char *compact(void)
{
	const char *knob = FB_VM "defrag_now";
	int err;

	if (fb_knob_exists(knob)) {
		err = fb_knob_write(knob, fb_block_order());
	} else {
		knob = FB_VM "compact_memory";
		err = fb_knob_write(knob, 1);
	}
	if (err)
		fb_die("cannot write to %s: %s", knob, strerror(-err));
	return knob;
}

/* Who wants a picture names a command that is run before and after the work. */
static void show(void)
{
	const char *command = getenv("FRAGBENCH_SHOW");

	if (command && system(command))
		fb_die("FRAGBENCH_SHOW: '%s' failed", command);
}

int main(int argc, char **argv)
{
	struct fb_counters *then, *now;
	struct fb_shape before, after;
	struct memory memory;
	struct fb_map map, left;
	struct bound least = { 0 };
	unsigned long moved;
	const char *how;
	long gain, migrated;
	double start;

	fb_begin(argc, argv, "The work of making whole blocks of uneven ones.", options);
	if (dense_min > dense_max)
		fb_usage_error("--dense-min is more than --dense-max");
	fb_quiet();
	fb_knob_write(FB_VM "drop_caches", 3);
	fb_settle();
	memory_shape(&memory);
	fb_settle();
	fb_map_read(&map);
	fb_map_print("before", &map);
	fb_map_shape(&map, &before);
	show();

	fb_unquiet();
	then = fb_counters_read();
	start = fb_seconds();
	how = compact();
	now = fb_counters_read();
	start = fb_seconds() - start;
	fb_quiet();
	moved = memory_check(&memory);

	fb_settle();
	show();
	fb_map_read(&left);
	fb_map_shape(&left, &after);
	gain = (long)after.whole - (long)before.whole;
	migrated = fb_counter_since(then, now, "pgmigrate_success");
	if (gain > 0)
		least = bound(&map, gain);

	fb_value("how", "%s", strrchr(how, '/') + 1);
	fb_value("seconds", "%.2f", start);
	fb_value("whole_before", "%lu", before.whole);
	fb_value("whole_after", "%lu", after.whole);
	fb_value("possible", "%lu", after.possible);
	fb_value("gain", "%ld", gain);
	fb_value("migrated", "%ld", migrated);
	fb_value("moved_seen", "%lu", moved);
	fb_value("bound", "%lu", least.pages);
	fb_share("migrated_per_bound", migrated, least.pages);
	fb_value("inspected", "%ld", fb_inspected(then, now));
	fb_share("inspected_per_block", fb_inspected(then, now), gain);
	fb_share("to_read_per_block", least.read, gain);
	fb_counters_print(then, now);
	fb_map_print("after", &left);
	return 0;
}
