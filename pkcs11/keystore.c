/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the card has in its PIV slots.
 */
#include "pkcs11/keystore.h"

#include <stdlib.h>
#include <string.h>

#include "base/tlv.h"
#include "cardclient/piv_parse.h"
#include "pkcs11/cache.h"
#include "pkcs11/hash.h"
#include "pkcs11/inflate.h"
#include "pkcs11/presence.h"
#include "pkcs11/token.h"
#include "pkcs11/x509.h"

/* In the order of CKA_ID, which other modules for PIV cards give alike. */
static const uint8_t refs[4] = {PIV_SLOT_AUTHENTICATION, PIV_SLOT_SIGNATURE, PIV_SLOT_KEY_MANAGEMENT,
				PIV_SLOT_CARD_AUTHENTICATION};
static const char *const names[KEYSTORE_SLOTS] = {
    "PIV Authentication", "Digital Signature", "Key Management", "Card Authentication", "Retired Key 1",
    "Retired Key 2",	  "Retired Key 3",     "Retired Key 4",	 "Retired Key 5",	"Retired Key 6",
    "Retired Key 7",	  "Retired Key 8",     "Retired Key 9",	 "Retired Key 10",	"Retired Key 11",
    "Retired Key 12",	  "Retired Key 13",    "Retired Key 14", "Retired Key 15",	"Retired Key 16",
    "Retired Key 17",	  "Retired Key 18",    "Retired Key 19", "Retired Key 20"};

uint8_t keystore_ref(size_t index)
{
	return index < 4 ? refs[index] : (uint8_t)(PIV_SLOT_RETIRED_FIRST + index - 4);
}

const char *keystore_name(size_t index)
{
	return names[index];
}

/* Another vendor's card will not show this one, whatever it says of the reason: it hides no other. */
static bool withheld(const struct token *token, enum cs_err err)
{
	return !token->ours && token->sure && cc_refused(err);
}

/* Of a question that has no PIN in it: a card that names tries will not say. */
static enum cs_err without_pin(enum cs_err err)
{
	return err == CS_ERR_WRONG || err == CS_ERR_BLOCKED ? CS_ERR_DENIED : err;
}

/* Cards that do not know a command do not all say so. One that has told of no key, but refused to for as many
 * as are asked about first, is taken for such a card. */
static void untold(struct keystore *keys, struct key_slot *slot)
{
	keys->refusals += slot->key_refused ? 0 : 1;
	slot->key_untold = slot->key_refused = true;
	keys->no_metadata = !keys->metadata_told && keys->refusals >= 4;
}

/* PIV is selected, and the card has not told of the key. */
static enum cs_err no_key_told(struct token *token, struct key_slot *slot, enum cs_err err)
{
	switch (err) {
	case CS_ERR_NOT_FOUND:
		slot->key_known = true;
		slot->key_made = slot->key_news = false;
		break;
	case CS_ERR_UNSUPPORTED:
		token->keys.no_metadata = true;
		break;
	case CS_ERR_MALFORMED:
		/* The public key of an algorithm that we do not know does not parse; it does not hide the
		 * other keys. */
		slot->key_known = slot->foreign = true;
		return CS_OK;
	default:
		if (!withheld(token, err))
			return err;
		untold(&token->keys, slot);
	}
	slot->has_key = false;
	return CS_OK;
}

/* Asks for the key of one slot. */
static enum cs_err load_key(struct token *token, size_t index)
{
	struct key_slot *slot = &token->keys.slots[index];
	struct cc_piv_metadata metadata;
	enum cs_err err = without_pin(cc_piv_metadata(token->card, keystore_ref(index), &metadata));

	/* That there is none again is no news, and no reason to ask whether this is still the card. */
	bool expected = err == CS_ERR_NOT_FOUND && slot->key_doubtful;

	if (err != CS_OK)
		return token->sure || expected ? no_key_told(token, slot, err) : err;
	token_sure(token);
	token->keys.metadata_told = true;
	return key_slot_set(slot, (enum piv_alg)metadata.algorithm,
			    metadata.has_public ? &metadata.public_key : NULL, metadata.policy,
			    metadata.origin);
}

/* The content of a certificate object. What does not unpack is no certificate. */
static enum cs_err unpack(struct key_slot *slot, struct cs_view content)
{
	uint8_t unpacked[CC_PIV_OBJECT_MAX];
	struct cs_writer plain = CS_WRITER_OF(unpacked);
	struct cs_view certificate;
	bool compressed = false;

