// SPDX-License-Identifier: GPL-2.0
/* Ask for blocks until somebody is killed for it; fragment.h explains. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fragment.h"

/* One at a time: what is left of more would come from the reserves, once killed. */
static void ask_for_ever(int order, long *got)
{
	if (frag_write("/proc/self/oom_score_adj", "1000"))
		_exit(1);
	while (frag_burst(order, 1, "retry") == 1)
		++*got;
	_exit(1);
}

static bool is_killed(pid_t child)
{
	int status = 0;

	return child > 0 && waitpid(child, &status, 0) == child &&
	       WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

long frag_burst_until_killed(int order)
{
	long *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	long got = -1;
	pid_t child;

	if (shared == MAP_FAILED)
		return -1;
	child = fork();
	if (!child)
		ask_for_ever(order, shared);
	if (is_killed(child))
		got = *shared;
	/* Before somebody else needs a page */
	frag_burst_drop();
	munmap(shared, sizeof(*shared));
	return got;
}
