/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the PIN guards is sealed under it: what the store's records hold, what a channel holds and when, and
 * that no way to a new PIN loses a key.
 */
#include "tests/unit/card_fixture.h"

#include <string.h>

#include "applet/pin.h"
#include "applet/records.h"
#include "applet/secret.h"
#include "base/tlv.h"

#define SCALAR	     "4142434445464748494A4B4C4D4E4F505152535455565758595A5B5C5D5E5F60"
#define IMPORT(slot) "00FE11" slot " 22 0620 " SCALAR
#define SIGN(slot)   "008711" slot " 0E 7C0C 8200 8108 0102030405060708 00"
#define NEW_PIN	     "00200080 08 343536313233FFFF"
#define CHANGE_PIN   "00240080 10 313233343536FFFF 343536313233FFFF"
#define UNBLOCK	     "002C0080 10 3132333435363738 343536313233FFFF"
#define VERIFY_SO    "00200083 08 3132333435363738"
#define GENERATE_9A  "0047009A 05 AC03800111 00"

static int setup(void **state)
{
	fixture_setup_piv(state);
	fixture_expect(*state, SELECT_PIV, CS_SW_OK);
	fixture_authenticate_management(*state);
	return 0;
}

/* ---- what the records hold: whoever has flash and device key reads them like this ---- */

static unsigned records_with(struct store *st, struct cs_view what)
{
	static uint8_t bytes[STORE_VALUE_MAX];
	unsigned count = 0;
	uint16_t id = 1;

	for (; store_next(st, id, 0xFFFE, &id); id++) {
		struct cs_writer w = CS_WRITER_OF(bytes);

		assert_int_equal(store_get(st, id, &w), CS_OK);
		if (memmem(bytes, w.len, what.ptr, what.len))
			count++;
	}
	return count;
}

static unsigned records_with_hex(struct fixture *f, const char *hex)
{
	uint8_t bytes[64];

	return records_with(&f->card.store, fixture_hex(hex, bytes, sizeof(bytes)));
}

static void no_record_holds_a_private_key_that_wants_the_pin(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, IMPORT("9A"), CS_SW_OK);
	fixture_expect(f, IMPORT("9C"), CS_SW_OK);
	assert_int_equal(records_with_hex(f, SCALAR), 0);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, IMPORT("9D"), CS_SW_OK);
	fixture_expect(f, "00FE1195 25 0620 " SCALAR "AA0102", CS_SW_OK);
	assert_int_equal(records_with_hex(f, SCALAR), 0);
	/* Used, they stay so. */
	fixture_expect(f, SIGN("9A"), CS_SW_OK);
	fixture_expect(f, SIGN("9D"), CS_SW_OK);
	fixture_expect(f, SIGN("95"), CS_SW_OK);
	assert_int_equal(records_with_hex(f, SCALAR), 0);
	/* Those that want no PIN have to be there for who has none; the search would have found the others
	 * too. */
	fixture_expect(f, IMPORT("9E"), CS_SW_OK);
	assert_int_equal(records_with_hex(f, SCALAR), 1);
	fixture_expect(f, IMPORT("F9"), CS_SW_OK);
	assert_int_equal(records_with_hex(f, SCALAR), 2);
}

static void no_record_holds_a_pin_puk_or_so_pin(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(records_with_hex(f, "313233343536"), 0);
	fixture_expect(f, CHANGE_PIN, CS_SW_OK);
	fixture_expect(f, "00240081 10 3132333435363738 3734303236393138", CS_SW_OK);
	assert_int_equal(records_with_hex(f, "343536313233"), 0);
	assert_int_equal(records_with_hex(f, "3734303236393138"), 0);
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	fixture_expect(f, "00200083 08 3734303236393138", CS_SW_OK);
	fixture_expect(f, "80020000 1A 9008 3837363534333031 8404 54657374 B108 3931373332383436", CS_SW_OK);
	assert_int_equal(records_with_hex(f, "3837363534333031"), 0);
	assert_int_equal(records_with_hex(f, "3931373332383436"), 0);
	assert_int_equal(records_with_hex(f, "54657374"), 1);
}

