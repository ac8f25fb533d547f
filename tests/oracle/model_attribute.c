/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The oracle on attributes (docs/PROTOCOL 6.10): what a host keeps with keys, data objects and secret keys,
 * and what their flags forbid.
 */
#include "tests/oracle/model_csgn.h"

#include <string.h>

static struct model_attributes *attributes_of(struct model *m, uint32_t object)
{
	for (size_t i = 0; i < MODEL_ATTRIBUTES; i++) {
		if (m->attributes[i].object == object)
			return &m->attributes[i];
	}
	return NULL;
}

struct bytes model_attributes(const struct model *m, uint32_t object)
{
	for (size_t i = 0; i < MODEL_ATTRIBUTES; i++) {
		if (m->attributes[i].object == object)
			return (struct bytes){m->attributes[i].bytes, m->attributes[i].len};
	}
	return (struct bytes){0};
}

void model_attributes_set(struct model *m, uint32_t object, struct bytes elements)
{
	struct model_attributes *at = attributes_of(m, object);

	if (at)
		*at = (struct model_attributes){0};
	if (elements.n == 0)
		return;
	at = attributes_of(m, 0);
	if (!at || elements.n > sizeof(at->bytes)) {
		m->out_of_depth = true;
		return;
	}
	at->object = object;
	at->len = (uint8_t)elements.n;
	memcpy(at->bytes, elements.p, elements.n);
}

void model_attributes_move(struct model *m, uint32_t from, uint32_t to)
{
	struct model_attributes *at;

	model_attributes_set(m, to, (struct bytes){0});
	at = attributes_of(m, from);
	if (at)
		at->object = to;
}

bool model_attributes_read(struct bytes elements, uint16_t *flags)
{
	static const size_t most[] = {64, 64, 2, 255};
	bool seen[4] = {false};
	struct bytes v;
	uint32_t tag;
	int got;

	*flags = 0;
	while ((got = model_tlv_next(&elements, &tag, &v)) == 1) {
		if (tag < CSGN_ATTRIBUTE_LABEL || tag > CSGN_ATTRIBUTE_MORE || seen[tag & 3] ||
		    v.n > most[tag & 3])
			return false;
		seen[tag & 3] = true;
		if (tag == CSGN_ATTRIBUTE_FLAGS && v.n != 2)
			return false;
		if (tag == CSGN_ATTRIBUTE_FLAGS)
			*flags = (uint16_t)(v.p[0] << 8 | v.p[1]);
	}
	return got == 0;
}

uint16_t model_flags(const struct model *m, uint32_t object)
{
	uint16_t flags;

	return model_attributes_read(model_attributes(m, object), &flags) ? flags : 0;
}

bool model_administers(const struct model_channel *c)
{
	return c->so || c->management;
}

/* ---- SET ATTRIBUTES ---- */

/* What 92 names; 0: nothing that has attributes. */
static uint32_t named(struct bytes reference)
{
	uint32_t tag = 0;

	if (reference.n == 1 && reference.p[0] <= CSGN_SECRETS_MAX)
		return reference.p[0] ? MODEL_SECRET_OBJECT(reference.p[0]) : 0;
	if (reference.n == 1)
		return model_key(&(struct model){0}, reference.p[0]) && reference.p[0] != PIV_SLOT_ATTESTATION
			   ? MODEL_KEY_OBJECT(reference.p[0])
			   : 0;
	for (size_t i = 0; i < reference.n && reference.n == 3; i++)
		tag = tag << 8 | reference.p[i];
	return model_storable(tag) && tag != PIV_OBJ_ATTESTATION_CERT && tag != PIV_OBJ_ATTESTATION_CA ? tag
												       : 0;
}

static bool is_there(struct model *m, uint32_t object)
{
	if ((object & ~0xFFu) == MODEL_KEY_OBJECT(0))
		return model_key(m, (uint8_t)object)->there;
	if ((object & ~0xFFu) == MODEL_SECRET_OBJECT(0))
		return model_secret(m, (uint8_t)object) != NULL;
	return model_object(m, object) != NULL;
}

/* Who may set flags where others were; contents: they are replaced in the same command. */
static uint16_t permit(const struct model *m, const struct model_channel *c, uint32_t object, uint16_t flags,
		       bool contents)
{
	uint16_t old = model_flags(m, object);
	bool trust_anew = (flags & CSGN_FLAG_TRUSTED) && (contents || !(old & CSGN_FLAG_TRUSTED));

	if ((old & CSGN_FLAG_PRIVATE) && !(flags & CSGN_FLAG_PRIVATE) && !contents && !c->pin)
		return CS_SW_SECURITY_STATUS;
	if (model_administers(c))
		return CS_SW_OK;
	if (trust_anew)
		return CS_SW_SECURITY_STATUS;
	return old & CSGN_FLAG_NOT_MODIFIABLE ? CS_SW_CONDITIONS : CS_SW_OK;
}

void model_set_attributes(struct model *m, struct model_channel *c, const struct model_command *cmd,
			  struct model_answer *a)
{
	struct bytes in = cmd->data, reference, elements, contents = {0};
	bool good = model_tlv_take(&in, CSGN_TAG_REFERENCE, &reference) &&
		    model_tlv_take(&in, CSGN_TAG_ATTRIBUTES, &elements),
	     writes = good && in.n;
	uint32_t object = good ? named(reference) : 0;
	uint16_t flags;

	good = good && (!writes || (model_tlv_take(&in, PIV_TAG_DATA, &contents) && in.n == 0));
	if (!good || !model_attributes_read(elements, &flags))
		a->sw = CS_SW_WRONG_DATA;
	else if (!object)
		a->sw = CS_SW_REFERENCE_NOT_FOUND;
	else if (writes && (reference.n != 3 || contents.n == 0))
		a->sw = CS_SW_WRONG_DATA;
	else if (writes && !model_manages(m, c))
		a->sw = CS_SW_SECURITY_STATUS;
	else if (!writes && !is_there(m, object))
		a->sw = CS_SW_REFERENCE_NOT_FOUND;
	else
		a->sw = permit(m, c, object, flags, writes);
	if (a->sw != CS_SW_OK)
		return;
	if (writes && m->stored + contents.n > MODEL_STORED_MAX)
		a->or_sw = CS_SW_NO_SPACE;
	if (writes)
		model_object_put(m, object, contents);
	model_attributes_set(m, object, elements);
}
