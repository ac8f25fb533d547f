/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Keeper's requests: who may ask, which operation it is, its answer; and opening all that keeper works with.
 */
#include "daemon/keeper.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "daemon/break_glass.h"
#include "daemon/chores.h"
#include "daemon/keeper_alarm.h"
#include "daemon/keeper_call.h"
#include "daemon/keeper_emergency.h"
#include "daemon/keeper_idempotency.h"
#include "daemon/log.h"
#include "daemon/name.h"
#include "daemon/role.h"
#include "daemon/seal_key.h"

/* What runs an operation, and whether it is audited even when it has only read. */
static const struct {
	enum cs_err (*run)(struct call *call);
	bool writes;
} keeper_operations[IPC_OP_COUNT] = {
    [IPC_OTP_VERIFY] = {keeper_otp_verify, true},
    [IPC_USER_ADD] = {keeper_user_add, true},
    [IPC_USER_LIST] = {keeper_user_list, false},
    [IPC_ALIAS_ADD] = {keeper_alias_add, true},
    [IPC_ALIAS_LIST] = {keeper_alias_list, false},
    [IPC_ALIAS_REMOVE] = {keeper_alias_remove, true},
    [IPC_USER_DISABLE] = {keeper_user_disable, true},
    [IPC_USER_ENABLE] = {keeper_user_enable, true},
    [IPC_USER_DELETE] = {keeper_user_delete, true},
    [IPC_TOKEN_ENROL] = {keeper_token_enrol, true},
    [IPC_TOKEN_LIST] = {keeper_token_list, false},
    [IPC_ENROLMENT_KEY] = {keeper_enrolment_key, false},
    [IPC_TOKEN_DISABLE] = {keeper_token_disable, true},
    [IPC_TOKEN_ENABLE] = {keeper_token_enable, true},
    [IPC_TOKEN_RESYNC] = {keeper_token_resync, true},
    [IPC_TOKEN_EXPIRE] = {keeper_token_expire, true},
    [IPC_TOKEN_REPLACE] = {keeper_token_replace, true},
    [IPC_TOKEN_DELETE] = {keeper_token_delete, true},
    [IPC_APP_ADD] = {keeper_application_add, true},
    [IPC_APP_LIST] = {keeper_application_list, false},
    [IPC_APP_REMOVE] = {keeper_application_remove, true},
    [IPC_AUDIT_LIST] = {keeper_audit_list, false},
    [IPC_REPORT_GET] = {keeper_report_get, false},
    [IPC_CHECKPOINT_LIST] = {keeper_checkpoint_list, false},
    [IPC_AUDIT_KEY] = {keeper_audit_key, false},
    [IPC_HEALTH] = {keeper_health, false},
    [IPC_READY] = {keeper_ready, false},
    [IPC_METRICS] = {keeper_metrics, false},
    [IPC_CHALLENGE_CREATE] = {keeper_challenge_create, true},
    [IPC_CHALLENGE_GET] = {keeper_challenge_get, false},
    [IPC_TOKEN_LOSE] = {keeper_token_lose, true},
    [IPC_TOKEN_PIN] = {keeper_token_pin, true},
    [IPC_USER_PASSWORD] = {keeper_user_password, true},
    [IPC_USER_CLASS] = {keeper_user_class, true},
    [IPC_CLASS_SET] = {keeper_class_set, true},
    [IPC_CLASS_LIST] = {keeper_class_list, false},
    [IPC_LOGIN] = {keeper_login, true},
    [IPC_JWKS] = {keeper_jwks, false},
    [IPC_STAFF_ADD] = {keeper_staff_add, true},
    [IPC_STAFF_LIST] = {keeper_staff_list, false},
    [IPC_STAFF_DISABLE] = {keeper_staff_disable, true},
    [IPC_STAFF_ENABLE] = {keeper_staff_enable, true},
    [IPC_STAFF_ROTATE] = {keeper_staff_rotate, true},
    [IPC_APP_ROTATE] = {keeper_application_rotate, true},
    [IPC_APPROVAL_LIST] = {keeper_approval_list, false},
    [IPC_APPROVAL_GRANT] = {keeper_approval_grant, true},
    [IPC_APPROVAL_REFUSE] = {keeper_approval_refuse, true},
    [IPC_LOCK_LIST] = {keeper_lock_list, false},
    [IPC_LOCK_LIFT] = {keeper_lock_lift, true},
    [IPC_OUTBOX_LIST] = {keeper_outbox_list, false},
    [IPC_OUTBOX_RETRY] = {keeper_outbox_retry, true},
    [IPC_IMPORT_OPEN] = {keeper_import_open, true},
    [IPC_IMPORT_ROWS] = {keeper_import_rows, true},
    [IPC_IMPORT_COMMIT] = {keeper_import_commit, true},
    [IPC_IMPORT_DISCARD] = {keeper_import_discard, true},
    [IPC_IMPORT_LIST] = {keeper_import_list, false},
    [IPC_STOCK_LIST] = {keeper_stock_list, false},
    [IPC_TOKEN_ASSIGN] = {keeper_token_assign, true},
    [IPC_STOCK_DELETE] = {keeper_stock_delete, true},
    [IPC_USER_EXPORT] = {keeper_user_export, true},
    [IPC_APP_SCOPE] = {keeper_application_scope, true},
    [IPC_STAFF_CERTIFICATE] = {keeper_staff_certificate, true},
    [IPC_APP_CERTIFICATE] = {keeper_application_certificate, true},
    [IPC_CERTIFICATE_ADD] = {keeper_binding_add, true},
    [IPC_CERTIFICATE_LIST] = {keeper_binding_list, false},
    [IPC_CERTIFICATE_REMOVE] = {keeper_binding_remove, true},
    [IPC_USER_CERTIFICATES] = {keeper_user_certificates, true},
    [IPC_AUTH] = {keeper_auth, true},
    [IPC_REALM_EXPORT] = {keeper_realm_export, true},
    [IPC_REKEY] = {keeper_rekey, true},
    [IPC_DATA_KEY_LIST] = {keeper_data_key_list, false},
    [IPC_SIGNING_ROTATE] = {keeper_signing_rotate, true},
    [IPC_BREAK_GLASS_ISSUE] = {keeper_break_glass_issue, true},
    [IPC_BREAK_GLASS_LIST] = {keeper_break_glass_list, false},
    [IPC_BREAK_GLASS_REVOKE] = {keeper_break_glass_revoke, true},
};

