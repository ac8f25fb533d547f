/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Attestation: what libcrypto says of the card's certificates.
 */
#include "tests/unit/card_fixture.h"
#include "tests/unit/algorithm_check.h"
#include "tests/unit/card_verify.h"
#include "tests/unit/issuer.h"

#include <string.h>

#include "base/tlv.h"

#define READ_ISSUER "00CB3FFF 0000 05 5C035FFF01 0000"
#define READ_ROOT   "00CB3FFF 0000 05 5C035FFF02 0000"

static int setup_managed(void **state)
{
	fixture_setup_piv(state);
	fixture_expect(*state, SELECT_PIV, CS_SW_OK);
	fixture_authenticate_management(*state);
	return 0;
}

/* The certificate in an object, copied to buf. */
static struct cs_view certificate_read(struct fixture *f, const char *command, uint8_t *buf, size_t cap)
{
	struct cs_view contents, certificate;
	struct cs_reader r;

	fixture_expect(f, command, CS_SW_OK);
	r = cs_reader_of(f->data);
	contents = cs_tlv_expect(&r, PIV_TAG_DATA);
	assert_int_equal(cs_reader_done(&r), CS_OK);
	assert_int_equal(cs_tlv_find(contents, PIV_TAG_CERT, &certificate), CS_OK);
	assert_true(certificate.len <= cap);
	memcpy(buf, certificate.ptr, certificate.len);
	return cs_view(buf, certificate.len);
}

static struct cs_view issuer_read(struct fixture *f, uint8_t *buf, size_t cap)
{
	return certificate_read(f, READ_ISSUER, buf, cap);
}

static void the_card_s_own_certificate_is_signed_by_a_root_whose_key_is_gone(void **state)
{
	struct fixture *f = *state;
	uint8_t buf[1024], root_buf[1024];
	struct cs_view issuer = issuer_read(f, buf, sizeof(buf));
	struct cs_view root = certificate_read(f, READ_ROOT, root_buf, sizeof(root_buf));
	struct public_key *key;

	fixture_expect(f, "00F700F9 00", CS_SW_OK);
	key = verify_key_of_metadata(f->data);
	assert_true(verify_certificate(issuer, root, key));
	assert_false(verify_certificate(root, root, key)); /* the root has another key */
	assert_true(verify_chain(issuer, issuer, root));
	verify_key_free(key);
}

static void another_card_has_another_root(void **state)
{
	struct fixture *f = *state;
	void *other = NULL;
	uint8_t buf[1024], root_buf[1024];
	struct cs_view issuer = issuer_read(f, buf, sizeof(buf)), root;

	fixture_setup_piv(&other);
	fixture_expect(other, SELECT_PIV, CS_SW_OK);
	root = certificate_read(other, READ_ROOT, root_buf, sizeof(root_buf));
	assert_false(verify_chain(issuer, issuer, root));
	fixture_teardown(&other);
}

static void the_chain_survives_a_reset_of_the_card(void **state)
{
	struct fixture *f = *state;
	uint8_t buf[2][1024], root_buf[2][1024];
	struct cs_view before = issuer_read(f, buf[0], sizeof(buf[0])), after;
	struct cs_view root = certificate_read(f, READ_ROOT, root_buf[0], sizeof(root_buf[0])), again;

	for (size_t i = 0; i < 3; i++) {
		fixture_send(f, WRONG_PIN);
		fixture_send(f, "002C0080 10 3030303030303030 313233343536FFFF");
	}
	fixture_expect(f, "00FB0000", CS_SW_OK);
	after = issuer_read(f, buf[1], sizeof(buf[1]));
	again = certificate_read(f, READ_ROOT, root_buf[1], sizeof(root_buf[1]));
	assert_true(cs_view_equal(before, after));
	assert_true(cs_view_equal(root, again));
}

