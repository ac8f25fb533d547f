/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A token for tests of the module.
 */
#include "tests/lib/p11_token.h"

#include <string.h>

#include "cardclient/oath.h"
#include "pkcs11/slot.h"
#include "tests/lib/transport_card.h"

static CK_BYTE text[] = "what is signed";

CK_RV p11_open(CK_SESSION_HANDLE *session)
{
	return C_OpenSession(0, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, session);
}

CK_RV p11_begin(const struct cc_backend *backend, CK_SESSION_HANDLE *session)
{
	CK_RV rv;

	slots_set_backend(backend);
	rv = C_Initialize(NULL);
	return rv == CKR_OK ? p11_open(session) : rv;
}

CK_RV p11_login(CK_SESSION_HANDLE session, CK_USER_TYPE user, const char *pin)
{
	CK_UTF8CHAR bytes[64];

	memcpy(bytes, pin, strlen(pin));
	return C_Login(session, user, bytes, strlen(pin));
}

CK_RV p11_find(CK_SESSION_HANDLE session, CK_OBJECT_CLASS class, CK_BYTE id, CK_ULONG *count,
	       CK_OBJECT_HANDLE *first)
{
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)}, {CKA_ID, &id, 1}};
	CK_OBJECT_HANDLE found[64] = {0};
	CK_RV rv = C_FindObjectsInit(session, template, id == 0 ? 1 : 2), end;

	if (rv != CKR_OK)
		return rv;
	rv = C_FindObjects(session, found, 64, count);
	end = C_FindObjectsFinal(session);
	*first = found[0];
	return rv == CKR_OK ? end : rv;
}

CK_RV p11_generate(CK_SESSION_HANDLE session, CK_BYTE id, CK_OBJECT_HANDLE *key)
{
	CK_BYTE params[] = {0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07};
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE public_template[] = {{CKA_EC_PARAMS, params, sizeof(params)}, {CKA_TOKEN, &yes, 1}};
	CK_ATTRIBUTE private_template[] = {{CKA_TOKEN, &yes, 1}, {CKA_ID, &id, 1}};
	CK_MECHANISM mechanism = {CKM_EC_KEY_PAIR_GEN, NULL, 0};
	CK_OBJECT_HANDLE public_key;

	return C_GenerateKeyPair(session, &mechanism, public_template, 2, private_template, 2, &public_key,
				 key);
}

CK_BYTE p11_pkcs8[P11_PKCS8_LEN] = {0x30, 0x41, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07,
				    0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08,
				    0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07, 0x04,
				    0x27, 0x30, 0x25, 0x02, 0x01, 0x01, 0x04, 0x20, [P11_PKCS8_LEN - 1] = 7};

CK_RV p11_bring(CK_SESSION_HANDLE session, CK_BYTE id, CK_OBJECT_HANDLE *key)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_KEY_TYPE type = CKK_EC;
	CK_BBOOL yes = CK_TRUE;
	CK_BYTE p256[] = {0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07};
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)},
			    {CKA_KEY_TYPE, &type, sizeof(type)},
			    {CKA_TOKEN, &yes, 1},
			    {CKA_EC_PARAMS, p256, sizeof(p256)},
			    {CKA_VALUE, p11_pkcs8 + P11_PKCS8_LEN - 32, 32},
			    {CKA_ID, &id, 1}};

	return C_CreateObject(session, a, id == 0 ? 5 : 6, key);
}

/* AES, of the session. */
static CK_RV seal_pkcs8(CK_SESSION_HANDLE session, CK_MECHANISM *m, CK_OBJECT_HANDLE *kek, CK_BYTE *sealed,
			CK_ULONG *len)
{
	CK_ULONG key_len = 16;
	CK_ATTRIBUTE a = {CKA_VALUE_LEN, &key_len, sizeof(key_len)};
	CK_MECHANISM generate = {CKM_AES_KEY_GEN, NULL, 0};
	CK_RV rv = C_GenerateKey(session, &generate, &a, 1, kek);

	if (rv == CKR_OK)
		rv = C_EncryptInit(session, m, *kek);
	return rv == CKR_OK ? C_Encrypt(session, p11_pkcs8, P11_PKCS8_LEN, sealed, len) : rv;
}

