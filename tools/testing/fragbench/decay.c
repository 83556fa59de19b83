// SPDX-License-Identifier: GPL-2.0
/*
 * decay: do huge pages get rarer with uptime?
 *
 * Each round is like building something large: processes come and go that read
 * many small files, build up tens of MiB of small pages in no order, and leave an
 * object file, which is kept.  It is a model: what a compiler does to page blocks
 * is to bring text, headers, page tables, inodes, heaps and results into memory at
 * once and let go of them at different times.  With --compile, a compiler does it:
 * each process is "/bin/sh compiler/unitN OUTPUT" in --dir, N by chance.
 *
 * All of them together also read, a page here and a page there, a large part of
 * a file that is larger than memory, so that page cache fills what is left.
 *
 * After each round a program wants half of memory in huge pages, touches it and
 * goes: huge is how many it got, of those it asked for.  The caches stay
 * as they are: whoever wants huge pages after a build finds them full.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fragbench.h"

static long rounds = 15;
static long jobs = 4;
static long units = 50;
static long huge = 50;
static long cache = 80;
static long compile;

static const struct fb_option options[] = {
	{ "rounds", &rounds, 1, 1000, "rounds of building" },
	{ "jobs", &jobs, 1, 64, "processes at a time" },
	{ "units", &units, 1, 100000, "processes in a round" },
	{ "huge", &huge, 1, 90, "percent of memory wanted in huge pages" },
	{ "cache", &cache, 0, 1000, "percent of memory read into page cache in a round" },
	{ "compile", &compile, 0, 1000, "scripts there are that compile; 0: the model" },
	{ NULL }
};

#define HEADERS		6000	/* files of 1 to 32 KiB */
#define HEADERS_READ	250	/* by each process */
#define HEAP_MIN	8	/* MiB */
#define HEAP_MORE	40
#define OBJECT_MAX	(64 << 10)

static size_t page;

static void file_make(const char *path, size_t size)
{
	static char data[OBJECT_MAX];
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);

	if (fd < 0 || write(fd, data, size) < 0)
		fb_die("cannot write %s/%s: %s", fb_dir(), path, strerror(errno));
	close(fd);
}

static void headers_make(void)
{
	char path[64];
	int i;

	for (i = 0; i < HEADERS; i++) {
		snprintf(path, sizeof(path), "h%d", i / 100);
		if (i % 100 == 0 && mkdir(path, 0700))
			fb_die("mkdir %s/%s: %s", fb_dir(), path, strerror(errno));
		snprintf(path, sizeof(path), "h%d/%d.h", i / 100, i);
		file_make(path, 1024 + fb_random_below(31 << 10));
	}
}

static void header_read(void)
{
	static char data[1 << 15];
	int i = fb_random_below(HEADERS), fd;
	char path[64];

	snprintf(path, sizeof(path), "h%d/%d.h", i / 100, i);
	fd = open(path, O_RDONLY);
	if (fd < 0 || read(fd, data, sizeof(data)) < 0)
		fb_die("cannot read %s/%s: %s", fb_dir(), path, strerror(errno));
	close(fd);
}

/* A sparse file of twice the memory, of which each process reads a part. */
static int archive;
static off_t archive_size, archive_part;

static void archive_make(void)
{
	archive_size = (off_t)fb_meminfo("MemTotal") << 11;
	archive_part = archive_size / 200 * cache / units / page * page;
	archive = open("archive", O_CREAT | O_TRUNC | O_RDWR, 0600);
	if (archive < 0 || ftruncate(archive, archive_size))
		fb_die("cannot make %s/archive: %s", fb_dir(), strerror(errno));
	posix_fadvise(archive, 0, 0, POSIX_FADV_RANDOM);
}

/* Part @nr of the file, and step @i of the process. */
static void archive_read(unsigned long nr, int i)
{
	static char data[1 << 14];
	off_t at = (nr * archive_part) % (archive_size - archive_part);
	off_t step = archive_part / HEADERS_READ, done;

	for (done = 0; done < step; done += sizeof(data)) {
		if (pread(archive, data, sizeof(data), at + i * step + done) < 0)
			fb_die("cannot read %s/archive: %s", fb_dir(), strerror(errno));
	}
}

