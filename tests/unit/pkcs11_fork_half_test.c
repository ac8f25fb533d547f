/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fork while an operation is half made, of every kind: the child begins anew, and the parent goes on and
 * comes to what it would have come to without.
 */
#include "pkcs11/pkcs11.h"
#include "tests/lib/p11_foreign.h"
#include "tests/lib/p11_fork.h"
#include "tests/unit/pkcs11_token.h"

#define RSA_BYTES 256u
#define RSA_ID	  3u

static CK_BYTE text[64] = "of two halves", iv[16], tag[16];
static CK_GCM_PARAMS gcm = {iv, 12, 96, NULL, 0, 128};
static CK_GCM_MESSAGE_PARAMS message = {iv, 12, 0, CKG_NO_GENERATE, tag, 128};
static CK_OBJECT_HANDLE p256, p256_public, always, rsa, rsa_public, aes;

/* What an operation begins with, and what it makes. */
static CK_BYTE in[512], out[512];
static CK_ULONG in_len, out_len;

static CK_ULONG room(void)
{
	return sizeof(out) - out_len;
}

/* Appends what a call made: (next(), &n) in it, then took(rv, &n). */
static CK_BYTE_PTR next(void)
{
	return out + out_len;
}

static CK_RV took(CK_RV rv, const CK_ULONG *n)
{
	if (rv == CKR_OK)
		out_len += *n;
	return rv;
}

/* What was made is what the next operation begins with. */
static void out_is_in(void)
{
	memcpy(in, out, out_len);
	in_len = out_len;
	out_len = 0;
}

/* ---- operations ---- */

typedef CK_RV init_function(CK_SESSION_HANDLE, CK_MECHANISM_PTR, CK_OBJECT_HANDLE);

static CK_RV begin(init_function *init, CK_MECHANISM_TYPE type, void *params, CK_ULONG len,
		   CK_OBJECT_HANDLE key)
{
	CK_MECHANISM m = {type, params, len};

	return init(session, &m, key);
}

static CK_RV encrypt_part(CK_BYTE_PTR from, CK_ULONG len)
{
	CK_ULONG n = room();
	CK_RV rv = C_EncryptUpdate(session, from, len, next(), &n);

	return took(rv, &n);
}

static CK_RV encrypt_first(void)
{
	return encrypt_part(text, 20);
}

static CK_RV encrypt_rest(void)
{
	CK_RV rv = encrypt_part(text + 20, sizeof(text) - 20);
	CK_ULONG n = room();

	return rv == CKR_OK ? took(C_EncryptFinal(session, next(), &n), &n) : rv;
}

static CK_RV decrypt_part(CK_BYTE_PTR from, CK_ULONG len)
{
	CK_ULONG n = room();
	CK_RV rv = C_DecryptUpdate(session, from, len, next(), &n);

	return took(rv, &n);
}

static CK_RV decrypt_first(void)
{
	return decrypt_part(in, 33);
}

static CK_RV decrypt_rest(void)
{
	CK_RV rv = decrypt_part(in + 33, in_len - 33);
	CK_ULONG n = room();

	return rv == CKR_OK ? took(C_DecryptFinal(session, next(), &n), &n) : rv;
}

static CK_RV sign_first(void)
{
	return C_SignUpdate(session, text, 6);
}

static CK_RV sign_rest(void)
{
	CK_ULONG n = room();
	CK_RV rv = C_SignUpdate(session, text + 6, sizeof(text) - 6);

	return rv == CKR_OK ? took(C_SignFinal(session, next(), &n), &n) : rv;
}

static CK_RV verify_first(void)
{
	return C_VerifyUpdate(session, text, 6);
}

static CK_RV verify_rest(void)
{
	CK_RV rv = C_VerifyUpdate(session, text + 6, sizeof(text) - 6);

	return rv == CKR_OK ? C_VerifyFinal(session, in, in_len) : rv;
}

static CK_RV verify_signature_first(void)
{
	return C_VerifySignatureUpdate(session, text, 6);
}

static CK_RV verify_signature_rest(void)
{
	CK_RV rv = C_VerifySignatureUpdate(session, text + 6, sizeof(text) - 6);

	return rv == CKR_OK ? C_VerifySignatureFinal(session) : rv;
}

