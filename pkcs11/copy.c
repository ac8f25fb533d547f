/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copying an object (PKCS #11 v3.2, 4.1.3, 5.7.2): all its attributes are read, changed as the template says,
 * and an object is made of them as C_CreateObject would make it.
 */
#include "pkcs11/copy.h"

#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "pkcs11/attribute.h"
#include "pkcs11/create.h"
#include "pkcs11/token.h"

/* What makes a token object, and what was said of it; the rest follows from these. */
static const CK_ATTRIBUTE_TYPE of_token[] = {
    CKA_CLASS,		 CKA_TOKEN,	    CKA_PRIVATE,	CKA_LABEL,
    CKA_MODIFIABLE,	 CKA_COPYABLE,	    CKA_DESTROYABLE,	CKA_ID,
    CKA_VALUE,		 CKA_APPLICATION,   CKA_OBJECT_ID,	CKA_CERTIFICATE_TYPE,
    CKA_KEY_TYPE,	 CKA_MODULUS,	    CKA_EC_PARAMS,	CKA_EC_POINT,
    CKA_PUBLIC_EXPONENT, CKA_PARAMETER_SET, CKA_LOCAL,		CKA_KEY_GEN_MECHANISM,
    CKA_SUBJECT,	 CKA_START_DATE,    CKA_END_DATE,	CKA_ALLOWED_MECHANISMS,
    CKA_ENCRYPT,	 CKA_VERIFY,	    CKA_VERIFY_RECOVER, CKA_WRAP,
    CKA_ENCAPSULATE,
};

#define CHANGES_MAX 40u /* types of attribute that a template can change, with room */
#define OF_TOKEN    (sizeof(of_token) / sizeof(of_token[0]))

/* The attributes of the new object; values owned. */
struct list {
	CK_ATTRIBUTE *attributes;
	size_t count, room;
};

static void list_free(struct list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		cs_wipe(list->attributes[i].pValue, list->attributes[i].ulValueLen);
		free(list->attributes[i].pValue);
	}
	free(list->attributes);
}

static CK_RV list_add(struct list *list, CK_ATTRIBUTE_TYPE type, struct cs_view value)
{
	CK_ATTRIBUTE *to = NULL;
	void *bytes = malloc(value.len > 0 ? value.len : 1);

	for (size_t i = 0; i < list->count; i++) {
		if (list->attributes[i].type == type)
			to = &list->attributes[i];
	}
	if (bytes == NULL || (to == NULL && list->count == list->room)) {
		free(bytes);
		return CKR_HOST_MEMORY;
	}
	if (value.len > 0)
		memcpy(bytes, value.ptr, value.len);
	if (to == NULL) {
		to = &list->attributes[list->count++];
	} else {
		cs_wipe(to->pValue, to->ulValueLen);
		free(to->pValue);
	}
	*to = (CK_ATTRIBUTE){type, bytes, value.len};
	return CKR_OK;
}

static CK_RV read_memory(const struct memory_object *object, struct list *list)
{
	CK_RV rv = CKR_OK;

	for (size_t i = 0; rv == CKR_OK && i < object->count; i++) {
		const CK_ATTRIBUTE *a = &object->attributes[i];

		/* A new object has its own. */
		if (a->type != CKA_UNIQUE_ID)
			rv = list_add(list, a->type,
				      a->ulValueLen > 0 ? cs_view(a->pValue, a->ulValueLen) : CS_VIEW_EMPTY);
	}
	return rv;
}

static CK_RV read_token_object(struct token *token, struct object object, struct list *list)
{
	uint8_t value[ATTRIBUTE_MAX];
	CK_RV rv = CKR_OK;

	for (size_t i = 0; rv == CKR_OK && i < OF_TOKEN; i++) {
		struct cs_writer w = CS_WRITER_OF(value);

		rv = attribute_get(token, object, of_token[i], &w);
		if (rv == CKR_OK)
			rv = list_add(list, of_token[i], cs_writer_view(&w));
		else if (rv == CKR_ATTRIBUTE_TYPE_INVALID)
			rv = CKR_OK;
		cs_wipe(value, w.len);
	}
	return rv;
}

/* Beside what may be changed of an object that is there, the four of 4.1.3. */
static bool may_differ(const CK_ATTRIBUTE *a)
{
	if (a->type == CKA_TOKEN || a->type == CKA_PRIVATE || a->type == CKA_MODIFIABLE ||
	    a->type == CKA_DESTROYABLE)
		return a->ulValueLen == sizeof(CK_BBOOL);
	return attribute_may_change(a->type, template_bool(a, 1, a->type, false));
}

