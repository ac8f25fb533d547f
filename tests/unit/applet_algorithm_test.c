/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Every algorithm through the whole card, in every slot: generated, imported, moved, used, described,
 * attested, deleted. What the card makes is judged by libcrypto; what libcrypto does not have the card must
 * not offer.
 */
#include "tests/unit/card_fixture.h"
#include "tests/unit/algorithm_check.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/tlv.h"

#define SLOT_COUNT 24u

/* A flash as large as a virtual card's: 24 of the largest keys are on it at once. */
static int setup_managed(void **state)
{
	struct fixture *f;

	fixture_setup_piv(state);
	f = *state;
	card_close(&f->card);
	flash_ram_free(f->flash);
	f->flash = flash_ram_new(4096, 256, 8);
	assert_non_null(f->flash);
	f->ports.flash = flash_ram_flash(f->flash);
	assert_int_equal(card_open(&f->card, &f->ports, CSGN_PROFILE_PIV), CS_OK);
	fixture_expect(*state, SELECT_PIV, CS_SW_OK);
	fixture_authenticate_management(*state);
	return 0;
}

static uint8_t slot_at(size_t i)
{
	static const uint8_t first[] = {PIV_SLOT_AUTHENTICATION, PIV_SLOT_SIGNATURE, PIV_SLOT_KEY_MANAGEMENT,
					PIV_SLOT_CARD_AUTHENTICATION};

	return i < sizeof(first) ? first[i] : (uint8_t)(PIV_SLOT_RETIRED_FIRST + i - sizeof(first));
}

/* ---- commands ---- */

struct element {
	uint32_t tag;
	struct cs_view value;
};

/* Yields the status word; the result is in *result, borrowed from the fixture. */
static uint16_t authenticate(struct fixture *f, const struct algorithm_row *row, uint8_t slot,
			     struct element input, struct cs_view *result)
{
	static uint8_t data[CARD_COMMAND_MAX];
	struct cs_writer w = CS_WRITER_OF(data);
	size_t mark = cs_tlv_begin(&w, PIV_TAG_AUTH_TEMPLATE);
	struct cs_reader outer, inner;
	uint16_t sw;

	cs_tlv_write(&w, PIV_TAG_AUTH_RESPONSE, CS_VIEW_EMPTY);
	cs_tlv_write(&w, input.tag, input.value);
	cs_tlv_end(&w, mark);
	assert_int_equal(cs_writer_done(&w), CS_OK);
	sw = fixture_command(f, PIV_INS_AUTHENTICATE, (uint8_t)row->alg, slot, cs_writer_view(&w));
	if (sw != CS_SW_OK)
		return sw;
	outer = cs_reader_of(f->data);
	inner = cs_reader_of(cs_tlv_expect(&outer, PIV_TAG_AUTH_TEMPLATE));
	*result = cs_tlv_expect(&inner, PIV_TAG_AUTH_RESPONSE);
	assert_int_equal(cs_reader_done(&outer), CS_OK);
	assert_int_equal(cs_reader_done(&inner), CS_OK);
	return sw;
}

/* The PIN is never asked for: what is tested here is the algorithms. */
static uint16_t generate(struct fixture *f, const struct algorithm_row *row, uint8_t slot)
{
	const uint8_t data[] = {PIV_TAG_GENERATE,   6, PIV_TAG_ALGORITHM, 1, (uint8_t)row->alg,
				PIV_TAG_PIN_POLICY, 1, PIV_PIN_NEVER};

	return fixture_command(f, PIV_INS_GENERATE, 0, slot, CS_VIEW_OF(data));
}

static uint16_t import(struct fixture *f, const struct algorithm_row *row, uint8_t slot, struct cs_view parts)
{
	uint8_t data[CRYPTO_IMPORT_MAX + 8];
	struct cs_writer w = CS_WRITER_OF(data);

	cs_tlv_write_u8(&w, PIV_TAG_PIN_POLICY, PIV_PIN_NEVER);
	cs_write_view(&w, parts);
	return fixture_command(f, PIV_INS_IMPORT_KEY, (uint8_t)row->alg, slot, cs_writer_view(&w));
}

