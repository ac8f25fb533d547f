/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Power cuts where PINs and the keys that they open meet: see power.h. Slot 9A has a key that wants the PIN
 * once; whatever is cut, it opens afterwards.
 */
#include "tests/unit/power.h"

#include "applet/records.h"

#define GENERATE_9A "0047009A 05 AC03800111 00"
#define SIGN_9A	    "0087119A 0E 7C0C 8200 8108 0102030405060708 00"
#define VERIFY_SO   "00200083 08 3132333435363738"
#define CHANGE_PIN  "00240080 10 313233343536FFFF 343536313233FFFF"
#define KIND_DIRECT 1u
#define KIND_OTHER  2u /* sealed to the card's public key */

/* The PIN verifies, and the key in 9A signs. */
static void require_opens(struct fixture *f, const char *verify)
{
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, verify, CS_SW_OK);
	fixture_expect(f, SIGN_9A, CS_SW_OK);
}

static void require_opens_whichever(struct fixture *f, enum power_outcome pin)
{
	require_opens(f, pin == POWER_NEW ? "00200080 08 343536313233FFFF" : VERIFY_PIN);
}

/* How the key in 9A is sealed: the first byte of the private part. */
static uint8_t kind_of_9a(struct fixture *f)
{
	uint8_t bytes[1024];
	struct cs_writer w = CS_WRITER_OF(bytes);

	assert_int_equal(store_get(&f->card.store, RECORD_KEY_FIRST + 0x9A, &w), CS_OK);
	assert_true(w.len > 7 && (bytes[4] & 0x80));
	return bytes[6];
}

static enum power_outcome look_renewed(struct fixture *f)
{
	uint8_t kind = kind_of_9a(f);

	assert_true(kind == KIND_DIRECT || kind == KIND_OTHER);
	require_opens(f, VERIFY_PIN);
	assert_int_equal(kind_of_9a(f), KIND_DIRECT);
	return kind == KIND_DIRECT ? POWER_NEW : POWER_OLD;
}

static enum power_outcome look_generated(struct fixture *f)
{
	enum power_outcome key = power_either(f, "00F7009A 00", CS_SW_REFERENCE_NOT_FOUND, CS_SW_OK);

	if (key == POWER_NEW)
		require_opens(f, VERIFY_PIN);
	return key;
}

static enum power_outcome look_moved(struct fixture *f)
{
	enum power_outcome to = power_either(f, "00F70082 00", CS_SW_REFERENCE_NOT_FOUND, CS_SW_OK);

	assert_int_equal(power_either(f, "00F7009A 00", CS_SW_OK, CS_SW_REFERENCE_NOT_FOUND), to);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, to == POWER_NEW ? "00871182 0E 7C0C 8200 8108 0102030405060708 00" : SIGN_9A,
		       CS_SW_OK);
	return to;
}

static enum power_outcome look_changed(struct fixture *f)
{
	enum power_outcome pin = power_look_changed_pin(f);

	require_opens_whichever(f, pin);
	return pin;
}

static enum power_outcome look_retries(struct fixture *f)
{
	uint8_t pin = power_pin_info(f, PIN_USER).tries_total, puk = power_pin_info(f, PIN_PUK).tries_total;

	assert_true((pin == 5 && puk == 7) || (pin == 3 && puk == 3));
	require_opens(f, VERIFY_PIN);
	return pin == 5 ? POWER_NEW : POWER_OLD;
}

static enum power_outcome look_so(struct fixture *f)
{
	enum power_outcome so = power_pin_is(f, PIN_SO, "3837363534333034") ? POWER_NEW : POWER_OLD;

	if (so == POWER_OLD)
		assert_true(power_pin_is(f, PIN_SO, "3132333435363738"));
	assert_true(power_pin_is(f, PIN_PUK, "3132333435363738"));
	require_opens(f, VERIFY_PIN);
	return so;
}

static enum power_outcome look_must_change(struct fixture *f)
{
	struct pin_info pin = power_pin_info(f, PIN_USER);

