/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C_UnwrapKey of private keys (PKCS #11 v3.2, 5.18.3, 6.7): what libcrypto writes as PKCS #8 and a session's
 * key has encrypted is a key of the card, whose public half is libcrypto's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "pkcs11/pkcs8.h"
#include "tests/lib/transport_card.h"
#include "tests/unit/pkcs11_session.h"

#define KEK "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
static CK_BYTE iv[16] = {1};

struct wrapped {
	EVP_PKEY *key; /* owned */
	CK_BYTE plain[8192], at[8192];
	CK_ULONG plain_len, len;
};

static void wrapped_free(struct wrapped *w)
{
	EVP_PKEY_free(w->key);
	w->key = NULL;
}

/* A new key, as PKCS #8. False where this libcrypto has no such keys. */
static bool make(const char *type, const char *group, struct wrapped *w)
{
	PKCS8_PRIV_KEY_INFO *info;
	unsigned char *out = w->plain;

	w->key = strcmp(type, "RSA") == 0 ? EVP_PKEY_Q_keygen(NULL, NULL, type, (size_t)2048)
		 : group != NULL	  ? EVP_PKEY_Q_keygen(NULL, NULL, type, group)
					  : EVP_PKEY_Q_keygen(NULL, NULL, type);
	if (w->key == NULL)
		return false;
	info = EVP_PKEY2PKCS8(w->key);
	assert_non_null(info);
	w->plain_len = (CK_ULONG)i2d_PKCS8_PRIV_KEY_INFO(info, NULL);
	assert_in_range(w->plain_len, 1, sizeof(w->plain));
	(void)i2d_PKCS8_PRIV_KEY_INFO(info, &out);
	PKCS8_PRIV_KEY_INFO_free(info);
	return true;
}

static void encrypt(CK_MECHANISM *m, CK_OBJECT_HANDLE key, struct wrapped *w)
{
	w->len = sizeof(w->at);
	assert_int_equal(C_EncryptInit(p11_session, m, key), CKR_OK);
	assert_int_equal(C_Encrypt(p11_session, w->plain, w->plain_len, w->at, &w->len), CKR_OK);
}

/* With up to two more attributes. */
static CK_RV unwrap(CK_MECHANISM *m, CK_OBJECT_HANDLE key, struct wrapped *w, const CK_ATTRIBUTE *more,
		    CK_ULONG count, CK_OBJECT_HANDLE *out)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE template[4] = {{CKA_CLASS, &class, sizeof(class)}, {CKA_TOKEN, &yes, 1}};

	assert_true(count <= 2);
	for (CK_ULONG i = 0; i < count; i++)
		template[2 + i] = more[i];
	return C_UnwrapKey(p11_session, m, key, w->at, w->len, template, 2 + count, out);
}

static void assert_same_public(CK_OBJECT_HANDLE object, EVP_PKEY *key)
{
	EVP_PKEY *own = p11_public(object);

	assert_int_equal(EVP_PKEY_eq(own, key), 1);
	EVP_PKEY_free(own);
}

static void keys_of_every_kind_come_onto_the_card(void **state)
{
	static const struct {
		const char *type, *group;
		CK_KEY_TYPE key_type;
	} kinds[] = {
	    {"RSA", NULL, CKK_RSA},
	    {"EC", "P-256", CKK_EC},
	    {"EC", "P-384", CKK_EC},
	    {"EC", "P-521", CKK_EC},
	    {"ED25519", NULL, CKK_EC_EDWARDS},
	    {"X25519", NULL, CKK_EC_MONTGOMERY},
	    {"ML-DSA-44", NULL, CKK_ML_DSA},
	    {"ML-KEM-768", NULL, CKK_ML_KEM},
	};
	CK_MECHANISM m = {CKM_AES_KEY_WRAP_KWP, NULL, 0};
	CK_OBJECT_HANDLE kek = p11_key(CKK_AES, KEK), made;
	struct wrapped w;

	(void)state;
	for (size_t i = 0; i < COUNT(kinds); i++) {
		if (!make(kinds[i].type, kinds[i].group, &w)) {
			print_message("# no %s: this libcrypto does not have it\n", kinds[i].type);
			continue;
		}
		encrypt(&m, kek, &w);
		assert_int_equal(unwrap(&m, kek, &w, NULL, 0, &made), CKR_OK);
		assert_int_equal(p11_ulong(made, CKA_KEY_TYPE), kinds[i].key_type);
		assert_same_public(made, w.key);
		assert_int_equal(C_DestroyObject(p11_session, made), CKR_OK);
		wrapped_free(&w);
	}
}

