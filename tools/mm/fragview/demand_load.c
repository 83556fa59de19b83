// SPDX-License-Identifier: GPL-2.0
/*
 * fragview demand: what was counted, by call site
 *
 * A call site is the innermost function of a stack that does not belong to the
 * allocator, the slab included: who asks kmalloc() for 6000 bytes is the one
 * who could ask for less.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "demand.h"
#include "fragview.h"

/* Beginnings of names of the allocator's functions. */
static const char * const inner[] = {
	"trace_", "__trace_", "event_", "__traceiter_", "action_trace", "hist_", "__do_trace_",
	"___alloc_pages", "__alloc_pages", "alloc_pages", "__alloc_frozen", "alloc_frozen",
	"folio_alloc", "__folio_alloc", "vma_alloc_folio", "filemap_alloc_folio", "__get_free_page",
	"get_free_pages", "get_zeroed_page", "new_slab", "allocate_slab", "alloc_slab_page",
	"___slab_alloc", "__slab_alloc", "refill_", "__refill_", "alloc_from_", "__pcs_",
	"kmem_cache_alloc", "__kmem_cache_alloc", "__kmalloc", "kmalloc", "___kmalloc",
	"__kvmalloc", "kvmalloc", "krealloc", "__do_kmalloc", "__do_krealloc",
	"try_to_free_pages", "do_try_to_free", "try_to_compact_pages", "compact_zone",
	"__perform_reclaim", "slab_alloc", "alloc_pages_mpol", "alloc_single_from",
};

static bool is_inner(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(inner); i++)
		if (!strncmp(name, inner[i], strlen(inner[i])))
			return true;
	return false;
}

/* "         __kmalloc_noprof+0x10/0x20 [mod]" -> "__kmalloc [mod]" */
void frame_name(const char *line, char *name, size_t len)
{
	const char *module = strchr(line, '[');
	size_t n;

	line += strspn(line, " \t");
	n = strcspn(line, "+ \r\n");
	if (n > 7 && !strncmp(line + n - 7, "_noprof", 7))
		n -= 7;
	if (module)
		snprintf(name, len, "%.*s %.*s", (int)n, line,
			 (int)strcspn(module, "\r\n"), module);
	else
		snprintf(name, len, "%.*s", (int)n, line);
}

static struct row *row_of(struct demand *d, const struct counted *e)
{
	struct row new = { .order = e->order };
	int site = 0;
	size_t i;

	while (site < e->nr && is_inner(e->frames[site]))
		site++;
	snprintf(new.site, sizeof(new.site), "%s", site < e->nr ? e->frames[site] : "?");
	snprintf(new.caller, sizeof(new.caller), "%s",
		 site + 1 < e->nr ? e->frames[site + 1] : "?");
	for (i = 0; i < d->nr_rows; i++)
		if (d->rows[i].order == new.order && !strcmp(d->rows[i].site, new.site) &&
		    !strcmp(d->rows[i].caller, new.caller))
			return &d->rows[i];
	d->rows = grow(d->rows, d->nr_rows, sizeof(new));
	d->rows[d->nr_rows] = new;
	return &d->rows[d->nr_rows++];
}

static void add_stack(struct demand *d, const struct counted *e)
{
	struct stack s = {
		.table = e->table, .order = e->order, .hits = e->hits, .usecs = e->usecs,
	};
	size_t size = 1;
	int i;

	for (i = 0; i < e->nr; i++)
		size += strlen(e->frames[i]) + 1;
	s.frames = calloc(size, 1);
	if (!s.frames)
		die(1, "out of memory");
	for (i = e->nr - 1; i >= 0; i--) {
		strcat(s.frames, e->frames[i]);
		if (i)
			strcat(s.frames, ";");
	}
	d->stacks = grow(d->stacks, d->nr_stacks, sizeof(s));
	d->stacks[d->nr_stacks++] = s;
}

static void add_requests(struct demand *d, struct row *r, const struct counted *e)
{
	r->requests += e->hits;
	if (!e->nr)
		d->stackless += e->hits;
	if (e->hits <= r->gfp_requests)
		return;
	free(r->gfp);
	r->gfp = join(e->gfp, "");
	r->gfp_requests = e->hits;
}

