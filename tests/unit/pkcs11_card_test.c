/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The module over a card core in the same process: what it shows, how many commands it takes, and what other
 * programs on the same card, resets and removals do to it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/x509.h>

#include "base/bytes.h"
#include "base/piv.h"
#include "pkcs11/pkcs11.h"
#include "pkcs11/slot.h"
#include "tests/lib/transport_card.h"

#define SO_PIN	 "82918273"
#define USER_PIN "482913"

static CK_SESSION_HANDLE session;

static CK_RV login(CK_USER_TYPE user, const char *pin)
{
	CK_UTF8CHAR bytes[64];

	memcpy(bytes, pin, strlen(pin));
	return C_Login(session, user, bytes, strlen(pin));
}

static void open_session(void)
{
	assert_int_equal(C_OpenSession(0, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session), CKR_OK);
}

static CK_RV make_key(CK_BYTE id, CK_OBJECT_HANDLE *private_key)
{
	CK_BYTE params[] = {0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07};
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE public_template[] = {{CKA_EC_PARAMS, params, sizeof(params)}, {CKA_TOKEN, &yes, 1}};
	CK_ATTRIBUTE private_template[] = {{CKA_TOKEN, &yes, 1}, {CKA_ID, &id, 1}};
	CK_MECHANISM mechanism = {CKM_EC_KEY_PAIR_GEN, NULL, 0};
	CK_OBJECT_HANDLE public_key;

	return C_GenerateKeyPair(session, &mechanism, public_template, 2, private_template, id == 0 ? 1 : 2,
				 &public_key, private_key);
}

/* A token with P-256 keys 1 (PIN once) and 2 (PIN always), logged in. */
static int setup(void **state)
{
	CK_UTF8CHAR label[32] = "Test", so[] = SO_PIN, user[] = USER_PIN;
	CK_OBJECT_HANDLE key;
	CK_ULONG n = 0;

	(void)state;
	memset(label + 4, ' ', sizeof(label) - 4);
	if (!transport_card_make(CSGN_PROFILE_COUNTERSIGN))
		return -1;
	slots_set_backend(&transport_card);
	if (C_Initialize(NULL) != CKR_OK || C_GetSlotList(CK_TRUE, NULL, &n) != CKR_OK || n != 1 ||
	    C_InitToken(0, so, 8, label) != CKR_OK)
		return -1;
	open_session();
	if (login(CKU_SO, SO_PIN) != CKR_OK || C_InitPIN(session, user, 6) != CKR_OK ||
	    C_Logout(session) != CKR_OK || login(CKU_USER, USER_PIN) != CKR_OK ||
	    make_key(1, &key) != CKR_OK || make_key(2, &key) != CKR_OK)
		return -1;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	(void)C_Finalize(NULL);
	slots_set_backend(NULL);
	transport_card_free();
	return 0;
}

static CK_ULONG find(CK_OBJECT_CLASS class, CK_BYTE id, CK_OBJECT_HANDLE *found)
{
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)}, {CKA_ID, &id, 1}};
	CK_ULONG n = 0;

	assert_int_equal(C_FindObjectsInit(session, template, id == 0 ? 1 : 2), CKR_OK);
	assert_int_equal(C_FindObjects(session, found, 8, &n), CKR_OK);
	assert_int_equal(C_FindObjectsFinal(session), CKR_OK);
	return n;
}

static CK_OBJECT_HANDLE private_key(CK_BYTE id)
{
	CK_OBJECT_HANDLE found[8];

	assert_int_equal(find(CKO_PRIVATE_KEY, id, found), 1);
	return found[0];
}

static CK_RV sign(CK_OBJECT_HANDLE key)
{
	CK_MECHANISM mechanism = {CKM_ECDSA_SHA256, NULL, 0};
	CK_BYTE data[] = "data", signature[64];
	CK_ULONG len = sizeof(signature);
	CK_RV rv = C_SignInit(session, &mechanism, key);

	return rv == CKR_OK ? C_Sign(session, data, sizeof(data), signature, &len) : rv;
}

static void a_signature_is_one_command(void **state)
{
	CK_OBJECT_HANDLE key = private_key(1);
	unsigned before = transport_card_commands();

	(void)state;
	assert_int_equal(sign(key), CKR_OK);
	assert_int_equal(transport_card_commands() - before, 1);
}

