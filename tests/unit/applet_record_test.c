/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Records that open but are not what a card writes: whoever reads one says that the memory has failed, or
 * that nothing is there, and opens nothing. And records that cannot be renewed, for want of room, which are
 * as good as they were.
 */
#include "tests/unit/card_fixture.h"
#include "tests/unit/crypto_fault.h"

#include <string.h>

#include "applet/attribute.h"
#include "applet/content.h"
#include "applet/device.h"
#include "applet/piv_key.h"
#include "applet/records.h"
#include "applet/secret_key.h"
#include "base/tlv.h"

#define DIGEST	   "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F"
#define SIGN(slot) "008711" slot " 26 7C24 8200 8120 " DIGEST " 00"
#define SCALAR	   "1111111111111111222222222222222233333333333333334444444444444444"
#define FREE_KEY   "00FE119A 25 0620 " SCALAR "AA0101" /* in 9A, for who knows no PIN */
#define VERIFY_SO  "00200083 08 3132333435363738"
#define FILLER	   0x0580u

static int setup(void **state)
{
	fixture_setup_piv(state);
	fixture_expect(*state, SELECT_PIV, CS_SW_OK);
	fixture_authenticate_management(*state);
	return 0;
}

static void put(struct fixture *f, uint16_t id, const char *hex)
{
	uint8_t bytes[512];

	assert_int_equal(store_put(&f->card.store, id, fixture_hex(hex, bytes, sizeof(bytes))), CS_OK);
}

static struct cs_view get(struct fixture *f, uint16_t id, uint8_t *record, size_t cap)
{
	struct cs_writer w = cs_writer_of(record, cap);

	assert_int_equal(store_get(&f->card.store, id, &w), CS_OK);
	return cs_writer_view(&w);
}

/* Until nothing more fits, however short. */
static void fill(struct fixture *f)
{
	static const uint8_t filler[2000];
	size_t room;

	for (uint16_t id = FILLER; (room = store_room(&f->card.store)) > 0; id++)
		assert_int_equal(store_put(&f->card.store, id,
					   cs_view(filler, room < sizeof(filler) ? room : sizeof(filler))),
				 CS_OK);
}

/* ---- private keys ---- */

static void a_private_key_that_ends_early_is_damage(void **state)
{
	struct fixture *f = *state;

	put(f, RECORD_KEY_FIRST + 0x9E, "11 01 01 01 0020 AABB");
	fixture_expect(f, SIGN("9E"), CS_SW_MEMORY_FAILURE);
	put(f, RECORD_KEY_FIRST + 0x9E, "11 01 01");
	fixture_expect(f, SIGN("9E"), CS_SW_MEMORY_FAILURE);
}

static void a_key_that_no_record_can_hold_is_not_written(void **state)
{
	static const uint8_t bytes[CARD_WORK_SIZE];
	struct fixture *f = *state;
	struct piv_key key = {.algorithm = PIV_ALG_P256, .pin_policy = PIV_PIN_NEVER};
	struct store_change change;

	assert_int_equal(piv_key_change(&f->card, NULL, PIV_SLOT_MANAGEMENT, &key, &change),
			 CS_ERR_NOT_FOUND);
	assert_int_equal(piv_key_change(&f->card, NULL, 0x9A, &key, &change), CS_OK);
	assert_int_equal(change.value.len, 6);
	key.priv = cs_view(bytes, 100);
	key.pub = cs_view(bytes, sizeof(bytes) - 106);
	assert_int_equal(piv_key_change(&f->card, NULL, 0x9A, &key, &change), CS_OK);
	key.pub.len++;
	assert_int_equal(piv_key_change(&f->card, NULL, 0x9A, &key, &change), CS_ERR_NO_SPACE);
	/* sealed, it is longer */
	key.pub.len--;
	key.pin_policy = PIV_PIN_ONCE;
	assert_int_equal(piv_key_change(&f->card, NULL, 0x9A, &key, &change), CS_ERR_NO_SPACE);
}

