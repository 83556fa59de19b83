// SPDX-License-Identifier: GPL-2.0
/*
 * Allocator classes: unmovable pages that live and die together lie together.
 *
 * Locking: the key of a block (PB_class_*) changes under zone->lock, and so do
 * the lists that its free pages are on. It is read without the lock where a
 * page is freed to a per-CPU list; a page may then end on the list of the
 * wrong class and be used by it, as mainline has it with the migratetype.
 * Nothing here sleeps, reclaims or wakes anybody.
 *
 * What is seen
 * ------------
 * Grouping by mobility keeps unmovable pages out of the blocks that could be
 * moved free. Among themselves, the unmovable ones are not told apart. Fill
 * pipes, make page tables and create files by turns, then let go of all but
 * the files: after four rounds in a guest of 3 GiB (tools/testing/fragbench,
 * churn; medians of five runs) unmovable pages are in 4.3 times as many blocks as could
 * hold them, and 0.83 of the blocks that the free pages would make are free as a
 * whole.  page_owner tells what they are: inodes of the tmpfs and the maple tree nodes
 * of its directories. Slab pages, a few to each block, left behind among what
 * were pages of pipes and page tables. Nothing that moves is in these blocks,
 * so compaction can do nothing about them, and vm.defrag_mode, which keeps the
 * mobilities apart, is not concerned.
 *
 * Why a little is enough
 * ----------------------
 * A block comes free when its last page does. If each page of a block of 512
 * is a long-lived one with probability p, the block comes free with
 * probability (1 - p)^512. At p = 1/100 that is 0.6 %; at p = 1/1000 it is
 * still no more than 60 %. So it does not help to mix less: who stays and who
 * goes have to be apart altogether. And it takes only two or three kinds,
 * because what counts is the ratio of the lifetimes, not their exact length.
 *
 * Which classes
 * -------------
 * Those that bought something. Four such rounds, with the same image and
 * alloc_class= as below: whole free blocks by those that the free pages would
 * make, and blocks with unmovable pages by the fewest that could hold these.
 *
 *			mix 1		mix 2		mix 3
 *	off		0.83	4.3	0.91	3.4	0.83	2.7
 *	pgtable		0.87	3.5	0.93	2.9
 *	transient	0.91	2.7	0.95	2.5
 *	both		0.98	1.3	0.99	1.4	0.92	1.8
 *	on		0.99	1.3	0.99	1.3	0.92	1.8
 *
 * Mix 2 has other sizes and another order of operations. In mix 3 a seventh of the page
 * tables stays, as those of services do. That is why page tables and transient data are
 * two classes: in the first two mixes, where both go at the same time, one could do.
 * Socket buffers alone and slab alone were not told apart: slab pages are shared by all
 * who use a cache of that size, and the reclaimable ones have a mobility. The nodes of
 * the page cache are slab as well; tried as transient data they made it worse (mix 1:
 * 1.46 for 1.30, one run), for some of them stay, and a class of their own bought
 * nothing (mixes 1 and 2: 1.27, 1.39 for 1.31, 1.35; with open files and the slab
 * behind pipes in it 1.39, 1.53). Nor did it buy anything to use the free pages of
 * blocks last that are half free (1.36, 1.45; these, too, are of one run each). Where
 * sockets are filled (mix 4), the mark of their buffers buys most: after ten rounds
 * 0.907 of the whole blocks without it (one run), 0.974 to 0.979 with it. After 15
 * rounds, 11 blocks of slab come and go with them, and at rest 15 blocks could be made
 * of the free pages among inodes. Caches of their own for the heads of socket buffers,
 * in blocks of transient data, bought nothing, 0.967 of the whole blocks for 0.966 to
 * 0.972 in three runs: what these caches keep, 64 pages, lay in ten blocks. The pages
 * of a page_pool are used again and again for as long as their device is up, so they
 * are not marked. (The rows "off" and "on" are by the saved runs of the benchmark,
 * mainline for "off". The other three, and what was tried, are of one run each that was
 * not saved. "on" is both with blocks of the lower zone filled up, as below; the rows
 * above it are without that.)
 *
 * Others have no class, for there is next to nothing to win. By page_owner, at rest
 * after the four rounds of mix 1 with the classes that there are (one run, not saved),
 * 113 blocks hold pages that do not move. What keeps them, all by itself: inodes,
 * dentries and what else is slab 61 blocks, early boot 24; areas of vmalloc two, and
 * both are full; kernel stacks (212 pages in 11 blocks) and the rings of tracing (76 in
 * 3) none. With 512 threads and 64 rings of perf that come and go in each round kernel
 * stacks are 252 pages in 33 blocks, and keep none of these alone, nor do rings.
 * Compressed pages (zsmalloc) move. Of BPF, 2000 maps and programs that come and go do
 * keep blocks: 0.958 of the whole ones are free when they have gone, 0.981 without them
 * (one run each, not saved). But they stay with who loads them, mostly for good.
 *
 * What follows
 * ------------
 * - A block has a key, the class that its pages are for. It gets it when a
 *   class first takes pages from a whole free block, and loses it when the
 *   block comes free as a whole. Two bits in the flags of the block, which
 *   had room for them; the migratetype beside them stays what it was.
 * - The free pages of a block with a key are on a list of its class. Whoever
 *   asks for MIGRATE_UNMOVABLE without a class in mind (compaction, fallbacks
 *   of other mobilities, statistics) looks at these lists too. Whole free
 *   blocks belong to all and are on the lists that they always were on.
 * - A request is served from blocks of its class, in the zone below if this one
 *   has none; then from a whole free block of its mobility; then from one of
 *   another mobility; only then from a block that another class uses; at last by
 *   mainline's fallbacks. Nothing fails that mainline would serve.
 * - What moves has no class. Page cache and anonymous memory are told apart by
 *   nobody here: whichever of them is left behind in a block, kdefragd moves it.
 * - Other classes are not equal. A page that stays, put among pages that go,
 *   holds a block that would have come free; the other way round it does no
 *   harm, and is done before lower zones are tried. So the more persistent class
 *   takes a block over if half of it is free, so that its next pages go to the
 *   same block, and else borrows single pages from where most of the pages are
 *   taken already.
 * - The flag is set where a subsystem allocates pages, one line each. Slab
 *   drops it (GFP_RECLAIM_MASK): its pages are shared by all its users.
 * - A block that boot keeps a part of, for the kernel's image or its tables, does not
 *   come free as a whole. Such blocks are unmovable from the beginning, so that pages
 *   which stay fill them before they begin others. They are five in a guest of 3 GiB,
 *   and so many blocks more come free: after 15 rounds 0.984 to 0.985 of the whole
 *   blocks for 0.979 to 0.981 (mix 1), 0.966 to 0.976 for 0.966 to 0.972 (mix 4; three
 *   runs each, those without it not saved any more).
 *
 * If this is wrong
 * ----------------
 * A page that carries a flag and stays for long holds one block of its class,
 * and the long-lived pages, which in mainline would fill that block, take others
 * until there is no whole free block left. There are such pages: a pipe keeps two
 * of its buffers for as long as it is open, a task the fragment that it writes
 * to sockets from. alloc_class=off tells whether it helps.
 *
 * What is not promised
 * --------------------
 * Objects in slab are not told apart: short-lived ones in a slab page keep it, and where
 * they come and go in numbers they leave holes in the blocks of ALLOC_CLASS_OTHER. A
 * borrowed page is not brought home. The part of a block that alloc_contig_range() takes
 * may be of any kind. And pages on the per-CPU list of a class are not there for others,
 * who then have to find theirs in the free lists.
 */
