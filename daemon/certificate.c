/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A self-signed TLS certificate.
 */
#include "daemon/certificate.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "daemon/file.h"
#include "daemon/seal.h"

#define CERTIFICATE_DAYS 3650

/* The names as subjectAltName spells them: DNS:a,IP:b. */
static enum cs_err certificate_names(const char *names, char *out, size_t cap)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:*";
	struct cs_writer w = cs_writer_of(out, cap);
	unsigned char packed[16];
	char name[256];

	cs_write_view(&w, CS_VIEW_TEXT("DNS:localhost,IP:127.0.0.1,IP:::1"));
	while (*(names += strspn(names, " \t"))) {
		size_t len = strcspn(names, " \t");
		if (len >= sizeof(name) || strspn(names, allowed) < len)
			return CS_ERR_MALFORMED;
		memcpy(name, names, len);
		name[len] = '\0';
		bool address =
		    inet_pton(AF_INET, name, packed) == 1 || inet_pton(AF_INET6, name, packed) == 1;
		cs_write_view(&w, address ? CS_VIEW_TEXT(",IP:") : CS_VIEW_TEXT(",DNS:"));
		cs_write_view(&w, cs_view_string(name));
		names += len;
	}
	cs_write_u8(&w, 0);
	return cs_writer_done(&w) ? CS_ERR_MALFORMED : CS_OK;
}

static bool certificate_extension(X509 *certificate, int nid, const char *value)
{
	X509V3_CTX context;

	X509V3_set_ctx_nodb(&context);
	X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	bool done = extension && X509_add_ext(certificate, extension, -1) == 1;
	X509_EXTENSION_free(extension);
	return done;
}

/* Serial number, names, times, key: what every certificate has. */
static bool certificate_body(X509 *certificate, EVP_PKEY *key, uint64_t now)
{
	uint64_t serial;
	X509_NAME *name = X509_get_subject_name(certificate);
	time_t start = (time_t)now;

	return !seal_random(&serial, sizeof(serial)) && X509_set_version(certificate, X509_VERSION_3) == 1 &&
	       ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1 | 1) == 1 &&
	       X509_time_adj_ex(X509_getm_notBefore(certificate), -1, 0, &start) &&
	       X509_time_adj_ex(X509_getm_notAfter(certificate), CERTIFICATE_DAYS, 0, &start) &&
	       X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)"countersignd",
					  -1, -1, 0) == 1 &&
	       X509_set_issuer_name(certificate, name) == 1 && X509_set_pubkey(certificate, key) == 1;
}

static X509 *certificate_make(EVP_PKEY *key, const char *alt_names, uint64_t now)
{
	X509 *certificate = X509_new();

	if (certificate && certificate_body(certificate, key, now) &&
	    certificate_extension(certificate, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
	    certificate_extension(certificate, NID_key_usage, "critical,digitalSignature,keyCertSign") &&
	    certificate_extension(certificate, NID_ext_key_usage, "serverAuth") &&
	    certificate_extension(certificate, NID_subject_alt_name, alt_names) &&
	    certificate_extension(certificate, NID_subject_key_identifier, "hash") &&
	    X509_sign(certificate, key, EVP_sha256()) > 0)
		return certificate;
	X509_free(certificate);
	return NULL;
}

/* Puts what a memory BIO holds into a new file. */
static enum cs_err certificate_save(BIO *bio, bool written, const char *path, mode_t mode)
{
	char *text;

	long len = BIO_get_mem_data(bio, &text);
	if (!written || len <= 0)
		return CS_ERR_CRYPTO;
	return file_create(path, mode, cs_view(text, (size_t)len));
}

enum cs_err certificate_create(const char *key_path, const char *certificate_path, const char *names,
			       uint64_t now)
{
	char alt_names[1024];

	enum cs_err err = certificate_names(names, alt_names, sizeof(alt_names));
	if (err)
		return err;
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = key ? certificate_make(key, alt_names, now) : NULL;
	BIO *key_bio = BIO_new(BIO_s_secmem()), *bio = BIO_new(BIO_s_mem());
	if (!certificate || !key_bio || !bio)
		err = CS_ERR_CRYPTO;
	if (!err)
		err = certificate_save(
		    key_bio, PEM_write_bio_PKCS8PrivateKey(key_bio, key, NULL, NULL, 0, NULL, NULL) == 1,
		    key_path, 0600);
	if (!err)
		err =
		    certificate_save(bio, PEM_write_bio_X509(bio, certificate) == 1, certificate_path, 0644);
	BIO_free(bio);
	BIO_free(key_bio);
	X509_free(certificate);
	EVP_PKEY_free(key);
	return err;
}
