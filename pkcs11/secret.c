/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Secret keys in memory: made, brought, unwrapped, derived.
 */
#include "pkcs11/secret.h"

#include <string.h>

#include "base/secret.h"
#include "pkcs11/attribute.h"
#include "pkcs11/card_secret.h"
#include "pkcs11/random.h"
#include "pkcs11/token.h"

bool secret_length_ok(CK_KEY_TYPE type, size_t len)
{
	if (type == CKK_AES)
		return len == 16 || len == 24 || len == 32;
	return len > 0;
}

static bool known_type(CK_KEY_TYPE type)
{
	switch (type) {
	case CKK_AES:
	case CKK_GENERIC_SECRET:
	case CKK_SHA_1_HMAC:
	case CKK_SHA224_HMAC:
	case CKK_SHA256_HMAC:
	case CKK_SHA384_HMAC:
	case CKK_SHA512_HMAC:
	case CKK_SHA512_224_HMAC:
	case CKK_SHA512_256_HMAC:
	case CKK_SHA3_224_HMAC:
	case CKK_SHA3_256_HMAC:
	case CKK_SHA3_384_HMAC:
	case CKK_SHA3_512_HMAC:
	case CKK_HKDF:
		return true;
	default:
		return false;
	}
}

CK_RV secret_key_of(const struct token *token, struct object object, struct secret_key *out)
{
	const struct memory_object *memory;

	if (object.kind == OBJECT_SECRET && token->secrets.slots[object.index].there) {
		*out = card_secret_key(token, object.index);
		return CKR_OK;
	}
	if (object.kind != OBJECT_MEMORY)
		return CKR_KEY_HANDLE_INVALID;
	memory = memory_object_find(token, object.index);
	if (memory == NULL ||
	    template_ulong(memory->attributes, memory->count, CKA_CLASS, CKO_DATA) != CKO_SECRET_KEY)
		return CKR_KEY_HANDLE_INVALID;
	*out = (struct secret_key){
	    .object = object,
	    .type = template_ulong(memory->attributes, memory->count, CKA_KEY_TYPE, CKK_GENERIC_SECRET),
	    .value = template_view(memory->attributes, memory->count, CKA_VALUE)};
	return CKR_OK;
}

/* A key about to be made. */
struct plan {
	struct session *session;
	const CK_ATTRIBUTE *attributes;
	CK_ULONG count;
	CK_KEY_TYPE type;
	enum secret_origin origin;
	CK_MECHANISM_TYPE made_by; /* of one that is generated */
};

static bool asked(const struct plan *plan, CK_ATTRIBUTE_TYPE type, bool otherwise)
{
	return template_bool(plan->attributes, plan->count, type, otherwise);
}

static CK_RV store(const struct plan *plan, struct cs_view value, CK_OBJECT_HANDLE_PTR out)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = plan->type;
	CK_BBOOL yes = CK_TRUE;
	CK_BBOOL local = plan->origin == SECRET_GENERATED ? CK_TRUE : CK_FALSE;
	CK_BBOOL cipher = type == CKK_AES ? CK_TRUE : CK_FALSE;
	bool unseen = local || plan->origin == SECRET_DERIVED_OF_HIDDEN;
	CK_BBOOL sensitive = unseen && asked(plan, CKA_SENSITIVE, false) ? CK_TRUE : CK_FALSE;
	CK_BBOOL kept = unseen && !asked(plan, CKA_EXTRACTABLE, true) ? CK_TRUE : CK_FALSE;
	CK_MECHANISM_TYPE made = local ? plan->made_by : CK_UNAVAILABLE_INFORMATION;
	CK_ULONG len = value.len;
	uint8_t copy[SECRET_MAX];
	CK_ATTRIBUTE defaults[] = {{CKA_CLASS, &class, sizeof(class)},
				   {CKA_KEY_TYPE, &type, sizeof(type)},
				   {CKA_ALWAYS_SENSITIVE, &sensitive, 1},
				   {CKA_NEVER_EXTRACTABLE, &kept, 1},
				   {CKA_LOCAL, &local, 1},
				   {CKA_KEY_GEN_MECHANISM, &made, sizeof(made)},
				   {CKA_ENCRYPT, &cipher, 1},
				   {CKA_DECRYPT, &cipher, 1},
				   {CKA_WRAP, &cipher, 1},
				   {CKA_UNWRAP, &cipher, 1},
				   {CKA_SIGN, &yes, 1},
				   {CKA_VERIFY, &yes, 1},
				   {CKA_VALUE, copy, len},
				   {CKA_VALUE_LEN, &len, sizeof(len)}};
	struct object object;
	CK_RV rv;

	memcpy(copy, value.ptr, value.len);
	rv = memory_object_new(plan->session, plan->attributes, plan->count, defaults,
			       sizeof(defaults) / sizeof(defaults[0]), &object);
	cs_wipe(copy, sizeof(copy));
	if (rv == CKR_OK)
		*out = object_handle(plan->session->slot->token, object);
	return rv;
}

