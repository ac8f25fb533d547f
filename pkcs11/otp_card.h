/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Running commands in the card's OATH application, and its password.
 */
#ifndef COUNTERSIGN_PKCS11_OTP_CARD_H
#define COUNTERSIGN_PKCS11_OTP_CARD_H

#include "cardclient/oath.h"
#include "pkcs11/pkcs11.h"

struct token;

enum otp_need {
	OTP_NEED_NOTHING,
	OTP_NEED_SELECTED, /* it may be locked */
	OTP_NEED_PIN, /* the user's, if he is logged in: CS_ERR_DENIED where he is not */
};

typedef enum cs_err otp_work(struct token *token, const struct cc_oath_info *info, void *arg);

/* Runs work in one transaction, with the OATH application selected and opened by the password that is kept. On a card of ours
 * that happens on a logical channel of its own and leaves PIV as it is; where there is none, PIV is selected anew
 * when it is needed next. work may run twice where the card was reset meanwhile, unless
 * it has set token->changing before a command that changes something: that is not sent twice.
 * CS_ERR_NOT_FOUND: no such application. CS_ERR_DENIED: a password is set, and is not known. */
CS_MUST_CHECK enum cs_err otp_run(struct token *token, enum otp_need need, otp_work *work, void *arg);

#define OTP_PASSWORD_MAX 1024u

/* C_LoginUser as CK_COUNTERSIGN_OATH_USER, and C_Login where there is no PIV: tries the password, and keeps what is derived from
 * it. CKR_USER_PIN_NOT_INITIALIZED: there is none. */
CK_RV otp_login(struct token *token, struct cs_view password);
bool otp_logged_in(const struct token *token);
/* Wipes it. */
void otp_forget(struct token *token);
/* Wipes it, and has the card forget that it was proved; that it could not be told is in the trace. */
void otp_logout(struct token *token);

#endif
