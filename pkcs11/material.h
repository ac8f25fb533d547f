/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What templates of new key pairs say of the numbers that the keys are made of (PKCS #11 v3.2, 4.1.1 and the tables of key attributes): of a
 * pair that the card makes nothing but what it asks for; of a key that is brought nothing that another kind of key has.
 */
#ifndef COUNTERSIGN_PKCS11_MATERIAL_H
#define COUNTERSIGN_PKCS11_MATERIAL_H

#include "pkcs11/generate.h"

struct pkcs8;

/* C_GenerateKeyPair: no number of the pair; and where the private half's template says what is asked for, too, the same. CKR_OK or
 * CKR_TEMPLATE_INCONSISTENT, as of material_public. Empty values say nothing. */
CK_RV material_generated(enum piv_alg alg, const struct key_templates *t);
/* A private key that is brought, before a card gets it: its numbers belong together and to the public half that the template, or what was
 * unwrapped (NULL: nothing), names. Of ML-DSA and ML-KEM the card alone can tell. CKR_OK, CKR_TEMPLATE_INCONSISTENT,
 * CKR_ATTRIBUTE_VALUE_INVALID, CKR_WRAPPED_KEY_INVALID, CKR_FUNCTION_FAILED. */
CK_RV material_private(enum piv_alg alg, const struct cc_piv_private *key, const CK_ATTRIBUTE *attributes,
		       CK_ULONG count, const struct pkcs8 *unwrapped);
/* A public key that is brought. What is missing in it is for others to say. */
CK_RV material_public(const CK_ATTRIBUTE *attributes, CK_ULONG count);

#endif
