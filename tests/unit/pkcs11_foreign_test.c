/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Another vendor's PIV card: ours, without what only ours have. What is asked of it, when, and in how many
 * commands.
 */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/piv.h"
#include "pkcs11/pkcs11.h"
#include "pkcs11/slot.h"
#include "tests/lib/p11_cache.h"
#include "tests/lib/p11_foreign.h"
#include "tests/lib/p11_token.h"
#include "tests/lib/transport_card.h"

static CK_SESSION_HANDLE session;
static struct cc_backend backend;
static bool bare; /* the card has no commands but those of the standard */
static bool old;  /* it is of a version that deletes no keys; lies: and says otherwise */
static bool lies;
static bool forgets;   /* it tells of no key in 9C */
static bool untouched; /* nobody touches it: it uses no key */
static unsigned asked; /* for metadata */
static bool small;     /* its list of algorithms has no RSA longer than 2048 bits */

static unsigned touches; /* that it waited for */

/* 80 01 16, of the list, becomes 80 01 07. */
static void tell_of_small_keys(struct cs_writer *response)
{
	for (size_t i = 0; i + 3 <= response->len; i++) {
		uint8_t *at = response->buf + i;

		if (at[0] == 0x80 && at[1] == 1 && (at[2] == PIV_ALG_RSA4096 || at[2] == PIV_ALG_RSA3072))
			at[2] = PIV_ALG_RSA2048;
	}
}

/* The card gets a command that it does not know. */
static enum cs_err wait_for_a_touch(void *link, struct cs_writer *response)
{
	static const uint8_t unknown[] = {0x00, 0x02, 0x00, 0x00}, denied[] = {0x69, 0x82};
	size_t len = response->len;
	enum cs_err err = transport_card.transmit(link, CS_VIEW_OF(unknown), response);

	if (err != CS_OK)
		return err;
	touches++;
	cs_writer_cut(response, len);
	cs_write_view(response, CS_VIEW_OF(denied));
	return CS_OK;
}

static enum cs_err bare_transmit(void *link, struct cs_view command, struct cs_writer *response)
{
	static const uint8_t version[] = {5, 4, 3, 0x90, 0x00}, unknown[] = {0x6D, 0x00},
			     none[] = {0x6A, 0x88};
	uint8_t ins = command.ptr[1];

	asked += ins == PIV_INS_GET_METADATA ? 1 : 0;
	if (small && ins == ISO_INS_SELECT) {
		enum cs_err err = transport_card.transmit(link, command, response);

		tell_of_small_keys(response);
		return err;
	}
	if (untouched && ins == PIV_INS_AUTHENTICATE)
		return wait_for_a_touch(link, response);
	if (forgets && ins == PIV_INS_GET_METADATA && command.ptr[3] == PIV_SLOT_SIGNATURE) {
		cs_write_view(response, CS_VIEW_OF(none));
		return CS_OK;
	}
	if (old && ins == PIV_INS_MOVE_KEY) {
		cs_write_view(response, CS_VIEW_OF(unknown));
		return CS_OK;
	}
	if (old && !lies && ins == PIV_INS_GET_VERSION) {
		cs_write_view(response, CS_VIEW_OF(version));
		return CS_OK;
	}
	if (!bare || (ins != PIV_INS_GET_METADATA && ins != PIV_INS_GET_VERSION && ins != PIV_INS_GET_SERIAL))
		return transport_card.transmit(link, command, response);
	(void)transport_card.transmit(link, CS_VIEW_OF(((const uint8_t[]){0x00, 0x02, 0x00, 0x00})),
				      response);
	return CS_OK;
}

static void begin(void)
{
	assert_int_equal(p11_begin(&backend, &session), CKR_OK);
}

static int setup(void **state)
{
	(void)state;
	bare = old = lies = small = forgets = untouched = false;
	backend = transport_card;
	backend.transmit = bare_transmit;
	return p11_foreign_make(&backend, &session) &&
		       p11_login(session, CKU_SO, P11_MANAGEMENT_KEY) == CKR_OK
		   ? 0
		   : -1;
}

