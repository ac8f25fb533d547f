/* SPDX-License-Identifier: BSD-2-Clause
 *
 * AES and HMAC keys that the card holds, as objects and at work: the same as keys in memory of the same
 * value, against the examples of the standards; never given out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/transport_card.h"
#include "tests/unit/pkcs11_session.h"

#define session p11_session

#define KEY_128	 "2b7e151628aed2a6abf7158809cf4f3c"
#define HMAC_KEY "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"

/* C_CreateObject on the token, with one more attribute (may be NULL). */
static CK_RV bring(CK_KEY_TYPE type, const char *value, const CK_ATTRIBUTE *more, CK_OBJECT_HANDLE *key)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_UTF8CHAR label[] = "brought";
	CK_BYTE id[] = {7, 7};
	CK_BBOOL yes = CK_TRUE;
	struct bytes b = hex(value);
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)},
				   {CKA_KEY_TYPE, &type, sizeof(type)},
				   {CKA_TOKEN, &yes, 1},
				   {CKA_LABEL, label, sizeof(label) - 1},
				   {CKA_ID, id, sizeof(id)},
				   {CKA_VALUE, b.at, b.len},
				   {0, NULL, 0}};

	if (more != NULL)
		template[6] = *more;
	return C_CreateObject(session, template, more != NULL ? 7 : 6, key);
}

static CK_OBJECT_HANDLE brought(CK_KEY_TYPE type, const char *value)
{
	CK_OBJECT_HANDLE key = 0;

	assert_int_equal(bring(type, value, NULL, &key), CKR_OK);
	return key;
}

static CK_RV make_key(CK_MECHANISM_TYPE type, CK_ULONG len, CK_OBJECT_HANDLE *key)
{
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE template[] = {{CKA_TOKEN, &yes, 1}, {CKA_VALUE_LEN, &len, sizeof(len)}};
	CK_MECHANISM m = {type, NULL, 0};

	return C_GenerateKey(session, &m, template, len > 0 ? 2 : 1, key);
}

/* Those on the token. */
static CK_RV search(CK_ULONG *n, CK_OBJECT_HANDLE *first)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)}, {CKA_TOKEN, &yes, 1}};
	CK_OBJECT_HANDLE found[40];

	assert_int_equal(C_FindObjectsInit(session, template, 2), CKR_OK);
	assert_int_equal(C_FindObjects(session, found, 40, n), CKR_OK);
	*first = *n > 0 ? found[0] : 0;
	return C_FindObjectsFinal(session);
}

static CK_BBOOL truth(CK_OBJECT_HANDLE key, CK_ATTRIBUTE_TYPE type)
{
	CK_BBOOL value = 77;
	CK_ATTRIBUTE a = {type, &value, 1};

	assert_int_equal(C_GetAttributeValue(session, key, &a, 1), CKR_OK);
	return value;
}

