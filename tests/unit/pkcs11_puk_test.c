/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The PUK of another vendor's PIV card as the security officer's PIN: that it is proved without being
 * changed, sent once for each call that needs it, sets the user's PIN, and is left nowhere.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/piv.h"
#include "pkcs11/pin.h"
#include "pkcs11/pkcs11.h"
#include "tests/lib/p11_foreign.h"
#include "tests/lib/p11_token.h"
#include "tests/lib/pinpad_mock.h"
#include "tests/lib/transport_card.h"

#define PUK	P11_PIV_PUK
#define NEW_PUK "87051923"
#define WRONG	"11223344"
#define NEW_PIN "739251"

#define INS_CHANGE 0x24u
#define INS_RESET  0x2Cu

#define SO_FLAGS (CKF_SO_PIN_COUNT_LOW | CKF_SO_PIN_FINAL_TRY | CKF_SO_PIN_LOCKED | CKF_SO_PIN_TO_BE_CHANGED)

static CK_SESSION_HANDLE session;
static struct cc_backend backend;

/* ---- the card ---- */

static uint16_t refusal; /* of a change of the PUK; 0: it is made */
static bool untold;	 /* it has no metadata of its PUK */
static unsigned asked;	 /* and was asked for it */
static bool breaks;	 /* it is pulled as it makes the change */
static unsigned sent;	 /* commands with the PUK */
/* It counts the PUK as verified until it is reset, and takes any for the old one meanwhile. */
static bool remembers, verified;
static unsigned taken; /* changes that it made so */

static enum cs_err answer(struct cs_writer *response, uint16_t sw)
{
	cs_write_u16(response, sw);
	return CS_OK;
}

static enum cs_err refusing_transmit(void *link, struct cs_view command, struct cs_writer *response)
{
	uint8_t ins = command.ptr[1], ref = command.ptr[3];

	if ((ins == INS_CHANGE && ref == PIV_REF_PUK) || ins == INS_RESET)
		sent++;
	if (ins == INS_CHANGE && ref == PIV_REF_PUK && breaks)
		transport_card_pull_at(1);
	if (ins == INS_CHANGE && ref == PIV_REF_PUK && refusal != 0)
		return answer(response, refusal);
	if (remembers && verified && ins == ISO_INS_VERIFY && ref == PIV_REF_PUK)
		return answer(response, 0x9000);
	if (remembers && verified && ins == INS_CHANGE && ref == PIV_REF_PUK) {
		taken++;
		return answer(response, 0x9000);
	}
	if (ins == PIV_INS_GET_METADATA && ref == PIV_REF_PUK && untold) {
		asked++;
		return answer(response, 0x6A88);
	}
	enum cs_err err = transport_card.transmit(link, command, response);
	struct cs_view said = cs_writer_view(response);

	if (err == CS_OK && said.len >= 2 && said.ptr[said.len - 2] == 0x90)
		verified |= ins == INS_RESET;
	return err;
}

static enum cs_err forgetting_reset(void *link)
{
	verified = false;
	return transport_card.reset(link);
}

static int setup(void **state)
{
	(void)state;
	refusal = 0;
	untold = breaks = remembers = verified = false;
	asked = taken = 0;
	backend = transport_card;
	backend.reset = forgetting_reset;
	backend.transmit = refusing_transmit;
	if (!p11_foreign_make(&backend, &session))
		return -1;
	sent = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	p11_token_free();
	return 0;
}

static CK_RV officer(const char *puk)
{
	return p11_login(session, CKU_SO, puk);
}

static CK_RV user(const char *pin)
{
	CK_RV rv = p11_login(session, CKU_USER, pin);

	if (rv == CKR_OK)
		assert_int_equal(C_Logout(session), CKR_OK);
	return rv;
}

static CK_RV init_pin(const char *pin)
{
	CK_UTF8CHAR text[16];

	memcpy(text, pin, strlen(pin));
	return C_InitPIN(session, text, strlen(pin));
}

