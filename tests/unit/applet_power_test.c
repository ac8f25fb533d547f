/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Power is cut at every flash operation of every command that changes the card, in every way that a flash can
 * tear: after it the card is wholly as before or wholly as after, and no try has come back.
 */
#include "tests/unit/card_fixture.h"

#include <string.h>

#include "applet/pin.h"

#define CUTS_MAX 2000u

enum outcome { OLD, NEW };

struct scenario {
	enum csgn_profile profile;
	const char *prepare[12]; /* after SELECT PIV, and 9B authentication in the piv profile */
	void (*prepare_more)(struct fixture *f);
	const char *command;			 /* in the session that prepared it */
	enum outcome (*look)(struct fixture *f); /* after power is back; fails the test on anything else */
};

static int setup(void **state)
{
	return fixture_setup_piv(state);
}

static void prepare(struct fixture *f, const struct scenario *s)
{
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	if (f->card.profile.base == CSGN_PROFILE_PIV)
		fixture_authenticate_management(f);
	for (size_t i = 0; i < 12 && s->prepare[i]; i++)
		fixture_send(f, s->prepare[i]);
	if (s->prepare_more)
		s->prepare_more(f);
}

/* A card in a flash of its own, which was brought to the scenario's beginning with the power on. */
static void begin(struct fixture *f, const struct scenario *s)
{
	flash_ram_free(f->flash);
	f->flash = flash_ram_new(2048, 16, 8);
	assert_non_null(f->flash);
	f->ports.flash = flash_ram_flash(f->flash);
	card_close(&f->card);
	assert_int_equal(card_open(&f->card, &f->ports, s->profile), CS_OK);
	prepare(f, s);
}

/* The card of from, in its session, on a flash of its own. */
static void take_copy(struct fixture *f, const struct fixture *from)
{
	flash_ram_free(f->flash);
	f->card = from->card;
	f->flash = flash_ram_clone(from->flash);
	assert_non_null(f->flash);
	f->ports.flash = flash_ram_flash(f->flash);
	f->card.ports = f->ports;
	f->card.store.flash = f->ports.flash;
}

static bool cut_once(struct fixture *f, const struct scenario *s, const struct fixture *from, uint64_t n,
		     enum flash_tear tear)
{
	uint16_t sw;
	bool cut;

	take_copy(f, from);
	flash_ram_cut_at(f->flash, n, tear, n * 5 + (uint64_t)tear);
	sw = fixture_send(f, s->command);
	cut = flash_ram_is_cut(f->flash);
	if (cut && sw == CS_SW_OK)
		fail_msg("answered 9000 although power went at operation %u", (unsigned)n);
	assert_int_equal(fixture_power_cycle(f), CS_OK);
	if (s->look(f) == OLD && !cut)
		fail_msg("nothing changed though power stayed: %s answered %04X", s->command, sw);
	assert_int_equal(flash_ram_counted(f->flash).violations, 0);
	return cut;
}

static void run(void **state, const struct scenario *s)
{
	struct fixture *f = *state, *from = test_malloc(sizeof(*from));
	unsigned cuts = 0;

	begin(f, s);
	memcpy(from, f, sizeof(*from));
	from->flash = flash_ram_clone(f->flash);
	assert_non_null(from->flash);
	for (int tear = 0; tear < FLASH_TEAR_COUNT; tear++) {
		uint64_t n = 1;

		while (cut_once(f, s, from, n, (enum flash_tear)tear)) {
			n++;
			assert_true(cuts++ < CUTS_MAX);
		}
	}
	assert_true(cuts > 0);
	print_message("# %u cuts\n", cuts);
	flash_ram_free(from->flash);
	test_free(from);
}