/* GENERATE's answer without 7F49, copied. */
static struct cs_view generated(struct fixture *f, const struct algorithm_row *row, uint8_t slot,
				uint8_t copy[CRYPTO_PUBLIC_MAX])
{
	struct cs_reader r;
	struct cs_view elements;

	assert_int_equal(generate(f, row, slot), CS_SW_OK);
	r = cs_reader_of(f->data);
	elements = cs_tlv_expect(&r, PIV_TAG_PUBLIC_KEY);
	assert_int_equal(cs_reader_done(&r), CS_OK);
	memcpy(copy, elements.ptr, elements.len);
	return cs_view(copy, elements.len);
}

/* ---- checks ---- */

static void check_metadata(struct fixture *f, const struct algorithm_row *row, uint8_t slot,
			   enum piv_origin origin, struct cs_view elements)
{
	const uint8_t head[] = {0x01, 0x01, (uint8_t)row->alg, 0x02, 0x02, PIV_PIN_NEVER, PIV_TOUCH_NEVER,
				0x03, 0x01, (uint8_t)origin};
	struct cs_view pub;

	assert_int_equal(fixture_command(f, PIV_INS_GET_METADATA, 0, slot, CS_VIEW_EMPTY), CS_SW_OK);
	assert_true(cs_view_starts_with(f->data, CS_VIEW_OF(head)));
	assert_int_equal(cs_tlv_find(f->data, PIV_META_PUBLIC_KEY, &pub), CS_OK);
	assert_true(cs_view_equal(pub, elements));
}

static void check_signature(struct fixture *f, const struct algorithm_row *row, uint8_t slot,
			    struct cs_view elements, EVP_PKEY *key)
{
	struct cs_view message = CS_VIEW_TEXT("to be signed"), signature;
	uint8_t input[512];
	struct cs_writer w = CS_WRITER_OF(input);

	algorithm_input(row, &f->crypto, elements, message, &w);
	assert_int_equal(authenticate(f, row, slot,
				      (struct element){PIV_TAG_AUTH_CHALLENGE, cs_writer_view(&w)},
				      &signature),
			 CS_SW_OK);
	assert_true(algorithm_verify(row, key, message, signature));
	assert_false(algorithm_verify(row, key, CS_VIEW_TEXT("to be Signed"), signature));
}

static void check_agreement(struct fixture *f, const struct algorithm_row *row, uint8_t slot, EVP_PKEY *key)
{
	uint8_t sent[1568], secret[66];
	struct cs_writer s = CS_WRITER_OF(sent), t = CS_WRITER_OF(secret);
	struct cs_view got;
	uint32_t tag = row->use == USE_KEM ? PIV_TAG_AUTH_CHALLENGE : PIV_TAG_AUTH_EXPONENTIATION;

	algorithm_peer(row, key, &s, &t);
	assert_int_equal(authenticate(f, row, slot, (struct element){tag, cs_writer_view(&s)}, &got),
			 CS_SW_OK);
	assert_true(cs_view_equal(got, cs_writer_view(&t)));
}

static void check_use(struct fixture *f, const struct algorithm_row *row, uint8_t slot,
		      struct cs_view elements)
{
	EVP_PKEY *key = algorithm_public(row, elements);

	if (row->use != USE_AGREE && row->use != USE_KEM)
		check_signature(f, row, slot, elements, key);
	if (row->use == USE_AGREE || row->use == USE_KEM || row->use == USE_ECDSA)
		check_agreement(f, row, slot, key);
	EVP_PKEY_free(key);
}

/* The card's certificate says that this is its key, in a form that libcrypto reads as the same key. */
static void check_attested(struct fixture *f, const struct algorithm_row *row, uint8_t slot,
			   struct cs_view elements)
{
	EVP_PKEY *key = algorithm_public(row, elements);
	const uint8_t *p;
	X509 *x;