static int teardown(void **state)
{
	(void)state;
	p11_token_free();
	return p11_cache_drop() ? 0 : -1;
}

static void again(void)
{
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	begin();
}

/* ---- what is on the card ---- */

static CK_OBJECT_HANDLE make_key(CK_BYTE id)
{
	CK_OBJECT_HANDLE key;
	CK_ULONG n = 0;

	assert_int_equal(p11_generate(session, id, &key), CKR_OK);
	assert_int_equal(p11_find(session, CKO_PUBLIC_KEY, id, &n, &key), CKR_OK);
	assert_int_equal(n, 1);
	return key;
}

static void make_keys(CK_BYTE first, CK_BYTE last)
{
	for (CK_BYTE id = first; id <= last; id++)
		assert_int_equal(p11_certify(session, id, make_key(id)), CKR_OK);
}

/* The module's login counts for what another program sends on the same channel. */
static void write_history(uint8_t on_card)
{
	const uint8_t put[] = {0x00, 0xDB, 0x3F, 0xFF, 0x0F,	0x5C, 0x03, 0x5F, 0xC1, 0x0C,
			       0x53, 0x08, 0xC1, 0x01, on_card, 0xC2, 0x01, 0x00, 0xFE, 0x00};

	assert_int_equal(transport_card_other(CS_VIEW_OF(put)), 0x9000);
}

/* ---- what the module does ---- */

static CK_ULONG count(CK_OBJECT_CLASS class, CK_BYTE id)
{
	CK_ULONG n = 0;
	CK_OBJECT_HANDLE first;

	assert_int_equal(p11_find(session, class, id, &n, &first), CKR_OK);
	return n;
}

/* All objects, each with class, id and label, in another life of the module: how many of this class, in how
 * many commands. */
static unsigned list_all(CK_OBJECT_CLASS wanted, CK_ULONG *of_class)
{
	CK_OBJECT_HANDLE found[128];
	CK_ULONG n = 0;
	unsigned before;

	assert_int_equal(C_Finalize(NULL), CKR_OK);
	before = transport_card_commands();
	begin();
	assert_int_equal(C_FindObjectsInit(session, NULL, 0), CKR_OK);
	assert_int_equal(C_FindObjects(session, found, 128, &n), CKR_OK);
	assert_int_equal(C_FindObjectsFinal(session), CKR_OK);
	*of_class = 0;
	for (CK_ULONG i = 0; i < n; i++) {
		CK_OBJECT_CLASS class = 0;
		CK_BYTE id[8], label[64];
		CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)},
				    {CKA_ID, id, sizeof(id)},
				    {CKA_LABEL, label, sizeof(label)}};

		(void)C_GetAttributeValue(session, found[i], a, 3);
		*of_class += class == wanted ? 1 : 0;
	}
	return transport_card_commands() - before;
}

static void four_certificates_are_listed_in_six_commands(void **state)
{
	CK_ULONG n = 0;

	(void)state;
	make_keys(1, 4);
	assert_int_equal(list_all(CKO_CERTIFICATE, &n), 2 + 4);
	assert_int_equal(n, 4);
	assert_int_equal(count(CKO_PUBLIC_KEY, 0), 4);
}

static void with_a_key_history_24_are_listed_in_26_commands(void **state)
{
	CK_ULONG n = 0;

	(void)state;
	make_keys(1, 24);
	write_history(20);
	assert_int_equal(list_all(CKO_CERTIFICATE, &n), 2 + 24);
	assert_int_equal(n, 24);
	assert_int_equal(p11_login(session, CKU_SO, P11_MANAGEMENT_KEY), CKR_OK);
	write_history(3);
	assert_int_equal(list_all(CKO_PUBLIC_KEY, &n), 2 + 7);
	assert_int_equal(n, 7);
	assert_int_equal(count(CKO_CERTIFICATE, 24), 1);
}

