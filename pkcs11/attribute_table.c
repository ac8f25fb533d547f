/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The table of attributes of token objects.
 */
#include "base/tlv.h"
#include "pkcs11/attribute_get.h"
#include "pkcs11/card_secret.h"
#include "pkcs11/key_usage.h"
#include "pkcs11/naming.h"
#include "pkcs11/otp_attribute.h"
#include "pkcs11/profile.h"
#include "pkcs11/token.h"

#define BIT(kind) (1u << (kind))
#define CERT	  BIT(OBJECT_CERTIFICATE)
#define PUB	  BIT(OBJECT_PUBLIC)
#define PRIV	  BIT(OBJECT_PRIVATE)
#define DATA	  BIT(OBJECT_DATA)
#define PROFILE	  BIT(OBJECT_PROFILE)
#define KEYS	  (PUB | PRIV)
#define ALL	  (CERT | KEYS | DATA | PROFILE)

#define DER_OCTET_STRING 0x04u

static CK_RV get_bool(struct token *token, struct object object, CK_ULONG arg, struct cs_writer *out)
{
	(void)token;
	(void)object;
	return put_bool(arg != 0, out);
}

static CK_RV get_ulong(struct token *token, struct object object, CK_ULONG arg, struct cs_writer *out)
{
	(void)token;
	(void)object;
	return put_ulong(arg, out);
}

static CK_RV get_empty(struct token *token, struct object object, CK_ULONG arg, struct cs_writer *out)
{
	(void)token;
	(void)object;
	(void)arg;
	return put_done(out);
}

static CK_RV get_class(struct token *token, struct object object, CK_ULONG arg, struct cs_writer *out)
{
	static const CK_OBJECT_CLASS classes[] = {
	    [OBJECT_CERTIFICATE] = CKO_CERTIFICATE, [OBJECT_PUBLIC] = CKO_PUBLIC_KEY,
	    [OBJECT_PRIVATE] = CKO_PRIVATE_KEY,	    [OBJECT_DATA] = CKO_DATA,
	    [OBJECT_PROFILE] = CKO_PROFILE,
	};

	(void)token;
	(void)arg;
	return put_ulong(classes[object.kind], out);
}

static CK_RV get_private(struct token *token, struct object object, CK_ULONG arg, struct cs_writer *out)
{
	(void)arg;
	switch (object.kind) {
	case OBJECT_PRIVATE:
		return put_bool(keystore_pin_policy(token, object.index) != PIV_PIN_NEVER, out);
	case OBJECT_DATA:
		return put_bool(datastore_private(token, object.index), out);
	case OBJECT_CERTIFICATE:
		return put_bool(token->keys.slots[object.index].certificate_private, out);
	default:
		return put_bool(false, out);
	}
}

static CK_RV get_label(struct token *token, struct object object, CK_ULONG arg, struct cs_writer *out)
{
	struct data_view data;
	struct naming kept;
	enum cs_err err;

	(void)arg;
	if (object.kind == OBJECT_PROFILE)
		return put_done(out);
	if (object.kind != OBJECT_DATA)
		return put_view(naming_label(token, object), out);
	if (datastore_name(object.index) != NULL)
		return put_view(cs_view_string(datastore_name(object.index)), out);
	kept = naming_of(token, object);
	if (kept.label.len > 0)
		return put_view(kept.label, out);
	err = datastore_get(token, object.index, &data);
	return err == CS_OK ? put_view(data.label, out) : token_rv(token, err);
}

static CK_RV get_id(struct token *token, struct object object, CK_ULONG arg, struct cs_writer *out)
{
	(void)arg;
	return put_view(naming_id(token, object.index), out);
}

/* arg: a flag that the card keeps, or ours that it keeps for us; set, the attribute is false. */
static CK_RV get_unless(struct token *token, struct object object, CK_ULONG arg, struct cs_writer *out)
{
	return put_bool(token->ours && (naming_of(token, object).flags & arg) == 0, out);
}

