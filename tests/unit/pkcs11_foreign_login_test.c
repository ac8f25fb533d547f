/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The login on another vendor's PIV card: ours, without what only ours have. That it ends on the card,
 * whatever the card does at VERIFY's own logout, and what is told of the PIN's tries.
 */
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/evp.h>

#include "base/bytes.h"
#include "base/encoding.h"
#include "base/piv.h"
#include "cardclient/card.h"
#include "cardclient/piv.h"
#include "pkcs11/pkcs11.h"
#include "tests/lib/p11_cache.h"
#include "tests/lib/p11_foreign.h"
#include "tests/lib/p11_token.h"
#include "tests/lib/transport_card.h"

static CK_SESSION_HANDLE session;
static struct cc_backend backend;
static enum { LOGS_OUT, REFUSES, TAKES_IT_FOR_A_QUESTION } at_logout;
static bool picky;    /* what is no PIN of the card's it calls wrong data */
static bool strict;   /* nothing at all may come between a PIN and the use of a key that wants it each time */
static bool untold;   /* there is no metadata of a PIN */
static bool keeps;    /* selecting PIV again changes nothing */
static bool selected; /* since the last reset */
static unsigned resets;

/* ---- the card ---- */

static const uint8_t question[] = {0x00, ISO_INS_VERIFY, 0x00, PIV_REF_PIN};

static enum cs_err answer(struct cs_writer *response, uint16_t sw)
{
	cs_write_u16(response, sw);
	return CS_OK;
}

/* A use of a key that comes to nothing. */
static void grow_stale(void *link)
{
	static const uint8_t nothing[] = {
	    0x00, PIV_INS_AUTHENTICATE, PIV_ALG_P256, PIV_SLOT_AUTHENTICATION, 0x04, 0x7C, 0x02, 0x82, 0x00};
	uint8_t answer_to_it[16];
	struct cs_writer w = CS_WRITER_OF(answer_to_it);

	(void)transport_card.transmit(link, CS_VIEW_OF(nothing), &w);
}

static enum cs_err stubborn_transmit(void *link, struct cs_view command, struct cs_writer *response)
{
	bool logout = command.ptr[1] == ISO_INS_VERIFY && command.ptr[2] == 0xFF;

	if (picky && command.ptr[1] == ISO_INS_VERIFY && command.len > 5)
		return answer(response, 0x6A80);
	if (logout && at_logout == REFUSES)
		return answer(response, 0x6A86);
	if (logout && at_logout == TAKES_IT_FOR_A_QUESTION)
		command = CS_VIEW_OF(question);
	if (strict &&
	    (command.ptr[1] == PIV_INS_GET_METADATA || cs_view_equal(command, CS_VIEW_OF(question))))
		grow_stale(link);
	if (untold && command.ptr[1] == PIV_INS_GET_METADATA && command.ptr[3] == PIV_REF_PIN)
		return answer(response, 0x6A88);
	if (keeps && selected && p11_selects_piv(command))
		return answer(response, 0x9000);
	selected |= p11_selects_piv(command);
	return transport_card.transmit(link, command, response);
}

static enum cs_err counted_reset(void *link)
{
	resets++;
	selected = false;
	return transport_card.reset(link);
}

static void begin(void)
{
	resets = 0;
	assert_int_equal(p11_begin(&backend, &session), CKR_OK);
}

static void again(void)
{
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	begin();
}

static int setup(void **state)
{
	(void)state;
	at_logout = LOGS_OUT;
	keeps = selected = picky = strict = untold = false;
	resets = 0;
	backend = transport_card;
	backend.transmit = stubborn_transmit;
	backend.reset = counted_reset;
	return p11_foreign_make(&backend, &session) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	p11_token_free();
	return p11_cache_drop() ? 0 : -1;
}

static void make_key(void)
{
	CK_OBJECT_HANDLE key;

	assert_int_equal(p11_login(session, CKU_SO, P11_MANAGEMENT_KEY), CKR_OK);
	assert_int_equal(p11_generate(session, 1, &key), CKR_OK);
	again();
}

