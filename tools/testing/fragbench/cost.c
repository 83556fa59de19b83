// SPDX-License-Identifier: GPL-2.0
/*
 * cost: what does an operation cost that allocates pages?
 *
 * Each operation is repeated in batches; of the batches the median counts.  The
 * unit is the instruction, for an emulator whose clock counts instructions:
 * "qemu -icount shift=1" lets one take two nanoseconds.  There the figures
 * repeat to a thousandth or better.  On a real machine they are a time in
 * units of --ns-per-op nanoseconds, with all its noise.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/personality.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fragbench.h"

static long batches = 15;
static long ns_per_op = 2;

static const struct fb_option options[] = {
	{ "batches", &batches, 3, 999, "batches of which the median counts" },
	{ "ns-per-op", &ns_per_op, 1, 1000, "nanoseconds in the unit" },
	{ NULL }
};

static size_t page;
static char buffer[1 << 16];

/* --- the operations: each does nr of them and is timed as a whole */

#define FAULTS	4096

static char *faults;

static void fault_before(void)
{
	faults = fb_map_anon(FAULTS * page);
}

static void fault(void)
{
	fb_touch(faults, FAULTS * page, page);
}

static void fault_after(void)
{
	munmap(faults, FAULTS * page);
}

static void unmap_before(void)
{
	fault_before();
	fault();
}

/* Pages of a block each, zeroed: what is ours is little of it. */
#define HUGE	16

static char *huge;
static size_t huge_size;

static void huge_before(void)
{
	huge_size = page << fb_block_order();
	huge = mmap(NULL, (HUGE + 1) * huge_size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (huge == MAP_FAILED)
		fb_die("cannot map huge pages");
	madvise(huge, (HUGE + 1) * huge_size, MADV_HUGEPAGE);
}

static void huge_fault(void)
{
	char *start = (char *)(((uintptr_t)huge + huge_size - 1) & ~(huge_size - 1));

	fb_touch(start, HUGE * huge_size, huge_size);
}

static void huge_after(void)
{
	munmap(huge, (HUGE + 1) * huge_size);
}

#define FORKS	50

static void fork_exit(void)
{
	int i;

	for (i = 0; i < FORKS; i++) {
		pid_t pid = fork();

		if (!pid)
			_exit(0);
		if (pid < 0 || waitpid(pid, NULL, 0) != pid)
			fb_die("fork: %s", strerror(errno));
	}
}

#define READS	1024	/* of a page each */

static int file = -1;

static void file_before(void)
{
	if (file < 0) {
		char path[4096];

		snprintf(path, sizeof(path), "%s/cost.XXXXXX", fb_dir());
		file = mkstemp(path);
		if (file < 0 || unlink(path) || ftruncate(file, READS * page))
			fb_die("cannot make a file in %s: %s", fb_dir(), strerror(errno));
		posix_fadvise(file, 0, 0, POSIX_FADV_RANDOM);
	}
	posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
}

static void file_read(void)
{
	int i;

	for (i = 0; i < READS; i++) {
		if (pread(file, buffer, page, i * page) != (ssize_t)page)
			fb_die("read: %s", strerror(errno));
	}
}

#define PIPES		64
#define PIPE_PAGES	16

static void pipe_write_read(void)
{
	int i, fd[2];

	for (i = 0; i < PIPES; i++) {
		if (pipe(fd) ||
		    write(fd[1], buffer, PIPE_PAGES * page) < 0 ||
		    read(fd[0], buffer, PIPE_PAGES * page) < 0)
			fb_die("pipe: %s", strerror(errno));
		close(fd[0]);
		close(fd[1]);
	}
}

/*
 * Messages of a queue: one object of the slab allocator each, given back at
 * once and not by RCU, which would blur the figure.
 */
#define OBJECTS		512
#define OBJECT_SIZE	960

struct object {
	long type;
	char text[OBJECT_SIZE];
};

static int queue = -1;

static void slab_before(void)
{
	if (queue >= 0)
		return;
	fb_knob_set("/proc/sys/kernel/msgmnb", OBJECTS * OBJECT_SIZE);
	queue = msgget(IPC_PRIVATE, 0600);
	if (queue < 0)
		fb_die("msgget: %s", strerror(errno));
}

static void slab_make_drop(void)
{
	static struct object object = { .type = 1 };
	int i;

	for (i = 0; i < OBJECTS; i++) {
		if (msgsnd(queue, &object, OBJECT_SIZE, IPC_NOWAIT))
			fb_die("msgsnd: %s", strerror(errno));
	}
	for (i = 0; i < OBJECTS; i++) {
		if (msgrcv(queue, &object, OBJECT_SIZE, 0, IPC_NOWAIT) < 0)
			fb_die("msgrcv: %s", strerror(errno));
	}
}

/* Each message asks for a block of order 3. */
#define MESSAGES	64

static void message_send_read(void)
{
	int i, fd[2], size = 1 << 20;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd))
		fb_die("socketpair: %s", strerror(errno));
	setsockopt(fd[0], SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	for (i = 0; i < MESSAGES; i++) {
		if (send(fd[0], buffer, 1 << 15, 0) < 0 ||
		    recv(fd[1], buffer, 1 << 15, MSG_WAITALL) < 0)
			fb_die("send: %s", strerror(errno));
	}
	close(fd[0]);
	close(fd[1]);
}

