/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Room in the record store: what values take, what may still be written, and the garbage collection that
 * makes it.
 *
 * A value that fits on a page does not cross its end; a longer one begins a page. So the pages from one that
 * begins with no rest of a value to the next such page are a group whose records fit on as many pages
 * wherever they are written anew. Collection moves the tail's group in one transaction, which at the same
 * time moves the tail: however often it is cut off, and whatever room at the head is lost by that, it never
 * needs more pages than it frees.
 */
#include "applet/store_internal.h"

/* Bytes of a page that entries can have. */
static uint32_t page_room(const struct store *st)
{
	return st->flash->page_size - store_page_start(st);
}

/* What a value of this length takes where it is not divided by a page's end. */
static uint32_t entries_size(const struct store *st, uint32_t len)
{
	uint32_t whole = len / STORE_FRAGMENT_MAX, rest = len % STORE_FRAGMENT_MAX;
	uint32_t size = whole * store_align(st, STORE_ENTRY_FIXED + STORE_FRAGMENT_MAX);

	return rest == 0 && whole > 0 ? size : size + store_align(st, STORE_ENTRY_FIXED + rest);
}

bool store_space_is_long(const struct store *st, uint32_t len)
{
	return entries_size(st, len) > page_room(st);
}

/* Pages that a value takes from the beginning of one on, and where it ends on the last. */
static uint32_t value_pages(const struct store *st, uint32_t len, uint32_t *end)
{
	uint32_t pages = 1, data_len, left = len;

	*end = store_page_start(st);
	do {
		if (store_entry_fits(st, *end, left, &data_len)) {
			*end += store_align(st, STORE_ENTRY_FIXED + data_len);
			left -= data_len;
		} else {
			pages++;
			*end = store_page_start(st);
		}
	} while (left > 0);
	return pages;
}

uint32_t store_space_of(const struct store *st, uint32_t len)
{
	uint32_t end, pages;

	if (!store_space_is_long(st, len))
		return entries_size(st, len);
	pages = value_pages(st, len, &end);
	return (pages - 1) * page_room(st) + end - store_page_start(st);
}

uint32_t store_space_at(const struct store *st, const struct store_cursor *c)
{
	return c->closed ? 0 : st->flash->page_size - c->offset;
}

/* ---- what may be written ---- */

/* Pages that the plan's transaction begins behind this much room on the page before. */
static uint32_t pages_begun(const struct store *st, const struct store_plan *plan, uint32_t room)
{
	uint32_t pages = 0, end;

	for (size_t i = 0; i < plan->count; i++) {
		const struct store_change *c = &plan->changes[i];
		uint32_t len = c->remove ? 0 : (uint32_t)c->value.len, size = entries_size(st, len);

		if (store_space_is_long(st, len)) {
			pages += value_pages(st, len, &end) - (room == page_room(st) ? 1 : 0);
			room = st->flash->page_size - end;
			continue;
		}
		if (size > room) {
			pages++;
			room = page_room(st);
		}
		room -= size;
	}
	return pages;
}

/* Pages of the longest group there can be. */
static uint32_t group_pages(const struct store *st, uint16_t longest)
{
	uint32_t end;

	return store_space_is_long(st, longest) ? value_pages(st, longest, &end) : 1;
}

/* A long value begins a page even where a note has just begun one. */
static uint32_t note_page(const struct store *st, uint16_t longest)
{
	return store_space_is_long(st, longest) ? 1 : 0;
}

uint32_t store_space_waste(const struct store *st, uint32_t len)
{
	uint32_t size = entries_size(st, len);

	return size < page_room(st) ? size : page_room(st);
}

static uint32_t records_longer(const struct store *st, uint32_t len)
{
	uint32_t count = 0;

	for (uint16_t i = 0; i < st->count; i++)
		count += st->index[i].len > len;
	return count;
}

/* The most that pages can waste between them: each ends before a record that was too long for what was left
 * of it, and those are at worst the longest. */
static uint32_t waste_between(const struct store *st, uint32_t pages)
{
	uint32_t low = 0, high = STORE_VALUE_MAX, waste = 0,
		 count = 0; /* more than pages are longer than low - 1 */

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (records_longer(st, middle) < pages)
			high = middle;
		else
			low = middle + 1;
	}
	for (uint16_t i = 0; i < st->count; i++) {
		if (st->index[i].len > low) {
			waste += store_space_waste(st, st->index[i].len);
			count++;
		}
	}
	return waste + (pages - count) * store_space_waste(st, low);
}

/* Pages that records of so many bytes in all may take when they are written one after the other. */
static uint32_t pages_filled(const struct store *st, uint32_t live, uint32_t more_waste)
{
	uint32_t room = page_room(st), pages = (live + room - 1) / room, next = pages;

	do {
		pages = next;
		next = pages == 0 ? 0 : (live + waste_between(st, pages - 1) + more_waste + room - 1) / room;
	} while (next > pages && next < st->flash->page_count);
	return next > pages ? next : pages;
}

