/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Typed commands of the OATH application (numbers in base/ykoath.h): one-time-password credentials on the
 * card.
 *
 * Every function but cc_oath_select needs the application selected on the card, and, where it is locked by an
 * access code, validated: CS_ERR_DENIED else. Besides its own errors each returns those of cc_transmit and
 * cc_sw_error (card.h). A touch that the card waits for is the caller's to announce: cc_oath_list and
 * cc_oath_calculate_all tell which need one.
 */
#ifndef COUNTERSIGN_CARDCLIENT_OATH_H
#define COUNTERSIGN_CARDCLIENT_OATH_H

#include "base/bytes.h"
#include "base/oath.h"
#include "base/sealed_seed.h"
#include "base/ykoath.h"
#include "cardclient/card.h"

/* Of the access code; a card of ours tells. */
struct cc_oath_tries {
	unsigned left, total;
	unsigned wait_seconds; /* until the next try is looked at */
};

struct cc_oath_info {
	uint8_t version[3];
	uint8_t salt[16]; /* names the card, and salts the access code */
	size_t salt_len;
	bool locked; /* an access code is set, and was not validated since SELECT */
	uint8_t challenge[16];
	size_t challenge_len; /* where locked */
	uint8_t algorithm;    /* where locked: enum ykoath_hash of VALIDATE */
	bool has_tries;	      /* where locked, on a card that counts them */
	struct cc_oath_tries tries;
};

/* CS_ERR_NOT_FOUND: the card has no OATH. */
CS_MUST_CHECK enum cs_err cc_oath_select(struct cc_card *card, struct cc_oath_info *out);

struct cc_oath_name {
	char text[YKOATH_NAME_MAX +
		  1]; /* UTF-8 as stored: [PERIOD/][ISSUER:]ACCOUNT; a NUL inside is CS_ERR_MALFORMED */
	size_t len;
};

/* A new credential, as PUT sends it. */
struct cc_oath_credential {
	struct cs_view name; /* 1 to YKOATH_NAME_MAX bytes */
	enum ykoath_type type;
	enum ykoath_hash hash;
	unsigned digits;    /* 6 to 8; OCRA: those of the suite */
	struct cs_view key; /* 1 byte or more: short ones are padded, long ones hashed here (RFC 2104) */
	bool touch;
	bool pin;	      /* each code wants the card's PIN: cards of ours */
	struct cs_view suite; /* OCRA, which cards of ours have; else empty */
	bool increasing;  /* challenges must grow from one to the next */
	uint64_t counter; /* HOTP and OCRA: the first one; cards of ours take more than 32 bits */
};

/* Replaces a credential of this name. CS_ERR_FULL. CS_ERR_ARG for what the comments above exclude. */
CS_MUST_CHECK enum cs_err cc_oath_put(struct cc_card *card, const struct cc_oath_credential *credential);
CS_MUST_CHECK enum cs_err cc_oath_delete(struct cc_card *card, struct cs_view name);
CS_MUST_CHECK enum cs_err cc_oath_rename(struct cc_card *card, struct cs_view old_name,
					 struct cs_view new_name);

/* One entry of cc_oath_list or cc_oath_calculate_all. */
struct cc_oath_entry {
	struct cc_oath_name name;
	enum ykoath_type type;
	enum ykoath_hash hash; /* 0 from cc_oath_calculate_all */
	bool touch;	       /* from cc_oath_calculate_all and cc_oath_list_all only */
	bool pin;	       /* the same: the card's PIN is wanted */
	bool made;	       /* from cc_oath_list_all only: the card made the key */
	char suite[CS_OCRA_SUITE_MAX + 1]; /* the same: OCRA; else empty */
	bool has_unique;		   /* the same: 8 bytes were drawn when it was made */
	uint8_t unique[YKOATH_UNIQUE_LEN];
	bool has_code;
	unsigned digits;
	uint32_t truncated; /* where has_code: 31 bits, for cs_oath_format with digits */
};

/* Called for each entry, but for those with more than CS_OATH_DIGITS_MAX digits, which no code has; a result other than CS_OK ends the walk and is returned. */
typedef enum cs_err cc_oath_each_fn(void *ctx, const struct cc_oath_entry *entry);

/* LIST leaves OCRA's credentials out. */
CS_MUST_CHECK enum cs_err cc_oath_list(struct cc_card *card, cc_oath_each_fn *each, void *ctx);

/* All, with all there is to know of them. CS_ERR_UNSUPPORTED: not a card of ours. */
CS_MUST_CHECK enum cs_err cc_oath_list_all(struct cc_card *card, cc_oath_each_fn *each, void *ctx);

/* Codes of all TOTP credentials that need no touch, for the time step (of each credential's challenge the
 * step is the caller's: cards know no time). HOTP credentials and such with touch come without a code. */
CS_MUST_CHECK enum cs_err cc_oath_calculate_all(struct cc_card *card, uint64_t step, cc_oath_each_fn *each,
						void *ctx);

