// SPDX-License-Identifier: GPL-2.0
/*
 * Order-aware watermarks: state, hooks and reporting.  order_watermark_check.c
 * holds the reasoning and the decision; this file asks it and hands over.
 *
 * Who asks:
 *
 *	kswapd, before it sleeps, works, or is woken	order_wmark_balanced()
 *	the allocator, when a request finds no block	order_wmark_missed()
 *	the allocator, before it reclaims for one	order_wmark_spare()
 *	the allocator, when a block was taken		order_wmark_taken()
 *	kcompactd, before it starts and stops		order_wmark_short_of_shape()
 *	kcompactd, around its work on a node		order_wmark_pass_*()
 *	kswapd, when it reclaims for an order		order_wmark_to_reclaim()
 *							order_wmark_reclaimed()
 *
 * All of them get their answer from order_wmark_ask(), which takes the counts
 * in one way for all.  Of the zones that a request may use, one that is fine
 * will do; else one with enough pages, which is how mainline judges order 0,
 * so that a request for shape never makes kswapd refill another zone.
 *
 * Locking: none of its own.  Counts of free blocks change under zone->lock and
 * are read without it.  The demand counters are changed without a lock by
 * whoever comes by: a lost increment costs one block of foresight.  A node's
 * rest, and the count of rounds in vain, are written by its kcompactd alone, but
 * that a knob of kdefragd's may end the rest;
 * the rest from sparing by whoever was spared last, in vain.
 * But for order_wmark_pass_*(), which belong to kcompactd and may sleep, the
 * functions may be called from any context, interrupts included.  None is
 * called with zone->lock held except order_wmark_account(), for which it has
 * to be, and order_wmark_blocks().
 *
 * What is not promised: that blocks of an order exist when the check said so a
 * moment ago; that kcompactd, handed a shortage, can cure it.
 */
#define pr_fmt(fmt) "order_watermark: " fmt

#include <linux/compaction.h>
#include <linux/cpuset.h>
#include <linux/debugfs.h>
#include <linux/init.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/sched/cputime.h>
#include <linux/sched/sysctl.h>
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
 * At most one hand-over per node and order, and one question per zone and order after
 * blocks were taken, in this time; a permission to reclaim lapses after it.
 * Unit: jiffies.  It is the time that kswapd naps before it looks again.
 * Longer: a burst waits.  Shorter: each of a thousand requests a second wakes
 * kcompactd.
 */
#define ORDER_WMARK_HOLD_OFF	(HZ / 10)

/*
 * In mode 2, kswapd gives up on an order after this part of the node.  Unit:
 * right shift of the node's pages, so an eighth.  It is what bounds the 2004
 * behaviour, per wake-up: without it kswapd reclaims for as long as there is
 * anything.  The next request that finds no block wakes it again.
 */
#define ORDER_WMARK_RECLAIM_SHIFT	3

int sysctl_order_watermark __read_mostly = ORDER_WMARK_HAND_OVER;
static int sysctl_order_watermark_share __read_mostly = 50;

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

/**
 * order_wmark_blocks - free blocks that an ordinary request may use
 * @zone: the zone
 * @order: of exactly this order
 *
 * Context: any; exact under zone->lock.
 * Return: how many.
 */
unsigned long order_wmark_blocks(struct zone *zone, unsigned int order)
{
	/* Changes under zone->lock; here a stale count does no harm. */
	unsigned long all = data_race(zone->free_area[order].nr_free);
	unsigned long reserved = READ_ONCE(zone->free_area[order].nr_reserved);

	return all - min(all, reserved);
}

/* The mark and the count of free pages that pgdat_balanced() looks at. */
static unsigned long order_wmark_mark(struct zone *zone)
{
	if (sysctl_numa_balancing_mode & NUMA_BALANCING_MEMORY_TIERING)
		return promo_wmark_pages(zone);
	return high_wmark_pages(zone);
}

