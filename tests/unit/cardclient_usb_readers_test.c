/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Readers that do not answer, or not at once: cardclient/transport_usb.c, with what is plugged in, the
 * readers' answers and the clock in our hands. A look that held its lock meanwhile would stand still: then
 * the alarm ends this.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cardclient/usb.h"

#define LOOK_MAX_MS 3000u
#define ALARM_S	    120

static struct bench {
	void *state;
	uint64_t now;
	size_t plugged; /* slots */
	unsigned probes;
	unsigned takes_ms;	 /* each answer */
	enum cs_err answers;	 /* with this */
	bool present;		 /* and, where that is CS_OK, with this */
	void (*meanwhile)(void); /* in the middle of each */
} bench;

/* ---- what is plugged in, and answers ---- */

const struct usb_roots usb_system = {.devices = "", .nodes = "", .processes = ""};

void usb_scan(const struct usb_roots *roots, struct usb_slot *out, size_t max, size_t *count, bool *unready)
{
	(void)roots;
	*unready = false;
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

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    CASE(each_reader_is_asked_once_and_an_empty_one_again_after_a_while),
	    CASE(readers_that_hang_cost_one_look_a_few_seconds_and_the_next_one_nothing),
	    CASE(who_looks_while_another_waits_for_a_reader_does_not_wait_and_does_not_ask_it),
	    CASE(a_reader_that_goes_while_it_is_asked_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
