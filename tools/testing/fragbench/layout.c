// SPDX-License-Identifier: GPL-2.0
/* Which blocks, and which of their pages; layout.h explains. */
#include <stdlib.h>

#include "fragbench.h"
#include "layout.h"

/* What is chosen apart from each other */
enum purpose { SPARSE, UNMOVABLE, PAGES };

/* A rank, and what has it */
struct rank {
	uint64_t key;
	unsigned long i;
};

/*
 * A number for each @nr: SplitMix64, as fb_random(), but any place of the
 * sequence.  What a page draws must not depend on how many drew before it, for
 * that differs from one kernel to the next.
 */
static uint64_t draw(uint64_t seed, uint64_t nr)
{
	return fb_mix(seed + (nr + 1) * FB_STEP);
}

static int by_key(const void *a, const void *b)
{
	const struct rank *one = a, *other = b;

	return (one->key > other->key) - (one->key < other->key);
}

/* Put @percent of the @nr blocks, by @spread, into @chosen.  Return: how many. */
static unsigned long choose(const struct layout_block *block, unsigned long nr,
			    long percent, long spread, uint64_t seed, bool *chosen)
{
	unsigned long count = nr * percent / 100, i;
	struct rank *turn = fb_alloc(nr, sizeof(*turn));

	for (i = 0; i < nr; i++) {
		turn[i].key = spread == LAYOUT_RANDOM ? draw(seed, block[i].nr) : i;
		turn[i].i = i;
	}
	qsort(turn, nr, sizeof(*turn), by_key);
	for (i = 0; i < nr; i++) {
		if (spread == LAYOUT_EVEN)
			chosen[i] = (i + 1) * percent / 100 > i * percent / 100;
		else
			chosen[turn[i].i] = i < count;
	}
	free(turn);
	return count;
}

/* The @i-th of @parts parts of @whole, in whole numbers that sum up to it. */
static unsigned int part(unsigned long whole, unsigned long i, unsigned long parts)
{
	return (i + 1) * whole / parts - i * whole / parts;
}

/* Pages of @pages, rounded */
static unsigned long percent_of(unsigned long pages, long percent)
{
	return (pages * percent + 50) / 100;
}

bool layout_fits(const struct layout_wish *wish)
{
	/* of all pages, those that stay, in ten thousandths */
	unsigned long used = wish->sparse * wish->sparse_used +
			     (100 - wish->sparse) * wish->dense_used;

	return used * wish->unmovable <= 10000 / 2 * wish->unmovable_blocks;
}

/* All that stays is known: @used pages. */
static void place_unmovable(const struct layout_wish *wish, struct layout_block *block,
			    unsigned long nr, unsigned long used)
{
	bool *chosen = fb_alloc(nr, sizeof(*chosen));
	unsigned long holders = choose(block, nr, wish->unmovable_blocks,
				       wish->unmovable_spread,
				       draw(wish->seed, UNMOVABLE), chosen);
	unsigned long total = percent_of(used, wish->unmovable), nth = 0, i;

	if (total < holders)	/* none that is chosen goes without */
		total = holders;
	for (i = 0; i < nr; i++) {
		struct layout_block *b = &block[i];

		if (!chosen[i])
			continue;
		b->unmovable = part(total, nth++, holders);
		if (b->used < b->unmovable)
			b->used = b->unmovable;
	}
	free(chosen);
}

void layout_blocks(const struct layout_wish *wish, struct layout_block *block,
		   unsigned long nr)
{
	bool *sparse = fb_alloc(nr, sizeof(*sparse));
	unsigned long used = 0, i;

	choose(block, nr, wish->sparse, wish->spread, draw(wish->seed, SPARSE), sparse);
	for (i = 0; i < nr; i++) {
		block[i].sparse = sparse[i];
		block[i].used = percent_of(wish->block_pages, sparse[i] ?
					   wish->sparse_used : wish->dense_used);
		block[i].unmovable = 0;
		used += block[i].used;
	}
	free(sparse);
	if (wish->unmovable)
		place_unmovable(wish, block, nr, used);
}

void layout_pages(const struct layout_wish *wish, const struct layout_block *block,
		  const uint64_t *pfn, unsigned int nr, enum layout_fate *fate)
{
	unsigned int unmovable = block->unmovable * nr / wish->block_pages;
	unsigned int used = block->used * nr / wish->block_pages;
	struct rank *turn = fb_alloc(nr, sizeof(*turn));
	uint64_t seed = draw(wish->seed, PAGES);
	unsigned int i;

	for (i = 0; i < nr; i++) {
		turn[i].key = draw(seed, pfn[i]);
		turn[i].i = i;
	}
	qsort(turn, nr, sizeof(*turn), by_key);
	for (i = 0; i < nr; i++) {
		if (i < unmovable)
			fate[turn[i].i] = LAYOUT_CANNOT_MOVE;
		else
			fate[turn[i].i] = i < used ? LAYOUT_STAYS : LAYOUT_GOES;
	}
	free(turn);
}

uint64_t layout_digest(const struct layout_block *block, unsigned long nr)
{
	uint64_t digest = 0;
	unsigned long i;

	for (i = 0; i < nr; i++) {
		digest = draw(digest, block[i].nr);
		digest = draw(digest, block[i].used);
		digest = draw(digest, block[i].unmovable);
	}
	return digest;
}