/* ---- its end ---- */

static bool pin_verified(void)
{
	return transport_card_other(CS_VIEW_OF(question)) == 0x9000;
}

static const char *const ways[] = {"C_Logout", "the last session's end", "C_Finalize"};

static void leave(size_t way)
{
	print_message("by %s\n", ways[way]);
	if (way == 0)
		assert_int_equal(C_Logout(session), CKR_OK);
	else if (way == 1)
		assert_int_equal(C_CloseAllSessions(0), CKR_OK);
	else
		assert_int_equal(C_Finalize(NULL), CKR_OK);
}

static void come_back(size_t way)
{
	if (way < 2)
		assert_int_equal(C_Finalize(NULL), CKR_OK);
	begin();
}

static void a_card_that_forgets_the_pin_when_told_is_not_reset(void **state)
{
	(void)state;
	for (size_t way = 0; way < 3; way++) {
		assert_int_equal(p11_login(session, CKU_USER, P11_PIV_PIN), CKR_OK);
		assert_true(pin_verified());
		leave(way);
		assert_false(pin_verified());
		assert_int_equal(resets, 0);
		come_back(way);
	}
}

static void a_reset_ends_it(size_t way)
{
	assert_int_equal(p11_login(session, CKU_USER, P11_PIV_PIN), CKR_OK);
	assert_int_equal(p11_sign_by(session, 1), CKR_OK);
	assert_true(pin_verified());
	leave(way);
	assert_false(pin_verified());
	assert_int_equal(resets, 1);
	come_back(way);
}

static void one_that_refuses_to_is_reset(void **state)
{
	(void)state;
	make_key();
	at_logout = REFUSES;
	for (size_t way = 0; way < 3; way++)
		a_reset_ends_it(way);
}

static void and_so_is_one_that_says_yes_and_does_not(void **state)
{
	(void)state;
	make_key();
	at_logout = TAKES_IT_FOR_A_QUESTION;
	for (size_t way = 0; way < 3; way++)
		a_reset_ends_it(way);
}

static void the_session_goes_on_after_the_reset(void **state)
{
	CK_OBJECT_HANDLE key;
	CK_ULONG n = 0;

	(void)state;
	make_key();
	at_logout = REFUSES;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(p11_login(session, CKU_USER, P11_PIV_PIN), CKR_OK);
		assert_int_equal(p11_sign_by(session, 1), CKR_OK);
		assert_int_equal(C_Logout(session), CKR_OK);
		assert_int_equal(p11_find(session, CKO_PRIVATE_KEY, 1, &n, &key), CKR_OK);
		assert_int_equal(n, 0);
		assert_int_equal(p11_find(session, CKO_PUBLIC_KEY, 1, &n, &key), CKR_OK);
		assert_int_equal(n, 1);
	}
}

/* Its own refusal is none of PIV's, whose state has ended with its selection. */
static void another_application_that_refuses_is_no_reason_for_a_reset(void **state)
{
	static const uint8_t oath[] = {0x00, 0xA4, 0x04, 0x00, 0x07, 0xA0,
				       0x00, 0x00, 0x05, 0x27, 0x21, 0x01};

	(void)state;
	assert_int_equal(p11_login(session, CKU_USER, P11_PIV_PIN), CKR_OK);
	assert_int_equal(transport_card_other(CS_VIEW_OF(oath)), 0x9000);
	assert_int_equal(C_Logout(session), CKR_OK);
	assert_int_equal(resets, 0);
	assert_false(pin_verified());
}

static void where_the_transport_has_no_reset_the_logout_is_one_of_the_module_all_the_same(void **state)
{
	(void)state;
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	backend.reset = NULL;
	at_logout = REFUSES;
	begin();
	for (int i = 0; i < 2; i++) {
		assert_int_equal(p11_login(session, CKU_USER, P11_PIV_PIN), CKR_OK);
		assert_int_equal(C_Logout(session), CKR_OK);
	}
}