/* The plan of an erasure is on flash until it is done. */
static void an_initialisation_that_power_loss_interrupts_has_written_no_pin_down(void **state)
{
	static struct store st;
	struct fixture *f = *state;
	struct cs_view so = CS_VIEW_TEXT("87654301"), puk = CS_VIEW_TEXT("91732846");
	bool cut = true, planned = false;

	for (uint64_t n = 1; cut; n++) {
		fixture_expect(f, SELECT_CSGN, CS_SW_OK);
		flash_ram_cut_at(f->flash, n, FLASH_TEAR_NOTHING, n);
		(void)fixture_send(f,
				   "80020000 1A 9008 3837363534333031 8404 54657374 B108 3931373332383436");
		cut = flash_ram_is_cut(f->flash);
		card_close(&f->card);
		flash_ram_power_on(f->flash);
		assert_int_equal(store_open(&st, f->ports.flash, &f->crypto, f->platform.device_key), CS_OK);
		planned |= cut && records_with(&st, CS_VIEW_TEXT("Test")) == 1;
		assert_int_equal(records_with(&st, so), 0);
		assert_int_equal(records_with(&st, puk), 0);
		assert_int_equal(fixture_power_cycle(f), CS_OK);
		fixture_expect(f, SELECT_CSGN, CS_SW_OK);
		if (fixture_answer_has(f, "830102")) {
			fixture_expect(f, "00200083 08 3837363534333031", CS_SW_OK);
			fixture_expect(f, "8005DEAD", CS_SW_OK);
		}
	}
	assert_true(planned);
}

/* ---- what a channel holds ---- */

static bool has_key(struct fixture *f)
{
	static const struct channel_secret none;
	const struct channel_secret *secret = &f->card.channels[0].secret;

	if (secret->valid)
		return true;
	assert_memory_equal(secret, &none, sizeof(none));
	return false;
}

static void a_channel_has_the_data_key_just_while_the_pin_is_verified(void **state)
{
	struct fixture *f = *state;

	assert_false(has_key(f));
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	assert_true(has_key(f));
	fixture_expect(f, "0020FF80", CS_SW_OK);
	assert_false(has_key(f));
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, WRONG_PIN, 0x63C2);
	assert_false(has_key(f));
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, "00240080 10 363534333231FFFF 343536313233FFFF", 0x63C2);
	assert_false(has_key(f));
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	assert_false(has_key(f));
	/* The PUK's holder is nobody for longer than his command. */
	fixture_expect(f, UNBLOCK, CS_SW_OK);
	assert_false(has_key(f));
	fixture_expect(f, NEW_PIN, CS_SW_OK);
	card_reset(&f->card);
	assert_false(has_key(f));
}

static void it_stays_until_the_last_of_pin_and_so_pin_ends(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	fixture_expect(f, VERIFY_SO, CS_SW_OK);
	assert_true(has_key(f));
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, "0020FF83", CS_SW_OK);
	assert_true(has_key(f));
	fixture_expect(f, VERIFY_SO, CS_SW_OK);
	fixture_expect(f, "0020FF80", CS_SW_OK);
	assert_true(has_key(f));
	fixture_expect(f, "00200083 08 3837363534333231", 0x63C2);
	assert_false(has_key(f));
	/* What one channel has is nobody else's. */
	fixture_expect_data(f, "00700000 01", "01");
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	fixture_expect(f, "01A4040007F0435349474E01", CS_SW_OK);
	fixture_expect(f, "01200080 08 313233343536FFFF", CS_SW_OK);
	assert_false(has_key(f));
	assert_true(f->card.channels[1].secret.valid);
	/* A PIN that is changed here is to be shown anew there. */
	fixture_expect(f, CHANGE_PIN, CS_SW_OK);
	assert_true(has_key(f));
	assert_false(f->card.channels[1].secret.valid);
}

static unsigned forgotten;

static void count_forgetting(void *ctx)
{
	(void)ctx;
	forgotten++;
}

static void with_the_data_key_go_the_keys_that_it_has_opened(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, GENERATE_9A, CS_SW_OK);
	fixture_expect(f, SIGN("9A"), CS_SW_OK);
	f->crypto.keys_forget = count_forgetting;
	forgotten = 0;
	fixture_expect(f, "0020FF80", CS_SW_OK);
	assert_int_equal(forgotten, 1);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	assert_int_equal(forgotten, 2);
	/* The officer has the data key, too, but the keys are the user's. */
	fixture_expect(f, VERIFY_SO, CS_SW_OK);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, "0020FF80", CS_SW_OK);
	assert_int_equal(forgotten, 3);
}

