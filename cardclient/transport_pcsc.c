/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The PC/SC transport over pcsc-lite: connections to cards. Readers and waiting: pcsc_readers.c.
 *
 * Each card and each wait has an SCARDCONTEXT of its own: pcsc-lite locks a context for as long as a call on
 * it blocks, so that a transaction that someone else holds stops the one card only.
 */
#include "cardclient/pcsc.h"

#include <stdlib.h>
#include <string.h>

struct pcsc_link {
	SCARDCONTEXT context;
	SCARDHANDLE handle;
	DWORD protocol;
	char reader[CC_READER_NAME_MAX];
	DWORD events; /* how often a card came or went there, up to the one that this is a connection to */
};

enum cs_err pcsc_error(LONG rv)
{
	switch (rv) {
	case SCARD_S_SUCCESS:
		return CS_OK;
	case SCARD_W_RESET_CARD:
		return CS_ERR_STATE;
	case SCARD_W_REMOVED_CARD:
	case SCARD_E_READER_UNAVAILABLE:
	case SCARD_E_NO_SERVICE:
	case SCARD_E_SERVICE_STOPPED:
	case SCARD_E_INVALID_HANDLE:
	case SCARD_W_UNPOWERED_CARD:
	case SCARD_W_UNRESPONSIVE_CARD:
	case SCARD_F_COMM_ERROR:
	case SCARD_E_NOT_TRANSACTED:
		return CS_ERR_REMOVED;
	case SCARD_E_NO_SMARTCARD:
		return CS_ERR_NO_CARD;
	case SCARD_E_UNKNOWN_READER:
	case SCARD_E_NO_READERS_AVAILABLE:
		return CS_ERR_NO_READER;
	case SCARD_E_SHARING_VIOLATION:
		return CS_ERR_BUSY;
	case SCARD_E_CANCELLED:
		return CS_ERR_CANCELLED;
	case SCARD_E_TIMEOUT:
		return CS_ERR_TIMEOUT;
	case SCARD_E_NO_MEMORY:
		return CS_ERR_MEMORY;
	case SCARD_E_INSUFFICIENT_BUFFER:
		return CS_ERR_NO_SPACE;
	default:
		return CS_ERR_IO;
	}
}

/* At connect, nothing was there yet that could have been removed. */
static enum cs_err connect_error(LONG rv)
{
	switch (rv) {
	case SCARD_W_REMOVED_CARD:
	case SCARD_W_UNPOWERED_CARD:
	case SCARD_W_UNRESPONSIVE_CARD:
	case SCARD_E_PROTO_MISMATCH:
		return CS_ERR_NO_CARD;
	case SCARD_E_READER_UNAVAILABLE:
	case SCARD_E_NO_SERVICE:
	case SCARD_E_SERVICE_STOPPED:
		return CS_ERR_NO_READER;
	default: {
		enum cs_err err = pcsc_error(rv);
		return err == CS_ERR_REMOVED ? CS_ERR_NO_CARD : err;
	}
	}
}

/* With the gate held: how often a card came to the link's reader, or went from it. */
static LONG link_events(const struct pcsc_link *link, DWORD *out)
{
	SCARD_READERSTATE state = {.szReader = link->reader};
	LONG rv = SCardGetStatusChange(link->context, 0, &state, 1);

	*out = (state.dwEventState >> 16) & 0xFFFFu;
	return rv;
}

static LONG link_open(struct pcsc_link *link, struct cs_writer *atr)
{
	uint8_t bytes[MAX_ATR_SIZE];
	DWORD len = sizeof bytes, name_len = 0, state;

	LONG rv = pcsc_context_new(&link->context);
	if (rv != SCARD_S_SUCCESS)
		return rv;
	pcsc_gate_enter();
	/* Before it is connected: what comes or goes meanwhile is not taken for the same card. */
	rv = link_events(link, &link->events);
	if (rv == SCARD_S_SUCCESS)
		rv = SCardConnect(link->context, link->reader, SCARD_SHARE_SHARED,
				  SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, &link->handle, &link->protocol);
	if (rv == SCARD_S_SUCCESS) {
		rv = SCardStatus(link->handle, NULL, &name_len, &state, &link->protocol, bytes, &len);
		if (rv != SCARD_S_SUCCESS)
			SCardDisconnect(link->handle, SCARD_LEAVE_CARD);
	}
	pcsc_gate_leave();
	if (rv != SCARD_S_SUCCESS) {
		pcsc_context_free(link->context);
		return rv;
	}
	cs_write_view(atr, cs_view(bytes, len));
	return rv;
}

static enum cs_err pcsc_connect(void *state, const char *reader, void **out, struct cs_writer *atr)
{
	(void)state;
	struct pcsc_link *link = calloc(1, sizeof *link);
	if (link == NULL)
		return CS_ERR_MEMORY;
	if (strlen(reader) >= sizeof link->reader) {
		free(link);
		return CS_ERR_NO_READER;
	}
	memcpy(link->reader, reader, strlen(reader));
	LONG rv = link_open(link, atr);
	if (rv != SCARD_S_SUCCESS) {
		free(link);
		return connect_error(rv);
	}
	*out = link;
	return CS_OK;
}

static void pcsc_disconnect(void *ctx)
{
	struct pcsc_link *link = ctx;
	pcsc_gate_enter();
	SCardDisconnect(link->handle, SCARD_LEAVE_CARD);
	pcsc_gate_leave();
	pcsc_context_free(link->context);
	free(link);
}

