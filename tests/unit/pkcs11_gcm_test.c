/* SPDX-License-Identifier: BSD-2-Clause
 *
 * CKM_AES_GCM with nonces that have not 96 bits, and tags that have not 128: published values (McGrew and
 * Viega, "The Galois/Counter Mode of Operation (GCM)", appendix B; NIST's CAVP, gcmEncryptExtIV128.rsp), and
 * what libcrypto makes of every length that the module takes. And which lengths it refuses, of a session's
 * keys and of the card's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "tests/unit/pkcs11_session.h"

#define IV_MAX	128u
#define TAG_MAX 16u

#define KEY_128 "feffe9928665731c6d6a8f9467308308"
#define KEY_192 KEY_128 "feffe9928665731c"
#define KEY_256 KEY_128 KEY_128
#define TEXT                                                                                                 \
	"d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"                                   \
	"1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
#define AAD "feedfacedeadbeeffeedfacedeadbeefabaddad2"
#define IV_60                                                                                                \
	"9313225df88406e555909c5aff5269aa6a7a9538534f7da1e4c303d2a318a728"                                   \
	"c3c0c95156809539fcf0e2429a6b525416aedbf5a0de6a57a637b39b"

static const struct vector {
	const char *name, *key, *iv, *aad, *text, *sealed, *tag;
} vectors[] = {
    {"test case 5", KEY_128, "cafebabefacedbad", AAD, TEXT,
     "61353b4c2806934a777ff51fa22a4755699b2a714fcdc6f83766e5f97b6c7423"
     "73806900e49f24b22b097544d4896b424989b5e1ebac0f07c23f4598",
     "3612d2e79e3b0785561be14aaca2fccb"},
    {"test case 6", KEY_128, IV_60, AAD, TEXT,
     "8ce24998625615b603a033aca13fb894be9112a5c3a211a8ba262a3cca7e2ca7"
     "01e4a9a4fba43c90ccdcb281d48c7c6fd62875d2aca417034c34aee5",
     "619cc5aefffe0bfa462af43c1699d050"},
    {"test case 11", KEY_192, "cafebabefacedbad", AAD, TEXT,
     "0f10f599ae14a154ed24b36e25324db8c566632ef2bbb34f8347280fc4507057"
     "fddc29df9a471f75c66541d4d4dad1c9e93a19a58e8b473fa0f062f7",
     "65dcc57fcf623a24094fcca40d3533f8"},
    {"test case 12", KEY_192, IV_60, AAD, TEXT,
     "d27e88681ce3243c4830165a8fdcf9ff1de9a1d8e6b447ef6ef7b79828666e45"
     "81e79012af34ddd9e2f037589b292db3e67c036745fa22e7e9b7373b",
     "dcf566ff291c25bbb8568fc3d376a6d9"},
    {"test case 17", KEY_256, "cafebabefacedbad", AAD, TEXT,
     "c3762df1ca787d32ae47c13bf19844cbaf1ae14d0b976afac52ff7d79bba9de0"
     "feb582d33934a4f0954cc2363bc73f7862ac430e64abe499f47c9b1f",
     "3a337dbf46a792c45e454913fe2ea8f2"},
    {"test case 18", KEY_256, IV_60, AAD, TEXT,
     "5a8def2f0c9e53f1f75d7853659e2a20eeb2b22aafde6419a058ab4f6f746bf4"
     "0fc0c3b780f244452da3ebf1c5d82cdea2418997200ef82e44ae7e3f",
     "a44a8266ee1c8eb0c8b5d4cf5ae9f19a"},
    {"CAVP, a nonce of 8 bits", "15b2d414826453f9e1c7dd0b69d8d1eb", "b6", "",
     "8cfa255530c6fbc19d51bd4aeb39c91b", "4822cb98bd5f5d921ee19285c9032375",
     "8a40670ebac98cf4e9cc1bf8f803167d"},
    {"CAVP, a nonce of 8 bits, a tag of 64", "90e625f18f04122c3e0657a2dfe0e1b8", "d9",
     "a7f88b0e07672401f86f515404fe5af3e53edcca", "e2d381298318a2135ca6d01a24d0dfab",
     "87cbfc064d5584ac1c2b385adc02fde5", "f0260a089fdaaa12"},
    {"CAVP, a nonce of 8 bits, a tag of 104", "be07c4a0725cc27da0221b4892c959b5", "15",
     "6f65e713c455988a256d59c754b44f4f", "e4f618a23e93cde8b9480a63e0bcb0806f66f47e36f0cb86c932f43291ca4d52",
     "6c21f6f08e77a9cb2e4b7a702270cc07bb1c7225cffaaa9d6a310c1dfd5adf4b", "d3770bc1706d83cd4e936d32bc"},
    {"CAVP, a nonce of 1024 bits, a tag of 120", "ec20b2dd5a4d6f8d2aa49086a7ef9080",
     "d15fd1d8ba90275826c6b085d9d2a3856e2359e41f2ab3033b6c4a61e4121772"
     "33afbdd0897d113652e72e37d711627eb43636fd7d7513f213f458d89597e330"
     "e487adde840c245ce21f3e45d14075c86ee6f70a7dde573dd320786d1ff28ea0"
     "26c07bfe904dfb904a990123f79a0a32febcc57d2fe529ccd2a393856757065c",
     "3abfac97f5e569ed960638002ae32738", "7ca608d6dac77682def3e129499d1575",
     "f7c5704950a6b03a77db660769e1204b", "a0d98b0c38599c1bb16354f61b0f00"},
    {"CAVP, a nonce of 1024 bits, a tag of 32", "2633d1781ce54f74ac609a5b5209a01f",
     "7d0e90b7e9f36f760d2dcbd66f352df45f3917afdbe1d0a89cc44be0bd85cf8b"
     "f75edbdd33f1d16dad02824d81389210b0f146f3df63f9232d7035eb9e8297a0"
     "9474985b3e038a5fa6840155d8848fc7c53061ba0f442b84408660a997176ca5"
     "bf3473103fd3c9a1de2580b9e539af872259ecae925a8ef50f5a176a069b1fb8",
     "584c3cad3035d1427d6f5f1b261e97a5ea7d97c0b88cedf3b1aa5e21e5916805"
     "a63964eab4449d8806e7af60618465cf39f82769b7528bba9bb9c04992cd7b9e"
     "26efe9be38e1bfeeb41678c52d5ba3508fd7a2b1e8478505bfde",
     "ae695828625b264e0b13d3c9a539f2cf306a7501cdd35b817b699b2d7c25cf20"
     "d2dceec3fa883019db807272fddfdca8e7f672",
     "fbc32a56885100a36c276ff368db9236906021a8cc7500f2b3e78a6ca0154682"
     "7073ff1103145f139f4d116eb47b84e33c7160",
     "49589b3a"},
    {"CAVP, a tag of 32 bits", "99e8e1861e55cf4e853a910c70901f2d", "437b73e624906652956bd2fb",
     "41e328808d081b677d8f51bdaedf0aa7b42e4de88c1a9004196d7ca5e0e4f9aab3a78f26cf01d60deec62dad8f9fd62b",
     "fd239ba3aeef41608fc7013c472b581d", "8ccc27bca436f983c761d5c5ef28138a", "a2f11ce5"},
    {"CAVP, a tag of 104 bits", "27e3626a8347f252519f3a391712f65a", "e50b6bbe4ac7307f75421a71",
     "96fe6e72597f596ae93907a820ba79a8", "bf386209503082f15ed8461ddd", "34d347fa1b56d2cf691f1ce062",
     "cb083ec9d63075bea3bba1c0d4"},
    {"CAVP, a tag of 112 bits", "c75116c19f5ea4ed1b10bf0eaaebe5a1", "48a53fc17d4300f4a23a5a39", "",
     "4569944fcde5b3f4ae4d50eb7a0e3ef88dab44b684c737b90aa88cf579bf0558",
     "d58b89300c62e0b0ea729d6de39545ea35ddc5a04e22b709f45af532bc67d90d", "c428abd4bf85468d57236ed16d36"},
    {"CAVP, a tag of 120 bits of nothing", "da0b615656135194ba6d3c851099bc48", "d39d4b4d3cc927885090e6c3",
     "e7e5e6f8dac913036cb2ff29e8625e0e", "", "", "ab967711a5770461724460b07237e2"},
};

/* ---- one message ---- */

