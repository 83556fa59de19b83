/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fragview: what the parts of the viewer share.
 *
 * A recording is text: snapshots, each from a line "snapshot" to a line "end",
 * and events between them.  What stands outside is ignored, so that the log of
 * a console, in which somebody printed a recording, is one as well.
 *
 *	snapshot 1			the number is the version of the format
 *	kernel RELEASE
 *	uptime SECONDS
 *	page_size BYTES
 *	block_order ORDER
 *	zone NODE NAME START SPANNED PRESENT MANAGED PERCPU	(pages)
 *	buddy NODE NAME FREE_AREAS...		by order, as /proc/buddyinfo
 *	types NODE NAME MOBILITY BLOCKS		as /proc/pagetypeinfo
 *	vmstat NAME VALUE
 *	block NODE ZONE PFN MOBILITY CLASS FREE [CONTENT=PAGES]...
 *	end
 *	event SECONDS NAME TEXT
 */
#ifndef FRAGVIEW_H
#define FRAGVIEW_H

#include <linux/compiler.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define FORMAT_VERSION	1
#define MAX_ORDERS	24	/* more than any architecture has */
#define NAME_LEN	32
#define LINE_LEN	1024
#define LANE_LEN	96

/* What a page holds, as far as /proc/kpageflags tells. */
enum content {
	C_FREE,		/* in the buddy lists */
	C_ANON,
	C_FILE,
	C_HUGE,		/* hugetlb */
	C_SLAB,
	C_PGTABLE,
	C_COMPOUND,	/* compound, and none of the above: the kernel's */
	C_PLAIN,	/* no flag: the kernel's, or free in a per-CPU list */
	C_RESERVED,
	C_OFFLINE,
	C_POISON,
	C_HOLE,
	NR_CONTENTS
};

extern const char * const content_name[NR_CONTENTS];

/* How a block looks: one colour each. */
enum look {
	L_FREE,		/* every page of it is free */
	L_MOVABLE,
	L_RECLAIMABLE,
	L_UNMOVABLE,	/* but those of a class: */
	L_PGTABLE,
	L_TRANSIENT,
	L_OTHER,	/* CMA, high-atomic, isolated */
	L_RESERVED,	/* nothing in it is the allocator's */
	NR_LOOKS
};

struct look_style {
	const char *name;
	char letter;		/* without colours; capital when half full */
	const char *colour;	/* SVG */
	int shade[4];		/* terminal: of 256 colours, emptiest first */
};

extern const struct look_style look_style[NR_LOOKS];

struct zone {
	int node;
	char name[NAME_LEN];
	unsigned long start, spanned, present, managed, percpu;
	unsigned long areas[MAX_ORDERS];
	int orders;
};

struct block {
	unsigned long pfn;
	int zone;			/* index */
	char mobility[NAME_LEN];
	char class[NAME_LEN];
	unsigned int free;
	bool has_content;
	unsigned int content[NR_CONTENTS];
};

struct counter {
	char name[64];
	unsigned long long value;
};

struct snapshot {
	char kernel[128];
	double uptime;
	unsigned int page_size, block_order;
	struct zone *zones;
	size_t nr_zones;
	struct block *blocks;
	size_t nr_blocks;
	struct counter *counters;
	size_t nr_counters;
};

struct event {
	double time;
	char name[64];
	char *text;
	char lane[LANE_LEN];	/* of the time line: the name, and how it ended */
};

struct recording {
	const char *path;
	struct snapshot *snaps;
	size_t nr_snaps;
	struct event *events;
	size_t nr_events;
};

/* util.c */
extern const char *program;	/* "fragview report", for messages */
__noreturn __printf(2, 3)
void die(int status, const char *format, ...);
__noreturn __printf(1, 2)
void usage_error(const char *format, ...);
__noreturn void unknown_option(char **argv);
void *grow(void *array, size_t nr, size_t size);
double parse_number(const char *what, const char *text, double min, double max);
char *join(const char *a, const char *b);
FILE *open_out(const char *path);
void close_out(FILE *out, const char *path);
const char *amount(double bytes, char *buf, size_t len);

/* trace_text.c */
struct trace_line {
	double time;
	int thread;			/* below 0: the idle thread of a CPU */
	const char *system, *name;	/* not ended; lengths 0: not told */
	size_t system_len, name_len;
	const char *text;
};

