// SPDX-License-Identifier: GPL-2.0
/*
 * kdefragd: a thread per node that makes large free areas by moving pages.
 *
 *	choose.c	what would be cheapest, from counts alone; pure
 *	target.c	where that is
 *	evacuate.c	empty a range
 *	home.c		bring pages home from blocks that are not theirs
 *	room.c		where its pages go
 *	core.c		when, how much, and on whose behalf: this file
 *	debugfs.c	what is known of each zone, for people
 *
 * When
 * ----
 * Fragmentation is a kind of pressure of its own.  The thread sleeps without a
 * timer until one of these wakes it:
 *
 *	the order-aware check	free pages enough, too few blocks of an order
 *	the reserve		whole free blocks are below the low mark
 *	a knob			the reserve has been raised, or kdefragd switched on
 *
 * The reserve is looked at when a whole block is taken and, as there may be
 * none to take, when a per-CPU list is refilled; the thread is woken if it would
 * find something to do.  Who writes to vm.defrag_now does the work himself.
 *
 * After that, and apart from it, the thread brings movable pages home that lie in
 * blocks of others (home.c); nothing wakes it for that alone.
 *
 * A request is consumed before the work and looked for again after it, so that
 * one that comes in during a pass is served by the next.
 *
 * How much
 * --------
 * Per wake-up and zone, vm.kdefragd_budget pages are moved, and what the last
 * batch of targets moves beyond that; a target that fails counts as if all its
 * pages had been moved, and 64 pages looked at as one moved.  After each batch
 * the thread rests so long that it takes no more than vm.kdefragd_duty percent of
 * a CPU.  It stops between two targets when it is to stop or freeze, when kdefragd
 * is switched off, or when memory goes offline; and between two batches when pages
 * are short, for then reclaim is at work, and moving pages is in its way.  It does
 * not wait for kswapd to sleep: where there is page cache, kswapd hardly does.
 *
 * A zone has been worked on to the end when no target is left: none that has
 * not failed so often that it is passed over (choose.c), and, below a block,
 * none around any free area, each looked at once since the last one was made.
 *
 * A pass that made nothing does not pay.  For the check, order_wmark_pass_end()
 * keeps count of that and rests; if nothing can be made at all, it lets reclaim
 * work a little.  For the reserve, which reclaim is never asked to fill, a zone
 * is left alone for DEFRAG_BACKOFF << n after the n-th such pass in a row,
 * unless it changes: free pages that come or go by more than an eighth of the
 * high watermark, and a block at least, end the wait.  Nobody wakes up to see
 * whether it is over: whoever takes pages next does.
 *
 * Locking
 * -------
 * defrag_node.lock is held while a zone is worked on, outside zone->lock.
 * Requests are made without it, from any context but under zone->lock: whoever
 * finds the reserve low there sets ZONE_BELOW_RESERVE, and the thread is woken
 * after the unlock.  A direct request takes no lock of the node's: its targets
 * and its room are its own.
 *
 * Memory hotplug: none of this takes get_online_mems() under the node's lock.
 * kdefragd_stop() waits for the thread with that lock held for writing, so neither
 * the thread nor a writer of vm.defrag_now, for whom the thread may wait, could
 * ever get it; and who makes a direct request may be the one who holds it.
 * Instead, a block is looked at under zone->lock, found online under it, or
 * isolated, or a folio in it is held, and stays as long as that; block_occupancy.c
 * tells why.  By the time of kdefragd_stop() the node has no memory left, so a
 * writer is done with it after one more target.
 *
 * What is not promised: that an area made is there when somebody wants it; that
 * the reserve is full at any moment; that memory offlining succeeds while
 * vm.defrag_now works on the same blocks: it may get -EBUSY, as from
 * alloc_contig_range(), and has to be tried again.
 */
#define pr_fmt(fmt) "kdefragd: " fmt

#include <linux/cpuset.h>
#include <linux/delayacct.h>
#include <linux/freezer.h>
#include <linux/init.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/page-isolation.h>
#include <linux/psi.h>
#include <linux/sched/cputime.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/swap.h>
#include <linux/sysctl.h>
#include <linux/vmstat.h>
#include "../alloc_class.h"
#include "../block_occupancy.h"
#include "../internal.h"
#include "../order_watermark.h"
#include "../page_alloc.h"
#include "hooks.h"
#include "internal.h"

#define CREATE_TRACE_POINTS
#include <trace/events/kdefragd.h>

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

/*
 * The thread's.  As ksmd's: it is in no hurry, but those who wait for blocks may
 * be.  More, and it makes none beside programs that leave no CPU idle.
 */
#define DEFRAG_NICE		5

