/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The oracle on secure messaging (docs/PROTOCOL 9), as far as somebody without the keys sees it: key sets
 * that are there or not, tries that go, sessions that do not begin, and what is refused for want of one.
 */
#include "tests/oracle/model_csgn.h"

#include <string.h>

/* ---- SCP03 ---- */

static bool learn_challenge(struct model *m, struct model_channel *c, struct bytes data, uint32_t len)
{
	static const uint8_t head[] = {0xF0, 'C', 'S', 'I', 'G', 'N', 0x00, 0xC0, 0xFF, 0xEE};
	const uint8_t tail[] = {m->scp_version, 0x03, len == 16 ? 0x61 : 0x60};

	(void)c;
	return data.n == 13 + 2 * len && memcmp(data.p, head, sizeof(head)) == 0 &&
	       memcmp(data.p + sizeof(head), tail, sizeof(tail)) == 0;
}

void model_initialize_update(struct model *m, struct model_channel *c, const struct model_command *cmd,
			     struct model_answer *a)
{
	if (cmd->data.n != 8 && cmd->data.n != 16)
		a->sw = CS_SW_WRONG_LENGTH;
	else if (!m->scp_version || (cmd->p1 && cmd->p1 != m->scp_version))
		a->sw = CS_SW_REFERENCE_NOT_FOUND;
	else if (m->scp_tries == 0)
		a->sw = CS_SW_BLOCKED;
	if (a->sw != CS_SW_OK)
		return;
	c->scp_begun = (uint8_t)cmd->data.n;
	a->learn = learn_challenge;
	a->about = (uint32_t)cmd->data.n;
}

/* Nobody here has the keys: what is well-formed is wrong, and costs a try. */
static uint16_t external_authenticate(struct model *m, const struct model_command *cmd, uint8_t begun)
{
	static const uint8_t levels[] = {0x01, 0x03, 0x11, 0x13, 0x33};

	if (!memchr(levels, cmd->p1, sizeof(levels)) || cmd->p2)
		return CS_SW_WRONG_P1P2;
	if (cmd->data.n != 2u * begun)
		return CS_SW_WRONG_LENGTH;
	if (m->scp_tries == 0)
		return CS_SW_BLOCKED;
	return (uint16_t)(CS_SW_TRIES_LEFT | --m->scp_tries);
}

/* Unprotected, it is nothing. */
void model_plain_authenticate(struct model *m, struct model_channel *c, const struct model_command *cmd,
			      struct model_answer *a)
{
	(void)m, (void)c, (void)cmd;
	a->sw = CS_SW_CONDITIONS;
}

/* BC, BD, BE in this order: version, two different keys of one length. */
void model_set_scp_keys(struct model *m, struct model_channel *c, const struct model_command *cmd,
			struct model_answer *a)
{
	struct bytes in = cmd->data, version, enc, mac;

	if (m->scp_version) {
		a->sw = CS_SW_SECURITY_STATUS;
		return;
	}
	if (!model_tlv_take(&in, CSGN_TAG_SCP_VERSION, &version) ||
	    !model_tlv_take(&in, CSGN_TAG_SCP_ENC, &enc) || !model_tlv_take(&in, CSGN_TAG_SCP_MAC, &mac) ||
	    in.n || version.n != 1 || version.p[0] == 0 || version.p[0] > 0x7F ||
	    (enc.n != 16 && enc.n != 24 && enc.n != 32) || mac.n != enc.n ||
	    memcmp(enc.p, mac.p, enc.n) == 0) {
		a->sw = CS_SW_WRONG_DATA;
		return;
	}
	m->scp_version = version.p[0];
	m->scp_tries = 10;
	for (size_t i = 0; i < MODEL_CHANNELS; i++) {
		if (m->channel[i].scp_begun && &m->channel[i] != c)
			m->channel[i] = (struct model_channel){.app = m->channel[i].app,
							       .lost = m->channel[i].lost,
							       .lost_header = m->channel[i].lost_header};
	}
}

void model_scp_erase(struct model *m)
{
	m->scp_version = m->scp_tries = 0;
}

/* ---- PIV's ---- */

static bool learn_point(struct model *m, struct model_channel *c, struct bytes data, uint32_t len)
{
	struct bytes contents, point;

	(void)m, (void)c;
	return model_tlv_take(&data, PIV_TAG_PUBLIC_KEY, &contents) && data.n == 0 &&
	       model_tlv_take(&contents, PIV_TAG_EC_POINT, &point) && contents.n == 0 && point.n == len &&
	       point.p[0] == 4;
}

/* A new key in slot 04, its certificate and its signer's, in one. */
void model_sm_generate(struct model *m, const struct model_command *cmd, struct model_answer *a)
{
	struct bytes in = cmd->data, params, suite;
	const struct model_key *f9 = model_key(m, PIV_SLOT_ATTESTATION);

	if (!model_tlv_take(&in, PIV_TAG_GENERATE, &params) || in.n ||
	    model_tlv_find(params, PIV_TAG_ALGORITHM, &suite) != 1 || suite.n != 1 ||
	    (suite.p[0] != 0x27 && suite.p[0] != 0x2E)) {
		a->sw = CS_SW_WRONG_DATA;
		return;
	}
	if (!f9->there || !model_object(m, PIV_OBJ_ATTESTATION_CERT)) {
		a->sw = CS_SW_CONDITIONS;
		return;
	}
	if (m->stored > MODEL_STORED_MAX)
		a->or_sw = CS_SW_NO_SPACE;
	m->sm_suite = suite.p[0];
	model_object_unknown(m, PIV_OBJ_SM_CVC);
	model_object_unknown(m, PIV_OBJ_SM_CERT_SIGNER);
	a->learn = learn_point;
	a->about = suite.p[0] == 0x27 ? 65 : 97;
}

/* ---- what comes protected ---- */

uint16_t model_sm_open(struct model *m, struct model_channel *c, const struct model_command *cmd)
{
	uint8_t begun = c->scp_begun, kind = cmd->cla & 0x0C;

	c->scp_begun = 0;
	if (kind == 0x00)
		return CS_SW_OK;
	if (kind == 0x04 && begun && cmd->ins == 0x82 && !(cmd->cla & 0x80)) {
		c->scp_begun = begun; /* another class: it is not that command yet */
		return CS_SW_WRONG_CLA;
	}
	if (kind == 0x04 && begun && cmd->ins == 0x82)
		return external_authenticate(m, cmd, begun);
	if (kind == 0x04)
		return CS_SW_SECURITY_STATUS;
	return kind == 0x0C && m->sm_suite ? CS_SW_SM_INCORRECT : CS_SW_SM_UNSUPPORTED;
}
