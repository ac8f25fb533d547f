/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Health, and keeper's part of the metrics as Prometheus text (exposition format 0.0.4).
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/statvfs.h>

#include "daemon/break_glass.h"
#include "daemon/keeper_alarm.h"
#include "daemon/keeper_call.h"

enum cs_err keeper_health(struct call *call)
{
	struct json_out out = json_out_of(&call->body);

	enum cs_err err = db_ping(call->keeper->db);
	if (err)
		return err;
	call->status = 200;
	json_object_begin(&out, NULL);
	json_text(&out, "status", "ok");
	json_object_end(&out);
	return CS_OK;
}

__attribute__((format(printf, 2, 3))) static void metric(struct cs_writer *w, const char *format, ...)
{
	char line[256];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	cs_write_view(w, cs_view_string(line));
}

static void metric_head(struct cs_writer *w, const char *name, const char *type, const char *help)
{
	metric(w, "# HELP countersign_%s %s\n# TYPE countersign_%s %s\n", name, help, name, type);
}

static void metric_counter(struct cs_writer *w, const char *name, const char *help, uint64_t value)
{
	metric_head(w, name, "counter", help);
	metric(w, "countersign_%s %" PRIu64 "\n", name, value);
}

static void metric_verifications(struct cs_writer *w, const struct keeper_metrics *m)
{
	static const char *const results[KEEPER_VERIFICATIONS] = {
	    [KEEPER_ACCEPTED] = "accepted",
	    [KEEPER_WRONG] = "wrong",
	    [KEEPER_REPLAY] = "replay",
	    [KEEPER_LOCKED] = "locked",
	};

	metric_head(w, "verifications_total", "counter", "One-time passwords decided, by result.");
	for (size_t i = 0; i < KEEPER_VERIFICATIONS; i++)
		metric(w, "countersign_verifications_total{result=\"%s\"} %" PRIu64 "\n", results[i],
		       m->verifications[i]);
}

static void metric_requests(struct cs_writer *w, const struct keeper_metrics *m)
{
	metric_head(w, "keeper_requests_total", "counter", "Requests answered, by operation.");
	for (unsigned op = 0; op < IPC_OP_COUNT; op++)
		if (ipc_rule(op))
			metric(w, "countersign_keeper_requests_total{operation=\"%s\"} %" PRIu64 "\n",
			       ipc_rule(op)->name, m->requests[op]);
}

static void metric_batches(struct cs_writer *w, const struct keeper_metrics *m)
{
	uint64_t sum = 0;

	metric_head(w, "keeper_batch_size", "histogram", "Requests that one durable commit answered.");
	for (size_t i = 0; i < KEEPER_BATCH_BUCKETS; i++) {
		sum += m->batches[i];
		metric(w, "countersign_keeper_batch_size_bucket{le=\"%u\"} %" PRIu64 "\n", 1u << i, sum);
	}
	metric(w, "countersign_keeper_batch_size_bucket{le=\"+Inf\"} %" PRIu64 "\n", sum);
	metric(w, "countersign_keeper_batch_size_sum %" PRIu64 "\n", m->batch_requests);
	metric(w, "countersign_keeper_batch_size_count %" PRIu64 "\n", sum);
}

static void metric_passwords(struct cs_writer *w, struct keeper *keeper)
{
	const struct hash_counts counts =
	    keeper->pool ? hash_pool_counts(keeper->pool) : (struct hash_counts){0};

	metric_counter(w, "keeper_passwords_total", "Passwords and PINs of which Argon2id was computed.",
		       keeper->metrics.passwords);
	metric_counter(w, "keeper_passwords_busy_total",
		       "Requests answered 503, as too many waited for Argon2id.", keeper->metrics.busy);
	metric_counter(w, "keeper_passwords_late_total",
		       "Requests that nobody waited for any more when their turn came.", counts.late);
	metric_head(w, "keeper_passwords_waiting", "gauge", "Requests that wait for Argon2id.");
	metric(w, "countersign_keeper_passwords_waiting %u\n", counts.waiting);
}

static void metric_messages(struct cs_writer *w, const struct keeper_metrics *m)
{
	static const char *const results[KEEPER_MESSAGES] = {
	    [KEEPER_MESSAGE_SENT] = "sent",
	    [KEEPER_MESSAGE_FAILED] = "failed",
	    [KEEPER_MESSAGE_DEAD] = "dead",
	};

	metric_head(w, "messages_total", "counter",
		    "Tries to send codes, by result; dead: messages that are tried no more.");
	for (size_t i = 0; i < KEEPER_MESSAGES; i++)
		metric(w, "countersign_messages_total{result=\"%s\"} %" PRIu64 "\n", results[i],
		       m->messages[i]);
}

