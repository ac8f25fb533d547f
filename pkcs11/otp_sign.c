/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Making one-time passwords on the card, and checking them.
 */
#include "pkcs11/otp_sign.h"

#include <string.h>
#include <time.h>

#include "base/secret.h"
#include "pkcs11/operation.h"
#include "pkcs11/otp_card.h"
#include "pkcs11/otp_params.h"
#include "pkcs11/token.h"

CK_RV otp_check_key(const struct token *token, const struct mechanism *mechanism, struct object object)
{
	const struct otp *key = object.kind == OBJECT_OTP ? otps_at(&token->otps, object.index) : NULL;

	return key != NULL && otp_key_type(key) == mechanism->key_type ? CKR_OK : CKR_KEY_TYPE_INCONSISTENT;
}

CK_RV otp_begin(struct token *token, struct operation *op, bool verify, const CK_MECHANISM *mechanism)
{
	struct otp *key;
	enum cs_err err = otp_store_whole(token, op->object.index, &key);

	if (err != CS_OK)
		return token_rv(token, err);
	return otp_request_new(key, verify, mechanism, &op->otp);
}

/* ---- the password ---- */

struct making {
	const struct otp *key;
	size_t index; /* key's */
	const struct otp_request *request;
	uint64_t time; /* that goes in, where one does */
	char password[2 * CS_HASH_MAX + 1];
};

static enum cs_err make_ocra(struct token *token, struct making *m)
{
	struct cs_ocra_suite suite;
	struct cs_ocra_input inputs;

	if (!otp_suite(m->key, &suite))
		return CS_ERR_MALFORMED;
	inputs = otp_request_inputs(m->request, &suite, m->time);
	return cc_oath_ocra(token->card, otp_name(m->key), &suite, &inputs, m->password);
}

static enum cs_err make_work(struct token *token, const struct cc_oath_info *info, void *arg)
{
	struct making *m = arg;
	uint64_t step = 0;
	uint32_t truncated;
	unsigned digits;
	enum cs_err err;

	(void)info;
	if (otp_type(m->key) == YKOATH_TYPE_OCRA)
		return make_ocra(token, m);
	if (otp_type(m->key) == YKOATH_TYPE_TOTP)
		step = cs_totp_step(m->time, 0, otp_parts(m->key).period);
	err = cc_oath_calculate(token->card, otp_name(m->key), step, &truncated, &digits);
	if (err == CS_OK)
		cs_oath_format(truncated, (unsigned)m->request->length, m->password);
	return err;
}

/* What the card means by its refusal. It says the same where nobody touched it, and where the PIN must be
 * changed first. */
static CK_RV refusal(struct token *token, const struct making *m, enum cs_err err)
{
	bool pin = otp_has(m->key, YKOATH_PROPERTY_PIN);

	/* Other makers' cards, which have been opened, have nothing else to deny for. */
	if (err == CS_ERR_DENIED && otp_has(m->key, YKOATH_PROPERTY_TOUCH) && !token->ours)
		return CKR_FUNCTION_REJECTED;
	if (err == CS_ERR_BUSY)
		return CKR_FUNCTION_REJECTED;
	if (err == CS_ERR_NOT_FOUND)
		otps_drop(&token->otps, m->index);
	if (err == CS_ERR_TIMEOUT && pin && token_refresh(token, NEED_NOTHING) == CS_OK &&
	    (token_reference(token, PIV_REF_PIN).flags & CSGN_REFERENCE_MUST_CHANGE) != 0)
		return CKR_PIN_EXPIRED;
	return token_rv(token, err);
}

static CK_RV make(struct token *token, struct making *m)
{
	bool pin = otp_has(m->key, YKOATH_PROPERTY_PIN);
	enum cs_err err;

	if (pin && token->login != LOGIN_USER)
		return CKR_USER_NOT_LOGGED_IN;
	err = otp_run(token, pin ? OTP_NEED_PIN : OTP_NEED_NOTHING, make_work, m);
	if (err != CS_OK)
		return refusal(token, m, err);
	return strlen(m->password) == m->request->length ? CKR_OK : CKR_DEVICE_ERROR;
}

/* The time that was given, or now; of the window after, where that is wanted. */
static uint64_t time_of(const struct otp *key, const struct otp_request *request)
{
	uint64_t now = request->has_time ? request->time : (uint64_t)time(NULL);

	return request->next ? now + otp_parts(key).period : now;
}

/* ---- what C_Sign answers ---- */

#define FIELDS_MAX 5u