/* Power goes a second time, at every operation of the start that follows the first. */
static void run_twice(void **state, const struct scenario *s)
{
	struct fixture *f = *state, *from = test_malloc(sizeof(*from));
	bool first = true, second = true;
	unsigned cuts = 0;

	begin(f, s);
	memcpy(from, f, sizeof(*from));
	from->flash = flash_ram_clone(f->flash);
	assert_non_null(from->flash);
	for (uint64_t n = 1; first; n++) {
		second = true;
		for (uint64_t m = 1; second; m++) {
			enum cs_err err;

			take_copy(f, from);
			flash_ram_cut_at(f->flash, n, FLASH_TEAR_MIX, n);
			(void)fixture_send(f, s->command);
			first = flash_ram_is_cut(f->flash);
			card_close(&f->card);
			flash_ram_power_on(f->flash);
			flash_ram_cut_at(f->flash, m, FLASH_TEAR_MIX, n * 1000 + m);
			err = card_open(&f->card, &f->ports, s->profile);
			second = flash_ram_is_cut(f->flash);
			assert_int_equal(err == CS_OK, !second);
			assert_int_equal(fixture_power_cycle(f), CS_OK);
			(void)s->look(f);
			cuts++;
		}
	}
	print_message("# %u pairs of cuts\n", cuts);
	flash_ram_free(from->flash);
	test_free(from);
}

static struct pin_info info_of(struct fixture *f, enum pin pin)
{
	struct pin_info info;

	assert_int_equal(pin_info(&f->card, pin, &info), CS_OK);
	return info;
}

/* Sends commands that look, and decides by their status words: all of them must tell the same story. */
static enum outcome either(struct fixture *f, const char *command, uint16_t before, uint16_t after)
{
	uint16_t sw;

	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	sw = fixture_send(f, command);
	if (sw != before && sw != after)
		fail_msg("%s answered %04X, neither %04X nor %04X", command, sw, before, after);
	return sw == after ? NEW : OLD;
}

/* ---- PIN ---- */

static enum outcome look_wrong_pin(struct fixture *f)
{
	uint8_t left = info_of(f, PIN_USER).tries_left;

	assert_true(left == 3 || left == 2);
	return left == 2 ? NEW : OLD;
}

static void a_cut_wrong_pin_costs_a_try_or_was_never_compared(void **state)
{
	static const struct scenario s = {CSGN_PROFILE_PIV, {VERIFY_PIN}, NULL, WRONG_PIN, look_wrong_pin};

	run(state, &s);
}

static enum outcome look_right_pin(struct fixture *f)
{
	uint8_t left = info_of(f, PIN_USER).tries_left;

	assert_true(left >= 1 && left <= 3);
	return left == 3 ? NEW : OLD;
}

static void a_cut_right_pin_never_blocks_the_card_at_once(void **state)
{
	static const struct scenario s = {CSGN_PROFILE_PIV, {WRONG_PIN}, NULL, VERIFY_PIN, look_right_pin};

	run(state, &s);
}

static enum outcome look_changed_pin(struct fixture *f)
{
	static const uint8_t old_pin[] = {'1', '2', '3', '4', '5', '6', 0xFF, 0xFF};
	static const uint8_t new_pin[] = {'4', '5', '6', '1', '2', '3', 0xFF, 0xFF};
	uint8_t left = info_of(f, PIN_USER).tries_left, tries = 0;
	enum cs_err is_new;

	assert_true(left == 2 || left == 3);
	is_new = pin_compare(&f->card, PIN_USER, new_pin, &tries);
	if (is_new == CS_OK)
		return NEW;
	assert_int_equal(is_new, CS_ERR_WRONG);
	assert_int_equal(pin_compare(&f->card, PIN_USER, old_pin, &tries), CS_OK);
	return OLD;
}

static void a_cut_change_leaves_the_old_pin_or_the_new_one(void **state)
{
	static const struct scenario s = {CSGN_PROFILE_PIV,
					  {NULL},
					  NULL,
					  "00240080 10 313233343536FFFF 343536313233FFFF",
					  look_changed_pin};

	run(state, &s);
}

static enum outcome look_unblocked(struct fixture *f)
{
	struct pin_info info = info_of(f, PIN_USER);
	uint8_t puk = info_of(f, PIN_PUK).tries_left;

