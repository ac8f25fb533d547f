/* SPDX-License-Identifier: BSD-2-Clause
 *
 * SCP03 where it seldom goes: records that are not what they should be, commands in the wrong place, the end
 * of the counter, and a crypto port that fails at each of its calls. What is told or opened then is nothing.
 */
#include "tests/unit/crypto_fault.h"
#include "tests/unit/scp03_admin.h"

#include <string.h>

#include "applet/records.h"
#include "applet/scp03.h"

#define UPDATE	  "80503000 08 0102030405060708 00"
#define CALLS_MAX 60u

static void put(struct fixture *f, uint16_t id, struct cs_view value)
{
	assert_int_equal(store_put(&f->card.store, id, value), CS_OK);
}

static void a_damaged_key_set_begins_no_session(void **state)
{
	struct fixture *f = *state;
	uint8_t record[2 + 2 * 32] = {ADMIN_KEY_VERSION, 16};
	uint8_t none = 0;

	admin_install_keys(f, &admin_keys_128);
	put(f, RECORD_SCP_KEYS, cs_view(record, 2 + 2 * 16 + 1)); /* a byte too many */
	fixture_expect(f, UPDATE, CS_SW_MEMORY_FAILURE);
	put(f, RECORD_SCP_KEYS, cs_view(record, 2 + 2 * 16 - 1));
	fixture_expect(f, UPDATE, CS_SW_MEMORY_FAILURE);
	record[1] = 33; /* longer than any key */
	put(f, RECORD_SCP_KEYS, cs_view(record, 2 + 2 * 32));
	fixture_expect(f, UPDATE, CS_SW_MEMORY_FAILURE);
	assert_false(f->card.channels[0].sm.scp.pending);
	record[1] = 16;
	put(f, RECORD_SCP_KEYS, cs_view(record, 2 + 2 * 16));
	fixture_expect(f, UPDATE, CS_SW_OK);
	/* tries that cannot be read are none */
	put(f, RECORD_SCP_TRIES, cs_view(&none, 0));
	fixture_expect(f, UPDATE, CS_SW_BLOCKED);
	assert_int_equal(store_delete(&f->card.store, RECORD_SCP_TRIES), CS_OK);
	fixture_expect(f, UPDATE, CS_SW_BLOCKED);
}

static void key_sets_of_uneven_keys_are_refused(void **state)
{
	static const char *const wrong[] = {
	    "80300000 2F BC0130 BD10 000102030405060708090A0B0C0D0E0F "
	    "BE18 101112131415161718191A1B1C1D1E1F 2021222324252627",
	    "80300000 28 BC023031 BD10 000102030405060708090A0B0C0D0E0F BE10 "
	    "101112131415161718191A1B1C1D1E1F",
	};
	struct fixture *f = *state;

	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	fixture_expect(f, VERIFY_SO, CS_SW_OK);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		fixture_expect(f, wrong[i], CS_SW_WRONG_DATA);
	assert_false(store_has(&f->card.store, RECORD_SCP_KEYS));
}

/* A session begins in the clear, not in another. */
static void a_session_does_not_begin_within_one(void **state)
{
	struct fixture *f = *state;
	struct cc_scp03 s;

	admin_install_keys(f, &admin_keys_128);
	admin_open_session(f, &s);
	assert_int_equal(
	    admin_command_hex(f, &s, CSGN_CLA, SCP03_INS_INITIALIZE_UPDATE, 0x3000, "0102030405060708"),
	    CS_SW_CONDITIONS);
	assert_int_equal(admin_command_hex(f, &s, CSGN_CLA, SCP03_INS_EXTERNAL_AUTHENTICATE, 0x3300,
					   "0102030405060708090A0B0C0D0E0F10"),
			 CS_SW_CONDITIONS);
	/* and goes on */
	assert_int_equal(admin_command_hex(f, &s, CSGN_CLA, CSGN_INS_INFO, 0, ""), CS_SW_OK);
}

