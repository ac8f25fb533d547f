/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Credentials found, and answers told, in the ways of other people's programs.
 */
#include "daemon/front_style.h"

#include <config.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/encoding.h"
#include "base/json.h"
#include "base/secret.h"

#define CREDENTIAL_MAX 128u
#define BASIC_MAX      256u /* bytes of user, colon and code */

static const struct {
	const char *path;
	enum front_style style;
} STYLES[] = {
    {"/validate/check", FRONT_STYLE_VALIDATE},
    {"/v1/otp/radius", FRONT_STYLE_RADIUS},
    {"/v1/otp/status", FRONT_STYLE_STATUS},
};

enum front_style front_style_of(const struct front_route *route)
{
	for (size_t i = 0; i < sizeof STYLES / sizeof STYLES[0]; i++) {
		if (strcmp(route->path, STYLES[i].path) == 0) {
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

enum front_refusal front_style_basic(struct cs_view authorization, const struct front_route *route,
				     struct front_request *out, struct front_error *err)
{
	uint8_t plain[BASIC_MAX];
	struct cs_writer w = CS_WRITER_OF(plain);
	struct cs_view text = after_scheme(authorization, "Basic ");
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
	if (refusal != FRONT_ACCEPTED) {
		front_error_set(err, refusal, CS_VIEW_EMPTY);
	}
	return refusal;
}

/* ---- the answer ---- */

/* What a REST answer says. Texts borrow from the parsed document. */
struct answer {
	unsigned status;
	bool accepted, told;
	const char *token;   /* "" where absent */
	const char *reason;  /* wrong, locked */
	const char *code;    /* of an error */
	const char *message; /* of an error */
};

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL ? text : "";
}

static void answer_read(unsigned status, const json_t *object, struct answer *out)
{
	const json_t *accepted = json_object_get(object, "accepted");
	const json_t *error = json_object_get(object, "error");

	*out = (struct answer){
	    .status = status,
	    .told = status == 200 && json_is_boolean(accepted),
	    .accepted = status == 200 && json_is_true(accepted),
	    .token = text_of(object, "token"),
	    .reason = text_of(object, "reason"),
	    .code = text_of(error, "code"),
	    .message = text_of(error, "message"),
	};
}

static void raw(struct cs_writer *out, const char *text)
{
	cs_write_view(out, cs_view_string(text));
}

static void quoted(struct cs_writer *out, const char *text)
{
	cs_json_write_text(out, cs_view_string(text));
}

/* The status of what is no decision. */
static unsigned fault(const struct answer *answer)
{
	return answer->status >= 400 ? answer->status : 500;
}

/* privacyIDEA's numbers for errors, which clients compare with. */
static int validate_error(const struct answer *answer)
{
	switch (answer->status) {
	case 400:
		return 905; /* a parameter is missing or wrong */
	case 401:
		return 4033; /* the caller is not authenticated */
	case 403:
		return 303; /* not allowed */
	default:
		return -500;
	}
}

static unsigned validate_write(const struct answer *answer, struct cs_writer *out)
{
	char number[16];

	raw(out, "{\"id\":1,\"jsonrpc\":\"2.0\",\"result\":{\"status\":");
	if (answer->told) {
		raw(out, answer->accepted ? "true,\"value\":true,\"authentication\":\"ACCEPT\"}"
					  : "true,\"value\":false,\"authentication\":\"REJECT\"}");
		raw(out, ",\"detail\":{\"message\":");
		quoted(out,
		       answer->accepted ? "The one-time password is accepted." : "Wrong one-time password.");
		if (answer->accepted) {
			raw(out, ",\"serial\":");
			quoted(out, answer->token);
		}
		raw(out, "}");
	} else {
		(void)snprintf(number, sizeof number, "%d", validate_error(answer));
		raw(out, "false,\"error\":{\"code\":");
		raw(out, number);
		raw(out, ",\"message\":");
		quoted(out, answer->message);
		raw(out, "}},\"detail\":null");
	}
	raw(out,
	    ",\"version\":\"Countersign " PACKAGE_VERSION "\",\"versionnumber\":\"" PACKAGE_VERSION "\"}\n");
	return answer->told ? 200 : fault(answer);
}

/* As rlm_rest maps statuses: 2xx ok, 401 reject, 5xx fail, others invalid; attributes are read of the first
 * two. */
static unsigned radius_write(const struct answer *answer, struct cs_writer *out)
{
	if (!answer->told) {
		raw(out, "{}\n");
		/* The server's own credential is wrong: no user is to be refused for it. */
		return answer->status == 401 ? 500 : fault(answer);
	}
	if (answer->accepted) {
		return 204; /* "ok"; with attributes it would be "updated", which is no acceptance */
	}
	raw(out, "{\"reply:Reply-Message\":{\"do_xlat\":false,\"value\":[\"Refused.\"]}}\n");
	return 401;
}

static unsigned status_write(const struct answer *answer, struct cs_writer *out)
{
	(void)out;
	if (answer->told) {
		return answer->accepted ? 204 : 401;
	}
	/* Only a user who is refused is asked for another code. */
	return answer->status == 401 && strcmp(answer->code, "no_user") != 0 ? 500 : fault(answer);
}

unsigned front_style_answer(enum front_style style, unsigned status, struct cs_view body,
			    struct cs_writer *out)
{
	json_t *object = json_loadb((const char *)body.ptr, body.len, JSON_REJECT_DUPLICATES, NULL);
	struct answer answer;

	answer_read(status, object, &answer);
	status = style == FRONT_STYLE_VALIDATE ? validate_write(&answer, out)
		 : style == FRONT_STYLE_RADIUS ? radius_write(&answer, out)
					       : status_write(&answer, out);
	json_decref(object);
	return status;
}
