// SPDX-License-Identifier: GPL-2.0
/* The shape of memory, block by block. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/kernel-page-flags.h>

#include "fragbench.h"

/* Not in the exported header: include/linux/kernel-page-flags.h */
#define KPF_RESERVED	32
/* Older headers lack it. */
#define KPF_PGTABLE_BIT	26

#define BIT_ULL(nr)	(1ULL << (nr))
#define MOVABLE		(BIT_ULL(KPF_LRU) | BIT_ULL(KPF_ANON) | BIT_ULL(KPF_HUGE))

/* Entries of kpageflags or pagemap per read(). */
#define CHUNK		4096

/* Occupancy classes: empty, ten tenths, full. */
#define TENTHS		10
#define OCCUPANCIES	(TENTHS + 2)

unsigned int fb_block_order(void)
{
	static unsigned int order;
	FILE *f;

	if (order)
		return order;
	f = fopen("/proc/pagetypeinfo", "r");
	if (!f || fscanf(f, "Page block order: %u", &order) != 1)
		fb_die("cannot read the block order from /proc/pagetypeinfo");
	fclose(f);
	return order;
}

/*
 * In /proc/kpageflags a hole looks like a page of the kernel: no flags.  So
 * holes come from /proc/iomem.  RAM is in few pieces.
 */
#define RAM_MAX		256

struct ram {
	uint64_t from, to;	/* page frames, half open */
};

static struct ram ram[RAM_MAX];
static unsigned int nr_ram;

static void ram_read(void)
{
	unsigned long long from, to;
	FILE *f = fopen("/proc/iomem", "r");
	size_t page = sysconf(_SC_PAGESIZE);
	char line[256];

	if (!f)
		fb_die("cannot read /proc/iomem");
	while (nr_ram < RAM_MAX && fgets(line, sizeof(line), f)) {
		if (line[0] == ' ' || !strstr(line, " : System RAM") ||
		    sscanf(line, "%llx-%llx", &from, &to) != 2)
			continue;
		ram[nr_ram].from = (from + page - 1) / page;
		ram[nr_ram++].to = (to + 1) / page;
	}
	fclose(f);
	if (!nr_ram)
		fb_die("/proc/iomem lists no System RAM");
}

/* Page frame numbers come in ascending order. */
static bool is_ram(uint64_t pfn)
{
	static unsigned int at;

	if (at == nr_ram || pfn < ram[at].from)
		at = 0;
	while (at < nr_ram && pfn >= ram[at].to)
		at++;
	return at < nr_ram && pfn >= ram[at].from;
}

static void count_page(struct fb_block *b, uint64_t flags)
{
	b->present++;
	if (flags & BIT_ULL(KPF_BUDDY))
		b->free++;
	else if (flags & BIT_ULL(KPF_RESERVED))
		b->reserved++;
	else if (flags & BIT_ULL(KPF_PGTABLE_BIT))
		b->table++;
	else if (flags & BIT_ULL(KPF_SLAB))
		b->slab++;
	else if (flags & MOVABLE)
		b->movable++;
	else
		b->other++;
}

/* The run of free pages @start to before @end, both within the block. */
static void count_areas(struct fb_block *b, unsigned int start, unsigned int end)
{
	while (start < end) {
		unsigned int size = 1;

		/* As large as where it begins and what is left allow. */
		while (!(start & size) && start + 2 * size <= end)
			size *= 2;
		start += size;
		b->areas++;
	}
}

/* @run pages before this one, in its block, are free.  Return: with this one. */
static unsigned int count_run(const struct fb_map *map, unsigned long pfn,
			      bool is_free, unsigned int run)
{
	unsigned int at = pfn % map->pages;

	if (is_free && at < map->pages - 1)
		return run + 1;
	if (is_free || run)
		count_areas(&map->block[pfn >> map->order], at - run, at + is_free);
	return 0;
}

/*
 * Memory that is needed for looking is taken before the per-CPU lists are drained:
 * what a fault leaves on these looks like a page of the kernel.
 */
static void map_prepare(struct fb_map *map)
{
	map->order = fb_block_order();
	map->pages = 1u << map->order;
	if (!nr_ram)
		ram_read();
	map->nr = (ram[nr_ram - 1].to + map->pages - 1) >> map->order;
	map->block = fb_alloc(map->nr, sizeof(*map->block));
	memset(map->block, 0, map->nr * sizeof(*map->block));
}

