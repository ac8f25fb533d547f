/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Which client certificate is whose. A person's stands beside his credential: once he has one, his calls want
 * both. His first one he does not choose alone, as whoever had stolen his credential could: it takes what
 * another's does, an administrator and a second one. With the one he has, on the connection, he may change
 * it. An application's stands for its credential. A certificate is known by its key, so that a renewed one is
 * the same; it is revoked by being taken away here, or by the person being disabled or the application
 * removed.
 */
#include <stdio.h>
#include <string.h>

#include "base/encoding.h"
#include "daemon/keeper_approval.h"
#include "daemon/role.h"

#define FINGERPRINT_DIGITS (2u * DB_FINGERPRINT_LEN)

/* The fingerprint that the call has; len 0 for the word none. False where it is neither. */
static bool certificate_of_call(const struct call *call, uint8_t out[DB_FINGERPRINT_LEN], size_t *len)
{
	const struct cs_view text = ipc_field(call->request, IPC_TAG_FINGERPRINT);
	struct cs_writer w = cs_writer_of(out, DB_FINGERPRINT_LEN);

	*len = 0;
	if (cs_view_equal(text, CS_VIEW_TEXT("none")))
		return true;
	if (text.len != FINGERPRINT_DIGITS || cs_hex_decode(text, &w))
		return false;
	*len = cs_writer_view(&w).len;
	return *len == DB_FINGERPRINT_LEN;
}

static void certificate_answer(struct call *call, const char *name, struct cs_view fingerprint)
{
	struct json_out out = json_out_of(&call->body);
	char text[FINGERPRINT_DIGITS + 1] = "none";

	if (fingerprint.len) {
		cs_hex_encode(fingerprint, text);
		text[FINGERPRINT_DIGITS] = '\0';
	}
	call->status = 200;
	call_result(call, "done");
	call_detail(call, "%.32s", text);
	json_object_begin(&out, NULL);
	json_text(&out, "name", name);
	json_text(&out, "certificate", text);
	json_object_end(&out);
}

enum cs_err keeper_staff_certificate(struct call *call)
{
	uint8_t fingerprint[DB_FINGERPRINT_LEN];
	char subject[DB_SUBJECT_MAX];
	struct db_staff staff;
	bool granted = true;
	size_t len;

	enum cs_err err = staff_find(call, &staff);
	bool own = !err && strcmp(staff.name, call_caller(call)) == 0;
	if (!own && !(call->caller.roles & ROLE_ADMINISTRATOR) && (!err || err == CS_ERR_NOT_FOUND))
		return call_refuse(call, CALL_FORBIDDEN);
	if (err == CS_ERR_NOT_FOUND)
		return call_refuse(call, CALL_NO_STAFF);
	if (err)
		return err;
	if (!certificate_of_call(call, fingerprint, &len))
		return call_refuse(call, CALL_BAD_FINGERPRINT);
	const bool first = own && len && !call->caller.certificate_len;
	if (first && !(call->caller.roles & ROLE_ADMINISTRATOR))
		return call_refuse(call, CALL_FIRST_CERTIFICATE);
	if (!own || first) {
		const struct cs_view text = ipc_field(call->request, IPC_TAG_FINGERPRINT);
		(void)snprintf(subject, sizeof(subject), "give %s the client certificate %.*s", staff.name,
			       (int)text.len, (const char *)text.ptr);
		err = staff_may_give(call, subject, &granted);
	}
	if (err || !granted)
		return err;
	err = db_staff_set_certificate(call->keeper->db, staff.name, cs_view(fingerprint, len));
	if (!err)
		certificate_answer(call, staff.name, cs_view(fingerprint, len));
	return err;
}

enum cs_err keeper_application_certificate(struct call *call)
{
	uint8_t fingerprint[DB_FINGERPRINT_LEN];
	char name[DB_NAME_SIZE];
	struct db_caller other;
	size_t len;

	if (!call_name(call, name))
		return call_refuse(call, CALL_NO_APPLICATION);
	if (!certificate_of_call(call, fingerprint, &len))
		return call_refuse(call, CALL_BAD_FINGERPRINT);
	enum cs_err err = keeper_lock_staff(call->keeper);
	if (!err && len) {
		err = db_caller_find(call->keeper->db, DB_BY_CERTIFICATE, fingerprint, &other);
		if (!err && strcmp(other.name, name) != 0)
			return call_refuse(call, CALL_CERTIFICATE_TAKEN);
		err = err == CS_ERR_NOT_FOUND ? CS_OK : err;
	}
	if (!err)
		err = db_application_set_certificate(call->keeper->db, name, cs_view(fingerprint, len));
	if (err == CS_ERR_NOT_FOUND)
		return call_refuse(call, CALL_NO_APPLICATION);
	if (!err)
		certificate_answer(call, name, cs_view(fingerprint, len));
	return err;
}
