/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Holding the card, and the object that was meant. Invariants:
 *   1. The object that is held is the one that was meant, or none is.
 *   2. What is decided while the card is held, is decided by what it holds then.
 *   3. A card that does not tell of changes is asked anew.
 */
#include "pkcs11/hold.h"

#include <string.h>

#include "pkcs11/place.h"
#include "pkcs11/presence.h"
#include "pkcs11/token.h"

CK_RV hold_begin(struct token *token)
{
	enum cs_err err = cc_begin(token->card);

	if (err != CS_OK)
		return token_rv(token, err);
	err = token_refresh(token, NEED_LOGIN);
	if (err != CS_OK || token_terminated(token)) {
		cc_end(token->card);
		return err != CS_OK ? token_rv(token, err) : CKR_TOKEN_WRITE_PROTECTED;
	}
	token->held = true;
	token->held_generation = cc_card_generation(token->card);
	return CKR_OK;
}

void hold_end(struct token *token)
{
	if (!token->ours)
		presence_made(token);
	token->held = false;
	cc_end(token->card);
}

/* ---- whether the object is still the one that was meant ---- */

static enum cs_err identity_of(const struct token *token, struct object object, struct identity *out)
{
	struct identities known;
	enum cs_err err = place_identities(token, object, &known);

	*out = known.by[0].how != BY_NOTHING ? known.by[0] : known.by[1];
	return err;
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
	if (rv == CKR_OK && (!there || !same(&was, &is))) {
		place_gone(token, object);
		rv = CKR_OBJECT_HANDLE_INVALID;
	}
	if (rv != CKR_OK)
		hold_end(token);
	return rv;
}
