/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Attributes of objects, and SET ATTRIBUTES. The record holds the elements as they came.
 */
#include "applet/attribute.h"

#include "applet/content.h"
#include "applet/csgn.h"
#include "applet/dispatch.h"
#include "applet/piv_key.h"
#include "applet/piv_object.h"
#include "applet/records.h"
#include "applet/secret_key.h"
#include "base/tlv.h"

/* Who gives trust: not a PIN that stands for the management key. */
#define ADMINISTRATION (SECURITY_SO | SECURITY_MANAGEMENT | SECURITY_SCP)

uint16_t attribute_record(uint16_t object)
{
	if (object >= RECORD_KEY_FIRST && object <= RECORD_VENDOR_OBJECT_LAST)
		return (uint16_t)(RECORD_ATTRIBUTES_FIRST + (object - RECORD_KEY_FIRST));
	if (object >= RECORD_SECRET_FIRST && object <= RECORD_SECRET_LAST)
		return (uint16_t)(RECORD_SECRET_ATTRIBUTES_FIRST + (object - RECORD_SECRET_FIRST));
	return 0;
}

/* The longest value of an element; 0 for one that there is not. */
static size_t element_max(uint32_t tag)
{
	switch (tag) {
	case CSGN_ATTRIBUTE_LABEL:
	case CSGN_ATTRIBUTE_ID:
		return CSGN_ATTRIBUTE_TEXT_MAX;
	case CSGN_ATTRIBUTE_FLAGS:
		return sizeof(uint16_t);
	case CSGN_ATTRIBUTE_MORE:
		return CSGN_ATTRIBUTE_MORE_MAX;
	default:
		return 0;
	}
}

enum cs_err attribute_check(struct cs_view elements, uint16_t *flags)
{
	struct cs_reader r = cs_reader_of(elements), value;
	uint32_t seen = 0, bit;
	uint16_t found = 0;
	struct cs_tlv t;

	/* Lengths may be written longer than they need to be: each element is short, and all together are
	 * not. */
	if (elements.len > CSGN_ATTRIBUTES_MAX)
		return CS_ERR_MALFORMED;
	while (cs_tlv_read(&r, &t)) {
		size_t max = element_max(t.tag);

		bit = 1u << (t.tag & 0x1Fu);
		if (max == 0 || t.value.len > max || (seen & bit))
			return CS_ERR_MALFORMED;
		seen |= bit;
		if (t.tag != CSGN_ATTRIBUTE_FLAGS)
			continue;
		value = cs_reader_of(t.value);
		found = cs_read_u16(&value);
		if (cs_reader_done(&value) != CS_OK)
			return CS_ERR_MALFORMED;
	}
	*flags = found;
	return cs_reader_done(&r);
}

enum cs_err attribute_read(struct card *card, uint16_t object, struct cs_writer *out)
{
	uint16_t id = attribute_record(object);
	enum cs_err err = id ? store_get(&card->store, id, out) : CS_ERR_NOT_FOUND;

	return err == CS_ERR_NOT_FOUND ? CS_OK : err;
}

enum cs_err attribute_flags(struct card *card, uint16_t object, uint16_t *flags)
{
	uint8_t bytes[CSGN_ATTRIBUTES_MAX];
	struct cs_writer w = CS_WRITER_OF(bytes);
	enum cs_err err = attribute_read(card, object, &w);

	if (!err && attribute_check(cs_writer_view(&w), flags) != CS_OK)
		err = CS_ERR_CORRUPT;
	return err;
}

size_t attribute_put(const struct card *card, uint16_t object, struct cs_view elements,
		     struct store_change *changes)
{
	if (elements.len == 0)
		return attribute_remove(card, object, changes);
	changes[0] = (struct store_change){.id = attribute_record(object), .value = elements};
	return 1;
}

size_t attribute_remove(const struct card *card, uint16_t object, struct store_change *changes)
{
	uint16_t id = attribute_record(object);

	if (id == 0 || !store_has(&card->store, id))
		return 0;
	changes[0] = (struct store_change){.id = id, .remove = true};
	return 1;
}

enum cs_err attribute_move(struct card *card, uint16_t from, uint16_t to, uint8_t buf[CSGN_ATTRIBUTES_MAX],
			   struct store_change *changes, size_t *count)
{
	struct cs_writer w = cs_writer_of(buf, CSGN_ATTRIBUTES_MAX);
	enum cs_err err = attribute_read(card, from, &w);

