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
 * Memory is filled with anonymous pages.  Some are given back, until each block is
 * as full as it is to be, and some give way to pages that cannot move (the test
 * module alloc_burst holds them); a block is fuller only if these are more.  What
 * was asked for and what came of it are printed, with the fingerprint; then
 * "ready".  The shape stays until the time is up or the program is told to stop
 * (SIGINT, SIGTERM).
 *
 * The spreads say where the chosen blocks lie: 0 at random, 1 side by side from the
 * lowest address on, 2 at even distances.  --spread is that of the sparse blocks,
 * --unmovable-spread that of those with pages that cannot move, which is the same
 * unless it is given.  The two are chosen apart: at random they are independent,
 * while side by side for both puts both at the low end.
 *
 * The same seed chooses the same blocks and the same pages in them, as far as the
 * kernel gives the same ones to fill.  A block more or less changes the choice of a
 * few others at most.  "# layout" is one number for the blocks: who finds it again
 * has exactly the same ones.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fragbench.h"
#include "layout.h"
#include "occupancy.h"

static long fill = 90;
static long at_most;
static long sparse = 50;
static long sparse_used = 5;
static long dense_used = 90;
static long spread;
static long unmovable;
static long unmovable_blocks = 50;
static long unmovable_spread = -1;
static long hold;

static const struct fb_option options[] = {
	{ "fill", &fill, 10, 97, "percent of free memory to fill first" },
	{ "at-most", &at_most, 0, 1 << 20, "MiB to fill at most; 0: no limit" },
	{ "sparse", &sparse, 0, 100, "percent of the blocks that are sparse" },
	{ "sparse-used", &sparse_used, 0, 100, "percent of the pages that stay in these" },
	{ "dense-used", &dense_used, 0, 100, "percent that stay in the others" },
	{ "spread", &spread, LAYOUT_RANDOM, LAYOUT_EVEN,
	  "the sparse blocks: 0 random, 1 side by side, 2 even" },
	{ "unmovable", &unmovable, 0, 50, "percent of the pages that cannot move" },
	{ "unmovable-blocks", &unmovable_blocks, 1, 100, "percent of the blocks with such" },
	{ "unmovable-spread", &unmovable_spread, -1, LAYOUT_EVEN,
	  "these blocks, as --spread; -1: the same" },
	{ "hold", &hold, 0, 1 << 20, "seconds to keep the shape; 0: until a signal" },
	{ NULL }
};

static const char * const spread_name[] = {
	[LAYOUT_RANDOM] = "random",
	[LAYOUT_SIDE_BY_SIDE] = "side by side",
	[LAYOUT_EVEN] = "even",
};

/*
 * The pages by the block that they lie in: those of block b are @page[@first[b]]
 * to before @page[@first[b + 1]].
 */
struct blocks {
	unsigned long *first;
	unsigned long *page;
	enum layout_fate *fate;		/* of these pages */
	struct layout_block *block;	/* those that have any */
	unsigned long nr;
};

static struct layout_wish wish_of_options(void)
{
	struct layout_wish wish = {
		.seed = fb_random(),
		.block_pages = 1u << fb_block_order(),
		.sparse = sparse,
		.sparse_used = sparse_used,
		.dense_used = dense_used,
		.spread = spread,
		.unmovable = unmovable,
		.unmovable_blocks = unmovable_blocks,
		.unmovable_spread = unmovable_spread < 0 ? spread : unmovable_spread,
	};

	if (!layout_fits(&wish))
		fb_usage_error("so many unmovable pages: raise --unmovable-blocks");
	return wish;
}

/* @top: blocks up to the last. */
static void sort_into_blocks(const struct memory *m, unsigned long top, struct blocks *s)
{
	unsigned int order = fb_block_order();
	unsigned long *next = fb_alloc(top + 1, sizeof(*next)), i;

	s->first = fb_alloc(top + 1, sizeof(*s->first));
	s->page = fb_alloc(m->nr, sizeof(*s->page));
	s->fate = fb_alloc(m->nr, sizeof(*s->fate));
	s->block = fb_alloc(top, sizeof(*s->block));
	s->nr = 0;
	for (i = 0; i < m->nr; i++)
		s->first[(m->pfn[i] >> order) + 1]++;
	for (i = 0; i < top; i++) {
		if (s->first[i + 1])
			s->block[s->nr++].nr = i;
		next[i] = s->first[i];
		s->first[i + 1] += s->first[i];
	}
	for (i = 0; i < m->nr; i++)
		s->page[next[m->pfn[i] >> order]++] = i;
	free(next);
}

/* First page frames of the zones, ascending */
static unsigned long zone_start[64];
static unsigned int nr_zones;

static void read_zones(void)
{
	FILE *f = fopen("/proc/zoneinfo", "r");
	char line[512];

	if (!f)
		fb_die("cannot read /proc/zoneinfo");
	while (nr_zones < ARRAY_SIZE(zone_start) && fgets(line, sizeof(line), f))
		nr_zones += sscanf(line, " start_pfn: %lu", &zone_start[nr_zones]) == 1;
	fclose(f);
}

static unsigned int zone_of(unsigned long pfn)
{
	unsigned int zone = 0;

	while (zone + 1 < nr_zones && zone_start[zone + 1] <= pfn)
		zone++;
	return zone;
}

/* Pages that are held so that requests go to a zone, and not to a higher one */
struct ballast {
	char *map;
	unsigned long nr;
	unsigned long limit;
};

/* So that @zone is the highest that has pages to spare: the first to be tried. */
static void ballast_take(struct ballast *b, const struct memory *m, unsigned int zone)
{
	uint64_t pfn;

	while (b->nr < b->limit) {
		char *page = b->map + b->nr++ * m->page;

		fb_touch(page, m->page, m->page);
		fb_pfns(page, 1, &pfn);
		if (zone_of(pfn) <= zone)
			return;
	}
}