static CK_RV set_pin(const char *was, const char *pin)
{
	CK_UTF8CHAR old_text[16], text[16];

	memcpy(old_text, was, strlen(was));
	memcpy(text, pin, strlen(pin));
	return C_SetPIN(session, old_text, strlen(was), text, strlen(pin));
}

static void block_pin(void)
{
	for (int i = 0; i < 3; i++)
		(void)user("666666");
	assert_int_equal(user(P11_PIV_PIN), CKR_PIN_LOCKED);
}

static CK_FLAGS so_flags(void)
{
	CK_TOKEN_INFO info;

	assert_int_equal(C_GetTokenInfo(0, &info), CKR_OK);
	return info.flags & SO_FLAGS;
}

static CK_STATE state_now(void)
{
	CK_SESSION_INFO info;

	assert_int_equal(C_GetSessionInfo(session, &info), CKR_OK);
	return info.state;
}

/* ---- the login ---- */

static void the_puk_is_the_officer_s_pin(void **state)
{
	(void)state;
	assert_int_equal(officer(PUK), CKR_OK);
	assert_int_equal(sent, 1);
	assert_int_equal(state_now(), CKS_RW_SO_FUNCTIONS);
	assert_int_equal(officer(PUK), CKR_USER_ALREADY_LOGGED_IN);
	assert_int_equal(user(P11_PIV_PIN), CKR_USER_ANOTHER_ALREADY_LOGGED_IN);
	assert_int_equal(C_Logout(session), CKR_OK);
	assert_int_equal(state_now(), CKS_RW_PUBLIC_SESSION);
	assert_int_equal(init_pin(NEW_PIN), CKR_USER_NOT_LOGGED_IN);
	assert_int_equal(sent, 1);
	/* It is the same after it. */
	assert_int_equal(officer(PUK), CKR_OK);
}

static void no_session_that_only_reads_is_beside_him(void **state)
{
	CK_SESSION_HANDLE other;

	(void)state;
	assert_int_equal(officer(PUK), CKR_OK);
	assert_int_equal(C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &other),
			 CKR_SESSION_READ_WRITE_SO_EXISTS);
}

static void a_wrong_one_costs_a_try_and_is_told(void **state)
{
	(void)state;
	assert_int_equal(so_flags(), CKF_SO_PIN_TO_BE_CHANGED); /* the maker's */
	assert_int_equal(officer(WRONG), CKR_PIN_INCORRECT);
	assert_int_equal(sent, 1);
	assert_int_equal(state_now(), CKS_RW_PUBLIC_SESSION);
	assert_int_equal(pin_kept(0).len, 0);
	assert_int_equal(so_flags(), CKF_SO_PIN_TO_BE_CHANGED | CKF_SO_PIN_COUNT_LOW);
	assert_int_equal(officer(WRONG), CKR_PIN_INCORRECT);
	assert_int_equal(so_flags(), CKF_SO_PIN_TO_BE_CHANGED | CKF_SO_PIN_COUNT_LOW | CKF_SO_PIN_FINAL_TRY);
	assert_int_equal(officer(PUK), CKR_OK);
	assert_int_equal(so_flags(), CKF_SO_PIN_TO_BE_CHANGED);
	assert_int_equal(sent, 3);
}

static void one_that_is_blocked_is_told(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++)
		assert_int_equal(officer(WRONG), CKR_PIN_INCORRECT);
	assert_int_equal(officer(WRONG), CKR_PIN_LOCKED);
	assert_int_equal(so_flags() & ~CKF_SO_PIN_TO_BE_CHANGED, CKF_SO_PIN_LOCKED);
	assert_int_equal(officer(PUK), CKR_PIN_LOCKED);
	assert_int_equal(state_now(), CKS_RW_PUBLIC_SESSION);
	/* The user's PIN is another one, and so is the management key. */
	assert_int_equal(user(P11_PIV_PIN), CKR_OK);
	assert_int_equal(officer(P11_MANAGEMENT_KEY), CKR_OK);
}

