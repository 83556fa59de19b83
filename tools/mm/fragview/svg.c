// SPDX-License-Identifier: GPL-2.0
/*
 * fragview report: SVG, and HTML around it
 *
 * One file each that loads nothing.  Colours that must show on dark and on
 * light paper alike are full ones; ink and paper follow the reader's scheme.
 */
#include <stdlib.h>
#include <string.h>

#include "fragview.h"

#define WIDTH	1120.0
#define MARGIN	28.0
#define LABEL	76.0	/* of a row's address */
#define GAP	30.0	/* between two maps */
#define SHADES	8	/* few, so that a class stands for each */
#define EMPTIEST 0.16	/* opacity of a block in which little is used */

static const char style[] =
"text{font:13px system-ui,'DejaVu Sans',sans-serif;fill:#1d2733}\n"
".paper{fill:#fff}.h{font-size:19px;font-weight:600}.b{font-weight:600}\n"
".big{font-size:26px;font-weight:700}\n"
".s{font-size:11px;fill:#5b6875}.e{text-anchor:end}.c{text-anchor:middle}\n"
".bed{fill:#8a97a5;fill-opacity:.13}.axis{stroke:#8a97a5;stroke-opacity:.55;fill:none}\n"
".grid{stroke:#8a97a5;stroke-opacity:.22;fill:none}\n"
".was{fill:#8a97a5}.now{fill:#1d2733}\n"
".wasl{stroke:#8a97a5;fill:none;stroke-width:2.5;stroke-dasharray:5 4}\n"
".nowl{stroke:#1d2733;fill:none;stroke-width:2.5}.tick{stroke-width:1.6}\n"
".x{fill:#b3261e;stroke:#fff;stroke-width:.7}\n"
"@media(prefers-color-scheme:dark){text{fill:#e3e9ef}.paper{fill:#14191f}.s{fill:#9aa7b4}\n"
".now{fill:#e3e9ef}.nowl{stroke:#e3e9ef}.x{fill:#ff6a4d;stroke:#14191f}}";

static void put_style(FILE *out)
{
	int look, shade;

	fputs("<style>", out);
	fputs(style, out);
	for (look = 0; look < NR_LOOKS; look++) {
		fprintf(out, ".l%d{fill:%s}", look, look_style[look].colour);
		for (shade = 0; shade < SHADES; shade++)
			fprintf(out, ".l%d%d{fill:%s;fill-opacity:%.2f}", look, shade,
				look_style[look].colour,
				look == L_FREE ? 1 :
				look == L_RESERVED ? 0.3 :
				EMPTIEST + (1 - EMPTIEST) * shade / (SHADES - 1));
	}
	fputs("</style>\n", out);
}

static void put_block(FILE *out, int look, int shade, double x, double y, double w, double h)
{
	fprintf(out, "<rect class=\"l%d%d\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>",
		look, shade, x, y, w, h);
}

/* A cell of several blocks is divided as they are, whole free ones first. */
static void put_cell(FILE *out, const struct snapshot *s, const struct cell *c,
		     double x, double y, double size)
{
	double inner = size - (size > 9 ? 1.6 : 0.8), at = x, w;
	double mark = inner * 0.55;
	int look;

	if (!c->blocks)
		return;
	fputs("<g>", out);
	put_tooltip(out, s, c);
	fprintf(out, "<rect class=\"bed\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>",
		x, y, inner, inner);
	for (look = 0; look < NR_LOOKS; look++) {
		if (!c->look[look])
			continue;
		w = inner * c->look[look] / c->blocks;
		put_block(out, look, cell_shade(c, look, SHADES), at, y, w, inner);
		at += w;
	}
	if (c->foreign)
		fprintf(out, "<path class=\"x\" d=\"M%.1f %.1fh%.1fv%.1fz\"/>",
			x + inner - mark, y, mark, mark);
	fputs("</g>\n", out);
}

