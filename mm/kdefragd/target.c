// SPDX-License-Identifier: GPL-2.0
/*
 * kdefragd: find the ranges that choose.c's plan is about.
 *
 * For whole blocks and more, the counts of free pages tell all that is needed,
 * and no page struct is read: two sweeps over the counts, one for the census,
 * one to collect the cheapest.
 *
 * Below a block the free lists tell.  To make an area of order N, the missing
 * part beside a free area of order N-1 is looked at, then of order N-2, and so
 * on: the larger the piece that is there, the less is there to move.  (Marcelo
 * Tosatti's proposal of 2004, made to the same end.)  Looking costs the pages
 * looked at, so it is bounded, and what was looked at goes to the tail of its
 * list, so that the next look goes on from there.
 *
 * Only movable blocks are worked on: in others there is, by all experience, a
 * page that cannot be moved.  home.c moves out of some of these what it can.
 *
 * Locking: the node's lock for the census; zone->lock while blocks are looked
 * at, so that they stay (see block_occupancy.c), and while free lists are walked.
 * It is dropped often: a target may have changed, or gone, when its turn comes,
 * and defrag_evacuate() looks again.
 */
#include <linux/jiffies.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/page-isolation.h>
#include <linux/sched.h>
#include "../block_occupancy.h"
#include "../internal.h"
#include "../page_alloc.h"
#include "internal.h"

#include <trace/events/kdefragd.h>

/*
 * A failure is forgotten after this.  Unit: jiffies.  A block that failed is
 * tried once or twice a minute at most.  As a stamp has eight bits, one that is
 * older than 256 ticks, 68 minutes, looks young again, and its block is passed
 * over for another four ticks.
 */
#define DEFRAG_TICK		(16 * HZ)

/* Failures are kept in four bits each for whole blocks and for parts of them. */
#define DEFRAG_FAILURES_MAX	15
#define DEFRAG_SHIFT_WHOLE	0
#define DEFRAG_SHIFT_PARTS	4

/*
 * Page structs read, about, under one hold of zone->lock, to price ranges around
 * free areas.  Unit: 1.  Some ten microseconds; the range that goes beyond it is
 * read to its end, half a block at most.
 */
#define DEFRAG_LOOK		512

/*
 * Blocks looked at under one hold of zone->lock.  Unit: 1.  Some microseconds;
 * fewer cost more in taking the lock than in looking.
 */
#define DEFRAG_SWEEP		64

/* A look at block after block, under zone->lock but for a pause now and then. */
struct defrag_sweep {
	struct zone	*zone;
	unsigned long	flags;
	unsigned long	looked;
};

static void defrag_sweep_begin(struct defrag_sweep *sweep, struct zone *zone)
{
	sweep->zone = zone;
	sweep->looked = 0;
	spin_lock_irqsave(&zone->lock, sweep->flags);
}

static void defrag_sweep_end(struct defrag_sweep *sweep)
{
	spin_unlock_irqrestore(&sweep->zone->lock, sweep->flags);
}

/* @nr more blocks have been looked at: let others have the lock? */
static void defrag_sweep_pause(struct defrag_sweep *sweep, unsigned long nr)
{
	sweep->looked += nr;
	if (sweep->looked < DEFRAG_SWEEP)
		return;
	defrag_sweep_end(sweep);
	cond_resched();
	defrag_sweep_begin(sweep, sweep->zone);
}

static unsigned int defrag_shift(struct defrag_control *dc)
{
	return dc->order < pageblock_order ? DEFRAG_SHIFT_PARTS :
					     DEFRAG_SHIFT_WHOLE;
}

static u8 defrag_now(void)
{
	return jiffies / DEFRAG_TICK;
}

/* Failures that are not forgotten, of blocks or of parts. */
static unsigned int defrag_failures(struct page_block *block,
				    unsigned int shift)
{
	return (READ_ONCE(block->failures) >> shift) & DEFRAG_FAILURES_MAX;
}

static unsigned int defrag_ticks(struct page_block *block)
{
	return (u8)(defrag_now() - READ_ONCE(block->failed_at));
}

