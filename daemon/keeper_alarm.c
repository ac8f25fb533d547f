/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Looking at what will end, and at what is missing.
 */
#include "daemon/keeper_alarm.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "daemon/db_checkpoint.h"
#include "daemon/db_data_key.h"
#include "daemon/keeper_hook.h"
#include "daemon/log.h"
#include "daemon/login_list.h"
#include "daemon/pem_end.h"

#define ALARM_DAY   86400u
#define ALARM_LOOK  3600u
#define ALARM_AGAIN 300u /* seconds, after a failure */

/* Checkpoints are late when none was made for so many times as long as they may take. */
#define ALARM_CHECKPOINTS 3u

static const struct {
	const char *name, *soon, *over, *title;
} alarm_ends[KEEPER_ENDS] = {
    [KEEPER_END_CERTIFICATE] = {"tls_certificate", "certificate_expires", "certificate_expired",
				"the TLS certificate"},
    [KEEPER_END_CLIENT_CA] = {"client_ca", "client_ca_expires", "client_ca_expired",
			      "a certificate of client_ca"},
    [KEEPER_END_LOGIN_CA] = {"login_ca", "login_ca_expires", "login_ca_expired", "a certificate of login_ca"},
    [KEEPER_END_CARD_CA] = {"card_ca", "card_ca_expires", "card_ca_expired", "a certificate of card_ca"},
    [KEEPER_END_LOGIN_CRL] = {"login_crl", "login_crl_expires", "login_crl_expired", "a list of login_crl"},
};

const char *keeper_alarm_name(enum keeper_end end)
{
	return alarm_ends[end].name;
}

const char *keeper_alarm_title(enum keeper_end end)
{
	return alarm_ends[end].title;
}

void keeper_alarm_certificate(struct keeper *keeper, uint64_t expires)
{
	keeper->alarm.ends[KEEPER_END_CERTIFICATE] = expires;
	memset(keeper->alarm.told, 0, sizeof(keeper->alarm.told));
	keeper->alarm.due = 0;
}

void keeper_alarm_configure(struct keeper *keeper, const struct config *config)
{
	memcpy(keeper->alarm.paths[KEEPER_END_CLIENT_CA], config->client_ca, sizeof(config->client_ca));
	memcpy(keeper->alarm.paths[KEEPER_END_LOGIN_CA], config->login_ca, sizeof(config->login_ca));
	memcpy(keeper->alarm.paths[KEEPER_END_CARD_CA], config->card_ca, sizeof(config->card_ca));
	memcpy(keeper->alarm.paths[KEEPER_END_LOGIN_CRL], config->login_crl, sizeof(config->login_crl));
	memcpy(keeper->alarm.sealing_key, config->sealing_key, sizeof(config->sealing_key));
	keeper->alarm.key_days = config->alarm_key_days;
	keeper->alarm.certificate_days = config->alarm_certificate_days;
	keeper->alarm.token_days = config->alarm_token_days;
	keeper->alarm.checkpoint_minutes = config->checkpoint_minutes;
	keeper->alarm.due = 0;
}

