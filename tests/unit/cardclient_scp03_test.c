/* SPDX-License-Identifier: BSD-2-Clause
 *
 * SCP03 from the administrator's side: recorded sessions of other makers, typed commands through a session
 * with the card core, and a computer in between that reads and changes what passes.
 */
#include "tests/lib/transport_faulty.h"
#include "tests/unit/scp03_recordings.h"

#include <stdlib.h>
#include <string.h>

#include "base/encoding.h"
#include "cardclient/csgn.h"
#include "cardclient/oath.h"
#include "cardclient/piv.h"
#include "cardclient/scp03.h"

/* ---- recorded sessions ---- */

static struct cc_scp03_keys recorded_keys(uint8_t len)
{
	struct cc_scp03_keys keys = {.len = len};

	for (uint8_t i = 0; i < len; i++) {
		keys.enc[i] = i % 16;
		keys.mac[i] = 0x10 + i % 16;
	}
	return keys;
}

static void assert_sealed_as(struct cc_scp03 *s, const char *plain_hex, const char *want_hex)
{
	uint8_t plain[64], want[64], buf[64], raw[64];
	struct cs_view p = fixture_hex(plain_hex, plain, sizeof(plain)),
		       w = fixture_hex(want_hex, want, sizeof(want));
	struct cs_writer data = CS_WRITER_OF(buf), built = CS_WRITER_OF(raw);
	struct cs_apdu cmd, sealed;

	assert_int_equal(cs_apdu_parse(p, &cmd), CS_OK);
	assert_int_equal(cc_scp03_wrap(s, &cmd, &data, &sealed), CS_OK);
	assert_int_equal(cs_apdu_build(&sealed, &built), CS_OK);
	assert_true(cs_view_equal(cs_writer_view(&built), w));
}

static void commands_are_sealed_and_answers_opened_as_recorded(void **state)
{
	static const char *const plain[5] = {"80e2910006bf3e035c015a00", "80f22002", "80ca006600",
					     "80f220020a4f0212345c054f9f70c5", "80f28002024f0000"};

	(void)state;
	for (size_t i = 0; i < sizeof(recordings) / sizeof(recordings[0]); i++) {
		const struct recording *r = &recordings[i];
		struct cc_scp03_keys keys = recorded_keys(r->key_len);
		uint8_t update[16], challenge[8], cryptogram[8], first[32], answer[64], eid[32];
		char authenticate[64] = "80";
		struct cc_scp03 s;
		size_t len;

		(void)fixture_hex(r->update, update, sizeof(update));
		(void)fixture_hex(r->challenge, challenge, sizeof(challenge));
		(void)fixture_hex(r->cryptogram, cryptogram, sizeof(cryptogram));
		(void)fixture_hex(r->authenticate, first, sizeof(first));
		assert_int_equal(cc_scp03_derive(&keys, cs_view(update + 5, 8), CS_VIEW_OF(challenge), &s),
				 CS_OK);
		assert_memory_equal(s.card_cryptogram, cryptogram, 8);
		/* 84 82 lv 00 10 cryptogram MAC, of 80 82 lv 00 08 cryptogram */
		memcpy(authenticate + 2, r->authenticate + 2, 6);
		memcpy(authenticate + 8, "08", 2);
		memcpy(authenticate + 10, r->authenticate + 10, 16);
		assert_sealed_as(&s, authenticate, r->authenticate);
		assert_memory_equal(s.host_cryptogram, first + 5, 8);
		s.level = first[2];
		for (size_t c = 0; c < 5; c++) {
			struct cs_view a = fixture_hex(r->answer, answer, sizeof(answer));

			assert_sealed_as(&s, plain[c], r->commands[c]);
			if (c > 0)
				continue;
			len = a.len;
			assert_int_equal(cc_scp03_unwrap(&s, CS_SW_OK, answer, &len), CS_OK);
			a = fixture_hex("bf3e125a1089882119900000000000000000000005", eid, sizeof(eid));
			assert_true(cs_view_equal(cs_view(answer, len), a));
		}
	}
}

/* The KDF's fields, spelled out and computed apart with `openssl mac`:
 * 01 || label || 00 || F0 "CSIGN" 00C0FFEE || 0080 under the master key 00 01 .. 0F. */