/**
 * defrag_remember - how it went with a block
 * @dc: the pass
 * @pfn: a page frame of the block
 * @outcome: how
 *
 * Two passes may write at a time if one of them is direct; what is lost then is
 * one failure.
 *
 * Context: the block is isolated by the caller.
 */
void defrag_remember(struct defrag_control *dc, unsigned long pfn,
		     enum defrag_outcome outcome)
{
	struct page_block *block = pfn_page_block(pfn_to_page(pfn), pfn);
	unsigned int shift = defrag_shift(dc);
	unsigned int other = DEFRAG_SHIFT_WHOLE + DEFRAG_SHIFT_PARTS - shift;
	unsigned int known = defrag_failures(block, shift);
	unsigned int others = defrag_failures(block, other);

	/* One stamp for both. */
	known -= min(known, defrag_ticks(block));
	others -= min(others, defrag_ticks(block));
	/* Of a part, it tells little about the others. */
	if (shift == DEFRAG_SHIFT_PARTS &&
	    (outcome == DEFRAG_PINNED || outcome == DEFRAG_UNMOVABLE))
		outcome = DEFRAG_BUSY;
	switch (outcome) {
	case DEFRAG_MADE:
		known = 0;
		break;
	case DEFRAG_BUSY:
	case DEFRAG_NO_ROOM:	/* or it would be chosen again at once */
		known = min(known + 1, DEFRAG_FAILURES_MAX);
		break;
	case DEFRAG_PINNED:	/* most pins are for one transfer: not for long */
		known = clamp(known + 1, DEFRAG_KNOWN_BAD, DEFRAG_FAILURES_MAX);
		break;
	case DEFRAG_UNMOVABLE:
		known = DEFRAG_FAILURES_MAX;
		break;
	case DEFRAG_CHANGED:
		break;
	}
	WRITE_ONCE(block->failures, others << other | known << shift);
	WRITE_ONCE(block->failed_at, defrag_now());
}

/* The price of @used pages of the block, by what is remembered of it. */
static unsigned int defrag_price_now(struct page_block *block,
				     unsigned int shift, unsigned int used)
{
	return defrag_price(used, defrag_failures(block, shift),
			    defrag_ticks(block));
}

static void defrag_count_block(struct page_block *block, unsigned int shift,
			       struct defrag_remembered *r)
{
	switch (defrag_price_now(block, shift, 1)) {
	case 1:
		break;
	case DEFRAG_PRICE_MAX:
		r->passed_over++;
		break;
	default:
		r->dearer++;
	}
}

/**
 * defrag_count_remembered - what failed in a zone and is remembered
 * @zone: the zone
 * @blocks: as whole blocks
 * @parts: in parts
 *
 * Context: process context; takes zone->lock.
 */
void defrag_count_remembered(struct zone *zone, struct defrag_remembered *blocks,
			     struct defrag_remembered *parts)
{
	unsigned long pfn = pageblock_align(zone->zone_start_pfn);
	struct defrag_sweep sweep;

	defrag_sweep_begin(&sweep, zone);
	for (; pfn < zone_end_pfn(zone); pfn += pageblock_nr_pages) {
		struct page *page = block_in_zone(zone, pfn);

		if (page) {
			defrag_count_block(pfn_page_block(page, pfn),
					   DEFRAG_SHIFT_WHOLE, blocks);
			defrag_count_block(pfn_page_block(page, pfn),
					   DEFRAG_SHIFT_PARTS, parts);
		}
		defrag_sweep_pause(&sweep, 1);
	}
	defrag_sweep_end(&sweep);
}

/*
 * Pages to move out of a block; DEFRAG_PRICE_MAX if that is not to be.  A free
 * one that is isolated, CMA's or kept for atomic requests is nobody's to have.
 * Context: zone->lock held.
 */
static unsigned int defrag_block_price(struct defrag_control *dc,
				       unsigned long pfn)
{
	struct page *page = block_in_zone(dc->zone, pfn);
	enum migratetype migratetype;
	unsigned int used;

	if (!page)
		return DEFRAG_PRICE_MAX;
	used = pageblock_nr_pages - block_nr_free(page);
	migratetype = get_pageblock_migratetype(page);
	if (!used && migratetype_is_mergeable(migratetype))
		return 0;
	if (!used || migratetype != MIGRATE_MOVABLE)
		return DEFRAG_PRICE_MAX;

	return defrag_price_now(pfn_page_block(page, pfn), defrag_shift(dc), used);
}

