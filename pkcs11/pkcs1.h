/* SPDX-License-Identifier: BSD-2-Clause
 *
 * PKCS #1 (RFC 8017) around a card that does nothing but raw RSA: what goes into a signature, and what comes
 * out of a decryption. Unpadding tells by its result alone whether the padding was right, not by its time.
 */
#ifndef COUNTERSIGN_PKCS11_PKCS1_H
#define COUNTERSIGN_PKCS11_PKCS1_H

#include "base/bytes.h"
#include "pkcs11/hash.h"

#define PKCS1_MODULUS_MAX 512u /* bytes: RSA-4096 */
#define PKCS1_OVERHEAD	  11u  /* bytes that v1.5 padding needs at least */

/* EMSA-PKCS1-v1_5 without the DigestInfo (9.2, steps 4 and 5): block is k bytes. CS_ERR_LENGTH for data over
 * k - 11, or k over PKCS1_MODULUS_MAX. */
CS_MUST_CHECK enum cs_err pkcs1_pad_signature(struct cs_view data, uint8_t *block, size_t k);

/* EMSA-PSS (9.1.1) for a modulus of mod_bits, with a random salt of salt_len bytes. block is (mod_bits + 7) /
 * 8 bytes. CS_ERR_LENGTH where digest and salt do not fit, or digest.len is not hash->len; CS_ERR_CRYPTO. */
CS_MUST_CHECK enum cs_err pkcs1_pss_encode(const struct hash *hash, const struct hash *mgf, size_t salt_len,
					   struct cs_view digest, uint8_t *block, size_t mod_bits);

/* EME-PKCS1-v1_5 decoding (7.2.2, step 3): the message inside block, which is wiped by the caller. In
 * constant time, but for the length of a good message. CS_ERR_MALFORMED where the padding is wrong. */
CS_MUST_CHECK enum cs_err pkcs1_unpad_encryption(struct cs_view block, struct cs_view *message);

/* EME-OAEP decoding (7.1.2, step 3). block, k bytes, is unmasked in place; message borrows from it.
 * CS_ERR_MALFORMED (whatever is wrong with it), CS_ERR_LENGTH where k is too small for the hash,
 * CS_ERR_CRYPTO. */
CS_MUST_CHECK enum cs_err pkcs1_oaep_decode(const struct hash *hash, const struct hash *mgf,
					    struct cs_view label, uint8_t *block, size_t k,
					    struct cs_view *message);

#endif
