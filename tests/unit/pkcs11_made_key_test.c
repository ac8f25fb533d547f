/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A key that another vendor's card does not tell of: that a program has made one is remembered, whatever
 * becomes of the program, the card and the other programs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/apdu.h"
#include "base/piv.h"
#include "pkcs11/pkcs11.h"
#include "tests/lib/p11_cache.h"
#include "tests/lib/p11_foreign.h"
#include "tests/lib/p11_token.h"
#include "tests/lib/transport_card.h"

static CK_SESSION_HANDLE session;
static struct cc_backend backend;
static uint16_t metadata_refused; /* how the card says that it will not */
static uint8_t untold;		  /* of this slot only; 0: of any */
static bool makes_none;
static unsigned lost; /* an instruction of which the answer does not arrive; 0: none */

/* ---- the card ---- */

/* The card itself gets a command that it does not know. */
static enum cs_err refuse(void *link, uint16_t sw, struct cs_writer *response)
{
	static const uint8_t unknown[] = {0x00, 0x02, 0x00, 0x00};
	size_t before = response->len;
	enum cs_err err = transport_card.transmit(link, CS_VIEW_OF(unknown), response);

	cs_writer_cut(response, before);
	cs_write_u16(response, sw);
	return err;
}

static enum cs_err untelling_transmit(void *link, struct cs_view command, struct cs_writer *response)
{
	size_t before = response->len;
	enum cs_err err;

	if (command.ptr[1] == PIV_INS_GET_METADATA && metadata_refused != 0 &&
	    (untold == 0 || untold == command.ptr[3]))
		return refuse(link, metadata_refused, response);
	if (command.ptr[1] == PIV_INS_GENERATE && makes_none)
		return refuse(link, 0x6985, response);
	/* Nor does it delete any. */
	if (command.ptr[1] == PIV_INS_MOVE_KEY)
		return refuse(link, 0x6D00, response);
	err = transport_card.transmit(link, command, response);
	if (err != CS_OK || lost == 0 || command.ptr[1] != lost)
		return err;
	lost = 0;
	cs_writer_cut(response, before);
	return CS_ERR_IO;
}

static int setup(void **state)
{
	(void)state;
	metadata_refused = 0x6D00;
	lost = untold = 0;
	makes_none = false;
	backend = transport_card;
	backend.transmit = untelling_transmit;
	return p11_foreign_make(&backend, &session) && p11_cache_make() ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	p11_token_free();
	return p11_cache_drop() ? 0 : -1;
}

/* ---- programs ---- */

/* The one before ends. */
static void begin(void)
{
	(void)C_Finalize(NULL);
	assert_int_equal(p11_begin(&backend, &session), CKR_OK);
}

static void administer(void)
{
	begin();
	assert_int_equal(p11_login(session, CKU_SO, P11_MANAGEMENT_KEY), CKR_OK);
}

/* It ends without a word, as one that was killed does: what it would do at its end is not done. */
static void killed(void)
{
	assert_true(p11_cache_use(false));
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	assert_true(p11_cache_use(true));
}

static CK_RV generate(CK_BYTE id)
{
	CK_OBJECT_HANDLE key;

	return p11_generate(session, id, &key);
}

static CK_RV import(CK_BYTE id)
{
	CK_OBJECT_HANDLE key;

	return p11_bring(session, id, &key);
}

static CK_RV unwrap(CK_BYTE id)
{
	CK_OBJECT_HANDLE key;

	return p11_unwrap(session, id, &key);
}

static const struct {
	CK_RV (*make)(CK_BYTE id);
	unsigned ins; /* of the command that makes it */
} ways[] = {{generate, PIV_INS_GENERATE}, {import, PIV_INS_IMPORT_KEY}, {unwrap, PIV_INS_IMPORT_KEY}};

#define WAYS (sizeof(ways) / sizeof(ways[0]))

static void look_at_all(void)
{
	CK_OBJECT_HANDLE first;
	CK_ULONG n = 0;

	assert_int_equal(p11_find(session, CKO_PUBLIC_KEY, 0, &n, &first), CKR_OK);
}

/* ---- what is remembered ---- */

static void a_key_that_a_card_in_words_of_its_own_does_not_tell_of_is_not_written_over(void **state)
{
	static const uint16_t noes[] = {0x6A80, 0x6985, 0x6A81};

	(void)state;
	for (CK_BYTE i = 0; i < 3; i++) {
		metadata_refused = noes[i];
		administer();
		assert_int_equal(generate((CK_BYTE)(1 + i)), CKR_OK);
		assert_int_equal(generate((CK_BYTE)(1 + i)), CKR_TEMPLATE_INCONSISTENT);
		for (int times = 0; times < 2; times++) {
			administer();
			assert_int_equal(generate((CK_BYTE)(1 + i)), CKR_TEMPLATE_INCONSISTENT);
		}
	}
}

