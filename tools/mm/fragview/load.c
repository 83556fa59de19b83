// SPDX-License-Identifier: GPL-2.0
/* fragview report: a recording into memory */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fragview.h"

struct loader {
	struct recording *r;
	const char *path, *only_zone;
	unsigned long line;
	struct snapshot *snap;		/* between "snapshot" and "end" */
};

__noreturn
static void bad_line(const struct loader *l)
{
	die(1,
	    "%s:%lu: not a line that 'fragview record' writes: record again, or cut the file to whole snapshots",
	    l->path, l->line);
}

static int zone_index(struct snapshot *s, int node, const char *name)
{
	size_t i;

	for (i = 0; i < s->nr_zones; i++)
		if (s->zones[i].node == node && !strcmp(s->zones[i].name, name))
			return i;
	return -1;
}

static void take_zone(struct loader *l, const char *text)
{
	struct snapshot *s = l->snap;
	struct zone z = { };

	if (sscanf(text, "%d %31s %lu %lu %lu %lu %lu", &z.node, z.name, &z.start, &z.spanned,
		   &z.present, &z.managed, &z.percpu) != 7)
		bad_line(l);
	if (l->only_zone && strcmp(l->only_zone, z.name))
		return;
	s->zones = grow(s->zones, s->nr_zones, sizeof(z));
	s->zones[s->nr_zones++] = z;
}

static void take_buddy(struct loader *l, char *text)
{
	char name[NAME_LEN], *word;
	struct zone *z;
	int node, at, i;

	if (sscanf(text, "%d %31s%n", &node, name, &at) != 2)
		bad_line(l);
	i = zone_index(l->snap, node, name);
	if (i < 0)
		return;
	z = &l->snap->zones[i];
	for (word = strtok(text + at, " "); word; word = strtok(NULL, " ")) {
		if (z->orders == MAX_ORDERS)
			bad_line(l);
		z->areas[z->orders++] = strtoul(word, NULL, 10);
	}
}

static void take_vmstat(struct loader *l, const char *text)
{
	struct snapshot *s = l->snap;
	struct counter c;

	if (sscanf(text, "%63s %llu", c.name, &c.value) != 2)
		bad_line(l);
	s->counters = grow(s->counters, s->nr_counters, sizeof(c));
	s->counters[s->nr_counters++] = c;
}

static void take_content(struct loader *l, struct block *b, char *text)
{
	char *word, *equals;
	int c;

	for (word = strtok(text, " "); word; word = strtok(NULL, " ")) {
		equals = strchr(word, '=');
		if (!equals)
			bad_line(l);
		*equals = '\0';
		for (c = 0; c < NR_CONTENTS; c++)
			if (!strcmp(word, content_name[c]))
				b->content[c] = strtoul(equals + 1, NULL, 10);
		b->has_content = true;
	}
}

static void take_block(struct loader *l, char *text)
{
	struct snapshot *s = l->snap;
	struct block b = { };
	char zone[NAME_LEN];
	int node, at;

	if (sscanf(text, "%d %31s %lu %31s %31s %u%n", &node, zone, &b.pfn,
		   b.mobility, b.class, &b.free, &at) != 6)
		bad_line(l);
	b.zone = zone_index(s, node, zone);
	if (b.zone < 0)
		return;
	if (s->block_order >= MAX_ORDERS || b.free > 1U << s->block_order)
		bad_line(l);
	take_content(l, &b, text + at);
	s->blocks = grow(s->blocks, s->nr_blocks, sizeof(b));
	s->blocks[s->nr_blocks++] = b;
}

/* kdefragd's and compaction's events tell in a word how it ended. */
static void name_lane(struct event *e)
{
	static const char * const words[] = { " outcome=", " status=" };
	const char *end = NULL;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words) && !end; i++) {
		end = strstr(e->text, words[i]);
		if (end)
			end += strlen(words[i]);
	}
	if (end)
		snprintf(e->lane, sizeof(e->lane), "%s %.*s", e->name, (int)strcspn(end, " "), end);
	else
		snprintf(e->lane, sizeof(e->lane), "%s", e->name);
}

