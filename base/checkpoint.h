/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A checkpoint of the audit log: a text that says which entry was the last one at a time, and its hash. It is signed as
 * it stands (ECDSA over P-256 with SHA-256, the signature in DER beside it), so that openssl alone verifies it:
 *
 *   openssl dgst -sha256 -verify KEY.pem -signature CHECKPOINT.sig CHECKPOINT.txt
 *
 *   countersign audit checkpoint 1
 *   installation 32 hexadecimal digits: the database that the log is in
 *   entry 12345
 *   hash 64 hexadecimal digits: of that entry (base/audit.h)
 *   time 2027-01-15T08:00:00.000Z
 *   key 64 hexadecimal digits: SHA-256 of the public key's SubjectPublicKeyInfo
 *
 * Each line ends with one newline; digits are lower-case; a number has no zeros before it. So a text has one reading,
 * and a reading one text.
 */
#ifndef COUNTERSIGN_BASE_CHECKPOINT_H
#define COUNTERSIGN_BASE_CHECKPOINT_H

#include "base/audit.h"

#define CS_CHECKPOINT_INSTALLATION_LEN 16u
#define CS_CHECKPOINT_TEXT_MAX	       320u
#define CS_CHECKPOINT_SIGNATURE_MAX    80u

struct cs_checkpoint {
	uint8_t installation[CS_CHECKPOINT_INSTALLATION_LEN];
	uint64_t sequence; /* at least 1 */
	uint8_t hash[CS_AUDIT_HASH_LEN];
	uint64_t time_ms;
	uint8_t key[CS_AUDIT_HASH_LEN];
};

/* CS_ERR_ARG: no entry, or a time after 9999. */
CS_MUST_CHECK enum cs_err cs_checkpoint_write(const struct cs_checkpoint *checkpoint, struct cs_writer *w);
/* CS_ERR_MALFORMED: not exactly what cs_checkpoint_write writes. */
CS_MUST_CHECK enum cs_err cs_checkpoint_read(struct cs_view text, struct cs_checkpoint *out);

#endif
