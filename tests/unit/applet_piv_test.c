/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The PIV application's objects, management key and reset, and what the profiles change in them.
 */
#include "tests/unit/card_fixture.h"

#include <string.h>

#include "applet/records.h"
#include "base/tlv.h"

#define GENERATE_EC  "0047009A 05 AC03800111 00"
#define NINTH_SLOT_C "0047009C 05 AC03800111 00"
#define DIGEST	     "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F"

static int setup_selected(void **state)
{
	fixture_setup_piv(state);
	fixture_expect(*state, SELECT_PIV, CS_SW_OK);
	return 0;
}

static int setup_managed(void **state)
{
	setup_selected(state);
	fixture_authenticate_management(*state);
	return 0;
}

static int setup_countersign(void **state)
{
	fixture_setup_countersign(state);
	fixture_expect(*state, SELECT_PIV, CS_SW_OK);
	return 0;
}

/* The value of 82 in the 7C that was answered. */
static struct cs_view answered(const struct fixture *f)
{
	struct cs_reader outer = cs_reader_of(f->data), inner;
	struct cs_view value;

	inner = cs_reader_of(cs_tlv_expect(&outer, PIV_TAG_AUTH_TEMPLATE));
	value = cs_tlv_expect(&inner, PIV_TAG_AUTH_RESPONSE);
	assert_int_equal(cs_reader_done(&outer), CS_OK);
	assert_int_equal(cs_reader_done(&inner), CS_OK);
	return value;
}

/* ---- objects ---- */

static void a_new_card_has_what_every_host_looks_for(void **state)
{
	struct fixture *f = *state;

	fixture_expect_data(f, "00CB3FFF 03 5C017E 00", "7E12 4F0BA000000308000010000100 5F2F024000");
	fixture_expect(f, "00CB3FFF 05 5C035FC102 00", CS_SW_OK);
	assert_true(fixture_answer_has(f, "3410"));
	fixture_expect(f, "00CB3FFF 05 5C035FC107 00", CS_SW_OK);
	assert_true(fixture_answer_has(f, "F015A000000116FF02"));
	fixture_expect_data(f, "00CB3FFF 05 5C035FC10C 00", "5308 C10100 C20100 FE00");
	fixture_expect(f, "00CB3FFF 04 5C027F61 00", CS_SW_NOT_FOUND);
	fixture_expect(f, "00CB3FFF 05 5C035FC105 00", CS_SW_NOT_FOUND);
	fixture_expect(f, "00CB3FFF 05 5C035FFF00 00", CS_SW_NOT_FOUND);
	fixture_expect(f, "00CB3FFF 06 5C04005FC102 00", CS_SW_WRONG_DATA);
}

static void objects_of_the_cardholder_need_the_pin_even_to_be_missed(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, "00CB3FFF 05 5C035FC109 00", CS_SW_SECURITY_STATUS);
	fixture_expect(f, "00CB3FFF 05 5C035FC103 00", CS_SW_SECURITY_STATUS);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, "00CB3FFF 05 5C035FC109 00", CS_SW_NOT_FOUND);
}

static void objects_are_written_by_the_management_key_and_survive_power_loss(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, "00DB3FFF 0A 5C035FFF00 5303 800101", CS_SW_SECURITY_STATUS);
	fixture_authenticate_management(f);
	fixture_expect(f, "00DB3FFF 0A 5C035FFF00 5303 800101", CS_SW_OK);
	fixture_expect(f, "00DB3FFF 0A 5C035FC105 5303 700101", CS_SW_OK);
	fixture_expect(f, "00DB3FFF 08 5C035FFF15 5301 AA", CS_SW_OK);
	assert_int_equal(fixture_power_cycle(f), CS_OK);
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect_data(f, "00CB3FFF 05 5C035FFF00 00", "5303 800101");
	fixture_expect_data(f, "00CB3FFF 05 5C035FC105 00", "5303 700101");
	fixture_authenticate_management(f);
	fixture_expect(f, "00DB3FFF 07 5C035FC105 5300", CS_SW_OK);
	fixture_expect(f, "00CB3FFF 05 5C035FC105 00", CS_SW_NOT_FOUND);
}

