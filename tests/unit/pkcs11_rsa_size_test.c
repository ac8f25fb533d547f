/* SPDX-License-Identifier: BSD-2-Clause
 *
 * RSA of 3072 and 4096 bits (pkcs11_rsa_test has 2048, pkcs11_rsa_small_test a card that has 1024); public
 * keys of 1024 bits, which a session may have; and that a mechanism's key sizes are those that can be made,
 * and no other.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/rsa.h>

#include "tests/lib/transport_card.h"
#include "tests/unit/pkcs11_rsa_try.h"

#define session p11_session

/* Primes are fixed, since those of 2048 bits are long in being found. */
static struct rsa_key sizes[] = {
    {3072,
     "f5ad359bff406cbd2bb29f1125d673638fd46eae1fec22bdb0263cd8b06179a7"
     "1458c8f376166f33acd768357e32bd2c42d8fe971f97690a04489c4c6a9d4764"
     "04367741fe7c22391aba7428ca9531aee2fad97ce5fcdcb4529638150c40e6d3"
     "e53cdce253eba8fedd0fc29260c8dff460df841080baac3ae874d3323df9872a"
     "a1d388ce435a655e258de6cb4a973f9a9742111f214a4efca99110da44af9511"
     "2658904a58a014530fb51082cdcc9a79571c3079ff3fa7c61ff87444dad41f6d",
     "cd97b6a461d91bd669b9add15eb4686d779d918e1e16f3b0f8b65622bb83d741"
     "6ac562313a34594746ff2a883412bf4d26d40d83c6665d6f4c88c8bdcf7f2146"
     "1a370655d5bbb3bb2792147d8274c79daf1c9d71efb35d23987602b0f82f1098"
     "23e68874b76c482664c6b6a0507ed048c53fc0b2a6e7942e90f6b68aef915c55"
     "c0d0c641e4439decc102ff58a2336befa35efc301db0aec8693bf33b04810f95"
     "e227bd1e95f0eb871048154488565274f4b4f1478249f8eff835f149b72c860b",
     NULL,
     {0, 0}},
    {4096,
     "dcfdcfeac50cbe6da3deb9135cc7d0f2a3b611ff74e1854b391441132a8b6024"
     "0792fc7e653c6bafb62accb8b32a80dff20194d0649692455bed596efd048194"
     "e91720f53afe99c43f84801ff14d1d4bc68c30414e77c56dac200099980203ff"
     "2387a3154ab92bb3d27fca24ec73bf70ede7e046d9fbf76b0a85a1b776b80fc1"
     "9d612849579b36b4c96dc9f0b6d94da70858cbccfd94c388dd53360d9ae2ba22"
     "537dd32176fed4b708133da8010a64b1ffc73711ac14354e9a2e1d43761f88c7"
     "a17defa965bffa88ac6e5257d7c6bf0352d4438bc3b49e47ea4e707af23e9d87"
     "f75d5e51ff56e5eea6ce33b6bce1b22262f68c397789c8936568d28190fb715b",
     "c06aa6afff2dd2665d6c0951707e9c22ce09012cdbfe42a408ac5c223fe85f24"
     "625097d60e1c8dfb20c50d212e5cb5d14e92f7d84857b598e938630d0f838cb7"
     "3beecfc670b2d6b957bb6fd399a1cfeceb274d7a9bf68a12a44b01dfc2ac9d4e"
     "c72b9b0e7193dfa3d567b1ee7bf595ef5425a51fd36a2fa7b199f2e0d26847d3"
     "7fef1c19c63e94825503807ff9ce2474ef4e4d4ce6d9c0ed86e8973aa7a85611"
     "a7f71efc55410147ac679c524bdb971af105f8cc1417abb844ff93d5fd821c7b"
     "074f6062be97baf9129172bd4cebf7bd06c296ac75303be3f23f68ea2459107b"
     "3025883d74cbe067cae734a1aa4e5843ff8a13de9d54491ad8f4cd8f5e669bd3",
     NULL,
     {0, 0}},
};

static CK_BYTE text[] = "what is signed with a key that was made";

static int make(void **state)
{
	if (p11_session_make(state) != 0)
		return -1;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		rsa_key_make(&sizes[i]);
		if (rsa_key_bring(&sizes[i]) != CKR_OK)
			return -1;
	}
	return 0;
}

static int end(void **state)
{
	for (size_t i = 0; i < COUNT(sizes); i++)
		EVP_PKEY_free(sizes[i].key);
	return p11_session_end(state);
}

#define EACH(size) for (struct rsa_key *size = sizes; (size) < sizes + COUNT(sizes); (size)++)

static void a_key_that_was_brought_is_told_as_it_is(void **state)
{
	(void)state;
	EACH(size)
	rsa_try_told(size);
}

