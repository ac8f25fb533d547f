/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the module knows of a card, and how many commands and bytes it takes to know it: INVENTORY, what other
 * programs change, what is read only when it is asked for.
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
#include "pkcs11/token.h"
#include "tests/lib/p11_token.h"
#include "tests/lib/transport_card.h"

static CK_SESSION_HANDLE session;
static size_t inventory_len;  /* of the last answer, with its status word */
static size_t inventory_cut;  /* bytes that are left out of it at its end */
static uint8_t inventory_alg; /* what it says that the key of 9A is of; 0: what is so */

/* What a card tells that another program, or a malicious maker, gave another key. */
static void tell_another_algorithm(struct cs_writer *response)
{
	static const uint8_t what[] = {CSGN_ENTRY_WHAT, 5, 0x9A};

	for (size_t i = 0; i + sizeof(what) < response->len; i++) {
		if (memcmp(response->buf + i, what, sizeof(what)) == 0)
			response->buf[i + sizeof(what)] = inventory_alg;
	}
}

static enum cs_err watched_transmit(void *link, struct cs_view command, struct cs_writer *response)
{
	enum cs_err err = transport_card.transmit(link, command, response);

	if (command.ptr[0] != CSGN_CLA || command.ptr[1] != CSGN_INS_INVENTORY)
		return err;
	inventory_len = response->len;
	if (inventory_alg != 0)
		tell_another_algorithm(response);
	if (inventory_cut > 0) {
		cs_writer_cut(response, response->len - 2 - inventory_cut);
		cs_write_u16(response, 0x9000);
	}
	return err;
}

static int setup(void **state)
{
	static struct cc_backend backend;

	(void)state;
	backend = transport_card;
	backend.transmit = watched_transmit;
	inventory_cut = 0;
	inventory_alg = 0;
	/* What another run of it read is not there. */
	if (setenv("XDG_CACHE_HOME", "/dev/null/none", 1) != 0)
		return -1;
	return p11_token_make(&backend, &session) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	p11_token_free();
	return 0;
}

/* The module's life ends and begins anew, on the card as it is. */
static void again(void)
{
	static struct cc_backend backend;

	backend = transport_card;
	backend.transmit = watched_transmit;
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	assert_int_equal(p11_begin(&backend, &session), CKR_OK);
}

static CK_ULONG count(CK_OBJECT_CLASS class)
{
	CK_ULONG n = 0;
	CK_OBJECT_HANDLE first;

	assert_int_equal(p11_find(session, class, 0, &n, &first), CKR_OK);
	return n;
}

static const struct token *token(void)
{
	return slot_by_id(0)->token;
}

/* ---- the other program ---- */

static void other(struct cs_view command)
{
	assert_int_equal(transport_card_other(command), 0x9000);
}

#define OTHER(...) other(CS_VIEW_OF(((const uint8_t[]){__VA_ARGS__})))

static void other_logs_in(void)
{
	OTHER(0x00, 0xA4, 0x04, 0x00, 0x05, 0xA0, 0x00, 0x00, 0x03, 0x08);
	OTHER(0x00, 0x20, 0x00, 0x80, 0x08, '4', '8', '2', '9', '1', '3', 0xFF, 0xFF);
}

static void other_writes_data(uint8_t number)
{
	OTHER(0x00, 0xDB, 0x3F, 0xFF, 0x0C, 0x5C, 0x03, 0x5F, 0xFF, number, 0x53, 0x05, 0x80, 0x03, 'a', 'b',
	      'c');
}

/* A certificate that parses, of 9A, with this serial number. */
static void other_writes_certificate(uint8_t serial)
{
	OTHER(0x00, 0xDB, 0x3F, 0xFF, 0x1D, 0x5C, 0x03, 0x5F, 0xC1, 0x05, 0x53, 0x16, 0x70, 0x11, 0x30, 0x0F,
	      0x30, 0x0D, 0x02, 0x01, serial, 0x30, 0x00, 0x30, 0x00, 0x30, 0x00, 0x30, 0x00, 0x30, 0x00,
	      0x71, 0x01, 0x00);
}

/* ---- tests ---- */

