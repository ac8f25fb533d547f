/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Labels, IDs, and which slot they lead to. Invariants:
 *   1. A slot in which a key is to be made has none, by what the card says then.
 *   2. An ID leads to one slot.
 */
#include "pkcs11/naming.h"

#include <string.h>

#include "base/tlv.h"
#include "pkcs11/random.h"
#include "pkcs11/token.h"
#include "pkcs11/x509.h"

enum more_tag {
	MORE_PUBLIC_LABEL = 0x90,
	MORE_ALLOWED = 0x91,
	MORE_START = 0x92,
	MORE_END = 0x93,
	MORE_UNWANTED = 0x94,
	MORE_UNIQUE = 0x95,
	MORE_CHECK_VALUE = 0x96,
	MORE_SUBJECT = 0x97,
};

static struct card_attributes *kept_of(struct token *token, struct object object)
{
	if (object.kind == OBJECT_CERTIFICATE)
		return &token->keys.slots[object.index].certificate_attributes;
	if (object.kind == OBJECT_DATA)
		return &token->data.slots[object.index].attributes;
	return &token->keys.slots[object.index].attributes;
}

/* Elements that are missing, or behind one that does not parse, are empty. */
static struct cs_view element(struct cs_view more, uint32_t tag)
{
	struct cs_view value = CS_VIEW_EMPTY;

	return cs_tlv_find(more, tag, &value) == CS_OK ? value : CS_VIEW_EMPTY;
}

struct cs_view naming_unique(struct cs_view more)
{
	return element(more, MORE_UNIQUE);
}

struct cs_view naming_check_value(struct cs_view more)
{
	return element(more, MORE_CHECK_VALUE);
}

CK_RV naming_unique_new(uint8_t unique[NAMING_UNIQUE])
{
	return random_fill(unique, NAMING_UNIQUE);
}

/* Nothing where there is no such element. */
static uint16_t number(struct cs_view element)
{
	struct cs_reader r = cs_reader_of(element);
	uint16_t value = cs_read_u16(&r);

	return cs_reader_done(&r) == CS_OK ? value : 0;
}

static struct cs_view more_of(struct token *token, struct object object)
{
	return card_attributes_view(kept_of(token, object)).more;
}

struct cs_view naming_allowed(struct token *token, struct object object)
{
	return element(more_of(token, object), MORE_ALLOWED);
}

uint16_t naming_unwanted(struct token *token, struct object object)
{
	return number(element(more_of(token, object), MORE_UNWANTED));
}

struct naming naming_of(struct token *token, struct object object)
{
	struct cc_attributes kept = card_attributes_view(kept_of(token, object));

	return (struct naming){.label = kept.label,
			       .id = kept.id,
			       .public_label = element(kept.more, MORE_PUBLIC_LABEL),
			       .allowed = element(kept.more, MORE_ALLOWED),
			       .start = element(kept.more, MORE_START),
			       .end = element(kept.more, MORE_END),
			       .unique = naming_unique(kept.more),
			       .subject = element(kept.more, MORE_SUBJECT),
			       .flags = kept.flags,
			       .unwanted = number(element(kept.more, MORE_UNWANTED))};
}

static void write_element(struct cs_writer *w, uint32_t tag, struct cs_view value)
{
	if (value.len > 0)
		cs_tlv_write(w, tag, value);
}

enum cs_err naming_secret_write(const uint8_t unique[NAMING_UNIQUE], struct cs_view check,
				struct cs_writer *w)
{
	cs_tlv_write(w, MORE_UNIQUE, cs_view(unique, NAMING_UNIQUE));
	write_element(w, MORE_CHECK_VALUE, check);
	return cs_writer_done(w);
}

enum cs_err naming_attributes(const struct naming *naming, uint8_t *more, struct cc_attributes *out)
{
	struct cs_writer w = cs_writer_of(more, CSGN_ATTRIBUTE_MORE_MAX);
	uint8_t unwanted[2];
	struct cs_writer bits = CS_WRITER_OF(unwanted);