static void an_impossible_length_is_wrong_and_not_sent(void **state)
{
	static const char *const lengths[] = {"12345", "123456789", "1234567890123456789012345678901"};

	(void)state;
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(officer(lengths[i]), CKR_PIN_INCORRECT);
	assert_int_equal(sent, 0);
	assert_int_equal(so_flags(), CKF_SO_PIN_TO_BE_CHANGED);
}

static void a_card_that_does_not_tell_is_believed_what_it_said_last(void **state)
{
	(void)state;
	untold = true;
	assert_int_equal(so_flags(), 0);
	assert_int_equal(asked, 1);
	asked = 0;
	assert_int_equal(officer(WRONG), CKR_PIN_INCORRECT);
	assert_int_equal(so_flags(), CKF_SO_PIN_COUNT_LOW);
	assert_int_equal(officer(WRONG), CKR_PIN_INCORRECT);
	assert_int_equal(so_flags(), CKF_SO_PIN_COUNT_LOW | CKF_SO_PIN_FINAL_TRY);
	assert_int_equal(officer(PUK), CKR_OK);
	assert_int_equal(so_flags(), 0);
	assert_int_equal(set_pin(WRONG, NEW_PUK), CKR_PIN_INCORRECT);
	assert_int_equal(so_flags(), CKF_SO_PIN_COUNT_LOW);
	assert_int_equal(C_Logout(session), CKR_OK);
	assert_int_equal(so_flags(), CKF_SO_PIN_COUNT_LOW);
	for (int i = 0; i < 2; i++)
		(void)officer(WRONG);
	assert_int_equal(so_flags(), CKF_SO_PIN_LOCKED);
	assert_int_equal(asked, 0);
}

static bool typed;

/* The reader has a pad. */
static enum cs_err pad_control(void *link, uint32_t code, struct cs_view in, struct cs_writer *out)
{
	uint8_t features[24];

	(void)link;
	(void)in;
	if (code != PINPAD_MOCK_FEATURES)
		typed = true;
	cs_write_view(out, cs_view(features, pinpad_mock_features(features)));
	return CS_OK;
}

static void it_is_not_typed_on_the_reader(void **state)
{
	CK_TOKEN_INFO info;

	(void)state;
	typed = false;
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	backend.reader_control = pad_control;
	assert_int_equal(p11_begin(&backend, &session), CKR_OK);
	assert_int_equal(C_GetTokenInfo(0, &info), CKR_OK);
	assert_true(info.flags & CKF_PROTECTED_AUTHENTICATION_PATH);
	assert_int_equal(C_Login(session, CKU_SO, NULL, 0), CKR_PIN_INCORRECT);
	assert_int_equal(officer(PUK), CKR_OK);
	assert_int_equal(C_SetPIN(session, NULL, 0, NULL, 0), CKR_ARGUMENTS_BAD);
	assert_false(typed);
}

/* ---- a card that does not change it to itself ---- */

static void without_a_proof_it_is_called_wrong_when_it_is_used(void **state)
{
	static const uint16_t refusals[] = {0x6A80, 0x6985, 0x6A81, 0x6A86, 0x6A88, 0x6D00};

	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		refusal = refusals[i];
		print_message("%04X\n", refusal);
		assert_int_equal(officer(WRONG), CKR_OK);
		assert_int_equal(init_pin(NEW_PIN), CKR_PIN_INCORRECT);
		/* Once: the login has ended. */
		assert_int_equal(pin_kept(0).len, 0);
		assert_int_equal(state_now(), CKS_RW_PUBLIC_SESSION);
		assert_int_equal(init_pin(NEW_PIN), CKR_USER_NOT_LOGGED_IN);
		assert_int_equal(user(P11_PIV_PIN), CKR_OK);
		assert_int_equal(officer(PUK), CKR_OK);
		assert_int_equal(init_pin(P11_PIV_PIN), CKR_OK);
		assert_int_equal(C_Logout(session), CKR_OK);
		assert_int_equal(sent, (i + 1) * 4);
	}
}

static void and_a_blocked_one_when_it_is_used(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		(void)officer(WRONG);
	refusal = 0x6A81;
	assert_int_equal(officer(PUK), CKR_OK);
	assert_int_equal(init_pin(NEW_PIN), CKR_PIN_LOCKED);
	assert_int_equal(state_now(), CKS_RW_PUBLIC_SESSION);
}