static void a_change_by_another_program_is_seen_when_the_token_is_looked_at_again(void **state)
{
	CK_ULONG before = count(CKO_DATA);
	CK_TOKEN_INFO info;

	(void)state;
	other_logs_in();
	other_writes_data(0x37);
	assert_int_equal(C_GetTokenInfo(0, &info), CKR_OK);
	assert_int_equal(count(CKO_DATA), before + 1);
	other_writes_data(0x4F);
	assert_int_equal(C_CloseAllSessions(0), CKR_OK);
	assert_int_equal(p11_open(&session), CKR_OK);
	assert_int_equal(count(CKO_DATA), before + 2);
	other_logs_in();
	other_writes_data(0x38);
	transport_card_other_resets();
	assert_int_equal(p11_login(session, CKU_USER, P11_USER_PIN), CKR_OK);
	assert_int_equal(count(CKO_DATA), before + 3);
}

static void where_nothing_changed_the_card_says_so_in_few_bytes(void **state)
{
	CK_TOKEN_INFO info;
	unsigned before;

	(void)state;
	again();
	assert_true(inventory_len > 200);
	before = transport_card_commands();
	assert_int_equal(C_GetTokenInfo(0, &info), CKR_OK);
	assert_int_equal(transport_card_commands() - before, 1);
	assert_int_equal(inventory_len, 32 + 2);
}

static void our_own_changes_are_known_without_asking(void **state)
{
	CK_OBJECT_HANDLE key;
	unsigned before;

	(void)state;
	before = transport_card_commands();
	assert_int_equal(p11_generate(session, 3, &key), CKR_OK);
	assert_int_equal(count(CKO_PRIVATE_KEY), 3);
	assert_int_equal(count(CKO_PUBLIC_KEY), 3);
	assert_int_equal(transport_card_commands() - before, 2); /* INVENTORY before it */
	assert_int_equal(C_DestroyObject(session, key), CKR_OK);
	assert_int_equal(count(CKO_PRIVATE_KEY), 2);
	assert_int_equal(transport_card_commands() - before, 4);
}

static CK_RV certificate_serial(CK_BYTE *serial)
{
	CK_BYTE der[8] = {0};
	CK_ATTRIBUTE a = {CKA_SERIAL_NUMBER, der, sizeof(der)};
	CK_OBJECT_HANDLE certificate;
	CK_ULONG n = 0;
	CK_RV rv = p11_find(session, CKO_CERTIFICATE, 1, &n, &certificate);

	assert_int_equal(rv, CKR_OK);
	assert_int_equal(n, 1);
	rv = C_GetAttributeValue(session, certificate, &a, 1);
	*serial = der[2];
	return rv;
}

static void a_certificate_is_read_when_someone_asks_what_is_in_it_and_once(void **state)
{
	CK_BYTE serial = 0;
	unsigned before;

	(void)state;
	other_logs_in();
	other_writes_certificate(7);
	again();
	before = transport_card_commands();
	assert_int_equal(count(CKO_CERTIFICATE), 1);
	assert_int_equal(transport_card_commands(), before);
	assert_int_equal(certificate_serial(&serial), CKR_OK);
	assert_int_equal(serial, 7);
	assert_int_equal(transport_card_commands() - before, 1);
	assert_int_equal(certificate_serial(&serial), CKR_OK);
	assert_int_equal(transport_card_commands() - before, 1);
}

/* It is the certificate that the card has, and the rest of what changed comes with the next search. */
static void a_certificate_that_changed_since_is_noticed_by_its_digest(void **state)
{
	CK_ULONG before;
	CK_BYTE serial = 0;

	(void)state;
	other_logs_in();
	other_writes_certificate(7);
	again();
	before = count(CKO_DATA);
	other_logs_in();
	other_writes_certificate(8);
	other_writes_data(0x31);
	assert_int_equal(certificate_serial(&serial), CKR_OK);
	assert_int_equal(serial, 8);
	assert_int_equal(count(CKO_DATA), before + 1);
	assert_int_equal(certificate_serial(&serial), CKR_OK);
	assert_int_equal(serial, 8);
}

static void a_certificate_stays_read_while_its_digest_is_the_same(void **state)
{
	CK_TOKEN_INFO info;
	CK_BYTE serial = 0;
	unsigned before;

	(void)state;
	other_logs_in();
	other_writes_certificate(7);
	again();
	assert_int_equal(certificate_serial(&serial), CKR_OK);
	other_logs_in();
	other_writes_data(0x31);
	before = transport_card_commands();
	assert_int_equal(C_GetTokenInfo(0, &info), CKR_OK);
	assert_int_equal(certificate_serial(&serial), CKR_OK);
	assert_int_equal(serial, 7);
	assert_int_equal(transport_card_commands() - before, 1);
}

