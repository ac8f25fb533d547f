/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Opening the record store: find the newest page, go back to the last commit, which says where the log
 * begins, and read the log forward from there. It writes nothing; what a power loss left behind the last
 * commit is erased when the next page is begun.
 */
#include <string.h>

#include "applet/store_internal.h"

/* ---- the newest page ---- */

struct page_survey {
	struct store_header newest; /* page 0: none */
	bool foreign;		    /* a whole header that is not this device's */
};

static enum cs_err pages_survey(struct store *st, struct page_survey *survey)
{
	struct store_header h;

	*survey = (struct page_survey){.foreign = false};
	for (uint32_t i = 0; i < st->flash->page_count; i++) {
		enum cs_err err = store_header_read(st, i, &h);

		if (err == CS_ERR_CORRUPT)
			survey->foreign = true;
		else if (err == CS_OK && h.page > survey->newest.page)
			survey->newest = h;
		else if (err != CS_OK && err != CS_ERR_NOT_FOUND)
			return err;
	}
	return CS_OK;
}

/* A flash without a header of ours: CS_ERR_NOT_FOUND where it may be formatted without asking, because it is
 * blank, or holds nothing but a torn header where the first goes; else CS_ERR_CORRUPT. */
static enum cs_err blank_or_corrupt(struct store *st, bool foreign)
{
	uint32_t first = store_flash_page(st, STORE_PAGE_FIRST);

	if (foreign)
		return CS_ERR_CORRUPT;
	for (uint32_t i = 0; i < st->flash->page_count; i++) {
		bool blank = false;
		enum cs_err err = store_flash_is_blank(st, i, i == first ? store_page_start(st) : 0, &blank);

		if (err != CS_OK)
			return err;
		if (!blank)
			return CS_ERR_CORRUPT;
	}
	return CS_ERR_NOT_FOUND;
}

/* ---- the last commit ---- */

/* One page read from its first entry on. */
struct page_scan {
	struct store_cursor at;	    /* behind the last good entry */
	struct store_cursor commit; /* behind the last commit; offset 0: there is none */
	uint16_t back;		    /* that it names */
	uint32_t stamp;		    /* that it leaves */
};

/* What does not open is where the log was torn, unless a transaction stands behind it that was begun when all
 * before it was durable: then it has been damaged since, and what counts is lost. */
static enum cs_err torn_or_damaged(struct store *st, const struct store_cursor *at)
{
	const uint8_t settled = STORE_FIRST | STORE_SETTLED;
	struct store_entry e;

	for (uint32_t offset = at->offset; offset < st->flash->page_size; offset += st->flash->write_size) {
		enum cs_err err = store_entry_read(st, at->page, at->tag, offset, &e);

		if (err == CS_OK && (e.meta.flags & settled) == settled)
			return CS_ERR_CORRUPT;
		if (err != CS_OK && err != CS_ERR_NOT_FOUND && err != CS_ERR_CORRUPT)
			return err;
	}
	return CS_OK;
}

/* Reads entries up to end, where the page after says that they end; 0: as far as there are any. */
static enum cs_err page_scan(struct store *st, const struct store_header *h, uint32_t end,
			     struct page_scan *scan)
{
	uint32_t stamp = h->stamp;
	struct store_entry e;

	*scan = (struct page_scan){.stamp = stamp,
				   .at = {.page = h->page, .offset = store_page_start(st), .closed = true}};
	memcpy(scan->at.tag, h->tag, sizeof(h->tag));
	memcpy(scan->at.link, h->tag, sizeof(h->tag));
	while (end == 0 || scan->at.offset < end) {
		enum cs_err err = store_entry_read(st, h->page, h->tag, scan->at.offset, &e);

		if (end == 0 && (err == CS_ERR_NOT_FOUND || err == CS_ERR_CORRUPT))
			return torn_or_damaged(st, &scan->at);
		if (err != CS_OK)
			return err == CS_ERR_NOT_FOUND ? CS_ERR_CORRUPT : err;
		scan->at.offset = e.next;
		memcpy(scan->at.link, e.tag, sizeof(e.tag));
		if ((e.meta.flags & STORE_LAST) != 0) {
			stamp += (e.meta.flags & STORE_COUNTED) != 0;
			scan->commit = scan->at;
			scan->back = e.meta.back;
			scan->stamp = stamp;
		}
	}
	return CS_OK;
}

