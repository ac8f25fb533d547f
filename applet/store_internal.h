/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the files of the record store share. store.c begins with the invariants that all of them keep.
 */
#ifndef COUNTERSIGN_APPLET_STORE_INTERNAL_H
#define COUNTERSIGN_APPLET_STORE_INTERNAL_H

#include "applet/store_private.h"

/* ---- store_page.c: pages and their headers ---- */

#define STORE_HEADER_LEN 84u
#define STORE_PAGE_FIRST 1u /* number in the log of the first page of a flash that was never used */

struct store_header {
	uint32_t stamp;		     /* store.stamp when the page was begun */
	uint64_t page;		     /* number in the log; 32 bits of it are kept */
	bool fresh;		     /* the log begins here: what other pages hold is from before a format */
	uint32_t previous_end;	     /* where the entries of the page before end */
	uint8_t link[STORE_TAG_LEN]; /* store_cursor.link of the page before at that place */
	uint8_t salt[STORE_SALT_LEN];
	uint8_t tag[STORE_TAG_LEN];
};

uint32_t store_flash_page(const struct store *st, uint64_t page);
uint32_t store_align(const struct store *st, uint32_t len);
/* Where a page's first entry stands. */
uint32_t store_page_start(const struct store *st);

/* Derives st->key for a salt. */
CS_MUST_CHECK enum cs_err store_key_derive(struct store *st, const uint8_t salt[STORE_SALT_LEN]);
/* The header on a page of the flash. CS_ERR_NOT_FOUND: blank or torn; CS_ERR_CORRUPT: whole, but not this
 * device's. Leaves st->key the one of the header's salt. */
CS_MUST_CHECK enum cs_err store_header_read(struct store *st, uint32_t flash_page, struct store_header *out);
/* The header of a page that has to be there and belong to st->salt, else CS_ERR_CORRUPT. */
CS_MUST_CHECK enum cs_err store_header_expect(struct store *st, uint64_t page, struct store_header *out);
/* What stands where a page's header should, unverified. */
CS_MUST_CHECK enum cs_err store_header_peek(struct store *st, uint64_t page, struct store_header *out);
/* Just its tag, unverified: the entries are. */
CS_MUST_CHECK enum cs_err store_header_tag(struct store *st, uint64_t page, uint8_t tag[STORE_TAG_LEN]);
CS_MUST_CHECK enum cs_err store_flash_is_blank(struct store *st, uint32_t flash_page, uint32_t from,
					       bool *blank);

/* Begins the page after the cursor's and moves the cursor to its start; void pages are erased first. fresh:
 * with a new salt, as the beginning of an empty log. Durable when it returns. */
CS_MUST_CHECK enum cs_err store_page_begin(struct store *st, bool fresh);
CS_MUST_CHECK enum cs_err store_sync(struct store *st);

/* ---- store_counter.c: the counter outside the flash ---- */

#define STORE_STAMP_MAX UINT32_MAX

/* The stamp that a log begins with which is made now. CS_ERR_FULL where there is none left. */
CS_MUST_CHECK enum cs_err store_counter_first(const struct store *st, uint32_t *stamp);
/* After recovery: whether what was found is the newest there ever was. CS_ERR_ROLLBACK, CS_ERR_IO. */
CS_MUST_CHECK enum cs_err store_counter_check(struct store *st);
/* Raises the counter to the stamp of what has just become durable, unless it is there already. */
CS_MUST_CHECK enum cs_err store_counter_raise(struct store *st);
bool store_counter_is_there(const struct store *st);

/* ---- store_entry.c: sealed entries ---- */

enum store_kind { STORE_VALUE = 1, STORE_REMOVE = 2, STORE_NOTE = 3 };

enum store_flag {
	STORE_FIRST = 1,   /* begins a transaction */
	STORE_LAST = 2,	   /* commits it */
	STORE_SETTLED = 4, /* all before it was durable when it was written */
	STORE_COUNTED = 8, /* with LAST: the counter is raised by one for this transaction */
};

struct store_meta {
	uint8_t kind;
	uint8_t flags;
	uint16_t id;
	uint16_t arg;	/* VALUE: offset of this data in the value; REMOVE: last id of the range */
	uint16_t total; /* VALUE: length of the value */
	uint16_t back;	/* the tail is so many pages before the entry's */
};

struct store_entry {
	struct store_meta meta;
	struct cs_view data; /* in st->opened */
	uint32_t next;	     /* offset of what follows */
	uint8_t tag[STORE_TAG_LEN];
};

/* How many of the left bytes of a value an entry at offset takes. False where the rest of the page is too
 * small to be of use, and the log goes on at the next page. */
bool store_entry_fits(const struct store *st, uint32_t offset, uint32_t left, uint32_t *data_len);

/* Opens the entry at offset of the page whose header has this tag. CS_ERR_NOT_FOUND: nothing stands there;
 * CS_ERR_CORRUPT: what stands there is not an entry of this place. */
CS_MUST_CHECK enum cs_err store_entry_read(struct store *st, uint64_t page, const uint8_t tag[STORE_TAG_LEN],
					   uint32_t offset, struct store_entry *out);

