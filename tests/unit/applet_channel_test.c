/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Logical channels: opening and closing, and that nothing that was shown on one counts on another.
 */
#include "tests/unit/card_fixture.h"

#include <string.h>

#include "applet/card_apps.h"

#define OPEN_ANY       "00700000 01"
#define SELECT_PIV_1   "01A40400 05 A000000308"
#define SELECT_CSGN_1  "01A40400 07 F0435349474E01"
#define SELECT_OATH    "00A40400 07 A0000005272101"
#define SELECT_OATH_1  "01A40400 07 A0000005272101"
#define VERIFY_PIN_1   "01200080 08 313233343536FFFF"
#define WRONG_PIN_1    "01200080 08 363534333231FFFF"
#define VERIFY_SO      "00200083 08 3132333435363738"
#define VERIFY_SO_1    "01200083 08 3132333435363738"
#define CHANGE_PIN     "00240080 10 313233343536FFFF 393133373238FFFF"
#define EVERY_SECURITY 0xFFFFu

/* PIV on the basic channel and on channel 1. */
static void open_two(struct fixture *f)
{
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect_data(f, OPEN_ANY, "01");
	fixture_expect(f, SELECT_PIV_1, CS_SW_OK);
}

/* ---- opening and closing ---- */

static void the_card_gives_out_its_three_channels_and_no_more(void **state)
{
	struct fixture *f = *state;

	fixture_expect_data(f, OPEN_ANY, "01");
	fixture_expect_data(f, OPEN_ANY, "02");
	fixture_expect_data(f, OPEN_ANY, "03");
	fixture_expect(f, OPEN_ANY, CS_SW_FUNCTION_UNSUPPORTED);
	fixture_expect_data(f, "00708002", "");
	fixture_expect_data(f, "03700000 01", "02");
}

static void a_host_may_name_the_channel(void **state)
{
	struct fixture *f = *state;

	fixture_expect_data(f, "00700002", "");
	fixture_expect(f, "02A40400 05 A000000308", CS_SW_OK);
	fixture_expect(f, "00700002", CS_SW_WRONG_P1P2);
	fixture_expect(f, "00700004", CS_SW_WRONG_P1P2);
	fixture_expect(f, "007000FF", CS_SW_WRONG_P1P2);
	fixture_expect_data(f, OPEN_ANY, "01");
}

static void the_basic_channel_cannot_be_closed_and_others_once(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, "00708000", CS_SW_WRONG_P1P2);
	fixture_expect(f, "00708001", CS_SW_WRONG_P1P2);
	fixture_expect(f, "00708004", CS_SW_WRONG_P1P2);
	fixture_expect(f, "00704001", CS_SW_WRONG_P1P2);
	fixture_expect_data(f, OPEN_ANY, "01");
	fixture_expect(f, "01708001", CS_SW_OK);
	fixture_expect(f, "00708001", CS_SW_WRONG_P1P2);
	fixture_expect_data(f, OPEN_ANY, "01");
	fixture_expect(f, "01708000", CS_SW_OK); /* 00: the one that it comes on */
	fixture_expect(f, "01708000", CS_SW_CHANNEL_UNSUPPORTED);
	fixture_expect(f, "00700000 01 00", CS_SW_WRONG_LENGTH);
	fixture_expect(f, "80700000 01", CS_SW_WRONG_INS);
}

static void a_channel_that_is_not_open_answers_6881(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, SELECT_PIV_1, CS_SW_CHANNEL_UNSUPPORTED);
	fixture_expect(f, "03FD0000 00", CS_SW_CHANNEL_UNSUPPORTED);
	fixture_expect(f, "83010000 00", CS_SW_CHANNEL_UNSUPPORTED);
	fixture_expect(f, "40FD0000 00", CS_SW_CHANNEL_UNSUPPORTED);
	fixture_expect(f, "7FFD0000 00", CS_SW_CHANNEL_UNSUPPORTED);
	/* classes whose low bits are no channel */
	fixture_expect(f, "21FD0000 00", CS_SW_WRONG_CLA);
	fixture_expect(f, "A1FD0000 00", CS_SW_WRONG_CLA);
	fixture_expect(f, "C1FD0000 00", CS_SW_WRONG_CLA);
}

