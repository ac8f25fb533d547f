/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Path, query and JSON body to request fields. Jansson does the JSON; what it leaves open is closed here:
 * duplicate members and depth are refused before or while it parses, and what it allocates is wiped when
 * freed, because bodies carry seeds and codes.
 */
#include "daemon/front_json.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/encoding.h"
#include "base/secret.h"
#include "daemon/client_address.h"
#include "daemon/front_form.h"
#include "daemon/front_rows.h"

#define BYTES_MAX 12288u /* that a text may stand for */
#define VALUE_MAX 768u	 /* bytes of a value in a path, a query or a form, escapes undone once */

/* ---- memory ---- */

union block_head {
	size_t len;
	max_align_t align;
};

static void *block_alloc(size_t len)
{
	union block_head *head = malloc(sizeof *head + len);

	if (head == NULL) {
		return NULL;
	}
	head->len = len;
	return head + 1;
}

static void block_free(void *ptr)
{
	union block_head *head = ptr;

	if (head != NULL) {
		head -= 1;
		cs_wipe(head + 1, head->len);
		free(head);
	}
}

void front_json_init(void)
{
	json_set_alloc_funcs(block_alloc, block_free);
}

/* ---- one value ---- */

static bool is_word(struct cs_view text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] <= 0x20 || text.ptr[i] >= 0x7f) {
			return false;
		}
	}
	return true;
}

static bool is_clean_utf8(struct cs_view text)
{
	json_t *probe;

	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] < 0x20 || text.ptr[i] == 0x7f) {
			return false;
		}
	}
	probe = json_stringn(text.len > 0 ? (const char *)text.ptr : "", text.len);
	json_decref(probe);
	return probe != NULL;
}

static bool is_choice(const char *choices, struct cs_view text)
{
	const char *at = choices;

	if (!is_word(text) || text.len == 0) {
		return false;
	}
	while (*at == ' ' && at[1] != '\0') {
		size_t len = strcspn(at + 1, " ");

		if (cs_view_equal(cs_view(at + 1, len), text)) {
			return true;
		}
		at += 1 + len;
	}
	return false;
}

static bool bytes_write(const struct front_field *row, struct cs_view text, struct front_request *out)
{
	uint8_t decoded[BYTES_MAX];
	struct cs_writer w = CS_WRITER_OF(decoded);
	bool good =
	    (row->kind == FRONT_BASE32 ? cs_base32_decode(text, &w) : cs_base64_decode(text, &w)) == CS_OK;
	struct cs_view bytes = cs_writer_view(&w);

	good = good && bytes.len >= row->min && bytes.len <= row->max;
	if (good)
		front_request_put(out, row->tag, bytes);
	cs_wipe(decoded, bytes.len);
	return good;
}

static bool text_write(const struct front_field *row, struct cs_view text, struct front_request *out)
{
	bool good = text.len >= row->min && text.len <= row->max;
	char address[CLIENT_ADDRESS_MAX];

	switch (row->kind) {
	case FRONT_TEXT:
		good = good && is_clean_utf8(text);
		break;
	case FRONT_WORD:
		good = good && is_word(text);
		break;
	case FRONT_CHOICE:
		good = is_choice(row->choices, text);
		break;
	case FRONT_HINT:
		if (!client_address(text, address)) {
			return true;
		}
		good = true;
		break;
	case FRONT_BASE32:
	case FRONT_BASE64:
		return bytes_write(row, text, out);
	default:
		return false;
	}
	if (good) {
		front_request_put(out, row->tag, text);
	}
	return good;
}

static bool number_write(const struct front_field *row, uint64_t value, struct front_request *out)
{
	uint8_t bytes[8];
	struct cs_writer w = CS_WRITER_OF(bytes);

	if (value < row->min || value > row->max) {
		return false;
	}
	if (row->kind == FRONT_U8) {
		cs_write_u8(&w, (uint8_t)value);
	} else if (row->kind == FRONT_U32) {
		cs_write_u32(&w, (uint32_t)value);
	} else {
		cs_write_u64(&w, value);
	}
	front_request_put(out, row->tag, cs_writer_view(&w));
	return true;
}

static bool number_parse(struct cs_view text, uint64_t *value)
{
	uint64_t sum = 0;

	if (text.len == 0 || text.len > 18) {
		return false;
	}
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '9') {
			return false;
		}
		sum = sum * 10 + (uint64_t)(text.ptr[i] - '0');
	}
	*value = sum;
	return true;
}

static bool is_number(const struct front_field *row)
{
	return row->kind == FRONT_U8 || row->kind == FRONT_U32 || row->kind == FRONT_U64;
}

