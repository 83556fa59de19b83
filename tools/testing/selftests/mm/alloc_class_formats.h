/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Have /proc/buddyinfo and /proc/pagetypeinfo the format that the common
 * exporters know?  They split lines at spaces and go by position.
 */
#ifndef _SELFTESTS_MM_ALLOC_CLASS_FORMATS_H
#define _SELFTESTS_MM_ALLOC_CLASS_FORMATS_H

#include <stdbool.h>

/*
 * "Node N, zone NAME", then a number for each order, as many in each line.
 * Return: how many, or -1.
 */
int buddyinfo_orders(void);

/* Titles, mobilities and numbers as they were always, and nothing else? */
bool pagetypeinfo_is_right(int orders);

#endif /* _SELFTESTS_MM_ALLOC_CLASS_FORMATS_H */
