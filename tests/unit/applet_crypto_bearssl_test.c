/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The BearSSL crypto port beside the OpenSSL one: what each makes the other takes, and what one refuses so
 * does the other.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <cmocka.h>

#include "applet/port/crypto_bearssl.h"
#include "applet/port/crypto_openssl.h"
#include "base/encoding.h"
#include "base/tlv.h"

static struct crypto_bearssl bear;
static struct crypto ours, theirs;
static bool entropy_fails;

static enum cs_err entropy(void *ctx, uint8_t *out, size_t len)
{
	(void)ctx;
	return !entropy_fails && getrandom(out, len, 0) == (ssize_t)len ? CS_OK : CS_ERR_CRYPTO;
}

struct buffer {
	uint8_t bytes[CRYPTO_PUBLIC_MAX];
	struct cs_writer w;
};

static struct cs_writer *fresh(struct buffer *b)
{
	b->w = CS_WRITER_OF(b->bytes);
	return &b->w;
}

static struct cs_view of(const struct buffer *b)
{
	return cs_writer_view(&b->w);
}

static struct cs_view hex(struct buffer *b, const char *text)
{
	assert_int_equal(cs_hex_decode(cs_view_string(text), fresh(b)), CS_OK);
	return of(b);
}

static void assert_same(struct cs_view a, struct cs_view b)
{
	assert_int_equal(a.len, b.len);
	assert_memory_equal(a.ptr, b.ptr, a.len);
}

static void fill(uint8_t *bytes, size_t len)
{
	assert_int_equal(getrandom(bytes, len, 0), (ssize_t)len);
}

/* ---- the symmetric side ---- */

static const enum cs_hash hashes[] = {CS_SHA1, CS_SHA256, CS_SHA384, CS_SHA512};

static void digests_and_macs_are_those_of_libcrypto(void **state)
{
	uint8_t text[300], key[200], a[64], b[64];

	(void)state;
	fill(text, sizeof(text));
	fill(key, sizeof(key));
	for (size_t h = 0; h < 4; h++) {
		for (size_t len = 0; len <= sizeof(text); len++) {
			struct cs_view t = cs_view(text, len), k = cs_view(key, len % sizeof(key));

			assert_int_equal(ours.digest(ours.ctx, hashes[h], t, a), CS_OK);
			assert_int_equal(theirs.digest(theirs.ctx, hashes[h], t, b), CS_OK);
			assert_memory_equal(a, b, cs_hash_size(hashes[h]));
			assert_int_equal(ours.hmac(ours.ctx, hashes[h], k, t, a), CS_OK);
			assert_int_equal(theirs.hmac(theirs.ctx, hashes[h], k, t, b), CS_OK);
			assert_memory_equal(a, b, cs_hash_size(hashes[h]));
		}
	}
}

static void what_is_sealed_is_what_libcrypto_seals(void **state)
{
	uint8_t key[CRYPTO_AEAD_KEY_LEN], nonce[CRYPTO_AEAD_NONCE_LEN], text[100], aad[40];
	uint8_t a[116], b[116], back[100];

	(void)state;
	fill(key, sizeof(key));
	fill(nonce, sizeof(nonce));
	fill(text, sizeof(text));
	fill(aad, sizeof(aad));
	for (size_t len = 0; len <= sizeof(text); len++) {
		struct cs_view d = cs_view(aad, len % sizeof(aad));

		memcpy(a, text, len);
		assert_int_equal(ours.aead_seal(ours.ctx, key, nonce, d, cs_view(a, len), a), CS_OK);
		assert_int_equal(theirs.aead_seal(theirs.ctx, key, nonce, d, cs_view(text, len), b), CS_OK);
		assert_memory_equal(a, b, len + CRYPTO_AEAD_TAG_LEN);
		assert_int_equal(
		    ours.aead_open(ours.ctx, key, nonce, d, cs_view(b, len + CRYPTO_AEAD_TAG_LEN), back),
		    CS_OK);
		assert_memory_equal(back, text, len);
	}
}