bool front_json_write(const struct front_field *row, const json_t *value, struct front_request *out)
{
	if (row->kind == FRONT_ROWS) {
		return front_rows_write(row, value, out);
	}
	if (!is_number(row)) {
		return json_is_string(value) &&
		       text_write(row, cs_view(json_string_value(value), json_string_length(value)), out);
	}
	return json_is_integer(value) && json_integer_value(value) >= 0 &&
	       number_write(row, (uint64_t)json_integer_value(value), out);
}

/* ---- path and query ---- */

/* A value as it came from path, query or form. */
static bool plain_write(const struct front_field *row, uint8_t *plain, size_t len, bool twice,
			struct front_request *out)
{
	size_t rest = twice ? front_form_unescape_again(plain, len) : len;
	uint64_t number;

	if (rest > len) {
		return false;
	}
	if (is_number(row)) {
		return number_parse(cs_view(plain, rest), &number) && number_write(row, number, out);
	}
	return text_write(row, cs_view(plain, rest), out);
}

static bool value_write(const struct front_field *row, struct cs_view value, bool escaped, bool twice,
			struct front_request *out)
{
	uint8_t plain[VALUE_MAX];
	struct cs_writer w = CS_WRITER_OF(plain);
	bool good;

	if (!escaped) {
		cs_write_view(&w, value);
	}
	good = escaped ? front_form_unescape(value, row->place != FRONT_IN_PATH, &w)
		       : cs_writer_done(&w) == CS_OK;
	good = good && plain_write(row, plain, cs_writer_view(&w).len, twice, out);
	cs_wipe(plain, sizeof plain);
	return good;
}

static const struct front_field *field_find(const struct front_route *route, enum front_place place,
					    struct cs_view name, size_t *index)
{
	for (size_t i = 0; i < route->field_count; i++) {
		const struct front_field *row = &route->fields[i];

		if (row->place == place && cs_view_equal(cs_view_string(row->name), name)) {
			*index = i;
			return row;
		}
	}
	return NULL;
}

static enum front_refusal refuse(struct front_error *err, enum front_refusal refusal, struct cs_view detail)
{
	front_error_set(err, refusal, detail);
	return refusal;
}

/* The pairs of a query, or of a form: the rows of place. */
static enum front_refusal pairs_write(const struct front_route *route, enum front_place place,
				      struct front_pairs pairs, const struct front_input *in, uint32_t *seen,
				      struct front_request *out, struct front_error *err)
{
	struct cs_view name, value;

	while (front_pairs_next(&pairs, &name, &value)) {
		size_t index = 0;
		const struct front_field *row = field_find(route, place, name, &index);

		if (row == NULL && in->lenient) {
			continue;
		}
		if (row == NULL) {
			return refuse(err, FRONT_UNKNOWN_MEMBER, name);
		}
		if ((*seen & (1u << index)) != 0 ||
		    !value_write(row, value, pairs.boundary.len == 0, in->twice, out)) {
			return refuse(err, FRONT_BAD_MEMBER, name);
		}
		*seen |= 1u << index;
	}
	return pairs.malformed ? refuse(err, FRONT_BAD_FORM, CS_VIEW_EMPTY) : FRONT_ACCEPTED;
}

static enum front_refusal segment_write(const struct front_route *route, struct cs_view segment,
					uint32_t *seen, struct front_request *out, struct front_error *err)
{
	for (size_t i = 0; i < route->field_count; i++) {
		const struct front_field *row = &route->fields[i];

		if (row->place != FRONT_IN_PATH) {
			continue;
		}
		if (!value_write(row, segment, true, false, out)) {
			return refuse(err, FRONT_BAD_PATH, segment);
		}
		*seen |= 1u << i;
	}
	return FRONT_ACCEPTED;
}

/* ---- body ---- */

/* Deepest nesting of brackets outside strings: looked at before the recursive parser is let loose. */
static size_t body_depth(struct cs_view body)
{
	size_t depth = 0, deepest = 0;
	bool quoted = false;

	for (size_t i = 0; i < body.len; i++) {
		uint8_t c = body.ptr[i];

		if (quoted && c == '\\') {
			i++;
		} else if (c == '"') {
			quoted = !quoted;
		} else if (!quoted && (c == '{' || c == '[')) {
			depth++;
			deepest = depth > deepest ? depth : deepest;
		} else if (!quoted && (c == '}' || c == ']') && depth > 0) {
			depth--;
		}
	}
	return deepest;
}

static enum front_refusal body_parse(struct cs_view body, json_t **out, struct front_error *err)
{
	json_error_t at;
	json_t *object;

	if (body_depth(body) > FRONT_DEPTH_MAX) {
		return refuse(err, FRONT_BAD_JSON, CS_VIEW_TEXT("it is nested too deep"));
	}
	object = json_loadb((const char *)body.ptr, body.len, JSON_REJECT_DUPLICATES, &at);
	if (object == NULL) {
		/* Jansson's own text may quote the body, which may hold a secret: only the place is told. */
		char where[48];
		int len = snprintf(where, sizeof where, "error at line %d, column %d", at.line, at.column);

		return refuse(err, FRONT_BAD_JSON, cs_view(where, len > 0 ? (size_t)len : 0));
	}
	if (!json_is_object(object)) {
		json_decref(object);
		return refuse(err, FRONT_BAD_JSON, CS_VIEW_TEXT("it is another kind of value"));
	}
	*out = object;
	return FRONT_ACCEPTED;
}

