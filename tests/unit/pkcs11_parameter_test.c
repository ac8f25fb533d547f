/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The parameters of mechanisms, field by field: missing, of any length, with pointers that are none, lengths
 * without end, values that there are not. Each is refused, and nothing is read behind what there is: it all
 * ends where a page begins that nobody may read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "pkcs11/pkcs11_countersign.h"
#include "tests/unit/pkcs11_agree.h"

#define session p11_session

/* ---- memory that ends at a page ---- */

#define EDGES_MAX 8u

static struct {
	uint8_t *map;
	size_t used;
} edges;

static size_t page;

/* The end of a page, behind which none may be read; there are EDGES_MAX of them until edges_clear. */
static void *edge(const void *bytes, size_t len)
{
	uint8_t *end;

	assert_true(edges.used < EDGES_MAX && len <= page);
	end = edges.map + (2 * edges.used++ + 1) * page;
	if (len > 0)
		memcpy(end - len, bytes, len);
	return end - len;
}

static void edges_make(void)
{
	page = (size_t)sysconf(_SC_PAGESIZE);
	edges.map =
	    mmap(NULL, 2 * EDGES_MAX * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(edges.map != MAP_FAILED);
	for (size_t i = 0; i < EDGES_MAX; i++)
		assert_int_equal(mprotect(edges.map + (2 * i + 1) * page, page, PROT_NONE), 0);
}

/* ---- keys ---- */

static struct pair rsa, ec, ed, dsa;
static CK_OBJECT_HANDLE aes, aes_on_card, mac, hotp;
static bool has_dsa;

static CK_OBJECT_HANDLE make_secret(CK_OBJECT_CLASS class, CK_KEY_TYPE type, CK_BBOOL token)
{
	CK_BYTE value[32] = {1, 2, 3}, label[] = "Bank:alice";
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)},
			    {CKA_KEY_TYPE, &type, sizeof(type)},
			    {CKA_TOKEN, &token, 1},
			    {CKA_VALUE, value, sizeof(value)},
			    {CKA_LABEL, label, sizeof(label) - 1}};
	CK_OBJECT_HANDLE made = 0;

	assert_int_equal(C_CreateObject(session, a, COUNT(a), &made), CKR_OK);
	return made;
}

static CK_RV make_rsa(void)
{
	CK_MECHANISM m = {CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0};
	CK_BBOOL yes = CK_TRUE;
	CK_ULONG bits = 2048;
	CK_ATTRIBUTE public = {CKA_MODULUS_BITS, &bits, sizeof(bits)}, private = {CKA_TOKEN, &yes, 1};

	return C_GenerateKeyPair(session, &m, &public, 1, &private, 1, &rsa.public, &rsa.private);
}

static struct bytes peer;

static int make(void **state)
{
	uint8_t secret[AGREE_MAX];

	if (p11_session_make(state) != 0)
		return -1;
	edges_make();
	if (make_rsa() != CKR_OK || p11_pair(CKM_EC_KEY_PAIR_GEN, "06082a8648ce3d030107", 0, &ec) != CKR_OK ||
	    p11_pair(CKM_EC_EDWARDS_KEY_PAIR_GEN, "06032b6570", 0, &ed) != CKR_OK)
		return -1;
	has_dsa = p11_pair(CKM_ML_DSA_KEY_PAIR_GEN, "", CKP_ML_DSA_44, &dsa) == CKR_OK;
	aes = make_secret(CKO_SECRET_KEY, CKK_AES, CK_FALSE);
	aes_on_card = make_secret(CKO_SECRET_KEY, CKK_AES, CK_TRUE);
	mac = make_secret(CKO_SECRET_KEY, CKK_SHA256_HMAC, CK_FALSE);
	hotp = make_secret(CKO_OTP_KEY, CKK_HOTP, CK_TRUE);
	(void)p11_agree(ec.public, &peer, secret);
	return 0;
}

static int end(void **state)
{
	(void)munmap(edges.map, 2 * EDGES_MAX * page);
	return p11_session_end(state);
}

/* ---- what a parameter is given to ---- */

