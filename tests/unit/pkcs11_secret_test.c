/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Secret keys of a session: AES, HMAC and CMAC against the examples of their standards, in one call and in
 * parts, and what is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/pkcs11_session.h"

#define session p11_session

/* SP 800-38A, F.1, F.2, F.5: the key and the text of all of them. */
#define KEY_128 "2b7e151628aed2a6abf7158809cf4f3c"
#define TEXT_38A                                                                                             \
	"6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"                                   \
	"30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
#define IV_CBC "000102030405060708090a0b0c0d0e0f"
#define IV_CTR "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"

static const struct mode {
	CK_MECHANISM_TYPE type;
	const char *iv, *cipher;
} modes[] = {
    {CKM_AES_ECB, "",
     "3ad77bb40d7a3660a89ecaf32466ef97f5d3d58503b9699de785895a96fdbaaf"
     "43b1cd7f598ece23881b00e3ed0306887b0c785e27e8ad3f8223207104725dd4"},
    {CKM_AES_CBC, IV_CBC,
     "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2"
     "73bed6b8e3c1743b7116e69e222295163ff1caa1681fac09120eca307586e1a7"},
    {CKM_AES_CTR, IV_CTR,
     "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff"
     "5ae4df3edbd5d35e5b4f09020db03eab1e031dda2fbe03d1792170a0f3009cee"},
};

/* The mechanism's parameter, kept by the caller. */
struct parameter {
	struct bytes iv;
	CK_AES_CTR_PARAMS counter;
};

static CK_MECHANISM mechanism_of(const struct mode *mode, struct parameter *p)
{
	p->iv = hex(mode->iv);
	p->counter.ulCounterBits = 128;
	memcpy(p->counter.cb, p->iv.at, 16);
	if (mode->type == CKM_AES_CTR)
		return (CK_MECHANISM){mode->type, &p->counter, sizeof(p->counter)};
	return (CK_MECHANISM){mode->type, p->iv.len > 0 ? p->iv.at : NULL, p->iv.len};
}

static void aes_is_as_its_standard_has_it(void **state)
{
	CK_OBJECT_HANDLE key = p11_key(CKK_AES, KEY_128);

	(void)state;
	for (size_t i = 0; i < COUNT(modes); i++) {
		struct parameter p;
		CK_MECHANISM m = mechanism_of(&modes[i], &p);
		struct bytes in = hex(TEXT_38A), out = {{0}, sizeof(out.at)};

		assert_int_equal(C_EncryptInit(session, &m, key), CKR_OK);
		assert_int_equal(C_Encrypt(session, in.at, in.len, out.at, &out.len), CKR_OK);
		assert_bytes(out.at, out.len, modes[i].cipher);
		assert_int_equal(C_DecryptInit(session, &m, key), CKR_OK);
		in.len = sizeof(in.at);
		assert_int_equal(C_Decrypt(session, out.at, out.len, in.at, &in.len), CKR_OK);
		assert_bytes(in.at, in.len, TEXT_38A);
	}
}

/* Part after part, each of n bytes, with room for just what it yields. */
static CK_ULONG encrypt_in_parts(CK_BYTE *in, CK_ULONG len, CK_ULONG n, CK_BYTE *out)
{
	CK_ULONG done = 0, want, got;

	for (CK_ULONG at = 0; at < len; at += n) {
		CK_ULONG part = len - at < n ? len - at : n;

		assert_int_equal(C_EncryptUpdate(session, in + at, part, NULL, &want), CKR_OK);
		if (want > 0) {
			got = want - 1;
			assert_int_equal(C_EncryptUpdate(session, in + at, part, out + done, &got),
					 CKR_BUFFER_TOO_SMALL);
			assert_int_equal(got, want);
		}
		got = want;
		assert_int_equal(C_EncryptUpdate(session, in + at, part, out + done, &got), CKR_OK);
		assert_int_equal(got, want);
		done += got;
	}
	assert_int_equal(C_EncryptFinal(session, NULL, &want), CKR_OK);
	got = want;
	assert_int_equal(C_EncryptFinal(session, out + done, &got), CKR_OK);
	assert_int_equal(got, want);
	return done + got;
}

