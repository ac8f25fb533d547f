/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Keys, certificates and lists of revoked ones for tests.
 */
#include "tests/unit/pki.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "base/encoding.h"

EVP_PKEY *pki_key_rsa(const char *kind, unsigned long e)
{
	EVP_PKEY *any = EVP_RSA_gen(2048), *key = NULL;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, kind, NULL);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	BIGNUM *n = NULL, *exponent = BN_new();

	assert_int_equal(EVP_PKEY_get_bn_param(any, OSSL_PKEY_PARAM_RSA_N, &n), 1);
	assert_int_equal(BN_set_word(exponent, e), 1);
	assert_int_equal(OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n), 1);
	assert_int_equal(OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, exponent), 1);
	/* The private half of 1; of others it makes nothing that verifies. */
	assert_int_equal(OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_D, BN_value_one()), 1);
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
	assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
	assert_int_equal(EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params), 1);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(any);
	BN_free(exponent);
	BN_free(n);
	return key;
}

static EVP_PKEY *pss_key(void)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA-PSS", NULL);
	EVP_PKEY *key = NULL;

	assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
	assert_int_equal(EVP_PKEY_generate(ctx, &key), 1);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

EVP_PKEY *pki_key(const char *kind)
{
	EVP_PKEY *key = strcmp(kind, "RSA1024") == 0   ? EVP_RSA_gen(1024)
			: strcmp(kind, "RSA2048") == 0 ? EVP_RSA_gen(2048)
			: strcmp(kind, "RSA-PSS") == 0 ? pss_key()
			: strncmp(kind, "ED", 2) == 0  ? EVP_PKEY_Q_keygen(NULL, NULL, kind)
						       : EVP_EC_gen(kind);
	assert_non_null(key);
	return key;
}

/* The point (0, 1), as RFC 8032, 5.1.2 has it. */
static const uint8_t neutral[32] = {1};

EVP_PKEY *pki_key_of_nobody(void)
{
	EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, neutral, sizeof(neutral));

	assert_non_null(key);
	return key;
}

bool pki_forge(const EVP_PKEY *key, uint8_t signature[PKI_ED25519_SIGNATURE_LEN])
{
	uint8_t point[sizeof(neutral)];
	size_t len = sizeof(point);

	if (!EVP_PKEY_is_a(key, "ED25519") || EVP_PKEY_get_raw_public_key(key, point, &len) != 1 ||
	    memcmp(point, neutral, sizeof(neutral)) != 0)
		return false;
	memset(signature, 0, PKI_ED25519_SIGNATURE_LEN); /* S = 0, R = 0 B - h A */
	memcpy(signature, neutral, sizeof(neutral));
	return true;
}

static void extend(X509 *certificate, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX context;

	X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
	X509_EXTENSION *extension = X509V3_EXT_nconf_nid(NULL, &context, nid, value);
	assert_non_null(extension);
	assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
	X509_EXTENSION_free(extension);
}

static X509 *begin(const char *name, EVP_PKEY *key, const X509 *issuer, int64_t from, int64_t until,
		   long serial)
{
	X509 *certificate = X509_new();
	X509_NAME *subject = X509_get_subject_name(certificate);

	assert_int_equal(
	    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1, -1, 0),
	    1);
	assert_int_equal(X509_set_version(certificate, X509_VERSION_3), 1);
	assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial), 1);
	assert_non_null(ASN1_TIME_set(X509_getm_notBefore(certificate), from));
	assert_non_null(ASN1_TIME_set(X509_getm_notAfter(certificate), until));
	assert_int_equal(X509_set_issuer_name(certificate, issuer ? X509_get_subject_name(issuer) : subject),
			 1);
	assert_int_equal(X509_set_pubkey(certificate, key), 1);
	return certificate;
}

