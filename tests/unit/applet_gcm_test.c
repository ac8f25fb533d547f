/* SPDX-License-Identifier: BSD-2-Clause
 *
 * GCM: the test cases of the specification that was submitted to NIST (McGrew and Viega, "The Galois/Counter
 * Mode of Operation (GCM)", appendix B) with nonces of 96 bits, and what libcrypto makes of the same.
 */
#include "tests/unit/card_fixture.h"

#include <string.h>

#include "applet/gcm.h"
#include "applet/port/crypto_openssl.h"

#define PLAIN_4                                                                                              \
	"d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"                                   \
	"1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
#define AAD_4	"feedfacedeadbeeffeedfacedeadbeefabaddad2"
#define NONCE_4 "cafebabefacedbaddecaf888"
#define ZERO_12 "000000000000000000000000"
#define ZERO_16 "00000000000000000000000000000000"

static const struct vector {
	const char *name, *key, *nonce, *aad, *plain, *sealed, *tag;
} vectors[] = {
    {"1", ZERO_16, ZERO_12, "", "", "", "58e2fccefa7e3061367f1d57a4e7455a"},
    {"2", ZERO_16, ZERO_12, "", ZERO_16, "0388dace60b6a392f328c2b971b2fe78",
     "ab6e47d42cec13bdf53a67b21257bddf"},
    {"4", "feffe9928665731c6d6a8f9467308308", NONCE_4, AAD_4, PLAIN_4,
     "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
     "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091",
     "5bc94fbc3221a5db94fae95ae7121a47"},
    {"8", ZERO_16 "0000000000000000", ZERO_12, "", ZERO_16, "98e7247c07f0fe411c267e4384b0f600",
     "2ff58d80033927ab8ef4d4587514f0fb"},
    {"10", "feffe9928665731c6d6a8f9467308308feffe9928665731c", NONCE_4, AAD_4, PLAIN_4,
     "3980ca0b3c00e841eb06fac4872a2757859e1ceaa6efd984628593b40ca1e19c"
     "7d773d00c144c525ac619d18c84a3f4718e2448b2fe324d9ccda2710",
     "2519498e80f1478f37ba55bd6d27618c"},
    {"14", ZERO_16 ZERO_16, ZERO_12, "", ZERO_16, "cea7403d4d606b6e074ec5d3baf39d18",
     "d0d1c8a799996bf0265b98b5d48ab919"},
    {"16", "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", NONCE_4, AAD_4, PLAIN_4,
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
     "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
     "76fc6ece0f4e1768cddf8853bb2d551b"},
};
#define VECTORS (sizeof(vectors) / sizeof(vectors[0]))

static struct crypto crypto;

static int setup(void **state)
{
	(void)state;
	assert_int_equal(crypto_openssl_init(&crypto), CS_OK);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	crypto_openssl_free(&crypto);
	return 0;
}

struct bytes {
	uint8_t key[32], nonce[12], aad[32], plain[64], sealed[64], tag[16];
	struct cs_view k, a, p, s;
};

static struct block_key load(const struct vector *v, struct bytes *b)
{
	b->k = fixture_hex(v->key, b->key, sizeof(b->key));
	(void)fixture_hex(v->nonce, b->nonce, sizeof(b->nonce));
	b->a = fixture_hex(v->aad, b->aad, sizeof(b->aad));
	b->p = fixture_hex(v->plain, b->plain, sizeof(b->plain));
	b->s = fixture_hex(v->sealed, b->sealed, sizeof(b->sealed));
	(void)fixture_hex(v->tag, b->tag, sizeof(b->tag));
	return (struct block_key){.crypto = &crypto, .key = b->k};
}

static void the_specification_s_cases_come_out(void **state)
{
	(void)state;
	for (size_t i = 0; i < VECTORS; i++) {
		struct bytes b;
		struct block_key key = load(&vectors[i], &b);
		uint8_t out[64], tag[GCM_TAG_LEN];

		assert_int_equal(gcm_seal(&key, b.nonce, b.a, b.p, out, tag), CS_OK);
		if (memcmp(out, b.sealed, b.s.len) != 0 || memcmp(tag, b.tag, sizeof(tag)) != 0)
			fail_msg("case %s", vectors[i].name);
		assert_int_equal(gcm_open(&key, b.nonce, b.a, b.s, b.tag, out), CS_OK);
		assert_memory_equal(out, b.plain, b.p.len);
	}
}

static void what_was_sealed_opens_in_place(void **state)
{
	struct bytes b;
	struct block_key key = load(&vectors[2], &b);
	uint8_t tag[GCM_TAG_LEN], text[64];

	(void)state;
	memcpy(text, b.plain, b.p.len);
	assert_int_equal(gcm_seal(&key, b.nonce, b.a, cs_view(text, b.p.len), text, tag), CS_OK);
	assert_memory_equal(text, b.sealed, b.s.len);
	assert_int_equal(gcm_open(&key, b.nonce, b.a, cs_view(text, b.p.len), tag, text), CS_OK);
	assert_memory_equal(text, b.plain, b.p.len);
}

static void any_flipped_bit_is_refused_and_nothing_is_written(void **state)
{
	struct bytes b;
	struct block_key key = load(&vectors[4], &b);

	(void)state;
	for (size_t bit = 0; bit < 8 * (b.s.len + b.a.len + sizeof(b.tag) + sizeof(b.nonce)); bit++) {
		uint8_t *places[] = {b.sealed, b.aad, b.tag, b.nonce}, out[64];
		size_t lens[] = {b.s.len, b.a.len, sizeof(b.tag), sizeof(b.nonce)}, at = bit / 8, p = 0;

		while (at >= lens[p])
			at -= lens[p++];
		places[p][at] ^= (uint8_t)(1u << bit % 8);
		memset(out, 0x55, sizeof(out));
		assert_int_equal(gcm_open(&key, b.nonce, b.a, b.s, b.tag, out), CS_ERR_CORRUPT);
		for (size_t i = 0; i < sizeof(out); i++)
			assert_int_equal(out[i], 0x55);
		places[p][at] ^= (uint8_t)(1u << bit % 8);
	}
}

/* Of every length around the block's; the port seals with AES-256. */
static void it_is_the_same_as_libcrypto_s(void **state)
{
	uint8_t key_bytes[32], nonce[12], text[80], want[80 + 16], got[80], tag[16];
	const struct block_key key = {.crypto = &crypto, .key = CS_VIEW_OF(key_bytes)};

	(void)state;
	assert_int_equal(crypto.random(crypto.ctx, key_bytes, sizeof(key_bytes)), CS_OK);
	assert_int_equal(crypto.random(crypto.ctx, nonce, sizeof(nonce)), CS_OK);
	assert_int_equal(crypto.random(crypto.ctx, text, sizeof(text)), CS_OK);
	for (size_t len = 0; len <= sizeof(text); len++) {
		struct cs_view aad = cs_view(text + len / 2, len - len / 2), plain = cs_view(text, len);

		assert_int_equal(crypto.aead_seal(crypto.ctx, key_bytes, nonce, aad, plain, want), CS_OK);
		assert_int_equal(gcm_seal(&key, nonce, aad, plain, got, tag), CS_OK);
		assert_memory_equal(got, want, len);
		assert_memory_equal(tag, want + len, sizeof(tag));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_specification_s_cases_come_out),
	    cmocka_unit_test(what_was_sealed_opens_in_place),
	    cmocka_unit_test(any_flipped_bit_is_refused_and_nothing_is_written),
	    cmocka_unit_test(it_is_the_same_as_libcrypto_s),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
