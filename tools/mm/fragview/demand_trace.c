// SPDX-License-Identifier: GPL-2.0
/*
 * fragview demand: histogram triggers, in a trace instance of our own
 *
 * How long a caller waits is the time from the begin to the end of a direct
 * reclaim or a direct compaction; the kernel takes the difference itself and
 * hands it, with the order, to a synthetic event, which has the histogram.
 * kcompactd's passes have no order of a caller and therefore do not match.
 *
 * Context: one run at a time; the synthetic events have fixed names.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "demand.h"
#include "fragview.h"

#define TRACEFS	"/sys/kernel/tracing"

/*
 * Entries of a table: distinct (order, mask, stack).  What does not fit is
 * counted as dropped.  About 300 bytes each, so 5 MB for the largest.
 */
#define REQUESTS	"16384"
#define STALLS		"4096"

/* At an end: the time since the begin, with the order, to the synthetic event. */
#define WAITED(since, begin, event, order)				\
	"hist:keys=common_pid:fv_l=common_timestamp.usecs-" since	\
	":onmatch(" begin ").trace(" event ",$fv_l," order ")"

static const char * const synthetic[] = {
	"fragview_reclaim u64 usecs; int order",
	"fragview_compaction u64 usecs; int order",
};

/*
 * In this order, requests last, so that the memory for the tables is not counted;
 * taken away in the opposite order.  %u: the least order.
 */
static const struct trigger {
	const char *event, *text;
	bool optional;			/* a kernel may lack compaction */
} triggers[] = {
	{ "vmscan/mm_vmscan_direct_reclaim_begin",
	  "hist:keys=common_pid:fv_t0=common_timestamp.usecs,fv_o0=order", false },
	{ "vmscan/mm_vmscan_direct_reclaim_end",
	  WAITED("$fv_t0", "vmscan.mm_vmscan_direct_reclaim_begin", "fragview_reclaim", "$fv_o0"),
	  false },
	{ "synthetic/fragview_reclaim",
	  "hist:keys=order,common_stacktrace:vals=usecs:size=" STALLS " if order >= %u", false },
	{ "compaction/mm_compaction_try_to_compact_pages",
	  "hist:keys=common_pid:fv_asked=order", true },
	{ "compaction/mm_compaction_begin",
	  "hist:keys=common_pid:fv_t1=common_timestamp.usecs,fv_o1=$fv_asked", true },
	{ "compaction/mm_compaction_end",
	  WAITED("$fv_t1", "compaction.mm_compaction_begin", "fragview_compaction", "$fv_o1"),
	  true },
	{ "synthetic/fragview_compaction",
	  "hist:keys=order,common_stacktrace:vals=usecs:size=" STALLS " if order >= %u", false },
	{ "kmem/mm_page_alloc",
	  "hist:keys=order,gfp_flags.hex,common_stacktrace:size=" STALLS
	  " if order >= %u && pfn == 0x%lx", false },
	{ "kmem/mm_page_alloc",
	  "hist:keys=order,gfp_flags.hex,common_stacktrace:size=" REQUESTS
	  " if order >= %u", false },
};

#define NR_TRIGGERS	ARRAY_SIZE(triggers)

static struct {
	char *top, *instance;
	char *set[NR_TRIGGERS];		/* text of the trigger, if it is set */
	int nr_synthetic;
	bool on;
} state;

static int stopped;

static void stop(int signal)
{
	__atomic_store_n(&stopped, signal, __ATOMIC_RELAXED);
}

static bool put(const char *dir, const char *name, const char *text, int flags)
{
	char *path = join(dir, name);
	int fd = open(path, O_WRONLY | flags);
	bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	int error = errno;

	if (fd >= 0)
		close(fd);
	free(path);
	errno = error;
	return good;
}

static char *event_file(size_t i, const char *name)
{
	char path[LINE_LEN];

	snprintf(path, sizeof(path), "/events/%s/%s", triggers[i].event, name);
	return join("", path);
}

static void put_trigger(size_t i, const char *text)
{
	char *name = event_file(i, "trigger");

	if (!put(state.instance, name, text, 0))
		fprintf(stderr, "%s: cannot write '%s' to %s%s: %s\n", program, text,
			state.instance, name, strerror(errno));
	free(name);
}

