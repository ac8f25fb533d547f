/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Power cuts in the PIV application's commands: see power.h.
 */
#include "tests/unit/power.h"

#include <string.h>

#define GENERATE_9E "0047009E 05 AC03800111 00"
#define SIGN_9E	    "0087119E 0E 7C0C 8200 8108 0102030405060708 00"
#define METADATA_9E "00F7009E 00"
#define SCALAR	    "0620 0102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F20"
#define SCALAR_2    "0620 2102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F20"
#define BLOCK_PUK   "002C0080 10 3837363534333231 343536313233FFFF"

/* ---- PIN and PUK ---- */

/* A try is spent before it is given back. */
static enum power_outcome look_right_pin(struct fixture *f)
{
	uint8_t left = power_pin_info(f, PIN_USER).tries_left;

	assert_true(left >= 1 && left <= 3);
	return left == 3 ? POWER_NEW : POWER_OLD;
}

static enum power_outcome look_changed_puk(struct fixture *f)
{
	if (power_pin_is(f, PIN_PUK, "3837363534333231"))
		return POWER_NEW;
	assert_true(power_pin_is(f, PIN_PUK, "3132333435363738"));
	return POWER_OLD;
}

static enum power_outcome look_unblocked(struct fixture *f)
{
	struct pin_info info = power_pin_info(f, PIN_USER);
	uint8_t puk = power_pin_info(f, PIN_PUK).tries_left;

	assert_true(puk == 2 || puk == 3);
	if (info.tries_left == 0) {
		assert_true(info.is_default);
		return POWER_OLD;
	}
	assert_int_equal(info.tries_left, 3);
	assert_int_equal(power_look_changed_pin(f), POWER_NEW);
	return POWER_NEW;
}

static enum power_outcome look_retries(struct fixture *f)
{
	struct pin_info pin = power_pin_info(f, PIN_USER), puk = power_pin_info(f, PIN_PUK);

	if (pin.tries_total == 3) {
		assert_int_equal(puk.tries_total, 3);
		return POWER_OLD;
	}
	assert_int_equal(pin.tries_total, 5);
	assert_int_equal(puk.tries_total, 7);
	assert_int_equal(pin.tries_left, 5);
	assert_int_equal(puk.tries_left, 7);
	return POWER_NEW;
}

/* ---- objects ---- */

static uint8_t guid_before[16];

static void remember_guid(struct fixture *f)
{
	fixture_expect(f, "00CB3FFF 05 5C035FC102 00", CS_SW_OK);
	memcpy(guid_before, f->data.ptr + 31, 16);
}

static enum power_outcome look_certificate(struct fixture *f)
{
	bool is_new;

	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, "00CB3FFF 05 5C035FC105 00", CS_SW_OK);
	is_new = fixture_answer_has(f, "5303700102");
	assert_true(is_new || fixture_answer_has(f, "5303700101"));
	fixture_expect(f, "00CB3FFF 05 5C035FC102 00", CS_SW_OK);
	assert_int_equal(memcmp(guid_before, f->data.ptr + 31, 16) != 0, is_new);
	return is_new ? POWER_NEW : POWER_OLD;
}

static enum power_outcome look_object_made(struct fixture *f)
{
	enum power_outcome o = power_either(f, "00CB3FFF 05 5C035FC106 00", CS_SW_NOT_FOUND, CS_SW_OK);

	assert_true(o == POWER_OLD || fixture_answer_has(f, "5303700101"));
	return o;
}

static enum power_outcome look_object_gone(struct fixture *f)
{
	return power_either(f, "00CB3FFF 05 5C035FC106 00", CS_SW_OK, CS_SW_NOT_FOUND);
}

/* ---- keys ---- */

static uint8_t metadata_before[256];
static size_t metadata_before_len;

static void remember_key(struct fixture *f)
{
	fixture_expect(f, METADATA_9E, CS_SW_OK);
	assert_true(f->data.len <= sizeof(metadata_before));
	metadata_before_len = f->data.len;
	memcpy(metadata_before, f->data.ptr, f->data.len);
}

/* Either way there is a key, and it is whole. */
static enum power_outcome look_key(struct fixture *f)
{
	bool is_new;

	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, METADATA_9E, CS_SW_OK);
	is_new = f->data.len != metadata_before_len || memcmp(metadata_before, f->data.ptr, f->data.len) != 0;
	fixture_expect(f, SIGN_9E, CS_SW_OK);
	return is_new ? POWER_NEW : POWER_OLD;
}

static enum power_outcome look_key_made(struct fixture *f)
{
	enum power_outcome o = power_either(f, METADATA_9E, CS_SW_REFERENCE_NOT_FOUND, CS_SW_OK);

	fixture_expect(f, SIGN_9E, o == POWER_NEW ? CS_SW_OK : CS_SW_REFERENCE_NOT_FOUND);
	return o;
}

static enum power_outcome look_key_gone(struct fixture *f)
{
	return look_key_made(f) == POWER_NEW ? POWER_OLD : POWER_NEW;
}

