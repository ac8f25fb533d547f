/* SPDX-License-Identifier: BSD-2-Clause
 *
 * GET DATA and PUT DATA (SP 800-73-5 part 2, 3.1.2 and 3.3.1), and the objects that a new card has. A change
 * of a certificate gives the CHUID a new GUID in the same breath: Windows and macOS cache by GUID what the
 * card holds.
 */
#include "applet/piv_object.h"

#include <string.h>

#include "applet/attribute.h"
#include "applet/content.h"
#include "applet/piv_commands.h"
#include "applet/records.h"
#include "base/tlv.h"

#define TAG_CHUID_FASCN	     0x30u
#define TAG_CHUID_GUID	     0x34u
#define TAG_CHUID_EXPIRATION 0x35u
#define TAG_CHUID_SIGNATURE  0x3Eu
#define GUID_LEN	     16u

#define VENDOR_OBJECTS 0x5FFF00u
#define PIV_OBJECTS    0x5FC100u

uint16_t piv_object_record(uint32_t tag)
{
	if (tag == PIV_OBJ_ATTESTATION_CERT)
		return RECORD_ATTESTATION_CERT;
	if (tag == PIV_OBJ_ATTESTATION_CA)
		return RECORD_ATTESTATION_CHAIN;
	if ((tag & 0xFFFF00u) == PIV_OBJECTS)
		return (uint16_t)(RECORD_OBJECT_FIRST + (tag & 0xFFu));
	if ((tag & 0xFFFF00u) == VENDOR_OBJECTS)
		return (uint16_t)(RECORD_VENDOR_OBJECT_FIRST + (tag & 0xFFu));
	return 0;
}

uint32_t piv_object_tag(uint16_t record)
{
	if (record == RECORD_ATTESTATION_CERT)
		return PIV_OBJ_ATTESTATION_CERT;
	if (record == RECORD_ATTESTATION_CHAIN)
		return PIV_OBJ_ATTESTATION_CA;
	if (record >= RECORD_VENDOR_OBJECT_FIRST)
		return VENDOR_OBJECTS + (uint32_t)(record - RECORD_VENDOR_OBJECT_FIRST);
	return PIV_OBJECTS + (uint32_t)(record - RECORD_OBJECT_FIRST);
}

/* Objects that the standard gives to the PIN's holder alone (SP 800-73-5 part 1, table 2). */
static bool tag_needs_pin(uint32_t tag)
{
	switch (tag) {
	case PIV_OBJ_FINGERPRINTS:
	case PIV_OBJ_FACIAL:
	case PIV_OBJ_PRINTED:
	case PIV_OBJ_IRIS:
	case PIV_OBJ_PAIRING_CODE:
		return true;
	default:
		return false;
	}
}

enum cs_err piv_object_needs_pin(struct card *card, uint16_t record, bool *needs_pin)
{
	uint16_t flags = 0;
	enum cs_err err = CS_OK;

	*needs_pin = record && tag_needs_pin(piv_object_tag(record));
	if (!*needs_pin)
		err = attribute_flags(card, record, &flags);
	*needs_pin = *needs_pin || (flags & CSGN_FLAG_PRIVATE);
	return err;
}

static bool object_is_certificate(uint32_t tag)
{
	return tag == PIV_OBJ_CARD_AUTH_CERT || tag == PIV_OBJ_AUTH_CERT || tag == PIV_OBJ_SIGNATURE_CERT ||
	       tag == PIV_OBJ_KEY_MGMT_CERT ||
	       (tag >= PIV_OBJ_RETIRED_CERT(0) && tag <= PIV_OBJ_RETIRED_CERT(19));
}

enum cs_err piv_object_certificate(struct cs_view contents, struct cs_view *cert)
{
	struct cs_view info = CS_VIEW_EMPTY;
	enum cs_err err = cs_tlv_find(contents, PIV_TAG_CERT_INFO, &info);

	if (!err && info.len && (info.ptr[0] & 1))
		return CS_ERR_NOT_FOUND;
	return cs_tlv_find(contents, PIV_TAG_CERT, cert);
}

