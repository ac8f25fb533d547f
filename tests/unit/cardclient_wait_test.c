/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Waiting for a card, over the socket transport: coming, going, and being called off. The card's end is a
 * listening socket of the test's own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cardclient/transport.h"

struct test {
	char dir[64], path[80], spec[96];
	struct cc_context *ctx;
	pthread_t thread;
	struct cc_reader known;
	atomic_int result; /* of the wait, plus 1; 0 while it lasts */
};

static int setup(void **state)
{
	struct test *t = calloc(1, sizeof *t);
	assert_non_null(t);
	snprintf(t->dir, sizeof t->dir, "%s", "/tmp/cardclient-wait-XXXXXX");
	assert_non_null(mkdtemp(t->dir));
	snprintf(t->path, sizeof t->path, "%s/card", t->dir);
	snprintf(t->spec, sizeof t->spec, "socket:%s", t->path);
	assert_int_equal(cc_context_new(t->spec, &t->ctx), CS_OK);
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	struct test *t = *state;
	cc_context_free(t->ctx);
	unlink(t->path);
	rmdir(t->dir);
	free(t);
	return 0;
}

static int card_listen(const struct test *t)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	memcpy(addr.sun_path, t->path, strlen(t->path) + 1);
	assert_int_equal(bind(fd, (const struct sockaddr *)&addr, sizeof addr), 0);
	assert_int_equal(listen(fd, 8), 0);
	return fd;
}

static void look(struct test *t)
{
	size_t count;
	assert_int_equal(cc_readers(t->ctx, &t->known, 1, &count), CS_OK);
	assert_int_equal(count, 1);
}

static void *wait_thread(void *arg)
{
	struct test *t = arg;
	enum cs_err err = cc_wait_change(t->ctx, &t->known, 1);
	atomic_store(&t->result, (int)err + 1);
	return NULL;
}

static enum cs_err wait_end(struct test *t)
{
	assert_int_equal(pthread_join(t->thread, NULL), 0);
	return (enum cs_err)(atomic_load(&t->result) - 1);
}

static void a_card_that_comes_ends_the_wait(void **state)
{
	struct test *t = *state;
	look(t);
	assert_false(t->known.present);
	assert_int_equal(pthread_create(&t->thread, NULL, wait_thread, t), 0);
	int fd = card_listen(t);
	assert_int_equal(wait_end(t), CS_OK);
	look(t);
	assert_true(t->known.present);
	close(fd);
}

static void a_card_that_goes_ends_the_wait(void **state)
{
	struct test *t = *state;
	int fd = card_listen(t);
	look(t);
	assert_true(t->known.present);
	assert_int_equal(pthread_create(&t->thread, NULL, wait_thread, t), 0);
	/* look and the wait each connect: with the wait's connection taken, it is about to sleep, or asleep.
	 */
	int looked = accept(fd, NULL, NULL), waited = accept(fd, NULL, NULL);
	assert_int_equal(atomic_load(&t->result), 0);
	close(fd);
	close(looked);
	close(waited);
	assert_int_equal(wait_end(t), CS_OK);
	look(t);
	assert_false(t->known.present);
}

static void a_change_in_between_ends_the_wait_at_once(void **state)
{
	struct test *t = *state;
	look(t);
	int fd = card_listen(t);
	assert_int_equal(cc_wait_change(t->ctx, &t->known, 1), CS_OK);
	close(fd);
}

static void a_cancelled_wait_returns_in_every_state(void **state)
{
	struct test *t = *state;
	look(t);
	assert_int_equal(pthread_create(&t->thread, NULL, wait_thread, t), 0);
	cc_wait_cancel(t->ctx);
	assert_int_equal(wait_end(t), CS_ERR_CANCELLED);
	assert_int_equal(cc_wait_change(t->ctx, &t->known, 1), CS_ERR_CANCELLED);
}

struct blocked {
	struct cc_context *ctx;
	const struct cc_reader *known;
	size_t count;
	enum cs_err err;
};

static void *block(void *arg)
{
	struct blocked *b = arg;
	b->err = cc_wait_change(b->ctx, b->known, b->count);
	return NULL;
}

static void a_context_on_nonsense_is_refused(void **state)
{
	struct cc_context *ctx = NULL;
	(void)state;
	assert_int_equal(cc_context_new("pigeon", &ctx), CS_ERR_NO_READER);
	assert_int_equal(cc_context_new("usb:what", &ctx), CS_ERR_NO_READER);
	assert_int_equal(cc_context_new("auto:what", &ctx), CS_ERR_NO_READER);
	assert_int_equal(cc_context_new("socket:", &ctx), CS_ERR_NO_READER);
	assert_int_equal(cc_context_new("pcsc:what", &ctx), CS_ERR_NO_READER);
	assert_null(ctx);
}

