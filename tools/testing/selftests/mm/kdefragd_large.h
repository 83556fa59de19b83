/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Is a large folio moved, as a whole?  Huge pages and hugetlb pages are for the sake of
 * a run of page blocks: they fill a block, so to make one by moving them would take
 * another.  Smaller ones are for a block's.
 */
#ifndef _SELFTESTS_MM_KDEFRAGD_LARGE_H
#define _SELFTESTS_MM_KDEFRAGD_LARGE_H

#include <stdbool.h>

/**
 * struct large - folios of a kind, and what has become of them
 * @why: there are none, for this reason; NULL if there are
 * @pages: of each of them
 * @there: those that lay, whole, where they have to leave
 * @moved: of these, those that lie elsewhere, whole
 * @torn: of these, those that are whole no more
 * @lost: pages of these with another content
 */
struct large {
	const char *why;
	unsigned long pages;
	unsigned long there;
	unsigned long moved;
	unsigned long torn;
	unsigned long lost;
};

/**
 * struct moving - what vm.defrag_now did meanwhile
 * @ret: of the write
 * @moved: pages, by the kernel's count
 * @lost: small pages around them with another content
 */
struct moving {
	int ret;
	unsigned long moved;
	unsigned long lost;
};

/* Have runs of blocks made.  Return: false if there is no memory for it. */
bool move_huge(struct moving *r, struct large *thp, struct large *hugetlb);

/* Have blocks made, of 64 KiB folios.  Return: the same. */
bool move_folios(struct moving *r, struct large *l);

#endif /* _SELFTESTS_MM_KDEFRAGD_LARGE_H */
