/* SPDX-License-Identifier: BSD-2-Clause
 *
 * USE SECRET KEY: encrypts, decrypts, makes and checks MACs with a secret key. P1 says how, P2 which key.
 *
 * A mechanism is a row: which algorithms it is for, which usage flag it needs, which elements it takes.
 */
#include <string.h>

#include "applet/block_mode.h"
#include "applet/csgn.h"
#include "applet/gcm.h"
#include "applet/piv_key.h"
#include "applet/secret_key.h"
#include "applet/touch.h"
#include "base/secret.h"
#include "base/tlv.h"

struct input {
	struct cs_view iv, aad, text, mac;
	bool has_iv, has_aad, has_mac;
};

struct use {
	struct card *card;
	const struct secret_key *key;
	struct block_key block; /* for AES keys */
	struct input in;
	struct cs_writer *out;
};

typedef enum cs_err use_fn(const struct use *use);

/* ---- ciphers ---- */

/* A writable place of as many bytes as the text has, as the result's element. */
static uint8_t *result_space(const struct use *use)
{
	cs_tlv_write_header(use->out, CSGN_TAG_TEXT, use->in.text.len);
	return cs_write_space(use->out, use->in.text.len);
}

static enum cs_err cbc(const struct use *use, bool encrypt)
{
	uint8_t *out = result_space(use);

	if (!out)
		return CS_ERR_NO_SPACE;
	return encrypt ? block_cbc_encrypt(&use->block, use->in.iv.ptr, use->in.text, out)
		       : block_cbc_decrypt(&use->block, use->in.iv.ptr, use->in.text, out);
}

static enum cs_err use_cbc_encrypt(const struct use *use)
{
	return cbc(use, true);
}

static enum cs_err use_cbc_decrypt(const struct use *use)
{
	return cbc(use, false);
}

static enum cs_err use_ctr(const struct use *use)
{
	uint8_t *out = result_space(use);

	return out ? block_ctr(&use->block, use->in.iv.ptr, use->in.text, out) : CS_ERR_NO_SPACE;
}

/* ECB is CBC of each block alone. */
static enum cs_err ecb(const struct use *use, bool encrypt)
{
	static const uint8_t zero[BLOCK_LEN];
	uint8_t *out = result_space(use);
	enum cs_err err = out ? CS_OK : CS_ERR_NO_SPACE;

	for (size_t i = 0; !err && i < use->in.text.len; i += BLOCK_LEN) {
		struct cs_view one = cs_view(use->in.text.ptr + i, BLOCK_LEN);

		err = encrypt ? block_cbc_encrypt(&use->block, zero, one, out + i)
			      : block_cbc_decrypt(&use->block, zero, one, out + i);
	}
	return err;
}

static enum cs_err use_ecb_encrypt(const struct use *use)
{
	return ecb(use, true);
}

static enum cs_err use_ecb_decrypt(const struct use *use)
{
	return ecb(use, false);
}

/* Without a nonce of the host's the card draws one, and says which. */
static enum cs_err use_gcm_encrypt(const struct use *use)
{
	const struct crypto *crypto = use->card->ports.crypto;
	uint8_t nonce[GCM_NONCE_LEN], tag[GCM_TAG_LEN] = {0}, *out;
	enum cs_err err = CS_OK;

	if (use->in.has_iv)
		memcpy(nonce, use->in.iv.ptr, sizeof(nonce));
	else
		err = crypto->random(crypto->ctx, nonce, sizeof(nonce));
	if (err)
		return err;
	if (!use->in.has_iv)
		cs_tlv_write(use->out, CSGN_TAG_IV, CS_VIEW_OF(nonce));
	out = result_space(use);
	if (!out)
		return CS_ERR_NO_SPACE;
	err = gcm_seal(&use->block, nonce, use->in.aad, use->in.text, out, tag);
	if (!err)
		cs_tlv_write(use->out, CSGN_TAG_MAC, CS_VIEW_OF(tag));
	return err;
}

static enum cs_err use_gcm_decrypt(const struct use *use)
{
	uint8_t *out = result_space(use);

	if (!out)
		return CS_ERR_NO_SPACE;
	return gcm_open(&use->block, use->in.iv.ptr, use->in.aad, use->in.text, use->in.mac.ptr, out);
}

