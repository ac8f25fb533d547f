/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Changing the data key.
 *
 * Invariants:
 *  1. A key is removed in a transaction in which nobody else seals or copies what is sealed, and no row has
 * it, nor has one that was set aside.
 *  2. A row gets a value that was made of the one that it has, while nobody else can change it.
 *
 * Stock comes before tokens, since what is in stock becomes tokens.
 */
#include "daemon/rekey.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/secret.h"
#include "daemon/chores.h"
#include "daemon/data_key.h"
#include "daemon/keeper_call.h"
#include "daemon/log.h"

#define REKEY_RETRY_MS	 10000u
#define SEALED_PLAIN_MAX DB_RESEAL_MAX

/* ---- one row ---- */

static struct cs_view reseal_identity(enum db_sealed kind, const struct db_reseal *row,
				      char out[TOKEN_IDENTITY_SIZE])
{
	struct db_token token = {.user_id = row->user};

	if (kind == DB_SEALED_SIGNING)
		return cs_view_string(row->id);
	memcpy(token.id, row->id, sizeof(token.id));
	return token_identity(&token, out);
}

/* What did not open is kept behind a mark, so that nothing comes upon it again before another change of keys.
 */
static enum cs_err reseal_set_aside(struct keeper *keeper, enum db_sealed kind, const struct db_reseal *row)
{
	uint8_t bytes[1 + DB_RESEAL_MAX];
	struct cs_writer w = CS_WRITER_OF(bytes);

	log_line(LOG_LEVEL_ERROR, "what is sealed for %s does not open, and was set aside", row->id);
	cs_write_u8(&w, DB_SET_ASIDE);
	cs_write_view(&w, cs_view(row->sealed, row->sealed_len));
	return db_sealed_replace(keeper->db, kind, row->id, cs_writer_view(&w));
}

static enum cs_err reseal(struct keeper *keeper, enum db_sealed kind, const struct db_reseal *row,
			  bool *opened)
{
	uint8_t plain[SEALED_PLAIN_MAX], bytes[DATA_KEY_OVERHEAD + SEALED_PLAIN_MAX];
	struct cs_writer out = CS_WRITER_OF(plain), sealed = CS_WRITER_OF(bytes);
	char identity[TOKEN_IDENTITY_SIZE];
	struct cs_view name = reseal_identity(kind, row, identity);

	enum cs_err err = data_key_open(keeper, name, cs_view(row->sealed, row->sealed_len), &out);
	*opened = err != CS_ERR_CORRUPT;
	if (!err)
		err = data_key_close(keeper, name, cs_writer_view(&out), &sealed);
	if (!err)
		err = db_sealed_replace(keeper->db, kind, row->id, cs_writer_view(&sealed));
	else if (!*opened)
		err = reseal_set_aside(keeper, kind, row);
	cs_wipe(plain, sizeof(plain));
	return err;
}

/* ---- a step ---- */

static enum cs_err step_rows(struct keeper *keeper, uint32_t current, uint32_t limit, size_t *count)
{
	struct db_reseal rows[REKEY_STEP];
	uint64_t unreadable = 0;
	uint8_t head[DATA_KEY_HEAD];
	enum cs_err err = CS_OK;
	bool opened;

	*count = 0;
	for (unsigned kind = 0; !err && *count == 0 && kind < DB_SEALED_KINDS; kind++) {
		err = db_sealed_before(keeper->db, (enum db_sealed)kind, data_key_head(current, head), limit,
				       rows, count);
		for (size_t i = 0; !err && i < *count; i++) {
			err = reseal(keeper, (enum db_sealed)kind, &rows[i], &opened);
			unreadable += !opened;
		}
	}
	if (!err && *count)
		err = db_data_key_progress(keeper->db, current, *count - unreadable, unreadable);
	return err;
}

static enum cs_err step_tell(struct keeper *keeper, const struct db_data_key *key, unsigned removed)
{
	char detail[128];

	(void)snprintf(detail, sizeof(detail),
		       "data key %u: %" PRIu64 " sealed anew, %" PRIu64 " did not open, %u"
		       " former keys removed",
		       (unsigned)key->number, key->done, key->unreadable, removed);
	return chores_tell(keeper, "rekey_end", "", detail);
}

