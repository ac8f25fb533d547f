/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The table of front's own refusals, and the bodies made of it.
 */
#include "daemon/front_error.h"

#include <string.h>

struct refusal_row {
	unsigned status;
	const char *code;
	const char *before; /* the sentence up to the detail */
	const char *after;  /* and after it */
};

static const struct refusal_row REFUSALS[FRONT_REFUSAL_COUNT] = {
    [FRONT_ACCEPTED] = {200, "ok", "", ""},
    [FRONT_BAD_PATH] = {400, "bad_request", "The path or query does not parse near '",
			"': check its percent escapes and parameters."},
    [FRONT_NOT_FOUND] = {404, "not_found", "There is nothing at this path",
			 "; see the API in countersignd(8)."},
    [FRONT_METHOD] = {405, "method_not_allowed", "This path does not take this method; it takes ", "."},
    [FRONT_NO_CREDENTIAL] = {401, "unauthorized",
			     "This call needs the header Authorization: Bearer CREDENTIAL",
			     ", with the credential of an application or the admin."},
    [FRONT_BAD_CERTIFICATE] =
	{401, "untrusted_certificate",
	 "The client certificate of this connection is not of this server's CA, not valid now, or "
	 "not for clients",
	 "; connect with another one, or without."},
    [FRONT_NO_USER] = {401, "no_user",
		       "This call needs the header Authorization: Basic, with a user and a code", "."},
    [FRONT_BAD_KEY] =
	{400, "invalid_idempotency_key",
	 "The header Idempotency-Key must have 1 to 128 printable characters of ASCII without blanks",
	 ", in quotation marks or without."},
    [FRONT_MEDIA_TYPE] = {415, "unsupported_media_type", "The body is not said to be JSON",
			  ": send the header Content-Type: application/json."},
    [FRONT_TOO_LARGE] = {413, "payload_too_large", "The body is longer than 65536 bytes",
			 "; send less at once."},
    [FRONT_BODY_UNWANTED] = {400, "bad_request", "This call takes no body",
			     "; send its parameters in the query."},
    [FRONT_BAD_JSON] = {400, "invalid_json",
			"The body is not one JSON object: ", "; mend it and send it again."},
    [FRONT_BAD_FORM] = {400, "invalid_form",
			"The body is not multipart/form-data with the boundary that its header names",
			"; mend it and send it again."},
    [FRONT_UNKNOWN_MEMBER] = {400, "unknown_member", "This call does not know the member '",
			      "'; leave it out or check its spelling."},
    [FRONT_MISSING_MEMBER] = {400, "missing_member", "The member '", "' is missing; this call needs it."},
    [FRONT_BAD_MEMBER] = {400, "invalid_member", "The member '",
			  "' has the wrong type, length or range; see the API in countersignd(8)."},
    [FRONT_UNAVAILABLE] = {503, "unavailable", "The daemon's database process is not there at the moment",
			   "; try again in a second."},
    [FRONT_LOST] = {503, "lost", "The daemon's database process went away before it answered",
		    "; whether the call took effect is not known: look before you repeat it."},
    [FRONT_BUSY] = {503, "busy", "Too many calls are waiting already", "; try again in a second."},
    [FRONT_TIMEOUT] = {503, "timeout", "The daemon's database process took too long",
		       "; whether the call took effect is not known: look before you repeat it."},
};

void front_error_set(struct front_error *err, enum front_refusal refusal, struct cs_view detail)
{
	size_t len = detail.len < FRONT_DETAIL_MAX ? detail.len : FRONT_DETAIL_MAX;

	err->refusal = refusal;
	for (size_t i = 0; i < len; i++) {
		uint8_t c = detail.ptr[i];
		bool plain = c >= 0x20 && c < 0x7f && c != '"' && c != '\\';

		err->detail[i] = plain ? (char)c : '?';
	}
	err->detail[len] = '\0';
}

unsigned front_error_status(const struct front_error *err)
{
	return REFUSALS[err->refusal].status;
}

void front_error_body(const struct front_error *err, struct cs_writer *out)
{
	const struct refusal_row *row = &REFUSALS[err->refusal];

	cs_write_view(out, CS_VIEW_TEXT("{\"error\":{\"code\":\""));
	cs_write_view(out, cs_view_string(row->code));
	cs_write_view(out, CS_VIEW_TEXT("\",\"message\":\""));
	cs_write_view(out, cs_view_string(row->before));
	cs_write_view(out, cs_view_string(err->detail));
	cs_write_view(out, cs_view_string(row->after));
	cs_write_view(out, CS_VIEW_TEXT("\"}}\n"));
}