	cs_write_u16(&bits, naming->unwanted);
	write_element(&w, MORE_PUBLIC_LABEL, naming->public_label);
	write_element(&w, MORE_ALLOWED, naming->allowed);
	write_element(&w, MORE_START, naming->start);
	write_element(&w, MORE_END, naming->end);
	write_element(&w, MORE_UNWANTED, naming->unwanted != 0 ? cs_writer_view(&bits) : CS_VIEW_EMPTY);
	write_element(&w, MORE_UNIQUE, naming->unique);
	write_element(&w, MORE_SUBJECT, naming->subject);
	if (cs_writer_done(&w) != CS_OK || naming->label.len > CSGN_ATTRIBUTE_TEXT_MAX ||
	    naming->id.len > CSGN_ATTRIBUTE_TEXT_MAX)
		return CS_ERR_LENGTH;
	*out = (struct cc_attributes){
	    .label = naming->label, .id = naming->id, .more = cs_writer_view(&w), .flags = naming->flags};
	return CS_OK;
}

bool naming_empty(const struct naming *naming)
{
	return naming->label.len == 0 && naming->id.len == 0 && naming->public_label.len == 0 &&
	       naming->allowed.len == 0 && naming->start.len == 0 && naming->end.len == 0 &&
	       naming->unique.len == 0 && naming->subject.len == 0 && naming->flags == 0 &&
	       naming->unwanted == 0;
}

/* ---- what things are called ---- */

static struct cs_view number_id(size_t index)
{
	static const uint8_t numbers[KEYSTORE_SLOTS] = {1,  2,	3,  4,	5,  6,	7,  8,	9,  10, 11, 12,
							13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24};

	return cs_view(&numbers[index], 1);
}

struct cs_view naming_id(const struct token *token, size_t index)
{
	const struct key_slot *slot = &token->keys.slots[index];

	if (slot->has_key && slot->attributes.id_len > 0)
		return cs_view(slot->attributes.id, slot->attributes.id_len);
	if (slot->has_certificate && slot->certificate_attributes.id_len > 0)
		return cs_view(slot->certificate_attributes.id, slot->certificate_attributes.id_len);
	return number_id(index);
}

struct cs_view naming_id_kept(size_t index, struct cs_view id)
{
	return cs_view_equal(id, number_id(index)) ? CS_VIEW_EMPTY : id;
}

struct cs_view naming_label(struct token *token, struct object object)
{
	struct naming kept = naming_of(token, object);

	if (object.kind == OBJECT_PUBLIC && kept.public_label.len > 0)
		return kept.public_label;
	return kept.label.len > 0 ? kept.label : cs_view_string(keystore_name(object.index));
}

/* ---- which slot ---- */

static bool in_use(const struct token *token, size_t index)
{
	const struct key_slot *slot = &token->keys.slots[index];

	return slot->has_key || slot->foreign || slot->has_certificate;
}

size_t naming_slot(struct token *token, struct cs_view id)
{
	for (size_t i = 0; i < KEYSTORE_SLOTS; i++) {
		if (in_use(token, i) && cs_view_equal(naming_id(token, i), id))
			return i;
	}
	for (size_t i = 0; i < KEYSTORE_SLOTS; i++) {
		if (!in_use(token, i) && cs_view_equal(number_id(i), id))
			return i;
	}
	return KEYSTORE_SLOTS;
}

/* With nothing in it, and not with a number that something else has as its ID. */
static bool is_free(struct token *token, size_t index)
{
	return !in_use(token, index) && naming_slot(token, number_id(index)) == index;
}

/* The first slot without a key, on a card that keeps IDs rather one without a certificate, which would be
 * another key's. */
static CK_RV slot_without_key(struct token *token, size_t *index)
{
	for (size_t i = 0; token->ours && i < KEYSTORE_SLOTS; i++) {
		if (is_free(token, i)) {
			*index = i;
			return CKR_OK;
		}
	}
	for (size_t i = 0; i < KEYSTORE_SLOTS; i++) {
		bool occupied = false;
		enum cs_err err = keystore_occupied_now(token, i, &occupied);

		if (err != CS_OK)
			return token_rv(token, err);
		/* Where the card does not tell whether it is free that is the caller's to say. */
		if (!occupied && !token->keys.slots[i].key_known)
			return CKR_TEMPLATE_INCOMPLETE;
		if (!occupied) {
			*index = i;
			return CKR_OK;
		}
	}
	return CKR_DEVICE_MEMORY;
}

static bool can_be_kept(const struct token *token, struct cs_view id)
{
	return token->ours && id.len <= CSGN_ATTRIBUTE_TEXT_MAX;
}

