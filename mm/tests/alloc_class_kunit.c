// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for allocator classes.
 *
 * How a class and a list are derived, on tables; which list is chosen, on a
 * free area made up; what happens to keys, on blocks of the running kernel.
 * The last test compares every free page with the list it is on.
 */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/gfp.h>
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/page-isolation.h>
#include <linux/preempt.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/string.h>
#include "../alloc_class.h"
#include "../internal.h"
#include "../page_alloc.h"

#include <trace/events/alloc_class.h>

/* Pages to allocate for a look at where they lie: some blocks full. */
#define NR_PAGES	(4 * pageblock_nr_pages)

static bool classes_on(void)
{
	return alloc_class_offset[ALLOC_CLASS_TRANSIENT] &&
	       alloc_class_offset[ALLOC_CLASS_PGTABLE] &&
	       !page_group_by_mobility_disabled;
}

/* For all of them it would be left out while somebody else does it. */
static void drain_zones(void)
{
	struct zone *zone;

	for_each_populated_zone(zone)
		drain_all_pages(zone);
}

static void skip_if_off(struct kunit *test)
{
	if (!classes_on())
		kunit_skip(test, "not all classes are on");
}

static enum alloc_class class_of(gfp_t gfp)
{
	return alloc_flags_class(alloc_class_flags(gfp));
}

static void alloc_class_of_gfp(struct kunit *test)
{
	skip_if_off(test);

	KUNIT_EXPECT_EQ(test, class_of(GFP_KERNEL), ALLOC_CLASS_OTHER);
	KUNIT_EXPECT_EQ(test, class_of(GFP_ATOMIC | __GFP_TRANSIENT),
			ALLOC_CLASS_TRANSIENT);
	KUNIT_EXPECT_EQ(test, class_of(GFP_KERNEL | __GFP_PGTABLE),
			ALLOC_CLASS_PGTABLE);
	/* Only unmovable pages have classes. */
	KUNIT_EXPECT_EQ(test, class_of(GFP_HIGHUSER_MOVABLE | __GFP_TRANSIENT),
			ALLOC_CLASS_OTHER);
	KUNIT_EXPECT_EQ(test, class_of(GFP_KERNEL | __GFP_RECLAIMABLE | __GFP_PGTABLE),
			ALLOC_CLASS_OTHER);
	/* Nobody is of two classes. */
	KUNIT_EXPECT_EQ(test, class_of(GFP_KERNEL | __GFP_PGTABLE | __GFP_TRANSIENT),
			ALLOC_CLASS_OTHER);
}

static unsigned int class_flags(enum alloc_class class)
{
	return (MIGRATE_PCPTYPES - 1 + class) << ALLOC_CLASS_SHIFT;
}

static void alloc_class_flags_stay_apart(struct kunit *test)
{
	unsigned int flags = alloc_class_flags(GFP_KERNEL | __GFP_TRANSIENT) |
		class_flags(ALLOC_CLASS_PGTABLE) | class_flags(ALLOC_CLASS_TRANSIENT);
	unsigned int others = ALLOC_WMARK_MASK | ALLOC_NO_WATERMARKS | ALLOC_OOM |
		ALLOC_NON_BLOCK | ALLOC_MIN_RESERVE | ALLOC_CPUSET | ALLOC_CMA |
		ALLOC_NOFRAGMENT | ALLOC_HIGHATOMIC | ALLOC_NOLOCK |
		ALLOC_KSWAPD | ALLOC_NO_CODETAG | ALLOC_WHOLE_BLOCK;

	KUNIT_EXPECT_EQ(test, flags & others, 0);
	KUNIT_EXPECT_EQ(test, alloc_flags_class(others), ALLOC_CLASS_OTHER);
}

/* Each class has a free list and a per-CPU list that nobody else has. */
static void alloc_class_lists_are_distinct(struct kunit *test)
{
	unsigned long free_lists = 0, pcp_types = 0;
	int class, mt;

	for (mt = 0; mt < MIGRATE_PCPTYPES; mt++)
		pcp_types |= BIT(alloc_class_pcp_type(mt, 0));
	KUNIT_EXPECT_EQ(test, pcp_types, BIT(MIGRATE_PCPTYPES) - 1);
	KUNIT_EXPECT_EQ(test, alloc_class_list(ALLOC_CLASS_OTHER), MIGRATE_UNMOVABLE);

	for (class = 1; class < NR_ALLOC_CLASSES; class++) {
		int list = alloc_class_list(class);
		int type = alloc_class_pcp_type(MIGRATE_UNMOVABLE,
						class_flags(class));

		KUNIT_EXPECT_GE(test, list, MIGRATE_TYPES);
		free_lists |= BIT(list);
		pcp_types |= BIT(type);
		/* A page is freed to where it would be allocated from. */
		KUNIT_EXPECT_EQ(test, alloc_class_pcp_type_of_list(list), type);
	}
	KUNIT_EXPECT_EQ(test, free_lists,
			GENMASK(NR_FREE_LISTS - 1, MIGRATE_TYPES));
	KUNIT_EXPECT_EQ(test, pcp_types, BIT(NR_PCP_TYPES) - 1);
	KUNIT_EXPECT_EQ(test, alloc_class_pcp_type_of_list(MIGRATE_HIGHATOMIC),
			MIGRATE_MOVABLE);
}