/* Page @i gives way to one that cannot move. */
static void make_unmovable(struct memory *m, unsigned long i)
{
	madvise(m->map + i * m->page, m->page, MADV_DONTNEED);
	m->pfn[i] = 0;
	if (frag_burst(0, 1, "pinned") != 1)
		fb_die("no memory for a page that cannot move");
}

/* What is to go has no page frame afterwards. */
static void decide(const struct layout_wish *wish, struct memory *m,
		   const struct blocks *s, const struct layout_block *block)
{
	unsigned long from = s->first[block->nr], i;
	unsigned int nr = s->first[block->nr + 1] - from;
	uint64_t *pfn = fb_alloc(nr, sizeof(*pfn));

	for (i = 0; i < nr; i++)
		pfn[i] = m->pfn[s->page[from + i]];
	layout_pages(wish, block, pfn, nr, s->fate + from);
	for (i = 0; i < nr; i++) {
		if (s->fate[from + i] == LAYOUT_GOES)
			m->pfn[s->page[from + i]] = 0;
	}
	free(pfn);
}

/* Return: pages that cannot move. */
static unsigned long place_unmovable(struct memory *m, const struct blocks *s,
				     const struct layout_block *block)
{
	unsigned long placed = 0, i;

	for (i = s->first[block->nr]; i < s->first[block->nr + 1]; i++) {
		if (s->fate[i] != LAYOUT_CANNOT_MOVE)
			continue;
		make_unmovable(m, s->page[i]);
		placed++;
	}
	return placed;
}

/*
 * A page that one CPU gives back is the next that it gets, if it lies in the zone
 * that is tried first: the highest that has pages to spare.  So the lowest zone
 * comes first, while pages that are left above are held; and a zone gets pages to
 * spare, by giving back what is to go, before those that cannot move are placed.
 *
 * Blocks from @from on, those of one zone.  Return: the first after them.
 */
static unsigned long shape_zone(const struct layout_wish *wish, struct memory *m,
				const struct blocks *s, unsigned long from,
				unsigned long *placed)
{
	unsigned int zone = zone_of(s->block[from].nr * wish->block_pages);
	/* more than what is left above, less than all that is left */
	struct ballast ballast = { .limit = m->nr / 16 };
	unsigned long end, i;

	for (end = from; end < s->nr; end++) {
		if (zone_of(s->block[end].nr * wish->block_pages) != zone)
			break;
		decide(wish, m, s, &s->block[end]);
	}
	memory_give_back(m);
	ballast.map = fb_map_anon(ballast.limit * m->page);
	for (i = from; i < end; i++) {
		if (!s->block[i].unmovable)
			continue;
		ballast_take(&ballast, m, zone);
		*placed += place_unmovable(m, s, &s->block[i]);
	}
	munmap(ballast.map, ballast.limit * m->page);
	return end;
}

/* Return: pages that cannot move, among it. */
static unsigned long shape_memory(const struct layout_wish *wish, struct memory *m,
				  struct blocks *s)
{
	unsigned long placed = 0, i;

	read_zones();
	memory_reserve(m, fill, at_most);
	for (i = 0; i < m->nr; i++)
		memory_touch(m, i);
	sort_into_blocks(m, memory_locate(m), s);
	layout_blocks(wish, s->block, s->nr);
	for (i = 0; i < s->nr;)
		i = shape_zone(wish, m, s, i, &placed);
	return placed;
}

static void report_spreads(const struct layout_wish *wish)
{
	printf("# sparse blocks: %s; blocks with unmovable pages: %s\n",
	       spread_name[wish->spread], spread_name[wish->unmovable_spread]);
}

/* What came of it, in the blocks that were filled from end to end. */
static void report_blocks(const struct blocks *s, const struct fb_map *map)
{
	unsigned long nr[2] = { 0 }, used[2] = { 0 }, holders = 0, i;

	for (i = 0; i < s->nr; i++) {
		const struct layout_block *b = &s->block[i];
		const struct fb_block *now = &map->block[b->nr];

		if (s->first[b->nr + 1] - s->first[b->nr] != map->pages)
			continue;
		nr[b->sparse]++;
		used[b->sparse] += map->pages - now->free;
		holders += fb_block_is_tainted(now);
	}
	printf("# layout %016llx\n",
	       (unsigned long long)layout_digest(s->block, s->nr));
	fb_value("blocks_shaped", "%lu", nr[false] + nr[true]);
	fb_share("sparse_share", nr[true], nr[false] + nr[true]);
	fb_share("sparse_used_share", used[true], nr[true] * map->pages);
	fb_share("dense_used_share", used[false], nr[false] * map->pages);
	fb_share("unmovable_blocks_share", holders, nr[false] + nr[true]);
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
	struct layout_wish wish;
	struct fb_shape shape;
	struct blocks blocks;
	struct memory memory;
	struct fb_map map;

	fb_begin(argc, argv, "Memory in pieces, as they are asked for.", options);
	if (unmovable)
		fb_need_bursts("--unmovable: ");
	wish = wish_of_options();
	report_spreads(&wish);
	fb_quiet();
	fb_knob_write(FB_VM "drop_caches", 3);
	fb_settle();
	fb_fingerprint("before", NULL);
	stay_on_one_cpu();
	placed = shape_memory(&wish, &memory, &blocks);
	fb_settle();
	fb_map_read(&map);
	fb_map_shape(&map, &shape);
	for (i = 0; i < map.nr; i++)
		tainted += fb_block_is_tainted(&map.block[i]) && map.block[i].movable;

	report_blocks(&blocks, &map);
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