static enum front_refusal object_write(const struct front_route *route, json_t *object, bool lenient,
				       uint32_t *seen, struct front_request *out, struct front_error *err)
{
	for (void *it = json_object_iter(object); it != NULL; it = json_object_iter_next(object, it)) {
		struct cs_view name = cs_view_string(json_object_iter_key(it));
		size_t index = 0;
		const struct front_field *row = field_find(route, FRONT_IN_BODY, name, &index);

		if (row == NULL && lenient) {
			continue;
		}
		if (row == NULL) {
			return refuse(err, FRONT_UNKNOWN_MEMBER, name);
		}
		if ((*seen & (1u << index)) != 0 || !front_json_write(row, json_object_iter_value(it), out)) {
			return refuse(err, FRONT_BAD_MEMBER, name);
		}
		*seen |= 1u << index;
	}
	return FRONT_ACCEPTED;
}

static enum front_refusal body_write(const struct front_route *route, const struct front_input *in,
				     uint32_t *seen, struct front_request *out, struct front_error *err)
{
	struct cs_view body = in->body;
	json_t *object = NULL;
	enum front_refusal refusal;

	if (body.len == 0) {
		return FRONT_ACCEPTED;
	}
	if (strcmp(route->method, "POST") != 0) {
		return refuse(err, FRONT_BODY_UNWANTED, CS_VIEW_EMPTY);
	}
	if (in->form) {
		return pairs_write(route, FRONT_IN_BODY,
				   (struct front_pairs){.rest = body, .boundary = in->boundary}, in, seen,
				   out, err);
	}
	refusal = body_parse(body, &object, err);
	if (refusal == FRONT_ACCEPTED) {
		refusal = object_write(route, object, in->lenient, seen, out, err);
		json_decref(object);
	}
	return refusal;
}

/* ---- all of it ---- */

void front_request_init(struct front_request *request, enum ipc_op op)
{
	memset(&request->ipc, 0, sizeof request->ipc);
	request->ipc.op = op;
	request->in_row = false;
	request->store = CS_WRITER_OF(request->bytes);
}

void front_request_wipe(struct front_request *request)
{
	cs_wipe(request->bytes, request->store.len);
}

void front_request_put(struct front_request *request, enum ipc_tag tag, struct cs_view value)
{
	if (request->in_row) {
		cs_write_u8(&request->store, (uint8_t)tag);
		cs_write_u16(&request->store, (uint16_t)value.len);
	}
	uint8_t *copy = cs_write_space(&request->store, value.len);

	if (copy == NULL) {
		return;
	}
	if (value.len > 0) {
		memcpy(copy, value.ptr, value.len);
	}
	if (!request->in_row) {
		request->ipc.field[tag] = cs_view(copy, value.len);
	}
}

enum front_refusal front_request_text(struct front_request *request, const struct front_route *route,
				      const char *name, struct cs_view value, struct front_error *err)
{
	size_t index = 0;
	const struct front_field *row = field_find(route, FRONT_IN_BODY, cs_view_string(name), &index);

	return row != NULL && text_write(row, value, request)
		   ? FRONT_ACCEPTED
		   : refuse(err, FRONT_BAD_MEMBER, cs_view_string(name));
}

enum front_refusal front_request_fill(struct front_request *request, const struct front_route *route,
				      const struct front_input *in, struct front_error *err)
{
	uint32_t seen = 0;
	enum front_refusal refusal = segment_write(route, in->segment, &seen, request, err);

	if (refusal == FRONT_ACCEPTED) {
		refusal = pairs_write(route, in->lenient ? FRONT_IN_BODY : FRONT_IN_QUERY,
				      (struct front_pairs){.rest = in->query}, in, &seen, request, err);
	}
	if (refusal == FRONT_ACCEPTED) {
		refusal = body_write(route, in, &seen, request, err);
	}
	for (size_t i = 0; i < route->field_count && refusal == FRONT_ACCEPTED; i++) {
		if (route->fields[i].required && (seen & (1u << i)) == 0 &&
		    !ipc_has(&request->ipc, route->fields[i].tag)) {
			refusal = refuse(err, FRONT_MISSING_MEMBER, cs_view_string(route->fields[i].name));
		}
	}
	if (refusal == FRONT_ACCEPTED && cs_writer_done(&request->store) != CS_OK) {
		refusal = refuse(err, FRONT_TOO_LARGE, CS_VIEW_EMPTY);
	}
	return refusal;
}
