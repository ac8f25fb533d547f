/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What is sent, from what the configuration says of it: values are put in where their names stand in braces.
 *
 * 1. A value stays one value: in a URL all but unreserved characters are escaped (RFC 3986), in JSON what
 * would end a string (RFC 8259). So nobody's name or number becomes a parameter, a member or a path of its
 * own.
 */
#include <stdio.h>
#include <string.h>

#include "daemon/courier.h"

static void template_write(struct cs_writer *w, const char *value, enum courier_form form)
{
	char escaped[8];

	for (const unsigned char *p = (const unsigned char *)value; *p; p++) {
		bool plain = (*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'z') ||
			     (*p >= 'A' && *p <= 'Z') || strchr("-._~", *p);
		if (form == COURIER_URL && !plain)
			(void)snprintf(escaped, sizeof(escaped), "%%%02X", *p);
		else if (form == COURIER_JSON && (*p < 0x20 || *p == '"' || *p == '\\'))
			(void)snprintf(escaped, sizeof(escaped), "\\u%04X", *p);
		else
			(void)snprintf(escaped, sizeof(escaped), "%c", *p);
		cs_write_view(w, cs_view_string(escaped));
	}
}

bool courier_fill(const char *template, const struct courier_message *message, const char *text,
		  enum courier_form form, char *out, size_t cap)
{
	const struct {
		const char *name, *value;
	} fields[] = {{"{destination}", message->destination},
		      {"{text}", text},
		      {"{code}", message->body},
		      {"{id}", message->id}};
	struct cs_writer w = cs_writer_of(out, cap - 1);

	while (*template) {
		size_t i = 0, count = sizeof(fields) / sizeof(fields[0]);
		while (i < count && strncmp(template, fields[i].name, strlen(fields[i].name)) != 0)
			i++;
		if (i < count)
			template_write(&w, fields[i].value, form);
		else
			cs_write_view(&w, cs_view(template, 1));
		template += i < count ? strlen(fields[i].name) : 1;
	}
	if (cs_writer_done(&w))
		return false;
	out[cs_writer_view(&w).len] = '\0';
	return true;
}
