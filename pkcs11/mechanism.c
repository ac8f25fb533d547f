/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The table of mechanisms.
 */
#include "pkcs11/mechanism.h"

#include "pkcs11/otp_store.h"
#include "pkcs11/pkcs11_countersign.h"
#include "pkcs11/pubkey.h"
#include "pkcs11/public.h"
#include "pkcs11/secret.h"
#include "pkcs11/token.h"

#define NO_KEY CK_UNAVAILABLE_INFORMATION
#define HW     CKF_HW
/* The card makes the signature; checking it needs no card. */
#define MESSAGES (CKF_MESSAGE_SIGN | CKF_MESSAGE_VERIFY | CKF_MULTI_MESSAGE)
#define SIGNS	 (HW | CKF_SIGN | CKF_VERIFY | MESSAGES)
#define RECOVERS (SIGNS | CKF_SIGN_RECOVER | CKF_VERIFY_RECOVER)
#define CRYPTS	 (HW | CKF_ENCRYPT | CKF_DECRYPT | CKF_WRAP | CKF_UNWRAP)
#define MACS	 (CKF_SIGN | CKF_VERIFY | MESSAGES)
#define CIPHERS	 (CKF_ENCRYPT | CKF_DECRYPT)
#define WRAPS	 (CIPHERS | CKF_WRAP | CKF_UNWRAP)
#define SEALS	 (WRAPS | CKF_MESSAGE_ENCRYPT | CKF_MESSAGE_DECRYPT | CKF_MULTI_MESSAGE)
#define EC	 (CKF_EC_F_P | CKF_EC_OID | CKF_EC_UNCOMPRESS | CKF_EC_COMPRESS)