static CK_BBOOL truth(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type)
{
	CK_BBOOL value = 2;
	CK_ATTRIBUTE a = {type, &value, 1};

	assert_int_equal(C_GetAttributeValue(p11_session, object, &a, 1), CKR_OK);
	return value;
}

static void it_signs_and_is_what_its_template_says(void **state)
{
	CK_MECHANISM m = {CKM_AES_CBC_PAD, iv, sizeof(iv)};
	CK_OBJECT_HANDLE kek = p11_key(CKK_AES, KEK), made;
	CK_BYTE id[] = "unwrapped", signature[64];
	CK_ATTRIBUTE more[] = {{CKA_ID, id, 9}, {CKA_DERIVE, &no, 1}};
	struct wrapped w;
	CK_ULONG n = 0;

	(void)state;
	assert_true(make("EC", "P-256", &w));
	encrypt(&m, kek, &w);
	assert_int_equal(unwrap(&m, kek, &w, more, 2, &made), CKR_OK);
	assert_int_equal(p11_sign(p11_session, made, signature), CKR_OK);
	assert_int_equal(p11_find(p11_session, CKO_PUBLIC_KEY, 0, &n, &made), CKR_OK);
	assert_int_equal(unwrap(&m, kek, &w, more, 2, &made),
			 CKR_TEMPLATE_INCONSISTENT); /* the ID is in use */
	more[0] = (CK_ATTRIBUTE){CKA_LABEL, id, 9};
	assert_int_equal(unwrap(&m, kek, &w, more, 2, &made), CKR_OK);
	assert_int_equal(truth(made, CKA_DERIVE), CK_FALSE);
	assert_int_equal(truth(made, CKA_LOCAL), CK_FALSE);
	assert_int_equal(truth(made, CKA_ALWAYS_SENSITIVE), CK_FALSE);
	assert_int_equal(truth(made, CKA_SENSITIVE), CK_TRUE);
	assert_int_equal(truth(made, CKA_EXTRACTABLE), CK_FALSE);
	wrapped_free(&w);
}

/* CBC without padding fills the last block with zeros (6.13.5). */
static void zeros_that_fill_a_block_are_no_part_of_it(void **state)
{
	CK_MECHANISM m = {CKM_AES_CBC, iv, sizeof(iv)};
	CK_OBJECT_HANDLE kek = p11_key(CKK_AES, KEK), made;
	struct wrapped w;

	(void)state;
	assert_true(make("EC", "P-256", &w));
	assert_true(w.plain_len % 16 != 0);
	memset(w.plain + w.plain_len, 0, 32);
	w.plain_len = (w.plain_len + 15) / 16 * 16;
	encrypt(&m, kek, &w);
	assert_int_equal(unwrap(&m, kek, &w, NULL, 0, &made), CKR_OK);
	assert_same_public(made, w.key);
	w.plain_len += 16;
	encrypt(&m, kek, &w);
	assert_int_equal(unwrap(&m, kek, &w, NULL, 0, &made), CKR_WRAPPED_KEY_INVALID);
	wrapped_free(&w);
}

static void authenticated_ones_are_opened_with_what_they_were_sealed_with(void **state)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)}, {CKA_TOKEN, &yes, 1}};
	CK_BYTE nonce[12] = {7}, aad[] = "to Ada", tag[16];
	CK_GCM_PARAMS gcm = {nonce, sizeof(nonce), 96, aad, 6, 128};
	CK_GCM_MESSAGE_PARAMS params = {nonce, sizeof(nonce), 0, CKG_NO_GENERATE, tag, 128};
	CK_MECHANISM seals = {CKM_AES_GCM, &gcm, sizeof(gcm)}, opens = {CKM_AES_GCM, &params, sizeof(params)};
	CK_OBJECT_HANDLE kek = p11_key(CKK_AES, KEK), made;
	struct wrapped w;

	(void)state;
	assert_true(make("ED25519", NULL, &w));
	encrypt(&seals, kek, &w);
	w.len -= 16;
	memcpy(tag, w.at + w.len, 16);
	assert_int_equal(
	    C_UnwrapKeyAuthenticated(p11_session, &opens, kek, w.at, w.len, template, 2, aad, 5, &made),
	    CKR_WRAPPED_KEY_INVALID);
	assert_int_equal(
	    C_UnwrapKeyAuthenticated(p11_session, &opens, kek, w.at, w.len, template, 2, aad, 6, &made),
	    CKR_OK);
	assert_same_public(made, w.key);
	wrapped_free(&w);
}

