/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The module with no reader there: its life, its interfaces, and bad arguments to every entry point.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/provider.h>

#include "pkcs11/pkcs11.h"

#define HANGS_SECONDS 120u	   /* then a test that waits for ever is ended, and the program fails */
#define NO_SUCH	      0x01000001UL /* a handle of the form that ours have */

static CK_RV always_ok(CK_VOID_PTR mutex)
{
	(void)mutex;
	return CKR_OK;
}

static CK_RV create_ok(CK_VOID_PTR_PTR mutex)
{
	*mutex = NULL;
	return CKR_OK;
}

static int initialize(void **state)
{
	(void)state;
	return C_Initialize(NULL) == CKR_OK ? 0 : -1;
}

static int finalize(void **state)
{
	(void)state;
	return C_Finalize(NULL) == CKR_OK ? 0 : -1;
}

/* Of a program that has not used libcrypto yet. */
static int use_configured_libcrypto(void)
{
	static const char configuration[] = "openssl_conf = main\n[main]\nproviders = both\n"
					    "[both]\ndefault = on\nbase = on\n[on]\nactivate = 1\n";
	int file = memfd_create("openssl.cnf", 0);
	char path[32];
	EVP_MD *md;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	if (write(file, configuration, sizeof(configuration) - 1) != sizeof(configuration) - 1 ||
	    setenv("OPENSSL_CONF", path, 1) != 0 || C_Initialize(NULL) != CKR_OK)
		return 2;
	md = EVP_MD_fetch(NULL, "SHA256", NULL);
	EVP_MD_free(md);
	return md != NULL && OSSL_PROVIDER_available(NULL, "base") == 1 ? 0 : 1;
}

