/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Allocator classes: what the page allocator sees of them.
 *
 * The reasoning is in alloc_class.c. Compiled out, every hook below is what
 * mainline does at that place.
 *
 * A "list" is an index into free_area.free_list[]: the migratetype, or, for
 * an unmovable block with a key, one of those behind MIGRATE_TYPES.
 */
#ifndef _MM_ALLOC_CLASS_H
#define _MM_ALLOC_CLASS_H

#include <linux/alloc_class.h>
#include <linux/gfp.h>
#include <linux/mmzone.h>
#include <linux/vmstat.h>
#include "block_occupancy.h"
#include "pageblock.h"

#ifdef CONFIG_ALLOC_CLASS

/*
 * The way into the buddy lists, which is longer with classes: inlined, it would
 * cost those their registers who find a page on a per-CPU list.
 */
#define noinline_for_class	noinline
#define inline_without_class	noinline

/* In alloc_flags, below rmqueue(): the class, and "whole free blocks only". */
#define ALLOC_CLASS_SHIFT	24
#define ALLOC_WHOLE_BLOCK	0x800000

#define PAGEBLOCK_CLASS_MASK	(BIT(PB_class_0) | BIT(PB_class_1))

/* A class is a field of two bits in the GFP mask and in a block's flags. */
static_assert(NR_ALLOC_CLASSES <= 4);
static_assert(___GFP_PGTABLE >> ___GFP_PGTABLE_BIT == ALLOC_CLASS_PGTABLE);
static_assert(___GFP_TRANSIENT >> ___GFP_PGTABLE_BIT == ALLOC_CLASS_TRANSIENT);
/* The three tags of a radix tree lie in what GFP leaves of 32 bits. */
static_assert(__GFP_BITS_SHIFT + 3 <= 32);

/* By the class that the GFP mask names: see alloc_class_flags(). */
extern u8 alloc_class_offset[NR_ALLOC_CLASSES + 1];

void alloc_class_init(void);
void __alloc_class_set_key(struct page *page, enum alloc_class class);
unsigned long alloc_class_check_zone(struct zone *zone, unsigned long *seen);
bool alloc_class_lower_zone_first(struct zone *zone, unsigned int order,
				  int migratetype, unsigned int alloc_flags);
bool alloc_class_refill_ends(struct zone *zone, unsigned int order,
			     int migratetype, unsigned int alloc_flags);

/* Does this mobility have classes? */
static __always_inline bool alloc_class_divides(int migratetype)
{
	return migratetype == MIGRATE_UNMOVABLE;
}

/*
 * The flags of a block, as enum pageblock_bits; racy without zone->lock.  By hand,
 * for get_pageblock_bitmap() asks whether there is a section, at each page freed.
 */
static inline unsigned long pfnblock_flags(const struct page *page,
					   unsigned long pfn)
{
	unsigned long bit = pfn_to_bitidx(page, pfn);
	unsigned long *map;

#ifdef CONFIG_SPARSEMEM
	map = pfn_section_there(pfn)->usage->pageblock_flags;
#else
	map = page_zone(page)->pageblock_flags;
#endif
	return READ_ONCE(map[bit / BITS_PER_LONG]) >> (bit % BITS_PER_LONG);
}

static inline enum alloc_class pfnblock_class(const struct page *page,
					      unsigned long pfn)
{
	return (pfnblock_flags(page, pfn) & PAGEBLOCK_CLASS_MASK) >> PB_class_0;
}

extern const char * const alloc_class_names[NR_ALLOC_CLASSES];

/* The class of a block, for people; "-" if its mobility has none. */
static inline const char *block_class_name(const struct page *page)
{
	if (!alloc_class_divides(get_pageblock_migratetype(page)))
		return "-";
	return alloc_class_names[pfnblock_class(page, page_to_pfn(page))];
}

/*
 * Is what lies in this block soon gone? Asked of an isolated one, too. Context:
 * zone->lock held.
 */
static inline bool alloc_class_is_transient(const struct page *page)
{
	unsigned long flags = pfnblock_flags(page, page_to_pfn(page));

	return alloc_class_divides(flags & PAGEBLOCK_MIGRATETYPE_MASK) &&
	       (flags & PAGEBLOCK_CLASS_MASK) >> PB_class_0 == ALLOC_CLASS_TRANSIENT;
}

/* The list of a class of unmovable pages. */
static inline int alloc_class_list(enum alloc_class class)
{
	return class ? MIGRATE_TYPES - 1 + class : MIGRATE_UNMOVABLE;
}

