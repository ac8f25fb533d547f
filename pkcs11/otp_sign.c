/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Making one-time passwords on the card, and checking them.
 *
 * Invariants:
 *  1. A key's own counter is used up before the password is made; one that is given uses up none.
 *  2. A password is not sent for a second time where the first may have moved the card's counter.
 *  3. The card goes by a credential's name: where another program was seen to have used it no password is
 * made or checked before the card was asked whether the name is still that of the one that was meant.
 */
#include "pkcs11/otp_sign.h"

#include <string.h>
#include <time.h>

#include "base/secret.h"
#include "pkcs11/operation.h"
#include "pkcs11/otp_card.h"
#include "pkcs11/otp_memory.h"
#include "pkcs11/otp_params.h"
#include "pkcs11/otp_store.h"
#include "pkcs11/token.h"

/* The key of an object; own is where one lies that is not the card's. */
static CK_RV key_of(struct token *token, struct object object, struct otp *own, const struct otp **key)
{
	struct otp *on_card;
	enum cs_err err;

	if (object.kind == OBJECT_MEMORY) {
		*key = own;
		return otp_memory_key(token, object.index, own);
	}
	if (object.kind != OBJECT_OTP)
		return CKR_KEY_TYPE_INCONSISTENT;
	err = otp_store_whole(token, object.index, &on_card);
	*key = on_card;
	return token_rv(token, err);
}

CK_RV otp_check_key(struct token *token, const struct mechanism *mechanism, struct object object)
{
	struct otp own;
	const struct otp *key;
	CK_RV rv = key_of(token, object, &own, &key);

	return rv == CKR_OK && otp_key_type(key) != mechanism->key_type ? CKR_KEY_TYPE_INCONSISTENT : rv;
}

CK_RV otp_begin(struct token *token, struct operation *op, bool verify, const CK_MECHANISM *mechanism)
{
	struct otp own;
	const struct otp *key;
	CK_RV rv = key_of(token, op->key.object, &own, &key);

	return rv == CKR_OK ? otp_request_new(key, verify, mechanism, &op->otp) : rv;
}

/* ---- the password ---- */

struct making {
	const struct meant *meant;
	const struct otp *key;
	struct otp own; /* where key is */
	size_t index;	/* key's */
	const struct otp_request *request;
	uint64_t time;		/* that goes in, where one does */
	uint64_t counter;	/* likewise, of a key in memory */
	bool advances;		/* it is the key's own, and used up by this */
	struct cs_view claimed; /* a password that the card is to check */
	bool differs;		/* what it says of that */
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

/* It was reset since it was last asked what it holds. */
static bool disturbed(const struct token *token)
{
	return token->ours && cc_card_generation(token->card) != token->generation;
}

/* Nobody comes in between this and what follows in the same transaction. */
static enum cs_err still_meant(struct token *token, const struct cc_oath_info *info, const struct making *m)
{
	enum cs_err err = CS_OK;

	if (!disturbed(token))
		return CS_OK;
	err = otp_store_update(token, info, NULL);
	return err == CS_OK ? place_still(token, m->meant) : err;
}

/* A counter of the card's is its own affair: it alone says which password was the one of a counter that is
 * past. */
static enum cs_err check_work(struct token *token, const struct cc_oath_info *info, void *arg)
{
	struct making *m = arg;
	enum cs_err err = still_meant(token, info, m);

	if (err != CS_OK)
		return err;
	err = cc_oath_check(token->card, otp_name(m->key), m->request->counter, m->claimed);
	m->differs = err == CS_ERR_WRONG;
	return m->differs ? CS_OK : err;
}

static enum cs_err make_work(struct token *token, const struct cc_oath_info *info, void *arg)
{
	struct making *m = arg;
	uint64_t step = 0;
	uint32_t truncated;
	unsigned digits;
	enum cs_err err = still_meant(token, info, m);