static void clean_up(void)
{
	size_t i;

	if (!state.on)
		return;
	state.on = false;
	for (i = NR_TRIGGERS; i-- > 0;) {
		char *negative;

		if (!state.set[i])
			continue;
		negative = join("!", state.set[i]);
		put_trigger(i, negative);
		free(negative);
	}
	if (rmdir(state.instance))
		fprintf(stderr, "%s: cannot remove %s: %s\n", program, state.instance,
			strerror(errno));
	while (state.nr_synthetic-- > 0) {
		char *negative = join("!", synthetic[state.nr_synthetic]);

		if (!put(state.top, "/synthetic_events", negative, O_APPEND))
			fprintf(stderr, "%s: cannot remove the event '%s': %s\n", program,
				synthetic[state.nr_synthetic], strerror(errno));
		free(negative);
	}
}

static void make_instance(void)
{
	char name[NAME_LEN];
	char *dir = join(state.top, "/instances");

	if (access(state.top, R_OK | X_OK) || access(dir, W_OK))
		die(1, "cannot use %s: run as root, with tracefs mounted at %s", dir, TRACEFS);
	snprintf(name, sizeof(name), "/fragview-demand-%d", (int)getpid());
	state.instance = join(dir, name);
	free(dir);
	if (mkdir(state.instance, 0700))
		die(1, "cannot make %s: %s", state.instance, strerror(errno));
	state.on = true;
	atexit(clean_up);
}

static void set_triggers(unsigned int min_order)
{
	char text[LINE_LEN];
	size_t i;

	for (i = 0; i < NR_TRIGGERS; i++) {
		char *name = event_file(i, "trigger");
		char *path = join(state.instance, name);

		if (access(path, F_OK) && triggers[i].optional) {
			free(path);
			free(name);
			continue;
		}
		/* A failed allocation has the page frame number -1. */
		snprintf(text, sizeof(text), triggers[i].text, min_order, -1UL);
		if (!put(state.instance, name, text, 0))
			die(1, "no trigger '%s' for %s (%s): the kernel needs CONFIG_HIST_TRIGGERS",
			    text, triggers[i].event, strerror(errno));
		state.set[i] = join(text, "");
		free(path);
		free(name);
	}
}

static void make_synthetic(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(synthetic); i++) {
		if (!put(state.top, "/synthetic_events", synthetic[i], O_APPEND))
			die(1, "no event '%s' (%s): one run at a time, with CONFIG_HIST_TRIGGERS",
			    synthetic[i], strerror(errno));
		state.nr_synthetic++;
	}
}

static void copy(const char *title, const char *name, const char *only, FILE *out)
{
	char *path = join(state.instance, name);
	FILE *f = fopen(path, "r");
	char *line = NULL;
	size_t size = 0;

	if (!f)
		die(1, "cannot read %s: %s", path, strerror(errno));
	if (!only)
		fprintf(out, "hist %s\n", title);
	while (getline(&line, &size, f) > 0) {
		if (!only)
			fputs(line, out);
		else if (!strncmp(line, only, strlen(only)))
			fprintf(out, "%s %s", title, line + strlen(only));
	}
	free(line);
	fclose(f);
	free(path);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

void demand_trace(const char *root, double seconds, unsigned int min_order, FILE *out)
{
	struct sigaction action = { .sa_handler = stop };
	struct timespec t = { .tv_sec = (time_t)seconds };
	double start;

	state.top = join(root, TRACEFS);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	make_instance();
	make_synthetic();
	set_triggers(min_order);
	start = now();
	t.tv_nsec = (long)((seconds - t.tv_sec) * 1e9);
	if (!__atomic_load_n(&stopped, __ATOMIC_RELAXED))
		nanosleep(&t, NULL);

	fprintf(out, "demand 1\nseconds %.3f\n", now() - start);
	copy("gfp", "/events/kmem/mm_page_alloc/format", "print fmt: ", out);
	copy("requests", "/events/kmem/mm_page_alloc/hist", NULL, out);
	copy("reclaim", "/events/synthetic/fragview_reclaim/hist", NULL, out);
	copy("compaction", "/events/synthetic/fragview_compaction/hist", NULL, out);
	fputs("end\n", out);
	clean_up();
}
