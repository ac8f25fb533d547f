/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Handles, and the objects that live in memory.
 *
 * Invariants:
 *  1. A handle of what only the user may see is none until he is logged in.
 *  2. A private object in memory is made while the user is logged in, and gone when he is no more.
 *  3. A handle of what is no more in its place is none of what took it.
 */
#include "pkcs11/object.h"

#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "pkcs11/attribute.h"
#include "pkcs11/card_secret.h"
#include "pkcs11/settings.h"
#include "pkcs11/otp_store.h"
#include "pkcs11/place.h"
#include "pkcs11/profile.h"
#include "pkcs11/session.h"
#include "pkcs11/slot.h"
#include "pkcs11/token.h"

/* A handle has 8 bits of kind, 12 of the generation and 12 of the index, and what 12 bits do not hold of the
 * generation above these, where CK_ULONG is longer. Session objects have no generation, and its bits for
 * their index. */
#define KIND_SHIFT	 24u
#define KIND_MASK	 0xFFu
#define GENERATION_SHIFT 12u
#define GENERATION_MASK	 0xFFFu
#define INDEX_MASK	 0xFFFFFFu
#define PLACE_MASK	 0xFFFu

_Static_assert(OTPS_MAX <= PLACE_MASK, "a place fits");

CK_ULONG object_place(struct object object)
{
	return ((CK_ULONG)object.kind << KIND_SHIFT) | (object.index + 1);
}

static CK_OBJECT_HANDLE handle_of(struct object object, unsigned generation)
{
	CK_ULONG low = generation & GENERATION_MASK, high = generation / (GENERATION_MASK + 1);

	/* In two, for a CK_ULONG that is no longer than 32 bits. */
	return object_place(object) | low << GENERATION_SHIFT | high << 16 << 16;
}

CK_OBJECT_HANDLE object_handle(struct token *token, struct object object)
{
	return handle_of(object, place_given(token, object));
}

static bool memory_private(const struct memory_object *object)
{
	const CK_ATTRIBUTE *a = memory_object_attribute(object, CKA_PRIVATE);

	return a != NULL && a->ulValueLen == sizeof(CK_BBOOL) && *(const CK_BBOOL *)a->pValue != CK_FALSE;
}

bool object_hidden(const struct token *token, struct object object)
{
	if (token->login == LOGIN_USER)
		return false;
	switch (object.kind) {
	case OBJECT_CERTIFICATE:
		return token->keys.slots[object.index].certificate_private;
	case OBJECT_PRIVATE:
		return keystore_pin_policy(token, object.index) != PIV_PIN_NEVER;
	case OBJECT_DATA:
		return datastore_private(token, object.index);
	case OBJECT_MEMORY:
		return memory_private(memory_object_find(token, object.index));
	case OBJECT_SECRET:
		return token->secrets.slots[object.index].pin_policy != PIV_PIN_NEVER;
	case OBJECT_OTP:
		return otp_has(otps_at(&token->otps, object.index), YKOATH_PROPERTY_PIN);
	default:
		return false;
	}
}

/* A key of a type that the configuration wants hidden is not there. */
static enum cs_err key_there(struct token *token, struct object object, bool *there)
{
	enum piv_alg alg;
	enum cs_err err;

	if (object.kind == OBJECT_PUBLIC)
		err = keystore_has_public(token, object.index, there);
	else
		err = keystore_has_key(token, object.index, there);
	if (err != CS_OK || !*there || settings_now()->hidden == 0)
		return err;
	err = keystore_alg(token, object.index, &alg);
	if (err == CS_OK && settings_hides(settings_now(), pubkey_alg_type(alg)))
		*there = false;
	return err == CS_ERR_NOT_FOUND ? CS_OK : err;
}

static bool secret_there(struct token *token, size_t index)
{
	CK_KEY_TYPE type = CKK_VENDOR_DEFINED;
	struct cs_writer w = cs_writer_of((uint8_t *)&type, sizeof(type));

	return token->secrets.slots[index].there &&
	       card_secret_attribute(token, index, CKA_KEY_TYPE, &w) == CKR_OK &&
	       !settings_hides(settings_now(), type);
}

