/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Touches: waited for, or told of, and whose they are.
 */
#include "tests/unit/card_fixture.h"

#include "applet/dispatch.h"
#include "applet/touch.h"

/* A P-256 key in 9E that wants each touch, and no PIN; in 9A a cached one. */
#define GENERATE_ALWAYS "0047009E 0B AC09 800111 AA0101 AB0102 00"
#define GENERATE_CACHED "0047009A 0B AC09 800111 AA0101 AB0103 00"
/* In 9C: PIN always, touch always. */
#define GENERATE_FRESH "0047009C 0B AC09 800111 AA0103 AB0102 00"
#define SIGN_REST                                                                                            \
	"87119E 26 7C24 8200 8120 000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F 00"
#define SIGN(slot)                                                                                           \
	"008711" slot " 26 7C24 8200 8120 000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F " \
	"00"
#define TELL "80600100"
#define WAIT "80600000"

static int setup(void **state)
{
	int rc = fixture_setup_piv(state);
	struct fixture *f = *state;

	if (rc)
		return rc;
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_authenticate_management(f);
	fixture_expect(f, GENERATE_ALWAYS, CS_SW_OK);
	return 0;
}

static void the_card_waits_unless_it_was_told_to_tell(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, SIGN("9E"), CS_SW_OK);
	assert_true(f->touch_waited);
	fixture_expect(f, TELL, CS_SW_OK);
	fixture_expect(f, SIGN("9E"), CS_SW_OK);
	assert_false(f->touch_waited);
	fixture_expect(f, WAIT, CS_SW_OK);
	fixture_expect(f, SIGN("9E"), CS_SW_OK);
	assert_true(f->touch_waited);
	fixture_expect(f, "80600200", CS_SW_WRONG_P1P2);
	fixture_expect(f, "80600001", CS_SW_WRONG_P1P2);
	fixture_expect(f, "80600000 01 00", CS_SW_WRONG_LENGTH);
}

static void a_wanted_touch_is_told_until_it_is_there(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, TELL, CS_SW_OK);
	f->touch_says = CS_ERR_BUSY;
	fixture_expect(f, SIGN("9E"), CS_SW_TOUCH_WANTED);
	fixture_expect(f, SIGN("9E"), CS_SW_TOUCH_WANTED);
	f->touch_says = CS_OK;
	fixture_expect(f, SIGN("9E"), CS_SW_OK);
	assert_int_equal(f->touches, 3);
	assert_int_equal(f->touch_ends, 0);
}

static void a_touch_that_does_not_come_is_refused_at_last(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, TELL, CS_SW_OK);
	f->touch_says = CS_ERR_BUSY;
	fixture_expect(f, SIGN("9E"), CS_SW_TOUCH_WANTED);
	f->touch_says = CS_ERR_TIMEOUT;
	fixture_expect(f, SIGN("9E"), CS_SW_CONDITIONS);
	assert_null(f->card.touch_asker);
}

static void the_pin_stays_fresh_while_a_touch_is_awaited(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, GENERATE_FRESH, CS_SW_OK);
	fixture_expect(f, TELL, CS_SW_OK);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	f->touch_says = CS_ERR_BUSY;
	fixture_expect(f, SIGN("9C"), CS_SW_TOUCH_WANTED);
	fixture_expect(f, SIGN("9C"), CS_SW_TOUCH_WANTED);
	f->touch_says = CS_OK;
	fixture_expect(f, SIGN("9C"), CS_SW_OK);
	fixture_expect(f, SIGN("9C"), CS_SW_SECURITY_STATUS);
}

static void without_the_pin_nobody_is_asked_to_touch(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, GENERATE_FRESH, CS_SW_OK);
	fixture_expect(f, TELL, CS_SW_OK);
	f->touch_says = CS_ERR_BUSY;
	fixture_expect(f, SIGN("9C"), CS_SW_SECURITY_STATUS);
	fixture_expect(f, "0087119E 06 7C04 8200 8100 00", CS_SW_WRONG_DATA);
	assert_int_equal(f->touches, 0);
}

static void a_touch_is_cached_however_it_was_asked_for(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, GENERATE_CACHED, CS_SW_OK);
	fixture_expect(f, TELL, CS_SW_OK);
	f->touch_says = CS_ERR_BUSY;
	fixture_expect(f, SIGN("9A"), CS_SW_TOUCH_WANTED);
	f->touch_says = CS_OK;
	fixture_expect(f, SIGN("9A"), CS_SW_OK);
	f->touch_says = CS_ERR_BUSY;
	fixture_expect(f, SIGN("9A"), CS_SW_OK);
	f->now_ms += 15000;
	fixture_expect(f, SIGN("9A"), CS_SW_TOUCH_WANTED);
}

static void what_ends_a_session_ends_its_asking(void **state)
{
	static const char *const ends[] = {WAIT, SELECT_CSGN};
	struct fixture *f = *state;

	f->touch_says = CS_ERR_BUSY;
	for (unsigned i = 0; i < 2; i++) {
		fixture_expect(f, SELECT_PIV, CS_SW_OK);
		fixture_expect(f, TELL, CS_SW_OK);
		fixture_expect(f, SIGN("9E"), CS_SW_TOUCH_WANTED);
		fixture_expect(f, ends[i], CS_SW_OK);
		assert_int_equal(f->touch_ends, i + 1);
		assert_null(f->card.touch_asker);
	}
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, TELL, CS_SW_OK);
	fixture_expect(f, SIGN("9E"), CS_SW_TOUCH_WANTED);
	card_reset(&f->card);
	assert_int_equal(f->touch_ends, 3);
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	f->touch_says = CS_OK;
	fixture_expect(f, SIGN("9E"), CS_SW_OK);
	assert_true(f->touch_waited);
}

