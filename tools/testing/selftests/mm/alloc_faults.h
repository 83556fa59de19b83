/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Page allocations that fail now and then, of processes that are marked for it
 * (CONFIG_FAIL_PAGE_ALLOC).  Needs root and debugfs.
 */
#ifndef _SELFTESTS_MM_ALLOC_FAULTS_H
#define _SELFTESTS_MM_ALLOC_FAULTS_H

#include <stdbool.h>

/* Where the kernel is told about it; not there if it cannot. */
#define FAULTS	"/sys/kernel/debug/fail_page_alloc/"

/*
 * @percent of the allocations of marked processes fail; not of those that may
 * wait, unless @waiting.
 */
void faults_begin(const char *percent, bool waiting);

/* Return: how many there were. */
long faults_end(void);

/* Mark this process, and those that it starts. */
void faults_here(bool on);

#endif /* _SELFTESTS_MM_ALLOC_FAULTS_H */
