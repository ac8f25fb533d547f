/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What templates say that our card keeps.
 */
#include <string.h>

#include "base/tlv.h"
#include "pkcs11/naming.h"
#include "pkcs11/text.h"
#include "pkcs11/token.h"

#define DER_SEQUENCE 0x30u

bool naming_date_valid(struct cs_view value)
{
	for (size_t i = 0; i < value.len; i++) {
		if (value.ptr[i] < '0' || value.ptr[i] > '9')
			return false;
	}
	return value.len == 0 || value.len == sizeof(CK_DATE);
}

/* DER of a Name (RFC 5280, 4.1.2.4), which is looked into no further. */
bool naming_subject_valid(struct cs_view value)
{
	struct cs_reader r = cs_reader_of(value);

	if (value.len == 0)
		return true;
	(void)cs_tlv_expect(&r, DER_SEQUENCE);
	return cs_reader_done(&r) == CS_OK;
}

CK_RV naming_mechanisms(struct cs_view attribute, uint8_t out[4 * NAMING_MECHANISMS], struct cs_view *kept)
{
	struct cs_writer w = cs_writer_of(out, 4 * NAMING_MECHANISMS);
	CK_MECHANISM_TYPE type;

	for (size_t at = 0; at + sizeof(type) <= attribute.len; at += sizeof(type)) {
		memcpy(&type, attribute.ptr + at, sizeof(type));
		if (type > UINT32_MAX)
			return CKR_ATTRIBUTE_VALUE_INVALID;
		cs_write_u32(&w, (uint32_t)type);
	}
	if (attribute.len % sizeof(type) != 0 || cs_writer_done(&w) != CS_OK)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	*kept = cs_writer_view(&w);
	return CKR_OK;
}

static void take_flag(const CK_ATTRIBUTE *attributes, CK_ULONG count, CK_ATTRIBUTE_TYPE type, bool otherwise,
		      uint16_t flag, struct naming *naming)
{
	if (template_bool(attributes, count, type, otherwise) != otherwise)
		naming->flags |= flag;
}

/* The contents of a data object have room for a longer one. */
bool naming_label_valid(struct cs_view label, enum object_kind kind)
{
	return (label.len <= CSGN_ATTRIBUTE_TEXT_MAX || kind == OBJECT_DATA) && text_is_utf8(label);
}

CK_RV naming_take(const CK_ATTRIBUTE *attributes, CK_ULONG count, enum object_kind kind,
		  struct naming *naming)
{
	struct cs_view label = template_view(attributes, count, CKA_LABEL);
	struct cs_view subject = template_view(attributes, count, CKA_SUBJECT);
	bool key = kind == OBJECT_PUBLIC || kind == OBJECT_PRIVATE;

	if (!naming_label_valid(label, kind) || (key && !naming_subject_valid(subject)))
		return CKR_ATTRIBUTE_VALUE_INVALID;
	if (key && subject.len > 0)
		naming->subject = subject;
	if (kind == OBJECT_PUBLIC) {
		naming->public_label = cs_view_equal(label, naming->label) ? CS_VIEW_EMPTY : label;
		take_flag(attributes, count, CKA_COPYABLE, true, NAMING_NOT_COPYABLE, naming);
		return CKR_OK;
	}
	naming->label = label.len <= CSGN_ATTRIBUTE_TEXT_MAX ? label : CS_VIEW_EMPTY;
	take_flag(attributes, count, CKA_MODIFIABLE, true, CSGN_FLAG_NOT_MODIFIABLE, naming);
	/* A private key is never copied: of its pair the flag tells of the public one. */
	if (kind != OBJECT_PRIVATE)
		take_flag(attributes, count, CKA_COPYABLE, true, NAMING_NOT_COPYABLE, naming);
	take_flag(attributes, count, CKA_DESTROYABLE, true, NAMING_NOT_DESTROYABLE, naming);
	if (kind == OBJECT_DATA)
		take_flag(attributes, count, CKA_PRIVATE, false, CSGN_FLAG_PRIVATE, naming);
	if (kind != OBJECT_PRIVATE)
		return CKR_OK;
	naming->start = template_view(attributes, count, CKA_START_DATE);
	naming->end = template_view(attributes, count, CKA_END_DATE);
	return naming_date_valid(naming->start) && naming_date_valid(naming->end)
		   ? CKR_OK
		   : CKR_ATTRIBUTE_VALUE_INVALID;
}

bool naming_allows(struct token *token, struct object object, CK_MECHANISM_TYPE type)
{
	struct cs_reader r = cs_reader_of(naming_allowed(token, object));

	if (!cs_reader_more(&r))
		return true;
	while (cs_reader_more(&r)) {
		if (cs_read_u32(&r) == type)
			return true;
	}
	return false;
}
