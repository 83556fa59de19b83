// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/userfaultfd.h>

#include "../../../../mm/gup_test.h"
#include "kdefragd_kinds.h"
#include "kdefragd_mem.h"
#include "kselftest.h"
#include "vm_util.h"

#define KSM_PATIENCE	1500	/* tenths of a second until pages are merged */

static char *map_or(size_t size, int flags, int fd, const char *reason,
		    const char **why)
{
	char *map = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);

	if (map == MAP_FAILED) {
		*why = reason;
		return NULL;
	}
	return map;
}

static char *map_anon(size_t size, const char **why)
{
	char *map = map_or(size, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			   "no anonymous memory", why);

	if (map)
		madvise(map, size, MADV_NOHUGEPAGE);
	return map;
}

static char *map_shared(size_t size, const char **why)
{
	return map_or(size, MAP_SHARED | MAP_ANONYMOUS, -1,
		      "no shared memory", why);
}

static char *map_tmpfs(size_t size, const char **why)
{
	int fd = memfd_create("kdefragd", 0);

	if (fd < 0 || ftruncate(fd, size)) {
		*why = "no memfd";
		return NULL;
	}
	return map_or(size, MAP_SHARED, fd, "cannot map a memfd", why);
}

static char *map_file(size_t size, const char **why)
{
	const char *dir = getenv("TMPDIR");
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/kdefragd.XXXXXX", dir ? dir : "/tmp");
	fd = mkstemp(path);
	if (fd < 0 || ftruncate(fd, size)) {
		*why = "cannot write to TMPDIR";
		return NULL;
	}
	unlink(path);
	return map_or(size, MAP_SHARED, fd, "cannot map a file", why);
}

static int lock_pages(char *map, size_t size, const char **why)
{
	*why = "mlock failed";
	return mlock(map, size);
}

static char *map_huge_anon(size_t size, const char **why)
{
	char *map = map_or(size, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			   "no anonymous memory", why);

	if (map && madvise(map, size, MADV_HUGEPAGE)) {
		*why = "no transparent huge pages";
		return NULL;
	}
	return map;
}

static char *map_hugetlb(size_t size, const char **why)
{
	return map_or(size, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1,
		      "no hugetlb pages in the pool", why);
}

static void page_out(char *map, size_t size)
{
	madvise(map, size, MADV_PAGEOUT);
}

/*
 * So that they are what has been swapped in, when nothing disturbs them yet.  The pages
 * that they leave lie here and there, and are on this CPU's list.
 */
static int page_out_once(char *map, size_t size, const char **why)
{
	cpu_set_t before;

	cpu_stay(&before);
	page_out(map, size);
	force_read_pages(map, size / psize(), psize());
	cpu_leave(&before);
	return 0;
}

static char *map_mergeable(size_t size, const char **why)
{
	char *map = map_anon(size, why);

	if (map && madvise(map, size, MADV_MERGEABLE)) {
		*why = "no KSM";
		return NULL;
	}
	return map;
}

/* Half of them will do: who looks which have moved goes by those that are merged. */
static int wait_until_merged(char *map, size_t size, const char **why)
{
	long enough = size / psize() / 2;
	char run[8];
	int tries;

	*why = "KSM does not run";
	if (!read_file("/sys/kernel/mm/ksm/run", run, sizeof(run)) || atoi(run) != 1)
		return -1;
	*why = "KSM does not merge";
	for (tries = KSM_PATIENCE; tries; tries--) {
		if (ksm_get_self_merging_pages() >= enough)
			return 0;
		usleep(100000);
	}
	return -1;
}

/* All of it is there already: nothing ever faults as missing. */
static int register_uffd(char *map, size_t size, const char **why)
{
	int fd = syscall(__NR_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = {
		.range = { .start = (uintptr_t)map, .len = size },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};

	*why = "no userfaultfd";
	return fd < 0 || ioctl(fd, UFFDIO_API, &api) ||
	       ioctl(fd, UFFDIO_REGISTER, &reg);
}

/* Pin the pages, as a device that reads and writes them would. */
static int pin_pages(char *map, size_t size, const char **why)
{
	struct pin_longterm_test args = {
		.addr = (uintptr_t)map,
		.size = size,
		.flags = PIN_LONGTERM_TEST_FLAG_USE_WRITE,
	};
	int fd = open("/sys/kernel/debug/gup_test", O_RDWR);

	*why = "no /sys/kernel/debug/gup_test";
	return fd < 0 || ioctl(fd, PIN_LONGTERM_TEST_START, &args);
}

/* The pinned first: of what others free while they are set up, it must not get any. */
const struct kind kinds[] = {
	{ "pinned",		map_anon,	.finish = pin_pages,
						.stays = true },
	{ "anonymous",		map_anon },
	{ "shared",		map_shared },
	{ "tmpfs",		map_tmpfs },
	{ "file",		map_file },
	{ "mlocked",		map_anon,	.finish = lock_pages },
	{ "huge anonymous",	map_huge_anon,	.may_stay = true },
	{ "hugetlb",		map_hugetlb,	.may_stay = true },
	{ "swapped",		map_anon,	.finish = page_out_once,
						.disturb = page_out,
						.restless = true },
	{ "KSM-merged",		map_mergeable,	.finish = wait_until_merged,
						.same = true,
						.restless = true },
	{ "userfaultfd",	map_anon,	.finish = register_uffd },
	{ "forked",		map_anon,	.twin = true,
						.restless = true },
};

const int nr_kinds = ARRAY_SIZE(kinds);
