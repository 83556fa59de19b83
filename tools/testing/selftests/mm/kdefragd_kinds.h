/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kinds of memory that kdefragd may meet, each with a way to set it up.  The
 * worker that owns one writes a pattern to it and reads it back for ever.
 */
#ifndef _SELFTESTS_MM_KDEFRAGD_KINDS_H
#define _SELFTESTS_MM_KDEFRAGD_KINDS_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct kind - one kind of memory
 * @name: for the test's result
 * @setup: map @size bytes, or NULL with the reason in @why
 * @finish: done once to the memory when it is populated, or NULL; not 0 is
 *	failure, with the reason in @why
 * @disturb: called now and then with the memory, or NULL
 * @same: every two pages have the same content, and are one page at the end of
 *	@finish
 * @stays: the pages must not move
 * @may_stay: that none has moved is no failure
 * @restless: pages change their frames by themselves once anybody writes
 * @twin: a process that was forked must go on seeing what was there then
 */
struct kind {
	const char *name;
	char *(*setup)(size_t size, const char **why);
	int (*finish)(char *map, size_t size, const char **why);
	void (*disturb)(char *map, size_t size);
	bool same;
	bool stays;
	bool may_stay;
	bool restless;
	bool twin;
};

extern const struct kind kinds[];
extern const int nr_kinds;

#endif /* _SELFTESTS_MM_KDEFRAGD_KINDS_H */
