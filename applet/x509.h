/* SPDX-License-Identifier: BSD-2-Clause
 *
 * As much of X.509 (RFC 5280) in DER as attestation needs: a certificate is written, and of another one's
 * fields those are found that a certificate below it repeats. DER's tags and lengths are a subset of BER-TLV:
 * base/tlv.h does them.
 */
#ifndef COUNTERSIGN_APPLET_X509_H
#define COUNTERSIGN_APPLET_X509_H

#include "base/tlv.h"

enum der_tag {
	DER_BOOLEAN = 0x01,
	DER_INTEGER = 0x02,
	DER_BIT_STRING = 0x03,
	DER_OCTET_STRING = 0x04,
	DER_OID = 0x06,
	DER_UTF8_STRING = 0x0C,
	DER_UTC_TIME = 0x17,
	DER_GENERALIZED_TIME = 0x18,
	DER_SEQUENCE = 0x30,
	DER_SET = 0x31,
	X509_TAG_VERSION = 0xA0,
	X509_TAG_EXTENSIONS = 0xA3,
};

#define X509_KEY_ID_MAX 32u /* bytes of a key identifier that is read or written */

/* INTEGER of a non-negative number given by its big-endian bytes. */
void der_write_unsigned(struct cs_writer *w, struct cs_view number);

/* Name with the one attribute commonName. */
void x509_write_name(struct cs_writer *w, struct cs_view common_name);

/* Extension; value is what the OCTET STRING holds. oid is the contents of the OID. */
void x509_write_extension(struct cs_writer *w, struct cs_view oid, bool critical, struct cs_view value);

/* BasicConstraints (a CA; path_length 0 or 1) and KeyUsage (keyCertSign), both critical: RFC 5280, 4.2.1.9, 4.2.1.3. */
void x509_write_authority(struct cs_writer *w, uint8_t path_length);

/* SubjectKeyIdentifier and AuthorityKeyIdentifier (RFC 5280, 4.2.1.2, 4.2.1.1). */
void x509_write_subject_key_id(struct cs_writer *w, struct cs_view id);
void x509_write_authority_key_id(struct cs_writer *w, struct cs_view id);

struct x509_fields {
	struct cs_view subject, validity; /* whole elements, borrowed from the certificate */
	struct cs_view key_id;		  /* its SubjectKeyIdentifier, or empty */
};

/* CS_ERR_MALFORMED where the bytes are not a certificate. */
CS_MUST_CHECK enum cs_err x509_read(struct cs_view certificate, struct x509_fields *fields);

#endif
