/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Attestation: what libcrypto says of the card's certificates.
 */
#include "tests/unit/card_fixture.h"
#include "tests/unit/card_verify.h"

#include <string.h>

#include "base/tlv.h"

#define READ_ISSUER "00CB3FFF 0000 05 5C035FFF01 0000"

static int setup_managed(void **state)
{
	fixture_setup_piv(state);
	fixture_expect(*state, SELECT_PIV, CS_SW_OK);
	fixture_authenticate_management(*state);
	return 0;
}

/* The certificate in object 5FFF01, copied to buf. */
static struct cs_view issuer_read(struct fixture *f, uint8_t *buf, size_t cap)
{
	struct cs_view contents, certificate;
	struct cs_reader r;

	fixture_expect(f, READ_ISSUER, CS_SW_OK);
	r = cs_reader_of(f->data);
	contents = cs_tlv_expect(&r, PIV_TAG_DATA);
	assert_int_equal(cs_reader_done(&r), CS_OK);
	assert_int_equal(cs_tlv_find(contents, PIV_TAG_CERT, &certificate), CS_OK);
	assert_true(certificate.len <= cap);
	memcpy(buf, certificate.ptr, certificate.len);
	return cs_view(buf, certificate.len);
}

static void the_card_s_own_certificate_is_signed_by_itself(void **state)
{
	struct fixture *f = *state;
	uint8_t buf[2048];
	struct cs_view issuer = issuer_read(f, buf, sizeof(buf));
	struct public_key *key;

	fixture_expect(f, "00F700F9 00", CS_SW_OK);
	key = verify_key_of_metadata(f->data);
	assert_true(verify_certificate(issuer, issuer, key));
	verify_key_free(key);
}

static void check_attested(struct fixture *f, const char *generate, const char *attest)
{
	uint8_t buf[2048];
	struct cs_view issuer = issuer_read(f, buf, sizeof(buf));
	struct public_key *key;

	fixture_expect(f, generate, CS_SW_OK);
	key = verify_key_of(f->data);
	fixture_expect(f, attest, CS_SW_OK);
	assert_true(verify_certificate(f->data, issuer, key));
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

static void an_attestation_key_of_rsa_signs_as_well(void **state)
{
	struct fixture *f = *state;
	struct public_key *key;
	uint8_t buf[2048], put[4096] = {0x5C, 0x03, 0x5F, 0xFF, 0x01};
	struct cs_view own;
	struct cs_writer w = cs_writer_of(put + 5, sizeof(put) - 5);
	size_t mark;

	/* The new key attests itself with the old certificate's name; that then becomes the certificate. */
	fixture_expect(f, "004700F9 0000 05 AC03800107 0000", CS_SW_OK);
	key = verify_key_of(f->data);
	fixture_expect(f, "00F9F900 000000", CS_SW_OK);
	memcpy(buf, f->data.ptr, f->data.len);
	own = cs_view(buf, f->data.len);
	mark = cs_tlv_begin(&w, PIV_TAG_DATA);
	cs_tlv_write(&w, PIV_TAG_CERT, own);
	cs_tlv_end(&w, mark);
	assert_int_equal(fixture_command(f, PIV_INS_PUT_DATA, 0x3F, 0xFF, cs_view(put, 5 + w.len)), CS_SW_OK);
	verify_key_free(key);
	check_attested(f, "0047009A 0000 05 AC03800107 0000", "00F99A00 000000");
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

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup_managed, fixture_teardown)
	const struct CMUnitTest tests[] = {
	    CASE(the_card_s_own_certificate_is_signed_by_itself),
	    CASE(a_generated_p256_key_is_attested_with_its_policies),
	    CASE(a_generated_rsa_key_is_attested),
	    CASE(an_attestation_key_of_rsa_signs_as_well),
	    CASE(what_was_not_generated_here_is_not_attested),
	    CASE(without_its_certificate_the_card_attests_nothing),
	    CASE(a_certificate_without_validity_or_name_attests_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
