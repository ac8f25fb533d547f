/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The change mark: counter (4 bytes), tag (8).
 *
 * Invariants:
 * 1. Nothing that the mark speaks of changes durably before the mark has: it is in the same transaction, or,
 * where the change takes several of them or is OATH's, in one right before. An erasure changes it at its end,
 * and answers nobody until then (device.c).
 * 2. Two states of the card that differ in what INVENTORY tells never have the same mark, also where one of
 * them comes of an older copy of the flash: its first change after the start draws another tag.
 * 3. A card without room for the record (one that was made before there was a mark) keeps the mark in memory;
 * it is then another one at each start.
 */
#include "applet/content.h"

#include <string.h>

#include "applet/records.h"

static void mark_write(const struct content_mark *mark, uint8_t record[CSGN_MARK_LEN])
{
	struct cs_writer w = cs_writer_of(record, CSGN_MARK_LEN);

	cs_write_u32(&w, mark->counter);
	cs_write_view(&w, CS_VIEW_OF(mark->tag));
}

static enum cs_err mark_next(const struct card *card, struct content_mark *next)
{
	const struct crypto *crypto = card->ports.crypto;

	*next = card->mark;
	next->counter++;
	return next->drawn ? CS_OK : crypto->random(crypto->ctx, next->tag, sizeof(next->tag));
}

enum cs_err content_open(struct card *card)
{
	uint8_t record[CSGN_MARK_LEN];
	struct cs_writer w = CS_WRITER_OF(record);
	enum cs_err err = store_get(&card->store, RECORD_MARK, &w);
	struct cs_reader r;

	memset(&card->mark, 0, sizeof(card->mark));
	if (err == CS_ERR_NOT_FOUND)
		return content_touch(card);
	if (err)
		return err;
	r = cs_reader_of(cs_writer_view(&w));
	card->mark.counter = cs_read_u32(&r);
	cs_read_copy(&r, card->mark.tag, sizeof(card->mark.tag));
	return cs_reader_done(&r) == CS_OK ? CS_OK : CS_ERR_CORRUPT;
}

enum cs_err content_apply(struct card *card, const struct store_change *changes, size_t count)
{
	struct store_change all[STORE_APPLY_MAX];
	uint8_t record[CSGN_MARK_LEN];
	struct content_mark next;
	enum cs_err err = mark_next(card, &next);

	if (err)
		return err;
	if (count > CONTENT_APPLY_MAX)
		return CS_ERR_ARG;
	if (count)
		memcpy(all, changes, count * sizeof(changes[0]));
	mark_write(&next, record);
	all[count] = (struct store_change){.id = RECORD_MARK, .value = CS_VIEW_OF(record)};
	err = store_apply(&card->store, all, count + 1);
	if (err == CS_ERR_FULL && !store_has(&card->store, RECORD_MARK))
		err = store_apply(&card->store, changes, count);
	if (err)
		return err;
	next.drawn = true;
	card->mark = next;
	return CS_OK;
}

enum cs_err content_touch(struct card *card)
{
	return content_apply(card, NULL, 0);
}

enum cs_err content_put(struct card *card, uint16_t id, struct cs_view value)
{
	return content_apply(card, &(struct store_change){.id = id, .value = value}, 1);
}

enum cs_err content_delete(struct card *card, uint16_t id)
{
	if (!store_has(&card->store, id))
		return CS_OK;
	return content_apply(card, &(struct store_change){.id = id, .remove = true}, 1);
}

enum cs_err content_delete_range(struct card *card, uint16_t first, uint16_t last)
{
	uint16_t id;
	enum cs_err err;

	if (!store_next(&card->store, first, last, &id))
		return CS_OK;
	err = content_touch(card);
	return err ? err : store_delete_range(&card->store, first, last);
}

void content_renew(struct card *card)
{
	card->mark.drawn = false;
}

void content_mark(const struct card *card, uint8_t mark[CSGN_MARK_LEN])
{
	mark_write(&card->mark, mark);
}
