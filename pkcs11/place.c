/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the objects of the card are told apart by. Invariants:
 *   1. What was seen and what is there are compared by the first form that is known of both: where it
 *      differs, the generation of the place moves.
 *   2. It does not move for what is merely not known, or not known any more.
 *   3. After another program has used another vendor's card, a key that shows itself for the first time is
 * the one of the certificate that was seen in its place, or it moves.
 */
#include "pkcs11/place.h"

#include <string.h>

#include "pkcs11/hash.h"
#include "pkcs11/naming.h"
#include "pkcs11/token.h"
#include "pkcs11/x509.h"

/* ---- what an object is told apart by ---- */

static enum cs_err identify(enum how how, struct cs_view by, struct identity *out)
{
	uint8_t digest[HASH_MAX];
	enum cs_err err = hash_digest(hash_by_mechanism(CKM_SHA256), &by, 1, digest);

	if (err != CS_OK)
		return err;
	out->how = how;
	memcpy(out->digest, digest, sizeof(out->digest));
	return CS_OK;
}

static void told(enum how how, const uint8_t digest[32], struct identity *out)
{
	out->how = how;
	memcpy(out->digest, digest, sizeof(out->digest));
}

/* A certificate tells of a key, too; it need not be of this one. */
static enum cs_err key_identities(const struct key_slot *slot, struct identities *out)
{
	struct x509 parsed;
	enum cs_err err = CS_OK;

	if (slot->spki != NULL)
		err = identify(BY_KEY, cs_view(slot->spki, slot->spki_len), &out->by[0]);
	if (err == CS_OK && slot->certificate != NULL &&
	    x509_parse(cs_view(slot->certificate, slot->certificate_len), &parsed) == CS_OK)
		err = identify(BY_KEY, parsed.spki, &out->by[1]);
	return err;
}

/* What we wrote ourselves the card has not told the digest of. */
static enum cs_err certificate_identities(const struct key_slot *slot, struct identities *out)
{
	if (slot->digest_told)
		told(BY_DIGEST, slot->digest, &out->by[1]);
	if (slot->certificate == NULL)
		return CS_OK;
	return identify(BY_CONTENT, cs_view(slot->certificate, slot->certificate_len), &out->by[0]);
}

/* One of PIV's containers is what it is whatever is in it. */
static enum cs_err data_identities(const struct data_slot *slot, size_t index, struct identities *out)
{
	struct cs_view unique = naming_unique(card_attributes_view(&slot->attributes).more);
	enum cs_err err = CS_OK;

	if (index < DATASTORE_PIV)
		return CS_OK;
	if (unique.len > 0)
		err = identify(BY_UNIQUE, unique, &out->by[0]);
	if (err == CS_OK && slot->digest_told)
		told(BY_CONTENT, slot->digest, &out->by[1]);
	else if (err == CS_OK && slot->content != NULL)
		err = identify(BY_CONTENT, cs_view(slot->content, slot->content_len), &out->by[1]);
	return err;
}

/* The card always tells what it keeps of one. Where that is nothing, since another program has made it, all
 * that is left is what it is, in fewer bytes than what is drawn. */
static enum cs_err secret_identities(const struct secret *secret, struct identities *out)
{
	struct cs_view unique = naming_unique(card_attributes_view(&secret->attributes).more);
	uint8_t made[7];
	struct cs_writer w = CS_WRITER_OF(made);

	if (unique.len > 0)
		return identify(BY_UNIQUE, unique, &out->by[0]);
	cs_write_u8(&w, (uint8_t)secret->algorithm);
	cs_write_u16(&w, secret->usage);
	cs_write_u8(&w, secret->length);
	cs_write_u8(&w, (uint8_t)secret->pin_policy);
	cs_write_u8(&w, (uint8_t)secret->touch_policy);
	cs_write_u8(&w, (uint8_t)secret->origin);
	return identify(BY_UNIQUE, cs_writer_view(&w), &out->by[0]);
}

static enum cs_err otp_identities(const struct otp *otp, struct identities *out)
{
	if (otp == NULL || !otp->has_unique)
		return CS_OK;
	return identify(BY_UNIQUE, CS_VIEW_OF(otp->unique), &out->by[0]);
}

enum cs_err place_identities(const struct token *token, struct object object, struct identities *out)
{
	memset(out, 0, sizeof(*out));
	switch (object.kind) {
	case OBJECT_PRIVATE:
	case OBJECT_PUBLIC:
		return key_identities(&token->keys.slots[object.index], out);
	case OBJECT_CERTIFICATE:
		return certificate_identities(&token->keys.slots[object.index], out);
	case OBJECT_DATA:
		return data_identities(&token->data.slots[object.index], object.index, out);
	case OBJECT_SECRET:
		return secret_identities(&token->secrets.slots[object.index], out);
	case OBJECT_OTP:
		return otp_identities(otps_at(&token->otps, object.index), out);
	default:
		return CS_OK;
	}
}

/* ---- generations ---- */