static CK_RV create_data(CK_BYTE value)
{
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE template[] = {
	    {CKA_CLASS, &class, sizeof(class)}, {CKA_TOKEN, &yes, 1}, {CKA_VALUE, &value, 1}};
	CK_OBJECT_HANDLE object;

	return C_CreateObject(session, template, 3, &object);
}

static void there_is_room_for_32_data_objects(void **state)
{
	CK_ULONG before = count(CKO_DATA);

	(void)state;
	for (CK_BYTE i = 0; i < DATASTORE_OWN; i++)
		assert_int_equal(create_data(i), CKR_OK);
	assert_int_equal(create_data(99), CKR_DEVICE_MEMORY);
	again();
	assert_int_equal(count(CKO_DATA), before + DATASTORE_OWN);
}

static void attributes_of_keys_certificates_and_data_are_known(void **state)
{
	struct cc_attributes key, certificate, data;

	(void)state;
	other_logs_in();
	other_writes_certificate(7);
	other_writes_data(0x30);
	OTHER(0x80, 0x11, 0x00, 0x00, 0x0A, 0x92, 0x01, 0x9A, 0xA1, 0x05, 0x80, 0x03, 'k', 'e', 'y');
	OTHER(0x80, 0x11, 0x00, 0x00, 0x0B, 0x92, 0x03, 0x5F, 0xC1, 0x05, 0xA1, 0x04, 0x81, 0x02, 0x11, 0x22);
	OTHER(0x80, 0x11, 0x00, 0x00, 0x0B, 0x92, 0x03, 0x5F, 0xFF, 0x30, 0xA1, 0x04, 0x82, 0x02, 0x00, 0x02);
	again();
	key = card_attributes_view(&token()->keys.slots[0].attributes);
	certificate = card_attributes_view(&token()->keys.slots[0].certificate_attributes);
	data = card_attributes_view(&token()->data.slots[DATASTORE_PIV].attributes);
	assert_true(cs_view_equal(key.label, CS_VIEW_TEXT("key")));
	assert_int_equal(certificate.id.len, 2);
	assert_int_equal(data.flags, CSGN_FLAG_NOT_MODIFIABLE);
	assert_int_equal(token()->keys.slots[1].attributes.label_len, 0);
}

/* A private data object: its contents and attributes come to light with the PIN. */
static void what_wants_the_pin_is_told_of_after_it(void **state)
{
	CK_ULONG before = count(CKO_DATA), hidden;
	const struct data_slot *slot;

	(void)state;
	other_logs_in();
	other_writes_data(0x30);
	OTHER(0x80, 0x11, 0x00, 0x00, 0x10, 0x92, 0x03, 0x5F, 0xFF, 0x30, 0xA1, 0x09, 0x80, 0x03, 'l', 'a',
	      'b', 0x82, 0x02, 0x00, 0x01);
	transport_card_other_resets();
	again();
	slot = &token()->data.slots[DATASTORE_PIV];
	hidden = count(CKO_DATA);
	assert_int_equal(slot->attributes.label_len, 0);
	assert_true(slot->there && slot->private);
	assert_int_equal(p11_login(session, CKU_USER, P11_USER_PIN), CKR_OK);
	assert_int_equal(count(CKO_DATA), before + 1);
	assert_int_equal(hidden, before);
	assert_int_equal(slot->attributes.label_len, 3);
}

static void secret_keys_and_credentials_are_known(void **state)
{
	static const uint8_t oath[] = {0x00, 0xA4, 0x04, 0x00, 0x07, 0xA0,
				       0x00, 0x00, 0x05, 0x27, 0x21, 0x01};
	const struct secret *secret;

	(void)state;
	other_logs_in();
	OTHER(0x80, 0x12, 0x08, 0x05, 0x0B, 0x93, 0x02, 0x00, 0x03, 0xA1, 0x05, 0x80, 0x03, 'a', 'e', 's');
	assert_int_equal(transport_card_other(CS_VIEW_OF(oath)) & 0xF000, 0x9000 & 0xF000);
	OTHER(0x00, 0x01, 0x00, 0x00, 0x1B, 0x71, 0x01, 'x', 0x73, 0x16, 0x21, 0x06, 1, 2, 3, 4, 5, 6, 7, 8,
	      9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20);
	again();
	secret = &token()->secrets.slots[4];
	assert_true(secret->there);
	assert_int_equal(secret->algorithm, CSGN_SECRET_AES128);
	assert_int_equal(secret->usage, CSGN_USAGE_ENCRYPT | CSGN_USAGE_DECRYPT);
	assert_int_equal(secret->length, 16);
	assert_int_equal(secret->attributes.label_len, 3);
	assert_false(token()->secrets.slots[0].there);
	assert_int_equal(token()->otps.count, 1);
	assert_int_equal(token()->otps.slots[0].type_hash, 0x21);
	assert_int_equal(token()->otps.slots[0].digits, 6);
	assert_int_equal(token()->otps.slots[0].name_len, 1);
}

