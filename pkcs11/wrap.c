/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C_WrapKey, C_UnwrapKey, and both with associated data. Invariants:
 *   1. What is not extractable, or is for a trusted key alone, leaves by no mechanism.
 *   2. Why what was decrypted is no key is not told.
 *   3. No key is used for a template or a length that cannot be.
 */
#include "pkcs11/wrap.h"

#include <string.h>

#include "base/secret.h"
#include "pkcs11/attribute.h"
#include "pkcs11/cipher.h"
#include "pkcs11/create.h"
#include "pkcs11/decrypt.h"
#include "pkcs11/generate.h"
#include "pkcs11/message.h"
#include "pkcs11/operation.h"
#include "pkcs11/pkcs8.h"
#include "pkcs11/random.h"
#include "pkcs11/secret.h"

/* What is said of a key is, here, said of the wrapping one. */
static CK_RV of_wrapping(CK_RV rv)
{
	switch (rv) {
	case CKR_KEY_HANDLE_INVALID:
		return CKR_WRAPPING_KEY_HANDLE_INVALID;
	case CKR_KEY_SIZE_RANGE:
		return CKR_WRAPPING_KEY_SIZE_RANGE;
	case CKR_KEY_TYPE_INCONSISTENT:
		return CKR_WRAPPING_KEY_TYPE_INCONSISTENT;
	default:
		return rv;
	}
}

static CK_RV of_unwrapping(CK_RV rv)
{
	switch (rv) {
	case CKR_KEY_HANDLE_INVALID:
		return CKR_UNWRAPPING_KEY_HANDLE_INVALID;
	case CKR_KEY_SIZE_RANGE:
		return CKR_UNWRAPPING_KEY_SIZE_RANGE;
	case CKR_KEY_TYPE_INCONSISTENT:
		return CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT;
	default:
		return rv;
	}
}

static CK_RV of_wrapped(CK_RV rv)
{
	switch (rv) {
	case CKR_ENCRYPTED_DATA_INVALID:
	case CKR_AEAD_DECRYPT_FAILED:
		return CKR_WRAPPED_KEY_INVALID;
	case CKR_ENCRYPTED_DATA_LEN_RANGE:
	case CKR_DATA_LEN_RANGE:
		return CKR_WRAPPED_KEY_LEN_RANGE;
	default:
		return rv;
	}
}

/* What was decrypted is no key that can be: told as if it could not be decrypted, so that nobody who changes
 * what is wrapped learns how far it came. What the template alone forbids was told before. */
static CK_RV of_content(CK_RV rv)
{
	switch (rv) {
	case CKR_KEY_SIZE_RANGE:
	case CKR_CURVE_NOT_SUPPORTED:
	case CKR_PARAMETER_SET_NOT_SUPPORTED:
	case CKR_TEMPLATE_INCOMPLETE:
	case CKR_ATTRIBUTE_VALUE_INVALID:
		return CKR_WRAPPED_KEY_INVALID;
	default:
		return rv;
	}
}

/* The key that is to leave, if it may. */
static CK_RV leaving(struct session *session, CK_OBJECT_HANDLE handle, struct secret_key *key)
{
	struct token *token = session->slot->token;
	CK_BBOOL only_trusted = CK_FALSE;
	struct cs_writer w = cs_writer_of(&only_trusted, sizeof(only_trusted));
	struct memory_object *memory;
	struct object object;
	CK_RV rv = object_resolve(session->slot, handle, &object);

	if (rv != CKR_OK)
		return rv == CKR_OBJECT_HANDLE_INVALID ? CKR_KEY_HANDLE_INVALID : rv;
	if (object.kind == OBJECT_PRIVATE)
		return CKR_KEY_UNEXTRACTABLE;
	rv = secret_key_of(token, object, key);
	if (rv != CKR_OK)
		return rv == CKR_KEY_HANDLE_INVALID ? CKR_KEY_NOT_WRAPPABLE : rv;
	memory = key->card.number == 0 ? memory_object_find(token, object.index) : NULL;
	if (memory == NULL || !template_bool(memory->attributes, memory->count, CKA_EXTRACTABLE, false))
		return CKR_KEY_UNEXTRACTABLE;
	/* No key here is trusted. */
	if (attribute_get(token, object, CKA_WRAP_WITH_TRUSTED, &w) == CKR_OK && only_trusted != CK_FALSE)
		return CKR_KEY_NOT_WRAPPABLE;
	return CKR_OK;
}

