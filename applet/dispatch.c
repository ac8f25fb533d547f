/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Finds the row of the selected application's table that a command belongs to, checks what its columns ask,
 * runs it, and says the outcome as a status word (ISO/IEC 7816-4, 5.6). SELECT and MANAGE CHANNEL belong to
 * the card, not to an application.
 *
 *   none selected --SELECT ok--> selected --SELECT of another, ok--> selected (security state cleared)
 *        ^                          |  \--SELECT of the same; SELECT that fails--> nothing changes
 *        '--------- reset ----------'
 */
#include "applet/dispatch.h"

#include "applet/card_apps.h"
#include "applet/channel.h"
#include "applet/lifecycle.h"
#include "applet/touch.h"
#include "base/secret.h"

#define SELECT_BY_NAME	      0x04u /* P1 */
#define SELECT_WITH_ANSWER    0x00u /* P2 */
#define SELECT_WITHOUT_ANSWER 0x0Cu

static const uint16_t sw_of_err[CS_ERR_COUNT] = {
    [CS_OK] = CS_SW_OK,
    [CS_ERR_ARG] = CS_SW_WRONG_P1P2,
    [CS_ERR_MALFORMED] = CS_SW_WRONG_DATA,
    [CS_ERR_LENGTH] = CS_SW_WRONG_LENGTH,
    [CS_ERR_FULL] = CS_SW_NO_SPACE,
    [CS_ERR_NOT_FOUND] = CS_SW_NOT_FOUND,
    [CS_ERR_EXISTS] = CS_SW_CONDITIONS,
    [CS_ERR_DENIED] = CS_SW_SECURITY_STATUS,
    [CS_ERR_WRONG] = CS_SW_TRIES_LEFT,
    [CS_ERR_BLOCKED] = CS_SW_BLOCKED,
    [CS_ERR_STATE] = CS_SW_CONDITIONS,
    [CS_ERR_UNSUPPORTED] = CS_SW_FUNCTION_UNSUPPORTED,
    [CS_ERR_BUSY] = CS_SW_TOUCH_WANTED,
    [CS_ERR_TIMEOUT] = CS_SW_CONDITIONS,
    [CS_ERR_CANCELLED] = CS_SW_CONDITIONS,
    [CS_ERR_IO] = CS_SW_MEMORY_FAILURE,
    [CS_ERR_CORRUPT] = CS_SW_MEMORY_FAILURE,
    [CS_ERR_ROLLBACK] = CS_SW_MEMORY_FAILURE,
    [CS_ERR_EXPIRED] = CS_SW_REFERENCE_UNUSABLE,
};

uint16_t dispatch_sw(enum cs_err err, const struct app_command *row, const struct channel *channel)
{
	if (err == CS_ERR_WRONG)
		return (uint16_t)(CS_SW_TRIES_LEFT | (channel->tries_left & 0x0Fu));
	if (err == CS_ERR_NOT_FOUND && row && row->not_found)
		return row->not_found;
	/* OATH says 6984 of what is not there. */
	if (err == CS_ERR_EXPIRED && row && row->not_found == CS_SW_REFERENCE_UNUSABLE)
		return CS_SW_CONDITIONS;
	if ((unsigned)err >= CS_ERR_COUNT || sw_of_err[err] == 0)
		return CS_SW_UNKNOWN;
	return sw_of_err[err];
}

bool security_satisfied(const struct card *card, const struct channel *channel, uint16_t needs)
{
	uint16_t state = channel->security;

	if (profile_has(&card->profile, CSGN_RULE_PIN_MANAGES) && (state & SECURITY_PIN))
		state |= SECURITY_MANAGEMENT;
	if (state & SECURITY_SCP)
		state |= SECURITY_MANAGEMENT | SECURITY_SO;
	return needs == 0 || (state & needs) != 0;
}

/* ---- SELECT ---- */

static const struct app *app_find(struct cs_view aid)
{
	for (size_t i = 0; i < card_app_count; i++) {
		const struct app *app = card_apps[i];

		if (aid.len >= app->aid_min && cs_view_starts_with(app->aid, aid))
			return app;
	}
	return NULL;
}

static enum cs_err select_application(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
				      struct cs_writer *out)
{
	struct cs_writer unwanted = CS_WRITER_OF(card->work);
	const struct app *app;