static CK_RV ended(CK_RV rv)
{
	(void)C_SessionCancel(session, CKF_ENCRYPT | CKF_DECRYPT | CKF_SIGN | CKF_VERIFY |
					   CKF_MESSAGE_ENCRYPT | CKF_MESSAGE_DECRYPT);
	return rv;
}

static CK_RV encrypt_rsa(CK_MECHANISM *m)
{
	return ended(C_EncryptInit(session, m, rsa.public));
}

static CK_RV decrypt_rsa(CK_MECHANISM *m)
{
	return ended(C_DecryptInit(session, m, rsa.private));
}

static CK_RV sign_rsa(CK_MECHANISM *m)
{
	return ended(C_SignInit(session, m, rsa.private));
}

static CK_RV verify_rsa(CK_MECHANISM *m)
{
	return ended(C_VerifyInit(session, m, rsa.public));
}

static CK_RV wrap_rsa(CK_MECHANISM *m)
{
	CK_BYTE out[512];
	CK_ULONG len = sizeof(out);

	return C_WrapKey(session, m, rsa.public, aes, out, &len);
}

/* What is wrapped right is asked for no more than once: then it is refused as what it is not. */
static CK_RV unwrap_rsa(CK_MECHANISM *m)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_AES;
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)}, {CKA_KEY_TYPE, &type, sizeof(type)}};
	CK_BYTE wrapped[256 + 40] = {0};
	CK_OBJECT_HANDLE made;
	CK_RV rv = C_UnwrapKey(session, m, rsa.private, wrapped,
			       m->mechanism == CKM_RSA_AES_KEY_WRAP ? 296 : 256, a, 2, &made);

	return rv == CKR_WRAPPED_KEY_INVALID ? CKR_OK : rv;
}

static CK_RV derive_ec(CK_MECHANISM *m)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_GENERIC_SECRET;
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)}, {CKA_KEY_TYPE, &type, sizeof(type)}};
	CK_OBJECT_HANDLE made;
	CK_RV rv = C_DeriveKey(session, m, ec.private, a, 2, &made);

	return rv == CKR_OK ? C_DestroyObject(session, made) : rv;
}

static CK_RV sign_ed(CK_MECHANISM *m)
{
	return ended(C_SignInit(session, m, ed.private));
}

static CK_RV verify_ed(CK_MECHANISM *m)
{
	return ended(C_VerifyInit(session, m, ed.public));
}

static CK_RV sign_dsa(CK_MECHANISM *m)
{
	return ended(C_SignInit(session, m, dsa.private));
}

static CK_RV verify_dsa(CK_MECHANISM *m)
{
	return ended(C_VerifyInit(session, m, dsa.public));
}

static CK_RV encrypt_aes(CK_MECHANISM *m)
{
	return ended(C_EncryptInit(session, m, aes));
}

static CK_RV decrypt_on_card(CK_MECHANISM *m)
{
	return ended(C_DecryptInit(session, m, aes_on_card));
}

static CK_RV wrap_aes(CK_MECHANISM *m)
{
	CK_BYTE out[128];
	CK_ULONG len = sizeof(out);

	return C_WrapKey(session, m, aes, mac, out, &len);
}

static CK_RV sign_mac(CK_MECHANISM *m)
{
	return ended(C_SignInit(session, m, mac));
}

static CK_RV sign_aes(CK_MECHANISM *m)
{
	return ended(C_SignInit(session, m, aes));
}

static CK_RV sign_otp(CK_MECHANISM *m)
{
	return ended(C_SignInit(session, m, hotp));
}

static CK_RV verify_otp(CK_MECHANISM *m)
{
	return ended(C_VerifyInit(session, m, hotp));
}

/* The parameter is the message's. */
static CK_RV message(CK_MECHANISM *m, CK_OBJECT_HANDLE key, bool decrypts)
{
	CK_MECHANISM gcm = {CKM_AES_GCM, NULL, 0};
	CK_BYTE text[16] = {0}, out[16];
	CK_ULONG len = sizeof(out);
	CK_RV rv =
	    decrypts ? C_MessageDecryptInit(session, &gcm, key) : C_MessageEncryptInit(session, &gcm, key);

	assert_int_equal(rv, CKR_OK);
	rv = decrypts ? C_DecryptMessage(session, m->pParameter, m->ulParameterLen, NULL, 0, text,
					 sizeof(text), out, &len)
		      : C_EncryptMessage(session, m->pParameter, m->ulParameterLen, NULL, 0, text,
					 sizeof(text), out, &len);
	return ended(rv == CKR_AEAD_DECRYPT_FAILED ? CKR_OK : rv);
}

