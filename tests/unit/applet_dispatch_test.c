/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What lies before any application: ATR, selection, class bytes, lengths, chains, responses in pieces.
 */
#include "tests/unit/card_fixture.h"

#include <string.h>

#include "applet/card_apps.h"
#include "applet/dispatch.h"
#include "applet/transfer.h"

static void the_atr_offers_t1_and_its_check_byte_is_right(void **state)
{
	struct cs_view atr = card_atr();
	uint8_t check = 0;

	(void)state;
	assert_true(atr.len <= CARD_ATR_MAX);
	assert_int_equal(atr.ptr[0], 0x3B);
	assert_int_equal(atr.ptr[1] & 0xF0, 0xF0); /* ykman takes anything else for NFC */
	assert_int_equal(atr.ptr[1] & 0x0F, atr.len - 10);
	assert_int_equal(atr.ptr[5] & 0x0F, 1);
	for (size_t i = 1; i < atr.len; i++)
		check ^= atr.ptr[i];
	assert_int_equal(check, 0);
}

static void after_power_on_nothing_is_selected(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, "00CB3FFF 03 5C017E 00", CS_SW_WRONG_INS);
	fixture_expect(f, "00200080", CS_SW_WRONG_INS);
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	card_reset(&f->card);
	fixture_expect(f, "00200080", CS_SW_WRONG_INS);
}

static void piv_is_selected_by_5_9_and_11_bytes(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	assert_true(fixture_answer_has(f, "4F06 000010000100 7907 4F05 A000000308"));
	fixture_expect(f, "00A40400 09 A00000030800001000 00", CS_SW_OK);
	fixture_expect(f, "00A40400 0B A000000308000010000100 00", CS_SW_OK);
	fixture_expect_data(f, "00A4040C 0B A000000308000010000100", "");
	fixture_expect(f, "00A40400 0B A000000308000010000200 00", CS_SW_NOT_FOUND);
	fixture_expect(f, "00A40400 0C A00000030800001000010000 00", CS_SW_NOT_FOUND);
	fixture_expect(f, "00A40400 04 A0000003 00", CS_SW_NOT_FOUND);
	fixture_expect(f, "00A40400 00", CS_SW_NOT_FOUND);
}

static void the_algorithms_that_select_lists_are_those_that_work(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	assert_true(fixture_answer_has(f, "800107"));
	assert_true(fixture_answer_has(f, "800111"));
	assert_true(fixture_answer_has(f, "060100"));
	assert_false(
	    fixture_answer_has(f, "800106")); /* RSA-1024: the port has it, the card does not offer it */
}

static void a_failed_select_changes_nothing(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	/* what Windows asks of every card: its own AID, MF, EF.ATR, GIDS */
	fixture_expect(f, "00A40400 09 A0000003974349445F 00", CS_SW_NOT_FOUND);
	fixture_expect(f, "00A40400 0A A0000003974349445F01 00", CS_SW_NOT_FOUND);
	fixture_expect(f, "00A40000 02 3F00", CS_SW_WRONG_P1P2);
	fixture_expect(f, "00A4020C 02 2F01", CS_SW_WRONG_P1P2);
	fixture_expect(f, "00200080", CS_SW_OK);
	fixture_expect(f, "00CB3FFF 03 5C017E 00", CS_SW_OK);
}

static void selecting_piv_again_keeps_the_pin(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, "00A40400 0B A000000308000010000100 00", CS_SW_OK);
	fixture_expect(f, "00200080", CS_SW_OK);
}

static void selecting_another_application_takes_the_pin_away(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	fixture_expect(f, "00200080", 0x63C3);
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, "00200080", 0x63C3);
}

static void a_reset_takes_the_pin_away(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	card_reset(&f->card);
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, "00200080", 0x63C3);
}

