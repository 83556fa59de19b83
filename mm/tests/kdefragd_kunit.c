// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of what kdefragd chooses: tables of block counts in, plan out;
 * and of the counts themselves.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/gfp.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/page-isolation.h>
#include <linux/vmstat.h>
#include "../block_occupancy.h"
#include "../kdefragd/choose.h"
#include "../kdefragd/hooks.h"
#include "../kdefragd/internal.h"
#include "../page_alloc.h"

#define BLOCK	512

struct plan_test {
	struct defrag_census census;
	unsigned int holes[BLOCK + 1];
	unsigned int offers[BLOCK + 1];
};

/* A block with @used pages can be emptied and has room for the rest. */
static void add_blocks(struct plan_test *t, unsigned int nr, unsigned int used)
{
	t->offers[used] += nr;
	t->holes[BLOCK - used] += nr;
}

static struct plan_test *new_census(struct kunit *test)
{
	struct plan_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, t);
	t->census = (struct defrag_census){
		.block_pages = BLOCK,
		.nr_entries = BLOCK + 1,
		.run = 1,
		.holes = t->holes,
		.offers = t->offers,
	};
	return t;
}

static void plan_nothing(struct kunit *test)
{
	struct plan_test *t = new_census(test);
	struct defrag_plan plan = defrag_plan(&t->census, ULONG_MAX);

	KUNIT_EXPECT_EQ(test, plan.max_price, 0);
	KUNIT_EXPECT_EQ(test, plan.blocks, 0);

	/* One block alone has nowhere to go. */
	add_blocks(t, 1, 10);
	plan = defrag_plan(&t->census, ULONG_MAX);
	KUNIT_EXPECT_EQ(test, plan.max_price, 0);
}

static void plan_all_that_fit(struct kunit *test)
{
	struct plan_test *t = new_census(test);
	struct defrag_plan plan;

	add_blocks(t, 4, 10);
	add_blocks(t, 4, 500);
	plan = defrag_plan(&t->census, ULONG_MAX);
	KUNIT_EXPECT_EQ(test, plan.blocks, 4);
	KUNIT_EXPECT_EQ(test, plan.pages, 40);
	KUNIT_EXPECT_EQ(test, plan.max_price, 10);
	KUNIT_EXPECT_EQ(test, plan.max_free, 12);
}

/* The example at the head of choose.c. */
static void plan_stops_when_full(struct kunit *test)
{
	struct plan_test *t = new_census(test);
	struct defrag_plan plan;

	add_blocks(t, 4, 10);
	add_blocks(t, 3, 500);
	plan = defrag_plan(&t->census, ULONG_MAX);
	KUNIT_EXPECT_EQ(test, plan.blocks, 3);
	KUNIT_EXPECT_EQ(test, plan.pages, 30);
}

static void plan_wanted(struct kunit *test)
{
	struct plan_test *t = new_census(test);
	struct defrag_plan plan;

	add_blocks(t, 3, 10);
	add_blocks(t, 3, 20);
	add_blocks(t, 10, 400);
	plan = defrag_plan(&t->census, 2);
	KUNIT_EXPECT_EQ(test, plan.blocks, 2);
	KUNIT_EXPECT_EQ(test, plan.max_price, 10);
	plan = defrag_plan(&t->census, 4);
	KUNIT_EXPECT_EQ(test, plan.pages, 50);
	KUNIT_EXPECT_EQ(test, plan.max_price, 20);
	KUNIT_EXPECT_EQ(test, plan.max_free, 112);
}

/* The fullest blocks are filled first. */
static void plan_fills_the_fullest(struct kunit *test)
{
	struct plan_test *t = new_census(test);
	struct defrag_plan plan;

	add_blocks(t, 1, 5);
	add_blocks(t, 1, 300);
	add_blocks(t, 5, 511);
	plan = defrag_plan(&t->census, ULONG_MAX);
	KUNIT_EXPECT_EQ(test, plan.blocks, 1);
	KUNIT_EXPECT_EQ(test, plan.max_free, 1);
}

/* Blocks that are half full each make half as many free ones. */
static void plan_halves(struct kunit *test)
{
	struct plan_test *t = new_census(test);
	struct defrag_plan plan;

	add_blocks(t, 1, 255);
	add_blocks(t, 1, 256);
	add_blocks(t, 1, 257);
	plan = defrag_plan(&t->census, ULONG_MAX);
	KUNIT_EXPECT_EQ(test, plan.blocks, 1);
	KUNIT_EXPECT_EQ(test, plan.max_price, 255);
	KUNIT_EXPECT_LT(test, plan.max_free, BLOCK - plan.max_price);
}

