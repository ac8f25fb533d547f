/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the card has in its PIV slots.
 */
#include "pkcs11/keystore.h"

#include <stdlib.h>
#include <string.h>

#include "cardclient/piv_parse.h"
#include "pkcs11/cache.h"
#include "pkcs11/hash.h"
#include "pkcs11/inflate.h"
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

/* Asks for the key of one slot. An error other than NOT_FOUND and UNSUPPORTED is the card's. */
static enum cs_err load_key(struct token *token, size_t index)
{
	struct key_slot *slot = &token->keys.slots[index];
	struct cc_piv_metadata metadata;
	enum cs_err err = cc_piv_metadata(token->card, keystore_ref(index), &metadata);

	if ((err == CS_ERR_NOT_FOUND || err == CS_ERR_UNSUPPORTED) && token->sure) {
		if (err == CS_ERR_UNSUPPORTED)
			token->keys.no_metadata = true;
		slot->key_known = true;
		slot->has_key = false;
		return CS_OK;
	}
	/* The public key of an algorithm that we do not know does not parse; it does not hide the other keys.
	 */
	if (err == CS_ERR_MALFORMED && token->sure) {
		slot->key_known = slot->foreign = true;
		return CS_OK;
	}
	if (err != CS_OK)
		return err;
	token_sure(token);
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
	return (slot->certificate_attributes.flags & CSGN_FLAG_PRIVATE) != 0;
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
		err = cc_piv_get_object(token->card, object, &w);
	if (err == CS_ERR_NOT_FOUND && token->sure) {
		slot->certificate_known = true;
		return CS_OK;
	}
	if (err == CS_ERR_NOT_FOUND || (err != CS_OK && err != CS_ERR_MALFORMED))
		return err;
	token_sure(token);
	slot->certificate_known = true;
	if (err == CS_ERR_MALFORMED)
		return CS_OK;
	if (as_told(token, slot, cs_writer_view(&w)) && !is_private(slot))
		cache_put(slot->digest, cs_writer_view(&w));
	return unpack(slot, cs_writer_view(&w));
}

struct load {
	size_t first, last;
	unsigned which;
};

static bool wanted(const struct token *token, const struct load *load, size_t index, unsigned what)
{
	const struct key_slot *slot = &token->keys.slots[index];

	if ((load->which & what) == 0)
		return false;
	if (what == KEYSTORE_KEYS)
		return !slot->key_known && !token->keys.no_metadata;
	return !slot->certificate_known;
}

static enum cs_err load_work(struct token *token, void *arg)
{
	const struct load *load = arg;
	enum cs_err err = CS_OK;

	for (size_t i = load->first; err == CS_OK && i <= load->last; i++) {
		if (wanted(token, load, i, KEYSTORE_KEYS))
			err = load_key(token, i);
		if (err == CS_OK && wanted(token, load, i, KEYSTORE_CERTIFICATES))
			err = load_certificate(token, i);
	}
	return err;
}

static enum cs_err load_range(struct token *token, size_t first, size_t last, unsigned which)
{
	struct load load = {first, last, which};
	bool any = false;
	enum cs_err err;

	for (size_t i = first; !any && i <= last; i++)
		any =
		    wanted(token, &load, i, KEYSTORE_KEYS) || wanted(token, &load, i, KEYSTORE_CERTIFICATES);
	if (!any)
		return CS_OK;
	err = token_run(token, NEED_NOTHING, load_work, &load);
	/* Where the card does not tell of keys, its certificates do. */
	if (err == CS_OK && token->keys.no_metadata && (which & KEYSTORE_CERTIFICATES) == 0)
		err = load_range(token, first, last, KEYSTORE_CERTIFICATES);
	return err;
}

enum cs_err keystore_load(struct token *token, unsigned which)
{
	if (token->keys.no_metadata)
		which |= KEYSTORE_CERTIFICATES;
	return load_range(token, 0, KEYSTORE_SLOTS - 1, which);
}

enum cs_err keystore_has_certificate(struct token *token, size_t index, bool *there)
{
	enum cs_err err = load_range(token, index, index, KEYSTORE_CERTIFICATES);

	if (err == CS_OK)
		*there = token->keys.slots[index].has_certificate;
	return err;
}

/* Without metadata there is a key where there is a certificate of a kind of key that we can use. */
enum cs_err keystore_has_key(struct token *token, size_t index, bool *there)
{
	const struct key_slot *slot = &token->keys.slots[index];
	enum cs_err err = load_range(token, index, index, KEYSTORE_KEYS);
	enum piv_alg alg;

	if (err != CS_OK)
		return err;
	*there = slot->has_key;
	if (!slot->has_key && token->keys.no_metadata) {
		err = keystore_alg(token, index, &alg);
		*there = err == CS_OK;
		return err == CS_ERR_NOT_FOUND ? CS_OK : err;
	}
	return CS_OK;
}

enum cs_err keystore_occupied(struct token *token, size_t index, bool *occupied)
{
	const struct key_slot *slot = &token->keys.slots[index];
	enum cs_err err = keystore_has_key(token, index, occupied);

	if (err == CS_OK && (slot->foreign || (token->keys.no_metadata && slot->has_certificate)))
		*occupied = true;
	return err;
}

enum cs_err keystore_has_public(struct token *token, size_t index, bool *there)
{
	enum cs_err err = keystore_has_key(token, index, there);
	struct cs_view spki;

	if (err != CS_OK || !*there)
		return err;
	if (token->keys.slots[index].spki != NULL)
		return CS_OK;
	err = keystore_spki(token, index, &spki);
	*there = err == CS_OK;
	return err == CS_ERR_NOT_FOUND ? CS_OK : err;
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
	enum cs_err err = load_range(token, index, index, KEYSTORE_KEYS);

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
	struct cs_view spki;
	struct pubkey key;
	enum cs_err err = load_range(token, index, index, KEYSTORE_KEYS);

	if (err == CS_OK && slot->has_key) {
		*out = slot->alg;
		return CS_OK;
	}
	if (err == CS_OK && !token->keys.no_metadata)
		return CS_ERR_NOT_FOUND;
	if (err == CS_OK)
		err = keystore_spki(token, index, &spki);
	if (err == CS_OK && pubkey_parse(spki, &key) != CS_OK)
		err = CS_ERR_NOT_FOUND;
	if (err == CS_OK)
		*out = key.alg;
	return err;
}

enum piv_pin_policy keystore_pin_policy(const struct token *token, size_t index)
{
	const struct key_slot *slot = &token->keys.slots[index];

	if (slot->has_key && slot->policy.pin != PIV_PIN_DEFAULT)
		return slot->policy.pin;
	switch (keystore_ref(index)) {
	case PIV_SLOT_SIGNATURE:
		return PIV_PIN_ALWAYS;
	case PIV_SLOT_CARD_AUTHENTICATION:
		return PIV_PIN_NEVER;
	default:
		return PIV_PIN_ONCE;
	}
}