static void what_was_sealed_and_changed_is_not_opened_nor_any_of_it_shown(void **state)
{
	uint8_t key[CRYPTO_AEAD_KEY_LEN], nonce[CRYPTO_AEAD_NONCE_LEN], text[20] = "secret", sealed[36],
									back[20], was[20];
	struct cs_view aad = CS_VIEW_TEXT("with this");

	(void)state;
	fill(key, sizeof(key));
	fill(nonce, sizeof(nonce));
	memset(back, 0x55, sizeof(back));
	memcpy(was, back, sizeof(was));
	assert_int_equal(ours.aead_seal(ours.ctx, key, nonce, aad, CS_VIEW_OF(text), sealed), CS_OK);
	for (size_t bit = 0; bit < 8 * sizeof(sealed); bit++) {
		sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(ours.aead_open(ours.ctx, key, nonce, aad, CS_VIEW_OF(sealed), back),
				 CS_ERR_CORRUPT);
		assert_memory_equal(back, was, sizeof(was));
		sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_int_equal(
	    ours.aead_open(ours.ctx, key, nonce, CS_VIEW_TEXT("with that"), CS_VIEW_OF(sealed), back),
	    CS_ERR_CORRUPT);
	assert_int_equal(ours.aead_open(ours.ctx, key, nonce, aad, cs_view(sealed, 15), back),
			 CS_ERR_CORRUPT);
	assert_memory_equal(back, was, sizeof(was));
}

static void blocks_are_those_of_libcrypto_both_ways(void **state)
{
	static const struct {
		enum piv_alg cipher;
		size_t key, block;
	} rows[] = {{PIV_ALG_3DES, 24, 8},
		    {PIV_ALG_AES128, 16, 16},
		    {PIV_ALG_AES192, 24, 16},
		    {PIV_ALG_AES256, 32, 16}};
	uint8_t key[32], in[16], a[16], b[16], back[16];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cs_view k = cs_view(key, rows[i].key);

		fill(key, sizeof(key));
		fill(in, sizeof(in));
		assert_int_equal(ours.block(ours.ctx, rows[i].cipher, true, k, in, a), CS_OK);
		assert_int_equal(theirs.block(theirs.ctx, rows[i].cipher, true, k, in, b), CS_OK);
		assert_memory_equal(a, b, rows[i].block);
		assert_int_equal(ours.block(ours.ctx, rows[i].cipher, false, k, a, back), CS_OK);
		assert_memory_equal(back, in, rows[i].block);
		assert_int_equal(ours.block(ours.ctx, rows[i].cipher, true, cs_view(key, 15), in, a),
				 CS_ERR_UNSUPPORTED);
	}
}

static void without_entropy_there_is_no_random_number_and_no_key(void **state)
{
	struct crypto_bearssl none;
	struct buffer priv, pub;
	uint8_t bytes[16];
	struct crypto c;

	(void)state;
	entropy_fails = true;
	assert_int_equal(crypto_bearssl_init(&none, entropy, NULL, &c), CS_ERR_CRYPTO);
	assert_int_equal(ours.random(ours.ctx, bytes, sizeof(bytes)), CS_ERR_CRYPTO);
	assert_int_equal(ours.key_generate(ours.ctx, PIV_ALG_P256, fresh(&priv), fresh(&pub)), CS_ERR_CRYPTO);
	assert_int_equal(ours.key_generate(ours.ctx, PIV_ALG_X25519, fresh(&priv), fresh(&pub)),
			 CS_ERR_CRYPTO);
	assert_int_equal(ours.key_generate(ours.ctx, PIV_ALG_RSA2048, fresh(&priv), fresh(&pub)),
			 CS_ERR_CRYPTO);
	entropy_fails = false;
	assert_int_equal(of(&priv).len + of(&pub).len, 0);
}

/* ---- keys ---- */