static void policies_that_do_not_parse_make_no_key(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, "0047009A 07 AC05 800111 AA05 00", CS_SW_WRONG_DATA);
	fixture_expect(f, "0047009A 09 AC07 800111 AA020101 00", CS_SW_WRONG_DATA);
	fixture_expect(f, "0047009A 08 AC06 800111 AA0104 00", CS_SW_WRONG_DATA);
	fixture_expect(f, "0047009A 08 AC06 800111 AB0104 00", CS_SW_WRONG_DATA);
	assert_false(store_has(&f->card.store, RECORD_KEY_FIRST + 0x9A));
}

/* ---- keys that an earlier version left bare ---- */

/* A key of the earlier form in 9A, which wants the PIN; and the mark that there is one. */
static void make_bare(struct fixture *f)
{
	uint8_t record[256];
	struct cs_view key;

	fixture_expect(f, FREE_KEY, CS_SW_OK);
	key = get(f, RECORD_KEY_FIRST + 0x9A, record, sizeof(record));
	record[2] = PIV_PIN_ONCE;
	assert_int_equal(store_put(&f->card.store, RECORD_KEY_FIRST + 0x9A, key), CS_OK);
	put(f, RECORD_UNSEALED, "31");
}

static bool is_bare(struct fixture *f)
{
	uint8_t record[512];

	return (get(f, RECORD_KEY_FIRST + 0x9A, record, sizeof(record)).ptr[4] & 0x80) == 0;
}

static void a_bare_key_is_sealed_when_there_is_room(void **state)
{
	struct fixture *f = *state;

	make_bare(f);
	fill(f);
	assert_int_equal(fixture_power_cycle(f), CS_OK);
	assert_true(is_bare(f));
	assert_true(store_has(&f->card.store, RECORD_UNSEALED));
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, SIGN("9A"), CS_SW_SECURITY_STATUS);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, SIGN("9A"), CS_SW_OK);
	assert_int_equal(store_delete_range(&f->card.store, FILLER, FILLER + 0x7F), CS_OK);
	assert_int_equal(fixture_power_cycle(f), CS_OK);
	assert_false(is_bare(f));
	assert_false(store_has(&f->card.store, RECORD_UNSEALED));
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, SIGN("9A"), CS_SW_OK);
}

static void a_bare_key_is_sealed_however_often_that_fails(void **state)
{
	struct fixture *f = *state;
	bool failed = true;
	unsigned n;

	make_bare(f);
	crypto_fault_install(&f->crypto);
	for (n = 1; failed; n++) {
		enum cs_err err;

		card_close(&f->card);
		crypto_fault_at(n);
		err = card_open(&f->card, &f->ports, CSGN_PROFILE_PIV);
		failed = crypto_fault_happened();
		crypto_fault_at(0);
		assert_int_equal(err == CS_OK, !failed);
	}
	assert_true(n > 10);
	assert_false(is_bare(f));
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, SIGN("9A"), CS_SW_OK);
}

static void a_bare_key_that_is_none_is_damage(void **state)
{
	static uint8_t record[CARD_WORK_SIZE] = {PIV_ALG_P256, 1, PIV_PIN_ONCE, PIV_TOUCH_NEVER, 0, 1};
	struct fixture *f = *state;

	put(f, RECORD_UNSEALED, "31");
	put(f, RECORD_KEY_FIRST + 0x9A, "11");
	assert_int_equal(fixture_power_cycle(f), CS_ERR_CORRUPT);
	/* more than was ever written behind a private part */
	assert_int_equal(store_open(&f->card.store, f->ports.flash, &f->crypto, f->platform.device_key),
			 CS_OK);
	assert_int_equal(store_put(&f->card.store, RECORD_KEY_FIRST + 0x9A, CS_VIEW_OF(record)), CS_OK);
	assert_int_equal(fixture_power_cycle(f), CS_ERR_CORRUPT);
}