	if (cc_piv_parse_certificate(content, &certificate, &compressed) != CS_OK)
		return CS_OK;
	if (!compressed)
		return key_slot_keep_certificate(slot, certificate);
	if (gzip_inflate(certificate, &plain) != CS_OK)
		return CS_OK;
	return key_slot_keep_certificate(slot, cs_writer_view(&plain));
}

/* Whether the card has told of just this content. If not, another program has written since it did. */
static bool as_told(struct token *token, struct key_slot *slot, struct cs_view content)
{
	uint8_t digest[HASH_MAX];

	if (!slot->digest_told)
		return false;
	if (hash_digest(hash_by_mechanism(CKM_SHA256), &content, 1, digest) == CS_OK &&
	    memcmp(digest, slot->digest, sizeof(slot->digest)) == 0)
		return true;
	slot->digest_told = false;
	token->stale = true;
	return false;
}

static bool is_private(const struct key_slot *slot)
{
	return slot->certificate_private;
}

static enum cs_err unpack_cached(struct key_slot *slot)
{
	uint8_t content[CC_PIV_OBJECT_MAX];
	struct cs_writer w = CS_WRITER_OF(content);

	if (!slot->digest_told || is_private(slot) || !cache_get(slot->digest, &w))
		return CS_OK;
	slot->has_certificate = false; /* unless it is one */
	return unpack(slot, cs_writer_view(&w));
}

static enum cs_err load_certificate(struct token *token, size_t index)
{
	struct key_slot *slot = &token->keys.slots[index];
	uint8_t read[CC_PIV_OBJECT_MAX];
	struct cs_writer w = CS_WRITER_OF(read);
	uint32_t object = 0;
	enum cs_err err = cc_piv_slot_object(keystore_ref(index), &object);

	if (err == CS_OK)
		err = without_pin(cc_piv_get_object(token->card, object, &w));
	if (err == CS_ERR_NOT_FOUND && token->sure) {
		slot->certificate_known = true;
		slot->certificate_withheld = false;
		slot->key_presumed = false; /* of a key alone, metadata tells */
		return CS_OK;
	}
	if (withheld(token, err)) {
		slot->certificate_known = slot->certificate_withheld = true;
		slot->withheld_from_user = token->login == LOGIN_USER && token->verified;
		slot->key_presumed = false;
		return CS_OK;
	}
	/* One that is longer than any is that is read is none either. */
	if (err != CS_OK && err != CS_ERR_MALFORMED && err != CS_ERR_NO_SPACE)
		return err;
	token_sure(token);
	slot->certificate_known = true;
	slot->certificate_withheld = false;
	if (err != CS_OK)
		return CS_OK;
	if (as_told(token, slot, cs_writer_view(&w)) && !is_private(slot))
		cache_put(slot->digest, cs_writer_view(&w));
	return unpack(slot, cs_writer_view(&w));
}

/* ---- what to ask for ---- */

struct load {
	size_t first, last;
	unsigned which; /* enum keystore_part */
	bool details;	/* metadata of keys that a certificate tells of, too */
};

static bool wide(const struct load *load)
{
	return load->first < load->last;
}

/* The card would not show it before the PIN. */
static bool awaits_pin(const struct token *token, const struct key_slot *slot)
{
	return slot->certificate_withheld && !slot->withheld_from_user && token->login == LOGIN_USER;
}

static bool wants_certificate(const struct token *token, const struct load *load, size_t index)
{
	/* On another vendor's card it tells of the key, too. */
	unsigned which = token->ours ? KEYSTORE_CERTIFICATES : KEYSTORE_CERTIFICATES | KEYSTORE_KEYS;
	const struct key_slot *slot = &token->keys.slots[index];

	return (load->which & which) != 0 && (!slot->certificate_known || awaits_pin(token, slot));
}

static bool wants_metadata(const struct token *token, const struct load *load, size_t index)
{
	const struct key_slot *slot = &token->keys.slots[index];

	if ((load->which & KEYSTORE_KEYS) == 0 || slot->key_known || slot->key_untold ||
	    token->keys.no_metadata)
		return false;
	if (load->details || token->ours || slot->key_doubtful)
		return true;
	return !slot->has_certificate && !slot->key_presumed && (!wide(load) || index < 4);
}

bool keystore_in_view(const struct token *token, size_t index)
{
	const struct key_slot *slot = &token->keys.slots[index];

	if (index < 4 || slot->key_known || slot->key_presumed || slot->certificate_known)
		return true;
	return token->keys.history == HISTORY_TOLD ? index - 4 < token->keys.retired
						   : token->login == LOGIN_USER;
}

