/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Which profiles a token says to have, on each kind of card there is, before a login and after it.
 */
#include "tests/lib/p11_foreign.h"
#include "tests/unit/pkcs11_token.h"

#include <stdlib.h>

#include "base/piv.h"
#include "cardclient/card.h"
#include "cardclient/csgn.h"

static struct cc_backend backend;
static bool bare; /* the card has no commands but those of the standard */

static enum cs_err bare_transmit(void *link, struct cs_view command, struct cs_writer *response)
{
	static const uint8_t unknown[] = {0x6D, 0x00};

	if (!bare || command.ptr[1] != PIV_INS_GET_METADATA)
		return transport_card.transmit(link, command, response);
	cs_write_view(response, CS_VIEW_OF(unknown));
	return CS_OK;
}

static int with_card(enum csgn_profile profile, enum plain plain)
{
	bare = false;
	backend = transport_card;
	backend.transmit = bare_transmit;
	if (setenv("XDG_CACHE_HOME", "/dev/null/none", 1) != 0 || !transport_card_make(profile))
		return -1;
	transport_card_be(plain);
	return p11_begin(&backend, &session) == CKR_OK ? 0 : -1;
}

static int blank_setup(void **state)
{
	(void)state;
	return with_card(CSGN_PROFILE_COUNTERSIGN, PLAIN_NOT);
}

static int our_piv_setup(void **state)
{
	(void)state;
	return with_card(CSGN_PROFILE_PIV, PLAIN_NOT);
}

static int foreign_setup(void **state)
{
	(void)state;
	return with_card(CSGN_PROFILE_PIV, PLAIN_PIV_AND_OATH);
}

static int oath_setup(void **state)
{
	(void)state;
	return with_card(CSGN_PROFILE_PIV, PLAIN_OATH);
}

/* As another program finds the card. */
static void again(void)
{
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	assert_int_equal(p11_begin(&backend, &session), CKR_OK);
}

/* ---- what is claimed ---- */

static bool claims(CK_PROFILE_ID profile)
{
	CK_OBJECT_CLASS class = CKO_PROFILE;
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)},
				   {CKA_PROFILE_ID, &profile, sizeof(profile)}};
	CK_OBJECT_HANDLE found[32];

	return find_all(template, 2, found) == 1;
}

struct claim {
	bool authentication, certificates;
};

/* One by one, and all of them in one search. */
static void expect(struct claim claim)
{
	CK_OBJECT_HANDLE found[32];

	assert_true(claims(CKP_BASELINE_PROVIDER));
	assert_true(claims(CKP_EXTENDED_PROVIDER));
	assert_int_equal(claims(CKP_AUTHENTICATION_TOKEN), claim.authentication);
	assert_int_equal(claims(CKP_PUBLIC_CERTIFICATES_TOKEN), claim.certificates);
	assert_int_equal(find_class(CKO_PROFILE, found), 2 + claim.authentication + claim.certificates);
}

static void expect_whoever_is_logged_in(const char *pin, struct claim claim)
{
	expect(claim);
	assert_int_equal(log_in(CKU_USER, pin), CKR_OK);
	expect(claim);
	assert_int_equal(C_Logout(session), CKR_OK);
	expect(claim);
}

/* ---- what is on the card ---- */

static CK_OBJECT_HANDLE public_key(CK_BYTE id)
{
	CK_OBJECT_HANDLE key;
	CK_ULONG n = 0;

	assert_int_equal(p11_find(session, CKO_PUBLIC_KEY, id, &n, &key), CKR_OK);
	assert_int_equal(n, 1);
	return key;
}

/* A certificate of the key with one id, in the slot of another, or of the same. */
static void certify(CK_BYTE of, CK_BYTE slot)
{
	struct cs_view spki = attribute(public_key(of), CKA_PUBLIC_KEY_INFO);
	CK_OBJECT_HANDLE certificate;

	assert_int_equal(write_certificate(make_certificate("Ada", spki, false), slot, &certificate), CKR_OK);
}

static void make_keys(bool certified)
{
	assert_int_equal(log_in(CKU_SO, P11_MANAGEMENT_KEY), CKR_OK);
	for (CK_BYTE id = 1; id <= 2; id++) {
		(void)make_p256(id);
		if (certified)
			certify(id, id);
	}
	assert_int_equal(C_Logout(session), CKR_OK);
	again();
}

/* ---- our card ---- */