/*
 * Blocks of order 4, the smallest that no per-CPU list holds: each is taken from
 * the free lists and given back to them under the lock of the zone, so nearly all
 * that is counted of giving back happens under it.
 */
#define BLOCKS		512
#define BLOCK_ORDER	4

static void blocks_take(void)
{
	if (frag_burst(BLOCK_ORDER, BLOCKS, "atomic") != BLOCKS)
		fb_die("no memory for %d blocks of order %d", BLOCKS, BLOCK_ORDER);
}

struct operation {
	const char *name;
	unsigned int nr;	/* in a batch */
	void (*before)(void);
	void (*run)(void);
	void (*after)(void);
};

static const struct operation operations[] = {
	{ "fault", FAULTS, fault_before, fault, fault_after },
	{ "unmap", FAULTS, unmap_before, fault_after, NULL },
	{ "huge_fault", HUGE, huge_before, huge_fault, huge_after },
	{ "fork_exit", FORKS, NULL, fork_exit, NULL },
	{ "file_read", READS, file_before, file_read, NULL },
	{ "pipe_page", PIPES * PIPE_PAGES, NULL, pipe_write_read, NULL },
	{ "slab_object", OBJECTS, slab_before, slab_make_drop, NULL },
	{ "message", MESSAGES, NULL, message_send_read, NULL },
};

/* With the module alloc_burst */
static const struct operation burst_operations[] = {
	{ "block_taken", BLOCKS, NULL, blocks_take, frag_burst_drop },
	{ "block_freed", BLOCKS, blocks_take, frag_burst_drop, NULL },
};

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void measure(const struct operation *op, int64_t *ns)
{
	char key[64];
	long i;

	for (i = -1; i < batches; i++) {	/* the first warms up */
		int64_t start;

		if (op->before)
			op->before();
		start = now();
		op->run();
		start = now() - start;
		if (op->after)
			op->after();
		if (i >= 0)
			ns[i] = start;
	}
	qsort(ns, batches, sizeof(*ns), by_size);
	fb_value(op->name, "%.2f", (double)ns[batches / 2] / ns_per_op / op->nr);
	snprintf(key, sizeof(key), "%s_spread", op->name);
	fb_value(key, "%.5f", (double)(ns[batches * 3 / 4] - ns[batches / 4]) /
		 ns[batches / 2]);
}

/* Where the seeds differ: which pages come first from the lists. */
static void shake(void)
{
	unsigned long nr = 1 + fb_random_below(1 << 12), i;
	char *map = fb_map_anon(nr * page);

	fb_touch(map, nr * page, page);
	for (i = 0; i < nr; i++)
		madvise(map + fb_random_below(nr) * page, page, MADV_DONTNEED);
	munmap(map, nr * page);
}

int main(int argc, char **argv)
{
	struct fb_counters *then;
	unsigned int i;
	int64_t *ns;

	/* The same addresses in every run: they decide how much tables cost. */
	if (!(personality(0xffffffff) & ADDR_NO_RANDOMIZE)) {
		personality(ADDR_NO_RANDOMIZE);
		execv("/proc/self/exe", argv);
	}
	fb_begin(argc, argv, "Instructions of operations that allocate pages.", options);
	page = sysconf(_SC_PAGESIZE);
	ns = fb_alloc(batches, sizeof(*ns));
	fb_fingerprint("before", NULL);
	then = fb_counters_read();
	shake();
	for (i = 0; i < ARRAY_SIZE(operations); i++)
		measure(&operations[i], ns);
	for (i = 0; frag_can_burst() && i < ARRAY_SIZE(burst_operations); i++)
		measure(&burst_operations[i], ns);
	fb_counters_print(then, fb_counters_read());
	msgctl(queue, IPC_RMID, NULL);
	fb_fingerprint("after", NULL);
	return 0;
}