struct message {
	CK_OBJECT_HANDLE key;
	struct bytes iv, aad, text;
	CK_ULONG tag_len;
};

static CK_GCM_PARAMS params_of(struct message *m)
{
	return (CK_GCM_PARAMS){m->iv.at, m->iv.len, 8 * m->iv.len, m->aad.at, m->aad.len, 8 * m->tag_len};
}

static CK_RV seal(struct message *m, struct bytes *out)
{
	CK_GCM_PARAMS p = params_of(m);
	CK_MECHANISM mechanism = {CKM_AES_GCM, &p, sizeof(p)};
	CK_RV rv = C_EncryptInit(p11_session, &mechanism, m->key);

	out->len = sizeof(out->at);
	return rv == CKR_OK ? C_Encrypt(p11_session, m->text.at, m->text.len, out->at, &out->len) : rv;
}

static CK_RV open_sealed(struct message *m, struct bytes *sealed, struct bytes *out)
{
	CK_GCM_PARAMS p = params_of(m);
	CK_MECHANISM mechanism = {CKM_AES_GCM, &p, sizeof(p)};
	CK_RV rv = C_DecryptInit(p11_session, &mechanism, m->key);

	out->len = sizeof(out->at);
	return rv == CKR_OK ? C_Decrypt(p11_session, sealed->at, sealed->len, out->at, &out->len) : rv;
}

