/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Power cuts in the OATH application's commands: see power.h. Credential "a" is HOTP with the seed of RFC
 * 4226, appendix D, whose codes are known.
 */
#include "tests/unit/power.h"

#include <string.h>

#include "applet/oath_credential.h"
#include "applet/oath_guard.h"
#include "base/tlv.h"

#define SEED	       "3132333435363738393031323334353637383930"
#define SEED32	       SEED "313233343536373839303132"
#define PUT_HOTP       "00010000 1B 7101 61 7316 1106" SEED
#define PUT_TOTP       "00010000 1B 7101 61 7316 2106" SEED
#define PUT_BOUND      "00010000 1E 7101 61 7316 1106" SEED "C00140"
#define PUT_BOUND_PAST "00010000 24 7101 61 7316 1106" SEED "7A04 00000001 C00140"
#define CALCULATE      "00A20001 05 7101 61 7400 00"
#define PUT_OCRA                                                                                             \
	"00010000 44 7101 61 7322 3208" SEED32 "C11B 4F4352412D313A484F54502D5348413235362D383A432D514E3038"
#define CHECK "000B0000 15 7101 61 7A08 0000000000000000 C806 373535323234"
#define OCRA  "00080001 0D 7101 61 C308 3132333435363738 00"
/* To the generator of P-256, whose private key is 1. */
#define GENERATE                                                                                             \
	"00090000 00004B C742 11 04 6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296"        \
	"4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5 7101 61 7302 1106 0000"
#define CODE_KEY "7311 01 30313233343536373839616263646500"
#define SET_CODE                                                                                             \
	"00030000 33 " CODE_KEY " 7408 3820627974657321 7514 0BAFB9636F42C9DE762BEC6C5F33C54404746456"

#define WRONG_CODE    "00A30000 20 7514 0000000000000000000000000000000000000000 7408 0102030405060708 00"
#define NEW_SO	      "00240083 10 3132333435363738 3837363534333231"
#define VERIFY_NEW_SO "00200083 08 3837363534333231"

static uint8_t salt_before[YKOATH_SALT_LEN];

static void salt_of(struct fixture *f, uint8_t salt[YKOATH_SALT_LEN])
{
	struct cs_view value;

	fixture_expect(f, SELECT_OATH, CS_SW_OK);
	assert_int_equal(cs_tlv_find(f->data, YKOATH_TAG_NAME, &value), CS_OK);
	assert_int_equal(value.len, YKOATH_SALT_LEN);
	memcpy(salt, value.ptr, YKOATH_SALT_LEN);
}

static void remember_salt(struct fixture *f)
{
	salt_of(f, salt_before);
}

/* The credential of this name; with its SELECT done, for what follows. */
static bool credential(struct fixture *f, const char *name, struct oath_credential *cred)
{
	enum cs_err err;

	fixture_expect(f, SELECT_OATH, CS_SW_OK);
	err = oath_find(&f->card.store, cs_view_string(name), cred);
	assert_true(err == CS_OK || err == CS_ERR_NOT_FOUND);
	return err == CS_OK;
}

static enum power_outcome look_counter(struct fixture *f)
{
	struct oath_credential cred = {0};

	assert_true(credential(f, "a", &cred));
	assert_true(cred.counter <= 1);
	fixture_expect(f, CALCULATE, CS_SW_OK);
	assert_true(fixture_answer_has(f, cred.counter == 0 ? "4C93CF18" : "41397EEA"));
	return cred.counter == 1 ? POWER_NEW : POWER_OLD;
}

static enum power_outcome look_bound(struct fixture *f)
{
	struct oath_credential cred = {0};
	bool renewed;

	assert_true(credential(f, "a", &cred));
	renewed = !secret_is_provisional(cs_view(cred.key, cred.key_len));
	assert_int_equal(cred.counter, renewed ? 1 : 0);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, CALCULATE, CS_SW_OK);
	assert_true(fixture_answer_has(f, renewed ? "41397EEA" : "4C93CF18"));
	return renewed ? POWER_NEW : POWER_OLD;
}