/* Of blocks that are equally full some are emptied into the others. */
static void plan_equals(struct kunit *test)
{
	struct plan_test *t = new_census(test);
	struct defrag_plan plan;

	add_blocks(t, 17, 32);
	plan = defrag_plan(&t->census, ULONG_MAX);
	KUNIT_EXPECT_EQ(test, plan.blocks, 15);
	KUNIT_EXPECT_EQ(test, plan.max_free, BLOCK - 32);
	KUNIT_EXPECT_EQ(test, plan.nr_last, 1);

	add_blocks(t, 1, 32);
	plan = defrag_plan(&t->census, ULONG_MAX);
	KUNIT_EXPECT_EQ(test, plan.blocks, 16);
	KUNIT_EXPECT_EQ(test, plan.nr_last, 2);
}

/* A run needs room for all of its blocks, not for one. */
static void plan_runs(struct kunit *test)
{
	struct plan_test *t = new_census(test);
	struct defrag_plan plan;

	t->census.run = 4;
	t->offers[100] = 1;
	t->holes[399 / 3] = 3;
	plan = defrag_plan(&t->census, ULONG_MAX);
	KUNIT_EXPECT_EQ(test, plan.blocks, 0);

	t->holes[1] = 1;
	plan = defrag_plan(&t->census, ULONG_MAX);
	KUNIT_EXPECT_EQ(test, plan.blocks, 1);
	KUNIT_EXPECT_EQ(test, plan.max_price, 100);
	KUNIT_EXPECT_EQ(test, plan.pages, 400);

	/* The first takes up 400 of 500. */
	t->offers[100] = 2;
	t->holes[100] = 1;
	plan = defrag_plan(&t->census, ULONG_MAX);
	KUNIT_EXPECT_EQ(test, plan.blocks, 1);
}

/* No page is moved into what is to be emptied, whatever the counts. */
static void plan_lines_never_cross(struct kunit *test)
{
	struct plan_test *t = new_census(test);
	unsigned int i, seed = 1;

	for (i = 0; i < 200; i++) {
		struct defrag_plan plan;

		/* A linear congruential generator: the same on every run. */
		seed = seed * 1664525 + 1013904223;
		add_blocks(t, 1 + (seed >> 28), 1 + (seed >> 8) % (BLOCK - 1));
		plan = defrag_plan(&t->census, ULONG_MAX);
		if (!plan.max_price)
			continue;
		KUNIT_ASSERT_LE(test, plan.max_free, BLOCK - plan.max_price);
	}
	KUNIT_EXPECT_GT(test, defrag_plan(&t->census, ULONG_MAX).blocks, 0);
}

/* Areas, in thousandths of the zone's; none in a zone of a few. */
static void reserve_scales(struct kunit *test)
{
	static const struct {
		unsigned long areas;
		int reserve;
		unsigned long low, high;
	} zones[] = {
		{ 63, 100, 0, 0 },
		{ 64, 100, 6, 9 },
		{ 199, 5, 0, 0 },
		{ 200, 5, 1, 1 },
		{ 400, 5, 2, 3 },
		{ 1000, 5, 5, 7 },
		{ 1000, 0, 0, 0 },
		{ 524288, 5, 2621, 3931 },
	};
	struct zone *zone = kunit_kzalloc(test, sizeof(*zone), GFP_KERNEL);
	int before = READ_ONCE(sysctl_free_block_reserve);
	unsigned int i, order;

	KUNIT_ASSERT_NOT_NULL(test, zone);
	for (i = 0; i < ARRAY_SIZE(zones); i++) {
		WRITE_ONCE(sysctl_free_block_reserve, zones[i].reserve);
		for (order = 1; order < NR_PAGE_ORDERS; order++) {
			atomic_long_set(&zone->managed_pages, zones[i].areas << order);
			KUNIT_EXPECT_EQ(test, defrag_reserve_low(zone, order),
					zones[i].low);
			KUNIT_EXPECT_EQ(test, defrag_reserve_high(zone, order),
					zones[i].high);
		}
	}
	WRITE_ONCE(sysctl_free_block_reserve, before);
}

