/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One-time passwords in a world where cards are pulled and reset at any command, threads come in between, and
 * cards are of other makers: no password is given twice, no try is spent that nobody meant.
 */
#include "tests/unit/pkcs11_otp_fixture.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/piv.h"

/* What hotp said is the RFC's code of this counter or a later one: its counter. */
static unsigned counter_of(const char *code, unsigned least)
{
	for (unsigned i = least; i < RFC4226_COUNT; i++) {
		if (strcmp(code, rfc4226[i]) == 0)
			return i;
	}
	fail_msg("\"%s\" is no code from %u on", code, least);
	return 0;
}

static void open_again(void)
{
	CK_ULONG n = 0;

	assert_int_equal(C_GetSlotList(CK_TRUE, NULL, &n), CKR_OK);
	assert_int_equal(n, 1);
	assert_int_equal(C_OpenSession(0, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session), CKR_OK);
}

/* Open a channel, SELECT, CALCULATE, close: at each of them. */
static void a_card_that_is_pulled_in_the_middle_gives_no_code_twice(void **state)
{
	CK_OBJECT_HANDLE key = create(CKK_HOTP, "a", SEED20);
	unsigned next = 0;

	(void)state;
	for (unsigned n = 1; n <= 4; n++) {
		char password[PASSWORD_ROOM];
		CK_RV rv;

		assert_int_equal(otp_sign_init(CKM_HOTP, key, NULL, 0), CKR_OK);
		transport_card_pull_at(n);
		rv = otp_sign_finish(password);
		/* The last one is only said good-bye to. */
		assert_int_equal(rv, n < 4 ? CKR_DEVICE_REMOVED : CKR_OK);
		if (rv == CKR_OK)
			next = counter_of(password, next) + 1;
		transport_card_insert();
		open_again();
		key = find_one("a");
		next = counter_of(hotp(key), next) + 1;
	}
	/* At the one that computes, a code was lost. */
	assert_int_equal(next, 4 + 1 + 1);
}

/* ---- another program resets the card ---- */

static unsigned reset_at, sent, verifies;

/* The card has executed the command, and the answer is lost to a reset by another program. */
static enum cs_err reset_transmit(void *link, struct cs_view command, struct cs_writer *response)
{
	enum cs_err err = transport_card.transmit(link, command, response);

	sent++;
	if (command.len > 5 && command.ptr[1] == ISO_INS_VERIFY)
		verifies++;
	if (err != CS_OK || sent != reset_at)
		return err;
	transport_card_other_resets();
	return CS_ERR_STATE;
}

static struct cc_backend resetting;

static int reset_setup(void **state)
{
	(void)state;
	resetting = transport_card;
	resetting.transmit = reset_transmit;
	reset_at = 0;
	return otp_module_over(&resetting);
}

static void a_reset_at_any_command_gives_no_code_twice(void **state)
{
	CK_OBJECT_HANDLE key = create(CKK_HOTP, "a", SEED20);
	unsigned next = 0;

	(void)state;
	for (unsigned n = 1; n <= 4; n++) {
		/* What the reset before has made doubtful is asked for. */
		assert_int_equal(find_one("a"), key);
		sent = 0;
		reset_at = n;
		/* At the one that computes, a code is lost, and no other is made unasked. */
		if (n == 3)
			assert_string_equal(hotp(key), "");
		else
			next = counter_of(hotp(key), next) + 1;
		reset_at = 0;
	}
	assert_string_equal(hotp(key), rfc4226[4]);
	assert_int_equal(next, 4);
}

static void a_deletion_whose_answer_a_reset_took_is_not_told_as_of_nothing(void **state)
{
	CK_OBJECT_HANDLE key = create(CKK_HOTP, "a", SEED20);

	(void)state;
	assert_int_equal(login(USER_PIN), CKR_OK);
	/* Open a channel, SELECT, LIST ALL, DELETE. */
	sent = 0;
	reset_at = 4;
	assert_int_equal(C_DestroyObject(session, key), CKR_DEVICE_ERROR);
	reset_at = 0;
	assert_int_equal(find_one("a"), 0);
}