/* ---- MACs ---- */

static enum cs_hash hash_of(uint8_t algorithm)
{
	return (enum cs_hash)(algorithm - CSGN_SECRET_HMAC_SHA1 + CS_SHA1);
}

/* mac has room for CS_HASH_MAX bytes. */
static enum cs_err mac_make(const struct use *use, uint8_t *mac, size_t *len)
{
	const struct crypto *crypto = use->card->ports.crypto;
	enum cs_hash hash = hash_of(use->key->algorithm);
	struct block_cmac cmac;

	if (use->key->algorithm >= CSGN_SECRET_HMAC_SHA1) {
		*len = cs_hash_size(hash);
		return crypto->hmac(crypto->ctx, hash, cs_view(use->key->bytes, use->key->len), use->in.text,
				    mac);
	}
	*len = BLOCK_LEN;
	block_cmac_begin(&cmac, &use->block);
	block_cmac_add(&cmac, use->in.text);
	return block_cmac_end(&cmac, mac);
}

static enum cs_err use_sign(const struct use *use)
{
	uint8_t mac[CS_HASH_MAX] = {0};
	size_t len = 0;
	enum cs_err err = mac_make(use, mac, &len);

	if (!err)
		cs_tlv_write(use->out, CSGN_TAG_MAC, cs_view(mac, len));
	cs_wipe(mac, sizeof(mac));
	return err;
}

/* The whole MAC, or as much of it as CSGN_MAC_MIN and more: protocols cut it. */
static enum cs_err use_verify(const struct use *use)
{
	uint8_t mac[CS_HASH_MAX] = {0};
	size_t len = 0;
	enum cs_err err = mac_make(use, mac, &len);

	if (!err && use->in.mac.len > len)
		err = CS_ERR_MALFORMED;
	if (!err && !cs_equal_ct(mac, use->in.mac.ptr, use->in.mac.len))
		err = CS_ERR_CORRUPT;
	cs_wipe(mac, sizeof(mac));
	return err;
}

/* ---- rows ---- */

enum takes { IV_NEVER, IV_MAY, IV_MUST };

static const struct mechanism {
	uint8_t how;	/* P1 */
	bool hmac;	/* for HMAC keys, else for AES keys */
	uint16_t usage; /* any of these */
	uint8_t iv_len; /* of the element, where it is there */
	enum takes iv;
	bool aad, mac; /* takes additional data; needs the MAC */
	uint8_t unit;  /* of the text, of which there has to be one at least; 0: any text, or none */
	use_fn *run;
} mechanisms[] = {
    {CSGN_USE_ECB, false, CSGN_USAGE_ENCRYPT, 0, IV_NEVER, false, false, BLOCK_LEN, use_ecb_encrypt},
    {CSGN_USE_ECB | CSGN_USE_INVERSE, false, CSGN_USAGE_DECRYPT, 0, IV_NEVER, false, false, BLOCK_LEN,
     use_ecb_decrypt},
    {CSGN_USE_CBC, false, CSGN_USAGE_ENCRYPT, BLOCK_LEN, IV_MUST, false, false, BLOCK_LEN, use_cbc_encrypt},
    {CSGN_USE_CBC | CSGN_USE_INVERSE, false, CSGN_USAGE_DECRYPT, BLOCK_LEN, IV_MUST, false, false, BLOCK_LEN,
     use_cbc_decrypt},
    {CSGN_USE_CTR, false, CSGN_USAGE_ENCRYPT, BLOCK_LEN, IV_MUST, false, false, 1, use_ctr},
    {CSGN_USE_CTR | CSGN_USE_INVERSE, false, CSGN_USAGE_DECRYPT, BLOCK_LEN, IV_MUST, false, false, 1,
     use_ctr},
    {CSGN_USE_GCM, false, CSGN_USAGE_ENCRYPT, GCM_NONCE_LEN, IV_MAY, true, false, 0, use_gcm_encrypt},
    {CSGN_USE_GCM | CSGN_USE_INVERSE, false, CSGN_USAGE_DECRYPT, GCM_NONCE_LEN, IV_MUST, true, true, 0,
     use_gcm_decrypt},
    {CSGN_USE_CMAC, false, CSGN_USAGE_SIGN, 0, IV_NEVER, false, false, 0, use_sign},
    {CSGN_USE_CMAC | CSGN_USE_INVERSE, false, CSGN_USAGE_VERIFY, 0, IV_NEVER, false, true, 0, use_verify},
    {CSGN_USE_HMAC, true, CSGN_USAGE_SIGN, 0, IV_NEVER, false, false, 0, use_sign},
    {CSGN_USE_HMAC | CSGN_USE_INVERSE, true, CSGN_USAGE_VERIFY, 0, IV_NEVER, false, true, 0, use_verify},
};