static void wrong_classes_and_instructions_are_told_apart(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, "006F0000", CS_SW_WRONG_INS);
	fixture_expect(f, "80FD0000 00", CS_SW_WRONG_CLA);
	fixture_expect(f, "A0A40000 02 3F00", CS_SW_WRONG_CLA);
	fixture_expect(f, "FFCA0000 00", CS_SW_WRONG_CLA);
	fixture_expect(f, "20FD0000 00", CS_SW_WRONG_CLA);
	fixture_expect(f, "01FD0000 00", CS_SW_CHANNEL_UNSUPPORTED);
	fixture_expect(f, "40FD0000 00", CS_SW_CHANNEL_UNSUPPORTED);
	fixture_expect(f, "0CFD0000 00", CS_SW_SM_UNSUPPORTED);
}

/* What card_transmit refuses before, the dispatcher knows as wrong by itself. */
static void a_class_of_nobody_s_is_wrong_whatever_the_instruction(void **state)
{
	struct fixture *f = *state;
	const struct cs_apdu cmd = {.cla = 0x40, .ins = 0x6F};
	struct channel channel = {0};
	uint8_t out[16];
	struct cs_writer w = CS_WRITER_OF(out);

	assert_int_equal(dispatch(&f->card, &channel, &cmd, &w), CS_SW_WRONG_CLA);
	assert_int_equal(dispatch_probe(&channel, &cmd), CS_SW_WRONG_CLA);
	assert_int_equal(w.len, 0);
}

static void each_error_has_a_status_word_and_none_of_them_is_success(void **state)
{
	const struct channel channel = {.tries_left = 2};

	(void)state;
	assert_int_equal(dispatch_sw(CS_OK, NULL, &channel), CS_SW_OK);
	for (unsigned err = CS_OK + 1; err < CS_ERR_COUNT + 2; err++) {
		uint16_t sw = dispatch_sw((enum cs_err)err, NULL, &channel);

		assert_int_not_equal(sw, 0);
		assert_int_not_equal(sw, CS_SW_OK);
	}
	assert_int_equal(dispatch_sw(CS_ERR_WRONG, NULL, &channel), 0x63C2);
	assert_int_equal(dispatch_sw(CS_ERR_NOT_FOUND, NULL, &channel), CS_SW_NOT_FOUND);
	assert_int_equal(dispatch_sw(CS_ERR_EXPIRED, NULL, &channel), CS_SW_REFERENCE_UNUSABLE);
	assert_int_equal(dispatch_sw(CS_ERR_COUNT, NULL, &channel), CS_SW_UNKNOWN);
}

static void select_takes_a_name_and_answers_or_does_not(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, "00A40404 05 A000000308", CS_SW_WRONG_P1P2);
	fixture_expect(f, "00A40408 05 A000000308", CS_SW_WRONG_P1P2);
	fixture_expect(f, "00A40000 05 A000000308", CS_SW_WRONG_P1P2);
	fixture_expect(f, "00200080", CS_SW_WRONG_INS);
	fixture_expect_data(f, "00A4040C 05 A000000308", "");
	fixture_expect(f, "00200080", 0x63C3);
}

static void lengths_that_do_not_fit_are_refused(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, "00", CS_SW_WRONG_LENGTH);
	fixture_expect(f, "00FD00", CS_SW_WRONG_LENGTH);
	fixture_expect(f, "00200080 08 3132", CS_SW_WRONG_LENGTH);
	fixture_expect(f, "00200080 07 31323334353637", CS_SW_WRONG_LENGTH);
	fixture_expect(f, "00240080 08 313233343536FFFF", CS_SW_WRONG_LENGTH);
	fixture_expect(f, "00FD0100 00", CS_SW_WRONG_P1P2);
	fixture_expect(f, "00CB3F00 03 5C017E 00", CS_SW_WRONG_P1P2);
	assert_int_equal(fixture_send_view(f, CS_VIEW_EMPTY), CS_SW_WRONG_LENGTH);
}