static void session_info_and_unknown_classes_take_no_command(void **state)
{
	CK_SESSION_INFO info;
	CK_OBJECT_HANDLE found[8];
	unsigned before = transport_card_commands();

	(void)state;
	assert_int_equal(C_GetSessionInfo(session, &info), CKR_OK);
	assert_int_equal(info.state, CKS_RW_USER_FUNCTIONS);
	assert_int_equal(find(0xCE534353UL, 0, found), 0); /* CKO_NSS_TRUST */
	assert_int_equal(find(CKO_CERTIFICATE, 99, found), 0);
	assert_int_equal(transport_card_commands(), before);
}

/* SELECT, INVENTORY. */
static void listing_a_token_takes_two_commands(void **state)
{
	CK_OBJECT_HANDLE found[8];
	CK_ULONG n = 0;
	unsigned before;

	(void)state;
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	before = transport_card_commands();
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	assert_int_equal(C_GetSlotList(CK_TRUE, NULL, &n), CKR_OK);
	open_session();
	assert_int_equal(find(CKO_PUBLIC_KEY, 0, found), 2);
	assert_int_equal(find(CKO_CERTIFICATE, 0, found), 0);
	assert_int_equal(find(CKO_DATA, 0, found), 4);
	assert_int_equal(transport_card_commands() - before, 2);
}

static void another_programs_select_is_mended_within_the_call(void **state)
{
	static const uint8_t select_oath[] = {0x00, 0xA4, 0x04, 0x00, 0x07, 0xA0,
					      0x00, 0x00, 0x05, 0x27, 0x21, 0x01};
	CK_OBJECT_HANDLE key = private_key(1);

	(void)state;
	assert_int_equal(transport_card_other(CS_VIEW_OF(select_oath)) & 0xF000, 0x9000 & 0xF000);
	assert_int_equal(sign(key), CKR_OK);
}

static void a_reset_by_another_program_is_mended_within_the_call(void **state)
{
	CK_OBJECT_HANDLE key = private_key(1);

	(void)state;
	transport_card_other_resets();
	assert_int_equal(sign(key), CKR_OK);
	transport_card_other_resets();
	assert_int_equal(sign(key), CKR_OK);
}

static void a_changed_pin_ends_the_login_at_the_cost_of_one_try(void **state)
{
	static const uint8_t select[] = {0x00, 0xA4, 0x04, 0x00, 0x05, 0xA0, 0x00, 0x00, 0x03, 0x08};
	static const uint8_t change[] = {0x00, 0x24, 0x00, 0x80, 0x10, '4', '8', '2', '9',  '1', '3',
					 0xFF, 0xFF, '7',  '3',	 '9',  '2', '5', '1', 0xFF, 0xFF};
	CK_OBJECT_HANDLE key = private_key(1);
	CK_SESSION_INFO info;
	CK_TOKEN_INFO token;

	(void)state;
	assert_int_equal(transport_card_other(CS_VIEW_OF(select)), 0x9000);
	assert_int_equal(transport_card_other(CS_VIEW_OF(change)), 0x9000);
	transport_card_other_resets();
	assert_int_equal(sign(key), CKR_USER_NOT_LOGGED_IN);
	assert_int_equal(C_GetSessionInfo(session, &info), CKR_OK);
	assert_int_equal(info.state, CKS_RW_PUBLIC_SESSION);
	assert_int_not_equal(sign(key), CKR_OK);
	assert_int_equal(C_GetTokenInfo(0, &token), CKR_OK);
	assert_true((token.flags & CKF_USER_PIN_COUNT_LOW) != 0 &&
		    (token.flags & CKF_USER_PIN_FINAL_TRY) == 0);
	assert_int_equal(login(CKU_USER, "739251"), CKR_OK);
	assert_int_equal(sign(key), CKR_OK);
}

static CK_RV set_pin(const char *from, const char *to)
{
	CK_UTF8CHAR old_pin[16], new_pin[16];

	memcpy(old_pin, from, strlen(from));
	memcpy(new_pin, to, strlen(to));
	return C_SetPIN(session, old_pin, strlen(from), new_pin, strlen(to));
}

static CK_FLAGS token_flags(void)
{
	CK_TOKEN_INFO token;

	assert_int_equal(C_GetTokenInfo(0, &token), CKR_OK);
	return token.flags;
}

static void select_ours(void)
{
	static const uint8_t select[] = {0x00, 0xA4, 0x04, 0x00, CSGN_AID_LEN, 0xF0,
					 0x43, 0x53, 0x49, 0x47, 0x4E,	       0x01};

	assert_int_equal(transport_card_other(CS_VIEW_OF(select)), 0x9000);
}

