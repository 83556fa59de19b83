// SPDX-License-Identifier: GPL-2.0
/*
 * kdefragd: does it stop for suspend, and go on after it?
 *
 * A process writes to vm.defrag_now all the time, and the thread has blocks to make
 * for a reserve that is far from full.  Meanwhile all tasks are frozen and thawed, as
 * they are for suspend (CONFIG_PM_DEBUG): that fails if one of them does not stop.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fragment.h"
#include "kdefragd_blocks.h"
#include "kdefragd_direct.h"
#include "kdefragd_mem.h"
#include "kselftest.h"
#include "vm_util.h"

#define PM_TEST		"/sys/power/pm_test"
#define PM_STATE	"/sys/power/state"
#define PM_DELAY	"/sys/module/suspend/parameters/pm_test_delay"

#define TIMES		5
#define STEP		10000		/* us between two looks */
#define STIRRED		(32UL << 20)	/* so that there is always something to move */
#define PATIENCE	300		/* seconds for what has to happen at all */

#define RESERVE		"100"
#define READ_ALL	3		/* SYSLOG_ACTION_READ_ALL, of no header */

static struct knob knobs[] = {
	{ "compaction_proactiveness", "0" },
	{ "order_watermark", "0" },
	{ "free_block_reserve", RESERVE },
	{ "kdefragd", "1" },
	{ "kdefragd_duty", "100" },
};

/* In memory shared with who writes: how often he has, and what failed. */
static struct {
	unsigned long rounds;
	int err;
} *writer;

/* Take pages, and leave one in eight. */
static void stir(char *map)
{
	size_t at;

	memset(map, 1, STIRRED);
	for (at = 0; at < STIRRED; at += psize())
		if (at / psize() % 8)
			madvise(map + at, psize(), MADV_DONTNEED);
}

static void __noreturn write_all_the_time(void)
{
	static const unsigned int orders[] = { 9, 3, 10, 5 };
	char *map = mmap(NULL, STIRRED, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned int i;
	int err;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (map == MAP_FAILED)
		_exit(1);
	madvise(map, STIRRED, MADV_NOHUGEPAGE);
	for (i = 0; ; i++) {
		stir(map);
		/* To freeze a task interrupts what it waits for. */
		err = defrag_now(orders[i % ARRAY_SIZE(orders)]);
		if (err && err != -EINTR)
			writer->err = err;
		__atomic_fetch_add(&writer->rounds, 1, __ATOMIC_RELAXED);
	}
}

static unsigned long rounds(void)
{
	return __atomic_load_n(&writer->rounds, __ATOMIC_RELAXED);
}

static unsigned long blocks_made(void)
{
	return counter("kdefragd_made");
}

/* Only by the thread: a request may make a block, too. */
static unsigned long woken(void)
{
	return counter("kdefragd_wake");
}

static bool grows_beyond(unsigned long then, unsigned long (*count)(void))
{
	double end = seconds() + PATIENCE;

	while (count() == then && seconds() < end)
		usleep(STEP);
	return count() != then;
}

static bool grows(unsigned long (*count)(void))
{
	return grows_beyond(count(), count);
}

/* Who did not stop?  The kernel's log says it. */
static void print_log(void)
{
	static char log[1 << 16];
	int len = klogctl(READ_ALL, log, sizeof(log) - 1);
	char *line = log + (len > 1500 ? len - 1500 : 0);

	for (line = strtok(line, "\n"); line; line = strtok(NULL, "\n"))
		ksft_print_msg("%s\n", line);
}

/* Return: how often all tasks were frozen, of TIMES. */
static int freeze(int *err)
{
	int i, ret, frozen = 0;

	for (i = 0; i < TIMES && grows(rounds); i++) {
		/* The thread looks what there is to do. */
		knob_write("free_block_reserve", RESERVE);
		/* Not always at the same point of the round */
		usleep(i * STEP);
		ret = frag_write(PM_STATE, "freeze");
		if (!ret) {
			frozen++;
			continue;
		}
		*err = ret;
		print_log();
	}
	return frozen;
}

static char delay[16] = "5";

static void restore(void)
{
	frag_write(PM_TEST, "none");
	frag_write(PM_DELAY, delay);
}

static void test_freeze(void)
{
	int frozen, err = 0;
	pid_t pid = fork();

	if (!pid)
		write_all_the_time();
	if (pid < 0)
		ksft_exit_fail_msg("nobody to write to vm.defrag_now\n");
	frozen = freeze(&err);
	ksft_test_result(frozen == TIMES, "all tasks are frozen, %d of %d times: %s\n",
			 frozen, TIMES, strerror(-err));
	ksft_test_result(grows(rounds) && !writer->err,
			 "vm.defrag_now goes on, %lu times\n", rounds());
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void test_thread(struct scarcity *s)
{
	/* Counted from here: it may be through before all free blocks are taken. */
	unsigned long made = blocks_made(), wakes = woken();

	memory_thin(&s->m, 64);
	if (!huge_pages()) {
		ksft_test_result_skip("the thread: no transparent huge pages to take blocks\n");
		return;
	}
	/* What has come free since is taken: there must be work left. */
	if (!huge_take_blocks(&s->taken))
		ksft_exit_fail_msg("free blocks do not run out\n");
	ksft_test_result(grows_beyond(wakes, woken) && grows_beyond(made, blocks_made),
			 "the thread goes on, too\n");
}

int main(void)
{
	struct scarcity s;
	const char *knob;

	test_begin();
	read_file(PM_DELAY, delay, sizeof(delay));
	if (frag_write(PM_TEST, "freezer") || frag_write(PM_DELAY, "1"))
		ksft_exit_skip("no " PM_TEST ": wants CONFIG_SUSPEND and CONFIG_PM_DEBUG\n");
	atexit(restore);
	writer = mmap(NULL, sizeof(*writer), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (writer == MAP_FAILED)
		ksft_exit_fail_msg("no shared memory\n");

	ksft_set_plan(4);
	knob = knobs_set(knobs, ARRAY_SIZE(knobs));
	if (knob)
		ksft_exit_fail_msg("cannot set %s\n", knob);
	if (!scarcity_begin(&s))
		ksft_exit_fail_msg("no memory to be made sparse\n");
	test_freeze();
	test_thread(&s);
	ksft_test_result(!memory_lost(&s.m), "all that time, its content is the same\n");
	scarcity_end(&s);
	knobs_restore();
	ksft_finished();
}