static void put_data_takes_nothing_malformed(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, "00DB3FFF 05 5C035FC105", CS_SW_WRONG_DATA);
	fixture_expect(f, "00DB3FFF 08 5C035FC105 5302 70", CS_SW_WRONG_DATA);
	fixture_expect(f, "00DB3FFF 06 5C017E 5301 00", CS_SW_NOT_FOUND);
	fixture_expect(f, "00DB3FFF 08 5C03112233 5301 00", CS_SW_NOT_FOUND);
}

static void the_largest_object_comes_back_whole(void **state)
{
	struct fixture *f = *state;
	static uint8_t put[CARD_COMMAND_MAX] = {0x5C, 0x03, 0x5F, 0xC1, 0x0D, 0x53, 0x82};
	size_t len = sizeof(put) - 9;
	uint8_t get[] = {0x5C, 0x03, 0x5F, 0xC1, 0x0D};

	put[7] = (uint8_t)(len >> 8);
	put[8] = (uint8_t)len;
	for (size_t i = 9; i < sizeof(put); i++)
		put[i] = (uint8_t)(i * 7);
	assert_int_equal(fixture_command(f, PIV_INS_PUT_DATA, 0x3F, 0xFF, CS_VIEW_OF(put)), CS_SW_OK);
	assert_int_equal(fixture_command(f, PIV_INS_GET_DATA, 0x3F, 0xFF, CS_VIEW_OF(get)), CS_SW_OK);
	assert_int_equal(f->data.len, sizeof(put) - 5);
	assert_memory_equal(f->data.ptr, put + 5, f->data.len);
}

static void a_changed_certificate_changes_the_guid_in_the_chuid(void **state)
{
	struct fixture *f = *state;
	uint8_t before[128];
	size_t len;

	fixture_expect(f, "00CB3FFF 05 5C035FC102 00", CS_SW_OK);
	len = f->data.len;
	memcpy(before, f->data.ptr, len);
	fixture_expect(f, "00DB3FFF 08 5C035FC106 5301 AA", CS_SW_OK);
	fixture_expect(f, "00CB3FFF 05 5C035FC102 00", CS_SW_OK);
	assert_memory_equal(f->data.ptr, before, len);
	fixture_expect(f, "00DB3FFF 0A 5C035FC105 5303 700101", CS_SW_OK);
	fixture_expect(f, "00CB3FFF 05 5C035FC102 00", CS_SW_OK);
	assert_int_equal(f->data.len, len);
	assert_memory_equal(f->data.ptr, before, 29);		    /* FASC-N */
	assert_memory_not_equal(f->data.ptr + 31, before + 31, 16); /* GUID */
	assert_memory_equal(f->data.ptr + 47, before + 47, len - 47);
}

static void a_chuid_that_an_issuer_signed_is_left_alone(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, "00DB3FFF 1E 5C035FC102 5317 3410 000102030405060708090A0B0C0D0E0F 3E01AA FE00",
		       CS_SW_OK);
	fixture_expect(f, "00DB3FFF 0A 5C035FC105 5303 700101", CS_SW_OK);
	fixture_expect_data(f, "00CB3FFF 05 5C035FC102 00",
			    "5317 3410 000102030405060708090A0B0C0D0E0F 3E01AA FE00");
}

/* Fills the card to the last byte: ever smaller objects until none fits. */
static void fill(struct fixture *f)
{
	static uint8_t put[9 + 4096] = {0x5C, 0x03, 0x5F, 0xFF, 0x00, 0x53, 0x82};
	unsigned next = 0x10;

	for (size_t len = 4096; len > 0; len /= 2) {
		uint16_t sw;

		do {
			put[4] = (uint8_t)next++;
			put[7] = (uint8_t)(len >> 8);
			put[8] = (uint8_t)len;
			sw = fixture_command(f, PIV_INS_PUT_DATA, 0x3F, 0xFF, cs_view(put, 9 + len));
		} while (sw == CS_SW_OK && next < 0xFF);
		assert_int_equal(sw, CS_SW_NO_SPACE);
	}
}