static void without_a_key_history_retired_keys_come_with_the_login(void **state)
{
	CK_ULONG n = 0;

	(void)state;
	make_keys(1, 4);
	make_keys(9, 9);
	assert_int_equal(list_all(CKO_CERTIFICATE, &n), 2 + 4);
	assert_int_equal(n, 4);
	assert_int_equal(p11_login(session, CKU_USER, P11_PIV_PIN), CKR_OK);
	assert_int_equal(count(CKO_PRIVATE_KEY, 0), 5);
	assert_int_equal(count(CKO_CERTIFICATE, 0), 5);
	again();
	assert_int_equal(count(CKO_CERTIFICATE, 9), 1);
	assert_int_equal(count(CKO_CERTIFICATE, 10), 0);
}

static void a_key_is_asked_about_before_its_first_use_and_then_one_command_signs(void **state)
{
	unsigned before;

	(void)state;
	make_keys(1, 1);
	again();
	assert_int_equal(p11_login(session, CKU_USER, P11_PIV_PIN), CKR_OK);
	assert_int_equal(count(CKO_PRIVATE_KEY, 1), 1);
	before = transport_card_commands();
	assert_int_equal(p11_sign_by(session, 1), CKR_OK);
	assert_int_equal(transport_card_commands() - before, 2);
	assert_int_equal(p11_sign_by(session, 1), CKR_OK);
	assert_int_equal(transport_card_commands() - before, 3);
}

static void a_key_without_a_certificate_is_found_by_its_metadata(void **state)
{
	(void)state;
	(void)make_key(3);
	again();
	assert_int_equal(count(CKO_PUBLIC_KEY, 0), 1);
	assert_int_equal(count(CKO_PUBLIC_KEY, 3), 1);
	assert_int_equal(count(CKO_CERTIFICATE, 0), 0);
	assert_int_equal(p11_login(session, CKU_USER, P11_PIV_PIN), CKR_OK);
	assert_int_equal(p11_sign_by(session, 3), CKR_OK);
}

/* A certificate that is left of an older key: what is said of the key is the card's word. */
static void a_public_key_is_the_keys_not_the_certificates(void **state)
{
	CK_BYTE signature[64];
	CK_OBJECT_HANDLE older, key, public;
	CK_ULONG n = 0;

	(void)state;
	older = make_key(1);
	assert_int_equal(p11_certify(session, 3, older), CKR_OK);
	(void)make_key(3);
	again();
	assert_int_equal(p11_login(session, CKU_USER, P11_PIV_PIN), CKR_OK);
	assert_int_equal(p11_find(session, CKO_PRIVATE_KEY, 3, &n, &key), CKR_OK);
	assert_int_equal(p11_find(session, CKO_PUBLIC_KEY, 3, &n, &public), CKR_OK);
	assert_int_equal(p11_sign(session, key, signature), CKR_OK);
	assert_int_equal(p11_verify(session, public, signature), CKR_OK);
}

static void a_card_with_nothing_but_the_standard_works_by_its_certificates(void **state)
{
	CK_TOKEN_INFO info;
	CK_ULONG n = 0;
	unsigned before;

	(void)state;
	make_keys(1, 4);
	bare = true;
	assert_int_equal(list_all(CKO_PUBLIC_KEY, &n), 2 + 4);
	assert_int_equal(n, 4);
	assert_int_equal(p11_login(session, CKU_USER, P11_PIV_PIN), CKR_OK);
	assert_int_equal(p11_sign_by(session, 1), CKR_OK);
	before = transport_card_commands();
	assert_int_equal(p11_sign_by(session, 1), CKR_OK);
	assert_int_equal(transport_card_commands() - before, 1);
	assert_int_equal(C_GetTokenInfo(0, &info), CKR_OK);
	assert_int_not_equal(info.serialNumber[15], ' '); /* of the CHUID's GUID */
}