/* By whoever has the card. */
static uint16_t written(void)
{
	static const uint8_t put[] = {0x00, 0xDB, 0x3F, 0xFF, 0x07, 0x5C, 0x03, 0x5F, 0xC1, 0x05, 0x53, 0x00};

	return transport_card_other(CS_VIEW_OF(put));
}

static void the_management_key_is_not_proved_after_the_officer_s_logout(void **state)
{
	(void)state;
	for (size_t way = 0; way < 3; way++) {
		keeps = true;
		assert_int_equal(p11_login(session, CKU_SO, P11_MANAGEMENT_KEY), CKR_OK);
		assert_int_equal(written(), 0x9000);
		leave(way);
		assert_int_equal(written(), 0x6982);
		assert_int_equal(resets, 1);
		come_back(way);
	}
}

/* Another application's selection ends it there: no other program notices. */
static void nor_is_it_on_our_card_which_is_not_reset_for_it(void **state)
{
	(void)state;
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	transport_card_be(PLAIN_NOT);
	begin();
	for (size_t way = 0; way < 3; way++) {
		static const uint8_t piv[] = {0x00, 0xA4, 0x04, 0x00, 0x05, 0xA0, 0x00, 0x00, 0x03, 0x08};

		assert_int_equal(p11_login(session, CKU_SO, P11_MANAGEMENT_KEY), CKR_OK);
		assert_int_equal(written(), 0x9000);
		leave(way);
		assert_int_equal(transport_card_other(CS_VIEW_OF(piv)), 0x9000);
		assert_int_equal(written(), 0x6982);
		assert_int_equal(resets, 0);
		come_back(way);
	}
}

/* ---- the program's libcrypto ---- */

static void the_management_key_is_proved_whatever_the_program_wants_of_libcrypto(void **state)
{
	(void)state;
	transport_card_strange(true);
	assert_null(EVP_MD_fetch(NULL, "SHA256", NULL));
	assert_int_equal(p11_login(session, CKU_SO, P11_MANAGEMENT_KEY), CKR_OK);
	assert_int_equal(C_Logout(session), CKR_OK);
	assert_null(EVP_MD_fetch(NULL, "SHA256", NULL));
	transport_card_strange(false);
}

/* ---- the tries ---- */

/* Where it wants digits, for one. */
static void what_the_card_does_not_take_for_a_pin_is_a_wrong_one(void **state)
{
	(void)state;
	picky = true;
	assert_int_equal(p11_login(session, CKU_USER, "sesame"), CKR_PIN_INCORRECT);
	assert_int_equal(p11_login(session, CKU_CONTEXT_SPECIFIC, "sesame"), CKR_USER_NOT_LOGGED_IN);
	picky = false;
	assert_int_equal(p11_login(session, CKU_USER, P11_PIV_PIN), CKR_OK);
	picky = true;
	assert_int_equal(p11_login(session, CKU_CONTEXT_SPECIFIC, "sesame"), CKR_PIN_INCORRECT);
	picky = false;
	assert_int_equal(p11_login(session, CKU_CONTEXT_SPECIFIC, P11_PIV_PIN), CKR_OK);
}

static void pin_flags_are(CK_FLAGS flags)
{
	CK_TOKEN_INFO info;

	assert_int_equal(C_GetTokenInfo(0, &info), CKR_OK);
	assert_int_equal(info.flags & (CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY | CKF_USER_PIN_LOCKED |
				       CKF_USER_PIN_TO_BE_CHANGED),
			 flags);
	assert_int_equal(info.flags & (CKF_SO_PIN_COUNT_LOW | CKF_SO_PIN_FINAL_TRY | CKF_SO_PIN_LOCKED), 0);
	assert_int_not_equal(info.flags & CKF_USER_PIN_INITIALIZED, 0);
}

static const uint8_t wrong_pin[] = {0x00, ISO_INS_VERIFY, 0x00, PIV_REF_PIN, 0x08, '6', '6', '6', '6', '6',
				    '6',  0xFF,		  0xFF};

