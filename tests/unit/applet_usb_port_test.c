/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Where the USB token is plugged in, and as what.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <netinet/in.h>
#include <string.h>

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

/* The IPv4 address and the port that --usbip means by that. */
static void means(const char *text, uint32_t address, uint16_t port)
{
	struct address found;
	const struct sockaddr_in *in = (const struct sockaddr_in *)&found.where;

	assert_int_equal(usbip_address(text, &found), CS_OK);
	assert_int_equal(found.where.ss_family, AF_INET);
	assert_int_equal(ntohl(in->sin_addr.s_addr), address);
	assert_int_equal(ntohs(in->sin_port), port);
}

static void what_is_not_said_of_where_to_listen_is_this_computer_alone_and_3240(void **state)
{
	static const char *const wrong[] = {":", "123456", ":123456", "127.0.0.1:", ":x"};
	struct address found;

	(void)state;
	means("", INADDR_LOOPBACK, 3240);
	means("4000", INADDR_LOOPBACK, 4000);
	means(":4000", INADDR_LOOPBACK, 4000);
	means("127.0.0.1", INADDR_LOOPBACK, 3240);
	means("127.0.0.1:65535", INADDR_LOOPBACK, 65535);
	means("192.0.2.1:4000", 0xC0000201, 4000);
	means("0.0.0.0", INADDR_ANY, 3240);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(usbip_address(wrong[i], &found), CS_ERR_MALFORMED);
}

static void of_addresses_only_loopback_ones_are_of_this_computer_alone(void **state)
{
	static const struct {
		const char *text;
		bool loopback;
	} rows[] = {
	    {"127.0.0.1", true},      {"127.255.0.3:1", true},	      {"[::1]:3240", true},
	    {"[::1]", true},	      {"[::ffff:127.0.0.1]:1", true}, {"0.0.0.0", false},
	    {"128.0.0.1", false},     {"192.0.2.1", false},	      {"[::]:3240", false},
	    {"[2001:db8::1]", false}, {"[::ffff:192.0.2.1]", false},
	};
	struct address found;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(&found, 0, sizeof(found));
		assert_int_equal(usbip_address(rows[i].text, &found), CS_OK);
		assert_int_equal(address_is_loopback(&found), rows[i].loopback);
	}
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
	    cmocka_unit_test(what_is_not_said_of_where_to_listen_is_this_computer_alone_and_3240),
	    cmocka_unit_test(of_addresses_only_loopback_ones_are_of_this_computer_alone),
	    cmocka_unit_test(the_first_free_port_of_the_controller_is_taken_and_none_for_super_speed),
	    cmocka_unit_test(without_the_kernels_controller_nothing_is_plugged_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