/* RFC 6979, A.2.5 to A.2.7: "sample", with the digest of the curve's length. */
static void signatures_are_those_of_rfc_6979(void **state)
{
	static const struct {
		enum piv_alg alg;
		enum cs_hash hash;
		const char *scalar, *r, *s;
	} rows[] = {
	    {PIV_ALG_P256, CS_SHA256, "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721",
	     "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
	     "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"},
	    {PIV_ALG_P384, CS_SHA384,
	     "6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740787137d896d5724e4c70a825f872c9ea60d2edf"
	     "5",
	     "94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c81a648152e44acf96e36dd1e80fabe4"
	     "6",
	     "99ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94fa329c145786e679e7b82c71a38628ac"
	     "8"},
	    {PIV_ALG_P521, CS_SHA512,
	     "00fad06daa62ba3b25d2fb40133da757205de67f5bb0018fee8c86e1b68c7e75caa896eb32f1f47c70855836a6d16fc"
	     "c1466f6d8"
	     "fbec67db89ec0c08b0e996b83538",
	     "00c328fafcbd79dd77850370c46325d987cb525569fb63c5d3bc53950e6d4c5f174e25a1ee9017b5d450606add152b5"
	     "34931d7d4"
	     "e8455cc91f9b15bf05ec36e377fa",
	     "00617cce7cf5064806c467f678d3b4080d6f1cc50af26ca209417308281b68af282623eaa63e5b5c0723d8b8c37ff07"
	     "77b1a20f8"
	     "ccb1dccc43997f1ee0e44da4a67a"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buffer number, parts, priv, pub, signature;
		struct cs_view sequence, part;
		struct cs_reader reader;
		uint8_t digest[64];

		cs_tlv_write(fresh(&parts), PIV_IMPORT_EC_SCALAR, hex(&number, rows[i].scalar));
		assert_int_equal(
		    ours.key_import(ours.ctx, rows[i].alg, of(&parts), fresh(&priv), fresh(&pub)), CS_OK);
		assert_int_equal(theirs.digest(theirs.ctx, rows[i].hash, CS_VIEW_TEXT("sample"), digest),
				 CS_OK);
		assert_int_equal(ours.key_sign(ours.ctx, rows[i].alg, of(&priv),
					       cs_view(digest, cs_hash_size(rows[i].hash)),
					       fresh(&signature)),
				 CS_OK);
		assert_int_equal(cs_tlv_find(of(&signature), 0x30, &sequence), CS_OK);
		reader = cs_reader_of(sequence);
		for (size_t j = 0; j < 2; j++) {
			struct cs_view want = hex(&number, j == 0 ? rows[i].r : rows[i].s);

			part = cs_tlv_expect(&reader, 0x02);
			while (part.len > 0 && part.ptr[0] == 0)
				part = cs_view(part.ptr + 1, part.len - 1);
			while (want.ptr[0] == 0)
				want = cs_view(want.ptr + 1, want.len - 1);
			assert_same(part, want);
		}
		assert_int_equal(cs_reader_done(&reader), CS_OK);
	}
}

static const enum piv_alg curves[] = {PIV_ALG_P256, PIV_ALG_P384, PIV_ALG_P521};

static void a_key_made_here_is_one_to_libcrypto_and_they_agree(void **state)
{
	static const enum piv_alg algs[] = {PIV_ALG_P256, PIV_ALG_P384, PIV_ALG_P521, PIV_ALG_X25519};

	(void)state;
	for (size_t i = 0; i < sizeof(algs) / sizeof(algs[0]); i++) {
		struct buffer priv, pub, parts, priv2, pub2, again, a, b;
		uint32_t tag = algs[i] == PIV_ALG_X25519 ? PIV_IMPORT_X25519 : PIV_IMPORT_EC_SCALAR;
		struct cs_view secret, point, point2;

		assert_int_equal(ours.key_generate(ours.ctx, algs[i], fresh(&priv), fresh(&pub)), CS_OK);
		assert_int_equal(cs_tlv_find(of(&priv), tag, &secret), CS_OK);
		cs_tlv_write(fresh(&parts), tag, secret);
		assert_int_equal(
		    theirs.key_import(theirs.ctx, algs[i], of(&parts), fresh(&priv2), fresh(&again)), CS_OK);
		assert_same(of(&again), of(&pub));
		assert_same(of(&priv2), of(&priv));
		assert_int_equal(theirs.key_generate(theirs.ctx, algs[i], fresh(&priv2), fresh(&pub2)),
				 CS_OK);
		assert_int_equal(cs_tlv_find(of(&pub), PIV_TAG_EC_POINT, &point), CS_OK);
		assert_int_equal(cs_tlv_find(of(&pub2), PIV_TAG_EC_POINT, &point2), CS_OK);
		assert_int_equal(ours.key_agree(ours.ctx, algs[i], of(&priv), point2, fresh(&a)), CS_OK);
		assert_int_equal(theirs.key_agree(theirs.ctx, algs[i], of(&priv2), point, fresh(&b)), CS_OK);
		assert_same(of(&a), of(&b));
	}
}

static void scalars_outside_of_the_order_are_refused(void **state)
{
	static const char *const order[] = {
	    "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
	    "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc5297"
	    "3",
	    "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709"
	    "a5d0"
	    "3bb5c9b8899c47aebb6fb71e91386409"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct buffer number, parts, priv, pub, pub2;
		struct cs_view n = hex(&number, order[i]);

		cs_tlv_write(fresh(&parts), PIV_IMPORT_EC_SCALAR, n);
		assert_int_equal(ours.key_import(ours.ctx, curves[i], of(&parts), fresh(&priv), fresh(&pub)),
				 CS_ERR_MALFORMED);
		number.bytes[n.len - 1]--; /* the largest one */
		cs_tlv_write(fresh(&parts), PIV_IMPORT_EC_SCALAR, n);
		assert_int_equal(ours.key_import(ours.ctx, curves[i], of(&parts), fresh(&priv), fresh(&pub)),
				 CS_OK);
		assert_int_equal(
		    theirs.key_import(theirs.ctx, curves[i], of(&parts), fresh(&priv), fresh(&pub2)), CS_OK);
		assert_same(of(&pub), of(&pub2));
		memset(number.bytes, 0, n.len);
		cs_tlv_write(fresh(&parts), PIV_IMPORT_EC_SCALAR, n);
		assert_int_equal(ours.key_import(ours.ctx, curves[i], of(&parts), fresh(&priv), fresh(&pub)),
				 CS_ERR_MALFORMED);
		cs_tlv_write_u8(fresh(&parts), PIV_IMPORT_EC_SCALAR, 1); /* a short one is the same number */
		assert_int_equal(ours.key_import(ours.ctx, curves[i], of(&parts), fresh(&priv), fresh(&pub)),
				 CS_OK);
	}
}

static void points_that_are_on_no_curve_are_refused(void **state)
{
	struct buffer priv, pub, out;
	struct cs_view point;
	uint8_t bad[133];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(ours.key_generate(ours.ctx, curves[i], fresh(&priv), fresh(&pub)), CS_OK);
		assert_int_equal(cs_tlv_find(of(&pub), PIV_TAG_EC_POINT, &point), CS_OK);
		for (size_t at = 0; at < point.len; at += 13) {
			memcpy(bad, point.ptr, point.len);
			bad[at] ^= 1;
			assert_int_equal(ours.key_agree(ours.ctx, curves[i], of(&priv),
							cs_view(bad, point.len), fresh(&out)),
					 CS_ERR_MALFORMED);
		}
		assert_int_equal(ours.key_agree(ours.ctx, curves[i], of(&priv),
						cs_view(point.ptr, point.len - 1), fresh(&out)),
				 CS_ERR_MALFORMED);
		assert_int_equal(of(&out).len, 0);
	}
	memset(bad, 0, 32); /* of low order */
	assert_int_equal(ours.key_generate(ours.ctx, PIV_ALG_X25519, fresh(&priv), fresh(&pub)), CS_OK);
	assert_int_equal(ours.key_agree(ours.ctx, PIV_ALG_X25519, of(&priv), cs_view(bad, 32), fresh(&out)),
			 CS_ERR_MALFORMED);
}

