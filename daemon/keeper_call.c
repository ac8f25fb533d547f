/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What all operations of keeper share: refusals, the audit entry's texts, fields.
 */
#include "daemon/keeper_call.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/encoding.h"
#include "daemon/client_address.h"
#include "daemon/name.h"
#include "daemon/role.h"

static const struct {
	uint16_t status;
	const char *code, *message;
} call_refusals[CALL_REFUSAL_COUNT] = {
    [CALL_UNAUTHORIZED] =
	{401, "unauthorized",
	 "The credential is not known here: check the Authorization header, or ask an administrator "
	 "for a new one."},
    [CALL_FORBIDDEN] = {403, "forbidden",
			"This credential is not for this call: countersignd(8) has the table of who may "
			"call what."},
    [CALL_BAD_USER] =
	{400, "bad_user",
	 "The user name must be 1 to 128 bytes of UTF-8 without control or invisible characters."},
    [CALL_BAD_NAME] = {400, "bad_name",
		       "The name must be 1 to 64 bytes of UTF-8 without control or invisible characters."},
    [CALL_BAD_LABEL] =
	{400, "bad_label",
	 "The label must be at most 128 bytes of UTF-8 without control or invisible characters."},
    [CALL_BAD_TYPE] = {400, "bad_type",
		       "The type must be hotp, totp, ocra, sms, email, list, grid, backup or temporary."},
    [CALL_BAD_HASH] = {400, "bad_algorithm",
		       "The algorithm is for HOTP and TOTP only, and must be SHA1, SHA256 or SHA512."},
    [CALL_BAD_DIGITS] = {400, "bad_digits",
			 "The number of digits is for what makes or sends digits, and must be 6, 7 or 8."},
    [CALL_BAD_PERIOD] = {400, "bad_period", "The period is for TOTP only, and must be 10 to 300 seconds."},
    [CALL_BAD_COUNTER] = {400, "bad_counter",
			  "The counter is for HOTP and OCRA only, and must be below 2 to the 62nd power."},
    [CALL_BAD_LIMIT] = {400, "bad_limit", "The limit must be 1 to 1000."},
    [CALL_BAD_AFTER] = {400, "bad_after", "after must be the value of next in the page before."},
    [CALL_NO_USER] = {404, "user_not_found",
		      "There is no such user: add the user first, or check the spelling."},
    [CALL_NO_TOKEN] = {404, "token_not_found",
		       "There is no such token: list the tokens to see their identifiers."},
    [CALL_NO_APPLICATION] = {404, "application_not_found",
			     "There is no such application: list the applications to see their names."},
    [CALL_USER_EXISTS] = {409, "user_exists",
			  "There is a user, or an alias, of this name already; letter case does not count."},
    [CALL_APPLICATION_EXISTS] =
	{409, "application_exists",
	 "There is an application of this name already: remove it first, or take another name."},
    [CALL_TOO_MANY_TOKENS] =
	{409, "too_many_tokens",
	 "The user has as many tokens in use as one user may have (16): disable one that is not needed."},
    [CALL_SEED_KNOWN] =
	{409, "seed_known",
	 "A token that is in use has this seed: a code would be good for both. Disable that one "
	 "first; the audit log names it."},
    [CALL_TOKEN_DISABLED] = {409, "token_disabled", "The token is disabled: enable it first."},
    [CALL_LOCKED] =
	{409, "locked",
	 "Too many wrong codes have locked this token or its user: enable the token, then try again."},
    [CALL_WRONG_CODES] =
	{409, "wrong_codes",
	 "These are not two consecutive codes of this token within the resync window: let the token "
	 "make two new ones and send them in their order."},
    [CALL_BAD_CLIENT] = {400, "bad_client",
			 "client must be the IP or MAC address of whoever typed the code."},
    [CALL_BAD_SECRET] = {400, "bad_secret", "A token of this type gets its secret here: leave it out."},
    [CALL_BAD_SUITE] = {400, "bad_suite",
			"The suite is for OCRA only, and there it must be an OCRA-1 suite with 6 to 10 "
			"digits and no P; a PIN "
			"stands before or behind the code."},
    [CALL_BAD_DESTINATION] =
	{400, "bad_destination",
	 "The destination is for sms and email only, and there it must be a number as +491701234567, or one "
	 "address of mail."},
    [CALL_BAD_COUNT] = {400, "bad_count",
			"The count is for list (10 to 200), grid (30 to 100), backup (5 to 32) and temporary "
			"(1 to 100) only."},
    [CALL_BAD_VALID] =
	{400, "bad_valid",
	 "valid must be a number of seconds, ten years at most; a temporary password has an end."},
    [CALL_BAD_PIN] = {400, "bad_pin",
		      "The PIN must have 4 to 16 characters that neither run on nor repeat; its place is "
		      "before or behind."},
    [CALL_BAD_DATA] = {400, "bad_data",
		       "data must be text of at most 512 bytes, and no longer than the suite's session."},
    [CALL_NO_PIN_HERE] = {409, "no_pin_here", "A token of this type has no PIN: its codes are letters."},
    [CALL_NO_RESYNC] = {409, "no_resync", "Only HOTP and TOTP tokens are brought back by two codes."},
    [CALL_NO_CHALLENGE] = {404, "challenge_not_found",
			   "There is no such challenge (any more): create a new one."},
    [CALL_NO_CHALLENGE_TOKEN] =
	{409, "no_challenge_token",
	 "The user has no active token of this kind that takes challenges: enrol one, or leave out token and "
	 "type."},
    [CALL_SAME_PASSWORD] = {400, "same_password", "The new password is the one in use: choose another one."},
    [CALL_BAD_PASSWORD] = {400, "bad_password",
			   "The password must be long enough (password_min), at most 128 bytes, must not run "
			   "on or repeat itself, "
			   "and must not have the user's name in it."},
    [CALL_BAD_FACTORS] = {400, "bad_factors",
			  "The factors must be password, code, password+code, "
			  "certificate+password or certificate+code."},
    [CALL_NO_CLASS] = {404, "class_not_found",
		       "There is no such class: list the classes to see their names, or make it first."},
    [CALL_BAD_ROLE] = {400, "bad_role", "The role must be administrator, operator, auditor or all."},
    [CALL_NO_STAFF] = {404, "staff_not_found",
		       "There is no person of this name: list the staff to see their names."},
    [CALL_STAFF_EXISTS] = {409, "staff_exists",
			   "There is a person of this name already; a name is never given a second time."},
    [CALL_LAST_ADMINISTRATOR] = {409, "last_administrator",
				 "This is the last administrator: make or enable another one first."},
    [CALL_NO_APPROVAL] = {404, "approval_not_found",
			  "There is no such proposal: list the approvals to see their identifiers."},
    [CALL_OWN_APPROVAL] = {403, "own_approval",
			   "Nobody approves what he has proposed himself: ask another administrator."},
    [CALL_APPROVAL_OVER] = {409, "approval_over",
			    "This proposal is not open any more: it was decided, executed, or has expired."},
    [CALL_NOT_APPROVED] = {409, "not_approved",
			   "This is not, or no more, approved: the approval must be of this same call of "
			   "yours, given by another "
			   "administrator, not expired, and not used before."},
    [CALL_NO_LOCK] =
	{404, "lock_not_found",
	 "Nothing is counted against this address there: list the locks to see which there are."},
    [CALL_NO_MESSAGE] = {404, "message_not_found",
			 "There is no such message: list the outbox to see their identifiers."},
    [CALL_MESSAGE_NOT_FAILED] = {409, "message_not_failed",
				 "It waits already, or its code has expired: list the outbox, or have the "
				 "user ask for another code."},
    [CALL_BUSY] =
	{503, "busy",
	 "Too many passwords and PINs are being checked at the moment, and nothing was done: try again "
	 "in a second."},
    [CALL_BAD_DAY] = {400, "bad_day", "The day must be written as 2027-01-15."},
    [CALL_NO_REPORT] = {404, "report_not_found",
			"There is no report of this day: each is made in the night after its day."},
    [CALL_NO_AUDIT_KEY] = {404, "audit_key_not_found", "This daemon signs no checkpoints."},
    [CALL_BAD_DIGEST] = {400, "bad_digest",
			 "The digest must be the file's SHA-256, as 64 hexadecimal digits in lower case."},
    [CALL_BAD_ROWS] = {400, "bad_rows", "A file has 1 to 1,000,000 tokens: split a larger one."},
    [CALL_BAD_SERIAL] = {400, "bad_serial",
			 "The serial number must be at most 64 bytes of UTF-8 without control or invisible "
			 "characters."},
    [CALL_BAD_POSITION] = {400, "bad_counter",
			   "The counter must be below 2 to the 62nd power, and a time step must not lie more "
			   "than a day ahead."},
    [CALL_NO_IMPORT] = {404, "import_not_found",
			"There is no such import: list the imports to see their identifiers."},
    [CALL_IMPORT_DONE] = {409, "import_done",
			  "This file has been imported: its tokens are in use, or in stock."},
    [CALL_IMPORT_GOING] = {409, "import_discarding",
			   "Rows that came of this file before are being removed, some at a time: ask again "
			   "until none is left."},
    [CALL_ROWS_OUT_OF_STEP] =
	{409, "rows_out_of_step",
	 "These are not the rows that come next: open the import again to see how many are staged."},
    [CALL_IMPORT_UNFINISHED] = {409, "import_unfinished",
				"Not all rows of the file are staged: send the others first."},
    [CALL_IMPORT_REFUSED] =
	{409, "import_refused",
	 "Rows of this file were refused, and a file is imported whole or not at all. Put right what was "
	 "wrong, and open the import again: it begins anew, and says which rows are refused now."},
    [CALL_SEED_STOCKED] = {409, "seed_known", "A token, in use or not, in stock or staged, has this seed."},
    [CALL_SERIAL_KNOWN] = {409, "serial_known",
			   "A token, in use or not, in stock or staged, has this serial number."},
    [CALL_NO_STOCK] =
	{404, "stock_not_found",
	 "There is no such token in stock: list the stock to see identifiers and serial numbers."},
    [CALL_BAD_CALLS] = {400, "bad_calls", "calls must be words of verify, challenge and login."},
    [CALL_BAD_REALMS] = {400, "bad_realms",
			 "realms must be names without @, or - for users without a realm; 512 bytes in all."},
    [CALL_BAD_ADDRESSES] = {400, "bad_addresses",
			    "addresses must be addresses, networks as 192.0.2.0/24 or 2001:db8::/32 with "
			    "zeros behind the prefix, or "
			    "local; 1024 bytes in all."},
    [CALL_ADDRESS_REFUSED] = {403, "address_not_allowed",
			      "This application's credential is not good at this address; an administrator "
			      "says where it is."},
    [CALL_CALL_REFUSED] = {403, "call_not_allowed",
			   "This application's credential is not for this call; an administrator says what "
			   "it is for."},
    [CALL_REALM_REFUSED] = {403, "realm_not_allowed",
			    "This application's credential is not for users of this realm; an administrator "
			    "says whom it is for."},
    [CALL_KEY_REUSED] =
	{422, "idempotency_key_reused",
	 "This Idempotency-Key was used with another request within a day: take a new one for "
	 "each request, and the same one only to repeat it."},
    [CALL_BAD_FINGERPRINT] =
	{400, "bad_certificate",
	 "certificate must be the SHA-256 of a certificate's SubjectPublicKeyInfo, as 64 "
	 "hexadecimal digits, or none."},
    [CALL_WRONG_CERTIFICATE] =
	{401, "certificate_wanted",
	 "This person calls with his client certificate and his credential: connect with "
	 "that certificate."},
    [CALL_UNTRUSTED_CERTIFICATE] =
	{401, "untrusted_certificate",
	 "The client certificate of this connection is not one to trust: connect with another one."},
    [CALL_NO_CERTIFICATE] =
	{403, "no_certificate",
	 "Here persons call with a client certificate, and this one has been given none: ask "
	 "an administrator."},
    [CALL_CERTIFICATE_TAKEN] = {409, "certificate_taken", "This certificate's key is another application's."},
    [CALL_NO_BREAK_GLASS] = {409, "no_break_glass",
			     "This daemon has no file of break-glass codes: its log says why."},
    [CALL_BREAK_GLASS_FULL] =
	{409, "too_many_codes",
	 "This daemon has as many break-glass codes as it can have (64): revoke one that is not needed."},
    [CALL_BREAK_GLASS_SPENT] = {409, "code_spent", "This break-glass code has been used."},
    [CALL_NO_BREAK_GLASS_CODE] =
	{404, "code_not_found",
	 "This daemon has no such break-glass code: list the codes to see their identifiers."},
    [CALL_FIRST_CERTIFICATE] = {403, "first_certificate",
				"Nobody gives himself his first certificate: ask an administrator."},
    [CALL_CREDENTIAL_WANTED] =
	{403, "credential_wanted",
	 "A token of /auth gives nobody what is good for longer: call with the credential itself."},
    [CALL_CERTIFICATE_BOUND] =
	{409, "certificate_bound",
	 "This certificate's key is bound to a user: list the certificates to see to whom, "
	 "and remove it there first."},
    [CALL_NO_BINDING] =
	{404, "certificate_not_found",
	 "No user has a certificate of this key: list the certificates to see which there are."},
    [CALL_EXPORT_OVER] = {409, "export_over",
			  "This is not the next page of an export of yours that is under way: each page is "
			  "told once, and all of them within half an hour of the first. Begin anew, with "
			  "another approval."},
    [CALL_SEED_UNREADABLE] = {409, "seed_unreadable",
			      "Nothing was told, as the seed of a token does not open: put its row back from "
			      "a backup, and ask again, for the same page, or with another approval. All "
			      "that is told must be readable."},
    [CALL_STILL_BOUND] = {409, "still_bound",
			  "Certificates are bound to this user, and no other one is his: list them, and "
			  "remove them first."},
    [CALL_BAD_CERTIFICATES] = {400, "bad_certificates",
			       "certificates must be bound (those that are bound to the user alone) or named "
			       "(also those that name him)."},
    [CALL_NO_LOGIN_CA] = {409, "no_login_ca",
			  "This daemon trusts no CA for users' certificates: set login_ca first "
			  "(countersignd.conf(5))."},
    [CALL_NO_CARD_CA] = {409, "no_card_ca",
			 "This daemon trusts no maker of cards: set card_ca first (countersignd.conf(5))."},
    [CALL_SEALED_ALONE] =
	{400, "sealed_alone",
	 "sealed says itself what else stands here: beside it are user, label, valid and the PIN alone."},
    [CALL_BAD_SEALED] = {400, "bad_sealed",
			 "sealed must be, in base64, what a card has answered that made a seed for this "
			 "server, byte for byte."},
    [CALL_SEALED_OTHER] = {409, "sealed_to_another",
			   "The seed is sealed to another key than that of this server: GET "
			   "/v1/enrolment-key, and have the card make another one."},
    [CALL_SEALED_UNTRUSTED] =
	{409, "sealed_untrusted",
	 "No card that card_ca vouches for has signed this; the audit log says what is wrong with it."},
    [CALL_SEALED_SPENT] =
	{409, "sealed_spent",
	 "This seed was enrolled before: each one is, once. Have the card make another one."},
    [CALL_BAD_PROOF] =
	{400, "bad_proof",
	 "certificate, nonce, algorithm and signature come together: all four of them, or none."},
    [CALL_BAD_EXPIRES] = {400, "bad_expires",
			  "expires must be a time in Unix seconds, at most ten years ahead, or 0 for none; a "
			  "temporary password has an end."},
    [CALL_SEED_UNMARKED] =
	{409, "seed_unmarked",
	 "The seed of a token does not open, so what it has spent cannot be kept for it: leave the token "
	 "disabled, or put its row back from a backup and start the daemon anew."},
    [CALL_USER_STAGED] = {409, "user_staged",
			  "A file that is being imported names this user: commit or discard it first."},
    [CALL_USER_DISABLED] = {409, "user_disabled", "This user is disabled: enable him first."},
    [CALL_TOO_MANY_CHALLENGES] =
	{429, "too_many_challenges",
	 "This token has been challenged too often within the last hour: wait, or use another one."},
    [CALL_BAD_STATE] = {400, "bad_state", "The state must be active or disabled."},
    [CALL_BAD_ALIAS] = {400, "bad_alias",
			"The alias must be 1 to 128 bytes of UTF-8 without control or invisible characters."},
    [CALL_NO_ALIAS] = {404, "alias_not_found",
		       "No user has this alias: list the aliases to see which there are."},
    [CALL_NAME_TAKEN] = {409, "name_taken",
			 "This is a user's name, or an alias, already; letter case does not count."},
    [CALL_TOO_MANY_ALIASES] = {409, "too_many_aliases",
			       "The user has as many aliases as one user may have (16)."},
    [CALL_REKEY_RUNS] = {409, "rekey_runs",
			 "The data key is being changed: GET /v1/data-keys says how far that is; begin anew "
			 "when it has ended."},
};

