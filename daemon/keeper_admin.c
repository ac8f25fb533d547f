/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What administrators change: users, tokens, applications.
 */
#include <stdio.h>
#include <string.h>

#include "base/encoding.h"
#include "base/secret.h"
#include "daemon/keeper_call.h"
#include "daemon/name.h"

#define ADMIN_COUNTER_MAX ((uint64_t)1 << 62)

enum cs_err keeper_user_add(struct call *call)
{
	struct json_out out = json_out_of(&call->body);
	char name[DB_USER_SIZE];

	if (name_canonical(ipc_field(call->request, IPC_TAG_USER), sizeof(name) - 1, name))
		return call_refuse(call, CALL_BAD_USER);
	(void)snprintf(call->audit.user, sizeof(call->audit.user), "%s", name);
	enum cs_err err = db_user_add(call->keeper->db, name, call_now(call));
	if (err == CS_ERR_EXISTS)
		return call_refuse(call, CALL_USER_EXISTS);
	if (err)
		return err;
	call->status = 201;
	call_result(call, "done");
	json_object_begin(&out, NULL);
	json_text(&out, "user", name);
	json_object_end(&out);
	return CS_OK;
}

/* ---- tokens ---- */

/* A new token's settings from the request; CALL_REFUSAL_COUNT where all are right. */
static enum call_refusal token_settings(const struct call *call, struct db_token *token)
{
	static const struct {
		const char *name;
		enum cs_hash hash;
	} hashes[] = {{"SHA1", CS_SHA1}, {"SHA256", CS_SHA256}, {"SHA512", CS_SHA512}};
	const struct ipc_request *request = call->request;
	struct cs_view type = ipc_field(request, IPC_TAG_TYPE), hash = ipc_field(request, IPC_TAG_HASH);
	uint64_t digits = ipc_field_number(request, IPC_TAG_DIGITS, VERIFY_DIGITS_MIN);
	uint64_t period = ipc_field_number(request, IPC_TAG_PERIOD, 30);

	token->type = cs_view_equal(type, CS_VIEW_TEXT("hotp"))	  ? VERIFY_HOTP
		      : cs_view_equal(type, CS_VIEW_TEXT("totp")) ? VERIFY_TOTP
								  : 0;
	token->hash = hash.ptr ? 0 : CS_SHA1;
	for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++)
		if (hash.ptr && cs_view_equal(hash, cs_view_string(hashes[i].name)))
			token->hash = hashes[i].hash;
	token->digits = (unsigned)digits;
	token->period = (uint32_t)period;
	token->next = ipc_field_number(request, IPC_TAG_COUNTER, 0);
	token->state = DB_TOKEN_ACTIVE;
	token->created = call_now(call);
	bool hotp = token->type == VERIFY_HOTP;
	return !token->type						  ? CALL_BAD_TYPE
	       : !token->hash						  ? CALL_BAD_HASH
	       : digits < VERIFY_DIGITS_MIN || digits > VERIFY_DIGITS_MAX ? CALL_BAD_DIGITS
	       : period < 10 || period > 300				  ? CALL_BAD_PERIOD
	       : hotp && ipc_has(request, IPC_TAG_PERIOD)		  ? CALL_BAD_PERIOD
	       : !hotp && ipc_has(request, IPC_TAG_COUNTER)		  ? CALL_BAD_COUNTER
	       : token->next >= ADMIN_COUNTER_MAX			  ? CALL_BAD_COUNTER
	       : !call_text(call, IPC_TAG_LABEL, token->label, sizeof(token->label)) ||
		       name_check(cs_view_string(token->label))
		   ? CALL_BAD_LABEL
		   : CALL_REFUSAL_COUNT;
}

/* Copies the seed given, or makes one as long as the hash (RFC 4226, 4: R6). made says which. */
static enum cs_err token_seed(const struct call *call, const struct db_token *token, struct cs_writer *seed,
			      bool *made)
{
	struct cs_view given = ipc_field(call->request, IPC_TAG_SECRET);

	*made = !given.ptr;
	if (given.ptr) {
		cs_write_view(seed, given);
		return cs_writer_done(seed);
	}
	uint8_t *space = cs_write_space(seed, cs_hash_size(token->hash));
	return space ? seal_random(space, cs_hash_size(token->hash)) : CS_ERR_NO_SPACE;
}

