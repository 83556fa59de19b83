/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Order-aware watermarks: what the page allocator, kswapd and compaction see.
 *
 * The reasoning is in order_watermark_check.c, the acting in order_watermark.c.
 * Compiled out, every hook below is what mainline does at that place.
 */
#ifndef _MM_ORDER_WATERMARK_H
#define _MM_ORDER_WATERMARK_H

#include <linux/compaction.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include "internal.h"
#include "page_alloc.h"

/**
 * enum order_wmark - the answer to "is this zone ready for this order?"
 * @ORDER_WMARK_FINE: enough pages, and enough free blocks of the order
 * @ORDER_WMARK_SHORT_PAGES: too few free pages; reclaim is the cure
 * @ORDER_WMARK_SHORT_SHAPE: enough pages, too few blocks; moving pages is the
 *	cure and freeing more of them is not
 */
enum order_wmark {
	ORDER_WMARK_FINE,
	ORDER_WMARK_SHORT_PAGES,
	ORDER_WMARK_SHORT_SHAPE,
};

/**
 * struct order_wmark_query - all that the check looks at, in one place
 * @order: order asked for
 * @share: percent of the watermark that each order keeps of the one below it
 * @managed: pages in the zone
 * @watermark: pages that kswapd keeps free
 * @reserve: pages kept from this request for lower zones (lowmem reserve)
 * @free: free pages that the request may use; may be negative
 * @blocks: free blocks of exactly each order that the request may use
 * @demand: requests of each order that found none, lately
 */
struct order_wmark_query {
	unsigned int	order;
	unsigned int	share;
	unsigned long	managed;
	unsigned long	watermark;
	unsigned long	reserve;
	long		free;
	unsigned long	blocks[NR_PAGE_ORDERS];
	unsigned int	demand[NR_PAGE_ORDERS];
};

/**
 * struct order_wmark_answer - the verdict, and what decided it
 * @verdict: see &enum order_wmark
 * @order: the highest order that is short; the lowest that was looked at if
 *	none is; 0 if only pages were asked for
 * @have: blocks of at least @order, larger ones counted for all they hold
 * @want: blocks of at least @order that are enough
 */
struct order_wmark_answer {
	enum order_wmark verdict;
	unsigned int	order;
	unsigned long	have;
	unsigned long	want;
};

/**
 * enum order_wmark_outcome - what a round of the compactor came to
 * @ORDER_WMARK_PAID: it made a good part of what was missing
 * @ORDER_WMARK_UNPAID: it did not
 * @ORDER_WMARK_CANNOT: it went on to the end, and not one block came of it
 */
enum order_wmark_outcome {
	ORDER_WMARK_PAID,
	ORDER_WMARK_UNPAID,
	ORDER_WMARK_CANNOT,
};

/**
 * struct order_wmark_round - a round of the compactor, in blocks of its order
 * @had: when it began
 * @have: when it was over
 * @want: that are enough
 * @taken: somebody got one meanwhile
 * @whole: it went on to the end of all that it could go over
 */
struct order_wmark_round {
	unsigned long	had;
	unsigned long	have;
	unsigned long	want;
	bool		taken;
	bool		whole;
};

unsigned long order_wmark_want(const struct order_wmark_query *q,
			       unsigned int order);
struct order_wmark_answer order_wmark_check(const struct order_wmark_query *q);
unsigned int order_wmark_decay(unsigned int demand, unsigned long halvings);
enum order_wmark_outcome
order_wmark_outcome(const struct order_wmark_round *round);
unsigned long order_wmark_rest(unsigned long took, unsigned int in_vain,
			       unsigned long least);

#ifdef CONFIG_ORDER_WATERMARK

/* Values of vm.order_watermark. */
enum order_wmark_mode {
	ORDER_WMARK_MAINLINE,	/* one block is enough */
	ORDER_WMARK_HAND_OVER,	/* graded; a shortage of shape is handed over */
	ORDER_WMARK_RECLAIM,	/* graded; kswapd reclaims until it holds */
};

/**
 * struct order_wmark_pass - what kcompactd remembers of one round over a node
 * @pgdat: the node
 * @order: order to be made
 * @highest_zoneidx: highest zone that the request could use
 * @ours: it goes by our backoff, not by mainline's hints and deferral
 * @had: blocks of at least @order in the node when the round began
 * @begin: jiffies then
 * @cpu_begin: nanoseconds that the thread had been on a CPU then
 * @whole: it has left no zone before its end
 */
struct order_wmark_pass {
	pg_data_t	*pgdat;
	unsigned int	order;
	int		highest_zoneidx;
	bool		ours;
	unsigned long	had;
	unsigned long	begin;
	u64		cpu_begin;
	bool		whole;
};

extern int sysctl_order_watermark;

static inline bool order_wmark_mode_is(enum order_wmark_mode mode)
{
	return READ_ONCE(sysctl_order_watermark) == mode;
}