#define pr_fmt(fmt) "alloc_class: " fmt

#include <linux/debugfs.h>
#include <linux/init.h>
#include <linux/memblock.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/page-isolation.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include "alloc_class.h"
#include "internal.h"
#include "page_alloc.h"

#include <trace/events/kmem.h>
#define CREATE_TRACE_POINTS
#include <trace/events/alloc_class.h>

const char * const alloc_class_names[NR_ALLOC_CLASSES] = {
	[ALLOC_CLASS_OTHER]	= "other",
	[ALLOC_CLASS_PGTABLE]	= "pgtable",
	[ALLOC_CLASS_TRANSIENT]	= "transient",
};

#define OFFSET(class)	((class) + MIGRATE_PCPTYPES - 1)

/* Nobody is of two classes. */
u8 alloc_class_offset[NR_ALLOC_CLASSES + 1] __ro_after_init = {
	[ALLOC_CLASS_PGTABLE]	= OFFSET(ALLOC_CLASS_PGTABLE),
	[ALLOC_CLASS_TRANSIENT]	= OFFSET(ALLOC_CLASS_TRANSIENT),
};

/* Is anything done that mainline does not do? */
static bool alloc_class_on __ro_after_init = true;

/* on, off, or the one class that is kept apart: to see what it is worth. */
static int __init alloc_class_setup(char *arg)
{
	int class;

	if (arg && !strcmp(arg, "on"))
		return 0;

	class = arg ? match_string(alloc_class_names, NR_ALLOC_CLASSES, arg) : -EINVAL;
	if (class <= ALLOC_CLASS_OTHER && (!arg || strcmp(arg, "off"))) {
		pr_warn("alloc_class= wants on, off, pgtable or transient: ignored\n");
		return 0;
	}

	memset(alloc_class_offset, 0, sizeof(alloc_class_offset));
	alloc_class_on = class > ALLOC_CLASS_OTHER;
	if (alloc_class_on)
		alloc_class_offset[class] = OFFSET(class);
	return 0;
}
early_param("alloc_class", alloc_class_setup);

