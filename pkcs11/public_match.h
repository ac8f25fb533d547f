/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Whether a private key is the one that who brought it says: by the public key that its template or its encoding names, held
 * against the one that the card tells of what it was given.
 */
#ifndef COUNTERSIGN_PKCS11_PUBLIC_MATCH_H
#define COUNTERSIGN_PKCS11_PUBLIC_MATCH_H

#include "base/bytes.h"
#include "pkcs11/pkcs11.h"

struct pkcs8;

/* spki is the card's. Of a template CKA_PUBLIC_KEY_INFO, CKA_MODULUS, CKA_PUBLIC_EXPONENT and CKA_EC_POINT, as far as they are there
 * and not empty; of PKCS #8 the public key and the long form, likewise. False where there is no such key, too. */
bool public_match_template(struct cs_view spki, const CK_ATTRIBUTE *attributes, CK_ULONG count);
bool public_match_pkcs8(struct cs_view spki, const struct pkcs8 *key);

#endif
