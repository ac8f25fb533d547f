/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What signing, verifying, encrypting and decrypting have in common: beginning an operation with its
 * mechanism, parameters and key, and taking the data in, whole or in parts.
 */
#ifndef COUNTERSIGN_PKCS11_OPERATION_H
#define COUNTERSIGN_PKCS11_OPERATION_H

#include "pkcs11/secret.h"
#include "pkcs11/session.h"

/* usage: the CKF_* of the mechanism that is asked for. The key of SIGN and DECRYPT is a private one on the
 * token; of VERIFY and ENCRYPT, any public one; or a secret one. mechanism NULL ends an operation that is active
 * (v3.0). */
CK_RV operation_begin(struct session *session, enum operation_kind kind, CK_FLAGS usage,
		      const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key);
/* The same for an operation that is the caller's own, all zeros before. */
CK_RV operation_setup(struct session *session, struct operation *op, CK_FLAGS usage,
		      const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key);
/* Ready for another message with the same key and parameters. */
CK_RV operation_again(struct operation *op);

/* CKR_OPERATION_NOT_INITIALIZED unless one of this kind is active and of this form. */
CK_RV operation_active(const struct session *session, enum operation_kind kind, bool recover);

/* What the key's own attribute says of a use; an object that says nothing of it allows it. CKR_KEY_FUNCTION_NOT_PERMITTED. */
CK_RV operation_key_may(struct token *token, struct object object, CK_ATTRIBUTE_TYPE usage);

/* Takes data in. CKR_DATA_LEN_RANGE where a mechanism that does not hash is given more than any key takes. */
CK_RV operation_update(struct operation *op, struct cs_view data);

/* Begins op->digest, with what stands before the data. */
CK_RV operation_digest(struct operation *op);

/* The data of the whole operation as the padding wants it: the digest, PKCS #1's DigestInfo, ML-DSA's mu, or the data
 * itself. message borrows from block, which has PKCS1_MODULUS_MAX bytes, or from op. */
CK_RV operation_message(struct operation *op, uint8_t *block, struct cs_view *message);

/* The length of a signature, of a MAC, or of the modulus, in bytes. CKR_KEY_HANDLE_INVALID: the key that the operation began
 * with is gone; another may be in its place. */
CK_RV operation_size(const struct session *session, const struct operation *op, size_t *len);

/* Its secret key. CKR_KEY_HANDLE_INVALID: as above. */
CK_RV operation_secret(struct token *token, const struct operation *op, struct secret_key *key);

/* Puts result where the caller wants it, by the rules of PKCS #11 for output (v3.2, 5.2): NULL asks for the
 * length. */
CK_RV output_bytes(struct cs_view result, CK_BYTE_PTR out, CK_ULONG_PTR len);
/* True, with *rv and *len set, where the caller asks for the length only, or has too little room for it. */
bool output_asks(size_t need, CK_BYTE_PTR out, CK_ULONG_PTR len, CK_RV *rv);

/* ---- keyuse.c ---- */

/* What the card is to do: sign or decrypt; agree; sign ML-DSA's mu; decapsulate. */
enum key_how { KEY_OPERATE, KEY_AGREE, KEY_SIGN_MU, KEY_DECAPSULATE };

/* The private operation of the card on a key object, with what its PIN policy demands. CKR_DATA_INVALID: it can't
 * compute on input. CKR_KEY_HANDLE_INVALID: it is not the key that was meant. */
CK_RV key_use(struct token *token, const struct meant *key, enum key_how how, struct cs_view input, struct cs_writer *out);

#endif
