/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What each half of a key pair may be used for: all that the token can do with such a key, without what its maker, or who changed its
 * attributes since, does not want. Of that our card keeps a bit for each use (naming.h: 94); that it is heeded is the module's affair.
 */
#ifndef COUNTERSIGN_PKCS11_KEY_USAGE_H
#define COUNTERSIGN_PKCS11_KEY_USAGE_H

#include "pkcs11/object.h"
#include "pkcs11/pubkey.h"

struct key_usage {
	CK_ATTRIBUTE_TYPE attribute;
	enum object_kind half; /* OBJECT_PUBLIC or OBJECT_PRIVATE */
	CK_FLAGS flag;	       /* of CK_MECHANISM_INFO */
	uint16_t bit;	       /* set where it is not wanted; docs/PROTOCOL 6.12 */
};

/* NULL where this half has no such use. */
const struct key_usage *key_usage_find(enum object_kind half, CK_ATTRIBUTE_TYPE attribute);
/* Whether the token has a mechanism that does it with such a key, and (may) it is not unwanted. */
bool key_usage_can(const struct key_usage *usage, enum piv_alg alg);
bool key_usage_may(const struct key_usage *usage, enum piv_alg alg, uint16_t unwanted);
/* The flags of all uses of this half that are not unwanted. */
CK_FLAGS key_usage_flags(enum object_kind half, uint16_t unwanted);
/* The bits of what the template of this half says CK_FALSE of and such a key could do. What it says CK_TRUE of and no such key can do, as
 * many programs write in any template, is false of the key nevertheless. */
uint16_t key_usage_unwanted(enum object_kind half, enum piv_alg alg, const CK_ATTRIBUTE *attributes, CK_ULONG count);

#endif
