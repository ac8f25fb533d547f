/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The Unix socket's file: root makes it in a directory that another account may own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "daemon/front_local.h"

static unsigned chmods;

/* In the C library's place: by the time of a chmod by name, another file may have the name. */
int chmod(const char *path, mode_t mode)
{
	(void)path;
	(void)mode;
	chmods++;
	return 0;
}

static void the_socket_is_for_everyone_from_its_bind_on_and_its_mode_is_not_changed_by_name(void **state)
{
	static struct config config;
	char directory[] = "/tmp/countersign-socket.XXXXXX";
	struct stat st;

	(void)state;
	assert_non_null(mkdtemp(directory));
	(void)snprintf(config.socket, sizeof config.socket, "%s/socket", directory);
	const mode_t before = umask(077);
	int fd = front_local_open(&config);
	assert_int_equal(umask(before), 077);
	assert_true(fd >= 0);
	assert_int_equal(stat(config.socket, &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	assert_int_equal(st.st_mode & 07777, 0666);
	assert_int_equal(chmods, 0);
	/* Nor is one that is in use taken away. */
	assert_int_equal(front_local_open(&config), -1);
	assert_int_equal(close(fd), 0);
	fd = front_local_open(&config);
	assert_true(fd >= 0);
	assert_int_equal(close(fd), 0);
	assert_int_equal(unlink(config.socket), 0);
	assert_int_equal(rmdir(directory), 0);
}

static void nobody_is_not_let_in_as_an_account_of_its_own(void **state)
{
	static struct config config;
	struct front_local local;

	(void)state;
	(void)snprintf(config.socket_users, sizeof config.socket_users, "daemon bin");
	assert_int_equal(front_local_users(&config, &local), CS_OK);
	assert_int_equal(local.count, 4);
	/* Debian's nobody has the number that the kernel gives every account that a user namespace does not
	 * have. */
	(void)snprintf(config.socket_users, sizeof config.socket_users, "daemon nobody");
	assert_int_equal(front_local_users(&config, &local), CS_ERR_ARG);
	(void)snprintf(config.socket_users, sizeof config.socket_users, "daemon nobodyatall");
	assert_int_equal(front_local_users(&config, &local), CS_ERR_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_socket_is_for_everyone_from_its_bind_on_and_its_mode_is_not_changed_by_name),
	    cmocka_unit_test(nobody_is_not_let_in_as_an_account_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
