// SPDX-License-Identifier: GPL-2.0
/* Memory for huge pages of a process; kdefragd_huge.h explains. */
#define _GNU_SOURCE
#include <stdint.h>
#include <sys/mman.h>

#include "fragment.h"
#include "kdefragd_huge.h"
#include "vm_util.h"

size_t huge_size(void)
{
	return thp_available() ? read_pmd_pagesize() : 0;
}

bool huge_pages(void)
{
	return huge_size();
}

void huge_set(enum thp_defrag defrag)
{
	struct thp_settings settings;

	thp_read_settings(&settings);
	settings.thp_enabled = THP_MADVISE;
	settings.thp_defrag = defrag;
	settings.khugepaged.defrag = false;
	settings.hugepages[sz2ord(huge_size(), psize())].enabled = THP_INHERIT;
	thp_write_settings(&settings);
}

bool huge_map(struct huge *h, size_t size)
{
	size_t huge = huge_size();

	h->size = size / huge * huge;
	h->size_reserved = h->size + 2 * huge;
	h->reserved = mmap(NULL, h->size_reserved, PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (h->reserved == MAP_FAILED) {
		h->reserved = NULL;
		return false;
	}
	h->map = (char *)(((uintptr_t)h->reserved / huge + 1) * huge);
	return !mprotect(h->map, h->size, PROT_READ | PROT_WRITE) &&
	       !madvise(h->map, h->size, MADV_HUGEPAGE);
}

void huge_unmap(struct huge *h)
{
	if (h->reserved)
		munmap(h->reserved, h->size_reserved);
	h->reserved = NULL;
}

bool huge_fault(const struct huge *h, size_t at)
{
	uint64_t last = 0;

	h->map[at] = 1;
	return !frag_pfns(h->map + at + huge_size() - psize(), 1, &last) && last;
}

/* Huge pages that are there at once take a free block each, of this node. */
bool huge_take_blocks(struct huge *h)
{
	size_t at, huge = huge_size();
	struct frag_state state;

	*h = (struct huge){ };
	if (frag_read(&state) || !huge_map(h, state.free * psize()))
		return false;
	thp_save_settings();
	huge_set(THP_DEFRAG_NEVER);
	for (at = 0; at < h->size && huge_fault(h, at); at += huge)
		;
	thp_restore_settings();
	return at < h->size;
}
