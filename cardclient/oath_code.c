/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The access code of the OATH application: derived from a password, proved, set; and the reset.
 */
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "base/secret.h"
#include "base/sw.h"
#include "base/tlv.h"
#include "cardclient/library.h"
#include "cardclient/oath_private.h"

#define ROUNDS	     1000
#define PASSWORD_MAX 1024u
#define SALT_MAX     64u

const char *cc_oath_hash_name(uint8_t type_hash)
{
	switch (type_hash & YKOATH_HASH_MASK) {
	case YKOATH_HASH_SHA1:
		return "SHA1";
	case YKOATH_HASH_SHA256:
		return "SHA256";
	case YKOATH_HASH_SHA512:
		return "SHA512";
	default:
		return NULL;
	}
}

/* PBKDF2 (RFC 8018, 5.2). */
static bool derive(struct cs_view password, struct cs_view salt, uint8_t code[YKOATH_CODE_LEN])
{
	uint8_t secret[PASSWORD_MAX], other[SALT_MAX];
	char digest[] = "SHA1";
	unsigned rounds = ROUNDS;
	int no_least = 1; /* of salt and rounds: both are as they are */
	struct cs_writer s = CS_WRITER_OF(secret), o = CS_WRITER_OF(other);
	OSSL_LIB_CTX *lib = cc_library();
	EVP_KDF *kdf = lib != NULL ? EVP_KDF_fetch(lib, "PBKDF2", NULL) : NULL;
	EVP_KDF_CTX *ctx = kdf != NULL ? EVP_KDF_CTX_new(kdf) : NULL;
	bool done;

	cs_write_view(&s, password);
	cs_write_view(&o, salt);
	const OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PASSWORD, secret, password.len),
	    OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, other, salt.len),
	    OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
	    OSSL_PARAM_construct_uint(OSSL_KDF_PARAM_ITER, &rounds),
	    OSSL_PARAM_construct_int(OSSL_KDF_PARAM_PKCS5, &no_least),
	    OSSL_PARAM_construct_end()};
	done = ctx != NULL && EVP_KDF_derive(ctx, code, YKOATH_CODE_LEN, params) == 1;
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	cs_wipe(secret, sizeof secret);
	return done;
}

enum cs_err cc_oath_derive(struct cs_view password, struct cs_view salt, uint8_t code[YKOATH_CODE_LEN])
{
	if (password.len > PASSWORD_MAX || salt.len > SALT_MAX)
		return CS_ERR_ARG;
	return derive(password, salt, code) ? CS_OK : CS_ERR_CRYPTO;
}

/* HMAC under the code, with the hash that the card named; mac has room for CS_HASH_MAX bytes. */
static enum cs_err code_mac(uint8_t algorithm, const uint8_t *code, struct cs_view challenge, uint8_t *mac,
			    size_t *len)
{
	const char *hash = cc_oath_hash_name(algorithm);
	OSSL_LIB_CTX *lib = cc_library();

	if (hash == NULL)
		return CS_ERR_UNSUPPORTED;
	return lib != NULL && EVP_Q_mac(lib, "HMAC", NULL, hash, NULL, code, YKOATH_CODE_LEN, challenge.ptr,
					challenge.len, mac, CS_HASH_MAX, len) != NULL
		   ? CS_OK
		   : CS_ERR_CRYPTO;
}

/* Writes 75 with our proof and 74 with our challenge, and yields what the card must answer. */
static enum cs_err proof_write(const struct cc_oath_info *info, const uint8_t *code, struct cs_writer *w,
			       uint8_t *expected, size_t *expected_len)
{
	uint8_t own[YKOATH_CHALLENGE_LEN], mac[CS_HASH_MAX];
	size_t len = 0;

	if (!cc_library_random(own, sizeof own))
		return CS_ERR_CRYPTO;
	enum cs_err err =
	    code_mac(info->algorithm, code, cs_view(info->challenge, info->challenge_len), mac, &len);
	if (!err)
		err = code_mac(info->algorithm, code, CS_VIEW_OF(own), expected, expected_len);
	if (!err) {
		cs_tlv_write(w, YKOATH_TAG_FULL_RESPONSE, cs_view(mac, len));
		cs_tlv_write(w, YKOATH_TAG_CHALLENGE, CS_VIEW_OF(own));
		err = cs_writer_done(w);
	}
	cs_wipe(mac, sizeof mac);
	return err;
}