static void wrong_tries_show_whoever_made_them(void **state)
{
	(void)state;
	pin_flags_are(0);
	assert_int_equal(p11_login(session, CKU_USER, "666666"), CKR_PIN_INCORRECT);
	pin_flags_are(CKF_USER_PIN_COUNT_LOW);
	assert_int_equal(transport_card_other(CS_VIEW_OF(wrong_pin)), 0x63C1);
	pin_flags_are(CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY);
	assert_int_equal(p11_login(session, CKU_USER, P11_PIV_PIN), CKR_OK);
	pin_flags_are(0);
	assert_int_equal(C_Logout(session), CKR_OK);
	pin_flags_are(0);
}

static void and_that_none_are_left(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++)
		assert_int_equal(p11_login(session, CKU_USER, "666666"), CKR_PIN_INCORRECT);
	assert_int_equal(p11_login(session, CKU_USER, "666666"), CKR_PIN_LOCKED);
	pin_flags_are(CKF_USER_PIN_LOCKED);
	assert_int_equal(p11_login(session, CKU_USER, P11_PIV_PIN), CKR_PIN_LOCKED);
	/* To who comes later, too. */
	again();
	pin_flags_are(CKF_USER_PIN_LOCKED);
}

static bool sets_tries(struct cc_card *card, unsigned tries)
{
	uint8_t key[CC_PIV_MANAGEMENT_MAX];
	struct cs_writer w = CS_WRITER_OF(key);
	enum piv_alg alg;

	return cc_piv_select(card, NULL) == CS_OK && cc_piv_management_alg(card, &alg) == CS_OK &&
	       cs_hex_decode(cs_view_string(P11_MANAGEMENT_KEY), &w) == CS_OK &&
	       cc_piv_authenticate(card, alg, cs_writer_view(&w)) == CS_OK &&
	       cc_piv_verify(card, cs_view_string(P11_PIV_PIN), NULL) == CS_OK &&
	       cc_piv_set_retries(card, tries, 3) == CS_OK;
}

/* The card comes with this many, before anybody has looked. */
static void come_with_tries(unsigned tries)
{
	struct cc_context *context = NULL;
	struct cc_card *card = NULL;

	assert_int_equal(C_Finalize(NULL), CKR_OK);
	assert_int_equal(cc_context_over(&transport_card, "", &context), CS_OK);
	assert_int_equal(cc_connect(context, "Card core", &card), CS_OK);
	assert_true(sets_tries(card, tries));
	cc_disconnect(card);
	cc_context_free(context);
	transport_card_other_resets();
	begin();
}

static void a_card_that_tells_its_tries_is_told_of_whatever_their_number(void **state)
{
	static const unsigned totals[] = {1, 2, 3, 5, 8};

	(void)state;
	for (size_t i = 0; i < sizeof(totals) / sizeof(totals[0]); i++) {
		come_with_tries(totals[i]);
		for (unsigned left = totals[i]; left > 0; left--) {
			again();
			pin_flags_are((left < totals[i] ? CKF_USER_PIN_COUNT_LOW : 0) |
				      (left == 1 ? CKF_USER_PIN_FINAL_TRY : 0));
			if (left == 1)
				assert_int_equal(p11_login(session, CKU_USER, P11_PIV_PIN), CKR_OK);
			else
				assert_int_equal(p11_login(session, CKU_USER, "666666"), CKR_PIN_INCORRECT);
		}
		pin_flags_are(totals[i] == 1 ? CKF_USER_PIN_FINAL_TRY : 0);
	}
}

/* One of OATH that answers VERIFY does not know GET METADATA. */
static void another_application_s_refusal_does_not_say_that_it_tells_none(void **state)
{
	static const uint8_t oath[] = {0x00, 0xA4, 0x04, 0x00, 0x07, 0xA0,
				       0x00, 0x00, 0x05, 0x27, 0x21, 0x01};

	(void)state;
	come_with_tries(8);
	assert_int_equal(transport_card_other(CS_VIEW_OF(wrong_pin)), 0x63C7);
	assert_int_equal(transport_card_other(CS_VIEW_OF(oath)), 0x9000);
	pin_flags_are(CKF_USER_PIN_COUNT_LOW);
	pin_flags_are(CKF_USER_PIN_COUNT_LOW);
}