static void keeper_call_begin(struct call *call, struct keeper *keeper, const struct ipc_request *request,
			      struct hash_ticket *ticket)
{
	memset(call, 0, sizeof(*call));
	call->ticket = ticket;
	call->keeper = keeper;
	call->asked = call->request = request;
	call->now_ms = clock_now(&keeper->clock);
	call->body = cs_writer_of(keeper->body, IPC_BODY_MAX);
	call->audit.time_ms = call->now_ms;
	(void)snprintf(call->audit.actor, sizeof(call->audit.actor), "unknown");
	(void)snprintf(call->audit.action, sizeof(call->audit.action), "%s", ipc_rule(request->op)->name);
	if (!call_text(call, IPC_TAG_ADDRESS, call->audit.address, sizeof(call->audit.address)) ||
	    name_check(cs_view_string(call->audit.address)))
		call->audit.address[0] = '\0';
}

/* A request that was called off: it waits, or there is no room for it to do so. Of the latter the log of the
 * audit says nothing, as nothing was decided. */
static enum cs_err keeper_wait(struct call *call, const struct keeper_metrics *before, bool *waits)
{
	*waits = call->ticket && call->ticket->wants;
	call->keeper->metrics = *before;
	call->body = cs_writer_of(call->keeper->body, IPC_BODY_MAX);
	call->audit.result[0] = '\0';
	if (*waits)
		return CS_OK;
	call->keeper->metrics.busy++;
	enum cs_err err = call_refuse(call, CALL_BUSY);
	call->audit.result[0] = '\0';
	return err;
}

/* The operation, or what was answered to it the first time. */
static enum cs_err keeper_run(struct call *call)
{
	bool answered;

	enum cs_err err = idempotency_find(call, &answered);
	if (err || answered)
		return err;
	err = keeper_operations[call->request->op].run(call);
	return err ? err : idempotency_keep(call);
}

enum cs_err keeper_request(struct keeper *keeper, size_t index, const struct ipc_request *request,
			   struct cs_writer *out)
{
	const struct keeper_metrics before = keeper->metrics;
	struct call call;
	bool allowed, waits = false;

