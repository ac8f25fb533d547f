/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Holding a card while something on it is made, changed or destroyed: no other program comes in between, and what is
 * decided by is what the card holds then, not what it held when it was last asked.
 *
 * Invariants:
 *  1. Between hold_begin and hold_end nobody else's command reaches the card. Where it was reset none the less, no further
 *     command is sent: what was seen before may be so no more.
 *  2. What a handle stood for when the caller used it is there still, or nothing is done to what took its place.
 */
#ifndef COUNTERSIGN_PKCS11_HOLD_H
#define COUNTERSIGN_PKCS11_HOLD_H

#include "pkcs11/object.h"

struct token;

/* Our card: one INVENTORY, which is short where nothing changed. What is known of another vendor's is asked for anew where it
 * is decided by (keystore_occupied_now, datastore_place, hold_object). hold_end follows CKR_OK alone. */
CK_RV hold_begin(struct token *token);
void hold_end(struct token *token);

/* The same for one object on the card, which the caller has resolved. CKR_OBJECT_HANDLE_INVALID: what it stood for is gone, or another is
 * in its place. */
CK_RV hold_object(struct token *token, struct object object);

#endif
