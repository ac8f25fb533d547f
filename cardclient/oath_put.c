/* SPDX-License-Identifier: BSD-2-Clause
 *
 * OATH: new credentials, with a key of the host's or of the card's.
 */
#include <openssl/evp.h>

#include "base/secret.h"
#include "base/tlv.h"
#include "cardclient/library.h"
#include "cardclient/oath_private.h"

/* The key as it goes over: digested where it is longer than a block of its hash (RFC 2104), padded where it
 * is short. */
static enum cs_err key_prepare(enum ykoath_hash hash, struct cs_view key, struct cs_writer *out)
{
	/* A SHA-512 key of up to 128 bytes would still be a key, but the card takes 64. */
	size_t block = hash == YKOATH_HASH_SHA512 ? 128 : 64;

	if (key.len > block) {
		OSSL_LIB_CTX *lib = cc_library();
		uint8_t digest[CS_HASH_MAX];
		size_t len = 0;
		if (lib == NULL || EVP_Q_digest(lib, cc_oath_hash_name((uint8_t)hash), NULL, key.ptr, key.len,
						digest, &len) != 1)
			return CS_ERR_CRYPTO;
		cs_write_view(out, cs_view(digest, len));
		cs_wipe(digest, sizeof digest);
		return cs_writer_done(out);
	}
	if (key.len > YKOATH_KEY_MAX)
		return CS_ERR_UNSUPPORTED;
	cs_write_view(out, key);
	if (key.len < YKOATH_KEY_MIN)
		cs_write_fill(out, 0, YKOATH_KEY_MIN - key.len);
	return cs_writer_done(out);
}

/* What is asked of the hash of an OCRA credential is that of its suite; the card says whether all goes
 * together. */
static bool credential_valid(const struct cc_oath_credential *c)
{
	bool longer = c->type != YKOATH_TYPE_OCRA && c->digits > 8;

	return cc_oath_name_fits(c->name) && !longer &&
	       cs_ykoath_shape_valid((uint8_t)((unsigned)c->type | (unsigned)c->hash), (uint8_t)c->digits,
				     c->suite);
}

/* 73: type and hash, digits, and a key or none. */
static void write_shape(struct cs_writer *w, const struct cc_oath_credential *c, struct cs_view key)
{
	cs_tlv_write(w, YKOATH_TAG_NAME, c->name);
	cs_tlv_write_header(w, YKOATH_TAG_KEY, 2 + key.len);
	cs_write_u8(w, (uint8_t)((unsigned)c->type | (unsigned)c->hash));
	cs_write_u8(w, (uint8_t)c->digits);
	cs_write_view(w, key);
}

static void write_options(struct cs_writer *w, const struct cc_oath_credential *c)
{
	uint8_t properties = (uint8_t)((c->touch ? YKOATH_PROPERTY_TOUCH : 0) |
				       (c->increasing ? YKOATH_PROPERTY_INCREASING : 0));
	if (properties != 0) {
		cs_write_u8(w, YKOATH_TAG_PROPERTY);
		cs_write_u8(w, properties);
	}
	if (c->pin)
		cs_tlv_write_u8(w, YKOATH_TAG_PROPERTIES, YKOATH_PROPERTY_PIN);
	if (c->suite.len > 0)
		cs_tlv_write(w, YKOATH_TAG_SUITE, c->suite);
	if (c->type == YKOATH_TYPE_TOTP || c->counter == 0)
		return;
	cs_tlv_write_header(w, YKOATH_TAG_IMF, c->counter > UINT32_MAX ? 8 : 4);
	if (c->counter > UINT32_MAX)
		cs_write_u64(w, c->counter);
	else
		cs_write_u32(w, (uint32_t)c->counter);
}

enum cs_err cc_oath_put(struct cc_card *card, const struct cc_oath_credential *c)
{
	uint8_t data[256], key[YKOATH_KEY_MAX];
	struct cs_writer w = CS_WRITER_OF(data), k = CS_WRITER_OF(key);

	if (!credential_valid(c) || c->key.len == 0)
		return CS_ERR_ARG;
	enum cs_err err = key_prepare(c->hash, c->key, &k);
	write_shape(&w, c, cs_writer_view(&k));
	write_options(&w, c);
	struct cs_apdu cmd = {.ins = YKOATH_INS_PUT, .data = cs_writer_view(&w)};
	if (!err)
		err = cs_writer_done(&w);
	if (!err)
		err = cc_oath_command(card, &cmd, NULL);
	cs_wipe(data, sizeof data);
	cs_wipe(key, sizeof key);
	return err;
}

enum cs_err cc_oath_generate(struct cc_card *card, const struct cc_oath_credential *c,
			     enum cs_sealed_seed_curve curve, struct cs_view server, struct cs_writer *sealed)
{
	uint8_t data[300];
	struct cs_writer w = CS_WRITER_OF(data);

	if (!credential_valid(c) || server.len != cs_sealed_seed_point_len(curve))
		return CS_ERR_ARG;
	cs_tlv_write_header(&w, YKOATH_TAG_SERVER, 1 + server.len);
	cs_write_u8(&w, (uint8_t)curve);
	cs_write_view(&w, server);
	write_shape(&w, c, CS_VIEW_EMPTY);
	write_options(&w, c);
	struct cs_apdu cmd = {
	    .ins = YKOATH_INS_GENERATE, .data = cs_writer_view(&w), .ne = CS_APDU_SHORT_NE_MAX};
	enum cs_err err = cs_writer_done(&w);
	return err ? err : cc_oath_command(card, &cmd, sealed);
}
