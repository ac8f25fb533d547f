/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Keys that leave and come encrypted, message-based operations, and a part given to two operations at once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

#include <cmocka.h>

#include "tests/unit/pkcs11_session.h"

#define session p11_session

#define KEK   "000102030405060708090a0b0c0d0e0f"
#define VALUE "00112233445566778899aabbccddeeff"

static CK_RV unwrap(CK_MECHANISM *m, CK_OBJECT_HANDLE kek, const struct bytes *in, CK_KEY_TYPE type,
		    CK_OBJECT_HANDLE *key)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_BYTE wrapped[512];
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)}, {CKA_KEY_TYPE, &type, sizeof(type)}};

	memcpy(wrapped, in->at, in->len);
	return C_UnwrapKey(session, m, kek, wrapped, in->len, template, 2, key);
}

static void assert_value(CK_OBJECT_HANDLE key, const char *want)
{
	CK_BYTE value[512];
	CK_ATTRIBUTE a = {CKA_VALUE, value, sizeof(value)};

	assert_int_equal(C_GetAttributeValue(session, key, &a, 1), CKR_OK);
	assert_bytes(value, a.ulValueLen, want);
}

/* RFC 3394, 4.1; RFC 5649, 6. */
static const struct wrap {
	CK_MECHANISM_TYPE type;
	const char *kek, *value, *wrapped;
	CK_KEY_TYPE key_type;
} wraps[] = {
    {CKM_AES_KEY_WRAP, KEK, VALUE, "1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5", CKK_AES},
    {CKM_AES_KEY_WRAP_KWP, "5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8",
     "c37b7e6492584340bed12207808941155068f738",
     "138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a", CKK_GENERIC_SECRET},
    {CKM_AES_KEY_WRAP_KWP, "5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8", "466f7250617369",
     "afbeb0f07dfbf5419200f2ccb50bb24f", CKK_GENERIC_SECRET},
};

static void key_wrapping_is_as_its_rfcs_have_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(wraps); i++) {
		CK_OBJECT_HANDLE kek = p11_key(CKK_AES, wraps[i].kek),
				 key = p11_key(wraps[i].key_type, wraps[i].value);
		CK_MECHANISM m = {wraps[i].type, NULL, 0};
		struct bytes out = {{0}, 0};
		CK_ULONG want;

		assert_int_equal(C_WrapKey(session, &m, kek, key, NULL, &want), CKR_OK);
		out.len = want - 1;
		assert_int_equal(C_WrapKey(session, &m, kek, key, out.at, &out.len), CKR_BUFFER_TOO_SMALL);
		assert_int_equal(C_WrapKey(session, &m, kek, key, out.at, &out.len), CKR_OK);
		assert_bytes(out.at, out.len, wraps[i].wrapped);
		assert_int_equal(unwrap(&m, kek, &out, wraps[i].key_type, &key), CKR_OK);
		assert_value(key, wraps[i].value);
		out.at[3] ^= 4;
		assert_int_equal(unwrap(&m, kek, &out, wraps[i].key_type, &key), CKR_WRAPPED_KEY_INVALID);
		out.len -= 3;
		assert_int_equal(unwrap(&m, kek, &out, wraps[i].key_type, &key), CKR_WRAPPED_KEY_LEN_RANGE);
	}
}

static void an_empty_value_makes_no_key_extractable(void **state)
{
	CK_BBOOL no = CK_FALSE;
	CK_BYTE value[64], wide[8] = {0};
	CK_ATTRIBUTE kept = {CKA_EXTRACTABLE, &no, 1}, told = {CKA_VALUE, value, sizeof(value)};
	CK_ATTRIBUTE bad[] = {
	    {CKA_EXTRACTABLE, NULL, 0}, {CKA_EXTRACTABLE, wide, 8}, {CKA_SENSITIVE, NULL, 0}};
	CK_MECHANISM m = {CKM_AES_KEY_WRAP, NULL, 0};
	CK_OBJECT_HANDLE kek = p11_key(CKK_AES, KEK), key, copy;
	CK_ULONG len = sizeof(value);

	(void)state;
	assert_int_equal(p11_secret(CKK_AES, VALUE, &kept, &key), CKR_OK);
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(C_SetAttributeValue(session, key, &bad[i], 1), CKR_ATTRIBUTE_VALUE_INVALID);
		assert_int_equal(C_CopyObject(session, key, &bad[i], 1, &copy), CKR_ATTRIBUTE_VALUE_INVALID);
		assert_int_equal(p11_secret(CKK_AES, VALUE, &bad[i], &copy), CKR_ATTRIBUTE_VALUE_INVALID);
	}
	assert_int_equal(C_WrapKey(session, &m, kek, key, value, &len), CKR_KEY_UNEXTRACTABLE);
	assert_int_equal(C_GetAttributeValue(session, key, &told, 1), CKR_ATTRIBUTE_SENSITIVE);
}

