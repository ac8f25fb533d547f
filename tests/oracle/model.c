/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The oracle's card: command forms, channels, chains, SELECT, and which command needs what (docs/PROTOCOL 1.2
 * to 1.4).
 */
#include "tests/oracle/model.h"

#include <string.h>

/* ---- command forms (ISO/IEC 7816-4, 5.1) ---- */

static uint32_t be16(const uint8_t *p)
{
	return (uint32_t)(p[0] << 8 | p[1]);
}

static bool read_short(struct bytes b, struct model_command *cmd)
{
	size_t lc = b.p[0];

	if (b.n == 1) {
		cmd->ne = lc ? (uint32_t)lc : 256;
		return true;
	}
	if (b.n != 1 + lc && b.n != 2 + lc)
		return false;
	cmd->data = (struct bytes){b.p + 1, lc};
	if (b.n == 2 + lc)
		cmd->ne = b.p[1 + lc] ? b.p[1 + lc] : 256;
	return true;
}

static bool read_extended(struct bytes b, struct model_command *cmd)
{
	size_t lc = be16(b.p + 1);

	cmd->extended = true;
	if (b.n == 3) {
		cmd->ne = lc ? (uint32_t)lc : 65536;
		return true;
	}
	if (b.n != 3 + lc && b.n != 5 + lc)
		return false;
	cmd->data = (struct bytes){b.p + 3, lc};
	if (b.n == 5 + lc)
		cmd->ne = be16(b.p + 3 + lc) ? be16(b.p + 3 + lc) : 65536;
	return true;
}

static bool read_command(struct bytes raw, struct model_command *cmd)
{
	struct bytes body;

	memset(cmd, 0, sizeof(*cmd));
	if (raw.n < 4)
		return false;
	cmd->cla = raw.p[0];
	cmd->ins = raw.p[1];
	cmd->p1 = raw.p[2];
	cmd->p2 = raw.p[3];
	body = (struct bytes){raw.p + 4, raw.n - 4};
	if (body.n == 0)
		return true;
	return body.n >= 3 && body.p[0] == 0 ? read_extended(body, cmd) : read_short(body, cmd);
}

/* ---- state ---- */

void model_profile_base(struct model_profile *p, uint8_t base)
{
	*p = (struct model_profile){.base = base, .pin_min = 6, .tries = {3, 3, 3}};
	p->management = base == CSGN_PROFILE_PIV ? PIV_ALG_3DES : PIV_ALG_AES192;
	p->rules = base == CSGN_PROFILE_PIV ? CSGN_RULE_MANAGEMENT_FACTORY
					    : CSGN_RULE_NO_TRIVIAL_PIN | CSGN_RULE_PIN_MANAGES;
}

void model_channels_clear(struct model *m)
{
	for (size_t i = 0; i < MODEL_CHANNELS; i++)
		m->channel[i] = (struct model_channel){.app = m->channel[i].app,
						       .lost = m->channel[i].lost,
						       .lost_header = m->channel[i].lost_header};
	m->touched = false;
}

void model_reset(struct model *m)
{
	memset(m->channel, 0, sizeof(m->channel));
	memset(&m->chain, 0, sizeof(m->chain));
	m->rest = false;
	m->touched = false;
	m->open = 1;
}

void model_power(struct model *m)
{
	model_reset(m);
	m->code_wait_from_ms = m->now_ms;
	m->mark.draws = MODEL_YES;
}

unsigned model_channel_number(const struct model *m, const struct model_channel *c)
{
	return (unsigned)(c - m->channel);
}

void model_init(struct model *m, enum csgn_profile profile)
{
	memset(m, 0, sizeof(*m));
	model_profile_base(&m->profile, (uint8_t)profile);
	m->lifecycle = CSGN_BLANK;
	model_factory_pins(m);
	model_piv_erase(m);
	m->mark = (struct model_mark){.known = false};
	model_reset(m);
}

void model_touch(struct model *m, uint8_t policy, struct model_answer *a)
{
	if (policy == PIV_TOUCH_CACHED && m->touched && m->now_ms - m->touched_ms < 15000)
		return;
	if (policy == PIV_TOUCH_ALWAYS || policy == PIV_TOUCH_CACHED) {
		a->touches++;
		m->touched = true;
		m->touched_ms = m->now_ms;
	}
}

/* ---- rows ---- */

