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
	st->tail_recorded = st->tail;
	st->begun = false;
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
				(commit ? STORE_LAST : 0));
	meta->back = (uint16_t)(st->cursor.page - st->tail);
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

static enum cs_err log_bytes(struct store *st, uint16_t id, uint32_t total, struct log_source *source,
			     bool last)
{
	struct store_meta meta = {.kind = STORE_VALUE, .id = id, .total = (uint16_t)total};
	uint32_t at = 0, len = 0;
	enum cs_err err;

	do {
		err = log_place(st, total - at, &len);
		if (err == CS_OK)
			err = source_take(st, source, len);
		if (err == CS_OK && at == 0)
			err = store_index_pend(
			    st, &(struct store_pending){
				    .slot = {id, (uint16_t)store_flash_page(st, st->cursor.page),
					     (uint16_t)st->cursor.offset, (uint16_t)total}});
		meta.arg = (uint16_t)at;
		at += len;
		if (err == CS_OK)
			err = log_entry(st, &meta, len, last && at == total);
	} while (err == CS_OK && at < total);
	return err;
}

enum cs_err store_log_value(struct store *st, uint16_t id, struct cs_view value, bool last)
{
	struct log_source source = {.bytes = value.len > 0 ? value.ptr : st->plain};

	return log_bytes(st, id, (uint32_t)value.len, &source, last);
}

enum cs_err store_log_copy(struct store *st, const struct store_slot *slot, bool last)
{
	struct store_slot copy = *slot; /* the commit moves the index under it */
	struct log_source source = {.bytes = NULL};
	enum cs_err err = store_walk_begin(st, &copy, &source.walk);

	return err == CS_OK ? log_bytes(st, copy.id, copy.len, &source, last) : err;
}

enum cs_err store_log_remove(struct store *st, uint16_t first, uint16_t last_id, bool last)
{
	struct store_meta meta = {.kind = STORE_REMOVE, .id = first, .arg = last_id};
	uint32_t len;
	enum cs_err err = log_place(st, 0, &len);

	if (err == CS_OK)
		err = store_index_pend(
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