static void a_key_wrapped_in_cbc_comes_back_without_what_filled_it(void **state)
{
	CK_OBJECT_HANDLE kek = p11_key(CKK_AES, KEK), key = p11_key(CKK_AES, VALUE "0123456789abcdef");
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_AES;
	CK_ULONG len = 24;
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)},
				   {CKA_KEY_TYPE, &type, sizeof(type)},
				   {CKA_VALUE_LEN, &len, sizeof(len)}};
	CK_BYTE iv[16] = {9};
	CK_MECHANISM cbc = {CKM_AES_CBC, iv, 16}, pad = {CKM_AES_CBC_PAD, iv, 16};
	struct bytes out = {{0}, sizeof(out.at)};

	(void)state;
	assert_int_equal(C_WrapKey(session, &cbc, kek, key, out.at, &out.len), CKR_OK);
	assert_int_equal(out.len, 32);
	assert_int_equal(C_UnwrapKey(session, &cbc, kek, out.at, out.len, template, 3, &key), CKR_OK);
	assert_value(key, VALUE "0123456789abcdef");
	assert_int_equal(C_WrapKey(session, &pad, kek, key, out.at, &out.len), CKR_OK);
	assert_int_equal(unwrap(&pad, kek, &out, CKK_AES, &key), CKR_OK);
	assert_value(key, VALUE "0123456789abcdef");
}

static void what_may_not_leave_does_not(void **state)
{
	CK_BBOOL no = CK_FALSE, yes = CK_TRUE;
	CK_ATTRIBUTE kept = {CKA_EXTRACTABLE, &no, 1}, trusting = {CKA_WRAP_WITH_TRUSTED, &yes, 1},
		     no_wrap = {CKA_WRAP, &no, 1};
	CK_OBJECT_HANDLE kek = p11_key(CKK_AES, KEK), key = p11_key(CKK_AES, VALUE), private_key, idle;
	CK_MECHANISM m = {CKM_AES_KEY_WRAP, NULL, 0}, hmac = {CKM_SHA256_HMAC, NULL, 0};
	CK_BYTE out[64];
	CK_ULONG n = 0, len = sizeof(out);

	(void)state;
	assert_int_equal(p11_secret(CKK_AES, KEK, &no_wrap, &idle), CKR_OK);
	assert_int_equal(C_WrapKey(session, &m, idle, key, out, &len), CKR_KEY_FUNCTION_NOT_PERMITTED);
	assert_int_equal(C_WrapKey(session, &hmac, kek, key, out, &len), CKR_MECHANISM_INVALID);
	assert_int_equal(C_WrapKey(session, &m, 12345, key, out, &len), CKR_WRAPPING_KEY_HANDLE_INVALID);
	assert_int_equal(C_WrapKey(session, &m, kek, 12345, out, &len), CKR_KEY_HANDLE_INVALID);
	assert_int_equal(p11_secret(CKK_AES, VALUE, &kept, &key), CKR_OK);
	assert_int_equal(C_WrapKey(session, &m, kek, key, out, &len), CKR_KEY_UNEXTRACTABLE);
	assert_int_equal(p11_secret(CKK_AES, VALUE, &trusting, &key), CKR_OK);
	assert_int_equal(C_WrapKey(session, &m, kek, key, out, &len), CKR_KEY_NOT_WRAPPABLE);
	assert_int_equal(p11_find(session, CKO_PRIVATE_KEY, P11_KEY_ONCE, &n, &private_key), CKR_OK);
	assert_int_equal(C_WrapKey(session, &m, kek, private_key, out, &len), CKR_KEY_UNEXTRACTABLE);
	assert_int_equal(C_WrapKey(session, &m, p11_key(CKK_GENERIC_SECRET, KEK), kek, out, &len),
			 CKR_WRAPPING_KEY_TYPE_INCONSISTENT);
}

