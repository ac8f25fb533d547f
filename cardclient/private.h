/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the files of cardclient/ share: the insides of a context and of a card.
 */
#ifndef COUNTERSIGN_CARDCLIENT_PRIVATE_H
#define COUNTERSIGN_CARDCLIENT_PRIVATE_H

#include <pthread.h>

#include "cardclient/backend.h"
#include "cardclient/card.h"
#include "cardclient/piv_algorithm.h"
#include "cardclient/scp03.h"
#include "cardclient/touch.h"
#include "cardclient/trace.h"

/* Control codes of the reader's PIN pad (pinpad.h); 0: it has none. */
struct cc_pinpad_codes {
	bool known;
	uint32_t verify, modify;
};

struct cc_context {
	const struct cc_backend *backend;
	void *state; /* the backend's */
	struct cc_trace *trace;
	/* of what follows */
	pthread_mutex_t lock;
	pthread_cond_t left; /* a waiter has left; its clock is CLOCK_MONOTONIC */
	unsigned waiters;    /* threads inside cc_wait_change */
	unsigned cards;	     /* connected so far: numbers them in the trace */
	bool cancelled;
};

#define CC_RESPONSE_MAX (CS_APDU_NE_MAX + 2u)

struct cc_card {
	struct cc_context *ctx;
	void *link; /* the backend's */
	char reader[CC_READER_NAME_MAX];
	uint8_t atr[CC_ATR_MAX];
	size_t atr_len;
	unsigned number;
	unsigned depth; /* of nested transactions */
	bool lone;	/* they are left out: cc_card_lone */
	bool in_pieces; /* this card has answered with 61xx or 6Cxx, when it stood alone */
	struct cc_scp03_link *scp03; /* a session that protects each command; NULL: none */
	uint8_t channel;   /* goes into the class byte of each command */
	bool channel_lost; /* a reset has closed it, and the caller has not said what is to be */
	bool extended;
	bool short_only; /* whatever the card says: its reader takes no extended lengths */
	enum piv_alg management;   /* the cipher that its management key was proved with last, or 0 */
	enum cc_piv_family family; /* how it numbers algorithms: known since PIV was selected */
	bool gone;
	uint32_t generation;
	uint16_t sw;
	uint64_t apdus;
	struct cc_pinpad_codes pinpad;
	cc_touch_fn *on_touch;
	void *on_touch_arg;
	uint8_t tx[CS_APDU_COMMAND_MAX]; /* wiped after each APDU, like rx */
	uint8_t rx[CC_RESPONSE_MAX];
};

/* One APDU over the backend, with its trace and the handling of resets and removal; chaining is exchange.c's.
 * *out borrows from card->rx until the next call or card_wipe_response. */
CS_MUST_CHECK enum cs_err cc_card_apdu(struct cc_card *card, const struct cs_apdu *cmd,
				       struct cs_response *out);
/* Asks the reader (not the card) something, as SCardControl does; the answer is appended. CS_ERR_UNSUPPORTED: the transport has no
 * readers that answer, or this one does not know the code. */
CS_MUST_CHECK enum cs_err cc_card_reader_control(struct cc_card *card, uint32_t code, struct cs_view in,
						 struct cs_writer *out);
/* Notes an APDU in the context's trace, if it has one. */
void cc_card_trace(struct cc_card *card, const struct cs_apdu *cmd, enum cs_err result, const struct cs_response *response,
		   const struct timespec *started);
/* A whole command over as many APDUs as it takes, and its whole answer; in extended form where cmd->extended says so or
 * the length wants it. cc_goes_extended says whether it would. */
CS_MUST_CHECK enum cs_err cc_exchange(struct cc_card *card, const struct cs_apdu *cmd, uint8_t more_ins,
				      struct cs_writer *resp, uint16_t *sw);
bool cc_goes_extended(const struct cc_card *card, size_t data_len, uint32_t ne);
/* The same through the session. */
CS_MUST_CHECK enum cs_err cc_scp03_exchange(struct cc_card *card, const struct cs_apdu *cmd, uint8_t more_ins,
					    struct cs_writer *resp, uint16_t *sw);
/* A1 with what is to be kept of an object (csgn.h). */
struct cc_attributes;
void cc_attributes_write(struct cs_writer *w, const struct cc_attributes *attributes);
void cc_card_wipe_response(struct cc_card *card, const struct cs_response *response);

#endif