static CK_RV sign_recover(void)
{
	CK_ULONG n = room();
	CK_RV rv = C_SignRecover(session, text, sizeof(text), next(), &n);

	return took(rv, &n);
}

static CK_RV verify_recover(void)
{
	CK_ULONG n = room();
	CK_RV rv = C_VerifyRecover(session, in, in_len, next(), &n);

	return took(rv, &n);
}

static CK_RV sign_message(void)
{
	CK_ULONG n = room();

	out_len = 0;
	return took(C_SignMessage(session, NULL, 0, text, 32, next(), &n), &n);
}

static CK_RV verify_message(void)
{
	return C_VerifyMessage(session, NULL, 0, text, 32, in, in_len);
}

static CK_RV encrypt_message(void)
{
	CK_ULONG n = room();
	CK_RV rv =
	    C_EncryptMessage(session, &message, sizeof(message), NULL, 0, text, sizeof(text), next(), &n);

	return took(rv, &n);
}

static CK_RV decrypt_message_first(void)
{
	CK_ULONG n = room();
	CK_RV rv = C_DecryptMessageBegin(session, &message, sizeof(message), NULL, 0);

	if (rv == CKR_OK)
		rv = C_DecryptMessageNext(session, &message, sizeof(message), in, 33, next(), &n, 0);
	return took(rv, &n);
}

static CK_RV decrypt_message_rest(void)
{
	CK_ULONG n = room();
	CK_RV rv = C_DecryptMessageNext(session, &message, sizeof(message), in + 33, in_len - 33, next(), &n,
					CKF_END_OF_MESSAGE);

	return took(rv, &n);
}

static CK_RV context_login_and_sign(void)
{
	CK_ULONG n = room();
	CK_RV rv = log_in(CKU_CONTEXT_SPECIFIC, USER_PIN);

	return rv == CKR_OK ? took(C_Sign(session, text, 32, next(), &n), &n) : rv;
}

/* ---- the table ---- */

/* In this order: what one has made, the next may begin with. */
static const struct operation_row {
	const char *name;
	init_function *init;
	CK_MECHANISM_TYPE type;
	void *params;
	CK_ULONG params_len;
	const CK_OBJECT_HANDLE *key;
	CK_RV (*first)(void), (*rest)(void); /* first may be NULL */
	init_function *end;		     /* of those for many messages */
	bool takes;			     /* what the last one has made */
	const CK_BYTE *makes;		     /* just this, where it is known */
	CK_ULONG makes_len;
} rows[] = {
    {"encrypt, CBC", C_EncryptInit, CKM_AES_CBC, iv, 16, &aes, encrypt_first, encrypt_rest, NULL, false, NULL,
     64},
    {"decrypt, CBC", C_DecryptInit, CKM_AES_CBC, iv, 16, &aes, decrypt_first, decrypt_rest, NULL, true, text,
     64},
    {"encrypt, padded", C_EncryptInit, CKM_AES_CBC_PAD, iv, 16, &aes, encrypt_first, encrypt_rest, NULL,
     false, NULL, 80},
    {"decrypt, padded", C_DecryptInit, CKM_AES_CBC_PAD, iv, 16, &aes, decrypt_first, decrypt_rest, NULL, true,
     text, 64},
    {"encrypt, GCM", C_EncryptInit, CKM_AES_GCM, &gcm, sizeof(gcm), &aes, encrypt_first, encrypt_rest, NULL,
     false, NULL, 80},
    {"decrypt, GCM", C_DecryptInit, CKM_AES_GCM, &gcm, sizeof(gcm), &aes, decrypt_first, decrypt_rest, NULL,
     true, text, 64},
    {"encrypt, RSA", C_EncryptInit, CKM_RSA_PKCS, NULL, 0, &rsa_public, encrypt_first, encrypt_rest, NULL,
     false, NULL, RSA_BYTES},
    {"decrypt, RSA", C_DecryptInit, CKM_RSA_PKCS, NULL, 0, &rsa, decrypt_first, decrypt_rest, NULL, true,
     text, 64},
    {"sign, ECDSA", C_SignInit, CKM_ECDSA_SHA256, NULL, 0, &p256, sign_first, sign_rest, NULL, false, NULL,
     64},
    {"verify, ECDSA", C_VerifyInit, CKM_ECDSA_SHA256, NULL, 0, &p256_public, verify_first, verify_rest, NULL,
     true, NULL, 0},
    {"sign, RSA", C_SignInit, CKM_SHA256_RSA_PKCS, NULL, 0, &rsa, sign_first, sign_rest, NULL, false, NULL,
     RSA_BYTES},
    {"verify, RSA", C_VerifyInit, CKM_SHA256_RSA_PKCS, NULL, 0, &rsa_public, verify_first, verify_rest, NULL,
     true, NULL, 0},
    {"sign, CMAC", C_SignInit, CKM_AES_CMAC, NULL, 0, &aes, sign_first, sign_rest, NULL, false, NULL, 16},
    {"verify, CMAC", C_VerifyInit, CKM_AES_CMAC, NULL, 0, &aes, verify_first, verify_rest, NULL, true, NULL,
     0},
    {"sign and recover", C_SignRecoverInit, CKM_RSA_PKCS, NULL, 0, &rsa, NULL, sign_recover, NULL, false,
     NULL, RSA_BYTES},
    {"recover", C_VerifyRecoverInit, CKM_RSA_PKCS, NULL, 0, &rsa_public, NULL, verify_recover, NULL, true,
     text, 64},
    {"sign messages", C_MessageSignInit, CKM_ECDSA, NULL, 0, &p256, sign_message, sign_message,
     C_MessageSignInit, false, NULL, 64},
    {"verify messages", C_MessageVerifyInit, CKM_ECDSA, NULL, 0, &p256_public, verify_message, verify_message,
     C_MessageVerifyInit, true, NULL, 0},
    {"encrypt messages", C_MessageEncryptInit, CKM_AES_GCM, NULL, 0, &aes, NULL, encrypt_message,
     C_MessageEncryptInit, false, NULL, 64},
    {"decrypt messages", C_MessageDecryptInit, CKM_AES_GCM, NULL, 0, &aes, decrypt_message_first,
     decrypt_message_rest, C_MessageDecryptInit, true, text, 64},
    {"sign, a context's login pending", C_SignInit, CKM_ECDSA, NULL, 0, &always, NULL, context_login_and_sign,
     NULL, false, NULL, 64},
};

