/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Paddings against libcrypto's, and the public-key parser against libcrypto's encoder.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "pkcs11/pkcs1.h"
#include "pkcs11/pubkey.h"

#define K 256u

static EVP_PKEY *rsa;

static int make_key(void **state)
{
	(void)state;
	rsa = EVP_RSA_gen(K * 8);
	return rsa != NULL ? 0 : -1;
}

static int free_key(void **state)
{
	(void)state;
	EVP_PKEY_free(rsa);
	cc_library_free();
	return 0;
}

/* The card's part: the number to the power d. */
static void raw_private(const uint8_t *in, uint8_t *out)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(rsa, NULL);
	size_t len = K;

	assert_int_equal(EVP_PKEY_decrypt_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING), 1);
	assert_int_equal(EVP_PKEY_decrypt(ctx, out, &len, in, K), 1);
	assert_int_equal(len, K);
	EVP_PKEY_CTX_free(ctx);
}

static void verify_pss(const char *hash, const char *mgf, size_t salt, struct cs_view digest)
{
	uint8_t block[K], signature[K];
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(rsa, NULL);
	CK_MECHANISM_TYPE type = strcmp(hash, "SHA256") == 0 ? CKM_SHA256 : CKM_SHA512;

	assert_int_equal(pkcs1_pss_encode(hash_by_mechanism(type), hash_by_mgf(CKG_MGF1_SHA256), salt, digest,
					  block, K * 8),
			 CS_OK);
	raw_private(block, signature);
	assert_int_equal(EVP_PKEY_verify_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING), 1);
	assert_int_equal(EVP_PKEY_CTX_set_signature_md(ctx, EVP_get_digestbyname(hash)), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, mgf, NULL), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, (int)salt), 1);
	assert_int_equal(EVP_PKEY_verify(ctx, signature, K, digest.ptr, digest.len), 1);
	EVP_PKEY_CTX_free(ctx);
}

static void libcrypto_verifies_pss_signatures_of_any_salt(void **state)
{
	static const uint8_t digest[64] = {1, 2, 3};

	(void)state;
	verify_pss("SHA256", "SHA256", 32, cs_view(digest, 32));
	verify_pss("SHA256", "SHA256", 0, cs_view(digest, 32));
	verify_pss("SHA512", "SHA256", 20, cs_view(digest, 64));
	verify_pss("SHA256", "SHA256", K - 32 - 2, cs_view(digest, 32));
}

static void pss_refuses_what_does_not_fit(void **state)
{
	static const uint8_t digest[64];
	uint8_t block[K];
	const struct hash *sha256 = hash_by_mechanism(CKM_SHA256);

	(void)state;
	assert_int_equal(pkcs1_pss_encode(sha256, sha256, K - 32 - 1, cs_view(digest, 32), block, K * 8),
			 CS_ERR_LENGTH);
	assert_int_equal(pkcs1_pss_encode(sha256, sha256, 32, cs_view(digest, 31), block, K * 8),
			 CS_ERR_LENGTH);
}

static void oaep_undoes_what_libcrypto_did(void **state)
{
	static const uint8_t message[] = "a key";
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(rsa, NULL);
	uint8_t encrypted[K], block[K];
	size_t len = K;
	struct cs_view plain;

	(void)state;
	assert_int_equal(EVP_PKEY_encrypt_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_oaep_md_name(ctx, "SHA256", NULL), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, "SHA1", NULL), 1);
	assert_int_equal(EVP_PKEY_CTX_set0_rsa_oaep_label(ctx, OPENSSL_memdup("L", 1), 1), 1);
	assert_int_equal(EVP_PKEY_encrypt(ctx, encrypted, &len, message, sizeof(message)), 1);
	EVP_PKEY_CTX_free(ctx);
	raw_private(encrypted, block);
	assert_int_equal(pkcs1_oaep_decode(hash_by_mechanism(CKM_SHA256), hash_by_mgf(CKG_MGF1_SHA1),
					   CS_VIEW_TEXT("L"), block, K, &plain),
			 CS_OK);
	assert_true(cs_view_equal(plain, CS_VIEW_OF(message)));
	raw_private(encrypted, block);
	assert_int_equal(pkcs1_oaep_decode(hash_by_mechanism(CKM_SHA256), hash_by_mgf(CKG_MGF1_SHA1),
					   CS_VIEW_TEXT("M"), block, K, &plain),
			 CS_ERR_MALFORMED);
}

/* ---- EME-OAEP, byte by byte: first byte | seed | label's hash | zeros | 01 | message (RFC 8017, 7.1.1) ----
 */

enum { SEED = 1, HASH = 32, DB = SEED + HASH, PS = DB + HASH, LONGEST = K - PS - 1 };

/* MGF1 with SHA-256 (B.2.1), onto what is there. */
static void mask(const uint8_t *seed, size_t seed_len, uint8_t *out, size_t len)
{
	uint8_t in[K], digest[HASH];

	memcpy(in, seed, seed_len);
	memset(in + seed_len, 0, 4);
	for (size_t at = 0; at < len; at++) {
		in[seed_len + 3] = (uint8_t)(at / HASH);
		assert_int_equal(EVP_Digest(in, seed_len + 4, digest, NULL, EVP_sha256(), NULL), 1);
		out[at] ^= digest[at % HASH];
	}
}

