/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One request inside keeper, from the caller's credential to the answer and its audit entry: what the files
 * with the operations share. An operation returns CS_OK when it has answered, be it with a refusal; any other
 * error means that the transaction cannot go on.
 */
#ifndef COUNTERSIGN_DAEMON_KEEPER_CALL_H
#define COUNTERSIGN_DAEMON_KEEPER_CALL_H

#include "daemon/json_out.h"
#include "daemon/keeper.h"

struct call {
	struct keeper *keeper;
	const struct ipc_request *asked; /* as it came; what is to be run again is this */
	const struct ipc_request *request; /* the same, or what an operation has put in its place */
	uint64_t now_ms;
	struct db_caller caller; /* who asks; empty before he is known, and where anyone may */
	struct audit_entry
	    audit; /* zeroed but for actor, action, address, time; result empty: no entry is written */
	char typed[DB_USER_SIZE]; /* the user's name as it was given, in its canonical form; audit.user is the user's own */
	struct cs_writer body;
	uint16_t status;
	char again[512]; /* what a repetition of it is told in place of the body, which has what is told once; "": the body */
	bool unfinished;    /* it is to be asked again until all is done: its answer is not kept */
	bool user_disabled; /* who is to be answered as nobody; the audit log has why */
	struct hash_ticket *ticket; /* what Argon2id has yielded for it, or is to; NULL: neither */
};

/* What an operation answers that is called off until Argon2id has been computed for it. */
#define CALL_WAITS CS_ERR_CANCELLED

/* Refusals that an operation gives: status, stable code and sentence stand in the table of keeper_call.c. */
enum call_refusal {
	CALL_UNAUTHORIZED,
	CALL_FORBIDDEN,
	CALL_BAD_USER,
	CALL_BAD_NAME,
	CALL_BAD_LABEL,
	CALL_BAD_TYPE,
	CALL_BAD_HASH,
	CALL_BAD_DIGITS,
	CALL_BAD_PERIOD,
	CALL_BAD_COUNTER,
	CALL_BAD_LIMIT,
	CALL_BAD_AFTER,
	CALL_NO_USER,
	CALL_NO_TOKEN,
	CALL_NO_APPLICATION,
	CALL_USER_EXISTS,
	CALL_APPLICATION_EXISTS,
	CALL_TOO_MANY_TOKENS,
	CALL_SEED_KNOWN,
	CALL_TOKEN_DISABLED,
	CALL_LOCKED,
	CALL_WRONG_CODES,
	CALL_BAD_CLIENT,
	CALL_BAD_SECRET,
	CALL_BAD_SUITE,
	CALL_BAD_DESTINATION,
	CALL_BAD_COUNT,
	CALL_BAD_VALID,
	CALL_BAD_PIN,
	CALL_BAD_DATA,
	CALL_NO_PIN_HERE,
	CALL_NO_RESYNC,
	CALL_NO_CHALLENGE,
	CALL_NO_CHALLENGE_TOKEN,
	CALL_TOO_MANY_CHALLENGES,
	CALL_BAD_PASSWORD,
	CALL_SAME_PASSWORD,
	CALL_BAD_FACTORS,
	CALL_NO_CLASS,
	CALL_BAD_ROLE,
	CALL_NO_STAFF,
	CALL_STAFF_EXISTS,
	CALL_LAST_ADMINISTRATOR,
	CALL_NO_APPROVAL,
	CALL_OWN_APPROVAL,
	CALL_APPROVAL_OVER,
	CALL_NOT_APPROVED,
	CALL_NO_LOCK,
	CALL_NO_MESSAGE,
	CALL_MESSAGE_NOT_FAILED,
	CALL_BUSY,
	CALL_NO_AUDIT_KEY,
	CALL_BAD_DAY,
	CALL_NO_REPORT,
	CALL_BAD_DIGEST,
	CALL_BAD_ROWS,
	CALL_BAD_SERIAL,
	CALL_BAD_POSITION,
	CALL_NO_IMPORT,
	CALL_IMPORT_DONE,
	CALL_IMPORT_GOING,
	CALL_ROWS_OUT_OF_STEP,
	CALL_IMPORT_UNFINISHED,
	CALL_IMPORT_REFUSED,
	CALL_SEED_STOCKED,
	CALL_SERIAL_KNOWN,
	CALL_NO_STOCK,
	CALL_BAD_CALLS,
	CALL_BAD_REALMS,
	CALL_BAD_ADDRESSES,
	CALL_ADDRESS_REFUSED,
	CALL_CALL_REFUSED,
	CALL_REALM_REFUSED,
	CALL_KEY_REUSED,
	CALL_BAD_FINGERPRINT,
	CALL_WRONG_CERTIFICATE,
	CALL_UNTRUSTED_CERTIFICATE,
	CALL_NO_CERTIFICATE,
	CALL_CERTIFICATE_TAKEN,
	CALL_FIRST_CERTIFICATE,
	CALL_CREDENTIAL_WANTED,
	CALL_REKEY_RUNS,
	CALL_NO_BREAK_GLASS,
	CALL_BREAK_GLASS_FULL,
	CALL_BREAK_GLASS_SPENT,
	CALL_NO_BREAK_GLASS_CODE,
	CALL_CERTIFICATE_BOUND,
	CALL_NO_BINDING,
	CALL_EXPORT_OVER,
	CALL_SEED_UNREADABLE,
	CALL_STILL_BOUND,
	CALL_BAD_CERTIFICATES,
	CALL_NO_LOGIN_CA,
	CALL_BAD_PROOF,
	CALL_NO_CARD_CA,
	CALL_SEALED_ALONE,
	CALL_BAD_SEALED,
	CALL_SEALED_OTHER,
	CALL_SEALED_UNTRUSTED,
	CALL_SEALED_SPENT,
	CALL_BAD_STATE,
	CALL_BAD_ALIAS,
	CALL_NO_ALIAS,
	CALL_NAME_TAKEN,
	CALL_TOO_MANY_ALIASES,
	CALL_BAD_EXPIRES,
	CALL_SEED_UNMARKED,
	CALL_USER_STAGED,
	CALL_USER_DISABLED,
	CALL_REFUSAL_COUNT
};

