/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The typed commands with every algorithm, against the card core in one process and judged by libcrypto; and
 * how card families number algorithms.
 */
#include "tests/lib/transport_faulty.h"
#include "tests/unit/algorithm_check.h"

#include <string.h>

#include "base/tlv.h"
#include "cardclient/piv_parse.h"
#include "cardclient/private.h"

static const struct cc_piv_policy no_pin = {PIV_PIN_NEVER, PIV_TOUCH_NEVER};

static int setup(void **state)
{
	static const uint8_t factory[24] = {1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4,
					    5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8};
	struct faulty_card *t;

	(void)faulty_card_setup(state, fixture_setup_piv);
	t = *state;
	assert_int_equal(cc_piv_select(t->card, NULL), CS_OK);
	assert_int_equal(cc_piv_authenticate(t->card, PIV_ALG_3DES, CS_VIEW_OF(factory)), CS_OK);
	return 0;
}

/* The key as the elements that it came in. */
static struct cs_view elements_of(const struct cc_piv_public *key, uint8_t buf[CRYPTO_PUBLIC_MAX])
{
	struct cs_writer w = cs_writer_of(buf, CRYPTO_PUBLIC_MAX);

	if (key->point_len > 0) {
		cs_tlv_write(&w, PIV_TAG_EC_POINT, cs_view(key->point, key->point_len));
	} else {
		cs_tlv_write(&w, PIV_TAG_RSA_MODULUS, cs_view(key->modulus, key->modulus_len));
		cs_tlv_write(&w, PIV_TAG_RSA_EXPONENT, cs_view(key->exponent, key->exponent_len));
	}
	return cs_writer_view(&w);
}

static void check_signature(struct faulty_card *t, const struct algorithm_row *row, struct cs_view elements,
			    EVP_PKEY *key)
{
	static uint8_t signature[CC_PIV_RESULT_MAX];
	struct cs_view message = CS_VIEW_TEXT("of the host's");
	struct cs_writer out = CS_WRITER_OF(signature), mu_out;
	uint8_t input[512], mu[PIV_MLDSA_MU_LEN];
	struct cs_writer in = CS_WRITER_OF(input);

	algorithm_input(row, &t->fixture->crypto, elements, message, &in);
	assert_int_equal(cc_piv_private_op(t->card, 0x9A, row->alg, cs_writer_view(&in), &out), CS_OK);
	assert_true(algorithm_verify(row, key, message, cs_writer_view(&out)));
	if (row->import_tag != PIV_IMPORT_MLDSA)
		return;
	algorithm_mu(elements, message, mu);
	mu_out = CS_WRITER_OF(signature);
	assert_int_equal(cc_piv_sign_mu(t->card, 0x9A, row->alg, CS_VIEW_OF(mu), &mu_out), CS_OK);
	assert_true(algorithm_verify(row, key, message, cs_writer_view(&mu_out)));
}

static void check_secret(struct faulty_card *t, const struct algorithm_row *row, EVP_PKEY *key)
{
	uint8_t sent[1568], secret[66], got[66];
	struct cs_writer s = CS_WRITER_OF(sent), x = CS_WRITER_OF(secret), out = CS_WRITER_OF(got);

	algorithm_peer(row, key, &s, &x);
	if (row->use == USE_KEM)
		assert_int_equal(cc_piv_decapsulate(t->card, 0x9A, row->alg, cs_writer_view(&s), &out),
				 CS_OK);
	else
		assert_int_equal(cc_piv_ecdh(t->card, 0x9A, row->alg, cs_writer_view(&s), &out), CS_OK);
	assert_true(cs_view_equal(cs_writer_view(&out), cs_writer_view(&x)));
}

static void check_use(struct faulty_card *t, const struct algorithm_row *row,
		      const struct cc_piv_public *public)
{
	uint8_t buf[CRYPTO_PUBLIC_MAX];
	struct cs_view elements = elements_of(public, buf);
	EVP_PKEY *key = algorithm_public(row, elements);

	if (row->use != USE_AGREE && row->use != USE_KEM)
		check_signature(t, row, elements, key);
	if (row->use == USE_AGREE || row->use == USE_KEM || row->use == USE_ECDSA)
		check_secret(t, row, key);
	EVP_PKEY_free(key);
}

static void every_algorithm_is_generated_imported_and_used(void **state)
{
	struct faulty_card *t = *state;
	const struct algorithm_row *row;
	uint8_t secret[66]; /* P-521's is the longest */

	memset(secret, 0x3C, sizeof secret);
	secret[0] = 0;
	for (size_t i = 0; (row = algorithm_row(i)) != NULL; i++) {
		const struct cc_piv_private private = {.scalar = cs_view(secret, row->secret_len)};
		struct cc_piv_public public;
		struct cc_piv_metadata metadata;

		if (!algorithm_known(row) || row->alg == PIV_ALG_RSA3072 || row->alg == PIV_ALG_RSA4096)
			continue;
		cc_card_set_extended(t->card, i % 2 == 0);
		assert_int_equal(cc_piv_generate(t->card, 0x9A, row->alg, no_pin, NULL, &public), CS_OK);
		assert_int_equal(public.alg, row->alg);
		check_use(t, row, &public);
		if (row->use == USE_RSA)
			continue;
		assert_int_equal(cc_piv_import(t->card, 0x9A, row->alg, &private, no_pin, NULL), CS_OK);
		assert_int_equal(cc_piv_metadata(t->card, 0x9A, &metadata), CS_OK);
		assert_int_equal(metadata.algorithm, row->alg);
		assert_int_equal(metadata.origin, PIV_ORIGIN_IMPORTED);
		assert_true(metadata.has_public);
		check_use(t, row, &metadata.public_key);
	}
}

