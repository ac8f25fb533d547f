/* SPDX-License-Identifier: BSD-2-Clause
 *
 * SCP03 on the card: against sessions recorded with another maker's card, and against whoever sits between
 * the administrator and the card.
 */
#include "tests/unit/scp03_admin.h"
#include "tests/unit/scp03_recordings.h"

#include <string.h>

#include "applet/records.h"
#include "applet/scp03.h"
#include "base/tlv.h"

#define SET_LABEL    0x04
#define LABEL_PLAIN  "8401 41"
#define PIV_CHUID_OK "00CB3FFF 05 5C035FC102 00"

/* SET LABEL "A", protected, as it goes over the wire. */
static struct cs_view sealed_label(struct cc_scp03 *s, char letter, uint8_t raw[128])
{
	const uint8_t data[] = {CSGN_TAG_LABEL, 1, (uint8_t)letter};
	const struct cs_apdu cmd = {.cla = CSGN_CLA, .ins = CSGN_INS_SET_LABEL, .data = CS_VIEW_OF(data)};
	struct cs_writer w = cs_writer_of(raw, 128);
	struct cs_apdu sealed;
	uint8_t buf[64];

	admin_seal(s, &cmd, buf, sizeof(buf), &sealed);
	assert_int_equal(cs_apdu_build(&sealed, &w), CS_OK);
	return cs_writer_view(&w);
}

static bool label_is(struct fixture *f, const char *label)
{
	uint8_t stored[CSGN_LABEL_MAX];
	struct cs_writer w = CS_WRITER_OF(stored);
	enum cs_err err = store_get(&f->card.store, RECORD_LABEL, &w);

	return cs_view_equal(err ? CS_VIEW_EMPTY : cs_writer_view(&w), cs_view_string(label));
}

static void assert_dead(struct fixture *f, struct cc_scp03 *s)
{
	uint8_t raw[128];

	assert_int_equal(f->card.channels[0].security, 0);
	assert_int_equal(f->card.channels[0].sm.scp.level, 0);
	assert_int_equal(fixture_send_view(f, sealed_label(s, 'Z', raw)), CS_SW_SECURITY_STATUS);
	assert_true(label_is(f, ""));
}

/* ---- sessions recorded with another card ---- */

static uint8_t recorded_challenge[8];

static enum cs_err recorded_random(void *ctx, uint8_t *out, size_t len)
{
	(void)ctx;
	assert_int_equal(len, sizeof(recorded_challenge));
	memcpy(out, recorded_challenge, len);
	return CS_OK;
}

/* What our card makes of the plain answer of the recorded one, in the session as it is after the first
 * command. */
static void assert_answers_as_recorded(struct fixture *f, const struct recording *r)
{
	uint8_t plain[64], want[64];
	struct cs_view p = fixture_hex("bf3e125a1089882119900000000000000000000005", plain, sizeof(plain));
	struct cs_view w = fixture_hex(r->answer, want, sizeof(want));
	size_t len = p.len;

	memcpy(f->card.response, p.ptr, len);
	assert_int_equal(scp03_wrap(&f->card, &f->card.channels[0].sm.scp, CS_SW_OK, &len), CS_OK);
	assert_int_equal(len, w.len);
	assert_memory_equal(f->card.response, w.ptr, len);
	memset(f->card.response, 0, len);
}

/* The commands are another application's: 6D00 or 6E00 says that they came through, 6982 would say that they
 * did not. */
static void recorded_sessions_are_understood_and_answered(void **state)
{
	struct fixture *f = *state;
	enum cs_err (*random)(void *ctx, uint8_t *out, size_t len) = f->crypto.random;

	for (size_t i = 0; i < sizeof(recordings) / sizeof(recordings[0]); i++) {
		const struct recording *r = &recordings[i];
		struct cc_scp03_keys keys = admin_keys_of(r->key_len);
		uint8_t bytes[32];
		struct cs_view cryptogram = fixture_hex(r->cryptogram, bytes, sizeof(bytes));

		keys.version = (uint8_t)(0x30 + (r->key_len - 16) / 8);
		fixture_expect(f, SELECT_CSGN, CS_SW_OK);
		fixture_expect(f, VERIFY_SO, CS_SW_OK);
		fixture_expect(f, "8005DEAD", CS_SW_OK); /* the key set goes, too */
		admin_install_keys(f, &keys);
		(void)fixture_hex(r->challenge, recorded_challenge, sizeof(recorded_challenge));
		f->crypto.random = recorded_random;
		fixture_expect(f, r->update, CS_SW_OK);
		f->crypto.random = random;
		assert_memory_equal(f->data.ptr + 21, cryptogram.ptr, cryptogram.len);
		fixture_expect(f, r->authenticate, CS_SW_OK);
		for (size_t c = 0; c < 5; c++) {
			fixture_expect(f, r->commands[c], CS_SW_WRONG_INS);
			if (c == 0)
				assert_answers_as_recorded(f, r);
		}
		/* none of them twice */
		fixture_expect(f, r->commands[4], CS_SW_SECURITY_STATUS);
	}
}

