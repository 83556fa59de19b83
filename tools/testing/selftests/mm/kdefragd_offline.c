// SPDX-License-Identifier: GPL-2.0
/*
 * Does memory that goes offline wait for pages that will soon be gone, and for no
 * longer than for them?
 *
 * Pipes are filled, until pages of theirs, and nothing else that does not move, lie
 * in some memory block of sysfs.  While they stay, it is refused after a while, with
 * nothing moved for it.  When the pipes are closed meanwhile, it goes.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fragment.h"
#include "kdefragd_map.h"
#include "kdefragd_mem.h"
#include "kselftest.h"
#include "memory_block.h"
#include "vm_util.h"

#define PIPES		480	/* at most: two descriptors each, of 1024, */
#define PIPE_PAGES	256
#define PIPES_SHARE	3	/* and a third of free memory */
#define PIPES_STEP	8	/* until there are enough */
#define PATIENCE	20	/* seconds for an attempt */
#define CLOSED_AFTER	50000	/* us, while memory goes offline */
#define WAITED_MIN	0.4	/* seconds: what is refused at once takes less, */
#define WAITED_MAX	10	/* what is waited for, even in a slow guest, less */

static int pipes[PIPES][2];
static unsigned int nr_pipes;
static double closed_at;

static bool pipe_fill(int *fd)
{
	char *page = calloc(1, psize());
	int i;

	if (!page || pipe2(fd, O_NONBLOCK) ||
	    fcntl(fd[1], F_SETPIPE_SZ, PIPE_PAGES * psize()) < 0)
		return false;
	for (i = 0; i < PIPE_PAGES; i++)
		if (write(fd[1], page, psize()) != psize())
			return false;
	free(page);
	return true;
}

/* The last first: the memory block in question came with these. */
static void *pipes_close(void *unused)
{
	unsigned int i;

	usleep(CLOSED_AFTER);
	for (i = nr_pipes; i--;) {
		close(pipes[i][0]);
		close(pipes[i][1]);
	}
	closed_at = seconds();
	return NULL;
}

/* What a memory block has. */
struct content {
	unsigned int transient;	/* page blocks in use */
	unsigned int others;	/* that do not move, or not on purpose */
};

/* Return: false if there is no debugfs, or no hotplug. */
static bool read_content(struct content *memory)
{
	struct page_block block = { 0 };
	unsigned long size;
	char text[32];
	FILE *f;

	if (!read_file(MEMORY_DIR "block_size_bytes", text, sizeof(text)))
		return false;
	size = strtoul(text, NULL, 16) / psize();
	f = fopen(PAGE_BLOCKS, "r");
	if (!f)
		return false;
	while (page_block_next(f, &block)) {
		struct content *m;

		if (!block.pages || block.pfn / size >= MEMORY_BLOCKS ||
		    block.free == block.pages)
			continue;
		m = &memory[block.pfn / size];
		if (!strcmp(block.class, "transient"))
			m->transient++;
		else if (strcmp(block.mobility, "movable"))
			m->others++;
	}
	fclose(f);
	return true;
}

static bool goes_with_pipes(const struct content *memory, unsigned int nr)
{
	return memory[nr].transient && !memory[nr].others && memory_is_there(nr);
}

/* Fill pipes until there is such a memory block. */
static bool pipes_fill(struct content *memory)
{
	struct frag_state state;
	unsigned int nr;

	if (frag_read(&state))
		return false;
	while (nr_pipes < PIPES && nr_pipes * PIPE_PAGES < state.free / PIPES_SHARE) {
		if (!pipe_fill(pipes[nr_pipes++]))
			return false;
		if (nr_pipes % PIPES_STEP)
			continue;
		memset(memory, 0, MEMORY_BLOCKS * sizeof(*memory));
		read_content(memory);
		for (nr = 0; nr < MEMORY_BLOCKS; nr++)
			if (goes_with_pipes(memory, nr))
				return true;
	}
	return true;
}

/* The last attempt of some. */
struct attempts {
	int tried, nr, err;
	double took;		/* seconds */
	unsigned long moved;	/* pages */
};

/* Was a memory block refused for pages of pipes, and only after they were waited for? */
static bool is_refused_late(const struct attempts *a)
{
	return a->err == -EBUSY && a->took >= WAITED_MIN;
}

/* Until that is so. */
static struct attempts try_while_pipes_stay(const struct content *memory)
{
	struct attempts a = { 0 };

	/* At once: a page of others was in a block of pipes. */
	for (a.nr = 0; a.nr < MEMORY_BLOCKS; a.nr++) {
		unsigned long then = counter("kdefragd_pages_offline");
		double start = seconds();

		if (!goes_with_pipes(memory, a.nr))
			continue;
		a.tried++;
		a.err = memory_offline(a.nr, PATIENCE);
		a.took = seconds() - start;
		a.moved = counter("kdefragd_pages_offline") - then;
		if (!a.err && memory_online(a.nr))
			ksft_exit_fail_msg("memory%d cannot be onlined again\n", a.nr);
		if (is_refused_late(&a))
			break;
	}
	return a;
}

static int try_while_pipes_go(int nr)
{
	double start = seconds();
	pthread_t thread;
	int err;

	if (pthread_create(&thread, NULL, pipes_close, NULL))
		return -EAGAIN;
	err = memory_offline(nr, PATIENCE);
	pthread_join(thread, NULL);
	/* On a busy machine that may take longer than they are waited for. */
	if (err == -EBUSY && closed_at - start >= WAITED_MIN)
		err = memory_offline(nr, PATIENCE);
	if (!err && memory_online(nr))
		ksft_exit_fail_msg("memory%d cannot be onlined again\n", nr);
	return err;
}

/*
 * Nothing is said before the end: if a pipe reads it, that one would get pages from
 * the same blocks, and a pipe keeps some when they have been read.
 */
static void test_offline(const struct content *memory)
{
	struct attempts refused = try_while_pipes_stay(memory);
	int err = -EBUSY;

	if (!refused.tried)
		ksft_exit_skip("no memory has pages of pipes, and none that stay\n");
	if (is_refused_late(&refused))
		err = try_while_pipes_go(refused.nr);
	ksft_print_msg("%d tried, the last for %.1f seconds (%s), %lu pages moved for it\n",
		       refused.tried, refused.took, strerror(-refused.err),
		       refused.moved);
	ksft_test_result(is_refused_late(&refused) && refused.took < WAITED_MAX &&
			 !refused.moved,
			 "while pages of pipes stay, memory does not go, and none are moved\n");
	ksft_print_msg("memory%d goes offline: %s\n", refused.nr, strerror(-err));
	ksft_test_result(!err, "when they go, it goes\n");
}

int main(void)
{
	static struct content memory[MEMORY_BLOCKS];
	static struct knob knobs[] = {
		{ "kdefragd", "1" },
		/* What lies on per-CPU lists is in nobody's block: keep them short. */
		{ "percpu_pagelist_high_fraction", "1000000" },
	};

	test_begin();
	if (!read_content(memory))
		ksft_exit_skip("the kernel has no debugfs, or memory cannot go offline\n");
	ksft_set_plan(2);
	if (knobs_set(knobs, ARRAY_SIZE(knobs)) || !pipes_fill(memory))
		ksft_exit_fail_msg("pipes cannot be filled\n");
	test_offline(memory);
	ksft_finished();
}
