// SPDX-License-Identifier: GPL-2.0
/*
 * What fragmenter chooses, tested without any memory to fragment: make run
 *
 * The blocks are those of a guest with 3 GiB, 1 below a hole and 2 above 4 GiB.
 *
 * How exactly a wish is met: a share of the blocks, to one block; how full a block
 * is, to one page; unmovable pages, to one of all, but at least one in each block
 * that is to have any; a random choice holds what it should of each quarter of
 * memory within a tenth of the blocks there.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fragbench.h"
#include "layout.h"

#define PAGES		512u	/* in a block */
#define LOW		512u	/* blocks below the hole */
#define HIGH		1024u	/* blocks above */
#define HIGH_FROM	2048u
#define BLOCKS		(LOW + HIGH)

/* What layout.c needs of start.c */
void *fb_alloc(size_t nr, size_t size)
{
	void *p = calloc(nr ? nr : 1, size);

	if (!p)
		ksft_exit_fail_msg("no memory\n");
	return p;
}

static const struct layout_wish plain = {
	.seed = 1,
	.block_pages = PAGES,
	.sparse = 60,
	.sparse_used = 10,
	.dense_used = 90,
	.unmovable = 5,
	.unmovable_blocks = 30,
};

static void make_layout(const struct layout_wish *wish, struct layout_block *block)
{
	unsigned long i;

	memset(block, 0, BLOCKS * sizeof(*block));
	for (i = 0; i < BLOCKS; i++)
		block[i].nr = i < LOW ? i : HIGH_FROM + i - LOW;
	layout_blocks(wish, block, BLOCKS);
}

static bool same_block(const struct layout_block *a, const struct layout_block *b)
{
	return a->nr == b->nr && a->sparse == b->sparse && a->used == b->used &&
	       a->unmovable == b->unmovable;
}

/* Blocks that become something else with @other than with @plain. */
static unsigned long differing(const struct layout_wish *other)
{
	struct layout_block a[BLOCKS], b[BLOCKS];
	unsigned long nr = 0, i;

	make_layout(&plain, a);
	make_layout(other, b);
	for (i = 0; i < BLOCKS; i++)
		nr += !same_block(&a[i], &b[i]);
	if ((layout_digest(a, BLOCKS) == layout_digest(b, BLOCKS)) != !nr)
		ksft_print_msg("the digest does not tell %lu blocks that differ\n", nr);
	return nr;
}

static void test_seeds(void)
{
	struct layout_wish other = plain;
	unsigned long nr;

	ksft_test_result(!differing(&other), "the same seed: the same blocks\n");
	/* of independent choices 0.48 would differ in ->sparse alone */
	other.seed = 2;
	nr = differing(&other);
	ksft_test_result(nr > BLOCKS * 2 / 5, "another seed: other blocks, %lu of %u\n",
			 nr, BLOCKS);
}

static void test_digest(void)
{
	struct layout_block block[2] = { { .nr = 1, .used = 5 }, { .nr = 2, .used = 5 } };
	uint64_t digest[5];
	bool ok = true;
	int i;

	digest[0] = layout_digest(block, 2);
	digest[1] = layout_digest(block, 1);
	block[1].nr++;
	digest[2] = layout_digest(block, 2);
	block[1].used++;
	digest[3] = layout_digest(block, 2);
	block[1].unmovable++;
	digest[4] = layout_digest(block, 2);
	for (i = 1; i < 5; i++)
		ok &= digest[i] != digest[i - 1];
	ksft_test_result(ok, "whatever differs, the digest differs\n");
}

/* The fates of the pages of a block, of which @nr from @from on are there. */
static void fates(const struct layout_wish *wish, const struct layout_block *block,
		  unsigned int from, unsigned int nr, enum layout_fate *fate)
{
	uint64_t pfn[PAGES];
	unsigned int i;

	for (i = 0; i < nr; i++)
		pfn[i] = block->nr * PAGES + from + i;
	layout_pages(wish, block, pfn, nr, fate);
}

static unsigned int count(const enum layout_fate *fate, unsigned int nr,
			  enum layout_fate what)
{
	unsigned int n = 0;

	while (nr--)
		n += fate[nr] == what;
	return n;
}

