/* SPDX-License-Identifier: BSD-2-Clause
 *
 * INVENTORY: the parser, and the walk over its pages.
 */
#include "cardclient/inventory.h"

#include <stdlib.h>
#include <string.h>

#include "base/oath.h"
#include "base/tlv.h"
#include "base/ykoath.h"
#include "cardclient/csgn_private.h"

#define PAGES_MAX 64u /* a card has a thousand records at most: no more pages than that */

static enum cs_err take_references(struct cs_view value, struct cc_inventory *out)
{
	struct cs_reader r = cs_reader_of(value);

	for (out->reference_count = 0; cs_reader_more(&r); out->reference_count++) {
		struct cc_reference *ref = &out->references[out->reference_count];

		if (out->reference_count == CC_REFERENCES_MAX)
			return CS_ERR_MALFORMED;
		ref->reference = cs_read_u8(&r);
		ref->flags = cs_read_u8(&r);
		ref->left = cs_read_u8(&r);
		ref->total = cs_read_u8(&r);
	}
	return cs_reader_done(&r);
}

static enum cs_err take_algorithms(struct cs_view value, struct cc_inventory *out)
{
	if (value.len > sizeof(out->algorithms))
		return CS_ERR_MALFORMED;
	if (value.len)
		memcpy(out->algorithms, value.ptr, value.len);
	out->algorithm_count = value.len;
	return CS_OK;
}

/* ---- entries ---- */

static enum cs_err take_attributes(struct cs_view elements, struct cc_entry *entry)
{
	struct cs_reader r = cs_reader_of(elements), value;
	struct cs_tlv t;

	entry->has_attributes = true;
	while (cs_tlv_read(&r, &t)) {
		if (t.tag == CSGN_ATTRIBUTE_LABEL)
			entry->label = t.value;
		else if (t.tag == CSGN_ATTRIBUTE_ID)
			entry->attribute_id = t.value;
		else if (t.tag == CSGN_ATTRIBUTE_MORE)
			entry->more = t.value;
		if (t.tag != CSGN_ATTRIBUTE_FLAGS)
			continue;
		value = cs_reader_of(t.value);
		entry->flags = cs_read_u16(&value);
		if (cs_reader_done(&value) != CS_OK)
			return CS_ERR_MALFORMED;
	}
	return cs_reader_done(&r);
}

static enum cs_err take_what(struct cs_view value, struct cc_entry *entry)
{
	struct cs_reader r = cs_reader_of(value);

	if (entry->kind == CSGN_TAG_OBJECT) {
		uint32_t high = cs_read_u8(&r);

		entry->id = high << 16 | cs_read_u16(&r);
	} else if (entry->kind == CSGN_TAG_CREDENTIAL) {
		entry->type_hash = cs_read_u8(&r);
		entry->digits = cs_read_u8(&r);
		entry->properties = cs_read_u8(&r);
	} else {
		entry->id = cs_read_u8(&r);
		entry->algorithm = cs_read_u8(&r);
		entry->pin_policy = cs_read_u8(&r);
		entry->touch_policy = cs_read_u8(&r);
		entry->origin = cs_read_u8(&r);
	}
	return cs_reader_done(&r);
}

static enum cs_err take_length(struct cs_view value, struct cc_entry *entry)
{
	struct cs_reader r = cs_reader_of(value);

	entry->length = entry->kind == CSGN_TAG_OBJECT ? cs_read_u16(&r) : cs_read_u8(&r);
	return cs_reader_done(&r);
}

static enum cs_err take_entry_element(const struct cs_tlv *t, struct cc_entry *entry)
{
	struct cs_reader r = cs_reader_of(t->value);

