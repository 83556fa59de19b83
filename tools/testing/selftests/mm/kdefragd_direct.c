// SPDX-License-Identifier: GPL-2.0
/* Requests where no free block is left; kdefragd_direct.h explains. */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <unistd.h>

#include "fragment.h"
#include "hugepage_settings.h"
#include "kdefragd_blocks.h"
#include "kdefragd_direct.h"
#include "kdefragd_huge.h"
#include "kdefragd_mem.h"
#include "vm_util.h"

#define WANTED		(64UL << 20)	/* bytes that are asked for as huge pages */

bool scarcity_begin(struct scarcity *s)
{
	*s = (struct scarcity){ };
	/* Nodes are filled one after the other, that of this CPU first. */
	cpu_stay(&s->cpus);
	return memory_fill(&s->m, 8, 16, 1);
}

void scarcity_end(struct scarcity *s)
{
	huge_unmap(&s->wanted);
	huge_unmap(&s->taken);
	memory_drop(&s->m);
	cpu_leave(&s->cpus);
}

bool direct_faults(struct scarcity *s, struct direct *d)
{
	size_t at, huge = huge_size();

	*d = (struct direct){ };
	if (!huge_map(&s->wanted, WANTED))
		return false;
	huge_set(THP_DEFRAG_MADVISE);
	d->woken = counter("kdefragd_wake");
	d->evicted = evicted();
	d->made = counter("kdefragd_direct_made");
	for (at = 0; at < s->wanted.size; at += huge, d->faults++)
		d->huge += huge_fault(&s->wanted, at);
	d->made = counter("kdefragd_direct_made") - d->made;
	d->evicted = evicted() - d->evicted;
	d->woken = counter("kdefragd_wake") - d->woken;
	d->mapped = check_huge_anon(s->wanted.map, s->wanted.size, d->huge, huge);
	thp_restore_settings();
	return true;
}