/* Whoever asks for unmovable pages, whatever their class, finds them all. */
static void alloc_class_any_list_finds_all(struct kunit *test)
{
	struct free_area *area = kunit_kzalloc(test, sizeof(*area), GFP_KERNEL);
	struct list_head first, second;
	bool overflow;
	int list;

	KUNIT_ASSERT_NOT_NULL(test, area);
	for (list = 0; list < NR_FREE_LISTS; list++)
		INIT_LIST_HEAD(&area->free_list[list]);

	KUNIT_EXPECT_TRUE(test, free_area_empty(area, MIGRATE_UNMOVABLE));
	for (list = MIGRATE_TYPES; list < NR_FREE_LISTS; list++) {
		list_add(&first, &area->free_list[list]);
		KUNIT_EXPECT_EQ(test, alloc_class_any_list(area, MIGRATE_UNMOVABLE), list);
		KUNIT_EXPECT_FALSE(test, free_area_empty(area, MIGRATE_UNMOVABLE));
		KUNIT_EXPECT_TRUE(test, free_area_empty(area, MIGRATE_MOVABLE));
		KUNIT_EXPECT_TRUE(test, free_area_empty(area, MIGRATE_RECLAIMABLE));
		overflow = false;
		KUNIT_EXPECT_EQ(test, alloc_class_nr_free(area, MIGRATE_UNMOVABLE, &overflow), 1UL);
		KUNIT_EXPECT_EQ(test, alloc_class_nr_free(area, MIGRATE_MOVABLE, &overflow), 0UL);
		KUNIT_EXPECT_FALSE(test, overflow);

		/* Blocks without a key come first. */
		list_add(&second, &area->free_list[MIGRATE_UNMOVABLE]);
		KUNIT_EXPECT_EQ(test, alloc_class_any_list(area, MIGRATE_UNMOVABLE),
				MIGRATE_UNMOVABLE);
		list_del(&second);
		list_del(&first);
	}
}

/* A key is set, read and cleared, and nothing else in the block's flags is. */
static void alloc_class_key_stays_apart(struct kunit *test)
{
	/* But for what compaction sets without the lock. */
	const unsigned long mask = PAGEBLOCK_MIGRATETYPE_MASK | PAGEBLOCK_ISO_MASK;
	struct page *page = alloc_pages(GFP_KERNEL, pageblock_order);
	unsigned long flags, pfn, before, after;
	int class, bad = 0, mt;

	if (!page)
		kunit_skip(test, "no free block");
	pfn = page_to_pfn(page);
	mt = get_pfnblock_migratetype(page, pfn);

	/* A failed expectation prints and allocates: not under the lock. */
	spin_lock_irqsave(&page_zone(page)->lock, flags);
	before = pfnblock_flags(page, pfn) & mask;
	for (class = NR_ALLOC_CLASSES - 1; class >= 0; class--) {
		alloc_class_set_key(page, class);
		bad += pfnblock_class(page, pfn) != class;
		bad += get_pfnblock_migratetype(page, pfn) != mt;
		bad += alloc_class_free_list(page, 0, MIGRATE_UNMOVABLE) !=
			alloc_class_list(class);
		bad += alloc_class_free_list(page, 0, MIGRATE_MOVABLE) !=
			MIGRATE_MOVABLE;
		bad += alloc_class_free_list(page, pageblock_order, MIGRATE_UNMOVABLE) !=
			MIGRATE_UNMOVABLE;
		if (mt == MIGRATE_UNMOVABLE)
			bad += get_pfnblock_list(page, pfn) != alloc_class_list(class);
		else
			bad += get_pfnblock_list(page, pfn) != mt;
	}
	after = pfnblock_flags(page, pfn) & mask;
	spin_unlock_irqrestore(&page_zone(page)->lock, flags);

	__free_pages(page, pageblock_order);
	KUNIT_EXPECT_EQ(test, bad, 0);
	KUNIT_EXPECT_EQ(test, before, after);
}

