// SPDX-License-Identifier: GPL-2.0
/*
 * kdefragd: does a node's thread come and go with the memory of its node?
 *
 * A node's memory goes online and offline, all of it, again and again, beside processes
 * that write to pages there and read them back, and while vm.defrag_now has kdefragd
 * work on it.  There has to be a thread when there is memory, and none when there is
 * none; and nothing may be lost.
 *
 * Needs a node with memory that is all offline: the module add_memory
 * (CONFIG_ADD_MEMORY_TEST) makes one.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/mempolicy.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fragment.h"
#include "kdefragd_mem.h"
#include "kselftest.h"
#include "memory_block.h"
#include "vm_util.h"

#define NODES		8	/* that are looked at, */
#define BLOCKS		64	/* and memory blocks of one */
#define ROUNDS		8	/* of coming and going */
#define WORKERS		3
#define WORK		24	/* MiB of each */
#define KEEP		8	/* and how much of it stays: one page in so many */
#define PATIENCE	60	/* seconds for a memory block to go */
#define SOON		5	/* seconds until a thread is seen, or seen no more */

struct node {
	int nr;
	unsigned int blocks[BLOCKS];
	int nr_blocks;
};

/* What the workers tell. */
struct report {
	unsigned long rounds;
	unsigned long there;	/* pages seen on the node */
	unsigned long lost;
};

static struct report *report;

static bool is_offline(unsigned int block)
{
	char path[64], text[16];

	snprintf(path, sizeof(path), MEMORY_DIR "memory%u/state", block);
	return read_file(path, text, sizeof(text)) && !strncmp(text, "offline", 7);
}

/* Return: has it memory, none of it online? */
static bool node_read(struct node *node, int nr)
{
	char path[64];
	struct dirent *e;
	bool all = true;
	DIR *dir;

	node->nr = nr;
	node->nr_blocks = 0;
	snprintf(path, sizeof(path), "/sys/devices/system/node/node%d", nr);
	dir = opendir(path);
	while (dir && (e = readdir(dir))) {
		unsigned int block;

		if (sscanf(e->d_name, "memory%u", &block) != 1)
			continue;
		if (node->nr_blocks == BLOCKS) {
			all = false;
			break;
		}
		node->blocks[node->nr_blocks++] = block;
		all &= is_offline(block);
	}
	if (dir)
		closedir(dir);
	return node->nr_blocks && all;
}

static bool find_node(struct node *node)
{
	int nr;

	for (nr = 0; nr < NODES; nr++)
		if (node_read(node, nr))
			return true;
	return false;
}

/* --- the thread */

static bool process_is(const char *pid, const char *name)
{
	char path[300], comm[32] = "";

	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	if (!read_file(path, comm, sizeof(comm)))
		return false;
	comm[strcspn(comm, "\n")] = '\0';
	return !strcmp(comm, name);
}

static bool thread_is_there(int node)
{
	DIR *dir = opendir("/proc");
	bool found = false;
	struct dirent *e;
	char name[32];

	snprintf(name, sizeof(name), "kdefragd%d", node);
	while (dir && !found && (e = readdir(dir)))
		found = e->d_name[0] >= '1' && e->d_name[0] <= '9' &&
			process_is(e->d_name, name);
	if (dir)
		closedir(dir);
	return found;
}

static bool thread_becomes(int node, bool there)
{
	double end = seconds() + SOON;

	while (thread_is_there(node) != there) {
		if (seconds() > end)
			return false;
		usleep(10000);
	}
	return true;
}

/* --- the load */

static void prefer(int node)
{
	unsigned long mask = 1UL << node;

	syscall(SYS_set_mempolicy, MPOL_PREFERRED, &mask, 8 * sizeof(mask));
}

static unsigned long pages_on(int node, const struct memory *m)
{
	unsigned long i, there = 0;

	for (i = 0; i < m->nr; i += 64) {
		void *page = m->map + i * psize();
		int status = -1;

		if (m->given_back[i])
			continue;
		syscall(SYS_move_pages, 0, 1UL, &page, NULL, &status, 0);
		there += status == node;
	}
	return there;
}

