/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Where the USB token is plugged in, and as what.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "applet/port/usb_port.h"
#include "applet/port/vhci.h"

static void an_identity_is_two_numbers_of_four_digits(void **state)
{
	static const char *const wrong[] = {"",		  "1209",      "1209:",	    "1209:001",
					    "1209:00001", "12090001",  "1209-0001", "120g:0001",
					    " 1209:0001", "0x12:0001", "1209:0001 "};
	struct usb_identity id = {0};

	(void)state;
	assert_true(usb_identity_parse("20A0:42b2", &id));
	assert_int_equal(id.vendor, 0x20A0);
	assert_int_equal(id.product, 0x42B2);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(usb_identity_parse(wrong[i], &id));
}

static void the_first_free_port_of_the_controller_is_taken_and_none_for_super_speed(void **state)
{
#define HEADING "hub port sta spd dev      sockfd local_busid\n"
#define TAKEN	HEADING "hs  0000 006 003 00010001 000003 1-1\n" SUPER
#define SUPER	"ss  0008 004 000 00000000 000000 0-0\n"
	unsigned port = 99;

	(void)state;
	assert_false(vhci_free_port("", &port));
	assert_false(vhci_free_port(HEADING, &port));
	assert_false(vhci_free_port(TAKEN, &port));
	assert_int_equal(port, 99);
	assert_true(vhci_free_port(
	    TAKEN "hs  0003 004 000 00000000 000000 0-0\nhs  0004 004 000 00000000 000000 0-0\n", &port));
	assert_int_equal(port, 3);
}

static void without_the_kernels_controller_nothing_is_plugged_in(void **state)
{
	struct vhci vhci = {.attach_fd = -1};

	(void)state;
	assert_int_equal(vhci_open("/nonexistent/vhci_hcd.0", &vhci), CS_ERR_NOT_FOUND);
	assert_int_equal(vhci_open("/proc", &vhci), CS_ERR_NOT_FOUND);
	assert_int_equal(vhci.attach_fd, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_identity_is_two_numbers_of_four_digits),
	    cmocka_unit_test(the_first_free_port_of_the_controller_is_taken_and_none_for_super_speed),
	    cmocka_unit_test(without_the_kernels_controller_nothing_is_plugged_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
