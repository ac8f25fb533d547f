/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The crypto port on the NIST curves: published vectors, round trips that libcrypto verifies, points that are
 * none; and the cache of parsed keys.
 */
#include <time.h>

#include "tests/unit/crypto_fixture.h"

static struct bytes scalar_part(const char *scalar)
{
	struct bytes s = hex(scalar), out;
	struct cs_writer w = CS_WRITER_OF(out.data);

	cs_tlv_write(&w, PIV_IMPORT_EC_SCALAR, view(&s));
	out.len = cs_writer_view(&w).len;
	return out;
}

/* RFC 6979, appendices A.2.5 to A.2.7: private and public keys. */
static const struct {
	enum piv_alg alg;
	const char *name, *scalar, *point, *order;
} curve[] = {
    {PIV_ALG_P256, "P-256", "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721",
     "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
     "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
     "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"},
    {PIV_ALG_P384, "P-384",
     "6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740787137d896d5724e4c70a825f872c9ea60d2edf5",
     "04ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64def8f0ea9055866064a254515480bc13"
     "8015d9b72d7d57244ea8ef9ac0c621896708a59367f9dfb9f54ca84b3f1c9db1288b231c3ae0d4fe7344fd2533264720",
     "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973"},
    {PIV_ALG_P521, "P-521",
     "00fad06daa62ba3b25d2fb40133da757205de67f5bb0018fee8c86e1b68c7e75caa896eb32f1f47c70855836a6d16fcc1466f6d"
     "8"
     "fbec67db89ec0c08b0e996b83538",
     "0401894550d0785932e00eaa23b694f213f8c3121f86dc97a04e5a7167db4e5bcd371123d46e45db6b5d5370a7f20fb633155d3"
     "8"
     "ffa16d2bd761dcac474b9a2f5023a400493101c962cd4d2fddf782285e64584139c2f91b47f87ff82354d6630f746a28a0db257"
     "4"
     "1b5b34a828008b22acc23f924faafbd4d33f81ea66956dfeaa2bfdfcf5",
     "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d0"
     "3bb5c9b8899c47aebb6fb71e91386409"},
};

#define CURVES (sizeof(curve) / sizeof(curve[0]))

static EVP_PKEY *ec_public(size_t i, const struct bytes *pub)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	struct cs_view point;

	assert_int_equal(cs_tlv_find(view(pub), PIV_TAG_EC_POINT, &point), CS_OK);
	assert_int_equal(OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, curve[i].name, 0),
			 1);
	assert_int_equal(
	    OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point.ptr, point.len), 1);
	return public_key("EC", build);
}

static void imported_scalars_have_the_points_of_rfc_6979(void **state)
{
	struct cs_view point;

	(void)state;
	for (size_t i = 0; i < CURVES; i++) {
		struct bytes parts = scalar_part(curve[i].scalar), priv, pub;

		assert_true(port.supports(port.ctx, curve[i].alg));
		assert_int_equal(import(curve[i].alg, &parts, &priv, &pub), CS_OK);
		assert_int_equal(cs_tlv_find(view(&pub), PIV_TAG_EC_POINT, &point), CS_OK);
		assert_hex(point.ptr, point.len, curve[i].point);
		assert_imports_as(curve[i].alg, &priv, &pub);
	}
}

static void a_scalar_of_zero_or_not_below_the_order_is_no_key(void **state)
{
	struct bytes priv, pub;

	(void)state;
	for (size_t i = 0; i < CURVES; i++) {
		struct bytes zero = scalar_part("00"), order = scalar_part(curve[i].order),
			     empty = {.len = 0}, one = order;
		struct bytes longer = order; /* a byte of zeros in front */
		size_t len = order.len - 2;

		longer.data[1]++;
		longer.data[2] = 0;
		memcpy(longer.data + 3, one.data + 2, len);
		longer.data[longer.len++] ^= 1;

		one.data[one.len - 1]--; /* the highest there is */
		assert_int_equal(import(curve[i].alg, &zero, &priv, &pub), CS_ERR_MALFORMED);
		assert_int_equal(import(curve[i].alg, &order, &priv, &pub), CS_ERR_MALFORMED);
		assert_int_equal(import(curve[i].alg, &empty, &priv, &pub), CS_ERR_MALFORMED);
		assert_int_equal(import(curve[i].alg, &longer, &priv, &pub), CS_ERR_MALFORMED);
		assert_int_equal(import(curve[i].alg, &one, &priv, &pub), CS_OK);
		order.data[order.len - 1]++;
		assert_int_equal(import(curve[i].alg, &order, &priv, &pub), CS_ERR_MALFORMED);
	}
}

static struct bytes bytes_of(struct cs_view v)
{
	struct bytes b = {.len = v.len};

	memcpy(b.data, v.ptr, v.len);
	return b;
}