static void references_of_the_earlier_form_that_are_none_are_damage(void **state)
{
	static const struct {
		uint16_t id;
		const char *hex;
		enum cs_err err;
	} wrong[] = {
	    {RECORD_PIN, "313335373930FFFF 00", CS_ERR_CORRUPT},
	    {RECORD_PIN, "313335373930FFFF 00 05 00", CS_ERR_NO_SPACE},
	    {RECORD_PIN_TRIES, "", CS_ERR_CORRUPT},
	    {RECORD_PUK, "3937353331303836 00", CS_ERR_CORRUPT},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		put(f, RECORD_PIN, "313335373930FFFF 00 05");
		put(f, RECORD_PIN_TRIES, "02");
		put(f, RECORD_PUK, "3937353331303836 00 04");
		put(f, RECORD_PUK_TRIES, "01");
		assert_int_equal(store_delete_range(&f->card.store, RECORD_SO, RECORD_SECRET), CS_OK);
		put(f, wrong[i].id, wrong[i].hex);
		assert_int_equal(fixture_power_cycle(f), wrong[i].err);
		assert_int_equal(
		    store_open(&f->card.store, f->ports.flash, &f->crypto, f->platform.device_key), CS_OK);
	}
}

/* ---- envelopes that are renewed when they are first opened ---- */

/* Made by the management key alone, 9A and the secret key 1 are sealed to the card's public key. A store
 * whose stamps have run out takes no change: both open as they are. */
static void an_envelope_that_cannot_be_renewed_opens_as_it_is(void **state)
{
	struct fixture *f = *state;
	uint8_t before[2][512], after[512];
	const uint16_t ids[] = {RECORD_KEY_FIRST + 0x9A, RECORD_SECRET_FIRST + 1};
	struct cs_view record[2];

	fixture_expect(f, "0047009A 05 AC03800111 00", CS_SW_OK);
	fixture_expect(f, "80120801 00", CS_SW_OK);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	for (size_t i = 0; i < 2; i++)
		record[i] = get(f, ids[i], before[i], sizeof(before[i]));
	f->card.store.stamp = UINT32_MAX;
	fixture_expect(f, SIGN("9A"), CS_SW_OK);
	fixture_expect(f, "80140101 12 9810 000102030405060708090A0B0C0D0E0F 00", CS_SW_OK);
	f->card.store.stamp = 0;
	for (size_t i = 0; i < 2; i++)
		assert_true(cs_view_equal(record[i], get(f, ids[i], after, sizeof(after))));
	fixture_expect(f, SIGN("9A"), CS_SW_OK);
	fixture_expect(f, "80140101 12 9810 000102030405060708090A0B0C0D0E0F 00", CS_SW_OK);
	for (size_t i = 0; i < 2; i++)
		assert_true(get(f, ids[i], after, sizeof(after)).len < record[i].len);
}

/* ---- secret keys ---- */

static void a_secret_key_that_no_card_wrote_is_damage(void **state)
{
	static const char *const wrong[] = {
	    "02 08 01 01 01 0003 10 000102030405060708090A0B0C0D0E0F", /* a format that there is not */
	    "01 08 01 01 01 0003",				       /* no length */
	    "01 08 01 01 01 0003 11 000102030405060708090A0B0C0D0E0F", /* longer than what follows */
	    "01 09 01 01 01 0003 10 000102030405060708090A0B0C0D0E0F", /* an algorithm that there is not */
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		put(f, RECORD_SECRET_FIRST + 1, wrong[i]);
		fixture_expect(f, "80140101 12 9810 000102030405060708090A0B0C0D0E0F 00",
			       CS_SW_MEMORY_FAILURE);
		fixture_expect(f, "80100000 000000", CS_SW_MEMORY_FAILURE);
	}
	put(f, RECORD_SECRET_FIRST + 1, "01 08 01 01 01 0003 10 000102030405060708090A0B0C0D0E0F");
	fixture_expect(f, "80140101 12 9810 000102030405060708090A0B0C0D0E0F 00", CS_SW_OK);
}

/* The length is not sealed with the key, but what was sealed has its own. */
static void a_secret_key_is_not_as_long_as_somebody_says(void **state)
{
	struct fixture *f = *state;
	uint8_t record[256];
	struct cs_view key;

	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, "80120801 00", CS_SW_OK);
	key = get(f, RECORD_SECRET_FIRST + 1, record, sizeof(record));
	record[7] = 15;
	assert_int_equal(store_put(&f->card.store, RECORD_SECRET_FIRST + 1, key), CS_OK);
	fixture_expect(f, "80140101 12 9810 000102030405060708090A0B0C0D0E0F 00", CS_SW_MEMORY_FAILURE);
	record[7] = 16;
	assert_int_equal(store_put(&f->card.store, RECORD_SECRET_FIRST + 1, key), CS_OK);
	fixture_expect(f, "80140101 12 9810 000102030405060708090A0B0C0D0E0F 00", CS_SW_OK);
}

