/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The crypto port's newer algorithms against published vectors; and that it forgets keys when it is told to.
 */
#include "tests/unit/crypto_fixture.h"

#include "applet/port/crypto_openssl_private.h"

/* The blob of a key that is one secret. */
static struct bytes blob(uint8_t tag, const char *secret)
{
	struct bytes s = hex(secret), out;
	struct cs_writer w = CS_WRITER_OF(out.data);

	cs_tlv_write(&w, tag, view(&s));
	out.len = cs_writer_view(&w).len;
	return out;
}

static struct cs_view point_of(const struct bytes *pub)
{
	struct cs_view point;

	assert_int_equal(cs_tlv_find(view(pub), PIV_TAG_EC_POINT, &point), CS_OK);
	return point;
}

/* RFC 8032, 7.1: tests 1 to 3. */
static void ed25519_matches_rfc_8032(void **state)
{
	static const struct {
		const char *secret, *public, *message, *signature;
	} row[] = {
	    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
	     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
	     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46"
	     "b"
	     "d25bf5f0595bbe24655141438e7a100b"},
	    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
	     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
	     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8"
	     "c"
	     "387b2eaeb4302aeeb00d291612bb0c00"},
	    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
	     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
	     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc65"
	     "9"
	     "4a7c15e9716ed28dc027beceea1ec40a"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct bytes parts = blob(PIV_IMPORT_ED25519, row[i].secret), message = hex(row[i].message);
		struct bytes priv, pub, out;

		assert_int_equal(import(PIV_ALG_ED25519, &parts, &priv, &pub), CS_OK);
		assert_hex(point_of(&pub).ptr, point_of(&pub).len, row[i].public);
		assert_int_equal(sign(PIV_ALG_ED25519, &priv, view(&message), &out), CS_OK);
		assert_hex(out.data, out.len, row[i].signature);
	}
}

static enum cs_err agree(const struct bytes *priv, const char *peer, struct bytes *out)
{
	struct cs_writer w = CS_WRITER_OF(out->data);
	struct bytes point = hex(peer);
	enum cs_err err = port.key_agree(port.ctx, PIV_ALG_X25519, view(priv), view(&point), &w);

	out->len = cs_writer_view(&w).len;
	return err;
}

/* RFC 7748, 5.2. */
static void x25519_matches_rfc_7748(void **state)
{
	struct bytes one = blob(PIV_IMPORT_X25519,
				"a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4"),
		     two = blob(PIV_IMPORT_X25519,
				"4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d");
	struct bytes priv, pub, out;

	(void)state;
	assert_int_equal(import(PIV_ALG_X25519, &one, &priv, &pub), CS_OK);
	assert_int_equal(
	    agree(&priv, "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c", &out), CS_OK);
	assert_hex(out.data, out.len, "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552");
	assert_int_equal(import(PIV_ALG_X25519, &two, &priv, &pub), CS_OK);
	assert_int_equal(
	    agree(&priv, "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493", &out), CS_OK);
	assert_hex(out.data, out.len, "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957");
}

/* All points of order 1, 2, 4 and 8, and their forms not below the prime. */
static void x25519_refuses_points_of_low_order_and_other_lengths(void **state)
{
	static const char *const bad[] = {
	    "0000000000000000000000000000000000000000000000000000000000000000",
	    "0100000000000000000000000000000000000000000000000000000000000000",
	    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
	    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
	    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	    "0900000000000000000000000000000000000000000000000000000000000000ff",
	    "09000000000000000000000000000000000000000000000000000000000000",
	    "",
	};
	struct bytes priv, pub, out;

	(void)state;
	generate(PIV_ALG_X25519, &priv, &pub);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(agree(&priv, bad[i], &out), CS_ERR_MALFORMED);
		assert_int_equal(out.len, 0);
	}
	assert_int_equal(
	    agree(&priv, "0900000000000000000000000000000000000000000000000000000000000000", &out), CS_OK);
	assert_memory_equal(out.data, point_of(&pub).ptr,
			    PIV_25519_LEN); /* the base point gives the public key */
}

