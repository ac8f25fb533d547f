/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Other vendors' PIV cards as they are, by what is published of their answers: which algorithms the module
 * finds in each, and what it makes of refusals.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/apdu.h"
#include "base/bytes.h"
#include "base/encoding.h"
#include "base/piv.h"
#include "base/tlv.h"
#include "pkcs11/pkcs11.h"
#include "tests/lib/p11_cache.h"
#include "tests/lib/p11_foreign.h"
#include "tests/lib/p11_token.h"
#include "tests/lib/transport_card.h"

static CK_SESSION_HANDLE session;
static struct cc_backend backend;
static const char *selected; /* in hexadecimal: the answer to SELECT */
static const uint8_t
    *told_version;	  /* of three bytes, where selected is told; first 0: it has no such command */
static uint8_t generated; /* the algorithm of the last key that was generated, as the card got it */

/* What the card refuses, and how: metadata of any key, or (certificate not 0) an object. */
static struct {
	uint16_t sw; /* 0: nothing */
	uint32_t certificate;
	bool until_pin;
	bool dumb; /* no answer at all */
	bool metadata_too;
} refused;
static bool verified;
static unsigned refusals;

/* ---- the card ---- */

static bool refuses(struct cs_view command)
{
	uint32_t object = refused.certificate;
	const uint8_t tag_list[] = {PIV_TAG_TAG_LIST, 3, (uint8_t)(object >> 16), (uint8_t)(object >> 8),
				    (uint8_t)object};
	struct cs_apdu cmd;

	if (refused.sw == 0 || cs_apdu_parse(command, &cmd) != CS_OK)
		return false;
	if (object == 0 || (refused.metadata_too && cmd.ins == PIV_INS_GET_METADATA))
		return cmd.ins == PIV_INS_GET_METADATA;
	return cmd.ins == PIV_INS_GET_DATA && !(refused.until_pin && verified) &&
	       cs_view_equal(cmd.data, CS_VIEW_OF(tag_list));
}

/* The card itself gets a command that it does not know. */
static enum cs_err refuse(void *link, struct cs_writer *response)
{
	static const uint8_t unknown[] = {0x00, 0x02, 0x00, 0x00};
	size_t before = response->len;
	enum cs_err err = transport_card.transmit(link, CS_VIEW_OF(unknown), response);

	refusals++;
	if (err != CS_OK || refused.dumb)
		return CS_ERR_IO;
	cs_writer_cut(response, before);
	cs_write_u16(response, refused.sw);
	return CS_OK;
}

static void note_pin(struct cs_view command, struct cs_view response)
{
	static const uint8_t ok[] = {0x90, 0x00};

	if (p11_selects_piv(command))
		verified = false;
	if (command.ptr[1] == ISO_INS_VERIFY && command.len > 5 && cs_view_equal(response, CS_VIEW_OF(ok)))
		verified = true;
}

/* Our card has another number for Ed25519 than a Nitrokey. */
static enum cs_err generate_as_nitrokey(void *link, struct cs_view command, struct cs_writer *response)
{
	uint8_t ours[32];
	struct cs_apdu cmd;

	assert_int_equal(cs_apdu_parse(command, &cmd), CS_OK);
	assert_true(command.len <= sizeof(ours) && cmd.data.len >= 5 && cmd.data.ptr[2] == PIV_TAG_ALGORITHM);
	memcpy(ours, command.ptr, command.len);
	generated = cmd.data.ptr[4];
	ours[(size_t)(cmd.data.ptr - command.ptr) + 4] = generated == 0xE2 ? PIV_ALG_ED25519 : generated;
	return transport_card.transmit(link, cs_view(ours, command.len), response);
}

static enum cs_err tell_version(void *link, struct cs_writer *response)
{
	static const uint8_t unknown[] = {0x00, 0x02, 0x00, 0x00};
	size_t before = response->len;
	enum cs_err err = transport_card.transmit(link, CS_VIEW_OF(unknown), response);