/* ---- attributes ---- */

static void attributes_that_no_card_wrote_permit_nothing(void **state)
{
	struct fixture *f = *state;
	const uint16_t object = RECORD_OBJECT_FIRST + 0x0D; /* 5FC10D */

	assert_int_equal(attribute_record(RECORD_SECRET_LAST + 1), 0);
	assert_int_equal(attribute_record(RECORD_SECRET_FIRST - 1), 0);
	assert_int_not_equal(attribute_record(RECORD_SECRET_LAST), 0);
	fixture_expect(f, "00DB3FFF 09 5C035FC10D 5302AABB", CS_SW_OK);
	put(f, attribute_record(object), "99");
	fixture_expect(f, "00CB3FFF 05 5C035FC10D 00", CS_SW_MEMORY_FAILURE);
	/* nor does the user write over what may be trusted */
	assert_int_equal(attribute_permit_contents(&f->card, &f->card.channels[1], object), CS_ERR_CORRUPT);
	put(f, attribute_record(object), "820102");
	assert_int_equal(attribute_permit_contents(&f->card, &f->card.channels[1], object), CS_ERR_CORRUPT);
	put(f, attribute_record(object), "82020004");
	assert_int_equal(attribute_permit_contents(&f->card, &f->card.channels[1], object), CS_ERR_DENIED);
	assert_int_equal(attribute_permit_contents(&f->card, &f->card.channels[0], object), CS_OK);
}

/* ---- the card ---- */

static void a_mark_that_is_none_is_damage(void **state)
{
	static const char *const wrong[] = {"0102030405060708090A0B", ""};
	struct fixture *f = *state;

	for (size_t i = 0; i < 2; i++) {
		put(f, RECORD_MARK, wrong[i]);
		assert_int_equal(fixture_power_cycle(f), CS_ERR_CORRUPT);
		assert_int_equal(
		    store_open(&f->card.store, f->ports.flash, &f->crypto, f->platform.device_key), CS_OK);
	}
}

static void more_changes_than_the_store_takes_at_once_are_refused(void **state)
{
	struct fixture *f = *state;
	struct store_change changes[STORE_APPLY_MAX] = {{0}};
	uint8_t before[CSGN_MARK_LEN], after[CSGN_MARK_LEN];

	content_mark(&f->card, before);
	assert_int_equal(content_apply(&f->card, changes, STORE_APPLY_MAX), CS_ERR_ARG);
	assert_int_equal(content_delete(&f->card, FILLER), CS_OK); /* which is not there: nothing changes */
	content_mark(&f->card, after);
	assert_memory_equal(before, after, sizeof(before));
	put(f, FILLER, "00");
	assert_int_equal(content_delete(&f->card, FILLER), CS_OK);
	content_mark(&f->card, after);
	assert_memory_not_equal(before, after, sizeof(before));
	assert_false(store_has(&f->card.store, FILLER));
}

static void a_mark_that_cannot_be_drawn_changes_nothing(void **state)
{
	struct fixture *f = *state;

	crypto_fault_install(&f->crypto);
	content_renew(&f->card);
	crypto_fault_at(1);
	assert_int_equal(content_put(&f->card, FILLER, CS_VIEW_TEXT("x")), CS_ERR_CRYPTO);
	assert_true(crypto_fault_happened());
	assert_false(store_has(&f->card.store, FILLER));
}

