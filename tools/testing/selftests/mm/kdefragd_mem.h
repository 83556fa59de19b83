/* SPDX-License-Identifier: GPL-2.0 */
/* What the tests of kdefragd share. */
#ifndef _SELFTESTS_MM_KDEFRAGD_MEM_H
#define _SELFTESTS_MM_KDEFRAGD_MEM_H

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>

/* Knobs of the kernel, and counters of /proc/vmstat */
#define KNOBS	"/proc/sys/vm/"

int knob_write(const char *name, const char *value);
long knob_read(const char *name);
unsigned long counter(const char *name);

/* Pages swapped out or reclaimed since boot. */
unsigned long evicted(void);

/* Begin to print results; skip all without root or kdefragd. */
void test_begin(void);

/* Have all areas of the order made that pay.  Return: 0, or the negative error. */
int defrag_now(unsigned int order);

/**
 * struct knob - a knob that is set for a test, and put back
 * @name: the knob
 * @value: what is written to it
 * @before: what was in it; empty if the kernel has no such knob
 */
struct knob {
	const char *name;
	const char *value;
	char before[32];
};

/*
 * Set them, until knobs_restore() or the end of the process, one group at a time.
 * Return: NULL, or the name of one that would not be set.
 */
const char *knobs_set(struct knob *knobs, unsigned int nr);
void knobs_restore(void);

/* Whom the kernel kills when there is no memory; children inherit it. */
#define OOM_NEVER	"-1000"
#define OOM_FIRST	"1000"

int oom_adjust(const char *score);

/* Stay on this CPU, until cpu_leave(). */
void cpu_stay(cpu_set_t *before);
void cpu_leave(const cpu_set_t *before);

/* Since some moment. */
double seconds(void);

/*
 * A word that tells page and round, and the ones that follow it, in all of a page.
 * @same: of every two pages, so that these have the same content.
 */
uint64_t pattern(unsigned long page, unsigned long round, bool same);
void page_write(char *page, uint64_t word);
bool page_holds(const char *page, uint64_t word);

/**
 * struct memory - anonymous pages, each with a pattern
 * @map: the pages, mapped as small ones
 * @nr: pages that are looked at
 * @pfn: where they lay when frag_pfns() was called last; 0: nowhere
 * @given_back: those that are there no more
 */
struct memory {
	char *map;
	unsigned long nr;
	uint64_t *pfn;
	bool *given_back;
};

bool memory_map(struct memory *m, unsigned long nr);
void memory_write(struct memory *m, unsigned long i);
void memory_give_back(struct memory *m, unsigned long i);
unsigned long memory_lost(const struct memory *m);
void memory_drop(struct memory *m);

#endif /* _SELFTESTS_MM_KDEFRAGD_MEM_H */
