/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What administrators ask of the data keys (data_key.h): another one, by two of them, and how far that is.
 */
#include <string.h>

#include "daemon/keeper_approval.h"

static void keys_write(struct call *call, uint32_t current, const struct db_data_key *keys, size_t count)
{
	struct json_out out = json_out_of(&call->body);
	const struct db_data_key *last = count ? &keys[count - 1] : NULL;

	json_object_begin(&out, NULL);
	json_number(&out, "current", current);
	json_array_begin(&out, "keys");
	for (size_t i = 0; i < count; i++) {
		json_object_begin(&out, NULL);
		json_number(&out, "number", keys[i].number);
		json_number(&out, "created", keys[i].created);
		json_object_end(&out);
	}
	json_array_end(&out);
	json_text(&out, "state", !last ? "none" : last->finished ? "done" : "running");
	if (last) {
		json_number(&out, "total", last->total);
		json_number(&out, "done", last->done);
		json_number(&out, "unreadable", last->unreadable);
		if (last->finished)
			json_number(&out, "finished", last->finished);
	}
	json_object_end(&out);
}

static enum cs_err keys_answer(struct call *call, uint16_t status)
{
	struct db_data_key keys[DB_DATA_KEYS_MAX];
	uint32_t current = 0;
	int64_t version;
	size_t count = 0;

	enum cs_err err = db_data_key_now(call->keeper->db, DB_READ, &current, &version);
	if (!err)
		err = db_data_keys(call->keeper->db, keys, &count);
	if (err)
		return err;
	if (count && !keys[count - 1].finished)
		call->keeper->rekey_begun = true; /* whoever has begun it may be gone */
	call->status = status;
	keys_write(call, current, keys, count);
	return CS_OK;
}

enum cs_err keeper_data_key_list(struct call *call)
{
	return keys_answer(call, 200);
}

/* Which key, behind the approval by which it came. */
static void rekey_detail(struct call *call, const struct db_data_key *key)
{
	char approval[sizeof(call->audit.detail)];

	memcpy(approval, call->audit.detail, sizeof(approval));
	call_detail(call, "%.40s%sdata key %u, %llu to seal anew", approval, approval[0] ? ", " : "",
		    (unsigned)key->number, (unsigned long long)key->total);
}

enum cs_err keeper_rekey(struct call *call)
{
	struct db_data_key key;
	bool granted = false;

	enum cs_err err = data_key_may_renew(call->keeper);
	if (err == CS_ERR_STATE)
		return call_refuse(call, CALL_REKEY_RUNS);
	const bool full = err == CS_ERR_FULL;
	if (!err || full)
		err = approval_take(call, "seal all seeds and signing keys under another data key", &granted);
	if (err || !granted)
		return err;
	err = full ? data_key_again(call->keeper, &key) : data_key_renew(call->keeper, call_now(call), &key);
	if (err)
		return err == CS_ERR_STATE || err == CS_ERR_FULL ? CS_ERR_BUSY
								 : err; /* another daemon was first */
	call_result(call, "done");
	rekey_detail(call, &key);
	return keys_answer(call, 201);
}
