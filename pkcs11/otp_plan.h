/* SPDX-License-Identifier: BSD-2-Clause
 *
 * From a template to the credential that it describes.
 */
#ifndef COUNTERSIGN_PKCS11_OTP_PLAN_H
#define COUNTERSIGN_PKCS11_OTP_PLAN_H

#include "base/sealed_seed.h"
#include "pkcs11/otp_store.h"
#include "pkcs11/session.h"

/* A template, and the key that it describes. */
struct otp_plan {
	const CK_ATTRIBUTE *attributes;
	CK_ULONG count;
	struct otp key;
	struct cs_view seed; /* empty: the card makes it */
	uint64_t counter;
	enum cs_sealed_seed_curve curve;
	uint8_t server[CS_SEALED_SEED_POINT_MAX];
	size_t server_len;
	CK_RV rv; /* CKR_OK, or why nothing was done */
	size_t index;
	bool changing; /* a key that is there */
};

/* CKR_SESSION_READ_ONLY, or CKR_USER_NOT_LOGGED_IN for what is the user's. */
CK_RV otp_plan_session(const struct session *session, bool private);
/* Pointers and lengths, and that nothing is said twice. */
CK_RV otp_plan_check(const CK_ATTRIBUTE *attributes, CK_ULONG count);
/* All of r->key and r->counter, from r's template. type: CK_UNAVAILABLE_INFORMATION where the template has none. */
CK_RV otp_plan_read(CK_KEY_TYPE type, struct otp_plan *r);
/* The same, but for the name, of a template that was checked. */
CK_RV otp_plan_shape(CK_KEY_TYPE type, struct otp_plan *r);
/* Whether the token can have it, and this session make it. */
CK_RV otp_plan_for_card(const struct session *session, const struct otp_plan *r);
/* The name of out, from label, or issuer and account. */
CK_RV otp_plan_name(enum ykoath_type type, CK_ULONG period, const struct cs_ykoath_parts *p, struct otp *out);
/* Whether the key is what the template says: CKR_TEMPLATE_INCONSISTENT, or why an attribute cannot be. */
CK_RV otp_plan_compare(const struct token *token, const struct otp_plan *r);

#endif