/* A key of the card's opens it: nothing in this process can. */
static void keys_of_the_card_open_keys_for_the_card(void **state)
{
	CK_MECHANISM cbc = {CKM_AES_CBC_PAD, iv, sizeof(iv)};
	CK_RSA_PKCS_OAEP_PARAMS params = {CKM_SHA256, CKG_MGF1_SHA256, CKZ_DATA_SPECIFIED, NULL, 0};
	CK_MECHANISM oaep = {CKM_RSA_PKCS_OAEP, &params, sizeof(params)},
		     gen = {CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0};
	CK_ULONG bits = 2048;
	CK_ATTRIBUTE token = {CKA_TOKEN, &yes, 1}, modulus = {CKA_MODULUS_BITS, &bits, sizeof(bits)};
	CK_OBJECT_HANDLE kek, made;
	struct pair rsa;
	struct wrapped w;

	(void)state;
	assert_true(make("EC", "P-256", &w));
	assert_int_equal(p11_secret(CKK_AES, KEK, &token, &kek), CKR_OK);
	encrypt(&cbc, kek, &w);
	assert_int_equal(unwrap(&cbc, kek, &w, NULL, 0, &made), CKR_OK);
	assert_same_public(made, w.key);
	assert_int_equal(
	    C_GenerateKeyPair(p11_session, &gen, &modulus, 1, &token, 1, &rsa.public, &rsa.private), CKR_OK);
	encrypt(&oaep, rsa.public, &w);
	assert_int_equal(unwrap(&oaep, rsa.private, &w, NULL, 0, &made), CKR_OK);
	assert_same_public(made, w.key);
	wrapped_free(&w);
}

/* Keys longer than a modulus: OAEP of an AES key, and behind it what that wraps. */
static void an_rsa_key_opens_keys_of_any_length(void **state)
{
	CK_RSA_PKCS_OAEP_PARAMS params = {CKM_SHA256, CKG_MGF1_SHA256, CKZ_DATA_SPECIFIED, NULL, 0};
	CK_RSA_AES_KEY_WRAP_PARAMS both = {256, &params};
	CK_MECHANISM oaep = {CKM_RSA_PKCS_OAEP, &params, sizeof(params)},
		     kwp = {CKM_AES_KEY_WRAP_KWP, NULL, 0}, m = {CKM_RSA_AES_KEY_WRAP, &both, sizeof(both)},
		     gen = {CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0};
	CK_ULONG bits = 2048, len = 256;
	CK_ATTRIBUTE token = {CKA_TOKEN, &yes, 1}, modulus = {CKA_MODULUS_BITS, &bits, sizeof(bits)};
	CK_OBJECT_HANDLE kek = p11_key(CKK_AES, KEK), made;
	struct bytes aes = hex(KEK);
	struct pair rsa;
	struct wrapped w;

	(void)state;
	assert_int_equal(
	    C_GenerateKeyPair(p11_session, &gen, &modulus, 1, &token, 1, &rsa.public, &rsa.private), CKR_OK);
	assert_true(make("RSA", NULL, &w));
	encrypt(&kwp, kek, &w);
	assert_true(w.len > 256);
	memmove(w.at + 256, w.at, w.len);
	assert_int_equal(C_EncryptInit(p11_session, &oaep, rsa.public), CKR_OK);
	assert_int_equal(C_Encrypt(p11_session, aes.at, aes.len, w.at, &len), CKR_OK);
	w.len += 256;
	both.ulAESKeyBits = 128;
	assert_int_equal(unwrap(&m, rsa.private, &w, NULL, 0, &made), CKR_WRAPPED_KEY_INVALID);
	both.ulAESKeyBits = 255;
	assert_int_equal(unwrap(&m, rsa.private, &w, NULL, 0, &made), CKR_MECHANISM_PARAM_INVALID);
	both.ulAESKeyBits = 256;
	assert_int_equal(unwrap(&m, rsa.private, &w, NULL, 0, &made), CKR_OK);
	assert_same_public(made, w.key);
	assert_int_equal(C_DestroyObject(p11_session, made), CKR_OK);
	w.at[w.len - 1] ^= 1;
	assert_int_equal(unwrap(&m, rsa.private, &w, NULL, 0, &made), CKR_WRAPPED_KEY_INVALID);
	w.len = 256;
	assert_int_equal(unwrap(&m, rsa.private, &w, NULL, 0, &made), CKR_WRAPPED_KEY_LEN_RANGE);
	assert_int_equal(C_DecryptInit(p11_session, &m, rsa.private), CKR_MECHANISM_INVALID);
	wrapped_free(&w);
}

