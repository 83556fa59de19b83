// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for the decision of order-aware watermarks.
 *
 * Each case is a zone in a few numbers.  Blocks that a request cannot use
 * (high-atomic, CMA, isolated) are taken off before the check sees the counts;
 * order_wmark_reserved_*() look at that in the live zones.
 */
#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/page-isolation.h>
#include "../order_watermark.h"

/* A zone of 2 GiB with its watermark at 3000 pages and plenty free. */
static struct order_wmark_query a_zone(unsigned int order)
{
	return (struct order_wmark_query) {
		.order = order,
		.share = 50,
		.managed = 1UL << 19,
		.watermark = 3000,
		.free = 50000,
	};
}

static void expect(struct kunit *test, const struct order_wmark_query *q,
		   enum order_wmark verdict)
{
	struct order_wmark_answer a = order_wmark_check(q);

	KUNIT_EXPECT_EQ_MSG(test, a.verdict, verdict,
			    "order %u decided by %u: have %lu want %lu",
			    q->order, a.order, a.have, a.want);
}

/* Exactly enough of every order, from MAX_PAGE_ORDER down to 1. */
static void fill_exactly(struct order_wmark_query *q)
{
	unsigned long pages = 0;
	int order;

	for (order = MAX_PAGE_ORDER; order > 0; order--) {
		unsigned long want = order_wmark_want(q, order);
		unsigned long have = pages >> order;

		q->blocks[order] = want > have ? want - have : 0;
		pages += q->blocks[order] << order;
	}
}

static void order_wmark_want_is_graded(struct kunit *test)
{
	struct order_wmark_query q = a_zone(0);

	/* ceil(3000 * 0.5^n / 2^n), halves rounded down on the way */
	KUNIT_EXPECT_EQ(test, order_wmark_want(&q, 0), 3000UL);
	KUNIT_EXPECT_EQ(test, order_wmark_want(&q, 1), 750UL);
	KUNIT_EXPECT_EQ(test, order_wmark_want(&q, 2), 188UL);
	KUNIT_EXPECT_EQ(test, order_wmark_want(&q, 3), 47UL);
	KUNIT_EXPECT_EQ(test, order_wmark_want(&q, MAX_PAGE_ORDER), 1UL);

	q.share = 100;
	KUNIT_EXPECT_EQ(test, order_wmark_want(&q, 3), 375UL);
	q.share = 1;
	KUNIT_EXPECT_EQ(test, order_wmark_want(&q, 3), 1UL);
}

static void order_wmark_want_follows_demand(struct kunit *test)
{
	struct order_wmark_query q = a_zone(3);

	q.demand[3] = 46;	/* less than the watermark asks for */
	KUNIT_EXPECT_EQ(test, order_wmark_want(&q, 3), 47UL);
	q.demand[3] = 200;
	KUNIT_EXPECT_EQ(test, order_wmark_want(&q, 3), 200UL);
	q.demand[3] = UINT_MAX;	/* the watermark, all in such blocks */
	KUNIT_EXPECT_EQ(test, order_wmark_want(&q, 3), 375UL);
	q.demand[10] = 5;
	KUNIT_EXPECT_EQ(test, order_wmark_want(&q, 10), 2UL);
	KUNIT_EXPECT_EQ(test, order_wmark_want(&q, 4), 12UL);
}

static void order_wmark_demand_decays(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, order_wmark_decay(1000, 0), 1000U);
	KUNIT_EXPECT_EQ(test, order_wmark_decay(1000, 1), 500U);
	KUNIT_EXPECT_EQ(test, order_wmark_decay(1000, 10), 0U);
	KUNIT_EXPECT_EQ(test, order_wmark_decay(UINT_MAX, 31), 1U);
	KUNIT_EXPECT_EQ(test, order_wmark_decay(UINT_MAX, 32), 0U);
	KUNIT_EXPECT_EQ(test, order_wmark_decay(UINT_MAX, ULONG_MAX), 0U);
}

static void order_wmark_no_blocks(struct kunit *test)
{
	unsigned int order;

	for (order = 1; order <= MAX_PAGE_ORDER; order++) {
		struct order_wmark_query q = a_zone(order);

		expect(test, &q, ORDER_WMARK_SHORT_SHAPE);
		q.blocks[0] = 50000;
		expect(test, &q, ORDER_WMARK_SHORT_SHAPE);
	}
}

static void order_wmark_exactly_enough(struct kunit *test)
{
	unsigned int order;

	for (order = 1; order <= MAX_PAGE_ORDER; order++) {
		struct order_wmark_query q = a_zone(order);

		fill_exactly(&q);
		expect(test, &q, ORDER_WMARK_FINE);
	}
}

