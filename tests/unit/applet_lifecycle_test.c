/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The life-cycle: every event in every state, by whoever may bring it about and by whoever may not; what a
 * locked card and a terminated one still answer; card holder and expiry. The table here was written down
 * apart from the card's.
 */
#include <string.h>

#include "applet/records.h"
#include "tests/unit/card_fixture.h"

#define INITIALIZE "80020000 0E 9008 3837363534333031 8402 5465"
#define VERIFY_SO  "00200083 08 3837363534333031"
#define FACTORY_SO "00200083 08 3132333435363738"
#define INIT_PIN   "80030000 08 9106 343536313233"
#define NEW_PIN	   "00200080 08 343536313233FFFF"
#define HOLDER	   "80070000 05 8C03 416461"
#define LOCK	   "80080000"
#define UNLOCK	   "80090000"
#define RESET	   "8005DEAD"
#define PIV_RESET  "00FB0000"
#define TERMINATE  "800ADEAD"
#define NO_PUK	   "002C0080 10 FFFFFFFFFFFFFFFF 343536313233FFFF"
#define NO_PIN	   "00200080 08 FFFFFFFFFFFFFFFF"

enum { STATES = CSGN_TERMINATED };

/* Set-up commands, from a new card. */
static const char *const ways[STATES + 1][8] = {
    [CSGN_BLANK] = {NULL},
    [CSGN_INITIALISED] = {INITIALIZE, NULL},
    [CSGN_ISSUED] = {INITIALIZE, VERIFY_SO, INIT_PIN, NULL},
    [CSGN_LOCKED] = {INITIALIZE, VERIFY_SO, INIT_PIN, LOCK, NULL},
    [CSGN_TERMINATED] = {INITIALIZE, VERIFY_SO, TERMINATE, NULL},
};

/* Who knocks. */
enum who { NOBODY, USER, OFFICER, MANAGER, BLOCKED, WHO_COUNT };
static const char *const who_names[WHO_COUNT] = {"nobody", "the user", "the officer", "the manager",
						 "nobody, all blocked,"};

struct event {
	const char *name, *command;
	bool in_piv;
	/* What each may do: a bit for each state from which he may. */
	uint8_t by[WHO_COUNT];
	uint8_t to[STATES + 1]; /* state afterwards */
	uint16_t refused;	/* status word where the state is right and he is not */
};

#define B (1u << CSGN_BLANK)
#define I (1u << CSGN_INITIALISED)
#define S (1u << CSGN_ISSUED)
#define L (1u << CSGN_LOCKED)

static const struct event events[] = {
    /* a blank card's PUK is known to all: it may be initialised by all */
    {"INITIALIZE",
     INITIALIZE,
     false,
     {B, B, B | I | S, B, 0},
     {0, CSGN_INITIALISED, CSGN_INITIALISED, CSGN_INITIALISED},
     CS_SW_SECURITY_STATUS},
    {"INIT PIN",
     INIT_PIN,
     false,
     {0, 0, B | I | S, 0, 0},
     {0, CSGN_ISSUED, CSGN_ISSUED, CSGN_ISSUED},
     CS_SW_SECURITY_STATUS},
    {"PERSONALISE",
     HOLDER,
     false,
     {0, 0, B | I | S, 0, 0},
     {0, CSGN_BLANK, CSGN_INITIALISED, CSGN_ISSUED},
     CS_SW_SECURITY_STATUS},
    {"LOCK", LOCK, false, {0, 0, S, 0, 0}, {[CSGN_ISSUED] = CSGN_LOCKED}, CS_SW_SECURITY_STATUS},
    {"LOCK in PIV", LOCK, true, {0, 0, 0, S, 0}, {[CSGN_ISSUED] = CSGN_LOCKED}, CS_SW_SECURITY_STATUS},
    {"UNLOCK", UNLOCK, false, {0, 0, L, 0, 0}, {[CSGN_LOCKED] = CSGN_ISSUED}, CS_SW_SECURITY_STATUS},
    {"UNLOCK in PIV", UNLOCK, true, {0, 0, 0, L, 0}, {[CSGN_LOCKED] = CSGN_ISSUED}, CS_SW_SECURITY_STATUS},
    {"RESET",
     RESET,
     false,
     {0, 0, B | I | S, 0, B | I | S},
     {0, CSGN_BLANK, CSGN_BLANK, CSGN_BLANK},
     CS_SW_SECURITY_STATUS},
    {"PIV RESET",
     PIV_RESET,
     true,
     {0, 0, 0, 0, B | I | S},
     {0, CSGN_BLANK, CSGN_BLANK, CSGN_BLANK},
     CS_SW_CONDITIONS},
    {"TERMINATE",
     TERMINATE,
     false,
     {0, 0, B | I | S | L, 0, 0},
     {0, CSGN_TERMINATED, CSGN_TERMINATED, CSGN_TERMINATED, CSGN_TERMINATED},
     CS_SW_SECURITY_STATUS},
    {"TERMINATE in PIV",
     TERMINATE,
     true,
     {0, 0, 0, B | I | S | L, 0},
     {0, CSGN_TERMINATED, CSGN_TERMINATED, CSGN_TERMINATED, CSGN_TERMINATED},
     CS_SW_SECURITY_STATUS},
};

