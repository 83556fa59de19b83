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
#include "kdefragd_mem.h"
#include "kselftest.h"
#include "vm_util.h"

#define RUN		8		/* blocks in a row, */
#define RUN_ORDER	"12"		/* and their order */

#define SWAPPED		(256UL << 20)	/* bytes that are compressed, */
#define SWAPPED_KEEP	16		/* and one page in so many stays so */

unsigned long count_moved(const uint64_t *then, const uint64_t *now,
			  unsigned long nr)
{
	unsigned long i, moved = 0;

	for (i = 0; i < nr; i++)
		moved += then[i] && now[i] && then[i] != now[i];
	return moved;
}

bool memory_fill(struct memory *m, unsigned long tenths, unsigned long keep)
{
	struct frag_state state;
	unsigned long i;

	if (frag_read(&state) || !memory_map(m, state.free * tenths / 10))
		return false;
	for (i = 0; i < m->nr; i++)
		memory_write(m, i);
	if (frag_pfns(m->map, m->nr, m->pfn))
		return false;
	for (i = 0; i < m->nr; i++)
		if (m->pfn[i] / (CHUNK / psize()) % 2 && i % keep)
			memory_give_back(m, i);
	return true;
}

static unsigned long whole_blocks(void)
{
	return counter("nr_free_pages_blocks") * psize() / CHUNK;
}

void test_blocks(void)
{
	unsigned long before, after, moved, seen, again, lost;
	struct memory m;
	uint64_t *now = NULL;

	if (memory_fill(&m, 8, 16))
		now = malloc(m.nr * sizeof(*now));
	if (!now) {
		ksft_test_result_fail("memory is set up\n");
		return;
	}
	before = whole_blocks();
	moved = counter("kdefragd_pages_moved");
	ksft_test_result(!knob_write("defrag_now", "9"), "defrag_now takes 9\n");
	after = whole_blocks();
	moved = counter("kdefragd_pages_moved") - moved;
	frag_pfns(m.map, m.nr, now);
	seen = count_moved(m.pfn, now, m.nr);
	free(now);
	lost = memory_lost(&m);

	ksft_print_msg("whole free blocks %lu before, %lu after; %lu moved, %lu seen\n",
		       before, after, moved, seen);
	ksft_test_result(after > before + 20, "whole blocks are made\n");
	/* The rest was others', or moved twice. */
	ksft_test_result(seen && seen * 2 >= moved, "pages are seen to have moved\n");
	ksft_test_result(!lost, "their content is the same\n");

	again = counter("kdefragd_pages_moved");
	knob_write("defrag_now", "9");
	again = counter("kdefragd_pages_moved") - again;
	ksft_print_msg("once more: %lu moved\n", again);
	ksft_test_result(again * 10 <= moved, "asked again, there is little to do\n");
	memory_drop(&m);
}

/* Runs of free blocks, as debugfs tells; -1 if it does not. */
static long whole_runs(void)
{
	FILE *f = fopen("/sys/kernel/debug/page_blocks", "r");
	unsigned long pfn, block = CHUNK / psize();
	unsigned int free, row = 0;
	char line[256];
	long runs = 0;

	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%*d %*s %lu %*s %*s %u", &pfn, &free) != 2)
			continue;
		if (pfn / block % RUN == 0)
			row = 0;
		row += free == block;
		runs += pfn / block % RUN == RUN - 1 && row == RUN;
	}
	fclose(f);
	return runs;
}

void test_runs(void)
{
	unsigned long moved = counter("kdefragd_pages_moved");
	long before, after;
	struct memory m;

	if (!memory_fill(&m, 8, 16)) {
		ksft_test_result_fail("memory is set up again\n");
		ksft_test_result_skip("content: no memory\n");
		return;
	}
	before = whole_runs();
	if (knob_write("defrag_now", RUN_ORDER))
		before = LONG_MAX;
	after = whole_runs();
	ksft_print_msg("runs of %d free blocks: %ld before, %ld after; %lu moved\n",
		       RUN, before, after, counter("kdefragd_pages_moved") - moved);
	if (after < 0)
		ksft_test_result_skip("runs of blocks: no debugfs\n");
	else
		ksft_test_result(after > before, "runs of blocks are made\n");
	ksft_test_result(!memory_lost(&m), "their content is the same, too\n");
	memory_drop(&m);
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

void test_compressed(void)
{
	unsigned long nr = SWAPPED / psize(), before, after;
	char *map = mmap(NULL, SWAPPED, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (map == MAP_FAILED || access("/sys/block/zram0", F_OK) ||
	    !thin_out_swap(map, nr)) {
		ksft_test_result_skip("compressed pages: no zram to swap to\n");
		ksft_test_result_skip("their content: no zram to swap to\n");
		return;
	}
	before = whole_blocks();
	knob_write("defrag_now", "9");
	after = whole_blocks();
	ksft_print_msg("whole free blocks %lu before, %lu after\n", before, after);
	/* Each block of them held a few, but for those filled with other pages. */
	ksft_test_result(after > before + SWAPPED / CHUNK / 2,
			 "compressed pages leave their blocks\n");
	ksft_test_result(!scrambled_lost(map, nr),
			 "what is read back of them is the same\n");
	munmap(map, SWAPPED);
}
