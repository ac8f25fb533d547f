/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C_CreateObject and C_DestroyObject. Invariants:
 *   1. A private key that is not the one it was said to be is not written, where that can be seen before; is
 *      never told to have been made, and does not stay on a card that deletes keys; nor does one of which
 *      nobody knows whether it was made, where the card is still held (hold.h).
 *   2. What is not to be destroyed is not.
 *   3. Nobody calls trusted what he brings.
 *   4. What is destroyed or written over leaves its handles to nothing that comes after it.
 */
#include "pkcs11/create.h"

#include "base/secret.h"
#include "pkcs11/attribute.h"
#include "pkcs11/card_secret.h"
#include "pkcs11/data_object.h"
#include "pkcs11/generate.h"
#include "pkcs11/hold.h"
#include "pkcs11/key_usage.h"
#include "pkcs11/material.h"
#include "pkcs11/naming.h"
#include "pkcs11/otp_create.h"
#include "pkcs11/otp_memory.h"
#include "pkcs11/public_match.h"
#include "pkcs11/secret.h"
#include "pkcs11/token.h"
#include "pkcs11/x509.h"

/* The caller's template. */
struct request {
	struct session *session;
	struct token *token;
	const CK_ATTRIBUTE *attributes;
	CK_ULONG count;
	const struct pkcs8 *unwrapped; /* whose key it is; NULL: the template's */
};

static struct cs_view value_of(const struct request *r, CK_ATTRIBUTE_TYPE type)
{
	return template_view(r->attributes, r->count, type);
}

/* ---- certificates ---- */

struct put_certificate {
	uint8_t ref;
	struct cs_view der;
};

static enum cs_err put_certificate_work(struct token *token, void *arg)
{
	const struct put_certificate *put = arg;

	return cc_piv_put_certificate(token->card, put->ref, put->der, false);
}

static CK_RV write_certificate(struct token *token, size_t index, struct cs_view der)
{
	struct put_certificate put = {keystore_ref(index), der};
	enum cs_err err = token_run(token, NEED_LOGIN, put_certificate_work, &put);

	keystore_drop_certificate(token, index);
	if (err == CS_OK || token_answer_lost(err))
		place_gone(token, (struct object){OBJECT_CERTIFICATE, index});
	if (err == CS_OK)
		err = keystore_set_certificate(token, index, der);
	return err == CS_ERR_LENGTH ? CKR_DEVICE_MEMORY : token_rv(token, err);
}

/* A certificate is public, and has the ID of the slot that it is in. */
static CK_RV name_certificate(const struct request *r, size_t index)
{
	struct object object = {OBJECT_CERTIFICATE, index};
	struct key_slot *slot = &r->token->keys.slots[index];
	struct cs_view id = value_of(r, CKA_ID);
	struct naming naming = {.flags = 0}, key;
	CK_RV rv = naming_take(r->attributes, r->count, OBJECT_CERTIFICATE, &naming);

	if (rv != CKR_OK || !r->token->ours)
		return rv;
	naming.id = naming_id_kept(index, id.len > 0 ? id : naming_id(r->token, index));
	if (slot->has_key && id.len > 0 && !cs_view_equal(id, naming_id(r->token, index))) {
		key = naming_of(r->token, (struct object){OBJECT_PRIVATE, index});
		key.id = naming.id;
		rv = naming_write(r->token, (struct object){OBJECT_PRIVATE, index}, &key, NULL);
	}
	/* What was there before may have left a name. */
	key = naming_of(r->token, object);
	if (rv == CKR_OK && (!naming_empty(&naming) || !naming_empty(&key)))
		rv = naming_write(r->token, object, &naming, NULL);
	return rv;
}

