/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What goes before the message in signatures that bind more than it: ML-DSA (FIPS 204) and SM2 (GB/T 32918.2).
 */
#ifndef COUNTERSIGN_PKCS11_DSA_H
#define COUNTERSIGN_PKCS11_DSA_H

#include "base/piv.h"
#include "pkcs11/session.h"

/* Takes the parameters of an operation with such a mechanism and begins its digest. message_only: the card knows no
 * external mu, so that the data is kept, and there is neither context nor digest of ours. */
CK_RV dsa_begin(struct token *token, struct operation *op, const CK_MECHANISM *m, bool message_only);

/* ML-DSA's mu of all the data (FIPS 204, 6.2 and 5.4.1). CKR_DATA_LEN_RANGE: data is no digest of the kind. */
CK_RV dsa_mu(struct operation *op, uint8_t mu[PIV_MLDSA_MU_LEN]);

#endif