/* NULL: of such an object the handle is never another's, or not soon. */
static struct place *place_of(struct token *token, struct object object)
{
	switch (object.kind) {
	case OBJECT_PRIVATE:
	case OBJECT_PUBLIC:
		return &token->places.keys[object.index];
	case OBJECT_CERTIFICATE:
		return &token->places.certificates[object.index];
	case OBJECT_DATA:
		return &token->places.data[object.index];
	case OBJECT_SECRET:
		return &token->places.secrets[object.index];
	case OBJECT_OTP:
		return &token->places.otps[object.index];
	default:
		return NULL;
	}
}

/* A generation that nobody has a handle of may be the next object's as well. */
static void move(struct place *place)
{
	if (place->given)
		place->generation = (uint32_t)((place->generation + UINT64_C(1)) % PLACE_GENERATIONS);
	memset(&place->seen, 0, sizeof(place->seen));
	place->given = place->looked = false;
}

static bool differ(const struct identities *seen, const struct identities *is)
{
	for (size_t i = 0; i < PLACE_FORMS; i++) {
		if (seen->by[i].how != BY_NOTHING && is->by[i].how != BY_NOTHING)
			return memcmp(seen->by[i].digest, is->by[i].digest, sizeof(is->by[i].digest)) != 0;
	}
	return false;
}

/* All that was known of a key of another vendor's card was its certificate's. Where another program has used
 * the card meanwhile that is what the handle stands for, and not a key that shows itself only now. */
static bool another_than_certified(const struct token *token, const struct place *place,
				   const struct identities *is)
{
	const struct identity *certified = &place->seen.by[1], *now = &is->by[0];

	if (token->ours || place->asked == token->disturbances || place->seen.by[0].how != BY_NOTHING)
		return false;
	return certified->how == BY_KEY && now->how == BY_KEY &&
	       memcmp(certified->digest, now->digest, sizeof(now->digest)) != 0;
}

static void see(struct place *place, const struct identities *is)
{
	for (size_t i = 0; i < PLACE_FORMS; i++) {
		if (is->by[i].how != BY_NOTHING)
			place->seen.by[i] = is->by[i];
	}
}

/* Each use of a key asks: nothing is digested for it that was, and is still what it was. */
static bool looked_at(const struct token *token, struct object object, struct place *place)
{
	const struct key_slot *slot;
	unsigned spki, certificate;
	bool same;

	if (object.kind != OBJECT_PRIVATE && object.kind != OBJECT_PUBLIC)
		return false;
	slot = &token->keys.slots[object.index];
	spki = slot->spki != NULL ? slot->spki_copy : 0;
	certificate = slot->certificate != NULL ? slot->certificate_copy : 0;
	same = place->looked && place->copies[0] == spki && place->copies[1] == certificate;
	place->copies[0] = spki;
	place->copies[1] = certificate;
	return same;
}

enum cs_err place_generation(struct token *token, struct object object, unsigned *out)
{
	struct place *place = place_of(token, object);
	struct identities is;
	enum cs_err err = CS_OK;

	*out = 0;
	if (place == NULL)
		return CS_OK;
	*out = place->generation;
	if (looked_at(token, object, place))
		return CS_OK;
	place->looked = false;
	err = place_identities(token, object, &is);
	if (err != CS_OK)
		return err;
	if (differ(&place->seen, &is) || another_than_certified(token, place, &is))
		move(place);
	see(place, &is);
	place->looked = true;
	*out = place->generation;
	return CS_OK;
}

unsigned place_given(struct token *token, struct object object)
{
	struct place *place = place_of(token, object);
	unsigned generation = 0;

	if (place == NULL)
		return 0;
	/* What could not be told is as what was not known. */
	if (place_generation(token, object, &generation) != CS_OK)
		generation = place->generation;
	place->given = true;
	return generation;
}

struct meant place_meant(struct token *token, struct object object)
{
	return (struct meant){object, place_given(token, object)};
}

enum cs_err place_still(struct token *token, const struct meant *meant)
{
	unsigned generation = 0;
	enum cs_err err = place_generation(token, meant->object, &generation);

	if (err != CS_OK)
		return err;
	return generation == meant->generation ? CS_OK : CS_ERR_NOT_FOUND;
}

bool place_doubtful(struct token *token, struct object object)
{
	const struct place *place = place_of(token, object);

	return place != NULL && place->asked != token->disturbances;
}

bool place_hides(struct token *token, struct object object)
{
	const struct place *place = place_of(token, object);
	struct identities is;
	bool seen = false, shown = false;

	if (place == NULL)
		return false;
	if (place_identities(token, object, &is) != CS_OK)
		return true;
	for (size_t i = 0; i < PLACE_FORMS; i++) {
		seen = seen || place->seen.by[i].how != BY_NOTHING;
		shown = shown || is.by[i].how != BY_NOTHING;
	}
	return seen && !shown;
}

void place_asked(struct token *token, struct object object)
{
	struct place *place = place_of(token, object);

	if (place != NULL)
		place->asked = token->disturbances;
}

void place_gone(struct token *token, struct object object)
{
	struct place *place = place_of(token, object);

	if (place != NULL)
		move(place);
}

void place_changed(struct token *token, struct object object)
{
	struct place *place = place_of(token, object);
	struct identities is;

	if (place == NULL || place_identities(token, object, &is) != CS_OK)
		return;
	place->seen = is;
	place->looked = false;
}
