/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reading templates of credentials.
 */
#include "pkcs11/otp_plan.h"

#include <string.h>

#include "pkcs11/attribute.h"
#include "pkcs11/otp_attribute.h"
#include "pkcs11/pkcs11_countersign.h"
#include "pkcs11/token.h"

#define PLAN_MAX 96u /* attributes: no key has as many */

static struct cs_view value_of(const struct otp_plan *r, CK_ATTRIBUTE_TYPE type)
{
	return template_view(r->attributes, r->count, type);
}

static CK_ULONG ulong_of(const struct otp_plan *r, CK_ATTRIBUTE_TYPE type, CK_ULONG otherwise)
{
	return template_ulong(r->attributes, r->count, type, otherwise);
}

CK_RV otp_plan_session(const struct session *session, bool private)
{
	if (!session_is_rw(session))
		return CKR_SESSION_READ_ONLY;
	return private && session->slot->token->login != LOGIN_USER ? CKR_USER_NOT_LOGGED_IN : CKR_OK;
}

CK_RV otp_plan_check(const CK_ATTRIBUTE *attributes, CK_ULONG count)
{
	CK_RV rv = template_check(attributes, count);

	if (rv == CKR_OK && count > PLAN_MAX)
		rv = CKR_TEMPLATE_INCONSISTENT;
	for (CK_ULONG i = 0; rv == CKR_OK && i < count; i++) {
		if (template_find(attributes, i, attributes[i].type) != NULL)
			rv = CKR_TEMPLATE_INCONSISTENT;
	}
	return rv;
}

/* ---- what the key will be ---- */

static CK_RV read_suite(struct otp_plan *r)
{
	static const enum ykoath_hash hashes[] = {
	    [CS_SHA1] = YKOATH_HASH_SHA1, [CS_SHA256] = YKOATH_HASH_SHA256, [CS_SHA512] = YKOATH_HASH_SHA512};
	struct cs_view text = value_of(r, CKA_COUNTERSIGN_OCRA_SUITE);
	struct cs_ocra_suite suite;

	if (text.len == 0)
		return CKR_TEMPLATE_INCOMPLETE;
	if (cs_ocra_suite_parse(text, &suite) != CS_OK)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	memcpy(r->key.suite, text.ptr, text.len);
	r->key.type_hash |= (uint8_t)hashes[suite.hash];
	r->key.digits = (uint8_t)suite.digits;
	return CKR_OK;
}

static CK_RV read_hash_and_length(struct otp_plan *r)
{
	CK_ULONG length = ulong_of(r, CKA_OTP_LENGTH, CS_OATH_DIGITS_MIN);

	switch (ulong_of(r, CKA_COUNTERSIGN_OTP_HASH, CKM_SHA_1)) {
	case CKM_SHA_1:
		r->key.type_hash |= YKOATH_HASH_SHA1;
		break;
	case CKM_SHA256:
		r->key.type_hash |= YKOATH_HASH_SHA256;
		break;
	case CKM_SHA512:
		r->key.type_hash |= YKOATH_HASH_SHA512;
		break;
	default:
		return CKR_ATTRIBUTE_VALUE_INVALID;
	}
	r->key.digits = (uint8_t)length;
	return length >= CS_OATH_DIGITS_MIN && length <= CS_OATH_DIGITS_MAX ? CKR_OK
									    : CKR_ATTRIBUTE_VALUE_INVALID;
}

static CK_RV read_counter(struct otp_plan *r)
{
	struct cs_view value = value_of(r, CKA_OTP_COUNTER);
	struct cs_reader reader = cs_reader_of(value);

	if (value.len == 0)
		return CKR_OK;
	r->counter = cs_read_u64(&reader);
	return cs_reader_done(&reader) == CS_OK ? CKR_OK : CKR_ATTRIBUTE_VALUE_INVALID;
}

static void write_decimal(CK_ULONG value, struct cs_writer *w)
{
	char digits[3 * sizeof(value)];
	size_t n = sizeof(digits);

	do
		digits[--n] = (char)('0' + value % 10);
	while ((value /= 10) > 0);
	cs_write_view(w, cs_view(digits + n, sizeof(digits) - n));
}

/* [PERIOD/]LABEL, the label being [SERVICE:]USER where there is none. */
CK_RV otp_plan_name(enum ykoath_type type, CK_ULONG period, const struct cs_ykoath_parts *p, struct otp *out)
{
	struct cs_writer w = CS_WRITER_OF(out->name);
	struct cs_ykoath_parts again;

	if (p->label.len == 0 && p->account.len == 0)
		return CKR_TEMPLATE_INCOMPLETE;
	if (type == YKOATH_TYPE_TOTP && period != YKOATH_PERIOD_DEFAULT) {
		write_decimal(period, &w);
		cs_write_u8(&w, '/');
	}
	if (p->label.len == 0 && p->issuer.len > 0) {
		cs_write_view(&w, p->issuer);
		cs_write_u8(&w, ':');
	}
	cs_write_view(&w, p->label.len > 0 ? p->label : p->account);
	if (cs_writer_done(&w) != CS_OK || memchr(out->name, 0, w.len) != NULL)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	out->name_len = w.len;
	/* A label that begins like a period would be taken for one. */
	cs_ykoath_split(type, cs_writer_view(&w), &again);
	return type != YKOATH_TYPE_TOTP || again.period == period ? CKR_OK : CKR_ATTRIBUTE_VALUE_INVALID;
}

