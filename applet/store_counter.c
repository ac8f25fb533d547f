/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The record store and a counter outside the flash, which tells the newest state from an older one.
 *
 * Each transaction of the caller's leaves a stamp one higher than the one before; those of garbage collection
 * change no record and leave it as it is. A page's header has the stamp at its beginning, and the
 * transactions on it that count are flagged. With c the counter and s the stamp of what counts:
 *
 *   s = c --transaction durable--> s = c + 1 --counter raised--> s = c --> answered
 *
 *   open:  s = c or s = c + 1, which is raised first; else CS_ERR_ROLLBACK. A store that never had a counter
 * has the stamp 0, and takes one that reads 0. format: the new log begins with c + 1, so that what was there
 * before it is older.
 */
#include "applet/store_internal.h"

bool store_counter_is_there(const struct store *st)
{
	return st->flash->counter_read != NULL;
}

enum cs_err store_counter_first(const struct store *st, uint32_t *stamp)
{
	uint64_t value;
	enum cs_err err;

	if (!store_counter_is_there(st)) {
		*stamp = 0;
		return CS_OK;
	}
	err = st->flash->counter_read(st->flash->ctx, &value);
	if (err == CS_OK && value >= STORE_STAMP_MAX)
		err = CS_ERR_FULL;
	if (err == CS_OK)
		*stamp = (uint32_t)value + 1;
	return err;
}

enum cs_err store_counter_check(struct store *st)
{
	uint64_t value;
	enum cs_err err;

	if (!store_counter_is_there(st))
		return st->stamp == 0 ? CS_OK : CS_ERR_ROLLBACK;
	err = st->flash->counter_read(st->flash->ctx, &value);
	if (err != CS_OK)
		return err;
	if (value > st->stamp || st->stamp - value > 1)
		return CS_ERR_ROLLBACK;
	st->raised = (uint32_t)value;
	return store_counter_raise(st);
}

enum cs_err store_counter_raise(struct store *st)
{
	enum cs_err err;

	if (!store_counter_is_there(st) || st->raised == st->stamp)
		return CS_OK;
	err = st->flash->counter_raise(st->flash->ctx, st->stamp);
	if (err == CS_OK)
		st->raised = st->stamp;
	return err;
}