/* CBC without padding takes zeros for it (v3.2, 6.13.5). */
static struct cs_view fill_block(const struct operation *op, size_t len)
{
	static const uint8_t zeros[CIPHER_BLOCK];
	bool fill = op->mechanism->scheme == SCHEME_CBC && len % CIPHER_BLOCK != 0;

	return fill ? cs_view(zeros, CIPHER_BLOCK - len % CIPHER_BLOCK) : CS_VIEW_EMPTY;
}

/* CKM_RSA_AES_KEY_WRAP: an AES key, drawn for this one use, by OAEP, and behind it what that key wraps with
 * padding (RFC 5649). */
static CK_RV wrap_rsa_aes(struct session *session, struct operation *op, struct cs_view value)
{
	uint8_t aes[32];
	struct secret_key between = {.type = CKK_AES, .value = cs_view(aes, op->aes_len)};
	const struct key_wrap with = {.padded = true, .text = value};
	CK_RV rv = random_fill(aes, op->aes_len);

	if (rv == CKR_OK)
		rv = crypt_result(session, op, between.value);
	if (rv == CKR_OK)
		rv = keywrap_run(&between, &with, &op->result);
	cs_wipe(aes, sizeof(aes));
	return rv;
}

static size_t rsa_aes_yields(size_t len)
{
	return (len + 7) / 8 * 8 + 8;
}

/* Where OAEP yields no key of that length, one that was drawn takes its place: what is done, and what is
 * told, is the same as if the right one had not opened the rest. */
static CK_RV unwrap_rsa_aes(struct session *session, struct operation *op, struct cs_view wrapped)
{
	uint8_t aes[32];
	struct key_wrap with = {.unwrap = true, .padded = true};
	struct secret_key between = {.type = CKK_AES, .value = cs_view(aes, op->aes_len)};
	struct buffer plain = {NULL, 0, 0};
	size_t size = 0;
	bool right;
	CK_RV rv = operation_size(session, op, &size);

	with.text = wrapped.len > size ? cs_view(wrapped.ptr + size, wrapped.len - size) : CS_VIEW_EMPTY;
	if (rv == CKR_OK)
		rv = keywrap_length(&with);
	if (rv == CKR_OK)
		rv = random_fill(aes, op->aes_len);
	if (rv == CKR_OK)
		rv = crypt_result(session, op, cs_view(wrapped.ptr, size));
	right = rv == CKR_OK && op->result.len == op->aes_len;
	if (right)
		memcpy(aes, op->result.bytes, op->aes_len);
	if (rv == CKR_OK || rv == CKR_ENCRYPTED_DATA_INVALID)
		rv = keywrap_run(&between, &with, &plain);
	if (rv == CKR_OK && !right)
		rv = CKR_ENCRYPTED_DATA_INVALID;
	buffer_wipe(&op->result);
	op->result = plain;
	cs_wipe(aes, sizeof(aes));
	return rv;
}

/* The length is told without the key's being used. */
static CK_RV wrap(struct session *session, struct operation *op, const struct secret_key *key,
		  CK_BYTE_PTR out, CK_ULONG_PTR len)
{
	struct buffer value = {NULL, 0, 0};
	struct cs_view fill = fill_block(op, key->value.len);
	size_t size = 0;
	CK_RV rv = CKR_OK;

	if (mechanism_symmetric(op->mechanism))
		size = cipher_yields(op, key->value.len + fill.len, true);
	else
		rv = operation_size(session, op, &size);
	if (op->mechanism->scheme == SCHEME_RSA_AES)
		size += rsa_aes_yields(key->value.len);
	if (rv != CKR_OK || output_asks(size, out, len, &rv))
		return rv;
	if (op->mechanism->scheme == SCHEME_RSA_AES) {
		rv = wrap_rsa_aes(session, op, key->value);
		return rv == CKR_OK ? output_bytes(buffer_view(&op->result), out, len) : rv;
	}
	rv = buffer_append(&value, key->value, SIZE_MAX);
	if (rv == CKR_OK)
		rv = buffer_append(&value, fill, SIZE_MAX);
	if (rv == CKR_OK)
		rv = crypt_result(session, op, buffer_view(&value));
	buffer_wipe(&value);
	if (rv == CKR_OK)
		rv = output_bytes(buffer_view(&op->result), out, len);
	return rv == CKR_DATA_LEN_RANGE ? CKR_KEY_SIZE_RANGE : rv;
}

