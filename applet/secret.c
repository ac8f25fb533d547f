/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Envelopes. RECORD_SECRET is: the public point, then the private key in an envelope under the data key.
 *
 *   DIRECT       1 | nonce, 12 | ciphertext and tag          under the data key
 *   PROVISIONAL  2 | ephemeral point, 65 | ciphertext and tag   to the public point
 *
 *   none --seal, data key at hand--> DIRECT <--renew, at the first use-- PROVISIONAL <--seal, none at hand--
 * none
 *
 * Invariants:
 * 1. Nothing is opened, and no envelope renewed, unless the PIN is verified in the channel that asks and need
 * not be changed first.
 * 2. An envelope opens under the context that it was sealed with, and no other.
 * 3. Sealing needs no secret: whoever may make a key may have it sealed.
 */
#include "applet/secret.h"

#include <string.h>

#include "applet/piv_key.h"
#include "applet/records.h"
#include "base/secret.h"
#include "base/tlv.h"

#define KIND_DIRECT	   1u
#define KIND_PROVISIONAL   2u
#define DIRECT_HEADER	   (1u + CRYPTO_AEAD_NONCE_LEN)
#define PROVISIONAL_HEADER (1u + SECRET_POINT_LEN)
#define PRIVATE_MAX	   160u /* bytes of a P-256 key pair as crypto.h writes it */

static const uint8_t label[] = "countersign secret 1";
static const uint8_t own_context[] = {'S'};
/* Of keys that seal one thing only. */
static const uint8_t zero_nonce[CRYPTO_AEAD_NONCE_LEN];

enum cs_err secret_permit(const struct channel *channel)
{
	if (!(channel->security & SECURITY_PIN) || !channel->secret.valid)
		return CS_ERR_DENIED;
	return channel->secret.pin_expired ? CS_ERR_EXPIRED : CS_OK;
}

bool secret_is_provisional(struct cs_view sealed)
{
	return sealed.len && sealed.ptr[0] == KIND_PROVISIONAL;
}

/* The envelope's place, and in it what is to be sealed, behind the header; it may lie in the same buffer. */
static uint8_t *space_make(struct cs_writer *sealed, size_t header, struct cs_view plain)
{
	uint8_t *space = cs_write_space(sealed, header + plain.len + CRYPTO_AEAD_TAG_LEN);

	if (space && plain.len)
		memmove(space + header, plain.ptr, plain.len);
	return space;
}

/* ---- under the data key ---- */

static enum cs_err direct_seal(struct card *card, const uint8_t data_key[SECRET_KEY_LEN],
			       struct cs_view context, struct cs_view plain, struct cs_writer *sealed)
{
	const struct crypto *crypto = card->ports.crypto;
	uint8_t nonce[CRYPTO_AEAD_NONCE_LEN];
	enum cs_err err = crypto->random(crypto->ctx, nonce, sizeof(nonce));
	uint8_t *space;

	if (err)
		return err;
	space = space_make(sealed, DIRECT_HEADER, plain);
	if (!space)
		return CS_ERR_NO_SPACE;
	space[0] = KIND_DIRECT;
	memcpy(space + 1, nonce, sizeof(nonce));
	space += DIRECT_HEADER;
	return crypto->aead_seal(crypto->ctx, data_key, nonce, context, cs_view(space, plain.len), space);
}

static enum cs_err direct_open(struct card *card, const uint8_t data_key[SECRET_KEY_LEN],
			       struct cs_view context, uint8_t *sealed, size_t len, struct cs_view *plain)
{
	const struct crypto *crypto = card->ports.crypto;
	uint8_t *body = sealed + DIRECT_HEADER;
	enum cs_err err;

	if (len < DIRECT_HEADER + CRYPTO_AEAD_TAG_LEN || sealed[0] != KIND_DIRECT)
		return CS_ERR_CORRUPT;
	len -= DIRECT_HEADER;
	err = crypto->aead_open(crypto->ctx, data_key, sealed + 1, context, cs_view(body, len), body);
	if (!err)
		*plain = cs_view(body, len - CRYPTO_AEAD_TAG_LEN);
	return err;
}

/* ---- to the public key ---- */