static void a_long_response_is_fetched_piece_by_piece(void **state)
{
	struct fixture *f = *state;
	uint8_t whole[1024];
	size_t len;

	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, "00CB3FFF 0000 05 5C035FFF01 0000", CS_SW_OK);
	len = f->data.len;
	assert_in_range(len, 300, sizeof(whole));
	memcpy(whole, f->data.ptr, len);

	fixture_expect(f, "00CB3FFF 05 5C035FFF01 00",
		       (uint16_t)(CS_SW_BYTES_LEFT | (len - 256 > 0xFF ? 0 : len - 256)));
	assert_int_equal(f->data.len, 256);
	assert_memory_equal(f->data.ptr, whole, 256);
	fixture_expect(f, "00C00001 20", CS_SW_WRONG_P1P2);
	fixture_expect(f, "00C00000 20", (uint16_t)(CS_SW_BYTES_LEFT | (len - 256 - 32)));
	assert_memory_equal(f->data.ptr, whole + 256, 32);
	fixture_expect(f, "00C00000 00", CS_SW_OK);
	assert_int_equal(f->data.len, len - 256 - 32);
	assert_memory_equal(f->data.ptr, whole + 288, f->data.len);
	fixture_expect(f, "00C00000 00", CS_SW_CONDITIONS);
}

static void a_short_le_leaves_the_rest_for_get_response_or_for_nobody(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, "00CB3FFF 03 5C017E 08", 0x610C);
	assert_int_equal(f->data.len, 8);
	/* OpenSC reads the length first, and then all of it again */
	fixture_expect(f, "00CB3FFF 03 5C017E 14", CS_SW_OK);
	assert_int_equal(f->data.len, 20);
	fixture_expect(f, "00C00000 00", CS_SW_CONDITIONS);
	fixture_expect(f, "00CB3FFF 03 5C017E 08", 0x610C);
	fixture_expect(f, "00200080", 0x63C3);
	fixture_expect(f, "00C00000 00", CS_SW_CONDITIONS);
}

static void the_rest_is_fetched_by_its_own_header_only(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, "00CB3FFF 03 5C017E 08", 0x610C);
	fixture_expect(f, "00C00100 00", CS_SW_WRONG_P1P2);
	fixture_expect(f, "00C00001 00", CS_SW_WRONG_P1P2);
	assert_int_equal(f->data.len, 0);
	fixture_expect(f, "00C00000 00", CS_SW_OK);
	assert_int_equal(f->data.len, 12);
}

static void a_command_without_le_is_answered_as_far_as_its_form_reaches(void **state)
{
	struct fixture *f = *state;
	uint8_t object[8 + 300] = {0x5C, 0x03, 0x5F, 0xC1, 0x06, 0x53, 0x82, 0x01};

	object[8] = 300 - 1 - 256;
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_authenticate_management(f);
	assert_int_equal(fixture_command(f, PIV_INS_PUT_DATA, 0x3F, 0xFF, CS_VIEW_OF(object)), CS_SW_OK);
	fixture_expect(f, "00CB3FFF 05 5C035FC106", 0x612F);
	assert_int_equal(f->data.len, 256);
	fixture_expect(f, "00CB3FFF 000005 5C035FC106", CS_SW_OK);
	assert_int_equal(f->data.len, 303);
}

static void whose_rest_is_dropped_fetches_nothing_more(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, "00CB3FFF 03 5C017E 08", 0x610C);
	transfer_drop(&f->card, &f->card.channels[1]);
	assert_ptr_equal(f->card.remaining.owner, &f->card.channels[0]);
	transfer_drop(&f->card, &f->card.channels[0]);
	assert_null(f->card.remaining.owner);
	fixture_expect(f, "00C00000 00", CS_SW_CONDITIONS);
}

static void a_response_of_exactly_256_bytes_has_no_rest(void **state)
{
	struct fixture *f = *state;
	uint8_t object[5 + 4 + 252] = {0x5C, 0x03, 0x5F, 0xC1, 0x06, 0x53, 0x81, 0xFC};

	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_authenticate_management(f);
	assert_int_equal(fixture_command(f, PIV_INS_PUT_DATA, 0x3F, 0xFF, cs_view(object, 8 + 252)),
			 CS_SW_OK);
	fixture_expect(f, "00CB3FFF 05 5C035FC106 00", CS_SW_OK);
	assert_int_equal(f->data.len, 255);
	object[7] = 0xFD;
	assert_int_equal(fixture_command(f, PIV_INS_PUT_DATA, 0x3F, 0xFF, cs_view(object, 8 + 253)),
			 CS_SW_OK);
	fixture_expect(f, "00CB3FFF 05 5C035FC106 00", CS_SW_OK);
	assert_int_equal(f->data.len, 256);
}

