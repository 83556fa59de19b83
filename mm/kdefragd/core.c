// SPDX-License-Identifier: GPL-2.0
/*
 * kdefragd: a thread per node that makes large free areas by moving pages.
 *
 *	choose.c	what would be cheapest, from counts alone; pure
 *	target.c	where that is
 *	evacuate.c	empty a range
 *	home.c		bring pages home from blocks that are not theirs
 *	room.c		where its pages go
 *	reserve.c	how many blocks are kept, and when to fill them up
 *	core.c		when, and how much, by the thread: this file
 *	direct.c	for a request that would fail
 *	knobs.c		vm.defrag_now and the other knobs
 *	debugfs.c	what is known of each zone, for people
 *
 * When
 * ----
 * Fragmentation is a kind of pressure of its own.  The thread sleeps without a
 * timer until one of these wakes it:
 *
 *	the order-aware check	free pages enough, too few blocks of an order
 *	the reserve		whole free blocks, or areas of vm.kdefragd_order,
 *				are below the low mark
 *	a knob			the reserve has been raised, or kdefragd switched on
 *
 * The reserve is looked at when an area of it is taken and, as there may be
 * none to take, when a per-CPU list is refilled; the thread is woken if it would
 * find something to do.  Who writes to vm.defrag_now does the work himself.
 *
 * After that, and apart from it, the thread brings movable pages home that lie in
 * blocks of others (home.c); nothing wakes it for that alone.
 *
 * A request is consumed before the work and looked for again after it, so that
 * one that comes in during a pass is served by the next.  Each order that is asked
 * for is worked for, and judged, by itself: that no huge page can be made is no
 * reason to leave a driver without its order 3.
 *
 * How much
 * --------
 * Per wake-up and zone, vm.kdefragd_budget pages are moved for each end, and what the
 * last batch of targets moves beyond that; a target that fails counts as if all its
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

#include <linux/freezer.h>
#include <linux/init.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/sched/cputime.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/swap.h>
#include <linux/vmstat.h>
#include "../internal.h"
#include "../order_watermark.h"
#include "../page_alloc.h"
#include "hooks.h"
#include "internal.h"

#define CREATE_TRACE_POINTS
#include <trace/events/kdefragd.h>

/*
 * The thread's.  As ksmd's: it is in no hurry, but those who wait for blocks may
 * be.  More, and it makes none beside programs that leave no CPU idle.
 */
#define DEFRAG_NICE		5

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
 * Areas of an order made before the check is asked again.  Unit: 1.  More are
 * made in excess, fewer ask more often; asking costs about as much as one look
 * at a target.
 */
#define DEFRAG_AREAS		16

bool kdefragd_kept_out __read_mostly;

int sysctl_kdefragd __read_mostly = 1;
int sysctl_kdefragd_budget __read_mostly = 8192;	/* pages */
int sysctl_kdefragd_duty __read_mostly = 20;		/* percent of a CPU */

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

void defrag_pass_end(struct defrag_control *dc)
{
	defrag_end(dc);
	trace_defrag_pass(dc);
	count_vm_event(KDEFRAGD_PASS);
	count_vm_events(KDEFRAGD_TRIED, dc->tried);
	count_vm_events(KDEFRAGD_MADE, dc->made);
}

void defrag_count(enum defrag_outcome outcome)
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

/**
 * defrag_batch - one batch of targets
 * @dc: the pass; @dc->order is what is to be made
 * @dn: the node
 * @wanted: areas that are wanted
 * @effort: what may be done for them
 *
 * Context: process context, the node's lock held.
 * Return: targets found; none means that the zone has been worked on to the end.
 */
unsigned int defrag_batch(struct defrag_control *dc, struct defrag_node *dn,
			  unsigned long wanted, struct defrag_effort *effort)
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
 * lock for minutes, where a batch is of long runs: to wait for that is no sign of a
 * hang.
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

static void defrag_effort_begin(struct defrag_effort *effort, struct zone *zone,
				enum defrag_purpose purpose)
{
	*effort = (struct defrag_effort){
		.purpose = purpose,
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
	dc.purpose = effort->purpose;
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

	defrag_effort_begin(&effort, zone, DEFRAG_FOR_CHECK);
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
	unsigned int order = defrag_reserve_order();
	unsigned long made, lacks, found = 1;
	bool paid = false, tried = false;
	struct defrag_effort effort;

	if (!defrag_reserve_wants(dn, zone, order))
		return;
	defrag_effort_begin(&effort, zone, DEFRAG_FOR_RESERVE);
	while (found && effort.budget && defrag_may_go_on(&effort) &&
	       (lacks = defrag_reserve_lacks(zone, order, true))) {
		/* What fails is dearer next time, and others have their turn. */
		found = defrag_step(dn, zone, order, lacks, &effort, &made);
		tried = true;
		paid |= made;
		if (!made && effort.no_room)
			break;
	}
	/* Cut short, it tells nothing. */
	if (tried && (paid || defrag_may_go_on(&effort)))
		defrag_settle(zone, dz, paid);
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
	/* There may be more: who takes the lock meanwhile is to know. */
	if (found)
		set_bit(ZONE_FOREIGN, &zone->flags);
	if (!effort->forced)
		defrag_rest(dn, task_sched_runtime(current) - start);
	return found;
}

/**
 * defrag_home - bring movable pages home that lie in blocks of others
 * @dn: the node
 * @zone: one of its zones
 * @effort: what may be done for it
 *
 * See home.c.
 *
 * Context: process context, the node's lock held.
 */
void defrag_home(struct defrag_node *dn, struct zone *zone,
		 struct defrag_effort *effort)
{
	struct defrag_zone *dz = &dn->zones[zone_idx(zone)];
	unsigned long pfn = pageblock_start_pfn(zone->zone_start_pfn);

