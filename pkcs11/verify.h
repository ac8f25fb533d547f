/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Verifying signatures, without the card.
 */
#ifndef COUNTERSIGN_PKCS11_VERIFY_H
#define COUNTERSIGN_PKCS11_VERIFY_H

#include "pkcs11/session.h"

CK_RV verify_init(struct session *session, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key, bool recover);
/* signature_first: as part of what C_VerifySignatureInit began. */
CK_RV verify_update(struct session *session, struct cs_view part, bool signature_first);
CK_RV verify_final(struct session *session, struct cs_view signature);
CK_RV verify_once(struct session *session, struct cs_view data, struct cs_view signature);
CK_RV verify_recover(struct session *session, struct cs_view signature, CK_BYTE_PTR data, CK_ULONG_PTR len);

/* v3.2: the signature comes first. */
CK_RV verify_signature_init(struct session *session, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key,
			    struct cs_view signature);
/* once: the whole message is data, no part having been given. */
CK_RV verify_signature_final(struct session *session, struct cs_view data, bool once);

/* Of an operation that has taken in all but data; it is for the caller to end. */
CK_RV verify_complete(struct session *session, struct operation *op, struct cs_view data,
		      struct cs_view signature);

#endif
