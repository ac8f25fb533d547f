/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A private key whose public half is not the one that it is said to have is not written: the half is computed
 * before the card gets it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/piv.h"
#include "pkcs11/public_half.h"
#include "pkcs11/pubkey.h"
#include "tests/lib/p11_foreign.h"
#include "tests/lib/transport_card.h"
#include "tests/unit/pkcs11_session.h"

#define NUMBERS 6u

/* A key's numbers, as templates have them; of curves the first is the scalar. */
struct numbers {
	CK_BYTE at[NUMBERS][256];
	size_t len[NUMBERS];
	CK_BYTE spki[512];
	size_t spki_len;
};

static void take_spki(EVP_PKEY *key, struct numbers *n)
{
	unsigned char *out = n->spki;
	int len = i2d_PUBKEY(key, &out);

	assert_in_range(len, 1, sizeof(n->spki));
	n->spki_len = (size_t)len;
}

/* p, q, dp, dq, qinv, d */
static void new_rsa(struct numbers *n)
{
	static const char *const names[NUMBERS] = {
	    OSSL_PKEY_PARAM_RSA_FACTOR1,   OSSL_PKEY_PARAM_RSA_FACTOR2,	     OSSL_PKEY_PARAM_RSA_EXPONENT1,
	    OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1, OSSL_PKEY_PARAM_RSA_D};
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);

	assert_non_null(key);
	for (size_t i = 0; i < NUMBERS; i++) {
		BIGNUM *number = NULL;

		assert_int_equal(EVP_PKEY_get_bn_param(key, names[i], &number), 1);
		n->len[i] = (size_t)BN_bn2bin(number, n->at[i]);
		BN_free(number);
	}
	take_spki(key, n);
	EVP_PKEY_free(key);
}

static void new_curve(const char *curve, size_t field, struct numbers *n)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", curve);
	BIGNUM *scalar = NULL;

	assert_non_null(key);
	assert_int_equal(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &scalar), 1);
	assert_int_equal(BN_bn2binpad(scalar, n->at[0], (int)field), (int)field);
	n->len[0] = field;
	BN_free(scalar);
	take_spki(key, n);
	EVP_PKEY_free(key);
}

static void new_bare(const char *name, struct numbers *n)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, name);

	assert_non_null(key);
	n->len[0] = sizeof(n->at[0]);
	assert_int_equal(EVP_PKEY_get_raw_private_key(key, n->at[0], &n->len[0]), 1);
	take_spki(key, n);
	EVP_PKEY_free(key);
}

static struct cs_view number(const struct numbers *n, size_t i)
{
	return cs_view(n->at[i], n->len[i]);
}

static enum cs_err half_of(enum piv_alg alg, const struct numbers *n, uint8_t out[PUBKEY_SPKI_MAX],
			   size_t *len)
{
	struct cs_writer w = cs_writer_of(out, PUBKEY_SPKI_MAX);
	struct cc_piv_private key = {.scalar = number(n, 0)};
	bool rsa = pubkey_alg_type(alg) == CKK_RSA;
	enum cs_err err;

	if (rsa)
		key = (struct cc_piv_private){.p = number(n, 0),
					      .q = number(n, 1),
					      .dp = number(n, 2),
					      .dq = number(n, 3),
					      .qinv = number(n, 4)};
	err = public_half(alg, &key, rsa ? number(n, 5) : CS_VIEW_EMPTY, &w);
	*len = w.len;
	return err;
}

static void assert_half(enum piv_alg alg, const struct numbers *n)
{
	uint8_t out[PUBKEY_SPKI_MAX];
	size_t len;

	assert_int_equal(half_of(alg, n, out, &len), CS_OK);
	assert_int_equal(len, n->spki_len);
	assert_memory_equal(out, n->spki, len);
}

static void the_half_is_the_one_that_libcrypto_made_with_the_key(void **state)
{
	static const struct {
		enum piv_alg alg;
		const char *name;
		size_t field;
	} curves[] = {{PIV_ALG_P256, "P-256", 32}, {PIV_ALG_P384, "P-384", 48}, {PIV_ALG_P521, "P-521", 66}};
	struct numbers n = {.spki_len = 0};

	(void)state;
	for (size_t i = 0; i < COUNT(curves); i++) {
		new_curve(curves[i].name, curves[i].field, &n);
		assert_half(curves[i].alg, &n);
	}
	new_bare("ED25519", &n);
	assert_half(PIV_ALG_ED25519, &n);
	new_bare("X25519", &n);
	assert_half(PIV_ALG_X25519, &n);
	new_rsa(&n);
	assert_half(PIV_ALG_RSA2048, &n);
	/* Without the private exponent, too. */
	n.len[5] = 0;
	assert_half(PIV_ALG_RSA2048, &n);
}