static long order_wmark_free_pages(struct zone *zone, unsigned int order)
{
	long free = zone_page_state(zone, NR_FREE_PAGES);

	if (zone->percpu_drift_mark && free < zone->percpu_drift_mark)
		free = zone_page_state_snapshot(zone, NR_FREE_PAGES);

	/* As __zone_watermark_ok() for a request without privileges. */
	free -= READ_ONCE(zone->nr_free_highatomic) + (1 << order) - 1;
#ifdef CONFIG_CMA
	free -= zone_page_state(zone, NR_FREE_CMA_PAGES);
#endif
#ifdef CONFIG_UNACCEPTED_MEMORY
	/* Counted as free, but on no free list: neither pages nor blocks yet. */
	free -= zone_page_state(zone, NR_UNACCEPTED);
#endif
	return free;
}

static enum order_wmark order_wmark_ask(struct zone *zone, unsigned int order,
					int highest_zoneidx)
{
	struct order_wmark_zone *state = &zone->order_wmark;
	struct order_wmark_answer answer;
	struct order_wmark_query q = {
		.order		= order,
		.share		= READ_ONCE(sysctl_order_watermark_share),
		.managed	= zone_managed_pages(zone),
		.watermark	= order_wmark_mark(zone),
		.reserve	= zone->lowmem_reserve[highest_zoneidx],
		.free		= order_wmark_free_pages(zone, order),
	};
	unsigned int i;

	order_wmark_age(state);
	for (i = 0; i < NR_PAGE_ORDERS; i++) {
		q.blocks[i] = order_wmark_blocks(zone, i);
		q.demand[i] = READ_ONCE(state->demand[i]);
	}

	answer = order_wmark_check(&q);
	WRITE_ONCE(state->want[order], order_wmark_want(&q, order));
	trace_mm_order_watermark(zone, &q, &answer, highest_zoneidx);
	return answer.verdict;
}

/*
 * A zone that is smaller than the block is not asked: it can never have one. A
 * node of such zones needs nothing, as in pgdat_balanced().
 */
static enum order_wmark order_wmark_ask_node(pg_data_t *pgdat,
					     unsigned int order,
					     int highest_zoneidx)
{
	enum order_wmark node = ORDER_WMARK_FINE;
	int i;

	for (i = 0; i <= highest_zoneidx; i++) {
		struct zone *zone = pgdat->node_zones + i;

		if (zone_managed_pages(zone) >> order == 0)
			continue;

		switch (order_wmark_ask(zone, order, highest_zoneidx)) {
		case ORDER_WMARK_FINE:
			return ORDER_WMARK_FINE;
		case ORDER_WMARK_SHORT_SHAPE:
			node = ORDER_WMARK_SHORT_SHAPE;
			break;
		case ORDER_WMARK_SHORT_PAGES:
			if (node == ORDER_WMARK_FINE)
				node = ORDER_WMARK_SHORT_PAGES;
			break;
		}
	}
	return node;
}

/*
 * Did less than @time pass since @stamp?  A stamp that is never renewed comes
 * round with jiffies and is taken for new once, for @time.
 */
static bool order_wmark_within(unsigned long stamp, unsigned long time)
{
	return jiffies - stamp < time;
}

/* May kswapd reclaim for @order, because no block can be made otherwise? */
static bool order_wmark_may_reclaim(pg_data_t *pgdat, unsigned int order)
{
	struct order_wmark_node *state = &pgdat->order_wmark;
	unsigned int allowed = READ_ONCE(state->allowed_order);

	return allowed && order >= allowed &&
	       order_wmark_within(READ_ONCE(state->allowed),
				  ORDER_WMARK_HOLD_OFF);
}

/**
 * order_wmark_balanced - may kswapd leave this node alone?
 * @pgdat: the node
 * @order: order that was asked for, above 0
 * @highest_zoneidx: highest zone that the request could use
 *
 * With vm.order_watermark=1 a shortage of shape is nothing that kswapd could
 * mend, so the node counts as balanced; order_wmark_wake_kcompactd() hands it
 * over, and only order_wmark_cannot() makes an exception.  With 2, kswapd has
 * to work until there are enough blocks.
 *
 * Context: any.
 * Return: true if reclaim is not wanted.
 */
