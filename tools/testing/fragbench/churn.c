// SPDX-License-Identifier: GPL-2.0
/*
 * churn: what is left of the whole blocks when the load is gone?
 *
 * In each round the short-lived and the long-lived ask for memory by turns, a
 * little each, while page cache keeps memory full:
 *
 *	pipes, filled			short-lived, unmovable
 *	sockets, filled, in mix 4	short-lived, unmovable, in large pieces
 *	page tables, nothing in them	short-lived, unmovable
 *	anonymous memory		short-lived, movable
 *	page cache			short-lived, movable
 *	files in a tmpfs, all empty	kept: inodes (unmovable slabs) and
 *					dentries (reclaimable slabs, but pinned)
 *	page tables, in mix 3		kept: those of processes that stay
 *
 * Then the short-lived go, all of them.  At rest most of memory is free, and
 * two figures tell how well it was kept together:
 *
 *	whole_share	whole free blocks / those that the free pages would make
 *	tainted_share	blocks that hold an unmovable page / the fewest that
 *			could hold these pages
 *
 * Both are 1 at best.  Nothing is compacted on request: what background work
 * the kernel has under these settings may do what it likes, in all arms.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fragbench.h"

static long rounds = 4;
static long mix = 1;
static long rest = 3;

static const struct fb_option options[] = {
	{ "rounds", &rounds, 1, 100, "rounds of load and rest" },
	{ "mix", &mix, 1, 5, "load: 1 short turns, 2 long, 3 tables stay, 4 sockets, 5 another" },
	{ "rest", &rest, 1, 600, "seconds of rest before memory is looked at" },
	{ NULL }
};

/* The sizes of a round, in thousandths of memory; cache is more than all. */
struct mix {
	unsigned int turns;	/* in a round */
	unsigned int pipes;
	unsigned int sockets;
	unsigned int tables;
	unsigned int tables_kept;
	unsigned int anon;
	unsigned int cache;
	unsigned int files;	/* in a round, per GiB of memory */
	bool readahead;		/* large folios in the cache */
	const char *order;	/* p, s, t, a, c, f: who comes after whom */
};

/* Nothing was chosen by how the fifth comes out. */
static const struct mix mixes[] = {
	{ 64, 100, 0, 70, 0, 150, 1000, 12000, false, "ptfac" },
	{ 12, 60, 0, 120, 0, 250, 1300, 8000, true, "cafpt" },
	{ 64, 100, 0, 60, 10, 150, 1000, 12000, false, "ptfac" },
	{ 30, 40, 50, 50, 0, 300, 1200, 10000, true, "safctp" },
	{ 20, 80, 0, 90, 0, 200, 1100, 15000, true, "tfcpa" },
};

static const struct mix *m;
static size_t page;
static unsigned long memory;	/* pages */

/* --- short-lived */

#define PIPE_PAGES	16	/* the default length of a pipe */

static int (*pipes)[2];
static unsigned long nr_pipes;

static void pipes_turn(void)
{
	static char data[1 << 16];
	unsigned long nr = memory * m->pipes / 1000 / m->turns / PIPE_PAGES;

	while (nr--) {
		int *fd = pipes[nr_pipes];

		if (pipe2(fd, O_NONBLOCK))
			fb_die("pipe %lu: %s", nr_pipes, strerror(errno));
		nr_pipes++;
		if (write(fd[1], data, PIPE_PAGES * page) < 0)
			fb_die("filling pipe %lu: %s", nr_pipes, strerror(errno));
	}
}

static int (*sockets)[2];
static unsigned long nr_sockets;

static void sockets_turn(void)
{
	static char data[1 << 16];
	long left = memory * m->sockets / 1000 / m->turns * page;

	while (left > 0) {
		int *fd = sockets[nr_sockets];
		ssize_t len;

		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd))
			fb_die("socket %lu: %s", nr_sockets, strerror(errno));
		nr_sockets++;
		len = write(fd[1], data, sizeof(data));
		if (len <= 0)
			fb_die("filling socket %lu: %s", nr_sockets, strerror(errno));
		left -= len;
	}
}

