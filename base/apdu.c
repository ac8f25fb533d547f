/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Command and response APDUs.
 */
#include "base/apdu.h"

/* Le of 0 stands for the most that its field's form can ask for. */
static uint32_t ne_of(uint32_t le, uint32_t most)
{
	return le == 0 ? most : le;
}

static void parse_short_body(struct cs_reader *r, struct cs_apdu *cmd)
{
	uint8_t first = cs_read_u8(r);

	if (!cs_reader_more(r)) {
		cmd->ne = ne_of(first, CS_APDU_SHORT_NE_MAX);
		return;
	}
	cmd->data = cs_read_view(r, first);
	if (cs_reader_more(r))
		cmd->ne = ne_of(cs_read_u8(r), CS_APDU_SHORT_NE_MAX);
}

static void parse_extended_body(struct cs_reader *r, struct cs_apdu *cmd)
{
	cmd->extended = true;
	(void)cs_read_u8(r); /* the 00 that says so */
	uint16_t first = cs_read_u16(r);
	if (!cs_reader_more(r)) {
		cmd->ne = ne_of(first, CS_APDU_NE_MAX);
		return;
	}
	cmd->data = cs_read_view(r, first);
	if (cs_reader_more(r))
		cmd->ne = ne_of(cs_read_u16(r), CS_APDU_NE_MAX);
}

enum cs_err cs_apdu_parse(struct cs_view raw, struct cs_apdu *out)
{
	struct cs_reader r = cs_reader_of(raw);
	struct cs_apdu cmd = {.data = CS_VIEW_EMPTY};

	cmd.cla = cs_read_u8(&r);
	cmd.ins = cs_read_u8(&r);
	cmd.p1 = cs_read_u8(&r);
	cmd.p2 = cs_read_u8(&r);
	if (cs_reader_more(&r)) {
		/* 00 and at least two bytes more is an extended field; 00 and one is Lc 00 with Le. */
		if (raw.len >= 7 && raw.ptr[4] == 0)
			parse_extended_body(&r, &cmd);
		else
			parse_short_body(&r, &cmd);
	}
	enum cs_err err = cs_reader_done(&r);
	if (err == CS_OK)
		*out = cmd;
	return err;
}

/* The field's value for Ne: the most its form can say is written as 0. */
static uint16_t le_of(uint32_t ne, uint32_t most)
{
	return (uint16_t)(ne == most ? 0 : ne);
}

static void build_short_body(const struct cs_apdu *cmd, struct cs_writer *w)
{
	if (cmd->data.len > 0) {
		cs_write_u8(w, (uint8_t)cmd->data.len);
		cs_write_view(w, cmd->data);
	}
	if (cmd->ne > 0)
		cs_write_u8(w, (uint8_t)le_of(cmd->ne, CS_APDU_SHORT_NE_MAX));
}

static void build_extended_body(const struct cs_apdu *cmd, struct cs_writer *w)
{
	if (cmd->data.len == 0 && cmd->ne == 0)
		return;
	cs_write_u8(w, 0);
	if (cmd->data.len > 0) {
		cs_write_u16(w, (uint16_t)cmd->data.len);
		cs_write_view(w, cmd->data);
	}
	if (cmd->ne > 0)
		cs_write_u16(w, le_of(cmd->ne, CS_APDU_NE_MAX));
}

enum cs_err cs_apdu_build(const struct cs_apdu *cmd, struct cs_writer *w)
{
	size_t data_max = cmd->extended ? CS_APDU_DATA_MAX : CS_APDU_SHORT_DATA_MAX;
	uint32_t ne_max = cmd->extended ? CS_APDU_NE_MAX : CS_APDU_SHORT_NE_MAX;

	if (cmd->data.len > data_max || cmd->ne > ne_max)
		return CS_ERR_ARG;
	cs_write_u8(w, cmd->cla);
	cs_write_u8(w, cmd->ins);
	cs_write_u8(w, cmd->p1);
	cs_write_u8(w, cmd->p2);
	if (cmd->extended)
		build_extended_body(cmd, w);
	else
		build_short_body(cmd, w);
	return cs_writer_done(w);
}

enum cs_err cs_response_parse(struct cs_view raw, struct cs_response *out)
{
	if (raw.len < 2)
		return CS_ERR_MALFORMED;
	struct cs_reader r = cs_reader_of(raw);
	struct cs_view data = cs_read_view(&r, raw.len - 2);
	uint16_t sw = cs_read_u16(&r);
	*out = (struct cs_response){.data = data, .sw = sw};
	return CS_OK;
}