/* Its private part is sealed in the record, whatever its length: RSA-4096's is the longest, ML-DSA-87 has the
 * longest public one. */
static void a_key_of_every_algorithm_may_want_the_pin(void **state)
{
	static const struct cc_piv_policy once = {PIV_PIN_ONCE, PIV_TOUCH_NEVER};
	struct faulty_card *t = *state;
	const struct algorithm_row *row;

	assert_int_equal(cc_piv_verify(t->card, CS_VIEW_TEXT("123456"), NULL), CS_OK);
	for (size_t i = 0; (row = algorithm_row(i)) != NULL; i++) {
		struct cc_piv_public public;

		if (!algorithm_known(row))
			continue;
		assert_int_equal(cc_piv_generate(t->card, 0x9A, row->alg, once, NULL, &public), CS_OK);
		check_use(t, row, &public);
		assert_int_equal(cc_piv_move_key(t->card, 0x9A, 0x95), CS_OK);
		assert_int_equal(cc_piv_move_key(t->card, 0x95, 0x9A), CS_OK);
		check_use(t, row, &public);
	}
}

static void what_an_algorithm_does_not_do_is_not_sent(void **state)
{
	struct faulty_card *t = *state;
	uint8_t bytes[64] = {0}, out[64];
	const struct cc_piv_private short_seed = {.scalar = cs_view(bytes, 31)};
	struct cs_writer w = CS_WRITER_OF(out);
	uint64_t before = cc_card_apdus(t->card);

	assert_int_equal(cc_piv_private_op(t->card, 0x9A, PIV_ALG_X25519, CS_VIEW_OF(bytes), &w), CS_ERR_ARG);
	assert_int_equal(cc_piv_private_op(t->card, 0x9A, PIV_ALG_MLKEM768, CS_VIEW_OF(bytes), &w),
			 CS_ERR_ARG);
	assert_int_equal(cc_piv_private_op(t->card, 0x9A, PIV_ALG_SM2, CS_VIEW_OF(bytes), &w), CS_ERR_ARG);
	assert_int_equal(cc_piv_private_op(t->card, 0x9A, PIV_ALG_AES128, CS_VIEW_OF(bytes), &w), CS_ERR_ARG);
	assert_int_equal(cc_piv_ecdh(t->card, 0x9A, PIV_ALG_ED25519, cs_view(bytes, 32), &w), CS_ERR_ARG);
	assert_int_equal(cc_piv_ecdh(t->card, 0x9A, PIV_ALG_X25519, cs_view(bytes, 31), &w), CS_ERR_ARG);
	assert_int_equal(cc_piv_sign_mu(t->card, 0x9A, PIV_ALG_ED25519, CS_VIEW_OF(bytes), &w), CS_ERR_ARG);
	assert_int_equal(cc_piv_sign_mu(t->card, 0x9A, PIV_ALG_MLDSA44, cs_view(bytes, 32), &w), CS_ERR_ARG);
	assert_int_equal(cc_piv_decapsulate(t->card, 0x9A, PIV_ALG_P256, CS_VIEW_OF(bytes), &w), CS_ERR_ARG);
	assert_int_equal(cc_piv_import(t->card, 0x9A, PIV_ALG_ED25519, &short_seed, no_pin, NULL),
			 CS_ERR_ARG);
	assert_int_equal(cc_card_apdus(t->card), before);
}

/* ---- dialects ---- */

static void each_family_s_numbers_lead_back_to_the_algorithm(void **state)
{
	const struct cc_piv_algorithm *row;
	uint8_t id;

	(void)state;
	for (size_t i = 0; (row = cc_piv_algorithm_row(i)) != NULL; i++) {
		for (enum cc_piv_family family = 0; family < CC_FAMILY_COUNT; family++) {
			if (cc_piv_algorithm_id(family, row->alg, &id) == CS_OK)
				assert_int_equal(cc_piv_algorithm_named(family, id), row->alg);
			else
				assert_int_equal(row->id[family], 0);
		}
	}
	assert_int_equal(cc_piv_algorithm_named(CC_FAMILY_CANOKEY, PIV_ALG_AES192), PIV_ALG_AES192);
	assert_int_equal(cc_piv_algorithm_named(CC_FAMILY_REFERENCE, 0xFF), 0xFF);
}