/* The same of a card that keeps nothing: the attribute is true. */
static CK_RV get_true_unless(struct token *token, struct object object, CK_ULONG arg, struct cs_writer *out)
{
	return put_bool((naming_of(token, object).flags & arg) == 0, out);
}

/* The command that deletes keys came with version 5.7 of what other vendors' cards are like. A pair goes with
 * its private half; with the public one for the administrator, who does not see the other. */
static CK_RV get_key_destroyable(struct token *token, struct object object, CK_ULONG arg,
				 struct cs_writer *out)
{
	enum cs_err err = CS_OK;

	if (object.kind == OBJECT_PUBLIC && token->login != LOGIN_SO_KEY)
		return put_bool(false, out);
	if (token->ours)
		return get_true_unless(token, object, arg, out);
	err = token_named(token);
	if (err != CS_OK)
		return token_rv(token, err);
	return put_bool(token->version[0] > 5 || (token->version[0] == 5 && token->version[1] >= 7), out);
}

static CK_RV get_trusted(struct token *token, struct object object, CK_ULONG arg, struct cs_writer *out)
{
	(void)arg;
	return put_bool((naming_of(token, object).flags & CSGN_FLAG_TRUSTED) != 0, out);
}

/* PIV's containers have the names that PIV gives them. */
static CK_RV get_data_modifiable(struct token *token, struct object object, CK_ULONG arg,
				 struct cs_writer *out)
{
	return datastore_name(object.index) != NULL ? put_bool(false, out)
						    : get_unless(token, object, arg, out);
}

/* arg: CKA_START_DATE or CKA_END_DATE. */
static CK_RV get_key_date(struct token *token, struct object object, CK_ULONG arg, struct cs_writer *out)
{
	struct naming kept = naming_of(token, object);

	return put_view(arg == CKA_START_DATE ? kept.start : kept.end, out);
}

/* The one that it was given, or else its certificate's. */
static CK_RV get_key_subject(struct token *token, struct object object, CK_ULONG arg, struct cs_writer *out)
{
	struct cs_view subject = naming_of(token, object).subject;

	return subject.len > 0 ? put_view(subject, out) : get_x509(token, object, arg, out);
}

static CK_RV get_profile(struct token *token, struct object object, CK_ULONG arg, struct cs_writer *out)
{
	(void)token;
	(void)arg;
	return put_ulong(profile_id(object.index), out);
}

/* arg: the attribute itself. */
static CK_RV get_data(struct token *token, struct object object, CK_ULONG arg, struct cs_writer *out)
{
	struct data_view data;
	enum cs_err err = datastore_get(token, object.index, &data);

	if (err != CS_OK)
		return token_rv(token, err);
	if (arg == CKA_OBJECT_ID)
		return datastore_object_id(object.index, data.object_id, out) == CS_OK ? CKR_OK
										       : CKR_DEVICE_ERROR;
	return put_view(arg == CKA_APPLICATION ? data.application : data.value, out);
}

static CK_RV get_key_type(struct token *token, struct object object, CK_ULONG arg, struct cs_writer *out)
{
	enum piv_alg alg;
	enum cs_err err = keystore_alg(token, object.index, &alg);

	(void)arg;
	return err == CS_OK ? put_ulong(pubkey_alg_type(alg), out) : token_rv(token, err);
}

/* arg: the attribute itself. */
static CK_RV get_usage(struct token *token, struct object object, CK_ULONG arg, struct cs_writer *out)
{
	const struct key_usage *usage = key_usage_find(object.kind, arg);
	enum piv_alg alg;
	enum cs_err err = keystore_alg(token, object.index, &alg);

	return err == CS_OK ? put_bool(key_usage_may(usage, alg, naming_unwanted(token, object)), out)
			    : token_rv(token, err);
}

