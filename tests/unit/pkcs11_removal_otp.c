/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What is done with one-time passwords: keys of HOTP, TOTP and OCRA, and the password of their application.
 */
#include "tests/unit/pkcs11_removal.h"

#include "pkcs11/pkcs11_countersign.h"
#include "tests/unit/pkcs11_token.h"

#define HOTP_SECOND   "287082" /* RFC 4226, appendix D, of counter 1 */
#define TOTP_AT	      "20050318015829"
#define TOTP_CODE     "081804" /* RFC 6238, appendix B: the last six of its eight digits */
#define OCRA_SUITE    "OCRA-1:HOTP-SHA1-6:QN08"
#define OCRA_QUESTION "11111111"
#define OCRA_ANSWER   "243178" /* RFC 6287, appendix C.1 */
#define OATH_PASSWORD "swordfish"

static CK_BBOOL yes = CK_TRUE;
static CK_BYTE seed[] = "12345678901234567890";
static CK_OBJECT_HANDLE handle, other;
static _Alignas(16) CK_BYTE out[1024];

/* ---- keys that come and go ---- */

static CK_RV create(CK_KEY_TYPE type, const char *name)
{
	CK_OBJECT_CLASS class = CKO_OTP_KEY;
	CK_UTF8CHAR label[16], suite[] = OCRA_SUITE;
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)},
			    {CKA_KEY_TYPE, &type, sizeof(type)},
			    {CKA_TOKEN, &yes, 1},
			    {CKA_LABEL, label, strlen(name)},
			    {CKA_VALUE, seed, sizeof(seed) - 1},
			    {CKA_COUNTERSIGN_OCRA_SUITE, suite, sizeof(suite) - 1}};

	memcpy(label, name, strlen(name));
	return C_CreateObject(session, a, type == CKK_COUNTERSIGN_OCRA ? 6 : 5, &other);
}

static CK_RV enrol(void)
{
	return create(CKK_HOTP, "another");
}

static CK_RV generate_hotp(void)
{
	CK_MECHANISM m = {CKM_HOTP_KEY_GEN, NULL, 0};
	CK_UTF8CHAR label[] = "made";
	CK_ATTRIBUTE a[] = {{CKA_TOKEN, &yes, 1}, {CKA_LABEL, label, sizeof(label) - 1}};

	return C_GenerateKey(session, &m, a, 2, &other);
}

static CK_RV have(const char *name)
{
	return removal_find(CKO_OTP_KEY, name, &handle);
}

static CK_RV have_hotp(void)
{
	return have("hotp");
}

static CK_RV destroy(void)
{
	return C_DestroyObject(session, handle);
}

static CK_RV rename_key(void)
{
	CK_UTF8CHAR label[] = "renamed";
	CK_ATTRIBUTE a = {CKA_LABEL, label, sizeof(label) - 1};

	return C_SetAttributeValue(session, handle, &a, 1);
}

static bool is_there(const char *name)
{
	return removal_find(CKO_OTP_KEY, name, &other) == CKR_OK;
}

static bool is_gone(void)
{
	return is_there("totp") && !is_there("hotp");
}

static bool is_made(void)
{
	return is_there("made");
}

static bool is_renamed(void)
{
	return is_there("renamed") && !is_there("hotp");
}

/* ---- passwords ---- */

/* Of a parameter that the module writes nothing to. */
static CK_OTP_PARAM text(CK_OTP_PARAM_TYPE type, const char *value)
{
	union {
		const char *in;
		void *out;
	} pointer = {value};

	return (CK_OTP_PARAM){type, pointer.out, strlen(value)};
}

static CK_RV begin(const char *name, CK_MECHANISM_TYPE type, CK_OTP_PARAM *params, CK_ULONG count,
		   CK_RV (*init)(CK_SESSION_HANDLE, CK_MECHANISM_PTR, CK_OBJECT_HANDLE))
{
	CK_OTP_PARAMS all = {params, count};
	CK_MECHANISM m = {type, &all, sizeof(all)};
	CK_RV rv = have(name);

	return rv == CKR_OK ? init(session, &m, handle) : rv;
}

static CK_RV have_hotp_sign(void)
{
	return begin("hotp", CKM_HOTP, NULL, 0, C_SignInit);
}

static CK_RV have_totp_sign(void)
{
	CK_OTP_PARAM time = text(CK_OTP_TIME, TOTP_AT);

	return begin("totp", CKM_COUNTERSIGN_TOTP, &time, 1, C_SignInit);
}

static CK_RV have_totp_verify(void)
{
	CK_OTP_PARAM time = text(CK_OTP_TIME, TOTP_AT);

	return begin("totp", CKM_COUNTERSIGN_TOTP, &time, 1, C_VerifyInit);
}

static CK_RV have_ocra_sign(void)
{
	CK_OTP_PARAM question = text(CK_OTP_CHALLENGE, OCRA_QUESTION);

	return begin("ocra", CKM_COUNTERSIGN_OCRA, &question, 1, C_SignInit);
}

