// SPDX-License-Identifier: GPL-2.0
/* Page allocations that fail; alloc_faults.h explains. */
#include <stdio.h>
#include <stdlib.h>

#include "alloc_faults.h"
#include "fragment.h"
#include "vm_util.h"

#define FAULTS_MAX	1000000

void faults_begin(const char *percent, bool waiting)
{
	char times[32];

	snprintf(times, sizeof(times), "%d", FAULTS_MAX);
	frag_write(FAULTS "verbose", "0");
	frag_write(FAULTS "task-filter", "1");
	frag_write(FAULTS "ignore-gfp-wait", waiting ? "0" : "1");
	frag_write(FAULTS "ignore-gfp-highmem", "0");
	frag_write(FAULTS "min-order", "0");
	frag_write(FAULTS "times", times);
	frag_write(FAULTS "probability", percent);
}

long faults_end(void)
{
	char times[32] = "";

	frag_write(FAULTS "probability", "0");
	if (!read_file(FAULTS "times", times, sizeof(times)))
		return 0;
	return FAULTS_MAX - strtol(times, NULL, 10);
}

void faults_here(bool on)
{
	frag_write("/proc/self/make-it-fail", on ? "1" : "0");
}
