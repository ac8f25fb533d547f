/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A transport for tests: one reader with a card core on RAM flash in it, in this process. The test is also
 * the other programs on the computer, and the hand that pulls the card.
 */
#ifndef COUNTERSIGN_TESTS_TRANSPORT_CARD_H
#define COUNTERSIGN_TESTS_TRANSPORT_CARD_H

#include "applet/port/plain.h"
#include "base/countersign.h"
#include "cardclient/backend.h"

extern const struct cc_backend transport_card;

/* A new blank card of the profile, in the reader. False without memory. */
bool transport_card_make(enum csgn_profile profile);
void transport_card_free(void);
/* From now on, until the next is made, the card does as if it were any vendor's (applet/port/plain.h), or (PLAIN_NOT) as it is; and the
 * same with PIV and OATH. */
void transport_card_be(enum plain which);
void transport_card_make_plain(void);

/* Remembers what is on the card; and makes it that card again, put in anew. False without memory. */
bool transport_card_keep(void);
bool transport_card_put_back(void);

/* Remembers what is on the card as what is on another one, with a serial number of its own; that card is put in while ours is taken
 * out (false without memory), and ours again. True where the other one then held what it was put in with. */
bool transport_card_keep_other(void);
bool transport_card_exchange(void);
bool transport_card_exchange_back(void);

/* The program wants of libcrypto what no provider has, as its configuration may say; but not while the card works. */
void transport_card_strange(bool strange);

void transport_card_pull(void);
void transport_card_insert(void);
/* The card is pulled while it works on its n-th command from now (1: the next): it is executed, the answer
 * lost. */
void transport_card_pull_at(unsigned n);

/* What another program does: a command of its own, and a reset. The status word, and 0. */
uint16_t transport_card_other(struct cs_view command);
void transport_card_other_resets(void);

/* In a forked child, before anything else: the card is reset, as for whoever connects to one anew. fork waits for the command that
 * the card works on. */
void transport_card_forked(void);

/* Threads that wait for a card to come or go. */
unsigned transport_card_waiting(void);

/* Commands that came over the transport so far. */
unsigned transport_card_commands(void);

#endif