/* The counter stays. */
static enum power_outcome look_checked(struct fixture *f)
{
	struct oath_credential cred = {0};

	assert_true(credential(f, "a", &cred));
	assert_int_equal(cred.counter, 1);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, CALCULATE, CS_SW_OK);
	assert_true(fixture_answer_has(f, "41397EEA"));
	return secret_is_provisional(cs_view(cred.key, cred.key_len)) ? POWER_OLD : POWER_NEW;
}

/* The answers to 12345678 for counters 0 and 1, worked out apart from this code. */
static enum power_outcome look_ocra(struct fixture *f)
{
	struct oath_credential cred = {0};

	assert_true(credential(f, "a", &cred));
	assert_true(cred.counter <= 1);
	fixture_expect(f, OCRA, CS_SW_OK);
	assert_true(fixture_answer_has(f, cred.counter == 0 ? "4D9FED4A" : "4749DD47"));
	return cred.counter == 1 ? POWER_NEW : POWER_OLD;
}

static enum power_outcome look_put(struct fixture *f)
{
	struct oath_credential cred = {0};

	if (!credential(f, "a", &cred))
		return POWER_OLD;
	assert_int_equal(cred.counter, 0);
	fixture_expect(f, CALCULATE, CS_SW_OK);
	return POWER_NEW;
}

/* HOTP was replaced by TOTP. */
static enum power_outcome look_replaced(struct fixture *f)
{
	struct oath_credential cred = {0};

	assert_true(credential(f, "a", &cred));
	assert_int_equal(cred.key_len, 20);
	return oath_type(&cred) == YKOATH_TYPE_HOTP ? POWER_OLD : POWER_NEW;
}

/* The key was replaced by one that the card made; and where it was, its counter begins anew. */
static enum power_outcome look_generated(struct fixture *f)
{
	struct oath_credential cred = {0};
	bool made;

	assert_true(credential(f, "a", &cred));
	made = (cred.properties & YKOATH_PROPERTY_MADE) != 0;
	assert_int_equal(cred.key_len, 20);
	assert_int_equal(cred.counter, made ? 0 : 1);
	assert_int_equal(memcmp(cred.key, "12345678901234567890", 20) == 0, !made);
	return made ? POWER_NEW : POWER_OLD;
}

static enum power_outcome look_deleted(struct fixture *f)
{
	struct oath_credential cred = {0};

	return credential(f, "a", &cred) ? POWER_OLD : POWER_NEW;
}

static enum power_outcome look_renamed(struct fixture *f)
{
	struct oath_credential cred = {0};
	bool from = credential(f, "a", &cred), to = credential(f, "b", &cred);

	assert_true(from != to);
	return to ? POWER_NEW : POWER_OLD;
}

static bool code_is_set(struct fixture *f)
{
	fixture_expect(f, SELECT_OATH, CS_SW_OK);
	return fixture_answer_has(f, "7B0101");
}

static enum power_outcome look_code_set(struct fixture *f)
{
	return code_is_set(f) ? POWER_NEW : POWER_OLD;
}

static enum power_outcome look_code_removed(struct fixture *f)
{
	return code_is_set(f) ? POWER_OLD : POWER_NEW;
}

/* SET_CODE's proof answers this challenge too; one try is gone. */
static void wrong_code_then_known_challenge(struct fixture *f)
{
	fixture_expect(f, WRONG_CODE, CS_SW_WRONG_DATA);
	fixture_expect(f, SELECT_OATH, CS_SW_OK);
	memcpy(f->card.channels[0].oath.challenge, "8 bytes!", YKOATH_CHALLENGE_LEN);
}