/* The page behind the newest may have lost its header. A header that was torn has blank flash behind it,
 * because the erasure was durable before, and no entries, because they wait for it to be durable: so an entry
 * sealed for that page, or anything behind a header that fits, shows that it was whole once, and was damaged
 * later. */
static enum cs_err lost_page_check(struct store *st, const struct page_scan *newest)
{
	uint64_t page = newest->at.page + 1;
	struct store_entry e;
	struct store_header h;
	bool blank = false;
	enum cs_err err = store_header_peek(st, page, &h);

	if (err == CS_OK)
		err = store_entry_read(st, page, h.tag, store_page_start(st), &e);
	if (err == CS_OK)
		return CS_ERR_CORRUPT;
	if (err != CS_ERR_NOT_FOUND && err != CS_ERR_CORRUPT)
		return err;
	if (h.page != page || (memcmp(h.link, newest->at.link, sizeof(h.link)) != 0 &&
			       memcmp(h.link, newest->commit.link, sizeof(h.link)) != 0))
		return CS_OK;
	err = store_flash_is_blank(st, store_flash_page(st, page), store_page_start(st), &blank);
	return err == CS_OK && !blank ? CS_ERR_CORRUPT : err;
}

/* Goes back from the newest page to the one with the last commit; what lies between is void. */
static enum cs_err head_find(struct store *st, const struct store_header *newest)
{
	struct store_header h = *newest;
	struct page_scan scan;
	enum cs_err err = page_scan(st, &h, 0, &scan);

	if (err == CS_OK)
		err = lost_page_check(st, &scan);
	while (err == CS_OK && scan.commit.offset == 0 && !h.fresh) {
		struct store_header next = h;

		if (newest->page - h.page + 1 >= st->flash->page_count || h.page == STORE_PAGE_FIRST)
			return CS_ERR_CORRUPT;
		err = store_header_expect(st, h.page - 1, &h);
		if (err == CS_OK)
			err = page_scan(st, &h, next.previous_end, &scan);
		if (err == CS_OK && (scan.at.offset != next.previous_end ||
				     memcmp(scan.at.link, next.link, sizeof(next.link)) != 0))
			err = CS_ERR_CORRUPT;
	}
	if (err != CS_OK)
		return err;
	st->head = scan.commit.offset != 0 ? scan.commit : scan.at;
	if (scan.commit.offset == 0) { /* an empty log: nothing but its first header counts */
		st->head.offset = store_page_start(st);
		memcpy(st->head.link, st->head.tag, sizeof(st->head.tag));
	}
	if (scan.back >= st->flash->page_count || scan.back >= st->head.page)
		return CS_ERR_CORRUPT;
	st->tail = st->head.page - scan.back;
	st->stamp = scan.stamp;
	return CS_OK;
}

/* ---- the index ---- */

/* Puts entries together to values. At the tail there may be the rest of a value whose beginning has been
 * freed; it was written anew elsewhere before. */
struct assembly {
	struct store_slot slot;
	uint32_t at;  /* bytes of the value seen; equal to slot.len between values */
	bool started; /* a value has begun since the tail */
};

static enum cs_err assemble_value(struct store *st, struct assembly *a, const struct store_cursor *at,
				  const struct store_entry *e)
{
	if (e->meta.arg == 0) {
		if (a->at != a->slot.len || e->meta.total > STORE_VALUE_MAX)
			return CS_ERR_CORRUPT;
		a->slot = (struct store_slot){e->meta.id, (uint16_t)store_flash_page(st, at->page),
					      (uint16_t)at->offset, e->meta.total};
		a->at = 0;
		a->started = true;
	} else if (!a->started) {
		return CS_OK;
	}
	if (e->meta.id != a->slot.id || e->meta.arg != a->at || e->meta.total != a->slot.len ||
	    e->data.len > a->slot.len - a->at)
		return CS_ERR_CORRUPT;
	a->at += (uint32_t)e->data.len;
	if (a->at < a->slot.len)
		return CS_OK;
	return store_index_put(st, &a->slot) == CS_OK ? CS_OK : CS_ERR_CORRUPT;
}