	switch (t->tag) {
	case CSGN_ENTRY_WHAT:
		return take_what(t->value, entry);
	case CSGN_ENTRY_PUBLIC_KEY:
		entry->public_key = t->value;
		return CS_OK;
	case CSGN_ENTRY_LENGTH:
		return take_length(t->value, entry);
	case CSGN_ENTRY_DIGEST:
		cs_read_copy(&r, entry->digest, sizeof(entry->digest));
		entry->has_contents = true;
		return cs_reader_done(&r);
	case CSGN_ENTRY_USAGE:
		entry->usage = cs_read_u16(&r);
		return cs_reader_done(&r);
	case CSGN_ENTRY_NAME:
		entry->name = t->value;
		return CS_OK;
	case CSGN_ENTRY_UNIQUE:
		entry->unique = t->value;
		return t->value.len == YKOATH_UNIQUE_LEN ? CS_OK : CS_ERR_MALFORMED;
	case CSGN_TAG_ATTRIBUTES:
		return take_attributes(t->value, entry);
	default:
		return CS_OK;
	}
}

/* One that is whole and says what it is goes to fn. */
static enum cs_err take_entry(const struct cs_tlv *e, cc_entry_fn *fn, void *ctx)
{
	struct cs_reader r = cs_reader_of(e->value);
	struct cc_entry entry;
	struct cs_tlv t;
	bool named = false;
	enum cs_err err = CS_OK;

	memset(&entry, 0, sizeof(entry));
	entry.kind = (enum csgn_tag)e->tag;
	while (!err && cs_tlv_read(&r, &t)) {
		err = take_entry_element(&t, &entry);
		named = named || t.tag == CSGN_ENTRY_WHAT;
	}
	if (!err)
		err = cs_reader_done(&r);
	if (!err && (!named || (entry.kind == CSGN_TAG_CREDENTIAL && entry.name.len == 0)))
		err = CS_ERR_MALFORMED;
	/* No code has as many digits; the other credentials are none the worse for it. */
	if (!err && entry.digits > CS_OATH_DIGITS_MAX)
		return CS_OK;
	return err ? err : fn(ctx, &entry);
}

/* ---- a page ---- */

static enum cs_err take_element(const struct cs_tlv *e, struct cc_inventory *out)
{
	struct cs_reader r = cs_reader_of(e->value);

	switch (e->tag) {
	case CSGN_TAG_MARK:
		cs_read_copy(&r, out->mark, sizeof(out->mark));
		return cs_reader_done(&r);
	case CSGN_TAG_LIFECYCLE:
		out->lifecycle = cs_read_u8(&r);
		return cs_reader_done(&r);
	case CSGN_TAG_PINS:
		return take_references(e->value, out);
	case CSGN_TAG_VERSION:
		cs_read_copy(&r, out->version, sizeof(out->version));
		return cs_reader_done(&r);
	case CSGN_TAG_SERIAL:
		out->serial = cs_read_u32(&r);
		return cs_reader_done(&r);
	case CSGN_TAG_PROFILE:
		out->profile = cs_read_u8(&r);
		return cs_reader_done(&r);
	case CSGN_TAG_LABEL:
		return cc_take_text(e->value, out->label, sizeof(out->label));
	case CSGN_TAG_HOLDER:
		return cc_take_text(e->value, out->holder, sizeof(out->holder));
	case CSGN_TAG_EXPIRY:
		return cc_take_text(e->value, out->expiry, sizeof(out->expiry));
	case CSGN_TAG_ALGORITHMS:
		return take_algorithms(e->value, out);
	case CSGN_TAG_OATH:
		out->oath_locked = (cs_read_u8(&r) & CSGN_OATH_LOCKED) != 0;
		return cs_reader_done(&r);
	default:
		return CS_OK;
	}
}

static enum cs_err take_cursor(struct cs_view value, uint16_t *cursor)
{
	struct cs_reader r = cs_reader_of(value);

	*cursor = cs_read_u16(&r);
	return cs_reader_done(&r) == CS_OK && *cursor ? CS_OK : CS_ERR_MALFORMED;
}

