// SPDX-License-Identifier: GPL-2.0
/*
 * kdefragd: empty a range of page frames by moving what is in it.
 *
 *	isolate the blocks	nobody refills what comes free
 *	collect			take the used pages off their lists
 *	migrate			asynchronously; then once more, lightly waiting,
 *				unless somebody waits for it
 *	put back		what did not move
 *	look			is it one free area now?
 *	give back the blocks	merged with their neighbours
 *
 * If it does not work out, everything is as it was but for the pages that have
 * moved already, and those lie better than before.
 *
 * Where less is wanted, home.c has whatever moves moved out of a block, and what
 * does not stays (defrag_move_out()): collected and migrated as above, without
 * isolation.
 *
 * Isolation is what memory offlining and alloc_contig_range() do to a block:
 * its free pages go to a list that nobody allocates from, and pages that come
 * free go there, past the per-CPU lists.  Ours lasts for one block, some
 * hundred microseconds, or as long as it takes to wait for a few locked pages, or
 * for the page structs that a hugetlb page needs before it can be freed.
 * As the count of free pages leaves isolated ones out, watermarks see up to a
 * block less meanwhile; it is not done where that would get below the lowest.
 *
 * The blocks of a run are isolated one after the other and stay so until the last
 * is empty: given back before, they would be the first that others take.  All of
 * it, a gigabyte maybe, is out of reach then for as long as it takes to move what
 * is in it; so it is not begun where the zone would get below its high watermark
 * by that, and given up when it does.  The longer it is, the surer that some page of
 * it is on its way to a list, or from there, so this is waited for.
 *
 * Locking: zone->lock to isolate and to look; none while pages are collected
 * and moved.  A block that is isolated stays: memory offlining and
 * alloc_contig_range() want to isolate it themselves, and get -EBUSY, which both
 * have to expect of a busy range anyway.  The latter then leaves all blocks as they
 * are; without kdefragd it would give ours back.  May sleep.
 *
 * What is not promised: that the area is still free when the caller looks, but
 * for a direct request, which gets the pages before the block is given back; that
 * a run ends as movable blocks: as they merge, all take the mobility of the last;
 * that memory offlining never meets a block of ours: the thread and direct
 * requests stay away while it is at work (defrag_keep_out()), vm.defrag_now does
 * not.
 */
#include <linux/hugetlb.h>
#include <linux/memory_hotplug.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/page-isolation.h>
#include <linux/sched/signal.h>
#include <linux/swap.h>
#include "../block_occupancy.h"
#include "../internal.h"
#include "../page_alloc.h"
#include "hooks.h"
#include "internal.h"

#include <trace/events/kdefragd.h>

/**
 * defrag_page_movable - could this page be moved, by the looks of it?
 * @page: first page, or any page that is no tail of what is moved as one
 * @order: order of the area to be made
 * @step: set to the number of pages that the answer is about
 *
 * Context: any; racy unless the page is held.
 * Return: false if there is no point in trying.
 */
bool defrag_page_movable(struct page *page, unsigned int order,
			 unsigned long *step)
{
	*step = 1;
	if (PageReserved(page))
		return false;

	if (PageCompound(page)) {
		struct folio *folio = page_folio(page);
		unsigned int folio_order = compound_order(&folio->page);

		if (folio_order > MAX_FOLIO_ORDER)
			return false;
		*step = (1UL << folio_order) -
			((page_to_pfn(page)) & ((1UL << folio_order) - 1));
		/* To move it would cost an area like the one to be made. */
		if (folio_order >= order)
			return false;
		page = &folio->page;
	}

	if (page_has_movable_ops(page))
		return true;
	/* In the pool it is free, and stays where it is. */
	if (PageHuge(page))
		return page_ref_count(page);
	/* It may have come free, or merged with its buddy, just now. */
	if (page_has_type(page))
		return PageBuddy(page) || !page_has_type(page);
	/*
	 * The kernel's own, unless on its way to an LRU list, or from there.  Not
	 * folio_mapped(): nobody holds it, and it may be a tail by now.
	 */
	return PageLRU(page) || !page_ref_count(page) || page->mapping ||
	       atomic_read(&page->_mapcount) >= 0;
}

/*
 * Pages that are off the LRU lists, here or elsewhere: more than this part of
 * those on them, and reclaim begins to wait for them to come back.  Unit: right
 * shift, so a 16th.
 */
#define DEFRAG_ISOLATED_SHIFT	4

/**
 * defrag_too_many_isolated - are so many pages off the LRU lists that others wait?
 * @pgdat: of this node
 *
 * Context: any.
 * Return: true if no more are to be taken off.
 */