static CK_RV create_certificate(const struct request *r, struct object *made)
{
	struct cs_view der = value_of(r, CKA_VALUE);
	struct naming naming = {.flags = 0};
	struct x509 x509;
	CK_RV rv;

	if (template_ulong(r->attributes, r->count, CKA_CERTIFICATE_TYPE, CKC_X_509) != CKC_X_509)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	if (der.len == 0)
		return CKR_TEMPLATE_INCOMPLETE;
	if (x509_parse(der, &x509) != CS_OK)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	made->kind = OBJECT_CERTIFICATE;
	made->index = 0;
	if (template_bool(r->attributes, r->count, CKA_PRIVATE, false))
		return CKR_TEMPLATE_INCONSISTENT;
	rv = naming_take(r->attributes, r->count, OBJECT_CERTIFICATE, &naming);
	if (rv == CKR_OK)
		rv = naming_slot_of_certificate(r->token, value_of(r, CKA_ID), x509.spki, &made->index);
	if (rv == CKR_OK)
		rv = write_certificate(r->token, made->index, der);
	return rv == CKR_OK ? name_certificate(r, made->index) : rv;
}

/* ---- keys ---- */

struct import {
	uint8_t ref;
	enum piv_alg alg;
	struct cc_piv_policy policy;
	struct key_kept kept;
	struct cc_piv_private key;
};

static enum cs_err import_work(struct token *token, void *arg)
{
	const struct import *import = arg;

	return cc_piv_import(token->card, import->ref, import->alg, &import->key, import->policy,
			     import->kept.sent);
}

static CK_RV import_curve(const struct request *r, CK_KEY_TYPE type, struct import *import)
{
	import->key.scalar = value_of(r, CKA_VALUE);
	import->alg = pubkey_curve(value_of(r, CKA_EC_PARAMS));
	if (import->key.scalar.len == 0 || value_of(r, CKA_EC_PARAMS).len == 0)
		return CKR_TEMPLATE_INCOMPLETE;
	return import->alg != 0 && pubkey_alg_type(import->alg) == type ? CKR_OK : CKR_CURVE_NOT_SUPPORTED;
}

/* Cards take the seed, of which the long form of the key is made. */
static CK_RV import_seed(const struct request *r, CK_KEY_TYPE type, struct import *import)
{
	CK_ULONG set = template_ulong(r->attributes, r->count, CKA_PARAMETER_SET, 0);

	import->key.scalar = value_of(r, CKA_SEED);
	import->alg = pubkey_parameter_set(type, set);
	if (import->key.scalar.len == 0 || set == 0)
		return CKR_TEMPLATE_INCOMPLETE;
	return import->alg != 0 ? CKR_OK : CKR_PARAMETER_SET_NOT_SUPPORTED;
}

static size_t length_of(struct cs_view number)
{
	while (number.len > 0 && *number.ptr == 0)
		number = cs_view(number.ptr + 1, number.len - 1);
	return number.len;
}

static CK_RV import_rsa(const struct request *r, struct import *import)
{
	size_t half;

	import->key = (struct cc_piv_private){.p = value_of(r, CKA_PRIME_1),
					      .q = value_of(r, CKA_PRIME_2),
					      .dp = value_of(r, CKA_EXPONENT_1),
					      .dq = value_of(r, CKA_EXPONENT_2),
					      .qinv = value_of(r, CKA_COEFFICIENT)};
	half = length_of(import->key.p);
	if (import->key.p.len == 0 || import->key.q.len == 0 || import->key.dp.len == 0 ||
	    import->key.dq.len == 0 || import->key.qinv.len == 0)
		return CKR_TEMPLATE_INCOMPLETE;
	import->alg = pubkey_modulus(half * 16);
	return import->alg != 0 && length_of(import->key.q) == half ? CKR_OK : CKR_KEY_SIZE_RANGE;
}

static CK_RV import_fields(const struct request *r, struct import *import)
{
	CK_ULONG type = template_ulong(r->attributes, r->count, CKA_KEY_TYPE, CKK_VENDOR_DEFINED);

	switch (type) {
	case CKK_RSA:
		return import_rsa(r, import);
	case CKK_EC:
	case CKK_EC_EDWARDS:
	case CKK_EC_MONTGOMERY:
		return import_curve(r, type, import);
	case CKK_ML_DSA:
	case CKK_ML_KEM:
		return import_seed(r, type, import);
	case CKK_VENDOR_DEFINED:
		return CKR_TEMPLATE_INCOMPLETE;
	default:
		return CKR_ATTRIBUTE_VALUE_INVALID;
	}
}