static void numbers_that_do_not_belong_together_have_none(void **state)
{
	uint8_t out[PUBKEY_SPKI_MAX];
	struct numbers n;
	size_t len;

	(void)state;
	new_rsa(&n);
	for (size_t i = 0; i < NUMBERS; i++) {
		n.at[i][n.len[i] - 9] ^= 0x10;
		assert_int_equal(half_of(PIV_ALG_RSA2048, &n, out, &len), CS_ERR_MALFORMED);
		n.at[i][n.len[i] - 9] ^= 0x10;
	}
	assert_half(PIV_ALG_RSA2048, &n);
}

/* Makes number odd, one more each time, until it has an inverse in modulus less one. */
static void find_inverse(BIGNUM *number, const BIGNUM *e, BIGNUM *inverse, BN_CTX *ctx)
{
	BIGNUM *less = BN_new();

	do {
		assert_int_equal(BN_add_word(number, 2), 1);
		assert_non_null(BN_copy(less, number));
		assert_int_equal(BN_sub_word(less, 1), 1);
	} while (BN_mod_inverse(inverse, e, less, ctx) == NULL);
	BN_free(less);
}

/* All belongs together, and yields more than 4096 bits. */
static void a_modulus_that_no_card_has_room_for_is_none(void **state)
{
	enum { P, Q, DP, DQ, QINV, E, COUNTED };
	static uint8_t bytes[COUNTED][512];
	BIGNUM *n[COUNTED];
	size_t len[COUNTED];
	BN_CTX *ctx = BN_CTX_new();
	uint8_t out[PUBKEY_SPKI_MAX];
	struct cs_writer w = CS_WRITER_OF(out);
	struct cc_piv_private key;

	(void)state;
	for (size_t i = 0; i < COUNTED; i++)
		assert_non_null(n[i] = BN_new());
	assert_int_equal(BN_set_word(n[E], 65537), 1);
	assert_int_equal(BN_set_bit(n[P], 1023) & BN_set_bit(n[P], 0), 1);
	assert_int_equal(BN_set_bit(n[Q], 3199) & BN_set_bit(n[Q], 0), 1);
	find_inverse(n[P], n[E], n[DP], ctx);
	do
		find_inverse(n[Q], n[E], n[DQ], ctx);
	while (BN_mod_inverse(n[QINV], n[Q], n[P], ctx) == NULL);
	for (size_t i = 0; i < COUNTED; i++) {
		len[i] = (size_t)BN_bn2bin(n[i], bytes[i]);
		BN_free(n[i]);
	}
	BN_CTX_free(ctx);
	key = (struct cc_piv_private){.p = cs_view(bytes[P], len[P]),
				      .q = cs_view(bytes[Q], len[Q]),
				      .dp = cs_view(bytes[DP], len[DP]),
				      .dq = cs_view(bytes[DQ], len[DQ]),
				      .qinv = cs_view(bytes[QINV], len[QINV])};
	assert_int_equal(public_half(PIV_ALG_RSA2048, &key, CS_VIEW_EMPTY, &w), CS_ERR_MALFORMED);
	assert_int_equal(w.len, 0);
}

static void a_scalar_of_nothing_or_beyond_the_order_has_none(void **state)
{
	uint8_t out[PUBKEY_SPKI_MAX];
	struct numbers n;
	size_t len;

	(void)state;
	memset(&n, 0, sizeof(n));
	n.len[0] = 32;
	assert_int_equal(half_of(PIV_ALG_P256, &n, out, &len), CS_ERR_MALFORMED);
	memset(n.at[0], 0xFF, 32);
	assert_int_equal(half_of(PIV_ALG_P256, &n, out, &len), CS_ERR_MALFORMED);
	n.len[0] = 31;
	assert_int_equal(half_of(PIV_ALG_ED25519, &n, out, &len), CS_ERR_MALFORMED);
	assert_int_equal(half_of(PIV_ALG_MLDSA44, &n, out, &len), CS_ERR_UNSUPPORTED);
}

/* ---- nothing wrong is written ---- */

static unsigned imports;
/* The card gets another scalar than this one. */
static const struct numbers *changed;

static enum cs_err counting_transmit(void *link, struct cs_view command, struct cs_writer *response)
{
	uint8_t copy[512];

	if (command.len < 2 || command.ptr[1] != PIV_INS_IMPORT_KEY)
		return transport_card.transmit(link, command, response);
	imports++;
	if (changed == NULL)
		return transport_card.transmit(link, command, response);
	assert_in_range(command.len, 32, sizeof(copy));
	memcpy(copy, command.ptr, command.len);
	for (size_t i = 0; i + 32 <= command.len; i++) {
		if (memcmp(copy + i, changed->at[0], 32) == 0)
			copy[i + 31] ^= 1;
	}
	return transport_card.transmit(link, cs_view(copy, command.len), response);
}

static CK_SESSION_HANDLE session;

