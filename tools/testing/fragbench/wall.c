// SPDX-License-Identifier: GPL-2.0
/*
 * wall: how much is moved where moving cannot help?
 *
 * Memory is filled with anonymous pages, and among them, in nine blocks of ten,
 * a page that cannot move, so that no such block can ever be made free.  Then
 * half of the anonymous pages go, and every whole free block is taken: free
 * memory is ample, and all of it in pieces.
 *
 * For some seconds blocks are asked for, a few each second, and held.  Pages
 * that left a block which is whole now were moved to some purpose; all others
 * that were moved were moved in vain.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fragbench.h"

static long seconds = 60;
static long walled = 90;
static long asked_each = 2;

static const struct fb_option options[] = {
	{ "seconds", &seconds, 2, 3600, "of asking" },
	{ "walled", &walled, 0, 100, "percent of the blocks that get an unmovable page" },
	{ "each", &asked_each, 1, 1000, "blocks asked for each second" },
	{ NULL }
};

/* Percent of free memory; the rest is taken as blocks. */
#define FILL	85

static char *map;
static unsigned long nr_pages;
static size_t page;
static uint64_t *pfn;

static void give_back(unsigned long i)
{
	madvise(map + i * page, page, MADV_DONTNEED);
	pfn[i] = 0;
}

/* Return: pages put into the way. */
static unsigned long fill(void)
{
	unsigned int block_pages = 1u << fb_block_order();
	unsigned long i, walls = 0;
	struct frag_state s;

	if (frag_read(&s))
		fb_die("cannot read /proc/buddyinfo");
	nr_pages = s.free / 100 * FILL / block_pages * block_pages;
	pfn = fb_alloc(nr_pages, sizeof(*pfn));
	map = fb_map_anon(nr_pages * page);
	for (i = 0; i < nr_pages; i += block_pages) {
		unsigned long split = fb_random_below(block_pages);
		char *part = map + i * page;

		fb_touch(part, split * page, page);
		if (fb_random_below(100) < (unsigned long)walled) {
			if (frag_burst(0, 1, "pinned") != 1)
				fb_die("no memory for the wall");
			walls++;
		}
		fb_touch(part + split * page, (block_pages - split) * page, page);
	}
	fb_pfns(map, nr_pages, pfn);
	return walls;
}

/* The whole blocks that are left, so that only pieces are. */
static void take_blocks(void)
{
	if (frag_burst_eat(fb_block_order()))
		fb_die("cannot take all free blocks");
}

static void thin(void)
{
	unsigned long i;

	for (i = 0; i < nr_pages; i++) {
		if (pfn[i] && fb_random_below(2))
			give_back(i);
	}
}

/*
 * Pages that were in blocks which are whole now: free, or held as the block that
 * they were asked for.
 */
static unsigned long to_purpose(const struct fb_map *then, const struct fb_map *now)
{
	unsigned long i, nr = 0;

	for (i = 0; i < then->nr && i < now->nr; i++) {
		const struct fb_block *b = &now->block[i];

		if (b->free == now->pages || b->other == now->pages)
			nr += then->block[i].movable;
	}
	return nr;
}

int main(int argc, char **argv)
{
	unsigned long wall, useful, got = 0, i, open_blocks = 0;
	struct fb_counters *then, *now;
	struct fb_map before, after;
	struct fb_shape shape;
	long moved, failed;

	fb_begin(argc, argv, "Pages moved where unmovable ones stand in the way.", options);
	fb_need_bursts("");
	page = sysconf(_SC_PAGESIZE);
	fb_quiet();
	fb_knob_write(FB_VM "drop_caches", 3);
	fb_settle();
	wall = fill();
	thin();
	fb_settle();
	take_blocks();
	fb_settle();
	fb_map_read(&before);
	fb_map_print("before", &before);
	fb_map_shape(&before, &shape);
	for (i = 0; i < before.nr; i++)
		open_blocks += before.block[i].movable && !fb_block_is_tainted(&before.block[i]);

	fb_unquiet();
	then = fb_counters_read();
	for (i = 0; i < (unsigned long)seconds; i++) {
		long came = frag_burst(fb_block_order(), asked_each, "huge");

		if (came < 0)
			fb_die("a burst failed");
		got += came;
		sleep(1);
	}
	now = fb_counters_read();
	fb_quiet();
	fb_settle();
	fb_map_read(&after);

	moved = fb_counter_since(then, now, "pgmigrate_success");
	failed = fb_counter_since(then, now, "pgmigrate_fail");
	useful = to_purpose(&before, &after);
	fb_value("wall", "%lu", wall);
	fb_value("tainted", "%lu", shape.tainted);
	fb_value("blocks_without_wall", "%lu", open_blocks);
	fb_value("asked", "%lu", seconds * asked_each);
	fb_value("got", "%lu", got);
	fb_value("migrated", "%ld", moved);
	fb_value("migrate_failed", "%ld", failed);
	fb_value("to_purpose", "%lu", useful);
	fb_value("in_vain", "%ld", moved > (long)useful ? moved - (long)useful : 0);
	if (moved)
		fb_share("in_vain_share", moved > (long)useful ? moved - (long)useful : 0, moved);
	else
		fb_value("in_vain_share", "0");
	fb_value("inspected", "%ld", fb_inspected(then, now));
	fb_counters_print(then, now);
	fb_map_print("after", &after);
	return 0;
}
