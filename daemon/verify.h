/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The decision whether a one-time password is right, as a pure function: what is known of the token, the code
 * and the time go in, what to store comes out. No I/O, no clock, no memory of its own.
 *
 * A token has a high-water mark, next: the lowest counter (HOTP, RFC 4226) or time step (TOTP, RFC 6238) that
 * it may still be accepted at. A code is accepted only at a position p with next <= p, and then next becomes
 * p + 1, so that next never goes down, not by a verification, not by a resync (CVE-2019-12887 was that). The
 * caller stores it by an update that the database guards with the same condition.
 *
 *   HOTP: p is looked for in next .. next + hotp_window.
 *   TOTP: p is looked for within totp_window steps around now + drift; drift, the steps the token's clock was
 * off when it was last accepted, is learnt then, bounded by totp_drift_limit either way.
 *
 * A code that is right for a position just below next (as many positions as the window has) is a replay:
 * refused as any wrong code is, but told apart, as its sender guesses nothing.
 */
#ifndef COUNTERSIGN_DAEMON_VERIFY_H
#define COUNTERSIGN_DAEMON_VERIFY_H

#include "base/oath.h"

enum verify_type { VERIFY_HOTP = 1, VERIFY_TOTP };

#define VERIFY_DIGITS_MIN   6u
#define VERIFY_DIGITS_MAX   8u
#define VERIFY_POSITION_MAX INT64_MAX /* next never gets beyond: it fits the database's integers */

struct verify_token {
	enum verify_type type;
	enum cs_hash hash;
	unsigned digits;     /* 6 to 8 */
	uint32_t period;     /* TOTP: seconds, not 0 */
	struct cs_view seed; /* borrowed */
	uint64_t next;
	int32_t drift; /* TOTP */
};

struct verify_limits {
	uint32_t hotp_window, totp_window, totp_drift_limit, resync_window;
};

enum verify_outcome { VERIFY_WRONG = 0, VERIFY_REPLAY, VERIFY_ACCEPTED };

/* at, next and drift are set where the outcome is VERIFY_ACCEPTED. */
struct verify_decision {
	enum verify_outcome outcome;
	uint64_t at;   /* the position of the code */
	uint64_t next; /* what the token's are now */
	int32_t drift;
};

/* now is Unix time in seconds. CS_ERR_CRYPTO from the HMAC; out is untouched then. A code that is not exactly
 * the token's number of digits is wrong. The time taken does not depend on which position a right code has.
 */
CS_MUST_CHECK enum cs_err verify_code(const struct cs_hmac *hmac, const struct verify_token *token,
				      const struct verify_limits *limits, struct cs_view code, uint64_t now,
				      struct verify_decision *out);

/* Two codes that follow each other, looked for in next .. next + resync_window (HOTP) or within
 * totp_drift_limit steps of now, from next on (TOTP): the token is then set behind the second one. Never
 * VERIFY_REPLAY. */
CS_MUST_CHECK enum cs_err verify_resync(const struct cs_hmac *hmac, const struct verify_token *token,
					const struct verify_limits *limits, struct cs_view code,
					struct cs_view code2, uint64_t now, struct verify_decision *out);

#endif