/* Blocks in a run. */
static unsigned long defrag_run_blocks(struct defrag_control *dc)
{
	return 1UL << (dc->order - pageblock_order);
}

/**
 * defrag_run_price - what it costs to empty a run of blocks
 * @dc: the pass; @dc->order tells the length of the run
 * @pfn: its first page frame
 *
 * Context: zone->lock held.
 * Return: the price of its average block, rounded up: 0 only if all are free;
 * DEFRAG_PRICE_MAX if one is not to be emptied.
 */
unsigned int defrag_run_price(struct defrag_control *dc, unsigned long pfn)
{
	unsigned long end = pfn + (1UL << dc->order);
	unsigned long sum = 0;

	for (; pfn < end; pfn += pageblock_nr_pages) {
		unsigned int price = defrag_block_price(dc, pfn);

		if (price == DEFRAG_PRICE_MAX)
			return price;
		sum += price;
	}
	return DIV_ROUND_UP(sum, defrag_run_blocks(dc));
}

/* Where runs of the order begin in the zone. */
static unsigned long defrag_first_run(struct defrag_control *dc)
{
	return ALIGN(dc->zone->zone_start_pfn, 1UL << dc->order);
}

static bool defrag_run_in_zone(struct defrag_control *dc, unsigned long pfn)
{
	return pfn + (1UL << dc->order) <= zone_end_pfn(dc->zone);
}

/*
 * Free pages of a movable block that is in use; else 0.
 * Context: zone->lock held.
 */
static unsigned int defrag_hole(struct defrag_control *dc, unsigned long pfn)
{
	struct page *page = block_in_zone(dc->zone, pfn);

	if (!page || get_pageblock_migratetype(page) != MIGRATE_MOVABLE)
		return 0;
	return block_nr_free(page) % pageblock_nr_pages;
}

/*
 * Is a block with such a hole known not to come free, and is there room in it?
 * Context: zone->lock held.
 */
static bool defrag_hole_in_wall(unsigned long pfn, unsigned int hole)
{
	return hole >= DEFRAG_ROOM_BATCH &&
	       defrag_price_now(pfn_page_block(pfn_to_page(pfn), pfn),
				DEFRAG_SHIFT_WHOLE, 1) == DEFRAG_PRICE_MAX;
}

/**
 * defrag_is_wall - is this a block that is known not to come free, with room?
 * @dc: the pass
 * @pfn: first page frame of the block
 *
 * Context: zone->lock held.
 * Return: true if a batch of pages finds room in it, and it is not to be emptied
 * as a whole for what failed before.
 */
bool defrag_is_wall(struct defrag_control *dc, unsigned long pfn)
{
	return defrag_hole_in_wall(pfn, defrag_hole(dc, pfn));
}

static void defrag_take_census(struct defrag_control *dc,
			       struct defrag_census *census)
{
	size_t size = census->nr_entries * sizeof(*census->holes);
	unsigned long pfn = pageblock_start_pfn(dc->zone->zone_start_pfn);
	struct defrag_sweep sweep;
	unsigned int price;

	census->run = defrag_run_blocks(dc);
	dc->wall = 0;
	memset(census->holes, 0, size);
	memset(census->offers, 0, size);

	defrag_sweep_begin(&sweep, dc->zone);
	for (; pfn < zone_end_pfn(dc->zone); pfn += pageblock_nr_pages) {
		unsigned int hole = defrag_hole(dc, pfn);

		census->holes[hole]++;
		if (!dc->wall && defrag_hole_in_wall(pfn, hole))
			dc->wall = pfn;
		defrag_sweep_pause(&sweep, 1);
	}
	for (pfn = defrag_first_run(dc); defrag_run_in_zone(dc, pfn);
	     pfn += 1UL << dc->order) {
		price = defrag_run_price(dc, pfn);
		if (price && price < census->block_pages)
			census->offers[price]++;
		defrag_sweep_pause(&sweep, census->run);
	}
	defrag_sweep_end(&sweep);
	census->holes[0] = 0;
}

