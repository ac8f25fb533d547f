/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A command that stands alone goes to the card without a transaction; and what becomes of it where that is
 * not enough.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/piv.h"
#include "pkcs11/pkcs11.h"
#include "pkcs11/slot.h"
#include "tests/lib/p11_token.h"
#include "tests/lib/transport_card.h"

static CK_SESSION_HANDLE session;
static struct cc_backend backend;
static unsigned begins, depth, uses;
static bool held;      /* another program holds the card until we ask for a transaction */
static bool in_pieces; /* the answer to a signature comes by GET RESPONSE */
static uint8_t rest[512];
static size_t rest_len;

static enum cs_err counted_begin(void *link)
{
	begins++;
	depth++;
	held = false;
	return transport_card.begin(link);
}

static void counted_end(void *link)
{
	depth--;
	transport_card.end(link);
}

static enum cs_err in_two(void *link, struct cs_view command, struct cs_writer *response)
{
	struct cs_writer w = CS_WRITER_OF(rest);
	enum cs_err err = transport_card.transmit(link, command, &w);

	rest_len = w.len;
	cs_write_u16(response, 0x6100);
	return err;
}

static enum cs_err watched_transmit(void *link, struct cs_view command, struct cs_writer *response)
{
	if (held && depth == 0)
		return CS_ERR_BUSY;
	uses += command.ptr[1] == PIV_INS_AUTHENTICATE ? 1 : 0;
	if (in_pieces && command.ptr[1] == PIV_INS_AUTHENTICATE)
		return in_two(link, command, response);
	if (in_pieces && command.ptr[1] == ISO_INS_GET_RESPONSE) {
		assert_true(depth > 0); /* nobody may come in between */
		cs_write_view(response, cs_view(rest, rest_len));
		return CS_OK;
	}
	return transport_card.transmit(link, command, response);
}

static int setup(void **state)
{
	(void)state;
	held = in_pieces = false;
	backend = transport_card;
	backend.begin = counted_begin;
	backend.end = counted_end;
	backend.transmit = watched_transmit;
	if (!p11_token_make(&backend, &session))
		return -1;
	begins = depth = uses = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	p11_token_free();
	return 0;
}

static void a_signature_begins_no_transaction(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(p11_sign_by(session, P11_KEY_ONCE), CKR_OK);
	assert_int_equal(begins, 0);
	assert_int_equal(uses, 3);
}

/* The PIN and the use belong together. */
static void a_key_that_wants_the_pin_each_time_is_used_in_one(void **state)
{
	(void)state;
	assert_int_equal(p11_login(session, CKU_CONTEXT_SPECIFIC, P11_USER_PIN), CKR_OK);
	begins = 0;
	assert_int_equal(p11_sign_by(session, P11_KEY_ALWAYS), CKR_OK);
	assert_int_equal(begins, 1);
}

static void another_programs_transaction_is_waited_for(void **state)
{
	(void)state;
	held = true;
	assert_int_equal(p11_sign_by(session, P11_KEY_ONCE), CKR_OK);
	assert_int_equal(begins, 1);
	assert_int_equal(uses, 1);
	assert_int_equal(depth, 0);
	assert_int_equal(p11_sign_by(session, P11_KEY_ONCE), CKR_OK);
	assert_int_equal(begins, 1);
}

static void an_answer_in_pieces_is_fetched_in_a_transaction_and_from_then_on_asked_for_in_one(void **state)
{
	(void)state;
	in_pieces = true;
	assert_int_equal(p11_sign_by(session, P11_KEY_ONCE), CKR_OK);
	assert_int_equal(uses, 2);
	assert_int_equal(begins, 1);
	assert_int_equal(p11_sign_by(session, P11_KEY_ONCE), CKR_OK);
	assert_int_equal(uses, 3);
	assert_int_equal(begins, 2);
	assert_int_equal(depth, 0);
}

static void a_reset_and_a_selection_by_another_are_mended_in_a_transaction(void **state)
{
	static const uint8_t oath[] = {0x00, 0xA4, 0x04, 0x00, 0x07, 0xA0,
				       0x00, 0x00, 0x05, 0x27, 0x21, 0x01};

	(void)state;
	transport_card_other_resets();
	assert_int_equal(p11_sign_by(session, P11_KEY_ONCE), CKR_OK);
	assert_true(begins > 0);
	assert_int_equal(transport_card_other(CS_VIEW_OF(oath)) & 0xF000, 0x9000 & 0xF000);
	begins = 0;
	assert_int_equal(p11_sign_by(session, P11_KEY_ONCE), CKR_OK);
	assert_true(begins > 0);
	assert_int_equal(depth, 0);
}

static void a_card_that_is_pulled_meanwhile_is_gone(void **state)
{
	(void)state;
	assert_int_equal(p11_sign_by(session, P11_KEY_ONCE), CKR_OK);
	transport_card_pull_at(1);
	assert_int_equal(p11_sign_by(session, P11_KEY_ONCE), CKR_DEVICE_REMOVED);
	transport_card_insert();
	assert_int_equal(p11_open(&session), CKR_OK);
	assert_int_equal(p11_login(session, CKU_USER, P11_USER_PIN), CKR_OK);
	assert_int_equal(p11_sign_by(session, P11_KEY_ONCE), CKR_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(a_signature_begins_no_transaction),
	    TEST(a_key_that_wants_the_pin_each_time_is_used_in_one),
	    TEST(another_programs_transaction_is_waited_for),
	    TEST(an_answer_in_pieces_is_fetched_in_a_transaction_and_from_then_on_asked_for_in_one),
	    TEST(a_reset_and_a_selection_by_another_are_mended_in_a_transaction),
	    TEST(a_card_that_is_pulled_meanwhile_is_gone),
	};

	return cmocka_run_group_tests_name("pkcs11_lone", tests, NULL, NULL);
}