static void the_program_s_configuration_of_libcrypto_holds_beside_the_module(void **state)
{
	int status = -1;
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		_exit(use_configured_libcrypto());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void without_initialize_every_call_says_so(void **state)
{
	CK_ULONG n = 0;
	CK_INFO info;
	CK_SLOT_ID slot;

	(void)state;
	assert_int_equal(C_GetInfo(&info), CKR_CRYPTOKI_NOT_INITIALIZED);
	assert_int_equal(C_GetSlotList(CK_TRUE, NULL, &n), CKR_CRYPTOKI_NOT_INITIALIZED);
	assert_int_equal(C_Finalize(NULL), CKR_CRYPTOKI_NOT_INITIALIZED);
	assert_int_equal(C_CloseSession(NO_SUCH), CKR_CRYPTOKI_NOT_INITIALIZED);
	assert_int_equal(C_Sign(NO_SUCH, NULL, 0, NULL, &n), CKR_CRYPTOKI_NOT_INITIALIZED);
	assert_int_equal(C_WaitForSlotEvent(CKF_DONT_BLOCK, &slot, NULL), CKR_CRYPTOKI_NOT_INITIALIZED);
}

static void initialize_checks_its_arguments(void **state)
{
	CK_C_INITIALIZE_ARGS args = {.flags = CKF_OS_LOCKING_OK, .pReserved = &args};

	(void)state;
	assert_int_equal(C_Initialize(&args), CKR_ARGUMENTS_BAD);
	args = (CK_C_INITIALIZE_ARGS){.CreateMutex = create_ok};
	assert_int_equal(C_Initialize(&args), CKR_ARGUMENTS_BAD);
	args = (CK_C_INITIALIZE_ARGS){create_ok, always_ok, always_ok, always_ok, 0, NULL};
	assert_int_equal(C_Initialize(&args), CKR_CANT_LOCK);
	args.flags = CKF_OS_LOCKING_OK | CKF_LIBRARY_CANT_CREATE_OS_THREADS;
	assert_int_equal(C_Initialize(&args), CKR_OK);
	assert_int_equal(C_Initialize(NULL), CKR_CRYPTOKI_ALREADY_INITIALIZED);
	assert_int_equal(C_Finalize(&args), CKR_ARGUMENTS_BAD);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
}

static void every_interface_has_the_functions_of_its_version(void **state)
{
	CK_VERSION v30 = {3, 0}, v32 = {3, 2}, v99 = {9, 9};
	CK_UTF8CHAR name[] = "PKCS 11", other[] = "Vendor NSS FIPS Interface";
	CK_INTERFACE_PTR found;
	CK_INTERFACE all[3];
	CK_FUNCTION_LIST_PTR list;
	CK_ULONG n = 0;

	(void)state;
	assert_int_equal(C_GetFunctionList(&list), CKR_OK);
	assert_int_equal(list->version.minor, 40);
	assert_int_equal(C_GetInterfaceList(NULL, &n), CKR_OK);
	assert_int_equal(n, 3);
	assert_int_equal(C_GetInterfaceList(all, &n), CKR_OK);
	n = 2;
	assert_int_equal(C_GetInterfaceList(all, &n), CKR_BUFFER_TOO_SMALL);
	assert_int_equal(C_GetInterface(name, &v30, &found, CKF_INTERFACE_FORK_SAFE), CKR_OK);
	assert_int_equal(((CK_FUNCTION_LIST_3_0 *)found->pFunctionList)->version.major, 3);
	assert_ptr_equal(((CK_FUNCTION_LIST_3_0 *)found->pFunctionList)->C_LoginUser, C_LoginUser);
	assert_int_equal(C_GetInterface(name, &v32, &found, 0), CKR_OK);
	assert_ptr_equal(((CK_FUNCTION_LIST_3_2 *)found->pFunctionList)->C_UnwrapKeyAuthenticated,
			 C_UnwrapKeyAuthenticated);
	assert_int_equal(C_GetInterface(NULL, NULL, &found, 0), CKR_OK);
	assert_int_equal(C_GetInterface(name, &v99, &found, 0), CKR_FUNCTION_FAILED);
	assert_int_equal(C_GetInterface(other, NULL, &found, 0), CKR_FUNCTION_FAILED);
	assert_int_equal(C_GetInterface(name, NULL, &found, 0x80), CKR_FUNCTION_FAILED);
	assert_int_equal(C_GetInterface(name, NULL, NULL, 0), CKR_ARGUMENTS_BAD);
}

/* Every pointer behind the version is a function's. */
static void has_functions(const void *list, size_t size)
{
	const size_t first = offsetof(CK_FUNCTION_LIST, C_Initialize);

	for (size_t at = first; at < size; at += sizeof(void (*)(void))) {
		void (*function)(void);

		memcpy(&function, (const CK_BYTE *)list + at, sizeof(function));
		assert_true(function != NULL);
	}
}

static void each_interface_is_got_by_its_version_with_and_without_a_wish_for_fork(void **state)
{
	static const struct {
		CK_VERSION version;
		size_t size;
	} rows[] = {{{3, 2}, sizeof(CK_FUNCTION_LIST_3_2)},
		    {{3, 0}, sizeof(CK_FUNCTION_LIST_3_0)},
		    {{2, 40}, sizeof(CK_FUNCTION_LIST)}};
	static const CK_FLAGS wishes[] = {0, CKF_INTERFACE_FORK_SAFE};
	CK_UTF8CHAR name[] = "PKCS 11";
	CK_INTERFACE all[3];
	CK_ULONG n = 3;

	(void)state;
	assert_int_equal(C_GetInterfaceList(all, &n), CKR_OK);
	for (size_t i = 0; i < 6; i++) {
		CK_VERSION version = rows[i / 2].version;
		CK_UTF8CHAR_PTR names[] = {name, NULL};

		for (size_t k = 0; k < 2; k++) {
			CK_INTERFACE_PTR found = NULL;
			const CK_VERSION *got;

			assert_int_equal(C_GetInterface(names[k], &version, &found, wishes[i % 2]), CKR_OK);
			got = found->pFunctionList;
			assert_int_equal(got->major, version.major);
			assert_int_equal(got->minor, version.minor);
			assert_string_equal((const char *)found->pInterfaceName, "PKCS 11");
			assert_int_equal(found->flags, CKF_INTERFACE_FORK_SAFE);
			has_functions(got, rows[i / 2].size);
			assert_ptr_equal(found->pFunctionList, all[i / 2].pFunctionList);
			assert_int_equal(all[i / 2].flags, CKF_INTERFACE_FORK_SAFE);
		}
	}
}

static void who_does_not_care_gets_the_newest_and_the_old_way_gives_the_oldest(void **state)
{
	static const CK_FLAGS wishes[] = {0, CKF_INTERFACE_FORK_SAFE};
	CK_VERSION v240 = {2, 40};
	CK_INTERFACE_PTR found;
	CK_FUNCTION_LIST_PTR list;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(C_GetInterface(NULL, NULL, &found, wishes[i]), CKR_OK);
		assert_int_equal(((CK_FUNCTION_LIST_3_2 *)found->pFunctionList)->version.major, 3);
		assert_int_equal(((CK_FUNCTION_LIST_3_2 *)found->pFunctionList)->version.minor, 2);
	}
	assert_int_equal(C_GetFunctionList(&list), CKR_OK);
	assert_int_equal(C_GetInterface(NULL, &v240, &found, 0), CKR_OK);
	assert_ptr_equal(found->pFunctionList, list);
}

