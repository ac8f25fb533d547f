/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Credentials found, and answers told, in the ways of other people's programs.
 */
#include "daemon/front_style.h"

#include <config.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/encoding.h"
#include "base/json.h"
#include "base/secret.h"

#define CREDENTIAL_MAX 768u
#define BASIC_MAX      256u /* bytes of user, colon and code */
#define USER_MAX       128u
#define PROMPT_MAX     400u

static const struct {
	const char *path; /* or its beginning */
	enum front_style style;
} STYLES[] = {
    {"/validate/", FRONT_STYLE_VALIDATE},
    {"/auth", FRONT_STYLE_VALIDATE},
    {"/v1/otp/radius", FRONT_STYLE_RADIUS},
    {"/v1/otp/status", FRONT_STYLE_STATUS},
};

enum front_style front_style_of(const struct front_route *route)
{
	for (size_t i = 0; i < sizeof STYLES / sizeof STYLES[0]; i++) {
		if (strncmp(route->path, STYLES[i].path, strlen(STYLES[i].path)) == 0) {
			return STYLES[i].style;
		}
	}
	return FRONT_STYLE_REST;
}

/* ---- who asks ---- */

static struct cs_view trim(struct cs_view text)
{
	while (text.len > 0 && text.ptr[0] == ' ') {
		text = cs_view(text.ptr + 1, text.len - 1);
	}
	while (text.len > 0 && text.ptr[text.len - 1] == ' ') {
		text.len--;
	}
	return text;
}

/* What follows the scheme; empty where the line has another one. */
static struct cs_view after_scheme(struct cs_view line, const char *scheme)
{
	size_t len = strlen(scheme);

	if (line.len < len || strncasecmp((const char *)line.ptr, scheme, len) != 0) {
		return CS_VIEW_EMPTY;
	}
	return trim(cs_view(line.ptr + len, line.len - len));
}

static struct cs_view credential_check(struct cs_view text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] <= 0x20 || text.ptr[i] >= 0x7f) {
			return CS_VIEW_EMPTY;
		}
	}
	return text.len <= CREDENTIAL_MAX ? text : CS_VIEW_EMPTY;
}

/* With the word Bearer before it, or without. */
static struct cs_view bare(struct cs_view line)
{
	struct cs_view rest = after_scheme(line, "Bearer ");

	return rest.len > 0 ? rest : trim(line);
}

struct cs_view front_style_credential(enum front_style style, const struct front_credential *header)
{
	switch (style) {
	case FRONT_STYLE_VALIDATE:
		if (header->pi_authorization.len > 0) {
			return credential_check(bare(header->pi_authorization));
		}
		if (header->authorization.len > 0) {
			return credential_check(bare(header->authorization));
		}
		return credential_check(header->open);
	case FRONT_STYLE_STATUS:
		return credential_check(bare(header->countersign));
	default:
		return credential_check(after_scheme(header->authorization, "Bearer "));
	}
}

/* ---- HTTP Basic ---- */

static unsigned base64_digit(uint8_t c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c != '\0' ? strchr(digits, c) : NULL;

	return at != NULL ? (unsigned)(at - digits) : 64u;
}

/* RFC 4648, section 4, with its padding. */
static bool base64_decode(struct cs_view text, struct cs_writer *out)
{
	size_t padding = 0;
	unsigned bits = 0;

	while (padding < 2 && padding < text.len && text.ptr[text.len - 1 - padding] == '=') {
		padding++;
	}
	if (text.len % 4 != 0) {
		return false;
	}
	for (size_t i = 0; i < text.len - padding; i++) {
		unsigned digit = base64_digit(text.ptr[i]);

		if (digit > 63) {
			return false;
		}
		bits = (bits << 6 | digit) & 0xFFFFu;
		if (i % 4 > 0) {
			cs_write_u8(out, (uint8_t)(bits >> (6u - 2u * (i % 4)) & 0xFFu));
		}
	}
	return cs_writer_done(out) == CS_OK;
}

enum front_refusal front_style_basic(const struct front_credential *header, const struct front_route *route,
				     struct front_request *out, struct front_error *err)
{
	uint8_t plain[BASIC_MAX];
	struct cs_writer w = CS_WRITER_OF(plain);
	struct cs_view text = after_scheme(header->authorization, "Basic ");
	enum front_refusal refusal = FRONT_NO_USER;
	const uint8_t *colon = NULL;

