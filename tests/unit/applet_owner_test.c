/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What an owner has closed stays closed: to whoever knows what everybody knows, to whoever had the card
 * before him, and to whoever was there when he closed it.
 */
#include "tests/unit/scp03_admin.h"

#include <string.h>

#include "applet/block_mode.h"
#include "applet/records.h"

#define SELECT_OATH   "00A4040007A0000005272101"
#define WRONG_PUK     "002C0080 10 3838383838383838 343832393135FFFF"
#define SO_STATE      "00200083"
#define CHANGE_SO     "00240083 10 3132333435363738 3438323935373331"
#define VERIFY_NEW_SO "00200083 08 3438323935373331"
#define INIT_PIN      "80030000 08 9106 343832393135"
#define UPDATE	      "80500000 08 0102030405060708 00"
#define ON_1(rest)    "01" rest

static void block_puk(struct fixture *f)
{
	for (unsigned left = 3; left-- > 0;)
		fixture_expect(f, WRONG_PUK, (uint16_t)(CS_SW_TRIES_LEFT | left));
}

static void block_pin(struct fixture *f)
{
	for (unsigned left = 3; left-- > 0;)
		fixture_expect(f, WRONG_PIN, (uint16_t)(CS_SW_TRIES_LEFT | left));
}

/* ---- the factory's SO PIN ---- */

static void require_no_officer(struct fixture *f)
{
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	fixture_expect(f, SO_STATE, CS_SW_BLOCKED);
	fixture_expect(f, VERIFY_SO, CS_SW_BLOCKED);
	fixture_expect(f, CHANGE_SO, CS_SW_BLOCKED);
	fixture_expect(f, INIT_PIN, CS_SW_SECURITY_STATUS);
	fixture_expect(f, SELECT_OATH, CS_SW_OK);
	fixture_expect(f, VERIFY_SO, CS_SW_BLOCKED);
}

static void who_blocks_the_puk_leaves_no_so_pin_that_everybody_knows(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	fixture_expect(f, SO_STATE, 0x63C3);
	block_puk(f);
	require_no_officer(f);
	assert_int_equal(fixture_power_cycle(f), CS_OK);
	require_no_officer(f);
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	fixture_expect(f, "80010000 00", CS_SW_OK);
	assert_true(fixture_answer_has(f, "B003 010003"));
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
}

static void an_officer_who_came_in_by_the_factorys_goes_with_the_puk(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, "00700001", CS_SW_OK);
	fixture_expect(f, ON_1("A4040007F0435349474E01"), CS_SW_OK);
	fixture_expect(f, ON_1("200083 08 3132333435363738"), CS_SW_OK);
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	fixture_expect(f, WRONG_PUK, 0x63C2);
	fixture_expect(f, WRONG_PUK, 0x63C1);
	assert_int_equal(f->card.channels[1].security, SECURITY_SO);
	fixture_expect(f, WRONG_PUK, 0x63C0);
	assert_int_equal(f->card.channels[1].security, 0);
	assert_false(f->card.channels[1].secret.valid);
	fixture_expect(f, "81030000 08 9106 343832393135", CS_SW_SECURITY_STATUS);
}

static void a_so_pin_that_somebody_chose_does_not_go_with_the_puk(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	fixture_expect(f, CHANGE_SO, CS_SW_OK);
	fixture_expect(f, VERIFY_NEW_SO, CS_SW_OK);
	block_puk(f);
	fixture_expect(f, SO_STATE, CS_SW_OK);
	fixture_expect(f, INIT_PIN, CS_SW_OK);
	card_reset(&f->card);
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	fixture_expect(f, VERIFY_NEW_SO, CS_SW_OK);
}

/* Nobody is kept from making the card anew. */
static void a_card_whose_puk_is_blocked_is_issued_anew(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	block_puk(f);
	fixture_expect(f, "80020000 0D 9008 3438323935373331 840141", CS_SW_OK);
	fixture_expect(f, VERIFY_NEW_SO, CS_SW_OK);
	fixture_expect(f, INIT_PIN, CS_SW_OK);
}

