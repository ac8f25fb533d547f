/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the tables of commands share when they look at a card after a power cut.
 */
#include "tests/unit/power.h"

#include "applet/records.h"
#include "applet/secret_key.h"

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

/* A record and the record of its attributes are there together, or neither is. */
static bool has_both(struct fixture *f, uint16_t object, uint16_t attributes)
{
	bool has = store_has(&f->card.store, object);

	assert_int_equal(has, store_has(&f->card.store, attributes));
	return has;
}

enum power_outcome power_look_secret(struct fixture *f)
{
	return has_both(f, RECORD_SECRET_FIRST + 1, RECORD_SECRET_ATTRIBUTES_FIRST + 1) ? POWER_NEW
											: POWER_OLD;
}

enum power_outcome power_look_secret_gone(struct fixture *f)
{
	return power_look_secret(f) == POWER_NEW ? POWER_OLD : POWER_NEW;
}

enum power_outcome power_look_attributes(struct fixture *f)
{
	bool is_new;

	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, "00CB3FFF 05 5C035FFF30 00", CS_SW_OK);
	is_new = fixture_answer_has(f, "530166");
	assert_true(is_new || fixture_answer_has(f, "530155"));
	fixture_expect(f, "80100000 000000", CS_SW_OK);
	assert_true(fixture_answer_has(f, is_new ? "A103800162" : "A103800161"));
	return is_new ? POWER_NEW : POWER_OLD;
}

enum power_outcome power_look_attributed_key(struct fixture *f)
{
	return has_both(f, RECORD_KEY_FIRST + 0x9E, RECORD_ATTRIBUTES_FIRST + 0x9E) ? POWER_NEW : POWER_OLD;
}

enum power_outcome power_look_moved_attributes(struct fixture *f)
{
	bool old = has_both(f, RECORD_KEY_FIRST + 0x9E, RECORD_ATTRIBUTES_FIRST + 0x9E);
	bool moved = has_both(f, RECORD_KEY_FIRST + 0x82, RECORD_ATTRIBUTES_FIRST + 0x82);

	assert_true(old != moved);
	return moved ? POWER_NEW : POWER_OLD;
}

enum power_outcome power_look_renewed(struct fixture *f)
{
	struct secret_key key;
	bool provisional;

	assert_int_equal(secret_key_load(&f->card, 1, &key), CS_OK);
	provisional = secret_is_provisional(cs_view(key.bytes, key.held));
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, "80140501 02 9800 00", CS_SW_OK);
	return provisional ? POWER_OLD : POWER_NEW;
}
