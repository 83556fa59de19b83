// SPDX-License-Identifier: GPL-2.0
/* The kernel's counters, as differences. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fragbench.h"

#define COUNTERS_MAX	512
#define NAME_MAX_LEN	64

struct fb_counters {
	unsigned int nr;
	struct {
		char name[NAME_MAX_LEN];
		long value;
	} c[COUNTERS_MAX];
};

/* What every scenario reports: names, or the beginnings of names. */
static const char * const reported[] = {
	"pgmigrate_",
	"compact_",
	"pgsteal_",
	"pgscan_direct",
	"pgscan_kswapd",
	"pswpin",
	"pswpout",
	"workingset_refault",
	"allocstall",
	"oom_kill",
	"thp_fault_alloc",
	"thp_fault_fallback",
	"kdefragd_",
	"order_wmark_",
	"alloc_class_",
};

/* Pages that a compactor or defragmenter looked at, by the end of the name. */
static const char * const inspecting[] = { "_scanned", "_inspected" };

struct fb_counters *fb_counters_read(void)
{
	struct fb_counters *c = fb_alloc(1, sizeof(*c));
	FILE *f = fopen("/proc/vmstat", "r");

	if (!f)
		fb_die("cannot read /proc/vmstat");
	while (c->nr < COUNTERS_MAX &&
	       fscanf(f, "%63s %ld", c->c[c->nr].name, &c->c[c->nr].value) == 2)
		c->nr++;
	fclose(f);
	return c;
}

/* Return: the counter, or -1 where the kernel has none of that name. */
long fb_counter(const struct fb_counters *c, const char *name)
{
	unsigned int i;

	for (i = 0; i < c->nr; i++) {
		if (!strcmp(c->c[i].name, name))
			return c->c[i].value;
	}
	return -1;
}

/* Return: the difference; 0 where there is no such counter. */
long fb_counter_since(const struct fb_counters *then,
		      const struct fb_counters *now, const char *name)
{
	return fb_counter(now, name) - fb_counter(then, name);
}

static bool is_reported(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(reported); i++) {
		if (!strncmp(name, reported[i], strlen(reported[i])))
			return true;
	}
	return false;
}

void fb_counters_print(const struct fb_counters *then,
		       const struct fb_counters *now)
{
	unsigned int i;

	for (i = 0; i < now->nr; i++) {
		const char *name = now->c[i].name;

		if (is_reported(name))
			fb_value(name, "%ld", fb_counter_since(then, now, name));
	}
}

/* compact_daemon_* counts again what compact_*_scanned has counted. */
static bool is_inspecting(const char *name)
{
	size_t len = strlen(name), end;
	unsigned int i;

	if (!strncmp(name, "compact_daemon_", 15) ||
	    (strncmp(name, "compact_", 8) && strncmp(name, "kdefragd_", 9)))
		return false;
	for (i = 0; i < ARRAY_SIZE(inspecting); i++) {
		end = strlen(inspecting[i]);
		if (len > end && !strcmp(name + len - end, inspecting[i]))
			return true;
	}
	return false;
}

/* Return: pages looked at by whoever makes memory contiguous. */
long fb_inspected(const struct fb_counters *then,
		  const struct fb_counters *now)
{
	long sum = 0;
	unsigned int i;

	for (i = 0; i < now->nr; i++) {
		if (is_inspecting(now->c[i].name))
			sum += fb_counter_since(then, now, now->c[i].name);
	}
	return sum;
}

/* Return: a line of /proc/meminfo, in KiB. */
long fb_meminfo(const char *name)
{
	FILE *f = fopen("/proc/meminfo", "r");
	char line[128];
	long value = -1;

	if (!f)
		fb_die("cannot read /proc/meminfo");
	while (fgets(line, sizeof(line), f)) {
		size_t len = strlen(name);

		if (!strncmp(line, name, len) && line[len] == ':')
			value = atol(line + len + 1);
	}
	fclose(f);
	if (value < 0)
		fb_die("/proc/meminfo has no %s", name);
	return value;
}