static void a_key_is_an_object_of_the_token_until_it_is_destroyed(void **state)
{
	CK_OBJECT_HANDLE key = brought(CKK_AES, KEY_128), made, found;
	CK_BYTE value[64], label[16];
	CK_ATTRIBUTE secret = {CKA_VALUE, value, sizeof(value)}, named = {CKA_LABEL, label, sizeof(label)};
	CK_ULONG n = 0;

	(void)state;
	assert_int_equal(make_key(CKM_AES_KEY_GEN, 32, &made), CKR_OK);
	assert_int_equal(search(&n, &found), CKR_OK);
	assert_int_equal(n, 2);
	assert_int_equal(p11_ulong(key, CKA_KEY_TYPE), CKK_AES);
	assert_int_equal(p11_ulong(key, CKA_VALUE_LEN), 16);
	assert_int_equal(p11_ulong(key, CKA_KEY_GEN_MECHANISM), CK_UNAVAILABLE_INFORMATION);
	assert_int_equal(p11_ulong(made, CKA_KEY_GEN_MECHANISM), CKM_AES_KEY_GEN);
	assert_int_equal(truth(made, CKA_LOCAL), CK_TRUE);
	assert_int_equal(truth(key, CKA_LOCAL), CK_FALSE);
	assert_int_equal(truth(key, CKA_TOKEN), CK_TRUE);
	assert_int_equal(truth(key, CKA_PRIVATE), CK_TRUE);
	assert_int_equal(truth(key, CKA_EXTRACTABLE), CK_FALSE);
	assert_int_equal(C_GetAttributeValue(session, key, &secret, 1), CKR_ATTRIBUTE_SENSITIVE);
	assert_int_equal(C_GetAttributeValue(session, key, &named, 1), CKR_OK);
	assert_int_equal(named.ulValueLen, 7);
	assert_memory_equal(label, "brought", 7);
	memcpy(label, "called otherwise", 16);
	named.ulValueLen = 16;
	assert_int_equal(C_SetAttributeValue(session, key, &named, 1), CKR_OK);
	/* As the card has it: anew from there. */
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	assert_int_equal(p11_begin(&transport_card, &session), CKR_OK);
	assert_int_equal(search(&n, &found), CKR_OK);
	assert_int_equal(n, 0); /* not without the PIN */
	assert_int_equal(p11_login(session, CKU_USER, P11_USER_PIN), CKR_OK);
	memset(label, 0, sizeof(label));
	assert_int_equal(C_GetAttributeValue(session, key, &named, 1), CKR_OK);
	assert_memory_equal(label, "called otherwise", 16);
	assert_int_equal(C_DestroyObject(session, key), CKR_OK);
	assert_int_equal(C_DestroyObject(session, made), CKR_OK);
	assert_int_equal(search(&n, &found), CKR_OK);
	assert_int_equal(n, 0);
}

/* Both ways, the card's key against one in memory of the same value, in parts of n bytes. */
static CK_ULONG run(bool decrypt, CK_MECHANISM *m, CK_OBJECT_HANDLE key, CK_BYTE *in, CK_ULONG len,
		    CK_ULONG n, CK_BYTE *out, CK_ULONG room)
{
	CK_ULONG done = 0, got;

	assert_int_equal(decrypt ? C_DecryptInit(session, m, key) : C_EncryptInit(session, m, key), CKR_OK);
	for (CK_ULONG at = 0; at < len; at += n) {
		CK_ULONG part = len - at < n ? len - at : n;

		got = room - done;
		assert_int_equal(decrypt ? C_DecryptUpdate(session, in + at, part, out + done, &got)
					 : C_EncryptUpdate(session, in + at, part, out + done, &got),
				 CKR_OK);
		done += got;
	}
	got = room - done;
	assert_int_equal(decrypt ? C_DecryptFinal(session, out + done, &got)
				 : C_EncryptFinal(session, out + done, &got),
			 CKR_OK);
	return done + got;
}

static void the_card_encrypts_as_memory_does_however_long_the_text(void **state)
{
	enum { LONG = 9600 };
	static CK_BYTE in[LONG], out[LONG + 32], want[LONG + 32], back[LONG + 32];
	CK_BYTE iv[16] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
			  0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xF0};
	CK_AES_CTR_PARAMS ctr = {128, {0}};
	CK_GCM_PARAMS gcm = {iv, 12, 96, iv, 5, 128};
	CK_MECHANISM ms[] = {{CKM_AES_ECB, NULL, 0},
			     {CKM_AES_CBC, iv, 16},
			     {CKM_AES_CBC_PAD, iv, 16},
			     {CKM_AES_CTR, &ctr, sizeof(ctr)},
			     {CKM_AES_GCM, &gcm, sizeof(gcm)}};
	static const CK_ULONG parts[] = {LONG, 4097, 1000, 33};
	CK_OBJECT_HANDLE card = brought(CKK_AES, KEY_128), memory = p11_key(CKK_AES, KEY_128);

	(void)state;
	memcpy(ctr.cb, iv, 16);
	for (size_t i = 0; i < sizeof(in); i++)
		in[i] = (CK_BYTE)(i * 31 >> 3);
	for (size_t i = 0; i < COUNT(ms); i++) {
		CK_ULONG len = ms[i].mechanism == CKM_AES_GCM ? 7000 : LONG;
		CK_ULONG want_len = run(false, &ms[i], memory, in, len, len, want, sizeof(want));

		for (size_t k = 0; k < COUNT(parts); k++) {
			assert_int_equal(run(false, &ms[i], card, in, len, parts[k], out, sizeof(out)),
					 want_len);
			assert_memory_equal(out, want, want_len);
			assert_int_equal(run(true, &ms[i], card, out, want_len, parts[k], back, sizeof(back)),
					 len);
			assert_memory_equal(back, in, len);
		}
	}
	assert_int_equal(C_DestroyObject(session, card), CKR_OK);
}