static void ecdsa_takes_digests_of_any_length_as_libcrypto_does(void **state)
{
	uint8_t digest[80];

	(void)state;
	memset(digest, 0x5A, sizeof(digest));
	for (size_t i = 0; i < CURVES; i++) {
		static const size_t lengths[] = {1, 20, 32, 48, 64, 80};
		struct bytes priv, pub, out, padded;

		generate(curve[i].alg, &priv, &pub);
		assert_imports_as(curve[i].alg, &priv, &pub);
		for (size_t k = 0; k < sizeof(lengths) / sizeof(lengths[0]); k++) {
			size_t whole = strlen(curve[i].order) / 2,
			       used = lengths[k] < whole ? lengths[k] : whole;

			padded.len = whole;

			assert_int_equal(sign(curve[i].alg, &priv, cs_view(digest, lengths[k]), &out), CS_OK);
			memset(padded.data, 0, padded.len); /* extended with zeros in front, or cut behind */
			memcpy(padded.data + padded.len - used, digest, used);
			if (curve[i].alg == PIV_ALG_P521 && used < padded.len)
				padded = bytes_of(cs_view(digest, used)); /* 528 bits would be cut to 521 */
			assert_true(verifies(ec_public(i, &pub), false, view(&padded), &out));
			padded.data[padded.len - 1] ^=
			    0x80; /* P-521 does not look at the last 7 bits of 528 */
			assert_false(verifies(ec_public(i, &pub), false, view(&padded), &out));
		}
		assert_int_equal(sign(curve[i].alg, &priv, CS_VIEW_EMPTY, &out), CS_ERR_MALFORMED);
	}
}

static enum cs_err agree(enum piv_alg alg, const struct bytes *priv, struct cs_view peer, struct bytes *out)
{
	struct cs_writer w = CS_WRITER_OF(out->data);
	enum cs_err err = port.key_agree(port.ctx, alg, view(priv), peer, &w);

	out->len = cs_writer_view(&w).len;
	return err;
}

static void ecdh_matches_rfc_5903(void **state) /* section 8.1 */
{
	struct bytes parts = scalar_part("c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433"),
		     priv, pub, out;
	struct bytes peer = hex("04d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63"
				"56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab");

	(void)state;
	assert_int_equal(import(PIV_ALG_P256, &parts, &priv, &pub), CS_OK);
	assert_int_equal(agree(PIV_ALG_P256, &priv, view(&peer), &out), CS_OK);
	assert_hex(out.data, out.len, "d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de");
}

static void both_sides_of_an_agreement_get_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < CURVES; i++) {
		struct bytes priv[2], pub[2], out[2];
		struct cs_view point;

		generate(curve[i].alg, &priv[0], &pub[0]);
		generate(curve[i].alg, &priv[1], &pub[1]);
		for (size_t k = 0; k < 2; k++) {
			assert_int_equal(cs_tlv_find(view(&pub[1 - k]), PIV_TAG_EC_POINT, &point), CS_OK);
			assert_int_equal(agree(curve[i].alg, &priv[k], point, &out[k]), CS_OK);
		}
		assert_int_equal(out[0].len, strlen(curve[i].order) / 2);
		assert_true(cs_view_equal(view(&out[0]), view(&out[1])));
	}
}

/* The kinds of bad points that invalid-curve test suites send: off the curve, on another curve, infinity,
 * coordinates not below the prime, compressed and hybrid forms, wrong lengths. */
static void a_peer_that_is_not_an_uncompressed_point_of_the_curve_is_refused(void **state)
{
	static const char *const bad[] = {
	    "",
	    "00",
	    "04",
	    /* y changed by one */
	    "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
	    "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d446229a",
	    /* 0, 0 */
	    "040000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
	    "0000000000"
	    "000000000000000000000000",
	    /* secp256k1's generator */
	    "0479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
	    "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8",
	    /* x is the prime */
	    "04ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"
	    "66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4",
	    /* compressed; hybrid; a byte less; a byte more */
	    "0360fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6",
	    "0760fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
	    "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
	    "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
	    "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d44622",
	    "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
	    "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d446229900",
	};
	struct bytes priv, pub, out, peer, p384 = hex(curve[1].point);

	(void)state;
	generate(PIV_ALG_P256, &priv, &pub);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		peer = hex(bad[i]);
		assert_int_equal(agree(PIV_ALG_P256, &priv, view(&peer), &out), CS_ERR_MALFORMED);
		assert_int_equal(out.len, 0);
	}
	assert_int_equal(agree(PIV_ALG_P256, &priv, view(&p384), &out), CS_ERR_MALFORMED);
	peer = hex(curve[0].point);
	assert_int_equal(agree(PIV_ALG_P256, &priv, view(&peer), &out), CS_OK);
	assert_int_equal(agree(PIV_ALG_RSA2048, &priv, view(&peer), &out), CS_ERR_UNSUPPORTED);
}

/* Of each curve: a bit of x or y changed, 0 0, and the prime as x, with the y that belongs to 0 (which is a
 * point). */
