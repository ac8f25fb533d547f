/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the files of entry points share.
 */
#ifndef COUNTERSIGN_PKCS11_ENTRY_H
#define COUNTERSIGN_PKCS11_ENTRY_H

/* Entry points are all that the module exports. */
#define CK_EXPORT __attribute__((visibility("default")))

#include <limits.h>

#include "pkcs11/call.h"

/* An input is right where there is a pointer to no more than memory can hold, or nothing to point to. */
static inline bool input_ok(const void *bytes, CK_ULONG len)
{
	return len == 0 || (bytes != NULL && len <= LONG_MAX);
}

/* The same of one that has to be there, be it empty. */
static inline bool input_there(const void *bytes, CK_ULONG len)
{
	return bytes != NULL && len <= LONG_MAX;
}

/* CKR_ARGUMENTS_BAD unless ok, else how the call was entered. */
static inline CK_RV call_check(const struct call *c, bool ok)
{
	if (c->rv != CKR_OK)
		return c->rv;
	return ok ? CKR_OK : CKR_ARGUMENTS_BAD;
}

#endif
