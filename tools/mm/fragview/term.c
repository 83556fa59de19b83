// SPDX-License-Identifier: GPL-2.0
/* fragview report: on a terminal */
#include <stdlib.h>
#include <string.h>

#include "fragview.h"

#define LABEL	11	/* columns of a row's address */
#define GAP	2	/* between two maps */
#define SHADES	4

static double mib(const struct view *v, unsigned long pages)
{
	return (double)pages * v->snaps[0]->page_size / (1 << 20);
}

static void heading(const struct view *v, const char *text, FILE *out)
{
	fprintf(out, v->colour ? "\n\033[1m%s\033[m\n" : "\n%s\n", text);
}

/* Without colours: a letter, capital from half full. */
static char letter(const struct cell *c, enum look look)
{
	char l = look_style[look].letter;

	if (c->foreign)
		l = 'x';
	if (l >= 'a' && l <= 'z' && cell_shade(c, look, 2))
		l -= 'a' - 'A';
	return l;
}

static void print_cell(const struct view *v, const struct cell *c, FILE *out)
{
	enum look look;

	if (!c->blocks) {
		fputs(v->colour ? "\033[m " : " ", out);
		return;
	}
	look = cell_look(c);
	if (v->colour)
		fprintf(out, "\033[38;5;16;48;5;%dm%c",
			look_style[look].shade[cell_shade(c, look, SHADES)],
			c->foreign ? '*' : ' ');
	else
		fputc(letter(c, look), out);
}

static void print_row(const struct view *v, const struct grid *g, size_t from,
		      unsigned int columns, FILE *out)
{
	int which;
	size_t i;

	fprintf(out, "%*llx ", LABEL - 1,
		(unsigned long long)g->cells[0 + !g->cells[0]][from].pfn * v->snaps[0]->page_size);
	for (which = 0; which < 2 && v->snaps[which]; which++) {
		if (which)
			fprintf(out, "%*s", GAP, "");
		for (i = from; i < from + columns; i++) {
			if (i < g->nr)
				print_cell(v, &g->cells[which][i], out);
			else if (!which && v->snaps[1])
				fputs(v->colour ? "\033[m " : " ", out);
		}
		if (v->colour)
			fputs("\033[m", out);
	}
	fputc('\n', out);
}

/* A power of two, or a multiple of 16, so that rows begin at round addresses. */
static unsigned int columns_of(const struct view *v)
{
	unsigned int maps = v->snaps[1] ? 2 : 1;
	unsigned int room = (v->width - LABEL - (maps - 1) * GAP) / maps;

	return room >= 64 ? 64 : room >= 32 ? 32 : room >= 16 ? 16 : 8;
}

static void print_map(const struct view *v, FILE *out)
{
	unsigned int columns = columns_of(v);
	struct grid *grids;
	size_t nr = make_grids(v->snaps, columns, v->rows, &grids), i, from;
	char title[LINE_LEN], size[32];

	for (i = 0; i < nr; i++) {
		const struct grid *g = &grids[i];
		double bytes = (double)g->per_cell * v->snaps[0]->page_size *
			       (1UL << v->snaps[0]->block_order);

		snprintf(title, sizeof(title), "Node %d, zone %s: %u page block%s to a cell, %s",
			 g->node, g->zone, g->per_cell, g->per_cell > 1 ? "s" : "",
			 amount(bytes, size, sizeof(size)));
		heading(v, title, out);
		if (v->snaps[1])
			fprintf(out, "%*s %-*s%*s%s\n", LABEL - 1, "address", columns, "before",
				GAP, "", "after");
		else
			fprintf(out, "%*s\n", LABEL - 1, "address");
		for (from = 0; from < g->nr; from += columns)
			if (!row_is_empty(g, from, columns))
				print_row(v, g, from, columns, out);
		free(g->cells[0]);
		free(g->cells[1]);
	}
	free(grids);
}

static void print_legend(const struct view *v, FILE *out)
{
	const char *gap = "\n";
	int look, shade;

	for (look = 0; look < NR_LOOKS; look++) {
		const struct look_style *s = &look_style[look];

		if (!v->metrics[0].looks[look] && !v->metrics[1].looks[look])
			continue;
		fputs(gap, out);
		gap = "  ";
		if (!v->colour) {
			fprintf(out, "%c %s", s->letter, s->name);
			continue;
		}
		for (shade = 0; shade < SHADES; shade++)
			if (!shade || s->shade[shade] != s->shade[0])
				fprintf(out, "\033[48;5;%dm ", s->shade[shade]);
		fprintf(out, "\033[m %s", s->name);
	}
	fputs(v->colour ?
		"\nshades: emptiest to fullest; * movable, but holds pages that cannot move\n"
	      :
		"\ncapital: at least half full; x movable, but holds pages that cannot move\n",
		out);
}

