/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The kinds of cases that Project Wycheproof tries, of ML-DSA and ML-KEM: signatures whose hints are in
 * another form, numbers that are out of range, keys and ciphertexts that are almost right. Where libcrypto
 * has neither (before OpenSSL 3.5), nor have the card and the module.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/err.h>

#include "tests/unit/pkcs11_session.h"

#define session p11_session

#define SIGNATURE_MAX  4627u
#define PUBLIC_MAX     2592u
#define CIPHERTEXT_MAX 1568u
#define SECRET	       32u
#define Q	       3329u /* ML-KEM's modulus */

/* FIPS 204, tables 1 and 2: the parts of a signature are the commitment's hash, z and the hints. */
static const struct signer {
	CK_ULONG number, public_len, signature_len, hash_len;
	unsigned k, omega;
} signers[] = {{CKP_ML_DSA_44, 1312, 2420, 32, 4, 80},
	       {CKP_ML_DSA_65, 1952, 3309, 48, 6, 55},
	       {CKP_ML_DSA_87, 2592, 4627, 64, 8, 75}};

/* FIPS 203, tables 2 and 3; of a ciphertext the first part, u. */
static const struct kem {
	CK_ULONG number, public_len, ciphertext_len, u_len;
} kems[] = {
    {CKP_ML_KEM_512, 800, 768, 640}, {CKP_ML_KEM_768, 1184, 1088, 960}, {CKP_ML_KEM_1024, 1568, 1568, 1408}};

static CK_BYTE text[] = "a message";
static CK_BYTE seed[64];

static bool has_it(void)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "ML-KEM-512", NULL);

	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	return ctx != NULL;
}

static CK_RV import_seed(CK_KEY_TYPE type, CK_ULONG set, CK_ULONG len, struct pair *pair)
{
	CK_BYTE room[80] = {0};
	CK_ATTRIBUTE a[] = {{CKA_KEY_TYPE, &type, sizeof(type)},
			    {CKA_PARAMETER_SET, &set, sizeof(set)},
			    {CKA_SEED, room, len}};

	memcpy(room, seed, sizeof(seed));
	return p11_import(a, 3, pair);
}

static void public_of(CK_OBJECT_HANDLE key, CK_BYTE *value, CK_ULONG len)
{
	CK_ATTRIBUTE a = {CKA_VALUE, value, len};

	assert_int_equal(C_GetAttributeValue(session, key, &a, 1), CKR_OK);
	assert_int_equal(a.ulValueLen, len);
}

static CK_RV bring_public(CK_KEY_TYPE type, CK_ULONG set, CK_BYTE *value, CK_ULONG len, CK_OBJECT_HANDLE *key)
{
	CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)},
			    {CKA_KEY_TYPE, &type, sizeof(type)},
			    {CKA_PARAMETER_SET, &set, sizeof(set)},
			    {CKA_VALUE, value, len}};

	return C_CreateObject(session, a, 4, key);
}

/* ---- hints ---- */

/* For each of k polynomials the places of its hints, ascending; zeros up to omega; where each one's end (FIPS
 * 204, algorithm 20). */
struct hints {
	CK_BYTE *place, *end;
	unsigned count;
};

static struct hints hints_of(const struct signer *s, CK_BYTE *signature)
{
	CK_BYTE *at = signature + s->signature_len - s->omega - s->k;

	return (struct hints){at, at + s->omega, at[s->omega + s->k - 1]};
}

/* The first polynomial with two hints or more: the place of its first. */
static unsigned two_in_one(const struct signer *s, const struct hints *h)
{
	unsigned begin = 0;

	for (unsigned i = 0; i < s->k; i++) {
		if (h->end[i] - begin >= 2)
			return begin;
		begin = h->end[i];
	}
	return s->omega;
}

/* The same hints in another order. */
static void swap_two(const struct signer *s, struct hints *h)
{
	unsigned at = two_in_one(s, h);
	CK_BYTE first = h->place[at];

	h->place[at] = h->place[at + 1];
	h->place[at + 1] = first;
}

/* The same hints, one of them named twice. */
static void name_twice(const struct signer *s, struct hints *h)
{
	unsigned at = two_in_one(s, h);

	memmove(h->place + at + 1, h->place + at, h->count - at);
	for (unsigned i = 0; i < s->k; i++)
		h->end[i] = (CK_BYTE)(h->end[i] + (h->end[i] > at ? 1 : 0));
}

