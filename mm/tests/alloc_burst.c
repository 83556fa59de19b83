// SPDX-License-Identifier: GPL-2.0
/*
 * Bursts of page allocations, on request, from debugfs.
 *
 *	echo "<order> <count> atomic|nowait|kernel|retry|huge|pinned|0x<mask>" > alloc_burst
 *	echo drop > alloc_burst
 *	echo drain > alloc_burst
 *
 * The first asks for count blocks one after the other and holds those that
 * came until they are dropped or the module goes: with interrupts off if atomic;
 * with one try at reclaim if kernel, until it comes if retry, as kmalloc() does;
 * as a fault asks for a huge page if huge; from where movable pages lie if
 * pinned, so that they stand among them as pinned pages do; or with the GFP mask
 * that is given, of this kernel's bits, in hexadecimal.
 * Reading tells how the latest burst fared: "asked got", in blocks.
 *
 * The last empties the per-CPU lists of free pages: what lies there looks used
 * to whoever counts whole free blocks.  The kernel does so when a range of pages
 * is asked for, so a small one of each zone is, and given back.
 *
 * A driver that fills its receive ring does the same; here the order, the
 * number and the moment are known.
 */
#include <linux/debugfs.h>
#include <linux/gfp.h>
#include <linux/kstrtox.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/string.h>

/*
 * Blocks in one burst.  Larger: the interrupts of a CPU are off for longer than
 * some tens of milliseconds.  Smaller: a burst is split in two.
 */
#define BURST_MAX	16384

/*
 * Order of the range that is asked for, to drain: the smallest that does not go to
 * a per-CPU list itself when it is given back.
 */
#define BURST_DRAIN_ORDER	(PAGE_ALLOC_COSTLY_ORDER + 1)

static DEFINE_MUTEX(burst_lock);	/* protects all that follows */
static LIST_HEAD(burst_held);		/* first pages; the order in ->private */
static unsigned int burst_asked;
static unsigned int burst_got;
static struct dentry *burst_file;

static void burst_drop(void)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, &burst_held, lru) {
		unsigned int order = page_private(page);

		list_del(&page->lru);
		set_page_private(page, 0);
		__free_pages(page, order);
		cond_resched();
	}
}

static void burst_take(gfp_t gfp, unsigned int order, unsigned int count,
		       bool irqs_off)
{
	unsigned long flags = 0;

	burst_asked = 0;
	burst_got = 0;
	if (irqs_off)
		local_irq_save(flags);
	while (burst_asked < count) {
		struct page *page = alloc_pages(gfp | __GFP_NOWARN, order);

		burst_asked++;
		if (!page)
			continue;
		burst_got++;
		set_page_private(page, order);
		list_add(&page->lru, &burst_held);
	}
	if (irqs_off)
		local_irq_restore(flags);
}

/*
 * Return: a free piece of @order in @zone, at @pfn or later, that is no part of a
 * larger one; or 0.
 */
static unsigned long burst_free_pfn(struct zone *zone, unsigned long pfn,
				    unsigned int order)
{
	unsigned long end = pageblock_start_pfn(zone_end_pfn(zone));

	for (pfn = ALIGN(pfn, 1UL << order); pfn < end; pfn += 1UL << order) {
		struct page *page = pfn_to_online_page(pfn);

		cond_resched();
		if (page && page_zone(page) == zone &&
		    PageBuddy(page) && page_private(page) == order)
			return pfn;
	}
	return 0;
}

/*
 * Small pieces first, to leave large ones alone.  A block that cannot be
 * isolated is passed over, whatever the reason.
 *
 * Not a promise: others go on freeing.
 * Return: 0, or -EAGAIN if no range could be had.
 */
static int burst_drain_zone(struct zone *zone)
{
	unsigned long nr = 1UL << BURST_DRAIN_ORDER;
	unsigned int order;

	for (order = BURST_DRAIN_ORDER; order <= MAX_PAGE_ORDER; order++) {
		/* A block that lies only in part in the zone has no type. */
		unsigned long pfn = pageblock_align(zone->zone_start_pfn);

		while ((pfn = burst_free_pfn(zone, pfn, order))) {
			if (!alloc_contig_range(pfn, pfn + nr, ACR_FLAGS_NONE,
						GFP_KERNEL)) {
				free_contig_range(pfn, nr);
				return 0;
			}
			pfn = ALIGN(pfn + 1, pageblock_nr_pages);
		}
	}
	return -EAGAIN;
}