static enum power_outcome look_moved(struct fixture *f)
{
	enum power_outcome from = power_either(f, METADATA_9E, CS_SW_OK, CS_SW_REFERENCE_NOT_FOUND);
	enum power_outcome to = power_either(f, "00F70082 00", CS_SW_REFERENCE_NOT_FOUND, CS_SW_OK);

	assert_int_equal(from, to);
	return to;
}

static enum power_outcome look_management_key(struct fixture *f)
{
	return power_either(f, "0087089B 04 7C028100 00", CS_SW_WRONG_P1P2, CS_SW_OK);
}

/* ---- the whole card ---- */

static enum power_outcome look_reset(struct fixture *f)
{
	enum power_outcome key = power_either(f, METADATA_9E, CS_SW_OK, CS_SW_REFERENCE_NOT_FOUND);
	enum power_outcome pin = power_either(f, VERIFY_PIN, CS_SW_BLOCKED, CS_SW_OK);
	enum power_outcome puk = power_pin_info(f, PIN_PUK).tries_left == 3 ? POWER_NEW : POWER_OLD;

	assert_int_equal(key, pin);
	assert_int_equal(key, puk);
	power_require_complete(f);
	return key;
}

#define P CSGN_PROFILE_PIV

static const struct power_row rows[] = {
    {"a cut wrong PIN costs a try or was never compared",
     P,
     {VERIFY_PIN},
     NULL,
     WRONG_PIN,
     0x63C2,
     power_look_wrong_pin,
     0},
    {"a cut right PIN never blocks the card at once",
     P,
     {WRONG_PIN},
     NULL,
     VERIFY_PIN,
     CS_SW_OK,
     look_right_pin,
     0},
    {"a cut change leaves the old PIN or the new one",
     P,
     {NULL},
     NULL,
     "00240080 10 313233343536FFFF 343536313233FFFF",
     CS_SW_OK,
     power_look_changed_pin,
     0},
    {"a cut change with a wrong PIN costs a try or was never compared",
     P,
     {NULL},
     NULL,
     "00240080 10 363534333231FFFF 343536313233FFFF",
     0x63C2,
     power_look_wrong_pin,
     0},
    {"a cut change leaves the old PUK or the new one",
     P,
     {NULL},
     NULL,
     "00240081 10 3132333435363738 3837363534333231",
     CS_SW_OK,
     look_changed_puk,
     0},
    {"a cut unblocking leaves a blocked PIN or a new one",
     P,
     {WRONG_PIN, WRONG_PIN, WRONG_PIN},
     NULL,
     "002C0080 10 3132333435363738 343536313233FFFF",
     CS_SW_OK,
     look_unblocked,
     0},
    {"a cut unblocking with a wrong PUK costs a try or was never compared",
     P,
     {NULL},
     NULL,
     BLOCK_PUK,
     0x63C2,
     power_look_wrong_puk,
     0},
    {"cut SET RETRIES sets both or none", P, {VERIFY_PIN}, NULL, "00FA0507", CS_SW_OK, look_retries, 0},

    {"a cut certificate changes together with the GUID",
     P,
     {"00DB3FFF 0A 5C035FC105 5303 700101"},
     remember_guid,
     "00DB3FFF 0A 5C035FC105 5303 700102",
     CS_SW_OK,
     look_certificate,
     0},
    {"a cut new object is there or is not",
     P,
     {NULL},
     NULL,
     "00DB3FFF 0A 5C035FC106 5303 700101",
     CS_SW_OK,
     look_object_made,
     0},
    {"a cut deletion happens or does not",
     P,
     {"00DB3FFF 0A 5C035FC106 5303 700101"},
     NULL,
     "00DB3FFF 07 5C035FC106 5300",
     CS_SW_OK,
     look_object_gone,
     0},
    {"GET DATA writes nothing", P, {NULL}, NULL, "00CB3FFF 05 5C035FC102 00", CS_SW_OK, NULL, 0},

    {"a cut generation leaves the old key or the new one",
     P,
     {GENERATE_9E},
     remember_key,
     GENERATE_9E,
     CS_SW_OK,
     look_key,
     0},
    {"a cut generation in an empty slot leaves a whole key or none",
     P,
     {NULL},
     NULL,
     GENERATE_9E,
     CS_SW_OK,
     look_key_made,
     0},
    {"a cut generation leaves a key with its attributes or none",
     P,
     {NULL},
     NULL,
     "0047009E 0A AC08 800111 A103 800161 00",
     CS_SW_OK,
     power_look_attributed_key,
     0},
    {"a cut import leaves a key with its attributes or none",
     P,
     {NULL},
     NULL,
     "00FE119E 27" SCALAR "A103 800161",
     CS_SW_OK,
     power_look_attributed_key,
     0},
    {"a cut import leaves the old key or the new one",
     P,
     {"00FE119E 22" SCALAR},
     remember_key,
     "00FE119E 22" SCALAR_2,
     CS_SW_OK,
     look_key,
     0},
    {"a cut import into an empty slot leaves a whole key or none",
     P,
     {NULL},
     NULL,
     "00FE119E 22" SCALAR,
     CS_SW_OK,
     look_key_made,
     0},
    {"a cut move leaves the key in one place", P, {GENERATE_9E}, NULL, "00F6829E", CS_SW_OK, look_moved, 0},
    {"a cut move takes the key's attributes along, or leaves both",
     P,
     {GENERATE_9E, "80110000 08 92019E A103 800161"},
     NULL,
     "00F6829E",
     CS_SW_OK,
     power_look_moved_attributes,
     0},
    {"a cut deletion of a key happens or does not",
     P,
     {GENERATE_9E},
     NULL,
     "00F6FF9E",
     CS_SW_OK,
     look_key_gone,
     0},
    {"a cut management key is the old one or the new one",
     P,
     {NULL},
     NULL,
     "00FFFFFF 13 089B10 01020300000000000000000000000000",
     CS_SW_OK,
     look_management_key,
     0},
    {"a signature writes nothing", P, {GENERATE_9E}, NULL, SIGN_9E, CS_SW_OK, NULL, 0},
    {"management-key authentication writes nothing",
     P,
     {NULL},
     NULL,
     "0087039B 04 7C028100 00",
     CS_SW_OK,
     NULL,
     0},
    {"GET METADATA writes nothing", P, {NULL}, NULL, "00F7009B 00", CS_SW_OK, NULL, 0},
    {"GET SERIAL writes nothing", P, {NULL}, NULL, "00F80000 00", CS_SW_OK, NULL, 0},
    {"GET VERSION writes nothing", P, {NULL}, NULL, "00FD0000 00", CS_SW_OK, NULL, 0},
    {"attestation writes nothing", P, {GENERATE_9E}, NULL, "00F99E00 000000", CS_SW_OK, NULL, 0},
    {"INFO in PIV writes nothing", P, {NULL}, NULL, "80010000 00", CS_SW_OK, NULL, 0},
    {"CONTENTS in PIV writes nothing", P, {NULL}, NULL, "80060000 00", CS_SW_OK, NULL, 0},
    {"a cut creation of a secret key leaves a whole key or none in PIV",
     P,
     {NULL},
     NULL,
     "80120801 09 9302000F A103 800161 00",
     CS_SW_OK,
     power_look_secret,
     0},
    {"a cut deletion of a secret key takes its attributes too, or neither in PIV",
     P,
     {"80120801 09 9302000F A103 800161 00"},
     NULL,
     "80130001",
     CS_SW_OK,
     power_look_secret_gone,
     0},
    {"cut attributes are the old ones or the new ones in PIV",
     P,
     {"80110000 0D 92035FFF30 A103 800161 530155"},
     NULL,
     "80110000 0D 92035FFF30 A103 800162 530166",
     CS_SW_OK,
     power_look_attributes,
     0},
    {"a secret key is used without a write in PIV",
     P,
     {"80120801 07 9302000F AA0101 00"},
     NULL,
     "80140501 02 9800 00",
     CS_SW_OK,
     NULL,
     0},
    {"a secret key that was made without the PIN is used, whatever is cut",
     P,
     {"80120801 04 9302000F 00", VERIFY_PIN},
     NULL,
     "80140501 02 9800 00",
     CS_SW_OK,
     power_look_renewed,
     0},
    {"INVENTORY writes nothing in PIV", P, {NULL}, NULL, "80100000 000000", CS_SW_OK, NULL, 0},
    {"a cut lock by the management key is locked or open",
     P,
     {POWER_ISSUE, SELECT_PIV},
     fixture_authenticate_management,
     "80080000",
     CS_SW_OK,
     power_look_locked,
     0},
    {"a cut unlocking by the management key leaves the card locked or open",
     P,
     {POWER_ISSUE, "80080000", SELECT_PIV},
     fixture_authenticate_management,
     "80090000",
     CS_SW_OK,
     power_look_unlocked,
     0},
    {"a cut termination by the management key is completed or never began",
     P,
     {GENERATE_9E},
     NULL,
     "800ADEAD",
     CS_SW_OK,
     power_look_terminated,
     0},
    {"how a touch is told of is set without a write", P, {NULL}, NULL, "80600100", CS_SW_OK, NULL, 0},
    {"opening a logical channel writes nothing", P, {NULL}, NULL, "00700000 01", CS_SW_OK, NULL, 0},
    {"SELECT of PIV writes nothing", P, {SELECT_CSGN}, NULL, SELECT_PIV, CS_SW_OK, NULL, 0},

    {"a cut RESET of PIV is completed or never began",
     P,
     {GENERATE_9E, WRONG_PIN, WRONG_PIN, WRONG_PIN, BLOCK_PUK, BLOCK_PUK, BLOCK_PUK},
     NULL,
     "00FB0000",
     CS_SW_OK,
     look_reset,
     0},
};

const struct power_table power_piv = {&piv_app, rows, sizeof(rows) / sizeof(rows[0])};
