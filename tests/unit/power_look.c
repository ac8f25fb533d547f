/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the tables of commands share when they look at a card after a power cut.
 */
#include "tests/unit/power.h"

#include "applet/records.h"

/* From here on are records that applet_power_test.c itself writes. */
#define TEST_RECORDS 0xF000u

struct pin_info power_pin_info(struct fixture *f, enum pin pin)
{
	struct pin_info info;

	assert_int_equal(pin_info(&f->card, pin, &info), CS_OK);
	return info;
}

enum power_outcome power_either(struct fixture *f, const char *command, uint16_t before, uint16_t after)
{
	uint16_t sw;

	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	sw = fixture_send(f, command);
	if (sw != before && sw != after)
		fail_msg("%s answered %04X, neither %04X nor %04X", command, sw, before, after);
	return sw == after ? POWER_NEW : POWER_OLD;
}

bool power_pin_is(struct fixture *f, enum pin pin, const char *block)
{
	uint8_t bytes[PIV_PIN_LEN];
	struct pin_match match;
	enum cs_err err;

	assert_int_equal(fixture_hex(block, bytes, sizeof(bytes)).len, PIV_PIN_LEN);
	err = pin_compare(&f->card, pin, bytes, &match);
	assert_true(err == CS_OK || err == CS_ERR_WRONG);
	return err == CS_OK;
}

enum power_outcome power_look_changed_pin(struct fixture *f)
{
	if (power_pin_is(f, PIN_USER, "343536313233FFFF"))
		return POWER_NEW;
	assert_true(power_pin_is(f, PIN_USER, "313233343536FFFF"));
	return POWER_OLD;
}

void power_require_complete(struct fixture *f)
{
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, "00CB3FFF 05 5C035FC102 00", CS_SW_OK);
	fixture_expect(f, "00CB3FFF 05 5C035FC107 00", CS_SW_OK);
	fixture_expect(f, "00CB3FFF 05 5C035FC10C 00", CS_SW_OK);
	fixture_expect(f, "00F700F9 00", CS_SW_OK);
	fixture_expect(f, "00F7009B 00", CS_SW_OK);
	fixture_expect(f, "00F9F900 000000", CS_SW_OK);
}

static enum power_outcome spent(struct fixture *f, enum pin pin)
{
	uint8_t left = power_pin_info(f, pin).tries_left;

	assert_true(left == 3 || left == 2);
	return left == 2 ? POWER_NEW : POWER_OLD;
}

enum power_outcome power_look_wrong_pin(struct fixture *f)
{
	return spent(f, PIN_USER);
}

enum power_outcome power_look_wrong_puk(struct fixture *f)
{
	return spent(f, PIN_PUK);
}

enum power_outcome power_look_wrong_so(struct fixture *f)
{
	return spent(f, PIN_SO);
}

/* Locked, the PIN is blocked whatever its tries are; and the other way round. */
static bool is_locked(struct fixture *f)
{
	bool locked;

	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	locked = fixture_answer_has(f, "830104");
	assert_true(locked || fixture_answer_has(f, "830103"));
	fixture_expect(f, "00200080", locked ? CS_SW_BLOCKED : 0x63C3);
	return locked;
}

enum power_outcome power_look_locked(struct fixture *f)
{
	return is_locked(f) ? POWER_NEW : POWER_OLD;
}

enum power_outcome power_look_unlocked(struct fixture *f)
{
	return is_locked(f) ? POWER_OLD : POWER_NEW;
}

enum power_outcome power_look_terminated(struct fixture *f)
{
	uint16_t id;

	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	if (!fixture_answer_has(f, "830105")) {
		fixture_expect(f, SELECT_PIV, CS_SW_OK);
		fixture_expect(f, "00F7009E 00", CS_SW_OK);
		power_require_complete(f);
		return POWER_OLD;
	}
	assert_false(store_next(&f->card.store, RECORD_ATTESTATION_KEY, RECORD_ATTESTATION_LAST, &id));
	assert_false(store_next(&f->card.store, RECORD_CONTENT_FIRST, TEST_RECORDS - 1, &id));
	return POWER_NEW;
}