static void a_key_wrapped_with_its_circumstances_comes_back_in_them_only(void **state)
{
	CK_OBJECT_HANDLE kek = p11_key(CKK_AES, KEK), key = p11_key(CKK_AES, VALUE);
	CK_BYTE iv[12] = {0}, tag[16] = {0}, aad[] = "for the vault", out[64];
	CK_GCM_MESSAGE_PARAMS p = {iv, sizeof(iv), 0, CKG_GENERATE, tag, 128};
	CK_MECHANISM m = {CKM_AES_GCM, &p, sizeof(p)};
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_AES;
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)}, {CKA_KEY_TYPE, &type, sizeof(type)}};
	CK_ULONG len = 0;

	(void)state;
	assert_int_equal(C_WrapKeyAuthenticated(session, &m, kek, key, aad, sizeof(aad), NULL, &len), CKR_OK);
	assert_int_equal(len, 16);
	assert_int_equal(C_WrapKeyAuthenticated(session, &m, kek, key, aad, sizeof(aad), out, &len), CKR_OK);
	assert_int_equal(
	    C_UnwrapKeyAuthenticated(session, &m, kek, out, len, template, 2, aad, sizeof(aad), &key),
	    CKR_OK);
	assert_value(key, VALUE);
	assert_int_equal(
	    C_UnwrapKeyAuthenticated(session, &m, kek, out, len, template, 2, aad, sizeof(aad) - 1, &key),
	    CKR_WRAPPED_KEY_INVALID);
	tag[0] ^= 1;
	assert_int_equal(
	    C_UnwrapKeyAuthenticated(session, &m, kek, out, len, template, 2, aad, sizeof(aad), &key),
	    CKR_WRAPPED_KEY_INVALID);
	m.mechanism = CKM_AES_CBC;
	assert_int_equal(C_WrapKeyAuthenticated(session, &m, kek, key, aad, sizeof(aad), out, &len),
			 CKR_MECHANISM_INVALID);
}

static void messages_are_encrypted_with_nonces_of_their_own(void **state)
{
	CK_OBJECT_HANDLE key = p11_key(CKK_AES, KEK);
	CK_BYTE iv[12] = {'f', 'i', 'x', 'e'}, tag[16], aad[] = "header", text[] = "one message and another",
		out[3][64], back[64];
	CK_GCM_MESSAGE_PARAMS p = {iv, sizeof(iv), 32, CKG_GENERATE_COUNTER, tag, 128};
	CK_MECHANISM m = {CKM_AES_GCM, NULL, 0};
	CK_BYTE last = 0;
	CK_ULONG len;

	(void)state;
	assert_int_equal(C_EncryptMessage(session, &p, sizeof(p), NULL, 0, text, 1, out[0], &len),
			 CKR_OPERATION_NOT_INITIALIZED);
	assert_int_equal(C_MessageEncryptInit(session, &m, key), CKR_OK);
	assert_int_equal(C_MessageEncryptInit(session, &m, key), CKR_OPERATION_ACTIVE);
	assert_int_equal(C_MessageDecryptInit(session, &m, key), CKR_OK);
	for (CK_BYTE i = 0; i < 3; i++) {
		len = sizeof(text) - 1;
		assert_int_equal(C_EncryptMessage(session, &p, sizeof(p), aad, sizeof(aad), text,
						  sizeof(text), out[i], &len),
				 CKR_BUFFER_TOO_SMALL);
		assert_int_equal(len, sizeof(text));
		assert_int_equal(C_EncryptMessage(session, &p, sizeof(p), aad, sizeof(aad), text,
						  sizeof(text), out[i], &len),
				 CKR_OK);
		assert_true(i == 0 || iv[11] == (CK_BYTE)(last + 1));
		last = iv[11];
		assert_memory_equal(iv, "fixe", 4);
		len = sizeof(back);
		assert_int_equal(C_DecryptMessage(session, &p, sizeof(p), aad, sizeof(aad), out[i],
						  sizeof(text), back, &len),
				 CKR_OK);
		assert_memory_equal(back, text, sizeof(text));
		assert_int_equal(
		    C_DecryptMessage(session, &p, sizeof(p), NULL, 0, out[i], sizeof(text), back, &len),
		    CKR_AEAD_DECRYPT_FAILED);
	}
	assert_memory_not_equal(out[0], out[1], sizeof(text));
	p.ulIvFixedBits = 96;
	len = sizeof(out[0]);
	assert_int_equal(C_EncryptMessage(session, &p, sizeof(p), NULL, 0, text, 1, out[0], &len),
			 CKR_MECHANISM_PARAM_INVALID);
	assert_int_equal(C_EncryptMessage(session, &p, 8, NULL, 0, text, 1, out[0], &len),
			 CKR_MECHANISM_PARAM_INVALID);
	assert_int_equal(C_MessageEncryptFinal(session), CKR_OK);
	assert_int_equal(C_MessageEncryptFinal(session), CKR_OPERATION_NOT_INITIALIZED);
	assert_int_equal(C_SessionCancel(session, CKF_MESSAGE_DECRYPT), CKR_OK);
	assert_int_equal(C_MessageDecryptFinal(session), CKR_OPERATION_NOT_INITIALIZED);
}

