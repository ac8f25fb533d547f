/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Entry points: objects, keys, random numbers.
 */
#include "pkcs11/entry.h"

#include "pkcs11/attribute.h"
#include "pkcs11/copy.h"
#include "pkcs11/create.h"
#include "pkcs11/derive.h"
#include "pkcs11/find.h"
#include "pkcs11/generate.h"
#include "pkcs11/otp_create.h"
#include "pkcs11/random.h"
#include "pkcs11/secret.h"
#include "pkcs11/token.h"

CK_RV C_CreateObject(CK_SESSION_HANDLE session, CK_ATTRIBUTE_PTR attributes, CK_ULONG attributes_count,
		     CK_OBJECT_HANDLE_PTR object)
{
	struct call c = call_session(session);
	CK_RV rv = call_check(&c, input_ok(attributes, attributes_count) && object != NULL);

	return call_end(&c,
			rv == CKR_OK ? create_object(c.session, attributes, attributes_count, object) : rv);
}

CK_RV C_CopyObject(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_PTR attributes,
		   CK_ULONG attributes_count, CK_OBJECT_HANDLE_PTR copy)
{
	struct call c = call_session(session);
	CK_RV rv = call_check(&c, input_ok(attributes, attributes_count) && copy != NULL);

	if (rv == CKR_OK)
		rv = copy_object(c.session, object, attributes, attributes_count, copy);
	return call_end(&c, rv);
}

CK_RV C_DestroyObject(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object)
{
	struct call c = call_session(session);

	return call_end(&c, c.rv == CKR_OK ? destroy_object(c.session, object) : c.rv);
}

CK_RV C_GetObjectSize(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ULONG_PTR size)
{
	struct call c = call_session(session);

	return call_end(&c, c.rv == CKR_OK ? attribute_object_size(c.session, object, size) : c.rv);
}

CK_RV C_GetAttributeValue(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_PTR attributes,
			  CK_ULONG attributes_count)
{
	struct call c = call_session(session);

	return call_end(&c, c.rv == CKR_OK ? attribute_values(c.session, object, attributes, attributes_count)
					   : c.rv);
}

CK_RV C_SetAttributeValue(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_PTR attributes,
			  CK_ULONG attributes_count)
{
	struct call c = call_session(session);

	return call_end(&c, c.rv == CKR_OK
				? attribute_set_values(c.session, object, attributes, attributes_count)
				: c.rv);
}

CK_RV C_FindObjectsInit(CK_SESSION_HANDLE session, CK_ATTRIBUTE_PTR attributes, CK_ULONG attributes_count)
{
	struct call c = call_session(session);

	return call_end(&c, c.rv == CKR_OK ? find_init(c.session, attributes, attributes_count) : c.rv);
}

CK_RV C_FindObjects(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE_PTR objects, CK_ULONG max, CK_ULONG_PTR count)
{
	struct call c = call_session(session);

	return call_end(&c, c.rv == CKR_OK ? find_next(c.session, objects, max, count) : c.rv);
}

CK_RV C_FindObjectsFinal(CK_SESSION_HANDLE session)
{
	struct call c = call_session(session);

	return call_end(&c, c.rv == CKR_OK ? find_final(c.session) : c.rv);
}

CK_RV C_GenerateKey(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_ATTRIBUTE_PTR attributes,
		    CK_ULONG attributes_count, CK_OBJECT_HANDLE_PTR key)
{
	struct call c = call_session(session);
	CK_RV rv = call_check(&c, mechanism != NULL && input_ok(attributes, attributes_count) && key != NULL);

	if (rv == CKR_OK && otp_generates(mechanism->mechanism))
		rv = otp_generate(c.session, mechanism, attributes, attributes_count, key);
	else if (rv == CKR_OK)
		rv = generate_key(c.session, mechanism, attributes, attributes_count, key);
	return call_end(&c, rv);
}

CK_RV C_GenerateKeyPair(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism,
			CK_ATTRIBUTE_PTR public_attributes, CK_ULONG public_attributes_count,
			CK_ATTRIBUTE_PTR private_attributes, CK_ULONG private_attributes_count,
			CK_OBJECT_HANDLE_PTR public_key, CK_OBJECT_HANDLE_PTR private_key)
{
	struct key_templates templates = {public_attributes, public_attributes_count, private_attributes,
					  private_attributes_count};
	struct call c = call_session(session);
	CK_RV rv = call_check(&c, mechanism != NULL && public_key != NULL && private_key != NULL);

	if (rv == CKR_OK)
		rv = generate_key_pair(c.session, mechanism, &templates, public_key, private_key);
	return call_end(&c, rv);
}

CK_RV C_DeriveKey(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE base_key,
		  CK_ATTRIBUTE_PTR attributes, CK_ULONG attributes_count, CK_OBJECT_HANDLE_PTR key)
{
	struct call c = call_session(session);
	CK_RV rv = call_check(&c, mechanism != NULL && key != NULL);

	if (rv == CKR_OK)
		rv = derive_key(c.session, mechanism, base_key, attributes, attributes_count, key);
	return call_end(&c, rv);
}

CK_RV C_SeedRandom(CK_SESSION_HANDLE session, CK_BYTE_PTR seed, CK_ULONG seed_len)
{
	struct call c = call_session(session);
	CK_RV rv = call_check(&c, input_ok(seed, seed_len));

	return call_end(&c, rv == CKR_OK ? CKR_RANDOM_SEED_NOT_SUPPORTED : rv);
}

CK_RV C_GenerateRandom(CK_SESSION_HANDLE session, CK_BYTE_PTR random, CK_ULONG random_len)
{
	struct call c = call_session(session);
	CK_RV rv = call_check(&c, input_ok(random, random_len));

	return call_end(&c, rv == CKR_OK ? random_fill(random, random_len) : rv);
}
