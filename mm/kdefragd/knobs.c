// SPDX-License-Identifier: GPL-2.0
/*
 * kdefragd: vm.defrag_now and the other knobs.
 */
#include <linux/init.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/swap.h>
#include <linux/sysctl.h>
#include "../internal.h"
#include "../order_watermark.h"
#include "hooks.h"
#include "internal.h"

/*
 * vm.defrag_now ends after so many targets per range of the zone, and after so
 * many batches in a row that made nothing for want of room.  Unit: 1.  A target
 * that fails is passed over the fourth time, so it takes no more; but failures are
 * forgotten, and what has been made is taken: this ends what else could go on for
 * as long as pages are held, or others are at work.
 */
#define DEFRAG_VAIN		4

static int sysctl_kdefragd_max __ro_after_init;
static const int sysctl_kdefragd_order_max = MAX_PAGE_ORDER;

/* Work on a zone until no target of the order pays. */
static int defrag_zone_now(struct zone *zone, unsigned int order)
{
	struct defrag_node *dn = READ_ONCE(zone->zone_pgdat->defrag);
	unsigned long ranges = (zone_managed_pages(zone) >> order) + 1;
	struct defrag_effort effort = { .forced = true, .budget = ULONG_MAX };
	unsigned int found, vain = 0;
	unsigned long tried = 0;

	if (!dn)
		return 0;
	/* Its per-CPU lists go when its last memory does. */
	get_online_mems();
	lru_add_drain_all();
	if (populated_zone(zone))
		defrag_drain(zone);
	put_online_mems();
	effort.drained = true;

	if (mutex_lock_interruptible(&dn->lock))
		return -EINTR;
	/* First, while there are blocks in part free that have room. */
	defrag_home(dn, zone, &effort);
	defrag_round_begin(zone, &effort.round);
	do {
		struct defrag_control dc;

		defrag_begin(&dc, zone, order);
		dc.purpose = DEFRAG_FOR_KNOB;
		found = defrag_batch(&dc, dn, ULONG_MAX, &effort);
		defrag_pass_end(&dc);
		tried += dc.tried;
		vain = dc.made ? 0 : vain + effort.no_room;
		/* The thread has its turn between two batches. */
		mutex_unlock(&dn->lock);
		if (signal_pending(current) || mutex_lock_interruptible(&dn->lock))
			return -EINTR;
	} while (found && vain < DEFRAG_VAIN && tried < DEFRAG_VAIN * ranges);

	mutex_unlock(&dn->lock);
	return 0;
}

static int defrag_now_sysctl(const struct ctl_table *table, int write,
			     void *buffer, size_t *lenp, loff_t *ppos)
{
	int order = 0, ret;
	const struct ctl_table own = {
		.data	= &order,
		.maxlen	= sizeof(order),
		.extra1	= table->extra1,
		.extra2	= table->extra2,
	};
	struct zone *zone;

	ret = proc_dointvec_minmax(&own, write, buffer, lenp, ppos);
	/* What is not at the beginning of the file is ignored, as for any knob. */
	if (ret || !write || !order)
		return ret;

	for_each_populated_zone(zone) {
		ret = defrag_zone_now(zone, order);
		if (ret)
			return ret;
	}
	return 0;
}

/* It may sleep without a timer since kdefragd_stands_in(), which is over. */
static void defrag_wake_kcompactd(pg_data_t *pgdat)
{
	pgdat->proactive_compact_trigger = true;
	wake_up_interruptible(&pgdat->kcompactd_wait);
}

/* A knob that says how much there is to do: let the threads look, now. */
static int defrag_wake_sysctl(const struct ctl_table *table, int write,
			      void *buffer, size_t *lenp, loff_t *ppos)
{
	int nid, ret = proc_dointvec_minmax(table, write, buffer, lenp, ppos);

	if (ret || !write)
		return ret;

	for_each_online_node(nid) {
		pg_data_t *pgdat = NODE_DATA(nid);
		struct defrag_node *dn = READ_ONCE(pgdat->defrag);

		order_wmark_rest_over(pgdat);
		if (dn && kdefragd_enabled())
			defrag_ask_afresh(dn);
		if (!kdefragd_stands_in(pgdat))
			defrag_wake_kcompactd(pgdat);
	}
	return 0;
}

static const struct ctl_table defrag_table[] = {
	{
		.procname	= "kdefragd",
		.data		= &sysctl_kdefragd,
		.maxlen		= sizeof(sysctl_kdefragd),
		.mode		= 0644,
		.proc_handler	= defrag_wake_sysctl,
		.extra1		= SYSCTL_ZERO,
		.extra2		= SYSCTL_ONE,
	},
	{
		.procname	= "kdefragd_budget",
		.data		= &sysctl_kdefragd_budget,
		.maxlen		= sizeof(sysctl_kdefragd_budget),
		.mode		= 0644,
		.proc_handler	= proc_dointvec_minmax,
		.extra1		= SYSCTL_ONE,
	},
	{
		.procname	= "kdefragd_duty",
		.data		= &sysctl_kdefragd_duty,
		.maxlen		= sizeof(sysctl_kdefragd_duty),
		.mode		= 0644,
		.proc_handler	= proc_dointvec_minmax,
		.extra1		= SYSCTL_ONE,
		.extra2		= SYSCTL_ONE_HUNDRED,
	},
	{
		.procname	= "kdefragd_order",
		.data		= &sysctl_kdefragd_order,
		.maxlen		= sizeof(sysctl_kdefragd_order),
		.mode		= 0644,
		.proc_handler	= defrag_wake_sysctl,
		.extra1		= SYSCTL_ONE,
		.extra2		= (void *)&sysctl_kdefragd_order_max,
	},
	{
		.procname	= "free_block_reserve",
		.data		= &sysctl_free_block_reserve,
		.maxlen		= sizeof(sysctl_free_block_reserve),
		.mode		= 0644,
		.proc_handler	= defrag_wake_sysctl,
		.extra1		= SYSCTL_ZERO,
		.extra2		= SYSCTL_ONE_HUNDRED,
	},
	{
		.procname	= "defrag_now",
		.maxlen		= sizeof(int),
		.mode		= 0200,
		.proc_handler	= defrag_now_sysctl,
		.extra1		= SYSCTL_ONE,
		.extra2		= &sysctl_kdefragd_max,
	},
};

static int __init defrag_knobs_init(void)
{
	/* No constant on some architectures. */
	sysctl_kdefragd_max = PUD_SHIFT - PAGE_SHIFT;
	register_sysctl_init("vm", defrag_table);
	return 0;
}
subsys_initcall(defrag_knobs_init);