/* ---- what opens ---- */

static void the_officer_s_data_key_opens_nothing_of_the_user_s(void **state)
{
	struct fixture *f = *state;
	struct channel *channel = &f->card.channels[0];
	uint8_t sealed[64];
	struct cs_writer w = CS_WRITER_OF(sealed);
	struct cs_view plain;

	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	fixture_expect(f, VERIFY_SO, CS_SW_OK);
	assert_int_equal(secret_seal(&f->card, channel, CS_VIEW_TEXT("T"), CS_VIEW_TEXT("seed"), &w), CS_OK);
	assert_int_equal(secret_open(&f->card, channel, CS_VIEW_TEXT("T"), sealed, w.len, &plain),
			 CS_ERR_DENIED);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	assert_int_equal(secret_open(&f->card, channel, CS_VIEW_TEXT("T"), sealed, w.len, &plain), CS_OK);
	assert_true(cs_view_equal(plain, CS_VIEW_TEXT("seed")));
}

static void a_pin_that_must_be_changed_opens_no_envelope(void **state)
{
	struct fixture *f = *state;
	struct channel *channel = &f->card.channels[0];
	uint8_t sealed[4 + SECRET_OVERHEAD];
	struct cs_writer w = CS_WRITER_OF(sealed);
	struct cs_view plain;
	size_t len;

	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	fixture_expect(f, VERIFY_SO, CS_SW_OK);
	fixture_expect(f, "80030000 0B 9106 343536313233 B30101", CS_SW_OK);
	fixture_expect(f, NEW_PIN, CS_SW_OK);
	assert_int_equal(secret_seal(&f->card, channel, CS_VIEW_TEXT("T"), CS_VIEW_TEXT("seed"), &w), CS_OK);
	len = w.len;
	assert_int_equal(secret_open(&f->card, channel, CS_VIEW_TEXT("T"), sealed, len, &plain),
			 CS_ERR_EXPIRED);
	assert_int_equal(secret_renew(&f->card, channel, CS_VIEW_TEXT("T"), sealed, &len), CS_ERR_EXPIRED);
	fixture_expect(f, "00240080 10 343536313233FFFF 393133373238FFFF", CS_SW_OK);
	assert_int_equal(secret_open(&f->card, channel, CS_VIEW_TEXT("T"), sealed, len, &plain), CS_OK);
}

/* Both kinds; with the PIN and without it when it is sealed. */
static void an_envelope_opens_in_its_context_and_whole_only(void **state)
{
	struct fixture *f = *state;
	struct channel *channel = &f->card.channels[0];

	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	for (int direct = 0; direct < 2; direct++) {
		uint8_t sealed[4 + SECRET_OVERHEAD], copy[sizeof(sealed)];
		struct cs_writer w = CS_WRITER_OF(sealed);
		struct cs_view plain;
		size_t len;

		assert_int_equal(secret_seal(&f->card, direct ? channel : NULL, CS_VIEW_TEXT("T1"),
					     CS_VIEW_TEXT("seed"), &w),
				 CS_OK);
		assert_int_equal(secret_is_provisional(cs_writer_view(&w)), !direct);
		memcpy(copy, sealed, w.len);
		assert_int_equal(secret_open(&f->card, channel, CS_VIEW_TEXT("T2"), copy, w.len, &plain),
				 CS_ERR_CORRUPT);
		for (size_t i = 0; i < w.len; i++) {
			memcpy(copy, sealed, w.len);
			copy[i] ^= 0x10;
			assert_int_equal(
			    secret_open(&f->card, channel, CS_VIEW_TEXT("T1"), copy, w.len, &plain),
			    CS_ERR_CORRUPT);
			memcpy(copy, sealed, w.len);
			assert_int_equal(secret_open(&f->card, channel, CS_VIEW_TEXT("T1"), copy, i, &plain),
					 CS_ERR_CORRUPT);
		}
		memcpy(copy, sealed, w.len);
		len = w.len;
		assert_int_equal(secret_renew(&f->card, channel, CS_VIEW_TEXT("T1"), copy, &len), CS_OK);
		assert_true(len <= w.len);
		assert_false(secret_is_provisional(cs_view(copy, len)));
		assert_int_equal(secret_open(&f->card, channel, CS_VIEW_TEXT("T1"), copy, len, &plain),
				 CS_OK);
		assert_true(cs_view_equal(plain, CS_VIEW_TEXT("seed")));
		assert_int_equal(secret_open(&f->card, channel, CS_VIEW_TEXT("T1"), sealed, w.len, &plain),
				 CS_OK);
		assert_true(cs_view_equal(plain, CS_VIEW_TEXT("seed")));
	}
}

