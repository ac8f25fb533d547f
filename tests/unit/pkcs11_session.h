/* SPDX-License-Identifier: BSD-2-Clause
 *
 * For tests of the module: one session of a token that is issued and logged in, bytes from hexadecimal, and secret
 * keys made of them.
 */
#ifndef COUNTERSIGN_TESTS_PKCS11_SESSION_H
#define COUNTERSIGN_TESTS_PKCS11_SESSION_H

#include <openssl/evp.h>

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

/* A key pair made by the token, named by DER parameters or (params empty) a parameter set; id 0: wherever there is room. */
struct pair {
	CK_OBJECT_HANDLE public, private;
};
CK_RV p11_pair(CK_MECHANISM_TYPE type, const char *params, CK_ULONG set, struct pair *pair);
/* The private key that was brought, and its public half, found by the CKA_ID that the token gave it. */
CK_RV p11_import(const CK_ATTRIBUTE *attributes, CK_ULONG count, struct pair *pair);

/* libcrypto's key of an object's CKA_PUBLIC_KEY_INFO. */
EVP_PKEY *p11_public(CK_OBJECT_HANDLE key);
CK_ULONG p11_ulong(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type);

/* C_SignInit and C_Sign; C_VerifyInit and C_Verify. */
CK_RV p11_make(CK_MECHANISM *m, CK_OBJECT_HANDLE key, CK_BYTE *data, CK_ULONG len, CK_BYTE *signature, CK_ULONG *signature_len);
CK_RV p11_check(CK_MECHANISM *m, CK_OBJECT_HANDLE key, CK_BYTE *data, CK_ULONG len, CK_BYTE *signature, CK_ULONG signature_len);

#endif
