/* SPDX-License-Identifier: BSD-2-Clause
 *
 * For tests of the module: another vendor's PIV card, which is ours without what only ours have (applet/port/plain.h), and what such a test
 * does with it again and again.
 */
#ifndef COUNTERSIGN_TESTS_P11_FOREIGN_H
#define COUNTERSIGN_TESTS_P11_FOREIGN_H

#include <stdbool.h>

#include "base/bytes.h"
#include "cardclient/backend.h"
#include "pkcs11/pkcs11.h"

/* What it comes with: the management key, by which the module is an administrator beside it, the user's PIN, and the PUK. */
#define P11_MANAGEMENT_KEY "010203040506070801020304050607080102030405060708"
#define P11_PIV_PIN	   "123456"
#define P11_PIV_PUK	   "12345678"

/* A new one with nothing on it, the module initialised over backend, which stands on transport_card, and a session for writing, in which
 * nobody is logged in. Nothing is kept on disk. False where a step failed. */
bool p11_foreign_make(const struct cc_backend *backend, CK_SESSION_HANDLE *session);
/* One with the keys of p11_token_make, each with a certificate, and its user PIN; the user is logged in. */
bool p11_foreign_token_make(const struct cc_backend *backend, CK_SESSION_HANDLE *session);

/* As little of a certificate as the module reads, of a P-256 key, to the slot of this CKA_ID; the administrator is logged in. */
CK_RV p11_certify(CK_SESSION_HANDLE session, CK_BYTE id, CK_OBJECT_HANDLE key);

/* Whether the command selects PIV, by its whole name or the part that is the same in all versions. */
bool p11_selects_piv(struct cs_view command);

#endif
