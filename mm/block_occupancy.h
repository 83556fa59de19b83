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

#ifdef CONFIG_SPARSEMEM
/* As __pfn_to_section(), which asks whether there is one: there is. */
static inline struct mem_section *pfn_section_there(unsigned long pfn)
{
	unsigned long nr = pfn_to_section_nr(pfn);

	return &mem_section[SECTION_NR_TO_ROOT(nr)][nr & SECTION_ROOT_MASK];
}
#endif

/* Where the state of the block that holds @pfn lies. */
static inline struct page_block *pfn_page_block(const struct page *page,
						unsigned long pfn)
{
#ifdef CONFIG_SPARSEMEM
	struct mem_section_usage *usage = pfn_section_there(pfn)->usage;
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

/*
 * Bytes that the states of the @nr_blocks blocks of a section or zone take.  Early
 * sections lie back to back, and begin with words that are changed atomically.
 */
static inline size_t page_blocks_size(unsigned long nr_blocks)
{
	return ALIGN(nr_blocks * sizeof(struct page_block), sizeof(long));
}

/*
 * @nr pages at @pfn, within one block, came to the free lists, or left them if
 * negative.  Context: zone->lock held.
 */
static __always_inline void
__block_account_free(struct page *page, unsigned long pfn, int nr)
{
	struct page_block *block = pfn_page_block(page, pfn);

	WRITE_ONCE(block->nr_free, block->nr_free + nr);
}

void block_account_free_blocks(struct page *page, unsigned int order, int sign);

/*
 * The free area @page of @order came to the free lists, or left them if @sign
 * is -1.  Context: zone->lock held.
 */
static __always_inline void block_account_free(struct page *page,
					       unsigned int order, int sign)
{
	if (likely(order <= pageblock_order))
		__block_account_free(page, page_to_pfn(page), sign * (1 << order));
	else
		block_account_free_blocks(page, order, sign);
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