/* What is right, before the masks lie on it. */
static void oaep_block(uint8_t block[K], size_t message_len)
{
	memset(block, 0, K);
	memset(block + SEED, 0x5C, HASH);
	assert_int_equal(EVP_Digest("L", 1, block + DB, NULL, EVP_sha256(), NULL), 1);
	memset(block + K - message_len, 0x4D, message_len);
	block[K - message_len - 1] = 1;
}

static enum cs_err oaep_masked(uint8_t block[K], struct cs_view *message)
{
	const struct hash *sha256 = hash_by_mechanism(CKM_SHA256);

	mask(block + SEED, HASH, block + DB, K - DB);
	mask(block + DB, K - DB, block + SEED, HASH);
	return pkcs1_oaep_decode(sha256, sha256, CS_VIEW_TEXT("L"), block, K, message);
}

static void an_oaep_block_is_right_with_a_message_of_any_length(void **state)
{
	static const uint8_t seeds[] = {0, 0xFF, 0x5C};

	(void)state;
	for (size_t i = 0; i < sizeof(seeds); i++) {
		for (size_t len = 0; len <= LONGEST; len++) { /* no message; no zeros */
			uint8_t block[K], want[K];
			struct cs_view message;

			oaep_block(block, len);
			memset(block + SEED, seeds[i], HASH);
			memset(want, 0x4D, sizeof(want));
			assert_int_equal(oaep_masked(block, &message), CS_OK);
			assert_true(cs_view_equal(message, cs_view(want, len)));
		}
	}
}

#define AT_01 (K - 9) /* with a message of eight bytes */