/* Those that its maker named; else what the token can do with such a key, and may. */
static CK_RV get_allowed_mechanisms(struct token *token, struct object object, CK_ULONG arg,
				    struct cs_writer *out)
{
	struct cs_reader kept = cs_reader_of(naming_allowed(token, object));
	CK_FLAGS uses = key_usage_flags(object.kind, naming_unwanted(token, object));
	enum piv_alg alg;
	enum cs_err err = keystore_alg(token, object.index, &alg);

	(void)arg;
	if (err != CS_OK)
		return token_rv(token, err);
	if (object.kind == OBJECT_PRIVATE && cs_reader_more(&kept)) {
		while (cs_reader_more(&kept))
			(void)put_ulong(cs_read_u32(&kept), out);
		return put_done(out);
	}
	mechanism_write_allowed(alg, uses, out);
	return put_done(out);
}

static enum cs_err generated(struct token *token, struct object object, bool *truth)
{
	const struct key_slot *slot = &token->keys.slots[object.index];
	enum cs_err err = keystore_details(token, object.index);

	*truth = slot->has_key && slot->origin == PIV_ORIGIN_GENERATED;
	return err;
}

static CK_RV get_generated(struct token *token, struct object object, CK_ULONG arg, struct cs_writer *out)
{
	bool truth;
	enum cs_err err = generated(token, object, &truth);

	(void)arg;
	return err == CS_OK ? put_bool(truth, out) : token_rv(token, err);
}

static CK_RV get_gen_mechanism(struct token *token, struct object object, CK_ULONG arg, struct cs_writer *out)
{
	CK_MECHANISM_TYPE mechanism;
	bool truth;
	enum piv_alg alg;
	enum cs_err err = generated(token, object, &truth);

	(void)arg;
	if (err == CS_OK)
		err = keystore_alg(token, object.index, &alg);
	if (err != CS_OK)
		return token_rv(token, err);
	if (!truth || !mechanism_any(alg, CKF_GENERATE_KEY_PAIR, &mechanism))
		mechanism = CK_UNAVAILABLE_INFORMATION;
	return put_ulong(mechanism, out);
}

static CK_RV get_always_authenticate(struct token *token, struct object object, CK_ULONG arg,
				     struct cs_writer *out)
{
	enum cs_err err = keystore_details(token, object.index);

	(void)arg;
	if (err != CS_OK)
		return token_rv(token, err);
	return put_bool(
	    keystore_pin_policy(token, object.index) == PIV_PIN_ALWAYS && !token_reuses_pin(token), out);
}

enum public_form { FORM_RSA, FORM_CURVE, FORM_SET };

/* Which kind of key has the attribute. */
static enum public_form public_form(CK_ATTRIBUTE_TYPE type)
{
	if (type == CKA_EC_PARAMS || type == CKA_EC_POINT)
		return FORM_CURVE;
	return type == CKA_PARAMETER_SET || type == CKA_VALUE ? FORM_SET : FORM_RSA;
}

static enum public_form public_form_of(CK_KEY_TYPE type)
{
	if (type == CKK_ML_DSA || type == CKK_ML_KEM)
		return FORM_SET;
	return type == CKK_RSA ? FORM_RSA : FORM_CURVE;
}

/* What is in no token's answer, where such a key has it. arg: the attribute itself. */
static CK_RV get_sensitive(struct token *token, struct object object, CK_ULONG arg, struct cs_writer *out)
{
	enum piv_alg alg;
	enum cs_err err = keystore_alg(token, object.index, &alg);
	enum public_form form;

	(void)out;
	if (err != CS_OK)
		return token_rv(token, err);
	form = public_form_of(pubkey_alg_type(alg));
	if (arg == CKA_VALUE ? form == FORM_RSA : form != (arg == CKA_SEED ? FORM_SET : FORM_RSA))
		return CKR_ATTRIBUTE_TYPE_INVALID;
	return CKR_ATTRIBUTE_SENSITIVE;
}

