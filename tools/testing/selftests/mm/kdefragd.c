// SPDX-License-Identifier: GPL-2.0
/*
 * kdefragd: does it make what it is asked for, and is nothing lost by it?
 *
 * 1. The knobs refuse what they have to.
 * 2. Memory with sparse blocks in it: vm.defrag_now makes whole blocks of it,
 *    the pages are seen to lie elsewhere (PFN), and their content is the same.
 * 3. The same work again finds little to do.
 * 4. It makes runs of blocks, too, larger than any that can be allocated, and
 *    blocks of those that compressed pages lie in.
 * 5. Where no free block is left, requests for huge pages get theirs, and nothing
 *    is evicted for it.  The thread keeps still while it is switched off, fills the
 *    reserve up when blocks are taken from it, a signal ends vm.defrag_now, and
 *    tracepoints tell what it does.
 * 6. A process for each kind of memory knows where its pages lie.  At first nobody
 *    touches them: each kind has to be seen to move, and it is kdefragd that moves
 *    them; pinned pages have to stay.
 * 7. Then, for a while (KDEFRAGD_SECONDS, 20 unless set), these processes write and
 *    read back patterns, while everything is moved over and over, CPUs and memory go
 *    offline and come back, a cgroup at its limit has its processes killed, all memory
 *    is used up once, and at times there is no page to move to.  The thread has always
 *    blocks to make, at full duty, and so have requests for more huge pages than are
 *    free.
 * 8. The kernel's own count of free pages per block is right (debug kernels).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "alloc_faults.h"
#include "kdefragd_blocks.h"
#include "kdefragd_control.h"
#include "kdefragd_direct.h"
#include "kdefragd_disturb.h"
#include "kdefragd_kinds.h"
#include "kdefragd_mem.h"
#include "kdefragd_state.h"
#include "kdefragd_workers.h"
#include "kselftest.h"
#include "vm_util.h"

#define MIN_ROUNDS	6	/* of moving, however long they take */
#define QUIET_ROUNDS	10	/* of moving, at most, before anything is disturbed */

/* Seconds more that a slow machine gets to disturb everything once. */
#define DISTURB_MORE	300

static long faults;	/* pages to move to that were refused */

static void test_knobs(void)
{
	static const struct {
		const char *name, *bad;
	} tests[] = {
		{ "kdefragd", "2" }, { "kdefragd", "-1" }, { "kdefragd", "x" },
		{ "kdefragd_budget", "0" }, { "kdefragd_budget", "-5" },
		{ "kdefragd_duty", "0" }, { "kdefragd_duty", "101" },
		{ "kdefragd_order", "0" }, { "kdefragd_order", "99" },
		{ "free_block_reserve", "-1" }, { "free_block_reserve", "101" },
		{ "defrag_now", "0" }, { "defrag_now", "99" },
		{ "defrag_now", "nine" },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(tests); i++) {
		long before = knob_read(tests[i].name);
		int ret = knob_write(tests[i].name, tests[i].bad);

		ksft_test_result(ret == -EINVAL &&
				 knob_read(tests[i].name) == before,
				 "%s refuses %s\n", tests[i].name, tests[i].bad);
	}
}

/* --- making blocks ---------------------------------------------------------- */

static void test_blocks(void)
{
	struct making r;

	if (!make_blocks(&r))
		ksft_exit_fail_msg("no memory to make blocks of\n");
	ksft_print_msg("whole free blocks %ld before, %ld after; %lu moved, %lu seen\n",
		       r.before, r.after, r.moved, r.seen);
	ksft_test_result(!r.ret, "defrag_now takes 9\n");
	ksft_test_result(r.after > r.before + 20, "whole blocks are made\n");
	/* The rest was others', or moved twice. */
	ksft_test_result(r.seen && r.seen * 2 >= r.moved,
			 "pages are seen to have moved\n");
	ksft_test_result(!r.lost, "their content is the same\n");
	ksft_print_msg("once more: %lu moved\n", r.again);
	ksft_test_result(r.again * 10 <= r.moved,
			 "asked again, there is little to do\n");
}

static void test_runs(void)
{
	struct making r;

	if (!make_runs(&r))
		ksft_exit_fail_msg("no memory to make runs of\n");
	ksft_print_msg("runs of %d free blocks: %ld before, %ld after; %lu moved\n",
		       RUN, r.before, r.after, r.moved);
	if (r.after < 0)
		ksft_test_result_skip("runs of blocks: no debugfs\n");
	else
		ksft_test_result(!r.ret && r.after > r.before,
				 "runs of blocks are made\n");
	ksft_test_result(!r.lost, "their content is the same, too\n");
}

