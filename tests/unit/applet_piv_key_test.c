/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The PIV application's keys and their policies. What the card signs is verified with libcrypto.
 */
#include "tests/unit/card_fixture.h"
#include "tests/unit/card_verify.h"

#include <string.h>

#include "base/tlv.h"

#define GENERATE_EC   "0047009A 05 AC03800111 00"
#define GENERATE_9C   "0047009C 05 AC03800111 00"
#define DIGEST	      "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F"
#define SIGN_EC(slot) "008711" slot " 26 7C24 8200 8120 " DIGEST " 00"

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

/* ---- keys ---- */

static void generating_needs_the_management_key(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, GENERATE_EC, CS_SW_SECURITY_STATUS);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, GENERATE_EC, CS_SW_SECURITY_STATUS);
}

static void a_p256_key_signs_what_libcrypto_verifies(void **state)
{
	struct fixture *f = *state;
	uint8_t digest[32];
	struct public_key *key;

	fixture_expect(f, GENERATE_EC, CS_SW_OK);
	key = verify_key_of(f->data);
	fixture_expect(f, SIGN_EC("9A"), CS_SW_SECURITY_STATUS);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, SIGN_EC("9A"), CS_SW_OK);
	assert_true(verify_ecdsa(key, fixture_hex(DIGEST, digest, sizeof(digest)), answered(f)));
	fixture_expect(f, SIGN_EC("9A"), CS_SW_OK);
	verify_key_free(key);
}

static void an_rsa_2048_key_raises_a_block_to_its_private_exponent(void **state)
{
	struct fixture *f = *state;
	uint8_t block[10 + 256] = {0x7C, 0x82, 0x01, 0x06, 0x82, 0x00, 0x81, 0x82, 0x01, 0x00};
	struct public_key *key;

	fixture_expect(f, "0047009D 0000 05 AC03800107 0000", CS_SW_OK);
	key = verify_key_of(f->data);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	for (size_t i = 11; i < sizeof(block); i++)
		block[i] = (uint8_t)i;
	assert_int_equal(fixture_command(f, PIV_INS_AUTHENTICATE, PIV_ALG_RSA2048, 0x9D, CS_VIEW_OF(block)),
			 CS_SW_OK);
	assert_true(verify_rsa_raw(key, cs_view(block + 10, 256), answered(f)));
	assert_int_equal(fixture_command(f, PIV_INS_AUTHENTICATE, PIV_ALG_RSA2048, 0x9D, cs_view(block, 100)),
			 CS_SW_WRONG_DATA);
	verify_key_free(key);
}

static void a_chained_rsa_signature_is_the_same_as_an_extended_one(void **state)
{
	struct fixture *f = *state;
	uint8_t block[10 + 256] = {0x7C, 0x82, 0x01, 0x06, 0x82, 0x00, 0x81, 0x82, 0x01, 0x00, 0x00, 0x01};
	uint8_t first[5 + 255] = {0x10, 0x87, 0x07, 0x9D, 0xFF},
			  last[5 + 11] = {0x00, 0x87, 0x07, 0x9D, 0x0B}, want[264];

	fixture_expect(f, "0047009D 0000 05 AC03800107 0000", CS_SW_OK);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	assert_int_equal(fixture_command(f, PIV_INS_AUTHENTICATE, PIV_ALG_RSA2048, 0x9D, CS_VIEW_OF(block)),
			 CS_SW_OK);
	assert_int_equal(f->data.len, sizeof(want));
	memcpy(want, f->data.ptr, sizeof(want));
	memcpy(first + 5, block, 255);
	memcpy(last + 5, block + 255, 11);
	assert_int_equal(fixture_send_view(f, CS_VIEW_OF(first)), CS_SW_OK);
	assert_int_equal(fixture_send_view(f, CS_VIEW_OF(last)),
			 0x6108); /* as yubico-piv-tool sends it: no Le */
	assert_memory_equal(f->data.ptr, want, 256);
	fixture_expect(f, "00C00000 08", CS_SW_OK);
	assert_memory_equal(f->data.ptr, want + 256, 8);
}