static bool load_wants(const struct token *token, const struct load *load, size_t index)
{
	if (wide(load) && !keystore_in_view(token, index))
		return false;
	return wants_certificate(token, load, index) || wants_metadata(token, load, index);
}

/* C1: number of retired keys whose certificates are on the card, in the first retired slots. */
enum cs_err keystore_history(struct token *token)
{
	uint8_t read[CC_PIV_OBJECT_MAX];
	struct cs_writer w = CS_WRITER_OF(read);
	struct cs_view on_card = CS_VIEW_EMPTY;
	enum cs_err err = cc_piv_get_object(token->card, PIV_OBJ_KEY_HISTORY, &w);

	if (err == CS_ERR_REMOVED || (err != CS_OK && !token->sure))
		return err;
	token->keys.history = HISTORY_NONE;
	if (err != CS_OK)
		return CS_OK;
	token_sure(token);
	/* Zero is what an issuer writes, and tools that fill the slots later leave. */
	if (cs_tlv_find(cs_writer_view(&w), 0xC1, &on_card) == CS_OK && on_card.len == 1 &&
	    on_card.ptr[0] > 0) {
		token->keys.history = HISTORY_TOLD;
		token->keys.retired = on_card.ptr[0];
	}
	return CS_OK;
}

/* A certificate that was there when the card was last seen: that it is shows that PIV is selected, which what
 * is not there could not tell from another application's refusal. It is the one that is wanted first. */
static enum cs_err load_known(struct token *token)
{
	for (size_t i = 0; i < KEYSTORE_SLOTS; i++) {
		struct key_slot *slot = &token->keys.slots[i];

		if (!slot->has_certificate || slot->certificate != NULL)
			continue;
		slot->certificate_known = slot->has_certificate = false;
		return load_certificate(token, i);
	}
	return CS_OK;
}

static enum cs_err load_work(struct token *token, void *arg)
{
	const struct load *load = arg;
	enum cs_err err = wide(load) && !token->ours && !token->sure ? load_known(token) : CS_OK;

	/* The first four slots first: that there is nothing in one is then known to be so. */
	for (size_t i = load->first; err == CS_OK && i <= load->last; i++) {
		if (i == 4 && wide(load) && !token->ours && token->keys.history == HISTORY_UNKNOWN)
			err = keystore_history(token);
		if (err == CS_OK && load_wants(token, load, i) && wants_certificate(token, load, i))
			err = load_certificate(token, i);
		if (err == CS_OK && load_wants(token, load, i) && wants_metadata(token, load, i))
			err = load_key(token, i);
	}
	return err;
}

static enum cs_err load_slots(struct token *token, struct load load)
{
	bool any = wide(&load) && !token->ours && token->keys.history == HISTORY_UNKNOWN;
	enum token_need need = NEED_NOTHING;

	for (size_t i = load.first; i <= load.last; i++) {
		any = any || load_wants(token, &load, i);
		need = awaits_pin(token, &token->keys.slots[i]) ? NEED_LOGIN : need;
	}
	return any ? token_run(token, need, load_work, &load) : CS_OK;
}

static enum cs_err load_one(struct token *token, size_t index, unsigned which)
{
	return load_slots(token, (struct load){index, index, which, false});
}

enum cs_err keystore_load(struct token *token, unsigned which)
{
	return load_slots(token, (struct load){0, KEYSTORE_SLOTS - 1, which, false});
}

enum cs_err keystore_details(struct token *token, size_t index)
{
	return load_slots(token, (struct load){index, index, KEYSTORE_KEYS, true});
}

/* ---- what is there ---- */

enum cs_err keystore_has_certificate(struct token *token, size_t index, bool *there)
{
	enum cs_err err = load_one(token, index, KEYSTORE_CERTIFICATES);

	if (err == CS_OK)
		*there = token->keys.slots[index].has_certificate;
	return err;
}

/* A key of a kind that we know, as the certificate tells of it. */
static bool certified_key(const struct key_slot *slot, struct pubkey *key)
{
	struct x509 parsed;

	return slot->certificate != NULL &&
	       x509_parse(cs_view(slot->certificate, slot->certificate_len), &parsed) == CS_OK &&
	       pubkey_parse(parsed.spki, key) == CS_OK;
}

enum cs_err keystore_has_key(struct token *token, size_t index, bool *there)
{
	const struct key_slot *slot = &token->keys.slots[index];
	struct pubkey key;
	enum cs_err err = load_one(token, index, KEYSTORE_KEYS);