/* Whether what the card made of it is the key that was meant, as far as the card tells. */
static CK_RV compare_private(const struct request *r, size_t index)
{
	const struct key_slot *slot = &r->token->keys.slots[index];
	struct cs_view spki = cs_view(slot->spki, slot->spki_len);

	/* The card has taken it, and tells that it has none. */
	if (slot->key_known && !slot->has_key)
		return CKR_DEVICE_ERROR;
	return slot->spki != NULL ? public_match(spki, r->attributes, r->count, r->unwrapped) : CKR_OK;
}

/* The public half is the card's to tell, and a key of which the card tells nothing is no use. */
static CK_RV look_at_imported(const struct request *r, size_t index, const struct import *import)
{
	CK_RV rv = token_rv(r->token, keystore_details(r->token, index));

	if (rv == CKR_OK)
		rv = compare_private(r, index);
	if (rv == CKR_OK)
		rv = key_kept_now(r->token, index, &import->kept);
	/* What was wrong is the answer, whether or not the card can delete: a key that stays is
	 * listed. */
	if (rv != CKR_OK)
		(void)key_delete(r->token, index);
	return rv;
}

/* The card is held, and the slot is free. */
static CK_RV import_to(const struct request *r, size_t index, struct import *import)
{
	struct token *token = r->token;
	enum cs_err err;

	import->ref = keystore_ref(index);
	err = token_run(token, NEED_LOGIN, import_work, import);
	keystore_put_key(token, index, err == CS_OK);
	key_unmake(token, index, err);
	if (err != CS_OK)
		return err == CS_ERR_ARG ? CKR_ATTRIBUTE_VALUE_INVALID : token_rv(token, err);
	place_gone(token, (struct object){OBJECT_PRIVATE, index});
	return look_at_imported(r, index, import);
}

static CK_RV create_private(const struct request *r, struct object *made)
{
	struct key_templates t = {NULL, 0, r->attributes, r->count};
	struct import import = {.policy = {PIV_PIN_DEFAULT, PIV_TOUCH_DEFAULT}};
	struct key_naming naming;
	size_t index = 0;
	CK_RV rv = import_fields(r, &import);

	if (rv == CKR_OK && !token_has_alg(r->token, import.alg))
		rv = key_alg_missing(pubkey_alg_type(import.alg));
	if (rv == CKR_OK)
		rv = material_private(import.alg, &import.key, r->attributes, r->count, r->unwrapped);
	if (rv == CKR_OK)
		rv = key_naming_take(r->token, import.alg, &t, &naming);
	if (rv == CKR_OK)
		rv = naming_slot_of_key(r->token, naming.of.id, &index);
	if (rv == CKR_OK)
		rv = key_policy(&t, index, &import.policy);
	if (rv == CKR_OK)
		rv = key_kept_of(r->token, index, &naming, &import.kept);
	if (rv == CKR_OK)
		rv = import_to(r, index, &import);
	cs_wipe(&import.key, sizeof(import.key));
	*made = (struct object){OBJECT_PRIVATE, index};
	return rv;
}

/* Whether the template has the public key of this slot, and which kind of key it is. */
static CK_RV compare_public(const struct request *r, size_t index, enum piv_alg *alg)
{
	uint8_t spki[PUBKEY_SPKI_MAX];
	struct cs_writer w = CS_WRITER_OF(spki);
	struct cs_view own = CS_VIEW_EMPTY;
	enum cs_err err;

	if (template_public_key(r->attributes, r->count, &w) != CKR_OK)
		return CKR_TEMPLATE_INCOMPLETE;
	err = keystore_spki(r->token, index, &own);
	if (err == CS_OK && !cs_view_equal(own, cs_writer_view(&w)))
		return CKR_TEMPLATE_INCONSISTENT;
	if (err == CS_OK)
		err = keystore_alg(r->token, index, alg);
	return token_rv(r->token, err);
}