	if (err != CS_OK)
		return err;
	/* The counter has moved. */
	token->changing = otp_counts(m->key);
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
	/* Of this name: not where that is another's. */
	if (err == CS_ERR_NOT_FOUND && place_still(token, m->meant) == CS_OK)
		otps_drop(&token->otps, m->index);
	if (err == CS_ERR_TIMEOUT && pin && token_refresh(token, NEED_NOTHING) == CS_OK &&
	    (token_reference(token, PIV_REF_PIN).flags & CSGN_REFERENCE_MUST_CHANGE) != 0)
		return CKR_PIN_EXPIRED;
	return token_rv(token, err);
}

static CK_RV make_in_memory(struct token *token, struct making *m)
{
	CK_RV rv = m->advances ? otp_memory_advance(token, m->index) : CKR_OK;

	if (rv != CKR_OK)
		return rv;
	return otp_memory_password(token, m->index, m->key, m->request, m->counter, m->time, m->password);
}

static CK_RV on_card(struct token *token, struct making *m, otp_work *work)
{
	bool pin = otp_has(m->key, YKOATH_PROPERTY_PIN);
	enum cs_err err;

	if (pin && token->login != LOGIN_USER)
		return CKR_USER_NOT_LOGGED_IN;
	err = otp_run(token, pin ? OTP_NEED_PIN : OTP_NEED_NOTHING, work, m);
	return err == CS_OK ? CKR_OK : refusal(token, m, err);
}

static CK_RV make(struct token *token, struct making *m)
{
	CK_RV rv = m->key->in_memory ? make_in_memory(token, m) : on_card(token, m, make_work);

	if (rv != CKR_OK || m->key->in_memory)
		return rv;
	return strlen(m->password) == m->request->length ? CKR_OK : CKR_DEVICE_ERROR;
}

/* The time that was given, or now; of the window after, where that is wanted. */
static uint64_t time_of(const struct otp *key, const struct otp_request *request)
{
	uint64_t now = request->has_time ? request->time : (uint64_t)time(NULL);

	return request->next ? now + otp_parts(key).period : now;
}

/* Of the object that was meant, as it is now. */
static CK_RV meant_key(struct token *token, struct making *m)
{
	CK_RV rv = CKR_OK;

	if (m->meant->object.kind == OBJECT_OTP && token->ours && (token->stale || disturbed(token)))
		rv = token_rv(token, otp_store_load(token));
	if (rv == CKR_OK)
		rv = key_of(token, m->meant->object, &m->own, &m->key);
	if (rv == CKR_OK)
		rv = token_rv(token, place_still(token, m->meant));
	if (rv == CKR_OK)
		m->own = *m->key;
	m->key = &m->own;
	return rv;
}

static CK_RV plan(struct token *token, const struct operation *op, struct making *m)
{
	CK_RV rv;

	m->meant = &op->key;
	rv = meant_key(token, m);
	if (rv != CKR_OK)
		return rv;
	m->index = op->key.object.index;
	m->request = op->otp;
	m->time = time_of(m->key, m->request);
	if (m->key->in_memory && otp_counts(m->key)) {
		m->counter = otp_memory_counter(token, m->index, m->request);
		m->advances = !m->request->has_counter;
	}
	return CKR_OK;
}

/* ---- what C_Sign answers ---- */

#define FIELDS_MAX 6u

/* The parameters of a CK_OTP_SIGNATURE_INFO. Views borrow from the making of the password. */
struct info {
	CK_OTP_PARAM_TYPE types[FIELDS_MAX];
	struct cs_view values[FIELDS_MAX];
	size_t count;
	CK_ULONG length, format;
	char time[OTP_TIME_LEN];
	uint8_t counter[OTP_COUNTER_LEN];
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
	if (m->key->in_memory && otp_counts(m->key)) {
		struct cs_writer w = CS_WRITER_OF(info->counter);

		cs_write_u64(&w, m->counter);
		add(info, CK_OTP_COUNTER, CS_VIEW_OF(info->counter));
	}
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
	struct making m = {.advances = false};
	struct info info;
	CK_RV rv;

	*goes_on = false;
	if (data.len > 0)
		return CKR_DATA_LEN_RANGE;
	rv = plan(token, op, &m);
	if (rv == CKR_OK)
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

static CK_RV compare(struct token *token, struct making *m, struct cs_view password)
{
	CK_RV rv;

	if (!m->key->in_memory && otp_counts(m->key)) {
		m->claimed = password;
		rv = on_card(token, m, check_work);
	} else {
		rv = make(token, m);
		m->differs = rv == CKR_OK && !cs_equal_ct(m->password, password.ptr, password.len);
	}
	return rv == CKR_OK && m->differs ? CKR_SIGNATURE_INVALID : rv;
}

CK_RV otp_verify(struct token *token, struct operation *op, struct cs_view data, struct cs_view password)
{
	struct making m = {.advances = false};
	CK_RV rv;

	if (data.len > 0)
		return CKR_DATA_LEN_RANGE;
	rv = plan(token, op, &m);
	if (rv == CKR_OK && password.len != m.request->length)
		rv = CKR_SIGNATURE_LEN_RANGE;
	if (rv == CKR_OK)
		rv = compare(token, &m, password);
	cs_wipe(m.password, sizeof(m.password));
	return rv;
}
