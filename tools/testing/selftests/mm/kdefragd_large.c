// SPDX-License-Identifier: GPL-2.0
/* Large folios that are to move; kdefragd_large.h explains. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fragment.h"
#include "kdefragd_blocks.h"
#include "kdefragd_huge.h"
#include "kdefragd_large.h"
#include "kdefragd_mem.h"
#include "vm_util.h"

#define FILL		4	/* tenths of free memory, around them */
#define WANTED		16	/* huge pages of each kind */

#define FOLIO_ORDER	4
#define FOLIOS		(128UL << 20)	/* bytes of them */

/* --- folios, of any kind -------------------------------------------------------- */

/**
 * struct folios - memory mapped by folios of one size
 * @map: the memory
 * @nr: pages of it
 * @each: pages of a folio
 * @then: where the pages lay
 * @now: where they lie
 */
struct folios {
	char *map;
	unsigned long nr;
	unsigned long each;
	uint64_t *then;
	uint64_t *now;
};

/* Do pages, of a folio's length, lie in a row, as those of a folio do? */
static bool whole(const struct folios *f, const uint64_t *pfn)
{
	unsigned long i;

	for (i = 0; i < f->each; i++)
		if (!pfn[0] || pfn[0] % f->each || pfn[i] != pfn[0] + i)
			return false;
	return true;
}

/* Not as many small pages, then, which happen to lie in a row. */
static bool is_folio(const struct folios *f, uint64_t pfn, int flags_fd)
{
	uint64_t first, last;

	return !pageflags_get(pfn, flags_fd, &first) && (first & KPF_COMPOUND_HEAD) &&
	       !pageflags_get(pfn + f->each - 1, flags_fd, &last) &&
	       (last & KPF_COMPOUND_TAIL);
}

/* Where they lie: for what is none, f->then is 0. */
static bool folios_find(struct folios *f)
{
	int fd = open("/proc/kpageflags", O_RDONLY);
	bool found = fd >= 0 && !frag_pfns(f->map, f->nr, f->then);
	unsigned long i;

	for (i = 0; found && i < f->nr; i += f->each)
		if (!whole(f, f->then + i) || !is_folio(f, f->then[i], fd))
			f->then[i] = 0;
	if (fd >= 0)
		close(fd);
	return found;
}

static bool folios_write(struct folios *f)
{
	unsigned long i;

	f->then = calloc(f->nr, sizeof(*f->then));
	f->now = calloc(f->nr, sizeof(*f->now));
	if (!f->then || !f->now)
		return false;
	for (i = 0; i < f->nr; i++)
		page_write(f->map + i * psize(), pattern(i, 0, false));
	return folios_find(f);
}

static void folios_drop(struct folios *f)
{
	free(f->then);
	free(f->now);
}

static unsigned long folio_lost(const struct folios *f, unsigned long first)
{
	unsigned long i, lost = 0;

	for (i = first; i < first + f->each; i++)
		lost += !page_holds(f->map + i * psize(), pattern(i, 0, false));
	return lost;
}

/* @counts: is a folio with this first page one that has to leave? */
static void folios_look(struct folios *f, bool (*counts)(uint64_t pfn), struct large *l)
{
	unsigned long i;

	l->pages = f->each;
	if (frag_pfns(f->map, f->nr, f->now))
		return;
	for (i = 0; i < f->nr; i += f->each) {
		if (!whole(f, f->then + i) || !counts(f->then[i]))
			continue;
		l->there++;
		l->torn += !whole(f, f->now + i);
		l->moved += whole(f, f->now + i) && f->now[i] != f->then[i];
		l->lost += folio_lost(f, i);
	}
}

static void defrag(struct moving *r, unsigned int order)
{
	r->moved = counter("kdefragd_pages_moved");
	r->ret = defrag_now(order);
	r->moved = counter("kdefragd_pages_moved") - r->moved;
}

/* --- in runs of blocks ------------------------------------------------------------ */

/*
 * What the blocks are for.  Of two runs, one is the cheaper to empty: in its first
 * block lies the huge page, the others are sparse.  The other has room: free blocks for
 * huge pages, one by one, and half full ones between them for the rest.
 */
enum part { HUGE, SPARSE, FREE, HALF };

/* Pages that stay, of so many; of half full blocks, a little more than half. */
#define GROUP	16

static const unsigned int stay[] = {
	[HUGE] = 0, [SPARSE] = 1, [FREE] = 0, [HALF] = 10,
};

static enum part part_of(uint64_t pfn)
{
	unsigned long block = pfn * psize() / CHUNK;