/* The same hints, and something where nothing is looked for. */
static void fill_behind(const struct signer *s, struct hints *h)
{
	h->place[s->omega - 1] = 1;
}

static void fill_right_behind(const struct signer *s, struct hints *h)
{
	(void)s;
	h->place[h->count] = 0xFF;
}

/* The zero behind the last one is a hint. */
static void count_one_more(const struct signer *s, struct hints *h)
{
	h->end[s->k - 1]++;
}

static void count_one_less(const struct signer *s, struct hints *h)
{
	h->end[s->k - 1]--;
}

static void count_more_than_there_can_be(const struct signer *s, struct hints *h)
{
	h->end[s->k - 1] = (CK_BYTE)(s->omega + 1);
}

static void count_more_than_all(const struct signer *s, struct hints *h)
{
	memset(h->end, 0xFF, s->k);
}

static void end_before_the_begin(const struct signer *s, struct hints *h)
{
	(void)s;
	h->end[1] = (CK_BYTE)(h->end[0] - 1);
}

static void have_none(const struct signer *s, struct hints *h)
{
	memset(h->place, 0, s->omega + s->k);
}

static const struct {
	const char *what;
	void (*change)(const struct signer *s, struct hints *h);
} changes[] = {
    {"two hints are swapped", swap_two},
    {"a hint is named twice", name_twice},
    {"something stands behind the hints", fill_behind},
    {"something stands right behind the hints", fill_right_behind},
    {"a hint more is counted", count_one_more},
    {"a hint less is counted", count_one_less},
    {"more hints are counted than there can be", count_more_than_there_can_be},
    {"all ends are beyond the end", count_more_than_all},
    {"a polynomial's hints end before they begin", end_before_the_begin},
    {"there are no hints", have_none},
};

static CK_RV check(CK_OBJECT_HANDLE key, CK_BYTE *signature, CK_ULONG len)
{
	CK_MECHANISM m = {CKM_ML_DSA, NULL, 0};

	return p11_check(&m, key, text, sizeof(text), signature, len);
}

/* One of which the changes are changes: with room for one hint more, two in one polynomial, one in the first.
 */
static void sign_with_hints(const struct signer *s, CK_OBJECT_HANDLE key, CK_BYTE *signature)
{
	CK_MECHANISM m = {CKM_ML_DSA, NULL, 0};
	struct hints h;

	do {
		CK_ULONG len = SIGNATURE_MAX;

		assert_int_equal(p11_make(&m, key, text, sizeof(text), signature, &len), CKR_OK);
		assert_int_equal(len, s->signature_len);
		h = hints_of(s, signature);
	} while (h.count + 1 >= s->omega || h.end[0] == 0 || two_in_one(s, &h) == s->omega);
}

static void a_signature_s_hints_have_one_form(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(signers); i++) {
		CK_BYTE right[SIGNATURE_MAX], wrong[SIGNATURE_MAX];
		struct pair pair;

		assert_int_equal(import_seed(CKK_ML_DSA, signers[i].number, 32, &pair), CKR_OK);
		sign_with_hints(&signers[i], pair.private, right);
		assert_int_equal(check(pair.public, right, signers[i].signature_len), CKR_OK);
		for (size_t n = 0; n < COUNT(changes); n++) {
			struct hints h = hints_of(&signers[i], wrong);

			memcpy(wrong, right, sizeof(wrong));
			h.count = hints_of(&signers[i], right).count;
			changes[n].change(&signers[i], &h);
			assert_memory_not_equal(wrong, right, signers[i].signature_len);
			if (check(pair.public, wrong, signers[i].signature_len) != CKR_SIGNATURE_INVALID)
				fail_msg("%s: the signature is not refused", changes[n].what);
		}
		assert_int_equal(C_DestroyObject(session, pair.private), CKR_OK);
	}
}

/* ---- the rest of a signature ---- */

