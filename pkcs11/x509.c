/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Certificates.
 */
#include "pkcs11/x509.h"

#include <string.h>

#include "base/tlv.h"

enum der {
	DER_BOOLEAN = 0x01,
	DER_INTEGER = 0x02,
	DER_OCTET_STRING = 0x04,
	DER_OID = 0x06,
	DER_UTC_TIME = 0x17,
	DER_GENERALIZED_TIME = 0x18,
	DER_SEQUENCE = 0x30,
	DER_VERSION = 0xA0,
	DER_EXTENSIONS = 0xA3,
};

/* The next element with its header, whatever its tag (or, where tag is not 0, of that tag). */
static struct cs_view whole_element(struct cs_reader *r, uint32_t tag)
{
	const uint8_t *start = r->ptr;
	size_t before = r->left;
	struct cs_tlv element;

	if (!cs_tlv_read(r, &element) || (tag != 0 && element.tag != tag)) {
		cs_reader_fail(r);
		return CS_VIEW_EMPTY;
	}
	return cs_view(start, before - r->left);
}

enum cs_err x509_parse(struct cs_view certificate, struct x509 *out)
{
	struct cs_reader r = cs_reader_of(certificate);
	struct cs_reader body = cs_reader_of(cs_tlv_expect(&r, DER_SEQUENCE));
	struct cs_view tbs_view = cs_tlv_expect(&body, DER_SEQUENCE);
	struct cs_reader tbs = cs_reader_of(tbs_view);
	struct x509 parsed;

	if (tbs_view.len > 0 && tbs_view.ptr[0] == DER_VERSION)
		(void)whole_element(&tbs, DER_VERSION);
	parsed.serial = whole_element(&tbs, DER_INTEGER);
	(void)whole_element(&tbs, DER_SEQUENCE); /* signature algorithm */
	parsed.issuer = whole_element(&tbs, DER_SEQUENCE);
	parsed.validity = whole_element(&tbs, DER_SEQUENCE);
	parsed.subject = whole_element(&tbs, DER_SEQUENCE);
	parsed.spki = whole_element(&tbs, DER_SEQUENCE);
	if (cs_tlv_find(cs_read_rest(&tbs), DER_EXTENSIONS, &parsed.extensions) != CS_OK)
		parsed.extensions = CS_VIEW_EMPTY;
	if (cs_reader_done(&r) != CS_OK || cs_reader_done(&tbs) != CS_OK)
		return CS_ERR_MALFORMED;
	*out = parsed;
	return CS_OK;
}

static bool digits(struct cs_view text, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return false;
	}
	return true;
}

/* Two digits of a year from 50 on are of the last century (RFC 5280, 4.1.2.5.1). */
static enum cs_err date(const struct cs_tlv *time, CK_DATE *out)
{
	char text[sizeof(CK_DATE)];
	struct cs_view value = time->value;

	if (time->tag == DER_UTC_TIME && value.len > 6 && digits(value, 6)) {
		memcpy(text, value.ptr[0] >= '5' ? "19" : "20", 2);
		memcpy(text + 2, value.ptr, 6);
	} else if (time->tag == DER_GENERALIZED_TIME && value.len > 8 && digits(value, 8)) {
		memcpy(text, value.ptr, 8);
	} else {
		return CS_ERR_MALFORMED;
	}
	memcpy(out, text, sizeof(*out));
	return CS_OK;
}

enum cs_err x509_dates(const struct x509 *certificate, CK_DATE *start, CK_DATE *end)
{
	struct cs_reader r = cs_reader_of(certificate->validity);
	struct cs_reader times = cs_reader_of(cs_tlv_expect(&r, DER_SEQUENCE));
	struct cs_tlv first, last;
	CK_DATE from, to;

	if (!cs_tlv_read(&times, &first) || !cs_tlv_read(&times, &last) || date(&first, &from) != CS_OK ||
	    date(&last, &to) != CS_OK)
		return CS_ERR_MALFORMED;
	*start = from;
	*end = to;
	return CS_OK;
}

/* BasicConstraints ::= SEQUENCE { cA BOOLEAN DEFAULT FALSE, ... } in the extension's OCTET STRING, the last
 * of its elements. */
static bool says_ca(struct cs_view extension)
{
	struct cs_view octets, sequence, ca;

	return cs_tlv_find(extension, DER_OCTET_STRING, &octets) == CS_OK &&
	       cs_tlv_find(octets, DER_SEQUENCE, &sequence) == CS_OK &&
	       cs_tlv_find(sequence, DER_BOOLEAN, &ca) == CS_OK && ca.len == 1 && ca.ptr[0] != 0;
}

bool x509_is_ca(const struct x509 *certificate)
{
	static const uint8_t basic_constraints[] = {0x55, 0x1D, 0x13};
	struct cs_reader r = cs_reader_of(certificate->extensions);
	struct cs_reader list = cs_reader_of(cs_tlv_expect(&r, DER_SEQUENCE));
	struct cs_tlv extension;
	struct cs_view oid;

	while (cs_tlv_read(&list, &extension)) {
		if (cs_tlv_find(extension.value, DER_OID, &oid) == CS_OK &&
		    cs_view_equal(oid, CS_VIEW_OF(basic_constraints)))
			return says_ca(extension.value);
	}
	return false;
}