bool order_wmark_balanced(pg_data_t *pgdat, unsigned int order,
			  int highest_zoneidx)
{
	switch (order_wmark_ask_node(pgdat, order, highest_zoneidx)) {
	case ORDER_WMARK_FINE:
		return true;
	case ORDER_WMARK_SHORT_PAGES:
		count_vm_event(ORDER_WMARK_SHORT_OF_PAGES);
		return false;
	case ORDER_WMARK_SHORT_SHAPE:
		count_vm_event(ORDER_WMARK_SHORT_OF_SHAPE);
		return order_wmark_mode_is(ORDER_WMARK_HAND_OVER) &&
		       !order_wmark_may_reclaim(pgdat, order);
	}
	return true;
}

/**
 * order_wmark_short_of_shape - is there work here that is not reclaim's?
 * @zone: the zone
 * @order: order to be made
 * @highest_zoneidx: highest zone that the request could use
 *
 * Context: any.
 * Return: true while there are enough free pages and too few free blocks.
 */
bool order_wmark_short_of_shape(struct zone *zone, unsigned int order,
				int highest_zoneidx)
{
	return order_wmark_hands_over(order) &&
	       order_wmark_ask(zone, order, highest_zoneidx) ==
			ORDER_WMARK_SHORT_SHAPE;
}

/**
 * order_wmark_node_short_of_shape - the same of a node
 * @pgdat: the node
 * @order: order to be made
 * @highest_zoneidx: highest zone that the request could use
 *
 * Context: any.
 * Return: true while one of its zones has enough pages, and none has enough
 * blocks as well.
 */
bool order_wmark_node_short_of_shape(pg_data_t *pgdat, unsigned int order,
				     int highest_zoneidx)
{
	return order_wmark_hands_over(order) &&
	       order_wmark_ask_node(pgdat, order, highest_zoneidx) ==
			ORDER_WMARK_SHORT_SHAPE;
}

/* Blocks of at least @order, larger ones counted for all they hold. */
static unsigned long order_wmark_have(struct zone *zone, unsigned int order)
{
	unsigned long pages = 0;
	unsigned int i;

	for (i = order; i < NR_PAGE_ORDERS; i++)
		pages += order_wmark_blocks(zone, i) << i;
	return pages >> order;
}

static unsigned long order_wmark_node_have(const struct order_wmark_pass *pass)
{
	unsigned long have = 0;
	int i;

	for (i = 0; i <= pass->highest_zoneidx; i++)
		have += order_wmark_have(pass->pgdat->node_zones + i,
					 pass->order);
	return have;
}

static unsigned long order_wmark_node_want(const struct order_wmark_pass *pass)
{
	unsigned long want = 0;
	int i;

	for (i = 0; i <= pass->highest_zoneidx; i++) {
		struct zone *zone = pass->pgdat->node_zones + i;

		want += READ_ONCE(zone->order_wmark.want[pass->order]);
	}
	return want;
}

/* Did anybody get a block of at least the order during the round? */
static bool order_wmark_node_taken(const struct order_wmark_pass *pass)
{
	unsigned long since = jiffies - pass->begin + ORDER_WMARK_HOLD_OFF;
	unsigned int order;
	int i;

	for (i = 0; i <= pass->highest_zoneidx; i++) {
		struct zone *zone = pass->pgdat->node_zones + i;

		for (order = pass->order; order < NR_PAGE_ORDERS; order++) {
			if (order_wmark_within(READ_ONCE(zone->order_wmark.asked[order]),
					       since))
				return true;
		}
	}
	return false;
}

/* Did it not pay lately?  The two are read apart: a rest may be missed. */
static bool order_wmark_rests(const struct order_wmark_rest *rest)
{
	return order_wmark_within(READ_ONCE(rest->begun), READ_ONCE(rest->length));
}