/* The PUK, which began as the SO PIN did, stays where it is, and its tries are no affair of CK_TOKEN_INFO. */
static void the_so_pin_is_changed_and_blocked_apart_from_the_puk(void **state)
{
	static const uint8_t unblock[] = {0x00, 0x2C, 0x00, 0x80, 0x10, '8', '2', '9', '1',  '8', '2',
					  '7',	'3',  '4',  '8',  '2',	'9', '1', '3', 0xFF, 0xFF};
	static const uint8_t wrong_puk[] = {0x00, 0x2C, 0x00, 0x80, 0x10, '8', '2', '9', '1',  '8', '2',
					    '7',  '4',	'4',  '8',  '2',  '9', '1', '3', 0xFF, 0xFF};

	(void)state;
	assert_int_equal(C_Logout(session), CKR_OK);
	assert_int_equal(login(CKU_SO, SO_PIN), CKR_OK);
	assert_int_equal(set_pin("00000007", "64019283"), CKR_PIN_INCORRECT);
	assert_int_equal(set_pin(SO_PIN, "64019283"), CKR_OK);
	assert_int_equal(C_Logout(session), CKR_OK);
	select_ours();
	assert_int_equal(transport_card_other(CS_VIEW_OF(wrong_puk)), 0x63C2);
	assert_int_equal(token_flags() & (CKF_SO_PIN_COUNT_LOW | CKF_SO_PIN_FINAL_TRY), 0);
	assert_int_equal(login(CKU_SO, SO_PIN), CKR_PIN_INCORRECT);
	assert_int_equal(token_flags() & (CKF_SO_PIN_COUNT_LOW | CKF_SO_PIN_FINAL_TRY), CKF_SO_PIN_COUNT_LOW);
	assert_int_equal(login(CKU_SO, SO_PIN), CKR_PIN_INCORRECT);
	assert_true(token_flags() & CKF_SO_PIN_FINAL_TRY);
	assert_int_equal(login(CKU_SO, "64019283"), CKR_OK);
	assert_int_equal(C_Logout(session), CKR_OK);
	assert_int_equal(token_flags() & CKF_SO_PIN_COUNT_LOW, 0);
	for (int i = 0; i < 3; i++)
		(void)login(CKU_SO, SO_PIN);
	assert_true(token_flags() & CKF_SO_PIN_LOCKED);
	assert_int_equal(login(CKU_SO, "64019283"), CKR_PIN_LOCKED);
	select_ours();
	assert_int_equal(transport_card_other(CS_VIEW_OF(unblock)), 0x9000);
	assert_int_equal(login(CKU_USER, USER_PIN), CKR_OK);
}

static void a_pin_that_must_be_changed_signs_nothing_until_it_is(void **state)
{
	static const uint8_t verify[] = {0x00, 0x20, 0x00, 0x83, 0x08, '8', '2',
					 '9',  '1',  '8',  '2',	 '7',  '3'};
	static const uint8_t init[] = {0x80, 0x03, 0x00, 0x00, 0x0B, 0x91, 0x06, '7',
				       '3',  '9',  '2',	 '5',  '1',  0xB3, 0x01, 0x01};
	CK_OBJECT_HANDLE key = private_key(1);

	(void)state;
	assert_int_equal(token_flags() & CKF_USER_PIN_TO_BE_CHANGED, 0);
	assert_int_equal(C_Logout(session), CKR_OK);
	select_ours();
	assert_int_equal(transport_card_other(CS_VIEW_OF(verify)), 0x9000);
	assert_int_equal(transport_card_other(CS_VIEW_OF(init)), 0x9000);
	assert_true(token_flags() & CKF_USER_PIN_TO_BE_CHANGED);
	assert_int_equal(login(CKU_USER, "739251"), CKR_OK);
	key = private_key(1);
	assert_int_equal(sign(key), CKR_PIN_EXPIRED);
	assert_int_equal(set_pin("739251", "739251"), CKR_PIN_INVALID);
	assert_int_equal(set_pin("739251", "604182"), CKR_OK);
	assert_int_equal(token_flags() & CKF_USER_PIN_TO_BE_CHANGED, 0);
	assert_int_equal(sign(key), CKR_OK);
}

static void a_card_is_an_event_when_it_comes_or_goes_but_not_when_it_was_there_before(void **state)
{
	CK_SLOT_ID slot = 9;

	(void)state;
	assert_int_equal(C_WaitForSlotEvent(CKF_DONT_BLOCK, &slot, NULL), CKR_NO_EVENT);
	transport_card_pull();
	assert_int_equal(C_WaitForSlotEvent(CKF_DONT_BLOCK, &slot, NULL), CKR_OK);
	assert_int_equal(slot, 0);
	assert_int_equal(C_WaitForSlotEvent(CKF_DONT_BLOCK, &slot, NULL), CKR_NO_EVENT);
	transport_card_insert();
	assert_int_equal(C_WaitForSlotEvent(CKF_DONT_BLOCK, &slot, NULL), CKR_OK);
	assert_int_equal(C_WaitForSlotEvent(CKF_DONT_BLOCK, &slot, NULL), CKR_NO_EVENT);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	assert_int_equal(C_WaitForSlotEvent(CKF_DONT_BLOCK, &slot, NULL), CKR_NO_EVENT);
}

