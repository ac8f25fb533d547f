/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One card: its connection, its transactions, and how a lost card or a lost state is told (card.h).
 *
 * Invariants:
 * 1. depth > 0 exactly while the backend is in a transaction, or the card is gone or lone.
 * 2. gone never becomes false again.
 * 3. generation moves whenever the backend said that the card was reset, or was told to reset it; channel is
 * then 0: the channel it named may be another program's by now.
 */
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "cardclient/private.h"

/* Card capabilities: element 7x of the COMPACT-TLV historical bytes (category 80); the third byte's bit 7
 * means extended length fields (ISO/IEC 7816-4, 12.1.1.9). */
static bool historical_extended(struct cs_view historical)
{
	struct cs_reader r = cs_reader_of(historical);
	if (cs_read_u8(&r) != 0x80)
		return false;
	while (cs_reader_more(&r)) {
		uint8_t head = cs_read_u8(&r);
		struct cs_view value = cs_read_view(&r, head & 0x0Fu);
		if ((head & 0xF0u) == 0x70u && value.len == 3)
			return (value.ptr[2] & 0x40u) != 0;
	}
	return false;
}

/* Walks over the interface bytes (ISO/IEC 7816-3, 8.2) to the historical ones. */
static bool atr_extended(struct cs_view atr)
{
	struct cs_reader r = cs_reader_of(atr);
	cs_read_u8(&r);
	uint8_t t0 = cs_read_u8(&r);
	for (uint8_t y = t0 >> 4; y != 0;) {
		for (uint8_t bit = 1; bit < 8; bit = (uint8_t)(bit << 1)) {
			if (y & bit)
				cs_read_u8(&r);
		}
		y = y & 8 ? cs_read_u8(&r) >> 4 : 0;
	}
	struct cs_view historical = cs_read_view(&r, t0 & 0x0Fu);
	return historical.len > 0 && historical_extended(historical);
}

/* The file of the trace may hang, which is no matter of who forks meanwhile. */
static bool trace_begin(const struct cc_context *ctx)
{
	return ctx->trace != NULL && ctx->backend->away != NULL && ctx->backend->away();
}

static void trace_end(const struct cc_context *ctx, bool was)
{
	if (was)
		ctx->backend->back(was);
}

static void trace_refusal(struct cc_context *ctx, const char *reader, enum cs_err why)
{
	bool was = trace_begin(ctx);

	cc_trace_refusal(ctx->trace, reader, why);
	trace_end(ctx, was);
}

void cc_card_note(struct cc_card *card, const char *what, enum cs_err why)
{
	bool was = trace_begin(card->ctx);

	cc_trace_note(card->ctx->trace, card->number, what, why);
	trace_end(card->ctx, was);
}

enum cs_err cc_connect(struct cc_context *ctx, const char *reader, struct cc_card **out)
{
	size_t name_len = strlen(reader);
	if (name_len >= CC_READER_NAME_MAX)
		return CS_ERR_NO_READER;
	struct cc_card *card = calloc(1, sizeof *card);
	if (card == NULL)
		return CS_ERR_MEMORY;
	struct cs_writer atr = CS_WRITER_OF(card->atr);
	enum cs_err err = ctx->backend->connect(ctx->state, reader, &card->link, &atr);
	if (err) {
		trace_refusal(ctx, reader, err);
		free(card);
		return err;
	}
	card->ctx = ctx;
	memcpy(card->reader, reader, name_len + 1);
	card->atr_len = cs_writer_view(&atr).len;
	card->short_only = ctx->backend->short_only != NULL && ctx->backend->short_only(card->link);
	cc_card_set_extended(card, atr_extended(cc_card_atr(card)));
	card->generation = 1;
	pthread_mutex_lock(&ctx->lock);
	card->number = ++ctx->cards;
	pthread_mutex_unlock(&ctx->lock);
	*out = card;
	return CS_OK;
}

void cc_disconnect(struct cc_card *card)
{
	if (card == NULL)
		return;
	cc_scp03_close(card);
	/* Where closing fails, the card is gone or was reset, and the channel with it. */
	if (card->channel && !card->gone && cc_channel_close(card) != CS_OK)
		card->channel = 0;
	if (card->depth > 0 && !card->gone)
		card->ctx->backend->end(card->link);
	card->ctx->backend->disconnect(card->link);
	cs_wipe(card, sizeof *card);
	free(card);
}

void cc_card_forget(struct cc_card *card)
{
	if (card == NULL)
		return;
	cc_scp03_close(card);
	card->ctx->backend->forget_link(card->link);
	cs_wipe(card, sizeof *card);
	free(card);
}

const char *cc_card_reader(const struct cc_card *card)
{
	return card->reader;
}

struct cs_view cc_card_atr(const struct cc_card *card)
{
	return cs_view(card->atr, card->atr_len);
}

bool cc_card_present(const struct cc_card *card)
{
	return !card->gone;
}

uint32_t cc_card_generation(const struct cc_card *card)
{
	return card->generation;
}

uint16_t cc_card_sw(const struct cc_card *card)
{
	return card->sw;
}

uint64_t cc_card_apdus(const struct cc_card *card)
{
	return card->apdus;
}

void cc_card_set_extended(struct cc_card *card, bool extended)
{
	card->extended = extended && !card->short_only;
}

