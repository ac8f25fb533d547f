/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The longest response that a card has: OATH's CALCULATE ALL of 255 credentials with names of 64 bytes and whole HMAC-SHA-512
 * values, 33915 bytes and SW; and the longest command that there is, which it refuses.
 */
#ifndef COUNTERSIGN_TESTS_LIB_LONGEST_H
#define COUNTERSIGN_TESTS_LIB_LONGEST_H

#include "base/bytes.h"

#define LONGEST_RESPONSE 33917u /* SW included */
#define LONGEST_COMMAND	 65542u

/* A command to the card, and what comes back. False: the line broke. */
typedef bool longest_transmit(void *ctx, struct cs_view command, struct cs_writer *response);

/* Puts the credentials into the card's OATH application, which shall have none, has it compute them all, and deletes all
 * (RESET). NULL: each byte was right; else what was wrong. */
const char *longest_response(longest_transmit *transmit, void *ctx);

/* PUT DATA with 65535 bytes is answered 6700, and the card goes on. PIV is selected behind it. */
const char *longest_command(longest_transmit *transmit, void *ctx);

#endif
