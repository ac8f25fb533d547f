/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The record store: its interface, over a log of sealed entries in a ring of flash pages. docs/STORAGE has
 * the format.
 *
 * Invariants. "Durable" is what a sync that has returned covers; "counts" is what recovery would find.
 *
 *  1. Page n of the log lies on flash page n modulo their number, and pages are begun in order: erase counts
 * differ by one, and by what was erased more because power losses left it torn or void.
 *
 *  2. To begin a page, all before it is made durable, then the erasure, then the header; then entries follow.
 * So only the newest page can end torn, and a torn header has nothing behind it.
 *
 *  3. Nothing is programmed into a page that was begun before the store was opened: what reads as blank there
 * may have been touched by an interrupted program.
 *
 *  4. A header says where the entries of the page before end, and carries the tag of the last of them; an
 * entry is sealed for its page's header and its place. So the newest page vouches for all before it, and no
 * mixture of old and new pages opens.
 *
 *  5. A transaction counts when its last entry can be read and all before it. It is answered for after a
 * sync.
 *
 *  6. A record's value is the last that counts. The log from tail to head holds each value whole; a removal
 * is forgotten only when the tail passes it, that is, after all older values. So nothing older ever comes
 * back.
 *
 *  7. A page is erased only if it lies before the tail that a commit which counts has recorded. It stays
 * before it however many transactions after that commit are cut off: their pages are void, and are erased
 * newest first.
 *
 *  8. At least one page can always be begun; and room is kept to free the tail page, to replace the longest
 * record and along with it others that take STORE_APPLY_RESERVE, and to remove as many records as one
 * store_apply may.
 *
 *  9. Each entry is sealed under a random nonce: a power loss cannot make one come twice.
 *
 * 10. Where there is a counter outside the flash, it equals the stamp of what counts, or is one less: a
 * change is durable before the counter is raised for it, and answered for after. Nothing else is accepted;
 * one less is made equal before anything else happens. So what was answered for never comes back older, and
 * no power loss makes a good store look old.
 *
 *        store_open (blank)                     store_put, _delete, _delete_range, _apply
 *  blank ───────────────────▶ open, idle ──────────────────────────────────────────────▶ making room
 *                              ▲   ▲                                                     (store_space_make)
 *        store_format          │   │      FULL: nothing changed                                │
 *  any ────────────────────────┘   ├────────────────────────────────────────────────────────────┤
 *                                  │                                                            ▼
 *  log on flash ───────────────────┘◀──────────── last entry, sync ──────────────── writing (store_log_*)
 *        store_open (store_recover)                                                             │
 *                                        failed, until store_open ◀──── flash or crypto fails ──┘
 */
#include <string.h>

#include "applet/store_internal.h"
#include "base/secret.h"

#define ID_MIN 1u
#define ID_MAX 0xFFFEu

static bool geometry_is_sane(const struct flash *f)
{
	return f->page_size >= 2048 && f->page_size <= 65536 && f->page_count >= 4 && f->page_count <= 1024 &&
	       f->write_size >= 1 && f->write_size <= STORE_WRITE_MAX &&
	       (f->write_size & (f->write_size - 1)) == 0 && f->page_size % f->write_size == 0;
}

static void store_init(struct store *st, const struct flash *flash, const struct crypto *crypto,
		       const uint8_t device_key[DEVICE_KEY_LEN])
{
	memset(st, 0, sizeof(*st));
	st->flash = flash;
	st->crypto = crypto;
	st->device_key = device_key;
}

/* Begins an empty log behind the cursor. From the moment its header is durable nothing older counts; the rest
 * is then erased, and if that is cut short, at the next open. */
static enum cs_err log_begin(struct store *st)
{
	enum cs_err err = store_counter_first(st, &st->stamp);

	if (err == CS_OK)
		err = store_page_begin(st, true);
	if (err == CS_OK)
		err = store_counter_raise(st);
	if (err != CS_OK)
		return err;
	store_index_clear(st);
	st->head = st->cursor;
	st->tail = st->head.page;
	st->tail_next = st->tail;
	return store_erase_others(st);
}

static void buffers_wipe(struct store *st)
{
	cs_wipe(st->opened, sizeof(st->opened));
	cs_wipe(st->plain, sizeof(st->plain));
}