static void a_cards_keys_are_those_that_the_protocol_says(void **state)
{
	struct cc_scp03_keys master = {.version = 7, .len = 16, .is_master = true}, one, other;
	uint8_t name[SCP03_DIVERSIFICATION], want[16];

	(void)state;
	for (uint8_t i = 0; i < 16; i++)
		master.enc[i] = i;
	cc_scp03_card_name(0x00C0FFEE, name);
	assert_int_equal(cc_scp03_diversify(&master, name, &one), CS_OK);
	assert_int_equal(one.version, 7);
	assert_false(one.is_master);
	(void)fixture_hex("20A0633E1FB4EC7634746C48B53DBF4C", want, sizeof(want));
	assert_memory_equal(one.enc, want, 16);
	(void)fixture_hex("5C5F8D291BB7513971E425398C757196", want, sizeof(want));
	assert_memory_equal(one.mac, want, 16);
	name[9] ^= 1;
	assert_int_equal(cc_scp03_diversify(&master, name, &other), CS_OK);
	assert_memory_not_equal(one.enc, other.enc, 16);
	assert_memory_not_equal(one.enc, one.mac, 16);
	master.len = 20;
	assert_int_equal(cc_scp03_diversify(&master, name, &other), CS_ERR_ARG);
}

/* ---- a computer in between ---- */

static struct {
	uint8_t seen[65536]; /* all that passed, both ways */
	size_t len;
	unsigned answers;
	unsigned tamper_at; /* this answer is changed; 0: none */
	size_t tamper_byte;
} relay;

static void relay_see(struct cs_view bytes)
{
	if (bytes.len <= sizeof(relay.seen) - relay.len) {
		memcpy(relay.seen + relay.len, bytes.ptr, bytes.len);
		relay.len += bytes.len;
	}
}

static bool relay_saw(struct cs_view secret)
{
	return memmem(relay.seen, relay.len, secret.ptr, secret.len) != NULL;
}

static enum cs_err relay_transmit(void *link, struct cs_view command, struct cs_writer *response)
{
	enum cs_err err;

	relay_see(command);
	err = transport_faulty.transmit(link, command, response);
	relay_see(cs_writer_view(response));
	if (!err && ++relay.answers == relay.tamper_at)
		response->buf[relay.tamper_byte] ^= 0x01;
	return err;
}

struct test {
	struct fixture *fixture;
	struct cc_backend backend;
	struct cc_context *ctx;
	struct cc_card *card;
};

static int setup(void **state)
{
	struct test *t = calloc(1, sizeof *t);
	void *fixture;

	assert_non_null(t);
	fixture_setup_countersign(&fixture);
	t->fixture = fixture;
	transport_faulty_insert(t->fixture);
	transport_faulty_fail_at(0, CS_OK, false);
	memset(&relay, 0, sizeof(relay));
	t->backend = transport_faulty;
	t->backend.transmit = relay_transmit;
	assert_int_equal(cc_context_over(&t->backend, "", &t->ctx), CS_OK);
	assert_int_equal(cc_connect(t->ctx, TRANSPORT_FAULTY_READER, &t->card), CS_OK);
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	struct test *t = *state;
	void *fixture = t->fixture;

	cc_disconnect(t->card);
	cc_context_free(t->ctx);
	transport_faulty_insert(NULL);
	fixture_teardown(&fixture);
	free(t);
	return 0;
}

#define PIN  CS_VIEW_TEXT("482915")
#define PUK  CS_VIEW_TEXT("73940216")
#define NONE ((struct cc_piv_policy){PIV_PIN_DEFAULT, PIV_TOUCH_DEFAULT})

static const struct cc_scp03_keys batch = {
    .len = 32, .is_master = true, .enc = {0xBA, 0x7C, 0x4B, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13}};

/* The batch's key set for this card, given to it by the officer. */
static void personalise(struct test *t)
{
	struct cc_scp03_keys keys;
	uint8_t name[SCP03_DIVERSIFICATION];

	cc_scp03_card_name(FIXTURE_SERIAL, name);
	assert_int_equal(cc_scp03_diversify(&batch, name, &keys), CS_OK);
	keys.version = 1;
	assert_int_equal(cc_csgn_select(t->card, NULL), CS_OK);
	assert_int_equal(cc_csgn_verify(t->card, CSGN_REF_SO, CS_VIEW_TEXT("12345678"), NULL), CS_OK);
	assert_int_equal(cc_scp03_set_keys(t->card, &keys), CS_OK);
	transport_faulty_reset();
	assert_int_equal(cc_csgn_select(t->card, NULL), CS_OK);
	relay.len = 0;
}