/* One fault each; the message behind it is there all the same. */
static void an_oaep_block_is_right_in_each_byte(void **state)
{
	static const struct {
		size_t at;
		uint8_t change;
		const char *what;
	} faults[] = {
	    {0, 0x01, "a first byte of 01 (Manger)"},
	    {0, 0x80, "a first byte of 80"},
	    {0, 0xFF, "a first byte of FF"},
	    {DB, 0x01, "the label's hash, its first byte"},
	    {DB, 0x80, "the label's hash, its first bit"},
	    {DB + HASH / 2, 0x10, "the label's hash, in the middle"},
	    {DB + HASH - 1, 0x80, "the label's hash, its last byte"},
	    {DB + HASH - 1, 0x01, "the label's hash, its last bit"},
	    {PS, 0x02, "a first zero of 02"},
	    {PS, 0xFF, "a first zero of FF"},
	    {PS + 80, 0x80, "a zero of 80"},
	    {AT_01 - 1, 0x02, "a last zero of 02"},
	    {AT_01 - 1, 0x81, "a last zero of 81"},
	    {AT_01, 0x01, "00 for 01"},
	    {AT_01, 0x01 ^ 0x02, "02 for 01"},
	    {AT_01, 0x01 ^ 0xFF, "FF for 01"},
	    {AT_01, 0x80, "81 for 01"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		struct cs_view message = CS_VIEW_EMPTY;
		uint8_t block[K];

		oaep_block(block, K - AT_01 - 1);
		block[faults[i].at] ^= faults[i].change;
		if (oaep_masked(block, &message) != CS_ERR_MALFORMED || message.len != 0)
			fail_msg("taken: %s", faults[i].what);
	}
}

/* Hashes of no label that was given, padding to the end, numbers that are small or have few bits. */
static void what_an_oaep_block_has_none_of_is_no_block(void **state)
{
	static const uint8_t fills[] = {0, 2, 0xFF};
	uint8_t block[K];
	struct cs_view message;

	(void)state;
	for (size_t i = 0; i < sizeof(fills); i++) {
		oaep_block(block, 8);
		memset(block + DB, fills[i], HASH);
		assert_int_equal(oaep_masked(block, &message), CS_ERR_MALFORMED);
		oaep_block(block, 8);
		memset(block + PS, fills[i], K - PS); /* no 01 in all of it */
		assert_int_equal(oaep_masked(block, &message), CS_ERR_MALFORMED);
		oaep_block(block, 0);
		block[K - 1] = fills[i];
		assert_int_equal(oaep_masked(block, &message), CS_ERR_MALFORMED);
		for (uint8_t last = 0; last < 3; last++) {
			memset(block, fills[i], K);
			block[0] = 0;
			block[K - 1] = last;
			assert_int_equal(pkcs1_oaep_decode(hash_by_mechanism(CKM_SHA256),
							   hash_by_mgf(CKG_MGF1_SHA256), CS_VIEW_TEXT("L"),
							   block, K, &message),
					 CS_ERR_MALFORMED);
		}
	}
	/* A zero less, and the same right block: the place of each byte is told from the front. */
	oaep_block(block, 8);
	memmove(block + 1, block, K - 1);
	assert_int_equal(oaep_masked(block, &message), CS_ERR_MALFORMED);
}

/* ---- PKCS #1 v1.5 ---- */

static void pkcs1_unpadding_takes_good_blocks_only(void **state)
{
	uint8_t block[32];
	struct cs_view message;

	(void)state;
	memset(block, 0xAA, sizeof(block));
	block[0] = 0;
	block[1] = 2;
	assert_int_equal(pkcs1_unpad_encryption(CS_VIEW_OF(block), &message), CS_ERR_MALFORMED);
	block[9] = 0; /* seven bytes of padding: one too few */
	assert_int_equal(pkcs1_unpad_encryption(CS_VIEW_OF(block), &message), CS_ERR_MALFORMED);
	block[9] = 0xAA;
	block[10] = 0;
	assert_int_equal(pkcs1_unpad_encryption(CS_VIEW_OF(block), &message), CS_OK);
	assert_int_equal(message.len, 21);
	assert_ptr_equal(message.ptr, block + 11);
	block[31] = 0; /* zeros of the message do not count */
	assert_int_equal(pkcs1_unpad_encryption(CS_VIEW_OF(block), &message), CS_OK);
	assert_int_equal(message.len, 21);
	block[1] = 1;
	assert_int_equal(pkcs1_unpad_encryption(CS_VIEW_OF(block), &message), CS_ERR_MALFORMED);
	block[1] = 2;
	block[0] = 1;
	assert_int_equal(pkcs1_unpad_encryption(CS_VIEW_OF(block), &message), CS_ERR_MALFORMED);
	block[0] = 0;
	block[10] = 0xAA;
	block[31] = 0;
	assert_int_equal(pkcs1_unpad_encryption(CS_VIEW_OF(block), &message), CS_OK);
	assert_int_equal(message.len, 0);
}

static void signature_padding_leaves_eight_bytes_at_least(void **state)
{
	uint8_t block[32], data[22] = {7};

	(void)state;
	assert_int_equal(pkcs1_pad_signature(CS_VIEW_OF(data), block, sizeof(block)), CS_ERR_LENGTH);
	assert_int_equal(pkcs1_pad_signature(cs_view(data, 21), block, sizeof(block)), CS_OK);
	assert_int_equal(block[10], 0);
	assert_int_equal(block[9], 0xFF);
	assert_int_equal(block[11], 7);
}

static void a_public_key_is_written_as_libcrypto_writes_it(void **state)
{
	unsigned char *der = NULL;
	int len = i2d_PUBKEY(rsa, &der);
	struct pubkey key;
	uint8_t buffer[PUBKEY_SPKI_MAX];
	struct cs_writer w = CS_WRITER_OF(buffer);

	(void)state;
	assert_true(len > 0);
	assert_int_equal(pubkey_parse(cs_view(der, (size_t)len), &key), CS_OK);
	assert_int_equal(key.type, CKK_RSA);
	assert_int_equal(key.alg, PIV_ALG_RSA2048);
	assert_int_equal(key.modulus.len, K);
	assert_int_equal(pubkey_write_rsa(key.modulus, key.exponent, &w), CS_OK);
	assert_true(cs_view_equal(cs_writer_view(&w), cs_view(der, (size_t)len)));
	OPENSSL_free(der);
}

static void a_point_is_written_as_libcrypto_writes_it(void **state)
{
	EVP_PKEY *ec = EVP_EC_gen("P-384");
	unsigned char *der = NULL;
	int len = i2d_PUBKEY(ec, &der);
	struct pubkey key;
	uint8_t buffer[PUBKEY_SPKI_MAX];
	struct cs_writer w = CS_WRITER_OF(buffer);

	(void)state;
	assert_int_equal(pubkey_parse(cs_view(der, (size_t)len), &key), CS_OK);
	assert_int_equal(key.alg, PIV_ALG_P384);
	assert_int_equal(pubkey_write_ec(key.params, key.point, &w), CS_OK);
	assert_true(cs_view_equal(cs_writer_view(&w), cs_view(der, (size_t)len)));
	/* Cut anywhere, it is refused. */
	for (int i = 0; i < len; i++)
		assert_int_not_equal(pubkey_parse(cs_view(der, (size_t)i), &key), CS_OK);
	OPENSSL_free(der);
	EVP_PKEY_free(ec);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(libcrypto_verifies_pss_signatures_of_any_salt),
	    cmocka_unit_test(pss_refuses_what_does_not_fit),
	    cmocka_unit_test(oaep_undoes_what_libcrypto_did),
	    cmocka_unit_test(an_oaep_block_is_right_with_a_message_of_any_length),
	    cmocka_unit_test(an_oaep_block_is_right_in_each_byte),
	    cmocka_unit_test(what_an_oaep_block_has_none_of_is_no_block),
	    cmocka_unit_test(pkcs1_unpadding_takes_good_blocks_only),
	    cmocka_unit_test(signature_padding_leaves_eight_bytes_at_least),
	    cmocka_unit_test(a_public_key_is_written_as_libcrypto_writes_it),
	    cmocka_unit_test(a_point_is_written_as_libcrypto_writes_it),
	};

	return cmocka_run_group_tests_name("pkcs11_pkcs1", tests, make_key, free_key);
}