/* It is signed by a key that has a private half first, since the algorithm is named within. */
static X509 *end_forged(X509 *certificate, const uint8_t signature[PKI_ED25519_SIGNATURE_LEN])
{
	EVP_PKEY *anybody = pki_key("ED25519");
	unsigned char *der = NULL;

	assert_true(X509_sign(certificate, anybody, NULL) > 0);
	const int len = i2d_X509(certificate, &der);
	assert_true(len > (int)PKI_ED25519_SIGNATURE_LEN);
	memcpy(der + len - PKI_ED25519_SIGNATURE_LEN, signature, PKI_ED25519_SIGNATURE_LEN);
	const unsigned char *at = der;
	X509 *forged = d2i_X509(NULL, &at, len);
	assert_non_null(forged);
	OPENSSL_free(der);
	EVP_PKEY_free(anybody);
	X509_free(certificate);
	return forged;
}

static X509 *end(X509 *certificate, EVP_PKEY *signer)
{
	uint8_t forged[PKI_ED25519_SIGNATURE_LEN];

	if (pki_forge(signer, forged))
		return end_forged(certificate, forged);
	const bool whole = EVP_PKEY_is_a(signer, "ED25519") || EVP_PKEY_is_a(signer, "ED448");
	const EVP_MD *md = whole ? NULL : EVP_sha256();

	assert_true(X509_sign(certificate, signer, md) > 0);
	return certificate;
}

X509 *pki_ca(const char *name, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key, int64_t now)
{
	return pki_ca_for(name, NULL, key, issuer, issuer_key, now);
}

X509 *pki_ca_for(const char *name, const char *usage, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key,
		 int64_t now)
{
	X509 *ca = begin(name, key, issuer, now - 86400, now + 10 * 86400, 1);

	extend(ca, issuer ? issuer : ca, NID_basic_constraints, "critical,CA:TRUE");
	extend(ca, issuer ? issuer : ca, NID_key_usage, "critical,keyCertSign,cRLSign");
	extend(ca, issuer ? issuer : ca, NID_subject_key_identifier, "hash");
	if (usage)
		extend(ca, issuer ? issuer : ca, NID_ext_key_usage, usage);
	return end(ca, issuer ? issuer_key : key);
}

X509 *pki_leaf(const struct pki_leaf *leaf, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key)
{
	X509 *certificate = begin(leaf->name, key, issuer, leaf->from, leaf->until, leaf->serial);
	X509 *by = issuer ? issuer : certificate;

	extend(certificate, by, NID_basic_constraints, "CA:FALSE");
	extend(certificate, by, NID_key_usage, leaf->key_usage ? leaf->key_usage : "digitalSignature");
	if (leaf->usage)
		extend(certificate, by, NID_ext_key_usage, leaf->usage);
	if (leaf->alternative)
		extend(certificate, by, NID_subject_alt_name, leaf->alternative);
	return end(certificate, issuer ? issuer_key : key);
}

X509_CRL *pki_crl(X509 *issuer, EVP_PKEY *issuer_key, int64_t from, int64_t until, long revoked)
{
	X509_CRL *list = X509_CRL_new();
	ASN1_TIME *when = ASN1_TIME_set(NULL, from), *next = ASN1_TIME_set(NULL, until);

	assert_int_equal(X509_CRL_set_version(list, X509_CRL_VERSION_2), 1);
	assert_int_equal(X509_CRL_set_issuer_name(list, X509_get_subject_name(issuer)), 1);
	assert_int_equal(X509_CRL_set1_lastUpdate(list, when), 1);
	if (until)
		assert_int_equal(X509_CRL_set1_nextUpdate(list, next), 1);
	if (revoked) {
		X509_REVOKED *entry = X509_REVOKED_new();
		ASN1_INTEGER *serial = ASN1_INTEGER_new();
		assert_int_equal(ASN1_INTEGER_set(serial, revoked), 1);
		assert_int_equal(X509_REVOKED_set_serialNumber(entry, serial), 1);
		assert_int_equal(X509_REVOKED_set_revocationDate(entry, when), 1);
		assert_int_equal(X509_CRL_add0_revoked(list, entry), 1);
		ASN1_INTEGER_free(serial);
	}
	assert_true(X509_CRL_sign(list, issuer_key, EVP_sha256()) > 0);
	ASN1_TIME_free(when);
	ASN1_TIME_free(next);
	return list;
}

