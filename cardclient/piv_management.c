/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The management key of PIV: mutual authentication (SP 800-73-5 part 2, A.2), and what it permits.
 */
#include <openssl/evp.h>
#include <string.h>

#include "base/secret.h"
#include "base/tlv.h"
#include "cardclient/library.h"
#include "cardclient/piv_parse.h"
#include "cardclient/private.h"

#define BLOCK_MAX 16u

#define NOT_TOLD ((enum piv_alg)0)

struct cipher_row {
	enum piv_alg alg;
	size_t key_len, block_len;
	const char *cipher; /* libcrypto's name */
};

static const struct cipher_row cipher_rows[] = {
    {PIV_ALG_3DES, 24, 8, "DES-EDE3-ECB"},
    {PIV_ALG_AES128, 16, 16, "AES-128-ECB"},
    {PIV_ALG_AES192, 24, 16, "AES-192-ECB"},
    {PIV_ALG_AES256, 32, 16, "AES-256-ECB"},
};

static const struct cipher_row *cipher_find(enum piv_alg alg, size_t key_len)
{
	for (size_t i = 0; i < sizeof cipher_rows / sizeof cipher_rows[0]; i++) {
		if (cipher_rows[i].alg == alg && cipher_rows[i].key_len == key_len)
			return &cipher_rows[i];
	}
	return NULL;
}

/* One block under key. */
static enum cs_err block(const struct cipher_row *row, const uint8_t *key, bool encrypt, const uint8_t *in,
			 uint8_t *out)
{
	int len = 0;
	OSSL_LIB_CTX *lib = cc_library();
	EVP_CIPHER *cipher = lib != NULL ? EVP_CIPHER_fetch(lib, row->cipher, NULL) : NULL;
	EVP_CIPHER_CTX *ctx = cipher != NULL ? EVP_CIPHER_CTX_new() : NULL;
	bool ok = ctx != NULL && EVP_CipherInit_ex2(ctx, cipher, key, NULL, encrypt, NULL) == 1 &&
		  EVP_CIPHER_CTX_set_padding(ctx, 0) == 1 &&
		  EVP_CipherUpdate(ctx, out, &len, in, (int)row->block_len) == 1 &&
		  len == (int)row->block_len;
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(cipher);
	return ok ? CS_OK : CS_ERR_CRYPTO;
}

/* Sends one step of the dialogue, and yields the block under tag that the card answers. */
static enum cs_err step(struct cc_card *card, const struct cipher_row *row, struct cs_view data, uint32_t tag,
			uint8_t *out)
{
	uint8_t answer[64];
	struct cs_writer a = CS_WRITER_OF(answer);
	struct cs_view value;
	struct cs_apdu cmd = {
	    .ins = PIV_INS_AUTHENTICATE, .p1 = (uint8_t)row->alg, .p2 = PIV_SLOT_MANAGEMENT};

	cmd.data = data;
	cmd.ne = CS_APDU_SHORT_NE_MAX;
	enum cs_err err = cc_command(card, &cmd, &a);
	if (!err)
		err = cc_piv_parse_authentication(cs_writer_view(&a), tag, &value);
	if (!err && value.len != row->block_len)
		err = CS_ERR_MALFORMED;
	if (!err)
		memcpy(out, value.ptr, value.len);
	return err;
}

/* Asks for the witness, and decrypts it. */
static enum cs_err witness_get(struct cc_card *card, const struct cipher_row *row, const uint8_t *key,
			       uint8_t *plain)
{
	static const uint8_t ask[] = {PIV_TAG_AUTH_TEMPLATE, 2, PIV_TAG_AUTH_WITNESS, 0};
	uint8_t sealed[BLOCK_MAX];

	enum cs_err err = step(card, row, CS_VIEW_OF(ask), PIV_TAG_AUTH_WITNESS, sealed);
	return err ? err : block(row, key, false, sealed, plain);
}

/* Gives the witness back with our challenge, and takes the card's answer to that. */
static enum cs_err witness_prove(struct cc_card *card, const struct cipher_row *row, const uint8_t *witness,
				 const uint8_t *challenge, uint8_t *answer)
{
	uint8_t data[64];
	struct cs_writer w = CS_WRITER_OF(data);

	size_t mark = cs_tlv_begin(&w, PIV_TAG_AUTH_TEMPLATE);
	cs_tlv_write(&w, PIV_TAG_AUTH_WITNESS, cs_view(witness, row->block_len));
	cs_tlv_write(&w, PIV_TAG_AUTH_CHALLENGE, cs_view(challenge, row->block_len));
	cs_tlv_write(&w, PIV_TAG_AUTH_RESPONSE, CS_VIEW_EMPTY);
	cs_tlv_end(&w, mark);
	enum cs_err err = step(card, row, cs_writer_view(&w), PIV_TAG_AUTH_RESPONSE, answer);
	cs_wipe(data, sizeof data);
	/* Cards tell a wrong witness as 6982, 6A80 or 63Cx. */
	return err == CS_ERR_DENIED || err == CS_ERR_ARG || err == CS_ERR_BLOCKED ? CS_ERR_WRONG : err;
}

