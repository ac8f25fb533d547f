/* SPDX-License-Identifier: BSD-2-Clause
 *
 * OATH arithmetic over an HMAC that the caller supplies: HOTP (RFC 4226), TOTP (RFC 6238), OCRA (RFC 6287).
 * Card and daemon compute codes with the same lines.
 */
#ifndef COUNTERSIGN_BASE_OATH_H
#define COUNTERSIGN_BASE_OATH_H

#include "base/bytes.h"

enum cs_hash { CS_SHA1 = 1, CS_SHA256, CS_SHA384, CS_SHA512 };

#define CS_HASH_MAX        64u /* bytes of the longest digest */
#define CS_OATH_DIGITS_MIN 6u
#define CS_OATH_DIGITS_MAX 10u
#define CS_OATH_CODE_MAX   (CS_OATH_DIGITS_MAX + 1u) /* with its NUL */

/* Bytes of a digest: 20, 32, 48, 64; 0 for an unknown one. */
size_t cs_hash_size(enum cs_hash hash);

/* HMAC (RFC 2104) of msg under key into mac, which has room for cs_hash_size(hash) bytes. ctx is the caller's. */
typedef enum cs_err cs_hmac_fn(void *ctx, enum cs_hash hash, struct cs_view key, struct cs_view msg, uint8_t *mac);

struct cs_hmac {
	cs_hmac_fn *fn;
	void *ctx;
};

/* Dynamic truncation (RFC 4226, 5.3): the 31-bit number before the reduction to digits. mac_len is at least 20. */
uint32_t cs_oath_truncate(const uint8_t *mac, size_t mac_len);

/* Decimal digits of truncated modulo 10^digits, with leading zeros, NUL-terminated. digits is 1 to 10; of more,
 * 10 are made. */
void cs_oath_format(uint32_t truncated, unsigned digits, char code[CS_OATH_CODE_MAX]);

/* The 31-bit number for a counter; a TOTP code is the HOTP code of its time step. CS_ERR_CRYPTO from the HMAC. */
CS_MUST_CHECK enum cs_err cs_hotp(const struct cs_hmac *hmac, enum cs_hash hash, struct cs_view key,
    uint64_t counter, uint32_t *truncated);

/* The time step of unix_time (RFC 6238, 4.2): (unix_time - t0) / period, 0 before t0. period is seconds, not 0. */
uint64_t cs_totp_step(uint64_t unix_time, uint64_t t0, uint32_t period);

/* ---- OCRA ---- */

#define CS_OCRA_SUITE_MAX     64u  /* characters of a suite that cs_ocra_suite_parse takes */
#define CS_OCRA_QUESTION_MAX  64u  /* characters of a challenge (RFC 6287, 5.1: N, A or H, 04 to 64) */
#define CS_OCRA_SESSION_MAX   512u /* bytes of session information */

enum cs_ocra_format { CS_OCRA_NUMERIC = 'N', CS_OCRA_ALPHANUMERIC = 'A', CS_OCRA_HEX = 'H' };

/* A parsed OCRASuite (RFC 6287, 6). */
struct cs_ocra_suite {
	struct cs_view text;      /* the suite as given, borrowed */
	enum cs_hash hash;        /* of the CryptoFunction */
	unsigned digits;          /* 4 to 10, or 0: no truncation, the whole HMAC is the answer */
	bool counter;             /* C: an 8-byte counter goes in */
	enum cs_ocra_format format;
	unsigned question_max;    /* longest challenge, in characters */
	enum cs_hash pin_hash;    /* 0: no P; else the hash of the PIN */
	unsigned session_len;     /* 0: no S; else its bytes */
	uint32_t time_step;       /* 0: no T; else its seconds */
};

/* What goes in beside the key; fields that the suite does not name are not looked at. */
struct cs_ocra_input {
	uint64_t counter;
	struct cs_view question; /* the challenge's characters, as in the suite's format; two-way: both, one after the other */
	struct cs_view pin_hash; /* digest of the PIN, cs_hash_size(suite.pin_hash) bytes */
	struct cs_view session;  /* at most session_len bytes; padded with zeros on the left */
	uint64_t time;           /* number of time steps since 1970 */
};

/* CS_ERR_MALFORMED where the text is not an OCRA-1 suite; CS_ERR_UNSUPPORTED for a longer one than CS_OCRA_SUITE_MAX. */
CS_MUST_CHECK enum cs_err cs_ocra_suite_parse(struct cs_view text, struct cs_ocra_suite *out);

/* Whether the inputs fit the suite: CS_ERR_ARG where one that it names has a wrong length or a character outside its
 * format. */
CS_MUST_CHECK enum cs_err cs_ocra_check(const struct cs_ocra_suite *suite, const struct cs_ocra_input *in);

/* The whole HMAC, before it is cut to digits; mac has room for CS_HASH_MAX bytes. Errors: cs_ocra. */
CS_MUST_CHECK enum cs_err cs_ocra_mac(const struct cs_hmac *hmac, const struct cs_ocra_suite *suite, struct cs_view key,
    const struct cs_ocra_input *in, uint8_t *mac);

/* The answer: suite->digits decimal digits, or for digits 0 the HMAC in lower-case hex. out is NUL-terminated and has
 * room for 2 * CS_HASH_MAX + 1 characters. CS_ERR_ARG where an input that the suite names has a wrong length or a
 * character outside its format. */
CS_MUST_CHECK enum cs_err cs_ocra(const struct cs_hmac *hmac, const struct cs_ocra_suite *suite, struct cs_view key,
    const struct cs_ocra_input *in, char *out);

#endif