static CK_ULONG decrypt_in_parts(CK_BYTE *in, CK_ULONG len, CK_ULONG n, CK_BYTE *out)
{
	CK_ULONG done = 0, got;

	for (CK_ULONG at = 0; at < len; at += n) {
		got = 512 - done;
		assert_int_equal(
		    C_DecryptUpdate(session, in + at, len - at < n ? len - at : n, out + done, &got), CKR_OK);
		done += got;
	}
	got = 512 - done;
	assert_int_equal(C_DecryptFinal(session, out + done, &got), CKR_OK);
	return done + got;
}

static void aes_in_parts_of_any_size_is_the_same(void **state)
{
	CK_OBJECT_HANDLE key = p11_key(CKK_AES, KEY_128);

	(void)state;
	for (size_t i = 0; i < COUNT(modes); i++) {
		for (CK_ULONG n = 1; n <= 64; n++) {
			struct parameter p;
			CK_MECHANISM m = mechanism_of(&modes[i], &p);
			struct bytes in = hex(TEXT_38A), out = {{0}, 0};

			assert_int_equal(C_EncryptInit(session, &m, key), CKR_OK);
			out.len = encrypt_in_parts(in.at, in.len, n, out.at);
			assert_bytes(out.at, out.len, modes[i].cipher);
			assert_int_equal(C_DecryptInit(session, &m, key), CKR_OK);
			in.len = decrypt_in_parts(out.at, out.len, n, in.at);
			assert_bytes(in.at, in.len, TEXT_38A);
		}
	}
}

static void padding_of_each_length_comes_off_again(void **state)
{
	CK_OBJECT_HANDLE key = p11_key(CKK_AES, KEY_128);
	struct bytes iv = hex(IV_CBC);
	CK_MECHANISM m = {CKM_AES_CBC_PAD, iv.at, iv.len};

	(void)state;
	for (CK_ULONG len = 0; len <= 48; len++) {
		CK_BYTE in[48], out[64], back[512];
		CK_ULONG out_len = sizeof(out), back_len = sizeof(back);

		memset(in, 0x5A, sizeof(in));
		assert_int_equal(C_EncryptInit(session, &m, key), CKR_OK);
		assert_int_equal(C_Encrypt(session, in, len, out, &out_len), CKR_OK);
		assert_int_equal(out_len, len + 16 - len % 16);
		assert_int_equal(C_DecryptInit(session, &m, key), CKR_OK);
		assert_int_equal(C_Decrypt(session, out, out_len, back, &back_len), CKR_OK);
		assert_int_equal(back_len, len);
		assert_memory_equal(back, in, len);
		assert_int_equal(C_DecryptInit(session, &m, key), CKR_OK);
		assert_int_equal(decrypt_in_parts(out, out_len, 7, back), len);
		assert_memory_equal(back, in, len);
	}
}

/* Every last block that is no padding answers alike. */
static void wrong_padding_is_told_in_one_way(void **state)
{
	CK_OBJECT_HANDLE key = p11_key(CKK_AES, KEY_128);
	struct bytes iv = hex(IV_CBC);
	CK_MECHANISM raw = {CKM_AES_CBC, iv.at, iv.len}, padded = {CKM_AES_CBC_PAD, iv.at, iv.len};
	static const CK_BYTE ends[][3] = {{0, 0, 0}, {1, 1, 0}, {17, 17, 17},
					  {2, 3, 3}, {3, 2, 3}, {255, 255, 255}};

	(void)state;
	for (size_t i = 0; i < COUNT(ends); i++) {
		CK_BYTE in[16] = {0}, out[16];
		CK_ULONG len = sizeof(out);

		memcpy(in + 13, ends[i], 3);
		assert_int_equal(C_EncryptInit(session, &raw, key), CKR_OK);
		assert_int_equal(C_Encrypt(session, in, 16, out, &len), CKR_OK);
		assert_int_equal(C_DecryptInit(session, &padded, key), CKR_OK);
		assert_int_equal(C_Decrypt(session, out, 16, in, &len), CKR_ENCRYPTED_DATA_INVALID);
	}
}