static const struct mechanism mechanisms[] = {
    {CKM_RSA_PKCS_KEY_PAIR_GEN, SCHEME_GENERATE, CKK_RSA, CKM_NONE, HW | CKF_GENERATE_KEY_PAIR, false},
    {CKM_RSA_PKCS, SCHEME_PKCS1, CKK_RSA, CKM_NONE, RECOVERS | CRYPTS, false},
    {CKM_RSA_X_509, SCHEME_RAW, CKK_RSA, CKM_NONE, RECOVERS | CRYPTS, false},
    {CKM_RSA_PKCS_OAEP, SCHEME_OAEP, CKK_RSA, CKM_NONE, CRYPTS, false},
    {CKM_RSA_AES_KEY_WRAP, SCHEME_RSA_AES, CKK_RSA, CKM_NONE, HW | CKF_WRAP | CKF_UNWRAP, false},
    {CKM_SHA1_RSA_PKCS, SCHEME_PKCS1, CKK_RSA, CKM_SHA_1, SIGNS, false},
    {CKM_SHA224_RSA_PKCS, SCHEME_PKCS1, CKK_RSA, CKM_SHA224, SIGNS, false},
    {CKM_SHA256_RSA_PKCS, SCHEME_PKCS1, CKK_RSA, CKM_SHA256, SIGNS, false},
    {CKM_SHA384_RSA_PKCS, SCHEME_PKCS1, CKK_RSA, CKM_SHA384, SIGNS, false},
    {CKM_SHA512_RSA_PKCS, SCHEME_PKCS1, CKK_RSA, CKM_SHA512, SIGNS, false},
    {CKM_SHA3_224_RSA_PKCS, SCHEME_PKCS1, CKK_RSA, CKM_SHA3_224, SIGNS, false},
    {CKM_SHA3_256_RSA_PKCS, SCHEME_PKCS1, CKK_RSA, CKM_SHA3_256, SIGNS, false},
    {CKM_SHA3_384_RSA_PKCS, SCHEME_PKCS1, CKK_RSA, CKM_SHA3_384, SIGNS, false},
    {CKM_SHA3_512_RSA_PKCS, SCHEME_PKCS1, CKK_RSA, CKM_SHA3_512, SIGNS, false},
    {CKM_RSA_PKCS_PSS, SCHEME_PSS, CKK_RSA, CKM_NONE, SIGNS, false},
    {CKM_SHA1_RSA_PKCS_PSS, SCHEME_PSS, CKK_RSA, CKM_SHA_1, SIGNS, false},
    {CKM_SHA224_RSA_PKCS_PSS, SCHEME_PSS, CKK_RSA, CKM_SHA224, SIGNS, false},
    {CKM_SHA256_RSA_PKCS_PSS, SCHEME_PSS, CKK_RSA, CKM_SHA256, SIGNS, false},
    {CKM_SHA384_RSA_PKCS_PSS, SCHEME_PSS, CKK_RSA, CKM_SHA384, SIGNS, false},
    {CKM_SHA512_RSA_PKCS_PSS, SCHEME_PSS, CKK_RSA, CKM_SHA512, SIGNS, false},
    {CKM_SHA3_224_RSA_PKCS_PSS, SCHEME_PSS, CKK_RSA, CKM_SHA3_224, SIGNS, false},
    {CKM_SHA3_256_RSA_PKCS_PSS, SCHEME_PSS, CKK_RSA, CKM_SHA3_256, SIGNS, false},
    {CKM_SHA3_384_RSA_PKCS_PSS, SCHEME_PSS, CKK_RSA, CKM_SHA3_384, SIGNS, false},
    {CKM_SHA3_512_RSA_PKCS_PSS, SCHEME_PSS, CKK_RSA, CKM_SHA3_512, SIGNS, false},
    {CKM_EC_KEY_PAIR_GEN, SCHEME_GENERATE, CKK_EC, CKM_NONE, HW | EC | CKF_GENERATE_KEY_PAIR, false},
    {CKM_ECDSA, SCHEME_ECDSA, CKK_EC, CKM_NONE, SIGNS | EC, false},
    {CKM_ECDSA_SHA1, SCHEME_ECDSA, CKK_EC, CKM_SHA_1, SIGNS | EC, false},
    {CKM_ECDSA_SHA224, SCHEME_ECDSA, CKK_EC, CKM_SHA224, SIGNS | EC, false},
    {CKM_ECDSA_SHA256, SCHEME_ECDSA, CKK_EC, CKM_SHA256, SIGNS | EC, false},
    {CKM_ECDSA_SHA384, SCHEME_ECDSA, CKK_EC, CKM_SHA384, SIGNS | EC, false},
    {CKM_ECDSA_SHA512, SCHEME_ECDSA, CKK_EC, CKM_SHA512, SIGNS | EC, false},
    {CKM_ECDSA_SHA3_224, SCHEME_ECDSA, CKK_EC, CKM_SHA3_224, SIGNS | EC, false},
    {CKM_ECDSA_SHA3_256, SCHEME_ECDSA, CKK_EC, CKM_SHA3_256, SIGNS | EC, false},
    {CKM_ECDSA_SHA3_384, SCHEME_ECDSA, CKK_EC, CKM_SHA3_384, SIGNS | EC, false},
    {CKM_ECDSA_SHA3_512, SCHEME_ECDSA, CKK_EC, CKM_SHA3_512, SIGNS | EC, false},
    {CKM_ECDH1_DERIVE, SCHEME_ECDH, CKK_EC, CKM_NONE, HW | EC | CKF_DERIVE, false},
    {CKM_ECDH1_COFACTOR_DERIVE, SCHEME_ECDH, CKK_EC, CKM_NONE, HW | EC | CKF_DERIVE, false},
    {CKM_EC_EDWARDS_KEY_PAIR_GEN, SCHEME_GENERATE, CKK_EC_EDWARDS, CKM_NONE, HW | EC | CKF_GENERATE_KEY_PAIR,
     false},
    {CKM_EDDSA, SCHEME_EDDSA, CKK_EC_EDWARDS, CKM_NONE, SIGNS | EC, false},
    {CKM_EC_MONTGOMERY_KEY_PAIR_GEN, SCHEME_GENERATE, CKK_EC_MONTGOMERY, CKM_NONE,
     HW | EC | CKF_GENERATE_KEY_PAIR, false},
    {CKM_COUNTERSIGN_SM2, SCHEME_SM2, CKK_EC, CKM_NONE, SIGNS | EC, false},
    {CKM_COUNTERSIGN_SM2_SM3, SCHEME_SM2_SM3, CKK_EC, CKM_NONE, SIGNS | EC, false},
    {CKM_ML_DSA_KEY_PAIR_GEN, SCHEME_GENERATE, CKK_ML_DSA, CKM_NONE, HW | CKF_GENERATE_KEY_PAIR, false},
    {CKM_ML_DSA, SCHEME_ML_DSA, CKK_ML_DSA, CKM_NONE, SIGNS, false},
    {CKM_HASH_ML_DSA, SCHEME_HASH_ML_DSA, CKK_ML_DSA, CKM_NONE, SIGNS, false},
    {CKM_HASH_ML_DSA_SHA224, SCHEME_HASH_ML_DSA, CKK_ML_DSA, CKM_SHA224, SIGNS, false},
    {CKM_HASH_ML_DSA_SHA256, SCHEME_HASH_ML_DSA, CKK_ML_DSA, CKM_SHA256, SIGNS, false},
    {CKM_HASH_ML_DSA_SHA384, SCHEME_HASH_ML_DSA, CKK_ML_DSA, CKM_SHA384, SIGNS, false},
    {CKM_HASH_ML_DSA_SHA512, SCHEME_HASH_ML_DSA, CKK_ML_DSA, CKM_SHA512, SIGNS, false},
    {CKM_HASH_ML_DSA_SHA3_224, SCHEME_HASH_ML_DSA, CKK_ML_DSA, CKM_SHA3_224, SIGNS, false},
    {CKM_HASH_ML_DSA_SHA3_256, SCHEME_HASH_ML_DSA, CKK_ML_DSA, CKM_SHA3_256, SIGNS, false},
    {CKM_HASH_ML_DSA_SHA3_384, SCHEME_HASH_ML_DSA, CKK_ML_DSA, CKM_SHA3_384, SIGNS, false},
    {CKM_HASH_ML_DSA_SHA3_512, SCHEME_HASH_ML_DSA, CKK_ML_DSA, CKM_SHA3_512, SIGNS, false},
    {CKM_HASH_ML_DSA_SHAKE128, SCHEME_HASH_ML_DSA, CKK_ML_DSA, CKM_HASH_ML_DSA_SHAKE128, SIGNS, false},
    {CKM_HASH_ML_DSA_SHAKE256, SCHEME_HASH_ML_DSA, CKK_ML_DSA, CKM_HASH_ML_DSA_SHAKE256, SIGNS, false},
    {CKM_ML_KEM_KEY_PAIR_GEN, SCHEME_GENERATE, CKK_ML_KEM, CKM_NONE, HW | CKF_GENERATE_KEY_PAIR, false},
    {CKM_ML_KEM, SCHEME_ML_KEM, CKK_ML_KEM, CKM_NONE, HW | CKF_ENCAPSULATE | CKF_DECAPSULATE, false},
    {CKM_AES_KEY_GEN, SCHEME_GENERATE, CKK_AES, CKM_NONE, CKF_GENERATE, false},
    {CKM_AES_ECB, SCHEME_ECB, CKK_AES, CKM_NONE, CIPHERS, false},
    {CKM_AES_CBC, SCHEME_CBC, CKK_AES, CKM_NONE, WRAPS, false},
    {CKM_AES_CBC_PAD, SCHEME_CBC_PAD, CKK_AES, CKM_NONE, WRAPS, false},
    {CKM_AES_CTR, SCHEME_CTR, CKK_AES, CKM_NONE, CIPHERS, false},
    {CKM_AES_GCM, SCHEME_GCM, CKK_AES, CKM_NONE, SEALS, false},
    {CKM_AES_KEY_WRAP, SCHEME_KEY_WRAP, CKK_AES, CKM_NONE, WRAPS, false},
    {CKM_AES_KEY_WRAP_KWP, SCHEME_KEY_WRAP_PAD, CKK_AES, CKM_NONE, WRAPS, false},
    {CKM_AES_CMAC, SCHEME_CMAC, CKK_AES, CKM_NONE, MACS, false},
    {CKM_AES_CMAC_GENERAL, SCHEME_CMAC, CKK_AES, CKM_NONE, MACS, true},
    {CKM_SHA_1_KEY_GEN, SCHEME_GENERATE, CKK_SHA_1_HMAC, CKM_SHA_1, CKF_GENERATE, false},
    {CKM_SHA224_KEY_GEN, SCHEME_GENERATE, CKK_SHA224_HMAC, CKM_SHA224, CKF_GENERATE, false},
    {CKM_SHA256_KEY_GEN, SCHEME_GENERATE, CKK_SHA256_HMAC, CKM_SHA256, CKF_GENERATE, false},
    {CKM_SHA384_KEY_GEN, SCHEME_GENERATE, CKK_SHA384_HMAC, CKM_SHA384, CKF_GENERATE, false},
    {CKM_SHA512_KEY_GEN, SCHEME_GENERATE, CKK_SHA512_HMAC, CKM_SHA512, CKF_GENERATE, false},
    {CKM_SHA512_224_KEY_GEN, SCHEME_GENERATE, CKK_SHA512_224_HMAC, CKM_SHA512_224, CKF_GENERATE, false},
    {CKM_SHA512_256_KEY_GEN, SCHEME_GENERATE, CKK_SHA512_256_HMAC, CKM_SHA512_256, CKF_GENERATE, false},
    {CKM_SHA3_224_KEY_GEN, SCHEME_GENERATE, CKK_SHA3_224_HMAC, CKM_SHA3_224, CKF_GENERATE, false},
    {CKM_SHA3_256_KEY_GEN, SCHEME_GENERATE, CKK_SHA3_256_HMAC, CKM_SHA3_256, CKF_GENERATE, false},
    {CKM_SHA3_384_KEY_GEN, SCHEME_GENERATE, CKK_SHA3_384_HMAC, CKM_SHA3_384, CKF_GENERATE, false},
    {CKM_SHA3_512_KEY_GEN, SCHEME_GENERATE, CKK_SHA3_512_HMAC, CKM_SHA3_512, CKF_GENERATE, false},
    {CKM_GENERIC_SECRET_KEY_GEN, SCHEME_GENERATE, CKK_GENERIC_SECRET, CKM_NONE, CKF_GENERATE, false},
    {CKM_SHA_1_HMAC, SCHEME_HMAC, CKK_SHA_1_HMAC, CKM_SHA_1, MACS, false},
    {CKM_SHA_1_HMAC_GENERAL, SCHEME_HMAC, CKK_SHA_1_HMAC, CKM_SHA_1, MACS, true},
    {CKM_SHA224_HMAC, SCHEME_HMAC, CKK_SHA224_HMAC, CKM_SHA224, MACS, false},
    {CKM_SHA224_HMAC_GENERAL, SCHEME_HMAC, CKK_SHA224_HMAC, CKM_SHA224, MACS, true},
    {CKM_SHA256_HMAC, SCHEME_HMAC, CKK_SHA256_HMAC, CKM_SHA256, MACS, false},
    {CKM_SHA256_HMAC_GENERAL, SCHEME_HMAC, CKK_SHA256_HMAC, CKM_SHA256, MACS, true},
    {CKM_SHA384_HMAC, SCHEME_HMAC, CKK_SHA384_HMAC, CKM_SHA384, MACS, false},
    {CKM_SHA384_HMAC_GENERAL, SCHEME_HMAC, CKK_SHA384_HMAC, CKM_SHA384, MACS, true},
    {CKM_SHA512_HMAC, SCHEME_HMAC, CKK_SHA512_HMAC, CKM_SHA512, MACS, false},
    {CKM_SHA512_HMAC_GENERAL, SCHEME_HMAC, CKK_SHA512_HMAC, CKM_SHA512, MACS, true},
    {CKM_SHA512_224_HMAC, SCHEME_HMAC, CKK_SHA512_224_HMAC, CKM_SHA512_224, MACS, false},
    {CKM_SHA512_224_HMAC_GENERAL, SCHEME_HMAC, CKK_SHA512_224_HMAC, CKM_SHA512_224, MACS, true},
    {CKM_SHA512_256_HMAC, SCHEME_HMAC, CKK_SHA512_256_HMAC, CKM_SHA512_256, MACS, false},
    {CKM_SHA512_256_HMAC_GENERAL, SCHEME_HMAC, CKK_SHA512_256_HMAC, CKM_SHA512_256, MACS, true},
    {CKM_SHA3_224_HMAC, SCHEME_HMAC, CKK_SHA3_224_HMAC, CKM_SHA3_224, MACS, false},
    {CKM_SHA3_224_HMAC_GENERAL, SCHEME_HMAC, CKK_SHA3_224_HMAC, CKM_SHA3_224, MACS, true},
    {CKM_SHA3_256_HMAC, SCHEME_HMAC, CKK_SHA3_256_HMAC, CKM_SHA3_256, MACS, false},
    {CKM_SHA3_256_HMAC_GENERAL, SCHEME_HMAC, CKK_SHA3_256_HMAC, CKM_SHA3_256, MACS, true},
    {CKM_SHA3_384_HMAC, SCHEME_HMAC, CKK_SHA3_384_HMAC, CKM_SHA3_384, MACS, false},
    {CKM_SHA3_384_HMAC_GENERAL, SCHEME_HMAC, CKK_SHA3_384_HMAC, CKM_SHA3_384, MACS, true},
    {CKM_SHA3_512_HMAC, SCHEME_HMAC, CKK_SHA3_512_HMAC, CKM_SHA3_512, MACS, false},
    {CKM_SHA3_512_HMAC_GENERAL, SCHEME_HMAC, CKK_SHA3_512_HMAC, CKM_SHA3_512, MACS, true},
    {CKM_HOTP, SCHEME_OTP, CKK_HOTP, CKM_NONE, SIGNS, false},
    {CKM_COUNTERSIGN_TOTP, SCHEME_OTP, CKK_COUNTERSIGN_TOTP, CKM_NONE, SIGNS, false},
    {CKM_COUNTERSIGN_OCRA, SCHEME_OTP, CKK_COUNTERSIGN_OCRA, CKM_NONE, SIGNS, false},
    {CKM_HOTP_KEY_GEN, SCHEME_GENERATE, CKK_HOTP, CKM_NONE, HW | CKF_GENERATE, false},
    {CKM_COUNTERSIGN_TOTP_KEY_GEN, SCHEME_GENERATE, CKK_COUNTERSIGN_TOTP, CKM_NONE, HW | CKF_GENERATE, false},
    {CKM_COUNTERSIGN_OCRA_KEY_GEN, SCHEME_GENERATE, CKK_COUNTERSIGN_OCRA, CKM_NONE, HW | CKF_GENERATE, false},
    {CKM_SHA_1, SCHEME_DIGEST, NO_KEY, CKM_SHA_1, CKF_DIGEST, false},
    {CKM_SHA224, SCHEME_DIGEST, NO_KEY, CKM_SHA224, CKF_DIGEST, false},
    {CKM_SHA256, SCHEME_DIGEST, NO_KEY, CKM_SHA256, CKF_DIGEST, false},
    {CKM_SHA384, SCHEME_DIGEST, NO_KEY, CKM_SHA384, CKF_DIGEST, false},
    {CKM_SHA512, SCHEME_DIGEST, NO_KEY, CKM_SHA512, CKF_DIGEST, false},
    {CKM_SHA512_224, SCHEME_DIGEST, NO_KEY, CKM_SHA512_224, CKF_DIGEST, false},
    {CKM_SHA512_256, SCHEME_DIGEST, NO_KEY, CKM_SHA512_256, CKF_DIGEST, false},
    {CKM_SHA3_224, SCHEME_DIGEST, NO_KEY, CKM_SHA3_224, CKF_DIGEST, false},
    {CKM_SHA3_256, SCHEME_DIGEST, NO_KEY, CKM_SHA3_256, CKF_DIGEST, false},
    {CKM_SHA3_384, SCHEME_DIGEST, NO_KEY, CKM_SHA3_384, CKF_DIGEST, false},
    {CKM_SHA3_512, SCHEME_DIGEST, NO_KEY, CKM_SHA3_512, CKF_DIGEST, false},
};