	assert_int_equal(fixture_command(f, PIV_INS_ATTEST, slot, 0, CS_VIEW_EMPTY), CS_SW_OK);
	p = f->data.ptr;
	x = d2i_X509(NULL, &p, (long)f->data.len);
	assert_non_null(x);
	assert_ptr_equal(p, f->data.ptr + f->data.len);
	if (row->use == USE_SM2) /* libcrypto reads the curve as EC */
		assert_true(memmem(f->data.ptr, f->data.len, elements.ptr + 2, elements.len - 2) != NULL);
	else
		assert_int_equal(EVP_PKEY_eq(X509_get0_pubkey(x), key), 1);
	X509_free(x);
	EVP_PKEY_free(key);
}

/* The parts of a new key of the host's, as IMPORT wants them. */
static struct cs_view parts_make(const struct algorithm_row *row, uint8_t buf[CRYPTO_IMPORT_MAX])
{
	static const char *const names[] = {OSSL_PKEY_PARAM_RSA_FACTOR1, OSSL_PKEY_PARAM_RSA_FACTOR2,
					    OSSL_PKEY_PARAM_RSA_EXPONENT1, OSSL_PKEY_PARAM_RSA_EXPONENT2,
					    OSSL_PKEY_PARAM_RSA_COEFFICIENT1};
	struct cs_writer w = cs_writer_of(buf, CRYPTO_IMPORT_MAX);
	uint8_t bytes[256];
	EVP_PKEY *key;

	if (row->use != USE_RSA) {
		assert_int_equal(RAND_bytes(bytes, (int)row->secret_len), 1);
		bytes[0] = 0; /* below any order */
		cs_tlv_write(&w, row->import_tag, cs_view(bytes, row->secret_len));
		return cs_writer_view(&w);
	}
	key = EVP_RSA_gen((unsigned)(8 * row->public_len));
	for (uint32_t i = 0; i < 5; i++) {
		BIGNUM *bn = NULL;

		assert_int_equal(EVP_PKEY_get_bn_param(key, names[i], &bn), 1);
		assert_int_equal(BN_bn2binpad(bn, bytes, (int)row->public_len / 2), row->public_len / 2);
		cs_tlv_write(&w, PIV_IMPORT_P + i, cs_view(bytes, row->public_len / 2));
		BN_clear_free(bn);
	}
	EVP_PKEY_free(key);
	return cs_writer_view(&w);
}

/* ---- tests ---- */

static void select_lists_just_what_libcrypto_has(void **state)
{
	struct fixture *f = *state;
	const struct algorithm_row *row;
	unsigned known = 0, listed = 0;
	struct cs_reader r;
	struct cs_view list;
	struct cs_tlv e;

	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	r = cs_reader_of(f->data);
	assert_int_equal(cs_tlv_find(cs_tlv_expect(&r, PIV_TAG_PROPERTY), PIV_TAG_ALGORITHMS, &list), CS_OK);
	r = cs_reader_of(list);
	while (cs_tlv_read(&r, &e))
		listed += e.tag == PIV_TAG_ALGORITHM;
	for (size_t i = 0; (row = algorithm_row(i)) != NULL; i++) {
		const uint8_t element[] = {PIV_TAG_ALGORITHM, 1, (uint8_t)row->alg};
		bool there = memmem(list.ptr, list.len, element, sizeof(element)) != NULL;

		assert_int_equal(there, algorithm_known(row));
		known += there;
		if (!there) {
			assert_int_equal(generate(f, row, 0x9A), CS_SW_WRONG_DATA);
			assert_int_equal(import(f, row, 0x9A, CS_VIEW_TEXT("\x06\x01\x01")),
					 CS_SW_WRONG_P1P2);
		}
	}
	assert_int_equal(listed, known);
}