static CK_RV have_ocra_verify(void)
{
	CK_OTP_PARAM question = text(CK_OTP_CHALLENGE, OCRA_QUESTION);

	return begin("ocra", CKM_COUNTERSIGN_OCRA, &question, 1, C_VerifyInit);
}

/* The code of counter 0, which the card has given. */
static CK_RV have_hotp_verify(void)
{
	CK_BYTE counter[8] = {0};
	CK_ULONG length = 6;
	CK_OTP_PARAM params[] = {{CK_OTP_COUNTER, counter, sizeof(counter)},
				 {CK_OTP_OUTPUT_LENGTH, &length, sizeof(length)}};

	return begin("hotp", CKM_HOTP, params, 2, C_VerifyInit);
}

static CK_RV sign(const char *want)
{
	CK_ULONG len = sizeof(out);
	CK_RV rv = C_Sign(session, NULL, 0, out, &len);
	const CK_OTP_SIGNATURE_INFO *info = (const void *)out;

	for (CK_ULONG i = 0; rv == CKR_OK && i < info->ulCount; i++) {
		if (info->pParams[i].type == CK_OTP_VALUE)
			return info->pParams[i].ulValueLen == strlen(want) &&
				       memcmp(info->pParams[i].pValue, want, strlen(want)) == 0
				   ? CKR_OK
				   : CKR_GENERAL_ERROR;
	}
	return rv == CKR_OK ? CKR_GENERAL_ERROR : rv;
}

static CK_RV sign_hotp(void)
{
	return sign(HOTP_SECOND);
}

static CK_RV sign_totp(void)
{
	return sign(TOTP_CODE);
}

static CK_RV sign_ocra(void)
{
	return sign(OCRA_ANSWER);
}

static CK_RV verify(const char *code)
{
	CK_BYTE bytes[8];

	memcpy(bytes, code, 6);
	return C_Verify(session, NULL, 0, bytes, 6);
}

static CK_RV verify_hotp(void)
{
	return verify("755224");
}

static CK_RV verify_wrong(void)
{
	return verify("000000");
}

static CK_RV verify_totp(void)
{
	return verify(TOTP_CODE);
}

static CK_RV verify_ocra(void)
{
	return verify(OCRA_ANSWER);
}

/* ---- the password of the application ---- */

static CK_RV login(const char *password)
{
	CK_UTF8CHAR bytes[16], name[] = CK_COUNTERSIGN_OATH_USER;

	memcpy(bytes, password, strlen(password));
	return C_LoginUser(session, CKU_CONTEXT_SPECIFIC, bytes, strlen(password), name, sizeof(name) - 1);
}

static CK_RV login_right(void)
{
	return login(OATH_PASSWORD);
}

static CK_RV login_wrong(void)
{
	return login("shark");
}

static CK_RV have_password(void)
{
	/* Who has set it already has to know it. */
	return p11_oath_password(OATH_PASSWORD) ? CKR_OK : login_right();
}

static CK_RV have_opened(void)
{
	CK_RV rv = have_password();

	return rv == CKR_OK ? login_right() : rv;
}

static CK_RV have_hotp_sign_opened(void)
{
	CK_RV rv = have_opened();

	return rv == CKR_OK ? have_hotp_sign() : rv;
}

/* What the search finds, or why it was not made. */
static CK_RV search(void)
{
	CK_ULONG n = 0;
	CK_RV rv = p11_find(session, CKO_OTP_KEY, 0, &n, &handle);

	return rv == CKR_OK && n == 0 ? CKR_OBJECT_HANDLE_INVALID : rv;
}

/* ---- all of them ---- */

/* OCRA is on cards of ours. */
bool removal_otps(void)
{
	CK_MECHANISM_INFO info;
	bool ocra = C_GetMechanismInfo(0, CKM_COUNTERSIGN_OCRA, &info) == CKR_OK;
	CK_ULONG len = sizeof(out);

	return create(CKK_HOTP, "hotp") == CKR_OK && create(CKK_COUNTERSIGN_TOTP, "totp") == CKR_OK &&
	       (!ocra || create(CKK_COUNTERSIGN_OCRA, "ocra") == CKR_OK) && have_hotp_sign() == CKR_OK &&
	       C_Sign(session, NULL, 0, out, &len) == CKR_OK;
}

/* The password is proved each time that the application is opened: once more after a reset, where it was
 * right. */