	if (cmd->p1 != SELECT_BY_NAME || (cmd->p2 != SELECT_WITH_ANSWER && cmd->p2 != SELECT_WITHOUT_ANSWER))
		return CS_ERR_ARG;
	app = app_find(cmd->data);
	if (!app)
		return CS_ERR_NOT_FOUND;
	if (!lifecycle_allows(card, app->flags))
		return CS_ERR_STATE;
	if (app != channel->app) {
		channel_clear(card, channel);
		channel->app = app;
	}
	return app->select(card, channel, cmd, cmd->p2 == SELECT_WITHOUT_ANSWER ? &unwanted : out);
}

static const struct app_command select_row = {.cla = 0x00,
					      .ins = ISO_INS_SELECT,
					      .p1 = APP_ANY,
					      .p2 = APP_ANY,
					      .max_len = 16,
					      .flags =
						  APP_KEEPS_FRESH | APP_WHEN_LOCKED | APP_WHEN_TERMINATED,
					      .handler = select_application};

static const struct app_command manage_channel_row = {.cla = 0x00,
						      .ins = ISO_INS_MANAGE_CHANNEL,
						      .p1 = APP_ANY,
						      .p2 = APP_ANY,
						      .max_len = 0,
						      .flags = APP_KEEPS_FRESH | APP_WHEN_LOCKED |
							       APP_WHEN_TERMINATED,
						      .handler = channel_manage};

/* ---- rows ---- */

/* The row, or NULL with sw saying whether it is the class or the instruction that nobody knows. */
static const struct app_command *row_find(const struct channel *channel, const struct cs_apdu *cmd,
					  uint16_t *sw)
{
	uint8_t cla = (uint8_t)(cmd->cla & ~ISO_CLA_CHAIN);
	bool select = cla == select_row.cla && cmd->ins == select_row.ins;

	/* OATH's CALCULATE ALL has SELECT's instruction; P1 tells them apart. */
	if (select && cmd->p1 == SELECT_BY_NAME)
		return &select_row;
	if (cla == manage_channel_row.cla && cmd->ins == manage_channel_row.ins)
		return &manage_channel_row;
	*sw = cla == 0x00 || cla == CSGN_CLA ? CS_SW_WRONG_INS : CS_SW_WRONG_CLA;
	for (size_t i = 0; channel->app && i < channel->app->command_count; i++) {
		const struct app_command *row = &channel->app->commands[i];

		if (row->cla == cla && row->ins == cmd->ins)
			return row;
		if (row->ins == cmd->ins)
			*sw = CS_SW_WRONG_CLA;
	}
	return select ? &select_row : NULL;
}

static enum cs_err row_check_header(const struct app_command *row, const struct cs_apdu *cmd)
{
	if ((row->p1 != APP_ANY && row->p1 != cmd->p1) || (row->p2 != APP_ANY && row->p2 != cmd->p2))
		return CS_ERR_ARG;
	return CS_OK;
}

static enum cs_err row_check(const struct card *card, const struct channel *channel,
			     const struct app_command *row, const struct cs_apdu *cmd)
{
	enum cs_err err = row_check_header(row, cmd);

	if (err)
		return err;
	if (!lifecycle_allows(card, row->flags))
		return CS_ERR_STATE;
	if (cmd->data.len < row->min_len || cmd->data.len > row->max_len)
		return CS_ERR_LENGTH;
	return security_satisfied(card, channel, row->needs) ? CS_OK : CS_ERR_DENIED;
}

uint16_t dispatch_probe(const struct channel *channel, const struct cs_apdu *cmd)
{
	uint16_t sw = CS_SW_OK;
	const struct app_command *row = row_find(channel, cmd, &sw);

	if (!row)
		return sw;
	return dispatch_sw(row_check_header(row, cmd), row, channel);
}

uint16_t dispatch(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
		  struct cs_writer *out)
{
	uint16_t sw = CS_SW_OK;
	const struct app_command *row = row_find(channel, cmd, &sw);
	const struct app *before = channel->app;
	uint16_t fresh = channel->security & SECURITY_PIN_FRESH;
	enum cs_err err;

	if (!row)
		return sw;
	err = row_check(card, channel, row, cmd);
	if (!err) {
		card->running = cmd;
		err = row->handler(card, channel, cmd, out);
		card->running = NULL;
		/* A handler may make the PIN fresh, or use it; any other command lets it grow stale. One that
		 * is to be repeated when the card was touched has not been used yet. */
		if (fresh && channel->app == before && !(row->flags & APP_KEEPS_FRESH) && err != CS_ERR_BUSY)
			channel->security &= (uint16_t)~SECURITY_PIN_FRESH;
	}
	cs_wipe(card->work, sizeof(card->work));
	return dispatch_sw(err, row, channel);
}
