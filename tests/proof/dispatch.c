/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Proves of dispatch, for any command, any row of an application's table, any security state, profile
 * and life-cycle: the handler runs only if P1, P2 and length are those of its row, the life-cycle lets
 * it, and the row needs nothing or a bit that the channel has (or that the profile and secure
 * messaging give it); and that a PIN that was fresh is fresh no more behind a command whose row does
 * not keep it, or that was not asked to wait.
 *
 * Sources: base/bytes.c base/secret.c
 *
 * Options: --unwind 12 --unwindset memset.0:9000,memcmp.0:17
 */
#include "applet/dispatch.c"
#include "tests/proof/proof.h"

static struct card card;
static struct channel *const channel = &card.channels[0];
static struct app_command row;
static struct cs_apdu cmd;
static bool allowed, ran;
static uint16_t security_before;
static enum cs_err answer;

bool lifecycle_allows(const struct card *c, uint8_t flags)
{
	assert(c == &card && flags == row.flags);
	return allowed;
}

enum cs_err channel_manage(struct card *c, struct channel *ch, const struct cs_apdu *command,
			   struct cs_writer *out)
{
	(void)c;
	(void)ch;
	(void)command;
	(void)out;
	return CS_OK;
}

void channel_clear(struct card *c, struct channel *ch)
{
	(void)c;
	(void)ch;
}

/* What a row that needs the management key is content with. */
static bool satisfied(void)
{
	uint16_t has = security_before;

	if ((has & SECURITY_PIN) && (card.profile.rules & CSGN_RULE_PIN_MANAGES))
		has |= SECURITY_MANAGEMENT;
	if (has & SECURITY_SCP)
		has |= SECURITY_MANAGEMENT | SECURITY_SO;
	return row.needs == 0 || (has & row.needs) != 0;
}

static enum cs_err handler(struct card *c, struct channel *ch, const struct cs_apdu *command,
			   struct cs_writer *out)
{
	(void)out;
	assert(c == &card && ch == channel && command == &cmd);
	assert(row.p1 == APP_ANY || row.p1 == cmd.p1);
	assert(row.p2 == APP_ANY || row.p2 == cmd.p2);
	assert(cmd.data.len >= row.min_len && cmd.data.len <= row.max_len);
	assert((cmd.cla & ~ISO_CLA_CHAIN) == row.cla && cmd.ins == row.ins);
	assert(allowed);
	assert(satisfied());
	ran = true;
	answer = any_result();
	return answer;
}

static const struct app only = {.commands = &row, .command_count = 1};
const struct app *const card_apps[] = {&only};
const size_t card_app_count = 0;

int main(void)
{
	struct cs_writer out = {.buf = NULL};
	uint16_t sw;

	row = (struct app_command){.cla = nondet_u8(),
				   .ins = nondet_u8(),
				   .p1 = (int16_t)nondet_u16(),
				   .p2 = (int16_t)nondet_u16(),
				   .min_len = nondet_u16(),
				   .max_len = nondet_u16(),
				   .needs = nondet_u16(),
				   .flags = nondet_u8(),
				   .not_found = nondet_u16(),
				   .handler = handler};
	cmd = (struct cs_apdu){.cla = nondet_u8(), .ins = nondet_u8(), .p1 = nondet_u8(), .p2 = nondet_u8()};
	cmd.data.len = nondet_size();
	/* SELECT and MANAGE CHANNEL are the dispatcher's own. */
	assume(cmd.ins != ISO_INS_SELECT && cmd.ins != ISO_INS_MANAGE_CHANNEL);
	card.profile.rules = nondet_u8();
	channel->app = nondet_bool() ? &only : NULL;
	channel->security = security_before = nondet_u16();
	allowed = nondet_bool();
	sw = dispatch(&card, channel, &cmd, &out);
	assert(ran || sw != CS_SW_OK);
	assert(!ran || channel->app == &only);
	if (ran && !(row.flags & APP_KEEPS_FRESH) && answer != CS_ERR_BUSY)
		assert(!(channel->security & SECURITY_PIN_FRESH));
	assert((channel->security & ~security_before) == 0);
	return 0;
}
