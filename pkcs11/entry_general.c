/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Entry points: the module, slots, tokens, sessions, login.
 */
#include "pkcs11/entry.h"

#include <string.h>

#include "pkcs11/admin.h"
#include "pkcs11/interface.h"
#include "pkcs11/otp_card.h"
#include "pkcs11/pkcs11_countersign.h"
#include "pkcs11/text.h"
#include "pkcs11/token.h"
#include "pkcs11/wait.h"

CK_RV C_Initialize(CK_VOID_PTR args)
{
	return module_initialize(args);
}

CK_RV C_Finalize(CK_VOID_PTR reserved)
{
	return reserved == NULL ? module_finalize() : CKR_ARGUMENTS_BAD;
}

CK_RV C_GetInfo(CK_INFO_PTR info)
{
	CK_RV rv = module_ready();

	if (rv != CKR_OK || info == NULL)
		return rv != CKR_OK ? rv : CKR_ARGUMENTS_BAD;
	memset(info, 0, sizeof(*info));
	info->cryptokiVersion = (CK_VERSION){2, 40};
	text_pad(info->manufacturerID, sizeof(info->manufacturerID), "Countersign");
	text_pad(info->libraryDescription, sizeof(info->libraryDescription), "Countersign PKCS #11 module");
	info->libraryVersion = interface_library_version();
	return CKR_OK;
}

CK_RV C_GetSlotList(CK_BBOOL token_present, CK_SLOT_ID_PTR slots, CK_ULONG_PTR count)
{
	struct call c = call_module();

	return call_end(&c, c.rv == CKR_OK ? slot_list(token_present != CK_FALSE, slots, count) : c.rv);
}

CK_RV C_GetSlotInfo(CK_SLOT_ID slot, CK_SLOT_INFO_PTR info)
{
	struct call c = call_slot(slot);
	CK_RV rv = call_check(&c, info != NULL);

	return call_end(&c, rv == CKR_OK ? slot_info(c.slot, info) : rv);
}

CK_RV C_GetTokenInfo(CK_SLOT_ID slot, CK_TOKEN_INFO_PTR info)
{
	struct call c = call_token(slot);
	CK_RV rv = call_check(&c, info != NULL);

	return call_end(&c, rv == CKR_OK ? token_info(c.slot, info) : rv);
}

CK_RV C_GetMechanismList(CK_SLOT_ID slot, CK_MECHANISM_TYPE_PTR mechanisms, CK_ULONG_PTR count)
{
	struct call c = call_token(slot);

	return call_end(&c, c.rv == CKR_OK ? mechanism_list(c.slot->token, mechanisms, count) : c.rv);
}

CK_RV C_GetMechanismInfo(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO_PTR info)
{
	struct call c = call_token(slot);

	return call_end(&c, c.rv == CKR_OK ? mechanism_info(c.slot->token, type, info) : c.rv);
}

CK_RV C_InitToken(CK_SLOT_ID slot, CK_BYTE_PTR pin, CK_ULONG pin_len, CK_UTF8CHAR_PTR label)
{
	struct call c = call_token(slot);
	CK_RV rv = call_check(&c, input_there(pin, pin_len) && label != NULL);

	return call_end(&c, rv == CKR_OK ? admin_init_token(c.slot, cs_view(pin, pin_len), label) : rv);
}

CK_RV C_InitPIN(CK_SESSION_HANDLE session, CK_BYTE_PTR pin, CK_ULONG pin_len)
{
	struct call c = call_session(session);
	CK_RV rv = call_check(&c, input_there(pin, pin_len));

	return call_end(&c, rv == CKR_OK ? admin_init_pin(c.session, cs_view(pin, pin_len)) : rv);
}

CK_RV C_SetPIN(CK_SESSION_HANDLE session, CK_BYTE_PTR old_pin, CK_ULONG old_pin_len, CK_BYTE_PTR new_pin,
	       CK_ULONG new_pin_len)
{
	struct call c = call_session(session);
	CK_RV rv = call_check(&c, input_ok(old_pin, old_pin_len) && input_ok(new_pin, new_pin_len));

	if (rv == CKR_OK)
		rv = admin_set_pin(c.session, cs_view(old_pin, old_pin_len), cs_view(new_pin, new_pin_len));
	return call_end(&c, rv);
}

CK_RV C_OpenSession(CK_SLOT_ID slot, CK_FLAGS flags, CK_VOID_PTR application, CK_NOTIFY notify,
		    CK_SESSION_HANDLE_PTR session)
{
	struct call c = call_token(slot);
	CK_RV rv = call_check(&c, session != NULL);

	(void)application;
	(void)notify;
	if (rv == CKR_OK && (flags & CKF_SERIAL_SESSION) == 0)
		rv = CKR_SESSION_PARALLEL_NOT_SUPPORTED;
	return call_end(&c, rv == CKR_OK ? session_open(c.slot, flags, session) : rv);
}

CK_RV C_CloseSession(CK_SESSION_HANDLE session)
{
	struct call c = call_session(session);

	return call_end(&c, c.rv == CKR_OK ? session_close(c.session) : c.rv);
}