/* ---- the key set ---- */

static void the_first_key_set_is_the_officers_and_the_next_ones_come_in_a_session(void **state)
{
	struct fixture *f = *state;
	struct cc_scp03_keys next = admin_keys_of(32);
	struct cc_scp03 s;
	uint8_t buf[128];

	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	assert_int_equal(admin_set_keys_plain(f, &admin_keys_128), CS_SW_SECURITY_STATUS);
	fixture_expect(f, "80500000 08 0102030405060708 00", CS_SW_REFERENCE_NOT_FOUND);
	admin_install_keys(f, &admin_keys_128);
	fixture_expect(f, VERIFY_SO, CS_SW_OK);
	assert_int_equal(admin_set_keys_plain(f, &next), CS_SW_SECURITY_STATUS);
	/* not in a session that does not encrypt */
	admin_open_on(f, 0, &admin_keys_128, SCP03_C_MAC, &s);
	assert_int_equal(
	    admin_command(f, &s, CSGN_CLA, CSGN_INS_SET_SCP_KEYS, 0, admin_keys_data(&next, buf)),
	    CS_SW_CONDITIONS);
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	admin_open_session(f, &s);
	assert_int_equal(
	    admin_command(f, &s, CSGN_CLA, CSGN_INS_SET_SCP_KEYS, 0, admin_keys_data(&next, buf)), CS_SW_OK);
	/* the session goes on; the next one has the new keys */
	assert_int_equal(admin_command_hex(f, &s, CSGN_CLA, SET_LABEL, 0, LABEL_PLAIN), CS_SW_OK);
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	admin_open_on(f, 0, &next, SCP03_ALL, &s);
	assert_int_equal(admin_command_hex(f, &s, CSGN_CLA, SET_LABEL, 0, "840142"), CS_SW_OK);
	assert_true(label_is(f, "B"));
	fixture_expect(f, SELECT_CSGN, CS_SW_OK); /* outside of a session INITIALIZE erases a planted set */
	fixture_expect(f, "80020000 0D 9008 3438323935373331 840141", CS_SW_OK);
	fixture_expect(f, "80500000 08 0102030405060708 00", CS_SW_REFERENCE_NOT_FOUND);
}

static void key_sets_that_are_none_are_refused(void **state)
{
	struct fixture *f = *state;
	struct cc_scp03_keys keys = admin_keys_128;

	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	fixture_expect(f, VERIFY_SO, CS_SW_OK);
	keys.version = 0;
	assert_int_equal(admin_set_keys_plain(f, &keys), CS_SW_WRONG_DATA);
	keys.version = 0x80;
	assert_int_equal(admin_set_keys_plain(f, &keys), CS_SW_WRONG_DATA);
	keys = admin_keys_128;
	keys.len = 17;
	assert_int_equal(admin_set_keys_plain(f, &keys), CS_SW_WRONG_DATA);
	keys = admin_keys_128;
	memcpy(keys.mac, keys.enc, sizeof(keys.mac));
	assert_int_equal(admin_set_keys_plain(f, &keys), CS_SW_WRONG_DATA);
	fixture_expect(
	    f,
	    "80300000 27 BC0130 BD10 000102030405060708090A0B0C0D0E0F BF10 101112131415161718191A1B1C1D1E1F",
	    CS_SW_WRONG_DATA);
	fixture_expect(f, "80500000 08 0102030405060708 00", CS_SW_REFERENCE_NOT_FOUND);
	admin_install_keys(f, &admin_keys_128);
	fixture_expect(f, "80502000 08 0102030405060708 00", CS_SW_REFERENCE_NOT_FOUND);
	fixture_expect(f, "80503000 09 010203040506070809 00", CS_SW_WRONG_LENGTH);
	fixture_expect(f, "80500000 08 0102030405060708 00", CS_SW_OK);
	assert_true(fixture_answer_has(f, "F0 4353 49474E 00C0FFEE 30 03 60"));
}