/* VERIFY tells what is left, and not of how many: the most that were seen is what there are, or three. */
static void of_one_that_does_not_what_was_seen_counts(void **state)
{
	static const unsigned totals[] = {3, 5, 8};

	(void)state;
	untold = true;
	for (size_t i = 0; i < sizeof(totals) / sizeof(totals[0]); i++) {
		come_with_tries(totals[i]);
		pin_flags_are(0);
		for (unsigned left = totals[i] - 1; left > 0; left--) {
			assert_int_equal(p11_login(session, CKU_USER, "666666"), CKR_PIN_INCORRECT);
			pin_flags_are(CKF_USER_PIN_COUNT_LOW | (left == 1 ? CKF_USER_PIN_FINAL_TRY : 0));
		}
		assert_int_equal(p11_login(session, CKU_USER, "666666"), CKR_PIN_LOCKED);
		pin_flags_are(CKF_USER_PIN_LOCKED);
		assert_int_equal(C_Finalize(NULL), CKR_OK);
		p11_token_free();
		assert_true(p11_foreign_make(&backend, &session));
	}
	/* Of two none is lost, as is seen where a login has ended. */
	come_with_tries(2);
	assert_int_equal(p11_login(session, CKU_USER, P11_PIV_PIN), CKR_OK);
	pin_flags_are(0);
	assert_int_equal(C_Logout(session), CKR_OK);
	pin_flags_are(0);
	assert_int_equal(p11_login(session, CKU_USER, "666666"), CKR_PIN_INCORRECT);
	pin_flags_are(CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY);
}

/* While he is logged in, on a card that tells of tries after the logout alone; whether somebody has asked of
 * them before or not. */
static void tries_that_another_program_has_lost_are_not_all_there_are_after_a_logout(void **state)
{
	(void)state;
	untold = true;
	for (int asked = 0; asked < 2; asked++) {
		come_with_tries(3);
		if (asked)
			pin_flags_are(0);
		assert_int_equal(p11_login(session, CKU_USER, P11_PIV_PIN), CKR_OK);
		assert_int_equal(transport_card_other(CS_VIEW_OF(wrong_pin)), 0x63C2);
		assert_int_equal(C_Logout(session), CKR_OK);
		pin_flags_are(CKF_USER_PIN_COUNT_LOW);
		assert_int_equal(p11_login(session, CKU_USER, P11_PIV_PIN), CKR_OK);
		assert_int_equal(C_Logout(session), CKR_OK);
		pin_flags_are(0);
		p11_token_free();
		assert_true(p11_foreign_make(&backend, &session));
	}
}

/* Without a reset, and without PIV being selected again; what else the card answers is as before. */
static void a_login_that_another_program_s_wrong_pin_has_ended_on_the_card_is_proved_again(void **state)
{
	CK_OBJECT_HANDLE key;

	(void)state;
	assert_int_equal(p11_login(session, CKU_SO, P11_MANAGEMENT_KEY), CKR_OK);
	assert_int_equal(p11_generate(session, P11_KEY_ONCE, &key), CKR_OK);
	assert_int_equal(C_Logout(session), CKR_OK);
	assert_int_equal(p11_login(session, CKU_USER, P11_PIV_PIN), CKR_OK);
	assert_int_equal(transport_card_other(CS_VIEW_OF(wrong_pin)), 0x63C2);
	assert_int_equal(p11_sign_by(session, P11_KEY_ONCE), CKR_OK);
	assert_int_equal(transport_card_other(CS_VIEW_OF(question)), 0x9000);
}

