/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of kdefragd share; core.c tells which does what. */
#ifndef _MM_KDEFRAGD_INTERNAL_H
#define _MM_KDEFRAGD_INTERNAL_H

#include <linux/mmzone.h>
#include <linux/mutex.h>
#include <linux/wait.h>
#include "choose.h"
#include "hooks.h"

struct task_struct;

/*
 * Memory is about to go offline, or its neighbour is.  (Or it comes online; then
 * there is work put off that could have been done.)
 */
static inline bool defrag_keep_out(void)
{
	return READ_ONCE(kdefragd_kept_out);
}

/**
 * enum defrag_outcome - how it went with a range that was to be emptied
 * @DEFRAG_MADE: it is one free area now
 * @DEFRAG_UNMOVABLE: there is a page in it that cannot be moved
 * @DEFRAG_BUSY: a page would not move this time: locked, held, written
 * @DEFRAG_PINNED: a page is pinned
 * @DEFRAG_NO_ROOM: no better place was found for its pages
 * @DEFRAG_CHANGED: it was not what it had been when it was chosen, or so many pages
 *	are off the LRU lists that it was not begun
 */
enum defrag_outcome {
	DEFRAG_MADE,
	DEFRAG_UNMOVABLE,
	DEFRAG_BUSY,
	DEFRAG_PINNED,
	DEFRAG_NO_ROOM,
	DEFRAG_CHANGED,
};

/**
 * enum defrag_purpose - what targets are chosen for
 * @DEFRAG_FOR_CHECK: an order that the order-aware check found short
 * @DEFRAG_FOR_RESERVE: whole free blocks, or areas of vm.kdefragd_order
 * @DEFRAG_FOR_KNOB: who wrote to vm.defrag_now
 * @DEFRAG_FOR_REQUEST: a request that waits for the page
 */
enum defrag_purpose {
	DEFRAG_FOR_CHECK,
	DEFRAG_FOR_RESERVE,
	DEFRAG_FOR_KNOB,
	DEFRAG_FOR_REQUEST,
};

/**
 * struct defrag_control - one pass over a zone
 * @zone: the zone
 * @order: order of the free areas to be made
 * @purpose: for the trace
 * @max_price: for the trace: the plan empties what costs no more per block
 * @max_free: fill blocks with at most so many free pages
 * @fill_below: of those with exactly so many, only below this page frame
 * @wall: where to look for room first: in the block of this page frame, or the
 *	next wall; 0 if there is none
 * @target: first page frame of the range that is being emptied
 * @start: first page frame of its part that lies in the block at hand
 * @end: the one behind the last of that part
 * @isolated: the page frame behind the last isolated block of the target
 * @room: free pages taken as destinations, by order of the area
 * @nr_room: pages in @room
 * @spent: bits, by order: none is left on the free list that suits the plan
 * @direct: in the context of somebody who waits for a page
 * @no_room: not even for a single page, when it was last asked for
 * @any_price: a block that is nearly full will do, if @direct and for a block
 * @drained: the per-CPU lists have been drained, if @direct
 * @waits: wait for pages that are locked, or being written, as long as it takes
 * @captured: the area made, if @direct; its order is in @captured_order
 * @captured_order: see @captured
 * @looked: blocks whose counts were looked at; bounds the work if @direct
 * @inspected: page structs looked at
 * @tried: ranges that were to be emptied
 * @made: ranges that were
 * @moved: pages moved
 * @failed: pages that were to move and did not
 */
struct defrag_control {
	struct zone		*zone;
	unsigned int		order;
	enum defrag_purpose	purpose;
	unsigned int		max_price;
	unsigned int		max_free;
	unsigned long		fill_below;
	unsigned long		wall;
	unsigned long		target;
	unsigned long		start;
	unsigned long		end;
	unsigned long		isolated;
	struct list_head	room[NR_PAGE_ORDERS];
	unsigned long		nr_room;
	unsigned long		spent;
	bool			no_room;
	bool			direct;
	bool			any_price;
	bool			drained;
	bool			waits;
	struct page		*captured;
	unsigned int		captured_order;
	unsigned long		looked;
	unsigned long		inspected;
	unsigned long		tried;
	unsigned long		made;
	unsigned long		moved;
	unsigned long		failed;
};

/**
 * struct defrag_target - a range to be emptied
 * @pfn: its first page frame
 * @price: pages to move, failures counted in
 */
struct defrag_target {
	unsigned long	pfn;
	unsigned int	price;
};

/*
 * Pages taken as destinations at a time.  Unit: pages.  One hold of zone->lock for
 * so many; more would sit idle if the pass ends.  As compaction:
 * COMPACT_CLUSTER_MAX.
 */
#define DEFRAG_ROOM_BATCH	32

/* Targets chosen at a time: they age while the first of them are worked on. */
#define DEFRAG_BATCH	64

/**
 * struct defrag_round - a round over the free areas of a zone below an order
 * @left: by order, the most that it has still to look at; those of other
 *	mobilities are counted in
 * @first: by order, the first that was looked at: the round ends where it is met
 *	again
 * @paid: an area has been made since the round began
 */
struct defrag_round {
	unsigned long		left[NR_PAGE_ORDERS];
	struct page		*first[NR_PAGE_ORDERS];
	bool			paid;
};

/**
 * struct defrag_effort - what may still be done in a zone, on one request
 * @purpose: what it is for
 * @budget: pages
 * @forced: by vm.defrag_now
 * @drained: the per-CPU lists have been drained
 * @no_room: the last batch ended for want of it
 * @round: below a block
 */
