/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Tokens as files for others: what import.h takes apart, put together. Encrypted PSKC is the one for seeds that travel;
 * privacyIDEA's and LinOTP's are encrypted as those do it; the others are bare.
 */
#ifndef COUNTERSIGN_TOOLS_EXPORT_H
#define COUNTERSIGN_TOOLS_EXPORT_H

#include <openssl/evp.h>

#include "tools/import.h"

#define EXPORT_TOKEN_MAX  4096u /* bytes that no token takes in any format */
#define EXPORT_HEAD_MAX	  4096u /* nor what stands around them */
#define EXPORT_ITERATIONS 600000u /* of PBKDF2 */

struct pskc_keys;

/* What encrypts the parts of one file for privacyIDEA. It holds keys. */
struct export_fernet {
	EVP_CIPHER_CTX *cipher;
	EVP_MAC_CTX *mac;
	uint8_t rest[3]; /* bytes that base64 has not taken yet */
	size_t rest_len;
};

/* What goes into a file; or a part of it. */
struct export_job {
	const struct import_record *records;
	size_t count;
	struct cs_view key;	   /* PSKC: a pre-shared AES key of 16, 24 or 32 bytes; empty: the passphrase. privacyIDEA: the 32
				    * bytes of a Fernet key. LinOTP: the first 32 bytes of its file encKey */
	struct cs_view passphrase; /* PSKC: PBKDF2 with HMAC-SHA-256 makes AES-256's key of it */
	bool begun;		   /* an earlier part has written the file's beginning */
	size_t before;		   /* tokens of earlier parts */
	bool more;		   /* another part comes: the file's end is not written */
	struct pskc_keys *keys;	   /* PSKC: what the parts of a file share, zeroed before the first; NULL: there is one part */
	struct export_fernet *fernet; /* privacyIDEA: the same, but never NULL; export_fernet_end afterwards */
};

/* CS_ERR_UNSUPPORTED: the format has no place for one of the tokens. CS_ERR_NO_SPACE, CS_ERR_CRYPTO, CS_ERR_ARG. */
typedef enum cs_err export_write_fn(const struct export_job *job, struct cs_writer *out);

export_write_fn export_pskc;	    /* export_pskc.c: AES-CBC, HMAC-SHA-256 over what is encrypted */
export_write_fn export_csv;	    /* export.c */
export_write_fn export_otpauth;	    /* export.c: HOTP and TOTP */
export_write_fn export_migration;   /* export_migration.c: Google Authenticator's codes, each part a batch of its own */
export_write_fn export_privacyidea; /* export_privacyidea.c: under Fernet, as pi-tokenjanitor takes it */
export_write_fn export_linotp;	    /* export_linotp.c: rows for LinOTP's table Token, with encrypted seeds */

/* What the token has that the format has no place for, as a phrase ("7 digits"); NULL: nothing. */
typedef const char *export_lack_fn(const struct import_record *record);

export_lack_fn export_otpauth_lack;
export_lack_fn export_migration_lack;
export_lack_fn export_table_lack; /* export.c: of privacyIDEA and of LinOTP, whose tables are the same in this */

void export_fernet_end(struct export_fernet *fernet);

/* ---- for the formats ---- */

void export_text(struct cs_writer *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* As xs:dateTime, in UTC. */
void export_time(struct cs_writer *out, uint64_t seconds);
const char *export_hash(enum cs_hash hash);	  /* "SHA1" ... */
const char *export_hash_small(enum cs_hash hash); /* "sha1" ... */
/* All but unreserved characters (RFC 3986, 2.3) as percent escapes. */
void export_uri(struct cs_writer *out, const char *text);
/* Text with a backslash before each of the characters in special. */
void export_escaped(struct cs_writer *out, const char *text, const char *special);
/* Whether the format that lacks this has a place for all of the job's tokens. */
CS_MUST_CHECK bool export_fits(const struct export_job *job, export_lack_fn *lack);

#endif
