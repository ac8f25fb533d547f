/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Steps of p11_session.c in which what is computed comes in parts, in two ways at once, or message by message. Each takes a key of any
 * class, on the card or not.
 */
#ifndef COUNTERSIGN_TESTS_FUZZ_P11_SESSION_PARTS_H
#define COUNTERSIGN_TESTS_FUZZ_P11_SESSION_PARTS_H

#include "pkcs11/pkcs11.h"

void p11_parts_with(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key);
void p11_two_ways_with(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key);
void p11_messages_with(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key);

#endif