static void run(const struct operation_row *row)
{
	bool well;

	if (row->takes)
		out_is_in();
	out_len = 0;
	assert_int_equal(begin(row->init, row->type, row->params, row->params_len, *row->key), CKR_OK);
	if (row->first != NULL)
		assert_int_equal(row->first(), CKR_OK);
	well = p11_fork_is_well(session);
	if (!well)
		print_error("%s\n", row->name);
	assert_true(well);
	assert_int_equal(row->rest(), CKR_OK);
	assert_int_equal(out_len, row->makes_len);
	if (row->makes != NULL)
		assert_memory_equal(out, row->makes, row->makes_len);
	if (row->end != NULL)
		assert_int_equal(row->end(session, NULL, CK_INVALID_HANDLE), CKR_OK);
}

static void a_parent_goes_on_with_what_was_half_made(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		run(&rows[i]);
}

static void with_a_digest(void **state)
{
	static const CK_BYTE abc[] = {0xBA, 0x78, 0x16, 0xBF, 0x8F, 0x01, 0xCF, 0xEA, 0x41, 0x41, 0x40,
				      0xDE, 0x5D, 0xAE, 0x22, 0x23, 0xB0, 0x03, 0x61, 0xA3, 0x96, 0x17,
				      0x7A, 0x9C, 0xB4, 0x10, 0xFF, 0x61, 0xF2, 0x00, 0x15, 0xAD};
	CK_MECHANISM m = {CKM_SHA256, NULL, 0};
	CK_BYTE letters[] = "abc";
	CK_ULONG n = sizeof(out);

	(void)state;
	assert_int_equal(C_DigestInit(session, &m), CKR_OK);
	assert_int_equal(C_DigestUpdate(session, letters, 1), CKR_OK);
	assert_true(p11_fork_is_well(session));
	assert_int_equal(C_DigestUpdate(session, letters + 1, 2), CKR_OK);
	assert_int_equal(C_DigestFinal(session, out, &n), CKR_OK);
	/* FIPS 180-2, appendix B.1. */
	assert_memory_equal(out, abc, sizeof(abc));
}