static void order_wmark_one_too_few(struct kunit *test)
{
	unsigned int order, i;

	for (order = 1; order <= MAX_PAGE_ORDER; order++) {
		for (i = 1; i <= order; i++) {
			struct order_wmark_query q = a_zone(order);
			struct order_wmark_answer a;

			fill_exactly(&q);
			if (!q.blocks[i])
				continue;
			q.blocks[i]--;
			a = order_wmark_check(&q);
			KUNIT_EXPECT_EQ(test, a.verdict,
					ORDER_WMARK_SHORT_SHAPE);
			KUNIT_EXPECT_LT(test, a.have, a.want);
			/* a lower order may be short too; the highest is told */
			KUNIT_EXPECT_EQ(test, a.order, i);
		}
	}
}

static void order_wmark_larger_stand_in(struct kunit *test)
{
	struct order_wmark_query q = a_zone(3);

	/* 3000 pages of order 10: enough for every order there is */
	q.blocks[MAX_PAGE_ORDER] = 3;
	expect(test, &q, ORDER_WMARK_FINE);

	/* One block of 1024 pages is 128 of order 3, but not 750 of order 1. */
	q.blocks[MAX_PAGE_ORDER] = 1;
	expect(test, &q, ORDER_WMARK_SHORT_SHAPE);
	KUNIT_EXPECT_EQ(test, order_wmark_check(&q).order, 1U);
	q.blocks[1] = 750 - 512;
	expect(test, &q, ORDER_WMARK_FINE);
	q.blocks[1]--;
	expect(test, &q, ORDER_WMARK_SHORT_SHAPE);
}

static void order_wmark_smaller_do_not(struct kunit *test)
{
	struct order_wmark_query q = a_zone(3);

	q.blocks[2] = 10000;
	expect(test, &q, ORDER_WMARK_SHORT_SHAPE);
	KUNIT_EXPECT_EQ(test, order_wmark_check(&q).order, 3U);
	KUNIT_EXPECT_EQ(test, order_wmark_check(&q).have, 0UL);
}

static void order_wmark_pages_come_first(struct kunit *test)
{
	struct order_wmark_query q = a_zone(3);

	/* neither pages nor shape */
	q.free = 3000;
	expect(test, &q, ORDER_WMARK_SHORT_PAGES);
	/* shape, but no pages */
	fill_exactly(&q);
	expect(test, &q, ORDER_WMARK_SHORT_PAGES);
	q.free = 3001;
	expect(test, &q, ORDER_WMARK_FINE);
	q.free = -1;
	expect(test, &q, ORDER_WMARK_SHORT_PAGES);
}

static void order_wmark_order_zero(struct kunit *test)
{
	struct order_wmark_query q = a_zone(0);

	expect(test, &q, ORDER_WMARK_FINE);
	q.free = 3000;
	expect(test, &q, ORDER_WMARK_SHORT_PAGES);
}

static void order_wmark_lowmem_reserve(struct kunit *test)
{
	struct order_wmark_query q = a_zone(3);

	q.reserve = 47000;
	expect(test, &q, ORDER_WMARK_SHORT_PAGES);
	q.free++;
	expect(test, &q, ORDER_WMARK_SHORT_SHAPE);
	/* the reserve is pages to be kept, it does not ask for more blocks */
	KUNIT_EXPECT_EQ(test, order_wmark_check(&q).want, 47UL);
}

static void order_wmark_tiny_zone(struct kunit *test)
{
	struct order_wmark_query q = {
		.order = 9,
		.share = 50,
		.managed = 511,
		.watermark = 20,
		.free = 500,
	};

	/* it cannot hold an order-9 block: nobody is sent to make one */
	KUNIT_EXPECT_EQ(test, order_wmark_want(&q, 9), 0UL);
	KUNIT_EXPECT_EQ(test, order_wmark_want(&q, 8), 1UL);
	expect(test, &q, ORDER_WMARK_SHORT_SHAPE);
	q.blocks[8] = 1;
	expect(test, &q, ORDER_WMARK_FINE);

	q.managed = 0;
	q.blocks[8] = 0;
	expect(test, &q, ORDER_WMARK_FINE);
}