static void a_full_card_counts_tries_and_can_be_emptied(void **state)
{
	struct fixture *f = *state;

	fill(f);
	fixture_expect(f, WRONG_PIN, 0x63C2);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, "00240080 10 313233343536FFFF 343536313233FFFF", CS_SW_OK);
	fixture_expect(f, "00FFFFFF 13 089B10 01020300000000000000000000000000", CS_SW_OK);
	fixture_expect(f, "0047009A 05 AC03800111 00", CS_SW_NO_SPACE);
	fixture_expect(f, "00F7009A 00", CS_SW_REFERENCE_NOT_FOUND);
	assert_int_equal(fixture_power_cycle(f), CS_OK);
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, "00200080", 0x63C3);
}

static void a_full_card_can_be_erased(void **state)
{
	struct fixture *f = *state;

	fill(f);
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	fixture_expect(f, "80020000 10 9008 3837363534333031 8404 54657374", CS_SW_OK);
	fixture_expect(f, "80010000 00", CS_SW_OK);
	assert_true(fixture_answer_has(f, "830102 840454657374"));
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, "00CB3FFF 05 5C035FFF10 00", CS_SW_NOT_FOUND);
}

/* ---- management key ---- */

static void mutual_authentication_proves_both_ends(void **state)
{
	struct fixture *f = *state;
	static const uint8_t key[24] = {1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4,
					5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8};
	uint8_t answer[22] = {0x7C, 0x14, 0x80, 0x08, 0, 0, 0, 0, 0, 0, 0,
			      0,    0x81, 0x08, 1,    2, 3, 4, 5, 6, 7, 8};
	uint8_t want[8];

	fixture_expect(f, "0087009B 04 7C028000 00", CS_SW_OK); /* 00 stands for 3DES */
	assert_int_equal(f->data.len, 12);
	assert_int_equal(
	    f->crypto.block(f->crypto.ctx, PIV_ALG_3DES, false, CS_VIEW_OF(key), f->data.ptr + 4, answer + 4),
	    CS_OK);
	assert_int_equal(
	    f->crypto.block(f->crypto.ctx, PIV_ALG_3DES, true, CS_VIEW_OF(key), answer + 14, want), CS_OK);
	assert_int_equal(fixture_command(f, PIV_INS_AUTHENTICATE, 3, 0x9B, CS_VIEW_OF(answer)), CS_SW_OK);
	assert_int_equal(answered(f).len, 8);
	assert_memory_equal(answered(f).ptr, want, 8);
	fixture_expect(f, GENERATE_EC, CS_SW_OK);
}

/* The answer to a witness, and to what the card is to encrypt where there is more of it. */
static uint16_t answer_witness(struct fixture *f, const char *more)
{
	static const uint8_t key[24] = {1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4,
					5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8};
	uint8_t inner[10] = {0x80, 0x08}, bytes[32], body[64];
	struct cs_writer w = CS_WRITER_OF(body);
	struct cs_view rest = fixture_hex(more, bytes, sizeof(bytes));

	fixture_expect(f, "0087039B 04 7C028000 00", CS_SW_OK);
	assert_int_equal(
	    f->crypto.block(f->crypto.ctx, PIV_ALG_3DES, false, CS_VIEW_OF(key), f->data.ptr + 4, inner + 2),
	    CS_OK);
	cs_tlv_write_header(&w, PIV_TAG_AUTH_TEMPLATE, sizeof(inner) + rest.len);
	cs_write_view(&w, CS_VIEW_OF(inner));
	cs_write_view(&w, rest);
	return fixture_command(f, PIV_INS_AUTHENTICATE, 3, 0x9B, cs_writer_view(&w));
}

static void a_host_that_asks_for_no_proof_gets_none(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(answer_witness(f, ""), CS_SW_OK);
	assert_int_equal(f->data.len, 0);
	fixture_expect(f, GENERATE_EC, CS_SW_OK);
}

