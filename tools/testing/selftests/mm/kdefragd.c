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
 * 5. For a while (KDEFRAGD_SECONDS, 20 unless set), a process for each kind of
 *    memory writes and reads back patterns, while everything is moved over and
 *    over, CPUs and memory go offline and come back, a cgroup at its limit has
 *    its processes killed, all memory is used up once, and at times there is no
 *    page to move to.  Each kind has to be seen to have moved; pinned pages not
 *    to have.
 * 6. The kernel's own count of free pages per block is right (debug kernels).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "alloc_faults.h"
#include "fragment.h"
#include "kdefragd_blocks.h"
#include "kdefragd_disturb.h"
#include "kdefragd_kinds.h"
#include "kdefragd_mem.h"
#include "kselftest.h"
#include "vm_util.h"

#define WORKER_SIZE	(4UL << 20)	/* memory of each kind */
#define SPREAD		8		/* one page in so many is a worker's */
#define MIN_ROUNDS	6		/* of moving, however long they take */

/* What a worker tells: in memory shared with the parent. */
struct report {
	unsigned long reads;	/* pages read back */
	unsigned long lost;	/* pages with another content */
	unsigned long moved;	/* pages that lie elsewhere than at first */
	int ready;
	int skipped;
	char why[64];
};

static int *stop;	/* shared, see stopped() */
static long faults;	/* pages to move to that were refused */

static bool stopped(void)
{
	return __atomic_load_n(stop, __ATOMIC_RELAXED);
}