CK_RV naming_slot_of_key(struct token *token, struct cs_view id, size_t *index)
{
	bool occupied = false;
	enum cs_err err;

	if (id.len == 0)
		return slot_without_key(token, index);
	*index = naming_slot(token, id);
	if (*index == KEYSTORE_SLOTS)
		return can_be_kept(token, id) ? slot_without_key(token, index) : CKR_ATTRIBUTE_VALUE_INVALID;
	err = keystore_occupied_now(token, *index, &occupied);
	if (err != CS_OK)
		return token_rv(token, err);
	return occupied ? CKR_TEMPLATE_INCONSISTENT : CKR_OK;
}

/* The slot whose key has this public key; KEYSTORE_SLOTS: none. */
static CK_RV slot_of_public_key(struct token *token, struct cs_view spki, size_t *index)
{
	for (size_t i = 0; i < KEYSTORE_SLOTS; i++) {
		struct cs_view own;
		enum cs_err err = CS_ERR_NOT_FOUND;

		if (keystore_in_view(token, i))
			err = keystore_spki(token, i, &own);
		if (err == CS_OK && cs_view_equal(own, spki)) {
			*index = i;
			return CKR_OK;
		}
		if (err != CS_OK && err != CS_ERR_NOT_FOUND)
			return token_rv(token, err);
	}
	*index = KEYSTORE_SLOTS;
	return CKR_OK;
}

/* Certificates of others are put at the end: keys are made from the beginning. */
static CK_RV slot_with_nothing(struct token *token, size_t *index)
{
	for (size_t i = KEYSTORE_SLOTS; i > 0; i--) {
		if (is_free(token, i - 1)) {
			*index = i - 1;
			return CKR_OK;
		}
	}
	return CKR_DEVICE_MEMORY;
}

CK_RV naming_slot_of_certificate(struct token *token, struct cs_view id, struct cs_view spki, size_t *index)
{
	CK_RV rv;

	*index = id.len > 0 ? naming_slot(token, id) : KEYSTORE_SLOTS;
	if (*index < KEYSTORE_SLOTS)
		return CKR_OK;
	if (id.len > 0 && !can_be_kept(token, id))
		return CKR_ATTRIBUTE_VALUE_INVALID;
	rv = slot_of_public_key(token, spki, index);
	if (rv != CKR_OK)
		return rv;
	if (*index == KEYSTORE_SLOTS)
		return token->ours ? slot_with_nothing(token, index) : CKR_TEMPLATE_INCOMPLETE;
	/* Who gave the key an ID gave its certificate that. */
	return id.len > 0 && token->keys.slots[*index].attributes.id_len > 0 ? CKR_TEMPLATE_INCONSISTENT
									     : CKR_OK;
}

/* ---- on the card ---- */

struct write {
	uint32_t reference;
	struct cc_attributes attributes;
	const struct cs_view *contents;
};

static enum cs_err write_work(struct token *token, void *arg)
{
	const struct write *write = arg;

	return cc_csgn_set_attributes(token->card, write->reference, &write->attributes, write->contents);
}

static enum cs_err reference_of(struct object object, uint32_t *reference)
{
	if (object.kind == OBJECT_CERTIFICATE)
		return cc_piv_slot_object(keystore_ref(object.index), reference);
	*reference = object.kind == OBJECT_DATA ? datastore_object(object.index) : keystore_ref(object.index);
	return CS_OK;
}

CK_RV naming_write(struct token *token, struct object object, const struct naming *naming,
		   const struct cs_view *contents)
{
	uint8_t more[CSGN_ATTRIBUTE_MORE_MAX];
	struct card_attributes kept;
	struct write write = {.contents = contents};
	enum cs_err err = naming_attributes(naming, more, &write.attributes);

	if (err == CS_OK)
		err = card_attributes_keep(&kept, &write.attributes);
	if (err == CS_OK)
		err = reference_of(object, &write.reference);
	if (err != CS_OK)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	/* The security officer's PIN is good in an application of its own. */
	if (token->login == LOGIN_SO_PIN)
		err = token_run_csgn(token, write_work, &write);
	else
		err = token_run(token, NEED_LOGIN, write_work, &write);
	if (err == CS_OK)
		*kept_of(token, object) = kept;
	if (err == CS_OK && object.kind == OBJECT_CERTIFICATE)
		token->keys.slots[object.index].certificate_private = (kept.flags & CSGN_FLAG_PRIVATE) != 0;
	/* 6A80: a label that is no UTF-8. 6985: not to be modified by who is logged in. */
	if (err == CS_ERR_ARG)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	return err == CS_ERR_STATE ? CKR_ACTION_PROHIBITED : token_rv(token, err);
}