/* With nothing behind the socket there is one slot without a token. */
static void a_slot_without_a_card_says_so(void **state)
{
	CK_SLOT_ID slots[4];
	CK_SLOT_INFO info;
	CK_TOKEN_INFO token;
	CK_SESSION_HANDLE session;
	CK_ULONG n = 4;

	(void)state;
	assert_int_equal(C_GetSlotInfo(0, &info), CKR_OK);
	assert_int_equal(info.flags & CKF_TOKEN_PRESENT, 0);
	assert_int_equal(C_GetSlotInfo(1, &info), CKR_SLOT_ID_INVALID);
	assert_int_equal(C_GetSlotInfo(~0UL, &info), CKR_SLOT_ID_INVALID);
	assert_int_equal(C_GetSlotList(CK_FALSE, slots, &n), CKR_OK);
	assert_int_equal(n, 1);
	assert_int_equal(C_GetSlotList(CK_TRUE, slots, &n), CKR_OK);
	assert_int_equal(n, 0);
	assert_int_equal(C_GetTokenInfo(0, &token), CKR_TOKEN_NOT_PRESENT);
	assert_int_equal(C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &session), CKR_TOKEN_NOT_PRESENT);
	assert_int_equal(C_GetMechanismList(0, NULL, &n), CKR_TOKEN_NOT_PRESENT);
	assert_int_equal(C_CloseAllSessions(0), CKR_OK);
	assert_int_equal(C_CloseAllSessions(7), CKR_SLOT_ID_INVALID);
}