static void check_attested(struct fixture *f, const char *generate, const char *attest)
{
	uint8_t buf[2048], root_buf[1024];
	struct cs_view issuer = issuer_read(f, buf, sizeof(buf));
	struct cs_view root = certificate_read(f, READ_ROOT, root_buf, sizeof(root_buf));
	struct public_key *key;

	fixture_expect(f, generate, CS_SW_OK);
	key = verify_key_of(f->data);
	fixture_expect(f, attest, CS_SW_OK);
	assert_true(verify_certificate(f->data, issuer, key));
	/* X509_verify_cert, strict: names, path length, key usage, key identifiers */
	assert_true(verify_chain(f->data, issuer, root));
	/* firmware 5.7.0, serial number C0FFEE as INTEGER: the reference token's extensions */
	assert_true(fixture_answer_has(f, "060A2B0601040182C40A0303 0403 050700"));
	assert_true(fixture_answer_has(f, "060A2B0601040182C40A0307 0406 020400C0FFEE"));
	verify_key_free(key);
}

static void a_generated_p256_key_is_attested_with_its_policies(void **state)
{
	struct fixture *f = *state;

	check_attested(f, "0047009A 0B AC09 800111 AA0103 AB0102 00", "00F99A00 000000");
	assert_true(fixture_answer_has(f, "060A2B0601040182C40A0308 0402 0302"));
}

static void a_generated_rsa_key_is_attested(void **state)
{
	struct fixture *f = *state;

	check_attested(f, "0047009D 0000 05 AC03800107 0000", "00F99D00 000000");
	assert_true(fixture_answer_has(f, "060A2B0601040182C40A0308 0402 0201"));
}

/* The issuer's way: a new key in F9, its public key taken from the card, a certificate for it and the CA's
 * own put where the card's were. */
static void issue(struct fixture *f, const struct algorithm_row *row)
{
	uint8_t certificate[8192], data[8192];
	struct cs_writer c = CS_WRITER_OF(certificate), w = CS_WRITER_OF(data);
	struct cs_view elements;
	size_t mark;

	fixture_expect(f, "00F700F9 000000", CS_SW_OK);
	assert_int_equal(cs_tlv_find(f->data, PIV_META_PUBLIC_KEY, &elements), CS_OK);
	issue_certificate(row, elements, &c);
	cs_tlv_write(&w, PIV_TAG_TAG_LIST, CS_VIEW_TEXT("\x5F\xFF\x01"));
	mark = cs_tlv_begin(&w, PIV_TAG_DATA);
	cs_tlv_write(&w, PIV_TAG_CERT, cs_writer_view(&c));
	cs_tlv_end(&w, mark);
	assert_int_equal(fixture_command(f, PIV_INS_PUT_DATA, 0x3F, 0xFF, cs_writer_view(&w)), CS_SW_OK);
}

static uint16_t generate(struct fixture *f, enum piv_alg alg, uint8_t slot)
{
	const uint8_t data[] = {PIV_TAG_GENERATE, 3, PIV_TAG_ALGORITHM, 1, (uint8_t)alg};

	return fixture_command(f, PIV_INS_GENERATE, 0, slot, CS_VIEW_OF(data));
}

/* Of every algorithm that signs, for a key of every algorithm; under a certificate that another CA issued. */
static void an_attestation_key_of_any_algorithm_that_signs_attests_all(void **state)
{
	struct fixture *f = *state;
	const struct algorithm_row *signer, *subject;

	for (size_t i = 0; (signer = algorithm_row(i)) != NULL; i++) {
		bool signs = signer->use != USE_AGREE && signer->use != USE_KEM;

		if (!algorithm_known(signer))
			continue;
		assert_int_equal(generate(f, signer->alg, 0xF9), signs ? CS_SW_OK : CS_SW_WRONG_DATA);
		if (!signs)
			continue;
		issue(f, signer);
		for (size_t k = 0; (subject = algorithm_row(k)) != NULL; k++) {
			bool slow = subject->use == USE_RSA && (i > 0 || subject->alg != PIV_ALG_RSA2048);

			if (slow || !algorithm_known(subject))
				continue;
			assert_int_equal(generate(f, subject->alg, 0x9A), CS_SW_OK);
			assert_int_equal(fixture_command(f, PIV_INS_ATTEST, 0x9A, 0, CS_VIEW_EMPTY),
					 CS_SW_OK);
			assert_true(issued_chain_verifies(signer, f->data));
		}
	}
	issuer_free();
}