const char *call_hash_name(enum cs_hash hash)
{
	static const char *const names[] = {
	    [CS_SHA1] = "SHA1", [CS_SHA256] = "SHA256", [CS_SHA384] = "SHA384", [CS_SHA512] = "SHA512"};

	return names[hash];
}

const char *call_refusal_code(enum call_refusal refusal)
{
	return call_refusals[refusal].code;
}

const char *call_refusal_message(enum call_refusal refusal)
{
	return call_refusals[refusal].message;
}

void call_error_body(struct cs_writer *w, const char *code, const char *message)
{
	struct json_out out = json_out_of(w);

	json_object_begin(&out, NULL);
	json_object_begin(&out, "error");
	json_text(&out, "code", code);
	json_text(&out, "message", message);
	json_object_end(&out);
	json_object_end(&out);
}

enum cs_err call_refuse(struct call *call, enum call_refusal refusal)
{
	call->status = call_refusals[refusal].status;
	call_error_body(&call->body, call_refusals[refusal].code, call_refusals[refusal].message);
	call_result(call, "refused");
	call_reason(call, call_refusals[refusal].code);
	return CS_OK;
}

enum cs_err call_refuse_word(struct call *call, enum call_refusal refusal, const char *word)
{
	char message[512];

	call->status = call_refusals[refusal].status;
	(void)snprintf(message, sizeof(message), "%s This is not: %s", call_refusals[refusal].message, word);
	call_error_body(&call->body, call_refusals[refusal].code, message);
	call_result(call, "refused");
	call_reason(call, call_refusals[refusal].code);
	return CS_OK;
}

