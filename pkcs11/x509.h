/* SPDX-License-Identifier: BSD-2-Clause
 *
 * X.509 certificates, taken apart just as far as PKCS #11's attributes ask (RFC 5280, 4.1). Nothing is verified here.
 */
#ifndef COUNTERSIGN_PKCS11_X509_H
#define COUNTERSIGN_PKCS11_X509_H

#include "base/bytes.h"
#include "pkcs11/pkcs11.h"

/* Views into the certificate, each the whole DER element, header included. extensions is the SEQUENCE of them, or empty. */
struct x509 {
	struct cs_view serial, issuer, validity, subject, spki, extensions;
};

/* CS_ERR_MALFORMED. */
CS_MUST_CHECK enum cs_err x509_parse(struct cs_view certificate, struct x509 *out);

/* The days that the certificate is valid from and to. CS_ERR_MALFORMED: they are no dates. */
CS_MUST_CHECK enum cs_err x509_dates(const struct x509 *certificate, CK_DATE *start, CK_DATE *end);

/* Basic constraints say that its key signs certificates. What does not parse says nothing. */
bool x509_is_ca(const struct x509 *certificate);

#endif
