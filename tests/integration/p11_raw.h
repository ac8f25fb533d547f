/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A connection to the card that is not the module's, in the same process: what p11_host does as a program beside it. Each is 0 where it
 * went well.
 */
#ifndef COUNTERSIGN_TESTS_INTEGRATION_P11_RAW_H
#define COUNTERSIGN_TESTS_INTEGRATION_P11_RAW_H

/* To the first reader that has a card, shared. */
unsigned long raw_connect(void);
/* What PC/SC says when a transaction begins: SCARD_W_RESET_CARD once, where the card was reset. */
unsigned long raw_state(void);
/* Status words: of PIV's SELECT; of PUT DATA of an empty object, which only who has proved the management key may; of the PIN, and of the
 * question whether it is verified. */
unsigned long raw_select(void);
unsigned long raw_write(void);
unsigned long raw_verify(const char *pin);
unsigned long raw_verified(void);

#endif
