// SPDX-License-Identifier: GPL-2.0
/* What each class holds; alloc_class_census.h explains. */
#include <fcntl.h>
#include <linux/kernel-page-flags.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc_class_census.h"
#include "fragment.h"
#include "kselftest.h"

#define TABLE		"/sys/kernel/debug/alloc_class"
#define BLOCKS		"/sys/kernel/debug/page_blocks"

/* What the kernel does not promise to user space, but page-types relies on, too. */
#define KPF_RESERVED	32

static struct census_row *row_of(struct census *c, const char *zone, const char *kind)
{
	struct census_row *row;
	int i;

	for (i = 0; i < c->nr; i++)
		if (!strcmp(c->row[i].zone, zone) && !strcmp(c->row[i].kind, kind))
			return &c->row[i];
	if (c->nr == CENSUS_ROWS)
		ksft_exit_fail_msg("more than %d zones and classes\n", CENSUS_ROWS);
	row = &c->row[c->nr++];
	memset(row, 0, sizeof(*row));
	snprintf(row->zone, sizeof(row->zone), "%s", zone);
	snprintf(row->kind, sizeof(row->kind), "%s", kind);
	return row;
}

/* The kernel's.  Return: has it the right form? */
static bool census_of_table(struct census *c, unsigned long block_pages)
{
	char line[256], name[16], zone[32], kind[16];
	FILE *f = fopen(TABLE, "r");
	bool right = f;
	int node;

	c->nr = 0;
	while (f && fgets(line, sizeof(line), f)) {
		unsigned long blocks, used, free, foreign;
		struct census_row *row;

		if (line[0] == '#')
			continue;
		if (sscanf(line, "%d %15s %15s %lu %lu %lu %lu", &node, name, kind,
			   &blocks, &used, &free, &foreign) != 7) {
			right = false;
			continue;
		}
		snprintf(zone, sizeof(zone), "%d %s", node, name);
		row = row_of(c, zone, kind);
		row->blocks = blocks;
		row->used = used;
		row->foreign = foreign;
		right &= used + free == blocks * block_pages;
	}
	if (f)
		fclose(f);
	return right && c->nr;
}

static bool has(uint64_t flags, int bit)
{
	return flags >> bit & 1;
}

static bool is(const char *kind, const char *class)
{
	return !strcmp(kind, class);
}

/* A page in use, in a block of the row's kind. */
static void count_page(struct census_row *row, uint64_t flags)
{
	bool table = has(flags, KPF_PGTABLE);

	row->used++;
	row->anon += has(flags, KPF_ANON);
	row->tables += table;
	row->perhaps += table && !is(row->kind, "pgtable");
	row->foreign += has(flags, KPF_LRU) ||
			(has(flags, KPF_SLAB) && !is(row->kind, "other"));
}

static void count_block(struct census_row *row, const uint64_t *flags,
			unsigned long block_pages, unsigned long free)
{
	unsigned long i, buddies = 0, reserved = 0;

	for (i = 0; i < block_pages; i++) {
		buddies += has(flags[i], KPF_BUDDY);
		reserved += has(flags[i], KPF_RESERVED);
	}
	row->partly += reserved && reserved < block_pages;
	row->unlike += buddies != free;
	if (buddies == block_pages)
		return;
	row->blocks++;
	for (i = 0; i < block_pages; i++)
		if (!has(flags[i], KPF_BUDDY))
			count_page(row, flags[i]);
}

bool census_of_pages(struct census *c, unsigned long block_pages)
{
	size_t size = block_pages * sizeof(uint64_t);
	int fd = open("/proc/kpageflags", O_RDONLY);
	uint64_t *flags = malloc(size);
	FILE *f = fopen(BLOCKS, "r");
	bool right = f && flags && fd >= 0;
	char line[256];

	c->nr = 0;
	while (right && fgets(line, sizeof(line), f)) {
		char zone[32], name[16], mobility[16], class[16];
		unsigned long pfn, free;
		int node;

		if (line[0] == '#')
			continue;
		right = sscanf(line, "%d %15s %lu %15s %15s %lu", &node, name, &pfn,
			       mobility, class, &free) == 6 &&
			pread(fd, flags, size, pfn * sizeof(*flags)) == size;
		if (!right)
			break;
		snprintf(zone, sizeof(zone), "%d %s", node, name);
		count_block(row_of(c, zone, is(mobility, "unmovable") ? class : mobility),
			    flags, block_pages, free);
	}
	if (f)
		fclose(f);
	if (fd >= 0)
		close(fd);
	free(flags);
	return right && c->nr;
}

