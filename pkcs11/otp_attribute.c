/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The table of attributes of one-time-password keys.
 */
#include "pkcs11/otp_attribute.h"

#include "pkcs11/attribute_get.h"
#include "pkcs11/otp_params.h"
#include "pkcs11/pkcs11_countersign.h"
#include "pkcs11/token.h"

/* Which keys have an attribute. */
enum who { HOTP = 1, TOTP = 2, OCRA = 4, ALL = 7 };

/* What its value is; arg is the row's. */
enum value {
	VALUE_BOOL,  /* arg */
	VALUE_ULONG, /* arg */
	VALUE_EMPTY,
	VALUE_SENSITIVE,
	VALUE_PROPERTY, /* whether the credential has the property arg */
	VALUE_MODIFIABLE,
	VALUE_VERIFIABLE,
	VALUE_UNIQUE_ID,
	VALUE_NAME, /* of the card's, and its parts */
	VALUE_LABEL,
	VALUE_ISSUER,
	VALUE_ACCOUNT,
	VALUE_KEY_TYPE,
	VALUE_GEN_MECHANISM, /* arg makes such keys */
	VALUE_LENGTH_OF_KEY,
	VALUE_FORMAT,
	VALUE_LENGTH,
	VALUE_REQUIREMENT, /* of the parameter arg */
	VALUE_COUNTER,
	VALUE_INTERVAL,
	VALUE_HASH,
	VALUE_SUITE,
	VALUE_SEALED,
};

static const struct row {
	CK_ATTRIBUTE_TYPE type;
	unsigned who;
	enum value value;
	CK_ULONG arg;
} rows[] = {
    {CKA_CLASS, ALL, VALUE_ULONG, CKO_OTP_KEY},
    {CKA_TOKEN, ALL, VALUE_BOOL, true},
    {CKA_PRIVATE, ALL, VALUE_PROPERTY, YKOATH_PROPERTY_PIN},
    {CKA_LABEL, ALL, VALUE_LABEL, 0},
    {CKA_UNIQUE_ID, ALL, VALUE_UNIQUE_ID, 0},
    {CKA_MODIFIABLE, ALL, VALUE_MODIFIABLE, 0},
    {CKA_COPYABLE, ALL, VALUE_BOOL, false},
    {CKA_DESTROYABLE, ALL, VALUE_BOOL, true},
    {CKA_KEY_TYPE, ALL, VALUE_KEY_TYPE, 0},
    {CKA_ID, ALL, VALUE_NAME, 0},
    {CKA_START_DATE, ALL, VALUE_EMPTY, 0},
    {CKA_END_DATE, ALL, VALUE_EMPTY, 0},
    {CKA_DERIVE, ALL, VALUE_BOOL, false},
    {CKA_LOCAL, ALL, VALUE_PROPERTY, YKOATH_PROPERTY_MADE},
    {CKA_KEY_GEN_MECHANISM, HOTP, VALUE_GEN_MECHANISM, CKM_HOTP_KEY_GEN},
    {CKA_KEY_GEN_MECHANISM, TOTP, VALUE_GEN_MECHANISM, CKM_COUNTERSIGN_TOTP_KEY_GEN},
    {CKA_KEY_GEN_MECHANISM, OCRA, VALUE_GEN_MECHANISM, CKM_COUNTERSIGN_OCRA_KEY_GEN},
    {CKA_ALLOWED_MECHANISMS, HOTP, VALUE_ULONG, CKM_HOTP},
    {CKA_ALLOWED_MECHANISMS, TOTP, VALUE_ULONG, CKM_COUNTERSIGN_TOTP},
    {CKA_ALLOWED_MECHANISMS, OCRA, VALUE_ULONG, CKM_COUNTERSIGN_OCRA},
    {CKA_SENSITIVE, ALL, VALUE_BOOL, true},
    {CKA_ENCRYPT, ALL, VALUE_BOOL, false},
    {CKA_DECRYPT, ALL, VALUE_BOOL, false},
    {CKA_SIGN, ALL, VALUE_BOOL, true},
    {CKA_VERIFY, ALL, VALUE_VERIFIABLE, 0},
    {CKA_WRAP, ALL, VALUE_BOOL, false},
    {CKA_UNWRAP, ALL, VALUE_BOOL, false},
    {CKA_EXTRACTABLE, ALL, VALUE_BOOL, false},
    {CKA_ALWAYS_SENSITIVE, ALL, VALUE_PROPERTY, YKOATH_PROPERTY_MADE},
    {CKA_NEVER_EXTRACTABLE, ALL, VALUE_PROPERTY, YKOATH_PROPERTY_MADE},
    {CKA_WRAP_WITH_TRUSTED, ALL, VALUE_BOOL, false},
    {CKA_TRUSTED, ALL, VALUE_BOOL, false},
    {CKA_WRAP_TEMPLATE, ALL, VALUE_EMPTY, 0},
    {CKA_UNWRAP_TEMPLATE, ALL, VALUE_EMPTY, 0},
    {CKA_DERIVE_TEMPLATE, ALL, VALUE_EMPTY, 0},
    {CKA_OBJECT_VALIDATION_FLAGS, ALL, VALUE_ULONG, 0},
    {CKA_VALUE, ALL, VALUE_SENSITIVE, 0},
    {CKA_VALUE_LEN, ALL, VALUE_LENGTH_OF_KEY, 0},
    {CKA_OTP_FORMAT, ALL, VALUE_FORMAT, 0},
    {CKA_OTP_LENGTH, ALL, VALUE_LENGTH, 0},
    {CKA_OTP_USER_FRIENDLY_MODE, ALL, VALUE_BOOL, true},
    {CKA_OTP_CHALLENGE_REQUIREMENT, ALL, VALUE_REQUIREMENT, CK_OTP_CHALLENGE},
    {CKA_OTP_TIME_REQUIREMENT, ALL, VALUE_REQUIREMENT, CK_OTP_TIME},
    {CKA_OTP_COUNTER_REQUIREMENT, ALL, VALUE_REQUIREMENT, CK_OTP_COUNTER},
    {CKA_OTP_PIN_REQUIREMENT, ALL, VALUE_REQUIREMENT, CK_OTP_PIN},
    {CKA_OTP_COUNTER, ALL, VALUE_COUNTER, 0},
    {CKA_OTP_TIME, ALL, VALUE_EMPTY, 0},
    {CKA_OTP_TIME_INTERVAL, TOTP | OCRA, VALUE_INTERVAL, 0},
    {CKA_OTP_USER_IDENTIFIER, ALL, VALUE_ACCOUNT, 0},
    {CKA_OTP_SERVICE_IDENTIFIER, ALL, VALUE_ISSUER, 0},
    {CKA_OTP_SERVICE_LOGO, ALL, VALUE_EMPTY, 0},
    {CKA_OTP_SERVICE_LOGO_TYPE, ALL, VALUE_EMPTY, 0},
    {CKA_COUNTERSIGN_OTP_HASH, ALL, VALUE_HASH, 0},
    {CKA_COUNTERSIGN_OTP_TOUCH, ALL, VALUE_PROPERTY, YKOATH_PROPERTY_TOUCH},
    {CKA_COUNTERSIGN_OCRA_SUITE, OCRA, VALUE_SUITE, 0},
    {CKA_COUNTERSIGN_OTP_SEALED, ALL, VALUE_SEALED, 0},
};

