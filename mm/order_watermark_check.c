// SPDX-License-Identifier: GPL-2.0
/*
 * Order-aware watermarks: the decision.  Nothing here acts, sleeps or locks.
 *
 * What is asked
 * -------------
 * __zone_watermark_ok() answers "may this request go ahead?", and for that one
 * free block of the order is the right answer.  kswapd asks something else:
 * "may I rest until somebody calls me?".  Between two calls more than one
 * block is taken, by requests that cannot wait for it to get up (an interrupt
 * that fills a receive ring), so one block is not enough.
 *
 * And when the blocks do run out, mainline has a single answer, reclaim.  But
 * reclaim frees the pages that are least used, wherever they lie.  If a share
 * f of all pages is free, each independently, an aligned group of 2^n pages is
 * free with probability f^(2^n):
 *
 *	free pages f	  order 1	  order 3	  order 5
 *	    0.10	  0.01		  1e-8		  1e-32
 *	    0.40	  0.16		  0.0007	  2e-13
 *	    0.70	  0.49		  0.06		  1e-5
 *
 * So a zone of 2^19 pages with a tenth of them free has no order-3 block, gets
 * its first when a quarter is free, and the 47 that are wanted in the example
 * below when 40 % is.  Pages that lie together are used together more often
 * than that, so the truth is kinder, but eviction chooses by use, not by place.
 * (What reclaim frees in one piece, large folios and slabs, does help; the
 * table is about single pages.)  In the same zone there is always a block that
 * takes at most 7 copies to make, and moving loses nothing.  Hence three
 * answers, not two: a shortage of pages is for reclaim, a shortage of shape is
 * for whoever moves pages.
 *
 * If this is wrong
 * ----------------
 * "Always" holds as long as pages can be moved.  Where each group has a page
 * that cannot be, whoever moves pages works in vain, and only reclaim is left,
 * poor as it is.  So his report counts: once he has gone over the whole node,
 * made not one block, and there is none, kswapd may reclaim compact_gap(), the
 * little that compaction needs to work with, and both rest, longer each time.
 * Mainline would reclaim here too; nowhere else does this check let anybody.
 *
 * How many blocks are enough
 * --------------------------
 * Two lower bounds are known, and the larger counts.
 *
 * 1. The watermark.  It says how many pages are kept for those who cannot
 *    wait, so it also says how many are kept for those of them who need
 *    order n.  No law tells how fast need falls with order; each order keeps
 *    @share percent of what the order below keeps, 50 unless told otherwise:
 *
 *	pages in blocks of at least order n  >=  watermark * (share/100)^n
 *
 *    Half per order is the rule of the 2004 patch and of mainline before v4.4
 *    ("min >>= 1"), there used to refuse allocations, here to plan for them.
 *    A zone with a watermark of 3000 pages wants 375 pages in blocks of order
 *    3 or more: 47 blocks.
 *
 * 2. The demand.  Lately, n requests of an order came when there was no block
 *    of it: n more blocks would have been enough.  It is the only evidence of
 *    what this machine asks for, so it is taken as it is, halved every ten
 *    seconds (ORDER_WMARK_HALF_LIFE) so that it is forgotten, and cut off where
 *    the whole watermark would have to consist of such blocks: to keep more is
 *    to raise the watermark, which is the administrator's to decide.
 *
 * If the share is too large, pages are moved in advance that nobody asks for.
 * If it is too small, the first burst of its kind finds nothing, and the next
 * ones are expected, up to that limit.
 *
 * All orders up to the one asked for are tested: a zone that has its few
 * order-9 blocks and nothing else would split them for order 1.  A larger
 * block counts as all the smaller ones it can be split into.
 *
 * What is not promised: the counts are read without the zone lock, so an
 * answer may be stale by the time it is used.  It decides who works next, and
 * whoever does asks again.
 */
#include <linux/math.h>
#include <linux/minmax.h>
#include "order_watermark.h"

/* Blocks of @order that the watermark alone asks for. */
static unsigned long order_wmark_graded(const struct order_wmark_query *q,
					unsigned int order)
{
	unsigned long pages = q->watermark;
	unsigned int i;

	for (i = 0; i < order; i++)
		pages = mult_frac(pages, q->share, 100);

	return DIV_ROUND_UP(pages, 1UL << order);
}