static void test_compressed(void)
{
	struct making r;

	if (!make_of_compressed(&r)) {
		ksft_test_result_skip("compressed pages: no zram to swap to\n");
		ksft_test_result_skip("their content: no zram to swap to\n");
		return;
	}
	ksft_print_msg("whole free blocks %ld before, %ld after\n", r.before, r.after);
	/* Each block of them held a few, but for those filled with other pages. */
	ksft_test_result(r.after > r.before + (long)(SWAPPED / CHUNK / 2),
			 "compressed pages leave their blocks\n");
	ksft_test_result(!r.lost, "what is read back of them is the same\n");
}

/* --- requests, and control ---------------------------------------------------- */

/* With these nobody makes blocks but direct requests and vm.defrag_now. */
static struct knob quiet_knobs[] = {
	{ "compaction_proactiveness", "0" },
	{ "order_watermark", "0" },
	{ "free_block_reserve", "0" },
	{ "kdefragd_order", "9" },
	{ "kdefragd", "1" },
	/* When unmovable pages take a movable block, kswapd would evict some. */
	{ "watermark_boost_factor", "0" },
};

static void skip(unsigned int results, const char *what, const char *why)
{
	while (results--)
		ksft_test_result_skip("%s: %s\n", what, why);
}

static void test_direct(struct scarcity *s, bool scarce)
{
	struct direct d;

	if (!scarce) {
		skip(3, "requests", "no transparent huge pages");
		return;
	}
	if (!direct_faults(s, &d))
		ksft_exit_fail_msg("no memory to be mapped\n");
	ksft_print_msg("of %lu huge pages %lu came, %lu were made; the thread woke up %lu times\n",
		       d.faults, d.huge, d.made, d.woken);
	/* Some may come from another node that has free ones. */
	ksft_test_result(d.made && d.made * 2 >= d.faults,
			 "requests have blocks made for them\n");
	/* Others may have one made for them meanwhile, and get it. */
	ksft_test_result(d.huge && d.huge * 2 >= d.made && d.mapped,
			 "they get them, as huge pages\n");
	ksft_test_result(!d.evicted, "nothing is evicted for it: %lu pages\n",
			 d.evicted);
}

static void test_switch(bool scarce)
{
	struct switched s;

	if (!scarce) {
		skip(2, "vm.kdefragd", "no transparent huge pages to take blocks");
		return;
	}
	switch_off_and_on(&s);
	ksft_test_result(!s.off, "vm.kdefragd=0: the thread keeps still, %lu passes\n",
			 s.off);
	ksft_test_result(s.on && s.made,
			 "vm.kdefragd=1: it works, %lu passes, %lu blocks\n",
			 s.on, s.made);
}

static void test_reserve(bool scarce)
{
	struct reserve r;

	if (!scarce || !reserve_take(&r)) {
		skip(2, "the reserve", "no transparent huge pages, or no debugfs");
		return;
	}
	ksft_print_msg("%lu blocks are taken from it, the thread is woken %lu times\n",
		       r.taken, r.woken);
	ksft_test_result(r.taken && r.woken && r.made && r.kept,
			 "the reserve is filled up again, with %lu blocks\n", r.made);
	ksft_test_result(!r.evicted, "nothing is evicted for it: %lu pages\n", r.evicted);
}

static void test_small_reserve(struct memory *m, bool scarce)
{
	struct small_reserve r;
	struct state state;

	if (!scarce || !state_read(&state)) {
		skip(2, "a reserve of small areas", "no transparent huge pages, or no debugfs");
		return;
	}
	if (!reserve_small_areas(&r, m))
		ksft_exit_fail_msg("free blocks cannot be taken\n");
	ksft_print_msg("%lu areas of order %d lacked for %ld per mille, %s are there then\n",
		       r.lacked, SMALL_ORDER, r.reserve, r.kept ? "enough" : "too few");
	/*
	 * One by one: of blocks, each of which is many areas, it would have made a few.
	 * Some areas come and go with the per-CPU lists.
	 */
	ksft_test_result(r.kept && r.lacked && r.made * 2 >= r.lacked,
			 "with kdefragd_order=%d the reserve is filled with %lu areas of it\n",
			 SMALL_ORDER, r.made);
	ksft_test_result(!r.evicted, "nothing is evicted for them: %lu pages\n", r.evicted);
}