static void new_keys_end_the_sessions_of_the_old_on_other_channels(void **state)
{
	struct fixture *f = *state;
	struct cc_scp03_keys next = admin_keys_of(24);
	struct cc_scp03 one, two, begun;
	uint8_t buf[128], raw[128];

	admin_install_keys(f, &admin_keys_128);
	fixture_expect_data(f, "00700000 01", "01");
	fixture_expect(f, "01A40400 07 F0435349474E01", CS_SW_OK);
	fixture_expect_data(f, "01700000 01", "02");
	admin_open_on(f, 1, &admin_keys_128, SCP03_ALL, &two);
	admin_initialize_update(f, 2, &admin_keys_128, 8, &begun);
	admin_open_session(f, &one);
	assert_int_equal(
	    admin_command(f, &one, CSGN_CLA, CSGN_INS_SET_SCP_KEYS, 0, admin_keys_data(&next, buf)),
	    CS_SW_OK);
	assert_int_equal(admin_external_authenticate(f, 2, SCP03_ALL, &begun), CS_SW_SECURITY_STATUS);
	assert_int_equal(f->card.channels[1].security, 0);
	(void)sealed_label(&two, 'C', raw);
	raw[0] |= 1;
	assert_int_equal(fixture_send_view(f, cs_view(raw, 5 + raw[4])), CS_SW_SECURITY_STATUS);
	assert_true(label_is(f, ""));
}

/* ---- what a session is good for ---- */

static void a_session_stands_for_the_administrator(void **state)
{
	struct fixture *f = *state;
	struct cc_scp03 s;

	admin_install_keys(f, &admin_keys_128);
	admin_open_session(f, &s);
	assert_int_equal(
	    admin_command_hex(f, &s, CSGN_CLA, CSGN_INS_INITIALIZE, 0, "9008 3438323935373331 840141"),
	    CS_SW_OK);
	/* which has made the card new, but is still the administrator's; to set a PIN he has to open the keys
	 * it is to open */
	assert_int_equal(admin_command_hex(f, &s, CSGN_CLA, CSGN_INS_INIT_PIN, 0, "9106 343832393135"),
			 CS_SW_SECURITY_STATUS);
	assert_int_equal(admin_command_hex(f, &s, 0, ISO_INS_VERIFY, 0x83, "3438323935373331"), CS_SW_OK);
	assert_int_equal(admin_command_hex(f, &s, CSGN_CLA, CSGN_INS_INIT_PIN, 0, "9106 343832393135"),
			 CS_SW_OK);
	assert_int_equal(admin_command_hex(f, &s, CSGN_CLA, SET_LABEL, 0, "840142"), CS_SW_OK);
	assert_true(label_is(f, "B"));
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, "0047009A 05 AC03800111 00", CS_SW_SECURITY_STATUS);
	admin_open_session(f, &s);
	assert_int_equal(admin_command_hex(f, &s, 0, PIV_INS_GENERATE, 0x9A, "AC03800111"), CS_SW_OK);
	assert_true(fixture_answer_has(f, "7F49438641"));
	assert_int_equal(admin_command_hex(f, &s, 0, PIV_INS_PUT_DATA, 0x3FFF, "5C035FC1065301AA"), CS_SW_OK);
	assert_int_equal(admin_command_hex(f, &s, 0, PIV_INS_SET_MANAGEMENT_KEY, 0xFFFF,
					   "089B10 0102030405060708090A0B0C0D0E0F10"),
			 CS_SW_OK);
	/* but for nobody's PIN */
	assert_int_equal(admin_command_hex(f, &s, 0, PIV_INS_AUTHENTICATE, 0x119A, "7C08 8200 8104 01020304"),
			 CS_SW_SECURITY_STATUS);
	assert_int_equal(admin_command_hex(f, &s, 0, PIV_INS_GET_DATA, 0x3FFF, "5C035FC109"),
			 CS_SW_SECURITY_STATUS);
	assert_int_equal(admin_command_hex(f, &s, 0, ISO_INS_VERIFY, 0x80, "343832393135FFFF"), CS_SW_OK);
	assert_int_equal(admin_command_hex(f, &s, 0, PIV_INS_AUTHENTICATE, 0x119A, "7C08 8200 8104 01020304"),
			 CS_SW_OK);
}