/*
 * The list for free pages of a block that is isolated, or has a key although its
 * mobility has no classes: then it says nothing.
 */
static inline int alloc_class_list_of_block(unsigned long flags)
{
	if (flags & PAGEBLOCK_ISO_MASK)
		return MIGRATE_ISOLATE;
	return flags & PAGEBLOCK_MIGRATETYPE_MASK;
}

/* get_pfnblock_migratetype() and the key in one load: a list. */
static inline int get_pfnblock_list(const struct page *page, unsigned long pfn)
{
	unsigned long flags = pfnblock_flags(page, pfn);

	flags &= PAGEBLOCK_MIGRATETYPE_MASK | PAGEBLOCK_ISO_MASK |
		 PAGEBLOCK_CLASS_MASK;
	if (likely(flags < BIT(PB_migrate_isolate)))
		return flags;
	if (unlikely(flags & ~PAGEBLOCK_CLASS_MASK))
		return alloc_class_list_of_block(flags);
	return alloc_class_list(flags >> PB_class_0);
}

/* The list for a free page of this order and of its block's mobility. */
static inline int alloc_class_free_list(const struct page *page,
					unsigned int order, int migratetype)
{
	if (!alloc_class_divides(migratetype) || order >= pageblock_order)
		return migratetype;
	return alloc_class_list(pfnblock_class(page, page_to_pfn(page)));
}

/* The list for a part of this order, which is split off a larger area. */
static inline int alloc_class_split_list(unsigned int order, int migratetype,
					 int list)
{
	return order < pageblock_order ? list : migratetype;
}

/* The mobility of what is on a list. */
static inline int alloc_class_mobility(int list)
{
	return likely(list < MIGRATE_TYPES) ? list : MIGRATE_UNMOVABLE;
}

/*
 * A page of this order is about to come to the free lists: count it in its block,
 * and tell which list.  Together, for both lie in the same place, and looking it up
 * takes longer than either.  Context: zone->lock held.
 */
static inline int block_account_freed(struct page *page, unsigned long pfn,
				      unsigned int order)
{
	int list = get_pfnblock_list(page, pfn);

	if (likely(order <= pageblock_order))
		__block_account_free(page, pfn, 1 << order);
	else
		block_account_free_blocks(page, order, 1);
	return list;
}

/*
 * Give the block a key, or none (ALLOC_CLASS_OTHER). Its free pages have to be
 * put on the lists that go with it. Context: zone->lock held.
 */
static inline void alloc_class_set_key(struct page *page,
				       enum alloc_class class)
{
	if (pfnblock_class(page, page_to_pfn(page)) != class)
		__alloc_class_set_key(page, class);
}

void alloc_class_unkey(struct page *page);

/*
 * The class of a request, as a part of alloc_flags: what to add to the
 * migratetype to get the per-CPU list. On the fast path of every page.
 */
static inline unsigned int alloc_class_flags(gfp_t gfp)
{
	unsigned int class;

	class = (__force unsigned int)(gfp & (__GFP_PGTABLE | __GFP_TRANSIENT));
	if (likely(!class))
		return 0;

	/* Only unmovable pages have one. */
	if (gfp & (__GFP_MOVABLE | __GFP_RECLAIMABLE))
		return 0;
	return alloc_class_offset[class >> ___GFP_PGTABLE_BIT] << ALLOC_CLASS_SHIFT;
}

/* Where mobilities are not told apart, blocks have no keys either. */
static inline enum alloc_class alloc_flags_class(unsigned int alloc_flags)
{
	unsigned int offset = alloc_flags >> ALLOC_CLASS_SHIFT;

	if (!offset || page_group_by_mobility_disabled)
		return ALLOC_CLASS_OTHER;
	return offset - (MIGRATE_PCPTYPES - 1);
}

/* Which of the NR_PCP_TYPES per-CPU lists of an order a request is served from */
static inline int alloc_class_pcp_type(int migratetype,
				       unsigned int alloc_flags)
{
	return migratetype + (alloc_flags >> ALLOC_CLASS_SHIFT);
}

/* ... and which one a page goes to whose list is none of MIGRATE_PCPTYPES. */
static inline int alloc_class_pcp_type_of_list(int list)
{
	if (list < MIGRATE_TYPES)
		return MIGRATE_MOVABLE;
	return list - MIGRATE_TYPES + MIGRATE_PCPTYPES;
}