bool defrag_too_many_isolated(pg_data_t *pgdat)
{
	unsigned long isolated, on_lists = 0;
	enum lru_list lru;

	for (lru = LRU_INACTIVE_ANON; lru <= LRU_ACTIVE_FILE; lru++)
		on_lists += node_page_state(pgdat, NR_LRU_BASE + lru);
	isolated = node_page_state(pgdat, NR_ISOLATED_ANON) +
		   node_page_state(pgdat, NR_ISOLATED_FILE);
	return isolated > on_lists >> DEFRAG_ISOLATED_SHIFT;
}

/* A pin counts as many references; so do as many mappings of a small folio. */
static bool defrag_folio_pinned(struct folio *folio)
{
	if (page_has_movable_ops(&folio->page))
		return false;
	if (folio_test_large(folio))
		return folio_maybe_dma_pinned(folio);
	return folio_ref_count(folio) - folio_mapcount(folio) >=
	       GUP_PIN_COUNTING_BIAS;
}

/*
 * Anonymous pages with more references than mappings are held by somebody.
 * Racy: migration finds out for good.
 */
static bool defrag_folio_held(struct folio *folio)
{
	if (folio_test_hugetlb(folio) || page_has_movable_ops(&folio->page))
		return false;
	/* One reference is ours.  Who is on no LRU list is judged by that. */
	return folio_test_lru(folio) && !folio_mapping(folio) &&
	       folio_ref_count(folio) - 1 > folio_mapcount(folio);
}

/* Locked in memory, where vm.compact_unevictable_allowed forbids to move it. */
static bool defrag_folio_locked_in(struct folio *folio)
{
	if (READ_ONCE(sysctl_compact_unevictable_allowed) ||
	    folio_test_hugetlb(folio) || page_has_movable_ops(&folio->page))
		return false;
	return folio_test_unevictable(folio) || folio_test_mlocked(folio);
}

/* Collect one folio.  A reference to it is held. */
static enum defrag_outcome defrag_collect_folio(struct folio *folio,
						struct list_head *folios)
{
	/* Not to be read, so not to be copied. */
	if (folio_contain_hwpoisoned_page(folio))
		return DEFRAG_UNMOVABLE;
	if (defrag_folio_locked_in(folio))
		return DEFRAG_UNMOVABLE;
	if (defrag_folio_pinned(folio))
		return DEFRAG_PINNED;
	if (defrag_folio_held(folio))
		return DEFRAG_BUSY;
	if (isolate_folio_to_list(folio, folios))
		return DEFRAG_MADE;
	/*
	 * Not on the LRU although it looks as if: on its way there, or ours.  Or its
	 * owner has it in hand.
	 */
	if (folio_mapped(folio) || folio_mapping(folio) ||
	    page_has_movable_ops(&folio->page))
		return DEFRAG_BUSY;
	return DEFRAG_UNMOVABLE;
}

/* Collect what is in the range.  Stops at the first page that cannot move. */
static enum defrag_outcome defrag_collect(struct defrag_control *dc,
					  struct list_head *folios)
{
	unsigned long pfn = dc->start, used = dc->end - dc->start;

	/* It is isolated: nobody takes more, so behind the last of them all is free. */
	if (used == pageblock_nr_pages)
		used -= block_nr_free(pfn_to_page(pfn));

	while (pfn < dc->end && used) {
		struct page *page = pfn_to_page(pfn);
		enum defrag_outcome outcome;
		unsigned long step = 1;
		struct folio *folio;

		dc->inspected++;
		if (PageBuddy(page)) {
			unsigned int order = buddy_order_unsafe(page);

			/* Without the lock it may be anything by now. */
			pfn += order <= MAX_PAGE_ORDER ? 1UL << order : 1;
			continue;
		}
		if (!defrag_page_movable(page, dc->order, &step))
			return DEFRAG_UNMOVABLE;
		pfn += step;

		folio = folio_get_nontail_page(page);
		/* Neither free nor in use: on its way, by the look it may be there. */
		if (!folio)
			continue;
		outcome = defrag_collect_folio(folio, folios);
		folio_put(folio);
		if (outcome != DEFRAG_MADE)
			return outcome;
		used -= min(used, step);
	}
	return DEFRAG_MADE;
}

/* A folio that was to move and did not: why, by the looks of it? */
static void defrag_count_failed(struct defrag_control *dc, struct folio *folio)
{
	long nr = folio_nr_pages(folio);

	dc->failed += nr;
	if (defrag_folio_pinned(folio))
		count_vm_events(KDEFRAGD_FAILED_PINNED, nr);
	else if (folio_test_writeback(folio))
		count_vm_events(KDEFRAGD_FAILED_WRITEBACK, nr);
	else if (folio_test_locked(folio))
		count_vm_events(KDEFRAGD_FAILED_LOCKED, nr);
}

