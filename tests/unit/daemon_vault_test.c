/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A module that does not come back from C_Login, in the vault's process: SoftHSM's, with functions of ours in
 * it.
 */
#include <fcntl.h>
#include <p11-kit/p11-kit.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/file.h"
#include "daemon/vault.h"

#define MODULE "/usr/lib/softhsm/libsofthsm2.so"
#define LOGINS                                                                                               \
	"VAULT_TEST_LOGINS" /* the file of a byte for each login; the vault's processes have it from the     \
			       environment */

static const char *const names[] = {"softhsm2.conf", "pin", "logins"};
static char world[64], path[3][128];

static CK_RV dying_open(CK_SLOT_ID slot, CK_FLAGS flags, CK_VOID_PTR application, CK_NOTIFY notify,
			CK_SESSION_HANDLE_PTR session)
{
	(void)slot;
	(void)flags;
	(void)application;
	(void)notify;
	*session = 1;
	return CKR_OK;
}

static CK_RV dying_login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR_PTR pin, CK_ULONG len)
{
	const int fd = open(getenv(LOGINS), O_WRONLY | O_APPEND | O_CLOEXEC);

	(void)session;
	(void)user;
	(void)pin;
	(void)len;
	if (write(fd, "x", 1) != 1)
		_exit(2);
	(void)close(fd);
	(void)raise(SIGKILL);
	return CKR_OK;
}

/* The module stays loaded, with these in it, in what this process forks. */
static void vault_with_such_a_module(int argc, char **argv)
{
	CK_FUNCTION_LIST *p11 =
	    argc == 2 && getenv(LOGINS) ? p11_kit_module_load(MODULE, P11_KIT_MODULE_UNMANAGED) : NULL;

	if (p11) {
		p11->C_OpenSession = dying_open;
		p11->C_Login = dying_login;
	}
	vault_child(argc, argv);
}

static int world_make(void **state)
{
	char text[256];

	(void)state;
	(void)snprintf(world, sizeof(world), "%s/vault.XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	assert_non_null(mkdtemp(world));
	(void)snprintf(text, sizeof(text), "directories.tokendir = %s\nobjectstore.backend = file\n", world);
	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(path[i], sizeof(path[i]), "%s/%s", world, names[i]);
		assert_int_equal(file_create(path[i], 0600,
					     cs_view_string(i == 0   ? text
							    : i == 1 ? "482915\n"
								     : "")),
				 CS_OK);
	}
	assert_int_equal(setenv("SOFTHSM2_CONF", path[0], 1), 0);
	assert_int_equal(setenv(LOGINS, path[2], 1), 0);
	return 0;
}

static int world_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++)
		(void)unlink(path[i]);
	return rmdir(world);
}

/* So many requests take longer than the pause before another process is there, if one is. */
static void a_pin_is_not_tried_again_after_a_login_that_killed_the_process(void **state)
{
	struct vault *vault;
	struct stat logins;
	static char error[CONFIG_ERROR_MAX];
	char uri[256];

	(void)state;
	if (access(MODULE, R_OK) != 0) {
		print_message("# SoftHSM (package softhsm2) is not installed\n");
		skip();
	}
	(void)snprintf(uri, sizeof(uri), "pkcs11:object=k?module-path=" MODULE "&pin-source=file:%s",
		       path[1]);
	assert_int_equal(vault_start(uri, &vault, error), CS_OK);
	for (unsigned i = 0; i < 50000; i++) {
		uint8_t sealed[128];
		struct cs_writer w = CS_WRITER_OF(sealed);
		assert_int_equal(vault_close(vault, CS_VIEW_TEXT("k"), CS_VIEW_TEXT("s"), &w), CS_ERR_WRONG);
	}
	vault_stop(vault);
	assert_int_equal(stat(path[2], &logins), 0);
	assert_int_equal(logins.st_size, 1);
}

int main(int argc, char **argv)
{
	vault_with_such_a_module(argc, argv);
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_pin_is_not_tried_again_after_a_login_that_killed_the_process),
	};

	return cmocka_run_group_tests(tests, world_make, world_end);
}