static unsigned long counted(enum vm_event_item item)
{
	static unsigned long events[NR_VM_EVENT_ITEMS];

	all_vm_events(events);
	return events[item];
}

static unsigned long borrowed_by(enum alloc_class class)
{
	return counted(ALLOC_CLASS_BORROWED_OTHER + class);
}

static unsigned long borrowed(void)
{
	unsigned long nr = 0;
	int class;

	for (class = 0; class < NR_ALLOC_CLASSES; class++)
		nr += borrowed_by(class);
	return nr;
}

static unsigned long taken_over(void)
{
	return counted(ALLOC_CLASS_TAKEN_OVER);
}

/*
 * Pages of a class lie in blocks with its key; when all of them have been
 * freed, blocks that are free as a whole have none.
 */
static void class_has_its_blocks(struct kunit *test, gfp_t gfp,
				 enum alloc_class class)
{
	unsigned long i, pfn, elsewhere = 0, not_unkeyed = 0, whole = 0;
	unsigned long had_borrowed = borrowed();
	unsigned long *pfns;
	struct page **pages;

	pages = kunit_kcalloc(test, NR_PAGES, sizeof(*pages), GFP_KERNEL);
	pfns = kunit_kcalloc(test, NR_PAGES, sizeof(*pfns), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, pages);
	KUNIT_ASSERT_NOT_NULL(test, pfns);

	for (i = 0; i < NR_PAGES; i++) {
		pages[i] = alloc_page(GFP_KERNEL | gfp);
		if (!pages[i])
			break;
		pfns[i] = page_to_pfn(pages[i]);
		elsewhere += pfnblock_class(pages[i], pfns[i]) != class;
	}
	KUNIT_EXPECT_EQ(test, i, NR_PAGES);
	/* Others may borrow meanwhile, but as long as there is a whole block... */
	KUNIT_EXPECT_LE(test, elsewhere, borrowed() - had_borrowed);
	if (global_zone_page_state(NR_FREE_PAGES_BLOCKS))
		KUNIT_EXPECT_EQ(test, elsewhere, 0UL);

	while (i--)
		__free_page(pages[i]);
	drain_zones();

	for (i = 0; i < NR_PAGES; i++) {
		unsigned long flags;
		struct page *page;

		pfn = pageblock_start_pfn(pfns[i]);
		page = pfn_to_page(pfn);
		spin_lock_irqsave(&page_zone(page)->lock, flags);
		if (PageBuddy(page) && buddy_order(page) >= pageblock_order) {
			whole++;
			not_unkeyed += pfnblock_class(page, pfn) != ALLOC_CLASS_OTHER;
		}
		spin_unlock_irqrestore(&page_zone(page)->lock, flags);
	}
	KUNIT_EXPECT_GT(test, whole, 0UL);
	KUNIT_EXPECT_EQ(test, not_unkeyed, 0UL);
}

static void alloc_class_transient_has_its_blocks(struct kunit *test)
{
	skip_if_off(test);
	class_has_its_blocks(test, __GFP_TRANSIENT, ALLOC_CLASS_TRANSIENT);
}

static void alloc_class_pgtable_has_its_blocks(struct kunit *test)
{
	skip_if_off(test);
	class_has_its_blocks(test, __GFP_PGTABLE, ALLOC_CLASS_PGTABLE);
}

/* Pages of single size, or blocks, that a test holds. */
static unsigned long hold(struct list_head *held, gfp_t gfp, unsigned int order,
			  unsigned long max)
{
	unsigned long nr = 0;

	while (nr < max) {
		struct page *page = alloc_pages(gfp | __GFP_NOWARN, order);

		if (!page)
			break;
		list_add(&page->lru, held);
		nr++;
	}
	return nr;
}

/* Drop those that @drop says, and all if it is NULL. */
static void let_go(struct list_head *held, unsigned int order,
		   bool (*drop)(struct page *page))
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, held, lru) {
		if (drop && !drop(page))
			continue;
		list_del(&page->lru);
		__free_pages(page, order);
	}
	drain_zones();
}

static bool in_last_three_quarters(struct page *page)
{
	return page_to_pfn(page) % pageblock_nr_pages >= pageblock_nr_pages / 4;
}

/*
 * Hold pages, one by one, until an event has been counted.  It may take all parts of
 * blocks first that there are, and no watermark is to be in the way.
 */
static bool hold_until(struct list_head *held, gfp_t gfp,
		       unsigned long (*events)(void))
{
	unsigned long before = events();

	while (hold(held, gfp | GFP_NOWAIT | __GFP_MEMALLOC, 0, 1))
		if (events() != before)
			return true;
	return false;
}