static enum cs_err object_there(struct token *token, struct object object, bool *there)
{
	*there = false;
	switch (object.kind) {
	case OBJECT_CERTIFICATE:
		return keystore_has_certificate(token, object.index, there);
	case OBJECT_PUBLIC:
	case OBJECT_PRIVATE:
		return key_there(token, object, there);
	case OBJECT_DATA:
		return datastore_has(token, object.index, there);
	case OBJECT_PROFILE:
		return profile_true(token, object.index, there);
	case OBJECT_SECRET:
		*there = secret_there(token, object.index);
		return CS_OK;
	case OBJECT_MEMORY:
	case OBJECT_OTP:
		*there = true;
		return CS_OK;
	}
	return CS_OK;
}

/* Whether the handle has the form of one that we give. */
static bool in_range(const struct token *token, struct object object)
{
	switch (object.kind) {
	case OBJECT_CERTIFICATE:
	case OBJECT_PUBLIC:
	case OBJECT_PRIVATE:
		return object.index < KEYSTORE_SLOTS;
	case OBJECT_DATA:
		return object.index < DATASTORE_SLOTS;
	case OBJECT_PROFILE:
		return object.index < PROFILES;
	case OBJECT_MEMORY:
		return memory_object_find(token, object.index) != NULL;
	case OBJECT_SECRET:
		return object.index < SECRETS_MAX;
	case OBJECT_OTP:
		return otps_at(&token->otps, object.index) != NULL;
	}
	return false;
}

CK_RV object_visible(struct token *token, struct object object)
{
	bool there = false;
	enum cs_err err;

	if (!in_range(token, object))
		return CKR_OBJECT_HANDLE_INVALID;
	err = object_there(token, object, &there);
	if (err != CS_OK)
		return token_rv(token, err);
	return there && !object_hidden(token, object) ? CKR_OK : CKR_OBJECT_HANDLE_INVALID;
}

CK_RV object_resolve(struct slot *slot, CK_OBJECT_HANDLE handle, struct object *out)
{
	struct token *token = slot->token;
	CK_ULONG kind = handle >> KIND_SHIFT & KIND_MASK;
	CK_ULONG place = handle & (kind == OBJECT_MEMORY ? INDEX_MASK : PLACE_MASK);
	struct object object = {(enum object_kind)kind, place - 1};
	unsigned generation = 0;
	CK_RV rv;

	if (kind > OBJECT_SECRET || place == 0)
		return CKR_OBJECT_HANDLE_INVALID;
	rv = object_visible(token, object);
	if (rv == CKR_OK)
		rv = token_rv(token, place_generation(token, object, &generation));
	if (rv != CKR_OK)
		return rv;
	if (handle != handle_of(object, generation))
		return CKR_OBJECT_HANDLE_INVALID;
	*out = object;
	return CKR_OK;
}

/* ---- session objects ---- */

struct memory_object *memory_object_find(const struct token *token, size_t number)
{
	for (struct memory_object *o = token->memory; o != NULL; o = o->next) {
		if (o->number == number)
			return o;
	}
	return NULL;
}

const CK_ATTRIBUTE *memory_object_attribute(const struct memory_object *object, CK_ATTRIBUTE_TYPE type)
{
	for (size_t i = 0; i < object->count; i++) {
		if (object->attributes[i].type == type)
			return &object->attributes[i];
	}
	return NULL;
}

static void value_free(CK_ATTRIBUTE *attribute)
{
	cs_wipe(attribute->pValue, attribute->ulValueLen);
	free(attribute->pValue);
	attribute->pValue = NULL;
	attribute->ulValueLen = 0;
}

static void object_free(struct memory_object *object)
{
	for (size_t i = 0; i < object->count; i++)
		value_free(&object->attributes[i]);
	free(object->attributes);
	free(object);
}