static void a_chain_is_one_command(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, "10200080 03 313233", CS_SW_OK);
	fixture_expect(f, "10200080", CS_SW_OK);
	fixture_expect(f, "10200080 03 343536", CS_SW_OK);
	fixture_expect(f, "00200080 02 FFFF", CS_SW_OK);
	fixture_expect(f, "00200080", CS_SW_OK);
}

static void another_command_ends_a_chain_without_effect(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, "10200080 04 31323334", CS_SW_OK);
	fixture_expect(f, "00FD0000 00", CS_SW_OK);
	fixture_expect(f, "00200080 04 3536FFFF", CS_SW_WRONG_LENGTH);
	fixture_expect(f, "00200080", 0x63C3);
}

static void asking_for_the_rest_of_a_response_ends_a_chain_too(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, "10200080 04 31323334", CS_SW_OK);
	fixture_expect(f, "00C00000 00", CS_SW_CONDITIONS);
	fixture_expect(f, "00200080 04 3536FFFF", CS_SW_WRONG_LENGTH);
}

static void a_chain_for_a_command_that_is_not_there_is_refused_at_once(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, "106F0000 01 00", CS_SW_WRONG_INS);
	fixture_expect(f, "10CB0000 01 00", CS_SW_WRONG_P1P2);
	fixture_expect(f, "90FD0000 01 00", CS_SW_WRONG_CLA);
}

static void a_chain_that_is_too_long_is_refused_and_forgotten(void **state)
{
	struct fixture *f = *state;
	uint8_t piece[5 + 255] = {0x10, PIV_INS_PUT_DATA, 0x3F, 0xFF, 255};
	uint16_t sw = CS_SW_OK;
	unsigned pieces = 0;

	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	while (sw == CS_SW_OK && pieces++ < 100)
		sw = fixture_send_view(f, CS_VIEW_OF(piece));
	assert_int_equal(sw, CS_SW_WRONG_LENGTH);
	assert_int_equal(pieces, CARD_COMMAND_MAX / 255 + 1);
	/* the same, where it is the last piece that goes too far */
	for (pieces = 0; pieces < CARD_COMMAND_MAX / 255; pieces++)
		assert_int_equal(fixture_send_view(f, CS_VIEW_OF(piece)), CS_SW_OK);
	piece[0] = 0x00;
	assert_int_equal(fixture_send_view(f, CS_VIEW_OF(piece)), CS_SW_WRONG_LENGTH);
	fixture_expect(f, "00200080 04 31323334", CS_SW_WRONG_LENGTH);
	fixture_expect(f, "00FD0000 00", CS_SW_OK);
}

static void more_data_than_the_card_holds_is_refused(void **state)
{
	struct fixture *f = *state;
	static uint8_t raw[7 + CARD_COMMAND_MAX + 1] = {0x00, PIV_INS_GET_DATA, 0x3F, 0xFF, 0x00, 0x20, 0x01};

	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	assert_int_equal(fixture_send_view(f, CS_VIEW_OF(raw)), CS_SW_WRONG_LENGTH);
}

