/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Keeper's side of courier: messages leave the outbox, and do so for good when they were sent.
 *
 *   waiting --taken: a try is counted, and the next put off--> waiting --sent--> gone
 *                                                              --refused for good, tried often enough,
 * expired--> dead A dead one keeps its place in the table for a week, without the code; the audit log tells
 * of it for longer.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/secret.h"
#include "daemon/courier.h"
#include "daemon/keeper.h"
#include "daemon/log.h"

#define OUTBOX_TRIES   8u
#define OUTBOX_FIRST_S 5u /* until a second try; each further one waits twice as long */
#define OUTBOX_KEPT_S  604800u

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

static enum cs_err outbox_bury(struct keeper *keeper, const struct db_message *message, const char *reason)
{
	outbox_audit(keeper, message, "failed", reason);
	log_event(LOG_LEVEL_WARNING, "message_failed", "message %s (%s) was not delivered: %s", message->id,
		  message->kind, reason);
	keeper->metrics.messages[KEEPER_MESSAGE_DEAD]++;
	return db_outbox_bury(keeper->db, message->id, reason);
}

/* Hands a message over, unless another daemon's courier has just got it. */
static enum cs_err outbox_hand_over(struct keeper *keeper, const struct db_message *message, uint64_t now,
				    struct courier_message *out)
{
	struct cs_writer code = cs_writer_of(out->code, sizeof(out->code) - 1);
	bool taken;

	enum cs_err err = db_outbox_take(keeper->db, message,
					 now + ((uint64_t)OUTBOX_FIRST_S << message->attempts), &taken);
	if (err || !taken)
		return err;
	err = seal_open(&keeper->key, cs_view_string(message->id),
			cs_view(message->sealed, message->sealed_len), &code);
	if (err)
		return err == CS_ERR_WRONG || err == CS_ERR_MALFORMED
			   ? outbox_bury(keeper, message, "not_sealed_here")
			   : err;
	(void)snprintf(out->id, sizeof(out->id), "%s", message->id);
	(void)snprintf(out->kind, sizeof(out->kind), "%s", message->kind);
	(void)snprintf(out->destination, sizeof(out->destination), "%s", message->destination);
	return CS_OK;
}

static enum cs_err outbox_next(struct keeper *keeper, uint64_t now, struct courier_message *out)
{
	struct db_message message;

	enum cs_err err = db_outbox_due(keeper->db, now, &message);
	if (err)
		return err == CS_ERR_NOT_FOUND ? CS_OK : err;
	if (message.expires <= now)
		return outbox_bury(keeper, &message, "expired");
	if (message.attempts >= OUTBOX_TRIES)
		return outbox_bury(keeper, &message, "tried_often_enough");
	return outbox_hand_over(keeper, &message, now, out);
}

/* What became of one; of one that is not there any more there is nothing to say. */
static enum cs_err outbox_result(struct keeper *keeper, const struct courier_ask *ask)
{
	struct db_message message;

	enum cs_err err = db_outbox_find(keeper->db, ask->id, &message);
	if (err)
		return err == CS_ERR_NOT_FOUND ? CS_OK : err;
	if (ask->word == COURIER_SENT) {
		outbox_audit(keeper, &message, "sent", "");
		keeper->metrics.messages[KEEPER_MESSAGE_SENT]++;
		return db_outbox_remove(keeper->db, message.id);
	}
	keeper->metrics.messages[KEEPER_MESSAGE_FAILED]++;
	return ask->final ? outbox_bury(keeper, &message, ask->reason) : CS_OK;
}

static enum cs_err outbox_transaction(struct keeper *keeper, const struct courier_ask *ask,
				      struct courier_message *out)
{
	const uint64_t now = clock_now(&keeper->clock) / 1000;

	keeper->entry_count = 0;
	enum cs_err err = db_begin(keeper->db);
	if (err)
		return err;
	if (ask->word == COURIER_NEXT) {
		err = outbox_next(keeper, now, out);
		if (!err)
			err = db_outbox_purge(keeper->db, now - OUTBOX_KEPT_S);
	} else {
		err = outbox_result(keeper, ask);
	}
	if (!err && keeper->entry_count)
		err = audit_append_all(keeper->db, keeper->entries, keeper->entry_count);
	return err ? err : db_commit(keeper->db);
}

enum cs_err outbox_answer(struct keeper *keeper, const struct courier_ask *ask, struct courier_message *out)
{
	const struct keeper_metrics before = keeper->metrics;

	memset(out, 0, sizeof(*out));
	enum cs_err err = outbox_transaction(keeper, ask, out);
	if (err) {
		db_rollback(keeper->db);
		keeper->metrics = before;
		cs_wipe(out, sizeof(*out));
	} else {
		keeper->metrics.audit_entries += keeper->entry_count;
	}
	keeper->entry_count = 0;
	return err;
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