/* GB/T 32918.5-2017, A.2 (also draft-shen-sm2-ecdsa-02, A.2): key, e, and a signature. */
static void sm2_matches_gb_t_32918(void **state)
{
	struct bytes parts =
	    blob(PIV_IMPORT_EC_SCALAR, "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8");
	struct bytes published =
	    hex("3046022100f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
		"022100b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa");
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	struct bytes priv, pub, out;
	uint8_t e[PIV_SM2_DIGEST_LEN];
	EVP_PKEY *key;

	(void)state;
	assert_int_equal(import(PIV_ALG_SM2, &parts, &priv, &pub), CS_OK);
	assert_hex(point_of(&pub).ptr, point_of(&pub).len,
		   "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
		   "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13");
	assert_int_equal(port.sm2_digest(port.ctx, point_of(&pub), CS_VIEW_TEXT("message digest"), e), CS_OK);
	assert_hex(e, sizeof(e), "f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640");
	OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "SM2", 0);
	OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point_of(&pub).ptr,
					 point_of(&pub).len);
	key = public_key("SM2", build);
	EVP_PKEY_up_ref(key);
	assert_true(verifies(key, false, CS_VIEW_OF(e), &published));
	assert_int_equal(sign(PIV_ALG_SM2, &priv, CS_VIEW_OF(e), &out), CS_OK);
	assert_true(verifies(key, false, CS_VIEW_OF(e), &out));
	assert_int_equal(sign(PIV_ALG_SM2, &priv, cs_view(e, 31), &out), CS_ERR_MALFORMED);
	assert_int_equal(port.sm2_digest(port.ctx, cs_view(e, 32), CS_VIEW_OF(e), e), CS_ERR_CRYPTO);
}

/* NIST ACVP-Server, ML-DSA-keyGen-FIPS204, test case 1: the seed, and where the public key begins. */
static void ml_dsa_keys_come_from_their_seeds_as_nist_s(void **state)
{
	struct bytes parts =
	    blob(PIV_IMPORT_MLDSA, "d71361c000f9a7bc99dfb425bcb6bb27c32c36ab444ff3708b2d93b4e66d5b5b");
	struct bytes priv, pub;

	(void)state;
	if (!port.supports(port.ctx, PIV_ALG_MLDSA44)) {
		assert_int_equal(import(PIV_ALG_MLDSA44, &parts, &priv, &pub), CS_ERR_UNSUPPORTED);
		return;
	}
	assert_int_equal(import(PIV_ALG_MLDSA44, &parts, &priv, &pub), CS_OK);
	assert_int_equal(point_of(&pub).len, 1312);
	assert_hex(point_of(&pub).ptr, 48,
		   "b845fa2881407a59183071629b08223128116014fb58ff6bb4c8c9fe19cf5b0bd77b16648a344ffe486bc3e3c"
		   "b5fab9a");
	assert_true(cs_view_equal(view(&priv), view(&parts)));
}

/* NIST ACVP, ML-KEM keyGen for FIPS 203: d and z of ML-KEM-512, and the SHAKE-256 of the public key, in which
 * form Botan keeps these vectors. */
static void ml_kem_keys_come_from_their_seeds_as_nist_s(void **state)
{
	struct bytes parts =
	    blob(PIV_IMPORT_MLKEM, "2cb843a02ef02ee109305f39119fabf49ab90a57ffecb3a0e75e179450f52761"
				   "84cc9121ae56fbf39e67adbd83ad2d3e3bb80843645206bdd9f2f629e3cc49b7");
	struct bytes priv, pub;
	uint8_t digest[16];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	(void)state;
	if (port.supports(port.ctx, PIV_ALG_MLKEM512)) {
		assert_int_equal(import(PIV_ALG_MLKEM512, &parts, &priv, &pub), CS_OK);
		assert_int_equal(point_of(&pub).len, 800);
		assert_int_equal(EVP_DigestInit_ex2(ctx, EVP_shake256(), NULL), 1);
		assert_int_equal(EVP_DigestUpdate(ctx, point_of(&pub).ptr, point_of(&pub).len), 1);
		assert_int_equal(EVP_DigestFinalXOF(ctx, digest, sizeof(digest)), 1);
		assert_hex(digest, sizeof(digest), "f0e6fa0a8d42ea426134fc8762535b8e");
	} else {
		assert_int_equal(import(PIV_ALG_MLKEM512, &parts, &priv, &pub), CS_ERR_UNSUPPORTED);
	}
	EVP_MD_CTX_free(ctx);
}