static void ecdh_agrees_with_libcrypto(void **state)
{
	struct fixture *f = *state;
	uint8_t cmd[4 + 2 + 65 + 2] = {0x7C, 71 - 2 + 2, 0x82, 0x00, 0x85, 65}, secret[32];
	struct public_key *card;

	fixture_expect(f, "0047009D 05 AC03800111 00", CS_SW_OK);
	card = verify_key_of(f->data);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	verify_ecdh_peer(card, cmd + 6, secret);
	cmd[1] = 2 + 2 + 65;
	assert_int_equal(fixture_command(f, PIV_INS_AUTHENTICATE, PIV_ALG_P256, 0x9D, cs_view(cmd, 6 + 65)),
			 CS_SW_OK);
	assert_int_equal(answered(f).len, 32);
	assert_memory_equal(answered(f).ptr, secret, 32);
	cmd[10] ^= 1; /* not on the curve */
	assert_int_equal(fixture_command(f, PIV_INS_AUTHENTICATE, PIV_ALG_P256, 0x9D, cs_view(cmd, 6 + 65)),
			 CS_SW_WRONG_DATA);
	verify_key_free(card);
}

static void a_key_is_used_with_its_own_algorithm_only(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, GENERATE_EC, CS_SW_OK);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, "0087149A 26 7C24 8200 8120 " DIGEST " 00", CS_SW_WRONG_P1P2);
	fixture_expect(f, "0087079A 26 7C24 8200 8120 " DIGEST " 00", CS_SW_WRONG_P1P2);
	fixture_expect(f, SIGN_EC("9D"), CS_SW_REFERENCE_NOT_FOUND);
	fixture_expect(f, SIGN_EC("96"), CS_SW_REFERENCE_NOT_FOUND);
	fixture_expect(f, SIGN_EC("F9"), CS_SW_WRONG_P1P2);
	fixture_expect(f, "0087119A 06 7C04 8200 8100 00", CS_SW_WRONG_DATA);
	fixture_expect(f, "0087119A 04 7C02 8200 00", CS_SW_WRONG_DATA);
	fixture_expect(f, "0087119A 04 7C05 8200 00", CS_SW_WRONG_DATA);
	fixture_expect(f, "0047009A 05 AC03800106 00", CS_SW_WRONG_DATA);
	fixture_expect(f, "00470099 05 AC03800111 00", CS_SW_WRONG_P1P2);
	fixture_expect(f, "0047009A 05 AC04800111 00", CS_SW_WRONG_DATA);
}

/* ---- PIN and touch policies ---- */

static void slot_9c_wants_the_pin_before_each_signature(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, GENERATE_9C, CS_SW_OK);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, SIGN_EC("9C"), CS_SW_OK);
	fixture_expect(f, SIGN_EC("9C"), CS_SW_SECURITY_STATUS);
	fixture_expect(f, "00200080", CS_SW_OK);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, SIGN_EC("9C"), CS_SW_OK);
}

static void reading_between_pin_and_signature_does_no_harm(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, GENERATE_9C, CS_SW_OK);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, "00CB3FFF 03 5C017E 00", CS_SW_OK);
	fixture_expect(f, "00200080", CS_SW_OK);
	fixture_expect(f, "00F7009C 00", CS_SW_OK);
	fixture_expect(f, "00A40400 09 A0000003974349445F 00", CS_SW_NOT_FOUND);
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, SIGN_EC("9C"), CS_SW_OK);
}

static void using_another_key_makes_the_pin_stale(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, GENERATE_EC, CS_SW_OK);
	fixture_expect(f, GENERATE_9C, CS_SW_OK);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, SIGN_EC("9A"), CS_SW_OK);
	fixture_expect(f, SIGN_EC("9C"), CS_SW_SECURITY_STATUS);
	fixture_expect(f, SIGN_EC("9A"), CS_SW_OK);
}

static void slot_9e_never_wants_the_pin(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, "0047009E 05 AC03800111 00", CS_SW_OK);
	fixture_expect(f, SIGN_EC("9E"), CS_SW_OK);
}

static void policies_can_be_chosen_for_each_key(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, "0047009A 08 AC06 800111 AA0101 00", CS_SW_OK);
	fixture_expect(f, SIGN_EC("9A"), CS_SW_OK);
	fixture_expect(f, "00470082 0B AC09 800111 AA0103 AB0102 00", CS_SW_OK);
	fixture_expect(f, "00F70082 00", CS_SW_OK);
	assert_true(fixture_answer_has(f, "010111 02020302 030101 0443"));
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	assert_int_equal(f->touches, 0);
	fixture_expect(f, SIGN_EC("82"), CS_SW_OK);
	assert_int_equal(f->touches, 1);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	f->touch_says = CS_ERR_TIMEOUT;
	fixture_expect(f, SIGN_EC("82"), CS_SW_CONDITIONS);
	fixture_expect(f, "0047009A 08 AC06 800111 AA0104 00", CS_SW_WRONG_DATA);
	fixture_expect(f, "0047009A 08 AC06 800111 AB0104 00", CS_SW_WRONG_DATA);
}

