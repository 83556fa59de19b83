// SPDX-License-Identifier: GPL-2.0
/*
 * Allocator classes: pages of different classes share no page block.
 *
 * Pipes are filled, page tables made and files created by turns, a little of
 * each.  Where the pages lie is read from /proc/kpageflags: page tables and
 * slab have flags of their own; a pipe's page has none, but is free before and
 * after.  Pages that were there before the test do not count.  Sockets are filled
 * apart from that: some of what they take is slab.
 *
 * The same flags tell whether the table in debugfs is right, before that load and
 * under it, and whether it has grown by as much as was allocated.
 *
 * Then the same load is made and dropped again and again, by a process whose
 * allocations fail now and then, while blocks of memory go offline and come
 * back: keys, lists and counts have to agree after it.
 *
 * Booted with alloc_class=off, the same test has to find them mixed, or it
 * could not see anything.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "alloc_class_census.h"
#include "alloc_class_formats.h"
#include "alloc_class_trace.h"
#include "alloc_faults.h"
#include "fragment.h"
#include "kdefragd_mem.h"
#include "kselftest.h"
#include "memory_block.h"
#include "vm_util.h"

#define TABLE		"/sys/kernel/debug/alloc_class"
#define HEADER		"# alloc_class 1\n"
#define CHECK_LISTS	"/sys/kernel/debug/alloc_class_check"
#define CHECK_COUNTS	"/sys/kernel/debug/page_blocks_check"
#define PCP		"/proc/sys/vm/percpu_pagelist_high_fraction"
#define REFRESH		"/proc/sys/vm/stat_refresh"

/* <linux/kernel-page-flags.h> and vm_util.h do not go together. */
#define KPF_SLAB	7
#define KPF_BUDDY	10
#define KPF_PGTABLE	26

/* One turn, and how many: some 60 MiB of pipes, 60 of page tables, 20 of slab. */
#define TURNS		200
#define PIPES		5
#define PIPE_BYTES	65536	/* what a pipe takes */
#define TABLES		75
#define FILES		75

/* Some 25 MiB of what lies in sockets */
#define SOCKETS		150

/* Movable pages, all at once */
#define ANON_BYTES	(64UL << 20)

/* Of the blocks of a class, how many may be shared with another, per cent. */
#define SHARED_MAX	2

enum kind { PIPE, PGTABLE, SLAB, NR_KINDS };
static const char * const kind_name[] = { "pipes", "page tables", "slab" };

static char *dir;
static bool may_not_offline;	/* as on arm64, of what was there at boot */
static pid_t loader;	/* who makes the load, until it has been killed */
static char saved_pcp[32];
static int pipes[TURNS * PIPES][2];
static char *tables;
static size_t table_span;	/* bytes that one page table maps */
static unsigned long block_pages;

/* Half of a page of entries of 8 bytes would do; a whole one is what there is. */
static size_t span_of_table(void)
{
	size_t page = sysconf(_SC_PAGESIZE);

	return page / sizeof(uint64_t) * page;
}

/* Cut the per-CPU lists to some batches: each refresh takes an eighth off. */
static void drain(void)
{
	int i;

	frag_write(PCP, "1073741824");
	for (i = 0; i < 50; i++)
		frag_write(REFRESH, "1");
}

static void restore(void)
{
	if (loader > 0)
		kill(loader, SIGKILL);
	extfrag_cancel();
	faults_end();
	if (saved_pcp[0])
		frag_write(PCP, saved_pcp);
	umount(dir);
	rmdir(dir);
}

/* --- the load */

static void pipes_fill(int turn)
{
	static char data[PIPE_BYTES];
	int i;

	for (i = turn * PIPES; i < (turn + 1) * PIPES; i++) {
		if (pipe(pipes[i]))
			ksft_exit_fail_perror("pipe");
		if (fcntl(pipes[i][1], F_SETFL, O_NONBLOCK) ||
		    write(pipes[i][1], data, sizeof(data)) < 0)
			ksft_exit_fail_perror("write to a pipe");
	}
}