CK_RV p11_unwrap(CK_SESSION_HANDLE session, CK_BYTE id, CK_OBJECT_HANDLE *key)
{
	CK_BYTE iv[16] = {1}, sealed[P11_PKCS8_LEN + 16];
	CK_MECHANISM m = {CKM_AES_CBC_PAD, iv, sizeof(iv)};
	CK_ULONG len = sizeof(sealed);
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)}, {CKA_TOKEN, &yes, 1}, {CKA_ID, &id, 1}};
	CK_OBJECT_HANDLE kek;
	CK_RV rv = seal_pkcs8(session, &m, &kek, sealed, &len);

	return rv == CKR_OK ? C_UnwrapKey(session, &m, kek, sealed, len, a, id == 0 ? 2 : 3, key) : rv;
}

bool p11_token_make(const struct cc_backend *backend, CK_SESSION_HANDLE *session)
{
	CK_UTF8CHAR label[32], so[] = P11_SO_PIN, user[] = P11_USER_PIN;
	CK_OBJECT_HANDLE key;

	memset(label, ' ', sizeof(label));
	memcpy(label, "Test", 4);
	slots_set_backend(backend);
	return transport_card_make(CSGN_PROFILE_COUNTERSIGN) && C_Initialize(NULL) == CKR_OK &&
	       C_InitToken(0, so, sizeof(so) - 1, label) == CKR_OK && p11_open(session) == CKR_OK &&
	       p11_login(*session, CKU_SO, P11_SO_PIN) == CKR_OK &&
	       C_InitPIN(*session, user, sizeof(user) - 1) == CKR_OK && C_Logout(*session) == CKR_OK &&
	       p11_login(*session, CKU_USER, P11_USER_PIN) == CKR_OK &&
	       p11_generate(*session, P11_KEY_ONCE, &key) == CKR_OK &&
	       p11_generate(*session, P11_KEY_ALWAYS, &key) == CKR_OK;
}

void p11_token_free(void)
{
	(void)C_Finalize(NULL);
	slots_set_backend(NULL);
	transport_card_free();
}

bool p11_oath_password(const char *password)
{
	struct cc_context *context = NULL;
	struct cc_card *card = NULL;
	struct cc_oath_info info;
	uint8_t code[YKOATH_CODE_LEN];
	bool set =
	    cc_context_over(&transport_card, "", &context) == CS_OK &&
	    cc_connect(context, "Card core", &card) == CS_OK && cc_oath_select(card, &info) == CS_OK &&
	    cc_oath_derive(cs_view_string(password), cs_view(info.salt, info.salt_len), code) == CS_OK &&
	    cc_oath_set_code(card, code) == CS_OK;

	cc_disconnect(card);
	cc_context_free(context);
	return set;
}

CK_RV p11_sign(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, CK_BYTE signature[64])
{
	CK_MECHANISM mechanism = {CKM_ECDSA_SHA256, NULL, 0};
	CK_ULONG len = 64;
	CK_RV rv = C_SignInit(session, &mechanism, key);

	return rv == CKR_OK ? C_Sign(session, text, sizeof(text), signature, &len) : rv;
}

CK_RV p11_verify(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, CK_BYTE signature[64])
{
	CK_MECHANISM mechanism = {CKM_ECDSA_SHA256, NULL, 0};
	CK_RV rv = C_VerifyInit(session, &mechanism, key);

	return rv == CKR_OK ? C_Verify(session, text, sizeof(text), signature, 64) : rv;
}

CK_RV p11_sign_by(CK_SESSION_HANDLE session, CK_BYTE id)
{
	CK_BYTE signature[64];
	CK_OBJECT_HANDLE key;
	CK_ULONG count = 0;
	CK_RV rv = p11_find(session, CKO_PRIVATE_KEY, id, &count, &key);

	if (rv != CKR_OK)
		return rv;
	return count == 1 ? p11_sign(session, key, signature) : CKR_KEY_HANDLE_INVALID;
}
