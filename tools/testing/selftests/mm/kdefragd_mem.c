// SPDX-License-Identifier: GPL-2.0
/* Knobs, counters, and pages with a pattern; kdefragd_mem.h explains. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fragment.h"
#include "kdefragd_mem.h"
#include "vm_util.h"

/* Of an entry of pagemap: the page frame number, if the page is present */
#define PM_PFN	((1ULL << 55) - 1)
#define AT_ONCE	512	/* entries */

int knob_write(const char *name, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), KNOBS "%s", name);
	return frag_write(path, value);
}

long knob_read(const char *name)
{
	char path[128], buf[32];

	snprintf(path, sizeof(path), KNOBS "%s", name);
	return read_file(path, buf, sizeof(buf)) ? atol(buf) : -1;
}

unsigned long counter(const char *name)
{
	FILE *f = fopen("/proc/vmstat", "r");
	unsigned long value = 0, v;
	char key[64];

	while (f && fscanf(f, "%63s %lu", key, &v) == 2)
		if (!strcmp(key, name))
			value = v;
	if (f)
		fclose(f);
	return value;
}

/* A word that tells page and round. */
uint64_t pattern(unsigned long page, unsigned long round, bool same)
{
	return ((same ? page % 4 : page) * 0x9e3779b97f4a7c15UL) ^ (round << 3) ^ 1;
}

/* Three words of a page: its ends and one in between. */
void page_write(char *page, uint64_t word)
{
	uint64_t *p = (uint64_t *)page;
	size_t words = psize() / sizeof(*p);

	p[0] = word;
	p[words / 3] = word + 1;
	p[words - 1] = word + 2;
}

bool page_holds(const char *page, uint64_t word)
{
	const uint64_t *p = (const uint64_t *)page;
	size_t words = psize() / sizeof(*p);

	return p[0] == word && p[words / 3] == word + 1 &&
	       p[words - 1] == word + 2;
}

/* Not one by one: the kernel allocates a buffer for each read. */
void read_pfns(char *map, unsigned long nr, unsigned long *pfns)
{
	int fd = open("/proc/self/pagemap", O_RDONLY);
	unsigned long i = 0, k, got;
	uint64_t entry[AT_ONCE];

	while (i < nr) {
		unsigned long want = nr - i < AT_ONCE ? nr - i : AT_ONCE;
		ssize_t n = pread(fd, entry, want * sizeof(*entry),
				  ((uintptr_t)map / psize() + i) * sizeof(*entry));

		got = n > 0 ? n / sizeof(*entry) : 0;
		if (!got)
			break;
		for (k = 0; k < got; k++)
			pfns[i++] = entry[k] & PM_PRESENT ? entry[k] & PM_PFN : -1UL;
	}
	while (i < nr)
		pfns[i++] = -1UL;
	close(fd);
}