static void from_the_basic_channel_one_is_opened_with_nothing_selected(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect_data(f, OPEN_ANY, "01");
	fixture_expect(f, "01FD0000 00", CS_SW_WRONG_INS);
	fixture_expect(f, "00FD0000 00", CS_SW_OK);
}

static void from_another_channel_one_is_opened_with_its_selection_and_without_its_pin(void **state)
{
	struct fixture *f = *state;

	open_two(f);
	fixture_expect(f, VERIFY_PIN_1, CS_SW_OK);
	fixture_expect_data(f, "01700000 01", "02");
	fixture_expect_data(f, "02FD0000 00", "050700");
	fixture_expect(f, "02200080", 0x63C3);
}

static void each_channel_has_its_own_selection(void **state)
{
	struct fixture *f = *state;

	open_two(f);
	fixture_expect(f, SELECT_OATH_1, CS_SW_OK);
	fixture_expect(f, "00FD0000 00", CS_SW_OK);
	fixture_expect(f, "01FD0000 00", CS_SW_WRONG_INS);
	fixture_expect(f, "01A10000 00", CS_SW_OK);
	fixture_expect(f, "00A10000 00", CS_SW_WRONG_INS);
}

static void closing_wipes_all_that_the_channel_knew(void **state)
{
	struct fixture *f = *state;
	static const struct channel nothing;

	open_two(f);
	fixture_expect(f, VERIFY_PIN_1, CS_SW_OK);
	fixture_expect(f, "11200080 04 31323334", CS_SW_OK);
	fixture_expect(f, "00708001", CS_SW_OK);
	assert_memory_equal(&f->card.channels[1], &nothing, sizeof(nothing));
	assert_int_equal(f->card.command[0], 0);
	fixture_expect_data(f, OPEN_ANY, "01");
	fixture_expect(f, "01200080", CS_SW_WRONG_INS);
	fixture_expect(f, SELECT_PIV_1, CS_SW_OK);
	fixture_expect(f, "01200080", 0x63C3);
}

static void a_reset_leaves_the_basic_channel_alone_open(void **state)
{
	struct fixture *f = *state;

	open_two(f);
	fixture_expect(f, VERIFY_PIN_1, CS_SW_OK);
	card_reset(&f->card);
	fixture_expect(f, "01200080", CS_SW_CHANNEL_UNSUPPORTED);
	fixture_expect(f, "00200080", CS_SW_WRONG_INS);
	open_two(f);
	fixture_expect(f, "01200080", 0x63C3);
}

/* ---- nothing that was shown on one channel counts on another ---- */

static uint16_t send_row(struct fixture *f, const struct app_command *row, uint8_t p2)
{
	static const uint8_t zeros[256];
	uint8_t raw[512];
	struct cs_writer w = CS_WRITER_OF(raw);
	const struct cs_apdu cmd = {.cla = row->cla | 1,
				    .ins = row->ins,
				    .p1 = (uint8_t)(row->p1 == APP_ANY ? 0 : row->p1),
				    .p2 = (uint8_t)(row->p2 == APP_ANY ? p2 : row->p2),
				    .data = cs_view(zeros, row->min_len)};

	assert_int_equal(cs_apdu_build(&cmd, &w), CS_OK);
	return fixture_send_view(f, cs_writer_view(&w));
}

/* Every command of every application on channel 1 of two cards: on the one's basic channel nothing was shown,
 * on the other's everything. */