/* ---- key sets ---- */

static void a_planted_key_set_does_not_outlive_piv_s_reset(void **state)
{
	struct fixture *f = *state;

	admin_install_keys(f, &admin_keys_128);
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	block_pin(f);
	block_puk(f);
	fixture_expect(f, "00FB0000", CS_SW_OK);
	fixture_expect(f, UPDATE, CS_SW_REFERENCE_NOT_FOUND);
	assert_false(store_has(&f->card.store, RECORD_SCP_TRIES));
}

static void who_resets_piv_in_a_session_keeps_its_key_set(void **state)
{
	struct fixture *f = *state;
	struct cc_scp03 s;

	admin_install_keys(f, &admin_keys_128);
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	block_pin(f);
	block_puk(f);
	admin_open_session(f, &s);
	assert_int_equal(admin_command(f, &s, 0, PIV_INS_RESET, 0, CS_VIEW_EMPTY), CS_SW_OK);
	assert_int_equal(admin_command_hex(f, &s, 0, PIV_INS_GENERATE, 0x9A, "AC03800111"), CS_SW_OK);
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	admin_open_session(f, &s);
}

/* ---- LOCK ---- */

static void locking_the_card_ends_sessions_on_all_channels(void **state)
{
	struct fixture *f = *state;
	struct cc_scp03 one, two;

	admin_install_keys(f, &admin_keys_128);
	fixture_expect(f, VERIFY_SO, CS_SW_OK);
	fixture_expect(f, INIT_PIN, CS_SW_OK);
	fixture_expect(f, "00700001", CS_SW_OK);
	fixture_expect(f, ON_1("A4040007F0435349474E01"), CS_SW_OK);
	admin_open_on(f, 1, &admin_keys_128, SCP03_ALL, &two);
	admin_open_session(f, &one);
	assert_int_equal(admin_command(f, &one, CSGN_CLA, CSGN_INS_LOCK, 0, CS_VIEW_EMPTY), CS_SW_OK);
	for (unsigned i = 0; i < CARD_CHANNELS; i++) {
		assert_int_equal(f->card.channels[i].security, 0);
		assert_int_equal(f->card.channels[i].sm.scp.level, 0);
	}
	fixture_expect(f, "81090000", CS_SW_SECURITY_STATUS);
	assert_int_equal(f->card.lifecycle, CSGN_LOCKED);
	admin_open_session(f, &one);
	assert_int_equal(admin_command(f, &one, CSGN_CLA, CSGN_INS_UNLOCK, 0, CS_VIEW_EMPTY), CS_SW_OK);
}

/* ---- what is left in memory ---- */

static bool card_remembers(const struct fixture *f, uint8_t letter)
{
	uint8_t text[12];

	memset(text, letter, sizeof(text));
	return memmem(f->card.command, sizeof(f->card.command), text, sizeof(text)) ||
	       memmem(f->card.response, sizeof(f->card.response), text, sizeof(text));
}

static void what_was_decrypted_and_has_no_padding_is_wiped(void **state)
{
	struct fixture *f = *state;
	struct cc_scp03 s;
	struct cs_apdu sealed;
	uint8_t text[16], iv[16], buf[64];

	admin_install_keys(f, &admin_keys_128);
	admin_open_session(f, &s);
	const struct block_key key = {&f->crypto, cs_view(s.s_enc, s.key_len)};
	memset(text, 'S', sizeof(text));
	assert_int_equal(block_counter(&key, 0, s.counter + 1, iv), CS_OK);
	assert_int_equal(block_cbc_encrypt(&key, iv, CS_VIEW_OF(text), text), CS_OK);
	s.level = SCP03_C_MAC; /* it is encrypted already */
	const struct cs_apdu cmd = {.cla = CSGN_CLA, .ins = CSGN_INS_SET_LABEL, .data = CS_VIEW_OF(text)};
	admin_seal(&s, &cmd, buf, sizeof(buf), &sealed);
	assert_int_equal(admin_send_apdu(f, &sealed), CS_SW_SECURITY_STATUS);
	assert_false(card_remembers(f, 'S'));
	assert_int_equal(f->card.channels[0].security, 0);
}

