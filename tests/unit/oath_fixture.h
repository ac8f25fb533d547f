/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The OATH application for tests: its commands, on the card of the running test.
 */
#ifndef COUNTERSIGN_TESTS_OATH_FIXTURE_H
#define COUNTERSIGN_TESTS_OATH_FIXTURE_H

#include "base/oath.h"
#include "base/ykoath.h"
#include "tests/unit/card_fixture.h"

#define SEED20 "12345678901234567890"
#define SEED32 "12345678901234567890123456789012"
#define SEED64 "1234567890123456789012345678901234567890123456789012345678901234"

#define SELECT_OATH "00A4040007A0000005272101"

/* The card of the running test, OATH selected at its beginning. Nobody touches it until touch_says is CS_OK. */
extern struct fixture *otp;

int otp_setup(void **state);
int otp_teardown(void **state);

/* The test's card is made anew, on a flash of so many pages of 4096 bytes. */
void otp_flash(uint32_t pages);

uint16_t otp_command(uint8_t ins, uint8_t p1, uint8_t p2, struct cs_view body);
uint16_t otp_send(const struct cs_apdu *cmd);
/* SELECT. */
uint16_t otp_open(void);
/* Element of the last answer; empty where it is not there. */
struct cs_view otp_found(uint32_t tag);

/* PUT; options are what may follow the key. otp_hotp: with SEED20 from counter 0. */
uint16_t otp_put(const char *name, uint8_t type_hash, uint8_t digits, const char *key,
		 struct cs_view options);
uint16_t otp_hotp(const char *name);
/* A command with one name, or two. */
uint16_t otp_named(uint8_t ins, const char *name, const char *second);
uint16_t otp_calculate(const char *name, struct cs_view challenge, uint8_t p2);

/* The code of a truncated response; static storage. */
const char *otp_code_text(struct cs_view value);
/* "": no code came. */
const char *otp_hotp_code(const char *name);
const char *otp_totp_code(const char *name, uint64_t step);

/* Codes of SEED20 for counters from 0 on (RFC 4226, appendix D). */
#define OTP_RFC4226_COUNT 10u
extern const char *const otp_rfc4226[OTP_RFC4226_COUNT];

/* Number of credentials that LIST shows. */
unsigned otp_listed(void);

/* ---- access code ---- */

extern const uint8_t otp_code[YKOATH_CODE_LEN];

/* honest: with a proof of the code that is right. */
uint16_t otp_code_set(const uint8_t *key, bool honest);
/* Answers the challenge of a SELECT with the key; checks the card's answer to ours where it gives one. */
uint16_t otp_code_validate(const uint8_t *key, const uint8_t challenge[8]);
/* SELECT, and its challenge. */
void otp_challenge(uint8_t challenge[8]);

#endif