static void a_removal_ends_sessions_and_a_new_one_needs_a_login(void **state)
{
	CK_OBJECT_HANDLE key = private_key(1), found[8];
	CK_SESSION_INFO info;

	(void)state;
	transport_card_pull_at(1);
	assert_int_equal(sign(key), CKR_DEVICE_REMOVED);
	assert_int_equal(C_GetSessionInfo(session, &info), CKR_SESSION_HANDLE_INVALID);
	assert_int_equal(C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &session), CKR_TOKEN_NOT_PRESENT);
	transport_card_insert();
	open_session();
	assert_int_equal(find(CKO_PRIVATE_KEY, 0, found), 0);
	assert_int_not_equal(sign(key), CKR_OK);
	assert_int_equal(login(CKU_USER, USER_PIN), CKR_OK);
	assert_int_equal(sign(key), CKR_OK);
}

static void a_card_that_came_back_unseen_is_a_new_one(void **state)
{
	CK_OBJECT_HANDLE key = private_key(1);

	(void)state;
	transport_card_pull();
	transport_card_insert();
	assert_int_equal(sign(key), CKR_DEVICE_REMOVED);
	open_session();
	assert_int_not_equal(sign(key), CKR_OK);
}

static void a_pin_counts_for_one_use_of_an_always_key(void **state)
{
	CK_OBJECT_HANDLE key = private_key(2);

	(void)state;
	assert_int_equal(sign(private_key(1)), CKR_OK);
	assert_int_equal(sign(key), CKR_OK);
	assert_int_equal(sign(key), CKR_USER_NOT_LOGGED_IN);
	assert_int_equal(login(CKU_CONTEXT_SPECIFIC, "111111"), CKR_PIN_INCORRECT);
	assert_int_equal(sign(key), CKR_USER_NOT_LOGGED_IN);
	assert_int_equal(login(CKU_CONTEXT_SPECIFIC, USER_PIN), CKR_OK);
	assert_int_equal(sign(key), CKR_OK);
	assert_int_equal(sign(key), CKR_USER_NOT_LOGGED_IN);
	assert_int_equal(sign(private_key(1)), CKR_OK);
}

static void an_impossible_pin_is_wrong_and_costs_no_try(void **state)
{
	CK_TOKEN_INFO token;
	unsigned before;

	(void)state;
	assert_int_equal(C_Logout(session), CKR_OK);
	before = transport_card_commands();
	assert_int_equal(login(CKU_USER, ""), CKR_PIN_INCORRECT);
	assert_int_equal(C_Login(session, CKU_USER, NULL, 0), CKR_PIN_INCORRECT);
	assert_int_equal(transport_card_commands(), before);
	assert_int_equal(login(CKU_USER, "123"), CKR_PIN_INCORRECT);
	assert_int_equal(login(CKU_USER, "123456789"), CKR_PIN_INCORRECT);
	assert_int_equal(C_GetTokenInfo(0, &token), CKR_OK);
	assert_int_equal(token.flags & CKF_USER_PIN_COUNT_LOW, 0);
	assert_int_equal(login(CKU_USER, USER_PIN), CKR_OK);
	assert_int_equal(login(CKU_USER, USER_PIN), CKR_USER_ALREADY_LOGGED_IN);
	assert_int_equal(login(CKU_SO, SO_PIN), CKR_USER_ANOTHER_ALREADY_LOGGED_IN);
}

static void the_last_session_takes_the_login_with_it(void **state)
{
	CK_SESSION_INFO info;
	static const uint8_t status[] = {0x00, 0x20, 0x00, 0x80};

	(void)state;
	assert_int_equal(C_CloseSession(session), CKR_OK);
	assert_int_equal(transport_card_other(CS_VIEW_OF(status)), 0x63C3); /* on the card too */
	open_session();
	assert_int_equal(C_GetSessionInfo(session, &info), CKR_OK);
	assert_int_equal(info.state, CKS_RW_PUBLIC_SESSION);
}

