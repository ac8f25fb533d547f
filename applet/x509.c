/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The pieces of a certificate.
 */
#include "applet/x509.h"

#define TAG_KEY_ID 0x80u /* keyIdentifier of AuthorityKeyIdentifier */

static const uint8_t oid_common_name[] = {0x55, 0x04, 0x03};
static const uint8_t oid_basic_constraints[] = {0x55, 0x1D, 0x13};
static const uint8_t oid_key_usage[] = {0x55, 0x1D, 0x0F};
static const uint8_t oid_subject_key_id[] = {0x55, 0x1D, 0x0E};
static const uint8_t oid_authority_key_id[] = {0x55, 0x1D, 0x23};

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

void x509_write_authority(struct cs_writer *w, uint8_t path_length)
{
	const uint8_t constraints[] = {0x30, 0x06, DER_BOOLEAN, 0x01, 0xFF, DER_INTEGER, 0x01, path_length};
	static const uint8_t usage[] = {DER_BIT_STRING, 0x02, 0x02, 0x04}; /* bit 5 */

	x509_write_extension(w, CS_VIEW_OF(oid_basic_constraints), true, CS_VIEW_OF(constraints));
	x509_write_extension(w, CS_VIEW_OF(oid_key_usage), true, CS_VIEW_OF(usage));
}

void x509_write_subject_key_id(struct cs_writer *w, struct cs_view id)
{
	uint8_t der[2 + X509_KEY_ID_MAX];
	struct cs_writer value = CS_WRITER_OF(der);

	cs_tlv_write(&value, DER_OCTET_STRING, id);
	if (cs_writer_done(&value) != CS_OK)
		cs_writer_fail(w);
	x509_write_extension(w, CS_VIEW_OF(oid_subject_key_id), false, cs_writer_view(&value));
}

void x509_write_authority_key_id(struct cs_writer *w, struct cs_view id)
{
	uint8_t der[4 + X509_KEY_ID_MAX];
	struct cs_writer value = CS_WRITER_OF(der);
	size_t mark = cs_tlv_begin(&value, DER_SEQUENCE);

	cs_tlv_write(&value, TAG_KEY_ID, id);
	cs_tlv_end(&value, mark);
	if (cs_writer_done(&value) != CS_OK)
		cs_writer_fail(w);
	x509_write_extension(w, CS_VIEW_OF(oid_authority_key_id), false, cs_writer_view(&value));
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

/* The value of a SubjectKeyIdentifier among the extensions, or an empty view: one that cannot be read, or is
 * too long to repeat, is as none. */
static struct cs_view key_id_find(struct cs_view extensions)
{
	struct cs_reader list = cs_reader_of(extensions), all;
	struct cs_tlv e;

	all = cs_reader_of(cs_tlv_expect(&list, DER_SEQUENCE));
	while (cs_tlv_read(&all, &e)) {
		struct cs_reader r = cs_reader_of(e.value), id;
		struct cs_view oid = cs_tlv_expect(&r, DER_OID);

		if (!cs_view_equal(oid, CS_VIEW_OF(oid_subject_key_id)))
			continue;
		id = cs_reader_of(cs_tlv_expect(&r, DER_OCTET_STRING));
		oid = cs_tlv_expect(&id, DER_OCTET_STRING);
		return oid.len <= X509_KEY_ID_MAX ? oid : CS_VIEW_EMPTY;
	}
	return CS_VIEW_EMPTY;
}

enum cs_err x509_read(struct cs_view certificate, struct x509_fields *fields)
{
	struct cs_reader outer = cs_reader_of(certificate), all, tbs;
	struct cs_view subject, validity, extensions = CS_VIEW_EMPTY;

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
	if (cs_tlv_find(cs_read_rest(&tbs), X509_TAG_EXTENSIONS, &extensions) != CS_OK)
		extensions = CS_VIEW_EMPTY;
	*fields =
	    (struct x509_fields){.subject = subject, .validity = validity, .key_id = key_id_find(extensions)};
	return CS_OK;
}
