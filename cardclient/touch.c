/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Touches on the host's side.
 */
#include "cardclient/touch.h"

#include <string.h>

#include "base/countersign.h"
#include "base/sw.h"
#include "cardclient/private.h"

void cc_card_on_touch(struct cc_card *card, cc_touch_fn *told, void *arg)
{
	card->on_touch = told;
	card->on_touch_arg = arg;
}

enum cs_err cc_touch_tell(struct cc_card *card)
{
	const struct cs_apdu cmd = {.cla = CSGN_CLA, .ins = CSGN_INS_TOUCH_MODE, .p1 = CSGN_TOUCH_TELL};

	return cc_command(card, &cmd, NULL);
}

/* The answer to one control byte. */
static enum cs_err touch_control(struct cc_context *ctx, uint8_t code, struct cs_writer *answer)
{
	if (ctx->backend->control == NULL)
		return CS_ERR_UNSUPPORTED;
	return ctx->backend->control(ctx->state, code, answer);
}

enum cs_err cc_touch_wanted(struct cc_context *ctx, char why[CC_TOUCH_WHY_MAX])
{
	uint8_t bytes[CC_TOUCH_WHY_MAX];
	struct cs_writer w = CS_WRITER_OF(bytes);
	enum cs_err err = touch_control(ctx, CC_CONTROL_STATUS, &w);
	struct cs_reader r = cs_reader_of(cs_writer_view(&w));

	if (err)
		return err;
	uint8_t state = cs_read_u8(&r);
	struct cs_view text = cs_read_rest(&r);
	if (cs_reader_done(&r) != CS_OK || state > 1)
		return CS_ERR_MALFORMED;
	memset(why, 0, CC_TOUCH_WHY_MAX);
	if (state == 1)
		memcpy(why, text.ptr, text.len);
	return CS_OK;
}

enum cs_err cc_touch_give(struct cc_context *ctx, bool *wanted)
{
	uint8_t given;
	struct cs_writer w = cs_writer_of(&given, 1);
	enum cs_err err = touch_control(ctx, CC_CONTROL_TOUCH, &w);

	if (err)
		return err;
	if (w.len != 1 || given > 1)
		return CS_ERR_MALFORMED;
	*wanted = given == 1;
	return CS_OK;
}
