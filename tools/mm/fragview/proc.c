// SPDX-License-Identifier: GPL-2.0
/* fragview record: zoneinfo, buddyinfo, pagetypeinfo and vmstat */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fragview.h"

FILE *source_open(const struct source *s, const char *path)
{
	char *full = join(s->root, path);
	FILE *f = fopen(full, "r");

	free(full);
	return f;
}

static FILE *must_open(const struct source *s, const char *path)
{
	FILE *f = source_open(s, path);

	if (!f)
		die(1, "cannot read %s%s (%s): is /proc mounted?", s->root, path, strerror(errno));
	return f;
}

/* The zones of /proc/zoneinfo that have pages. */
void read_zones(const struct source *s, struct snapshot *snap)
{
	FILE *f = must_open(s, "/proc/zoneinfo");
	struct zone *z = NULL;
	char line[LINE_LEN], name[NAME_LEN];
	unsigned long value;
	int node;

	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "Node %d, zone %31s", &node, name) == 2) {
			snap->zones = grow(snap->zones, snap->nr_zones, sizeof(*z));
			z = &snap->zones[snap->nr_zones++];
			memset(z, 0, sizeof(*z));
			z->node = node;
			strcpy(z->name, name);
			continue;
		}
		if (!z)
			continue;
		if (sscanf(line, " spanned %lu", &value) == 1)
			z->spanned = value;
		else if (sscanf(line, " present %lu", &value) == 1)
			z->present = value;
		else if (sscanf(line, " managed %lu", &value) == 1)
			z->managed = value;
		else if (sscanf(line, " start_pfn: %lu", &value) == 1)
			z->start = value;
		else if (sscanf(line, " count: %lu", &value) == 1)
			z->percpu += value;
	}
	fclose(f);
	if (!snap->nr_zones)
		die(1, "%s/proc/zoneinfo lists no zone", s->root);
}

/*
 * /proc/pagetypeinfo says it (root only); without it the size of a huge page
 * does, which block orders follow unless the kernel was told otherwise.
 */
unsigned int read_block_order(const struct source *s)
{
	FILE *f = source_open(s, "/proc/pagetypeinfo");
	unsigned int order = 0;
	unsigned long bytes;
	bool found = false;

	if (f) {
		found = fscanf(f, "Page block order: %u", &order) == 1;
		fclose(f);
	}
	if (found)
		return order;
	f = source_open(s, "/sys/kernel/mm/transparent_hugepage/hpage_pmd_size");
	if (f) {
		found = fscanf(f, "%lu", &bytes) == 1;
		fclose(f);
	}
	if (!found)
		die(1,
		    "cannot read %s/proc/pagetypeinfo for the size of a page block: run as root",
			s->root);
	for (bytes /= 4096; bytes > 1; bytes /= 2)
		order++;
	return order;
}

/* "Node 0, zone   Normal      8     12 ..." */
static void write_buddyinfo(const struct source *s, FILE *out)
{
	FILE *f = must_open(s, "/proc/buddyinfo");
	char line[LINE_LEN], name[NAME_LEN], *rest;
	int node, at;

	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "Node %d, zone %31s%n", &node, name, &at) != 2)
			continue;
		fprintf(out, "buddy %d %s", node, name);
		for (rest = strtok(line + at, "\n "); rest; rest = strtok(NULL, "\n "))
			fprintf(out, " %s", rest);
		fputc('\n', out);
	}
	fclose(f);
}

/* The second table of /proc/pagetypeinfo, "Number of blocks type ...". */
static void write_block_counts(const struct source *s, FILE *out)
{
	static const char title[] = "Number of blocks type";
	FILE *f = source_open(s, "/proc/pagetypeinfo");
	char line[LINE_LEN], type[16][NAME_LEN], name[NAME_LEN], *word;
	int node, at, i, types = 0;

	while (f && fgets(line, sizeof(line), f)) {
		if (!strncmp(line, title, sizeof(title) - 1)) {
			for (word = strtok(line + sizeof(title) - 1, "\n "); word && types < 16;
			     word = strtok(NULL, "\n "))
				snprintf(type[types++], NAME_LEN, "%s", word);
			continue;
		}
		if (!types || sscanf(line, "Node %d, zone %31s%n", &node, name, &at) != 2)
			continue;
		word = strtok(line + at, "\n ");
		for (i = 0; i < types && word; i++, word = strtok(NULL, "\n "))
			fprintf(out, "types %d %s %s %s\n", node, name, type[i], word);
	}
	if (f)
		fclose(f);
}

bool counter_matters(const char *name)
{
	static const char * const prefix[] = {
		"kdefragd_", "order_wmark_", "alloc_class_", "compact_", "pgmigrate_",
		"pgsteal_", "kcompactd_", "allocstall_", "thp_fault_", "thp_collapse_alloc",
		"pswpout", "workingset_refault_", "nr_free_pages",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(prefix); i++)
		if (!strncmp(name, prefix[i], strlen(prefix[i])))
			return true;
	return false;
}

static void write_vmstat(const struct source *s, FILE *out)
{
	FILE *f = must_open(s, "/proc/vmstat");
	char name[64];
	unsigned long long value;

	while (fscanf(f, "%63s %llu", name, &value) == 2)
		if (counter_matters(name))
			fprintf(out, "vmstat %s %llu\n", name, value);
	fclose(f);
}

void write_proc(const struct source *s, const struct snapshot *snap, FILE *out)
{
	size_t i;

	for (i = 0; i < snap->nr_zones; i++) {
		const struct zone *z = &snap->zones[i];

		if (z->managed)
			fprintf(out, "zone %d %s %lu %lu %lu %lu %lu\n", z->node, z->name, z->start,
				z->spanned, z->present, z->managed, z->percpu);
	}
	write_buddyinfo(s, out);
	write_block_counts(s, out);
	write_vmstat(s, out);
}