/* Of MACs that no card of ours makes: their keys are a session's. */
static bool session_mac_type(CK_KEY_TYPE type)
{
	return type == CKK_SHA224_HMAC || type == CKK_SHA512_224_HMAC || type == CKK_SHA512_256_HMAC ||
	       (type >= CKK_SHA3_224_HMAC && type <= CKK_SHA3_512_HMAC);
}

/* CKK_SHA512_HMAC and its kin: a generic secret serves for all of them. */
static bool mac_type(CK_KEY_TYPE type)
{
	return type == CKK_SHA_1_HMAC || (type >= CKK_SHA256_HMAC && type <= CKK_SHA512_HMAC) ||
	       session_mac_type(type);
}

bool mechanism_takes(const struct mechanism *m, CK_KEY_TYPE type)
{
	if (mac_type(m->key_type) && type == CKK_GENERIC_SECRET)
		return true;
	return type == m->key_type || (m->scheme == SCHEME_ECDH && type == CKK_EC_MONTGOMERY);
}

bool mechanism_fits(const struct mechanism *m, enum piv_alg alg)
{
	bool sm2 = m->scheme == SCHEME_SM2 || m->scheme == SCHEME_SM2_SM3;

	if ((alg == PIV_ALG_SM2) != sm2 && m->scheme != SCHEME_GENERATE)
		return false;
	return mechanism_takes(m, pubkey_alg_type(alg));
}