static void pipe_drop(int i)
{
	close(pipes[i][0]);
	close(pipes[i][1]);
}

static void tables_reserve(void)
{
	tables = mmap(NULL, TURNS * TABLES * table_span, PROT_READ,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (tables == MAP_FAILED)
		ksft_exit_fail_perror("mmap");
	madvise(tables, TURNS * TABLES * table_span, MADV_NOHUGEPAGE);
}

/* Reading maps the zero page, which takes a page table and nothing else. */
static void tables_make(int turn)
{
	int i;

	for (i = turn * TABLES; i < (turn + 1) * TABLES; i++) {
		if (madvise(tables + i * table_span, sysconf(_SC_PAGESIZE),
			    MADV_POPULATE_READ))
			ksft_exit_fail_perror("MADV_POPULATE_READ");
	}
}

static void files_make(int turn)
{
	char path[64];
	int i, fd;

	for (i = turn * FILES; i < (turn + 1) * FILES; i++) {
		snprintf(path, sizeof(path), "%s/%d", dir, i);
		fd = open(path, O_CREAT | O_WRONLY, 0600);
		if (fd < 0)
			ksft_exit_fail_perror(path);
		close(fd);
	}
}

/* --- looking */

struct map {
	uint64_t *flags;
	unsigned long pages;
};

static struct map map_read(void)
{
	struct map map = {};
	unsigned long size = 0;
	int fd = open("/proc/kpageflags", O_RDONLY);
	ssize_t len;

	if (fd < 0)
		ksft_exit_skip("cannot read /proc/kpageflags\n");
	do {
		if (map.pages * sizeof(uint64_t) == size) {
			size = size ? 2 * size : 1 << 20;
			map.flags = realloc(map.flags, size);
			if (!map.flags)
				ksft_exit_fail_msg("no memory\n");
		}
		len = read(fd, map.flags + map.pages,
			   size - map.pages * sizeof(uint64_t));
		if (len < 0)
			ksft_exit_fail_perror("/proc/kpageflags");
		map.pages += len / sizeof(uint64_t);
	} while (len);
	close(fd);
	return map;
}

static bool has(const struct map *map, unsigned long pfn, int bit)
{
	return pfn < map->pages && map->flags[pfn] >> bit & 1;
}

/* What the page has become under load, or -1 if that is not ours to know. */
static int kind_of(const struct map *before, const struct map *load,
		   const struct map *after, unsigned long pfn)
{
	if (!has(before, pfn, KPF_BUDDY))
		return -1;
	if (has(load, pfn, KPF_PGTABLE))
		return PGTABLE;
	if (has(load, pfn, KPF_SLAB))
		return SLAB;
	if (!load->flags[pfn] && has(after, pfn, KPF_BUDDY))
		return PIPE;
	return -1;
}

struct result {
	unsigned long pages[NR_KINDS];
	unsigned long blocks[NR_KINDS];
	unsigned long shared[NR_KINDS][NR_KINDS];
};

/*
 * Pages from which on a block counts as one of the kind.  A pipe's page is known
 * by having no flags, and so is what lies in the per-CPU lists: a batch each.
 */
#define PCP_BATCH	63

static unsigned long enough(int kind)
{
	if (kind != PIPE)
		return 1;
	return PCP_BATCH * sysconf(_SC_NPROCESSORS_ONLN) + 1;
}

static struct result look(const struct map *before, const struct map *load,
			  const struct map *after)
{
	struct result r = {};
	unsigned long pfn, i;
	int kind, other;

	for (pfn = 0; pfn + block_pages <= load->pages; pfn += block_pages) {
		unsigned long nr[NR_KINDS] = {};

		for (i = 0; i < block_pages; i++) {
			kind = kind_of(before, load, after, pfn + i);
			if (kind >= 0)
				nr[kind]++;
		}
		for (kind = 0; kind < NR_KINDS; kind++) {
			r.pages[kind] += nr[kind];
			if (nr[kind] < enough(kind))
				continue;
			r.blocks[kind]++;
			for (other = 0; other < kind; other++)
				r.shared[kind][other] += nr[other] >= enough(other);
		}
	}
	return r;
}

/* Blocks that a class holds, in all zones; -1 if the table does not have it. */
static long blocks_held(const char *class)
{
	char line[256], name[32];
	long sum = -1;
	unsigned long blocks;
	FILE *f = fopen(TABLE, "r");

	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%*d %*s %31s %lu", name, &blocks) != 2 ||
		    strcmp(name, class))
			continue;
		sum = sum < 0 ? blocks : sum + blocks;
	}
	fclose(f);
	return sum;
}