	if (text.len > 0 && base64_decode(text, &w)) {
		text = cs_writer_view(&w);
		colon = text.len > 0 ? memchr(text.ptr, ':', text.len) : NULL;
	}
	if (colon != NULL) {
		size_t len = (size_t)(colon - text.ptr);

		refusal = front_request_text(out, route, "user", cs_view(text.ptr, len), err);
		if (refusal == FRONT_ACCEPTED) {
			refusal = front_request_text(out, route, "code",
						     cs_view(colon + 1, text.len - len - 1), err);
		}
		/* Whatever it is, no user has it: the browser is to ask again. */
		refusal = refusal == FRONT_ACCEPTED ? refusal : FRONT_NO_USER;
	}
	cs_wipe(plain, sizeof plain);
	if (refusal == FRONT_ACCEPTED && header->client.len > 0) {
		refusal = front_request_text(out, route, "client", trim(header->client), err);
	}
	if (refusal != FRONT_ACCEPTED) {
		front_error_set(err, refusal, CS_VIEW_EMPTY);
	}
	return refusal;
}

/* ---- what keeper takes ---- */

static enum front_refusal realm_join(struct front_request *request, struct front_error *err)
{
	struct cs_view user = ipc_field(&request->ipc, IPC_TAG_USER);
	struct cs_view realm = ipc_field(&request->ipc, IPC_TAG_NONE);
	size_t len = user.len + 1 + realm.len;
	uint8_t *both;

	request->ipc.field[IPC_TAG_NONE] = CS_VIEW_EMPTY;
	if (realm.len == 0) {
		return FRONT_ACCEPTED;
	}
	both = cs_write_space(&request->store, len);
	if (both == NULL || len > USER_MAX) {
		front_error_set(err, FRONT_BAD_MEMBER, CS_VIEW_TEXT("realm"));
		return FRONT_BAD_MEMBER;
	}
	memcpy(both, user.ptr, user.len);
	both[user.len] = '@';
	memcpy(both + user.len + 1, realm.ptr, realm.len);
	request->ipc.field[IPC_TAG_USER] = cs_view(both, len);
	return FRONT_ACCEPTED;
}

static void field_drop(struct front_request *request, enum ipc_tag tag)
{
	request->ipc.field[tag] = CS_VIEW_EMPTY;
}

enum front_refusal front_style_settle(struct front_request *request, struct front_error *err)
{
	static const enum ipc_tag may_be_empty[] = {IPC_TAG_CHALLENGE, IPC_TAG_TYPE};

	for (size_t i = 0; i < sizeof may_be_empty / sizeof may_be_empty[0]; i++) {
		if (ipc_field(&request->ipc, may_be_empty[i]).len == 0) {
			field_drop(request, may_be_empty[i]);
		}
	}
	if (request->ipc.op == IPC_OTP_VERIFY && ipc_field(&request->ipc, IPC_TAG_CODE).len == 0) {
		request->ipc.op = IPC_CHALLENGE_CREATE;
		field_drop(request, IPC_TAG_CODE);
		field_drop(request, IPC_TAG_CHALLENGE);
	} else if (request->ipc.op == IPC_OTP_VERIFY) {
		field_drop(request, IPC_TAG_TYPE);
	}
	return realm_join(request, err);
}

/* ---- the answer ---- */

/* What a REST answer says. Texts borrow from the parsed document. */
struct answer {
	unsigned status;
	enum { FAULT, ACCEPTED, REFUSED, CHALLENGED, POLLED, TOKEN } what;
	const char *token;     /* "" where absent, as all of them */
	const char *code;      /* of an error */
	const char *message;   /* of an error */
	const char *challenge; /* its identifier */
	const char *type;      /* of the token that is challenged */
	const char *state;     /* of the challenge */
	const char *auth;      /* a token for a credential */
	const char *name;      /* whose */
	const char *role;      /* his */
	char prompt[PROMPT_MAX];
};

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL ? text : "";
}

