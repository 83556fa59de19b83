// SPDX-License-Identifier: GPL-2.0
/*
 * mm/kdefragd/choose.c in user space: plans against the best there is.
 *
 * Zones are made up at random.  For each the plan is compared with what sorting
 * the blocks and trying every number of them gives.  Prints TAP.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../mm/kdefragd/choose.c"

#define BLOCK	512
#define BLOCKS	200
#define ZONES	20000
#define STYLES	4

static unsigned int holes[BLOCK + 1], offers[BLOCK + 1];
static unsigned int used[BLOCKS], nr_used;

static struct defrag_census census = {
	.block_pages = BLOCK,
	.nr_entries = BLOCK + 1,
	.run = 1,
	.holes = holes,
	.offers = offers,
};

/* Pages in use of a block of such a zone; 0 is taken for 1. */
static unsigned int random_use(unsigned int style)
{
	switch (style) {
	case 0:
		return rand() % BLOCK;
	case 1:
		return rand() % 2 ? rand() % 30 : 480 + rand() % 32;
	case 2:
		return 250 + rand() % 12;
	default:
		return 1 + rand() % 2;
	}
}

static void make_zone(unsigned int style)
{
	unsigned int i;

	memset(holes, 0, sizeof(holes));
	memset(offers, 0, sizeof(offers));
	nr_used = 1 + rand() % BLOCKS;
	for (i = 0; i < nr_used; i++) {
		unsigned int u = random_use(style);

		used[i] = u ? u : 1;
		offers[used[i]]++;
		holes[BLOCK - used[i]]++;
	}
}

static int by_use(const void *a, const void *b)
{
	return *(const unsigned int *)a - *(const unsigned int *)b;
}

/* The most blocks that can be emptied into the others, and what that costs. */
static unsigned long best(unsigned long wanted, unsigned long *pages)
{
	unsigned int k, i;

	qsort(used, nr_used, sizeof(used[0]), by_use);
	for (k = nr_used; k > 0; k--) {
		unsigned long sum = 0, room = 0;

		if (k > wanted)
			continue;
		for (i = 0; i < k; i++)
			sum += used[i];
		for (i = k; i < nr_used; i++)
			room += BLOCK - used[i];
		if (sum <= room) {
			*pages = sum;
			return k;
		}
	}
	*pages = 0;
	return 0;
}

/* Is the plan as good, and does it never fill what it empties? */
static bool agree(unsigned long wanted)
{
	struct defrag_plan plan = defrag_plan(&census, wanted);
	unsigned long pages, blocks = best(wanted, &pages);

	if (plan.blocks == blocks && plan.pages == pages &&
	    (!plan.max_price || plan.max_free <= BLOCK - plan.max_price))
		return true;
	printf("# %u blocks, %lu wanted: plan %lu blocks %lu pages, best %lu and %lu\n",
	       nr_used, wanted, plan.blocks, plan.pages, blocks, pages);
	return false;
}

int main(void)
{
	static const char * const styles[STYLES] = {
		"blocks of any occupancy", "nearly empty and nearly full ones",
		"blocks that are half full", "blocks of a page or two"
	};
	unsigned int style, i, bad = 0;

	srand(1);
	printf("TAP version 13\n1..%d\n", STYLES);
	for (style = 0; style < STYLES; style++) {
		unsigned int wrong = 0;

		for (i = 0; i < ZONES; i++) {
			make_zone(style);
			wrong += !agree(-1UL);
			wrong += !agree(1 + rand() % BLOCKS);
			if (wrong > 5)
				break;
		}
		printf("%sok %u plans are the best there are: %s\n",
		       wrong ? "not " : "", style + 1, styles[style]);
		bad += wrong;
	}
	return !!bad;
}
