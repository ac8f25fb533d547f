/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Seeds that leave: those of one user's tokens, or of all tokens of a realm, to an administrator, after
 * another one has approved of it (keeper_approval.h). It is what moves users to another server; the members
 * are those of an import's rows.
 *
 * A realm's come page by page. The approval is used up with the first one, which begins an export: a row of
 * the database that says what the next page is.
 *
 *   approval --first page--> page 2 --page 2--> page 3 ... --last page--> no row
 *
 * Invariants:
 *  1. Each page is told once: a guarded update of the row, in the transaction of what is told.
 *  2. The end of an export is set with its first page, and stays.
 *  3. A page is told to the administrator, and of the realm, that the approval was for; the audit log has the
 * approval and the page's number with each.
 *
 * With seeds "withheld" the same tokens are told without their seeds, by the same approval, which stays good:
 * for who must know first whether they have a place where they are to go. Nothing is used up or begun by
 * that; the audit log has the approval with each, and behind which token its page begins.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/encoding.h"
#include "base/secret.h"
#include "daemon/decide.h"
#include "daemon/keeper_approval.h"
#include "daemon/name.h"

#define EXPORT_PAGE	 256u	/* tokens that are looked at for one */
#define EXPORT_LIFETIME	 1800u	/* seconds, from the first page to the last */
#define EXPORT_KEPT	 86400u /* seconds after its end: another daemon's clock may be behind */
#define EXPORT_NEXT_SIZE (DB_TOKEN_ID_SIZE + 12u)

/* Printed, sent and temporary ones have no seed that anybody else could use. */
static bool export_takes(const struct db_token *token)
{
	return token->type == VERIFY_HOTP || token->type == VERIFY_TOTP || token->type == VERIFY_OCRA;
}

static bool export_withholds(const struct call *call)
{
	return ipc_has(call->request, IPC_TAG_SEEDS);
}

static enum cs_err export_allowed(struct call *call, const char *subject, bool *granted)
{
	return export_withholds(call) ? approval_look(call, subject, granted)
				      : approval_take(call, subject, granted);
}

