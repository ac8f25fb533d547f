/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The transport of who names none: PC/SC whenever pcscd answers, else USB. It is asked anew each time, so
 * that a pcscd that is started, or stopped, is noticed; a card stays on the transport that it was connected
 * on.
 *
 * Invariant: usb, once it is there, stays until close; what it needs is not made before pcscd has once not
 * answered.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cardclient/pcsc.h"
#include "cardclient/usb.h"

struct auto_state {
	void *pcsc;
	pthread_mutex_t lock; /* of what follows */
	void *usb;	      /* NULL: not yet */
	bool woken;
};

struct auto_link {
	const struct cc_backend *backend;
	void *link;
};

static enum cs_err auto_open(const char *arg, void **out)
{
	struct auto_state *state = calloc(1, sizeof(*state));
	if (state == NULL)
		return CS_ERR_MEMORY;
	enum cs_err err = pcsc_open(arg, &state->pcsc);
	if (err) {
		free(state);
		return err;
	}
	pthread_mutex_init(&state->lock, NULL);
	*out = state;
	return CS_OK;
}

static void auto_close(void *ctx)
{
	struct auto_state *state = ctx;
	if (state->usb != NULL)
		usb_close(state->usb);
	pcsc_close(state->pcsc);
	pthread_mutex_destroy(&state->lock);
	free(state);
}

static void auto_forget(void *ctx)
{
	struct auto_state *state = ctx;
	if (state->usb != NULL)
		usb_forget(state->usb);
	pcsc_forget(state->pcsc);
	free(state);
}

static enum cs_err usb_made(struct auto_state *state, void **out)
{
	enum cs_err err = CS_OK;

	pthread_mutex_lock(&state->lock);
	if (state->usb == NULL)
		err = usb_open("", &state->usb);
	if (!err && state->woken)
		usb_wake(state->usb);
	*out = state->usb;
	pthread_mutex_unlock(&state->lock);
	return err;
}

static enum cs_err auto_readers(void *ctx, struct cc_reader *out, size_t max, size_t *count)
{
	struct auto_state *state = ctx;
	void *usb;
	bool served;

	enum cs_err err = pcsc_readers_served(out, max, count, &served);
	if (served)
		return err;
	err = usb_made(state, &usb);
	return err ? err : usb_readers(usb, out, max, count);
}

/* Without pcscd: until the readers on USB differ, or pcscd may have come. */
static enum cs_err wait_unserved(struct auto_state *state, const struct cc_reader *known, size_t count)
{
	int watch = pcsc_service_watch();
	void *usb;
	enum cs_err err = usb_made(state, &usb);

	/* Tried after the watch began: one that came in between is not missed. */
	if (!err && !pcsc_answers())
		err = usb_wait_beside(usb, known, count, watch, watch < 0 ? PCSC_NO_SERVICE_MS : -1);
	if (watch >= 0)
		close(watch);
	return err;
}

/* Returns CS_OK, too, where nothing differs but pcscd may have come or gone: auto_wait looks. */
static enum cs_err wait_once(struct auto_state *state, const struct cc_reader *known, size_t count)
{
	enum cs_err err = pcsc_wait_served(state->pcsc, known, count);

	return err == CS_ERR_NO_READER ? wait_unserved(state, known, count) : err;
}

static enum cs_err auto_wait(void *ctx, const struct cc_reader *known, size_t count)
{
	struct auto_state *state = ctx;
	struct cc_reader now[CC_READERS_MAX];
	enum cs_err err = CS_OK;
	bool differ = false;

	while (!err && !differ) {
		size_t now_count;
		err = wait_once(state, known, count);
		if (!err)
			err = auto_readers(state, now, CC_READERS_MAX, &now_count);
		if (!err)
			differ = cc_readers_differ(now, now_count, known, count);
	}
	return err;
}

static void auto_wake(void *ctx)
{
	struct auto_state *state = ctx;

	pcsc_wake(state->pcsc);
	pthread_mutex_lock(&state->lock);
	state->woken = true;
	if (state->usb != NULL)
		usb_wake(state->usb);
	pthread_mutex_unlock(&state->lock);
}

/* No reader of that name: pcscd is asked whether it is there only then. */
static enum cs_err connect_by(struct auto_state *state, struct auto_link *link, const char *reader,
			      struct cs_writer *atr)
{
	void *usb;