static void order_wmark_outcomes(struct kunit *test)
{
	struct order_wmark_round r = { .want = 80, .whole = true };

	/* nothing, and nothing left to try */
	KUNIT_EXPECT_EQ(test, order_wmark_outcome(&r), ORDER_WMARK_CANNOT);
	/* each of these alone casts a doubt */
	r.whole = false;
	KUNIT_EXPECT_EQ(test, order_wmark_outcome(&r), ORDER_WMARK_UNPAID);
	r.whole = true;
	r.taken = true;
	KUNIT_EXPECT_EQ(test, order_wmark_outcome(&r), ORDER_WMARK_UNPAID);
	r.taken = false;
	r.had = 1;
	KUNIT_EXPECT_EQ(test, order_wmark_outcome(&r), ORDER_WMARK_UNPAID);
	r.have = 1;
	KUNIT_EXPECT_EQ(test, order_wmark_outcome(&r), ORDER_WMARK_UNPAID);
	r.had = 0;
	KUNIT_EXPECT_EQ(test, order_wmark_outcome(&r), ORDER_WMARK_UNPAID);

	/* an eighth of what was missing, and one less */
	r.have = 10;
	KUNIT_EXPECT_EQ(test, order_wmark_outcome(&r), ORDER_WMARK_PAID);
	r.have = 9;
	KUNIT_EXPECT_EQ(test, order_wmark_outcome(&r), ORDER_WMARK_UNPAID);
	r.had = 40;
	r.have = 45;
	KUNIT_EXPECT_EQ(test, order_wmark_outcome(&r), ORDER_WMARK_PAID);
	r.have = 44;
	KUNIT_EXPECT_EQ(test, order_wmark_outcome(&r), ORDER_WMARK_UNPAID);
	/* an eighth of next to nothing is still something */
	r.want = 42;
	r.have = 40;
	KUNIT_EXPECT_EQ(test, order_wmark_outcome(&r), ORDER_WMARK_UNPAID);
	/* nothing was missing in the first place */
	r.want = 80;
	r.had = 80;
	r.have = 81;
	KUNIT_EXPECT_EQ(test, order_wmark_outcome(&r), ORDER_WMARK_UNPAID);
}

static void order_wmark_rest_grows(struct kunit *test)
{
	/* nine times the work, but no less than the least */
	KUNIT_EXPECT_EQ(test, order_wmark_rest(20, 0, 100), 180UL);
	KUNIT_EXPECT_EQ(test, order_wmark_rest(11, 0, 100), 100UL);
	KUNIT_EXPECT_EQ(test, order_wmark_rest(0, 0, 100), 100UL);
	/* twice as long each time, and not without end */
	KUNIT_EXPECT_EQ(test, order_wmark_rest(0, 1, 100), 200UL);
	KUNIT_EXPECT_EQ(test, order_wmark_rest(20, 3, 100), 1440UL);
	KUNIT_EXPECT_EQ(test, order_wmark_rest(0, 6, 100), 6400UL);
	KUNIT_EXPECT_EQ(test, order_wmark_rest(0, 7, 100), 6400UL);
	KUNIT_EXPECT_EQ(test, order_wmark_rest(0, UINT_MAX, 100), 6400UL);
}

/*
 * Go over a zone's lists and count anew.  Return: places where the zone's
 * counts are wrong; @reserved becomes the blocks that are reserved.
 */
static unsigned long recount(struct zone *zone, unsigned long *reserved)
{
	unsigned long wrong = 0, flags;
	unsigned int order;

	*reserved = 0;
	/* A failed expectation prints and allocates: not under the lock. */
	spin_lock_irqsave(&zone->lock, flags);
	for (order = 0; order < NR_PAGE_ORDERS; order++) {
		struct free_area *area = &zone->free_area[order];
		unsigned long all = 0, mine = 0;
		struct list_head *pos;
		int mt;

		for (mt = 0; mt < NR_FREE_LISTS; mt++) {
			list_for_each(pos, &area->free_list[mt]) {
				all++;
				mine += mt >= MIGRATE_PCPTYPES &&
					mt < MIGRATE_TYPES;
			}
		}
		wrong += all != area->nr_free;
		wrong += mine != area->nr_reserved;
		*reserved += mine;
	}
	spin_unlock_irqrestore(&zone->lock, flags);
	return wrong;
}

/* The live zones: what is counted as reserved is what the lists hold. */
static void order_wmark_reserved_is_counted(struct kunit *test)
{
	struct zone *zone;

	for_each_populated_zone(zone) {
		unsigned long reserved;

		KUNIT_EXPECT_EQ(test, recount(zone, &reserved), 0UL);
	}
}

/* Isolate a free page block: PFN, or 0. Others may take it before we do. */
static unsigned long isolate_block(void)
{
	int tries;

	for (tries = 0; tries < 10; tries++) {
		struct page *page = alloc_pages(GFP_KERNEL, pageblock_order);
		unsigned long pfn;

		if (!page)
			break;
		pfn = page_to_pfn(page);
		__free_pages(page, pageblock_order);
		drain_all_pages(page_zone(page));
		if (!start_isolate_page_range(pfn, pfn + pageblock_nr_pages,
					      PB_ISOLATE_MODE_OTHER))
			return pfn;
	}
	return 0;
}