/**
 * order_wmark_want - how many free blocks of an order are enough
 * @q: the state of the zone
 * @order: the order, 0 to MAX_PAGE_ORDER
 *
 * Return: blocks of at least @order, larger ones counted for all they hold.
 * At least one, but none if the zone is smaller than a block.
 */
unsigned long order_wmark_want(const struct order_wmark_query *q,
			       unsigned int order)
{
	unsigned long demand = min(q->demand[order], q->watermark >> order);
	unsigned long want = max3(1UL, order_wmark_graded(q, order), demand);

	return min(want, q->managed >> order);
}

/**
 * order_wmark_check - is the zone ready for an order?
 * @q: the state of the zone and the order asked for
 *
 * Context: any.  Pure: the answer depends on nothing but @q.
 * Return: the verdict and the counts that decided it.
 */
struct order_wmark_answer order_wmark_check(const struct order_wmark_query *q)
{
	struct order_wmark_answer a = { .verdict = ORDER_WMARK_FINE };
	unsigned long pages = 0;
	unsigned int order;

	/* From the top, so that larger blocks are counted for smaller ones. */
	for (order = MAX_PAGE_ORDER; order > 0; order--) {
		pages += q->blocks[order] << order;
		if (order > q->order)
			continue;

		a.order = order;
		a.have = pages >> order;
		a.want = order_wmark_want(q, order);
		if (a.have < a.want) {
			a.verdict = ORDER_WMARK_SHORT_SHAPE;
			break;
		}
	}

	/* Without free pages there is nothing to move others to. */
	if (q->free <= (long)(q->watermark + q->reserve))
		a.verdict = ORDER_WMARK_SHORT_PAGES;
	return a;
}

/**
 * order_wmark_decay - forget demand
 * @demand: requests that found no block
 * @halvings: half-lives that have passed since
 *
 * Return: the demand that is still to be expected.
 */
unsigned int order_wmark_decay(unsigned int demand, unsigned long halvings)
{
	return halvings < BITS_PER_TYPE(demand) ? demand >> halvings : 0;
}

/*
 * A round paid if it made this part of what was missing.  Unit: right shift,
 * so an eighth.  Lower: rounds are repeated at once because of blocks that
 * others freed meanwhile.  Higher: steady progress is taken for none.
 */
#define ORDER_WMARK_PAID_SHIFT	3

/*
 * After a round that did not pay, nothing of its order is handed over for this many
 * times as long as it had a CPU.  Unit: 1.  Nine means that work in vain gets a tenth
 * of one CPU at most.  Lower: more CPU for nothing.  Higher: memory that has become
 * movable waits longer.
 */
#define ORDER_WMARK_BACKOFF	9

/*
 * The rest is doubled for each further round in a row that made nothing, this
 * often at most.  Unit: left shift of at least a tenth of a second, so about
 * six seconds.  Lower: a wall of unmovable pages is run into, and pages are
 * reclaimed because of it, more often.  Higher: when the wall has gone, nobody
 * notices for longer.
 */
#define ORDER_WMARK_REST_SHIFT	6

/**
 * order_wmark_outcome - judge a round of the compactor
 * @round: what there was before and after
 *
 * Only a round that found no block, made none, saw nobody take one and went on
 * to the end speaks for it that no block can be made.
 *
 * Return: see &enum order_wmark_outcome.
 */
enum order_wmark_outcome
order_wmark_outcome(const struct order_wmark_round *round)
{
	if (round->have > round->had && round->want > round->had &&
	    round->have - round->had >=
			(round->want - round->had) >> ORDER_WMARK_PAID_SHIFT)
		return ORDER_WMARK_PAID;
	if (round->had || round->have || round->taken || !round->whole)
		return ORDER_WMARK_UNPAID;
	return ORDER_WMARK_CANNOT;
}

/**
 * order_wmark_rest - how long the compactor rests after a round
 * @took: how long the round took
 * @in_vain: rounds in a row before it that made nothing
 * @least: the shortest rest
 *
 * Return: in the unit of @took and @least.
 */
unsigned long order_wmark_rest(unsigned long took, unsigned int in_vain,
			       unsigned long least)
{
	return max(ORDER_WMARK_BACKOFF * took, least) <<
	       min(in_vain, ORDER_WMARK_REST_SHIFT);
}
