/* SPDX-License-Identifier: GPL-2.0 */
/* What the tests of kdefragd share. */
#ifndef _SELFTESTS_MM_KDEFRAGD_MEM_H
#define _SELFTESTS_MM_KDEFRAGD_MEM_H

#include <stdbool.h>
#include <stdint.h>

/* Knobs of the kernel, and counters of /proc/vmstat */
#define KNOBS	"/proc/sys/vm/"

int knob_write(const char *name, const char *value);
long knob_read(const char *name);
unsigned long counter(const char *name);

/*
 * A word that tells page and round, in three places of a page: its ends and one
 * in between.  @same: of a few pages only, so that many have the same content.
 */
uint64_t pattern(unsigned long page, unsigned long round, bool same);
void page_write(char *page, uint64_t word);
bool page_holds(const char *page, uint64_t word);

/* Where the @nr pages from @map lie; -1UL where there is none. */
void read_pfns(char *map, unsigned long nr, unsigned long *pfns);

#endif /* _SELFTESTS_MM_KDEFRAGD_MEM_H */
