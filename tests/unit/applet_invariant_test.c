/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the numbered invariants of applet/ promise, where only an adversary would look: a flash that reads but
 * takes no writes any more, answers that are given twice, pieces that do not belong together. Each of these
 * tests is there because a mutant (tests/mutants) lived without it.
 */
#include "tests/unit/oath_fixture.h"

#include <string.h>

#include "applet/content.h"
#include "applet/device.h"
#include "applet/lifecycle.h"
#include "applet/oath_credential.h"
#include "applet/pin.h"
#include "applet/records.h"
#include "base/tlv.h"

/* ---- a flash that is worn out: it reads, but takes nothing ---- */

static struct flash worn;
static unsigned worn_after; /* so many programs still succeed */
static enum cs_err (*good_program)(void *ctx, uint32_t page, uint32_t offset, const void *in, size_t len);

static enum cs_err worn_program(void *ctx, uint32_t page, uint32_t offset, const void *in, size_t len)
{
	if (worn_after == 0)
		return CS_ERR_IO;
	worn_after--;
	return good_program(ctx, page, offset, in, len);
}

static void wear_out(struct fixture *f, unsigned after)
{
	worn = *flash_ram_flash(f->flash);
	good_program = worn.program;
	worn.program = worn_program;
	worn_after = after;
	f->card.store.flash = &worn;
}

static int setup_piv(void **state)
{
	fixture_setup_piv(state);
	fixture_expect(*state, SELECT_PIV, CS_SW_OK);
	return 0;
}

static void a_pin_whose_try_cannot_be_spent_is_not_compared(void **state)
{
	struct fixture *f = *state;

	wear_out(f, 0);
	fixture_expect(f, WRONG_PIN, CS_SW_MEMORY_FAILURE);
	fixture_expect(f, VERIFY_PIN, CS_SW_MEMORY_FAILURE);
	fixture_expect(f, WRONG_PIN, CS_SW_MEMORY_FAILURE);
	fixture_expect(f, "00200080", 0x63C3);
}

static uint8_t tries_left(struct fixture *f)
{
	struct pin_info info;

	assert_int_equal(pin_info(&f->card, PIN_USER, &info), CS_OK);
	return info.tries_left;
}

/* Who watches the flash and cuts the power before a wrong PIN's try is written would have tries without end,
 * if only a wrong one were paid for. */
static void a_right_pin_too_is_paid_for_before_it_is_compared(void **state)
{
	struct fixture *f = *state;
	bool cut = true, paid = false;

	for (uint64_t n = 1; cut; n++) {
		flash_ram_cut_at(f->flash, n, FLASH_TEAR_WHOLE, n);
		(void)fixture_send(f, VERIFY_PIN);
		cut = flash_ram_is_cut(f->flash);
		assert_int_equal(fixture_power_cycle(f), CS_OK);
		fixture_expect(f, SELECT_PIV, CS_SW_OK);
		if (tries_left(f) == 2)
			paid = true;
		fixture_expect(f, VERIFY_PIN, CS_SW_OK);
		assert_int_equal(fixture_power_cycle(f), CS_OK);
		fixture_expect(f, SELECT_PIV, CS_SW_OK);
	}
	assert_true(paid);
}

static void a_pin_without_its_record_of_tries_has_none(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(store_delete(&f->card.store, RECORD_PIN_TRIES), CS_OK);
	fixture_expect(f, VERIFY_PIN, CS_SW_BLOCKED);
	fixture_expect(f, "00200080", CS_SW_BLOCKED);
}

/* ---- the management key ---- */