static void test_signal(struct memory *m)
{
	struct interrupted r;

	interrupt_defrag(&r, m);
	ksft_print_msg("defrag_now returns %d; %lu pages were left to move\n", r.ret, r.left);
	ksft_test_result(r.ret == -EINTR && r.left > LEFT_MIN,
			 "a signal ends defrag_now, before it is done\n");
}

static void test_trace(struct memory *m)
{
	bool traced = trace_begin();
	unsigned long moved;
	struct traced t;
	int ret;

	/* There must be work whatever was done before. */
	memory_thin(m, 64);
	moved = counter("kdefragd_pages_moved");
	ret = defrag_now(BLOCK_ORDER);
	moved = counter("kdefragd_pages_moved") - moved;
	ksft_test_result(!ret && moved, "asked again, it goes on: %lu pages moved\n",
			 moved);
	if (!traced) {
		skip(3, "tracepoints", "no tracefs");
		return;
	}
	trace_end(&t);
	ksft_test_result(t.passes, "defrag_pass is seen %lu times\n", t.passes);
	ksft_test_result(t.choices, "defrag_choice is seen %lu times\n", t.choices);
	ksft_test_result(t.outcomes, "defrag_outcome is seen %lu times\n", t.outcomes);
}

static void test_requests(void)
{
	const char *knob = knobs_set(quiet_knobs, ARRAY_SIZE(quiet_knobs));
	bool scarce = huge_pages();
	struct scarcity s;

	if (knob)
		ksft_exit_fail_msg("cannot set %s\n", knob);
	if (!scarcity_begin(&s))
		ksft_exit_fail_msg("no memory to be made scarce\n");
	if (scarce && !huge_take_blocks(&s.taken))
		ksft_exit_fail_msg("free blocks do not run out\n");
	test_direct(&s, scarce);
	test_switch(scarce);
	test_reserve(scarce);
	test_small_reserve(&s.m, scarce);
	test_signal(&s.m);
	test_trace(&s.m);
	ksft_test_result(!memory_lost(&s.m), "all that time, its content is the same\n");
	scarcity_end(&s);
	knobs_restore();
}

/* --- nothing is lost ---------------------------------------------------------- */

/* Give back and take again, so that there is always something to defragment. */
static void stir(struct memory *m, unsigned int round)
{
	unsigned long i, chunk = CHUNK / psize();

	for (i = 0; i < m->nr; i++) {
		bool drop = (i / chunk + round) % 3 == 0 && i % 32;

		if (drop)
			madvise(m->map + i * psize(), psize(), MADV_DONTNEED);
		else if (i % 4 == round % 4)
			m->map[i * psize()] = 1;
	}
}

/* Of the pages to move to, and how often there is any such trouble at all. */
#define FAULT_PERCENT	"2"
#define FAULT_ROUNDS	2

/* The most blocks that failed and were remembered: they are forgotten with time. */
static unsigned long remembered;

static void look_what_is_remembered(void)
{
	struct state state;

	if (state_read(&state) && state.remembered > remembered)
		remembered = state.remembered;
}

static void move_everything(struct memory *m, double duration,
			    const struct disturbance *d)
{
	static const unsigned int orders[] = { 9, 3, 12, 5, 10 };
	double end = seconds() + duration;
	unsigned int round = 0;

	faults_begin(FAULT_PERCENT, false);
	while (seconds() < end || round < MIN_ROUNDS ||
	       (seconds() < end + DISTURB_MORE && !disturbed_once(d))) {
		faults_here(round % FAULT_ROUNDS == 1);
		defrag_now(orders[round % ARRAY_SIZE(orders)]);
		faults_here(false);
		look_what_is_remembered();
		stir(m, round++);
	}
	faults = faults_end();
	ksft_print_msg("%u rounds\n", round);
}

static void report_quiet(unsigned long moved, unsigned long migrated,
			 unsigned long swapped_in)
{
	unsigned long seen = workers_seen();

	ksft_print_msg("undisturbed: %lu pages moved, %lu of them seen; %ld moved by others\n",
		       moved, seen, (long)(migrated - moved));
	/* What others moved would be seen as well, but is not in kdefragd's count. */
	ksft_test_result(moved && moved >= seen && !swapped_in &&
			 (long)(migrated - moved) * 10 <= (long)seen,
			 "undisturbed, it is kdefragd that moves them; %lu come from swap\n",
			 swapped_in);
}

