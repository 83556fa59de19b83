// SPDX-License-Identifier: GPL-2.0
/*
 * fragview demand: names of GFP flags
 *
 * Their bits differ between kernels and configurations.  The format of the
 * trace event has a table of them, {expression, "name"}, best match first; the
 * expressions are made of numbers, casts, parentheses and << | & ~.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "demand.h"

static unsigned long long parse_or(const char **p);

static void skip_blanks(const char **p)
{
	while (isspace((unsigned char)**p))
		(*p)++;
}

static bool take(const char **p, const char *token)
{
	skip_blanks(p);
	if (strncmp(*p, token, strlen(token)))
		return false;
	*p += strlen(token);
	return true;
}

/* "( unsigned long)" before an operand */
static bool skip_cast(const char **p)
{
	const char *at = *p;

	if (!take(&at, "("))
		return false;
	skip_blanks(&at);
	if (!isalpha((unsigned char)*at))
		return false;
	at += strcspn(at, ")");
	*p = at + (*at == ')');
	return true;
}

static unsigned long long parse_operand(const char **p)
{
	unsigned long long value;
	char *end;

	while (skip_cast(p))
		;
	if (take(p, "~"))
		return ~parse_operand(p);
	if (take(p, "(")) {
		value = parse_or(p);
		take(p, ")");
		return value;
	}
	skip_blanks(p);
	value = strtoull(*p, &end, 0);
	*p = end + strspn(end, "uUlL");
	return value;
}

static unsigned long long parse_shift(const char **p)
{
	unsigned long long value = parse_operand(p);

	while (take(p, "<<"))
		value <<= parse_operand(p) & 63;
	return value;
}

static unsigned long long parse_and(const char **p)
{
	unsigned long long value = parse_shift(p);

	while (take(p, "&"))
		value &= parse_shift(p);
	return value;
}

static unsigned long long parse_or(const char **p)
{
	unsigned long long value = parse_and(p);

	while (take(p, "|"))
		value |= parse_and(p);
	return value;
}

/* As the kernel prints it: flags joined by "|", what has no name in hex. */
void gfp_text(const char *print_fmt, unsigned long long gfp, char *text, size_t len)
{
	const char *p = print_fmt ? strstr(print_fmt, "__print_flags") : NULL;
	size_t used = 0;

	text[0] = '\0';
	while (gfp && p && (p = strchr(p, '{'))) {
		unsigned long long mask;
		const char *name;

		p++;
		mask = parse_or(&p);
		if (!take(&p, ",") || !take(&p, "\""))
			break;
		name = p;
		p += strcspn(p, "\"");
		if (!mask || (gfp & mask) != mask)
			continue;
		used += snprintf(text + used, len - used,
			"%s%.*s",
			used ? "|" : "", (int)(p - name), name);
		if (used >= len)
			return;
		gfp &= ~mask;
	}
	if (gfp || !used)
		snprintf(text + used, len - used, "%s0x%llx", used ? "|" : "", gfp);
}
