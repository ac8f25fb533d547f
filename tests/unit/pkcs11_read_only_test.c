/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Another vendor's PIV card whose management key nobody has brought: each function that writes says so, and
 * sends the card nothing that could change it.
 *
 * Which answer it is: CKF_WRITE_PROTECTED and CKR_TOKEN_WRITE_PROTECTED would say that the token can't be
 * written to. It can, by the security officer with the management key, so that the answer is that he is not
 * logged in; in a read-only session, that it is one.
 */
#include "tests/lib/p11_foreign.h"
#include "tests/unit/pkcs11_token.h"

#include <stdlib.h>

#include "base/piv.h"

static struct cc_backend backend;
static unsigned writes; /* commands that change what is on the card, or how it is written to */

static enum cs_err watched_transmit(void *link, struct cs_view command, struct cs_writer *response)
{
	static const uint8_t changes[] = {PIV_INS_PUT_DATA, PIV_INS_GENERATE,		PIV_INS_IMPORT_KEY,
					  PIV_INS_MOVE_KEY, PIV_INS_SET_MANAGEMENT_KEY, PIV_INS_SET_RETRIES,
					  PIV_INS_RESET};

	for (size_t i = 0; i < sizeof(changes); i++)
		writes += command.ptr[1] == changes[i] ? 1 : 0;
	return transport_card.transmit(link, command, response);
}

/* ---- what writes ---- */

static CK_BBOOL yes = CK_TRUE;
static CK_BYTE p256[] = {0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07}, scalar[32] = {1},
	       id = 2;

/* The last: of data, that which is not one of PIV's containers. */
static CK_OBJECT_HANDLE one_of(CK_OBJECT_CLASS class)
{
	CK_OBJECT_HANDLE found[32];
	CK_ULONG n = find_class(class, found);

	return n > 0 ? found[n - 1] : CK_INVALID_HANDLE;
}

static CK_RV create_certificate(void)
{
	CK_OBJECT_HANDLE made;

	return write_certificate(make_certificate("Bob", CS_VIEW_EMPTY, false), 2, &made);
}

static CK_RV create(CK_OBJECT_CLASS class, CK_KEY_TYPE type)
{
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)},	 {CKA_TOKEN, &yes, 1},
			    {CKA_VALUE, scalar, sizeof(scalar)}, {CKA_KEY_TYPE, &type, sizeof(type)},
			    {CKA_EC_PARAMS, p256, sizeof(p256)}, {CKA_ID, &id, 1}};
	CK_OBJECT_HANDLE made;

	return C_CreateObject(session, a, class == CKO_DATA ? 3 : class == CKO_SECRET_KEY ? 4 : 6, &made);
}

static CK_RV create_data(void)
{
	return create(CKO_DATA, 0);
}

/* A key with a certificate, and data; the module is begun anew, and nobody is logged in. */
static int setup(void **state)
{
	CK_OBJECT_HANDLE object;
	CK_ULONG n = 0;

	(void)state;
	backend = transport_card;
	backend.transmit = watched_transmit;
	if (setenv("XDG_CACHE_HOME", "/dev/null/none", 1) != 0 || !transport_card_make(CSGN_PROFILE_PIV))
		return -1;
	transport_card_make_plain();
	if (p11_begin(&backend, &session) != CKR_OK || log_in(CKU_SO, P11_MANAGEMENT_KEY) != CKR_OK)
		return -1;
	(void)make_p256(1);
	if (p11_find(session, CKO_PUBLIC_KEY, 1, &n, &object) != CKR_OK ||
	    write_certificate(make_certificate("Ada", attribute(object, CKA_PUBLIC_KEY_INFO), false), 1,
			      &object) != CKR_OK ||
	    create_data() != CKR_OK)
		return -1;
	writes = 0;
	return C_Finalize(NULL) == CKR_OK && p11_begin(&backend, &session) == CKR_OK ? 0 : -1;
}

static CK_RV create_private(void)
{
	return create(CKO_PRIVATE_KEY, CKK_EC);
}

static CK_RV create_secret(void)
{
	return create(CKO_SECRET_KEY, CKK_AES);
}

static CK_RV generate_pair(void)
{
	CK_OBJECT_HANDLE made;

	return p11_generate(session, id, &made);
}

static CK_RV generate_secret(void)
{
	CK_MECHANISM m = {CKM_AES_KEY_GEN, NULL, 0};
	CK_ULONG length = 16;
	CK_ATTRIBUTE a[] = {{CKA_TOKEN, &yes, 1}, {CKA_VALUE_LEN, &length, sizeof(length)}};
	CK_OBJECT_HANDLE made;

	return C_GenerateKey(session, &m, a, 2, &made);
}

