/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Modes of AES against the examples of NIST SP 800-38A (appendix F) and SP 800-38B (appendix D).
 */
#include "tests/unit/crypto_fixture.h"

#include "applet/block_mode.h"

#define PLAIN                                                                                                \
	"6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"                                   \
	"30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"

struct vector {
	const char *key, *cbc, *ctr;
	const char *cmac[4]; /* of the plain text's first 0, 16, 40 and 64 bytes */
};

static const struct vector vectors[] = {
    {"2b7e151628aed2a6abf7158809cf4f3c",
     "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2"
     "73bed6b8e3c1743b7116e69e222295163ff1caa1681fac09120eca307586e1a7",
     "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff"
     "5ae4df3edbd5d35e5b4f09020db03eab1e031dda2fbe03d1792170a0f3009cee",
     {"bb1d6929e95937287fa37d129b756746", "070a16b46b4d4144f79bdd9dd04a287c",
      "dfa66747de9ae63030ca32611497c827", "51f0bebf7e3b9d92fc49741779363cfe"}},
    {"8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
     "4f021db243bc633d7178183a9fa071e8b4d9ada9ad7dedf4e5e738763f69145a"
     "571b242012fb7ae07fa9baac3df102e008b0e27988598881d920a9e64f5615cd",
     "1abc932417521ca24f2b0459fe7e6e0b090339ec0aa6faefd5ccc2c6f4ce8e94"
     "1e36b26bd1ebc670d1bd1d665620abf74f78a7f6d29809585a97daec58c6b050",
     {"d17ddf46adaacde531cac483de7a9367", "9e99a7bf31e710900662f65e617c5184",
      "8a1de5be2eb31aad089a82e6ee908b0e", "a1d5df0eed790f794d77589659f39a11"}},
    {"603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
     "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d"
     "39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b",
     "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5"
     "2b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6",
     {"028962f61b7bf89efc6b551f4667d983", "28a7023f452e8f82bd4bf28d8c37c35c",
      "aaf3d8f1de5640c232f5b169b9c911e6", "e1992190549f6ed5696a2c056c315410"}},
};
#define VECTORS (sizeof(vectors) / sizeof(vectors[0]))

static void cbc_encrypts_and_decrypts_as_sp_800_38a(void **state)
{
	struct bytes iv = hex("000102030405060708090a0b0c0d0e0f"), plain = hex(PLAIN);
	uint8_t out[64];

	(void)state;
	for (size_t i = 0; i < VECTORS; i++) {
		struct bytes key = hex(vectors[i].key);
		const struct block_key k = {&port, view(&key)};

		assert_int_equal(block_cbc_encrypt(&k, iv.data, view(&plain), out), CS_OK);
		assert_hex(out, sizeof(out), vectors[i].cbc);
		/* in place */
		assert_int_equal(block_cbc_decrypt(&k, iv.data, CS_VIEW_OF(out), out), CS_OK);
		assert_memory_equal(out, plain.data, plain.len);
		assert_int_equal(block_cbc_encrypt(&k, iv.data, CS_VIEW_OF(out), out), CS_OK);
		assert_hex(out, sizeof(out), vectors[i].cbc);
	}
}

static void cbc_wants_whole_blocks(void **state)
{
	static const uint8_t key[16], iv[BLOCK_LEN], in[17];
	const struct block_key k = {&port, CS_VIEW_OF(key)};
	uint8_t out[32];

	(void)state;
	assert_int_equal(block_cbc_encrypt(&k, iv, CS_VIEW_OF(in), out), CS_ERR_LENGTH);
	assert_int_equal(block_cbc_decrypt(&k, iv, CS_VIEW_OF(in), out), CS_ERR_LENGTH);
	assert_int_equal(block_cbc_encrypt(&k, iv, CS_VIEW_EMPTY, out), CS_OK);
}

static void ctr_is_its_own_inverse_and_takes_any_length(void **state)
{
	struct bytes first = hex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"), plain = hex(PLAIN), want;
	uint8_t out[64];

	(void)state;
	for (size_t i = 0; i < VECTORS; i++) {
		struct bytes key = hex(vectors[i].key);
		const struct block_key k = {&port, view(&key)};

		assert_int_equal(block_ctr(&k, first.data, view(&plain), out), CS_OK);
		assert_hex(out, sizeof(out), vectors[i].ctr);
		assert_int_equal(block_ctr(&k, first.data, CS_VIEW_OF(out), out), CS_OK);
		assert_memory_equal(out, plain.data, plain.len);
		want = hex(vectors[i].ctr);
		assert_int_equal(block_ctr(&k, first.data, cs_view(plain.data, 21), out), CS_OK);
		assert_memory_equal(out, want.data, 21);
		assert_memory_equal(out + 21, plain.data + 21, sizeof(out) - 21);
	}
}

/* The first block's counter is all ones: the next one's is zero. */
static void ctr_counts_over_all_of_the_block(void **state)
{
	struct bytes key = hex(vectors[0].key);
	const struct block_key k = {&port, view(&key)};
	static const uint8_t zeros[32];
	uint8_t ones[BLOCK_LEN], out[32], want[BLOCK_LEN];

	(void)state;
	memset(ones, 0xFF, sizeof(ones));
	assert_int_equal(block_ctr(&k, ones, CS_VIEW_OF(zeros), out), CS_OK);
	assert_int_equal(block_encrypt(&k, zeros, want), CS_OK);
	assert_memory_equal(out + BLOCK_LEN, want, BLOCK_LEN);
}