bool mechanism_symmetric(const struct mechanism *m)
{
	return m->key_type == CKK_AES || m->key_type == CKK_GENERIC_SECRET || mac_type(m->key_type);
}

#define MECHANISMS (sizeof(mechanisms) / sizeof(mechanisms[0]))

const struct mechanism *mechanism_find(CK_MECHANISM_TYPE type)
{
	for (size_t i = 0; i < MECHANISMS; i++) {
		if (mechanisms[i].type == type)
			return &mechanisms[i];
	}
	return NULL;
}

/* In bytes; of RSA and curves, in bits. */
#define AES_MIN	   16u
#define AES_MAX	   32u
#define SECRET_MIN 1u

/* Shortest and longest key that the token can have for the mechanism; false where it can have none. */
static bool key_sizes(struct token *token, const struct mechanism *m, CK_ULONG *min, CK_ULONG *max)
{
	CK_KEY_TYPE type = m->key_type;
	static const enum piv_alg algs[] = {
	    PIV_ALG_RSA1024, PIV_ALG_RSA2048,  PIV_ALG_RSA3072,	 PIV_ALG_RSA4096,
	    PIV_ALG_P256,    PIV_ALG_P384,     PIV_ALG_P521,	 PIV_ALG_SM2,
	    PIV_ALG_ED25519, PIV_ALG_X25519,   PIV_ALG_MLDSA44,	 PIV_ALG_MLDSA65,
	    PIV_ALG_MLDSA87, PIV_ALG_MLKEM512, PIV_ALG_MLKEM768, PIV_ALG_MLKEM1024};
	bool any = false;

	if (mechanism_symmetric(m)) {
		*min = type == CKK_AES ? AES_MIN : SECRET_MIN;
		*max = type == CKK_AES ? AES_MAX : SECRET_MAX;
		return true;
	}
	for (size_t i = 0; i < sizeof(algs) / sizeof(algs[0]); i++) {
		CK_ULONG size = pubkey_alg_size(algs[i]);

		if (!mechanism_fits(m, algs[i]) || !token_has_alg(token, algs[i]))
			continue;
		*min = any && *min < size ? *min : size;
		*max = any && *max > size ? *max : size;
		any = true;
	}
	return any;
}

