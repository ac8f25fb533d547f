/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Frames between front and keeper: which operation takes which fields, and how long each may be, stands in
 * the two tables; building and parsing hold both ends to them.
 */
#include "daemon/ipc.h"

#include "daemon/role.h"

#include <string.h>

#define IPC_FIELD_HEAD 3u /* bytes of a field's tag and length */

#define T(name) IPC_TAG_##name
#define LIST(...)                                                                                            \
	(const uint8_t[])                                                                                    \
	{                                                                                                    \
		__VA_ARGS__, IPC_TAG_NONE                                                                    \
	}
#define NONE                                                                                                 \
	(const uint8_t[])                                                                                    \
	{                                                                                                    \
		IPC_TAG_NONE                                                                                 \
	}
#define PAGE T(AFTER), T(LIMIT)

static const struct ipc_rule ipc_rules[IPC_OP_COUNT] = {
    [IPC_OTP_VERIFY] = {"otp_verify", LIST(T(USER), T(CODE)),
			LIST(T(CLIENT), T(TOKEN), T(CHALLENGE), T(DATA))},
    [IPC_USER_ADD] = {"user_add", LIST(T(USER)), NONE},
    [IPC_USER_LIST] = {"user_list", NONE, LIST(T(REALMS), T(NAME), PAGE)},
    [IPC_TOKEN_ENROL] = {"token_enrol", LIST(T(USER)),
			 LIST(T(TYPE), T(SEALED), T(SECRET), T(HASH), T(DIGITS), T(PERIOD), T(COUNTER),
			      T(LABEL), T(SUITE), T(DESTINATION), T(COUNT_OF), T(VALID), T(PIN),
			      T(PIN_PLACE))},
    [IPC_TOKEN_LIST] = {"token_list", NONE, LIST(T(USER), T(TYPE), T(STATE), T(SERIAL), PAGE)},
    [IPC_TOKEN_DISABLE] = {"token_disable", LIST(T(TOKEN)), NONE},
    [IPC_TOKEN_ENABLE] = {"token_enable", LIST(T(TOKEN)), NONE},
    [IPC_TOKEN_RESYNC] = {"token_resync", LIST(T(TOKEN), T(CODE), T(CODE2)), NONE},
    [IPC_APP_ADD] = {"application_add", LIST(T(NAME)), LIST(T(CALLS), T(REALMS), T(ADDRESSES))},
    [IPC_APP_LIST] = {"application_list", NONE, LIST(PAGE)},
    [IPC_APP_REMOVE] = {"application_remove", LIST(T(NAME)), NONE},
    [IPC_AUDIT_LIST] = {"audit_list", NONE, LIST(T(USER), T(ACTION), T(RESULT), T(SINCE), PAGE)},
    [IPC_REPORT_GET] = {"report_get", LIST(T(DAY)), NONE},
    [IPC_CHECKPOINT_LIST] = {"checkpoint_list", NONE, LIST(PAGE)},
    [IPC_AUDIT_KEY] = {"audit_key", NONE, NONE},
    [IPC_HEALTH] = {"health", NONE, NONE},
    [IPC_READY] = {"ready", NONE, LIST(T(TYPE))},
    [IPC_METRICS] = {"metrics", NONE, NONE},
    [IPC_CHALLENGE_CREATE] = {"challenge_create", LIST(T(USER)), LIST(T(CLIENT), T(TOKEN), T(TYPE), T(DATA))},
    [IPC_CHALLENGE_GET] = {"challenge_get", LIST(T(CHALLENGE)), NONE},
    [IPC_TOKEN_LOSE] = {"token_lose", LIST(T(TOKEN)), LIST(T(VALID), T(COUNT_OF))},
    [IPC_TOKEN_PIN] = {"token_pin", LIST(T(TOKEN)), LIST(T(PIN), T(PIN_PLACE))},
    [IPC_USER_PASSWORD] = {"user_password", LIST(T(USER), T(PASSWORD)), LIST(T(CHANGE))},
    [IPC_USER_CLASS] = {"user_class", LIST(T(USER), T(NAME)), NONE},
    [IPC_CLASS_SET] = {"class_set", LIST(T(NAME), T(FACTORS)), NONE},
    [IPC_CLASS_LIST] = {"class_list", NONE, LIST(PAGE)},
    [IPC_LOGIN] = {"login", LIST(T(USER)),
		   LIST(T(PASSWORD), T(NEW_PASSWORD), T(CODE), T(CLIENT), T(TOKEN), T(CHALLENGE), T(DATA),
			T(CHAIN), T(NONCE), T(ALGORITHM), T(SIGNATURE), T(TLS_CHAIN))},
    [IPC_JWKS] = {"jwks", NONE, NONE},
    [IPC_STAFF_ADD] = {"staff_add", LIST(T(NAME), T(ROLE)), LIST(T(APPROVAL))},
    [IPC_STAFF_LIST] = {"staff_list", NONE, LIST(PAGE)},
    [IPC_STAFF_DISABLE] = {"staff_disable", LIST(T(NAME)), NONE},
    [IPC_STAFF_ENABLE] = {"staff_enable", LIST(T(NAME)), LIST(T(APPROVAL))},
    [IPC_STAFF_ROTATE] = {"staff_rotate", LIST(T(NAME)), LIST(T(APPROVAL))},
    [IPC_APP_ROTATE] = {"application_rotate", LIST(T(NAME)), NONE},
    [IPC_APPROVAL_LIST] = {"approval_list", NONE, LIST(PAGE)},
    [IPC_APPROVAL_GRANT] = {"approval_grant", LIST(T(APPROVAL)), NONE},
    [IPC_APPROVAL_REFUSE] = {"approval_refuse", LIST(T(APPROVAL)), NONE},
    [IPC_LOCK_LIST] = {"lock_list", NONE, LIST(PAGE)},
    [IPC_LOCK_LIFT] = {"lock_lift", LIST(T(CLIENT)), LIST(T(NAME))},
    [IPC_IMPORT_OPEN] = {"import_open", LIST(T(DIGEST), T(LABEL), T(COUNT_OF)), LIST(T(USERS))},
    [IPC_IMPORT_ROWS] = {"import_rows", LIST(T(IMPORT), T(FIRST), T(ROWS)), NONE},
    [IPC_IMPORT_COMMIT] = {"import_commit", LIST(T(IMPORT)), NONE},
    [IPC_IMPORT_DISCARD] = {"import_discard", LIST(T(IMPORT)), NONE},
    [IPC_IMPORT_LIST] = {"import_list", NONE, LIST(PAGE)},
    [IPC_STOCK_LIST] = {"stock_list", NONE, LIST(PAGE)},
    [IPC_TOKEN_ASSIGN] = {"token_assign", LIST(T(TOKEN), T(USER)), NONE},
    [IPC_USER_EXPORT] = {"user_export", LIST(T(USER)), LIST(T(APPROVAL), T(SEEDS))},
    [IPC_APP_SCOPE] = {"application_scope", LIST(T(NAME)), LIST(T(CALLS), T(REALMS), T(ADDRESSES))},
    [IPC_STAFF_CERTIFICATE] = {"staff_certificate", LIST(T(NAME), T(FINGERPRINT)), LIST(T(APPROVAL))},
    [IPC_APP_CERTIFICATE] = {"application_certificate", LIST(T(NAME), T(FINGERPRINT)), NONE},
    [IPC_CERTIFICATE_ADD] = {"certificate_add", LIST(T(USER), T(FINGERPRINT)), LIST(T(LABEL))},
    [IPC_CERTIFICATE_LIST] = {"certificate_list", NONE, LIST(T(USER), PAGE)},
    [IPC_CERTIFICATE_REMOVE] = {"certificate_remove", LIST(T(FINGERPRINT)), NONE},
    [IPC_USER_CERTIFICATES] = {"user_certificates", LIST(T(USER), T(CERTIFICATES)), NONE},
    [IPC_AUTH] = {"auth", LIST(T(NAME)), NONE},
    [IPC_REALM_EXPORT] = {"realm_export", LIST(T(REALMS)), LIST(T(APPROVAL), T(AFTER), T(SEEDS))},
    [IPC_REKEY] = {"rekey", NONE, LIST(T(APPROVAL))},
    [IPC_DATA_KEY_LIST] = {"data_key_list", NONE, NONE},
    [IPC_SIGNING_ROTATE] = {"signing_key_rotate", NONE, LIST(T(APPROVAL))},
    [IPC_BREAK_GLASS_ISSUE] = {"break_glass_issue", LIST(T(USER)), LIST(T(VALID), T(APPROVAL))},
    [IPC_BREAK_GLASS_LIST] = {"break_glass_list", NONE, LIST(PAGE)},
    [IPC_BREAK_GLASS_REVOKE] = {"break_glass_revoke", LIST(T(TOKEN)), NONE},
    [IPC_OUTBOX_LIST] = {"outbox_list", NONE, LIST(PAGE)},
    [IPC_OUTBOX_RETRY] = {"outbox_retry", LIST(T(MESSAGE)), NONE},
    [IPC_ENROLMENT_KEY] = {"enrolment_key", NONE, NONE},
    [IPC_ALIAS_ADD] = {"alias_add", LIST(T(USER), T(ALIAS)), NONE},
    [IPC_ALIAS_LIST] = {"alias_list", NONE, LIST(T(USER), PAGE)},
    [IPC_ALIAS_REMOVE] = {"alias_remove", LIST(T(ALIAS)), NONE},
    [IPC_TOKEN_EXPIRE] = {"token_expire", LIST(T(TOKEN), T(EXPIRES)), NONE},
    [IPC_TOKEN_REPLACE] = {"token_replace", LIST(T(TOKEN)),
			   LIST(T(TYPE), T(SECRET), T(HASH), T(DIGITS), T(PERIOD), T(COUNTER), T(LABEL),
				T(SUITE), T(DESTINATION), T(COUNT_OF), T(VALID), T(PIN), T(PIN_PLACE))},
    [IPC_TOKEN_DELETE] = {"token_delete", LIST(T(TOKEN)), NONE},
    [IPC_USER_DISABLE] = {"user_disable", LIST(T(USER)), NONE},
    [IPC_USER_ENABLE] = {"user_enable", LIST(T(USER)), NONE},
    [IPC_USER_DELETE] = {"user_delete", LIST(T(USER)), NONE},
    [IPC_STOCK_DELETE] = {"stock_delete", LIST(T(TOKEN)), NONE},
};

