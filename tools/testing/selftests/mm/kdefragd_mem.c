// SPDX-License-Identifier: GPL-2.0
/* Knobs, counters, and pages with a pattern; kdefragd_mem.h explains. */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "fragment.h"
#include "kdefragd_mem.h"
#include "kselftest.h"
#include "vm_util.h"

void test_begin(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	ksft_print_header();
	if (geteuid())
		ksft_exit_skip("needs root\n");
	if (access(KNOBS "defrag_now", F_OK))
		ksft_exit_skip("the kernel has no kdefragd\n");
}

int knob_write(const char *name, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), KNOBS "%s", name);
	return frag_write(path, value);
}

long knob_read(const char *name)
{
	char path[128], buf[32];

	snprintf(path, sizeof(path), KNOBS "%s", name);
	return read_file(path, buf, sizeof(buf)) ? atol(buf) : -1;
}

unsigned long counter(const char *name)
{
	FILE *f = fopen("/proc/vmstat", "r");
	unsigned long value = 0, v;
	char key[64];

	while (f && fscanf(f, "%63s %lu", key, &v) == 2)
		if (!strcmp(key, name))
			value = v;
	if (f)
		fclose(f);
	return value;
}

unsigned long evicted(void)
{
	return counter("pswpout") + counter("pgsteal_kswapd") +
	       counter("pgsteal_direct");
}

int defrag_now(unsigned int order)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", order);
	return knob_write("defrag_now", text);
}

static struct knob *knobs_held;
static unsigned int nr_knobs_held;

void knobs_restore(void)
{
	for (; nr_knobs_held; nr_knobs_held--) {
		struct knob *knob = &knobs_held[nr_knobs_held - 1];

		if (knob->before[0])
			knob_write(knob->name, knob->before);
	}
}

const char *knobs_set(struct knob *knobs, unsigned int nr)
{
	static bool at_exit;
	unsigned int i;

	if (!at_exit)
		at_exit = !atexit(knobs_restore);
	knobs_held = knobs;
	for (i = 0; i < nr; i++) {
		long before = knob_read(knobs[i].name);

		knobs[i].before[0] = '\0';
		nr_knobs_held = i + 1;
		if (before < 0)
			continue;
		snprintf(knobs[i].before, sizeof(knobs[i].before), "%ld", before);
		if (knob_write(knobs[i].name, knobs[i].value))
			return knobs[i].name;
	}
	return NULL;
}

int oom_adjust(const char *score)
{
	return frag_write("/proc/self/oom_score_adj", score);
}

void cpu_stay(cpu_set_t *before)
{
	int cpu = sched_getcpu();
	cpu_set_t here;

	CPU_ZERO(&here);
	CPU_ZERO(before);
	if (cpu < 0 || cpu >= CPU_SETSIZE ||
	    sched_getaffinity(0, sizeof(*before), before))
		return;
	CPU_SET(cpu, &here);
	sched_setaffinity(0, sizeof(here), &here);
}

void cpu_leave(const cpu_set_t *before)
{
	if (CPU_COUNT(before))
		sched_setaffinity(0, sizeof(*before), before);
}

double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* A word that tells page and round. */
uint64_t pattern(unsigned long page, unsigned long round, bool same)
{
	return ((same ? page / 2 : page) * 0x9e3779b97f4a7c15UL) ^ (round << 3) ^ 1;
}

void page_write(char *page, uint64_t word)
{
	uint64_t *p = (uint64_t *)page, *end = (uint64_t *)(page + psize());

	while (p < end)
		*p++ = word++;
}

bool page_holds(const char *page, uint64_t word)
{
	const uint64_t *p = (const uint64_t *)page;
	const uint64_t *end = (const uint64_t *)(page + psize());

	while (p < end && *p == word) {
		p++;
		word++;
	}
	return p == end;
}

bool memory_map(struct memory *m, unsigned long nr)
{
	m->nr = nr;
	m->pfn = malloc(nr * sizeof(*m->pfn));
	m->given_back = malloc(nr * sizeof(*m->given_back));
	m->map = mmap(NULL, nr * psize(), PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (!m->pfn || !m->given_back || m->map == MAP_FAILED)
		return false;
	madvise(m->map, nr * psize(), MADV_NOHUGEPAGE);
	/* Written now, for there may be no memory for them later. */
	memset(m->pfn, 1, nr * sizeof(*m->pfn));
	memset(m->given_back, 0, nr * sizeof(*m->given_back));
	return true;
}

void memory_write(struct memory *m, unsigned long i)
{
	page_write(m->map + i * psize(), pattern(i, 0, false));
}

void memory_give_back(struct memory *m, unsigned long i)
{
	madvise(m->map + i * psize(), psize(), MADV_DONTNEED);
	m->given_back[i] = true;
}

unsigned long memory_lost(const struct memory *m)
{
	unsigned long i, lost = 0;

	for (i = 0; i < m->nr; i++)
		lost += !m->given_back[i] &&
			!page_holds(m->map + i * psize(), pattern(i, 0, false));
	return lost;
}

void memory_drop(struct memory *m)
{
	munmap(m->map, m->nr * psize());
	free(m->pfn);
	free(m->given_back);
}
