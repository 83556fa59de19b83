// SPDX-License-Identifier: GPL-2.0
/*
 * Unaccepted memory, pretended: what the firmware of a confidential guest would
 * tell of memory that its host has not handed over yet.  scripts/unaccepted
 * builds it into a kernel of its own; a guest with the real thing needs special
 * hardware.
 *
 * All memory behind PRETEND_FROM is unaccepted until accept_memory() was called
 * for it, in units as large as those of UEFI.  To accept twice is allowed.
 */
#include <linux/bitmap.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/spinlock.h>

#define PRETEND_FROM	(768ULL * SZ_1M)
#define PRETEND_TO	(64ULL * SZ_1G)
#define UNIT		SZ_2M

static DECLARE_BITMAP(accepted, PRETEND_TO / UNIT);
static DEFINE_SPINLOCK(accepted_lock);

/* The units of a range: *@first to before *@end; false if there are none. */
static bool units(phys_addr_t start, unsigned long size, unsigned long *first,
		  unsigned long *end)
{
	*first = max(start, PRETEND_FROM) / UNIT;
	*end = DIV_ROUND_UP(min(start + size, PRETEND_TO), UNIT);
	return *first < *end;
}

bool range_contains_unaccepted_memory(phys_addr_t start, unsigned long size)
{
	unsigned long first, end;

	if (!units(start, size, &first, &end))
		return false;
	guard(spinlock_irqsave)(&accepted_lock);
	return find_next_zero_bit(accepted, end, first) < end;
}

void accept_memory(phys_addr_t start, unsigned long size)
{
	unsigned long first, end;

	if (!units(start, size, &first, &end))
		return;
	guard(spinlock_irqsave)(&accepted_lock);
	bitmap_set(accepted, first, end - first);
}