/* Made once, and then it wanders: a key that is moved is the key that it was. */
static void every_algorithm_works_in_every_slot(void **state)
{
	struct fixture *f = *state;
	const struct algorithm_row *row;
	uint8_t copy[CRYPTO_PUBLIC_MAX];

	for (size_t i = 0; (row = algorithm_row(i)) != NULL; i++) {
		struct cs_view elements;

		if (!algorithm_known(row))
			continue;
		elements = generated(f, row, slot_at(0), copy);
		for (size_t k = 0; k < SLOT_COUNT; k++) {
			if (k > 0)
				assert_int_equal(fixture_command(f, PIV_INS_MOVE_KEY, slot_at(k),
								 slot_at(k - 1), CS_VIEW_EMPTY),
						 CS_SW_OK);
			check_metadata(f, row, slot_at(k), PIV_ORIGIN_GENERATED, elements);
			check_use(f, row, slot_at(k), elements);
			check_attested(f, row, slot_at(k), elements);
		}
		assert_int_equal(
		    fixture_command(f, PIV_INS_MOVE_KEY, 0xFF, slot_at(SLOT_COUNT - 1), CS_VIEW_EMPTY),
		    CS_SW_OK);
	}
}

static void every_algorithm_can_be_made_in_any_slot(void **state)
{
	struct fixture *f = *state;
	const struct algorithm_row *row;
	uint8_t copy[CRYPTO_PUBLIC_MAX];

	for (size_t i = 0; (row = algorithm_row(i)) != NULL; i++) {
		if (!algorithm_known(row) || row->use == USE_RSA)
			continue;
		for (size_t k = 0; k < SLOT_COUNT; k++)
			check_use(f, row, slot_at(k), generated(f, row, slot_at(k), copy));
	}
}

static struct cs_view metadata_public(struct fixture *f, uint8_t slot, uint8_t copy[CRYPTO_PUBLIC_MAX])
{
	struct cs_view pub;

	assert_int_equal(fixture_command(f, PIV_INS_GET_METADATA, 0, slot, CS_VIEW_EMPTY), CS_SW_OK);
	assert_int_equal(cs_tlv_find(f->data, PIV_META_PUBLIC_KEY, &pub), CS_OK);
	memcpy(copy, pub.ptr, pub.len);
	return cs_view(copy, pub.len);
}

static void every_algorithm_is_imported_and_not_attested(void **state)
{
	struct fixture *f = *state;
	const struct algorithm_row *row;
	uint8_t parts[CRYPTO_IMPORT_MAX], copy[CRYPTO_PUBLIC_MAX];

	for (size_t i = 0; (row = algorithm_row(i)) != NULL; i++) {
		struct cs_view made, pub;

		if (!algorithm_known(row))
			continue;
		made = parts_make(row, parts);
		for (size_t k = 0; k < (row->use == USE_RSA ? 1 : SLOT_COUNT); k++) {
			assert_int_equal(import(f, row, slot_at(k), made), CS_SW_OK);
			pub = metadata_public(f, slot_at(k), copy);
			check_metadata(f, row, slot_at(k), PIV_ORIGIN_IMPORTED, pub);
			check_use(f, row, slot_at(k), pub);
			assert_int_equal(fixture_command(f, PIV_INS_ATTEST, slot_at(k), 0, CS_VIEW_EMPTY),
					 CS_SW_CONDITIONS);
		}
	}
}