/*
 * Is an order left alone?  What a small one is denied is denied to larger ones; that
 * a large one was in vain says nothing of smaller ones.
 */
static bool order_wmark_order_rests(const struct order_wmark_rest *rests,
				    unsigned int order)
{
	unsigned int i;

	for (i = 1; i <= order; i++)
		if (order_wmark_rests(&rests[i]))
			return true;
	return false;
}

static void order_wmark_rest_begin(struct order_wmark_rest *rest,
				   unsigned long length)
{
	WRITE_ONCE(rest->length, length);
	WRITE_ONCE(rest->begun, jiffies);
}

/**
 * order_wmark_rest_over - what was in vain may be tried again
 * @pgdat: the node
 *
 * Context: any.
 */
void order_wmark_rest_over(pg_data_t *pgdat)
{
	unsigned int order;

	for (order = 1; order < NR_PAGE_ORDERS; order++) {
		WRITE_ONCE(pgdat->order_wmark.rest[order].length, 0);
		WRITE_ONCE(pgdat->order_wmark.in_vain[order], 0);
	}
}

/**
 * order_wmark_goes_by_backoff - how is kcompactd to be kept from work in vain?
 * @pgdat: the node
 * @order: order to be made
 *
 * What is handed over has a backoff of its own.  kcompactd then goes neither by
 * its hints of what to skip, which are wiped by kswapd on its way to sleep, and
 * with pages enough kswapd sleeps all the time; nor by its deferral, which
 * counts what failed for others, with other means.  Until a rest is over,
 * whoever wakes kcompactd gets mainline's round.
 *
 * Context: kcompactd.
 * Return: true if a round that begins now goes by our backoff alone.
 */
bool order_wmark_goes_by_backoff(pg_data_t *pgdat, unsigned int order)
{
	return order_wmark_hands_over(order) &&
	       !order_wmark_order_rests(pgdat->order_wmark.rest, order);
}

/**
 * order_wmark_pass_begin - kcompactd sets out on a round over its node
 * @pass: for the other two of these functions
 * @pgdat: the node
 * @order: order to be made
 * @highest_zoneidx: highest zone that the request could use
 *
 * Context: kcompactd.
 */
void order_wmark_pass_begin(struct order_wmark_pass *pass, pg_data_t *pgdat,
			    unsigned int order, int highest_zoneidx)
{
	pass->pgdat = pgdat;
	pass->order = order;
	pass->highest_zoneidx = highest_zoneidx;
	pass->ours = order_wmark_goes_by_backoff(pgdat, order);
	pass->begin = jiffies;
	pass->cpu_begin = task_sched_runtime(current);
	pass->had = order_wmark_node_have(pass);
	pass->whole = true;
}

/**
 * order_wmark_pass_zone - kcompactd is done with a zone; what is it to think?
 * @pass: the round
 * @zone: the zone
 * @status: what compact_zone() said
 *
 * It goes on until the number is there, so it often ends at the end of the
 * zone, short of the number.  That is no failure if an allocation would succeed
 * now, which is what mainline means by success.  If not, nothing is deferred
 * either: order_wmark_pass_end() sees to the backoff.
 *
 * Context: kcompactd; sleeps.
 * Return: what to go by: @status, or neither success nor failure.
 */
enum compact_result order_wmark_pass_zone(struct order_wmark_pass *pass,
					  struct zone *zone,
					  enum compact_result status)
{
	if (!pass->ours)
		return status;
	if (status != COMPACT_COMPLETE && status != COMPACT_PARTIAL_SKIPPED) {
		pass->whole = false;
		return status;
	}

	drain_all_pages(zone);
	return order_wmark_have(zone, pass->order) ? COMPACT_SUCCESS :
						     COMPACT_CONTINUE;
}