/* What an OCRA suite says, which is not known of every such key. */
static bool needs_suite(enum value value)
{
	return value == VALUE_VERIFIABLE || value == VALUE_REQUIREMENT || value == VALUE_COUNTER ||
	       value == VALUE_INTERVAL || value == VALUE_SUITE;
}

/* A name is one's at a time: it is all that tells credentials of other vendors' cards apart. */
static struct cs_view identity(const struct otp *key)
{
	return key->has_unique ? CS_VIEW_OF(key->unique) : otp_name(key);
}

static unsigned who_is(const struct otp *key)
{
	switch (otp_type(key)) {
	case YKOATH_TYPE_HOTP:
		return HOTP;
	case YKOATH_TYPE_TOTP:
		return TOTP;
	default:
		return OCRA;
	}
}

static const struct row *row_find(const struct otp *key, CK_ATTRIBUTE_TYPE type)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].type == type && (rows[i].who & who_is(key)) != 0)
			return &rows[i];
	}
	return NULL;
}

bool otp_attribute_type(size_t i, CK_ATTRIBUTE_TYPE *type)
{
	if (i >= sizeof(rows) / sizeof(rows[0]))
		return false;
	*type = rows[i].type;
	return true;
}

/* The card has one where it counts, and does not tell it. */
static CK_RV put_counter(const struct otp *key, struct cs_writer *out)
{
	if (otp_counts(key))
		return CKR_ATTRIBUTE_SENSITIVE;
	return put_done(out);
}

