/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Public keys, taken apart just as far as PKCS #11's attributes ask: SubjectPublicKeyInfo (RFC 5280, 4.1.2.7;
 * RFC 3279, 2.3.1; RFC 5480; RFC 8410; RFC 9881; RFC 9935).
 */
#ifndef COUNTERSIGN_PKCS11_PUBKEY_H
#define COUNTERSIGN_PKCS11_PUBKEY_H

#include "base/bytes.h"
#include "base/piv.h"
#include "cardclient/piv.h"
#include "pkcs11/pkcs11.h"

#define PUBKEY_SPKI_MAX 2640u /* bytes: ML-DSA-87 is the longest */

struct pubkey {
	CK_KEY_TYPE type;   /* CKK_RSA, CKK_EC (SM2 too), CKK_EC_EDWARDS, CKK_EC_MONTGOMERY, CKK_ML_DSA, CKK_ML_KEM */
	enum piv_alg alg;   /* the card's name for it */
	unsigned bits;	    /* of the modulus, or of the field; 0 for ML-DSA and ML-KEM */
	CK_ULONG parameter_set; /* ML-DSA, ML-KEM: CKA_PARAMETER_SET */
	struct cs_view modulus; /* RSA: unsigned, without leading zeros */
	struct cs_view exponent;
	struct cs_view params; /* CKK_EC...: the DER of the curve's OID */
	struct cs_view point;  /* EC: 04 x y, or the 32 bytes of a key of RFC 8032 or RFC 7748; ML-DSA, ML-KEM: the key */
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

/* ML-DSA, ML-KEM. */
CS_MUST_CHECK enum cs_err pubkey_write_raw(enum piv_alg alg, struct cs_view key, struct cs_writer *spki);

/* The algorithm whose curve has these DER parameters (OID, or the curve's name as PrintableString); 0: none.
 */
enum piv_alg pubkey_curve(struct cs_view params);
/* The algorithm, but RSA, that has this OID (DER) in its SubjectPublicKeyInfo; 0: none. */
enum piv_alg pubkey_by_oid(struct cs_view der);

/* Bits of the modulus or field (0 where there is none); key type, CKK_VENDOR_DEFINED for algorithms that are none of a key
 * pair; CKA_PARAMETER_SET, 0 where the type has none. */
unsigned pubkey_alg_bits(enum piv_alg alg);
/* As CK_MECHANISM_INFO has the size of a key: those bits; of ML-DSA and ML-KEM, bytes of the public key. */
CK_ULONG pubkey_alg_size(enum piv_alg alg);
/* RSA with a modulus of so many bits; 0: none. */
enum piv_alg pubkey_modulus(CK_ULONG bits);
/* The algorithm with this parameter set; 0: none. */
enum piv_alg pubkey_parameter_set(CK_KEY_TYPE type, CK_ULONG set);
CK_KEY_TYPE pubkey_alg_type(enum piv_alg alg);
CK_ULONG pubkey_alg_parameter_set(enum piv_alg alg);

#endif