static CK_RV encrypt_message(CK_MECHANISM *m)
{
	return message(m, aes, false);
}

static CK_RV decrypt_message(CK_MECHANISM *m)
{
	return message(m, aes_on_card, true);
}

static CK_RV begin_message(CK_MECHANISM *m)
{
	CK_MECHANISM gcm = {CKM_AES_GCM, NULL, 0};

	assert_int_equal(C_MessageEncryptInit(session, &gcm, aes), CKR_OK);
	return ended(C_EncryptMessageBegin(session, m->pParameter, m->ulParameterLen, NULL, 0));
}

static CK_RV wrap_authenticated(CK_MECHANISM *m)
{
	CK_BYTE out[128];
	CK_ULONG len = sizeof(out);

	return C_WrapKeyAuthenticated(session, m, aes, mac, NULL, 0, out, &len);
}

/* ---- right parameters, each pointer to the end of a page ---- */

static const CK_BYTE zeros[64];

#define CALLS_MAX 4u

typedef size_t maker(void *at);

static size_t make_oaep(void *at)
{
	CK_RSA_PKCS_OAEP_PARAMS p = {CKM_SHA256, CKG_MGF1_SHA256, CKZ_DATA_SPECIFIED, edge(zeros, 9), 9};

	memcpy(at, &p, sizeof(p));
	return sizeof(p);
}

static size_t make_pss(void *at)
{
	CK_RSA_PKCS_PSS_PARAMS p = {CKM_SHA256, CKG_MGF1_SHA256, 32};

	memcpy(at, &p, sizeof(p));
	return sizeof(p);
}

static size_t make_rsa_aes(void *at)
{
	CK_RSA_PKCS_OAEP_PARAMS oaep = {CKM_SHA256, CKG_MGF1_SHA256, CKZ_DATA_SPECIFIED, NULL, 0};
	CK_RSA_AES_KEY_WRAP_PARAMS p = {256, edge(&oaep, sizeof(oaep))};

	memcpy(at, &p, sizeof(p));
	return sizeof(p);
}

static size_t make_ecdh(void *at)
{
	CK_ECDH1_DERIVE_PARAMS p = {CKD_SHA256_KDF, 5, edge(zeros, 5), peer.len, edge(peer.at, peer.len)};

	memcpy(at, &p, sizeof(p));
	return sizeof(p);
}

static size_t make_eddsa(void *at)
{
	CK_EDDSA_PARAMS p = {CK_FALSE, 0, NULL};

	memcpy(at, &p, sizeof(p));
	return sizeof(p);
}

static size_t make_context(void *at)
{
	CK_SIGN_ADDITIONAL_CONTEXT p = {CKH_HEDGE_PREFERRED, edge(zeros, 7), 7};

	memcpy(at, &p, sizeof(p));
	return sizeof(p);
}

static size_t make_hash_context(void *at)
{
	CK_HASH_SIGN_ADDITIONAL_CONTEXT p = {CKH_HEDGE_PREFERRED, edge(zeros, 7), 7, CKM_SHA256};

	memcpy(at, &p, sizeof(p));
	return sizeof(p);
}

static size_t make_gcm(void *at)
{
	CK_GCM_PARAMS p = {edge(zeros, 12), 12, 96, edge(zeros, 20), 20, 128};

	memcpy(at, &p, sizeof(p));
	return sizeof(p);
}

static size_t make_gcm_message(void *at)
{
	CK_GCM_MESSAGE_PARAMS p = {edge(zeros, 12), 12, 0, CKG_NO_GENERATE, edge(zeros, 16), 128};

	memcpy(at, &p, sizeof(p));
	return sizeof(p);
}

static size_t make_counter(void *at)
{
	CK_AES_CTR_PARAMS p = {32, {0}};

	memcpy(at, &p, sizeof(p));
	return sizeof(p);
}

static size_t make_iv(void *at)
{
	memcpy(at, zeros, 16);
	return 16;
}

