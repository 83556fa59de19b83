// SPDX-License-Identifier: GPL-2.0
/* Does kdefragd make the blocks that it is asked for?  kdefragd_blocks.h explains. */
#define _GNU_SOURCE
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fragment.h"
#include "kdefragd_blocks.h"
#include "kdefragd_map.h"
#include "kdefragd_mem.h"
#include "vm_util.h"

#define SWAPPED_KEEP	16	/* one page in so many stays compressed */

unsigned long count_moved(const uint64_t *then, const uint64_t *now,
			  unsigned long nr)
{
	unsigned long i, moved = 0;

	for (i = 0; i < nr; i++)
		moved += then[i] && now[i] && then[i] != now[i];
	return moved;
}

bool memory_fill(struct memory *m, unsigned long tenths, unsigned long keep,
		 unsigned int chunks)
{
	unsigned long group = chunks * CHUNK / psize();
	struct frag_state state;
	unsigned long i;

	if (frag_read(&state) || !memory_map(m, state.free * tenths / 10))
		return false;
	for (i = 0; i < m->nr; i++)
		memory_write(m, i);
	if (frag_pfns(m->map, m->nr, m->pfn))
		return false;
	for (i = 0; i < m->nr; i++)
		if (m->pfn[i] / group % 2 && i % keep)
			memory_give_back(m, i);
	return true;
}

void memory_thin(struct memory *m, unsigned long keep)
{
	unsigned long i, chunk = CHUNK / psize();

	for (i = 0; i < m->nr; i++)
		if (i / chunk % 2 && i % keep && !m->given_back[i])
			memory_give_back(m, i);
}

static unsigned long whole_blocks(void)
{
	return counter("nr_free_pages_blocks") * psize() / CHUNK;
}

bool make_blocks(struct making *r)
{
	struct memory m;
	uint64_t *now = NULL;

	if (memory_fill(&m, 8, 16, 1))
		now = malloc(m.nr * sizeof(*now));
	if (!now)
		return false;

	r->before = whole_blocks();
	r->moved = counter("kdefragd_pages_moved");
	r->ret = defrag_now(BLOCK_ORDER);
	r->after = whole_blocks();
	r->moved = counter("kdefragd_pages_moved") - r->moved;
	r->seen = frag_pfns(m.map, m.nr, now) ? 0 :
		  count_moved(m.pfn, now, m.nr);
	free(now);
	r->lost = memory_lost(&m);

	r->again = counter("kdefragd_pages_moved");
	defrag_now(BLOCK_ORDER);
	r->again = counter("kdefragd_pages_moved") - r->again;
	memory_drop(&m);
	return true;
}

void make_of_order(unsigned int order, struct making *r)
{
	r->before = runs_free(order);
	r->moved = counter("kdefragd_pages_moved");
	r->ret = defrag_now(order);
	r->after = runs_free(order);
	r->moved = counter("kdefragd_pages_moved") - r->moved;
}

bool make_runs(struct making *r)
{
	struct memory m;

	if (!memory_fill(&m, 8, 16, RUN))
		return false;
	make_of_order(RUN_ORDER, r);
	r->lost = memory_lost(&m);
	memory_drop(&m);
	return true;
}

/* --- compressed pages -------------------------------------------------------- */

/* What no compressor makes smaller: each such page takes one of zsmalloc's. */
static void page_scramble(char *page, unsigned long nr)
{
	uint64_t x = nr * 0x9e3779b97f4a7c15UL + 1, *p = (uint64_t *)page;
	unsigned int i;

	for (i = 0; i < psize() / sizeof(x); i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		p[i] = x;
	}
}

static unsigned long scrambled_lost(const char *map, unsigned long nr)
{
	char *should = malloc(psize());
	unsigned long i, lost = 0;

	if (!should)
		return nr;
	for (i = 0; i < nr; i += SWAPPED_KEEP) {
		page_scramble(should, i);
		lost += !!memcmp(should, map + i * psize(), psize());
	}
	free(should);
	return lost;
}

/* Pages of this process that are swapped out. */
static unsigned long swapped_out(void)
{
	FILE *f = fopen("/proc/self/status", "r");
	unsigned long kb = 0;
	char line[128];

	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "VmSwap: %lu kB", &kb);
	if (f)
		fclose(f);
	return kb * 1024 / psize();
}

/* Swap out @nr pages, and keep but some of them; false if they do not go. */
static bool thin_out_swap(char *map, unsigned long nr)
{
	unsigned long i, had = swapped_out();

	madvise(map, nr * psize(), MADV_NOHUGEPAGE);
	for (i = 0; i < nr; i++)
		page_scramble(map + i * psize(), i);
	madvise(map, nr * psize(), MADV_PAGEOUT);
	if (swapped_out() < had + nr / 4 * 3)
		return false;
	for (i = 0; i < nr; i++)
		if (i % SWAPPED_KEEP)
			madvise(map + i * psize(), psize(), MADV_DONTNEED);
	return true;
}

bool make_of_compressed(struct making *r)
{
	unsigned long nr = SWAPPED / psize();
	char *map = mmap(NULL, SWAPPED, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	bool can = map != MAP_FAILED && !access("/sys/block/zram0", F_OK) &&
		   thin_out_swap(map, nr);

	if (can) {
		r->before = whole_blocks();
		r->ret = defrag_now(BLOCK_ORDER);
		r->after = whole_blocks();
		r->lost = scrambled_lost(map, nr);
	}
	if (map != MAP_FAILED)
		munmap(map, SWAPPED);
	return can;
}