static void an_envelope_that_has_no_room_is_not_begun(void **state)
{
	struct fixture *f = *state;
	struct channel *channel = &f->card.channels[0];
	uint8_t sealed[4 + SECRET_OVERHEAD];
	struct cs_view plain;

	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	for (int direct = 0; direct < 2; direct++) {
		const struct channel *sealer = direct ? channel : NULL;
		struct cs_writer w = cs_writer_of(sealed, SECRET_OVERHEAD - 70);

		assert_int_equal(secret_seal(&f->card, sealer, CS_VIEW_TEXT("T"), CS_VIEW_TEXT("seed"), &w),
				 CS_ERR_NO_SPACE);
		w = CS_WRITER_OF(sealed);
		assert_int_equal(secret_seal(&f->card, sealer, CS_VIEW_TEXT("T"), CS_VIEW_EMPTY, &w), CS_OK);
		assert_int_equal(secret_open(&f->card, channel, CS_VIEW_TEXT("T"), sealed, w.len, &plain),
				 CS_OK);
		assert_int_equal(plain.len, 0);
	}
}

static void without_its_key_pair_the_card_seals_and_opens_nothing_for_others(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, GENERATE_9A, CS_SW_OK);
	assert_int_equal(store_put(&f->card.store, RECORD_SECRET, CS_VIEW_TEXT("short")), CS_OK);
	fixture_expect(f, "0047009C 05 AC03800111 00", CS_SW_MEMORY_FAILURE);
	assert_int_equal(store_delete(&f->card.store, RECORD_SECRET), CS_OK);
	fixture_expect(f, "0047009C 05 AC03800111 00", CS_SW_MEMORY_FAILURE);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, SIGN("9A"), CS_SW_MEMORY_FAILURE);
	fixture_expect(f, "0047009C 05 AC03800111 00", CS_SW_OK);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, SIGN("9C"), CS_SW_OK);
}

static enum cs_err other_points(void *ctx, enum piv_alg alg, struct cs_writer *priv, struct cs_writer *pub)
{
	(void)ctx;
	(void)alg;
	(void)priv;
	cs_tlv_write(pub, PIV_TAG_EC_POINT, CS_VIEW_TEXT("\4 a point of another curve"));
	return CS_OK;
}

static void a_crypto_port_s_key_of_another_form_seals_nothing(void **state)
{
	struct fixture *f = *state;
	uint8_t sealed[4 + SECRET_OVERHEAD];
	struct cs_writer w = CS_WRITER_OF(sealed);

	f->crypto.key_generate = other_points;
	assert_int_equal(secret_seal(&f->card, NULL, CS_VIEW_TEXT("T"), CS_VIEW_TEXT("seed"), &w),
			 CS_ERR_CRYPTO);
	assert_int_equal(w.len, 0);
}

/* A fault that sets the bit and not the key. */
static void a_verified_pin_without_a_data_key_opens_nothing(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, GENERATE_9A, CS_SW_OK);
	f->card.channels[0].security |= SECURITY_PIN | SECURITY_PIN_FRESH;
	fixture_expect(f, SIGN("9A"), CS_SW_SECURITY_STATUS);
}

/* Who can write flash makes no key that wants the PIN one that wants none. */
static void a_key_s_policy_is_sealed_with_it(void **state)
{
	struct fixture *f = *state;
	uint8_t record[1024];
	struct cs_writer w = CS_WRITER_OF(record);

	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, GENERATE_9A, CS_SW_OK);
	fixture_expect(f, SIGN("9A"), CS_SW_OK);
	assert_int_equal(store_get(&f->card.store, RECORD_KEY_FIRST + 0x9A, &w), CS_OK);
	assert_int_equal(record[2], PIV_PIN_ONCE);
	record[2] = PIV_PIN_NEVER;
	assert_int_equal(store_put(&f->card.store, RECORD_KEY_FIRST + 0x9A, cs_view(record, w.len)), CS_OK);
	fixture_expect(f, SIGN("9A"), CS_SW_MEMORY_FAILURE);
	fixture_expect(f, "0020FF80", CS_SW_OK);
	fixture_expect(f, SIGN("9A"), CS_SW_SECURITY_STATUS);
}

