/* SPDX-License-Identifier: BSD-2-Clause
 *
 * For tests of key agreement: a peer in libcrypto, and C_DeriveKey of what can be read.
 */
#ifndef COUNTERSIGN_TESTS_PKCS11_AGREE_H
#define COUNTERSIGN_TESTS_PKCS11_AGREE_H

#include "tests/unit/pkcs11_session.h"

#define AGREE_MAX 256u /* bytes that there is room for in what two agree on */

/* p11_import of a private key on the curve that its DER parameters name, by its CKA_VALUE. */
CK_RV p11_import_curve(CK_KEY_TYPE type, const char *params, const char *value, struct pair *pair);

/* A peer in libcrypto for the key: its public key as the wire has it, and what the two agree on, of the length returned. */
size_t p11_agree(CK_OBJECT_HANDLE public, struct bytes *peer, uint8_t secret[AGREE_MAX]);

/* A generic secret, with len as its CKA_VALUE_LEN unless that is 0; its value, of at most room bytes; and it is destroyed. */
CK_RV p11_derive(CK_MECHANISM_TYPE type, CK_OBJECT_HANDLE key, CK_ECDH1_DERIVE_PARAMS *p, CK_ULONG len, CK_BYTE *value, CK_ULONG room,
		 CK_ULONG *value_len);

#endif
