/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What SM2 signs, on the host: libcrypto makes it only for keys that it holds.
 */
#ifndef COUNTERSIGN_TOOLS_CARD_SM2_H
#define COUNTERSIGN_TOOLS_CARD_SM2_H

#include "base/bytes.h"
#include "base/piv.h"

/* e = SM3(Z || message) (GB/T 32918.2, 6.1) for the key's point 04 X Y and the identity "1234567812345678", which
 * certificates are signed with (GM/T 0009). CS_ERR_CRYPTO. */
CS_MUST_CHECK enum cs_err card_sm2_digest(struct cs_view point, struct cs_view message,
					  uint8_t e[PIV_SM2_DIGEST_LEN]);

#endif