static const struct mechanism *mechanism_find(uint8_t how, uint8_t algorithm)
{
	bool hmac = algorithm >= CSGN_SECRET_HMAC_SHA1;

	for (size_t i = 0; i < sizeof(mechanisms) / sizeof(mechanisms[0]); i++) {
		if (mechanisms[i].how == how && mechanisms[i].hmac == hmac)
			return &mechanisms[i];
	}
	return NULL;
}

static enum cs_err input_read(struct cs_view data, struct input *in)
{
	struct cs_reader r = cs_reader_of(data);
	bool has_text = false;
	struct cs_tlv t;

	while (cs_tlv_read(&r, &t)) {
		struct cs_view *to = t.tag == CSGN_TAG_IV     ? &in->iv
				     : t.tag == CSGN_TAG_AAD  ? &in->aad
				     : t.tag == CSGN_TAG_TEXT ? &in->text
				     : t.tag == CSGN_TAG_MAC  ? &in->mac
							      : NULL;
		bool *has = t.tag == CSGN_TAG_IV    ? &in->has_iv
			    : t.tag == CSGN_TAG_AAD ? &in->has_aad
			    : t.tag == CSGN_TAG_MAC ? &in->has_mac
						    : &has_text;

		if (!to || *has) {
			cs_reader_fail(&r);
			break;
		}
		*to = t.value;
		*has = true;
	}
	return has_text ? cs_reader_done(&r) : CS_ERR_MALFORMED;
}

static enum cs_err input_fits(const struct mechanism *m, const struct input *in)
{
	if (in->has_iv ? m->iv == IV_NEVER || in->iv.len != m->iv_len : m->iv == IV_MUST)
		return CS_ERR_MALFORMED;
	if ((in->has_aad && !m->aad) || in->has_mac != m->mac)
		return CS_ERR_MALFORMED;
	if (m->mac && (m->iv_len ? in->mac.len != GCM_TAG_LEN : in->mac.len < CSGN_MAC_MIN))
		return CS_ERR_MALFORMED;
	return m->unit && (in->text.len == 0 || in->text.len % m->unit) ? CS_ERR_MALFORMED : CS_OK;
}

/* A tag or MAC that does not match is wrong data. */
static enum cs_err outcome(enum cs_err err)
{
	return err == CS_ERR_CORRUPT ? CS_ERR_MALFORMED : err;
}

static enum cs_err use_run(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
			   struct secret_key *key, struct cs_writer *out)
{
	const struct mechanism *m = mechanism_find(cmd->p1, key->algorithm);
	const struct piv_key policies = {.pin_policy = key->pin_policy, .touch_policy = key->touch_policy};
	struct use use = {.card = card, .key = key, .out = out};
	enum cs_err err = m ? piv_key_permit(channel, &policies) : CS_ERR_ARG;

	if (!err && !(key->usage & m->usage))
		err = CS_ERR_STATE;
	if (!err)
		err = input_read(cmd->data, &use.in);
	if (!err)
		err = input_fits(m, &use.in);
	if (!err)
		err = touch_require(card, channel, (enum piv_touch_policy)key->touch_policy,
				    "use a secret key");
	if (!err)
		err = secret_key_open(card, channel, key);
	if (err)
		return err;
	use.block = (struct block_key){.crypto = card->ports.crypto, .key = cs_view(key->bytes, key->len)};
	return outcome(m->run(&use));
}

enum cs_err csgn_secret_use(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
			    struct cs_writer *out)
{
	struct secret_key key = {0};
	enum cs_err err = secret_key_load(card, cmd->p2, &key);

	if (!err)
		err = use_run(card, channel, cmd, &key, out);
	cs_wipe(&key, sizeof(key));
	return err;
}