/* The same by the functions for messages; the tag comes behind the text here, too. */
static CK_RV seal_message(struct message *m, struct bytes *out)
{
	CK_BYTE tag[TAG_MAX] = {0};
	CK_GCM_MESSAGE_PARAMS p = {m->iv.at, m->iv.len, 0, CKG_NO_GENERATE, tag, 8 * m->tag_len};
	CK_MECHANISM mechanism = {CKM_AES_GCM, NULL, 0};
	CK_RV rv = C_MessageEncryptInit(p11_session, &mechanism, m->key);

	out->len = sizeof(out->at);
	if (rv != CKR_OK)
		return rv;
	rv = C_EncryptMessage(p11_session, &p, sizeof(p), m->aad.at, m->aad.len, m->text.at, m->text.len,
			      out->at, &out->len);
	assert_int_equal(C_MessageEncryptFinal(p11_session), CKR_OK);
	if (rv != CKR_OK)
		return rv;
	memcpy(out->at + out->len, tag, m->tag_len);
	out->len += m->tag_len;
	return CKR_OK;
}

static CK_RV open_message(struct message *m, struct bytes *sealed, struct bytes *out)
{
	CK_BYTE tag[TAG_MAX];
	CK_ULONG text_len = sealed->len - m->tag_len;
	CK_GCM_MESSAGE_PARAMS p = {m->iv.at, m->iv.len, 0, CKG_NO_GENERATE, tag, 8 * m->tag_len};
	CK_MECHANISM mechanism = {CKM_AES_GCM, NULL, 0};
	CK_RV rv = C_MessageDecryptInit(p11_session, &mechanism, m->key);

	out->len = sizeof(out->at);
	if (rv != CKR_OK)
		return rv;
	memcpy(tag, sealed->at + text_len, m->tag_len);
	rv = C_DecryptMessage(p11_session, &p, sizeof(p), m->aad.at, m->aad.len, sealed->at, text_len,
			      out->at, &out->len);
	assert_int_equal(C_MessageDecryptFinal(p11_session), CKR_OK);
	return rv;
}

static const struct way {
	const char *name;
	CK_RV (*seal)(struct message *m, struct bytes *out);
	CK_RV (*open)(struct message *m, struct bytes *sealed, struct bytes *out);
	CK_RV refused; /* what is not authentic */
} ways[] = {{"C_Encrypt", seal, open_sealed, CKR_ENCRYPTED_DATA_INVALID},
	    {"C_EncryptMessage", seal_message, open_message, CKR_AEAD_DECRYPT_FAILED}};

static bool same(const struct bytes *a, const struct bytes *b)
{
	return cs_view_equal(cs_view(a->at, a->len), cs_view(b->at, b->len));
}

