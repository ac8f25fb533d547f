/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Making, renaming and deleting credentials.
 */
#include "pkcs11/otp_create.h"

#include <stdlib.h>
#include <string.h>

#include "pkcs11/attribute.h"
#include "pkcs11/otp_card.h"
#include "pkcs11/otp_plan.h"
#include "pkcs11/pkcs11_countersign.h"
#include "pkcs11/token.h"

static struct cs_view value_of(const struct otp_plan *r, CK_ATTRIBUTE_TYPE type)
{
	return template_view(r->attributes, r->count, type);
}

/* ---- making it ---- */

static enum cs_err keep(struct token *token, struct otp_plan *r, struct cs_view sealed)
{
	enum cs_err err;

	if (sealed.len > 0) {
		r->key.sealed = malloc(sealed.len);
		if (r->key.sealed == NULL)
			return CS_ERR_MEMORY;
		memcpy(r->key.sealed, sealed.ptr, sealed.len);
		r->key.sealed_len = sealed.len;
	}
	err = otps_set(&token->otps, &r->key, &r->index);
	if (err != CS_OK)
		free(r->key.sealed);
	return err;
}

static enum cs_err put(struct token *token, struct otp_plan *r)
{
	const struct otp *key = &r->key;
	struct cc_oath_credential credential = {.name = otp_name(key),
						.type = otp_type(key),
						.hash = (enum ykoath_hash)(key->type_hash & YKOATH_HASH_MASK),
						.digits = key->digits,
						.key = r->seed,
						.touch = otp_has(key, YKOATH_PROPERTY_TOUCH),
						.pin = otp_has(key, YKOATH_PROPERTY_PIN),
						.suite = cs_view_string(key->suite),
						.counter = r->counter};
	uint8_t bytes[CS_SEALED_SEED_MAX];
	struct cs_writer sealed = CS_WRITER_OF(bytes);
	enum cs_err err;

	token->changing = true;
	if (r->seed.len > 0)
		err = cc_oath_put(token->card, &credential);
	else
		err = cc_oath_generate(token->card, &credential, r->curve, cs_view(r->server, r->server_len),
				       &sealed);
	return err == CS_OK ? keep(token, r, cs_writer_view(&sealed)) : err;
}

/* PUT replaces what has the name, so that is looked at first, with nobody in between. */
static enum cs_err make_work(struct token *token, const struct cc_oath_info *info, void *arg)
{
	struct otp_plan *r = arg;
	enum cs_err err = otp_store_update(token, info, NULL);

	if (err != CS_OK)
		return err;
	r->rv = otp_plan_compare(token, r);
	if (r->rv == CKR_OK && otps_find(&token->otps, otp_name(&r->key)) < token->otps.count)
		r->rv = CKR_TEMPLATE_INCONSISTENT;
	if (r->rv != CKR_OK)
		return CS_OK;
	err = put(token, r);
	if (err == CS_OK)
		place_gone(token, (struct object){OBJECT_OTP, r->index});
	/* What our card has drawn for it. The credential is made, whatever comes of the question. */
	if (err == CS_OK && token->ours)
		(void)!otp_store_update(token, info, NULL);
	return err;
}

/* As hold_begin says it of what goes by that. */
static CK_RV refused_change(const struct token *token, enum cs_err err)
{
	return err == CS_ERR_CARD && token_terminated(token) ? CKR_TOKEN_WRITE_PROTECTED
							     : token_rv(token, err);
}

static CK_RV refusal(const struct token *token, enum cs_err err)
{
	switch (err) {
	case CS_ERR_ARG:
		return CKR_ATTRIBUTE_VALUE_INVALID;
	case CS_ERR_UNSUPPORTED: /* a hash, or OATH altogether */
	case CS_ERR_NOT_FOUND:
		return CKR_TEMPLATE_INCONSISTENT;
	default:
		return refused_change(token, err);
	}
}

/* Where the question was not answered (the card was reset): else its CKA_UNIQUE_ID would become another. */
static void learn_unique(struct token *token, size_t index)
{
	const struct otp *made = otps_at(&token->otps, index);

	if (token->ours && made != NULL && !made->has_unique && token_refresh(token, NEED_NOTHING) != CS_OK)
		token->stale = true;
}

static CK_RV make(struct token *token, struct otp_plan *r, struct object *made)
{
	enum cs_err err = otp_run(token, OTP_NEED_NOTHING, make_work, r);

	if (err != CS_OK)
		return refusal(token, err);
	if (r->rv == CKR_OK)
		learn_unique(token, r->index);
	*made = (struct object){OBJECT_OTP, r->index};
	return r->rv;
}

