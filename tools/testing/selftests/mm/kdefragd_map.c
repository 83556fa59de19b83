// SPDX-License-Identifier: GPL-2.0
/* Runs of page blocks; kdefragd_map.h explains. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kdefragd_blocks.h"
#include "kdefragd_map.h"
#include "vm_util.h"

#define BLOCKS_MAX	65536UL		/* that are told apart: 128 GiB */

bool page_block_next(FILE *f, struct page_block *block)
{
	unsigned long last = block->pfn;
	char line[256];

	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%*d %*s %lu %31s %31s %u", &block->pfn,
			   block->mobility, block->class, &block->free) != 4)
			continue;
		if (!block->pages && last)
			block->pages = block->pfn - last;
		return true;
	}
	return false;
}

/* @own: pages in each block that count as free ones do, or NULL */
static long count_runs(unsigned int order, const unsigned short *own)
{
	unsigned long pfn, pages = CHUNK / psize(), run = (1UL << order) / pages;
	char line[256], zone[64], last[64] = "";
	unsigned int node, free;
	unsigned long row = 0;
	long runs = 0;
	FILE *f = fopen(PAGE_BLOCKS, "r");

	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f)) {
		unsigned long block;

		if (sscanf(line, "%u %40s %lu %*s %*s %u", &node, zone, &pfn, &free) != 4)
			continue;
		snprintf(zone + strlen(zone), sizeof(zone) - strlen(zone), " %u", node);
		block = pfn / pages;
		if (block % run == 0 || strcmp(zone, last))
			row = 0;
		snprintf(last, sizeof(last), "%s", zone);
		if (own && block < BLOCKS_MAX)
			free += own[block];
		row += free == pages;
		runs += block % run == run - 1 && row == run;
	}
	fclose(f);
	return runs;
}

long runs_free(unsigned int order)
{
	return count_runs(order, NULL);
}

long runs_possible(unsigned int order, const struct memory *m)
{
	unsigned short *own = calloc(BLOCKS_MAX, sizeof(*own));
	unsigned long i, pages = CHUNK / psize();
	long runs;

	if (!own)
		return -1;
	for (i = 0; i < m->nr; i++)
		if (m->pfn[i] && m->pfn[i] / pages < BLOCKS_MAX)
			own[m->pfn[i] / pages]++;
	runs = count_runs(order, own);
	free(own);
	return runs;
}