/* arg: the attribute itself. */
static CK_RV get_public(struct token *token, struct object object, CK_ULONG arg, struct cs_writer *out)
{
	struct cs_view spki;
	struct pubkey key;
	enum cs_err err = keystore_spki(token, object.index, &spki);

	if (err == CS_OK)
		err = pubkey_parse(spki, &key);
	if (err != CS_OK)
		return err == CS_ERR_NOT_FOUND ? CKR_ATTRIBUTE_TYPE_INVALID : token_rv(token, err);
	if (arg == CKA_PUBLIC_KEY_INFO)
		return put_view(spki, out);
	if (public_form(arg) != public_form_of(key.type))
		return CKR_ATTRIBUTE_TYPE_INVALID;
	switch (arg) {
	case CKA_MODULUS:
		return put_view(key.modulus, out);
	case CKA_MODULUS_BITS:
		return put_ulong(key.bits, out);
	case CKA_PUBLIC_EXPONENT:
		return put_view(key.exponent, out);
	case CKA_EC_PARAMS:
		return put_view(key.params, out);
	case CKA_PARAMETER_SET:
		return put_ulong(key.parameter_set, out);
	case CKA_VALUE:
		return put_view(key.point, out);
	default:
		cs_tlv_write(out, DER_OCTET_STRING, key.point);
		return put_done(out);
	}
}