static void no_counted_nonce_comes_twice_under_a_key(void **state)
{
	CK_OBJECT_HANDLE kek = p11_key(CKK_AES, KEK), key = p11_key(CKK_AES, VALUE);
	CK_BYTE iv[12] = {'f', 'i', 'x', 'e'}, tag[16], text[] = "text", out[64], seen[6][12];
	CK_GCM_MESSAGE_PARAMS p = {iv, sizeof(iv), 32, CKG_GENERATE_COUNTER, tag, 128};
	CK_MECHANISM m = {CKM_AES_GCM, NULL, 0}, wrap = {CKM_AES_GCM, &p, sizeof(p)};
	CK_ULONG len;

	(void)state;
	for (size_t i = 0; i < COUNT(seen); i++) {
		/* The second half as a caller who says nothing of how. */
		p.ivGenerator = i < 3 ? CKG_GENERATE_COUNTER : CKG_GENERATE;
		len = sizeof(out);
		if (i % 3 == 0) {
			assert_int_equal(C_WrapKeyAuthenticated(session, &wrap, kek, key, NULL, 0, out, &len),
					 CKR_OK);
		} else {
			assert_int_equal(C_MessageEncryptInit(session, &m, kek), CKR_OK);
			assert_int_equal(
			    C_EncryptMessage(session, &p, sizeof(p), NULL, 0, text, sizeof(text), out, &len),
			    CKR_OK);
			assert_int_equal(C_MessageEncryptFinal(session), CKR_OK);
		}
		assert_memory_equal(iv, "fixe", 4);
		memcpy(seen[i], iv, sizeof(iv));
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(seen[j], iv, sizeof(iv));
	}
	/* Chance has all of 96 bits, or is not asked. */
	p.ivGenerator = CKG_GENERATE_RANDOM;
	len = sizeof(out);
	assert_int_equal(C_WrapKeyAuthenticated(session, &wrap, kek, key, NULL, 0, out, &len),
			 CKR_MECHANISM_PARAM_INVALID);
	p.ulIvFixedBits = 0;
	assert_int_equal(C_WrapKeyAuthenticated(session, &wrap, kek, key, NULL, 0, out, &len), CKR_OK);
}

static void a_message_in_parts_comes_out_with_its_last(void **state)
{
	CK_OBJECT_HANDLE key = p11_key(CKK_AES, KEK);
	CK_BYTE iv[12], tag[16] = {0}, aad[] = "header", text[] = "one message and another", out[64],
			back[64];
	CK_GCM_MESSAGE_PARAMS p = {iv, sizeof(iv), 0, CKG_GENERATE_RANDOM, tag, 96};
	CK_MECHANISM m = {CKM_AES_GCM, NULL, 0};
	CK_ULONG len = sizeof(out);

	(void)state;
	assert_int_equal(C_MessageEncryptInit(session, &m, key), CKR_OK);
	assert_int_equal(C_EncryptMessageNext(session, &p, sizeof(p), text, 1, out, &len, 0),
			 CKR_OPERATION_NOT_INITIALIZED);
	assert_int_equal(C_EncryptMessageBegin(session, &p, sizeof(p), aad, sizeof(aad)), CKR_OK);
	assert_int_equal(C_EncryptMessageBegin(session, &p, sizeof(p), aad, sizeof(aad)),
			 CKR_OPERATION_ACTIVE);
	assert_int_equal(C_EncryptMessageNext(session, &p, sizeof(p), text, 10, out, &len, 0), CKR_OK);
	assert_int_equal(len, 0);
	assert_int_equal(C_MessageEncryptFinal(session), CKR_OPERATION_ACTIVE);
	len = 0;
	assert_int_equal(C_EncryptMessageNext(session, &p, sizeof(p), text + 10, sizeof(text) - 10, out, &len,
					      CKF_END_OF_MESSAGE),
			 CKR_BUFFER_TOO_SMALL);
	assert_int_equal(len, sizeof(text));
	assert_int_equal(C_EncryptMessageNext(session, &p, sizeof(p), text + 10, sizeof(text) - 10, out, &len,
					      CKF_END_OF_MESSAGE),
			 CKR_OK);
	assert_int_equal(C_MessageEncryptFinal(session), CKR_OK);
	assert_int_equal(C_MessageDecryptInit(session, &m, key), CKR_OK);
	assert_int_equal(C_DecryptMessageBegin(session, &p, sizeof(p), aad, sizeof(aad)), CKR_OK);
	len = sizeof(back);
	assert_int_equal(C_DecryptMessageNext(session, &p, sizeof(p), out, 5, back, &len, 0), CKR_OK);
	assert_int_equal(len, 0);
	len = sizeof(back);
	assert_int_equal(C_DecryptMessageNext(session, &p, sizeof(p), out + 5, sizeof(text) - 5, back, &len,
					      CKF_END_OF_MESSAGE),
			 CKR_OK);
	assert_int_equal(len, sizeof(text));
	assert_memory_equal(back, text, sizeof(text));
	assert_int_equal(C_DecryptMessageBegin(session, &p, sizeof(p), aad, sizeof(aad)), CKR_OK);
	assert_int_equal(C_DecryptMessageNext(session, &p, sizeof(p), out, 5, back, &len, CKF_END_OF_MESSAGE),
			 CKR_AEAD_DECRYPT_FAILED);
	assert_int_equal(C_MessageDecryptFinal(session), CKR_OK);
}

