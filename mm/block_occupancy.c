// SPDX-License-Identifier: GPL-2.0
/*
 * Page block occupancy: how many pages of each block are free, known at all
 * times without looking at the pages.
 *
 * Why
 * ---
 * Who wants to empty a block wants the one that costs least, and the cost is
 * the number of pages in use.  Without a count, all page structs of the block
 * have to be read to learn that it was the wrong one: a linear scanner that
 * takes blocks as they come moves and inspects several times what the emptiest
 * ones would have needed.  With it, the emptiest blocks of a terabyte are found
 * by reading a few megabytes.
 *
 * What is counted
 * ---------------
 * The pages of a block that are on free lists, isolated ones included, wherever
 * the head of their free area lies: an area above the block order counts in
 * every block it spans.  Not counted: pages on per-CPU lists, guard pages of
 * debug_pagealloc, unaccepted memory.  Splitting and merging change nothing, so
 * the count is kept where pages come to the free lists or leave them for good
 * (beside account_freepages()), once per page allocated or freed and not once
 * per level of the buddy tree.
 *
 * Memory: four bytes per block, behind the block's flags, so they come and go
 * with the section; 2 KiB for a GiB of memory in blocks of 2 MiB.
 *
 * Locking and what is not promised
 * --------------------------------
 * Counts change under zone->lock and may be read without it.  A block that lies
 * in two zones is counted under two locks, so its count may be off: readers
 * leave such blocks alone (block_in_zone()).
 *
 * The state of a block may be read only while its section stays, and it does:
 *
 *	under get_online_mems();
 *	under zone->lock, if pfn_to_online_page() found the block under it:
 *	offlining first marks a section and then takes zone->lock, to take the
 *	free pages off the lists, before anything of the section is removed;
 *	while the block is isolated by the reader: only who has isolated all
 *	blocks of a section by himself can take it offline.
 */
#include <linux/debugfs.h>
#include <linux/init.h>
#include <linux/memblock.h>
#include <linux/random.h>
#include <linux/seq_file.h>
#include <linux/string_helpers.h>
#include <linux/workqueue.h>
#include "alloc_class.h"
#include "block_occupancy.h"
#include "internal.h"
#include "page_alloc.h"

#ifndef CONFIG_SPARSEMEM
/*
 * The states of a zone's blocks, the first and the last of which may lie in it
 * but in part.  Context: boot, one CPU.
 */
void __meminit alloc_page_blocks(struct zone *zone)
{
	unsigned long start = pageblock_start_pfn(zone->zone_start_pfn);
	unsigned long end = pageblock_align(zone_end_pfn(zone));
	size_t size = page_blocks_size((end - start) >> pageblock_order);

	zone->page_blocks = NULL;
	if (!size)
		return;
	zone->page_blocks = memblock_alloc_node(size, SMP_CACHE_BYTES,
						zone_to_nid(zone));
	if (!zone->page_blocks)
		panic("Failed to allocate %zu bytes for zone %s page blocks on node %d\n",
		      size, zone->name, zone_to_nid(zone));
}
#endif

/* block_account_free(), for areas of several blocks. */
void block_account_free_blocks(struct page *page, unsigned int order, int sign)
{
	unsigned long pfn = page_to_pfn(page);
	unsigned long end = pfn + (1UL << order);

	for (; pfn < end; pfn += pageblock_nr_pages)
		__block_account_free(pfn_to_page(pfn), pfn,
				     sign * (int)pageblock_nr_pages);
}

/**
 * block_in_zone - is a block in a zone as a whole?
 * @zone: the zone
 * @pfn: first page frame of the block
 *
 * Context: zone->lock or get_online_mems() held, so that the block stays.
 * Return: the block's first page, or NULL if part of it is elsewhere, a hole, or
 * offline.
 */
struct page *block_in_zone(struct zone *zone, unsigned long pfn)
{
	unsigned long end = pfn + pageblock_nr_pages;

	/*
	 * Not pageblock_pfn_to_page(): it goes by zone->contiguous, which is
	 * out of date for a while when a section has gone offline.
	 */
	if (!zone_spans_pfn(zone, pfn) || !zone_spans_pfn(zone, end - 1))
		return NULL;
	return __pageblock_pfn_to_page(pfn, end, zone);
}

/* The free area that begins before the block and spans it all, if any. */
static bool block_in_larger_area(struct zone *zone, unsigned long pfn)
{
	unsigned int order;

	for (order = pageblock_order + 1; order < NR_PAGE_ORDERS; order++) {
		unsigned long head_pfn = round_down(pfn, 1UL << order);
		struct page *head;

		if (head_pfn == pfn)
			continue;
		if (!zone_spans_pfn(zone, head_pfn))
			return false;
		head = pfn_to_online_page(head_pfn);
		if (head && PageBuddy(head) && buddy_order(head) >= order)
			return true;
	}
	return false;
}

/**
 * block_count_free - count the free pages of a block, page by page
 * @zone: zone of the block
 * @pfn: first page frame of the block, which is online and all in @zone
 *
 * What block_nr_free() must be equal to.
 *
 * Context: zone->lock held.
 * Return: pages on free lists.
 */