CK_RV otp_create(struct session *session, const CK_ATTRIBUTE *attributes, CK_ULONG count, struct object *made)
{
	struct otp_plan r = {.attributes = attributes, .count = count};
	CK_KEY_TYPE type = template_ulong(attributes, count, CKA_KEY_TYPE, CK_UNAVAILABLE_INFORMATION);
	CK_RV rv = otp_plan_read(type, &r);

	r.seed = value_of(&r, CKA_VALUE);
	if (rv == CKR_OK && r.seed.len == 0)
		rv = CKR_TEMPLATE_INCOMPLETE;
	if (rv == CKR_OK)
		rv = otp_plan_for_card(session, &r);
	return rv == CKR_OK ? make(session->slot->token, &r, made) : rv;
}

/* ---- generating ---- */

static const struct {
	CK_MECHANISM_TYPE mechanism;
	CK_KEY_TYPE type;
} generators[] = {{CKM_HOTP_KEY_GEN, CKK_HOTP},
		  {CKM_COUNTERSIGN_TOTP_KEY_GEN, CKK_COUNTERSIGN_TOTP},
		  {CKM_COUNTERSIGN_OCRA_KEY_GEN, CKK_COUNTERSIGN_OCRA}};

static CK_KEY_TYPE generated_type(CK_MECHANISM_TYPE mechanism)
{
	for (size_t i = 0; i < sizeof(generators) / sizeof(generators[0]); i++) {
		if (generators[i].mechanism == mechanism)
			return generators[i].type;
	}
	return CK_UNAVAILABLE_INFORMATION;
}

bool otp_generates(CK_MECHANISM_TYPE mechanism)
{
	return generated_type(mechanism) != CK_UNAVAILABLE_INFORMATION;
}

/* Nobody's: its private half is gone before the seed is sealed to it. */
static CK_RV nobody(struct otp_plan *r)
{
	OSSL_LIB_CTX *lib = cc_library();
	EVP_PKEY *key = lib != NULL ? EVP_PKEY_Q_keygen(lib, NULL, "EC", "P-256") : NULL;
	bool ok = key != NULL && EVP_PKEY_get_octet_string_param(key, "pub", r->server, sizeof(r->server),
								 &r->server_len) == 1;

	EVP_PKEY_free(key);
	r->curve = CS_SEALED_SEED_P256;
	return ok && r->server_len == cs_sealed_seed_point_len(r->curve) ? CKR_OK : CKR_FUNCTION_FAILED;
}

static CK_RV read_server(struct otp_plan *r)
{
	static const enum cs_sealed_seed_curve curves[] = {CS_SEALED_SEED_P256, CS_SEALED_SEED_X25519};
	struct cs_view key = value_of(r, CKA_COUNTERSIGN_OTP_SERVER);

	if (key.len == 0)
		return nobody(r);
	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
		if (cs_sealed_seed_point_len(curves[i]) != key.len)
			continue;
		r->curve = curves[i];
		memcpy(r->server, key.ptr, key.len);
		r->server_len = key.len;
		return CKR_OK;
	}
	return CKR_ATTRIBUTE_VALUE_INVALID;
}

CK_RV otp_generate(struct session *session, const CK_MECHANISM *mechanism, const CK_ATTRIBUTE *attributes,
		   CK_ULONG count, CK_OBJECT_HANDLE_PTR key)
{
	struct otp_plan r = {.attributes = attributes, .count = count};
	struct object made = {OBJECT_OTP, 0};
	CK_RV rv;

	if (!session->slot->token->ours)
		return CKR_MECHANISM_INVALID;
	if (mechanism->ulParameterLen != 0)
		return CKR_MECHANISM_PARAM_INVALID;
	rv = otp_plan_read(generated_type(mechanism->mechanism), &r);
	r.key.properties |= YKOATH_PROPERTY_MADE;
	if (rv == CKR_OK && value_of(&r, CKA_VALUE).len > 0)
		rv = CKR_TEMPLATE_INCONSISTENT;
	if (rv == CKR_OK)
		rv = otp_plan_for_card(session, &r);
	if (rv == CKR_OK)
		rv = read_server(&r);
	if (rv == CKR_OK)
		rv = make(session->slot->token, &r, &made);
	if (rv == CKR_OK)
		*key = object_handle(session->slot->token, made);
	return rv;
}

/* ---- renaming, deleting ---- */

/* Names are of the card's list before the change. */
struct change {
	size_t index;
	struct otp now; /* its sealed seed stays the list's */
	struct otp wanted;
};

/* Our card tells whether the name is still that of the credential that was meant: another program may have
 * made another of it. CS_ERR_NOT_FOUND. */
