/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A thread that is in the middle of a call.
 */
#include "tests/unit/pkcs11_pause.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/lib/p11_token.h"
#include "tests/lib/pinpad_mock.h"
#include "tests/lib/transport_card.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static enum pause_place pause_at, paused_at;
static pthread_t thread;
static CK_RV (*thread_call)(void);
static CK_RV thread_rv;

void pause_in(enum pause_place place)
{
	(void)pthread_mutex_lock(&lock);
	if (pause_at == place) {
		paused_at = place;
		(void)pthread_cond_broadcast(&changed);
		while (pause_at == place)
			(void)pthread_cond_wait(&changed, &lock);
	}
	(void)pthread_mutex_unlock(&lock);
}

static void *run(void *arg)
{
	thread_rv = thread_call();
	return arg;
}

void pause_start(enum pause_place place, CK_RV (*call)(void))
{
	pause_at = place;
	paused_at = PAUSE_NOWHERE;
	thread_call = call;
	assert_int_equal(pthread_create(&thread, NULL, run, NULL), 0);
	(void)pthread_mutex_lock(&lock);
	while (paused_at != place)
		(void)pthread_cond_wait(&changed, &lock);
	(void)pthread_mutex_unlock(&lock);
}

void pause_over(void)
{
	(void)pthread_mutex_lock(&lock);
	pause_at = PAUSE_NOWHERE;
	(void)pthread_cond_broadcast(&changed);
	(void)pthread_mutex_unlock(&lock);
}

CK_RV pause_join(void)
{
	assert_int_equal(pthread_join(thread, NULL), 0);
	return thread_rv;
}

void pause_forked(void)
{
	(void)pthread_mutex_init(&lock, NULL);
	pause_at = PAUSE_NOWHERE;
}

/* ---- the transport ---- */

static enum cs_err pausing_open(const char *arg, void **out)
{
	pause_in(PAUSE_OPEN);
	return transport_card.open(arg, out);
}

static void pausing_close(void *ctx)
{
	pause_in(PAUSE_CLOSE);
	transport_card.close(ctx);
}

static enum cs_err pausing_readers(void *ctx, struct cc_reader *out, size_t max, size_t *count)
{
	pause_in(PAUSE_READERS);
	return transport_card.readers(ctx, out, max, count);
}

static enum cs_err pausing_wait(void *ctx, const struct cc_reader *known, size_t count)
{
	pause_in(PAUSE_WAIT);
	return transport_card.wait(ctx, known, count);
}

static void wake(void *ctx)
{
	transport_card.wake(ctx);
}

static void forget(void *ctx)
{
	transport_card.forget(ctx);
}

static enum cs_err pausing_connect(void *ctx, const char *reader, void **link, struct cs_writer *atr)
{
	pause_in(PAUSE_CONNECT);
	return transport_card.connect(ctx, reader, link, atr);
}

static void pausing_disconnect(void *link)
{
	pause_in(PAUSE_DISCONNECT);
	transport_card.disconnect(link);
}

static void forget_link(void *link)
{
	transport_card.forget_link(link);
}

static enum cs_err pausing_reconnect(void *link)
{
	pause_in(PAUSE_RECONNECT);
	return transport_card.reconnect(link);
}

static enum cs_err pausing_begin(void *link)
{
	pause_in(PAUSE_BEGIN);
	return transport_card.begin(link);
}

static void pausing_end(void *link)
{
	pause_in(PAUSE_END);
	transport_card.end(link);
}

static enum cs_err pausing_transmit(void *link, struct cs_view command, struct cs_writer *response)
{
	pause_in(PAUSE_TRANSMIT);
	return transport_card.transmit(link, command, response);
}

/* The user's PIN is typed at once. */
static enum cs_err pausing_control(void *link, uint32_t code, struct cs_view in, struct cs_writer *out)
{
	static const struct pinpad_mock_typing typing = {.old_pin = P11_USER_PIN};
	struct pinpad_mock_result result;
	uint8_t features[24];

	if (code == PINPAD_MOCK_FEATURES) {
		cs_write_view(out, cs_view(features, pinpad_mock_features(features)));
		return CS_OK;
	}
	if (code != PINPAD_MOCK_VERIFY)
		return CS_ERR_UNSUPPORTED;
	pause_in(PAUSE_CONTROL);
	pinpad_mock_run(false, in.ptr, in.len, &typing, &result);
	return result.sw == 0 ? transport_card.transmit(link, cs_view(result.command, result.len), out)
			      : CS_ERR_IO;
}

const struct cc_backend pause_transport = {
    .name = "pause",
    .open = pausing_open,
    .close = pausing_close,
    .forget = forget,
    .readers = pausing_readers,
    .wait = pausing_wait,
    .wake = wake,
    .connect = pausing_connect,
    .disconnect = pausing_disconnect,
    .forget_link = forget_link,
    .reconnect = pausing_reconnect,
    .begin = pausing_begin,
    .end = pausing_end,
    .transmit = pausing_transmit,
    .reader_control = pausing_control,
};