static void gcm_on_the_card_is_one_command_long_and_authentic(void **state)
{
	static CK_BYTE in[9000], out[9100];
	CK_BYTE iv[16] = {1};
	CK_GCM_PARAMS gcm = {iv, 12, 96, NULL, 0, 128};
	CK_MECHANISM m = {CKM_AES_GCM, &gcm, sizeof(gcm)};
	CK_OBJECT_HANDLE card = brought(CKK_AES, KEY_128);
	CK_ULONG len = sizeof(out), n = sizeof(in);

	(void)state;
	assert_int_equal(C_EncryptInit(session, &m, card), CKR_OK);
	assert_int_equal(C_Encrypt(session, in, sizeof(in), out, &len), CKR_DATA_LEN_RANGE);
	assert_int_equal(C_EncryptInit(session, &m, card), CKR_OK);
	len = sizeof(out);
	assert_int_equal(C_Encrypt(session, in, 100, out, &len), CKR_OK);
	assert_int_equal(len, 116);
	out[50] ^= 1;
	assert_int_equal(C_DecryptInit(session, &m, card), CKR_OK);
	assert_int_equal(C_Decrypt(session, out, len, in, &n), CKR_ENCRYPTED_DATA_INVALID);
	gcm.ulIvLen = 16;
	assert_int_equal(C_EncryptInit(session, &m, card), CKR_MECHANISM_PARAM_INVALID);
	gcm.ulIvLen = 12;
	gcm.ulTagBits = 96;
	assert_int_equal(C_DecryptInit(session, &m, card), CKR_MECHANISM_PARAM_INVALID);
	assert_int_equal(C_DestroyObject(session, card), CKR_OK);
}

