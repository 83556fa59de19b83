// SPDX-License-Identifier: GPL-2.0
/* Is kdefragd under control?  kdefragd_control.h explains. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "fragment.h"
#include "kdefragd_blocks.h"
#include "kdefragd_control.h"
#include "kdefragd_huge.h"
#include "kdefragd_mem.h"
#include "kdefragd_state.h"
#include "vm_util.h"

/* --- switched off and on --------------------------------------------------------- */

#define SETTLE		500000		/* us in which a target comes to its end, */
#define SETTLE_TRIES	60		/* more of them on a machine that is busy */
#define OFF_TIME	2		/* seconds in which nothing may be done, */
#define ON_TIME		120		/* and in which something has to */
#define TOUCHED		(4UL << 20)

/* The thread is woken by who takes pages. */
static void take_pages(void)
{
	char *map = mmap(NULL, TOUCHED, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t at;

	if (map == MAP_FAILED)
		return;
	madvise(map, TOUCHED, MADV_NOHUGEPAGE);
	for (at = 0; at < TOUCHED; at += psize())
		map[at] = 1;
	munmap(map, TOUCHED);
}

/* Until a pass that is under way has come to its end. */
static void settle(void)
{
	unsigned long now = counter("kdefragd_pass"), then;
	int tries = SETTLE_TRIES;

	do {
		then = now;
		usleep(SETTLE);
		now = counter("kdefragd_pass");
	} while (now != then && --tries);
}

void switch_off_and_on(struct switched *s)
{
	double end;
	int i;

	knob_write("kdefragd", "0");
	knob_write("free_block_reserve", "100");
	settle();
	s->off = counter("kdefragd_pass");
	for (i = 0; i < OFF_TIME; i++) {
		take_pages();
		sleep(1);
	}
	s->on = counter("kdefragd_pass");
	s->off = s->on - s->off;
	s->made = counter("kdefragd_made");
	knob_write("kdefragd", "1");
	for (end = seconds() + ON_TIME; seconds() < end; usleep(SETTLE))
		if (counter("kdefragd_made") > s->made)
			break;
	s->made = counter("kdefragd_made") - s->made;
	s->on = counter("kdefragd_pass") - s->on;
	knob_write("free_block_reserve", "0");
}

/* --- a reserve ------------------------------------------------------------------- */

#define RESERVE		"40"		/* per mille */
#define BELOW		4		/* blocks below the low mark, all zones together */
#define RESERVE_MAX	80		/* per mille, beyond all that there is in such areas */
#define LACKING		5		/* per mille: areas enough to tell them from blocks */

/* Areas above the low marks.  Return: false if a zone is below it, or none has one. */
static bool reserve_is_kept(unsigned long *above)
{
	struct state state;

	if (!state_read(&state))
		return false;
	*above = state.above;
	return state.reserves && !state.below;
}

/* A budget may do but for a part of it; who takes pages has it go on. */
static bool wait_for_reserve(unsigned long *above)
{
	double end = seconds() + ON_TIME;

	while (!reserve_is_kept(above)) {
		if (seconds() > end)
			return false;
		take_pages();
		usleep(SETTLE);
	}
	return true;
}

/* There is a reserve, of blocks @above the low marks: take these, and some more. */
static void take_from_reserve(struct reserve *r, unsigned long above)
{
	size_t at, huge = huge_size();
	struct huge taken;

	if (!huge_map(&taken, (above + BELOW) * huge))
		return;
	r->woken = counter("kdefragd_wake");
	r->made = counter("kdefragd_made");
	r->evicted = evicted();
	thp_save_settings();
	huge_set(THP_DEFRAG_NEVER);
	/* No further than to the first that finds none: what is made meanwhile stays. */
	for (at = 0; at < taken.size && huge_fault(&taken, at); at += huge)
		r->taken++;
	thp_restore_settings();
	r->kept = wait_for_reserve(&above);
	settle();
	r->woken = counter("kdefragd_wake") - r->woken;
	r->made = counter("kdefragd_made") - r->made;
	r->evicted = evicted() - r->evicted;
	huge_unmap(&taken);
}

bool reserve_take(struct reserve *r)
{
	struct state state;
	unsigned long above;

	*r = (struct reserve){ };
	if (!state_read(&state))
		return false;
	/* Once made for the knob, it is nobody's but theirs who take from it. */
	knob_write("free_block_reserve", RESERVE);
	if (wait_for_reserve(&above)) {
		settle();
		reserve_is_kept(&above);
		take_from_reserve(r, above);
	}
	knob_write("free_block_reserve", "0");
	return true;
}

static void write_number(const char *knob, long value)
{
	char text[16];

	snprintf(text, sizeof(text), "%ld", value);
	knob_write(knob, text);
}

/* The least reserve that a zone lacks some areas for, per mille. */
static long set_reserve_above(void)
{
	struct state state = { };
	long reserve = 0;

	while (state_read(&state) && !state.below && reserve < RESERVE_MAX)
		write_number("free_block_reserve", ++reserve);
	reserve += LACKING;
	write_number("free_block_reserve", reserve);
	return reserve;
}

static void fill_small_reserve(struct small_reserve *r)
{
	long order = knob_read("kdefragd_order");
	struct state state = { };
	unsigned long above;

	knob_write("kdefragd", "0");
	write_number("kdefragd_order", SMALL_ORDER);
	r->reserve = set_reserve_above();
	state_read(&state);
	r->lacked = state.lacking;
	knob_write("kdefragd", "1");
	r->kept = wait_for_reserve(&above);
	knob_write("free_block_reserve", "0");
	settle();
	write_number("kdefragd_order", order);
}

bool reserve_small_areas(struct small_reserve *r, struct memory *m)
{
	struct huge taken;
	bool scarce;

	*r = (struct small_reserve){ };
	/* For each area that is made, as much has to be free in smaller ones. */
	memory_thin(m, 2);
	scarce = huge_take_blocks(&taken);
	if (scarce) {
		r->made = counter("kdefragd_made");
		r->evicted = evicted();
		fill_small_reserve(r);
		r->made = counter("kdefragd_made") - r->made;
		r->evicted = evicted() - r->evicted;
	}
	huge_unmap(&taken);
	return scarce;
}

/* --- interrupted --------------------------------------------------------------- */

/*
 * Until the signal, in seconds: long enough to be at work then, and less and less if
 * the work is done by that time.
 */
#define DELAY		0.1
#define DELAY_MIN	0.001

static void wake_up(int signal)
{
}

static void alarm_after(double delay)
{
	struct itimerval timer = { .it_value.tv_usec = delay * 1e6 };

	setitimer(ITIMER_REAL, &timer, NULL);
}

void interrupt_defrag(struct interrupted *r, struct memory *m)
{
	/* Without SA_RESTART: the write is to return. */
	struct sigaction action = { .sa_handler = wake_up }, before;
	unsigned long moved, keep = 2;
	double delay;

	sigaction(SIGALRM, &action, &before);
	for (delay = DELAY; delay > DELAY_MIN; delay /= 4, keep *= 2) {
		/* New work: the try before may have done all there was. */
		memory_thin(m, keep);
		alarm_after(delay);
		r->ret = defrag_now(BLOCK_ORDER);
		alarm_after(0);
		moved = counter("kdefragd_pages_moved");
		defrag_now(BLOCK_ORDER);
		r->left = counter("kdefragd_pages_moved") - moved;
		if (r->ret && r->left > LEFT_MIN)
			break;
	}
	sigaction(SIGALRM, &before, NULL);
}

/* --- traced -------------------------------------------------------------------- */

#define INSTANCE	"instances/kdefragd-test"

static const char *tracefs(void)
{
	static const char * const dirs[] = {
		"/sys/kernel/tracing/", "/sys/kernel/debug/tracing/",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(dirs); i++) {
		char path[128];

		snprintf(path, sizeof(path), "%sevents", dirs[i]);
		if (!access(path, F_OK))
			return dirs[i];
	}
	return NULL;
}

struct path {
	char name[128];
};

static struct path in_instance(const char *name)
{
	struct path path;

	snprintf(path.name, sizeof(path.name), "%s" INSTANCE "/%s", tracefs(), name);
	return path;
}

static void trace_events(const char *on)
{
	frag_write(in_instance("events/kdefragd/defrag_pass/enable").name, on);
	frag_write(in_instance("events/kdefragd/defrag_choice/enable").name, on);
	frag_write(in_instance("events/kdefragd/defrag_outcome/enable").name, on);
}

bool trace_begin(void)
{
	if (!tracefs() || (mkdir(in_instance("").name, 0700) && errno != EEXIST))
		return false;
	trace_events("1");
	return true;
}

void trace_end(struct traced *t)
{
	char line[512];
	FILE *f;

	*t = (struct traced){ };
	trace_events("0");
	f = fopen(in_instance("trace").name, "r");
	while (f && fgets(line, sizeof(line), f)) {
		t->passes += !!strstr(line, " defrag_pass: ");
		t->choices += !!strstr(line, " defrag_choice: ");
		t->outcomes += !!strstr(line, " defrag_outcome: ");
	}
	if (f)
		fclose(f);
	rmdir(in_instance("").name);
}