static enum cs_err still_the_one(struct token *token, const struct cc_oath_info *info,
				 const struct change *change)
{
	const struct otp *there;
	enum cs_err err = token->ours ? otp_store_update(token, info, NULL) : CS_OK;

	if (err != CS_OK || !token->ours)
		return err;
	there = otps_at(&token->otps, change->index);
	if (there == NULL || there->has_unique != change->now.has_unique ||
	    memcmp(there->unique, change->now.unique, sizeof(there->unique)) != 0)
		return CS_ERR_NOT_FOUND;
	return CS_OK;
}

/* Whatever is known of that name now, the handles that meant the other are not its. */
static CK_RV gone(struct token *token, size_t index)
{
	place_gone(token, (struct object){OBJECT_OTP, index});
	if (!token->ours)
		otps_drop(&token->otps, index);
	return CKR_OBJECT_HANDLE_INVALID;
}

static enum cs_err rename_work(struct token *token, const struct cc_oath_info *info, void *arg)
{
	const struct change *change = arg;
	enum cs_err err = still_the_one(token, info, change);

	if (err != CS_OK)
		return err;
	token->changing = true;
	err = cc_oath_rename(token->card, otp_name(&change->now), otp_name(&change->wanted));
	if (err == CS_OK)
		otps_rename(&token->otps, change->index, otp_name(&change->wanted));
	return err;
}

/* Label, service and user are one name; what the template does not say of it stays. */
static CK_RV new_name(struct otp_plan *r, const struct otp *now)
{
	struct cs_ykoath_parts parts = otp_parts(now);
	const CK_ATTRIBUTE *service = template_find(r->attributes, r->count, CKA_OTP_SERVICE_IDENTIFIER);
	const CK_ATTRIBUTE *user = template_find(r->attributes, r->count, CKA_OTP_USER_IDENTIFIER);

	if (service != NULL)
		parts.issuer = value_of(r, CKA_OTP_SERVICE_IDENTIFIER);
	if (user != NULL)
		parts.account = value_of(r, CKA_OTP_USER_IDENTIFIER);
	if (template_find(r->attributes, r->count, CKA_LABEL) != NULL || service != NULL || user != NULL)
		parts.label = value_of(r, CKA_LABEL);
	return otp_plan_name(otp_type(now), parts.period, &parts, &r->key);
}

static CK_RV rename_check(const struct session *session, struct otp_plan *r, const struct otp *now)
{
	CK_RV rv = otp_plan_session(session, otp_has(now, YKOATH_PROPERTY_PIN));

	if (rv == CKR_OK)
		rv = otp_plan_check(r->attributes, r->count);
	if (rv == CKR_OK)
		rv = new_name(r, now);
	if (rv != CKR_OK)
		return rv;
	rv = otp_plan_compare(session->slot->token, r);
	return rv == CKR_OK || rv == CKR_ATTRIBUTE_TYPE_INVALID ? rv : CKR_ATTRIBUTE_READ_ONLY;
}

CK_RV otp_rename(struct session *session, struct object object, const CK_ATTRIBUTE *attributes,
		 CK_ULONG count)
{
	struct token *token = session->slot->token;
	struct change change = {.index = object.index, .now = *otps_at(&token->otps, object.index)};
	struct otp_plan r = {.attributes = attributes, .count = count, .key = change.now, .changing = true};
	enum cs_err err;
	CK_RV rv = rename_check(session, &r, &change.now);

	if (rv != CKR_OK || cs_view_equal(otp_name(&change.now), otp_name(&r.key)))
		return rv;
	if (!token->otps.renames)
		return CKR_ACTION_PROHIBITED;
	change.wanted = r.key;
	err = otp_run(token, OTP_NEED_NOTHING, rename_work, &change);
	return err == CS_ERR_NOT_FOUND ? gone(token, object.index) : refusal(token, err);
}

static enum cs_err delete_work(struct token *token, const struct cc_oath_info *info, void *arg)
{
	const struct change *change = arg;
	enum cs_err err = still_the_one(token, info, change);

	if (err != CS_OK)
		return err;
	token->changing = true;
	err = cc_oath_delete(token->card, otp_name(&change->now));
	if (err == CS_OK)
		otps_drop(&token->otps, change->index);
	return err;
}

CK_RV otp_destroy(struct session *session, struct object object)
{
	struct token *token = session->slot->token;
	struct change change = {.index = object.index, .now = *otps_at(&token->otps, object.index)};
	CK_RV rv = otp_plan_session(session, otp_has(&change.now, YKOATH_PROPERTY_PIN));
	enum cs_err err;

	if (rv != CKR_OK)
		return rv;
	err = otp_run(token, OTP_NEED_NOTHING, delete_work, &change);
	return err == CS_ERR_NOT_FOUND ? gone(token, object.index) : refused_change(token, err);
}