/* Nor for a second key, or a slot that is empty. */
static void a_command_that_the_card_does_not_have_is_not_tried_again(void **state)
{
	(void)state;
	make_keys(1, 2);
	bare = true;
	again();
	asked = 0;
	assert_int_equal(count(CKO_PUBLIC_KEY, 0), 2);
	assert_int_equal(asked, 1);
	assert_int_equal(p11_login(session, CKU_USER, P11_PIV_PIN), CKR_OK);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(p11_sign_by(session, 1), CKR_OK);
		assert_int_equal(p11_login(session, CKU_CONTEXT_SPECIFIC, P11_PIV_PIN), CKR_OK);
		assert_int_equal(p11_sign_by(session, 2), CKR_OK);
	}
	assert_int_equal(count(CKO_PRIVATE_KEY, 0), 2);
	assert_int_equal(count(CKO_PRIVATE_KEY, 3), 0);
	assert_int_equal(count(CKO_PRIVATE_KEY, 9), 0);
	assert_int_equal(asked, 1);
}

/* What NSS and others look for at each token, and what no token has. */
static void a_class_that_the_card_has_nothing_of_takes_no_command(void **state)
{
	static const CK_OBJECT_CLASS classes[] = {
	    0xCE534351UL, /* NSS's: CRL */
	    0xCE534352UL, /* S/MIME */
	    0xCE534353UL, /* trust */
	    0xCE534354UL, /* list of built-in roots */
	    CKO_VENDOR_DEFINED | 1, CKO_DOMAIN_PARAMETERS, CKO_HW_FEATURE, 0x1234, ~0UL};
	unsigned before;

	(void)state;
	make_keys(1, 1);
	again(); /* so that nothing is known yet */
	before = transport_card_commands();
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		assert_int_equal(count(classes[i], 0), 0);
		assert_int_equal(count(classes[i], 1), 0);
	}
	assert_int_equal(count(CKO_CERTIFICATE, 99), 0);
	assert_int_equal(transport_card_commands(), before);
}

static void what_names_the_card_is_asked_for_once_and_of_the_right_application(void **state)
{
	static const uint8_t oath[] = {0x00, 0xA4, 0x04, 0x00, 0x07, 0xA0,
				       0x00, 0x00, 0x05, 0x27, 0x21, 0x01};
	CK_TOKEN_INFO info;
	unsigned before;

	(void)state;
	again();
	assert_int_equal(transport_card_other(CS_VIEW_OF(oath)) & 0xF000, 0x9000 & 0xF000);
	assert_int_equal(C_GetTokenInfo(0, &info), CKR_OK);
	assert_memory_equal(info.serialNumber, "00C0FFEE        ", 16);
	assert_true(info.firmwareVersion.major > 0);
	before = transport_card_commands();
	assert_int_equal(C_GetTokenInfo(0, &info), CKR_OK);
	assert_int_equal(transport_card_commands() - before, 2); /* the tries of PIN and PUK */
}

static void data_objects_are_asked_for_only_if_they_are_meant(void **state)
{
	CK_ULONG n = 0;

	(void)state;
	(void)list_all(CKO_DATA, &n);
	assert_int_equal(n, 0);
	assert_true(count(CKO_DATA, 0) >= 2); /* CHUID, CCC */
}

/* ---- seen before ---- */

/* The one file: its path, and what is in it. */
static size_t the_file(char path[512], uint8_t content[64])
{
	char directory[256];
	const struct dirent *entry;
	DIR *dir;
	ssize_t n;
	int fd;

	(void)snprintf(directory, sizeof(directory), "%s/countersign", p11_cache());
	dir = opendir(directory);
	assert_non_null(dir);
	do
		entry = readdir(dir);
	while (entry != NULL && strncmp(entry->d_name, "card-", 5) != 0);
	assert_non_null(entry);
	(void)snprintf(path, 512, "%s/%s", directory, entry->d_name);
	(void)closedir(dir);
	fd = open(path, O_RDWR);
	n = read(fd, content, 64);
	assert_true(n > 0);
	(void)close(fd);
	return (size_t)n;
}

