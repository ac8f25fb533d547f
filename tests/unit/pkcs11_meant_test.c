/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What is begun, or was signed with before, goes on with the key that was meant, or not at all.
 */
#include "base/piv.h"
#include "pkcs11/pkcs11.h"
#include "tests/unit/pkcs11_other.h"
#include "tests/unit/pkcs11_token.h"

static CK_BBOOL yes = CK_TRUE;

/* ---- operations that were begun ---- */

static CK_BYTE digest[32] = {1}, text[64], iv[16], tag[16], out[128];
static CK_GCM_PARAMS gcm = {iv, 12, 96, NULL, 0, 128};
static CK_GCM_MESSAGE_PARAMS message = {iv, 12, 0, CKG_NO_GENERATE, tag, 128};
static CK_ULONG out_len;

static CK_RV sign(void)
{
	return C_Sign(session, digest, sizeof(digest), out, &out_len);
}

static CK_RV sign_rest(void)
{
	return C_SignFinal(session, out, &out_len);
}

static CK_RV sign_message(void)
{
	return C_SignMessage(session, NULL, 0, digest, sizeof(digest), out, &out_len);
}

static CK_RV verify(void)
{
	return C_Verify(session, digest, sizeof(digest), out, 64);
}

static CK_RV verify_mac(void)
{
	return C_Verify(session, digest, sizeof(digest), out, 16);
}

static CK_RV verify_message(void)
{
	return C_VerifyMessage(session, NULL, 0, digest, sizeof(digest), out, 64);
}

static CK_RV encrypt_part(void)
{
	return C_EncryptUpdate(session, text, sizeof(text), out, &out_len);
}

static CK_RV encrypt_rest(void)
{
	return C_EncryptFinal(session, out, &out_len);
}

static CK_RV decrypt_part(void)
{
	return C_DecryptUpdate(session, text, sizeof(text), out, &out_len);
}

static CK_RV encrypt_message(void)
{
	return C_EncryptMessage(session, &message, sizeof(message), NULL, 0, text, 16, out, &out_len);
}

static CK_RV decrypt_message(void)
{
	return C_DecryptMessage(session, &message, sizeof(message), NULL, 0, text, 16, out, &out_len);
}

/* What is begun with a key, and how it goes on. */
struct begun {
	CK_RV (*begin)(CK_SESSION_HANDLE, CK_MECHANISM_PTR, CK_OBJECT_HANDLE);
	CK_MECHANISM mechanism;
	bool public;
	CK_RV (*part)(void), (*go_on)(void);
	bool stays; /* it is for many messages, and ends by itself with none */
};

static const struct begun by_pair[] = {
    {C_SignInit, {CKM_ECDSA, NULL, 0}, false, NULL, sign, false},
    {C_SignInit, {CKM_ECDSA_SHA256, NULL, 0}, false, NULL, sign_rest, false},
    {C_MessageSignInit, {CKM_ECDSA, NULL, 0}, false, sign_message, sign_message, true},
    {C_VerifyInit, {CKM_ECDSA, NULL, 0}, true, NULL, verify, false},
    {C_MessageVerifyInit, {CKM_ECDSA, NULL, 0}, true, NULL, verify_message, true}};
static const struct begun by_secret[] = {
    {C_EncryptInit, {CKM_AES_CBC, iv, 16}, false, encrypt_part, encrypt_part, false},
    {C_EncryptInit, {CKM_AES_CBC_PAD, iv, 16}, false, encrypt_part, encrypt_rest, false},
    {C_EncryptInit, {CKM_AES_GCM, &gcm, sizeof(gcm)}, false, encrypt_part, encrypt_rest, false},
    {C_DecryptInit, {CKM_AES_CBC, iv, 16}, false, decrypt_part, decrypt_part, false},
    {C_SignInit, {CKM_AES_CMAC, NULL, 0}, false, NULL, sign, false},
    {C_VerifyInit, {CKM_AES_CMAC, NULL, 0}, false, NULL, verify_mac, false},
    {C_MessageEncryptInit, {CKM_AES_GCM, NULL, 0}, false, encrypt_message, encrypt_message, true},
    {C_MessageDecryptInit, {CKM_AES_GCM, NULL, 0}, false, NULL, decrypt_message, true}};

static CK_RV go_on(CK_RV (*part)(void))
{
	out_len = sizeof(out);
	return part();
}

static void begin(const struct begun *b, CK_OBJECT_HANDLE key)
{
	CK_MECHANISM m = b->mechanism;

	assert_int_equal(b->begin(session, &m, key), CKR_OK);
	assert_int_equal(b->part != NULL ? go_on(b->part) : CKR_OK, CKR_OK);
}