/* Of the kind that says nothing of the PUK. */
static void any_other_answer_is_no_login(void **state)
{
	(void)state;
	refusal = 0x6F00;
	assert_int_equal(officer(PUK), CKR_DEVICE_ERROR);
	assert_int_equal(state_now(), CKS_RW_PUBLIC_SESSION);
	assert_int_equal(pin_kept(0).len, 0);
	assert_int_equal(sent, 1);
}

static void whatever_becomes_of_the_answer_the_puk_is_the_same(void **state)
{
	(void)state;
	breaks = true;
	assert_int_equal(officer(PUK), CKR_DEVICE_REMOVED);
	assert_int_equal(sent, 1);
	breaks = false;
	transport_card_insert();
	assert_int_equal(p11_open(&session), CKR_OK);
	assert_int_equal(officer(PUK), CKR_OK);
}

/* It would take any PUK for the old one, and that for the new. */
static void a_card_that_counts_it_as_verified_is_reset_first(void **state)
{
	(void)state;
	remembers = true;
	assert_int_equal(officer(PUK), CKR_OK);
	assert_int_equal(init_pin(NEW_PIN), CKR_OK);
	assert_true(verified);
	assert_int_equal(set_pin(WRONG, NEW_PUK), CKR_PIN_INCORRECT);
	assert_int_equal(init_pin(NEW_PIN), CKR_OK);
	assert_int_equal(C_Logout(session), CKR_OK);
	assert_false(verified);
	/* Another program has sent it. */
	verified = true;
	assert_int_equal(officer(WRONG), CKR_PIN_INCORRECT);
	assert_int_equal(officer(PUK), CKR_OK);
	assert_int_equal(taken, 0);
}

/* ---- what he may do ---- */

static void he_gives_the_user_another_pin(void **state)
{
	(void)state;
	assert_int_equal(officer(PUK), CKR_OK);
	assert_int_equal(init_pin("12345"), CKR_PIN_LEN_RANGE);
	assert_int_equal(init_pin("123456789"), CKR_PIN_LEN_RANGE);
	assert_int_equal(sent, 1);
	assert_int_equal(init_pin(NEW_PIN), CKR_OK);
	assert_int_equal(init_pin("628401"), CKR_OK);
	assert_int_equal(sent, 3);
	assert_int_equal(C_Logout(session), CKR_OK);
	assert_int_equal(user(NEW_PIN), CKR_PIN_INCORRECT);
	assert_int_equal(user("628401"), CKR_OK);
}

static void of_one_whose_pin_is_blocked_too(void **state)
{
	CK_TOKEN_INFO info;

	(void)state;
	block_pin();
	assert_int_equal(officer(PUK), CKR_OK);
	assert_int_equal(C_GetTokenInfo(0, &info), CKR_OK);
	assert_true(info.flags & CKF_USER_PIN_LOCKED);
	assert_int_equal(init_pin(NEW_PIN), CKR_OK);
	assert_int_equal(C_GetTokenInfo(0, &info), CKR_OK);
	assert_false(info.flags & (CKF_USER_PIN_LOCKED | CKF_USER_PIN_COUNT_LOW));
	assert_int_equal(C_Logout(session), CKR_OK);
	assert_int_equal(user(NEW_PIN), CKR_OK);
}

static void he_changes_the_puk(void **state)
{
	(void)state;
	assert_int_equal(officer(PUK), CKR_OK);
	assert_int_equal(set_pin(WRONG, NEW_PUK), CKR_PIN_INCORRECT);
	assert_int_equal(set_pin(PUK, "12345"), CKR_PIN_LEN_RANGE);
	assert_int_equal(set_pin("12345", NEW_PUK), CKR_PIN_INCORRECT);
	assert_int_equal(sent, 2);
	assert_int_equal(set_pin(PUK, NEW_PUK), CKR_OK);
	assert_int_equal(so_flags(), 0);
	/* The new one is kept. */
	assert_int_equal(init_pin(NEW_PIN), CKR_OK);
	assert_int_equal(C_Logout(session), CKR_OK);
	assert_int_equal(officer(PUK), CKR_PIN_INCORRECT);
	assert_int_equal(officer(NEW_PUK), CKR_OK);
	assert_int_equal(C_Logout(session), CKR_OK);
	/* Which the user's C_SetPIN does not. */
	assert_int_equal(set_pin(NEW_PIN, P11_PIV_PIN), CKR_OK);
	assert_int_equal(officer(NEW_PUK), CKR_OK);
}