static void a_key_whose_program_was_killed_is_not_written_over(void **state)
{
	(void)state;
	administer();
	assert_int_equal(generate(1), CKR_OK);
	killed();
	administer();
	assert_int_equal(generate(1), CKR_TEMPLATE_INCONSISTENT);
}

static void a_key_whose_card_was_pulled_is_not_written_over(void **state)
{
	(void)state;
	administer();
	assert_int_equal(generate(1), CKR_OK);
	transport_card_pull();
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	transport_card_insert();
	administer();
	assert_int_equal(generate(1), CKR_TEMPLATE_INCONSISTENT);
}

/* One program has looked at the card before the other made the key, and ends after it. */
static void a_program_that_knows_nothing_of_the_key_leaves_what_is_remembered_of_it(void **state)
{
	(void)state;
	administer();
	assert_int_equal(generate(1), CKR_OK);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	assert_true(p11_cache_use(false));
	begin();
	look_at_all();
	assert_true(p11_cache_use(true));
	administer();
	assert_int_equal(generate(1), CKR_TEMPLATE_INCONSISTENT);
}

static void a_key_that_another_program_made_meanwhile_is_not_written_over(void **state)
{
	(void)state;
	administer();
	assert_int_equal(generate(1), CKR_OK);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	assert_true(p11_cache_use(false));
	administer();
	assert_true(p11_cache_use(true));
	assert_int_equal(generate(1), CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(generate(2), CKR_OK);
	administer();
	assert_int_equal(generate(1), CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(generate(2), CKR_TEMPLATE_INCONSISTENT);
}

static bool short_only(void *link)
{
	(void)link;
	return true;
}

static void a_key_is_remembered_behind_a_reader_without_extended_lengths(void **state)
{
	(void)state;
	backend.short_only = short_only;
	administer();
	assert_int_equal(generate(1), CKR_OK);
	for (int times = 0; times < 2; times++) {
		administer();
		assert_int_equal(generate(1), CKR_TEMPLATE_INCONSISTENT);
	}
}

static void no_way_makes(CK_BYTE id)
{
	for (size_t i = 0; i < WAYS; i++)
		assert_int_equal(ways[i].make(id), CKR_TEMPLATE_INCONSISTENT);
}

static void a_key_is_remembered_by_whatever_way_it_came(void **state)
{
	(void)state;
	for (CK_BYTE i = 0; i < WAYS; i++) {
		CK_BYTE id = (CK_BYTE)(1 + i);

		administer();
		assert_int_equal(ways[i].make(id), CKR_OK);
		no_way_makes(id);
		killed();
		administer();
		no_way_makes(id);
	}
}

static void a_key_of_which_nobody_knows_whether_it_was_made_is_not_written_over(void **state)
{
	(void)state;
	for (CK_BYTE i = 0; i < WAYS; i++) {
		CK_BYTE id = (CK_BYTE)(1 + i);

		administer();
		lost = ways[i].ins;
		assert_int_equal(ways[i].make(id), CKR_DEVICE_ERROR);
		no_way_makes(id);
		administer();
		no_way_makes(id);
	}
}

static void one_slot_asked_again_and_again_is_no_card_without_the_command(void **state)
{
	(void)state;
	metadata_refused = 0;
	administer();
	assert_int_equal(generate(2), CKR_OK);
	killed();
	metadata_refused = 0x6985;
	untold = PIV_SLOT_AUTHENTICATION;
	administer();
	makes_none = true;
	for (int times = 0; times < 5; times++)
		assert_int_not_equal(generate(1), CKR_OK);
	makes_none = false;
	assert_int_equal(generate(2), CKR_TEMPLATE_INCONSISTENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(a_key_that_a_card_in_words_of_its_own_does_not_tell_of_is_not_written_over),
	    TEST(a_key_whose_program_was_killed_is_not_written_over),
	    TEST(a_key_whose_card_was_pulled_is_not_written_over),
	    TEST(a_program_that_knows_nothing_of_the_key_leaves_what_is_remembered_of_it),
	    TEST(a_key_that_another_program_made_meanwhile_is_not_written_over),
	    TEST(a_key_is_remembered_behind_a_reader_without_extended_lengths),
	    TEST(a_key_is_remembered_by_whatever_way_it_came),
	    TEST(a_key_of_which_nobody_knows_whether_it_was_made_is_not_written_over),
	    TEST(one_slot_asked_again_and_again_is_no_card_without_the_command),
	};

	return cmocka_run_group_tests_name("pkcs11_made_key", tests, NULL, NULL);
}