/* Read /proc/kpageflags to its end.  Free pages are seen without a lock. */
void fb_map_read(struct fb_map *map)
{
	static uint64_t flags[CHUNK];
	unsigned long pfn = 0;
	unsigned int run = 0;
	int fd = open("/proc/kpageflags", O_RDONLY);
	ssize_t len, i;

	if (fd < 0)
		fb_die("cannot read /proc/kpageflags (CONFIG_PROC_PAGE_MONITOR)");
	map_prepare(map);
	memset(flags, 0, sizeof(flags));
	fb_drain_pcp();
	while ((len = read(fd, flags, sizeof(flags))) > 0) {
		for (i = 0; i < len / (ssize_t)sizeof(*flags); i++, pfn++) {
			bool there = is_ram(pfn);

			if (there)
				count_page(&map->block[pfn >> map->order],
					   flags[i]);
			run = count_run(map, pfn, there &&
					flags[i] & BIT_ULL(KPF_BUDDY), run);
		}
	}
	close(fd);
}

void fb_map_free(struct fb_map *map)
{
	free(map->block);
	map->block = NULL;
}

/* Does it hold a page that nobody can move? */
bool fb_block_is_tainted(const struct fb_block *block)
{
	return block->table || block->slab || block->other;
}

void fb_map_shape(const struct fb_map *map, struct fb_shape *shape)
{
	unsigned long i;

	memset(shape, 0, sizeof(*shape));
	for (i = 0; i < map->nr; i++) {
		const struct fb_block *b = &map->block[i];

		shape->present += b->present;
		shape->free += b->free;
		shape->whole += b->free == map->pages;
		shape->table += b->table;
		shape->slab += b->slab;
		shape->other += b->other;
		shape->tainted += fb_block_is_tainted(b);
	}
	shape->unmovable = shape->table + shape->slab + shape->other;
	shape->possible = shape->free / map->pages;
	shape->fewest = (shape->unmovable + map->pages - 1) / map->pages;
}

static void print_free(const char *prefix)
{
	struct frag_state state;
	int i;

	if (frag_read(&state))
		fb_die("cannot read /proc/buddyinfo");
	printf("# %s free %lu pages, by order:", prefix, state.free);
	for (i = 0; i < FRAG_ORDERS; i++)
		printf(" %lu", state.blocks[i] << i);
	printf("\n# %s unusable, by order:", prefix);
	for (i = 0; i < FRAG_ORDERS; i++)
		printf(" %lu", state.free ? 1000 - 1000 *
		       (frag_blocks_from(&state, i) << i) / state.free : 0);
	printf("\n");
}

/* What a file says, from the line on that begins so; nothing if there is none. */
static void print_from(const char *prefix, const char *what, const char *path,
		       const char *begin)
{
	FILE *f = fopen(path, "r");
	char line[512];
	bool begun = false;

	while (f && fgets(line, sizeof(line), f)) {
		begun |= !strncmp(line, begin, strlen(begin));
		if (begun && line[0] != '\n')
			printf("# %s %s: %s", prefix, what, line);
	}
	if (f)
		fclose(f);
}

void fb_map_print(const char *prefix, const struct fb_map *map)
{
	unsigned long occupancy[OCCUPANCIES] = { 0 };
	unsigned long table = 0, slab = 0, other = 0, movable = 0, reserved = 0;
	unsigned long i, blocks = 0;

	print_free(prefix);
	for (i = 0; i < map->nr; i++) {
		const struct fb_block *b = &map->block[i];
		unsigned int used = b->present - b->free;

		if (!b->present)
			continue;
		blocks++;
		if (!used)
			occupancy[0]++;
		else if (!b->free)
			occupancy[OCCUPANCIES - 1]++;
		else
			occupancy[1 + used * TENTHS / map->pages]++;
		table += !!b->table;
		slab += !!b->slab;
		other += !!b->other;
		movable += !!b->movable;
		reserved += !!b->reserved;
	}
	printf("# %s %lu blocks, occupancy:", prefix, blocks);
	for (i = 0; i < OCCUPANCIES; i++)
		printf(" %lu", occupancy[i]);
	printf("\n# %s content: movable %lu, table %lu, slab %lu, other %lu, reserved %lu\n",
	       prefix, movable, table, slab, other, reserved);
	print_from(prefix, "mobility", "/proc/pagetypeinfo", "Number of blocks type");
	print_from(prefix, "class", "/sys/kernel/debug/alloc_class", "# node");
}

/* Settle, read, print; @shape may be NULL. */
void fb_fingerprint(const char *prefix, struct fb_shape *shape)
{
	struct fb_map map;

	fb_settle();
	fb_map_read(&map);
	fb_map_print(prefix, &map);
	if (shape)
		fb_map_shape(&map, shape);
	fb_map_free(&map);
}

void fb_pfns(const void *start, unsigned long nr, uint64_t *pfn)
{
	if (frag_pfns(start, nr, pfn))
		fb_die("cannot read /proc/self/pagemap");
}
