/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One-time-password keys that are session objects: their seeds and counters are in memory, as a program gave them, and passwords
 * are computed here. For who verifies: of such a key C_Verify can be asked about any counter.
 */
#ifndef COUNTERSIGN_PKCS11_OTP_MEMORY_H
#define COUNTERSIGN_PKCS11_OTP_MEMORY_H

#include "pkcs11/otp_params.h"
#include "pkcs11/session.h"

CK_RV otp_memory_create(struct session *session, const CK_ATTRIBUTE *attributes, CK_ULONG count,
			struct object *made);

/* What the object is, but for its name. CKR_KEY_TYPE_INCONSISTENT: no such key; CKR_KEY_HANDLE_INVALID: it is gone. */
CK_RV otp_memory_key(const struct token *token, size_t number, struct otp *out);

/* The counter that goes in: the given one, or the key's own. */
uint64_t otp_memory_counter(const struct token *token, size_t number, const struct otp_request *request);
/* The key's own counter, before the password of the one before is used. CKR_FUNCTION_FAILED: there is no next one. */
CK_RV otp_memory_advance(struct token *token, size_t number);
/* The password: room for 2 * CS_HASH_MAX + 1 characters. */
CK_RV otp_memory_password(const struct token *token, size_t number, const struct otp *key,
			  const struct otp_request *request, uint64_t counter, uint64_t time, char *password);

#endif
