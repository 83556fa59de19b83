/* SPDX-License-Identifier: GPL-2.0 */
/* Runs of page blocks, as debugfs tells of them: aligned, and in one zone. */
#ifndef _SELFTESTS_MM_KDEFRAGD_MAP_H
#define _SELFTESTS_MM_KDEFRAGD_MAP_H

#include "kdefragd_mem.h"

#define PAGE_BLOCKS	"/sys/kernel/debug/page_blocks"

/* Runs of 2^@order pages that are free as a whole; -1 if there is no debugfs. */
long runs_free(unsigned int order);

/*
 * Those in which all is free or of @m, none of which has been given back or moved: no
 * page of the kernel's own is in the way.  -1 as above, or if there is no memory.
 */
long runs_possible(unsigned int order, const struct memory *m);

#endif /* _SELFTESTS_MM_KDEFRAGD_MAP_H */