static uint8_t code_tries(struct fixture *f)
{
	struct oath_guard_info info;

	assert_int_equal(oath_guard_info(&f->card, &info), CS_OK);
	return info.tries_left;
}

static enum power_outcome look_wrong_code(struct fixture *f)
{
	uint8_t left = code_tries(f);

	assert_true(code_is_set(f) && left >= OATH_TRIES_MAX - 1);
	return left == OATH_TRIES_MAX ? POWER_OLD : POWER_NEW;
}

static enum power_outcome look_right_code(struct fixture *f)
{
	uint8_t left = code_tries(f);

	assert_true(code_is_set(f) && left >= OATH_TRIES_MAX - 2);
	return left == OATH_TRIES_MAX ? POWER_NEW : POWER_OLD;
}

static enum power_outcome look_code_unblocked(struct fixture *f)
{
	uint8_t left = code_tries(f);

	assert_true(code_is_set(f) && left >= OATH_TRIES_MAX - 1);
	return left == OATH_TRIES_MAX ? POWER_NEW : POWER_OLD;
}

static enum power_outcome look_reset(struct fixture *f)
{
	uint8_t salt[YKOATH_SALT_LEN];
	struct oath_credential cred = {0};
	bool old = credential(f, "a", &cred);

	assert_int_equal(code_is_set(f), old);
	salt_of(f, salt);
	assert_int_equal(memcmp(salt, salt_before, sizeof(salt)) == 0, old);
	return old ? POWER_OLD : POWER_NEW;
}

/* The first SELECT makes the salt, which hosts take for the device's name: it never changes by itself. */
static enum power_outcome look_salt(struct fixture *f)
{
	bool made = store_has(&f->card.store, RECORD_OATH_SALT);
	uint8_t salt[YKOATH_SALT_LEN], again[YKOATH_SALT_LEN];

	salt_of(f, salt);
	assert_int_equal(fixture_power_cycle(f), CS_OK);
	salt_of(f, again);
	assert_memory_equal(salt, again, sizeof(salt));
	return made ? POWER_NEW : POWER_OLD;
}

#define P CSGN_PROFILE_PIV