/* What another program loses shows to him, and he is logged in as before. */
static void tries_show_while_somebody_is_logged_in(void **state)
{
	CK_OBJECT_HANDLE key;

	(void)state;
	for (int way = 0; way < 2; way++) {
		untold = way == 1;
		come_with_tries(3);
		assert_int_equal(p11_login(session, CKU_SO, P11_MANAGEMENT_KEY), CKR_OK);
		assert_int_equal(transport_card_other(CS_VIEW_OF(wrong_pin)), 0x63C2);
		pin_flags_are(CKF_USER_PIN_COUNT_LOW);
		assert_int_equal(transport_card_other(CS_VIEW_OF(wrong_pin)), 0x63C1);
		pin_flags_are(CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY);
		assert_int_equal(p11_generate(session, P11_KEY_ONCE, &key), CKR_OK);
		assert_int_equal(C_Logout(session), CKR_OK);
		assert_int_equal(p11_login(session, CKU_USER, P11_PIV_PIN), CKR_OK);
		pin_flags_are(0);
		assert_int_equal(transport_card_other(CS_VIEW_OF(wrong_pin)), 0x63C2);
		pin_flags_are(CKF_USER_PIN_COUNT_LOW);
		assert_int_equal(p11_sign_by(session, P11_KEY_ONCE), CKR_OK);
		pin_flags_are(0);
		for (int i = 0; i < 3; i++)
			(void)transport_card_other(CS_VIEW_OF(wrong_pin));
		pin_flags_are(CKF_USER_PIN_LOCKED);
		p11_token_free();
		assert_true(p11_foreign_make(&backend, &session));
	}
}

/* Any program could use the keys. */
static void a_pin_that_is_changed_without_a_login_is_not_left_proved(void **state)
{
	CK_UTF8CHAR pin[] = P11_PIV_PIN, other[] = "628401";

	(void)state;
	assert_int_equal(C_SetPIN(session, pin, sizeof(pin) - 1, other, sizeof(other) - 1), CKR_OK);
	assert_int_equal(transport_card_other(CS_VIEW_OF(question)), 0x63C3);
	assert_int_equal(p11_login(session, CKU_USER, "628401"), CKR_OK);
	/* His login goes on. */
	assert_int_equal(C_SetPIN(session, other, sizeof(other) - 1, pin, sizeof(pin) - 1), CKR_OK);
	assert_int_equal(transport_card_other(CS_VIEW_OF(question)), 0x9000);
}

/* ---- a key that wants the PIN each time ---- */

static void make_once_and_always(void)
{
	CK_OBJECT_HANDLE key;

	assert_int_equal(p11_login(session, CKU_SO, P11_MANAGEMENT_KEY), CKR_OK);
	assert_int_equal(p11_generate(session, P11_KEY_ONCE, &key), CKR_OK);
	assert_int_equal(p11_generate(session, P11_KEY_ALWAYS, &key), CKR_OK);
	again();
}

/* The card forgets that the PIN came just before, whichever key is used; after what another program may have
 * done the module asks which key is there, and believes what the card then refuses. */
static void what_comes_between_a_login_and_a_signature_uses_up_no_pin(void **state)
{
	unsigned before;

	(void)state;
	make_once_and_always();
	for (int way = 0; way < 4; way++) {
		strict = way >= 2;
		assert_int_equal(p11_login(session, CKU_USER, P11_PIV_PIN), CKR_OK);
		if (way % 2 == 1)
			transport_card_other_resets();
		assert_int_equal(p11_sign_by(session, P11_KEY_ONCE), CKR_OK);
		assert_int_equal(p11_sign_by(session, P11_KEY_ALWAYS), CKR_OK);
		assert_int_equal(p11_sign_by(session, P11_KEY_ALWAYS), CKR_USER_NOT_LOGGED_IN);
		assert_int_equal(C_Logout(session), CKR_OK);
	}
	/* No use is tried that the card can but refuse: SELECT, VERIFY, GENERAL AUTHENTICATE. */
	strict = false;
	assert_int_equal(p11_login(session, CKU_USER, P11_PIV_PIN), CKR_OK);
	assert_int_equal(p11_sign_by(session, P11_KEY_ONCE), CKR_OK);
	before = transport_card_commands();
	assert_int_equal(p11_sign_by(session, P11_KEY_ALWAYS), CKR_OK);
	assert_int_equal(transport_card_commands() - before, 3);
	/* The question for the tries uses it up neither. */
	strict = true;
	for (int way = 0; way < 2; way++) {
		untold = way == 1;
		again();
		assert_int_equal(p11_login(session, CKU_USER, P11_PIV_PIN), CKR_OK);
		pin_flags_are(0);
		assert_int_equal(p11_sign_by(session, P11_KEY_ALWAYS), CKR_OK);
	}
}

