/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What is done with public keys, by libcrypto: verifying and encrypting.
 */
#ifndef COUNTERSIGN_PKCS11_PUBLIC_H
#define COUNTERSIGN_PKCS11_PUBLIC_H

#include "pkcs11/session.h"

/* message: as operation_message yields it. CKR_SIGNATURE_INVALID, CKR_SIGNATURE_LEN_RANGE. */
CK_RV public_verify(struct token *token, const struct operation *op, struct cs_view message,
		    struct cs_view signature);
/* The message inside a signature with recovery; out has PKCS1_MODULUS_MAX bytes. */
CK_RV public_recover(struct token *token, const struct operation *op, struct cs_view signature, uint8_t *out,
		     size_t *len);
/* out has PKCS1_MODULUS_MAX bytes. */
CK_RV public_encrypt(struct token *token, const struct operation *op, struct cs_view message, uint8_t *out,
		     size_t *len);

#define PUBLIC_SECRET_LEN 32u /* bytes that ML-KEM agrees on */

/* ML-KEM: size is the length of the key's ciphertexts. */
CK_RV public_encapsulate(struct token *token, struct object object, uint8_t *ciphertext, size_t size,
			 uint8_t secret[PUBLIC_SECRET_LEN]);

/* Whether this libcrypto knows ML-DSA, ML-KEM. */
bool public_has(CK_KEY_TYPE type);

#endif