static void a_card_made_anew_opens_nothing_of_the_old_one(void **state)
{
	struct fixture *f = *state;
	uint8_t record[1024];
	struct cs_writer w = CS_WRITER_OF(record);

	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, GENERATE_9A, CS_SW_OK);
	assert_int_equal(store_get(&f->card.store, RECORD_KEY_FIRST + 0x9A, &w), CS_OK);
	for (int i = 0; i < 3; i++) {
		fixture_send(f, WRONG_PIN);
		fixture_send(f, "002C0080 10 3837363534333231 343536313233FFFF");
	}
	fixture_expect(f, "00FB0000", CS_SW_OK);
	assert_int_equal(store_put(&f->card.store, RECORD_KEY_FIRST + 0x9A, cs_view(record, w.len)), CS_OK);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, SIGN("9A"), CS_SW_MEMORY_FAILURE);
}

/* ---- no way to a new PIN loses a key ---- */

static void keys_open_after_the_pin_was_changed_or_unblocked(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, GENERATE_9A, CS_SW_OK);
	fixture_expect(f, CHANGE_PIN, CS_SW_OK);
	fixture_expect(f, SIGN("9A"), CS_SW_OK);
	for (int i = 0; i < 3; i++)
		fixture_send(f, WRONG_PIN);
	fixture_expect(f, "002C0080 10 3132333435363738 313233343536FFFF", CS_SW_OK);
	fixture_expect(f, SIGN("9A"), CS_SW_SECURITY_STATUS);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, SIGN("9A"), CS_SW_OK);
	fixture_expect(f, "00240081 10 3132333435363738 3837363534333231", CS_SW_OK);
	fixture_expect(f, "002C0080 10 3837363534333231 343536313233FFFF", CS_SW_OK);
	fixture_expect(f, NEW_PIN, CS_SW_OK);
	fixture_expect(f, SIGN("9A"), CS_SW_OK);
}

static void keys_open_after_the_officer_set_a_pin_or_limits(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, GENERATE_9A, CS_SW_OK);
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	fixture_expect(f, "00240083 10 3132333435363738 3837363534333231", CS_SW_OK);
	fixture_expect(f, "00200083 08 3837363534333231", CS_SW_OK);
	fixture_expect(f, "80030000 08 9106 343536313233", CS_SW_OK);
	fixture_expect(f, "80200000 05 B203 050404", CS_SW_OK);
	assert_int_equal(fixture_power_cycle(f), CS_OK);
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, NEW_PIN, CS_SW_OK);
	fixture_expect(f, SIGN("9A"), CS_SW_OK);
}

static void keys_open_with_the_factory_s_pin_that_set_retries_brings_back(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, GENERATE_9A, CS_SW_OK);
	fixture_expect(f, CHANGE_PIN, CS_SW_OK);
	fixture_expect(f, "00FA0507", CS_SW_OK);
	fixture_expect(f, SIGN("9A"), CS_SW_SECURITY_STATUS);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, SIGN("9A"), CS_SW_OK);
	/* The SO PIN's copy of the data key is the same as before. */
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	fixture_expect(f, VERIFY_SO, CS_SW_OK);
	fixture_expect(f, "80030000 08 9106 343536313233", CS_SW_OK);
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, NEW_PIN, CS_SW_OK);
	fixture_expect(f, SIGN("9A"), CS_SW_OK);
}

static void a_sealed_key_moves_with_the_management_key_alone(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, GENERATE_9A, CS_SW_OK);
	fixture_expect(f, "00F6829A", CS_SW_OK);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, SIGN("82"), CS_SW_OK);
	fixture_expect(f, "00F69A82", CS_SW_OK);
	fixture_expect(f, SIGN("9A"), CS_SW_OK);
}

/* ---- cards of the earlier form ---- */

static void put(struct fixture *f, uint16_t id, const char *hex)
{
	uint8_t bytes[64];

	assert_int_equal(store_put(&f->card.store, id, fixture_hex(hex, bytes, sizeof(bytes))), CS_OK);
}

