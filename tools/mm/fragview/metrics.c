// SPDX-License-Identifier: GPL-2.0
/*
 * fragview report: the measures
 *
 * unusable(order)	share of the free memory that lies in free areas smaller
 *			than the order, hence is of no use to such a request:
 *			0 none, 1 all of it.  Mainline's debugfs has the same
 *			per zone (extfrag/unusable_index).
 * whole, possible	whole free blocks, and the number there would be if the
 *			free memory of each zone were in one piece.
 * tainted, fewest	blocks with a page that nothing can move, and the number
 *			of blocks such pages would fill if they lay together.
 */
#include <string.h>

#include "fragview.h"

static void measure_areas(struct metrics *m, const struct snapshot *s)
{
	unsigned long free, large;
	size_t i;
	int o;

	for (i = 0; i < s->nr_zones; i++) {
		const struct zone *z = &s->zones[i];

		for (free = 0, o = 0; o < z->orders; o++) {
			m->areas[o] += z->areas[o];
			free += z->areas[o] << o;
			if (o >= (int)s->block_order)
				m->whole += z->areas[o] << (o - s->block_order);
		}
		m->free_pages += free;
		m->possible += free >> s->block_order;
		if (z->orders > m->orders)
			m->orders = z->orders;
		m->percpu += z->percpu;
	}
	for (large = 0, o = m->orders - 1; o >= 0; o--) {
		large += m->areas[o] << o;
		m->unusable[o] = m->free_pages ? 1 - (double)large / m->free_pages : 0;
	}
}

static void measure_blocks(struct metrics *m, const struct snapshot *s)
{
	unsigned long pages = 1UL << s->block_order;
	size_t i;

	for (i = 0; i < s->nr_blocks; i++) {
		const struct block *b = &s->blocks[i];

		m->looks[block_look(s, b)]++;
		m->content |= b->has_content;
		m->unmovable += block_unmovable(b);
		m->plain += b->content[C_PLAIN];
		m->tainted += block_unmovable(b) > 0;
		m->foreign += block_foreign(s, b) > 0;
	}
	m->fewest = (m->unmovable + pages - 1) / pages;
}

void measure(struct metrics *m, const struct snapshot *s)
{
	memset(m, 0, sizeof(*m));
	measure_areas(m, s);
	measure_blocks(m, s);
}