static void pairs_drop(int (*pair)[2], unsigned long *nr)
{
	while (*nr) {
		--*nr;
		close(pair[*nr][0]);
		close(pair[*nr][1]);
	}
}

/* One page read per page table: it is the zero page, and only the table costs. */
static char *tables;
static size_t tables_at, tables_size, table_spans;

/* These are never unmapped. */
static void kept_tables_turn(void)
{
	size_t size = memory * m->tables_kept / 1000 / m->turns * table_spans;

	if (size)
		fb_peek(fb_map_anon(size), size, table_spans);
}

static void tables_turn(void)
{
	size_t size = memory * m->tables / 1000 / m->turns * table_spans;

	if (size > tables_size - tables_at)
		size = tables_size - tables_at;
	fb_peek(tables + tables_at, size, table_spans);
	tables_at += size;

	kept_tables_turn();
}

static void tables_map(void)
{
	table_spans = page * (page / sizeof(uint64_t));
	tables_size = (memory * m->tables / 1000 + 1) * table_spans;
	tables_at = 0;
	tables = fb_map_anon(tables_size);
}

static char *anon;
static size_t anon_at, anon_size;

static void anon_turn(void)
{
	size_t size = anon_size / m->turns / page * page;

	fb_touch(anon + anon_at, size, page);
	anon_at += size;
}

static void anon_map(void)
{
	anon_size = memory * m->anon / 1000 * page;
	anon_at = 0;
	anon = fb_map_anon(anon_size);
}

static int cache_fd = -1;
static off_t cache_at, cache_size;

static void cache_open(void)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/churn.XXXXXX", fb_dir());
	cache_fd = mkstemp(path);
	if (cache_fd < 0)
		fb_die("cannot make a file in %s: %s (--dir)", fb_dir(), strerror(errno));
	unlink(path);
	cache_size = memory * page / 1000 * m->cache;
	if (ftruncate(cache_fd, cache_size))
		fb_die("cannot make a sparse file of %lld bytes in %s: %s",
		       (long long)cache_size, fb_dir(), strerror(errno));
	posix_fadvise(cache_fd, 0, 0, m->readahead ? POSIX_FADV_SEQUENTIAL :
		      POSIX_FADV_RANDOM);
}

static void cache_turn(void)
{
	static char data[1 << 18];
	off_t end = cache_at + cache_size / m->turns;

	while (cache_at < end && cache_at < cache_size) {
		ssize_t len = pread(cache_fd, data, sizeof(data), cache_at);

		if (len <= 0)
			break;
		cache_at += len;
	}
}

/* --- kept */

static char kept[4096];
static unsigned long nr_files;

static void files_mount(void)
{
	snprintf(kept, sizeof(kept), "%s/churn-kept.XXXXXX", fb_dir());
	if (!mkdtemp(kept) || mount("churn", kept, "tmpfs", 0, "size=100%,nr_inodes=0"))
		fb_die("cannot mount a tmpfs on %s: %s", kept, strerror(errno));
	if (chdir(kept))
		fb_die("cannot enter %s: %s", kept, strerror(errno));
}

static void files_unmount(void)
{
	if (chdir("/") || umount(kept) || rmdir(kept))
		perror(kept);
}

/* Names of all lengths that a dentry holds inline or puts into a slab. */
static void files_turn(void)
{
	unsigned long nr = memory * page / (1 << 20) * m->files / 1024 / m->turns;
	char path[128];

	while (nr--) {
		int len = sprintf(path, "d%lu", nr_files / 1000);
		int fd;

		if (nr_files % 1000 == 0 && mkdir(path, 0700))
			fb_die("mkdir %s: %s", path, strerror(errno));
		sprintf(path + len, "/%lu.%0*d", nr_files,
			1 + (int)fb_random_below(60), 0);
		fd = open(path, O_CREAT | O_EXCL | O_WRONLY, 0600);
		if (fd < 0)
			fb_die("create %s: %s", path, strerror(errno));
		close(fd);
		nr_files++;
	}
}