/* Whatever EXTERNAL AUTHENTICATE it was: its beginning is over. */
static void an_authentication_of_another_form_costs_no_try_and_is_the_last(void **state)
{
	static const struct {
		const char *hex;
		uint16_t sw;
	} wrong[] = {
	    {"84823300 0F 0102030405060708090A0B0C0D0E0F", CS_SW_WRONG_LENGTH},
	    {"84823300 18 0102030405060708090A0B0C0D0E0F101112131415161718", CS_SW_WRONG_LENGTH},
	    {"84823300", CS_SW_WRONG_LENGTH},
	    {"84823301 10 0102030405060708090A0B0C0D0E0F10", CS_SW_WRONG_P1P2},
	    {"84820200 10 0102030405060708090A0B0C0D0E0F10", CS_SW_WRONG_P1P2},
	};
	struct fixture *f = *state;
	uint8_t tries = 0;
	struct cs_writer w = cs_writer_of(&tries, 1);
	struct cc_scp03 s;

	admin_install_keys(f, &admin_keys_128);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		admin_initialize_update(f, 0, &admin_keys_128, 8, &s);
		fixture_expect(f, wrong[i].hex, wrong[i].sw);
		assert_int_equal(admin_external_authenticate(f, 0, SCP03_ALL, &s), CS_SW_SECURITY_STATUS);
		assert_int_equal(f->card.channels[0].security, 0);
	}
	assert_int_equal(store_get(&f->card.store, RECORD_SCP_TRIES, &w), CS_OK);
	assert_int_equal(tries, SCP03_TRIES);
}

/* A counter that came round would encrypt under an initial vector that was used before. */
static void the_last_counter_value_ends_the_session(void **state)
{
	struct fixture *f = *state;
	struct cs_apdu cmd = {.cla = CSGN_CLA, .ins = CSGN_INS_INFO, .ne = 256}, sealed;
	uint8_t buf[64];
	struct cc_scp03 s;

	admin_install_keys(f, &admin_keys_128);
	admin_open_session(f, &s);
	f->card.channels[0].sm.scp.counter = UINT32_MAX;
	admin_seal(&s, &cmd, buf, sizeof(buf), &sealed);
	assert_int_equal(admin_send_apdu(f, &sealed), CS_SW_SECURITY_STATUS);
	assert_int_equal(f->card.channels[0].security, 0);
	assert_int_equal(f->card.channels[0].sm.scp.level, 0);
}

/* card.c takes none so long; the session looks for itself before it decrypts into the card's buffer. */
static void what_is_longer_than_the_cards_buffer_is_not_decrypted(void **state)
{
	struct fixture *f = *state;
	static uint8_t data[CARD_COMMAND_MAX], buf[CARD_COMMAND_MAX + 64];
	const struct cs_apdu cmd = {
	    .cla = CSGN_CLA, .ins = CSGN_INS_SET_LABEL, .data = CS_VIEW_OF(data), .extended = true};
	struct cs_apdu sealed;
	struct cc_scp03 s;

	admin_install_keys(f, &admin_keys_128);
	admin_open_session(f, &s);
	admin_seal(&s, &cmd, buf, sizeof(buf), &sealed);
	assert_int_equal(scp03_unwrap(&f->card, &f->card.channels[0].sm.scp, &sealed), CS_ERR_LENGTH);
	for (size_t i = 0; i < sizeof(f->card.command); i++)
		assert_int_equal(f->card.command[i], 0);
}

/* The card answers with no such status word yet: the host's side knows them. */
static void warnings_have_a_mac_and_errors_have_none(void **state)
{
	struct fixture *f = *state;
	struct cc_scp03 s;
	size_t len = 0;

	admin_install_keys(f, &admin_keys_128);
	admin_open_session(f, &s);
	assert_int_equal(scp03_wrap(&f->card, &f->card.channels[0].sm.scp, 0x6282, &len), CS_OK);
	assert_int_equal(len, 8);
	len = 0;
	assert_int_equal(scp03_wrap(&f->card, &f->card.channels[0].sm.scp, 0x6400, &len), CS_OK);
	assert_int_equal(len, 0);
	memset(f->card.response, 0, 8);
}

/* ---- a crypto port that fails ---- */

static uint16_t send_update(struct fixture *f)
{
	return fixture_send(f, UPDATE);
}

/* Fails at each call of INITIALIZE UPDATE, then of EXTERNAL AUTHENTICATE. */
static void a_fault_in_the_beginning_opens_no_session(void **state)
{
	struct fixture *f = *state;
	bool failed = true;
	struct cc_scp03 s;
	unsigned n;

	admin_install_keys(f, &admin_keys_128);
	crypto_fault_install(&f->crypto);
	for (n = 1; failed; n++) {
		uint16_t sw;

		assert_true(n < CALLS_MAX);
		crypto_fault_at(n);
		sw = send_update(f);
		failed = crypto_fault_happened();
		assert_int_equal(sw == CS_SW_OK, !failed);
		assert_int_equal(f->card.channels[0].sm.scp.pending, !failed);
		assert_true(!failed || f->data.len == 0);
		crypto_fault_at(0);
	}
	assert_true(n > 10);
	failed = true;
	for (n = 1; failed; n++) {
		uint8_t tries[] = {SCP03_TRIES};
		uint16_t sw;

		assert_true(n < CALLS_MAX);
		admin_initialize_update(f, 0, &admin_keys_128, 8, &s);
		crypto_fault_at(n);
		sw = admin_external_authenticate(f, 0, SCP03_ALL, &s);
		failed = crypto_fault_happened();
		crypto_fault_at(0);
		assert_int_equal(sw == CS_SW_OK, !failed);
		assert_int_equal(f->card.channels[0].security, failed ? 0 : SECURITY_SCP);
		assert_int_equal(fixture_power_cycle(f), CS_OK);
		put(f, RECORD_SCP_TRIES, CS_VIEW_OF(tries));
		fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	}
	assert_true(n > 4);
}