static bool no_chance; /* the system gives none */

ssize_t __real_getrandom(void *out, size_t len, unsigned flags);
ssize_t __wrap_getrandom(void *out, size_t len, unsigned flags);

ssize_t __wrap_getrandom(void *out, size_t len, unsigned flags)
{
	return no_chance ? -1 : __real_getrandom(out, len, flags);
}

/* Of its header nothing goes into the next message. */
static void a_message_that_could_not_begin_can_be_begun_again(void **state)
{
	CK_OBJECT_HANDLE key = p11_key(CKK_AES, KEK);
	CK_BYTE iv[12], tag[16] = {0}, aad[] = "header", text[] = "a message", out[64], back[64];
	CK_GCM_MESSAGE_PARAMS p = {iv, sizeof(iv), 0, CKG_GENERATE_RANDOM, tag, 128};
	CK_MECHANISM m = {CKM_AES_GCM, NULL, 0};
	CK_ULONG len = sizeof(out), back_len = sizeof(back);

	(void)state;
	assert_int_equal(C_MessageEncryptInit(session, &m, key), CKR_OK);
	no_chance = true;
	assert_int_equal(C_EncryptMessageBegin(session, &p, sizeof(p), aad, sizeof(aad)),
			 CKR_FUNCTION_FAILED);
	no_chance = false;
	assert_int_equal(C_EncryptMessageNext(session, &p, sizeof(p), text, 1, out, &len, 0),
			 CKR_OPERATION_NOT_INITIALIZED);
	assert_int_equal(C_EncryptMessageBegin(session, &p, sizeof(p), aad, sizeof(aad)), CKR_OK);
	assert_int_equal(
	    C_EncryptMessageNext(session, &p, sizeof(p), text, sizeof(text), out, &len, CKF_END_OF_MESSAGE),
	    CKR_OK);
	assert_int_equal(C_MessageEncryptFinal(session), CKR_OK);
	assert_int_equal(C_MessageDecryptInit(session, &m, key), CKR_OK);
	assert_int_equal(
	    C_DecryptMessage(session, &p, sizeof(p), aad, sizeof(aad), out, len, back, &back_len), CKR_OK);
	assert_memory_equal(back, text, sizeof(text));
	assert_int_equal(C_MessageDecryptFinal(session), CKR_OK);
}

static void many_messages_are_signed_with_one_key(void **state)
{
	CK_OBJECT_HANDLE keys[2];
	CK_MECHANISM m = {CKM_ECDSA_SHA256, NULL, 0};
	CK_BYTE text[] = "to be signed", signature[64];
	CK_ULONG n = 0, len = sizeof(signature);

	(void)state;
	assert_int_equal(p11_find(session, CKO_PRIVATE_KEY, P11_KEY_ONCE, &n, &keys[0]), CKR_OK);
	assert_int_equal(p11_find(session, CKO_PUBLIC_KEY, P11_KEY_ONCE, &n, &keys[1]), CKR_OK);
	assert_int_equal(C_MessageSignInit(session, &m, keys[0]), CKR_OK);
	assert_int_equal(C_MessageVerifyInit(session, &m, keys[1]), CKR_OK);
	for (CK_BYTE i = 0; i < 3; i++) {
		text[0] = (CK_BYTE)('0' + i);
		assert_int_equal(C_SignMessage(session, NULL, 0, text, sizeof(text), NULL, &len), CKR_OK);
		assert_int_equal(len, 64);
		assert_int_equal(C_SignMessage(session, NULL, 0, text, sizeof(text), signature, &len),
				 CKR_OK);
		assert_int_equal(C_VerifyMessage(session, NULL, 0, text, sizeof(text), signature, len),
				 CKR_OK);
		assert_int_equal(p11_check(&m, keys[1], text, sizeof(text), signature, len), CKR_OK);
		assert_int_equal(C_VerifyMessage(session, NULL, 0, text, 3, signature, len),
				 CKR_SIGNATURE_INVALID);
		assert_int_equal(C_SignMessageBegin(session, NULL, 0), CKR_OK);
		assert_int_equal(C_SignMessage(session, NULL, 0, text, 1, signature, &len),
				 CKR_OPERATION_ACTIVE);
		assert_int_equal(C_SignMessageNext(session, NULL, 0, text, 4, NULL, NULL), CKR_OK);
		assert_int_equal(
		    C_SignMessageNext(session, NULL, 0, text + 4, sizeof(text) - 4, signature, &len), CKR_OK);
		assert_int_equal(C_VerifyMessageBegin(session, NULL, 0), CKR_OK);
		assert_int_equal(C_VerifyMessageNext(session, NULL, 0, text, 7, NULL, 0), CKR_OK);
		assert_int_equal(
		    C_VerifyMessageNext(session, NULL, 0, text + 7, sizeof(text) - 7, signature, len),
		    CKR_OK);
	}
	assert_int_equal(C_SignMessage(session, &m, sizeof(m), text, 1, signature, &len),
			 CKR_MECHANISM_PARAM_INVALID);
	assert_int_equal(C_MessageSignFinal(session), CKR_OK);
	assert_int_equal(C_MessageVerifyFinal(session), CKR_OK);
	assert_int_equal(C_MessageSignInit(session, &m, keys[1]), CKR_KEY_FUNCTION_NOT_PERMITTED);
}

