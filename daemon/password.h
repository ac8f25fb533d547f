/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Passwords and PINs at rest: Argon2id (RFC 9106) with a secret beside the salt, which is derived from the
 * sealing key, so that a copy of the database does not suffice to try PINs of four digits against it.
 *
 *   stored := u8 version (1) | u32 memory in KiB | u32 passes | 16 bytes of salt | 32 bytes of tag
 *
 * Cost is what the configuration says when a password is set; checking takes the cost that was stored.
 */
#ifndef COUNTERSIGN_DAEMON_PASSWORD_H
#define COUNTERSIGN_DAEMON_PASSWORD_H

#include "base/bytes.h"
#include "daemon/seal.h"

#define PASSWORD_STORED_LEN (1u + 4u + 4u + 16u + 32u)
#define PASSWORD_MAX	    128u /* bytes */
#define PIN_MIN		    4u
#define PIN_MAX		    16u

struct password_cost {
	uint32_t memory; /* KiB, at least 8 */
	uint32_t passes;
};

/* The secret; the caller wipes it. CS_ERR_CRYPTO. */
CS_MUST_CHECK enum cs_err password_secret(const struct seal_key *key, uint8_t secret[32]);

CS_MUST_CHECK enum cs_err password_store(const uint8_t secret[32], const struct password_cost *cost,
					 struct cs_view password, uint8_t out[PASSWORD_STORED_LEN]);

/* Whether password is what was stored. Where stored is empty (there is none, or no such user) as much is
 * computed, and it is not. CS_ERR_CORRUPT, CS_ERR_MEMORY, CS_ERR_CRYPTO. */
CS_MUST_CHECK enum cs_err password_matches(const uint8_t secret[32], const struct password_cost *cost,
					   struct cs_view stored, struct cs_view password, bool *same);

/* ---- rules for new ones ---- */

enum password_fault {
	PASSWORD_GOOD = 0,
	PASSWORD_SHORT,
	PASSWORD_LONG,
	PASSWORD_TRIVIAL, /* it runs on (1234, dcba, qwert), repeats itself, or hardly varies */
	PASSWORD_NAME,	  /* the user's name is in it, or it in the name */
};

/* Characters that are no more than the end of a run or a repetition do not count; half of the least length
 * must remain. name may be empty. */
enum password_fault password_fault(struct cs_view password, size_t min, size_t max, struct cs_view name);

#endif