static void what_fills_no_block_is_refused_where_nothing_pads(void **state)
{
	CK_OBJECT_HANDLE key = p11_key(CKK_AES, KEY_128);
	CK_MECHANISM ecb = {CKM_AES_ECB, NULL, 0};
	CK_BYTE bytes[32] = {0};
	CK_ULONG len = sizeof(bytes);

	(void)state;
	assert_int_equal(C_EncryptInit(session, &ecb, key), CKR_OK);
	assert_int_equal(C_Encrypt(session, bytes, 15, bytes, &len), CKR_DATA_LEN_RANGE);
	assert_int_equal(C_DecryptInit(session, &ecb, key), CKR_OK);
	len = sizeof(bytes);
	assert_int_equal(C_Decrypt(session, bytes, 17, bytes, &len), CKR_ENCRYPTED_DATA_LEN_RANGE);
	assert_int_equal(C_Decrypt(session, bytes, 16, bytes, &len), CKR_OPERATION_NOT_INITIALIZED);
}

static void a_counter_does_not_come_round(void **state)
{
	CK_OBJECT_HANDLE key = p11_key(CKK_AES, KEY_128);
	CK_AES_CTR_PARAMS p = {8, {0}};
	CK_MECHANISM m = {CKM_AES_CTR, &p, sizeof(p)};
	CK_BYTE bytes[64] = {0};
	CK_ULONG len = sizeof(bytes);

	(void)state;
	p.cb[15] = 0xFE;
	assert_int_equal(C_EncryptInit(session, &m, key), CKR_OK);
	assert_int_equal(C_Encrypt(session, bytes, 33, bytes, &len), CKR_DATA_LEN_RANGE);
	assert_int_equal(C_EncryptInit(session, &m, key), CKR_OK);
	len = sizeof(bytes);
	assert_int_equal(C_EncryptUpdate(session, bytes, 20, bytes, &len), CKR_OK);
	len = sizeof(bytes);
	assert_int_equal(C_EncryptUpdate(session, bytes, 12, bytes, &len), CKR_OK);
	len = sizeof(bytes);
	assert_int_equal(C_EncryptUpdate(session, bytes, 1, bytes, &len), CKR_DATA_LEN_RANGE);
	p.ulCounterBits = 129;
	assert_int_equal(C_EncryptInit(session, &m, key), CKR_MECHANISM_PARAM_INVALID);
}

/* "The Galois/Counter Mode of Operation", test case 4. */
#define GCM_KEY "feffe9928665731c6d6a8f9467308308"
#define GCM_IV	"cafebabefacedbaddecaf888"
#define GCM_AAD "feedfacedeadbeeffeedfacedeadbeefabaddad2"
#define GCM_TEXT                                                                                             \
	"d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"                                   \
	"1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
#define GCM_CIPHER                                                                                           \
	"42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"                                   \
	"21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091"
#define GCM_TAG "5bc94fbc3221a5db94fae95ae7121a47"

static void gcm_is_as_its_authors_have_it_and_a_changed_bit_shows(void **state)
{
	CK_OBJECT_HANDLE key = p11_key(CKK_AES, GCM_KEY);
	struct bytes iv = hex(GCM_IV), aad = hex(GCM_AAD), in = hex(GCM_TEXT), out = {{0}, sizeof(out.at)};
	CK_GCM_PARAMS p = {iv.at, iv.len, 96, aad.at, aad.len, 128};
	CK_MECHANISM m = {CKM_AES_GCM, &p, sizeof(p)};

	(void)state;
	assert_int_equal(C_EncryptInit(session, &m, key), CKR_OK);
	assert_int_equal(C_Encrypt(session, in.at, in.len, out.at, &out.len), CKR_OK);
	assert_bytes(out.at, out.len, GCM_CIPHER GCM_TAG);
	assert_int_equal(C_EncryptInit(session, &m, key), CKR_OK);
	assert_int_equal(encrypt_in_parts(in.at, in.len, 9, out.at), out.len);
	assert_bytes(out.at, out.len, GCM_CIPHER GCM_TAG);
	assert_int_equal(C_DecryptInit(session, &m, key), CKR_OK);
	in.len = decrypt_in_parts(out.at, out.len, 11, in.at);
	assert_bytes(in.at, in.len, GCM_TEXT);
	for (CK_ULONG i = 0; i < out.len; i += 5) {
		out.at[i] ^= 0x40;
		in.len = sizeof(in.at);
		assert_int_equal(C_DecryptInit(session, &m, key), CKR_OK);
		assert_int_equal(C_Decrypt(session, out.at, out.len, in.at, &in.len),
				 CKR_ENCRYPTED_DATA_INVALID);
		out.at[i] ^= 0x40;
	}
	p.ulTagBits = 100;
	assert_int_equal(C_DecryptInit(session, &m, key), CKR_MECHANISM_PARAM_INVALID);
	p.ulTagBits = 128;
	assert_int_equal(C_DecryptInit(session, &m, key), CKR_OK);
	assert_int_equal(C_Decrypt(session, out.at, 15, in.at, &in.len), CKR_ENCRYPTED_DATA_LEN_RANGE);
}

