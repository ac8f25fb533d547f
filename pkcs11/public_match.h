/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Whether a private key is the one that who brought it says: by the public key that its template or its encoding names, held
 * against the one that belongs to it: as computed, or as the card tells it.
 */
#ifndef COUNTERSIGN_PKCS11_PUBLIC_MATCH_H
#define COUNTERSIGN_PKCS11_PUBLIC_MATCH_H

#include "base/bytes.h"
#include "pkcs11/pkcs11.h"

struct pkcs8;

/* Of a template CKA_PUBLIC_KEY_INFO, CKA_MODULUS, CKA_PUBLIC_EXPONENT and CKA_EC_POINT, as far as they are there and not empty. False where
 * spki is of no key, too. */
bool public_match_template(struct cs_view spki, const CK_ATTRIBUTE *attributes, CK_ULONG count);
/* Of PKCS #8 (NULL: it was brought by its template alone) the public key and the long form as well. CKR_OK; CKR_TEMPLATE_INCONSISTENT, or
 * CKR_WRAPPED_KEY_INVALID of what was unwrapped. */
CK_RV public_match(struct cs_view spki, const CK_ATTRIBUTE *attributes, CK_ULONG count, const struct pkcs8 *key);

#endif