/* The same for keys of one-time passwords. Whether a card of another maker has that application is not known
 * before someone searches for them; what is Countersign's own it has not. */
static bool otp_sizes(const struct token *token, const struct mechanism *m, CK_ULONG *min, CK_ULONG *max)
{
	bool generates = m->scheme == SCHEME_GENERATE;

	*min = generates ? YKOATH_MADE_MIN : 1;
	*max = YKOATH_KEY_MAX;
	return !token->otps.absent && (token->ours || (!generates && m->key_type != CKK_COUNTERSIGN_OCRA));
}

static bool mechanism_sizes(struct token *token, const struct mechanism *m, CK_ULONG *min, CK_ULONG *max)
{
	if (m->key_type == NO_KEY)
		return true;
	return otp_is_key_type(m->key_type) ? otp_sizes(token, m, min, max) : key_sizes(token, m, min, max);
}

CK_FLAGS mechanism_flags(const struct mechanism *m)
{
	CK_FLAGS public = CKF_VERIFY | CKF_MESSAGE_VERIFY | CKF_ENCAPSULATE;

	return (m->key_type != CKK_ML_DSA && m->key_type != CKK_ML_KEM) || public_has(m->key_type)
		   ? m->flags
		   : m->flags & ~public;
}

static bool mechanism_usable(struct token *token, const struct mechanism *m)
{
	CK_ULONG min, max;

	return mechanism_sizes(token, m, &min, &max);
}