	keeper_call_begin(&call, keeper, request, keeper->tickets[index]);
	enum cs_err err = keeper_authorize(&call, &allowed);
	if (!err && allowed)
		err = keeper_run(&call);
	if (!role_may(ROLE_APPLICATION, request->op))
		keeper_caller_forget(keeper);
	keeper->tickets[index] = call.ticket;
	if (err == CALL_WAITS)
		err = keeper_wait(&call, &before, &waits);
	if (waits)
		return err;
	bool told = call.audit.result[0] != '\0';
	if (told && call.status == 401 &&
	    !call.caller.name[0]) /* whom it is known of has an entry each time */
		told = refused_note(&keeper->refused, &call.audit);
	if (!err && told) {
		call_detail_client(&call);
		keeper->entries[keeper->entry_count++] = call.audit;
		keeper->metrics.audit_entries++;
	}
	if (!err)
		err = cs_writer_done(&call.body);
	if (!err) {
		struct ipc_reply reply = {request->id, call.status, cs_writer_view(&call.body)};
		err = ipc_reply_build(&reply, out);
	}
	cs_wipe(keeper->body, call.body.len); /* it may hold a credential or a seed */
	keeper->metrics.requests[request->op]++;
	return err;
}

/* ---- opening ---- */

__attribute__((format(printf, 2, 3))) static void keeper_error(char error[CONFIG_ERROR_MAX],
							       const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(error, CONFIG_ERROR_MAX, format, ap);
	va_end(ap);
}

static enum cs_err keeper_open_db(const struct config *config, struct keeper *out,
				  char error[CONFIG_ERROR_MAX])
{
	uint64_t last = 0, broken = 0;

	enum cs_err err = db_open_or_blame(config->database, &out->gone, &out->db);
	if (err) {
		keeper_error(
		    error, "database %s: %s%s", db_place(config->database), cs_err_text(err),
		    err == CS_ERR_NOT_FOUND ? "; countersignd --init makes one"
		    : err == CS_ERR_UNSUPPORTED
			? "; it is not a database of this version of countersignd, nor of an older one"
		    : err == CS_ERR_STATE ? "; it is of an older version: save it (countersign server "
					    "backup), then run countersignd --migrate --saved"
					  : "");
		return err;
	}
	out->shared = !db_is_file(config->database);
	(void)snprintf(out->place, sizeof(out->place), "%s",
		       out->shared ? config->state_directory : config->database);
	err = audit_check_head(out->db, &last, &broken);
	if (err)
		keeper_error(
		    error,
		    "database %s: the audit log's chain does not hold at entry %llu: %s; someone has "
		    "changed it, or the disk has: restore a backup, and find out",
		    db_place(config->database), (unsigned long long)broken, cs_err_text(err));
	return err;
}

static enum cs_err keeper_open_data_keys(const struct config *config, struct keeper *out,
					 char error[CONFIG_ERROR_MAX])
{
	enum cs_err err = data_keys_load(out);

	if (err)
		keeper_error(error, "database %s: its data keys cannot be read: %s (%s)",
			     db_place(config->database), cs_err_text(err), db_error_text(out->db));
	return err;
}

void keeper_reconfigure(struct keeper *out, const struct config *config)
{
	char error[CONFIG_ERROR_MAX];

	out->limits = (struct verify_limits){.hotp_window = config->hotp_window,
					     .totp_window = config->totp_window,
					     .totp_drift_limit = config->totp_drift_limit,
					     .resync_window = config->resync_window,
					     .list_window = config->list_window};
	out->user_rule = (struct budget_rule){.tries = config->tries,
					      .window = config->tries_window,
					      .delay = config->lock_first,
					      .delay_max = config->lock_max};
	out->address_rule = (struct budget_rule){.tries = config->address_tries,
						 .window = config->address_window,
						 .delay = config->address_lock,
						 .delay_max = config->address_lock};
	out->asking_rule = (struct budget_rule){
	    .tries = config->challenges_address, .window = 3600, .delay = 3600, .delay_max = 3600};
	out->asked_rule = (struct budget_rule){
	    .tries = config->challenges_hour, .window = 3600, .delay = 3600, .delay_max = 3600};
	out->known_for = (uint64_t)config->known_days * 86400;
	out->challenge_lifetime = config->challenge_lifetime;
	out->challenges_hour = config->challenges_hour;
	out->cost = (struct password_cost){config->password_memory, config->password_passes};
	out->password_min = config->password_min;
	keeper_alarm_configure(out, config);
	out->outbox.alarm_seconds = config->alarm_message_seconds;
	out->disk_free = (uint64_t)config->ready_disk_free << 20;
	out->assertion_lifetime = config->assertion_lifetime;
	out->signing_for = (uint64_t)config->signing_key_days * 86400;
	out->dual_control = config->dual_control;
	out->powers_apart = config->powers_apart;
	out->staff_certificates = config->staff_certificates;
	out->approval_lifetime = config->approval_lifetime;
	memcpy(out->issuer, config->issuer, sizeof(out->issuer));
	memcpy(out->glass_path, config->break_glass, sizeof(out->glass_path));
	memcpy(out->hook_urls, config->hook_urls, sizeof(out->hook_urls));
	memcpy(out->hook_events, config->hook_events, sizeof(out->hook_events));
	out->login_upn = config->login_upn;
	out->login_email = config->login_email;
	if (out->login_trust && login_trust_set(out->login_trust, config->login_ca, config->login_crl, error))
		log_line(LOG_LEVEL_ERROR, "%s; no user's certificate is trusted", error);
	if (out->card_trust && login_trust_set(out->card_trust, config->card_ca, "", error))
		log_line(LOG_LEVEL_ERROR, "%s; no card's certificate is trusted", error);
}

