/* SPDX-License-Identifier: GPL-2.0 */
/* Memory for huge pages of a process, which are asked for one by one. */
#ifndef _SELFTESTS_MM_KDEFRAGD_HUGE_H
#define _SELFTESTS_MM_KDEFRAGD_HUGE_H

#include <stdbool.h>
#include <stddef.h>

#include "hugepage_settings.h"

/* Memory for them, none of which is there yet. */
struct huge {
	char *reserved;
	size_t size_reserved;
	char *map;
	size_t size;
};

/* Are there any?  Of what size, or 0? */
bool huge_pages(void);
size_t huge_size(void);

/*
 * What who asks for one does if there is none: works for it, or does without.
 * khugepaged does without in either case.  Between thp_save_settings() and
 * thp_restore_settings().
 */
void huge_set(enum thp_defrag defrag);

/* Between pages that cannot be used, so that smaps has an entry for it alone. */
bool huge_map(struct huge *h, size_t size);
void huge_unmap(struct huge *h);

/* Return: whether a huge page came.  If not, only the first small one is there. */
bool huge_fault(const struct huge *h, size_t at);

/*
 * Take the free blocks of the node of this CPU.  Return: false if they do not run out;
 * some may be taken all the same.
 */
bool huge_take_blocks(struct huge *h);

#endif /* _SELFTESTS_MM_KDEFRAGD_HUGE_H */
