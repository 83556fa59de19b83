// SPDX-License-Identifier: GPL-2.0
/*
 * kdefragd: room for the pages that move.
 *
 * The new place is to be better than the old one.  Free pages are taken from
 * the free lists from the smallest areas up, for those are of least use, and
 * only from the blocks that the plan fills (defrag_control.max_free and
 * fill_below), the fullest there are: a page is never moved into a block that
 * is to be emptied next, nor into the reserve of whole free blocks.  There is
 * one exception: in a run of blocks, a huge page that fills one of them needs
 * another whole block, and leaves one behind.
 *
 * Before that come the blocks that are known not to come free, for what was found in
 * them: walls.  However empty they are, they are the best place for what moves,
 * which will not be in the way again there.  They are read page by page: two page
 * structs for each page of room, if half of the wall is free.  Only single pages
 * go there.
 *
 * Page by page the lists do not tell the fullest block, but looking at an entry
 * costs one page struct, where finding the last free page in a nearly full
 * block costs hundreds.  Entries that do not suit go to the tail of their
 * list, so that the next look meets others; and what the allocator then finds
 * at the head are the pages in full blocks, which is where it should look, too.
 *
 * Pages taken are kept until the pass is over, some tens of them and what is
 * left of larger areas, or until they are in the way (defrag_room_avoid()).  They
 * are counted as in use meanwhile; watermarks are obeyed in taking them.
 *
 * Locking: zone->lock while the lists are looked at.  A pool has one user.
 */
#include <linux/fault-inject.h>
#include <linux/hugetlb.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include "../block_occupancy.h"
#include "../internal.h"
#include "../page_alloc.h"
#include "internal.h"

/*
 * Entries of a free list looked at, at most, for a batch.  Unit: 1.  Bounds the
 * time that zone->lock is held: some ten microseconds per order.
 */
#define DEFRAG_ROOM_LOOK	128

/*
 * Looks at the lists for a batch.  Unit: 1.  Where most entries are in blocks
 * that are to be emptied, one look may find none.  So many make some 10,000
 * entries per order, after which there is no room, whatever the plan says.  Who
 * waits for a page waits for half of that.
 */
#define DEFRAG_ROOM_LOOKS		64
#define DEFRAG_ROOM_LOOKS_DIRECT	32

/* An empty pool for a pass. */
void defrag_room_init(struct defrag_control *dc)
{
	unsigned int order;

	for (order = 0; order < NR_PAGE_ORDERS; order++)
		INIT_LIST_HEAD(&dc->room[order]);
	dc->nr_room = 0;
}

/* Give back what was not used. */
void defrag_room_release(struct defrag_control *dc)
{
	struct page *page, *next;
	unsigned int order;

	if (!dc->nr_room)
		return;

	guard(spinlock_irqsave)(&dc->zone->lock);
	for (order = 0; order < NR_PAGE_ORDERS; order++) {
		list_for_each_entry_safe(page, next, &dc->room[order], lru) {
			list_del(&page->lru);
			/* Found bad meanwhile.  As compaction does: single ones. */
			if (!order && PageHWPoison(page))
				continue;
			__putback_isolated_page(page, order,
						get_pageblock_migratetype(page));
		}
	}
	dc->nr_room = 0;
}

/* Is the page frame part of what is being emptied? */
static bool defrag_in_target(struct defrag_control *dc, unsigned long pfn)
{
	return pfn >= dc->target && pfn < dc->target + (1UL << dc->order);
}

/**
 * defrag_room_avoid - see to it that no room lies in what is to be emptied
 * @dc: the pass; @dc->target is set
 *
 * Room taken is neither free nor in use, so it would be in the way.  Areas
 * there are smaller than the target, so they lie in it as a whole.
 *
 * Context: process context.
 */
void defrag_room_avoid(struct defrag_control *dc)
{
	unsigned int order;
	struct page *page;

	for (order = 0; order < NR_PAGE_ORDERS; order++) {
		list_for_each_entry(page, &dc->room[order], lru) {
			if (!defrag_in_target(dc, page_to_pfn(page)))
				continue;
			defrag_room_release(dc);
			return;
		}
	}
}

