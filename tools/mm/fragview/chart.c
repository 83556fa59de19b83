// SPDX-License-Identifier: GPL-2.0
/* fragview report: the charts below the map */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fragview.h"

#define HEIGHT	170.0	/* of a chart */
#define LEFT	48.0	/* for the numbers at the y axis */
#define LANE	22.0	/* of one kind of event */
#define TICK	2.0	/* width of the spot that events share */

struct frame {
	FILE *out;
	double x, y, w;		/* of the plot itself */
	double max;		/* value at the top */
};

static int nr_orders(const struct view *v)
{
	int a = v->metrics[0].orders, b = v->metrics[1].orders;

	return a > b ? a : b;
}

static struct frame begin(FILE *out, const char *title, const char *unit,
			  double x, double y, double w, double max)
{
	struct frame f = { out, x + LEFT, y + 34, w - LEFT, max };
	int i;

	fprintf(out, "<text class=\"b\" x=\"%.1f\" y=\"%.1f\">%s</text>\n"
		"<text class=\"s\" x=\"%.1f\" y=\"%.1f\">%s</text>\n",
		x, y + 6, title, x, y + 22, unit);
	for (i = 0; i <= 4; i++) {
		double at = f.y + HEIGHT - HEIGHT * i / 4;

		fprintf(out, "<path class=\"%s\" d=\"M%.1f %.1fh%.1f\"/>\n"
			"<text class=\"s e\" x=\"%.1f\" y=\"%.1f\">%.*f</text>\n",
			i ? "grid" : "axis", f.x, at, f.w, f.x - 6, at + 4, max < 10 ? 2 : 0,
			max * i / 4);
	}
	return f;
}

static double up(const struct frame *f, double value)
{
	return f->y + HEIGHT - HEIGHT * value / f->max;
}

/* 1, 2 or 5 times a power of ten, not below the value; four steps are round */
static double round_up(double value)
{
	double power = pow(10, floor(log10(value > 1 ? value : 1)));

	if (value <= power)
		return power;
	return value <= 2 * power ? 2 * power : value <= 4 * power ? 4 * power :
	       value <= 8 * power ? 8 * power : 10 * power;
}

static void put_key(const struct view *v, FILE *out, double x, double y)
{
	if (v->snaps[1])
		fprintf(out,
			"<rect class=\"was\" x=\"%.1f\" y=\"%.1f\" width=\"12\" height=\"8\"/><text class=\"s\" x=\"%.1f\" y=\"%.1f\">before</text>\n"
			"<rect class=\"now\" x=\"%.1f\" y=\"%.1f\" width=\"12\" height=\"8\"/><text class=\"s\" x=\"%.1f\" y=\"%.1f\">after</text>\n",
			x - 120, y, x - 104, y + 8, x - 52, y, x - 36, y + 8);
}

static void put_order_labels(const struct frame *f, int orders, double page_size)
{
	char text[32];
	int o;

	for (o = 0; o < orders; o++) {
		double at = f->x + f->w * (o + 0.5) / orders;

		fprintf(f->out,
			"<text class=\"s c\" x=\"%.1f\" y=\"%.1f\">%d</text>",
			at, f->y + HEIGHT + 15, o);
		if (!(o % 3))
			fprintf(f->out, "<text class=\"s c\" x=\"%.1f\" y=\"%.1f\">%s</text>\n",
				at, f->y + HEIGHT + 29,
				amount(ldexp(page_size, o), text, sizeof(text)));
	}
}

double draw_orders(const struct view *v, FILE *out, double x, double y, double w)
{
	double page = v->snaps[0]->page_size, most = 0, bar;
	int orders = nr_orders(v), maps = v->snaps[1] ? 2 : 1, i, o;
	struct frame f;

	for (i = 0; i < maps; i++)
		for (o = 0; o < orders; o++)
			most = fmax(most, ldexp(v->metrics[i].areas[o], o) * page / (1 << 20));
	f = begin(out,
		  "Free memory by order",
		"MiB in free areas of exactly this order", x, y, w, round_up(most));
	put_key(v, out, x + w, y - 2);
	bar = f.w / orders * 0.8 / maps;
	for (i = 0; i < maps; i++) {
		for (o = 0; o < orders; o++) {
			double value = ldexp(v->metrics[i].areas[o], o) * page / (1 << 20);
			double at = f.x + f.w * (o + 0.1) / orders + i * bar;

			fprintf(out,
				"<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"><title>order %d%s: %lu areas, %.1f MiB</title></rect>\n",
				maps > 1 && !i ? "was" : "now", at, up(&f, value), bar - 1,
				f.y + HEIGHT - up(&f, value), o,
				maps > 1 ? i ?
					", after"
					: ", before" : "", v->metrics[i].areas[o], value);
		}
	}
	put_order_labels(&f, orders, page);
	return f.y + HEIGHT + 52;
}

double draw_unusable(const struct view *v, FILE *out, double x, double y, double w)
{
	int orders = nr_orders(v), maps = v->snaps[1] ? 2 : 1, i, o;
	struct frame f = begin(out, "Unusable for a request of this order",
			       "share of the free memory that lies in smaller areas", x, y, w, 1);

	put_key(v, out, x + w, y - 2);
	for (i = 0; i < maps; i++) {
		fprintf(out, "<path class=\"%s\" d=\"", maps > 1 && !i ? "wasl" : "nowl");
		for (o = 0; o < orders; o++)
			fprintf(out, "%c%.1f %.1f", o ? 'L' : 'M', f.x + f.w * (o + 0.5) / orders,
				up(&f, v->metrics[i].unusable[o]));
		fputs("\"/>\n", out);
		for (o = 0; o < orders; o++)
			fprintf(out,
				"<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\"><title>order %d%s: %.3f</title></circle>\n",
				maps > 1 && !i ? "was" : "now", f.x + f.w * (o + 0.5) / orders,
				up(&f, v->metrics[i].unusable[o]), o,
				maps > 1 ? i ?
					", after"
					: ", before" : "", v->metrics[i].unusable[o]);
	}
	put_order_labels(&f, orders, v->snaps[0]->page_size);
	return f.y + HEIGHT + 52;
}