/* The first of those over PC/SC: libpcsclite of Debian 12 keeps the socket's name that it learned first. */
static void *refuse(void *arg)
{
	const int *fd = arg;
	int client;

	while ((client = accept(*fd, NULL, NULL)) >= 0)
		close(client);
	return NULL;
}

static void a_user_whom_pcscd_refuses_is_told_so(void **state)
{
	static const char *const specs[] = {"pcsc", "auto"};
	struct test *t = *state;
	char text[CC_TROUBLE_MAX];
	pthread_t thread;
	int fd = card_listen(t);

	setenv("PCSCLITE_CSOCK_NAME", t->path, 1);
	assert_int_equal(pthread_create(&thread, NULL, refuse, &fd), 0);
	for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
		struct cc_reader readers[CC_READERS_MAX];
		struct cc_context *ctx;
		size_t count;
		assert_int_equal(cc_context_new(specs[i], &ctx), CS_OK);
		assert_int_equal(cc_readers(ctx, readers, CC_READERS_MAX, &count), CS_OK);
		assert_true(cc_trouble(ctx, "", CS_ERR_NO_READER, text, sizeof text));
		assert_non_null(strstr(text, "pcscd runs, but refuses this user"));
		cc_context_free(ctx);
	}
	shutdown(fd, SHUT_RDWR);
	assert_int_equal(pthread_join(thread, NULL), 0);
	close(fd);
	/* Nobody is there to refuse anyone any more. */
	struct cc_context *ctx;
	assert_int_equal(cc_context_new("pcsc", &ctx), CS_OK);
	assert_false(cc_trouble(ctx, "", CS_ERR_NO_READER, text, sizeof text));
	cc_context_free(ctx);
}

static void pcsc_without_its_service_has_no_readers_and_its_wait_can_be_called_off(void **state)
{
	struct test *t = *state;
	struct cc_context *other = t->ctx;
	size_t count = 9;
	char nobody[96];

	snprintf(nobody, sizeof nobody, "%s/pcscd.comm", t->dir);
	setenv("PCSCLITE_CSOCK_NAME", nobody, 1);
	assert_int_equal(cc_context_new("pcsc", &t->ctx), CS_OK);
	assert_int_equal(cc_readers(t->ctx, &t->known, 1, &count), CS_OK);
	assert_int_equal(count, 0);
	cc_wait_cancel(t->ctx);
	assert_int_equal(cc_wait_change(t->ctx, &t->known, 0), CS_ERR_CANCELLED);
	cc_context_free(t->ctx);
	t->ctx = other;
}

/* Of this computer's own tokens, if it has any, nobody knows here. */
static void waits_for_a_token_or_for_pcscd_can_be_called_off(void **state)
{
	static const char *const specs[] = {"usb", "auto"};
	struct test *t = *state;
	char nobody[96];

	snprintf(nobody, sizeof nobody, "%s/pcscd.comm", t->dir);
	setenv("PCSCLITE_CSOCK_NAME", nobody, 1);
	for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
		struct cc_reader readers[CC_READERS_MAX];
		struct cc_context *ctx;
		size_t count;
		assert_int_equal(cc_context_new(specs[i], &ctx), CS_OK);
		assert_int_equal(cc_readers(ctx, readers, CC_READERS_MAX, &count), CS_OK);
		struct blocked blocked = {.ctx = ctx, .known = readers, .count = count};
		pthread_t thread;
		assert_int_equal(pthread_create(&thread, NULL, block, &blocked), 0);
		cc_wait_cancel(ctx);
		assert_int_equal(pthread_join(thread, NULL), 0);
		assert_int_equal(blocked.err, CS_ERR_CANCELLED);
		cc_context_free(ctx);
	}
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    EACH(a_card_that_comes_ends_the_wait),
	    EACH(a_card_that_goes_ends_the_wait),
	    EACH(a_change_in_between_ends_the_wait_at_once),
	    EACH(a_cancelled_wait_returns_in_every_state),
	    EACH(a_context_on_nonsense_is_refused),
	    EACH(a_user_whom_pcscd_refuses_is_told_so),
	    EACH(pcsc_without_its_service_has_no_readers_and_its_wait_can_be_called_off),
	    EACH(waits_for_a_token_or_for_pcscd_can_be_called_off),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