/* The parameters of a CK_OTP_SIGNATURE_INFO. Views borrow from the making of the password. */
struct info {
	CK_OTP_PARAM_TYPE types[FIELDS_MAX];
	struct cs_view values[FIELDS_MAX];
	size_t count;
	CK_ULONG length, format;
	char time[OTP_TIME_LEN];
};

static void add(struct info *info, CK_OTP_PARAM_TYPE type, struct cs_view value)
{
	info->types[info->count] = type;
	info->values[info->count++] = value;
}

static CK_RV describe(const struct making *m, struct info *info)
{
	const struct otp_request *request = m->request;

	info->count = 0;
	info->length = request->length;
	info->format = otp_format(m->key);
	add(info, CK_OTP_VALUE, cs_view(m->password, request->length));
	add(info, CK_OTP_OUTPUT_LENGTH, cs_view(&info->length, sizeof(info->length)));
	add(info, CK_OTP_OUTPUT_FORMAT, cs_view(&info->format, sizeof(info->format)));
	if (request->question_len > 0)
		add(info, CK_OTP_CHALLENGE, cs_view(request->question, request->question_len));
	if (otp_requirement(m->key, CK_OTP_TIME) == CK_OTP_PARAM_IGNORED)
		return CKR_OK;
	add(info, CK_OTP_TIME, CS_VIEW_OF(info->time));
	return otp_time_format(m->time, info->time) == CS_OK ? CKR_OK : CKR_FUNCTION_FAILED;
}

/* Values lie where any type may lie. */
static size_t room(struct cs_view value)
{
	return (value.len + sizeof(CK_ULONG) - 1) / sizeof(CK_ULONG) * sizeof(CK_ULONG);
}

static size_t info_size(const struct info *info)
{
	size_t size = sizeof(CK_OTP_SIGNATURE_INFO) + info->count * sizeof(CK_OTP_PARAM);

	for (size_t i = 0; i < info->count; i++)
		size += room(info->values[i]);
	return size;
}

/* The caller's block need not lie well itself. */
static void info_write(const struct info *info, CK_BYTE_PTR block)
{
	CK_BYTE_PTR params = block + sizeof(CK_OTP_SIGNATURE_INFO);
	CK_BYTE_PTR value = params + info->count * sizeof(CK_OTP_PARAM);
	CK_OTP_SIGNATURE_INFO head = {(CK_OTP_PARAM_PTR)(void *)params, info->count};

	memcpy(block, &head, sizeof(head));
	for (size_t i = 0; i < info->count; i++) {
		CK_OTP_PARAM param = {info->types[i], value, info->values[i].len};

		memcpy(params + i * sizeof(param), &param, sizeof(param));
		memset(value, 0, room(info->values[i]));
		memcpy(value, info->values[i].ptr, info->values[i].len);
		value += room(info->values[i]);
	}
}

CK_RV otp_sign(struct token *token, struct operation *op, struct cs_view data, CK_BYTE_PTR signature,
	       CK_ULONG_PTR len, bool *goes_on)
{
	struct making m = {
	    .key = otps_at(&token->otps, op->object.index), .index = op->object.index, .request = op->otp};
	struct info info;
	CK_RV rv;

	*goes_on = false;
	if (data.len > 0)
		return CKR_DATA_LEN_RANGE;
	if (m.key == NULL)
		return CKR_KEY_HANDLE_INVALID;
	m.time = time_of(m.key, m.request);
	rv = describe(&m, &info);
	*goes_on = rv == CKR_OK && output_asks(info_size(&info), signature, len, &rv);
	if (*goes_on || rv != CKR_OK)
		return rv;
	rv = make(token, &m);
	if (rv == CKR_OK) {
		*len = info_size(&info);
		info_write(&info, signature);
	}
	cs_wipe(m.password, sizeof(m.password));
	return rv;
}

CK_RV otp_verify(struct token *token, struct operation *op, struct cs_view data, struct cs_view password)
{
	struct making m = {
	    .key = otps_at(&token->otps, op->object.index), .index = op->object.index, .request = op->otp};
	CK_RV rv;

	if (data.len > 0)
		return CKR_DATA_LEN_RANGE;
	if (m.key == NULL)
		return CKR_KEY_HANDLE_INVALID;
	if (password.len != m.request->length)
		return CKR_SIGNATURE_LEN_RANGE;
	m.time = time_of(m.key, m.request);
	rv = make(token, &m);
	if (rv == CKR_OK && !cs_equal_ct(m.password, password.ptr, password.len))
		rv = CKR_SIGNATURE_INVALID;
	cs_wipe(m.password, sizeof(m.password));
	return rv;
}