/* Keys that blocks have got and not lost: so many have one now. */
static long blocks_keyed(void)
{
	return counter("alloc_class_keyed") - counter("alloc_class_unkeyed");
}

/* Free blocks below the order of a page block: sum of a line's last numbers. */
static unsigned long sum_orders(char *line, const char *after)
{
	char *p = strstr(line, after);
	unsigned long sum = 0, nr;
	int order, len;

	if (!p)
		return 0;
	p += strlen(after);
	p += strspn(p, " ");
	p += strcspn(p, " ");	/* the name of the zone or of the type */
	for (order = 0; 1UL << order < block_pages; order++) {
		p += strspn(p, " >");
		if (sscanf(p, "%lu%n", &nr, &len) != 1)
			break;
		sum += nr;
		p += len;
	}
	return sum;
}

static unsigned long free_areas(const char *path, const char *after)
{
	char line[512];
	unsigned long sum = 0;
	FILE *f = fopen(path, "r");

	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f)) {
		if (!strncmp(line, "Number of blocks", strlen("Number of blocks")))
			break;
		sum += sum_orders(line, after);
	}
	fclose(f);
	return sum;
}

/* --- the tests */

static void test_shared(const struct result *r, int kind, int other, bool off)
{
	unsigned long blocks = r->blocks[kind] < r->blocks[other] ?
			       r->blocks[kind] : r->blocks[other];
	unsigned long shared = r->shared[kind][other], may;

	ksft_print_msg("%s in %lu blocks, %s in %lu, both in %lu\n",
		       kind_name[kind], r->blocks[kind],
		       kind_name[other], r->blocks[other], shared);
	if (!blocks) {
		ksft_test_result_skip("%s and %s: no block has enough of both to tell\n",
				      kind_name[kind], kind_name[other]);
		return;
	}
	/*
	 * One more: the kernel's own page tables have no class, and what others have
	 * freed meanwhile, without flags, looks like a pipe's.
	 */
	may = blocks * SHARED_MAX / 100 + 1;
	ksft_test_result(off ? shared > may : shared <= may,
			 "%s and %s %s\n", kind_name[kind], kind_name[other],
			 off ? "mix with alloc_class=off" : "share no block");
}

/* Readers that know nothing of classes see the pages of all of them. */
static void test_free_areas(void)
{
	unsigned long buddy = free_areas("/proc/buddyinfo", "zone");
	unsigned long types = free_areas("/proc/pagetypeinfo", "type");
	unsigned long gap = buddy > types ? buddy - types : types - buddy;

	ksft_print_msg("free areas below the block order: buddyinfo %lu, pagetypeinfo %lu\n",
		       buddy, types);
	ksft_test_result(buddy && gap <= buddy / 20,
			 "pagetypeinfo counts the free pages of every class\n");
}

static void test_formats(void)
{
	int orders = buddyinfo_orders();

	ksft_test_result(orders > 1, "buddyinfo has the format exporters know: %d orders\n",
			 orders);
	ksft_test_result(pagetypeinfo_is_right(orders),
			 "pagetypeinfo has it, too\n");
}

static void test_header(void)
{
	char text[64] = "";

	read_file(TABLE, text, sizeof(text));
	ksft_test_result(!strncmp(text, HEADER, strlen(HEADER)),
			 "the table has its version\n");
}