static CK_RV change(struct token *token, struct object from, const CK_ATTRIBUTE *attributes, CK_ULONG count,
		    struct list *list)
{
	CK_RV rv = CKR_OK;

	for (CK_ULONG i = 0; rv == CKR_OK && i < count; i++) {
		const CK_ATTRIBUTE *a = &attributes[i];
		bool same = false;

		rv = attribute_match(token, from, a, 1, &same);
		if (rv == CKR_OK && !same && !may_differ(a))
			rv = CKR_ATTRIBUTE_READ_ONLY;
		if (rv == CKR_OK && !same)
			rv = list_add(list, a->type,
				      a->ulValueLen > 0 ? cs_view(a->pValue, a->ulValueLen) : CS_VIEW_EMPTY);
	}
	return rv;
}

/* A card has room for one certificate beside a key, one public key, and one object in each of PIV's
 * containers. */
static bool twice_on_token(struct object from)
{
	return from.kind == OBJECT_MEMORY || (from.kind == OBJECT_DATA && from.index >= DATASTORE_PIV);
}

static void list_drop(struct list *list, CK_ATTRIBUTE_TYPE type)
{
	for (size_t i = 0; i < list->count; i++) {
		if (list->attributes[i].type != type)
			continue;
		cs_wipe(list->attributes[i].pValue, list->attributes[i].ulValueLen);
		free(list->attributes[i].pValue);
		list->attributes[i] = list->attributes[--list->count];
		return;
	}
}

/* A key's object in a session has all attributes; of one that is made on the token, the token says these. */
static void leave_to_token(struct list *list, const CK_ATTRIBUTE *said, CK_ULONG count)
{
	static const CK_ATTRIBUTE_TYPE always[] = {CKA_LOCAL, CKA_KEY_GEN_MECHANISM, CKA_ALWAYS_SENSITIVE,
						   CKA_NEVER_EXTRACTABLE, CKA_VALUE_LEN};
	/* A key that the card holds is hidden: so is the copy, unless it was to be seen. */
	static const CK_ATTRIBUTE_TYPE unsaid[] = {CKA_SENSITIVE, CKA_EXTRACTABLE};

	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		list_drop(list, always[i]);
	for (size_t i = 0; i < sizeof(unsaid) / sizeof(unsaid[0]); i++) {
		if (template_find(said, count, unsaid[i]) == NULL)
			list_drop(list, unsaid[i]);
	}
}

static CK_RV make(struct session *session, struct object from, struct list *list, const CK_ATTRIBUTE *said,
		  CK_ULONG said_count, CK_OBJECT_HANDLE_PTR out)
{
	struct object made;
	CK_RV rv;

	if (template_bool(list->attributes, list->count, CKA_TOKEN, false)) {
		if (!twice_on_token(from))
			return CKR_TEMPLATE_INCONSISTENT;
		leave_to_token(list, said, said_count);
		return create_object(session, list->attributes, list->count, out);
	}
	rv = memory_object_new(session, list->attributes, list->count, NULL, 0, &made);
	if (rv == CKR_OK)
		*out = object_handle(session->slot->token, made);
	return rv;
}

CK_RV copy_object(struct session *session, CK_OBJECT_HANDLE handle, const CK_ATTRIBUTE *attributes,
		  CK_ULONG count, CK_OBJECT_HANDLE_PTR out)
{
	struct token *token = session->slot->token;
	const struct memory_object *memory;
	struct list list = {NULL, 0, 0};
	struct object from;
	CK_RV rv = template_check(attributes, count);

	if (rv == CKR_OK)
		rv = object_resolve(session->slot, handle, &from);
	if (rv != CKR_OK)
		return rv;
	if (!attribute_is_true(token, from, CKA_COPYABLE))
		return CKR_ACTION_PROHIBITED;
	memory = from.kind == OBJECT_MEMORY ? memory_object_find(token, from.index) : NULL;
	list.room = (memory != NULL ? memory->count : OF_TOKEN) + CHANGES_MAX;
	list.attributes = calloc(list.room, sizeof(*list.attributes));
	if (list.attributes == NULL)
		return CKR_HOST_MEMORY;
	rv = memory != NULL ? read_memory(memory, &list) : read_token_object(token, from, &list);
	if (rv == CKR_OK)
		rv = change(token, from, attributes, count, &list);
	if (rv == CKR_OK)
		rv = make(session, from, &list, attributes, count, out);
	list_free(&list);
	return rv;
}
