/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fork while the password of the OATH application was given: the parent goes on by it, the child has to give
 * it.
 */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/pkcs11_otp_fixture.h"

#define CHILD_SECONDS 60u
#define PASSWORD      "swordfish"

static int child(CK_OBJECT_HANDLE key)
{
	CK_OTP_PARAMS none = {NULL, 0};
	CK_MECHANISM m = {CKM_HOTP, &none, sizeof(none)};

	(void)alarm(CHILD_SECONDS);
	transport_card_forked();
	if (C_SignInit(session, &m, key) != CKR_CRYPTOKI_NOT_INITIALIZED)
		return 1;
	if (C_Initialize(NULL) != CKR_OK ||
	    C_OpenSession(0, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session) != CKR_OK)
		return 2;
	/* Locked, they are not even named. */
	if (find_otp(NULL, &key, 1) != 0)
		return 3;
	if (unlock(PASSWORD) != CKR_OK)
		return 4;
	key = find_one("a");
	if (key == 0 || strcmp(hotp(key), rfc4226[1]) != 0)
		return 5;
	return C_Finalize(NULL) == CKR_OK ? 0 : 6;
}

static void a_child_does_not_have_the_password_that_the_parent_gave(void **state)
{
	int status = -1;
	CK_OBJECT_HANDLE key;
	pid_t pid;

	(void)state;
	(void)create(CKK_HOTP, "a", SEED20);
	set_password(PASSWORD);
	assert_int_equal(find_one("a"), 0);
	assert_int_equal(unlock(PASSWORD), CKR_OK);
	key = find_one("a");
	assert_string_equal(hotp(key), rfc4226[0]);
	pid = fork();
	if (pid == 0)
		_exit(child(key));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	/* The child's card was a copy. */
	assert_string_equal(hotp(key), rfc4226[1]);
	assert_string_equal(hotp(find_one("a")), rfc4226[2]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_child_does_not_have_the_password_that_the_parent_gave,
					    otp_module_setup, otp_module_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