static void a_signature_is_right_in_each_part(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(signers); i++) {
		const struct signer *s = &signers[i];
		CK_ULONG z_len = s->signature_len - s->hash_len - s->omega - s->k;
		CK_BYTE right[SIGNATURE_MAX + 1] = {0}, wrong[SIGNATURE_MAX + 1];
		struct pair pair;

		assert_int_equal(import_seed(CKK_ML_DSA, s->number, 32, &pair), CKR_OK);
		sign_with_hints(s, pair.private, right);
		for (CK_ULONG bit = 0; bit < 8 * s->hash_len; bit += 7) {
			memcpy(wrong, right, sizeof(wrong));
			wrong[bit / 8] ^= (CK_BYTE)(1u << bit % 8);
			assert_int_equal(check(pair.public, wrong, s->signature_len), CKR_SIGNATURE_INVALID);
		}
		/* All of z as small, and as large, as its form has it: both are out of the scheme's bounds.
		 */
		for (int byte = 0; byte <= 0xFF; byte += 0xFF) {
			memcpy(wrong, right, sizeof(wrong));
			memset(wrong + s->hash_len, byte, z_len);
			assert_int_equal(check(pair.public, wrong, s->signature_len), CKR_SIGNATURE_INVALID);
			memcpy(wrong, right, sizeof(wrong));
			memset(wrong + s->hash_len, byte, 3);
			assert_int_equal(check(pair.public, wrong, s->signature_len), CKR_SIGNATURE_INVALID);
			memset(wrong, byte, s->signature_len);
			assert_int_equal(check(pair.public, wrong, s->signature_len), CKR_SIGNATURE_INVALID);
		}
		assert_int_equal(check(pair.public, right, s->signature_len + 1), CKR_SIGNATURE_LEN_RANGE);
		assert_int_equal(check(pair.public, right, s->signature_len - 1), CKR_SIGNATURE_LEN_RANGE);
		assert_int_equal(check(pair.public, right, s->hash_len), CKR_SIGNATURE_LEN_RANGE);
		assert_int_equal(check(pair.public, right, 0), CKR_SIGNATURE_LEN_RANGE);
		for (size_t n = 0; n < COUNT(signers); n++) {
			if (n != i)
				assert_int_equal(check(pair.public, right, signers[n].signature_len),
						 CKR_SIGNATURE_LEN_RANGE);
		}
		assert_int_equal(check(pair.public, right, s->signature_len), CKR_OK);
		assert_int_equal(C_DestroyObject(session, pair.private), CKR_OK);
	}
}

/* A message is no digest, nor the other way round, nor is a context part of the message. */
static void what_is_signed_in_one_way_is_not_signed_in_another(void **state)
{
	CK_BYTE context[] = "a ", signature[SIGNATURE_MAX], digest[32];
	CK_SIGN_ADDITIONAL_CONTEXT p = {CKH_HEDGE_PREFERRED, context, 2};
	CK_MECHANISM pure = {CKM_ML_DSA, NULL, 0}, with = {CKM_ML_DSA, &p, sizeof(p)},
		     hashed = {CKM_HASH_ML_DSA_SHA256, NULL, 0}, other = {CKM_HASH_ML_DSA_SHA3_256, NULL, 0};
	CK_ULONG len = sizeof(signature);
	struct pair pair;

	(void)state;
	assert_int_equal(import_seed(CKK_ML_DSA, CKP_ML_DSA_44, 32, &pair), CKR_OK);
	assert_int_equal(p11_make(&hashed, pair.private, text, sizeof(text), signature, &len), CKR_OK);
	assert_int_equal(p11_check(&hashed, pair.public, text, sizeof(text), signature, len), CKR_OK);
	assert_int_equal(p11_check(&other, pair.public, text, sizeof(text), signature, len),
			 CKR_SIGNATURE_INVALID);
	assert_int_equal(p11_check(&pure, pair.public, text, sizeof(text), signature, len),
			 CKR_SIGNATURE_INVALID);
	assert_int_equal(EVP_Digest(text, sizeof(text), digest, NULL, EVP_sha256(), NULL), 1);
	assert_int_equal(p11_check(&pure, pair.public, digest, sizeof(digest), signature, len),
			 CKR_SIGNATURE_INVALID);
	assert_int_equal(p11_make(&pure, pair.private, text, sizeof(text), signature, &len), CKR_OK);
	assert_int_equal(p11_check(&hashed, pair.public, text, sizeof(text), signature, len),
			 CKR_SIGNATURE_INVALID);
	assert_int_equal(p11_check(&with, pair.public, text + 2, sizeof(text) - 2, signature, len),
			 CKR_SIGNATURE_INVALID);
	assert_int_equal(C_DestroyObject(session, pair.private), CKR_OK);
}

