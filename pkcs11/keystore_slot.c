/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Taking note of what is in a slot: from INVENTORY, from an answer about the one slot, after a change of
 * ours.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "cardclient/piv_parse.h"
#include "pkcs11/hash.h"
#include "pkcs11/keystore.h"
#include "pkcs11/token.h"
#include "pkcs11/x509.h"

static enum cs_err copy(struct cs_view from, uint8_t **to, size_t *len, unsigned *number)
{
	static atomic_uint numbers;
	uint8_t *bytes = malloc(from.len > 0 ? from.len : 1);

	if (bytes == NULL)
		return CS_ERR_MEMORY;
	if (from.len > 0)
		memcpy(bytes, from.ptr, from.len);
	free(*to);
	*to = bytes;
	*len = from.len;
	*number = atomic_fetch_add(&numbers, 1) + 1;
	return CS_OK;
}

/* A certificate that does not unpack or parse is not shown; it does not hide the others either. */
enum cs_err key_slot_keep_certificate(struct key_slot *slot, struct cs_view der)
{
	struct x509 parsed;

	if (x509_parse(der, &parsed) != CS_OK)
		return CS_OK;
	slot->has_certificate = true;
	return copy(der, &slot->certificate, &slot->certificate_len, &slot->certificate_copy);
}

static void forget_key(struct key_slot *slot)
{
	free(slot->spki);
	slot->spki = NULL;
	slot->spki_len = 0;
	slot->key_known = slot->has_key = slot->foreign = slot->key_untold = false;
	slot->key_presumed = slot->key_doubtful = false;
	memset(&slot->attributes, 0, sizeof(slot->attributes));
}

/* key: NULL where the card told no public key. */
enum cs_err key_slot_set(struct key_slot *slot, enum piv_alg alg, const struct cc_piv_public *key,
			 struct cc_piv_policy policy, enum piv_origin origin)
{
	uint8_t spki[PUBKEY_SPKI_MAX];
	struct cs_writer w = CS_WRITER_OF(spki);
	enum cs_err err = CS_OK;

	forget_key(slot);
	if (key != NULL && (key->modulus_len > 0 || key->point_len > 0))
		err = pubkey_write_spki(key, &w);
	/* A key of a kind that we do not know is as if it were not there. */
	if (err == CS_ERR_UNSUPPORTED || pubkey_alg_type(alg) == CKK_VENDOR_DEFINED) {
		slot->key_known = slot->foreign = slot->key_made = true;
		return CS_OK;
	}
	if (err == CS_OK && w.len > 0)
		err = copy(cs_writer_view(&w), &slot->spki, &slot->spki_len, &slot->spki_copy);
	if (err != CS_OK)
		return err;
	slot->alg = alg;
	slot->policy = policy;
	slot->origin = origin;
	slot->key_known = slot->has_key = slot->key_made = true;
	slot->key_news = false;
	return CS_OK;
}

enum cs_err keystore_set_key(struct token *token, size_t index, const struct cc_piv_public *key,
			     struct cc_piv_policy policy, enum piv_origin origin)
{
	struct key_slot *slot = &token->keys.slots[index];
	bool untold = slot->key_untold;
	enum cs_err err = key_slot_set(slot, key->alg, key, policy, origin);

	/* To have made it is no reason to think that the card will tell of it now. */
	slot->key_untold = untold;
	slot->key_news = keystore_made_untold(&token->keys, index);
	return err;
}

bool keystore_made_untold(const struct keystore *keys, size_t index)
{
	const struct key_slot *slot = &keys->slots[index];

	return slot->key_made && (!slot->key_known || keys->no_metadata || slot->key_untold);
}

void keystore_drop_key(struct token *token, size_t index)
{
	forget_key(&token->keys.slots[index]);
}

void keystore_no_key(struct token *token, size_t index)
{
	struct key_slot *slot = &token->keys.slots[index];

	slot->key_news = slot->key_news || keystore_made_untold(&token->keys, index);
	forget_key(slot);
	slot->key_known = true;
	slot->key_made = false;
}

void keystore_put_key(struct token *token, size_t index, bool written)
{
	struct key_slot *slot = &token->keys.slots[index];

	forget_key(slot);
	slot->key_made = slot->key_made || written;
	slot->key_news = slot->key_news || written;
}

static void forget_certificate(struct key_slot *slot)
{
	free(slot->certificate);
	slot->certificate = NULL;
	slot->certificate_len = 0;
	slot->certificate_known = slot->has_certificate = slot->digest_told = false;
	slot->certificate_withheld = slot->withheld_from_user = false;
}

void keystore_drop_certificate(struct token *token, size_t index)
{
	forget_certificate(&token->keys.slots[index]);
}

enum cs_err keystore_set_certificate(struct token *token, size_t index, struct cs_view der)
{
	struct key_slot *slot = &token->keys.slots[index];