static void resetting_the_card_in_a_session_is_answered_in_it_and_takes_the_keys(void **state)
{
	struct fixture *f = *state;
	struct cc_scp03 s;

	admin_install_keys(f, &admin_keys_128);
	admin_open_session(f, &s);
	assert_int_equal(admin_command(f, &s, CSGN_CLA, CSGN_INS_RESET, 0xDEAD, CS_VIEW_EMPTY), CS_SW_OK);
	assert_dead(f, &s);
	fixture_expect(f, "80500000 08 0102030405060708 00", CS_SW_REFERENCE_NOT_FOUND);
}

static void a_locked_card_is_unlocked_in_a_session(void **state)
{
	struct fixture *f = *state;
	struct cc_scp03 s;

	admin_install_keys(f, &admin_keys_128);
	admin_open_session(f, &s);
	assert_int_equal(admin_command_hex(f, &s, 0, ISO_INS_VERIFY, 0x83, "3132333435363738"), CS_SW_OK);
	assert_int_equal(admin_command_hex(f, &s, CSGN_CLA, CSGN_INS_INIT_PIN, 0, "9106 343832393135"),
			 CS_SW_OK);
	assert_int_equal(admin_command(f, &s, CSGN_CLA, CSGN_INS_LOCK, 0, CS_VIEW_EMPTY), CS_SW_OK);
	card_reset(&f->card);
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	fixture_expect(f, "80090000", CS_SW_SECURITY_STATUS);
	admin_open_session(f, &s);
	assert_int_equal(admin_command(f, &s, CSGN_CLA, CSGN_INS_UNLOCK, 0, CS_VIEW_EMPTY), CS_SW_OK);
	assert_int_equal(f->card.lifecycle, CSGN_ISSUED);
	assert_int_equal(admin_command(f, &s, CSGN_CLA, CSGN_INS_TERMINATE, 0xDEAD, CS_VIEW_EMPTY), CS_SW_OK);
	assert_false(store_has(&f->card.store, RECORD_SCP_KEYS));
	assert_int_equal(f->card.channels[0].security, 0);
}

static void levels_protect_what_they_say(void **state)
{
	static const uint8_t levels[] = {0x01, 0x03, 0x11, 0x13, 0x33};
	struct fixture *f = *state;
	struct cc_scp03 s;

	admin_install_keys(f, &admin_keys_128);
	for (size_t i = 0; i < sizeof(levels); i++) {
		admin_open_on(f, 0, &admin_keys_128, levels[i], &s);
		assert_int_equal(admin_command(f, &s, CSGN_CLA, CSGN_INS_INFO, 0, CS_VIEW_EMPTY), CS_SW_OK);
		assert_true(fixture_answer_has(f, "8104 00C0FFEE"));
		/* a status word of no error has its MAC, too */
		assert_int_equal(admin_command(f, &s, 0, ISO_INS_VERIFY, 0x80, CS_VIEW_EMPTY), 0x63C3);
		fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	}
	admin_initialize_update(f, 0, &admin_keys_128, 8, &s);
	assert_int_equal(admin_external_authenticate(f, 0, 0x00, &s), CS_SW_WRONG_P1P2);
	admin_initialize_update(f, 0, &admin_keys_128, 8, &s);
	assert_int_equal(admin_external_authenticate(f, 0, 0x30, &s), CS_SW_WRONG_P1P2);
}

static void sixteen_bytes_of_challenge_make_macs_of_sixteen(void **state)
{
	struct fixture *f = *state;
	struct cc_scp03 s;
	uint8_t raw[128];

	admin_install_keys(f, &admin_keys_128);
	admin_initialize_update(f, 0, &admin_keys_128, 16, &s);
	assert_int_equal(f->data.ptr[12], SCP03_I | SCP03_S16);
	assert_int_equal(admin_external_authenticate(f, 0, SCP03_ALL, &s), CS_SW_OK);
	assert_int_equal(sealed_label(&s, 'A', raw).len, 5 + 16 + 16);
	assert_int_equal(fixture_send_view(f, cs_view(raw, 37)), CS_SW_OK);
	assert_int_equal(f->data.len, 16);
	assert_true(label_is(f, "A"));
}