static void digests_of_no_length_that_fits_are_refused(void **state)
{
	struct buffer priv, pub, a, b;
	uint8_t digest[67];

	(void)state;
	fill(digest, sizeof(digest));
	digest[0] = 0;
	assert_int_equal(ours.key_generate(ours.ctx, PIV_ALG_P256, fresh(&priv), fresh(&pub)), CS_OK);
	assert_int_equal(ours.key_sign(ours.ctx, PIV_ALG_P256, of(&priv), CS_VIEW_EMPTY, fresh(&a)),
			 CS_ERR_MALFORMED);
	/* A longer one is cut, a shorter one a number; the same number is the same signature. */
	assert_int_equal(ours.key_sign(ours.ctx, PIV_ALG_P256, of(&priv), cs_view(digest, 64), fresh(&a)),
			 CS_OK);
	assert_int_equal(ours.key_sign(ours.ctx, PIV_ALG_P256, of(&priv), cs_view(digest, 32), fresh(&b)),
			 CS_OK);
	assert_same(of(&a), of(&b));
	assert_int_equal(ours.key_sign(ours.ctx, PIV_ALG_P256, of(&priv), cs_view(digest + 1, 31), fresh(&b)),
			 CS_OK);
	assert_same(of(&a), of(&b));
	assert_int_equal(ours.key_generate(ours.ctx, PIV_ALG_P521, fresh(&priv), fresh(&pub)), CS_OK);
	assert_int_equal(ours.key_sign(ours.ctx, PIV_ALG_P521, of(&priv), cs_view(digest, 65), fresh(&a)),
			 CS_ERR_MALFORMED);
	assert_int_equal(ours.key_sign(ours.ctx, PIV_ALG_X25519, of(&priv), cs_view(digest, 32), fresh(&a)),
			 CS_ERR_UNSUPPORTED);
	assert_int_equal(ours.key_agree(ours.ctx, PIV_ALG_RSA2048, of(&priv), cs_view(digest, 32), fresh(&a)),
			 CS_ERR_UNSUPPORTED);
	assert_int_equal(ours.key_generate(ours.ctx, PIV_ALG_ED25519, fresh(&priv), fresh(&pub)),
			 CS_ERR_UNSUPPORTED);
	assert_false(ours.supports(ours.ctx, PIV_ALG_MLDSA44));
}

