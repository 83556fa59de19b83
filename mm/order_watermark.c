// SPDX-License-Identifier: GPL-2.0
/*
 * Order-aware watermarks: state, hooks and reporting.  order_watermark_check.c
 * holds the reasoning and the decision; this file asks it and hands over.
 *
 * Who asks, always with the same arguments:
 *
 *	kswapd, before it sleeps, works, or is woken	order_wmark_balanced()
 *	the allocator, when a request found nothing	order_wmark_missed()
 *	the allocator, when a block was taken		order_wmark_taken()
 *	kcompactd, before it starts and stops		order_wmark_short_of_shape()
 *	kcompactd, after a pass				order_wmark_gained()
 *
 * Locking: none of its own.  Counts of free blocks change under zone->lock and
 * are read without it.  The demand counters are changed without a lock by
 * whoever comes by: a lost increment costs one block of foresight.  Every entry
 * point may be called from any context, interrupts included; none is called
 * with zone->lock held, except order_wmark_account().
 *
 * What is not promised: that blocks of an order exist when the check said so a
 * moment ago; that kcompactd, handed a shortage, can cure it.
 */
#define pr_fmt(fmt) "order_watermark: " fmt

#include <linux/debugfs.h>
#include <linux/init.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/seq_file.h>
#include <linux/sysctl.h>
#include <linux/vmstat.h>
#include "order_watermark.h"

#define CREATE_TRACE_POINTS
#include <trace/events/order_watermark.h>

/*
 * Demand is halved once in this time.  Unit: jiffies.  Long against the second
 * or so between the bursts of one workload, so that the next burst is still
 * expected; short against its phases.  Too long: blocks are kept for nobody.
 * Too short: every burst is the first.
 */
#define ORDER_WMARK_HALF_LIFE	(10 * HZ)

/*
 * At most one hand-over per node, and one question per zone after blocks were
 * taken, in this time.  Unit: jiffies.  It is the time that kswapd naps before
 * it looks again.  Longer: a burst waits.  Shorter: each of a thousand requests
 * a second wakes kcompactd.
 */
#define ORDER_WMARK_HOLD_OFF	(HZ / 10)

/*
 * In mode 2, kswapd gives up on an order after this part of the node.  Unit:
 * right shift of the node's pages, so an eighth.  It is what bounds the 2004
 * behaviour: without it kswapd reclaims for as long as there is anything.
 */
#define ORDER_WMARK_RECLAIM_SHIFT	3

int sysctl_order_watermark __read_mostly = ORDER_WMARK_HAND_OVER;
static int sysctl_order_watermark_share __read_mostly = 50;

/* defrag_mode brings a check of its own, in whole blocks; it has precedence. */
static bool order_wmark_active(unsigned int order)
{
	return order && !defrag_mode &&
	       !order_wmark_mode_is(ORDER_WMARK_MAINLINE);
}

/* Forget demand as time passes.  One caller per half-life does it for all. */
static void order_wmark_age(struct order_wmark_zone *state)
{
	unsigned long stamp = READ_ONCE(state->aged);
	unsigned long halvings = (jiffies - stamp) / ORDER_WMARK_HALF_LIFE;
	unsigned int order;

	if (!halvings ||
	    cmpxchg(&state->aged, stamp,
		    stamp + halvings * ORDER_WMARK_HALF_LIFE) != stamp)
		return;

	for (order = 0; order < NR_PAGE_ORDERS; order++) {
		unsigned int demand = READ_ONCE(state->demand[order]);

		WRITE_ONCE(state->demand[order],
			   order_wmark_decay(demand, halvings));
	}
}

/* Blocks of exactly @order that an ordinary request may use. */
static unsigned long order_wmark_blocks(struct zone *zone, unsigned int order)
{
	/* Changes under zone->lock; here a stale count does no harm. */
	unsigned long all = data_race(zone->free_area[order].nr_free);
	unsigned long reserved = READ_ONCE(zone->free_area[order].nr_reserved);

	return all - min(all, reserved);
}

