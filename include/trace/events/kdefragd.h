/* SPDX-License-Identifier: GPL-2.0 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM kdefragd

#if !defined(_TRACE_KDEFRAGD_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_KDEFRAGD_H

#include <linux/tracepoint.h>

TRACE_DEFINE_ENUM(DEFRAG_MADE);
TRACE_DEFINE_ENUM(DEFRAG_UNMOVABLE);
TRACE_DEFINE_ENUM(DEFRAG_BUSY);
TRACE_DEFINE_ENUM(DEFRAG_PINNED);
TRACE_DEFINE_ENUM(DEFRAG_NO_ROOM);
TRACE_DEFINE_ENUM(DEFRAG_CHANGED);

TRACE_DEFINE_ENUM(DEFRAG_FOR_CHECK);
TRACE_DEFINE_ENUM(DEFRAG_FOR_RESERVE);
TRACE_DEFINE_ENUM(DEFRAG_FOR_KNOB);
TRACE_DEFINE_ENUM(DEFRAG_FOR_REQUEST);

/* A pass over a zone is over; inspected and moved are pages. */
TRACE_EVENT(defrag_pass,
	    TP_PROTO(const struct defrag_control *dc),

	    TP_ARGS(dc),

	    TP_STRUCT__entry(__field(int, nid)
			     __field(int, zid)
			     __field(unsigned int, order)
			     __field(bool, direct)
			     __field(unsigned long, tried)
			     __field(unsigned long, made)
			     __field(unsigned long, inspected)
			     __field(unsigned long, moved)
			     __field(unsigned long, failed)
	    ),

	    TP_fast_assign(__entry->nid = zone_to_nid(dc->zone);
			   __entry->zid = zone_idx(dc->zone);
			   __entry->order = dc->order;
			   __entry->direct = dc->direct;
			   __entry->tried = dc->tried;
			   __entry->made = dc->made;
			   __entry->inspected = dc->inspected;
			   __entry->moved = dc->moved;
			   __entry->failed = dc->failed;
	    ),

	    TP_printk("nid=%d zid=%d order=%u direct=%d tried=%lu made=%lu inspected=%lu moved=%lu failed=%lu",
		      __entry->nid, __entry->zid, __entry->order,
		      __entry->direct, __entry->tried, __entry->made,
		      __entry->inspected, __entry->moved, __entry->failed)
);

/*
 * A range was chosen.  price is the pages to move, failures counted in.  Why: the
 * plan is to empty what costs at most max_price, and to fill what has at most
 * max_free free pages; purpose tells for whom.
 */
TRACE_EVENT(defrag_choice,
	    TP_PROTO(const struct defrag_control *dc,
		     const struct defrag_target *target),

	    TP_ARGS(dc, target),

	    TP_STRUCT__entry(__field(int, nid)
			     __field(int, zid)
			     __field(unsigned long, pfn)
			     __field(unsigned int, order)
			     __field(unsigned int, price)
			     __field(unsigned int, max_price)
			     __field(unsigned int, max_free)
			     __field(int, purpose)
	    ),

	    TP_fast_assign(__entry->nid = zone_to_nid(dc->zone);
			   __entry->zid = zone_idx(dc->zone);
			   __entry->pfn = target->pfn;
			   __entry->order = dc->order;
			   __entry->price = target->price;
			   __entry->max_price = dc->max_price;
			   __entry->max_free = dc->max_free;
			   __entry->purpose = dc->purpose;
	    ),

	    TP_printk("nid=%d zid=%d pfn=%lu order=%u price=%u max_price=%u max_free=%u purpose=%s",
		      __entry->nid, __entry->zid, __entry->pfn, __entry->order,
		      __entry->price, __entry->max_price, __entry->max_free,
		      __print_symbolic(__entry->purpose,
				       { DEFRAG_FOR_CHECK, "check" },
				       { DEFRAG_FOR_RESERVE, "reserve" },
				       { DEFRAG_FOR_KNOB, "knob" },
				       { DEFRAG_FOR_REQUEST, "request" }))
);

/* How it went with a range; moved is pages. */
TRACE_EVENT(defrag_outcome,
	    TP_PROTO(const struct zone *zone, unsigned long pfn,
		     unsigned int order, int outcome, unsigned long moved),

	    TP_ARGS(zone, pfn, order, outcome, moved),

	    TP_STRUCT__entry(__field(int, nid)
			     __field(int, zid)
			     __field(unsigned long, pfn)
			     __field(unsigned int, order)
			     __field(int, outcome)
			     __field(unsigned long, moved)
	    ),

	    TP_fast_assign(__entry->nid = zone_to_nid(zone);
			   __entry->zid = zone_idx(zone);
			   __entry->pfn = pfn;
			   __entry->order = order;
			   __entry->outcome = outcome;
			   __entry->moved = moved;
	    ),

	    TP_printk("nid=%d zid=%d pfn=%lu order=%u outcome=%s moved=%lu",
		      __entry->nid, __entry->zid, __entry->pfn, __entry->order,
		      __print_symbolic(__entry->outcome,
				       { DEFRAG_MADE, "made" },
				       { DEFRAG_UNMOVABLE, "unmovable" },
				       { DEFRAG_BUSY, "busy" },
				       { DEFRAG_PINNED, "pinned" },
				       { DEFRAG_NO_ROOM, "no-room" },
				       { DEFRAG_CHANGED, "changed" }),
		      __entry->moved)
);

/* The same of a block that movable pages were to leave: made if all have. */
DEFINE_EVENT(defrag_outcome, defrag_home,
	     TP_PROTO(const struct zone *zone, unsigned long pfn,
		      unsigned int order, int outcome, unsigned long moved),
	     TP_ARGS(zone, pfn, order, outcome, moved)
);

#endif /* _TRACE_KDEFRAGD_H */

/* This part must be outside protection */
#include <trace/define_trace.h>