/* Open a channel, SELECT, LIST ALL, PUT, LIST ALL: it is made, and what the card drew for it was not told. */
static void a_credential_that_was_made_at_a_reset_keeps_its_unique_id(void **state)
{
	CK_BYTE before[64], after[64];
	CK_ATTRIBUTE first = {CKA_UNIQUE_ID, before, sizeof(before)},
		     again = {CKA_UNIQUE_ID, after, sizeof(after)};
	CK_OBJECT_HANDLE key;

	(void)state;
	assert_int_equal(login(USER_PIN), CKR_OK);
	sent = 0;
	reset_at = 5;
	key = create(CKK_HOTP, "a", SEED20);
	assert_true(sent > reset_at);
	reset_at = 0;
	assert_int_equal(C_GetAttributeValue(session, key, &first, 1), CKR_OK);
	assert_int_equal(find_one("a"), key);
	assert_int_equal(C_GetAttributeValue(session, key, &again, 1), CKR_OK);
	assert_int_equal(again.ulValueLen, first.ulValueLen);
	assert_memory_equal(after, before, first.ulValueLen);
	assert_int_equal(C_DestroyObject(session, key), CKR_OK);
	assert_int_equal(find_one("a"), 0);
}

static void a_pin_whose_answer_a_reset_took_is_not_sent_again(void **state)
{
	CK_BBOOL on = CK_TRUE;
	CK_ATTRIBUTE more = {CKA_PRIVATE, &on, 1};
	CK_OBJECT_HANDLE key;

	(void)state;
	assert_int_equal(login(USER_PIN), CKR_OK);
	assert_int_equal(create_with(CKK_HOTP, "a", SEED20, &more, 1, &key), CKR_OK);
	/* Open a channel, SELECT, VERIFY. */
	sent = verifies = 0;
	reset_at = 3;
	assert_string_equal(hotp(key), "");
	assert_int_equal(verifies, 1);
	reset_at = 0;
	assert_string_equal(hotp(key), rfc4226[0]);
}

/* ---- threads ---- */

#define THREADS	   8u
#define CODES_EACH 25u

static char given[THREADS][CODES_EACH][16];
static CK_OBJECT_HANDLE shared;

static void *take_codes(void *arg)
{
	char(*mine)[16] = arg;
	/* 200 codes of six digits would meet by chance. */
	CK_ULONG length = 10;
	CK_OTP_PARAM param = PARAM(CK_OTP_OUTPUT_LENGTH, length);
	CK_OTP_PARAMS params = {&param, 1};
	CK_MECHANISM mechanism = {CKM_HOTP, &params, sizeof(params)};
	CK_SESSION_HANDLE own;

	if (C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &own) != CKR_OK)
		return NULL;
	for (unsigned i = 0; i < CODES_EACH; i++) {
		CK_BYTE block[512] __attribute__((aligned(8)));
		const CK_OTP_SIGNATURE_INFO *info = (const void *)block;
		CK_ULONG len = sizeof(block);

		if (C_SignInit(own, &mechanism, shared) == CKR_OK &&
		    C_Sign(own, NULL, 0, block, &len) == CKR_OK && info->pParams[0].ulValueLen == 10)
			memcpy(mine[i], info->pParams[0].pValue, 10);
	}
	(void)C_CloseSession(own);
	return NULL;
}

static int by_text(const void *a, const void *b)
{
	return memcmp(a, b, 16);
}

static void threads_get_each_code_once(void **state)
{
	pthread_t threads[THREADS];
	char(*all)[16] = given[0];

	(void)state;
	shared = create(CKK_HOTP, "a", SEED20);
	memset(given, 0, sizeof(given));
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, take_codes, given[i]), 0);
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	qsort(all, (size_t)THREADS * CODES_EACH, 16, by_text);
	assert_int_not_equal(all[0][0], '\0');
	for (unsigned i = 1; i < THREADS * CODES_EACH; i++)
		assert_string_not_equal(all[i], all[i - 1]);
}

/* ---- a card of another maker ---- */

static bool no_oath;
static unsigned oath_selects, others;

static bool is_select(struct cs_view command, const char *aid, size_t len)
{
	return command.len > 5 + len && command.ptr[1] == ISO_INS_SELECT &&
	       memcmp(command.ptr + 5, aid, len) == 0;
}

/* Our card without what is Countersign's own: its class, logical channels, and what OATH has beyond YKOATH.
 */
static enum cs_err foreign_transmit(void *link, struct cs_view command, struct cs_writer *response)
{
	uint16_t sw = 0;

