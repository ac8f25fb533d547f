/* SPDX-License-Identifier: BSD-2-Clause
 *
 * PrivateKeyInfo (PKCS #8, RFC 5958), in which private keys travel wrapped (PKCS #11 v3.2, 6.7), as the attributes of C_CreateObject.
 */
#ifndef COUNTERSIGN_PKCS11_PKCS8_H
#define COUNTERSIGN_PKCS11_PKCS8_H

#include "base/bytes.h"
#include "pkcs11/pkcs11.h"
#include "pkcs11/pubkey.h"

#define PKCS8_ATTRIBUTES 10u
#define PKCS8_DIGEST	 64u /* bytes of ML-DSA's digest of a public key */

struct pkcs8 {
	CK_KEY_TYPE type;
	CK_ULONG set; /* CKA_PARAMETER_SET, of keys that have one */
	CK_ATTRIBUTE attributes[PKCS8_ATTRIBUTES]; /* values borrowed from the encoding, and from this */
	CK_ULONG count;
	/* What it says of its public half, to be compared with that of the key (public_match.h); empty: nothing. */
	uint8_t spki[PUBKEY_SPKI_MAX];
	size_t spki_len;
	struct cs_view digest; /* of an ML-DSA public key: SHAKE256, from the long form; borrowed */
};

/* Reads len bytes; filled: up to 15 zeros may follow, as CBC without padding leaves them. Keys of RSA with all CRT values (RFC 8017), of curves
 * (RFC 5915, RFC 8410), of ML-DSA and ML-KEM with their seed (RFC 9881, RFC 9935). CS_ERR_MALFORMED; CS_ERR_UNSUPPORTED: another kind, or
 * without its seed. out stays where it is. */
CS_MUST_CHECK enum cs_err pkcs8_parse(uint8_t *der, size_t len, bool filled, struct pkcs8 *out);

#endif