static unsigned blocks_left;
static struct crypto real;

/* Encrypts so many blocks more. */
static enum cs_err failing_block(void *ctx, enum piv_alg cipher, bool encrypt, struct cs_view key,
				 const uint8_t *in, uint8_t *out)
{
	if (blocks_left == 0)
		return CS_ERR_CRYPTO;
	blocks_left--;
	return real.block(ctx, cipher, encrypt, key, in, out);
}

/* GET DATA of a long run of 'S', in a session: each time the cipher fails one block later. */
static void an_answer_that_cannot_be_protected_is_wiped(void **state)
{
	struct fixture *f = *state;
	struct cc_scp03 s;
	struct cs_apdu sealed;
	uint8_t buf[64];
	uint16_t sw = CS_SW_UNKNOWN;

	admin_install_keys(f, &admin_keys_128);
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f,
		       "00DB3FFF 27 5C035FC106 5320 5353535353535353 5353535353535353 5353535353535353 "
		       "5353535353535353",
		       CS_SW_OK);
	real = f->crypto;
	const struct cs_apdu cmd = {.ins = PIV_INS_GET_DATA,
				    .p1 = 0x3F,
				    .p2 = 0xFF,
				    .data = cs_view((const uint8_t[]){0x5C, 3, 0x5F, 0xC1, 0x06}, 5),
				    .ne = 256};
	for (unsigned n = 0; sw != CS_SW_OK; n++) {
		fixture_expect(f, SELECT_PIV, CS_SW_OK);
		admin_open_session(f, &s);
		admin_seal(&s, &cmd, buf, sizeof(buf), &sealed);
		f->crypto.block = failing_block;
		blocks_left = n;
		sw = admin_send_apdu(f, &sealed);
		f->crypto.block = real.block;
		assert_false(card_remembers(f, 'S'));
		assert_true(sw == CS_SW_OK || sw == CS_SW_UNKNOWN || sw == CS_SW_SECURITY_STATUS);
	}
}

/* Each time the derivation fails one block later: whatever it had made by then is gone. */
static void a_session_that_does_not_begin_leaves_no_keys(void **state)
{
	static const struct scp03_session none;
	struct fixture *f = *state;
	uint16_t sw = CS_SW_UNKNOWN;

	admin_install_keys(f, &admin_keys_128);
	real = f->crypto;
	for (unsigned n = 1; sw != CS_SW_OK; n++) {
		f->crypto.block = failing_block;
		blocks_left = n;
		sw = fixture_send(f, UPDATE);
		f->crypto.block = real.block;
		if (sw != CS_SW_OK)
			assert_memory_equal(&f->card.channels[0].sm.scp, &none, sizeof(none));
	}
}

int main(void)
{
#define CASE(name)	   cmocka_unit_test_setup_teardown(name, fixture_setup_piv, fixture_teardown)
#define CASE_MANAGES(name) cmocka_unit_test_setup_teardown(name, fixture_setup_countersign, fixture_teardown)
	const struct CMUnitTest tests[] = {
	    CASE(who_blocks_the_puk_leaves_no_so_pin_that_everybody_knows),
	    CASE(an_officer_who_came_in_by_the_factorys_goes_with_the_puk),
	    CASE(a_so_pin_that_somebody_chose_does_not_go_with_the_puk),
	    CASE(a_card_whose_puk_is_blocked_is_issued_anew),
	    CASE(a_planted_key_set_does_not_outlive_piv_s_reset),
	    CASE(who_resets_piv_in_a_session_keeps_its_key_set),
	    CASE(locking_the_card_ends_sessions_on_all_channels),
	    CASE(what_was_decrypted_and_has_no_padding_is_wiped),
	    CASE_MANAGES(an_answer_that_cannot_be_protected_is_wiped),
	    CASE(a_session_that_does_not_begin_leaves_no_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
