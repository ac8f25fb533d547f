/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Who is said to have a token: cardclient/usb_holder.c, with processes in a folder made like /proc.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cardclient/usb.h"

#define NODE "/dev/bus/usb/001/007"

static struct bench {
	char dir[32];
	struct usb_roots roots;
	struct usb_slot slot;
	char text[400];
} bench;

bool usb_lib_there(void)
{
	return true;
}

const char *ccid_interface_lacks(const struct ccid_interface *interface)
{
	(void)interface;
	return NULL;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

static int setup(void **state)
{
	(void)state;
	bench = (struct bench){.dir = "/tmp/usb-holder-XXXXXX",
			       .slot = {.node = NODE, .name = "Token", .usable = true}};
	bench.roots = (struct usb_roots){.devices = "", .nodes = "", .processes = bench.dir};
	return mkdtemp(bench.dir) != NULL ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	return nftw(bench.dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void put(const char *pid, const char *file, const char *text)
{
	char path[80];

	(void)snprintf(path, sizeof(path), "%s/%s", bench.dir, pid);
	(void)mkdir(path, 0755);
	(void)snprintf(path, sizeof(path), "%s/%s/%s", bench.dir, pid, file);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* Its files cannot be seen. */
static void process(const char *pid, const char *name, const char *uid)
{
	char status[80];

	(void)snprintf(status, sizeof(status), "Name:\t%s\nUid:\t%s\t%s\t%s\t%s\n", name, uid, uid, uid, uid);
	put(pid, "comm", name);
	put(pid, "status", status);
}

static void opens(const char *pid, const char *file)
{
	char path[80];

	(void)snprintf(path, sizeof(path), "%s/%s/fd", bench.dir, pid);
	assert_int_equal(mkdir(path, 0755), 0);
	(void)snprintf(path, sizeof(path), "%s/%s/fd/5", bench.dir, pid);
	assert_int_equal(symlink(file, path), 0);
}

static const char *explained(void)
{
	assert_true(usb_explain(&bench.roots, &bench.slot, CS_ERR_BUSY, bench.text, sizeof(bench.text)));
	return bench.text;
}

static void who_has_it_open_is_named_with_what_to_do(void **state)
{
	static const struct {
		const char *name, *says, *advice;
		bool keeps;
	} rows[] = {
	    {"pcscd", "pcscd (process 12) has the token \"Token\"", "systemctl stop", true},
	    {"scdaemon", "scdaemon (process 12) has the token \"Token\"", "gpgconf --kill scdaemon", true},
	    {"tool", "tool (process 12) has the token \"Token\"", "try again when it has done", false},
	};

	(void)state;
	process("11", "pcscd", "0");
	opens("11", "/dev/null");
	process("12", "", "1000");
	opens("12", NODE);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		put("12", "comm", rows[i].name);
		assert_ptr_equal(strstr(explained(), rows[i].says), bench.text);
		assert_non_null(strstr(bench.text, rows[i].advice));
		assert_int_equal(usb_kept(&bench.roots, NODE), rows[i].keeps);
	}
}

static void a_pcscd_of_the_systems_that_cannot_be_looked_into_is_a_guess_and_said_to_be_one(void **state)
{
	(void)state;
	process("12", "pcscd", "0");
	assert_ptr_equal(strstr(explained(), "pcscd (process 12) most probably has the token"), bench.text);
	assert_true(usb_kept(&bench.roots, NODE));
	process("12", "pcscd", "998");
	assert_non_null(strstr(explained(), "most probably"));
}

static void a_program_that_calls_itself_pcscd_is_not_blamed(void **state)
{
	(void)state;
	process("12", "pcscd", "1000");
	assert_non_null(strstr(explained(), "another user's program has the token"));
	assert_false(usb_kept(&bench.roots, NODE));
	put("12", "status", "Name:\tpcscd\n"); /* it ends */
	assert_false(usb_kept(&bench.roots, NODE));
	process("12", "other", "0");
	assert_false(usb_kept(&bench.roots, NODE));
}

static void rights_come_before_who_has_it(void **state)
{
	(void)state;
	bench.slot.usable = false;
	assert_non_null(strstr(explained(), "may not use the token"));
	bench.slot.usable = true;
	assert_false(usb_explain(&bench.roots, &bench.slot, CS_ERR_IO, bench.text, sizeof(bench.text)));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    CASE(who_has_it_open_is_named_with_what_to_do),
	    CASE(a_pcscd_of_the_systems_that_cannot_be_looked_into_is_a_guess_and_said_to_be_one),
	    CASE(a_program_that_calls_itself_pcscd_is_not_blamed),
	    CASE(rights_come_before_who_has_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