static CK_RV destroy(CK_OBJECT_CLASS class)
{
	return C_DestroyObject(session, one_of(class));
}

static CK_RV destroy_certificate(void)
{
	return destroy(CKO_CERTIFICATE);
}

static CK_RV destroy_public(void)
{
	return destroy(CKO_PUBLIC_KEY);
}

static CK_RV destroy_private(void)
{
	return destroy(CKO_PRIVATE_KEY);
}

static CK_RV destroy_data(void)
{
	return destroy(CKO_DATA);
}

static CK_RV set_label(CK_OBJECT_CLASS class)
{
	CK_UTF8CHAR label[] = "another";
	CK_ATTRIBUTE a = {CKA_LABEL, label, sizeof(label) - 1};

	return C_SetAttributeValue(session, one_of(class), &a, 1);
}

static CK_RV label_certificate(void)
{
	return set_label(CKO_CERTIFICATE);
}

static CK_RV label_public(void)
{
	return set_label(CKO_PUBLIC_KEY);
}

static CK_RV label_data(void)
{
	return set_label(CKO_DATA);
}

static CK_RV copy_data(void)
{
	CK_ATTRIBUTE a = {CKA_TOKEN, &yes, 1};
	CK_OBJECT_HANDLE made;

	return C_CopyObject(session, one_of(CKO_DATA), &a, 1, &made);
}

/* A private key as PKCS #8 (RFC 5915, 5958), sealed by a key of the session. */
static CK_RV unwrap_private(void)
{
	CK_BYTE plain[67] = {0x30, 0x41, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48,
			     0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03,
			     0x01, 0x07, 0x04, 0x27, 0x30, 0x25, 0x02, 0x01, 0x01, 0x04, 0x20, 7};
	CK_BYTE iv[16] = {0}, sealed[96];
	CK_MECHANISM m = {CKM_AES_CBC_PAD, iv, sizeof(iv)};
	CK_OBJECT_CLASS secret = CKO_SECRET_KEY, class = CKO_PRIVATE_KEY;
	CK_KEY_TYPE type = CKK_AES;
	CK_BBOOL no = CK_FALSE;
	CK_ATTRIBUTE kek[] = {{CKA_CLASS, &secret, sizeof(secret)},
			      {CKA_KEY_TYPE, &type, sizeof(type)},
			      {CKA_PRIVATE, &no, 1},
			      {CKA_VALUE, scalar, 16}};
	CK_ATTRIBUTE wanted[] = {{CKA_CLASS, &class, sizeof(class)}, {CKA_TOKEN, &yes, 1}};
	CK_ULONG len = sizeof(sealed);
	CK_OBJECT_HANDLE key, made;

	if (C_CreateObject(session, kek, 4, &key) != CKR_OK || C_EncryptInit(session, &m, key) != CKR_OK ||
	    C_Encrypt(session, plain, sizeof(plain), sealed, &len) != CKR_OK)
		return CKR_GENERAL_ERROR;
	return C_UnwrapKey(session, &m, key, sealed, len, wanted, 2, &made);
}

static CK_RV init_pin(void)
{
	CK_UTF8CHAR pin[] = P11_PIV_PIN;

	return C_InitPIN(session, pin, sizeof(pin) - 1);
}

static const struct {
	const char *what;
	CK_RV (*call)(void);
	bool private; /* the object is seen by the user alone */
	CK_RV rv;
} rows[] = {
    {"C_CreateObject of a certificate", create_certificate, false, CKR_USER_NOT_LOGGED_IN},
    {"C_CreateObject of data", create_data, false, CKR_USER_NOT_LOGGED_IN},
    {"C_CreateObject of a private key", create_private, false, CKR_USER_NOT_LOGGED_IN},
    {"C_CreateObject of a secret key", create_secret, false, CKR_USER_NOT_LOGGED_IN},
    {"C_GenerateKeyPair", generate_pair, false, CKR_USER_NOT_LOGGED_IN},
    {"C_GenerateKey", generate_secret, false, CKR_USER_NOT_LOGGED_IN},
    {"C_UnwrapKey of a private key", unwrap_private, false, CKR_USER_NOT_LOGGED_IN},
    {"C_DestroyObject of a certificate", destroy_certificate, false, CKR_USER_NOT_LOGGED_IN},
    {"C_DestroyObject of a public key", destroy_public, false, CKR_USER_NOT_LOGGED_IN},
    {"C_DestroyObject of a private key", destroy_private, true, CKR_USER_NOT_LOGGED_IN},
    {"C_DestroyObject of data", destroy_data, false, CKR_USER_NOT_LOGGED_IN},
    {"C_SetAttributeValue of a certificate", label_certificate, false, CKR_ATTRIBUTE_READ_ONLY},
    {"C_SetAttributeValue of a public key", label_public, false, CKR_ATTRIBUTE_READ_ONLY},
    {"C_SetAttributeValue of data", label_data, false, CKR_ATTRIBUTE_READ_ONLY},
    {"C_CopyObject of data", copy_data, false, CKR_USER_NOT_LOGGED_IN},
    {"C_InitPIN", init_pin, false, CKR_USER_NOT_LOGGED_IN},
};

