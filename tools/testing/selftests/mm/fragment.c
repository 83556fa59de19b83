// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>
#include <linux/magic.h>

#include "fragment.h"
#include "vm_util.h"

int frag_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY), err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);
	return err;
}

/* Sum /proc/buddyinfo over all zones.  Return: 0, or -1 if it is unreadable. */
int frag_read(struct frag_state *state)
{
	FILE *f = fopen("/proc/buddyinfo", "r");
	char line[512];

	if (!f)
		return -1;
	memset(state, 0, sizeof(*state));
	while (fgets(line, sizeof(line), f)) {
		char *word = strstr(line, "zone");
		int order, at;

		if (!word || sscanf(word, "zone %*s%n", &at) < 0)
			continue;
		word += at;
		for (order = 0; ; order++) {
			unsigned long nr;
			int slot = order < FRAG_ORDERS ? order : FRAG_ORDERS - 1;

			if (sscanf(word, "%lu%n", &nr, &at) != 1)
				break;
			word += at;
			state->free += nr << order;
			state->blocks[slot] += nr << (order - slot);
		}
	}
	fclose(f);
	return 0;
}

/* Free blocks of at least @order, larger ones counted for all they hold. */
unsigned long frag_blocks_from(const struct frag_state *state, int order)
{
	unsigned long nr = 0;
	int i;

	for (i = order; i < FRAG_ORDERS; i++)
		nr += state->blocks[i] << (i - order);
	return nr;
}

void frag_print(const char *prefix, const struct frag_state *state)
{
	int i;

	printf("%s%5lu MiB free, by order:", prefix,
	       state->free * psize() >> 20);
	for (i = 0; i < FRAG_ORDERS; i++)
		printf(" %5lu", state->blocks[i]);
	printf("\n");
}

/*
 * Read a sparse file of @size bytes, rounded down to whole pages, in @dir into the
 * page cache.
 * Return: 0; -1 if that failed; -EOPNOTSUPP where page cache cannot be evicted.
 */
int frag_cache_fill(struct frag_cache *cache, const char *dir, size_t size)
{
	static char buf[1 << 20];
	struct statfs fs;
	char path[4096];
	size_t at;

	size -= size % psize();
	snprintf(path, sizeof(path), "%s/fragment.XXXXXX", dir);
	cache->size = size;
	cache->fd = mkstemp(path);
	if (cache->fd < 0)
		return -1;
	unlink(path);
	if (fstatfs(cache->fd, &fs) || fs.f_type == TMPFS_MAGIC ||
	    fs.f_type == RAMFS_MAGIC) {
		close(cache->fd);
		return -EOPNOTSUPP;
	}
	/* Single pages: large folios would ask for the orders that we avoid. */
	if (ftruncate(cache->fd, size) ||
	    posix_fadvise(cache->fd, 0, 0, POSIX_FADV_RANDOM))
		goto fail;
	cache->map = mmap(NULL, size, PROT_READ, MAP_SHARED, cache->fd, 0);
	if (cache->map == MAP_FAILED)
		goto fail;
	for (at = 0; at < size; at += sizeof(buf)) {
		if (read(cache->fd, buf, sizeof(buf)) <= 0)
			break;
	}
	return 0;
fail:
	close(cache->fd);
	return -1;
}

/* Give back @size bytes of page cache, in equal steps over the whole file. */
void frag_cache_thin(struct frag_cache *cache, size_t size)
{
	size_t chunk = 1 << 16, at;
	size_t stride = cache->size / (size / chunk + 1);

	for (at = 0; at < cache->size; at += stride)
		posix_fadvise(cache->fd, at, chunk, POSIX_FADV_DONTNEED);
}

/* Return: pages of the file that are in memory, or -1. */
long frag_cache_resident(const struct frag_cache *cache)
{
	size_t pages = cache->size / psize(), i;
	unsigned char *vec = malloc(pages);
	long nr = 0;

	if (!vec || mincore(cache->map, cache->size, vec)) {
		free(vec);
		return -1;
	}
	for (i = 0; i < pages; i++)
		nr += vec[i] & 1;
	free(vec);
	return nr;
}

void frag_cache_drop(struct frag_cache *cache)
{
	munmap(cache->map, cache->size);
	close(cache->fd);
}

