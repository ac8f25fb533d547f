/* SPDX-License-Identifier: BSD-2-Clause
 *
 * PIV commands: the application, the PIN, data objects. Keys: piv_key.c; the management key:
 * piv_management.c.
 */
#include "cardclient/piv.h"

#include <string.h>

#include "base/secret.h"
#include "base/sw.h"
#include "base/tlv.h"
#include "cardclient/piv_parse.h"
#include "cardclient/pin.h"
#include "cardclient/private.h"

enum cs_err cc_piv_select(struct cc_card *card, struct cc_piv_info *info)
{
	static const uint8_t aid[] = PIV_AID;
	uint8_t answer[512];
	struct cs_writer w = CS_WRITER_OF(answer);
	struct cc_piv_info parsed = {.aid_len = 0};
	/* Without the version: any version of the application will do. */
	struct cs_apdu cmd = {
	    .ins = ISO_INS_SELECT, .p1 = 0x04, .data = cs_view(aid, 9), .ne = CS_APDU_SHORT_NE_MAX};

	enum cs_err err = cc_command(card, &cmd, &w);
	if (err)
		return err;
	if (cc_piv_parse_select(cs_writer_view(&w), cc_card_atr(card), &parsed) != CS_OK) {
		memset(&parsed, 0, sizeof parsed);
		parsed.family = cc_piv_family_of(CS_VIEW_EMPTY, cc_card_atr(card));
	}
	card->family = parsed.family;
	if (info != NULL)
		*info = parsed;
	return CS_OK;
}

/* A command without data whose answer has exactly len bytes. */
static enum cs_err fixed_answer(struct cc_card *card, uint8_t ins, uint8_t *out, size_t len)
{
	uint8_t answer[256];
	struct cs_writer w = CS_WRITER_OF(answer);
	struct cs_apdu cmd = {.ins = ins, .ne = CS_APDU_SHORT_NE_MAX};

	enum cs_err err = cc_command(card, &cmd, &w);
	if (err)
		return err;
	if (cs_writer_view(&w).len != len)
		return CS_ERR_MALFORMED;
	memcpy(out, answer, len);
	return CS_OK;
}

enum cs_err cc_piv_version(struct cc_card *card, uint8_t version[3])
{
	return fixed_answer(card, PIV_INS_GET_VERSION, version, 3);
}

enum cs_err cc_piv_serial(struct cc_card *card, uint32_t *serial)
{
	uint8_t bytes[4];
	enum cs_err err = fixed_answer(card, PIV_INS_GET_SERIAL, bytes, sizeof bytes);
	struct cs_reader r = cs_reader_of(CS_VIEW_OF(bytes));
	if (!err)
		*serial = cs_read_u32(&r);
	return err;
}

/* ---- PIN ---- */

enum cs_err cc_piv_verify(struct cc_card *card, struct cs_view pin, unsigned *tries)
{
	return cc_pin_command(card, ISO_INS_VERIFY, PIV_REF_PIN, &pin, 1, tries);
}

enum cs_err cc_piv_verify_status(struct cc_card *card, uint8_t ref, bool *verified, unsigned *tries)
{
	uint16_t sw;
	struct cs_apdu cmd = {.ins = ISO_INS_VERIFY, .p2 = ref};

	enum cs_err err = cc_transmit(card, &cmd, NULL, &sw);
	if (err)
		return err;
	err = cc_sw_error(sw);
	if (err && err != CS_ERR_WRONG && err != CS_ERR_BLOCKED)
		return err;
	*verified = err == CS_OK;
	*tries = err == CS_OK ? CC_TRIES_UNKNOWN : err == CS_ERR_BLOCKED ? 0 : sw & 0x0Fu;
	return CS_OK;
}

enum cs_err cc_piv_logout(struct cc_card *card)
{
	struct cs_apdu cmd = {.ins = ISO_INS_VERIFY, .p1 = 0xFF, .p2 = PIV_REF_PIN};
	return cc_command(card, &cmd, NULL);
}

enum cs_err cc_piv_change(struct cc_card *card, uint8_t ref, struct cs_view old_pin, struct cs_view new_pin,
			  unsigned *tries)
{
	const struct cs_view pins[2] = {old_pin, new_pin};
	return cc_pin_command(card, ISO_INS_CHANGE_REFERENCE_DATA, ref, pins, 2, tries);
}

enum cs_err cc_piv_unblock(struct cc_card *card, struct cs_view puk, struct cs_view new_pin, unsigned *tries)
{
	const struct cs_view pins[2] = {puk, new_pin};
	return cc_pin_command(card, ISO_INS_RESET_RETRY_COUNTER, PIV_REF_PIN, pins, 2, tries);
}

/* ---- objects ---- */

static void write_tag_list(struct cs_writer *w, uint32_t object)
{
	size_t len = object > 0xFFFF ? 3 : object > 0xFF ? 2 : 1;
	cs_tlv_write_header(w, PIV_TAG_TAG_LIST, len);
	for (size_t i = len; i-- > 0;)
		cs_write_u8(w, (uint8_t)(object >> (8 * i)));
}

