// SPDX-License-Identifier: GPL-2.0
/*
 * rest: who wakes up while nothing happens?
 *
 * Memory is left in pieces: anonymous pages, most given back, one in eight
 * kept.  There would be work to do, but nobody asks for it.  Then nothing runs
 * for some time, and the wake-ups of the kernel's threads that look after memory
 * are counted: their voluntary context switches, scaled to an hour.
 *
 * With an emulator whose clock jumps over idle time ("qemu -icount sleep=off")
 * an hour passes in seconds.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fragbench.h"

static long seconds = 3600;
static long settle = 120;
static long pieces = 80;

static const struct fb_option options[] = {
	{ "seconds", &seconds, 10, 100000, "of rest" },
	{ "settle", &settle, 0, 3600, "seconds of rest before that" },
	{ "pieces", &pieces, 0, 95, "percent of free memory to leave in pieces" },
	{ NULL }
};

/* The names of threads begin with these. */
static const char * const threads[] = {
	"kcompactd", "kdefragd", "kswapd", "khugepaged",
};

/* Return: voluntary context switches of a thread whose name begins so, or 0. */
static long switches(const char *pid, const char *begins)
{
	char path[300], line[256];
	bool ours = false;
	long nr = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%s/status", pid);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f)) {
		if (!strncmp(line, "Name:\t", 6))
			ours = !strncmp(line + 6, begins, strlen(begins));
		if (ours && sscanf(line, "voluntary_ctxt_switches: %ld", &nr) == 1)
			break;
	}
	if (f)
		fclose(f);
	return nr;
}

static long wakeups(const char *begins)
{
	DIR *proc = opendir("/proc");
	struct dirent *d;
	long sum = 0;

	while (proc && (d = readdir(proc))) {
		if (d->d_name[0] >= '1' && d->d_name[0] <= '9')
			sum += switches(d->d_name, begins);
	}
	if (proc)
		closedir(proc);
	return sum;
}

int main(int argc, char **argv)
{
	struct fb_counters *then, *now;
	long before[ARRAY_SIZE(threads)];
	struct frag_holes holes;
	struct frag_state s;
	unsigned int i;
	char key[64];

	fb_begin(argc, argv, "Wake-ups of the kernel's memory threads at rest.", options);
	fb_quiet();
	if (frag_read(&s))
		fb_die("cannot read /proc/buddyinfo");
	if (pieces &&
	    (frag_holes_fill(&holes, s.free / 100 * pieces * sysconf(_SC_PAGESIZE)) ||
	     frag_holes_punch(&holes, 3)))
		fb_die("cannot make holes");
	fb_fingerprint("before", NULL);
	fb_unquiet();
	sleep(settle);

	then = fb_counters_read();
	for (i = 0; i < ARRAY_SIZE(threads); i++)
		before[i] = wakeups(threads[i]);
	sleep(seconds);
	for (i = 0; i < ARRAY_SIZE(threads); i++) {
		snprintf(key, sizeof(key), "%s_per_hour", threads[i]);
		fb_value(key, "%.1f", (wakeups(threads[i]) - before[i]) * 3600.0 / seconds);
	}
	now = fb_counters_read();
	fb_value("per_hour", "%.1f", (wakeups("kdefragd") - before[1] +
				     wakeups("kcompactd") - before[0]) * 3600.0 / seconds);
	fb_counters_print(then, now);
	fb_fingerprint("after", NULL);
	return 0;
}
