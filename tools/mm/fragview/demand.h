/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fragview demand: what its parts share
 *
 * Read are a trace as text (demand_text.c), and what the kernel counted.  Of that,
 * what is kept on disk is what the kernel counted, as it prints it:
 *
 *	demand 1
 *	seconds S
 *	gfp PRINT_FMT		of kmem:mm_page_alloc: names the flags
 *	hist requests|reclaim|compaction
 *	...			the file "hist" of the event
 *	end
 */
#ifndef DEMAND_H
#define DEMAND_H

#include <stdbool.h>
#include <stdio.h>

#define MAX_FRAMES	64	/* of a stack; the kernel's counts keep 16 */
#define NAME_MAX_LEN	64	/* of a function, with its module */
#define GFP_LEN		512

enum table { REQUESTS, FAILURES, RECLAIM, COMPACTION, NR_TABLES };

/* What was counted: so many hits from one stack, of one order and one mask. */
struct counted {
	enum table table;
	unsigned int order;
	unsigned long long hits, usecs;
	char gfp[GFP_LEN];		/* names of flags; "" of a stall */
	int nr;				/* frames, innermost first */
	char frames[MAX_FRAMES][NAME_MAX_LEN];
};

/* One call site that asks for one order. */
struct row {
	unsigned int order;
	char site[NAME_MAX_LEN], caller[NAME_MAX_LEN];
	char *gfp;			/* the mask asked with most often */
	unsigned long long gfp_requests;
	unsigned long long requests, failed;
	unsigned long long reclaims, reclaim_us, compactions, compaction_us;
};

/* One stack with its order; outermost caller last. */
struct stack {
	enum table table;
	unsigned int order;
	unsigned long long hits, usecs;
	char *frames;			/* folded: outermost;...;innermost */
};

struct demand {
	unsigned int min_order;		/* what is below is left out */
	double seconds;
	struct row *rows;
	size_t nr_rows;
	struct stack *stacks;
	size_t nr_stacks;
	unsigned long long dropped;	/* the kernel's tables had no room for them */
	unsigned long long lost;	/* the trace's ring buffer had none */
	unsigned long long stackless;	/* requests without a call stack */
};

/* demand_trace.c: let the kernel count for so long, write what it counted */
void demand_trace(const char *root, double seconds, unsigned int min_order, FILE *out);

/* demand_load.c */
void demand_load(struct demand *d, FILE *f, const char *path);
void demand_add(struct demand *d, const struct counted *e);
void frame_name(const char *line, char *name, size_t len);

/* demand_text.c: a trace, line by line; true if it was an event that counts */
bool demand_text(struct demand *d, char *line);
void demand_text_end(struct demand *d);

/* gfp.c: names from the kernel's own table */
void gfp_text(const char *print_fmt, unsigned long long gfp, char *text, size_t len);

#endif
