/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C_FindObjects: the whole search is done by C_FindObjectsInit.
 */
#include "pkcs11/find.h"

#include <stdlib.h>

#include "pkcs11/attribute.h"
#include "pkcs11/otp_store.h"
#include "pkcs11/profile.h"
#include "pkcs11/token.h"

struct search {
	struct slot *slot;
	const CK_ATTRIBUTE *attributes;
	CK_ULONG count;
	CK_OBJECT_HANDLE *found; /* owned until it is the session's */
	size_t found_count;
};

static CK_RV add(struct search *s, struct object object)
{
	CK_OBJECT_HANDLE *grown = realloc(s->found, (s->found_count + 1) * sizeof(*grown));

	if (grown == NULL)
		return CKR_HOST_MEMORY;
	s->found = grown;
	s->found[s->found_count++] = object_handle(s->slot->token, object);
	return CKR_OK;
}

/* By what is known without the card: class, token, label of a slot, CKA_ID. */
static bool possible(const struct search *s, struct object object)
{
	static const CK_ATTRIBUTE_TYPE cheap[] = {
	    CKA_CLASS, CKA_TOKEN, CKA_ID, CKA_LABEL, CKA_CERTIFICATE_TYPE, CKA_PROFILE_ID};
	bool match = true;

	for (size_t i = 0; match && i < sizeof(cheap) / sizeof(cheap[0]); i++) {
		const CK_ATTRIBUTE *a = template_find(s->attributes, s->count, cheap[i]);

		if (a == NULL || (a->type == CKA_LABEL && object.kind == OBJECT_DATA))
			continue;
		if (attribute_match(s->slot->token, object, a, 1, &match) != CKR_OK)
			return false;
	}
	return match;
}

static CK_RV try_object(struct search *s, struct object object)
{
	bool match = false;
	CK_RV rv = object_visible(s->slot->token, object);

	if (rv == CKR_OK)
		rv = attribute_match(s->slot->token, object, s->attributes, s->count, &match);
	/* Hidden, or found to be gone (or to be no certificate) when it was read: the others are there. */
	if (rv == CKR_OBJECT_HANDLE_INVALID || rv == CKR_KEY_HANDLE_INVALID)
		return CKR_OK;
	return rv == CKR_OK && match ? add(s, object) : rv;
}

static size_t count_possible(const struct search *s, enum object_kind kind, size_t limit)
{
	size_t n = 0;

	for (size_t i = 0; i < limit; i++)
		n += possible(s, (struct object){kind, i}) ? 1 : 0;
	return n;
}

/* Another vendor's card is asked for its data objects, one by one, only if they are meant. */
static bool asks_for_data(const struct search *s)
{
	return template_find(s->attributes, s->count, CKA_CLASS) != NULL;
}

/* Where many slots are in question they are asked in one go. */
static CK_RV load(struct search *s)
{
	struct token *token = s->slot->token;
	unsigned which = 0;
	enum cs_err err = token_current(token);

	if (err != CS_OK)
		return token_rv(token, err);
	if (count_possible(s, OBJECT_PUBLIC, KEYSTORE_SLOTS) > 1 ||
	    count_possible(s, OBJECT_PRIVATE, KEYSTORE_SLOTS) > 1)
		which |= KEYSTORE_KEYS;
	if (count_possible(s, OBJECT_CERTIFICATE, KEYSTORE_SLOTS) > 1)
		which |= KEYSTORE_CERTIFICATES;
	if (which != 0)
		err = keystore_load(token, which);
	if (err == CS_OK && asks_for_data(s) && count_possible(s, OBJECT_DATA, DATASTORE_SLOTS) > 1)
		err = datastore_load(token);
	return token_rv(token, err);
}

/* Whether what the card was not asked yet is to be asked of it for this search. */
static bool in_view(const struct search *s, struct object object, bool wide)
{
	const struct token *token = s->slot->token;

	switch (object.kind) {
	case OBJECT_PRIVATE:
	case OBJECT_PUBLIC:
	case OBJECT_CERTIFICATE:
		return !wide || keystore_in_view(token, object.index);
	case OBJECT_DATA:
		return asks_for_data(s) || token->data.slots[object.index].known;
	default:
		return true;
	}
}