/* secret NULL: it is withheld. */
static void export_members(struct json_out *out, const struct db_token *token, const char *secret)
{
	json_object_begin(out, NULL);
	json_text(out, "token", token->id);
	json_text(out, "user", token->user);
	json_text(out, "type", decide_kind(token->type)->name);
	if (secret)
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

	if (export_withholds(call)) {
		export_members(out, token, NULL);
		return CS_OK;
	}
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

/* One that does not open ends all of it: nothing is told, and the answer names the token. */
static enum cs_err export_unreadable(struct call *call, const struct db_token *token)
{
	cs_wipe(call->keeper->body, call->body.len); /* of the seeds that did open */
	call->body = cs_writer_of(call->keeper->body, IPC_BODY_MAX);
	(void)snprintf(call->audit.token, sizeof(call->audit.token), "%s", token->id);
	return call_refuse_word(call, CALL_SEED_UNREADABLE, token->id);
}

/* The same of tokens without their seeds: behind which one, or "". */
static void export_looked(struct call *call, const char *approval, const char *place, unsigned told)
{
	call->status = 200;
	call_result(call, "looked");
	call_detail(call, "%.20s%s%.20s%s%u tokens", approval, approval[0] ? ", " : "", place,
		    place[0] ? ", " : "", told);
}

/* They are told: how many, behind the approval by which they were; page 0: there is but one. */
static void export_done(struct call *call, const char *approval, uint32_t page, unsigned told)
{
	char number[24] = "";

	call->status = 200;
	call_result(call, "done");
	if (page)
		(void)snprintf(number, sizeof(number), "page %u, ", (unsigned)page);
	call_detail(call, "%.40s%s%s%u seeds", approval, approval[0] ? ", " : "", number, told);
}

struct user_export {
	struct db_token rows[EXPORT_PAGE];
	size_t count;
	unsigned told;
	const struct db_token *unreadable; /* the row that ends it */
};

static void user_row(void *ctx, const struct db_token *token)
{
	struct user_export *export = ctx;

	export->rows[export->count++] = *token;
}

/* Up to EXPORT_PAGE of the user's tokens, behind those of the page before. */
static enum cs_err user_page(struct call *call, const struct db_user *user, struct user_export *export,
			     struct json_out *out)
{
	char after[DB_TOKEN_ID_SIZE] = "";

	if (export->count)
		memcpy(after, export->rows[export->count - 1].id, sizeof(after));
	export->count = 0;
	enum cs_err err = db_token_list(call->keeper->db, user->name, after, EXPORT_PAGE, user_row, export);
	for (size_t i = 0; !err && i < export->count; i++) {
		if (!export_takes(&export->rows[i]))
			continue;
		err = export_token(call, &export->rows[i], out);
		if (err == CS_ERR_CORRUPT)
			export->unreadable = &export->rows[i];
		export->told++;
	}
	return err;
}

/* All of them, or none: a seed that does not open ends it. */
static enum cs_err user_export(struct call *call, const struct db_user *user, struct user_export *export)
{
	struct json_out out = json_out_of(&call->body);
	char approval[sizeof(call->audit.detail)];
	enum cs_err err;

	json_object_begin(&out, NULL);
	json_text(&out, "user", user->name);
	json_array_begin(&out, "tokens");
	do
		err = user_page(call, user, export, &out);
	while (!err && export->count == EXPORT_PAGE);
	if (export->unreadable)
		return export_unreadable(call, export->unreadable);
	json_array_end(&out);
	json_object_end(&out);
	memcpy(approval, call->audit.detail, sizeof(approval));
	if (export_withholds(call))
		export_looked(call, approval, "", export->told);
	else
		export_done(call, approval, 0, export->told);
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
	err = export_allowed(call, subject, &granted);
	if (err || !granted)
		return err;
	struct user_export *export = calloc(1, sizeof(*export));
	err = export ? user_export(call, &user, export) : CS_ERR_MEMORY;
	free(export);
	return err;
}

/* ---- a realm, page by page ---- */

struct realm_export {
	struct scope scope; /* of the realm alone; of nothing: all users */
	struct db_export of;
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

/* What a call has that asks for another page: e_0123456789abcdef.2 */
static bool next_take(const struct call *call, struct db_export *out)
{
	char text[EXPORT_NEXT_SIZE], *end = NULL;

	if (!call_text(call, IPC_TAG_AFTER, text, sizeof(text)))
		return false;
	char *dot = strchr(text, '.');
	if (!dot || (size_t)(dot - text) >= sizeof(out->id) || dot[1] < '1' || dot[1] > '9')
		return false;
	unsigned long page = strtoul(dot + 1, &end, 10);
	if (*end || page > INT32_MAX)
		return false;
	*dot = '\0';
	memcpy(out->id, text, strlen(text) + 1);
	out->page = (uint32_t)page;
	return true;
}

static void realm_row(void *ctx, const struct db_token *token)
{
	struct realm_export *export = ctx;

	export->rows[export->count++] = *token;
}

/* The page has been told: what the next one is. A full one has a next one, if an empty one. */
static enum cs_err realm_turn(struct call *call, struct realm_export *export, char next[EXPORT_NEXT_SIZE])
{
	struct db_export *of = &export->of;
	const bool first = of->page == 1, last = export->count < EXPORT_PAGE;
	const char *place = last ? "" : export->rows[EXPORT_PAGE - 1].id;
	enum cs_err err = CS_OK;

	next[0] = '\0';
	if (export_withholds(call))
		(void)snprintf(next, EXPORT_NEXT_SIZE, "%s", place);
	if ((first && last) || export_withholds(call))
		return CS_OK;
	if (last)
		return db_export_end(call->keeper->db, of);
	if (first) {
		memcpy(of->place, place, sizeof(of->place));
		err = call_id_new("e_", of->id);
		if (!err)
			err = db_export_add(call->keeper->db, of);
	} else {
		err = db_export_turn(call->keeper->db, of, place);
	}
	(void)snprintf(next, EXPORT_NEXT_SIZE, "%s.%u", of->id, (unsigned)of->page + 1);
	return err;
}

static enum cs_err realm_page(struct call *call, struct realm_export *export)
{
	struct json_out out = json_out_of(&call->body);
	char next[EXPORT_NEXT_SIZE];
	unsigned told = 0;
	enum cs_err err = CS_OK;

	json_object_begin(&out, NULL);
	json_text(&out, "realm", export->of.realm);
	json_array_begin(&out, "tokens");
	for (size_t i = 0; !err && i < export->count; i++) {
		if (!export_takes(&export->rows[i]) || !scope_has_user(&export->scope, export->rows[i].user))
			continue;
		err = export_token(call, &export->rows[i], &out);
		if (err == CS_ERR_CORRUPT)
			return export_unreadable(call, &export->rows[i]);
		told++;
	}
	if (!err)
		err = realm_turn(call, export, next);
	if (err)
		return err;
	json_array_end(&out);
	if (next[0])
		json_text(&out, "next", next);
	else
		json_null(&out, "next");
	json_object_end(&out);
	if (export_withholds(call))
		export_looked(call, export->of.approval, export->of.place, told);
	else
		export_done(call, export->of.approval, export->of.page, told);
	return err;
}

/* Whether another page may be told; else it has been refused. */
static enum cs_err realm_goes_on(struct call *call, struct db_export *of, bool *granted)
{
	enum cs_err err =
	    next_take(call, of) ? db_export_find(call->keeper->db, of, call_now(call)) : CS_ERR_NOT_FOUND;

	*granted = !err;
	return err == CS_ERR_NOT_FOUND ? call_refuse(call, CALL_EXPORT_OVER) : err;
}

static enum cs_err realm_allowed(struct call *call, struct db_export *of, bool *granted)
{
	char subject[DB_SUBJECT_MAX];

	if (strcmp(of->realm, "*") == 0)
		(void)snprintf(subject, sizeof(subject), "tell %s the seeds of all users' tokens",
			       call_caller(call));
	else
		(void)snprintf(subject, sizeof(subject), "tell %s the seeds of all tokens of realm %s",
			       call_caller(call), of->realm);
	enum cs_err err = export_allowed(call, subject, granted);
	if (!err && *granted)
		(void)snprintf(of->approval, sizeof(of->approval), "%.*s", (int)sizeof(of->approval) - 1,
			       call->audit.detail);
	return err;
}

/* Whether another page of the tokens alone may be told; else it has been answered. Its place is the last
 * token of the page before. */
static enum cs_err realm_looks(struct call *call, struct db_export *of, bool *granted)
{
	of->page = 1;
	if (ipc_has(call->request, IPC_TAG_AFTER) &&
	    (!call_text(call, IPC_TAG_AFTER, of->place, sizeof(of->place)) ||
	     name_check(cs_view_string(of->place)))) {
		*granted = false;
		return call_refuse(call, CALL_BAD_AFTER);
	}
	return realm_allowed(call, of, granted);
}

/* Whether the first page may be told; else it has been answered. */
static enum cs_err realm_begins(struct call *call, struct db_export *of, bool *granted)
{
	const uint64_t now = call_now(call);

	of->page = 1;
	of->expires = now + EXPORT_LIFETIME;
	enum cs_err err = realm_allowed(call, of, granted);
	if (err || !*granted)
		return err;
	return db_export_purge(call->keeper->db, now > EXPORT_KEPT ? now - EXPORT_KEPT : 0);
}

enum cs_err keeper_realm_export(struct call *call)
{
	struct realm_export export = {.count = 0};
	struct db_export *of = &export.of;
	bool granted;

	if (!realm_take(call, of->realm, &export.scope))
		return call_refuse(call, CALL_BAD_REALMS);
	(void)snprintf(call->audit.user, sizeof(call->audit.user), "%s", of->realm);
	(void)snprintf(of->holder, sizeof(of->holder), "%s", call->audit.actor);
	enum cs_err err = export_withholds(call)		  ? realm_looks(call, of, &granted)
			  : ipc_has(call->request, IPC_TAG_AFTER) ? realm_goes_on(call, of, &granted)
								  : realm_begins(call, of, &granted);
	if (err || !granted)
		return err;
	export.rows = calloc(EXPORT_PAGE, sizeof(export.rows[0]));
	if (!export.rows)
		return CS_ERR_MEMORY;
	err = db_token_list(call->keeper->db, NULL, of->place, EXPORT_PAGE, realm_row, &export);
	if (!err)
		err = realm_page(call, &export);
	free(export.rows);
	return err;
}