/* All former keys but those of values that were set aside: such a value is not lost for good while its key is
 * there. */
static enum cs_err step_remove(struct keeper *keeper, uint32_t current, unsigned *removed)
{
	struct db_data_key rows[DB_DATA_KEYS_MAX];
	uint8_t head[DATA_KEY_HEAD];
	size_t count = 0;
	bool aside = false;

	enum cs_err err = db_data_keys(keeper->db, rows, &count);
	for (size_t i = 0; !err && i < count; i++) {
		if (rows[i].number >= current)
			continue;
		err = db_sealed_aside(keeper->db, data_key_head(rows[i].number, head), &aside);
		if (err || aside)
			continue;
		err = db_data_key_remove(keeper->db, rows[i].number);
		++*removed;
	}
	return err;
}

/* No row is left that a step could take: the former keys go, unless someone had a row locked, or one came
 * meanwhile. */
static enum cs_err step_end(struct keeper *keeper, const struct db_data_key *key, bool *ended)
{
	const uint64_t now = clock_now(&keeper->clock);
	uint8_t head[DATA_KEY_HEAD];
	uint32_t current = 0;
	int64_t version = 0;
	unsigned removed = 0;
	bool left = false;

	enum cs_err err = db_data_key_now(keeper->db, DB_ALONE, &current, &version);
	if (!err)
		err = db_sealed_left(keeper->db, data_key_head(key->number, head), &left);
	if (err || left || current != key->number)
		return err;
	err = db_data_key_finish(keeper->db, key->number, now / 1000);
	if (err == CS_ERR_STATE) { /* another daemon was first */
		*ended = true;
		return CS_OK;
	}
	if (!err)
		err = step_remove(keeper, key->number, &removed);
	/* Whoever has them in memory forgets them when he sees another version. */
	if (!err)
		err = data_key_version(&version);
	if (!err)
		err = db_data_key_change(keeper->db, key->number, version);
	if (!err)
		err = step_tell(keeper, key, removed);
	*ended = !err;
	return err;
}

static enum cs_err step_run(struct keeper *keeper, uint32_t limit, bool *ended)
{
	struct db_data_key rows[DB_DATA_KEYS_MAX];
	size_t count = 0, resealed = 0;

	/* The version too: a key that was removed elsewhere is not kept in memory for longer. */
	enum cs_err err = data_keys_follow(keeper);
	if (!err)
		err = db_data_keys(keeper->db, rows, &count);
	if (err)
		return err;
	*ended = count == 0 || rows[count - 1].finished;
	if (*ended)
		return CS_OK;
	err = step_rows(keeper, rows[count - 1].number, limit, &resealed);
	return err || resealed ? err : step_end(keeper, &rows[count - 1], ended);
}

enum cs_err rekey_step(struct keeper *keeper, uint32_t limit, bool *ended)
{
	*ended = false;
	enum cs_err err = db_begin(keeper->db);
	if (!err)
		err = step_run(keeper, limit, ended);
	if (!err)
		err = db_commit(keeper->db);
	if (err) {
		db_rollback(keeper->db);
		*ended = false;
	}
	return err;
}

/* ---- when ---- */

void rekey_turn(struct keeper *keeper, struct rekey *rekey)
{
	const uint64_t now = clock_now(&keeper->clock);
	bool ended;

	if (now < rekey->next_ms && !keeper->rekey_begun)
		return;
	keeper->rekey_begun = false;
	enum cs_err err = rekey_step(keeper, REKEY_STEP, &ended);
	if (err && err != CS_ERR_BUSY && !rekey->failing)
		log_line(LOG_LEVEL_ERROR, "the data key cannot be changed: %s (%s); it goes on later",
			 cs_err_text(err), db_error_text(keeper->db));
	rekey->failing = err && err != CS_ERR_BUSY;
	rekey->next_ms = ended ? UINT64_MAX : rekey->failing ? now + REKEY_RETRY_MS : now;
}

int64_t rekey_wait(const struct keeper *keeper, const struct rekey *rekey)
{
	const uint64_t now = clock_now(&keeper->clock);

	if (keeper->rekey_begun || rekey->next_ms <= now)
		return 0;
	return rekey->next_ms == UINT64_MAX ? -1 : (int64_t)(rekey->next_ms - now);
}
