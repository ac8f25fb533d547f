/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The algorithms of PIV keys (SP 800-78-5, table 9) as tables: a new one is a row.
 */
#ifndef COUNTERSIGN_APPLET_PIV_ALGORITHM_H
#define COUNTERSIGN_APPLET_PIV_ALGORITHM_H

#include "applet/card_private.h"
#include "base/tlv.h"

enum piv_family {
	PIV_FAMILY_RSA,
	PIV_FAMILY_EC,
	PIV_FAMILY_SM2,
	PIV_FAMILY_ED25519,
	PIV_FAMILY_X25519,
	PIV_FAMILY_MLDSA,
	PIV_FAMILY_MLKEM,
};

struct piv_algorithm {
	enum piv_alg id;
	enum piv_family family;
	uint16_t size;	       /* bytes of the modulus, of a coordinate, of an ML-KEM ciphertext; else 0 */
	struct cs_view spki;   /* AlgorithmIdentifier of its public keys (DER) */
	enum cs_hash hash;     /* RSA, EC: what the attestation key signs with; else 0 */
	struct cs_view signer; /* AlgorithmIdentifier of such signatures (DER); empty: it does not sign */
};

/* The row, or NULL if it is unknown or the crypto port does not have it. */
const struct piv_algorithm *piv_algorithm_find(const struct card *card, uint8_t id);

/* Rows in order, those included that the port does not have; NULL at the end. */
const struct piv_algorithm *piv_algorithm_row(size_t index);

/* Ciphers of the management key. */
struct piv_cipher {
	enum piv_alg id;
	uint8_t key_len, block_len;
};

/* 0 stands for 3DES (SP 800-78-5, table 9). NULL if unknown. */
const struct piv_cipher *piv_cipher_find(uint8_t id);

#endif