CK_RV wrap_key(struct session *session, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE wrapping,
	       CK_OBJECT_HANDLE key, CK_BYTE_PTR out, CK_ULONG_PTR len)
{
	struct operation op = {.active = false};
	struct secret_key secret;
	CK_RV rv = of_wrapping(operation_setup(session, &op, CKF_WRAP, mechanism, wrapping));

	if (rv == CKR_OK)
		rv = leaving(session, key, &secret);
	if (rv == CKR_OK)
		rv = wrap(session, &op, &secret, out, len);
	operation_end(&op);
	return rv;
}

/* Zeros that filled the last block of CBC, or of RSA as it stands the block from its beginning, go by the
 * length that the template has. */
static struct cs_view without_fill(const struct operation *op, const CK_ATTRIBUTE *attributes, CK_ULONG count)
{
	struct cs_view value = buffer_view(&op->result);
	CK_ULONG len = template_ulong(attributes, count, CKA_VALUE_LEN, value.len);

	if (op->mechanism->scheme == SCHEME_RAW && len < value.len)
		return cs_view(value.ptr + value.len - len, len);
	if (op->mechanism->scheme == SCHEME_CBC && len < value.len && value.len - len < CIPHER_BLOCK)
		value.len = len;
	return value;
}

/* ---- private keys, which are on a token or nowhere ---- */

#define TEMPLATE_ROOM 64u

static bool wants_private(const CK_ATTRIBUTE *attributes, CK_ULONG count)
{
	return template_ulong(attributes, count, CKA_CLASS, CKO_SECRET_KEY) == CKO_PRIVATE_KEY;
}

/* What a key is, it says itself: of that the template may name its type. */
static bool names_material(const CK_ATTRIBUTE *attributes, CK_ULONG count)
{
	static const CK_ATTRIBUTE_TYPE material[] = {
	    CKA_MODULUS,    CKA_PRIVATE_EXPONENT, CKA_PRIME_1,	       CKA_PRIME_2,   CKA_EXPONENT_1,
	    CKA_EXPONENT_2, CKA_COEFFICIENT,	  CKA_PUBLIC_EXPONENT, CKA_EC_PARAMS, CKA_VALUE,
	    CKA_SEED,	    CKA_PARAMETER_SET,	  CKA_MODULUS_BITS,    CKA_EC_POINT};

	for (size_t i = 0; i < sizeof(material) / sizeof(material[0]); i++) {
		if (template_find(attributes, count, material[i]) != NULL)
			return true;
	}
	return false;
}

static CK_RV check_private(const struct session *session, const CK_ATTRIBUTE *attributes, CK_ULONG count)
{
	const struct key_templates t = {NULL, 0, attributes, count};
	CK_RV rv;

	if (!template_bool(attributes, count, CKA_TOKEN, false) || names_material(attributes, count))
		return CKR_TEMPLATE_INCONSISTENT;
	if (count + PKCS8_ATTRIBUTES > TEMPLATE_ROOM)
		return CKR_ARGUMENTS_BAD;
	rv = key_naming_check(session->slot->token, &t);
	return rv == CKR_OK ? session_may_write(session) : rv;
}

/* Before the other key is used. Of a number nobody knows how long a key it is (v3.2, 6.1.10). */
static CK_RV check_template(const struct session *session, const CK_MECHANISM *mechanism,
			    const CK_ATTRIBUTE *attributes, CK_ULONG count)
{
	CK_RV rv = template_check(attributes, count);

	if (rv == CKR_OK && mechanism->mechanism == CKM_RSA_X_509 && !wants_private(attributes, count) &&
	    template_find(attributes, count, CKA_VALUE_LEN) == NULL)
		rv = CKR_TEMPLATE_INCOMPLETE;
	if (rv != CKR_OK)
		return rv;
	return wants_private(attributes, count) ? check_private(session, attributes, count)
						: secret_unwrap_check(session, attributes, count);
}

static CK_ULONG join(const struct pkcs8 *key, const CK_ATTRIBUTE *attributes, CK_ULONG count,
		     CK_ATTRIBUTE all[TEMPLATE_ROOM])
{
	CK_ULONG total = 0;

	for (CK_ULONG i = 0; i < count; i++) {
		if (attributes[i].type != CKA_KEY_TYPE)
			all[total++] = attributes[i];
	}
	for (CK_ULONG i = 0; i < key->count; i++)
		all[total++] = key->attributes[i];
	return total;
}

