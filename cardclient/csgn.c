/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Commands of the Countersign application (csgn.h).
 */
#include "cardclient/csgn.h"

#include <string.h>

#include "base/piv.h"
#include "base/secret.h"
#include "base/tlv.h"
#include "cardclient/csgn_private.h"
#include "cardclient/pin.h"

/* ---- INFO ---- */

static enum cs_err take_pin_state(struct cs_view value, struct cc_pin_state *out)
{
	if (value.len != 3)
		return CS_ERR_MALFORMED;
	*out = (struct cc_pin_state){.set = value.ptr[0] != 0, .left = value.ptr[1], .total = value.ptr[2]};
	return CS_OK;
}

enum cs_err cc_take_text(struct cs_view value, char *text, size_t size)
{
	if (value.len >= size || (value.len > 0 && memchr(value.ptr, 0, value.len) != NULL))
		return CS_ERR_MALFORMED;
	if (value.len > 0)
		memcpy(text, value.ptr, value.len);
	text[value.len] = '\0';
	return CS_OK;
}

static enum cs_err take_u8(struct cs_view value, uint8_t *out)
{
	if (value.len != 1)
		return CS_ERR_MALFORMED;
	*out = value.ptr[0];
	return CS_OK;
}

static enum cs_err take_element(const struct cs_tlv *e, struct cc_csgn_info *info)
{
	struct cs_reader r = cs_reader_of(e->value);

	switch (e->tag) {
	case CSGN_TAG_VERSION:
		cs_read_copy(&r, info->version, sizeof info->version);
		return cs_reader_done(&r);
	case CSGN_TAG_SERIAL:
		info->serial = cs_read_u32(&r);
		return cs_reader_done(&r);
	case CSGN_TAG_PROFILE:
		return take_u8(e->value, &info->profile);
	case CSGN_TAG_LIFECYCLE:
		return take_u8(e->value, &info->lifecycle);
	case CSGN_TAG_LABEL:
		return cc_take_text(e->value, info->label, sizeof info->label);
	case CSGN_TAG_HOLDER:
		return cc_take_text(e->value, info->holder, sizeof info->holder);
	case CSGN_TAG_EXPIRY:
		return cc_take_text(e->value, info->expiry, sizeof info->expiry);
	case CSGN_TAG_PIN_STATE:
		return take_pin_state(e->value, &info->pin);
	case CSGN_TAG_PUK_STATE:
		return take_pin_state(e->value, &info->puk);
	case CSGN_TAG_SO_STATE:
		return take_pin_state(e->value, &info->so);
	case CSGN_TAG_PIN_FLAGS:
		return take_u8(e->value, &info->pin_flags);
	default:
		return CS_OK;
	}
}

enum cs_err cc_csgn_parse_info(struct cs_view answer, struct cc_csgn_info *out)
{
	struct cc_csgn_info info;
	struct cs_reader r = cs_reader_of(answer);
	enum cs_err err = CS_OK;
	struct cs_tlv e;

	memset(&info, 0, sizeof info);
	while (!err && cs_tlv_read(&r, &e))
		err = take_element(&e, &info);
	if (!err)
		err = cs_reader_done(&r);
	if (!err && (info.profile == 0 || info.lifecycle == 0))
		err = CS_ERR_MALFORMED;
	if (!err)
		*out = info;
	return err;
}

static enum cs_err info_command(struct cc_card *card, const struct cs_apdu *cmd, struct cc_csgn_info *out)
{
	uint8_t answer[256];
	struct cs_writer w = CS_WRITER_OF(answer);
	struct cc_csgn_info info;

	enum cs_err err = cc_command(card, cmd, &w);
	if (!err)
		err = cc_csgn_parse_info(cs_writer_view(&w), &info);
	if (!err && out != NULL)
		*out = info;
	return err;
}

enum cs_err cc_csgn_select(struct cc_card *card, struct cc_csgn_info *info)
{
	static const uint8_t aid[] = CSGN_AID;
	struct cs_apdu cmd = {
	    .ins = ISO_INS_SELECT, .p1 = 0x04, .data = CS_VIEW_OF(aid), .ne = CS_APDU_SHORT_NE_MAX};
	enum cs_err err = info_command(card, &cmd, info);
	if (!err)
		cc_card_set_extended(card, true);
	return err;
}

enum cs_err cc_csgn_info(struct cc_card *card, struct cc_csgn_info *info)
{
	struct cs_apdu cmd = {.cla = CSGN_CLA, .ins = CSGN_INS_INFO, .ne = CS_APDU_SHORT_NE_MAX};
	return info_command(card, &cmd, info);
}

/* ---- issuing ---- */

