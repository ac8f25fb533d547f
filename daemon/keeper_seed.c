/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One seed, one token: two tokens with one seed have the same codes, and what one has taken the other would
 * take again.
 *
 * Invariants:
 *  1. No token becomes one in use while another one that is has its seed and could take its codes.
 *  2. Tokens with the same seed and settings, whatever their state and whose they are, have the same next
 *     position: enrolment takes it over, and each change of one changes all (db_schema.c). None changes while
 *     one is enrolled (keeper_lock_seed).
 */
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "daemon/keeper_call.h"

#define SEED_BATCH 256u /* tokens marked in one transaction */
#define SEED_TRIES 8u	/* of it, where another daemon's stands against it */

enum cs_err seed_taken(struct call *call, const struct db_token *token, bool *taken)
{
	char twin[DB_TOKEN_ID_SIZE];

	*taken = false;
	enum cs_err err = keeper_lock_seed(call->keeper, cs_view(token->fingerprint, token->fingerprint_len));
	if (!err)
		err = db_token_twin(call->keeper->db, token, call_now(call), twin);
	if (err)
		return err == CS_ERR_NOT_FOUND ? CS_OK : err;
	*taken = true;
	call_detail(call, "the seed is that of %s", twin);
	return CS_OK;
}

/* ---- tokens of older versions ---- */

static enum cs_err seed_mark(struct keeper *keeper, const struct db_token *token)
{
	uint8_t seed[DB_SEED_MAX], fingerprint[SEAL_FINGERPRINT_LEN];
	struct cs_writer w = CS_WRITER_OF(seed);
	char identity[TOKEN_IDENTITY_SIZE];

	enum cs_err err = data_key_open(keeper, token_identity(token, identity),
					cs_view(token->sealed, token->sealed_len), &w);
	if (!err)
		err = seal_fingerprint(&keeper->key, cs_writer_view(&w), fingerprint);
	cs_wipe(seed, sizeof(seed));
	if (err)
		return err == CS_ERR_CORRUPT ? CS_OK : err;
	return db_token_mark(keeper->db, token->id, CS_VIEW_OF(fingerprint));
}

/* Up to SEED_BATCH tokens after one, in a transaction; after and count are set where it is committed. */
static enum cs_err seed_mark_batch(struct keeper *keeper, struct db_token *rows, char after[DB_TOKEN_ID_SIZE],
				   size_t *count)
{
	size_t found = 0;

	enum cs_err err = db_begin(keeper->db);
	if (err)
		return err;
	err = db_token_unmarked(keeper->db, after, rows, SEED_BATCH, &found);
	for (size_t i = 0; !err && i < found; i++)
		err = seed_mark(keeper, &rows[i]);
	if (!err)
		err = db_commit(keeper->db);
	if (err) {
		db_rollback(keeper->db);
		return err;
	}
	if (found)
		memcpy(after, rows[found - 1].id, DB_TOKEN_ID_SIZE);
	*count = found;
	return CS_OK;
}

enum cs_err seed_mark_all(struct keeper *keeper)
{
	struct db_token *rows = calloc(SEED_BATCH, sizeof(rows[0]));
	char after[DB_TOKEN_ID_SIZE] = "";
	size_t count = SEED_BATCH;
	unsigned tries = 0;
	enum cs_err err = CS_OK;

	if (!rows)
		return CS_ERR_MEMORY;
	while (count == SEED_BATCH) {
		err = seed_mark_batch(keeper, rows, after, &count);
		tries = err ? tries + 1 : 0;
		if (err && (err != CS_ERR_BUSY || tries == SEED_TRIES))
			break;
	}
	free(rows);
	return err;
}
