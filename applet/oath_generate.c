/* SPDX-License-Identifier: BSD-2-Clause
 *
 * OATH: GENERATE: a seed that the card makes, and seals to a server's public key.
 *
 * Invariants:
 * 1. A seed leaves the card in the answer to the command that made it, sealed to the key which that command
 * named, and in no other answer: nothing else reads a seed but to compute with it. So it is exported once,
 * whatever is lost on the way; where the answer is lost, the credential is made anew, with another seed.
 * 2. The credential is durable before the answer leaves: no server has a seed that its card has not.
 */
#include "applet/oath_app.h"

#include <string.h>

#include "applet/content.h"
#include "applet/device.h"
#include "applet/oath_credential.h"
#include "applet/piv_key.h"
#include "applet/piv_object.h"
#include "applet/piv_sign.h"
#include "base/sealed_seed.h"
#include "base/secret.h"
#include "base/tlv.h"

#define EC_PRIVATE_MAX 128u /* of an ephemeral key, as crypto.h writes it */
#define EC_PUBLIC_MAX  80u

/* What is signed: label, then the statement. */
struct message {
	uint8_t bytes[CS_SEALED_SEED_LABEL_LEN + CS_SEALED_SEED_STATEMENT_MAX];
	struct cs_writer w;
};

static struct cs_view message_statement(const struct message *m)
{
	return cs_view(m->bytes + CS_SEALED_SEED_LABEL_LEN, m->w.len - CS_SEALED_SEED_LABEL_LEN);
}

/* ---- sealing ---- */

/* Makes the ephemeral key and agrees with the server's. point has room for its public part. */
static enum cs_err agree(struct card *card, struct cs_sealed_seed *seed, uint8_t *point,
			 struct cs_writer *shared)
{
	const struct crypto *crypto = card->ports.crypto;
	enum piv_alg alg = (enum piv_alg)seed->curve;
	uint8_t priv_bytes[EC_PRIVATE_MAX], pub_bytes[EC_PUBLIC_MAX];
	struct cs_writer priv = CS_WRITER_OF(priv_bytes), pub = CS_WRITER_OF(pub_bytes);
	struct cs_view ephemeral = CS_VIEW_EMPTY;
	enum cs_err err = crypto->key_generate(crypto->ctx, alg, &priv, &pub);

	if (!err)
		err = cs_tlv_find(cs_writer_view(&pub), PIV_TAG_EC_POINT, &ephemeral);
	if (!err && ephemeral.len != seed->server.len)
		err = CS_ERR_CRYPTO;
	if (!err)
		err = crypto->key_agree(crypto->ctx, alg, cs_writer_view(&priv), seed->server, shared);
	if (!err) {
		memcpy(point, ephemeral.ptr, ephemeral.len);
		seed->ephemeral = cs_view(point, ephemeral.len);
	}
	/* With it, whoever has the answer would have the seed. */
	piv_keys_forget(card);
	cs_wipe(priv_bytes, sizeof priv_bytes);
	return err;
}

/* Appends the statement's elements to m: those that tell, and the sealed seed, which they are bound to. */
static enum cs_err seal(struct card *card, struct cs_sealed_seed *seed, struct cs_view key, struct message *m)
{
	const struct crypto *crypto = card->ports.crypto;
	const struct cs_hmac hmac = {.fn = crypto->hmac, .ctx = crypto->ctx};
	uint8_t point[CS_SEALED_SEED_POINT_MAX], secret[CS_SEALED_SEED_KEY_LEN];
	uint8_t sealed[YKOATH_KEY_MAX + CRYPTO_AEAD_TAG_LEN];
	struct cs_writer shared = CS_WRITER_OF(secret);
	struct cs_sealed_seed_keys keys;
	enum cs_err err = agree(card, seed, point, &shared);

	if (!err)
		err = cs_sealed_seed_derive(&hmac, seed, cs_writer_view(&shared), &keys);
	if (!err) {
		cs_sealed_seed_write(&m->w, seed);
		err = cs_writer_done(&m->w);
	}
	if (!err)
		err = crypto->aead_seal(crypto->ctx, keys.key, keys.nonce, message_statement(m), key, sealed);
	if (!err) {
		cs_tlv_write(&m->w, CS_SEALED_SEED_SEALED, cs_view(sealed, key.len + CRYPTO_AEAD_TAG_LEN));
		err = cs_writer_done(&m->w);
	}
	cs_wipe(secret, sizeof secret);
	cs_wipe(&keys, sizeof keys);
	return err;
}

/* ---- the answer ---- */

