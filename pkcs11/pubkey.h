/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Public keys, taken apart just as far as PKCS #11's attributes ask: SubjectPublicKeyInfo (RFC 5280, 4.1.2.7;
 * RFC 3279, 2.3.1; RFC 5480).
 */
#ifndef COUNTERSIGN_PKCS11_PUBKEY_H
#define COUNTERSIGN_PKCS11_PUBKEY_H

#include "base/bytes.h"
#include "base/piv.h"
#include "cardclient/piv.h"
#include "pkcs11/pkcs11.h"

#define PUBKEY_SPKI_MAX 640u /* bytes: RSA-4096 is the longest */

struct pubkey {
	CK_KEY_TYPE type;	/* CKK_RSA, CKK_EC, CKK_EC_EDWARDS or CKK_EC_MONTGOMERY */
	enum piv_alg alg;	/* the card's name for it */
	unsigned bits;		/* of the modulus, or of the field */
	struct cs_view modulus; /* RSA: unsigned, without leading zeros */
	struct cs_view exponent;
	struct cs_view params; /* else: the DER of the curve's OID */
	struct cs_view point;  /* else: 04 x y, or the 32 bytes of a key of RFC 8032 or RFC 7748 */
};

/* out borrows from spki, or (params) is static. CS_ERR_MALFORMED; CS_ERR_UNSUPPORTED for an algorithm or
 * curve that no card here has. */
CS_MUST_CHECK enum cs_err pubkey_parse(struct cs_view spki, struct pubkey *out);

/* The SubjectPublicKeyInfo of a key as the card tells it. CS_ERR_MALFORMED, CS_ERR_UNSUPPORTED,
 * CS_ERR_NO_SPACE. */
CS_MUST_CHECK enum cs_err pubkey_write_spki(const struct cc_piv_public *key, struct cs_writer *spki);

/* The same from the numbers of attributes; params is DER as in CKA_EC_PARAMS. */
CS_MUST_CHECK enum cs_err pubkey_write_rsa(struct cs_view modulus, struct cs_view exponent,
					   struct cs_writer *spki);
CS_MUST_CHECK enum cs_err pubkey_write_ec(struct cs_view params, struct cs_view point,
					  struct cs_writer *spki);

/* The algorithm whose curve has these DER parameters (OID, or the curve's name as PrintableString); 0: none.
 */
enum piv_alg pubkey_curve(struct cs_view params);

/* Bits of the modulus or field; key type. 0 and CKK_VENDOR_DEFINED for algorithms that are not asymmetric. */
unsigned pubkey_alg_bits(enum piv_alg alg);
CK_KEY_TYPE pubkey_alg_type(enum piv_alg alg);

#endif