/* PIN 135790 with 2 of 5 tries, PUK 97531086 with 1 of 4; a bare key in 9A, another that wants no PIN in 9E.
 */
static void make_old(struct fixture *f)
{
	uint8_t record[256];
	struct cs_writer w = CS_WRITER_OF(record);

	fixture_expect(f, "00FE119A 25 0620 " SCALAR "AA0101", CS_SW_OK);
	fixture_expect(f, IMPORT("9E"), CS_SW_OK);
	assert_int_equal(store_get(&f->card.store, RECORD_KEY_FIRST + 0x9A, &w), CS_OK);
	record[2] = PIV_PIN_ONCE;
	assert_int_equal(store_put(&f->card.store, RECORD_KEY_FIRST + 0x9A, cs_view(record, w.len)), CS_OK);
	put(f, RECORD_PIN, "313335373930FFFF 00 05");
	put(f, RECORD_PIN_TRIES, "02");
	put(f, RECORD_PUK, "3937353331303836 00 04");
	put(f, RECORD_PUK_TRIES, "01");
	assert_int_equal(store_delete_range(&f->card.store, RECORD_SO, RECORD_SECRET), CS_OK);
}

static void require_converted(struct fixture *f)
{
	struct pin_info info[PIN_COUNT];

	for (int i = 0; i < PIN_COUNT; i++)
		assert_int_equal(pin_info(&f->card, (enum pin)i, &info[i]), CS_OK);
	assert_true(info[PIN_USER].tries_left == 2 && info[PIN_USER].tries_total == 5);
	assert_true(info[PIN_PUK].tries_left == 1 && info[PIN_PUK].tries_total == 4);
	assert_true(info[PIN_SO].tries_left == 1 && info[PIN_SO].tries_total == 4);
	assert_false(info[PIN_USER].is_default || info[PIN_PUK].is_default || info[PIN_SO].is_default);
	assert_int_equal(records_with_hex(f, "313335373930"), 0);
	assert_int_equal(records_with_hex(f, "3937353331303836"), 0);
	/* 9E's alone */
	assert_int_equal(records_with_hex(f, SCALAR), 1);
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, "00200080 08 313335373930FFFF", CS_SW_OK);
	fixture_expect(f, SIGN("9A"), CS_SW_OK);
	fixture_expect(f, SIGN("9E"), CS_SW_OK);
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	fixture_expect(f, "00200083 08 3937353331303836", CS_SW_OK);
	fixture_expect(f, "002C0080 10 3937353331303836 343536313233FFFF", CS_SW_OK);
}

static void a_card_of_the_earlier_form_is_converted_at_its_start(void **state)
{
	struct fixture *f = *state;

	make_old(f);
	assert_int_equal(fixture_power_cycle(f), CS_OK);
	require_converted(f);
	assert_int_equal(fixture_power_cycle(f), CS_OK);
}

static void a_conversion_that_power_loss_interrupts_goes_on_at_the_next_start(void **state)
{
	struct fixture *f = *state;
	struct flash_ram *old;
	bool cut = true;

	make_old(f);
	old = flash_ram_clone(f->flash);
	assert_non_null(old);
	for (int tear = 0; tear < FLASH_TEAR_COUNT; tear++) {
		cut = true;
		for (uint64_t n = 1; cut; n++) {
			enum cs_err err;

			card_close(&f->card);
			flash_ram_free(f->flash);
			f->flash = flash_ram_clone(old);
			assert_non_null(f->flash);
			f->ports.flash = flash_ram_flash(f->flash);
			flash_ram_cut_at(f->flash, n, (enum flash_tear)tear, n);
			err = card_open(&f->card, &f->ports, CSGN_PROFILE_PIV);
			cut = flash_ram_is_cut(f->flash);
			assert_int_equal(err == CS_OK, !cut);
			assert_int_equal(fixture_power_cycle(f), CS_OK);
			require_converted(f);
		}
	}
	flash_ram_free(old);
}

#define FILLER	   0xF000u
#define FILLER_LEN 100u

static unsigned fill(struct fixture *f)
{
	static const uint8_t filler[FILLER_LEN];
	unsigned count = 0;

	while (store_put(&f->card.store, (uint16_t)(FILLER + count), CS_VIEW_OF(filler)) == CS_OK)
		count++;
	return count;
}