static void an_inventory_that_is_cut_off_changes_nothing(void **state)
{
	CK_TOKEN_INFO info;
	unsigned refused = 0;

	(void)state;
	other_logs_in();
	other_writes_data(0x31);
	again();
	other_logs_in();
	other_writes_data(0x32);
	/* Cut between two elements it is whole, though shorter: those lengths are left out. */
	for (size_t cut = 1; cut < 40; cut++) {
		inventory_cut = cut;
		if (C_GetTokenInfo(0, &info) == CKR_OK)
			break;
		assert_true(token()->keys.slots[0].has_key && token()->keys.slots[1].has_key);
		assert_true(token()->data.slots[DATASTORE_PIV + 1].there);
		assert_false(token()->data.slots[DATASTORE_PIV + 2].there);
		refused++;
	}
	assert_true(refused > 20);
	inventory_cut = 0;
	assert_int_equal(C_GetTokenInfo(0, &info), CKR_OK);
	assert_true(token()->data.slots[DATASTORE_PIV + 2].there);
}

static void set_otp(struct otps *otps, const char *name, size_t index)
{
	struct otp otp = {.digits = 6, .name_len = strlen(name)};
	size_t place = 99;

	memcpy(otp.name, name, otp.name_len);
	assert_int_equal(otps_set(otps, &otp, &place), CS_OK);
	assert_int_equal(place, index);
}

static void a_credential_keeps_its_index(void **state)
{
	struct otps now = {.count = 0}, fresh = {.count = 0};

	(void)state;
	set_otp(&now, "a", 0);
	set_otp(&now, "b", 1);
	set_otp(&now, "c", 2);
	set_otp(&fresh, "c", 0);
	set_otp(&fresh, "d", 1);
	set_otp(&fresh, "a", 2);
	assert_int_equal(otps_replace(&now, &fresh), CS_OK);
	assert_int_equal(otps_find(&now, CS_VIEW_TEXT("a")), 0);
	assert_int_equal(otps_find(&now, CS_VIEW_TEXT("b")), now.count);
	assert_int_equal(otps_find(&now, CS_VIEW_TEXT("c")), 2);
	assert_int_equal(otps_find(&now, CS_VIEW_TEXT("d")), 3);
	otps_drop(&now, 0);
	assert_int_equal(otps_find(&now, CS_VIEW_TEXT("a")), now.count);
	set_otp(&now, "a", 0);
	otps_free(&now);
}

/* Each of the two lists of one credential of this name; 0: without a number. */
static bool seed_stays(uint8_t unique, uint8_t fresh_unique)
{
	struct otp old = {.name = "a", .name_len = 1, .has_unique = unique != 0, .unique = {unique}};
	struct otp made = {
	    .name = "a", .name_len = 1, .has_unique = fresh_unique != 0, .unique = {fresh_unique}};
	struct otps now = {.count = 0}, fresh = {.count = 0};
	size_t place = 0;
	bool stays;

	old.sealed = malloc(4);
	assert_non_null(old.sealed);
	memset(old.sealed, 7, 4);
	old.sealed_len = 4;
	assert_int_equal(otps_set(&now, &old, &place), CS_OK);
	assert_int_equal(otps_set(&fresh, &made, &place), CS_OK);
	assert_int_equal(otps_replace(&now, &fresh), CS_OK);
	stays = now.slots[0].sealed != NULL;
	assert_int_equal(now.slots[0].sealed_len, stays ? 4 : 0);
	otps_free(&now);
	return stays;
}