/*
 * A list of this mobility that has pages; one without if there are none. Whoever
 * asks for a mobility and not for a class gets blocks without a key first.
 */
static inline int alloc_class_any_list(const struct free_area *area,
				       int migratetype)
{
	int list;

	if (!alloc_class_divides(migratetype) ||
	    !list_empty(&area->free_list[migratetype]))
		return migratetype;
	for (list = MIGRATE_TYPES; list < NR_FREE_LISTS; list++)
		if (!list_empty(&area->free_list[list]))
			return list;
	return migratetype;
}

unsigned long __alloc_class_nr_free(const struct free_area *area, bool *overflow);

/*
 * Free areas of this mobility in blocks with a key; *overflow is set if there
 * are more than what is returned. Context: zone->lock held.
 */
static inline unsigned long alloc_class_nr_free(const struct free_area *area,
						int migratetype, bool *overflow)
{
	if (!alloc_class_divides(migratetype))
		return 0;
	return __alloc_class_nr_free(area, overflow);
}

/* Is it worth the while to take the block over? */
static inline bool alloc_class_half_free(const struct page *page)
{
	return block_nr_free(page) >= pageblock_nr_pages / 2;
}

/* Both are told to who watches. Context: zone->lock held. */
void alloc_class_taken_over(struct page *page, enum alloc_class from,
			    enum alloc_class to);
void alloc_class_borrowed(struct page *page, unsigned int order,
			  unsigned int fallback_order, enum alloc_class class);

#else /* !CONFIG_ALLOC_CLASS */

#define noinline_for_class
#define inline_without_class	__always_inline

#define ALLOC_WHOLE_BLOCK	0

static inline void alloc_class_init(void)
{
}

static inline bool alloc_class_is_transient(const struct page *page)
{
	return false;
}

static __always_inline bool alloc_class_divides(int migratetype)
{
	return false;
}

static inline int alloc_class_list(enum alloc_class class)
{
	return MIGRATE_UNMOVABLE;
}

static inline int get_pfnblock_list(const struct page *page, unsigned long pfn)
{
	return get_pfnblock_migratetype(page, pfn);
}

static inline int alloc_class_free_list(const struct page *page,
					unsigned int order, int migratetype)
{
	return migratetype;
}

static inline int alloc_class_split_list(unsigned int order, int migratetype,
					 int list)
{
	return migratetype;
}

static inline int alloc_class_mobility(int list)
{
	return list;
}

static inline int block_account_freed(struct page *page, unsigned long pfn,
				      unsigned int order)
{
	block_account_free(page, order, 1);
	return get_pfnblock_migratetype(page, pfn);
}

static inline enum alloc_class pfnblock_class(const struct page *page,
					      unsigned long pfn)
{
	return ALLOC_CLASS_OTHER;
}

static inline const char *block_class_name(const struct page *page)
{
	return "-";
}

static inline void alloc_class_set_key(struct page *page,
				       enum alloc_class class)
{
}

static inline void alloc_class_unkey(struct page *page)
{
}

static inline unsigned int alloc_class_flags(gfp_t gfp)
{
	return 0;
}

static inline enum alloc_class alloc_flags_class(unsigned int alloc_flags)
{
	return ALLOC_CLASS_OTHER;
}

static inline int alloc_class_pcp_type(int migratetype,
				       unsigned int alloc_flags)
{
	return migratetype;
}

static inline int alloc_class_pcp_type_of_list(int list)
{
	return MIGRATE_MOVABLE;
}

static inline int alloc_class_any_list(const struct free_area *area,
				       int migratetype)
{
	return migratetype;
}

static inline unsigned long alloc_class_nr_free(const struct free_area *area,
						int migratetype, bool *overflow)
{
	return 0;
}

static inline bool alloc_class_lower_zone_first(struct zone *zone,
						unsigned int order,
						int migratetype,
						unsigned int alloc_flags)
{
	return false;
}

static inline bool alloc_class_refill_ends(struct zone *zone,
					   unsigned int order, int migratetype,
					   unsigned int alloc_flags)
{
	return false;
}

static inline bool alloc_class_half_free(const struct page *page)
{
	return false;
}

static inline void alloc_class_taken_over(struct page *page,
					  enum alloc_class from,
					  enum alloc_class to)
{
}

static inline void alloc_class_borrowed(struct page *page, unsigned int order,
					unsigned int fallback_order,
					enum alloc_class class)
{
}

#endif /* CONFIG_ALLOC_CLASS */

#endif /* _MM_ALLOC_CLASS_H */