/* One byte less, one more, none, under another algorithm's tag, twice, and beside a stranger. */
static void parts_that_are_not_a_key_of_the_algorithm_are_refused(void **state)
{
	struct fixture *f = *state;
	const struct algorithm_row *row;
	uint8_t secret[80], data[160];

	memset(secret, 0x11, sizeof(secret));
	for (size_t i = 0; (row = algorithm_row(i)) != NULL; i++) {
		bool number = row->import_tag == PIV_IMPORT_EC_SCALAR; /* may be shorter */
		const struct {
			uint32_t tag;
			size_t len;
		} bad[] = {{row->import_tag, number ? 0 : row->secret_len - 1},
			   {row->import_tag, row->secret_len + 1},
			   {row->import_tag, 0},
			   {row->import_tag == PIV_IMPORT_MLKEM ? PIV_IMPORT_MLDSA : row->import_tag + 1,
			    row->secret_len}};
		struct cs_writer w = CS_WRITER_OF(data);

		if (!algorithm_known(row) || row->use == USE_RSA)
			continue;
		for (size_t k = 0; k < sizeof(bad) / sizeof(bad[0]); k++) {
			struct cs_writer one = CS_WRITER_OF(data);

			cs_tlv_write(&one, bad[k].tag, cs_view(secret, bad[k].len));
			assert_int_equal(import(f, row, 0x9A, cs_writer_view(&one)), CS_SW_WRONG_DATA);
		}
		cs_tlv_write(&w, row->import_tag, cs_view(secret, row->secret_len));
		cs_tlv_write(&w, row->import_tag, cs_view(secret, row->secret_len));
		assert_int_equal(import(f, row, 0x9A, cs_writer_view(&w)), CS_SW_WRONG_DATA);
	}
	fixture_expect(f, "00F7009A 00", CS_SW_REFERENCE_NOT_FOUND);
}

static uint16_t try_input(struct fixture *f, const struct algorithm_row *row, uint32_t tag, size_t len)
{
	static uint8_t bytes[1600];
	struct cs_view ignored;

	return authenticate(f, row, 0x9A, (struct element){tag, cs_view(bytes, len)}, &ignored);
}

/* Each input but the right ones, in kind and in length. */
static void an_input_that_the_algorithm_does_not_take_is_refused(void **state)
{
	static const size_t lengths[] = {0,  1,	  31,  32,  33,	 64,   66,   67,
					 97, 133, 255, 257, 768, 1088, 1568, 1600};
	struct fixture *f = *state;
	const struct algorithm_row *row;
	uint8_t copy[CRYPTO_PUBLIC_MAX];

	for (size_t i = 0; (row = algorithm_row(i)) != NULL; i++) {
		static const size_t ciphertext[] = {768, 1088, 1568};
		bool kem = row->use == USE_KEM;

		if (!algorithm_known(row) || row->use == USE_RSA)
			continue;
		(void)generated(f, row, 0x9A, copy);
		for (size_t k = 0; k < sizeof(lengths) / sizeof(lengths[0]); k++) {
			size_t len = lengths[k];
			size_t digest = row->alg == PIV_ALG_P521 ? 66 : 64;
			bool sign = row->use == USE_MESSAGE || (row->use == USE_SM2 && len == 32) ||
				    (row->use == USE_ECDSA && len > 0 && len <= digest) ||
				    (kem && len == ciphertext[row->alg - PIV_ALG_MLKEM512]);
			bool mu = row->secret_len == 32 && row->import_tag == PIV_IMPORT_MLDSA && len == 64;

			assert_int_equal(try_input(f, row, PIV_TAG_AUTH_CHALLENGE, len),
					 sign ? CS_SW_OK : CS_SW_WRONG_DATA);
			/* zeros are no point, and of low order */
			assert_int_equal(try_input(f, row, PIV_TAG_AUTH_EXPONENTIATION, len),
					 CS_SW_WRONG_DATA);
			assert_int_equal(try_input(f, row, PIV_TAG_AUTH_MU, len),
					 mu ? CS_SW_OK : CS_SW_WRONG_DATA);
		}
	}
}

