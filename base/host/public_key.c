/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Public keys, with libcrypto. Invariant:
 *   1. A key of a kind that is not listed verifies nothing.
 */
#include "base/host/public_key.h"

#include <openssl/core_names.h>

#include "base/ed25519.h"

#define EXPONENT_MIN 3u
#define POINT_MAX    256u
#define CURVE_MAX    64u

/* With 1 a signature is what it signs, padded. */
static bool rsa_verifies(const EVP_PKEY *key)
{
	BIGNUM *e = NULL;
	const bool good = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) == 1 && BN_is_odd(e) &&
			  BN_get_word(e) >= EXPONENT_MIN; /* of a longer one all bits are set */

	BN_free(e);
	return good;
}

/* On a curve that has a name, and a point other than the neutral one, which is written as one byte. libcrypto
 * reads none that is not on its curve. */
static bool ec_verifies(const EVP_PKEY *key)
{
	uint8_t point[POINT_MAX];
	char curve[CURVE_MAX];
	size_t len = 0;
	int explicit = 0;

	return EVP_PKEY_get_group_name(key, curve, sizeof curve, &len) == 1 &&
	       EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &explicit) == 1 &&
	       explicit == 0 &&
	       EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point, &len) ==
		   1 &&
	       len > 1;
}

static bool ed25519_verifies(const EVP_PKEY *key)
{
	uint8_t bytes[CS_ED25519_LEN];
	size_t len = sizeof bytes;

	return EVP_PKEY_get_raw_public_key(key, bytes, &len) == 1 && cs_ed25519_verifies(bytes);
}

static bool libcrypto_s_to_refuse(const EVP_PKEY *key)
{
	return key != NULL;
}

bool cs_public_key_verifies(const EVP_PKEY *key)
{
	static const struct {
		const char *kind;
		bool (*verifies)(const EVP_PKEY *key);
	} kinds[] = {
	    {"RSA", rsa_verifies},
	    {"RSA-PSS", rsa_verifies},
	    {"EC", ec_verifies},
	    {"SM2", ec_verifies},
	    {"ED25519", ed25519_verifies},
	    {"ML-DSA-44", libcrypto_s_to_refuse},
	    {"ML-DSA-65", libcrypto_s_to_refuse},
	    {"ML-DSA-87", libcrypto_s_to_refuse},
	};

	for (size_t i = 0; key != NULL && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (EVP_PKEY_is_a(key, kinds[i].kind))
			return kinds[i].verifies(key);
	}
	return false;
}
