/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Holding the card, and what objects are told apart by. Invariants:
 *   1. The object that is held is the one that was meant, or none is.
 *   2. What is decided while the card is held, is decided by what it holds then.
 *   3. A card that does not tell of changes is asked anew.
 */
#include "pkcs11/hold.h"

#include <string.h>

#include "pkcs11/hash.h"
#include "pkcs11/naming.h"
#include "pkcs11/token.h"
#include "pkcs11/x509.h"

CK_RV hold_begin(struct token *token)
{
	enum cs_err err = cc_begin(token->card);

	if (err != CS_OK)
		return token_rv(token, err);
	err = token_refresh(token, NEED_LOGIN);
	if (err != CS_OK) {
		cc_end(token->card);
		return token_rv(token, err);
	}
	token->held = true;
	token->held_generation = cc_card_generation(token->card);
	return CKR_OK;
}

void hold_end(struct token *token)
{
	token->held = false;
	cc_end(token->card);
}

/* ---- what an object is told apart by ---- */

/* By what was drawn when it was made, by its public key, or by its contents. */
enum how { BY_NOTHING, BY_UNIQUE, BY_KEY, BY_CONTENT, BY_DIGEST };

struct identity {
	enum how how;
	uint8_t digest[HASH_MAX];
};

static enum cs_err identify(enum how how, struct cs_view by, struct identity *out)
{
	out->how = how;
	return hash_digest(hash_by_mechanism(CKM_SHA256), &by, 1, out->digest);
}

static enum cs_err key_identity(const struct key_slot *slot, struct identity *out)
{
	struct x509 parsed;

	if (slot->spki != NULL)
		return identify(BY_KEY, cs_view(slot->spki, slot->spki_len), out);
	if (slot->certificate != NULL &&
	    x509_parse(cs_view(slot->certificate, slot->certificate_len), &parsed) == CS_OK)
		return identify(BY_KEY, parsed.spki, out);
	return CS_OK;
}

/* What we wrote ourselves the card has not told the digest of. */
static enum cs_err certificate_identity(const struct key_slot *slot, struct identity *out)
{
	if (slot->certificate != NULL)
		return identify(BY_CONTENT, cs_view(slot->certificate, slot->certificate_len), out);
	return slot->digest_told ? identify(BY_DIGEST, CS_VIEW_OF(slot->digest), out) : CS_OK;
}

/* One of PIV's containers is what it is whatever is in it. */
static enum cs_err data_identity(const struct data_slot *slot, size_t index, struct identity *out)
{
	struct cs_view unique = naming_unique(card_attributes_view(&slot->attributes).more);

	if (index < DATASTORE_PIV)
		return CS_OK;
	if (unique.len > 0)
		return identify(BY_UNIQUE, unique, out);
	if (slot->digest_told) {
		out->how = BY_CONTENT;
		memcpy(out->digest, slot->digest, sizeof(slot->digest));
		return CS_OK;
	}
	return slot->content != NULL ? identify(BY_CONTENT, cs_view(slot->content, slot->content_len), out)
				     : CS_OK;
}

/* By what is known; no command is sent. */
static enum cs_err identity_of(struct token *token, struct object object, struct identity *out)
{
	struct cs_view unique;

	*out = (struct identity){.how = BY_NOTHING};
	switch (object.kind) {
	case OBJECT_PRIVATE:
	case OBJECT_PUBLIC:
		return key_identity(&token->keys.slots[object.index], out);
	case OBJECT_CERTIFICATE:
		return certificate_identity(&token->keys.slots[object.index], out);
	case OBJECT_DATA:
		return data_identity(&token->data.slots[object.index], object.index, out);
	case OBJECT_SECRET:
		unique =
		    naming_unique(card_attributes_view(&token->secrets.slots[object.index].attributes).more);
		return unique.len > 0 ? identify(BY_UNIQUE, unique, out) : CS_OK;
	default:
		return CS_OK;
	}
}

/* Another vendor's card is asked anew for this one; ours has just told. */
static enum cs_err ask_anew(struct token *token, struct object object)
{
	if (token->ours)
		return CS_OK;
	switch (object.kind) {
	case OBJECT_PRIVATE:
	case OBJECT_PUBLIC:
		return keystore_ask_anew(token, object.index);
	case OBJECT_CERTIFICATE:
		keystore_drop_certificate(token, object.index);
		return CS_OK;
	case OBJECT_DATA:
		return datastore_ask_anew(token, object.index);
	default:
		return CS_OK;
	}
}

/* The contents of a certificate are read where it was known by them. */
static enum cs_err still_there(struct token *token, struct object object, enum how was, bool *there)
{
	struct cs_view certificate;
	enum cs_err err = ask_anew(token, object);

	if (err != CS_OK)
		return err;
	switch (object.kind) {
	case OBJECT_PRIVATE:
	case OBJECT_PUBLIC:
		return keystore_has_key(token, object.index, there);
	case OBJECT_CERTIFICATE:
		if (was != BY_CONTENT)
			return keystore_has_certificate(token, object.index, there);
		err = keystore_certificate(token, object.index, &certificate);
		*there = err == CS_OK;
		return err == CS_ERR_NOT_FOUND ? CS_OK : err;
	case OBJECT_DATA:
		return datastore_has(token, object.index, there);
	case OBJECT_SECRET:
		*there = token->secrets.slots[object.index].there;
		return CS_OK;
	default:
		*there = true;
		return CS_OK;
	}
}

static bool same(const struct identity *was, const struct identity *is)
{
	return was->how == BY_NOTHING ||
	       (was->how == is->how && memcmp(was->digest, is->digest, sizeof(was->digest)) == 0);
}

CK_RV hold_object(struct token *token, struct object object)
{
	struct identity was, is = {.how = BY_NOTHING};
	bool there = false;
	enum cs_err err = identity_of(token, object, &was);
	CK_RV rv = err == CS_OK ? hold_begin(token) : token_rv(token, err);

	if (rv != CKR_OK)
		return rv;
	err = still_there(token, object, was.how, &there);
	if (err == CS_OK && there)
		err = identity_of(token, object, &is);
	rv = token_rv(token, err);
	if (rv == CKR_OK && (!there || !same(&was, &is)))
		rv = CKR_OBJECT_HANDLE_INVALID;
	if (rv != CKR_OK)
		hold_end(token);
	return rv;
}
