/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A context: which transport it is on, and waits that can be called off.
 *
 * Invariant: cancelled never becomes false again; while it is true no thread enters the backend's wait.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cardclient/private.h"

#define WAKE_AGAIN_MS 5

static const struct cc_backend *const backends[] = {&cc_backend_auto, &cc_backend_pcsc, &cc_backend_usb,
						    &cc_backend_socket};

static struct cc_context *context_alloc(const struct cc_backend *backend)
{
	pthread_condattr_t attr;
	struct cc_context *ctx = calloc(1, sizeof *ctx);
	if (ctx == NULL)
		return NULL;
	ctx->backend = backend;
	pthread_mutex_init(&ctx->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&ctx->left, &attr);
	pthread_condattr_destroy(&attr);
	return ctx;
}

enum cs_err cc_context_over(const struct cc_backend *backend, const char *arg, struct cc_context **out)
{
	struct cc_context *ctx = context_alloc(backend);
	if (ctx == NULL)
		return CS_ERR_MEMORY;
	enum cs_err err = backend->open(arg, &ctx->state);
	if (err) {
		pthread_cond_destroy(&ctx->left);
		pthread_mutex_destroy(&ctx->lock);
		free(ctx);
		return err;
	}
	ctx->trace = cc_trace_new(NULL);
	*out = ctx;
	return CS_OK;
}

enum cs_err cc_backend_named(const char *spec, const struct cc_backend **out, const char **arg)
{
	if (spec == NULL)
		spec = secure_getenv("COUNTERSIGN_TRANSPORT");
	if (spec == NULL || spec[0] == '\0')
		spec = "auto";
	size_t name_len = strcspn(spec, ":");
	for (size_t i = 0; i < sizeof backends / sizeof backends[0]; i++) {
		if (strlen(backends[i]->name) != name_len || strncmp(backends[i]->name, spec, name_len) != 0)
			continue;
		*out = backends[i];
		*arg = spec[name_len] == ':' ? spec + name_len + 1 : "";
		return CS_OK;
	}
	return CS_ERR_NO_READER;
}

enum cs_err cc_context_new(const char *spec, struct cc_context **out)
{
	const struct cc_backend *backend;
	const char *arg;
	enum cs_err err = cc_backend_named(spec, &backend, &arg);

	return err ? err : cc_context_over(backend, arg, out);
}

void cc_context_trace(struct cc_context *ctx, const char *path)
{
	if (ctx->trace == NULL)
		ctx->trace = cc_trace_new(path);
}

void cc_context_free(struct cc_context *ctx)
{
	if (ctx == NULL)
		return;
	cc_wait_cancel(ctx);
	ctx->backend->close(ctx->state);
	cc_trace_free(ctx->trace);
	pthread_cond_destroy(&ctx->left);
	pthread_mutex_destroy(&ctx->lock);
	free(ctx);
}

void cc_context_forget(struct cc_context *ctx)
{
	if (ctx == NULL)
		return;
	/* The lock may be held by a thread that does not exist here: it is left alone. */
	ctx->backend->forget(ctx->state);
	cc_trace_free(ctx->trace);
	free(ctx);
}

enum cs_err cc_readers(struct cc_context *ctx, struct cc_reader *out, size_t max, size_t *count)
{
	return ctx->backend->readers(ctx->state, out, max, count);
}

bool cc_readers_differ(const struct cc_reader *now, size_t now_count, const struct cc_reader *known,
		       size_t count)
{
	bool differ = now_count != count;

	for (size_t i = 0; !differ && i < count; i++)
		differ = strcmp(now[i].name, known[i].name) != 0 || now[i].present != known[i].present ||
			 now[i].events != known[i].events;
	return differ;
}

bool cc_trouble(struct cc_context *ctx, const char *reader, enum cs_err err, char *text, size_t size)
{
	return ctx->backend->trouble != NULL && ctx->backend->trouble(ctx->state, reader, err, text, size);
}

enum cs_err cc_wait_change(struct cc_context *ctx, const struct cc_reader *known, size_t count)
{
	enum cs_err err = CS_ERR_CANCELLED;

	pthread_mutex_lock(&ctx->lock);
	if (!ctx->cancelled) {
		ctx->waiters++;
		pthread_mutex_unlock(&ctx->lock);
		err = ctx->backend->wait(ctx->state, known, count);
		pthread_mutex_lock(&ctx->lock);
		ctx->waiters--;
		if (ctx->cancelled)
			err = CS_ERR_CANCELLED;
		pthread_cond_broadcast(&ctx->left);
	}
	pthread_mutex_unlock(&ctx->lock);
	return err;
}

static struct timespec soon(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_nsec += WAKE_AGAIN_MS * 1000000L;
	if (t.tv_nsec >= 1000000000L) {
		t.tv_nsec -= 1000000000L;
		t.tv_sec++;
	}
	return t;
}

void cc_wait_cancel(struct cc_context *ctx)
{
	pthread_mutex_lock(&ctx->lock);
	ctx->cancelled = true;
	while (ctx->waiters > 0) {
		/* A waiter may stand just before the place where it can be woken: hence again and again. */
		pthread_mutex_unlock(&ctx->lock);
		ctx->backend->wake(ctx->state);
		struct timespec until = soon();
		pthread_mutex_lock(&ctx->lock);
		if (ctx->waiters > 0)
			(void)pthread_cond_timedwait(&ctx->left, &ctx->lock, &until);
	}
	pthread_mutex_unlock(&ctx->lock);
}
