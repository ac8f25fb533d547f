/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What logins want: passwords that administrators set, classes and their factors.
 */
#include <stdio.h>
#include <string.h>

#include "daemon/keeper_login.h"
#include "daemon/name.h"
#include "daemon/password.h"

static const char *const login_factor_texts[] = {
    [LOGIN_PASSWORD] = "password",
    [LOGIN_CODE] = "code",
    [LOGIN_PASSWORD | LOGIN_CODE] = "password+code",
    [LOGIN_CERTIFICATE | LOGIN_PASSWORD] = "certificate+password",
    [LOGIN_CERTIFICATE | LOGIN_CODE] = "certificate+code",
};
#define LOGIN_FACTORS_MAX (LOGIN_CERTIFICATE | LOGIN_CODE)

const char *login_factors_text(unsigned factors)
{
	return factors <= LOGIN_FACTORS_MAX ? login_factor_texts[factors] : NULL;
}

unsigned login_factors(struct cs_view text)
{
	for (unsigned factors = 1; factors <= LOGIN_FACTORS_MAX; factors++)
		if (login_factor_texts[factors] &&
		    cs_view_equal(text, cs_view_string(login_factor_texts[factors])))
			return factors;
	return 0;
}

const char *login_level(unsigned factors)
{
	return factors & (factors - 1) ? "aal2" : "aal1"; /* two, or one */
}

bool login_password_good(const struct call *call, const struct db_user *user, enum ipc_tag tag)
{
	const struct cs_view password = ipc_field(call->request, tag);

	return name_check(password) == CS_OK &&
	       password_fault(password, call->keeper->password_min, PASSWORD_MAX,
			      cs_view_string(user->name)) == PASSWORD_GOOD;
}

enum cs_err keeper_user_password(struct call *call)
{
	const struct cs_view when = ipc_field(call->request, IPC_TAG_CHANGE);
	const bool change = !when.ptr || !cs_view_equal(when, CS_VIEW_TEXT("never"));
	uint8_t stored[PASSWORD_STORED_LEN];
	struct db_user user;

	enum cs_err err = call_user(call, &user);
	if (err)
		return err == CS_ERR_NOT_FOUND ? call_refuse(call, CALL_NO_USER) : err;
	if (!login_password_good(call, &user, IPC_TAG_PASSWORD))
		return call_refuse(call, CALL_BAD_PASSWORD);
	err = call_password_store(call, ipc_field(call->request, IPC_TAG_PASSWORD), stored);
	if (!err)
		err = db_user_set_password(call->keeper->db, user.id, CS_VIEW_OF(stored), change);
	return err ? err : call_user_done(call, &user, "change", change ? "first" : "never");
}

/* ---- classes ---- */

static enum cs_err policy_answer(struct call *call, const char *user, const struct db_class *row)
{
	struct json_out out = json_out_of(&call->body);

	call->status = 200;
	call_result(call, "done");
	call_detail(call, "%s: %s", row->name, login_factors_text(row->factors));
	json_object_begin(&out, NULL);
	if (user)
		json_text(&out, "user", user);
	json_text(&out, "class", row->name);
	json_text(&out, "factors", login_factors_text(row->factors));
	json_object_end(&out);
	return CS_OK;
}

enum cs_err keeper_user_class(struct call *call)
{
	struct db_class row;
	struct db_user user;
	char name[DB_NAME_SIZE];

	enum cs_err err = call_user(call, &user);
	if (err)
		return err == CS_ERR_NOT_FOUND ? call_refuse(call, CALL_NO_USER) : err;
	err = call_text(call, IPC_TAG_NAME, name, sizeof(name)) ? db_class_find(call->keeper->db, name, &row)
								: CS_ERR_NOT_FOUND;
	if (err)
		return err == CS_ERR_NOT_FOUND ? call_refuse(call, CALL_NO_CLASS) : err;
	err = db_user_set_class(call->keeper->db, user.id, row.name);
	return err ? err : policy_answer(call, user.name, &row);
}

enum cs_err keeper_class_set(struct call *call)
{
	struct db_class row = {.factors = login_factors(ipc_field(call->request, IPC_TAG_FACTORS))};

	if (!call_text(call, IPC_TAG_NAME, row.name, sizeof(row.name)) || !row.name[0] ||
	    name_check(cs_view_string(row.name)))
		return call_refuse(call, CALL_BAD_NAME);
	if (!row.factors)
		return call_refuse(call, CALL_BAD_FACTORS);
	if ((row.factors & LOGIN_CERTIFICATE) && !login_trust_any(call->keeper->login_trust))
		return call_refuse(call, CALL_NO_LOGIN_CA);
	(void)snprintf(call->audit.user, sizeof(call->audit.user), "%s", row.name);
	enum cs_err err = db_class_set(call->keeper->db, &row);
	return err ? err : policy_answer(call, NULL, &row);
}
