/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A session for tests of the module.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/x509.h>

#include "base/encoding.h"
#include "tests/lib/transport_card.h"
#include "tests/unit/pkcs11_session.h"

CK_SESSION_HANDLE p11_session;

int p11_session_make(void **state)
{
	(void)state;
	return p11_token_make(&transport_card, &p11_session) ? 0 : -1;
}

int p11_session_end(void **state)
{
	(void)state;
	p11_token_free();
	return 0;
}

struct bytes hex(const char *text)
{
	struct bytes b = {{0}, 0};
	struct cs_writer w = CS_WRITER_OF(b.at);

	assert_int_equal(cs_hex_decode(cs_view_string(text), &w), CS_OK);
	b.len = w.len;
	return b;
}

void assert_bytes(const CK_BYTE *got, CK_ULONG len, const char *want)
{
	struct bytes b = hex(want);

	assert_int_equal(len, b.len);
	assert_memory_equal(got, b.at, b.len);
}

CK_RV p11_secret(CK_KEY_TYPE type, const char *value, const CK_ATTRIBUTE *more, CK_OBJECT_HANDLE *key)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	struct bytes b = hex(value);
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)},
				   {CKA_KEY_TYPE, &type, sizeof(type)},
				   {CKA_VALUE, b.at, b.len},
				   {0, NULL, 0}};

	if (more != NULL)
		template[3] = *more;
	return C_CreateObject(p11_session, template, more != NULL ? 4 : 3, key);
}

CK_OBJECT_HANDLE p11_key(CK_KEY_TYPE type, const char *value)
{
	CK_OBJECT_HANDLE key = 0;

	assert_int_equal(p11_secret(type, value, NULL, &key), CKR_OK);
	return key;
}

CK_RV p11_pair(CK_MECHANISM_TYPE type, const char *params, CK_ULONG set, struct pair *pair)
{
	struct bytes der = hex(params);
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE public[] = {{CKA_TOKEN, &yes, 1}, {CKA_EC_PARAMS, der.at, der.len}};
	CK_ATTRIBUTE private[] = {{CKA_TOKEN, &yes, 1}};
	CK_MECHANISM m = {type, NULL, 0};

	if (der.len == 0)
	public[1] = (CK_ATTRIBUTE){CKA_PARAMETER_SET, &set, sizeof(set)};
	return C_GenerateKeyPair(p11_session, &m, public, 2, private, 1, &pair->public, &pair->private);
}

CK_RV p11_import(const CK_ATTRIBUTE *attributes, CK_ULONG count, struct pair *pair)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE template[16] = {{CKA_CLASS, &class, sizeof(class)}, {CKA_TOKEN, &yes, 1}};
	CK_BYTE id[64];
	CK_ATTRIBUTE got = {CKA_ID, id, sizeof(id)};
	CK_ULONG n = 0;
	CK_RV rv;

	assert_true(count <= 14);
	memcpy(template + 2, attributes, count * sizeof(*attributes));
	rv = C_CreateObject(p11_session, template, count + 2, &pair->private);
	if (rv != CKR_OK)
		return rv;
	assert_int_equal(C_GetAttributeValue(p11_session, pair->private, &got, 1), CKR_OK);
	assert_int_equal(p11_find(p11_session, CKO_PUBLIC_KEY, id[0], &n, &pair->public), CKR_OK);
	assert_int_equal(n, 1);
	return CKR_OK;
}

EVP_PKEY *p11_public(CK_OBJECT_HANDLE key)
{
	CK_BYTE spki[4096];
	CK_ATTRIBUTE a = {CKA_PUBLIC_KEY_INFO, spki, sizeof(spki)};
	const unsigned char *der = spki;
	EVP_PKEY *found;

	assert_int_equal(C_GetAttributeValue(p11_session, key, &a, 1), CKR_OK);
	found = d2i_PUBKEY(NULL, &der, (long)a.ulValueLen);
	assert_non_null(found);
	return found;
}

CK_ULONG p11_ulong(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type)
{
	CK_ULONG value = CK_UNAVAILABLE_INFORMATION;
	CK_ATTRIBUTE a = {type, &value, sizeof(value)};

	assert_int_equal(C_GetAttributeValue(p11_session, object, &a, 1), CKR_OK);
	return value;
}

CK_RV p11_make(CK_MECHANISM *m, CK_OBJECT_HANDLE key, CK_BYTE *data, CK_ULONG len, CK_BYTE *signature,
	       CK_ULONG *signature_len)
{
	CK_RV rv = C_SignInit(p11_session, m, key);

	return rv == CKR_OK ? C_Sign(p11_session, data, len, signature, signature_len) : rv;
}

CK_RV p11_check(CK_MECHANISM *m, CK_OBJECT_HANDLE key, CK_BYTE *data, CK_ULONG len, CK_BYTE *signature,
		CK_ULONG signature_len)
{
	CK_RV rv = C_VerifyInit(p11_session, m, key);

	return rv == CKR_OK ? C_Verify(p11_session, data, len, signature, signature_len) : rv;
}
