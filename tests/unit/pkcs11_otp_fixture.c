/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The calls of tests of one-time passwords through the module.
 */
#include "tests/unit/pkcs11_otp_fixture.h"

#include <stdlib.h>

#include "base/encoding.h"
#include "tests/lib/p11_token.h"

const char *const rfc4226[RFC4226_COUNT] = {"755224", "287082", "359152", "969429", "338314",
					    "254676", "287922", "162583", "399871", "520489"};

CK_SESSION_HANDLE session;

CK_RV login(const char *pin)
{
	CK_UTF8CHAR bytes[64];

	memcpy(bytes, pin, strlen(pin));
	return C_Login(session, CKU_USER, bytes, strlen(pin));
}

CK_RV unlock(const char *password)
{
	CK_UTF8CHAR bytes[64], name[] = CK_COUNTERSIGN_OATH_USER;

	memcpy(bytes, password, strlen(password));
	return C_LoginUser(session, CKU_CONTEXT_SPECIFIC, bytes, strlen(password), name, sizeof(name) - 1);
}

void set_password(const char *password)
{
	assert_true(p11_oath_password(password));
}

int otp_module_over(const struct cc_backend *backend)
{
	CK_UTF8CHAR label[32] = "Test", so[] = SO_PIN, user[] = USER_PIN;
	CK_ULONG n = 0;

	memset(label + 4, ' ', sizeof(label) - 4);
	if (!transport_card_make(CSGN_PROFILE_COUNTERSIGN))
		return -1;
	slots_set_backend(&transport_card);
	if (C_Initialize(NULL) != CKR_OK || C_GetSlotList(CK_TRUE, NULL, &n) != CKR_OK || n != 1 ||
	    C_InitToken(0, so, 8, label) != CKR_OK ||
	    C_OpenSession(0, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session) != CKR_OK ||
	    C_Login(session, CKU_SO, so, 8) != CKR_OK || C_InitPIN(session, user, 6) != CKR_OK)
		return -1;
	if (backend == &transport_card)
		return C_Logout(session) == CKR_OK ? 0 : -1;
	if (C_Finalize(NULL) != CKR_OK)
		return -1;
	slots_set_backend(backend);
	if (C_Initialize(NULL) != CKR_OK || C_GetSlotList(CK_TRUE, NULL, &n) != CKR_OK || n != 1)
		return -1;
	return C_OpenSession(0, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session) == CKR_OK ? 0 : -1;
}

int otp_module_setup(void **state)
{
	(void)state;
	return otp_module_over(&transport_card);
}

int otp_module_teardown(void **state)
{
	(void)state;
	(void)C_Finalize(NULL);
	slots_set_backend(NULL);
	transport_card_free();
	return 0;
}

CK_RV create_with(CK_KEY_TYPE type, const char *label, const char *seed, const CK_ATTRIBUTE *more,
		  CK_ULONG count, CK_OBJECT_HANDLE *key)
{
	CK_OBJECT_CLASS class = CKO_OTP_KEY;
	CK_BBOOL yes = CK_TRUE;
	CK_BYTE label_bytes[80], seed_bytes[256];
	CK_ATTRIBUTE template[32] = {{CKA_CLASS, &class, sizeof(class)},
				     {CKA_KEY_TYPE, &type, sizeof(type)},
				     {CKA_TOKEN, &yes, sizeof(yes)},
				     {CKA_LABEL, label_bytes, strlen(label)},
				     {CKA_VALUE, seed_bytes, strlen(seed)}};

	memcpy(label_bytes, label, strlen(label));
	memcpy(seed_bytes, seed, strlen(seed));
	assert_true(count <= 27);
	if (count > 0)
		memcpy(template + 5, more, count * sizeof(*more));
	return C_CreateObject(session, template, 5 + count, key);
}

CK_OBJECT_HANDLE create(CK_KEY_TYPE type, const char *label, const char *seed)
{
	CK_OBJECT_HANDLE key = 0;

	assert_int_equal(create_with(type, label, seed, NULL, 0, &key), CKR_OK);
	return key;
}

CK_ULONG find_otp(const char *label, CK_OBJECT_HANDLE *found, CK_ULONG max)
{
	CK_OBJECT_CLASS class = CKO_OTP_KEY;
	CK_BYTE bytes[80];
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)},
				   {CKA_LABEL, bytes, label != NULL ? strlen(label) : 0}};
	CK_ULONG n = 0;

	if (label != NULL)
		memcpy(bytes, label, strlen(label));
	assert_int_equal(C_FindObjectsInit(session, template, label != NULL ? 2 : 1), CKR_OK);
	assert_int_equal(C_FindObjects(session, found, max, &n), CKR_OK);
	assert_int_equal(C_FindObjectsFinal(session), CKR_OK);
	return n;
}

