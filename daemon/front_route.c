/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The table of routes.
 */
#include "daemon/front_route.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define USER_MAX       128u
#define CODE_MAX       64u
#define TOKEN_MAX      64u
#define APP_NAME_MAX   64u
#define AFTER_MAX      128u
#define LIMIT_MAX      1000u
#define DATA_MAX       512u
#define PASSWORD_BYTES 128u
#define VALID_MAX      316224000u /* seconds: ten years */

#define AFTER_FIELD                                                                                          \
	{                                                                                                    \
		"after", FRONT_IN_QUERY, IPC_TAG_AFTER, FRONT_TEXT, 1, AFTER_MAX, false, NULL                \
	}
#define LIMIT_FIELD                                                                                          \
	{                                                                                                    \
		"limit", FRONT_IN_QUERY, IPC_TAG_LIMIT, FRONT_U32, 1, LIMIT_MAX, false, NULL                 \
	}
#define TOKEN_FIELD                                                                                          \
	{                                                                                                    \
		"token", FRONT_IN_PATH, IPC_TAG_TOKEN, FRONT_WORD, 1, TOKEN_MAX, true, NULL                  \
	}

#define COUNT_FIELD                                                                                          \
	{                                                                                                    \
		"count", FRONT_IN_BODY, IPC_TAG_COUNT_OF, FRONT_U32, 1, 1000, false, NULL                    \
	}
#define VALID_FIELD                                                                                          \
	{                                                                                                    \
		"valid", FRONT_IN_BODY, IPC_TAG_VALID, FRONT_U32, 1, VALID_MAX, false, NULL                  \
	}
#define PIN_FIELD                                                                                            \
	{                                                                                                    \
		"pin", FRONT_IN_BODY, IPC_TAG_PIN, FRONT_TEXT, 4, 16, false, NULL                            \
	}
#define PIN_PLACE_FIELD                                                                                      \
	{                                                                                                    \
		"pin_place", FRONT_IN_BODY, IPC_TAG_PIN_PLACE, FRONT_CHOICE, 0, 0, false, " before behind "  \
	}

static const struct front_field VERIFY_FIELDS[] = {
    {"user", FRONT_IN_BODY, IPC_TAG_USER, FRONT_TEXT, 1, USER_MAX, true, NULL},
    {"code", FRONT_IN_BODY, IPC_TAG_CODE, FRONT_TEXT, 1, CODE_MAX, true, NULL},
    {"client", FRONT_IN_BODY, IPC_TAG_CLIENT, FRONT_WORD, 2, 64, false, NULL},
    {"token", FRONT_IN_BODY, IPC_TAG_TOKEN, FRONT_WORD, 1, TOKEN_MAX, false, NULL},
    {"challenge", FRONT_IN_BODY, IPC_TAG_CHALLENGE, FRONT_WORD, 1, TOKEN_MAX, false, NULL},
    {"data", FRONT_IN_BODY, IPC_TAG_DATA, FRONT_TEXT, 1, DATA_MAX, false, NULL},
};

static const struct front_field CHALLENGE_FIELDS[] = {
    {"user", FRONT_IN_BODY, IPC_TAG_USER, FRONT_TEXT, 1, USER_MAX, true, NULL},
    {"token", FRONT_IN_BODY, IPC_TAG_TOKEN, FRONT_WORD, 1, TOKEN_MAX, false, NULL},
    {"type", FRONT_IN_BODY, IPC_TAG_TYPE, FRONT_CHOICE, 0, 0, false, " ocra sms email grid "},
    {"client", FRONT_IN_BODY, IPC_TAG_CLIENT, FRONT_WORD, 2, 64, false, NULL},
    {"data", FRONT_IN_BODY, IPC_TAG_DATA, FRONT_TEXT, 1, DATA_MAX, false, NULL},
};

static const struct front_field CHALLENGE_GET_FIELDS[] = {
    {"challenge", FRONT_IN_PATH, IPC_TAG_CHALLENGE, FRONT_WORD, 1, TOKEN_MAX, true, NULL},
};

#define HINT_FIELD                                                                                           \
	{                                                                                                    \
		"client", FRONT_IN_BODY, IPC_TAG_CLIENT, FRONT_HINT, 0, 0, false, NULL                       \
	}

/* For rlm_rest. Without a code it is a challenge that is wanted (front_style_settle); state is its
 * identifier. */
static const struct front_field RADIUS_FIELDS[] = {
    {"user", FRONT_IN_BODY, IPC_TAG_USER, FRONT_TEXT, 1, USER_MAX, true, NULL},
    {"code", FRONT_IN_BODY, IPC_TAG_CODE, FRONT_TEXT, 0, CODE_MAX, false, NULL},
    {"state", FRONT_IN_BODY, IPC_TAG_CHALLENGE, FRONT_WORD, 0, TOKEN_MAX, false, NULL},
    {"type", FRONT_IN_BODY, IPC_TAG_TYPE, FRONT_WORD, 0, 16, false, NULL},
    HINT_FIELD,
};

