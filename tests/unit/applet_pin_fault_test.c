/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Cryptography fails, once, at each of its calls in each command that has to do with PINs and what they seal,
 * the reading of records included: the command says so, nobody is let in, no try comes back, and after the
 * next start PIN, PUK, SO PIN and keys are as before or as after.
 */
#include "tests/unit/card_fixture.h"

#include <stdlib.h>
#include <string.h>

#include "applet/pin.h"
#include "applet/records.h"
#include "tests/unit/crypto_fault.h"

#define SIGN_9A	    "0087119A 0E 7C0C 8200 8108 0102030405060708 00"
#define GENERATE_9A "0047009A 05 AC03800111 00"
#define VERIFY_SO   "00200083 08 3132333435363738"
#define FAULTS_MAX  400u

struct row {
	enum csgn_profile profile;
	const char *prepare[6]; /* PIV is selected; 9B authenticated in the piv profile */
	const char *command;
	uint16_t sw;   /* when nothing fails */
	bool to_blank; /* the key in 9A is gone, and the PINs are others, once it is done */
};

#define C CSGN_PROFILE_COUNTERSIGN
#define P CSGN_PROFILE_PIV

/* Where a PIN is changed it becomes 456123. */
static const struct row rows[] = {
    {P, {GENERATE_9A}, VERIFY_PIN, CS_SW_OK, false},
    {P, {GENERATE_9A}, WRONG_PIN, 0x63C2, false},
    {P, {GENERATE_9A}, "00200080", 0x63C3, false},
    {P, {GENERATE_9A}, "00240080 10 313233343536FFFF 343536313233FFFF", CS_SW_OK, false},
    {P, {GENERATE_9A}, "00240081 10 3132333435363738 3132333435363738", CS_SW_OK, false},
    {P, {GENERATE_9A}, "002C0080 10 3132333435363738 343536313233FFFF", CS_SW_OK, false},
    {P, {GENERATE_9A}, "00F70080 00", CS_SW_OK, false},
    {P, {GENERATE_9A, VERIFY_PIN}, "00FA0303", CS_SW_OK, false},
    {P, {GENERATE_9A, VERIFY_PIN}, SIGN_9A, CS_SW_OK, false},
    {P, {VERIFY_PIN, GENERATE_9A}, SIGN_9A, CS_SW_OK, false},
    {P, {GENERATE_9A}, GENERATE_9A, CS_SW_OK, false},
    {C, {VERIFY_PIN, GENERATE_9A}, GENERATE_9A, CS_SW_OK, false},
    {C, {VERIFY_PIN, GENERATE_9A, SELECT_CSGN}, VERIFY_SO, CS_SW_OK, false},
    {C,
     {VERIFY_PIN, GENERATE_9A, SELECT_CSGN},
     "00240083 10 3132333435363738 3132333435363738",
     CS_SW_WRONG_DATA,
     false},
    {C, {VERIFY_PIN, GENERATE_9A, SELECT_CSGN}, "80010000 00", CS_SW_OK, false},
    {C, {VERIFY_PIN, GENERATE_9A, SELECT_CSGN, VERIFY_SO}, "80030000 08 9106 343536313233", CS_SW_OK, false},
    {C, {VERIFY_PIN, GENERATE_9A, SELECT_CSGN, VERIFY_SO}, "80200000 05 B203 030303", CS_SW_OK, false},
    {C,
     {VERIFY_PIN, GENERATE_9A, SELECT_CSGN, VERIFY_SO},
     "80020000 1A 9008 3837363534333031 8404 54657374 B108 3931373332383436",
     CS_SW_OK,
     true},
    {C, {VERIFY_PIN, GENERATE_9A, SELECT_CSGN, VERIFY_SO}, "8005DEAD", CS_SW_OK, true},
};

struct beginning {
	struct card card;
	struct flash_ram *flash;
};

static void begin(struct fixture *f, const struct row *row, struct beginning *b)
{
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	if (row->profile == P)
		fixture_authenticate_management(f);
	for (size_t i = 0; i < 6 && row->prepare[i]; i++)
		fixture_expect(f, row->prepare[i], CS_SW_OK);
	b->card = f->card;
	b->flash = flash_ram_clone(f->flash);
	assert_non_null(b->flash);
}

static void go_back(struct fixture *f, const struct beginning *b)
{
	flash_ram_free(f->flash);
	f->card = b->card;
	f->flash = flash_ram_clone(b->flash);
	assert_non_null(f->flash);
	f->ports.flash = flash_ram_flash(f->flash);
	f->card.ports = f->ports;
	f->card.store.flash = f->ports.flash;
}

static uint8_t tries(struct fixture *f, enum pin pin)
{
	struct pin_info info;

	assert_int_equal(pin_info(&f->card, pin, &info), CS_OK);
	return info.tries_left;
}