/* In a zone of a thousand areas of an order, with so many free. */
static void zone_of_areas(struct zone *zone, unsigned int order,
			  unsigned long areas, unsigned long pages)
{
	atomic_long_set(&zone->managed_pages, 1000UL << order);
	zone->free_area[order].nr_free = areas;
	atomic_long_set(&zone->vm_stat[NR_FREE_PAGES], pages);
}

/* What is in it: areas of the order, and larger ones, as so many of it. */
static void reserve_counts_larger_areas(struct kunit *test)
{
	struct zone *zone = kunit_kzalloc(test, sizeof(*zone), GFP_KERNEL);
	unsigned long areas = 0;
	int order;

	KUNIT_ASSERT_NOT_NULL(test, zone);
	/* Five of each order, two of which are for few requests. */
	for (order = 0; order < NR_PAGE_ORDERS; order++) {
		zone->free_area[order].nr_free = 5;
		zone->free_area[order].nr_reserved = 2;
	}
	for (order = MAX_PAGE_ORDER; order > 0; order--) {
		areas = 2 * areas + 3;
		KUNIT_EXPECT_EQ(test, defrag_free_areas(zone, order), areas);
	}
}

/* It is filled up to the high mark, but to no more than half of what is free. */
static void reserve_leaves_half(struct kunit *test)
{
	struct zone *zone = kunit_kzalloc(test, sizeof(*zone), GFP_KERNEL);
	int before = READ_ONCE(sysctl_free_block_reserve);
	unsigned long many;
	unsigned int order;

	KUNIT_ASSERT_NOT_NULL(test, zone);
	WRITE_ONCE(sysctl_free_block_reserve, 100);
	for (order = 1; order < NR_PAGE_ORDERS; order++) {
		many = (1000UL << order) + 2 * pageblock_nr_pages;
		memset(zone, 0, sizeof(*zone));
		zone_of_areas(zone, order, 100, many);
		KUNIT_EXPECT_EQ(test, defrag_reserve_lacks(zone, order, false), 0);
		zone_of_areas(zone, order, 99, many);
		KUNIT_EXPECT_EQ(test, defrag_reserve_lacks(zone, order, false), 1);
		KUNIT_EXPECT_EQ(test, defrag_reserve_lacks(zone, order, true), 51);
		zone->_watermark[WMARK_LOW] = many;
		KUNIT_EXPECT_EQ(test, defrag_reserve_lacks(zone, order, true), 0);
	}

	/* What few requests may have is as good as in use. */
	order = pageblock_order;
	many = 1000UL << order;
	memset(zone, 0, sizeof(*zone));
	zone_of_areas(zone, order, 99, many);
	zone->nr_free_highatomic = many - 2 * (109UL << order);
	KUNIT_EXPECT_EQ(test, defrag_reserve_lacks(zone, order, true), 10);
	WRITE_ONCE(sysctl_free_block_reserve, before);
}

static void price_of_failures(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, defrag_price(7, 0, 0), 7);
	KUNIT_EXPECT_EQ(test, defrag_price(7, 1, 0), 14);
	KUNIT_EXPECT_EQ(test, defrag_price(7, 3, 0), 56);
	KUNIT_EXPECT_EQ(test, defrag_price(7, 4, 0), DEFRAG_PRICE_MAX);
	KUNIT_EXPECT_EQ(test, defrag_price(7, 15, 0), DEFRAG_PRICE_MAX);
	/* Time takes failures back. */
	KUNIT_EXPECT_EQ(test, defrag_price(7, 3, 2), 14);
	KUNIT_EXPECT_EQ(test, defrag_price(7, 3, 200), 7);
	KUNIT_EXPECT_EQ(test, defrag_price(7, 15, 11), DEFRAG_PRICE_MAX);
	KUNIT_EXPECT_EQ(test, defrag_price(7, 15, 15), 7);
}