/* A public key is on the card as half of its pair: writing it is done where the pair is there. */
static CK_RV create_public(const struct request *r, struct object *made)
{
	struct key_templates t = {r->attributes, r->count, NULL, 0};
	struct naming naming, was;
	struct key_naming wanted;
	struct key_kept kept;
	bool there = false;
	enum piv_alg alg = (enum piv_alg)0;
	CK_RV rv;

	made->kind = OBJECT_PUBLIC;
	made->index = naming_slot(r->token, value_of(r, CKA_ID));
	if (made->index == KEYSTORE_SLOTS)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	rv = token_rv(r->token, keystore_has_public(r->token, made->index, &there));
	if (rv == CKR_OK && !there)
		rv = CKR_TEMPLATE_INCONSISTENT;
	if (rv == CKR_OK)
		rv = compare_public(r, made->index, &alg);
	if (rv == CKR_OK)
		rv = key_naming_take(r->token, alg, &t, &wanted);
	if (rv == CKR_OK && !r->token->ours)
		return key_kept_of(r->token, made->index, &wanted, &kept);
	if (rv != CKR_OK)
		return rv;
	was = naming = naming_of(r->token, *made);
	naming.unwanted |= wanted.of.unwanted;
	rv = naming_take(r->attributes, r->count, OBJECT_PUBLIC, &naming);
	if (rv == CKR_OK && (!cs_view_equal(was.public_label, naming.public_label) ||
			     !cs_view_equal(was.subject, naming.subject) || was.flags != naming.flags ||
			     was.unwanted != naming.unwanted))
		rv = naming_write(r->token, *made, &naming, NULL);
	return rv;
}

/* ---- in memory ---- */

/* Where a key is from is the token's to say. */
static bool says_made(const struct request *r)
{
	return template_bool(r->attributes, r->count, CKA_LOCAL, false) ||
	       template_ulong(r->attributes, r->count, CKA_KEY_GEN_MECHANISM, CK_UNAVAILABLE_INFORMATION) !=
		   CK_UNAVAILABLE_INFORMATION;
}

static CK_RV create_in_memory(const struct request *r, CK_OBJECT_CLASS class, struct object *made)
{
	if (class == CKO_OTP_KEY)
		return otp_memory_create(r->session, r->attributes, r->count, made);
	if (class != CKO_DATA && class != CKO_CERTIFICATE && class != CKO_PUBLIC_KEY)
		return CKR_TEMPLATE_INCONSISTENT;
	if (class == CKO_CERTIFICATE && value_of(r, CKA_VALUE).len == 0)
		return CKR_TEMPLATE_INCOMPLETE;
	if (class == CKO_PUBLIC_KEY && says_made(r))
		return CKR_ATTRIBUTE_READ_ONLY;
	return memory_object_new(r->session, r->attributes, r->count, NULL, 0, made);
}

/* The card is held: what is chosen to write to is free, or what is written over is known. */
static CK_RV create_held(const struct request *r, CK_OBJECT_CLASS class, struct object *made)
{
	switch (class) {
	case CKO_CERTIFICATE:
		return create_certificate(r, made);
	case CKO_PRIVATE_KEY:
		return create_private(r, made);
	case CKO_PUBLIC_KEY:
		return create_public(r, made);
	case CKO_DATA:
		return data_object_create(r->token, r->attributes, r->count, made);
	default:
		return CKR_TEMPLATE_INCONSISTENT;
	}
}

static CK_RV create_on_token(const struct request *r, CK_OBJECT_CLASS class, struct object *made)
{
	CK_RV rv;

	if (class == CKO_OTP_KEY)
		return otp_create(r->session, r->attributes, r->count, made);
	rv = session_may_write(r->session);
	if (rv == CKR_OK)
		rv = hold_begin(r->token);
	if (rv != CKR_OK)
		return rv;
	rv = create_held(r, class, made);
	hold_end(r->token);
	return rv;
}