static void a_challenge_that_is_no_block_leaves_the_host_unauthenticated(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(answer_witness(f, "8100"), CS_SW_WRONG_DATA);
	fixture_expect(f, GENERATE_EC, CS_SW_SECURITY_STATUS);
	assert_int_equal(answer_witness(f, "810401020304"), CS_SW_WRONG_DATA);
	fixture_expect(f, GENERATE_EC, CS_SW_SECURITY_STATUS);
}

static struct crypto whole; /* what failing_cipher stands before */

static enum cs_err failing_cipher(void *ctx, enum piv_alg cipher, bool encrypt, struct cs_view key,
				  const uint8_t *in, uint8_t *out)
{
	return encrypt && in[0] == 0xC1 ? CS_ERR_CRYPTO : whole.block(ctx, cipher, encrypt, key, in, out);
}

static void a_card_that_cannot_prove_itself_lets_nobody_in(void **state)
{
	struct fixture *f = *state;

	whole = f->crypto;
	f->crypto.block = failing_cipher;
	assert_int_equal(answer_witness(f, "8108 C102030405060708"), CS_SW_UNKNOWN);
	assert_int_equal(f->data.len, 0);
	fixture_expect(f, GENERATE_EC, CS_SW_SECURITY_STATUS);
	assert_int_equal(answer_witness(f, "8108 C202030405060708"), CS_SW_OK);
}

static void a_wrong_answer_ends_the_authentication(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, "0087039B 0C 7C0A 8208 0000000000000000 00", CS_SW_CONDITIONS);
	fixture_expect(f, "0087039B 04 7C028100 00", CS_SW_OK);
	fixture_expect(f, "0087039B 0C 7C0A 8208 0000000000000000 00", CS_SW_SECURITY_STATUS);
	fixture_expect(f, "0087039B 0C 7C0A 8208 0000000000000000 00", CS_SW_CONDITIONS);
	fixture_expect(f, "0087039B 04 7C028100 00", CS_SW_OK);
	fixture_expect(f, "0087039B 08 7C06 8204 00000000 00", CS_SW_WRONG_DATA);
	fixture_expect(f, "00870C9B 04 7C028100 00", CS_SW_WRONG_P1P2);
	fixture_expect(f, "0087119B 04 7C028100 00", CS_SW_WRONG_P1P2); /* no cipher */
	fixture_expect(f, GENERATE_EC, CS_SW_SECURITY_STATUS);
}

/* An encryption of what the host likes would answer the card's own challenges. */
static void the_card_encrypts_nothing_for_a_host_that_has_proved_nothing(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, "0087039B 0E 7C0C 8200 8108 0102030405060708 00", CS_SW_CONDITIONS);
	assert_int_equal(f->data.len, 0);
	fixture_expect(f, "0087039B 0C 7C0A 8108 0102030405060708 00", CS_SW_WRONG_DATA);
	fixture_expect(f, "0087039B 04 7C028000 00", CS_SW_OK);
	fixture_expect(f, "0087039B 0C 7C0A 8108 0102030405060708 00", CS_SW_WRONG_DATA);
}

static void a_challenge_serves_its_own_kind_of_answer(void **state)
{
	struct fixture *f = *state;
	uint8_t echo[12] = {0x7C, 0x0A, 0x80, 0x08};

	fixture_expect(f, "0087039B 04 7C028100 00", CS_SW_OK);
	memcpy(echo + 4, f->data.ptr + 4, 8);
	assert_int_equal(fixture_command(f, PIV_INS_AUTHENTICATE, 3, 0x9B, CS_VIEW_OF(echo)),
			 CS_SW_CONDITIONS);
}

