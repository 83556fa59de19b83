// SPDX-License-Identifier: GPL-2.0
/*
 * kdefragd: which blocks to empty, and into which.  Pure: nothing here acts,
 * sleeps, locks or looks at a page.
 *
 * The cheapest way to get free blocks
 * -----------------------------------
 * Emptying a block moves its used pages into free pages of other blocks.  The
 * free pages stay as many as they were; what changes is how they are spread.
 * So whole free blocks are made out of nothing but the free pages of partly
 * used ones, and the fewest pages move if the emptiest blocks are emptied into
 * the fullest: each block that comes free costs what was used in it, and the
 * room for it is taken where it is of least use, in the block that would be
 * the dearest to empty itself.
 *
 * Let the blocks be ordered by used pages, u1 <= u2 <= ..., and let the first
 * k be emptied.  That works if their pages find room in the rest:
 *
 *	u1 + ... + uk  <=  free(k+1) + ... + free(n)
 *
 * and no choice of k blocks moves fewer.  The largest such k is the best that
 * moving pages can do.  Linear compaction, which meets its blocks by address,
 * moves n/2 blocks' worth of average occupancy instead: with one half of the
 * blocks nearly empty and one half nearly full, several times as much for the
 * same gain.
 *
 * Example, blocks of 512: four with 10 pages used, three with 500.  Emptying
 * three of the first moves 30 pages, which fit the 36 free ones of the others.
 * The fourth would not fit: the plan ends at three.
 *
 * Occupancy is counted, not sorted: one census of the zone gives a histogram,
 * and two pointers that meet in it give the plan.  What the plan says is where
 * to draw two lines: empty what is cheaper than the first, fill what is fuller
 * than the second.  They may meet in blocks that are equally full, for it pays
 * to fill some of them with the others; which of them is decided by address.
 *
 * Runs
 * ----
 * Several blocks in a row are emptied together or not at all, so a run is an
 * offer as a whole.  Its price is that of its average block, rounded up, and it
 * needs room for as many pages in each of its blocks.
 *
 * Failures
 * --------
 * Whether the used pages of a block can be moved is only known when it has been
 * tried.  A block that failed gets dearer, twice per failure, so that others
 * come first; after DEFRAG_KNOWN_BAD failures it is out of the question.  A pinned
 * page counts as that many at once, an unmovable one as the most.  Each tick that
 * passes takes one failure back, for pages get unpinned, written, freed.
 *
 * A block that is out of the question for what is in it, a wall, is the best place
 * for what moves: the page that comes to lie there is never moved for a block
 * again.  So room.c fills walls first, however empty they are: where nine blocks of
 * ten are walls, one page of ten was moved twice without that.  The plan knows
 * nothing of it: there is room for at least as many pages as it says.
 *
 * If the memory is too long, what has become movable is passed over for some
 * minutes.  If it is too short, the same wall is run into again: at worst one
 * attempt per block and tick.
 */
#include <linux/limits.h>
#include <linux/minmax.h>
#include "choose.h"

/**
 * defrag_price - what it costs to empty a block
 * @used: pages in use
 * @failures: times that it failed
 * @ticks: ticks since it last failed
 *
 * Return: pages, or DEFRAG_PRICE_MAX while it is known to be impossible.
 */
unsigned int defrag_price(unsigned int used, unsigned int failures,
			  unsigned int ticks)
{
	failures -= min(failures, ticks);
	if (failures >= DEFRAG_KNOWN_BAD)
		return DEFRAG_PRICE_MAX;
	return used << failures;
}

/* The blocks that are being filled, fullest first. */
struct defrag_fill {
	unsigned int	free;	/* free pages of each that is being filled now */
	unsigned long	left;	/* how many more have as many */
	unsigned long	room;	/* free pages in those filled so far, unused */
};

/*
 * Have the blocks that are filled met those that are emptied?  Those emptied at
 * @price, of which there are @emptied, are not filled.
 */
static bool defrag_fill_met(const struct defrag_census *census,
			    const struct defrag_fill *fill,
			    unsigned int price, unsigned long emptied)
{
	unsigned int equal = census->block_pages - price;

	return fill->free > equal ||
	       (fill->free == equal && fill->left < emptied);
}

/* Open another block to be filled.  Return: false if there is none. */
static bool defrag_fill_next(const struct defrag_census *census,
			     struct defrag_fill *fill)
{
	while (!fill->left) {
		if (fill->free + 1 == census->block_pages)
			return false;
		fill->free++;
		fill->left = census->holes[fill->free];
	}
	fill->left--;
	fill->room += fill->free;
	return true;
}

/**
 * defrag_plan - how far it pays to empty blocks
 * @census: the zone
 * @wanted: blocks that are wanted
 *
 * The cheapest offers are emptied into the fullest holes until @wanted blocks
 * are free or until the two meet.  No page is moved to a place that is worse.
 * (A price may be higher than what is used, after failures; such blocks are
 * passed over all the sooner.)
 *
 * Return: the plan; max_price is 0 if nothing pays.
 */
struct defrag_plan defrag_plan(const struct defrag_census *census,
			       unsigned long wanted)
{
	struct defrag_plan plan = { };
	struct defrag_fill fill = { };
	unsigned int price;

	for (price = 1; price < census->block_pages; price++) {
		unsigned long i, offers = census->offers[price];
		unsigned long pages = price * census->run;

		for (i = 0; i < offers && plan.blocks < wanted; i++) {
			while (fill.room < pages &&
			       defrag_fill_next(census, &fill))
				;
			if (fill.room < pages ||
			    defrag_fill_met(census, &fill, price,
					    (i + 1) * census->run))
				return plan;

			fill.room -= pages;
			plan.max_price = price;
			plan.max_free = fill.free;
			plan.nr_last = census->holes[fill.free] - fill.left;
			plan.blocks++;
			plan.pages += pages;
		}
	}
	return plan;
}