/* One request of the batch, from credential to reply frame, unless it waits from now on. */
CS_MUST_CHECK enum cs_err keeper_request(struct keeper *keeper, size_t index, const struct ipc_request *request,
					 struct cs_writer *out);

/* Answers with the refusal and has it audited. Always CS_OK, so that an operation ends with it. */
CS_MUST_CHECK enum cs_err call_refuse(struct call *call, enum call_refusal refusal);

/* "SHA1" and its like. */
const char *call_hash_name(enum cs_hash hash);

/* Its code and sentence, for refusals that stand within an answer. */
const char *call_refusal_code(enum call_refusal refusal);
const char *call_refusal_message(enum call_refusal refusal);
/* The same, with the word of the request that it is about at the sentence's end. */
CS_MUST_CHECK enum cs_err call_refuse_word(struct call *call, enum call_refusal refusal, const char *word);

/* Writes the error body alone: for answers that stand outside a transaction. */
void call_error_body(struct cs_writer *w, const char *code, const char *message);

/* The audit entry's result; user, token and reason are set by the caller before or after. */
void call_result(struct call *call, const char *result);
void call_reason(struct call *call, const char *reason);
/* What does not fit is cut off at a character's beginning. */
__attribute__((format(printf, 2, 3))) void call_detail(struct call *call, const char *format, ...);
/* Adds the address of whoever typed, where the request has one. */
void call_detail_client(struct call *call);

/* Copies a field's bytes as a text of less than cap bytes. False where it is too long or has a NUL in it. */
bool call_text(const struct call *call, enum ipc_tag tag, char *out, size_t cap);

/* The name of the application or person that asks. Borrowed from call. */
const char *call_caller(const struct call *call);
/* The name of an application or person that the call is about, exactly as given; the audit entry gets it. False
 * where it is none. */
bool call_name(struct call *call, char name[DB_NAME_SIZE]);

/* The members "calls", "realms" and "addresses". */
void call_scope(struct json_out *out, const struct scope *scope);
/* Of a number or address that a code goes to, as much as its owner recognises; of a URL the host. */
void call_mask(const char *destination, char out[DB_DESTINATION_SIZE]);
/* The member "roles". */
void call_roles(struct json_out *out, unsigned roles);

/* What an operation finds of its user, whom an alias may name, or of its token; the audit entry gets his own name, or
 * the one that is nobody's. CS_ERR_NOT_FOUND: no such one (the caller refuses). */
CS_MUST_CHECK enum cs_err call_user(struct call *call, struct db_user *out);
CS_MUST_CHECK enum cs_err call_token(struct call *call, struct db_token *out);
/* The same for who wants to be let in: a disabled user is CS_ERR_NOT_FOUND, too. What is done then goes by the name that was
 * typed, and the audit entry alone is his. */
CS_MUST_CHECK enum cs_err call_served_user(struct call *call, struct db_user *out);

static inline uint64_t call_now(const struct call *call)
{
	return call->now_ms / 1000;
}