enum cs_err cc_oath_validate(struct cc_card *card, const struct cc_oath_info *info,
			     const uint8_t code[YKOATH_CODE_LEN])
{
	uint8_t data[128], answer[128], expected[CS_HASH_MAX];
	struct cs_writer w = CS_WRITER_OF(data), a = CS_WRITER_OF(answer);
	size_t expected_len = 0;

	if (!info->locked)
		return CS_OK;
	enum cs_err err = proof_write(info, code, &w, expected, &expected_len);
	struct cs_apdu cmd = {
	    .ins = YKOATH_INS_VALIDATE, .data = cs_writer_view(&w), .ne = CS_APDU_SHORT_NE_MAX};
	if (!err)
		err = cc_oath_command(card, &cmd, &a);
	if (err == CS_ERR_ARG)
		err = CS_ERR_WRONG; /* 6A80 is how the protocol says it */
	else if (err == CS_ERR_STATE && cc_card_sw(card) == CS_SW_CONDITIONS)
		err = CS_ERR_BUSY;
	if (!err) {
		struct cs_reader r = cs_reader_of(cs_writer_view(&a));
		struct cs_view proof = cs_tlv_expect(&r, YKOATH_TAG_FULL_RESPONSE);
		err = cs_reader_done(&r);
		if (!err && (proof.len != expected_len || !cs_equal_ct(proof.ptr, expected, expected_len)))
			err = CS_ERR_WRONG;
	}
	cs_wipe(expected, sizeof expected);
	return err;
}

enum cs_err cc_oath_status(struct cc_card *card, struct cc_oath_tries *out)
{
	uint8_t answer[16];
	struct cs_writer w = CS_WRITER_OF(answer);
	struct cs_apdu cmd = {.ins = YKOATH_INS_STATUS, .ne = CS_APDU_SHORT_NE_MAX};

	enum cs_err err = cc_oath_command(card, &cmd, &w);
	if (!err && cs_writer_view(&w).len == 0)
		err = CS_ERR_NOT_FOUND;
	if (err)
		return err;
	struct cs_reader r = cs_reader_of(cs_writer_view(&w));
	struct cs_reader tries = cs_reader_of(cs_tlv_expect(&r, YKOATH_TAG_TRIES));
	struct cc_oath_tries got = {.left = cs_read_u8(&tries)};
	got.total = cs_read_u8(&tries);
	got.wait_seconds = cs_read_u16(&tries);
	if (cs_reader_done(&tries) || cs_reader_done(&r))
		return CS_ERR_MALFORMED;
	*out = got;
	return CS_OK;
}

enum cs_err cc_oath_unblock(struct cc_card *card)
{
	struct cs_apdu cmd = {.ins = YKOATH_INS_UNBLOCK};
	enum cs_err err = cc_oath_command(card, &cmd, NULL);

	return err == CS_ERR_STATE && cc_card_sw(card) == CS_SW_REFERENCE_UNUSABLE ? CS_ERR_NOT_FOUND : err;
}

enum cs_err cc_oath_set_code(struct cc_card *card, const uint8_t code[YKOATH_CODE_LEN])
{
	static const uint8_t algorithm = (unsigned)YKOATH_TYPE_TOTP | (unsigned)YKOATH_HASH_SHA1;
	uint8_t data[128], own[YKOATH_CHALLENGE_LEN], mac[CS_HASH_MAX];
	struct cs_writer w = CS_WRITER_OF(data);
	size_t len = 0;

	if (!cc_library_random(own, sizeof own))
		return CS_ERR_CRYPTO;
	enum cs_err err = code_mac(algorithm, code, CS_VIEW_OF(own), mac, &len);
	if (!err) {
		cs_tlv_write_header(&w, YKOATH_TAG_KEY, 1 + YKOATH_CODE_LEN);
		cs_write_u8(&w, algorithm);
		cs_write_view(&w, cs_view(code, YKOATH_CODE_LEN));
		cs_tlv_write(&w, YKOATH_TAG_CHALLENGE, CS_VIEW_OF(own));
		cs_tlv_write(&w, YKOATH_TAG_FULL_RESPONSE, cs_view(mac, len));
		struct cs_apdu cmd = {.ins = YKOATH_INS_SET_CODE, .data = cs_writer_view(&w)};
		err = cc_oath_command(card, &cmd, NULL);
	}
	cs_wipe(data, sizeof data);
	cs_wipe(mac, sizeof mac);
	return err;
}

enum cs_err cc_oath_remove_code(struct cc_card *card)
{
	static const uint8_t none[] = {YKOATH_TAG_KEY, 0};
	struct cs_apdu cmd = {.ins = YKOATH_INS_SET_CODE, .data = CS_VIEW_OF(none)};
	return cc_oath_command(card, &cmd, NULL);
}

enum cs_err cc_oath_reset(struct cc_card *card)
{
	struct cs_apdu cmd = {.ins = YKOATH_INS_RESET, .p1 = 0xDE, .p2 = 0xAD};
	return cc_oath_command(card, &cmd, NULL);
}
