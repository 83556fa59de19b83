// SPDX-License-Identifier: GPL-2.0
/*
 * fragview demand: who asks for more than single pages
 *
 * The cheapest large block is the one that nobody asks for.  So before memory
 * is defragmented for them, look at who asks: which order, with which mask, from
 * where, how often, how often in vain, and what it costs the callers in time.
 *
 * The kernel counts by itself, in histogram triggers: nothing goes through a
 * ring buffer, so nothing is lost, and the load on the machine is a hash table
 * look-up and a stack walk for each such request.
 */
#include <getopt.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "demand.h"
#include "fragview.h"

static const char help[] =
"fragview demand [OPTIONS] [FILE]: who asks the page allocator for orders > 0.\n"
"\n"
"Without FILE: count on this machine for a while.  With FILE (\"-\": standard\n"
"input): report, on any machine, on what --out saved, or on a trace as text, which\n"
"it tells by itself: what perf script or trace-cmd report print, or a copy of\n"
"tracefs' trace or trace_pipe.  For instance\n"
"\n"
"  perf record -ag -e kmem:mm_page_alloc --filter 'order > 0' -- sleep 10\n"
"  perf script | fragview demand -\n"
"\n"
"Failures are told by that event, waiting by vmscan:mm_vmscan_direct_reclaim_begin\n"
"and _end, and compaction:mm_compaction_try_to_compact_pages, _begin and _end.\n"
"\n"
"  --seconds S     count for S seconds (default 10; decimals allowed)\n"
"  --min-order N   leave out orders below N (default 1)\n"
"  --out FILE      save the counts instead of reporting them\n"
"  --lines N       print the N call sites that ask most (default 20, 0: all)\n"
"  --folded[=OF]   print folded stacks, one a line with its count, as the tools\n"
"                  that draw flame graphs read them; the count is of requests (the\n"
"                  default), failed ones, stalled (direct reclaims and compactions\n"
"                  waited for) or waited (microseconds that these took)\n"
"  --root DIR      use DIR/sys/kernel/tracing\n"
"\n"
"Units: requests are calls of the page allocator, each for 2^order pages; \"in\n"
"vain\" are those that got nothing; \"reclaim\" and \"compact\" are milliseconds that\n"
"callers spent in direct reclaim and direct compaction.  The class is the mobility,\n"
"or, of unmovable pages on a kernel that tells them apart, pgtable or transient.\n"
"Requests that a slab or another cache serves from what it holds do not reach the\n"
"page allocator.\n"
"\n"
"Privileges: to count, root, for tracefs, and a kernel with CONFIG_HIST_TRIGGERS; a\n"
"trace instance of its own is used and removed at the end.  To read a FILE: none.\n"
"\n"
"Exit: 0; 1 something could not be read or written; 2 wrong usage.\n";

static int by_requests(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int order;

	if (x->requests != y->requests)
		return x->requests < y->requests ? 1 : -1;
	if (x->order != y->order)
		return x->order < y->order ? 1 : -1;
	order = strcmp(x->site, y->site);
	return order ? order : strcmp(x->caller, y->caller);
}

static void print_totals(const struct demand *d)
{
	unsigned long long requests = 0, failed = 0, stalled = 0;
	size_t i;

	for (i = 0; i < d->nr_rows; i++) {
		requests += d->rows[i].requests;
		failed += d->rows[i].failed;
		stalled += d->rows[i].reclaim_us + d->rows[i].compaction_us;
	}
	printf("%llu requests for more than one page in %.1f s, %llu in vain; ",
	       requests, d->seconds, failed);
	printf("callers waited %.1f ms\n", stalled / 1000.0);
	if (d->dropped)
		printf("not counted, because the kernel's tables were full: %llu\n", d->dropped);
	if (d->lost)
		printf("events that the trace's buffer had no room for: %llu\n", d->lost);
	if (d->stackless)
		printf("without a call stack (perf record -g, tracefs' options/stacktrace): %llu\n",
		       d->stackless);
}

/* It follows from the mask: the mobility, or the class of unmovable pages. */
static const char *class_of(const char *gfp)
{
	if (!gfp || (*gfp >= '0' && *gfp <= '9'))
		return "?";		/* nothing but a number is known */
	if (strstr(gfp, "MOVABLE") || strstr(gfp, "GFP_TRANSHUGE"))
		return "movable";
	if (strstr(gfp, "RECLAIMABLE"))
		return "reclaimable";
	if (strstr(gfp, "__GFP_PGTABLE"))
		return "pgtable";
	if (strstr(gfp, "__GFP_TRANSIENT"))
		return "transient";
	return "unmovable";
}