static void print_numbers(const struct view *v, FILE *out)
{
	int i;

	heading(v, "In numbers", out);
	for (i = 0; i < 2 && v->snaps[i]; i++) {
		const struct metrics *m = &v->metrics[i];

		fprintf(out,
			"%-8s%.0f MiB free; whole free blocks: %lu of %lu that this could make (%.2f)\n",
			v->snaps[1] ? i ? "after" : "before" : "", mib(v, m->free_pages), m->whole,
			m->possible, m->possible ? (double)m->whole / m->possible : 1.0);
		if (!m->content)
			continue;
		fprintf(out,
			"%-8s%lu blocks hold pages that cannot move, %lu could hold them; %lu of these are movable\n",
			"", m->tainted, m->fewest, m->foreign);
		fprintf(out,
			"%-8s%lu pages may be the kernel's or in the per-CPU lists, which hold %lu\n",
			"", m->plain, m->percpu);
	}
}

/* "MiB" or "share" by order, one line for each snapshot */
static void print_by_order(const struct view *v, FILE *out)
{
	int orders = v->metrics[0].orders, i, o;

	if (v->metrics[1].orders > orders)
		orders = v->metrics[1].orders;
	heading(v, "Free memory by order, in MiB", out);
	fprintf(out, "%-7s", "order");
	for (o = 0; o < orders; o++)
		fprintf(out, " %5d", o);
	fputc('\n', out);
	for (i = 0; i < 2 && v->snaps[i]; i++) {
		fprintf(out, "%-7s", v->snaps[1] ? i ? "after" : "before" : "free");
		for (o = 0; o < orders; o++)
			fprintf(out, " %5.0f", mib(v, v->metrics[i].areas[o] << o));
		fputc('\n', out);
	}
	heading(v, "Unusable for the order: share of the free memory in smaller areas", out);
	for (i = 0; i < 2 && v->snaps[i]; i++) {
		fprintf(out, "%-7s", v->snaps[1] ? i ? "after" : "before" : "share");
		for (o = 0; o < orders; o++)
			fprintf(out, " %5.2f", v->metrics[i].unusable[o]);
		fputc('\n', out);
	}
}

static void print_changes(const struct view *v, FILE *out)
{
	unsigned long long before;
	const char *name;
	long long change;
	size_t i = 0;
	bool any = false;

	while (next_change(v, &i, &name, &before, &change)) {
		if (!any)
			heading(v, "What changed in /proc/vmstat", out);
		any = true;
		fprintf(out, "%-36s %14llu %+14lld\n", name, before, change);
	}
}

static void print_lane(const struct view *v, const char *lane, double from, double span, FILE *out)
{
	static const char level[] = " .:-=+*#";
	unsigned int width = v->width > 52 ? v->width - 48 : 20, i, total = 0;
	unsigned int *hits = calloc(width, sizeof(*hits));
	size_t e;
	int r;

	if (!hits)
		die(1, "out of memory");
	for (r = 0; r < 2 && v->recordings[r]; r++) {
		for (e = 0; e < v->recordings[r]->nr_events; e++) {
			const struct event *event = &v->recordings[r]->events[e];

			if (strcmp(event->lane, lane))
				continue;
			hits[(unsigned int)((event->time - from) / span * (width - 1))]++;
			total++;
		}
	}
	fprintf(out, "%-36s%8u |", lane, total);
	for (i = 0; i < width; i++) {
		unsigned int l = 0;

		while (l + 2 < sizeof(level) && hits[i] >> l)
			l++;
		fputc(level[l], out);
	}
	fputs("|\n", out);
	free(hits);
}

static void print_events(const struct view *v, FILE *out)
{
	const char **lanes;
	double from, to;
	size_t nr, i;

	lanes = event_lanes(v, &nr, &from, &to);
	if (!nr)
		return;
	heading(v, "Decisions in time", out);
	fprintf(out,
		"from %.3f s to %.3f s after boot; each mark up doubles the number: \" .:-=+*#\"\n",
		from, to);
	for (i = 0; i < nr; i++)
		print_lane(v, lanes[i], from, to > from ? to - from : 1, out);
	free(lanes);
}

void print_terminal(const struct view *v, FILE *out)
{
	fprintf(out, "%s, %.0f s after boot", v->snaps[0]->kernel, v->snaps[0]->uptime);
	if (v->snaps[1])
		fprintf(out,
			"; then %s, %.0f s after boot",
			v->snaps[1]->kernel, v->snaps[1]->uptime);
	fputc('\n', out);
	print_map(v, out);
	print_legend(v, out);
	print_numbers(v, out);
	print_by_order(v, out);
	print_changes(v, out);
	print_events(v, out);
}
