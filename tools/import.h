/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Token files of others, taken apart: PSKC, CSV, otpauth URIs, what authenticator programs and other servers write.
 *
 * Each format is a function of bytes, in a file of its own: a file comes in, one record for each token goes out, in
 * the file's order, or one fault that says where and what. A parser opens nothing, keeps nothing and prints nothing.
 * Files come from others and may be made to harm: import_sandbox.h runs the parsers in a process that can do
 * nothing but answer.
 */
#ifndef COUNTERSIGN_TOOLS_IMPORT_H
#define COUNTERSIGN_TOOLS_IMPORT_H

#include "base/bytes.h"
#include "base/oath.h"

#define IMPORT_SEED_MIN	   16u /* bytes: RFC 4226, section 4, R6 */
#define IMPORT_SEED_MAX	   64u
#define IMPORT_SERIAL_SIZE 65u /* texts with their NUL, as long as the server takes them */
#define IMPORT_USER_SIZE   129u
#define IMPORT_LABEL_SIZE  129u
#define IMPORT_SUITE_SIZE  (CS_OCRA_SUITE_MAX + 1u)
#define IMPORT_FAULT_SIZE  200u
#define IMPORT_KEY_MAX	   32u
#define IMPORT_FILE_MAX	   ((size_t)256 << 20) /* bytes of a file */

enum import_type { IMPORT_HOTP = 1, IMPORT_TOTP, IMPORT_OCRA };

/* One token. It holds its seed: wipe it. */
struct import_record {
	unsigned long line; /* where it begins in the file, counted from 1; 0: not known */
	enum import_type type;
	enum cs_hash hash;  /* CS_SHA1, CS_SHA256 or CS_SHA512 */
	unsigned digits;    /* 6 to 8 */
	uint32_t period;    /* TOTP: 10 to 300 seconds */
	uint64_t counter;   /* the first position that is still good: of HOTP and OCRA a counter, of TOTP a time step */
	uint64_t starts;    /* Unix seconds; 0: nothing is said */
	uint64_t expires;   /* the same */
	char serial[IMPORT_SERIAL_SIZE]; /* "" where there is none, as are the other texts */
	char user[IMPORT_USER_SIZE];
	char label[IMPORT_LABEL_SIZE];
	char suite[IMPORT_SUITE_SIZE]; /* OCRA */
	uint8_t seed[IMPORT_SEED_MAX];
	size_t seed_len;
};

/* What is wrong with a file. No byte of a seed or key is ever in it. */
struct import_fault {
	unsigned long line; /* 0: the whole file */
	char what[IMPORT_FAULT_SIZE];
};

/* Takes a record, which is borrowed. False ends the parse (CS_ERR_CANCELLED). */
typedef bool import_take_fn(void *ctx, const struct import_record *record);

/* A file on its way through a parser. The caller fills in all but fault. */
struct import_job {
	struct cs_view file;
	struct cs_view key;	   /* pre-shared, of PSKC: 16, 24 or 32 bytes; empty: none */
	struct cs_view passphrase; /* of PSKC and of what is encrypted otherwise; empty: none */
	bool encrypted;		   /* a file that is not encrypted is refused: nothing vouches for its seeds */
	bool realms;		   /* of privacyIDEA: a user is login@realm, not the login alone */
	bool nobody;		   /* whose a token is does not matter */
	import_take_fn *take;
	void *ctx;
	struct import_fault fault; /* set where the parser failed */
};

/* CS_ERR_MALFORMED, CS_ERR_UNSUPPORTED, CS_ERR_WRONG (a key, a MAC), CS_ERR_CRYPTO, CS_ERR_MEMORY: fault says
 * more. CS_ERR_CANCELLED. Records that came before are no good then: a file is taken whole or not at all. */
typedef enum cs_err import_parse_fn(struct import_job *job);

struct import_format {
	const char *name; /* for --format */
	const char *help;
	import_parse_fn *parse;
};

/* The table of formats. */
const struct import_format *import_formats(size_t *count);
/* NULL: there is none of this name. */
const struct import_format *import_format(const char *name);

/* ---- for the parsers (import.c) ---- */

/* Notes what is wrong. Always err. */
CS_MUST_CHECK enum cs_err import_fail(struct import_job *job, enum cs_err err, unsigned long line,
				      const char *format, ...) __attribute__((format(printf, 4, 5)));

/* A record with what holds where nothing is said: SHA1, 6 digits, 30 seconds, position 0. */
void import_record_init(struct import_record *record, enum import_type type, unsigned long line);

/* Called where a file turns out not to be encrypted: CS_ERR_MALFORMED, where job wants one that is. */
CS_MUST_CHECK enum cs_err import_plain(struct import_job *job, unsigned long line);

/* Holds the record to its limits, and hands it on. */
CS_MUST_CHECK enum cs_err import_emit(struct import_job *job, struct import_record *record);

/* True where all of a record's fields are what a record may have: for records that come out of a sandbox, too. The
 * reason, where it is false, is a phrase: "the seed has 10 bytes: 16 to 64 are needed". */
CS_MUST_CHECK bool import_record_good(const struct import_record *record, char what[IMPORT_FAULT_SIZE]);

/* Text into a field of cap bytes. False: too long, or it has control characters or is no UTF-8. */
CS_MUST_CHECK bool import_text(struct cs_view text, char *out, size_t cap);
/* Decimal digits and nothing else, at most max. */
CS_MUST_CHECK bool import_number(struct cs_view text, uint64_t max, uint64_t *out);
/* Base64 with - and _ for + and /, with its padding (import_privacyidea.c). */
CS_MUST_CHECK bool import_base64url(struct cs_view text, struct cs_writer *out);
/* "SHA1", "sha-256", "HMAC-SHA512" ... */
CS_MUST_CHECK bool import_hash(struct cs_view name, enum cs_hash *out);
/* "hotp", "TOTP", "ocra". */
CS_MUST_CHECK bool import_type(struct cs_view name, enum import_type *out);
/* xs:dateTime (2030-12-31T00:00:00Z, with an offset or without: UTC then) or a date alone, as Unix seconds. */
CS_MUST_CHECK bool import_time(struct cs_view text, uint64_t *out);
/* Blanks, tabs and ends of lines off both ends. */
struct cs_view import_trim(struct cs_view text);
/* Whether the two are equal but for the case of ASCII letters. */
bool import_same(struct cs_view text, const char *word);

/* Takes the next line off rest, without its end (LF, CRLF). False: there is none. */
CS_MUST_CHECK bool import_line(struct cs_view *rest, struct cs_view *line);
/* The file without the mark that some editors put before UTF-8. */
struct cs_view import_content(const struct import_job *job);

/* Whether a text is UTF-8: no overlong forms, no surrogates. */
bool import_utf8(struct cs_view text);

/* ---- the formats ---- */

import_parse_fn import_csv;	  /* import_csv.c: the one of ours, with a line of names at its head */
import_parse_fn import_oath_csv;  /* import_oath_csv.c: LinOTP's and privacyIDEA's, without */
import_parse_fn import_otpauth;	  /* import_otpauth.c */
import_parse_fn import_migration; /* import_migration.c: Google Authenticator */
import_parse_fn import_privacyidea; /* import_privacyidea.c */
import_parse_fn import_linotp;	  /* import_linotp.c */
import_parse_fn import_pskc;	  /* import_pskc.c */

#endif
