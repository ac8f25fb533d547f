/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Authentication of the host with the management key: the host proves that it can decrypt a witness (and has
 * the card prove itself with a challenge), or that it can encrypt a challenge.
 *
 *   none --80 00--> witness sent --80 right, 81 given--> authenticated, 82 answered
 *   none --81 00--> challenge sent --82 right--> authenticated
 *   anything else, and every second command: none
 *
 * Invariants:
 * 1. What was sent serves one answer, right or wrong, and none after the key has changed, on any channel.
 * 2. The card never encrypts for a host that has not proved itself: its own challenges could be answered with
 * that.
 */
#include "applet/piv_management.h"

#include <string.h>

#include "applet/channel.h"
#include "applet/touch.h"
#include "applet/piv_commands.h"
#include "applet/records.h"
#include "base/secret.h"

#define P1_SET		  0xFFu
#define P2_SET_NO_TOUCH	  0xFFu
#define P2_SET_WITH_TOUCH 0xFEu

#define FACTORY_PERIOD 8u /* the factory's key is 01 02 .. 08, repeated to the cipher's length */

static void factory_key(uint8_t *key, size_t len)
{
	for (size_t i = 0; i < len; i++)
		key[i] = (uint8_t)(i % FACTORY_PERIOD + 1);
}

static bool is_factory_key(const uint8_t *key, size_t len)
{
	uint8_t factory[PIV_MANAGEMENT_KEY_MAX];

	factory_key(factory, len);
	return cs_equal_ct(key, factory, len);
}

enum cs_err piv_management_load(struct card *card, struct piv_management *key)
{
	uint8_t record[PIV_MANAGEMENT_RECORD];
	struct cs_writer w = CS_WRITER_OF(record);
	enum cs_err err = store_get(&card->store, RECORD_MANAGEMENT_KEY, &w);
	const struct piv_cipher *cipher;

	if (err)
		return err;
	cipher = w.len > 3 ? piv_cipher_find(record[0]) : NULL;
	if (cipher && w.len == 3u + cipher->key_len) {
		memset(key, 0, sizeof(*key));
		key->algorithm = record[0];
		key->touch_policy = record[1];
		key->is_default = record[2] != 0;
		memcpy(key->key, record + 3, cipher->key_len);
	} else {
		err = CS_ERR_CORRUPT;
	}
	cs_wipe(record, sizeof(record));
	return err;
}

struct cs_view piv_management_record(const struct piv_management *key, uint8_t record[PIV_MANAGEMENT_RECORD])
{
	size_t len = piv_cipher_find(key->algorithm)->key_len;

	record[0] = key->algorithm;
	record[1] = key->touch_policy;
	record[2] = key->is_default ? 1 : 0;
	memcpy(record + 3, key->key, len);
	return cs_view(record, 3 + len);
}

enum cs_err piv_management_new(struct card *card, const struct profile *profile, struct piv_management *key)
{
	const struct crypto *crypto = card->ports.crypto;
	size_t len = piv_cipher_find(profile->management)->key_len;

	*key = (struct piv_management){.algorithm = profile->management, .touch_policy = PIV_TOUCH_NEVER};
	if (profile_has(profile, CSGN_RULE_MANAGEMENT_FACTORY)) {
		key->is_default = true;
		factory_key(key->key, len);
		return CS_OK;
	}
	return crypto->random(crypto->ctx, key->key, len);
}

/* ---- authentication ---- */

static enum cs_err block(struct card *card, const struct piv_management *key, bool encrypt, const uint8_t *in,
			 uint8_t *out)
{
	const struct crypto *crypto = card->ports.crypto;
	const struct piv_cipher *cipher = piv_cipher_find(key->algorithm);

	return crypto->block(crypto->ctx, cipher->id, encrypt, cs_view(key->key, cipher->key_len), in, out);
}

/* Sends a random block: as it is, for the host to encrypt, or encrypted, for the host to decrypt. */
static enum cs_err send_random(struct card *card, struct channel_management *state,
			       const struct piv_management *key, enum management_pending kind,
			       struct cs_writer *out)
{
	const struct crypto *crypto = card->ports.crypto;
	size_t len = piv_cipher_find(key->algorithm)->block_len;
	uint8_t plain[CRYPTO_BLOCK_MAX] = {0}, sealed[CRYPTO_BLOCK_MAX] = {0};
	bool witness = kind == MANAGEMENT_WITNESS;
	enum cs_err err = crypto->random(crypto->ctx, plain, len);
	size_t mark;

	if (!err)
		err = block(card, key, true, plain, sealed);
	if (!err) {
		state->pending = kind;
		memcpy(state->expected, witness ? plain : sealed, len);
		mark = cs_tlv_begin(out, PIV_TAG_AUTH_TEMPLATE);
		cs_tlv_write(out, witness ? PIV_TAG_AUTH_WITNESS : PIV_TAG_AUTH_CHALLENGE,
			     cs_view(witness ? sealed : plain, len));
		cs_tlv_end(out, mark);
	}
	cs_wipe(plain, sizeof(plain));
	cs_wipe(sealed, sizeof(sealed));
	return err;
}