/* The same room that compaction asks for before it starts. */
static unsigned long order_wmark_room(struct zone *zone, unsigned int order)
{
	if (order > PAGE_ALLOC_COSTLY_ORDER)
		return low_wmark_pages(zone) + compact_gap(order);
	return min_wmark_pages(zone) + compact_gap(order);
}

static struct order_wmark_answer
order_wmark_ask(struct zone *zone, unsigned int order, unsigned long mark,
		int highest_zoneidx, unsigned long free_pages)
{
	struct order_wmark_zone *state = &zone->order_wmark;
	struct order_wmark_answer answer;
	struct order_wmark_query q = {
		.order		= order,
		.share		= READ_ONCE(sysctl_order_watermark_share),
		.managed	= zone_managed_pages(zone),
		.watermark	= mark,
		.reserve	= zone->lowmem_reserve[highest_zoneidx],
		.room		= order_wmark_room(zone, order),
		.free		= free_pages,
	};
	unsigned int i;

	/* As __zone_watermark_ok() for a request without privileges. */
	q.free -= READ_ONCE(zone->nr_free_highatomic) + (1 << order) - 1;
#ifdef CONFIG_CMA
	q.free -= zone_page_state(zone, NR_FREE_CMA_PAGES);
#endif
	order_wmark_age(state);
	for (i = 0; i < NR_PAGE_ORDERS; i++) {
		q.blocks[i] = order_wmark_blocks(zone, i);
		q.demand[i] = READ_ONCE(state->demand[i]);
	}

	answer = order_wmark_check(&q);
	WRITE_ONCE(state->want[order], order_wmark_want(&q, order));
	trace_mm_order_watermark(zone, &q, &answer, highest_zoneidx);
	return answer;
}

static enum order_wmark order_wmark_now(struct zone *zone, unsigned int order,
					int highest_zoneidx)
{
	return order_wmark_ask(zone, order, high_wmark_pages(zone),
			       highest_zoneidx,
			       zone_page_state(zone, NR_FREE_PAGES)).verdict;
}

/**
 * order_wmark_balanced - may kswapd leave this zone alone?
 * @zone: the zone
 * @order: order that was asked for
 * @mark: pages to be kept free
 * @highest_zoneidx: highest zone that the request could use
 * @free_pages: free pages of the zone, as exact as the caller has them
 *
 * With vm.order_watermark=1 a shortage of shape is nothing that kswapd could
 * mend, so the zone counts as balanced; order_wmark_wake_kcompactd() hands it
 * over.  With 2, kswapd has to work until there are enough blocks.
 *
 * Context: any, zone->lock not held.
 * Return: true if reclaim is not wanted.
 */
bool order_wmark_balanced(struct zone *zone, unsigned int order,
			  unsigned long mark, int highest_zoneidx,
			  unsigned long free_pages)
{
	if (!order_wmark_active(order))
		return __zone_watermark_ok(zone, order, mark, highest_zoneidx,
					   0, free_pages);

	switch (order_wmark_ask(zone, order, mark, highest_zoneidx,
				free_pages).verdict) {
	case ORDER_WMARK_FINE:
		return true;
	case ORDER_WMARK_SHORT_PAGES:
		count_vm_event(ORDER_WMARK_SHORT_OF_PAGES);
		return false;
	case ORDER_WMARK_SHORT_SHAPE:
		count_vm_event(ORDER_WMARK_SHORT_OF_SHAPE);
		return order_wmark_mode_is(ORDER_WMARK_HAND_OVER);
	}
	return true;
}

/**
 * order_wmark_short_of_shape - has this zone been handed over, and still is?
 * @zone: the zone
 * @order: order to be made
 * @highest_zoneidx: highest zone that the request could use
 *
 * Context: any, zone->lock not held.
 * Return: true while there are enough free pages and too few free blocks.
 */
bool order_wmark_short_of_shape(struct zone *zone, unsigned int order,
				int highest_zoneidx)
{
	return order_wmark_active(order) &&
	       order_wmark_mode_is(ORDER_WMARK_HAND_OVER) &&
	       order_wmark_now(zone, order, highest_zoneidx) ==
			ORDER_WMARK_SHORT_SHAPE;
}