/* ---- keys ---- */

static CK_OBJECT_CLASS secret_class = CKO_SECRET_KEY;
static CK_KEY_TYPE secret_type = CKK_GENERIC_SECRET;
static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
static CK_ATTRIBUTE secret_template[] = {{CKA_CLASS, &secret_class, sizeof(secret_class)},
					 {CKA_KEY_TYPE, &secret_type, sizeof(secret_type)},
					 {CKA_SENSITIVE, &no, 1},
					 {CKA_EXTRACTABLE, &yes, 1}};

static void secret_of(CK_OBJECT_HANDLE key, CK_BYTE secret[SECRET])
{
	CK_ATTRIBUTE a = {CKA_VALUE, secret, SECRET};

	assert_int_equal(C_GetAttributeValue(session, key, &a, 1), CKR_OK);
	assert_int_equal(a.ulValueLen, SECRET);
	assert_int_equal(C_DestroyObject(session, key), CKR_OK);
}

/* Refused when it is brought, or when it is used. */
static CK_RV encapsulate_for(const struct kem *kem, CK_BYTE *value, CK_ULONG value_len)
{
	CK_MECHANISM m = {CKM_ML_KEM, NULL, 0};
	CK_BYTE ciphertext[CIPHERTEXT_MAX];
	CK_ULONG len = sizeof(ciphertext);
	CK_OBJECT_HANDLE key, made;
	CK_RV rv = bring_public(CKK_ML_KEM, kem->number, value, value_len, &key);

	if (rv != CKR_OK)
		return rv;
	rv = C_EncapsulateKey(session, &m, key, secret_template, 4, ciphertext, &len, &made);
	assert_int_equal(C_DestroyObject(session, key), CKR_OK);
	return rv;
}

/* Refused when it is brought, or when it is used. */
static CK_RV verify_by(CK_ULONG set, CK_BYTE *value, CK_ULONG len, CK_ULONG signature_len)
{
	CK_BYTE signature[SIGNATURE_MAX] = {0};
	CK_OBJECT_HANDLE key;
	CK_RV rv = bring_public(CKK_ML_DSA, set, value, len, &key);

	if (rv != CKR_OK)
		return rv;
	rv = check(key, signature, signature_len);
	assert_int_equal(C_DestroyObject(session, key), CKR_OK);
	return rv;
}

static void try_public_lengths(size_t i)
{
	CK_BYTE value[PUBLIC_MAX + 1] = {0};
	const struct signer *s = &signers[i], *other = &signers[(i + 1) % COUNT(signers)];
	const struct kem *kem = &kems[i], *wider = &kems[(i + 1) % COUNT(kems)];
	const CK_ULONG dsa[] = {s->public_len - 1, s->public_len + 1, other->public_len, 32};
	const CK_ULONG agrees[] = {kem->public_len - 1, kem->public_len + 1, wider->public_len, 32};

	/* Of the right length it is somebody's. */
	assert_int_equal(verify_by(s->number, value, s->public_len, s->signature_len), CKR_SIGNATURE_INVALID);
	for (size_t n = 0; n < COUNT(dsa); n++) {
		CK_RV rv = verify_by(s->number, value, dsa[n], s->signature_len);

		assert_true(rv != CKR_OK && rv != CKR_SIGNATURE_INVALID);
		assert_int_not_equal(encapsulate_for(kem, value, agrees[n]), CKR_OK);
	}
}

static void a_key_of_another_length_or_set_is_none(void **state)
{
	static const CK_ULONG dsa[] = {1, 31, 33, 64}, kem[] = {1, 32, 63, 65};
	struct pair pair;

	(void)state;
	for (size_t i = 0; i < COUNT(signers); i++) {
		for (size_t n = 0; n < COUNT(dsa); n++) {
			assert_int_equal(import_seed(CKK_ML_DSA, signers[i].number, dsa[n], &pair),
					 CKR_ATTRIBUTE_VALUE_INVALID);
			assert_int_equal(import_seed(CKK_ML_KEM, kems[i].number, kem[n], &pair),
					 CKR_ATTRIBUTE_VALUE_INVALID);
		}
		try_public_lengths(i);
	}
}