static size_t make_length(void *at)
{
	CK_MAC_GENERAL_PARAMS len = 16;

	memcpy(at, &len, sizeof(len));
	return sizeof(len);
}

static size_t make_otp(void *at)
{
	CK_ULONG digits = 7;
	CK_OTP_PARAM one[] = {{CK_OTP_OUTPUT_LENGTH, edge(&digits, sizeof(digits)), sizeof(digits)},
			      {CK_OTP_COUNTER, edge("\0\0\0\0\0\0\0\1", 8), 8}};
	CK_OTP_PARAMS p = {edge(one, sizeof(one)), 2};

	memcpy(at, &p, sizeof(p));
	return sizeof(p);
}

static const struct parameter {
	const char *name;
	CK_MECHANISM_TYPE type;
	maker *make;
	CK_RV (*calls[CALLS_MAX])(CK_MECHANISM *m);
	bool optional; /* it may be left out */
} parameters[] = {
    {"OAEP", CKM_RSA_PKCS_OAEP, make_oaep, {encrypt_rsa, decrypt_rsa, wrap_rsa, unwrap_rsa}, false},
    {"PSS", CKM_RSA_PKCS_PSS, make_pss, {sign_rsa, verify_rsa}, false},
    {"PSS with SHA-256", CKM_SHA256_RSA_PKCS_PSS, make_pss, {sign_rsa, verify_rsa}, false},
    {"RSA and AES", CKM_RSA_AES_KEY_WRAP, make_rsa_aes, {wrap_rsa, unwrap_rsa}, false},
    {"ECDH", CKM_ECDH1_DERIVE, make_ecdh, {derive_ec}, false},
    {"cofactor ECDH", CKM_ECDH1_COFACTOR_DERIVE, make_ecdh, {derive_ec}, false},
    {"EdDSA", CKM_EDDSA, make_eddsa, {sign_ed, verify_ed}, true},
    {"ML-DSA", CKM_ML_DSA, make_context, {sign_dsa, verify_dsa}, true},
    {"HashML-DSA", CKM_HASH_ML_DSA, make_hash_context, {sign_dsa, verify_dsa}, false},
    {"HashML-DSA with SHA-512", CKM_HASH_ML_DSA_SHA512, make_context, {sign_dsa, verify_dsa}, true},
    {"GCM", CKM_AES_GCM, make_gcm, {encrypt_aes, decrypt_on_card, wrap_aes}, false},
    {"GCM's messages",
     CKM_AES_GCM,
     make_gcm_message,
     {encrypt_message, decrypt_message, begin_message, wrap_authenticated},
     false},
    {"CTR", CKM_AES_CTR, make_counter, {encrypt_aes, decrypt_on_card}, false},
    {"CBC", CKM_AES_CBC, make_iv, {encrypt_aes, decrypt_on_card, wrap_aes}, false},
    {"CBC with padding", CKM_AES_CBC_PAD, make_iv, {encrypt_aes, decrypt_on_card, wrap_aes}, false},
    {"HMAC, cut", CKM_SHA256_HMAC_GENERAL, make_length, {sign_mac}, false},
    {"CMAC, cut", CKM_AES_CMAC_GENERAL, make_length, {sign_aes}, false},
    {"HOTP", CKM_HOTP, make_otp, {sign_otp, verify_otp}, false},
};

static bool there(const struct parameter *p)
{
	if (p->calls[0] != sign_dsa || has_dsa)
		return true;
	print_message("# no %s: the card does not have it with this libcrypto\n", p->name);
	return false;
}

static CK_RV give(const struct parameter *p, size_t call, void *bytes, CK_ULONG len)
{
	CK_MECHANISM m = {p->type, bytes, len};

	return p->calls[call](&m);
}

static void assert_refused(const struct parameter *p, const char *what, size_t call, CK_RV rv)
{
	if (rv != CKR_MECHANISM_PARAM_INVALID && rv != CKR_ARGUMENTS_BAD)
		fail_msg("%s, %s, in call %zu: %#lx", p->name, what, call, rv);
}