CK_RV mechanism_list(struct token *token, CK_MECHANISM_TYPE_PTR out, CK_ULONG_PTR count)
{
	CK_ULONG n = 0, room;

	if (count == NULL)
		return CKR_ARGUMENTS_BAD;
	room = out != NULL ? *count : 0;
	for (size_t i = 0; i < MECHANISMS; i++) {
		if (!mechanism_usable(token, &mechanisms[i]))
			continue;
		if (n < room)
			out[n] = mechanisms[i].type;
		n++;
	}
	*count = n;
	return out != NULL && n > room ? CKR_BUFFER_TOO_SMALL : CKR_OK;
}

/* What is said of the mechanism with this token. Secret keys are in memory, and on our card. Of HashML-DSA
 * only our card signs: it takes an external mu. */
static CK_FLAGS info_flags(const struct token *token, const struct mechanism *m)
{
	bool wraps = m->scheme == SCHEME_KEY_WRAP || m->scheme == SCHEME_KEY_WRAP_PAD;
	bool memory = m->key_type == CKK_GENERIC_SECRET || session_mac_type(m->key_type);
	CK_FLAGS flags = mechanism_flags(m);

	if (token->ours && mechanism_symmetric(m) && !wraps && !memory)
		return flags | CKF_HW;
	if (!token->ours && m->scheme == SCHEME_HASH_ML_DSA)
		return flags & ~(CKF_HW | CKF_SIGN | CKF_MESSAGE_SIGN);
	return flags;
}

