/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C_Sign and C_Verify with one-time-password mechanisms: CKM_HOTP, and those of pkcs11_countersign.h, which are
 * of the same shape.
 *
 * C_Sign makes a password and answers with a CK_OTP_SIGNATURE_INFO, its parameters and their values behind it in the caller's one
 * block. The size is known beforehand: asking for it, or a block that is too small, costs no password.
 */
#ifndef COUNTERSIGN_PKCS11_OTP_SIGN_H
#define COUNTERSIGN_PKCS11_OTP_SIGN_H

#include "pkcs11/session.h"

/* Whether the object is a key for the mechanism. */
CK_RV otp_check_key(struct token *token, const struct mechanism *mechanism, struct object object);
/* Takes the parameters. op->object is a key that was checked. */
CK_RV otp_begin(struct token *token, struct operation *op, bool verify, const CK_MECHANISM *mechanism);

/* data is empty, else CKR_DATA_LEN_RANGE. *goes_on: the size was asked for, or the block is too small; nothing was done. */
CK_RV otp_sign(struct token *token, struct operation *op, struct cs_view data, CK_BYTE_PTR signature,
	       CK_ULONG_PTR len, bool *goes_on);
CK_RV otp_verify(struct token *token, struct operation *op, struct cs_view data, struct cs_view password);

#endif