/*
 * Of so many pages more or less, per cent, may the table be off.  A 512th is for
 * the tables above those that are counted here, the rest is for what else goes on.
 * And what per-CPU lists give back or keep at most: four batches, when cut.
 */
#define GROWTH_SLACK	2
#define PCP_KEPT	(4 * 63)

static void test_census(struct census *table, struct census *pages, const char *when)
{
	ksft_test_result(census_take(table, pages, block_pages),
			 "the table says what the pages are, %s\n", when);
}

static bool grown(unsigned long from, unsigned long to, unsigned long by)
{
	unsigned long slack = by * GROWTH_SLACK / 100 +
			      PCP_KEPT * sysconf(_SC_NPROCESSORS_ONLN);

	return to - from >= by - slack && to - from <= by + slack;
}

/* Pages of a known kind and number have come: are they where they should be? */
static void test_growth(const struct census *before, const struct census *load,
			const char *class, unsigned long nr)
{
	struct census_row then = census_sum(before, class), now = census_sum(load, class);

	ksft_test_result(grown(then.used, now.used, nr),
			 "%s holds %lu pages more, of which %lu were allocated\n",
			 class, now.used - then.used, nr);
}

/* By the flags of the pages, and by what the table calls foreign. */
static void test_tables(const struct census *before, const struct census *load,
			const struct census *table_before, const struct census *table_load,
			bool off)
{
	const char *class = off ? "other" : "pgtable";
	unsigned long nr = TURNS * TABLES;
	struct census_row then = census_sum(before, class), now = census_sum(load, class);
	unsigned long foreign_then = census_sum(table_before, "other").foreign;
	unsigned long foreign_now = census_sum(table_load, "other").foreign;

	ksft_test_result(grown(then.tables, now.tables, nr),
			 "%s holds %lu page tables more, of %lu\n",
			 class, now.tables - then.tables, nr);
	if (off)
		ksft_test_result(grown(foreign_then, foreign_now, nr),
				 "all of them are foreign: %lu\n",
				 foreign_now - foreign_then);
	else
		ksft_test_result(foreign_now <= foreign_then + nr * GROWTH_SLACK / 100,
				 "hardly any of them is foreign: %lu, %lu before\n",
				 foreign_now, foreign_then);
}

/* Once memory has been full, movable pages may have taken blocks of others. */
static bool has_been_full(void)
{
	char line[128];
	bool full = false;
	FILE *f = fopen("/proc/vmstat", "r");
	unsigned long nr;

	while (f && fgets(line, sizeof(line), f))
		full |= sscanf(line, "pgscan_%*s %lu", &nr) == 1 && nr;
	if (f)
		fclose(f);
	return full;
}

/* What boot keeps a part of does not come free as a whole, so it is for what stays. */
static void test_partly_reserved(const struct census *pages)
{
	unsigned long movable = census_sum(pages, "movable").partly;
	unsigned long unmovable = census_sum(pages, "other").partly +
				  census_sum(pages, "pgtable").partly +
				  census_sum(pages, "transient").partly;

	if (!unmovable && (!movable || has_been_full()))
		ksft_test_result_skip("blocks with reserved pages: none, or not as at boot\n");
	else
		ksft_test_result(unmovable > 0,
				 "blocks with reserved pages: %lu unmovable, %lu movable\n",
				 unmovable, movable);
}

