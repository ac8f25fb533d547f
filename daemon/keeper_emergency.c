/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Answers without a database.
 */
#include "daemon/keeper_emergency.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "daemon/break_glass.h"
#include "daemon/client_address.h"
#include "daemon/keeper_call.h"
#include "daemon/log.h"
#include "daemon/name.h"
#include "daemon/seal_key.h"

static enum cs_err emergency_break_glass_open(struct keeper *keeper)
{
	static char error[CONFIG_ERROR_MAX];

	if (keeper->glass)
		return CS_OK;
	enum cs_err err = break_glass_open(keeper->glass_path, &keeper->key, NULL, &keeper->glass, error);
	if (err && !keeper->glass_missed)
		log_line(LOG_LEVEL_WARNING, "%s: there are no break-glass codes", error);
	keeper->glass_missed = err != CS_OK;
	return err;
}

void keeper_break_glass_open(struct keeper *keeper)
{
	(void)emergency_break_glass_open(keeper);
}

enum cs_err keeper_open_emergency(const struct config *config, struct clock clock, struct keeper *out,
				  char error[CONFIG_ERROR_MAX])
{
	memset(out, 0, sizeof(*out));
	out->clock = clock;
	keeper_reconfigure(out, config);
	enum cs_err err = seal_key_open(config, &out->key, error);
	if (err)
		return err;
	(void)snprintf(out->place, sizeof(out->place), "%s", config->state_directory);
	out->failing = true;
	out->body = malloc(IPC_BODY_MAX);
	err = out->body ? emergency_break_glass_open(out) : CS_ERR_MEMORY;
	if (err ? err != CS_ERR_BUSY : !break_glass_good(out->glass, clock_now(&clock) / 1000))
		err = CS_ERR_NOT_FOUND;
	if (err)
		keeper_close(out);
	return err;
}

/* ---- a code ---- */

static void emergency_answer(struct call *call, const struct break_glass_record *record)
{
	struct json_out out = json_out_of(&call->body);

	call->status = 200;
	json_object_begin(&out, NULL);
	json_bool(&out, "accepted", record != NULL);
	if (record)
		json_text(&out, "token", record->id);
	else
		json_text(&out, "reason", "wrong");
	json_object_end(&out);
}

/* The user's name, where the name that was given can be looked up: that of the user whose alias it may be;
 * "" where it is nobody's whom any door lets in. */
static enum cs_err emergency_user(struct call *call, char name[DB_USER_SIZE])
{
	struct db_user user;

	enum cs_err err = call_served_user(call, &user);
	if (err && err != CS_ERR_NOT_FOUND)
		return err;
	(void)snprintf(name, DB_USER_SIZE, "%s", err ? "" : user.name);
	return CS_OK;
}

/* Whether whoever asks may, and of whom: as ever, where that can be looked up; anyone, and of whoever is
 * named so, where the database cannot be had for that either. An error: it could not be, for another reason.
 */
static enum cs_err emergency_allowed(struct call *call, bool *allowed, char user[DB_USER_SIZE])
{
	struct db *db = call->keeper->db;

	*allowed = true;
	if (name_canonical(ipc_field(call->request, IPC_TAG_USER), DB_USER_SIZE - 1, user))
		user[0] = '\0';
	if (!db)
		return CS_OK;
	enum cs_err err = db_begin(db);
	keeper_caller_forget(call->keeper);
	if (!err)
		err = keeper_authorize(call, allowed);
	if (!err && *allowed)
		err = emergency_user(call, user);
	if (err && (db_broken(db) || db_failed(db, err))) {
		*allowed = true;
		err = CS_OK;
	}
	db_rollback(db);
	return err;
}

static void emergency_use(const struct call *call, char client[CLIENT_ADDRESS_MAX],
			  struct break_glass_use *use)
{
	if (!client_address(ipc_field(call->request, IPC_TAG_CLIENT), client))
		client[0] = '\0';
	*use = (struct break_glass_use){.now_ms = call->now_ms,
					.actor = call->audit.actor,
					.address = call->audit.address,
					.client = client};
}

