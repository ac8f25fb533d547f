/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Another vendor's PIV card for tests of the module.
 */
#include "tests/lib/p11_foreign.h"

#include <stdlib.h>

#include "base/apdu.h"
#include "base/tlv.h"
#include "tests/lib/p11_token.h"
#include "tests/lib/transport_card.h"

bool p11_foreign_make(const struct cc_backend *backend, CK_SESSION_HANDLE *session)
{
	if (setenv("XDG_CACHE_HOME", "/dev/null/none", 1) != 0 || !transport_card_make(CSGN_PROFILE_PIV))
		return false;
	transport_card_make_plain();
	return p11_begin(backend, session) == CKR_OK;
}

static bool make_certified(CK_SESSION_HANDLE session, CK_BYTE id)
{
	CK_OBJECT_HANDLE key;
	CK_ULONG n = 0;

	return p11_generate(session, id, &key) == CKR_OK &&
	       p11_find(session, CKO_PUBLIC_KEY, id, &n, &key) == CKR_OK && n == 1 &&
	       p11_certify(session, id, key) == CKR_OK;
}

bool p11_foreign_token_make(const struct cc_backend *backend, CK_SESSION_HANDLE *session)
{
	CK_UTF8CHAR was[] = P11_PIV_PIN, pin[] = P11_USER_PIN;

	return p11_foreign_make(backend, session) &&
	       p11_login(*session, CKU_SO, P11_MANAGEMENT_KEY) == CKR_OK &&
	       make_certified(*session, P11_KEY_ONCE) && make_certified(*session, P11_KEY_ALWAYS) &&
	       C_Logout(*session) == CKR_OK &&
	       C_SetPIN(*session, was, sizeof(was) - 1, pin, sizeof(pin) - 1) == CKR_OK &&
	       p11_login(*session, CKU_USER, P11_USER_PIN) == CKR_OK;
}

CK_RV p11_certify(CK_SESSION_HANDLE session, CK_BYTE id, CK_OBJECT_HANDLE key)
{
	static const uint8_t head[] = {0x02, 0x01, 0x01, 0x30, 0x00, 0x30, 0x00, 0x30, 0x00, 0x30, 0x00};
	CK_OBJECT_CLASS class = CKO_CERTIFICATE;
	CK_BBOOL yes = CK_TRUE;
	CK_BYTE spki[128], der[256];
	struct cs_writer w = CS_WRITER_OF(der);
	CK_ATTRIBUTE info = {CKA_PUBLIC_KEY_INFO, spki, sizeof(spki)};
	CK_ATTRIBUTE template[] = {
	    {CKA_CLASS, &class, sizeof(class)}, {CKA_VALUE, der, 0}, {CKA_ID, &id, 1}, {CKA_TOKEN, &yes, 1}};
	CK_OBJECT_HANDLE object;
	size_t certificate, body;
	CK_RV rv = C_GetAttributeValue(session, key, &info, 1);

	if (rv != CKR_OK)
		return rv;
	certificate = cs_tlv_begin(&w, 0x30);
	body = cs_tlv_begin(&w, 0x30);
	cs_write_view(&w, CS_VIEW_OF(head));
	cs_write_view(&w, cs_view(spki, info.ulValueLen));
	cs_tlv_end(&w, body);
	cs_tlv_end(&w, certificate);
	template[1].ulValueLen = w.len;
	return C_CreateObject(session, template, 4, &object);
}

bool p11_selects_piv(struct cs_view command)
{
	static const uint8_t select[] = {0x00, ISO_INS_SELECT, 0x04, 0x00, 0x09,
					 0xA0, 0x00,	       0x00, 0x03, 0x08};

	return cs_view_starts_with(command, CS_VIEW_OF(select));
}