CK_RV create_unwrapped(struct session *session, const CK_ATTRIBUTE *attributes, CK_ULONG count,
		       const struct pkcs8 *key, CK_OBJECT_HANDLE_PTR out)
{
	struct request r = {session, session->slot->token, attributes, count, key};
	struct object made;
	CK_OBJECT_CLASS class;
	CK_RV rv = template_check(attributes, count);

	if (rv != CKR_OK)
		return rv;
	class = template_ulong(attributes, count, CKA_CLASS, CK_UNAVAILABLE_INFORMATION);
	if (class == CK_UNAVAILABLE_INFORMATION)
		return CKR_TEMPLATE_INCOMPLETE;
	if (class == CKO_SECRET_KEY)
		return secret_create(session, attributes, count, out);
	/* To call something trusted is the security officer's affair, when it is there. */
	if (template_bool(attributes, count, CKA_TRUSTED, false))
		return CKR_ATTRIBUTE_READ_ONLY;
	if (class == CKO_PUBLIC_KEY)
		rv = material_public(attributes, count);
	if (rv != CKR_OK)
		return rv;
	if (template_bool(attributes, count, CKA_TOKEN, false))
		rv = create_on_token(&r, class, &made);
	else
		rv = create_in_memory(&r, class, &made);
	if (rv == CKR_OK)
		*out = object_handle(session->slot->token, made);
	return rv;
}

CK_RV create_object(struct session *session, const CK_ATTRIBUTE *attributes, CK_ULONG count,
		    CK_OBJECT_HANDLE_PTR out)
{
	return create_unwrapped(session, attributes, count, NULL, out);
}

static enum cs_err delete_key_work(struct token *token, void *arg)
{
	const uint8_t *ref = arg;

	return cc_piv_delete_key(token->card, *ref);
}

CK_RV key_delete(struct token *token, size_t index)
{
	uint8_t ref = keystore_ref(index);
	enum cs_err err = token_run(token, NEED_LOGIN, delete_key_work, &ref);

	/* A card from before the command that deletes keys can't. */
	if (err == CS_ERR_UNSUPPORTED)
		return CKR_ACTION_PROHIBITED;
	if (err == CS_OK)
		keystore_no_key(token, index);
	return token_rv(token, err);
}

/* The card is held, and the object is the one that was meant. */
static CK_RV destroy_held(struct token *token, struct object object)
{
	CK_RV rv = attribute_permits(token, object, CKA_DESTROYABLE);

	if (rv != CKR_OK)
		return rv;
	switch (object.kind) {
	case OBJECT_CERTIFICATE:
		return write_certificate(token, object.index, CS_VIEW_EMPTY);
	case OBJECT_PRIVATE:
	case OBJECT_PUBLIC:
		return key_delete(token, object.index);
	case OBJECT_DATA:
		return token_rv(token, datastore_delete(token, object.index));
	case OBJECT_SECRET:
		return card_secret_delete(token, object.index);
	default:
		return CKR_ACTION_PROHIBITED;
	}
}

static CK_RV destroy_in_memory(struct token *token, struct object object)
{
	if (!attribute_is_true(token, object, CKA_DESTROYABLE))
		return CKR_ACTION_PROHIBITED;
	memory_object_free(token, object.index);
	return CKR_OK;
}

static CK_RV destroy_on_card(struct session *session, struct object object)
{
	struct token *token = session->slot->token;
	CK_RV rv = session_may_write(session);

	if (rv == CKR_OK)
		rv = hold_object(token, object);
	if (rv != CKR_OK)
		return rv;
	rv = destroy_held(token, object);
	hold_end(token);
	return rv;
}

CK_RV destroy_object(struct session *session, CK_OBJECT_HANDLE handle)
{
	struct token *token = session->slot->token;
	struct object object;
	CK_RV rv = object_resolve(session->slot, handle, &object);

	if (rv != CKR_OK)
		return rv;
	if (object.kind == OBJECT_MEMORY)
		return destroy_in_memory(token, object);
	rv = object.kind == OBJECT_OTP ? otp_destroy(session, object) : destroy_on_card(session, object);
	if (rv == CKR_OK)
		place_gone(token, object);
	return rv;
}