static void a_host_with_a_wrong_witness_gets_nothing_encrypted(void **state)
{
	static const uint8_t answer[] = {0x7C, 0x14, 0x80, 0x08, 1, 2, 3, 4, 5, 6, 7,
					 8,    0x81, 0x08, 1,	 2, 3, 4, 5, 6, 7, 8};
	struct fixture *f = *state;

	fixture_expect(f, "0087039B 04 7C028000 00", CS_SW_OK);
	assert_int_equal(
	    fixture_command(f, PIV_INS_AUTHENTICATE, PIV_ALG_3DES, PIV_SLOT_MANAGEMENT, CS_VIEW_OF(answer)),
	    CS_SW_SECURITY_STATUS);
	assert_int_equal(f->data.len, 0);
	fixture_expect(f, "00DB3FFF 09 5C035FC10A 53020102", CS_SW_SECURITY_STATUS);
}

/* ---- erasing ---- */

static const struct device_plan *plan(struct fixture *f)
{
	static struct device_plan all;

	all = (struct device_plan){
	    .scope = DEVICE_WIPE_ALL, .profile = f->card.profile, .lifecycle = CSGN_BLANK};
	return &all;
}

static void while_an_erasure_is_not_completed_no_command_runs(void **state)
{
	struct fixture *f = *state;
	enum cs_err err = CS_ERR_IO;
	unsigned pending = 0;

	for (unsigned after = 0; err != CS_OK; after++) {
		wear_out(f, after);
		err = device_wipe(&f->card, plan(f));
		if (f->card.wipe_pending) {
			pending++;
			fixture_expect(f, SELECT_PIV, CS_SW_MEMORY_FAILURE);
			fixture_expect(f, "00A40400 07 A0000005272101", CS_SW_MEMORY_FAILURE);
		}
		assert_int_equal(fixture_power_cycle(f), CS_OK);
		assert_false(f->card.wipe_pending);
		fixture_expect(f, SELECT_PIV, CS_SW_OK);
	}
	assert_true(pending > 3);
}

/* ---- pieces of commands ---- */

#define PUT_PRINTED(len, data) "00DB3FFF " len " " data
#define GET_PRINTED	       "00CB3FFF 05 5C035FC109 00"

static int setup_administrator(void **state)
{
	setup_piv(state);
	fixture_authenticate_management(*state);
	fixture_expect(*state, VERIFY_PIN, CS_SW_OK);
	return 0;
}

static void a_whole_command_after_a_chain_stands_for_itself(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, "10DB3FFF 05 5C035FC109", CS_SW_OK);
	fixture_expect(f, "00DB3FFF 04 53020102", CS_SW_OK);
	fixture_expect(f, "00DB3FFF 09 5C035FC109 53020304", CS_SW_OK);
	fixture_expect_data(f, GET_PRINTED, "53020304");
}

static void pieces_with_another_p1_or_p2_belong_to_another_command(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, "10200083 04 31323334", CS_SW_OK);
	fixture_expect(f, "00200080 04 3536FFFF", CS_SW_WRONG_LENGTH);
	fixture_expect(f, "10200180 04 31323334", CS_SW_OK);
	fixture_expect(f, "00200080 04 3536FFFF", CS_SW_WRONG_LENGTH);
	fixture_expect(f, "00200080", 0x63C3);
}

/* ---- the access code ---- */

static void an_answer_to_a_challenge_serves_once(void **state)
{
	uint8_t challenge[8];

	(void)state;
	assert_int_equal(otp_code_set(otp_code, true), CS_SW_OK);
	otp_challenge(challenge);
	assert_int_equal(otp_code_validate(otp_code, challenge), CS_SW_OK);
	assert_int_not_equal(otp_code_validate(otp_code, challenge), CS_SW_OK);
}

static void an_access_code_whose_try_cannot_be_spent_is_not_compared(void **state)
{
	static const uint8_t wrong[YKOATH_CODE_LEN] = {1};
	uint8_t challenge[8];

	(void)state;
	assert_int_equal(otp_code_set(otp_code, true), CS_SW_OK);
	otp_challenge(challenge);
	wear_out(otp, 0);
	assert_int_equal(otp_code_validate(wrong, challenge), CS_SW_MEMORY_FAILURE);
	assert_int_equal(otp_code_validate(otp_code, challenge), CS_SW_MEMORY_FAILURE);
	fixture_expect(otp, "00A10000", CS_SW_SECURITY_STATUS);
}

