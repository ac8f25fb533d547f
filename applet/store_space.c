/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Room in the record store: how it is counted, what may still be written, and the garbage collection that
 * makes it.
 *
 * The log is a ring: a page is begun behind the head and freed at the tail, in turn, which is what keeps the
 * erase counts level. To free the tail page its live records are written anew at the head. Counting is
 * pessimistic: each record is taken with the most padding its entries can have, and each page with the most
 * that a value which crosses its end can waste there.
 */
#include "applet/store_internal.h"

#define PAGE_END_MIN 16u /* as store_entry_fits leaves unused at most, beside an entry's own size */

uint32_t store_space_of(const struct store *st, uint32_t len)
{
	uint32_t entries = len == 0 ? 1 : (len + STORE_FRAGMENT_MAX - 1) / STORE_FRAGMENT_MAX;

	return entries * (STORE_ENTRY_FIXED + st->flash->write_size - 1) + len;
}

/* What a page that a value crosses can lose: a rest too small for use, or one more entry than the value
 * needs. */
static uint32_t page_end_loss(const struct store *st)
{
	return STORE_ENTRY_FIXED + PAGE_END_MIN + st->flash->write_size;
}

static uint32_t page_room(const struct store *st)
{
	return st->flash->page_size - store_page_start(st) - page_end_loss(st);
}

static uint32_t head_room(const struct store *st)
{
	uint32_t used = st->head.offset + page_end_loss(st);

	return st->head.closed || used >= st->flash->page_size ? 0 : st->flash->page_size - used;
}

static uint32_t round_up(uint32_t n, uint32_t to)
{
	return (n + to - 1) / to;
}

static uint32_t pages_for(const struct store *st, uint32_t space)
{
	uint32_t head = head_room(st);

	return space <= head ? 0 : round_up(space - head, page_room(st));
}

/* Pages that may be begun while the log's first page is tail: their flash pages hold nothing that counts. */
static uint32_t pages_free(const struct store *st, uint64_t tail)
{
	return (uint32_t)(tail + st->flash->page_count - 1 - st->head.page);
}

/* The most that store_space_of can say of the records on one page: each may be counted with more padding than
 * it has. */
static uint32_t page_load(const struct store *st)
{
	uint32_t room = st->flash->page_size - store_page_start(st);

	return room + room / STORE_ENTRY_FIXED * (st->flash->write_size - 1);
}

/* Pages that garbage collection may need before it gives one back: for the live records of the tail page, the
 * last of which may run on through others; for a note; for what pages that are better filled now than they
 * will be lose when they are written anew; and one, to record the tail on. */
static uint32_t collection_pages(const struct store *st, uint32_t live, uint16_t longest)
{
	uint32_t room = page_room(st), most = page_load(st) + store_space_of(st, longest);
	uint32_t space =
	    (live < most ? live : most) + store_space_of(st, 0) + live / room * page_end_loss(st);

	return round_up(space, room) + 1;
}

/* Room for writing now what space says, while live counts. After a lap of garbage collection what is live
 * fills its pages but one, and the page after the head stays free. Or else the whole store with its
 * transaction is so small that it fits on one page, and moves from page to page. */
static bool space_suffices(const struct store *st, uint32_t live, uint16_t longest, uint32_t space)
{
	uint32_t room = page_room(st);

	return live + space + 2 * store_space_of(st, 0) <= room ||
	       round_up(live, room) + round_up(space, room) + collection_pages(st, live, longest) <
		   st->flash->page_count;
}

bool store_space_admits(const struct store *st, const struct store_plan *plan)
{
	/* After it there must be room to replace the longest record, or to remove what one apply can. */
	uint32_t replacement = store_space_of(st, plan->longest) + STORE_APPLY_MAX * store_space_of(st, 0);
	uint16_t longest = store_index_longest(st);
	uint32_t live = st->live > plan->live ? st->live : plan->live;

	if (plan->removals)
		return true;
	if (plan->longest > longest)
		longest = plan->longest;
	return space_suffices(st, live, longest, plan->space) &&
	       space_suffices(st, plan->live, plan->longest, replacement);
}

/* ---- collecting ---- */

/* Up to one transaction of records that begin on the tail page. */
static uint8_t records_at_tail(const struct store *st, uint8_t max, uint16_t ids[STORE_APPLY_MAX],
			       uint32_t *space)
{
	uint32_t page = store_flash_page(st, st->tail);
	uint8_t found = 0;

	*space = 0;
	for (uint16_t i = 0; i < st->count && found < max; i++) {
		if (st->index[i].page != page)
			continue;
		ids[found++] = st->index[i].id;
		*space += store_space_of(st, st->index[i].len);
	}
	return found;
}

/* One page has to stay free besides, to record the tail on. */
static bool copy_fits(const struct store *st, uint32_t space)
{
	return pages_for(st, space) + 1 <= pages_free(st, st->tail_recorded);
}

/* Writes some of the tail page's records anew; *left tells whether there were any. */
static enum cs_err tail_copy(struct store *st, bool *left)
{
	uint16_t ids[STORE_APPLY_MAX];
	uint32_t space;
	uint8_t count = records_at_tail(st, STORE_APPLY_MAX, ids, &space);
	enum cs_err err = CS_OK;

	*left = count > 0;
	if (count > 1 && !copy_fits(st, space))
		count = records_at_tail(st, 1, ids, &space);
	if (count > 0 && !copy_fits(st, space))
		return CS_ERR_FULL;
	for (uint8_t i = 0; err == CS_OK && i < count; i++)
		err = store_log_copy(st, store_index_find(st, ids[i]), i + 1 == count);
	return err;
}

/* Frees the tail page, and those after it that hold nothing live. */
static enum cs_err tail_free(struct store *st)
{
	uint16_t ids[STORE_APPLY_MAX];
	uint32_t space;
	bool left = true;

	while (left) {
		enum cs_err err = tail_copy(st, &left);

		if (err != CS_OK)
			return err;
	}
	do
		st->tail++;
	while (st->tail < st->head.page && records_at_tail(st, 1, ids, &space) == 0);
	return CS_OK;
}

static bool plan_fits(const struct store *st, const struct store_plan *plan, uint64_t tail)
{
	uint32_t live = st->live > plan->live ? st->live : plan->live;
	uint16_t longest = store_index_longest(st);

	if (plan->longest > longest)
		longest = plan->longest;
	return pages_for(st, plan->space) + collection_pages(st, live, longest) <= pages_free(st, tail);
}

/* One step nearer to the room that the plan needs. */
static enum cs_err space_step(struct store *st, const struct store_plan *plan)
{
	bool note_helps = st->tail > st->tail_recorded;

	if (note_helps && (plan_fits(st, plan, st->tail) || pages_free(st, st->tail_recorded) < 2))
		return store_log_note(st);
	if (st->tail == st->head.page) { /* the one page in use is freed by moving on from it */
		st->cursor.closed = true;
		return store_log_note(st);
	}
	return tail_free(st);
}

/* A lap around the ring frees all that can be freed. */
enum cs_err store_space_make(struct store *st, const struct store_plan *plan)
{
	uint32_t steps = 3 * st->flash->page_count;

	while (!plan_fits(st, plan, st->tail_recorded)) {
		enum cs_err err = steps-- > 0 ? space_step(st, plan) : CS_ERR_FULL;

		if (err != CS_OK)
			return err;
	}
	return CS_OK;
}
