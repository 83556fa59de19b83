// SPDX-License-Identifier: GPL-2.0
/*
 * fragview report: what a block looks like
 *
 * A block that is free as a whole is what a huge page can be made of, so it
 * gets the colour that stands out, whatever its mobility.  All others get the
 * colour of their mobility: that of the block itself where the kernel tells it,
 * else that of most of its pages.  Unmovable blocks of a class have one of their
 * own (mm/alloc_class.c); a class not known here looks as if there were none.
 *
 * The hues are those of Okabe and Ito, which people with any kind of colour
 * vision can tell apart; those of the classes differ from them in lightness.
 */
#include <string.h>

#include "fragview.h"

const struct look_style look_style[NR_LOOKS] = {
	[L_FREE] = { "whole block free", '.', "#009e73", { 35, 35, 35, 35 } },
	[L_MOVABLE] = { "movable", 'm', "#2a83c6", { 153, 111, 68, 25 } },
	[L_RECLAIMABLE] = { "reclaimable", 'r', "#e0a800", { 229, 221, 220, 178 } },
	[L_UNMOVABLE] = { "unmovable", 'u', "#d55e00", { 223, 215, 208, 166 } },
	[L_PGTABLE] = { "page tables", 'p', "#7f4a1e", { 187, 180, 137, 94 } },
	[L_TRANSIENT] = { "transient", 't', "#e6399b", { 225, 218, 205, 198 } },
	[L_OTHER] = { "CMA, atomic, isolated", 'o', "#b567a0", { 183, 176, 139, 97 } },
	[L_RESERVED] = { "reserved", '#', "#8a8a8a", { 242, 242, 242, 242 } },
};

/* Pages that nothing can move, for certain: the pages of C_PLAIN are not. */
unsigned int block_unmovable(const struct block *b)
{
	return b->content[C_SLAB] + b->content[C_PGTABLE] + b->content[C_COMPOUND];
}

/* Pages that the allocator may hand out; holes and reserved ones are not. */
static unsigned int usable(const struct snapshot *s, const struct block *b)
{
	unsigned int pages = 1U << s->block_order;
	unsigned int gone = b->content[C_HOLE] + b->content[C_RESERVED] +
			    b->content[C_OFFLINE] + b->content[C_POISON];

	return gone < pages ? pages - gone : 0;
}

static enum look look_of_class(const char *class)
{
	if (!strcmp(class, "pgtable"))
		return L_PGTABLE;
	if (!strcmp(class, "transient"))
		return L_TRANSIENT;
	return L_UNMOVABLE;
}

static enum look look_of_mobility(const struct block *b)
{
	if (!strcmp(b->mobility, "movable"))
		return L_MOVABLE;
	if (!strcmp(b->mobility, "reclaimable"))
		return L_RECLAIMABLE;
	if (!strcmp(b->mobility, "unmovable"))
		return look_of_class(b->class);
	return L_OTHER;
}

static enum look look_of_content(const struct block *b)
{
	unsigned int movable = b->content[C_ANON] + b->content[C_FILE] + b->content[C_HUGE];
	unsigned int fixed = block_unmovable(b) + b->content[C_PLAIN];

	return fixed > movable ? L_UNMOVABLE : L_MOVABLE;
}

enum look block_look(const struct snapshot *s, const struct block *b)
{
	if (b->free == 1U << s->block_order)
		return L_FREE;
	if (!usable(s, b))
		return L_RESERVED;
	if (strcmp(b->mobility, "?"))
		return look_of_mobility(b);
	return look_of_content(b);
}

/* 0: empty, 1: full */
double block_used(const struct snapshot *s, const struct block *b)
{
	unsigned int pages = usable(s, b);

	return pages > b->free ? 1 - (double)b->free / pages : 0;
}

/* Pages that cannot move in a block that is meant for those that can. */
unsigned int block_foreign(const struct snapshot *s, const struct block *b)
{
	enum look look = block_look(s, b);

	return look == L_MOVABLE || look == L_FREE ? block_unmovable(b) : 0;
}
