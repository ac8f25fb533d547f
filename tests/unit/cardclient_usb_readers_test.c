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
	size_t first, plugged; /* slots; where they are plugged in begins with the first one's number */
	bool one_name, barred; /* they call themselves the same; this user may not open them */
	unsigned probes;
	unsigned takes_ms;		     /* each answer */
	enum cs_err answers;		     /* with this */
	bool present;			     /* and, where that is CS_OK, with this */
	void (*meanwhile)(void);	     /* in the middle of each */
	bool unready;			     /* one more device, which is not configured */
	void (*at_wait)(struct pollfd *fds); /* instead of what follows */
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
		out[i] = (struct usb_slot){.plugged = 100, .usable = !bench.barred};
		(void)snprintf(out[i].path, sizeof(out[i].path), "1-%zu", bench.first + i);
		if (bench.one_name)
			(void)snprintf(out[i].name, sizeof(out[i].name), "Reader");
		else
			(void)snprintf(out[i].name, sizeof(out[i].name), "Reader %zu", bench.first + i);
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

int __real_poll(struct pollfd *fds, nfds_t count, int ms);
int __wrap_poll(struct pollfd *fds, nfds_t count, int ms);

/* The last of them finds a reader more. */
int __wrap_poll(struct pollfd *fds, nfds_t count, int ms)
{
	assert_int_equal(count, 3);
	assert_true(bench.waits < WAITS_MAX);
	fds[0].revents = fds[1].revents = fds[2].revents = 0;
	bench.wait_ms[bench.waits++] = ms;
	bench.now += ms > 0 ? (uint64_t)ms : 0;
	if (bench.at_wait) {
		bench.at_wait(fds);
		return fds[0].revents || fds[1].revents || fds[2].revents;
	}
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

static size_t listed(struct cc_reader readers[CC_READERS_MAX])
{
	size_t count;

	assert_int_equal(usb_readers(bench.state, readers, CC_READERS_MAX, &count), CS_OK);
	return count;
}

static void readers_of_one_name_are_told_apart_by_where_they_are_and_who_has_a_name_keeps_it(void **state)
{
	struct cc_reader readers[CC_READERS_MAX];

	(void)state;
	bench.one_name = true;
	bench.first = 1;
	bench.plugged = 2;
	assert_int_equal(listed(readers), 2);
	assert_string_equal(readers[0].name, "Reader");
	assert_string_equal(readers[1].name, "Reader at 1-2");
	bench.first = 0; /* one comes before them */
	bench.plugged = 3;
	assert_int_equal(listed(readers), 3);
	assert_string_equal(readers[0].name, "Reader at 1-0");
	assert_string_equal(readers[1].name, "Reader");
	assert_string_equal(readers[2].name, "Reader at 1-2");
	bench.first = 2; /* two go */
	bench.plugged = 1;
	assert_int_equal(listed(readers), 1);
	assert_string_equal(readers[0].name, "Reader at 1-2");
}

static void where_more_are_plugged_in_than_there_is_room_for_that_is_said(void **state)
{
	struct cc_reader readers[2];
	size_t count;

	(void)state;
	bench.plugged = 2;
	assert_int_equal(usb_readers(bench.state, readers, 2, &count), CS_OK);
	bench.plugged = 3;
	assert_int_equal(usb_readers(bench.state, readers, 2, &count), CS_ERR_NO_SPACE);
	assert_int_equal(count, 2);
}

static void a_reader_that_this_user_may_not_open_is_not_asked_and_is_another_when_he_may(void **state)
{
	struct cc_reader before[CC_READERS_MAX], after[CC_READERS_MAX];

	(void)state;
	bench.plugged = 1;
	bench.barred = true;
	assert_int_equal(listed(before), 1);
	assert_false(before[0].present);
	assert_int_equal(bench.probes, 0);
	bench.barred = false;
	assert_int_equal(listed(after), 1);
	assert_true(after[0].present);
	assert_true(cc_readers_differ(after, 1, before, 1));
}

static void a_card_that_is_not_there_after_all_may_come(void **state)
{
	uint8_t atr[33];
	struct cs_writer w = CS_WRITER_OF(atr);
	void *link;

	(void)state;
	assert_int_equal(usb_connect(bench.state, "Reader 0", &link, &w), CS_ERR_NO_READER);
	bench.plugged = 1; /* which nobody has looked at */
	assert_int_equal(usb_connect(bench.state, "Reader 0", &link, &w), CS_ERR_NO_CARD);
	assert_int_equal(with_a_card(), 0);
	bench.now += 1000;
	assert_int_equal(with_a_card(), 1);
}

/* Where the kernel has no watch left for us, it is looked again. */
static void goes(struct pollfd *fds)
{
	assert_int_equal(bench.wait_ms[0], fds[1].fd >= 0 ? -1 : 1000);
	bench.plugged = 0;
	fds[1].revents = POLLIN;
}

static void who_waits_is_told_when_a_reader_goes_and_polls_for_nothing_meanwhile(void **state)
{
	struct cc_reader known[CC_READERS_MAX];

	(void)state;
	bench.plugged = 1;
	bench.at_wait = goes;
	assert_int_equal(listed(known), 1);
	assert_int_equal(usb_wait_beside(bench.state, known, 1, -1, -1), CS_OK);
	assert_int_equal(bench.waits, 1);
}

static void card_comes(struct pollfd *fds)
{
	(void)fds;
	bench.present = bench.waits == 2;
}

static void a_slot_that_was_seen_empty_is_asked_every_second_for_who_waits(void **state)
{
	struct cc_reader known[CC_READERS_MAX];

	(void)state;
	bench.plugged = 1;
	bench.present = false;
	bench.at_wait = card_comes;
	assert_int_equal(listed(known), 1);
	assert_int_equal(usb_wait_beside(bench.state, known, 1, -1, -1), CS_OK);
	assert_int_equal(bench.waits, 2);
	assert_waits(0, 2, 1000);
	assert_int_equal(bench.probes, 3);
}

static void is_called_off(struct pollfd *fds)
{
	usb_wake(bench.state);
	assert_int_equal(__real_poll(fds, 1, 0), 1);
}

static void a_wait_ends_when_it_is_called_off_and_so_does_each_later_one(void **state)
{
	(void)state;
	bench.at_wait = is_called_off;
	assert_int_equal(usb_wait_beside(bench.state, NULL, 0, -1, -1), CS_ERR_CANCELLED);
	assert_int_equal(usb_wait_beside(bench.state, NULL, 0, -1, -1), CS_ERR_CANCELLED);
	assert_int_equal(bench.waits, 2);
}

static void callers_reason(struct pollfd *fds)
{
	assert_int_equal(fds[2].fd, 12345);
	fds[2].revents = POLLIN;
}

static void nothing_happens(struct pollfd *fds)
{
	(void)fds;
}

static void a_wait_ends_for_the_callers_own_reason_and_after_his_time(void **state)
{
	(void)state;
	bench.at_wait = callers_reason;
	assert_int_equal(usb_wait_beside(bench.state, NULL, 0, 12345, -1), CS_OK);
	assert_int_equal(bench.waits, 1);
	bench.at_wait = nothing_happens;
	bench.unready = true;
	assert_int_equal(usb_wait_beside(bench.state, NULL, 0, -1, 70), CS_OK);
	assert_int_equal(bench.wait_ms[1], 70);
	assert_int_equal(bench.waits, 2);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    CASE(each_reader_is_asked_once_and_an_empty_one_again_after_a_while),
	    CASE(readers_that_hang_cost_one_look_a_few_seconds_and_the_next_one_nothing),
	    CASE(who_looks_while_another_waits_for_a_reader_does_not_wait_and_does_not_ask_it),
	    CASE(a_reader_that_goes_while_it_is_asked_is_gone),
	    CASE(readers_of_one_name_are_told_apart_by_where_they_are_and_who_has_a_name_keeps_it),
	    CASE(where_more_are_plugged_in_than_there_is_room_for_that_is_said),
	    CASE(a_reader_that_this_user_may_not_open_is_not_asked_and_is_another_when_he_may),
	    CASE(a_card_that_is_not_there_after_all_may_come),
	    CASE(who_waits_is_told_when_a_reader_goes_and_polls_for_nothing_meanwhile),
	    CASE(a_slot_that_was_seen_empty_is_asked_every_second_for_who_waits),
	    CASE(a_wait_ends_when_it_is_called_off_and_so_does_each_later_one),
	    CASE(a_wait_ends_for_the_callers_own_reason_and_after_his_time),
	    CASE(a_device_that_is_never_configured_is_looked_at_in_haste_for_a_few_seconds_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
