// SPDX-License-Identifier: GPL-2.0
/*
 * fragmenter: bring memory into a shape, and keep it so
 *
 * For whoever wants to see what another program makes of fragmented memory, and
 * wants it fragmented in the same way tomorrow and on another kernel.  The shape
 * is told by how full page blocks are, which of them are sparse, how many of the
 * pages cannot move, and in how many blocks those lie:
 *
 *	./fragmenter --sparse 60 --sparse-used 10 --unmovable 5 --hold 600 &
 *
 * Memory is filled with anonymous pages.  Some give way to pages that cannot move
 * (the test module alloc_burst holds them), then anonymous ones are given back
 * until each block is as full as it is to be.  What was asked for and what came
 * of it are printed, with the fingerprint; then "ready".  The shape stays until
 * the time is up or the program is told to stop (SIGINT, SIGTERM).
 *
 * --spread says where the chosen blocks lie: 0 at random, 1 side by side from the
 * lowest address on, 2 at even distances.  Which are sparse and which have
 * unmovable pages is chosen apart.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fragbench.h"
#include "occupancy.h"

static long fill = 90;
static long at_most;
static long sparse = 50;
static long sparse_used = 5;
static long dense_used = 90;
static long spread;
static long unmovable;
static long unmovable_blocks = 50;
static long hold;

enum spread { RANDOM, SIDE_BY_SIDE, EVEN };

static const struct fb_option options[] = {
	{ "fill", &fill, 10, 97, "percent of free memory to fill first" },
	{ "at-most", &at_most, 0, 1 << 20, "MiB to fill at most; 0: no limit" },
	{ "sparse", &sparse, 0, 100, "percent of the blocks that are sparse" },
	{ "sparse-used", &sparse_used, 0, 100, "percent of the pages that stay in these" },
	{ "dense-used", &dense_used, 0, 100, "percent that stay in the others" },
	{ "spread", &spread, RANDOM, EVEN, "the blocks chosen: 0 random, 1 side by side, 2 even" },
	{ "unmovable", &unmovable, 0, 50, "percent of the pages that cannot move" },
	{ "unmovable-blocks", &unmovable_blocks, 1, 100, "percent of the blocks with such" },
	{ "hold", &hold, 0, 1 << 20, "seconds to keep the shape; 0: until a signal" },
	{ NULL }
};

/* Which @percent of @nr blocks?  By --spread. */
static bool *choose(unsigned long nr, long percent)
{
	unsigned long *turn = fb_alloc(nr, sizeof(*turn)), i;
	bool *chosen = fb_alloc(nr, sizeof(*chosen));

	for (i = 0; i < nr; i++)
		turn[i] = i;
	if (spread == RANDOM)
		fb_shuffle(turn, nr);
	for (i = 0; i < nr; i++) {
		if (spread == EVEN)
			chosen[i] = (i + 1) * percent / 100 > i * percent / 100;
		else
			chosen[turn[i]] = i < nr * percent / 100;
	}
	free(turn);
	return chosen;
}

/* Pages that each block with unmovable ones is to have. */
static unsigned long unmovable_each(void)
{
	unsigned long pages = 1ul << fb_block_order(), each;
	/* of what will be there in the end, in ten thousandths */
	unsigned long used = sparse * sparse_used + (100 - sparse) * dense_used;

	each = pages * used / 10000 * unmovable / unmovable_blocks;
	if (each > pages / 2)
		fb_usage_error("so many unmovable pages: raise --unmovable-blocks");
	return unmovable && !each ? 1 : each;
}

/*
 * Page @i gives way to one that cannot move: what one CPU gives back last it gets
 * first.
 */
static void make_unmovable(struct memory *m, unsigned long i)
{
	madvise(m->map + i * m->page, m->page, MADV_DONTNEED);
	m->pfn[i] = 0;
	if (frag_burst(0, 1, "pinned") != 1)
		fb_die("no memory for a page that cannot move");
}

/* Return: how many there are. */
static unsigned long put_unmovable(struct memory *m, unsigned long blocks)
{
	unsigned long *left = fb_alloc(blocks, sizeof(*left));
	unsigned long *want = fb_alloc(blocks, sizeof(*want));
	unsigned int order = fb_block_order();
	unsigned long each = unmovable_each(), placed = 0, i;
	bool *chosen = choose(blocks, unmovable_blocks);

	for (i = 0; i < m->nr; i++)
		left[m->pfn[i] >> order]++;
	for (i = 0; i < blocks; i++)
		want[i] = chosen[i] ? each : 0;
	for (i = 0; i < m->nr; i++) {
		unsigned long b = m->pfn[i] >> order;

		if (fb_random_below(left[b]--) >= want[b])
			continue;
		make_unmovable(m, i);
		want[b]--;
		placed++;
	}
	free(chosen);
	free(want);
	free(left);
	return placed;
}

static void thin(struct memory *m, unsigned long blocks)
{
	unsigned short *share = fb_alloc(blocks, sizeof(*share));
	bool *is_sparse = choose(blocks, sparse);
	unsigned long i;

	for (i = 0; i < blocks; i++)
		share[i] = 10 * (is_sparse[i] ? sparse_used : dense_used);
	memory_thin(m, share);
	free(is_sparse);
	free(share);
}

/* Return: pages that cannot move, among it. */
static unsigned long shape_memory(struct memory *m)
{
	unsigned long placed = 0, blocks, i;

	memory_reserve(m, fill, at_most);
	for (i = 0; i < m->nr; i++)
		memory_touch(m, i);
	blocks = memory_locate(m);
	if (unmovable)
		placed = put_unmovable(m, blocks);
	thin(m, blocks);
	return placed;
}

static void stay_on_one_cpu(void)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one);
}

static void on_signal(int sig)
{
	(void)sig;
}

static void keep(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	fb_value("ready", "%d", (int)getpid());
	if (hold)
		sleep(hold);
	else
		pause();
}

int main(int argc, char **argv)
{
	unsigned long placed, tainted = 0, i;
	struct fb_shape shape;
	struct memory memory;
	struct fb_map map;

	fb_begin(argc, argv, "Memory in pieces, as they are asked for.", options);
	if (unmovable && !frag_can_burst())
		fb_die("--unmovable: the module alloc_burst is not loaded");
	fb_quiet();
	fb_knob_write(FB_VM "drop_caches", 3);
	fb_settle();
	fb_fingerprint("before", NULL);
	stay_on_one_cpu();
	placed = shape_memory(&memory);
	fb_settle();
	fb_map_read(&map);
	fb_map_shape(&map, &shape);
	for (i = 0; i < map.nr; i++)
		tainted += fb_block_is_tainted(&map.block[i]) && map.block[i].movable;

	fb_value("unmovable_placed", "%lu", placed);
	fb_value("blocks_mixed", "%lu", tainted);
	fb_value("whole", "%lu", shape.whole);
	fb_value("possible", "%lu", shape.possible);
	fb_map_print("after", &map);
	fb_unquiet();
	keep();
	if (unmovable)
		frag_burst_drop();
	return 0;
}