static void a_sealed_seed_goes_with_its_credential(void **state)
{
	(void)state;
	assert_true(seed_stays(1, 1));
	assert_true(seed_stays(0, 1)); /* the number was not told when it was made */
	assert_true(seed_stays(1, 0));
	assert_false(seed_stays(1, 2));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void an_operation_ends_where_its_key_is_one_of_another_kind(void **state)
{
	static const uint8_t algs[] = {PIV_ALG_MLDSA87, PIV_ALG_ED25519, PIV_ALG_RSA4096};
	CK_BYTE digest[32] = {1}, signature[8192];
	CK_MECHANISM m = {CKM_ECDSA, NULL, 0};
	CK_OBJECT_HANDLE key;
	CK_TOKEN_INFO info;
	CK_ULONG n, len;

	(void)state;
	assert_int_equal(p11_find(session, CKO_PRIVATE_KEY, P11_KEY_ONCE, &n, &key), CKR_OK);
	assert_int_equal(n, 1);
	for (uint8_t i = 0; i < sizeof(algs); i++) {
		inventory_alg = 0;
		other_logs_in();
		other_writes_data((uint8_t)(0x40 + 2 * i));
		assert_int_equal(C_GetTokenInfo(0, &info), CKR_OK);
		assert_int_equal(C_SignInit(session, &m, key), CKR_OK);
		inventory_alg = algs[i];
		other_writes_data((uint8_t)(0x41 + 2 * i));
		assert_int_equal(C_GetTokenInfo(0, &info), CKR_OK);
		len = sizeof(signature);
		assert_int_equal(C_Sign(session, digest, sizeof(digest), signature, &len),
				 CKR_KEY_HANDLE_INVALID);
		assert_int_equal(C_Sign(session, digest, sizeof(digest), signature, &len),
				 CKR_OPERATION_NOT_INITIALIZED);
	}
}

static void an_operation_does_not_go_over_to_the_key_that_took_the_place(void **state)
{
	CK_BYTE ed25519[] = {0x06, 0x03, 0x2B, 0x65, 0x70}, id = P11_KEY_ONCE, digest[32] = {1};
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE public[] = {{CKA_EC_PARAMS, ed25519, sizeof(ed25519)}, {CKA_TOKEN, &yes, 1}};
	CK_ATTRIBUTE private[] = {{CKA_TOKEN, &yes, 1}, {CKA_ID, &id, 1}};
	CK_MECHANISM m = {CKM_ECDSA, NULL, 0}, generate = {CKM_EC_EDWARDS_KEY_PAIR_GEN, NULL, 0};
	CK_OBJECT_HANDLE key, other_public, other_private;
	CK_ULONG n, len = 0;

	(void)state;
	assert_int_equal(p11_find(session, CKO_PRIVATE_KEY, id, &n, &key), CKR_OK);
	assert_int_equal(C_SignInit(session, &m, key), CKR_OK);
	assert_int_equal(C_DestroyObject(session, key), CKR_OK);
	assert_int_equal(
	    C_GenerateKeyPair(session, &generate, public, 2, private, 2, &other_public, &other_private),
	    CKR_OK);
	assert_int_equal(C_Sign(session, digest, sizeof(digest), NULL, &len), CKR_KEY_HANDLE_INVALID);
}

static void a_secret_key_of_an_unknown_algorithm_is_left_alone(void **state)
{
	static struct secrets secrets;
	struct cc_entry entry = {.kind = CSGN_TAG_SECRET, .id = 3, .algorithm = 0x77, .length = 16};

	(void)state;
	assert_int_equal(secrets_take(&secrets, &entry), CS_OK);
	assert_false(secrets.slots[secrets_index(3)].there);
	entry.algorithm = CSGN_SECRET_AES128;
	assert_int_equal(secrets_take(&secrets, &entry), CS_OK);
	assert_true(secrets.slots[secrets_index(3)].there);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(a_change_by_another_program_is_seen_when_the_token_is_looked_at_again),
	    TEST(where_nothing_changed_the_card_says_so_in_few_bytes),
	    TEST(our_own_changes_are_known_without_asking),
	    TEST(a_certificate_is_read_when_someone_asks_what_is_in_it_and_once),
	    TEST(a_certificate_that_changed_since_is_noticed_by_its_digest),
	    TEST(a_certificate_stays_read_while_its_digest_is_the_same),
	    TEST(there_is_room_for_32_data_objects),
	    TEST(attributes_of_keys_certificates_and_data_are_known),
	    TEST(what_wants_the_pin_is_told_of_after_it),
	    TEST(secret_keys_and_credentials_are_known),
	    TEST(an_inventory_that_is_cut_off_changes_nothing),
	    TEST(an_operation_ends_where_its_key_is_one_of_another_kind),
	    TEST(an_operation_does_not_go_over_to_the_key_that_took_the_place),
	    cmocka_unit_test(a_secret_key_of_an_unknown_algorithm_is_left_alone),
	    cmocka_unit_test(a_credential_keeps_its_index),
	    cmocka_unit_test(a_sealed_seed_goes_with_its_credential),
	};

	return cmocka_run_group_tests_name("pkcs11_learn", tests, NULL, NULL);
}
