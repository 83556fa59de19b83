/* SPDX-License-Identifier: GPL-2.0 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM alloc_class

#if !defined(_TRACE_ALLOC_CLASS_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_ALLOC_CLASS_H

#include <linux/alloc_class.h>
#include <linux/mm_types.h>
#include <linux/tracepoint.h>

TRACE_DEFINE_ENUM(ALLOC_CLASS_OTHER);
TRACE_DEFINE_ENUM(ALLOC_CLASS_PGTABLE);
TRACE_DEFINE_ENUM(ALLOC_CLASS_TRANSIENT);

#define show_alloc_class(class)				\
	__print_symbolic(class,				\
		{ ALLOC_CLASS_OTHER, "other" },		\
		{ ALLOC_CLASS_PGTABLE, "pgtable" },	\
		{ ALLOC_CLASS_TRANSIENT, "transient" })

/* What mm_page_alloc_extfrag is for mobility: a class uses another's block. */
TRACE_EVENT(alloc_class_borrow,
	    TP_PROTO(const struct page *page, unsigned int alloc_order,
		     unsigned int fallback_order, enum alloc_class alloc_class,
		     enum alloc_class block_class),

	    TP_ARGS(page, alloc_order, fallback_order, alloc_class, block_class),

	    TP_STRUCT__entry(__field(unsigned long, pfn)
			     __field(unsigned int, alloc_order)
			     __field(unsigned int, fallback_order)
			     __field(unsigned int, alloc_class)
			     __field(unsigned int, block_class)
	    ),

	    TP_fast_assign(__entry->pfn = page_to_pfn(page);
			   __entry->alloc_order = alloc_order;
			   __entry->fallback_order = fallback_order;
			   __entry->alloc_class = alloc_class;
			   __entry->block_class = block_class;
	    ),

	    TP_printk("pfn=0x%lx alloc_order=%u fallback_order=%u alloc_class=%s block_class=%s",
		      __entry->pfn, __entry->alloc_order, __entry->fallback_order,
		      show_alloc_class(__entry->alloc_class),
		      show_alloc_class(__entry->block_class))
);

/* A class takes another's block over, for it is half free. */
TRACE_EVENT(alloc_class_take_over,
	    TP_PROTO(const struct page *page, enum alloc_class block_class,
		     enum alloc_class alloc_class),

	    TP_ARGS(page, block_class, alloc_class),

	    TP_STRUCT__entry(__field(unsigned long, pfn)
			     __field(unsigned int, block_class)
			     __field(unsigned int, alloc_class)
	    ),

	    TP_fast_assign(__entry->pfn = page_to_pfn(page);
			   __entry->block_class = block_class;
			   __entry->alloc_class = alloc_class;
	    ),

	    TP_printk("pfn=0x%lx block_class=%s alloc_class=%s",
		      __entry->pfn, show_alloc_class(__entry->block_class),
		      show_alloc_class(__entry->alloc_class))
);

#endif /* _TRACE_ALLOC_CLASS_H */

#include <trace/define_trace.h>