static enum cs_err token_id_new(char id[DB_TOKEN_ID_SIZE])
{
	uint8_t bytes[8];

	enum cs_err err = seal_random(bytes, sizeof(bytes));
	if (err)
		return err;
	memcpy(id, "t_", 2);
	cs_hex_encode(CS_VIEW_OF(bytes), id + 2);
	return CS_OK;
}

/* Text with all but unreserved characters (RFC 3986, 2.3) as percent escapes. */
static void uri_write(struct cs_writer *w, const char *text)
{
	static const char hex[] = "0123456789ABCDEF";
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

	for (const char *p = text; *p; p++) {
		uint8_t c = (uint8_t)*p;
		if (strchr(plain, c)) {
			cs_write_u8(w, c);
		} else {
			cs_write_u8(w, '%');
			cs_write_u8(w, (uint8_t)hex[c >> 4]);
			cs_write_u8(w, (uint8_t)hex[c & 15]);
		}
	}
}

static const char *token_hash_name(enum cs_hash hash)
{
	return hash == CS_SHA1	   ? "SHA1"
	       : hash == CS_SHA256 ? "SHA256"
	       : hash == CS_SHA384 ? "SHA384"
				   : "SHA512";
}

/* The key URI that authenticator programs read from a QR code. */
static enum cs_err token_otpauth(const struct db_token *token, struct cs_view seed, char *out, size_t cap)
{
	struct cs_writer w = cs_writer_of(out, cap);
	char secret[CS_BASE32_SIZE(DB_SEED_MAX)], rest[128];

	cs_base32_encode(seed, secret);
	if (token->type == VERIFY_HOTP)
		(void)snprintf(rest, sizeof(rest), "&issuer=Countersign&algorithm=%s&digits=%u&counter=%llu",
			       token_hash_name(token->hash), token->digits, (unsigned long long)token->next);
	else
		(void)snprintf(rest, sizeof(rest), "&issuer=Countersign&algorithm=%s&digits=%u&period=%u",
			       token_hash_name(token->hash), token->digits, (unsigned)token->period);
	cs_write_view(&w, token->type == VERIFY_HOTP ? CS_VIEW_TEXT("otpauth://hotp/Countersign:")
						     : CS_VIEW_TEXT("otpauth://totp/Countersign:"));
	uri_write(&w, token->user);
	cs_write_view(&w, CS_VIEW_TEXT("?secret="));
	cs_write_view(&w, cs_view_string(secret));
	cs_write_view(&w, cs_view_string(rest));
	cs_write_u8(&w, 0);
	cs_wipe(secret, sizeof(secret));
	return cs_writer_done(&w);
}

/* Seals the seed, stores the token, answers; otpauth is told only where the seed was made here. */
static enum cs_err token_store(struct call *call, struct db_token *token, struct cs_view seed, bool made)
{
	struct json_out out = json_out_of(&call->body);
	struct cs_writer sealed = CS_WRITER_OF(token->sealed);
	char identity[TOKEN_IDENTITY_SIZE], otpauth[1024];

	enum cs_err err = seal_close(&call->keeper->key, token_identity(token, identity), seed, &sealed);
	token->sealed_len = cs_writer_view(&sealed).len;
	if (!err)
		err = db_token_add(call->keeper->db, token);
	if (err == CS_ERR_STATE)
		return call_refuse(call, CALL_TOO_MANY_TOKENS);
	if (!err && made)
		err = token_otpauth(token, seed, otpauth, sizeof(otpauth));
	if (!err) {
		(void)snprintf(call->audit.token, sizeof(call->audit.token), "%s", token->id);
		call->status = 201;
		call_result(call, "done");
		json_object_begin(&out, NULL);
		json_text(&out, "token", token->id);
		json_text(&out, "user", token->user);
		if (made)
			json_text(&out, "otpauth", otpauth);
		json_object_end(&out);
	}
	cs_wipe(otpauth, sizeof(otpauth));
	return err;
}