void pki_crl_extend(X509_CRL *list, EVP_PKEY *issuer_key, int nid, const char *number)
{
	BIGNUM *value = NULL;

	assert_true(BN_hex2bn(&value, number) > 0);
	ASN1_INTEGER *text = BN_to_ASN1_INTEGER(value, NULL);
	assert_non_null(text);
	assert_int_equal(X509_CRL_add1_ext_i2d(list, nid, text, nid == NID_delta_crl, X509V3_ADD_REPLACE), 1);
	assert_true(X509_CRL_sign(list, issuer_key, EVP_sha256()) > 0);
	ASN1_INTEGER_free(text);
	BN_free(value);
}

void pki_crl_number(X509_CRL *list, EVP_PKEY *issuer_key, long number)
{
	char text[2 * sizeof(number) + 1];

	(void)snprintf(text, sizeof(text), "%lX", (unsigned long)number);
	pki_crl_extend(list, issuer_key, NID_crl_number, text);
}

void pki_der(struct cs_writer *w, const X509 *certificate)
{
	unsigned char *der = NULL;
	int len = i2d_X509(certificate, &der);

	assert_true(len > 0);
	cs_write_view(w, cs_view(der, (size_t)len));
	OPENSSL_free(der);
}

void pki_fingerprint(const X509 *certificate, char out[65])
{
	uint8_t digest[32];
	unsigned char *der = NULL;
	size_t digest_len = 0;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);

	assert_true(len > 0);
	assert_int_equal(EVP_Q_digest(NULL, "SHA256", NULL, der, (size_t)len, digest, &digest_len), 1);
	OPENSSL_free(der);
	cs_hex_encode(CS_VIEW_OF(digest), out);
}

void pki_write(const char *path, X509 *const *certificates, X509_CRL *const *lists)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	for (; certificates && *certificates; certificates++)
		assert_int_equal(PEM_write_X509(file, *certificates), 1);
	for (; lists && *lists; lists++)
		assert_int_equal(PEM_write_X509_CRL(file, *lists), 1);
	assert_int_equal(fclose(file), 0);
}

static void write_half(struct cs_writer *out, const BIGNUM *number, int len)
{
	uint8_t half[48];

	assert_int_equal(BN_bn2binpad(number, half, len), len);
	cs_write_view(out, cs_view(half, (size_t)len));
}

void pki_sign(EVP_PKEY *key, const char *algorithm, struct cs_view text, struct cs_writer *out)
{
	const char *digest = strcmp(algorithm, "EdDSA") == 0   ? NULL
			     : strcmp(algorithm, "ES384") == 0 ? "SHA384"
							       : "SHA256";
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *settings = NULL;
	uint8_t signature[512];
	size_t len = sizeof(signature);

	if (pki_forge(key, signature)) {
		EVP_MD_CTX_free(ctx);
		cs_write_view(out, cs_view(signature, PKI_ED25519_SIGNATURE_LEN));
		return;
	}
	assert_int_equal(EVP_DigestSignInit_ex(ctx, &settings, digest, NULL, NULL, key, NULL), 1);
	if (algorithm[0] == 'P') {
		assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(settings, RSA_PKCS1_PSS_PADDING), 1);
		assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(settings, RSA_PSS_SALTLEN_DIGEST), 1);
	}
	assert_int_equal(EVP_DigestSign(ctx, signature, &len, text.ptr, text.len), 1);
	EVP_MD_CTX_free(ctx);
	if (EVP_PKEY_is_a(key, "EC")) {
		const unsigned char *at = signature;
		ECDSA_SIG *parts = d2i_ECDSA_SIG(NULL, &at, (long)len);
		assert_non_null(parts);
		write_half(out, ECDSA_SIG_get0_r(parts), (EVP_PKEY_get_bits(key) + 7) / 8);
		write_half(out, ECDSA_SIG_get0_s(parts), (EVP_PKEY_get_bits(key) + 7) / 8);
		ECDSA_SIG_free(parts);
	} else {
		cs_write_view(out, cs_view(signature, len));
	}
	assert_int_equal(cs_writer_done(out), CS_OK);
}