void call_result(struct call *call, const char *result)
{
	(void)snprintf(call->audit.result, sizeof(call->audit.result), "%s", result);
}

void call_reason(struct call *call, const char *reason)
{
	if (call->user_disabled &&
	    (strcmp(reason, "unknown_user") == 0 || strcmp(reason, call_refusals[CALL_NO_USER].code) == 0))
		reason = call_refusals[CALL_USER_DISABLED].code;
	(void)snprintf(call->audit.reason, sizeof(call->audit.reason), "%s", reason);
}

void call_detail(struct call *call, const char *format, ...)
{
	char text[2 * sizeof(call->audit.detail)];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	size_t len = strlen(text);
	if (len >= sizeof(call->audit.detail)) {
		len = sizeof(call->audit.detail) - 1;
		while (len && ((unsigned char)text[len] & 0xC0u) == 0x80u)
			len--;
	}
	memcpy(call->audit.detail, text, len);
	call->audit.detail[len] = '\0';
}

void call_detail_client(struct call *call)
{
	char address[CLIENT_ADDRESS_MAX];
	const size_t len = strlen(call->audit.detail);

	if (client_address(ipc_field(call->request, IPC_TAG_CLIENT), address))
		(void)snprintf(call->audit.detail + len, sizeof(call->audit.detail) - len, "%sclient %s",
			       len ? ", " : "", address);
}