/**
 * order_wmark_cannot - no block can be made: let kswapd reclaim a little, once
 * @pgdat: the node
 * @order: the order
 * @highest_zoneidx: highest zone that the request could use
 *
 * Whoever makes blocks says so, at most once per rest.
 *
 * Context: any.
 */
static void order_wmark_cannot(pg_data_t *pgdat, unsigned int order,
			       int highest_zoneidx)
{
	struct order_wmark_node *state = &pgdat->order_wmark;
	int i;

	count_vm_event(ORDER_WMARK_LET_RECLAIM);
	WRITE_ONCE(state->allowed, jiffies);
	WRITE_ONCE(state->allowed_order, order);
	for (i = highest_zoneidx; i >= 0; i--) {
		struct zone *zone = pgdat->node_zones + i;

		if (!managed_zone(zone))
			continue;
		wakeup_kswapd(zone, GFP_KERNEL, order, highest_zoneidx);
		break;
	}
}

/**
 * order_wmark_pass_end - kcompactd has been round its node
 * @pass: the round that is over
 *
 * While the number is short, and a round makes a good part of what is missing,
 * kcompactd does not rest: it is asked again at once. If a round did not pay,
 * nothing is handed over to it for a while.
 *
 * A round begins where the one before left off, and once that has gone to the
 * end, at the beginning.  So it takes two in a row to be sure that no block can
 * be made.
 *
 * Context: kcompactd.
 */
void order_wmark_pass_end(const struct order_wmark_pass *pass)
{
	pg_data_t *pgdat = pass->pgdat;
	struct order_wmark_rest *rest = &pgdat->order_wmark.rest[pass->order];
	unsigned int *in_vain = &pgdat->order_wmark.in_vain[pass->order];
	struct order_wmark_round round;
	enum order_wmark_outcome outcome;
	unsigned long took;

	if (!pass->ours || !order_wmark_hands_over(pass->order))
		return;
	if (order_wmark_ask_node(pgdat, pass->order, pass->highest_zoneidx) !=
	    ORDER_WMARK_SHORT_SHAPE) {
		*in_vain = 0;
		return;
	}

	round = (struct order_wmark_round) {
		.had	= pass->had,
		.have	= order_wmark_node_have(pass),
		.want	= order_wmark_node_want(pass),
		.taken	= order_wmark_node_taken(pass),
		.whole	= pass->whole,
	};
	outcome = order_wmark_outcome(&round);
	if (outcome != ORDER_WMARK_CANNOT)
		*in_vain = 0;
	if (outcome == ORDER_WMARK_PAID) {
		wakeup_kcompactd(pgdat, pass->order, pass->highest_zoneidx);
	} else {
		/* For all that it waited, it was in nobody's way. */
		took = nsecs_to_jiffies(task_sched_runtime(current) - pass->cpu_begin);
		order_wmark_rest_begin(rest, order_wmark_rest(took, *in_vain,
							      ORDER_WMARK_HOLD_OFF));
	}
	trace_mm_order_watermark_round(pgdat, pass->order, &round, outcome,
				       rest->length);
	if (outcome == ORDER_WMARK_CANNOT && (*in_vain)++)
		order_wmark_cannot(pgdat, pass->order, pass->highest_zoneidx);
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
	bool mainline = !(gfp_mask & __GFP_DIRECT_RECLAIM);

	if (!order_wmark_hands_over(order))
		return mainline;
	if (order_wmark_order_rests(pgdat->order_wmark.rest, order) ||
	    order_wmark_order_rests(pgdat->order_wmark.handed_over, order))
		return false;
	if (order_wmark_ask_node(pgdat, order, highest_zoneidx) !=
	    ORDER_WMARK_SHORT_SHAPE)
		return mainline;

	order_wmark_rest_begin(&pgdat->order_wmark.handed_over[order],
			       ORDER_WMARK_HOLD_OFF);
	count_vm_event(ORDER_WMARK_HANDED_OVER);
	return true;
}