CK_RV mechanism_info(struct token *token, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO_PTR out)
{
	const struct mechanism *m = mechanism_find(type);
	CK_ULONG min = 0, max = 0;

	if (out == NULL)
		return CKR_ARGUMENTS_BAD;
	if (m == NULL || !mechanism_sizes(token, m, &min, &max))
		return CKR_MECHANISM_INVALID;
	*out = (CK_MECHANISM_INFO){.ulMinKeySize = min, .ulMaxKeySize = max, .flags = info_flags(token, m)};
	return CKR_OK;
}

bool mechanism_any(enum piv_alg alg, CK_FLAGS flags, CK_MECHANISM_TYPE *first)
{
	for (size_t i = 0; i < MECHANISMS; i++) {
		if ((mechanisms[i].flags & flags) != 0 && mechanism_fits(&mechanisms[i], alg)) {
			*first = mechanisms[i].type;
			return true;
		}
	}
	return false;
}

void mechanism_write_allowed(enum piv_alg alg, CK_FLAGS usage, struct cs_writer *out)
{
	for (size_t i = 0; i < MECHANISMS; i++) {
		if (mechanism_fits(&mechanisms[i], alg) && (mechanisms[i].flags & usage) != 0)
			cs_write_view(out, cs_view(&mechanisms[i].type, sizeof(mechanisms[i].type)));
	}
}

void mechanism_write_taking(CK_KEY_TYPE type, CK_FLAGS usage, struct cs_writer *out)
{
	for (size_t i = 0; i < MECHANISMS; i++) {
		if (mechanism_takes(&mechanisms[i], type) && (mechanisms[i].flags & usage) != 0)
			cs_write_view(out, cs_view(&mechanisms[i].type, sizeof(mechanisms[i].type)));
	}
}
