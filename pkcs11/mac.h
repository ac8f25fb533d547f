/* SPDX-License-Identifier: BSD-2-Clause
 *
 * MACs with secret keys: HMAC with SHA-1 and SHA-2, and AES-CMAC.
 */
#ifndef COUNTERSIGN_PKCS11_MAC_H
#define COUNTERSIGN_PKCS11_MAC_H

#include "pkcs11/secret.h"

#define MAC_MAX HASH_MAX

/* Begins op->mac for the key (on the card: op->data_max), and sets op->mac_len: the mechanism's parameter, or the whole MAC. */
CK_RV mac_begin(struct operation *op, const CK_MECHANISM *mechanism, const struct secret_key *key);
/* Begins anew with the same key. */
CK_RV mac_again(struct operation *op);
CK_RV mac_update(struct operation *op, struct cs_view part);
/* out has MAC_MAX bytes, of which op->mac_len are the MAC. */
CK_RV mac_make(struct token *token, struct operation *op, uint8_t *out);
/* CKR_SIGNATURE_LEN_RANGE, CKR_SIGNATURE_INVALID. */
CK_RV mac_check(struct token *token, struct operation *op, struct cs_view mac);
/* ctx may be NULL. */
void mac_free(EVP_MAC_CTX *ctx);

#endif
