/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The profiles that the module claims (PKCS #11 Profiles v3.0), shown as CKO_PROFILE objects.
 */
#ifndef COUNTERSIGN_PKCS11_PROFILE_H
#define COUNTERSIGN_PKCS11_PROFILE_H

#include <stddef.h>

#include "pkcs11/pkcs11.h"

static const CK_PROFILE_ID profiles[] = {CKP_BASELINE_PROVIDER, CKP_EXTENDED_PROVIDER,
					 CKP_AUTHENTICATION_TOKEN, CKP_PUBLIC_CERTIFICATES_TOKEN};

static inline size_t profile_count(void)
{
	return sizeof(profiles) / sizeof(profiles[0]);
}

static inline CK_PROFILE_ID profile_id(size_t index)
{
	return profiles[index];
}

#endif