static void an_access_code_without_its_record_of_tries_has_none(void **state)
{
	uint8_t challenge[8];

	(void)state;
	assert_int_equal(otp_code_set(otp_code, true), CS_SW_OK);
	otp_challenge(challenge);
	assert_int_equal(store_delete(&otp->card.store, RECORD_OATH_TRIES), CS_OK);
	assert_int_equal(otp_code_validate(otp_code, challenge), CS_SW_BLOCKED);
}

static void no_code_leaves_whose_counter_cannot_be_stored(void **state)
{
	(void)state;
	assert_int_equal(otp_hotp("a"), CS_SW_OK);
	wear_out(otp, 0);
	assert_int_equal(otp_calculate("a", CS_VIEW_EMPTY, 1), CS_SW_MEMORY_FAILURE);
	assert_int_equal(otp->data.len, 0);
}

static void no_ocra_answer_leaves_whose_counter_cannot_be_stored(void **state)
{
	uint8_t body[64];
	struct cs_writer options = CS_WRITER_OF(body), command = CS_WRITER_OF(body);

	(void)state;
	cs_tlv_write(&options, YKOATH_TAG_SUITE, CS_VIEW_TEXT("OCRA-1:HOTP-SHA1-6:C-QN08"));
	assert_int_equal(
	    otp_put("o", YKOATH_TYPE_OCRA | YKOATH_HASH_SHA1, 6, SEED20, cs_writer_view(&options)), CS_SW_OK);
	cs_tlv_write(&command, YKOATH_TAG_NAME, CS_VIEW_TEXT("o"));
	cs_tlv_write(&command, YKOATH_TAG_QUESTION, CS_VIEW_TEXT("12345678"));
	assert_int_equal(otp_command(YKOATH_INS_OCRA, 0, 1, cs_writer_view(&command)), CS_SW_OK);
	wear_out(otp, 0);
	assert_int_equal(otp_command(YKOATH_INS_OCRA, 0, 1, cs_writer_view(&command)), CS_SW_MEMORY_FAILURE);
	assert_int_equal(otp->data.len, 0);
}

/* GENERATE an HOTP credential "a", to the generator of P-256. */
#define GENERATE                                                                                             \
	"00090000 00004B C742 11 04 6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296"        \
	"4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5 7101 61 7302 1106 0000"

static void a_seed_that_is_made_again_is_another(void **state)
{
	struct oath_credential first, second;

	(void)state;
	fixture_expect(otp, GENERATE, CS_SW_OK);
	assert_int_equal(oath_find(&otp->card.store, CS_VIEW_TEXT("a"), &first), CS_OK);
	fixture_expect(otp, GENERATE, CS_SW_OK);
	assert_int_equal(oath_find(&otp->card.store, CS_VIEW_TEXT("a"), &second), CS_OK);
	assert_int_equal(first.key_len, 20);
	assert_memory_not_equal(first.key, second.key, 20);
}

static void no_sealed_seed_leaves_whose_credential_cannot_be_stored(void **state)
{
	(void)state;
	wear_out(otp, 0);
	fixture_expect(otp, GENERATE, CS_SW_MEMORY_FAILURE);
	assert_int_equal(otp->data.len, 0);
}

static void a_seed_that_the_card_made_leaves_it_sealed_alone(void **state)
{
	struct oath_credential cred = {0};

	(void)state;
	fixture_expect(otp, GENERATE, CS_SW_OK);
	assert_true(otp->data.len > 100);
	assert_int_equal(oath_find(&otp->card.store, CS_VIEW_TEXT("a"), &cred), CS_OK);
	assert_int_equal(cred.key_len, 20);
	assert_null(memmem(otp->data.ptr, otp->data.len, cred.key, cred.key_len));
}