static void a_platform_that_need_not_be_told_when_asking_ends_is_not(void **state)
{
	struct fixture *f = *state;

	f->platform.user_presence_end = NULL;
	fixture_expect(f, TELL, CS_SW_OK);
	f->touch_says = CS_ERR_BUSY;
	fixture_expect(f, SIGN("9E"), CS_SW_TOUCH_WANTED);
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	assert_null(f->card.touch_asker);
	assert_int_equal(f->touch_ends, 0);
}

/* The person was told what the touch is for. */
static void a_touch_is_the_commands_that_asked(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, GENERATE_CACHED, CS_SW_OK);
	fixture_expect(f, TELL, CS_SW_OK);
	f->touch_says = CS_ERR_BUSY;
	fixture_expect(f, SIGN("9A"), CS_SW_TOUCH_WANTED);
	fixture_expect(f, SIGN("9A"), CS_SW_TOUCH_WANTED);
	assert_int_equal(f->touch_ends, 0);
	fixture_expect(f, SIGN("9E"), CS_SW_TOUCH_WANTED);
	assert_int_equal(f->touch_ends, 1);
	/* the same key, another message */
	fixture_expect(f, "0087119E 08 7C06 8200 8102 0001 00", CS_SW_TOUCH_WANTED);
	assert_int_equal(f->touch_ends, 2);
	fixture_expect(f, "0087119E 08 7C06 8200 8102 0000 00", CS_SW_TOUCH_WANTED);
	assert_int_equal(f->touch_ends, 3);
	fixture_expect(f, "0087119E 08 7C06 8200 8102 0000 00", CS_SW_TOUCH_WANTED);
	assert_int_equal(f->touch_ends, 3);
}

/* Another channel's state, as the dispatcher would hand it over. */
static void the_touch_is_the_channels_that_asked_first(void **state)
{
	struct fixture *f = *state;
	struct channel other = {.app = NULL};
	const struct cs_apdu command = {.ins = PIV_INS_AUTHENTICATE};

	fixture_expect(f, TELL, CS_SW_OK);
	f->touch_says = CS_ERR_BUSY;
	fixture_expect(f, SIGN("9E"), CS_SW_TOUCH_WANTED);
	f->touch_says = CS_OK;
	f->card.running = &command;
	assert_int_equal(touch_require(&f->card, &other, PIV_TOUCH_ALWAYS, "test"), CS_ERR_BUSY);
	other.touch_tell = true;
	assert_int_equal(touch_require(&f->card, &other, PIV_TOUCH_ALWAYS, "test"), CS_ERR_BUSY);
	touch_forget(&f->card, &other);
	assert_int_equal(f->touch_ends, 0);
	fixture_expect(f, SIGN("9E"), CS_SW_OK);
	f->card.running = &command;
	assert_int_equal(touch_require(&f->card, &other, PIV_TOUCH_ALWAYS, "test"), CS_OK);
}

static void who_stops_asking_keeps_nobody_else_waiting(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, "00700001", CS_SW_OK);
	fixture_expect(f, "01A4040005A000000308", CS_SW_OK);
	fixture_expect(f, "81600100", CS_SW_OK);
	f->touch_says = CS_ERR_BUSY;
	fixture_expect(f, "01" SIGN_REST, CS_SW_TOUCH_WANTED);
	f->now_ms += 1500;
	fixture_expect(f, "01" SIGN_REST, CS_SW_TOUCH_WANTED);
	f->now_ms += 2000;
	fixture_expect(f, SIGN("9E"), CS_SW_TOUCH_WANTED);
	assert_int_equal(f->touch_ends, 0);
	f->now_ms += 1;
	f->touch_says = CS_OK;
	fixture_expect(f, SIGN("9E"), CS_SW_OK);
	assert_int_equal(f->touch_ends, 1);
	assert_true(f->touch_waited);
}

static void every_application_takes_the_mode(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	fixture_expect(f, TELL, CS_SW_OK);
	fixture_expect(f, "00A4040007 A0000005272101", CS_SW_OK);
	fixture_expect(f, TELL, CS_SW_OK);
	assert_true(f->card.channels[0].touch_tell);
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	assert_false(f->card.channels[0].touch_tell);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(the_card_waits_unless_it_was_told_to_tell),
	    TEST(a_wanted_touch_is_told_until_it_is_there),
	    TEST(a_touch_that_does_not_come_is_refused_at_last),
	    TEST(the_pin_stays_fresh_while_a_touch_is_awaited),
	    TEST(without_the_pin_nobody_is_asked_to_touch),
	    TEST(a_touch_is_cached_however_it_was_asked_for),
	    TEST(what_ends_a_session_ends_its_asking),
	    TEST(a_platform_that_need_not_be_told_when_asking_ends_is_not),
	    TEST(a_touch_is_the_commands_that_asked),
	    TEST(the_touch_is_the_channels_that_asked_first),
	    TEST(who_stops_asking_keeps_nobody_else_waiting),
	    TEST(every_application_takes_the_mode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