static void nor_does_the_question_whether_the_key_is_still_there(void **state)
{
	CK_BYTE signature[64];
	CK_OBJECT_HANDLE key;
	CK_ULONG n = 0;
	unsigned before;

	(void)state;
	make_once_and_always();
	strict = true;
	assert_int_equal(p11_login(session, CKU_USER, P11_PIV_PIN), CKR_OK);
	assert_int_equal(p11_find(session, CKO_PRIVATE_KEY, P11_KEY_ALWAYS, &n, &key), CKR_OK);
	assert_int_equal(C_Logout(session), CKR_OK);
	transport_card_other_resets();
	assert_int_equal(p11_login(session, CKU_USER, P11_PIV_PIN), CKR_OK);
	before = transport_card_commands();
	assert_int_equal(p11_sign(session, key, signature), CKR_OK);
	/* GET METADATA and what it has to grow stale by, then as above. */
	assert_int_equal(transport_card_commands() - before, 5);
}

/* ---- what the next program is spared ---- */

static void a_reset_at_the_end_keeps_nothing_from_the_cache(void **state)
{
	char files[64];
	CK_OBJECT_HANDLE first;
	CK_ULONG n = 0;
	glob_t found;

	(void)state;
	assert_true(p11_cache_make());
	(void)snprintf(files, sizeof(files), "%s/countersign/card-*", p11_cache());
	at_logout = REFUSES;
	again();
	assert_int_equal(p11_find(session, CKO_CERTIFICATE, 0, &n, &first), CKR_OK);
	assert_int_equal(p11_login(session, CKU_USER, P11_PIV_PIN), CKR_OK);
	assert_int_equal(glob(files, 0, NULL, &found), GLOB_NOMATCH);
	again();
	assert_int_equal(glob(files, 0, NULL, &found), 0);
	globfree(&found);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(a_card_that_forgets_the_pin_when_told_is_not_reset),
	    TEST(one_that_refuses_to_is_reset),
	    TEST(and_so_is_one_that_says_yes_and_does_not),
	    TEST(the_session_goes_on_after_the_reset),
	    TEST(another_application_that_refuses_is_no_reason_for_a_reset),
	    TEST(where_the_transport_has_no_reset_the_logout_is_one_of_the_module_all_the_same),
	    TEST(the_management_key_is_not_proved_after_the_officer_s_logout),
	    TEST(nor_is_it_on_our_card_which_is_not_reset_for_it),
	    TEST(the_management_key_is_proved_whatever_the_program_wants_of_libcrypto),
	    TEST(what_the_card_does_not_take_for_a_pin_is_a_wrong_one),
	    TEST(wrong_tries_show_whoever_made_them),
	    TEST(and_that_none_are_left),
	    TEST(a_card_that_tells_its_tries_is_told_of_whatever_their_number),
	    TEST(another_application_s_refusal_does_not_say_that_it_tells_none),
	    TEST(of_one_that_does_not_what_was_seen_counts),
	    TEST(tries_that_another_program_has_lost_are_not_all_there_are_after_a_logout),
	    TEST(a_pin_that_is_changed_without_a_login_is_not_left_proved),
	    TEST(a_login_that_another_program_s_wrong_pin_has_ended_on_the_card_is_proved_again),
	    TEST(tries_show_while_somebody_is_logged_in),
	    TEST(what_comes_between_a_login_and_a_signature_uses_up_no_pin),
	    TEST(nor_does_the_question_whether_the_key_is_still_there),
	    TEST(a_reset_at_the_end_keeps_nothing_from_the_cache),
	};

	return cmocka_run_group_tests_name("pkcs11_foreign_login", tests, NULL, NULL);
}
