/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a token holds, from its card's INVENTORY (docs/PROTOCOL 6.9): one command, and 32 bytes of answer where nothing
 * changed since the last.
 */
#ifndef COUNTERSIGN_PKCS11_LEARN_H
#define COUNTERSIGN_PKCS11_LEARN_H

#include "base/err.h"

struct token;

/* In a transaction, PIV or the Countersign application selected. Brings all of token up to date, or, where it fails, changes
 * nothing. CS_ERR_UNSUPPORTED: the card has no such command. Else as cc_inventory. */
CS_MUST_CHECK enum cs_err learn_inventory(struct token *token);

#endif
