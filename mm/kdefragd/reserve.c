// SPDX-License-Identifier: GPL-2.0
/*
 * kdefragd: the reserve, large free areas of a zone, and when to fill it.
 *
 * They are of vm.kdefragd_order at least: whole blocks, unless the knob says
 * otherwise.  They are short below the low mark, and made up to the high one.
 * Where a pass for them did not pay, the zone is left alone for a while, unless it
 * changes; core.c tells why.
 *
 * Locking: what is remembered is written by defrag_settle(), under the node's
 * lock, and read without; ZONE_BELOW_RESERVE is set under zone->lock, where the
 * counts are exact.  Elsewhere they are a moment old.
 */
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/vmstat.h>
#include "../order_watermark.h"
#include "../page_alloc.h"
#include "hooks.h"
#include "internal.h"

/*
 * First wait after a pass that did not pay, and how often it is doubled.  Unit:
 * jiffies; 1.  A second is long against a pass and short against what makes
 * pages movable; 64 seconds at most between two passes over a zone that has
 * not changed.  Longer: late when pins are dropped.  Shorter: work in vain.
 */
#define DEFRAG_BACKOFF		HZ
#define DEFRAG_BACKOFF_SHIFT	6

/*
 * The free pages of a zone have changed when they differ by this part of the
 * high watermark.  Unit: right shift, so an eighth.
 */
#define DEFRAG_CHANGED_SHIFT	3

/*
 * The high mark of the reserve is this part above the low one.  Unit: right
 * shift, so a half.  What is between them is made at one go.
 */
#define DEFRAG_RESERVE_SHIFT	1

/* A zone of fewer areas keeps no reserve: it would be all of it. */
#define DEFRAG_RESERVE_MIN_AREAS	64

int sysctl_free_block_reserve __read_mostly = 5;	/* per mille */
unsigned int sysctl_kdefragd_order __read_mostly;	/* set by kdefragd_init() */

/* The least order of what is in the reserve. */
unsigned int defrag_reserve_order(void)
{
	return READ_ONCE(sysctl_kdefragd_order);
}

unsigned long defrag_reserve_low(struct zone *zone, unsigned int order)
{
	unsigned long areas = zone_managed_pages(zone) >> order;

	if (areas < DEFRAG_RESERVE_MIN_AREAS)
		return 0;
	return areas * READ_ONCE(sysctl_free_block_reserve) / 1000;
}

unsigned long defrag_reserve_high(struct zone *zone, unsigned int order)
{
	unsigned long low = defrag_reserve_low(zone, order);

	return low + (low >> DEFRAG_RESERVE_SHIFT);
}

/*
 * Free pages in areas of the order and above; those that need only be accepted are
 * as good.  Not those that few requests may have.
 */
static unsigned long defrag_pages_in_areas(struct zone *zone, unsigned int order)
{
	unsigned long pages = 0;

	for (; order < NR_PAGE_ORDERS; order++)
		pages += order_wmark_blocks(zone, order) << order;
#ifdef CONFIG_UNACCEPTED_MEMORY
	pages += zone_page_state(zone, NR_UNACCEPTED);
#endif
	return pages;
}

unsigned long defrag_free_areas(struct zone *zone, unsigned int order)
{
	return defrag_pages_in_areas(zone, order) >> order;
}

/* Free pages that pages can be moved to. */
static unsigned long defrag_free_pages(struct zone *zone)
{
	unsigned long free = zone_page_state(zone, NR_FREE_PAGES);
	unsigned long others = zone_page_state(zone, NR_FREE_CMA_PAGES) +
			       READ_ONCE(zone->nr_free_highatomic);

	return free - min(free, others);
}

/*
 * Areas that may be made from the free pages beside those in the reserve.  Half of
 * all are left, for they are what most requests take first: where a full page cache
 * leaves few free, a reserve of nearly all of them would be taken apart as fast as
 * it is made.
 */
static unsigned long defrag_affords(struct zone *zone, unsigned int order)
{
	unsigned long free = defrag_free_pages(zone);
	unsigned long made = defrag_pages_in_areas(zone, order);

	/* A block that is being emptied counts as used, and so does room for it. */
	if (free <= low_wmark_pages(zone) || free / 2 <= made ||
	    free <= min_wmark_pages(zone) + pageblock_nr_pages + (1UL << order))
		return 0;
	return DIV_ROUND_UP(free / 2 - made, 1UL << order);
}