/* Signature by the attestation key, and its certificate. CS_ERR_STATE where the card has not both. */
static enum cs_err attest(struct card *card, struct cs_view message, struct cs_writer *out)
{
	struct cs_writer object = CS_WRITER_OF(card->work);
	struct cs_view certificate;
	struct piv_key key;
	size_t mark = cs_tlv_begin(out, CS_SEALED_SEED_SIGNATURE);
	enum cs_err err = piv_key_load(card, PIV_SLOT_ATTESTATION, &key);

	if (!err)
		err = piv_sign_message(card, &key, message, out);
	cs_tlv_end(out, mark);
	cs_wipe(card->work, sizeof card->work);
	if (!err)
		err = store_get(&card->store, RECORD_ATTESTATION_CERT, &object);
	if (!err)
		err = piv_object_certificate(cs_writer_view(&object), &certificate);
	if (!err)
		cs_tlv_write(out, CS_SEALED_SEED_CERTIFICATE, certificate);
	return err == CS_ERR_NOT_FOUND || err == CS_ERR_NO_SPACE ? CS_ERR_STATE : err;
}

static enum cs_err answer(struct card *card, const struct oath_credential *cred, struct cs_sealed_seed *seed,
			  struct cs_writer *out)
{
	static const uint8_t firmware[] = DEVICE_VERSION;
	struct message m;
	enum cs_err err;

	m.w = CS_WRITER_OF(m.bytes);
	cs_write_view(&m.w, cs_view(CS_SEALED_SEED_LABEL, CS_SEALED_SEED_LABEL_LEN));
	seed->serial = card->ports.platform->serial;
	memcpy(seed->firmware, firmware, sizeof seed->firmware);
	seed->name = oath_name(cred);
	seed->type_hash = cred->type_hash;
	seed->digits = cred->digits;
	seed->properties = cred->properties;
	seed->suite = oath_suite(cred);
	seed->counter = cred->counter;
	err = seal(card, seed, cs_view(cred->key, cred->key_len), &m);
	if (!err) {
		cs_tlv_write(out, CS_SEALED_SEED_STATEMENT, message_statement(&m));
		err = attest(card, cs_writer_view(&m.w), out);
	}
	return err ? err : cs_writer_done(out);
}

/* ---- the command ---- */

/* C7: the curve, which the card's cryptography has to have, and the point. */
static enum cs_err server_parse(const struct card *card, struct cs_view value, struct cs_sealed_seed *seed)
{
	const struct crypto *crypto = card->ports.crypto;
	struct cs_reader r = cs_reader_of(value);
	uint8_t curve = cs_read_u8(&r);
	size_t len = cs_sealed_seed_point_len((enum cs_sealed_seed_curve)curve);

	seed->curve = (enum cs_sealed_seed_curve)curve;
	seed->server = cs_read_rest(&r);
	if (cs_reader_done(&r))
		return CS_ERR_MALFORMED;
	if (len == 0 || !crypto->supports(crypto->ctx, (enum piv_alg)curve))
		return CS_ERR_UNSUPPORTED;
	return seed->server.len == len ? CS_OK : CS_ERR_MALFORMED;
}

static enum cs_err seed_make(struct card *card, struct oath_credential *cred)
{
	const struct crypto *crypto = card->ports.crypto;

	cred->properties |= YKOATH_PROPERTY_MADE;
	cred->key_len = (uint8_t)cs_hash_size(cs_ykoath_hash(cred->type_hash));
	return crypto->random(crypto->ctx, cred->key, cred->key_len);
}

enum cs_err oath_generate(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
			  struct cs_writer *out)
{
	struct oath_credential cred = {0};
	struct cs_sealed_seed seed = {0};
	struct cs_reader r = cs_reader_of(cmd->data);
	struct cs_view server = cs_tlv_expect(&r, YKOATH_TAG_SERVER);
	enum cs_err err = r.failed ? CS_ERR_MALFORMED : server_parse(card, server, &seed);

	if (!err)
		err = oath_parse_shape(cs_read_rest(&r), &cred);
	if (!err)
		err = oath_id_for(&card->store, oath_name(&cred), &cred.id);
	if (!err)
		err = oath_unique_draw(card, &cred);
	if (!err)
		err = seed_make(card, &cred);
	if (!err)
		err = answer(card, &cred, &seed, out);
	if (!err)
		err = oath_key_seal(card, channel, &cred);
	if (!err)
		err = content_touch(card);
	if (!err)
		err = oath_store(&card->store, &cred);
	cs_wipe(&cred, sizeof cred);
	return err;
}