/* While nobody touches what the workers look at. */
static void move_quietly(struct memory *m)
{
	static const unsigned int orders[] = { 9, 10 };
	unsigned long moved = counter("kdefragd_pages_moved");
	unsigned long migrated = counter("pgmigrate_success");
	unsigned long swapped_in = counter("pswpin");
	unsigned int round;

	workers_thin_out();
	for (round = 0; round < QUIET_ROUNDS && !workers_moved(); round++) {
		if (round)
			stir(m, round);
		sync();		/* what is being written stays */
		defrag_now(orders[round % ARRAY_SIZE(orders)]);
		workers_look();
	}
	/* Before anything is said: who reads it may be swapped in for that. */
	moved = counter("kdefragd_pages_moved") - moved;
	migrated = counter("pgmigrate_success") - migrated;
	swapped_in = counter("pswpin") - swapped_in;
	ksft_print_msg("%u quiet rounds\n", round);
	report_quiet(moved, migrated, swapped_in);
}

static bool report_moved(const struct kind *kind, const struct report *r)
{
	if (kind->stays)
		return !r->moved && !r->elsewhere;
	/* What may not have been sparse while it was quiet was, later on. */
	return r->moved || kind->may_stay || (r->elsewhere && !kind->restless);
}

static void report_kind(const struct kind *kind, const struct report *r)
{
	if (r->skipped && !r->failed) {
		ksft_test_result_skip("%s: %s\n", kind->name, r->why);
		return;
	}
	ksft_print_msg("%s: %lu of %lu pages moved; disturbed, %lu read, %lu lost, %lu elsewhere\n",
		       kind->name, r->moved, r->present, r->reads, r->lost,
		       r->elsewhere);
	if (r->failed)
		ksft_print_msg("%s: %s\n", kind->name, r->why);
	ksft_test_result(!r->failed && r->reads && !r->lost && report_moved(kind, r),
			 "%s: %s, and nothing is lost\n", kind->name,
			 kind->stays ? "stays" : kind->may_stay ?
			 "may move" : "moves");
}

/* @enough: tries of which one has to work */
static void report_gone(const char *what, bool may_go, unsigned long tries,
			unsigned long enough, unsigned long went, unsigned long lost)
{
	if (!may_go)
		ksft_test_result_skip("beside it, %s: none may go offline\n", what);
	else if (!went && !lost && tries < enough)
		ksft_test_result_skip("beside it, %s: none went, %lu tried\n",
				      what, tries);
	else
		ksft_test_result(went && !lost,
				 "beside it, %s went offline and came back %lu times\n",
				 what, went);
}

/* @failed: who was to disturb ended otherwise than he should. */
static void report_disturbance(const struct disturbance *d, bool failed)
{
	report_gone("CPUs", cpus_may_go(), d->cpu_tries, ENOUGH_TRIES, d->cpus,
		    d->cpus_lost);
	report_gone("memory", memory_may_go(), d->memory_tries, MEMORY_TRIES,
		    d->memory, d->memory_lost);
	if (!d->ooms && !d->spared)
		ksft_test_result_skip("beside it, the limit of a cgroup: no memory controller\n");
	else
		ksft_test_result(d->ooms && !d->spared,
				 "beside it, %lu processes killed at the limit of their cgroup\n",
				 d->ooms);
	ksft_test_result(d->woken, "beside it, the thread is woken %lu times\n", d->woken);
	if (!huge_pages())
		ksft_test_result_skip("beside it, requests: no transparent huge pages\n");
	else if (!d->direct && d->huge_tries < HUGE_TRIES)
		ksft_test_result_skip("beside it, requests: no time for more than %lu tries\n",
				      d->huge_tries);
	else
		ksft_test_result(d->direct && d->huge,
				 "beside it, requests have it work %lu times, %lu huge pages come\n",
				 d->direct, d->huge);
	if (failed)
		ksft_print_msg("who is to disturb has failed\n");
	ksft_test_result(d->used_up && !failed, "beside it, memory is used up once\n");
}

static void report_faults(void)
{
	if (access(FAULTS, F_OK))
		ksft_test_result_skip("no place to move to: no CONFIG_FAIL_PAGE_ALLOC\n");
	else
		ksft_test_result(faults > 0,
				 "beside it, %ld times no place to move to\n",
				 faults);
}