static void our_card_with_keys_and_certificates_has_all(void **state)
{
	(void)state;
	(void)make_p256(1);
	certify(1, 1);
	backend = transport_card;
	again();
	expect_whoever_is_logged_in(USER_PIN, (struct claim){true, true});
}

static void our_card_without_a_user_authenticates_nobody(void **state)
{
	(void)state;
	expect((struct claim){false, true});
}

static void our_card_of_the_profile_piv_is_as_any_piv_card(void **state)
{
	(void)state;
	expect_whoever_is_logged_in(P11_PIV_PIN, (struct claim){false, true});
	make_keys(true);
	expect_whoever_is_logged_in(P11_PIV_PIN, (struct claim){true, true});
}

static void block_pin(void)
{
	for (int i = 0; i < 2; i++)
		assert_int_equal(log_in(CKU_USER, "999999"), CKR_PIN_INCORRECT);
	assert_int_equal(log_in(CKU_USER, "999999"), CKR_PIN_LOCKED);
}

static void a_card_whose_pin_is_blocked_authenticates_nobody(void **state)
{
	CK_UTF8CHAR pin[] = USER_PIN;

	(void)state;
	(void)make_p256(1);
	certify(1, 1);
	assert_int_equal(C_Logout(session), CKR_OK);
	expect((struct claim){true, true});
	block_pin();
	expect((struct claim){false, true});
	again();
	expect((struct claim){false, true});
	assert_int_equal(log_in(CKU_SO, SO_PIN), CKR_OK);
	expect((struct claim){false, true});
	assert_int_equal(C_InitPIN(session, pin, sizeof(pin) - 1), CKR_OK);
	expect((struct claim){true, true});
	assert_int_equal(C_Logout(session), CKR_OK);
	expect_whoever_is_logged_in(USER_PIN, (struct claim){true, true});
}

/* Nothing resets the card, and nobody asks for it. */
static void a_pin_that_another_program_has_blocked_authenticates_nobody(void **state)
{
	static const uint8_t wrong[] = {
	    0x00, ISO_INS_VERIFY, 0x00, PIV_REF_PIN, 0x08, '9', '9', '9', '9', '9', '9', 0xFF, 0xFF};

	(void)state;
	(void)make_p256(1);
	certify(1, 1);
	expect((struct claim){true, true});
	for (unsigned left = 3; left-- > 0;)
		assert_int_equal(transport_card_other(CS_VIEW_OF(wrong)), 0x63C0 | left);
	expect((struct claim){false, true});
	assert_int_equal(C_Logout(session), CKR_OK);
	expect((struct claim){false, true});
}

static void the_change_of_a_pin_is_one_that_blocks_too(void **state)
{
	CK_UTF8CHAR wrong[] = "999999", pin[] = "628401";

	(void)state;
	(void)make_p256(1);
	assert_int_equal(C_Logout(session), CKR_OK);
	expect((struct claim){true, true});
	for (int i = 0; i < 2; i++)
		assert_int_equal(C_SetPIN(session, wrong, 6, pin, 6), CKR_PIN_INCORRECT);
	expect((struct claim){true, true});
	assert_int_equal(C_SetPIN(session, wrong, 6, pin, 6), CKR_PIN_LOCKED);
	expect((struct claim){false, true});
}

/* A PIN for the context is one that blocks, too. */
static void the_login_that_ends_by_a_blocked_pin_takes_the_claim_with_it(void **state)
{
	(void)state;
	(void)make_p256(1);
	for (int i = 0; i < 2; i++)
		assert_int_equal(log_in(CKU_CONTEXT_SPECIFIC, "999999"), CKR_PIN_INCORRECT);
	expect((struct claim){true, true});
	assert_int_equal(log_in(CKU_CONTEXT_SPECIFIC, "999999"), CKR_PIN_LOCKED);
	expect((struct claim){false, true});
}

/* By another program; C_GetTokenInfo hears of it. */
static void officer_does(enum cs_err (*what)(struct cc_card *card))
{
	struct cc_context *context = NULL;
	struct cc_card *card = NULL;
	CK_TOKEN_INFO info;

	assert_int_equal(cc_context_over(&transport_card, "", &context), CS_OK);
	assert_int_equal(cc_connect(context, "Card core", &card), CS_OK);
	assert_int_equal(cc_csgn_select(card, NULL), CS_OK);
	assert_int_equal(cc_csgn_verify(card, CSGN_REF_SO, cs_view_string(SO_PIN), NULL), CS_OK);
	assert_int_equal(what(card), CS_OK);
	cc_disconnect(card);
	cc_context_free(context);
	assert_int_equal(C_GetTokenInfo(0, &info), CKR_OK);
}

