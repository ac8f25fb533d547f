/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Where the USB token is plugged in, and as what.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

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

static volatile sig_atomic_t how_it_ended;

static void child_ended(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)context;
	how_it_ended = info->si_code;
}

static void the_process_that_faces_the_host_is_let_end_by_itself(void **state)
{
	const struct usb_settings settings = {.usbip = "127.0.0.1:0"};
	const struct sigaction ask = {.sa_sigaction = child_ended, .sa_flags = SA_SIGINFO};
	struct sigaction before;
	struct usb_port port;

	(void)state;
	assert_int_equal(sigaction(SIGCHLD, &ask, &before), 0);
	assert_int_equal(usb_port_open(&port, &settings), CS_OK);
	usb_port_close(&port);
	assert_int_equal(sigaction(SIGCHLD, &before, NULL), 0);
	assert_int_equal(how_it_ended, CLD_EXITED);
}

/* A process with a number of our choice; -1 (errno): that takes root, and a number that is free. */
static pid_t process_numbered(pid_t number)
{
	struct clone_args args = {.exit_signal = SIGCHLD, .set_tid = (uintptr_t)&number, .set_tid_size = 1};
	long pid = syscall(SYS_clone3, &args, sizeof(args));

	if (pid == 0)
		for (;;)
			(void)pause();
	return (pid_t)pid;
}

static void a_stranger_with_the_number_of_the_ended_process_is_left_alone(void **state)
{
	const struct usb_settings settings = {.usbip = "127.0.0.1:0"};
	struct usb_port port;
	pid_t stranger, number;

	(void)state;
	assert_true(signal(SIGCHLD, SIG_IGN) != SIG_ERR); /* as --notify does */
	assert_int_equal(usb_port_open(&port, &settings), CS_OK);
	number = port.host;
	assert_int_equal(kill(number, SIGKILL), 0);
	assert_int_equal(waitpid(number, NULL, 0), -1); /* there when it has ended: its number is free */
	stranger = process_numbered(number);
	if (stranger < 0) {
		usb_port_close(&port);
		print_message("# no process can be given the number of another: %s\n", strerror(errno));
		skip();
	}
	assert_int_equal(stranger, number);
	usb_port_close(&port);
	assert_int_equal(waitpid(stranger, NULL, WNOHANG), 0);
	assert_int_equal(kill(stranger, SIGKILL), 0);
	(void)waitpid(stranger, NULL, 0);
	assert_true(signal(SIGCHLD, SIG_DFL) != SIG_ERR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_identity_is_two_numbers_of_four_digits),
	    cmocka_unit_test(what_is_not_said_of_where_to_listen_is_this_computer_alone_and_3240),
	    cmocka_unit_test(of_addresses_only_loopback_ones_are_of_this_computer_alone),
	    cmocka_unit_test(the_first_free_port_of_the_controller_is_taken_and_none_for_super_speed),
	    cmocka_unit_test(without_the_kernels_controller_nothing_is_plugged_in),
	    cmocka_unit_test(the_process_that_faces_the_host_is_let_end_by_itself),
	    cmocka_unit_test(a_stranger_with_the_number_of_the_ended_process_is_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