/* Two numbers of twelve bits in three bytes (FIPS 203, algorithm 5). */
static void put_number(CK_BYTE *value, CK_ULONG n, unsigned number)
{
	CK_BYTE *at = value + n / 2 * 3;

	if (n % 2 == 0) {
		at[0] = (CK_BYTE)number;
		at[1] = (CK_BYTE)((at[1] & 0xF0u) | number >> 8);
	} else {
		at[1] = (CK_BYTE)((at[1] & 0x0Fu) | (number & 0x0Fu) << 4);
		at[2] = (CK_BYTE)(number >> 4);
	}
}

/* FIPS 203, 7.2: what decodes to another number than it was encoded from is no key. */
static void a_public_key_s_numbers_are_below_the_modulus(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(kems); i++) {
		CK_ULONG numbers = (kems[i].public_len - 32) * 2 / 3;
		const CK_ULONG places[] = {0, 1, 255, 256, numbers - 2, numbers - 1};
		CK_BYTE right[CIPHERTEXT_MAX], wrong[CIPHERTEXT_MAX];
		struct pair pair;

		assert_int_equal(import_seed(CKK_ML_KEM, kems[i].number, 64, &pair), CKR_OK);
		public_of(pair.public, right, kems[i].public_len);
		assert_int_equal(encapsulate_for(&kems[i], right, kems[i].public_len), CKR_OK);
		for (size_t n = 0; n < COUNT(places); n++) {
			memcpy(wrong, right, sizeof(wrong));
			put_number(wrong, places[n], Q - 1);
			assert_int_equal(encapsulate_for(&kems[i], wrong, kems[i].public_len), CKR_OK);
			put_number(wrong, places[n], Q);
			assert_int_not_equal(encapsulate_for(&kems[i], wrong, kems[i].public_len), CKR_OK);
			put_number(wrong, places[n], 0xFFF);
			assert_int_not_equal(encapsulate_for(&kems[i], wrong, kems[i].public_len), CKR_OK);
		}
		memset(wrong, 0xFF, kems[i].public_len);
		assert_int_not_equal(encapsulate_for(&kems[i], wrong, kems[i].public_len), CKR_OK);
		assert_int_equal(C_DestroyObject(session, pair.private), CKR_OK);
	}
}

/* ---- ciphertexts ---- */

static CK_RV decapsulate(CK_OBJECT_HANDLE key, CK_BYTE *ciphertext, CK_ULONG len, CK_BYTE secret[SECRET])
{
	CK_MECHANISM m = {CKM_ML_KEM, NULL, 0};
	CK_OBJECT_HANDLE made;
	CK_RV rv = C_DecapsulateKey(session, &m, key, secret_template, 4, ciphertext, len, &made);

	if (rv == CKR_OK)
		secret_of(made, secret);
	return rv;
}

/* J(z || c), z the second half of the seed (FIPS 203, algorithm 18): what a ciphertext that is not right is
 * worth. */
static void rejected(const CK_BYTE *ciphertext, size_t len, CK_BYTE secret[SECRET])
{
	EVP_MD_CTX *shake = EVP_MD_CTX_new();

	assert_int_equal(EVP_DigestInit_ex(shake, EVP_shake256(), NULL), 1);
	assert_int_equal(EVP_DigestUpdate(shake, seed + 32, 32), 1);
	assert_int_equal(EVP_DigestUpdate(shake, ciphertext, len), 1);
	assert_int_equal(EVP_DigestFinalXOF(shake, secret, SECRET), 1);
	EVP_MD_CTX_free(shake);
}

static void assert_rejected(const struct kem *kem, CK_OBJECT_HANDLE key, CK_BYTE *ciphertext)
{
	CK_BYTE got[SECRET], want[SECRET];

	rejected(ciphertext, kem->ciphertext_len, want);
	assert_int_equal(decapsulate(key, ciphertext, kem->ciphertext_len, got), CKR_OK);
	assert_memory_equal(got, want, SECRET);
}

