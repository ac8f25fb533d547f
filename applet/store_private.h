/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The record store's memory, so that whoever uses a store can give it storage. Its fields are the store's
 * alone.
 */
#ifndef COUNTERSIGN_APPLET_STORE_PRIVATE_H
#define COUNTERSIGN_APPLET_STORE_PRIVATE_H

#include "applet/store.h"

#define STORE_KEY_LEN	   CRYPTO_AEAD_KEY_LEN
#define STORE_TAG_LEN	   CRYPTO_AEAD_TAG_LEN
#define STORE_SALT_LEN	   16u
#define STORE_FRAGMENT_MAX 512u /* bytes of a value that one entry carries at most */
#define STORE_META_LEN	   10u	/* sealed before them in each entry */
#define STORE_ENTRY_HEAD   (2u + CRYPTO_AEAD_NONCE_LEN)
#define STORE_ENTRY_FIXED                                                                                    \
	(STORE_ENTRY_HEAD + STORE_META_LEN + STORE_TAG_LEN) /* bytes of an entry beside its data */
#define STORE_WRITE_MAX 32u				    /* bytes of the longest write unit */

/* Where a record's current value begins, and how long it is. */
struct store_slot {
	uint16_t id;
	uint16_t page;	 /* of the flash, not of the log */
	uint16_t offset; /* of its first entry in the page */
	uint16_t len;
};

/* A change that waits for its transaction's commit. */
struct store_pending {
	bool remove;
	uint16_t last;		/* remove: slot.id to last go */
	struct store_slot slot; /* else this is the record now */
};

/* A place in the log. */
struct store_cursor {
	uint64_t page;	 /* number in the log; it lies on flash page (page % page_count) */
	uint32_t offset; /* where the entries end */
	bool closed;	 /* nothing may be programmed behind them: a power loss may have touched it */
	uint8_t tag[STORE_TAG_LEN];  /* of the page's header */
	uint8_t link[STORE_TAG_LEN]; /* of the last entry in the page; of its header where there is none */
};

struct store {
	const struct flash *flash;
	const struct crypto *crypto;
	const uint8_t *device_key;
	struct store_cursor head;   /* behind the last commit */
	struct store_cursor cursor; /* behind the last entry of the transaction that is being written */
	uint64_t newest;	    /* last page of the log with a header; those after cursor.page are void */
	uint64_t tail; /* first page that counts, as the last commit says: those before it may be erased */
	uint64_t tail_next; /* what the next commit will say */
	uint32_t stamp;	    /* of the last commit that counts, which the counter outside is raised to; 0: none */
	uint32_t raised;    /* what the counter is known to be */
	uint32_t live;	    /* what all records take, as store_space_of counts */
	bool fresh;	    /* recovery found a log on its first page */
	bool begun;	    /* the transaction has an entry already */
	bool unsettled;	    /* something has been programmed since the last sync */
	bool counted;	    /* the transaction is the caller's, and is counted: the others change no record */
	bool failed;	    /* an operation failed half-way: nothing is written until the next open */
	uint16_t count;	    /* records */
	uint8_t pending_count;
	struct store_pending pending[STORE_APPLY_MAX];
	struct store_slot index[STORE_RECORDS_MAX]; /* sorted by id */
	uint8_t key[STORE_KEY_LEN];
	uint8_t salt[STORE_SALT_LEN];
	/* An entry as it was read, opened; one to be written, not sealed yet; and sealed, either way. */
	uint8_t opened[STORE_META_LEN + STORE_FRAGMENT_MAX];
	uint8_t plain[STORE_META_LEN + STORE_FRAGMENT_MAX];
	uint8_t sealed[STORE_ENTRY_FIXED + STORE_FRAGMENT_MAX + STORE_WRITE_MAX];
};

#endif
