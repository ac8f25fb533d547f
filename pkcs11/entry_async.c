/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Entry points: asynchronous functions (v3.2). No session here is asynchronous (C_OpenSession says so), so
 * that no function is under way to be asked about.
 */
#include "pkcs11/entry.h"

static CK_RV none(CK_SESSION_HANDLE session, bool arguments_ok, CK_RV answer)
{
	struct call c = call_session(session);
	CK_RV rv = call_check(&c, arguments_ok);

	return call_end(&c, rv == CKR_OK ? answer : rv);
}

CK_RV C_AsyncComplete(CK_SESSION_HANDLE session, CK_UTF8CHAR_PTR function, CK_ASYNC_DATA_PTR result)
{
	(void)result;
	return none(session, function != NULL, CKR_OPERATION_NOT_INITIALIZED);
}

CK_RV C_AsyncGetID(CK_SESSION_HANDLE session, CK_UTF8CHAR_PTR function, CK_ULONG_PTR id)
{
	return none(session, function != NULL && id != NULL, CKR_OPERATION_NOT_INITIALIZED);
}

CK_RV C_AsyncJoin(CK_SESSION_HANDLE session, CK_UTF8CHAR_PTR function, CK_ULONG id, CK_BYTE_PTR data,
		  CK_ULONG data_len)
{
	(void)id;
	(void)data;
	(void)data_len;
	return none(session, function != NULL, CKR_SAVED_STATE_INVALID);
}