static void a_cached_touch_lasts_fifteen_seconds(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, "0047009E 0B AC09 800111 AA0101 AB0103 00", CS_SW_OK);
	fixture_expect(f, SIGN_EC("9E"), CS_SW_OK);
	f->now_ms += 14999;
	fixture_expect(f, SIGN_EC("9E"), CS_SW_OK);
	assert_int_equal(f->touches, 1);
	f->now_ms += 1;
	fixture_expect(f, SIGN_EC("9E"), CS_SW_OK);
	assert_int_equal(f->touches, 2);
}

static void a_card_that_cannot_be_touched_makes_no_keys_that_want_it(void **state)
{
	struct fixture *f = *state;

	f->platform.user_presence = NULL;
	fixture_expect(f, "0047009E 08 AC06 800111 AB0102 00", CS_SW_FUNCTION_UNSUPPORTED);
	fixture_expect(f, "0047009E 08 AC06 800111 AB0101 00", CS_SW_OK);
}

/* ---- import, move, delete ---- */

static void an_imported_key_signs_and_says_that_it_was_imported(void **state)
{
	struct fixture *f = *state;
	/* RFC 6979, A.2.5: the P-256 key of the test vectors */
	static const char import[] =
	    "00FE119A 22 0620 C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721";
	uint8_t digest[32];
	struct public_key *key;

	fixture_expect(f, import, CS_SW_OK);
	fixture_expect(f, "00F7009A 00", CS_SW_OK);
	assert_true(fixture_answer_has(f, "030102"));
	assert_true(
	    fixture_answer_has(f, "864104 60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6"));
	key = verify_key_of_metadata(f->data);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, SIGN_EC("9A"), CS_SW_OK);
	assert_true(verify_ecdsa(key, fixture_hex(DIGEST, digest, sizeof(digest)), answered(f)));
	verify_key_free(key);
	fixture_expect(f, "00F99A00 00", CS_SW_CONDITIONS);
	fixture_expect(f, "00FE119A 03 060100", CS_SW_WRONG_DATA);
	fixture_expect(
	    f, "00FE119A 25 0620 C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721 500100",
	    CS_SW_WRONG_DATA);
	fixture_expect(f, "00FE119B 22 0620 C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721",
		       CS_SW_WRONG_P1P2);
}

/* A 2048-bit key of libcrypto's, as IMPORT wants it. */
static void an_imported_rsa_key_works_in_every_slot_that_is_one(void **state)
{
	struct fixture *f = *state;
	uint8_t parts[5 * (4 + 128) + 6],
	    block[10 + 256] = {0x7C, 0x82, 0x01, 0x06, 0x82, 0x00, 0x81, 0x82, 0x01, 0x00};
	static const uint8_t slots[] = {0x9A, 0x9C, 0x9D, 0x9E, 0x82, 0x95};
	struct cs_writer w = CS_WRITER_OF(parts);
	struct public_key *key = verify_rsa_make(&w);

	cs_tlv_write_u8(&w, PIV_TAG_PIN_POLICY, PIV_PIN_NEVER);
	for (size_t i = 11; i < sizeof(block); i++)
		block[i] = (uint8_t)(i * 3);
	for (size_t i = 0; i < sizeof(slots); i++) {
		assert_int_equal(
		    fixture_command(f, PIV_INS_IMPORT_KEY, PIV_ALG_RSA2048, slots[i], cs_writer_view(&w)),
		    CS_SW_OK);
		assert_int_equal(
		    fixture_command(f, PIV_INS_AUTHENTICATE, PIV_ALG_RSA2048, slots[i], CS_VIEW_OF(block)),
		    CS_SW_OK);
		assert_true(verify_rsa_raw(key, cs_view(block + 10, 256), answered(f)));
	}
	parts[10] ^= 0xFF; /* p is not a prime any more */
	assert_int_equal(fixture_command(f, PIV_INS_IMPORT_KEY, PIV_ALG_RSA2048, 0x9A, cs_writer_view(&w)),
			 CS_SW_WRONG_DATA);
	assert_int_equal(fixture_command(f, PIV_INS_AUTHENTICATE, PIV_ALG_RSA2048, 0x9A, CS_VIEW_OF(block)),
			 CS_SW_OK);
	verify_key_free(key);
}

