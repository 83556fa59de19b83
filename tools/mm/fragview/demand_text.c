// SPDX-License-Identifier: GPL-2.0
/*
 * fragview demand: a trace as text, as tracefs, trace-cmd and perf script print it
 *
 * For kernels without histogram triggers, and for what has been recorded already:
 *
 *	kmem:mm_page_alloc				a request, in vain or not
 *	vmscan:mm_vmscan_direct_reclaim_begin, _end	its caller waits
 *	compaction:mm_compaction_try_to_compact_pages	for which order it will
 *	compaction:mm_compaction_begin, _end		its caller waits, zone by zone
 *
 * A call stack stands below its event, in perf's text at once, in that of tracefs
 * maybe with events of other threads between:
 *
 *		ffffffff81234567 __kmalloc_noprof+0x17 ([kernel.kallsyms])	perf
 *	 bash-12 [001] ..... 12.345678: <stack trace>				tracefs
 *	 => __kmalloc_noprof+0x17/0x20
 *
 * What is not promised: a stack that an interrupt's event comes before, in the same
 * thread, is lost.
 */
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "demand.h"
#include "fragview.h"

struct thread {
	int id;
	struct thread *next;
	struct counted *pending;	/* waits for its stack */
	unsigned int order;		/* of the reclaim */
	int compacts;			/* the order asked for, -1: for nobody */
	double reclaim_since, compaction_since;		/* -1: not in it */
};

/* The same stack, order and mask are counted together. */
struct sum {
	struct sum *next;
	struct counted e;		/* as many frames as there are */
};

/* What has been read so far. */
static struct {
	void *threads, *sums;		/* trees */
	struct thread *all_threads;
	struct sum *first, **last;
	struct counted *current;	/* frames that follow are of this one */
	bool any;
	double from, to;
} trace = { .last = &trace.first };