void demand_add(struct demand *d, const struct counted *e)
{
	struct row *r;

	if (e->order < d->min_order)
		return;
	r = row_of(d, e);
	switch (e->table) {
	case REQUESTS:
		add_requests(d, r, e);
		break;
	case FAILURES:
		r->failed += e->hits;
		break;
	case RECLAIM:
		r->reclaims += e->hits;
		r->reclaim_us += e->usecs;
		break;
	case COMPACTION:
		r->compactions += e->hits;
		r->compaction_us += e->usecs;
		break;
	case NR_TABLES:
		return;
	}
	add_stack(d, e);
}

static unsigned long long field(const char *line, const char *name, int base)
{
	const char *at = strstr(line, name);

	return at ? strtoull(at + strlen(name), NULL, base) : 0;
}

static enum table table_of(const char *line)
{
	if (!strncmp(line, "hist requests", 13))
		return REQUESTS;
	if (!strncmp(line, "hist reclaim", 12))
		return RECLAIM;
	if (!strncmp(line, "hist compaction", 15))
		return COMPACTION;
	return NR_TABLES;
}

/* What the kernel counted: where in it we are. */
struct counts {
	char *print_fmt;
	struct counted e;
	bool inside, whole;
};

static void begin_entry(struct counts *c, const char *line)
{
	enum table table = c->e.table;

	memset(&c->e, 0, sizeof(c->e));
	c->e.table = table;
	c->e.order = field(line, " order: ", 10);
	if (table == REQUESTS || table == FAILURES)
		gfp_text(c->print_fmt, field(line, "gfp_flags: ", 16), c->e.gfp, sizeof(c->e.gfp));
	c->inside = true;
}

static void end_entry(struct counts *c, struct demand *d, const char *line)
{
	c->e.hits = field(line, "hitcount: ", 10);
	c->e.usecs = field(line, "usecs: ", 10);
	demand_add(d, &c->e);
	c->inside = false;
}

static void take_count(struct counts *c, struct demand *d, const char *line)
{
	if (!strcmp(line, "end")) {
		c->whole = true;
	} else if (!strncmp(line, "seconds ", 8)) {
		d->seconds = strtod(line + 8, NULL);
	} else if (!strncmp(line, "gfp ", 4)) {
		free(c->print_fmt);
		c->print_fmt = join(line + 4, "");
	} else if (!strncmp(line, "hist ", 5)) {
		c->e.table = table_of(line);
	} else if (!strncmp(line, "# trigger info: ", 16)) {
		/* one event has two tables, told apart by their filters */
		if (c->e.table == REQUESTS || c->e.table == FAILURES)
			c->e.table = strstr(line, "pfn ==") ? FAILURES : REQUESTS;
	} else if (line[0] == '{') {
		begin_entry(c, line);
	} else if (c->inside && line[0] == '}') {
		end_entry(c, d, line);
	} else if (c->inside && c->e.nr < MAX_FRAMES) {
		frame_name(line, c->e.frames[c->e.nr++], sizeof(c->e.frames[0]));
	} else if (strstr(line, "Dropped: ")) {
		d->dropped += field(line, "Dropped: ", 10);
	}
}

/* Counts from their first line on; else a trace, if there is one of its events. */
void demand_load(struct demand *d, FILE *f, const char *path)
{
	struct counts counts = { .e.table = NR_TABLES };
	bool counted = false, traced = false;
	char *line = NULL;
	size_t size = 0;

	while (!counts.whole && getline(&line, &size, f) > 0) {
		line[strcspn(line, "\r\n")] = '\0';
		if (counted)
			take_count(&counts, d, line);
		else if (!traced && !strcmp(line, "demand 1"))
			counted = true;
		else if (demand_text(d, line))
			traced = true;
	}
	if (ferror(f))
		die(1, "cannot read %s: %s", path, strerror(errno));
	free(line);
	free(counts.print_fmt);
	if (counted && !counts.whole)
		die(1, "%s ends within a count: make one with 'fragview demand --out FILE'", path);
	if (!counted && !traced)
		die(1, "%s holds neither counts of 'demand --out' nor mm_page_alloc events", path);
	if (traced)
		demand_text_end(d);
}
