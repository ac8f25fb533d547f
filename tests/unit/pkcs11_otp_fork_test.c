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

static int child(CK_OBJECT_HANDLE key, CK_RV (*give)(const char *password))
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
	if (give(PASSWORD) != CKR_OK)
		return 4;
	key = find_one("a");
	if (key == 0 || strcmp(hotp(key), rfc4226[1]) != 0)
		return 5;
	return C_Finalize(NULL) == CKR_OK ? 0 : 6;
}

static void make_locked(void)
{
	(void)create(CKK_HOTP, "a", SEED20);
	set_password(PASSWORD);
}

static void fork_after(CK_RV (*give)(const char *password))
{
	int status = -1;
	CK_OBJECT_HANDLE key;
	pid_t pid;

	assert_int_equal(give(PASSWORD), CKR_OK);
	key = find_one("a");
	assert_string_equal(hotp(key), rfc4226[0]);
	pid = fork();
	if (pid == 0)
		_exit(child(key, give));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	/* The child's card was a copy. */
	assert_string_equal(hotp(key), rfc4226[1]);
	assert_string_equal(hotp(find_one("a")), rfc4226[2]);
}

static void a_child_does_not_have_the_password_that_the_parent_gave(void **state)
{
	(void)state;
	make_locked();
	assert_int_equal(find_one("a"), 0);
	fork_after(unlock);
}

static int alone_setup(void **state)
{
	(void)state;
	if (!transport_card_make(CSGN_PROFILE_PIV))
		return -1;
	transport_card_be(PLAIN_OATH);
	slots_set_backend(&transport_card);
	return C_Initialize(NULL) == CKR_OK &&
		       C_OpenSession(0, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session) == CKR_OK
		   ? 0
		   : -1;
}

/* Where it is the user's PIN. */
static void nor_the_login_of_a_card_with_oath_alone(void **state)
{
	(void)state;
	make_locked();
	fork_after(login);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_child_does_not_have_the_password_that_the_parent_gave,
					    otp_module_setup, otp_module_teardown),
	    cmocka_unit_test_setup_teardown(nor_the_login_of_a_card_with_oath_alone, alone_setup,
					    otp_module_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
