/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Challenges: what a token is asked, or a code that is sent. Asking costs: keeper_attempt.h says whom. A
 * challenge is for one token, expires, and is answered once, by the call that verifies codes. What is to be
 * sent lies in the outbox, sealed, from the same commit on.
 */
#include <stdio.h>
#include <string.h>

#include "base/encoding.h"
#include "base/secret.h"
#include "daemon/keeper_check.h"
#include "daemon/keeper_purge.h"
#include "daemon/name.h"

#define CHALLENGE_HOUR	3600u
#define CHALLENGE_CODES 1000000000u

/* The user's token that is to be asked: the one named, or the first that takes challenges, of the type given.
 * CS_ERR_NOT_FOUND. */
static enum cs_err challenge_token(struct call *call, const struct db_user *user, struct db_token *out)
{
	const struct cs_view named = ipc_field(call->request, IPC_TAG_TOKEN);
	const struct cs_view type = ipc_field(call->request, IPC_TAG_TYPE);
	struct db_token rows[DB_USER_TOKENS_MAX];
	size_t count;

	enum cs_err err = db_token_of_user(call->keeper->db, user, call_now(call), rows, &count);
	for (size_t i = 0; !err && i < count; i++) {
		const struct decide_kind *kind = decide_kind(rows[i].type);
		if (!kind || !kind->challenge || !db_token_is_in_use(&rows[i], call_now(call)))
			continue;
		if ((named.ptr && !cs_view_equal(named, cs_view_string(rows[i].id))) ||
		    (type.ptr && !cs_view_equal(type, cs_view_string(kind->name))))
			continue;
		*out = rows[i];
		return CS_OK;
	}
	return err ? err : CS_ERR_NOT_FOUND;
}

/* A code of the token's number of digits, each as likely as any other. */
static enum cs_err challenge_code(unsigned digits, char out[CS_OATH_CODE_MAX])
{
	uint8_t bytes[4];
	uint32_t number;

	do {
		enum cs_err err = seal_random(bytes, sizeof(bytes));
		if (err)
			return err;
		struct cs_reader r = cs_reader_of(CS_VIEW_OF(bytes));
		number = cs_read_u32(&r);
	} while (number >= 4u * CHALLENGE_CODES);
	cs_oath_format(number % CHALLENGE_CODES, digits, out);
	return CS_OK;
}

/* Makes the code, keeps its digest with the challenge, and puts it into the outbox. */
static enum cs_err challenge_send(struct call *call, const struct db_token *token,
				  const struct verify_token *opened, struct db_challenge *challenge)
{
	const struct cs_hmac hmac = hmac_port(call->keeper->hmac);
	struct db_message message = {.created = challenge->created, .expires = challenge->expires};
	struct cs_writer sealed = CS_WRITER_OF(message.sealed);
	char code[CS_OATH_CODE_MAX];

	enum cs_err err = challenge_code(token->digits, code);
	if (!err)
		err = verify_sent_mac(&hmac, opened->seed, cs_view_string(challenge->id),
				      cs_view_string(code), challenge->mac);
	challenge->mac_len = VERIFY_MAC_LEN;
	if (!err)
		err = call_id_new("m_", message.id);
	if (!err)
		err =
		    seal_close(&call->keeper->key, cs_view_string(message.id), cs_view_string(code), &sealed);
	message.sealed_len = cs_writer_view(&sealed).len;
	(void)snprintf(message.kind, sizeof(message.kind), "%s", decide_kind(token->type)->name);
	(void)snprintf(message.destination, sizeof(message.destination), "%s", token->destination);
	(void)snprintf(message.user, sizeof(message.user), "%s", token->user);
	cs_wipe(code, sizeof(code));
	return err ? err : db_outbox_add(call->keeper->db, &message);
}

static enum cs_err challenge_ask_ocra(struct call *call, const struct db_token *token,
				      struct db_challenge *challenge)
{
	const struct cs_hmac hmac = hmac_port(call->keeper->hmac);
	struct cs_ocra_suite suite;
	uint8_t random[32];

	enum cs_err err = seal_random(random, sizeof(random));
	if (!err)
		err = verify_ocra_suite(cs_view_string(token->suite), &suite);
	return err ? err
		   : verify_ocra_question(&hmac, &suite, random, cs_view_string(challenge->data),
					  challenge->question);
}