static const struct {
	const char *name;
	uint16_t min, max;
} ipc_lengths[IPC_TAG_COUNT] = {
#define L(name, min, max) [IPC_TAG_##name] = {#name, min, max}
    L(CREDENTIAL, 1, 768),  L(ADDRESS, 1, 64),	    L(USER, 1, 128),
    L(CODE, 1, 64),	    L(CODE2, 1, 64),	    L(TOKEN, 1, 64),
    L(TYPE, 1, 16),	    L(SECRET, 16, 64),	    L(HASH, 1, 16),
    L(DIGITS, 1, 1),	    L(PERIOD, 4, 4),	    L(COUNTER, 8, 8),
    L(LABEL, 0, 128),	    L(NAME, 1, 64),	    L(AFTER, 1, 128),
    L(LIMIT, 4, 4),	    L(CLIENT, 2, 64),	    L(CHALLENGE, 1, 64),
    L(DATA, 1, 512),	    L(SUITE, 1, 64),	    L(DESTINATION, 3, 254),
    L(COUNT_OF, 4, 4),	    L(VALID, 4, 4),	    L(PIN, 4, 16),
    L(PIN_PLACE, 1, 16),    L(PASSWORD, 1, 128),    L(NEW_PASSWORD, 1, 128),
    L(CHANGE, 1, 16),	    L(FACTORS, 1, 32),	    L(ROLE, 1, 16),
    L(APPROVAL, 1, 64),	    L(DIGEST, 64, 64),	    L(USERS, 1, 16),
    L(IMPORT, 1, 64),	    L(FIRST, 4, 4),	    L(SERIAL, 0, 64),
    L(POSITION, 8, 8),	    L(EXPIRES, 8, 8),	    L(ROWS, 1, IPC_ROWS_BYTES),
    L(CALLS, 0, 63),	    L(REALMS, 0, 512),	    L(ADDRESSES, 0, 1024),
    L(CERTIFICATE, 32, 32), L(FINGERPRINT, 4, 64),  L(IDEMPOTENCY, 1, 128),
    L(DAY, 10, 10),	    L(MESSAGE, 1, 64),	    L(CHAIN, 1, 12288),
    L(NONCE, 1, 128),	    L(ALGORITHM, 1, 16),    L(SIGNATURE, 1, 1024),
    L(TLS_CHAIN, 1, 12288), L(CERTIFICATES, 1, 16), L(SEALED, 1, 8192),
    L(ALIAS, 1, 128),	    L(BARRED, 1, 16),	    L(STATE, 1, 16),
    L(ACTION, 1, 31),	    L(RESULT, 1, 31),	    L(SINCE, 8, 8),
    L(SEEDS, 1, 16),
#undef L
};