static CK_RV read_name(struct otp_plan *r)
{
	struct cs_ykoath_parts parts = {.label = value_of(r, CKA_LABEL),
					.issuer = value_of(r, CKA_OTP_SERVICE_IDENTIFIER),
					.account = value_of(r, CKA_OTP_USER_IDENTIFIER)};

	return otp_plan_name(otp_type(&r->key), otp_parts(&r->key).period, &parts, &r->key);
}

static bool read_type(struct otp_plan *r, CK_KEY_TYPE type)
{
	r->key.type_hash = type == CKK_HOTP		  ? YKOATH_TYPE_HOTP
			   : type == CKK_COUNTERSIGN_TOTP ? YKOATH_TYPE_TOTP
							  : YKOATH_TYPE_OCRA;
	return otp_is_key_type(type);
}

CK_RV otp_plan_shape(CK_KEY_TYPE type, struct otp_plan *r)
{
	struct cs_ykoath_parts any = {.label = CS_VIEW_TEXT("-")};
	CK_ULONG period = ulong_of(r, CKA_OTP_TIME_INTERVAL, YKOATH_PERIOD_DEFAULT);
	CK_RV rv;

	if (!read_type(r, type))
		return type == CK_UNAVAILABLE_INFORMATION ? CKR_TEMPLATE_INCOMPLETE
							  : CKR_ATTRIBUTE_VALUE_INVALID;
	if (template_bool(r->attributes, r->count, CKA_PRIVATE, false))
		r->key.properties |= YKOATH_PROPERTY_PIN;
	if (template_bool(r->attributes, r->count, CKA_COUNTERSIGN_OTP_TOUCH, false))
		r->key.properties |= YKOATH_PROPERTY_TOUCH;
	rv = otp_type(&r->key) == YKOATH_TYPE_OCRA ? read_suite(r) : read_hash_and_length(r);
	if (rv == CKR_OK)
		rv = read_counter(r);
	if (rv == CKR_OK && (period < 1 || period > YKOATH_PERIOD_MAX))
		rv = CKR_ATTRIBUTE_VALUE_INVALID;
	return rv == CKR_OK ? otp_plan_name(otp_type(&r->key), period, &any, &r->key) : rv;
}

CK_RV otp_plan_read(CK_KEY_TYPE type, struct otp_plan *r)
{
	CK_RV rv = otp_plan_check(r->attributes, r->count);

	if (rv == CKR_OK)
		rv = otp_plan_shape(type, r);
	return rv == CKR_OK ? read_name(r) : rv;
}

CK_RV otp_plan_for_card(const struct session *session, const struct otp_plan *r)
{
	bool pin = otp_has(&r->key, YKOATH_PROPERTY_PIN);

	if (!session->slot->token->ours && (pin || otp_type(&r->key) == YKOATH_TYPE_OCRA))
		return CKR_TEMPLATE_INCONSISTENT;
	if (!session->slot->token->ours && r->counter > UINT32_MAX)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	return otp_plan_session(session, pin);
}

/* ---- whether it is what the template says ---- */

/* What a session object may be, and a credential on the card not. */
static bool memory_may_differ(CK_ATTRIBUTE_TYPE type)
{
	switch (type) {
	case CKA_TOKEN:
	case CKA_MODIFIABLE:
	case CKA_COPYABLE:
	case CKA_DESTROYABLE:
	case CKA_SENSITIVE:
	case CKA_EXTRACTABLE:
	case CKA_SIGN:
		return true;
	default:
		return false;
	}
}

static bool may_differ(const CK_ATTRIBUTE *a, const struct otp_plan *r)
{
	if (r->changing)
		return false;
	if (r->key.in_memory && memory_may_differ(a->type))
		return true;
	switch (a->type) {
	case CKA_VALUE:
	case CKA_OTP_COUNTER:
	case CKA_ID:
	case CKA_START_DATE:
	case CKA_END_DATE:
	case CKA_VERIFY:
		return true;
	case CKA_COUNTERSIGN_OTP_SERVER:
		return r->seed.len == 0;
	case CKA_VALUE_LEN:
		return r->seed.len > 0 && ulong_of(r, CKA_VALUE_LEN, 0) == r->seed.len;
	case CKA_LABEL:
	case CKA_OTP_USER_IDENTIFIER:
	case CKA_OTP_SERVICE_IDENTIFIER:
		return a->ulValueLen == 0;
	default:
		return false;
	}
}

CK_RV otp_plan_compare(const struct token *token, const struct otp_plan *r)
{
	uint8_t value[256];

	for (CK_ULONG i = 0; i < r->count; i++) {
		const CK_ATTRIBUTE *a = &r->attributes[i];
		struct cs_writer w = CS_WRITER_OF(value);
		CK_RV rv;

		if (may_differ(a, r))
			continue;
		rv = otp_attribute_of(token, &r->key, a->type, &w);
		if (rv != CKR_OK)
			return rv;
		if (!cs_view_equal(cs_writer_view(&w), cs_view(a->pValue, a->ulValueLen)))
			return CKR_TEMPLATE_INCONSISTENT;
	}
	return CKR_OK;
}