const struct operation_row removal_otp_rows[] = {
    ROW("C_CreateObject", "an HOTP key", START_USER, NULL, enrol, .pins = 1, .makes = true, .lets_go = true),
    ROW("C_GenerateKey", "HOTP", START_USER, NULL, generate_hotp, .pins = 1, .makes = true, .lets_go = true,
	.done = is_made),
    ROW("C_DestroyObject", "an HOTP key", START_USER, have_hotp, destroy, .pins = 1, .lets_go = true,
	.done = is_gone),
    ROW("C_SetAttributeValue", "of an HOTP key", START_USER, have_hotp, rename_key, .pins = 1,
	.lets_go = true, .done = is_renamed),
    ROW("C_Sign", "HOTP", START_USER, have_hotp_sign, sign_hotp, .pins = 1, .lets_go = true),
    ROW("C_Sign", "TOTP", START_USER, have_totp_sign, sign_totp, .pins = 1, .lets_go = true),
    ROW("C_Sign", "OCRA", START_USER, have_ocra_sign, sign_ocra, .pins = 1, .lets_go = true),
    ROW("C_Verify", "HOTP", START_USER, have_hotp_verify, verify_hotp, .pins = 1, .lets_go = true),
    ROW("C_Verify", "a wrong HOTP", START_USER, have_hotp_verify, verify_wrong, .rv = CKR_SIGNATURE_INVALID,
	.pins = 1, .refuses = true),
    ROW("C_Verify", "TOTP", START_USER, have_totp_verify, verify_totp, .pins = 1, .lets_go = true),
    ROW("C_Verify", "OCRA", START_USER, have_ocra_verify, verify_ocra, .pins = 1, .lets_go = true),
    ROW("C_LoginUser", "the password of OATH", START_USER, have_password, login_right, .pins = 1,
	.lets_go = true, .by_challenge = true),
    ROW("C_LoginUser", "a wrong password of OATH", START_USER, have_password, login_wrong,
	.rv = CKR_PIN_INCORRECT, .pins = 1, .refuses = true),
    ROW("C_FindObjectsInit", "keys behind a password", START_USER, have_opened, search, .pins = 2),
    ROW("C_Sign", "HOTP behind a password", START_USER, have_hotp_sign_opened, sign_hotp, .pins = 2,
	.lets_go = true),
};

const size_t removal_otp_row_count = sizeof(removal_otp_rows) / sizeof(removal_otp_rows[0]);

const struct operation_row removal_foreign_otp_rows[] = {
    ROW("C_FindObjectsInit", "keys of one-time passwords", START_USER, NULL, search, .pins = 0),
    ROW("C_CreateObject", "an HOTP key", START_USER, NULL, enrol, .pins = 0, .makes = true, .lets_go = true),
    ROW("C_DestroyObject", "an HOTP key", START_USER, have_hotp, destroy, .pins = 0, .lets_go = true,
	.done = is_gone),
    ROW("C_SetAttributeValue", "of an HOTP key", START_USER, have_hotp, rename_key, .pins = 0,
	.lets_go = true, .done = is_renamed),
    ROW("C_Sign", "HOTP", START_USER, have_hotp_sign, sign_hotp, .pins = 0, .lets_go = true),
    ROW("C_Sign", "TOTP", START_USER, have_totp_sign, sign_totp, .pins = 0, .lets_go = true),
    ROW("C_Verify", "TOTP", START_USER, have_totp_verify, verify_totp, .pins = 0, .lets_go = true),
    ROW("C_LoginUser", "the password of OATH", START_USER, have_password, login_right, .pins = 1,
	.lets_go = true, .by_challenge = true),
    ROW("C_Sign", "HOTP behind a password", START_USER, have_hotp_sign_opened, sign_hotp, .pins = 2,
	.lets_go = true),
};

const size_t removal_foreign_otp_row_count =
    sizeof(removal_foreign_otp_rows) / sizeof(removal_foreign_otp_rows[0]);

/* ---- a card with nothing else ---- */

/* The key may be gone, or called something else. */
void removal_otps_again(void)
{
	assert_int_equal(C_CloseAllSessions(0), CKR_OK);
	assert_int_equal(p11_open(&session), CKR_OK);
	assert_int_equal(p11_login(session, CKU_USER, P11_USER_PIN), CKR_OK);
	assert_int_equal(have_totp_sign(), CKR_OK);
	assert_int_equal(sign_totp(), CKR_OK);
}

bool removal_oath_make(const struct cc_backend *backend, const char *password)
{
	if (!transport_card_make(CSGN_PROFILE_PIV))
		return false;
	transport_card_be(PLAIN_OATH);
	return p11_begin(backend, &session) == CKR_OK && removal_otps() && p11_oath_password(password);
}

/* Who is logged in has the password proved each time that the application is opened: once more after a reset.
 */
const struct operation_row removal_oath_rows[] = {
    ALONE("C_FindObjectsInit", "keys of one-time passwords", START_USER, NULL, search, .pins = 2),
    ALONE("C_CreateObject", "an HOTP key", START_USER, NULL, enrol, .pins = 2, .makes = true),
    ALONE("C_DestroyObject", "an HOTP key", START_USER, have_hotp, destroy, .pins = 2, .done = is_gone),
    ALONE("C_SetAttributeValue", "of an HOTP key", START_USER, have_hotp, rename_key, .pins = 2,
	  .done = is_renamed),
    ALONE("C_Sign", "HOTP", START_USER, have_hotp_sign, sign_hotp, .pins = 2),
    ALONE("C_Sign", "TOTP", START_USER, have_totp_sign, sign_totp, .pins = 2),
    ALONE("C_Verify", "TOTP", START_USER, have_totp_verify, verify_totp, .pins = 2),
};

const size_t removal_oath_row_count = sizeof(removal_oath_rows) / sizeof(removal_oath_rows[0]);