/**
 * order_wmark_have - how many free blocks of an order are there?
 * @zone: the zone
 * @order: the order
 *
 * Context: any.
 * Return: blocks of at least @order, larger ones counted for all they hold.
 */
unsigned long order_wmark_have(struct zone *zone, unsigned int order)
{
	unsigned long pages = 0;
	unsigned int i;

	for (i = order; i < NR_PAGE_ORDERS; i++)
		pages += order_wmark_blocks(zone, i) << i;
	return pages >> order;
}

/**
 * order_wmark_gained - was a pass of kcompactd worth it, if it fell short?
 * @zone: the zone
 * @order: the order that was to be made
 * @had: what order_wmark_have() said before the pass
 *
 * Mainline's goal is one block, and a pass that ends without it is a failure
 * that defers the next one. Here the goal is a number: a pass that came nearer
 * to it is none. The next one starts with a clean slate, as after reclaim:
 * kswapd, which used to wipe it on its way to bed, sleeps through all this.
 *
 * Context: process context, may sleep.
 * Return: true if there are more blocks now than before.
 */
bool order_wmark_gained(struct zone *zone, unsigned int order,
			unsigned long had)
{
	if (!order_wmark_active(order) ||
	    !order_wmark_mode_is(ORDER_WMARK_HAND_OVER) ||
	    order_wmark_have(zone, order) <= had)
		return false;

	zone->compact_blockskip_flush = true;
	reset_isolation_suitable(zone->zone_pgdat);
	return true;
}

/*
 * As in pgdat_balanced(), one zone that is fine will do: requests find it.  A
 * zone that is smaller than the block is no such zone.
 */
static bool order_wmark_pgdat_short_of_shape(pg_data_t *pgdat,
					     unsigned int order,
					     int highest_zoneidx)
{
	bool short_of_shape = false;
	int i;

	for (i = 0; i <= highest_zoneidx; i++) {
		struct zone *zone = pgdat->node_zones + i;

		if (zone_managed_pages(zone) >> order == 0)
			continue;

		switch (order_wmark_now(zone, order, highest_zoneidx)) {
		case ORDER_WMARK_FINE:
			return false;
		case ORDER_WMARK_SHORT_PAGES:
			break;
		case ORDER_WMARK_SHORT_SHAPE:
			short_of_shape = true;
		}
	}
	return short_of_shape;
}

/* Is it too early to do again what was last done at @stamp?  Else it is now. */
static bool order_wmark_held_off(unsigned long *stamp)
{
	if (jiffies - READ_ONCE(*stamp) < ORDER_WMARK_HOLD_OFF)
		return true;

	WRITE_ONCE(*stamp, jiffies);
	return false;
}

/**
 * order_wmark_wake_kcompactd - the node needs no reclaim; does it need shape?
 * @pgdat: the node
 * @gfp_mask: of the request that found no block
 * @order: its order
 * @highest_zoneidx: highest zone that it could use
 *
 * Mainline wakes kcompactd only for those who cannot compact by themselves.
 * A shortage of shape is handed over no matter who found it.
 *
 * Context: any.
 * Return: true if the caller should wake kcompactd.
 */
bool order_wmark_wake_kcompactd(pg_data_t *pgdat, gfp_t gfp_mask,
				unsigned int order, int highest_zoneidx)
{
	if (!order_wmark_active(order) ||
	    !order_wmark_mode_is(ORDER_WMARK_HAND_OVER))
		return !(gfp_mask & __GFP_DIRECT_RECLAIM);

	if (!order_wmark_pgdat_short_of_shape(pgdat, order, highest_zoneidx) ||
	    order_wmark_held_off(&pgdat->order_wmark_handed_over))
		return false;

	count_vm_event(ORDER_WMARK_HANDED_OVER);
	return true;
}