/* Movable blocks have no class: the map of blocks has them, the table has not. */
static void test_movable(void)
{
	size_t size = ANON_BYTES, nr = size / sysconf(_SC_PAGESIZE);
	struct census before, load;
	struct census_row then, now;
	unsigned int tries;
	unsigned long at_home;
	char *anon;

	anon = mmap(NULL, size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (anon == MAP_FAILED)
		ksft_exit_fail_perror("mmap");
	madvise(anon, size, MADV_NOHUGEPAGE);
	drain();
	census_of_pages(&before, block_pages);
	if (madvise(anon, size, MADV_POPULATE_WRITE))
		ksft_exit_fail_perror("MADV_POPULATE_WRITE");
	drain();
	/* A page that comes or goes while it is taken is seen on one side only. */
	for (tries = 0; tries < CENSUS_TRIES; tries++) {
		census_of_pages(&load, block_pages);
		if (census_sum(&load, "movable").unlike <= CENSUS_BLOCKS)
			break;
	}
	at_home = census_movable(anon, nr, block_pages);
	munmap(anon, size);

	then = census_sum(&before, "movable");
	now = census_sum(&load, "movable");
	ksft_test_result(grown(then.used, now.used, nr) && grown(then.anon, now.anon, nr),
			 "movable blocks hold %lu pages more, %lu anonymous ones, of %zu\n",
			 now.used - then.used, now.anon - then.anon, nr);
	/* Some may have come from the per-CPU list, or be moved meanwhile. */
	ksft_test_result(at_home >= nr - nr * GROWTH_SLACK / 100,
			 "they are in movable blocks, says who has them: %lu of %zu\n",
			 at_home, nr);
	ksft_test_result(now.unlike <= CENSUS_BLOCKS,
			 "their counts of free pages are right: %lu of %lu are not\n",
			 now.unlike, now.blocks);
}

/* Pages of each class were allocated meanwhile; most blocks are movable at first. */
static void test_extfrag(bool recorded, bool off)
{
	struct extfrag_events events = {};

	ksft_test_result(extfrag_format_is_right(),
			 "mm_page_alloc_extfrag has mainline's fields, then the class\n");
	if (recorded)
		events = extfrag_end();
	if (!events.blocks) {
		ksft_test_result_skip("a fallback with its class: %s\n",
				      recorded ? "there was none" : "cannot be recorded");
		return;
	}
	ksft_print_msg("%lu blocks changed hands: other %lu, pgtable %lu, transient %lu\n",
		       events.blocks, events.of_class[0], events.of_class[1],
		       events.of_class[2]);
	ksft_test_result(off ? events.of_class[0] == events.blocks :
			 events.of_class[1] + events.of_class[2] > 0,
			 "a fallback is printed with %s\n", off ? "no class" : "its class");
}

static long held_by_classes(void)
{
	return blocks_held("transient") + blocks_held("pgtable");
}

/* Have most blocks that came under load come free again? */
static bool came_back(long before, long load, long after)
{
	return load <= before || after - before < (load - before) / 4;
}

#define TABLES_TRIES	20
#define TABLES_PAUSE	100000	/* us */

static void run(bool off)
{
	struct census table_before, table_load, pages_before, pages_load;
	long held_before, held_load, held_after, keyed, keyed_load;
	struct map before, load, after;
	struct result r;
	bool recorded;
	int turn, i;

	tables_reserve();
	recorded = extfrag_begin();
	drain();
	before = map_read();
	test_census(&table_before, &pages_before, "at rest");
	if (!off)
		test_partly_reserved(&pages_before);
	held_before = held_by_classes();
	keyed = blocks_keyed();
	for (turn = 0; turn < TURNS; turn++) {
		pipes_fill(turn);
		tables_make(turn);
		files_make(turn);
	}
	drain();
	load = map_read();
	held_load = held_by_classes();
	keyed_load = blocks_keyed() - keyed;
	test_extfrag(recorded, off);
	test_census(&table_load, &pages_load, "under load");
	if (!off) {
		test_growth(&table_before, &table_load, "transient",
			    TURNS * PIPES * PIPE_BYTES / sysconf(_SC_PAGESIZE));
		test_growth(&table_before, &table_load, "pgtable", TURNS * TABLES);
	}
	test_tables(&pages_before, &pages_load, &table_before, &table_load, off);

	/* Holes, so that there are free pages in blocks of each class. */
	for (i = 0; i < TURNS * PIPES; i += 2)
		pipe_drop(i);
	drain();
	test_free_areas();

	for (i = 1; i < TURNS * PIPES; i += 2)
		pipe_drop(i);
	munmap(tables, TURNS * TABLES * table_span);
	drain();
	/* Page tables are freed when a grace period has passed. */
	for (i = 0; i < TABLES_TRIES; i++) {
		if (came_back(held_before, held_load, held_by_classes()))
			break;
		usleep(TABLES_PAUSE);
		drain();
	}
	after = map_read();
	held_after = held_by_classes();
	keyed = blocks_keyed() - keyed;

	r = look(&before, &load, &after);
	ksft_test_result(r.pages[PIPE] > TURNS * PIPES * 8 &&
			 r.pages[PGTABLE] > TURNS * TABLES / 2 &&
			 r.pages[SLAB] > TURNS * FILES / 16,
			 "the load is there: %lu pages of pipes, %lu page tables, %lu of slab\n",
			 r.pages[PIPE], r.pages[PGTABLE], r.pages[SLAB]);
	test_shared(&r, PGTABLE, PIPE, off);
	test_shared(&r, SLAB, PIPE, off);
	test_shared(&r, SLAB, PGTABLE, off);

	ksft_print_msg("blocks of transient and pgtable: %ld, under load %ld, then %ld\n",
		       held_before, held_load, held_after);
	/* One may come or go between the two looks. */
	ksft_test_result(labs(keyed_load - (held_load - held_before)) <= 1 &&
			 labs(keyed - (held_after - held_before)) <= 1,
			 "/proc/vmstat counts as many keys: %ld more, then %ld\n",
			 keyed_load, keyed);
	if (off)
		ksft_test_result(!held_load, "alloc_class=off keys no block\n");
	else
		ksft_test_result(held_load - held_before > 20 &&
				 came_back(held_before, held_load, held_after),
				 "blocks are keyed under load and come back after it\n");
	free(before.flags);
	free(load.flags);
	free(after.flags);
}

/* --- sockets */

/* Return: pages of data that they take. */
static unsigned long sockets_fill(int (*sockets)[2])
{
	static char data[1 << 16];
	unsigned long bytes = 0;
	int i;

	for (i = 0; i < SOCKETS; i++) {
		ssize_t len;

		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sockets[i]))
			ksft_exit_fail_perror("socketpair");
		while ((len = write(sockets[i][1], data, sizeof(data))) > 0)
			bytes += len;
	}
	return bytes / sysconf(_SC_PAGESIZE);
}

