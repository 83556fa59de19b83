/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fragbench: benchmarks of physical fragmentation.
 *
 * How much contiguous memory a kernel has left depends on what ran on it
 * before, so a figure without its starting point says nothing.  Each program
 * here is one scenario and prints, in this order:
 *
 *	# lines		the kernel, the seed, the options
 *	# before ...	a fingerprint of the memory it starts from
 *	key<TAB>value	what it measured, and the kernel's counters
 *	# after ...	the fingerprint of what it leaves
 *
 * The figures are counts, of pages and blocks, not seconds: they hold on slow
 * machines and emulators too.  "cost" alone measures time, and is meant for an
 * emulator whose clock counts instructions.
 *
 *	make && ./skew --seed 1
 *
 * Each program takes --help.  The exit status is 0 if the scenario was set up
 * and measured, however bad the figures are; 1 if it could not be set up, with
 * a line that says why; 2 for wrong usage.  All need root, and fill memory:
 * run them in a virtual machine.
 *
 * The fingerprint:
 *
 *	free		free pages in blocks of each order (/proc/buddyinfo)
 *	unusable	share of free memory that a request of the order cannot
 *			use, in thousandths: Gorman's unusable free space index
 *	occupancy	page blocks by used share: empty, then tenths, then full
 *	content		page blocks that hold at least one page of a kind
 *			(/proc/kpageflags): what can move, page tables, slabs,
 *			other memory of the kernel, memory reserved at boot
 *	mobility	page blocks by mobility (/proc/pagetypeinfo)
 *	class		blocks of each allocator class, where the kernel has such
 *
 * Free pages on per-CPU lists, up to an eighth of a zone, look used and keep
 * whole blocks from forming.  fb_settle() gives them back without compacting:
 * the test module alloc_burst, where it is loaded, makes the kernel drain them.
 * Without it they are cut to the smallest length that the sysctls allow, four
 * batches per CPU and zone.  A line "# per-CPU lists" says how many pages were
 * left, if they were more than a few.
 */
#ifndef _FRAGBENCH_H
#define _FRAGBENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../selftests/kselftest.h"
#include "../selftests/mm/fragment.h"

/* --- start.c: options, random numbers, speaking and stopping */

/**
 * struct fb_option - an option of one scenario, a whole number
 * @name: without the dashes
 * @value: its default, replaced by what the user gives
 * @min: smallest value that makes sense
 * @max: largest
 * @help: one line, with the unit
 */
struct fb_option {
	const char *name;
	long *value;
	long min, max;
	const char *help;
};

void fb_begin(int argc, char **argv, const char *purpose,
	      const struct fb_option *options);
const char *fb_dir(void);

/* SplitMix64: what a number draws that has gone up by so much with each draw. */
#define FB_STEP	0x9e3779b97f4a7c15ull

static inline uint64_t fb_mix(uint64_t z)
{
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

uint64_t fb_random(void);
unsigned long fb_random_below(unsigned long limit);
void fb_shuffle(unsigned long *array, unsigned long nr);
void fb_value(const char *key, const char *format, ...)
	__printf(2, 3);
void fb_share(const char *key, double part, double whole);
void fb_die(const char *format, ...)
	__printf(1, 2) __noreturn;
void fb_usage_error(const char *format, ...)
	__printf(1, 2) __noreturn;
double fb_seconds(void);
void *fb_alloc(size_t nr, size_t size);
void *fb_map_anon(size_t size);
void fb_touch(char *start, size_t size, size_t stride);
void fb_peek(const char *start, size_t size, size_t stride);

/* --- knobs.c: sysctls, put back at the end */

bool fb_knob_exists(const char *path);
long fb_knob_read(const char *path);
int fb_knob_write(const char *path, long value);
void fb_knob_set(const char *path, long value);
void fb_quiet(void);
void fb_unquiet(void);
void fb_settle(void);
void fb_drain_pcp(void);

/* The test module alloc_burst allocates for us: without it the end, @what needs it. */
void fb_need_bursts(const char *what);

#define FB_VM		"/proc/sys/vm/"

/* --- load.c: a mixed load in the background */

void fb_load_start(void);
void fb_load_stop(void);

/* --- counters.c: /proc/vmstat */

struct fb_counters;

struct fb_counters *fb_counters_read(void);
long fb_counter(const struct fb_counters *c, const char *name);
long fb_counter_since(const struct fb_counters *then,
		      const struct fb_counters *now, const char *name);
void fb_counters_print(const struct fb_counters *then,
		       const struct fb_counters *now);
long fb_inspected(const struct fb_counters *then,
		  const struct fb_counters *now);
long fb_meminfo(const char *name);

/* --- fingerprint.c: the shape of memory */

/**
 * struct fb_block - what the pages of one page block are
 * @present: pages that exist
 * @free: in the page allocator
 * @areas: free areas that these make, as the buddy allocator merges them
 * @movable: on an LRU list, or anonymous
 * @table: page tables
 * @slab: slab caches
 * @other: other memory of the kernel
 * @reserved: never given to the page allocator
 */
struct fb_block {
	uint16_t present;
	uint16_t free;
	uint16_t areas;
	uint16_t movable;
	uint16_t table;
	uint16_t slab;
	uint16_t other;
	uint16_t reserved;
};

/**
 * struct fb_map - all page blocks
 * @nr: blocks, holes included
 * @pages: pages in a block
 * @order: the order of a block
 * @block: by page frame number / @pages
 */
struct fb_map {
	unsigned long nr;
	unsigned int pages;
	unsigned int order;
	struct fb_block *block;
};

/**
 * struct fb_shape - sums over a map
 * @present: pages
 * @free: free pages
 * @whole: blocks that are free as a whole
 * @possible: blocks that the free pages would make, if they lay together
 * @table: pages in page tables
 * @slab: pages in slabs
 * @other: pages of other memory of the kernel
 * @unmovable: pages of these three
 * @tainted: blocks that hold at least one of those
 * @fewest: blocks that could hold them all
 */
struct fb_shape {
	unsigned long present;
	unsigned long free;
	unsigned long whole;
	unsigned long possible;
	unsigned long table;
	unsigned long slab;
	unsigned long other;
	unsigned long unmovable;
	unsigned long tainted;
	unsigned long fewest;
};

void fb_map_read(struct fb_map *map);
void fb_map_free(struct fb_map *map);
void fb_map_shape(const struct fb_map *map, struct fb_shape *shape);
void fb_map_print(const char *prefix, const struct fb_map *map);
void fb_fingerprint(const char *prefix, struct fb_shape *shape);
unsigned int fb_block_order(void);
bool fb_block_is_tainted(const struct fb_block *block);

/* Page frame numbers of @nr pages from @start; 0 where there is none. */
void fb_pfns(const void *start, unsigned long nr, uint64_t *pfn);

#endif /* _FRAGBENCH_H */