static void test_knobs(void)
{
	static const struct {
		const char *name, *bad;
	} tests[] = {
		{ "kdefragd", "2" }, { "kdefragd", "-1" }, { "kdefragd", "x" },
		{ "kdefragd_budget", "0" }, { "kdefragd_budget", "-5" },
		{ "kdefragd_duty", "0" }, { "kdefragd_duty", "101" },
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

/* --- nothing is lost ---------------------------------------------------------- */

/* A process that was forked has to see what was there when it was. */
static pid_t twin_start(const char *map, unsigned long nr, struct report *r)
{
	pid_t pid = fork();
	unsigned long i;

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (!stopped()) {
		for (i = 0; i < nr; i++) {
			if (!page_holds(map + i * psize(), pattern(i, 0, false)))
				__atomic_fetch_add(&r->lost, 1, __ATOMIC_RELAXED);
			__atomic_fetch_add(&r->reads, 1, __ATOMIC_RELAXED);
		}
		usleep(10000);
	}
	_exit(0);
}

/*
 * Write to all pages, and let others be allocated in between, which are given
 * back: blocks with few pages in them are the ones that are emptied.
 */
static void populate(const struct kind *kind, char *map, unsigned long nr)
{
	size_t size = nr * (SPREAD - 1) * psize(), at = 0;
	char *others = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned long i;

	if (others == MAP_FAILED)
		size = 0;
	else
		madvise(others, size, MADV_NOHUGEPAGE);
	for (i = 0; i < nr; i++) {
		size_t end = at + (SPREAD - 1) * psize();

		page_write(map + i * psize(), pattern(i, 0, kind->same));
		for (; at < end && at < size; at += psize())
			others[at] = 1;
	}
	if (size)
		munmap(others, size);
}

static void worker(const struct kind *kind, struct report *r)
{
	unsigned long nr = WORKER_SIZE / psize(), i, round = 0;
	unsigned long *rounds = calloc(nr, sizeof(*rounds));
	uint64_t *then = malloc(nr * sizeof(*then));
	uint64_t *now = malloc(nr * sizeof(*now));
	const char *why = "no memory";
	char *map = rounds && then && now ?
		kind->setup(WORKER_SIZE, &why) : NULL;
	pid_t twin = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (map)
		populate(kind, map, nr);
	if (!map || (kind->finish && kind->finish(map, WORKER_SIZE, &why))) {
		r->skipped = 1;
		snprintf(r->why, sizeof(r->why), "%s", why);
		return;
	}
	frag_pfns(map, nr, then);
	r->ready = 1;
	if (kind->twin)
		twin = twin_start(map, nr, r);

	while (!stopped()) {
		for (i = 0; i < nr; i++) {
			char *page = map + i * psize();

			if (!page_holds(page, pattern(i, rounds[i], kind->same)))
				__atomic_fetch_add(&r->lost, 1, __ATOMIC_RELAXED);
			__atomic_fetch_add(&r->reads, 1, __ATOMIC_RELAXED);
			/* One page in eight gets a new pattern each round. */
			if (!kind->same && i % 8 == round % 8) {
				rounds[i] = round;
				page_write(page, pattern(i, round, false));
			}
		}
		frag_pfns(map, nr, now);
		i = count_moved(then, now, nr);
		if (i > r->moved)
			r->moved = i;
		if (kind->disturb)
			kind->disturb(map, WORKER_SIZE);
		round++;
		usleep(20000);
	}
	if (twin > 0)
		waitpid(twin, NULL, 0);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

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
#define FAULT_ROUNDS	4

static void move_everything(double duration)
{
	static const char * const orders[] = { "9", "3", "9", "5", "10" };
	unsigned int round = 0;
	struct memory m;
	double end;

	if (!memory_fill(&m, 3, 32, 1))
		ksft_exit_fail_msg("no memory to stir\n");
	end = seconds() + duration;
	faults_begin(FAULT_PERCENT, false);
	while (seconds() < end || round < MIN_ROUNDS) {
		faults_here(round % FAULT_ROUNDS == 1);
		knob_write("defrag_now", orders[round % ARRAY_SIZE(orders)]);
		faults_here(false);
		stir(&m, round++);
	}
	faults = faults_end();
	memory_drop(&m);
	ksft_print_msg("%u rounds\n", round);
}

static void report_kind(const struct kind *kind, const struct report *r)
{
	if (r->skipped) {
		ksft_test_result_skip("%s: %s\n", kind->name, r->why);
		return;
	}
	ksft_print_msg("%s: %lu pages read, %lu lost, %lu moved\n", kind->name,
		       r->reads, r->lost, r->moved);
	ksft_test_result(r->reads && !r->lost &&
			 (kind->stays ? !r->moved : r->moved || kind->may_stay),
			 "%s: %s, and nothing is lost\n", kind->name,
			 kind->stays ? "stays" : kind->may_stay ?
			 "may move" : "moves");
}

static void report_disturbance(const struct disturbance *d)
{
	if (!d->cpus && !d->memory)
		ksft_test_result_skip("beside it, CPUs and memory: none may go offline\n");
	else
		ksft_test_result(!d->lost,
				 "beside it, %lu times CPUs and %lu times memory went and came back\n",
				 d->cpus, d->memory);
	if (!d->ooms && !d->spared)
		ksft_test_result_skip("beside it, the limit of a cgroup: no memory controller\n");
	else
		ksft_test_result(d->ooms && !d->spared,
				 "beside it, %lu processes killed at the limit of their cgroup\n",
				 d->ooms);
	ksft_test_result(d->used_up, "beside it, memory is used up once\n");
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

static void test_nothing_lost(double duration)
{
	size_t size = sizeof(struct report) * nr_kinds + psize();
	struct disturbance *disturbance;
	struct report *reports;
	pid_t pids[32], disturber;
	int i;

	stop = mmap(NULL, size, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (stop == MAP_FAILED)
		ksft_exit_fail_msg("no shared memory\n");
	disturbance = (struct disturbance *)((char *)stop + 64);
	reports = (struct report *)((char *)stop + 128);

	for (i = 0; i < nr_kinds; i++) {
		pids[i] = fork();
		if (!pids[i]) {
			worker(&kinds[i], &reports[i]);
			_exit(0);
		}
	}
	for (i = 0; i < nr_kinds; i++)
		while (!__atomic_load_n(&reports[i].ready, __ATOMIC_RELAXED) &&
		       !__atomic_load_n(&reports[i].skipped, __ATOMIC_RELAXED))
			usleep(10000);
	disturber = disturb_start(disturbance, stop);
	move_everything(duration);
	__atomic_store_n(stop, 1, __ATOMIC_RELAXED);
	waitpid(disturber, NULL, 0);
	for (i = 0; i < nr_kinds; i++)
		waitpid(pids[i], NULL, 0);
	for (i = 0; i < nr_kinds; i++)
		report_kind(&kinds[i], &reports[i]);
	report_disturbance(disturbance);
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

/* What debugfs says of the zones, after @gave_up targets have failed. */
static void test_state(unsigned long gave_up)
{
	unsigned long free, low, high, in_vain, rest, failed[4];
	unsigned long zones = 0, bad = 0, remembered = 0;
	char header[64] = "", line[256];
	FILE *f = fopen("/sys/kernel/debug/kdefragd", "r");

	if (!f) {
		ksft_test_result_skip("state of the zones: no debugfs\n");
		ksft_test_result_skip("failures: no debugfs\n");
		return;
	}
	if (!fgets(header, sizeof(header), f))
		header[0] = '\0';
	while (fgets(line, sizeof(line), f)) {
		if (line[0] == '#')
			continue;
		zones++;
		if (sscanf(line, "%*d %*s %lu %lu %lu %lu %lu %lu %lu %lu %lu",
			   &free, &low, &high, &in_vain, &rest, &failed[0],
			   &failed[1], &failed[2], &failed[3]) != 9) {
			bad++;
			continue;
		}
		bad += low > high || (rest && !in_vain);
		remembered += failed[0] + failed[1] + failed[2] + failed[3];
	}
	fclose(f);
	ksft_test_result(!strcmp(header, "# kdefragd 1\n") && zones && !bad,
			 "state of the zones: %lu zones, %lu wrong\n", zones, bad);
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

	setvbuf(stdout, NULL, _IOLBF, 0);
	ksft_print_header();
	if (geteuid())
		ksft_exit_skip("needs root\n");
	if (access(KNOBS "defrag_now", F_OK))
		ksft_exit_skip("the kernel has no kdefragd\n");

	ksft_set_plan(12 + 5 + 2 + 2 + nr_kinds + 4 + 3);
	test_knobs();
	test_blocks();
	test_runs();
	test_compressed();
	gave_up = count_gave_up();
	test_nothing_lost(duration ? atof(duration) : 20);
	test_state(count_gave_up() - gave_up);
	test_counts();
	ksft_finished();
}