/* Two objects come under their own tag (SP 800-73-5 part 2, 3.1.2). */
static uint32_t object_wrapper(uint32_t object)
{
	return object == PIV_OBJ_DISCOVERY || object == PIV_OBJ_BIT_GROUP ? object : PIV_TAG_DATA;
}

enum cs_err cc_piv_get_object(struct cc_card *card, uint32_t object, struct cs_writer *out)
{
	uint8_t data[8], answer[CC_PIV_OBJECT_MAX + 8];
	struct cs_writer w = CS_WRITER_OF(data), a = CS_WRITER_OF(answer);

	write_tag_list(&w, object);
	struct cs_apdu cmd = {.ins = PIV_INS_GET_DATA, .p1 = 0x3F, .p2 = 0xFF, .ne = CS_APDU_NE_MAX};
	cmd.data = cs_writer_view(&w);
	enum cs_err err = cc_command(card, &cmd, &a);
	if (err)
		return err;
	struct cs_reader r = cs_reader_of(cs_writer_view(&a));
	if (!cs_reader_more(&r))
		return CS_ERR_NOT_FOUND;
	struct cs_view content = cs_tlv_expect(&r, object_wrapper(object));
	err = cs_reader_done(&r);
	if (!err && content.len == 0)
		err = CS_ERR_NOT_FOUND;
	if (!err) {
		cs_write_view(out, content);
		err = cs_writer_done(out);
	}
	return err;
}

enum cs_err cc_piv_put_object(struct cc_card *card, uint32_t object, struct cs_view content)
{
	uint8_t data[CC_PIV_OBJECT_MAX + 16];
	struct cs_writer w = CS_WRITER_OF(data);

	write_tag_list(&w, object);
	cs_tlv_write(&w, PIV_TAG_DATA, content);
	if (cs_writer_done(&w))
		return CS_ERR_LENGTH;
	struct cs_apdu cmd = {.ins = PIV_INS_PUT_DATA, .p1 = 0x3F, .p2 = 0xFF, .data = cs_writer_view(&w)};
	return cc_command(card, &cmd, NULL);
}

enum cs_err cc_piv_slot_object(uint8_t slot, uint32_t *object)
{
	static const struct {
		uint8_t slot;
		uint32_t object;
	} rows[] = {
	    {PIV_SLOT_AUTHENTICATION, PIV_OBJ_AUTH_CERT},
	    {PIV_SLOT_SIGNATURE, PIV_OBJ_SIGNATURE_CERT},
	    {PIV_SLOT_KEY_MANAGEMENT, PIV_OBJ_KEY_MGMT_CERT},
	    {PIV_SLOT_CARD_AUTHENTICATION, PIV_OBJ_CARD_AUTH_CERT},
	    {PIV_SLOT_ATTESTATION, PIV_OBJ_ATTESTATION_CERT},
	};

	if (slot >= PIV_SLOT_RETIRED_FIRST && slot <= PIV_SLOT_RETIRED_LAST) {
		*object = PIV_OBJ_RETIRED_CERT(slot - PIV_SLOT_RETIRED_FIRST);
		return CS_OK;
	}
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (rows[i].slot == slot) {
			*object = rows[i].object;
			return CS_OK;
		}
	}
	return CS_ERR_ARG;
}

enum cs_err cc_piv_get_certificate(struct cc_card *card, uint8_t slot, struct cs_writer *out,
				   bool *compressed)
{
	uint8_t content[CC_PIV_OBJECT_MAX];
	struct cs_writer w = CS_WRITER_OF(content);
	struct cs_view certificate;
	uint32_t object;

	enum cs_err err = cc_piv_slot_object(slot, &object);
	if (!err)
		err = cc_piv_get_object(card, object, &w);
	if (!err)
		err = cc_piv_parse_certificate(cs_writer_view(&w), &certificate, compressed);
	if (err)
		return err;
	cs_write_view(out, certificate);
	return cs_writer_done(out);
}

enum cs_err cc_piv_certificate_object(struct cs_view certificate, bool compressed, struct cs_writer *out)
{
	cs_tlv_write(out, PIV_TAG_CERT, certificate);
	cs_tlv_write_u8(out, PIV_TAG_CERT_INFO, compressed ? 0x01 : 0x00);
	cs_tlv_write(out, PIV_TAG_ERROR_DETECTION, CS_VIEW_EMPTY);
	return cs_writer_done(out) == CS_OK ? CS_OK : CS_ERR_LENGTH;
}

enum cs_err cc_piv_put_certificate(struct cc_card *card, uint8_t slot, struct cs_view certificate,
				   bool compressed)
{
	uint8_t content[CC_PIV_OBJECT_MAX];
	struct cs_writer w = CS_WRITER_OF(content);
	uint32_t object;

	enum cs_err err = cc_piv_slot_object(slot, &object);
	if (err)
		return err;
	if (certificate.len == 0)
		return cc_piv_put_object(card, object, CS_VIEW_EMPTY);
	err = cc_piv_certificate_object(certificate, compressed, &w);
	return err ? err : cc_piv_put_object(card, object, cs_writer_view(&w));
}