static void blank(struct fixture *f)
{
	card_close(&f->card);
	flash_ram_free(f->flash);
	f->flash = flash_ram_new(4096, 32, 8);
	assert_non_null(f->flash);
	f->ports.flash = flash_ram_flash(f->flash);
	assert_int_equal(card_open(&f->card, &f->ports, CSGN_PROFILE_PIV), CS_OK);
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
}

static void go(struct fixture *f, int state)
{
	blank(f);
	for (const char *const *step = ways[state]; *step; step++)
		fixture_expect(f, *step, CS_SW_OK);
	card_reset(&f->card);
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
}

static enum csgn_lifecycle state_of(struct fixture *f)
{
	assert_int_equal(fixture_power_cycle(f), CS_OK);
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	for (uint8_t s = CSGN_BLANK; s <= CSGN_TERMINATED; s++) {
		const char *const text[] = {NULL, "830101", "830102", "830103", "830104", "830105"};

		if (fixture_answer_has(f, text[s]))
			return (enum csgn_lifecycle)s;
	}
	fail_msg("no life-cycle in the answer");
	return CSGN_BLANK;
}

static void block(struct fixture *f)
{
	for (int i = 0; i < 3; i++) {
		fixture_send(f, NO_PIN);
		fixture_send(f, NO_PUK);
	}
}

/* Becomes him, as far as the state lets anyone become him. */
static void become(struct fixture *f, enum who who, bool in_piv)
{
	if (who == BLOCKED)
		block(f);
	if (in_piv)
		(void)fixture_send(f, SELECT_PIV);
	if (who == USER && fixture_send(f, VERIFY_PIN) != CS_SW_OK)
		(void)fixture_send(f, NEW_PIN);
	if (who == OFFICER && fixture_send(f, VERIFY_SO) != CS_SW_OK)
		(void)fixture_send(f, FACTORY_SO);
	if (who == MANAGER && in_piv && f->card.lifecycle != CSGN_TERMINATED)
		fixture_authenticate_management(f);
}

static uint16_t expected(const struct event *e, enum who who, int state)
{
	unsigned anyone = 0;

	for (int w = 0; w < WHO_COUNT; w++)
		anyone |= e->by[w];
	/* PIV is not there on a terminated card: the Countersign application stays selected */
	if (state == CSGN_TERMINATED && e->in_piv && e->command[0] == '0')
		return CS_SW_WRONG_INS;
	if (!(anyone & (1u << state)))
		return CS_SW_CONDITIONS;
	return e->by[who] & (1u << state) ? CS_SW_OK : e->refused;
}

/* A blocked card's user and officer are nobody; and of a blank one that is blocked the PUK is still the
 * factory's. */
static uint16_t expected_of(const struct event *e, enum who who, int state)
{
	if (who == BLOCKED && state == CSGN_BLANK && strcmp(e->name, "INITIALIZE") == 0)
		return CS_SW_OK;
	return expected(e, who, state);
}

static void each_event_happens_just_where_and_by_whom_it_may(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		const struct event *e = &events[i];

		for (int s = CSGN_BLANK; s <= STATES; s++) {
			for (int w = 0; w < WHO_COUNT; w++) {
				uint16_t want = expected_of(e, (enum who)w, s), sw;
				enum csgn_lifecycle now;

				go(f, s);
				become(f, (enum who)w, e->in_piv);
				sw = fixture_send(f, e->command);
				if (sw != want)
					fail_msg("%s by %s in state %d: %04X, not %04X", e->name,
						 who_names[w], s, sw, want);
				now = state_of(f);
				if (now != (want == CS_SW_OK ? (enum csgn_lifecycle)e->to[s]
							     : (enum csgn_lifecycle)s))
					fail_msg("%s by %s in state %d leads to %d", e->name, who_names[w], s,
						 now);
			}
		}
	}
}

