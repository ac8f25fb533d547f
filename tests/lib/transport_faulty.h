/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A transport whose card is the card core in the same process (tests/unit/card_fixture.h), and which fails
 * when it is told to: for tests of cardclient/ and of what stands on it. One reader, TRANSPORT_FAULTY_READER;
 * one card at a time.
 */
#ifndef COUNTERSIGN_TESTS_TRANSPORT_FAULTY_H
#define COUNTERSIGN_TESTS_TRANSPORT_FAULTY_H

#include "cardclient/backend.h"
#include "cardclient/card.h"
#include "tests/unit/card_fixture.h"

#define TRANSPORT_FAULTY_READER "Card in this process"

extern const struct cc_backend transport_faulty;

/* This is the card in the reader from now on (borrowed); NULL: none, and who has it open finds it gone. */
void transport_faulty_insert(struct fixture *card);

/* What the n-th command from now on (1: the next one) meets, once:
 *   CS_ERR_STATE    another program has reset the card before; the command is not executed
 *   CS_ERR_REMOVED  the card is pulled: before the command reaches it, or, if executed, after
 *   another error   is returned as it is */
void transport_faulty_fail_at(unsigned n, enum cs_err err, bool executed);

/* As another program would: resets the card, so that the next begin or transmit is told. */
void transport_faulty_reset(void);

/* ---- a card for each test ---- */

/* The state of a test: a new card, connected, nothing selected. */
struct faulty_card {
	struct fixture *fixture;
	struct cc_context *ctx;
	struct cc_card *card;
};

/* card_setup: fixture_setup_piv or the like. */
int faulty_card_setup(void **state, int (*card_setup)(void **state));
int faulty_card_teardown(void **state);

#endif
