/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bring the machine's memory into a known bad shape, for tests that need one.
 *
 * Three kinds of pages lie in it: page cache, which reclaim could evict;
 * anonymous pages, which migration could move; socket buffers, which nobody
 * can do anything about.  All of it needs root, and goes with the
 * process, but for blocks that the test module holds: they have to be dropped.
 */
#ifndef _SELFTESTS_MM_FRAGMENT_H
#define _SELFTESTS_MM_FRAGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAG_ORDERS	11	/* orders that are told apart; more are summed */

/**
 * struct frag_state - what /proc/buddyinfo says, all zones together
 * @free: free pages
 * @blocks: free blocks of exactly each order
 */
struct frag_state {
	unsigned long free;
	unsigned long blocks[FRAG_ORDERS];
};

int frag_read(struct frag_state *state);
unsigned long frag_blocks_from(const struct frag_state *state, int order);
void frag_print(const char *prefix, const struct frag_state *state);

/* Write a text to a knob.  Return: 0, or the negative error. */
int frag_write(const char *path, const char *text);

int frag_pfns(const void *start, unsigned long nr, uint64_t *pfn);

/* Page cache of a sparse file; its pages can be counted later. */
struct frag_cache {
	int	fd;
	char	*map;
	size_t	size;
};

int frag_cache_fill(struct frag_cache *cache, const char *dir, size_t size);
void frag_cache_thin(struct frag_cache *cache, size_t size);
long frag_cache_resident(const struct frag_cache *cache);
void frag_cache_drop(struct frag_cache *cache);

/* Anonymous pages, first all of them, then one in each aligned group by PFN. */
struct frag_holes {
	char	*map;
	size_t	size;
};

int frag_holes_fill(struct frag_holes *holes, size_t size);
int frag_holes_punch(struct frag_holes *holes, int order);
void frag_holes_drop(struct frag_holes *holes);

/* UNIX sockets that nobody reads: their buffers can neither go nor move. */
#define FRAG_PAIRS	32

struct frag_sockets {
	int	fd[FRAG_PAIRS][2];
	int	nr;
};

int frag_sockets_fill(struct frag_sockets *sockets);
void frag_sockets_drop(struct frag_sockets *sockets);
long frag_socket_traffic(double seconds);

/* Blocks taken by the test module alloc_burst (CONFIG_ALLOC_BURST_TEST). */
bool frag_can_burst(void);
long frag_burst(int order, unsigned long count, const char *kind);
void frag_burst_drop(void);
int frag_burst_eat(int order);

/*
 * A process asks for blocks, and waits for each, until it is killed for want of memory,
 * before all others; the caller sees to it that nobody kills him.  They are given back.
 * Return: how many it had got; -1 if it could not be set up, or was not killed.
 */
long frag_burst_until_killed(int order);

#endif /* _SELFTESTS_MM_FRAGMENT_H */