static void what_is_wrapped_over_a_key_in_between_comes_back(void **state)
{
	CK_RSA_PKCS_OAEP_PARAMS params = {CKM_SHA_1, CKG_MGF1_SHA1, CKZ_DATA_SPECIFIED, NULL, 0};
	CK_RSA_AES_KEY_WRAP_PARAMS both = {192, &params};
	CK_MECHANISM m = {CKM_RSA_AES_KEY_WRAP, &both, sizeof(both)},
		     gen = {CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0};
	CK_ULONG bits = 2048, len = 0;
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_GENERIC_SECRET;
	CK_BYTE out[512], value[64];
	CK_ATTRIBUTE token = {CKA_TOKEN, &yes, 1}, modulus = {CKA_MODULUS_BITS, &bits, sizeof(bits)};
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)}, {CKA_KEY_TYPE, &type, sizeof(type)}};
	CK_ATTRIBUTE got = {CKA_VALUE, value, sizeof(value)};
	CK_OBJECT_HANDLE key = p11_key(CKK_GENERIC_SECRET, "00010203040506070809"), made;
	struct pair rsa;

	(void)state;
	assert_int_equal(
	    C_GenerateKeyPair(p11_session, &gen, &modulus, 1, &token, 1, &rsa.public, &rsa.private), CKR_OK);
	assert_int_equal(C_WrapKey(p11_session, &m, rsa.public, key, NULL, &len), CKR_OK);
	assert_int_equal(len, 256 + 24);
	assert_int_equal(C_WrapKey(p11_session, &m, rsa.public, key, out, &len), CKR_OK);
	assert_int_equal(len, 256 + 24);
	assert_int_equal(C_UnwrapKey(p11_session, &m, rsa.private, out, len, template, 2, &made), CKR_OK);
	assert_int_equal(C_GetAttributeValue(p11_session, made, &got, 1), CKR_OK);
	assert_bytes(value, got.ulValueLen, "00010203040506070809");
}

static void templates_that_do_not_fit_are_refused(void **state)
{
	CK_BYTE value[32] = {1};
	CK_MECHANISM m = {CKM_AES_KEY_WRAP_KWP, NULL, 0};
	CK_OBJECT_HANDLE kek = p11_key(CKK_AES, KEK), other, made;
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE bare = {CKA_CLASS, &class, sizeof(class)};
	CK_ATTRIBUTE wrong[] = {
	    {CKA_VALUE, value, sizeof(value)}, {CKA_EXTRACTABLE, &yes, 1}, {CKA_SENSITIVE, &no, 1}};
	CK_BBOOL local = CK_TRUE;
	CK_ATTRIBUTE made_here = {CKA_LOCAL, &local, 1};
	struct wrapped w;

	(void)state;
	assert_true(make("EC", "P-256", &w));
	encrypt(&m, kek, &w);
	for (size_t i = 0; i < COUNT(wrong); i++)
		assert_int_equal(unwrap(&m, kek, &w, &wrong[i], 1, &made), CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(unwrap(&m, kek, &w, &made_here, 1, &made), CKR_ATTRIBUTE_READ_ONLY);
	assert_int_equal(C_UnwrapKey(p11_session, &m, kek, w.at, w.len, &bare, 1, &made),
			 CKR_TEMPLATE_INCONSISTENT);
	other = p11_key(CKK_AES, "ff0102030405060708090a0b0c0d0e0f");
	assert_int_equal(unwrap(&m, other, &w, NULL, 0, &made), CKR_WRAPPED_KEY_INVALID);
	wrapped_free(&w);
}

/* Who changes what is wrapped, and watches what is told, learns nothing of what was decrypted: one code,
 * however far it came. */
static void an_unwrap_does_not_tell_why_it_failed(void **state)
{
	static CK_OBJECT_CLASS secret = CKO_SECRET_KEY;
	static CK_KEY_TYPE aes = CKK_AES, rsa = CKK_RSA;
	static const CK_BYTE lengths[] = {1, 15, 17, 31, 33, 48};
	CK_MECHANISM m = {CKM_AES_CBC_PAD, iv, sizeof(iv)};
	CK_ULONG len = 32;
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &secret, sizeof(secret)},
				   {CKA_KEY_TYPE, &aes, sizeof(aes)},
				   {CKA_VALUE_LEN, &len, sizeof(len)}};
	CK_ATTRIBUTE other = {CKA_KEY_TYPE, &rsa, sizeof(rsa)};
	CK_OBJECT_HANDLE kek = p11_key(CKK_AES, KEK), made;
	struct wrapped w = {.plain = {1}};

	(void)state;
	for (size_t i = 0; i < COUNT(lengths); i++) {
		w.plain_len = lengths[i];
		encrypt(&m, kek, &w);
		assert_int_equal(C_UnwrapKey(p11_session, &m, kek, w.at, w.len, template, 2, &made),
				 CKR_WRAPPED_KEY_INVALID); /* no AES key is so long */
		assert_int_equal(unwrap(&m, kek, &w, NULL, 0, &made), CKR_WRAPPED_KEY_INVALID);
		w.at[w.len - 1] ^= 1; /* no padding either */
		assert_int_equal(C_UnwrapKey(p11_session, &m, kek, w.at, w.len, template, 2, &made),
				 CKR_WRAPPED_KEY_INVALID);
		assert_int_equal(unwrap(&m, kek, &w, NULL, 0, &made), CKR_WRAPPED_KEY_INVALID);
	}
	w.plain_len = 16;
	encrypt(&m, kek, &w);
	assert_int_equal(C_UnwrapKey(p11_session, &m, kek, w.at, w.len, template, 3, &made),
			 CKR_WRAPPED_KEY_INVALID); /* 32 were asked for */
	assert_int_equal(C_UnwrapKey(p11_session, &m, kek, w.at, w.len, template, 2, &made), CKR_OK);
	assert_true(make("EC", "P-256", &w));
	encrypt(&m, kek, &w);
	assert_int_equal(unwrap(&m, kek, &w, &other, 1, &made),
			 CKR_WRAPPED_KEY_INVALID); /* it is another kind */
	wrapped_free(&w);
}