/* What lies in them is transient, but for the head of each piece, which is slab. */
static void test_sockets(bool off)
{
	static int sockets[SOCKETS][2];
	struct census before, load;
	unsigned long nr, more;
	int i;

	drain();
	census_of_pages(&before, block_pages);
	nr = sockets_fill(sockets);
	drain();
	census_of_pages(&load, block_pages);
	for (i = 0; i < SOCKETS; i++) {
		close(sockets[i][0]);
		close(sockets[i][1]);
	}
	more = census_sum(&load, "transient").used - census_sum(&before, "transient").used;
	ksft_test_result(nr && (off ? !more : more >= nr / 2 && more <= nr * 2),
			 "sockets: of %lu pages of data %lu are in blocks of transient\n",
			 nr, more);
}

/* --- zones */

/* Free pages in unmovable blocks of a zone that others of these use; -1: no such. */
static long free_parts(const char *zone)
{
	char line[512], name[32], type[32], *p;
	FILE *f = fopen("/proc/pagetypeinfo", "r");
	long sum = -1;
	int order, len;

	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f)) {
		unsigned long nr;

		if (sscanf(line, "Node %*d, zone %31[^,], type %31s%n", name, type, &len) != 2 ||
		    strcmp(name, zone) || strcmp(type, "Unmovable"))
			continue;
		p = line + len;
		for (order = 0; 1UL << order < block_pages; order++, p += len) {
			p += strspn(p, " >");
			if (sscanf(p, "%lu%n", &nr, &len) != 1)
				break;
			sum = (sum < 0 ? 0 : sum) + (nr << order);
		}
	}
	fclose(f);
	return sum;
}