static CK_RV on_card(const struct plan *plan, struct cs_view value, CK_ULONG len, CK_OBJECT_HANDLE_PTR out)
{
	struct card_secret_plan card = {plan->attributes, plan->count, plan->type, value, len};

	return card_secret_new(plan->session, &card, out);
}

/* What no template of a secret key may say. */
static CK_RV check_plan(const struct plan *plan)
{
	static const CK_ATTRIBUTE_TYPE ours[] = {CKA_LOCAL, CKA_KEY_GEN_MECHANISM, CKA_ALWAYS_SENSITIVE,
						 CKA_NEVER_EXTRACTABLE, CKA_UNIQUE_ID};
	const CK_ATTRIBUTE *t = plan->attributes;

	if (template_ulong(t, plan->count, CKA_CLASS, CKO_SECRET_KEY) != CKO_SECRET_KEY)
		return CKR_TEMPLATE_INCONSISTENT;
	if (plan->origin != SECRET_CREATED && template_find(t, plan->count, CKA_VALUE) != NULL)
		return CKR_TEMPLATE_INCONSISTENT;
	if (!known_type(plan->type))
		return CKR_ATTRIBUTE_VALUE_INVALID;
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		if (template_find(t, plan->count, ours[i]) != NULL)
			return CKR_ATTRIBUTE_READ_ONLY;
	}
	/* To call a key trusted is the security officer's affair. */
	return asked(plan, CKA_TRUSTED, false) ? CKR_ATTRIBUTE_READ_ONLY : CKR_OK;
}

/* What a session object's template says that memory_object_new refuses of every key. */
static CK_RV check_in_memory(const struct session *session, const struct plan *plan)
{
	if (template_repeats(plan->attributes, plan->count))
		return CKR_TEMPLATE_INCONSISTENT;
	for (CK_ULONG i = 0; i < plan->count; i++) {
		if (plan->attributes[i].ulValueLen > ATTRIBUTE_MAX)
			return CKR_ATTRIBUTE_VALUE_INVALID;
	}
	return asked(plan, CKA_PRIVATE, false) && session->slot->token->login != LOGIN_USER
		   ? CKR_USER_NOT_LOGGED_IN
		   : CKR_OK;
}

CK_RV secret_unwrap_check(const struct session *session, const CK_ATTRIBUTE *attributes, CK_ULONG count)
{
	struct plan plan = {NULL,
			    attributes,
			    count,
			    template_ulong(attributes, count, CKA_KEY_TYPE, CKK_GENERIC_SECRET),
			    SECRET_UNWRAPPED,
			    CK_UNAVAILABLE_INFORMATION};
	CK_ULONG len = template_ulong(attributes, count, CKA_VALUE_LEN, CK_UNAVAILABLE_INFORMATION);
	struct card_secret_plan card = {attributes, count, plan.type, CS_VIEW_EMPTY, len};
	CK_RV rv = check_plan(&plan);

	if (rv == CKR_OK && len != CK_UNAVAILABLE_INFORMATION &&
	    (len > SECRET_MAX || !secret_length_ok(plan.type, len)))
		rv = CKR_KEY_SIZE_RANGE;
	if (rv != CKR_OK)
		return rv;
	return asked(&plan, CKA_TOKEN, false) ? card_secret_check(session, &card)
					      : check_in_memory(session, &plan);
}