static CK_RV unwrap_aes(CK_OBJECT_HANDLE kek, struct wrapped *w, CK_ATTRIBUTE more, CK_BBOOL *on_token)
{
	CK_OBJECT_CLASS secret = CKO_SECRET_KEY;
	CK_KEY_TYPE aes = CKK_AES;
	CK_MECHANISM m = {CKM_AES_CBC_PAD, iv, sizeof(iv)};
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &secret, sizeof(secret)},
				   {CKA_KEY_TYPE, &aes, sizeof(aes)},
				   {CKA_TOKEN, on_token, 1},
				   more};
	CK_OBJECT_HANDLE made;

	return C_UnwrapKey(p11_session, &m, kek, w->at, w->len, template, 4, &made);
}

/* The first is padded as it should be, the second is not. */
static void assert_told_alike(CK_OBJECT_HANDLE kek, CK_ATTRIBUTE more, CK_RV rv)
{
	CK_MECHANISM m = {CKM_AES_CBC_PAD, iv, sizeof(iv)};
	struct wrapped w = {.plain = {1}, .plain_len = 16};

	encrypt(&m, kek, &w);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(unwrap_aes(kek, &w, more, &no), rv);
		assert_int_equal(unwrap_aes(kek, &w, more, &yes), rv);
		w.at[w.len - 1] ^= 1;
	}
}

static void a_check_value_that_is_wrong_tells_nothing(void **state)
{
	CK_BYTE wrong[] = {1, 2, 3}, right[] = {0, 0, 0};
	CK_ATTRIBUTE none = {CKA_CHECK_VALUE, right, 0};
	CK_MECHANISM m = {CKM_AES_CBC_PAD, iv, sizeof(iv)};
	CK_OBJECT_HANDLE kek = p11_key(CKK_AES, KEK);
	struct wrapped w = {.plain = {1}, .plain_len = 16};

	(void)state;
	assert_told_alike(kek, (CK_ATTRIBUTE){CKA_CHECK_VALUE, wrong, 3}, CKR_WRAPPED_KEY_INVALID);
	encrypt(&m, kek, &w);
	assert_int_equal(unwrap_aes(kek, &w, none, &no), CKR_OK);
	assert_int_equal(unwrap_aes(kek, &w, none, &yes), CKR_OK);
}

static void who_may_not_keep_a_key_is_told_so_whatever_is_wrapped(void **state)
{
	CK_OBJECT_HANDLE kek;

	(void)state;
	assert_int_equal(C_Logout(p11_session), CKR_OK);
	kek = p11_key(CKK_AES, KEK);
	assert_told_alike(kek, (CK_ATTRIBUTE){CKA_PRIVATE, &yes, 1}, CKR_USER_NOT_LOGGED_IN);
}