/* Page blocks of a zone that are unmovable; -1: no such zone. */
static long unmovable_blocks(const char *zone)
{
	FILE *f = fopen("/proc/pagetypeinfo", "r");
	char line[512], name[32];
	long blocks = -1, nr;

	if (!f)
		return -1;
	/* Further up in the file, a comma follows the name. */
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "Node %*d, zone %31s %ld", name, &nr) == 2 &&
		    !strcmp(name, zone))
			blocks = nr;
	fclose(f);
	return blocks;
}

/* Only __GFP_DMA32: ask the lower zone, and do not wait. */
#define LOWER_ZONE	"0x4"

/*
 * Where the lower zone has a block with a few unmovable pages in it, further ones
 * are put beside these, and no other block is begun.
 */
static void test_lower_zone(bool off)
{
	long parts, left, blocks, begun;
	int tries = 10;		/* the first pages come from per-CPU lists */

	if (!frag_can_burst() || free_parts("DMA32") < 0 || free_parts("Normal") < 0) {
		ksft_test_result_skip("the lower zone: needs module alloc_burst, and two zones\n");
		ksft_test_result_skip("its blocks: needs module alloc_burst, and two zones\n");
		return;
	}
	drain();
	frag_burst(0, free_parts("DMA32") + block_pages / 4, LOWER_ZONE);
	drain();
	parts = free_parts("DMA32");
	blocks = unmovable_blocks("DMA32");
	do {
		frag_burst(0, free_parts("Normal") + parts, "nowait");
		drain();
		left = free_parts("DMA32");
	} while (left * 4 >= parts && --tries);
	begun = unmovable_blocks("DMA32") - blocks;
	frag_burst_drop();
	ksft_test_result(parts > 0 && (off ? left * 2 > parts : left * 4 < parts),
			 "the lower zone: parts of blocks %s (%ld pages, %ld left)\n",
			 off ? "stay with alloc_class=off" : "are filled", parts, left);
	ksft_test_result(blocks > 0 && begun <= 0,
			 "the lower zone: no other block is begun (%ld of %ld)\n",
			 begun, blocks);
}

/* --- disturbances */

/* How long, in seconds; a memory block is offlined some times a second. */
#define DISTURBED	20
#define PATIENCE	5	/* seconds for a memory block to go offline */

/* Of the allocations of the process that makes the load, per cent. */
#define FAULT_PERCENT	"5"

/* Some turns of the load, whatever of it succeeds. */
static void load_once(void)
{
	static char data[1 << 16];
	int fds[TURNS][2], i;
	char path[64];

	for (i = 0; i < TURNS; i++) {
		if (pipe2(fds[i], O_NONBLOCK))
			memset(fds[i], -1, sizeof(fds[i]));
		else if (write(fds[i][1], data, sizeof(data)) < 0)
			errno = 0;	/* part of it, or nothing */
		madvise(tables + i * table_span, sysconf(_SC_PAGESIZE),
			MADV_POPULATE_READ);
		snprintf(path, sizeof(path), "%s/load%d", dir, i);
		close(open(path, O_CREAT | O_WRONLY, 0600));
	}
	for (i = 0; i < TURNS; i++) {
		close(fds[i][0]);
		close(fds[i][1]);
		snprintf(path, sizeof(path), "%s/load%d", dir, i);
		unlink(path);
	}
	munmap(tables, TURNS * table_span);
}

