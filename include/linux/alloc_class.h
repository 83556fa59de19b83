/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Allocator classes: unmovable pages that live and die together.
 *
 * Mobility is &enum migratetype, as ever; the class is a second coordinate
 * within MIGRATE_UNMOVABLE. The reasoning is in mm/alloc_class.c.
 */
#ifndef _LINUX_ALLOC_CLASS_H
#define _LINUX_ALLOC_CLASS_H

/**
 * enum alloc_class - who allocates unmovable pages, the most persistent first
 * @ALLOC_CLASS_OTHER: slab, and everything long-lived or unknown; also the key
 *	of a block that has none
 * @ALLOC_CLASS_PGTABLE: page tables of processes (__GFP_PGTABLE)
 * @ALLOC_CLASS_TRANSIENT: data on its way through pipes and sockets
 *	(__GFP_TRANSIENT)
 * @NR_ALLOC_CLASSES: their number
 *
 * The order matters: a class takes over blocks of those after it, and borrows
 * single pages from any other.
 */
enum alloc_class {
	ALLOC_CLASS_OTHER,
	ALLOC_CLASS_PGTABLE,
	ALLOC_CLASS_TRANSIENT,
	NR_ALLOC_CLASSES
};

/*
 * Lists that the classes add, per order, to the free lists of a zone and to
 * the per-CPU ones: one for each class but the first, which has those of
 * MIGRATE_UNMOVABLE.
 */
#ifdef CONFIG_ALLOC_CLASS
#define NR_CLASS_LISTS	(NR_ALLOC_CLASSES - 1)
#else
#define NR_CLASS_LISTS	0
#endif

#endif /* _LINUX_ALLOC_CLASS_H */