static void a_card_is_issued_and_keyed_over_a_computer_that_learns_nothing(void **state)
{
	struct test *t = *state;
	struct cc_piv_public public;
	struct cc_csgn_info info;
	const struct cc_csgn_issue issue = {
	    .so_pin = PUK, .label = CS_VIEW_TEXT("Ada"), .profile = CSGN_PROFILE_COUNTERSIGN};
	uint8_t object[3000], back[CC_PIV_OBJECT_MAX];
	struct cs_writer w = CS_WRITER_OF(back);

	memset(object, 0x5A, sizeof(object));
	personalise(t);
	assert_int_equal(cc_scp03_open(t->card, &batch, NULL), CS_OK);
	assert_true(cc_scp03_is_open(t->card));
	assert_int_equal(cc_scp03_open(t->card, &batch, NULL), CS_ERR_EXISTS);
	assert_int_equal(cc_csgn_initialize(t->card, &issue, NULL), CS_OK);
	assert_int_equal(cc_csgn_verify(t->card, CSGN_REF_SO, PUK, NULL), CS_OK);
	assert_int_equal(cc_csgn_init_pin(t->card, PIN, false), CS_OK);
	assert_int_equal(cc_csgn_info(t->card, &info), CS_OK);
	assert_string_equal(info.label, "Ada");
	cc_scp03_close(t->card);
	assert_int_equal(cc_piv_select(t->card, NULL), CS_OK);
	assert_int_equal(cc_scp03_open(t->card, &batch, NULL), CS_OK);
	assert_int_equal(cc_piv_generate(t->card, 0x9A, PIV_ALG_P256, NONE, NULL, &public), CS_OK);
	for (int extended = 0; extended < 2; extended++) {
		w = CS_WRITER_OF(back);
		cc_card_set_extended(t->card, extended);
		assert_int_equal(cc_piv_put_certificate(t->card, 0x9A, CS_VIEW_OF(object), false), CS_OK);
		assert_int_equal(cc_piv_get_object(t->card, PIV_OBJ_AUTH_CERT, &w), CS_OK);
		assert_true(cs_writer_view(&w).len > sizeof(object));
	}
	assert_false(relay_saw(PIN));
	assert_false(relay_saw(PUK));
	assert_false(relay_saw(CS_VIEW_TEXT("Ada")));
	assert_false(relay_saw(cs_view(public.point, 16)));
	assert_false(relay_saw(cs_view(object, 16)));
	cc_scp03_close(t->card);
	assert_int_equal(cc_piv_verify(t->card, PIN, NULL), CS_ERR_DENIED); /* the card's end of it */
	assert_int_equal(cc_piv_verify(t->card, PIN, NULL), CS_OK);
}

/* One bit of one answer, in turn: the first ones are INITIALIZE UPDATE's and EXTERNAL AUTHENTICATE's. */
static void an_answer_that_was_changed_is_not_believed_and_nothing_more_is_said(void **state)
{
	struct test *t = *state;
	struct cc_csgn_info info;

	personalise(t);
	for (unsigned at = 3; at < 5; at++) {
		for (size_t byte = 0; byte < 10; byte++) {
			assert_int_equal(cc_csgn_select(t->card, NULL), CS_OK);
			relay.answers = 0;
			relay.tamper_at = at;
			relay.tamper_byte = byte;
			assert_int_equal(cc_scp03_open(t->card, &batch, NULL), CS_OK);
			if (at == 4)
				assert_int_equal(cc_csgn_info(t->card, &info), CS_OK);
			assert_int_equal(cc_csgn_info(t->card, &info), CS_ERR_CORRUPT);
			relay.len = 0;
			assert_int_equal(cc_csgn_init_pin(t->card, PIN, false), CS_ERR_STATE);
			assert_int_equal(relay.len, 0);
			cc_scp03_close(t->card);
		}
	}
}

static void who_is_not_the_card_is_told_nothing(void **state)
{
	struct test *t = *state;
	struct cc_scp03_keys wrong = batch;
	unsigned tries = 99;

	personalise(t);
	wrong.enc[0] ^= 1;
	assert_int_equal(cc_scp03_open(t->card, &wrong, &tries), CS_ERR_WRONG);
	assert_int_equal(tries, 99);
	assert_false(cc_scp03_is_open(t->card));
	/* each byte of INITIALIZE UPDATE's answer but the key version, which is for information */
	for (size_t byte = 0; byte < 13u + 32u; byte++) {
		if (byte == 10)
			continue;
		relay.answers = 0;
		relay.tamper_at = 1;
		relay.tamper_byte = byte;
		enum cs_err err = cc_scp03_open(t->card, &batch, &tries);
		assert_true(err == CS_ERR_WRONG || (err == CS_ERR_UNSUPPORTED && (byte == 11 || byte == 12)));
		assert_int_equal(relay.answers, 1);
	}
	relay.tamper_at = 0;
	assert_int_equal(cc_scp03_open(t->card, &batch, NULL), CS_OK);
}

