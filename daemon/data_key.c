/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The keys that what lasts is sealed under.
 *
 * Invariants:
 *  1. Who seals holds the current key in the database, so that it is that one's and stays it until he has
 * committed: who changes keys waits for all who seal, and after him nobody seals under a former one.
 *  2. What is in memory counts for the version that it was read with alone: a key that a transaction made
 * which was rolled back has a version that no database has.
 */
#include "daemon/data_key.h"

#include <stdio.h>
#include <string.h>

#include "base/secret.h"
#include "daemon/keeper.h"

#define SEALED_BY_ROOT	   1u
#define SEALED_BY_DATA_KEY 2u

#define NAME_SIZE 24u /* of "data key NUMBER" */

static struct cs_view key_name(uint32_t number, char out[NAME_SIZE])
{
	int len = snprintf(out, NAME_SIZE, "data key %u", (unsigned)number);

	return cs_view(out, (size_t)len);
}

void data_keys_wipe(struct data_keys *keys)
{
	cs_wipe(keys, sizeof(*keys));
}

static enum cs_err keys_take(const struct keeper *keeper, const struct db_data_key *rows, size_t count,
			     struct data_keys *out)
{
	enum cs_err err = CS_OK;
	char name[NAME_SIZE];

	for (size_t i = 0; !err && i < count; i++) {
		struct cs_writer w = CS_WRITER_OF(out->keys[i].key.bytes);
		out->keys[i].number = rows[i].number;
		err = seal_open(&keeper->key, key_name(rows[i].number, name),
				cs_view(rows[i].sealed, rows[i].sealed_len), &w);
		if (!err && cs_writer_view(&w).len != SEAL_KEY_LEN)
			err = CS_ERR_CORRUPT;
	}
	out->count = count;
	return err;
}

static enum cs_err keys_load(struct keeper *keeper, uint32_t current, int64_t version)
{
	struct db_data_key rows[DB_DATA_KEYS_MAX];
	struct data_keys keys = {.current = current, .version = version};
	size_t count = 0;

	enum cs_err err = db_data_keys(keeper->db, rows, &count);
	if (!err)
		err = keys_take(keeper, rows, count, &keys);
	if (!err)
		keeper->data_keys = keys;
	data_keys_wipe(&keys);
	return err;
}

enum cs_err data_keys_load(struct keeper *keeper)
{
	uint32_t current = 0;
	int64_t version = 0;

	enum cs_err err = db_data_key_now(keeper->db, DB_READ, &current, &version);
	return err ? err : keys_load(keeper, current, version);
}

/* Those in memory are those of the database. fresh: they were not. */
static enum cs_err keys_follow(struct keeper *keeper, enum db_hold hold, bool *fresh)
{
	uint32_t current = 0;
	int64_t version = 0;

	enum cs_err err = db_data_key_now(keeper->db, hold, &current, &version);
	*fresh = !err && version != keeper->data_keys.version;
	if (*fresh)
		keeper->rekey_begun = true; /* there may be work */
	return *fresh ? keys_load(keeper, current, version) : err;
}

enum cs_err data_keys_follow(struct keeper *keeper)
{
	bool fresh;

	return keys_follow(keeper, DB_READ, &fresh);
}

static const struct seal_key *key_find(const struct keeper *keeper, uint32_t number)
{
	for (size_t i = 0; i < keeper->data_keys.count; i++)
		if (keeper->data_keys.keys[i].number == number)
			return &keeper->data_keys.keys[i].key;
	return NULL;
}

struct cs_view data_key_head(uint32_t number, uint8_t out[DATA_KEY_HEAD])
{
	struct cs_writer w = cs_writer_of(out, DATA_KEY_HEAD);

	cs_write_u8(&w, SEALED_BY_DATA_KEY);
	cs_write_u32(&w, number);
	return cs_writer_view(&w);
}

enum cs_err data_key_hold(struct keeper *keeper)
{
	bool fresh;

	return keys_follow(keeper, DB_HELD, &fresh);
}

enum cs_err data_key_close(struct keeper *keeper, struct cs_view identity, struct cs_view plain,
			   struct cs_writer *out)
{
	uint8_t head[DATA_KEY_HEAD];

	enum cs_err err = data_key_hold(keeper);
	if (err)
		return err;
	if (keeper->data_keys.current == 0)
		return seal_close(&keeper->key, identity, plain, out);
	const struct seal_key *key = key_find(keeper, keeper->data_keys.current);
	if (!key)
		return CS_ERR_CORRUPT;
	cs_write_view(out, data_key_head(keeper->data_keys.current, head));
	return seal_close(key, identity, plain, out);
}