/* What was borrowed may be the last of a long per-CPU list. */
static bool hold_until_elsewhere(struct list_head *held)
{
	while (hold(held, GFP_NOWAIT | __GFP_MEMALLOC | __GFP_TRANSIENT, 0, 1)) {
		struct page *page = list_first_entry(held, struct page, lru);

		if (pfnblock_class(page, page_to_pfn(page)) != ALLOC_CLASS_TRANSIENT)
			return true;
	}
	return false;
}

static unsigned long transient_borrowed(void)
{
	return borrowed_by(ALLOC_CLASS_TRANSIENT);
}

/* Told by the tracepoints: pages that transient borrowed, and blocks by the taker. */
static atomic_long_t traced_borrowed;
static atomic_long_t traced_taken_over[NR_ALLOC_CLASSES];
static atomic_long_t traced_amiss;

static void on_borrow(void *unused, const struct page *page, unsigned int order,
		      unsigned int fallback_order, enum alloc_class class,
		      enum alloc_class block_class)
{
	if (class == ALLOC_CLASS_TRANSIENT && block_class != class)
		atomic_long_add(1 << order, &traced_borrowed);
}

static void on_take_over(void *unused, const struct page *page,
			 enum alloc_class block_class, enum alloc_class class)
{
	/*
	 * The block has its new key by now, and had that of one less persistent: to
	 * be the taker is amiss for transient ones.  Others may take over at any time.
	 */
	if (block_class > class && class == pfnblock_class(page, page_to_pfn(page)))
		atomic_long_inc(&traced_taken_over[class]);
	else
		atomic_long_inc(&traced_amiss);
}

/* Return: 0, or an error where there are no tracepoints. */
static int listen(void)
{
	int class, err;

	atomic_long_set(&traced_borrowed, 0);
	atomic_long_set(&traced_amiss, 0);
	for (class = 0; class < NR_ALLOC_CLASSES; class++)
		atomic_long_set(&traced_taken_over[class], 0);
	err = register_trace_alloc_class_borrow(on_borrow, NULL);
	if (err)
		return err;
	err = register_trace_alloc_class_take_over(on_take_over, NULL);
	if (err)
		unregister_trace_alloc_class_borrow(on_borrow, NULL);
	return err;
}

static void listen_no_more(void)
{
	unregister_trace_alloc_class_take_over(on_take_over, NULL);
	unregister_trace_alloc_class_borrow(on_borrow, NULL);
	tracepoint_synchronize_unregister();
}

/*
 * Without a whole free block anywhere, pages of a class that stays longer take over
 * a block of a less persistent one that is half free; transient ones take over
 * nothing, and borrow.
 */
static void class_takes_over(struct kunit *test, gfp_t gfp, enum alloc_class taker)
{
	unsigned long told_before, told = 0, borrowed_before, borrowed_now;
	LIST_HEAD(transients);
	LIST_HEAD(takers);
	LIST_HEAD(movables);
	LIST_HEAD(blocks);
	bool took_over, did_borrow, lies_elsewhere;
	int deaf;

	skip_if_off(test);
	if (global_zone_page_state(NR_FREE_PAGES_BLOCKS) < 128 * pageblock_nr_pages)
		kunit_skip(test, "fewer than 128 free blocks");

	/* What is free among the movable keeps the rest of the kernel going. */
	hold(&movables, GFP_NOWAIT | __GFP_MOVABLE, 0, 32 * pageblock_nr_pages);
	let_go(&movables, 0, in_last_three_quarters);
	hold(&transients, GFP_NOWAIT | __GFP_TRANSIENT, 0, 8 * pageblock_nr_pages);
	let_go(&transients, 0, in_last_three_quarters);
	borrowed_before = transient_borrowed();
	deaf = listen();
	told_before = transient_borrowed();
	hold(&blocks, GFP_NOWAIT | __GFP_MEMALLOC, pageblock_order, ULONG_MAX);

	/* Others may take over, too. */
	do
		took_over = hold_until(&takers, gfp, taken_over);
	while (took_over && !deaf && !atomic_long_read(&traced_taken_over[taker]));
	/* What it has on a per-CPU list is to be borrowed. */
	drain_zones();
	/* What is borrowed may be on the per-CPU list of this CPU. */
	migrate_disable();
	did_borrow = hold_until(&transients, __GFP_TRANSIENT, transient_borrowed);
	lies_elsewhere = hold_until_elsewhere(&transients);
	migrate_enable();

	let_go(&blocks, pageblock_order, NULL);
	let_go(&takers, 0, NULL);
	let_go(&transients, 0, NULL);
	let_go(&movables, 0, NULL);
	if (!deaf) {
		told = transient_borrowed() - told_before;
		listen_no_more();
	}
	borrowed_now = transient_borrowed() - borrowed_before;

	KUNIT_EXPECT_TRUE(test, took_over);
	KUNIT_EXPECT_TRUE(test, did_borrow);
	KUNIT_EXPECT_TRUE(test, lies_elsewhere);
	if (deaf)
		return;
	/* As many as were counted while, and no more than before and after as well. */
	KUNIT_EXPECT_GE(test, atomic_long_read(&traced_borrowed), told);
	KUNIT_EXPECT_LE(test, atomic_long_read(&traced_borrowed), borrowed_now);
	KUNIT_EXPECT_GT(test, told, 0UL);
	KUNIT_EXPECT_GT(test, atomic_long_read(&traced_taken_over[taker]), 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&traced_amiss), 0);
}