/* In memory shared with who disturbs. */
static struct {
	int stop;
	struct disturbance d;
} *beside;

/* With these the thread has always something to do, and does not rest. */
static struct knob busy_knobs[] = {
	{ "kdefragd", "1" },
	{ "kdefragd_duty", "100" },
	{ "free_block_reserve", "100" },
};

/* Return: false if there was nobody who did, or not to the end. */
static bool disturb_everything(struct memory *m, double duration)
{
	bool huge = huge_pages();
	pid_t pid;
	int status;

	if (huge) {
		thp_save_settings();
		huge_set(THP_DEFRAG_MADVISE);
	}
	workers_disturb();
	pid = disturb_start(&beside->d, &beside->stop);
	move_everything(m, duration, &beside->d);
	__atomic_store_n(&beside->stop, 1, __ATOMIC_RELAXED);
	if (huge)
		thp_restore_settings();
	return pid > 0 && waitpid(pid, &status, 0) == pid && !status;
}

static void test_nothing_lost(double duration)
{
	char score[32] = "0";
	const char *knob;
	struct memory m;
	bool disturbed;
	int i;

	beside = mmap(NULL, sizeof(*beside), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (beside == MAP_FAILED)
		ksft_exit_fail_msg("no shared memory\n");

	/* Who uses up all memory is the one to be killed for it, and nobody else. */
	read_file("/proc/self/oom_score_adj", score, sizeof(score));
	if (oom_adjust(OOM_NEVER))
		ksft_exit_fail_msg("cannot be spared when memory is used up\n");
	if (!workers_start())
		ksft_exit_fail_msg("no memory for the workers\n");
	if (!memory_fill(&m, 3, 32, 1))
		ksft_exit_fail_msg("no memory to stir\n");
	move_quietly(&m);
	knob = knobs_set(busy_knobs, ARRAY_SIZE(busy_knobs));
	if (knob)
		ksft_exit_fail_msg("cannot set %s\n", knob);
	disturbed = disturb_everything(&m, duration);
	knobs_restore();
	workers_end();
	memory_drop(&m);
	oom_adjust(score);

	for (i = 0; i < nr_kinds; i++)
		report_kind(&kinds[i], workers_report(i));
	report_disturbance(&beside->d, !disturbed);
	report_faults();
}

static void test_counts(void)
{
	FILE *f = fopen("/sys/kernel/debug/page_blocks_check", "r");
	unsigned long checked, wrong;

	if (!f) {
		ksft_test_result_skip("free pages per block: no CONFIG_BLOCK_OCCUPANCY_DEBUG\n");
		return;
	}
	if (fscanf(f, "checked %lu wrong %lu", &checked, &wrong) != 2)
		checked = 0;
	fclose(f);
	ksft_test_result(checked && !wrong,
			 "free pages per block: %lu blocks, %lu wrong\n",
			 checked, wrong);
}

static unsigned long count_gave_up(void)
{
	return counter("kdefragd_gave_up_busy") +
	       counter("kdefragd_gave_up_pinned") +
	       counter("kdefragd_gave_up_unmovable");
}

/* After @gave_up targets have failed, some of it was remembered at the time. */
static void test_state(unsigned long gave_up)
{
	struct state state;

	if (!state_read(&state)) {
		ksft_test_result_skip("state of the zones: no debugfs\n");
		ksft_test_result_skip("failures: no debugfs\n");
		return;
	}
	ksft_test_result(state.known && state.zones && !state.bad,
			 "state of the zones: %lu zones, %lu wrong\n",
			 state.zones, state.bad);
	if (gave_up)
		ksft_test_result(remembered > 0, "failures are remembered: %lu blocks\n",
				 remembered);
	else
		ksft_test_result_skip("failures: there were none\n");
}

int main(void)
{
	const char *duration = getenv("KDEFRAGD_SECONDS");
	unsigned long gave_up;

	test_begin();

	ksft_set_plan(14 + 5 + 2 + 2 + 15 + 1 + nr_kinds + 7 + 3);
	test_knobs();
	test_blocks();
	test_runs();
	test_compressed();
	test_requests();
	gave_up = count_gave_up();
	test_nothing_lost(duration ? atof(duration) : 20);
	test_state(count_gave_up() - gave_up);
	test_counts();
	ksft_finished();
}
