/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Files of tokens: staged row by row, live with one commit.
 *
 * Invariants:
 *  1. No row of a file is a token before all rows are, and none is where one was refused.
 *  2. A row whose seed or serial number any token has is refused, with its number and the reason.
 *  3. A file that was broken off goes on where it was: rows are taken in their order, each once.
 *
 *   open --> staging --rows--> staging --commit--> done
 *     ^         |
 *     +-discard-+   (also by opening it again where a row was refused: what was wrong may have been put
 * right)
 */
#include <stdio.h>
#include <string.h>

#include "daemon/keeper_call.h"
#include "daemon/name.h"

#define IMPORT_ROWS_MAX 1000000u /* of a file */
#define IMPORT_AHEAD	86400u	 /* seconds that a TOTP token's position may lie ahead of the clock */

static const char *const import_users[] = {
    [DB_IMPORT_USERS_KNOWN] = "known", [DB_IMPORT_USERS_MADE] = "make", [DB_IMPORT_USERS_NONE] = "none"};

void import_write(struct json_out *out, const struct db_import *import)
{
	json_text(out, "import", import->id);
	json_text(out, "name", import->name);
	json_text(out, "digest", import->digest);
	json_text(out, "users", import_users[import->users]);
	json_text(out, "state", import->done ? "done" : "staging");
	json_number(out, "rows", import->rows);
	json_number(out, "staged", import->staged);
	json_number(out, "refused", import->refused);
}

/* The audit log knows an import by its identifier, where it has a token's otherwise. */
static void import_audit(struct call *call, const struct db_import *import)
{
	(void)snprintf(call->audit.token, sizeof(call->audit.token), "%s", import->id);
}

static enum cs_err import_answer(struct call *call, uint16_t status, const struct db_import *import)
{
	struct json_out out = json_out_of(&call->body);

	call->status = status;
	call_result(call, "done");
	json_object_begin(&out, NULL);
	import_write(&out, import);
	json_object_end(&out);
	return CS_OK;
}

/* ---- open ---- */

/* The request's words into import; CALL_REFUSAL_COUNT where all are right. */
static enum call_refusal import_settings(const struct call *call, struct db_import *import)
{
	struct cs_view users = ipc_field(call->request, IPC_TAG_USERS);
	uint64_t rows = ipc_field_number(call->request, IPC_TAG_COUNT_OF, 0);

	import->users = DB_IMPORT_USERS_KNOWN;
	for (unsigned i = DB_IMPORT_USERS_KNOWN; i <= DB_IMPORT_USERS_NONE; i++)
		if (users.ptr && cs_view_equal(users, cs_view_string(import_users[i])))
			import->users = (enum db_import_users)i;
	import->rows = (uint32_t)rows;
	import->created = call_now(call);
	if (!call_text(call, IPC_TAG_DIGEST, import->digest, sizeof(import->digest)) ||
	    strlen(import->digest) != DB_DIGEST_SIZE - 1 ||
	    strspn(import->digest, "0123456789abcdef") != DB_DIGEST_SIZE - 1)
		return CALL_BAD_DIGEST;
	if (!call_text(call, IPC_TAG_LABEL, import->name, sizeof(import->name)) ||
	    name_check(cs_view_string(import->name)))
		return CALL_BAD_LABEL;
	return rows < 1 || rows > IMPORT_ROWS_MAX ? CALL_BAD_ROWS : CALL_REFUSAL_COUNT;
}

/* What is there of the same file. */
enum import_former {
	IMPORT_NONE,
	IMPORT_DISCARDED, /* it was not to be gone on with, and is gone */
	IMPORT_GOING,	  /* the same, but for some of its rows: they are too many for one transaction */
	IMPORT_THERE,
};

static enum cs_err import_take_up(struct call *call, const struct db_import *wanted, struct db_import *found,
				  enum import_former *former)
{
	bool all = false;

	*former = IMPORT_NONE;
	enum cs_err err = db_import_find_digest(call->keeper->db, wanted->digest, found);
	if (err)
		return err == CS_ERR_NOT_FOUND ? CS_OK : err;
	*former = IMPORT_THERE;
	if (found->done || (!found->refused && found->rows == wanted->rows && found->users == wanted->users))
		return CS_OK;
	err = db_import_discard(call->keeper->db, found, &all);
	*former = all ? IMPORT_DISCARDED : IMPORT_GOING;
	return err;
}

