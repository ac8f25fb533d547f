/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Where courier may connect to, whatever clothes an address wears.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "daemon/courier.h"

static bool ask(const char *text, const char *allow, bool (*rule)(const struct sockaddr *, const char *))
{
	struct sockaddr_in four = {.sin_family = AF_INET};
	struct sockaddr_in6 six = {.sin6_family = AF_INET6};
	struct sockaddr_storage address = {0};

	if (inet_pton(AF_INET, text, &four.sin_addr) == 1) {
		memcpy(&address, &four, sizeof(four));
	} else {
		assert_int_equal(inet_pton(AF_INET6, text, &six.sin6_addr), 1);
		memcpy(&address, &six, sizeof(six));
	}
	return rule((const struct sockaddr *)&address, allow);
}

static void nobody_s_addresses_are_refused(void **state)
{
	static const char *const closed[] = {
	    "0.0.0.0",
	    "10.0.0.1",
	    "100.64.0.1",
	    "100.127.255.255",
	    "127.0.0.1",
	    "127.255.255.254",
	    "169.254.169.254",
	    "172.16.0.1",
	    "172.31.255.255",
	    "192.0.0.1",
	    "192.0.2.1",
	    "192.168.1.1",
	    "198.18.0.1",
	    "198.19.255.255",
	    "198.51.100.1",
	    "203.0.113.1",
	    "224.0.0.1",
	    "255.255.255.255",
	    "::",
	    "::1",
	    "::127.0.0.1",
	    "::ffff:127.0.0.1",
	    "::ffff:169.254.169.254",
	    "64:ff9b::10.0.0.1",
	    "2002:7f00:1::",
	    "2002:a00:1::1",
	    "fe80::1",
	    "fc00::1",
	    "fdff::1",
	    "fec0::1",
	    "ff02::1",
	    "2001:db8::1",
	    "2001::1",
	    "100::1",
	    "3fff::1",
	    "5f00::1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(closed) / sizeof(closed[0]); i++)
		if (ask(closed[i], "", courier_may_connect))
			fail_msg("%s may be connected to", closed[i]);
}

static void the_internet_s_are_not(void **state)
{
	static const char *const open[] = {
	    "1.1.1.1",	  "100.63.255.255",  "100.128.0.1",	 "172.15.255.255",
	    "172.32.0.1", "169.253.0.1",     "192.0.1.1",	 "198.17.255.255",
	    "198.20.0.1", "223.255.255.255", "2606:4700::1",	 "2001:4860:4860::8888",
	    "2a00::1",	  "::ffff:1.1.1.1",  "64:ff9b::1.1.1.1", "2002:101:101::1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++)
		if (!ask(open[i], "", courier_may_connect))
			fail_msg("%s may not be connected to", open[i]);
}

static void what_is_named_may_be_and_nothing_beside_it(void **state)
{
	static const char allow[] = "127.0.0.1 10.1.0.0/16  fd00:1::/32";

	(void)state;
	assert_true(ask("127.0.0.1", allow, courier_may_connect));
	assert_true(ask("::ffff:127.0.0.1", allow, courier_may_connect));
	assert_false(ask("127.0.0.2", allow, courier_may_connect));
	assert_true(ask("10.1.255.255", allow, courier_may_connect));
	assert_false(ask("10.2.0.0", allow, courier_may_connect));
	assert_true(ask("fd00:1::7", allow, courier_may_connect));
	assert_false(ask("fd00:2::7", allow, courier_may_connect));
	assert_false(ask("::1", allow, courier_may_connect));
	assert_true(ask("1.1.1.1", allow, courier_may_connect));
	assert_false(ask("1.1.1.1", allow, courier_is_named));
	assert_true(ask("10.1.2.3", allow, courier_is_named));
	assert_true(ask("0.0.0.0", "0.0.0.0/0", courier_may_connect));
}

static void a_list_that_is_none_is_told(void **state)
{
	(void)state;
	assert_true(courier_allow_valid(""));
	assert_true(courier_allow_valid("127.0.0.1 ::1 10.0.0.0/8"));
	assert_false(courier_allow_valid("localhost"));
	assert_false(courier_allow_valid("10.0.0.0/33"));
	assert_false(courier_allow_valid("10.0.0.0/"));
	assert_false(courier_allow_valid("10.0.0.0/8x"));
	assert_false(courier_allow_valid("10.0.0.0/-1"));
	assert_false(courier_allow_valid("127.0.0.1, ::1"));
	assert_true(courier_allow_valid("fd00::/128"));
	assert_false(courier_allow_valid("fd00::/129"));
}

static void other_families_are_refused(void **state)
{
	struct sockaddr_storage address = {.ss_family = AF_UNIX};

	(void)state;
	assert_false(courier_may_connect((const struct sockaddr *)&address, "0.0.0.0/0 ::/0"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nobody_s_addresses_are_refused),
	    cmocka_unit_test(the_internet_s_are_not),
	    cmocka_unit_test(what_is_named_may_be_and_nothing_beside_it),
	    cmocka_unit_test(a_list_that_is_none_is_told),
	    cmocka_unit_test(other_families_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