static void a_change_whose_answer_was_lost_leaves_neither_to_be_sent(void **state)
{
	(void)state;
	assert_int_equal(officer(PUK), CKR_OK);
	breaks = true;
	assert_int_equal(set_pin(PUK, NEW_PUK), CKR_DEVICE_REMOVED);
	assert_int_equal(pin_kept(0).len, 0);
	breaks = false;
	transport_card_insert();
	assert_int_equal(p11_open(&session), CKR_OK);
	assert_int_equal(officer(NEW_PUK), CKR_OK);
}

/* By another program. */
static void one_that_was_changed_meanwhile_is_wrong_once(void **state)
{
	static const uint8_t change[] = {0x00, INS_CHANGE, 0x00, PIV_REF_PUK, 0x10, '1', '2',
					 '3',  '4',	   '5',	 '6',	      '7',  '8', '8',
					 '7',  '0',	   '5',	 '1',	      '9',  '2', '3'};

	(void)state;
	assert_int_equal(officer(PUK), CKR_OK);
	assert_int_equal(transport_card_other(CS_VIEW_OF(change)), 0x9000);
	assert_int_equal(init_pin(NEW_PIN), CKR_PIN_INCORRECT);
	assert_int_equal(init_pin(NEW_PIN), CKR_USER_NOT_LOGGED_IN);
	assert_int_equal(sent, 2);
	assert_int_equal(user(P11_PIV_PIN), CKR_OK);
	assert_int_equal(so_flags(), CKF_SO_PIN_COUNT_LOW);
	assert_int_equal(officer(NEW_PUK), CKR_OK);
}

static void what_takes_the_management_key_is_not_his(void **state)
{
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_BBOOL yes = CK_TRUE;
	CK_BYTE note[] = {1, 2};
	CK_ATTRIBUTE data[] = {
	    {CKA_CLASS, &class, sizeof(class)}, {CKA_TOKEN, &yes, 1}, {CKA_VALUE, note, sizeof(note)}};
	CK_OBJECT_HANDLE key;
	CK_ULONG n = 0;

	(void)state;
	assert_int_equal(officer(P11_MANAGEMENT_KEY), CKR_OK);
	assert_int_equal(p11_generate(session, 1, &key), CKR_OK);
	assert_int_equal(init_pin(NEW_PIN), CKR_FUNCTION_NOT_SUPPORTED);
	assert_int_equal(C_Logout(session), CKR_OK);
	assert_int_equal(officer(PUK), CKR_OK);
	assert_int_equal(p11_generate(session, 2, &key), CKR_USER_NOT_LOGGED_IN);
	assert_int_equal(p11_bring(session, 2, &key), CKR_USER_NOT_LOGGED_IN);
	assert_int_equal(C_CreateObject(session, data, 3, &key), CKR_USER_NOT_LOGGED_IN);
	assert_int_equal(p11_find(session, CKO_PRIVATE_KEY, 1, &n, &key), CKR_OK);
	assert_int_equal(n, 0);
	assert_int_equal(p11_find(session, CKO_PUBLIC_KEY, 1, &n, &key), CKR_OK);
	assert_int_equal(n, 1);
	assert_int_not_equal(C_DestroyObject(session, key), CKR_OK);
	assert_int_equal(p11_find(session, CKO_PUBLIC_KEY, 1, &n, &key), CKR_OK);
	assert_int_equal(n, 1);
	assert_int_equal(sent, 1);
}