/* The same number is another algorithm: who guesses wrong makes the wrong key. */
static void canokey_s_e3_is_ml_kem_and_the_reference_token_s_is_ml_dsa(void **state)
{
	(void)state;
	assert_int_equal(cc_piv_algorithm_named(CC_FAMILY_REFERENCE, 0xE3), PIV_ALG_MLDSA65);
	assert_int_equal(cc_piv_algorithm_named(CC_FAMILY_COUNTERSIGN, 0xE3), PIV_ALG_MLDSA65);
	assert_int_equal(cc_piv_algorithm_named(CC_FAMILY_CANOKEY, 0xE3), PIV_ALG_MLKEM768);
	assert_int_equal(cc_piv_algorithm_named(CC_FAMILY_CANOKEY, 0xE2), PIV_ALG_MLDSA65);
	assert_int_equal(cc_piv_algorithm_named(CC_FAMILY_TRUSSED, 0xE3), PIV_ALG_X25519);
	assert_int_equal(cc_piv_algorithm_named(CC_FAMILY_TRUSSED, 0xE1), PIV_ALG_RSA4096);
	/* Ed448 there, ML-DSA-87 elsewhere. */
	assert_int_equal(cc_piv_algorithm_named(CC_FAMILY_TRUSSED, 0xE4), 0);
}

static void a_card_s_family_is_what_it_says_of_itself(void **state)
{
	static const uint8_t canokey[] = {0x3B, 0xF7, 0x11, 0x00, 0x00, 0x81, 0x31, 0xFE, 0x65,
					  0x43, 0x61, 0x6E, 0x6F, 0x6B, 0x65, 0x79, 0x99};
	static const uint8_t answer[] = {0x61, 0x11, 0x4F, 0x06, 0x00, 0x00, 0x10, 0x00, 0x01, 0x00,
					 0x79, 0x07, 0x4F, 0x05, 0xA0, 0x00, 0x00, 0x03, 0x08};
	static const uint8_t with_list[] = {0x61, 0x10, 0x4F, 0x06, 0x00, 0x00, 0x10, 0x00, 0x01,
					    0x00, 0xAC, 0x06, 0x80, 0x01, 0xE3, 0x80, 0x01, 0x11};
	struct faulty_card *t = *state;
	struct cc_piv_info info;

	assert_int_equal(cc_piv_select(t->card, &info), CS_OK);
	assert_int_equal(info.family, CC_FAMILY_COUNTERSIGN);
	assert_int_equal(cc_piv_parse_select(CS_VIEW_OF(answer), CS_VIEW_OF(canokey), &info), CS_OK);
	assert_int_equal(info.family, CC_FAMILY_CANOKEY);
	assert_int_equal(cc_piv_parse_select(CS_VIEW_OF(answer), cs_view(canokey, 15), &info), CS_OK);
	assert_int_equal(info.family, CC_FAMILY_REFERENCE);
	assert_int_equal(cc_piv_parse_select(CS_VIEW_OF(with_list), CS_VIEW_OF(canokey), &info), CS_OK);
	assert_int_equal(info.algorithm_count, 2);
	assert_int_equal(info.algorithms[0], PIV_ALG_MLKEM768);
	assert_int_equal(info.algorithms[1], PIV_ALG_P256);
}

static void a_card_is_not_asked_for_what_its_family_does_not_have(void **state)
{
	struct faulty_card *t = *state;
	struct cc_piv_public public;
	uint8_t bytes[64] = {0}, out[64];
	struct cs_writer w = CS_WRITER_OF(out);
	uint64_t before = cc_card_apdus(t->card);

	t->card->family = CC_FAMILY_REFERENCE;
	assert_int_equal(cc_piv_generate(t->card, 0x9A, PIV_ALG_P521, no_pin, NULL, &public),
			 CS_ERR_UNSUPPORTED);
	assert_int_equal(cc_piv_private_op(t->card, 0x9A, PIV_ALG_SM2, cs_view(bytes, 32), &w),
			 CS_ERR_UNSUPPORTED);
	assert_int_equal(cc_piv_sign_mu(t->card, 0x9A, PIV_ALG_MLDSA44, CS_VIEW_OF(bytes), &w),
			 CS_ERR_UNSUPPORTED);
	t->card->family = CC_FAMILY_CANOKEY;
	assert_int_equal(cc_piv_generate(t->card, 0x9A, PIV_ALG_MLDSA87, no_pin, NULL, &public),
			 CS_ERR_UNSUPPORTED);
	assert_int_equal(cc_card_apdus(t->card), before);
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, setup, faulty_card_teardown)
	const struct CMUnitTest tests[] = {
	    EACH(every_algorithm_is_generated_imported_and_used),
	    EACH(a_key_of_every_algorithm_may_want_the_pin),
	    EACH(what_an_algorithm_does_not_do_is_not_sent),
	    cmocka_unit_test(each_family_s_numbers_lead_back_to_the_algorithm),
	    cmocka_unit_test(canokey_s_e3_is_ml_kem_and_the_reference_token_s_is_ml_dsa),
	    EACH(a_card_s_family_is_what_it_says_of_itself),
	    EACH(a_card_is_not_asked_for_what_its_family_does_not_have),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