/* What the user is told who is challenged. */
static void prompt_make(const json_t *object, struct answer *answer)
{
	const char *question = text_of(object, "question"), *sent_to = text_of(object, "sent_to");

	if (question[0] != '\0') {
		(void)snprintf(answer->prompt, sizeof answer->prompt, "Challenge %s: ", question);
	} else {
		(void)snprintf(answer->prompt, sizeof answer->prompt, "Code sent to %s: ", sent_to);
	}
}

static void answer_read(unsigned status, const json_t *object, struct answer *out)
{
	const json_t *accepted = json_object_get(object, "accepted");
	const json_t *error = json_object_get(object, "error");

	*out = (struct answer){
	    .status = status,
	    .token = text_of(object, "token"),
	    .code = text_of(error, "code"),
	    .message = text_of(error, "message"),
	    .challenge = text_of(object, "challenge"),
	    .type = text_of(object, "type"),
	    .state = text_of(object, "state"),
	    .auth = text_of(object, "auth_token"),
	    .name = text_of(object, "name"),
	    .role = text_of(object, "role"),
	};
	if (status == 200 && out->auth[0] != '\0') {
		out->what = TOKEN;
	} else if (status == 200 && json_is_boolean(accepted)) {
		out->what = json_is_true(accepted) ? ACCEPTED : REFUSED;
	} else if (status == 200 && out->challenge[0] != '\0' && accepted == NULL) {
		out->what = POLLED;
	} else if (status == 201 && out->challenge[0] != '\0') {
		out->what = CHALLENGED;
		prompt_make(object, out);
	} else if (strcmp(out->code, "user_not_found") == 0 || strcmp(out->code, "no_challenge_token") == 0 ||
		   strcmp(out->code, "challenge_not_found") == 0) {
		out->what = REFUSED; /* who cannot be challenged is refused */
	}
}

static void raw(struct cs_writer *out, const char *text)
{
	cs_write_view(out, cs_view_string(text));
}

static void quoted(struct cs_writer *out, const char *before, const char *text)
{
	raw(out, before);
	cs_json_write_text(out, cs_view_string(text));
}

/* The status of what is no decision. */
static unsigned fault(const struct answer *answer)
{
	return answer->status >= 400 ? answer->status : 500;
}

/* privacyIDEA's numbers for errors, which clients compare with. */
static int validate_error(const struct answer *answer, unsigned op)
{
	switch (answer->status) {
	case 400:
		return 905; /* a parameter is missing or wrong */
	case 401:
		return op == IPC_AUTH ? 4031 : 4033; /* wrong credentials; the caller is not authenticated */
	case 403:
		return 303; /* not allowed */
	default:
		return -500;
	}
}

/* The challenge, once for clients that take one, and as a list of one for those that take many. */
static void validate_challenge(const struct answer *answer, struct cs_writer *out)
{
	quoted(out, "{\"message\":", answer->prompt);
	quoted(out, ",\"messages\":[", answer->prompt);
	quoted(out, "],\"transaction_id\":", answer->challenge);
	quoted(out, ",\"transaction_ids\":[", answer->challenge);
	quoted(out, "],\"serial\":", answer->token);
	quoted(out, ",\"type\":", answer->type);
	raw(out,
	    ",\"client_mode\":\"interactive\",\"preferred_client_mode\":\"interactive\",\"attributes\":null,"
	    "\"multi_challenge\":[{");
	quoted(out, "\"message\":", answer->prompt);
	quoted(out, ",\"transaction_id\":", answer->challenge);
	quoted(out, ",\"serial\":", answer->token);
	quoted(out, ",\"type\":", answer->type);
	raw(out, ",\"client_mode\":\"interactive\",\"attributes\":null}]}");
}

static void validate_fault(const struct answer *answer, unsigned op, struct cs_writer *out)
{
	char number[16];

	(void)snprintf(number, sizeof number, "%d", validate_error(answer, op));
	raw(out, "{\"status\":false,\"error\":{\"code\":");
	raw(out, number);
	quoted(out, ",\"message\":", answer->message);
	raw(out, "}},\"detail\":null");
}

/* An administrator's, in privacyIDEA's words, with those of its rights that there are here. */
static void validate_token(const struct answer *answer, struct cs_writer *out)
{
	quoted(out, "{\"status\":true,\"value\":{\"token\":", answer->auth);
	quoted(out, ",\"username\":", answer->name);
	raw(out, ",\"realm\":\"\",\"role\":\"admin\",\"rights\":[");
	raw(out, strcmp(answer->role, "application") == 0 ? "\"triggerchallenge\"" : "");
	raw(out, "],\"log_level\":30,\"logout_time\":120}},\"detail\":null");
}