enum cs_err store_format(struct store *st, const struct flash *flash, const struct crypto *crypto,
			 const uint8_t device_key[DEVICE_KEY_LEN])
{
	enum cs_err err;

	if (!geometry_is_sane(flash))
		return CS_ERR_ARG;
	store_init(st, flash, crypto, device_key);
	err = store_recover(st);
	if (err == CS_ERR_NOT_FOUND || err == CS_ERR_CORRUPT || err == CS_ERR_ROLLBACK) {
		st->cursor = (struct store_cursor){.page = st->newest};
		err = CS_OK;
	}
	if (err == CS_OK)
		err = log_begin(st);
	st->failed = err != CS_OK;
	buffers_wipe(st);
	return err;
}

enum cs_err store_open(struct store *st, const struct flash *flash, const struct crypto *crypto,
		       const uint8_t device_key[DEVICE_KEY_LEN])
{
	enum cs_err err;

	if (!geometry_is_sane(flash))
		return CS_ERR_ARG;
	store_init(st, flash, crypto, device_key);
	err = store_recover(st);
	if (err == CS_ERR_NOT_FOUND) {
		st->cursor = (struct store_cursor){.page = STORE_PAGE_FIRST - 1};
		err = log_begin(st);
	} else if (err == CS_OK && st->fresh) {
		err = store_erase_others(st);
	}
	st->failed = err != CS_OK;
	buffers_wipe(st);
	return err;
}

/* ---- reading ---- */

enum cs_err store_get(struct store *st, uint16_t id, struct cs_writer *out)
{
	const struct store_slot *slot = store_index_find(st, id);
	struct store_walk walk;
	uint8_t *space;
	enum cs_err err;

	if (slot == NULL)
		return CS_ERR_NOT_FOUND;
	space = cs_write_space(out, slot->len);
	if (space == NULL)
		return CS_ERR_NO_SPACE;
	err = store_walk_begin(st, slot, &walk);
	if (err == CS_OK)
		err = store_walk_read(st, &walk, space, slot->len);
	if (err != CS_OK) {
		cs_wipe(space, slot->len);
		cs_writer_fail(out);
	}
	buffers_wipe(st);
	return err;
}

bool store_has(const struct store *st, uint16_t id)
{
	return store_index_find(st, id) != NULL;
}

bool store_next(const struct store *st, uint16_t first, uint16_t last, uint16_t *id)
{
	uint16_t at = store_index_from(st, first);

	if (at == st->count || st->index[at].id > last)
		return false;
	*id = st->index[at].id;
	return true;
}

/* ---- writing ---- */

/* What a change adds to the plan. A record that several changes name counts for each: a plan may ask for too
 * much room, never for too little. */
static enum cs_err plan_add(const struct store *st, const struct store_change *c, struct store_plan *plan)
{
	const struct store_slot *old = store_index_find(st, c->id);

	if (c->id < ID_MIN || c->id > ID_MAX)
		return CS_ERR_ARG;
	if (c->remove)
		return CS_OK;
	if (c->value.len > STORE_VALUE_MAX)
		return CS_ERR_LENGTH;
	plan->live += store_space_of(st, (uint32_t)c->value.len);
	plan->waste += store_space_waste(st, (uint32_t)c->value.len);
	if (old == NULL || c->value.len > old->len)
		plan->shrinks = false;
	if (c->value.len > plan->longest)
		plan->longest = (uint16_t)c->value.len;
	return CS_OK;
}

/* Whether an earlier change names the same record. */
static bool named_before(const struct store_change *changes, size_t i)
{
	for (size_t j = 0; j < i; j++) {
		if (changes[j].id == changes[i].id)
			return true;
	}
	return false;
}

static enum cs_err plan_make(const struct store *st, const struct store_change *changes, size_t count,
			     struct store_plan *plan)
{
	size_t added = 0;

