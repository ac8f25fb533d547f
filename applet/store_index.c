/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The record store's index: one slot for each record, sorted by id; and the changes that wait for a commit.
 */
#include <string.h>

#include "applet/store_internal.h"

uint16_t store_index_from(const struct store *st, uint16_t id)
{
	uint16_t low = 0, high = st->count;

	while (low < high) {
		uint16_t middle = (uint16_t)((low + high) / 2);

		if (st->index[middle].id < id)
			low = (uint16_t)(middle + 1);
		else
			high = middle;
	}
	return low;
}

const struct store_slot *store_index_find(const struct store *st, uint16_t id)
{
	uint16_t at = store_index_from(st, id);

	return at < st->count && st->index[at].id == id ? &st->index[at] : NULL;
}

void store_index_clear(struct store *st)
{
	st->count = 0;
	st->live = 0;
	st->pending_count = 0;
}

enum cs_err store_index_put(struct store *st, const struct store_slot *slot)
{
	uint16_t at = store_index_from(st, slot->id);

	if (at < st->count && st->index[at].id == slot->id) {
		st->live -= store_space_of(st, st->index[at].len);
	} else {
		if (st->count == STORE_RECORDS_MAX)
			return CS_ERR_FULL;
		memmove(&st->index[at + 1], &st->index[at], (size_t)(st->count - at) * sizeof(st->index[0]));
		st->count++;
	}
	st->index[at] = *slot;
	st->live += store_space_of(st, slot->len);
	return CS_OK;
}

void store_index_remove(struct store *st, uint16_t first, uint16_t last)
{
	uint16_t from = store_index_from(st, first), to = from;

	while (to < st->count && st->index[to].id <= last)
		st->live -= store_space_of(st, st->index[to++].len);
	memmove(&st->index[from], &st->index[to], (size_t)(st->count - to) * sizeof(st->index[0]));
	st->count = (uint16_t)(st->count - (to - from));
}

void store_index_pend(struct store *st, const struct store_pending *change)
{
	st->pending[st->pending_count++] = *change;
}

enum cs_err store_index_commit(struct store *st)
{
	enum cs_err err = CS_OK;

	for (uint8_t i = 0; err == CS_OK && i < st->pending_count; i++) {
		const struct store_pending *p = &st->pending[i];

		if (p->remove)
			store_index_remove(st, p->slot.id, p->last);
		else
			err = store_index_put(st, &p->slot);
	}
	st->pending_count = 0;
	return err;
}

uint16_t store_index_longest(const struct store *st)
{
	uint16_t longest = 0;

	for (uint16_t i = 0; i < st->count; i++) {
		if (st->index[i].len > longest)
			longest = st->index[i].len;
	}
	return longest;
}

uint64_t store_slot_page(const struct store *st, const struct store_slot *slot)
{
	uint32_t first = store_flash_page(st, st->tail);

	return st->tail + (slot->page + st->flash->page_count - first) % st->flash->page_count;
}