/* Is there a page struct that can be asked? */
static bool __init page_is_initialised(unsigned long pfn)
{
	if (!pfn_valid(pfn))
		return false;
#ifdef CONFIG_DEFERRED_STRUCT_PAGE_INIT
	return pfn < NODE_DATA(early_pfn_to_nid(pfn))->first_deferred_pfn;
#else
	return true;
#endif
}

/* Blocks of a zone from which on some are made unmovable at boot. */
#define BLOCKS_MIN	64UL

/* The rest of the block that a reserved page lies in is for pages that stay. */
static void __init make_unmovable(unsigned long pfn)
{
	struct page *page;
	struct zone *zone;

	if (!page_is_initialised(pfn))
		return;
	page = pfn_to_page(pfn);
	zone = page_zone(page);
	/* Reserved, but no memory: outside of its zone, it has no block's flags. */
	if (!zone_spans_pfn(zone, pfn))
		return;
	/* Nothing that stays goes there. */
	if (zone_idx(zone) == ZONE_MOVABLE || is_highmem(zone))
		return;
	/* A few blocks of many: where they are few, movable pages need them. */
	if (zone->present_pages < BLOCKS_MIN * pageblock_nr_pages)
		return;
	/* The scratch area of a kexec handover is MIGRATE_CMA. */
	if (get_pageblock_migratetype(page) == MIGRATE_MOVABLE)
		init_pageblock_migratetype(page, MIGRATE_UNMOVABLE, false);
}

/**
 * alloc_class_init - make blocks unmovable of which boot keeps a part
 *
 * Those are the blocks in which reserved memory begins or ends. If all of it is given
 * back later, as of an initrd, the block is as any whole free one. Memory whose page
 * structs are initialised later is left as it is.
 *
 * Context: boot, one CPU, before the allocator gets its first page.
 */
void __init alloc_class_init(void)
{
	struct memblock_region *region;

	if (!alloc_class_on)
		return;
	for_each_reserved_mem_region(region) {
		unsigned long start = PFN_DOWN(region->base);
		unsigned long end = PFN_UP(region->base + region->size);

		/* Of huge pages, or preserved over a kexec: they may move or go. */
		if (memblock_is_reserved_noinit(region))
			continue;
		if (!pageblock_aligned(start))
			make_unmovable(start);
		if (!pageblock_aligned(end))
			make_unmovable(end - 1);
	}
}