static void one_unknown_attribute_leaves_the_others_filled(void **state)
{
	CK_OBJECT_HANDLE key = private_key(1);
	CK_BYTE id[4] = {0}, small[2];
	CK_ULONG class = 0;
	CK_ATTRIBUTE a[] = {{CKA_ID, id, sizeof(id)},		{0x7FFFFFFF, id, sizeof(id)},
			    {CKA_CLASS, &class, sizeof(class)}, {CKA_VALUE, id, sizeof(id)},
			    {CKA_LABEL, small, sizeof(small)},	{CKA_EC_POINT, NULL, 0}};

	(void)state;
	assert_int_not_equal(C_GetAttributeValue(session, key, a, 6), CKR_OK);
	assert_int_equal(a[0].ulValueLen, 1);
	assert_int_equal(id[0], 1);
	assert_int_equal(a[1].ulValueLen, CK_UNAVAILABLE_INFORMATION);
	assert_int_equal(class, CKO_PRIVATE_KEY);
	assert_int_equal(a[3].ulValueLen, CK_UNAVAILABLE_INFORMATION);
	assert_int_equal(a[4].ulValueLen, CK_UNAVAILABLE_INFORMATION);
	assert_int_equal(a[5].ulValueLen, 67);
	a[1].ulValueLen = sizeof(id);
	assert_int_equal(C_GetAttributeValue(session, key, a, 2), CKR_ATTRIBUTE_TYPE_INVALID);
	a[3].ulValueLen = sizeof(id);
	assert_int_equal(C_GetAttributeValue(session, key, a + 2, 2), CKR_ATTRIBUTE_SENSITIVE);
	a[4].ulValueLen = sizeof(small);
	assert_int_equal(C_GetAttributeValue(session, key, a + 4, 1), CKR_BUFFER_TOO_SMALL);
	class = CKO_PUBLIC_KEY;
	assert_int_equal(C_SetAttributeValue(session, key, a + 2, 1), CKR_ATTRIBUTE_READ_ONLY);
	a[0].ulValueLen = 1;
	assert_int_equal(C_SetAttributeValue(session, key, a, 1), CKR_OK);
}

static void a_key_is_not_overwritten_and_the_next_takes_the_first_empty_slot(void **state)
{
	CK_OBJECT_HANDLE key;
	CK_BYTE id = 0;
	CK_ATTRIBUTE a = {CKA_ID, &id, 1};

	(void)state;
	assert_int_equal(make_key(1, &key), CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(make_key(0, &key), CKR_OK);
	assert_int_equal(C_GetAttributeValue(session, key, &a, 1), CKR_OK);
	assert_int_equal(id, 3);
	assert_int_equal(C_DestroyObject(session, key), CKR_OK);
	assert_int_equal(C_DestroyObject(session, key), CKR_OBJECT_HANDLE_INVALID);
	assert_int_equal(make_key(3, &key), CKR_OK);
}

static void session_objects_go_with_their_session(void **state)
{
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_BYTE value[] = "value", read[8];
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)}, {CKA_VALUE, value, sizeof(value)}};
	CK_ATTRIBUTE got = {CKA_VALUE, read, sizeof(read)};
	CK_SESSION_HANDLE other;
	CK_OBJECT_HANDLE object;

	(void)state;
	assert_int_equal(C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &other), CKR_OK);
	assert_int_equal(C_CreateObject(other, template, 2, &object), CKR_OK);
	assert_int_equal(C_GetAttributeValue(session, object, &got, 1), CKR_OK);
	assert_memory_equal(read, value, sizeof(value));
	assert_int_equal(C_CloseSession(other), CKR_OK);
	assert_int_equal(C_GetAttributeValue(session, object, &got, 1), CKR_OBJECT_HANDLE_INVALID);
}