static void no_seed_leaves_whose_credential_cannot_be_stored(void **state)
{
	struct oath_credential cred = {0};
	uint16_t sw = 0;

	(void)state;
	for (unsigned after = 0; sw != CS_SW_OK; after++) {
		wear_out(otp, after);
		sw = fixture_send(otp, GENERATE);
		assert_true(sw == CS_SW_OK || otp->data.len == 0);
		assert_int_equal(fixture_power_cycle(otp), CS_OK);
		assert_int_equal(otp_open(), CS_SW_OK);
	}
	assert_int_equal(oath_find(&otp->card.store, CS_VIEW_TEXT("a"), &cred), CS_OK);
}

/* ---- the life-cycle ---- */

static void nothing_leads_out_of_terminated(void **state)
{
	struct fixture *f = *state;
	enum csgn_lifecycle to;

	f->card.lifecycle = CSGN_TERMINATED;
	f->card.channels[0].security = 0xFFFF;
	for (int event = 0; event < LIFECYCLE_EVENTS; event++)
		assert_int_equal(
		    lifecycle_check(&f->card, &f->card.channels[0], (enum lifecycle_event)event, &to),
		    CS_ERR_STATE);
}

/* ---- PIV secure messaging ---- */

static void a_request_that_was_recorded_opens_another_session(void **state)
{
	struct fixture *f = *state;
	uint8_t priv_bytes[200], pub_bytes[100], body[100], first[17];
	struct cs_writer priv = CS_WRITER_OF(priv_bytes), pub = CS_WRITER_OF(pub_bytes),
			 w = CS_WRITER_OF(body);
	struct cs_view point = CS_VIEW_EMPTY, answer;
	size_t outer;

	assert_int_equal(f->crypto.key_generate(f->crypto.ctx, PIV_ALG_P256, &priv, &pub), CS_OK);
	assert_int_equal(cs_tlv_find(cs_writer_view(&pub), PIV_TAG_EC_POINT, &point), CS_OK);
	outer = cs_tlv_begin(&w, PIV_TAG_AUTH_TEMPLATE);
	cs_tlv_write_header(&w, PIV_TAG_AUTH_CHALLENGE, 9 + point.len);
	cs_write_u8(&w, 0);
	cs_write_view(&w, CS_VIEW_TEXT("the host"));
	cs_write_view(&w, point);
	cs_tlv_write(&w, PIV_TAG_AUTH_RESPONSE, CS_VIEW_EMPTY);
	cs_tlv_end(&w, outer);
	fixture_expect(f, "00470004 05 AC03800127 00", CS_SW_OK);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(fixture_command(f, PIV_INS_AUTHENTICATE, 0x27, 0x04, cs_writer_view(&w)),
				 CS_SW_OK);
		assert_int_equal(cs_tlv_find(f->data, PIV_TAG_AUTH_TEMPLATE, &answer), CS_OK);
		assert_int_equal(cs_tlv_find(answer, PIV_TAG_AUTH_RESPONSE, &answer), CS_OK);
		assert_true(answer.len > sizeof(first));
		if (i == 0)
			memcpy(first, answer.ptr, sizeof(first));
	}
	assert_memory_not_equal(first, answer.ptr, sizeof(first));
}

/* ---- the change mark ---- */

#define RECORD_SOME RECORD_OBJECT_LAST

static void the_mark_changes_with_what_it_speaks_of_or_not_at_all(void **state)
{
	struct fixture *f = *state;
	enum cs_err err = CS_ERR_IO;

	for (unsigned after = 0; err != CS_OK; after++) {
		uint8_t before[CSGN_MARK_LEN], then[CSGN_MARK_LEN];

		assert_int_equal(store_delete(&f->card.store, RECORD_SOME), CS_OK);
		content_mark(&f->card, before);
		wear_out(f, after);
		err = content_put(&f->card, RECORD_SOME, CS_VIEW_TEXT("new"));
		assert_int_equal(fixture_power_cycle(f), CS_OK);
		content_mark(&f->card, then);
		assert_int_equal(store_has(&f->card.store, RECORD_SOME),
				 memcmp(before, then, sizeof(then)) != 0);
	}
}