/* Of what is written only some pages stay, in all blocks, and are read when it is over. */
static void __noreturn work(int node, struct report *r)
{
	struct memory m;
	unsigned long i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		prefer(node);
		if (!memory_map(&m, (WORK << 20) / psize()))
			_exit(1);
		for (i = 0; i < m.nr; i++)
			memory_write(&m, i);
		for (i = 0; i < m.nr; i++)
			if (i % KEEP)
				memory_give_back(&m, i);
		usleep(200000);
		r->there += pages_on(node, &m);
		r->lost += memory_lost(&m);
		r->rounds++;
		memory_drop(&m);
	}
}

static void __noreturn have_it_work(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		defrag_now(9);
}

static pid_t child(int nr, int node)
{
	pid_t pid = fork();

	if (pid < 0)
		ksft_exit_fail_perror("fork");
	if (pid)
		return pid;
	if (nr == WORKERS)
		have_it_work();
	work(node, &report[nr]);
}

/* Return: false if one of them has ended by itself. */
static bool end(const pid_t *pids)
{
	bool fine = true;
	int i;

	for (i = 0; i <= WORKERS; i++) {
		if (waitpid(pids[i], NULL, WNOHANG)) {
			fine = false;
			continue;
		}
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
	return fine;
}

/* --- coming and going */

static int come(const struct node *node)
{
	int i, came = 0;

	for (i = 0; i < node->nr_blocks; i++)
		came += !memory_online_movable(node->blocks[i]);
	return came;
}

/* It is busy while kdefragd has a page block of it in its hands. */
static bool memory_goes(unsigned int block)
{
	double until = seconds() + PATIENCE;
	int err;

	do {
		err = memory_offline(block, PATIENCE);
	} while ((err == -EBUSY || err == -EINTR) && seconds() < until);
	if (err)
		ksft_print_msg("memory%u: %s\n", block, strerror(-err));
	return !err;
}

static int go(const struct node *node)
{
	int i, gone = 0;

	for (i = 0; i < node->nr_blocks; i++)
		gone += memory_goes(node->blocks[i]);
	return gone;
}

static void test_rounds(const struct node *node)
{
	int came = 0, started = 0, gone = 0, stopped = 0, i;
	unsigned long moved = counter("kdefragd_pages_moved");
	unsigned long offline = counter("kdefragd_pages_offline");
	struct report sum = { 0 };
	pid_t pids[WORKERS + 1];

	for (i = 0; i <= WORKERS; i++)
		pids[i] = child(i, node->nr);
	for (i = 0; i < ROUNDS; i++) {
		came += come(node) == node->nr_blocks;
		started += thread_becomes(node->nr, true);
		sleep(2);
		gone += go(node) == node->nr_blocks;
		stopped += thread_becomes(node->nr, false);
	}
	ksft_test_result(end(pids), "the load goes on\n");
	for (i = 0; i < WORKERS; i++) {
		sum.rounds += report[i].rounds;
		sum.there += report[i].there;
		sum.lost += report[i].lost;
	}
	moved = counter("kdefragd_pages_moved") - moved;
	offline = counter("kdefragd_pages_offline") - offline;
	ksft_print_msg("%lu pages moved to make blocks, %lu because memory went\n",
		       moved, offline);
	ksft_test_result(came == ROUNDS && started == ROUNDS,
			 "memory comes %d of %d times, and the thread with it %d times\n",
			 came, ROUNDS, started);
	ksft_test_result(gone == ROUNDS && stopped == ROUNDS,
			 "memory goes %d times, and the thread with it %d times\n",
			 gone, stopped);
	ksft_test_result(sum.there && moved,
			 "meanwhile, pages lie there, and kdefragd moves pages\n");
	ksft_test_result(sum.rounds && !sum.lost, "in %lu rounds, %lu pages are lost\n",
			 sum.rounds, sum.lost);
}

int main(void)
{
	struct node node;

	test_begin();
	if (!find_node(&node))
		ksft_exit_skip("no node has memory that is all offline\n");
	report = mmap(NULL, WORKERS * sizeof(*report), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (report == MAP_FAILED)
		ksft_exit_fail_perror("mmap");
	ksft_set_plan(6);
	ksft_test_result(!thread_is_there(node.nr), "without memory, node %d has no thread\n",
			 node.nr);
	test_rounds(&node);
	ksft_finished();
}
