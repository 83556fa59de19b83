// SPDX-License-Identifier: GPL-2.0
/*
 * fragview record: the trace events of one system, as lines of text
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

struct event_source {
	char *instance;
	const char *system;
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

/* NULL where the kernel has no such events, or there is no tracefs to use. */
struct event_source *events_start(const struct source *s, const char *system)
{
	struct event_source *es;
	char *dir, *path, enable[LINE_LEN], unique[NAME_LEN];

	if (!system)
		return NULL;
	snprintf(enable, sizeof(enable), TRACEFS "/events/%s/enable", system);
	path = join(s->root, enable);
	if (access(path, W_OK)) {
		free(path);
		return NULL;
	}
	free(path);
	snprintf(unique, sizeof(unique), "/fragview-%d", (int)getpid());
	path = join(s->root, TRACEFS "/instances");
	dir = join(path, unique);
	free(path);
	if (mkdir(dir, 0700))
		die(1, "cannot make %s: %s", dir, strerror(errno));

	es = calloc(1, sizeof(*es));
	if (!es)
		die(1, "out of memory");
	es->instance = dir;
	es->system = "";
	running = es;
	atexit(stop_at_exit);
	path = join(dir, "/trace_pipe");
	es->pipe = open(path, O_RDONLY | O_NONBLOCK);
	free(path);
	snprintf(enable, sizeof(enable), "/events/%s/enable", system);
	if (es->pipe < 0 || !write_file(dir, enable, "1"))
		die(1, "cannot trace in %s: %s", dir, strerror(errno));
	return es;
}

/* "kdefragd:defrag_pass" is of the system kdefragd; without one, of any. */
static bool is_of_system(const char *name, size_t len, const char *system)
{
	const char *colon = memchr(name, ':', len);

	return !*system || !colon ||
	       (strlen(system) == (size_t)(colon - name) &&
		!memcmp(name, system, colon - name));
}

/*
 * "task-12 [001] ..... 12.345678: defrag_pass: nid=0 zid=1 order=9", and with a
 * system before the name in what trace-cmd and perf print.
 */
static void write_event(const char *line, const char *system, FILE *out)
{
	const char *p = line, *name;
	char *end;
	double time;

	for (; *p; p += strcspn(p, " \t")) {
		p += strspn(p, " \t");
		time = strtod(p, &end);
		if (end == p || !memchr(p, '.', end - p) || *end != ':' || end[1] != ' ')
			continue;
		name = end + 1 + strspn(end + 1, " ");
		p = name + strcspn(name, " ");
		if (p == name || p[-1] != ':')
			return;
		if (!is_of_system(name, p - 1 - name, system))
			return;
		fprintf(out, "event %.6f %.*s%s\n", time, (int)(p - 1 - name), name, p);
		return;
	}
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
			write_event(line, es->system, out);
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

void events_from_file(const char *path, const char *system, FILE *out)
{
	FILE *f = fopen(path, "r");
	char line[LINE_LEN];

	if (!f)
		die(1, "cannot read %s: %s", path, strerror(errno));
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\r\n")] = '\0';
		write_event(line, system, out);
	}
	fclose(f);
}