/* What the template alone forbids is told whatever is wrapped, and no key is used to find it out. */
static void a_template_that_cannot_be_is_refused_before_anything_is_decrypted(void **state)
{
	static CK_OBJECT_CLASS secret = CKO_SECRET_KEY, private = CKO_PRIVATE_KEY;
	static CK_KEY_TYPE aes = CKK_AES, des = CKK_DES3;
	static CK_ULONG odd = 17, bits = 2048;
	static CK_BYTE label[] = {0xFF}, text[CSGN_ATTRIBUTE_TEXT_MAX + 1], long_name[260];
	static CK_DATE date = {{'2', '0', '2', '6'}, {'0', '1'}, {'0', '1'}};
	static const struct {
		CK_OBJECT_CLASS *class;
		CK_ATTRIBUTE more;
		CK_RV rv;
	} cases[] = {
	    {&secret, {CKA_LOCAL, &no, 1}, CKR_ATTRIBUTE_READ_ONLY},
	    {&secret, {CKA_TRUSTED, &yes, 1}, CKR_ATTRIBUTE_READ_ONLY},
	    {&secret, {CKA_VALUE, label, 1}, CKR_TEMPLATE_INCONSISTENT},
	    {&secret, {CKA_VALUE_LEN, &odd, sizeof(odd)}, CKR_KEY_SIZE_RANGE},
	    {&secret, {CKA_KEY_TYPE, &des, sizeof(des)}, CKR_ATTRIBUTE_VALUE_INVALID},
	    {&secret, {CKA_START_DATE, &date, sizeof(date)}, CKR_TEMPLATE_INCONSISTENT},
	    {&secret, {CKA_EXTRACTABLE, &yes, 1}, CKR_TEMPLATE_INCONSISTENT},
	    {&secret, {CKA_LABEL, text, sizeof(text)}, CKR_ATTRIBUTE_VALUE_INVALID},
	    {&secret, {CKA_TOKEN, &yes, 1}, CKR_TEMPLATE_INCONSISTENT}, /* twice */
	    {&private, {CKA_TOKEN, &yes, 1}, CKR_TEMPLATE_INCONSISTENT},
	    {&private, {CKA_LABEL, text, sizeof(text)}, CKR_ATTRIBUTE_VALUE_INVALID},
	    {&private, {CKA_ID, text, sizeof(text)}, CKR_ATTRIBUTE_VALUE_INVALID},
	    {&private, {CKA_SUBJECT, long_name, sizeof(long_name)}, CKR_ATTRIBUTE_VALUE_INVALID},
	    {&private, {CKA_EXTRACTABLE, &yes, 1}, CKR_TEMPLATE_INCONSISTENT},
	    {&private, {CKA_LABEL, label, 1}, CKR_ATTRIBUTE_VALUE_INVALID},
	    {&private, {CKA_PRIME_1, label, 1}, CKR_TEMPLATE_INCONSISTENT},
	    {&private, {CKA_MODULUS_BITS, &bits, sizeof(bits)}, CKR_TEMPLATE_INCONSISTENT},
	    {&private, {CKA_EC_POINT, label, 1}, CKR_TEMPLATE_INCONSISTENT},
	    {&private, {CKA_LOCAL, &no, 1}, CKR_ATTRIBUTE_READ_ONLY},
	};
	CK_MECHANISM m = {CKM_AES_CBC_PAD, iv, sizeof(iv)};
	CK_ATTRIBUTE token = {CKA_TOKEN, &yes, 1};
	CK_BYTE wrapped[32] = {0};
	CK_OBJECT_HANDLE kek, made;
	unsigned commands;

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(long_name, "\x30\x82\x01\x00", 4);
	assert_int_equal(p11_secret(CKK_AES, KEK, &token, &kek), CKR_OK);
	commands = transport_card_commands();
	for (size_t i = 0; i < COUNT(cases); i++) {
		CK_ATTRIBUTE template[4] = {{CKA_CLASS, cases[i].class, sizeof(CK_OBJECT_CLASS)},
					    {CKA_TOKEN, &yes, 1},
					    cases[i].more};
		CK_ULONG count = 3;

		if (cases[i].class == &secret && cases[i].more.type != CKA_KEY_TYPE)
			template[count++] = (CK_ATTRIBUTE){CKA_KEY_TYPE, &aes, sizeof(aes)};
		assert_int_equal(
		    C_UnwrapKey(p11_session, &m, kek, wrapped, sizeof(wrapped), template, count, &made),
		    cases[i].rv);
	}
	assert_int_equal(transport_card_commands(), commands);
}