/* So that a refusal below is of what was changed. */
static void right_ones_are_taken(void **state)
{
	(void)state;
	for (const struct parameter *p = parameters; p < parameters + COUNT(parameters); p++) {
		for (size_t i = 0; there(p) && i < CALLS_MAX && p->calls[i] != NULL; i++) {
			uint8_t right[128];
			size_t len;
			CK_RV rv;

			edges.used = 0;
			len = p->make(right);
			rv = give(p, i, edge(right, len), len);
			if (rv != CKR_OK)
				fail_msg("%s in call %zu: %#lx", p->name, i, rv);
			if (p->optional)
				assert_int_equal(give(p, i, NULL, 0), CKR_OK);
		}
	}
}

/* A shorter one ends at the page, so that what it lacks would be read there; of a longer one nothing is. */
static void missing_ones_and_those_of_another_length_are_refused(void **state)
{
	(void)state;
	for (const struct parameter *p = parameters; p < parameters + COUNT(parameters); p++) {
		for (size_t i = 0; there(p) && i < CALLS_MAX && p->calls[i] != NULL; i++) {
			uint8_t right[128];
			size_t len;

			edges.used = 0;
			len = p->make(right);
			assert_refused(p, "nowhere", i, give(p, i, NULL, len));
			assert_refused(p, "nowhere, without end", i, give(p, i, NULL, ~0UL));
			if (!p->optional)
				assert_refused(p, "left out", i, give(p, i, NULL, 0));
			for (size_t n = 1; n < len; n += n < 8 || n + 9 > len ? 1 : 8) {
				edges.used = EDGES_MAX - 1;
				assert_refused(p, "shorter", i, give(p, i, edge(right, n), n));
			}
			edges.used = EDGES_MAX - 1;
			assert_refused(p, "one longer", i, give(p, i, edge(right, len), len + 1));
			edges.used = EDGES_MAX - 1;
			assert_refused(p, "twice", i, give(p, i, edge(right, len), 2 * len));
			edges.used = EDGES_MAX - 1;
			assert_refused(p, "without end", i, give(p, i, edge(right, len), ~0UL));
		}
	}
}

/* ---- fields ---- */

#define FIELD(type, field) offsetof(type, field), sizeof(((type *)NULL)->field)
#define NOWHERE		   0
#define ENDLESS		   (~0UL)
#define TOO_LONG	   0x10000000UL				       /* as long as nothing here is */
#define OVER(n)		   ((1UL << (8 * sizeof(CK_ULONG) - 3)) + (n)) /* times eight, n */