/**
 * order_wmark_missed - a request has entered the slow path
 * @zone: the zone that it would have liked best, or NULL
 * @order: its order
 *
 * It counts as demand if there was no block of its order. If there was one,
 * pages are short, and more blocks would not have helped.
 *
 * Context: any.
 */
void order_wmark_missed(struct zone *zone, unsigned int order)
{
	struct order_wmark_zone *state;
	unsigned int demand;

	if (!zone || !order_wmark_active(order) ||
	    order_wmark_have(zone, order))
		return;

	state = &zone->order_wmark;
	order_wmark_age(state);
	demand = READ_ONCE(state->demand[order]);
	if (demand < UINT_MAX)
		WRITE_ONCE(state->demand[order], demand + 1);
}

/* Requests spared rest by the node that they would take a block from first. */
static struct order_wmark_rest *
order_wmark_spare_rest(const struct alloc_context *ac)
{
	struct zone *zone = zonelist_zone(ac->preferred_zoneref);

	return &zone->zone_pgdat->order_wmark.spare_rest;
}

/*
 * Has one of its zones pages enough to move others to?  Then nothing is
 * deferred there: see order_wmark_goes_by_backoff().
 */
static bool order_wmark_can_move(gfp_t gfp_mask, unsigned int order,
				 unsigned int alloc_flags,
				 const struct alloc_context *ac)
{
	bool can = false;
	struct zoneref *z;
	struct zone *zone;

	for_each_zone_zonelist_nodemask(zone, z, ac->zonelist,
					ac->highest_zoneidx, ac->nodemask) {
		if (cpusets_enabled() && (alloc_flags & ALLOC_CPUSET) &&
		    !__cpuset_zone_allowed(zone, gfp_mask))
			continue;
		if (!compaction_suitable(zone, order, min_wmark_pages(zone),
					 ac->highest_zoneidx))
			continue;
		compaction_defer_reset(zone, order, false);
		can = true;
	}
	return can;
}

/**
 * order_wmark_spare - is a request to do without reclaim for now?
 * @gfp_mask: of the request
 * @order: its order
 * @alloc_flags: its flags
 * @ac: where it may allocate from
 * @spared: has it been spared, or has it reclaimed?  Set by this
 *
 * Where pages are enough to move others to, what is freed one by one hardly
 * makes a block: the request is sent to compaction first.  Once, and before it
 * has reclaimed: what comes after that is mainline's, with compaction at full
 * priority before anybody is killed.  (If this round fails, mainline's deferral
 * may skip the light one after it.)  Any zone will do that the request may use,
 * as it would take a block from any.  Costly orders are spared by mainline
 * itself, see shrink_zones(), and who does not retry has one round.
 *
 * The round is to look at whole zones (ALLOC_COMPACT_ALL): hints of what to skip
 * and deferral once kept 64 requests in a row from blocks that could be made at
 * once, and each of these reclaimed.  What bounds it is its own backoff, which
 * order_wmark_spared_in_vain() begins.
 *
 * Context: process context that may reclaim.
 * Return: true if it is to compact, and then to come back.
 */
bool order_wmark_spare(gfp_t gfp_mask, unsigned int order,
		       unsigned int alloc_flags, const struct alloc_context *ac,
		       bool *spared)
{
	if (*spared || !order_wmark_hands_over(order) ||
	    order > PAGE_ALLOC_COSTLY_ORDER || (gfp_mask & __GFP_NORETRY) ||
	    !gfp_compaction_allowed(gfp_mask))
		return false;

	if (order_wmark_rests(order_wmark_spare_rest(ac)) ||
	    !order_wmark_can_move(gfp_mask, order, alloc_flags, ac))
		return false;

	*spared = true;
	count_vm_event(ORDER_WMARK_SPARED);
	return true;
}

/**
 * order_wmark_spared_in_vain - compaction made no block for a spared request
 * @ac: where it may allocate from
 * @since: when it began to try.  Unit: jiffies.
 *
 * It has looked at whole zones, so the next one would do so for nothing: none
 * is spared on this node for many times as long as that took.
 *
 * Context: process context.
 */
