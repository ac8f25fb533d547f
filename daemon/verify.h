/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The decision whether a one-time password is right, as pure functions: what is known of the token, the code
 * and the time go in, what to store comes out. No I/O, no clock, no memory of their own. decide.h chooses
 * among them, and among a user's tokens.
 *
 * A token has a high-water mark, next: the lowest counter (HOTP, RFC 4226; OCRA, RFC 6287), time step (TOTP,
 * RFC 6238), line (list), use (temporary) or question (grid) that it may still be accepted at. A code is accepted only at a
 * position p with next <= p, and then next becomes p + 1, so that next never goes down, not by a
 * verification, not by a resync (CVE-2019-12887 was that). The caller stores it by an update that the
 * database guards with the same condition. What may be used in any order (backup codes) has a bit each in
 * spent, guarded alike.
 *
 *   HOTP:      p is looked for in next .. next + hotp_window.
 *   TOTP:      p is looked for within totp_window steps around now + drift; drift, the steps the token's clock
 *              was off when it was last accepted, is learnt then, bounded by totp_drift_limit either way.
 *   list:      HOTP's codes of the positions 0 .. count - 1, printed; p is in next .. next + list_window.
 *   backup:    count texts of PRINTED_BACKUP letters, in any order; p is the number of the text.
 *   temporary: a text of PRINTED_TEMPORARY letters, good count times before it expires; p is the use.
 *   grid:      HOTP's codes of count cells; a challenge names cells, and the answer is theirs in a row. Which cells
 *              hangs on next alone, which an answer moves: who has seen some cells cannot ask until they come up.
 *   OCRA:      answers a challenge; a suite with C looks for the counter in next .. next + hotp_window, one
 *              with T for the step within totp_window of now.
 *   SMS, mail: the code that was sent for a challenge, of which only a keyed digest is kept.
 *
 * What answers a challenge is good once, because the challenge is: the caller spends it, guarded.
 *
 * A code that is right for a position just below next (as many positions as the window has) is a replay:
 * refused as any wrong code is, but told apart, as its sender guesses nothing.
 */
#ifndef COUNTERSIGN_DAEMON_VERIFY_H
#define COUNTERSIGN_DAEMON_VERIFY_H

#include "base/oath.h"

enum verify_type {
	VERIFY_HOTP = 1,
	VERIFY_TOTP,
	VERIFY_OCRA,
	VERIFY_SMS,
	VERIFY_EMAIL,
	VERIFY_LIST,
	VERIFY_GRID,
	VERIFY_BACKUP,
	VERIFY_TEMPORARY,
	VERIFY_TYPE_COUNT
};

#define VERIFY_DIGITS_MIN   6u
#define VERIFY_DIGITS_MAX   8u
#define VERIFY_POSITION_MAX INT64_MAX /* next never gets beyond: it fits the database's integers */
#define VERIFY_BACKUP_MAX   32u	      /* backup codes of a token: bits of spent */
#define VERIFY_LIST_MAX	    200u      /* lines of a list */
#define VERIFY_GRID_COLUMNS 10u	      /* A to J */
#define VERIFY_GRID_MAX	    100u      /* cells: ten rows */
#define VERIFY_GRID_ASKED   3u	      /* cells that a challenge names */
#define VERIFY_GRID_DIGITS  3u	      /* digits of a cell */
#define VERIFY_QUESTION_MAX 64u	      /* characters of a challenge's question */
#define VERIFY_DATA_MAX	    512u      /* bytes of transaction data that a challenge is bound to */
#define VERIFY_MAC_LEN	    32u

/* Letters of printed texts, hyphens not counted. */
#define PRINTED_BACKUP	  10u /* 50 bits */
#define PRINTED_TEMPORARY 12u /* 60 bits */
#define PRINTED_SIZE	  16u /* with hyphens and NUL */

/* Where a PIN stands in what the user types: before the code, or behind it. */
enum verify_pin { VERIFY_NO_PIN = 0, VERIFY_PIN_BEFORE, VERIFY_PIN_BEHIND };

struct verify_token {
	enum verify_type type;
	enum cs_hash hash;
	unsigned digits;     /* HOTP, TOTP, list, SMS, mail: 6 to 8 */
	uint32_t period;     /* TOTP: seconds, not 0 */
	struct cs_view seed; /* borrowed */
	uint64_t next;
	int32_t drift;	      /* TOTP */
	uint64_t spent;	      /* backup: a bit for each text that has been used */
	uint32_t count;	      /* list, grid, backup, temporary: see above; others: 0 */
	uint64_t expires;     /* Unix seconds; 0: never */
	struct cs_view suite; /* OCRA */
	enum verify_pin pin;
	struct cs_view pin_hash; /* password.h; borrowed; not empty where pin is set */
	bool disabled;
	bool unreadable; /* there is no seed to ask */
	bool locked; /* the budget has no try for it now (budget.h) */
};