/* What privacyIDEA's clients send, as far as it matters here: to check, ... */
static const struct front_field VALIDATE_FIELDS[] = {
    {"user", FRONT_IN_BODY, IPC_TAG_USER, FRONT_TEXT, 1, USER_MAX, true, NULL},
    {"pass", FRONT_IN_BODY, IPC_TAG_CODE, FRONT_TEXT, 0, CODE_MAX, true, NULL},
    {"realm", FRONT_IN_BODY, IPC_TAG_NONE, FRONT_TEXT, 0, USER_MAX, false, NULL},
    {"transaction_id", FRONT_IN_BODY, IPC_TAG_CHALLENGE, FRONT_WORD, 0, TOKEN_MAX, false, NULL},
    {"state", FRONT_IN_BODY, IPC_TAG_CHALLENGE, FRONT_WORD, 0, TOKEN_MAX, false, NULL},
    HINT_FIELD,
};

/* ... to be challenged, ... */
static const struct front_field TRIGGER_FIELDS[] = {
    {"user", FRONT_IN_BODY, IPC_TAG_USER, FRONT_TEXT, 1, USER_MAX, true, NULL},
    {"realm", FRONT_IN_BODY, IPC_TAG_NONE, FRONT_TEXT, 0, USER_MAX, false, NULL},
    {"type", FRONT_IN_BODY, IPC_TAG_TYPE, FRONT_CHOICE, 0, 0, false, " ocra sms email grid "},
    HINT_FIELD,
};

/* ... and to hear what became of it. */
static const struct front_field POLL_FIELDS[] = {
    {"transaction_id", FRONT_IN_BODY, IPC_TAG_CHALLENGE, FRONT_WORD, 1, TOKEN_MAX, true, NULL},
};

static const struct front_field POLL_PATH_FIELDS[] = {
    {"transaction_id", FRONT_IN_PATH, IPC_TAG_CHALLENGE, FRONT_WORD, 1, TOKEN_MAX, true, NULL},
};

/* These stand in header lines, and are put in by these rows. */
static const struct front_field STATUS_FIELDS[] = {
    {"user", FRONT_IN_BODY, IPC_TAG_USER, FRONT_TEXT, 1, USER_MAX, true, NULL},
    {"code", FRONT_IN_BODY, IPC_TAG_CODE, FRONT_TEXT, 1, CODE_MAX, true, NULL},
    HINT_FIELD,
};

static const struct front_field LOGIN_FIELDS[] = {
    {"user", FRONT_IN_BODY, IPC_TAG_USER, FRONT_TEXT, 1, USER_MAX, true, NULL},
    {"password", FRONT_IN_BODY, IPC_TAG_PASSWORD, FRONT_TEXT, 1, PASSWORD_BYTES, false, NULL},
    {"new_password", FRONT_IN_BODY, IPC_TAG_NEW_PASSWORD, FRONT_TEXT, 1, PASSWORD_BYTES, false, NULL},
    {"code", FRONT_IN_BODY, IPC_TAG_CODE, FRONT_TEXT, 1, CODE_MAX, false, NULL},
    {"client", FRONT_IN_BODY, IPC_TAG_CLIENT, FRONT_WORD, 2, 64, false, NULL},
    {"token", FRONT_IN_BODY, IPC_TAG_TOKEN, FRONT_WORD, 1, TOKEN_MAX, false, NULL},
    {"challenge", FRONT_IN_BODY, IPC_TAG_CHALLENGE, FRONT_WORD, 1, TOKEN_MAX, false, NULL},
    {"data", FRONT_IN_BODY, IPC_TAG_DATA, FRONT_TEXT, 1, DATA_MAX, false, NULL},
    {"certificate", FRONT_IN_BODY, IPC_TAG_CHAIN, FRONT_BASE64, 1, 12288, false, NULL},
    {"nonce", FRONT_IN_BODY, IPC_TAG_NONCE, FRONT_WORD, 1, 128, false, NULL},
    {"algorithm", FRONT_IN_BODY, IPC_TAG_ALGORITHM, FRONT_CHOICE, 0, 0, false,
     " ES256 ES384 RS256 PS256 EdDSA "},
    {"signature", FRONT_IN_BODY, IPC_TAG_SIGNATURE, FRONT_BASE64, 1, 1024, false, NULL},
};

static const struct front_field PASSWORD_FIELDS[] = {
    {"user", FRONT_IN_PATH, IPC_TAG_USER, FRONT_TEXT, 1, USER_MAX, true, NULL},
    {"password", FRONT_IN_BODY, IPC_TAG_PASSWORD, FRONT_TEXT, 1, PASSWORD_BYTES, true, NULL},
    {"change", FRONT_IN_BODY, IPC_TAG_CHANGE, FRONT_CHOICE, 0, 0, false, " first never "},
};