/* Failures of a block and of its parts: one stamp, and both get old. */
static void failures_get_old(struct kunit *test)
{
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_NOWARN, pageblock_order);
	struct defrag_control dc = { .order = pageblock_order };
	struct page_block *block;
	unsigned long pfn;
	u8 stamp, late;

	if (!page)
		kunit_skip(test, "no block");
	/* In use, so nobody else tries it. */
	pfn = page_to_pfn(page);
	block = pfn_page_block(page, pfn);

	block->failures = 0;
	defrag_remember(&dc, pfn, DEFRAG_UNMOVABLE);
	KUNIT_EXPECT_EQ(test, block->failures & 15, 15);
	stamp = block->failed_at;
	block->failed_at -= 3;
	dc.order = 1;
	defrag_remember(&dc, pfn, DEFRAG_BUSY);
	/* A unit of time may have ended meanwhile. */
	late = block->failed_at - stamp;
	KUNIT_EXPECT_EQ(test, block->failures & 15, 12 - late);
	KUNIT_EXPECT_EQ(test, block->failures >> 4, 1);
	block->failed_at -= 2;
	dc.order = pageblock_order;
	defrag_remember(&dc, pfn, DEFRAG_MADE);
	KUNIT_EXPECT_EQ(test, block->failures, 0);
	__free_pages(page, pageblock_order);
}

/* What follows the counts of a section begins with words changed atomically. */
static void counts_keep_alignment(struct kunit *test)
{
	unsigned long nr;

	for (nr = 1; nr <= 3; nr++) {
		KUNIT_EXPECT_EQ(test, page_blocks_size(nr) % sizeof(long), 0);
		KUNIT_EXPECT_GE(test, page_blocks_size(nr),
				nr * sizeof(struct page_block));
	}
}

/*
 * Of the blocks that an area lies in: how many have another count than their pages
 * say, or, if it is in use, one that leaves no room for it?
 */
static unsigned int counts_wrong(struct page *page, unsigned int order, bool in_use)
{
	unsigned int nr = min(1UL << order, pageblock_nr_pages), wrong = 0;
	unsigned long pfn = pageblock_start_pfn(page_to_pfn(page));
	unsigned long end = page_to_pfn(page) + (1UL << order);
	struct zone *zone = page_zone(page);

	guard(spinlock_irqsave)(&zone->lock);
	for (; pfn < end; pfn += pageblock_nr_pages) {
		unsigned int nr_free;

		if (!block_in_zone(zone, pfn))
			continue;
		nr_free = block_nr_free(pfn_to_page(pfn));
		wrong += nr_free != block_count_free(zone, pfn) ||
			 (in_use && nr_free > pageblock_nr_pages - nr);
	}
	return wrong;
}

/*
 * The count of a block goes with its pages to the free lists and from them: of a
 * part of a block, of a block, and of all those that a larger area lies in.
 */
static void occupancy_follows(struct kunit *test)
{
	unsigned int order;

	for (order = 0; order <= MAX_PAGE_ORDER; order++) {
		struct page *page = alloc_pages(GFP_KERNEL | __GFP_NOWARN,
						order);

		if (!page)
			continue;
		KUNIT_EXPECT_EQ_MSG(test, counts_wrong(page, order, true), 0,
				    "order %u, in use", order);
		__free_pages(page, order);
		drain_all_pages(page_zone(page));
		KUNIT_EXPECT_EQ_MSG(test, counts_wrong(page, order, false), 0,
				    "order %u, free", order);
	}
}

static void free_one_by_one(struct page *page, unsigned long nr)
{
	struct zone *zone = page_zone(page);

	while (nr--)
		__free_page(page++);
	drain_all_pages(zone);
}

/* Half of an area larger than a block comes free: the other half's count is its own. */
static void occupancy_of_larger_areas(struct kunit *test)
{
	const unsigned int order = MAX_PAGE_ORDER;
	const unsigned long nr = 1UL << order >> 1;
	struct page *page;

	if (order == pageblock_order)
		kunit_skip(test, "there is no larger area than a block");
	page = alloc_pages(GFP_KERNEL | __GFP_NOWARN, order);
	if (!page)
		kunit_skip(test, "no free area of order %u", order);

	split_page(page, order);
	free_one_by_one(page + nr, nr);
	KUNIT_EXPECT_EQ(test, block_nr_free(page), 0);
	KUNIT_EXPECT_EQ(test, counts_wrong(page, order, false), 0);
	free_one_by_one(page, nr);
	KUNIT_EXPECT_EQ(test, counts_wrong(page, order, false), 0);
}

static bool refused(gfp_t gfp, unsigned int order, struct alloc_context *ac)
{
	return kdefragd_refuses(gfp, order, 0, ac);
}

