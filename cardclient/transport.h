/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Where a host program finds readers and cards: a context over one transport, its readers, and waiting for a
 * change.
 *
 * Threads: every function may be called on one context from several threads at once, except that
 * cc_context_free and cc_context_forget must be the last call. After fork the child may call only
 * cc_context_forget (and cc_card_forget, card.h), and that right after it, in a pthread_atfork handler: both close descriptors, whose
 * numbers may be someone else's later. It opens a context of its own if it wants cards.
 * A caller that holds a lock over these calls, and takes it in a pthread_atfork handler as well, registers
 * that handler after cc_forks_expect.
 */
#ifndef COUNTERSIGN_CARDCLIENT_TRANSPORT_H
#define COUNTERSIGN_CARDCLIENT_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define CC_READER_NAME_MAX 128u /* bytes of a reader's name with its NUL, as PC/SC has it */
#define CC_READERS_MAX	   16u	/* readers that PC/SC can have */
#define CC_ATR_MAX	   33u

struct cc_context;

/* Registers what has to be done when this process forks; any number of times. A context of PC/SC does so too. */
void cc_forks_expect(void);

struct cc_reader {
	char name[CC_READER_NAME_MAX]; /* UTF-8, NUL-terminated, unique in its context */
	bool present;		       /* a card is in it */
	bool exclusive;		       /* another program holds the card for itself */
	uint32_t events; /* moves each time a card comes or goes; of no meaning but to be compared */
	uint8_t atr[CC_ATR_MAX];
	size_t atr_len; /* 0 without a card, and where the transport learns it at cc_connect only (socket) */
};

/* Opens the transport that spec names: "pcsc"; "usb" (CCID readers, by libusb, without pcscd); "auto" (pcsc
 * whenever pcscd answers, else usb); or "socket:PATH" (a countersign-card listening there: one reader, whose
 * card is present while something answers at PATH). NULL: the environment's COUNTERSIGN_TRANSPORT, or else
 * "auto". If COUNTERSIGN_TRACE names a file, a line for each APDU is appended
 * to it (trace.h). A transport without its service (no pcscd) gives a context without readers; it shows them
 * once the service is up. CS_ERR_NO_READER: spec names no transport. CS_ERR_MEMORY, CS_ERR_IO. */
CS_MUST_CHECK enum cs_err cc_context_new(const char *spec, struct cc_context **out);

/* Where the environment names no trace: appends it to this file (trace.h); "" is none. Before the first card is
 * connected. */
void cc_context_trace(struct cc_context *ctx, const char *path);

/* Cancels waits, then releases. The context's cards must be disconnected before. NULL is allowed. */
void cc_context_free(struct cc_context *ctx);

/* In a forked child: frees memory and descriptors, says nothing to anyone, leaves the parent's context
 * untouched. */
void cc_context_forget(struct cc_context *ctx);

/* The readers there are now, in a stable order: *count of them in out, which has room for max (CC_READERS_MAX
 * holds all). No reader, or no service, is CS_OK with *count 0. CS_ERR_NO_SPACE: more than max; the first max
 * are there. */
CS_MUST_CHECK enum cs_err cc_readers(struct cc_context *ctx, struct cc_reader *out, size_t max,
				     size_t *count);

#define CC_TROUBLE_MAX 400u

/* Why the card in this reader cannot be had (err: what cc_connect returned; CS_ERR_NO_CARD where cc_readers shows none; CS_ERR_NO_READER,
 * and "" for the reader, where it shows no reader that will do), and what to do, as a sentence for a person, with its NUL in text. False: there is nothing to say beside err. */
bool cc_trouble(struct cc_context *ctx, const char *reader, enum cs_err err, char *text, size_t size);

/* Blocks, without polling, until the readers differ from known[0..count), which cc_readers wrote: a reader
 * came or went, a card came or went, the ones between included (events). Returns CS_OK at once if they differ
 * already; ask cc_readers what is new. CS_ERR_CANCELLED after cc_wait_cancel. Waits of several threads are
 * independent, and disturb no card. */
CS_MUST_CHECK enum cs_err cc_wait_change(struct cc_context *ctx, const struct cc_reader *known, size_t count);

/* Makes every wait on this context, running or to come, return CS_ERR_CANCELLED, from any thread (not from a
 * signal handler), and returns when no thread is inside cc_wait_change any more. There is no way back: it is
 * for the end. */
void cc_wait_cancel(struct cc_context *ctx);

#endif