	if (!test_bit(ZONE_FOREIGN, &zone->flags) || !defrag_may_go_on(effort) ||
	    !defrag_pages_to_spare(zone) ||
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
 * Requests in one word, so that they are made and taken as a whole: a bit for each
 * order that is asked for, and the highest zone that will do for all of them.  Bit 0
 * says that there is one, if only for the reserve; another that what was in vain
 * before is to be tried afresh.
 */
#define DEFRAG_REQUESTED	BIT(0)
#define DEFRAG_ORDERS		GENMASK(MAX_PAGE_ORDER, 1)
#define DEFRAG_ZONE_SHIFT	24
#define DEFRAG_AFRESH		BIT(31)

static int defrag_request_zone(unsigned int request)
{
	return (request & ~DEFRAG_AFRESH) >> DEFRAG_ZONE_SHIFT;
}

/* Work for one order, in all zones that will do; the check judges it. */
static void defrag_node_check(struct defrag_node *dn, unsigned int order,
			      int highest_zoneidx)
{
	struct order_wmark_pass pass;
	int i;

	order_wmark_pass_begin(&pass, dn->pgdat, order, highest_zoneidx);
	for (i = highest_zoneidx; pass.ours && i >= 0; i--) {
		struct zone *zone = dn->pgdat->node_zones + i;

		defrag_lock(dn);
		/* Whoever had the lock had it for long, maybe. */
		if (managed_zone(zone))
			pass.whole &= defrag_for_check(dn, zone, order,
						       highest_zoneidx);
		mutex_unlock(&dn->lock);
	}
	/* Asks for another round if this one paid and more is wanted. */
	order_wmark_pass_end(&pass);
}

static void defrag_node_reserve(struct defrag_node *dn, bool afresh)
{
	int i;

	for (i = MAX_NR_ZONES - 1; i >= 0; i--) {
		struct zone *zone = dn->pgdat->node_zones + i;

		defrag_lock(dn);
		if (afresh)
			WRITE_ONCE(dn->zones[i].shift, 0);
		if (managed_zone(zone))
			defrag_for_reserve(dn, zone);
		mutex_unlock(&dn->lock);
	}
}

static void defrag_node_work(struct defrag_node *dn)
{
	/* Taken on here; what comes in from now on is a new one. */
	unsigned int request = xchg(&dn->request, 0);
	unsigned int order;

	count_vm_event(KDEFRAGD_WAKE);
	/* The largest first: it stands in for smaller ones, if it is to be had. */
	for (order = MAX_PAGE_ORDER; order > 0; order--)
		if (request & BIT(order))
			defrag_node_check(dn, order, defrag_request_zone(request));
	/* The reserve in all zones, whatever is asked for. */
	defrag_node_reserve(dn, request & DEFRAG_AFRESH);
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

/*
 * Both requests in one: what is made in the lower zone does for either.  That for the
 * reserve alone has no zone, for all are looked at.
 */
static unsigned int defrag_merge(unsigned int request, unsigned int order,
				 int highest_zoneidx)
{
	unsigned int orders = request & DEFRAG_ORDERS;

	if (orders && (!order || defrag_request_zone(request) < highest_zoneidx))
		highest_zoneidx = defrag_request_zone(request);
	return DEFRAG_REQUESTED | orders | BIT(order) | (request & DEFRAG_AFRESH) |
	       highest_zoneidx << DEFRAG_ZONE_SHIFT;
}

/* Make a request, with those that have not been taken. */
static void defrag_ask(struct defrag_node *dn, unsigned int order,
		       int highest_zoneidx, unsigned int flags)
{
	unsigned int request = READ_ONCE(dn->request), wanted;

	BUILD_BUG_ON(MAX_PAGE_ORDER >= DEFRAG_ZONE_SHIFT);
	do {
		wanted = defrag_merge(request, order, highest_zoneidx) | flags;
	} while (!try_cmpxchg(&dn->request, &request, wanted));

	/* Pairs with the barrier in wait_event_freezable(). */
	if (wq_has_sleeper(&dn->wait))
		wake_up_interruptible(&dn->wait);
}

/**
 * defrag_ask_afresh - let the thread look for work, also where it was in vain
 * @dn: the node
 *
 * Context: any, but not under zone->lock.
 */
void defrag_ask_afresh(struct defrag_node *dn)
{
	defrag_ask(dn, 0, MAX_NR_ZONES - 1, DEFRAG_AFRESH);
}

/**
 * kdefragd_wake - ask for free areas of an order
 * @pgdat: the node
 * @order: the order, or 0 for the reserve
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
 * While a reserve is kept, and may be worked for.  Proactive
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
		if (defrag_reserve_low(pgdat->node_zones + i,
				       defrag_reserve_order()))
			return true;
	return false;
}

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

	sysctl_kdefragd_order = pageblock_order;	/* no constant everywhere */
	for_each_node_state(nid, N_MEMORY)
		kdefragd_run(nid);
	return 0;
}
subsys_initcall(kdefragd_init);