/* By either way it comes to want, and back; and with any bit of the tag changed to nothing. */
static void expect(struct message *m, struct bytes *want, const char *name)
{
	for (size_t i = 0; i < COUNT(ways); i++) {
		struct bytes out, back;
		CK_RV rv = ways[i].seal(m, &out);

		if (rv != CKR_OK || !same(&out, want))
			fail_msg("%s, %s: %#lx, or another value", name, ways[i].name, rv);
		rv = ways[i].open(m, want, &back);
		if (rv != CKR_OK || !same(&back, &m->text))
			fail_msg("%s, %s: %#lx, or another text", name, ways[i].name, rv);
		for (CK_ULONG bit = 0; bit < 8 * m->tag_len; bit++) {
			struct bytes changed = *want;

			changed.at[want->len - 1 - bit / 8] ^= (CK_BYTE)(1u << bit % 8);
			rv = ways[i].open(m, &changed, &back);
			if (rv != ways[i].refused)
				fail_msg("%s, %s, bit %lu: %#lx", name, ways[i].name, bit, rv);
		}
	}
}

/* ---- known answers ---- */

static void published_values_are_what_comes_out(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(vectors); i++) {
		const struct vector *v = &vectors[i];
		struct message m = {.key = p11_key(CKK_AES, v->key),
				    .iv = hex(v->iv),
				    .aad = hex(v->aad),
				    .text = hex(v->text),
				    .tag_len = strlen(v->tag) / 2};
		struct bytes want = hex(v->sealed), tag = hex(v->tag);

		memcpy(want.at + want.len, tag.at, tag.len);
		want.len += tag.len;
		expect(&m, &want, v->name);
		assert_int_equal(C_DestroyObject(p11_session, m.key), CKR_OK);
	}
}

/* libcrypto's, straight. */
static void library_seals(const struct bytes *key, const struct message *m, struct bytes *out)
{
	const EVP_CIPHER *kinds[] = {EVP_aes_128_gcm(), EVP_aes_192_gcm(), EVP_aes_256_gcm()};
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0, last = 0;

	assert_int_equal(EVP_EncryptInit_ex(ctx, kinds[key->len / 8 - 2], NULL, NULL, NULL), 1);
	assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, (int)m->iv.len, NULL), 1);
	assert_int_equal(EVP_EncryptInit_ex(ctx, NULL, NULL, key->at, m->iv.at), 1);
	assert_int_equal(EVP_EncryptUpdate(ctx, NULL, &n, m->aad.at, (int)m->aad.len), 1);
	assert_int_equal(EVP_EncryptUpdate(ctx, out->at, &n, m->text.at, (int)m->text.len), 1);
	assert_int_equal(EVP_EncryptFinal_ex(ctx, out->at + n, &last), 1);
	out->len = (CK_ULONG)(n + last);
	assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, (int)m->tag_len, out->at + out->len),
			 1);
	out->len += m->tag_len;
	EVP_CIPHER_CTX_free(ctx);
}

static void every_length_is_as_libcrypto_has_it(void **state)
{
	static const char *const keys[] = {KEY_128, KEY_192, KEY_256};
	static const CK_ULONG tags[] = {4, 8, 12, 13, 14, 15, 16};

	(void)state;
	for (size_t k = 0; k < COUNT(keys); k++) {
		struct bytes key = hex(keys[k]), want;
		struct message m = {.key = p11_key(CKK_AES, keys[k]), .aad = hex(AAD), .text = hex(TEXT)};
		char name[64];

		for (m.iv.len = 1; m.iv.len <= IV_MAX; m.iv.len++) {
			m.iv.at[m.iv.len - 1] = (CK_BYTE)(0xA5u ^ m.iv.len);
			m.text.len = m.iv.len % 60 + 1;
			m.tag_len = tags[m.iv.len % COUNT(tags)];
			library_seals(&key, &m, &want);
			(void)snprintf(name, sizeof(name), "a nonce of %lu bytes", m.iv.len);
			expect(&m, &want, name);
		}
		m.iv.len = 13;
		for (size_t t = 0; t < COUNT(tags); t++) {
			m.tag_len = tags[t];
			library_seals(&key, &m, &want);
			(void)snprintf(name, sizeof(name), "a tag of %lu bytes", m.tag_len);
			expect(&m, &want, name);
		}
		assert_int_equal(C_DestroyObject(p11_session, m.key), CKR_OK);
	}
}

/* ---- what is refused ---- */

static bool is_tag(CK_ULONG bits)
{
	return bits == 32 || bits == 64 || (bits >= 96 && bits <= 128 && bits % 8 == 0);
}