static void ml_dsa_signs_an_external_mu_as_it_signs_the_message(void **state)
{
	struct fixture *f = *state;
	const struct algorithm_row *row;
	uint8_t copy[CRYPTO_PUBLIC_MAX], mu[PIV_MLDSA_MU_LEN];
	struct cs_view message = CS_VIEW_TEXT("digested by the host"), elements, signature;

	for (size_t i = 0; (row = algorithm_row(i)) != NULL; i++) {
		EVP_PKEY *key;

		if (row->import_tag != PIV_IMPORT_MLDSA || !algorithm_known(row))
			continue;
		elements = generated(f, row, 0x9A, copy);
		key = algorithm_public(row, elements);
		algorithm_mu(elements, message, mu);
		assert_int_equal(
		    authenticate(f, row, 0x9A, (struct element){PIV_TAG_AUTH_MU, CS_VIEW_OF(mu)}, &signature),
		    CS_SW_OK);
		assert_true(algorithm_verify(row, key, message, signature));
		assert_false(algorithm_verify(row, key, CS_VIEW_OF(mu), signature));
		EVP_PKEY_free(key);
	}
}

/* As long as a command can be, and empty: both are messages. */
static void whole_messages_are_signed_up_to_the_command_s_limit(void **state)
{
	static uint8_t message[CARD_COMMAND_MAX - 10];
	struct fixture *f = *state;
	const struct algorithm_row *row;
	uint8_t copy[CRYPTO_PUBLIC_MAX];
	struct cs_view signature;

	for (size_t i = 0; (row = algorithm_row(i)) != NULL; i++) {
		static const size_t lengths[] = {0, 1, sizeof(message)};
		EVP_PKEY *key;

		if (row->use != USE_MESSAGE || !algorithm_known(row))
			continue;
		key = algorithm_public(row, generated(f, row, 0x9A, copy));
		for (size_t k = 0; k < 3; k++) {
			struct cs_view all = cs_view(message, lengths[k]);

			assert_int_equal(authenticate(f, row, 0x9A,
						      (struct element){PIV_TAG_AUTH_CHALLENGE, all},
						      &signature),
					 CS_SW_OK);
			assert_true(algorithm_verify(row, key, all, signature));
		}
		EVP_PKEY_free(key);
	}
}

/* FIPS 203, 6.3: who changes a ciphertext learns nothing, not even that it was changed. */
static void a_changed_ciphertext_gives_another_secret_and_no_error(void **state)
{
	struct fixture *f = *state;
	const struct algorithm_row *row;
	uint8_t copy[CRYPTO_PUBLIC_MAX], sent[1568], secret[32];

	for (size_t i = 0; (row = algorithm_row(i)) != NULL; i++) {
		struct cs_writer s = CS_WRITER_OF(sent), t = CS_WRITER_OF(secret);
		struct cs_view got;
		EVP_PKEY *key;

		if (row->use != USE_KEM || !algorithm_known(row))
			continue;
		key = algorithm_public(row, generated(f, row, 0x9D, copy));
		algorithm_peer(row, key, &s, &t);
		sent[100] ^= 1;
		assert_int_equal(authenticate(f, row, 0x9D,
					      (struct element){PIV_TAG_AUTH_CHALLENGE, cs_writer_view(&s)},
					      &got),
				 CS_SW_OK);
		assert_int_equal(got.len, sizeof(secret));
		assert_memory_not_equal(got.ptr, secret, sizeof(secret));
		EVP_PKEY_free(key);
	}
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup_managed, fixture_teardown)
	const struct CMUnitTest tests[] = {
	    CASE(select_lists_just_what_libcrypto_has),
	    CASE(every_algorithm_works_in_every_slot),
	    CASE(every_algorithm_can_be_made_in_any_slot),
	    CASE(every_algorithm_is_imported_and_not_attested),
	    CASE(parts_that_are_not_a_key_of_the_algorithm_are_refused),
	    CASE(an_input_that_the_algorithm_does_not_take_is_refused),
	    CASE(ml_dsa_signs_an_external_mu_as_it_signs_the_message),
	    CASE(whole_messages_are_signed_up_to_the_command_s_limit),
	    CASE(a_changed_ciphertext_gives_another_secret_and_no_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