/**
 * page_block_class - the class of a page's block
 * @page: the page
 *
 * For mm_page_alloc_extfrag.
 *
 * Context: any; racy without zone->lock.
 * Return: its key, ALLOC_CLASS_OTHER if it has none.
 */
enum alloc_class page_block_class(const struct page *page)
{
	return pfnblock_class(page, page_to_pfn(page));
}

void __alloc_class_set_key(struct page *page, enum alloc_class class)
{
	unsigned long pfn = page_to_pfn(page);
	unsigned long bit = pfn_to_bitidx(page, pfn);
	unsigned long *word = get_pageblock_bitmap(page, pfn) + bit / BITS_PER_LONG;
	unsigned long mask = PAGEBLOCK_CLASS_MASK << (bit % BITS_PER_LONG);
	unsigned long key, old;

	key = (unsigned long)class << (PB_class_0 + bit % BITS_PER_LONG);

	/* The lock protects the key, but not the other bits of the word. */
	old = READ_ONCE(*word);
	do {
	} while (!try_cmpxchg(word, &old, (old & ~mask) | key));

	if (class)
		__count_vm_event(ALLOC_CLASS_KEYED);
	if (old & mask)
		__count_vm_event(ALLOC_CLASS_UNKEYED);
}

/* Out of line: __free_one_page() has no registers to spare. */
void alloc_class_unkey(struct page *page)
{
	alloc_class_set_key(page, ALLOC_CLASS_OTHER);
}

void alloc_class_taken_over(struct page *page, enum alloc_class from,
			    enum alloc_class to)
{
	__count_vm_event(ALLOC_CLASS_TAKEN_OVER);
	trace_alloc_class_take_over(page, from, to);
}

void alloc_class_borrowed(struct page *page, unsigned int order,
			  unsigned int fallback_order, enum alloc_class class)
{
	BUILD_BUG_ON(ALLOC_CLASS_BORROWED_TRANSIENT - ALLOC_CLASS_BORROWED_OTHER + 1 !=
		     NR_ALLOC_CLASSES);
	__count_vm_events(ALLOC_CLASS_BORROWED_OTHER + class, 1 << order);
	trace_alloc_class_borrow(page, order, fallback_order, class,
				 pfnblock_class(page, page_to_pfn(page)));
}

/* Are there free pages on this list in blocks of which others are in use? */
static bool list_has_parts(const struct zone *zone, unsigned int order, int list)
{
	for (; order < pageblock_order; order++)
		if (!list_empty(&zone->free_area[order].free_list[list]))
			return true;
	return false;
}

/* The list that a request takes parts of blocks from. */
static int list_of_request(int migratetype, unsigned int alloc_flags)
{
	if (!alloc_class_divides(migratetype))
		return migratetype;
	return alloc_class_list(alloc_flags_class(alloc_flags));
}

/* Who gets nothing of a zone that is not all there yet makes it grow. */
static bool zone_can_grow(struct zone *zone)
{
#ifdef CONFIG_DEFERRED_STRUCT_PAGE_INIT
	if (READ_ONCE(zone->zone_pgdat->first_deferred_pfn) != ULONG_MAX)
		return true;
#endif
#ifdef CONFIG_UNACCEPTED_MEMORY
	if (!list_empty(&zone->unaccepted_pages))
		return true;
#endif
	return false;
}

/**
 * alloc_class_lower_zone_first - shall the zone below serve a request?
 * @zone: the zone that is asked
 * @order: order of the request
 * @migratetype: its mobility, not MIGRATE_MOVABLE
 * @alloc_flags: its flags, with the class
 *
 * When ZONE_NORMAL is full, ZONE_DMA32 gets what the kernel needs. What stays of
 * that is a few pages to a block, to which nobody would ever add, for ZONE_NORMAL
 * is asked first and has whole blocks again. So before it takes one of these,
 * blocks of the same kind in ZONE_DMA32 are filled up, unless that zone is short
 * of pages. Only where ALLOC_NOFRAGMENT makes it sure that the zone is asked
 * again, if the other could not serve, and not with vm.defrag_mode, which keeps
 * that flag.
 *
 * The idea, for pages that would fall back to another mobility, is Mel Gorman's
 * (ALLOC_NOFRAGMENT).
 *
 * Context: any. Free lists are looked at, those of the lower zone always without
 * its lock: a moment later they may be empty or not.
 * Return: true if this zone had to take a whole free block or one of another
 * kind, and the one below has free pages in blocks of this kind, and above its low
 * watermark; false while this zone is not all there yet.
 */
