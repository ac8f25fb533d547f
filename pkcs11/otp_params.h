/* SPDX-License-Identifier: BSD-2-Clause
 *
 * CK_OTP_PARAMS, as C_SignInit and C_VerifyInit get them: checked against what the key is, and copied.
 */
#ifndef COUNTERSIGN_PKCS11_OTP_PARAMS_H
#define COUNTERSIGN_PKCS11_OTP_PARAMS_H

#include <stdbool.h>

#include "base/oath.h"
#include "pkcs11/otp_store.h"

#define OTP_TIME_LEN	14u /* YYYYMMDDhhmmss */
#define OTP_COUNTER_LEN 8u
#define OTP_QUESTION_MAX (2u * CS_OCRA_QUESTION_MAX) /* two-way */

/* What of the parameters counts for the key; what it has no use for is not in it. */
struct otp_request {
	size_t length; /* characters of the password */
	bool next;     /* TOTP: of the window after */
	bool has_time;
	uint64_t time; /* Unix time */
	bool has_counter;
	uint64_t counter;
	uint8_t question[OTP_QUESTION_MAX], session[CS_OCRA_SESSION_MAX], pin_digest[CS_HASH_MAX];
	size_t question_len, session_len, pin_digest_len;
};

/* CKR_MECHANISM_PARAM_INVALID. verify: for C_VerifyInit. */
CK_RV otp_request_new(const struct otp *key, bool verify, const CK_MECHANISM *mechanism, struct otp_request **out);
/* Wipes. NULL is allowed. */
void otp_request_free(struct otp_request *request);

/* OCRA's inputs; borrows from request. time: of the code. */
struct cs_ocra_input otp_request_inputs(const struct otp_request *request, const struct cs_ocra_suite *suite,
					uint64_t time);

/* CKA_OTP_x_REQUIREMENT of the key: for CK_OTP_PIN, CK_OTP_CHALLENGE, CK_OTP_TIME and CK_OTP_COUNTER. */
CK_ULONG otp_requirement(const struct otp *key, CK_OTP_PARAM_TYPE type);

/* Unix time from and to the standard's form. CS_ERR_MALFORMED: no date from 1970 on; CS_ERR_ARG: after 9999. */
CS_MUST_CHECK enum cs_err otp_time_parse(struct cs_view text, uint64_t *out);
CS_MUST_CHECK enum cs_err otp_time_format(uint64_t unix_time, char out[OTP_TIME_LEN]);

#endif