static void no_answer_depends_on_what_was_shown_on_another_channel(void **state)
{
	static const uint8_t references[] = {0x00, 0x80, 0x81, 0x9A, 0x9B, 0x9C};
	struct fixture *cards[2] = {*state};
	void *second = NULL;

	assert_int_equal(fixture_setup_piv(&second), 0);
	cards[1] = second;
	for (size_t c = 0; c < 2; c++)
		fixture_expect_data(cards[c], OPEN_ANY, "01");
	for (size_t i = 0; i < card_app_count * sizeof(references); i++) {
		const struct app *app = card_apps[i / sizeof(references)];
		uint8_t p2 = references[i % sizeof(references)];

		for (size_t r = 0; r < app->command_count; r++) {
			const struct app_command *row = &app->commands[r];
			uint16_t sw[2];

			for (size_t c = 0; c < 2; c++) {
				struct channel *channels = cards[c]->card.channels;

				channels[0].app = channels[1].app = app;
				channels[0].security = c ? EVERY_SECURITY : 0;
				channels[1].security = 0;
				sw[c] = send_row(cards[c], row, p2);
				assert_int_equal(channels[1].security & SECURITY_PIN, 0);
			}
			assert_int_equal(sw[0], sw[1]);
			if (row->needs)
				assert_int_equal(sw[1], CS_SW_SECURITY_STATUS);
		}
	}
	(void)fixture_teardown(&second);
}

static void a_pin_verified_on_one_channel_uses_no_key_and_reads_nothing_on_another(void **state)
{
	struct fixture *f = *state;

	open_two(f);
	fixture_authenticate_management(f);
	fixture_expect(f, "0047009A 05 AC03800111 00", CS_SW_OK);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, "00CB3FFF 05 5C035FC109 00", CS_SW_NOT_FOUND);
	fixture_expect(f, "01CB3FFF 05 5C035FC109 00", CS_SW_SECURITY_STATUS);
	fixture_expect(f, "0087119A 0A 7C08 8200 8104 01020304 00", CS_SW_OK);
	fixture_expect(f, "0187119A 0A 7C08 8200 8104 01020304 00", CS_SW_SECURITY_STATUS);
	fixture_expect(f, "01200080", 0x63C3);
	fixture_expect(f, "01FA0303", CS_SW_SECURITY_STATUS);
	fixture_expect(f, "0147009C 05 AC03800111 00", CS_SW_SECURITY_STATUS);
	fixture_expect(f, "01DB3FFF 08 5C035FC1065301AA", CS_SW_SECURITY_STATUS);
	/* and the other way round */
	fixture_expect(f, "00FF80FF", CS_SW_WRONG_LENGTH);
	fixture_expect(f, "0020FF80", CS_SW_OK);
	fixture_expect(f, VERIFY_PIN_1, CS_SW_OK);
	fixture_expect(f, "0087119A 0A 7C08 8200 8104 01020304 00", CS_SW_SECURITY_STATUS);
	fixture_expect(f, "0187119A 0A 7C08 8200 8104 01020304 00", CS_SW_OK);
}

static void the_officer_of_one_channel_is_nobody_on_another(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	fixture_expect_data(f, OPEN_ANY, "01");
	fixture_expect(f, SELECT_CSGN_1, CS_SW_OK);
	fixture_expect(f, "00240083 10 3132333435363738 3837363534333238", CS_SW_OK);
	fixture_expect(f, "00200083 08 3837363534333238", CS_SW_OK);
	fixture_expect(f, "81030000 08 9106 393133373238", CS_SW_SECURITY_STATUS);
	fixture_expect(f, "81020000 0A 9006 393133373238 8400", CS_SW_SECURITY_STATUS);
	fixture_expect(f, "8105DEAD", CS_SW_SECURITY_STATUS);
	fixture_expect(f, "80030000 08 9106 393133373238", CS_SW_OK);
}

static void what_one_channel_was_challenged_with_another_cannot_answer(void **state)
{
	struct fixture *f = *state;

	open_two(f);
	fixture_expect(f, "0087039B 04 7C028100 00", CS_SW_OK);
	fixture_expect(f, "0187039B 0C 7C0A8208 0000000000000000", CS_SW_CONDITIONS);
	assert_int_equal(f->card.channels[0].management.pending, MANAGEMENT_CHALLENGE);
}