static void alloc_class_pgtable_takes_over(struct kunit *test)
{
	class_takes_over(test, __GFP_PGTABLE, ALLOC_CLASS_PGTABLE);
}

static void alloc_class_other_takes_over(struct kunit *test)
{
	class_takes_over(test, 0, ALLOC_CLASS_OTHER);
}

/* A node without pages, with the two zones between which kernel pages may go. */
static struct zone *made_up_zones(struct kunit *test)
{
	struct pglist_data *pgdat = kunit_kzalloc(test, sizeof(*pgdat), GFP_KERNEL);
	int i, order, list;

	KUNIT_ASSERT_NOT_NULL(test, pgdat);
	for (i = ZONE_NORMAL - 1; i <= ZONE_NORMAL; i++) {
		struct zone *zone = &pgdat->node_zones[i];

		zone->zone_pgdat = pgdat;
		zone->present_pages = 1;
		atomic_long_set(&zone->vm_stat[NR_FREE_PAGES], pageblock_nr_pages);
#ifdef CONFIG_UNACCEPTED_MEMORY
		INIT_LIST_HEAD(&zone->unaccepted_pages);
#endif
		for (order = 0; order < NR_PAGE_ORDERS; order++)
			for (list = 0; list < NR_FREE_LISTS; list++)
				INIT_LIST_HEAD(&zone->free_area[order].free_list[list]);
	}
#ifdef CONFIG_DEFERRED_STRUCT_PAGE_INIT
	pgdat->first_deferred_pfn = ULONG_MAX;
#endif
	return &pgdat->node_zones[ZONE_NORMAL];
}

static bool unmovable_goes_lower(struct zone *zone, unsigned int order,
				 enum alloc_class class)
{
	return alloc_class_lower_zone_first(zone, order, MIGRATE_UNMOVABLE,
					    class ? class_flags(class) : 0);
}

