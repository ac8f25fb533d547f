/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The uses of a key pair's halves. Invariants:
 *   1. What a template takes away is kept, and not done.
 *   2. An attribute shows what is done.
 */
#include "pkcs11/key_usage.h"

#include "pkcs11/attribute.h"
#include "pkcs11/mechanism.h"

static const struct key_usage usages[] = {
    {CKA_SIGN, OBJECT_PRIVATE, CKF_SIGN, 0x0001},
    {CKA_SIGN_RECOVER, OBJECT_PRIVATE, CKF_SIGN_RECOVER, 0x0002},
    {CKA_DECRYPT, OBJECT_PRIVATE, CKF_DECRYPT, 0x0004},
    {CKA_UNWRAP, OBJECT_PRIVATE, CKF_UNWRAP, 0x0008},
    {CKA_DERIVE, OBJECT_PRIVATE, CKF_DERIVE, 0x0010},
    {CKA_DECAPSULATE, OBJECT_PRIVATE, CKF_DECAPSULATE, 0x0020},
    {CKA_VERIFY, OBJECT_PUBLIC, CKF_VERIFY, 0x0100},
    {CKA_VERIFY_RECOVER, OBJECT_PUBLIC, CKF_VERIFY_RECOVER, 0x0200},
    {CKA_ENCRYPT, OBJECT_PUBLIC, CKF_ENCRYPT, 0x0400},
    {CKA_WRAP, OBJECT_PUBLIC, CKF_WRAP, 0x0800},
    {CKA_ENCAPSULATE, OBJECT_PUBLIC, CKF_ENCAPSULATE, 0x1000},
};

#define USAGES (sizeof(usages) / sizeof(usages[0]))

const struct key_usage *key_usage_find(enum object_kind half, CK_ATTRIBUTE_TYPE attribute)
{
	for (size_t i = 0; i < USAGES; i++) {
		if (usages[i].half == half && usages[i].attribute == attribute)
			return &usages[i];
	}
	return NULL;
}

bool key_usage_can(const struct key_usage *usage, enum piv_alg alg)
{
	CK_MECHANISM_TYPE first;

	return mechanism_any(alg, usage->flag, &first);
}

bool key_usage_may(const struct key_usage *usage, enum piv_alg alg, uint16_t unwanted)
{
	return (unwanted & usage->bit) == 0 && key_usage_can(usage, alg);
}

CK_FLAGS key_usage_flags(enum object_kind half, uint16_t unwanted)
{
	CK_FLAGS flags = 0;

	for (size_t i = 0; i < USAGES; i++) {
		if (usages[i].half == half && (unwanted & usages[i].bit) == 0)
			flags |= usages[i].flag;
	}
	return flags;
}

uint16_t key_usage_unwanted(enum object_kind half, enum piv_alg alg, const CK_ATTRIBUTE *attributes,
			    CK_ULONG count)
{
	uint16_t unwanted = 0;

	for (size_t i = 0; i < USAGES; i++) {
		if (usages[i].half == half && !template_bool(attributes, count, usages[i].attribute, true) &&
		    key_usage_can(&usages[i], alg))
			unwanted |= usages[i].bit;
	}
	return unwanted;
}