static const struct model_row *row_of(enum model_app app, uint8_t cla, uint8_t ins, bool *other_class)
{
	const struct model_row *rows = app == MODEL_PIV	   ? model_piv_rows
				       : app == MODEL_CSGN ? model_csgn_rows
							   : model_oath_rows;
	size_t count = app == MODEL_NONE   ? 0
		       : app == MODEL_PIV  ? model_piv_row_count
		       : app == MODEL_CSGN ? model_csgn_row_count
					   : model_oath_row_count;

	for (size_t i = 0; i < count; i++) {
		if (rows[i].ins == ins && rows[i].cla == cla)
			return &rows[i];
		*other_class |= rows[i].ins == ins;
	}
	return NULL;
}

bool model_manages(const struct model *m, const struct model_channel *c)
{
	return c->management || ((m->profile.rules & CSGN_RULE_PIN_MANAGES) && c->pin);
}

static bool permitted(const struct model *m, const struct model_channel *c, unsigned needs)
{
	return needs == NEED_NOTHING || ((needs & NEED_MANAGEMENT) && model_manages(m, c)) ||
	       ((needs & NEED_PIN) && c->pin) || ((needs & NEED_SO) && c->so) ||
	       ((needs & NEED_UNLOCKED) && c->unlocked);
}

static bool header_fits(const struct model_row *row, const struct model_command *cmd)
{
	return (row->p1 < 0 || row->p1 == cmd->p1) && (row->p2 < 0 || row->p2 == cmd->p2);
}

/* ---- SELECT ---- */

static enum model_app named(struct bytes aid)
{
	static const uint8_t piv[] = PIV_AID, csgn[] = CSGN_AID;
	static const uint8_t oath[] = {0xA0, 0x00, 0x00, 0x05, 0x27, 0x21, 0x01, 0x01};

	if (aid.n >= 5 && aid.n <= sizeof(piv) && memcmp(piv, aid.p, aid.n) == 0)
		return MODEL_PIV;
	if (model_same(aid, csgn, sizeof(csgn)))
		return MODEL_CSGN;
	if (aid.n >= 7 && aid.n <= sizeof(oath) && memcmp(oath, aid.p, aid.n) == 0)
		return MODEL_OATH;
	return MODEL_NONE;
}

static void select_app(struct model *m, struct model_channel *c, const struct model_command *cmd,
		       struct model_answer *a)
{
	enum model_app app;

	if (cmd->data.n > 16) {
		a->sw = CS_SW_WRONG_LENGTH;
		return;
	}
	if (cmd->p1 != 0x04 || (cmd->p2 != 0x00 && cmd->p2 != 0x0C)) {
		a->sw = CS_SW_WRONG_P1P2;
		return;
	}
	app = named(cmd->data);
	if (app == MODEL_NONE) {
		a->sw = CS_SW_NOT_FOUND;
		return;
	}
	if ((m->lifecycle == CSGN_LOCKED && app == MODEL_OATH) ||
	    (m->lifecycle == CSGN_TERMINATED && app != MODEL_CSGN)) {
		a->sw = CS_SW_CONDITIONS;
		return;
	}
	if (app != c->app)
		*c = (struct model_channel){.app = app, .lost = c->lost, .lost_header = c->lost_header};
	(app == MODEL_PIV    ? model_piv_select
	 : app == MODEL_CSGN ? model_csgn_select
			     : model_oath_select)(m, c, cmd, a);
	if (cmd->p2 == 0x0C) {
		a->learn = NULL;
		a->exact = false;
		a->len = 0;
	}
}

/* ---- MANAGE CHANNEL (ISO/IEC 7816-4, 11.1.2) ---- */

static bool is_manage(const struct model_command *cmd)
{
	return cmd->cla == 0 && cmd->ins == ISO_INS_MANAGE_CHANNEL;
}

/* The application goes with it, unless it comes from the basic channel; nothing else does. */
static void channel_open(struct model *m, const struct model_channel *from, unsigned number)
{
	m->open |= 1u << number;
	m->channel[number] = (struct model_channel){.app = from == m->channel ? MODEL_NONE : from->app};
}

static void channel_open_any(struct model *m, const struct model_channel *from, struct model_answer *a)
{
	uint8_t number = 1;

	while (number < MODEL_CHANNELS && (m->open & 1u << number))
		number++;
	if (number == MODEL_CHANNELS) {
		a->sw = CS_SW_FUNCTION_UNSUPPORTED;
		return;
	}
	channel_open(m, from, number);
	model_put(a, &number, 1);
}

static void channel_close(struct model *m, unsigned number)
{
	m->open &= ~(1u << number);
	m->channel[number] = (struct model_channel){0};
	if (m->chain.channel == number)
		m->chain.open = false;
}