/* A new identifier: prefix and 16 random hexadecimal digits. CS_ERR_CRYPTO. */
CS_MUST_CHECK enum cs_err call_id_new(const char *prefix, char id[DB_TOKEN_ID_SIZE]);

/* What a token's seed is sealed for: its id and its user's row. out has room for DB_TOKEN_ID_SIZE + 32 bytes.
 */
struct cs_view token_identity(const struct db_token *token, char *out);
#define TOKEN_IDENTITY_SIZE (DB_TOKEN_ID_SIZE + 32u)

/* Whether keeper has the sealing key that its database was made with: opens the check value that is stored there, and
 * stores one where there is none yet and what is sealed already opens. CS_ERR_DENIED: it is another one, and error
 * gets a sentence; else what the database says. */
CS_MUST_CHECK enum cs_err keeper_key_check(struct keeper *keeper, const struct config *config,
					   char error[CONFIG_ERROR_MAX]);

#define KEEPER_LOCKS	 1024u
#define KEEPER_LOCK_LIST (KEEPER_LOCKS * 5u + 8u)

/* The numbers of the locks of all that the requests name, as PostgreSQL writes an array; yields 0 where it is none. */
size_t keeper_lock_numbers(const struct ipc_request *requests, size_t count, char list[KEEPER_LOCK_LIST]);
/* Locks what the requests name against other daemons, until the transaction ends. */
CS_MUST_CHECK enum cs_err keeper_lock(struct keeper *keeper, const struct ipc_request *requests, size_t count);

/* The same for a seed, by its fingerprint: who asks whether it is in use, and then uses it, is alone with it, and with the
 * tokens that have had it: a clock that is slow may take one for valid that is over by this one. */
CS_MUST_CHECK enum cs_err keeper_lock_seed(struct keeper *keeper, struct cs_view fingerprint);

/* The same for all seeds and all users' room at once: nobody else enrols. Codes are verified all the same. */
CS_MUST_CHECK enum cs_err keeper_lock_enrolments(struct keeper *keeper);

/* The same for who may ask: persons, and what they approve. */
CS_MUST_CHECK enum cs_err keeper_lock_staff(struct keeper *keeper);

/* Finds whose credential came with the call, and whether the operation is for such. Refuses where not
 * (keeper_caller.c). */
CS_MUST_CHECK enum cs_err keeper_authorize(struct call *call, bool *allowed);
/* What it remembers of the last caller (keeper.h). */
void keeper_caller_forget(struct keeper *keeper);

/* ---- Argon2id (keeper_wait.c) ---- */

/* Each may answer CALL_WAITS: the operation undoes what it has written and returns that; it is run again, from its
 * beginning, when the answer is known. ready only sees to that: matches will not wait then. Otherwise as in password.h. */
CS_MUST_CHECK enum cs_err call_password_ready(struct call *call, struct cs_view stored, struct cs_view password);
CS_MUST_CHECK enum cs_err call_password_matches(struct call *call, struct cs_view stored, struct cs_view password,
						bool *same);
CS_MUST_CHECK enum cs_err call_password_store(struct call *call, struct cs_view password,
					      uint8_t out[PASSWORD_STORED_LEN]);

/* Of the batch's tickets: before each try of its transaction, and after the last one. */
void wait_begin(struct keeper *keeper, size_t count);
void wait_end(struct keeper *keeper, size_t count, bool committed);

/* ---- one seed, one token (keeper_seed.c) ---- */

/* Whether another token that is in use has the token's seed; the audit entry names it then. */
CS_MUST_CHECK enum cs_err seed_taken(struct call *call, const struct db_token *token, bool *taken);
/* Gives the tokens that older versions enrolled their fingerprints; those whose seed does not open get none, and
 * accept nothing. */
CS_MUST_CHECK enum cs_err seed_mark_all(struct keeper *keeper);

/* What a request, or a row of an import, says of a new token (keeper_enrol.c); CALL_REFUSAL_COUNT where all is right. */
enum call_refusal enrol_settings(const struct call *call, struct db_token *token);
#define ENROL_VALID_MAX (3660u * 86400u) /* seconds that a token may live */
/* Whether a token of the type has such a setting: DIGITS, HASH, PERIOD, COUNT_OF. */
bool enrol_takes(enum verify_type type, enum ipc_tag tag);
/* The request's PIN and its place, into token, which stays as it is where there is none. refusal is CALL_REFUSAL_COUNT
 * where they are right. */
CS_MUST_CHECK enum cs_err enrol_pin(struct call *call, struct db_token *token, enum call_refusal *refusal);
/* The user's new token, with the request's SECRET or another seed: stored and answered, or refused. */
CS_MUST_CHECK enum cs_err enrol_token(struct call *call, const struct db_user *user, struct db_token *token);

