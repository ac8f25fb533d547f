/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Keeper's side of courier: messages leave the outbox, and do so for good when they were sent. Codes go
 * before web hooks, and those of one URL one after the other.
 *
 *   waiting --taken: a try is counted--> lent --sent--> gone
 *           <--failed for now: due later-- lent --refused for good, tried often enough--> dead
 *           <--courier ended, lease over--
 *   waiting --expired--> dead        dead --retried (keeper_outbox_retry), before it expires--> waiting
 *
 * Invariants:
 *  1. A message is handed over only after the transaction that counts the try and lends it has been
 * committed, and to one courier at a time: none gets it while another's lease lasts.
 *  2. It is removed only when a courier has said that it was sent, and never handed over once it has expired.
 *  3. A code is in the database no longer than until it was sent or has expired.
 *
 * A dead one keeps its place in the table for a week, without the code as soon as that is over; the audit log
 * tells of it for longer.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/secret.h"
#include "daemon/courier.h"
#include "daemon/keeper_alarm.h"
#include "daemon/keeper_call.h"
#include "daemon/keeper_hook.h"
#include "daemon/log.h"
#include "daemon/name.h"

#define OUTBOX_TRIES   8u
#define OUTBOX_FIRST_S 5u /* until a second try; each further one waits twice as long */
#define OUTBOX_HOOK_S  900u
#define OUTBOX_KEPT_S  604800u
#define OUTBOX_TEND_S  10u
#define OUTBOX_AT_ONCE 256u /* that expire in one transaction */

static void outbox_audit(struct keeper *keeper, const struct db_message *message, const char *result,
			 const char *reason)
{
	struct audit_entry *entry = &keeper->entries[keeper->entry_count++];

	*entry = (struct audit_entry){
	    .time_ms = clock_now(&keeper->clock), .actor = "countersignd", .action = "message"};
	(void)snprintf(entry->result, sizeof(entry->result), "%s", result);
	(void)snprintf(entry->reason, sizeof(entry->reason), "%.*s", (int)sizeof(entry->reason) - 1, reason);
	(void)snprintf(entry->user, sizeof(entry->user), "%s", message->user);
	(void)snprintf(entry->detail, sizeof(entry->detail), "%s %s", message->kind, message->id);
}

/* Unless another daemon was faster. */
static enum cs_err outbox_bury(struct keeper *keeper, const struct db_message *message, const char *reason,
			       uint64_t now)
{
	enum cs_err err = db_outbox_bury(keeper->db, message->id, reason, now);
	if (err)
		return err == CS_ERR_NOT_FOUND ? CS_OK : err;
	outbox_audit(keeper, message, "failed", reason);
	log_event(LOG_LEVEL_WARNING, "message_failed", "message %s (%s) was not delivered: %s", message->id,
		  message->kind, reason);
	keeper->metrics.messages[KEEPER_MESSAGE_DEAD]++;
	return CS_OK;
}

/* ---- what courier has ---- */

/* The place of an id in the list of what is lent; "" finds a free one. NULL: none. */
static char *outbox_lent(struct keeper *keeper, const char *id)
{
	for (size_t i = 0; i < OUTBOX_LANES; i++)
		if (strcmp(keeper->outbox.lent[i], id) == 0)
			return keeper->outbox.lent[i];
	return NULL;
}

static void outbox_lend(struct keeper *keeper, const char *id)
{
	char *place = outbox_lent(keeper, "");

	if (place)
		(void)snprintf(place, DB_TOKEN_ID_SIZE, "%s", id);
}

static void outbox_returned(struct keeper *keeper, const char *id)
{
	char *place = id[0] ? outbox_lent(keeper, id) : NULL;

	if (place)
		place[0] = '\0';
}

/* ---- its questions ---- */

/* Hands a message over, unless another daemon's courier has just got it. */
static enum cs_err outbox_hand_over(struct keeper *keeper, const struct db_message *message, uint64_t now,
				    struct courier_message *out)
{
	struct cs_writer body = cs_writer_of(out->body, sizeof(out->body) - 1);
	bool taken;

	enum cs_err err = db_outbox_take(keeper->db, message, now + OUTBOX_LEASE_S, &taken);
	if (err || !taken)
		return err;
	err = seal_open(&keeper->key, cs_view_string(message->id),
			cs_view(message->sealed, message->sealed_len), &body);
	if (err)
		return err == CS_ERR_CORRUPT || err == CS_ERR_NO_SPACE
			   ? outbox_bury(keeper, message, "not_sealed_here", now)
			   : err;
	(void)snprintf(out->id, sizeof(out->id), "%s", message->id);
	(void)snprintf(out->kind, sizeof(out->kind), "%s", message->kind);
	(void)snprintf(out->destination, sizeof(out->destination), "%s", message->destination);
	return CS_OK;
}

static bool outbox_is_hook(const struct db_message *message)
{
	return strcmp(message->kind, "hook") == 0;
}