	if (!pin.must_change) {
		require_opens(f, VERIFY_PIN);
		return POWER_OLD;
	}
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, "00200080 08 343536313233FFFF", CS_SW_OK);
	fixture_expect(f, SIGN_9A, CS_SW_REFERENCE_UNUSABLE);
	return POWER_NEW;
}

/* The PIN has one try gone, which no limit gives back; the PUK has fewer than it had. */
static enum power_outcome look_limits(struct fixture *f)
{
	struct pin_info pin = power_pin_info(f, PIN_USER), puk = power_pin_info(f, PIN_PUK);
	bool set = pin.tries_total == 5;

	assert_int_equal(pin.tries_total, set ? 5 : 3);
	assert_int_equal(pin.tries_left, 2);
	assert_int_equal(puk.tries_total, set ? 2 : 3);
	assert_int_equal(puk.tries_left, set ? 2 : 3);
	assert_int_equal(power_pin_info(f, PIN_SO).tries_total, 3);
	require_opens(f, VERIFY_PIN);
	return set ? POWER_NEW : POWER_OLD;
}

#define C CSGN_PROFILE_COUNTERSIGN
#define P CSGN_PROFILE_PIV

static const struct power_row piv_rows[] = {
    {"a cut first use of a key that was made without the PIN leaves it openable",
     P,
     {GENERATE_9A, VERIFY_PIN},
     NULL,
     SIGN_9A,
     CS_SW_OK,
     look_renewed,
     0},
    {"the use of a key that was made with the PIN writes nothing",
     P,
     {VERIFY_PIN, GENERATE_9A},
     NULL,
     SIGN_9A,
     CS_SW_OK,
     NULL,
     0},
    {"a cut generation without the PIN leaves no key that cannot be opened",
     P,
     {NULL},
     NULL,
     GENERATE_9A,
     CS_SW_OK,
     look_generated,
     0},
    {"a cut generation with the PIN leaves no key that cannot be opened",
     C,
     {VERIFY_PIN},
     NULL,
     GENERATE_9A,
     CS_SW_OK,
     look_generated,
     0},
    {"a cut move of a sealed key leaves it openable where it is",
     P,
     {GENERATE_9A},
     NULL,
     "00F6829A",
     CS_SW_OK,
     look_moved,
     0},
    {"a cut change of the PIN leaves its keys openable",
     P,
     {VERIFY_PIN, GENERATE_9A},
     NULL,
     CHANGE_PIN,
     CS_SW_OK,
     look_changed,
     0},
    {"a cut unblocking leaves the keys openable",
     P,
     {VERIFY_PIN, GENERATE_9A},
     NULL,
     "002C0080 10 3132333435363738 343536313233FFFF",
     CS_SW_OK,
     look_changed,
     0},
    {"cut retry counts and factory PINs leave the keys openable",
     P,
     {GENERATE_9A, VERIFY_PIN},
     NULL,
     "00FA0507",
     CS_SW_OK,
     look_retries,
     0},
};

static const struct power_row csgn_rows[] = {
    {"a cut change of the SO PIN is whole, and no other's",
     C,
     {VERIFY_PIN, GENERATE_9A, SELECT_CSGN},
     NULL,
     "00240083 10 3132333435363738 3837363534333034",
     CS_SW_OK,
     look_so,
     0},
    {"a cut PIN that must be changed says so or is not there",
     C,
     {VERIFY_PIN, GENERATE_9A, SELECT_CSGN, VERIFY_SO},
     NULL,
     "80030000 0B 9106 343536313233 B30101",
     CS_SW_OK,
     look_must_change,
     0},
    {"cut retry limits are all set or none, and give no try",
     C,
     {VERIFY_PIN, GENERATE_9A, SELECT_CSGN, WRONG_PIN, VERIFY_SO},
     NULL,
     "80200000 05 B203 050200",
     CS_SW_OK,
     look_limits,
     0},
};

const struct power_table power_pin_piv = {&piv_app, piv_rows, sizeof(piv_rows) / sizeof(piv_rows[0])};
const struct power_table power_pin_csgn = {&csgn_app, csgn_rows, sizeof(csgn_rows) / sizeof(csgn_rows[0])};
