/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Whether the sealing key is the database's. With another one the daemon would run and refuse every token,
 * and what it sealed meanwhile would be lost to the right one: it does not start.
 *
 * A database that has no check value is new, or was migrated. In the second case what is sealed in it tells;
 * that a single seed does not open says nothing, as its row may be damaged.
 */
#include <stdio.h>
#include <string.h>

#include "base/secret.h"
#include "daemon/jwt.h"
#include "daemon/keeper_call.h"

#define KEY_TOKENS_MAX 16u /* that are looked at */

static const char key_check_text[] = "sealing key check";

struct key_probe {
	const struct seal_key *key;
	bool found, opened;
	enum cs_err err; /* libcrypto failed, which says nothing of the key */
};

static void key_probe(struct key_probe *probe, struct cs_view identity, struct cs_view sealed)
{
	uint8_t plain[DB_SEED_MAX > JWT_PRIVATE_MAX ? DB_SEED_MAX : JWT_PRIVATE_MAX];
	struct cs_writer w = CS_WRITER_OF(plain);

	probe->found = true;
	enum cs_err err = seal_open(probe->key, identity, sealed, &w);
	probe->opened = probe->opened || !err;
	if (err == CS_ERR_CRYPTO)
		probe->err = err;
	cs_wipe(plain, sizeof(plain));
}

static void key_probe_token(void *ctx, const struct db_token *token)
{
	char identity[TOKEN_IDENTITY_SIZE];

	key_probe(ctx, token_identity(token, identity), cs_view(token->sealed, token->sealed_len));
}

/* CS_ERR_DENIED: there is something sealed, and nothing of it opens. */
static enum cs_err key_probe_database(struct keeper *keeper)
{
	struct key_probe probe = {.key = &keeper->key};
	struct db_signing_key keys[DB_SIGNING_KEYS_MAX];
	size_t count = 0;

	enum cs_err err = db_token_list(keeper->db, NULL, "", KEY_TOKENS_MAX, key_probe_token, &probe);
	if (!err)
		err = db_signing_keys(keeper->db, 0, keys, &count);
	for (size_t i = 0; !err && i < count; i++)
		key_probe(&probe, cs_view_string(keys[i].id), cs_view(keys[i].sealed, keys[i].sealed_len));
	if (!err && !probe.opened)
		err = probe.err;
	return err ? err : probe.found && !probe.opened ? CS_ERR_DENIED : CS_OK;
}

static enum cs_err key_check_make(struct keeper *keeper)
{
	uint8_t bytes[sizeof(key_check_text) + SEAL_OVERHEAD];
	struct cs_writer sealed = CS_WRITER_OF(bytes);

	enum cs_err err = key_probe_database(keeper);
	if (!err)
		err = seal_close(&keeper->key, cs_view_string(key_check_text), cs_view_string(key_check_text),
				 &sealed);
	return err ? err : db_key_check_add(keeper->db, cs_writer_view(&sealed));
}

/* Other daemons may make it at the same time: the one that is there afterwards counts. */
static enum cs_err key_check_open(struct keeper *keeper)
{
	uint8_t bytes[sizeof(key_check_text) + SEAL_OVERHEAD], plain[sizeof(key_check_text)];
	struct cs_writer sealed = CS_WRITER_OF(bytes), out = CS_WRITER_OF(plain);

	enum cs_err err = db_key_check_find(keeper->db, &sealed);
	if (err == CS_ERR_NOT_FOUND) {
		err = key_check_make(keeper);
		if (!err)
			err = db_key_check_find(keeper->db, &sealed);
	}
	if (err)
		return err;
	err = seal_open(&keeper->key, cs_view_string(key_check_text), cs_writer_view(&sealed), &out);
	return err == CS_ERR_CORRUPT ? CS_ERR_DENIED : err;
}

enum cs_err keeper_key_check(struct keeper *keeper, const struct config *config, char error[CONFIG_ERROR_MAX])
{
	enum cs_err err = db_begin(keeper->db);

	if (!err)
		err = key_check_open(keeper);
	if (!err)
		err = db_commit(keeper->db);
	if (!err)
		return CS_OK;
	if (err == CS_ERR_DENIED)
		(void)snprintf(error, CONFIG_ERROR_MAX,
			       "sealing key %s: the database %s was made with another one, under which all "
			       "seeds in it are sealed: put that one there (a backup has it), or name that "
			       "key's database",
			       config->sealing_key, db_place(config->database));
	else
		(void)snprintf(error, CONFIG_ERROR_MAX,
			       "database %s: the sealing key cannot be checked: %s (%s)",
			       db_place(config->database), cs_err_text(err), db_error_text(keeper->db));
	db_rollback(keeper->db);
	return err;
}