enum cs_err keeper_import_open(struct call *call)
{
	struct db_import import = {.id = ""}, found;
	enum import_former former;

	enum call_refusal refusal = import_settings(call, &import);
	if (refusal != CALL_REFUSAL_COUNT)
		return call_refuse(call, refusal);
	enum cs_err err = import_take_up(call, &import, &found, &former);
	if (err)
		return err;
	call_detail(call, "SHA-256 %.32s...", import.digest);
	if (former == IMPORT_THERE || former == IMPORT_GOING)
		import_audit(call, &found);
	if (former == IMPORT_THERE)
		return found.done ? call_refuse(call, CALL_IMPORT_DONE) : import_answer(call, 200, &found);
	if (former == IMPORT_GOING) {
		call->unfinished = true;
		err = call_refuse(call, CALL_IMPORT_GOING);
		call_result(call, "partly"); /* rows are gone */
		return err;
	}
	err = call_id_new("i_", import.id);
	if (!err)
		err = db_import_add(call->keeper->db, &import);
	if (err == CS_ERR_EXISTS)
		return CS_ERR_BUSY; /* another daemon has opened the same file in this very moment */
	import_audit(call, &import);
	return err ? err : import_answer(call, 201, &import);
}

/* The import that the request names. */
static enum cs_err import_find(struct call *call, struct db_import *out)
{
	char id[DB_TOKEN_ID_SIZE];

	if (!call_text(call, IPC_TAG_IMPORT, id, sizeof(id)) || name_check(cs_view_string(id)))
		return CS_ERR_NOT_FOUND;
	enum cs_err err = db_import_find(call->keeper->db, id, out);
	if (!err)
		import_audit(call, out);
	return err;
}

/* ---- rows ---- */

/* The user of a row, who may have to be made; none where the row or the import wants none. */
static enum cs_err row_user(struct call *call, const struct db_import *import, struct db_stock *stock,
			    enum call_refusal *refusal)
{
	struct db_token *token = &stock->token;
	struct db_user user;
	uint32_t count = 0;

	if (!ipc_has(call->request, IPC_TAG_USER))
		return CS_OK;
	if (import->users == DB_IMPORT_USERS_NONE) {
		if (!token->label[0] && (!call_text(call, IPC_TAG_USER, token->label, sizeof(token->label)) ||
					 name_check(cs_view_string(token->label))))
			*refusal = CALL_BAD_USER;
		return CS_OK;
	}
	if (name_canonical(ipc_field(call->request, IPC_TAG_USER), sizeof(token->user) - 1, token->user)) {
		*refusal = CALL_BAD_USER;
		return CS_OK;
	}
	enum cs_err err = db_user_find(call->keeper->db, token->user, &user);
	if (err == CS_ERR_NOT_FOUND && import->users == DB_IMPORT_USERS_MADE) {
		stock->made_user = true;
		err = db_user_add(call->keeper->db, token->user, call_now(call));
		if (!err)
			err = db_user_find(call->keeper->db, token->user, &user);
		err = err == CS_ERR_EXISTS || err == CS_ERR_NOT_FOUND ? CS_ERR_BUSY : err;
	}
	if (!err)
		err = db_stock_user_count(call->keeper->db, user.id, call_now(call), &count);
	if (err == CS_ERR_NOT_FOUND)
		*refusal = CALL_NO_USER;
	else if (!err && count >= DB_USER_TOKENS_MAX)
		*refusal = CALL_TOO_MANY_TOKENS;
	if (!err) {
		token->user_id = user.id;
		memcpy(token->user, user.name, sizeof(token->user));
	}
	return err == CS_ERR_NOT_FOUND ? CS_OK : err;
}

