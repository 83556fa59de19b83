// SPDX-License-Identifier: GPL-2.0
/* The formats that exporters parse; alloc_class_formats.h explains. */
#include <stdio.h>
#include <string.h>

#include "alloc_class_formats.h"
#include "kselftest.h"

/*
 * Numbers at the end of a line, of which each has at least one space before it,
 * and nothing else; -1 if there is more, or none.
 */
static int count_numbers(const char *p)
{
	int nr = 0, len;
	unsigned long v;

	while (sscanf(p, " %lu%n", &v, &len) == 1) {
		if (*p != ' ')
			return -1;
		p += len;
		nr++;
	}
	p += strspn(p, " ");
	return *p == '\n' && nr ? nr : -1;
}

int buddyinfo_orders(void)
{
	FILE *f = fopen("/proc/buddyinfo", "r");
	char line[512];
	int nr = 0;

	while (f && fgets(line, sizeof(line), f)) {
		int after = 0, here;

		if (sscanf(line, "Node %*d, zone %*s%n", &after) || !after)
			nr = -1;
		here = nr < 0 ? -1 : count_numbers(line + after);
		nr = !nr || nr == here ? here : -1;
	}
	if (f)
		fclose(f);
	return nr;
}

static bool known_type(const char *name)
{
	static const char * const types[] = {
		"Unmovable", "Movable", "Reclaimable", "HighAtomic", "CMA",
		"Isolate",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(types); i++)
		if (!strcmp(name, types[i]))
			return true;
	return false;
}

/* A line of pagetypeinfo: of free pages, or of blocks.  Return: is it right? */
static bool pagetypes_line(const char *line, int orders, int *types)
{
	char name[32];
	int after = 0, len;

	if (sscanf(line, "Node %*d, zone %*[^,], type %31s%n", name, &after) == 1)
		/* A count may have been cut short, and says so: >100000 */
		return known_type(name) &&
		       (strchr(line, '>') || count_numbers(line + after) == orders);
	if (!sscanf(line, "Node %*d, zone %*s%n", &after) && after)
		return count_numbers(line + after) == *types;
	if (!sscanf(line, "Number of blocks type%n", &after) && after) {
		for (*types = 0; sscanf(line + after, "%31s%n", name, &len) == 1;
		     (*types)++, after += len)
			if (!known_type(name))
				return false;
		return *types;
	}
	if (!sscanf(line, "Free pages count per migrate type at order%n", &after) &&
	    after)
		return count_numbers(line + after) == orders;
	return !strncmp(line, "Page block order: ", 18) ||
	       !strncmp(line, "Pages per block:  ", 18) || *line == '\n';
}

bool pagetypeinfo_is_right(int orders)
{
	FILE *f = fopen("/proc/pagetypeinfo", "r");
	char line[512];
	int types = 0;
	bool right = f;

	while (f && fgets(line, sizeof(line), f)) {
		if (pagetypes_line(line, orders, &types))
			continue;
		ksft_print_msg("pagetypeinfo: %s", line);
		right = false;
	}
	if (f)
		fclose(f);
	return right && types;
}