CK_RV C_CloseAllSessions(CK_SLOT_ID slot)
{
	struct call c = call_slot(slot);

	if (c.rv == CKR_OK)
		session_close_all(c.slot);
	return call_end(&c, c.rv);
}

CK_RV C_GetSessionInfo(CK_SESSION_HANDLE session, CK_SESSION_INFO_PTR info)
{
	struct call c = call_session(session);

	return call_end(&c, c.rv == CKR_OK ? session_info(c.session, info) : c.rv);
}

/* What an operation has reached is on the card and in libcrypto: it can't be taken out. */
static CK_RV state_of(const struct session *session)
{
	for (size_t i = 0; i < OP_COUNT; i++) {
		if (session->operations[i].active)
			return CKR_STATE_UNSAVEABLE;
	}
	return CKR_OPERATION_NOT_INITIALIZED;
}

CK_RV C_GetOperationState(CK_SESSION_HANDLE session, CK_BYTE_PTR state, CK_ULONG_PTR state_len)
{
	struct call c = call_session(session);
	CK_RV rv = call_check(&c, state_len != NULL);

	(void)state;
	return call_end(&c, rv == CKR_OK ? state_of(c.session) : rv);
}

CK_RV C_SetOperationState(CK_SESSION_HANDLE session, CK_BYTE_PTR state, CK_ULONG state_len,
			  CK_OBJECT_HANDLE encryption_key, CK_OBJECT_HANDLE authentication_key)
{
	struct call c = call_session(session);
	CK_RV rv = call_check(&c, input_ok(state, state_len));

	(void)encryption_key;
	(void)authentication_key;
	return call_end(&c, rv == CKR_OK ? CKR_SAVED_STATE_INVALID : rv);
}

static CK_RV login(struct session *session, CK_USER_TYPE user, struct cs_view pin)
{
	if (user == CKU_SO && session_count(session->slot, false) != session_count(session->slot, true))
		return CKR_SESSION_READ_ONLY_EXISTS;
	return token_login(session->slot->token, user, pin);
}

/* No PIN at all is one that is typed on the reader; where that has no PIN pad it is a wrong one, and costs no
 * try. */
CK_RV C_Login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_BYTE_PTR pin, CK_ULONG pin_len)
{
	struct call c = call_session(session);
	struct cs_view view = pin != NULL ? cs_view(pin, pin_len) : CS_VIEW_EMPTY;

	return call_end(&c, c.rv == CKR_OK ? login(c.session, user, view) : c.rv);
}

CK_RV C_LoginUser(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_BYTE_PTR pin, CK_ULONG pin_len,
		  CK_BYTE_PTR username, CK_ULONG username_len)
{
	struct call c = call_session(session);
	struct cs_view view = pin != NULL ? cs_view(pin, pin_len) : CS_VIEW_EMPTY;
	CK_RV rv = call_check(&c, input_ok(username, username_len));

	if (rv == CKR_OK && user == CKU_CONTEXT_SPECIFIC &&
	    cs_view_equal(cs_view(username, username_len), CS_VIEW_TEXT(CK_COUNTERSIGN_OATH_USER)))
		return call_end(&c, otp_login(c.slot->token, view));
	/* The token has one user of each type, who has no name. */
	if (rv == CKR_OK && username_len > 0)
		rv = CKR_USER_TYPE_INVALID;
	return call_end(&c, rv == CKR_OK ? login(c.session, user, view) : rv);
}

CK_RV C_Logout(CK_SESSION_HANDLE session)
{
	struct call c = call_session(session);

	if (c.rv == CKR_OK && c.slot->token->login == LOGIN_NONE && !otp_logged_in(c.slot->token))
		c.rv = CKR_USER_NOT_LOGGED_IN;
	if (c.rv == CKR_OK)
		token_logout(c.slot->token);
	return call_end(&c, c.rv);
}

CK_RV C_SessionCancel(CK_SESSION_HANDLE session, CK_FLAGS flags)
{
	struct call c = call_session(session);

	return call_end(&c, c.rv == CKR_OK ? session_cancel(c.session, flags) : c.rv);
}

CK_RV C_GetSessionValidationFlags(CK_SESSION_HANDLE session, CK_SESSION_VALIDATION_FLAGS_TYPE type,
				  CK_FLAGS_PTR flags)
{
	struct call c = call_session(session);
	CK_RV rv = call_check(&c, flags != NULL && type == CKS_LAST_VALIDATION_OK);

	if (rv == CKR_OK)
		*flags = 0;
	return call_end(&c, rv);
}

CK_RV C_WaitForSlotEvent(CK_FLAGS flags, CK_SLOT_ID_PTR slot, CK_VOID_PTR reserved)
{
	if (slot == NULL || reserved != NULL)
		return module_ready() == CKR_OK ? CKR_ARGUMENTS_BAD : CKR_CRYPTOKI_NOT_INITIALIZED;
	return wait_for_slot_event(flags, slot);
}

CK_RV C_GetFunctionStatus(CK_SESSION_HANDLE session)
{
	(void)session;
	return CKR_FUNCTION_NOT_PARALLEL;
}

CK_RV C_CancelFunction(CK_SESSION_HANDLE session)
{
	(void)session;
	return CKR_FUNCTION_NOT_PARALLEL;
}