	assert_true(puk == 2 || puk == 3);
	if (info.tries_left == 0) {
		assert_true(info.is_default);
		return OLD;
	}
	assert_int_equal(look_changed_pin(f), NEW);
	return NEW;
}

static void a_cut_unblocking_leaves_a_blocked_pin_or_a_new_one(void **state)
{
	static const struct scenario s = {CSGN_PROFILE_PIV,
					  {WRONG_PIN, WRONG_PIN, WRONG_PIN},
					  NULL,
					  "002C0080 10 3132333435363738 343536313233FFFF",
					  look_unblocked};

	run(state, &s);
}

static enum outcome look_retries(struct fixture *f)
{
	struct pin_info pin = info_of(f, PIN_USER), puk = info_of(f, PIN_PUK);

	if (pin.tries_total == 3) {
		assert_int_equal(puk.tries_total, 3);
		return OLD;
	}
	assert_int_equal(pin.tries_total, 5);
	assert_int_equal(puk.tries_total, 7);
	assert_int_equal(pin.tries_left, 5);
	assert_int_equal(puk.tries_left, 7);
	return NEW;
}

static void cut_set_retries_set_both_or_none(void **state)
{
	static const struct scenario s = {CSGN_PROFILE_PIV, {VERIFY_PIN}, NULL, "00FA0507", look_retries};

	run(state, &s);
}

/* ---- objects and keys ---- */

static uint8_t guid_before[16];

static void remember_guid(struct fixture *f)
{
	fixture_expect(f, "00CB3FFF 05 5C035FC102 00", CS_SW_OK);
	memcpy(guid_before, f->data.ptr + 31, 16);
}

static enum outcome look_certificate(struct fixture *f)
{
	bool is_new;

	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, "00CB3FFF 05 5C035FC105 00", CS_SW_OK);
	is_new = fixture_answer_has(f, "5303700102");
	assert_true(is_new || fixture_answer_has(f, "5303700101"));
	fixture_expect(f, "00CB3FFF 05 5C035FC102 00", CS_SW_OK);
	assert_int_equal(memcmp(guid_before, f->data.ptr + 31, 16) != 0, is_new);
	return is_new ? NEW : OLD;
}

static void a_cut_certificate_changes_together_with_the_guid(void **state)
{
	static const struct scenario s = {CSGN_PROFILE_PIV,
					  {"00DB3FFF 0A 5C035FC105 5303 700101"},
					  remember_guid,
					  "00DB3FFF 0A 5C035FC105 5303 700102",
					  look_certificate};

	run(state, &s);
}

static enum outcome look_object_gone(struct fixture *f)
{
	return either(f, "00CB3FFF 05 5C035FC106 00", CS_SW_OK, CS_SW_NOT_FOUND);
}

static void a_cut_deletion_happens_or_does_not(void **state)
{
	static const struct scenario s = {CSGN_PROFILE_PIV,
					  {"00DB3FFF 0A 5C035FC106 5303 700101"},
					  NULL,
					  "00DB3FFF 07 5C035FC106 5300",
					  look_object_gone};

	run(state, &s);
}

static uint8_t metadata_before[128];

static void remember_key(struct fixture *f)
{
	fixture_expect(f, "00F7009E 00", CS_SW_OK);
	assert_true(f->data.len <= sizeof(metadata_before));
	memcpy(metadata_before, f->data.ptr, f->data.len);
}

static enum outcome look_key(struct fixture *f)
{
	bool is_new;

	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, "00F7009E 00", CS_SW_OK);
	is_new = memcmp(metadata_before, f->data.ptr, f->data.len) != 0;
	fixture_expect(f, "0087119E 0E 7C0C 8200 8108 0102030405060708 00", CS_SW_OK);
	return is_new ? NEW : OLD;
}

static void a_cut_generation_leaves_the_old_key_or_the_new_one(void **state)
{
	static const struct scenario s = {CSGN_PROFILE_PIV,
					  {"0047009E 05 AC03800111 00"},
					  remember_key,
					  "0047009E 05 AC03800111 00",
					  look_key};

	run(state, &s);
}