/* The tag that a tag list (5C) of one element names. */
static uint32_t tag_list_read(struct cs_reader *r)
{
	struct cs_view bytes = cs_tlv_expect(r, PIV_TAG_TAG_LIST);
	uint32_t tag = 0;

	if (bytes.len < 1 || bytes.len > 3)
		cs_reader_fail(r);
	for (size_t i = 0; i < bytes.len && i < 3; i++)
		tag = tag << 8 | bytes.ptr[i];
	return tag;
}

/* ---- GET DATA ---- */

#define POLICY_PIV_PIN		 0x40u
#define POLICY_VCI		 0x08u /* virtual contact interface, for who can do secure messaging */
#define POLICY_VCI_NEEDS_NO_CODE 0x04u

/* SP 800-73-5 part 1, table 18: our AID, and that the PIV PIN alone is what counts. */
static void discovery_write(const struct card *card, struct cs_writer *out)
{
	static const uint8_t aid[] = PIV_AID;
	uint8_t policy[] = {POLICY_PIV_PIN, 0x00};
	size_t mark = cs_tlv_begin(out, PIV_OBJ_DISCOVERY);

	if (store_has(&card->store, RECORD_PIV_SM_KEY)) {
		policy[0] |= POLICY_VCI;
		if (!store_has(&card->store, piv_object_record(PIV_OBJ_PAIRING_CODE)))
			policy[0] |= POLICY_VCI_NEEDS_NO_CODE;
	}
	cs_tlv_write(out, 0x4F, CS_VIEW_OF(aid));
	cs_tlv_write(out, 0x5F2F, CS_VIEW_OF(policy));
	cs_tlv_end(out, mark);
}

enum cs_err piv_get_data(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
			 struct cs_writer *out)
{
	struct cs_reader r = cs_reader_of(cmd->data);
	uint32_t tag = tag_list_read(&r);
	enum cs_err err = cs_reader_done(&r);
	uint16_t id = piv_object_record(tag);
	bool needs_pin = false;
	size_t mark;

	if (!err)
		err = piv_object_needs_pin(card, id, &needs_pin);
	if (err)
		return err;
	if (needs_pin && !(channel->security & SECURITY_PIN))
		return CS_ERR_DENIED;
	if (tag == PIV_OBJ_DISCOVERY) {
		discovery_write(card, out);
		return CS_OK;
	}
	if (id == 0)
		return CS_ERR_NOT_FOUND;
	mark = cs_tlv_begin(out, PIV_TAG_DATA);
	err = store_get(&card->store, id, out);
	cs_tlv_end(out, mark);
	return err;
}

/* ---- PUT DATA ---- */

enum cs_err piv_object_chuid_renew(struct card *card, uint8_t buf[PIV_CHUID_MAX], struct cs_view expiry,
				   struct store_change *change)
{
	const struct crypto *crypto = card->ports.crypto;
	struct cs_writer w = cs_writer_of(buf, PIV_CHUID_MAX);
	uint16_t id = piv_object_record(PIV_OBJ_CHUID);
	struct cs_view guid = CS_VIEW_EMPTY, signature = CS_VIEW_EMPTY, until = CS_VIEW_EMPTY;
	enum cs_err err = store_get(&card->store, id, &w);

	if (err)
		return err;
	if (cs_tlv_find(cs_writer_view(&w), TAG_CHUID_GUID, &guid) != CS_OK || guid.len != GUID_LEN)
		return CS_ERR_NOT_FOUND;
	if (cs_tlv_find(cs_writer_view(&w), TAG_CHUID_SIGNATURE, &signature) == CS_OK && signature.len)
		return CS_ERR_NOT_FOUND;
	if (expiry.len && cs_tlv_find(cs_writer_view(&w), TAG_CHUID_EXPIRATION, &until) == CS_OK &&
	    until.len == expiry.len)
		memcpy(buf + (until.ptr - buf), expiry.ptr, expiry.len);
	*change = (struct store_change){.id = id, .value = cs_writer_view(&w)};
	return crypto->random(crypto->ctx, buf + (guid.ptr - buf), GUID_LEN);
}

