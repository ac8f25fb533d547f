/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The bytes of an audit entry that are hashed to chain the log: the daemon hashes them when it writes an
 * entry, and whoever verifies a log hashes them again. Entry n carries the SHA-256 of the bytes of entry n -
 * 1; the first entry carries zeros. The hash is the caller's.
 *
 *   format 1:  "CSAUDIT1" | u64 sequence | u64 time_ms | previous hash | the eight texts in the order of the struct
 *   format 2:  "CSAUDIT2" | u64 sequence | u64 time_ms | previous hash | commitment | actor | action | result | reason
 *   commitment := SHA-256 of "CSAUDITP" | salt | user | token | address | detail
 *   text       := u16 length | bytes
 *
 * Integers are big-endian. Every field is there, an absent text with length 0, so two different entries never
 * have the same bytes.
 *
 * What format 1 hashes can never be taken out. In format 2 the four texts that may tell of a person stand behind a
 * salted commitment: where they and the salt are dropped, the chain holds as before, and nobody can find out by
 * trying whom the entry was about; where they are there, the commitment proves them.
 */
#ifndef COUNTERSIGN_BASE_AUDIT_H
#define COUNTERSIGN_BASE_AUDIT_H

#include "base/bytes.h"

#define CS_AUDIT_HASH_LEN 32u
#define CS_AUDIT_SALT_LEN 16u
#define CS_AUDIT_TEXT_MAX 1024u /* bytes of one text */
#define CS_AUDIT_TEXTS	  8u
/* Room for the bytes of any entry. */
#define CS_AUDIT_ENTRY_MAX (8u + 8u + 8u + CS_AUDIT_HASH_LEN + CS_AUDIT_TEXTS * (2u + CS_AUDIT_TEXT_MAX))

struct cs_audit_entry {
	uint64_t sequence; /* 1 for the first entry of a log, then one more for each */
	uint64_t time_ms;  /* milliseconds since 1970, UTC */
	uint8_t previous[CS_AUDIT_HASH_LEN];
	/* UTF-8, borrowed, each at most CS_AUDIT_TEXT_MAX bytes; empty where it does not apply */
	struct cs_view actor;	/* who asked: the name of a credential, or of a part of the daemon */
	struct cs_view action;	/* what, e.g. "otp.verify" */
	struct cs_view user;	/* whom it is about, or another target that is no token */
	struct cs_view token;	/* the token's identifier */
	struct cs_view result;	/* e.g. "accepted", "wrong", "locked" */
	struct cs_view reason;	/* why, where the answer to the client does not say: e.g. "replay" */
	struct cs_view address; /* the client's */
	struct cs_view detail;	/* anything else */
};

/* Appends the bytes of an entry of format 1 to w. CS_ERR_LENGTH where a text is too long (nothing is written then),
 * CS_ERR_NO_SPACE. */
CS_MUST_CHECK enum cs_err cs_audit_encode(const struct cs_audit_entry *entry, struct cs_writer *w);

/* The same for format 2: what the commitment is the hash of, and the entry with its commitment. */
CS_MUST_CHECK enum cs_err cs_audit_encode_personal(const struct cs_audit_entry *entry,
						   const uint8_t salt[CS_AUDIT_SALT_LEN], struct cs_writer *w);
CS_MUST_CHECK enum cs_err cs_audit_encode_open(const struct cs_audit_entry *entry,
					       const uint8_t commitment[CS_AUDIT_HASH_LEN], struct cs_writer *w);

#endif