static void what_wraps_is_what_encrypts_or_is_refused(void **state)
{
	CK_BBOOL no = CK_FALSE, yes = CK_TRUE;
	CK_ATTRIBUTE no_wrap = {CKA_WRAP, &no, 1}, wrap = {CKA_WRAP, &yes, 1}, unwrap = {CKA_UNWRAP, &no, 1};
	CK_OBJECT_HANDLE key;

	(void)state;
	assert_int_equal(bring(CKK_AES, KEY_128, &no_wrap, &key), CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(bring(CKK_AES, KEY_128, &unwrap, &key), CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(bring(CKK_AES, KEY_128, &wrap, &key), CKR_OK);
	assert_int_equal(C_DestroyObject(session, key), CKR_OK);
}

static void messages_are_sealed_by_the_card(void **state)
{
	CK_BYTE iv[12], tag[16], aad[] = "header", text[] = "text", out[16], back[16];
	CK_GCM_MESSAGE_PARAMS p = {iv, sizeof(iv), 0, CKG_GENERATE, tag, 128};
	CK_MECHANISM m = {CKM_AES_GCM, NULL, 0};
	CK_OBJECT_HANDLE card = brought(CKK_AES, KEY_128);
	CK_ULONG len = sizeof(out);

	(void)state;
	assert_int_equal(C_MessageEncryptInit(session, &m, card), CKR_OK);
	assert_int_equal(
	    C_EncryptMessage(session, &p, sizeof(p), aad, sizeof(aad), text, sizeof(text), out, &len),
	    CKR_OK);
	assert_int_equal(C_MessageEncryptFinal(session), CKR_OK);
	assert_int_equal(C_MessageDecryptInit(session, &m, p11_key(CKK_AES, KEY_128)), CKR_OK);
	assert_int_equal(C_DecryptMessage(session, &p, sizeof(p), aad, sizeof(aad), out, len, back, &len),
			 CKR_OK);
	assert_memory_equal(back, text, sizeof(text));
	assert_int_equal(C_MessageDecryptFinal(session), CKR_OK);
	assert_int_equal(C_MessageDecryptInit(session, &m, card), CKR_OK);
	tag[3] ^= 1;
	assert_int_equal(C_DecryptMessage(session, &p, sizeof(p), aad, sizeof(aad), out, len, back, &len),
			 CKR_AEAD_DECRYPT_FAILED);
	assert_int_equal(C_MessageDecryptFinal(session), CKR_OK);
	assert_int_equal(C_DestroyObject(session, card), CKR_OK);
}

/* RFC 2202 and RFC 4231, test case 1; RFC 4493, example 2. Of nothing: the same keys, by Python's hmac;
 * example 1. */
static const struct mac {
	CK_MECHANISM_TYPE type, general;
	CK_KEY_TYPE key_type;
	const char *key, *text, *mac, *of_nothing;
} macs[] = {
    {CKM_SHA_1_HMAC, CKM_SHA_1_HMAC_GENERAL, CKK_SHA_1_HMAC, HMAC_KEY, "4869205468657265",
     "b617318655057264e28bc0b6fb378c8ef146be00", "123fd78bda0100786ae86b76f50f01bd18e477f3"},
    {CKM_SHA256_HMAC, CKM_SHA256_HMAC_GENERAL, CKK_SHA256_HMAC, HMAC_KEY, "4869205468657265",
     "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
     "999a901219f032cd497cadb5e6051e97b6a29ab297bd6ae722bd6062a2f59542"},
    {CKM_SHA384_HMAC, CKM_SHA384_HMAC_GENERAL, CKK_SHA384_HMAC, HMAC_KEY, "4869205468657265",
     "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6",
     "ac1e68c7036381efc1ae8514e489ed0eb1c40778d6156bf0a85b0e0c6a6b80f2476d135c9668ae9f3f8ed8fc2405e46c"},
    {CKM_SHA512_HMAC, CKM_SHA512_HMAC_GENERAL, CKK_SHA512_HMAC, HMAC_KEY, "4869205468657265",
     "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914"
     "eeb61f1702e696c203a126854",
     "ad8da3d882af6e9b872457adcdd638e9b87af44825425085f8ce81a4122bab781b92f5ab92ac24948ad369f86558fd469ca3f48"
     "61cb0f0"
     "dfb33154428ed03dfb"},
    {CKM_AES_CMAC, CKM_AES_CMAC_GENERAL, CKK_AES, KEY_128, "6bc1bee22e409f96e93d7e117393172a",
     "070a16b46b4d4144f79bdd9dd04a287c", "bb1d6929e95937287fa37d129b756746"},
};

static void the_card_makes_and_checks_macs(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(macs); i++) {
		CK_OBJECT_HANDLE key = brought(macs[i].key_type, macs[i].key);
		CK_MAC_GENERAL_PARAMS cut = 8, too_short = 7;
		CK_MECHANISM m = {macs[i].type, NULL, 0}, general = {macs[i].general, &cut, sizeof(cut)};
		struct bytes text = hex(macs[i].text), mac = {{0}, sizeof(mac.at)};
		CK_ULONG whole;

		assert_int_equal(C_SignInit(session, &m, key), CKR_OK);
		assert_int_equal(C_SignUpdate(session, text.at, 3), CKR_OK);
		assert_int_equal(C_SignUpdate(session, text.at + 3, text.len - 3), CKR_OK);
		assert_int_equal(C_SignFinal(session, mac.at, &mac.len), CKR_OK);
		assert_bytes(mac.at, mac.len, macs[i].mac);
		whole = mac.len;
		assert_int_equal(p11_check(&m, key, text.at, text.len, mac.at, whole), CKR_OK);
		mac.at[1] ^= 1;
		assert_int_equal(p11_check(&m, key, text.at, text.len, mac.at, whole), CKR_SIGNATURE_INVALID);
		mac.at[1] ^= 1;
		assert_int_equal(p11_check(&m, key, text.at, text.len, mac.at, whole - 1),
				 CKR_SIGNATURE_LEN_RANGE);
		assert_int_equal(p11_check(&general, key, text.at, text.len, mac.at, 8), CKR_OK);
		assert_int_equal(p11_make(&general, key, text.at, text.len, mac.at, &mac.len), CKR_OK);
		assert_int_equal(mac.len, 8);
		general.pParameter = &too_short;
		assert_int_equal(C_VerifyInit(session, &general, key), CKR_MECHANISM_PARAM_INVALID);
		assert_int_equal(C_DestroyObject(session, key), CKR_OK);
	}
}

/* In one call; in parts of which there is none, or one that is empty. */
static void assert_mac_of_nothing(CK_MECHANISM *m, CK_OBJECT_HANDLE key, const char *want)
{
	CK_BYTE none[1] = {0xA5}, mac[64];
	CK_ULONG len = sizeof(mac);

	assert_int_equal(p11_make(m, key, NULL, 0, mac, &len), CKR_OK);
	assert_bytes(mac, len, want);
	len = sizeof(mac);
	assert_int_equal(p11_make(m, key, none, 0, mac, &len), CKR_OK);
	assert_bytes(mac, len, want);
	for (int parts = 0; parts < 2; parts++) {
		len = sizeof(mac);
		assert_int_equal(C_SignInit(session, m, key), CKR_OK);
		assert_int_equal(parts > 0 ? C_SignUpdate(session, NULL, 0) : CKR_OK, CKR_OK);
		assert_int_equal(C_SignFinal(session, mac, &len), CKR_OK);
		assert_bytes(mac, len, want);
		assert_int_equal(C_VerifyInit(session, m, key), CKR_OK);
		assert_int_equal(parts > 0 ? C_VerifyUpdate(session, NULL, 0) : CKR_OK, CKR_OK);
		assert_int_equal(C_VerifyFinal(session, mac, len), CKR_OK);
	}
	assert_int_equal(p11_check(m, key, NULL, 0, mac, len), CKR_OK);
	assert_int_equal(p11_check(m, key, none, 1, mac, len), CKR_SIGNATURE_INVALID);
	mac[len - 1] ^= 1;
	assert_int_equal(p11_check(m, key, NULL, 0, mac, len), CKR_SIGNATURE_INVALID);
}

static void the_mac_of_nothing_is_that_of_the_standards(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(macs); i++) {
		CK_OBJECT_HANDLE card = brought(macs[i].key_type, macs[i].key);
		CK_MECHANISM m = {macs[i].type, NULL, 0};

		assert_mac_of_nothing(&m, card, macs[i].of_nothing);
		assert_mac_of_nothing(&m, p11_key(macs[i].key_type, macs[i].key), macs[i].of_nothing);
		assert_int_equal(C_DestroyObject(session, card), CKR_OK);
	}
}