static double put_grid(const struct view *v, FILE *out, const struct grid *g,
		       unsigned int columns, double size, double y)
{
	double maps = columns * size, bytes;
	char amount_text[32];
	size_t from, i;
	int which, row = 0;

	bytes = (double)g->per_cell * v->snaps[0]->page_size * (1UL << v->snaps[0]->block_order);
	fprintf(out,
		"<text class=\"s\" x=\"%.1f\" y=\"%.1f\">node %d, zone ",
		MARGIN + LABEL, y + 10, g->node);
	put_text(out, g->zone);
	fprintf(out, ": a cell is %u page block%s, %s</text>\n", g->per_cell,
		g->per_cell > 1 ? "s" : "", amount(bytes, amount_text, sizeof(amount_text)));
	y += 17;
	for (from = 0; from < g->nr; from += columns) {
		if (row_is_empty(g, from, columns))
			continue;
		if (!(row++ % (size < 10 ? 4 : 2)))
			fprintf(out, "<text class=\"s e\" x=\"%.1f\" y=\"%.1f\">%.0f MiB</text>\n",
				MARGIN + LABEL - 8, y + size * 0.8,
				(double)g->cells[0][from].pfn * v->snaps[0]->page_size / (1 << 20));
		for (which = 0; which < 2 && v->snaps[which]; which++)
			for (i = from; i < from + columns && i < g->nr; i++)
				put_cell(out, v->snaps[which], &g->cells[which][i],
					 MARGIN + LABEL + which * (maps + GAP) + (i - from) * size,
					 y, size);
		y += size;
	}
	return y + 10;
}

static double put_maps(const struct view *v, FILE *out, double y)
{
	unsigned int maps = v->snaps[1] ? 2 : 1;
	size_t blocks = v->snaps[0]->nr_blocks, nr, i;
	unsigned int columns = maps > 1 && blocks <= 32 * 40 ? 32 : 64;
	double room = (WIDTH - 2 * MARGIN - LABEL - (maps - 1) * GAP) / maps;
	struct grid *grids;

	nr = make_grids(v->snaps, columns, columns == 32 ? 42 : 64, &grids);
	for (i = 0; i < nr; i++)
		y = put_grid(v, out, &grids[i], columns, room / columns, y);
	for (i = 0; i < nr; i++) {
		free(grids[i].cells[0]);
		free(grids[i].cells[1]);
	}
	free(grids);
	return y;
}

/* Over each map: the one number that says how fragmented it is. */
static double put_headlines(const struct view *v, FILE *out, double y)
{
	unsigned int maps = v->snaps[1] ? 2 : 1;
	double room = (WIDTH - 2 * MARGIN - LABEL - (maps - 1) * GAP) / maps, x;
	char free_text[32];
	unsigned int i;

	for (i = 0; i < maps; i++) {
		const struct metrics *m = &v->metrics[i];

		x = MARGIN + LABEL + i * (room + GAP);
		fprintf(out, "<text class=\"b\" x=\"%.1f\" y=\"%.1f\">%s</text>\n", x, y + 14,
			maps > 1 ? i ? "After" : "Before" : "Now");
		fprintf(out,
			"<text x=\"%.1f\" y=\"%.1f\"><tspan class=\"big\">%lu</tspan> of %lu whole free blocks that %s could make</text>\n",
			x, y + 42, m->whole, m->possible,
			amount((double)m->free_pages * v->snaps[i]->page_size,
			       free_text, sizeof(free_text)));
		if (m->content)
			fprintf(out,
				"<text class=\"s\" x=\"%.1f\" y=\"%.1f\">%lu blocks hold pages that cannot move; %lu could hold them all</text>\n",
				x, y + 60, m->tainted, m->fewest);
	}
	return y + 74;
}

static double put_legend(const struct view *v, FILE *out, double y)
{
	double x = MARGIN;
	int look, i;

	for (look = 0; look < NR_LOOKS; look++) {
		int steps = look == L_FREE || look == L_RESERVED ? 1 : 4;

		if (!v->metrics[0].looks[look] && !v->metrics[1].looks[look])
			continue;
		for (i = 0; i < steps; i++, x += 13)
			put_block(out, look, steps == 1 ? SHADES - 1 : i * (SHADES - 1) / 3,
				  x, y, 12, 12);
		fprintf(out,
			"<text x=\"%.1f\" y=\"%.1f\">%s</text>\n",
			x + 5, y + 11, look_style[look].name);
		x += 26 + 7.3 * strlen(look_style[look].name);
	}
	if (v->metrics[0].foreign + v->metrics[1].foreign) {
		put_block(out, L_MOVABLE, SHADES / 2, x, y, 12, 12);
		fprintf(out,
			"<path class=\"x\" d=\"M%.1f %.1fh6v6z\"/><text x=\"%.1f\" y=\"%.1f\">holds pages that cannot move</text>\n",
			x + 6, y, x + 18, y + 11);
	}
	fprintf(out,
		"<text class=\"s\" x=\"%.1f\" y=\"%.1f\">pale: nearly empty; deep: full. Blocks in the order of their addresses; point at one to see what is in it.</text>\n",
		MARGIN, y + 30);
	return y + 40;
}