/* Before another whole block is taken: parts of blocks in the zone below. */
static void alloc_class_fills_the_lower_zone(struct kunit *test)
{
	const int pgtable = alloc_class_list(ALLOC_CLASS_PGTABLE);
	struct list_head below, own;
	struct zone *zone;

	skip_if_off(test);
	if (!IS_ENABLED(CONFIG_ZONE_DMA32) || defrag_mode)
		kunit_skip(test, "no zone below, or vm.defrag_mode is on");
	zone = made_up_zones(test);
	KUNIT_EXPECT_FALSE(test, unmovable_goes_lower(zone, 0, ALLOC_CLASS_OTHER));

	/* A part that is large enough, of the same kind, in that zone. */
	list_add(&below, &zone[-1].free_area[3].free_list[MIGRATE_UNMOVABLE]);
	KUNIT_EXPECT_TRUE(test, unmovable_goes_lower(zone, 0, ALLOC_CLASS_OTHER));
	KUNIT_EXPECT_TRUE(test, unmovable_goes_lower(zone, 3, ALLOC_CLASS_OTHER));
	KUNIT_EXPECT_FALSE(test, unmovable_goes_lower(zone, 4, ALLOC_CLASS_OTHER));
	KUNIT_EXPECT_FALSE(test, unmovable_goes_lower(zone, 0, ALLOC_CLASS_PGTABLE));
	KUNIT_EXPECT_FALSE(test, unmovable_goes_lower(zone - 1, 0, ALLOC_CLASS_OTHER));
	KUNIT_EXPECT_FALSE(test, alloc_class_lower_zone_first(zone, 0,
							      MIGRATE_RECLAIMABLE, 0));
	zone[-1].present_pages = 0;
	KUNIT_EXPECT_FALSE(test, unmovable_goes_lower(zone, 0, ALLOC_CLASS_OTHER));
	zone[-1].present_pages = 1;

	/* Not if that zone has few pages. */
	zone[-1]._watermark[WMARK_LOW] = pageblock_nr_pages;
	KUNIT_EXPECT_FALSE(test, unmovable_goes_lower(zone, 0, ALLOC_CLASS_OTHER));
	zone[-1]._watermark[WMARK_LOW] = 0;

	/* Parts of the zone's own blocks come before; its whole blocks do not. */
	list_add(&own, &zone->free_area[pageblock_order].free_list[MIGRATE_UNMOVABLE]);
	KUNIT_EXPECT_TRUE(test, unmovable_goes_lower(zone, 0, ALLOC_CLASS_OTHER));
	list_move(&own, &zone->free_area[2].free_list[MIGRATE_UNMOVABLE]);
	KUNIT_EXPECT_FALSE(test, unmovable_goes_lower(zone, 0, ALLOC_CLASS_OTHER));
	KUNIT_EXPECT_TRUE(test, unmovable_goes_lower(zone, 3, ALLOC_CLASS_OTHER));
	list_del(&own);

	/* A whole block of that zone is no better than one of this. */
	list_move(&below, &zone[-1].free_area[pageblock_order].free_list[MIGRATE_UNMOVABLE]);
	KUNIT_EXPECT_FALSE(test, unmovable_goes_lower(zone, 0, ALLOC_CLASS_OTHER));

	list_move(&below, &zone[-1].free_area[0].free_list[pgtable]);
	KUNIT_EXPECT_TRUE(test, unmovable_goes_lower(zone, 0, ALLOC_CLASS_PGTABLE));
	KUNIT_EXPECT_FALSE(test, unmovable_goes_lower(zone, 0, ALLOC_CLASS_OTHER));

	list_move(&below, &zone[-1].free_area[0].free_list[MIGRATE_RECLAIMABLE]);
	KUNIT_EXPECT_TRUE(test, alloc_class_lower_zone_first(zone, 0,
							     MIGRATE_RECLAIMABLE, 0));
	list_del(&below);
}

/* A free area of a class, too small to change the mobility of its block. */
static struct page *free_area_of_class(struct zone *zone, enum alloc_class class,
				       unsigned int *order)
{
	for (*order = 0; *order < pageblock_order - 1; (*order)++) {
		struct list_head *list;

		list = &zone->free_area[*order].free_list[alloc_class_list(class)];
		if (!list_empty(list))
			return list_first_entry(list, struct page, buddy_list);
	}
	return NULL;
}

/* Page reporting takes free areas off their lists, and puts them back. */
static void alloc_class_putback_finds_the_list(struct kunit *test)
{
	unsigned long seen = 0, nr_free = 0, counted = 1;
	struct page *page, *area;
	bool taken = false;
	struct zone *zone;
	unsigned int order;

	skip_if_off(test);
	page = alloc_pages(GFP_KERNEL | __GFP_PGTABLE, 4);
	KUNIT_ASSERT_NOT_NULL(test, page);
	zone = page_zone(page);

	scoped_guard(spinlock_irqsave, &zone->lock) {
		area = free_area_of_class(zone, ALLOC_CLASS_PGTABLE, &order);
		taken = area && __isolate_free_page(area, order);
		if (taken) {
			__putback_isolated_page(area, order,
						get_pageblock_migratetype(area));
			nr_free = block_nr_free(area);
			counted = block_count_free(zone,
						   pageblock_start_pfn(page_to_pfn(area)));
		}
	}

	KUNIT_EXPECT_TRUE(test, taken);
	KUNIT_EXPECT_EQ(test, nr_free, counted);
	KUNIT_EXPECT_EQ(test, alloc_class_check_zone(zone, &seen), 0UL);
	__free_pages(page, 4);
}

/* Of this order are the halves of a block; per-CPU lists hold none of them. */
static unsigned int half_order(void)
{
	return pageblock_order - 1;
}

static struct page *second_half(struct page *block)
{
	return block + (1 << half_order());
}

static struct page *other_half(struct list_head *held, struct page *half)
{
	unsigned long pfn = page_to_pfn(half) ^ (1 << half_order());
	struct page *page;

	list_for_each_entry(page, held, lru)
		if (page_to_pfn(page) == pfn)
			return page;
	return NULL;
}

/* Both halves of a block that page tables have to themselves. */
static struct page *block_of_pgtable(struct kunit *test)
{
	struct page *half = NULL, *other = NULL;
	LIST_HEAD(held);
	int tries;

