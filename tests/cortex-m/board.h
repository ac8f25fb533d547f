/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A board that QEMU plays: stack painting, so that the tests can tell how deep the card core goes.
 */
#ifndef COUNTERSIGN_TESTS_CORTEX_M_BOARD_H
#define COUNTERSIGN_TESTS_CORTEX_M_BOARD_H

#include <stddef.h>

/* Fills the stack below the caller with a pattern, as far as STACK_PAINT bytes. */
void stack_paint(void);
/* How many bytes below the last stack_paint's caller have been written since. */
size_t stack_used(void);

/* A program's own: called by the interrupt of the processor's timer. */
void board_tick(void);

#endif