/* Where there is hardly any page cache, huge pages of processes are refused. */
static void refuses_when_short_of_cache(struct kunit *test)
{
	struct zonelist *list = kunit_kzalloc(test, sizeof(*list), GFP_KERNEL);
	struct zone *zone = kunit_kzalloc(test, sizeof(*zone), GFP_KERNEL);
	struct alloc_context ac = {
		.zonelist = list,
		.highest_zoneidx = MAX_NR_ZONES - 1,
	};

	KUNIT_ASSERT_NOT_NULL(test, list);
	KUNIT_ASSERT_NOT_NULL(test, zone);
	if (!kdefragd_enabled())
		kunit_skip(test, "vm.kdefragd is off");
	list->_zonerefs[0].zone = zone;
	atomic_long_set(&zone->managed_pages, 1600);
	KUNIT_EXPECT_TRUE(test, refused(GFP_TRANSHUGE, pageblock_order, &ac));

	/* Who cannot do with less waits for reclaim, whatever it takes. */
	KUNIT_EXPECT_FALSE(test, refused(GFP_TRANSHUGE, PAGE_ALLOC_COSTLY_ORDER, &ac));
	KUNIT_EXPECT_FALSE(test, refused(GFP_TRANSHUGE | __GFP_RETRY_MAYFAIL,
					 pageblock_order, &ac));
	KUNIT_EXPECT_FALSE(test, refused(GFP_KERNEL, pageblock_order, &ac));

	atomic_long_set(&zone->vm_stat[NR_ZONE_INACTIVE_FILE], 800);
	KUNIT_EXPECT_FALSE(test, refused(GFP_TRANSHUGE, pageblock_order, &ac));

	/* Nor where pages are not what is lacking. */
	atomic_long_set(&zone->vm_stat[NR_ZONE_INACTIVE_FILE], 0);
	atomic_long_set(&zone->vm_stat[NR_FREE_PAGES], 4 << pageblock_order);
	KUNIT_EXPECT_FALSE(test, refused(GFP_TRANSHUGE, pageblock_order, &ac));
}

static unsigned long wakes(struct kunit *test)
{
	unsigned long *events = kunit_kzalloc(test, NR_VM_EVENT_ITEMS *
					      sizeof(*events), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, events);
	all_vm_events(events);
	return events[KDEFRAGD_WAKE];
}

/* Does the thread of a node begin to work for @nr more requests, in time? */
static bool wakes_reach(struct kunit *test, unsigned long nr)
{
	unsigned int patience = 500;

	while (wakes(test) < nr && patience--)
		msleep(20);
	return wakes(test) >= nr;
}

/* What is asked for while the thread works on something is served after that. */
static void requests_during_a_pass_are_kept(struct kunit *test)
{
	struct defrag_node *dn = NODE_DATA(first_memory_node)->defrag;
	unsigned int tries = 10, request;
	unsigned long before;

	if (!IS_ENABLED(CONFIG_VM_EVENT_COUNTERS) || !dn || !kdefragd_enabled())
		kunit_skip(test, "wants counters, and a thread");

	/* It takes on a request and waits for the lock with it, unless it rests. */
	mutex_lock(&dn->lock);
	before = wakes(test);
	kdefragd_wake(dn->pgdat, 0, MAX_NR_ZONES - 1);
	while (!wakes_reach(test, before + 1) && tries--) {
		mutex_unlock(&dn->lock);
		msleep(200);
		mutex_lock(&dn->lock);
		before = wakes(test);
		kdefragd_wake(dn->pgdat, 0, MAX_NR_ZONES - 1);
	}
	KUNIT_EXPECT_GT(test, wakes(test), before);
	kdefragd_wake(dn->pgdat, 0, MAX_NR_ZONES - 1);
	msleep(20);
	KUNIT_EXPECT_NE(test, READ_ONCE(dn->request), 0);

	/* The lower zone does for both; who asks for the reserve takes it from nobody. */
	xchg(&dn->request, 0);
	kdefragd_wake(dn->pgdat, 3, 0);
	request = xchg(&dn->request, 0);
	kdefragd_wake(dn->pgdat, 0, MAX_NR_ZONES - 1);
	kdefragd_wake(dn->pgdat, 3, 0);
	KUNIT_EXPECT_EQ(test, READ_ONCE(dn->request), request);
	kdefragd_wake(dn->pgdat, 0, MAX_NR_ZONES - 1);
	KUNIT_EXPECT_EQ(test, READ_ONCE(dn->request), request);
	kdefragd_wake(dn->pgdat, 3, MAX_NR_ZONES - 1);
	KUNIT_EXPECT_EQ(test, READ_ONCE(dn->request), request);
	/* Nor does who asks for more. */
	kdefragd_wake(dn->pgdat, MAX_PAGE_ORDER, 0);
	KUNIT_EXPECT_EQ(test, READ_ONCE(dn->request), request | BIT(MAX_PAGE_ORDER));
	before = wakes(test);
	mutex_unlock(&dn->lock);

	KUNIT_EXPECT_TRUE(test, wakes_reach(test, before + 1));
}

