/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The persons who administer, operate and audit: what gives one of them power takes two administrators
 * (keeper_approval.h), what takes power away takes one.
 *
 * As long as only one administrator has ever been made there is no second one to ask, and he may make others
 * alone. Administrators who were disabled count: who disables the others is still not alone.
 */
#include <stdio.h>
#include <string.h>

#include "base/secret.h"
#include "daemon/keeper_approval.h"
#include "daemon/role.h"

enum cs_err staff_may_give(struct call *call, const char *subject, bool *granted)
{
	uint32_t all, active;

	enum cs_err err = db_staff_administrators(call->keeper->db, &all, &active);
	if (err)
		return err;
	*granted = all < 2;
	return *granted ? CS_OK : approval_take(call, subject, granted);
}

static void staff_answer(struct call *call, uint16_t status, const struct db_staff *staff,
			 const char *credential)
{
	struct json_out out = json_out_of(&call->body);

	call->status = status;
	call_result(call, "done");
	json_object_begin(&out, NULL);
	json_text(&out, "name", staff->name);
	call_roles(&out, staff->roles);
	if (credential)
		json_text(&out, "credential", credential);
	else
		json_text(&out, "state", staff->disabled ? "disabled" : "active");
	json_object_end(&out);
}

enum cs_err staff_find(struct call *call, struct db_staff *out)
{
	char name[DB_NAME_SIZE];

	if (!call_name(call, name))
		return CS_ERR_NOT_FOUND;
	enum cs_err err = keeper_lock_staff(call->keeper);
	return err ? err : db_staff_find(call->keeper->db, name, out);
}

/* Makes the person (add) or changes his credential, and tells it. */
static enum cs_err staff_give(struct call *call, const struct db_staff *staff, bool add)
{
	char credential[CREDENTIAL_TEXT_SIZE];
	uint8_t hash[CREDENTIAL_HASH_LEN];

	enum cs_err err = credential_new(CREDENTIAL_STAFF, credential, hash);
	if (!err)
		err = add ? db_staff_add(call->keeper->db, staff, hash)
			  : db_staff_rotate(call->keeper->db, staff->name, hash);
	if (!err)
		staff_answer(call, add ? 201 : 200, staff, credential);
	cs_wipe(credential, sizeof(credential));
	return err;
}

enum cs_err keeper_staff_add(struct call *call)
{
	struct db_staff staff = {.created = call_now(call)}, there;
	char subject[DB_SUBJECT_MAX];
	bool granted;

	if (!call_name(call, staff.name))
		return call_refuse(call, CALL_BAD_NAME);
	staff.roles = role_parse(ipc_field(call->request, IPC_TAG_ROLE));
	if (!staff.roles)
		return call_refuse(call, CALL_BAD_ROLE);
	enum cs_err err = staff_find(call, &there);
	if (!err)
		return call_refuse(call, CALL_STAFF_EXISTS);
	if (err != CS_ERR_NOT_FOUND)
		return err;
	(void)snprintf(subject, sizeof(subject), "make %s %s%s", staff.name,
		       staff.roles == ROLE_STAFF ? "administrator, operator and auditor" : "",
		       staff.roles == ROLE_STAFF ? "" : role_title(staff.roles));
	err = staff_may_give(call, subject, &granted);
	return err || !granted ? err : staff_give(call, &staff, true);
}

enum cs_err keeper_staff_rotate(struct call *call)
{
	char subject[DB_SUBJECT_MAX];
	struct db_staff staff;
	bool granted = true;

	enum cs_err err = staff_find(call, &staff);
	bool own = !err && strcmp(staff.name, call_caller(call)) == 0;
	if (!own && !(call->caller.roles & ROLE_ADMINISTRATOR) && (!err || err == CS_ERR_NOT_FOUND))
		return call_refuse(call, CALL_FORBIDDEN);
	if (err == CS_ERR_NOT_FOUND)
		return call_refuse(call, CALL_NO_STAFF);
	if (!err && !own) {
		(void)snprintf(subject, sizeof(subject), "give %s a new credential", staff.name);
		err = staff_may_give(call, subject, &granted);
	}
	return err || !granted ? err : staff_give(call, &staff, false);
}

static enum cs_err staff_set_disabled(struct call *call, struct db_staff *staff, bool disabled)
{
	enum cs_err err = db_staff_set_disabled(call->keeper->db, staff->name, disabled);
	if (err)
		return err;
	staff->disabled = disabled;
	staff_answer(call, 200, staff, NULL);
	return CS_OK;
}

enum cs_err keeper_staff_disable(struct call *call)
{
	uint32_t all, active;
	struct db_staff staff;

	enum cs_err err = staff_find(call, &staff);
	if (err == CS_ERR_NOT_FOUND)
		return call_refuse(call, CALL_NO_STAFF);
	if (!err)
		err = db_staff_administrators(call->keeper->db, &all, &active);
	if (err)
		return err;
	if ((staff.roles & ROLE_ADMINISTRATOR) && !staff.disabled && active < 2)
		return call_refuse(call, CALL_LAST_ADMINISTRATOR);
	return staff_set_disabled(call, &staff, true);
}

enum cs_err keeper_staff_enable(struct call *call)
{
	char subject[DB_SUBJECT_MAX];
	struct db_staff staff;
	bool granted = true;

	enum cs_err err = staff_find(call, &staff);
	if (err == CS_ERR_NOT_FOUND)
		return call_refuse(call, CALL_NO_STAFF);
	if (!err && staff.disabled) {
		(void)snprintf(subject, sizeof(subject), "enable %s again", staff.name);
		err = staff_may_give(call, subject, &granted);
	}
	return err || !granted ? err : staff_set_disabled(call, &staff, false);
}
