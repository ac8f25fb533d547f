/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Transactions of the record store: entries one after the other, from page to page, the last of which
 * commits.
 */
#include <string.h>

#include "applet/store_internal.h"

/* The commit: what was written is what holds from now on. */
static enum cs_err log_commit(struct store *st)
{
	st->head = st->cursor;
	st->tail = st->tail_next;
	st->begun = false;
	st->stamp += st->counted;
	return store_index_commit(st);
}

/* Sees to it that the cursor stands where an entry for left bytes of data can be, and says how many of them
 * it takes. */
static enum cs_err log_place(struct store *st, uint32_t left, uint32_t *data_len)
{
	enum cs_err err;

	if (!st->cursor.closed && store_entry_fits(st, st->cursor.offset, left, data_len))
		return CS_OK;
	err = store_page_begin(st, false);
	if (err != CS_OK)
		return err;
	return store_entry_fits(st, st->cursor.offset, left, data_len) ? CS_OK : CS_ERR_FULL;
}

/* Writes one entry at the place found, with the flags that its part in the transaction asks for. */
static enum cs_err log_entry(struct store *st, struct store_meta *meta, uint32_t data_len, bool commit)
{
	enum cs_err err;

	meta->flags = (uint8_t)((st->begun ? 0 : STORE_FIRST) | (st->unsettled ? 0 : STORE_SETTLED) |
				(commit ? STORE_LAST : 0) | (commit && st->counted ? STORE_COUNTED : 0));
	meta->back = (uint16_t)(st->cursor.page - st->tail_next);
	err = store_entry_write(st, meta, data_len);
	st->begun = true;
	return err == CS_OK && commit ? log_commit(st) : err;
}

/* A value's bytes: from the caller, or from where the record stands. */
struct log_source {
	const uint8_t *bytes; /* NULL: walk */
	struct store_walk walk;
};

static enum cs_err source_take(struct store *st, struct log_source *source, uint32_t len)
{
	uint8_t *to = st->plain + STORE_META_LEN;

	if (source->bytes == NULL)
		return store_walk_read(st, &source->walk, to, len);
	if (len > 0)
		memcpy(to, source->bytes, len);
	source->bytes += len;
	return CS_OK;
}

/* Where a value begins: one that fits on a page stays on it, a longer one begins one. */
static enum cs_err log_place_value(struct store *st, uint32_t total)
{
	uint32_t room = store_space_at(st, &st->cursor);
	bool stays = store_space_is_long(st, total) ? st->cursor.offset == store_page_start(st) && room > 0
						    : store_space_of(st, total) <= room;

	return stays ? CS_OK : store_page_begin(st, false);
}

/* Writes the value of the slot, behind the place that the slot has been given. */
static enum cs_err log_bytes(struct store *st, const struct store_slot *slot, struct log_source *source,
			     bool last)
{
	struct store_meta meta = {.kind = STORE_VALUE, .id = slot->id, .total = slot->len};
	uint32_t at = 0, len = 0;
	enum cs_err err;

	do {
		err = log_place(st, slot->len - at, &len);
		if (err == CS_OK)
			err = source_take(st, source, len);
		meta.arg = (uint16_t)at;
		at += len;
		if (err == CS_OK)
			err = log_entry(st, &meta, len, last && at == slot->len);
	} while (err == CS_OK && at < slot->len);
	return err;
}

static struct store_slot slot_at_cursor(const struct store *st, uint16_t id, size_t len)
{
	return (struct store_slot){id, (uint16_t)store_flash_page(st, st->cursor.page),
				   (uint16_t)st->cursor.offset, (uint16_t)len};
}

enum cs_err store_log_value(struct store *st, uint16_t id, struct cs_view value, bool last)
{
	struct log_source source = {.bytes = value.len > 0 ? value.ptr : st->plain};
	struct store_slot slot;
	enum cs_err err = log_place_value(st, (uint32_t)value.len);

	if (err != CS_OK)
		return err;
	slot = slot_at_cursor(st, id, value.len);
	store_index_pend(st, &(struct store_pending){.slot = slot});
	return log_bytes(st, &slot, &source, last);
}

enum cs_err store_log_copy(struct store *st, const struct store_slot *from, bool last)
{
	struct log_source source = {.bytes = NULL};
	struct store_slot slot;
	enum cs_err err = store_walk_begin(st, from, &source.walk);

	if (err == CS_OK)
		err = log_place_value(st, from->len);
	if (err != CS_OK)
		return err;
	slot = slot_at_cursor(st, from->id, from->len);
	err = log_bytes(st, &slot, &source, last);
	return err == CS_OK ? store_index_put(st, &slot) : err;
}

enum cs_err store_log_remove(struct store *st, uint16_t first, uint16_t last_id, bool last)
{
	struct store_meta meta = {.kind = STORE_REMOVE, .id = first, .arg = last_id};
	uint32_t len;
	enum cs_err err = log_place(st, 0, &len);

	if (err == CS_OK)
		store_index_pend(
		    st, &(struct store_pending){.remove = true, .last = last_id, .slot = {.id = first}});
	return err == CS_OK ? log_entry(st, &meta, 0, last) : err;
}

enum cs_err store_log_note(struct store *st)
{
	struct store_meta meta = {.kind = STORE_NOTE};
	uint32_t len;
	enum cs_err err = log_place(st, 0, &len);

	return err == CS_OK ? log_entry(st, &meta, 0, true) : err;
}
