/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Seeds that leave: those of one user's tokens, or of all tokens of a realm, to an administrator, after
 * another one has approved of it (keeper_approval.h). It is what moves users to another server; the members
 * are those of an import's rows.
 *
 * A realm's come page by page. The approval is used up with the first one; what is to be sent with the call
 * for the next is a text that keeper has sealed: for this administrator and realm, the place, and an end ten
 * minutes from then.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/encoding.h"
#include "base/secret.h"
#include "daemon/decide.h"
#include "daemon/keeper_approval.h"
#include "daemon/name.h"

#define EXPORT_PAGE	 256u /* tokens that are looked at for one */
#define EXPORT_GO_ON	 600u /* seconds */
#define PLACE_PLAIN_MAX	 (8u + DB_TOKEN_ID_SIZE)
#define PLACE_SEALED_MAX (PLACE_PLAIN_MAX + SEAL_OVERHEAD)
#define PLACE_NAME_SIZE	 (sizeof(((struct audit_entry *)0)->actor) + SCOPE_WORD_SIZE + 24u)

/* Printed, sent and temporary ones have no seed that anybody else could use. */
static bool export_takes(const struct db_token *token)
{
	return token->type == VERIFY_HOTP || token->type == VERIFY_TOTP || token->type == VERIFY_OCRA;
}

static void export_members(struct json_out *out, const struct db_token *token, const char *secret)
{
	json_object_begin(out, NULL);
	json_text(out, "token", token->id);
	json_text(out, "user", token->user);
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

/* ---- a realm, page by page ---- */

struct realm_export {
	struct scope scope; /* of the realm alone; of nothing: all users */
	const char *realm;
	char after[DB_TOKEN_ID_SIZE];
	struct db_token *rows; /* EXPORT_PAGE */
	size_t count;
};

/* "*" for all users, "-" for those without a realm. */
static bool realm_take(const struct call *call, char realm[SCOPE_WORD_SIZE], struct scope *out)
{
	char wrong[SCOPE_WORD_SIZE];

	*out = (struct scope){.realms = ""};
	if (!call_text(call, IPC_TAG_REALMS, realm, SCOPE_WORD_SIZE) || !realm[0])
		return false;
	if (strcmp(realm, "*") == 0)
		return true;
	if (scope_realms(cs_view_string(realm), out, wrong) || strchr(out->realms, ' ') ||
	    strlen(out->realms) >= SCOPE_WORD_SIZE)
		return false;
	memcpy(realm, out->realms, SCOPE_WORD_SIZE);
	return true;
}

/* For whom and of what the text is with which he goes on. */
static struct cs_view place_name(const struct call *call, const char *realm, char out[PLACE_NAME_SIZE])
{
	int len = snprintf(out, PLACE_NAME_SIZE, "export of %s to %s", realm, call->audit.actor);

	return cs_view(out, (size_t)len);
}

static enum cs_err place_seal(const struct call *call, const struct realm_export *export, const char *after,
			      char out[2 * PLACE_SEALED_MAX + 1])
{
	uint8_t plain[PLACE_PLAIN_MAX], sealed[PLACE_SEALED_MAX];
	struct cs_writer w = CS_WRITER_OF(plain), s = CS_WRITER_OF(sealed);
	char name[PLACE_NAME_SIZE];

	cs_write_u64(&w, call_now(call) + EXPORT_GO_ON);
	cs_write_view(&w, cs_view_string(after));
	enum cs_err err = cs_writer_done(&w);
	if (!err)
		err = seal_close(&call->keeper->key, place_name(call, export->realm, name),
				 cs_writer_view(&w), &s);
	if (!err)
		cs_hex_encode(cs_writer_view(&s), out);
	return err;
}

/* False where it is none of ours, another's, of another realm, or too old. */
static bool place_open(const struct call *call, struct realm_export *export)
{
	uint8_t sealed[PLACE_SEALED_MAX], plain[PLACE_PLAIN_MAX];
	struct cs_writer s = CS_WRITER_OF(sealed), w = CS_WRITER_OF(plain);
	char name[PLACE_NAME_SIZE];

	if (cs_hex_decode(ipc_field(call->request, IPC_TAG_AFTER), &s) || cs_writer_done(&s) ||
	    seal_open(&call->keeper->key, place_name(call, export->realm, name), cs_writer_view(&s), &w))
		return false;
	struct cs_reader r = cs_reader_of(cs_writer_view(&w));
	uint64_t until = cs_read_u64(&r);
	struct cs_view after = cs_read_rest(&r);
	if (cs_reader_done(&r) || until <= call_now(call) || after.len >= sizeof(export->after))
		return false;
	memcpy(export->after, after.ptr, after.len);
	return true;
}

static void realm_row(void *ctx, const struct db_token *token)
{
	struct realm_export *export = ctx;

	export->rows[export->count++] = *token;
}

static enum cs_err realm_page(struct call *call, const struct realm_export *export)
{
	struct json_out out = json_out_of(&call->body);
	char next[2 * PLACE_SEALED_MAX + 1];
	enum cs_err err = CS_OK;
	unsigned told = 0;

	json_object_begin(&out, NULL);
	json_text(&out, "realm", export->realm);
	json_array_begin(&out, "tokens");
	for (size_t i = 0; !err && i < export->count; i++) {
		if (!export_takes(&export->rows[i]) || !scope_has_user(&export->scope, export->rows[i].user))
			continue;
		err = export_token(call, &export->rows[i], &out);
		told++;
	}
	json_array_end(&out);
	if (!err && export->count == EXPORT_PAGE) {
		err = place_seal(call, export, export->rows[EXPORT_PAGE - 1].id, next);
		json_text(&out, "next", err ? "" : next);
	} else {
		json_null(&out, "next");
	}
	json_object_end(&out);
	call->status = 200;
	call_result(call, "done");
	export_detail(call, told);
	return err;
}

/* Whether this page may be told; else it has been answered. */
static enum cs_err realm_allowed(struct call *call, struct realm_export *export, bool *granted)
{
	char subject[DB_SUBJECT_MAX];

	*granted = false;
	if (ipc_has(call->request, IPC_TAG_AFTER)) {
		*granted = place_open(call, export);
		return *granted ? CS_OK : call_refuse(call, CALL_BAD_AFTER);
	}
	if (strcmp(export->realm, "*") == 0)
		(void)snprintf(subject, sizeof(subject), "tell %s the seeds of all users' tokens",
			       call_caller(call));
	else
		(void)snprintf(subject, sizeof(subject), "tell %s the seeds of all tokens of realm %s",
			       call_caller(call), export->realm);
	return approval_take(call, subject, granted);
}

enum cs_err keeper_realm_export(struct call *call)
{
	struct realm_export export = {.count = 0};
	char realm[SCOPE_WORD_SIZE];
	bool granted;

	export.realm = realm;
	if (!realm_take(call, realm, &export.scope))
		return call_refuse(call, CALL_BAD_REALMS);
	(void)snprintf(call->audit.user, sizeof(call->audit.user), "%s", realm);
	enum cs_err err = realm_allowed(call, &export, &granted);
	if (err || !granted)
		return err;
	export.rows = calloc(EXPORT_PAGE, sizeof(export.rows[0]));
	if (!export.rows)
		return CS_ERR_MEMORY;
	err = db_token_list(call->keeper->db, NULL, export.after, EXPORT_PAGE, realm_row, &export);
	if (!err)
		err = realm_page(call, &export);
	free(export.rows);
	return err;
}