static const struct front_field USER_CLASS_FIELDS[] = {
    {"user", FRONT_IN_PATH, IPC_TAG_USER, FRONT_TEXT, 1, USER_MAX, true, NULL},
    {"class", FRONT_IN_BODY, IPC_TAG_NAME, FRONT_TEXT, 1, APP_NAME_MAX, true, NULL},
};

static const struct front_field USER_CERTIFICATES_FIELDS[] = {
    {"user", FRONT_IN_PATH, IPC_TAG_USER, FRONT_TEXT, 1, USER_MAX, true, NULL},
    {"certificates", FRONT_IN_BODY, IPC_TAG_CERTIFICATES, FRONT_CHOICE, 0, 0, true, " bound named "},
};

static const struct front_field CLASS_FIELDS[] = {
    {"class", FRONT_IN_BODY, IPC_TAG_NAME, FRONT_TEXT, 1, APP_NAME_MAX, true, NULL},
    {"factors", FRONT_IN_BODY, IPC_TAG_FACTORS, FRONT_CHOICE, 0, 0, true,
     " password code password+code certificate+password certificate+code "},
};

static const struct front_field USER_FIELDS[] = {
    {"user", FRONT_IN_BODY, IPC_TAG_USER, FRONT_TEXT, 1, USER_MAX, true, NULL},
};

static const struct front_field ALIAS_FIELDS[] = {
    {"user", FRONT_IN_BODY, IPC_TAG_USER, FRONT_TEXT, 1, USER_MAX, true, NULL},
    {"alias", FRONT_IN_BODY, IPC_TAG_ALIAS, FRONT_TEXT, 1, USER_MAX, true, NULL},
};

static const struct front_field ALIAS_NAME_FIELDS[] = {
    {"alias", FRONT_IN_PATH, IPC_TAG_ALIAS, FRONT_TEXT, 1, USER_MAX, true, NULL},
};

static const struct front_field USER_NAME_FIELDS[] = {
    {"user", FRONT_IN_PATH, IPC_TAG_USER, FRONT_TEXT, 1, USER_MAX, true, NULL},
};

static const struct front_field PAGE_FIELDS[] = {AFTER_FIELD, LIMIT_FIELD};

#define TOKEN_TYPES " hotp totp ocra sms email list grid backup temporary "
#define TOKEN_SETTINGS                                                                                       \
	{"secret", FRONT_IN_BODY, IPC_TAG_SECRET, FRONT_BASE32, 16, 64, false, NULL},                        \
	    {"algorithm", FRONT_IN_BODY, IPC_TAG_HASH, FRONT_CHOICE, 0, 0, false, " SHA1 SHA256 SHA512 "},   \
	    {"digits", FRONT_IN_BODY, IPC_TAG_DIGITS, FRONT_U8, 6, 8, false, NULL},                          \
	    {"period", FRONT_IN_BODY, IPC_TAG_PERIOD, FRONT_U32, 10, 300, false, NULL},                      \
	    {"counter", FRONT_IN_BODY, IPC_TAG_COUNTER, FRONT_U64, 0, INT64_MAX, false, NULL},               \
	    {"label", FRONT_IN_BODY, IPC_TAG_LABEL, FRONT_TEXT, 0, 128, false, NULL},                        \
	    {"suite", FRONT_IN_BODY, IPC_TAG_SUITE, FRONT_WORD, 1, 64, false, NULL},                         \
	    {"destination", FRONT_IN_BODY, IPC_TAG_DESTINATION, FRONT_WORD, 3, 254, false, NULL},            \
	    COUNT_FIELD, VALID_FIELD, PIN_FIELD, PIN_PLACE_FIELD

static const struct front_field ENROL_FIELDS[] = {
    {"user", FRONT_IN_BODY, IPC_TAG_USER, FRONT_TEXT, 1, USER_MAX, true, NULL},
    {"type", FRONT_IN_BODY, IPC_TAG_TYPE, FRONT_CHOICE, 0, 0, false, TOKEN_TYPES},
    {"sealed", FRONT_IN_BODY, IPC_TAG_SEALED, FRONT_BASE64, 1, 8192, false, NULL},
    TOKEN_SETTINGS,
};

static const struct front_field REPLACE_FIELDS[] = {
    TOKEN_FIELD,
    {"type", FRONT_IN_BODY, IPC_TAG_TYPE, FRONT_CHOICE, 0, 0, false, TOKEN_TYPES},
    TOKEN_SETTINGS,
};

static const struct front_field EXPIRE_FIELDS[] = {
    TOKEN_FIELD,
    {"expires", FRONT_IN_BODY, IPC_TAG_EXPIRES, FRONT_U64, 0, INT64_MAX, true, NULL},
};

