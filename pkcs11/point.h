/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Points of curves as programs bring them: bare or in an OCTET STRING (CKA_EC_POINT; PKCS #11 v3.2, 6.3.3, 6.3.17), compressed or not.
 */
#ifndef COUNTERSIGN_PKCS11_POINT_H
#define COUNTERSIGN_PKCS11_POINT_H

#include "base/bytes.h"
#include "base/piv.h"

#define POINT_MAX 133u /* bytes of one of P-521 */

/* libcrypto's number of a curve of NIST's, or SM2's. */
int point_curve(enum piv_alg alg);

/* The point as cards take it: 04 X Y, or the 32 bytes of RFC 8032 and RFC 7748. It borrows from given, or (what was compressed) from room.
 * That it is on the curve is seen of compressed ones only. CS_ERR_MALFORMED, CS_ERR_CRYPTO. */
CS_MUST_CHECK enum cs_err point_read(enum piv_alg alg, struct cs_view given, uint8_t room[POINT_MAX], struct cs_view *point);

#endif
