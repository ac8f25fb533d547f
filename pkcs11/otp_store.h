/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Finding out what credentials there are, and what a credential is. INVENTORY names those of a card of ours; where
 * an access code locks them, and on other makers' cards, the OATH application is asked, by searches for CKO_OTP_KEY only: on
 * other makers' cards that costs every program its PIN. Where the card has nothing else, any search asks that may find one.
 */
#ifndef COUNTERSIGN_PKCS11_OTP_STORE_H
#define COUNTERSIGN_PKCS11_OTP_STORE_H

#include "cardclient/oath.h"
#include "pkcs11/otps.h"
#include "pkcs11/pkcs11.h"

struct token;

/* As a token of OATH alone is opened: what it is, and, unless it is locked, what credentials it has. CS_ERR_NOT_FOUND: there is no
 * such application either. */
CS_MUST_CHECK enum cs_err otp_store_meet(struct token *token);
/* Whether such a token is locked by a password, and what tries it tells of (0 in all: of none). */
CS_MUST_CHECK enum cs_err otp_store_lock(struct token *token, bool *locked, struct cc_oath_tries *tries);
/* What a search for such keys begins with. CS_OK also where the card has no such application or does not open it: it then has none. */
CS_MUST_CHECK enum cs_err otp_store_load(struct token *token);
/* Asks the OATH application, which is open; as work of otp_run, whose arg is not looked at. */
CS_MUST_CHECK enum cs_err otp_store_update(struct token *token, const struct cc_oath_info *info, void *arg);
/* An OCRA credential, and its suite has been asked for. CS_ERR_NOT_FOUND: it is gone. */
CS_MUST_CHECK enum cs_err otp_store_whole(struct token *token, size_t index, struct otp **out);

bool otp_is_key_type(CK_KEY_TYPE type);
struct cs_view otp_name(const struct otp *otp);
enum ykoath_type otp_type(const struct otp *otp);
CK_KEY_TYPE otp_key_type(const struct otp *otp);
bool otp_has(const struct otp *otp, enum ykoath_property property);
/* What its name says. Borrows from otp. */
struct cs_ykoath_parts otp_parts(const struct otp *otp);
/* The suite of an OCRA key; false for others, and for a suite that is none. Borrows from otp. */
bool otp_suite(const struct otp *otp, struct cs_ocra_suite *out);
/* Whether a counter goes into its passwords. */
bool otp_counts(const struct otp *otp);
/* Whether a password of it can be checked without using one up: where the card counts, ours says it of a past counter of
 * HOTP. */
bool otp_verifies(const struct token *token, const struct otp *otp);
/* CKA_OTP_FORMAT, and the characters of its passwords. */
CK_ULONG otp_format(const struct otp *otp);
size_t otp_length(const struct otp *otp);

#endif