static void metric_break_glass(struct cs_writer *w, const struct keeper *keeper)
{
	const uint64_t now = clock_now(&keeper->clock) / 1000;

	metric_counter(w, "break_glass_used_total", "Break-glass codes that let someone in.",
		       keeper->metrics.glass_used);
	metric_counter(w, "break_glass_refused_total", "Break-glass codes that were none, or over.",
		       keeper->metrics.glass_refused);
	metric_head(w, "break_glass_codes", "gauge", "Break-glass codes that could be used.");
	metric(w, "countersign_break_glass_codes %u\n",
	       keeper->glass ? break_glass_good(keeper->glass, now) : 0);
}

static enum cs_err metric_outbox(struct cs_writer *w, const struct call *call)
{
	struct db_outbox_figures figures = {0};

	enum cs_err err = !call->keeper->db ? CS_OK : db_outbox_figures(call->keeper->db, &figures);
	if (err)
		return err;
	const uint64_t age =
	    figures.oldest && figures.oldest < call_now(call) ? call_now(call) - figures.oldest : 0;
	metric_head(w, "outbox_waiting", "gauge", "Messages that wait to be sent.");
	metric(w, "countersign_outbox_waiting %" PRIu64 "\n", figures.waiting);
	metric_head(w, "outbox_oldest_seconds", "gauge", "How long the oldest of them has waited.");
	metric(w, "countersign_outbox_oldest_seconds %" PRIu64 "\n", age);
	metric_head(w, "outbox_failed", "gauge", "Messages that were given up, of the last week.");
	metric(w, "countersign_outbox_failed %" PRIu64 "\n", figures.dead);
	return CS_OK;
}

/* When what is made anew from time to time was made last. */
static void metric_made(struct cs_writer *w, const struct keeper *keeper)
{
	const struct {
		const char *name;
		uint64_t when;
	} made[] = {{"checkpoint", keeper->alarm.checkpoint},
		    {"signing_key", keeper->alarm.signing_key},
		    {"data_key", keeper->alarm.data_key}};
	struct statvfs fs;

	metric_head(w, "made_seconds", "gauge", "When the newest of these was made, in Unix time.");
	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++)
		if (made[i].when)
			metric(w, "countersign_made_seconds{what=\"%s\"} %" PRIu64 "\n", made[i].name,
			       made[i].when);
	if (statvfs(keeper->place, &fs) != 0)
		return;
	metric_head(w, "disk_free_bytes", "gauge", "What is free on the disk of the database.");
	metric(w, "countersign_disk_free_bytes %" PRIu64 "\n", (uint64_t)fs.f_bavail * fs.f_frsize);
}

static void metric_alarms(struct cs_writer *w, const struct keeper *keeper)
{
	metric_head(w, "tls_certificate_end_seconds", "gauge",
		    "When the TLS certificate ends, in Unix time.");
	metric(w, "countersign_tls_certificate_end_seconds %" PRIu64 "\n",
	       keeper->alarm.ends[KEEPER_END_CERTIFICATE]);
	metric_head(w, "end_seconds", "gauge", "When the first of these certificates is over, in Unix time.");
	for (enum keeper_end end = 0; end < KEEPER_ENDS; end++)
		if (keeper->alarm.ends[end])
			metric(w, "countersign_end_seconds{of=\"%s\"} %" PRIu64 "\n", keeper_alarm_name(end),
			       keeper->alarm.ends[end]);
	metric_made(w, keeper);
	metric_head(w, "tokens_ending", "gauge",
		    "Tokens that end within alarm_token_days, as of the last look.");
	metric(w, "countersign_tokens_ending %" PRIu64 "\n", keeper->alarm.tokens_expiring);
}

enum cs_err keeper_metrics(struct call *call)
{
	const struct keeper_metrics *m = &call->keeper->metrics;
	struct cs_writer *w = &call->body;

	call->status = 200;
	metric_verifications(w, m);
	metric_requests(w, m);
	metric_counter(w, "keeper_refused_total", "Requests refused for their credential.", m->refused);
	metric_counter(w, "audit_entries_total", "Audit entries written since the start.", m->audit_entries);
	metric_counter(w, "audit_checkpoints_total", "Checkpoints of the audit log made since the start.",
		       m->checkpoints);
	metric_counter(w, "keeper_commits_total", "Transactions committed.", m->commits);
	metric_counter(w, "keeper_failed_commits_total",
		       "Transactions rolled back, their requests answered 503.", m->failed_commits);
	metric_counter(w, "keeper_evaluations_total", "Codes that were looked at: within the budget.",
		       m->evaluations);
	metric_passwords(w, call->keeper);
	metric_counter(w, "keeper_repeated_total",
		       "Transactions run again, as another daemon's locks stood against them.", m->repeated);
	metric_messages(w, m);
	metric_break_glass(w, call->keeper);
	metric_alarms(w, call->keeper);
	metric_batches(w, m);
	return metric_outbox(w, call);
}