enum cs_err keeper_token_enrol(struct call *call)
{
	struct db_token token = {0};
	struct db_user user;
	uint8_t seed[DB_SEED_MAX];
	struct cs_writer w = CS_WRITER_OF(seed);
	bool made;

	enum cs_err err = call_user(call, &user);
	if (err)
		return err == CS_ERR_NOT_FOUND ? call_refuse(call, CALL_NO_USER) : err;
	enum call_refusal refusal = token_settings(call, &token);
	if (refusal != CALL_REFUSAL_COUNT)
		return call_refuse(call, refusal);
	token.user_id = user.id;
	memcpy(token.user, user.name, sizeof(token.user));
	err = token_id_new(token.id);
	if (!err)
		err = token_seed(call, &token, &w, &made);
	if (!err)
		err = token_store(call, &token, cs_writer_view(&w), made);
	cs_wipe(seed, sizeof(seed));
	return err;
}

static enum cs_err token_set_state(struct call *call, enum db_token_state state)
{
	struct json_out out = json_out_of(&call->body);
	struct db_token token;

	enum cs_err err = call_token(call, &token);
	if (err == CS_ERR_NOT_FOUND)
		return call_refuse(call, CALL_NO_TOKEN);
	if (!err)
		err = db_token_set_state(call->keeper->db, token.id, state);
	if (!err && state == DB_TOKEN_ACTIVE)
		err = db_user_cleared(call->keeper->db, token.user_id);
	if (err)
		return err;
	call->status = 200;
	call_result(call, "done");
	json_object_begin(&out, NULL);
	json_text(&out, "token", token.id);
	json_text(&out, "user", token.user);
	json_text(&out, "state", state == DB_TOKEN_ACTIVE ? "active" : "disabled");
	json_object_end(&out);
	return CS_OK;
}

enum cs_err keeper_token_disable(struct call *call)
{
	return token_set_state(call, DB_TOKEN_DISABLED);
}

enum cs_err keeper_token_enable(struct call *call)
{
	return token_set_state(call, DB_TOKEN_ACTIVE);
}

/* ---- applications ---- */

/* The name, exactly as given. */
static bool application_name(struct call *call, char name[DB_NAME_SIZE])
{
	if (!call_text(call, IPC_TAG_NAME, name, DB_NAME_SIZE) || !name[0] ||
	    name_check(cs_view_string(name)))
		return false;
	(void)snprintf(call->audit.user, sizeof(call->audit.user), "%s", name);
	return true;
}

enum cs_err keeper_application_add(struct call *call)
{
	struct json_out out = json_out_of(&call->body);
	char name[DB_NAME_SIZE], credential[CREDENTIAL_TEXT_SIZE];
	uint8_t hash[CREDENTIAL_HASH_LEN];

	if (!application_name(call, name))
		return call_refuse(call, CALL_BAD_NAME);
	enum cs_err err = credential_new(IPC_APPLICATION, credential, hash);
	if (!err)
		err = db_application_add(call->keeper->db, name, hash, call_now(call));
	if (!err) {
		call->status = 201;
		call_result(call, "done");
		json_object_begin(&out, NULL);
		json_text(&out, "name", name);
		json_text(&out, "credential", credential);
		json_object_end(&out);
	}
	cs_wipe(credential, sizeof(credential));
	return err == CS_ERR_EXISTS ? call_refuse(call, CALL_APPLICATION_EXISTS) : err;
}

enum cs_err keeper_application_remove(struct call *call)
{
	struct json_out out = json_out_of(&call->body);
	char name[DB_NAME_SIZE];

	if (!application_name(call, name))
		return call_refuse(call, CALL_NO_APPLICATION);
	enum cs_err err = db_application_remove(call->keeper->db, name);
	if (err == CS_ERR_NOT_FOUND)
		return call_refuse(call, CALL_NO_APPLICATION);
	if (err)
		return err;
	call->status = 200;
	call_result(call, "done");
	json_object_begin(&out, NULL);
	json_text(&out, "name", name);
	json_bool(&out, "removed", true);
	json_object_end(&out);
	return CS_OK;
}
