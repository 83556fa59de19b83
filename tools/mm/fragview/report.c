// SPDX-License-Identifier: GPL-2.0
/* fragview report: which recordings, and how to draw them */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "fragview.h"

static const char help[] =
"fragview report [OPTIONS] FILE [FILE2]: draw recordings.\n"
"\n"
"One FILE: its first snapshot beside its last (alone if there is but one).\n"
"FILE and FILE2: the last snapshot of each, before and after.  \"-\" is standard\n"
"input; text around the snapshots is ignored, so the log of a console will do.\n"
"\n"
"  --svg OUT       write a picture, on its own, to OUT instead (\"-\": to stdout)\n"
"  --html OUT      the same with tables, as one file that loads nothing else\n"
"  --zone NAME     only the zones of that name\n"
"  --color WHEN    auto (default: on a terminal, unless NO_COLOR is set),\n"
"                  always or never\n"
"  --width N       columns of the terminal (default: the terminal's, else 80)\n"
"  --rows N        rows of the map (default 32): when the memory needs more, a\n"
"                  cell stands for 2, 4, 8, ... blocks\n"
"\n"
"A cell is one page block (usually 2 MiB), in the colour of its mobility; on a\n"
"kernel that does not tell it, in that of most of its pages.  The fuller, the\n"
"deeper the colour.  A mark: a movable block holds pages that nothing can move\n"
"(slab, page tables, other compound pages of the kernel).\n"
"\n"
"Units: memory in MiB (2^20 bytes), free areas by order (order n: 2^n pages);\n"
"unusable: share of the free memory in areas smaller than the order, 0 to 1.\n"
"\n"
"Privileges: none.\n"
"\n"
"Exit: 0; 1 a file could not be read or written; 2 wrong usage.\n";

enum { AUTO, ALWAYS, NEVER };

static bool want_colour(int when)
{
	const char *no = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	if (when != AUTO)
		return when == ALWAYS;
	return isatty(STDOUT_FILENO) && !(no && *no) && !(term && !strcmp(term, "dumb"));
}

static unsigned int terminal_width(void)
{
	struct winsize size;

	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col >= 40)
		return size.ws_col;
	return 80;
}

static int parse_when(const char *text)
{
	if (!strcmp(text, "auto"))
		return AUTO;
	if (!strcmp(text, "always"))
		return ALWAYS;
	if (!strcmp(text, "never"))
		return NEVER;
	usage_error("--color wants auto, always or never, not '%s'", text);
}

static const struct snapshot *last(const struct recording *r)
{
	return &r->snaps[r->nr_snaps - 1];
}

static void choose(struct view *v, struct recording r[2], char **files, int nr, const char *zone)
{
	load(&r[0], files[0], zone);
	v->recordings[0] = &r[0];
	v->snaps[0] = &r[0].snaps[0];
	if (nr > 1) {
		load(&r[1], files[1], zone);
		v->recordings[1] = &r[1];
		v->snaps[0] = last(&r[0]);
		v->snaps[1] = last(&r[1]);
	} else if (r[0].nr_snaps > 1) {
		v->snaps[1] = last(&r[0]);
	}
	measure(&v->metrics[0], v->snaps[0]);
	if (!v->snaps[1])
		return;
	measure(&v->metrics[1], v->snaps[1]);
	if (v->snaps[0]->block_order != v->snaps[1]->block_order ||
	    v->snaps[0]->page_size != v->snaps[1]->page_size)
		die(1,
		    "the snapshots differ in the size of a page block: they are not from like machines");
}

static void draw(const struct view *v, void (*how)(const struct view *v, FILE *out),
		 const char *path)
{
	FILE *out = open_out(path);

	how(v, out);
	close_out(out, path);
}

int cmd_report(int argc, char **argv)
{
	static const struct option options[] = {
		{ "svg", required_argument, NULL, 's' },
		{ "html", required_argument, NULL, 'H' },
		{ "zone", required_argument, NULL, 'z' },
		{ "color", required_argument, NULL, 'c' },
		{ "colour", required_argument, NULL, 'c' },
		{ "width", required_argument, NULL, 'w' },
		{ "rows", required_argument, NULL, 'r' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	const char *svg = NULL, *html = NULL, *zone = NULL;
	struct view view = { .rows = 32 };
	struct recording recordings[2] = { };
	int c, colour = AUTO;

	opterr = 0;
	while ((c = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		switch (c) {
		case 's':
			svg = optarg;
			break;
		case 'H':
			html = optarg;
			break;
		case 'z':
			zone = optarg;
			break;
		case 'c':
			colour = parse_when(optarg);
			break;
		case 'w':
			view.width = parse_number("--width", optarg, 40, 1000);
			break;
		case 'r':
			view.rows = parse_number("--rows", optarg, 1, 1000);
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
	if (optind == argc)
		usage_error("no recording named");
	if (argc - optind > 2)
		usage_error("unexpected argument '%s'", argv[optind + 2]);

	choose(&view, recordings, argv + optind, argc - optind, zone);
	view.colour = want_colour(colour);
	if (!view.width)
		view.width = terminal_width();
	if (svg)
		draw(&view, print_svg, svg);
	if (html)
		draw(&view, print_html, html);
	if (!svg && !html)
		draw(&view, print_terminal, NULL);
	return 0;
}