	*plan = (struct store_plan){.changes = changes, .count = count, .live = st->live, .shrinks = true};
	plan->longest = store_index_longest(st);
	for (size_t i = 0; i < count; i++) {
		enum cs_err err = plan_add(st, &changes[i], plan);

		if (err != CS_OK)
			return err;
	}
	for (size_t i = 0; i < count; i++) {
		const struct store_slot *old = store_index_find(st, changes[i].id);

		if (named_before(changes, i))
			plan->shrinks = plan->shrinks && changes[i].remove;
		else if (old != NULL)
			plan->live -= store_space_of(st, old->len);
		else if (!changes[i].remove)
			added++;
	}
	return st->count + added > STORE_RECORDS_MAX ? CS_ERR_FULL : CS_OK;
}

static enum cs_err changes_write(struct store *st, const struct store_change *changes, size_t count)
{
	enum cs_err err = CS_OK;

	for (size_t i = 0; err == CS_OK && i < count; i++) {
		if (changes[i].remove)
			err = store_log_remove(st, changes[i].id, changes[i].id, i + 1 == count);
		else
			err = store_log_value(st, changes[i].id, changes[i].value, i + 1 == count);
	}
	return err;
}

/* Whether anything may be written. */
static enum cs_err store_ready(const struct store *st)
{
	if (st->failed)
		return CS_ERR_IO;
	return st->stamp == STORE_STAMP_MAX ? CS_ERR_FULL : CS_OK;
}

/* After a failure half-way nobody knows what the flash holds; the next open will. */
static enum cs_err store_finish(struct store *st, enum cs_err err)
{
	st->counted = false;
	if (err == CS_OK)
		err = store_sync(st);
	if (err == CS_OK)
		err = store_counter_raise(st);
	if (err != CS_OK && err != CS_ERR_FULL)
		st->failed = true;
	buffers_wipe(st);
	return err;
}

enum cs_err store_apply(struct store *st, const struct store_change *changes, size_t count)
{
	struct store_plan plan;
	enum cs_err err;

	if (count > STORE_APPLY_MAX)
		return CS_ERR_ARG;
	err = store_ready(st);
	if (err == CS_OK)
		err = plan_make(st, changes, count, &plan);
	if (err != CS_OK || count == 0)
		return err;
	if (!store_space_admits(st, &plan))
		return CS_ERR_FULL;
	err = store_space_make(st, &plan);
	st->counted = store_counter_is_there(st);
	if (err == CS_OK)
		err = changes_write(st, changes, count);
	return store_finish(st, err);
}

enum cs_err store_put(struct store *st, uint16_t id, struct cs_view value)
{
	return store_apply(st, &(struct store_change){.id = id, .value = value}, 1);
}

enum cs_err store_delete(struct store *st, uint16_t id)
{
	return store_delete_range(st, id, id);
}

enum cs_err store_delete_range(struct store *st, uint16_t first, uint16_t last)
{
	const struct store_change removal = {.id = first, .remove = true};
	struct store_plan plan;
	uint16_t id;
	enum cs_err err;

	if (last > ID_MAX)
		return CS_ERR_ARG;
	err = store_ready(st);
	if (err == CS_OK)
		err = plan_make(st, &removal, 1, &plan); /* CS_ERR_ARG where first is no id */
	if (err != CS_OK || !store_next(st, first, last, &id))
		return err;
	err = store_space_make(st, &plan);
	st->counted = store_counter_is_there(st);
	if (err == CS_OK)
		err = store_log_remove(st, first, last, true);
	return store_finish(st, err);
}

/* ---- room ---- */

static bool room_for(const struct store *st, uint32_t len)
{
	const struct store_change one_more = {.id = ID_MAX, .value = {.ptr = NULL, .len = len}};
	struct store_plan plan = {
	    .changes = &one_more, .count = 1, .live = st->live + store_space_of(st, len)};

	plan.waste = store_space_waste(st, len);
	plan.longest = store_index_longest(st);
	if (len > plan.longest)
		plan.longest = (uint16_t)len;
	return store_space_admits(st, &plan);
}

size_t store_room(const struct store *st)
{
	uint32_t low = 0, high = STORE_VALUE_MAX; /* low fits, what is above high does not */

	if (st->count == STORE_RECORDS_MAX || !room_for(st, 0))
		return 0;
	while (low < high) {
		uint32_t middle = (low + high + 1) / 2;

		if (room_for(st, middle))
			low = middle;
		else
			high = middle - 1;
	}
	return low;
}