static enum cs_err keeper_open_trust(const struct config *config, struct keeper *out,
				     char error[CONFIG_ERROR_MAX])
{
	out->login_trust = login_trust_new("user");
	out->card_trust = login_trust_new("card");
	if (!out->login_trust || !out->card_trust) {
		keeper_error(error, "out of memory");
		return CS_ERR_MEMORY;
	}
	enum cs_err err = login_trust_set(out->login_trust, config->login_ca, config->login_crl, error);
	return err ? err : login_trust_set(out->card_trust, config->card_ca, "", error);
}

enum cs_err keeper_open(const struct config *config, struct clock clock, struct keeper *out,
			char error[CONFIG_ERROR_MAX])
{
	memset(out, 0, sizeof(*out));
	out->clock = clock;
	keeper_reconfigure(out, config);
	enum cs_err err = seal_key_open(config, &out->key, error);
	if (!err)
		err = password_secret(&out->key, out->password_secret);
	if (!err)
		err = keeper_open_trust(config, out, error);
	if (!err)
		err = keeper_open_db(config, out, error);
	if (!err)
		err = keeper_key_check(out, config, error);
	if (!err)
		err = keeper_open_data_keys(config, out, error);
	if (!err) {
		out->hmac = hmac_new();
		out->body = malloc(IPC_BODY_MAX);
		out->entries = calloc(KEEPER_ENTRIES, sizeof(out->entries[0]));
		if (!out->hmac || !out->body || !out->entries) {
			err = CS_ERR_MEMORY;
			keeper_error(error, "out of memory, or libcrypto has no HMAC");
		}
	}
	if (!err) {
		err = seed_mark_all(out);
		if (err)
			keeper_error(error,
				     "database %s: tokens of an older version could not be marked: %s (%s)",
				     db_place(config->database), cs_err_text(err), db_error_text(out->db));
	}
	if (err) {
		const bool gone = out->gone || (out->db && db_failed(out->db, err));
		keeper_close(out);
		out->gone = gone;
	}
	return err;
}

enum cs_err keeper_pool_open(struct keeper *keeper, const struct config *config)
{
	const struct hash_settings settings = {.workers = config->password_workers,
					       .places = config->password_queue,
					       .patience = (uint64_t)config->request_timeout * 1000,
					       .secret = keeper->password_secret,
					       .clock = keeper->clock};

	keeper->pool = hash_pool_new(&settings);
	return keeper->pool ? CS_OK : CS_ERR_MEMORY;
}

void keeper_close(struct keeper *keeper)
{
	hash_pool_free(keeper->pool);
	chores_close(keeper);
	break_glass_close(keeper->glass);
	db_close(keeper->db);
	login_trust_free(keeper->login_trust);
	login_trust_free(keeper->card_trust);
	hmac_free(keeper->hmac);
	seal_key_wipe(&keeper->key);
	data_keys_wipe(&keeper->data_keys);
	cs_wipe(keeper->password_secret, sizeof(keeper->password_secret));
	free(keeper->body);
	free(keeper->entries);
	memset(keeper, 0, sizeof(*keeper));
}