static void a_card_that_was_seen_before_is_listed_in_three_commands(void **state)
{
	CK_ULONG n = 0;

	(void)state;
	assert_true(p11_cache_make());
	make_keys(1, 24);
	write_history(20);
	assert_int_equal(list_all(CKO_CERTIFICATE, &n), 2 + 24);
	assert_in_range(list_all(CKO_CERTIFICATE, &n), 2, 3);
	assert_int_equal(n, 24);
	assert_int_equal(count(CKO_PUBLIC_KEY, 0), 24);
	assert_int_equal(p11_login(session, CKU_USER, P11_PIV_PIN), CKR_OK);
	assert_int_equal(p11_sign_by(session, 20), CKR_OK);
	assert_int_equal(p11_sign_by(session, 1), CKR_OK);
}

static void what_was_added_since_is_seen_and_what_went_turns_out_not_to_be_there(void **state)
{
	static const uint8_t empty[] = {0x00, 0xDB, 0x3F, 0xFF, 0x07, 0x5C,
					0x03, 0x5F, 0xC1, 0x05, 0x53, 0x00};
	CK_BYTE der[512];
	CK_ATTRIBUTE value = {CKA_VALUE, der, sizeof(der)};
	CK_OBJECT_HANDLE certificate;
	CK_ULONG n = 0;

	(void)state;
	assert_true(p11_cache_make());
	make_keys(1, 2);
	(void)list_all(CKO_CERTIFICATE, &n);
	again();
	assert_int_equal(p11_login(session, CKU_SO, P11_MANAGEMENT_KEY), CKR_OK);
	make_keys(3, 3);
	assert_int_equal(transport_card_other(CS_VIEW_OF(empty)), 0x9000);
	assert_int_equal(p11_find(session, CKO_CERTIFICATE, 1, &n, &certificate), CKR_OK);
	assert_int_equal(n, 1);
	assert_int_not_equal(C_GetAttributeValue(session, certificate, &value, 1), CKR_OK);
	assert_int_equal(count(CKO_CERTIFICATE, 1), 0);
	assert_int_equal(count(CKO_CERTIFICATE, 0), 2);
	(void)list_all(CKO_CERTIFICATE, &n);
	assert_int_equal(n, 2);
}

/* Each byte in turn is spoilt: at worst an object shows that is not there. */
static void a_file_that_was_written_to_does_no_more_than_show_what_is_not_there(void **state)
{
	uint8_t content[64];
	char path[512];
	CK_ULONG n = 0;
	size_t len;

	(void)state;
	assert_true(p11_cache_make());
	make_keys(1, 2);
	(void)list_all(CKO_CERTIFICATE, &n);
	again();
	len = the_file(path, content);
	for (size_t i = 0; i < len; i++) {
		uint8_t spoilt[64];
		int fd = open(path, O_WRONLY | O_TRUNC);

		memcpy(spoilt, content, len);
		spoilt[i] ^= 0xFF;
		assert_int_equal(write(fd, spoilt, len), (ssize_t)len);
		(void)close(fd);
		again();
		assert_true(count(CKO_CERTIFICATE, 0) >= 2);
		assert_int_equal(p11_login(session, CKU_USER, P11_PIV_PIN), CKR_OK);
		assert_int_equal(p11_sign_by(session, 1), CKR_OK);
	}
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	begin();
}

static CK_BBOOL destroyable(CK_OBJECT_HANDLE key)
{
	CK_BBOOL value = 2;
	CK_ATTRIBUTE a = {CKA_DESTROYABLE, &value, 1};

	assert_int_equal(C_GetAttributeValue(session, key, &a, 1), CKR_OK);
	return value;
}

