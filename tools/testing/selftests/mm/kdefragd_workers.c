// SPDX-License-Identifier: GPL-2.0
/* A process for each kind of memory; kdefragd_workers.h explains. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fragment.h"
#include "kdefragd_blocks.h"
#include "kdefragd_kinds.h"
#include "kdefragd_mem.h"
#include "kdefragd_workers.h"
#include "vm_util.h"

#define WORKER_SIZE	(4UL << 20)	/* memory of each kind */
#define SPREAD		8		/* one page in so many is a worker's */
#define ROOM		4		/* one of the others' given back, see thin_out() */
#define POLL		10000		/* us between two looks at what others say */
#define PATIENCE	300		/* seconds for a stage; KSM may take half */

enum stage {
	SET_UP = 1,
	THIN_OUT,
	LOOK,			/* this one, the next, ... */
	DISTURB = 1000,
	END,
};

/* Shared with the workers: what they are to do, and what they tell. */
static int *stage;
static struct report *reports;

static pid_t *pids;	/* the parent's; 0 if it has ended */

static int stage_now(void)
{
	return __atomic_load_n(stage, __ATOMIC_ACQUIRE);
}

static void say(int *where, int what)
{
	__atomic_store_n(where, what, __ATOMIC_RELEASE);
}

static bool said(const int *where, int what)
{
	return __atomic_load_n(where, __ATOMIC_ACQUIRE) >= what;
}

/* --- a worker --------------------------------------------------------------- */

/* What is its own; @others are the pages in between, @twin is 0 if it has none. */
struct own {
	const struct kind *kind;
	struct report *r;
	char *map;
	unsigned long nr;
	uint64_t *then;
	uint64_t *now;
	unsigned long *rounds;
	char *others;
	unsigned long nr_others;
	pid_t twin;
};

static __noreturn void fail(struct report *r, const char *why)
{
	if (!r->why[0])
		snprintf(r->why, sizeof(r->why), "%s", why);
	_exit(1);
}

/* Count a page that is merged once; one that is not was not moved but merged. */
static void merged_only(uint64_t *pfn, unsigned long nr)
{
	unsigned long i;

	for (i = 0; i + 1 < nr; i += 2) {
		if (pfn[i] != pfn[i + 1])
			pfn[i] = 0;
		pfn[i + 1] = 0;
	}
}

static void own_pfns(struct own *o, uint64_t *pfn)
{
	if (frag_pfns(o->map, o->nr, pfn))
		fail(o->r, "cannot read where its pages lie");
	if (o->kind->same)
		merged_only(pfn, o->nr);
}

static void look(struct own *o)
{
	unsigned long i, moved, present = 0;

	own_pfns(o, o->now);
	for (i = 0; i < o->nr; i++)
		present += o->then[i] && o->now[i];
	o->r->present = present;
	moved = count_moved(o->then, o->now, o->nr);
	if (moved > o->r->moved)
		o->r->moved = moved;
}

/*
 * Write to all pages, and have others allocated in between.  They are kept until all
 * workers have theirs: else one would fill the holes of the one before, and no block
 * could be emptied for the pinned pages that would be in each.
 */