	if (half_order() <= PAGE_ALLOC_COSTLY_ORDER)
		kunit_skip(test, "half a block may be on a per-CPU list");
	for (tries = 0; tries < 16 && !other; tries++) {
		if (!hold(&held, GFP_NOWAIT | __GFP_PGTABLE, half_order(), 1))
			break;
		half = list_first_entry(&held, struct page, lru);
		other = other_half(&held, half);
	}
	if (other) {
		list_del(&half->lru);
		list_del(&other->lru);
	}
	let_go(&held, half_order(), NULL);
	if (!other)
		kunit_skip(test, "no free block");
	half = min(half, other);
	KUNIT_EXPECT_EQ(test, pfnblock_class(half, page_to_pfn(half)),
			ALLOC_CLASS_PGTABLE);
	return half;
}

#ifdef CONFIG_MEMORY_ISOLATION
/* It stays, but says nothing while the block is isolated; lists follow. */
static void alloc_class_isolation_keeps_the_key(struct kunit *test)
{
	int list = alloc_class_list(ALLOC_CLASS_PGTABLE), isolated = list, after = 0;
	bool is_isolated = false, is_back = false;
	unsigned long pfn, seen = 0;
	struct page *block;
	struct zone *zone;

	skip_if_off(test);
	block = block_of_pgtable(test);
	pfn = page_to_pfn(block);
	zone = page_zone(block);
	/* Free pages, to be moved from the list of the class. */
	__free_pages(second_half(block), half_order());

	/* The lock is not let go in between: nobody knows of the isolation. */
	scoped_guard(spinlock_irqsave, &zone->lock) {
		is_isolated = pageblock_isolate_and_move_free_pages(zone, block);
		if (!is_isolated)
			break;
		isolated = get_pfnblock_list(block, pfn);
		is_back = pageblock_unisolate_and_move_free_pages(zone, block);
		after = get_pfnblock_list(block, pfn);
	}
	KUNIT_EXPECT_TRUE(test, is_isolated);
	KUNIT_EXPECT_TRUE(test, is_back);
	KUNIT_EXPECT_EQ(test, isolated, (int)MIGRATE_ISOLATE);
	KUNIT_EXPECT_EQ(test, after, list);
	KUNIT_EXPECT_EQ(test, alloc_class_check_zone(zone, &seen), 0UL);
	__free_pages(block, half_order());
}
#endif

/*
 * Whoever takes half a block off the free lists, as compaction does for the pages
 * that it moves others to, takes the block with it.
 */
static void alloc_class_half_taken_drops_the_key(struct kunit *test)
{
	enum alloc_class class = ALLOC_CLASS_PGTABLE;
	unsigned long nr_free = 0, there = 1, seen = 0;
	struct page *block, *half;
	bool taken = false;
	struct zone *zone;

	skip_if_off(test);
	block = block_of_pgtable(test);
	half = second_half(block);
	zone = page_zone(block);
	__free_pages(half, half_order());

	scoped_guard(spinlock_irqsave, &zone->lock) {
		if (!PageBuddy(half) || buddy_order(half) != half_order())
			break;
		taken = __isolate_free_page(half, half_order());
		if (!taken)
			break;
		class = pfnblock_class(block, page_to_pfn(block));
		__putback_isolated_page(half, half_order(),
					get_pageblock_migratetype(half));
		nr_free = block_nr_free(block);
		there = block_count_free(zone, page_to_pfn(block));
	}
	if (taken) {
		KUNIT_EXPECT_EQ(test, class, ALLOC_CLASS_OTHER);
		KUNIT_EXPECT_EQ(test, nr_free, there);
		KUNIT_EXPECT_EQ(test, alloc_class_check_zone(zone, &seen), 0UL);
	}
	__free_pages(block, half_order());
	if (!taken)
		kunit_skip(test, "somebody else has taken it");
}

#ifdef CONFIG_COMPACTION
struct capture {
	struct capture_control control;
	struct page *block;
	struct completion done;
};

/* Kernel threads capture nothing, and a test runs in one: a process does it. */
static int free_and_capture(void *data)
{
	struct capture *c = data;

	WRITE_ONCE(current->capture_control, &c->control);
	__free_pages(c->block, half_order());
	__free_pages(second_half(c->block), half_order());
	WRITE_ONCE(current->capture_control, NULL);
	complete(&c->done);
	do_exit(0);
}