static void test_seeds_of_pages(void)
{
	const struct layout_block block = { .nr = 77, .used = 256, .unmovable = 16 };
	enum layout_fate one[PAGES], again[PAGES], other[PAGES];
	struct layout_wish wish = plain;
	unsigned int i, nr = 0;

	fates(&plain, &block, 0, PAGES, one);
	fates(&plain, &block, 0, PAGES, again);
	ksft_test_result(!memcmp(one, again, sizeof(one)), "the same seed: the same pages\n");
	wish.seed = 2;
	fates(&wish, &block, 0, PAGES, other);
	for (i = 0; i < PAGES; i++)
		nr += one[i] != other[i];
	ksft_test_result(nr > PAGES * 2 / 5, "another seed: other pages, %u of %u\n", nr, PAGES);
}

/* Another kernel gives another few blocks to fill. */
static void test_blocks_missing(void)
{
	struct layout_block all[BLOCKS], rest[BLOCKS];
	const unsigned int missing = 10;
	unsigned long nr = 0, i;

	make_layout(&plain, all);
	memcpy(rest, all, sizeof(rest));
	memmove(rest, rest + missing, (BLOCKS - missing) * sizeof(*rest));
	layout_blocks(&plain, rest, BLOCKS - missing);
	for (i = 0; i < BLOCKS - missing; i++)
		nr += rest[i].sparse != all[i + missing].sparse ||
		      !rest[i].unmovable != !all[i + missing].unmovable;
	ksft_test_result(nr <= 2 * missing, "%u blocks fewer change %lu others, %u at most\n",
			 missing, nr, 2 * missing);
}

/* Does @got of @whole make @percent, to one? */
static bool makes(unsigned long got, unsigned long whole, long percent)
{
	return labs((long)(got * 100) - (long)whole * percent) <= 100;
}

/* Are all the shares of @wish met?  Says which is not. */
static bool met(const struct layout_wish *wish)
{
	unsigned long sparse = 0, holders = 0, unmovable = 0, asked = 0, i;
	struct layout_block block[BLOCKS];
	bool ok = true;

	make_layout(wish, block);
	for (i = 0; i < BLOCKS; i++) {
		const struct layout_block *b = &block[i];
		long percent = b->sparse ? wish->sparse_used : wish->dense_used;

		sparse += b->sparse;
		holders += !!b->unmovable;
		unmovable += b->unmovable;
		asked += (PAGES * percent + 50) / 100;
		if (!makes(b->used, PAGES, percent) && b->used != b->unmovable) {
			ksft_print_msg("%u pages stay in a block for %ld %%\n", b->used, percent);
			ok = false;
		}
	}
	if (!makes(sparse, BLOCKS, wish->sparse)) {
		ksft_print_msg("%lu blocks of %u sparse for %ld %%\n", sparse, BLOCKS,
			       wish->sparse);
		ok = false;
	}
	if (wish->unmovable && !makes(holders, BLOCKS, wish->unmovable_blocks)) {
		ksft_print_msg("%lu blocks of %u with unmovable pages for %ld %%\n", holders,
			       BLOCKS, wish->unmovable_blocks);
		ok = false;
	}
	if (!makes(unmovable, asked, wish->unmovable) &&
	    !(wish->unmovable && unmovable == holders)) {
		ksft_print_msg("%lu pages of %lu unmovable for %ld %%\n", unmovable, asked,
			       wish->unmovable);
		ok = false;
	}
	return ok;
}

static void test_shares(void)
{
	static const long percents[] = { 1, 5, 10, 33, 50, 90, 100, 0 };
	const unsigned int nr_percents = ARRAY_SIZE(percents);
	unsigned int nr = 0, bad = 0, i;

	/* all combinations, in which one changes faster than the next */
	for (i = 0; i < nr_percents * nr_percents * nr_percents * 3; i++) {
		unsigned int a = i % nr_percents, b = i / nr_percents % nr_percents;
		unsigned int c = i / nr_percents / nr_percents % nr_percents;
		struct layout_wish wish = plain;

		wish.sparse = percents[a];
		wish.unmovable_blocks = percents[b] ? percents[b] : 2;
		wish.unmovable = percents[c] > 50 ? 25 : percents[c];
		wish.sparse_used = percents[(b + c) % nr_percents];
		wish.spread = i / nr_percents / nr_percents / nr_percents;
		wish.unmovable_spread = LAYOUT_EVEN - wish.spread;
		if (!layout_fits(&wish))
			continue;
		nr++;
		bad += !met(&wish);
	}
	ksft_test_result(nr && !bad, "all shares are met, of %u wishes\n", nr);
}