CK_OBJECT_HANDLE find_one(const char *label)
{
	CK_OBJECT_HANDLE found[2];
	CK_ULONG n = find_otp(label, found, 2);

	assert_true(n <= 1);
	return n == 1 ? found[0] : 0;
}

CK_RV otp_sign_init(CK_MECHANISM_TYPE mechanism, CK_OBJECT_HANDLE key, CK_OTP_PARAM *params, CK_ULONG count)
{
	CK_OTP_PARAMS all = {params, count};
	CK_MECHANISM m = {mechanism, &all, sizeof(all)};

	return C_SignInit(session, &m, key);
}

CK_RV otp_verify_init(CK_MECHANISM_TYPE mechanism, CK_OBJECT_HANDLE key, CK_OTP_PARAM *params, CK_ULONG count)
{
	CK_OTP_PARAMS all = {params, count};
	CK_MECHANISM m = {mechanism, &all, sizeof(all)};

	return C_VerifyInit(session, &m, key);
}

CK_RV otp_sign_finish(char password[PASSWORD_ROOM])
{
	CK_ULONG len = 1024;
	void *block = malloc(len);
	const CK_OTP_SIGNATURE_INFO *info = block;
	CK_RV rv;

	assert_non_null(block);
	password[0] = '\0';
	rv = C_Sign(session, NULL, 0, block, &len);
	for (CK_ULONG i = 0; rv == CKR_OK && i < info->ulCount; i++) {
		if (info->pParams[i].type != CK_OTP_VALUE)
			continue;
		assert_true(info->pParams[i].ulValueLen < PASSWORD_ROOM);
		memcpy(password, info->pParams[i].pValue, info->pParams[i].ulValueLen);
		password[info->pParams[i].ulValueLen] = '\0';
	}
	free(block);
	return rv;
}

CK_RV password_with(CK_MECHANISM_TYPE mechanism, CK_OBJECT_HANDLE key, CK_OTP_PARAM *params, CK_ULONG count,
		    char password[PASSWORD_ROOM])
{
	CK_RV rv = otp_sign_init(mechanism, key, params, count);

	password[0] = '\0';
	return rv == CKR_OK ? otp_sign_finish(password) : rv;
}

const char *hotp(CK_OBJECT_HANDLE key)
{
	static char password[PASSWORD_ROOM];

	(void)password_with(CKM_HOTP, key, NULL, 0, password);
	return password;
}

CK_RV attribute(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, CK_BYTE value[256], CK_ULONG *len)
{
	CK_ATTRIBUTE a = {type, value, 256};
	CK_RV rv = C_GetAttributeValue(session, object, &a, 1);

	*len = a.ulValueLen;
	return rv;
}

CK_OTP_PARAM param_text(CK_OTP_PARAM_TYPE type, const char *text)
{
	/* The module writes nothing there. */
	union {
		const char *in;
		void *out;
	} pointer = {text};

	return (CK_OTP_PARAM){type, pointer.out, strlen(text)};
}

uint16_t other(const char *hex)
{
	uint8_t bytes[300];
	struct cs_writer w = CS_WRITER_OF(bytes);

	assert_int_equal(cs_hex_decode(cs_view_string(hex), &w), CS_OK);
	return transport_card_other(cs_writer_view(&w));
}

static CK_RV log_out(void)
{
	return C_Logout(session);
}

static CK_RV close_last(void)
{
	return C_CloseSession(session);
}

static CK_RV finalize(void)
{
	return C_Finalize(NULL);
}

void opened_until_it_ends(const char *label, const char *password)
{
	static CK_RV (*const ends[])(void) = {log_out, close_last, finalize};
	static const char list[] = "00A10000";

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		CK_ULONG n = 0;

		(void)C_Finalize(NULL);
		assert_int_equal(C_Initialize(NULL), CKR_OK);
		assert_int_equal(C_GetSlotList(CK_TRUE, NULL, &n), CKR_OK);
		assert_int_equal(C_OpenSession(0, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session),
				 CKR_OK);
		assert_int_equal(unlock(password), CKR_OK);
		assert_string_equal(hotp(find_one(label)), rfc4226[i]);
		assert_int_equal(other(list), 0x9000);
		assert_int_equal(ends[i](), CKR_OK);
		if (other(list) == 0x9000)
			fail_msg("the card is open after end %zu", i);
	}
}