/* Seals meta and the data_len bytes that stand in st->plain behind STORE_META_LEN, programs them at the
 * cursor, and moves it behind them. The caller has seen that they fit. */
CS_MUST_CHECK enum cs_err store_entry_write(struct store *st, const struct store_meta *meta,
					    uint32_t data_len);

/* Walks over a stored value. */
struct store_walk {
	uint64_t page;
	uint32_t offset; /* of the next entry */
	uint8_t tag[STORE_TAG_LEN];
	uint16_t id;
	uint32_t at, total;  /* bytes of the value behind us, and in all */
	struct cs_view rest; /* of the entry we are in, in st->opened */
};

/* CS_ERR_CORRUPT, CS_ERR_IO, CS_ERR_CRYPTO. */
CS_MUST_CHECK enum cs_err store_walk_begin(struct store *st, const struct store_slot *slot,
					   struct store_walk *w);
/* Copies the next len bytes of the value; there must be as many. */
CS_MUST_CHECK enum cs_err store_walk_read(struct store *st, struct store_walk *w, uint8_t *out, uint32_t len);

/* ---- store_index.c: which records there are ---- */

/* The first position whose id is id or higher. */
uint16_t store_index_from(const struct store *st, uint16_t id);
/* NULL where there is none. */
const struct store_slot *store_index_find(const struct store *st, uint16_t id);
void store_index_clear(struct store *st);
/* CS_ERR_FULL beyond STORE_RECORDS_MAX. */
CS_MUST_CHECK enum cs_err store_index_put(struct store *st, const struct store_slot *slot);
void store_index_remove(struct store *st, uint16_t first, uint16_t last);
/* Remembers a change until the commit; a transaction has at most STORE_APPLY_MAX. */
void store_index_pend(struct store *st, const struct store_pending *change);
/* Does what is pending. CS_ERR_FULL as put. */
CS_MUST_CHECK enum cs_err store_index_commit(struct store *st);
/* The page of the log on which the record begins. */
uint64_t store_slot_page(const struct store *st, const struct store_slot *slot);
/* The length of the longest value; 0 where there is none. */
uint16_t store_index_longest(const struct store *st);

/* ---- store_log.c: transactions, which begin with their first entry ---- */

/* last: with this, commit. What is written is durable after the next sync. CS_ERR_IO, CS_ERR_CRYPTO,
 * CS_ERR_CORRUPT. */
CS_MUST_CHECK enum cs_err store_log_value(struct store *st, uint16_t id, struct cs_view value, bool last);
/* The record's value anew, from where it stands; the index has the new place at once, since both are good.
 * Any number of them make one transaction. */
CS_MUST_CHECK enum cs_err store_log_copy(struct store *st, const struct store_slot *slot, bool last);
CS_MUST_CHECK enum cs_err store_log_remove(struct store *st, uint16_t first, uint16_t last_id, bool last);
/* Says where the tail is now. */
CS_MUST_CHECK enum cs_err store_log_note(struct store *st);

/* ---- store_space.c: room, and making it ---- */

/* Room that is kept, beside that for replacing the longest record, for what is replaced along with it. */
#define STORE_APPLY_RESERVE 640u

/* What a value of this length takes in the log. */
uint32_t store_space_of(const struct store *st, uint32_t len);
/* Longer than a page: begins one. Others do not cross the end of theirs. */
bool store_space_is_long(const struct store *st, uint32_t len);
/* What the end of a page is at most too small for, where it comes before such a value. */
uint32_t store_space_waste(const struct store *st, uint32_t len);
/* Bytes that can be programmed behind a cursor. */
uint32_t store_space_at(const struct store *st, const struct store_cursor *c);
/* What is about to be written, and what the store holds afterwards. */
struct store_plan {
	const struct store_change *changes;
	size_t count;
	uint32_t live;	  /* store_space_of all records after it */
	uint32_t waste;	  /* store_space_of all values in it, or a page for each long one */
	uint16_t longest; /* value after it */
	bool shrinks;	  /* each record is removed or replaced by one that is no longer */
};
/* Whether the plan may be carried out without ever getting stuck later. */
bool store_space_admits(const struct store *st, const struct store_plan *plan);
/* Collects garbage until the plan's transaction can be written. CS_ERR_FULL, and the errors of the log. */
CS_MUST_CHECK enum cs_err store_space_make(struct store *st, const struct store_plan *plan);

/* ---- store_recover.c ---- */

/* Finds the log on the flash and builds the index. CS_ERR_NOT_FOUND: the flash is blank, or its first format
 * was interrupted; CS_ERR_CORRUPT, CS_ERR_IO, CS_ERR_CRYPTO. On CS_ERR_CORRUPT st->newest is the newest page
 * that this device wrote, or one before the first. */
CS_MUST_CHECK enum cs_err store_recover(struct store *st);
/* Erases what a log that is still on its first page does not use. */
CS_MUST_CHECK enum cs_err store_erase_others(struct store *st);

#endif