/* A zone of fewer blocks keeps no reserve: it would be all of it. */
#define DEFRAG_RESERVE_MIN_BLOCKS	64

/*
 * vm.defrag_now ends after so many failures per range of the zone, and after so
 * many batches in a row that made nothing for want of room.  Unit: 1.  A target
 * that fails is passed over the fourth time, so it takes no more, but failures
 * are forgotten: this ends what else could go on for as long as pages are held.
 */
#define DEFRAG_VAIN		4

/*
 * Of the budget, a page that is looked at costs this part of one that is moved.
 * Unit: right shift, so a 64th: to move a page takes some thousand instructions.
 */
#define DEFRAG_LOOK_COST	6

/*
 * Between two times that movable pages of a zone are brought home.  Unit: jiffies.
 * They are in nobody's way at once; shorter, and those that would not move are
 * looked at over and over.
 */
#define DEFRAG_HOME_REST	(16 * HZ)

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
 * Areas of an order made before the check is asked again.  Unit: 1.  More are
 * made in excess, fewer ask more often; asking costs about as much as one look
 * at a target.
 */
#define DEFRAG_AREAS		16

int sysctl_kdefragd __read_mostly = 1;
static int sysctl_kdefragd_budget __read_mostly = 8192;	/* pages */
static int sysctl_kdefragd_duty __read_mostly = 20;	/* percent of a CPU */
static int sysctl_free_block_reserve __read_mostly = 5;	/* per mille */
static int sysctl_kdefragd_max __ro_after_init;

/* --- the reserve: whole free blocks of a zone ----------------------------- */

unsigned long defrag_reserve_low(struct zone *zone)
{
	unsigned long blocks = zone_managed_pages(zone) >> pageblock_order;

	if (blocks < DEFRAG_RESERVE_MIN_BLOCKS)
		return 0;
	return blocks * READ_ONCE(sysctl_free_block_reserve) / 1000;
}

unsigned long defrag_reserve_high(struct zone *zone)
{
	unsigned long low = defrag_reserve_low(zone);

	return low + (low >> DEFRAG_RESERVE_SHIFT);
}

/*
 * Pages in whole free blocks; those that need only be accepted are as good.  Of
 * CMA's, few requests may have any, and how many lie in whole blocks is not known.
 */
static unsigned long defrag_pages_in_blocks(struct zone *zone)
{
	unsigned long pages = zone_page_state(zone, NR_FREE_PAGES_BLOCKS);

	pages -= min(pages, zone_page_state(zone, NR_FREE_CMA_PAGES));
#ifdef CONFIG_UNACCEPTED_MEMORY
	pages += zone_page_state(zone, NR_UNACCEPTED);
#endif
	return pages;
}

unsigned long defrag_free_blocks(struct zone *zone)
{
	return defrag_pages_in_blocks(zone) >> pageblock_order;
}

/* Free pages that pages can be moved to. */
static unsigned long defrag_free_pages(struct zone *zone)
{
	unsigned long free = zone_page_state(zone, NR_FREE_PAGES);
	unsigned long cma = zone_page_state(zone, NR_FREE_CMA_PAGES);

	return free - min(free, cma);
}

/*
 * Are there free pages beside those in whole blocks, to make more from?  Half of
 * them, for they are what most requests take first: where a full page cache leaves
 * few free, a reserve of nearly all of them would be taken apart as fast as it is
 * made.
 */
static bool defrag_pages_suffice(struct zone *zone)
{
	unsigned long free = defrag_free_pages(zone);

	/* A block that is being emptied counts as used, and so does room for it. */
	return free > low_wmark_pages(zone) &&
	       free > min_wmark_pages(zone) + 2 * pageblock_nr_pages &&
	       free > 2 * defrag_pages_in_blocks(zone);
}

/* Are there so many free pages that some may be used up in moving others? */
bool defrag_pages_to_spare(struct zone *zone)
{
	return defrag_free_pages(zone) >
	       high_wmark_pages(zone) + pageblock_nr_pages;
}

/* Blocks that the reserve lacks; @filling: up to the high mark. */
static unsigned long defrag_reserve_lacks(struct zone *zone, bool filling)
{
	unsigned long mark = filling ? defrag_reserve_high(zone) :
				       defrag_reserve_low(zone);
	unsigned long blocks = defrag_free_blocks(zone);

	if (blocks >= mark || !defrag_pages_suffice(zone))
		return 0;
	return mark - blocks;
}

/**
 * kdefragd_reserve_taken - whole blocks were taken, or pages at all
 * @zone: from this zone
 *
 * Context: zone->lock held.
 */