static void one_part_goes_to_two_operations(void **state)
{
	CK_OBJECT_HANDLE key = p11_key(CKK_AES, KEK), mac = p11_key(CKK_GENERIC_SECRET, VALUE);
	CK_BYTE iv[16] = {1}, text[40] = "what is encrypted and digested at once", out[64], back[64],
		digest[2][32], sum[32];
	CK_MECHANISM cbc = {CKM_AES_CBC_PAD, iv, 16}, sha = {CKM_SHA256, NULL, 0},
		     hmac = {CKM_SHA256_HMAC, NULL, 0};
	CK_ULONG len = 0, rest = 16, n = 32;

	(void)state;
	assert_int_equal(C_DigestInit(session, &sha), CKR_OK);
	assert_int_equal(C_DigestEncryptUpdate(session, text, 40, out, &len), CKR_OPERATION_NOT_INITIALIZED);
	assert_int_equal(C_EncryptInit(session, &cbc, key), CKR_OK);
	assert_int_equal(C_DigestEncryptUpdate(session, text, 40, NULL, &len), CKR_OK);
	assert_int_equal(len, 32);
	len = 31;
	assert_int_equal(C_DigestEncryptUpdate(session, text, 40, out, &len), CKR_BUFFER_TOO_SMALL);
	assert_int_equal(C_DigestEncryptUpdate(session, text, 40, out, &len), CKR_OK);
	assert_int_equal(C_EncryptFinal(session, out + 32, &rest), CKR_OK);
	assert_int_equal(C_DigestFinal(session, digest[0], &n), CKR_OK);
	assert_int_equal(C_DigestInit(session, &sha), CKR_OK);
	assert_int_equal(C_Digest(session, text, 40, digest[1], &n), CKR_OK);
	assert_memory_equal(digest[0], digest[1], 32);

	assert_int_equal(C_SignInit(session, &hmac, mac), CKR_OK);
	assert_int_equal(C_EncryptInit(session, &cbc, key), CKR_OK);
	len = sizeof(back);
	assert_int_equal(C_SignEncryptUpdate(session, text, 40, back, &len), CKR_OK);
	assert_memory_equal(back, out, len);
	assert_int_equal(C_EncryptInit(session, NULL, 0), CKR_OK);
	assert_int_equal(C_SignFinal(session, sum, &n), CKR_OK);

	assert_int_equal(C_VerifyInit(session, &hmac, mac), CKR_OK);
	assert_int_equal(C_DigestInit(session, &sha), CKR_OK);
	assert_int_equal(C_DecryptInit(session, &cbc, key), CKR_OK);
	len = sizeof(back);
	assert_int_equal(C_DecryptDigestUpdate(session, out, 32, back, &len), CKR_OK);
	assert_int_equal(len, 16);
	rest = sizeof(back) - len;
	assert_int_equal(C_DecryptVerifyUpdate(session, out + 32, 16, back + 16, &rest), CKR_OK);
	assert_int_equal(rest, 16);
	assert_memory_equal(back, text, 32);
	assert_int_equal(C_DigestFinal(session, digest[0], &n), CKR_OK);
	assert_int_equal(C_VerifyFinal(session, sum, 32),
			 CKR_SIGNATURE_INVALID); /* it was given a part only */
	assert_int_equal(C_DecryptInit(session, NULL, 0), CKR_OK);
}

