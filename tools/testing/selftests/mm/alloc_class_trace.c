// SPDX-License-Identifier: GPL-2.0
/* The tracepoint of fallbacks; alloc_class_trace.h explains. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc_class_trace.h"
#include "fragment.h"
#include "kselftest.h"

#define EVENT		"events/kmem/mm_page_alloc_extfrag/"
#define TRACING		"/sys/kernel/tracing/"
#define OURS		TRACING "instances/alloc_class/"

/* What the line began with, and ended, before there were classes. */
#define PRINTED		"print fmt: \"page=%p pfn=0x%lx alloc_order=%d " \
			"fallback_order=%d pageblock_order=%d alloc_migratetype=%d " \
			"fallback_migratetype=%d fragmenting=%d change_ownership=%d\","

static const char * const fields[] = {
	"unsigned long pfn", "int alloc_order", "int fallback_order",
	"int alloc_migratetype", "int fallback_migratetype", "int change_ownership",
	"int block_class",
};

static bool field_is(const char *line, int nr)
{
	char name[64];

	if (sscanf(line, " field:%63[^;];", name) != 1)
		return false;
	return nr < ARRAY_SIZE(fields) && !strcmp(name, fields[nr]);
}

bool extfrag_format_is_right(void)
{
	FILE *f = fopen(TRACING EVENT "format", "r");
	bool right = f, printed = false;
	char line[2048];
	int nr = 0;

	while (f && fgets(line, sizeof(line), f)) {
		bool here = true;

		/* All events have the common ones, and they come first. */
		if (strstr(line, "field:") && !strstr(line, " common_"))
			here = field_is(line, nr++);
		if (!strncmp(line, "print fmt:", strlen("print fmt:"))) {
			here = !strncmp(line, PRINTED, strlen(PRINTED));
			printed = here;
		}
		if (!here)
			ksft_print_msg("mm_page_alloc_extfrag: %s", line);
		right &= here;
	}
	if (f)
		fclose(f);
	return right && printed && nr == ARRAY_SIZE(fields);
}

void extfrag_cancel(void)
{
	rmdir(OURS);
}

/* An instance, so that no other user of the tracer is in the way. */
bool extfrag_begin(void)
{
	extfrag_cancel();	/* of a run that was killed */
	if (mkdir(OURS, 0700))
		return false;
	if (!frag_write(OURS "buffer_size_kb", "256") &&
	    !frag_write(OURS "options/fields", "1") &&
	    !frag_write(OURS EVENT "filter",
			"alloc_migratetype == 0 && change_ownership == 1") &&
	    !frag_write(OURS EVENT "enable", "1"))
		return true;
	extfrag_cancel();
	return false;
}

static long value_of(const char *line, const char *field)
{
	const char *p = strstr(line, field);

	return p ? strtol(p + strlen(field), NULL, 0) : -1;
}

struct extfrag_events extfrag_end(void)
{
	struct extfrag_events events = {};
	char line[512];
	FILE *f;

	frag_write(OURS EVENT "enable", "0");
	f = fopen(OURS "trace", "r");
	while (f && fgets(line, sizeof(line), f)) {
		long class = value_of(line, " block_class=");

		if (!strstr(line, "mm_page_alloc_extfrag:"))
			continue;
		events.blocks++;
		if (class >= 0 && class < ARRAY_SIZE(events.of_class))
			events.of_class[class]++;
		if (events.blocks == 1)
			ksft_print_msg("%s", line);
	}
	if (f)
		fclose(f);
	extfrag_cancel();
	return events;
}