	if (err != CS_OK)
		return err;
	if (slot->key_known)
		*there = slot->has_key;
	else
		*there = certified_key(slot, &key) || (slot->key_presumed && slot->certificate == NULL);
	return CS_OK;
}

enum cs_err keystore_occupied(struct token *token, size_t index, bool *occupied)
{
	const struct key_slot *slot = &token->keys.slots[index];
	enum cs_err err = keystore_details(token, index);

	if (err == CS_OK)
		*occupied = slot->key_known
				? slot->has_key || slot->foreign
				: slot->has_certificate || slot->certificate_withheld || slot->key_made;
	return err;
}

enum cs_err keystore_ask_anew(struct token *token, size_t index)
{
	bool there = false;
	enum cs_err err;

	keystore_drop_key(token, index);
	err = token->keys.no_metadata ? CS_OK : keystore_details(token, index);
	if (err != CS_OK || token->keys.slots[index].key_known)
		return err;
	keystore_drop_certificate(token, index);
	err = keystore_has_certificate(token, index, &there);
	if (err != CS_OK || !awaits_pin(token, &token->keys.slots[index]))
		return err;
	err = keystore_has_certificate(token, index, &there);
	token->verified_fresh = false;
	return err;
}

enum cs_err keystore_occupied_now(struct token *token, size_t index, bool *occupied)
{
	const struct key_slot *slot = &token->keys.slots[index];
	enum cs_err err = keystore_occupied(token, index, occupied);

	if (err != CS_OK || *occupied || token->ours)
		return err;
	err = keystore_ask_anew(token, index);
	if (err == CS_OK && !slot->key_known)
		presence_look(token);
	return err == CS_OK ? keystore_occupied(token, index, occupied) : err;
}

enum cs_err keystore_has_public(struct token *token, size_t index, bool *there)
{
	const struct key_slot *slot = &token->keys.slots[index];
	enum cs_err err = keystore_has_key(token, index, there);
	struct pubkey key;

	/* A card may have forgotten the public half of a key that was imported. */
	if (err == CS_OK && *there && slot->key_known && slot->spki == NULL) {
		err = load_one(token, index, KEYSTORE_CERTIFICATES);
		*there = certified_key(slot, &key);
	}
	return err;
}

enum cs_err keystore_certificate(struct token *token, size_t index, struct cs_view *out)
{
	struct key_slot *slot = &token->keys.slots[index];
	bool there = false;
	enum cs_err err = keystore_has_certificate(token, index, &there);

	if (err == CS_OK && there && slot->certificate == NULL) {
		err = unpack_cached(slot);
		there = slot->has_certificate;
	}
	if (err == CS_OK && there && slot->certificate == NULL) {
		slot->certificate_known = slot->has_certificate = false;
		err = keystore_has_certificate(token, index, &there);
	}
	if (err != CS_OK)
		return err;
	if (!there)
		return CS_ERR_NOT_FOUND;
	*out = cs_view(slot->certificate, slot->certificate_len);
	return CS_OK;
}

enum cs_err keystore_spki(struct token *token, size_t index, struct cs_view *out)
{
	const struct key_slot *slot = &token->keys.slots[index];
	struct cs_view certificate;
	struct x509 parsed;
	enum cs_err err = keystore_details(token, index);

	if (err == CS_OK && slot->spki != NULL) {
		*out = cs_view(slot->spki, slot->spki_len);
		return CS_OK;
	}
	if (err == CS_OK)
		err = keystore_certificate(token, index, &certificate);
	if (err == CS_OK)
		err = x509_parse(certificate, &parsed);
	if (err == CS_OK)
		*out = parsed.spki;
	return err;
}

enum cs_err keystore_alg(struct token *token, size_t index, enum piv_alg *out)
{
	const struct key_slot *slot = &token->keys.slots[index];
	struct cs_view certificate;
	struct pubkey key;
	bool there = false;
	enum cs_err err = keystore_has_key(token, index, &there);

	if (err != CS_OK)
		return err;
	if (!there)
		return CS_ERR_NOT_FOUND;
	/* Presumed: now it has to show itself. */
	if (!slot->key_known && slot->certificate == NULL)
		err = slot->has_certificate ? keystore_certificate(token, index, &certificate)
					    : keystore_details(token, index);
	if (err != CS_OK)
		return err;
	if (slot->key_known && !slot->has_key)
		return CS_ERR_NOT_FOUND;
	if (slot->key_known) {
		*out = slot->alg;
		return CS_OK;
	}
	if (!certified_key(slot, &key))
		return CS_ERR_NOT_FOUND;
	*out = key.alg;
	return CS_OK;
}