/* How many offers of exactly plan->max_price are part of the plan. */
static unsigned long defrag_quota(const struct defrag_census *census,
				  const struct defrag_plan *plan)
{
	unsigned long cheaper = 0;
	unsigned int price;

	for (price = 1; price < plan->max_price; price++)
		cheaper += census->offers[price];
	return plan->blocks - cheaper;
}

/* The address below which blocks with max_free pages free are filled. */
static unsigned long defrag_fill_below(struct defrag_control *dc,
				       unsigned long nr)
{
	unsigned long pfn = pageblock_start_pfn(dc->zone->zone_start_pfn);
	struct defrag_sweep sweep;

	defrag_sweep_begin(&sweep, dc->zone);
	for (; nr && pfn < zone_end_pfn(dc->zone); pfn += pageblock_nr_pages) {
		struct page *page = block_in_zone(dc->zone, pfn);

		if (page && block_nr_free(page) == dc->max_free &&
		    get_pageblock_migratetype(page) == MIGRATE_MOVABLE)
			nr--;
		defrag_sweep_pause(&sweep, 1);
	}
	defrag_sweep_end(&sweep);
	return pfn;
}

/**
 * defrag_find_blocks - the blocks, or runs of blocks, to be emptied next
 * @dc: the pass; its prices and its lines are set by this
 * @dn: the node; its targets are filled in
 * @wanted: blocks or runs that are wanted
 *
 * Filled is what would never be emptied, whatever is wanted: in the end all
 * that room is used, and to insist on the very fullest blocks first would mean
 * to look for their few free pages among all the others on the lists.  Of
 * blocks that are equally full, those at high addresses are emptied and those
 * at low ones filled.
 *
 * Return: how many targets.
 */
unsigned int defrag_find_blocks(struct defrag_control *dc,
				struct defrag_node *dn, unsigned long wanted)
{
	unsigned long run = 1UL << dc->order, pfn, quota;
	struct defrag_sweep sweep;
	struct defrag_plan plan;
	unsigned int nr = 0;

	defrag_take_census(dc, &dn->census);
	plan = defrag_plan(&dn->census, ULONG_MAX);
	dc->max_free = plan.max_free;
	dc->fill_below = defrag_fill_below(dc, plan.nr_last);

	plan = defrag_plan(&dn->census, min(wanted, DEFRAG_BATCH));
	dc->max_price = plan.max_price;
	quota = defrag_quota(&dn->census, &plan);

	pfn = round_down(zone_end_pfn(dc->zone), run);
	defrag_sweep_begin(&sweep, dc->zone);
	while (nr < plan.blocks && pfn > defrag_first_run(dc)) {
		unsigned int price;

		defrag_sweep_pause(&sweep, dn->census.run);
		pfn -= run;
		price = defrag_run_price(dc, pfn);
		if (!price || price > plan.max_price ||
		    (price == plan.max_price && !quota))
			continue;
		quota -= price == plan.max_price;
		dn->targets[nr++] = (struct defrag_target){ pfn, price };
	}
	defrag_sweep_end(&sweep);
	return nr;
}

/*
 * Blocks that a direct request looks at.  Unit: 1.  Four thousand counts are
 * read in less time than a hundred pages are copied.
 */
#define DEFRAG_DIRECT_BLOCKS	4096UL

/**
 * defrag_find_block - a cheap block, without a census
 * @dc: the pass; its prices and its lines are set by this
 * @target: filled in
 * @cursor: where to look first; moved on
 *
 * Context: process context, no lock held; @cursor may be shared.
 * Return: true if there is one, and room for its pages.
 */
