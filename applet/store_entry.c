/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Entries of the record store's log: each is sealed for its one place, so that none can be moved, and read
 * again only there; and the walk over a value that several entries carry.
 *
 * Entry: length of the data (2), nonce (12), sealed meta (10) and data, tag (16); then FF up to the next
 * write unit.
 */
#include <string.h>

#include "applet/store_internal.h"

#define ENTRY_BLANK 0xFFFFu
#define ENTRY_USEFUL_MIN                                                                                     \
	16u /* bytes of data for which an entry at the end of a page is worth its own size                   \
	     */
#define ENTRY_AAD_LEN (STORE_TAG_LEN + 8u + 4u + 2u)

bool store_entry_fits(const struct store *st, uint32_t offset, uint32_t left, uint32_t *data_len)
{
	uint32_t room = st->flash->page_size - offset;
	uint32_t useful = left < ENTRY_USEFUL_MIN ? left : ENTRY_USEFUL_MIN;

	if (room < STORE_ENTRY_FIXED + useful)
		return false;
	room -= STORE_ENTRY_FIXED;
	*data_len = left < STORE_FRAGMENT_MAX ? left : STORE_FRAGMENT_MAX;
	if (*data_len > room)
		*data_len = room;
	return true;
}

/* The page's incarnation by its header's tag, the page's number, the place in it. */
static void entry_aad(const uint8_t tag[STORE_TAG_LEN], uint64_t page, uint32_t offset, uint16_t len,
		      uint8_t aad[ENTRY_AAD_LEN])
{
	struct cs_writer w = cs_writer_of(aad, ENTRY_AAD_LEN);

	cs_write_view(&w, cs_view(tag, STORE_TAG_LEN));
	cs_write_u64(&w, page);
	cs_write_u32(&w, offset);
	cs_write_u16(&w, len);
}

static void meta_write(const struct store_meta *meta, uint8_t out[STORE_META_LEN])
{
	struct cs_writer w = cs_writer_of(out, STORE_META_LEN);

	cs_write_u8(&w, meta->kind);
	cs_write_u8(&w, meta->flags);
	cs_write_u16(&w, meta->id);
	cs_write_u16(&w, meta->arg);
	cs_write_u16(&w, meta->total);
	cs_write_u16(&w, meta->back);
}

static void meta_read(const uint8_t in[STORE_META_LEN], struct store_meta *meta)
{
	struct cs_reader r = cs_reader_of(cs_view(in, STORE_META_LEN));

	meta->kind = cs_read_u8(&r);
	meta->flags = cs_read_u8(&r);
	meta->id = cs_read_u16(&r);
	meta->arg = cs_read_u16(&r);
	meta->total = cs_read_u16(&r);
	meta->back = cs_read_u16(&r);
}

enum cs_err store_entry_read(struct store *st, uint64_t page, const uint8_t tag[STORE_TAG_LEN],
			     uint32_t offset, struct store_entry *out)
{
	const struct flash *flash = st->flash;
	uint32_t flash_page = store_flash_page(st, page);
	uint8_t aad[ENTRY_AAD_LEN];
	uint32_t len, size;
	enum cs_err err;

	if (offset > flash->page_size || flash->page_size - offset < STORE_ENTRY_FIXED)
		return CS_ERR_NOT_FOUND;
	err = flash->read(flash->ctx, flash_page, offset, st->sealed, STORE_ENTRY_HEAD);
	if (err != CS_OK)
		return err;
	len = (uint32_t)(st->sealed[0] << 8 | st->sealed[1]);
	if (len == ENTRY_BLANK)
		return CS_ERR_NOT_FOUND;
	size = STORE_ENTRY_FIXED + len;
	if (len > STORE_FRAGMENT_MAX || size > flash->page_size - offset)
		return CS_ERR_CORRUPT;
	out->next = offset + store_align(st, size);
	err = flash->read(flash->ctx, flash_page, offset + STORE_ENTRY_HEAD, st->sealed + STORE_ENTRY_HEAD,
			  size - STORE_ENTRY_HEAD);
	if (err != CS_OK)
		return err;
	entry_aad(tag, page, offset, (uint16_t)len, aad);
	err = st->crypto->aead_open(st->crypto->ctx, st->key, st->sealed + 2, CS_VIEW_OF(aad),
				    cs_view(st->sealed + STORE_ENTRY_HEAD, size - STORE_ENTRY_HEAD),
				    st->opened);
	if (err != CS_OK)
		return err;
	meta_read(st->opened, &out->meta);
	out->data = cs_view(st->opened + STORE_META_LEN, len);
	memcpy(out->tag, st->sealed + size - STORE_TAG_LEN, STORE_TAG_LEN);
	return CS_OK;
}

