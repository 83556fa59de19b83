/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kdefragd: what the page allocator, the order-aware watermarks and memory
 * hotplug see.  Compiled out, every hook is what mainline does at that place.
 */
#ifndef _MM_KDEFRAGD_HOOKS_H
#define _MM_KDEFRAGD_HOOKS_H

#include <linux/migrate_mode.h>
#include <linux/mmzone.h>
#include <linux/page-isolation.h>
#include "../page_alloc.h"

struct alloc_context;

/* When a request is worked for: once each. */
enum defrag_stage {
	DEFRAG_BEFORE_RECLAIM,
	DEFRAG_AFTER_RECLAIM,
};

/* Give a whole block to a migratetype.  Context: zone->lock held. */
typedef void (*defrag_claim_t)(struct page *page, enum migratetype migratetype);

#ifdef CONFIG_KDEFRAGD

extern int sysctl_kdefragd;
extern unsigned int sysctl_kdefragd_order;

static inline bool kdefragd_enabled(void)
{
	return READ_ONCE(sysctl_kdefragd);
}

void kdefragd_run(int nid);
void kdefragd_stop(int nid);
void kdefragd_wake(pg_data_t *pgdat, unsigned int order, int highest_zoneidx);
void kdefragd_reserve_taken(struct zone *zone);
void kdefragd_wake_for_reserve(struct zone *zone);

extern bool kdefragd_kept_out;

/* Memory hotplug begins, or ends.  Context: its lock held for writing. */
static inline void kdefragd_keep_out(bool out)
{
	WRITE_ONCE(kdefragd_kept_out, out);
}

/* An area has left a free list.  Context: zone->lock held. */
static inline void kdefragd_area_taken(struct zone *zone, unsigned int order,
				       int migratetype)
{
	if (order >= READ_ONCE(sysctl_kdefragd_order) &&
	    !is_migrate_isolate(migratetype))
		kdefragd_reserve_taken(zone);
}

/* Something was allocated, and zone->lock is not held any more. */
static inline void kdefragd_allocated(struct zone *zone,
				      unsigned int alloc_flags)
{
	if (unlikely(test_bit(ZONE_BELOW_RESERVE, &zone->flags)) &&
	    (alloc_flags & ALLOC_KSWAPD))
		kdefragd_wake_for_reserve(zone);
}

bool kdefragd_takes_over(pg_data_t *pgdat, unsigned int order,
			 int highest_zoneidx);
bool kdefragd_stands_in(pg_data_t *pgdat);
struct page *kdefragd_direct(gfp_t gfp_mask, unsigned int order,
			     unsigned int alloc_flags,
			     const struct alloc_context *ac,
			     defrag_claim_t claim, enum defrag_stage stage,
			     unsigned int *tried);

bool kdefragd_refuses(gfp_t gfp_mask, unsigned int order,
		      unsigned int alloc_flags, const struct alloc_context *ac);

/* A large folio that finds no room is not split: one is not worth another. */
static inline bool kdefragd_keeps_whole(int migrate_reason)
{
	return migrate_reason == MR_DEFRAG;
}

void kdefragd_foreign(struct zone *zone, struct page *page);
int kdefragd_offline(struct zone *zone, unsigned long start_pfn,
		     unsigned long end_pfn);
bool kdefragd_is_soon_gone(const struct page *page);

/* May a block be isolated although it has this page, which does not move? */
static inline bool kdefragd_waits_for(const struct page *page,
				      enum pb_isolate_mode mode)
{
	return IS_ENABLED(CONFIG_MEMORY_HOTREMOVE) &&
	       mode == PB_ISOLATE_MODE_MEM_OFFLINE &&
	       kdefragd_is_soon_gone(page);
}

/* Compaction's knob, which kdefragd obeys as well. */
#define VISIBLE_IF_KDEFRAGD
extern int sysctl_compact_unevictable_allowed;

#else /* !CONFIG_KDEFRAGD */

#define VISIBLE_IF_KDEFRAGD static

static inline bool kdefragd_enabled(void)
{
	return false;
}

static inline void kdefragd_run(int nid)
{
}

static inline void kdefragd_stop(int nid)
{
}

static inline void kdefragd_wake(pg_data_t *pgdat, unsigned int order,
				 int highest_zoneidx)
{
}

static inline void kdefragd_reserve_taken(struct zone *zone)
{
}

static inline void kdefragd_area_taken(struct zone *zone, unsigned int order,
				       int migratetype)
{
}

static inline void kdefragd_allocated(struct zone *zone,
				      unsigned int alloc_flags)
{
}

static inline void kdefragd_keep_out(bool out)
{
}

static inline bool kdefragd_takes_over(pg_data_t *pgdat, unsigned int order,
				       int highest_zoneidx)
{
	return false;
}

static inline bool kdefragd_stands_in(pg_data_t *pgdat)
{
	return false;
}

static inline struct page *kdefragd_direct(gfp_t gfp_mask, unsigned int order,
					   unsigned int alloc_flags,
					   const struct alloc_context *ac,
					   defrag_claim_t claim,
					   enum defrag_stage stage,
					   unsigned int *tried)
{
	return NULL;
}

static inline bool kdefragd_refuses(gfp_t gfp_mask, unsigned int order,
				    unsigned int alloc_flags,
				    const struct alloc_context *ac)
{
	return false;
}

/* A macro: with an inline function GCC makes other code of its user. */
#define kdefragd_keeps_whole(...)	false

static inline void kdefragd_foreign(struct zone *zone, struct page *page)
{
}

static inline int kdefragd_offline(struct zone *zone, unsigned long start_pfn,
				   unsigned long end_pfn)
{
	return 0;
}

static inline bool kdefragd_waits_for(const struct page *page,
				      enum pb_isolate_mode mode)
{
	return false;
}

#endif /* CONFIG_KDEFRAGD */
#endif /* _MM_KDEFRAGD_HOOKS_H */
