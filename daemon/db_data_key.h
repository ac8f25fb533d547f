/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Data keys in the database, and what is sealed under them: a part of db.h, whose rules and errors hold here too.
 */
#ifndef COUNTERSIGN_DAEMON_DB_DATA_KEY_H
#define COUNTERSIGN_DAEMON_DB_DATA_KEY_H

#include "daemon/seal.h"

struct db;

#define DB_DATA_KEYS_MAX 16u
#define DB_SET_ASIDE	  3u  /* the first byte of a value that did not open, before what it was */
#define DB_RESEAL_ID_SIZE 32u  /* as DB_TOKEN_ID_SIZE */
#define DB_RESEAL_MAX	  512u /* bytes of a sealed value, and of one that is damaged as far as anyone looks at it */

struct db_data_key {
	uint32_t number; /* from 1 on */
	uint8_t sealed[SEAL_KEY_LEN + SEAL_OVERHEAD];
	size_t sealed_len;
	uint64_t created;
	/* Of the re-sealing that it was made for: values at its beginning, those that are sealed anew, those that did not
	 * open, and when it ended (0: it goes on). */
	uint64_t total, done, unreadable, finished;
};

/* Which one seals. version is another number after every change of the keys. HELD: it stays as it is until the
 * transaction ends; ALONE: and nobody else holds it. */
enum db_hold { DB_READ, DB_HELD, DB_ALONE, DB_HOLDS };
CS_MUST_CHECK enum cs_err db_data_key_now(struct db *db, enum db_hold hold, uint32_t *number, int64_t *version);
CS_MUST_CHECK enum cs_err db_data_key_change(struct db *db, uint32_t number, int64_t version);

/* All of them, in order of their numbers. CS_ERR_CORRUPT: there are more than DB_DATA_KEYS_MAX. */
CS_MUST_CHECK enum cs_err db_data_keys(struct db *db, struct db_data_key out[DB_DATA_KEYS_MAX], size_t *count);
CS_MUST_CHECK enum cs_err db_data_key_add(struct db *db, const struct db_data_key *key);
/* Adds to done and unreadable. */
CS_MUST_CHECK enum cs_err db_data_key_progress(struct db *db, uint32_t number, uint64_t done, uint64_t unreadable);
/* Sets finished. CS_ERR_STATE: it is set. */
CS_MUST_CHECK enum cs_err db_data_key_finish(struct db *db, uint32_t number, uint64_t now);
/* The change to this key has not ended: total rows are to be sealed anew. CS_ERR_STATE: there is no such key. */
CS_MUST_CHECK enum cs_err db_data_key_again(struct db *db, uint32_t number, uint64_t total);
CS_MUST_CHECK enum cs_err db_data_key_remove(struct db *db, uint32_t number);

/* ---- what is sealed under them ---- */

enum db_sealed { DB_SEALED_STOCK, DB_SEALED_TOKEN, DB_SEALED_SIGNING, DB_SEALED_KINDS };

struct db_reseal {
	char id[DB_RESEAL_ID_SIZE];
	int64_t user; /* of a token */
	uint8_t sealed[DB_RESEAL_MAX];
	size_t sealed_len;
};

/* Up to limit rows whose sealed value is before head in the order of bytes, that nobody else has locked; they are then. */
CS_MUST_CHECK enum cs_err db_sealed_before(struct db *db, enum db_sealed kind, struct cs_view head, uint32_t limit,
					   struct db_reseal *out, size_t *count);
/* How many there are, of all kinds. */
CS_MUST_CHECK enum cs_err db_sealed_count(struct db *db, struct cs_view head, uint64_t *count);
/* Whether there is one, of any kind. */
CS_MUST_CHECK enum cs_err db_sealed_left(struct db *db, struct cs_view head, bool *left);
/* Whether anything is set aside that begins with head, of any kind. */
CS_MUST_CHECK enum cs_err db_sealed_aside(struct db *db, struct cs_view head, bool *aside);
/* What is set aside is as it was, to be tried again. */
CS_MUST_CHECK enum cs_err db_sealed_take_back(struct db *db);
/* Puts another value into such a row. CS_ERR_STATE: it is gone. */
CS_MUST_CHECK enum cs_err db_sealed_replace(struct db *db, enum db_sealed kind, const char *id, struct cs_view sealed);

#endif
