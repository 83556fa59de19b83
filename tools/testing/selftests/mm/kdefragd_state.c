// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include "kdefragd_state.h"

static void add_reserve(struct state *s, unsigned long free, unsigned long low)
{
	s->reserves += low > 0;
	s->below += free < low;
	s->lacking += free < low ? low - free : 0;
	s->above += low && free > low ? free - low : 0;
}

bool state_read(struct state *s)
{
	unsigned long free, low, high, in_vain, rest, failed[4];
	FILE *f = fopen("/sys/kernel/debug/kdefragd", "r");
	char line[256];

	memset(s, 0, sizeof(*s));
	if (!f)
		return false;
	s->known = fgets(line, sizeof(line), f) && !strcmp(line, "# kdefragd 1\n");
	while (fgets(line, sizeof(line), f)) {
		if (line[0] == '#')
			continue;
		s->zones++;
		if (sscanf(line, "%*d %*s %*u %lu %lu %lu %lu %lu %lu %lu %lu %lu",
			   &free, &low, &high, &in_vain, &rest, &failed[0],
			   &failed[1], &failed[2], &failed[3]) != 9) {
			s->bad++;
			continue;
		}
		s->bad += low > high || (rest && !in_vain);
		add_reserve(s, free, low);
		s->remembered += failed[0] + failed[1] + failed[2] + failed[3];
	}
	fclose(f);
	return true;
}