static double put_title(const struct view *v, FILE *out)
{
	fprintf(out,
		"<text class=\"h\" x=\"%.1f\" y=\"40\">Memory, page block by page block</text>\n",
		MARGIN);
	fprintf(out, "<text class=\"s\" x=\"%.1f\" y=\"58\">", MARGIN);
	put_text(out, v->snaps[0]->kernel);
	fprintf(out, ", %.0f s after boot", v->snaps[0]->uptime);
	if (v->snaps[1]) {
		fputs("; then ", out);
		put_text(out, v->snaps[1]->kernel);
		fprintf(out, ", %.0f s after boot", v->snaps[1]->uptime);
	}
	fputs("</text>\n", out);
	return 74;
}

static double put_charts(const struct view *v, FILE *out, double y)
{
	double half = (WIDTH - 2 * MARGIN - 2 * GAP) / 2, left, right;

	left = draw_orders(v, out, MARGIN, y, half);
	right = draw_unusable(v, out, MARGIN + half + 2 * GAP, y, half);
	y = left > right ? left : right;
	return draw_time(v, out, MARGIN, y, WIDTH - 2 * MARGIN);
}

/* The height is known when all is drawn: so draw into memory first. */
void print_svg(const struct view *v, FILE *out)
{
	char *body = NULL;
	size_t size;
	FILE *f = open_memstream(&body, &size);
	double y;

	if (!f)
		die(1, "out of memory");
	y = put_title(v, f);
	y = put_legend(v, f, y);
	y = put_headlines(v, f, y + 8);
	y = put_maps(v, f, y);
	y = put_charts(v, f, y + 14);
	fclose(f);

	fprintf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" width=\"%.0f\" height=\"%.0f\" role=\"img\">\n",
		WIDTH, y + MARGIN, WIDTH, y + MARGIN);
	put_style(out);
	fprintf(out, "<rect class=\"paper\" width=\"%.0f\" height=\"%.0f\"/>\n", WIDTH, y + MARGIN);
	fputs(body, out);
	fputs("</svg>\n", out);
	free(body);
}

static void put_changes(const struct view *v, FILE *out)
{
	unsigned long long before;
	const char *name;
	long long change;
	size_t i = 0;

	if (!next_change(v, &i, &name, &before, &change))
		return;
	fputs("<h2>What changed in /proc/vmstat</h2>\n", out);
	fputs("<table><tr><th>counter<th>before<th>change\n", out);
	i = 0;
	while (next_change(v, &i, &name, &before, &change)) {
		fputs("<tr><td>", out);
		put_text(out, name);
		fprintf(out, "<td>%llu<td>%+lld\n", before, change);
	}
	fputs("</table>\n", out);
}

static void put_event_lines(const struct view *v, FILE *out)
{
	bool any = false;
	size_t i;
	int r;

	for (r = 0; r < 2 && v->recordings[r]; r++) {
		for (i = 0; i < v->recordings[r]->nr_events; i++) {
			const struct event *e = &v->recordings[r]->events[i];

			if (!any)
				fputs("<details><summary>Every event</summary><pre>\n", out);
			any = true;
			fprintf(out, "%14.6f ", e->time);
			put_text(out, e->name);
			fputc(' ', out);
			put_text(out, e->text);
			fputc('\n', out);
		}
	}
	if (any)
		fputs("</pre></details>\n", out);
}

void print_html(const struct view *v, FILE *out)
{
	fputs("<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width\">\n"
	      "<meta name=\"color-scheme\" content=\"light dark\">\n"
	      "<title>Memory, page block by page block</title>\n"
	      "<style>body{margin:0 auto;max-width:1120px;font:14px system-ui,sans-serif;\n"
	      "background:#fff;color:#1d2733}svg{width:100%;height:auto;display:block}\n"
	"h2{font-size:16px}h2,table,details{margin:16px 28px}td,th{padding:2px 18px 2px 0;text-align:right;\n"
	      "font-variant-numeric:tabular-nums}td:first-child,th:first-child{text-align:left}\n"
	      "pre{overflow:auto}\n"
	"@media(prefers-color-scheme:dark){body{background:#14191f;color:#e3e9ef}}</style>\n",
	out);
	print_svg(v, out);
	put_changes(v, out);
	put_event_lines(v, out);
	fputs("</html>\n", out);
}