/* The right parameter, with this in place of one field. */
static const struct wrong {
	maker *make;
	size_t offset, width;
	CK_ULONG value;
	const char *what;
} wrongs[] = {
    {make_oaep, FIELD(CK_RSA_PKCS_OAEP_PARAMS, hashAlg), CKM_SHA256_RSA_PKCS, "a hash that is none"},
    {make_oaep, FIELD(CK_RSA_PKCS_OAEP_PARAMS, hashAlg), ENDLESS, "a hash that is none"},
    {make_oaep, FIELD(CK_RSA_PKCS_OAEP_PARAMS, mgf), 0, "a mask that is none"},
    {make_oaep, FIELD(CK_RSA_PKCS_OAEP_PARAMS, mgf), ENDLESS, "a mask that is none"},
    {make_oaep, FIELD(CK_RSA_PKCS_OAEP_PARAMS, source), 2, "a source that is none"},
    {make_oaep, FIELD(CK_RSA_PKCS_OAEP_PARAMS, pSourceData), NOWHERE, "a label nowhere"},
    {make_oaep, FIELD(CK_RSA_PKCS_OAEP_PARAMS, ulSourceDataLen), TOO_LONG, "a label"},
    {make_oaep, FIELD(CK_RSA_PKCS_OAEP_PARAMS, ulSourceDataLen), ENDLESS, "a label"},
    {make_oaep, FIELD(CK_RSA_PKCS_OAEP_PARAMS, ulSourceDataLen), 0, "a label of no length somewhere"},
    {make_pss, FIELD(CK_RSA_PKCS_PSS_PARAMS, hashAlg), 0, "a hash that is none"},
    {make_pss, FIELD(CK_RSA_PKCS_PSS_PARAMS, mgf), 77, "a mask that is none"},
    {make_pss, FIELD(CK_RSA_PKCS_PSS_PARAMS, sLen), TOO_LONG, "a salt"},
    {make_pss, FIELD(CK_RSA_PKCS_PSS_PARAMS, sLen), ENDLESS, "a salt"},
    {make_rsa_aes, FIELD(CK_RSA_AES_KEY_WRAP_PARAMS, pOAEPParams), NOWHERE, "OAEP nowhere"},
    {make_rsa_aes, FIELD(CK_RSA_AES_KEY_WRAP_PARAMS, ulAESKeyBits), 0, "bits"},
    {make_rsa_aes, FIELD(CK_RSA_AES_KEY_WRAP_PARAMS, ulAESKeyBits), 32, "bytes, not bits"},
    {make_rsa_aes, FIELD(CK_RSA_AES_KEY_WRAP_PARAMS, ulAESKeyBits), 129, "bits"},
    {make_rsa_aes, FIELD(CK_RSA_AES_KEY_WRAP_PARAMS, ulAESKeyBits), 512, "bits"},
    {make_rsa_aes, FIELD(CK_RSA_AES_KEY_WRAP_PARAMS, ulAESKeyBits), OVER(256), "bits"},
    {make_rsa_aes, FIELD(CK_RSA_AES_KEY_WRAP_PARAMS, ulAESKeyBits), ENDLESS, "bits"},
    {make_ecdh, FIELD(CK_ECDH1_DERIVE_PARAMS, kdf), 0, "a derivation that is none"},
    {make_ecdh, FIELD(CK_ECDH1_DERIVE_PARAMS, kdf), ENDLESS, "a derivation that is none"},
    {make_ecdh, FIELD(CK_ECDH1_DERIVE_PARAMS, kdf), CKD_NULL, "none, with what is shared"},
    {make_ecdh, FIELD(CK_ECDH1_DERIVE_PARAMS, pSharedData), NOWHERE, "what is shared, nowhere"},
    {make_ecdh, FIELD(CK_ECDH1_DERIVE_PARAMS, ulSharedDataLen), TOO_LONG, "what is shared"},
    {make_ecdh, FIELD(CK_ECDH1_DERIVE_PARAMS, ulSharedDataLen), ENDLESS, "what is shared"},
    {make_ecdh, FIELD(CK_ECDH1_DERIVE_PARAMS, pPublicData), NOWHERE, "a point nowhere"},
    {make_ecdh, FIELD(CK_ECDH1_DERIVE_PARAMS, ulPublicDataLen), 0, "a point of no length"},
    {make_ecdh, FIELD(CK_ECDH1_DERIVE_PARAMS, ulPublicDataLen), 64, "a point cut"},
    {make_ecdh, FIELD(CK_ECDH1_DERIVE_PARAMS, ulPublicDataLen), TOO_LONG, "a point"},
    {make_ecdh, FIELD(CK_ECDH1_DERIVE_PARAMS, ulPublicDataLen), ENDLESS, "a point"},
    {make_eddsa, FIELD(CK_EDDSA_PARAMS, phFlag), CK_TRUE, "a hash before"},
    {make_eddsa, FIELD(CK_EDDSA_PARAMS, phFlag), 2, "neither yes nor no"},
    {make_eddsa, FIELD(CK_EDDSA_PARAMS, ulContextDataLen), 1, "a context nowhere"},
    {make_eddsa, FIELD(CK_EDDSA_PARAMS, ulContextDataLen), ENDLESS, "a context"},
    {make_context, FIELD(CK_SIGN_ADDITIONAL_CONTEXT, pContext), NOWHERE, "a context nowhere"},
    {make_context, FIELD(CK_SIGN_ADDITIONAL_CONTEXT, ulContextLen), 256, "a context"},
    {make_context, FIELD(CK_SIGN_ADDITIONAL_CONTEXT, ulContextLen), ENDLESS, "a context"},
    {make_hash_context, FIELD(CK_HASH_SIGN_ADDITIONAL_CONTEXT, pContext), NOWHERE, "a context nowhere"},
    {make_hash_context, FIELD(CK_HASH_SIGN_ADDITIONAL_CONTEXT, ulContextLen), 256, "a context"},
    {make_hash_context, FIELD(CK_HASH_SIGN_ADDITIONAL_CONTEXT, ulContextLen), ENDLESS, "a context"},
    {make_hash_context, FIELD(CK_HASH_SIGN_ADDITIONAL_CONTEXT, hash), 0, "a hash that is none"},
    {make_hash_context, FIELD(CK_HASH_SIGN_ADDITIONAL_CONTEXT, hash), ENDLESS, "a hash that is none"},
    {make_gcm, FIELD(CK_GCM_PARAMS, pIv), NOWHERE, "a nonce nowhere"},
    {make_gcm, FIELD(CK_GCM_PARAMS, ulIvLen), 0, "a nonce of no length"},
    {make_gcm, FIELD(CK_GCM_PARAMS, ulIvLen), TOO_LONG, "a nonce"},
    {make_gcm, FIELD(CK_GCM_PARAMS, ulIvLen), ENDLESS, "a nonce"},
    {make_gcm, FIELD(CK_GCM_PARAMS, pAAD), NOWHERE, "what is authenticated, nowhere"},
    {make_gcm, FIELD(CK_GCM_PARAMS, ulAADLen), TOO_LONG, "what is authenticated"},
    {make_gcm, FIELD(CK_GCM_PARAMS, ulAADLen), ENDLESS, "what is authenticated"},
    {make_gcm, FIELD(CK_GCM_PARAMS, ulTagBits), 0, "a tag of no length"},
    {make_gcm, FIELD(CK_GCM_PARAMS, ulTagBits), 127, "a tag"},
    {make_gcm, FIELD(CK_GCM_PARAMS, ulTagBits), 136, "a tag"},
    {make_gcm, FIELD(CK_GCM_PARAMS, ulTagBits), OVER(128), "a tag"},
    {make_gcm, FIELD(CK_GCM_PARAMS, ulTagBits), ENDLESS, "a tag"},
    {make_gcm_message, FIELD(CK_GCM_MESSAGE_PARAMS, pIv), NOWHERE, "a nonce nowhere"},
    {make_gcm_message, FIELD(CK_GCM_MESSAGE_PARAMS, ulIvLen), 0, "a nonce of no length"},
    {make_gcm_message, FIELD(CK_GCM_MESSAGE_PARAMS, ulIvLen), TOO_LONG, "a nonce"},
    {make_gcm_message, FIELD(CK_GCM_MESSAGE_PARAMS, ulIvLen), ENDLESS, "a nonce"},
    {make_gcm_message, FIELD(CK_GCM_MESSAGE_PARAMS, pTag), NOWHERE, "a tag nowhere"},
    {make_gcm_message, FIELD(CK_GCM_MESSAGE_PARAMS, ulTagBits), 0, "a tag of no length"},
    {make_gcm_message, FIELD(CK_GCM_MESSAGE_PARAMS, ulTagBits), 100, "a tag"},
    {make_gcm_message, FIELD(CK_GCM_MESSAGE_PARAMS, ulTagBits), OVER(128), "a tag"},
    {make_gcm_message, FIELD(CK_GCM_MESSAGE_PARAMS, ulTagBits), ENDLESS, "a tag"},
    {make_counter, FIELD(CK_AES_CTR_PARAMS, ulCounterBits), 0, "a counter"},
    {make_counter, FIELD(CK_AES_CTR_PARAMS, ulCounterBits), 129, "a counter"},
    {make_counter, FIELD(CK_AES_CTR_PARAMS, ulCounterBits), ENDLESS, "a counter"},
    {make_length, 0, sizeof(CK_ULONG), 0, "a MAC of no length"},
    {make_length, 0, sizeof(CK_ULONG), 33, "a MAC"},
    {make_length, 0, sizeof(CK_ULONG), OVER(16), "a MAC"},
    {make_length, 0, sizeof(CK_ULONG), ENDLESS, "a MAC"},
    {make_otp, FIELD(CK_OTP_PARAMS, pParams), NOWHERE, "parameters nowhere"},
    {make_otp, FIELD(CK_OTP_PARAMS, ulCount), TOO_LONG, "parameters"},
    {make_otp, FIELD(CK_OTP_PARAMS, ulCount), ENDLESS, "parameters"},
    {make_otp, FIELD(CK_OTP_PARAMS, ulCount), ENDLESS / sizeof(CK_OTP_PARAM) + 2,
     "parameters, whose length is one"},
};

