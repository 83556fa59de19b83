// SPDX-License-Identifier: GPL-2.0
/*
 * kdefragd: do the pages of a balloon move, and stay the balloon's?
 *
 * The driver is taken from its device, which empties the balloon.  Nearly all of
 * memory is filled, and one page in eight of that given back.  Then the driver is
 * put back, and the balloon's pages come to lie in the holes.  When what was filled
 * has gone, but for one page in 64, they and these are in the way of whole blocks:
 * vm.defrag_now has to bring them together.  A host that is told of a wrong frame takes
 * that from whoever has it, so what these hold is read.
 *
 * Needs virtio_balloon, and a host that wants some memory back (scripts/boot: as QEMU's
 * monitor does it, "balloon <MiB that are left>").
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fragment.h"
#include "kdefragd_blocks.h"
#include "kdefragd_mem.h"
#include "kselftest.h"
#include "vm_util.h"

/* <linux/kernel-page-flags.h> and vm_util.h do not go together. */
#define KPF_OFFLINE	23

#define DRIVER		"/sys/bus/virtio/drivers/virtio_balloon/"
#define PATIENCE	60	/* seconds until the balloon has its size */
#define SAME		10	/* or until it has been the same for so long */
#define HOLES		8	/* one page in so many is one */
#define STAY		64	/* and one in so many stays */
#define LEAST		4096	/* pages of a balloon that is worth it */

static struct knob knobs[] = {
	/* What lies on per-CPU lists is no free block: keep them short. */
	{ "percpu_pagelist_high_fraction", "1000000" },
	/* Nobody moves pages but who writes to vm.defrag_now. */
	{ "kdefragd", "0" },
	{ "order_watermark", "0" },
	{ "compaction_proactiveness", "0" },
};

/* The balloon's device, as the driver knows it; NULL if there is none. */
static const char *device(void)
{
	static char name[32];
	DIR *dir = opendir(DRIVER);
	struct dirent *e;

	while (dir && !name[0] && (e = readdir(dir)))
		if (!strncmp(e->d_name, "virtio", 6))
			snprintf(name, sizeof(name), "%.31s", e->d_name);
	if (dir)
		closedir(dir);
	return name[0] ? name : NULL;
}

/* Where the balloon's pages lie: a byte for each frame. */
static unsigned long balloon(unsigned char *frames, unsigned long nr)
{
	int fd = open("/proc/kpageflags", O_RDONLY);
	unsigned long pages = 0, i, pfn = 0;
	uint64_t flags[1024];
	ssize_t len;

	if (fd < 0)
		ksft_exit_fail_perror("/proc/kpageflags");
	while ((len = read(fd, flags, sizeof(flags))) > 0)
		for (i = 0; i < len / sizeof(*flags) && pfn < nr; i++, pfn++) {
			frames[pfn] = flags[i] >> KPF_OFFLINE & 1;
			pages += frames[pfn];
		}
	close(fd);
	return pages;
}

/* Frames that /proc/kpageflags tells of. */
static unsigned long nr_frames(void)
{
	int fd = open("/proc/kpageflags", O_RDONLY);
	unsigned long nr = 0;
	char buf[8192];
	ssize_t len;

	while (fd >= 0 && (len = read(fd, buf, sizeof(buf))) > 0)
		nr += len / sizeof(uint64_t);
	if (fd >= 0)
		close(fd);
	return nr;
}

/* Until no page has come for a while. */
static unsigned long wait_for_balloon(unsigned char *frames, unsigned long nr)
{
	unsigned long then = 0, now = 0;
	int i, same = 0;

	for (i = 0; i < PATIENCE && same < SAME; i++) {
		sleep(1);
		now = balloon(frames, nr);
		same = now && now == then ? same + 1 : 0;
		then = now;
	}
	return now;
}

static unsigned long blocks_with(const unsigned char *frames, unsigned long nr)
{
	unsigned long chunk = CHUNK / psize(), i, blocks = 0;

	for (i = 0; i + chunk <= nr; i += chunk)
		blocks += !!memchr(frames + i, 1, chunk);
	return blocks;
}

/* Return: pages of the balloon, which lie in holes that were nearly all there was. */
static unsigned long inflate_in_holes(const char *name, struct memory *m,
				      unsigned char *frames, unsigned long nr)
{
	unsigned long i;

	if (frag_write(DRIVER "unbind", name) || !memory_fill(m, 9, 1, 1))
		return 0;
	for (i = 0; i < m->nr; i += HOLES)
		memory_give_back(m, i);
	if (frag_write(DRIVER "bind", name))
		return 0;
	wait_for_balloon(frames, nr);
	for (i = 0; i < m->nr; i++)
		if (i % HOLES && i % STAY != 1)
			memory_give_back(m, i);
	return wait_for_balloon(frames, nr);
}

static void test_moving(const char *name)
{
	unsigned long nr = nr_frames(), had, has, moved = 0, migrated, blocks, left, i;
	unsigned char *then = calloc(2, nr), *now = then + nr;
	struct memory m = {};
	int ret;

	if (!nr || !then)
		ksft_exit_fail_msg("no memory\n");
	had = inflate_in_holes(name, &m, then, nr);
	blocks = blocks_with(then, nr);
	ksft_test_result(had >= LEAST && blocks * CHUNK / psize() > 2 * had,
			 "the balloon has %lu pages, in %lu blocks\n", had, blocks);
	migrated = counter("balloon_migrate");
	ret = defrag_now(BLOCK_ORDER);
	migrated = counter("balloon_migrate") - migrated;
	has = balloon(now, nr);
	left = blocks_with(now, nr);
	for (i = 0; i < nr; i++)
		moved += then[i] && !now[i];
	ksft_print_msg("%lu pages lie elsewhere, %lu were migrated, returned %d\n",
		       moved, migrated, ret);
	ksft_test_result(!ret && moved > had / 4 && migrated >= moved,
			 "its pages move\n");
	ksft_test_result(left < blocks / 2, "they are brought together, in %lu blocks\n", left);
	ksft_test_result(has == had, "they are as many as before: %lu\n", has);
	ksft_test_result(m.nr && !memory_lost(&m), "what lies beside them is not lost\n");
	free(then);
}

int main(void)
{
	const char *knob, *name;

	test_begin();
	name = device();
	if (!name)
		ksft_exit_skip("there is no virtio balloon\n");
	if (!counter("balloon_inflate"))
		ksft_exit_skip("the host wants no memory back\n");
	ksft_set_plan(5);
	knob = knobs_set(knobs, ARRAY_SIZE(knobs));
	if (knob)
		ksft_exit_fail_msg("cannot set %s\n", knob);
	test_moving(name);
	ksft_finished();
}