	link->backend = &cc_backend_pcsc;
	enum cs_err err = cc_backend_pcsc.connect(state->pcsc, reader, &link->link, atr);
	if (err != CS_ERR_NO_READER || pcsc_answers())
		return err;
	link->backend = &cc_backend_usb;
	err = usb_made(state, &usb);
	return err ? err : usb_connect(usb, reader, &link->link, atr);
}

static enum cs_err auto_connect(void *ctx, const char *reader, void **out, struct cs_writer *atr)
{
	struct auto_link *link = calloc(1, sizeof(*link));
	if (link == NULL)
		return CS_ERR_MEMORY;
	enum cs_err err = connect_by(ctx, link, reader, atr);
	if (err) {
		free(link);
		return err;
	}
	*out = link;
	return CS_OK;
}

static void auto_disconnect(void *ctx)
{
	struct auto_link *link = ctx;
	link->backend->disconnect(link->link);
	free(link);
}

static void auto_forget_link(void *ctx)
{
	struct auto_link *link = ctx;
	link->backend->forget_link(link->link);
	free(link);
}

/* A pcscd that came has taken the reader for good: the card is to be found there from now on. */
static enum cs_err link_error(const struct auto_link *link, enum cs_err err)
{
	return err == CS_ERR_BUSY && link->backend == &cc_backend_usb && pcsc_answers() ? CS_ERR_REMOVED
											: err;
}

static enum cs_err auto_reconnect(void *ctx)
{
	struct auto_link *link = ctx;
	return link_error(link, link->backend->reconnect(link->link));
}

static enum cs_err auto_begin(void *ctx)
{
	struct auto_link *link = ctx;
	return link_error(link, link->backend->begin(link->link));
}

static void auto_end(void *ctx)
{
	struct auto_link *link = ctx;
	link->backend->end(link->link);
}

static enum cs_err auto_reset(void *ctx)
{
	struct auto_link *link = ctx;
	return link_error(link, link->backend->reset(link->link));
}

static enum cs_err auto_transmit(void *ctx, struct cs_view command, struct cs_writer *response)
{
	struct auto_link *link = ctx;
	return link_error(link, link->backend->transmit(link->link, command, response));
}

static enum cs_err auto_reader_control(void *ctx, uint32_t code, struct cs_view in, struct cs_writer *out)
{
	struct auto_link *link = ctx;
	if (link->backend->reader_control == NULL)
		return CS_ERR_UNSUPPORTED;
	return link->backend->reader_control(link->link, code, in, out);
}

static bool auto_short_only(void *ctx)
{
	struct auto_link *link = ctx;
	return link->backend->short_only != NULL && link->backend->short_only(link->link);
}

/* pcscd keeps the readers that it knows. */
static bool unknown_to_pcscd(char *text, size_t size)
{
	struct usb_slot slots[CC_READERS_MAX];
	size_t count, i = 0;
	bool unready;

	usb_scan(&usb_system, slots, CC_READERS_MAX, &count, &unready);
	while (i < count && usb_slot_claimed(&usb_system, &slots[i]))
		i++;
	if (i == count)
		return false;
	(void)snprintf(
	    text, size,
	    "pcscd answers, but does not use the USB reader \"%s\": its driver may not know its numbers; "
	    "COUNTERSIGN_TRANSPORT=usb reaches it without pcscd",
	    slots[i].name);
	return true;
}

static bool auto_trouble(void *ctx, const char *reader, enum cs_err err, char *text, size_t size)
{
	struct auto_state *state = ctx;
	void *usb;

	if (pcsc_answers())
		return (err == CS_ERR_NO_READER || err == CS_ERR_NO_CARD) && unknown_to_pcscd(text, size);
	/* What it has is not to be had over USB either. */
	if (pcsc_refusal(text, size))
		return true;
	return usb_made(state, &usb) == CS_OK && usb_trouble(usb, reader, err, text, size);
}

const struct cc_backend cc_backend_auto = {
    .name = "auto",
    .open = auto_open,
    .close = auto_close,
    .forget = auto_forget,
    .readers = auto_readers,
    .wait = auto_wait,
    .wake = auto_wake,
    .connect = auto_connect,
    .disconnect = auto_disconnect,
    .forget_link = auto_forget_link,
    .reconnect = auto_reconnect,
    .begin = auto_begin,
    .end = auto_end,
    .reset = auto_reset,
    .transmit = auto_transmit,
    .reader_control = auto_reader_control,
    .short_only = auto_short_only,
    .trouble = auto_trouble,
};
