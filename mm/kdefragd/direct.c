// SPDX-License-Identifier: GPL-2.0
/*
 * kdefragd: in the context of a request that would fail: make an area for it, or
 * refuse it where reclaim would pay more for it than it is worth.
 *
 * Locking: none of the node's; its targets and its room are the request's own.
 * What core.c says of memory hotplug holds here, too.
 */
#include <linux/compaction.h>
#include <linux/cpuset.h>
#include <linux/delayacct.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/page-isolation.h>
#include <linux/psi.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/vmstat.h>
#include "../alloc_class.h"
#include "../internal.h"
#include "../page_alloc.h"
#include "hooks.h"
#include "internal.h"

#include <trace/events/kdefragd.h>

/*
 * Targets of a direct request.  Unit: 1.  Who waits for a page is helped by the
 * first that works; four may fail.
 */
#define DEFRAG_DIRECT_TARGETS	4

/*
 * Looks for targets of a direct request, and blocks' worth of page structs that
 * it may read.  Unit: 1.  A block that holds a page which cannot move is given up
 * at sight of it, on average half way, so these are about a hundred such blocks.
 * Where one block in ten has none, all the hundred are in vain once in 40,000
 * requests; half of it was once in 300, and compaction, which comes next, then
 * read and moved more than all of the others together.  What they met is
 * remembered.
 */
#define DEFRAG_DIRECT_LOOKS	128
#define DEFRAG_DIRECT_READS	64

/*
 * A zone is short of page cache if it has less than this part of the zone's pages.
 * Unit: right shift, so a 16th.  With a smaller part, what is taken for huge
 * pages is made up for by swapping; with a larger one, huge pages are refused where
 * there is cache to drop.
 */
#define DEFRAG_CACHE_SHIFT	4

/* Counts of blocks that are read in the time of a page struct.  Unit: 1. */
#define DEFRAG_DIRECT_COUNTS	4

/*
 * What was captured becomes the caller's: its block takes the migratetype and
 * the class of the request if it was emptied as a whole, and what is too much
 * goes back.  Somebody else may have isolated the block since it was given back,
 * and counts on it that nothing in it gets into use: then all of it goes back.
 */
static struct page *defrag_hand_out(struct defrag_control *dc,
				    unsigned int order, unsigned int alloc_flags,
				    int migratetype, defrag_claim_t claim)
{
	struct page *page = dc->captured;
	unsigned int have = dc->captured_order;

	guard(spinlock_irqsave)(&dc->zone->lock);
	if (is_migrate_isolate_page(page)) {
		__putback_isolated_page(page, have, MIGRATE_ISOLATE);
		return NULL;
	}
	if (have == pageblock_order)
		claim(page, migratetype);
	if (have == pageblock_order && order < have)
		alloc_class_set_key(page, alloc_flags_class(alloc_flags));
	while (have > order) {
		have--;
		__putback_isolated_page(&page[1 << have], have,
					get_pageblock_migratetype(page));
	}
	return page;
}

/*
 * Unmovable pages are not to get into a movable block, so for them one is
 * emptied as a whole.  Return: the order to be made.
 */
static unsigned int defrag_direct_order(unsigned int order, int migratetype)
{
	return migratetype == MIGRATE_MOVABLE ? order :
		max(order, pageblock_order);
}

static bool defrag_cpuset_allows(struct zone *zone, gfp_t gfp_mask,
				 unsigned int alloc_flags)
{
	return !cpusets_enabled() || !(alloc_flags & ALLOC_CPUSET) ||
	       __cpuset_zone_allowed(zone, gfp_mask);
}

/* Would smaller pages do as well, as for a huge page of a process? */
static bool defrag_may_refuse(gfp_t gfp_mask, unsigned int order)
{
	return order > PAGE_ALLOC_COSTLY_ORDER &&
	       !(gfp_mask & (__GFP_RETRY_MAYFAIL | __GFP_NOFAIL));
}

static bool defrag_short_of_cache(struct zone *zone)
{
	unsigned long cache = zone_page_state(zone, NR_ZONE_INACTIVE_FILE) +
			      zone_page_state(zone, NR_ZONE_ACTIVE_FILE);

	return cache < zone_managed_pages(zone) >> DEFRAG_CACHE_SHIFT;
}

/* Would reclaim for the order find no page cache here, and is it what is lacking? */
static bool defrag_swaps_for(struct zone *zone, unsigned int order,
			     int highest_zoneidx)
{
	unsigned long enough = high_wmark_pages(zone) + compact_gap(order);

	return defrag_short_of_cache(zone) &&
	       !zone_watermark_ok(zone, 0, enough, highest_zoneidx, ALLOC_WMARK_HIGH);
}