static const struct row {
	CK_ATTRIBUTE_TYPE type;
	unsigned kinds;
	getter *get;
	CK_ULONG arg;
} rows[] = {
    {CKA_CLASS, ALL, get_class, 0},
    {CKA_TOKEN, ALL, get_bool, true},
    {CKA_PRIVATE, ALL, get_private, 0},
    {CKA_LABEL, ALL, get_label, 0},
    {CKA_UNIQUE_ID, ALL, get_unique_id, 0},
    {CKA_MODIFIABLE, CERT | KEYS, get_unless, CSGN_FLAG_NOT_MODIFIABLE},
    {CKA_MODIFIABLE, DATA, get_data_modifiable, CSGN_FLAG_NOT_MODIFIABLE},
    {CKA_MODIFIABLE, PROFILE, get_bool, false},
    {CKA_COPYABLE, CERT | PUB | DATA, get_true_unless, NAMING_NOT_COPYABLE},
    {CKA_COPYABLE, PRIV | PROFILE, get_bool, false},
    {CKA_DESTROYABLE, CERT | DATA, get_true_unless, NAMING_NOT_DESTROYABLE},
    {CKA_DESTROYABLE, KEYS, get_key_destroyable, NAMING_NOT_DESTROYABLE},
    {CKA_DESTROYABLE, PROFILE, get_bool, false},
    {CKA_PROFILE_ID, PROFILE, get_profile, 0},
    {CKA_APPLICATION, DATA, get_data, CKA_APPLICATION},
    {CKA_OBJECT_ID, DATA, get_data, CKA_OBJECT_ID},
    {CKA_VALUE, DATA, get_data, CKA_VALUE},
    {CKA_ID, CERT | KEYS, get_id, 0},
    {CKA_START_DATE, CERT, get_validity, CKA_START_DATE},
    {CKA_END_DATE, CERT, get_validity, CKA_END_DATE},
    {CKA_START_DATE, KEYS, get_key_date, CKA_START_DATE},
    {CKA_END_DATE, KEYS, get_key_date, CKA_END_DATE},
    {CKA_SUBJECT, CERT, get_x509, CKA_SUBJECT},
    {CKA_SUBJECT, KEYS, get_key_subject, CKA_SUBJECT},
    {CKA_CERTIFICATE_TYPE, CERT, get_ulong, CKC_X_509},
    {CKA_CERTIFICATE_CATEGORY, CERT, get_category, 0},
    {CKA_JAVA_MIDP_SECURITY_DOMAIN, CERT, get_ulong, CK_SECURITY_DOMAIN_UNSPECIFIED},
    {CKA_NAME_HASH_ALGORITHM, CERT, get_ulong, CKM_SHA_1},
    {CKA_ISSUER, CERT, get_x509, CKA_ISSUER},
    {CKA_SERIAL_NUMBER, CERT, get_x509, CKA_SERIAL_NUMBER},
    {CKA_VALUE, CERT, get_x509, CKA_VALUE},
    {CKA_PUBLIC_KEY_INFO, CERT, get_x509, CKA_PUBLIC_KEY_INFO},
    {CKA_CHECK_VALUE, CERT, get_check_value, 0},
    {CKA_URL, CERT, get_empty, 0},
    {CKA_HASH_OF_SUBJECT_PUBLIC_KEY, CERT, get_empty, 0},
    {CKA_HASH_OF_ISSUER_PUBLIC_KEY, CERT, get_empty, 0},
    {CKA_TRUSTED, CERT | PUB, get_trusted, 0},
    {CKA_KEY_TYPE, KEYS, get_key_type, 0},
    {CKA_LOCAL, KEYS, get_generated, 0},
    {CKA_KEY_GEN_MECHANISM, KEYS, get_gen_mechanism, 0},
    {CKA_ALLOWED_MECHANISMS, KEYS, get_allowed_mechanisms, 0},
    {CKA_OBJECT_VALIDATION_FLAGS, KEYS, get_ulong, 0},
    {CKA_MODULUS, KEYS, get_public, CKA_MODULUS},
    {CKA_MODULUS_BITS, KEYS, get_public, CKA_MODULUS_BITS},
    {CKA_PUBLIC_EXPONENT, KEYS, get_public, CKA_PUBLIC_EXPONENT},
    {CKA_EC_PARAMS, KEYS, get_public, CKA_EC_PARAMS},
    {CKA_EC_POINT, KEYS, get_public,
     CKA_EC_POINT}, /* of private keys too: OpenSSL's engine asks there first */
    {CKA_PARAMETER_SET, KEYS, get_public, CKA_PARAMETER_SET},
    {CKA_VALUE, PUB, get_public, CKA_VALUE},
    {CKA_PUBLIC_KEY_INFO, KEYS, get_public, CKA_PUBLIC_KEY_INFO},
    {CKA_ENCRYPT, PUB, get_usage, CKA_ENCRYPT},
    {CKA_VERIFY, PUB, get_usage, CKA_VERIFY},
    {CKA_VERIFY_RECOVER, PUB, get_usage, CKA_VERIFY_RECOVER},
    {CKA_WRAP, PUB, get_usage, CKA_WRAP},
    {CKA_DERIVE, PUB, get_bool, false},
    {CKA_ENCAPSULATE, PUB, get_usage, CKA_ENCAPSULATE},
    {CKA_WRAP_TEMPLATE, PUB, get_empty, 0},
    {CKA_ENCAPSULATE_TEMPLATE, PUB, get_empty, 0},
    {CKA_DECRYPT, PRIV, get_usage, CKA_DECRYPT},
    {CKA_SIGN, PRIV, get_usage, CKA_SIGN},
    {CKA_SIGN_RECOVER, PRIV, get_usage, CKA_SIGN_RECOVER},
    {CKA_UNWRAP, PRIV, get_usage, CKA_UNWRAP},
    {CKA_DERIVE, PRIV, get_usage, CKA_DERIVE},
    {CKA_DECAPSULATE, PRIV, get_usage, CKA_DECAPSULATE},
    {CKA_UNWRAP_TEMPLATE, PRIV, get_empty, 0},
    {CKA_DERIVE_TEMPLATE, PRIV, get_empty, 0},
    {CKA_DECAPSULATE_TEMPLATE, PRIV, get_empty, 0},
    {CKA_SENSITIVE, PRIV, get_bool, true},
    {CKA_EXTRACTABLE, PRIV, get_bool, false},
    {CKA_ALWAYS_SENSITIVE, PRIV, get_generated, 0},
    {CKA_NEVER_EXTRACTABLE, PRIV, get_generated, 0},
    {CKA_WRAP_WITH_TRUSTED, PRIV, get_bool, false},
    {CKA_ALWAYS_AUTHENTICATE, PRIV, get_always_authenticate, 0},
    {CKA_PRIVATE_EXPONENT, PRIV, get_sensitive, CKA_PRIVATE_EXPONENT},
    {CKA_PRIME_1, PRIV, get_sensitive, CKA_PRIME_1},
    {CKA_PRIME_2, PRIV, get_sensitive, CKA_PRIME_2},
    {CKA_EXPONENT_1, PRIV, get_sensitive, CKA_EXPONENT_1},
    {CKA_EXPONENT_2, PRIV, get_sensitive, CKA_EXPONENT_2},
    {CKA_COEFFICIENT, PRIV, get_sensitive, CKA_COEFFICIENT},
    {CKA_VALUE, PRIV, get_sensitive, CKA_VALUE},
    {CKA_SEED, PRIV, get_sensitive, CKA_SEED},
};

