/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The PIV application: what SELECT answers, and the table of commands with what each needs.
 */
#include "applet/piv.h"

#include "applet/csgn.h"
#include "applet/pin_commands.h"
#include "applet/piv_algorithm.h"
#include "applet/piv_commands.h"
#include "applet/piv_sm.h"
#include "applet/scp03.h"
#include "applet/touch.h"

static const uint8_t aid[] = PIV_AID;

#define RID_LEN 5u

/* In a template of its own: OpenSC looks at the first algorithm of each. */
static void suite_write(uint8_t suite, struct cs_writer *out)
{
	size_t mark = cs_tlv_begin(out, PIV_TAG_ALGORITHMS);

	cs_tlv_write_u8(out, PIV_TAG_ALGORITHM, suite);
	cs_tlv_write_u8(out, PIV_TAG_OBJECT_IDENTIFIER, 0x00);
	cs_tlv_end(out, mark);
}

/* Application property template (SP 800-73-5 part 2, table 3). Newer hosts believe AC: it lists what works,
 * no more. */
static enum cs_err piv_select(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
			      struct cs_writer *out)
{
	const struct crypto *crypto = card->ports.crypto;
	size_t all = cs_tlv_begin(out, PIV_TAG_PROPERTY), mark;
	const struct piv_algorithm *row;
	uint8_t suite = piv_sm_suite_of(card);

	(void)channel;
	(void)cmd;
	cs_tlv_write(out, PIV_TAG_AID, cs_view(aid + RID_LEN, sizeof(aid) - RID_LEN));
	mark = cs_tlv_begin(out, PIV_TAG_AUTHORITY);
	cs_tlv_write(out, PIV_TAG_AID, cs_view(aid, RID_LEN));
	cs_tlv_end(out, mark);
	cs_tlv_write(out, PIV_TAG_LABEL, CS_VIEW_TEXT("Countersign PIV"));
	cs_tlv_write(out, PIV_TAG_URL, CS_VIEW_TEXT("https://csrc.nist.gov/pubs/sp/800/73/pt2/5/final"));
	mark = cs_tlv_begin(out, PIV_TAG_ALGORITHMS);
	for (size_t i = 0; (row = piv_algorithm_row(i)) != NULL; i++) {
		if (crypto->supports(crypto->ctx, row->id))
			cs_tlv_write_u8(out, PIV_TAG_ALGORITHM, (uint8_t)row->id);
	}
	cs_tlv_write_u8(out, PIV_TAG_OBJECT_IDENTIFIER, 0x00);
	cs_tlv_end(out, mark);
	if (suite)
		suite_write(suite, out);
	cs_tlv_end(out, all);
	return CS_OK;
}

enum cs_err piv_version(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
			struct cs_writer *out)
{
	static const uint8_t version[] = DEVICE_VERSION;

	(void)card;
	(void)channel;
	(void)cmd;
	cs_write_view(out, CS_VIEW_OF(version));
	return CS_OK;
}

enum cs_err piv_serial(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
		       struct cs_writer *out)
{
	(void)channel;
	(void)cmd;
	cs_write_u32(out, card->ports.platform->serial);
	return CS_OK;
}

#define NEEDS_MANAGEMENT SECURITY_MANAGEMENT
#define NO_KEY		 CS_SW_REFERENCE_NOT_FOUND
#define GENERATE_MAX	 (64u + CSGN_ATTRIBUTES_MAX)

/* cla, ins, p1, p2, shortest and longest data, needs, flags, what "not found" is called, handler */
static const struct app_command commands[] = {
    PIN_COMMAND_ROWS(piv_sm_verify, pin_command_change),
    {0, PIV_INS_GET_DATA, 0x3F, 0xFF, 3, 16, 0, APP_KEEPS_FRESH | APP_WHEN_LOCKED, 0, piv_get_data},
    {0, PIV_INS_PUT_DATA, 0x3F, 0xFF, 3, APP_DATA_MAX, NEEDS_MANAGEMENT, 0, 0, piv_put_data},
    {0, PIV_INS_GENERATE, 0, APP_ANY, 5, GENERATE_MAX, NEEDS_MANAGEMENT, 0, NO_KEY, piv_generate},
    {0, PIV_INS_AUTHENTICATE, APP_ANY, APP_ANY, 4, APP_DATA_MAX, 0, APP_WHEN_LOCKED, NO_KEY,
     piv_authenticate},
    {0, PIV_INS_MOVE_KEY, APP_ANY, APP_ANY, 0, 0, NEEDS_MANAGEMENT, 0, NO_KEY, piv_move_key},
    {0, PIV_INS_GET_METADATA, 0, APP_ANY, 0, 0, 0, APP_KEEPS_FRESH | APP_WHEN_LOCKED, NO_KEY, piv_metadata},
    {0, PIV_INS_GET_SERIAL, 0, 0, 0, 0, 0, APP_KEEPS_FRESH | APP_WHEN_LOCKED, 0, piv_serial},
    {0, PIV_INS_ATTEST, APP_ANY, 0, 0, 0, 0, APP_KEEPS_FRESH, NO_KEY, piv_attest},
    {0, PIV_INS_SET_RETRIES, APP_ANY, APP_ANY, 0, 0, NEEDS_MANAGEMENT, 0, 0, piv_set_retries},
    {0, PIV_INS_RESET, 0, 0, 0, 0, 0, 0, 0, piv_reset},
    {0, PIV_INS_GET_VERSION, 0, 0, 0, 0, 0, APP_KEEPS_FRESH | APP_WHEN_LOCKED, 0, piv_version},
    {0, PIV_INS_IMPORT_KEY, APP_ANY, APP_ANY, 3, APP_DATA_MAX, NEEDS_MANAGEMENT, 0, 0, piv_import},
    {0, PIV_INS_SET_MANAGEMENT_KEY, APP_ANY, APP_ANY, 3 + 16, 3 + 32, NEEDS_MANAGEMENT, 0, 0,
     piv_set_management_key},
    SCP03_ROWS,
    CSGN_SHARED_ROWS,
    TOUCH_MODE_ROW,
};

const struct app piv_app = {
    .aid = {.ptr = aid, .len = sizeof(aid)},
    .aid_min = RID_LEN,
    .remaining_ins = ISO_INS_GET_RESPONSE,
    .select = piv_select,
    .commands = commands,
    .command_count = sizeof(commands) / sizeof(commands[0]),
    .flags = APP_WHEN_LOCKED,
};