/* A card without our application, as others are, or ours. */
static void begin(bool plain)
{
	static struct cc_backend counting;
	CK_SESSION_HANDLE first;

	counting = transport_card;
	counting.transmit = counting_transmit;
	if (plain) {
		assert_int_equal(setenv("XDG_CACHE_HOME", "/dev/null/none", 1), 0);
		assert_true(transport_card_make(CSGN_PROFILE_PIV));
		transport_card_make_plain();
	} else {
		assert_true(p11_token_make(&transport_card, &first));
		assert_int_equal(C_Finalize(NULL), CKR_OK);
	}
	assert_int_equal(p11_begin(&counting, &session), CKR_OK);
	assert_int_equal(plain ? p11_login(session, CKU_SO, P11_MANAGEMENT_KEY)
			       : p11_login(session, CKU_USER, P11_USER_PIN),
			 CKR_OK);
	imports = 0;
	changed = NULL;
}

static CK_OBJECT_CLASS private = CKO_PRIVATE_KEY;
static CK_BBOOL yes = CK_TRUE;
static CK_BYTE p256[] = {0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07};

static CK_RV bring_curve(struct numbers *n, CK_BYTE *spki, size_t len)
{
	static CK_KEY_TYPE type = CKK_EC;
	CK_BYTE id = 3;
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &private, sizeof(private)},
			    {CKA_KEY_TYPE, &type, sizeof(type)},
			    {CKA_TOKEN, &yes, 1},
			    {CKA_EC_PARAMS, p256, sizeof(p256)},
			    {CKA_ID, &id, 1},
			    {CKA_VALUE, n->at[0], n->len[0]},
			    {CKA_PUBLIC_KEY_INFO, spki, len}};
	CK_OBJECT_HANDLE made;

	return C_CreateObject(session, a, COUNT(a), &made);
}

static CK_RV bring_rsa(struct numbers *n, CK_BYTE *spki, size_t len)
{
	static CK_KEY_TYPE type = CKK_RSA;
	CK_BYTE id = 3;
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &private, sizeof(private)},
			    {CKA_KEY_TYPE, &type, sizeof(type)},
			    {CKA_TOKEN, &yes, 1},
			    {CKA_ID, &id, 1},
			    {CKA_PRIME_1, n->at[0], n->len[0]},
			    {CKA_PRIME_2, n->at[1], n->len[1]},
			    {CKA_EXPONENT_1, n->at[2], n->len[2]},
			    {CKA_EXPONENT_2, n->at[3], n->len[3]},
			    {CKA_COEFFICIENT, n->at[4], n->len[4]},
			    {CKA_PRIVATE_EXPONENT, n->at[5], n->len[5]},
			    {CKA_PUBLIC_KEY_INFO, spki, len}};
	CK_OBJECT_HANDLE made;

	return C_CreateObject(session, a, COUNT(a), &made);
}

static void assert_written_once_it_is_right(bool plain)
{
	struct numbers curve, other, rsa;

	begin(plain);
	new_curve("P-256", 32, &curve);
	new_curve("P-256", 32, &other);
	new_rsa(&rsa);
	assert_int_equal(bring_curve(&curve, other.spki, other.spki_len), CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(bring_rsa(&rsa, other.spki, other.spki_len), CKR_TEMPLATE_INCONSISTENT);
	/* A factor that is longer than the other. */
	rsa.at[1][rsa.len[1]++] = 1;
	assert_int_equal(bring_rsa(&rsa, rsa.spki, rsa.spki_len), CKR_KEY_SIZE_RANGE);
	rsa.len[1]--;
	rsa.at[5][100] ^= 1;
	assert_int_equal(bring_rsa(&rsa, rsa.spki, rsa.spki_len), CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(imports, 0);
	assert_int_equal(bring_curve(&curve, curve.spki, curve.spki_len), CKR_OK);
	assert_in_range(imports, 1, 2);
	p11_token_free();
}

static void nothing_wrong_is_written_to_our_card(void **state)
{
	(void)state;
	assert_written_once_it_is_right(false);
}

static void nothing_wrong_is_written_to_another_vendor_s_card(void **state)
{
	(void)state;
	assert_written_once_it_is_right(true);
}

/* Whatever its reason. */
static void a_key_of_which_the_card_makes_another_does_not_stay(void **state)
{
	CK_OBJECT_HANDLE first;
	struct numbers curve;
	CK_ULONG n = 0;

	(void)state;
	begin(false);
	new_curve("P-256", 32, &curve);
	changed = &curve;
	assert_int_equal(bring_curve(&curve, curve.spki, curve.spki_len), CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(imports, 1);
	assert_int_equal(p11_find(session, CKO_PRIVATE_KEY, 3, &n, &first), CKR_OK);
	assert_int_equal(n, 0);
	p11_token_free();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_half_is_the_one_that_libcrypto_made_with_the_key),
	    cmocka_unit_test(numbers_that_do_not_belong_together_have_none),
	    cmocka_unit_test(a_modulus_that_no_card_has_room_for_is_none),
	    cmocka_unit_test(a_scalar_of_nothing_or_beyond_the_order_has_none),
	    cmocka_unit_test(nothing_wrong_is_written_to_our_card),
	    cmocka_unit_test(nothing_wrong_is_written_to_another_vendor_s_card),
	    cmocka_unit_test(a_key_of_which_the_card_makes_another_does_not_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
