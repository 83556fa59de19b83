// SPDX-License-Identifier: GPL-2.0
/*
 * fragview record: trace events, as lines of text
 *
 * They are traced in an instance of our own, which disturbs nobody else's
 * tracing and is removed at the end, after a signal too.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fragview.h"

#define TRACEFS		"/sys/kernel/tracing"

/*
 * What kdefragd does, and when a kernel, a stock one too, decides to compact: by
 * kcompactd or in the context of who asks.  Left out is how compaction goes about
 * it, some hundred events a pass, and that kcompactd sleeps, two a second.
 */
const char * const default_events[] = {
	"kdefragd",
	"compaction:mm_compaction_wakeup_kcompactd",
	"compaction:mm_compaction_kcompactd_wake",
	"compaction:mm_compaction_try_to_compact_pages",
	"compaction:mm_compaction_begin",
	"compaction:mm_compaction_end",
	"compaction:mm_compaction_defer_compaction",
	"compaction:mm_compaction_deferred",
	NULL
};

struct event_source {
	char *instance;
	int pipe;
	char partial[LINE_LEN];
	size_t have;
	unsigned long lost;
};

static bool write_file(const char *dir, const char *name, const char *text)
{
	char *path = join(dir, name);
	int fd = open(path, O_WRONLY | O_TRUNC);
	bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	free(path);
	return good;
}

static struct event_source *running;

static void stop_at_exit(void)
{
	if (running)
		events_stop(running);
}

/* "system" or "system:event" -> the file that switches it on */
static void enable_path(const char *name, char *path, size_t size)
{
	const char *colon = strchr(name, ':');

	if (colon)
		snprintf(path, size, "/events/%.*s/%s/enable", (int)(colon - name), name,
			 colon + 1);
	else
		snprintf(path, size, "/events/%s/enable", name);
}

/* A kernel may lack some of the default; what was asked for has to be there. */
static unsigned int enable_events(const char *dir, const char * const *wanted)
{
	unsigned int enabled = 0;
	char path[LINE_LEN];
	size_t i;

	for (i = 0; wanted[i]; i++) {
		enable_path(wanted[i], path, sizeof(path));
		if (write_file(dir, path, "1"))
			enabled++;
		else if (wanted != default_events)
			die(1, "no trace events '%s': %s%s: %s", wanted[i], dir, path,
			    strerror(errno));
	}
	return enabled;
}

static void make_instance(struct event_source *es, const struct source *s)
{
	char unique[NAME_LEN], *path;

	snprintf(unique, sizeof(unique), "/fragview-%d", (int)getpid());
	path = join(s->root, TRACEFS "/instances");
	es->instance = join(path, unique);
	free(path);
	if (mkdir(es->instance, 0700))
		die(1, "cannot make %s: %s", es->instance, strerror(errno));
	running = es;
	atexit(stop_at_exit);
}

/* NULL where there is no tracefs to use, or the kernel has none of the default events. */
struct event_source *events_start(const struct source *s, const char * const *wanted)
{
	struct event_source *es;
	char *path;

	path = join(s->root, TRACEFS "/instances");
	if (access(path, W_OK)) {
		if (wanted != default_events)
			die(1, "cannot use %s: run as root, with tracefs mounted at %s", path,
			    TRACEFS);
		free(path);
		return NULL;
	}
	free(path);
	es = calloc(1, sizeof(*es));
	if (!es)
		die(1, "out of memory");
	es->pipe = -1;
	make_instance(es, s);
	path = join(es->instance, "/trace_pipe");
	es->pipe = open(path, O_RDONLY | O_NONBLOCK);
	if (es->pipe < 0)
		die(1, "cannot read %s: %s", path, strerror(errno));
	free(path);
	if (enable_events(es->instance, wanted))
		return es;
	events_stop(es);
	return NULL;
}

static bool is_same(const char *a, size_t a_len, const char *b, size_t b_len)
{
	return a_len == b_len && !memcmp(a, b, a_len);
}

/*
 * Is it in the list, itself or its system?  Where the text does not tell the
 * system, it may be any that is wanted as a whole.
 */
static bool is_wanted(const struct trace_line *t, const char * const *wanted)
{
	for (; *wanted; wanted++) {
		const char *colon = strchr(*wanted, ':');
		size_t len = colon ? (size_t)(colon - *wanted) : strlen(*wanted);

		if (t->system_len && !is_same(*wanted, len, t->system, t->system_len))
			continue;
		if (!colon || is_same(colon + 1, strlen(colon + 1), t->name, t->name_len))
			return true;
	}
	return false;
}

/* Was it the line of an event, wanted or not?  All are if @wanted is NULL. */
static bool write_event(const char *line, const char * const *wanted, FILE *out)
{
	struct trace_line t;

	if (!parse_trace_line(line, &t) || !t.name_len)
		return false;
	if (!wanted || is_wanted(&t, wanted))
		fprintf(out, "event %.6f %.*s %s\n", t.time, (int)t.name_len, t.name, t.text);
	return true;
}

void events_drain(struct event_source *es, FILE *out)
{
	for (;;) {
		ssize_t n = read(es->pipe, es->partial + es->have,
				 sizeof(es->partial) - 1 - es->have);
		char *line = es->partial, *newline;
		unsigned long lost;

		if (n <= 0)
			return;
		es->have += n;
		es->partial[es->have] = '\0';
		while ((newline = strchr(line, '\n'))) {
			*newline = '\0';
			if (sscanf(line, "CPU:%*d [LOST %lu EVENTS]", &lost) == 1)
				es->lost += lost;
			write_event(line, NULL, out);
			line = newline + 1;
		}
		es->have -= line - es->partial;
		memmove(es->partial, line, es->have);
		if (es->have == sizeof(es->partial) - 1)
			es->have = 0;	/* no event is that long */
	}
}

void events_stop(struct event_source *es)
{
	running = NULL;
	if (es->pipe >= 0)
		close(es->pipe);
	if (es->lost)
		fprintf(stderr,
			"%s: %lu events were lost: take snapshots more often (--interval)\n",
			program, es->lost);
	if (rmdir(es->instance))
		fprintf(stderr,
			"%s: cannot remove %s: %s\n",
			program, es->instance, strerror(errno));
	free(es->instance);
	free(es);
}

void events_from_file(const char *path, const char * const *wanted, FILE *out)
{
	FILE *f = fopen(path, "r");
	bool events = false, other = false;
	char *line = NULL;
	size_t size = 0;

	if (!f)
		die(1, "cannot read %s: %s", path, strerror(errno));
	while (getline(&line, &size, f) > 0) {
		line[strcspn(line, "\r\n")] = '\0';
		if (write_event(line, wanted, out))
			events = true;
		else if (*line && *line != '#')
			other = true;
	}
	if (ferror(f))
		die(1, "cannot read %s: %s", path, strerror(errno));
	free(line);
	fclose(f);
	if (other && !events)
		die(1, "%s holds no trace events as tracefs, trace-cmd report or perf script print",
		    path);
}