static void the_management_key_can_become_an_aes_key(void **state)
{
	struct fixture *f = *state;
	static const uint8_t key[16] = {1, 2, 3};
	uint8_t answer[20] = {0x7C, 0x12, 0x82, 0x10};

	fixture_expect_data(f, "00F7009B 00", "010103 02020001 050101");
	fixture_expect(f, "00FFFFFF 13 089B10 01020300000000000000000000000000", CS_SW_OK);
	fixture_expect_data(f, "00F7009B 00", "010108 02020001 050100");
	assert_int_equal(fixture_power_cycle(f), CS_OK);
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, "0087039B 04 7C028100 00", CS_SW_WRONG_P1P2);
	fixture_expect(f, "0087089B 04 7C028100 00", CS_SW_OK);
	assert_int_equal(f->data.len, 20);
	assert_int_equal(f->crypto.block(f->crypto.ctx, PIV_ALG_AES128, true, CS_VIEW_OF(key),
					 f->data.ptr + 4, answer + 4),
			 CS_OK);
	assert_int_equal(fixture_command(f, PIV_INS_AUTHENTICATE, 8, 0x9B, CS_VIEW_OF(answer)), CS_SW_OK);
	fixture_expect(f, "00FFFFFE 23 0C9B20 " DIGEST, CS_SW_OK);
	fixture_expect_data(f, "00F7009B 00", "01010C 02020002 050100");
	fixture_expect(f, "00FFFFFF 13 0A9B10 01020300000000000000000000000000", CS_SW_WRONG_DATA);
	fixture_expect(f, "00FFFF00 13 089B10 01020300000000000000000000000000", CS_SW_WRONG_P1P2);
}

static void a_management_key_is_set_by_a_whole_command_only(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, "00FF00FF 13 089B10 01020300000000000000000000000000", CS_SW_WRONG_P1P2);
	fixture_expect(f, "00FFFFFF 13 009B10 01020300000000000000000000000000", CS_SW_WRONG_DATA);
	fixture_expect(f, "00FFFFFF 13 119B10 01020300000000000000000000000000", CS_SW_WRONG_DATA);
	fixture_expect(f, "00FFFFFF 13 089A10 01020300000000000000000000000000", CS_SW_WRONG_DATA);
	fixture_expect(f, "00FFFFFF 14 089B10 0102030000000000000000000000000000", CS_SW_WRONG_DATA);
	fixture_expect_data(f, "00F7009B 00", "010103 02020001 050101");
}

/* Too short, of no cipher, of another length than its cipher's. */
static void a_damaged_management_key_authenticates_nobody(void **state)
{
	static const char *const damaged[] = {
	    "030100",
	    "110100 010203040506070801020304050607080102030405060708",
	    "080100 010203040506070801020304050607080102030405060708",
	};
	struct fixture *f = *state;
	uint8_t record[40];

	for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++) {
		struct cs_view value = fixture_hex(damaged[i], record, sizeof(record));

		assert_int_equal(store_put(&f->card.store, RECORD_MANAGEMENT_KEY, value), CS_OK);
		fixture_expect(f, "0087039B 04 7C028100 00", CS_SW_MEMORY_FAILURE);
		fixture_expect(f, "0087089B 04 7C028000 00", CS_SW_MEMORY_FAILURE);
		fixture_expect(f, "00F7009B 00", CS_SW_MEMORY_FAILURE);
		fixture_expect(f, GENERATE_EC, CS_SW_SECURITY_STATUS);
	}
}

static void a_management_key_can_want_a_touch(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, "00FFFFFE 1B 039B18 010203040506070801020304050607080102030405060708", CS_SW_OK);
	fixture_authenticate_management(f);
	assert_int_equal(f->touches, 1);
	f->touch_says = CS_ERR_TIMEOUT;
	fixture_expect(f, "0087039B 04 7C028100 00", CS_SW_OK);
	fixture_expect(f, "0087039B 0C 7C0A 8208 0000000000000000 00", CS_SW_CONDITIONS);
	assert_int_equal(f->touches, 2);
	f->platform.user_presence = NULL;
	fixture_expect(f, "00FFFFFE 1B 039B18 010203040506070801020304050607080102030405060708",
		       CS_SW_FUNCTION_UNSUPPORTED);
}

/* ---- reset, versions, profile ---- */

