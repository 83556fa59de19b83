/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fragview demand: what its parts share
 *
 * What is kept on disk is what the kernel counted, as it prints it:
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

/* One call site that asks for one order. */
struct row {
	unsigned int order;
	char site[64], caller[64];
	unsigned long long gfp, gfp_requests;	/* the mask asked with most often */
	unsigned long long requests, failed;
	unsigned long long reclaims, reclaim_us, compactions, compaction_us;
};

/* One stack with its order, as the kernel counted it; outermost caller last. */
struct stack {
	unsigned int order;
	unsigned long long requests;
	char *frames;			/* folded: outermost;...;innermost */
};

struct demand {
	double seconds;
	char *print_fmt;
	struct row *rows;
	size_t nr_rows;
	struct stack *stacks;
	size_t nr_stacks;
	unsigned long long dropped;
};

/* demand_trace.c: let the kernel count for so long, write what it counted */
void demand_trace(const char *root, double seconds, unsigned int min_order, FILE *out);

/* demand_load.c */
void demand_load(struct demand *d, FILE *f, const char *path);

/* gfp.c: names from the kernel's own table */
void gfp_text(const char *print_fmt, unsigned long long gfp, char *text, size_t len);

#endif