struct census_row census_sum(const struct census *c, const char *kind)
{
	struct census_row sum = {};
	int i;

	for (i = 0; i < c->nr; i++) {
		const struct census_row *row = &c->row[i];

		if (!is(row->kind, kind))
			continue;
		sum.blocks += row->blocks;
		sum.used += row->used;
		sum.foreign += row->foreign;
		sum.perhaps += row->perhaps;
		sum.anon += row->anon;
		sum.tables += row->tables;
		sum.partly += row->partly;
		sum.unlike += row->unlike;
	}
	return sum;
}

/* Does [@low, @high], as counted, meet what was said before and after, or nearly? */
static bool meets(unsigned long low, unsigned long high, unsigned long before,
		  unsigned long after, unsigned long slack)
{
	unsigned long least = before < after ? before : after;
	unsigned long most = before < after ? after : before;

	return low <= most + slack && high + slack >= least;
}

static bool row_agrees(const struct census_row *counted, const struct census_row *before,
		       const struct census_row *after)
{
	return meets(counted->blocks, counted->blocks, before->blocks, after->blocks,
		     CENSUS_BLOCKS) &&
	       meets(counted->used, counted->used, before->used, after->used,
		     CENSUS_PAGES) &&
	       meets(counted->foreign, counted->foreign + counted->perhaps,
		     before->foreign, after->foreign, CENSUS_PAGES) &&
	       counted->unlike <= CENSUS_BLOCKS;
}

static void say_rows(const struct census_row *counted, const struct census_row *before,
		     const struct census_row *after)
{
	ksft_print_msg("%s %s: blocks, pages used and foreign, by the table %lu %lu %lu\n",
		       before->zone, before->kind, before->blocks, before->used,
		       before->foreign);
	ksft_print_msg("counted %lu %lu %lu to %lu, free pages wrong in %lu blocks\n",
		       counted->blocks, counted->used, counted->foreign,
		       counted->foreign + counted->perhaps, counted->unlike);
	ksft_print_msg("by the table, after it, %lu %lu %lu\n",
		       after->blocks, after->used, after->foreign);
}

/* Are lines of the table what was counted, between two readings of it? */
static bool census_agrees(const struct census *counted, const struct census *before,
			  const struct census *after, bool say)
{
	struct census all = *counted, then = *before, now = *after;
	bool agrees = true;
	int i;

	for (i = 0; i < then.nr; i++) {
		struct census_row *b = &then.row[i];
		struct census_row *a = row_of(&now, b->zone, b->kind);
		struct census_row *c = row_of(&all, b->zone, b->kind);

		if (row_agrees(c, b, a))
			continue;
		agrees = false;
		if (say)
			say_rows(c, b, a);
	}
	return agrees;
}

bool census_take(struct census *table, struct census *pages, unsigned long block_pages)
{
	struct census before;
	int tries = CENSUS_TRIES;

	while (tries--) {
		if (!census_of_table(&before, block_pages) ||
		    !census_of_pages(pages, block_pages) ||
		    !census_of_table(table, block_pages)) {
			ksft_print_msg("the table or the map of blocks cannot be read\n");
			return false;
		}
		if (census_agrees(pages, &before, table, !tries))
			return true;
	}
	return false;
}

unsigned long census_movable(const void *start, unsigned long nr,
			     unsigned long block_pages)
{
	uint64_t *pfns = calloc(nr, sizeof(*pfns)), max = 0;
	unsigned long pfn, i, found = 0;
	unsigned int *in_block;
	char line[128];
	FILE *f = fopen(BLOCKS, "r");

	if (!pfns || !f || frag_pfns(start, nr, pfns))
		ksft_exit_fail_msg("cannot tell where pages lie\n");
	for (i = 0; i < nr; i++)
		max = pfns[i] > max ? pfns[i] : max;
	in_block = calloc(max / block_pages + 1, sizeof(*in_block));
	if (!in_block)
		ksft_exit_fail_msg("no memory\n");
	for (i = 0; i < nr; i++)
		if (pfns[i])
			in_block[pfns[i] / block_pages]++;
	while (fgets(line, sizeof(line), f)) {
		char kind[16];

		if (sscanf(line, "%*d %*s %lu %15s", &pfn, kind) == 2 &&
		    (is(kind, "movable") || is(kind, "cma")) && pfn <= max)
			found += in_block[pfn / block_pages];
	}
	fclose(f);
	free(in_block);
	free(pfns);
	return found;
}