/* The number (31 bits, for cs_oath_format) and digits of one credential. TOTP: step is its challenge. HOTP:
 * step is not looked at, and the card's counter moves on. CS_ERR_NOT_FOUND; CS_ERR_TIMEOUT: nobody touched
 * the token. */
CS_MUST_CHECK enum cs_err cc_oath_calculate(struct cc_card *card, struct cs_view name, uint64_t step,
					    uint32_t *truncated, unsigned *digits);

/* OCRA's answer, as text: room for 2 * CS_HASH_MAX + 1 characters. Of in the counter is the card's affair, and of the others those
 * count that the credential's suite names: CS_ERR_ARG where they do not fit it. CS_ERR_NOT_FOUND, CS_ERR_TIMEOUT,
 * CS_ERR_DENIED: the PIN is wanted. */
CS_MUST_CHECK enum cs_err cc_oath_ocra(struct cc_card *card, struct cs_view name, const struct cs_ocra_suite *suite,
				       const struct cs_ocra_input *in, char *answer);

/* Whether the code is that of a counter which the HOTP credential has left behind: CS_OK, or CS_ERR_WRONG: it is not, or the counter is still to
 * come. CS_ERR_ARG: no code has so many digits. Else as cc_oath_ocra; CS_ERR_UNSUPPORTED: the card has no such command, or it is not HOTP. */
CS_MUST_CHECK enum cs_err cc_oath_check(struct cc_card *card, struct cs_view name, uint64_t counter, struct cs_view code);

/* The card makes the key of a new credential (credential->key is not looked at) and seals it to the server's: sealed gets the file
 * of base/sealed_seed.h, at most CS_SEALED_SEED_MAX bytes. CS_ERR_UNSUPPORTED: not a card of ours, or not that curve;
 * CS_ERR_STATE: the card has no attestation key. Others as cc_oath_put. */
CS_MUST_CHECK enum cs_err cc_oath_generate(struct cc_card *card, const struct cc_oath_credential *credential,
					   enum cs_sealed_seed_curve curve, struct cs_view server, struct cs_writer *sealed);

/* The whole HMAC over any challenge of up to 64 bytes, appended to out. */
CS_MUST_CHECK enum cs_err cc_oath_hmac(struct cc_card *card, struct cs_view name, struct cs_view challenge,
				       struct cs_writer *out);

/* ---- access code ---- */

/* The code of a password: PBKDF2-HMAC-SHA1, 1000 rounds, with the card's salt. */
CS_MUST_CHECK enum cs_err cc_oath_derive(struct cs_view password, struct cs_view salt,
					 uint8_t code[YKOATH_CODE_LEN]);

/* Proves the code to the card and has the card prove it back. info: from the SELECT before; used up by one
 * try, right or wrong (the challenge): select again for the next. CS_ERR_WRONG: wrong code, or the card's
 * proof is wrong. CS_ERR_BLOCKED: no tries left. CS_ERR_BUSY: after wrong ones the card wants to be waited for
 * (cc_oath_status tells how long). CS_OK at once where the card is not locked. */
CS_MUST_CHECK enum cs_err cc_oath_validate(struct cc_card *card, const struct cc_oath_info *info,
					   const uint8_t code[YKOATH_CODE_LEN]);

/* CS_ERR_NOT_FOUND: no code is set. CS_ERR_UNSUPPORTED: not a card of ours. */
CS_MUST_CHECK enum cs_err cc_oath_status(struct cc_card *card, struct cc_oath_tries *out);

/* All tries are back; by the security officer, who verified in this application (cc_csgn_verify with CSGN_REF_SO). CS_ERR_STATE: the
 * SO PIN is still the factory's. CS_ERR_NOT_FOUND: no code is set. */
CS_MUST_CHECK enum cs_err cc_oath_unblock(struct cc_card *card);

CS_MUST_CHECK enum cs_err cc_oath_set_code(struct cc_card *card, const uint8_t code[YKOATH_CODE_LEN]);
CS_MUST_CHECK enum cs_err cc_oath_remove_code(struct cc_card *card);

/* Erases all credentials and the access code; works while locked. */
CS_MUST_CHECK enum cs_err cc_oath_reset(struct cc_card *card);

/* ---- parsers of untrusted answers, for oath.c, tests and fuzzers ---- */

CS_MUST_CHECK enum cs_err cc_oath_parse_select(struct cs_view answer, struct cc_oath_info *out);
CS_MUST_CHECK enum cs_err cc_oath_parse_list(struct cs_view answer, cc_oath_each_fn *each, void *ctx);
CS_MUST_CHECK enum cs_err cc_oath_parse_list_all(struct cs_view answer, cc_oath_each_fn *each, void *ctx);
CS_MUST_CHECK enum cs_err cc_oath_parse_all(struct cs_view answer, cc_oath_each_fn *each, void *ctx);
CS_MUST_CHECK enum cs_err cc_oath_parse_code(struct cs_view answer, uint32_t *truncated, unsigned *digits);

#endif