/* After a lap of collection the records fill their pages, and one more that they began behind; one stays
 * free. */
static bool pages_suffice(const struct store *st, uint32_t live, uint32_t more_waste, uint32_t begun,
			  uint16_t longest)
{
	return pages_filled(st, live, more_waste) + begun + note_page(st, longest) +
		   group_pages(st, longest) <
	       st->flash->page_count;
}

/* Pages that are begun where the longest record is replaced, and along with it others that take
 * STORE_APPLY_RESERVE. */
static uint32_t pages_replacing(const struct store *st, uint16_t longest)
{
	if (store_space_is_long(st, longest))
		return group_pages(st, longest) + 1;
	return entries_size(st, longest) + STORE_APPLY_RESERVE <= page_room(st) ? 1 : 2;
}

bool store_space_admits(const struct store *st, const struct store_plan *plan)
{
	uint16_t longest = store_index_longest(st);
	uint32_t live = st->live > plan->live ? st->live : plan->live;

	if (plan->shrinks && plan->count == 1)
		return true; /* room for it was kept */
	if (plan->longest > longest)
		longest = plan->longest;
	if (!pages_suffice(st, live, plan->waste, pages_begun(st, plan, 0), longest))
		return false;
	return plan->shrinks ||
	       pages_suffice(st, plan->live,
			     plan->waste + store_space_waste(st, plan->longest) + STORE_APPLY_RESERVE,
			     pages_replacing(st, plan->longest), plan->longest);
}

/* ---- collecting ---- */

/* Pages that may be begun: the flash pages under them hold nothing that counts. */
static uint32_t pages_free(const struct store *st, uint64_t tail)
{
	return (uint32_t)(tail + st->flash->page_count - 1 - st->head.page);
}

/* The first live record, in the log's order, of those that begin on a page up to last. */
static const struct store_slot *group_first(const struct store *st, uint64_t last)
{
	const struct store_slot *first = NULL;
	uint64_t first_page = 0;

	for (uint16_t i = 0; i < st->count; i++) {
		const struct store_slot *s = &st->index[i];
		uint64_t page = store_slot_page(st, s);

		if (page > last)
			continue;
		if (first == NULL || page < first_page || (page == first_page && s->offset < first->offset)) {
			first = s;
			first_page = page;
		}
	}
	return first;
}

/* The last page of the group that begins at tail_next. */
static uint64_t group_last(const struct store *st)
{
	const struct store_slot *first = group_first(st, st->tail_next);
	uint32_t end;

	if (first == NULL || !store_space_is_long(st, first->len))
		return st->tail_next;
	return st->tail_next + value_pages(st, first->len, &end) - 1;
}

/* Moves the tail over pages where nothing live begins. */
static void tail_skip(struct store *st)
{
	while (st->tail_next < st->head.page && group_first(st, st->tail_next) == NULL)
		st->tail_next++;
}

static enum cs_err group_move(struct store *st)
{
	uint64_t last = group_last(st);
	const struct store_slot *slot = group_first(st, last);

	if (slot == NULL)
		return CS_ERR_FULL; /* nothing is live: there is nothing to gain */
	if (last >= st->head.page)
		st->cursor.closed = true;
	st->tail_next = last + 1;
	while (slot != NULL) {
		struct store_slot moved = *slot;
		bool only = true;
		enum cs_err err;

		for (uint16_t i = 0; only && i < st->count; i++)
			only = &st->index[i] == slot || store_slot_page(st, &st->index[i]) > last;
		err = store_log_copy(st, &moved, only);
		if (err != CS_OK)
			return err;
		slot = group_first(st, last);
	}
	tail_skip(st);
	return CS_OK;
}

static bool plan_fits(const struct store *st, const struct store_plan *plan, uint64_t tail)
{
	uint16_t longest = store_index_longest(st);

	if (plan->longest > longest)
		longest = plan->longest;
	return pages_begun(st, plan, store_space_at(st, &st->head)) + group_pages(st, longest) <=
	       pages_free(st, tail);
}

enum cs_err store_space_make(struct store *st, const struct store_plan *plan)
{
	uint32_t steps = 2 * st->flash->page_count; /* a lap is enough */

	while (!plan_fits(st, plan, st->tail)) {
		enum cs_err err = CS_OK;

		tail_skip(st);
		if (steps-- == 0)
			return CS_ERR_FULL;
		if (st->tail_next > st->tail && plan_fits(st, plan, st->tail_next))
			err = store_log_note(st);
		else
			err = group_move(st);
		if (err != CS_OK)
			return err;
	}
	return CS_OK;
}