static CK_RV put_interval(const struct otp *key, struct cs_writer *out)
{
	struct cs_ocra_suite suite = {.time_step = 0};

	if (otp_type(key) == YKOATH_TYPE_TOTP)
		return put_ulong(otp_parts(key).period, out);
	if (!otp_suite(key, &suite) || suite.time_step == 0)
		return CKR_ATTRIBUTE_TYPE_INVALID;
	return put_ulong(suite.time_step, out);
}

static CK_RV put_hash(const struct otp *key, struct cs_writer *out)
{
	static const CK_MECHANISM_TYPE hashes[] = {[CS_SHA1] = CKM_SHA_1,
						   [CS_SHA256] = CKM_SHA256,
						   [CS_SHA384] = CKM_SHA384,
						   [CS_SHA512] = CKM_SHA512};
	enum cs_hash hash = cs_ykoath_hash(key->type_hash);

	return hash != 0 ? put_ulong(hashes[hash], out) : CKR_ATTRIBUTE_TYPE_INVALID;
}

/* A card makes keys as long as the digest; of others it does not tell. */
static CK_ULONG key_length(const struct otp *key)
{
	return otp_has(key, YKOATH_PROPERTY_MADE) ? cs_hash_size(cs_ykoath_hash(key->type_hash))
						  : CK_UNAVAILABLE_INFORMATION;
}

static CK_ULONG generator(const struct otp *key, CK_ULONG mechanism)
{
	return otp_has(key, YKOATH_PROPERTY_MADE) ? mechanism : CK_UNAVAILABLE_INFORMATION;
}

CK_RV otp_attribute_of(const struct token *token, const struct otp *key, CK_ATTRIBUTE_TYPE type,
		       struct cs_writer *out)
{
	const struct row *row = row_find(key, type);
	struct cs_ykoath_parts parts = otp_parts(key);

	if (row == NULL)
		return CKR_ATTRIBUTE_TYPE_INVALID;
	switch (row->value) {
	case VALUE_BOOL:
		return put_bool(row->arg != 0, out);
	case VALUE_ULONG:
		return put_ulong(row->arg, out);
	case VALUE_EMPTY:
		return put_done(out);
	case VALUE_SENSITIVE:
		return CKR_ATTRIBUTE_SENSITIVE;
	case VALUE_PROPERTY:
		return put_bool((key->properties & row->arg) != 0, out);
	case VALUE_MODIFIABLE:
		return put_bool(token->otps.renames, out);
	case VALUE_VERIFIABLE:
		return put_bool(otp_verifies(token, key), out);
	case VALUE_UNIQUE_ID:
		return put_unique_id(token, (struct object){OBJECT_OTP, 0}, identity(key), out);
	case VALUE_NAME:
		return put_view(otp_name(key), out);
	case VALUE_LABEL:
		return put_view(parts.label, out);
	case VALUE_ISSUER:
		return put_view(parts.issuer, out);
	case VALUE_ACCOUNT:
		return put_view(parts.account, out);
	case VALUE_KEY_TYPE:
		return put_ulong(otp_key_type(key), out);
	case VALUE_GEN_MECHANISM:
		return put_ulong(generator(key, row->arg), out);
	case VALUE_LENGTH_OF_KEY:
		return put_ulong(key_length(key), out);
	case VALUE_FORMAT:
		return put_ulong(otp_format(key), out);
	case VALUE_LENGTH:
		return put_ulong(otp_length(key), out);
	case VALUE_REQUIREMENT:
		return put_ulong(otp_requirement(key, row->arg), out);
	case VALUE_COUNTER:
		return put_counter(key, out);
	case VALUE_INTERVAL:
		return put_interval(key, out);
	case VALUE_HASH:
		return put_hash(key, out);
	case VALUE_SUITE:
		return put_view(cs_view_string(key->suite), out);
	case VALUE_SEALED:
		return put_view(cs_view(key->sealed, key->sealed_len), out);
	}
	return CKR_ATTRIBUTE_TYPE_INVALID;
}

CK_RV otp_attribute_get(struct token *token, size_t index, CK_ATTRIBUTE_TYPE type, struct cs_writer *out)
{
	struct otp *key = otps_at(&token->otps, index);
	const struct row *row = key != NULL ? row_find(key, type) : NULL;

	enum cs_err err = CS_OK;

	if (row != NULL && needs_suite(row->value))
		err = otp_store_whole(token, index, &key);
	if (row != NULL && row->value == VALUE_UNIQUE_ID)
		err = token_named(token);
	if (err != CS_OK)
		return err == CS_ERR_NOT_FOUND ? CKR_OBJECT_HANDLE_INVALID : token_rv(token, err);
	return key != NULL ? otp_attribute_of(token, key, type, out) : CKR_OBJECT_HANDLE_INVALID;
}