static void operations_are_kept_apart(void **state)
{
	CK_MECHANISM ecdsa = {CKM_ECDSA, NULL, 0}, sha = {CKM_SHA256, NULL, 0}, rsa = {CKM_RSA_PKCS, NULL, 0};
	CK_OBJECT_HANDLE key = private_key(1);
	CK_BYTE out[64], big[600] = {0};
	CK_ULONG len = sizeof(out);

	(void)state;
	assert_int_equal(C_Sign(session, big, 1, out, &len), CKR_OPERATION_NOT_INITIALIZED);
	assert_int_equal(C_SignInit(session, &rsa, key), CKR_KEY_TYPE_INCONSISTENT);
	assert_int_equal(C_SignInit(session, &sha, key), CKR_MECHANISM_INVALID);
	assert_int_equal(C_SignInit(session, &ecdsa, 12345), CKR_KEY_HANDLE_INVALID);
	assert_int_equal(C_SignInit(session, NULL, key), CKR_ARGUMENTS_BAD);
	assert_int_equal(C_SignInit(session, &ecdsa, key), CKR_OK);
	assert_int_equal(C_SignInit(session, &ecdsa, key), CKR_OPERATION_ACTIVE);
	assert_int_equal(C_DigestInit(session, &sha), CKR_OK);
	assert_int_equal(C_Sign(session, big, 32, NULL, &len), CKR_OK);
	assert_int_equal(len, 64);
	len = 63;
	assert_int_equal(C_Sign(session, big, 32, out, &len), CKR_BUFFER_TOO_SMALL);
	assert_int_equal(len, 64);
	assert_int_equal(C_SignUpdate(session, big, 32), CKR_OK);
	assert_int_equal(C_Sign(session, big, 32, out, &len), CKR_OPERATION_ACTIVE);
	assert_int_equal(C_SignFinal(session, out, &len), CKR_OK);
	assert_int_equal(C_SignFinal(session, out, &len), CKR_OPERATION_NOT_INITIALIZED);
	assert_int_equal(C_SignInit(session, &ecdsa, key), CKR_OK);
	assert_int_equal(C_SignUpdate(session, big, sizeof(big)), CKR_DATA_LEN_RANGE);
	assert_int_equal(C_SignInit(session, &ecdsa, key), CKR_OK);
	assert_int_equal(C_SignInit(session, NULL, 0), CKR_OK); /* called off */
	assert_int_equal(C_SignFinal(session, out, &len), CKR_OPERATION_NOT_INITIALIZED);
	assert_int_equal(C_Digest(session, NULL, 0, out, &len), CKR_OK);
	assert_int_equal(len, 32);
}

static CK_OBJECT_HANDLE session_data(CK_BYTE value)
{
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)}, {CKA_VALUE, &value, 1}};
	CK_OBJECT_HANDLE object;

	assert_int_equal(C_CreateObject(session, template, 2, &object), CKR_OK);
	return object;
}

static void each_session_object_has_a_handle_of_its_own(void **state)
{
	CK_OBJECT_HANDLE objects[5];
	CK_BYTE read;
	CK_ATTRIBUTE got = {CKA_VALUE, &read, 1};

	(void)state;
	for (CK_BYTE i = 0; i < 5; i++)
		objects[i] = session_data(i);
	for (CK_BYTE i = 0; i < 5; i++) {
		assert_int_equal(C_GetAttributeValue(session, objects[i], &got, 1), CKR_OK);
		assert_int_equal(read, i);
	}
	assert_int_equal(C_DestroyObject(session, objects[2]), CKR_OK);
	assert_int_equal(C_GetAttributeValue(session, objects[1], &got, 1), CKR_OK);
	assert_int_equal(C_GetAttributeValue(session, objects[3], &got, 1), CKR_OK);
}

static void a_key_destroyed_during_an_operation_ends_it(void **state)
{
	CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
	CK_KEY_TYPE type = CKK_EC;
	CK_BYTE params[16], point[80], bytes[64] = {0};
	CK_ATTRIBUTE template[] = {{CKA_EC_PARAMS, params, sizeof(params)},
				   {CKA_EC_POINT, point, sizeof(point)},
				   {CKA_CLASS, &class, sizeof(class)},
				   {CKA_KEY_TYPE, &type, sizeof(type)}};
	CK_MECHANISM ecdsa = {CKM_ECDSA, NULL, 0};
	CK_OBJECT_HANDLE key;

	(void)state;
	assert_int_equal(C_GetAttributeValue(session, private_key(1), template, 2), CKR_OK);
	assert_int_equal(C_CreateObject(session, template, 4, &key), CKR_OK);
	assert_int_equal(C_VerifyInit(session, &ecdsa, key), CKR_OK);
	assert_int_equal(C_DestroyObject(session, key), CKR_OK);
	assert_int_equal(C_Verify(session, bytes, 32, bytes, 64), CKR_KEY_HANDLE_INVALID);
	assert_int_equal(C_VerifyInit(session, &ecdsa, key), CKR_KEY_HANDLE_INVALID);
}

static void again_over(const struct cc_backend *backend)
{
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	slots_set_backend(backend);
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	open_session();
	assert_int_equal(login(CKU_USER, USER_PIN), CKR_OK);
}