static void pkcs1_signatures_are_libcryptos(void **state)
{
	(void)state;
	EACH(size)
	rsa_try_pkcs1(size);
}

static void what_is_padded_may_be_as_long_as_the_key_leaves_room_for(void **state)
{
	(void)state;
	EACH(size)
	rsa_try_longest(size);
}

static void pss_takes_each_salt_that_there_is_room_for(void **state)
{
	(void)state;
	EACH(size)
	rsa_try_pss(size);
}

static void numbers_are_signed_decrypted_and_recovered_as_they_stand(void **state)
{
	(void)state;
	EACH(size)
	rsa_try_numbers(size);
}

static void oaep_takes_each_digest_and_label(void **state)
{
	(void)state;
	EACH(size)
	assert_int_equal(rsa_try_oaep(size), 0);
}

static void keys_are_wrapped_and_unwrapped(void **state)
{
	(void)state;
	EACH(size)
	rsa_try_wrapping(size);
}

/* ---- sizes ---- */

static CK_RV generate(CK_ULONG bits, struct pair *pair)
{
	CK_BBOOL yes = CK_TRUE;
	CK_MECHANISM m = {CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0};
	CK_ATTRIBUTE public[] = {{CKA_MODULUS_BITS, &bits, sizeof(bits)}}, private[] = {{CKA_TOKEN, &yes, 1}};

	return C_GenerateKeyPair(session, &m, public, 1, private, 1, &pair->public, &pair->private);
}

static void each_mechanism_says_which_sizes_there_are(void **state)
{
	static CK_MECHANISM_TYPE list[256];
	CK_ULONG count = COUNT(list), seen = 0;
	CK_MECHANISM_INFO rsa, info;

	(void)state;
	assert_int_equal(C_GetMechanismInfo(0, CKM_RSA_PKCS, &rsa), CKR_OK);
	assert_int_equal(rsa.ulMinKeySize, 2048);
	assert_int_equal(rsa.ulMaxKeySize, sizes[COUNT(sizes) - 1].bits);
	assert_int_equal(C_GetMechanismList(0, list, &count), CKR_OK);
	for (CK_ULONG i = 0; i < count; i++) {
		/* RSA's numbers are these; between SHA-2's and SHA-3's are digests alone. */
		bool of_rsa = list[i] <= CKM_SHA1_RSA_PKCS_PSS || list[i] == CKM_RSA_AES_KEY_WRAP ||
			      (list[i] >= CKM_SHA256_RSA_PKCS && list[i] < CKM_SHA512_224) ||
			      (list[i] >= CKM_SHA3_256_RSA_PKCS && list[i] <= CKM_SHA3_224_RSA_PKCS_PSS);

		if (!of_rsa)
			continue;
		seen++;
		assert_int_equal(C_GetMechanismInfo(0, list[i], &info), CKR_OK);
		assert_int_equal(info.ulMinKeySize, rsa.ulMinKeySize);
		assert_int_equal(info.ulMaxKeySize, rsa.ulMaxKeySize);
	}
	assert_int_equal(seen, 24);
}

static void a_key_of_3072_bits_is_made_and_signs(void **state)
{
	CK_MECHANISM m = {CKM_SHA256_RSA_PKCS, NULL, 0};
	CK_BYTE signature[K_MAX];
	CK_ULONG len = sizeof(signature);
	struct pair pair;

	(void)state;
	assert_int_equal(generate(3072, &pair), CKR_OK);
	assert_int_equal(p11_ulong(pair.public, CKA_MODULUS_BITS), 3072);
	assert_int_equal(p11_ulong(pair.private, CKA_KEY_GEN_MECHANISM), CKM_RSA_PKCS_KEY_PAIR_GEN);
	assert_int_equal(p11_make(&m, pair.private, text, sizeof(text), signature, &len), CKR_OK);
	assert_int_equal(len, 384);
	assert_int_equal(p11_check(&m, pair.public, text, sizeof(text), signature, len), CKR_OK);
	assert_int_equal(C_DestroyObject(session, pair.private), CKR_OK);
}

static void sizes_between_and_beyond_are_refused(void **state)
{
	static const CK_ULONG none[] = {1, 512, 1024, 2047, 1536, 2049, 4095, 4097, 8192, 1ul << 40};
	struct rsa_key small = rsa_key_small();
	struct pair pair;

	(void)state;
	for (size_t i = 0; i < COUNT(none); i++)
		assert_int_equal(generate(none[i], &pair), CKR_KEY_SIZE_RANGE);
	assert_int_equal(generate(0, &pair), CKR_TEMPLATE_INCOMPLETE);
	assert_int_equal(rsa_key_bring(&small), CKR_KEY_SIZE_RANGE);
}