static void what_was_not_generated_here_is_not_attested(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, "00F99A00 00", CS_SW_REFERENCE_NOT_FOUND);
	fixture_expect(f, "00F99B00 00", CS_SW_REFERENCE_NOT_FOUND);
	fixture_expect(f, "00FE119A 22 0620 C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721",
		       CS_SW_OK);
	fixture_expect(f, "00F99A00 00", CS_SW_CONDITIONS);
}

static void without_its_certificate_the_card_attests_nothing(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, "0047009A 05 AC03800111 00", CS_SW_OK);
	fixture_expect(f, "00DB3FFF 09 5C035FFF01 5302 7000", CS_SW_OK);
	fixture_expect(f, "00F99A00 00", CS_SW_CONDITIONS);
	fixture_expect(f, "00DB3FFF 07 5C035FFF01 5300", CS_SW_OK);
	fixture_expect(f, "00F99A00 00", CS_SW_CONDITIONS);
}

/* Version, serial number, signature, issuer, and then validity and subject, one of which is empty. */
static void a_certificate_without_validity_or_name_attests_nothing(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, "0047009A 05 AC03800111 00", CS_SW_OK);
	fixture_expect(f,
		       "00DB3FFF 1F 5C035FFF01 5318 7016 3014 3012 A003020102 020101 3000 3000 3000 30020500",
		       CS_SW_OK);
	fixture_expect(f, "00F99A00 00", CS_SW_CONDITIONS);
	fixture_expect(f,
		       "00DB3FFF 1F 5C035FFF01 5318 7016 3014 3012 A003020102 020101 3000 3000 30020500 3000",
		       CS_SW_OK);
	fixture_expect(f, "00F99A00 00", CS_SW_CONDITIONS);
}

/* The card as it is opened again after power was lost at the n-th operation of its making; false where it was
 * not. */
static bool made_with_a_cut(struct fixture *f, uint64_t n, enum flash_tear tear)
{
	bool cut;

	card_close(&f->card);
	flash_ram_free(f->flash);
	f->flash = flash_ram_new(2048, 32, 8);
	assert_non_null(f->flash);
	f->ports.flash = flash_ram_flash(f->flash);
	flash_ram_cut_at(f->flash, n, tear, n);
	if (card_open(&f->card, &f->ports, CSGN_PROFILE_PIV) == CS_OK)
		assert_false(flash_ram_is_cut(f->flash));
	cut = flash_ram_is_cut(f->flash);
	card_close(&f->card);
	flash_ram_power_on(f->flash);
	assert_int_equal(card_open(&f->card, &f->ports, CSGN_PROFILE_PIV), CS_OK);
	return cut;
}

/* Key and certificates are of one making, whichever it was. */
static void power_lost_while_the_chain_is_made_leaves_a_whole_one(void **state)
{
	struct fixture *f = *state;
	uint8_t buf[1024], root_buf[1024];
	bool cut = true;

	for (uint64_t n = 1; cut; n++) {
		struct cs_view issuer, root;
		struct public_key *key;

		cut = made_with_a_cut(f, n, (enum flash_tear)(n % FLASH_TEAR_COUNT));
		fixture_expect(f, SELECT_PIV, CS_SW_OK);
		issuer = issuer_read(f, buf, sizeof(buf));
		root = certificate_read(f, READ_ROOT, root_buf, sizeof(root_buf));
		fixture_expect(f, "00F700F9 00", CS_SW_OK);
		key = verify_key_of_metadata(f->data);
		assert_true(verify_certificate(issuer, root, key));
		assert_true(verify_chain(issuer, issuer, root));
		verify_key_free(key);
	}
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup_managed, fixture_teardown)
	const struct CMUnitTest tests[] = {
	    CASE(the_card_s_own_certificate_is_signed_by_a_root_whose_key_is_gone),
	    CASE(another_card_has_another_root),
	    CASE(the_chain_survives_a_reset_of_the_card),
	    CASE(power_lost_while_the_chain_is_made_leaves_a_whole_one),
	    CASE(a_generated_p256_key_is_attested_with_its_policies),
	    CASE(a_generated_rsa_key_is_attested),
	    CASE(an_attestation_key_of_any_algorithm_that_signs_attests_all),
	    CASE(what_was_not_generated_here_is_not_attested),
	    CASE(without_its_certificate_the_card_attests_nothing),
	    CASE(a_certificate_without_validity_or_name_attests_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
