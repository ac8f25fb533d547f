/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The keys that assertions are signed with. They lie sealed in the database, so that all daemons that share
 * it sign with the same one. A key signs for signing_key_days, and is shown until the last assertion that it
 * signed has expired; then it is removed.
 */
#include <string.h>

#include "base/secret.h"
#include "daemon/jwt.h"
#include "daemon/keeper_login.h"
#include "daemon/log.h"

/* Keys that were made since then are still of use to those who check. */
static uint64_t signing_shown_since(const struct call *call)
{
	const uint64_t shown = call->keeper->signing_for + call->keeper->assertion_lifetime;

	return call_now(call) > shown ? call_now(call) - shown : 0;
}

static enum cs_err signing_make(struct call *call, struct db_signing_key *out)
{
	struct cs_writer sealed = CS_WRITER_OF(out->sealed);
	uint8_t bytes[JWT_PRIVATE_MAX];
	struct cs_writer private_key = CS_WRITER_OF(bytes);

	out->created = call_now(call);
	enum cs_err err = call_id_new("k_", out->id);
	if (!err)
		err = jwt_key_new(&private_key, out->public_key);
	if (!err)
		err = seal_close(&call->keeper->key, cs_view_string(out->id), cs_writer_view(&private_key),
				 &sealed);
	out->sealed_len = cs_writer_view(&sealed).len;
	cs_wipe(bytes, sizeof(bytes));
	if (!err)
		err = db_signing_key_purge(call->keeper->db, signing_shown_since(call));
	return err ? err : db_signing_key_add(call->keeper->db, out);
}

/* The newest key, where it is young enough to sign. CS_ERR_NOT_FOUND. */
static enum cs_err signing_newest(struct call *call, struct db_signing_key *out)
{
	struct db_signing_key keys[DB_SIGNING_KEYS_MAX];
	const uint64_t now = call_now(call), age = call->keeper->signing_for;
	size_t count;

	enum cs_err err = db_signing_keys(call->keeper->db, now > age ? now - age : 0, keys, &count);
	if (!err && !count)
		return CS_ERR_NOT_FOUND;
	if (!err)
		*out = keys[0];
	return err;
}

/* The private half. CS_ERR_NOT_FOUND: it does not open, which must not fail all that is in the transaction.
 */
static enum cs_err signing_open(struct call *call, const struct db_signing_key *key, struct cs_writer *out)
{
	enum cs_err err = seal_open(&call->keeper->key, cs_view_string(key->id),
				    cs_view(key->sealed, key->sealed_len), out);

	if (err != CS_ERR_CORRUPT)
		return err;
	log_line(LOG_LEVEL_ERROR, "signing key %s does not open, as its row was changed; a new one is made",
		 key->id);
	return CS_ERR_NOT_FOUND;
}

enum cs_err signing_sign(struct call *call, struct cs_view claims, struct cs_writer *out)
{
	struct db_signing_key key;
	uint8_t bytes[JWT_PRIVATE_MAX];
	struct cs_writer private_key = CS_WRITER_OF(bytes);

	enum cs_err err = signing_newest(call, &key);
	if (!err)
		err = signing_open(call, &key, &private_key);
	if (err == CS_ERR_NOT_FOUND) {
		private_key = CS_WRITER_OF(bytes);
		err = signing_make(call, &key);
		if (!err)
			err = signing_open(call, &key, &private_key);
	}
	if (!err)
		err = jwt_sign(cs_writer_view(&private_key), key.id, claims, out);
	cs_wipe(bytes, sizeof(bytes));
	return err;
}

enum cs_err keeper_jwks(struct call *call)
{
	struct json_out out = json_out_of(&call->body);
	struct db_signing_key keys[DB_SIGNING_KEYS_MAX];
	size_t count;

	enum cs_err err = db_signing_keys(call->keeper->db, signing_shown_since(call), keys, &count);
	if (err)
		return err;
	call->status = 200;
	json_object_begin(&out, NULL);
	json_array_begin(&out, "keys");
	for (size_t i = 0; i < count; i++)
		jwt_key_json(&out, keys[i].id, keys[i].public_key);
	json_array_end(&out);
	json_object_end(&out);
	return CS_OK;
}