static void manage_channel(struct model *m, struct model_channel *c, const struct model_command *cmd,
			   struct model_answer *a)
{
	unsigned number = cmd->p2 ? cmd->p2 : model_channel_number(m, c);

	if (cmd->data.n)
		a->sw = CS_SW_WRONG_LENGTH;
	else if (cmd->p2 >= MODEL_CHANNELS || (cmd->p1 != 0x00 && cmd->p1 != 0x80))
		a->sw = CS_SW_WRONG_P1P2;
	else if (cmd->p1 == 0x00 && cmd->p2 == 0)
		channel_open_any(m, c, a);
	else if ((cmd->p1 == 0x00) == ((m->open & 1u << number) != 0) || number == 0)
		a->sw = CS_SW_WRONG_P1P2;
	else if (cmd->p1 == 0x00)
		channel_open(m, c, number);
	else
		channel_close(m, number);
}

/* ---- one whole command ---- */

static bool is_select(const struct model_channel *c, const struct model_command *cmd)
{
	return cmd->cla == 0 && cmd->ins == ISO_INS_SELECT && (cmd->p1 == 0x04 || c->app != MODEL_OATH);
}

/* The status word that refuses the header of a command, or 9000. */
static uint16_t header_check(const struct model_channel *c, const struct model_command *cmd,
			     const struct model_row **row)
{
	bool other_class = cmd->cla != 0x00 && cmd->cla != CSGN_CLA;

	*row = NULL;
	if (is_select(c, cmd) || is_manage(cmd))
		return CS_SW_OK;
	*row = row_of(c->app, cmd->cla, cmd->ins, &other_class);
	if (!*row)
		return other_class ? CS_SW_WRONG_CLA : CS_SW_WRONG_INS;
	return header_fits(*row, cmd) ? CS_SW_OK : CS_SW_WRONG_P1P2;
}

static void run(struct model *m, struct model_channel *c, const struct model_command *cmd,
		struct model_answer *a)
{
	const struct model_row *row;
	enum model_app before = c->app;
	bool fresh = c->fresh;

	a->sw = model_sm_open(m, c, cmd);
	if (a->sw != CS_SW_OK)
		return;
	a->sw = header_check(c, cmd, &row);
	if (a->sw != CS_SW_OK)
		return;
	if (!row) {
		(is_manage(cmd) ? manage_channel : select_app)(m, c, cmd, a);
		return;
	}
	if (!(row->flags & FLAG_LOCKED) && m->lifecycle == CSGN_LOCKED)
		a->sw = CS_SW_CONDITIONS;
	else if (!(row->flags & FLAG_TERMINATED) && m->lifecycle == CSGN_TERMINATED)
		a->sw = CS_SW_CONDITIONS;
	else if (cmd->data.n < row->min || cmd->data.n > row->max)
		a->sw = CS_SW_WRONG_LENGTH;
	else if (!permitted(m, c, row->needs))
		a->sw = CS_SW_SECURITY_STATUS;
	if (a->sw != CS_SW_OK)
		return;
	row->run(m, c, cmd, a);
	if (row->flags & FLAG_CHANGES)
		model_changed(m, a->sw == CS_SW_OK && !a->idle);
	if (fresh && !(row->flags & FLAG_READS) && c->app == before)
		c->fresh = false;
	if (a->sw != CS_SW_OK) {
		a->exact = false;
		a->learn = NULL;
		a->len = 0;
	}
}

/* ---- chains ---- */

static struct model_header header(const struct model_command *cmd)
{
	return (struct model_header){cmd->cla, cmd->ins, cmd->p1, cmd->p2};
}

static bool same_header(struct model_header a, struct model_header b)
{
	return a.cla == b.cla && a.ins == b.ins && a.p1 == b.p1 && a.p2 == b.p2;
}

/* The data of a piece join the others. */
static bool chain_join(struct model *m, struct bytes piece)
{
	if (piece.n > MODEL_DATA_MAX - m->chain.len) {
		m->chain.open = false;
		return false;
	}
	if (piece.n)
		memcpy(m->chained + m->chain.len, piece.p, piece.n);
	m->chain.len += piece.n;
	return true;
}

/* There is room for one chain: another channel's has to go, and its next piece will be told. */
static void chain_begin(struct model *m, unsigned channel, const struct model_command *cmd)
{
	struct model_channel *loser = &m->channel[m->chain.channel];

	if (m->chain.open) {
		loser->lost = true;
		loser->lost_header = m->chain.header;
	}
	m->chain = (struct model_chain){.open = true, .channel = channel, .header = header(cmd)};
}