bool parse_trace_line(const char *line, struct trace_line *t);
bool trace_line_is(const struct trace_line *t, const char *name);

/* record: where things are read from, and what is asked for */
struct source {
	const char *root;	/* "" or a folder that stands for / */
	bool content;		/* read kpageflags also where not needed */
	FILE *page_blocks;	/* NULL on a stock kernel */
	int kpageflags;		/* -1 if it cannot be read */
	unsigned int block_order;
};

/* proc.c */
FILE *source_open(const struct source *s, const char *path);
void read_zones(const struct source *s, struct snapshot *snap);
void write_proc(const struct source *s, const struct snapshot *snap, FILE *out);
unsigned int read_block_order(const struct source *s);

/* blocks.c */
void write_blocks(const struct source *s, const struct snapshot *snap, FILE *out);

/* events.c */
struct event_source;
extern const char * const default_events[];
struct event_source *events_start(const struct source *s, const char * const *wanted);
void events_drain(struct event_source *es, FILE *out);
void events_stop(struct event_source *es);
void events_from_file(const char *path, const char * const *wanted, FILE *out);

/* load.c */
void load(struct recording *r, const char *path, const char *only_zone);
const struct counter *find_counter(const struct snapshot *s, const char *name);

/* looks.c */
enum look block_look(const struct snapshot *s, const struct block *b);
double block_used(const struct snapshot *s, const struct block *b);
unsigned int block_foreign(const struct snapshot *s, const struct block *b);
unsigned int block_unmovable(const struct block *b);

/* metrics.c */
struct metrics {
	unsigned long free_pages;
	unsigned long areas[MAX_ORDERS];
	int orders;
	double unusable[MAX_ORDERS];	/* share of the free memory */
	unsigned long looks[NR_LOOKS];	/* blocks */
	unsigned long whole, possible;	/* whole free blocks */
	bool content;			/* the next are known */
	unsigned long tainted;		/* blocks with a page that cannot move */
	unsigned long unmovable;	/* pages that cannot move */
	unsigned long fewest;		/* blocks that could hold those */
	unsigned long foreign;		/* movable blocks among the tainted */
	unsigned long plain, percpu;	/* pages */
};

void measure(struct metrics *m, const struct snapshot *s);

/* grid.c: a zone as cells of one block, or of several on a big machine */
struct cell {
	unsigned long pfn;
	unsigned int blocks;
	unsigned int look[NR_LOOKS];	/* blocks */
	double used[NR_LOOKS];		/* sum of the shares used */
	unsigned int foreign;		/* pages */
	unsigned long free;		/* pages */
	const struct block *first;
};

struct grid {
	int node;
	char zone[NAME_LEN];
	unsigned int per_cell;		/* blocks */
	size_t nr;
	struct cell *cells[2];		/* before, after (or NULL) */
};

size_t make_grids(const struct snapshot *const snaps[2], unsigned int columns,
		  unsigned int max_rows, struct grid **grids);
enum look cell_look(const struct cell *c);
int cell_shade(const struct cell *c, enum look kind, int shades);
bool row_is_empty(const struct grid *g, size_t from, unsigned int columns);

/* what the pictures are made of */
struct view {
	const struct recording *recordings[2];
	const struct snapshot *snaps[2];	/* [1] NULL: only one */
	struct metrics metrics[2];
	bool colour;
	unsigned int width, rows;
};

void print_terminal(const struct view *v, FILE *out);
void print_svg(const struct view *v, FILE *out);
void print_html(const struct view *v, FILE *out);

/* changes.c */
bool next_change(const struct view *v, size_t *i, const char **name,
		 unsigned long long *before, long long *change);
bool counter_matters(const char *name);
const char **event_lanes(const struct view *v, size_t *nr, double *from, double *to);

/* draw.c */
void put_text(FILE *out, const char *text);	/* &, <, >, " made harmless */
void put_tooltip(FILE *out, const struct snapshot *s, const struct cell *c);

/* chart.c: pieces of the SVG; each returns the y below itself */
double draw_orders(const struct view *v, FILE *out, double x, double y, double w);
double draw_unusable(const struct view *v, FILE *out, double x, double y, double w);
double draw_time(const struct view *v, FILE *out, double x, double y, double w);

/* commands */
int cmd_record(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_demand(int argc, char **argv);

#endif
