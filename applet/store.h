/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The record store: a log of sealed records over flash-like pages. After power loss at any instant each
 * record is the old one or the new one; what store_apply was given comes to be whole or not at all.
 * docs/STORAGE has the format.
 */
#ifndef COUNTERSIGN_APPLET_STORE_H
#define COUNTERSIGN_APPLET_STORE_H

#include "applet/crypto.h"
#include "applet/platform.h"
#include "base/bytes.h"

/* Flash: erase sets a page to FF, program only clears bits and is done in multiples of write_size, aligned.
 * Each program unit is programmed once between erases. Nothing is promised of an operation that power loss
 * interrupts: its bytes may be old, new or any mix. sync returns once all before it survive power loss;
 * operations between two syncs may reach the medium in any order. All return CS_OK or CS_ERR_IO.
 *
 * A counter that lies outside the flash and that nobody can set back lets the store know its newest state from
 * an older one that was put in its place. It reads 0 before it is first raised. counter_raise is given a value
 * one higher than the counter's; the new value is durable when it returns, and power loss in it leaves the old
 * one or the new one. It is raised with each change of the store, so it has to stand as many of them as the
 * flash (some 10^7 for a virtual card's). */
struct flash {
	void *ctx;
	uint32_t page_size;  /* bytes of an erase unit: 2048 to 65536 */
	uint32_t page_count; /* 4 to 1024 */
	uint32_t write_size; /* bytes: 1 to 32, a power of two */
	enum cs_err (*read)(void *ctx, uint32_t page, uint32_t offset, void *out, size_t len);
	enum cs_err (*program)(void *ctx, uint32_t page, uint32_t offset, const void *in, size_t len);
	enum cs_err (*erase)(void *ctx, uint32_t page);
	enum cs_err (*sync)(void *ctx);
	/* Both NULL where there is no such counter. */
	enum cs_err (*counter_read)(void *ctx, uint64_t *value);
	enum cs_err (*counter_raise)(void *ctx, uint64_t value);
};

#define STORE_VALUE_MAX	  8192u /* bytes of one record's value */
#define STORE_RECORDS_MAX 1024u	/* records at once */
#define STORE_APPLY_MAX	  8u	/* changes in one store_apply */

struct store; /* in store_private.h, so that the caller can give it storage; its fields are the store's */

/* Finds the records, finishes or undoes what a power loss interrupted, formats blank flash. flash, crypto and
 * device_key are borrowed for the store's life. CS_ERR_CORRUPT where the pages are not blank and not ours
 * (another device key included), CS_ERR_ROLLBACK where the counter knows of a newer state or another counter (or
 * none) goes with these pages, CS_ERR_IO, CS_ERR_CRYPTO. */
CS_MUST_CHECK enum cs_err store_open(struct store *st, const struct flash *flash, const struct crypto *crypto,
				     const uint8_t device_key[DEVICE_KEY_LEN]);

/* Erases everything and formats anew. */
CS_MUST_CHECK enum cs_err store_format(struct store *st, const struct flash *flash,
				       const struct crypto *crypto, const uint8_t device_key[DEVICE_KEY_LEN]);

/* The record's value, appended to out. CS_ERR_NOT_FOUND, CS_ERR_NO_SPACE, CS_ERR_CORRUPT, CS_ERR_IO,
 * CS_ERR_CRYPTO; after one of these but the first out is failed. */
CS_MUST_CHECK enum cs_err store_get(struct store *st, uint16_t id, struct cs_writer *out);

bool store_has(const struct store *st, uint16_t id);

/* The smallest present id in first..last, if there is one. No flash access. */
bool store_next(const struct store *st, uint16_t first, uint16_t last, uint16_t *id);

/* What follows changes records. After CS_ERR_IO, CS_ERR_CRYPTO or CS_ERR_CORRUPT nothing more is written
 * (CS_ERR_IO) until the next store_open, which finds the change done or not; until then records read as
 * before it. */

/* Durable when it returns CS_OK. CS_ERR_FULL: nothing changed, and the store stays usable (deleting works,
 * and so does replacing a record by one that is no longer). CS_ERR_LENGTH above STORE_VALUE_MAX. ids are 1 to
 * 0xFFFE. */
CS_MUST_CHECK enum cs_err store_put(struct store *st, uint16_t id, struct cs_view value);

/* CS_OK also where there was none. Durable when it returns. */
CS_MUST_CHECK enum cs_err store_delete(struct store *st, uint16_t id);

/* Deletes every record in first..last, all or (after power loss) none. */
CS_MUST_CHECK enum cs_err store_delete_range(struct store *st, uint16_t first, uint16_t last);

struct store_change {
	uint16_t id;
	bool remove; /* else put value */
	struct cs_view value;
};

/* All of the changes or, after an error or power loss, none. Durable when it returns CS_OK. CS_ERR_FULL as store_put;
 * a full store still does it where each record is removed or replaced by one that is no longer, and all but the
 * longest value are together no longer than 640 bytes, counting 48 more for each. */
CS_MUST_CHECK enum cs_err store_apply(struct store *st, const struct store_change *changes, size_t count);

/* The length of the longest value that store_put takes for one more record now; 0 also where it takes none.
 */
size_t store_room(const struct store *st);

#endif