/* PKCS #1's padding, and the key that stands between in CKM_RSA_AES_KEY_WRAP (Bleichenbacher, Manger). */
static void an_rsa_key_is_no_oracle(void **state)
{
	static CK_OBJECT_CLASS secret = CKO_SECRET_KEY;
	static CK_KEY_TYPE aes = CKK_AES;
	CK_RSA_PKCS_OAEP_PARAMS params = {CKM_SHA256, CKG_MGF1_SHA256, CKZ_DATA_SPECIFIED, NULL, 0};
	CK_RSA_AES_KEY_WRAP_PARAMS both = {256, &params};
	CK_MECHANISM pkcs1 = {CKM_RSA_PKCS, NULL, 0}, oaep = {CKM_RSA_PKCS_OAEP, &params, sizeof(params)},
		     m = {CKM_RSA_AES_KEY_WRAP, &both, sizeof(both)},
		     gen = {CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0};
	CK_ULONG bits = 2048;
	CK_ATTRIBUTE token = {CKA_TOKEN, &yes, 1}, modulus = {CKA_MODULUS_BITS, &bits, sizeof(bits)};
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &secret, sizeof(secret)}, {CKA_KEY_TYPE, &aes, sizeof(aes)}};
	CK_OBJECT_HANDLE made;
	struct wrapped w = {.plain = {7}, .plain_len = 17};
	struct pair rsa;
	unsigned commands;

	(void)state;
	assert_int_equal(
	    C_GenerateKeyPair(p11_session, &gen, &modulus, 1, &token, 1, &rsa.public, &rsa.private), CKR_OK);
	encrypt(&pkcs1, rsa.public, &w);
	assert_int_equal(C_UnwrapKey(p11_session, &pkcs1, rsa.private, w.at, w.len, template, 2, &made),
			 CKR_WRAPPED_KEY_INVALID);
	encrypt(&oaep, rsa.public, &w);
	assert_int_equal(C_UnwrapKey(p11_session, &pkcs1, rsa.private, w.at, w.len, template, 2, &made),
			 CKR_WRAPPED_KEY_INVALID);
	/* A key in between that is too short, and none at all. */
	memset(w.at + w.len, 0, 24);
	w.len += 24;
	assert_int_equal(C_UnwrapKey(p11_session, &m, rsa.private, w.at, w.len, template, 2, &made),
			 CKR_WRAPPED_KEY_INVALID);
	w.at[0] = 0;
	w.at[7] ^= 1;
	assert_int_equal(C_UnwrapKey(p11_session, &m, rsa.private, w.at, w.len, template, 2, &made),
			 CKR_WRAPPED_KEY_INVALID);
	/* What is behind it and cannot be opened by any key costs no use of this one. */
	commands = transport_card_commands();
	for (CK_ULONG len = 256; len < 280; len += len == 256 ? 8 : 1) {
		if (len % 8 == 0 && len >= 272)
			continue;
		assert_int_equal(C_UnwrapKey(p11_session, &m, rsa.private, w.at, len, template, 2, &made),
				 CKR_WRAPPED_KEY_LEN_RANGE);
	}
	assert_int_equal(transport_card_commands(), commands);
}

static void a_key_that_is_no_pkcs8_is_refused(void **state)
{
	CK_MECHANISM m = {CKM_AES_KEY_WRAP_KWP, NULL, 0};
	CK_OBJECT_HANDLE kek = p11_key(CKK_AES, KEK), made;
	struct wrapped w;
	struct pkcs8 parsed;

	(void)state;
	assert_true(make("EC", "secp256k1", &w)); /* a curve that no card here has */
	encrypt(&m, kek, &w);
	assert_int_equal(unwrap(&m, kek, &w, NULL, 0, &made), CKR_WRAPPED_KEY_INVALID);
	wrapped_free(&w);
	assert_true(make("X448", NULL, &w));
	encrypt(&m, kek, &w);
	assert_int_equal(unwrap(&m, kek, &w, NULL, 0, &made), CKR_WRAPPED_KEY_INVALID);
	wrapped_free(&w);
	/* No part of one is one; what is changed parses or does not, and is never read beyond its end. */
	assert_true(make("RSA", NULL, &w));
	for (CK_ULONG len = 0; len < w.plain_len; len++) {
		CK_BYTE *exact = test_malloc(len + 1);

		memcpy(exact, w.plain, len);
		assert_int_not_equal(pkcs8_parse(exact, len, true, &parsed), CS_OK);
		test_free(exact);
	}
	for (CK_ULONG at = 0; at < w.plain_len; at++) {
		w.plain[at] ^= 0x41;
		(void)!pkcs8_parse(w.plain, w.plain_len, false, &parsed);
		assert_true(parsed.count <= PKCS8_ATTRIBUTES);
		w.plain[at] ^= 0x41;
	}
	assert_int_equal(pkcs8_parse(w.plain, w.plain_len, false, &parsed), CS_OK);
	w.plain[w.plain_len] = 1;
	assert_int_not_equal(pkcs8_parse(w.plain, w.plain_len + 1, true, &parsed), CS_OK);
	wrapped_free(&w);
}