/* Its key is gone: it is over, or (of messages) no use. */
static void assert_over(const struct begun *b)
{
	assert_int_equal(go_on(b->go_on), CKR_KEY_HANDLE_INVALID);
	assert_int_equal(go_on(b->go_on), b->stays ? CKR_KEY_HANDLE_INVALID : CKR_OPERATION_NOT_INITIALIZED);
	if (b->stays)
		assert_int_equal(b->begin(session, NULL, CK_INVALID_HANDLE), CKR_OK);
}

static CK_OBJECT_HANDLE generate_aes(void)
{
	CK_MECHANISM m = {CKM_AES_KEY_GEN, NULL, 0};
	CK_ULONG len = 16;
	CK_ATTRIBUTE a[] = {{CKA_TOKEN, &yes, 1}, {CKA_VALUE_LEN, &len, sizeof(len)}};
	CK_OBJECT_HANDLE key;

	assert_int_equal(C_GenerateKey(session, &m, a, 2, &key), CKR_OK);
	return key;
}

static void an_operation_does_not_go_over_to_a_key_that_this_program_makes_in_the_place(void **state)
{
	CK_OBJECT_HANDLE aes = generate_aes(), private_key = make_p256(1);

	(void)state;
	for (size_t i = 0; i < sizeof(by_pair) / sizeof(by_pair[0]); i++) {
		begin(&by_pair[i], by_pair[i].public ? the_only(CKO_PUBLIC_KEY) : private_key);
		assert_int_equal(C_DestroyObject(session, private_key), CKR_OK);
		private_key = make_p256(1);
		assert_over(&by_pair[i]);
	}
	for (size_t i = 0; i < sizeof(by_secret) / sizeof(by_secret[0]); i++) {
		begin(&by_secret[i], aes);
		assert_int_equal(C_DestroyObject(session, aes), CKR_OK);
		aes = generate_aes();
		assert_over(&by_secret[i]);
	}
}

static void nor_to_one_that_another_program_makes_there(void **state)
{
	CK_OBJECT_HANDLE found[32];

	(void)state;
	(void)make_p256(1);
	other_logs_in();
	for (size_t i = 0; i < sizeof(by_pair) / sizeof(by_pair[0]); i++) {
		begin(&by_pair[i], the_only(by_pair[i].public ? CKO_PUBLIC_KEY : CKO_PRIVATE_KEY));
		other_deletes(PIV_SLOT_AUTHENTICATION);
		other_generates(PIV_SLOT_AUTHENTICATION);
		look();
		assert_int_equal(find_class(CKO_PRIVATE_KEY, found), 1);
		assert_over(&by_pair[i]);
	}
	for (size_t i = 0; i < sizeof(by_secret) / sizeof(by_secret[0]); i++) {
		begin(&by_secret[i], generate_aes());
		other_labels_secret(1);
		look();
		assert_over(&by_secret[i]);
		assert_int_equal(C_DestroyObject(session, the_only(CKO_SECRET_KEY)), CKR_OK);
	}
}

static void an_operation_goes_on_with_a_key_that_nobody_changed(void **state)
{
	(void)state;
	(void)make_p256(1);
	(void)generate_aes();
	other_logs_in();
	for (size_t i = 0; i < 3; i++) {
		begin(&by_pair[i], the_only(CKO_PRIVATE_KEY));
		other_generates(PIV_SLOT_SIGNATURE);
		look();
		assert_int_equal(go_on(by_pair[i].go_on), CKR_OK);
		if (by_pair[i].stays)
			assert_int_equal(by_pair[i].begin(session, NULL, CK_INVALID_HANDLE), CKR_OK);
		other_deletes(PIV_SLOT_SIGNATURE);
		look();
	}
	begin(&by_secret[0], the_only(CKO_SECRET_KEY));
	other_generates(PIV_SLOT_SIGNATURE);
	look();
	assert_int_equal(go_on(by_secret[0].go_on), CKR_OK);
	assert_int_equal(C_EncryptInit(session, NULL, CK_INVALID_HANDLE), CKR_OK);
}

/* ---- keys in use ---- */

static void other_selects_oath(void)
{
	OTHER(0x00, 0xA4, 0x04, 0x00, 0x07, 0xA0, 0x00, 0x00, 0x05, 0x27, 0x21, 0x01);
}

static void other_resets(void)
{
	transport_card_other_resets();
}

/* What tells this program that another one has used the card. */
static void (*const disturb[])(void) = {other_resets, other_selects_oath};
#define DISTURBANCES (sizeof(disturb) / sizeof(disturb[0]))

static CK_RV sign_by(CK_OBJECT_HANDLE key)
{
	CK_BYTE signature[64];

	return p11_sign(session, key, signature);
}