static const struct front_field LOSE_FIELDS[] = {TOKEN_FIELD, COUNT_FIELD, VALID_FIELD};

static const struct front_field PIN_FIELDS[] = {TOKEN_FIELD, PIN_FIELD, PIN_PLACE_FIELD};

#define REALM_MAX 47 /* bytes */

static const struct front_field USER_LIST_FIELDS[] = {
    {"realm", FRONT_IN_QUERY, IPC_TAG_REALMS, FRONT_TEXT, 1, REALM_MAX, false, NULL},
    {"class", FRONT_IN_QUERY, IPC_TAG_NAME, FRONT_TEXT, 1, APP_NAME_MAX, false, NULL},
    AFTER_FIELD,
    LIMIT_FIELD,
};

static const struct front_field AUDIT_LIST_FIELDS[] = {
    {"user", FRONT_IN_QUERY, IPC_TAG_USER, FRONT_TEXT, 1, USER_MAX, false, NULL},
    {"action", FRONT_IN_QUERY, IPC_TAG_ACTION, FRONT_WORD, 1, 31, false, NULL},
    {"result", FRONT_IN_QUERY, IPC_TAG_RESULT, FRONT_WORD, 1, 31, false, NULL},
    {"since", FRONT_IN_QUERY, IPC_TAG_SINCE, FRONT_U64, 0, 99999999999, false, NULL},
    AFTER_FIELD,
    LIMIT_FIELD,
};

static const struct front_field TOKEN_SEARCH_FIELDS[] = {
    {"user", FRONT_IN_QUERY, IPC_TAG_USER, FRONT_TEXT, 1, USER_MAX, false, NULL},
    {"type", FRONT_IN_QUERY, IPC_TAG_TYPE, FRONT_CHOICE, 0, 0, false,
     " hotp totp ocra sms email list grid backup temporary "},
    {"state", FRONT_IN_QUERY, IPC_TAG_STATE, FRONT_CHOICE, 0, 0, false, " active disabled "},
    {"serial", FRONT_IN_QUERY, IPC_TAG_SERIAL, FRONT_TEXT, 1, 64, false, NULL},
    AFTER_FIELD,
    LIMIT_FIELD,
};

static const struct front_field TOKEN_LIST_FIELDS[] = {
    {"user", FRONT_IN_QUERY, IPC_TAG_USER, FRONT_TEXT, 1, USER_MAX, false, NULL},
    AFTER_FIELD,
    LIMIT_FIELD,
};

static const struct front_field TOKEN_FIELDS[] = {TOKEN_FIELD};

static const struct front_field RESYNC_FIELDS[] = {
    TOKEN_FIELD,
    {"code1", FRONT_IN_BODY, IPC_TAG_CODE, FRONT_WORD, 1, CODE_MAX, true, NULL},
    {"code2", FRONT_IN_BODY, IPC_TAG_CODE2, FRONT_WORD, 1, CODE_MAX, true, NULL},
};

#define SCOPE_FIELDS                                                                                         \
	{"calls", FRONT_IN_BODY, IPC_TAG_CALLS, FRONT_TEXT, 0, 63, false, NULL},                             \
	    {"realms", FRONT_IN_BODY, IPC_TAG_REALMS, FRONT_TEXT, 0, 512, false, NULL},                      \
	{                                                                                                    \
		"addresses", FRONT_IN_BODY, IPC_TAG_ADDRESSES, FRONT_TEXT, 0, 1024, false, NULL              \
	}

static const struct front_field APP_FIELDS[] = {
    {"name", FRONT_IN_BODY, IPC_TAG_NAME, FRONT_TEXT, 1, APP_NAME_MAX, true, NULL},
    SCOPE_FIELDS,
};

static const struct front_field APP_SCOPE_FIELDS[] = {
    {"name", FRONT_IN_PATH, IPC_TAG_NAME, FRONT_TEXT, 1, APP_NAME_MAX, true, NULL},
    SCOPE_FIELDS,
};

static const struct front_field APP_NAME_FIELDS[] = {
    {"name", FRONT_IN_PATH, IPC_TAG_NAME, FRONT_TEXT, 1, APP_NAME_MAX, true, NULL},
};

/* Of what two administrators do: the approval of the call that is made again. */
#define APPROVAL_FIELD                                                                                       \
	{                                                                                                    \
		"approval", FRONT_IN_BODY, IPC_TAG_APPROVAL, FRONT_WORD, 1, TOKEN_MAX, false, NULL           \
	}

static const struct front_field STAFF_FIELDS[] = {
    {"name", FRONT_IN_BODY, IPC_TAG_NAME, FRONT_TEXT, 1, APP_NAME_MAX, true, NULL},
    {"role", FRONT_IN_BODY, IPC_TAG_ROLE, FRONT_CHOICE, 0, 0, true, " administrator operator auditor all "},
    APPROVAL_FIELD,
};