/* Of a call for a challenge the value is the number of challenges. */
static unsigned validate_write(const struct answer *answer, unsigned op, uint64_t now, struct cs_writer *out)
{
	char number[24];
	const bool trigger = op == IPC_CHALLENGE_CREATE;

	raw(out, "{\"id\":1,\"jsonrpc\":\"2.0\",\"result\":");
	switch (answer->what) {
	case ACCEPTED:
		raw(out, "{\"status\":true,\"value\":true,\"authentication\":\"ACCEPT\"}");
		quoted(out, ",\"detail\":{\"message\":\"The one-time password is accepted.\",\"serial\":",
		       answer->token);
		raw(out, "}");
		break;
	case REFUSED:
		raw(out, "{\"status\":true,\"value\":");
		raw(out, trigger ? "0" : "false");
		raw(out,
		    ",\"authentication\":\"REJECT\"},\"detail\":{\"message\":\"Wrong one-time password.\"}");
		break;
	case CHALLENGED:
		raw(out, "{\"status\":true,\"value\":");
		raw(out, trigger ? "1" : "false");
		raw(out, ",\"authentication\":\"CHALLENGE\"},\"detail\":");
		validate_challenge(answer, out);
		break;
	case POLLED:
		/* No token here is confirmed by another way than its code. */
		raw(out, "{\"status\":true,\"value\":false,\"authentication\":\"REJECT\"},\"detail\":");
		raw(out, strcmp(answer->state, "open") == 0 ? "{\"challenge_status\":\"pending\"}"
							    : "{\"challenge_status\":\"declined\"}");
		break;
	case TOKEN:
		validate_token(answer, out);
		break;
	default:
		validate_fault(answer, op, out);
	}
	(void)snprintf(number, sizeof number, "%" PRIu64, now);
	raw(out, ",\"time\":");
	raw(out, number);
	raw(out,
	    ",\"version\":\"Countersign " PACKAGE_VERSION "\",\"versionnumber\":\"" PACKAGE_VERSION "\"}\n");
	return answer->what != FAULT ? 200 : fault(answer);
}

/* As rlm_rest maps statuses: 204 ok, 401 reject, 5xx fail, others invalid; with attributes in the body, 200
 * is "updated", which is no acceptance. */
static unsigned radius_write(const struct answer *answer, struct cs_writer *out)
{
	switch (answer->what) {
	case ACCEPTED:
		return 204;
	case REFUSED:
		raw(out, "{\"reply:Reply-Message\":{\"do_xlat\":false,\"value\":[\"Refused.\"]}}\n");
		return 401;
	case CHALLENGED:
		quoted(out, "{\"reply:State\":{\"do_xlat\":false,\"value\":[", answer->challenge);
		quoted(out, "]},\"reply:Reply-Message\":{\"do_xlat\":false,\"value\":[", answer->prompt);
		raw(out, "]}}\n");
		return 200;
	default:
		raw(out, "{}\n");
		/* The server's own credential is wrong: no user is to be refused for it. */
		return answer->status == 401 ? 500 : fault(answer);
	}
}

static unsigned status_write(const struct answer *answer)
{
	if (answer->what == ACCEPTED) {
		return 204;
	}
	if (answer->what == REFUSED) {
		return 401;
	}
	/* Only a user who is refused is asked for another code. */
	return answer->status == 401 && strcmp(answer->code, "no_user") != 0 ? 500 : fault(answer);
}

unsigned front_style_answer(const struct front_route *route, unsigned status, struct cs_view body,
			    uint64_t now, struct cs_writer *out)
{
	json_t *object = json_loadb((const char *)body.ptr, body.len, JSON_REJECT_DUPLICATES, NULL);
	enum front_style style = front_style_of(route);
	struct answer answer;

	answer_read(status, object, &answer);
	status = style == FRONT_STYLE_VALIDATE ? validate_write(&answer, (unsigned)route->op, now, out)
		 : style == FRONT_STYLE_RADIUS ? radius_write(&answer, out)
					       : status_write(&answer);
	json_decref(object);
	return status;
}