	if (err)
		return err;
	*count = attribute_remove(card, from, changes);
	*count += attribute_put(card, to, cs_writer_view(&w), changes + *count);
	return CS_OK;
}

/* ---- SET ATTRIBUTES: 92 reference, A1 elements, [53 contents] ---- */

/* One byte: the slot of a key, or the number of a secret key; three: the tag of a data object. */
static uint16_t reference_record(struct cs_view reference)
{
	uint32_t tag;

	if (reference.len == 1)
		return reference.ptr[0] <= CSGN_SECRETS_MAX ? secret_key_record(reference.ptr[0])
							    : piv_key_record(reference.ptr[0]);
	if (reference.len != 3)
		return 0;
	tag = (uint32_t)reference.ptr[0] << 16 | (uint32_t)reference.ptr[1] << 8 | reference.ptr[2];
	return piv_object_record(tag);
}

/* What is private stays private to all but the PIN's holder, unless other contents take its place. */
static bool discloses(const struct channel *channel, uint16_t old, uint16_t flags, bool writes)
{
	return (old & CSGN_FLAG_PRIVATE) && !(flags & CSGN_FLAG_PRIVATE) && !writes &&
	       !(channel->security & SECURITY_PIN);
}

/* What the officer or the administrator alone may set, or may set where the object's maker has closed it.
 * Trust is given to contents: with others it is given anew. */
static enum cs_err set_permit(struct card *card, const struct channel *channel, uint16_t object,
			      uint16_t flags, bool writes)
{
	uint16_t old = 0;
	enum cs_err err = attribute_flags(card, object, &old);

	if (!err && discloses(channel, old, flags, writes))
		err = CS_ERR_DENIED;
	if (err || (channel->security & ADMINISTRATION))
		return err;
	if ((flags & CSGN_FLAG_TRUSTED) && (writes || !(old & CSGN_FLAG_TRUSTED)))
		return CS_ERR_DENIED;
	return old & CSGN_FLAG_NOT_MODIFIABLE ? CS_ERR_STATE : CS_OK;
}

enum cs_err attribute_permit_new(const struct channel *channel, uint16_t flags)
{
	bool trusted = (flags & CSGN_FLAG_TRUSTED) != 0;

	return trusted && !(channel->security & ADMINISTRATION) ? CS_ERR_DENIED : CS_OK;
}

enum cs_err attribute_permit_contents(struct card *card, const struct channel *channel, uint16_t object)
{
	uint16_t flags = 0;

	if (channel->security & ADMINISTRATION)
		return CS_OK;
	enum cs_err err = attribute_flags(card, object, &flags);
	return !err && (flags & CSGN_FLAG_TRUSTED) ? CS_ERR_DENIED : err;
}

enum cs_err csgn_set_attributes(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
				struct cs_writer *out)
{
	struct cs_reader r = cs_reader_of(cmd->data);
	struct cs_view reference = cs_tlv_expect(&r, CSGN_TAG_REFERENCE);
	struct cs_view elements = cs_tlv_expect(&r, CSGN_TAG_ATTRIBUTES);
	bool writes = cs_reader_more(&r);
	struct cs_view contents = writes ? cs_tlv_expect(&r, PIV_TAG_DATA) : CS_VIEW_EMPTY;
	uint16_t object = reference_record(reference), flags = 0;
	struct store_change change;
	enum cs_err err = cs_reader_done(&r);

	(void)out;
	if (!err)
		err = attribute_check(elements, &flags);
	if (!err && attribute_record(object) == 0)
		err = CS_ERR_NOT_FOUND;
	if (!err && writes && (reference.len != 3 || contents.len == 0))
		err = CS_ERR_MALFORMED;
	if (!err && writes && !security_satisfied(card, channel, SECURITY_MANAGEMENT))
		err = CS_ERR_DENIED;
	if (!err && !writes && !store_has(&card->store, object))
		err = CS_ERR_NOT_FOUND;
	if (!err)
		err = set_permit(card, channel, object, flags, writes);
	if (err)
		return err;
	if (writes)
		return piv_object_put(card, object, contents, &elements);
	return content_apply(card, &change, attribute_put(card, object, elements, &change));
}