static int burst_drain(void)
{
	int nid, i, err = 0;

	for_each_online_node(nid) {
		for (i = 0; i < MAX_NR_ZONES; i++) {
			struct zone *zone = &NODE_DATA(nid)->node_zones[i];

			if (populated_zone(zone) && burst_drain_zone(zone))
				err = -EAGAIN;
		}
	}
	return err;
}

/*
 * A mask of any bits, but of one zone, and without __GFP_NOFAIL, which may never
 * end.
 */
static bool burst_mask(const char *text, gfp_t *gfp)
{
	unsigned int mask;

	if (strncmp(text, "0x", 2) || kstrtouint(text, 16, &mask) ||
	    (mask & ~(__force unsigned int)__GFP_BITS_MASK) ||
	    (mask & (__force unsigned int)__GFP_NOFAIL) ||
	    hweight32(mask & (__force unsigned int)(__GFP_DMA | __GFP_DMA32 |
						    __GFP_HIGHMEM)) > 1)
		return false;
	*gfp = (__force gfp_t)mask;
	return true;
}

static ssize_t burst_write(struct file *file, const char __user *ubuf,
			   size_t len, loff_t *ppos)
{
	char buf[64], kind[12] = "";
	unsigned int order, count;
	gfp_t gfp;

	if (len >= sizeof(buf))
		return -EINVAL;
	if (copy_from_user(buf, ubuf, len))
		return -EFAULT;
	buf[len] = '\0';

	if (sysfs_streq(buf, "drop")) {
		mutex_lock(&burst_lock);
		burst_drop();
		mutex_unlock(&burst_lock);
		return len;
	}
	if (sysfs_streq(buf, "drain")) {
		int err = burst_drain();

		return err ?: len;
	}

	if (sscanf(buf, "%u %u %11s", &order, &count, kind) != 3 ||
	    order > MAX_PAGE_ORDER || count > BURST_MAX)
		return -EINVAL;
	if (!strcmp(kind, "atomic"))
		gfp = GFP_ATOMIC;
	else if (!strcmp(kind, "nowait"))
		gfp = GFP_NOWAIT;
	else if (!strcmp(kind, "kernel"))
		gfp = GFP_KERNEL | __GFP_NORETRY;
	else if (!strcmp(kind, "retry"))
		gfp = GFP_KERNEL;
	else if (!strcmp(kind, "huge"))
		gfp = GFP_TRANSHUGE | __GFP_NORETRY;
	else if (!strcmp(kind, "pinned"))
		gfp = GFP_HIGHUSER_MOVABLE | __GFP_NORETRY;
	else if (!burst_mask(kind, &gfp))
		return -EINVAL;

	mutex_lock(&burst_lock);
	burst_take(gfp, order, count, !strcmp(kind, "atomic"));
	mutex_unlock(&burst_lock);
	return len;
}

static int burst_show(struct seq_file *m, void *v)
{
	mutex_lock(&burst_lock);
	seq_printf(m, "%u %u\n", burst_asked, burst_got);
	mutex_unlock(&burst_lock);
	return 0;
}

static int burst_open(struct inode *inode, struct file *file)
{
	return single_open(file, burst_show, NULL);
}

static const struct file_operations burst_fops = {
	.owner		= THIS_MODULE,
	.open		= burst_open,
	.read		= seq_read,
	.write		= burst_write,
	.llseek		= seq_lseek,
	.release	= single_release,
};

static int __init burst_init(void)
{
	burst_file = debugfs_create_file("alloc_burst", 0600, NULL, NULL,
					 &burst_fops);
	return PTR_ERR_OR_ZERO(burst_file);
}
module_init(burst_init);

static void __exit burst_exit(void)
{
	debugfs_remove(burst_file);
	burst_drop();
}
module_exit(burst_exit);

MODULE_DESCRIPTION("Bursts of page allocations on request");
MODULE_LICENSE("GPL");
