/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Credentials come, are renamed, and go: C_CreateObject, C_GenerateKey, C_SetAttributeValue and C_DestroyObject of
 * CKO_OTP_KEY objects on the card.
 *
 * They are public objects, which a read/write session may change without a login, as the card lets anyone who knows its
 * password, if it has one; but for those that are bound to the user's PIN (CKA_PRIVATE), which are his.
 *
 * What a template says must be so of the key as the card has it, or it is refused; but CKA_ID and the dates, which the card has
 * no place for, and which the standard's own example names.
 */
#ifndef COUNTERSIGN_PKCS11_OTP_CREATE_H
#define COUNTERSIGN_PKCS11_OTP_CREATE_H

#include "pkcs11/session.h"

CK_RV otp_create(struct session *session, const CK_ATTRIBUTE *attributes, CK_ULONG count, struct object *made);
/* With one of the mechanisms *_KEY_GEN. The card makes the seed, and seals it to the server that the template names; without one,
 * nobody ever has it. */
CK_RV otp_generate(struct session *session, const CK_MECHANISM *mechanism, const CK_ATTRIBUTE *attributes,
		   CK_ULONG count, CK_OBJECT_HANDLE_PTR key);
bool otp_generates(CK_MECHANISM_TYPE mechanism);
CK_RV otp_rename(struct session *session, struct object object, const CK_ATTRIBUTE *attributes, CK_ULONG count);
CK_RV otp_destroy(struct session *session, struct object object);

#endif