static void unblocking_makes_a_user_only_where_there_was_none(void **state)
{
	static const uint8_t to[STATES + 1] = {0,	    CSGN_BLANK,	 CSGN_ISSUED,
					       CSGN_ISSUED, CSGN_LOCKED, CSGN_TERMINATED};
	struct fixture *f = *state;

	for (int s = CSGN_BLANK; s <= STATES; s++) {
		const char *unblock = s == CSGN_BLANK ? "002C0080 10 3132333435363738 343536313239FFFF"
						      : "002C0080 10 3837363534333031 343536313239FFFF";

		go(f, s);
		fixture_expect(f, unblock, s >= CSGN_LOCKED ? CS_SW_CONDITIONS : CS_SW_OK);
		assert_int_equal(state_of(f), to[s]);
	}
}

/* ---- what a locked card answers ---- */

struct answer {
	const char *command;
	uint16_t sw;
};

static void answers(struct fixture *f, const struct answer *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint16_t sw = fixture_send(f, rows[i].command);

		if (sw != rows[i].sw)
			fail_msg("%s: %04X, not %04X", rows[i].command, sw, rows[i].sw);
	}
}

static void a_locked_card_is_read_and_administered_and_nothing_else(void **state)
{
	static const struct answer piv[] = {
	    {SELECT_PIV, CS_SW_OK},
	    {"00CB3FFF 05 5C035FC105 00", CS_SW_OK},
	    {"00CB3FFF 05 5C035FC109 00", CS_SW_SECURITY_STATUS},
	    {"00F7009E 00", CS_SW_OK},
	    {"00F80000 00", CS_SW_OK},
	    {"00FD0000 00", CS_SW_OK},
	    {"80010000 00", CS_SW_OK},
	    {"80060000 00", CS_SW_OK},
	    {NEW_PIN, CS_SW_BLOCKED},
	    {"00200080", CS_SW_BLOCKED},
	    {"0020FF80", CS_SW_OK},
	    {"00240080 10 343536313233FFFF 343536313239FFFF", CS_SW_CONDITIONS},
	    {"002C0080 10 3837363534333031 343536313239FFFF", CS_SW_CONDITIONS},
	    {"0087119E 0E 7C0C 8200 8108 0102030405060708 00", CS_SW_CONDITIONS},
	    {"00F99E00 000000", CS_SW_CONDITIONS},
	    {"00DB3FFF 08 5C035FC105 5301 00", CS_SW_CONDITIONS},
	    {"0047009E 05 AC03800111 00", CS_SW_CONDITIONS},
	    {"00FE1182 22 0620 0102030405060708091011121314151617181920212223242526272829303132",
	     CS_SW_CONDITIONS},
	    {"00F6829E", CS_SW_CONDITIONS},
	    {"00FA0303", CS_SW_CONDITIONS},
	    {"00FB0000", CS_SW_CONDITIONS},
	    {"00FFFFFF 13 089B10 01020300000000000000000000000000", CS_SW_CONDITIONS},
	    {"00A4040007A0000005272101", CS_SW_CONDITIONS},
	};
	static const struct answer csgn[] = {
	    {SELECT_CSGN, CS_SW_OK},
	    {"80040000 04 84024869", CS_SW_CONDITIONS},
	    {"00240081 10 3837363534333031 3837363534333039", CS_SW_CONDITIONS},
	    {VERIFY_SO, CS_SW_OK},
	    {"80040000 04 84024869", CS_SW_CONDITIONS},
	    {INIT_PIN, CS_SW_CONDITIONS},
	    {UNLOCK, CS_SW_OK},
	};
	struct fixture *f = *state;

	go(f, CSGN_ISSUED);
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_authenticate_management(f);
	fixture_expect(f, "0047009E 05 AC03800111 00", CS_SW_OK);
	fixture_expect(f, "00DB3FFF 0A 5C035FC105 5303 700101", CS_SW_OK);
	fixture_expect(f, LOCK, CS_SW_OK);
	answers(f, piv, sizeof(piv) / sizeof(piv[0]));
	answers(f, csgn, sizeof(csgn) / sizeof(csgn[0]));
	/* and what it held is there again */
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, NEW_PIN, CS_SW_OK);
	fixture_expect(f, "0087119E 0E 7C0C 8200 8108 0102030405060708 00", CS_SW_OK);
	fixture_expect(f, "00A4040007A0000005272101", CS_SW_OK);
}

