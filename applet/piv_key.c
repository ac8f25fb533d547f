/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Slots, key records, and the policies of keys. A record is: algorithm, origin, PIN policy, touch policy, 2
 * bytes length of the private part, private part, public part.
 */
#include "applet/piv_key.h"

#include <string.h>

#include "applet/records.h"

#define RECORD_HEAD 6u /* bytes before the private part */
#include "applet/touch.h"

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
	key->priv = cs_read_view(&r, cs_read_u16(&r));
	key->pub = cs_read_rest(&r);
	return cs_reader_done(&r) == CS_OK ? CS_OK : CS_ERR_CORRUPT;
}

void piv_key_begin(struct card *card, size_t kept, struct cs_writer *priv, struct cs_writer *pub)
{
	size_t room = sizeof(card->work) - RECORD_HEAD - CRYPTO_PRIVATE_MAX - kept;

	*priv = cs_writer_of(card->work + RECORD_HEAD, CRYPTO_PRIVATE_MAX);
	*pub = cs_writer_of(card->work + RECORD_HEAD + CRYPTO_PRIVATE_MAX, room);
}

/* The private part first: where it was written is where it stays, and the public part is behind it. */
enum cs_err piv_key_change(struct card *card, uint8_t slot, const struct piv_key *key,
			   struct store_change *change)
{
	struct cs_writer w = CS_WRITER_OF(card->work);
	uint16_t id = piv_key_record(slot);

	if (id == 0)
		return CS_ERR_NOT_FOUND;
	piv_keys_forget(card);
	cs_write_u8(&w, key->algorithm);
	cs_write_u8(&w, key->origin);
	cs_write_u8(&w, key->pin_policy);
	cs_write_u8(&w, key->touch_policy);
	cs_write_u16(&w, (uint16_t)key->priv.len);
	key_part_write(&w, key->priv);
	key_part_write(&w, key->pub);
	*change = (struct store_change){.id = id, .value = cs_writer_view(&w)};
	return cs_writer_done(&w);
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
	return (channel->security & needed) == needed ? CS_OK : CS_ERR_DENIED;
}
