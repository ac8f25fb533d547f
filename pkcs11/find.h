/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Searching for objects. What the template rules out by class, CKA_ID or label is not asked of the card at
 * all.
 */
#ifndef COUNTERSIGN_PKCS11_FIND_H
#define COUNTERSIGN_PKCS11_FIND_H

#include "pkcs11/session.h"

CK_RV find_init(struct session *session, const CK_ATTRIBUTE *attributes, CK_ULONG count);
CK_RV find_next(struct session *session, CK_OBJECT_HANDLE_PTR objects, CK_ULONG max, CK_ULONG_PTR count);
CK_RV find_final(struct session *session);

#endif
