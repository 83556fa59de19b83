/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Does kmem:mm_page_alloc_extfrag tell what it always did, and then the class?
 * Needs root and tracefs.
 */
#ifndef _SELFTESTS_MM_ALLOC_CLASS_TRACE_H
#define _SELFTESTS_MM_ALLOC_CLASS_TRACE_H

#include <stdbool.h>

/*
 * The fields and the line that is printed are those of mainline, in its order;
 * behind them is the class.  Says what is not.
 */
bool extfrag_format_is_right(void);

/*
 * Record the events in which unmovable pages take a block for themselves.
 * Return: can they be?
 */
bool extfrag_begin(void);

/**
 * struct extfrag_events - what has been recorded
 * @blocks: blocks that have changed hands
 * @of_class: of these, by the class that was printed, as the kernel numbers them
 */
struct extfrag_events {
	unsigned long blocks;
	unsigned long of_class[3];
};

/* The first is printed. */
struct extfrag_events extfrag_end(void);

/* Record no more. */
void extfrag_cancel(void);

#endif /* _SELFTESTS_MM_ALLOC_CLASS_TRACE_H */
