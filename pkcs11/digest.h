/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Digests, without the card.
 */
#ifndef COUNTERSIGN_PKCS11_DIGEST_H
#define COUNTERSIGN_PKCS11_DIGEST_H

#include "pkcs11/session.h"

CK_RV digest_init(struct session *session, const CK_MECHANISM *mechanism);
CK_RV digest_update(struct session *session, struct cs_view part);
/* C_DigestKey: of a session secret key that may be read. */
CK_RV digest_key(struct session *session, CK_OBJECT_HANDLE key);
CK_RV digest_final(struct session *session, CK_BYTE_PTR digest, CK_ULONG_PTR len);
CK_RV digest_once(struct session *session, struct cs_view data, CK_BYTE_PTR digest, CK_ULONG_PTR len);

#endif