/* 64 MiB are the most; nothing beyond is read. */
static void additional_data_is_not_longer_than_what_is_authenticated(void **state)
{
	CK_BYTE iv[12] = {0}, tag[16], text[1] = {0}, out[16], aad[1] = {0};
	CK_GCM_MESSAGE_PARAMS p = {iv, sizeof(iv), 0, CKG_NO_GENERATE, tag, 128};
	CK_MECHANISM m = {CKM_AES_GCM, NULL, 0};
	CK_ULONG len = sizeof(out);

	(void)state;
	assert_int_equal(C_MessageEncryptInit(p11_session, &m, p11_key(CKK_AES, GCM_KEY)), CKR_OK);
	assert_int_equal(
	    C_EncryptMessage(p11_session, &p, sizeof(p), aad, ((CK_ULONG)1 << 32) + 1, text, 1, out, &len),
	    CKR_DATA_LEN_RANGE);
	assert_int_equal(C_MessageEncryptFinal(p11_session), CKR_OK);
}

/* RFC 4493, section 4; RFC 2202 and RFC 4231, test case 2, whose key and text others
 * published for the truncated digests, too (OpenJDK's tests, Bouncy Castle's); of SHA-3, NIST's example
 * values, key shorter than a block. */
#define KEY_00_1F "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define TEXT_SHA3 "53616d706c65206d65737361676520666f72206b65796c656e3c626c6f636b6c656e"
static const struct mac {
	CK_MECHANISM_TYPE type;
	CK_KEY_TYPE key_type;
	const char *key, *text, *mac;
} macs[] = {
    {CKM_AES_CMAC, CKK_AES, KEY_128, "", "bb1d6929e95937287fa37d129b756746"},
    {CKM_AES_CMAC, CKK_AES, KEY_128, "6bc1bee22e409f96e93d7e117393172a", "070a16b46b4d4144f79bdd9dd04a287c"},
    {CKM_AES_CMAC, CKK_AES, KEY_128, TEXT_38A, "51f0bebf7e3b9d92fc49741779363cfe"},
    {CKM_SHA_1_HMAC, CKK_GENERIC_SECRET, "4a656665",
     "7768617420646f2079612077616e7420666f72206e6f7468696e673f", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
    {CKM_SHA224_HMAC, CKK_GENERIC_SECRET, "4a656665",
     "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
     "a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44"},
    {CKM_SHA256_HMAC, CKK_SHA256_HMAC, "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {CKM_SHA512_224_HMAC, CKK_SHA512_224_HMAC, "4a656665",
     "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
     "4a530b31a79ebcce36916546317c45f247d83241dfb818fd37254bde"},
    {CKM_SHA512_256_HMAC, CKK_SHA512_256_HMAC, "4a656665",
     "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
     "6df7b24630d5ccb2ee335407081a87188c221489768fa2020513b2d593359456"},
    {CKM_SHA512_256_HMAC, CKK_GENERIC_SECRET, "4a656665",
     "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
     "6df7b24630d5ccb2ee335407081a87188c221489768fa2020513b2d593359456"},
    {CKM_SHA3_224_HMAC, CKK_SHA3_224_HMAC, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b",
     TEXT_SHA3, "332cfd59347fdb8e576e77260be4aba2d6dc53117b3bfb52c6d18c04"},
    {CKM_SHA3_256_HMAC, CKK_SHA3_256_HMAC, KEY_00_1F, TEXT_SHA3,
     "4fe8e202c4f058e8dddc23d8c34e467343e23555e24fc2f025d598f558f67205"},
    {CKM_SHA3_384_HMAC, CKK_SHA3_384_HMAC, KEY_00_1F "202122232425262728292a2b2c2d2e2f", TEXT_SHA3,
     "d588a3c51f3f2d906e8298c1199aa8ff6296218127f6b38a90b6afe2c5617725bc99987f79b22a557b6520db710b7f42"},
    {CKM_SHA3_512_HMAC, CKK_GENERIC_SECRET,
     KEY_00_1F "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f", TEXT_SHA3,
     "4efd629d6c71bf86162658f29943b1c308ce27cdfa6db0d9c3ce81763f9cbce5"
     "f7ebe9868031db1a8f8eb7b6b95e5c5e3f657a8996c86a2f6527e307f0213196"},
};

static void macs_are_as_their_standards_have_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(macs); i++) {
		CK_OBJECT_HANDLE key = p11_key(macs[i].key_type, macs[i].key);
		struct bytes in = hex(macs[i].text), out = {{0}, sizeof(out.at)};
		CK_MECHANISM m = {macs[i].type, NULL, 0};

		assert_int_equal(C_SignInit(session, &m, key), CKR_OK);
		assert_int_equal(C_Sign(session, in.at, in.len, out.at, &out.len), CKR_OK);
		assert_bytes(out.at, out.len, macs[i].mac);
		assert_int_equal(C_SignInit(session, &m, key), CKR_OK);
		for (CK_ULONG at = 0; at < in.len; at++)
			assert_int_equal(C_SignUpdate(session, in.at + at, 1), CKR_OK);
		assert_int_equal(C_SignFinal(session, out.at, &out.len), CKR_OK);
		assert_bytes(out.at, out.len, macs[i].mac);
		assert_int_equal(C_VerifyInit(session, &m, key), CKR_OK);
		assert_int_equal(C_Verify(session, in.at, in.len, out.at, out.len), CKR_OK);
		out.at[out.len - 1] ^= 1;
		assert_int_equal(C_VerifyInit(session, &m, key), CKR_OK);
		assert_int_equal(C_Verify(session, in.at, in.len, out.at, out.len), CKR_SIGNATURE_INVALID);
		assert_int_equal(C_VerifyInit(session, &m, key), CKR_OK);
		assert_int_equal(C_Verify(session, in.at, in.len, out.at, out.len - 1),
				 CKR_SIGNATURE_LEN_RANGE);
	}
}