static void take_event(struct loader *l, char *text)
{
	struct recording *r = l->r;
	struct event e;
	int at = 0;

	if (sscanf(text, "%lf %63s %n", &e.time, e.name, &at) != 2 || !at)
		bad_line(l);
	e.text = join(text + at, "");
	name_lane(&e);
	r->events = grow(r->events, r->nr_events, sizeof(e));
	r->events[r->nr_events++] = e;
}

static void begin_snapshot(struct loader *l, const char *text)
{
	struct recording *r = l->r;

	if (strtoul(text, NULL, 10) != FORMAT_VERSION)
		die(1,
		    "%s:%lu: version %s of the format, this program knows %d: use the program that wrote it",
		    l->path, l->line, text, FORMAT_VERSION);
	r->snaps = grow(r->snaps, r->nr_snaps, sizeof(*r->snaps));
	l->snap = &r->snaps[r->nr_snaps++];
	memset(l->snap, 0, sizeof(*l->snap));
}

static int by_pfn(const void *a, const void *b)
{
	const struct block *x = a, *y = b;

	return x->pfn < y->pfn ? -1 : x->pfn > y->pfn;
}

static void end_snapshot(struct loader *l)
{
	struct snapshot *s = l->snap;

	if (!s->page_size || !s->nr_zones)
		die(1,
		    "%s:%lu: the snapshot that ends here has no %s: record again%s",
			l->path, l->line,
		    s->page_size ? "such zone" : "page_size",
		    l->only_zone ? ", or leave --zone out" : "");
	if (s->nr_blocks)
		qsort(s->blocks, s->nr_blocks, sizeof(*s->blocks), by_pfn);
	l->snap = NULL;
}

static void take_line(struct loader *l, char *line)
{
	char *text = strchr(line, ' ');

	if (text)
		*text++ = '\0';
	else
		text = line + strlen(line);

	if (!strcmp(line, "snapshot") && *text >= '0' && *text <= '9')
		begin_snapshot(l, text);
	else if (!strcmp(line, "event") && !l->snap)
		take_event(l, text);
	else if (!l->snap)
		return;
	else if (!strcmp(line, "kernel"))
		snprintf(l->snap->kernel, sizeof(l->snap->kernel), "%s", text);
	else if (!strcmp(line, "uptime"))
		l->snap->uptime = strtod(text, NULL);
	else if (!strcmp(line, "page_size"))
		l->snap->page_size = strtoul(text, NULL, 10);
	else if (!strcmp(line, "block_order"))
		l->snap->block_order = strtoul(text, NULL, 10);
	else if (!strcmp(line, "zone"))
		take_zone(l, text);
	else if (!strcmp(line, "buddy"))
		take_buddy(l, text);
	else if (!strcmp(line, "vmstat"))
		take_vmstat(l, text);
	else if (!strcmp(line, "block"))
		take_block(l, text);
	else if (!strcmp(line, "end"))
		end_snapshot(l);
}

void load(struct recording *r, const char *path, const char *only_zone)
{
	struct loader l = { .r = r, .path = path, .only_zone = only_zone };
	FILE *f = strcmp(path, "-") ? fopen(path, "r") : stdin;
	char line[LINE_LEN];

	if (!f)
		die(1, "cannot read %s: %s", path, strerror(errno));
	r->path = path;
	while (fgets(line, sizeof(line), f)) {
		l.line++;
		line[strcspn(line, "\r\n")] = '\0';
		take_line(&l, line);
	}
	if (ferror(f))
		die(1, "cannot read %s: %s", path, strerror(errno));
	if (f != stdin)
		fclose(f);
	if (l.snap)
		die(1, "%s ends within a snapshot: record again", path);
	if (!r->nr_snaps)
		die(1,
		    "%s holds no snapshot: make one with 'fragview record --out %s'",
			path, path);
}

const struct counter *find_counter(const struct snapshot *s, const char *name)
{
	size_t i;

	for (i = 0; i < s->nr_counters; i++)
		if (!strcmp(s->counters[i].name, name))
			return &s->counters[i];
	return NULL;
}