/* FIPS 204, 3.4: signatures of the same are not the same, and so tell nothing of a fault in one. */
static void ml_dsa_signs_hedged(void **state)
{
	struct bytes priv, pub;
	uint8_t first[4627], second[4627];
	struct cs_writer a = CS_WRITER_OF(first), b = CS_WRITER_OF(second);

	(void)state;
	if (!port.supports(port.ctx, PIV_ALG_MLDSA87))
		return;
	generate(PIV_ALG_MLDSA87, &priv, &pub);
	assert_int_equal(port.key_sign(port.ctx, PIV_ALG_MLDSA87, view(&priv), CS_VIEW_TEXT("m"), &a), CS_OK);
	assert_int_equal(port.key_sign(port.ctx, PIV_ALG_MLDSA87, view(&priv), CS_VIEW_TEXT("m"), &b), CS_OK);
	assert_int_equal(cs_writer_view(&a).len, sizeof(first));
	assert_memory_not_equal(first, second, sizeof(first));
}

static void an_operation_that_a_family_does_not_have_is_unsupported(void **state)
{
	struct bytes priv, pub, out;
	struct cs_writer w = CS_WRITER_OF(out.data);
	uint8_t in[64] = {0};

	(void)state;
	generate(PIV_ALG_ED25519, &priv, &pub);
	assert_int_equal(port.key_agree(port.ctx, PIV_ALG_ED25519, view(&priv), cs_view(in, 32), &w),
			 CS_ERR_UNSUPPORTED);
	assert_int_equal(port.key_sign_mu(port.ctx, PIV_ALG_ED25519, view(&priv), CS_VIEW_OF(in), &w),
			 CS_ERR_UNSUPPORTED);
	assert_int_equal(port.key_decapsulate(port.ctx, PIV_ALG_ED25519, view(&priv), CS_VIEW_OF(in), &w),
			 CS_ERR_UNSUPPORTED);
	generate(PIV_ALG_X25519, &priv, &pub);
	assert_int_equal(sign(PIV_ALG_X25519, &priv, CS_VIEW_OF(in), &out), CS_ERR_UNSUPPORTED);
	assert_int_equal(sign(PIV_ALG_ED25519, &priv, CS_VIEW_OF(in), &out),
			 CS_ERR_CRYPTO); /* X25519's blob */
}

static unsigned remembered(void)
{
	const struct crypto_openssl *own = port.ctx;
	unsigned count = 0;

	for (size_t i = 0; i < KEY_CACHE_SIZE; i++)
		count += own->cache[i].key != NULL;
	return count;
}

static void keys_are_forgotten_when_the_core_says_so(void **state)
{
	struct crypto_openssl *own = port.ctx;
	struct bytes priv, pub, out;
	uint8_t digest[32] = {1};

	(void)state;
	generate(PIV_ALG_P256, &priv, &pub);
	assert_int_equal(sign(PIV_ALG_P256, &priv, CS_VIEW_OF(digest), &out), CS_OK);
	assert_true(remembered() > 0);
	port.keys_forget(port.ctx);
	assert_int_equal(remembered(), 0);
	for (size_t i = 0; i < sizeof(own->cache); i++)
		assert_int_equal(((const uint8_t *)own->cache)[i], 0);
	assert_int_equal(sign(PIV_ALG_P256, &priv, CS_VIEW_OF(digest), &out), CS_OK);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ed25519_matches_rfc_8032),
	    cmocka_unit_test(x25519_matches_rfc_7748),
	    cmocka_unit_test(x25519_refuses_points_of_low_order_and_other_lengths),
	    cmocka_unit_test(sm2_matches_gb_t_32918),
	    cmocka_unit_test(ml_dsa_keys_come_from_their_seeds_as_nist_s),
	    cmocka_unit_test(ml_kem_keys_come_from_their_seeds_as_nist_s),
	    cmocka_unit_test(ml_dsa_signs_hedged),
	    cmocka_unit_test(an_operation_that_a_family_does_not_have_is_unsupported),
	    cmocka_unit_test(keys_are_forgotten_when_the_core_says_so),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