/* What the token is asked, or sent. */
static enum cs_err challenge_ask(struct call *call, const struct db_token *token,
				 struct db_challenge *challenge)
{
	const struct cs_hmac hmac = hmac_port(call->keeper->hmac);
	struct verify_token opened;
	uint8_t seed[DB_SEED_MAX];

	if (token->type == VERIFY_OCRA)
		return challenge_ask_ocra(call, token, challenge);
	enum cs_err err = check_token(call, token, true, seed, &opened);
	if (!err && (opened.disabled || opened.unreadable))
		err = CS_ERR_NOT_FOUND;
	if (!err)
		err = token->type == VERIFY_GRID ? verify_grid_question(&hmac, &opened, challenge->question)
						 : challenge_send(call, token, &opened, challenge);
	cs_wipe(seed, sizeof(seed));
	return err;
}

/* Whoever asks has proved nothing: he hears the name that he has given, whosever alias it is. */
static enum cs_err challenge_answer(struct call *call, const struct db_token *token,
				    const struct db_challenge *challenge)
{
	struct json_out out = json_out_of(&call->body);
	char masked[DB_DESTINATION_SIZE];

	call->status = 201;
	call_result(call, "done");
	call_detail(call, "%s", challenge->id);
	json_object_begin(&out, NULL);
	json_text(&out, "challenge", challenge->id);
	json_text(&out, "user", call->typed);
	json_text(&out, "token", token->id);
	json_text(&out, "type", decide_kind(token->type)->name);
	if (challenge->question[0])
		json_text(&out, "question", challenge->question);
	if (decide_kind(token->type)->sent) {
		call_mask(token->destination, masked);
		json_text(&out, "sent_to", masked);
	}
	json_number(&out, "expires", challenge->expires);
	json_object_end(&out);
	return CS_OK;
}

/* Whether the token has been asked as often as it may be. */
static enum cs_err challenge_often(struct call *call, const struct db_challenge *challenge, bool *often)
{
	uint32_t lately;

	enum cs_err err = db_challenge_count(call->keeper->db, challenge->token, challenge->known,
					     call_now(call) - CHALLENGE_HOUR, &lately);
	*often = !err && lately >= call->keeper->challenges_hour;
	return err;
}

/* Stores what is asked; the old ones of the user go. */
static enum cs_err challenge_store(struct call *call, const struct db_token *token,
				   struct db_challenge *challenge)
{
	enum cs_err err =
	    db_challenge_purge(call->keeper->db, token->user_id, call_now(call) - CHALLENGE_KEPT);
	if (!err)
		err = call_id_new("c_", challenge->id);
	if (!err)
		err = challenge_ask(call, token, challenge);
	return err ? err : db_challenge_add(call->keeper->db, challenge);
}

/* The data of a transaction: any text that can be shown. */
static bool challenge_data(const struct call *call, const struct db_token *token, char data[DB_DATA_SIZE])
{
	struct cs_ocra_suite suite;

	if (!call_text(call, IPC_TAG_DATA, data, DB_DATA_SIZE) || name_check(cs_view_string(data)))
		return false;
	if (token->type != VERIFY_OCRA || verify_ocra_suite(cs_view_string(token->suite), &suite))
		return true;
	return !suite.session_len || strlen(data) <= suite.session_len;
}

/* Where no new one may be made: what is open still will do, so that a stranger who asks without end keeps
 * nobody from answering. Whoever asked for it, only the token's owner can answer it. A grid is asked for its
 * next three cells, whatever it was asked for when that one was made: others are over once it was answered.
 */
static enum cs_err challenge_again(struct call *call, const struct db_token *token,
				   struct db_challenge *challenge, bool *open)
{
	enum cs_err err = db_challenge_open(call->keeper->db, call_now(call), challenge);

	*open = !err;
	if (!err && token->type == VERIFY_GRID) {
		err = challenge_ask(call, token, challenge);
		if (!err)
			err = db_challenge_set_question(call->keeper->db, challenge);
	}
	return err == CS_ERR_NOT_FOUND && !*open ? CS_OK : err;
}