static void with_a_signature_that_was_told_first(void **state)
{
	CK_MECHANISM m = {CKM_ECDSA_SHA256, NULL, 0};

	(void)state;
	out_len = 0;
	assert_int_equal(begin(C_SignInit, CKM_ECDSA_SHA256, NULL, 0, p256), CKR_OK);
	assert_int_equal(sign_first(), CKR_OK);
	assert_int_equal(sign_rest(), CKR_OK);
	assert_int_equal(C_VerifySignatureInit(session, &m, p256_public, out, out_len), CKR_OK);
	assert_int_equal(verify_signature_first(), CKR_OK);
	assert_true(p11_fork_is_well(session));
	assert_int_equal(verify_signature_rest(), CKR_OK);
}

/* ---- keys ---- */

static void the_pair(CK_BYTE id, CK_OBJECT_HANDLE *private_key, CK_OBJECT_HANDLE *public_key)
{
	CK_ULONG n;

	assert_int_equal(p11_find(session, CKO_PRIVATE_KEY, id, &n, private_key), CKR_OK);
	assert_int_equal(n, 1);
	assert_int_equal(p11_find(session, CKO_PUBLIC_KEY, id, &n, public_key), CKR_OK);
}

static bool make_pair(CK_MECHANISM_TYPE type, CK_ATTRIBUTE *what, CK_BYTE id)
{
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE named[] = {{CKA_TOKEN, &yes, 1}, {CKA_ID, &id, 1}};
	CK_OBJECT_HANDLE public_key, private_key;

	return generate(type, what, 1, named, 2, &public_key, &private_key) == CKR_OK;
}

static bool make_pairs(void)
{
	CK_BYTE curve[] = {0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07};
	CK_ULONG bits = RSA_BYTES * 8u;
	CK_ATTRIBUTE size = {CKA_MODULUS_BITS, &bits, sizeof(bits)},
		     ec = {CKA_EC_PARAMS, curve, sizeof(curve)};

	return make_pair(CKM_EC_KEY_PAIR_GEN, &ec, P11_KEY_ONCE) &&
	       make_pair(CKM_EC_KEY_PAIR_GEN, &ec, P11_KEY_ALWAYS) &&
	       make_pair(CKM_RSA_PKCS_KEY_PAIR_GEN, &size, RSA_ID);
}

/* Of the card, or (another vendor's has none) of the session. */
static void find_and_make(CK_BBOOL token)
{
	CK_ULONG len = 16;
	CK_ATTRIBUTE secret[] = {{CKA_TOKEN, &token, 1}, {CKA_VALUE_LEN, &len, sizeof(len)}};
	CK_MECHANISM aes_gen = {CKM_AES_KEY_GEN, NULL, 0};
	CK_OBJECT_HANDLE other;

	assert_int_equal(C_GenerateKey(session, &aes_gen, secret, 2, &aes), CKR_OK);
	the_pair(P11_KEY_ONCE, &p256, &p256_public);
	the_pair(P11_KEY_ALWAYS, &always, &other);
	the_pair(RSA_ID, &rsa, &rsa_public);
	/* The login's PIN is good for one use. */
	assert_int_equal(p11_sign_by(session, P11_KEY_ALWAYS), CKR_OK);
}

static int setup(void **state)
{
	if (token_setup(state) != 0 || !make_pairs())
		return -1;
	find_and_make(CK_TRUE);
	return 0;
}

static int foreign_setup(void **state)
{
	CK_UTF8CHAR was[] = P11_PIV_PIN, pin[] = USER_PIN;

	(void)state;
	if (!p11_foreign_make(&transport_card, &session) || log_in(CKU_SO, P11_MANAGEMENT_KEY) != CKR_OK ||
	    !make_pairs() || C_Logout(session) != CKR_OK ||
	    C_SetPIN(session, was, sizeof(was) - 1, pin, sizeof(pin) - 1) != CKR_OK ||
	    log_in(CKU_USER, USER_PIN) != CKR_OK)
		return -1;
	find_and_make(CK_FALSE);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, token_teardown)
/* Once more, with another vendor's card. */
#define FOREIGN(name)                                                                                        \
	{                                                                                                    \
		"another vendor's card: " #name, name, foreign_setup, token_teardown, NULL                   \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_parent_goes_on_with_what_was_half_made), TEST(with_a_digest),
	    TEST(with_a_signature_that_was_told_first),	    FOREIGN(a_parent_goes_on_with_what_was_half_made),
	    FOREIGN(with_a_signature_that_was_told_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
