/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The pieces of a certificate.
 */
#include "applet/x509.h"

static const uint8_t oid_common_name[] = {0x55, 0x04, 0x03};

void der_write_unsigned(struct cs_writer *w, struct cs_view number)
{
	size_t skip = 0, mark;

	while (skip + 1 < number.len && number.ptr[skip] == 0)
		skip++;
	mark = cs_tlv_begin(w, DER_INTEGER);
	if (number.len == 0 || (number.ptr[skip] & 0x80))
		cs_write_u8(w, 0);
	cs_write_view(w, cs_view(number.len ? number.ptr + skip : NULL, number.len - skip));
	cs_tlv_end(w, mark);
}

void x509_write_name(struct cs_writer *w, struct cs_view common_name)
{
	size_t name = cs_tlv_begin(w, DER_SEQUENCE), set = cs_tlv_begin(w, DER_SET);
	size_t attribute = cs_tlv_begin(w, DER_SEQUENCE);

	cs_tlv_write(w, DER_OID, CS_VIEW_OF(oid_common_name));
	cs_tlv_write(w, DER_UTF8_STRING, common_name);
	cs_tlv_end(w, attribute);
	cs_tlv_end(w, set);
	cs_tlv_end(w, name);
}

void x509_write_extension(struct cs_writer *w, struct cs_view oid, bool critical, struct cs_view value)
{
	size_t mark = cs_tlv_begin(w, DER_SEQUENCE);

	cs_tlv_write(w, DER_OID, oid);
	if (critical)
		cs_tlv_write_u8(w, DER_BOOLEAN, 0xFF);
	cs_tlv_write(w, DER_OCTET_STRING, value);
	cs_tlv_end(w, mark);
}

/* The whole next element, which has to have this tag; an empty view where it has no value: nothing that a
 * certificate takes from another is empty. */
static struct cs_view element(struct cs_reader *r, uint32_t tag)
{
	struct cs_view rest = r->failed ? CS_VIEW_EMPTY : cs_view(r->ptr, r->left);
	struct cs_view value = cs_tlv_expect(r, tag);

	if (r->failed || value.len == 0)
		return CS_VIEW_EMPTY;
	return cs_view(rest.ptr, (size_t)(value.ptr - rest.ptr) + value.len);
}

enum cs_err x509_read(struct cs_view certificate, struct x509_fields *fields)
{
	struct cs_reader outer = cs_reader_of(certificate), all, tbs;
	struct cs_view subject, validity;

	all = cs_reader_of(cs_tlv_expect(&outer, DER_SEQUENCE));
	tbs = cs_reader_of(cs_tlv_expect(&all, DER_SEQUENCE));
	(void)element(&tbs, X509_TAG_VERSION);
	(void)element(&tbs, DER_INTEGER);
	(void)element(&tbs, DER_SEQUENCE); /* signature */
	(void)element(&tbs, DER_SEQUENCE); /* issuer */
	validity = element(&tbs, DER_SEQUENCE);
	subject = element(&tbs, DER_SEQUENCE);
	if (cs_reader_done(&outer) != CS_OK || validity.len == 0 || subject.len == 0)
		return CS_ERR_MALFORMED;
	*fields = (struct x509_fields){.subject = subject, .validity = validity};
	return CS_OK;
}
