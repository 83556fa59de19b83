// SPDX-License-Identifier: GPL-2.0
/* fragview: messages, memory, numbers, files */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "fragview.h"

const char *program = "fragview";

void die(int status, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "%s: ", program);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(status);
}

void usage_error(const char *format, ...)
{
	va_list args;

	fprintf(stderr, "%s: ", program);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, " ('%s --help' tells the usage)\n", program);
	exit(2);
}

/* What getopt_long() has just refused; in the middle of "-xy" it is at that word. */
void unknown_option(char **argv)
{
	const char *next = argv[optind];
	bool inside = optopt && next && next[0] == '-' && next[1] != '-' && strlen(next) > 2;

	usage_error("unknown option '%s'", inside ? next : argv[optind - 1]);
}

/* Room for one more element: the array doubles when nr is a power of two. */
void *grow(void *array, size_t nr, size_t size)
{
	if (nr & (nr - 1))
		return array;
	array = realloc(array, (nr ? 2 * nr : 1) * size);
	if (!array)
		die(1, "out of memory");
	return array;
}

double parse_number(const char *what, const char *text, double min, double max)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end || !(value >= min && value <= max))
		usage_error("%s wants a number from %g to %g, not '%s'", what, min, max, text);
	return value;
}

char *join(const char *a, const char *b)
{
	char *s = malloc(strlen(a) + strlen(b) + 1);

	if (!s)
		die(1, "out of memory");
	return strcat(strcpy(s, a), b);
}

FILE *open_out(const char *path)
{
	FILE *out;

	if (!path || !strcmp(path, "-"))
		return stdout;
	out = fopen(path, "w");
	if (!out)
		die(1, "cannot write %s: %s", path, strerror(errno));
	return out;
}

void close_out(FILE *out, const char *path)
{
	int bad = ferror(out);

	if (out == stdout)
		bad |= fflush(out);
	else
		bad |= fclose(out);
	if (bad)
		die(1, "%s is incomplete: %s", path ? path : "the output", strerror(errno));
}

/* 1536 -> "1.5 KiB" */
const char *amount(double bytes, char *buf, size_t len)
{
	static const char * const unit[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB" };
	size_t u = 0;

	while (fabs(bytes) >= 1024 && u + 1 < ARRAY_SIZE(unit)) {
		bytes /= 1024;
		u++;
	}
	snprintf(buf, len, fabs(bytes) < 10 && u ? "%.1f %s" : "%.0f %s", bytes, unit[u]);
	return buf;
}