static enum cs_err answer_check(const struct channel_management *was, enum management_pending kind,
				struct cs_view answer, size_t len)
{
	if (was->pending != kind)
		return CS_ERR_STATE;
	if (answer.len != len)
		return CS_ERR_MALFORMED;
	return cs_equal_ct(was->expected, answer.ptr, len) ? CS_OK : CS_ERR_DENIED;
}

static enum cs_err answer_challenge(struct card *card, const struct piv_management *key,
				    struct cs_view challenge, struct cs_writer *out)
{
	size_t len = piv_cipher_find(key->algorithm)->block_len, mark;
	uint8_t response[CRYPTO_BLOCK_MAX];
	enum cs_err err = block(card, key, true, challenge.ptr, response);

	if (err)
		return err;
	mark = cs_tlv_begin(out, PIV_TAG_AUTH_TEMPLATE);
	cs_tlv_write(out, PIV_TAG_AUTH_RESPONSE, cs_view(response, len));
	cs_tlv_end(out, mark);
	return CS_OK;
}

static enum cs_err step(struct card *card, struct channel *channel, const struct piv_management *key,
			const struct piv_template *t, struct cs_writer *out)
{
	struct channel_management was = channel->management;
	size_t len = piv_cipher_find(key->algorithm)->block_len;
	enum cs_err err;

	cs_wipe(&channel->management, sizeof(channel->management));
	if (t->has_witness && t->witness.len == 0)
		return send_random(card, &channel->management, key, MANAGEMENT_WITNESS, out);
	if (t->has_challenge && t->challenge.len == 0 && !t->has_witness)
		return send_random(card, &channel->management, key, MANAGEMENT_CHALLENGE, out);
	if (t->has_witness) {
		err = answer_check(&was, MANAGEMENT_WITNESS, t->witness, len);
		if (!err && t->has_challenge)
			err = t->challenge.len == len ? answer_challenge(card, key, t->challenge, out)
						      : CS_ERR_MALFORMED;
	} else if (t->has_response) {
		err = answer_check(&was, MANAGEMENT_CHALLENGE, t->response, len);
	} else {
		err = CS_ERR_MALFORMED;
	}
	if (!err)
		channel->security |= SECURITY_MANAGEMENT;
	else
		channel->security &= (uint16_t)~SECURITY_MANAGEMENT;
	cs_wipe(&was, sizeof(was));
	return err;
}

enum cs_err piv_management_authenticate(struct card *card, struct channel *channel, uint8_t algorithm,
					const struct piv_template *t, struct cs_writer *out)
{
	const struct piv_cipher *asked = piv_cipher_find(algorithm);
	struct piv_management key;
	enum cs_err err = piv_management_load(card, &key);

	if (err)
		return err;
	if (!asked || asked->id != key.algorithm)
		err = CS_ERR_ARG;
	/* The touch is asked for when the host answers, not when it begins. */
	else if (channel->management.pending != MANAGEMENT_NONE)
		err = touch_require(card, channel, (enum piv_touch_policy)key.touch_policy,
				    "administer the card");
	if (!err)
		err = step(card, channel, &key, t, out);
	cs_wipe(&key, sizeof(key));
	return err;
}

/* ---- SET MANAGEMENT KEY: algorithm, 9B, length, key ---- */

static enum cs_err set_read(const struct card *card, const struct cs_apdu *cmd, struct piv_management *key)
{
	struct cs_reader r = cs_reader_of(cmd->data);
	const struct piv_cipher *cipher;

	key->algorithm = cs_read_u8(&r);
	cipher = key->algorithm ? piv_cipher_find(key->algorithm) : NULL;
	if (!cipher || cs_read_u8(&r) != PIV_SLOT_MANAGEMENT || cs_read_u8(&r) != cipher->key_len)
		return CS_ERR_MALFORMED;
	cs_read_copy(&r, key->key, cipher->key_len);
	key->touch_policy = cmd->p2 == P2_SET_WITH_TOUCH ? PIV_TOUCH_ALWAYS : PIV_TOUCH_NEVER;
	key->is_default = is_factory_key(key->key, cipher->key_len);
	if (key->touch_policy != PIV_TOUCH_NEVER && !touch_possible(card))
		return CS_ERR_UNSUPPORTED;
	return cs_reader_done(&r);
}

/* A trial block says whether the port has the cipher, before the old key is gone. */
enum cs_err piv_set_management_key(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
				   struct cs_writer *out)
{
	uint8_t record[PIV_MANAGEMENT_RECORD], zero[CRYPTO_BLOCK_MAX] = {0}, trial[CRYPTO_BLOCK_MAX];
	struct piv_management key = {0};
	enum cs_err err;

	(void)out;
	if (cmd->p1 != P1_SET || (cmd->p2 != P2_SET_NO_TOUCH && cmd->p2 != P2_SET_WITH_TOUCH))
		return CS_ERR_ARG;
	err = set_read(card, cmd, &key);
	if (!err)
		err = block(card, &key, true, zero, trial);
	if (!err)
		err = store_put(&card->store, RECORD_MANAGEMENT_KEY, piv_management_record(&key, record));
	if (!err) {
		channels_forget(card, channel, SECURITY_MANAGEMENT);
		cs_wipe(&channel->management, sizeof(channel->management));
	}
	cs_wipe(&key, sizeof(key));
	cs_wipe(record, sizeof(record));
	cs_wipe(trial, sizeof(trial));
	return err;
}