static void try_lengths(const struct kem *kem, CK_OBJECT_HANDLE key, CK_BYTE *ciphertext)
{
	const CK_ULONG lengths[] = {0,
				    1,
				    kem->u_len,
				    kem->ciphertext_len - 1,
				    kem->ciphertext_len + 1,
				    kems[0].ciphertext_len,
				    kems[1].ciphertext_len,
				    kems[2].ciphertext_len};
	CK_BYTE secret[SECRET];

	for (size_t i = 0; i < COUNT(lengths); i++) {
		if (lengths[i] != kem->ciphertext_len)
			assert_int_equal(decapsulate(key, ciphertext, lengths[i], secret),
					 CKR_WRAPPED_KEY_LEN_RANGE);
	}
}

static void a_ciphertext_is_right_in_each_part_or_is_worth_a_secret_of_its_own(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(kems); i++) {
		const struct kem *kem = &kems[i];
		const CK_ULONG places[] = {0, 31, 32, kem->u_len - 1, kem->u_len, kem->ciphertext_len - 1};
		CK_BYTE ciphertext[CIPHERTEXT_MAX + 1] = {0}, secret[SECRET], got[SECRET];
		CK_MECHANISM m = {CKM_ML_KEM, NULL, 0};
		CK_ULONG len = sizeof(ciphertext);
		CK_OBJECT_HANDLE made;
		struct pair pair;

		assert_int_equal(import_seed(CKK_ML_KEM, kem->number, 64, &pair), CKR_OK);
		assert_int_equal(
		    C_EncapsulateKey(session, &m, pair.public, secret_template, 4, ciphertext, &len, &made),
		    CKR_OK);
		assert_int_equal(len, kem->ciphertext_len);
		secret_of(made, secret);
		for (size_t n = 0; n < COUNT(places); n++) {
			for (unsigned bit = 1; bit <= 0x80; bit <<= 7) {
				ciphertext[places[n]] ^= (CK_BYTE)bit;
				assert_rejected(kem, pair.private, ciphertext);
				ciphertext[places[n]] ^= (CK_BYTE)bit;
			}
		}
		assert_int_equal(decapsulate(pair.private, ciphertext, len, got), CKR_OK);
		assert_memory_equal(got, secret, SECRET);
		try_lengths(kem, pair.private, ciphertext);
		memset(ciphertext, 0, sizeof(ciphertext));
		assert_rejected(kem, pair.private, ciphertext);
		memset(ciphertext, 0xFF, sizeof(ciphertext));
		assert_rejected(kem, pair.private, ciphertext);
		assert_int_equal(C_DestroyObject(session, pair.private), CKR_OK);
	}
}

/* ---- without ---- */

static void a_key_that_the_card_cannot_use_is_not_taken(void **state)
{
	struct pair pair;

	(void)state;
	assert_int_equal(import_seed(CKK_ML_DSA, CKP_ML_DSA_44, 32, &pair), CKR_PARAMETER_SET_NOT_SUPPORTED);
	assert_int_equal(import_seed(CKK_ML_KEM, CKP_ML_KEM_512, 64, &pair), CKR_PARAMETER_SET_NOT_SUPPORTED);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_signature_s_hints_have_one_form),
	    cmocka_unit_test(a_signature_is_right_in_each_part),
	    cmocka_unit_test(what_is_signed_in_one_way_is_not_signed_in_another),
	    cmocka_unit_test(a_key_of_another_length_or_set_is_none),
	    cmocka_unit_test(a_public_key_s_numbers_are_below_the_modulus),
	    cmocka_unit_test(a_ciphertext_is_right_in_each_part_or_is_worth_a_secret_of_its_own),
	};
	static const struct CMUnitTest without[] = {
	    cmocka_unit_test(a_key_that_the_card_cannot_use_is_not_taken)};

	for (size_t i = 0; i < sizeof(seed); i++)
		seed[i] = (CK_BYTE)(i * 5 + 1);
	if (has_it())
		return cmocka_run_group_tests_name("pkcs11_lattice", tests, p11_session_make,
						   p11_session_end);
	print_message("# %zu tests are left out: this libcrypto has no ML-DSA and ML-KEM\n", COUNT(tests));
	return cmocka_run_group_tests_name("pkcs11_lattice", without, p11_session_make, p11_session_end);
}
