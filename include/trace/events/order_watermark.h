/* SPDX-License-Identifier: GPL-2.0 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM order_watermark

#if !defined(_TRACE_ORDER_WATERMARK_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_ORDER_WATERMARK_H

#include <linux/tracepoint.h>

struct order_wmark_answer;
struct order_wmark_query;
struct order_wmark_round;

TRACE_DEFINE_ENUM(ORDER_WMARK_FINE);
TRACE_DEFINE_ENUM(ORDER_WMARK_SHORT_PAGES);
TRACE_DEFINE_ENUM(ORDER_WMARK_SHORT_SHAPE);
TRACE_DEFINE_ENUM(ORDER_WMARK_PAID);
TRACE_DEFINE_ENUM(ORDER_WMARK_UNPAID);
TRACE_DEFINE_ENUM(ORDER_WMARK_CANNOT);

/*
 * One decision and what it was made of.  free, watermark and reserve are
 * pages; have and want are blocks of at least decided_by, an order.
 */
TRACE_EVENT(mm_order_watermark,
	    TP_PROTO(struct zone *zone, const struct order_wmark_query *q,
		     const struct order_wmark_answer *answer,
		     int highest_zoneidx),

	    TP_ARGS(zone, q, answer, highest_zoneidx),

	    TP_STRUCT__entry(__field(int, nid)
			     __field(int, zid)
			     __field(int, highest_zoneidx)
			     __field(unsigned int, order)
			     __field(long, free)
			     __field(unsigned long, watermark)
			     __field(unsigned long, reserve)
			     __field(unsigned int, decided_by)
			     __field(unsigned long, have)
			     __field(unsigned long, want)
			     __field(unsigned int, demand)
			     __field(int, verdict)
	    ),

	    TP_fast_assign(__entry->nid = zone_to_nid(zone);
			   __entry->zid = zone_idx(zone);
			   __entry->highest_zoneidx = highest_zoneidx;
			   __entry->order = q->order;
			   __entry->free = q->free;
			   __entry->watermark = q->watermark;
			   __entry->reserve = q->reserve;
			   __entry->decided_by = answer->order;
			   __entry->have = answer->have;
			   __entry->want = answer->want;
			   __entry->demand = q->demand[answer->order];
			   __entry->verdict = answer->verdict;
	    ),

	    TP_printk("nid=%d zid=%d highest_zoneidx=%d order=%u free=%ld watermark=%lu reserve=%lu decided_by=%u have=%lu want=%lu demand=%u verdict=%s",
		      __entry->nid, __entry->zid,
		      __entry->highest_zoneidx, __entry->order,
		      __entry->free, __entry->watermark,
		      __entry->reserve,
		      __entry->decided_by, __entry->have, __entry->want,
		      __entry->demand,
		      __print_symbolic(__entry->verdict,
				       { ORDER_WMARK_FINE, "fine" },
				       { ORDER_WMARK_SHORT_PAGES, "short-of-pages" },
				       { ORDER_WMARK_SHORT_SHAPE, "short-of-shape" }))
);

/*
 * What a round of the compactor came to, while the number is still short. had,
 * have and want are blocks of at least order; rest is in jiffies, and was set
 * by the latest round that did not pay.
 */
TRACE_EVENT(mm_order_watermark_round,
	    TP_PROTO(pg_data_t *pgdat, unsigned int order,
		     const struct order_wmark_round *round, int outcome,
		     unsigned long rest),

	    TP_ARGS(pgdat, order, round, outcome, rest),

	    TP_STRUCT__entry(__field(int, nid)
			     __field(unsigned int, order)
			     __field(unsigned long, had)
			     __field(unsigned long, have)
			     __field(unsigned long, want)
			     __field(bool, taken)
			     __field(bool, whole)
			     __field(int, outcome)
			     __field(unsigned long, rest)
	    ),

	    TP_fast_assign(__entry->nid = pgdat->node_id;
			   __entry->order = order;
			   __entry->had = round->had;
			   __entry->have = round->have;
			   __entry->want = round->want;
			   __entry->taken = round->taken;
			   __entry->whole = round->whole;
			   __entry->outcome = outcome;
			   __entry->rest = rest;
	    ),

	    TP_printk("nid=%d order=%u had=%lu have=%lu want=%lu taken=%d whole=%d outcome=%s rest=%lu",
		      __entry->nid, __entry->order,
		      __entry->had, __entry->have, __entry->want,
		      __entry->taken, __entry->whole,
		      __print_symbolic(__entry->outcome,
				       { ORDER_WMARK_PAID, "paid" },
				       { ORDER_WMARK_UNPAID, "unpaid" },
				       { ORDER_WMARK_CANNOT, "cannot" }),
		      __entry->rest)
);

#endif /* _TRACE_ORDER_WATERMARK_H */

/* This part must be outside protection */
#include <trace/define_trace.h>