/* Fill @size bytes of anonymous memory with small pages.  Return: 0, or -1. */
int frag_holes_fill(struct frag_holes *holes, size_t size)
{
	size_t at;

	holes->size = size;
	holes->map = mmap(NULL, size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (holes->map == MAP_FAILED)
		return -1;
	madvise(holes->map, size, MADV_NOHUGEPAGE);
	for (at = 0; at < size; at += psize())
		holes->map[at] = 1;
	return 0;
}

/*
 * Give back all but the first page of each naturally aligned group of 2^@order,
 * going by physical address: of what is given back no block of @order can form
 * without something being moved.  Return: 0, or -1.
 */
int frag_holes_punch(struct frag_holes *holes, int order)
{
	int fd = open("/proc/self/pagemap", O_RDONLY);
	size_t at;

	if (fd < 0)
		return -1;
	for (at = 0; at < holes->size; at += psize()) {
		unsigned long pfn = pagemap_get_pfn(fd, holes->map + at);

		if (pfn != -1UL && pfn & ((1UL << order) - 1))
			madvise(holes->map + at, psize(), MADV_DONTNEED);
	}
	close(fd);
	return 0;
}

#define AT_ONCE		4096	/* entries: the kernel allocates for each read */

/* Where @nr pages from @start lie, 0 for those that are not there.  Return: 0, or -1. */
int frag_pfns(const void *start, unsigned long nr, uint64_t *pfn)
{
	int fd = open("/proc/self/pagemap", O_RDONLY);
	unsigned long page = (unsigned long)start / psize(), i = 0;

	while (fd >= 0 && i < nr) {
		size_t want = nr - i < AT_ONCE ? nr - i : AT_ONCE;
		ssize_t len = pread(fd, pfn + i, want * sizeof(*pfn),
				    (page + i) * sizeof(*pfn));

		if (len <= 0)
			break;
		for (want = len / sizeof(*pfn); want; want--, i++)
			pfn[i] = PAGEMAP_PRESENT(pfn[i]) ? PAGEMAP_PFN(pfn[i]) : 0;
	}
	if (fd >= 0)
		close(fd);
	return i < nr ? -1 : 0;
}

void frag_holes_drop(struct frag_holes *holes)
{
	munmap(holes->map, holes->size);
}

static int pair_open(int fd[2])
{
	int size = 1 << 20;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd))
		return -1;
	setsockopt(fd[0], SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	return 0;
}

static char pair_data[32768];	/* one order-3 fragment a message */

static long pair_fill(int fd[2], int messages)
{
	long nr = 0;

	while (messages-- && send(fd[0], pair_data, sizeof(pair_data), 0) > 0)
		nr++;
	return nr;
}

static void pair_drain(int fd[2])
{
	while (recv(fd[1], pair_data, sizeof(pair_data), 0) > 0)
		;
}

/* Return: 0, or -1. */
int frag_sockets_fill(struct frag_sockets *sockets)
{
	for (sockets->nr = 0; sockets->nr < FRAG_PAIRS; sockets->nr++) {
		if (pair_open(sockets->fd[sockets->nr]))
			return -1;
		pair_fill(sockets->fd[sockets->nr], 32);
	}
	return 0;
}

void frag_sockets_drop(struct frag_sockets *sockets)
{
	while (sockets->nr--) {
		close(sockets->fd[sockets->nr][0]);
		close(sockets->fd[sockets->nr][1]);
	}
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/*
 * Order-3 traffic: fill 64 sockets, read them, again.  Each message asks for
 * an order-3 block without waiting for one, as network drivers do.
 * Return: messages sent, or -1.
 */
long frag_socket_traffic(double seconds)
{
	double end = now() + seconds;
	int fd[64][2], nr, i;
	long sent = 0;

	for (nr = 0; nr < 64; nr++) {
		if (pair_open(fd[nr]))
			break;
	}
	while (nr && now() < end) {
		for (i = 0; i < nr; i++)
			sent += pair_fill(fd[i], 6);
		for (i = 0; i < nr; i++)
			pair_drain(fd[i]);
	}
	for (i = 0; i < nr; i++) {
		close(fd[i][0]);
		close(fd[i][1]);
	}
	return nr ? sent : -1;
}

#define BURST	"/sys/kernel/debug/alloc_burst"

bool frag_can_burst(void)
{
	return !access(BURST, R_OK | W_OK);
}

/*
 * Ask for @count blocks, all at once; they are held until frag_burst_drop().
 * @kind is atomic, nowait, kernel or retry.  Return: blocks that came, or -1.
 */
long frag_burst(int order, unsigned long count, const char *kind)
{
	char buf[64];
	long asked, got = -1;
	FILE *f;
	int fd = open(BURST, O_WRONLY);
	int len = snprintf(buf, sizeof(buf), "%d %lu %s", order, count, kind);

	if (fd < 0)
		return -1;
	if (write(fd, buf, len) != len) {
		close(fd);
		return -1;
	}
	close(fd);
	f = fopen(BURST, "r");
	if (!f)
		return -1;
	if (fscanf(f, "%ld %ld", &asked, &got) != 2)
		got = -1;
	fclose(f);
	return got;
}

void frag_burst_drop(void)
{
	int fd = open(BURST, O_WRONLY);

	if (fd < 0)
		return;
	if (write(fd, "drop", 4) != 4)
		perror(BURST);
	close(fd);
}

/*
 * Take every free block of at least @order, the largest first, before anybody
 * can make new ones.  Return: 0 if none is left, else -1.
 */
int frag_burst_eat(int order)
{
	struct frag_state state;
	int i, tries;

	for (tries = 0; tries < 10; tries++) {
		for (i = FRAG_ORDERS - 1; i >= order; i--) {
			if (frag_read(&state))
				return -1;
			/* the module takes no more than 16384 at once */
			if (frag_burst(i, state.blocks[i] < 16384 ?
				       state.blocks[i] : 16384, "atomic") < 0)
				return -1;
		}
		if (!frag_read(&state) && !frag_blocks_from(&state, order))
			return 0;
	}
	return -1;
}