static const struct front_field STAFF_NAME_FIELDS[] = {
    {"name", FRONT_IN_PATH, IPC_TAG_NAME, FRONT_TEXT, 1, APP_NAME_MAX, true, NULL},
    APPROVAL_FIELD,
};

static const struct front_field APPROVAL_FIELDS[] = {
    {"approval", FRONT_IN_PATH, IPC_TAG_APPROVAL, FRONT_WORD, 1, TOKEN_MAX, true, NULL},
};

static const struct front_field MESSAGE_FIELDS[] = {
    {"message", FRONT_IN_PATH, IPC_TAG_MESSAGE, FRONT_WORD, 1, TOKEN_MAX, true, NULL},
};

static const struct front_field LOCK_FIELDS[] = {
    {"address", FRONT_IN_BODY, IPC_TAG_CLIENT, FRONT_WORD, 2, 64, true, NULL},
    {"application", FRONT_IN_BODY, IPC_TAG_NAME, FRONT_TEXT, 1, APP_NAME_MAX, false, NULL},
};

const struct front_field front_row_fields[FRONT_ROW_FIELDS] = {
    {"type", FRONT_IN_BODY, IPC_TAG_TYPE, FRONT_CHOICE, 0, 0, true, " hotp totp ocra "},
    {"secret", FRONT_IN_BODY, IPC_TAG_SECRET, FRONT_BASE32, 16, 64, true, NULL},
    {"serial", FRONT_IN_BODY, IPC_TAG_SERIAL, FRONT_TEXT, 0, 64, false, NULL},
    {"user", FRONT_IN_BODY, IPC_TAG_USER, FRONT_TEXT, 1, USER_MAX, false, NULL},
    {"algorithm", FRONT_IN_BODY, IPC_TAG_HASH, FRONT_CHOICE, 0, 0, false, " SHA1 SHA256 SHA512 "},
    {"digits", FRONT_IN_BODY, IPC_TAG_DIGITS, FRONT_U8, 6, 8, false, NULL},
    {"period", FRONT_IN_BODY, IPC_TAG_PERIOD, FRONT_U32, 10, 300, false, NULL},
    {"counter", FRONT_IN_BODY, IPC_TAG_POSITION, FRONT_U64, 0, INT64_MAX, false, NULL},
    {"label", FRONT_IN_BODY, IPC_TAG_LABEL, FRONT_TEXT, 0, 128, false, NULL},
    {"suite", FRONT_IN_BODY, IPC_TAG_SUITE, FRONT_WORD, 1, 64, false, NULL},
    {"expires", FRONT_IN_BODY, IPC_TAG_EXPIRES, FRONT_U64, 1, INT64_MAX, false, NULL},
};

#define IMPORT_FIELD                                                                                         \
	{                                                                                                    \
		"import", FRONT_IN_PATH, IPC_TAG_IMPORT, FRONT_WORD, 1, TOKEN_MAX, true, NULL                \
	}

static const struct front_field IMPORT_OPEN_FIELDS[] = {
    {"digest", FRONT_IN_BODY, IPC_TAG_DIGEST, FRONT_WORD, 64, 64, true, NULL},
    {"name", FRONT_IN_BODY, IPC_TAG_LABEL, FRONT_TEXT, 1, 128, true, NULL},
    {"rows", FRONT_IN_BODY, IPC_TAG_COUNT_OF, FRONT_U32, 1, 1000000, true, NULL},
    {"users", FRONT_IN_BODY, IPC_TAG_USERS, FRONT_CHOICE, 0, 0, false, " known make none "},
};

static const struct front_field IMPORT_ROWS_FIELDS[] = {
    IMPORT_FIELD,
    {"first", FRONT_IN_BODY, IPC_TAG_FIRST, FRONT_U32, 0, 1000000, true, NULL},
    {"tokens", FRONT_IN_BODY, IPC_TAG_ROWS, FRONT_ROWS, 1, IPC_ROWS_MAX, true, NULL},
};

static const struct front_field IMPORT_FIELDS[] = {IMPORT_FIELD};

static const struct front_field ASSIGN_FIELDS[] = {
    TOKEN_FIELD,
    {"user", FRONT_IN_BODY, IPC_TAG_USER, FRONT_TEXT, 1, USER_MAX, true, NULL},
};

static const struct front_field EXPORT_FIELDS[] = {
    {"user", FRONT_IN_PATH, IPC_TAG_USER, FRONT_TEXT, 1, USER_MAX, true, NULL},
    {"seeds", FRONT_IN_BODY, IPC_TAG_SEEDS, FRONT_CHOICE, 0, 0, false, " withheld "},
    APPROVAL_FIELD,
};

