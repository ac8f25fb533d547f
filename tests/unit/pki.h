/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Keys, certificates and lists of revoked ones for tests, at whatever time. What fails ends the test.
 */
#ifndef COUNTERSIGN_TESTS_UNIT_PKI_H
#define COUNTERSIGN_TESTS_UNIT_PKI_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

/* "P-256", "P-384", "ED25519", "ED448", "RSA1024", "RSA2048", "RSA-PSS". */
EVP_PKEY *pki_key(const char *kind);
/* "RSA" or "RSA-PSS" with this public exponent: with 1 everybody signs, as the key itself does; with another it signs nothing that verifies. */
EVP_PKEY *pki_key_rsa(const char *kind, unsigned long e);
/* Ed25519's neutral element, for which everybody can sign: pki_ca, pki_leaf and pki_sign do, though it has no private half. */
EVP_PKEY *pki_key_of_nobody(void);
#define PKI_ED25519_SIGNATURE_LEN 64u
/* Whether it is such a key, and then the signature of whatever it may be. */
bool pki_forge(const EVP_PKEY *key, uint8_t signature[PKI_ED25519_SIGNATURE_LEN]);

struct pki_leaf {
	const char *name;	  /* its common name */
	const char *usage;	  /* extended key usage, as OpenSSL's configuration has it; NULL: none */
	const char *key_usage;	  /* the same of the key usage; NULL: digitalSignature */
	const char *alternative;  /* the same of subjectAltName; NULL: none */
	int64_t from, until;	  /* Unix seconds */
	long serial;
};

/* A CA's certificate; issuer NULL: it has signed itself. */
X509 *pki_ca(const char *name, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key, int64_t now);
/* With an extended key usage. */
X509 *pki_ca_for(const char *name, const char *usage, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key, int64_t now);
/* issuer NULL: it has signed itself. */
X509 *pki_leaf(const struct pki_leaf *leaf, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key);
/* With the serial numbers that are not 0 revoked; until 0: it does not say so. */
X509_CRL *pki_crl(X509 *issuer, EVP_PKEY *issuer_key, int64_t from, int64_t until, long revoked);
/* The same list with another number than none, signed anew by this key. */
void pki_crl_number(X509_CRL *list, EVP_PKEY *issuer_key, long number);
/* With such an extension, NID_crl_number or NID_delta_crl, whose number is hexadecimal, "-" before it where it is below 0. */
void pki_crl_extend(X509_CRL *list, EVP_PKEY *issuer_key, int nid, const char *number);

/* Appends it in DER. */
void pki_der(struct cs_writer *w, const X509 *certificate);
/* In hexadecimal digits, of the certificate's key. */
void pki_fingerprint(const X509 *certificate, char out[65]);
/* A file with all of them, in PEM, NULL at the end of each list. */
void pki_write(const char *path, X509 *const *certificates, X509_CRL *const *lists);

/* As JWS has it: "ES256" and its like. */
void pki_sign(EVP_PKEY *key, const char *algorithm, struct cs_view text, struct cs_writer *out);

#endif