/* And it follows when a block is reserved and when it is given back. */
static void order_wmark_reserved_follows(struct kunit *test)
{
	unsigned long during, after, pfn;
	struct zone *zone;

	if (!IS_ENABLED(CONFIG_MEMORY_ISOLATION))
		kunit_skip(test, "nothing can be isolated without MEMORY_ISOLATION");
	pfn = isolate_block();
	KUNIT_ASSERT_NE(test, pfn, 0UL);
	zone = page_zone(pfn_to_page(pfn));

	KUNIT_EXPECT_EQ(test, recount(zone, &during), 0UL);
	KUNIT_EXPECT_GT(test, during, 0UL);
	undo_isolate_page_range(pfn, pfn + pageblock_nr_pages);
	KUNIT_EXPECT_EQ(test, recount(zone, &after), 0UL);
	KUNIT_EXPECT_LT(test, after, during);
}

/* As isolate_lru_folios() does, from a list of folios of @size pages. */
static unsigned long scan(struct lruvec *lruvec, enum lru_list lru,
			  unsigned long nr, unsigned long size)
{
	unsigned long due = order_wmark_scan_due(lruvec, lru, nr);
	unsigned long scanned = DIV_ROUND_UP(due, size) * size;

	order_wmark_scanned(lruvec, lru, due, scanned);
	return scanned;
}

/* Huge pages are scanned at the rate of small ones, but for the last of them. */
static void order_wmark_scans_as_planned(struct kunit *test)
{
	struct lruvec *lruvec = kunit_kzalloc(test, sizeof(*lruvec), GFP_KERNEL);
	unsigned long planned = 0, huge = 0, small = 0;
	int mode = sysctl_order_watermark;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, lruvec);
	WRITE_ONCE(sysctl_order_watermark, ORDER_WMARK_HAND_OVER);
	for (i = 0; i < 1000; i++) {
		unsigned long nr = 1 + i * 7 % 32;

		planned += nr;
		huge += scan(lruvec, LRU_INACTIVE_ANON, nr, 512);
		small += scan(lruvec, LRU_INACTIVE_FILE, nr, 1);
		KUNIT_EXPECT_GE(test, huge, planned);
		KUNIT_EXPECT_LT(test, huge, planned + 512);
		KUNIT_EXPECT_EQ(test, small, planned);
	}

	/* In no hurry it is not forgotten; in a hurry a plan begins anew. */
	scan(lruvec, LRU_ACTIVE_ANON, 1, 512);
	order_wmark_scan_begin(lruvec, DEF_PRIORITY - 2);
	KUNIT_EXPECT_EQ(test, scan(lruvec, LRU_ACTIVE_ANON, 32, 512), 0UL);
	order_wmark_scan_begin(lruvec, DEF_PRIORITY - 3);
	KUNIT_EXPECT_EQ(test, scan(lruvec, LRU_ACTIVE_ANON, 32, 512), 512UL);

	/* Mainline's rate, whatever was scanned too many before. */
	WRITE_ONCE(sysctl_order_watermark, ORDER_WMARK_MAINLINE);
	KUNIT_EXPECT_EQ(test, scan(lruvec, LRU_INACTIVE_ANON, 1, 512), 512UL);
	KUNIT_EXPECT_EQ(test, scan(lruvec, LRU_INACTIVE_ANON, 1, 512), 512UL);
	WRITE_ONCE(sysctl_order_watermark, mode);
}

/* The tables are written for blocks of up to 1024 pages. */
static int order_wmark_test_init(struct kunit *test)
{
	if (MAX_PAGE_ORDER != 10)
		kunit_skip(test, "MAX_PAGE_ORDER is not 10");
	return 0;
}

static struct kunit_case order_wmark_test_cases[] = {
	KUNIT_CASE(order_wmark_want_is_graded),
	KUNIT_CASE(order_wmark_want_follows_demand),
	KUNIT_CASE(order_wmark_demand_decays),
	KUNIT_CASE(order_wmark_no_blocks),
	KUNIT_CASE(order_wmark_exactly_enough),
	KUNIT_CASE(order_wmark_one_too_few),
	KUNIT_CASE(order_wmark_larger_stand_in),
	KUNIT_CASE(order_wmark_smaller_do_not),
	KUNIT_CASE(order_wmark_pages_come_first),
	KUNIT_CASE(order_wmark_order_zero),
	KUNIT_CASE(order_wmark_lowmem_reserve),
	KUNIT_CASE(order_wmark_tiny_zone),
	KUNIT_CASE(order_wmark_outcomes),
	KUNIT_CASE(order_wmark_rest_grows),
	KUNIT_CASE(order_wmark_reserved_is_counted),
	KUNIT_CASE(order_wmark_reserved_follows),
	KUNIT_CASE(order_wmark_scans_as_planned),
	{}
};

static struct kunit_suite order_wmark_test_suite = {
	.name = "order_watermark",
	.init = order_wmark_test_init,
	.test_cases = order_wmark_test_cases,
};

kunit_test_suite(order_wmark_test_suite);