static void reset_needs_pin_and_puk_blocked_and_leaves_a_new_card(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, GENERATE_EC, CS_SW_OK);
	fixture_expect(f, "00FB0000", CS_SW_CONDITIONS);
	for (int i = 0; i < 3; i++)
		fixture_send(f, WRONG_PIN);
	fixture_expect(f, "00FB0000", CS_SW_CONDITIONS);
	for (int i = 0; i < 3; i++)
		fixture_send(f, "002C0080 10 3837363534333231 343536313233FFFF");
	fixture_expect(f, "00FB0000", CS_SW_OK);
	fixture_expect(f, "00F7009A 00", CS_SW_REFERENCE_NOT_FOUND);
	fixture_expect(f, "00F700F9 00", CS_SW_OK);
	fixture_expect(f, "00CB3FFF 05 5C035FC102 00", CS_SW_OK);
	fixture_expect(f, GENERATE_EC, CS_SW_SECURITY_STATUS);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_authenticate_management(f);
}

static void version_and_serial_number_are_told(void **state)
{
	struct fixture *f = *state;

	fixture_expect_data(f, "00FD0000 00", "050700");
	fixture_expect_data(f, "00FD0000 000000", "050700");
	fixture_expect_data(f, "00F80000 00", "00C0FFEE");
}

static void in_the_countersign_profile_the_pin_stands_for_the_management_key(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, GENERATE_EC, CS_SW_SECURITY_STATUS);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, GENERATE_EC, CS_SW_OK);
	fixture_expect(f, "00DB3FFF 0A 5C035FFF00 5303 800101", CS_SW_OK);
	fixture_expect(f, "00FFFFFF 13 089B10 01020300000000000000000000000000", CS_SW_OK);
	fixture_expect(f, "00FA0505", CS_SW_CONDITIONS);
	fixture_expect(f, "0020FF80", CS_SW_OK);
	fixture_expect(f, GENERATE_EC, CS_SW_SECURITY_STATUS);
}

static void in_the_countersign_profile_the_management_key_is_random(void **state)
{
	struct fixture *f = *state;

	fixture_expect_data(f, "00F7009B 00", "01010A 02020001 050100");
}

int main(void)
{
#define PLAIN(name)	  cmocka_unit_test_setup_teardown(name, setup_selected, fixture_teardown)
#define MANAGED(name)	  cmocka_unit_test_setup_teardown(name, setup_managed, fixture_teardown)
#define COUNTERSIGN(name) cmocka_unit_test_setup_teardown(name, setup_countersign, fixture_teardown)
	const struct CMUnitTest tests[] = {
	    PLAIN(a_new_card_has_what_every_host_looks_for),
	    PLAIN(objects_of_the_cardholder_need_the_pin_even_to_be_missed),
	    PLAIN(objects_are_written_by_the_management_key_and_survive_power_loss),
	    MANAGED(put_data_takes_nothing_malformed),
	    MANAGED(the_largest_object_comes_back_whole),
	    MANAGED(a_changed_certificate_changes_the_guid_in_the_chuid),
	    MANAGED(a_chuid_that_an_issuer_signed_is_left_alone),
	    MANAGED(a_full_card_counts_tries_and_can_be_emptied),
	    MANAGED(a_full_card_can_be_erased),
	    PLAIN(mutual_authentication_proves_both_ends),
	    PLAIN(a_host_that_asks_for_no_proof_gets_none),
	    PLAIN(a_challenge_that_is_no_block_leaves_the_host_unauthenticated),
	    PLAIN(a_card_that_cannot_prove_itself_lets_nobody_in),
	    PLAIN(a_wrong_answer_ends_the_authentication),
	    PLAIN(the_card_encrypts_nothing_for_a_host_that_has_proved_nothing),
	    PLAIN(a_challenge_serves_its_own_kind_of_answer),
	    MANAGED(the_management_key_can_become_an_aes_key),
	    MANAGED(a_management_key_is_set_by_a_whole_command_only),
	    PLAIN(a_damaged_management_key_authenticates_nobody),
	    MANAGED(a_management_key_can_want_a_touch),
	    MANAGED(reset_needs_pin_and_puk_blocked_and_leaves_a_new_card),
	    PLAIN(version_and_serial_number_are_told),
	    COUNTERSIGN(in_the_countersign_profile_the_pin_stands_for_the_management_key),
	    COUNTERSIGN(in_the_countersign_profile_the_management_key_is_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