const struct ipc_rule *ipc_rule(unsigned op)
{
	if (op >= IPC_OP_COUNT || !ipc_rules[op].name)
		return NULL;
	return &ipc_rules[op];
}

static bool ipc_list_has(const uint8_t *list, unsigned tag)
{
	while (*list && *list != tag)
		list++;
	return *list != IPC_TAG_NONE;
}

enum ipc_want ipc_rule_wants(const struct ipc_rule *rule, unsigned tag)
{
	if (tag == IPC_TAG_CREDENTIAL)
		return role_may(0, (unsigned)(rule - ipc_rules)) ? IPC_REFUSED : IPC_REQUIRED;
	if (tag == IPC_TAG_CERTIFICATE || tag == IPC_TAG_IDEMPOTENCY || tag == IPC_TAG_BARRED)
		return role_may(0, (unsigned)(rule - ipc_rules)) ? IPC_REFUSED : IPC_OPTIONAL;
	if (tag == IPC_TAG_ADDRESS)
		return IPC_OPTIONAL;
	return ipc_list_has(rule->required, tag)   ? IPC_REQUIRED
	       : ipc_list_has(rule->optional, tag) ? IPC_OPTIONAL
						   : IPC_REFUSED;
}

/* What comes by the page has a limit; these are whole, however long. */
size_t ipc_reply_room(enum ipc_op op)
{
	switch (op) {
	case IPC_METRICS:
	case IPC_IMPORT_ROWS:
	case IPC_USER_EXPORT:
	case IPC_REALM_EXPORT:
	case IPC_JWKS:
	case IPC_SIGNING_ROTATE:
	case IPC_REPORT_GET:
		return IPC_REPLY_MAX;
	default:
		return ipc_rule_wants(&ipc_rules[op], IPC_TAG_LIMIT) == IPC_REFUSED ? IPC_REPLY_ROOM
										    : IPC_REPLY_MAX;
	}
}