/* The first web hook of a URL, where it is due. CS_ERR_NOT_FOUND. */
static enum cs_err outbox_hook(struct keeper *keeper, uint64_t now, struct db_message *out)
{
	char urls[CONFIG_TEXT_MAX], *rest = NULL;

	memcpy(urls, keeper->hook_urls, sizeof(urls));
	for (char *url = strtok_r(urls, " ", &rest); url; url = strtok_r(NULL, " ", &rest)) {
		enum cs_err err = db_outbox_hook(keeper->db, url, out);
		if (err == CS_ERR_NOT_FOUND || (!err && (out->due > now || out->expires <= now)))
			continue;
		return err;
	}
	return CS_ERR_NOT_FOUND;
}

static enum cs_err outbox_next(struct keeper *keeper, uint64_t now, bool hooks, struct courier_message *out)
{
	struct db_message message;

	enum cs_err err = db_outbox_due(keeper->db, now, &message);
	if (err == CS_ERR_NOT_FOUND && hooks)
		err = outbox_hook(keeper, now, &message);
	if (err)
		return err == CS_ERR_NOT_FOUND ? CS_OK : err;
	/* No courier told what became of the last try. */
	if (message.attempts >= OUTBOX_TRIES && !outbox_is_hook(&message))
		return outbox_bury(keeper, &message, "tried_often_enough", now);
	return outbox_hand_over(keeper, &message, now, out);
}

/* Until the next try: twice as long each time, for web hooks, which are tried until they expire, at most
 * OUTBOX_HOOK_S. */
static uint64_t outbox_pause(const struct db_message *message)
{
	const uint32_t doublings = message->attempts > OUTBOX_TRIES ? OUTBOX_TRIES : message->attempts - 1;
	const uint64_t pause = (uint64_t)OUTBOX_FIRST_S << doublings;

	return outbox_is_hook(message) && pause > OUTBOX_HOOK_S ? OUTBOX_HOOK_S : pause;
}

/* What became of one; of one that is not there any more, or dead by now, there is nothing to say. */
static enum cs_err outbox_result(struct keeper *keeper, const struct courier_ask *ask, uint64_t now)
{
	struct db_message message;

	enum cs_err err = db_outbox_find(keeper->db, ask->id, &message);
	if (err)
		return err == CS_ERR_NOT_FOUND ? CS_OK : err;
	if (ask->word == COURIER_SENT) {
		if (!outbox_is_hook(&message)) /* the log has what it tells of */
			outbox_audit(keeper, &message, "sent", "");
		keeper->metrics.messages[KEEPER_MESSAGE_SENT]++;
		return db_outbox_remove(keeper->db, message.id);
	}
	keeper->metrics.messages[KEEPER_MESSAGE_FAILED]++;
	if (message.dead)
		return CS_OK;
	if (ask->final || (message.attempts >= OUTBOX_TRIES && !outbox_is_hook(&message)))
		return outbox_bury(keeper, &message, ask->reason, now);
	return db_outbox_put_off(keeper->db, message.id, now + outbox_pause(&message));
}

/* ---- transactions ---- */

struct outbox_work {
	const struct courier_ask *ask; /* NULL: what is due by itself */
	struct courier_message *out;
	bool release; /* what was lent is due */
};

static enum cs_err outbox_release(struct keeper *keeper, uint64_t now)
{
	enum cs_err err = CS_OK;

	for (size_t i = 0; !err && i < OUTBOX_LANES; i++)
		if (keeper->outbox.lent[i][0]) {
			err = db_outbox_put_off(keeper->db, keeper->outbox.lent[i], now);
			err = err == CS_ERR_NOT_FOUND ? CS_OK : err;
		}
	return err;
}

/* Those that wait for too long are told of once, until none does. */
static enum cs_err outbox_alarm(struct keeper *keeper, uint64_t now)
{
	struct db_outbox_figures figures;

	enum cs_err err = db_outbox_figures(keeper->db, &figures);
	if (err)
		return err;
	const bool late = figures.oldest && keeper->outbox.alarm_seconds &&
			  now >= figures.oldest + keeper->outbox.alarm_seconds;
	if (late && !keeper->outbox.late)
		keeper_alarm_raise(keeper, "messages_wait", false,
				   "messages that wait to be sent: %" PRIu64 ", the oldest for %" PRIu64
				   " seconds",
				   figures.waiting, now - figures.oldest);
	if (!late && keeper->outbox.late)
		log_event(LOG_LEVEL_NOTICE, "messages_go", "no message waits for long any more");
	keeper->outbox.late = late;
	return CS_OK;
}

static enum cs_err outbox_due_by_itself(struct keeper *keeper, uint64_t now)
{
	struct db_message message;
	enum cs_err err = CS_OK;