static void print_rows(struct demand *d, unsigned long lines)
{
	size_t i;

	if (!d->nr_rows)
		return;
	qsort(d->rows, d->nr_rows, sizeof(*d->rows), by_requests);
	printf("\n%5s %-11s %9s %8s %8s %8s  %s\n", "order", "class", "requests", "in vain",
	       "reclaim", "compact", "call site < its caller, and most common mask");
	for (i = 0; i < d->nr_rows && (!lines || i < lines); i++) {
		const struct row *r = &d->rows[i];

		printf("%5u %-11s %9llu %8llu %8.1f %8.1f  %s < %s\n", r->order,
		       class_of(r->gfp), r->requests, r->failed,
		       r->reclaim_us / 1000.0, r->compaction_us / 1000.0, r->site, r->caller);
		if (r->gfp)
			printf("%56s%s\n", "", r->gfp);
	}
	if (i < d->nr_rows)
		printf("and %zu more (--lines 0 prints them)\n", d->nr_rows - i);
}

/* What a count of folded stacks is of; a bit for each table that it is taken from. */
static const struct folding {
	const char *name;
	unsigned int tables;
	bool usecs;
} foldings[] = {
	{ "requests", 1 << REQUESTS, false },
	{ "failed", 1 << FAILURES, false },
	{ "stalled", 1 << RECLAIM | 1 << COMPACTION, false },
	{ "waited", 1 << RECLAIM | 1 << COMPACTION, true },
};

static const struct folding *parse_folding(const char *name)
{
	size_t i;

	if (!name)
		return &foldings[0];
	for (i = 0; i < ARRAY_SIZE(foldings); i++)
		if (!strcmp(name, foldings[i].name))
			return &foldings[i];
	usage_error("--folded wants requests, failed, stalled or waited, not '%s'", name);
}

static void print_folded(const struct demand *d, const struct folding *what)
{
	size_t i;

	for (i = 0; i < d->nr_stacks; i++) {
		const struct stack *s = &d->stacks[i];

		if (what->tables & 1 << s->table)
			printf("%s%sorder-%u %llu\n", s->frames, *s->frames ? ";" : "", s->order,
			       what->usecs ? s->usecs : s->hits);
	}
}

int cmd_demand(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seconds", required_argument, NULL, 's' },
		{ "min-order", required_argument, NULL, 'm' },
		{ "out", required_argument, NULL, 'o' },
		{ "lines", required_argument, NULL, 'l' },
		{ "root", required_argument, NULL, 'r' },
		{ "folded", optional_argument, NULL, 'f' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	const char *out = NULL, *root = "", *path;
	unsigned int min_order = 1, lines = 20;
	struct demand demand = { };
	double seconds = 10;
	const struct folding *folding = NULL;
	FILE *f;
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		switch (c) {
		case 's':
			seconds = parse_number("--seconds", optarg, 0.1, 86400);
			break;
		case 'm':
			min_order = parse_number("--min-order", optarg, 1, MAX_ORDERS - 1);
			break;
		case 'o':
			out = optarg;
			break;
		case 'l':
			lines = parse_number("--lines", optarg, 0, 1e6);
			break;
		case 'r':
			root = optarg;
			break;
		case 'f':
			folding = parse_folding(optarg);
			break;
		case 'h':
			fputs(help, stdout);
			return 0;
		case ':':
			usage_error("%s wants a value", argv[optind - 1]);
		default:
			unknown_option(argv);
		}
	}
	if (argc - optind > 1)
		usage_error("unexpected argument '%s'", argv[optind + 1]);
	if (optind < argc && out)
		usage_error("--out saves new counts: it does not go with a FILE");

	path = optind < argc ? argv[optind] : "what was counted";
	if (out) {
		f = open_out(out);
		demand_trace(root, seconds, min_order, f);
		close_out(f, out);
		return 0;
	}
	if (optind == argc) {
		f = tmpfile();
		if (!f)
			die(1, "cannot make a temporary file: %s", strerror(errno));
		demand_trace(root, seconds, min_order, f);
		rewind(f);
	} else {
		f = strcmp(path, "-") ? fopen(path, "r") : stdin;
		if (!f)
			die(1, "cannot read %s: %s", path, strerror(errno));
	}
	demand.min_order = min_order;
	demand_load(&demand, f, path);
	if (folding) {
		print_folded(&demand, folding);
	} else {
		print_totals(&demand);
		print_rows(&demand, lines);
	}
	close_out(stdout, NULL);
	return 0;
}