static void another_program_s_reset_is_no_reason_to_send_it(void **state)
{
	CK_OBJECT_HANDLE first;
	CK_ULONG n = 0;

	(void)state;
	assert_int_equal(officer(PUK), CKR_OK);
	for (int i = 0; i < 2; i++) {
		transport_card_other_resets();
		for (CK_OBJECT_CLASS class = CKO_DATA; class <= CKO_SECRET_KEY; class ++)
			assert_int_equal(p11_find(session, class, 0, &n, &first), CKR_OK);
		(void)so_flags();
	}
	assert_int_equal(state_now(), CKS_RW_SO_FUNCTIONS);
	assert_int_equal(sent, 1);
	transport_card_other_resets();
	assert_int_equal(init_pin(NEW_PIN), CKR_OK);
	assert_int_equal(sent, 2);
}

/* ---- what is left of it ---- */

static void leave(int way)
{
	switch (way) {
	case 0:
		assert_int_equal(C_Logout(session), CKR_OK);
		break;
	case 1:
		assert_int_equal(C_CloseSession(session), CKR_OK);
		break;
	case 2:
		assert_int_equal(C_CloseAllSessions(0), CKR_OK);
		break;
	default:
		transport_card_pull();
		assert_int_not_equal(init_pin(NEW_PIN), CKR_OK);
		transport_card_insert();
	}
}

static void no_end_of_the_login_leaves_it_in_memory(void **state)
{
	(void)state;
	for (int way = 0; way < 4; way++) {
		struct cs_view kept;

		assert_int_equal(officer(PUK), CKR_OK);
		kept = pin_kept(0);
		assert_int_equal(kept.len, sizeof(PUK) - 1);
		leave(way);
		assert_int_equal(pin_kept(0).len, 0);
		for (size_t i = 0; i < sizeof(PUK) - 1; i++)
			assert_int_equal(kept.ptr[i], 0);
		(void)C_CloseAllSessions(0);
		assert_int_equal(p11_open(&session), CKR_OK);
	}
}

static void a_child_does_not_have_it(void **state)
{
	struct cs_view kept;
	int status = -1;
	pid_t child;

	(void)state;
	assert_int_equal(officer(PUK), CKR_OK);
	kept = pin_kept(0);
	child = fork();
	if (child == 0) {
		transport_card_forked();
		_exit(kept.ptr[0] == 0 && pin_kept(0).len == 0 &&
			      init_pin(NEW_PIN) == CKR_CRYPTOKI_NOT_INITIALIZED
			  ? 0
			  : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(init_pin(NEW_PIN), CKR_OK);
	assert_int_equal(sent, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(the_puk_is_the_officer_s_pin),
	    TEST(no_session_that_only_reads_is_beside_him),
	    TEST(a_wrong_one_costs_a_try_and_is_told),
	    TEST(one_that_is_blocked_is_told),
	    TEST(an_impossible_length_is_wrong_and_not_sent),
	    TEST(a_card_that_does_not_tell_is_believed_what_it_said_last),
	    TEST(it_is_not_typed_on_the_reader),
	    TEST(without_a_proof_it_is_called_wrong_when_it_is_used),
	    TEST(and_a_blocked_one_when_it_is_used),
	    TEST(any_other_answer_is_no_login),
	    TEST(whatever_becomes_of_the_answer_the_puk_is_the_same),
	    TEST(a_card_that_counts_it_as_verified_is_reset_first),
	    TEST(he_gives_the_user_another_pin),
	    TEST(of_one_whose_pin_is_blocked_too),
	    TEST(he_changes_the_puk),
	    TEST(a_change_whose_answer_was_lost_leaves_neither_to_be_sent),
	    TEST(one_that_was_changed_meanwhile_is_wrong_once),
	    TEST(what_takes_the_management_key_is_not_his),
	    TEST(another_program_s_reset_is_no_reason_to_send_it),
	    TEST(no_end_of_the_login_leaves_it_in_memory),
	    TEST(a_child_does_not_have_it),
	};

	return cmocka_run_group_tests_name("pkcs11_puk", tests, NULL, NULL);
}