	if (err != CS_OK || told_version[0] == 0)
		return err;
	cs_writer_cut(response, before);
	cs_write_view(response, cs_view(told_version, 3));
	cs_write_u16(response, 0x9000);
	return CS_OK;
}

static enum cs_err published_transmit(void *link, struct cs_view command, struct cs_writer *response)
{
	size_t before = response->len;
	enum cs_err err;

	if (selected != NULL && command.ptr[1] == PIV_INS_GENERATE)
		return generate_as_nitrokey(link, command, response);
	if (selected != NULL && command.ptr[1] == PIV_INS_GET_VERSION)
		return tell_version(link, response);

	if (refuses(command))
		return refuse(link, response);
	err = transport_card.transmit(link, command, response);
	note_pin(command, cs_view(response->buf + before, response->len - before));
	if (err != CS_OK || selected == NULL || !p11_selects_piv(command))
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
	static const uint8_t none[3];

	assert_int_equal(C_Finalize(NULL), CKR_OK);
	selected = answer;
	told_version = none;
	begin();
}

static int setup(void **state)
{
	(void)state;
	selected = NULL;
	generated = 0;
	memset(&refused, 0, sizeof(refused));
	backend = transport_card;
	backend.transmit = published_transmit;
	return p11_foreign_make(&backend, &session) ? 0 : -1;
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
	uint8_t version[3];
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
     false,
     {0}},
    /* The same of the other suite; and what it says of lengths hides no list. */
    {"secure messaging with 27",
     "611E4F0BA00000030800001000010079074F05A000000308AC06800127060100",
     {1024, 2048},
     {256, 384},
     false,
     false,
     {0}},
    {"secure messaging with 27, P-256 and lengths",
     "61214F0BA00000030800001000010079074F05A000000308AC09800127800111060100"
     "7F6608020203F802027FFF",
     {0, 0},
     {256, 256},
     false,
     false,
     {0}},
    /* A card of 2018, whose version of the standard has no list (OpenSC#1460), and OpenFIPS201 (OpenSC#3270).
     */
    {"61 16",
     "61164F0BA00000030800001000010079074F05A000000308",
     {1024, 2048},
     {256, 384},
     false,
     false,
     {0}},
    {"OpenFIPS201",
     "616F4F0BA00000030800001000010079074F05A000000308500B4F70656E464950533230315F5049687474703A2F2F6E"
     "766C707562732E6E6973742E676F762F6E697374707562732F5370656369616C5075626C69636174696F6E732F4E4953"
     "542E53502E3830302D37332D342E706466",
     {1024, 2048},
     {256, 384},
     false,
     false,
     {0}},
    /* The reference token (OpenSC#1243), which has no list, before and since it has these keys. */
    {"reference token 5.4.3",
     "61114F0600001000010079074F05A000000308",
     {1024, 2048},
     {256, 384},
     false,
     false,
     {5, 4, 3}},
    {"reference token 5.7.4",
     "61114F0600001000010079074F05A000000308",
     {1024, 4096},
     {256, 384},
     true,
     true,
     {5, 7, 4}},
    /* Nitrokey 3 (piv-authenticator#20): E2 and E3 are Ed25519 and X25519 there. */
    {"Nitrokey 3",
     "61664F06000010000100500C4E6974726F6B6579205049565F502D68747470733A2F2F6769746875622E636F6D2F4E69"
     "74726F6B65792F7069762D61757468656E74696361746F72AC1580010380010C8001118001E28001E380010706010079"
     "074F05A000000308",
     {2048, 2048},
     {256, 256},
     true,
     true,
     {0}},
    /* PivApplet (its #45): the length of 61 should be 81 80, so that nothing of it parses; it has what is
       then supposed. */
    {"PivApplet 0.8.2",
     "61804F0BA000000308000010000100790D4F0BA000000308000010000100501C5069764170706C65742076302E382E32"
     "2F524565505341784C7261445F502668747470733A2F2F6769746875622E636F6D2F6172656B696E6174682F50697641"
     "70706C6574AC1B80010380010880010A80010C800106800107800111800114060100",
     {1024, 2048},
     {256, 384},
     false,
     false,
     {0}},
    {"PivApplet, as it should be",
     "6181804F0BA000000308000010000100790D4F0BA000000308000010000100501C5069764170706C65742076302E382E32"
     "2F524565505341784C7261445F502668747470733A2F2F6769746875622E636F6D2F6172656B696E6174682F50697641"
     "70706C6574AC1B80010380010880010A80010C800106800107800111800114060100",
     {1024, 2048},
     {256, 384},
     false,
     false,
     {0}},
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

