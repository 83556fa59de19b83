// SPDX-License-Identifier: GPL-2.0
/*
 * fragview report: blocks into cells
 *
 * The blocks of a zone stand in the order of their addresses, and those of two
 * snapshots at the same place.  When there are more rows than asked for, cells
 * take 2, 4, 8, ... blocks, which keeps what is aligned in memory aligned in
 * the picture.
 */
#include <stdlib.h>
#include <string.h>

#include "fragview.h"

struct span {
	int node;
	const char *name;
	unsigned long start, end;
};

static void widen(struct span *spans, size_t *nr, const struct snapshot *s)
{
	unsigned long pages = 1UL << s->block_order;
	size_t i, k;

	for (i = 0; i < s->nr_blocks; i++) {
		const struct block *b = &s->blocks[i];
		const struct zone *z = &s->zones[b->zone];

		for (k = 0; k < *nr; k++)
			if (spans[k].node == z->node && !strcmp(spans[k].name, z->name))
				break;
		if (k == *nr)
			spans[(*nr)++] = (struct span){ z->node, z->name, b->pfn, b->pfn + pages };
		if (b->pfn < spans[k].start)
			spans[k].start = b->pfn;
		if (b->pfn + pages > spans[k].end)
			spans[k].end = b->pfn + pages;
	}
}

static void add_block(struct cell *c, const struct snapshot *s, const struct block *b)
{
	enum look look = block_look(s, b);

	if (!c->blocks)
		c->first = b;
	c->blocks++;
	c->look[look]++;
	c->used[look] += block_used(s, b);
	c->foreign += block_foreign(s, b);
	c->free += b->free;
}

static void fill(struct grid *g, int which, const struct span *span, const struct snapshot *s)
{
	unsigned long pages = (unsigned long)g->per_cell << s->block_order;
	size_t i;

	g->cells[which] = calloc(g->nr, sizeof(struct cell));
	if (!g->cells[which])
		die(1, "out of memory");
	for (i = 0; i < g->nr; i++)
		g->cells[which][i].pfn = span->start + i * pages;
	for (i = 0; i < s->nr_blocks; i++) {
		const struct block *b = &s->blocks[i];
		const struct zone *z = &s->zones[b->zone];

		if (z->node == span->node && !strcmp(z->name, span->name))
			add_block(&g->cells[which][(b->pfn - span->start) / pages], s, b);
	}
}

/* Rows that blocks, sorted by address, take with so many pages to a row. */
static unsigned long rows(const struct snapshot *s, unsigned long pages)
{
	unsigned long sum = 0, row, last = 0;
	size_t i;

	for (i = 0; i < s->nr_blocks; i++) {
		if (block_look(s, &s->blocks[i]) == L_RESERVED)
			continue;
		row = s->blocks[i].pfn / pages;
		sum += !sum || row != last;
		last = row;
	}
	return sum;
}

size_t make_grids(const struct snapshot *const snaps[2], unsigned int columns,
		  unsigned int max_rows, struct grid **grids)
{
	size_t nr = 0, zones = snaps[0]->nr_zones + (snaps[1] ? snaps[1]->nr_zones : 0), i;
	struct span *spans = calloc(zones, sizeof(*spans));
	unsigned long pages = 1UL << snaps[0]->block_order, per_cell = 1;
	int which;

	*grids = calloc(zones, sizeof(**grids));
	if (!spans || !*grids)
		die(1, "out of memory");
	for (which = 0; which < 2 && snaps[which]; which++)
		widen(spans, &nr, snaps[which]);
	while (rows(snaps[0], per_cell * pages * columns) > max_rows)
		per_cell *= 2;
	for (i = 0; i < nr; i++) {
		struct grid *g = &(*grids)[i];
		struct span *s = &spans[i];

		s->start -= s->start % (pages * per_cell * columns);
		g->node = s->node;
		strcpy(g->zone, s->name);
		g->per_cell = per_cell;
		g->nr = (s->end - s->start + pages * per_cell - 1) / (pages * per_cell);
		for (which = 0; which < 2 && snaps[which]; which++)
			fill(g, which, s, snaps[which]);
	}
	free(spans);
	return nr;
}

/* What most of its blocks are. */
enum look cell_look(const struct cell *c)
{
	enum look look, best = 0;

	for (look = 1; look < NR_LOOKS; look++)
		if (c->look[look] > c->look[best])
			best = look;
	return best;
}

/* 0 (emptiest) to shades - 1 */
int cell_shade(const struct cell *c, enum look kind, int shades)
{
	double used = c->look[kind] ? c->used[kind] / c->look[kind] : 0;
	int shade = used * shades;

	return shade < shades ? shade : shades - 1;
}

/* Nothing in it is the allocator's: rows of holes are not drawn. */
bool row_is_empty(const struct grid *g, size_t from, unsigned int columns)
{
	size_t i;
	int which;

	for (which = 0; which < 2; which++) {
		for (i = from; g->cells[which] && i < from + columns && i < g->nr; i++) {
			const struct cell *c = &g->cells[which][i];

			if (c->blocks > c->look[L_RESERVED])
				return false;
		}
	}
	return true;
}
