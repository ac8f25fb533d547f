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
	    cmocka_unit_test(pkcs1_unpadding_takes_good_blocks_only),
	    cmocka_unit_test(signature_padding_leaves_eight_bytes_at_least),
	    cmocka_unit_test(a_public_key_is_written_as_libcrypto_writes_it),
	    cmocka_unit_test(a_point_is_written_as_libcrypto_writes_it),
	};

	return cmocka_run_group_tests_name("pkcs11_pkcs1", tests, make_key, free_key);
}
