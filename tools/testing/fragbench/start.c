// SPDX-License-Identifier: GPL-2.0
/* How a scenario starts, speaks and stops. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "fragbench.h"

static const char *name = "fragbench";
static const char *dir = "/tmp";
static uint64_t state;

static void usage(FILE *out, const char *purpose,
		  const struct fb_option *options)
{
	const struct fb_option *o;

	fprintf(out, "Usage: %s [--seed N] [--dir DIR]", name);
	for (o = options; o->name; o++)
		fprintf(out, " [--%s N]", o->name);
	fprintf(out, "\n%s\n\n", purpose);
	fprintf(out, "  --seed N        of the random numbers, default 1\n");
	fprintf(out, "  --dir DIR       in a file system with page cache, default %s\n", dir);
	for (o = options; o->name; o++)
		fprintf(out, "  --%-13s %s (%ld to %ld, default %ld)\n",
			o->name, o->help, o->min, o->max, *o->value);
}

/* The command line makes no sense. */
void fb_usage_error(const char *format, ...)
{
	va_list args;

	fprintf(stderr, "%s: ", name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, " (--help tells the usage)\n");
	exit(2);
}

static long number(const char *option, const char *text, long min, long max)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(text, &end, 10);
	if (errno || end == text || *end || n < min || n > max)
		fb_usage_error("--%s wants an integer from %ld to %ld, not '%s'",
			       option, min, max, text);
	return n;
}

static const struct fb_option *find(const struct fb_option *options, const char *option)
{
	for (; options->name; options++) {
		if (!strcmp(option, options->name))
			return options;
	}
	return NULL;
}

static void parse(int argc, char **argv, const char *purpose,
		  const struct fb_option *options)
{
	int i;

	for (i = 1; i < argc; i += 2) {
		const struct fb_option *o;

		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
			usage(stdout, purpose, options);
			exit(0);
		}
		if (strncmp(argv[i], "--", 2))
			fb_usage_error("unknown argument '%s'", argv[i]);
		o = find(options, argv[i] + 2);
		if (!o && strcmp(argv[i], "--seed") && strcmp(argv[i], "--dir"))
			fb_usage_error("unknown option '%s'", argv[i]);
		if (i + 1 == argc)
			fb_usage_error("%s wants a value", argv[i]);
		if (o) {
			*o->value = number(o->name, argv[i + 1], o->min, o->max);
		} else if (!strcmp(argv[i], "--seed")) {
			state = number("seed", argv[i + 1], 0, 1L << 48);
		} else {
			dir = argv[i + 1];
			if (access(dir, W_OK))
				fb_usage_error("--dir %s: %s", dir, strerror(errno));
		}
	}
}

/**
 * fb_begin - read the command line, see that we may, say what runs
 * @argc: as main() got it
 * @argv: as main() got it
 * @purpose: one sentence for --help
 * @options: of this scenario; ends with one that has no name
 */
void fb_begin(int argc, char **argv, const char *purpose,
	      const struct fb_option *options)
{
	const struct fb_option *o;
	struct utsname uts;

	name = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
	state = 1;
	parse(argc, argv, purpose, options);
	if (geteuid())
		fb_die("needs root: it reads page frame numbers and sets sysctls");
	setvbuf(stdout, NULL, _IOLBF, 0);
	uname(&uts);
	printf("# %s on %s, %ld MiB, %ld CPUs\n", name, uts.release,
	       fb_meminfo("MemTotal") >> 10, sysconf(_SC_NPROCESSORS_ONLN));
	printf("# seed %llu", (unsigned long long)state);
	for (o = options; o->name; o++)
		printf(", %s %ld", o->name, *o->value);
	printf("\n");
}

const char *fb_dir(void)
{
	return dir;
}

/* SplitMix64: small, and seeds that follow each other give unlike sequences. */
uint64_t fb_random(void)
{
	return fb_mix(state += FB_STEP);
}

/* Return: 0 to @limit - 1. */
unsigned long fb_random_below(unsigned long limit)
{
	return (fb_random() >> 32) * limit >> 32;
}

void fb_shuffle(unsigned long *array, unsigned long nr)
{
	while (nr > 1) {
		unsigned long i = fb_random_below(nr--), tmp = array[i];

		array[i] = array[nr];
		array[nr] = tmp;
	}
}

void fb_value(const char *key, const char *format, ...)
{
	va_list args;

	printf("%s\t", key);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
}

/* @part / @whole, or "none" where that means nothing. */
void fb_share(const char *key, double part, double whole)
{
	if (whole > 0)
		fb_value(key, "%.4f", part / whole);
	else
		fb_value(key, "none");
}

/* The scenario could not be set up. */
void fb_die(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fprintf(stderr, "%s: ", name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\n");
	exit(1);
}

double fb_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* Zeroed memory for the benchmark's own books. */
void *fb_alloc(size_t nr, size_t size)
{
	void *p = calloc(nr ? nr : 1, size);

	if (!p)
		fb_die("no memory for %zu entries of %zu bytes", nr, size);
	return p;
}

/* Small pages, none there yet. */
void *fb_map_anon(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		fb_die("cannot map %zu bytes: %s", size, strerror(errno));
	madvise(p, size, MADV_NOHUGEPAGE);
	return p;
}

/* Write a byte in every @stride. */
void fb_touch(char *start, size_t size, size_t stride)
{
	size_t at;

	for (at = 0; at < size; at += stride)
		start[at] = 1;
}

/* Read a byte in every @stride. */
void fb_peek(const char *start, size_t size, size_t stride)
{
	static char seen;
	size_t at;

	for (at = 0; at < size; at += stride)
		seen ^= start[at];
	if (seen == 77)		/* never; but the compiler cannot know */
		printf("# peeked\n");
}