static CK_RV unwrapped_private(struct session *session, struct buffer *plain, bool filled,
			       const CK_ATTRIBUTE *attributes, CK_ULONG count, CK_OBJECT_HANDLE_PTR out)
{
	CK_ATTRIBUTE all[TEMPLATE_ROOM];
	struct pkcs8 key;

	if (plain->len == 0 || pkcs8_parse(plain->bytes, plain->len, filled, &key) != CS_OK ||
	    template_ulong(attributes, count, CKA_KEY_TYPE, key.type) != key.type)
		return CKR_WRAPPED_KEY_INVALID;
	return of_content(create_unwrapped(session, all, join(&key, attributes, count, all), &key, out));
}

static CK_RV unwrapped_secret(struct session *session, struct cs_view value, const CK_ATTRIBUTE *attributes,
			      CK_ULONG count, CK_OBJECT_HANDLE_PTR out)
{
	return of_content(secret_key_new(session, value, SECRET_UNWRAPPED, attributes, count, out));
}

CK_RV unwrap_key(struct session *session, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key,
		 struct cs_view wrapped, const CK_ATTRIBUTE *attributes, CK_ULONG count,
		 CK_OBJECT_HANDLE_PTR out)
{
	struct operation op = {.active = false};
	CK_RV rv = check_template(session, mechanism, attributes, count);

	if (rv == CKR_OK)
		rv = of_unwrapping(operation_setup(session, &op, CKF_UNWRAP, mechanism, key));
	if (rv == CKR_OK)
		rv = of_wrapped(op.mechanism->scheme == SCHEME_RSA_AES ? unwrap_rsa_aes(session, &op, wrapped)
								       : crypt_result(session, &op, wrapped));
	if (rv == CKR_OK && wants_private(attributes, count))
		rv = unwrapped_private(session, &op.result, op.mechanism->scheme == SCHEME_CBC, attributes,
				       count, out);
	else if (rv == CKR_OK)
		rv = unwrapped_secret(session, without_fill(&op, attributes, count), attributes, count, out);
	operation_end(&op);
	return rv;
}

CK_RV wrap_key_authenticated(struct session *session, const CK_MECHANISM *mechanism,
			     CK_OBJECT_HANDLE wrapping, CK_OBJECT_HANDLE key, struct cs_view aad,
			     CK_BYTE_PTR out, CK_ULONG_PTR len)
{
	struct cs_view params = cs_view(mechanism->pParameter, mechanism->ulParameterLen);
	struct operation op = {.active = false};
	struct buffer made = {NULL, 0, 0};
	struct secret_key secret;
	CK_RV rv =
	    of_wrapping(operation_setup(session, &op, CKF_WRAP | CKF_MESSAGE_ENCRYPT, mechanism, wrapping));

	if (rv == CKR_OK)
		rv = leaving(session, key, &secret);
	if (rv == CKR_OK && output_asks(secret.value.len, out, len, &rv)) {
		operation_end(&op);
		return rv;
	}
	if (rv == CKR_OK)
		rv = message_crypt(session, &op, params, aad, secret.value, &made);
	if (rv == CKR_OK)
		rv = output_bytes(buffer_view(&made), out, len);
	buffer_wipe(&made);
	operation_end(&op);
	return rv == CKR_DATA_LEN_RANGE ? CKR_KEY_SIZE_RANGE : rv;
}

CK_RV unwrap_key_authenticated(struct session *session, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key,
			       struct cs_view wrapped, struct cs_view aad, const CK_ATTRIBUTE *attributes,
			       CK_ULONG count, CK_OBJECT_HANDLE_PTR out)
{
	struct cs_view params = cs_view(mechanism->pParameter, mechanism->ulParameterLen);
	struct operation op = {.active = false};
	struct buffer made = {NULL, 0, 0};
	CK_RV rv = check_template(session, mechanism, attributes, count);

	if (rv == CKR_OK)
		rv = of_unwrapping(
		    operation_setup(session, &op, CKF_UNWRAP | CKF_MESSAGE_DECRYPT, mechanism, key));
	if (rv == CKR_OK)
		rv = of_wrapped(message_crypt(session, &op, params, aad, wrapped, &made));
	if (rv == CKR_OK && wants_private(attributes, count))
		rv = unwrapped_private(session, &made, false, attributes, count, out);
	else if (rv == CKR_OK)
		rv = unwrapped_secret(session, buffer_view(&made), attributes, count, out);
	buffer_wipe(&made);
	operation_end(&op);
	return rv;
}