static void locking_ends_what_every_channel_had_opened(void **state)
{
	struct fixture *f = *state;

	go(f, CSGN_ISSUED);
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, NEW_PIN, CS_SW_OK);
	fixture_expect_data(f, "00700000 01", "01");
	fixture_expect(f, "01A4040007F0435349474E01", CS_SW_OK);
	fixture_expect(f, "01200083 08 3837363534333031", CS_SW_OK);
	fixture_expect(f, "81080000", CS_SW_OK);
	assert_int_equal(f->card.channels[0].security, 0);
	assert_int_equal(f->card.channels[1].security, 0);
	fixture_expect(f, "81090000", CS_SW_SECURITY_STATUS);
}

static void the_pin_does_not_stand_for_the_management_key_where_the_card_s_life_is_at_stake(void **state)
{
	struct fixture *f = *state;

	go(f, CSGN_BLANK);
	fixture_expect(f, "80020000 11 9008 3837363534333031 8402 5465 820102", CS_SW_OK);
	fixture_expect(f, VERIFY_SO, CS_SW_OK);
	fixture_expect(f, INIT_PIN, CS_SW_OK);
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, NEW_PIN, CS_SW_OK);
	fixture_expect(f, LOCK, CS_SW_SECURITY_STATUS);
	fixture_expect(f, TERMINATE, CS_SW_SECURITY_STATUS);
}

/* ---- the end ---- */

static void a_terminated_card_holds_no_key_and_no_secret(void **state)
{
	struct fixture *f = *state;
	uint16_t id = 0;

	go(f, CSGN_ISSUED);
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_authenticate_management(f);
	fixture_expect(f, "0047009E 05 AC03800111 00", CS_SW_OK);
	fixture_expect(f, "00A4040007A0000005272101", CS_SW_OK);
	fixture_expect(f, "00010000 15 7103 613A62 730E 2106 313233343536373839303132", CS_SW_WRONG_DATA);
	fixture_expect(f, "00010000 17 7103 613A62 7310 2106 3132333435363738393031323334", CS_SW_OK);
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	fixture_expect(f, VERIFY_SO, CS_SW_OK);
	fixture_expect(f, "800A0000", CS_SW_WRONG_P1P2);
	fixture_expect(f, TERMINATE, CS_SW_OK);
	/* device, the plan that is done, the mark, and what the store has of its own below 0010 */
	assert_false(store_next(&f->card.store, RECORD_ATTESTATION_KEY, RECORD_ATTESTATION_LAST, &id));
	assert_false(store_next(&f->card.store, RECORD_CONTENT_FIRST, RECORD_CONTENT_LAST, &id));
	assert_int_equal(fixture_power_cycle(f), CS_OK);
	assert_false(store_next(&f->card.store, RECORD_ATTESTATION_KEY, RECORD_ATTESTATION_LAST, &id));
	assert_false(store_next(&f->card.store, RECORD_CONTENT_FIRST, RECORD_CONTENT_LAST, &id));
}

static void a_terminated_card_says_what_it_was_and_no_more(void **state)
{
	static const struct answer rows[] = {
	    {"80010000 00", CS_SW_OK},
	    {"80060000 00", CS_SW_OK},
	    {SELECT_PIV, CS_SW_CONDITIONS},
	    {"00A4040007A0000005272101", CS_SW_CONDITIONS},
	    {"00A4040005A000000999", CS_SW_NOT_FOUND},
	    {VERIFY_SO, CS_SW_CONDITIONS},
	    {FACTORY_SO, CS_SW_CONDITIONS},
	    {VERIFY_PIN, CS_SW_CONDITIONS},
	    {INITIALIZE, CS_SW_CONDITIONS},
	    {RESET, CS_SW_CONDITIONS},
	    {TERMINATE, CS_SW_CONDITIONS},
	    {"80040000 04 84024869", CS_SW_CONDITIONS},
	};
	struct fixture *f = *state;

	go(f, CSGN_TERMINATED);
	answers(f, rows, sizeof(rows) / sizeof(rows[0]));
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	assert_true(
	    fixture_answer_has(f, "810400C0FFEE 820101 830105 8400 8503000003 8603000003 B003000003 B30100"));
}