static void a_part_is_encrypted_where_it_is_and_digested_as_it_was(void **state)
{
	CK_BYTE iv[16] = {1}, text[32] = "encrypted in its place", copy[32], digest[2][32];
	CK_MECHANISM cbc = {CKM_AES_CBC, iv, 16}, sha = {CKM_SHA256, NULL, 0};
	CK_ULONG len = sizeof(text), n = 32;

	(void)state;
	memcpy(copy, text, sizeof(text));
	assert_int_equal(C_DigestInit(session, &sha), CKR_OK);
	assert_int_equal(C_EncryptInit(session, &cbc, p11_key(CKK_AES, KEK)), CKR_OK);
	assert_int_equal(C_DigestEncryptUpdate(session, text, 32, text, &len), CKR_OK);
	assert_memory_not_equal(text, copy, 32);
	assert_int_equal(C_EncryptInit(session, NULL, 0), CKR_OK);
	assert_int_equal(C_DigestFinal(session, digest[0], &n), CKR_OK);
	assert_int_equal(C_DigestInit(session, &sha), CKR_OK);
	assert_int_equal(C_Digest(session, copy, 32, digest[1], &n), CKR_OK);
	assert_memory_equal(digest[0], digest[1], 32);
}

/* RFC 3394 has no room for a value of that length: it shows only where the key is used. */
static void the_length_of_a_wrapped_key_is_told_without_using_a_key(void **state)
{
	CK_OBJECT_HANDLE kek = p11_key(CKK_AES, KEK), key = p11_key(CKK_GENERIC_SECRET, "0102030405");
	CK_MECHANISM m = {CKM_AES_KEY_WRAP, NULL, 0};
	CK_BYTE out[64];
	CK_ULONG len = 0;

	(void)state;
	assert_int_equal(C_WrapKey(session, &m, kek, key, NULL, &len), CKR_OK);
	len = 0;
	assert_int_equal(C_WrapKey(session, &m, kek, key, out, &len), CKR_BUFFER_TOO_SMALL);
	len = sizeof(out);
	assert_int_equal(C_WrapKey(session, &m, kek, key, out, &len), CKR_KEY_SIZE_RANGE);
}

static void nobody_says_of_what_he_brings_that_it_is_trusted_or_made_here(void **state)
{
	CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
	CK_KEY_TYPE type = CKK_RSA;
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_MECHANISM_TYPE made = CKM_RSA_PKCS_KEY_PAIR_GEN;
	CK_ATTRIBUTE claims[] = {
	    {CKA_TRUSTED, &yes, 1}, {CKA_LOCAL, &yes, 1}, {CKA_KEY_GEN_MECHANISM, &made, sizeof(made)}};
	CK_ATTRIBUTE template[] = {
	    {CKA_CLASS, &class, sizeof(class)}, {CKA_KEY_TYPE, &type, sizeof(type)}, {CKA_TRUSTED, &no, 1}};
	CK_OBJECT_HANDLE object;

	(void)state;
	assert_int_equal(C_CreateObject(session, template, 3, &object), CKR_OK);
	for (size_t i = 0; i < COUNT(claims); i++) {
		template[2] = claims[i];
		assert_int_equal(C_CreateObject(session, template, 3, &object), CKR_ATTRIBUTE_READ_ONLY);
	}
}

/* The last: it logs out. */
static void private_session_objects_end_with_the_login(void **state)
{
	CK_UTF8CHAR pin[] = P11_USER_PIN;
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE private = {CKA_PRIVATE, &yes, 1}, value = {CKA_VALUE, NULL, 0};
	CK_OBJECT_HANDLE hidden, shown = p11_key(CKK_AES, VALUE), other;

	(void)state;
	assert_int_equal(p11_secret(CKK_AES, VALUE, &private, &hidden), CKR_OK);
	assert_int_equal(C_Logout(session), CKR_OK);
	assert_int_equal(p11_secret(CKK_AES, VALUE, &private, &other), CKR_USER_NOT_LOGGED_IN);
	assert_int_equal(C_Login(session, CKU_USER, pin, sizeof(pin) - 1), CKR_OK);
	assert_int_equal(C_GetAttributeValue(session, hidden, &value, 1), CKR_OBJECT_HANDLE_INVALID);
	assert_int_equal(C_GetAttributeValue(session, shown, &value, 1), CKR_OK);
}