/* What a row says of its token. */
static enum call_refusal row_settings(const struct call *call, struct db_token *token)
{
	token->next = 0;
	enum call_refusal refusal = enrol_settings(call, token);
	if (refusal != CALL_REFUSAL_COUNT)
		return refusal;
	token->next = ipc_field_number(call->request, IPC_TAG_POSITION, 0);
	token->expires = ipc_field_number(call->request, IPC_TAG_EXPIRES, 0);
	if (token->next > (uint64_t)INT64_MAX >> 1 ||
	    (token->type == VERIFY_TOTP && token->next > (call_now(call) + IMPORT_AHEAD) / token->period))
		return CALL_BAD_POSITION;
	return !call_text(call, IPC_TAG_SERIAL, token->serial, sizeof(token->serial)) ||
		       name_check(cs_view_string(token->serial))
		   ? CALL_BAD_SERIAL
		   : CALL_REFUSAL_COUNT;
}

/* Nobody has its seed or its serial number. */
static enum cs_err row_new(struct call *call, struct db_token *token, enum call_refusal *refusal)
{
	struct db *db = call->keeper->db;
	bool known = false;

	token->fingerprint_len = sizeof(token->fingerprint);
	enum cs_err err = seal_fingerprint(&call->keeper->key, ipc_field(call->request, IPC_TAG_SECRET),
					   token->fingerprint);
	if (!err)
		err = db_stock_seed_known(db, CS_VIEW_OF(token->fingerprint), &known);
	if (!err && known)
		*refusal = CALL_SEED_STOCKED;
	if (!err && !known && token->serial[0])
		err = db_stock_serial_known(db, token->serial, &known);
	if (!err && known && *refusal == CALL_REFUSAL_COUNT)
		*refusal = CALL_SERIAL_KNOWN;
	return err;
}

static enum cs_err row_store(struct call *call, struct db_stock *stock)
{
	struct db_token *token = &stock->token;
	struct cs_writer sealed = CS_WRITER_OF(token->sealed);
	char identity[TOKEN_IDENTITY_SIZE];

	enum cs_err err = call_id_new("t_", token->id);
	if (!err)
		err = data_key_close(call->keeper, token_identity(token, identity),
				     ipc_field(call->request, IPC_TAG_SECRET), &sealed);
	token->sealed_len = cs_writer_view(&sealed).len;
	return err ? err : db_stock_add(call->keeper->db, stock);
}

/* One row: in stock, or refused. */
static enum cs_err row_stage(struct call *call, const struct db_import *import, enum call_refusal *refusal)
{
	struct db_stock stock = {.made_user = false};

	memcpy(stock.import, import->id, sizeof(stock.import));
	*refusal = row_settings(call, &stock.token);
	if (*refusal != CALL_REFUSAL_COUNT)
		return CS_OK;
	enum cs_err err = row_new(call, &stock.token, refusal);
	if (!err && *refusal == CALL_REFUSAL_COUNT)
		err = row_user(call, import, &stock, refusal);
	if (!err && *refusal == CALL_REFUSAL_COUNT)
		err = row_store(call, &stock);
	return err;
}

/* All rows of the request, refusals into the answer. */
static enum cs_err rows_stage(struct call *call, struct db_import *import, struct json_out *out)
{
	struct cs_reader rows = cs_reader_of(ipc_field(call->request, IPC_TAG_ROWS));
	struct ipc_request row;
	enum cs_err err = CS_OK;

	while (!err && cs_reader_more(&rows)) {
		struct call one = *call;
		enum call_refusal refusal;
		err = ipc_row_next(&rows, &row);
		if (err || import->staged == import->rows)
			return CS_ERR_MALFORMED;
		one.request = &row;
		err = row_stage(&one, import, &refusal);
		import->staged++;
		if (err || refusal == CALL_REFUSAL_COUNT)
			continue;
		import->refused++;
		json_object_begin(out, NULL);
		json_number(out, "row", import->staged);
		json_text(out, "code", call_refusal_code(refusal));
		json_text(out, "message", call_refusal_message(refusal));
		json_object_end(out);
	}
	return err;
}

/* How many rows the request has. */
static uint64_t rows_count(const struct call *call)
{
	struct cs_reader rows = cs_reader_of(ipc_field(call->request, IPC_TAG_ROWS));
	struct ipc_request row;
	uint64_t count = 0;

	while (cs_reader_more(&rows) && !ipc_row_next(&rows, &row))
		count++;
	return count;
}