static bool defrag_better_place(struct defrag_control *dc, struct page *page)
{
	unsigned long pfn = page_to_pfn(page);
	unsigned int nr_free = block_nr_free(page);

	if (defrag_in_target(dc, pfn))
		return false;
	/* For a whole block's worth in a run: a block for a block. */
	if (nr_free == pageblock_nr_pages)
		return dc->order > pageblock_order &&
		       buddy_order(page) == pageblock_order;
	return nr_free < dc->max_free ||
	       (nr_free == dc->max_free && pfn < dc->fill_below);
}

/*
 * Take a free area into the pool.  Context: zone->lock held.  Return: false if the
 * watermark forbids it.
 */
static bool defrag_take_area(struct defrag_control *dc, struct page *page,
			     unsigned int order)
{
	if (!__isolate_free_page(page, order))
		return false;
	list_add(&page->lru, &dc->room[order]);
	dc->nr_room += 1UL << order;
	return true;
}

/*
 * Take free areas of @order, until there are @enough pages.  Context: zone->lock
 * held.  Return: false if the watermark forbids to take any.
 */
static bool defrag_take_areas(struct defrag_control *dc, unsigned int order,
			      unsigned long enough)
{
	struct free_area *area = &dc->zone->free_area[order];
	struct list_head *list = &area->free_list[MIGRATE_MOVABLE];
	struct page *page, *next, *passed = NULL;
	unsigned int look = DEFRAG_ROOM_LOOK;

	list_for_each_entry_safe(page, next, list, buddy_list) {
		if (page == passed)
			break;
		if (!look-- || dc->nr_room >= enough)
			return true;

		dc->inspected++;
		if (!defrag_better_place(dc, page)) {
			list_move_tail(&page->buddy_list, list);
			passed = passed ?: page;
			continue;
		}
		if (!defrag_take_area(dc, page, order))
			return false;
	}
	/* Not one more: for what is done by this plan there is no need to look again. */
	__set_bit(order, &dc->spent);
	return true;
}

/* One look at the lists from @order on.  Return: false if there is no point. */
static bool defrag_look_for_room(struct defrag_control *dc, unsigned int order,
				 unsigned long enough)
{
	unsigned int limit = min_t(unsigned int, dc->order,
				   max(order + 1, pageblock_order));
	bool looked = false;

	for (; order < limit && dc->nr_room < enough; order++) {
		if (test_bit(order, &dc->spent))
			continue;
		looked = true;
		guard(spinlock_irqsave)(&dc->zone->lock);
		if (!defrag_take_areas(dc, order, enough))
			return false;
	}
	return looked;
}

/*
 * Take free areas of the wall at hand; at its end the next one is looked for.
 * Return: false if the watermark forbids to take any.
 */
static bool defrag_take_of_wall(struct defrag_control *dc, unsigned long enough)
{
	unsigned long end = pageblock_end_pfn(dc->wall);

	scoped_guard(spinlock_irqsave, &dc->zone->lock) {
		if (defrag_in_target(dc, dc->wall) ||
		    !defrag_is_wall(dc, pageblock_start_pfn(dc->wall)))
			dc->wall = end;
		while (dc->wall < end && dc->nr_room < enough) {
			struct page *page = pfn_to_page(dc->wall);
			bool free = PageBuddy(page);
			unsigned int have = free ? buddy_order(page) : 0;

			dc->inspected++;
			if (free && !defrag_take_area(dc, page, have))
				return false;
			dc->wall += 1UL << have;
		}
	}
	if (dc->wall == end)
		dc->wall = defrag_find_wall(dc, end);
	return true;
}

/* Get room for a folio of @order; what there is of it is in smaller areas. */
static void defrag_take_room(struct defrag_control *dc, unsigned int order)
{
	unsigned long had = dc->nr_room, enough = had + DEFRAG_ROOM_BATCH;
	unsigned int looks = dc->direct ? DEFRAG_ROOM_LOOKS_DIRECT :
					  DEFRAG_ROOM_LOOKS;

	/* What is free in a wall is single pages; the next wall has some at least. */
	while (!order && dc->wall && dc->nr_room == had) {
		if (!defrag_take_of_wall(dc, enough))
			return;
		cond_resched();
	}

	while (looks-- && dc->nr_room == had &&
	       defrag_look_for_room(dc, order, enough))
		cond_resched();
}