static enum cs_err open_under(const struct keeper *keeper, uint32_t number, struct cs_view identity,
			      struct cs_view sealed, struct cs_writer *out)
{
	const struct seal_key *key = key_find(keeper, number);

	return key ? seal_open(key, identity, sealed, out) : CS_ERR_CORRUPT;
}

enum cs_err data_key_open(struct keeper *keeper, struct cs_view identity, struct cs_view sealed,
			  struct cs_writer *out)
{
	const struct cs_writer start = *out;
	struct cs_reader r = cs_reader_of(sealed);
	uint8_t kind = cs_read_u8(&r);
	bool fresh = false;

	if (kind == SEALED_BY_ROOT)
		return seal_open(&keeper->key, identity, sealed, out);
	uint32_t number = cs_read_u32(&r);
	struct cs_view inner = cs_read_rest(&r);
	if (kind != SEALED_BY_DATA_KEY || cs_reader_done(&r))
		return CS_ERR_CORRUPT;
	enum cs_err err = open_under(keeper, number, identity, inner, out);
	if (err != CS_ERR_CORRUPT)
		return err;
	err = keys_follow(keeper, DB_READ, &fresh);
	if (err || !fresh)
		return err ? err : CS_ERR_CORRUPT;
	*out = start;
	return open_under(keeper, number, identity, inner, out);
}

enum cs_err data_key_version(int64_t *out)
{
	uint64_t random;

	enum cs_err err = seal_random(&random, sizeof(random));
	*out = (int64_t)(random >> 1);
	return err;
}

static enum cs_err key_make(const struct keeper *keeper, struct db_data_key *out)
{
	struct cs_writer sealed = CS_WRITER_OF(out->sealed);
	struct seal_key key;
	char name[NAME_SIZE];

	enum cs_err err = seal_random(key.bytes, sizeof(key.bytes));
	if (!err)
		err = seal_close(&keeper->key, key_name(out->number, name), CS_VIEW_OF(key.bytes), &sealed);
	seal_key_wipe(&key);
	out->sealed_len = cs_writer_view(&sealed).len;
	return err;
}

enum cs_err data_key_may_renew(struct keeper *keeper)
{
	struct db_data_key rows[DB_DATA_KEYS_MAX];
	size_t count = 0;

	enum cs_err err = db_data_keys(keeper->db, rows, &count);
	if (!err && count && !rows[count - 1].finished)
		err = CS_ERR_STATE;
	return !err && count == DB_DATA_KEYS_MAX ? CS_ERR_FULL : err;
}

enum cs_err data_key_renew(struct keeper *keeper, uint64_t now, struct db_data_key *out)
{
	struct db_data_key key = {.created = now};
	uint8_t head[DATA_KEY_HEAD];
	int64_t version = 0;

	enum cs_err err = db_data_key_now(keeper->db, DB_ALONE, &key.number, &version);
	if (!err)
		err = data_key_may_renew(keeper);
	if (!err)
		err = db_sealed_take_back(keeper->db);
	key.number++;
	if (!err)
		err = db_sealed_count(keeper->db, data_key_head(key.number, head), &key.total);
	if (!err)
		err = key_make(keeper, &key);
	if (!err)
		err = db_data_key_add(keeper->db, &key);
	if (!err)
		err = data_key_version(&version);
	if (!err)
		err = db_data_key_change(keeper->db, key.number, version);
	if (!err)
		*out = key;
	return err;
}

enum cs_err data_key_again(struct keeper *keeper, struct db_data_key *out)
{
	struct db_data_key key = {.number = 0};
	uint8_t head[DATA_KEY_HEAD];
	int64_t version = 0;

	enum cs_err err = db_data_key_now(keeper->db, DB_ALONE, &key.number, &version);
	if (!err && (err = data_key_may_renew(keeper)) == CS_OK)
		err = CS_ERR_STATE;
	if (err == CS_ERR_FULL)
		err = db_sealed_take_back(keeper->db);
	if (!err)
		err = db_sealed_count(keeper->db, data_key_head(key.number, head), &key.total);
	if (!err)
		err = db_data_key_again(keeper->db, key.number, key.total);
	if (!err)
		err = data_key_version(&version);
	if (!err)
		err = db_data_key_change(keeper->db, key.number, version);
	if (!err)
		*out = key;
	return err;
}
