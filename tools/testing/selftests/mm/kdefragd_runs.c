// SPDX-License-Identifier: GPL-2.0
/*
 * kdefragd: does it make runs of page blocks, and move huge pages for them?
 *
 * 1. Of memory in which one page in eight is in use, runs of each length are made,
 *    beside processes that take and give back pages all the time.  A length is skipped
 *    if no such range in use is of movable pages alone: what the kernel has taken for
 *    itself stays there.  Of the longest there may be one, and a page of it in the
 *    hands of the load, so that may be made after the load.
 * 2. Huge pages and hugetlb pages that lie in the way of a run leave it, as a whole;
 *    smaller folios leave a block.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fragment.h"
#include "kdefragd_blocks.h"
#include "kdefragd_huge.h"
#include "kdefragd_large.h"
#include "kdefragd_map.h"
#include "kdefragd_mem.h"
#include "kdefragd_state.h"
#include "kselftest.h"
#include "vm_util.h"

#define FILL		4		/* tenths of free memory are filled, */
#define KEEP		8		/* and one page in so many of these stays */
#define LOADS		2		/* processes beside it, */
#define LOAD		(16UL << 20)	/* and what each of them takes at most */
#define LOAD_STEP	0x100000UL
#define LONGEST		18		/* order of the longest runs */
#define FIRST_STEP	60		/* seconds at most until the load has done something */
#define AGES		260		/* seconds at most until all failures are forgotten */

/* Memory to be filled, in GiB at most: it takes a while. */
#define MEMORY_MAX	8UL

/* With these nobody makes blocks but who writes to vm.defrag_now. */
static struct knob knobs[] = {
	{ "compaction_proactiveness", "0" },
	{ "order_watermark", "0" },
	{ "free_block_reserve", "0" },
	/* What lies on per-CPU lists is no free block: keep them short. */
	{ "percpu_pagelist_high_fraction", "1000000" },
};

/* @may_tear: so many of them may be split */
static void report_large(const char *what, const struct moving *r, const struct large *l,
			 unsigned long may_tear)
{
	if (l->why) {
		ksft_test_result_skip("%s: %s\n", what, l->why);
		return;
	}
	ksft_print_msg("%s: of %lu in the way %lu moved, %lu torn, %lu pages lost\n",
		       what, l->there, l->moved, l->torn, l->lost);
	/* If it is kdefragd that has moved them, it counts as many pages at least. */
	ksft_test_result(!r->ret && l->moved && r->moved >= l->moved * l->pages &&
			 l->torn <= may_tear && !l->lost,
			 "%s leave, whole, and nothing is lost\n", what);
}

static void test_large(void)
{
	struct large thp = { }, hugetlb = { }, folios = { };
	struct moving r;

	if (!move_huge(&r, &thp, &hugetlb))
		ksft_exit_fail_msg("no memory for huge pages\n");
	report_large("huge pages in a run", &r, &thp, 0);
	report_large("hugetlb pages in a run", &r, &hugetlb, 0);
	ksft_test_result(!r.lost, "around them, nothing is lost either\n");
	if (!move_folios(&r, &folios))
		ksft_exit_fail_msg("no memory for folios\n");
	/* Some are, on a busy machine; page_blocks.rst tells why. */
	report_large("64 KiB folios in a block", &r, &folios, folios.there / 10);
}

/* --- runs beside a load -------------------------------------------------------------- */

