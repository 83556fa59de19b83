// SPDX-License-Identifier: GPL-2.0
/*
 * kdefragd: help memory to go offline.
 *
 * A memory block goes offline if nothing is left in it, and one page that does not
 * move is enough to refuse it.  Under load, half of the refusals that could be
 * avoided are for pages of pipes and socket buffers, each of which is gone within
 * milliseconds, while others have come.
 *
 * Those pages lie in blocks of their own class (ALLOC_CLASS_TRANSIENT).  So these
 * blocks may be isolated with what is in them, nothing comes any more, and what
 * is there is waited for, before anything is moved.  If it stays for longer than
 * DEFRAG_OFFLINE_WAIT, memory does not go offline, as it would not have without.
 * So it is for slab pages that isolation overlooks, because they have no references:
 * offline_pages() would try until it is interrupted.
 *
 * Then what moves is moved block by block, before the loop of offline_pages(),
 * which moves page after page to where the allocator puts them.  It is done as
 * pages are brought home (defrag_move_out()): to partly used blocks, and whole
 * free ones are left whole.  As the loop does, it waits for pages that are locked
 * or being written.  What does not move is left to that loop, and so is everything
 * if other nodes have memory: the loop prefers those, so that a node can be
 * emptied, and moving pages on to what goes next would be work for nothing.
 *
 * Locking: memory hotplug's lock is held.  A block keeps its key while it is isolated,
 * so that it is still known when that fails.  Pages are looked at under zone->lock, a
 * block at a time.
 */
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/mmdebug.h>
#include <linux/page-isolation.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/vmstat.h>
#include "../alloc_class.h"
#include "../internal.h"
#include "hooks.h"
#include "internal.h"

/*
 * How long pages that do not move are waited for, in the whole range, and how often
 * looked at.  Unit: jiffies.  In the benchmark two looks are enough; it is longer
 * for machines whose CPUs are not always there.
 */
#define DEFRAG_OFFLINE_WAIT	(HZ / 2)
#define DEFRAG_OFFLINE_POLL	max(HZ / 100, 1)

/**
 * kdefragd_is_soon_gone - may memory go offline although it has this page?
 * @page: a page that does not move
 *
 * Pages of others may have been lent room in the block.  Some can be told: what is
 * of a type, or in a mapping, is not of a pipe or of a socket buffer.
 *
 * Context: zone->lock held.
 * Return: true if kdefragd_offline() waits for it.
 */
bool kdefragd_is_soon_gone(const struct page *page)
{
	return kdefragd_enabled() && alloc_class_is_transient(page) &&
	       !PageReserved(page) && !page_has_type(page) &&
	       !page_folio(page)->mapping;
}

/*
 * Is this a page that only its user can free?  Those of slab that isolation has
 * overlooked have no references.  In a block that is not @transient, what does not
 * move has come off an LRU list for a moment.
 */
static bool is_waited_for(struct zone *zone, struct page *page, bool transient,
			  unsigned long *step)
{
	if (PageSlab(page))
		return kdefragd_enabled();
	return transient &&
	       page_is_unmovable(zone, page, PB_ISOLATE_MODE_MEM_OFFLINE, step) &&
	       !page_folio(page)->mapping;
}

/* The first such page of a block, without a reference; or NULL. */
static struct page *first_waited_for(struct zone *zone, unsigned long pfn)
{
	unsigned long end_pfn = pfn + pageblock_nr_pages;
	bool transient;

	guard(spinlock_irqsave)(&zone->lock);
	transient = alloc_class_is_transient(pfn_to_page(pfn));
	while (pfn < end_pfn) {
		struct page *page = pfn_to_page(pfn);
		unsigned long step = 1;

		if (is_waited_for(zone, page, transient, &step))
			return page;
		pfn += step;
	}
	return NULL;
}

/*
 * With the knob off as well, which may have been on when the range was isolated.
 * Return: 0 when none is left; -EBUSY when time is over; -EINTR at a signal.
 */
static int wait_for_pages(struct zone *zone, unsigned long start_pfn,
			  unsigned long end_pfn)
{
	unsigned long pfn, deadline = jiffies + DEFRAG_OFFLINE_WAIT;
	struct page *page;

	for (pfn = start_pfn; pfn < end_pfn; pfn += pageblock_nr_pages) {
		while ((page = first_waited_for(zone, pfn))) {
			if (signal_pending(current))
				return -EINTR;
			if (time_after(jiffies, deadline)) {
				dump_page(page, "unmovable page");
				return -EBUSY;
			}
			schedule_timeout_interruptible(DEFRAG_OFFLINE_POLL);
		}
		cond_resched();
	}
	return 0;
}

static void move_out_range(struct zone *zone, unsigned long start_pfn,
			   unsigned long end_pfn)
{
	enum defrag_outcome outcome = DEFRAG_MADE;
	struct defrag_control dc;
	unsigned long pfn;

	defrag_begin(&dc, zone, pageblock_order);
	dc.waits = true;
	for (pfn = start_pfn; pfn < end_pfn && outcome != DEFRAG_NO_ROOM &&
	     defrag_pages_to_spare(zone) && !signal_pending(current);
	     pfn += pageblock_nr_pages) {
		outcome = defrag_move_out(&dc, pfn);
		cond_resched();
	}
	count_vm_events(KDEFRAGD_OFFLINE, dc.moved);
	defrag_end(&dc);
}

/**
 * kdefragd_offline - empty a range that is to go offline, as far as it will
 * @zone: the zone
 * @start_pfn: its first page frame
 * @end_pfn: the one behind its last
 *
 * Context: process context, may sleep; the range is isolated, and memory hotplug's
 * lock held.
 * Return: 0; -EBUSY if a page that does not move stays; -EINTR at a signal.
 */
int kdefragd_offline(struct zone *zone, unsigned long start_pfn,
		     unsigned long end_pfn)
{
	int err = wait_for_pages(zone, start_pfn, end_pfn);

	if (!err && kdefragd_enabled() && num_node_state(N_MEMORY) == 1)
		move_out_range(zone, start_pfn, end_pfn);
	return err;
}
