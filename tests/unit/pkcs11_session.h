/* SPDX-License-Identifier: BSD-2-Clause
 *
 * For tests of the module: one session of a token that is issued and logged in, bytes from hexadecimal, and secret
 * keys made of them.
 */
#ifndef COUNTERSIGN_TESTS_PKCS11_SESSION_H
#define COUNTERSIGN_TESTS_PKCS11_SESSION_H

#include "tests/lib/p11_token.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

extern CK_SESSION_HANDLE p11_session;

/* Set-up and tear-down of a group, as cmocka has them. */
int p11_session_make(void **state);
int p11_session_end(void **state);

struct bytes {
	CK_BYTE at[512];
	CK_ULONG len;
};

struct bytes hex(const char *text);
void assert_bytes(const CK_BYTE *got, CK_ULONG len, const char *want);

/* C_CreateObject of a secret key, with one more attribute (may be NULL); and one that must succeed. */
CK_RV p11_secret(CK_KEY_TYPE type, const char *value, const CK_ATTRIBUTE *more, CK_OBJECT_HANDLE *key);
CK_OBJECT_HANDLE p11_key(CK_KEY_TYPE type, const char *value);

#endif