/* Releasing the context would release it for the parent as well: pcsc-lite's memory for it stays. */
static void pcsc_forget_link(void *ctx)
{
	free(ctx);
}

/* pcsc-lite tells the later of two events only: who was told of a reset may have another card by now, or the
 * same one in another life. From here on it tells of a removal again. */
static enum cs_err link_same(const struct pcsc_link *link)
{
	DWORD events;

	pcsc_gate_enter();
	LONG rv = link_events(link, &events);
	pcsc_gate_leave();
	return rv == SCARD_S_SUCCESS && events == link->events ? CS_OK : CS_ERR_REMOVED;
}

static enum cs_err link_again(struct pcsc_link *link, DWORD initialization)
{
	struct pcsc_long call;
	pcsc_long_enter(&call);
	LONG rv = SCardReconnect(link->handle, SCARD_SHARE_SHARED, SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1,
				 initialization, &link->protocol);
	pcsc_long_leave(&call);
	return rv == SCARD_S_SUCCESS ? link_same(link) : pcsc_error(rv);
}

static enum cs_err pcsc_reconnect(void *ctx)
{
	return link_again(ctx, SCARD_LEAVE_CARD);
}

static enum cs_err pcsc_reset(void *ctx)
{
	return link_again(ctx, SCARD_RESET_CARD);
}

static enum cs_err pcsc_begin(void *ctx)
{
	struct pcsc_link *link = ctx;
	struct pcsc_long call;
	LONG rv;
	pcsc_long_enter(&call);
	do {
		rv = SCardBeginTransaction(link->handle);
	} while (rv == SCARD_E_SHARING_VIOLATION);
	pcsc_long_leave(&call);
	return pcsc_error(rv);
}

static void pcsc_end(void *ctx)
{
	struct pcsc_link *link = ctx;
	pcsc_gate_enter();
	SCardEndTransaction(link->handle, SCARD_LEAVE_CARD);
	pcsc_gate_leave();
}

static enum cs_err pcsc_transmit(void *ctx, struct cs_view command, struct cs_writer *response)
{
	struct pcsc_link *link = ctx;
	const SCARD_IO_REQUEST *pci = link->protocol == SCARD_PROTOCOL_T0 ? SCARD_PCI_T0 : SCARD_PCI_T1;
	/* T=0 has no Le beside data: the card says 61xx (ISO/IEC 7816-3, 12.2.4). */
	if (link->protocol == SCARD_PROTOCOL_T0 && command.len > 5 && command.len == 6u + command.ptr[4])
		command.len--;
	DWORD len = (DWORD)(response->cap - response->len);
	struct pcsc_long call;
	pcsc_long_enter(&call);
	LONG rv = SCardTransmit(link->handle, pci, command.ptr, (DWORD)command.len, NULL,
				response->buf + response->len, &len);
	pcsc_long_leave(&call);
	if (rv == SCARD_S_SUCCESS && cs_write_space(response, len) == NULL)
		return CS_ERR_NO_SPACE;
	return pcsc_error(rv);
}

/* What a reader cannot do, drivers tell in many ways; what became of the card they tell as ever. */
static enum cs_err control_error(LONG rv)
{
	enum cs_err err = pcsc_error(rv);

	switch (rv) {
	case SCARD_E_UNSUPPORTED_FEATURE:
	case SCARD_E_INVALID_PARAMETER:
	case SCARD_E_INVALID_VALUE:
	case SCARD_E_NOT_TRANSACTED:
	case SCARD_F_COMM_ERROR:
		return CS_ERR_UNSUPPORTED;
	default:
		return err;
	}
}

static enum cs_err pcsc_reader_control(void *ctx, uint32_t code, struct cs_view in, struct cs_writer *out)
{
	struct pcsc_link *link = ctx;
	struct pcsc_long call;
	DWORD len = 0;
	pcsc_long_enter(&call);
	LONG rv = SCardControl(link->handle, code, in.ptr, (DWORD)in.len, out->buf + out->len,
			       (DWORD)(out->cap - out->len), &len);
	pcsc_long_leave(&call);
	if (rv == SCARD_S_SUCCESS && cs_write_space(out, len) == NULL)
		return CS_ERR_NO_SPACE;
	return control_error(rv);
}

/* T=0 has them in ENVELOPE only (ISO/IEC 7816-3, 12.2.5), which cards seldom know and readers pass on as they
 * like; chains they know. */
static bool pcsc_short_only(void *ctx)
{
	const struct pcsc_link *link = ctx;
	return link->protocol == SCARD_PROTOCOL_T0;
}

static bool pcsc_trouble(void *state, const char *reader, enum cs_err err, char *text, size_t size)
{
	(void)state;
	(void)reader;
	(void)err;
	return !pcsc_answers() && pcsc_refusal(text, size);
}

const struct cc_backend cc_backend_pcsc = {
    .name = "pcsc",
    .open = pcsc_open,
    .close = pcsc_close,
    .forget = pcsc_forget,
    .readers = pcsc_readers,
    .wait = pcsc_wait,
    .wake = pcsc_wake,
    .connect = pcsc_connect,
    .disconnect = pcsc_disconnect,
    .forget_link = pcsc_forget_link,
    .reconnect = pcsc_reconnect,
    .begin = pcsc_begin,
    .end = pcsc_end,
    .reset = pcsc_reset,
    .transmit = pcsc_transmit,
    .reader_control = pcsc_reader_control,
    .trouble = pcsc_trouble,
    .short_only = pcsc_short_only,
};