static void populate(struct own *o)
{
	unsigned long i, at = 0, end;

	o->nr_others = o->nr * (SPREAD - 1);
	o->others = mmap(NULL, o->nr_others * psize(), PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (o->others == MAP_FAILED)
		fail(o->r, "no memory for others' pages");
	madvise(o->others, o->nr_others * psize(), MADV_NOHUGEPAGE);
	/* A twin would hold them. */
	madvise(o->others, o->nr_others * psize(), MADV_DONTFORK);
	for (i = 0; i < o->nr; i++) {
		page_write(o->map + i * psize(), pattern(i, 0, o->kind->same));
		for (end = at + SPREAD - 1; at < end; at++)
			o->others[at * psize()] = 1;
	}
}

/*
 * Give the others' pages back: in every other page block all of them, so that it is
 * one to be emptied; in the rest one in ROOM, so that there is room in fuller blocks
 * for what is in the former, wherever the other workers' blocks are.
 */
static void thin_out(struct own *o)
{
	uint64_t *pfn = malloc(o->nr_others * sizeof(*pfn));
	unsigned long i, block = CHUNK / psize();

	if (!pfn || frag_pfns(o->others, o->nr_others, pfn))
		fail(o->r, "cannot read where others' pages lie");
	for (i = 0; i < o->nr_others; i++)
		if (pfn[i] / block % 2 || i % ROOM == 0)
			madvise(o->others + i * psize(), psize(), MADV_DONTNEED);
	free(pfn);
}

static void check_twin(struct own *o, int options)
{
	int status;

	if (!o->twin || waitpid(o->twin, &status, options) != o->twin)
		return;
	o->twin = 0;
	if (!said(stage, END) || !WIFEXITED(status) || WEXITSTATUS(status))
		fail(o->r, "its twin ended");
}

/* Do as the parent says, touching no page, until everything is to be disturbed. */
static void keep_still(struct own *o, int *done, bool looks)
{
	int last = SET_UP, now;

	for (;;) {
		say(done, last);
		for (now = last; now == last; now = stage_now()) {
			usleep(POLL);
			check_twin(o, WNOHANG);
		}
		if (now >= DISTURB)
			return;
		if (now == THIN_OUT) {
			if (o->others)
				thin_out(o);
			own_pfns(o, o->then);
		} else if (looks) {
			look(o);
		}
		last = now;
	}
}

/* A process that was forked has to see what was there when it was. */
static __noreturn void twin(struct own *o)
{
	unsigned long i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	o->others = NULL;
	o->twin = 0;
	keep_still(o, &o->r->twin_stage, true);
	while (!said(stage, END)) {
		for (i = 0; i < o->nr; i++) {
			if (!page_holds(o->map + i * psize(), pattern(i, 0, false)))
				__atomic_fetch_add(&o->r->lost, 1, __ATOMIC_RELAXED);
			__atomic_fetch_add(&o->r->reads, 1, __ATOMIC_RELAXED);
		}
		usleep(10000);
	}
	_exit(0);
}

/* Read everything back, and give one page in eight a new pattern. */
static void verify(struct own *o, unsigned long round)
{
	bool same = o->kind->same;
	unsigned long i;

	for (i = 0; i < o->nr; i++) {
		char *page = o->map + i * psize();

		if (!page_holds(page, pattern(i, o->rounds[i], same)))
			__atomic_fetch_add(&o->r->lost, 1, __ATOMIC_RELAXED);
		__atomic_fetch_add(&o->r->reads, 1, __ATOMIC_RELAXED);
		if (!same && i % 8 == round % 8) {
			o->rounds[i] = round;
			page_write(page, pattern(i, round, false));
		}
	}
}

static void be_disturbed(struct own *o)
{
	unsigned long round, moved;

	munmap(o->others, o->nr_others * psize());
	for (round = 0; !said(stage, END); round++) {
		verify(o, round);
		own_pfns(o, o->now);
		moved = count_moved(o->then, o->now, o->nr);
		if (moved > o->r->elsewhere)
			o->r->elsewhere = moved;
		if (o->kind->disturb)
			o->kind->disturb(o->map, WORKER_SIZE);
		check_twin(o, WNOHANG);
		usleep(20000);
	}
}

/* Return: false if there is no such memory here. */
static bool set_up(struct own *o)
{
	const char *why = "no reason given";

	o->rounds = calloc(o->nr, sizeof(*o->rounds));
	o->then = calloc(o->nr, sizeof(*o->then));
	o->now = calloc(o->nr, sizeof(*o->now));
	if (!o->rounds || !o->then || !o->now)
		fail(o->r, "no memory for its own use");
	o->map = o->kind->setup(WORKER_SIZE, &why);
	if (o->map) {
		populate(o);
		if (!o->kind->finish || !o->kind->finish(o->map, WORKER_SIZE, &why))
			return true;
	}
	snprintf(o->r->why, sizeof(o->r->why), "%s", why);
	o->r->skipped = true;
	return false;
}

static void worker(const struct kind *kind, struct report *r)
{
	struct own o = {
		.kind = kind,
		.r = r,
		.nr = WORKER_SIZE / psize(),
	};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!set_up(&o))
		return;
	if (kind->twin) {
		o.twin = fork();
		if (!o.twin)
			twin(&o);
		if (o.twin < 0)
			fail(r, "cannot be forked");
	}
	keep_still(&o, &r->stage, !kind->twin);
	be_disturbed(&o);
	check_twin(&o, 0);
}