static enum cs_err record_load(struct card *card, uint8_t record[SECRET_RECORD_MAX], size_t *len)
{
	struct cs_writer w = cs_writer_of(record, SECRET_RECORD_MAX);
	enum cs_err err = store_get(&card->store, RECORD_SECRET, &w);

	if (err)
		return err == CS_ERR_NOT_FOUND ? CS_ERR_CORRUPT : err;
	*len = w.len;
	return w.len > SECRET_POINT_LEN ? CS_OK : CS_ERR_CORRUPT;
}

/* The key for one envelope: from the agreed secret, bound to both points. */
static enum cs_err envelope_key(struct card *card, struct cs_view priv, struct cs_view peer,
				const uint8_t ephemeral[SECRET_POINT_LEN],
				const uint8_t own[SECRET_POINT_LEN], uint8_t key[CRYPTO_AEAD_KEY_LEN])
{
	const struct crypto *crypto = card->ports.crypto;
	uint8_t agreed[CRYPTO_AEAD_KEY_LEN], text[sizeof(label) + 2 * SECRET_POINT_LEN];
	struct cs_writer w = CS_WRITER_OF(agreed), t = CS_WRITER_OF(text);
	enum cs_err err = crypto->key_agree(crypto->ctx, PIV_ALG_P256, priv, peer, &w);

	cs_write_view(&t, CS_VIEW_OF(label));
	cs_write_view(&t, cs_view(ephemeral, SECRET_POINT_LEN));
	cs_write_view(&t, cs_view(own, SECRET_POINT_LEN));
	if (!err)
		err = crypto->hmac(crypto->ctx, CS_SHA256, cs_writer_view(&w), cs_writer_view(&t), key);
	cs_wipe(agreed, sizeof(agreed));
	return err == CS_ERR_MALFORMED ? CS_ERR_CORRUPT : err;
}

/* A key pair, its public half as the point alone. */
static enum cs_err pair_make(struct card *card, struct cs_writer *priv, uint8_t point[SECRET_POINT_LEN])
{
	const struct crypto *crypto = card->ports.crypto;
	uint8_t bytes[CRYPTO_PUBLIC_MAX];
	struct cs_writer pub = CS_WRITER_OF(bytes);
	struct cs_view value = CS_VIEW_EMPTY;
	enum cs_err err = crypto->key_generate(crypto->ctx, PIV_ALG_P256, priv, &pub);

	if (!err)
		err = cs_tlv_find(cs_writer_view(&pub), PIV_TAG_EC_POINT, &value);
	if (!err && value.len != SECRET_POINT_LEN)
		err = CS_ERR_CRYPTO;
	if (!err)
		memcpy(point, value.ptr, SECRET_POINT_LEN);
	return err;
}

static enum cs_err provisional_seal(struct card *card, struct cs_view context, struct cs_view plain,
				    struct cs_writer *sealed)
{
	const struct crypto *crypto = card->ports.crypto;
	uint8_t record[SECRET_RECORD_MAX], bytes[PRIVATE_MAX], point[SECRET_POINT_LEN] = {0};
	uint8_t key[CRYPTO_AEAD_KEY_LEN] = {0}, *space;
	struct cs_writer priv = CS_WRITER_OF(bytes);
	size_t len = 0;
	enum cs_err err = record_load(card, record, &len);

	if (!err)
		err = pair_make(card, &priv, point);
	if (!err)
		err = envelope_key(card, cs_writer_view(&priv), cs_view(record, SECRET_POINT_LEN), point,
				   record, key);
	space = err ? NULL : space_make(sealed, PROVISIONAL_HEADER, plain);
	if (space) {
		space[0] = KIND_PROVISIONAL;
		memcpy(space + 1, point, sizeof(point));
		space += PROVISIONAL_HEADER;
		err = crypto->aead_seal(crypto->ctx, key, zero_nonce, context, cs_view(space, plain.len),
					space);
	} else if (!err) {
		err = CS_ERR_NO_SPACE;
	}
	piv_keys_forget(card);
	cs_wipe(bytes, sizeof(bytes));
	cs_wipe(key, sizeof(key));
	return err;
}