/**
 * kdefragd_refuses - is a request not worth what would be reclaimed for it?
 * @gfp_mask: of the request
 * @order: its order
 * @alloc_flags: its flags
 * @ac: where it may allocate from
 *
 * A huge page of a process may be refused: smaller pages do as well.  Where there
 * is hardly any page cache, reclaim for it swaps out what others, or the same
 * process, will want back.  Mainline seldom gets that far, for it seldom finds a
 * block then; kdefragd would find one for as long as anything is left to swap.
 * Where free pages suffice, reclaim would leave all as it is (shrink_zones()).
 * Reclaimable slab is not counted: it seldom comes free in whole blocks.
 *
 * Context: any; racy.
 * Return: true if it may be refused, and all zones it may have are short of free
 * pages and of page cache.
 */
bool kdefragd_refuses(gfp_t gfp_mask, unsigned int order,
		      unsigned int alloc_flags, const struct alloc_context *ac)
{
	struct zoneref *z;
	struct zone *zone;

	if (!kdefragd_enabled() || !defrag_may_refuse(gfp_mask, order) ||
	    !gfp_has_flags(gfp_mask, GFP_TRANSHUGE_LIGHT))
		return false;
	for_each_zone_zonelist_nodemask(zone, z, ac->zonelist,
					ac->highest_zoneidx, ac->nodemask) {
		if (!defrag_cpuset_allows(zone, gfp_mask, alloc_flags))
			continue;
		if (!defrag_swaps_for(zone, order, ac->highest_zoneidx))
			return false;
	}
	count_vm_event(KDEFRAGD_REFUSED);
	return true;
}

/*
 * Free pages that are to be left, with room for those that move.  What is taken
 * below the high watermark, kswapd has to make up for: for who might be refused,
 * only while there is page cache to do it with.
 */
static unsigned long defrag_direct_mark(struct zone *zone, gfp_t gfp_mask,
					unsigned int order)
{
	unsigned long mark = min_wmark_pages(zone);

	if (defrag_may_refuse(gfp_mask, order) && defrag_short_of_cache(zone))
		mark = high_wmark_pages(zone);
	/* Of the block, what is free counts as used while it is isolated. */
	return mark + pageblock_nr_pages + (1UL << order);
}

static unsigned int defrag_find_direct(struct defrag_control *dc,
				       struct defrag_target *targets)
{
	struct defrag_node *dn = READ_ONCE(dc->zone->zone_pgdat->defrag);
	struct defrag_round round;

	if (dc->order < pageblock_order) {
		defrag_round_begin(dc->zone, &round);
		return defrag_find_areas(dc, &round, targets,
					 DEFRAG_DIRECT_TARGETS);
	}
	if (!dn)
		return 0;
	return defrag_find_block(dc, targets, &dn->zones[zone_idx(dc->zone)].cursor);
}

/* One look, and what it found is tried.  Return: is it worth another? */
static bool defrag_direct_step(struct defrag_control *dc)
{
	struct defrag_target targets[DEFRAG_DIRECT_TARGETS];
	unsigned int i, nr = defrag_find_direct(dc, targets);

	for (i = 0; i < nr && !dc->captured; i++) {
		enum defrag_outcome outcome;

		trace_defrag_choice(dc, &targets[i]);
		outcome = defrag_evacuate(dc, &targets[i]);
		defrag_count(outcome);
		if (outcome == DEFRAG_NO_ROOM || fatal_signal_pending(current))
			return false;
	}
	/* Below a block, another look would begin with the same areas. */
	return nr && !dc->captured && dc->order >= pageblock_order &&
	       dc->moved < pageblock_nr_pages &&
	       dc->inspected + dc->looked / DEFRAG_DIRECT_COUNTS <
	       DEFRAG_DIRECT_READS * pageblock_nr_pages;
}

/* Has it been in this tick? */
static bool defrag_just_now(const unsigned long *when)
{
	unsigned long then = READ_ONCE(*when);

	return time_in_range(jiffies, then, then);
}

/* When a request has looked here and got no block, in jiffies; NULL below a block. */
static unsigned long *defrag_got_none(struct zone *zone, unsigned int order)
{
	struct defrag_node *dn = READ_ONCE(zone->zone_pgdat->defrag);

	return order >= pageblock_order && dn ?
	       &dn->zones[zone_idx(zone)].got_none : NULL;
}