static const struct power_row rows[] = {
    {"a cut first SELECT of OATH makes a salt that stays",
     P,
     {NULL},
     NULL,
     SELECT_OATH,
     CS_SW_OK,
     look_salt,
     0},
    {"a later SELECT of OATH writes nothing",
     P,
     {SELECT_OATH, SELECT_PIV},
     NULL,
     SELECT_OATH,
     CS_SW_OK,
     NULL,
     0},
    {"a cut new credential is there or is not", P, {SELECT_OATH}, NULL, PUT_HOTP, CS_SW_OK, look_put, 0},
    {"a cut replacing credential is the old one or the new one",
     P,
     {SELECT_OATH, PUT_HOTP},
     NULL,
     PUT_TOTP,
     CS_SW_OK,
     look_replaced,
     0},
    {"a cut deletion of a credential happens or does not",
     P,
     {SELECT_OATH, PUT_HOTP},
     NULL,
     "00020000 03 7101 61",
     CS_SW_OK,
     look_deleted,
     0},
    {"a cut renaming leaves one name",
     P,
     {SELECT_OATH, PUT_HOTP},
     NULL,
     "00050000 06 7101 61 7101 62",
     CS_SW_OK,
     look_renamed,
     0},
    {"no HOTP code leaves in a cut before its counter is behind it",
     P,
     {SELECT_OATH, PUT_HOTP},
     NULL,
     CALCULATE,
     CS_SW_OK,
     look_counter,
     0},
    {"no OCRA answer leaves in a cut before its counter is behind it",
     P,
     {SELECT_OATH, PUT_OCRA},
     NULL,
     OCRA,
     CS_SW_OK,
     look_ocra,
     0},
    {"a cut generated credential is the old one or the new one, and no sealed seed leaves before it is there",
     P,
     {SELECT_OATH, PUT_HOTP, CALCULATE},
     NULL,
     GENERATE,
     CS_SW_OK,
     look_generated,
     0},
    {"CHECK writes nothing", P, {SELECT_OATH, PUT_HOTP, CALCULATE}, NULL, CHECK, CS_SW_OK, NULL, 0},
    {"a cut CHECK of what is bound to the PIN seals its seed anew, or not yet",
     P,
     {SELECT_OATH, PUT_BOUND_PAST, VERIFY_PIN},
     NULL,
     CHECK,
     CS_SW_OK,
     look_checked,
     0},
    {"LIST ALL writes nothing", P, {SELECT_OATH, PUT_OCRA}, NULL, "00070000 00", CS_SW_OK, NULL, 0},
    {"a cut first code of what is bound to the PIN seals its seed anew and moves its counter, or neither",
     P,
     {SELECT_OATH, PUT_BOUND, VERIFY_PIN},
     NULL,
     CALCULATE,
     CS_SW_OK,
     look_bound,
     0},
    {"a cut access code is set or is not", P, {SELECT_OATH}, NULL, SET_CODE, CS_SW_OK, look_code_set, 0},
    {"a cut removal of the access code happens or does not",
     P,
     {SELECT_OATH, SET_CODE},
     NULL,
     "00030000 02 7300",
     CS_SW_OK,
     look_code_removed,
     0},
    {"a cut RESET of OATH takes everything or nothing",
     P,
     {SELECT_OATH, PUT_HOTP, SET_CODE},
     remember_salt,
     "0004DEAD",
     CS_SW_OK,
     look_reset,
     0},
    {"LIST writes nothing", P, {SELECT_OATH, PUT_HOTP}, NULL, "00A10000 00", CS_SW_OK, NULL, 0},
    {"a TOTP code writes nothing",
     P,
     {SELECT_OATH, PUT_TOTP},
     NULL,
     "00A20001 0D 7101 61 7408 0000000000000001 00",
     CS_SW_OK,
     NULL,
     0},
    {"CALCULATE ALL writes nothing",
     P,
     {SELECT_OATH, PUT_TOTP},
     NULL,
     "00A40001 0A 7408 0000000000000001 00",
     CS_SW_OK,
     NULL,
     0},
    {"a cut wrong answer to the access code costs a try or was never compared",
     P,
     {SELECT_OATH, SET_CODE, SELECT_OATH},
     NULL,
     WRONG_CODE,
     CS_SW_WRONG_DATA,
     look_wrong_code,
     0},
    {"a cut right answer to the access code never takes all tries",
     P,
     {SELECT_OATH, SET_CODE, SELECT_OATH},
     wrong_code_then_known_challenge,
     "00A30000 20 7514 0BAFB9636F42C9DE762BEC6C5F33C54404746456 7408 0102030405060708 00",
     CS_SW_OK,
     look_right_code,
     0},
    {"a cut unblocking of the access code gives all tries or none",
     P,
     {SELECT_CSGN, NEW_SO, SELECT_OATH, SET_CODE, SELECT_OATH, WRONG_CODE, VERIFY_NEW_SO},
     NULL,
     "000A0000",
     CS_SW_OK,
     look_code_unblocked,
     0},
    {"a wrong SO PIN costs a try in OATH too",
     P,
     {SELECT_OATH},
     NULL,
     "00200083 08 3837363534333231",
     0x63C2,
     power_look_wrong_so,
     0},
    {"the tries of the access code are told without a write",
     P,
     {SELECT_OATH, SET_CODE},
     NULL,
     "00060000 00",
     CS_SW_OK,
     NULL,
     0},
    {"how a touch is told of is set without a write in OATH",
     P,
     {SELECT_OATH},
     NULL,
     "80600100",
     CS_SW_OK,
     NULL,
     0},
};

const struct power_table power_oath = {&oath_app, rows, sizeof(rows) / sizeof(rows[0])};
