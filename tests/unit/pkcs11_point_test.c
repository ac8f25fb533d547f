/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Points at the edges: X25519's on the twist, in other forms and with its unused bit set; and what two agree
 * on that begins or ends with zeros.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/ec.h>
#include <openssl/obj_mac.h>

#include "tests/unit/pkcs11_agree.h"

#define X25519 "06032b656e"

/* The scalars of RFC 7748, 5.2. */
#define SCALAR_1 "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4"
#define SCALAR_2 "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d"

#define ZEROS_30 "000000000000000000000000000000000000000000000000000000000000"
#define ONES_30	 "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

/* What SCALAR_1 makes of the numbers, by the procedure of RFC 7748, 5. */
#define OF_2  "71cacba0b65daf53ddf9c21fb434bc58ee5cfa3954d1b642fc5155048f03466f"
#define OF_3  "16a3c4a479dc135e51a38c7b3232caa0635fef9e7ad969d60a6e08b28b1bb61d"
#define OF_4  "2837399b99b705c1722b62e0e8931a37a0df4217132178adcfe9edd50943a533"
#define OF_9  "1c9fd88f45606d932a80c71824ae151d15d73e77de38e8e000852e614fae7019"
#define OF_18 "76b00406ce7e87774c0038dd8d89b188047977f8828ca1dcb8f98bb5d5d0cf48"

static const struct {
	const char *scalar, *point, *secret;
} known[] = {
    /* RFC 7748, 5.2: the second with its high bit set, and on the twist. */
    {SCALAR_1, "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
     "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"},
    {SCALAR_2, "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
     "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"},
    {SCALAR_1, "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1ccc",
     "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"},
    /* 2 and 3 are on the twist, 4, 9 and 18 on the curve. */
    {SCALAR_1, "02" ZEROS_30 "00", OF_2},
    {SCALAR_1, "03" ZEROS_30 "00", OF_3},
    {SCALAR_1, "04" ZEROS_30 "00", OF_4},
    {SCALAR_1, "02" ZEROS_30 "80", OF_2},
    {SCALAR_1, "09" ZEROS_30 "80", OF_9},
    /* p + 2, p + 3, p + 9, and p + 18, the last one that there is; with the high bit. */
    {SCALAR_1, "ef" ONES_30 "7f", OF_2},
    {SCALAR_1, "f0" ONES_30 "7f", OF_3},
    {SCALAR_1, "f6" ONES_30 "7f", OF_9},
    {SCALAR_1, "ff" ONES_30 "7f", OF_18},
    {SCALAR_1, "ef" ONES_30 "ff", OF_2},
    {SCALAR_1, "ff" ONES_30 "ff", OF_18},
};

static void x25519_takes_each_number_as_its_rfc_has_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(known); i++) {
		struct bytes u = hex(known[i].point);
		CK_ECDH1_DERIVE_PARAMS p = {CKD_NULL, 0, NULL, u.len, u.at};
		uint8_t got[AGREE_MAX];
		CK_ULONG len = 0;
		struct pair pair;

		assert_int_equal(p11_import_curve(CKK_EC_MONTGOMERY, X25519, known[i].scalar, &pair), CKR_OK);
		assert_int_equal(p11_derive(CKM_ECDH1_DERIVE, pair.private, &p, 0, got, sizeof(got), &len),
				 CKR_OK);
		assert_bytes(got, len, known[i].secret);
		assert_int_equal(C_DestroyObject(p11_session, pair.private), CKR_OK);
	}
}

/* The whole of the secret is the key, and is what the key is derived from (X9.63: its hash with a counter).
 */
static void assert_agrees(CK_OBJECT_HANDLE key, struct bytes *peer, const struct bytes *secret)
{
	static const uint8_t counter[4] = {0, 0, 0, 1};
	CK_ECDH1_DERIVE_PARAMS p = {CKD_NULL, 0, NULL, peer->len, peer->at};
	uint8_t got[AGREE_MAX], hashed[AGREE_MAX + sizeof(counter)], want[32];
	CK_ULONG len = 0;

	assert_int_equal(p11_derive(CKM_ECDH1_DERIVE, key, &p, 0, got, sizeof(got), &len), CKR_OK);
	assert_int_equal(len, secret->len);
	assert_memory_equal(got, secret->at, len);
	p.kdf = CKD_SHA256_KDF;
	assert_int_equal(p11_derive(CKM_ECDH1_DERIVE, key, &p, sizeof(want), got, sizeof(got), &len), CKR_OK);
	assert_int_equal(len, sizeof(want));
	memcpy(hashed, secret->at, secret->len);
	memcpy(hashed + secret->len, counter, sizeof(counter));
	assert_int_equal(EVP_Digest(hashed, secret->len + sizeof(counter), want, NULL, EVP_sha256(), NULL),
			 1);
	assert_memory_equal(got, want, len);
}

#define D_32 "5a17c0de5a17c0de5a17c0de5a17c0de5a17c0de5a17c0de5a17c0de5a17c0de"