/* A program keeps its handle; the administrator makes the key anew. */
static void after_a_disturbance_no_other_key_signs_than_the_one_that_was_meant(void **state)
{
	static const struct {
		CK_BYTE id;
		uint8_t slot;
		void (*disturb)(void);
	} rows[] = {{1, PIV_SLOT_AUTHENTICATION, other_resets},
		    {1, PIV_SLOT_AUTHENTICATION, other_selects_oath},
		    {2, PIV_SLOT_SIGNATURE, other_resets}};
	CK_OBJECT_HANDLE key;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		key = make_p256(rows[i].id);
		assert_int_equal(sign_by(key), CKR_OK);
		/* The PIN of the login is for one use of the second. */
		assert_int_equal(C_Logout(session) | log_in(CKU_USER, USER_PIN), CKR_OK);
		other_logs_in();
		other_deletes(rows[i].slot);
		other_generates(rows[i].slot);
		rows[i].disturb();
		assert_int_equal(sign_by(key), CKR_KEY_HANDLE_INVALID);
		assert_int_equal(sign_by(key), CKR_KEY_HANDLE_INVALID);
		key = the_only(CKO_PRIVATE_KEY);
		assert_int_equal(sign_by(key), CKR_OK);
		assert_int_equal(C_DestroyObject(session, key), CKR_OK);
		assert_int_equal(C_Logout(session) | log_in(CKU_USER, USER_PIN), CKR_OK);
	}
}

static void nor_does_another_secret_key_encrypt(void **state)
{
	(void)state;
	for (size_t i = 0; i < DISTURBANCES; i++) {
		begin(&by_secret[0], generate_aes());
		other_logs_in();
		other_labels_secret(1);
		disturb[i]();
		assert_over(&by_secret[0]);
		assert_int_equal(C_DestroyObject(session, the_only(CKO_SECRET_KEY)), CKR_OK);
	}
}

static void a_disturbance_costs_one_question_and_the_key_goes_on(void **state)
{
	CK_OBJECT_HANDLE key = make_p256(1);
	unsigned before;

	(void)state;
	assert_int_equal(sign_by(key), CKR_OK);
	for (size_t i = 0; i < DISTURBANCES; i++) {
		other_logs_in();
		disturb[i]();
		before = transport_card_commands();
		assert_int_equal(sign_by(key), CKR_OK);
		/* Where the reset is told: SELECT, VERIFY, INVENTORY, GENERAL AUTHENTICATE; else its refusal
		 * before. */
		assert_int_equal(transport_card_commands() - before, i == 0 ? 4 : 5);
		before = transport_card_commands();
		assert_int_equal(sign_by(key), CKR_OK);
		assert_int_equal(transport_card_commands() - before, 1);
	}
	/* The question does not part a PIN and the use that it is for. */
	key = make_p256(2);
	assert_int_equal(C_Logout(session) | log_in(CKU_USER, USER_PIN), CKR_OK);
	other_resets();
	assert_int_equal(sign_by(key), CKR_OK);
}

/* ---- another vendor's card ---- */

/* The key is made anew while the administrator is authenticated, and this program has not looked since. */
static void after_a_disturbance_no_other_key_of_another_vendors_card_signs(void **state)
{
	static const uint8_t slots[] = {PIV_SLOT_AUTHENTICATION, PIV_SLOT_SIGNATURE};
	CK_OBJECT_HANDLE keys[2], found[32];

	(void)state;
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(p11_generate(session, (CK_BYTE)(i + 1), &keys[i]), CKR_OK);
	for (size_t i = 0; i < 2; i++) {
		for (int anew = 0; anew < 2; anew++) {
			if (anew != 0)
				other_generates(slots[i]);
			assert_int_equal(C_Logout(session) | log_in(CKU_USER, "123456"), CKR_OK);
			other_resets();
			assert_int_equal(sign_by(keys[i]), anew != 0 ? CKR_KEY_HANDLE_INVALID : CKR_OK);
			assert_int_equal(C_Logout(session) | log_in(CKU_SO, P11_MANAGEMENT_KEY), CKR_OK);
		}
	}
	assert_int_equal(C_Logout(session) | log_in(CKU_USER, "123456"), CKR_OK);
	assert_int_equal(find_class(CKO_PRIVATE_KEY, found), 2);
	assert_int_equal(sign_by(found[1]), CKR_OK);
	assert_int_equal(sign_by(found[0]), CKR_OK);
}

#define TEST(name)  cmocka_unit_test_setup_teardown(name, token_setup, token_teardown)
#define PLAIN(name) cmocka_unit_test_setup_teardown(name, token_setup_plain, token_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(an_operation_does_not_go_over_to_a_key_that_this_program_makes_in_the_place),
	    TEST(nor_to_one_that_another_program_makes_there),
	    TEST(an_operation_goes_on_with_a_key_that_nobody_changed),
	    TEST(after_a_disturbance_no_other_key_signs_than_the_one_that_was_meant),
	    TEST(nor_does_another_secret_key_encrypt),
	    TEST(a_disturbance_costs_one_question_and_the_key_goes_on),
	    PLAIN(after_a_disturbance_no_other_key_of_another_vendors_card_signs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
