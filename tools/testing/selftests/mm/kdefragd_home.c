// SPDX-License-Identifier: GPL-2.0
/*
 * Do movable pages come home from blocks of others, and does memory that goes
 * offline lose nothing?
 *
 * Pipes are filled and two in five are closed, so that blocks of unmovable pages
 * have holes, but none is free by half.  Then anonymous pages are made until they
 * have filled the holes as well.  When there is room for them elsewhere,
 * vm.defrag_now has to bring them there.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fragment.h"
#include "kdefragd_blocks.h"
#include "kdefragd_map.h"
#include "kdefragd_mem.h"
#include "kselftest.h"
#include "memory_block.h"
#include "vm_util.h"

#define PIPES		192
#define PIPE_PAGES	256
#define OFFLINED	4	/* enough */
#define ATTEMPTS	16
#define PATIENCE	20	/* seconds for each */
#define OFFLINE_MIN	1000	/* own pages in one that is to go */

/* Memory to be filled, in GiB at most: it takes a while. */
#define MEMORY_MAX	4UL

/* Movable pages get into blocks of others when less is free: 32 MiB. */
#define FULL		8192
#define STEP		1024
#define FOREIGN_MIN	256

static int pipes[PIPES][2];

static struct memory anon;

static struct knob knobs[] = {
	/* KiB; below that, reclaim is at work */
	{ "min_free_kbytes", "4096" },
	/* What lies on per-CPU lists is in nobody's block: keep them short. */
	{ "percpu_pagelist_high_fraction", "1000000" },
	/* The thread would be quicker, and kcompactd might get there by chance. */
	{ "kdefragd", "0" },
	{ "order_watermark", "0" },
	{ "compaction_proactiveness", "0" },
};

/* Page by page in turn, so that the pages of all of them share blocks. */
static bool pipes_fill(void)
{
	char *page = calloc(1, psize());
	int i, round;

	for (i = 0; i < PIPES; i++) {
		if (pipe2(pipes[i], O_NONBLOCK) ||
		    fcntl(pipes[i][1], F_SETPIPE_SZ, PIPE_PAGES * psize()) < 0)
			return false;
	}
	for (round = 0; page && round < PIPE_PAGES; round++)
		for (i = 0; i < PIPES; i++)
			if (write(pipes[i][1], page, psize()) < 0 && errno != EAGAIN)
				return false;
	free(page);
	return page;
}

static void pipes_close(void)
{
	int i;

	for (i = 0; i < PIPES; i++) {
		if (i % 5 < 2) {
			close(pipes[i][0]);
			close(pipes[i][1]);
		}
	}
}

static bool anon_fill(void)
{
	struct frag_state state;
	unsigned long i = 0;

	if (frag_read(&state) || !memory_map(&anon, state.free))
		return false;
	while (i < anon.nr) {
		memory_write(&anon, i);
		if (++i % STEP == 0 && (frag_read(&state) || state.free < FULL))
			break;
	}
	anon.nr = i;
	return !frag_pfns(anon.map, anon.nr, anon.pfn);
}

/* A byte for each page block: not 0 if it is one of unmovable pages. */
static char *read_blocks(unsigned long *nr, unsigned long *pages)
{
	struct page_block block = { 0 };
	FILE *f = fopen(PAGE_BLOCKS, "r");
	char *others = NULL;

	*nr = 0;
	while (f && page_block_next(f, &block)) {
		unsigned long i;

		if (!block.pages)
			continue;
		i = block.pfn / block.pages;
		if (i >= *nr) {
			others = realloc(others, i + 1024);
			if (!others)
				break;
			memset(others + *nr, 0, i + 1024 - *nr);
			*nr = i + 1024;
		}
		others[i] = !strcmp(block.mobility, "unmovable");
	}
	*pages = block.pages;
	if (f)
		fclose(f);
	return others;
}

/*
 * Own pages in blocks of unmovable ones.  @thin: give back every other page
 * that is not in such a block.
 */
static unsigned long count_foreign(bool thin)
{
	unsigned long nr, pages, i, foreign = 0;
	char *others = read_blocks(&nr, &pages);

	for (i = 0; others && i < anon.nr; i++) {
		uint64_t pfn = anon.pfn[i];

		if (!pfn)
			continue;
		if (pfn / pages < nr && others[pfn / pages])
			foreign++;
		else if (thin && i % 2)
			memory_give_back(&anon, i);
	}
	free(others);
	return foreign;
}

