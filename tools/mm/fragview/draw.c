// SPDX-License-Identifier: GPL-2.0
/* fragview report: text in the SVG and the HTML, and what a cell says */
#include <string.h>

#include "fragview.h"

void put_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		default:
			/* other control characters are not allowed in XML */
			fputc((unsigned char)*text < ' ' ? ' ' : *text, out);
		}
	}
}

/* The tooltip of a cell: address, what it is, what is in it. */
void put_tooltip(FILE *out, const struct snapshot *s, const struct cell *c)
{
	const struct block *b = c->first;
	int i;

	fprintf(out, "<title>PFN %lu: ", c->blocks > 1 ? c->pfn : b->pfn);
	if (c->blocks > 1) {
		fprintf(out, "%u blocks", c->blocks);
		for (i = 0; i < NR_LOOKS; i++)
			if (c->look[i])
				fprintf(out, ", %u %s", c->look[i], look_style[i].name);
		fprintf(out, "; %lu pages free", c->free);
	} else {
		if (strcmp(b->mobility, "?"))
			put_text(out, b->mobility);
		else
			fputs(look_style[block_look(s, b)].name, out);
		if (strcmp(b->class, "-")) {
			fputs(", class ", out);
			put_text(out, b->class);
		}
		fprintf(out, ", %u of %lu pages free", b->free, 1UL << s->block_order);
		for (i = C_FREE + 1; i < NR_CONTENTS; i++)
			if (b->content[i])
				fprintf(out, ", %u %s", b->content[i], content_name[i]);
	}
	if (c->foreign)
		fprintf(out, "; %u pages that cannot move among those that can", c->foreign);
	fputs("</title>", out);
}