/* ---- RSA ---- */

/* Elements 01 to 05 of a stored key, as an import has them. */
static void rsa_parts(struct cs_view priv, struct cs_writer *parts)
{
	for (uint32_t tag = PIV_IMPORT_P; tag <= PIV_IMPORT_QINV; tag++) {
		struct cs_view value;

		assert_int_equal(cs_tlv_find(priv, tag, &value), CS_OK);
		cs_tlv_write(parts, tag, value);
	}
}

static void an_rsa_key_made_here_is_one_to_libcrypto_and_the_other_way_round(void **state)
{
	static const struct crypto *const from[] = {&ours, &theirs};
	struct buffer priv, pub, parts, priv2, pub2, a, b;
	uint8_t text[256];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const struct crypto *maker = from[i], *taker = from[1 - i];

		assert_int_equal(maker->key_generate(maker->ctx, PIV_ALG_RSA2048, fresh(&priv), fresh(&pub)),
				 CS_OK);
		rsa_parts(of(&priv), fresh(&parts));
		assert_int_equal(
		    taker->key_import(taker->ctx, PIV_ALG_RSA2048, of(&parts), fresh(&priv2), fresh(&pub2)),
		    CS_OK);
		assert_same(of(&priv), of(&priv2));
		assert_same(of(&pub), of(&pub2));
		fill(text, sizeof(text));
		text[0] = 0;
		assert_int_equal(
		    ours.key_sign(ours.ctx, PIV_ALG_RSA2048, of(&priv), CS_VIEW_OF(text), fresh(&a)), CS_OK);
		assert_int_equal(
		    theirs.key_sign(theirs.ctx, PIV_ALG_RSA2048, of(&priv), CS_VIEW_OF(text), fresh(&b)),
		    CS_OK);
		assert_same(of(&a), of(&b));
		memset(text, 0xFF, sizeof(text));
		assert_int_equal(
		    ours.key_sign(ours.ctx, PIV_ALG_RSA2048, of(&priv), CS_VIEW_OF(text), fresh(&a)),
		    CS_ERR_MALFORMED);
		assert_int_equal(
		    ours.key_sign(ours.ctx, PIV_ALG_RSA2048, of(&priv), cs_view(text, 255), fresh(&a)),
		    CS_ERR_MALFORMED);
		assert_int_equal(of(&a).len, 0);
	}
}

