/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Power cuts in the Countersign application's commands: see power.h.
 */
#include "tests/unit/power.h"

#define VERIFY_SO   "00200083 08 3132333435363738"
#define WRONG_SO    "00200083 08 3837363534333231"
#define INITIALIZE  "80020000 10 9008 3837363534333031 8404 54657374"
#define GENERATE_9E "0047009E 05 AC03800111 00"

static enum power_outcome look_initialised(struct fixture *f)
{
	enum power_outcome key = power_either(f, "00F7009E 00", CS_SW_OK, CS_SW_REFERENCE_NOT_FOUND);
	enum power_outcome pin = power_either(f, VERIFY_PIN, CS_SW_OK, CS_SW_BLOCKED);
	enum power_outcome info;

	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	info = fixture_answer_has(f, "830102 840454657374") ? POWER_NEW : POWER_OLD;
	if (info == POWER_OLD)
		assert_true(fixture_answer_has(f, "830101 8400"));
	assert_int_equal(key, pin);
	assert_int_equal(key, info);
	power_require_complete(f);
	return key;
}

static enum power_outcome look_reset(struct fixture *f)
{
	enum power_outcome key = power_either(f, "00F7009E 00", CS_SW_OK, CS_SW_REFERENCE_NOT_FOUND);

	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	assert_true(fixture_answer_has(f, key == POWER_NEW ? "8400" : "84024869"));
	assert_true(power_pin_is(f, PIN_PUK, "3132333435363738"));
	assert_true(power_pin_is(f, PIN_SO, "3132333435363738"));
	power_require_complete(f);
	return key;
}

static enum power_outcome look_pin_set(struct fixture *f)
{
	enum power_outcome pin = power_pin_info(f, PIN_USER).set ? POWER_NEW : POWER_OLD;

	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	assert_true(fixture_answer_has(f, pin == POWER_NEW ? "830103" : "830102"));
	assert_int_equal(power_pin_info(f, PIN_USER).tries_left, pin == POWER_NEW ? 3 : 0);
	return pin;
}

static enum power_outcome look_label(struct fixture *f)
{
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	if (fixture_answer_has(f, "84024869"))
		return POWER_NEW;
	assert_true(fixture_answer_has(f, "8400"));
	return POWER_OLD;
}

/* Of the SO PIN with one try gone. */
static enum power_outcome look_right_so(struct fixture *f)
{
	uint8_t left = power_pin_info(f, PIN_SO).tries_left;

	assert_true(left >= 1 && left <= 3);
	return left == 3 ? POWER_NEW : POWER_OLD;
}

static enum power_outcome look_right_pin(struct fixture *f)
{
	uint8_t left = power_pin_info(f, PIN_USER).tries_left;

	assert_true(left >= 1 && left <= 3);
	return left == 3 ? POWER_NEW : POWER_OLD;
}

static enum power_outcome look_personal(struct fixture *f)
{
	bool holder;

	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	holder = fixture_answer_has(f, "8C03416461 8D083230333030363330");
	assert_true(holder || !fixture_answer_has(f, "8D08"));
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, "00CB3FFF 05 5C035FC102 00", CS_SW_OK);
	assert_true(fixture_answer_has(f, holder ? "3508 3230333030363330" : "3508 3230353031323331"));
	return holder ? POWER_NEW : POWER_OLD;
}

#define C CSGN_PROFILE_COUNTERSIGN