/* The smallest area in the pool that is large enough, or NULL. */
static struct page *defrag_pick(struct defrag_control *dc, unsigned int want)
{
	unsigned int order;
	struct page *page;

	for (order = want; order < NR_PAGE_ORDERS; order++) {
		page = list_first_entry_or_null(&dc->room[order], struct page,
						lru);
		if (page)
			break;
	}
	if (order == NR_PAGE_ORDERS)
		return NULL;

	list_del(&page->lru);
	while (order > want) {
		order--;
		list_add(&page[1 << order].lru, &dc->room[order]);
	}
	dc->nr_room -= 1UL << want;
	return page;
}

/* Would one come from the pool?  Those that are promised do not. */
static bool defrag_pool_gives(struct hstate *h, int nid)
{
#ifdef CONFIG_HUGETLB_PAGE
	/* Changes under hugetlb_lock; a stale answer costs one attempt. */
	if (!data_race(h->free_huge_pages_node[nid]))
		return false;
	/* The same. */
	return data_race(h->free_huge_pages > h->resv_huge_pages);
#else
	return false;
#endif
}

/*
 * A new one, which the pool gets for the old one; nothing is reclaimed for it.  One
 * that is free in the pool would leave the old one there, as large as it is, and
 * to take it even for a moment might have others find none.
 */
static struct folio *defrag_get_hugetlb(struct defrag_control *dc,
					struct folio *src)
{
	struct hstate *h = folio_hstate(src);
	gfp_t gfp = (htlb_alloc_mask(h) & ~__GFP_RECLAIM) | __GFP_THISNODE |
		    __GFP_NOMEMALLOC | __GFP_NOWARN;
	int nid = zone_to_nid(dc->zone);
	struct folio *dst;

	if (defrag_pool_gives(h, nid))
		return NULL;
	dst = alloc_hugetlb_folio_nodemask(h, nid, NULL, gfp, false);
	if (dst && (!folio_test_hugetlb_temporary(dst) ||
		    defrag_in_target(dc, folio_pfn(dst)))) {
		folio_putback_hugetlb(dst);
		return NULL;
	}
	return dst;
}

static struct folio *defrag_get_folio_noprof(struct folio *src,
					     unsigned long private)
{
	struct defrag_control *dc = (struct defrag_control *)private;
	unsigned int order = folio_order(src);
	struct page *page;

	if (should_fail_alloc_page(__GFP_MOVABLE, order))
		return NULL;
	page = defrag_pick(dc, order);
	if (!page) {
		defrag_take_room(dc, order);
		page = defrag_pick(dc, order);
	}
	if (!page) {
		dc->no_room = !order;
		return NULL;
	}

	post_alloc_hook(page, order, __GFP_MOVABLE, ALLOC_DEFAULT);
	set_page_refcounted(page);
	if (order)
		prep_compound_page(page, order);
	return page_rmappable_folio(page);
}

/**
 * defrag_get_folio - destination of a folio, for migrate_pages()
 * @src: the folio that is to move
 * @private: the &struct defrag_control
 *
 * Context: process context.
 * Return: a folio of the same size, or NULL if there is no better place.
 */
struct folio *defrag_get_folio(struct folio *src, unsigned long private)
{
	struct defrag_control *dc = (struct defrag_control *)private;

	if (folio_test_hugetlb(src))
		return defrag_get_hugetlb(dc, src);
	return alloc_hooks(defrag_get_folio_noprof(src, private));
}

/**
 * defrag_put_folio - a destination was not used, for migrate_pages()
 * @dst: what defrag_get_folio() gave
 * @private: the &struct defrag_control
 *
 * Context: process context.
 */
void defrag_put_folio(struct folio *dst, unsigned long private)
{
	struct defrag_control *dc = (struct defrag_control *)private;
	unsigned int order = folio_order(dst);
	struct page *page = &dst->page;

	if (folio_test_hugetlb(dst)) {
		folio_putback_hugetlb(dst);
		return;
	}
	if (folio_put_testzero(dst) && free_pages_prepare(page, order)) {
		list_add(&page->lru, &dc->room[order]);
		dc->nr_room += 1UL << order;
	}
	/* Else somebody holds a reference and frees it. */
}