static bool pin_fits(struct cs_view pin)
{
	return pin.len > 0 && pin.len <= PIV_PIN_LEN;
}

static enum cs_err initialize(struct cc_card *card, const struct cc_csgn_issue *issue)
{
	uint8_t data[128];
	struct cs_writer w = CS_WRITER_OF(data);

	cs_tlv_write(&w, CSGN_TAG_SO_PIN, issue->so_pin);
	cs_tlv_write(&w, CSGN_TAG_LABEL, issue->label);
	cs_tlv_write_u8(&w, CSGN_TAG_PROFILE, (uint8_t)issue->profile);
	if (issue->puk.len > 0)
		cs_tlv_write(&w, CSGN_TAG_PUK, issue->puk);
	if (issue->otherwise.len > 0)
		cs_tlv_write(&w, CSGN_TAG_PROFILE_TEMPLATE, issue->otherwise);
	struct cs_apdu cmd = {.cla = CSGN_CLA, .ins = CSGN_INS_INITIALIZE, .data = cs_writer_view(&w)};
	enum cs_err err = cc_command(card, &cmd, NULL);
	cs_wipe(data, sizeof data);
	return err;
}

enum cs_err cc_csgn_initialize(struct cc_card *card, const struct cc_csgn_issue *issue, unsigned *tries)
{
	if (!pin_fits(issue->so_pin) || issue->puk.len > PIV_PIN_LEN || issue->label.len > CSGN_LABEL_MAX ||
	    issue->otherwise.len > 32)
		return CS_ERR_ARG;
	enum cs_err err = initialize(card, issue);
	if (err != CS_ERR_DENIED)
		return err;
	/* The card has an officer already: be him. */
	err = cc_csgn_verify(card, CSGN_REF_SO, issue->so_pin, tries);
	return err ? err : initialize(card, issue);
}

enum cs_err cc_csgn_init_pin(struct cc_card *card, struct cs_view user_pin, bool must_change)
{
	uint8_t data[16];
	struct cs_writer w = CS_WRITER_OF(data);

	if (!pin_fits(user_pin))
		return CS_ERR_ARG;
	cs_tlv_write(&w, CSGN_TAG_USER_PIN, user_pin);
	if (must_change)
		cs_tlv_write_u8(&w, CSGN_TAG_PIN_FLAGS, CSGN_PIN_MUST_CHANGE);
	struct cs_apdu cmd = {.cla = CSGN_CLA, .ins = CSGN_INS_INIT_PIN, .data = cs_writer_view(&w)};
	enum cs_err err = cc_command(card, &cmd, NULL);
	cs_wipe(data, sizeof data);
	/* Shorter ones than the card's command takes are refused by their length: no different from any other
	 * bad choice. */
	return err == CS_ERR_LENGTH ? CS_ERR_ARG : err;
}

enum cs_err cc_csgn_set_limits(struct cc_card *card, const struct cc_csgn_limits *limits)
{
	const uint8_t data[] = {CSGN_TAG_LIMITS, 3, limits->pin, limits->puk, limits->so};
	struct cs_apdu cmd = {.cla = CSGN_CLA, .ins = CSGN_INS_SET_LIMITS, .data = CS_VIEW_OF(data)};

	return cc_command(card, &cmd, NULL);
}

enum cs_err cc_csgn_set_label(struct cc_card *card, struct cs_view label)
{
	uint8_t data[CSGN_LABEL_MAX + 4];
	struct cs_writer w = CS_WRITER_OF(data);

	if (label.len > CSGN_LABEL_MAX)
		return CS_ERR_ARG;
	cs_tlv_write(&w, CSGN_TAG_LABEL, label);
	struct cs_apdu cmd = {.cla = CSGN_CLA, .ins = CSGN_INS_SET_LABEL, .data = cs_writer_view(&w)};
	return cc_command(card, &cmd, NULL);
}

enum cs_err cc_csgn_reset(struct cc_card *card)
{
	struct cs_apdu cmd = {.cla = CSGN_CLA, .ins = CSGN_INS_RESET, .p1 = 0xDE, .p2 = 0xAD};
	return cc_command(card, &cmd, NULL);
}

enum cs_err cc_csgn_verify(struct cc_card *card, uint8_t ref, struct cs_view pin, unsigned *tries)
{
	return cc_pin_command(card, ISO_INS_VERIFY, ref, &pin, 1, tries);
}

enum cs_err cc_csgn_change(struct cc_card *card, uint8_t ref, struct cs_view old_pin, struct cs_view new_pin,
			   unsigned *tries)
{
	const struct cs_view pins[] = {old_pin, new_pin};

	return cc_pin_command(card, ISO_INS_CHANGE_REFERENCE_DATA, ref, pins, 2, tries);
}