static void test_fits(void)
{
	struct layout_wish wish = plain;

	/* 42 % of all stay, and 15 % would do in 30 % of the blocks */
	wish.unmovable = 35;
	ksft_test_result(layout_fits(&wish), "half of a block may be unmovable\n");
	wish.unmovable = 36;
	ksft_test_result(!layout_fits(&wish), "more than half may not\n");
}

static void test_pages(void)
{
	const struct layout_block block = { .nr = 2100, .used = 101, .unmovable = 34 };
	enum layout_fate fate[PAGES];
	unsigned int bad = 0, nr;

	for (nr = 0; nr <= PAGES; nr++) {
		unsigned int used, unmovable;

		fates(&plain, &block, PAGES - nr, nr, fate);
		unmovable = count(fate, nr, LAYOUT_CANNOT_MOVE);
		used = unmovable + count(fate, nr, LAYOUT_STAYS);
		bad += unmovable != 34 * nr / PAGES || used != 101 * nr / PAGES;
	}
	ksft_test_result(!bad, "as many pages stay as are to, in proportion to those there\n");
}

/* Blocks of @from to before @to that are sparse, or hold unmovable pages. */
static unsigned long chosen(const struct layout_block *block, bool unmovable,
			    unsigned int from, unsigned int to)
{
	unsigned long nr = 0;

	for (; from < to; from++)
		nr += unmovable ? !!block[from].unmovable : block[from].sparse;
	return nr;
}

static bool is_spread(const struct layout_block *block, bool unmovable, long spread,
		      long percent)
{
	unsigned long nr = chosen(block, unmovable, 0, BLOCKS), i;
	bool ok = true;

	if (spread == LAYOUT_SIDE_BY_SIDE)
		return chosen(block, unmovable, 0, nr) == nr;
	if (spread == LAYOUT_EVEN) {
		for (i = 0; i <= BLOCKS; i++)
			ok &= makes(chosen(block, unmovable, 0, i), i, percent);
		return ok;
	}
	for (i = 0; i < 4; i++) {
		unsigned int quarter = BLOCKS / 4;
		long n = chosen(block, unmovable, i * quarter, (i + 1) * quarter);

		ok &= labs(n - (long)quarter * percent / 100) <= quarter / 10;
	}
	/* neither of the others */
	return ok && !is_spread(block, unmovable, LAYOUT_SIDE_BY_SIDE, percent) &&
	       !is_spread(block, unmovable, LAYOUT_EVEN, percent);
}

static void test_spreads(void)
{
	const unsigned int nr = LAYOUT_EVEN + 1;
	struct layout_block block[BLOCKS];
	struct layout_wish wish = plain;
	bool sparse = true, unmovable = true;
	unsigned int i;

	for (i = 0; i < nr * nr; i++) {
		wish.spread = i / nr;
		wish.unmovable_spread = i % nr;
		make_layout(&wish, block);
		sparse &= is_spread(block, false, wish.spread, wish.sparse);
		unmovable &= is_spread(block, true, wish.unmovable_spread,
				       wish.unmovable_blocks);
	}
	ksft_test_result(sparse, "sparse blocks lie as --spread says\n");
	ksft_test_result(unmovable, "unmovable pages lie as --unmovable-spread says\n");
}

/* Chosen apart: of the blocks with unmovable pages as many are sparse as of all. */
static void test_apart(void)
{
	struct layout_block block[BLOCKS];
	unsigned long both = 0, expected, i;

	make_layout(&plain, block);
	for (i = 0; i < BLOCKS; i++)
		both += block[i].sparse && block[i].unmovable;
	expected = BLOCKS * plain.sparse / 100 * plain.unmovable_blocks / 100;
	ksft_test_result(labs((long)(both - expected)) <= BLOCKS / 20,
			 "the two random choices are independent: %lu blocks in both for %lu\n",
			 both, expected);
}

int main(void)
{
	ksft_print_header();
	ksft_set_plan(13);
	test_seeds();
	test_digest();
	test_seeds_of_pages();
	test_blocks_missing();
	test_shares();
	test_fits();
	test_pages();
	test_spreads();
	test_apart();
	ksft_finished();
}