bool defrag_find_block(struct defrag_control *dc, struct defrag_target *target,
		       unsigned long *cursor)
{
	unsigned long look = min(dc->zone->spanned_pages >> dc->order,
				 DEFRAG_DIRECT_BLOCKS);
	unsigned long pfn = READ_ONCE(*cursor), room = 0;
	struct defrag_sweep sweep;

	target->price = DEFRAG_PRICE_MAX;
	dc->wall = 0;
	dc->spent = 0;
	defrag_sweep_begin(&sweep, dc->zone);
	for (; look; look--) {
		unsigned int price, hole;

		if (pfn < defrag_first_run(dc) || !defrag_run_in_zone(dc, pfn))
			pfn = defrag_first_run(dc);
		if (!defrag_run_in_zone(dc, pfn))
			break;
		hole = defrag_hole(dc, pfn);
		room += hole;
		if (!dc->wall && defrag_hole_in_wall(pfn, hole))
			dc->wall = pfn;
		price = defrag_run_price(dc, pfn);
		if (price && price < target->price) {
			*target = (struct defrag_target){ pfn, price };
			dc->max_free = hole;
		}
		pfn += 1UL << dc->order;
		dc->looked++;
		defrag_sweep_pause(&sweep, 1);
	}
	defrag_sweep_end(&sweep);
	WRITE_ONCE(*cursor, pfn);

	/* More than half of it is no longer the cheap way. */
	if (target->price > (dc->any_price ? pageblock_nr_pages - 1 :
					     pageblock_nr_pages / 2))
		return false;
	/* Its pages are to find room in the others that were looked at. */
	if (room < pageblock_nr_pages)
		return false;
	dc->max_price = target->price;
	dc->fill_below = target->pfn;
	return true;
}

/**
 * defrag_find_wall - the next block that may be filled whatever the plan says
 * @dc: the pass
 * @pfn: first page frame of the block to begin with
 *
 * Context: process context, no lock held.
 * Return: its first page frame; 0 if there is none among the next blocks.
 */
unsigned long defrag_find_wall(struct defrag_control *dc, unsigned long pfn)
{
	unsigned long look = DEFRAG_DIRECT_BLOCKS, wall = 0;
	struct defrag_sweep sweep;

	defrag_sweep_begin(&sweep, dc->zone);
	for (; !wall && look && pfn < zone_end_pfn(dc->zone); look--) {
		if (defrag_is_wall(dc, pfn))
			wall = pfn;
		pfn += pageblock_nr_pages;
		dc->looked++;
		defrag_sweep_pause(&sweep, 1);
	}
	defrag_sweep_end(&sweep);
	return wall;
}

/*
 * Are movable pages to leave the block?  Takes the mark off that says so.
 * Context: zone->lock held.
 */
static bool defrag_take_foreign(struct defrag_control *dc, unsigned long pfn)
{
	struct page *page = block_in_zone(dc->zone, pfn);
	enum migratetype migratetype;

	if (!page || !get_pfnblock_bit(page, pfn, PB_foreign))
		return false;

	migratetype = get_pageblock_migratetype(page);
	if (is_migrate_isolate(migratetype)) {
		/* Somebody is at work on it: later. */
		set_bit(ZONE_FOREIGN, &dc->zone->flags);
		return false;
	}
	clear_pfnblock_bit(page, pfn, PB_foreign);
	return migratetype != MIGRATE_MOVABLE;
}

/**
 * defrag_find_foreign - the next block that movable pages are to leave
 * @dc: the pass
 * @pfn: first page frame of the block to begin with
 *
 * Context: process context, no lock held.
 * Return: its first page frame, or that of the zone's end, or one behind.
 */
unsigned long defrag_find_foreign(struct defrag_control *dc, unsigned long pfn)
{
	struct defrag_sweep sweep;

	defrag_sweep_begin(&sweep, dc->zone);
	while (pfn < zone_end_pfn(dc->zone) && !defrag_take_foreign(dc, pfn)) {
		pfn += pageblock_nr_pages;
		defrag_sweep_pause(&sweep, 1);
	}
	defrag_sweep_end(&sweep);
	return pfn;
}