/* A block that direct compaction takes before it is on any free list. */
static void alloc_class_capture_drops_the_key(struct kunit *test)
{
	struct capture c = {
		.control.order = pageblock_order,
		.control.migratetype = MIGRATE_UNMOVABLE,
	};
	enum alloc_class class = ALLOC_CLASS_PGTABLE;
	unsigned long nr_free = 1, seen = 0;
	struct page *page;

	skip_if_off(test);
	if (pageblock_order >= MAX_PAGE_ORDER)
		kunit_skip(test, "what is captured is smaller than a block");
	init_completion(&c.done);
	c.block = block_of_pgtable(test);
	c.control.zone = page_zone(c.block);
	KUNIT_ASSERT_GT(test, user_mode_thread(free_and_capture, &c, SIGCHLD), 0);
	wait_for_completion(&c.done);

	/* An interrupt may have freed another one, which is as good. */
	page = READ_ONCE(c.control.page);
	KUNIT_ASSERT_NOT_NULL(test, page);
	scoped_guard(spinlock_irqsave, &c.control.zone->lock) {
		class = pfnblock_class(page, page_to_pfn(page));
		nr_free = block_nr_free(page);
		__putback_isolated_page(page, pageblock_order,
					get_pageblock_migratetype(page));
	}
	KUNIT_EXPECT_EQ(test, class, ALLOC_CLASS_OTHER);
	KUNIT_EXPECT_EQ(test, nr_free, 0UL);
	KUNIT_EXPECT_EQ(test, alloc_class_check_zone(c.control.zone, &seen), 0UL);
}
#endif

/* Freed in one piece: no merge within the block comes by. */
static void alloc_class_whole_block_drops_the_key(struct kunit *test)
{
	struct page *page = alloc_pages(GFP_KERNEL, pageblock_order);
	enum alloc_class class = ALLOC_CLASS_OTHER;
	bool whole = false;
	struct zone *zone;

	if (!page)
		kunit_skip(test, "no free block");
	zone = page_zone(page);
	scoped_guard(spinlock_irqsave, &zone->lock)
		alloc_class_set_key(page, ALLOC_CLASS_PGTABLE);
	__free_pages(page, pageblock_order);
	drain_zones();

	scoped_guard(spinlock_irqsave, &zone->lock) {
		whole = block_nr_free(page) == pageblock_nr_pages;
		class = pfnblock_class(page, page_to_pfn(page));
	}
	if (!whole)
		kunit_skip(test, "somebody else has taken it");
	KUNIT_EXPECT_EQ(test, class, ALLOC_CLASS_OTHER);
}

static void alloc_class_off_keys_nothing(struct kunit *test)
{
	struct page *page;

	if (!strstr(saved_command_line, "alloc_class=off"))
		kunit_skip(test, "classes are not switched off");
	page = alloc_page(GFP_KERNEL | __GFP_TRANSIENT);
	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_EQ(test, pfnblock_class(page, page_to_pfn(page)),
			ALLOC_CLASS_OTHER);
	__free_page(page);
}

/* Every free page is on the list of its block; no whole free block has a key. */
static void alloc_class_lists_match_keys(struct kunit *test)
{
	struct zone *zone;

	for_each_populated_zone(zone) {
		unsigned long seen = 0;

		KUNIT_EXPECT_EQ(test, alloc_class_check_zone(zone, &seen), 0UL);
		KUNIT_EXPECT_GT(test, seen, 0UL);
	}
}

static struct kunit_case alloc_class_test_cases[] = {
	KUNIT_CASE(alloc_class_of_gfp),
	KUNIT_CASE(alloc_class_flags_stay_apart),
	KUNIT_CASE(alloc_class_lists_are_distinct),
	KUNIT_CASE(alloc_class_any_list_finds_all),
	KUNIT_CASE(alloc_class_key_stays_apart),
	KUNIT_CASE(alloc_class_transient_has_its_blocks),
	KUNIT_CASE(alloc_class_pgtable_has_its_blocks),
	KUNIT_CASE(alloc_class_pgtable_takes_over),
	KUNIT_CASE(alloc_class_other_takes_over),
	KUNIT_CASE(alloc_class_fills_the_lower_zone),
	KUNIT_CASE(alloc_class_putback_finds_the_list),
#ifdef CONFIG_MEMORY_ISOLATION
	KUNIT_CASE(alloc_class_isolation_keeps_the_key),
#endif
	KUNIT_CASE(alloc_class_half_taken_drops_the_key),
#ifdef CONFIG_COMPACTION
	KUNIT_CASE(alloc_class_capture_drops_the_key),
#endif
	KUNIT_CASE(alloc_class_whole_block_drops_the_key),
	KUNIT_CASE(alloc_class_off_keys_nothing),
	KUNIT_CASE(alloc_class_lists_match_keys),
	{}
};

static struct kunit_suite alloc_class_test_suite = {
	.name = "alloc_class",
	.test_cases = alloc_class_test_cases,
};

kunit_test_suite(alloc_class_test_suite);

MODULE_DESCRIPTION("Tests for allocator classes");
MODULE_LICENSE("GPL");