/* PivApplet's answer does not parse. */
static bool lists_p256(const char *answer)
{
	return strstr(answer, "800111") != NULL && strncmp(answer, "6180", 4) != 0;
}

static void a_card_has_the_mechanisms_that_its_answer_to_select_tells(void **state)
{
	const struct sizes none = {0, 0};

	(void)state;
	for (size_t i = 0; i < sizeof(published) / sizeof(published[0]); i++) {
		const struct published *p = &published[i];
		unsigned before;

		be_card(p->answer);
		told_version = p->version;
		before = transport_card_commands();
		expect_sizes(p->card, CKM_RSA_PKCS, p->rsa);
		expect_sizes(p->card, CKM_RSA_PKCS_KEY_PAIR_GEN, p->rsa);
		expect_sizes(p->card, CKM_ECDSA, p->curves);
		expect_sizes(p->card, CKM_EC_KEY_PAIR_GEN, p->curves);
		assert_int_equal(sizes_of(CKM_EC_EDWARDS_KEY_PAIR_GEN).max != 0, p->ed25519);
		assert_int_equal(sizes_of(CKM_EC_MONTGOMERY_KEY_PAIR_GEN).max != 0, p->x25519);
		expect_sizes(p->card, CKM_ML_DSA_KEY_PAIR_GEN, none);
		expect_sizes(p->card, CKM_ML_KEM_KEY_PAIR_GEN, none);
		/* The version, where there is no list; it is asked for with what else names the card, once.
		 */
		assert_in_range(transport_card_commands() - before, 0, lists_p256(p->answer) ? 0 : 5);
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
	assert_int_equal(p11_login(session, CKU_SO, P11_MANAGEMENT_KEY), CKR_OK);
	assert_int_equal(p11_generate(session, 1, &key), CKR_OK);
	assert_int_equal(make_rsa(2048), CKR_OK);
	assert_int_equal(make_rsa(4096), CKR_KEY_SIZE_RANGE);
	assert_int_equal(C_Logout(session), CKR_OK);
	assert_int_equal(p11_login(session, CKU_USER, P11_PIV_PIN), CKR_OK);
	assert_int_equal(p11_sign_by(session, 1), CKR_OK);
}

static void a_nitrokey_is_asked_for_ed25519_by_its_own_number(void **state)
{
	CK_MECHANISM m = {CKM_EC_EDWARDS_KEY_PAIR_GEN, NULL, 0};
	CK_BYTE curve[] = {0x13, 0x0C, 'e', 'd', 'w', 'a', 'r', 'd', 's', '2', '5', '5', '1', '9'}, id = 1;
	CK_ATTRIBUTE params = {CKA_EC_PARAMS, curve, sizeof(curve)}, named = {CKA_ID, &id, 1};
	CK_OBJECT_HANDLE keys[2];

	(void)state;
	for (size_t i = 0; i < sizeof(published) / sizeof(published[0]); i++) {
		if (strcmp(published[i].card, "Nitrokey 3") != 0)
			continue;
		refused.sw = 0x6D00; /* it has no metadata */
		be_card(published[i].answer);
		assert_int_equal(p11_login(session, CKU_SO, P11_MANAGEMENT_KEY), CKR_OK);
		assert_int_equal(C_GenerateKeyPair(session, &m, &params, 1, &named, 1, &keys[0], &keys[1]),
				 CKR_OK);
	}
	assert_int_equal(generated, 0xE2);
}

/* ---- refusals ---- */

/* What cards say where there is nothing to be shown, or no such command. */
static const uint16_t noes[] = {0x6982, 0x6985, 0x6A80, 0x6A81, 0x6A86, 0x6700,
				0x6900, 0x6D00, 0x6E00, 0x6F00, 0x63C0, 0x63C3};

#define NOES (sizeof(noes) / sizeof(noes[0]))

static void make_keys(CK_BYTE last)
{
	CK_OBJECT_HANDLE key;
	CK_ULONG n = 0;

	assert_int_equal(p11_login(session, CKU_SO, P11_MANAGEMENT_KEY), CKR_OK);
	for (CK_BYTE id = 1; id <= last; id++) {
		assert_int_equal(p11_generate(session, id, &key), CKR_OK);
		assert_int_equal(p11_find(session, CKO_PUBLIC_KEY, id, &n, &key), CKR_OK);
		assert_int_equal(p11_certify(session, id, key), CKR_OK);
	}
}

static CK_ULONG count(CK_OBJECT_CLASS class, CK_BYTE id)
{
	CK_ULONG n = 0;
	CK_OBJECT_HANDLE first;

	assert_int_equal(p11_find(session, class, id, &n, &first), CKR_OK);
	return n;
}

static void a_certificate_that_the_card_will_not_show_hides_no_other(void **state)
{
	(void)state;
	make_keys(4);
	for (size_t i = 0; i < NOES; i++) {
		refused.sw = noes[i];
		refused.certificate = PIV_OBJ_AUTH_CERT; /* the first that is asked for */
		be_card(NULL);
		assert_int_equal(count(CKO_CERTIFICATE, 0), 3);
		assert_int_equal(count(CKO_PUBLIC_KEY, 0), 4); /* one by its metadata */
		assert_int_equal(p11_login(session, CKU_USER, P11_PIV_PIN), CKR_OK);
		assert_int_equal(p11_sign_by(session, 1), CKR_OK);
		assert_int_equal(p11_sign_by(session, 3), CKR_OK);
		/* It was asked for before the PIN and after it, and that is all. */
		refusals = 0;
		assert_int_equal(count(CKO_CERTIFICATE, 0), 3);
		assert_int_equal(count(CKO_CERTIFICATE, 1), 0);
		assert_int_equal(refusals, 0);
	}
}

static void a_certificate_that_the_card_shows_after_the_pin_is_there_then(void **state)
{
	(void)state;
	make_keys(2);
	refused.sw = 0x6982;
	refused.certificate = PIV_OBJ_AUTH_CERT;
	refused.until_pin = true;
	be_card(NULL);
	assert_int_equal(count(CKO_CERTIFICATE, 0), 1);
	assert_int_equal(count(CKO_CERTIFICATE, 1), 0);
	assert_int_equal(p11_login(session, CKU_USER, P11_PIV_PIN), CKR_OK);
	assert_int_equal(count(CKO_CERTIFICATE, 0), 2);
	assert_int_equal(count(CKO_CERTIFICATE, 1), 1);
}

static void a_certificate_that_is_shown_after_the_pin_is_so_after_a_reset_too(void **state)
{
	CK_BYTE signature[64];
	CK_OBJECT_HANDLE key;
	CK_ULONG n = 0;

	(void)state;
	make_keys(1);
	refused.sw = 0x6982;
	refused.certificate = PIV_OBJ_AUTH_CERT;
	refused.until_pin = refused.metadata_too = true;
	be_card(NULL);
	assert_int_equal(p11_login(session, CKU_USER, P11_PIV_PIN), CKR_OK);
	assert_int_equal(p11_find(session, CKO_PRIVATE_KEY, 1, &n, &key), CKR_OK);
	assert_int_equal(p11_sign(session, key, signature), CKR_OK);
	transport_card_other_resets();
	assert_int_equal(p11_sign(session, key, signature), CKR_OK);
	assert_int_equal(p11_sign(session, key, signature), CKR_OK);
	assert_int_equal(count(CKO_CERTIFICATE, 1), 1);
	/* A key that does not show any more whether it is the same is not used. */
	transport_card_other_resets();
	refused.until_pin = false;
	assert_int_equal(p11_sign(session, key, signature), CKR_KEY_HANDLE_INVALID);
	assert_int_equal(p11_sign(session, key, signature), CKR_KEY_HANDLE_INVALID);
}

static void a_card_that_refuses_metadata_in_its_own_way_works_by_its_certificates(void **state)
{
	(void)state;
	make_keys(3);
	for (size_t i = 0; i < NOES; i++) {
		refused.sw = noes[i];
		refusals = 0;
		be_card(NULL);
		assert_int_equal(count(CKO_PUBLIC_KEY, 0), 3);
		assert_int_equal(p11_login(session, CKU_USER, P11_PIV_PIN), CKR_OK);
		assert_int_equal(count(CKO_PRIVATE_KEY, 0), 3);
		assert_int_equal(p11_sign_by(session, 1), CKR_OK);
		assert_int_equal(p11_sign_by(session, 3), CKR_OK);
		/* Once for each of four slots, and once more where another application may have been meant.
		 */
		assert_in_range(refusals, 1, 8);
		refusals = 0;
		assert_int_equal(p11_sign_by(session, 1), CKR_OK);
		assert_int_equal(count(CKO_PUBLIC_KEY, 0), 3);
		assert_int_equal(refusals, 0);
	}
}

static void an_answer_that_does_not_come_is_no_refusal(void **state)
{
	CK_ULONG n = 0;
	CK_OBJECT_HANDLE first;

	(void)state;
	make_keys(2);
	refused.sw = 0x6A82;
	refused.certificate = PIV_OBJ_SIGNATURE_CERT;
	refused.dumb = true;
	be_card(NULL);
	assert_int_equal(p11_find(session, CKO_CERTIFICATE, 0, &n, &first), CKR_DEVICE_ERROR);
	refused.sw = 0;
	assert_int_equal(count(CKO_CERTIFICATE, 0), 2);
}

/* ---- a card that does not tell of its keys ---- */

static int drop_cache(void **state)
{
	int rc = teardown(state);

	return p11_cache_drop() ? rc : -1;
}

static int setup_bare(void **state)
{
	int rc = setup(state);

	refused.sw = 0x6D00;
	return p11_cache_make() ? rc : -1;
}

/* Another program, of the administrator. */
static void administer(void)
{
	be_card(NULL);
	assert_int_equal(p11_login(session, CKU_SO, P11_MANAGEMENT_KEY), CKR_OK);
}

static CK_RV import(CK_BYTE id)
{
	CK_OBJECT_HANDLE key;

	return p11_bring(session, id, &key);
}

static void a_key_that_the_card_does_not_tell_of_is_not_written_over(void **state)
{
	static const uint16_t ways[] = {0x6D00, 0x6A80};
	CK_OBJECT_HANDLE key;

	(void)state;
	for (CK_BYTE i = 0; i < 2; i++) {
		CK_BYTE made = (CK_BYTE)(1 + 2 * i), brought = (CK_BYTE)(made + 1);

		refused.sw = ways[i];
		administer();
		assert_int_equal(p11_generate(session, made, &key), CKR_OK);
		assert_int_equal(import(brought), CKR_OK);
		assert_int_equal(import(brought), CKR_TEMPLATE_INCONSISTENT);
		/* The second time, in a program that has looked at everything before. */
		for (int times = 0; times < 3; times++) {
			administer();
			assert_int_equal(times == 1 ? count(CKO_PUBLIC_KEY, 0) : 0, 0);
			assert_int_equal(p11_generate(session, made, &key), CKR_TEMPLATE_INCONSISTENT);
			assert_int_equal(import(made), CKR_TEMPLATE_INCONSISTENT);
			assert_int_equal(p11_generate(session, brought, &key), CKR_TEMPLATE_INCONSISTENT);
		}
	}
}

static void a_card_that_does_not_tell_which_slots_are_free_wants_to_be_told(void **state)
{
	CK_OBJECT_HANDLE key;

	(void)state;
	administer();
	assert_int_equal(make_rsa(2048), CKR_TEMPLATE_INCOMPLETE);
	assert_int_equal(import(0), CKR_TEMPLATE_INCOMPLETE);
	refused.sw = 0x6A80;
	administer();
	assert_int_equal(make_rsa(2048), CKR_TEMPLATE_INCOMPLETE);
	assert_int_equal(p11_generate(session, 1, &key), CKR_OK);
	refused.sw = 0;
	administer();
	assert_int_equal(make_rsa(2048), CKR_OK);
}

static void with_its_certificate_a_key_that_the_card_does_not_tell_of_goes(void **state)
{
	CK_OBJECT_HANDLE key, certificate;
	CK_ULONG n = 0;

	(void)state;
	make_keys(1);
	administer();
	assert_int_equal(p11_generate(session, 1, &key), CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(p11_find(session, CKO_CERTIFICATE, 1, &n, &certificate), CKR_OK);
	assert_int_equal(n, 1);
	assert_int_equal(C_DestroyObject(session, certificate), CKR_OK);
	/* At its end this program has no say in it any more. */
	assert_true(p11_cache_use(false));
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	assert_true(p11_cache_use(true));
	begin();
	administer();
	assert_int_equal(p11_generate(session, 1, &key), CKR_OK);
}

/* Set by another program while the administrator is logged in. */
static void set_management_key(uint8_t alg, const char *hex)
{
	uint8_t command[64];
	struct cs_writer w = CS_WRITER_OF(command);
	size_t len = strlen(hex) / 2;

	cs_write_view(&w, CS_VIEW_OF(((const uint8_t[]){0x00, PIV_INS_SET_MANAGEMENT_KEY, 0xFF, 0xFF})));
	cs_write_u8(&w, (uint8_t)(len + 3));
	cs_write_u8(&w, alg);
	cs_write_u8(&w, PIV_SLOT_MANAGEMENT);
	cs_write_u8(&w, (uint8_t)len);
	assert_int_equal(cs_hex_decode(cs_view_string(hex), &w), CS_OK);
	assert_int_equal(transport_card_other(cs_writer_view(&w)), 0x9000);
}

static CK_RV set_pin(const char *old, const char *new)
{
	CK_BYTE from[65], to[65];

	memcpy(from, old, strlen(old) + 1);
	memcpy(to, new, strlen(new) + 1);
	return C_SetPIN(session, from, strlen(old), to, strlen(new));
}

static void a_management_key_of_any_cipher_is_proved_where_the_card_does_not_tell_which(void **state)
{
	static const struct {
		uint8_t alg;
		const char *key, *another;
	} keys[] = {
	    {PIV_ALG_AES128, "000102030405060708090a0b0c0d0e0f", "f00102030405060708090a0b0c0d0e0f"},
	    {PIV_ALG_AES192, "000102030405060708090a0b0c0d0e0f1011121314151617",
	     "f00102030405060708090a0b0c0d0e0f1011121314151617"},
	    {PIV_ALG_AES256, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
	     "f00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"},
	    {PIV_ALG_3DES, P11_MANAGEMENT_KEY, "f10203040506070801020304050607080102030405060708"},
	};
	static const uint16_t ways[] = {0x6D00, 0x6A88, 0x6A80};
	const char *now = P11_MANAGEMENT_KEY;
	CK_OBJECT_HANDLE key;

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		refused.sw = ways[i % 3];
		be_card(NULL);
		assert_int_equal(p11_login(session, CKU_SO, now), CKR_OK);
		set_management_key(keys[i].alg, keys[i].key);
		be_card(NULL);
		assert_int_equal(p11_login(session, CKU_SO, keys[i].another), CKR_PIN_INCORRECT);
		assert_int_equal(p11_login(session, CKU_SO, "ffffffffffffffffffffffffffffffff"),
				 CKR_PIN_INCORRECT);
		assert_int_equal(p11_login(session, CKU_SO, keys[i].key), CKR_OK);
		assert_int_equal(p11_generate(session, (CK_BYTE)(i + 1), &key), CKR_OK);
		assert_int_equal(set_pin(keys[i].key, keys[i].another), CKR_OK);
		be_card(NULL);
		assert_int_equal(p11_login(session, CKU_SO, keys[i].another), CKR_OK);
		now = keys[i].another;
	}
}

static void a_wrong_management_key_is_proved_once(void **state)
{
	static const char wrong[] = "ff0203040506070801020304050607080102030405060708";
	unsigned before;

	(void)state;
	be_card(NULL);
	before = transport_card_commands();
	assert_int_equal(p11_login(session, CKU_SO, wrong), CKR_PIN_INCORRECT);
	/* SELECT; GET METADATA is refused; the witness, and what was made of it. */
	assert_in_range(transport_card_commands() - before, 1, 4);
}

static unsigned list(void)
{
	unsigned before, commands;

	assert_int_equal(C_Finalize(NULL), CKR_OK);
	before = transport_card_commands();
	begin();
	assert_int_equal(count(CKO_CERTIFICATE, 0), 1);
	commands = transport_card_commands() - before;
	assert_int_equal(count(CKO_PUBLIC_KEY, 0), 1);
	return commands;
}

static void to_remember_a_key_makes_no_listing_longer(void **state)
{
	unsigned without;
	CK_OBJECT_HANDLE key;

	(void)state;
	make_keys(1);
	assert_true(p11_cache_use(false));
	(void)list();
	without = list();
	assert_true(p11_cache_use(true));
	administer();
	assert_int_equal(p11_generate(session, 2, &key), CKR_OK);
	assert_int_equal(p11_generate(session, 9, &key), CKR_OK);
	be_card(NULL);
	assert_in_range(list(), 1, without);
	assert_in_range(list(), 1, without);
	administer();
	assert_int_equal(p11_generate(session, 9, &key), CKR_TEMPLATE_INCONSISTENT);
}

#define BARE(name) cmocka_unit_test_setup_teardown(name, setup_bare, drop_cache)
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(a_card_has_the_mechanisms_that_its_answer_to_select_tells),
	    TEST(a_card_that_lists_a_cipher_suite_alone_makes_keys_and_uses_them),
	    TEST(a_nitrokey_is_asked_for_ed25519_by_its_own_number),
	    TEST(a_certificate_that_the_card_will_not_show_hides_no_other),
	    TEST(a_certificate_that_the_card_shows_after_the_pin_is_there_then),
	    TEST(a_certificate_that_is_shown_after_the_pin_is_so_after_a_reset_too),
	    TEST(a_card_that_refuses_metadata_in_its_own_way_works_by_its_certificates),
	    TEST(an_answer_that_does_not_come_is_no_refusal),
	    BARE(a_key_that_the_card_does_not_tell_of_is_not_written_over),
	    BARE(a_card_that_does_not_tell_which_slots_are_free_wants_to_be_told),
	    BARE(with_its_certificate_a_key_that_the_card_does_not_tell_of_goes),
	    BARE(a_management_key_of_any_cipher_is_proved_where_the_card_does_not_tell_which),
	    BARE(a_wrong_management_key_is_proved_once),
	    BARE(to_remember_a_key_makes_no_listing_longer),
	};

	return cmocka_run_group_tests_name("pkcs11_foreign_cards", tests, NULL, NULL);
}