static void a_full_card_without_a_mark_still_takes_what_fits(void **state)
{
	struct fixture *f = *state;
	static uint8_t filler[4000];

	assert_int_equal(store_put(&f->card.store, RECORD_SOME, CS_VIEW_TEXT("old")), CS_OK);
	assert_int_equal(store_delete(&f->card.store, RECORD_MARK), CS_OK);
	for (uint16_t id = 0xF000; store_room(&f->card.store) > 0; id++) {
		size_t room = store_room(&f->card.store);

		assert_int_equal(store_put(&f->card.store, id, cs_view(filler, room < 4000 ? room : 4000)),
				 CS_OK);
	}
	assert_int_equal(store_put(&f->card.store, 0xFFF0, CS_VIEW_TEXT("x")), CS_ERR_FULL);
	assert_int_equal(content_put(&f->card, RECORD_SOME, CS_VIEW_TEXT("new")), CS_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_pin_whose_try_cannot_be_spent_is_not_compared, setup_piv,
					    fixture_teardown),
	    cmocka_unit_test_setup_teardown(a_right_pin_too_is_paid_for_before_it_is_compared, setup_piv,
					    fixture_teardown),
	    cmocka_unit_test_setup_teardown(a_pin_without_its_record_of_tries_has_none, setup_piv,
					    fixture_teardown),
	    cmocka_unit_test_setup_teardown(a_host_with_a_wrong_witness_gets_nothing_encrypted, setup_piv,
					    fixture_teardown),
	    cmocka_unit_test_setup_teardown(while_an_erasure_is_not_completed_no_command_runs, setup_piv,
					    fixture_teardown),
	    cmocka_unit_test_setup_teardown(a_whole_command_after_a_chain_stands_for_itself,
					    setup_administrator, fixture_teardown),
	    cmocka_unit_test_setup_teardown(pieces_with_another_p1_or_p2_belong_to_another_command, setup_piv,
					    fixture_teardown),
	    cmocka_unit_test_setup_teardown(an_answer_to_a_challenge_serves_once, otp_setup, otp_teardown),
	    cmocka_unit_test_setup_teardown(an_access_code_whose_try_cannot_be_spent_is_not_compared,
					    otp_setup, otp_teardown),
	    cmocka_unit_test_setup_teardown(an_access_code_without_its_record_of_tries_has_none, otp_setup,
					    otp_teardown),
	    cmocka_unit_test_setup_teardown(no_code_leaves_whose_counter_cannot_be_stored, otp_setup,
					    otp_teardown),
	    cmocka_unit_test_setup_teardown(no_ocra_answer_leaves_whose_counter_cannot_be_stored, otp_setup,
					    otp_teardown),
	    cmocka_unit_test_setup_teardown(a_seed_that_is_made_again_is_another, otp_setup, otp_teardown),
	    cmocka_unit_test_setup_teardown(no_sealed_seed_leaves_whose_credential_cannot_be_stored,
					    otp_setup, otp_teardown),
	    cmocka_unit_test_setup_teardown(a_seed_that_the_card_made_leaves_it_sealed_alone, otp_setup,
					    otp_teardown),
	    cmocka_unit_test_setup_teardown(no_seed_leaves_whose_credential_cannot_be_stored, otp_setup,
					    otp_teardown),
	    cmocka_unit_test_setup_teardown(the_mark_changes_with_what_it_speaks_of_or_not_at_all, setup_piv,
					    fixture_teardown),
	    cmocka_unit_test_setup_teardown(a_full_card_without_a_mark_still_takes_what_fits, setup_piv,
					    fixture_teardown),
	    cmocka_unit_test_setup_teardown(nothing_leads_out_of_terminated, setup_piv, fixture_teardown),
	    cmocka_unit_test_setup_teardown(a_request_that_was_recorded_opens_another_session,
					    setup_administrator, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