/* Takes note of what the backend said about the card's life, and returns what the caller is told. */
static enum cs_err card_told(struct cc_card *card, enum cs_err err)
{
	if (err == CS_ERR_REMOVED || err == CS_ERR_NO_CARD || err == CS_ERR_NO_READER) {
		card->gone = true;
		return CS_ERR_REMOVED;
	}
	return err;
}

static void card_state_lost(struct cc_card *card)
{
	card->generation++;
	card->channel_lost |= card->channel != 0;
	card->channel = 0;
}

/* After a reset by someone else: takes the card up again, within a transaction if one was open. */
static enum cs_err card_recover(struct cc_card *card, bool in_transaction)
{
	const struct cc_backend *backend = card->ctx->backend;
	/* Another reset may come between the two steps; someone who resets without end is not outwaited. */
	for (int i = 0; i < 3; i++) {
		card_state_lost(card);
		enum cs_err err = backend->reconnect(card->link);
		if (!err && in_transaction)
			err = backend->begin(card->link);
		if (err != CS_ERR_STATE)
			return card_told(card, err);
	}
	return CS_ERR_BUSY;
}

enum cs_err cc_begin(struct cc_card *card)
{
	if (card->gone)
		return CS_ERR_REMOVED;
	if (card->depth == 0 && !card->lone) {
		enum cs_err err = card->ctx->backend->begin(card->link);
		err = err == CS_ERR_STATE ? card_recover(card, true) : card_told(card, err);
		if (err)
			return err;
	}
	card->depth++;
	return CS_OK;
}

void cc_end(struct cc_card *card)
{
	if (card->depth == 0 || --card->depth > 0 || card->gone || card->lone)
		return;
	card->ctx->backend->end(card->link);
}

enum cs_err cc_card_reset(struct cc_card *card)
{
	const struct cc_backend *backend = card->ctx->backend;

	if (card->gone)
		return CS_ERR_REMOVED;
	if (backend->reset == NULL)
		return CS_ERR_UNSUPPORTED;
	enum cs_err err = backend->reset(card->link);
	if (err != CS_ERR_UNSUPPORTED)
		card_state_lost(card);
	return card_told(card, err);
}

void cc_card_lone(struct cc_card *card, bool lone)
{
	card->lone = lone;
}

/* The backend's errors in the middle of a command, as cc_transmit tells them. */
static enum cs_err card_interrupted(struct cc_card *card, enum cs_err err)
{
	if (err != CS_ERR_STATE)
		return card_told(card, err);
	bool in_transaction = card->depth > 0 && !card->lone;

	err = card_recover(card, in_transaction);
	/* Not begun anew: the card is useless to us, and the transaction we count is not there. */
	if (err && in_transaction)
		card->gone = true;
	return err ? err : CS_ERR_REMOVED;
}

static enum cs_err card_send(struct cc_card *card, struct cs_view command, struct cs_response *out)
{
	struct cs_writer rx = CS_WRITER_OF(card->rx);

	card->apdus++;
	enum cs_err err = card->ctx->backend->transmit(card->link, command, &rx);
	if (!err)
		err = cs_writer_done(&rx);
	return err ? card_interrupted(card, err) : cs_response_parse(cs_writer_view(&rx), out);
}

enum cs_err cc_card_reader_control(struct cc_card *card, uint32_t code, struct cs_view in,
				   struct cs_writer *out)
{
	const struct cc_backend *backend = card->ctx->backend;

	if (card->gone)
		return CS_ERR_REMOVED;
	if (backend->reader_control == NULL)
		return CS_ERR_UNSUPPORTED;
	enum cs_err err = backend->reader_control(card->link, code, in, out);
	if (!err)
		err = cs_writer_done(out);
	return err ? card_interrupted(card, err) : CS_OK;
}

void cc_card_trace(struct cc_card *card, const struct cs_apdu *cmd, enum cs_err result,
		   const struct cs_response *response, const struct timespec *started)
{
	bool was = trace_begin(card->ctx);

	cc_trace_apdu(card->ctx->trace, card->number, cmd, result, response->sw, response->data.len, started);
	trace_end(card->ctx, was);
}

enum cs_err cc_card_apdu(struct cc_card *card, const struct cs_apdu *cmd, struct cs_response *out)
{
	struct timespec started = {.tv_sec = 0};
	struct cs_writer tx = CS_WRITER_OF(card->tx);
	struct cs_apdu on_channel = *cmd;

	if (card->gone)
		return CS_ERR_REMOVED;
	if (card->channel_lost)
		return CS_ERR_STATE;
	on_channel.cla |= card->channel;
	enum cs_err err = cs_apdu_build(&on_channel, &tx);
	if (err)
		return err;
	if (card->ctx->trace != NULL)
		clock_gettime(CLOCK_MONOTONIC, &started);
	struct cs_response response = {.sw = 0};
	err = card_send(card, cs_writer_view(&tx), &response);
	cc_card_trace(card, &on_channel, err, &response, &started);
	cs_wipe(card->tx, cs_writer_view(&tx).len);
	if (!err) {
		card->sw = response.sw;
		*out = response;
	}
	return err;
}

void cc_card_wipe_response(struct cc_card *card, const struct cs_response *response)
{
	cs_wipe(card->rx, response->data.len);
}