	for (size_t i = 0; !err && i < OUTBOX_AT_ONCE; i++) {
		err = db_outbox_expired(keeper->db, now, &message);
		if (!err)
			err = outbox_bury(keeper, &message, "expired", now);
	}
	if (!err || err == CS_ERR_NOT_FOUND)
		err = db_outbox_purge(keeper->db, now, now - OUTBOX_KEPT_S);
	return err ? err : outbox_alarm(keeper, now);
}

static enum cs_err outbox_transaction(struct keeper *keeper, const struct outbox_work *work, uint64_t now)
{
	keeper->entry_count = 0;
	enum cs_err err = db_begin(keeper->db);
	if (err)
		return err;
	if (work->release)
		err = outbox_release(keeper, now);
	else if (!work->ask)
		err = outbox_due_by_itself(keeper, now);
	else if (work->ask->word == COURIER_NEXT)
		err = outbox_next(keeper, now, work->ask->hooks, work->out);
	else
		err = outbox_result(keeper, work->ask, now);
	if (!err && keeper->entry_count)
		err = hook_and_append(keeper);
	return err ? err : db_commit(keeper->db);
}

static enum cs_err outbox_run(struct keeper *keeper, const struct outbox_work *work)
{
	const struct keeper_metrics before = keeper->metrics;
	const bool late = keeper->outbox.late;

	enum cs_err err = outbox_transaction(keeper, work, clock_now(&keeper->clock) / 1000);
	if (err) {
		db_rollback(keeper->db);
		keeper->metrics = before;
		keeper->outbox.late = late;
	} else {
		keeper->metrics.audit_entries += keeper->entry_count;
		if (keeper->entry_count)
			keeper->audit_head = keeper->entries[keeper->entry_count - 1].sequence;
	}
	keeper->entry_count = 0;
	return err;
}

enum cs_err outbox_answer(struct keeper *keeper, const struct courier_ask *ask, struct courier_message *out)
{
	memset(out, 0, sizeof(*out));
	enum cs_err err = outbox_run(keeper, &(struct outbox_work){.ask = ask, .out = out});
	if (err)
		cs_wipe(out, sizeof(*out));
	else if (out->id[0])
		outbox_lend(keeper, out->id);
	if (!err)
		outbox_returned(keeper, ask->id);
	return err;
}

void outbox_begin(struct keeper *keeper)
{
	/* Where it fails, they are due when their leases are over. */
	(void)outbox_run(keeper, &(struct outbox_work){.release = true});
	memset(keeper->outbox.lent, 0, sizeof(keeper->outbox.lent));
}

void outbox_tend(struct keeper *keeper)
{
	const uint64_t now = clock_now(&keeper->clock) / 1000;

	if (now < keeper->outbox.tend_after)
		return;
	keeper->outbox.tend_after = now + OUTBOX_TEND_S;
	if (outbox_run(keeper, &(struct outbox_work){0}))
		log_line(LOG_LEVEL_ERROR, "the outbox could not be looked through: %s",
			 db_error_text(keeper->db));
}

bool outbox_serve(struct keeper *keeper, int fd)
{
	struct courier_message message;
	struct courier_ask ask;
	ssize_t got = recv(fd, &ask, sizeof(ask), MSG_DONTWAIT);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (got != (ssize_t)sizeof(ask) || ask.word < COURIER_NEXT || ask.word > COURIER_FAILED)
		return false;
	ask.id[sizeof(ask.id) - 1] = '\0';
	ask.reason[sizeof(ask.reason) - 1] = '\0';
	/* Where the database fails, courier hears of nothing to do, and asks again. What it has said is lost
	 * then: the message is sent once more. */
	if (outbox_answer(keeper, &ask, &message) && db_lost(keeper->db))
		return false;
	bool sent =
	    send(fd, &message, sizeof(message), MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)sizeof(message);
	cs_wipe(&message, sizeof(message));
	return sent;
}

/* ---- what an operator asks ---- */

enum cs_err keeper_outbox_retry(struct call *call)
{
	struct json_out out = json_out_of(&call->body);
	struct db_message message;
	char id[DB_TOKEN_ID_SIZE];

	if (!call_text(call, IPC_TAG_MESSAGE, id, sizeof(id)) || name_check(cs_view_string(id)))
		return call_refuse(call, CALL_NO_MESSAGE);
	call_detail(call, "%s", id);
	enum cs_err err = db_outbox_find(call->keeper->db, id, &message);
	if (err == CS_ERR_NOT_FOUND)
		return call_refuse(call, CALL_NO_MESSAGE);
	if (!err)
		err = db_outbox_revive(call->keeper->db, id, call_now(call));
	if (err == CS_ERR_NOT_FOUND)
		return call_refuse(call, CALL_MESSAGE_NOT_FAILED);
	if (err)
		return err;
	(void)snprintf(call->audit.user, sizeof(call->audit.user), "%s", message.user);
	call_result(call, "done");
	call->status = 200;
	json_object_begin(&out, NULL);
	json_text(&out, "message", id);
	json_text(&out, "state", "waiting");
	json_object_end(&out);
	return CS_OK;
}