unsigned int block_count_free(struct zone *zone, unsigned long pfn)
{
	unsigned long end = pfn + pageblock_nr_pages;
	unsigned int nr = 0;

	if (block_in_larger_area(zone, pfn))
		return pageblock_nr_pages;

	while (pfn < end) {
		struct page *page = pfn_to_page(pfn);
		unsigned long step = 1;

		if (PageBuddy(page)) {
			step = 1UL << buddy_order(page);
			nr += min(step, end - pfn);
		}
		pfn += step;
	}
	return nr;
}

/* The zone of block @pfn, or NULL if it is in none, or in more than one. */
static struct zone *block_zone(unsigned long pfn)
{
	struct page *page = pfn_to_online_page(pfn);
	struct zone *zone = page ? page_zone(page) : NULL;

	return zone && block_in_zone(zone, pfn) ? zone : NULL;
}

/*
 * debugfs page_blocks: *pos is the number of the block, from the first of the
 * machine on, plus one for the header.
 */
static void *block_map_from(loff_t *pos)
{
	unsigned long pfn = *pos << pageblock_order;

	for (; pfn < max_pfn; pfn += pageblock_nr_pages, ++*pos) {
		if (block_zone(pfn))
			return pos;
		cond_resched();
	}
	return NULL;
}

static void *block_map_start(struct seq_file *m, loff_t *pos)
{
	get_online_mems();
	if (*pos == 0) {
		seq_puts(m, "# version 1: one line per page block\n");
		seq_puts(m, "# node zone pfn mobility class free\n");
	}
	return block_map_from(pos);
}

static void *block_map_next(struct seq_file *m, void *v, loff_t *pos)
{
	++*pos;
	return block_map_from(pos);
}

static void block_map_stop(struct seq_file *m, void *v)
{
	put_online_mems();
}

static int block_map_show(struct seq_file *m, void *v)
{
	unsigned long pfn = *(loff_t *)v << pageblock_order;
	struct zone *zone = block_zone(pfn);
	char mobility[16];
	struct page *page;

	if (!zone)
		return 0;
	page = pfn_to_page(pfn);
	string_lower(mobility,
		     migratetype_names[get_pageblock_migratetype(page)]);
	seq_printf(m, "%d %s %lu %s %s %u\n", zone_to_nid(zone), zone->name,
		   pfn, mobility, block_class_name(page), block_nr_free(page));
	return 0;
}

static const struct seq_operations block_map_sops = {
	.start	= block_map_start,
	.next	= block_map_next,
	.stop	= block_map_stop,
	.show	= block_map_show,
};
DEFINE_SEQ_ATTRIBUTE(block_map);

#ifdef CONFIG_BLOCK_OCCUPANCY_DEBUG
/*
 * Blocks recounted per second, at random, so that an error shows near where it
 * was made.  A block takes some microseconds: 64 of them cost nothing that a
 * debug kernel would feel.
 */
#define BLOCK_CHECKS	64

/* Recount one block and say if it was wrong; the count is then set right. */
static bool block_check(struct zone *zone, unsigned long pfn)
{
	struct page *page = pfn_to_page(pfn);
	unsigned int counted, known;

	scoped_guard(spinlock_irqsave, &zone->lock) {
		counted = block_count_free(zone, pfn);
		known = block_nr_free(page);
		if (counted != known)
			WRITE_ONCE(pfn_page_block(page, pfn)->nr_free, counted);
	}
	WARN_ONCE(counted != known, "block at pfn %lu: %u free, %u counted\n",
		  pfn, known, counted);
	return counted != known;
}

static void block_check_some(struct work_struct *work)
{
	unsigned long nr_blocks = max_pfn >> pageblock_order;
	unsigned int i;

	get_online_mems();
	for (i = 0; i < BLOCK_CHECKS; i++) {
		unsigned long block = get_random_u32_below(nr_blocks);
		unsigned long pfn = block << pageblock_order;
		struct zone *zone = block_zone(pfn);

		if (zone)
			block_check(zone, pfn);
	}
	put_online_mems();
	schedule_delayed_work(to_delayed_work(work), HZ);
}

static DECLARE_DEFERRABLE_WORK(block_check_work, block_check_some);

/* debugfs page_blocks_check: recount all, tell how many were wrong. */
static int block_check_show(struct seq_file *m, void *v)
{
	unsigned long pfn, checked = 0, wrong = 0;

	get_online_mems();
	for (pfn = 0; pfn < max_pfn; pfn += pageblock_nr_pages) {
		struct zone *zone = block_zone(pfn);

		if (!zone)
			continue;
		checked++;
		wrong += block_check(zone, pfn);
		cond_resched();
	}
	put_online_mems();
	seq_printf(m, "checked %lu\nwrong %lu\n", checked, wrong);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(block_check);

static void __init block_debug_init(void)
{
	debugfs_create_file("page_blocks_check", 0400, NULL, NULL,
			    &block_check_fops);
	schedule_delayed_work(&block_check_work, HZ);
}
#else
static void __init block_debug_init(void)
{
}
#endif

static int __init block_occupancy_init(void)
{
	/* A count has to fit, and so has a block that is free as a whole. */
	BUILD_BUG_ON(1UL << PAGE_BLOCK_MAX_ORDER > U16_MAX);

	debugfs_create_file("page_blocks", 0400, NULL, NULL, &block_map_fops);
	block_debug_init();
	return 0;
}
late_initcall(block_occupancy_init);