/* In pieces, in extended form, and out in pieces. */
static void long_commands_and_answers_come_through(void **state)
{
	struct fixture *f = *state;
	static uint8_t object[8 + 3000], buf[4000];
	const struct cs_apdu cmd = {
	    .ins = PIV_INS_PUT_DATA, .p1 = 0x3F, .p2 = 0xFF, .data = CS_VIEW_OF(object)};
	struct cs_apdu sealed, piece;
	struct cc_scp03 s;
	uint16_t sw = CS_SW_OK;

	memcpy(object, (const uint8_t[]){0x5C, 0x03, 0x5F, 0xC1, 0x06, 0x53, 0x82, 0x0B}, 8);
	object[8] = 0xB7; /* 0BB7: 2999 bytes follow */
	admin_install_keys(f, &admin_keys_128);
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	admin_open_session(f, &s);
	admin_seal(&s, &cmd, buf, sizeof(buf), &sealed);
	piece = sealed;
	for (size_t at = 0; at < sealed.data.len; at += 255) {
		size_t left = sealed.data.len - at;

		piece.cla = left > 255 ? sealed.cla | ISO_CLA_CHAIN : sealed.cla;
		piece.data = cs_view(sealed.data.ptr + at, left > 255 ? 255 : left);
		sw = admin_send_apdu(f, &piece);
		assert_int_equal(sw, CS_SW_OK);
	}
	for (size_t i = 0; i < sizeof(f->card.command); i++)
		assert_int_equal(f->card.command[i], 0);
	assert_int_equal(admin_command(f, &s, 0, PIV_INS_PUT_DATA, 0x3FFF, CS_VIEW_OF(object)), CS_SW_OK);
	assert_int_equal(admin_command_hex(f, &s, 0, PIV_INS_GET_DATA, 0x3FFF, "5C035FC106"), CS_SW_OK);
	assert_int_equal(f->data.len, 4 + 2999);
	for (size_t i = 0; i < sizeof(f->card.command); i++)
		assert_int_equal(f->card.command[i], 0);
}

/* ---- whoever sits in between ---- */

static void a_plain_command_ends_the_session_and_all_that_was_verified_in_it(void **state)
{
	struct fixture *f = *state;
	struct cc_scp03 s;

	admin_install_keys(f, &admin_keys_128);
	admin_open_session(f, &s);
	assert_int_equal(admin_command_hex(f, &s, 0, ISO_INS_VERIFY, 0x80, "313233343536FFFF"), CS_SW_OK);
	fixture_expect(f, "80040000 03 840141", CS_SW_SECURITY_STATUS);
	assert_dead(f, &s);
	fixture_expect(f, "00200080", 0x63C3);
	fixture_expect(f, "80040000 03 840141", CS_SW_SECURITY_STATUS);
	/* not even one that needs nothing */
	admin_open_session(f, &s);
	fixture_expect(f, "80010000 00", CS_SW_SECURITY_STATUS);
	assert_dead(f, &s);
	fixture_expect(f, "80010000 00", CS_SW_OK);
	admin_open_session(f, &s);
	fixture_expect(f, "88010000 00", CS_SW_SM_UNSUPPORTED);
	assert_dead(f, &s);
	/* SELECT, MANAGE CHANNEL and a new beginning are heard, and end it as well */
	admin_open_session(f, &s);
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	assert_dead(f, &s);
	admin_open_session(f, &s);
	fixture_expect(f, "00700000 01", CS_SW_OK);
	assert_dead(f, &s);
	admin_open_session(f, &s);
	fixture_expect(f, "80500000 08 0102030405060708 00", CS_SW_OK);
	assert_int_equal(f->card.channels[0].security, 0);
}

static void a_command_is_heard_once_and_in_its_order(void **state)
{
	struct fixture *f = *state;
	uint8_t first[128], second[128];
	struct cs_view a, b;
	struct cc_scp03 s;

	admin_install_keys(f, &admin_keys_128);
	admin_open_session(f, &s);
	a = sealed_label(&s, 'A', first);
	b = sealed_label(&s, 'B', second);
	assert_int_equal(fixture_send_view(f, b), CS_SW_SECURITY_STATUS);
	assert_int_equal(fixture_send_view(f, a), CS_SW_SECURITY_STATUS);
	assert_dead(f, &s);
	admin_open_session(f, &s);
	a = sealed_label(&s, 'A', first);
	b = sealed_label(&s, 'B', second);
	assert_int_equal(fixture_send_view(f, a), CS_SW_OK);
	assert_int_equal(fixture_send_view(f, a), CS_SW_SECURITY_STATUS);
	assert_int_equal(fixture_send_view(f, b), CS_SW_SECURITY_STATUS);
	assert_true(label_is(f, "A"));
}

