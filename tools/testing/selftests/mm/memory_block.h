/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory blocks of sysfs, which go offline and come back; the names begin with
 * "memory", as there.  Files without ksft_ calls: benchmarks use them as well.
 */
#ifndef _SELFTESTS_MM_MEMORY_BLOCK_H
#define _SELFTESTS_MM_MEMORY_BLOCK_H

#include <stdbool.h>

#define MEMORY_DIR	"/sys/devices/system/memory/"
#define MEMORY_BLOCKS	1024	/* that are looked for */

bool memory_is_there(unsigned int nr);

/*
 * Take memory block @nr offline.  A page that would not move keeps the kernel
 * trying, so it is interrupted (SIGALRM) after @patience seconds, if not 0.
 * Return: 0, or the negative error; -EINTR if interrupted.
 */
int memory_offline(unsigned int nr, unsigned int patience);

/* Return: 0, or the negative error. */
int memory_online(unsigned int nr);

/* The same, so that it can go again: none but movable pages come there. */
int memory_online_movable(unsigned int nr);

#endif /* _SELFTESTS_MM_MEMORY_BLOCK_H */