CK_RV secret_key_new(struct session *session, struct cs_view value, enum secret_origin origin,
		     const CK_ATTRIBUTE *attributes, CK_ULONG count, CK_OBJECT_HANDLE_PTR out)
{
	struct plan plan = {session, attributes,
			    count,   template_ulong(attributes, count, CKA_KEY_TYPE, CKK_GENERIC_SECRET),
			    origin,  CK_UNAVAILABLE_INFORMATION};
	CK_ULONG len = template_ulong(attributes, count, CKA_VALUE_LEN, value.len);
	bool derived = origin == SECRET_DERIVED || origin == SECRET_DERIVED_OF_HIDDEN;
	CK_RV rv = check_plan(&plan);

	if (rv != CKR_OK)
		return rv;
	if ((derived ? len > value.len : len != value.len) || len > SECRET_MAX ||
	    !secret_length_ok(plan.type, len))
		return CKR_KEY_SIZE_RANGE;
	value = cs_view(value.ptr + value.len - len, len);
	return asked(&plan, CKA_TOKEN, false) ? on_card(&plan, value, len, out) : store(&plan, value, out);
}

CK_RV secret_create(struct session *session, const CK_ATTRIBUTE *attributes, CK_ULONG count,
		    CK_OBJECT_HANDLE_PTR out)
{
	struct cs_view value = template_view(attributes, count, CKA_VALUE);
	CK_RV rv;

	if (value.len == 0 || template_find(attributes, count, CKA_KEY_TYPE) == NULL)
		return CKR_TEMPLATE_INCOMPLETE;
	/* Its length is not to be said twice (v3.2, 6.13.2). */
	if (template_find(attributes, count, CKA_VALUE_LEN) != NULL)
		return CKR_ATTRIBUTE_READ_ONLY;
	rv = secret_key_new(session, value, SECRET_CREATED, attributes, count, out);
	return rv == CKR_KEY_SIZE_RANGE ? CKR_ATTRIBUTE_VALUE_INVALID : rv;
}

/* What the mechanism makes, where the template fits it. */
static CK_RV type_made(const CK_MECHANISM *mechanism, const CK_ATTRIBUTE *attributes, CK_ULONG count,
		       CK_KEY_TYPE *type)
{
	const struct mechanism *m = mechanism_find(mechanism->mechanism);

	if (m == NULL || (m->flags & CKF_GENERATE) == 0 || !mechanism_symmetric(m))
		return CKR_MECHANISM_INVALID;
	if (mechanism->ulParameterLen != 0)
		return CKR_MECHANISM_PARAM_INVALID;
	/* A generic secret may be meant for one kind of MAC. */
	*type = template_ulong(attributes, count, CKA_KEY_TYPE, m->key_type);
	if (m->key_type == CKK_GENERIC_SECRET)
		return known_type(*type) && *type != CKK_AES ? CKR_OK : CKR_TEMPLATE_INCONSISTENT;
	return *type == m->key_type ? CKR_OK : CKR_TEMPLATE_INCONSISTENT;
}

/* Of a key that a hash's own mechanism makes: as long as the hash. */
static CK_ULONG whole_length(CK_MECHANISM_TYPE type)
{
	const struct mechanism *m = mechanism_find(type);
	const struct hash *hash = hash_by_mechanism(m->hash);

	return hash != NULL ? hash->len : 0;
}

CK_RV generate_key(struct session *session, const CK_MECHANISM *mechanism, const CK_ATTRIBUTE *attributes,
		   CK_ULONG count, CK_OBJECT_HANDLE_PTR out)
{
	struct plan plan = {session,	      attributes,	   count, CKK_GENERIC_SECRET,
			    SECRET_GENERATED, mechanism->mechanism};
	CK_ULONG len = 0;
	uint8_t value[SECRET_MAX];
	CK_RV rv = template_check(attributes, count);

	if (rv != CKR_OK)
		return rv;
	len = template_ulong(attributes, count, CKA_VALUE_LEN, 0);
	rv = type_made(mechanism, attributes, count, &plan.type);
	if (rv == CKR_OK && len == 0)
		len = whole_length(mechanism->mechanism);
	if (rv == CKR_OK)
		rv = check_plan(&plan);
	if (rv == CKR_OK && len == 0)
		rv = CKR_TEMPLATE_INCOMPLETE;
	if (rv == CKR_OK && (len > sizeof(value) || !secret_length_ok(plan.type, len)))
		rv = CKR_KEY_SIZE_RANGE;
	if (rv == CKR_OK && asked(&plan, CKA_TOKEN, false))
		return on_card(&plan, CS_VIEW_EMPTY, len, out);
	if (rv == CKR_OK)
		rv = random_fill(value, len);
	if (rv == CKR_OK)
		rv = store(&plan, cs_view(value, len), out);
	cs_wipe(value, sizeof(value));
	return rv;
}