#define P256_ROOM 256u
/* 81: the curve's generator, as a public key. */
#define G_P256                                                                                               \
	"814200046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"                           \
	"4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"

/* A key of P-256: PrivateKeyInfo of 67 bytes, ECPrivateKey from the 28th on, with room for what stands behind
 * that. */
static void write_p256(CK_BYTE der[P256_ROOM], const char *behind, CK_ULONG *len)
{
	static const CK_BYTE head[] = {0x30, 0x41, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48,
				       0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03,
				       0x01, 0x07, 0x04, 0x27, 0x30, 0x25, 0x02, 0x01, 0x01, 0x04, 0x20};
	struct bytes more = hex(behind);

	memset(der, 7, P256_ROOM);
	memcpy(der, head, sizeof(head));
	memcpy(der + 67, more.at, more.len);
	*len = 67 + more.len;
	der[1] = (CK_BYTE)(*len - 2);
	if (*len - 2 < 0x80)
		return;
	memmove(der + 3, der + 2, *len - 2);
	der[2] = der[1];
	der[1] = 0x81;
	(*len)++;
}

static void what_no_key_of_its_kind_has_makes_it_none(void **state)
{
	static const struct {
		const char *behind;
		CK_ULONG at; /* 0: nothing is changed */
		CK_BYTE is;
		bool right;
	} cases[] = {
	    {"", 0, 0, true},
	    {"a000", 0, 0, true}, /* attributes */
	    {G_P256, 0, 0, true}, /* the public key */
	    {"a000" G_P256, 0, 0, true},
	    {"", 4, 1, true}, /* version 2, of those that have one */
	    {"", 4, 2, false},
	    {"", 4, 0x80, false},
	    {"", 32, 0, false}, /* of ECPrivateKey it is 1 */
	    {"", 32, 2, false},
	    {"a000a000", 0, 0, false}, /* twice */
	    {G_P256 G_P256, 0, 0, false},
	    {G_P256 "a000", 0, 0, false}, /* not in their order */
	    {"820100", 0, 0, false},	  /* what there is not */
	    {"0500", 0, 0, false},
	    {"a0", 0, 0, false},
	    {"", 33, 0x02, false}, /* a number where bytes should be */
	    {"", 34, 0x1F, false}, /* and too few of them */
	    {"", 27, 0x26, false},
	};
	struct pkcs8 parsed;
	CK_BYTE der[P256_ROOM];
	struct wrapped w;
	CK_ULONG len;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		write_p256(der, cases[i].behind, &len);
		if (cases[i].at > 0)
			der[cases[i].at] = cases[i].is;
		if ((pkcs8_parse(der, len, false, &parsed) == CS_OK) != cases[i].right)
			fail_msg("case %zu is %s", i, cases[i].right ? "refused" : "taken");
	}
	/* RSA's version 1 has more than two primes. */
	assert_true(make("RSA", NULL, &w));
	assert_int_equal(pkcs8_parse(w.plain, w.plain_len, false, &parsed), CS_OK);
	assert_memory_equal(w.plain + 30, "\x02\x01\x00\x02\x82", 5);
	w.plain[32] = 1;
	assert_int_not_equal(pkcs8_parse(w.plain, w.plain_len, false, &parsed), CS_OK);
	wrapped_free(&w);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, p11_session_make, p11_session_end)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(keys_of_every_kind_come_onto_the_card),
	    TEST(it_signs_and_is_what_its_template_says),
	    TEST(zeros_that_fill_a_block_are_no_part_of_it),
	    TEST(authenticated_ones_are_opened_with_what_they_were_sealed_with),
	    TEST(keys_of_the_card_open_keys_for_the_card),
	    TEST(an_rsa_key_opens_keys_of_any_length),
	    TEST(what_is_wrapped_over_a_key_in_between_comes_back),
	    TEST(templates_that_do_not_fit_are_refused),
	    TEST(an_unwrap_does_not_tell_why_it_failed),
	    TEST(a_check_value_that_is_wrong_tells_nothing),
	    TEST(who_may_not_keep_a_key_is_told_so_whatever_is_wrapped),
	    TEST(a_template_that_cannot_be_is_refused_before_anything_is_decrypted),
	    TEST(an_rsa_key_is_no_oracle),
	    TEST(a_key_that_is_no_pkcs8_is_refused),
	    TEST(what_no_key_of_its_kind_has_makes_it_none),
	};

	return cmocka_run_group_tests_name("pkcs11_unwrap", tests, NULL, NULL);
}