/* One process: headers and heap by turns, then a result. */
static void unit(unsigned long nr)
{
	size_t size = (HEAP_MIN + fb_random_below(HEAP_MORE)) << 20;
	size_t step = size / HEADERS_READ / page * page, at = 0;
	char *heap = fb_map_anon(size), path[64];
	int i;

	for (i = 0; i < HEADERS_READ; i++, at += step) {
		header_read();
		archive_read(nr, i);
		fb_touch(heap + at, step, page);
		/* some of it is let go of early */
		if (i % 5 == 4)
			madvise(heap + fb_random_below(at / page + 1) * page, page,
				MADV_DONTNEED);
	}
	snprintf(path, sizeof(path), "o%lu", nr);
	file_make(path, 1024 + fb_random_below(OBJECT_MAX - 1024));
	_exit(0);
}

static void reap(void)
{
	int status;

	if (wait(&status) < 0 || !WIFEXITED(status) || WEXITSTATUS(status))
		fb_die("a process of the load died");
}

/* One process: its part of the file, then a compiler. */
static void unit_compile(unsigned long nr)
{
	char script[64], dir[4096], output[sizeof(dir) + 32];
	int i;

	for (i = 0; i < HEADERS_READ; i++)
		archive_read(nr, i);
	snprintf(script, sizeof(script), "compiler/unit%lu",
		 1 + fb_random_below(compile));
	/* The script goes elsewhere. */
	if (!getcwd(dir, sizeof(dir)))
		fb_die("getcwd: %s", strerror(errno));
	snprintf(output, sizeof(output), "%s/o%lu", dir, nr);
	execl("/bin/sh", "sh", script, output, NULL);
	fb_die("cannot run /bin/sh: %s", strerror(errno));
}

static void build(void)
{
	static unsigned long nr;
	long i, running = 0;

	for (i = 0; i < units; i++) {
		if (running == jobs) {
			reap();
			running--;
		}
		fb_random();
		fflush(stdout);
		nr++;
		switch (fork()) {
		case -1:
			fb_die("fork: %s", strerror(errno));
		case 0:
			if (compile)
				unit_compile(nr);
			unit(nr);
		}
		running++;
	}
	while (running--)
		reap();
}

/* Return: huge pages that came; @asked: those asked for. */
static long burst(long *asked)
{
	size_t size = page << fb_block_order(), all, at;
	struct fb_counters *then = fb_counters_read(), *now;
	char *map, *start;

	*asked = fb_meminfo("MemTotal") / 100 * huge / (size >> 10);
	all = (*asked + 1) * size;
	map = mmap(NULL, all, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (map == MAP_FAILED)
		fb_die("cannot map %zu bytes", all);
	if (madvise(map, all, MADV_HUGEPAGE))
		fb_die("no huge pages here: %s", strerror(errno));
	start = (char *)(((uintptr_t)map + size - 1) & ~(size - 1));
	/* All of it: who gets small pages instead is to need as much memory. */
	for (at = 0; at < *asked * size; at += size)
		fb_touch(start + at, size, page);
	now = fb_counters_read();
	munmap(map, all);
	return fb_counter_since(then, now, "thp_fault_alloc");
}

int main(int argc, char **argv)
{
	long asked = 0, got = 0, first = 0, sum_asked = 0, sum_got = 0, round;
	struct fb_counters *then, *now;
	char key[64];

	fb_begin(argc, argv, "Huge pages after each round of something like a build.", options);
	page = sysconf(_SC_PAGESIZE);
	/* A process reads less than the file, which is twice the memory. */
	if (cache > 100 * units)
		fb_usage_error("--cache wants 100 for each of the --units at most");
	if (chdir(fb_dir()))
		fb_die("cannot enter %s: %s", fb_dir(), strerror(errno));
	snprintf(key, sizeof(key), "compiler/unit%ld", compile);
	if (compile && access(key, R_OK))
		fb_die("there is no %s/%s for --compile", fb_dir(), key);
	if (!compile)
		headers_make();
	archive_make();
	fb_fingerprint("before", NULL);
	then = fb_counters_read();
	for (round = 1; round <= rounds; round++) {
		build();
		got = burst(&asked);
		snprintf(key, sizeof(key), "round%ld_huge", round);
		fb_value(key, "%ld", got);
		if (round == 1)
			first = got;
		sum_asked += asked;
		sum_got += got;
	}
	now = fb_counters_read();
	fb_value("asked", "%ld", asked);
	fb_share("last_per_first", got, first);
	fb_share("failed_share", sum_asked - sum_got, sum_asked);
	fb_counters_print(then, now);
	fb_fingerprint("after", NULL);
	return 0;
}
