/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Tokens in stock: given to users, or deleted.
 */
#include <stdio.h>
#include <string.h>

#include "base/secret.h"
#include "daemon/decide.h"
#include "daemon/keeper_call.h"
#include "daemon/name.h"

/* The token's seed, out of the stock's seal into its user's. */
static enum cs_err stock_reseal(struct call *call, const struct db_token *from, struct db_token *token)
{
	uint8_t seed[DB_SEED_MAX];
	struct cs_writer plain = CS_WRITER_OF(seed), sealed = CS_WRITER_OF(token->sealed);
	char identity[TOKEN_IDENTITY_SIZE];

	enum cs_err err = data_key_open(call->keeper, token_identity(from, identity),
					cs_view(from->sealed, from->sealed_len), &plain);
	if (!err)
		err = data_key_close(call->keeper, token_identity(token, identity), cs_writer_view(&plain),
				     &sealed);
	token->sealed_len = cs_writer_view(&sealed).len;
	cs_wipe(seed, sizeof(seed));
	return err;
}

/* Off the shelf, to the user. CS_ERR_STATE: he has as many tokens as he may have. */
static enum cs_err stock_hand_over(struct call *call, const struct db_stock *stock,
				   const struct db_user *user, struct db_token *token)
{
	*token = stock->token;
	token->user_id = user->id;
	memcpy(token->user, user->name, sizeof(token->user));
	token->state = DB_TOKEN_ACTIVE;
	token->created = call_now(call);
	enum cs_err err = stock_reseal(call, &stock->token, token);
	if (!err)
		err = db_token_add(call->keeper->db, token);
	return err ? err : db_stock_remove(call->keeper->db, token->id);
}

/* By its identifier or serial number. CS_ERR_NOT_FOUND. */
static enum cs_err stock_find(struct call *call, struct db_stock *out)
{
	char key[DB_SERIAL_SIZE];

	if (!call_text(call, IPC_TAG_TOKEN, key, sizeof(key)) || name_check(cs_view_string(key)))
		return CS_ERR_NOT_FOUND;
	enum cs_err err = db_stock_find(call->keeper->db, key, out);
	if (!err)
		(void)snprintf(call->audit.token, sizeof(call->audit.token), "%s", out->token.id);
	return err;
}

enum cs_err keeper_token_assign(struct call *call)
{
	struct json_out out = json_out_of(&call->body);
	struct db_stock stock;
	struct db_token token;
	struct db_user user;
	bool taken = false;

	enum cs_err err = call_user(call, &user);
	if (err)
		return err == CS_ERR_NOT_FOUND ? call_refuse(call, CALL_NO_USER) : err;
	err = stock_find(call, &stock);
	if (err)
		return err == CS_ERR_NOT_FOUND ? call_refuse(call, CALL_NO_STOCK) : err;
	err = seed_taken(call, &stock.token, &taken);
	if (!err && taken)
		return call_refuse(call, CALL_SEED_KNOWN);
	if (!err)
		err = stock_hand_over(call, &stock, &user, &token);
	if (err)
		return err == CS_ERR_STATE ? call_refuse(call, CALL_TOO_MANY_TOKENS) : err;
	call->status = 200;
	call_result(call, "done");
	json_object_begin(&out, NULL);
	json_text(&out, "token", token.id);
	json_text(&out, "user", token.user);
	json_text(&out, "serial", token.serial);
	json_object_end(&out);
	return CS_OK;
}

/* One that nobody is to get. It has made no codes here, so there is nothing to keep of its seed. */
enum cs_err keeper_stock_delete(struct call *call)
{
	struct json_out out = json_out_of(&call->body);
	struct db_stock stock;

	enum cs_err err = stock_find(call, &stock);
	if (!err)
		err = db_stock_remove(call->keeper->db, stock.token.id);
	if (err)
		return err == CS_ERR_NOT_FOUND ? call_refuse(call, CALL_NO_STOCK) : err;
	call->status = 200;
	call_result(call, "done");
	call_detail(call, "%s %s", decide_kind(stock.token.type)->name, stock.token.serial);
	json_object_begin(&out, NULL);
	json_text(&out, "token", stock.token.id);
	json_text(&out, "serial", stock.token.serial);
	json_bool(&out, "deleted", true);
	json_object_end(&out);
	return CS_OK;
}