static const struct {
	const char *params, *scalar;
	int nid;
	CK_ULONG field; /* bytes */
	int bytes; /* at most, of a number that begins with a byte of zeros, and not by the field alone */
} fields[] = {
    {"06082a8648ce3d030107", D_32, NID_X9_62_prime256v1, 32, 31},
    {"06052b81040022", "5a17c0de5a17c0de5a17c0de5a17c0de" D_32, NID_secp384r1, 48, 47},
    {"06052b81040023", "0017" D_32 D_32, NID_secp521r1, 66, 64},
};

/* The first of G, 2G, 3G ... with which the scalar's owner agrees on so short a number. */
static void search(int nid, const char *scalar, CK_ULONG field, int bytes, struct bytes *peer,
		   struct bytes *secret)
{
	struct bytes d = hex(scalar);
	EC_GROUP *group = EC_GROUP_new_by_curve_name(nid);
	EC_POINT *theirs = EC_POINT_new(group), *agreed = EC_POINT_new(group),
		 *own = EC_POINT_dup(EC_GROUP_get0_generator(group), group);
	BIGNUM *x = BN_bin2bn(d.at, (int)d.len, NULL);
	unsigned tries = 0;

	assert_int_equal(EC_POINT_mul(group, theirs, x, NULL, NULL, NULL), 1);
	assert_int_equal(EC_POINT_copy(agreed, theirs), 1);
	while (EC_POINT_get_affine_coordinates(group, agreed, x, NULL, NULL) == 1 &&
	       BN_num_bytes(x) > bytes) {
		assert_true(tries++ < 100000);
		assert_int_equal(EC_POINT_add(group, agreed, agreed, theirs, NULL), 1);
		assert_int_equal(EC_POINT_add(group, own, own, EC_GROUP_get0_generator(group), NULL), 1);
	}
	peer->len =
	    EC_POINT_point2oct(group, own, POINT_CONVERSION_UNCOMPRESSED, peer->at, sizeof(peer->at), NULL);
	assert_int_equal(BN_bn2binpad(x, secret->at, (int)field), (int)field);
	secret->len = field;
	BN_free(x);
	EC_POINT_free(own);
	EC_POINT_free(agreed);
	EC_POINT_free(theirs);
	EC_GROUP_free(group);
}

static void a_secret_keeps_the_zeros_that_it_begins_with(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(fields); i++) {
		struct bytes peer, secret;
		struct pair pair;

		search(fields[i].nid, fields[i].scalar, fields[i].field, fields[i].bytes, &peer, &secret);
		assert_int_equal(secret.at[0], 0);
		assert_int_equal(secret.at[fields[i].field - (CK_ULONG)fields[i].bytes - 1], 0);
		assert_int_equal(p11_import_curve(CKK_EC, fields[i].params, fields[i].scalar, &pair), CKR_OK);
		assert_agrees(pair.private, &peer, &secret);
		assert_int_equal(C_DestroyObject(p11_session, pair.private), CKR_OK);
	}
}

/* With the peer whose scalar is the number. */
static void agree_x25519(EVP_PKEY *theirs, unsigned number, struct bytes *peer, struct bytes *secret)
{
	uint8_t scalar[32] = {0, (uint8_t)number, (uint8_t)(number >> 8)};
	EVP_PKEY *own = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, scalar, sizeof(scalar));
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(own, NULL);

	peer->len = sizeof(peer->at);
	secret->len = sizeof(secret->at);
	assert_int_equal(EVP_PKEY_get_raw_public_key(own, peer->at, &peer->len), 1);
	assert_int_equal(EVP_PKEY_derive_init(ctx), 1);
	assert_int_equal(EVP_PKEY_derive_set_peer(ctx, theirs), 1);
	assert_int_equal(EVP_PKEY_derive(ctx, secret->at, &secret->len), 1);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(own);
}

/* Little-endian: the last byte is the number's first. */
static void a_secret_of_x25519_keeps_zeros_at_both_ends(void **state)
{
	struct bytes peer, secret;
	struct pair pair;
	EVP_PKEY *theirs;

	(void)state;
	assert_int_equal(p11_import_curve(CKK_EC_MONTGOMERY, X25519, SCALAR_1, &pair), CKR_OK);
	theirs = p11_public(pair.public);
	for (size_t at = 0; at < 32; at += 31) {
		unsigned number = 0;

		do {
			assert_true(number < 60000);
			agree_x25519(theirs, number++, &peer, &secret);
		} while (secret.at[at] != 0);
		assert_agrees(pair.private, &peer, &secret);
	}
	EVP_PKEY_free(theirs);
	assert_int_equal(C_DestroyObject(p11_session, pair.private), CKR_OK);
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(x25519_takes_each_number_as_its_rfc_has_it),
	    TEST(a_secret_keeps_the_zeros_that_it_begins_with),
	    TEST(a_secret_of_x25519_keeps_zeros_at_both_ends),
	};

	return cmocka_run_group_tests_name("pkcs11_point", tests, p11_session_make, p11_session_end);
}