static void another_channels_commands_leave_a_fresh_pin_fresh(void **state)
{
	struct fixture *f = *state;

	open_two(f);
	fixture_authenticate_management(f);
	fixture_expect(f, "0047009C 05 AC03800111 00", CS_SW_OK);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, VERIFY_PIN_1, CS_SW_OK);
	fixture_expect(f, "00700000 01", CS_SW_OK);
	fixture_expect(f, "0187119C 0A 7C08 8200 8104 01020304 00", CS_SW_OK);
	fixture_expect(f, "0187119C 0A 7C08 8200 8104 01020304 00", CS_SW_SECURITY_STATUS);
	fixture_expect(f, "0087119C 0A 7C08 8200 8104 01020304 00", CS_SW_OK);
	fixture_expect(f, "0087119C 0A 7C08 8200 8104 01020304 00", CS_SW_SECURITY_STATUS);
}

/* ---- who has shown the old has not shown the new ---- */

static void a_pin_changed_on_one_channel_is_verified_on_no_other(void **state)
{
	struct fixture *f = *state;

	open_two(f);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, VERIFY_PIN_1, CS_SW_OK);
	fixture_expect(f, CHANGE_PIN, CS_SW_OK);
	fixture_expect(f, "00200080", CS_SW_OK);
	fixture_expect(f, "01200080", 0x63C3);
	fixture_expect(f, VERIFY_PIN_1, 0x63C2);
}

static void a_wrong_pin_costs_a_try_and_not_the_others_their_state_until_it_is_blocked(void **state)
{
	struct fixture *f = *state;

	open_two(f);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, WRONG_PIN_1, 0x63C2);
	fixture_expect(f, WRONG_PIN_1, 0x63C1);
	fixture_expect(f, "00200080", CS_SW_OK);
	fixture_expect(f, WRONG_PIN_1, 0x63C0);
	fixture_expect(f, "00200080", CS_SW_BLOCKED);
	fixture_expect(f, "00CB3FFF 05 5C035FC109 00", CS_SW_SECURITY_STATUS);
}

static void changing_a_pin_with_wrong_ones_until_it_is_blocked_logs_out_everywhere(void **state)
{
	struct fixture *f = *state;

	open_two(f);
	fixture_expect(f, VERIFY_PIN_1, CS_SW_OK);
	fixture_expect(f, "00240080 10 363534333231FFFF 393133373238FFFF", 0x63C2);
	fixture_expect(f, "00240080 10 363534333231FFFF 393133373238FFFF", 0x63C1);
	fixture_expect(f, "01200080", CS_SW_OK);
	fixture_expect(f, "00240080 10 363534333231FFFF 393133373238FFFF", 0x63C0);
	fixture_expect(f, "01200080", CS_SW_BLOCKED);
}

static void a_pin_set_anew_with_the_puk_is_verified_on_no_other_channel(void **state)
{
	struct fixture *f = *state;

	open_two(f);
	fixture_expect(f, VERIFY_PIN_1, CS_SW_OK);
	fixture_expect(f, "002C0080 10 3132333435363738 393133373238FFFF", CS_SW_OK);
	fixture_expect(f, "01200080", 0x63C3);
}

static void new_retry_limits_log_out_everywhere(void **state)
{
	struct fixture *f = *state;

	open_two(f);
	fixture_authenticate_management(f);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, VERIFY_PIN_1, CS_SW_OK);
	f->card.channels[1].security |= SECURITY_SO;
	fixture_expect(f, "00FA0505", CS_SW_OK);
	fixture_expect(f, "00200080", 0x63C5);
	fixture_expect(f, "01200080", 0x63C5);
	/* The SO PIN is as it was. */
	assert_int_equal(f->card.channels[1].security, SECURITY_SO);
}

