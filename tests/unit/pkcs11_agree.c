/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Key agreement for tests of the module.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>

#include "tests/unit/pkcs11_agree.h"

CK_RV p11_import_curve(CK_KEY_TYPE type, const char *params, const char *value, struct pair *pair)
{
	struct bytes p = hex(params), v = hex(value);
	CK_ATTRIBUTE a[] = {
	    {CKA_KEY_TYPE, &type, sizeof(type)}, {CKA_EC_PARAMS, p.at, p.len}, {CKA_VALUE, v.at, v.len}};

	return p11_import(a, 3, pair);
}

size_t p11_agree(CK_OBJECT_HANDLE public, struct bytes *peer, uint8_t secret[AGREE_MAX])
{
	EVP_PKEY *theirs = p11_public(public), *own = NULL;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, theirs, NULL);
	size_t len = AGREE_MAX;

	assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
	assert_int_equal(EVP_PKEY_keygen(ctx, &own), 1);
	EVP_PKEY_CTX_free(ctx);
	assert_int_equal(EVP_PKEY_get_octet_string_param(own, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, peer->at,
							 sizeof(peer->at), &peer->len),
			 1);
	ctx = EVP_PKEY_CTX_new(own, NULL);
	assert_int_equal(EVP_PKEY_derive_init(ctx), 1);
	assert_int_equal(EVP_PKEY_derive_set_peer(ctx, theirs), 1);
	assert_int_equal(EVP_PKEY_derive(ctx, secret, &len), 1);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(own);
	EVP_PKEY_free(theirs);
	return len;
}

CK_RV p11_derive(CK_MECHANISM_TYPE type, CK_OBJECT_HANDLE key, CK_ECDH1_DERIVE_PARAMS *p, CK_ULONG len,
		 CK_BYTE *value, CK_ULONG room, CK_ULONG *value_len)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE generic = CKK_GENERIC_SECRET;
	CK_MECHANISM m = {type, p, sizeof(*p)};
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)},
				   {CKA_KEY_TYPE, &generic, sizeof(generic)},
				   {CKA_VALUE_LEN, &len, sizeof(len)}};
	CK_ATTRIBUTE got = {CKA_VALUE, value, room};
	CK_OBJECT_HANDLE derived;
	CK_RV rv = C_DeriveKey(p11_session, &m, key, template, len > 0 ? 3 : 2, &derived);

	if (rv != CKR_OK)
		return rv;
	assert_int_equal(C_GetAttributeValue(p11_session, derived, &got, 1), CKR_OK);
	*value_len = got.ulValueLen;
	return C_DestroyObject(p11_session, derived);
}