	forget_certificate(slot);
	slot->certificate_known = true;
	if (der.len > 0)
		return key_slot_keep_certificate(slot, der);
	memset(&slot->certificate_attributes, 0, sizeof(slot->certificate_attributes));
	slot->certificate_private = false;
	slot->key_news = slot->key_news || keystore_made_untold(&token->keys, index);
	/* All that can be deleted of a key that the card tells nothing of. */
	slot->key_made = false;
	return CS_OK;
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

void keystore_free(struct keystore *keys)
{
	for (size_t i = 0; i < KEYSTORE_SLOTS; i++) {
		free(keys->slots[i].spki);
		free(keys->slots[i].certificate);
	}
	memset(keys, 0, sizeof(*keys));
}

/* ---- from INVENTORY ---- */

void keystore_all_told(struct keystore *keys)
{
	for (size_t i = 0; i < KEYSTORE_SLOTS; i++)
		keys->slots[i].key_known = keys->slots[i].certificate_known = true;
	keys->history = HISTORY_NONE; /* nor of any in it */
}

static enum cs_err take_key(struct key_slot *slot, const struct cc_entry *entry)
{
	struct cc_piv_policy policy = {(enum piv_pin_policy)entry->pin_policy,
				       (enum piv_touch_policy)entry->touch_policy};
	enum piv_alg alg = (enum piv_alg)entry->algorithm;
	struct cc_piv_public key;
	enum cs_err err;

	/* The public key of an algorithm that we do not know does not parse; it does not hide the other keys.
	 */
	if (cc_piv_parse_public(entry->public_key, alg, &key) == CS_OK)
		err = key_slot_set(slot, alg, &key, policy, (enum piv_origin)entry->origin);
	else
		err = key_slot_set(slot, (enum piv_alg)0, NULL, policy, (enum piv_origin)entry->origin);
	return err == CS_OK ? card_attributes_take(&slot->attributes, entry) : err;
}

static enum cs_err take_certificate(struct key_slot *slot, const struct cc_entry *entry)
{
	/* One that is for the PIN's holder is there for him only. */
	slot->has_certificate = slot->digest_told = entry->has_contents;
	slot->certificate_private = !entry->has_contents || (entry->flags & CSGN_FLAG_PRIVATE) != 0;
	memcpy(slot->digest, entry->digest, sizeof(slot->digest));
	return card_attributes_take(&slot->certificate_attributes, entry);
}

enum cs_err keystore_take(struct keystore *keys, const struct cc_entry *entry)
{
	for (size_t i = 0; i < KEYSTORE_SLOTS; i++) {
		uint32_t object = 0;

		if (entry->kind == CSGN_TAG_KEY && entry->id == keystore_ref(i))
			return take_key(&keys->slots[i], entry);
		if (entry->kind == CSGN_TAG_OBJECT && cc_piv_slot_object(keystore_ref(i), &object) == CS_OK &&
		    entry->id == object)
			return take_certificate(&keys->slots[i], entry);
	}
	return CS_OK;
}

bool keystore_untold(const struct keystore *keys)
{
	for (size_t i = 0; i < KEYSTORE_SLOTS; i++) {
		if (keys->slots[i].certificate_private && !keys->slots[i].digest_told)
			return true;
	}
	return false;
}

/* The card tells of what we wrote ourselves as of anything else. */
static bool same_certificate(const struct key_slot *old, const struct key_slot *slot)
{
	uint8_t content[CC_PIV_OBJECT_MAX], digest[HASH_MAX];
	struct cs_writer w = CS_WRITER_OF(content);
	struct cs_view written;

	if (!slot->digest_told)
		return false;
	if (old->digest_told)
		return memcmp(old->digest, slot->digest, sizeof(slot->digest)) == 0;
	if (old->certificate == NULL ||
	    cc_piv_certificate_object(cs_view(old->certificate, old->certificate_len), false, &w) != CS_OK)
		return false;
	written = cs_writer_view(&w);
	return hash_digest(hash_by_mechanism(CKM_SHA256), &written, 1, digest) == CS_OK &&
	       memcmp(digest, slot->digest, sizeof(slot->digest)) == 0;
}

void keystore_replace(struct keystore *now, struct keystore *fresh)
{
	for (size_t i = 0; i < KEYSTORE_SLOTS; i++) {
		struct key_slot *old = &now->slots[i], *slot = &fresh->slots[i];

		if (!same_certificate(old, slot))
			continue;
		/* One that was found to be none is that still. */
		slot->has_certificate = old->has_certificate;
		slot->certificate = old->certificate;
		slot->certificate_len = old->certificate_len;
		slot->certificate_copy = old->certificate_copy;
		old->certificate = NULL;
	}
	keystore_free(now);
	*now = *fresh;
	memset(fresh, 0, sizeof(*fresh));
}