static struct page *defrag_direct_zone(struct zone *zone, unsigned int order,
				       unsigned int alloc_flags,
				       int migratetype, defrag_claim_t claim,
				       enum defrag_stage stage)
{
	unsigned int looks = DEFRAG_DIRECT_LOOKS;
	unsigned long *got_none;
	struct defrag_control dc;

	defrag_begin(&dc, zone, defrag_direct_order(order, migratetype));
	got_none = defrag_got_none(zone, dc.order);
	/* What was reclaimed since may have changed it, and cost more. */
	if (stage == DEFRAG_BEFORE_RECLAIM && got_none && defrag_just_now(got_none))
		return NULL;
	dc.purpose = DEFRAG_FOR_REQUEST;
	dc.direct = true;
	/* To move all of it costs about what clearing it does, for its user. */
	dc.any_price = order == pageblock_order;
	while (looks-- && defrag_direct_step(&dc))
		;
	defrag_pass_end(&dc);
	if (!dc.captured) {
		if (got_none && !fatal_signal_pending(current))
			WRITE_ONCE(*got_none, jiffies);
		return NULL;
	}
	return defrag_hand_out(&dc, order, alloc_flags, migratetype, claim);
}

/**
 * kdefragd_direct - make one area for a request that would fail
 * @gfp_mask: of the request
 * @order: its order
 * @alloc_flags: its flags
 * @ac: where it may allocate from
 * @claim: set_pageblock_migratetype(), which the page allocator keeps to itself
 * @stage: when it asks
 * @tried: bits of the stages that have been tried for it.  Set by this
 *
 * Bounded: once per stage the cheapest targets of each zone of one node, the first
 * that has pages enough, asynchronously, with one look per zone at what lies on
 * per-CPU lists.  Where somebody got no block, nobody looks again before the next
 * tick, unless he has reclaimed.  The page made is taken while its block is
 * isolated, so that nobody else gets it.
 *
 * Who wants a whole block gets the one that is thinned out most, whatever is left
 * in it, if there is room for that; who wants less and needs a block emptied, only
 * one of which no more than half is used.  After reclaim there may be room, and a
 * block thinned out, that was not before.  Compaction comes after that; but after
 * a failure it keeps away for many requests, and these were refused.
 *
 * Context: process context that may sleep.
 * Return: the page, not yet prepared for use, or NULL.
 */
struct page *kdefragd_direct(gfp_t gfp_mask, unsigned int order,
			     unsigned int alloc_flags,
			     const struct alloc_context *ac,
			     defrag_claim_t claim, enum defrag_stage stage,
			     unsigned int *tried)
{
	struct page *page = NULL;
	int nid = NUMA_NO_NODE;
	unsigned int noreclaim;
	unsigned long pflags;
	struct zoneref *z;
	struct zone *zone;

	if ((*tried & BIT(stage)) || !kdefragd_enabled() || !order ||
	    order > pageblock_order || !(gfp_mask & __GFP_FS) ||
	    (current->flags & PF_MEMALLOC) || defrag_keep_out())
		return NULL;

	for_each_zone_zonelist_nodemask(zone, z, ac->zonelist,
					ac->highest_zoneidx, ac->nodemask) {
		if (!defrag_cpuset_allows(zone, gfp_mask, alloc_flags))
			continue;

		/* With its own pages it could not have it; with moved ones? */
		if (!zone_watermark_ok(zone, 0, defrag_direct_mark(zone, gfp_mask, order),
				       ac->highest_zoneidx, alloc_flags & ~ALLOC_RESERVES))
			continue;
		/* Each target would be given up for it. */
		if (defrag_too_many_isolated(zone->zone_pgdat))
			continue;
		if (nid == NUMA_NO_NODE)
			nid = zone_to_nid(zone);
		if (nid != zone_to_nid(zone))
			break;

		*tried |= BIT(stage);
		psi_memstall_enter(&pflags);
		delayacct_compact_start();
		fs_reclaim_acquire(gfp_mask);
		noreclaim = memalloc_noreclaim_save();
		page = defrag_direct_zone(zone, order, alloc_flags,
					  ac->migratetype, claim, stage);
		memalloc_noreclaim_restore(noreclaim);
		fs_reclaim_release(gfp_mask);
		delayacct_compact_end();
		psi_memstall_leave(&pflags);
		if (page || fatal_signal_pending(current))
			break;
	}
	if (*tried & BIT(stage))
		count_vm_event(KDEFRAGD_DIRECT);
	if (page)
		count_vm_event(KDEFRAGD_DIRECT_MADE);
	return page;
}