static void what_no_card_makes_is_not_said_to_be_a_card_s(void **state)
{
	static const CK_MECHANISM_TYPE card[] = {CKM_AES_CMAC, CKM_SHA_1_HMAC, CKM_SHA256_HMAC,
						 CKM_SHA384_HMAC, CKM_SHA512_HMAC},
				       session_s[] = {CKM_SHA224_HMAC, CKM_SHA512_224_HMAC,
						      CKM_SHA512_256_HMAC_GENERAL, CKM_SHA512_256_KEY_GEN,
						      CKM_SHA3_256_HMAC};
	CK_MECHANISM_INFO info;

	(void)state;
	for (size_t i = 0; i < COUNT(card); i++) {
		assert_int_equal(C_GetMechanismInfo(0, card[i], &info), CKR_OK);
		assert_true(info.flags & CKF_HW);
		assert_int_equal(C_GetMechanismInfo(0, session_s[i], &info), CKR_OK);
		assert_false(info.flags & CKF_HW);
	}
}

static void a_mac_is_cut_where_the_parameter_says_so(void **state)
{
	CK_OBJECT_HANDLE key = p11_key(CKK_AES, KEY_128);
	CK_MAC_GENERAL_PARAMS len = 8, too_long = 17;
	CK_MECHANISM m = {CKM_AES_CMAC_GENERAL, &len, sizeof(len)};
	struct bytes in = hex("6bc1bee22e409f96e93d7e117393172a"), out = {{0}, sizeof(out.at)};

	(void)state;
	assert_int_equal(C_SignInit(session, &m, key), CKR_OK);
	assert_int_equal(C_Sign(session, in.at, in.len, NULL, &out.len), CKR_OK);
	assert_int_equal(out.len, 8);
	assert_int_equal(C_Sign(session, in.at, in.len, out.at, &out.len), CKR_OK);
	assert_bytes(out.at, out.len, "070a16b46b4d4144");
	assert_int_equal(C_VerifyInit(session, &m, key), CKR_OK);
	assert_int_equal(C_Verify(session, in.at, in.len, out.at, 8), CKR_OK);
	m.pParameter = &too_long;
	assert_int_equal(C_SignInit(session, &m, key), CKR_MECHANISM_PARAM_INVALID);
}