static void each_hash_has_its_own_kind_of_key(void **state)
{
	static const struct {
		CK_MECHANISM_TYPE maker, mac, other;
		CK_ULONG len;
	} kinds[] = {{CKM_SHA_1_KEY_GEN, CKM_SHA_1_HMAC, CKM_SHA256_HMAC, 20},
		     {CKM_SHA256_KEY_GEN, CKM_SHA256_HMAC, CKM_SHA512_HMAC, 32},
		     {CKM_SHA384_KEY_GEN, CKM_SHA384_HMAC, CKM_SHA256_HMAC, 48},
		     {CKM_SHA512_KEY_GEN, CKM_SHA512_HMAC, CKM_AES_CMAC, 64}};
	CK_OBJECT_HANDLE key;

	(void)state;
	for (size_t i = 0; i < COUNT(kinds); i++) {
		CK_MECHANISM m = {kinds[i].mac, NULL, 0}, other = {kinds[i].other, NULL, 0};
		CK_BYTE text[] = "text", mac[64];
		CK_ULONG len = sizeof(mac);

		assert_int_equal(make_key(kinds[i].maker, 0, &key), CKR_OK);
		assert_int_equal(p11_ulong(key, CKA_VALUE_LEN), kinds[i].len);
		assert_int_equal(p11_ulong(key, CKA_KEY_GEN_MECHANISM), kinds[i].maker);
		assert_int_equal(p11_make(&m, key, text, sizeof(text), mac, &len), CKR_OK);
		assert_int_equal(p11_check(&m, key, text, sizeof(text), mac, len), CKR_OK);
		assert_int_equal(C_SignInit(session, &other, key), CKR_KEY_TYPE_INCONSISTENT);
		assert_int_equal(C_DestroyObject(session, key), CKR_OK);
	}
	assert_int_equal(make_key(CKM_SHA256_KEY_GEN, 13, &key), CKR_KEY_SIZE_RANGE);
	assert_int_equal(make_key(CKM_SHA256_KEY_GEN, 129, &key), CKR_KEY_SIZE_RANGE);
	assert_int_equal(make_key(CKM_SHA224_KEY_GEN, 28, &key), CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(make_key(CKM_GENERIC_SECRET_KEY_GEN, 32, &key), CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(make_key(CKM_AES_KEY_GEN, 0, &key), CKR_TEMPLATE_INCOMPLETE);
}

/* The card itself would decrypt CTR with a key that may encrypt: it is the same. */
static void a_key_that_may_only_encrypt_does_not_decrypt(void **state)
{
	CK_BBOOL no = CK_FALSE;
	CK_ATTRIBUTE no_decrypt = {CKA_DECRYPT, &no, 1};
	CK_AES_CTR_PARAMS p = {128, {0}};
	CK_MECHANISM ctr = {CKM_AES_CTR, &p, sizeof(p)};
	CK_OBJECT_HANDLE key;

	(void)state;
	assert_int_equal(bring(CKK_AES, KEY_128, &no_decrypt, &key), CKR_OK);
	assert_int_equal(truth(key, CKA_DECRYPT), CK_FALSE);
	assert_int_equal(truth(key, CKA_ENCRYPT), CK_TRUE);
	assert_int_equal(C_DecryptInit(session, &ctr, key), CKR_KEY_FUNCTION_NOT_PERMITTED);
	assert_int_equal(C_EncryptInit(session, &ctr, key), CKR_OK);
	assert_int_equal(C_EncryptInit(session, NULL, 0), CKR_OK);
	assert_int_equal(C_DestroyObject(session, key), CKR_OK);
}

static void it_wraps_and_unwraps_but_does_not_leave(void **state)
{
	CK_OBJECT_HANDLE card = brought(CKK_AES, KEY_128),
			 key = p11_key(CKK_AES, "000102030405060708090a0b0c0d0e0f"), come;
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_AES;
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE template[] = {
	    {CKA_CLASS, &class, sizeof(class)}, {CKA_KEY_TYPE, &type, sizeof(type)}, {CKA_TOKEN, &yes, 1}};
	CK_BYTE iv[16] = {3}, wrapped[64], value[32];
	CK_MECHANISM pad = {CKM_AES_CBC_PAD, iv, 16}, kw = {CKM_AES_KEY_WRAP, NULL, 0};
	CK_ATTRIBUTE got = {CKA_VALUE, value, sizeof(value)};
	CK_ULONG len = sizeof(wrapped);

	(void)state;
	assert_int_equal(C_WrapKey(session, &pad, key, card, wrapped, &len), CKR_KEY_UNEXTRACTABLE);
	assert_int_equal(C_WrapKey(session, &kw, card, key, wrapped, &len), CKR_KEY_FUNCTION_NOT_PERMITTED);
	assert_int_equal(C_WrapKey(session, &pad, card, key, wrapped, &len), CKR_OK);
	assert_int_equal(C_UnwrapKey(session, &pad, card, wrapped, len, template, 2, &come), CKR_OK);
	assert_int_equal(C_GetAttributeValue(session, come, &got, 1), CKR_OK);
	assert_bytes(value, got.ulValueLen, "000102030405060708090a0b0c0d0e0f");
	/* Onto the card. */
	assert_int_equal(C_UnwrapKey(session, &pad, card, wrapped, len, template, 3, &come), CKR_OK);
	assert_int_equal(truth(come, CKA_TOKEN), CK_TRUE);
	assert_int_equal(p11_ulong(come, CKA_VALUE_LEN), 16);
	assert_int_equal(C_DestroyObject(session, come), CKR_OK);
	assert_int_equal(C_DestroyObject(session, card), CKR_OK);
}

static void what_the_card_would_not_keep_is_refused(void **state)
{
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_DATE date = {{'2', '0', '2', '6'}, {'0', '1'}, {'0', '1'}};
	CK_BYTE id[65] = {1};
	CK_ATTRIBUTE extractable = {CKA_EXTRACTABLE, &yes, 1}, open = {CKA_SENSITIVE, &no, 1},
		     dated = {CKA_START_DATE, &date, sizeof(date)};
	CK_ATTRIBUTE set = {CKA_ID, id, sizeof(id)}, encrypt = {CKA_ENCRYPT, &no, 1};
	CK_OBJECT_HANDLE key;
	CK_SESSION_HANDLE rw = session;

	(void)state;
	assert_int_equal(bring(CKK_AES, KEY_128, &extractable, &key), CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(bring(CKK_AES, KEY_128, &open, &key), CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(bring(CKK_AES, KEY_128, &dated, &key), CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(bring(CKK_GENERIC_SECRET, KEY_128, NULL, &key), CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(bring(CKK_SHA256_HMAC, "00", NULL, &key), CKR_ATTRIBUTE_VALUE_INVALID);
	assert_int_equal(C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &session), CKR_OK);
	assert_int_equal(bring(CKK_AES, KEY_128, NULL, &key), CKR_SESSION_READ_ONLY);
	assert_int_equal(C_CloseSession(session), CKR_OK);
	session = rw;
	key = brought(CKK_AES, KEY_128);
	assert_int_equal(C_SetAttributeValue(session, key, &set, 1), CKR_ATTRIBUTE_VALUE_INVALID);
	assert_int_equal(C_SetAttributeValue(session, key, &encrypt, 1), CKR_ATTRIBUTE_READ_ONLY);
	assert_int_equal(C_DestroyObject(session, key), CKR_OK);
}

static void a_key_that_is_not_private_works_without_a_login(void **state)
{
	CK_BBOOL no = CK_FALSE;
	CK_ATTRIBUTE public = {CKA_PRIVATE, &no, 1};
	CK_MECHANISM m = {CKM_SHA256_HMAC, NULL, 0};
	CK_OBJECT_HANDLE open, closed = brought(CKK_SHA256_HMAC, HMAC_KEY), found = 0;
	CK_BYTE text[] = {'H', 'i', ' ', 'T', 'h', 'e', 'r', 'e'}, mac[32];
	CK_ULONG len = sizeof(mac), n = 0;

	(void)state;
	assert_int_equal(bring(CKK_SHA256_HMAC, HMAC_KEY, &public, &open), CKR_OK);
	assert_int_equal(C_Logout(session), CKR_OK);
	assert_int_equal(search(&n, &found), CKR_OK);
	assert_int_equal(n, 1);
	assert_int_equal(found, open);
	assert_int_equal(p11_make(&m, open, text, sizeof(text), mac, &len), CKR_OK);
	assert_bytes(mac, len, macs[1].mac);
	assert_int_equal(p11_make(&m, closed, text, sizeof(text), mac, &len), CKR_KEY_HANDLE_INVALID);
	assert_int_equal(p11_login(session, CKU_USER, P11_USER_PIN), CKR_OK);
	assert_int_equal(C_DestroyObject(session, open), CKR_OK);
	assert_int_equal(C_DestroyObject(session, closed), CKR_OK);
}

/* Of the value as memory has it too: a key of another value is not the one that was meant. */
static void a_check_value_is_right_and_kept_or_refused(void **state)
{
	CK_BYTE right[] = {0xC6, 0xA1, 0x3B}, wrong[] = {0xC6, 0xA1, 0x3C}, got[8];
	CK_BBOOL yes = CK_TRUE;
	CK_ULONG len = 16, n = 0;
	CK_ATTRIBUTE said = {CKA_CHECK_VALUE, right, 3}, read = {CKA_CHECK_VALUE, got, sizeof(got)};
	CK_ATTRIBUTE generate[] = {{CKA_TOKEN, &yes, 1}, {CKA_VALUE_LEN, &len, sizeof(len)}, said};
	CK_MECHANISM m = {CKM_AES_KEY_GEN, NULL, 0};
	CK_OBJECT_HANDLE key;

	(void)state;
	assert_int_equal(bring(CKK_AES, "000102030405060708090a0b0c0d0e0f", &said, &key), CKR_OK);
	assert_int_equal(C_GetAttributeValue(session, key, &read, 1), CKR_OK);
	assert_bytes(got, read.ulValueLen, "c6a13b");
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	assert_int_equal(p11_begin(&transport_card, &session), CKR_OK);
	assert_int_equal(p11_login(session, CKU_USER, P11_USER_PIN), CKR_OK);
	assert_int_equal(search(&n, &key), CKR_OK);
	assert_int_equal(n, 1);
	read.ulValueLen = sizeof(got);
	assert_int_equal(C_GetAttributeValue(session, key, &read, 1), CKR_OK);
	assert_bytes(got, read.ulValueLen, "c6a13b");
	assert_int_equal(C_DestroyObject(session, key), CKR_OK);
	said.pValue = wrong;
	assert_int_equal(bring(CKK_AES, "000102030405060708090a0b0c0d0e0f", &said, &key),
			 CKR_ATTRIBUTE_VALUE_INVALID);
	said = (CK_ATTRIBUTE){CKA_CHECK_VALUE, right, 2};
	assert_int_equal(bring(CKK_AES, "000102030405060708090a0b0c0d0e0f", &said, &key),
			 CKR_ATTRIBUTE_VALUE_INVALID);
	/* Nobody knows that of a key that is not made yet. */
	assert_int_equal(C_GenerateKey(session, &m, generate, 3, &key), CKR_ATTRIBUTE_VALUE_INVALID);
	said = (CK_ATTRIBUTE){CKA_CHECK_VALUE, NULL, 0};
	assert_int_equal(bring(CKK_AES, "000102030405060708090a0b0c0d0e0f", &said, &key), CKR_OK);
	assert_int_equal(C_DestroyObject(session, key), CKR_OK);
	assert_int_equal(search(&n, &key), CKR_OK);
	assert_int_equal(n, 0);
}

static void the_card_is_full_after_thirty_two(void **state)
{
	CK_OBJECT_HANDLE keys[33];

	(void)state;
	for (size_t i = 0; i < 32; i++)
		assert_int_equal(make_key(CKM_AES_KEY_GEN, 16, &keys[i]), CKR_OK);
	assert_int_equal(make_key(CKM_AES_KEY_GEN, 16, &keys[32]), CKR_DEVICE_MEMORY);
	for (size_t i = 0; i < 32; i++)
		assert_int_equal(C_DestroyObject(session, keys[i]), CKR_OK);
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(a_key_is_an_object_of_the_token_until_it_is_destroyed),
	    TEST(the_card_encrypts_as_memory_does_however_long_the_text),
	    TEST(gcm_on_the_card_is_one_command_long_and_authentic),
	    TEST(what_wraps_is_what_encrypts_or_is_refused),
	    TEST(messages_are_sealed_by_the_card),
	    TEST(the_card_makes_and_checks_macs),
	    TEST(the_mac_of_nothing_is_that_of_the_standards),
	    TEST(each_hash_has_its_own_kind_of_key),
	    TEST(a_key_that_may_only_encrypt_does_not_decrypt),
	    TEST(it_wraps_and_unwraps_but_does_not_leave),
	    TEST(what_the_card_would_not_keep_is_refused),
	    TEST(a_key_that_is_not_private_works_without_a_login),
	    TEST(a_check_value_is_right_and_kept_or_refused),
	    TEST(the_card_is_full_after_thirty_two),
	};

	return cmocka_run_group_tests_name("pkcs11_card_secret", tests, p11_session_make, p11_session_end);
}