static void a_so_pin_changed_or_blocked_makes_nobody_else_the_officer(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	fixture_expect_data(f, OPEN_ANY, "01");
	fixture_expect(f, SELECT_CSGN_1, CS_SW_OK);
	fixture_expect(f, VERIFY_SO, CS_SW_OK);
	fixture_expect(f, VERIFY_SO_1, CS_SW_OK);
	fixture_expect(f, "01240083 10 3132333435363738 3837363534333238", CS_SW_OK);
	fixture_expect(f, "00200083", 0x63C3);
	fixture_expect(f, "01200083", CS_SW_OK);
	for (unsigned left = 3; left-- > 0;)
		fixture_expect(f, VERIFY_SO, (uint16_t)(CS_SW_TRIES_LEFT | left));
	fixture_expect(f, "01200083", CS_SW_BLOCKED);
	fixture_expect(f, "81030000 08 9106 393133373238", CS_SW_SECURITY_STATUS);
}

static void a_pin_that_the_officer_sets_logs_the_user_out_everywhere(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	fixture_expect_data(f, OPEN_ANY, "01");
	fixture_expect(f, SELECT_PIV_1, CS_SW_OK);
	fixture_expect(f, VERIFY_SO, CS_SW_OK);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, VERIFY_PIN_1, CS_SW_OK);
	fixture_expect(f, "80030000 08 9106 393133373238", CS_SW_OK);
	fixture_expect(f, "00200080", 0x63C3);
	fixture_expect(f, "01200080", 0x63C3);
}

static void a_new_management_key_is_authenticated_on_no_other_channel(void **state)
{
	struct fixture *f = *state;

	open_two(f);
	fixture_authenticate_management(f);
	f->card.channels[1].security |= SECURITY_MANAGEMENT;
	fixture_expect(f, "00FFFFFF 1B 039B18 010203040506070801020304050607080102030405060709", CS_SW_OK);
	fixture_expect(f, "01DB3FFF 08 5C035FC1065301AA", CS_SW_SECURITY_STATUS);
	fixture_expect(f, "00DB3FFF 08 5C035FC1065301AA", CS_SW_OK);
}

static void a_new_management_key_set_on_another_channel_is_not_authenticated_on_the_basic_one(void **state)
{
	struct fixture *f = *state;

	open_two(f);
	fixture_authenticate_management(f);
	f->card.channels[1].security |= SECURITY_MANAGEMENT;
	fixture_expect(f, "01FFFFFF 1B 039B18 010203040506070801020304050607080102030405060709", CS_SW_OK);
	fixture_expect(f, "00DB3FFF 08 5C035FC1065301AA", CS_SW_SECURITY_STATUS);
	fixture_expect(f, "01DB3FFF 08 5C035FC1065301AA", CS_SW_OK);
}

/* Of the answer to a challenge all that counts is whether it is what the old key makes of it. */
static void a_challenge_under_the_old_management_key_opens_nothing_under_the_new(void **state)
{
	struct fixture *f = *state;
	uint8_t answer[] = {0x01, 0x87, 0x03, 0x9B, 12, 0x7C, 10, 0x82, 8, 0, 0, 0, 0, 0, 0, 0, 0};
	static const uint8_t old[24] = {1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4,
					5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8};

	open_two(f);
	fixture_authenticate_management(f);
	for (unsigned channel = 0; channel < 2; channel++) {
		fixture_expect(f, channel ? "0187039B 04 7C028100 00" : "0087039B 04 7C028100 00", CS_SW_OK);
		assert_int_equal(f->crypto.block(f->crypto.ctx, PIV_ALG_3DES, true, CS_VIEW_OF(old),
						 f->data.ptr + 4, answer + 9),
				 CS_OK);
		fixture_expect(f, "00FFFFFF 1B 039B18 010203040506070801020304050607080102030405060709",
			       CS_SW_OK);
		answer[0] = (uint8_t)channel;
		assert_int_equal(fixture_send_view(f, CS_VIEW_OF(answer)), CS_SW_CONDITIONS);
		assert_int_equal(f->card.channels[channel].security & SECURITY_MANAGEMENT, 0);
		f->card.channels[0].security |= SECURITY_MANAGEMENT;
		fixture_expect(f, "00FFFFFF 1B 039B18 010203040506070801020304050607080102030405060708",
			       CS_SW_OK);
	}
}