enum cs_err piv_object_put(struct card *card, uint16_t record, struct cs_view contents,
			   const struct cs_view *attributes)
{
	struct store_change changes[3] = {{.id = record, .value = contents, .remove = contents.len == 0}};
	uint8_t chuid[PIV_CHUID_MAX];
	size_t count = 1;
	enum cs_err err;

	if (contents.len == 0)
		count += attribute_remove(card, record, changes + count);
	else if (attributes)
		count += attribute_put(card, record, *attributes, changes + count);
	if (object_is_certificate(piv_object_tag(record))) {
		err = piv_object_chuid_renew(card, chuid, CS_VIEW_EMPTY, changes + count);
		if (!err)
			count++;
		else if (err != CS_ERR_NOT_FOUND)
			return err;
	}
	err = content_apply(card, changes, count);
	return err == CS_ERR_LENGTH ? CS_ERR_FULL : err;
}

enum cs_err piv_put_data(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
			 struct cs_writer *out)
{
	struct cs_reader r = cs_reader_of(cmd->data);
	uint32_t tag = tag_list_read(&r);
	struct cs_view contents = cs_tlv_expect(&r, PIV_TAG_DATA);
	enum cs_err err = cs_reader_done(&r);
	uint16_t id;

	(void)out;
	if (err)
		return err;
	id = piv_object_record(tag);
	if (id == 0)
		return CS_ERR_NOT_FOUND;
	if (contents.len)
		err = attribute_permit_contents(card, channel, id);
	return err ? err : piv_object_put(card, id, contents, NULL);
}

/* ---- a new card's objects ---- */

enum cs_err piv_object_new_chuid(const struct crypto *crypto, struct cs_writer *w)
{
	/* FASC-N of issuers outside the federal government: agency and system 9999, credential 999999. */
	static const uint8_t fascn[] = {0xD4, 0xE7, 0x39, 0xDA, 0x73, 0x9C, 0xED, 0x39, 0xCE,
					0x73, 0x9D, 0x83, 0x68, 0x58, 0x21, 0x08, 0x42, 0x10,
					0x84, 0x21, 0xC8, 0x42, 0x10, 0xC3, 0xEB};
	uint8_t guid[GUID_LEN];
	enum cs_err err = crypto->random(crypto->ctx, guid, sizeof(guid));

	if (err)
		return err;
	cs_tlv_write(w, TAG_CHUID_FASCN, CS_VIEW_OF(fascn));
	cs_tlv_write(w, TAG_CHUID_GUID, CS_VIEW_OF(guid));
	cs_tlv_write(w, TAG_CHUID_EXPIRATION, CS_VIEW_TEXT("20501231"));
	cs_tlv_write(w, TAG_CHUID_SIGNATURE, CS_VIEW_EMPTY);
	cs_tlv_write(w, PIV_TAG_ERROR_DETECTION, CS_VIEW_EMPTY);
	return CS_OK;
}

enum cs_err piv_object_new_ccc(const struct crypto *crypto, struct cs_writer *w)
{
	static const uint8_t version = 0x21, pkcs15 = 0x00, data_model = 0x10;
	uint8_t identifier[21] = {0xA0, 0x00, 0x00, 0x01, 0x16, 0xFF, 0x02};
	enum cs_err err = crypto->random(crypto->ctx, identifier + 7, sizeof(identifier) - 7);

	if (err)
		return err;
	cs_tlv_write(w, 0xF0, CS_VIEW_OF(identifier));
	cs_tlv_write(w, 0xF1, cs_view(&version, 1));
	cs_tlv_write(w, 0xF2, cs_view(&version, 1));
	cs_tlv_write(w, 0xF3, CS_VIEW_EMPTY);
	cs_tlv_write(w, 0xF4, cs_view(&pkcs15, 1));
	cs_tlv_write(w, 0xF5, cs_view(&data_model, 1));
	for (uint32_t tag = 0xF6; tag <= 0xFD; tag++) {
		if (tag != 0xF8 && tag != 0xF9)
			cs_tlv_write(w, tag, CS_VIEW_EMPTY);
	}
	cs_tlv_write(w, PIV_TAG_ERROR_DETECTION, CS_VIEW_EMPTY);
	return CS_OK;
}

void piv_object_new_history(struct cs_writer *w)
{
	cs_tlv_write_u8(w, 0xC1, 0); /* keys with certificates on the card */
	cs_tlv_write_u8(w, 0xC2, 0); /* keys with certificates elsewhere */
	cs_tlv_write(w, PIV_TAG_ERROR_DETECTION, CS_VIEW_EMPTY);
}
