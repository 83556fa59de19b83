// SPDX-License-Identifier: GPL-2.0
/* Memory filled and thinned out; occupancy.h explains. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fragbench.h"
#include "occupancy.h"

static uint64_t *mark(const struct memory *m, unsigned long i)
{
	return (uint64_t *)(m->map + i * m->page);
}

void memory_reserve(struct memory *m, long percent, long mib)
{
	struct frag_state state;
	unsigned long limit;

	if (frag_read(&state))
		fb_die("cannot read /proc/buddyinfo");
	m->page = sysconf(_SC_PAGESIZE);
	limit = mib ? ((size_t)mib << 20) / m->page : -1UL;
	m->nr = state.free / 100 * percent;
	if (m->nr > limit)
		m->nr = limit;
	m->pfn = fb_alloc(m->nr, sizeof(*m->pfn));
	m->map = fb_map_anon(m->nr * m->page);
}

void memory_touch(struct memory *m, unsigned long i)
{
	*mark(m, i) = i + 1;
}

unsigned long memory_locate(struct memory *m)
{
	unsigned long top = 0, i;

	fb_pfns(m->map, m->nr, m->pfn);
	for (i = 0; i < m->nr; i++) {
		if (m->pfn[i] > top)
			top = m->pfn[i];
	}
	m->blocks = (top >> fb_block_order()) + 1;
	return m->blocks;
}

enum fate { UNDECIDED, STAYS, GOES };

void memory_thin(struct memory *m, const unsigned short *share, unsigned long run)
{
	unsigned int order = fb_block_order();
	unsigned char *fate = fb_alloc((m->blocks << order) / run + 1, 1);
	unsigned long i;

	for (i = 0; i < m->nr; i++) {
		unsigned char *its = &fate[m->pfn[i] / run];

		if (*its == UNDECIDED)
			*its = fb_random_below(1000) < share[m->pfn[i] >> order] ? STAYS : GOES;
		if (*its == GOES)
			m->pfn[i] = 0;
	}
	free(fate);
	memory_give_back(m);
}

void memory_give_back(struct memory *m)
{
	unsigned long i, from = 0;

	/* runs of neighbours go in one call */
	for (i = 0; i <= m->nr; i++) {
		if (i < m->nr && !m->pfn[i])
			continue;
		if (i > from)
			madvise(m->map + from * m->page, (i - from) * m->page,
				MADV_DONTNEED);
		from = i + 1;
	}
}

unsigned long memory_check(const struct memory *m)
{
	uint64_t *now = fb_alloc(m->nr, sizeof(*now));
	unsigned long i, moved = 0;

	fb_pfns(m->map, m->nr, now);
	for (i = 0; i < m->nr; i++) {
		if (!m->pfn[i])
			continue;
		moved += now[i] != m->pfn[i];
		if (*mark(m, i) != i + 1)
			fb_die("page %lu has lost its content", i);
	}
	free(now);
	return moved;
}
