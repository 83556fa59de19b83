// SPDX-License-Identifier: GPL-2.0
/*
 * fragview: see how fragmented memory is.
 *
 * Copying a machine's state and looking at it are two commands, because they
 * are seldom done in the same place: what is recorded in a guest, or on a
 * customer's machine, is looked at elsewhere.  Recording is text, needs nothing
 * but a C library and takes no lock in the kernel that reading /proc does not.
 */
#include <string.h>

#include "fragview.h"

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *full;
	const char *does;
} commands[] = {
	{ "record", cmd_record, "fragview record",
	  "write the state of memory, page block by page block, to a file" },
	{ "report", cmd_report, "fragview report",
	  "draw one recording, or two to compare: terminal, SVG or HTML" },
	{ "demand", cmd_demand, "fragview demand",
	  "tell who asks for more than single pages, how often and how often in vain" },
};

static void print_help(void)
{
	size_t i;

	puts("fragview COMMAND [OPTIONS]: see how fragmented memory is.\n");
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		printf("  %-8s %s\n", commands[i].name, commands[i].does);
	puts("\n'fragview COMMAND --help' tells options, units and privileges.");
}

int main(int argc, char **argv)
{
	size_t i;

	if (argc < 2)
		usage_error("no command");
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		print_help();
		return 0;
	}
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		if (strcmp(argv[1], commands[i].name))
			continue;
		program = commands[i].full;
		return commands[i].run(argc - 1, argv + 1);
	}
	usage_error("unknown command '%s'", argv[1]);
}