static void load_for_ever(void)
{
	faults_here(true);
	for (;;) {
		tables = mmap(NULL, TURNS * table_span, PROT_READ,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (tables == MAP_FAILED)
			continue;
		madvise(tables, TURNS * table_span, MADV_NOHUGEPAGE);
		load_once();
	}
}

/* Return: whether it could be offlined. It is online again either way. */
static bool block_cycle(int nr)
{
	int err = memory_offline(nr, PATIENCE);

	if (err == -EPERM)
		may_not_offline = true;
	if (err)
		return false;
	if (memory_online(nr))
		ksft_exit_fail_msg("memory%d: cannot be onlined again\n", nr);
	return true;
}

static int blocks_cycle(time_t seconds)
{
	time_t end = time(NULL) + seconds;
	int cycled = 0, nr;

	while (time(NULL) < end) {
		DIR *d = opendir(MEMORY_DIR);
		struct dirent *e;

		while (d && (e = readdir(d)) && time(NULL) < end)
			if (sscanf(e->d_name, "memory%d", &nr) == 1)
				cycled += block_cycle(nr);
		if (!d) {
			sleep(seconds);
			break;
		}
		closedir(d);
	}
	return cycled;
}

static void test_check(const char *path, const char *what)
{
	unsigned long checked = 0, wrong = 0;
	char text[128];

	if (!read_file(path, text, sizeof(text))) {
		ksft_test_result_skip("%s: no %s, CONFIG_BLOCK_OCCUPANCY_DEBUG is missing\n",
				      what, path);
		return;
	}
	if (sscanf(text, "checked %lu wrong %lu", &checked, &wrong) != 2)
		checked = 0;
	ksft_test_result(checked && !wrong, "%s: %lu, %lu wrong\n", what, checked,
			 wrong);
}

static void run_disturbed(void)
{
	long injected = 0;
	int cycled;

	faults_begin(FAULT_PERCENT, true);
	loader = fork();
	if (loader < 0)
		ksft_exit_fail_perror("fork");
	if (!loader)
		load_for_ever();

	cycled = blocks_cycle(DISTURBED);
	injected = faults_end();
	kill(loader, SIGKILL);
	waitpid(loader, NULL, 0);
	loader = 0;

	if (access(FAULTS, F_OK))
		ksft_test_result_skip("failed allocations: no CONFIG_FAIL_PAGE_ALLOC\n");
	else
		ksft_test_result(injected > 0, "allocations failed: %ld\n", injected);
	if (access(MEMORY_DIR, F_OK))
		ksft_test_result_skip("memory went offline: no CONFIG_MEMORY_HOTPLUG\n");
	else if (!cycled && may_not_offline)
		ksft_test_result_skip("memory went offline: it may not, here\n");
	else
		ksft_test_result(cycled > 0, "memory went offline and came back: %d times\n",
				 cycled);
	test_check(CHECK_LISTS, "free areas on the lists of their blocks' keys");
	test_check(CHECK_COUNTS, "free pages counted per block");
}

int main(void)
{
	struct rlimit files = { 2 * TURNS * PIPES + 100, 2 * TURNS * PIPES + 100 };
	char cmdline[4096] = "", size[32];

	ksft_print_header();
	if (geteuid())
		ksft_exit_skip("needs root\n");
	if (access(TABLE, R_OK))
		ksft_exit_skip("no " TABLE ": CONFIG_ALLOC_CLASS or debugfs is missing\n");
	read_file("/proc/cmdline", cmdline, sizeof(cmdline));

	if (strstr(cmdline, "alloc_class=pgtable") || strstr(cmdline, "alloc_class=transient"))
		ksft_exit_skip("wants all classes, or alloc_class=off\n");

	table_span = span_of_table();
	block_pages = table_span / sysconf(_SC_PAGESIZE);
	if (read_file("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size",
		      size, sizeof(size)))
		block_pages = strtoul(size, NULL, 10) / sysconf(_SC_PAGESIZE);

	if (setrlimit(RLIMIT_NOFILE, &files))
		ksft_exit_fail_perror("setrlimit");
	if (!read_file(PCP, saved_pcp, sizeof(saved_pcp)))
		ksft_exit_skip("cannot read " PCP "\n");
	dir = mkdtemp(strdup("/tmp/alloc_class.XXXXXX"));
	if (!dir)
		ksft_exit_fail_perror("mkdtemp");
	if (mount("alloc_class", dir, "tmpfs", 0, NULL))
		ksft_exit_fail_perror("mount");
	atexit(restore);

	test_header();
	test_formats();
	run(strstr(cmdline, "alloc_class=off"));
	test_sockets(strstr(cmdline, "alloc_class=off"));
	test_lower_zone(strstr(cmdline, "alloc_class=off"));
	test_movable();
	run_disturbed();
	ksft_set_plan(ksft_test_num());
	ksft_finished();
}