static enum cs_err give_first_pin(struct cc_card *card)
{
	return cc_csgn_init_pin(card, cs_view_string("739251"), true);
}

static void one_whose_pin_is_to_be_changed_first_authenticates_nobody_until_it_is(void **state)
{
	CK_UTF8CHAR first[] = "739251", pin[] = "628401";

	(void)state;
	(void)make_p256(1);
	assert_int_equal(C_Logout(session), CKR_OK);
	officer_does(give_first_pin);
	expect((struct claim){false, true});
	assert_int_equal(C_SetPIN(session, first, 6, pin, 6), CKR_OK);
	expect((struct claim){true, true});
}

static void a_locked_card_authenticates_nobody_and_shows_its_certificates(void **state)
{
	(void)state;
	(void)make_p256(1);
	certify(1, 1);
	assert_int_equal(C_Logout(session), CKR_OK);
	officer_does(cc_csgn_lock);
	expect((struct claim){false, true});
	again();
	expect((struct claim){false, true});
	officer_does(cc_csgn_unlock);
	expect_whoever_is_logged_in(USER_PIN, (struct claim){true, true});
}

/* The next program has no token there. */
static void a_terminated_card_authenticates_nobody_and_has_no_certificates(void **state)
{
	CK_OBJECT_HANDLE found[32];

	(void)state;
	(void)make_p256(1);
	certify(1, 1);
	assert_int_equal(C_Logout(session), CKR_OK);
	officer_does(cc_csgn_terminate);
	expect((struct claim){false, true});
	assert_int_equal(find_class(CKO_CERTIFICATE, found), 0);
	assert_int_equal(find_class(CKO_PUBLIC_KEY, found), 0);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	assert_int_equal(p11_begin(&transport_card, &session), CKR_TOKEN_NOT_RECOGNIZED);
}

/* Those that are there are: none. */
static void our_card_without_certificates_authenticates_all_the_same(void **state)
{
	(void)state;
	(void)make_p256(1);
	assert_int_equal(C_Logout(session), CKR_OK);
	expect_whoever_is_logged_in(USER_PIN, (struct claim){true, true});
}

/* As a search for all objects has it, which asks the card nothing. */
static bool claimed_among_all(void)
{
	CK_PROFILE_ID profile = CKP_AUTHENTICATION_TOKEN;
	CK_ATTRIBUTE template = {CKA_PROFILE_ID, &profile, sizeof(profile)};
	CK_OBJECT_HANDLE found[32];

	return find_all(&template, 1, found) == 1;
}

static void a_piv_card_authenticates_again_once_its_pin_is_set_by_the_puk(void **state)
{
	CK_UTF8CHAR pin[] = USER_PIN;

	(void)state;
	make_keys(true);
	assert_true(claimed_among_all());
	block_pin();
	assert_false(claimed_among_all());
	assert_int_equal(log_in(CKU_SO, "12345678"), CKR_OK);
	assert_int_equal(C_InitPIN(session, pin, sizeof(pin) - 1), CKR_OK);
	assert_true(claimed_among_all());
	assert_int_equal(C_Logout(session), CKR_OK);
	expect_whoever_is_logged_in(USER_PIN, (struct claim){true, true});
}

/* ---- any PIV card ---- */

/* Who asks for its profiles is told the truth from the first; who asks for all, as far as it has been seen.
 */
static void a_piv_card_whose_pin_is_blocked_authenticates_nobody(void **state)
{
	(void)state;
	for (int way = 0; way < 2; way++) {
		bare = way == 1;
		make_keys(true);
		expect((struct claim){true, true});
		block_pin();
		expect((struct claim){false, true});
		again();
		expect((struct claim){false, true});
		assert_int_equal(log_in(CKU_SO, P11_MANAGEMENT_KEY), CKR_OK);
		expect((struct claim){false, true});
		assert_int_equal(token_teardown(NULL), 0);
		assert_int_equal(foreign_setup(NULL), 0);
	}
}

static void a_piv_card_with_keys_and_certificates_has_all(void **state)
{
	(void)state;
	make_keys(true);
	expect_whoever_is_logged_in(P11_PIV_PIN, (struct claim){true, true});
	bare = true;
	again();
	expect_whoever_is_logged_in(P11_PIV_PIN, (struct claim){true, true});
}

