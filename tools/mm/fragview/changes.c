// SPDX-License-Identifier: GPL-2.0
/* fragview report: what the counters and the events have to say */
#include <stdlib.h>
#include <string.h>

#include "fragview.h"

/* Counters of the last snapshot that differ from the first; nothing if one. */
bool next_change(const struct view *v, size_t *i, const char **name,
		 unsigned long long *before, long long *change)
{
	while (v->snaps[1] && *i < v->snaps[1]->nr_counters) {
		const struct counter *after = &v->snaps[1]->counters[(*i)++];
		const struct counter *old = find_counter(v->snaps[0], after->name);

		if (!old || old->value == after->value)
			continue;
		*name = after->name;
		*before = old->value;
		*change = (long long)(after->value - old->value);
		return true;
	}
	return false;
}

/* The lanes of the time line, in the order in which they came first, and when. */
const char **event_lanes(const struct view *v, size_t *nr, double *from, double *to)
{
	const char **lanes = NULL;
	size_t i, k;
	int r;

	*nr = 0;
	for (r = 0; r < 2 && v->recordings[r]; r++) {
		for (i = 0; i < v->recordings[r]->nr_events; i++) {
			const struct event *e = &v->recordings[r]->events[i];

			for (k = 0; k < *nr && strcmp(lanes[k], e->lane); k++)
				;
			if (!*nr || e->time < *from)
				*from = e->time;
			if (!*nr || e->time > *to)
				*to = e->time;
			if (k < *nr)
				continue;
			lanes = grow(lanes, *nr, sizeof(*lanes));
			lanes[(*nr)++] = e->lane;
		}
	}
	return lanes;
}
