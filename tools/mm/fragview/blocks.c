// SPDX-License-Identifier: GPL-2.0
/*
 * fragview record: one line per page block
 *
 * A kernel with /sys/kernel/debug/page_blocks tells the mobility of a block,
 * its class and the number of its free pages.  A stock kernel tells none of
 * these: there the content of the pages stands in for them, from
 * /proc/kpageflags.  Both are recorded where both are there, because a page
 * that sits in a block of another mobility is seen only by comparing them.
 *
 * What is not promised: kpageflags cannot tell a plain page of the kernel from
 * a free one in a per-CPU list (C_PLAIN); a page that moves during the walk may
 * be seen twice or not at all.
 */
#include <errno.h>
#include <linux/kernel-page-flags.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fragview.h"

/* Only for the kernel's own developers, hence not in the uapi header. */
#define KPF_RESERVED	32

#ifndef KPF_PGTABLE
#define KPF_PGTABLE	26
#endif

const char * const content_name[NR_CONTENTS] = {
	[C_FREE] = "free", [C_ANON] = "anon", [C_FILE] = "file", [C_HUGE] = "huge",
	[C_SLAB] = "slab", [C_PGTABLE] = "pgtable", [C_COMPOUND] = "compound",
	[C_PLAIN] = "plain", [C_RESERVED] = "reserved", [C_OFFLINE] = "offline",
	[C_POISON] = "hwpoison", [C_HOLE] = "hole",
};

#define BIT(n)	(1ULL << (n))

/* First match decides; a page of the page cache may not be on an LRU list yet. */
static const struct {
	uint64_t any;
	enum content content;
} rules[] = {
	{ BIT(KPF_NOPAGE), C_HOLE },
	{ BIT(KPF_HWPOISON), C_POISON },
	{ BIT(KPF_OFFLINE), C_OFFLINE },
	{ BIT(KPF_BUDDY), C_FREE },
	{ BIT(KPF_RESERVED), C_RESERVED },
	{ BIT(KPF_HUGE), C_HUGE },
	{ BIT(KPF_SLAB), C_SLAB },
	{ BIT(KPF_PGTABLE), C_PGTABLE },
	{ BIT(KPF_ANON), C_ANON },
	{ BIT(KPF_LRU) | BIT(KPF_UNEVICTABLE) | BIT(KPF_SWAPBACKED) | BIT(KPF_MMAP) |
	  BIT(KPF_UPTODATE) | BIT(KPF_DIRTY) | BIT(KPF_WRITEBACK), C_FILE },
	{ BIT(KPF_COMPOUND_HEAD) | BIT(KPF_COMPOUND_TAIL), C_COMPOUND },
	{ ~0ULL, C_PLAIN },
};

static enum content content_of(uint64_t flags)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rules); i++)
		if (flags & rules[i].any)
			return rules[i].content;
	return C_PLAIN;
}

/* False where no memory is, or beyond the end of kpageflags. */
static bool read_content(const struct source *s, unsigned long pfn, unsigned int *content)
{
	size_t pages = 1UL << s->block_order, done = 0, i;
	uint64_t *flags = calloc(pages, sizeof(*flags));
	char *to = (char *)flags;

	if (!flags)
		die(1, "out of memory");
	memset(content, 0, NR_CONTENTS * sizeof(*content));
	while (done < pages * sizeof(*flags)) {
		ssize_t n = pread(s->kpageflags, to + done, pages * sizeof(*flags) - done,
				  (off_t)(pfn * sizeof(*flags) + done));

		if (n < 0)
			die(1, "cannot read kpageflags at page %lu: %s", pfn, strerror(errno));
		if (!n)
			break;
		done += n;
	}
	for (i = 0; i < pages; i++)
		content[i < done / sizeof(*flags) ? content_of(flags[i]) : C_HOLE]++;
	free(flags);
	return content[C_HOLE] < pages;
}