static void a_peer_beside_the_curve_is_refused(void **state)
{
	static const struct {
		const char *prime, *y;
	} odd[CURVES] = {
	    {"ffffffff00000001000000000000000000000000ffffffffffffffffffffffff",
	     "66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4"},
	    {"fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000fffffff"
	     "f",
	     "c306610fb0ae5a159cf45c06069f22a6c5eb3641c602d42dea2c4b4f75550793406d80d2b91ad54f9048bd487af1ade"
	     "1"},
	    {"01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
	     "fffffffffffffffffffffffffffffffffffff",
	     "012df13601594a883ef2d935e44bb90bf4d6619b74e52af7552f97769011c0719eb439cfab2a88d40fe59a2bed1f435"
	     "57169a2d0a2ccd280c607b92bbf51ffe0b078"},
	};

	(void)state;
	for (size_t i = 0; i < CURVES; i++) {
		struct bytes priv, pub, out, peer = hex(curve[i].point), prime = hex(odd[i].prime),
					     y = hex(odd[i].y);
		size_t half = prime.len;

		generate(curve[i].alg, &priv, &pub);
		assert_int_equal(agree(curve[i].alg, &priv, view(&peer), &out), CS_OK);
		for (size_t at = half; at <= 2 * half; at += half) {
			peer.data[at] ^= 1;
			assert_int_equal(agree(curve[i].alg, &priv, view(&peer), &out), CS_ERR_MALFORMED);
			peer.data[at] ^= 1;
		}
		memset(peer.data + 1, 0, 2 * half);
		assert_int_equal(agree(curve[i].alg, &priv, view(&peer), &out), CS_ERR_MALFORMED);
		memcpy(peer.data + 1 + half, y.data, half);
		assert_int_equal(agree(curve[i].alg, &priv, view(&peer), &out), CS_OK);
		memcpy(peer.data + 1, prime.data, half);
		assert_int_equal(agree(curve[i].alg, &priv, view(&peer), &out), CS_ERR_MALFORMED);
		assert_int_equal(out.len, 0);
	}
}

/* ---- the cache ---- */

/* More keys than are kept, used in turn, each time with its own result. */
static void keys_used_in_turn_do_not_get_mixed_up(void **state)
{
	struct bytes priv[7], pub[7], out;
	uint8_t digest[32] = {1, 2, 3};

	(void)state;
	for (size_t i = 0; i < 7; i++)
		generate(curve[i % CURVES].alg, &priv[i], &pub[i]);
	for (size_t round = 0; round < 40; round++) {
		size_t i = (round * round + round / 3) % 7;

		assert_int_equal(sign(curve[i % CURVES].alg, &priv[i], CS_VIEW_OF(digest), &out), CS_OK);
		assert_true(verifies(ec_public(i % CURVES, &pub[i]), false, CS_VIEW_OF(digest), &out));
	}
	assert_int_equal(sign(PIV_ALG_P384, &priv[0], CS_VIEW_OF(digest), &out),
			 CS_ERR_CRYPTO); /* P-256's blob */
	assert_int_equal(sign(PIV_ALG_AES128, &priv[0], CS_VIEW_OF(digest), &out), CS_ERR_UNSUPPORTED);
}

static double seconds(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* A figure, not a verdict: machines are busy. */
static void p256_signatures_are_counted_beside_libcrypto(void **state)
{
	enum { ROUNDS = 300 };
	struct bytes priv, pub, out;
	uint8_t digest[32] = {7}, raw[80];
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	double start, ours = 1e9, theirs = 1e9;
	size_t len;

	(void)state;
	generate(PIV_ALG_P256, &priv, &pub);
	assert_int_equal(EVP_PKEY_sign_init(ctx), 1);
	for (size_t pass = 0; pass < 5; pass++) {
		start = seconds();
		for (size_t i = 0; i < ROUNDS; i++)
			assert_int_equal(sign(PIV_ALG_P256, &priv, CS_VIEW_OF(digest), &out), CS_OK);
		ours = seconds() - start < ours ? seconds() - start : ours;
		start = seconds();
		for (size_t i = 0; i < ROUNDS; i++) {
			len = sizeof(raw);
			assert_int_equal(EVP_PKEY_sign(ctx, raw, &len, digest, sizeof(digest)), 1);
		}
		theirs = seconds() - start < theirs ? seconds() - start : theirs;
	}
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(key);
	print_message("# P-256 signatures: %.0f a second, libcrypto alone %.0f: %.0f %%\n", ROUNDS / ours,
		      ROUNDS / theirs, 100 * theirs / ours);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(imported_scalars_have_the_points_of_rfc_6979),
	    cmocka_unit_test(a_scalar_of_zero_or_not_below_the_order_is_no_key),
	    cmocka_unit_test(ecdsa_takes_digests_of_any_length_as_libcrypto_does),
	    cmocka_unit_test(ecdh_matches_rfc_5903),
	    cmocka_unit_test(both_sides_of_an_agreement_get_the_same),
	    cmocka_unit_test(a_peer_that_is_not_an_uncompressed_point_of_the_curve_is_refused),
	    cmocka_unit_test(a_peer_beside_the_curve_is_refused),
	    cmocka_unit_test(keys_used_in_turn_do_not_get_mixed_up),
	    cmocka_unit_test(p256_signatures_are_counted_beside_libcrypto),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