static void cmac_is_that_of_sp_800_38b(void **state)
{
	static const size_t lengths[] = {0, 16, 40, 64};
	struct bytes plain = hex(PLAIN);
	struct block_cmac mac;
	uint8_t out[BLOCK_LEN];

	(void)state;
	for (size_t i = 0; i < VECTORS * 4; i++) {
		struct bytes key = hex(vectors[i / 4].key);
		const struct block_key k = {&port, view(&key)};

		block_cmac_begin(&mac, &k);
		block_cmac_add(&mac, cs_view(plain.data, lengths[i % 4]));
		assert_int_equal(block_cmac_end(&mac, out), CS_OK);
		assert_hex(out, sizeof(out), vectors[i / 4].cmac[i % 4]);
	}
}

static void cmac_does_not_depend_on_where_the_message_is_cut(void **state)
{
	struct bytes key = hex(vectors[2].key), plain = hex(PLAIN);
	const struct block_key k = {&port, view(&key)};
	struct block_cmac mac;
	uint8_t out[BLOCK_LEN];

	(void)state;
	for (size_t cut = 0; cut <= plain.len; cut++) {
		block_cmac_begin(&mac, &k);
		block_cmac_add(&mac, cs_view(plain.data, cut));
		block_cmac_add(&mac, CS_VIEW_EMPTY);
		block_cmac_add(&mac, cs_view(plain.data + cut, plain.len - cut));
		assert_int_equal(block_cmac_end(&mac, out), CS_OK);
		assert_hex(out, sizeof(out), vectors[2].cmac[3]);
	}
}

static enum cs_err failing_block(void *ctx, enum piv_alg cipher, bool encrypt, struct cs_view key,
				 const uint8_t *in, uint8_t *out)
{
	unsigned *left = ctx;

	(void)cipher;
	(void)encrypt;
	(void)key;
	if ((*left)-- == 0)
		return CS_ERR_CRYPTO;
	memmove(out, in, BLOCK_LEN);
	return CS_OK;
}

static void a_cipher_that_fails_once_fails_the_whole(void **state)
{
	static const uint8_t key[16], iv[BLOCK_LEN], in[48];
	unsigned left;
	const struct crypto failing = {.ctx = &left, .block = failing_block};
	const struct block_key k = {&failing, CS_VIEW_OF(key)}, odd = {&port, cs_view(key, 15)};
	uint8_t out[48], mac_out[BLOCK_LEN];
	struct block_cmac mac;

	(void)state;
	for (unsigned n = 0; n < 3; n++) {
		left = n;
		assert_int_equal(block_cbc_encrypt(&k, iv, CS_VIEW_OF(in), out), CS_ERR_CRYPTO);
		left = n;
		assert_int_equal(block_cbc_decrypt(&k, iv, CS_VIEW_OF(in), out), CS_ERR_CRYPTO);
		left = n;
		assert_int_equal(block_ctr(&k, iv, CS_VIEW_OF(in), out), CS_ERR_CRYPTO);
	}
	for (unsigned n = 0; n < 4; n++) { /* three blocks and the subkey */
		left = n;
		memset(mac_out, 0x5A, sizeof(mac_out));
		block_cmac_begin(&mac, &k);
		block_cmac_add(&mac, CS_VIEW_OF(in));
		assert_int_equal(block_cmac_end(&mac, mac_out), CS_ERR_CRYPTO);
		assert_int_equal(mac_out[0], 0x5A);
	}
	assert_int_equal(block_encrypt(&odd, iv, out), CS_ERR_ARG);
}

static void padding_comes_off_as_it_went_on(void **state)
{
	uint8_t data[64];
	size_t len = 0;

	(void)state;
	for (size_t n = 0; n < 48; n++) {
		memset(data, 0x80, sizeof(data));
		assert_int_equal(block_padded_len(n) % BLOCK_LEN, 0);
		assert_in_range(block_padded_len(n), n + 1, n + BLOCK_LEN);
		block_pad(data, n);
		assert_int_equal(block_unpad(cs_view(data, block_padded_len(n)), &len), CS_OK);
		assert_int_equal(len, n);
	}
}

static void what_is_no_padding_is_refused(void **state)
{
	uint8_t data[32] = {0x80};
	size_t len = 77;

	(void)state;
	assert_int_equal(block_unpad(CS_VIEW_EMPTY, &len), CS_ERR_MALFORMED);
	assert_int_equal(block_unpad(cs_view(data, 15), &len), CS_ERR_MALFORMED);
	/* a last block of zeros alone: the 80 lies before it */
	assert_int_equal(block_unpad(CS_VIEW_OF(data), &len), CS_ERR_MALFORMED);
	data[31] = 0x01;
	assert_int_equal(block_unpad(CS_VIEW_OF(data), &len), CS_ERR_MALFORMED);
	assert_int_equal(len, 77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(cbc_encrypts_and_decrypts_as_sp_800_38a),
	    cmocka_unit_test(cbc_wants_whole_blocks),
	    cmocka_unit_test(ctr_is_its_own_inverse_and_takes_any_length),
	    cmocka_unit_test(ctr_counts_over_all_of_the_block),
	    cmocka_unit_test(cmac_is_that_of_sp_800_38b),
	    cmocka_unit_test(cmac_does_not_depend_on_where_the_message_is_cut),
	    cmocka_unit_test(a_cipher_that_fails_once_fails_the_whole),
	    cmocka_unit_test(padding_comes_off_as_it_went_on),
	    cmocka_unit_test(what_is_no_padding_is_refused),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