/* Without room for the new form of the PINs the card does not start, and is as it was. */
static void a_full_card_of_the_earlier_form_is_converted_when_there_is_room(void **state)
{
	struct fixture *f = *state;
	bool refused = false;
	struct flash_ram *full;
	unsigned count;

	make_old(f);
	count = fill(f);
	full = flash_ram_clone(f->flash);
	assert_non_null(full);
	for (unsigned gone = 0; gone < 40; gone++) {
		enum cs_err err;

		card_close(&f->card);
		flash_ram_free(f->flash);
		f->flash = flash_ram_clone(full);
		f->ports.flash = flash_ram_flash(f->flash);
		assert_int_equal(
		    store_open(&f->card.store, f->ports.flash, &f->crypto, f->platform.device_key), CS_OK);
		for (unsigned i = 0; i < gone; i++)
			assert_int_equal(store_delete(&f->card.store, (uint16_t)(FILLER + i)), CS_OK);
		err = card_open(&f->card, &f->ports, CSGN_PROFILE_PIV);
		if (err) {
			assert_int_equal(err, CS_ERR_FULL);
			refused = true;
			assert_int_equal(
			    store_open(&f->card.store, f->ports.flash, &f->crypto, f->platform.device_key),
			    CS_OK);
		}
		for (unsigned i = gone; i < count; i++)
			assert_int_equal(store_delete(&f->card.store, (uint16_t)(FILLER + i)), CS_OK);
		assert_int_equal(fixture_power_cycle(f), CS_OK);
		require_converted(f);
	}
	assert_true(refused);
	flash_ram_free(full);
}

static void a_user_who_had_no_pin_yet_has_none_after_the_conversion(void **state)
{
	struct fixture *f = *state;
	struct pin_info pin;

	make_old(f);
	put(f, RECORD_PIN, "0000000000000000 02 03");
	put(f, RECORD_PIN_TRIES, "00");
	assert_int_equal(fixture_power_cycle(f), CS_OK);
	assert_int_equal(pin_info(&f->card, PIN_USER, &pin), CS_OK);
	assert_false(pin.set);
	assert_int_equal(pin.tries_left, 0);
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	fixture_expect(f, "00200083 08 3937353331303836", CS_SW_OK);
	fixture_expect(f, "80030000 08 9106 343536313233", CS_SW_OK);
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, NEW_PIN, CS_SW_OK);
	fixture_expect(f, SIGN("9A"), CS_SW_OK);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
	    CASE(no_record_holds_a_private_key_that_wants_the_pin),
	    CASE(no_record_holds_a_pin_puk_or_so_pin),
	    CASE(an_initialisation_that_power_loss_interrupts_has_written_no_pin_down),
	    CASE(a_channel_has_the_data_key_just_while_the_pin_is_verified),
	    CASE(it_stays_until_the_last_of_pin_and_so_pin_ends),
	    CASE(with_the_data_key_go_the_keys_that_it_has_opened),
	    CASE(the_officer_s_data_key_opens_nothing_of_the_user_s),
	    CASE(a_pin_that_must_be_changed_opens_no_envelope),
	    CASE(an_envelope_opens_in_its_context_and_whole_only),
	    CASE(an_envelope_that_has_no_room_is_not_begun),
	    CASE(without_its_key_pair_the_card_seals_and_opens_nothing_for_others),
	    CASE(a_crypto_port_s_key_of_another_form_seals_nothing),
	    CASE(a_verified_pin_without_a_data_key_opens_nothing),
	    CASE(a_key_s_policy_is_sealed_with_it),
	    CASE(a_card_made_anew_opens_nothing_of_the_old_one),
	    CASE(keys_open_after_the_pin_was_changed_or_unblocked),
	    CASE(keys_open_after_the_officer_set_a_pin_or_limits),
	    CASE(keys_open_with_the_factory_s_pin_that_set_retries_brings_back),
	    CASE(a_sealed_key_moves_with_the_management_key_alone),
	    CASE(a_card_of_the_earlier_form_is_converted_at_its_start),
	    CASE(a_conversion_that_power_loss_interrupts_goes_on_at_the_next_start),
	    CASE(a_full_card_of_the_earlier_form_is_converted_when_there_is_room),
	    CASE(a_user_who_had_no_pin_yet_has_none_after_the_conversion),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