/* Own pages in each memory block of sysfs.  Return: false if there are none. */
static bool count_in_memory(unsigned long *nr)
{
	char text[32];
	unsigned long i, size;

	if (!read_file(MEMORY_DIR "block_size_bytes", text, sizeof(text)))
		return false;
	size = strtoul(text, NULL, 16) / psize();
	for (i = 0; i < anon.nr; i++) {
		if (anon.pfn[i] && anon.pfn[i] / size < MEMORY_BLOCKS)
			nr[anon.pfn[i] / size]++;
	}
	return true;
}

/* Which of several nodes its pages go to is not kdefragd's business. */
static bool many_nodes(void)
{
	char nodes[64] = "";

	read_file("/sys/devices/system/node/has_memory", nodes, sizeof(nodes));
	return strpbrk(nodes, ",-");
}

static void see_where_pages_lie(void)
{
	if (frag_pfns(anon.map, anon.nr, anon.pfn))
		ksft_exit_fail_msg("cannot read where the pages lie\n");
}

/* Some memory blocks with own pages go and come back. */
static void test_offline(void)
{
	unsigned long moved = 0, then, in_memory[MEMORY_BLOCKS] = { 0 }, nr;
	int err = 0, gone = 0, tried = 0;

	/* Holes, for what leaves a memory block. */
	memory_thin(&anon, 4);
	see_where_pages_lie();
	if (!count_in_memory(in_memory) || many_nodes()) {
		ksft_test_result_skip("memory goes offline: more than one node, or no hotplug\n");
		return;
	}
	for (nr = 0; nr < MEMORY_BLOCKS && gone < OFFLINED && tried < ATTEMPTS; nr++) {
		if (in_memory[nr] < OFFLINE_MIN)
			continue;
		tried++;
		then = counter("kdefragd_pages_offline");
		err = memory_offline(nr, PATIENCE);
		if (err)
			continue;
		gone++;
		moved += counter("kdefragd_pages_offline") - then;
		if (memory_online(nr))
			ksft_exit_fail_msg("memory%lu cannot be onlined again\n", nr);
	}
	ksft_print_msg("%d of %d memory blocks went offline, %lu pages moved for it\n",
		       gone, tried, moved);
	if (!gone && (err == -EPERM || err == -EBUSY))
		ksft_test_result_skip("memory goes offline: none may, here (%s)\n", strerror(-err));
	else
		ksft_test_result(moved >= OFFLINE_MIN,
				 "memory goes offline, emptied by kdefragd\n");
}

static void test_home(void)
{
	unsigned long before, after, homed = counter("kdefragd_pages_homed");

	before = count_foreign(true);
	ksft_test_result(before >= FOREIGN_MIN,
			 "movable pages are in blocks of others: %lu\n", before);
	defrag_now(9);
	homed = counter("kdefragd_pages_homed") - homed;
	see_where_pages_lie();
	after = count_foreign(false);
	ksft_print_msg("%lu pages brought home, %lu left there\n", homed, after);
	ksft_test_result(homed * 2 >= before && after * 10 <= before, "they come home\n");
	ksft_test_result(!memory_lost(&anon), "their content is the same\n");
}

int main(void)
{
	const char *knob;

	test_begin();
	if (access(PAGE_BLOCKS, R_OK))
		ksft_exit_skip("the kernel has no debugfs\n");
	if (sysconf(_SC_PHYS_PAGES) > (MEMORY_MAX << 30) / psize())
		ksft_exit_skip("fills memory: for machines of up to 4 GiB\n");

	ksft_set_plan(5);
	knob = knobs_set(knobs, ARRAY_SIZE(knobs));
	if (knob)
		ksft_exit_fail_msg("cannot set %s\n", knob);
	if (!pipes_fill() || (pipes_close(), !anon_fill()))
		ksft_exit_fail_msg("memory cannot be set up\n");
	test_home();
	knob_write("kdefragd", "1");
	test_offline();
	ksft_test_result(!memory_lost(&anon), "after that, their content is the same\n");
	ksft_finished();
}
