/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C_SessionCancel (PKCS #11 v3.2, 5.6.9): each flag ends the operation that it names, and no other; what it
 * ended can be begun anew.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/pkcs11_session.h"

#define session p11_session

static struct pair rsa;
static CK_OBJECT_HANDLE aes;

static int make(void **state)
{
	CK_ULONG bits = 2048;
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE public = {CKA_MODULUS_BITS, &bits, sizeof(bits)}, private = {CKA_TOKEN, &yes, 1};
	CK_MECHANISM m = {CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0};

	if (p11_session_make(state) != 0)
		return -1;
	aes = p11_key(CKK_AES, "000102030405060708090a0b0c0d0e0f");
	return C_GenerateKeyPair(session, &m, &public, 1, &private, 1, &rsa.public, &rsa.private) == CKR_OK
		   ? 0
		   : -1;
}

static CK_RV digest_init(CK_SESSION_HANDLE h, CK_MECHANISM_PTR m, CK_OBJECT_HANDLE key)
{
	(void)key;
	return C_DigestInit(h, m);
}

static CK_RV find_init(CK_SESSION_HANDLE h, CK_MECHANISM_PTR m, CK_OBJECT_HANDLE key)
{
	(void)m;
	(void)key;
	return C_FindObjectsInit(h, NULL, 0);
}

static const struct row {
	CK_FLAGS flag;
	CK_RV (*init)(CK_SESSION_HANDLE, CK_MECHANISM_PTR, CK_OBJECT_HANDLE);
	CK_MECHANISM_TYPE mechanism;
	const CK_OBJECT_HANDLE *key;
} rows[] = {
    {CKF_FIND_OBJECTS, find_init, 0, &aes},
    {CKF_ENCRYPT, C_EncryptInit, CKM_AES_ECB, &aes},
    {CKF_DECRYPT, C_DecryptInit, CKM_AES_ECB, &aes},
    {CKF_DIGEST, digest_init, CKM_SHA256, &aes},
    {CKF_SIGN, C_SignInit, CKM_RSA_PKCS, &rsa.private},
    {CKF_SIGN_RECOVER, C_SignRecoverInit, CKM_RSA_PKCS, &rsa.private},
    {CKF_VERIFY, C_VerifyInit, CKM_RSA_PKCS, &rsa.public},
    {CKF_VERIFY_RECOVER, C_VerifyRecoverInit, CKM_RSA_PKCS, &rsa.public},
    {CKF_MESSAGE_ENCRYPT, C_MessageEncryptInit, CKM_AES_GCM, &aes},
    {CKF_MESSAGE_DECRYPT, C_MessageDecryptInit, CKM_AES_GCM, &aes},
    {CKF_MESSAGE_SIGN, C_MessageSignInit, CKM_RSA_PKCS, &rsa.private},
    {CKF_MESSAGE_VERIFY, C_MessageVerifyInit, CKM_RSA_PKCS, &rsa.public},
};

static CK_RV begin(const struct row *row)
{
	CK_MECHANISM m = {row->mechanism, NULL, 0};

	return row->init(session, &m, *row->key);
}

/* All that can be active at once. */
static void begin_all(CK_FLAGS without)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		if ((rows[i].flag & without) == 0)
			assert_int_equal(begin(&rows[i]), CKR_OK);
	}
}

/* Begins again what is over, so that all are active once more. */
static void expect_ended(CK_FLAGS flags, CK_FLAGS ended, CK_FLAGS without)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		CK_RV want = (rows[i].flag & ended) != 0 ? CKR_OK : CKR_OPERATION_ACTIVE, rv;

		if ((rows[i].flag & without) != 0)
			continue;
		rv = begin(&rows[i]);
		if (rv != want)
			fail_msg("cancelled %#lx: %#lx yields %#lx instead of %#lx", flags, rows[i].flag, rv,
				 want);
	}
}

/* With what signs and verifies plainly, and with what recovers the data. */
static const CK_FLAGS absent[] = {CKF_SIGN_RECOVER | CKF_VERIFY_RECOVER, CKF_SIGN | CKF_VERIFY};

static void each_flag_ends_its_own_operation_and_no_other(void **state)
{
	(void)state;
	for (size_t round = 0; round < COUNT(absent); round++) {
		begin_all(absent[round]);
		for (size_t i = 0; i < COUNT(rows); i++) {
			CK_FLAGS flag = rows[i].flag;

			assert_int_equal(C_SessionCancel(session, flag), CKR_OK);
			expect_ended(flag, flag & ~absent[round], absent[round]);
		}
		assert_int_equal(C_SessionCancel(session, 0), CKR_OK);
		expect_ended(0, 0, absent[round]);
		assert_int_equal(C_SessionCancel(session, ~0UL), CKR_OK);
		expect_ended(~0UL, ~0UL, absent[round]);
		assert_int_equal(C_SessionCancel(session, ~0UL), CKR_OK);
	}
}

static void flags_together_end_what_each_of_them_names(void **state)
{
	(void)state;
	begin_all(absent[0]);
	for (size_t i = 1; i < COUNT(rows); i++) {
		CK_FLAGS both = rows[i].flag | rows[i - 1].flag;

		assert_int_equal(C_SessionCancel(session, both), CKR_OK);
		expect_ended(both, both, absent[0]);
	}
	assert_int_equal(C_SessionCancel(session, ~0UL), CKR_OK);
}

static CK_SESSION_HANDLE open_other(void)
{
	CK_SESSION_HANDLE other = 0;

	assert_int_equal(C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &other), CKR_OK);
	return other;
}

static void what_another_session_does_goes_on(void **state)
{
	CK_SESSION_HANDLE other = open_other();

	(void)state;
	begin_all(absent[0]);
	assert_int_equal(C_SessionCancel(other, ~0UL), CKR_OK);
	expect_ended(~0UL, 0, absent[0]);
	assert_int_equal(C_CloseSession(other), CKR_OK);
	assert_int_equal(C_SessionCancel(session, ~0UL), CKR_OK);
	assert_int_equal(C_SessionCancel(other, ~0UL), CKR_SESSION_HANDLE_INVALID);
}

static void what_was_found_and_not_yet_taken_is_gone_with_the_search(void **state)
{
	CK_OBJECT_HANDLE found;
	CK_ULONG n = 0;

	(void)state;
	assert_int_equal(C_FindObjectsInit(session, NULL, 0), CKR_OK);
	assert_int_equal(C_FindObjects(session, &found, 1, &n), CKR_OK);
	assert_int_equal(n, 1);
	assert_int_equal(C_SessionCancel(session, CKF_FIND_OBJECTS), CKR_OK);
	assert_int_equal(C_FindObjects(session, &found, 1, &n), CKR_OPERATION_NOT_INITIALIZED);
	assert_int_equal(C_FindObjectsFinal(session), CKR_OPERATION_NOT_INITIALIZED);
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(each_flag_ends_its_own_operation_and_no_other),
	    TEST(flags_together_end_what_each_of_them_names),
	    TEST(what_another_session_does_goes_on),
	    TEST(what_was_found_and_not_yet_taken_is_gone_with_the_search),
	};

	return cmocka_run_group_tests_name("pkcs11_cancel", tests, make, p11_session_end);
}