static const struct power_row rows[] = {
    {"a cut wrong PIN costs a try in the Countersign application too",
     C,
     {SELECT_CSGN},
     NULL,
     WRONG_PIN,
     0x63C2,
     power_look_wrong_pin,
     0},
    {"a cut right PIN never blocks the card there either",
     C,
     {SELECT_CSGN, WRONG_PIN},
     NULL,
     VERIFY_PIN,
     CS_SW_OK,
     look_right_pin,
     0},
    {"a cut wrong SO PIN costs a try or was never compared",
     C,
     {SELECT_CSGN},
     NULL,
     WRONG_SO,
     0x63C2,
     power_look_wrong_so,
     0},
    {"a cut right SO PIN never blocks the officer at once",
     C,
     {SELECT_CSGN, WRONG_SO},
     NULL,
     VERIFY_SO,
     CS_SW_OK,
     look_right_so,
     0},
    {"a cut change of the PIN in the Countersign application is whole",
     C,
     {SELECT_CSGN},
     NULL,
     "00240080 10 313233343536FFFF 343536313233FFFF",
     CS_SW_OK,
     power_look_changed_pin,
     0},
    {"a cut unblocking gives the first PIN together with the life-cycle",
     C,
     {SELECT_CSGN, INITIALIZE},
     NULL,
     "002C0080 10 3837363534333031 343536313233FFFF",
     CS_SW_OK,
     look_pin_set,
     0},
    {"a cut initialisation is completed or never began",
     C,
     {VERIFY_PIN, GENERATE_9E, SELECT_CSGN},
     NULL,
     INITIALIZE,
     CS_SW_OK,
     look_initialised,
     0},
    {"a cut first PIN is set together with the life-cycle",
     C,
     {SELECT_CSGN, INITIALIZE, "00200083 08 3837363534333031"},
     NULL,
     "80030000 08 9106 343536313233",
     CS_SW_OK,
     look_pin_set,
     0},
    {"a cut label is the old one or the new one",
     C,
     {SELECT_CSGN, VERIFY_PIN},
     NULL,
     "80040000 04 84024869",
     CS_SW_OK,
     look_label,
     0},
    {"a cut RESET of the card is completed or never began",
     C,
     {VERIFY_PIN, GENERATE_9E, SELECT_CSGN, VERIFY_PIN, "80040000 04 84024869", VERIFY_SO},
     NULL,
     "8005DEAD",
     CS_SW_OK,
     look_reset,
     0},
    {"a cut personalisation sets holder, expiry and the CHUID's, or nothing",
     C,
     {SELECT_CSGN, VERIFY_SO},
     NULL,
     "80070000 0F 8C03 416461 8D08 3230333030363330",
     CS_SW_OK,
     look_personal,
     0},
    {"a cut lock is locked or open", C, {POWER_ISSUE}, NULL, "80080000", CS_SW_OK, power_look_locked, 0},
    {"a cut unlocking leaves the card locked or open",
     C,
     {POWER_ISSUE, "80080000", "00200083 08 3837363534333031"},
     NULL,
     "80090000",
     CS_SW_OK,
     power_look_unlocked,
     0},
    {"a cut termination is completed or never began",
     C,
     {VERIFY_PIN, GENERATE_9E, SELECT_CSGN, VERIFY_SO},
     NULL,
     "800ADEAD",
     CS_SW_OK,
     power_look_terminated,
     0},
    {"a cut creation of a secret key leaves a whole key or none",
     C,
     {SELECT_CSGN, VERIFY_PIN, NULL},
     NULL,
     "80120801 09 9302000F A103 800161 00",
     CS_SW_OK,
     power_look_secret,
     0},
    {"a cut deletion of a secret key takes its attributes too, or neither",
     C,
     {SELECT_CSGN, VERIFY_PIN, "80120801 09 9302000F A103 800161 00"},
     NULL,
     "80130001",
     CS_SW_OK,
     power_look_secret_gone,
     0},
    {"cut attributes are the old ones or the new ones",
     C,
     {SELECT_CSGN, VERIFY_PIN, "80110000 0D 92035FFF30 A103 800161 530155"},
     NULL,
     "80110000 0D 92035FFF30 A103 800162 530166",
     CS_SW_OK,
     power_look_attributes,
     0},
    {"a secret key is used without a write",
     C,
     {SELECT_CSGN, VERIFY_PIN, "80120801 07 9302000F AA0101 00"},
     NULL,
     "80140501 02 9800 00",
     CS_SW_OK,
     NULL,
     0},
    {"INVENTORY writes nothing", C, {SELECT_CSGN, NULL}, NULL, "80100000 000000", CS_SW_OK, NULL, 0},
    {"the state of the PIN is told without a write", C, {SELECT_CSGN}, NULL, "00200080", 0x63C3, NULL, 0},
    {"INFO writes nothing", C, {SELECT_CSGN}, NULL, "80010000 00", CS_SW_OK, NULL, 0},
    {"CONTENTS writes nothing", C, {SELECT_CSGN}, NULL, "80060000 00", CS_SW_OK, NULL, 0},
    {"how a touch is told of is set without a write in the Countersign application",
     C,
     {SELECT_CSGN},
     NULL,
     "80600100",
     CS_SW_OK,
     NULL,
     0},
    {"SELECT of the Countersign application writes nothing", C, {NULL}, NULL, SELECT_CSGN, CS_SW_OK, NULL, 0},
};

const struct power_table power_csgn = {&csgn_app, rows, sizeof(rows) / sizeof(rows[0])};
