/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The keys that assertions are signed with. They lie sealed in the database, so that all daemons that share
 * it sign with the same one. The next key is shown for a while before it signs, so that whoever has fetched
 * the keys within a day has it; a key that no longer signs is shown until the last assertion that it signed
 * has expired.
 *
 *   made, shown --lead--> signs --signing_key_days, and the next one's lead--> shown --an assertion's life-->
 * removed
 *
 * Invariants:
 *  1. A key that signs has been shown for the lead, unless there is no other one that opens.
 *  2. A key is shown as long as an assertion that it signed has not expired, unless it was rotated away.
 */
#include <string.h>

#include "base/secret.h"
#include "daemon/jwt.h"
#include "daemon/keeper_approval.h"
#include "daemon/keeper_login.h"
#include "daemon/log.h"

#define SIGNING_LEAD 86400u /* seconds; half of what a key signs for, where that is less */

/* All keys, the newest first. */
struct signing {
	struct db_signing_key keys[DB_SIGNING_KEYS_MAX];
	size_t count;
	size_t current; /* that signs */
	size_t shown;	/* as many are, from the newest on */
};

static uint64_t signing_lead(const struct call *call)
{
	const uint64_t half = call->keeper->signing_for / 2;

	return half < SIGNING_LEAD ? half : SIGNING_LEAD;
}

/* When the key begins to sign, where it is not the only one. */
static uint64_t signing_begins(const struct call *call, const struct db_signing_key *key)
{
	return key->created + signing_lead(call);
}

static enum cs_err signing_load(struct call *call, struct signing *out)
{
	const uint64_t now = call_now(call), life = call->keeper->assertion_lifetime;

	enum cs_err err = db_signing_keys(call->keeper->db, 0, out->keys, &out->count);
	out->current = 0;
	while (out->current + 1 < out->count && signing_begins(call, &out->keys[out->current]) > now)
		out->current++;
	out->shown = out->current + 1;
	while (out->shown < out->count && signing_begins(call, &out->keys[out->shown - 1]) + life > now)
		out->shown++;
	if (out->shown > out->count)
		out->shown = out->count;
	return err;
}

enum cs_err signing_key_new(struct call *call, const char *prefix, struct db_signing_key *out,
			    struct cs_writer *private_key)
{
	struct cs_writer sealed = CS_WRITER_OF(out->sealed);

	out->created = call_now(call);
	enum cs_err err = call_id_new(prefix, out->id);
	if (!err)
		err = jwt_key_new(private_key, out->public_key);
	if (!err)
		err = data_key_close(call->keeper, cs_view_string(out->id), cs_writer_view(private_key),
				     &sealed);
	out->sealed_len = cs_writer_view(&sealed).len;
	return err;
}

/* Makes another key, and removes those that are shown no more. */
static enum cs_err signing_make(struct call *call, struct signing *signing)
{
	struct db_signing_key key;
	uint8_t bytes[JWT_PRIVATE_MAX];
	struct cs_writer private_key = CS_WRITER_OF(bytes);

	enum cs_err err = signing_key_new(call, "k_", &key, &private_key);
	cs_wipe(bytes, sizeof(bytes));
	if (!err && signing->shown < signing->count)
		err = db_signing_key_purge(call->keeper->db, signing->keys[signing->shown].created);
	if (!err)
		err = db_signing_key_add(call->keeper->db, &key);
	return err ? err : signing_load(call, signing);
}

/* The keys; where there is none, or the newest has signed for long enough to be followed, another one. */
static enum cs_err signing_keys(struct call *call, struct signing *out, bool *made)
{
	enum cs_err err = signing_load(call, out);

	*made = !err && (!out->count || out->keys[0].created + call->keeper->signing_for <= call_now(call));
	return *made ? signing_make(call, out) : err;
}