static void set(void *at, const struct wrong *wrong)
{
	/* A CK_BBOOL's low byte is its value. */
	CK_BBOOL byte = (CK_BBOOL)wrong->value;
	uint8_t *field = (uint8_t *)at + wrong->offset;

	memcpy(field, wrong->width == sizeof(byte) ? (const void *)&byte : (const void *)&wrong->value,
	       wrong->width);
}

static void each_field_that_is_wrong_alone_is_refused(void **state)
{
	size_t tried = 0;

	(void)state;
	for (size_t w = 0; w < COUNT(wrongs); w++) {
		for (const struct parameter *p = parameters; p < parameters + COUNT(parameters); p++) {
			if (p->make != wrongs[w].make || (p->calls[0] == sign_dsa && !has_dsa))
				continue;
			for (size_t i = 0; i < CALLS_MAX && p->calls[i] != NULL; i++) {
				uint8_t bytes[128];
				size_t len;

				edges.used = 0;
				len = p->make(bytes);
				set(bytes, &wrongs[w]);
				assert_refused(p, wrongs[w].what, i, give(p, i, edge(bytes, len), len));
				tried++;
			}
		}
	}
	assert_true(tried >= COUNT(wrongs) - (has_dsa ? 0 : 8));
}

/* OAEP's inside of RSA and AES is as wrong as by itself. */
static void what_is_wrong_inside_of_another_parameter_is_refused(void **state)
{
	const struct parameter *p = &parameters[3];

	(void)state;
	assert_ptr_equal(p->make, make_rsa_aes);
	for (size_t w = 0; w < COUNT(wrongs); w++) {
		CK_RSA_AES_KEY_WRAP_PARAMS both = {256, NULL};
		uint8_t oaep[128];
		size_t len;

		if (wrongs[w].make != make_oaep)
			continue;
		edges.used = 0;
		len = make_oaep(oaep);
		set(oaep, &wrongs[w]);
		both.pOAEPParams = edge(oaep, len);
		for (size_t i = 0; i < 2; i++)
			assert_refused(p, wrongs[w].what, i,
				       give(p, i, edge(&both, sizeof(both)), sizeof(both)));
	}
}