static enum outcome look_moved(struct fixture *f)
{
	enum outcome from = either(f, "00F7009E 00", CS_SW_OK, CS_SW_REFERENCE_NOT_FOUND);
	enum outcome to = either(f, "00F70082 00", CS_SW_REFERENCE_NOT_FOUND, CS_SW_OK);

	assert_int_equal(from, to);
	return to;
}

static void a_cut_move_leaves_the_key_in_one_place(void **state)
{
	static const struct scenario s = {
	    CSGN_PROFILE_PIV, {"0047009E 05 AC03800111 00"}, NULL, "00F6829E", look_moved};

	run(state, &s);
}

static enum outcome look_management_key(struct fixture *f)
{
	return either(f, "0087089B 04 7C028100 00", CS_SW_WRONG_P1P2, CS_SW_OK);
}

static void a_cut_management_key_is_the_old_one_or_the_new_one(void **state)
{
	static const struct scenario s = {CSGN_PROFILE_PIV,
					  {NULL},
					  NULL,
					  "00FFFFFF 13 089B10 01020300000000000000000000000000",
					  look_management_key};

	run(state, &s);
}

/* ---- the whole card ---- */

#define BLOCK_PUK "002C0080 10 3837363534333231 343536313233FFFF"

/* A card that was made anew has all of what a new card has. */
static void require_complete(struct fixture *f)
{
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, "00CB3FFF 05 5C035FC102 00", CS_SW_OK);
	fixture_expect(f, "00CB3FFF 05 5C035FC107 00", CS_SW_OK);
	fixture_expect(f, "00CB3FFF 05 5C035FC10C 00", CS_SW_OK);
	fixture_expect(f, "00F700F9 00", CS_SW_OK);
	fixture_expect(f, "00F7009B 00", CS_SW_OK);
	fixture_expect(f, "00F9F900 000000", CS_SW_OK);
}

static enum outcome look_reset(struct fixture *f)
{
	enum outcome key = either(f, "00F7009E 00", CS_SW_OK, CS_SW_REFERENCE_NOT_FOUND);
	enum outcome pin = either(f, VERIFY_PIN, CS_SW_BLOCKED, CS_SW_OK);
	enum outcome puk = info_of(f, PIN_PUK).tries_left == 3 ? NEW : OLD;

	assert_int_equal(key, pin);
	assert_int_equal(key, puk);
	require_complete(f);
	return key;
}

static const struct scenario reset_scenario = {
    CSGN_PROFILE_PIV,
    {"0047009E 05 AC03800111 00", WRONG_PIN, WRONG_PIN, WRONG_PIN, BLOCK_PUK, BLOCK_PUK, BLOCK_PUK},
    NULL,
    "00FB0000",
    look_reset};

static void a_cut_reset_is_completed_or_never_began(void **state)
{
	run(state, &reset_scenario);
}

static void a_reset_that_is_cut_again_while_it_is_completed_is_completed_all_the_same(void **state)
{
	run_twice(state, &reset_scenario);
}

static enum outcome look_initialised(struct fixture *f)
{
	enum outcome key = either(f, "00F7009E 00", CS_SW_OK, CS_SW_REFERENCE_NOT_FOUND);
	enum outcome pin = either(f, VERIFY_PIN, CS_SW_OK, CS_SW_BLOCKED);
	enum outcome info;

	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	info = fixture_answer_has(f, "830102 840454657374") ? NEW : OLD;
	if (info == OLD)
		assert_true(fixture_answer_has(f, "830101 8400"));
	assert_int_equal(key, pin);
	assert_int_equal(key, info);
	require_complete(f);
	return key;
}

static const struct scenario initialise_scenario = {CSGN_PROFILE_COUNTERSIGN,
						    {VERIFY_PIN, "0047009E 05 AC03800111 00", SELECT_CSGN},
						    NULL,
						    "80020000 10 9008 3837363534333031 8404 54657374",
						    look_initialised};

