/* SPDX-License-Identifier: GPL-2.0 */
/* What /sys/kernel/debug/kdefragd says of the zones. */
#ifndef _SELFTESTS_MM_KDEFRAGD_STATE_H
#define _SELFTESTS_MM_KDEFRAGD_STATE_H

#include <stdbool.h>

/**
 * struct state - all zones together
 * @known: the version of the file
 * @zones: lines
 * @bad: lines that cannot be right
 * @reserves: zones that keep a reserve
 * @below: those that have less than their low mark of it
 * @lacking: areas that these have less than it
 * @above: free areas that the others have above theirs
 * @remembered: blocks that failed
 */
struct state {
	bool known;
	unsigned long zones;
	unsigned long bad;
	unsigned long reserves;
	unsigned long below;
	unsigned long lacking;
	unsigned long above;
	unsigned long remembered;
};

/* Return: false if there is none. */
bool state_read(struct state *s);

#endif /* _SELFTESTS_MM_KDEFRAGD_STATE_H */
