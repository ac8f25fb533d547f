/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Frames between front and keeper: which operation takes which fields, and how long each may be, stands in
 * the two tables; building and parsing hold both ends to them.
 */
#include "daemon/ipc.h"

#include "base/tlv.h"

#define F(name)	 IPC_FIELD(IPC_TAG_##name)
#define PAGE	 (F(AFTER) | F(LIMIT))
#define CALLER	 F(ADDRESS)
#define AS_APP	 IPC_APPLICATION, F(CREDENTIAL)
#define AS_ADMIN IPC_ADMIN, F(CREDENTIAL)

static const struct ipc_rule ipc_rules[IPC_OP_COUNT] = {
    [IPC_OTP_VERIFY] = {"otp_verify", AS_APP | F(USER) | F(CODE), CALLER},
    [IPC_USER_ADD] = {"user_add", AS_ADMIN | F(USER), CALLER},
    [IPC_USER_LIST] = {"user_list", AS_ADMIN, CALLER | PAGE},
    [IPC_TOKEN_ENROL] = {"token_enrol", AS_ADMIN | F(USER) | F(TYPE),
			 CALLER | F(SECRET) | F(HASH) | F(DIGITS) | F(PERIOD) | F(COUNTER) | F(LABEL)},
    [IPC_TOKEN_LIST] = {"token_list", AS_ADMIN, CALLER | F(USER) | PAGE},
    [IPC_TOKEN_DISABLE] = {"token_disable", AS_ADMIN | F(TOKEN), CALLER},
    [IPC_TOKEN_ENABLE] = {"token_enable", AS_ADMIN | F(TOKEN), CALLER},
    [IPC_TOKEN_RESYNC] = {"token_resync", AS_ADMIN | F(TOKEN) | F(CODE) | F(CODE2), CALLER},
    [IPC_APP_ADD] = {"application_add", AS_ADMIN | F(NAME), CALLER},
    [IPC_APP_LIST] = {"application_list", AS_ADMIN, CALLER | PAGE},
    [IPC_APP_REMOVE] = {"application_remove", AS_ADMIN | F(NAME), CALLER},
    [IPC_AUDIT_LIST] = {"audit_list", AS_ADMIN, CALLER | PAGE},
    [IPC_HEALTH] = {"health", IPC_ANYONE, 0, CALLER},
    [IPC_METRICS] = {"metrics", IPC_ANYONE, 0, CALLER},
};

static const struct {
	size_t min, max;
} ipc_lengths[IPC_FIELD_COUNT] = {
#define L(name, min, max) [IPC_TAG_##name - IPC_TAG_FIRST] = {min, max}
    L(CREDENTIAL, 1, 128), L(ADDRESS, 1, 64), L(USER, 1, 128),	L(CODE, 1, 64),
    L(CODE2, 1, 64),	   L(TOKEN, 1, 64),   L(TYPE, 1, 16),	L(SECRET, 16, 64),
    L(HASH, 1, 16),	   L(DIGITS, 1, 1),   L(PERIOD, 4, 4),	L(COUNTER, 8, 8),
    L(LABEL, 0, 128),	   L(NAME, 1, 64),    L(AFTER, 1, 128), L(LIMIT, 4, 4),
#undef L
};

const struct ipc_rule *ipc_rule(unsigned op)
{
	if (op >= IPC_OP_COUNT || !ipc_rules[op].name)
		return NULL;
	return &ipc_rules[op];
}

bool ipc_field_limits(unsigned tag, size_t *min, size_t *max)
{
	if (tag < IPC_TAG_FIRST || tag >= IPC_TAG_FIRST + IPC_FIELD_COUNT)
		return false;
	*min = ipc_lengths[tag - IPC_TAG_FIRST].min;
	*max = ipc_lengths[tag - IPC_TAG_FIRST].max;
	return true;
}

uint64_t ipc_field_number(const struct ipc_request *request, enum ipc_tag tag, uint64_t fallback)
{
	struct cs_view bytes = ipc_field(request, tag);
	uint64_t value = 0;

	if (!bytes.ptr)
		return fallback;
	for (size_t i = 0; i < bytes.len; i++)
		value = value << 8 | bytes.ptr[i];
	return value;
}

enum cs_err ipc_frame_next(struct cs_view received, size_t max, struct cs_view *frame)
{
	struct cs_reader r = cs_reader_of(received);

	if (received.len < 4)
		return CS_ERR_BUSY;
	size_t len = (size_t)cs_read_u32(&r) + 4;
	if (len < IPC_HEADER_LEN || len > max)
		return CS_ERR_MALFORMED;
	if (received.len < len)
		return CS_ERR_BUSY;
	*frame = cs_view(received.ptr, len);
	return CS_OK;
}