	if ((command.ptr[0] & 0xE0u) == 0x80)
		sw = 0x6E00;
	else if (command.ptr[1] == 0x70)
		sw = 0x6881;
	else if (command.ptr[1] >= 0x06 && command.ptr[1] <= 0x0A)
		sw = 0x6D00;
	else if (is_select(command, "\xF0\x43\x53", 3) ||
		 (no_oath && is_select(command, "\xA0\x00\x00\x05\x27", 5)))
		sw = 0x6A82;
	if (is_select(command, "\xA0\x00\x00\x05\x27\x21", 6))
		oath_selects++;
	if (sw == 0)
		return transport_card.transmit(link, command, response);
	others++;
	cs_write_u16(response, sw);
	return CS_OK;
}

static struct cc_backend foreign;

static int foreign_setup(void **state)
{
	(void)state;
	foreign = transport_card;
	foreign.transmit = foreign_transmit;
	no_oath = false;
	oath_selects = 0;
	return otp_module_over(&foreign);
}

static bool has_mechanism(CK_MECHANISM_TYPE type)
{
	CK_MECHANISM_INFO info;

	return C_GetMechanismInfo(0, type, &info) == CKR_OK;
}

static void another_makers_oath_application_works_as_well(void **state)
{
	CK_ULONG length = 8;
	CK_ATTRIBUTE more = {CKA_OTP_LENGTH, &length, sizeof(length)};
	CK_OTP_PARAM time = param_text(CK_OTP_TIME, "20050318015829");
	CK_OBJECT_HANDLE key = create(CKK_HOTP, "Bank:alice", SEED20), timed;
	char password[PASSWORD_ROOM];
	CK_BYTE value[256];
	CK_ULONG len;

	(void)state;
	assert_int_equal(create_with(CKK_COUNTERSIGN_TOTP, "60/b", SEED20, NULL, 0, &timed),
			 CKR_ATTRIBUTE_VALUE_INVALID);
	assert_int_equal(create_with(CKK_COUNTERSIGN_TOTP, "b", SEED20, &more, 1, &timed), CKR_OK);
	assert_string_equal(hotp(key), rfc4226[0]);
	assert_int_equal(password_with(CKM_COUNTERSIGN_TOTP, timed, &time, 1, password), CKR_OK);
	assert_string_equal(password, "07081804");
	/* As another session finds it. */
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	open_again();
	timed = find_one("b");
	assert_int_equal(attribute(timed, CKA_OTP_LENGTH, value, &len), CKR_OK);
	assert_int_equal(value[0], 8);
	assert_string_equal(hotp(find_one("Bank:alice")), rfc4226[1]);
	assert_int_equal(C_DestroyObject(session, timed), CKR_OK);
	assert_int_equal(find_one("b"), 0);
	assert_true(has_mechanism(CKM_HOTP) && has_mechanism(CKM_COUNTERSIGN_TOTP));
	assert_false(has_mechanism(CKM_HOTP_KEY_GEN) || has_mechanism(CKM_COUNTERSIGN_OCRA));
}

static CK_ULONG find_all(void)
{
	CK_OBJECT_HANDLE found[64];
	CK_ULONG n = 0;

	assert_int_equal(C_FindObjectsInit(session, NULL, 0), CKR_OK);
	assert_int_equal(C_FindObjects(session, found, 64, &n), CKR_OK);
	assert_int_equal(C_FindObjectsFinal(session), CKR_OK);
	return n;
}

static void only_a_search_for_passwords_selects_it(void **state)
{
	CK_OBJECT_HANDLE found[2];

	(void)state;
	(void)find_all();
	assert_int_equal(oath_selects, 0);
	assert_int_equal(find_otp(NULL, found, 2), 0);
	assert_int_equal(oath_selects, 1);
}

static void a_card_without_it_has_no_such_keys(void **state)
{
	CK_OBJECT_HANDLE found[2], key;
	CK_ULONG all = find_all();

	(void)state;
	no_oath = true;
	assert_int_equal(find_otp(NULL, found, 2), 0);
	assert_int_equal(create_with(CKK_HOTP, "a", SEED20, NULL, 0, &key), CKR_TEMPLATE_INCONSISTENT);
	assert_false(has_mechanism(CKM_HOTP));
	/* PIV is there as before. */
	assert_int_equal(find_all(), all);
	assert_int_equal(login(USER_PIN), CKR_OK);
}