static bool memory_readable(const struct memory_object *object, CK_ATTRIBUTE_TYPE type)
{
	CK_ULONG class = template_ulong(object->attributes, object->count, CKA_CLASS, CKO_DATA);

	if ((class != CKO_SECRET_KEY && class != CKO_OTP_KEY) || type != CKA_VALUE)
		return true;
	return !template_bool(object->attributes, object->count, CKA_SENSITIVE, true) &&
	       template_bool(object->attributes, object->count, CKA_EXTRACTABLE, false);
}

/* Of a key whose maker named none. */
static CK_RV memory_allowed_mechanisms(const struct memory_object *object, struct cs_writer *out)
{
	CK_ULONG class = template_ulong(object->attributes, object->count, CKA_CLASS, CKO_DATA);
	CK_ULONG type = template_ulong(object->attributes, object->count, CKA_KEY_TYPE, CKK_VENDOR_DEFINED);
	CK_FLAGS uses;

	if (class != CKO_PUBLIC_KEY && class != CKO_SECRET_KEY)
		return CKR_ATTRIBUTE_TYPE_INVALID;
	uses = key_usage_flags(OBJECT_PUBLIC, 0);
	if (class == CKO_SECRET_KEY)
		uses |= key_usage_flags(OBJECT_PRIVATE, 0);
	mechanism_write_taking(type, uses, out);
	return put_done(out);
}

static CK_RV memory_get(struct token *token, size_t number, CK_ATTRIBUTE_TYPE type, struct cs_writer *out)
{
	const struct memory_object *object = memory_object_find(token, number);
	const CK_ATTRIBUTE *a = object != NULL ? memory_object_attribute(object, type) : NULL;

	if (a == NULL)
		return object != NULL && type == CKA_ALLOWED_MECHANISMS
			   ? memory_allowed_mechanisms(object, out)
			   : CKR_ATTRIBUTE_TYPE_INVALID;
	if (!memory_readable(object, type))
		return CKR_ATTRIBUTE_SENSITIVE;
	cs_write_view(out, cs_view(a->pValue, a->ulValueLen));
	return cs_writer_done(out) == CS_OK ? CKR_OK : CKR_HOST_MEMORY;
}

CK_RV attribute_get(struct token *token, struct object object, CK_ATTRIBUTE_TYPE type, struct cs_writer *out)
{
	if (object.kind == OBJECT_SECRET)
		return card_secret_attribute(token, object.index, type, out);
	if (object.kind == OBJECT_MEMORY)
		return memory_get(token, object.index, type, out);
	if (object.kind == OBJECT_OTP)
		return otp_attribute_get(token, object.index, type, out);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].type == type && (rows[i].kinds & BIT(object.kind)) != 0)
			return rows[i].get(token, object, rows[i].arg, out);
	}
	return CKR_ATTRIBUTE_TYPE_INVALID;
}