static CK_RV value_copy(const CK_ATTRIBUTE *from, CK_ATTRIBUTE *to)
{
	void *value = malloc(from->ulValueLen > 0 ? from->ulValueLen : 1);

	if (value == NULL)
		return CKR_HOST_MEMORY;
	if (from->ulValueLen > 0)
		memcpy(value, from->pValue, from->ulValueLen);
	*to = (CK_ATTRIBUTE){from->type, value, from->ulValueLen};
	return CKR_OK;
}

CK_RV memory_object_set(struct memory_object *object, const CK_ATTRIBUTE *attribute)
{
	CK_ATTRIBUTE copy, *grown;
	CK_RV rv = value_copy(attribute, &copy);

	if (rv != CKR_OK)
		return rv;
	for (size_t i = 0; i < object->count; i++) {
		if (object->attributes[i].type == attribute->type) {
			value_free(&object->attributes[i]);
			object->attributes[i] = copy;
			return CKR_OK;
		}
	}
	grown = realloc(object->attributes, (object->count + 1) * sizeof(copy));
	if (grown == NULL) {
		value_free(&copy);
		return CKR_HOST_MEMORY;
	}
	object->attributes = grown;
	object->attributes[object->count++] = copy;
	return CKR_OK;
}

CK_RV memory_object_new(struct session *owner, const CK_ATTRIBUTE *attributes, size_t count,
			const CK_ATTRIBUTE *defaults, size_t default_count, struct object *out)
{
	struct token *token = owner->slot->token;
	struct memory_object *object = calloc(1, sizeof(*object));
	CK_RV rv = object != NULL ? CKR_OK : CKR_HOST_MEMORY;

	for (size_t i = 0; rv == CKR_OK && i < count; i++) {
		if (attributes[i].type == CKA_UNIQUE_ID)
			rv = CKR_ATTRIBUTE_READ_ONLY;
		else if (memory_object_attribute(object, attributes[i].type) != NULL)
			rv = CKR_TEMPLATE_INCONSISTENT;
		else if (attributes[i].ulValueLen > ATTRIBUTE_MAX)
			rv = CKR_ATTRIBUTE_VALUE_INVALID;
		else
			rv = memory_object_set(object, &attributes[i]);
	}
	for (size_t i = 0; rv == CKR_OK && i < default_count; i++) {
		if (memory_object_attribute(object, defaults[i].type) == NULL)
			rv = memory_object_set(object, &defaults[i]);
	}
	if (rv == CKR_OK)
		rv = memory_object_complete(object);
	if (rv == CKR_OK && memory_private(object) && token->login != LOGIN_USER)
		rv = CKR_USER_NOT_LOGGED_IN;
	if (rv != CKR_OK) {
		if (object != NULL)
			object_free(object);
		return rv;
	}
	object->owner = owner;
	do
		object->number = ++token->memory_serial % INDEX_MASK;
	while (memory_object_find(token, object->number) != NULL);
	object->next = token->memory;
	token->memory = object;
	*out = (struct object){OBJECT_MEMORY, object->number};
	return CKR_OK;
}

static void free_where(struct token *token, const struct session *owner, bool all, size_t number)
{
	struct memory_object **link = &token->memory;

	while (*link != NULL) {
		struct memory_object *object = *link;

		if (all || object->owner == owner || (owner == NULL && object->number == number)) {
			*link = object->next;
			object_free(object);
		} else {
			link = &object->next;
		}
	}
}

void memory_objects_free_private(struct token *token)
{
	struct memory_object **link = &token->memory;

	while (*link != NULL) {
		struct memory_object *object = *link;

		if (memory_private(object)) {
			*link = object->next;
			object_free(object);
		} else {
			link = &object->next;
		}
	}
}

void memory_object_free(struct token *token, size_t number)
{
	free_where(token, NULL, false, number);
}

void memory_objects_free(struct token *token, const struct session *owner)
{
	free_where(token, owner, owner == NULL, 0);
}