bool alloc_class_lower_zone_first(struct zone *zone, unsigned int order,
				  int migratetype, unsigned int alloc_flags)
{
	struct zone *lower = zone - 1;
	int list = list_of_request(migratetype, alloc_flags);

	if (!IS_ENABLED(CONFIG_ZONE_DMA32) || zone_idx(zone) != ZONE_NORMAL)
		return false;
	if (list_has_parts(zone, order, list))
		return false;
	/* The lists of a zone that never had a page are not initialised. */
	if (!alloc_class_on || defrag_mode || !populated_zone(lower))
		return false;
	if (!list_has_parts(lower, order, list) || zone_can_grow(zone))
		return false;
	return zone_watermark_ok(lower, 0, low_wmark_pages(lower) + (1UL << order),
				 ZONE_NORMAL, ALLOC_WMARK_LOW);
}

/**
 * alloc_class_refill_ends - is the rest of a per-CPU list's refill not wanted?
 * @zone: the zone
 * @order: order of the pages
 * @migratetype: their mobility, not MIGRATE_MOVABLE
 * @alloc_flags: flags of the request, with the class
 *
 * The first page has come.  As above, parts of the lower zone come before another
 * block of ZONE_NORMAL; and who was sent to ZONE_DMA32 for such parts does not
 * begin another block there either, or there would be no end of them.
 *
 * Context: zone->lock held.
 * Return: true if the next page is better looked for by another request.
 */
bool alloc_class_refill_ends(struct zone *zone, unsigned int order,
			     int migratetype, unsigned int alloc_flags)
{
	int list = list_of_request(migratetype, alloc_flags);

	if (!IS_ENABLED(CONFIG_ZONE_DMA32) || zone_idx(zone) != ZONE_NORMAL - 1)
		return alloc_class_lower_zone_first(zone, order, migratetype,
						    alloc_flags);
	if (!alloc_class_on || defrag_mode)
		return false;
	return !list_has_parts(zone, order, list);
}

/* A list is not walked for longer than pagetypeinfo walks one of mainline's. */
#define NR_FREE_MAX	100000

unsigned long __alloc_class_nr_free(const struct free_area *area, bool *overflow)
{
	unsigned long nr = 0;
	int list;

	for (list = MIGRATE_TYPES; list < NR_FREE_LISTS; list++) {
		struct list_head *pos;

		list_for_each(pos, &area->free_list[list])
			if (++nr >= NR_FREE_MAX) {
				*overflow = true;
				return nr;
			}
	}
	return nr;
}

/* Blocks of a free page that have a key. */
static unsigned long keyed_blocks(struct page *page, unsigned int order)
{
	unsigned long pfn = page_to_pfn(page), end = pfn + (1UL << order);
	unsigned long nr = 0;

	for (; pfn < end; pfn += pageblock_nr_pages)
		nr += pfnblock_class(pfn_to_page(pfn), pfn) != ALLOC_CLASS_OTHER;
	return nr;
}

/**
 * alloc_class_check_zone - compare the lists of a zone with the keys of blocks
 * @zone: the zone
 * @seen: the free areas that were looked at are added to it
 *
 * For tests: walks all free lists with interrupts off.
 *
 * Context: any; takes zone->lock.
 * Return: free areas on the list of another class, whole free blocks that have
 * a key, and orders of which the number of free areas is not what it should be.
 */
