/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Waiting for whoever has the interface, or the turn: cardclient/usb_claim.c, with a clock that goes on only
 * where it waits.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "cardclient/usb.h"

#define PATIENCE_MS 30000u

static struct bench {
	uint64_t now;
	enum cs_err claim;
	bool kept;
	struct usb_device device;
	int other; /* somebody else's descriptor of the node */
} bench;

const struct usb_roots usb_system = {.devices = "", .nodes = "", .processes = ""};

enum cs_err usb_claim(struct usb_device *d)
{
	(void)d;
	return bench.claim;
}

bool usb_kept(const struct usb_roots *roots, const char *node)
{
	(void)roots;
	(void)node;
	return bench.kept;
}

int __wrap_clock_gettime(clockid_t id, struct timespec *out);
int __wrap_poll(struct pollfd *fds, nfds_t count, int ms);

int __wrap_clock_gettime(clockid_t id, struct timespec *out)
{
	(void)id;
	*out = (struct timespec){.tv_sec = (time_t)(bench.now / 1000),
				 .tv_nsec = (long)(bench.now % 1000) * 1000000};
	return 0;
}

int __wrap_poll(struct pollfd *fds, nfds_t count, int ms)
{
	(void)fds;
	(void)count;
	bench.now += (uint64_t)ms;
	return 0;
}

static int setup(void **state)
{
	char node[] = "/tmp/usb-claim-XXXXXX";

	(void)state;
	bench = (struct bench){.now = 5000, .claim = CS_OK};
	bench.device.fd = mkstemp(node);
	bench.other = open(node, O_RDWR | O_CLOEXEC);
	(void)unlink(node);
	return bench.device.fd >= 0 && bench.other >= 0 ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	close(bench.device.fd);
	close(bench.other);
	return 0;
}

/* How long it took. */
static uint64_t wait_for(enum cs_err expected, unsigned ms)
{
	uint64_t began = bench.now;

	assert_int_equal(usb_claim_wait(&bench.device, "", ms), expected);
	return bench.now - began;
}

static void what_is_free_is_claimed_at_once_and_the_turn_is_given_back(void **state)
{
	(void)state;
	assert_int_equal(wait_for(CS_OK, PATIENCE_MS), 0);
	assert_int_equal(flock(bench.other, LOCK_EX | LOCK_NB), 0);
}

static void a_turn_that_somebody_keeps_is_waited_for_once_and_not_before_each_command(void **state)
{
	uint64_t waited;

	(void)state;
	assert_int_equal(flock(bench.other, LOCK_EX | LOCK_NB), 0);
	waited = wait_for(CS_OK, PATIENCE_MS);
	assert_true(waited >= 2000 && waited < 2100);
	assert_int_equal(wait_for(CS_OK, PATIENCE_MS), 0);
	bench.now += 60000;
	assert_int_equal(wait_for(CS_OK, PATIENCE_MS), 0);
	bench.now += 5 * 60000; /* he may be another by now */
	waited = wait_for(CS_OK, PATIENCE_MS);
	assert_true(waited >= 2000 && waited < 2100);
}

static void who_has_the_interface_is_waited_for_unless_he_keeps_it(void **state)
{
	uint64_t waited;

	(void)state;
	bench.claim = CS_ERR_BUSY;
	waited = wait_for(CS_ERR_BUSY, PATIENCE_MS);
	assert_true(waited >= PATIENCE_MS && waited < PATIENCE_MS + 100);
	bench.kept = true;
	assert_true(wait_for(CS_ERR_BUSY, PATIENCE_MS) < 1000);
	assert_int_equal(wait_for(CS_ERR_BUSY, 0), 0);
}

static void that_the_device_has_gone_is_told_at_once(void **state)
{
	(void)state;
	bench.claim = CS_ERR_REMOVED;
	assert_int_equal(wait_for(CS_ERR_REMOVED, PATIENCE_MS), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    CASE(what_is_free_is_claimed_at_once_and_the_turn_is_given_back),
	    CASE(a_turn_that_somebody_keeps_is_waited_for_once_and_not_before_each_command),
	    CASE(who_has_the_interface_is_waited_for_unless_he_keeps_it),
	    CASE(that_the_device_has_gone_is_told_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