/* What does not open must not fail all that is in the transaction. */
enum cs_err signing_key_open(struct call *call, const struct db_signing_key *key, struct cs_writer *out)
{
	enum cs_err err =
	    data_key_open(call->keeper, cs_view_string(key->id), cs_view(key->sealed, key->sealed_len), out);

	if (err != CS_ERR_CORRUPT)
		return err;
	log_line(LOG_LEVEL_ERROR, "key %s does not open, as its row was changed; another one takes its place",
		 key->id);
	return CS_ERR_NOT_FOUND;
}

/* The key that signs; where it does not open, the next newer one that does. CS_ERR_NOT_FOUND: none does. */
static enum cs_err signing_open_current(struct call *call, const struct signing *signing,
					struct cs_writer *out, size_t *index)
{
	const struct cs_writer start = *out;
	enum cs_err err = CS_ERR_NOT_FOUND;

	for (size_t i = signing->current + 1; err == CS_ERR_NOT_FOUND && i-- > 0;) {
		*out = start;
		*index = i;
		err = signing_key_open(call, &signing->keys[i], out);
	}
	return err;
}

enum cs_err signing_sign(struct call *call, struct cs_view claims, struct cs_writer *out)
{
	struct signing signing;
	uint8_t bytes[JWT_PRIVATE_MAX];
	struct cs_writer private_key = CS_WRITER_OF(bytes);
	size_t index = 0;
	bool made;

	enum cs_err err = signing_keys(call, &signing, &made);
	if (!err)
		err = signing_open_current(call, &signing, &private_key, &index);
	if (err == CS_ERR_NOT_FOUND) {
		err = signing_make(call, &signing);
		if (!err)
			err = signing_open_current(call, &signing, &private_key, &index);
	}
	if (!err)
		err = jwt_sign(cs_writer_view(&private_key), signing.keys[index].id, claims, out);
	cs_wipe(bytes, sizeof(bytes));
	return err;
}

static void signing_write(struct call *call, const struct signing *signing)
{
	struct json_out out = json_out_of(&call->body);

	call->status = 200;
	json_object_begin(&out, NULL);
	json_array_begin(&out, "keys");
	for (size_t i = 0; i < signing->shown; i++)
		jwt_key_json(&out, signing->keys[i].id, signing->keys[i].public_key);
	json_array_end(&out);
	json_object_end(&out);
}

/* Whoever asks for the keys first has the first one made, so that he has it when it signs. */
enum cs_err keeper_jwks(struct call *call)
{
	struct signing signing;
	bool made;

	enum cs_err err = signing_keys(call, &signing, &made);
	if (err)
		return err;
	if (made) {
		call_result(call, "done");
		call_detail(call, "new key %s", signing.keys[0].id);
	}
	signing_write(call, &signing);
	return CS_OK;
}

/* How many went and which one signs now, behind the approval by which they did. */
static void rotate_detail(struct call *call, size_t gone, const char *id)
{
	char approval[sizeof(call->audit.detail)];

	memcpy(approval, call->audit.detail, sizeof(approval));
	call_detail(call, "%.40s%snew key %s, %zu keys removed", approval, approval[0] ? ", " : "", id, gone);
}

/* All keys go, those of assertions that have not expired too, and another one signs at once: one of them is
 * in wrong hands. */
enum cs_err keeper_signing_rotate(struct call *call)
{
	struct signing signing;
	bool granted;

	enum cs_err err =
	    approval_take(call, "replace the keys that sign assertions, at once and all of them", &granted);
	if (err || !granted)
		return err;
	err = signing_load(call, &signing);
	if (err)
		return err;
	size_t gone = signing.count;
	err = db_signing_key_purge(call->keeper->db, INT64_MAX);
	signing.count = signing.shown = 0;
	if (!err)
		err = signing_make(call, &signing);
	if (err)
		return err;
	call_result(call, "done");
	rotate_detail(call, gone, signing.keys[0].id);
	signing_write(call, &signing);
	return CS_OK;
}