/* Each bit of the command, header and length too. Whatever it has become, it is not executed; and where it
 * was still a command of this channel, the session is over. */
static void no_bit_of_a_command_can_be_changed(void **state)
{
	struct fixture *f = *state;
	struct cc_scp03 s;
	uint8_t raw[128];

	admin_install_keys(f, &admin_keys_128);
	for (size_t bit = 0; bit < 8u * 29u; bit++) {
		struct cs_view a;
		uint16_t sw;

		fixture_expect(f, SELECT_CSGN, CS_SW_OK);
		admin_open_session(f, &s);
		a = sealed_label(&s, 'A', raw);
		assert_int_equal(a.len, 29);
		raw[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		sw = fixture_send_view(f, a);
		if (bit / 8 > 0 && bit / 8 != 4) {
			assert_int_equal(sw, CS_SW_SECURITY_STATUS);
			assert_dead(f, &s);
		}
		assert_int_equal(sw == CS_SW_OK,
				 bit == 3); /* the chaining bit: a piece, of which no more comes */
		assert_true(label_is(f, ""));
	}
}

static void a_command_cut_short_or_lengthened_ends_the_session(void **state)
{
	struct fixture *f = *state;
	struct cc_scp03 s;
	uint8_t raw[128];

	admin_install_keys(f, &admin_keys_128);
	for (uint8_t lc = 0; lc < 40; lc++) {
		if (lc == 24)
			continue;
		fixture_expect(f, SELECT_CSGN, CS_SW_OK);
		admin_open_session(f, &s);
		memset(raw, 0, sizeof(raw));
		(void)sealed_label(&s, 'A', raw);
		raw[4] = lc;
		assert_int_equal(fixture_send_view(f, cs_view(raw, 5u + lc)), CS_SW_SECURITY_STATUS);
		assert_dead(f, &s);
	}
}

static void a_recorded_session_is_of_no_use(void **state)
{
	struct fixture *f = *state;
	struct cc_scp03 s;
	uint8_t authenticate[64], label[128], buf[64];
	struct cs_writer w = CS_WRITER_OF(authenticate);
	struct cs_apdu cmd = {.cla = CSGN_CLA, .ins = SCP03_INS_EXTERNAL_AUTHENTICATE, .p1 = SCP03_ALL},
		       sealed;
	struct cs_view recorded;

	admin_install_keys(f, &admin_keys_128);
	admin_initialize_update(f, 0, &admin_keys_128, 8, &s);
	cmd.data = cs_view(s.host_cryptogram, 8);
	admin_seal(&s, &cmd, buf, sizeof(buf), &sealed);
	assert_int_equal(cs_apdu_build(&sealed, &w), CS_OK);
	assert_int_equal(fixture_send_view(f, cs_writer_view(&w)), CS_SW_OK);
	s.level = SCP03_ALL;
	recorded = sealed_label(&s, 'A', label);
	assert_int_equal(fixture_send_view(f, recorded), CS_SW_OK);
	fixture_expect(f, "80500000 08 B13E5F938FC108C4 00", CS_SW_OK);
	assert_int_equal(fixture_send_view(f, cs_writer_view(&w)), 0x63C9);
	assert_int_equal(fixture_send_view(f, recorded), CS_SW_SECURITY_STATUS);
	/* without the beginning */
	assert_int_equal(fixture_send_view(f, cs_writer_view(&w)), CS_SW_SECURITY_STATUS);
	assert_int_equal(fixture_send_view(f, recorded), CS_SW_SECURITY_STATUS);
}

static void between_the_two_halves_of_the_beginning_nothing_may_stand(void **state)
{
	struct fixture *f = *state;
	struct cc_scp03 s;

	admin_install_keys(f, &admin_keys_128);
	admin_initialize_update(f, 0, &admin_keys_128, 8, &s);
	fixture_expect(f, "80010000 00", CS_SW_OK);
	assert_int_equal(admin_external_authenticate(f, 0, SCP03_ALL, &s), CS_SW_SECURITY_STATUS);
	/* on another channel it may */
	fixture_expect_data(f, "00700000 01", "01");
	admin_initialize_update(f, 0, &admin_keys_128, 8, &s);
	fixture_expect(f, "01A40400 07 F0435349474E01", CS_SW_OK);
	assert_int_equal(admin_external_authenticate(f, 1, SCP03_ALL, &s), CS_SW_SECURITY_STATUS);
	s.chaining[0] = 0;
	memset(s.chaining, 0, sizeof(s.chaining));
	assert_int_equal(admin_external_authenticate(f, 0, SCP03_ALL, &s), CS_SW_OK);
	/* unprotected, it is nothing */
	admin_initialize_update(f, 0, &admin_keys_128, 8, &s);
	fixture_expect(f, "80823300 10 00000000000000000000000000000000", CS_SW_CONDITIONS);
}

static void who_guesses_is_blocked_and_power_brings_no_try_back(void **state)
{
	struct fixture *f = *state;
	struct cc_scp03 s, wrong;

	admin_install_keys(f, &admin_keys_128);
	for (unsigned left = SCP03_TRIES; left-- > 1;) {
		admin_initialize_update(f, 0, &admin_keys_128, 8, &wrong);
		wrong.host_cryptogram[7] ^= 1;
		assert_int_equal(admin_external_authenticate(f, 0, SCP03_ALL, &wrong),
				 CS_SW_TRIES_LEFT | left);
		assert_int_equal(f->card.channels[0].security, 0);
	}
	assert_int_equal(fixture_power_cycle(f), CS_OK);
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	admin_open_session(f, &s); /* the last try, and all are back */
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	for (unsigned left = SCP03_TRIES; left-- > 0;) {
		admin_initialize_update(f, 0, &admin_keys_128, 8, &wrong);
		wrong.s_mac[0] ^= 1;
		assert_int_equal(admin_external_authenticate(f, 0, SCP03_ALL, &wrong),
				 CS_SW_TRIES_LEFT | left);
	}
	fixture_expect(f, "80500000 08 0102030405060708 00", CS_SW_BLOCKED);
	assert_int_equal(fixture_power_cycle(f), CS_OK);
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	fixture_expect(f, "80500000 08 0102030405060708 00", CS_SW_BLOCKED);
	fixture_expect(f, VERIFY_SO, CS_SW_OK);
	assert_int_equal(admin_set_keys_plain(f, &admin_keys_128), CS_SW_SECURITY_STATUS);
	fixture_expect(f, "8005DEAD", CS_SW_OK);
	admin_install_keys(f, &admin_keys_128);
	admin_open_session(f, &s);
}

static void no_key_passes_in_the_clear(void **state)
{
	struct fixture *f = *state;
	struct cc_scp03_keys next = admin_keys_of(32);
	struct cc_scp03 s;
	struct cs_apdu cmd = {.cla = CSGN_CLA, .ins = CSGN_INS_SET_SCP_KEYS}, sealed;
	uint8_t data[128], buf[160];

	memset(next.enc, 0xE5, sizeof(next.enc));
	memset(next.mac, 0xA6, sizeof(next.mac));
	admin_install_keys(f, &admin_keys_128);
	admin_open_session(f, &s);
	cmd.data = admin_keys_data(&next, data);
	admin_seal(&s, &cmd, buf, sizeof(buf), &sealed);
	assert_null(memmem(sealed.data.ptr, sealed.data.len, next.enc, 4));
	assert_null(memmem(sealed.data.ptr, sealed.data.len, next.mac, 4));
	assert_int_equal(admin_send_apdu(f, &sealed), CS_SW_OK);
	for (size_t i = 0; i < sizeof(f->card.command); i++)
		assert_int_equal(f->card.command[i], 0);
	assert_int_equal(f->data.len, 8);
}

static void a_session_is_its_channels_alone(void **state)
{
	struct fixture *f = *state;
	struct cc_scp03 one, two;
	uint8_t raw[128];
	struct cs_view a;

	admin_install_keys(f, &admin_keys_128);
	fixture_expect_data(f, "00700000 01", "01");
	fixture_expect(f, "01A40400 07 F0435349474E01", CS_SW_OK);
	admin_open_session(f, &one);
	/* a plain command elsewhere, and a session elsewhere */
	fixture_expect(f, "81040000 03 840141", CS_SW_SECURITY_STATUS);
	fixture_expect(f, "81010000 00", CS_SW_OK);
	admin_open_on(f, 1, &admin_keys_128, SCP03_ALL, &two);
	assert_int_equal(admin_command_hex(f, &one, CSGN_CLA, SET_LABEL, 0, "840142"), CS_SW_OK);
	/* the one's command on the other's channel */
	a = sealed_label(&one, 'C', raw);
	raw[0] |= 1;
	assert_int_equal(fixture_send_view(f, a), CS_SW_SECURITY_STATUS);
	assert_int_equal(f->card.channels[1].security, 0);
	raw[0] &= 0xFE;
	assert_int_equal(fixture_send_view(f, a), CS_SW_OK);
	assert_true(label_is(f, "C"));
}

static void without_a_session_nothing_that_claims_protection_is_executed(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	fixture_expect(f, "84010000 00", CS_SW_SECURITY_STATUS);
	fixture_expect(f, "84010000 08 0102030405060708 00", CS_SW_SECURITY_STATUS);
	fixture_expect(f, "84823300 10 00000000000000000000000000000000", CS_SW_SECURITY_STATUS);
	fixture_expect(f, "88010000 00", CS_SW_SM_UNSUPPORTED);
	admin_install_keys(f, &admin_keys_128);
	fixture_expect(f, "84010000 00", CS_SW_SECURITY_STATUS);
}

/* The host's side of it: an answer that is not the card's is known. */
static void no_bit_of_an_answer_can_be_changed(void **state)
{
	struct fixture *f = *state;
	const struct cs_apdu cmd = {.cla = CSGN_CLA, .ins = CSGN_INS_INFO, .ne = 256};
	struct cs_apdu sealed;
	struct cc_scp03 s;
	uint8_t buf[64], answer[256], tampered[256];
	size_t len, n;

	admin_install_keys(f, &admin_keys_128);
	admin_open_session(f, &s);
	admin_seal(&s, &cmd, buf, sizeof(buf), &sealed);
	assert_int_equal(admin_send_apdu(f, &sealed), CS_SW_OK);
	len = f->data.len;
	memcpy(answer, f->data.ptr, len);
	for (size_t bit = 0; bit < 8 * len; bit++) {
		memcpy(tampered, answer, len);
		tampered[bit / 8] ^= (uint8_t)(1 << bit % 8);
		n = len;
		assert_int_equal(cc_scp03_unwrap(&s, CS_SW_OK, tampered, &n), CS_ERR_CORRUPT);
	}
	for (n = 0; n < len;) {
		size_t cut = n++;
		memcpy(tampered, answer, len);
		assert_int_equal(cc_scp03_unwrap(&s, CS_SW_OK, tampered, &cut), CS_ERR_CORRUPT);
	}
	memcpy(tampered, answer, len);
	n = len;
	assert_int_equal(cc_scp03_unwrap(&s, 0x63C3, tampered, &n), CS_ERR_CORRUPT);
	assert_int_equal(cc_scp03_unwrap(&s, CS_SW_OK, tampered, &n), CS_OK);
	assert_int_equal(tampered[0], CSGN_TAG_VERSION);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_setup_piv, fixture_teardown)
	const struct CMUnitTest tests[] = {
	    CASE(recorded_sessions_are_understood_and_answered),
	    CASE(the_first_key_set_is_the_officers_and_the_next_ones_come_in_a_session),
	    CASE(key_sets_that_are_none_are_refused),
	    CASE(new_keys_end_the_sessions_of_the_old_on_other_channels),
	    CASE(a_session_stands_for_the_administrator),
	    CASE(resetting_the_card_in_a_session_is_answered_in_it_and_takes_the_keys),
	    CASE(a_locked_card_is_unlocked_in_a_session),
	    CASE(levels_protect_what_they_say),
	    CASE(sixteen_bytes_of_challenge_make_macs_of_sixteen),
	    CASE(long_commands_and_answers_come_through),
	    CASE(a_plain_command_ends_the_session_and_all_that_was_verified_in_it),
	    CASE(a_command_is_heard_once_and_in_its_order),
	    CASE(no_bit_of_a_command_can_be_changed),
	    CASE(a_command_cut_short_or_lengthened_ends_the_session),
	    CASE(a_recorded_session_is_of_no_use),
	    CASE(between_the_two_halves_of_the_beginning_nothing_may_stand),
	    CASE(who_guesses_is_blocked_and_power_brings_no_try_back),
	    CASE(no_key_passes_in_the_clear),
	    CASE(a_session_is_its_channels_alone),
	    CASE(without_a_session_nothing_that_claims_protection_is_executed),
	    CASE(no_bit_of_an_answer_can_be_changed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