static const struct front_field REALM_EXPORT_FIELDS[] = {
    {"realm", FRONT_IN_PATH, IPC_TAG_REALMS, FRONT_TEXT, 1, REALM_MAX, true, NULL},
    {"after", FRONT_IN_BODY, IPC_TAG_AFTER, FRONT_WORD, 1, AFTER_MAX, false, NULL},
    {"seeds", FRONT_IN_BODY, IPC_TAG_SEEDS, FRONT_CHOICE, 0, 0, false, " withheld "},
    APPROVAL_FIELD,
};

static const struct front_field KEY_FIELDS[] = {APPROVAL_FIELD};

static const struct front_field BREAK_GLASS_FIELDS[] = {
    {"user", FRONT_IN_BODY, IPC_TAG_USER, FRONT_TEXT, 1, USER_MAX, true, NULL},
    VALID_FIELD,
    APPROVAL_FIELD,
};

static const struct front_field BREAK_GLASS_CODE_FIELDS[] = {
    {"code", FRONT_IN_PATH, IPC_TAG_TOKEN, FRONT_WORD, 1, TOKEN_MAX, true, NULL},
};

#define FINGERPRINT_FIELD                                                                                    \
	{                                                                                                    \
		"certificate", FRONT_IN_BODY, IPC_TAG_FINGERPRINT, FRONT_WORD, 4, 64, true, NULL             \
	}

static const struct front_field STAFF_CERTIFICATE_FIELDS[] = {
    {"name", FRONT_IN_PATH, IPC_TAG_NAME, FRONT_TEXT, 1, APP_NAME_MAX, true, NULL},
    FINGERPRINT_FIELD,
    APPROVAL_FIELD,
};

static const struct front_field BINDING_FIELDS[] = {
    {"user", FRONT_IN_BODY, IPC_TAG_USER, FRONT_TEXT, 1, USER_MAX, true, NULL},
    FINGERPRINT_FIELD,
    {"label", FRONT_IN_BODY, IPC_TAG_LABEL, FRONT_TEXT, 0, 128, false, NULL},
};

static const struct front_field BINDING_REMOVE_FIELDS[] = {
    {"certificate", FRONT_IN_PATH, IPC_TAG_FINGERPRINT, FRONT_WORD, 4, 64, true, NULL},
};

static const struct front_field APP_CERTIFICATE_FIELDS[] = {
    {"name", FRONT_IN_PATH, IPC_TAG_NAME, FRONT_TEXT, 1, APP_NAME_MAX, true, NULL},
    FINGERPRINT_FIELD,
};

/* The caller says who he is here, and nowhere else: front_route_tells. */
static const struct front_field AUTH_FIELDS[] = {
    {"username", FRONT_IN_BODY, IPC_TAG_NAME, FRONT_TEXT, 1, APP_NAME_MAX, true, NULL},
    {"password", FRONT_IN_BODY, IPC_TAG_CREDENTIAL, FRONT_WORD, 1, 128, true, NULL},
};

static const struct front_field REPORT_FIELDS[] = {
    {"day", FRONT_IN_PATH, IPC_TAG_DAY, FRONT_WORD, 10, 10, true, NULL},
};

#define FIELDS(array) (array), COUNT(array)