/* A later card of ours, with a key in 9D of a kind that this module does not know. */
static enum cs_err later_transmit(void *link, struct cs_view command, struct cs_writer *response)
{
	static const uint8_t key[] = {CSGN_TAG_KEY,
				      0x0D,
				      CSGN_ENTRY_WHAT,
				      0x05,
				      PIV_SLOT_KEY_MANAGEMENT,
				      0x7A,
				      PIV_PIN_ONCE,
				      PIV_TOUCH_NEVER,
				      PIV_ORIGIN_GENERATED,
				      CSGN_ENTRY_PUBLIC_KEY,
				      0x04,
				      0x99,
				      0x02,
				      0x55,
				      0x55};
	enum cs_err err = transport_card.transmit(link, command, response);

	if (err != CS_OK || command.ptr[0] != CSGN_CLA || command.ptr[1] != CSGN_INS_INVENTORY)
		return err;
	cs_writer_cut(response, response->len - 2);
	cs_write_view(response, CS_VIEW_OF(key));
	cs_write_u16(response, 0x9000);
	return CS_OK;
}

static void a_key_of_an_unknown_kind_hides_no_other_and_is_not_overwritten(void **state)
{
	struct cc_backend later = transport_card;
	CK_OBJECT_HANDLE found[8], key;
	CK_BYTE id = 0;
	CK_ATTRIBUTE a = {CKA_ID, &id, 1};

	(void)state;
	later.transmit = later_transmit;
	again_over(&later);
	assert_int_equal(find(CKO_PRIVATE_KEY, 0, found), 2);
	assert_int_equal(make_key(3, &key), CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(make_key(0, &key), CKR_OK);
	assert_int_equal(C_GetAttributeValue(session, key, &a, 1), CKR_OK);
	assert_int_equal(id, 4);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
}

static bool other_generates(uint8_t slot, uint8_t alg)
{
	const uint8_t generate[] = {0x00, PIV_INS_GENERATE,  0x00, slot, 0x05, PIV_TAG_GENERATE,
				    0x03, PIV_TAG_ALGORITHM, 0x01, alg,	 0x00};
	uint16_t sw = transport_card_other(CS_VIEW_OF(generate));

	/* Done, with the rest of a long key to be fetched, or (6A80) not known to this machine's libcrypto.
	 */
	assert_true(sw == 0x9000 || (sw & 0xFF00) == 0x6100 || sw == 0x6A80);
	return sw != 0x6A80;
}

static void check_spki(struct cs_view spki)
{
	const unsigned char *der = spki.ptr;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &der, (long)spki.len);

	assert_non_null(key);
	assert_ptr_equal(der, spki.ptr + spki.len);
	EVP_PKEY_free(key);
}

static void check_type(CK_BYTE id, CK_KEY_TYPE wanted)
{
	CK_OBJECT_HANDLE found[8];
	CK_KEY_TYPE type = CKK_VENDOR_DEFINED;
	CK_BYTE spki[2700];
	CK_ATTRIBUTE a[] = {{CKA_KEY_TYPE, &type, sizeof(type)}, {CKA_PUBLIC_KEY_INFO, spki, sizeof(spki)}};

	assert_int_equal(find(CKO_PUBLIC_KEY, id, found), 1);
	assert_int_equal(C_GetAttributeValue(session, found[0], a, 2), CKR_OK);
	assert_int_equal(type, wanted);
	check_spki(cs_view(spki, a[1].ulValueLen));
}

/* Of each kind that the card makes here, found with its type, and a public key that libcrypto takes. */
static void keys_of_newer_algorithms_are_shown_and_not_overwritten(void **state)
{
	static const uint8_t select[] = {0x00, 0xA4, 0x04, 0x00, 0x05, 0xA0, 0x00, 0x00, 0x03, 0x08};
	static const uint8_t verify[] = {0x00, 0x20, 0x00, 0x80, 0x08, '4', '8',
					 '2',  '9',  '1',  '3',	 0xFF, 0xFF};
	static const struct {
		uint8_t alg;
		CK_KEY_TYPE type;
	} rows[] = {{PIV_ALG_P521, CKK_EC},
		    {PIV_ALG_SM2, CKK_EC},
		    {PIV_ALG_ED25519, CKK_EC_EDWARDS},
		    {PIV_ALG_X25519, CKK_EC_MONTGOMERY},
		    {PIV_ALG_MLDSA87, CKK_ML_DSA},
		    {PIV_ALG_MLKEM1024, CKK_ML_KEM}};
	bool made[sizeof(rows) / sizeof(rows[0])];
	CK_OBJECT_HANDLE found[8], key;
	CK_ULONG all = 2;

	(void)state;
	assert_int_equal(transport_card_other(CS_VIEW_OF(select)), 0x9000);
	assert_int_equal(transport_card_other(CS_VIEW_OF(verify)), 0x9000);
	for (uint8_t i = 0; i < sizeof(made); i++) {
		made[i] = other_generates((uint8_t)(PIV_SLOT_RETIRED_FIRST + i), rows[i].alg);
		all += made[i] ? 1 : 0;
	}
	again_over(&transport_card);
	assert_int_equal(find(CKO_PRIVATE_KEY, 0, found), all);
	assert_int_equal(find(CKO_PUBLIC_KEY, 0, found), all);
	for (uint8_t i = 0; i < sizeof(made); i++) {
		if (made[i])
			check_type((CK_BYTE)(5 + i), rows[i].type);
	}
	assert_int_equal(sign(private_key(1)), CKR_OK);
	assert_int_equal(make_key(5, &key), CKR_TEMPLATE_INCONSISTENT); /* 82 holds P-521 */
	assert_int_equal(make_key(0, &key), CKR_OK);
	assert_int_equal(sign(key), CKR_OK);
}