static void the_administrator_deletes_a_pair_by_the_half_that_he_sees(void **state)
{
	CK_OBJECT_HANDLE private, public = 0, pinless;
	CK_ULONG n = 0;

	(void)state;
	assert_int_equal(p11_generate(session, 1, &private), CKR_OK);
	assert_int_equal(C_DestroyObject(session, private), CKR_OBJECT_HANDLE_INVALID);
	assert_int_equal(p11_find(session, CKO_PUBLIC_KEY, 1, &n, &public), CKR_OK);
	assert_int_equal(destroyable(public), CK_TRUE);
	assert_int_equal(C_DestroyObject(session, public), CKR_OK);
	assert_int_equal(count(CKO_PUBLIC_KEY, 0), 0);
	/* 9E: no PIN is wanted, so it is seen. */
	assert_int_equal(p11_generate(session, 4, &pinless), CKR_OK);
	assert_int_equal(C_DestroyObject(session, pinless), CKR_OK);
	assert_int_equal(p11_generate(session, 1, &private), CKR_OK);
	again();
	assert_int_equal(p11_login(session, CKU_USER, P11_PIV_PIN), CKR_OK);
	assert_int_equal(count(CKO_PRIVATE_KEY, 1), 1);
	assert_int_equal(p11_find(session, CKO_PUBLIC_KEY, 1, &n, &public), CKR_OK);
	assert_int_equal(p11_find(session, CKO_PRIVATE_KEY, 1, &n, &private), CKR_OK);
	assert_int_equal(destroyable(private), CK_TRUE);
	assert_int_equal(destroyable(public), CK_FALSE);
	assert_int_equal(C_DestroyObject(session, private), CKR_USER_NOT_LOGGED_IN);
	assert_int_equal(p11_sign_by(session, 1), CKR_OK);
}

/* Nor does it to the next program, which has read the certificate. */
static void a_certificate_whose_key_was_deleted_stands_for_none(void **state)
{
	CK_BYTE subject[64];
	CK_ATTRIBUTE a = {CKA_SUBJECT, subject, sizeof(subject)};
	CK_OBJECT_HANDLE object;
	unsigned before;
	CK_ULONG n;

	(void)state;
	assert_true(p11_cache_make());
	make_keys(1, 2);
	(void)list_all(CKO_CERTIFICATE, &n);
	assert_int_equal(p11_login(session, CKU_SO, P11_MANAGEMENT_KEY), CKR_OK);
	assert_int_equal(p11_find(session, CKO_PUBLIC_KEY, 1, &n, &object), CKR_OK);
	assert_int_equal(C_DestroyObject(session, object), CKR_OK);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(p11_find(session, CKO_CERTIFICATE, 1, &n, &object), CKR_OK);
		assert_int_equal(n, 1);
		assert_int_equal(C_GetAttributeValue(session, object, &a, 1), CKR_OK);
		before = transport_card_commands();
		assert_int_equal(count(CKO_PUBLIC_KEY, 1), 0);
		assert_true(transport_card_commands() - before <= 1);
		assert_int_equal(count(CKO_PUBLIC_KEY, 2), 1);
		assert_int_equal(count(CKO_PUBLIC_KEY, 0), 1);
		again();
	}
	/* A new key beside it is seen. */
	assert_int_equal(p11_login(session, CKU_SO, P11_MANAGEMENT_KEY), CKR_OK);
	make_keys(1, 1);
	again();
	assert_int_equal(count(CKO_PUBLIC_KEY, 0), 2);
}

