/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What every entry point does before and after its work, in one place:
 *
 *	struct call c = call_session(session);
 *	return call_end(&c, c.rv == CKR_OK ? sign_init(c.session, mechanism, key) : c.rv);
 *
 * call_* enters: is the module initialised, in this process and not in a parent of it; is there such a slot,
 *token or session; and locks the slot. call_end leaves. C_Initialize and C_Finalize exclude all other calls.
 */
#ifndef COUNTERSIGN_PKCS11_CALL_H
#define COUNTERSIGN_PKCS11_CALL_H

#include "pkcs11/session.h"
#include "pkcs11/slot.h"

struct call {
	CK_RV rv; /* CKR_OK: entered */
	bool entered;
	struct slot *slot;	 /* locked; of call_slot, call_token, call_session */
	struct session *session; /* of call_session */
};

struct call call_module(void);
struct call call_slot(CK_SLOT_ID id);
/* As call_slot, and its token is open: CKR_TOKEN_NOT_PRESENT, CKR_TOKEN_NOT_RECOGNIZED. */
struct call call_token(CK_SLOT_ID id);
struct call call_session(CK_SESSION_HANDLE handle);
CK_RV call_end(struct call *c, CK_RV rv);

CK_RV module_initialize(const CK_C_INITIALIZE_ARGS *args);
CK_RV module_finalize(void);
/* CKR_OK or CKR_CRYPTOKI_NOT_INITIALIZED, without staying inside. */
CK_RV module_ready(void);

#endif