static CK_RV begin(CK_OBJECT_HANDLE key, CK_ULONG iv_len, CK_ULONG tag_bits, bool decrypts)
{
	CK_BYTE iv[2 * IV_MAX] = {1};
	CK_GCM_PARAMS p = {iv, iv_len, 8 * iv_len, NULL, 0, tag_bits};
	CK_MECHANISM m = {CKM_AES_GCM, &p, sizeof(p)};
	CK_RV rv = (decrypts ? C_DecryptInit : C_EncryptInit)(p11_session, &m, key);

	if (rv == CKR_OK)
		assert_int_equal(C_SessionCancel(p11_session, decrypts ? CKF_DECRYPT : CKF_ENCRYPT), CKR_OK);
	return rv;
}

static CK_RV begin_message(CK_OBJECT_HANDLE key, CK_ULONG iv_len, CK_ULONG tag_bits, bool decrypts)
{
	CK_BYTE iv[2 * IV_MAX] = {1}, tag[64], in[1] = {0}, out[1];
	CK_GCM_MESSAGE_PARAMS p = {iv, iv_len, 0, CKG_NO_GENERATE, tag, tag_bits};
	CK_MECHANISM m = {CKM_AES_GCM, NULL, 0};
	CK_ULONG len = sizeof(out);
	CK_RV rv;

	assert_int_equal((decrypts ? C_MessageDecryptInit : C_MessageEncryptInit)(p11_session, &m, key),
			 CKR_OK);
	rv = (decrypts ? C_DecryptMessage : C_EncryptMessage)(p11_session, &p, sizeof(p), NULL, 0, in, 1, out,
							      &len);
	assert_int_equal((decrypts ? C_MessageDecryptFinal : C_MessageEncryptFinal)(p11_session), CKR_OK);
	return rv == CKR_AEAD_DECRYPT_FAILED ? CKR_OK : rv;
}

static void refused(CK_OBJECT_HANDLE key, CK_ULONG iv_len, CK_ULONG tag_bits, bool takes)
{
	CK_RV want = takes ? CKR_OK : CKR_MECHANISM_PARAM_INVALID;

	for (int decrypts = 0; decrypts < 2; decrypts++) {
		CK_RV rv = begin(key, iv_len, tag_bits, decrypts != 0);
		CK_RV of_message = begin_message(key, iv_len, tag_bits, decrypts != 0);

		if (rv != want || of_message != want)
			fail_msg("a nonce of %lu bytes, a tag of %lu bits: %#lx, %#lx of a message", iv_len,
				 tag_bits, rv, of_message);
	}
}

/* Tags as SP 800-38D, 5.2.1.2 has them; nonces as libcrypto takes them. */
static void other_lengths_are_no_parameters(void **state)
{
	CK_OBJECT_HANDLE key = p11_key(CKK_AES, KEY_128);

	(void)state;
	for (CK_ULONG iv_len = 0; iv_len <= IV_MAX + 2; iv_len++)
		refused(key, iv_len, 128, iv_len > 0 && iv_len <= IV_MAX);
	for (CK_ULONG bits = 0; bits <= 264; bits++)
		refused(key, 12, bits, is_tag(bits));
	assert_int_equal(C_DestroyObject(p11_session, key), CKR_OK);
}

/* The card has nonces of 96 bits and tags of 128, and who begins with others is told so then. */
static void nor_are_any_but_the_usual_of_a_key_of_the_card(void **state)
{
	static const CK_ULONG tags[] = {0, 32, 64, 96, 104, 112, 120, 127, 128, 136};
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE token = {CKA_TOKEN, &yes, 1};
	CK_OBJECT_HANDLE key;

	(void)state;
	assert_int_equal(p11_secret(CKK_AES, KEY_128, &token, &key), CKR_OK);
	for (CK_ULONG iv_len = 0; iv_len <= 16; iv_len++)
		refused(key, iv_len, 128, iv_len == 12);
	refused(key, IV_MAX, 128, false);
	for (size_t i = 0; i < COUNT(tags); i++)
		refused(key, 12, tags[i], tags[i] == 128);
	assert_int_equal(C_DestroyObject(p11_session, key), CKR_OK);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(published_values_are_what_comes_out),
	    cmocka_unit_test(every_length_is_as_libcrypto_has_it),
	    cmocka_unit_test(other_lengths_are_no_parameters),
	    cmocka_unit_test(nor_are_any_but_the_usual_of_a_key_of_the_card),
	};

	return cmocka_run_group_tests_name("pkcs11_gcm", tests, p11_session_make, p11_session_end);
}