struct defrag_effort {
	enum defrag_purpose	purpose;
	unsigned long		budget;
	bool			forced;
	bool			drained;
	bool			no_room;
	struct defrag_round	round;
};

/**
 * struct defrag_zone - what is remembered of a zone between passes
 * @cursor: where the next direct request looks for a block; no lock
 * @got_none: jiffies when a direct request last got none; no lock
 * @shift: passes in a row that did not pay
 * @not_before: jiffies; no pass before, unless the zone has changed
 * @free_then: free pages when the last pass ended
 * @home_tried: jiffies when movable pages were last brought home
 */
struct defrag_zone {
	unsigned long	cursor;
	unsigned long	got_none;
	unsigned int	shift;
	unsigned long	not_before;
	unsigned long	free_then;
	unsigned long	home_tried;
};

/**
 * struct defrag_node - kdefragd of a node
 * @pgdat: the node
 * @thread: its thread
 * @wait: where the thread sleeps
 * @request: what was asked for since the thread last looked, see
 *	defrag_request()
 * @lock: held during a pass; protects what follows
 * @owed: rest that the thread owes, in nanoseconds
 * @zones: state of the zones
 * @census: of the zone that is worked on
 * @targets: to be emptied next
 */
struct defrag_node {
	pg_data_t		*pgdat;
	struct task_struct	*thread;
	wait_queue_head_t	wait;
	unsigned int		request;
	struct mutex		lock;		/* a pass; what follows */
	u64			owed;
	struct defrag_zone	zones[MAX_NR_ZONES];
	struct defrag_census	census;
	struct defrag_target	targets[DEFRAG_BATCH];
};

/**
 * struct defrag_remembered - blocks of a zone that failed and are remembered
 * @dearer: that others are chosen before
 * @passed_over: that are out of the question for now
 */
struct defrag_remembered {
	unsigned long	dearer;
	unsigned long	passed_over;
};

/* core.c */
void defrag_begin(struct defrag_control *dc, struct zone *zone,
		  unsigned int order);
void defrag_end(struct defrag_control *dc);
void defrag_pass_end(struct defrag_control *dc);
void defrag_count(enum defrag_outcome outcome);
unsigned int defrag_batch(struct defrag_control *dc, struct defrag_node *dn,
			  unsigned long wanted, struct defrag_effort *effort);
void defrag_home(struct defrag_node *dn, struct zone *zone,
		 struct defrag_effort *effort);
void defrag_ask_afresh(struct defrag_node *dn);

extern int sysctl_kdefragd_budget;
extern int sysctl_kdefragd_duty;

/* reserve.c, in areas */
bool defrag_pages_to_spare(struct zone *zone);
unsigned int defrag_reserve_order(void);
unsigned long defrag_free_areas(struct zone *zone, unsigned int order);
unsigned long defrag_reserve_low(struct zone *zone, unsigned int order);
unsigned long defrag_reserve_high(struct zone *zone, unsigned int order);
unsigned long defrag_reserve_lacks(struct zone *zone, unsigned int order,
				   bool filling);
unsigned long defrag_reserve_wants(struct defrag_node *dn, struct zone *zone,
				   unsigned int order);
void defrag_settle(struct zone *zone, struct defrag_zone *dz, bool paid);

extern int sysctl_free_block_reserve;

/* room.c */
void defrag_room_init(struct defrag_control *dc);
void defrag_room_release(struct defrag_control *dc);
void defrag_room_avoid(struct defrag_control *dc);
struct folio *defrag_get_folio(struct folio *src, unsigned long private);
void defrag_put_folio(struct folio *dst, unsigned long private);

/* evacuate.c */
enum defrag_outcome defrag_evacuate(struct defrag_control *dc,
				    const struct defrag_target *target);
enum defrag_outcome defrag_move_out(struct defrag_control *dc,
				    unsigned long pfn);
bool defrag_too_many_isolated(pg_data_t *pgdat);
bool defrag_page_movable(struct page *page, unsigned int order,
			 unsigned long *step);
void defrag_drain(struct zone *zone);

/* home.c */
bool defrag_bring_home(struct defrag_control *dc, unsigned long *pfn);

/* target.c */
unsigned long defrag_find_foreign(struct defrag_control *dc, unsigned long pfn);
unsigned int defrag_find_blocks(struct defrag_control *dc,
				struct defrag_node *dn, unsigned long wanted);
unsigned int defrag_run_price(struct defrag_control *dc, unsigned long pfn);
bool defrag_find_block(struct defrag_control *dc,
		       struct defrag_target *target, unsigned long *cursor);
bool defrag_is_wall(struct defrag_control *dc, unsigned long pfn);
unsigned long defrag_find_wall(struct defrag_control *dc, unsigned long pfn);
void defrag_count_remembered(struct zone *zone, struct defrag_remembered *blocks,
			     struct defrag_remembered *parts);
void defrag_round_begin(struct zone *zone, struct defrag_round *round);
unsigned int defrag_find_areas(struct defrag_control *dc,
			       struct defrag_round *round,
			       struct defrag_target *targets,
			       unsigned int nr_targets);
void defrag_remember(struct defrag_control *dc, unsigned long pfn,
		     enum defrag_outcome outcome);

#endif /* _MM_KDEFRAGD_INTERNAL_H */
