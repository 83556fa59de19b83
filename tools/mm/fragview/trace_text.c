// SPDX-License-Identifier: GPL-2.0
/*
 * fragview: a trace event as text, as three programs print it
 *
 *	   bash-12      [001] .....   12.345678: mm_page_alloc: order=3 ...	tracefs
 *	   bash-12      [001]    12.345678: mm_page_alloc:        order=3 ...	trace-cmd report
 *	   bash    12 [001]    12.345678: kmem:mm_page_alloc: order=3 ...	perf script
 *
 * A name may hold blanks, so what counts is the time, the first word that is a
 * decimal fraction with a colon.  Other clocks than seconds have no such word.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "fragview.h"

/* The word "12.345678:"; NULL if there is none. */
static const char *find_time(const char *line, double *time, const char **behind)
{
	const char *p;
	char *end;

	for (p = line + strspn(line, " \t"); *p; p += strspn(p, " \t")) {
		*time = strtod(p, &end);
		if (end > p && memchr(p, '.', end - p) && end[0] == ':' && end[1] == ' ') {
			*behind = end + 1;
			return p;
		}
		p += strcspn(p, " \t");
	}
	return NULL;
}

static const char *back_over_blanks(const char *line, const char *p)
{
	while (p > line && isspace((unsigned char)p[-1]))
		p--;
	return p;
}

/*
 * The thread: "bash-12", "bash 12", of "bash 11/12" the second, and perhaps the
 * process in parentheses behind it.  Each CPU has a thread 0 of its own.
 */
static int find_thread(const char *line, const char *end)
{
	const char *p = end, *bracket = NULL;
	int cpu = 0, thread;

	while (p-- > line && !bracket)
		if (*p == '[' && isdigit((unsigned char)p[1]))
			bracket = p;
	if (bracket) {
		cpu = atoi(bracket + 1);
		end = bracket;
	}
	p = back_over_blanks(line, end);
	if (p > line && p[-1] == ')') {
		while (p > line && *p != '(')
			p--;
		p = back_over_blanks(line, p);
	}
	while (p > line && isdigit((unsigned char)p[-1]))
		p--;
	thread = atoi(p);
	return thread ? thread : -1 - cpu;
}

bool parse_trace_line(const char *line, struct trace_line *t)
{
	const char *p, *word, *colon;
	size_t len;

	word = find_time(line, &t->time, &p);
	if (!word)
		return false;
	t->thread = find_thread(line, word);
	p += strspn(p, " ");
	/* perf script -F +period: a number before the event */
	len = strspn(p, "0123456789");
	if (len && p[len] == ' ')
		p += len + strspn(p + len, " ");

	t->system_len = 0;
	t->name_len = 0;
	t->system = p;
	t->name = p;
	t->text = p;
	len = strcspn(p, " ");
	if (!len || p[len - 1] != ':')
		return true;			/* "<stack trace>" */
	t->name_len = len - 1;
	colon = memchr(p, ':', t->name_len);
	if (colon) {
		t->system_len = colon - p;
		t->name = colon + 1;
		t->name_len -= t->system_len + 1;
	}
	t->text = p + len + strspn(p + len, " ");
	return true;
}

bool trace_line_is(const struct trace_line *t, const char *name)
{
	return strlen(name) == t->name_len && !memcmp(name, t->name, t->name_len);
}
