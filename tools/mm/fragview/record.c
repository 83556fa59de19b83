// SPDX-License-Identifier: GPL-2.0
/* fragview record: snapshots, and the events between them */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "fragview.h"

static const char help[] =
"fragview record [OPTIONS]: write the state of memory to a file.\n"
"\n"
"  --out FILE      write there instead of to standard output\n"
"  --count N       take N snapshots (default 1)\n"
"  --interval S    seconds from one to the next (default 1; decimals allowed)\n"
"  --no-content    do not look at single pages where the kernel has\n"
"                  /sys/kernel/debug/page_blocks: quicker, but pages that sit in\n"
"                  a block of another mobility stay unseen\n"
"  --system NAMES  trace events of these systems (as kdefragd,vmscan), or some of\n"
"                  them (as oom:mark_victim), are recorded from the first snapshot\n"
"                  to the last; default: kdefragd, and of compaction when it is\n"
"                  woken, begins, ends and is put off, where the kernel has them\n"
"  --events FILE   take events from that text (a copy of tracefs' trace, or what\n"
"                  trace-cmd report or perf script print) instead; where it tells\n"
"                  their systems, those of --system\n"
"  --root DIR      read DIR/proc and DIR/sys instead of /proc and /sys\n"
"\n"
"Units: blocks and free areas are counted in pages of page_size bytes, times in\n"
"seconds since boot.  The file is text; its lines are explained in\n"
"Documentation/admin-guide/mm/fragmentation-tools.rst.\n"
"\n"
"Privileges: root (CAP_SYS_ADMIN), for the content of /proc/kpageflags, for\n"
"/proc/pagetypeinfo, debugfs and tracefs.  On a kernel without page_blocks\n"
"CONFIG_PROC_PAGE_MONITOR is needed, and each snapshot reads 8 bytes per page:\n"
"about 2 MiB per GiB of memory.  A snapshot is not atomic: pages move while it\n"
"is taken.\n"
"\n"
"Exit: 0; 1 something could not be read or written; 2 wrong usage.\n";

static int stopped;

static void stop(int signal)
{
	__atomic_store_n(&stopped, signal, __ATOMIC_RELAXED);
}

static void pause_for(double seconds)
{
	struct timespec t = {
		.tv_sec = (time_t)seconds,
		.tv_nsec = (long)((seconds - (time_t)seconds) * 1e9),
	};

	if (!__atomic_load_n(&stopped, __ATOMIC_RELAXED))
		nanosleep(&t, NULL);
}

static void open_sources(struct source *s)
{
	char *path = join(s->root, "/proc/kpageflags");
	int error;

	s->page_blocks = source_open(s, "/sys/kernel/debug/page_blocks");
	s->kpageflags = s->page_blocks && !s->content ? -1 : open(path, O_RDONLY);
	error = errno;
	if (!s->page_blocks && s->kpageflags < 0)
		die(1, "cannot read %s (%s), nor page_blocks in debugfs: %s", path, strerror(error),
		    error == ENOENT ? "the kernel needs CONFIG_PROC_PAGE_MONITOR" : "run as root");
	free(path);
	s->block_order = read_block_order(s);
}

static double seconds_up(const struct source *s)
{
	FILE *f = source_open(s, "/proc/uptime");
	double seconds;

	if (!f || fscanf(f, "%lf", &seconds) != 1)
		die(1, "cannot read %s/proc/uptime: is /proc mounted?", s->root);
	fclose(f);
	return seconds;
}

static void write_release(const struct source *s, FILE *out)
{
	struct utsname name;
	FILE *f = source_open(s, "/proc/sys/kernel/osrelease");
	char release[128];

	if (f && fscanf(f, "%127s", release) == 1)
		fprintf(out, "kernel %s\n", release);
	else if (!uname(&name))
		fprintf(out, "kernel %s\n", name.release);
	if (f)
		fclose(f);
}

static void write_snapshot(const struct source *s, FILE *out)
{
	struct snapshot snap = { .block_order = s->block_order };

	read_zones(s, &snap);
	fprintf(out, "snapshot %d\n", FORMAT_VERSION);
	write_release(s, out);
	fprintf(out, "uptime %.2f\n", seconds_up(s));
	fprintf(out, "page_size %ld\n", sysconf(_SC_PAGESIZE));
	fprintf(out, "block_order %u\n", s->block_order);
	write_proc(s, &snap, out);
	write_blocks(s, &snap, out);
	fputs("end\n", out);
	fflush(out);
	free(snap.zones);
}

static void record(const struct source *s, unsigned int count, double interval,
		   const char * const *wanted, const char *path)
{
	FILE *out = open_out(path);
	struct event_source *events = wanted && count > 1 ? events_start(s, wanted) : NULL;
	unsigned int i;

	for (i = 0; i < count && !__atomic_load_n(&stopped, __ATOMIC_RELAXED); i++) {
		if (i)
			pause_for(interval);
		if (events)
			events_drain(events, out);
		write_snapshot(s, out);
	}
	if (events) {
		events_drain(events, out);
		events_stop(events);
	}
	close_out(out, path);
}

/* "kdefragd,oom:mark_victim" -> its names, and NULL */
static const char * const *split(char *list)
{
	const char **names = NULL;
	size_t nr = 0;
	char *name;

	for (name = strtok(list, ","); name; name = strtok(NULL, ",")) {
		names = grow(names, nr, sizeof(*names));
		names[nr++] = name;
	}
	if (!nr)
		usage_error("--system wants names of trace events or their systems");
	names = grow(names, nr, sizeof(*names));
	names[nr] = NULL;
	return names;
}

int cmd_record(int argc, char **argv)
{
	static const struct option options[] = {
		{ "interval", required_argument, NULL, 'i' },
		{ "count", required_argument, NULL, 'c' },
		{ "out", required_argument, NULL, 'o' },
		{ "events", required_argument, NULL, 'e' },
		{ "system", required_argument, NULL, 's' },
		{ "root", required_argument, NULL, 'r' },
		{ "no-content", no_argument, NULL, 'n' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	struct source source = { .root = "", .content = true };
	const char *out = NULL, *events = NULL, * const *wanted = default_events;
	struct sigaction action = { .sa_handler = stop };
	unsigned int count = 1;
	double interval = 1;
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		switch (c) {
		case 'i':
			interval = parse_number("--interval", optarg, 0.01, 86400);
			break;
		case 'c':
			count = parse_number("--count", optarg, 1, 1e6);
			break;
		case 'o':
			out = optarg;
			break;
		case 'e':
			events = optarg;
			break;
		case 's':
			wanted = split(optarg);
			break;
		case 'r':
			source.root = optarg;
			break;
		case 'n':
			source.content = false;
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
	if (optind < argc)
		usage_error("unexpected argument '%s'", argv[optind]);
	if (wanted != default_events && !events && count == 1)
		usage_error("--system wants --count 2 at least, or --events");
	if (events && access(events, R_OK))
		die(1, "cannot read %s: %s", events, strerror(errno));

	open_sources(&source);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	record(&source, count, interval, events ? NULL : wanted, out);
	if (events) {
		FILE *f = out && strcmp(out, "-") ? fopen(out, "a") : stdout;

		if (!f)
			die(1, "cannot write %s: %s", out, strerror(errno));
		events_from_file(events, wanted, f);
		close_out(f, out);
	}
	return 0;
}
