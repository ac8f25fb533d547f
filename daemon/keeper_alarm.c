/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Looking at what will end, once a day.
 */
#include "daemon/keeper_alarm.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "daemon/db_checkpoint.h"
#include "daemon/keeper_hook.h"
#include "daemon/log.h"

#define ALARM_DAY   86400u
#define ALARM_AGAIN 300u /* seconds, after a failure */

void keeper_alarm_certificate(struct keeper *keeper, uint64_t expires)
{
	keeper->alarm.certificate_expires = expires;
	keeper->alarm.due = 0;
}

void keeper_alarm_raise(struct keeper *keeper, const char *reason, bool over, const char *format, ...)
{
	struct audit_entry *entry = &keeper->entries[keeper->entry_count++];
	va_list ap;

	*entry = (struct audit_entry){.time_ms = clock_now(&keeper->clock),
				      .actor = "countersignd",
				      .action = "alarm",
				      .result = "done"};
	(void)snprintf(entry->reason, sizeof(entry->reason), "%s", reason);
	va_start(ap, format);
	(void)vsnprintf(entry->detail, sizeof(entry->detail), format, ap);
	va_end(ap);
	log_event(over ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING, reason, "%s", entry->detail);
}

static void alarm_certificate(struct keeper *keeper, uint64_t now)
{
	const uint64_t expires = keeper->alarm.certificate_expires;

	if (!expires || expires > now + (uint64_t)keeper->alarm.certificate_days * ALARM_DAY)
		return;
	if (expires <= now)
		keeper_alarm_raise(keeper, "certificate_expired", true,
				   "the TLS certificate is over: renew it");
	else
		keeper_alarm_raise(keeper, "certificate_expires", false,
				   "the TLS certificate ends in %" PRIu64 " days: renew it",
				   (expires - now) / ALARM_DAY);
}

static enum cs_err alarm_tokens(struct keeper *keeper, uint64_t now)
{
	enum cs_err err =
	    db_token_expiring(keeper->db, now, now + (uint64_t)keeper->alarm.token_days * ALARM_DAY,
			      &keeper->alarm.tokens_expiring);
	if (!err && keeper->alarm.tokens_expiring)
		keeper_alarm_raise(keeper, "tokens_expire", false, "%" PRIu64 " tokens end within %u days",
				   keeper->alarm.tokens_expiring, (unsigned)keeper->alarm.token_days);
	return err;
}

static enum cs_err alarm_transaction(struct keeper *keeper, uint64_t now)
{
	keeper->entry_count = 0;
	enum cs_err err = db_begin(keeper->db);
	if (!err)
		err = alarm_tokens(keeper, now);
	if (err)
		return err;
	alarm_certificate(keeper, now);
	if (keeper->entry_count)
		err = hook_and_append(keeper);
	return err ? err : db_commit(keeper->db);
}

void keeper_alarm(struct keeper *keeper)
{
	const uint64_t now = clock_now(&keeper->clock) / 1000;

	if (now < keeper->alarm.due)
		return;
	enum cs_err err = alarm_transaction(keeper, now);
	if (err) {
		db_rollback(keeper->db);
		log_line(LOG_LEVEL_ERROR, "what will be over soon could not be looked up: %s (%s)",
			 cs_err_text(err), db_error_text(keeper->db));
	} else {
		keeper->metrics.audit_entries += keeper->entry_count;
	}
	keeper->entry_count = 0;
	keeper->alarm.due = now + (err ? ALARM_AGAIN : ALARM_DAY);
}