/**
 * order_wmark_missed - a request found no free block of its order
 * @zone: the zone that it would have liked best
 * @order: its order
 *
 * A request that goes through the slow path more than once counts more than
 * once; what a zone wants is limited by its watermark all the same.
 *
 * Context: any.
 */
void order_wmark_missed(struct zone *zone, unsigned int order)
{
	struct order_wmark_zone *state = &zone->order_wmark;
	unsigned int demand;

	if (!order_wmark_active(order))
		return;

	order_wmark_age(state);
	demand = READ_ONCE(state->demand[order]);
	if (demand < UINT_MAX)
		WRITE_ONCE(state->demand[order], demand + 1);
}

/* See order_wmark_taken(). */
void __order_wmark_taken(struct zone *zone, unsigned int order,
			 int highest_zoneidx)
{
	if (!order_wmark_mode_is(ORDER_WMARK_HAND_OVER) ||
	    order_wmark_blocks(zone, order) >=
			max(READ_ONCE(zone->order_wmark.want[order]), 1UL) ||
	    order_wmark_held_off(&zone->order_wmark.asked))
		return;

	/* Larger blocks may stand in; only the check can tell. */
	if (order_wmark_wake_kcompactd(zone->zone_pgdat, 0, order,
				       highest_zoneidx))
		wakeup_kcompactd(zone->zone_pgdat, order, highest_zoneidx);
}

/**
 * order_wmark_reclaim_gap - how much kswapd reclaims for an order at most
 * @pgdat: the node
 * @order: the order
 *
 * Return: pages; after them kswapd looks at the number of free pages alone.
 */
unsigned long order_wmark_reclaim_gap(pg_data_t *pgdat, unsigned int order)
{
	if (order_wmark_active(order) &&
	    order_wmark_mode_is(ORDER_WMARK_RECLAIM))
		return max(compact_gap(order), pgdat->node_present_pages >>
					       ORDER_WMARK_RECLAIM_SHIFT);
	return compact_gap(order);
}

static const struct ctl_table order_wmark_table[] = {
	{
		.procname	= "order_watermark",
		.data		= &sysctl_order_watermark,
		.maxlen		= sizeof(sysctl_order_watermark),
		.mode		= 0644,
		.proc_handler	= proc_dointvec_minmax,
		.extra1		= SYSCTL_ZERO,
		.extra2		= SYSCTL_TWO,
	},
	{
		.procname	= "order_watermark_share",
		.data		= &sysctl_order_watermark_share,
		.maxlen		= sizeof(sysctl_order_watermark_share),
		.mode		= 0644,
		.proc_handler	= proc_dointvec_minmax,
		.extra1		= SYSCTL_ONE,
		.extra2		= SYSCTL_ONE_HUNDRED,
	},
};

static int order_wmark_show(struct seq_file *m, void *v)
{
	static const char * const verdict[] = {
		[ORDER_WMARK_FINE]		= "fine",
		[ORDER_WMARK_SHORT_PAGES]	= "short-of-pages",
		[ORDER_WMARK_SHORT_SHAPE]	= "short-of-shape",
	};
	struct zone *zone;

	seq_puts(m, "# version 1: per zone and order, in blocks of at least the order\n");
	seq_puts(m, "# node zone order have want demand verdict\n");
	for_each_populated_zone(zone) {
		unsigned int order;

		for (order = 0; order < NR_PAGE_ORDERS; order++) {
			enum order_wmark now = order_wmark_now(zone, order,
							       zone_idx(zone));

			seq_printf(m, "%d %s %u %lu %lu %u %s\n",
				   zone_to_nid(zone), zone->name, order,
				   order_wmark_have(zone, order),
				   READ_ONCE(zone->order_wmark.want[order]),
				   READ_ONCE(zone->order_wmark.demand[order]),
				   verdict[now]);
		}
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(order_wmark);

static int __init order_wmark_init(void)
{
	register_sysctl_init("vm", order_wmark_table);
	debugfs_create_file("order_watermark", 0444, NULL, NULL,
			    &order_wmark_fops);
	return 0;
}
subsys_initcall(order_wmark_init);
