/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Readers that do not answer, or not at once: cardclient/transport_usb.c, with what is plugged in, the
 * readers' answers, the clock and waits in our hands. A look that held its lock meanwhile would stand still:
 * then the alarm ends this.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cardclient/usb.h"

#define LOOK_MAX_MS 3000u
#define ALARM_S	    120
#define WAITS_MAX   120

static struct bench {
	void *state;
	uint64_t now;
	size_t plugged; /* slots */
	unsigned probes;
	unsigned takes_ms;	 /* each answer */
	enum cs_err answers;	 /* with this */
	bool present;		 /* and, where that is CS_OK, with this */
	void (*meanwhile)(void); /* in the middle of each */
	bool unready;		 /* one more device, which is not configured */
	unsigned waits;
	int wait_ms[WAITS_MAX];
	unsigned change_at; /* this wait ends with a node that was changed */
} bench;

/* ---- what is plugged in, and answers ---- */

const struct usb_roots usb_system = {.devices = "", .nodes = "", .processes = ""};

void usb_scan(const struct usb_roots *roots, struct usb_slot *out, size_t max, size_t *count, bool *unready)
{
	(void)roots;
	*unready = bench.unready;
	*count = bench.plugged < max ? bench.plugged : max;
	for (size_t i = 0; i < *count; i++) {
		out[i] = (struct usb_slot){.plugged = 100, .usable = true, .slot = (uint8_t)i};
		(void)snprintf(out[i].name, sizeof(out[i].name), "Reader %zu", i);
		(void)snprintf(out[i].path, sizeof(out[i].path), "1-%zu", i);
	}
}

bool usb_slot_claimed(const struct usb_roots *roots, const struct usb_slot *slot)
{
	(void)roots;
	(void)slot;
	return false;
}

const char *ccid_interface_lacks(const struct ccid_interface *interface)
{
	(void)interface;
	return NULL;
}

enum cs_err usb_link_probe(const struct usb_slot *slot, unsigned ms, bool *present)
{
	void (*meanwhile)(void) = bench.meanwhile;

	(void)slot;
	bench.probes++;
	bench.meanwhile = NULL;
	if (meanwhile)
		meanwhile();
	bench.now += bench.takes_ms < ms ? bench.takes_ms : ms;
	*present = bench.present;
	return bench.answers;
}

int __wrap_poll(struct pollfd *fds, nfds_t count, int ms);

/* The last of them finds a reader more. */
int __wrap_poll(struct pollfd *fds, nfds_t count, int ms)
{
	assert_int_equal(count, 3);
	assert_true(bench.waits < WAITS_MAX);
	fds[0].revents = fds[1].revents = fds[2].revents = 0;
	bench.wait_ms[bench.waits++] = ms;
	bench.now += ms > 0 ? (uint64_t)ms : 0;
	if (bench.waits == WAITS_MAX)
		bench.plugged++;
	if (bench.waits != bench.change_at)
		return 0;
	fds[1].revents = POLLIN;
	return 1;
}

uint64_t usb_now_ms(void)
{
	return bench.now;
}

bool usb_lib_there(void)
{
	return true;
}

void usb_lib_hold(void)
{
}

void usb_lib_drop(void)
{
}

void usb_lib_forks_expect(void)
{
}

/* ---- what is not used here ---- */

enum cs_err usb_link_connect(const struct usb_slot *slot, void **link, struct cs_writer *atr)
{
	(void)slot;
	(void)link;
	(void)atr;
	return CS_ERR_NO_CARD;
}

void usb_link_disconnect(void *link)
{
	(void)link;
}

void usb_link_forget(void *link)
{
	(void)link;
}

enum cs_err usb_link_reconnect(void *link)
{
	(void)link;
	return CS_ERR_REMOVED;
}

enum cs_err usb_link_reset(void *link)
{
	(void)link;
	return CS_ERR_REMOVED;
}

enum cs_err usb_link_begin(void *link)
{
	(void)link;
	return CS_ERR_REMOVED;
}

void usb_link_end(void *link)
{
	(void)link;
}

enum cs_err usb_link_transmit(void *link, struct cs_view command, struct cs_writer *response)
{
	(void)link;
	(void)command;
	(void)response;
	return CS_ERR_REMOVED;
}