enum cs_err keeper_import_rows(struct call *call)
{
	struct json_out out = json_out_of(&call->body);
	uint64_t first = ipc_field_number(call->request, IPC_TAG_FIRST, 0), count = rows_count(call);
	struct db_import import;

	enum cs_err err = import_find(call, &import);
	if (err)
		return err == CS_ERR_NOT_FOUND ? call_refuse(call, CALL_NO_IMPORT) : err;
	if (import.done)
		return call_refuse(call, CALL_IMPORT_DONE);
	if (first != import.staged || count > import.rows - import.staged)
		return call_refuse(call, CALL_ROWS_OUT_OF_STEP);
	call->status = 200;
	json_object_begin(&out, NULL);
	json_array_begin(&out, "refusals");
	err = rows_stage(call, &import, &out);
	json_array_end(&out);
	if (!err)
		err = db_import_set(call->keeper->db, &import);
	if (err)
		return err;
	import_write(&out, &import);
	json_object_end(&out);
	call_result(call, "done");
	call_detail(call, "rows %llu to %u, %u refused so far", (unsigned long long)first + 1,
		    (unsigned)import.staged, (unsigned)import.refused);
	return CS_OK;
}

/* ---- commit and discard ---- */

/* The commit, where nothing stands against it: done is set then. */
static enum cs_err import_commit(struct call *call, struct db_import *import)
{
	uint32_t overtaken = 0;
	enum cs_err err = CS_OK;

	if (!import->refused)
		err = keeper_lock_enrolments(call->keeper);
	if (!err && !import->refused)
		err = db_import_overtaken(call->keeper->db, import->id, call_now(call), &overtaken);
	if (!err && overtaken) {
		import->refused = overtaken;
		err = db_import_set(call->keeper->db, import);
	}
	if (err || import->refused)
		return err;
	err = data_key_hold(call->keeper); /* sealed seeds are copied */
	if (!err)
		err = db_import_commit(call->keeper->db, import->id, call_now(call), &import->assigned);
	import->done = !err;
	return err;
}

/* Of an import that is done it says once more what became of it: an answer may have been lost. */
enum cs_err keeper_import_commit(struct call *call)
{
	struct json_out out = json_out_of(&call->body);
	struct db_import import;

	enum cs_err err = import_find(call, &import);
	if (err)
		return err == CS_ERR_NOT_FOUND ? call_refuse(call, CALL_NO_IMPORT) : err;
	if (!import.done && import.staged != import.rows)
		return call_refuse(call, CALL_IMPORT_UNFINISHED);
	if (!import.done)
		err = import_commit(call, &import);
	if (err)
		return err;
	if (!import.done)
		return call_refuse(call, CALL_IMPORT_REFUSED);
	call->status = 200;
	call_result(call, "done");
	call_detail(call, "%u tokens of users, %u in stock", (unsigned)import.assigned,
		    (unsigned)(import.rows - import.assigned));
	json_object_begin(&out, NULL);
	import_write(&out, &import);
	json_number(&out, "assigned", import.assigned);
	json_number(&out, "stock", import.rows - import.assigned);
	json_object_end(&out);
	return CS_OK;
}

/* Many rows go some at a time: the caller asks until all are gone, and others are answered in between. */
enum cs_err keeper_import_discard(struct call *call)
{
	struct json_out out = json_out_of(&call->body);
	struct db_import import;
	bool all = false;

	enum cs_err err = import_find(call, &import);
	if (err)
		return err == CS_ERR_NOT_FOUND ? call_refuse(call, CALL_NO_IMPORT) : err;
	if (import.done)
		return call_refuse(call, CALL_IMPORT_DONE);
	err = db_import_discard(call->keeper->db, &import, &all);
	if (err)
		return err;
	call->status = 200;
	call->unfinished = !all;
	call_result(call, all ? "done" : "partly");
	json_object_begin(&out, NULL);
	json_text(&out, "import", import.id);
	json_bool(&out, "discarded", all);
	json_object_end(&out);
	return CS_OK;
}