/* Take and give back, from place to place: never all of it, never nothing. */
static void __noreturn load(unsigned long *steps)
{
	char *map = mmap(NULL, LOAD, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t at = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (map == MAP_FAILED)
		_exit(1);
	madvise(map, LOAD, MADV_NOHUGEPAGE);
	for (;;) {
		memset(map + at, 1, LOAD_STEP);
		at = (at + LOAD_STEP) % LOAD;
		madvise(map + at, LOAD_STEP, MADV_DONTNEED);
		__atomic_fetch_add(steps, 1, __ATOMIC_RELAXED);
	}
}

static bool loads_start(pid_t *pids, unsigned long *steps)
{
	int i;

	for (i = 0; i < LOADS; i++) {
		pids[i] = fork();
		if (!pids[i])
			load(steps);
		if (pids[i] < 0)
			return false;
	}
	return true;
}

/* Return: false if one has ended by itself. */
static bool loads_end(const pid_t *pids)
{
	bool fine = true;
	int i, status;

	for (i = 0; i < LOADS; i++) {
		kill(pids[i], SIGKILL);
		if (waitpid(pids[i], &status, 0) != pids[i] || !WIFSIGNALED(status))
			fine = false;
	}
	return fine;
}

/* In memory shared with the loads. */
static unsigned long *load_steps;

/* When the work began, there was one: the kernel may have taken a page of it since. */
static bool one_was_lost(unsigned int order, const struct making *r, struct memory *m)
{
	return r->after <= r->before && !frag_pfns(m->map, m->nr, m->pfn) &&
	       runs_possible(order, m) <= r->before;
}

static void report_runs(unsigned int order, const struct making *r, unsigned long steps,
			bool after)
{
	ksft_test_result(!r->ret && r->after > r->before && r->moved && steps,
			 "runs of order %u are made, %s %lu steps of a load\n",
			 order, after ? "after" : "beside", steps);
}

/* Give back all but one page in so many, wherever it lies. */
static void thin(struct memory *m)
{
	unsigned long i;

	for (i = 0; i < m->nr; i++)
		if (m->pfn[i] % KEEP)
			memory_give_back(m, i);
}

/* A page that was just being taken looks like one that cannot move, for minutes. */
static void until_forgotten(void)
{
	double end = seconds() + AGES;
	struct state state;

	while (state_read(&state) && state.remembered && seconds() < end)
		sleep(1);
}

/* Its last page may go with the load: what has been moved before counts as well. */
static void make_after_load(unsigned int order, struct making *r)
{
	struct making again = { };

	ksft_print_msg("order %u: not made beside the load, so after it\n", order);
	until_forgotten();
	make_of_order(order, &again);
	r->ret = again.ret;
	r->after = again.after;
	r->moved += again.moved;
}

static void make_beside_load(unsigned int order, struct memory *m)
{
	unsigned long steps = *load_steps;
	struct making r = { };
	pid_t pids[LOADS];
	double end;
	bool after;

	thin(m);
	if (!loads_start(pids, load_steps))
		ksft_exit_fail_msg("no load\n");
	for (end = seconds() + FIRST_STEP; *load_steps == steps && seconds() < end;)
		usleep(1000);
	make_of_order(order, &r);
	steps = *load_steps - steps;
	if (!loads_end(pids))
		ksft_exit_fail_msg("a load has ended\n");
	after = order == LONGEST && !r.ret && r.after <= r.before;
	if (after)
		make_after_load(order, &r);
	r.lost = memory_lost(m);
	ksft_print_msg("order %u: %ld runs free before, %ld after; %lu moved, returned %d\n",
		       order, r.before, r.after, r.moved, r.ret);
	if (after && one_was_lost(order, &r, m))
		ksft_test_result_skip("runs of order %u: none without others' pages any more\n",
				      order);
	else
		report_runs(order, &r, steps, after);
	ksft_test_result(!r.lost, "order %u: nothing is lost\n", order);
}

static void test_runs(unsigned int order)
{
	struct memory m;

	if (!memory_fill(&m, FILL, 1, 1))
		ksft_exit_fail_msg("no memory to make runs of\n");
	if (runs_possible(order, &m) > runs_free(order)) {
		make_beside_load(order, &m);
	} else {
		ksft_test_result_skip("runs of order %u: none without others' pages\n",
				      order);
		ksft_test_result_skip("order %u: no such run\n", order);
	}
	memory_drop(&m);
}

static const unsigned int orders[] = { LONGEST, 15, 12 };

int main(void)
{
	const char *knob;
	unsigned int i;

	test_begin();
	if (runs_free(RUN_ORDER) < 0)
		ksft_exit_skip("the kernel has no debugfs\n");
	if (psize() << BLOCK_ORDER != CHUNK)
		ksft_exit_skip("wants page blocks of 2 MiB\n");
	if (sysconf(_SC_PHYS_PAGES) > (MEMORY_MAX << 30) / psize())
		ksft_exit_skip("fills memory: for machines of up to 8 GiB\n");
	load_steps = mmap(NULL, sizeof(*load_steps), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (load_steps == MAP_FAILED)
		ksft_exit_fail_msg("no shared memory\n");

	ksft_set_plan(4 + 2 * ARRAY_SIZE(orders));
	knob = knobs_set(knobs, ARRAY_SIZE(knobs));
	if (knob)
		ksft_exit_fail_msg("cannot set %s\n", knob);
	/* The longest first, before what the kernel takes for itself lies everywhere. */
	for (i = 0; i < ARRAY_SIZE(orders); i++)
		test_runs(orders[i]);
	test_large();
	ksft_finished();
}