static void keys_move_to_empty_slots_and_can_be_deleted(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, "0047009E 05 AC03800111 00", CS_SW_OK);
	fixture_expect(f, "00F6829E", CS_SW_OK);
	fixture_expect(f, "00F7009E 00", CS_SW_REFERENCE_NOT_FOUND);
	fixture_expect(f, SIGN_EC("82"), CS_SW_OK);
	fixture_expect(f, "0047009E 05 AC03800111 00", CS_SW_OK);
	fixture_expect(f, "00F6829E", CS_SW_CONDITIONS);
	fixture_expect(f, "00F68282", CS_SW_WRONG_P1P2);
	fixture_expect(f, "00F683F9", CS_SW_WRONG_P1P2);
	fixture_expect(f, "00F6FF82", CS_SW_OK);
	fixture_expect(f, "00F6FF82", CS_SW_REFERENCE_NOT_FOUND);
	fixture_expect(f, SIGN_EC("82"), CS_SW_REFERENCE_NOT_FOUND);
}

static unsigned forgotten;

static void count_forgetting(void *ctx)
{
	(void)ctx;
	forgotten++;
}

/* Whatever ends a key's life in its slot, the port is told before; and it may have nothing to forget. */
static void the_port_forgets_keys_when_one_is_replaced_moved_erased_or_the_power_goes(void **state)
{
	struct fixture *f = *state;
	static const char *const commands[] = {
	    GENERATE_EC,
	    "00FE119A 22 0620 C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721",
	    "00F6829A",
	    "00F6FF82",
	    "00470004 05 AC03800127 00",
	};

	f->crypto.keys_forget = count_forgetting;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		forgotten = 0;
		fixture_expect(f, commands[i], CS_SW_OK);
		assert_true(forgotten >= 1);
	}
	forgotten = 0;
	for (size_t i = 0; i < 3; i++) {
		fixture_send(f, WRONG_PIN);
		fixture_send(f, "002C0080 10 3030303030303030 313233343536FFFF");
	}
	fixture_expect(f, "00FB0000", CS_SW_OK);
	assert_true(forgotten > 0);
	forgotten = 0;
	card_reset(&f->card);
	assert_int_equal(forgotten, 1);
	card_close(&f->card);
	assert_int_equal(forgotten, 2);
	f->crypto.keys_forget = NULL;
	assert_int_equal(card_open(&f->card, &f->ports, CSGN_PROFILE_PIV), CS_OK);
	card_reset(&f->card);
}

int main(void)
{
#define PLAIN(name)   cmocka_unit_test_setup_teardown(name, setup_selected, fixture_teardown)
#define MANAGED(name) cmocka_unit_test_setup_teardown(name, setup_managed, fixture_teardown)
	const struct CMUnitTest tests[] = {
	    PLAIN(generating_needs_the_management_key),
	    MANAGED(a_p256_key_signs_what_libcrypto_verifies),
	    MANAGED(an_rsa_2048_key_raises_a_block_to_its_private_exponent),
	    MANAGED(a_chained_rsa_signature_is_the_same_as_an_extended_one),
	    MANAGED(ecdh_agrees_with_libcrypto),
	    MANAGED(a_key_is_used_with_its_own_algorithm_only),
	    MANAGED(slot_9c_wants_the_pin_before_each_signature),
	    MANAGED(reading_between_pin_and_signature_does_no_harm),
	    MANAGED(using_another_key_makes_the_pin_stale),
	    MANAGED(slot_9e_never_wants_the_pin),
	    MANAGED(policies_can_be_chosen_for_each_key),
	    MANAGED(a_cached_touch_lasts_fifteen_seconds),
	    MANAGED(a_card_that_cannot_be_touched_makes_no_keys_that_want_it),
	    MANAGED(an_imported_key_signs_and_says_that_it_was_imported),
	    MANAGED(an_imported_rsa_key_works_in_every_slot_that_is_one),
	    MANAGED(keys_move_to_empty_slots_and_can_be_deleted),
	    cmocka_unit_test_setup_teardown(
		the_port_forgets_keys_when_one_is_replaced_moved_erased_or_the_power_goes, setup_managed,
		fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
