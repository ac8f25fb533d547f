/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Signatures by the card. The arguments of all these are checked by the entry points.
 */
#ifndef COUNTERSIGN_PKCS11_SIGN_H
#define COUNTERSIGN_PKCS11_SIGN_H

#include "pkcs11/session.h"

CK_RV sign_init(struct session *session, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key, bool recover);
CK_RV sign_update(struct session *session, struct cs_view part);
CK_RV sign_final(struct session *session, CK_BYTE_PTR signature, CK_ULONG_PTR len);
CK_RV sign_once(struct session *session, bool recover, struct cs_view data, CK_BYTE_PTR signature,
		CK_ULONG_PTR len);

/* The signature of an operation that has taken in all but data. *goes_on: only its length was told, or there is too
 * little room (v3.2, 5.2); the operation is as it was. It is for the caller to end. */
CK_RV sign_complete(struct session *session, struct operation *op, struct cs_view data, CK_BYTE_PTR signature,
		    CK_ULONG_PTR len, bool *goes_on);

/* Whether cards and libcrypto have the signature in DER, where PKCS #11 has r and s. */
bool signature_in_der(enum scheme scheme);
/* ECDSA-Sig-Value (RFC 3279, 2.2.3) to r and s of half bytes each, and back. */
CS_MUST_CHECK enum cs_err ecdsa_from_der(struct cs_view der, uint8_t *raw, size_t half);
CS_MUST_CHECK enum cs_err ecdsa_to_der(struct cs_view raw, struct cs_writer *der);

#endif