static void an_erasure_that_no_card_planned_is_damage(void **state)
{
	struct fixture *f = *state;
	uint8_t plan[2 + PROFILE_RECORD_LEN] = {DEVICE_WIPE_ALL, CSGN_BLANK};
	struct cs_writer w = cs_writer_of(plan, sizeof(plan));

	w.len = 2;
	profile_save(&f->card.profile, &w);
	assert_int_equal(store_put(&f->card.store, RECORD_WIPE, CS_VIEW_OF(plan)), CS_OK);
	assert_int_equal(fixture_power_cycle(f), CS_ERR_CORRUPT);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(
		    store_open(&f->card.store, f->ports.flash, &f->crypto, f->platform.device_key), CS_OK);
		if (i == 0)
			put(f, RECORD_WIPE, "02 01 FF"); /* a profile that there is not */
		else
			assert_int_equal(store_delete(&f->card.store, RECORD_WIPE), CS_OK);
		assert_int_not_equal(fixture_power_cycle(f), CS_OK);
	}
	/* nothing was erased by that */
	assert_int_equal(store_open(&f->card.store, f->ports.flash, &f->crypto, f->platform.device_key),
			 CS_OK);
	assert_true(store_has(&f->card.store, RECORD_MANAGEMENT_KEY));
}

static void a_label_longer_than_labels_are_is_not_planned(void **state)
{
	static const uint8_t label[CSGN_LABEL_MAX + 1];
	struct fixture *f = *state;
	const struct device_plan plan = {.scope = DEVICE_WIPE_ALL,
					 .profile = f->card.profile,
					 .lifecycle = CSGN_BLANK,
					 .label = CS_VIEW_OF(label)};

	assert_int_equal(device_wipe(&f->card, &plan), CS_ERR_NO_SPACE);
	assert_false(f->card.wipe_pending);
	assert_int_equal(fixture_power_cycle(f), CS_OK);
	assert_true(store_has(&f->card.store, RECORD_MANAGEMENT_KEY));
}

#define ZEROS_8 "0000000000000000"

static void an_erasure_to_blank_that_the_first_format_began_is_completed(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, FREE_KEY, CS_SW_OK);
	put(f, RECORD_DEVICE, "01 02 03");
	put(f, RECORD_WIPE, "02 01 01 " ZEROS_8 " 00 00000000" ZEROS_8 ZEROS_8 ZEROS_8 "00000000");
	assert_int_equal(fixture_power_cycle(f), CS_OK);
	assert_int_equal(f->card.lifecycle, CSGN_BLANK);
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, SIGN("9A"), CS_SW_REFERENCE_NOT_FOUND);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK); /* the factory's */
}

static void a_full_card_of_the_first_format_stays_in_it(void **state)
{
	struct fixture *f = *state;
	uint8_t record[512];

	put(f, RECORD_DEVICE, "01 01 03");
	put(f, RECORD_WIPE, "00000000" ZEROS_8 ZEROS_8 ZEROS_8 ZEROS_8 ZEROS_8);
	fill(f);
	assert_int_equal(fixture_power_cycle(f), CS_OK);
	assert_int_equal(get(f, RECORD_DEVICE, record, sizeof(record)).len, 3);
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	assert_int_equal(store_delete_range(&f->card.store, FILLER, FILLER + 0x7F), CS_OK);
	assert_int_equal(fixture_power_cycle(f), CS_OK);
	assert_int_equal(get(f, RECORD_DEVICE, record, sizeof(record)).len, DEVICE_RECORD_LEN);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
	    CASE(a_private_key_that_ends_early_is_damage),
	    CASE(a_key_that_no_record_can_hold_is_not_written),
	    CASE(policies_that_do_not_parse_make_no_key),
	    CASE(a_bare_key_is_sealed_when_there_is_room),
	    CASE(a_bare_key_is_sealed_however_often_that_fails),
	    CASE(a_bare_key_that_is_none_is_damage),
	    CASE(references_of_the_earlier_form_that_are_none_are_damage),
	    CASE(an_envelope_that_cannot_be_renewed_opens_as_it_is),
	    CASE(a_secret_key_that_no_card_wrote_is_damage),
	    CASE(a_secret_key_is_not_as_long_as_somebody_says),
	    CASE(attributes_that_no_card_wrote_permit_nothing),
	    CASE(a_mark_that_is_none_is_damage),
	    CASE(more_changes_than_the_store_takes_at_once_are_refused),
	    CASE(a_mark_that_cannot_be_drawn_changes_nothing),
	    CASE(an_erasure_that_no_card_planned_is_damage),
	    CASE(a_label_longer_than_labels_are_is_not_planned),
	    CASE(an_erasure_to_blank_that_the_first_format_began_is_completed),
	    CASE(a_full_card_of_the_first_format_stays_in_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