/* The events of one lane that fall on the same spot: a tick, longer for more. */
struct bin {
	const struct event *first;
	unsigned int hits;
};

static unsigned int sort_into_bins(const struct view *v, const char *lane, double from,
				   double span, struct bin *bins, unsigned int nr)
{
	unsigned int total = 0;
	size_t i;
	int r;

	for (r = 0; r < 2 && v->recordings[r]; r++) {
		for (i = 0; i < v->recordings[r]->nr_events; i++) {
			const struct event *e = &v->recordings[r]->events[i];
			struct bin *b = &bins[(unsigned int)((e->time - from) / span * (nr - 1))];

			if (strcmp(e->lane, lane))
				continue;
			if (!b->hits++)
				b->first = e;
			total++;
		}
	}
	return total;
}

static void put_tick(const struct frame *f, const struct bin *b, double x, double y, int colour)
{
	double height = fmin(LANE - 4, 6 + 2 * log2(b->hits));

	fprintf(f->out, "<path class=\"tick\" stroke=\"%s\" d=\"M%.1f %.1fv%.1f\"><title>%.6f s: ",
		look_style[colour].colour, x, y + (LANE - height) / 2, height, b->first->time);
	put_text(f->out, b->first->text);
	if (b->hits > 1)
		fprintf(f->out, "; and %u more", b->hits - 1);
	fputs("</title></path>\n", f->out);
}

static double put_lane(const struct view *v, const struct frame *f, const char *lane,
		       double from, double span, double y, int colour)
{
	unsigned int nr = f->w / TICK, i, total;
	struct bin *bins = calloc(nr, sizeof(*bins));

	if (!bins)
		die(1, "out of memory");
	total = sort_into_bins(v, lane, from, span, bins, nr);
	fprintf(f->out, "<path class=\"grid\" d=\"M%.1f %.1fh%.1f\"/>\n", f->x, y + LANE / 2, f->w);
	for (i = 0; i < nr; i++)
		if (bins[i].hits)
			put_tick(f, &bins[i], f->x + i * TICK, y, colour);
	fprintf(f->out, "<text class=\"s e\" x=\"%.1f\" y=\"%.1f\">", f->x - 8, y + LANE / 2 + 4);
	put_text(f->out, lane);
	fprintf(f->out, " (%u)</text>\n", total);
	free(bins);
	return y + LANE;
}

static void put_time_axis(const struct frame *f, double from, double span, double y)
{
	int i;

	fprintf(f->out, "<path class=\"axis\" d=\"M%.1f %.1fh%.1f\"/>", f->x, y, f->w);
	for (i = 0; i <= 5; i++)
		fprintf(f->out, "<text class=\"s c\" x=\"%.1f\" y=\"%.1f\">%.*f s</text>\n",
			f->x + f->w * i / 5, y + 16, span < 10 ? 2 : 0, from + span * i / 5);
}

/* Two curves of a recording with several snapshots: whole free blocks, and order 3. */
static void put_series(const struct frame *f, const struct recording *r, double from, double span,
		       const char *class, int what)
{
	struct metrics m;
	size_t i;

	fprintf(f->out, "<path class=\"%s\" d=\"", class);
	for (i = 0; i < r->nr_snaps; i++) {
		measure(&m, &r->snaps[i]);
		fprintf(f->out, "%c%.1f %.1f", i ? 'L' : 'M',
			f->x + f->w * (r->snaps[i].uptime - from) / span,
			up(f, m.unusable[what]));
	}
	fputs("\"/>\n", f->out);
}

double draw_time(const struct view *v, FILE *out, double x, double y, double w)
{
	const struct recording *r = v->recordings[0];
	bool series = !v->recordings[1] && r->nr_snaps > 2;
	double from = 0, to = 0, span, indent = 250;
	unsigned int order = v->snaps[0]->block_order;
	struct frame f;
	const char **lanes;
	size_t nr, i;

	lanes = event_lanes(v, &nr, &from, &to);
	if (!nr && !series)
		return y;
	if (series) {
		from = nr ? fmin(from, r->snaps[0].uptime) : r->snaps[0].uptime;
		to = fmax(to, r->snaps[r->nr_snaps - 1].uptime);
	}
	span = to > from ? to - from : 1;
	f = (struct frame){ out, x + indent, y + 20, w - indent, 1 };
	if (series) {
		f = begin(out, "Unusable, in time", "", x + indent - LEFT, y, w - indent + LEFT, 1);
		fprintf(out,
			"<text class=\"s\" x=\"%.1f\" y=\"%.1f\">solid: order %u (a whole block); dashed: order 3</text>\n",
			f.x + 130, y + 6, order);
		put_series(&f, r, from, span, "wasl", 3);
		put_series(&f, r, from, span, "nowl", order);
		y = f.y + HEIGHT + 16;
	}
	if (nr) {
		fprintf(out,
			"<text class=\"b\" x=\"%.1f\" y=\"%.1f\">Decisions in time</text>\n",
			x, y + 10);
		y += 20;
	}
	for (i = 0; i < nr; i++)
		y = put_lane(v, &f, lanes[i], from, span, y, 1 + i % (NR_LOOKS - 2));
	free(lanes);
	put_time_axis(&f, from, span, y + 4);
	return y + 32;
}
