/* SPDX-License-Identifier: BSD-2-Clause
 *
 * JSON (RFC 8259) written straight into a writer: members in the order of the calls, commas put where they
 * belong. Keys and texts are UTF-8 and NUL-terminated; texts are escaped, keys must not need it. A key of
 * NULL writes an element of an array, or the outermost value. Whether all fitted is the writer's to say.
 */
#ifndef COUNTERSIGN_DAEMON_JSON_OUT_H
#define COUNTERSIGN_DAEMON_JSON_OUT_H

#include "base/bytes.h"

struct json_out {
	struct cs_writer *w; /* borrowed */
	bool comma;	     /* something stands before, in the same object or array */
};

struct json_out json_out_of(struct cs_writer *w);
void json_object_begin(struct json_out *out, const char *key);
void json_object_end(struct json_out *out);
void json_array_begin(struct json_out *out, const char *key);
void json_array_end(struct json_out *out);
void json_text(struct json_out *out, const char *key, const char *text);
void json_number(struct json_out *out, const char *key, uint64_t number);
void json_signed(struct json_out *out, const char *key, int64_t number);
void json_bool(struct json_out *out, const char *key, bool value);
/* text is JSON already. */
void json_raw(struct json_out *out, const char *key, const char *text);
void json_null(struct json_out *out, const char *key);

#endif