/* Pages to move out of the range; DEFRAG_PRICE_MAX if that is not to be. */
static unsigned int defrag_range_price(struct defrag_control *dc,
				       unsigned long start)
{
	unsigned long pfn = start, end = start + (1UL << dc->order), step;
	unsigned int used = 0;

	while (pfn < end) {
		struct page *page = pfn_to_page(pfn);

		dc->inspected++;
		if (PageBuddy(page)) {
			pfn += 1UL << buddy_order(page);
			continue;
		}
		if (!defrag_page_movable(page, dc->order, &step))
			return DEFRAG_PRICE_MAX;
		used += step;
		pfn += step;
	}
	return used;
}

static bool defrag_known_target(const struct defrag_target *targets,
				unsigned int nr, unsigned long pfn)
{
	while (nr--)
		if (targets[nr].pfn == pfn)
			return true;
	return false;
}

/* Is the range around the free area @page worth it?  zone->lock held. */
static bool defrag_offer(struct defrag_control *dc, struct page *page,
			 struct defrag_target *target)
{
	unsigned long pfn = round_down(page_to_pfn(page), 1UL << dc->order);
	struct page_block *block = pfn_page_block(page, pfn);
	unsigned int price;

	if (!block_in_zone(dc->zone, pageblock_start_pfn(pfn)))
		return false;
	/* Do not read the pages of what is known to be in vain. */
	if (defrag_price_now(block, defrag_shift(dc), 1) == DEFRAG_PRICE_MAX)
		return false;

	price = defrag_range_price(dc, pfn);
	*target = (struct defrag_target){ pfn, price };
	return price && price != DEFRAG_PRICE_MAX;
}

/**
 * defrag_round_begin - begin a round over the free areas
 * @zone: of this zone
 * @round: set up
 *
 * Context: any.
 */
void defrag_round_begin(struct zone *zone, struct defrag_round *round)
{
	unsigned int order;

	*round = (struct defrag_round){ };
	for (order = 0; order < NR_PAGE_ORDERS; order++) {
		/* Changes under zone->lock; a stale count ends the round early. */
		round->left[order] = data_race(zone->free_area[order].nr_free);
	}
}

/*
 * Look at free areas of @order that the round has not come to yet, for as long
 * as zone->lock may be held.  Return: targets, with the @nr that there are.
 */
static unsigned int defrag_look_at_areas(struct defrag_control *dc,
					 struct defrag_round *round,
					 unsigned int order,
					 struct defrag_target *targets,
					 unsigned int nr,
					 unsigned int nr_targets)
{
	struct list_head *list =
		&dc->zone->free_area[order].free_list[MIGRATE_MOVABLE];
	unsigned long enough = dc->inspected + DEFRAG_LOOK;

	guard(spinlock_irqsave)(&dc->zone->lock);
	while (round->left[order] && nr < nr_targets && dc->inspected < enough) {
		struct page *page = list_first_entry_or_null(list, struct page,
							     buddy_list);
		struct defrag_target t;

		if (!page || page == round->first[order]) {
			round->left[order] = 0;
			break;
		}
		if (!round->first[order])
			round->first[order] = page;
		round->left[order]--;
		dc->inspected++;
		list_move_tail(&page->buddy_list, list);
		if (defrag_offer(dc, page, &t) &&
		    !defrag_known_target(targets, nr, t.pfn))
			targets[nr++] = t;
	}
	return nr;
}

/**
 * defrag_find_areas - the ranges below a block that are cheapest to complete
 * @dc: the pass
 * @round: where it has come to; moved on
 * @targets: filled in
 * @nr_targets: room there
 *
 * Who waits for a page looks at each order but once; else all areas are looked
 * at, if need be, so that none found means none left in this round.
 *
 * Context: process context.
 * Return: how many targets.
 */
unsigned int defrag_find_areas(struct defrag_control *dc,
			       struct defrag_round *round,
			       struct defrag_target *targets,
			       unsigned int nr_targets)
{
	unsigned int nr = 0, order = dc->order;

	dc->max_free = pageblock_nr_pages;
	dc->fill_below = ULONG_MAX;

	while (order-- && nr < nr_targets) {
		do {
			nr = defrag_look_at_areas(dc, round, order, targets, nr,
						  nr_targets);
			cond_resched();
		} while (!dc->direct && round->left[order] && nr < nr_targets);
	}
	return nr;
}