static const struct front_route ROUTES[] = {
    {"POST", "/v1/otp/verify", IPC_OTP_VERIFY, true, FIELDS(VERIFY_FIELDS)},
    {"POST", "/v1/otp/radius", IPC_OTP_VERIFY, true, FIELDS(RADIUS_FIELDS)},
    {"GET", "/v1/otp/status", IPC_OTP_VERIFY, true, FIELDS(STATUS_FIELDS)},
    {"POST", "/validate/check", IPC_OTP_VERIFY, true, FIELDS(VALIDATE_FIELDS)},
    {"GET", "/validate/check", IPC_OTP_VERIFY, true, FIELDS(VALIDATE_FIELDS)},
    {"POST", "/validate/triggerchallenge", IPC_CHALLENGE_CREATE, true, FIELDS(TRIGGER_FIELDS)},
    {"GET", "/validate/triggerchallenge", IPC_CHALLENGE_CREATE, true, FIELDS(TRIGGER_FIELDS)},
    {"GET", "/validate/polltransaction", IPC_CHALLENGE_GET, true, FIELDS(POLL_FIELDS)},
    {"GET", "/validate/polltransaction/{}", IPC_CHALLENGE_GET, true, FIELDS(POLL_PATH_FIELDS)},
    {"POST", "/auth", IPC_AUTH, true, FIELDS(AUTH_FIELDS)},
    {"POST", "/v1/users", IPC_USER_ADD, true, FIELDS(USER_FIELDS)},
    {"GET", "/v1/users", IPC_USER_LIST, true, FIELDS(USER_LIST_FIELDS)},
    {"POST", "/v1/aliases", IPC_ALIAS_ADD, true, FIELDS(ALIAS_FIELDS)},
    {"GET", "/v1/aliases", IPC_ALIAS_LIST, true, FIELDS(TOKEN_LIST_FIELDS)},
    {"DELETE", "/v1/aliases/{}", IPC_ALIAS_REMOVE, true, FIELDS(ALIAS_NAME_FIELDS)},
    {"POST", "/v1/tokens", IPC_TOKEN_ENROL, true, FIELDS(ENROL_FIELDS)},
    {"GET", "/v1/tokens", IPC_TOKEN_LIST, true, FIELDS(TOKEN_SEARCH_FIELDS)},
    {"GET", "/v1/enrolment-key", IPC_ENROLMENT_KEY, true, NULL, 0},
    {"POST", "/v1/tokens/{}/disable", IPC_TOKEN_DISABLE, true, FIELDS(TOKEN_FIELDS)},
    {"POST", "/v1/tokens/{}/enable", IPC_TOKEN_ENABLE, true, FIELDS(TOKEN_FIELDS)},
    {"POST", "/v1/tokens/{}/resync", IPC_TOKEN_RESYNC, true, FIELDS(RESYNC_FIELDS)},
    {"POST", "/v1/applications", IPC_APP_ADD, true, FIELDS(APP_FIELDS)},
    {"GET", "/v1/applications", IPC_APP_LIST, true, FIELDS(PAGE_FIELDS)},
    {"DELETE", "/v1/applications/{}", IPC_APP_REMOVE, true, FIELDS(APP_NAME_FIELDS)},
    {"GET", "/v1/audit", IPC_AUDIT_LIST, true, FIELDS(AUDIT_LIST_FIELDS)},
    {"GET", "/v1/audit/checkpoints", IPC_CHECKPOINT_LIST, true, FIELDS(PAGE_FIELDS)},
    {"GET", "/v1/audit/key", IPC_AUDIT_KEY, true, NULL, 0},
    {"GET", "/v1/reports/{}", IPC_REPORT_GET, true, FIELDS(REPORT_FIELDS)},
    {"POST", "/v1/tokens/{}/lose", IPC_TOKEN_LOSE, true, FIELDS(LOSE_FIELDS)},
    {"POST", "/v1/tokens/{}/pin", IPC_TOKEN_PIN, true, FIELDS(PIN_FIELDS)},
    {"POST", "/v1/tokens/{}/expire", IPC_TOKEN_EXPIRE, true, FIELDS(EXPIRE_FIELDS)},
    {"POST", "/v1/tokens/{}/replace", IPC_TOKEN_REPLACE, true, FIELDS(REPLACE_FIELDS)},
    {"DELETE", "/v1/tokens/{}", IPC_TOKEN_DELETE, true, FIELDS(TOKEN_FIELDS)},
    {"POST", "/v1/challenges", IPC_CHALLENGE_CREATE, true, FIELDS(CHALLENGE_FIELDS)},
    {"GET", "/v1/challenges/{}", IPC_CHALLENGE_GET, true, FIELDS(CHALLENGE_GET_FIELDS)},
    {"POST", "/v1/login", IPC_LOGIN, true, FIELDS(LOGIN_FIELDS)},
    {"POST", "/v1/users/{}/password", IPC_USER_PASSWORD, true, FIELDS(PASSWORD_FIELDS)},
    {"POST", "/v1/users/{}/class", IPC_USER_CLASS, true, FIELDS(USER_CLASS_FIELDS)},
    {"POST", "/v1/users/{}/disable", IPC_USER_DISABLE, true, FIELDS(USER_NAME_FIELDS)},
    {"POST", "/v1/users/{}/enable", IPC_USER_ENABLE, true, FIELDS(USER_NAME_FIELDS)},
    {"DELETE", "/v1/users/{}", IPC_USER_DELETE, true, FIELDS(USER_NAME_FIELDS)},
    {"POST", "/v1/users/{}/certificates", IPC_USER_CERTIFICATES, true, FIELDS(USER_CERTIFICATES_FIELDS)},
    {"POST", "/v1/classes", IPC_CLASS_SET, true, FIELDS(CLASS_FIELDS)},
    {"GET", "/v1/classes", IPC_CLASS_LIST, true, FIELDS(PAGE_FIELDS)},
    {"POST", "/v1/applications/{}/rotate", IPC_APP_ROTATE, true, FIELDS(APP_NAME_FIELDS)},
    {"POST", "/v1/applications/{}/scope", IPC_APP_SCOPE, true, FIELDS(APP_SCOPE_FIELDS)},
    {"POST", "/v1/staff", IPC_STAFF_ADD, true, FIELDS(STAFF_FIELDS)},
    {"GET", "/v1/staff", IPC_STAFF_LIST, true, FIELDS(PAGE_FIELDS)},
    {"POST", "/v1/staff/{}/rotate", IPC_STAFF_ROTATE, true, FIELDS(STAFF_NAME_FIELDS)},
    {"POST", "/v1/staff/{}/certificate", IPC_STAFF_CERTIFICATE, true, FIELDS(STAFF_CERTIFICATE_FIELDS)},
    {"POST", "/v1/applications/{}/certificate", IPC_APP_CERTIFICATE, true, FIELDS(APP_CERTIFICATE_FIELDS)},
    {"POST", "/v1/staff/{}/disable", IPC_STAFF_DISABLE, true, FIELDS(APP_NAME_FIELDS)},
    {"POST", "/v1/staff/{}/enable", IPC_STAFF_ENABLE, true, FIELDS(STAFF_NAME_FIELDS)},
    {"GET", "/v1/approvals", IPC_APPROVAL_LIST, true, FIELDS(PAGE_FIELDS)},
    {"POST", "/v1/approvals/{}/approve", IPC_APPROVAL_GRANT, true, FIELDS(APPROVAL_FIELDS)},
    {"POST", "/v1/approvals/{}/refuse", IPC_APPROVAL_REFUSE, true, FIELDS(APPROVAL_FIELDS)},
    {"POST", "/v1/certificates", IPC_CERTIFICATE_ADD, true, FIELDS(BINDING_FIELDS)},
    {"GET", "/v1/certificates", IPC_CERTIFICATE_LIST, true, FIELDS(TOKEN_LIST_FIELDS)},
    {"DELETE", "/v1/certificates/{}", IPC_CERTIFICATE_REMOVE, true, FIELDS(BINDING_REMOVE_FIELDS)},
    {"GET", "/v1/locks", IPC_LOCK_LIST, true, FIELDS(PAGE_FIELDS)},
    {"POST", "/v1/locks/lift", IPC_LOCK_LIFT, true, FIELDS(LOCK_FIELDS)},
    {"GET", "/v1/outbox", IPC_OUTBOX_LIST, true, FIELDS(PAGE_FIELDS)},
    {"POST", "/v1/outbox/{}/retry", IPC_OUTBOX_RETRY, true, FIELDS(MESSAGE_FIELDS)},
    {"POST", "/v1/imports", IPC_IMPORT_OPEN, true, FIELDS(IMPORT_OPEN_FIELDS)},
    {"POST", "/v1/users/{}/export", IPC_USER_EXPORT, true, FIELDS(EXPORT_FIELDS)},
    {"POST", "/v1/break-glass", IPC_BREAK_GLASS_ISSUE, true, FIELDS(BREAK_GLASS_FIELDS)},
    {"GET", "/v1/break-glass", IPC_BREAK_GLASS_LIST, true, FIELDS(PAGE_FIELDS)},
    {"DELETE", "/v1/break-glass/{}", IPC_BREAK_GLASS_REVOKE, true, FIELDS(BREAK_GLASS_CODE_FIELDS)},
    {"GET", "/v1/imports", IPC_IMPORT_LIST, true, FIELDS(PAGE_FIELDS)},
    {"POST", "/v1/imports/{}/rows", IPC_IMPORT_ROWS, true, FIELDS(IMPORT_ROWS_FIELDS)},
    {"POST", "/v1/imports/{}/commit", IPC_IMPORT_COMMIT, true, FIELDS(IMPORT_FIELDS)},
    {"DELETE", "/v1/imports/{}", IPC_IMPORT_DISCARD, true, FIELDS(IMPORT_FIELDS)},
    {"GET", "/v1/stock", IPC_STOCK_LIST, true, FIELDS(PAGE_FIELDS)},
    {"POST", "/v1/stock/{}/assign", IPC_TOKEN_ASSIGN, true, FIELDS(ASSIGN_FIELDS)},
    {"DELETE", "/v1/stock/{}", IPC_STOCK_DELETE, true, FIELDS(TOKEN_FIELDS)},
    {"POST", "/v1/realms/{}/export", IPC_REALM_EXPORT, true, FIELDS(REALM_EXPORT_FIELDS)},
    {"POST", "/v1/data-keys", IPC_REKEY, true, FIELDS(KEY_FIELDS)},
    {"GET", "/v1/data-keys", IPC_DATA_KEY_LIST, true, NULL, 0},
    {"POST", "/v1/signing-keys/rotate", IPC_SIGNING_ROTATE, true, FIELDS(KEY_FIELDS)},
    {"GET", "/.well-known/jwks.json", IPC_JWKS, false, NULL, 0},
    {"GET", "/v1/openapi.json", 0, false, NULL, 0},
    {"GET", "/healthz", IPC_HEALTH, false, NULL, 0},
    {"GET", FRONT_PATH_LIVE, 0, false, NULL, 0},
    {"GET", "/readyz", IPC_READY, false, NULL, 0},
    {"GET", "/metrics", IPC_METRICS, false, NULL, 0},
};

const struct front_route *front_routes(size_t *count)
{
	*count = COUNT(ROUTES);
	return ROUTES;
}
