// SPDX-License-Identifier: GPL-2.0
/*
 * kdefragd: bring movable pages home.
 *
 * When the movable blocks are full, mainline lets a movable page into a block
 * of unmovable ones; and when unmovable pages find no room, a block that is half
 * free becomes theirs with the movable pages that are in it.  Both are
 * right at that moment, and wrong afterwards: each of these pages takes a place
 * that the next unmovable one will then take in a clean block, and may be the
 * last to keep a block from coming free.  Nothing brings them back on purpose:
 * compaction gets to them if its scanner happens to, and not at all while it
 * works asynchronously for a request.
 *
 * The moment they come is known, so nobody has to look for them: the block is
 * marked then (PB_foreign), and its zone is (ZONE_FOREIGN).  Marked blocks are
 * looked at when kdefragd has done what it was woken for, with a budget of their
 * own, and by vm.defrag_now.  Nothing wakes it for them alone: they do harm when
 * blocks get scarce, and then it is awake.  Nor are they moved while the zone
 * has hardly more free pages than its high watermark: others would soon take
 * their place.
 *
 * Whatever moves in the block is moved to movable blocks, to the smallest free
 * areas of those that are partly used; the rest stays.  Large folios are
 * moved as they are or not at all.  If some of it would not move, the mark is put
 * back.  Then the zone is left alone for DEFRAG_HOME_REST.
 *
 * Locking: as in evacuate.c, but that the block is not isolated.  It stays
 * because each folio is found, and a reference to it taken, under zone->lock;
 * who goes offline has to wait for that folio.
 *
 * What is not promised: that a page is found that was not on an LRU list at that
 * moment, being on its way there, or held by reclaim; or whose block has been
 * given to movable ones and back meanwhile, or was high-atomic in between.
 */
#include <linux/mm.h>
#include "../block_occupancy.h"
#include "../internal.h"
#include "hooks.h"
#include "internal.h"

#include <trace/events/kdefragd.h>

/**
 * kdefragd_foreign - a block that is not movable has got movable pages
 * @zone: the zone
 * @page: a page of the block
 *
 * Context: zone->lock held.
 */
void kdefragd_foreign(struct zone *zone, struct page *page)
{
	unsigned long pfn = page_to_pfn(page);

	if (!get_pfnblock_bit(page, pfn, PB_foreign))
		set_pfnblock_bit(page, pfn, PB_foreign);
	if (!test_bit(ZONE_FOREIGN, &zone->flags))
		set_bit(ZONE_FOREIGN, &zone->flags);
}

/* Some movable pages are still in the block at @pfn. */
static void defrag_still_foreign(struct zone *zone, unsigned long pfn)
{
	struct page *page;

	guard(spinlock_irqsave)(&zone->lock);
	page = block_in_zone(zone, pfn);
	if (page)
		kdefragd_foreign(zone, page);
}

/**
 * defrag_bring_home - move movable pages out of the next block of others
 * @dc: the pass, of order pageblock_order
 * @pfn: where to look for it; moved on, at last to the end of the zone
 *
 * Context: process context, may sleep.
 * Return: false if there is no such block, no room for its pages, or if others would
 * have to wait for those that are on their way.
 */
bool defrag_bring_home(struct defrag_control *dc, unsigned long *pfn)
{
	unsigned long moved = dc->moved;
	enum defrag_outcome outcome;

	if (defrag_too_many_isolated(dc->zone->zone_pgdat))
		return false;
	*pfn = defrag_find_foreign(dc, *pfn);
	if (*pfn >= zone_end_pfn(dc->zone))
		return false;

	outcome = defrag_move_out(dc, *pfn);
	trace_defrag_home(dc->zone, *pfn, dc->order, outcome, dc->moved - moved);
	if (outcome != DEFRAG_MADE)
		defrag_still_foreign(dc->zone, *pfn);
	*pfn += pageblock_nr_pages;
	return outcome != DEFRAG_NO_ROOM;
}