/* ---- card holder and expiry ---- */

static void holder_and_expiry_are_told_and_can_be_taken_back(void **state)
{
	struct fixture *f = *state;

	go(f, CSGN_INITIALISED);
	fixture_expect(f, VERIFY_SO, CS_SW_OK);
	fixture_expect(f, "80070000 0F 8C03 416461 8D08 3230333030363330", CS_SW_OK);
	fixture_expect(f, "80010000 00", CS_SW_OK);
	assert_true(fixture_answer_has(f, "8C03416461 8D083230333030363330"));
	/* an element that is not there changes nothing, an empty one takes it back */
	fixture_expect(f, "80070000 02 8C00", CS_SW_OK);
	fixture_expect(f, "80010000 00", CS_SW_OK);
	assert_false(fixture_answer_has(f, "8C03"));
	assert_true(fixture_answer_has(f, "8D083230333030363330"));
}

static void the_chuid_expires_with_the_card(void **state)
{
	struct fixture *f = *state;

	go(f, CSGN_INITIALISED);
	fixture_expect(f, VERIFY_SO, CS_SW_OK);
	fixture_expect(f, "80070000 0A 8D08 3230333030363330", CS_SW_OK);
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, "00CB3FFF 05 5C035FC102 00", CS_SW_OK);
	assert_true(fixture_answer_has(f, "3508 3230333030363330 3E00"));
	/* one that the issuer signed is his own affair */
	fixture_authenticate_management(f);
	fixture_expect(f,
		       "00DB3FFF 29 5C035FC102 5322 3410 00112233445566778899AABBCCDDEEFF 3508 "
		       "3230343031323331 3E02 0102 FE00",
		       CS_SW_OK);
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	fixture_expect(f, VERIFY_SO, CS_SW_OK);
	fixture_expect(f, "80070000 0A 8D08 3230333130363330", CS_SW_OK);
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, "00CB3FFF 05 5C035FC102 00", CS_SW_OK);
	assert_true(fixture_answer_has(f, "3508 3230343031323331 3E02 0102"));
	/* so is one without a GUID */
	fixture_authenticate_management(f);
	fixture_expect(f, "00DB3FFF 15 5C035FC102 530E 3508 3230343031323331 3E00 FE00", CS_SW_OK);
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	fixture_expect(f, VERIFY_SO, CS_SW_OK);
	fixture_expect(f, "80070000 0A 8D08 3230333230363330", CS_SW_OK);
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, "00CB3FFF 05 5C035FC102 00", CS_SW_OK);
	assert_true(fixture_answer_has(f, "3508 3230343031323331 3E00"));
}

static void an_expiry_is_a_date(void **state)
{
	static const char *const wrong[] = {
	    "80070000 0A 8D08 3230333031333031", "80070000 0A 8D08 3230333030303031",
	    "80070000 0A 8D08 3230333030313332", "80070000 0A 8D08 3230333030313030",
	    "80070000 0A 8D08 323033303031303A", "80070000 09 8D07 32303330303130",
	};
	struct fixture *f = *state;

	go(f, CSGN_ISSUED);
	fixture_expect(f, VERIFY_SO, CS_SW_OK);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		fixture_expect(f, wrong[i], CS_SW_WRONG_DATA);
	fixture_expect(f, "80010000 00", CS_SW_OK);
	assert_false(fixture_answer_has(f, "8D08"));
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_setup_piv, fixture_teardown)
	const struct CMUnitTest tests[] = {
	    CASE(each_event_happens_just_where_and_by_whom_it_may),
	    CASE(unblocking_makes_a_user_only_where_there_was_none),
	    CASE(a_locked_card_is_read_and_administered_and_nothing_else),
	    CASE(locking_ends_what_every_channel_had_opened),
	    CASE(the_pin_does_not_stand_for_the_management_key_where_the_card_s_life_is_at_stake),
	    CASE(a_terminated_card_holds_no_key_and_no_secret),
	    CASE(a_terminated_card_says_what_it_was_and_no_more),
	    CASE(holder_and_expiry_are_told_and_can_be_taken_back),
	    CASE(the_chuid_expires_with_the_card),
	    CASE(an_expiry_is_a_date),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