bool call_text(const struct call *call, enum ipc_tag tag, char *out, size_t cap)
{
	struct cs_view field = ipc_field(call->request, tag);

	if (field.len >= cap || (field.len && memchr(field.ptr, 0, field.len)))
		return false;
	if (field.len)
		memcpy(out, field.ptr, field.len);
	out[field.len] = '\0';
	return true;
}

const char *call_caller(const struct call *call)
{
	return call->caller.name;
}

bool call_name(struct call *call, char name[DB_NAME_SIZE])
{
	if (!call_text(call, IPC_TAG_NAME, name, DB_NAME_SIZE) || !name[0] ||
	    name_check(cs_view_string(name)))
		return false;
	(void)snprintf(call->audit.user, sizeof(call->audit.user), "%s", name);
	return true;
}

void call_scope(struct json_out *out, const struct scope *scope)
{
	json_text(out, "calls", scope->calls);
	json_text(out, "realms", scope->realms);
	json_text(out, "addresses", scope->addresses);
}

void call_roles(struct json_out *out, unsigned roles)
{
	enum role role;
	const char *name;

	json_array_begin(out, "roles");
	for (size_t i = 0; (name = role_name(i, &role)) != NULL; i++)
		if (roles & role)
			json_text(out, NULL, name);
	json_array_end(out);
}