/* Whatever fails in a command of a session, in what protects it or in what it does: nothing is told in the
 * clear, and no answer that looks like one is told at all. */
static void a_fault_in_a_session_tells_nothing(void **state)
{
	struct fixture *f = *state;
	const struct cs_apdu info = {
	    .cla = CSGN_CLA, .ins = CSGN_INS_INVENTORY, .ne = 65536, .extended = true};
	bool failed = true;
	unsigned n, ended = 0, kept = 0;

	admin_install_keys(f, &admin_keys_128);
	crypto_fault_install(&f->crypto);
	for (n = 1; failed; n++) {
		struct cs_apdu sealed;
		struct cc_scp03 s;
		uint8_t buf[64];
		uint16_t sw;

		assert_true(n < 400);
		fixture_expect(f, SELECT_CSGN, CS_SW_OK);
		admin_open_session(f, &s);
		admin_seal(&s, &info, buf, sizeof(buf), &sealed);
		crypto_fault_at(n);
		sw = admin_send_apdu(f, &sealed);
		failed = crypto_fault_happened();
		crypto_fault_at(0);
		assert_int_equal(sw == CS_SW_OK, !failed);
		if (!failed)
			continue;
		assert_int_equal(f->data.len, 0);
		if (sw == CS_SW_SECURITY_STATUS) {
			assert_int_equal(f->card.channels[0].security, 0);
			ended++;
		} else {
			kept++;
		}
	}
	/* of the blocks of the command's MAC, of the answer's encryption and of its MAC */
	print_message("# %u calls failed before the command was known to be right, %u later\n", ended, kept);
	assert_true(ended >= 3 && kept > 10);
}

/* The same with data that are to be decrypted first. */
static void a_fault_in_decryption_executes_nothing(void **state)
{
	struct fixture *f = *state;
	const uint8_t label[] = {CSGN_TAG_LABEL, 1, 'F'};
	const struct cs_apdu cmd = {.cla = CSGN_CLA, .ins = CSGN_INS_SET_LABEL, .data = CS_VIEW_OF(label)};
	unsigned n;

	admin_install_keys(f, &admin_keys_128);
	crypto_fault_install(&f->crypto);
	for (n = 1; !store_has(&f->card.store, RECORD_LABEL); n++) {
		struct cs_apdu sealed;
		struct cc_scp03 s;
		uint8_t buf[64];
		uint16_t sw;

		assert_true(n < CALLS_MAX);
		fixture_expect(f, SELECT_CSGN, CS_SW_OK);
		admin_open_session(f, &s);
		admin_seal(&s, &cmd, buf, sizeof(buf), &sealed);
		crypto_fault_at(n);
		sw = admin_send_apdu(f, &sealed);
		assert_true(crypto_fault_happened());
		crypto_fault_at(0);
		assert_int_not_equal(sw, CS_SW_OK);
		assert_int_equal(fixture_power_cycle(f),
				 CS_OK); /* a store that failed wants to be opened again */
	}
	assert_true(n > 6);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_setup_piv, fixture_teardown)
	const struct CMUnitTest tests[] = {
	    CASE(a_damaged_key_set_begins_no_session),
	    CASE(key_sets_of_uneven_keys_are_refused),
	    CASE(a_session_does_not_begin_within_one),
	    CASE(an_authentication_of_another_form_costs_no_try_and_is_the_last),
	    CASE(the_last_counter_value_ends_the_session),
	    CASE(what_is_longer_than_the_cards_buffer_is_not_decrypted),
	    CASE(warnings_have_a_mac_and_errors_have_none),
	    CASE(a_fault_in_the_beginning_opens_no_session),
	    CASE(a_fault_in_a_session_tells_nothing),
	    CASE(a_fault_in_decryption_executes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
