// SPDX-License-Identifier: GPL-2.0
/*
 * Add memory to a node, for a test: a range of it that the kernel was told to leave
 * alone (mem=), as if it had just been plugged in.
 *
 *	insmod add_memory.ko nid=1 start=0x80000000 size=0x40000000
 *
 * Where firmware tells of memory that may come, drivers do this.  A node has to be
 * possible, as one is that has a CPU and no memory.  The memory stays, and so does
 * the module.
 */
#include <linux/memory_hotplug.h>
#include <linux/module.h>
#include <linux/types.h>

static int nid;
module_param(nid, int, 0444);
MODULE_PARM_DESC(nid, "Number of the node");

static u64 start;
module_param(start, ullong, 0444);
MODULE_PARM_DESC(start, "Physical address of the first byte");

static u64 size;
module_param(size, ullong, 0444);
MODULE_PARM_DESC(size, "Bytes, whole memory blocks of sysfs");

static int __init add_memory_test_init(void)
{
	if (nid < 0 || nid >= MAX_NUMNODES || !node_possible(nid))
		return -EINVAL;
	return add_memory(nid, start, size, MHP_NONE);
}
module_init(add_memory_test_init);

MODULE_DESCRIPTION("Add memory to a node");
MODULE_LICENSE("GPL");