/* What the audit log would have been told: the log is told at once, and the audit log later, of how many
 * there were. */
static void emergency_refused(struct call *call, const struct break_glass_use *use, bool allowed)
{
	call->keeper->metrics.glass_refused++;
	log_event(LOG_LEVEL_WARNING, "break_glass_refused",
		  "the database takes nothing, and a break-glass code was refused%s, asked by %s from %s",
		  allowed ? "" : ": the caller may not ask", use->actor,
		  use->address[0] ? use->address : "an unknown address");
	if (!allowed)
		break_glass_refuse(call->keeper->glass, use, false);
}

/* Answers a code of the form of these. False where that was not possible: it is not accepted. */
static bool emergency_code(struct call *call)
{
	char client[CLIENT_ADDRESS_MAX], user[DB_USER_SIZE] = "";
	struct break_glass *glass = call->keeper->glass;
	struct break_glass_use use;
	bool allowed;
	size_t i = 0;

	if (emergency_allowed(call, &allowed, user))
		return false;
	emergency_use(call, client, &use);
	if (!allowed) {
		emergency_refused(call, &use, false);
		return true;
	}
	enum cs_err err = break_glass_spend(glass, user, ipc_field(call->request, IPC_TAG_CODE), &use, &i);
	if (err == CS_ERR_WRONG) {
		emergency_refused(call, &use, true);
		emergency_answer(call, NULL);
		return true;
	}
	if (err)
		return false;
	call->keeper->metrics.glass_used++;
	log_event(LOG_LEVEL_WARNING, "break_glass_used",
		  "the database takes nothing: break-glass code %s let its user in, asked by %s",
		  break_glass_at(glass, i)->id, use.actor);
	emergency_answer(call, break_glass_at(glass, i));
	return true;
}

/* ---- requests ---- */

static void emergency_call(struct call *call, struct keeper *keeper, const struct ipc_request *request)
{
	memset(call, 0, sizeof(*call));
	call->keeper = keeper;
	call->request = request;
	call->now_ms = clock_now(&keeper->clock);
	call->body = cs_writer_of(keeper->body, IPC_BODY_MAX);
	(void)snprintf(call->audit.actor, sizeof(call->audit.actor), "unknown");
	if (!call_text(call, IPC_TAG_ADDRESS, call->audit.address, sizeof(call->audit.address)) ||
	    name_check(cs_view_string(call->audit.address)))
		call->audit.address[0] = '\0';
}

/* What needs no database. False: it is to be refused. */
static bool emergency_run(struct call *call, enum failure why)
{
	const struct ipc_request *request = call->request;

	if (why != FAILURE_OTHER && request->op == IPC_OTP_VERIFY &&
	    break_glass_form(ipc_field(request, IPC_TAG_CODE))) {
		keeper_break_glass_open(call->keeper);
		return call->keeper->glass && emergency_code(call);
	}
	if (call->keeper->db)
		return false;
	if (request->op == IPC_METRICS)
		return keeper_metrics(call) == CS_OK;
	return request->op == IPC_READY && keeper_ready(call) == CS_OK;
}

static void emergency_refuse(struct call *call, enum failure why)
{
	call->body = cs_writer_of(call->keeper->body, IPC_BODY_MAX);
	call->status = 503;
	if (why == FAILURE_COMMIT)
		call_error_body(&call->body, "lost",
				"The database failed as it stored this, and whether it did is not known: ask "
				"again, with the same "
				"Idempotency-Key if it had one; the daemon's log says what is wrong.");
	else
		call_error_body(
		    &call->body, "unavailable",
		    "The database could not store this, and nothing was changed: try again in a moment; the "
		    "daemon's log says what is wrong.");
}

enum cs_err keeper_emergency(struct keeper *keeper, const struct ipc_request *request, enum failure why,
			     struct cs_writer *out)
{
	struct call call;

	emergency_call(&call, keeper, request);
	if (!emergency_run(&call, why))
		emergency_refuse(&call, why);
	const struct ipc_reply reply = {request->id, call.status, cs_writer_view(&call.body)};
	return ipc_reply_build(&reply, out);
}