#ifdef CONFIG_MEMORY_HOTPLUG
/* As a node that goes and comes: what is asked meanwhile is served afterwards. */
static void thread_stops_and_starts(struct kunit *test)
{
	pg_data_t *pgdat = NODE_DATA(first_memory_node);
	unsigned long before;

	if (!IS_ENABLED(CONFIG_VM_EVENT_COUNTERS) || nr_node_ids > 1 ||
	    !kdefragd_stands_in(pgdat))
		kunit_skip(test, "wants one node, counters, and a reserve");
	mem_hotplug_begin();
	kdefragd_stop(pgdat->node_id);
	mem_hotplug_done();
	KUNIT_EXPECT_FALSE(test, kdefragd_stands_in(pgdat));
	KUNIT_EXPECT_FALSE(test, kdefragd_takes_over(pgdat, 1,
						     MAX_NR_ZONES - 1));
	before = wakes(test);
	kdefragd_wake(pgdat, 0, MAX_NR_ZONES - 1);
	msleep(20);
	KUNIT_EXPECT_EQ(test, wakes(test), before);
	mem_hotplug_begin();
	kdefragd_run(pgdat->node_id);
	mem_hotplug_done();
	KUNIT_EXPECT_TRUE(test, kdefragd_stands_in(pgdat));
	KUNIT_EXPECT_TRUE(test, wakes_reach(test, before + 1));
}
#endif

#ifdef CONFIG_CONTIG_ALLOC
/* Who finds a block isolated leaves it so: it is not his. */
static void isolated_blocks_stay_so(struct kunit *test)
{
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_MOVABLE, pageblock_order);
	unsigned long pfn, end;

	KUNIT_ASSERT_NOT_NULL(test, page);
	pfn = page_to_pfn(page);
	end = pfn + pageblock_nr_pages;
	__free_pages(page, pageblock_order);
	if (start_isolate_page_range(pfn, end, PB_ISOLATE_MODE_OTHER))
		kunit_skip(test, "somebody else has taken it");
	KUNIT_EXPECT_EQ(test, -EBUSY, alloc_contig_range(pfn, end, ACR_FLAGS_NONE,
							 GFP_KERNEL));
	KUNIT_EXPECT_TRUE(test, is_migrate_isolate_page(page));
	undo_isolate_page_range(pfn, end);
	KUNIT_EXPECT_FALSE(test, is_migrate_isolate_page(page));
}
#endif

static struct kunit_case kdefragd_cases[] = {
	KUNIT_CASE(plan_nothing),
	KUNIT_CASE(plan_all_that_fit),
	KUNIT_CASE(plan_stops_when_full),
	KUNIT_CASE(plan_wanted),
	KUNIT_CASE(plan_fills_the_fullest),
	KUNIT_CASE(plan_halves),
	KUNIT_CASE(plan_equals),
	KUNIT_CASE(plan_runs),
	KUNIT_CASE(plan_lines_never_cross),
	KUNIT_CASE(reserve_scales),
	KUNIT_CASE(reserve_counts_larger_areas),
	KUNIT_CASE(reserve_leaves_half),
	KUNIT_CASE(price_of_failures),
	KUNIT_CASE(failures_get_old),
	KUNIT_CASE(counts_keep_alignment),
	KUNIT_CASE(occupancy_follows),
	KUNIT_CASE(occupancy_of_larger_areas),
	KUNIT_CASE(refuses_when_short_of_cache),
	KUNIT_CASE(requests_during_a_pass_are_kept),
#ifdef CONFIG_CONTIG_ALLOC
	KUNIT_CASE(isolated_blocks_stay_so),
#endif
#ifdef CONFIG_MEMORY_HOTPLUG
	KUNIT_CASE(thread_stops_and_starts),
#endif
	{}
};

static struct kunit_suite kdefragd_suite = {
	.name = "kdefragd",
	.test_cases = kdefragd_cases,
};

kunit_test_suite(kdefragd_suite);