/* Every function that takes a session, with a handle that is none and otherwise nothing but zeros. */
static void no_entry_point_takes_an_invalid_session(void **state)
{
	static const CK_SESSION_HANDLE handles[] = {0, 1, NO_SUCH, 0x02000001UL, 0x7FFFFFFFUL, ~0UL};
	CK_FUNCTION_LIST_PTR list;

	(void)state;
	assert_int_equal(C_GetFunctionList(&list), CKR_OK);
	for (size_t i = 0; i < sizeof(handles) / sizeof(handles[0]); i++) {
		CK_SESSION_HANDLE h = handles[i];
		const CK_RV got[] = {list->C_InitPIN(h, NULL, 0),
				     list->C_SetPIN(h, NULL, 0, NULL, 0),
				     list->C_CloseSession(h),
				     list->C_GetSessionInfo(h, NULL),
				     list->C_GetOperationState(h, NULL, NULL),
				     list->C_SetOperationState(h, NULL, 0, 0, 0),
				     list->C_Login(h, CKU_USER, NULL, 0),
				     list->C_Logout(h),
				     list->C_CreateObject(h, NULL, 0, NULL),
				     list->C_CopyObject(h, 0, NULL, 0, NULL),
				     list->C_DestroyObject(h, 0),
				     list->C_GetObjectSize(h, 0, NULL),
				     list->C_GetAttributeValue(h, 0, NULL, 0),
				     list->C_SetAttributeValue(h, 0, NULL, 0),
				     list->C_FindObjectsInit(h, NULL, 0),
				     list->C_FindObjects(h, NULL, 0, NULL),
				     list->C_FindObjectsFinal(h),
				     list->C_EncryptInit(h, NULL, 0),
				     list->C_Encrypt(h, NULL, 0, NULL, NULL),
				     list->C_EncryptUpdate(h, NULL, 0, NULL, NULL),
				     list->C_EncryptFinal(h, NULL, NULL),
				     list->C_DecryptInit(h, NULL, 0),
				     list->C_Decrypt(h, NULL, 0, NULL, NULL),
				     list->C_DecryptUpdate(h, NULL, 0, NULL, NULL),
				     list->C_DecryptFinal(h, NULL, NULL),
				     list->C_DigestInit(h, NULL),
				     list->C_Digest(h, NULL, 0, NULL, NULL),
				     list->C_DigestUpdate(h, NULL, 0),
				     list->C_DigestKey(h, 0),
				     list->C_DigestFinal(h, NULL, NULL),
				     list->C_SignInit(h, NULL, 0),
				     list->C_Sign(h, NULL, 0, NULL, NULL),
				     list->C_SignUpdate(h, NULL, 0),
				     list->C_SignFinal(h, NULL, NULL),
				     list->C_SignRecoverInit(h, NULL, 0),
				     list->C_SignRecover(h, NULL, 0, NULL, NULL),
				     list->C_VerifyInit(h, NULL, 0),
				     list->C_Verify(h, NULL, 0, NULL, 0),
				     list->C_VerifyUpdate(h, NULL, 0),
				     list->C_VerifyFinal(h, NULL, 0),
				     list->C_VerifyRecoverInit(h, NULL, 0),
				     list->C_VerifyRecover(h, NULL, 0, NULL, NULL),
				     list->C_DigestEncryptUpdate(h, NULL, 0, NULL, NULL),
				     list->C_DecryptDigestUpdate(h, NULL, 0, NULL, NULL),
				     list->C_SignEncryptUpdate(h, NULL, 0, NULL, NULL),
				     list->C_DecryptVerifyUpdate(h, NULL, 0, NULL, NULL),
				     list->C_GenerateKey(h, NULL, NULL, 0, NULL),
				     list->C_GenerateKeyPair(h, NULL, NULL, 0, NULL, 0, NULL, NULL),
				     list->C_WrapKey(h, NULL, 0, 0, NULL, NULL),
				     list->C_UnwrapKey(h, NULL, 0, NULL, 0, NULL, 0, NULL),
				     list->C_DeriveKey(h, NULL, 0, NULL, 0, NULL),
				     list->C_SeedRandom(h, NULL, 0),
				     list->C_GenerateRandom(h, NULL, 0),
				     C_LoginUser(h, CKU_USER, NULL, 0, NULL, 0),
				     C_SessionCancel(h, 0),
				     C_MessageSignInit(h, NULL, 0),
				     C_MessageEncryptInit(h, NULL, 0),
				     C_VerifySignatureInit(h, NULL, 0, NULL, 0),
				     C_VerifySignatureFinal(h),
				     C_EncapsulateKey(h, NULL, 0, NULL, 0, NULL, NULL, NULL),
				     C_AsyncComplete(h, NULL, NULL),
				     C_GetSessionValidationFlags(h, 0, NULL)};

		for (size_t k = 0; k < sizeof(got) / sizeof(got[0]); k++)
			assert_int_equal(got[k], CKR_SESSION_HANDLE_INVALID);
	}
	assert_int_equal(list->C_GetFunctionStatus(0), CKR_FUNCTION_NOT_PARALLEL);
	assert_int_equal(list->C_CancelFunction(0), CKR_FUNCTION_NOT_PARALLEL);
}