struct verify_limits {
	uint32_t hotp_window, totp_window, totp_drift_limit, resync_window, list_window;
};

/* What a token was asked. Views borrow. */
struct verify_challenge {
	struct cs_view id;
	struct cs_view question; /* OCRA: its characters; grid: cells, as "B7 D2 J10" */
	struct cs_view data;	 /* of the transaction; empty: none */
	uint64_t expires;
	bool spent;
	struct cs_view mac; /* SMS, mail: verify_sent_mac of the code */
};

enum verify_outcome { VERIFY_WRONG = 0, VERIFY_REPLAY, VERIFY_ACCEPTED };

/* at, next and drift are set where the outcome is VERIFY_ACCEPTED. */
struct verify_decision {
	enum verify_outcome outcome;
	uint64_t at;   /* the position of the code */
	uint64_t next; /* what the token's are now */
	int32_t drift;
	uint64_t spends; /* bits that spent gains */
};

/* HOTP, TOTP and lists. now is Unix time in seconds. CS_ERR_CRYPTO from the HMAC; out is untouched then. A code that is not exactly
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

/* ---- what answers a challenge ---- */

/* Grid, OCRA: as verify_code. CS_ERR_ARG where question or data do not fit the suite. A grid's question that is not the
 * one of the token's next has been answered meanwhile, in another challenge: VERIFY_REPLAY, whatever the code. */
CS_MUST_CHECK enum cs_err verify_grid(const struct cs_hmac *hmac, const struct verify_token *token,
				      const struct verify_challenge *challenge, struct cs_view code,
				      struct verify_decision *out);
CS_MUST_CHECK enum cs_err verify_ocra(const struct cs_hmac *hmac, const struct verify_token *token,
				      const struct verify_limits *limits,
				      const struct verify_challenge *challenge, struct cs_view code,
				      uint64_t now, struct verify_decision *out);
/* SMS, mail. */
CS_MUST_CHECK enum cs_err verify_sent(const struct cs_hmac *hmac, const struct verify_token *token,
				      const struct verify_challenge *challenge, struct cs_view code,
				      struct verify_decision *out);
/* What is kept of a code that is sent: HMAC-SHA-256 under the token's seed, over challenge and code. */
CS_MUST_CHECK enum cs_err verify_sent_mac(const struct cs_hmac *hmac, struct cs_view seed, struct cs_view id,
					  struct cs_view code, uint8_t mac[VERIFY_MAC_LEN]);

/* Whether this daemon verifies answers of the suite: OCRA-1, 6 digits or more, without a PIN's hash (P), whose
 * place a PIN before or behind the code takes. CS_ERR_UNSUPPORTED, CS_ERR_MALFORMED. */
CS_MUST_CHECK enum cs_err verify_ocra_suite(struct cs_view text, struct cs_ocra_suite *out);

/* A question for the suite, made of 32 random bytes and bound to data: as long as the suite has room for, up
 * to 8 (numbers) or 16 characters, so that a person can type it. */
CS_MUST_CHECK enum cs_err verify_ocra_question(const struct cs_hmac *hmac, const struct cs_ocra_suite *suite,
					       const uint8_t random[32], struct cs_view data,
					       char out[VERIFY_QUESTION_MAX + 1]);
/* VERIFY_GRID_ASKED different cells of a grid, as text: the same until they were answered. CS_ERR_ARG: it has too few;
 * CS_ERR_CRYPTO. */
CS_MUST_CHECK enum cs_err verify_grid_question(const struct cs_hmac *hmac, const struct verify_token *token,
					       char out[VERIFY_QUESTION_MAX + 1]);

/* ---- what is printed ---- */

/* Backup codes and temporary passwords. Letters are compared without case; blanks and hyphens do not count;
 * 0, 1 and 8 are read as O, I and B. */
CS_MUST_CHECK enum cs_err verify_printed(const struct cs_hmac *hmac, const struct verify_token *token,
					 struct cs_view code, struct verify_decision *out);
/* The text with this number, as it is told: letters in groups. Only for backup and temporary. */
CS_MUST_CHECK enum cs_err verify_printed_text(const struct cs_hmac *hmac, const struct verify_token *token,
					      uint32_t number, char out[PRINTED_SIZE]);
/* Line or cell with this number. out has room for CS_OATH_CODE_MAX characters. */
CS_MUST_CHECK enum cs_err verify_line_text(const struct cs_hmac *hmac, const struct verify_token *token,
					   uint32_t number, char out[CS_OATH_CODE_MAX]);

#endif