static void a_key_does_only_what_its_attributes_allow(void **state)
{
	CK_BBOOL no = CK_FALSE;
	CK_ATTRIBUTE no_decrypt = {CKA_DECRYPT, &no, 1}, no_sign = {CKA_SIGN, &no, 1};
	CK_ATTRIBUTE nested = {CKA_UNWRAP_TEMPLATE, &no_sign, sizeof(no_sign)};
	CK_MECHANISM ecb = {CKM_AES_ECB, NULL, 0}, cmac = {CKM_AES_CMAC, NULL, 0},
		     hmac = {CKM_SHA256_HMAC, NULL, 0};
	CK_OBJECT_HANDLE key;

	(void)state;
	assert_int_equal(p11_secret(CKK_AES, KEY_128, &no_decrypt, &key), CKR_OK);
	assert_int_equal(C_DecryptInit(session, &ecb, key), CKR_KEY_FUNCTION_NOT_PERMITTED);
	assert_int_equal(C_SignInit(session, &hmac, key), CKR_KEY_TYPE_INCONSISTENT);
	assert_int_equal(p11_secret(CKK_AES, KEY_128, &no_sign, &key), CKR_OK);
	assert_int_equal(C_SignInit(session, &cmac, key), CKR_KEY_FUNCTION_NOT_PERMITTED);
	assert_int_equal(C_VerifyInit(session, &cmac, key), CKR_OK);
	assert_int_equal(C_VerifyInit(session, NULL, 0), CKR_OK);
	assert_int_equal(p11_secret(CKK_AES, KEY_128, &nested, &key), CKR_ATTRIBUTE_VALUE_INVALID);
	assert_int_equal(p11_secret(CKK_AES, "00", NULL, &key), CKR_ATTRIBUTE_VALUE_INVALID);
	assert_int_equal(p11_secret(CKK_RSA, KEY_128, NULL, &key), CKR_ATTRIBUTE_VALUE_INVALID);
	key = p11_key(CKK_GENERIC_SECRET, "4a656665");
	assert_int_equal(C_EncryptInit(session, &ecb, key), CKR_KEY_TYPE_INCONSISTENT);
}

static CK_RV generate(CK_MECHANISM_TYPE type, CK_ULONG len, const CK_ATTRIBUTE *more, CK_OBJECT_HANDLE *key)
{
	CK_ATTRIBUTE template[] = {{CKA_VALUE_LEN, &len, sizeof(len)}, {0, NULL, 0}};
	CK_MECHANISM m = {type, NULL, 0};

	if (more != NULL)
		template[1] = *more;
	return C_GenerateKey(session, &m, template, more != NULL ? 2 : 1, key);
}