bool usb_link_short(void *link)
{
	(void)link;
	return false;
}

/* ---- the tests ---- */

static int setup(void **state)
{
	(void)state;
	bench = (struct bench){.now = 1000000, .answers = CS_OK, .present = true};
	alarm(ALARM_S);
	return usb_open("", &bench.state) == CS_OK ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	usb_close(bench.state);
	alarm(0);
	return 0;
}

static size_t with_a_card(void)
{
	struct cc_reader readers[CC_READERS_MAX];
	size_t count, present = 0;

	assert_int_equal(usb_readers(bench.state, readers, CC_READERS_MAX, &count), CS_OK);
	assert_int_equal(count, bench.plugged);
	for (size_t i = 0; i < count; i++)
		present += readers[i].present;
	return present;
}

static void each_reader_is_asked_once_and_an_empty_one_again_after_a_while(void **state)
{
	(void)state;
	bench.plugged = 2;
	assert_int_equal(with_a_card(), 2);
	assert_int_equal(with_a_card(), 2);
	assert_int_equal(bench.probes, 2);
	bench.plugged = 3;
	bench.present = false;
	assert_int_equal(with_a_card(), 2);
	assert_int_equal(with_a_card(), 2);
	assert_int_equal(bench.probes, 3);
	bench.now += 1000;
	bench.present = true;
	assert_int_equal(with_a_card(), 3);
	assert_int_equal(bench.probes, 4);
}

static void readers_that_hang_cost_one_look_a_few_seconds_and_the_next_one_nothing(void **state)
{
	uint64_t began = bench.now;

	(void)state;
	bench.plugged = CC_READERS_MAX;
	bench.takes_ms = 1000;
	bench.answers = CS_ERR_TIMEOUT;
	assert_int_equal(with_a_card(), CC_READERS_MAX);
	assert_true(bench.now - began <= LOOK_MAX_MS);
	began = bench.now;
	assert_int_equal(with_a_card(), CC_READERS_MAX);
	assert_int_equal(bench.now, began);
}

static void look_beside(void)
{
	assert_int_equal(with_a_card(), bench.plugged);
}

static void who_looks_while_another_waits_for_a_reader_does_not_wait_and_does_not_ask_it(void **state)
{
	(void)state;
	bench.plugged = 1;
	bench.present = false;
	bench.meanwhile = look_beside;
	assert_int_equal(with_a_card(), 0);
	assert_int_equal(bench.probes, 1);
}

static void unplug(void)
{
	bench.plugged = 0;
	assert_int_equal(with_a_card(), 0);
}

static void a_reader_that_goes_while_it_is_asked_is_gone(void **state)
{
	(void)state;
	bench.plugged = 1;
	bench.meanwhile = unplug;
	assert_int_equal(with_a_card(), 0);
	bench.plugged = 1;
	assert_int_equal(with_a_card(), 1);
	assert_int_equal(bench.probes, 2);
}

static void assert_waits(size_t from, size_t to, int ms)
{
	for (size_t i = from; i < to; i++)
		assert_int_equal(bench.wait_ms[i], ms);
}

static void a_device_that_is_never_configured_is_looked_at_in_haste_for_a_few_seconds_only(void **state)
{
	(void)state;
	bench.unready = true;
	bench.change_at = 60;
	assert_int_equal(usb_wait_beside(bench.state, NULL, 0, -1, -1), CS_OK);
	assert_int_equal(bench.waits, WAITS_MAX);
	assert_waits(0, 50, 100);
	assert_waits(50, 60, 1000);
	assert_waits(60, 110, 100); /* since it may be that device */
	assert_waits(110, WAITS_MAX, 1000);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    CASE(each_reader_is_asked_once_and_an_empty_one_again_after_a_while),
	    CASE(readers_that_hang_cost_one_look_a_few_seconds_and_the_next_one_nothing),
	    CASE(who_looks_while_another_waits_for_a_reader_does_not_wait_and_does_not_ask_it),
	    CASE(a_reader_that_goes_while_it_is_asked_is_gone),
	    CASE(a_device_that_is_never_configured_is_looked_at_in_haste_for_a_few_seconds_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