/* The code is 16 zero bytes; 75 is HMAC-SHA-1 of the challenge 01..08 under it. */
static void an_access_code_set_on_one_channel_locks_oath_on_the_others(void **state)
{
	struct fixture *f = *state;
	static const uint8_t key[16], challenge[] = {1, 2, 3, 4, 5, 6, 7, 8};
	uint8_t data[64], mac[CS_HASH_MAX];
	struct cs_writer w = CS_WRITER_OF(data);

	fixture_expect_data(f, OPEN_ANY, "01");
	fixture_expect(f, SELECT_OATH, CS_SW_OK);
	fixture_expect(f, SELECT_OATH_1, CS_SW_OK);
	fixture_expect(f, "01A10000 00", CS_SW_OK);
	assert_int_equal(f->crypto.hmac(f->crypto.ctx, CS_SHA1, CS_VIEW_OF(key), CS_VIEW_OF(challenge), mac),
			 CS_OK);
	cs_write_u8(&w, 0x73);
	cs_write_u8(&w, 17);
	cs_write_u8(&w, 0x21);
	cs_write_view(&w, CS_VIEW_OF(key));
	cs_write_u16(&w, 0x7408);
	cs_write_view(&w, CS_VIEW_OF(challenge));
	cs_write_u16(&w, 0x7514);
	cs_write_view(&w, cs_view(mac, 20));
	assert_int_equal(fixture_command(f, 0x03, 0, 0, cs_writer_view(&w)), CS_SW_OK);
	fixture_expect(f, "00A10000 00", CS_SW_OK);
	fixture_expect(f, "01A10000 00", CS_SW_SECURITY_STATUS);
}

static void a_card_erased_on_one_channel_has_forgotten_everybody(void **state)
{
	struct fixture *f = *state;

	open_two(f);
	fixture_expect(f, VERIFY_PIN_1, CS_SW_OK);
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	fixture_expect(f, VERIFY_SO, CS_SW_OK);
	fixture_expect(f, "8005DEAD", CS_SW_OK);
	fixture_expect(f, "01200080", 0x63C3);
	assert_int_equal(f->card.channels[0].security, 0);
}

/* ---- pieces ---- */

static void whole_commands_on_another_channel_leave_a_chain_alone(void **state)
{
	struct fixture *f = *state;

	open_two(f);
	fixture_expect(f, "10200080 03 313233", CS_SW_OK);
	fixture_expect(f, "01FD0000 00", CS_SW_OK);
	fixture_expect(f, WRONG_PIN_1, 0x63C2);
	fixture_expect(f, "01200080", 0x63C2);
	fixture_expect(f, "00200080 05 343536FFFF", CS_SW_OK);
	fixture_expect(f, "00200080", CS_SW_OK);
	fixture_expect(f, "01200080", 0x63C3);
}

static void the_pieces_of_two_channels_never_make_one_command(void **state)
{
	struct fixture *f = *state;

	open_two(f);
	fixture_expect(f, "10200080 04 31323334", CS_SW_OK);
	fixture_expect(f, "01200080 04 3536FFFF", CS_SW_WRONG_LENGTH);
	fixture_expect(f, "00200080 04 3536FFFF", CS_SW_OK);
}

/* The rest of a command must not be executed as the whole of one. */
static void who_lost_his_chain_to_another_channel_is_told_once(void **state)
{
	struct fixture *f = *state;

	open_two(f);
	fixture_expect(f, "10200080 02 3132", CS_SW_OK);
	fixture_expect(f, "11200080 04 31323334", CS_SW_OK);
	fixture_expect(f, "00200080 08 313233343536FFFF", CS_SW_CONDITIONS);
	fixture_expect(f, "00200080", 0x63C3);
	fixture_expect(f, "01200080 04 3536FFFF", CS_SW_OK);
	/* he begins again, and is heard */
	fixture_expect(f, "10200080 04 31323334", CS_SW_OK);
	fixture_expect(f, "00200080 04 3536FFFF", CS_SW_OK);
	/* another command says that the chain was given up */
	fixture_expect(f, "0020FF80", CS_SW_OK);
	fixture_expect(f, "10200080 02 3132", CS_SW_OK);
	fixture_expect(f, "11200080 04 31323334", CS_SW_OK);
	fixture_expect(f, "00FD0000 00", CS_SW_OK);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
}