static void a_cut_initialisation_is_completed_or_never_began(void **state)
{
	run(state, &initialise_scenario);
}

static void an_initialisation_that_is_cut_twice_is_completed_all_the_same(void **state)
{
	run_twice(state, &initialise_scenario);
}

static enum outcome look_pin_set(struct fixture *f)
{
	enum outcome pin = info_of(f, PIN_USER).set ? NEW : OLD;

	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	assert_true(fixture_answer_has(f, pin == NEW ? "830103" : "830102"));
	assert_int_equal(info_of(f, PIN_USER).tries_left, pin == NEW ? 3 : 0);
	return pin;
}

static void a_cut_first_pin_is_set_together_with_the_life_cycle(void **state)
{
	static const struct scenario s = {
	    CSGN_PROFILE_COUNTERSIGN,
	    {SELECT_CSGN, "80020000 10 9008 3837363534333031 8404 54657374", "00200081 08 3837363534333031"},
	    NULL,
	    "80030000 08 9106 343536313233",
	    look_pin_set};

	run(state, &s);
}

static enum outcome look_label(struct fixture *f)
{
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	if (fixture_answer_has(f, "84024869"))
		return NEW;
	assert_true(fixture_answer_has(f, "8400"));
	return OLD;
}

static void a_cut_label_is_the_old_one_or_the_new_one(void **state)
{
	static const struct scenario s = {
	    CSGN_PROFILE_COUNTERSIGN, {SELECT_CSGN, VERIFY_PIN}, NULL, "80040000 04 84024869", look_label};

	run(state, &s);
}

static void a_card_that_loses_power_while_it_is_made_is_made_at_the_next_start(void **state)
{
	struct fixture *f = *state;
	bool cut = true;

	for (int tear = 0; tear < FLASH_TEAR_COUNT; tear++) {
		for (uint64_t n = 1; cut; n++) {
			enum cs_err err;

			card_close(&f->card);
			flash_ram_free(f->flash);
			f->flash = flash_ram_new(2048, 16, 8);
			assert_non_null(f->flash);
			f->ports.flash = flash_ram_flash(f->flash);
			flash_ram_cut_at(f->flash, n, (enum flash_tear)tear, n);
			err = card_open(&f->card, &f->ports, CSGN_PROFILE_COUNTERSIGN);
			cut = flash_ram_is_cut(f->flash);
			assert_int_equal(err == CS_OK, !cut);
			assert_int_equal(fixture_power_cycle(f), CS_OK);
			require_complete(f);
			fixture_expect(f, VERIFY_PIN, CS_SW_OK);
		}
		cut = true;
	}
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
	    CASE(a_cut_wrong_pin_costs_a_try_or_was_never_compared),
	    CASE(a_cut_right_pin_never_blocks_the_card_at_once),
	    CASE(a_cut_change_leaves_the_old_pin_or_the_new_one),
	    CASE(a_cut_unblocking_leaves_a_blocked_pin_or_a_new_one),
	    CASE(cut_set_retries_set_both_or_none),
	    CASE(a_cut_certificate_changes_together_with_the_guid),
	    CASE(a_cut_deletion_happens_or_does_not),
	    CASE(a_cut_generation_leaves_the_old_key_or_the_new_one),
	    CASE(a_cut_move_leaves_the_key_in_one_place),
	    CASE(a_cut_management_key_is_the_old_one_or_the_new_one),
	    CASE(a_cut_reset_is_completed_or_never_began),
	    CASE(a_reset_that_is_cut_again_while_it_is_completed_is_completed_all_the_same),
	    CASE(a_cut_initialisation_is_completed_or_never_began),
	    CASE(an_initialisation_that_is_cut_twice_is_completed_all_the_same),
	    CASE(a_cut_first_pin_is_set_together_with_the_life_cycle),
	    CASE(a_cut_label_is_the_old_one_or_the_new_one),
	    CASE(a_card_that_loses_power_while_it_is_made_is_made_at_the_next_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