static void a_signature_may_come_before_its_message(void **state)
{
	CK_OBJECT_HANDLE key = p11_key(CKK_GENERIC_SECRET, "4a656665");
	CK_MECHANISM hmac = {CKM_SHA256_HMAC, NULL, 0};
	CK_BYTE text[] = {'w', 'h', 'a', 't'}, mac[32];
	CK_ULONG len = sizeof(mac);

	(void)state;
	assert_int_equal(C_SignInit(session, &hmac, key), CKR_OK);
	assert_int_equal(C_Sign(session, text, 4, mac, &len), CKR_OK);
	assert_int_equal(C_VerifySignatureInit(session, &hmac, key, mac, 32), CKR_OK);
	assert_int_equal(C_VerifyUpdate(session, text, 4), CKR_OPERATION_NOT_INITIALIZED);
	assert_int_equal(C_VerifyFinal(session, mac, 32), CKR_OPERATION_NOT_INITIALIZED);
	assert_int_equal(C_VerifySignatureUpdate(session, text, 2), CKR_OK);
	assert_int_equal(C_VerifySignature(session, text, 4), CKR_OPERATION_ACTIVE);
	assert_int_equal(C_VerifySignatureUpdate(session, text + 2, 2), CKR_OK);
	assert_int_equal(C_VerifySignatureFinal(session), CKR_OK);
	assert_int_equal(C_VerifyInit(session, &hmac, key), CKR_OK);
	assert_int_equal(C_VerifySignatureUpdate(session, text, 2), CKR_OPERATION_NOT_INITIALIZED);
	assert_int_equal(C_VerifyInit(session, NULL, 0), CKR_OK);
	assert_int_equal(C_VerifySignatureInit(session, &hmac, key, NULL, 0), CKR_OK);
	assert_int_equal(C_VerifySignature(session, text, 4), CKR_SIGNATURE_LEN_RANGE);
}

static void no_state_of_an_operation_is_given_out(void **state)
{
	CK_MECHANISM sha = {CKM_SHA256, NULL, 0};
	CK_BYTE saved[64];
	CK_ULONG len = sizeof(saved);

	(void)state;
	assert_int_equal(C_SessionCancel(session, ~0UL), CKR_OK);
	assert_int_equal(C_GetOperationState(session, saved, &len), CKR_OPERATION_NOT_INITIALIZED);
	assert_int_equal(C_DigestInit(session, &sha), CKR_OK);
	assert_int_equal(C_GetOperationState(session, saved, &len), CKR_STATE_UNSAVEABLE);
	assert_int_equal(C_SetOperationState(session, saved, sizeof(saved), 0, 0), CKR_SAVED_STATE_INVALID);
	assert_int_equal(C_SessionCancel(session, CKF_DIGEST), CKR_OK);
	assert_int_equal(C_Digest(session, saved, 1, saved, &len), CKR_OPERATION_NOT_INITIALIZED);
}

static void what_is_asynchronous_is_refused_as_not_under_way(void **state)
{
	CK_UTF8CHAR name[] = "C_Sign";
	CK_ASYNC_DATA data = {0, NULL, 0, 0, 0};
	CK_SESSION_HANDLE other;
	CK_ULONG id;

	(void)state;
	assert_int_equal(C_OpenSession(0, CKF_SERIAL_SESSION | CKF_ASYNC_SESSION, NULL, NULL, &other),
			 CKR_SESSION_ASYNC_NOT_SUPPORTED);
	assert_int_equal(C_AsyncComplete(session, name, &data), CKR_OPERATION_NOT_INITIALIZED);
	assert_int_equal(C_AsyncGetID(session, name, &id), CKR_OPERATION_NOT_INITIALIZED);
	assert_int_equal(C_AsyncGetID(session, NULL, &id), CKR_ARGUMENTS_BAD);
	assert_int_equal(C_AsyncJoin(session, name, 1, NULL, 0), CKR_SAVED_STATE_INVALID);
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(key_wrapping_is_as_its_rfcs_have_it),
	    TEST(an_empty_value_makes_no_key_extractable),
	    TEST(a_key_wrapped_in_cbc_comes_back_without_what_filled_it),
	    TEST(what_may_not_leave_does_not),
	    TEST(a_key_wrapped_with_its_circumstances_comes_back_in_them_only),
	    TEST(messages_are_encrypted_with_nonces_of_their_own),
	    TEST(no_counted_nonce_comes_twice_under_a_key),
	    TEST(a_message_in_parts_comes_out_with_its_last),
	    TEST(a_message_that_could_not_begin_can_be_begun_again),
	    TEST(many_messages_are_signed_with_one_key),
	    TEST(one_part_goes_to_two_operations),
	    TEST(a_signature_may_come_before_its_message),
	    TEST(no_state_of_an_operation_is_given_out),
	    TEST(what_is_asynchronous_is_refused_as_not_under_way),
	    TEST(a_part_is_encrypted_where_it_is_and_digested_as_it_was),
	    TEST(the_length_of_a_wrapped_key_is_told_without_using_a_key),
	    TEST(nobody_says_of_what_he_brings_that_it_is_trusted_or_made_here),
	    TEST(private_session_objects_end_with_the_login),
	};

	return cmocka_run_group_tests_name("pkcs11_wrap", tests, p11_session_make, p11_session_end);
}