static void a_card_that_deletes_no_keys_says_so(void **state)
{
	CK_OBJECT_HANDLE public;
	CK_ULONG n = 0;

	(void)state;
	(void)make_key(1);
	for (int round = 0; round < 2; round++) {
		old = true;
		lies = round == 1;
		again();
		assert_int_equal(p11_login(session, CKU_SO, P11_MANAGEMENT_KEY), CKR_OK);
		assert_int_equal(p11_find(session, CKO_PUBLIC_KEY, 1, &n, &public), CKR_OK);
		assert_int_equal(destroyable(public), lies ? CK_TRUE : CK_FALSE);
		assert_int_equal(C_DestroyObject(session, public), CKR_ACTION_PROHIBITED);
		assert_int_equal(count(CKO_PUBLIC_KEY, 1), 1);
	}
}

static void a_key_that_was_brought_and_is_not_there_is_not_said_to_be(void **state)
{
	CK_OBJECT_HANDLE key;

	(void)state;
	forgets = true;
	assert_int_equal(p11_bring(session, 2, &key), CKR_DEVICE_ERROR);
	forgets = false;
	again();
	assert_int_equal(count(CKO_PUBLIC_KEY, 2), 0);
}

static void only_the_administrator_writes(void **state)
{
	CK_OBJECT_HANDLE key;

	(void)state;
	again();
	assert_int_equal(p11_login(session, CKU_USER, P11_PIV_PIN), CKR_OK);
	assert_int_equal(p11_generate(session, 1, &key), CKR_USER_NOT_LOGGED_IN);
}

static CK_RV make_rsa(CK_ULONG bits)
{
	CK_MECHANISM m = {CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0};
	CK_ATTRIBUTE public = {CKA_MODULUS_BITS, &bits, sizeof(bits)};
	CK_OBJECT_HANDLE keys[2];

	return C_GenerateKeyPair(session, &m, &public, 1, NULL, 0, &keys[0], &keys[1]);
}

/* SP 800-73's AC: what is not in it is not shown, and not tried. */
static void a_card_s_list_of_algorithms_is_believed(void **state)
{
	CK_MECHANISM_INFO info;
	unsigned commands;

	(void)state;
	assert_int_equal(C_GetMechanismInfo(0, CKM_RSA_PKCS, &info), CKR_OK);
	assert_int_equal(info.ulMaxKeySize, 4096);
	assert_int_equal(make_rsa(3072), CKR_OK);
	small = true;
	again();
	assert_int_equal(p11_login(session, CKU_SO, P11_MANAGEMENT_KEY), CKR_OK);
	assert_int_equal(C_GetMechanismInfo(0, CKM_RSA_PKCS, &info), CKR_OK);
	assert_int_equal(info.ulMaxKeySize, 2048);
	assert_int_equal(C_GetMechanismInfo(0, CKM_ECDSA, &info), CKR_OK);
	commands = transport_card_commands();
	assert_int_equal(make_rsa(3072), CKR_KEY_SIZE_RANGE);
	assert_int_equal(make_rsa(4096), CKR_KEY_SIZE_RANGE);
	assert_int_equal(transport_card_commands(), commands);
	assert_int_equal(make_rsa(2048), CKR_OK);
}

/* ---- another program uses the card ---- */

/* Of the key that the handle was given for, nothing was known but its certificate. */
static void a_key_that_came_in_the_place_of_a_certified_one_does_not_sign_by_its_handle(void **state)
{
	static const uint8_t generate[] = {0x00, 0x47, 0x00,	    PIV_SLOT_AUTHENTICATION, 0x05, 0xAC, 0x03,
					   0x80, 0x01, PIV_ALG_P256};
	CK_BYTE signature[64];
	CK_OBJECT_HANDLE key, now;
	CK_ULONG n = 0;

	(void)state;
	make_keys(1, 1);
	for (int anew = 0; anew < 2; anew++) {
		again();
		assert_int_equal(p11_login(session, CKU_USER, P11_PIV_PIN), CKR_OK);
		assert_int_equal(p11_find(session, CKO_PRIVATE_KEY, 1, &n, &key), CKR_OK);
		assert_int_equal(n, 1);
		assert_int_equal(C_Logout(session), CKR_OK);
		assert_int_equal(p11_login(session, CKU_SO, P11_MANAGEMENT_KEY), CKR_OK);
		if (anew != 0)
			assert_int_equal(transport_card_other(CS_VIEW_OF(generate)), 0x9000);
		assert_int_equal(C_Logout(session), CKR_OK);
		assert_int_equal(p11_login(session, CKU_USER, P11_PIV_PIN), CKR_OK);
		transport_card_other_resets();
		assert_int_equal(p11_sign(session, key, signature),
				 anew != 0 ? CKR_KEY_HANDLE_INVALID : CKR_OK);
	}
	assert_int_equal(p11_find(session, CKO_PRIVATE_KEY, 1, &n, &now), CKR_OK);
	assert_int_not_equal(now, key);
	assert_int_equal(p11_sign(session, now, signature), CKR_OK);
	assert_int_equal(p11_sign(session, key, signature), CKR_KEY_HANDLE_INVALID);
}