/* An error is forged by anyone; what is asked next is still protected. */
static void after_a_forged_error_nothing_goes_in_the_clear(void **state)
{
	struct test *t = *state;

	personalise(t);
	assert_int_equal(cc_scp03_open(t->card, &batch, NULL), CS_OK);
	transport_faulty_reset(); /* the card has lost the session, the administrator not yet */
	relay.len = 0;
	assert_int_not_equal(cc_csgn_init_pin(t->card, PIN, false), CS_OK);
	assert_int_not_equal(cc_csgn_init_pin(t->card, PIN, false), CS_OK);
	assert_true(relay.len > 0);
	assert_false(relay_saw(PIN));
	cc_scp03_close(t->card);
	assert_int_equal(cc_csgn_select(t->card, NULL), CS_OK);
}

static void the_key_set_is_replaced_in_a_session_and_old_ones_are_refused(void **state)
{
	struct test *t = *state;
	struct cc_scp03_keys next = {.version = 2, .len = 24, .enc = {0xE1}, .mac = {0xE2}};

	personalise(t);
	assert_int_equal(cc_scp03_set_keys(t->card, &batch), CS_ERR_ARG);
	assert_int_equal(cc_scp03_set_keys(t->card, &next), CS_ERR_DENIED);
	relay.len = 0;
	assert_int_equal(cc_scp03_open(t->card, &batch, NULL), CS_OK);
	assert_int_equal(cc_channel_open(t->card), CS_ERR_STATE);
	assert_int_equal(cc_scp03_set_keys(t->card, &next), CS_OK);
	assert_false(relay_saw(cs_view(next.enc, 8)));
	cc_scp03_close(t->card);
	assert_int_equal(cc_csgn_select(t->card, NULL), CS_OK);
	assert_int_equal(cc_scp03_open(t->card, &batch, NULL), CS_ERR_WRONG);
	next.version = 1;
	assert_int_equal(cc_scp03_open(t->card, &next, NULL), CS_ERR_NOT_FOUND);
	next.version = 2;
	assert_int_equal(cc_scp03_open(t->card, &next, NULL), CS_OK);
}

static void a_session_on_a_channel_of_its_own_is_not_disturbed(void **state)
{
	struct test *t = *state;
	struct cc_card *other = NULL;
	struct cc_csgn_info info;

	personalise(t);
	assert_int_equal(cc_channel_open(t->card), CS_OK);
	assert_int_equal(cc_csgn_select(t->card, NULL), CS_OK);
	assert_int_equal(cc_scp03_open(t->card, &batch, NULL), CS_OK);
	assert_int_equal(cc_connect(t->ctx, TRANSPORT_FAULTY_READER, &other), CS_OK);
	assert_int_equal(cc_piv_select(other, NULL), CS_OK);
	assert_int_equal(cc_csgn_info(t->card, &info), CS_OK);
	cc_disconnect(other);
	assert_int_equal(cc_csgn_set_label(t->card, CS_VIEW_TEXT("Bob")), CS_OK);
	assert_int_equal(cc_channel_close(t->card), CS_OK); /* and with it the session */
	assert_false(cc_scp03_is_open(t->card));
	assert_int_equal(cc_csgn_select(t->card, &info), CS_OK);
	assert_string_equal(info.label, "Bob");
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(commands_are_sealed_and_answers_opened_as_recorded),
	    cmocka_unit_test(a_cards_keys_are_those_that_the_protocol_says),
	    CASE(a_card_is_issued_and_keyed_over_a_computer_that_learns_nothing),
	    CASE(an_answer_that_was_changed_is_not_believed_and_nothing_more_is_said),
	    CASE(who_is_not_the_card_is_told_nothing),
	    CASE(after_a_forged_error_nothing_goes_in_the_clear),
	    CASE(the_key_set_is_replaced_in_a_session_and_old_ones_are_refused),
	    CASE(a_session_on_a_channel_of_its_own_is_not_disturbed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
