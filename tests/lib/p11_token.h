/* SPDX-License-Identifier: BSD-2-Clause
 *
 * For tests of the module: a token that is issued, with keys on it, and the calls that every test makes.
 */
#ifndef COUNTERSIGN_TESTS_P11_TOKEN_H
#define COUNTERSIGN_TESTS_P11_TOKEN_H

#include <stdbool.h>

#include "cardclient/backend.h"
#include "pkcs11/pkcs11.h"

#define P11_SO_PIN   "82918273"
#define P11_USER_PIN "482913"

#define P11_KEY_ONCE   1u /* CKA_ID of a P-256 key that wants the PIN once */
#define P11_KEY_ALWAYS 2u /* and of one that wants it each time */

/* A new card of the profile countersign with the two keys; the module initialised over backend, which stands on
 * transport_card; *session is open for writing, the user logged in. False where a step failed. */
bool p11_token_make(const struct cc_backend *backend, CK_SESSION_HANDLE *session);
/* Ends the module and the card. */
void p11_token_free(void);

/* C_Initialize and a session on the card that is there, over backend. */
CK_RV p11_begin(const struct cc_backend *backend, CK_SESSION_HANDLE *session);
CK_RV p11_open(CK_SESSION_HANDLE *session);
CK_RV p11_login(CK_SESSION_HANDLE session, CK_USER_TYPE user, const char *pin);
/* How many objects of the class and, unless id is 0, CKA_ID there are; *first is the first. */
CK_RV p11_find(CK_SESSION_HANDLE session, CK_OBJECT_CLASS class, CK_BYTE id, CK_ULONG *count, CK_OBJECT_HANDLE *first);
/* Generates a P-256 key pair. */
CK_RV p11_generate(CK_SESSION_HANDLE session, CK_BYTE id, CK_OBJECT_HANDLE *key);
/* A P-256 key as PKCS #8 (RFC 5915, 5958); the last 32 bytes are its number. */
#define P11_PKCS8_LEN 67u
extern CK_BYTE p11_pkcs8[P11_PKCS8_LEN];
/* Brings that key to the token, as it is, or (unwrap) sealed by a key of the session; id 0: where there is room. */
CK_RV p11_bring(CK_SESSION_HANDLE session, CK_BYTE id, CK_OBJECT_HANDLE *key);
CK_RV p11_unwrap(CK_SESSION_HANDLE session, CK_BYTE id, CK_OBJECT_HANDLE *key);
/* ECDSA over SHA-256 of a fixed text, by a private key of P-256; and whether the signature is right by the public one. */
CK_RV p11_sign(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, CK_BYTE signature[64]);
CK_RV p11_verify(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, CK_BYTE signature[64]);
/* The password of the OATH application, set by another program that has the card. */
bool p11_oath_password(const char *password);
/* Finds the private key and signs. */
CK_RV p11_sign_by(CK_SESSION_HANDLE session, CK_BYTE id);

#endif
