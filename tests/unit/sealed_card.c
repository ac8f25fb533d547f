/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Statements as cards make them, with libcrypto.
 */
#include "tests/unit/sealed_card.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <openssl/ec.h>
#include <openssl/rand.h>

#include "base/host/sealed_seed.h"
#include "base/tlv.h"
#include "tests/unit/base_hmac.h"
#include "tests/unit/pki.h"

static void agree(EVP_PKEY *ephemeral, struct cs_view server, uint8_t shared[CS_SEALED_SEED_KEY_LEN])
{
	EVP_PKEY *peer = EVP_PKEY_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(ephemeral, NULL);
	size_t len = CS_SEALED_SEED_KEY_LEN;

	assert_int_equal(EVP_PKEY_copy_parameters(peer, ephemeral), 1);
	assert_int_equal(EVP_PKEY_set1_encoded_public_key(peer, server.ptr, server.len), 1);
	assert_int_equal(EVP_PKEY_derive_init(ctx), 1);
	assert_int_equal(EVP_PKEY_derive_set_peer(ctx, peer), 1);
	assert_int_equal(EVP_PKEY_derive(ctx, shared, &len), 1);
	assert_int_equal(len, CS_SEALED_SEED_KEY_LEN);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(peer);
}

static void gcm(const struct cs_sealed_seed_keys *keys, struct cs_view aad, struct cs_view plain,
		struct cs_writer *out)
{
	uint8_t *space = cs_write_space(out, plain.len + CS_SEALED_SEED_GCM_TAG_LEN);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0;

	assert_non_null(space);
	assert_int_equal(EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, keys->key, keys->nonce), 1);
	assert_int_equal(EVP_EncryptUpdate(ctx, NULL, &n, aad.ptr, (int)aad.len), 1);
	assert_int_equal(EVP_EncryptUpdate(ctx, space, &n, plain.ptr, (int)plain.len), 1);
	assert_int_equal(EVP_EncryptFinal_ex(ctx, space + n, &n), 1);
	assert_int_equal(
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, CS_SEALED_SEED_GCM_TAG_LEN, space + plain.len), 1);
	EVP_CIPHER_CTX_free(ctx);
}

/* The elements of a statement, for a seed. */
static void statement_write(const struct sealed_card *card, struct cs_view server, struct cs_view seed,
			    struct cs_writer *w)
{
	static const struct cs_hmac hmac = {.fn = libcrypto_hmac};
	uint8_t point_bytes[CS_SEALED_SEED_POINT_MAX], shared[CS_SEALED_SEED_KEY_LEN];
	struct cs_writer point = CS_WRITER_OF(point_bytes);
	EVP_PKEY *ephemeral = pki_key("P-256");
	struct cs_sealed_seed_keys keys;
	struct cs_sealed_seed said = {.serial = card->serial,
				      .firmware = {5, 7, 0},
				      .name = cs_view_string(card->name),
				      .type_hash = card->type_hash,
				      .digits = card->digits,
				      .properties = card->properties,
				      .suite = card->suite ? cs_view_string(card->suite) : CS_VIEW_EMPTY,
				      .counter = card->counter,
				      .server = server};

	assert_int_equal(cs_sealed_seed_server(ephemeral, &said.curve, &point), CS_OK);
	said.ephemeral = cs_writer_view(&point);
	cs_sealed_seed_write(w, &said);
	if (card->version)
		w->buf[2] = card->version;
	agree(ephemeral, server, shared);
	assert_int_equal(cs_sealed_seed_derive(&hmac, &said, CS_VIEW_OF(shared), &keys), CS_OK);
	struct cs_view aad = cs_writer_view(w);
	cs_tlv_write_header(w, CS_SEALED_SEED_SEALED, seed.len + CS_SEALED_SEED_GCM_TAG_LEN);
	gcm(&keys, aad, seed, w);
	EVP_PKEY_free(ephemeral);
}

static void sign(EVP_PKEY *key, struct cs_view statement, struct cs_writer *out)
{
	uint8_t message[CS_SEALED_SEED_LABEL_LEN + CS_SEALED_SEED_STATEMENT_MAX], signature[512];
	struct cs_writer m = CS_WRITER_OF(message);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t len = sizeof(signature);

	if (pki_forge(key, signature)) {
		EVP_MD_CTX_free(ctx);
		cs_tlv_write(out, CS_SEALED_SEED_SIGNATURE, cs_view(signature, PKI_ED25519_SIGNATURE_LEN));
		return;
	}
	cs_write_view(&m, cs_view(CS_SEALED_SEED_LABEL, CS_SEALED_SEED_LABEL_LEN));
	cs_write_view(&m, statement);
	assert_int_equal(cs_writer_done(&m), CS_OK);
	assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key), 1);
	assert_int_equal(EVP_DigestSign(ctx, signature, &len, cs_writer_view(&m).ptr, cs_writer_view(&m).len),
			 1);
	cs_tlv_write(out, CS_SEALED_SEED_SIGNATURE, cs_view(signature, len));
	EVP_MD_CTX_free(ctx);
}

void sealed_card_statement(const struct sealed_card *card, struct cs_view server, struct cs_writer *out,
			   struct cs_writer *seed)
{
	uint8_t bytes[CS_SEALED_SEED_STATEMENT_MAX], der[2048];
	struct cs_writer statement = CS_WRITER_OF(bytes), certificate = CS_WRITER_OF(der);
	size_t len = cs_hash_size(cs_ykoath_hash(card->type_hash));
	uint8_t *space = cs_write_space(seed, len);

	assert_non_null(space);
	assert_int_equal(RAND_bytes(space, (int)len), 1);
	statement_write(card, server, cs_view(space, len), &statement);
	pki_der(&certificate, card->certificate);
	cs_tlv_write(out, CS_SEALED_SEED_STATEMENT, cs_writer_view(&statement));
	sign(card->key, cs_writer_view(&statement), out);
	cs_tlv_write(out, CS_SEALED_SEED_CERTIFICATE, cs_writer_view(&certificate));
	assert_int_equal(cs_writer_done(out), CS_OK);
}