/* Are there so many free pages that some may be used up in moving others? */
bool defrag_pages_to_spare(struct zone *zone)
{
	return defrag_free_pages(zone) >
	       high_wmark_pages(zone) + pageblock_nr_pages;
}

/**
 * defrag_reserve_lacks - areas that are to be made for the reserve
 * @zone: the zone
 * @order: of this order, defrag_reserve_order()
 * @filling: up to the high mark, else to the low one
 *
 * Context: any.
 * Return: how many; 0 where there are no pages to make them from.
 */
unsigned long defrag_reserve_lacks(struct zone *zone, unsigned int order,
				   bool filling)
{
	unsigned long mark = filling ? defrag_reserve_high(zone, order) :
				       defrag_reserve_low(zone, order);
	unsigned long areas = defrag_free_areas(zone, order);

	if (areas >= mark)
		return 0;
	return min(mark - areas, defrag_affords(zone, order));
}

/**
 * kdefragd_reserve_taken - areas of the reserve were taken, or pages at all
 * @zone: from this zone
 *
 * Context: zone->lock held.
 */
void kdefragd_reserve_taken(struct zone *zone)
{
	unsigned int order = defrag_reserve_order();

	if (kdefragd_enabled() && !test_bit(ZONE_BELOW_RESERVE, &zone->flags) &&
	    defrag_free_areas(zone, order) < defrag_reserve_low(zone, order))
		set_bit(ZONE_BELOW_RESERVE, &zone->flags);
}

/* --- backoff -------------------------------------------------------------- */

static bool defrag_zone_changed(struct zone *zone, const struct defrag_zone *dz)
{
	unsigned long free = zone_page_state(zone, NR_FREE_PAGES);
	unsigned long differ = max(high_wmark_pages(zone) >> DEFRAG_CHANGED_SHIFT,
				   1UL << defrag_reserve_order());

	unsigned long then = READ_ONCE(dz->free_then);

	return max(free, then) - min(free, then) > differ;
}

/* Without the node's lock the answer may be a moment old. */
static bool defrag_backed_off(struct zone *zone, const struct defrag_zone *dz)
{
	return READ_ONCE(dz->shift) &&
	       time_before(jiffies, READ_ONCE(dz->not_before)) &&
	       !defrag_zone_changed(zone, dz);
}

/**
 * defrag_settle - did a pass for the reserve pay?
 * @zone: the zone
 * @dz: what is remembered of it
 * @paid: it did
 *
 * Context: the node's lock held.
 */
void defrag_settle(struct zone *zone, struct defrag_zone *dz, bool paid)
{
	unsigned int shift = dz->shift;

	WRITE_ONCE(dz->free_then, zone_page_state(zone, NR_FREE_PAGES));
	if (!paid) {
		WRITE_ONCE(dz->not_before,
			   jiffies + (DEFRAG_BACKOFF << shift));
		WRITE_ONCE(dz->shift, min(shift + 1, DEFRAG_BACKOFF_SHIFT));
	} else {
		WRITE_ONCE(dz->shift, 0);
	}
}

/**
 * defrag_reserve_wants - areas to be made for the reserve now
 * @dn: the node
 * @zone: one of its zones
 * @order: of this order, defrag_reserve_order()
 *
 * For the thread, and for who is about to wake it.
 *
 * Context: any.
 * Return: how many; 0 also while the zone is left alone, for what was in vain.
 */
unsigned long defrag_reserve_wants(struct defrag_node *dn, struct zone *zone,
				   unsigned int order)
{
	if (defrag_keep_out() || defrag_backed_off(zone, &dn->zones[zone_idx(zone)]))
		return 0;
	return defrag_reserve_lacks(zone, order, false);
}

/**
 * kdefragd_wake_for_reserve - ZONE_BELOW_RESERVE is set: wake the thread?
 * @zone: the zone
 *
 * Context: any, but not under zone->lock.
 */
void kdefragd_wake_for_reserve(struct zone *zone)
{
	struct defrag_node *dn = READ_ONCE(zone->zone_pgdat->defrag);

	clear_bit(ZONE_BELOW_RESERVE, &zone->flags);
	if (dn && defrag_reserve_wants(dn, zone, defrag_reserve_order()))
		kdefragd_wake(zone->zone_pgdat, 0, zone_idx(zone));
}