static void missing_pointers_are_bad_arguments(void **state)
{
	CK_SLOT_ID slot;

	(void)state;
	assert_int_equal(C_GetInfo(NULL), CKR_ARGUMENTS_BAD);
	assert_int_equal(C_GetFunctionList(NULL), CKR_ARGUMENTS_BAD);
	assert_int_equal(C_GetInterfaceList(NULL, NULL), CKR_ARGUMENTS_BAD);
	assert_int_equal(C_GetSlotList(CK_FALSE, NULL, NULL), CKR_ARGUMENTS_BAD);
	assert_int_equal(C_GetSlotInfo(0, NULL), CKR_ARGUMENTS_BAD);
	assert_int_equal(C_WaitForSlotEvent(0, NULL, NULL), CKR_ARGUMENTS_BAD);
	assert_int_equal(C_WaitForSlotEvent(0, &slot, &slot), CKR_ARGUMENTS_BAD);
	assert_int_equal(C_WaitForSlotEvent(CKF_DONT_BLOCK, &slot, NULL), CKR_NO_EVENT);
}

static void *wait_for_event(void *arg)
{
	CK_SLOT_ID slot;

	*(CK_RV *)arg = C_WaitForSlotEvent(0, &slot, NULL);
	return NULL;
}

static void finalize_wakes_who_waits_for_a_slot(void **state)
{
	pthread_t threads[3];
	CK_RV rv[3];

	(void)state;
	(void)alarm(HANGS_SECONDS);
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	for (size_t i = 0; i < 3; i++) {
		rv[i] = CKR_OK;
		assert_int_equal(pthread_create(&threads[i], NULL, wait_for_event, &rv[i]), 0);
	}
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_int_equal(rv[i], CKR_CRYPTOKI_NOT_INITIALIZED);
	}
	(void)alarm(0);
}

static int child(void)
{
	CK_INFO info;
	CK_ULONG n = 0;

	if (C_GetInfo(&info) != CKR_CRYPTOKI_NOT_INITIALIZED)
		return 1;
	if (C_Finalize(NULL) != CKR_CRYPTOKI_NOT_INITIALIZED)
		return 2;
	if (C_Initialize(NULL) != CKR_OK || C_GetSlotList(CK_FALSE, NULL, &n) != CKR_OK || n != 1)
		return 3;
	return C_Finalize(NULL) == CKR_OK ? 0 : 4;
}

static void a_forked_child_has_to_initialize_for_itself(void **state)
{
	int status = -1;
	pid_t pid;
	CK_INFO info;

	(void)state;
	pid = fork();
	if (pid == 0)
		_exit(child());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(C_GetInfo(&info), CKR_OK);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_program_s_configuration_of_libcrypto_holds_beside_the_module),
	    cmocka_unit_test(without_initialize_every_call_says_so),
	    cmocka_unit_test(initialize_checks_its_arguments),
	    cmocka_unit_test(every_interface_has_the_functions_of_its_version),
	    cmocka_unit_test(each_interface_is_got_by_its_version_with_and_without_a_wish_for_fork),
	    cmocka_unit_test(who_does_not_care_gets_the_newest_and_the_old_way_gives_the_oldest),
	    cmocka_unit_test_setup_teardown(a_slot_without_a_card_says_so, initialize, finalize),
	    cmocka_unit_test_setup_teardown(no_entry_point_takes_an_invalid_session, initialize, finalize),
	    cmocka_unit_test_setup_teardown(missing_pointers_are_bad_arguments, initialize, finalize),
	    cmocka_unit_test(finalize_wakes_who_waits_for_a_slot),
	    cmocka_unit_test_setup_teardown(a_forked_child_has_to_initialize_for_itself, initialize,
					    finalize),
	};

	if (setenv("COUNTERSIGN_TRANSPORT", "socket:/nonexistent/countersign", 1) != 0)
		return 1;
	return cmocka_run_group_tests_name("pkcs11_module", tests, NULL, NULL);
}