/* defrag_mode brings a check of its own, in whole blocks; it has precedence. */
static inline bool order_wmark_active(unsigned int order)
{
	return order && !defrag_mode &&
	       !order_wmark_mode_is(ORDER_WMARK_MAINLINE);
}

/* Is a shortage of shape handed over? */
static inline bool order_wmark_hands_over(unsigned int order)
{
	return order_wmark_active(order) &&
	       order_wmark_mode_is(ORDER_WMARK_HAND_OVER);
}

/*
 * Is the free scanner of a compactor to look at each page?  Mainline's takes longer
 * and longer strides where it finds nothing, and then no more where every 32nd page
 * is in use.  There kswapd reclaims on, and what it frees is found; where it leaves
 * that to compaction, those who go by no hints have to find all that there is: a
 * request at the highest priority or spared from reclaim, and kcompactd, before it
 * says that it cannot.
 */
static inline bool order_wmark_looks_closely(int order, bool ignores_hints)
{
	return ignores_hints && order > 0 && order_wmark_hands_over(order);
}

unsigned long order_wmark_blocks(struct zone *zone, unsigned int order);
bool order_wmark_balanced(pg_data_t *pgdat, unsigned int order,
			  int highest_zoneidx);
bool order_wmark_wake_kcompactd(pg_data_t *pgdat, gfp_t gfp_mask,
				unsigned int order, int highest_zoneidx);
bool order_wmark_short_of_shape(struct zone *zone, unsigned int order,
				int highest_zoneidx);
bool order_wmark_node_short_of_shape(pg_data_t *pgdat, unsigned int order,
				     int highest_zoneidx);
void order_wmark_pass_begin(struct order_wmark_pass *pass, pg_data_t *pgdat,
			    unsigned int order, int highest_zoneidx);
enum compact_result order_wmark_pass_zone(struct order_wmark_pass *pass,
					  struct zone *zone,
					  enum compact_result status);
void order_wmark_pass_end(const struct order_wmark_pass *pass);
bool order_wmark_goes_by_backoff(pg_data_t *pgdat, unsigned int order);
void order_wmark_rest_over(pg_data_t *pgdat);
unsigned long order_wmark_to_reclaim(pg_data_t *pgdat, unsigned int order,
				     int highest_zoneidx, unsigned long nr);
bool order_wmark_reclaimed(pg_data_t *pgdat, unsigned int order,
			   unsigned long nr_reclaimed);
void order_wmark_missed(struct zone *zone, unsigned int order);
/* An allocation flag: compaction goes by no hints of what to skip. */
#define ALLOC_COMPACT_ALL	0x400000

bool order_wmark_spare(gfp_t gfp_mask, unsigned int order,
		       unsigned int alloc_flags, const struct alloc_context *ac,
		       bool *spared);
void order_wmark_spared_in_vain(const struct alloc_context *ac,
				unsigned long since);
void __order_wmark_taken(struct zone *zone, unsigned int order,
			 int highest_zoneidx);

/* Does mainline's deferral hold for this round? */
static inline bool order_wmark_pass_defers(const struct order_wmark_pass *pass)
{
	return !pass->ours;
}

/* The caller has taken a block: see to it that enough are left. */
static inline void order_wmark_taken(struct zone *zone, unsigned int order,
				     unsigned int alloc_flags,
				     int highest_zoneidx)
{
	if (unlikely(order) && (alloc_flags & ALLOC_KSWAPD))
		__order_wmark_taken(zone, order, highest_zoneidx);
}

/* A fragmenting fallback raises the watermark: reclaim for the sake of shape. */
static inline bool order_wmark_may_boost(void)
{
	return defrag_mode || !order_wmark_mode_is(ORDER_WMARK_HAND_OVER);
}

/*
 * Count the blocks on lists that ordinary requests cannot use: high-atomic,
 * CMA, isolated.  Context: zone->lock held.
 */
static inline void order_wmark_account(struct free_area *area, int migratetype,
				       long nr)
{
	if (unlikely(migratetype >= MIGRATE_PCPTYPES))
		WRITE_ONCE(area->nr_reserved, area->nr_reserved + nr);
}

/*
 * Reclaim plans in pages and takes folios.  It asks for 32 pages at a time, or
 * fewer if it is in no hurry, and gets a huge page each time: a list of huge
 * pages is scanned, and aged, at many times the pace that was planned, and they
 * go to swap while page cache could be dropped.  Hence what was scanned too many
 * is set off against what is to be scanned next, whoever planned it.
 *
 * Small cgroups had the same trouble with batches once, and what was planned and
 * not scanned was saved for them: commit f86296317434 ("mm: do batched scans for
 * mem_cgroup").  That went with commit 246e87a93934 ("memcg: fix get_scan_count()
 * for small targets"), for reclaim got desperate without having scanned.  So here
 * it is done within the first three priorities, and within one plan, but a plan
 * at a lower priority begins with nothing to be set off.
 */
