/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Whether this daemon can serve now, and where that may be told, what stands against it. That keeper answers
 * at all says that the sealing key was opened.
 */
#include <inttypes.h>
#include <stdio.h>
#include <sys/statvfs.h>

#include "daemon/keeper_alarm.h"
#include "daemon/keeper_call.h"

#define READY_REASON_MAX 160

struct ready_check {
	const char *name;
	bool fine;
	char reason[READY_REASON_MAX]; /* empty: nothing to say */
};

enum { READY_DATABASE, READY_STANDBY, READY_DISK, READY_SEALING_KEY, READY_CERTIFICATES, READY_CHECKS };

/* Reading works where the disk is full or the server only reads: whether the last change went through counts
 * too. */
static enum cs_err ready_database(struct keeper *keeper, struct ready_check *check)
{
	enum cs_err err = keeper->db ? db_ping(keeper->db) : CS_OK;

	check->fine = !keeper->failing;
	if (!check->fine)
		(void)snprintf(check->reason, sizeof(check->reason), "%s; the log says why",
			       keeper->db ? "it took no changes lately" : "it cannot be opened");
	return err;
}

static enum cs_err ready_standby(struct keeper *keeper, struct ready_check *check)
{
	static const char *const reasons[] = {
	    [DB_STANDING_GOOD] = "",
	    [DB_STANDING_STANDBY] = "the server is a standby, and takes no changes",
	    [DB_STANDING_ALONE] = "no synchronous standby is configured: what is committed is on one machine",
	    [DB_STANDING_WAITS] = "the synchronous standby is not connected: commits wait for it",
	};
	enum db_standing standing;

	check->fine = true;
	if (!keeper->db)
		return CS_OK;
	enum cs_err err = db_standing(keeper->db, &standing);
	if (err)
		return err;
	check->fine = standing == DB_STANDING_GOOD || standing == DB_STANDING_ALONE;
	(void)snprintf(check->reason, sizeof(check->reason), "%s", reasons[standing]);
	return CS_OK;
}

static void ready_disk(const struct keeper *keeper, struct ready_check *check)
{
	struct statvfs fs;

	if (statvfs(keeper->place, &fs) != 0) {
		(void)snprintf(check->reason, sizeof(check->reason), "it cannot be asked");
		return;
	}
	uint64_t left = (uint64_t)fs.f_bavail * fs.f_frsize;
	check->fine = left >= keeper->disk_free;
	if (!check->fine)
		(void)snprintf(check->reason, sizeof(check->reason),
			       "%" PRIu64 " MiB are free, less than %" PRIu64 " (ready_disk_free)",
			       left >> 20, keeper->disk_free >> 20);
}

/* Without its own certificate nobody trusts this daemon; of the others the first that is over is told. */
static void ready_certificates(const struct keeper *keeper, uint64_t now, struct ready_check *check)
{
	check->fine = true;
	for (enum keeper_end end = 0; end < KEEPER_ENDS; end++) {
		const uint64_t when = keeper->alarm.ends[end];
		if (!when || when > now)
			continue;
		check->fine = check->fine && end != KEEPER_END_CERTIFICATE;
		if (!check->reason[0])
			(void)snprintf(check->reason, sizeof(check->reason), "%s is over",
				       keeper_alarm_title(end));
	}
}

static void ready_tell(struct json_out *out, const struct ready_check checks[READY_CHECKS])
{
	json_object_begin(out, "checks");
	for (size_t i = 0; i < READY_CHECKS; i++) {
		json_object_begin(out, checks[i].name);
		json_text(out, "status", checks[i].fine ? "ok" : "failed");
		if (checks[i].reason[0])
			json_text(out, "reason", checks[i].reason);
		json_object_end(out);
	}
	json_object_end(out);
}

enum cs_err keeper_ready(struct call *call)
{
	struct json_out out = json_out_of(&call->body);
	struct ready_check checks[READY_CHECKS] = {
	    [READY_DATABASE] = {.name = "database"},
	    [READY_STANDBY] = {.name = "standby"},
	    [READY_DISK] = {.name = "disk"},
	    [READY_SEALING_KEY] = {.name = "sealing_key", .fine = true},
	    [READY_CERTIFICATES] = {.name = "certificates"}};
	bool fine = true;

	enum cs_err err = ready_database(call->keeper, &checks[READY_DATABASE]);
	if (!err)
		err = ready_standby(call->keeper, &checks[READY_STANDBY]);
	if (err)
		return err;
	ready_disk(call->keeper, &checks[READY_DISK]);
	ready_certificates(call->keeper, call_now(call), &checks[READY_CERTIFICATES]);
	for (size_t i = 0; i < READY_CHECKS; i++)
		fine = fine && checks[i].fine;
	call->status = fine ? 200 : 503;
	json_object_begin(&out, NULL);
	json_text(&out, "status", fine ? "ok" : "not_ready");
	if (ipc_has(call->request, IPC_TAG_TYPE))
		ready_tell(&out, checks);
	json_object_end(&out);
	return CS_OK;
}
