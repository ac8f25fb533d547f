/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Tokens as files for others: what import.h takes apart, put together. Encrypted PSKC is the one for seeds that travel;
 * the others are bare.
 */
#ifndef COUNTERSIGN_TOOLS_EXPORT_H
#define COUNTERSIGN_TOOLS_EXPORT_H

#include "tools/import.h"

#define EXPORT_TOKEN_MAX  4096u /* bytes that no token takes in any format */
#define EXPORT_HEAD_MAX	  4096u /* nor what stands around them */
#define EXPORT_ITERATIONS 600000u /* of PBKDF2 */

struct pskc_keys;

/* What goes into a file; or a part of it. */
struct export_job {
	const struct import_record *records;
	size_t count;
	struct cs_view key;	   /* PSKC: a pre-shared AES key of 16, 24 or 32 bytes; empty: the passphrase */
	struct cs_view passphrase; /* PSKC: PBKDF2 with HMAC-SHA-256 makes AES-256's key of it */
	bool begun;		   /* an earlier part has written the file's beginning */
	size_t before;		   /* tokens of earlier parts */
	bool more;		   /* another part comes: the file's end is not written */
	struct pskc_keys *keys;	   /* PSKC: what the parts of a file share, zeroed before the first; NULL: there is one part */
};

/* CS_ERR_UNSUPPORTED: the format has no place for a token of this kind. CS_ERR_NO_SPACE, CS_ERR_CRYPTO, CS_ERR_ARG. */
typedef enum cs_err export_write_fn(const struct export_job *job, struct cs_writer *out);

export_write_fn export_pskc;	/* export_pskc.c: AES-CBC, HMAC-SHA-256 over what is encrypted */
export_write_fn export_csv;	/* export.c */
export_write_fn export_otpauth; /* export.c: HOTP and TOTP */

/* ---- for the formats ---- */

void export_text(struct cs_writer *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* As xs:dateTime, in UTC. */
void export_time(struct cs_writer *out, uint64_t seconds);
const char *export_hash(enum cs_hash hash); /* "SHA1" ... */

#endif