enum cs_err call_user(struct call *call, struct db_user *out)
{
	if (name_canonical(ipc_field(call->request, IPC_TAG_USER), sizeof(call->typed) - 1, call->typed))
		return CS_ERR_NOT_FOUND;
	(void)snprintf(call->audit.user, sizeof(call->audit.user), "%s", call->typed);
	enum cs_err err = db_user_find(call->keeper->db, call->typed, out);
	if (!err)
		(void)snprintf(call->audit.user, sizeof(call->audit.user), "%s", out->name);
	return err;
}

enum cs_err call_served_user(struct call *call, struct db_user *out)
{
	enum cs_err err = call_user(call, out);

	if (err || !out->disabled)
		return err;
	call->user_disabled = true;
	return CS_ERR_NOT_FOUND;
}

enum cs_err call_token(struct call *call, struct db_token *out)
{
	char id[DB_TOKEN_ID_SIZE];

	if (!call_text(call, IPC_TAG_TOKEN, id, sizeof(id)) || name_check(cs_view_string(id)))
		return CS_ERR_NOT_FOUND;
	(void)snprintf(call->audit.token, sizeof(call->audit.token), "%s", id);
	enum cs_err err = db_token_find(call->keeper->db, id, out);
	if (!err)
		(void)snprintf(call->audit.user, sizeof(call->audit.user), "%s", out->user);
	return err;
}

enum cs_err call_id_new(const char *prefix, char id[DB_TOKEN_ID_SIZE])
{
	uint8_t bytes[8];

	enum cs_err err = seal_random(bytes, sizeof(bytes));
	if (err)
		return err;
	memcpy(id, prefix, 2);
	cs_hex_encode(CS_VIEW_OF(bytes), id + 2);
	return CS_OK;
}

struct cs_view token_identity(const struct db_token *token, char *out)
{
	int len = snprintf(out, TOKEN_IDENTITY_SIZE, "%s of %" PRId64, token->id, token->user_id);

	return cs_view(out, (size_t)len);
}

void call_mask(const char *destination, char out[DB_DESTINATION_SIZE])
{
	const char *at = strchr(destination, '@'), *url = strstr(destination, "://");
	size_t len = strlen(destination), shown_first = at ? 1 : 0, shown_last = at ? strlen(at) : 2;

	if (url) /* what stands behind the host may be a secret */
		len = (size_t)(url - destination) + 3 + strcspn(url + 3, "/?#");
	for (size_t i = 0; i < len; i++) {
		bool shown = url || i < shown_first || i + shown_last >= len;
		out[i] = shown ? destination[i] : '*';
	}
	out[len] = '\0';
}