const char *ipc_tag_name(unsigned tag)
{
	return tag < IPC_TAG_COUNT ? ipc_lengths[tag].name : NULL;
}

bool ipc_field_limits(unsigned tag, size_t *min, size_t *max)
{
	if (tag == IPC_TAG_NONE || tag >= IPC_TAG_COUNT)
		return false;
	*min = ipc_lengths[tag].min;
	*max = ipc_lengths[tag].max;
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

/* Whether all fields are there that the row wants; of a call that front bars nothing more is. */
static bool ipc_is_whole(const struct ipc_rule *rule, const struct ipc_request *request)
{
	if (request->field[IPC_TAG_BARRED].ptr)
		return true;
	/* The certificate may be the caller's word. */
	if (!request->field[IPC_TAG_CREDENTIAL].ptr && !request->field[IPC_TAG_CERTIFICATE].ptr &&
	    ipc_rule_wants(rule, IPC_TAG_CREDENTIAL) == IPC_REQUIRED)
		return false;
	for (const uint8_t *tag = rule->required; *tag; tag++)
		if (!request->field[*tag].ptr)
			return false;
	return true;
}

/* Whether a field may stand beside the others: with BARRED few may. */
static bool ipc_fits(const struct ipc_rule *rule, const struct ipc_request *request, unsigned tag)
{
	if (request->field[IPC_TAG_BARRED].ptr && tag != IPC_TAG_BARRED && tag != IPC_TAG_ADDRESS &&
	    tag != IPC_TAG_CREDENTIAL)
		return false;
	return ipc_rule_wants(rule, tag) != IPC_REFUSED;
}

/* Holds a request to its row and its fields to their lengths; yields the bytes that the fields take in a
 * frame. CS_ERR_LENGTH, CS_ERR_ARG. */
static enum cs_err ipc_fields_check(const struct ipc_rule *rule, const struct ipc_request *request,
				    size_t *len)
{
	enum cs_err err = ipc_is_whole(rule, request) ? CS_OK : CS_ERR_ARG;

	*len = 0;
	for (unsigned tag = 0; tag < IPC_TAG_COUNT; tag++) {
		const struct cs_view field = request->field[tag];
		if (!field.ptr)
			continue;
		if (field.len < ipc_lengths[tag].min || field.len > ipc_lengths[tag].max)
			return CS_ERR_LENGTH;
		if (!ipc_fits(rule, request, tag))
			err = CS_ERR_ARG;
		*len += IPC_FIELD_HEAD + field.len;
	}
	return err;
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
	size_t len;

	if (!rule)
		return CS_ERR_ARG;
	enum cs_err err = ipc_fields_check(rule, request, &len);
	if (err)
		return err;
	ipc_header_write(w, len, request->id, (uint16_t)request->op);
	for (unsigned tag = 0; tag < IPC_TAG_COUNT; tag++) {
		if (!request->field[tag].ptr)
			continue;
		cs_write_u8(w, (uint8_t)tag);
		cs_write_u16(w, (uint16_t)request->field[tag].len);
		cs_write_view(w, request->field[tag]);
	}
	return cs_writer_done(w);
}

/* Yields a reader at the content. */
static enum cs_err ipc_header_read(struct cs_view frame, struct cs_reader *r, uint64_t *id, uint16_t *code)
{
	*r = cs_reader_of(frame);
	uint32_t len = cs_read_u32(r);
	*id = cs_read_u64(r);
	*code = cs_read_u16(r);
	return frame.len < IPC_HEADER_LEN || len != frame.len - 4 ? CS_ERR_MALFORMED : CS_OK;
}

/* Fields up to the reader's end, each tag once. */
static enum cs_err ipc_fields_read(struct cs_reader *r, struct ipc_request *request)
{
	while (cs_reader_more(r)) {
		uint8_t tag = cs_read_u8(r);
		struct cs_view value = cs_read_view(r, cs_read_u16(r));
		if (tag >= IPC_TAG_COUNT || request->field[tag].ptr)
			return CS_ERR_MALFORMED;
		request->field[tag] = value;
	}
	return cs_reader_done(r);
}

enum cs_err ipc_request_parse(struct cs_view frame, struct ipc_request *out)
{
	struct ipc_request request = {0};
	struct cs_reader r;
	uint16_t code;
	size_t len;

	if (frame.len > IPC_REQUEST_MAX || ipc_header_read(frame, &r, &request.id, &code))
		return CS_ERR_MALFORMED;
	const struct ipc_rule *rule = ipc_rule(code);
	if (!rule)
		return CS_ERR_MALFORMED;
	request.op = (enum ipc_op)code;
	if (ipc_fields_read(&r, &request) || ipc_fields_check(rule, &request, &len))
		return CS_ERR_MALFORMED;
	*out = request;
	return CS_OK;
}

enum cs_err ipc_row_next(struct cs_reader *rows, struct ipc_request *row)
{
	static const uint8_t required[] = {T(TYPE), T(SECRET)},
			     optional[] = {T(SERIAL),	T(USER),  T(HASH),  T(DIGITS), T(PERIOD),
					   T(POSITION), T(LABEL), T(SUITE), T(EXPIRES)};
	struct cs_view bytes = cs_read_view(rows, cs_read_u16(rows));
	struct cs_reader r = cs_reader_of(bytes);
	struct ipc_request request = {0};

	if (!bytes.len || ipc_fields_read(&r, &request))
		return CS_ERR_MALFORMED;
	for (unsigned tag = 0; tag < IPC_TAG_COUNT; tag++) {
		const struct cs_view field = request.field[tag];
		bool wanted = memchr(required, (int)tag, sizeof(required)) != NULL;
		if (!field.ptr && !wanted)
			continue;
		if (!field.ptr || (!wanted && !memchr(optional, (int)tag, sizeof(optional))) ||
		    field.len < ipc_lengths[tag].min || field.len > ipc_lengths[tag].max)
			return CS_ERR_MALFORMED;
	}
	*row = request;
	return CS_OK;
}

enum cs_err ipc_reply_build(const struct ipc_reply *reply, struct cs_writer *w)
{
	if (reply->body.len > IPC_BODY_MAX)
		return CS_ERR_LENGTH;
	ipc_header_write(w, reply->body.len, reply->id, reply->status);
	cs_write_view(w, reply->body);
	return cs_writer_done(w);
}

enum cs_err ipc_reply_parse(struct cs_view frame, struct ipc_reply *out)
{
	struct ipc_reply reply;
	struct cs_reader r;

	if (frame.len > IPC_REPLY_MAX || ipc_header_read(frame, &r, &reply.id, &reply.status))
		return CS_ERR_MALFORMED;
	reply.body = cs_read_rest(&r);
	if (cs_reader_done(&r) || reply.status < 100 || reply.status > 599)
		return CS_ERR_MALFORMED;
	*out = reply;
	return CS_OK;
}
