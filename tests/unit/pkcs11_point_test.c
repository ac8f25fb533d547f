/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Points at the edges: X25519's on the twist, in other forms and with its unused bit set; what two agree on
 * that begins or ends with zeros; Ed25519's of small order and in other forms.
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

#define X25519	"06032b656e"
#define ED25519 "06032b6570"

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

/* The eight points whose order divides 8 (RFC 8032, 5.1), in the order of their y. */
static const char *const small_order[] = {
    "00" ZEROS_30 "00",
    "00" ZEROS_30 "80",
    "01" ZEROS_30 "00",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "ec" ONES_30 "7f",
};

/* RFC 8032, 5.1.3: x is 0, and has a sign; y is p, p + 1, p + 3 (of a large order) and p + 18. */
static const char *const no_points[] = {
    "01" ZEROS_30 "80", "ec" ONES_30 "ff", "ed" ONES_30 "7f", "ed" ONES_30 "ff", "ee" ONES_30 "7f",
    "ee" ONES_30 "ff",	"f0" ONES_30 "7f", "ff" ONES_30 "7f", "ff" ONES_30 "ff",
};

static CK_OBJECT_HANDLE ed25519_key(const char *point)
{
	CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
	CK_KEY_TYPE type = CKK_EC_EDWARDS;
	struct bytes params = hex(ED25519), p = hex(point);
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)},
				   {CKA_KEY_TYPE, &type, sizeof(type)},
				   {CKA_EC_PARAMS, params.at, params.len},
				   {CKA_EC_POINT, p.at, p.len}};
	CK_OBJECT_HANDLE key;

	assert_int_equal(C_CreateObject(p11_session, template, COUNT(template), &key), CKR_OK);
	return key;
}

static CK_RV ed25519_check(CK_OBJECT_HANDLE key, const char *r, const char *s)
{
	CK_MECHANISM m = {CKM_EDDSA, NULL, 0};
	struct bytes signature = hex(r), half = hex(s);
	CK_BYTE text[] = {'t', 'e', 'x', 't'};

	memcpy(signature.at + signature.len, half.at, half.len);
	return p11_check(&m, key, text, sizeof(text), signature.at, signature.len + half.len);
}

/* With S = 0 there is an R of small order to each such key and message. */
static void assert_verifies_nothing(const char *point)
{
	CK_OBJECT_HANDLE key = ed25519_key(point);

	for (size_t i = 0; i < COUNT(small_order); i++)
		assert_int_equal(ed25519_check(key, small_order[i], "00" ZEROS_30 "00"),
				 CKR_PUBLIC_KEY_INVALID);
	assert_int_equal(C_DestroyObject(p11_session, key), CKR_OK);
}

static void an_ed25519_key_of_small_order_verifies_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(small_order); i++)
		assert_verifies_nothing(small_order[i]);
}

static void an_ed25519_key_has_one_form(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(no_points); i++)
		assert_verifies_nothing(no_points[i]);
}

/* By the key of RFC 8032, 7.1, test 1, of "text", as 5.1.6 has it, with 0 for r: R is the neutral element,
 * which the RFC takes, and S what belongs to R as it is written. The last R is of order 2, and no multiple of
 * B. */
static void an_ed25519_signature_s_point_has_one_form(void **state)
{
	static const struct {
		const char *r, *s;
		CK_RV want;
	} tests[] = {
	    {"01" ZEROS_30 "00", "2b1e6572b531804c457ff14a28dda2d570505b769983dfba2e1aa27e9fba3004", CKR_OK},
	    {"01" ZEROS_30 "80", "0dfa47ce19718b259a8d7ecb35163c4b087ebf6ae69a29431cebd0c70dc01709",
	     CKR_SIGNATURE_INVALID},
	    {"ee" ONES_30 "7f", "0a3e5f310def443734924d278a4dab4aad56cb7fbd3b0d896530456dca355e0d",
	     CKR_SIGNATURE_INVALID},
	    {"ee" ONES_30 "ff", "3b6720c473611f509957c0a51757aa8d9d0ad4d6e7080ab6df2a59de285dec01",
	     CKR_SIGNATURE_INVALID},
	    {"ec" ONES_30 "7f", "25bd2f4719ea0c1d0efe849cf26ee38db134b7771ba618ffd979fce17a614902",
	     CKR_SIGNATURE_INVALID},
	};
	CK_OBJECT_HANDLE key =
	    ed25519_key("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");

	(void)state;
	for (size_t i = 0; i < COUNT(tests); i++)
		assert_int_equal(ed25519_check(key, tests[i].r, tests[i].s), tests[i].want);
	assert_int_equal(C_DestroyObject(p11_session, key), CKR_OK);
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(x25519_takes_each_number_as_its_rfc_has_it),
	    TEST(a_secret_keeps_the_zeros_that_it_begins_with),
	    TEST(a_secret_of_x25519_keeps_zeros_at_both_ends),
	    TEST(an_ed25519_key_of_small_order_verifies_nothing),
	    TEST(an_ed25519_key_has_one_form),
	    TEST(an_ed25519_signature_s_point_has_one_form),
	};

	return cmocka_run_group_tests_name("pkcs11_point", tests, p11_session_make, p11_session_end);
}