	if (block / RUN % 2)
		return block % 2 ? HALF : FREE;
	return block % RUN ? SPARSE : HUGE;
}

static bool in_the_way(uint64_t pfn)
{
	return part_of(pfn) == HUGE;
}

static void thin(struct memory *m, enum part part)
{
	unsigned long i;

	for (i = 0; i < m->nr; i++)
		if (part_of(m->pfn[i]) == part && m->pfn[i] % GROUP >= stay[part])
			memory_give_back(m, i);
}

/* Each gets a free block, of those that have no free neighbour. */
static bool thp_begin(struct folios *f, struct huge *h, struct large *l)
{
	size_t at;

	l->why = "no transparent huge pages";
	if (!huge_pages() || huge_size() != CHUNK)
		return true;
	l->why = NULL;
	if (!huge_map(h, WANTED * CHUNK))
		return false;
	thp_save_settings();
	huge_set(THP_DEFRAG_NEVER);
	for (at = 0; at < h->size; at += CHUNK)
		huge_fault(h, at);
	thp_restore_settings();
	f->map = h->map;
	f->nr = h->size / psize();
	return folios_write(f);
}

/* All of the pool: while one is free there, none of the others moves. */
static bool hugetlb_begin(struct folios *f, struct large *l)
{
	unsigned long nr;

	l->why = "no hugetlb pages of a block's size";
	if (default_huge_page_size() != CHUNK)
		return true;
	hugetlb_save_settings();
	hugetlb_set_nr_default_pages(hugetlb_nr_default_pages() + WANTED);
	nr = hugetlb_free_default_pages();
	f->map = mmap(NULL, nr * CHUNK, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	if (f->map == MAP_FAILED)
		return true;
	l->why = NULL;
	f->nr = nr * CHUNK / psize();
	return folios_write(f);
}

static void hugetlb_end(struct folios *f)
{
	if (f->nr)
		munmap(f->map, f->nr * psize());
	hugetlb_restore_settings();
}

bool move_huge(struct moving *r, struct large *thp, struct large *hugetlb)
{
	struct folios t = { .each = CHUNK / psize() }, h = t;
	struct memory m;
	struct huge map;

	if (!memory_fill(&m, FILL, 1, 1))
		return false;
	thin(&m, HUGE);
	if (!thp_begin(&t, &map, thp) || !hugetlb_begin(&h, hugetlb))
		return false;
	thin(&m, SPARSE);
	thin(&m, FREE);
	thin(&m, HALF);
	defrag(r, RUN_ORDER);
	if (!thp->why)
		folios_look(&t, in_the_way, thp);
	if (!hugetlb->why)
		folios_look(&h, in_the_way, hugetlb);
	r->lost = memory_lost(&m);

	hugetlb_end(&h);
	if (!thp->why)
		huge_unmap(&map);
	folios_drop(&h);
	folios_drop(&t);
	memory_drop(&m);
	return true;
}

/* --- in blocks ---------------------------------------------------------------------- */

static bool anywhere(uint64_t pfn)
{
	return true;
}

static void folio_set(void)
{
	struct thp_settings settings;

	thp_read_settings(&settings);
	settings.hugepages[FOLIO_ORDER].enabled = THP_ALWAYS;
	if (huge_pages())
		settings.hugepages[sz2ord(CHUNK, psize())].enabled = THP_NEVER;
	thp_write_settings(&settings);
}

/*
 * Of each second block, keep one folio in eight; of the others, three in four; of what
 * is no folio, nothing.
 */
static void folios_thin(struct folios *f)
{
	unsigned long i, first;

	for (i = 0; i < f->nr; i += f->each) {
		first = f->then[i] / f->each;
		if (first * f->each * psize() / CHUNK % 2 ? first % 8 : first % 4 == 0)
			madvise(f->map + i * psize(), f->each * psize(), MADV_DONTNEED);
	}
}

bool move_folios(struct moving *r, struct large *l)
{
	struct folios f = { .nr = FOLIOS / psize(), .each = 1UL << FOLIO_ORDER };

	l->why = "no folios of 64 KiB";
	if (!(thp_supported_orders() & (1UL << FOLIO_ORDER)))
		return true;
	l->why = NULL;
	f.map = mmap(NULL, FOLIOS, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (f.map == MAP_FAILED)
		return false;
	thp_save_settings();
	folio_set();
	if (!folios_write(&f))
		return false;
	folios_thin(&f);
	if (!folios_find(&f))
		return false;
	defrag(r, BLOCK_ORDER);
	folios_look(&f, anywhere, l);
	thp_restore_settings();
	folios_drop(&f);
	munmap(f.map, FOLIOS);
	return true;
}
