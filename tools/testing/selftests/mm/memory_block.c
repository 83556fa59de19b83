// SPDX-License-Identifier: GPL-2.0
/* Memory blocks of sysfs; memory_block.h explains. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "fragment.h"
#include "memory_block.h"

struct path {
	char name[64];
};

static struct path state_of(unsigned int nr)
{
	struct path path;

	snprintf(path.name, sizeof(path.name), MEMORY_DIR "memory%u/state", nr);
	return path;
}

static void wake_up(int signal)
{
}

bool memory_is_there(unsigned int nr)
{
	return !access(state_of(nr).name, W_OK);
}

int memory_offline(unsigned int nr, unsigned int patience)
{
	/* Without SA_RESTART, or the write would go on. */
	struct sigaction action = { .sa_handler = wake_up };
	int err;

	sigaction(SIGALRM, &action, NULL);
	alarm(patience);
	err = frag_write(state_of(nr).name, "offline");
	alarm(0);
	return err;
}

int memory_online(unsigned int nr)
{
	return frag_write(state_of(nr).name, "online");
}

int memory_online_movable(unsigned int nr)
{
	return frag_write(state_of(nr).name, "online_movable");
}
