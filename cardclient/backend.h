/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a transport implements: one const struct cc_backend each. Callers of cardclient/ use transport.h and
 * card.h; this is for the transports themselves and for the ones that tests bring (cc_context_over).
 *
 * A link is a connection to one card. The layer above keeps calls on one link apart in time and closes every
 * link before the backend's close; calls with the backend's own state may come from several threads.
 */
#ifndef COUNTERSIGN_CARDCLIENT_BACKEND_H
#define COUNTERSIGN_CARDCLIENT_BACKEND_H

#include "base/bytes.h"
#include "cardclient/transport.h"

struct cc_backend {
	const char *name; /* what stands before the colon of a transport specification */

	/* arg is what stands after the colon, "" without one; it must be copied if it is kept. */
	enum cs_err (*open)(const char *arg, void **state);
	void (*close)(void *state);
	/* As close, in a forked child: talk to nobody. */
	void (*forget)(void *state);

	enum cs_err (*readers)(void *state, struct cc_reader *out, size_t max, size_t *count);
	/* Until the readers differ from known, or *cancelled becomes true and wake has been called. */
	enum cs_err (*wait)(void *state, const struct cc_reader *known, size_t count);
	/* Makes every wait return CS_ERR_CANCELLED. Is called again every few milliseconds until all have
	 * left, so that an implementation may miss a waiter that has not begun to block. */
	void (*wake)(void *state);

	/* Powers the card up and yields its ATR: at most CC_ATR_MAX bytes, into atr. CS_ERR_NO_READER,
	 * CS_ERR_NO_CARD, CS_ERR_BUSY (held exclusively by another program). */
	enum cs_err (*connect)(void *state, const char *reader, void **link, struct cs_writer *atr);
	void (*disconnect)(void *link);
	void (*forget_link)(void *link);
	/* After CS_ERR_STATE from begin or transmit: takes the card up again as it is. CS_ERR_REMOVED if it
	 * is gone. */
	enum cs_err (*reconnect)(void *link);
	/* From begin to end no other program's command reaches the card. CS_ERR_STATE: the card was reset by
	 * someone; the transaction has not begun. CS_ERR_REMOVED: gone, for good. */
	enum cs_err (*begin)(void *link);
	void (*end)(void *link);
	/* In a transaction, which goes on: switches the card off and on, for every program. CS_ERR_REMOVED. NULL: not on this
	 * transport. */
	enum cs_err (*reset)(void *link);
	/* One command APDU, one response with its SW. CS_ERR_STATE: the card was reset by someone and the
	 * command was not sent, any transaction is over. CS_ERR_REMOVED: gone; whether the command was
	 * executed is not known. */
	enum cs_err (*transmit)(void *link, struct cs_view command, struct cs_writer *response);

	/* Asks the reader itself something (SCardControl) and appends its answer. Errors as those of transmit; CS_ERR_UNSUPPORTED: the
	 * reader does not know the code. NULL: not on this transport. */
	enum cs_err (*reader_control)(void *link, uint32_t code, struct cs_view in, struct cs_writer *out);

	/* This reader passes no commands with lengths of two bytes. NULL: it does. */
	bool (*short_only)(void *link);

	/* A sentence on why the card in this reader cannot be had, beside err that connect returned (CS_ERR_NO_CARD where readers shows
	 * none), and on what to do. False: there is none. NULL: never. */
	bool (*trouble)(void *state, const char *reader, enum cs_err err, char *text, size_t size);

	/* Around what may take long beside the functions above: the writing of a trace. back is given what away returned. NULL: nothing. */
	bool (*away)(void);
	void (*back)(bool was_inside);

	/* Asks a card that is a process something beside its commands, whoever holds it, and appends the answer.
	 * CS_ERR_NO_CARD. NULL: not on this transport. */
	enum cs_err (*control)(void *state, uint8_t code, struct cs_writer *answer);
};

/* What control knows (docs/PROTOCOL, on cards that are processes). */
enum cc_control {
	CC_CONTROL_STATUS = 0x13, /* answered by 0, or 1 and what a touch is wanted for */
	CC_CONTROL_TOUCH = 0x14,  /* answered by 1 where a touch was wanted, else 0 */
};

extern const struct cc_backend cc_backend_auto;
extern const struct cc_backend cc_backend_pcsc;
extern const struct cc_backend cc_backend_socket;
extern const struct cc_backend cc_backend_usb;

/* For wait: the readers are others, or their cards are. */
bool cc_readers_differ(const struct cc_reader *now, size_t now_count, const struct cc_reader *known, size_t count);

/* The transport that spec names (cc_context_new), and the argument of its open, which borrows from spec or from the
 * environment. CS_ERR_NO_READER. */
CS_MUST_CHECK enum cs_err cc_backend_named(const char *spec, const struct cc_backend **out, const char **arg);

/* A context over a backend that the caller brings, opened with arg. Errors: those of backend->open,
 * CS_ERR_MEMORY. */
CS_MUST_CHECK enum cs_err cc_context_over(const struct cc_backend *backend, const char *arg,
					  struct cc_context **out);

#endif