/* 200: it is done, with the user and one member more (keeper_user.c). */
enum cs_err call_user_done(struct call *call, const struct db_user *user, const char *name, const char *value);

/* The members of an import (keeper_import.c), for lists, too. */
void import_write(struct json_out *out, const struct db_import *import);

/* ---- operations, a file each group ---- */

enum cs_err keeper_otp_verify(struct call *call);
enum cs_err keeper_token_resync(struct call *call);

enum cs_err keeper_auth(struct call *call);
enum cs_err keeper_login(struct call *call);
enum cs_err keeper_jwks(struct call *call);
enum cs_err keeper_signing_rotate(struct call *call);
enum cs_err keeper_realm_export(struct call *call);
enum cs_err keeper_rekey(struct call *call);
enum cs_err keeper_data_key_list(struct call *call);
enum cs_err keeper_user_password(struct call *call);
enum cs_err keeper_user_class(struct call *call);
enum cs_err keeper_user_certificates(struct call *call);
enum cs_err keeper_class_set(struct call *call);
enum cs_err keeper_class_list(struct call *call);

enum cs_err keeper_challenge_create(struct call *call);
enum cs_err keeper_challenge_get(struct call *call);

enum cs_err keeper_user_add(struct call *call);
enum cs_err keeper_user_disable(struct call *call);
enum cs_err keeper_user_enable(struct call *call);
enum cs_err keeper_user_delete(struct call *call);
enum cs_err keeper_token_enrol(struct call *call);
enum cs_err keeper_enrolment_key(struct call *call);
enum cs_err keeper_token_lose(struct call *call);
enum cs_err keeper_token_pin(struct call *call);
enum cs_err keeper_token_disable(struct call *call);
enum cs_err keeper_token_enable(struct call *call);
enum cs_err keeper_token_expire(struct call *call);
enum cs_err keeper_token_replace(struct call *call);
enum cs_err keeper_token_delete(struct call *call);
enum cs_err keeper_application_add(struct call *call);
enum cs_err keeper_application_rotate(struct call *call);
enum cs_err keeper_application_scope(struct call *call);
enum cs_err keeper_application_certificate(struct call *call);
enum cs_err keeper_application_remove(struct call *call);

enum cs_err keeper_staff_add(struct call *call);
enum cs_err keeper_staff_rotate(struct call *call);
enum cs_err keeper_staff_disable(struct call *call);
enum cs_err keeper_staff_enable(struct call *call);
enum cs_err keeper_staff_certificate(struct call *call);
enum cs_err keeper_staff_list(struct call *call);

enum cs_err keeper_alias_add(struct call *call);
enum cs_err keeper_alias_list(struct call *call);
enum cs_err keeper_alias_remove(struct call *call);

enum cs_err keeper_binding_add(struct call *call);
enum cs_err keeper_binding_list(struct call *call);
enum cs_err keeper_binding_remove(struct call *call);

enum cs_err keeper_approval_grant(struct call *call);
enum cs_err keeper_approval_refuse(struct call *call);
enum cs_err keeper_approval_list(struct call *call);

enum cs_err keeper_user_list(struct call *call);
enum cs_err keeper_token_list(struct call *call);
enum cs_err keeper_application_list(struct call *call);
enum cs_err keeper_audit_list(struct call *call);
enum cs_err keeper_checkpoint_list(struct call *call);
enum cs_err keeper_audit_key(struct call *call);
enum cs_err keeper_report_get(struct call *call);

enum cs_err keeper_lock_list(struct call *call);
enum cs_err keeper_lock_lift(struct call *call);
enum cs_err keeper_outbox_list(struct call *call);
enum cs_err keeper_outbox_retry(struct call *call);
enum cs_err keeper_import_open(struct call *call);
enum cs_err keeper_import_rows(struct call *call);
enum cs_err keeper_import_commit(struct call *call);
enum cs_err keeper_import_discard(struct call *call);
enum cs_err keeper_import_list(struct call *call);
enum cs_err keeper_stock_list(struct call *call);
enum cs_err keeper_token_assign(struct call *call);
enum cs_err keeper_stock_delete(struct call *call);
enum cs_err keeper_user_export(struct call *call);

enum cs_err keeper_break_glass_issue(struct call *call);
enum cs_err keeper_break_glass_list(struct call *call);
enum cs_err keeper_break_glass_revoke(struct call *call);

enum cs_err keeper_health(struct call *call);
enum cs_err keeper_ready(struct call *call);
enum cs_err keeper_metrics(struct call *call);

#endif
