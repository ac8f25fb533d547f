/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a user's key has signed.
 */
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <string.h>

#include "daemon/login_trust.h"

#define HALF_MAX 48u /* bytes of r and of s, on P-384 */
#define DER_MAX	 (2u * HALF_MAX + 16u)

struct algorithm {
	const char *name, *key, *group, *digest;
	size_t half; /* of ECDSA: bytes of r, and of s */
	bool pss;
};

static const struct algorithm algorithms[] = {
    {"ES256", "EC", "prime256v1", "SHA256", 32, false}, {"ES384", "EC", "secp384r1", "SHA384", 48, false},
    {"RS256", "RSA", NULL, "SHA256", 0, false},		{"PS256", "RSA", NULL, "SHA256", 0, true},
    {"EdDSA", "ED25519", NULL, NULL, 0, false},
};

/* The row, where the key is of its kind. */
static const struct algorithm *algorithm_find(struct cs_view name, const EVP_PKEY *key)
{
	char group[32] = "";

	for (size_t i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++) {
		const struct algorithm *row = &algorithms[i];
		if (!cs_view_equal(name, cs_view_string(row->name)) || !EVP_PKEY_is_a(key, row->key))
			continue;
		if (row->group && (EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) != 1 ||
				   strcmp(group, row->group) != 0))
			continue;
		return row;
	}
	return NULL;
}

/* r and s as libcrypto wants them. */
static bool ecdsa_der(struct cs_view signature, size_t half, uint8_t out[DER_MAX], struct cs_view *der)
{
	ECDSA_SIG *parts = ECDSA_SIG_new();
	BIGNUM *r = NULL, *s = NULL;
	unsigned char *end = out;
	bool good = parts && signature.len == 2 * half;

	if (good) {
		r = BN_bin2bn(signature.ptr, (int)half, NULL);
		s = BN_bin2bn(signature.ptr + half, (int)half, NULL);
		good = r && s && ECDSA_SIG_set0(parts, r, s) == 1;
		if (!good) {
			BN_free(r);
			BN_free(s);
		}
	}
	const int len = good ? i2d_ECDSA_SIG(parts, &end) : 0;
	ECDSA_SIG_free(parts);
	*der = cs_view(out, len > 0 ? (size_t)len : 0);
	return len > 0;
}

static bool padding_set(EVP_PKEY_CTX *ctx, const struct algorithm *row)
{
	if (!row->pss)
		return true;
	return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
	       EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1;
}

enum login_fault login_certificate_verify(const struct login_certificate *certificate,
					  struct cs_view algorithm, struct cs_view text,
					  struct cs_view signature)
{
	EVP_PKEY *key = X509_get0_pubkey(certificate->leaf);
	const struct algorithm *row = key ? algorithm_find(algorithm, key) : NULL;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *settings = NULL;
	uint8_t der[DER_MAX];

	bool good = row && ctx && (!row->half || ecdsa_der(signature, row->half, der, &signature)) &&
		    EVP_DigestVerifyInit_ex(ctx, &settings, row->digest, NULL, NULL, key, NULL) == 1 &&
		    padding_set(settings, row) &&
		    EVP_DigestVerify(ctx, signature.ptr, signature.len, text.ptr, text.len) == 1;
	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return good ? LOGIN_FAULT_NONE : LOGIN_FAULT_SIGNATURE;
}