enum cs_err store_entry_write(struct store *st, const struct store_meta *meta, uint32_t data_len)
{
	struct store_cursor *c = &st->cursor;
	uint32_t size = STORE_ENTRY_FIXED + data_len, aligned = store_align(st, size);
	uint8_t aad[ENTRY_AAD_LEN];
	enum cs_err err;

	memset(st->sealed, 0xFF, aligned);
	st->sealed[0] = (uint8_t)(data_len >> 8);
	st->sealed[1] = (uint8_t)data_len;
	meta_write(meta, st->plain);
	entry_aad(c->tag, c->page, c->offset, (uint16_t)data_len, aad);
	err = st->crypto->random(st->crypto->ctx, st->sealed + 2, CRYPTO_AEAD_NONCE_LEN);
	if (err == CS_OK)
		err = st->crypto->aead_seal(st->crypto->ctx, st->key, st->sealed + 2, CS_VIEW_OF(aad),
					    cs_view(st->plain, STORE_META_LEN + data_len),
					    st->sealed + STORE_ENTRY_HEAD);
	if (err == CS_OK)
		err = st->flash->program(st->flash->ctx, store_flash_page(st, c->page), c->offset, st->sealed,
					 aligned);
	if (err != CS_OK)
		return err;
	st->unsettled = true;
	c->offset += aligned;
	memcpy(c->link, st->sealed + size - STORE_TAG_LEN, STORE_TAG_LEN);
	return CS_OK;
}

/* ---- the walk ---- */

enum cs_err store_walk_begin(struct store *st, const struct store_slot *slot, struct store_walk *w)
{
	*w = (struct store_walk){.page = store_slot_page(st, slot), .offset = slot->offset, .id = slot->id};
	w->total = slot->len;
	return store_header_tag(st, w->page, w->tag);
}

/* The entry that carries the value on stands next in the page or, where no useful one fits there, first in
 * the next. */
static enum cs_err walk_next(struct store *st, struct store_walk *w)
{
	struct store_entry e;
	uint32_t expected;
	enum cs_err err = CS_OK;

	if (!store_entry_fits(st, w->offset, w->total - w->at, &expected)) {
		w->page++;
		w->offset = store_page_start(st);
		err = store_header_tag(st, w->page, w->tag);
	}
	if (err == CS_OK)
		err = store_entry_read(st, w->page, w->tag, w->offset, &e);
	if (err == CS_ERR_NOT_FOUND)
		return CS_ERR_CORRUPT;
	if (err != CS_OK)
		return err;
	if (e.meta.kind != STORE_VALUE || e.meta.id != w->id || e.meta.arg != w->at ||
	    e.meta.total != w->total || e.data.len == 0 || e.data.len > w->total - w->at)
		return CS_ERR_CORRUPT;
	w->offset = e.next;
	w->rest = e.data;
	return CS_OK;
}

enum cs_err store_walk_read(struct store *st, struct store_walk *w, uint8_t *out, uint32_t len)
{
	while (len > 0) {
		uint32_t step;

		if (w->rest.len == 0) {
			enum cs_err err = walk_next(st, w);

			if (err != CS_OK)
				return err;
		}
		step = w->rest.len < len ? (uint32_t)w->rest.len : len;
		memcpy(out, w->rest.ptr, step);
		w->rest = cs_view(w->rest.ptr + step, w->rest.len - step);
		w->at += step;
		out += step;
		len -= step;
	}
	return CS_OK;
}