/* One that is open already, or a new one. Grids have a new one however often they were asked, where none is
 * open: it tells no more than the one before. */
static enum cs_err challenge_find_or_store(struct call *call, const struct db_token *token, bool granted,
					   struct db_challenge *challenge)
{
	bool often = true, open = false;

	enum cs_err err = granted ? challenge_often(call, challenge, &often) : CS_OK;
	if (!err && often)
		err = challenge_again(call, token, challenge, &open);
	if (!err && often && !open && !(granted && token->type == VERIFY_GRID))
		return CS_ERR_BLOCKED;
	if (open)
		call_reason(call, "open_already");
	return err || open ? err : challenge_store(call, token, challenge);
}

/* A name that is nobody's costs what a token may be asked. */
static enum cs_err challenge_nobody(struct call *call)
{
	struct attempt asked;
	bool granted;

	enum cs_err err = attempt_ask(call, NULL, call->typed, &asked, &granted);
	if (err)
		return err == CS_ERR_ARG ? call_refuse(call, CALL_BAD_CLIENT) : err;
	return call_refuse(call, granted ? CALL_NO_USER : CALL_TOO_MANY_CHALLENGES);
}

/* The user's token that is asked is found, and the attempt to do so charged. */
static enum cs_err challenge_make(struct call *call, const struct db_token *token,
				  const struct attempt *asked, bool granted)
{
	struct db_challenge challenge = {.user_id = token->user_id,
					 .created = call_now(call),
					 .expires = call_now(call) + call->keeper->challenge_lifetime,
					 .known = asked->known};

	(void)snprintf(call->audit.token, sizeof(call->audit.token), "%s", token->id);
	if (!challenge_data(call, token, challenge.data))
		return call_refuse(call, CALL_BAD_DATA);
	memcpy(challenge.token, token->id, sizeof(challenge.token));
	(void)snprintf(challenge.application, sizeof(challenge.application), "%s", call_caller(call));
	enum cs_err err = challenge_find_or_store(call, token, granted, &challenge);
	if (err == CS_ERR_BLOCKED)
		return call_refuse(call, CALL_TOO_MANY_CHALLENGES);
	if (err)
		return err == CS_ERR_NOT_FOUND ? call_refuse(call, CALL_NO_CHALLENGE_TOKEN) : err;
	return challenge_answer(call, token, &challenge);
}

enum cs_err keeper_challenge_create(struct call *call)
{
	struct attempt asked;
	struct db_token token;
	struct db_user user;
	bool granted;

	enum cs_err err = call_served_user(call, &user);
	if (err)
		return err == CS_ERR_NOT_FOUND ? challenge_nobody(call) : err;
	err = attempt_ask(call, &user, user.name, &asked, &granted);
	if (err)
		return err == CS_ERR_ARG ? call_refuse(call, CALL_BAD_CLIENT) : err;
	err = challenge_token(call, &user, &token);
	if (err)
		return err == CS_ERR_NOT_FOUND ? call_refuse(call, CALL_NO_CHALLENGE_TOKEN) : err;
	return challenge_make(call, &token, &asked, granted);
}

enum cs_err keeper_challenge_get(struct call *call)
{
	struct json_out out = json_out_of(&call->body);
	struct db_challenge challenge;
	char id[DB_CHALLENGE_ID_SIZE];

	if (!call_text(call, IPC_TAG_CHALLENGE, id, sizeof(id)))
		return call_refuse(call, CALL_NO_CHALLENGE);
	enum cs_err err = db_challenge_find(call->keeper->db, id, &challenge);
	if (!err && strcmp(challenge.application, call_caller(call)) != 0)
		err = CS_ERR_NOT_FOUND; /* another application's is nothing of this one's */
	if (err)
		return err == CS_ERR_NOT_FOUND ? call_refuse(call, CALL_NO_CHALLENGE) : err;
	call->status = 200;
	json_object_begin(&out, NULL);
	json_text(&out, "challenge", challenge.id);
	json_text(&out, "token", challenge.token);
	json_text(&out, "state",
		  challenge.spent			? "answered"
		  : challenge.expires <= call_now(call) ? "expired"
							: "open");
	json_number(&out, "expires", challenge.expires);
	json_object_end(&out);
	return CS_OK;
}