static void a_refusal_after_another_program_s_use_is_not_waited_for_twice(void **state)
{
	CK_BYTE signature[64];
	CK_OBJECT_HANDLE key;
	CK_ULONG n = 0;
	unsigned before;

	(void)state;
	make_keys(4, 4); /* 9E, which wants no PIN */
	again();
	assert_int_equal(p11_login(session, CKU_USER, P11_PIV_PIN), CKR_OK);
	assert_int_equal(p11_find(session, CKO_PRIVATE_KEY, 4, &n, &key), CKR_OK);
	assert_int_equal(p11_sign(session, key, signature), CKR_OK);
	transport_card_other_resets();
	untouched = true;
	touches = 0;
	before = transport_card_commands();
	assert_int_not_equal(p11_sign(session, key, signature), CKR_OK);
	assert_int_equal(touches, 1);
	/* SELECT, GET METADATA, GENERAL AUTHENTICATE. */
	assert_int_equal(transport_card_commands() - before, 3);
	untouched = false;
	assert_int_equal(p11_sign(session, key, signature), CKR_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(four_certificates_are_listed_in_six_commands),
	    TEST(with_a_key_history_24_are_listed_in_26_commands),
	    TEST(without_a_key_history_retired_keys_come_with_the_login),
	    TEST(a_key_is_asked_about_before_its_first_use_and_then_one_command_signs),
	    TEST(a_key_without_a_certificate_is_found_by_its_metadata),
	    TEST(a_public_key_is_the_keys_not_the_certificates),
	    TEST(a_card_with_nothing_but_the_standard_works_by_its_certificates),
	    TEST(a_command_that_the_card_does_not_have_is_not_tried_again),
	    TEST(a_class_that_the_card_has_nothing_of_takes_no_command),
	    TEST(what_names_the_card_is_asked_for_once_and_of_the_right_application),
	    TEST(data_objects_are_asked_for_only_if_they_are_meant),
	    TEST(a_card_that_was_seen_before_is_listed_in_three_commands),
	    TEST(what_was_added_since_is_seen_and_what_went_turns_out_not_to_be_there),
	    TEST(a_file_that_was_written_to_does_no_more_than_show_what_is_not_there),
	    TEST(the_administrator_deletes_a_pair_by_the_half_that_he_sees),
	    TEST(a_certificate_whose_key_was_deleted_stands_for_none),
	    TEST(a_card_that_deletes_no_keys_says_so),
	    TEST(a_key_that_was_brought_and_is_not_there_is_not_said_to_be),
	    TEST(a_key_that_came_in_the_place_of_a_certified_one_does_not_sign_by_its_handle),
	    TEST(a_refusal_after_another_program_s_use_is_not_waited_for_twice),
	    TEST(only_the_administrator_writes),
	    TEST(a_card_s_list_of_algorithms_is_believed),
	};

	return cmocka_run_group_tests_name("pkcs11_foreign", tests, NULL, NULL);
}