static void each_is(bool user, CK_RV (*expected)(size_t row))
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CK_RV rv;

		if (rows[i].private && !user)
			continue;
		rv = rows[i].call();
		if (rv != expected(i))
			fail_msg("%s: %#lx", rows[i].what, rv);
	}
	assert_int_equal(writes, 0);
}

static CK_RV as_the_row_says(size_t row)
{
	return rows[row].rv;
}

static CK_RV as_a_session_that_reads(size_t row)
{
	return rows[row].call == init_pin ? CKR_USER_NOT_LOGGED_IN : CKR_SESSION_READ_ONLY;
}

/* ---- the tests ---- */

static void nobody_writes_who_is_not_logged_in(void **state)
{
	(void)state;
	each_is(false, as_the_row_says);
}

static void nor_does_the_user(void **state)
{
	(void)state;
	assert_int_equal(log_in(CKU_USER, P11_PIV_PIN), CKR_OK);
	each_is(true, as_the_row_says);
	assert_int_equal(p11_sign_by(session, 1), CKR_OK);
}

static CK_RV as_the_officer_s(size_t row)
{
	return rows[row].call == init_pin ? CKR_OK : rows[row].rv;
}

/* He sets the user's PIN, and that is all. */
static void nor_does_the_officer_who_has_but_the_puk(void **state)
{
	(void)state;
	assert_int_equal(log_in(CKU_SO, P11_PIV_PUK), CKR_OK);
	each_is(false, as_the_officer_s);
}

static void a_session_that_reads_says_that_it_is_one(void **state)
{
	(void)state;
	assert_int_equal(C_CloseSession(session), CKR_OK);
	begin_session(0);
	assert_int_equal(log_in(CKU_USER, P11_PIV_PIN), CKR_OK);
	each_is(true, as_a_session_that_reads);
}

/* As many digits, but not its own; too few for one; and no PIN of the officer's either. */
static void a_management_key_that_is_none_of_its_own_opens_nothing(void **state)
{
	static const char *const wrong[] = {"0102030405060708010203040506070801020304050607FF",
					    "01020304050607080102030405060708", "87654321", "not a key"};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(log_in(CKU_SO, wrong[i]), CKR_PIN_INCORRECT);
	each_is(false, as_the_row_says);
}

static void it_is_not_called_write_protected_for_the_officer_writes(void **state)
{
	CK_UTF8CHAR label[32] = "Test", pin[] = "12345678";
	CK_TOKEN_INFO info;

	(void)state;
	assert_int_equal(C_GetTokenInfo(0, &info), CKR_OK);
	assert_int_equal(info.flags & CKF_WRITE_PROTECTED, 0);
	assert_int_equal(log_in(CKU_SO, P11_MANAGEMENT_KEY), CKR_OK);
	assert_int_equal(create_certificate(), CKR_OK);
	assert_int_equal(generate_pair(), CKR_OK);
	assert_int_equal(create_data(), CKR_OK);
	assert_true(writes >= 3);
	/* What no PIV card lets a management key do. */
	assert_int_equal(init_pin(), CKR_FUNCTION_NOT_SUPPORTED);
	assert_int_equal(create_secret(), CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(C_CloseSession(session), CKR_OK);
	assert_int_equal(C_InitToken(0, pin, 8, label), CKR_FUNCTION_NOT_SUPPORTED);
}

/* That is his own. */
static void the_user_changes_his_pin(void **state)
{
	CK_UTF8CHAR was[] = P11_PIV_PIN, pin[] = "482913";

	(void)state;
	assert_int_equal(C_SetPIN(session, was, 6, pin, 6), CKR_OK);
	assert_int_equal(log_in(CKU_USER, "482913"), CKR_OK);
	assert_int_equal(writes, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, token_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(nobody_writes_who_is_not_logged_in),
	    TEST(nor_does_the_user),
	    TEST(nor_does_the_officer_who_has_but_the_puk),
	    TEST(a_session_that_reads_says_that_it_is_one),
	    TEST(a_management_key_that_is_none_of_its_own_opens_nothing),
	    TEST(it_is_not_called_write_protected_for_the_officer_writes),
	    TEST(the_user_changes_his_pin),
	};

	return cmocka_run_group_tests_name("pkcs11_read_only", tests, NULL, NULL);
}