/* The set of fields that are there, each checked for its length. */
static enum cs_err ipc_fields_check(const struct ipc_request *request, uint32_t *present)
{
	uint32_t found = 0;

	for (unsigned i = 0; i < IPC_FIELD_COUNT; i++) {
		struct cs_view field = request->field[i];
		if (!field.ptr)
			continue;
		if (field.len < ipc_lengths[i].min || field.len > ipc_lengths[i].max)
			return CS_ERR_LENGTH;
		found |= 1u << i;
	}
	*present = found;
	return CS_OK;
}

static bool ipc_rule_allows(const struct ipc_rule *rule, uint32_t present)
{
	return (present & rule->required) == rule->required &&
	       !(present & ~(rule->required | rule->optional));
}

/* Length (counted from after itself), id and code. */
static void ipc_header_write(struct cs_writer *w, size_t fields_len, uint64_t id, uint16_t code)
{
	cs_write_u32(w, (uint32_t)(IPC_HEADER_LEN - 4 + fields_len));
	cs_write_u64(w, id);
	cs_write_u16(w, code);
}

enum cs_err ipc_request_build(const struct ipc_request *request, struct cs_writer *w)
{
	const struct ipc_rule *rule = ipc_rule(request->op);
	uint32_t present;
	size_t len = 0;

	enum cs_err err = ipc_fields_check(request, &present);
	if (err)
		return err;
	if (!rule || !ipc_rule_allows(rule, present))
		return CS_ERR_ARG;
	for (unsigned i = 0; i < IPC_FIELD_COUNT; i++)
		if (present & 1u << i)
			len += cs_tlv_size(IPC_TAG_FIRST + i, request->field[i].len);
	ipc_header_write(w, len, request->id, (uint16_t)request->op);
	for (unsigned i = 0; i < IPC_FIELD_COUNT; i++)
		if (present & 1u << i)
			cs_tlv_write(w, IPC_TAG_FIRST + i, request->field[i]);
	return cs_writer_done(w);
}

/* Yields a reader at the fields. */
static enum cs_err ipc_header_read(struct cs_view frame, struct cs_reader *r, uint64_t *id, uint16_t *code)
{
	*r = cs_reader_of(frame);
	uint32_t len = cs_read_u32(r);
	*id = cs_read_u64(r);
	*code = cs_read_u16(r);
	return frame.len < IPC_HEADER_LEN || len != frame.len - 4 ? CS_ERR_MALFORMED : CS_OK;
}

enum cs_err ipc_request_parse(struct cs_view frame, struct ipc_request *out)
{
	struct ipc_request request = {0};
	struct cs_reader r;
	struct cs_tlv tlv;
	uint32_t present;
	uint16_t code;

	if (frame.len > IPC_REQUEST_MAX || ipc_header_read(frame, &r, &request.id, &code))
		return CS_ERR_MALFORMED;
	const struct ipc_rule *rule = ipc_rule(code);
	if (!rule)
		return CS_ERR_MALFORMED;
	request.op = (enum ipc_op)code;
	while (cs_tlv_read(&r, &tlv)) {
		uint32_t index = tlv.tag - IPC_TAG_FIRST;
		if (index >= IPC_FIELD_COUNT || request.field[index].ptr)
			return CS_ERR_MALFORMED;
		request.field[index] = tlv.value;
	}
	if (cs_reader_done(&r) || ipc_fields_check(&request, &present) || !ipc_rule_allows(rule, present))
		return CS_ERR_MALFORMED;
	*out = request;
	return CS_OK;
}

enum cs_err ipc_reply_build(const struct ipc_reply *reply, struct cs_writer *w)
{
	size_t len = cs_tlv_size(IPC_TAG_BODY, reply->body.len);

	if (reply->body.len > IPC_BODY_MAX)
		return CS_ERR_LENGTH;
	ipc_header_write(w, len, reply->id, reply->status);
	cs_tlv_write(w, IPC_TAG_BODY, reply->body);
	return cs_writer_done(w);
}

enum cs_err ipc_reply_parse(struct cs_view frame, struct ipc_reply *out)
{
	struct ipc_reply reply;
	struct cs_reader r;

	if (frame.len > IPC_REPLY_MAX || ipc_header_read(frame, &r, &reply.id, &reply.status))
		return CS_ERR_MALFORMED;
	reply.body = cs_tlv_expect(&r, IPC_TAG_BODY);
	if (cs_reader_done(&r) || reply.status < 100 || reply.status > 599)
		return CS_ERR_MALFORMED;
	*out = reply;
	return CS_OK;
}
