/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The issuer's CA: one P-256 key.
 */
#include "tests/unit/issuer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

static EVP_PKEY *ca_key;
static X509 *ca, *issued;

static void add_extension(X509 *x, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *e;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, ca, x, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	assert_non_null(e);
	assert_int_equal(X509_add_ext(x, e, -1), 1);
	X509_EXTENSION_free(e);
}

static X509 *certificate_new(const char *name, EVP_PKEY *key, const char *constraints)
{
	X509 *x = X509_new();
	X509_NAME *subject = X509_NAME_new();

	assert_int_equal(X509_set_version(x, X509_VERSION_3), 1);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 4711);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1, -1, 0);
	X509_set_subject_name(x, subject);
	X509_gmtime_adj(X509_getm_notBefore(x), -60);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	assert_int_equal(X509_set_pubkey(x, key), 1);
	X509_NAME_free(subject);
	if (ca == NULL)
		ca = x;
	X509_set_issuer_name(x, X509_get_subject_name(ca));
	add_extension(x, NID_basic_constraints, constraints);
	add_extension(x, NID_key_usage, "critical,keyCertSign");
	add_extension(x, NID_subject_key_identifier, "hash");
	assert_true(X509_sign(x, ca_key, EVP_sha256()) > 0);
	return x;
}

void issue_certificate(const struct algorithm_row *row, struct cs_view elements, struct cs_writer *w)
{
	EVP_PKEY *key = algorithm_public(row, elements);
	unsigned char *der = NULL;
	int len;

	if (ca == NULL) {
		ca_key = EVP_EC_gen("P-256");
		(void)certificate_new("An issuer's CA", ca_key, "critical,CA:TRUE");
	}
	X509_free(issued);
	issued = certificate_new("An issuer's card", key, "critical,CA:TRUE,pathlen:0");
	len = i2d_X509(issued, &der);
	assert_true(len > 0);
	cs_write_view(w, cs_view(der, (size_t)len));
	assert_int_equal(cs_writer_done(w), CS_OK);
	OPENSSL_free(der);
	EVP_PKEY_free(key);
}

bool issued_chain_verifies(const struct algorithm_row *signer, struct cs_view certificate)
{
	const uint8_t *p = certificate.ptr;
	X509 *x = d2i_X509(NULL, &p, (long)certificate.len);
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	STACK_OF(X509) *untrusted = sk_X509_new_null();
	bool ok;

	assert_non_null(x);
	if (signer->use == USE_SM2) {
		ASN1_OCTET_STRING *id = ASN1_OCTET_STRING_new();

		ASN1_OCTET_STRING_set(id, (const unsigned char *)"1234567812345678", 16);
		X509_set0_distinguishing_id(x, id);
	}
	assert_int_equal(X509_STORE_add_cert(store, ca), 1);
	assert_true(sk_X509_push(untrusted, issued) > 0);
	assert_int_equal(X509_STORE_CTX_init(ctx, store, x, untrusted), 1);
	ok = X509_verify_cert(ctx) == 1;
	if (!ok)
		print_message("# %s: %s\n", signer->type,
			      X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx)));
	ERR_clear_error();
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	sk_X509_free(untrusted);
	X509_free(x);
	return ok;
}

void issuer_free(void)
{
	X509_free(ca);
	X509_free(issued);
	EVP_PKEY_free(ca_key);
	ca = issued = NULL;
	ca_key = NULL;
}