static void write_content(const unsigned int *content, FILE *out)
{
	int c;

	for (c = 0; c < NR_CONTENTS; c++)
		if (content[c])
			fprintf(out, " %s=%u", content_name[c], content[c]);
}

static void write_known_blocks(const struct source *s, FILE *out)
{
	char line[LINE_LEN], zone[NAME_LEN], mobility[NAME_LEN], class[NAME_LEN];
	unsigned int content[NR_CONTENTS], free, version;
	unsigned long pfn;
	int node;

	rewind(s->page_blocks);
	while (fgets(line, sizeof(line), s->page_blocks)) {
		if (sscanf(line, "# version %u", &version) == 1 && version != 1)
			die(1,
			    "page_blocks has version %u, this program knows 1: take the one of the kernel's own tools/mm",
			    version);
		if (sscanf(line, "%d %31s %lu %31s %31s %u",
			   &node, zone, &pfn, mobility, class, &free) != 6)
			continue;
		fprintf(out, "block %d %s %lu %s %s %u", node, zone, pfn, mobility, class, free);
		if (s->kpageflags >= 0 && read_content(s, pfn, content))
			write_content(content, out);
		fputc('\n', out);
	}
}

/*
 * Without a sparse memory model the holes between the banks of memory have page
 * structures too, that look like the kernel's pages: /proc/iomem knows better.
 * Only root sees addresses there; without any, every page counts as memory.
 */
struct ram {
	unsigned long first, end;	/* page frames */
};

static struct ram *read_ram(const struct source *s, size_t *nr)
{
	FILE *f = source_open(s, "/proc/iomem");
	unsigned long page = sysconf(_SC_PAGESIZE);
	unsigned long long first, last;
	struct ram *ram = NULL;
	char line[LINE_LEN];
	int at;

	*nr = 0;
	while (f && fgets(line, sizeof(line), f)) {
		at = 0;
		if (sscanf(line, "%llx-%llx : System RAM%n", &first, &last, &at) != 2 ||
		    !at || !last)
			continue;
		ram = grow(ram, *nr, sizeof(*ram));
		ram[(*nr)++] = (struct ram){ first / page, last / page + 1 };
	}
	if (f)
		fclose(f);
	return ram;
}

static bool is_ram(const struct ram *ram, size_t nr, unsigned long pfn, unsigned long pages)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (pfn < ram[i].end && pfn + pages > ram[i].first)
			return true;
	return !nr;
}

/* Zones of different nodes may overlap; the one that begins last has the block. */
static bool zone_has(const struct snapshot *snap, const struct zone *z, unsigned long pfn)
{
	size_t i;

	for (i = 0; i < snap->nr_zones; i++) {
		const struct zone *o = &snap->zones[i];

		if (o->managed && o->start > z->start && pfn >= o->start &&
		    pfn < o->start + o->spanned)
			return false;
	}
	return true;
}

static void write_guessed_blocks(const struct source *s, const struct snapshot *snap, FILE *out)
{
	unsigned long pages = 1UL << s->block_order, pfn;
	unsigned int content[NR_CONTENTS];
	size_t i, nr;
	struct ram *ram = read_ram(s, &nr);

	for (i = 0; i < snap->nr_zones; i++) {
		const struct zone *z = &snap->zones[i];

		if (!z->managed)
			continue;
		for (pfn = z->start & ~(pages - 1); pfn < z->start + z->spanned; pfn += pages) {
			if (!is_ram(ram, nr, pfn, pages) || !zone_has(snap, z, pfn) ||
			    !read_content(s, pfn, content))
				continue;
			fprintf(out,
				"block %d %s %lu ? - %u",
				z->node, z->name, pfn, content[C_FREE]);
			write_content(content, out);
			fputc('\n', out);
		}
	}
	free(ram);
}

void write_blocks(const struct source *s, const struct snapshot *snap, FILE *out)
{
	if (s->page_blocks)
		write_known_blocks(s, out);
	else
		write_guessed_blocks(s, snap, out);
}