enum cs_err cc_inventory_parse(struct cs_view page, const uint8_t *known, struct cc_inventory *out,
			       uint16_t *cursor, cc_entry_fn *fn, void *ctx)
{
	struct cs_reader r = cs_reader_of(page);
	struct cc_inventory inv;
	uint16_t next = 0;
	enum cs_err err = CS_OK;
	struct cs_tlv e;

	memset(&inv, 0, sizeof(inv));
	while (!err && cs_tlv_read(&r, &e)) {
		if (next)
			err = CS_ERR_MALFORMED; /* the cursor is the last element */
		else if (e.tag == CSGN_TAG_CURSOR)
			err = take_cursor(e.value, &next);
		else if (e.tag >= CSGN_TAG_KEY && e.tag <= CSGN_TAG_CREDENTIAL)
			err = take_entry(&e, fn, ctx);
		else
			err = take_element(&e, &inv);
	}
	if (!err)
		err = cs_reader_done(&r);
	if (!err && inv.lifecycle == 0)
		err = CS_ERR_MALFORMED;
	if (err)
		return err;
	inv.unchanged = known && inv.version[0] == 0 && memcmp(known, inv.mark, CSGN_MARK_LEN) == 0;
	*cursor = next;
	*out = inv;
	return CS_OK;
}

/* ---- the command ---- */

static enum cs_err ask(struct cc_card *card, const uint8_t *mark, uint16_t cursor, struct cs_writer *answer)
{
	const uint8_t from[2] = {(uint8_t)(cursor >> 8), (uint8_t)cursor};
	uint8_t data[32];
	struct cs_writer w = CS_WRITER_OF(data);
	struct cs_apdu cmd = {.cla = CSGN_CLA, .ins = CSGN_INS_INVENTORY, .ne = CS_APDU_NE_MAX};

	if (mark)
		cs_tlv_write(&w, CSGN_TAG_MARK, cs_view(mark, CC_MARK_LEN));
	if (cursor)
		cs_tlv_write(&w, CSGN_TAG_CURSOR, CS_VIEW_OF(from));
	cmd.data = cs_writer_view(&w);
	return cc_command(card, &cmd, answer);
}

/* A card that changes between two pages was not asked in a transaction: the caller begins anew. */
static enum cs_err later_pages(struct cc_card *card, const uint8_t mark[CC_MARK_LEN], uint16_t cursor,
			       uint8_t *buf, cc_entry_fn *fn, void *ctx)
{
	enum cs_err err = CS_OK;

	for (unsigned i = 0; !err && cursor && i < PAGES_MAX; i++) {
		struct cs_writer answer = cs_writer_of(buf, CS_APDU_NE_MAX);
		struct cc_inventory page;

		err = ask(card, mark, cursor, &answer);
		if (!err)
			err = cc_inventory_parse(cs_writer_view(&answer), NULL, &page, &cursor, fn, ctx);
		if (!err && memcmp(page.mark, mark, CC_MARK_LEN) != 0)
			err = CS_ERR_BUSY;
	}
	return !err && cursor ? CS_ERR_MALFORMED : err;
}

static enum cs_err all_pages(struct cc_card *card, const uint8_t *known, struct cc_inventory *out,
			     uint8_t *buf, cc_entry_fn *fn, void *ctx)
{
	struct cs_writer answer = cs_writer_of(buf, CS_APDU_NE_MAX);
	struct cc_inventory inv;
	uint16_t cursor = 0;
	enum cs_err err = ask(card, known, 0, &answer);

	if (!err)
		err = cc_inventory_parse(cs_writer_view(&answer), known, &inv, &cursor, fn, ctx);
	if (!err)
		err = later_pages(card, inv.mark, cursor, buf, fn, ctx);
	if (!err)
		*out = inv;
	return err;
}

enum cs_err cc_inventory(struct cc_card *card, const uint8_t *known, struct cc_inventory *out,
			 cc_entry_fn *fn, void *ctx)
{
	uint8_t *buf = malloc(CS_APDU_NE_MAX);
	enum cs_err err = buf ? cc_begin(card) : CS_ERR_MEMORY;

	if (!err) {
		err = all_pages(card, known, out, buf, fn, ctx);
		cc_end(card);
	}
	free(buf);
	return err;
}
