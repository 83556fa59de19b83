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

/* Behind @text, if the line begins with it, or NULL. */
static const char *behind(const char *line, const char *text)
{
	return strncmp(line, text, strlen(text)) ? NULL : line + strlen(text);
}

/* Behind "Node N, zone NAME", or NULL. */
static const char *behind_zone(const char *line)
{
	char zone[16];
	int node, len;

	if (sscanf(line, "Node %d, zone %15s%n", &node, zone, &len) != 2)
		return NULL;
	return line + len;
}

int buddyinfo_orders(void)
{
	FILE *f = fopen("/proc/buddyinfo", "r");
	char line[512];
	int nr = 0;

	while (nr >= 0 && f && fgets(line, sizeof(line), f)) {
		const char *numbers = behind_zone(line);
		int here = numbers ? count_numbers(numbers) : -1;

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

/* Names of mobilities; -1 if there is another among them. */
static int count_types(const char *p)
{
	char name[32];
	int nr = 0, len;

	for (; sscanf(p, "%31s%n", name, &len) == 1; p += len, nr++)
		if (!known_type(name))
			return -1;
	return nr;
}

/* A line of pagetypeinfo.  Return: is it right?  Sets *types at their title. */
static bool pagetypes_line(const char *line, int orders, int *types)
{
	char zone[16], name[32];
	const char *rest;
	int node, len;

	if (sscanf(line, "Node %d, zone %15[^,], type %31s%n", &node, zone, name,
		   &len) == 3)
		/* A count may have been cut short, and says so: >100000 */
		return known_type(name) && (strchr(line, '>') ||
					    count_numbers(line + len) == orders);
	rest = behind_zone(line);
	if (rest)
		return count_numbers(rest) == *types;
	rest = behind(line, "Number of blocks type");
	if (rest) {
		*types = count_types(rest);
		return *types > 0;
	}
	rest = behind(line, "Free pages count per migrate type at order");
	if (rest)
		return count_numbers(rest) == orders;
	return behind(line, "Page block order: ") ||
	       behind(line, "Pages per block:  ") || *line == '\n';
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
	return right && types > 0;
}