void kdefragd_reserve_taken(struct zone *zone)
{
	if (kdefragd_enabled() &&
	    defrag_free_blocks(zone) < defrag_reserve_low(zone) &&
	    !test_bit(ZONE_BELOW_RESERVE, &zone->flags))
		set_bit(ZONE_BELOW_RESERVE, &zone->flags);
}

/* --- backoff -------------------------------------------------------------- */

static bool defrag_zone_changed(struct zone *zone, const struct defrag_zone *dz)
{
	unsigned long free = zone_page_state(zone, NR_FREE_PAGES);
	unsigned long differ = max(high_wmark_pages(zone) >> DEFRAG_CHANGED_SHIFT,
				   pageblock_nr_pages);

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

static void defrag_settle(struct zone *zone, struct defrag_zone *dz, bool paid)
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

/*
 * Memory is about to go offline, or its neighbour is: before offline_pages()
 * isolates a range it switches the LRU caches off.  (Others do so as well, who
 * migrate much; then there is work put off that could have been done.)
 */
static bool defrag_keep_out(void)
{
	return lru_cache_disabled();
}

/* Blocks to be made for the reserve, by who is to be woken for it as well. */
static unsigned long defrag_reserve_wants(struct defrag_node *dn,
					  struct zone *zone)
{
	if (defrag_keep_out() || defrag_backed_off(zone, &dn->zones[zone_idx(zone)]))
		return 0;
	return defrag_reserve_lacks(zone, false);
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
	if (dn && defrag_reserve_wants(dn, zone))
		kdefragd_wake(zone->zone_pgdat, 0, zone_idx(zone));
}

/* --- a pass --------------------------------------------------------------- */

void defrag_begin(struct defrag_control *dc, struct zone *zone,
		  unsigned int order)
{
	*dc = (struct defrag_control){ .zone = zone, .order = order };
	defrag_room_init(dc);
}

void defrag_end(struct defrag_control *dc)
{
	defrag_room_release(dc);
	count_vm_events(KDEFRAGD_INSPECTED, dc->inspected);
	count_vm_events(KDEFRAGD_MOVED, dc->moved);
	count_vm_events(KDEFRAGD_MOVE_FAILED, dc->failed);
}

static void defrag_pass_end(struct defrag_control *dc)
{
	defrag_end(dc);
	trace_defrag_pass(dc);
	count_vm_event(KDEFRAGD_PASS);
	count_vm_events(KDEFRAGD_TRIED, dc->tried);
	count_vm_events(KDEFRAGD_MADE, dc->made);
}

static void defrag_count(enum defrag_outcome outcome)
{
	switch (outcome) {
	case DEFRAG_MADE:
		break;
	case DEFRAG_UNMOVABLE:
		count_vm_event(KDEFRAGD_UNMOVABLE);
		break;
	case DEFRAG_BUSY:
		count_vm_event(KDEFRAGD_BUSY);
		break;
	case DEFRAG_PINNED:
		count_vm_event(KDEFRAGD_PINNED);
		break;
	case DEFRAG_NO_ROOM:
		count_vm_event(KDEFRAGD_NO_ROOM);
		break;
	case DEFRAG_CHANGED:
		count_vm_event(KDEFRAGD_CHANGED);
		break;
	}
}

/* What may still be done in a zone, on one request. */
struct defrag_effort {
	unsigned long		budget;		/* pages */
	bool			forced;		/* by vm.defrag_now */
	bool			drained;
	bool			no_room;	/* the last batch ended for it */
	struct defrag_round	round;		/* below a block */
};

/* May the work go on?  In the context of the thread, or of who forces it. */
static bool defrag_may_go_on(const struct defrag_effort *effort)
{
	if (effort->forced)
		return !signal_pending(current);
	return kdefragd_enabled() && !kthread_should_stop() &&
	       !freezing(current) && !defrag_keep_out();
}

/* Targets of order dc->order, into dn->targets.  Return: how many. */
static unsigned int defrag_find(struct defrag_control *dc,
				struct defrag_node *dn, unsigned long wanted,
				struct defrag_round *round)
{
	unsigned int nr;

	if (dc->order >= pageblock_order)
		return defrag_find_blocks(dc, dn, wanted);

	wanted = min(wanted, DEFRAG_BATCH);
	nr = defrag_find_areas(dc, round, dn->targets, wanted);
	if (nr || !round->paid)
		return nr;
	/* What came of this round may have made others worth it. */
	defrag_round_begin(dc->zone, round);
	return defrag_find_areas(dc, round, dn->targets, wanted);
}

/*
 * One batch of targets of order dc->order.  Return: targets found; none means
 * that the zone has been worked on to the end.
 */
static unsigned int defrag_batch(struct defrag_control *dc,
				 struct defrag_node *dn, unsigned long wanted,
				 struct defrag_effort *effort)
{
	unsigned int i, nr = defrag_find(dc, dn, wanted, &effort->round);

	effort->no_room = false;
	for (i = 0; i < nr && defrag_may_go_on(effort); i++) {
		enum defrag_outcome outcome;

		trace_defrag_choice(dc, &dn->targets[i]);
		outcome = defrag_evacuate(dc, &dn->targets[i]);
		defrag_count(outcome);
		effort->round.paid |= outcome == DEFRAG_MADE;
		/* No better place left: the plan was too good to be true. */
		effort->no_room = outcome == DEFRAG_NO_ROOM;
		if (effort->no_room)
			break;
		cond_resched();
	}
	return nr;
}

/* --- what is wanted, by the thread ---------------------------------------- */

/*
 * For the thread, which gets no signals.  A writer of vm.defrag_now may hold the
 * lock for minutes: to wait for that is no sign of a hang.
 */
static void defrag_lock(struct defrag_node *dn)
{
	while (mutex_lock_interruptible(&dn->lock))
		;
}

/*
 * Rest after @ran nanoseconds on a CPU, to keep to the duty.  What is less than
 * a tick is owed: a tick for each batch would be many times its due.  The node's
 * lock is dropped for it: a writer of vm.defrag_now does not wait for that.
 */
static void defrag_rest(struct defrag_node *dn, u64 ran)
{
	int duty = READ_ONCE(sysctl_kdefragd_duty);
	unsigned long ticks;

	dn->owed += div_u64(ran * (100 - duty), duty);
	ticks = nsecs_to_jiffies(dn->owed);
	if (!ticks)
		return;
	dn->owed -= jiffies_to_nsecs(ticks);
	mutex_unlock(&dn->lock);
	schedule_timeout_interruptible(ticks);
	defrag_lock(dn);
}

/* What a batch costs of the budget, see "How much" above. */
static unsigned long defrag_cost(const struct defrag_control *dc)
{
	return dc->moved + (dc->inspected >> DEFRAG_LOOK_COST) +
	       ((dc->tried - dc->made) <<
		min_t(unsigned int, dc->order, pageblock_order));
}

static void defrag_effort_begin(struct defrag_effort *effort, struct zone *zone)
{
	*effort = (struct defrag_effort){
		.budget = READ_ONCE(sysctl_kdefragd_budget),
	};
	defrag_round_begin(zone, &effort->round);
}

/*
 * One batch for the thread, and the rest after it.
 * Return: targets found; *@made is set to the areas made.
 */
static unsigned int defrag_step(struct defrag_node *dn, struct zone *zone,
				unsigned int order, unsigned long wanted,
				struct defrag_effort *effort,
				unsigned long *made)
{
	u64 start = task_sched_runtime(current);
	struct defrag_control dc;
	unsigned int found;

	if (!effort->drained)
		defrag_drain(zone);
	effort->drained = true;

	defrag_begin(&dc, zone, order);
	found = defrag_batch(&dc, dn, wanted, effort);
	defrag_pass_end(&dc);
	effort->budget -= min(effort->budget, defrag_cost(&dc));
	*made = dc.made;
	defrag_rest(dn, task_sched_runtime(current) - start);
	return found;
}

/*
 * Make areas of the order that the check finds short, in a zone that has pages
 * enough.  Return: true if the zone has been worked on to the end, so that what
 * is not there cannot be made; the check keeps count of that and backs off.
 */
static bool defrag_for_check(struct defrag_node *dn, struct zone *zone,
			     unsigned int order, int highest_zoneidx)
{
	struct defrag_effort effort;
	unsigned long made;

	defrag_effort_begin(&effort, zone);
	while (order_wmark_node_short_of_shape(dn->pgdat, order,
					       highest_zoneidx) &&
	       order_wmark_short_of_shape(zone, order, highest_zoneidx)) {
		if (!effort.budget || !defrag_may_go_on(&effort))
			return false;
		if (!defrag_step(dn, zone, order, DEFRAG_AREAS, &effort, &made))
			return true;
	}
	return true;
}

/* Fill the reserve of a zone that is below its low mark up to the high one. */
static void defrag_for_reserve(struct defrag_node *dn, struct zone *zone)
{
	struct defrag_zone *dz = &dn->zones[zone_idx(zone)];
	unsigned long made, lacks = defrag_reserve_wants(dn, zone);
	struct defrag_effort effort;

	defrag_effort_begin(&effort, zone);
	for (; lacks; lacks = defrag_reserve_lacks(zone, true)) {
		if (!effort.budget || !defrag_may_go_on(&effort))
			return;
		defrag_step(dn, zone, pageblock_order, lacks, &effort, &made);
		/* Cut short, it tells nothing. */
		if (!made && !defrag_may_go_on(&effort))
			return;
		defrag_settle(zone, dz, made);
		if (!made)
			return;
	}
}

/* One block of others that movable pages are to leave.  Return: was there one? */
static bool defrag_home_step(struct defrag_node *dn, struct zone *zone,
			     struct defrag_effort *effort, unsigned long *pfn)
{
	u64 start = task_sched_runtime(current);
	struct defrag_control dc;
	bool found;

	defrag_begin(&dc, zone, pageblock_order);
	found = defrag_bring_home(&dc, pfn);
	count_vm_events(KDEFRAGD_HOMED, dc.moved);
	defrag_end(&dc);
	effort->budget -= min(effort->budget, defrag_cost(&dc) + dc.failed);
	if (!effort->forced)
		defrag_rest(dn, task_sched_runtime(current) - start);
	return found;
}

/* Bring movable pages home that lie in blocks of others: see home.c. */
static void defrag_home(struct defrag_node *dn, struct zone *zone,
			struct defrag_effort *effort)
{
	struct defrag_zone *dz = &dn->zones[zone_idx(zone)];
	unsigned long pfn = pageblock_start_pfn(zone->zone_start_pfn);

	if (!test_bit(ZONE_FOREIGN, &zone->flags) || !defrag_may_go_on(effort) ||
	    (!effort->forced && jiffies - dz->home_tried < DEFRAG_HOME_REST))
		return;

	clear_bit(ZONE_FOREIGN, &zone->flags);
	if (!effort->drained)
		lru_add_drain_all();
	while (effort->budget && defrag_may_go_on(effort) &&
	       defrag_pages_to_spare(zone) &&
	       defrag_home_step(dn, zone, effort, &pfn))
		cond_resched();
	if (pfn < zone_end_pfn(zone))
		set_bit(ZONE_FOREIGN, &zone->flags);
	dz->home_tried = jiffies;
}

/* After the work that was asked for, and apart from it. */
static void defrag_node_home(struct defrag_node *dn)
{
	int i;

	for (i = MAX_NR_ZONES - 1; i >= 0; i--) {
		struct zone *zone = dn->pgdat->node_zones + i;
		struct defrag_effort effort = {
			.budget = READ_ONCE(sysctl_kdefragd_budget),
		};

		defrag_lock(dn);
		if (populated_zone(zone))
			defrag_home(dn, zone, &effort);
		mutex_unlock(&dn->lock);
	}
}

/*
 * A request in one word, so that it is made and taken as a whole: the order, 0
 * for the reserve alone, and the highest zone that will do.  A bit above them
 * says that there is one, another that what was in vain before is to be tried
 * afresh.
 */
#define DEFRAG_REQUESTED	BIT(16)
#define DEFRAG_AFRESH		BIT(17)

static unsigned int defrag_request(unsigned int order, int highest_zoneidx)
{
	return DEFRAG_REQUESTED | (order * MAX_NR_ZONES + highest_zoneidx);
}

static unsigned int defrag_request_order(unsigned int request)
{
	return (request & (DEFRAG_REQUESTED - 1)) / MAX_NR_ZONES;
}

static int defrag_request_zone(unsigned int request)
{
	return (request & (DEFRAG_REQUESTED - 1)) % MAX_NR_ZONES;
}

/* Work on one zone for a request.  Return: as defrag_for_check(), if asked. */
static bool defrag_zone_work(struct defrag_node *dn, struct zone *zone,
			     unsigned int request, bool for_check)
{
	bool whole = true;

	if (request & DEFRAG_AFRESH)
		WRITE_ONCE(dn->zones[zone_idx(zone)].shift, 0);
	if (for_check)
		whole = defrag_for_check(dn, zone, defrag_request_order(request),
					 defrag_request_zone(request));
	defrag_for_reserve(dn, zone);
	return whole;
}

static void defrag_node_work(struct defrag_node *dn)
{
	/* Taken on here; what comes in from now on is a new one. */
	unsigned int request = xchg(&dn->request, 0);
	unsigned int order = defrag_request_order(request);
	int i, highest = defrag_request_zone(request);
	struct order_wmark_pass pass;

	count_vm_event(KDEFRAGD_WAKE);
	order_wmark_pass_begin(&pass, dn->pgdat, order, highest);

	for (i = highest; i >= 0; i--) {
		struct zone *zone = dn->pgdat->node_zones + i;

		if (!populated_zone(zone) || !zone_managed_pages(zone))
			continue;

		defrag_lock(dn);
		/* Whoever had the lock had it for minutes, maybe. */
		if (populated_zone(zone))
			pass.whole &= defrag_zone_work(dn, zone, request,
						       pass.ours);
		mutex_unlock(&dn->lock);
	}
	/* Asks for another round if this one paid and more is wanted. */
	order_wmark_pass_end(&pass);
	defrag_node_home(dn);
}

static int kdefragd(void *p)
{
	struct defrag_node *dn = p;

	/* As kcompactd: a file system must not wait for us in ->release_folio. */
	current->flags |= PF_KCOMPACTD;
	set_user_nice(current, DEFRAG_NICE);
	set_freezable();

	while (!kthread_should_stop()) {
		wait_event_freezable(dn->wait, READ_ONCE(dn->request) ||
				     kthread_should_stop());
		if (!kthread_should_stop())
			defrag_node_work(dn);
	}
	current->flags &= ~PF_KCOMPACTD;
	return 0;
}

/* Make a request, with those that have not been taken. */
static void defrag_ask(struct defrag_node *dn, unsigned int order,
		       int highest_zoneidx, unsigned int flags)
{
	unsigned int request = READ_ONCE(dn->request), wanted;

	do {
		wanted = defrag_request(max(order,
					    defrag_request_order(request)),
					max(highest_zoneidx,
					    defrag_request_zone(request)));
		wanted |= flags | (request & DEFRAG_AFRESH);
	} while (!try_cmpxchg(&dn->request, &request, wanted));

	/* Pairs with the barrier in wait_event_freezable(). */
	if (wq_has_sleeper(&dn->wait))
		wake_up_interruptible(&dn->wait);
}

/**
 * kdefragd_wake - ask for free areas of an order
 * @pgdat: the node
 * @order: the order, or 0 for the reserve of whole blocks
 * @highest_zoneidx: highest zone that they may be in
 *
 * Context: any, but not under zone->lock.
 */
void kdefragd_wake(pg_data_t *pgdat, unsigned int order, int highest_zoneidx)
{
	struct defrag_node *dn = READ_ONCE(pgdat->defrag);

	if (dn && kdefragd_enabled())
		defrag_ask(dn, order, highest_zoneidx, 0);
}

/**
 * kdefragd_takes_over - does a request to kcompactd belong to kdefragd?
 * @pgdat: the node
 * @order: the order, above 0
 * @highest_zoneidx: highest zone that it may be made in
 *
 * While the order-aware check hands over, the two never work towards the same
 * end.  Where there is no thread of ours, or it keeps out, kcompactd does what it
 * always did.
 *
 * Context: any, but not under zone->lock.
 * Return: true if kdefragd has been asked instead.
 */
bool kdefragd_takes_over(pg_data_t *pgdat, unsigned int order,
			 int highest_zoneidx)
{
	struct defrag_node *dn = READ_ONCE(pgdat->defrag);

	if (!kdefragd_enabled() || !order_wmark_hands_over(order) ||
	    defrag_keep_out() || !dn || !READ_ONCE(dn->thread))
		return false;
	kdefragd_wake(pgdat, order, highest_zoneidx);
	return true;
}

/**
 * kdefragd_stands_in - is there no need of proactive compaction?
 * @pgdat: the node
 *
 * While a reserve of whole blocks is kept, and may be worked for.  Proactive
 * compaction goes by a score of the free pages, looks twice a second, and moves
 * pages towards blocks that will never be whole as readily as towards others.
 *
 * Context: any.
 * Return: true if kdefragd keeps the reserve.
 */
bool kdefragd_stands_in(pg_data_t *pgdat)
{
	struct defrag_node *dn = READ_ONCE(pgdat->defrag);
	int i;

	if (!kdefragd_enabled() || defrag_keep_out() || !dn ||
	    !READ_ONCE(dn->thread))
		return false;
	for (i = 0; i < MAX_NR_ZONES; i++)
		if (defrag_reserve_low(pgdat->node_zones + i))
			return true;
	return false;
}

/* --- on behalf of a request ------------------------------------------------ */

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
		if (cpusets_enabled() && (alloc_flags & ALLOC_CPUSET) &&
		    !__cpuset_zone_allowed(zone, gfp_mask))
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
	struct defrag_zone *dz;

	if (dc->order < pageblock_order) {
		defrag_round_begin(dc->zone, &round);
		return defrag_find_areas(dc, &round, targets,
					 DEFRAG_DIRECT_TARGETS);
	}
	if (!dn)
		return 0;
	dz = &dn->zones[zone_idx(dc->zone)];
	if (defrag_find_block(dc, targets, &dz->cursor))
		return 1;
	WRITE_ONCE(dz->found_none, jiffies);
	return 0;
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

/* Has another request looked in this tick, and found no block? */
static bool defrag_direct_rests(struct zone *zone, unsigned int order)
{
	struct defrag_node *dn = READ_ONCE(zone->zone_pgdat->defrag);
	unsigned long then;

	if (order < pageblock_order || !dn)
		return false;
	then = READ_ONCE(dn->zones[zone_idx(zone)].found_none);
	return time_in_range(jiffies, then, then);
}

static struct page *defrag_direct_zone(struct zone *zone, unsigned int order,
				       unsigned int alloc_flags,
				       int migratetype, defrag_claim_t claim,
				       enum defrag_stage stage)
{
	unsigned int looks = DEFRAG_DIRECT_LOOKS;
	struct defrag_control dc;

	defrag_begin(&dc, zone, defrag_direct_order(order, migratetype));
	/* What was reclaimed since may have changed it, and cost more. */
	if (stage == DEFRAG_BEFORE_RECLAIM && defrag_direct_rests(zone, dc.order))
		return NULL;
	dc.direct = true;
	/* To move all of it costs about what clearing it does, for its user. */
	dc.any_price = order == pageblock_order;
	while (looks-- && defrag_direct_step(&dc))
		;
	defrag_pass_end(&dc);
	if (!dc.captured)
		return NULL;
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
 * per-CPU lists.  Where no block was found, nobody looks again before the next
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
		if (cpusets_enabled() && (alloc_flags & ALLOC_CPUSET) &&
		    !__cpuset_zone_allowed(zone, gfp_mask))
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

/* --- vm.defrag_now and the other knobs ------------------------------------ */

/* Work on a zone until no target of the order pays. */
static int defrag_zone_now(struct zone *zone, unsigned int order)
{
	struct defrag_node *dn = READ_ONCE(zone->zone_pgdat->defrag);
	unsigned long ranges = (zone_managed_pages(zone) >> order) + 1;
	struct defrag_effort effort = { .forced = true, .budget = ULONG_MAX };
	unsigned long failures = 0;
	unsigned int found, vain = 0;

	if (!dn)
		return 0;
	/* Its per-CPU lists go when its last memory does. */
	get_online_mems();
	lru_add_drain_all();
	if (populated_zone(zone))
		defrag_drain(zone);
	put_online_mems();
	effort.drained = true;

	if (mutex_lock_interruptible(&dn->lock))
		return -EINTR;
	/* First, while there are blocks in part free that have room. */
	defrag_home(dn, zone, &effort);
	defrag_round_begin(zone, &effort.round);
	do {
		struct defrag_control dc;

		defrag_begin(&dc, zone, order);
		found = defrag_batch(&dc, dn, ULONG_MAX, &effort);
		defrag_pass_end(&dc);
		failures += dc.tried - dc.made;
		vain = dc.made ? 0 : vain + effort.no_room;
	} while (found && vain < DEFRAG_VAIN &&
		 failures < DEFRAG_VAIN * ranges && !signal_pending(current));

	mutex_unlock(&dn->lock);
	return signal_pending(current) ? -EINTR : 0;
}

static int defrag_now_sysctl(const struct ctl_table *table, int write,
			     void *buffer, size_t *lenp, loff_t *ppos)
{
	int order = 0, ret;
	const struct ctl_table own = {
		.data	= &order,
		.maxlen	= sizeof(order),
		.extra1	= table->extra1,
		.extra2	= table->extra2,
	};
	struct zone *zone;

	ret = proc_dointvec_minmax(&own, write, buffer, lenp, ppos);
	/* What is not at the beginning of the file is ignored, as for any knob. */
	if (ret || !write || !order)
		return ret;

	for_each_populated_zone(zone) {
		ret = defrag_zone_now(zone, order);
		if (ret)
			return ret;
	}
	return 0;
}

/* It may sleep without a timer since kdefragd_stands_in(), which is over. */
static void defrag_wake_kcompactd(pg_data_t *pgdat)
{
	pgdat->proactive_compact_trigger = true;
	wake_up_interruptible(&pgdat->kcompactd_wait);
}

/* A knob that says how much there is to do: let the threads look, now. */
static int defrag_wake_sysctl(const struct ctl_table *table, int write,
			      void *buffer, size_t *lenp, loff_t *ppos)
{
	int nid, ret = proc_dointvec_minmax(table, write, buffer, lenp, ppos);

	if (ret || !write)
		return ret;

	for_each_online_node(nid) {
		pg_data_t *pgdat = NODE_DATA(nid);
		struct defrag_node *dn = READ_ONCE(pgdat->defrag);

		if (dn && kdefragd_enabled())
			defrag_ask(dn, 0, MAX_NR_ZONES - 1, DEFRAG_AFRESH);
		if (!kdefragd_stands_in(pgdat))
			defrag_wake_kcompactd(pgdat);
	}
	return 0;
}

static const struct ctl_table defrag_table[] = {
	{
		.procname	= "kdefragd",
		.data		= &sysctl_kdefragd,
		.maxlen		= sizeof(sysctl_kdefragd),
		.mode		= 0644,
		.proc_handler	= defrag_wake_sysctl,
		.extra1		= SYSCTL_ZERO,
		.extra2		= SYSCTL_ONE,
	},
	{
		.procname	= "kdefragd_budget",
		.data		= &sysctl_kdefragd_budget,
		.maxlen		= sizeof(sysctl_kdefragd_budget),
		.mode		= 0644,
		.proc_handler	= proc_dointvec_minmax,
		.extra1		= SYSCTL_ONE,
	},
	{
		.procname	= "kdefragd_duty",
		.data		= &sysctl_kdefragd_duty,
		.maxlen		= sizeof(sysctl_kdefragd_duty),
		.mode		= 0644,
		.proc_handler	= proc_dointvec_minmax,
		.extra1		= SYSCTL_ONE,
		.extra2		= SYSCTL_ONE_HUNDRED,
	},
	{
		.procname	= "free_block_reserve",
		.data		= &sysctl_free_block_reserve,
		.maxlen		= sizeof(sysctl_free_block_reserve),
		.mode		= 0644,
		.proc_handler	= defrag_wake_sysctl,
		.extra1		= SYSCTL_ZERO,
		.extra2		= SYSCTL_ONE_HUNDRED,
	},
	{
		.procname	= "defrag_now",
		.maxlen		= sizeof(int),
		.mode		= 0200,
		.proc_handler	= defrag_now_sysctl,
		.extra1		= SYSCTL_ONE,
		.extra2		= &sysctl_kdefragd_max,
	},
};

/* --- start and stop --------------------------------------------------------- */

static void defrag_node_free(struct defrag_node *dn)
{
	kvfree(dn->census.holes);
	kfree(dn);
}

static struct defrag_node *defrag_node_alloc(int nid)
{
	struct defrag_node *dn = kzalloc_node(sizeof(*dn), GFP_KERNEL, nid);
	unsigned int nr = pageblock_nr_pages + 1;

	if (!dn)
		return NULL;

	dn->pgdat = NODE_DATA(nid);
	init_waitqueue_head(&dn->wait);
	mutex_init(&dn->lock);
	dn->census.block_pages = pageblock_nr_pages;
	dn->census.nr_entries = nr;
	dn->census.holes = kvcalloc_node(2 * nr, sizeof(unsigned int),
					 GFP_KERNEL, nid);
	dn->census.offers = dn->census.holes + nr;
	if (!dn->census.holes) {
		defrag_node_free(dn);
		return NULL;
	}
	return dn;
}

/**
 * kdefragd_run - start the thread of a node
 * @nid: the node
 *
 * Context: boot, or memory hotplug's lock held.
 */
void __meminit kdefragd_run(int nid)
{
	pg_data_t *pgdat = NODE_DATA(nid);
	struct defrag_node *dn = pgdat->defrag;
	struct task_struct *thread;

	if (dn && dn->thread)
		return;
	if (!dn)
		dn = defrag_node_alloc(nid);
	if (!dn) {
		pr_err("no memory for node %d\n", nid);
		return;
	}

	thread = kthread_create_on_node(kdefragd, dn, nid, "kdefragd%d", nid);
	if (IS_ERR(thread)) {
		pr_err("failed to start on node %d\n", nid);
	} else {
		wake_up_process(thread);
		WRITE_ONCE(dn->thread, thread);
	}
	/* Whoever reads it without a lock sees what it points to. */
	smp_store_release(&pgdat->defrag, dn);
}

/**
 * kdefragd_stop - stop the thread of a node
 * @nid: the node
 *
 * Its state stays: those who ask may still hold on to it, and the node may
 * come back.
 *
 * Context: memory hotplug's lock held.
 */
void __meminit kdefragd_stop(int nid)
{
	struct defrag_node *dn = NODE_DATA(nid)->defrag;

	if (dn && dn->thread) {
		kthread_stop(dn->thread);
		WRITE_ONCE(dn->thread, NULL);
	}
}

static int __init kdefragd_init(void)
{
	int nid;

	for_each_node_state(nid, N_MEMORY)
		kdefragd_run(nid);
	/* No constant on some architectures. */
	sysctl_kdefragd_max = PUD_SHIFT - PAGE_SHIFT;
	register_sysctl_init("vm", defrag_table);
	return 0;
}
subsys_initcall(kdefragd_init);
