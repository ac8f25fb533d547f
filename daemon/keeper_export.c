/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Seeds that leave: those of one user's tokens, to an administrator, after another one has approved of it
 * (keeper_approval.h). It is what moves a user to another server; the members are those of an import's rows.
 */
#include <stdio.h>
#include <string.h>

#include "base/encoding.h"
#include "base/secret.h"
#include "daemon/decide.h"
#include "daemon/keeper_approval.h"

/* Printed, sent and temporary ones have no seed that anybody else could use. */
static bool export_takes(const struct db_token *token)
{
	return token->type == VERIFY_HOTP || token->type == VERIFY_TOTP || token->type == VERIFY_OCRA;
}

static void export_members(struct json_out *out, const struct db_token *token, const char *secret)
{
	json_object_begin(out, NULL);
	json_text(out, "token", token->id);
	json_text(out, "type", decide_kind(token->type)->name);
	json_text(out, "secret", secret);
	json_text(out, "algorithm", call_hash_name(token->hash));
	json_number(out, "digits", token->digits);
	if (token->type == VERIFY_TOTP)
		json_number(out, "period", token->period);
	json_number(out, "counter", token->next);
	json_text(out, "serial", token->serial);
	json_text(out, "label", token->label);
	if (token->suite[0])
		json_text(out, "suite", token->suite);
	if (token->expires)
		json_number(out, "expires", token->expires);
	json_text(out, "state", token->state == DB_TOKEN_ACTIVE ? "active" : "disabled");
	json_object_end(out);
}

static enum cs_err export_token(struct call *call, const struct db_token *token, struct json_out *out)
{
	char identity[TOKEN_IDENTITY_SIZE], secret[CS_BASE32_SIZE(DB_SEED_MAX)];
	uint8_t seed[DB_SEED_MAX];
	struct cs_writer w = CS_WRITER_OF(seed);

	enum cs_err err = data_key_open(call->keeper, token_identity(token, identity),
					cs_view(token->sealed, token->sealed_len), &w);
	if (!err) {
		cs_base32_encode(cs_writer_view(&w), secret);
		export_members(out, token, secret);
	}
	cs_wipe(seed, sizeof(seed));
	cs_wipe(secret, sizeof(secret));
	return err;
}

/* How many, behind the approval by which they were told. */
static void export_detail(struct call *call, unsigned told)
{
	char approval[sizeof(call->audit.detail)];

	memcpy(approval, call->audit.detail, sizeof(approval));
	call_detail(call, "%.40s%s%u seeds", approval, approval[0] ? ", " : "", told);
}

/* All of them, or none: a seed that does not open ends it. */
static enum cs_err export_tokens(struct call *call, const struct db_user *user)
{
	struct json_out out = json_out_of(&call->body);
	struct db_token tokens[DB_USER_TOKENS_MAX];
	unsigned told = 0;
	size_t count;

	enum cs_err err = db_token_of_user(call->keeper->db, user->id, tokens, &count);
	if (err)
		return err;
	json_object_begin(&out, NULL);
	json_text(&out, "user", user->name);
	json_array_begin(&out, "tokens");
	for (size_t i = 0; !err && i < count; i++) {
		if (!export_takes(&tokens[i]))
			continue;
		err = export_token(call, &tokens[i], &out);
		told++;
	}
	json_array_end(&out);
	json_object_end(&out);
	call->status = 200;
	call_result(call, "done");
	export_detail(call, told);
	return err;
}

enum cs_err keeper_user_export(struct call *call)
{
	char subject[DB_SUBJECT_MAX];
	struct db_user user;
	bool granted;

	enum cs_err err = call_user(call, &user);
	if (err)
		return err == CS_ERR_NOT_FOUND ? call_refuse(call, CALL_NO_USER) : err;
	(void)snprintf(subject, sizeof(subject), "tell %s the seeds of user %s's tokens", call_caller(call),
		       user.name);
	err = approval_take(call, subject, &granted);
	if (err || !granted)
		return err;
	return export_tokens(call, &user);
}