#define ORDER_WMARK_SET_OFF_PRIORITY	(DEF_PRIORITY - 2)

/* Reclaim has made a plan for the lists.  Others may be scanning by theirs. */
static inline void order_wmark_scan_begin(struct lruvec *lruvec, int priority)
{
	enum lru_list lru;

	if (priority >= ORDER_WMARK_SET_OFF_PRIORITY)
		return;
	for_each_evictable_lru(lru)
		WRITE_ONCE(lruvec->overscanned[lru], 0);
}

/*
 * Of @nr_to_scan pages of a list, how many are still due?
 * Context: lruvec->lru_lock held.
 */
static inline unsigned long order_wmark_scan_due(struct lruvec *lruvec,
						 enum lru_list lru,
						 unsigned long nr_to_scan)
{
	unsigned long over = READ_ONCE(lruvec->overscanned[lru]);
	unsigned long paid = min(over, nr_to_scan);

	if (!order_wmark_hands_over(pageblock_order))
		return nr_to_scan;

	WRITE_ONCE(lruvec->overscanned[lru], over - paid);
	return nr_to_scan - paid;
}

/*
 * So many were scanned, the last folio included.  (If any were due, nothing was
 * left to be set off.)  Context: lruvec->lru_lock held.
 */
static inline void order_wmark_scanned(struct lruvec *lruvec, enum lru_list lru,
				       unsigned long due, unsigned long scanned)
{
	if (scanned > due && order_wmark_hands_over(pageblock_order))
		WRITE_ONCE(lruvec->overscanned[lru], scanned - due);
}

#else /* !CONFIG_ORDER_WATERMARK */

/* No function: to read what it takes alters the code of its caller. */
#define order_wmark_scan_begin(...)	do { } while (0)

static inline unsigned long order_wmark_scan_due(struct lruvec *lruvec,
						 enum lru_list lru,
						 unsigned long nr_to_scan)
{
	return nr_to_scan;
}

static inline void order_wmark_scanned(struct lruvec *lruvec, enum lru_list lru,
				       unsigned long due, unsigned long scanned)
{
}

struct order_wmark_pass { };

static inline bool order_wmark_active(unsigned int order)
{
	return false;
}

static inline bool order_wmark_hands_over(unsigned int order)
{
	return false;
}

static inline bool order_wmark_looks_closely(int order, bool ignores_hints)
{
	return false;
}

static inline bool order_wmark_balanced(pg_data_t *pgdat, unsigned int order,
					int highest_zoneidx)
{
	return true;
}

static inline bool order_wmark_wake_kcompactd(pg_data_t *pgdat, gfp_t gfp_mask,
					      unsigned int order,
					      int highest_zoneidx)
{
	return !(gfp_mask & __GFP_DIRECT_RECLAIM);
}

static inline bool order_wmark_short_of_shape(struct zone *zone,
					      unsigned int order,
					      int highest_zoneidx)
{
	return false;
}

static inline void order_wmark_pass_begin(struct order_wmark_pass *pass,
					  pg_data_t *pgdat, unsigned int order,
					  int highest_zoneidx)
{
}

static inline bool order_wmark_pass_defers(const struct order_wmark_pass *pass)
{
	return true;
}

static inline enum compact_result
order_wmark_pass_zone(struct order_wmark_pass *pass, struct zone *zone,
		      enum compact_result status)
{
	return status;
}

static inline void order_wmark_pass_end(const struct order_wmark_pass *pass)
{
}

static inline bool order_wmark_goes_by_backoff(pg_data_t *pgdat,
					       unsigned int order)
{
	return false;
}

static inline unsigned long order_wmark_to_reclaim(pg_data_t *pgdat,
						   unsigned int order,
						   int highest_zoneidx,
						   unsigned long nr)
{
	return nr;
}

static inline bool order_wmark_reclaimed(pg_data_t *pgdat, unsigned int order,
					 unsigned long nr_reclaimed)
{
	return nr_reclaimed >= compact_gap(order);
}

static inline void order_wmark_missed(struct zone *zone, unsigned int order)
{
}

#define ALLOC_COMPACT_ALL	0

static inline bool order_wmark_spare(gfp_t gfp_mask, unsigned int order,
				     unsigned int alloc_flags,
				     const struct alloc_context *ac,
				     bool *spared)
{
	return false;
}

static inline void order_wmark_spared_in_vain(const struct alloc_context *ac,
					      unsigned long since)
{
}

static inline void order_wmark_taken(struct zone *zone, unsigned int order,
				     unsigned int alloc_flags,
				     int highest_zoneidx)
{
}

static inline bool order_wmark_may_boost(void)
{
	return true;
}

static inline void order_wmark_account(struct free_area *area, int migratetype,
				       long nr)
{
}

#endif /* CONFIG_ORDER_WATERMARK */
#endif /* _MM_ORDER_WATERMARK_H */