static void a_pin_verified_on_one_channel_opens_nothing_on_another(void **state)
{
	struct fixture *f = *state;
	static const uint8_t pin[] = {'1', '2', '3', '4', '5', '6', 0xFF, 0xFF};
	static const uint8_t aid[] = PIV_AID;
	const struct cs_apdu select = {.ins = ISO_INS_SELECT, .p1 = 4, .data = CS_VIEW_OF(aid)};
	const struct cs_apdu verify = {.ins = ISO_INS_VERIFY, .p2 = PIV_REF_PIN, .data = CS_VIEW_OF(pin)};
	const struct cs_apdu query = {.ins = ISO_INS_VERIFY, .p2 = PIV_REF_PIN};
	struct channel one = {0}, two = {0};
	uint8_t out[256];
	struct cs_writer w = CS_WRITER_OF(out);

	assert_int_equal(dispatch(&f->card, &one, &select, &w), CS_SW_OK);
	assert_int_equal(dispatch(&f->card, &one, &verify, &w), CS_SW_OK);
	assert_int_equal(dispatch(&f->card, &two, &query, &w), CS_SW_WRONG_INS);
	assert_int_equal(dispatch(&f->card, &two, &select, &w), CS_SW_OK);
	assert_int_equal(dispatch(&f->card, &two, &query, &w), 0x63C3);
	assert_int_equal(dispatch(&f->card, &one, &query, &w), CS_SW_OK);
}

/* Each command of each application, from a state where nothing was shown: what a row needs is refused. */
static void what_a_row_needs_is_asked_before_its_handler_runs(void **state)
{
	struct fixture *f = *state;
	static const uint8_t zeros[256];
	uint8_t out[4096];

	for (size_t a = 0; a < card_app_count; a++) {
		for (size_t i = 0; i < card_apps[a]->command_count; i++) {
			const struct app_command *row = &card_apps[a]->commands[i];
			struct channel channel = {.app = card_apps[a]};
			struct cs_writer w = CS_WRITER_OF(out);
			const struct cs_apdu cmd = {.cla = row->cla,
						    .ins = row->ins,
						    .p1 = (uint8_t)(row->p1 == APP_ANY ? 0x9A : row->p1),
						    .p2 = (uint8_t)(row->p2 == APP_ANY ? 0x9A : row->p2),
						    .data = cs_view(zeros, row->min_len)};

			if (row->needs == 0)
				continue;
			assert_int_equal(dispatch(&f->card, &channel, &cmd, &w), CS_SW_SECURITY_STATUS);
			assert_int_equal(w.len, 0);
		}
	}
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_setup_piv, fixture_teardown)
	const struct CMUnitTest tests[] = {
	    CASE(the_atr_offers_t1_and_its_check_byte_is_right),
	    CASE(after_power_on_nothing_is_selected),
	    CASE(piv_is_selected_by_5_9_and_11_bytes),
	    CASE(the_algorithms_that_select_lists_are_those_that_work),
	    CASE(a_failed_select_changes_nothing),
	    CASE(selecting_piv_again_keeps_the_pin),
	    CASE(selecting_another_application_takes_the_pin_away),
	    CASE(a_reset_takes_the_pin_away),
	    CASE(wrong_classes_and_instructions_are_told_apart),
	    CASE(a_class_of_nobody_s_is_wrong_whatever_the_instruction),
	    CASE(each_error_has_a_status_word_and_none_of_them_is_success),
	    CASE(select_takes_a_name_and_answers_or_does_not),
	    CASE(lengths_that_do_not_fit_are_refused),
	    CASE(a_long_response_is_fetched_piece_by_piece),
	    CASE(a_short_le_leaves_the_rest_for_get_response_or_for_nobody),
	    CASE(the_rest_is_fetched_by_its_own_header_only),
	    CASE(a_command_without_le_is_answered_as_far_as_its_form_reaches),
	    CASE(whose_rest_is_dropped_fetches_nothing_more),
	    CASE(a_response_of_exactly_256_bytes_has_no_rest),
	    CASE(a_chain_is_one_command),
	    CASE(another_command_ends_a_chain_without_effect),
	    CASE(asking_for_the_rest_of_a_response_ends_a_chain_too),
	    CASE(a_chain_for_a_command_that_is_not_there_is_refused_at_once),
	    CASE(a_chain_that_is_too_long_is_refused_and_forgotten),
	    CASE(more_data_than_the_card_holds_is_refused),
	    CASE(a_pin_verified_on_one_channel_opens_nothing_on_another),
	    CASE(what_a_row_needs_is_asked_before_its_handler_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
