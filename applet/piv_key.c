/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Slots, key records, and the policies of keys. A record is: algorithm, origin, PIN policy, touch policy, 2
 * bytes length of the private part (8000 added where it is sealed), private part, public part.
 *
 * Invariant: the private part of a key that wants the PIN is in no record that this version writes but
 * sealed, and under its algorithm, origin and policies: changing one of these makes it useless.
 */
#include "applet/piv_key.h"

#include <string.h>

#include "applet/records.h"
#include "applet/secret.h"
#include "applet/touch.h"
#include "base/secret.h"

#define RECORD_HEAD 6u /* bytes before the private part */
#define AT_LENGTH   4u
#define SEALED	    0x8000u
#define LENGTH_MASK 0x7FFFu
/* Where the public part of a new key waits, out of the way of a private part that grows as it is sealed. */
#define PUBLIC_WAITS (RECORD_HEAD + CRYPTO_PRIVATE_MAX + SECRET_OVERHEAD)

uint16_t piv_key_record(uint8_t slot)
{
	switch (slot) {
	case PIV_SLOT_ATTESTATION:
		return RECORD_ATTESTATION_KEY;
	case PIV_SLOT_AUTHENTICATION:
	case PIV_SLOT_SIGNATURE:
	case PIV_SLOT_KEY_MANAGEMENT:
	case PIV_SLOT_CARD_AUTHENTICATION:
		return (uint16_t)(RECORD_KEY_FIRST + slot);
	default:
		if (slot < PIV_SLOT_RETIRED_FIRST || slot > PIV_SLOT_RETIRED_LAST)
			return 0;
		return (uint16_t)(RECORD_KEY_FIRST + slot);
	}
}

/* A part of a record, from within the record's buffer or from elsewhere. */
static void key_part_write(struct cs_writer *w, struct cs_view part)
{
	uint8_t *space = cs_write_space(w, part.len);

	if (space && part.len)
		memmove(space, part.ptr, part.len);
}

enum cs_err piv_key_load(struct card *card, uint8_t slot, struct piv_key *key)
{
	struct cs_writer w = CS_WRITER_OF(card->work);
	uint16_t id = piv_key_record(slot);
	struct cs_reader r;
	uint16_t length;
	enum cs_err err;

	if (id == 0)
		return CS_ERR_NOT_FOUND;
	err = store_get(&card->store, id, &w);
	if (err)
		return err;
	r = cs_reader_of(cs_writer_view(&w));
	key->algorithm = cs_read_u8(&r);
	key->origin = cs_read_u8(&r);
	key->pin_policy = cs_read_u8(&r);
	key->touch_policy = cs_read_u8(&r);
	length = cs_read_u16(&r);
	key->sealed = (length & SEALED) != 0;
	key->priv = cs_read_view(&r, length & LENGTH_MASK);
	key->pub = cs_read_rest(&r);
	return cs_reader_done(&r) == CS_OK ? CS_OK : CS_ERR_CORRUPT;
}

void piv_key_begin(struct card *card, size_t kept, struct cs_writer *priv, struct cs_writer *pub)
{
	size_t room = sizeof(card->work) - PUBLIC_WAITS - kept;

	*priv = cs_writer_of(card->work + RECORD_HEAD, CRYPTO_PRIVATE_MAX);
	*pub = cs_writer_of(card->work + PUBLIC_WAITS, room);
}

/* ---- sealing ---- */

/* The attestation key signs for everybody: it is never sealed. */
static bool is_guarded(uint8_t slot, const struct piv_key *key)
{
	return key->pin_policy != PIV_PIN_NEVER && slot != PIV_SLOT_ATTESTATION;
}

#define CONTEXT_LEN 5u

/* Not the slot: a key may be moved by whoever has no PIN. */
static struct cs_view context_of(const struct piv_key *key, uint8_t context[CONTEXT_LEN])
{
	context[0] = 'K';
	context[1] = key->algorithm;
	context[2] = key->origin;
	context[3] = key->pin_policy;
	context[4] = key->touch_policy;
	return cs_view(context, CONTEXT_LEN);
}

static void length_write(uint8_t *record, size_t len, bool sealed)
{
	struct cs_writer w = cs_writer_of(record + AT_LENGTH, 2);

	cs_write_u16(&w, (uint16_t)(len | (sealed ? SEALED : 0)));
}

/* The private part first: it grows where it was written, as far as where the public part waits. */
enum cs_err piv_key_change(struct card *card, const struct channel *channel, uint8_t slot,
			   const struct piv_key *key, struct store_change *change)
{
	struct cs_writer w = CS_WRITER_OF(card->work);
	bool sealed = is_guarded(slot, key);
	uint8_t context[CONTEXT_LEN];
	uint16_t id = piv_key_record(slot);
	enum cs_err err = CS_OK;

	if (id == 0)
		return CS_ERR_NOT_FOUND;
	piv_keys_forget(card);
	cs_write_u8(&w, key->algorithm);
	cs_write_u8(&w, key->origin);
	cs_write_u8(&w, key->pin_policy);
	cs_write_u8(&w, key->touch_policy);
	cs_write_u16(&w, 0);
	if (sealed)
		err = secret_seal(card, channel, context_of(key, context), key->priv, &w);
	else
		key_part_write(&w, key->priv);
	if (err)
		return err;
	length_write(card->work, w.len - RECORD_HEAD, sealed);
	key_part_write(&w, key->pub);
	*change = (struct store_change){.id = id, .value = cs_writer_view(&w)};
	return cs_writer_done(&w);
}