/* Move the collected folios, if any; what does not move is put back. */
static enum defrag_outcome defrag_migrate(struct defrag_control *dc,
					  struct list_head *folios)
{
	unsigned int moved = 0, more = 0;
	struct folio *folio;
	int err;

	if (list_empty(folios))
		return DEFRAG_MADE;
	dc->no_room = false;
	err = migrate_pages(folios, defrag_get_folio, defrag_put_folio,
			    (unsigned long)dc,
			    dc->waits ? MIGRATE_SYNC : MIGRATE_ASYNC, MR_DEFRAG,
			    &moved);
	if (err && err != -ENOMEM && !dc->direct && !dc->waits &&
	    !list_empty(folios))
		err = migrate_pages(folios, defrag_get_folio, defrag_put_folio,
				    (unsigned long)dc, MIGRATE_SYNC_LIGHT,
				    MR_DEFRAG, &more);
	dc->moved += moved + more;

	list_for_each_entry(folio, folios, lru)
		defrag_count_failed(dc, folio);
	putback_movable_pages(folios);

	/* What has no room for a large folio may have some for others. */
	if (err == -ENOMEM && dc->no_room)
		return DEFRAG_NO_ROOM;
	return err ? DEFRAG_BUSY : DEFRAG_MADE;
}

/* The head of the free area that spans the range, or NULL.  zone->lock held. */
static struct page *defrag_free_area(struct defrag_control *dc)
{
	unsigned int order = min_t(unsigned int, ilog2(dc->end - dc->start),
				   MAX_PAGE_ORDER);

	for (; order < NR_PAGE_ORDERS; order++) {
		unsigned long pfn = round_down(dc->start, 1UL << order);
		struct page *head;

		if (!zone_spans_pfn(dc->zone, pfn))
			break;
		head = pfn_to_online_page(pfn);
		if (head && PageBuddy(head) && buddy_order(head) >= order)
			return head;
	}
	return NULL;
}

/*
 * Take the area for who waits for it; the block is still isolated, so nobody
 * is quicker.  Context: zone->lock held.
 */
static void defrag_capture(struct defrag_control *dc, struct page *head)
{
	unsigned int order = buddy_order(head);

	if (order > pageblock_order || !__isolate_free_page(head, order))
		return;
	dc->captured = head;
	dc->captured_order = order;
}

static bool defrag_look(struct defrag_control *dc)
{
	struct page *head;

	guard(spinlock_irqsave)(&dc->zone->lock);
	head = defrag_free_area(dc);
	if (!head || !dc->direct)
		return head;
	/* Merged with another isolated one, it is not to be had. */
	defrag_capture(dc, head);
	return dc->captured;
}

/* Get what lies on per-CPU lists onto those where it can be seen and merged. */
void defrag_drain(struct zone *zone)
{
	lru_add_drain();
	drain_all_pages(zone);
}

/*
 * The same in the middle of the work.  Who waits for a page does so but once, and
 * not while others do: without a zone, drain_all_pages() does not wait for them.
 */
static void defrag_drain_again(struct defrag_control *dc)
{
	if (!dc->direct) {
		/* What a hugetlb page has left behind may wait for its page structs. */
		wait_for_freed_hugetlb_folios();
		defrag_drain(dc->zone);
	} else if (!dc->drained) {
		lru_add_drain();
		drain_all_pages(NULL);
		dc->drained = true;
	}
}

/* Is there nothing left to do?  A direct request has yet to capture it. */
static bool defrag_is_free(struct defrag_control *dc)
{
	guard(spinlock_irqsave)(&dc->zone->lock);
	return !dc->direct && defrag_free_area(dc);
}

static bool defrag_is_run(struct defrag_control *dc)
{
	return dc->order > pageblock_order;
}

/*
 * Can the zone do without so many pages?  What is used in a run takes free pages
 * elsewhere, and what comes free in it is nobody's yet: it costs its length.
 */
static bool defrag_run_affords(struct defrag_control *dc, unsigned long pages)
{
	return zone_watermark_ok(dc->zone, 0, high_wmark_pages(dc->zone) + pages,
				 zone_idx(dc->zone), 0);
}

