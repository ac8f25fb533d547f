/* SPDX-License-Identifier: BSD-2-Clause
 *
 * JSON, written.
 */
#include "daemon/json_out.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/json.h"

struct json_out json_out_of(struct cs_writer *w)
{
	return (struct json_out){.w = w, .comma = false};
}

/* Comma and key: what stands before a value. */
static void json_lead(struct json_out *out, const char *key)
{
	if (out->comma)
		cs_write_u8(out->w, ',');
	out->comma = true;
	if (!key)
		return;
	cs_json_write_text(out->w, cs_view_string(key));
	cs_write_u8(out->w, ':');
}

static void json_open(struct json_out *out, const char *key, char bracket)
{
	json_lead(out, key);
	cs_write_u8(out->w, (uint8_t)bracket);
	out->comma = false;
}

static void json_close(struct json_out *out, char bracket)
{
	cs_write_u8(out->w, (uint8_t)bracket);
	out->comma = true;
}

void json_object_begin(struct json_out *out, const char *key)
{
	json_open(out, key, '{');
}

void json_object_end(struct json_out *out)
{
	json_close(out, '}');
}

void json_array_begin(struct json_out *out, const char *key)
{
	json_open(out, key, '[');
}

void json_array_end(struct json_out *out)
{
	json_close(out, ']');
}

void json_text(struct json_out *out, const char *key, const char *text)
{
	json_lead(out, key);
	cs_json_write_text(out->w, cs_view_string(text));
}

static void json_plain(struct json_out *out, const char *key, const char *value)
{
	json_lead(out, key);
	cs_write_view(out->w, cs_view_string(value));
}

void json_number(struct json_out *out, const char *key, uint64_t number)
{
	char digits[24];

	(void)snprintf(digits, sizeof(digits), "%" PRIu64, number);
	json_plain(out, key, digits);
}

void json_signed(struct json_out *out, const char *key, int64_t number)
{
	char digits[24];

	(void)snprintf(digits, sizeof(digits), "%" PRId64, number);
	json_plain(out, key, digits);
}

void json_bool(struct json_out *out, const char *key, bool value)
{
	json_plain(out, key, value ? "true" : "false");
}

void json_null(struct json_out *out, const char *key)
{
	json_plain(out, key, "null");
}

void json_raw(struct json_out *out, const char *key, const char *text)
{
	json_lead(out, key);
	cs_write_view(out->w, cs_view_string(text));
}