/* *asked: the card has given a witness of this cipher. */
static enum cs_err authenticate(struct cc_card *card, const struct cipher_row *row, struct cs_view key,
				bool *asked)
{
	uint8_t witness[BLOCK_MAX], challenge[BLOCK_MAX], expected[BLOCK_MAX], answer[BLOCK_MAX];

	*asked = false;
	if (!cc_library_random(challenge, row->block_len))
		return CS_ERR_CRYPTO;
	enum cs_err err = block(row, key.ptr, true, challenge, expected);
	if (!err)
		err = cc_begin(card);
	if (!err) {
		err = witness_get(card, row, key.ptr, witness);
		*asked = err == CS_OK;
		if (!err)
			err = witness_prove(card, row, witness, challenge, answer);
		cc_end(card);
	}
	if (!err && !cs_equal_ct(answer, expected, row->block_len))
		err = CS_ERR_WRONG;
	if (!err)
		card->management = row->alg;
	cs_wipe(witness, sizeof witness);
	cs_wipe(expected, sizeof expected);
	return err;
}

/* The card does not say which cipher its key is for: of those that keys of this length have, the first of
 * which it gives a witness. Nothing is proved before that. */
static enum cs_err authenticate_by_length(struct cc_card *card, struct cs_view key)
{
	enum cs_err err = CS_ERR_ARG;
	bool asked = false;

	for (size_t i = 0; !asked && i < sizeof cipher_rows / sizeof cipher_rows[0]; i++) {
		if (cipher_rows[i].key_len != key.len)
			continue;
		err = authenticate(card, &cipher_rows[i], key, &asked);
		/* A witness of another length is another cipher's. */
		if (!asked && err != CS_ERR_MALFORMED && !cc_refused(err))
			return err;
		if (!asked)
			err = CS_ERR_WRONG;
	}
	return err;
}

enum cs_err cc_piv_authenticate(struct cc_card *card, enum piv_alg alg, struct cs_view key)
{
	const struct cipher_row *row = cipher_find(alg, key.len);
	bool asked;

	if (alg == NOT_TOLD)
		return authenticate_by_length(card, key);
	return row != NULL ? authenticate(card, row, key, &asked) : CS_ERR_ARG;
}

enum cs_err cc_piv_management_alg(struct cc_card *card, enum piv_alg *alg)
{
	struct cc_piv_metadata metadata;
	enum cs_err err = cc_piv_metadata(card, PIV_SLOT_MANAGEMENT, &metadata);
	if (err != CS_OK && !cc_refused(err))
		return err;
	*alg = err == CS_OK ? (enum piv_alg)metadata.algorithm : NOT_TOLD;
	return CS_OK;
}

enum cs_err cc_piv_set_management_key(struct cc_card *card, enum piv_alg alg, struct cs_view key, bool touch)
{
	uint8_t data[3 + CC_PIV_MANAGEMENT_MAX];
	struct cs_writer w = CS_WRITER_OF(data);

	if (alg == NOT_TOLD)
		alg = card->management;
	if (cipher_find(alg, key.len) == NULL)
		return CS_ERR_ARG;
	cs_write_u8(&w, (uint8_t)alg);
	cs_write_u8(&w, PIV_SLOT_MANAGEMENT);
	cs_write_u8(&w, (uint8_t)key.len);
	cs_write_view(&w, key);
	struct cs_apdu cmd = {.ins = PIV_INS_SET_MANAGEMENT_KEY, .p1 = 0xFF, .p2 = touch ? 0xFE : 0xFF};
	cmd.data = cs_writer_view(&w);
	enum cs_err err = cc_command(card, &cmd, NULL);
	cs_wipe(data, sizeof data);
	return err;
}

enum cs_err cc_piv_set_retries(struct cc_card *card, unsigned pin_tries, unsigned puk_tries)
{
	if (pin_tries < 1 || pin_tries > 15 || puk_tries < 1 || puk_tries > 15)
		return CS_ERR_ARG;
	struct cs_apdu cmd = {.ins = PIV_INS_SET_RETRIES, .p1 = (uint8_t)pin_tries, .p2 = (uint8_t)puk_tries};
	return cc_command(card, &cmd, NULL);
}

enum cs_err cc_piv_reset(struct cc_card *card)
{
	struct cs_apdu cmd = {.ins = PIV_INS_RESET};
	return cc_command(card, &cmd, NULL);
}