static enum cs_err provisional_open(struct card *card, const uint8_t data_key[SECRET_KEY_LEN],
				    struct cs_view context, uint8_t *sealed, size_t len,
				    struct cs_view *plain)
{
	const struct crypto *crypto = card->ports.crypto;
	uint8_t record[SECRET_RECORD_MAX] = {0}, key[CRYPTO_AEAD_KEY_LEN] = {0};
	uint8_t *body = sealed + PROVISIONAL_HEADER;
	struct cs_view priv = CS_VIEW_EMPTY;
	size_t record_len = 0;
	enum cs_err err = record_load(card, record, &record_len);

	if (!err && len < PROVISIONAL_HEADER + CRYPTO_AEAD_TAG_LEN)
		err = CS_ERR_CORRUPT;
	if (!err)
		err = direct_open(card, data_key, CS_VIEW_OF(own_context), record + SECRET_POINT_LEN,
				  record_len - SECRET_POINT_LEN, &priv);
	if (!err)
		err =
		    envelope_key(card, priv, cs_view(sealed + 1, SECRET_POINT_LEN), sealed + 1, record, key);
	if (!err)
		err = crypto->aead_open(crypto->ctx, key, zero_nonce, context,
					cs_view(body, len - PROVISIONAL_HEADER), body);
	if (!err)
		*plain = cs_view(body, len - PROVISIONAL_HEADER - CRYPTO_AEAD_TAG_LEN);
	piv_keys_forget(card);
	cs_wipe(record, sizeof(record));
	cs_wipe(key, sizeof(key));
	return err;
}

/* ---- either ---- */

enum cs_err secret_seal(struct card *card, const struct channel *channel, struct cs_view context,
			struct cs_view plain, struct cs_writer *sealed)
{
	if (channel && channel->secret.valid)
		return direct_seal(card, channel->secret.data_key, context, plain, sealed);
	return provisional_seal(card, context, plain, sealed);
}

enum cs_err secret_open(struct card *card, const struct channel *channel, struct cs_view context,
			uint8_t *sealed, size_t len, struct cs_view *plain)
{
	enum cs_err err = secret_permit(channel);

	if (err)
		return err;
	if (secret_is_provisional(cs_view(sealed, len)))
		return provisional_open(card, channel->secret.data_key, context, sealed, len, plain);
	return direct_open(card, channel->secret.data_key, context, sealed, len, plain);
}

/* What is opened moves to where the shorter envelope has it, and is sealed in place. */
enum cs_err secret_renew(struct card *card, const struct channel *channel, struct cs_view context,
			 uint8_t *sealed, size_t *len)
{
	const struct crypto *crypto = card->ports.crypto;
	struct cs_view plain = CS_VIEW_EMPTY;
	enum cs_err err = secret_open(card, channel, context, sealed, *len, &plain);

	if (err)
		return err;
	memmove(sealed + DIRECT_HEADER, plain.ptr, plain.len);
	sealed[0] = KIND_DIRECT;
	err = crypto->random(crypto->ctx, sealed + 1, CRYPTO_AEAD_NONCE_LEN);
	if (!err)
		err = crypto->aead_seal(crypto->ctx, channel->secret.data_key, sealed + 1, context,
					cs_view(sealed + DIRECT_HEADER, plain.len), sealed + DIRECT_HEADER);
	if (!err)
		*len = DIRECT_HEADER + plain.len + CRYPTO_AEAD_TAG_LEN;
	return err;
}

enum cs_err secret_make(struct card *card, uint8_t data_key[SECRET_KEY_LEN], struct cs_writer *record)
{
	const struct crypto *crypto = card->ports.crypto;
	uint8_t bytes[PRIVATE_MAX], point[SECRET_POINT_LEN] = {0};
	struct cs_writer priv = CS_WRITER_OF(bytes);
	enum cs_err err = crypto->random(crypto->ctx, data_key, SECRET_KEY_LEN);

	if (!err)
		err = pair_make(card, &priv, point);
	cs_write_view(record, CS_VIEW_OF(point));
	if (!err)
		err = direct_seal(card, data_key, CS_VIEW_OF(own_context), cs_writer_view(&priv), record);
	cs_wipe(bytes, sizeof(bytes));
	return err;
}