static void piece(struct model *m, const struct model_channel *c, const struct model_command *cmd, bool mine,
		  struct model_answer *a)
{
	const struct model_row *row;

	if (!mine) {
		a->sw = header_check(c, cmd, &row);
		if (a->sw != CS_SW_OK)
			return;
		chain_begin(m, a->channel, cmd);
	}
	a->sw = chain_join(m, cmd->data) ? CS_SW_OK : CS_SW_WRONG_LENGTH;
}

static void whole(struct model *m, struct model_channel *c, struct model_command *cmd, bool mine,
		  struct model_answer *a)
{
	if (mine) {
		if (!chain_join(m, cmd->data)) {
			a->sw = CS_SW_WRONG_LENGTH;
			return;
		}
		cmd->data = (struct bytes){m->chained, m->chain.len};
		m->chain.open = false;
	}
	if (cmd->data.n > MODEL_DATA_MAX)
		a->sw = CS_SW_WRONG_LENGTH;
	else
		run(m, c, cmd, a);
}

static void take(struct model *m, struct model_channel *c, struct model_command *cmd, struct model_answer *a)
{
	bool mine = m->chain.open && m->chain.channel == a->channel, more = cmd->cla & ISO_CLA_CHAIN,
	     lost = c->lost;

	cmd->cla &= (uint8_t)~ISO_CLA_CHAIN;
	c->lost = false;
	if (lost && same_header(c->lost_header, header(cmd))) {
		a->sw = CS_SW_CONDITIONS;
		return;
	}
	if (mine && !same_header(m->chain.header, header(cmd)))
		mine = m->chain.open = false;
	if (more)
		piece(m, c, cmd, mine, a);
	else
		whole(m, c, cmd, mine, a);
}

/* Which channel, or the status word that refuses the class. */
static uint16_t class_read(const struct model *m, struct model_command *cmd, unsigned *channel)
{
	*channel = cmd->cla & 3u;
	if (cmd->cla >= 0x40 && cmd->cla <= 0x7F)
		return CS_SW_CHANNEL_UNSUPPORTED;
	if (cmd->cla & 0x60)
		return CS_SW_WRONG_CLA;
	if (!(m->open & 1u << *channel))
		return CS_SW_CHANNEL_UNSUPPORTED;
	cmd->cla &= 0xFC;
	return CS_SW_OK;
}

/* What others define besides: not ours to say. */
static bool beyond(const struct model *m, const struct model_channel *c, const struct model_command *cmd)
{
	(void)m;
	/* PIV's sessions, and the pairing code that is shown in them, are tested elsewhere. */
	if (c->app == MODEL_PIV &&
	    ((cmd->ins == ISO_INS_VERIFY && cmd->p2 == 0x98) ||
	     (cmd->ins == PIV_INS_AUTHENTICATE && (cmd->p1 == 0x04 || cmd->p2 == 0x04))))
		return true;
	return false;
}

void model_command(struct model *m, struct bytes raw, struct model_answer *a)
{
	struct model_command cmd;
	struct model_channel *c;

	memset(a, 0, offsetof(struct model_answer, data));
	memset(&a->len, 0, sizeof(*a) - offsetof(struct model_answer, len));
	a->specified = true;
	a->sw = CS_SW_WRONG_LENGTH;
	if (!read_command(raw, &cmd))
		return;
	if ((cmd.cla & 0x0C) && !(cmd.cla & 0x60) &&
	    ((cmd.cla & ISO_CLA_CHAIN) || cmd.ins == ISO_INS_GET_RESPONSE ||
	     cmd.ins == YKOATH_INS_SEND_REMAINING)) {
		a->specified = false; /* pieces of what is protected: tests of their own */
		return;
	}
	a->ne = cmd.ne ? cmd.ne : cmd.extended ? 65536 : 256;
	a->sw = class_read(m, &cmd, &a->channel);
	if (a->sw != CS_SW_OK)
		return;
	c = &m->channel[a->channel];
	if (cmd.cla == 0 &&
	    cmd.ins == (c->app == MODEL_OATH ? YKOATH_INS_SEND_REMAINING : ISO_INS_GET_RESPONSE)) {
		bool mine = m->rest && m->rest_channel == a->channel;

		a->fetch = mine && cmd.p1 == 0 && cmd.p2 == 0;
		a->sw = a->fetch ? CS_SW_OK : mine ? CS_SW_WRONG_P1P2 : CS_SW_CONDITIONS;
		if (m->chain.channel == a->channel)
			m->chain.open = false;
		return;
	}
	m->rest = false;
	a->specified = !beyond(m, c, &cmd);
	take(m, c, &cmd, a);
}