static void a_generated_key_is_of_the_length_asked_for_and_says_where_it_is_from(void **state)
{
	CK_BYTE value[64];
	CK_BBOOL local = CK_FALSE, never = CK_TRUE, yes = CK_TRUE;
	CK_KEY_TYPE type = 0;
	CK_MECHANISM_TYPE made = 0;
	CK_ATTRIBUTE got[] = {{CKA_VALUE, value, sizeof(value)},
			      {CKA_LOCAL, &local, 1},
			      {CKA_KEY_TYPE, &type, sizeof(type)},
			      {CKA_KEY_GEN_MECHANISM, &made, sizeof(made)},
			      {CKA_NEVER_EXTRACTABLE, &never, 1}};
	CK_ATTRIBUTE sensitive = {CKA_SENSITIVE, &yes, 1}, token = {CKA_VALUE, value, 16};
	CK_OBJECT_HANDLE key;

	(void)state;
	assert_int_equal(generate(CKM_AES_KEY_GEN, 24, NULL, &key), CKR_OK);
	assert_int_equal(C_GetAttributeValue(session, key, got, 5), CKR_OK);
	assert_int_equal(got[0].ulValueLen, 24);
	assert_int_equal(local, CK_TRUE);
	assert_int_equal(type, CKK_AES);
	assert_int_equal(made, CKM_AES_KEY_GEN);
	assert_int_equal(never, CK_FALSE);
	assert_int_equal(generate(CKM_AES_KEY_GEN, 17, NULL, &key), CKR_KEY_SIZE_RANGE);
	assert_int_equal(generate(CKM_AES_KEY_GEN, 16, &token, &key), CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(generate(CKM_SHA256, 16, NULL, &key), CKR_MECHANISM_INVALID);
	assert_int_equal(generate(CKM_GENERIC_SECRET_KEY_GEN, 0, NULL, &key), CKR_TEMPLATE_INCOMPLETE);
	assert_int_equal(generate(CKM_GENERIC_SECRET_KEY_GEN, 33, &sensitive, &key), CKR_OK);
	got[0].ulValueLen = sizeof(value);
	assert_int_equal(C_GetAttributeValue(session, key, got, 1), CKR_ATTRIBUTE_SENSITIVE);
	/* As long as the digest, where nothing is said. */
	assert_int_equal(generate(CKM_SHA3_384_KEY_GEN, 0, NULL, &key), CKR_OK);
	assert_int_equal(C_GetAttributeValue(session, key, got, 5), CKR_OK);
	assert_int_equal(got[0].ulValueLen, 48);
	assert_int_equal(type, CKK_SHA3_384_HMAC);
	assert_int_equal(made, CKM_SHA3_384_KEY_GEN);
}

/* AES: the first block of FIPS 197's key (appendix A) over zeros; SHA-1 of "Jefe". */
/* Footnotes 11 and 12 of the standard's table of attributes: each goes one way. */
static void what_is_hidden_is_not_shown_again(void **state)
{
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_BYTE value[64];
	CK_ATTRIBUTE ways[] = {{CKA_SENSITIVE, &yes, 1},
			       {CKA_EXTRACTABLE, &no, 1},
			       {CKA_WRAP_WITH_TRUSTED, &yes, 1}},
		     back[] = {{CKA_SENSITIVE, &no, 1},
			       {CKA_EXTRACTABLE, &yes, 1},
			       {CKA_WRAP_WITH_TRUSTED, &no, 1}},
		     got = {CKA_VALUE, value, sizeof(value)};
	CK_OBJECT_HANDLE copy;

	(void)state;
	for (size_t i = 0; i < COUNT(ways); i++) {
		CK_OBJECT_HANDLE key = p11_key(CKK_AES, "000102030405060708090a0b0c0d0e0f");

		assert_int_equal(C_SetAttributeValue(session, key, &ways[i], 1), CKR_OK);
		assert_int_equal(C_SetAttributeValue(session, key, &back[i], 1), CKR_ATTRIBUTE_READ_ONLY);
		assert_int_not_equal(C_CopyObject(session, key, &back[i], 1, &copy), CKR_OK);
		assert_int_equal(C_CopyObject(session, key, NULL, 0, &copy), CKR_OK);
		got.ulValueLen = sizeof(value);
		assert_int_equal(C_GetAttributeValue(session, copy, &got, 1),
				 i < 2 ? CKR_ATTRIBUTE_SENSITIVE : CKR_OK);
	}
}

static void a_key_has_a_check_value_that_is_right(void **state)
{
	CK_BYTE value[8], none = 0, aes[] = {0xC6, 0xA1, 0x3B}, generic[] = {0xCB, 0x55, 0x51};
	CK_ATTRIBUTE got = {CKA_CHECK_VALUE, value, sizeof(value)}, said = {CKA_CHECK_VALUE, aes, 3};
	CK_OBJECT_HANDLE key = p11_key(CKK_AES, "000102030405060708090a0b0c0d0e0f");

	(void)state;
	assert_int_equal(C_GetAttributeValue(session, key, &got, 1), CKR_OK);
	assert_int_equal(got.ulValueLen, 3);
	assert_memory_equal(value, aes, 3);
	assert_int_equal(p11_secret(CKK_AES, "000102030405060708090a0b0c0d0e0f", &said, &key), CKR_OK);
	assert_int_equal(p11_secret(CKK_AES, "010102030405060708090a0b0c0d0e0f", &said, &key),
			 CKR_ATTRIBUTE_VALUE_INVALID);
	said.ulValueLen = 2;
	assert_int_equal(p11_secret(CKK_AES, "000102030405060708090a0b0c0d0e0f", &said, &key),
			 CKR_ATTRIBUTE_VALUE_INVALID);
	said = (CK_ATTRIBUTE){CKA_CHECK_VALUE, &none, 0};
	assert_int_equal(p11_secret(CKK_AES, "000102030405060708090a0b0c0d0e0f", &said, &key), CKR_OK);
	assert_int_equal(C_GetAttributeValue(session, key, &got, 1), CKR_OK);
	assert_int_equal(got.ulValueLen, 0);
	key = p11_key(CKK_GENERIC_SECRET, "4a656665");
	got.ulValueLen = sizeof(value);
	assert_int_equal(C_GetAttributeValue(session, key, &got, 1), CKR_OK);
	assert_memory_equal(value, generic, 3);
}

static void a_key_destroyed_in_the_middle_does_no_harm(void **state)
{
	CK_OBJECT_HANDLE key = p11_key(CKK_AES, GCM_KEY);
	struct bytes iv = hex(GCM_IV), out = {{0}, sizeof(out.at)};
	CK_GCM_PARAMS p = {iv.at, iv.len, 96, NULL, 0, 128};
	CK_MECHANISM m = {CKM_AES_GCM, &p, sizeof(p)};

	(void)state;
	assert_int_equal(C_EncryptInit(session, &m, key), CKR_OK);
	assert_int_equal(C_EncryptUpdate(session, iv.at, iv.len, out.at, &out.len), CKR_OK);
	assert_int_equal(C_DestroyObject(session, key), CKR_OK);
	out.len = sizeof(out.at);
	assert_int_equal(C_EncryptFinal(session, out.at, &out.len), CKR_KEY_HANDLE_INVALID);
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(aes_is_as_its_standard_has_it),
	    TEST(aes_in_parts_of_any_size_is_the_same),
	    TEST(padding_of_each_length_comes_off_again),
	    TEST(wrong_padding_is_told_in_one_way),
	    TEST(what_fills_no_block_is_refused_where_nothing_pads),
	    TEST(a_counter_does_not_come_round),
	    TEST(gcm_is_as_its_authors_have_it_and_a_changed_bit_shows),
	    TEST(additional_data_is_not_longer_than_what_is_authenticated),
	    TEST(macs_are_as_their_standards_have_them),
	    TEST(what_no_card_makes_is_not_said_to_be_a_card_s),
	    TEST(a_mac_is_cut_where_the_parameter_says_so),
	    TEST(a_key_does_only_what_its_attributes_allow),
	    TEST(a_generated_key_is_of_the_length_asked_for_and_says_where_it_is_from),
	    TEST(what_is_hidden_is_not_shown_again),
	    TEST(a_key_has_a_check_value_that_is_right),
	    TEST(a_key_destroyed_in_the_middle_does_no_harm),
	};

	return cmocka_run_group_tests_name("pkcs11_secret", tests, p11_session_make, p11_session_end);
}
