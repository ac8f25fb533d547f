/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The table of who may call what. countersignd(8) has it too; a lint compares the two.
 */
#include "daemon/role.h"

#define ANYONE	      ROLE_ANYONE
#define APPLICATION   ROLE_APPLICATION
#define OPERATOR      ROLE_OPERATOR
#define AUDITOR	      ROLE_AUDITOR
#define ADMINISTRATOR ROLE_ADMINISTRATOR

static const unsigned role_calls[IPC_OP_COUNT] = {
    /* verifying */
    [IPC_OTP_VERIFY] = APPLICATION,
    [IPC_CHALLENGE_CREATE] = APPLICATION,
    [IPC_CHALLENGE_GET] = APPLICATION,
    [IPC_LOGIN] = APPLICATION,
    /* with a credential, whosever it is */
    [IPC_AUTH] = APPLICATION | ADMINISTRATOR | OPERATOR | AUDITOR,
    /* users and their tokens */
    [IPC_USER_ADD] = OPERATOR,
    [IPC_USER_PASSWORD] = OPERATOR,
    [IPC_USER_CLASS] = OPERATOR,
    [IPC_USER_DISABLE] = OPERATOR,
    [IPC_USER_ENABLE] = OPERATOR,
    [IPC_USER_DELETE] = OPERATOR,
    [IPC_USER_LIST] = OPERATOR | AUDITOR,
    [IPC_ALIAS_ADD] = OPERATOR,
    [IPC_ALIAS_LIST] = OPERATOR | AUDITOR,
    [IPC_ALIAS_REMOVE] = OPERATOR,
    [IPC_TOKEN_ENROL] = OPERATOR,
    [IPC_ENROLMENT_KEY] = OPERATOR,
    [IPC_TOKEN_DISABLE] = OPERATOR,
    [IPC_TOKEN_ENABLE] = OPERATOR,
    [IPC_TOKEN_RESYNC] = OPERATOR,
    [IPC_TOKEN_LOSE] = OPERATOR,
    [IPC_TOKEN_PIN] = OPERATOR,
    [IPC_TOKEN_EXPIRE] = OPERATOR,
    [IPC_TOKEN_REPLACE] = OPERATOR,
    [IPC_TOKEN_DELETE] = OPERATOR,
    [IPC_TOKEN_LIST] = OPERATOR | AUDITOR,
    [IPC_CERTIFICATE_ADD] = OPERATOR,
    [IPC_CERTIFICATE_LIST] = OPERATOR | AUDITOR,
    [IPC_CERTIFICATE_REMOVE] = OPERATOR,
    [IPC_LOCK_LIST] = OPERATOR | AUDITOR,
    [IPC_LOCK_LIFT] = OPERATOR,
    [IPC_OUTBOX_LIST] = OPERATOR | AUDITOR,
    [IPC_OUTBOX_RETRY] = OPERATOR,
    [IPC_IMPORT_OPEN] = OPERATOR,
    [IPC_IMPORT_ROWS] = OPERATOR,
    [IPC_IMPORT_COMMIT] = OPERATOR,
    [IPC_IMPORT_DISCARD] = OPERATOR,
    [IPC_IMPORT_LIST] = OPERATOR | AUDITOR,
    [IPC_STOCK_LIST] = OPERATOR | AUDITOR,
    [IPC_TOKEN_ASSIGN] = OPERATOR,
    [IPC_STOCK_DELETE] = OPERATOR,
    /* who may ask, and what is wanted of whom */
    [IPC_USER_EXPORT] = ADMINISTRATOR,	  /* two of them */
    [IPC_REALM_EXPORT] = ADMINISTRATOR,	  /* the same */
    [IPC_REKEY] = ADMINISTRATOR,	  /* the same */
    [IPC_SIGNING_ROTATE] = ADMINISTRATOR, /* the same */
    [IPC_DATA_KEY_LIST] = ADMINISTRATOR | AUDITOR,
    [IPC_BREAK_GLASS_ISSUE] = ADMINISTRATOR, /* two of them */
    [IPC_BREAK_GLASS_REVOKE] = ADMINISTRATOR,
    [IPC_BREAK_GLASS_LIST] = ADMINISTRATOR | AUDITOR,
    [IPC_USER_CERTIFICATES] = ADMINISTRATOR,
    [IPC_APP_ADD] = ADMINISTRATOR,
    [IPC_APP_ROTATE] = ADMINISTRATOR,
    [IPC_APP_SCOPE] = ADMINISTRATOR,
    [IPC_APP_CERTIFICATE] = ADMINISTRATOR,
    [IPC_APP_REMOVE] = ADMINISTRATOR,
    [IPC_APP_LIST] = ADMINISTRATOR | AUDITOR,
    [IPC_CLASS_SET] = ADMINISTRATOR,
    [IPC_CLASS_LIST] = ADMINISTRATOR | OPERATOR | AUDITOR,
    [IPC_STAFF_ADD] = ADMINISTRATOR,
    [IPC_STAFF_ROTATE] = ADMINISTRATOR | OPERATOR | AUDITOR,	  /* all but administrators: their own */
    [IPC_STAFF_CERTIFICATE] = ADMINISTRATOR | OPERATOR | AUDITOR, /* the same */
    [IPC_STAFF_DISABLE] = ADMINISTRATOR,
    [IPC_STAFF_ENABLE] = ADMINISTRATOR,
    [IPC_STAFF_LIST] = ADMINISTRATOR | AUDITOR,
    [IPC_APPROVAL_GRANT] = ADMINISTRATOR,
    [IPC_APPROVAL_REFUSE] = ADMINISTRATOR,
    [IPC_APPROVAL_LIST] = ADMINISTRATOR | AUDITOR,
    /* what happened */
    [IPC_AUDIT_LIST] = AUDITOR,
    [IPC_CHECKPOINT_LIST] = AUDITOR,
    [IPC_AUDIT_KEY] = AUDITOR,
    [IPC_REPORT_GET] = AUDITOR,
    /* no credential */
    [IPC_HEALTH] = ANYONE,
    [IPC_METRICS] = ANYONE,
    [IPC_JWKS] = ANYONE,
    [IPC_READY] = ANYONE,
};

/* The highest one first. */
static const struct {
	enum role role;
	const char *name;
} role_names[] = {
    {ROLE_ADMINISTRATOR, "administrator"},
    {ROLE_OPERATOR, "operator"},
    {ROLE_AUDITOR, "auditor"},
};
#define ROLE_NAMES (sizeof(role_names) / sizeof(role_names[0]))

unsigned role_of_call(unsigned op)
{
	return op < IPC_OP_COUNT ? role_calls[op] : 0;
}

bool role_may(unsigned roles, unsigned op)
{
	return (role_of_call(op) & (roles | ROLE_ANYONE)) != 0;
}

const char *role_name(size_t index, enum role *role)
{
	if (index >= ROLE_NAMES)
		return NULL;
	*role = role_names[index].role;
	return role_names[index].name;
}

unsigned role_parse(struct cs_view word)
{
	if (cs_view_equal(word, CS_VIEW_TEXT("all")))
		return ROLE_STAFF;
	for (size_t i = 0; i < ROLE_NAMES; i++)
		if (cs_view_equal(word, cs_view_string(role_names[i].name)))
			return role_names[i].role;
	return 0;
}

const char *role_title(unsigned roles)
{
	if (roles & ROLE_APPLICATION)
		return "application";
	for (size_t i = 0; i < ROLE_NAMES; i++)
		if (roles & role_names[i].role)
			return role_names[i].name;
	return "unknown";
}
