/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The crypto port without key pairs, against published vectors.
 */
#include "tests/unit/crypto_fixture.h"

/* "abc": FIPS 180-2, appendices A to D */
static void digests_match_fips_180(void **state)
{
	static const struct {
		enum cs_hash hash;
		const char *digest;
	} row[] = {
	    {CS_SHA1, "a9993e364706816aba3e25717850c26c9cd0d89d"},
	    {CS_SHA256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	    {CS_SHA384, "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
			"8086072ba1e7cc2358baeca134c825a7"},
	    {CS_SHA512, "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
			"2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
	};
	uint8_t out[CS_HASH_MAX];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(port.digest(port.ctx, row[i].hash, CS_VIEW_TEXT("abc"), out), CS_OK);
		assert_hex(out, cs_hash_size(row[i].hash), row[i].digest);
	}
	assert_int_equal(port.digest(port.ctx, (enum cs_hash)9, CS_VIEW_TEXT("abc"), out), CS_ERR_ARG);
}

/* RFC 2202 and RFC 4231, test case 2; an empty key and message */
static void hmacs_match_the_rfcs(void **state)
{
	static const struct {
		enum cs_hash hash;
		const char *mac;
	} row[] = {
	    {CS_SHA1, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
	    {CS_SHA256, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
	    {CS_SHA384, "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
			"8e2240ca5e69e2c78b3239ecfab21649"},
	    {CS_SHA512, "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
			"9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"},
	};
	uint8_t out[CS_HASH_MAX];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(port.hmac(port.ctx, row[i].hash, CS_VIEW_TEXT("Jefe"),
					   CS_VIEW_TEXT("what do ya want for nothing?"), out),
				 CS_OK);
		assert_hex(out, cs_hash_size(row[i].hash), row[i].mac);
	}
	assert_int_equal(port.hmac(port.ctx, CS_SHA256, CS_VIEW_EMPTY, CS_VIEW_EMPTY, out), CS_OK);
	assert_hex(out, 32, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
	assert_int_equal(port.hmac(port.ctx, (enum cs_hash)0, CS_VIEW_EMPTY, CS_VIEW_EMPTY, out), CS_ERR_ARG);
}

static void single_blocks_match_fips_197_and_sp_800_67(void **state)
{
	static const struct {
		enum piv_alg alg;
		const char *key, *plain, *sealed;
	} row[] = {
	    {PIV_ALG_3DES, "0123456789abcdef23456789abcdef01456789abcdef0123", "5468652071756663",
	     "a826fd8ce53b855f"},
	    {PIV_ALG_AES128, "000102030405060708090a0b0c0d0e0f", "00112233445566778899aabbccddeeff",
	     "69c4e0d86a7b0430d8cdb78070b4c55a"},
	    {PIV_ALG_AES192, "000102030405060708090a0b0c0d0e0f1011121314151617",
	     "00112233445566778899aabbccddeeff", "dda97ca4864cdfe06eaf70a0ec0d7191"},
	    {PIV_ALG_AES256, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
	     "00112233445566778899aabbccddeeff", "8ea2b7ca516745bfeafc49904b496089"},
	};
	uint8_t out[CRYPTO_BLOCK_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct bytes key = hex(row[i].key), plain = hex(row[i].plain), sealed = hex(row[i].sealed);

		assert_int_equal(port.block(port.ctx, row[i].alg, true, view(&key), plain.data, out), CS_OK);
		assert_memory_equal(out, sealed.data, sealed.len);
		assert_int_equal(port.block(port.ctx, row[i].alg, false, view(&key), sealed.data, out),
				 CS_OK);
		assert_memory_equal(out, plain.data, plain.len);
		key.len--;
		assert_int_equal(port.block(port.ctx, row[i].alg, true, view(&key), plain.data, out),
				 CS_ERR_ARG);
	}
	assert_int_equal(port.block(port.ctx, PIV_ALG_P256, true, CS_VIEW_EMPTY, out, out),
			 CS_ERR_UNSUPPORTED);
}

/* McGrew and Viega, The Galois/Counter Mode of Operation, test case 16. */
static void aes_gcm_matches_its_specification_and_refuses_each_changed_bit(void **state)
{
	struct bytes key = hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
	struct bytes nonce = hex("cafebabefacedbaddecaf888");
	struct bytes aad = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
	struct bytes plain =
	    hex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e"
		"2449a6b525b16aedf5aa0de657ba637b39");
	struct bytes want =
	    hex("522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b10"
		"56828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b");
	uint8_t sealed[128], opened[128];

	(void)state;
	assert_int_equal(port.aead_seal(port.ctx, key.data, nonce.data, view(&aad), view(&plain), sealed),
			 CS_OK);
	assert_memory_equal(sealed, want.data, want.len);
	assert_int_equal(port.aead_open(port.ctx, key.data, nonce.data, view(&aad), view(&want), opened),
			 CS_OK);
	assert_memory_equal(opened, plain.data, plain.len);
	for (size_t bit = 0; bit < 8 * want.len; bit++) {
		want.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(
		    port.aead_open(port.ctx, key.data, nonce.data, view(&aad), view(&want), opened),
		    CS_ERR_CORRUPT);
		want.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	aad.data[0] ^= 1;
	assert_int_equal(port.aead_open(port.ctx, key.data, nonce.data, view(&aad), view(&want), opened),
			 CS_ERR_CORRUPT);
	want.len = CRYPTO_AEAD_TAG_LEN - 1;
	assert_int_equal(port.aead_open(port.ctx, key.data, nonce.data, view(&aad), view(&want), opened),
			 CS_ERR_CORRUPT);
}

static void random_bytes_differ(void **state)
{
	uint8_t a[32], b[32];

	(void)state;
	assert_int_equal(port.random(port.ctx, a, sizeof(a)), CS_OK);
	assert_int_equal(port.random(port.ctx, b, sizeof(b)), CS_OK);
	assert_memory_not_equal(a, b, sizeof(a));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(digests_match_fips_180),
	    cmocka_unit_test(hmacs_match_the_rfcs),
	    cmocka_unit_test(single_blocks_match_fips_197_and_sp_800_67),
	    cmocka_unit_test(aes_gcm_matches_its_specification_and_refuses_each_changed_bit),
	    cmocka_unit_test(random_bytes_differ),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