static void only_the_channel_whose_response_it_is_fetches_the_rest(void **state)
{
	struct fixture *f = *state;

	open_two(f);
	fixture_expect(f, "00CB3FFF 03 5C017E 08", 0x610C);
	fixture_expect(f, "01C00000 00", CS_SW_CONDITIONS);
	assert_int_equal(f->data.len, 0);
	fixture_expect(f, "00C00000 00", CS_SW_OK);
	assert_int_equal(f->data.len, 12);
	fixture_expect(f, "01CB3FFF 03 5C017E 08", 0x610C);
	fixture_expect(f, "01C00000 00", CS_SW_OK);
}

static void another_channels_command_ends_a_response_that_is_not_fetched(void **state)
{
	struct fixture *f = *state;

	open_two(f);
	fixture_expect(f, "00CB3FFF 03 5C017E 08", 0x610C);
	fixture_expect(f, "01FD0000 00", CS_SW_OK);
	fixture_expect(f, "00C00000 00", CS_SW_CONDITIONS);
	fixture_expect(f, "00CB3FFF 03 5C017E 08", 0x610C);
	fixture_expect(f, "00708001", CS_SW_OK);
	fixture_expect(f, "00C00000 00", CS_SW_CONDITIONS);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_setup_piv, fixture_teardown)
	const struct CMUnitTest tests[] = {
	    CASE(the_card_gives_out_its_three_channels_and_no_more),
	    CASE(a_host_may_name_the_channel),
	    CASE(the_basic_channel_cannot_be_closed_and_others_once),
	    CASE(a_channel_that_is_not_open_answers_6881),
	    CASE(from_the_basic_channel_one_is_opened_with_nothing_selected),
	    CASE(from_another_channel_one_is_opened_with_its_selection_and_without_its_pin),
	    CASE(each_channel_has_its_own_selection),
	    CASE(closing_wipes_all_that_the_channel_knew),
	    CASE(a_reset_leaves_the_basic_channel_alone_open),
	    CASE(no_answer_depends_on_what_was_shown_on_another_channel),
	    CASE(a_pin_verified_on_one_channel_uses_no_key_and_reads_nothing_on_another),
	    CASE(the_officer_of_one_channel_is_nobody_on_another),
	    CASE(what_one_channel_was_challenged_with_another_cannot_answer),
	    CASE(another_channels_commands_leave_a_fresh_pin_fresh),
	    CASE(a_pin_changed_on_one_channel_is_verified_on_no_other),
	    CASE(a_wrong_pin_costs_a_try_and_not_the_others_their_state_until_it_is_blocked),
	    CASE(changing_a_pin_with_wrong_ones_until_it_is_blocked_logs_out_everywhere),
	    CASE(a_pin_set_anew_with_the_puk_is_verified_on_no_other_channel),
	    CASE(new_retry_limits_log_out_everywhere),
	    CASE(a_so_pin_changed_or_blocked_makes_nobody_else_the_officer),
	    CASE(a_pin_that_the_officer_sets_logs_the_user_out_everywhere),
	    CASE(a_new_management_key_is_authenticated_on_no_other_channel),
	    CASE(a_new_management_key_set_on_another_channel_is_not_authenticated_on_the_basic_one),
	    CASE(a_challenge_under_the_old_management_key_opens_nothing_under_the_new),
	    CASE(an_access_code_set_on_one_channel_locks_oath_on_the_others),
	    CASE(a_card_erased_on_one_channel_has_forgotten_everybody),
	    CASE(whole_commands_on_another_channel_leave_a_chain_alone),
	    CASE(the_pieces_of_two_channels_never_make_one_command),
	    CASE(who_lost_his_chain_to_another_channel_is_told_once),
	    CASE(only_the_channel_whose_response_it_is_fetches_the_rest),
	    CASE(another_channels_command_ends_a_response_that_is_not_fetched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