/* The key opens with the PIN, whichever that is now; or the card was made anew. */
static void require_sound(struct fixture *f, const struct row *row)
{
	uint16_t sw;

	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	if (row->to_blank && fixture_send(f, "00F7009A 00") == CS_SW_REFERENCE_NOT_FOUND) {
		fixture_expect(f, SELECT_CSGN, CS_SW_OK);
		if (fixture_answer_has(f, "830102"))
			fixture_expect(f, "00200083 08 3837363534333031", CS_SW_OK);
		else
			fixture_expect(f, VERIFY_SO, CS_SW_OK);
		return;
	}
	sw = fixture_send(f, "00200080 08 343536313233FFFF");
	if (sw != CS_SW_OK)
		fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, SIGN_9A, CS_SW_OK);
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	fixture_expect(f, VERIFY_SO, CS_SW_OK);
	fixture_expect(f, "80030000 08 9106 343536313233", CS_SW_OK);
	fixture_expect(f, "002C0080 10 3132333435363738 343536313233FFFF", CS_SW_OK);
}

static bool fail_once(struct fixture *f, const struct row *row, const struct beginning *b, unsigned n)
{
	uint8_t before[PIN_COUNT], after[PIN_COUNT];
	uint16_t state, sw;
	bool failed;

	go_back(f, b);
	state = f->card.channels[0].security;
	for (int i = 0; i < PIN_COUNT; i++)
		before[i] = tries(f, (enum pin)i);
	crypto_fault_at(n);
	sw = fixture_send(f, row->command);
	failed = crypto_fault_happened();
	crypto_fault_at(0);
	if (!failed) {
		assert_int_equal(sw, row->sw);
	} else {
		if (sw == CS_SW_OK || (sw & 0xFFF0) == CS_SW_TRIES_LEFT)
			fail_msg("%s answered %04X though call %u failed", row->command, sw, n);
		/* No bit that was not there. */
		assert_int_equal(f->card.channels[0].security & ~state, 0);
	}
	assert_int_equal(fixture_power_cycle(f), CS_OK);
	for (int i = 0; i < PIN_COUNT && failed; i++) {
		after[i] = tries(f, (enum pin)i);
		assert_true(after[i] <= before[i] || row->to_blank);
	}
	require_sound(f, row);
	return failed;
}

static void a_fault_lets_nobody_in_and_loses_nothing(void **state)
{
	struct beginning *b = calloc(1, sizeof(*b));
	unsigned faults = 0;

	(void)state;
	assert_non_null(b);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fixture *f = NULL;
		unsigned n = 1;

		if (rows[i].profile == P)
			fixture_setup_piv((void **)&f);
		else
			fixture_setup_countersign((void **)&f);
		crypto_fault_install(&f->crypto);
		begin(f, &rows[i], b);
		while (fail_once(f, &rows[i], b, n))
			assert_true(n++ < FAULTS_MAX);
		faults += n - 1;
		flash_ram_free(b->flash);
		fixture_teardown((void **)&f);
	}
	free(b);
	print_message("# %u faults\n", faults);
}

/* ---- the start ---- */

static void put(struct fixture *f, uint16_t id, const char *hex)
{
	uint8_t bytes[64];

	assert_int_equal(store_put(&f->card.store, id, fixture_hex(hex, bytes, sizeof(bytes))), CS_OK);
}

/* Of a new card, and of one of the earlier form that is being converted. */
static void a_start_that_fails_is_made_good_by_the_next(void **state)
{
	struct fixture *f = *state;
	bool failed = true;
	unsigned n;

	crypto_fault_install(&f->crypto);
	for (n = 1; failed; n++) {
		enum cs_err err;

		put(f, RECORD_PIN, "313233343536FFFF 01 03");
		put(f, RECORD_PIN_TRIES, "02");
		put(f, RECORD_PUK, "3132333435363738 01 03");
		put(f, RECORD_PUK_TRIES, "03");
		assert_int_equal(store_delete_range(&f->card.store, RECORD_SO, RECORD_SECRET), CS_OK);
		card_close(&f->card);
		crypto_fault_at(n);
		err = card_open(&f->card, &f->ports, CSGN_PROFILE_PIV);
		failed = crypto_fault_happened();
		crypto_fault_at(0);
		assert_int_equal(err == CS_OK, !failed);
		assert_int_equal(fixture_power_cycle(f), CS_OK);
		assert_int_equal(tries(f, PIN_USER), 2);
		assert_int_equal(tries(f, PIN_SO), 3);
		assert_int_equal(fixture_power_cycle(f), CS_OK);
	}
	assert_true(n > 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_fault_lets_nobody_in_and_loses_nothing),
	    cmocka_unit_test_setup_teardown(a_start_that_fails_is_made_good_by_the_next, fixture_setup_piv,
					    fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