/* --- the parent -------------------------------------------------------------- */

static void note_failure(struct report *r, const char *why, int what)
{
	r->failed = true;
	if (!r->why[0] || r->skipped)
		snprintf(r->why, sizeof(r->why), why, what);
}

/* Has it ended?  Not as it should, if it was by a signal or with an error. */
static bool ended(int i)
{
	int status;

	if (!pids[i])
		return true;
	if (waitpid(pids[i], &status, WNOHANG) != pids[i])
		return false;
	pids[i] = 0;
	if (WIFSIGNALED(status))
		note_failure(&reports[i], "killed by signal %d", WTERMSIG(status));
	else if (WEXITSTATUS(status))
		note_failure(&reports[i], "exited with %d", WEXITSTATUS(status));
	return true;
}

static bool done(int i, int what)
{
	return said(&reports[i].stage, what) &&
	       (!kinds[i].twin || said(&reports[i].twin_stage, what));
}

/* Until it has done that, or ended.  Who does not in time is not waited for again. */
static void wait_for(int i, int what, double until)
{
	while (!done(i, what) && !ended(i)) {
		if (seconds() > until) {
			note_failure(&reports[i], "did nothing for %d seconds", PATIENCE);
			kill(pids[i], SIGKILL);
			pids[i] = 0;
			return;
		}
		usleep(POLL);
	}
}

static void all_do(int what)
{
	double until = seconds() + PATIENCE;
	int i;

	say(stage, what);
	for (i = 0; i < nr_kinds; i++)
		wait_for(i, what, until);
}

bool workers_start(void)
{
	size_t size = sizeof(*reports) * nr_kinds + sizeof(*reports);
	int i;

	pids = calloc(nr_kinds, sizeof(*pids));
	reports = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (!pids || reports == MAP_FAILED)
		return false;
	stage = (int *)&reports[nr_kinds];
	say(stage, SET_UP);
	/* One by one, so that each has blocks of its own. */
	for (i = 0; i < nr_kinds; i++) {
		pids[i] = fork();
		if (!pids[i]) {
			worker(&kinds[i], &reports[i]);
			_exit(0);
		}
		if (pids[i] < 0) {
			note_failure(&reports[i], "not started: error %d", errno);
			pids[i] = 0;
		}
		wait_for(i, SET_UP, seconds() + PATIENCE);
	}
	return true;
}

void workers_thin_out(void)
{
	all_do(THIN_OUT);
}

void workers_look(void)
{
	int now = stage_now();

	all_do(now < LOOK ? LOOK : now + 1);
}

void workers_disturb(void)
{
	say(stage, DISTURB);
}

/* Nobody says that this is done: it is when they have ended. */
void workers_end(void)
{
	all_do(END);
}

bool workers_moved(void)
{
	int i;

	for (i = 0; i < nr_kinds; i++)
		if (!kinds[i].stays && !kinds[i].may_stay && pids[i] &&
		    !reports[i].moved)
			return false;
	return true;
}

unsigned long workers_seen(void)
{
	unsigned long seen = 0;
	int i;

	for (i = 0; i < nr_kinds; i++)
		seen += reports[i].moved;
	return seen;
}

const struct report *workers_report(int kind)
{
	return &reports[kind];
}