unsigned long alloc_class_check_zone(struct zone *zone, unsigned long *seen)
{
	unsigned long wrong = 0;
	unsigned int order;
	int list;

	guard(spinlock_irqsave)(&zone->lock);
	for (order = 0; order < NR_PAGE_ORDERS; order++) {
		struct free_area *area = &zone->free_area[order];
		unsigned long nr = 0;
		struct page *page;

		for (list = 0; list < NR_FREE_LISTS; list++) {
			list_for_each_entry(page, &area->free_list[list], buddy_list) {
				nr++;
				if (order >= pageblock_order)
					wrong += keyed_blocks(page, order);
				wrong += get_pfnblock_list(page, page_to_pfn(page)) != list;
			}
		}
		wrong += nr != area->nr_free;
		*seen += nr;
	}
	return wrong;
}

#ifdef CONFIG_DEBUG_FS

/* What a class holds in a zone. */
struct alloc_class_held {
	unsigned long blocks;	/* with its key and at least one page in use */
	unsigned long used;	/* pages in use in these */
	unsigned long foreign;	/* of these, known to be of another kind */
};

/*
 * Is this a page that tells by itself that it should lie elsewhere?  One of a
 * pipe or of a socket buffer does not, nor one of a driver.
 */
static bool page_is_foreign(struct page *page, enum alloc_class class)
{
	if (PageTable(page))
		return class != ALLOC_CLASS_PGTABLE &&
		       !ptdesc_test_kernel(page_ptdesc(page));
	if (PageSlab(page))
		return class != ALLOC_CLASS_OTHER;
	return PageLRU(page) || page_has_movable_ops(page);
}

static unsigned long count_foreign(struct page *block, enum alloc_class class)
{
	unsigned long i, nr = 0;

	for (i = 0; i < pageblock_nr_pages; i++)
		nr += page_is_foreign(block + i, class);
	return nr;
}

/* A moment old: without the lock. */
static void count_held(struct zone *zone, struct alloc_class_held *held)
{
	unsigned long pfn = pageblock_align(zone->zone_start_pfn);

	for (; pfn < zone_end_pfn(zone); pfn += pageblock_nr_pages) {
		enum alloc_class class;
		struct page *page;
		unsigned int used;

		cond_resched();
		page = block_in_zone(zone, pfn);
		if (!page)
			continue;
		used = pageblock_nr_pages - block_nr_free(page);
		if (!used || get_pfnblock_migratetype(page, pfn) != MIGRATE_UNMOVABLE)
			continue;
		class = pfnblock_class(page, pfn);
		held[class].blocks++;
		held[class].used += used;
		held[class].foreign += count_foreign(page, class);
	}
}

static int alloc_class_show(struct seq_file *m, void *unused)
{
	struct zone *zone;

	seq_puts(m, "# alloc_class 1\n# node zone class blocks used free foreign\n");
	get_online_mems();
	for_each_populated_zone(zone) {
		struct alloc_class_held held[NR_ALLOC_CLASSES] = {};
		int class;

		count_held(zone, held);
		for (class = 0; class < NR_ALLOC_CLASSES; class++)
			seq_printf(m, "%d %s %s %lu %lu %lu %lu\n",
				   zone_to_nid(zone), zone->name,
				   alloc_class_names[class],
				   held[class].blocks, held[class].used,
				   held[class].blocks * pageblock_nr_pages -
				   held[class].used, held[class].foreign);
	}
	put_online_mems();
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(alloc_class);

/* debugfs alloc_class_check: compare all, tell how many were wrong. */
static int alloc_class_check_show(struct seq_file *m, void *unused)
{
	unsigned long seen = 0, wrong = 0;
	struct zone *zone;

	for_each_populated_zone(zone)
		wrong += alloc_class_check_zone(zone, &seen);
	seq_printf(m, "checked %lu wrong %lu\n", seen, wrong);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(alloc_class_check);

static int __init alloc_class_debugfs_init(void)
{
	debugfs_create_file("alloc_class", 0444, NULL, NULL, &alloc_class_fops);
	if (IS_ENABLED(CONFIG_BLOCK_OCCUPANCY_DEBUG))
		debugfs_create_file("alloc_class_check", 0400, NULL, NULL,
				    &alloc_class_check_fops);
	return 0;
}
late_initcall(alloc_class_debugfs_init);

#endif /* CONFIG_DEBUG_FS */
