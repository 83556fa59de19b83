// SPDX-License-Identifier: GPL-2.0
/*
 * kdefragd: what it knows of each zone, for people.
 *
 * Read without defrag_node.lock, so that a long pass does not keep anybody
 * waiting: the numbers of a line may be of slightly different moments.
 */
#include <linux/debugfs.h>
#include <linux/init.h>
#include <linux/jiffies.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/seq_file.h>
#include "../page_alloc.h"
#include "hooks.h"
#include "internal.h"

/* Milliseconds until the next pass for the reserve, unless the zone changes. */
static unsigned int defrag_rest_ms(const struct defrag_zone *dz)
{
	long left = READ_ONCE(dz->not_before) - jiffies;

	return left > 0 ? jiffies_to_msecs(left) : 0;
}

static void defrag_zone_show(struct seq_file *m, struct zone *zone,
			     const struct defrag_zone *dz)
{
	struct defrag_remembered blocks = {}, parts = {};
	unsigned int order = defrag_reserve_order();
	unsigned int shift = READ_ONCE(dz->shift);

	defrag_count_remembered(zone, &blocks, &parts);
	seq_printf(m, "%d %s %u %lu %lu %lu %u %u %lu %lu %lu %lu\n",
		   zone_to_nid(zone), zone->name, order,
		   defrag_free_areas(zone, order),
		   defrag_reserve_low(zone, order),
		   defrag_reserve_high(zone, order),
		   shift, shift ? defrag_rest_ms(dz) : 0,
		   blocks.dearer, blocks.passed_over,
		   parts.dearer, parts.passed_over);
}

static int defrag_state_show(struct seq_file *m, void *unused)
{
	struct zone *zone;

	seq_puts(m, "# kdefragd 1\n"
		 "# node zone order free low high in_vain rest_ms dearer passed_over parts_dearer parts_passed_over\n");
	get_online_mems();
	for_each_populated_zone(zone) {
		struct defrag_node *dn = READ_ONCE(zone->zone_pgdat->defrag);

		if (dn)
			defrag_zone_show(m, zone, &dn->zones[zone_idx(zone)]);
	}
	put_online_mems();
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(defrag_state);

static int __init defrag_debugfs_init(void)
{
	debugfs_create_file("kdefragd", 0444, NULL, NULL, &defrag_state_fops);
	return 0;
}
late_initcall(defrag_debugfs_init);