static int by_id(const void *a, const void *b)
{
	const struct thread *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static int by_content(const void *a, const void *b)
{
	const struct counted *x = &((const struct sum *)a)->e, *y = &((const struct sum *)b)->e;
	int order;

	if (x->table != y->table)
		return x->table < y->table ? -1 : 1;
	if (x->order != y->order)
		return x->order < y->order ? -1 : 1;
	if (x->nr != y->nr)
		return x->nr < y->nr ? -1 : 1;
	order = strcmp(x->gfp, y->gfp);
	return order ? order : memcmp(x->frames, y->frames, x->nr * sizeof(x->frames[0]));
}

static void *insert(const void *key, void **tree, int (*compare)(const void *, const void *))
{
	void *node = tsearch(key, tree, compare);

	if (!node)
		die(1, "out of memory");
	return *(void **)node;
}

static void *allocate(size_t size)
{
	void *p = calloc(1, size);

	if (!p)
		die(1, "out of memory");
	return p;
}

static struct thread *thread_of(int id)
{
	struct thread key = { .id = id }, *t;
	void *node = tfind(&key, &trace.threads, by_id);

	if (node)
		return *(struct thread **)node;
	t = allocate(sizeof(*t));
	*t = (struct thread){
		.id = id, .next = trace.all_threads, .compacts = -1,
		.reclaim_since = -1, .compaction_since = -1,
	};
	trace.all_threads = t;
	return insert(t, &trace.threads, by_id);
}

static void count(const struct counted *e)
{
	size_t size = offsetof(struct sum, e.frames) + e->nr * sizeof(e->frames[0]);
	struct sum *new = allocate(size), *s;

	memcpy(&new->e, e, size - offsetof(struct sum, e));
	s = insert(new, &trace.sums, by_content);
	if (s != new) {
		s->e.hits += e->hits;
		s->e.usecs += e->usecs;
		free(new);
		return;
	}
	*trace.last = s;
	trace.last = &s->next;
}

/* No more frames will come for what this thread did last. */
static void finish(struct thread *t)
{
	if (!t->pending)
		return;
	count(t->pending);
	if (trace.current == t->pending)
		trace.current = NULL;
	free(t->pending);
	t->pending = NULL;
}

static struct counted *expect_stack(struct thread *t, enum table kind, unsigned int order)
{
	struct counted *e = allocate(sizeof(*e));

	e->table = kind;
	e->order = order;
	e->hits = 1;
	t->pending = e;
	trace.current = e;
	return e;
}

static long long number(const struct trace_line *t, const char *name)
{
	const char *at = strstr(t->text, name);

	return at ? strtoll(at + strlen(name), NULL, 0) : 0;
}

/* What got nothing has the page frame number 0, or -1 where the fields are raw. */
static bool is_in_vain(const struct trace_line *t)
{
	const char *at = strstr(t->text, "pfn=");
	unsigned long long pfn = at ? strtoull(at + 4, NULL, 0) : 1;

	return !pfn || !~pfn;
}

static void take_request(struct thread *thread, const struct trace_line *t)
{
	const char *gfp = strstr(t->text, "gfp_flags=");
	struct counted *e;

	thread->compacts = -1;
	e = expect_stack(thread, is_in_vain(t) ? FAILURES : REQUESTS, number(t, "order="));
	if (gfp)
		snprintf(e->gfp, sizeof(e->gfp), "%.*s", (int)strcspn(gfp + 10, " "), gfp + 10);
}

static void take_wait(struct thread *thread, enum table kind, unsigned int order,
		      double *since, double now)
{
	if (*since < 0)
		return;
	expect_stack(thread, kind, order)->usecs = (now - *since) * 1e6 + 0.5;
	*since = -1;
}

static bool take_event(const struct trace_line *t)
{
	static const char * const names[] = {
		"mm_page_alloc", "mm_vmscan_direct_reclaim_begin", "mm_vmscan_direct_reclaim_end",
		"mm_compaction_try_to_compact_pages", "mm_compaction_begin", "mm_compaction_end",
	};
	struct thread *thread = thread_of(t->thread);
	size_t i;

	finish(thread);
	trace.current = NULL;
	for (i = 0; i < ARRAY_SIZE(names) && !trace_line_is(t, names[i]); i++)
		;
	switch (i) {
	case 0:
		take_request(thread, t);
		break;
	case 1:
		thread->order = number(t, "order=");
		thread->reclaim_since = t->time;
		break;
	case 2:
		take_wait(thread, RECLAIM, thread->order, &thread->reclaim_since, t->time);
		break;
	case 3:
		thread->compacts = number(t, "order=");
		break;
	case 4:
		thread->compaction_since = thread->compacts < 0 ? -1 : t->time;
		break;
	case 5:
		take_wait(thread, COMPACTION, thread->compacts, &thread->compaction_since, t->time);
		break;
	default:
		return false;
	}
	if (!trace.any)
		trace.from = t->time;
	trace.to = t->time;
	trace.any = true;
	return true;
}

/* The object of a frame, as perf names it, is one of these, a module or a file. */
static bool is_no_module(const char *dso)
{
	static const char * const others[] = {
		"[kernel", "[guest", "[unknown", "[vdso", "[vsyscall", "[heap", "[stack", "[anon",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(others); i++)
		if (!strncmp(dso, others[i], strlen(others[i])))
			return true;
	return false;
}

/* "[alloc_burst])" or "/lib/modules/.../alloc_burst.ko.xz)" */
static void add_module(char *name, size_t len, const char *dso)
{
	const char *base = strrchr(dso, '/'), *ko = base ? strstr(base, ".ko") : NULL;
	size_t used = strlen(name);

	if (dso[0] == '[' && !is_no_module(dso))
		snprintf(name + used, len - used, " [%.*s]", (int)strcspn(dso + 1, "])"), dso + 1);
	else if (ko)
		snprintf(name + used, len - used, " [%.*s]", (int)(ko - base - 1), base + 1);
}

/* Ends the text where its object begins, at the last " (", and returns that. */
static char *cut_object(char *text)
{
	char *at = NULL, *next;

	for (next = strstr(text, " ("); next; next = strstr(next + 1, " ("))
		if (strncmp(next, " (deleted)", 10))
			at = next;
	if (!at)
		return NULL;
	*at = '\0';
	return at + 2;
}

/* "   ffffffff81234567 __kmalloc_noprof+0x17 ([kernel.kallsyms])" */
static bool take_perf_frame(char *line, char *name, size_t len)
{
	char *symbol = line + strspn(line, " \t"), *dso, *p;
	size_t digits = strspn(symbol, "0123456789abcdef"), n;

	if (symbol == line || !digits || symbol[digits] != ' ')
		return false;
	symbol += digits + 1;
	dso = cut_object(symbol);
	p = dso ? strrchr(dso, '/') : NULL;
	if (p && !strcmp(symbol, "[unknown]")) {	/* of which file, at least */
		snprintf(name, len, "[%.*s]", (int)strcspn(p + 1, " )"), p + 1);
		return true;
	}
	while ((p = strchr(symbol, ';')))
		*p = ':';				/* would end a folded frame */
	p = strrchr(symbol, '+');
	if (p && !strncmp(p, "+0x", 3))
		*p = '\0';
	n = strlen(symbol);
	if (n > 7 && !strcmp(symbol + n - 7, "_noprof"))
		symbol[n - 7] = '\0';
	snprintf(name, len, "%s", symbol);
	if (dso)
		add_module(name, len, dso);
	return true;
}

static void take_frame(struct counted *e, char *line)
{
	const char *arrow = line + strspn(line, " \t");

	if (e->nr == MAX_FRAMES)
		return;
	if (!strncmp(arrow, "=> trace_event_raw_event_", 25))
		return;			/* the tracer itself, which perf leaves out */
	if (!strncmp(arrow, "=> ", 3))
		frame_name(arrow + 3, e->frames[e->nr++], sizeof(e->frames[0]));
	else
		e->nr += take_perf_frame(line, e->frames[e->nr], sizeof(e->frames[0]));
}

static unsigned long lost_events(const char *line)
{
	unsigned long kept, all;

	if (sscanf(line, "CPU:%*d [LOST %lu EVENTS]", &all) == 1)
		return all;
	if (sscanf(line, "# entries-in-buffer/entries-written: %lu/%lu", &kept, &all) == 2)
		return all - kept;
	return 0;
}

bool demand_text(struct demand *d, char *line)
{
	struct trace_line t;

	if (!parse_trace_line(line, &t)) {
		d->lost += lost_events(line);
		if (trace.current)
			take_frame(trace.current, line);
		return false;
	}
	if (!strncmp(t.text, "<stack trace", 12)) {
		trace.current = thread_of(t.thread)->pending;
		return false;
	}
	return take_event(&t);
}

void demand_text_end(struct demand *d)
{
	struct thread *t;
	struct sum *s;

	for (t = trace.all_threads; t; t = t->next)
		finish(t);
	d->seconds = trace.to - trace.from;
	for (s = trace.first; s; s = s->next) {
		struct counted e = { };

		memcpy(&e, &s->e, offsetof(struct counted, frames) +
		       s->e.nr * sizeof(e.frames[0]));
		demand_add(d, &e);
		if (e.table != FAILURES)
			continue;
		e.table = REQUESTS;	/* what is in vain is asked for, too */
		demand_add(d, &e);
	}
}