static void a_piv_card_without_certificates_authenticates_where_it_tells_of_its_keys(void **state)
{
	(void)state;
	make_keys(false);
	expect_whoever_is_logged_in(P11_PIV_PIN, (struct claim){true, true});
	bare = true;
	again();
	expect_whoever_is_logged_in(P11_PIV_PIN, (struct claim){false, true});
}

static void a_piv_card_with_nothing_on_it_authenticates_nobody(void **state)
{
	(void)state;
	expect_whoever_is_logged_in(P11_PIV_PIN, (struct claim){false, true});
}

/* Found by the CKA_ID of the slot that it is in, and not of the key that it is of: once it is known. */
static void a_piv_card_s_certificate_beside_another_key_is_not_found_by_its_own(void **state)
{
	(void)state;
	make_keys(false);
	assert_int_equal(log_in(CKU_SO, P11_MANAGEMENT_KEY), CKR_OK);
	certify(1, 2);
	assert_int_equal(C_Logout(session), CKR_OK);
	again();
	assert_true(attribute(public_key(1), CKA_PUBLIC_KEY_INFO).len > 0);
	assert_true(attribute(public_key(2), CKA_PUBLIC_KEY_INFO).len > 0);
	expect_whoever_is_logged_in(P11_PIV_PIN, (struct claim){true, false});
}

static void a_piv_card_authenticates_no_more_once_its_last_key_is_gone(void **state)
{
	(void)state;
	make_keys(false);
	assert_int_equal(log_in(CKU_SO, P11_MANAGEMENT_KEY), CKR_OK);
	assert_int_equal(C_DestroyObject(session, public_key(1)), CKR_OK);
	assert_true(claims(CKP_AUTHENTICATION_TOKEN));
	assert_int_equal(C_DestroyObject(session, public_key(2)), CKR_OK);
	assert_false(claims(CKP_AUTHENTICATION_TOKEN));
	assert_int_equal(C_Logout(session), CKR_OK);
	again();
	expect_whoever_is_logged_in(P11_PIV_PIN, (struct claim){false, true});
}

/* ---- OATH alone ---- */

/* There is no place for a certificate on it: nothing is said of those that are not there. */
static void a_card_with_oath_alone_is_a_provider_and_no_more(void **state)
{
	(void)state;
	expect((struct claim){false, false});
}

#define TEST(name, setup) cmocka_unit_test_setup_teardown(name, setup, token_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(our_card_with_keys_and_certificates_has_all, token_setup),
	    TEST(our_card_without_a_user_authenticates_nobody, blank_setup),
	    TEST(our_card_without_certificates_authenticates_all_the_same, token_setup),
	    TEST(a_card_whose_pin_is_blocked_authenticates_nobody, token_setup),
	    TEST(a_pin_that_another_program_has_blocked_authenticates_nobody, token_setup),
	    TEST(the_change_of_a_pin_is_one_that_blocks_too, token_setup),
	    TEST(one_whose_pin_is_to_be_changed_first_authenticates_nobody_until_it_is, token_setup),
	    TEST(the_login_that_ends_by_a_blocked_pin_takes_the_claim_with_it, token_setup),
	    TEST(a_locked_card_authenticates_nobody_and_shows_its_certificates, token_setup),
	    TEST(a_terminated_card_authenticates_nobody_and_has_no_certificates, token_setup),
	    TEST(a_piv_card_whose_pin_is_blocked_authenticates_nobody, foreign_setup),
	    TEST(a_piv_card_authenticates_again_once_its_pin_is_set_by_the_puk, foreign_setup),
	    TEST(our_card_of_the_profile_piv_is_as_any_piv_card, our_piv_setup),
	    TEST(a_piv_card_with_keys_and_certificates_has_all, foreign_setup),
	    TEST(a_piv_card_without_certificates_authenticates_where_it_tells_of_its_keys, foreign_setup),
	    TEST(a_piv_card_with_nothing_on_it_authenticates_nobody, foreign_setup),
	    TEST(a_piv_card_s_certificate_beside_another_key_is_not_found_by_its_own, foreign_setup),
	    TEST(a_piv_card_authenticates_no_more_once_its_last_key_is_gone, foreign_setup),
	    TEST(a_card_with_oath_alone_is_a_provider_and_no_more, oath_setup),
	};

	return cmocka_run_group_tests_name("pkcs11_profile_cards", tests, NULL, NULL);
}