/* All that is read here has been committed: it can go into the index as it comes. */
static enum cs_err assemble(struct store *st, struct assembly *a, const struct store_cursor *at,
			    const struct store_entry *e)
{
	enum cs_err err = CS_OK;

	if (e->meta.kind == STORE_VALUE)
		err = assemble_value(st, a, at, e);
	else if (e->meta.kind == STORE_REMOVE)
		store_index_remove(st, e->meta.id, e->meta.arg);
	else if (e->meta.kind != STORE_NOTE)
		err = CS_ERR_CORRUPT;
	if (err == CS_OK && (e->meta.flags & STORE_LAST) != 0 && a->at != a->slot.len)
		err = CS_ERR_CORRUPT;
	return err;
}

static enum cs_err page_assemble(struct store *st, struct assembly *a, const struct store_header *h,
				 uint32_t end, uint8_t link[STORE_TAG_LEN])
{
	struct store_cursor at = {.page = h->page, .offset = store_page_start(st)};
	struct store_entry e;

	memcpy(link, h->tag, STORE_TAG_LEN);
	while (at.offset < end) {
		enum cs_err err = store_entry_read(st, h->page, h->tag, at.offset, &e);

		if (err == CS_OK)
			err = assemble(st, a, &at, &e);
		if (err != CS_OK)
			return err == CS_ERR_NOT_FOUND ? CS_ERR_CORRUPT : err;
		at.offset = e.next;
		memcpy(link, e.tag, STORE_TAG_LEN);
	}
	return at.offset == end ? CS_OK : CS_ERR_CORRUPT;
}

/* Reads the log from tail to head, and sees that each page is the one that the next was written behind. */
static enum cs_err index_build(struct store *st)
{
	struct assembly a = {.at = 0};
	struct store_header h, next;
	uint8_t link[STORE_TAG_LEN];
	enum cs_err err = store_header_expect(st, st->tail, &h);

	store_index_clear(st);
	for (uint64_t page = st->tail; err == CS_OK && page < st->head.page; page++) {
		err = store_header_expect(st, page + 1, &next);
		if (err == CS_OK)
			err = page_assemble(st, &a, &h, next.previous_end, link);
		if (err == CS_OK && memcmp(link, next.link, sizeof(link)) != 0)
			err = CS_ERR_CORRUPT;
		h = next;
	}
	if (err == CS_OK)
		err = page_assemble(st, &a, &h, st->head.offset, link);
	return err == CS_OK && a.at != a.slot.len ? CS_ERR_CORRUPT : err;
}

/* ---- all of it ---- */

enum cs_err store_recover(struct store *st)
{
	struct page_survey survey;
	enum cs_err err = store_sync(st); /* what we are about to read, and let others see, has to stay */

	st->newest = STORE_PAGE_FIRST - 1;
	if (err == CS_OK)
		err = pages_survey(st, &survey);
	if (err != CS_OK)
		return err;
	if (survey.newest.page < STORE_PAGE_FIRST)
		return blank_or_corrupt(st, survey.foreign);
	st->newest = survey.newest.page;
	st->fresh = survey.newest.fresh;
	memcpy(st->salt, survey.newest.salt, sizeof(st->salt));
	err = store_key_derive(st, st->salt);
	if (err == CS_OK)
		err = head_find(st, &survey.newest);
	if (err == CS_OK)
		err = index_build(st);
	if (err != CS_OK)
		return err;
	st->cursor = st->head;
	st->tail_next = st->tail;
	return store_counter_check(st);
}

enum cs_err store_erase_others(struct store *st)
{
	uint32_t own = store_flash_page(st, st->head.page);
	bool erased = false;

	for (uint32_t i = 0; i < st->flash->page_count; i++) {
		bool blank = true;
		enum cs_err err = CS_OK;

		if (i != own)
			err = store_flash_is_blank(st, i, 0, &blank);
		if (err == CS_OK && !blank) {
			err = st->flash->erase(st->flash->ctx, i);
			erased = true;
		}
		if (err != CS_OK)
			return err;
	}
	return erased ? store_sync(st) : CS_OK;
}