static void verify_small(EVP_PKEY *key, CK_OBJECT_HANDLE public)
{
	CK_MECHANISM m = {CKM_SHA512_RSA_PKCS, NULL, 0};
	CK_BYTE signature[128];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t len = sizeof(signature);

	assert_int_equal(EVP_DigestSignInit_ex(ctx, NULL, "SHA512", NULL, NULL, key, NULL), 1);
	assert_int_equal(EVP_DigestSign(ctx, signature, &len, text, sizeof(text)), 1);
	EVP_MD_CTX_free(ctx);
	assert_int_equal(p11_check(&m, public, text, sizeof(text), signature, len), CKR_OK);
	signature[0] ^= 1;
	assert_int_equal(p11_check(&m, public, text, sizeof(text), signature, len), CKR_SIGNATURE_INVALID);
}

/* Two of SHA-512's digests do not go into 1024 bits. */
static void a_public_key_of_1024_bits_is_used_by_the_module(void **state)
{
	CK_RSA_PKCS_OAEP_PARAMS p = {CKM_SHA512, CKG_MGF1_SHA512, CKZ_DATA_SPECIFIED, NULL, 0};
	CK_MECHANISM m = {CKM_RSA_PKCS_OAEP, &p, sizeof(p)};
	CK_BYTE cipher[K_MAX], back[128];
	CK_ULONG len = sizeof(cipher);
	size_t back_len = sizeof(back);
	CK_OBJECT_HANDLE public;
	struct rsa_key small = rsa_key_small();
	EVP_PKEY_CTX *ctx;

	(void)state;
	rsa_key_make(&small);
	public = rsa_key_public(&small);
	assert_int_equal(p11_ulong(public, CKA_MODULUS_BITS), 1024);
	verify_small(small.key, public);
	assert_int_equal(C_EncryptInit(session, &m, public), CKR_OK);
	assert_int_equal(C_Encrypt(session, text, 1, cipher, &len), CKR_DATA_LEN_RANGE);
	p.hashAlg = CKM_SHA256;
	assert_int_equal(C_EncryptInit(session, &m, public), CKR_OK);
	assert_int_equal(C_Encrypt(session, text, sizeof(text), cipher, &len), CKR_OK);
	assert_int_equal(len, 128);
	ctx = EVP_PKEY_CTX_new(small.key, NULL);
	assert_int_equal(EVP_PKEY_decrypt_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_oaep_md_name(ctx, "SHA256", NULL), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, "SHA512", NULL), 1);
	assert_int_equal(EVP_PKEY_decrypt(ctx, back, &back_len, cipher, len), 1);
	EVP_PKEY_CTX_free(ctx);
	assert_int_equal(back_len, sizeof(text));
	assert_memory_equal(back, text, back_len);
	EVP_PKEY_free(small.key);
}

/* Told before the key is used. */
static void a_number_makes_no_key_of_which_the_length_is_not_said(void **state)
{
	CK_MECHANISM m = {CKM_RSA_X_509, NULL, 0};
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_AES;
	CK_ULONG len = 17;
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)},
				   {CKA_KEY_TYPE, &type, sizeof(type)},
				   {CKA_VALUE_LEN, &len, sizeof(len)}};
	CK_BYTE wrapped[384] = {0};
	unsigned commands = transport_card_commands();
	CK_OBJECT_HANDLE made;

	(void)state;
	wrapped[sizeof(wrapped) - 1] = 2;
	assert_int_equal(
	    C_UnwrapKey(session, &m, sizes[0].pair.private, wrapped, sizeof(wrapped), template, 2, &made),
	    CKR_TEMPLATE_INCOMPLETE);
	assert_int_equal(
	    C_UnwrapKey(session, &m, sizes[0].pair.private, wrapped, sizeof(wrapped), template, 3, &made),
	    CKR_KEY_SIZE_RANGE);
	assert_int_equal(transport_card_commands(), commands);
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(a_key_that_was_brought_is_told_as_it_is),
	    TEST(pkcs1_signatures_are_libcryptos),
	    TEST(what_is_padded_may_be_as_long_as_the_key_leaves_room_for),
	    TEST(pss_takes_each_salt_that_there_is_room_for),
	    TEST(numbers_are_signed_decrypted_and_recovered_as_they_stand),
	    TEST(oaep_takes_each_digest_and_label),
	    TEST(keys_are_wrapped_and_unwrapped),
	    TEST(a_number_makes_no_key_of_which_the_length_is_not_said),
	    TEST(each_mechanism_says_which_sizes_there_are),
	    TEST(a_key_of_3072_bits_is_made_and_signs),
	    TEST(sizes_between_and_beyond_are_refused),
	    TEST(a_public_key_of_1024_bits_is_used_by_the_module),
	};

	return cmocka_run_group_tests_name("pkcs11_rsa_size", tests, make, end);
}