static void
an_rsa_key_whose_numbers_do_not_belong_together_is_refused_and_a_fault_gives_no_result(void **state)
{
	struct buffer priv, pub, parts, priv2, pub2, out;
	uint8_t text[256] = {0, 2};

	(void)state;
	assert_int_equal(theirs.key_generate(theirs.ctx, PIV_ALG_RSA2048, fresh(&priv), fresh(&pub)), CS_OK);
	for (size_t part = 0; part < 5; part++) {
		size_t at = 4 + part * (128 + 3) + 60; /* in the middle of each number */

		rsa_parts(of(&priv), fresh(&parts));
		parts.bytes[at] ^= 1;
		assert_int_equal(
		    ours.key_import(ours.ctx, PIV_ALG_RSA2048, of(&parts), fresh(&priv2), fresh(&pub2)),
		    CS_ERR_MALFORMED);
		priv.bytes[at] ^= 1;
		assert_int_equal(
		    ours.key_sign(ours.ctx, PIV_ALG_RSA2048, of(&priv), CS_VIEW_OF(text), fresh(&out)),
		    CS_ERR_CRYPTO);
		assert_int_equal(of(&out).len, 0);
		priv.bytes[at] ^= 1;
	}
	rsa_parts(of(&priv), fresh(&parts));
	assert_int_equal(ours.key_import(ours.ctx, PIV_ALG_RSA2048, cs_view(parts.bytes, of(&parts).len - 1),
					 fresh(&priv2), fresh(&pub2)),
			 CS_ERR_MALFORMED);
	assert_int_equal(ours.key_import(ours.ctx, PIV_ALG_RSA3072, of(&parts), fresh(&priv2), fresh(&pub2)),
			 CS_ERR_MALFORMED);
	/* one factor twice */
	memcpy(parts.bytes + 3 + 128 + 4, parts.bytes + 4, 128);
	assert_int_equal(ours.key_import(ours.ctx, PIV_ALG_RSA2048, of(&parts), fresh(&priv2), fresh(&pub2)),
			 CS_ERR_MALFORMED);
}

static int ports_open(void **state)
{
	(void)state;
	return crypto_openssl_init(&theirs) == CS_OK &&
		       crypto_bearssl_init(&bear, entropy, NULL, &ours) == CS_OK
		   ? 0
		   : -1;
}

static int ports_close(void **state)
{
	(void)state;
	crypto_openssl_free(&theirs);
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(digests_and_macs_are_those_of_libcrypto),
	    cmocka_unit_test(what_is_sealed_is_what_libcrypto_seals),
	    cmocka_unit_test(what_was_sealed_and_changed_is_not_opened_nor_any_of_it_shown),
	    cmocka_unit_test(blocks_are_those_of_libcrypto_both_ways),
	    cmocka_unit_test(without_entropy_there_is_no_random_number_and_no_key),
	    cmocka_unit_test(signatures_are_those_of_rfc_6979),
	    cmocka_unit_test(a_key_made_here_is_one_to_libcrypto_and_they_agree),
	    cmocka_unit_test(scalars_outside_of_the_order_are_refused),
	    cmocka_unit_test(points_that_are_on_no_curve_are_refused),
	    cmocka_unit_test(digests_of_no_length_that_fits_are_refused),
	    cmocka_unit_test(an_rsa_key_made_here_is_one_to_libcrypto_and_the_other_way_round),
	    cmocka_unit_test(
		an_rsa_key_whose_numbers_do_not_belong_together_is_refused_and_a_fault_gives_no_result),
	};

	return cmocka_run_group_tests(tests, ports_open, ports_close);
}