/* Is there a point in beginning it?  It may have waited for its turn. */
static enum defrag_outcome defrag_begin_run(struct defrag_control *dc)
{
	guard(spinlock_irqsave)(&dc->zone->lock);
	if (!defrag_run_affords(dc, 1UL << dc->order))
		return DEFRAG_NO_ROOM;
	if (defrag_run_price(dc, dc->target) == DEFRAG_PRICE_MAX)
		return DEFRAG_CHANGED;
	return DEFRAG_MADE;
}

/* May it be isolated: to be emptied, or, in a run, because it is empty? */
static bool defrag_may_isolate(struct defrag_control *dc, struct page *page)
{
	enum migratetype migratetype = get_pageblock_migratetype(page);

	if (migratetype == MIGRATE_MOVABLE)
		return true;
	return defrag_is_run(dc) && migratetype_is_mergeable(migratetype) &&
	       block_nr_free(page) == pageblock_nr_pages;
}

/*
 * Isolate the block, if it is still there, and one that may be emptied.  From
 * here on it stays there.  Return: DEFRAG_MADE if that worked.
 */
static enum defrag_outcome defrag_isolate(struct defrag_control *dc)
{
	struct page *page;

	guard(spinlock_irqsave)(&dc->zone->lock);
	page = block_in_zone(dc->zone, pageblock_start_pfn(dc->start));
	if (!page || !defrag_may_isolate(dc, page))
		return DEFRAG_CHANGED;
	/* What is free in it is out of reach meanwhile. */
	if (zone_page_state(dc->zone, NR_FREE_PAGES) <
	    min_wmark_pages(dc->zone) + block_nr_free(page))
		return DEFRAG_NO_ROOM;
	if (defrag_is_run(dc) && !defrag_run_affords(dc, pageblock_nr_pages))
		return DEFRAG_NO_ROOM;
	if (!pageblock_isolate_and_move_free_pages(dc->zone, page))
		return DEFRAG_CHANGED;
	dc->zone->nr_isolate_pageblock++;
	return DEFRAG_MADE;
}

/* Empty what lies between dc->start and dc->end, within one isolated block. */
static enum defrag_outcome defrag_empty_once(struct defrag_control *dc)
{
	enum defrag_outcome outcome;
	LIST_HEAD(folios);

	outcome = defrag_collect(dc, &folios);
	if (outcome == DEFRAG_MADE)
		outcome = defrag_migrate(dc, &folios);
	else
		putback_movable_pages(&folios);

	if (outcome == DEFRAG_MADE && !defrag_look(dc)) {
		/* The last pages may be on their way through a per-CPU list. */
		defrag_drain_again(dc);
		if (!defrag_look(dc))
			outcome = DEFRAG_BUSY;
	}
	return outcome;
}

/*
 * How often a block of a run is tried that no free area can span, which only a
 * writer of vm.defrag_now asks for.  Unit: 1.  As often as alloc_contig_range() does.
 */
#define DEFRAG_RUN_TRIES	5

/* May the blocks of a run stay out of reach for longer? */
static bool defrag_run_may_wait(struct defrag_control *dc)
{
	guard(spinlock_irqsave)(&dc->zone->lock);
	return defrag_run_affords(dc, 0);
}

static enum defrag_outcome defrag_empty_block(struct defrag_control *dc)
{
	unsigned int tries = dc->order > MAX_PAGE_ORDER ? DEFRAG_RUN_TRIES : 1;
	enum defrag_outcome outcome = defrag_empty_once(dc);

	while (outcome == DEFRAG_BUSY && --tries && !signal_pending(current) &&
	       defrag_run_may_wait(dc)) {
		/* Some may have a page in hand, or get one that a CPU still kept. */
		lru_add_drain_all();
		drain_all_pages(dc->zone);
		outcome = defrag_empty_once(dc);
	}

	defrag_remember(dc, pageblock_start_pfn(dc->start), outcome);
	return outcome;
}

/* The same of a block that is yet to be isolated, and of a run is to stay so. */
static enum defrag_outcome defrag_evacuate_block(struct defrag_control *dc)
{
	unsigned long block = pageblock_start_pfn(dc->start);
	enum defrag_outcome outcome;

	if (defrag_too_many_isolated(dc->zone->zone_pgdat))
		return DEFRAG_CHANGED;
	outcome = defrag_isolate(dc);
	if (outcome != DEFRAG_MADE)
		return outcome;
	dc->isolated = block + pageblock_nr_pages;
	if (defrag_is_run(dc) && defrag_is_free(dc))
		return DEFRAG_MADE;
	return defrag_empty_block(dc);
}

/*
 * The next folio from dc->start on that looks as if it could be moved.  With the
 * reference to it, it stays where it is, and so does the block.
 */