static void what_only_our_cards_have_is_refused(void **state)
{
	CK_BBOOL on = CK_TRUE;
	char suite[] = "OCRA-1:HOTP-SHA1-6:QN08";
	CK_ATTRIBUTE bound = {CKA_PRIVATE, &on, 1},
		     ocra = {CKA_COUNTERSIGN_OCRA_SUITE, suite, sizeof(suite) - 1};
	CK_BYTE late[8] = {0, 0, 0, 1, 0, 0, 0, 0};
	CK_ATTRIBUTE counter = {CKA_OTP_COUNTER, late, sizeof(late)};
	CK_MECHANISM mechanism = {CKM_HOTP_KEY_GEN, NULL, 0};
	CK_OBJECT_HANDLE key;

	(void)state;
	assert_int_equal(login(USER_PIN), CKR_OK);
	assert_int_equal(create_with(CKK_HOTP, "a", SEED20, &bound, 1, &key), CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(create_with(CKK_COUNTERSIGN_OCRA, "a", SEED20, &ocra, 1, &key),
			 CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(create_with(CKK_HOTP, "a", SEED20, &counter, 1, &key), CKR_ATTRIBUTE_VALUE_INVALID);
	assert_int_equal(C_GenerateKey(session, &mechanism, NULL, 0, &key), CKR_MECHANISM_INVALID);
}

/* Its serial number is asked for with the first that wants it. */
static void a_unique_id_is_the_same_before_and_after_the_token_was_looked_at(void **state)
{
	CK_OBJECT_HANDLE key = create(CKK_HOTP, "a", SEED20);
	CK_BYTE before[256] = {0}, after[256] = {0};
	CK_TOKEN_INFO info;
	CK_ULONG len;

	(void)state;
	assert_int_equal(attribute(key, CKA_UNIQUE_ID, before, &len), CKR_OK);
	assert_int_equal(C_GetTokenInfo(0, &info), CKR_OK);
	assert_int_equal(attribute(key, CKA_UNIQUE_ID, after, &len), CKR_OK);
	assert_memory_equal(after, before, 256);
}

/* ---- handles ---- */

static void other_makes_it_anew(void)
{
	assert_int_equal(other("00A4040007A0000005272101"), 0x9000);
	assert_int_equal(other("00010000157101617310110601020304050607"
			       "08090A0B0C0D0E"),
			 0x9000);
}

static void a_handle_that_was_refused_is_refused_again(void **state)
{
	CK_BYTE label[] = "b";
	CK_ATTRIBUTE rename = {CKA_LABEL, label, 1};
	CK_OBJECT_HANDLE key = create(CKK_HOTP, "a", SEED20), another;

	(void)state;
	other_makes_it_anew();
	for (int i = 0; i < 2; i++) {
		assert_int_equal(C_DestroyObject(session, key), CKR_OBJECT_HANDLE_INVALID);
		assert_int_equal(C_SetAttributeValue(session, key, &rename, 1), CKR_OBJECT_HANDLE_INVALID);
	}
	another = find_one("a");
	assert_int_not_equal(another, 0);
	assert_int_not_equal(another, key);
	assert_string_equal(hotp(key), "");
	/* Here the search is the first to see it. */
	other_makes_it_anew();
	assert_int_not_equal(find_one("a"), another);
	assert_int_equal(C_DestroyObject(session, another), CKR_OBJECT_HANDLE_INVALID);
	assert_int_equal(C_DestroyObject(session, key), CKR_OBJECT_HANDLE_INVALID);
	assert_int_equal(C_DestroyObject(session, find_one("a")), CKR_OK);
}

/* Over the one that is there: its counter is at the first code. */
static void other_makes_it_anew_of_seed20(void)
{
	assert_int_equal(other("00A4040007A0000005272101"), 0x9000);
	assert_int_equal(other("000100001B"
			       "710161"
			       "731611063132333435363738393031323334353637383930"),
			 0x9000);
}

/* The reset is seen by the command that makes the password, or by one before. */
static void after_a_reset_no_password_is_made_or_checked_by_another_of_the_name(void **state)
{
	char password[PASSWORD_ROOM];
	CK_BYTE code[] = "755224", counter[8] = {0};
	CK_OTP_PARAM param = PARAM(CK_OTP_COUNTER, counter);

	(void)state;
	for (int seen_before = 0; seen_before < 2; seen_before++) {
		for (int check = 0; check < 2; check++) {
			CK_OBJECT_HANDLE key = create(CKK_HOTP, "a", SEED32), now;

			assert_int_equal(check != 0 ? otp_verify_init(CKM_HOTP, key, &param, 1)
						    : otp_sign_init(CKM_HOTP, key, NULL, 0),
					 CKR_OK);
			other_makes_it_anew_of_seed20();
			transport_card_other_resets();
			if (seen_before != 0)
				assert_int_equal(login(USER_PIN) | C_Logout(session), CKR_OK);
			assert_int_equal(check != 0 ? C_Verify(session, NULL, 0, code, 6)
						    : otp_sign_finish(password),
					 CKR_KEY_HANDLE_INVALID);
			assert_string_equal(hotp(key), "");
			now = find_one("a");
			assert_int_not_equal(now, 0);
			assert_int_not_equal(now, key);
			assert_string_equal(hotp(now), rfc4226[0]);
			assert_int_equal(C_DestroyObject(session, now), CKR_OK);
		}
	}
}

static void a_reset_costs_a_password_one_question(void **state)
{
	CK_OBJECT_HANDLE key = create(CKK_HOTP, "a", SEED20);
	unsigned before;

	(void)state;
	transport_card_other_resets();
	for (unsigned i = 0; i < 3; i++) {
		before = transport_card_commands();
		assert_string_equal(hotp(key), rfc4226[i]);
		/* Open a channel, SELECT, CALCULATE, close: with LIST ALL in between; after SELECT PIV and
		 * INVENTORY; alone. */
		assert_int_equal(transport_card_commands() - before, i == 0 ? 4 + 1 : i == 1 ? 2 + 4 : 4);
	}
}

static void a_credential_beside_one_that_was_made_anew_keeps_its_handle(void **state)
{
	CK_OBJECT_HANDLE key = create(CKK_HOTP, "a", SEED20), beside = create(CKK_HOTP, "c", SEED20);

	(void)state;
	other_makes_it_anew();
	assert_int_not_equal(find_one("a"), key);
	assert_int_equal(find_one("c"), beside);
	assert_string_equal(hotp(beside), rfc4226[0]);
}

/* ---- the password's proof ---- */

static void another_makers_card_forgets_the_password_s_proof(void **state)
{
	(void)state;
	(void)create(CKK_HOTP, "a", SEED20);
	set_password("swordfish");
	opened_until_it_ends("a", "swordfish");
}

/* Three programs have taken all channels, and one gives its own back before the end. */
static void ours_forgets_it_on_the_basic_channel(void **state)
{
	CK_OBJECT_HANDLE key = create(CKK_HOTP, "a", SEED20);

	(void)state;
	set_password("swordfish");
	for (int i = 0; i < 3; i++)
		assert_int_equal(other("0070000001"), 0x9000);
	assert_int_equal(unlock("swordfish"), CKR_OK);
	assert_string_equal(hotp(key), rfc4226[0]);
	assert_int_equal(other("00A10000"), 0x9000);
	assert_int_equal(other("00708001"), 0x9000);
	assert_int_equal(C_Logout(session), CKR_OK);
	assert_int_not_equal(other("00A10000"), 0x9000);
}

#define TEST(name)	   cmocka_unit_test_setup_teardown(name, otp_module_setup, otp_module_teardown)
#define TEST_RESET(name)   cmocka_unit_test_setup_teardown(name, reset_setup, otp_module_teardown)
#define TEST_FOREIGN(name) cmocka_unit_test_setup_teardown(name, foreign_setup, otp_module_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_handle_that_was_refused_is_refused_again),
	    TEST(after_a_reset_no_password_is_made_or_checked_by_another_of_the_name),
	    TEST(a_reset_costs_a_password_one_question),
	    TEST(a_credential_beside_one_that_was_made_anew_keeps_its_handle),
	    TEST(a_card_that_is_pulled_in_the_middle_gives_no_code_twice),
	    TEST_RESET(a_reset_at_any_command_gives_no_code_twice),
	    TEST_RESET(a_deletion_whose_answer_a_reset_took_is_not_told_as_of_nothing),
	    TEST_RESET(a_credential_that_was_made_at_a_reset_keeps_its_unique_id),
	    TEST_RESET(a_pin_whose_answer_a_reset_took_is_not_sent_again),
	    TEST(threads_get_each_code_once),
	    TEST_FOREIGN(another_makers_oath_application_works_as_well),
	    TEST_FOREIGN(only_a_search_for_passwords_selects_it),
	    TEST_FOREIGN(a_card_without_it_has_no_such_keys),
	    TEST_FOREIGN(a_unique_id_is_the_same_before_and_after_the_token_was_looked_at),
	    TEST_FOREIGN(what_only_our_cards_have_is_refused),
	    TEST_FOREIGN(another_makers_card_forgets_the_password_s_proof),
	    TEST(ours_forgets_it_on_the_basic_channel),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
