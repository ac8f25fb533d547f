/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Other vendors' PIV cards as they are, by what is published of their answers: which algorithms the module
 * finds in each.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/encoding.h"
#include "base/piv.h"
#include "pkcs11/pkcs11.h"
#include "tests/lib/p11_token.h"
#include "tests/lib/transport_card.h"

#define MANAGEMENT "010203040506070801020304050607080102030405060708"
#define PIN	   "123456"

static CK_SESSION_HANDLE session;
static struct cc_backend backend;
static const char *selected; /* in hexadecimal: the answer to SELECT */

/* ---- the card ---- */

static bool selects_piv(struct cs_view command)
{
	static const uint8_t select[] = {0x00, ISO_INS_SELECT, 0x04, 0x00, 0x09,
					 0xA0, 0x00,	       0x00, 0x03, 0x08};

	return cs_view_starts_with(command, CS_VIEW_OF(select));
}

static enum cs_err published_transmit(void *link, struct cs_view command, struct cs_writer *response)
{
	size_t before = response->len;
	enum cs_err err = transport_card.transmit(link, command, response);

	if (err != CS_OK || selected == NULL || !selects_piv(command))
		return err;
	cs_writer_cut(response, before);
	assert_int_equal(cs_hex_decode(cs_view_string(selected), response), CS_OK);
	cs_write_u16(response, 0x9000);
	return CS_OK;
}

static void begin(void)
{
	assert_int_equal(p11_begin(&backend, &session), CKR_OK);
}

static void be_card(const char *answer)
{
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	selected = answer;
	begin();
}

static int setup(void **state)
{
	(void)state;
	selected = NULL;
	backend = transport_card;
	backend.transmit = published_transmit;
	if (setenv("XDG_CACHE_HOME", "/dev/null/none", 1) != 0 || !transport_card_make(CSGN_PROFILE_PIV))
		return -1;
	transport_card_make_plain();
	return p11_begin(&backend, &session) == CKR_OK ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	p11_token_free();
	return 0;
}

/* ---- what the module finds in its answer to SELECT ---- */

struct sizes {
	CK_ULONG min, max; /* 0: none */
};

static const struct published {
	const char *card, *answer;
	struct sizes rsa, curves;
	bool ed25519, x25519;
} published[] = {
    /* NIST SD 33, card 2, in the test vectors of the PIV subcommittee: it lists (AC) the cipher suite of
       secure messaging alone, as SP 800-73-5 part 2, 3.1.1 wants it, and says how long its APDUs may be
       (7F66). */
    {"ID-One PIV 2.4",
     "612A4F0BA00000030800001000010079074F05A000000308500A49442D4F6E6520504956AC0680012E060100"
     "7F6608020203F802027FFF",
     {1024, 2048},
     {256, 384},
     false,
     false},
    /* The same of the other suite; and what it says of lengths hides no list. */
    {"secure messaging with 27",
     "611E4F0BA00000030800001000010079074F05A000000308AC06800127060100",
     {1024, 2048},
     {256, 384},
     false,
     false},
    {"secure messaging with 27, P-256 and lengths",
     "61214F0BA00000030800001000010079074F05A000000308AC09800127800111060100"
     "7F6608020203F802027FFF",
     {0, 0},
     {256, 256},
     false,
     false},
};

static struct sizes sizes_of(CK_MECHANISM_TYPE type)
{
	CK_MECHANISM_INFO info = {0, 0, 0};
	CK_RV rv = C_GetMechanismInfo(0, type, &info);

	assert_true(rv == CKR_OK || rv == CKR_MECHANISM_INVALID);
	return (struct sizes){info.ulMinKeySize, info.ulMaxKeySize};
}

static void expect_sizes(const char *card, CK_MECHANISM_TYPE type, struct sizes expected)
{
	struct sizes told = sizes_of(type);

	if (told.min != expected.min || told.max != expected.max)
		fail_msg("%s: mechanism %#lx has %lu to %lu bits", card, type, told.min, told.max);
}

static void a_card_has_the_mechanisms_that_its_answer_to_select_tells(void **state)
{
	const struct sizes none = {0, 0};

	(void)state;
	for (size_t i = 0; i < sizeof(published) / sizeof(published[0]); i++) {
		const struct published *p = &published[i];

		be_card(p->answer);
		expect_sizes(p->card, CKM_RSA_PKCS, p->rsa);
		expect_sizes(p->card, CKM_RSA_PKCS_KEY_PAIR_GEN, p->rsa);
		expect_sizes(p->card, CKM_ECDSA, p->curves);
		expect_sizes(p->card, CKM_EC_KEY_PAIR_GEN, p->curves);
		assert_int_equal(sizes_of(CKM_EC_EDWARDS_KEY_PAIR_GEN).max != 0, p->ed25519);
		assert_int_equal(sizes_of(CKM_EC_MONTGOMERY_KEY_PAIR_GEN).max != 0, p->x25519);
		expect_sizes(p->card, CKM_ML_DSA_KEY_PAIR_GEN, none);
		expect_sizes(p->card, CKM_ML_KEM_KEY_PAIR_GEN, none);
	}
}

static CK_RV make_rsa(CK_ULONG bits)
{
	CK_MECHANISM m = {CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0};
	CK_ATTRIBUTE public = {CKA_MODULUS_BITS, &bits, sizeof(bits)};
	CK_OBJECT_HANDLE keys[2];

	return C_GenerateKeyPair(session, &m, &public, 1, NULL, 0, &keys[0], &keys[1]);
}

static void a_card_that_lists_a_cipher_suite_alone_makes_keys_and_uses_them(void **state)
{
	CK_OBJECT_HANDLE key;

	(void)state;
	be_card(published[0].answer);
	assert_int_equal(p11_login(session, CKU_SO, MANAGEMENT), CKR_OK);
	assert_int_equal(p11_generate(session, 1, &key), CKR_OK);
	assert_int_equal(make_rsa(2048), CKR_OK);
	assert_int_equal(make_rsa(4096), CKR_KEY_SIZE_RANGE);
	assert_int_equal(C_Logout(session), CKR_OK);
	assert_int_equal(p11_login(session, CKU_USER, PIN), CKR_OK);
	assert_int_equal(p11_sign_by(session, 1), CKR_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(a_card_has_the_mechanisms_that_its_answer_to_select_tells),
	    TEST(a_card_that_lists_a_cipher_suite_alone_makes_keys_and_uses_them),
	};

	return cmocka_run_group_tests_name("pkcs11_foreign_cards", tests, NULL, NULL);
}