static struct folio *defrag_next_folio(struct defrag_control *dc)
{
	guard(spinlock_irqsave)(&dc->zone->lock);
	if (!block_in_zone(dc->zone, pageblock_start_pfn(dc->start)))
		return NULL;

	while (dc->start < dc->end) {
		struct page *page = pfn_to_page(dc->start);
		unsigned long step;
		struct folio *folio;

		dc->inspected++;
		if (PageBuddy(page)) {
			dc->start += 1UL << buddy_order(page);
			continue;
		}
		if (!defrag_page_movable(page, dc->order, &step) ||
		    !(PageLRU(page) || page_has_movable_ops(page))) {
			dc->start += step;
			continue;
		}
		dc->start += step;
		folio = folio_get_nontail_page(page);
		if (folio)
			return folio;
	}
	return NULL;
}

/**
 * defrag_move_out - move out of a block what moves, and leave the rest
 * @dc: the pass, of order pageblock_order
 * @pfn: first page frame of the block, which need not be isolated
 *
 * Context: process context, may sleep.
 * Return: DEFRAG_NO_ROOM if some of it found no better place; DEFRAG_BUSY if some
 * would not move; DEFRAG_MADE if all did that was on an LRU list.
 */
enum defrag_outcome defrag_move_out(struct defrag_control *dc, unsigned long pfn)
{
	enum defrag_outcome outcome = DEFRAG_MADE, last;
	struct folio *folio;
	LIST_HEAD(folios);
	LIST_HEAD(large);

	dc->target = pfn;
	dc->start = pfn;
	dc->end = pfn + pageblock_nr_pages;
	dc->max_free = pageblock_nr_pages;
	dc->fill_below = ULONG_MAX;
	dc->spent = 0;
	defrag_room_avoid(dc);
	while ((folio = defrag_next_folio(dc))) {
		last = defrag_collect_folio(folio, folio_test_large(folio) ?
					    &large : &folios);
		folio_put(folio);
		if (last != DEFRAG_MADE)
			outcome = last;
	}
	last = defrag_migrate(dc, &folios);
	if (last != DEFRAG_MADE)
		outcome = last;
	/* Large ones last: where one finds no room, the rest is not tried. */
	last = defrag_migrate(dc, &large);
	if (last != DEFRAG_MADE && outcome != DEFRAG_NO_ROOM)
		outcome = last;
	return outcome == DEFRAG_UNMOVABLE || outcome == DEFRAG_PINNED ?
		DEFRAG_BUSY : outcome;
}

/* Block by block, and dc->start is the first of it. */
static enum defrag_outcome defrag_evacuate_run(struct defrag_control *dc)
{
	unsigned long end = dc->start + (1UL << dc->order), moved = dc->moved;
	enum defrag_outcome outcome = defrag_begin_run(dc);

	while (outcome == DEFRAG_MADE && dc->start < end) {
		dc->end = dc->start + pageblock_nr_pages;
		outcome = defrag_evacuate_block(dc);
		dc->start = dc->end;
		/* A run may be long. */
		if (signal_pending(current) && dc->start < end)
			return DEFRAG_CHANGED;
		cond_resched();
	}
	/* If all of it has come free meanwhile, it is not our work. */
	return outcome == DEFRAG_MADE && dc->moved == moved ? DEFRAG_CHANGED : outcome;
}

/**
 * defrag_evacuate - empty a range
 * @dc: the pass; @dc->order tells the length of the range
 * @target: the range
 *
 * Context: process context, may sleep; the node's lock held unless @dc->direct.
 * Return: how it went; of a run of blocks, with the first that did not work.
 */
enum defrag_outcome defrag_evacuate(struct defrag_control *dc,
				    const struct defrag_target *target)
{
	unsigned long first = pageblock_start_pfn(target->pfn);
	unsigned long moved = dc->moved;
	enum defrag_outcome outcome;

	dc->tried++;
	dc->target = target->pfn;
	dc->start = target->pfn;
	dc->end = min(target->pfn + (1UL << dc->order), pageblock_end_pfn(first));
	dc->isolated = first;
	defrag_room_avoid(dc);
	if (defrag_is_run(dc))
		outcome = defrag_evacuate_run(dc);
	else if (!defrag_is_free(dc))
		outcome = defrag_evacuate_block(dc);
	else	/* It has come free meanwhile, and is not our work. */
		outcome = DEFRAG_CHANGED;
	if (dc->isolated > first)
		undo_isolate_page_range(first, dc->isolated);
	if (outcome == DEFRAG_MADE)
		dc->made++;

	trace_defrag_outcome(dc->zone, target->pfn, dc->order, outcome,
			     dc->moved - moved);
	return outcome;
}
