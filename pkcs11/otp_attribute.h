/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The attributes of CKO_OTP_KEY objects on the card (PKCS #11 v3.2, 6.54.2, and those of all secret keys). All
 * of them are told from what the list of credentials says: none asks the card.
 */
#ifndef COUNTERSIGN_PKCS11_OTP_ATTRIBUTE_H
#define COUNTERSIGN_PKCS11_OTP_ATTRIBUTE_H

#include "pkcs11/otp_store.h"

/* As attribute_get. otp_attribute_get: of the credential of this index, whose suite is asked for where it is needed; the other: of
 * any, which need not be on the card yet. */
CK_RV otp_attribute_get(struct token *token, size_t index, CK_ATTRIBUTE_TYPE type, struct cs_writer *out);
CK_RV otp_attribute_of(const struct token *token, const struct otp *key, CK_ATTRIBUTE_TYPE type,
		       struct cs_writer *out);

/* The types of attributes, for i from 0; false behind the last one. Keys of another type may have it. */
bool otp_attribute_type(size_t i, CK_ATTRIBUTE_TYPE *type);

#endif