static void a_certificate_that_another_program_deleted_fails_no_search(void **state)
{
	static const uint8_t select[] = {0x00, 0xA4, 0x04, 0x00, 0x05, 0xA0, 0x00, 0x00, 0x03, 0x08};
	static const uint8_t verify[] = {0x00, 0x20, 0x00, 0x80, 0x08, '4', '8',
					 '2',  '9',  '1',  '3',	 0xFF, 0xFF};
	static const uint8_t empty[] = {0x00, 0xDB, 0x3F, 0xFF, 0x07, 0x5C,
					0x03, 0x5F, 0xC1, 0x05, 0x53, 0x00};
	CK_BYTE der[] = {0x30, 0x0F, 0x30, 0x0D, 0x02, 0x01, 0x01, 0x30, 0x00,
			 0x30, 0x00, 0x30, 0x00, 0x30, 0x00, 0x30, 0x00};
	CK_OBJECT_CLASS class = CKO_CERTIFICATE;
	CK_BYTE id = 1;
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)},
				   {CKA_VALUE, der, sizeof(der)},
				   {CKA_ID, &id, 1},
				   {CKA_TOKEN, &yes, 1}};
	CK_OBJECT_HANDLE object;

	(void)state;
	assert_int_equal(C_CreateObject(session, template, 4, &object), CKR_OK);
	again_over(&transport_card);
	assert_int_equal(transport_card_other(CS_VIEW_OF(select)), 0x9000);
	assert_int_equal(transport_card_other(CS_VIEW_OF(verify)), 0x9000);
	assert_int_equal(transport_card_other(CS_VIEW_OF(empty)), 0x9000);
	assert_int_equal(C_FindObjectsInit(session, template, 2), CKR_OK);
	assert_int_equal(C_FindObjectsFinal(session), CKR_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(a_signature_is_one_command),
	    TEST(session_info_and_unknown_classes_take_no_command),
	    TEST(listing_a_token_takes_two_commands),
	    TEST(another_programs_select_is_mended_within_the_call),
	    TEST(a_reset_by_another_program_is_mended_within_the_call),
	    TEST(a_changed_pin_ends_the_login_at_the_cost_of_one_try),
	    TEST(the_so_pin_is_changed_and_blocked_apart_from_the_puk),
	    TEST(a_pin_that_must_be_changed_signs_nothing_until_it_is),
	    TEST(a_card_is_an_event_when_it_comes_or_goes_but_not_when_it_was_there_before),
	    TEST(a_removal_ends_sessions_and_a_new_one_needs_a_login),
	    TEST(a_card_that_came_back_unseen_is_a_new_one),
	    TEST(a_pin_counts_for_one_use_of_an_always_key),
	    TEST(an_impossible_pin_is_wrong_and_costs_no_try),
	    TEST(the_last_session_takes_the_login_with_it),
	    TEST(one_unknown_attribute_leaves_the_others_filled),
	    TEST(a_key_is_not_overwritten_and_the_next_takes_the_first_empty_slot),
	    TEST(session_objects_go_with_their_session),
	    TEST(operations_are_kept_apart),
	    TEST(each_session_object_has_a_handle_of_its_own),
	    TEST(a_key_destroyed_during_an_operation_ends_it),
	    TEST(a_key_of_an_unknown_kind_hides_no_other_and_is_not_overwritten),
	    TEST(keys_of_newer_algorithms_are_shown_and_not_overwritten),
	    TEST(a_certificate_that_another_program_deleted_fails_no_search),
	};

	return cmocka_run_group_tests_name("pkcs11_card", tests, NULL, NULL);
}