static CK_RV search_kind(struct search *s, enum object_kind kind, size_t limit)
{
	bool wide = count_possible(s, kind, limit) > 1;
	CK_RV rv = CKR_OK;

	for (size_t i = 0; rv == CKR_OK && i < limit; i++) {
		struct object object = {kind, i};

		if (possible(s, object) && in_view(s, object, wide))
			rv = try_object(s, object);
	}
	return rv;
}

static CK_RV search_memory(struct search *s)
{
	CK_RV rv = CKR_OK;

	for (const struct memory_object *o = s->slot->token->memory; rv == CKR_OK && o != NULL; o = o->next)
		rv = try_object(s, (struct object){OBJECT_MEMORY, o->number});
	return rv;
}

/* INVENTORY has told those of our card. Others are asked for where the search is for such keys, and found by
 * any search then. */
static CK_RV search_otp(struct search *s)
{
	struct token *token = s->slot->token;
	CK_ULONG class = template_ulong(s->attributes, s->count, CKA_CLASS, CK_UNAVAILABLE_INFORMATION);
	CK_RV rv = CKR_OK;

	if (class == CKO_OTP_KEY || (token->oath_alone && class == CK_UNAVAILABLE_INFORMATION))
		rv = token_rv(token, otp_store_load(token));
	for (size_t i = 0; rv == CKR_OK && i < token->otps.count; i++) {
		if (otps_at(&token->otps, i) != NULL)
			rv = try_object(s, (struct object){OBJECT_OTP, i});
	}
	return rv;
}

static CK_RV search_all(struct search *s)
{
	static const struct {
		enum object_kind kind;
		size_t limit;
	} kinds[] = {{OBJECT_PRIVATE, KEYSTORE_SLOTS},	   {OBJECT_PUBLIC, KEYSTORE_SLOTS},
		     {OBJECT_CERTIFICATE, KEYSTORE_SLOTS}, {OBJECT_DATA, DATASTORE_SLOTS},
		     {OBJECT_SECRET, SECRETS_MAX},	   {OBJECT_PROFILE, PROFILES}};
	CK_RV rv = CKR_OK;

	/* Who asks for all is not told of the PIN for the price of one more command. */
	if (template_ulong(s->attributes, s->count, CKA_CLASS, CKO_DATA) == CKO_PROFILE)
		rv = token_rv(s->slot->token, token_tries_ask(s->slot->token));
	if (rv == CKR_OK)
		rv = load(s);
	for (size_t i = 0; rv == CKR_OK && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		rv = search_kind(s, kinds[i].kind, kinds[i].limit);
	if (rv == CKR_OK)
		rv = search_otp(s);
	return rv == CKR_OK ? search_memory(s) : rv;
}

CK_RV find_init(struct session *session, const CK_ATTRIBUTE *attributes, CK_ULONG count)
{
	struct search s = {session->slot, attributes, count, NULL, 0};
	CK_RV rv;

	if (session->finding)
		return CKR_OPERATION_ACTIVE;
	rv = template_check(attributes, count);
	if (rv == CKR_OK)
		rv = search_all(&s);
	if (rv != CKR_OK) {
		free(s.found);
		return rv;
	}
	session->finding = true;
	session->found = s.found;
	session->found_count = s.found_count;
	session->found_next = 0;
	return CKR_OK;
}

CK_RV find_next(struct session *session, CK_OBJECT_HANDLE_PTR objects, CK_ULONG max, CK_ULONG_PTR count)
{
	CK_ULONG n = 0;

	if (count == NULL || (objects == NULL && max > 0))
		return CKR_ARGUMENTS_BAD;
	if (!session->finding)
		return CKR_OPERATION_NOT_INITIALIZED;
	while (n < max && session->found_next < session->found_count)
		objects[n++] = session->found[session->found_next++];
	*count = n;
	return CKR_OK;
}

CK_RV find_final(struct session *session)
{
	if (!session->finding)
		return CKR_OPERATION_NOT_INITIALIZED;
	free(session->found);
	session->found = NULL;
	session->finding = false;
	return CKR_OK;
}
