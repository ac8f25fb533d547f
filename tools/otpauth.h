/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The otpauth: URI that enrolment pages show as a QR code:
 * otpauth://totp/ISSUER:ACCOUNT?secret=BASE32&issuer=...
 */
#ifndef COUNTERSIGN_TOOLS_OTPAUTH_H
#define COUNTERSIGN_TOOLS_OTPAUTH_H

#include "base/bytes.h"
#include "base/ykoath.h"

#define OTPAUTH_SEED_MAX 128u

struct otpauth {
	enum ykoath_type type;
	enum ykoath_hash hash;
	unsigned digits;
	uint32_t period;  /* TOTP: seconds */
	uint32_t counter; /* HOTP */
	char issuer[YKOATH_NAME_MAX + 1], account[YKOATH_NAME_MAX + 1];
	uint8_t seed[OTPAUTH_SEED_MAX];
	size_t seed_len;
};

/* What holds where nothing else is said: TOTP, SHA-1, 6 digits, 30 seconds. */
void otpauth_init(struct otpauth *out);

/* Takes a URI apart into out, which otpauth_init has prepared; wipe out after use, in every case.
 * CS_ERR_MALFORMED: no such URI, or a value that no token has; *why then says which part. */
CS_MUST_CHECK enum cs_err otpauth_parse(const char *uri, struct otpauth *out, const char **why);

/* Base32 into the seed. CS_ERR_MALFORMED; CS_ERR_NO_SPACE. */
CS_MUST_CHECK enum cs_err otpauth_seed(struct otpauth *out, struct cs_view base32);

/* "SHA1", "SHA256", "SHA512", in either case. */
CS_MUST_CHECK bool otpauth_hash(const char *name, enum ykoath_hash *out);

/* The name that the credential has on the card: [PERIOD/][ISSUER:]ACCOUNT, the period where it is not 30.
 * CS_ERR_LENGTH: longer than YKOATH_NAME_MAX. */
CS_MUST_CHECK enum cs_err otpauth_name(const struct otpauth *otp, char name[YKOATH_NAME_MAX + 1]);

/* The period that such a name carries: 30 where it carries none. */
unsigned otpauth_period(const char *name);

#endif