/* Each of HOTP's parameters: nowhere, and without end. What is none of it is ignored (6.53), unread. */
static void what_is_wrong_in_one_of_several_is_refused(void **state)
{
	static const CK_OTP_PARAM_TYPE types[] = {
	    CK_OTP_PIN,		  CK_OTP_CHALLENGE,	CK_OTP_TIME,  CK_OTP_COUNTER, CK_OTP_FLAGS,
	    CK_OTP_OUTPUT_LENGTH, CK_OTP_OUTPUT_FORMAT, CK_OTP_VALUE, ENDLESS};
	const struct parameter *p = &parameters[COUNT(parameters) - 1];

	(void)state;
	assert_ptr_equal(p->make, make_otp);
	for (size_t t = 0; t < COUNT(types) * 2; t++) {
		CK_OTP_PARAM one[] = {{CK_OTP_COUNTER, NULL, 8}, {types[t / 2], NULL, 4}};
		CK_OTP_PARAMS all = {NULL, 2};

		edges.used = 0;
		one[0].pValue = edge("\0\0\0\0\0\0\0\1", 8);
		if (t % 2 == 1)
			one[1] = (CK_OTP_PARAM){types[t / 2], edge(zeros, 4), ENDLESS};
		all.pParams = edge(one, sizeof(one));
		for (size_t i = 0; i < 2; i++) {
			CK_RV rv = give(p, i, edge(&all, sizeof(all)), sizeof(all));

			edges.used--;
			if (t % 2 == 0 || t / 2 > 2 || rv != CKR_OK)
				assert_refused(p, "one of two", i, rv);
		}
	}
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(right_ones_are_taken),
	    TEST(missing_ones_and_those_of_another_length_are_refused),
	    TEST(each_field_that_is_wrong_alone_is_refused),
	    TEST(what_is_wrong_inside_of_another_parameter_is_refused),
	    TEST(what_is_wrong_in_one_of_several_is_refused),
	};

	return cmocka_run_group_tests_name("pkcs11_parameter", tests, make, end);
}