/* The record in card->work, its private part sealed under the data key from now on, and so shorter. A store
 * that has no room for it keeps the old one, which is as good. */
static enum cs_err key_renew(struct card *card, const struct channel *channel, uint8_t slot,
			     struct piv_key *key)
{
	uint8_t context[CONTEXT_LEN], *sealed = card->work + RECORD_HEAD;
	size_t before = key->priv.len, len = before, pub_len = key->pub.len;
	enum cs_err err = secret_renew(card, channel, context_of(key, context), sealed, &len);

	if (err)
		return err;
	memmove(sealed + len, sealed + before, pub_len);
	length_write(card->work, len, true);
	key->priv = cs_view(sealed, len);
	key->pub = cs_view(sealed + len, pub_len);
	err = store_put(&card->store, piv_key_record(slot), cs_view(card->work, RECORD_HEAD + len + pub_len));
	return err == CS_ERR_FULL ? CS_OK : err;
}

enum cs_err piv_key_open(struct card *card, const struct channel *channel, uint8_t slot, struct piv_key *key)
{
	uint8_t context[CONTEXT_LEN];
	enum cs_err err = CS_OK;

	if (!key->sealed)
		return CS_OK;
	if (secret_is_provisional(key->priv))
		err = key_renew(card, channel, slot, key);
	if (!err)
		err = secret_open(card, channel, context_of(key, context), card->work + RECORD_HEAD,
				  key->priv.len, &key->priv);
	if (!err)
		key->sealed = false;
	return err;
}

enum cs_err piv_key_seal(struct card *card, uint8_t slot)
{
	uint8_t *waits = card->work + PUBLIC_WAITS;
	struct store_change change;
	struct piv_key key;
	enum cs_err err = piv_key_load(card, slot, &key);

	if (err || key.sealed || !is_guarded(slot, &key))
		return err;
	if (key.pub.len > sizeof(card->work) - PUBLIC_WAITS)
		return CS_ERR_CORRUPT;
	memmove(waits, key.pub.ptr, key.pub.len);
	key.pub = cs_view(waits, key.pub.len);
	err = piv_key_change(card, NULL, slot, &key, &change);
	if (!err)
		err = store_apply(&card->store, &change, 1);
	cs_wipe(card->work, sizeof(card->work));
	return err;
}

void piv_keys_forget(struct card *card)
{
	const struct crypto *crypto = card->ports.crypto;

	if (crypto->keys_forget)
		crypto->keys_forget(crypto->ctx);
}

/* ---- policies ---- */

static uint8_t pin_policy_default(uint8_t slot)
{
	if (slot == PIV_SLOT_SIGNATURE)
		return PIV_PIN_ALWAYS;
	return slot == PIV_SLOT_CARD_AUTHENTICATION ? PIV_PIN_NEVER : PIV_PIN_ONCE;
}

/* One byte of at most max, or 0 where the element is not there. */
static enum cs_err policy_read(struct cs_view params, uint32_t tag, uint8_t max, uint8_t *policy)
{
	struct cs_view value;
	enum cs_err err = cs_tlv_find(params, tag, &value);

	*policy = 0;
	if (err)
		return err == CS_ERR_NOT_FOUND ? CS_OK : err;
	if (value.len != 1 || value.ptr[0] > max)
		return CS_ERR_MALFORMED;
	*policy = value.ptr[0];
	return CS_OK;
}

enum cs_err piv_key_policies(const struct card *card, uint8_t slot, struct cs_view params,
			     struct piv_key *key)
{
	uint8_t pin, touch;
	enum cs_err err = policy_read(params, PIV_TAG_PIN_POLICY, PIV_PIN_ALWAYS, &pin);

	if (!err)
		err = policy_read(params, PIV_TAG_TOUCH_POLICY, PIV_TOUCH_CACHED, &touch);
	if (err)
		return err;
	if (pin == PIV_PIN_DEFAULT)
		pin = card->profile.pin_policy;
	if (touch == PIV_TOUCH_DEFAULT)
		touch = card->profile.touch_policy;
	key->pin_policy = pin == PIV_PIN_DEFAULT ? pin_policy_default(slot) : pin;
	key->touch_policy = touch == PIV_TOUCH_DEFAULT ? PIV_TOUCH_NEVER : touch;
	if (key->touch_policy != PIV_TOUCH_NEVER && !touch_possible(card))
		return CS_ERR_UNSUPPORTED;
	return CS_OK;
}

enum cs_err piv_key_permit(const struct channel *channel, const struct piv_key *key)
{
	uint16_t needed = 0;

	if (key->pin_policy == PIV_PIN_ONCE)
		needed = SECURITY_PIN;
	else if (key->pin_policy != PIV_PIN_NEVER)
		needed = SECURITY_PIN_FRESH;
	if ((channel->security & needed) != needed)
		return CS_ERR_DENIED;
	return needed && channel->secret.pin_expired ? CS_ERR_EXPIRED : CS_OK;
}
