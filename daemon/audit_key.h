/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The key that signs checkpoints of the audit log and daily reports: ECDSA over P-256 with SHA-256, signatures in DER.
 * Its private half lies in a file (PEM, PKCS #8; nobody but its owner may have a right on it), or in a PKCS#11 token that
 * signs by itself (daemon/hsm.h), in the process of daemon/vault.h.
 *
 *   idle --audit_key_ask--> asked --audit_key_take--> idle
 *
 * A key in a file answers at once. Nobody waits for a token: while it has not answered, audit_key_take says CS_ERR_BUSY.
 */
#ifndef COUNTERSIGN_DAEMON_AUDIT_KEY_H
#define COUNTERSIGN_DAEMON_AUDIT_KEY_H

#include "base/checkpoint.h"
#include "daemon/config.h"

#define AUDIT_KEY_PEM_MAX 256u

struct audit_key;

/* As config has it. A file that is not there is made, for good; it must not be made anew while checkpoints of the former
 * key are to be verified, so a lost one is told of in the log. The token is asked for a signature, which must verify with
 * the public key that it has under the same name. Forks where there is a token: call it while the process has one thread.
 * error gets a sentence. CS_ERR_MALFORMED: no P-256 key; CS_ERR_DENIED: others have a right on the file; CS_ERR_CORRUPT:
 * the token's two halves do not belong together; and as vault_start, hsm_sign, hsm_public. */
CS_MUST_CHECK enum cs_err audit_key_open(const struct config *config, struct audit_key **out,
					 char error[CONFIG_ERROR_MAX]);
void audit_key_free(struct audit_key *key); /* NULL is fine */

/* SHA-256 of its SubjectPublicKeyInfo, and that as PEM, NUL-terminated. */
void audit_key_id(const struct audit_key *key, uint8_t id[CS_AUDIT_HASH_LEN]);
const char *audit_key_pem(const struct audit_key *key);

/* Asks for the signature of a text. */
CS_MUST_CHECK enum cs_err audit_key_ask(struct audit_key *key, struct cs_view text);
/* Becomes readable when the answer is there; -1: nothing is to be waited for. */
int audit_key_fd(const struct audit_key *key);
/* The answer, waited for at most so long. CS_ERR_BUSY: not yet; anything else ends the asking. */
CS_MUST_CHECK enum cs_err audit_key_take(struct audit_key *key, int wait_ms,
					 uint8_t signature[CS_CHECKPOINT_SIGNATURE_MAX], size_t *len);

#endif