/* Whether it is time to tell of this again. */
static bool alarm_may_tell(struct keeper *keeper, enum keeper_alarm_of of, uint64_t now)
{
	if (now < keeper->alarm.told[of])
		return false;
	keeper->alarm.told[of] = now + ALARM_DAY;
	return true;
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

/* ---- what ends ---- */

/* The files are read each time: somebody else replaces them. One that is not to be read is no end that is
 * known. */
static void alarm_read(struct keeper *keeper)
{
	for (enum keeper_end end = 0; end < KEEPER_ENDS; end++) {
		const char *path = keeper->alarm.paths[end];
		uint64_t *when = &keeper->alarm.ends[end];
		if (end == KEEPER_END_CERTIFICATE)
			continue;
		enum cs_err err = !path[0] ? CS_ERR_NOT_FOUND
				  : end == KEEPER_END_LOGIN_CRL
				      ? pem_end_list(path, &keeper->alarm.list_soon, when)
				      : pem_end(path, when);
		if (err)
			*when = 0;
		if (err && path[0] && !keeper->alarm.unread[end])
			log_line(LOG_LEVEL_WARNING, "%s: when it ends is not known: %s", path,
				 cs_err_text(err));
		keeper->alarm.unread[end] = err && path[0];
	}
}

/* Whether its end is near. */
static bool alarm_is_soon(const struct keeper *keeper, enum keeper_end end, uint64_t now)
{
	if (end == KEEPER_END_LOGIN_CRL)
		return keeper->alarm.list_soon <= now;
	return keeper->alarm.ends[end] <= now + (uint64_t)keeper->alarm.certificate_days * ALARM_DAY;
}

static void alarm_end(struct keeper *keeper, enum keeper_end end, uint64_t now)
{
	const uint64_t when = keeper->alarm.ends[end];

	if (!when || !alarm_is_soon(keeper, end, now) ||
	    !alarm_may_tell(keeper, (enum keeper_alarm_of)end, now))
		return;
	if (when <= now)
		keeper_alarm_raise(keeper, alarm_ends[end].over, true, "%s is over: renew it",
				   alarm_ends[end].title);
	else
		keeper_alarm_raise(keeper, alarm_ends[end].soon, false,
				   "%s ends in %" PRIu64 " days: renew it", alarm_ends[end].title,
				   (when - now) / ALARM_DAY);
}

static enum cs_err alarm_tokens(struct keeper *keeper, uint64_t now)
{
	enum cs_err err =
	    db_token_expiring(keeper->db, now, now + (uint64_t)keeper->alarm.token_days * ALARM_DAY,
			      &keeper->alarm.tokens_expiring);
	if (!err && keeper->alarm.tokens_expiring && alarm_may_tell(keeper, KEEPER_ALARM_TOKENS, now))
		keeper_alarm_raise(keeper, "tokens_expire", false, "%" PRIu64 " tokens end within %u days",
				   keeper->alarm.tokens_expiring, (unsigned)keeper->alarm.token_days);
	return err;
}

/* ---- what is missing ---- */

static void alarm_disk(struct keeper *keeper, uint64_t now)
{
	struct statvfs fs;

	if (statvfs(keeper->place, &fs) != 0)
		return;
	const uint64_t left = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (left < keeper->disk_free && alarm_may_tell(keeper, KEEPER_ALARM_DISK, now))
		keeper_alarm_raise(keeper, "disk_low", true, "%" PRIu64 " MiB of the disk are free",
				   left >> 20);
}

/* Made by this daemon or by another one of the database. */
static enum cs_err alarm_checkpoints(struct keeper *keeper, uint64_t now)
{
	const uint64_t patience = (uint64_t)keeper->alarm.checkpoint_minutes * 60 * ALARM_CHECKPOINTS;
	struct db_checkpoint last;

	if (!keeper->chores)
		return CS_OK;
	enum cs_err err = db_checkpoint_last(keeper->db, &last);
	if (err)
		return err == CS_ERR_NOT_FOUND ? CS_OK : err;
	keeper->alarm.checkpoint = last.time_ms / 1000;
	if (keeper->audit_head > last.sequence && keeper->alarm.checkpoint + patience < now &&
	    alarm_may_tell(keeper, KEEPER_ALARM_CHECKPOINT, now))
		keeper_alarm_raise(keeper, "checkpoint_late", true, "no checkpoint for %" PRIu64 " minutes",
				   (now - keeper->alarm.checkpoint) / 60);
	return CS_OK;
}

/* A key that is in use for longer than it may be. */
static void alarm_key(struct keeper *keeper, enum keeper_alarm_of of, uint64_t made, uint64_t now)
{
	const uint64_t most = (uint64_t)keeper->alarm.key_days * ALARM_DAY;

	if (!made || !most || now < made + most || !alarm_may_tell(keeper, of, now))
		return;
	if (of == KEEPER_ALARM_SIGNING_KEY)
		keeper_alarm_raise(keeper, "signing_key_old", false,
				   "the key of assertions is %" PRIu64 " days old", (now - made) / ALARM_DAY);
	else
		keeper_alarm_raise(keeper, "data_key_old", false, "the key of seeds is %" PRIu64 " days old",
				   (now - made) / ALARM_DAY);
}

/* When the key that seals seeds was made: a data key, or, where there never was one, the sealing key's file.
 */
static uint64_t alarm_seal_made(const struct keeper *keeper)
{
	struct stat st;

	if (keeper->alarm.data_key)
		return keeper->alarm.data_key;
	return stat(keeper->alarm.sealing_key, &st) == 0 && st.st_mtime > 0 ? (uint64_t)st.st_mtime : 0;
}

/* Of the keys that are followed by others, when the newest was made. */
static enum cs_err alarm_keys(struct keeper *keeper)
{
	struct db_signing_key keys[DB_SIGNING_KEYS_MAX];
	struct db_data_key data[DB_DATA_KEYS_MAX];
	size_t count = 0;

	enum cs_err err = db_signing_keys(keeper->db, 0, keys, &count);
	if (!err)
		keeper->alarm.signing_key = count ? keys[0].created : 0;
	if (!err)
		err = db_data_keys(keeper->db, data, &count);
	if (!err)
		keeper->alarm.data_key = count ? data[count - 1].created : 0;
	return err;
}

/* Lists of login_crl that were refused. */
static void alarm_lists(struct keeper *keeper, uint64_t now)
{
	const struct login_lists *lists = login_trust_lists(keeper->login_trust);
	const char *issuer;
	bool no_room;

	for (size_t at = 0; (issuer = login_lists_due(lists, now, &at, &no_room));)
		keeper_alarm_raise(keeper, no_room ? "login_crl_no_room" : "login_crl_older", true, "%s: %s",
				   no_room ? "no room for a list" : "an older list", issuer);
}

/* ---- looking ---- */

static enum cs_err alarm_transaction(struct keeper *keeper, uint64_t now)
{
	keeper->entry_count = 0;
	enum cs_err err = db_begin(keeper->db);
	if (!err)
		err = alarm_tokens(keeper, now);
	if (!err)
		err = alarm_checkpoints(keeper, now);
	if (!err)
		err = alarm_keys(keeper);
	if (err)
		return err;
	for (enum keeper_end end = 0; end < KEEPER_ENDS; end++)
		alarm_end(keeper, end, now);
	alarm_key(keeper, KEEPER_ALARM_SIGNING_KEY, keeper->alarm.signing_key, now);
	alarm_key(keeper, KEEPER_ALARM_DATA_KEY, alarm_seal_made(keeper), now);
	alarm_disk(keeper, now);
	alarm_lists(keeper, now);
	if (keeper->entry_count)
		err = hook_and_append(keeper);
	return err ? err : db_commit(keeper->db);
}

void keeper_alarm(struct keeper *keeper)
{
	const uint64_t now = clock_now(&keeper->clock) / 1000;
	struct login_lists *lists = login_trust_lists(keeper->login_trust);
	size_t at = 0;
	bool no_room;

	if (now < keeper->alarm.due && !login_lists_due(lists, now, &at, &no_room))
		return;
	alarm_read(keeper);
	enum cs_err err = alarm_transaction(keeper, now);
	if (err) {
		db_rollback(keeper->db);
		memset(keeper->alarm.told, 0, sizeof(keeper->alarm.told));
		log_line(LOG_LEVEL_ERROR, "what will be over soon could not be looked up: %s (%s)",
			 cs_err_text(err), db_error_text(keeper->db));
	} else {
		keeper->metrics.audit_entries += keeper->entry_count;
		if (keeper->entry_count)
			keeper->audit_head = keeper->entries[keeper->entry_count - 1].sequence;
	}
	login_lists_quiet(lists, now, now + (err ? ALARM_AGAIN : ALARM_DAY));
	keeper->entry_count = 0;
	keeper->alarm.due = now + (err ? ALARM_AGAIN : ALARM_LOOK);
}
