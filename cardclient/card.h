/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One connected card: transactions, and commands of any length in both directions. Command chaining or
 * extended length (ISO/IEC 7816-4, 5.3), 61xx with GET RESPONSE (11.7.1 of its 2013 edition: 7.6.1) and 6Cxx
 * live here and nowhere else.
 *
 * How a lost card is told:
 *   - pulled, or its reader gone: CS_ERR_REMOVED, now and from every later call; cc_card_present is false.
 * Disconnect, and connect again when cc_readers shows a card.
 *   - reset by another program: the card is taken up again by itself and cc_card_generation moves. cc_begin
 * then succeeds: compare the generation with the one at your last SELECT, and select (and verify) again if it
 * moved. cc_transmit returns CS_ERR_REMOVED with cc_card_present still true: the command was not executed,
 * the transaction is kept.
 *   - another program selected another application between two transactions: nothing tells. The card then
 * refuses the command (6D00, 6A82, 6982 ...): select and repeat; or select at the beginning of each
 * transaction.
 *
 * Threads: calls on one card must be kept apart in time by the caller; different cards are independent.
 */
#ifndef COUNTERSIGN_CARDCLIENT_CARD_H
#define COUNTERSIGN_CARDCLIENT_CARD_H

#include "base/apdu.h"
#include "cardclient/transport.h"

struct cc_card;

/* Connects to the card in this reader, shared with other programs. The context must outlive the card.
 * CS_ERR_NO_READER: no such reader. CS_ERR_NO_CARD. CS_ERR_BUSY: another program holds it exclusively.
 * CS_ERR_MEMORY. */
CS_MUST_CHECK enum cs_err cc_connect(struct cc_context *ctx, const char *reader, struct cc_card **out);

/* Ends an open transaction, leaves the card powered as it is, frees. NULL is allowed. */
void cc_disconnect(struct cc_card *card);

/* In a forked child: frees memory and descriptors only. */
void cc_card_forget(struct cc_card *card);

/* The name of its reader, and its ATR: both borrowed from the card. */
const char *cc_card_reader(const struct cc_card *card);
struct cs_view cc_card_atr(const struct cc_card *card);

/* False once the card was found to be gone. Talks to nobody. */
bool cc_card_present(const struct cc_card *card);

/* Starts at 1 and moves whenever the card's state (selection, PIN) was lost under us. */
uint32_t cc_card_generation(const struct cc_card *card);

/* The last status word of the last command, e.g. for a message; 0 before the first. */
uint16_t cc_card_sw(const struct cc_card *card);

/* Command APDUs sent since cc_connect, those of chains and GET RESPONSE included. */
uint64_t cc_card_apdus(const struct cc_card *card);

/* Whether commands may go in extended length instead of chains. At first: as the card capabilities in the
 * historical bytes of the ATR say (ISO/IEC 7816-4, 12.1.1.9). cc_csgn_select sets it for a Countersign card.
 */
void cc_card_set_extended(struct cc_card *card, bool extended);

/* Keeps other programs' commands off the card until the matching cc_end; may be nested. Blocks while another
 * program has a transaction open. Hold none while a person thinks. CS_ERR_REMOVED: no transaction was begun;
 * do not call cc_end. */
CS_MUST_CHECK enum cs_err cc_begin(struct cc_card *card);
void cc_end(struct cc_card *card);

/* In a transaction, which goes on: resets the card, so that whatever was proved to it, by any program, is not any more; other programs
 * see a reset. Selection and PIN are lost, and the generation moves. CS_ERR_UNSUPPORTED: not on this transport, and nothing was done. */
CS_MUST_CHECK enum cs_err cc_card_reset(struct cc_card *card);

/* Notes in the context's trace, if it has one, that what was to be done came to nothing. */
void cc_card_note(struct cc_card *card, const char *what, enum cs_err why);

/* For the one command of a call that needs no other before or after it: between lone true and false it goes to the card without
 * a transaction around it, which spares two calls to the PC/SC service. CS_ERR_BUSY, from any function that sends: it was not
 * sent, because another program has a transaction open or the command takes several APDUs; or its answer comes in pieces and
 * was lost. Do it in a transaction then. Outside of transactions only. */
void cc_card_lone(struct cc_card *card, bool lone);

/* A logical channel of one's own: selection and PINs of other programs do not touch it, nor do theirs. cc_channel_open opens
 * one that is free, with nothing selected; every later command goes on it. CS_ERR_UNSUPPORTED: none is free, or the card has
 * none; CS_ERR_EXISTS: one is in use already; CS_ERR_STATE: a session of secure messaging (scp03.h) is open, which
 * belongs to the channel it was opened on. cc_channel_close closes it, with its session, and so does cc_disconnect; commands then go on the
 * basic channel again. A reset by another program (the generation has moved) closes all channels: then every command
 * returns CS_ERR_STATE, and is not sent, until one of the two is called, lest a PIN goes where others are. A channel that a
 * program did not close (it crashed) stays taken until the card's reset. */
CS_MUST_CHECK enum cs_err cc_channel_open(struct cc_card *card);
CS_MUST_CHECK enum cs_err cc_channel_close(struct cc_card *card);
/* Its number; 0: the basic one. */
unsigned cc_card_channel(const struct cc_card *card);

/* Executes one command (outside a transaction: in one of its own) and yields all of the response's data,
 * appended to resp (its content is the caller's to wipe), and the last status word. cmd->data may have up to
 * CS_APDU_DATA_MAX bytes; cmd->extended is ignored. cmd->ne 0: no data is expected; any other: all the data
 * there is is fetched. resp may be NULL where ne is 0. CS_OK says that *sw is the card's answer, whatever it
 * is. CS_ERR_NO_SPACE: the response does not fit resp (it is all read from the card; what has been written is
 * void). CS_ERR_REMOVED: see above. CS_ERR_MALFORMED: the card answered without a status word, or without
 * end. CS_ERR_IO. */
CS_MUST_CHECK enum cs_err cc_transmit(struct cc_card *card, const struct cs_apdu *cmd, struct cs_writer *resp,
				      uint16_t *sw);

/* As cc_transmit, for an application with its own instruction to fetch the rest (OATH: SEND REMAINING). */
CS_MUST_CHECK enum cs_err cc_transmit_more(struct cc_card *card, const struct cs_apdu *cmd, uint8_t more_ins,
					   struct cs_writer *resp, uint16_t *sw);

/* cc_transmit, and cc_sw_error of its status word. */
CS_MUST_CHECK enum cs_err cc_command(struct cc_card *card, const struct cs_apdu *cmd, struct cs_writer *resp);

/* The border between status words and enum cs_err: 9000 CS_OK; 63Cx CS_ERR_WRONG, but 63C0 and 6983
 * CS_ERR_BLOCKED; 6982 CS_ERR_DENIED; 6985 CS_ERR_STATE; 6984 CS_ERR_EXPIRED; 6700 CS_ERR_LENGTH; 6A80
 * CS_ERR_ARG; 6A82, 6A88 CS_ERR_NOT_FOUND; 6A84 CS_ERR_FULL; 6401 CS_ERR_TIMEOUT; 6A81, 6A86, 6D00, 6E00, 6881, 6882, 6884
 * CS_ERR_UNSUPPORTED; 6581 CS_ERR_IO; all others CS_ERR_CARD. */
CS_MUST_CHECK enum cs_err cc_sw_error(uint16_t sw);
/* After a command that only reads, sent to the right application: whether the card has answered and has nothing to show. */
bool cc_refused(enum cs_err err);

#endif
