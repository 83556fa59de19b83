/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How many pages of each page block are free: what the page allocator sees.
 * The reasoning and the locking are in block_occupancy.c.
 */
#ifndef _MM_BLOCK_OCCUPANCY_H
#define _MM_BLOCK_OCCUPANCY_H

#include <linux/mm.h>
#include <linux/mmzone.h>

#ifdef CONFIG_BLOCK_OCCUPANCY

/* Where the state of the block that holds @pfn lies. */
static inline struct page_block *pfn_page_block(const struct page *page,
						unsigned long pfn)
{
#ifdef CONFIG_SPARSEMEM
	struct mem_section_usage *usage = __pfn_to_section(pfn)->usage;
	unsigned long *end = usage->pageblock_flags +
			     BITS_TO_LONGS(SECTION_BLOCKFLAGS_BITS);

	return (struct page_block *)end +
	       ((pfn & ~PAGE_SECTION_MASK) >> pageblock_order);
#else
	struct zone *zone = page_zone(page);

	pfn -= pageblock_start_pfn(zone->zone_start_pfn);
	return zone->page_blocks + (pfn >> pageblock_order);
#endif
}

/* Bytes that the states of the @nr_blocks blocks of a section or zone take. */
static inline size_t page_blocks_size(unsigned long nr_blocks)
{
	return nr_blocks * sizeof(struct page_block);
}

/*
 * @nr pages at @pfn, within one block, came to the free lists, or left them if
 * negative.  Context: zone->lock held.
 */
static inline void __block_account_free(struct page *page, unsigned long pfn,
					int nr)
{
	struct page_block *block = pfn_page_block(page, pfn);

	WRITE_ONCE(block->nr_free, block->nr_free + nr);
}

/*
 * The free area @page of @order came to the free lists, or left them if @sign
 * is -1.  Context: zone->lock held.
 */
static inline void block_account_free(struct page *page, unsigned int order,
				      int sign)
{
	unsigned long pfn = page_to_pfn(page);
	unsigned long end = pfn + (1UL << order);

	if (likely(order <= pageblock_order)) {
		__block_account_free(page, pfn, sign * (1 << order));
		return;
	}
	for (; pfn < end; pfn += pageblock_nr_pages)
		__block_account_free(pfn_to_page(pfn), pfn,
				     sign * (int)pageblock_nr_pages);
}

/**
 * block_nr_free - how many pages of a block are free
 * @page: any page of the block, online
 *
 * Context: any.  Exact while zone->lock is held, a moment old otherwise.
 * Return: pages on free lists, isolated ones included, those on per-CPU lists
 * not.
 */
static inline unsigned int block_nr_free(const struct page *page)
{
	return READ_ONCE(pfn_page_block(page, page_to_pfn(page))->nr_free);
}

struct page *block_in_zone(struct zone *zone, unsigned long pfn);
unsigned int block_count_free(struct zone *zone, unsigned long pfn);

#ifdef CONFIG_SPARSEMEM
static inline void alloc_page_blocks(struct zone *zone)
{
}
#else
void alloc_page_blocks(struct zone *zone);
#endif

#else /* !CONFIG_BLOCK_OCCUPANCY */

static inline size_t page_blocks_size(unsigned long nr_blocks)
{
	return 0;
}

static inline void block_account_free(struct page *page, unsigned int order,
				      int sign)
{
}

static inline void alloc_page_blocks(struct zone *zone)
{
}

#endif /* CONFIG_BLOCK_OCCUPANCY */
#endif /* _MM_BLOCK_OCCUPANCY_H */