/* --- a round */

static void turn(void)
{
	const char *who;

	for (who = m->order; *who; who++) {
		switch (*who) {
		case 'p':
			pipes_turn();
			break;
		case 's':
			sockets_turn();
			break;
		case 't':
			tables_turn();
			break;
		case 'a':
			anon_turn();
			break;
		case 'c':
			cache_turn();
			break;
		case 'f':
			files_turn();
			break;
		}
	}
}

static void load(void)
{
	unsigned int i;

	tables_map();
	anon_map();
	cache_at = 0;
	for (i = 0; i < m->turns; i++)
		turn();
}

static void drain(void)
{
	pairs_drop(pipes, &nr_pipes);
	pairs_drop(sockets, &nr_sockets);
	munmap(tables, tables_size);
	munmap(anon, anon_size);
	if (posix_fadvise(cache_fd, 0, 0, POSIX_FADV_DONTNEED))
		fb_die("cannot drop the page cache");
}

static void round_value(int round, const char *key, double part, double whole)
{
	char name[64];

	snprintf(name, sizeof(name), "round%d_%s", round, key);
	fb_share(name, part, whole);
}

static void report(int round, const struct fb_shape *s)
{
	printf("# round %d: %lu of %lu possible blocks free, tainted %lu, fewest %lu\n", round,
	       s->whole, s->possible, s->tainted, s->fewest);
	printf("# round %d: page tables %lu, slab %lu, other %lu pages\n", round,
	       s->table, s->slab, s->other);
	round_value(round, "whole_share", s->whole, s->possible);
	round_value(round, "tainted_share", s->tainted, s->fewest);
}

/* Peak: what the load did to the blocks before it went. */
static void report_peak(int round)
{
	struct fb_shape s;
	struct fb_map map;

	fb_map_read(&map);
	fb_map_shape(&map, &s);
	printf("# round %d, peak: free %lu pages, %lu blocks; tainted %lu, fewest %lu\n",
	       round, s.free, s.whole, s.tainted, s.fewest);
	fb_map_free(&map);
}

static void setup(void)
{
	struct rlimit files = { 1 << 18, 1 << 18 };

	m = &mixes[mix - 1];
	page = sysconf(_SC_PAGESIZE);
	memory = fb_meminfo("MemTotal") / (page / 1024);
	if (setrlimit(RLIMIT_NOFILE, &files))
		fb_die("cannot raise the limit of open files to %d", 1 << 18);
	pipes = fb_alloc(memory * m->pipes / 1000 / PIPE_PAGES + 1, sizeof(*pipes));
	/* The least that a socket takes is a page. */
	sockets = fb_alloc(memory * m->sockets / 1000 + 1, sizeof(*sockets));
	fb_knob_write(FB_VM "drop_caches", 3);
	cache_open();
	files_mount();
}

int main(int argc, char **argv)
{
	struct fb_counters *then, *now;
	struct fb_shape first, s;
	int round;

	fb_begin(argc, argv, "Whole blocks at rest after rounds of load.", options);
	setup();
	fb_fingerprint("before", &first);
	then = fb_counters_read();
	for (round = 1; round <= rounds; round++) {
		struct fb_map map;

		load();
		if (round == rounds)
			report_peak(round);
		drain();
		sleep(rest);
		fb_settle();
		fb_map_read(&map);
		fb_map_shape(&map, &s);
		report(round, &s);
		if (round == 1)
			first = s;
		fb_map_free(&map);
	}
	now = fb_counters_read();
	fb_share("whole_share", s.whole, s.possible);
	fb_share("tainted_share", s.tainted, s.fewest);
	fb_share("whole_last_per_first", (double)s.whole / s.possible,
		 (double)first.whole / first.possible);
	fb_value("files", "%lu", nr_files);
	fb_counters_print(then, now);
	fb_fingerprint("after", NULL);
	files_unmount();
	return 0;
}