void order_wmark_spared_in_vain(const struct alloc_context *ac,
				unsigned long since)
{
	order_wmark_rest_begin(order_wmark_spare_rest(ac),
			       order_wmark_rest(jiffies - since, 0,
						ORDER_WMARK_HOLD_OFF));
}

/* See order_wmark_taken(). */
void __order_wmark_taken(struct zone *zone, unsigned int order,
			 int highest_zoneidx)
{
	struct order_wmark_zone *state = &zone->order_wmark;

	if (!order_wmark_hands_over(order) ||
	    order_wmark_blocks(zone, order) >=
			max(READ_ONCE(state->want[order]), 1UL) ||
	    order_wmark_within(READ_ONCE(state->asked[order]),
			       ORDER_WMARK_HOLD_OFF))
		return;

	/* Larger blocks may stand in; only the check can tell. */
	WRITE_ONCE(state->asked[order], jiffies);
	if (order_wmark_wake_kcompactd(zone->zone_pgdat, __GFP_DIRECT_RECLAIM,
				       order, highest_zoneidx))
		wakeup_kcompactd(zone->zone_pgdat, order, highest_zoneidx);
}

/**
 * order_wmark_to_reclaim - how much kswapd is to reclaim in one go
 * @pgdat: the node
 * @order: the order it works for
 * @highest_zoneidx: highest zone that it reclaims from
 * @nr: what it would reclaim otherwise
 *
 * Context: kswapd.
 * Return: pages.
 */
unsigned long order_wmark_to_reclaim(pg_data_t *pgdat, unsigned int order,
				     int highest_zoneidx, unsigned long nr)
{
	if (!order_wmark_hands_over(order) ||
	    !order_wmark_may_reclaim(pgdat, order) ||
	    order_wmark_ask_node(pgdat, order, highest_zoneidx) !=
			ORDER_WMARK_SHORT_SHAPE)
		return nr;
	return compact_gap(order);
}

/**
 * order_wmark_reclaimed - has kswapd reclaimed as much as it may for an order?
 * @pgdat: the node
 * @order: the order
 * @nr_reclaimed: pages it has reclaimed since it woke up
 *
 * Context: kswapd.
 * Return: true if it shall look at the number of free pages alone.
 */
bool order_wmark_reclaimed(pg_data_t *pgdat, unsigned int order,
			   unsigned long nr_reclaimed)
{
	unsigned long gap = compact_gap(order);

	if (order_wmark_active(order) &&
	    order_wmark_mode_is(ORDER_WMARK_RECLAIM))
		gap = max(gap, pgdat->node_present_pages >>
			       ORDER_WMARK_RECLAIM_SHIFT);
	if (nr_reclaimed < gap)
		return false;

	/* That was it: what order_wmark_cannot() allowed has been made use of. */
	WRITE_ONCE(pgdat->order_wmark.allowed_order, 0);
	return true;
}

/*
 * What was boosted before the switch would still be reclaimed after it.
 * Context: process context; takes zone->lock.
 */
static int order_wmark_sysctl(const struct ctl_table *table, int write,
			      void *buffer, size_t *lenp, loff_t *ppos)
{
	int ret = proc_dointvec_minmax(table, write, buffer, lenp, ppos);
	struct zone *zone;

	if (ret || !write || order_wmark_may_boost())
		return ret;

	for_each_populated_zone(zone) {
		guard(spinlock_irqsave)(&zone->lock);
		zone->watermark_boost = 0;
	}
	return 0;
}

static const struct ctl_table order_wmark_table[] = {
	{
		.procname	= "order_watermark",
		.data		= &sysctl_order_watermark,
		.maxlen		= sizeof(sysctl_order_watermark),
		.mode		= 0644,
		.proc_handler	= order_wmark_sysctl,
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
			enum order_wmark now = order_wmark_ask(zone, order,
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
