/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The oracle on GENERAL AUTHENTICATE (SP 800-73-5 part 2, 3.2.4; docs/PROTOCOL 4.3 and 4.4) and on the
 * management key.
 */
#include "tests/oracle/model_piv.h"

#include <stdlib.h>
#include <string.h>

/* The elements of 7C: there (p not NULL) or not. */
struct template
{
	struct bytes witness, challenge, response, exponentiation, mu;
};

static const uint8_t nothing[1];

static bool template_read(struct bytes in, struct template *t)
{
	struct bytes all, v;
	uint32_t tag;
	int got;

	memset(t, 0, sizeof(*t));
	if (!model_tlv_take(&in, PIV_TAG_AUTH_TEMPLATE, &all) || in.n)
		return false;
	while ((got = model_tlv_next(&all, &tag, &v)) == 1) {
		struct bytes here = {v.n ? v.p : nothing, v.n};

		if (tag == PIV_TAG_AUTH_WITNESS)
			t->witness = here;
		else if (tag == PIV_TAG_AUTH_CHALLENGE)
			t->challenge = here;
		else if (tag == PIV_TAG_AUTH_RESPONSE)
			t->response = here;
		else if (tag == PIV_TAG_AUTH_EXPONENTIATION)
			t->exponentiation = here;
		else if (tag == PIV_TAG_AUTH_MU)
			t->mu = here;
		else
			return false;
	}
	return got == 0;
}

/* ---- private keys ---- */

static bool learn_signature(struct model *m, struct model_channel *c, struct bytes data, uint32_t about)
{
	struct bytes all, result, numbers, r, s;

	(void)m, (void)c, (void)about;
	return model_tlv_take(&data, PIV_TAG_AUTH_TEMPLATE, &all) && data.n == 0 &&
	       model_tlv_take(&all, PIV_TAG_AUTH_RESPONSE, &result) && all.n == 0 &&
	       model_tlv_take(&result, 0x30, &numbers) && result.n == 0 &&
	       model_tlv_take(&numbers, 0x02, &r) && model_tlv_take(&numbers, 0x02, &s) && numbers.n == 0 &&
	       r.n <= 33 && s.n <= 33;
}

static bool learn_agreement(struct model *m, struct model_channel *c, struct bytes data, uint32_t about)
{
	struct bytes all, result;

	(void)m, (void)c, (void)about;
	return model_tlv_take(&data, PIV_TAG_AUTH_TEMPLATE, &all) && data.n == 0 &&
	       model_tlv_take(&all, PIV_TAG_AUTH_RESPONSE, &result) && all.n == 0 && result.n == 32;
}

static bool key_permitted(const struct model_channel *c, const struct model_key *key)
{
	return key->pin_policy == PIV_PIN_NEVER ||
	       (key->pin_policy == PIV_PIN_ONCE ? c->pin : c->pin && c->fresh);
}

/* The PIN is right, but no good for a key before it was changed. */
static bool key_expired(const struct model_channel *c, const struct model_key *key)
{
	return key->pin_policy != PIV_PIN_NEVER && c->expired;
}

uint16_t model_key_permit(const struct model_channel *c, const struct model_key *key)
{
	if (!key_permitted(c, key))
		return CS_SW_SECURITY_STATUS;
	return key_expired(c, key) ? CS_SW_REFERENCE_UNUSABLE : CS_SW_OK;
}

/* The generator of P-256 (SP 800-186, 3.2.1.3): a point that is on the curve for certain. */
bool model_is_generator(struct bytes point)
{
	static const uint8_t generator[65] = {
	    0x04, 0x6B, 0x17, 0xD1, 0xF2, 0xE1, 0x2C, 0x42, 0x47, 0xF8, 0xBC, 0xE6, 0xE5,
	    0x63, 0xA4, 0x40, 0xF2, 0x77, 0x03, 0x7D, 0x81, 0x2D, 0xEB, 0x33, 0xA0, 0xF4,
	    0xA1, 0x39, 0x45, 0xD8, 0x98, 0xC2, 0x96, 0x4F, 0xE3, 0x42, 0xE2, 0xFE, 0x1A,
	    0x7F, 0x9B, 0x8E, 0xE7, 0xEB, 0x4A, 0x7C, 0x0F, 0x9E, 0x16, 0x2B, 0xCE, 0x33,
	    0x57, 0x6B, 0x31, 0x5E, 0xCE, 0xCB, 0xB6, 0x40, 0x68, 0x37, 0xBF, 0x51, 0xF5};

	return model_same(point, generator, sizeof(generator));
}

static bool input_fits(const struct template *t)
{
	if (!t->response.p || t->response.n || t->witness.p || t->mu.p ||
	    !t->challenge.p == !t->exponentiation.p)
		return false;
	return t->exponentiation.p ? t->exponentiation.n == 65 : t->challenge.n >= 1 && t->challenge.n <= 64;
}

static void key_use(struct model *m, struct model_channel *c, const struct model_command *cmd,
		    const struct template *t, struct model_answer *a)
{
	const struct model_key *key = model_key(m, cmd->p2);

	if (cmd->p2 == PIV_SLOT_ATTESTATION)
		a->sw = CS_SW_WRONG_P1P2;
	else if (!key || !key->there)
		a->sw = CS_SW_REFERENCE_NOT_FOUND;
	else if (cmd->p1 != key->algorithm)
		a->sw = CS_SW_WRONG_P1P2;
	else
		a->sw = model_key_permit(c, key);
	if (a->sw == CS_SW_OK && !input_fits(t))
		a->sw = CS_SW_WRONG_DATA;
	if (a->sw != CS_SW_OK)
		return;
	model_touch(m, key->touch_policy, a);
	a->learn = t->exponentiation.p ? learn_agreement : learn_signature;
	if (t->exponentiation.p && !model_is_generator(t->exponentiation))
		a->or_sw = CS_SW_WRONG_DATA;
}

/* ---- 9B ---- */

void model_management_new(struct model *m)
{
	static const uint8_t factory[] = {1, 2, 3, 4, 5, 6, 7, 8};

	m->management_factory = m->management_known = m->profile.rules & CSGN_RULE_MANAGEMENT_FACTORY;
	m->management_algorithm = m->profile.management;
	m->management_touch = PIV_TOUCH_NEVER;
	memset(m->management, 0, sizeof(m->management));
	for (size_t i = 0; m->management_known && i < model_cipher_key_len(m->profile.management); i++)
		m->management[i] = factory[i % 8];
}

/* A block from the card, plain or encrypted: from it follows what the host has to answer. */
static bool learn_block(struct model *m, struct model_channel *c, struct bytes data, uint32_t tag)
{
	struct bytes all, block;

	if (!model_tlv_take(&data, PIV_TAG_AUTH_TEMPLATE, &all) || data.n ||
	    !model_tlv_take(&all, tag, &block) || all.n ||
	    block.n != model_block_len(m->management_algorithm))
		return false;
	c->answer_known = m->management_known;
	if (m->management_known)
		model_block(m->management_algorithm, tag == PIV_TAG_AUTH_CHALLENGE, m->management, block.p,
			    c->answer);
	return true;
}

static void begin(struct model_channel *c, enum model_pending kind, struct model_answer *a)
{
	c->pending = kind;
	c->answer_known = false;
	a->learn = learn_block;
	a->about = kind == PENDING_WITNESS ? PIV_TAG_AUTH_WITNESS : PIV_TAG_AUTH_CHALLENGE;
}

/* Does the host's answer to what the card sent prove the key? */
static uint16_t answer_judge(const struct model *m, const struct model_channel *was, enum model_pending kind,
			     struct bytes answer)
{
	size_t len = model_block_len(m->management_algorithm);

	if (was->pending != kind)
		return CS_SW_CONDITIONS;
	if (answer.n != len)
		return CS_SW_WRONG_DATA;
	return was->answer_known && model_same(answer, was->answer, len) ? CS_SW_OK : CS_SW_SECURITY_STATUS;
}

/* The card proves itself by encrypting the host's challenge. */
static void answer_host(const struct model *m, struct bytes challenge, struct model_answer *a)
{
	uint8_t data[4 + 16] = {PIV_TAG_AUTH_TEMPLATE, 0, PIV_TAG_AUTH_RESPONSE, 0};
	uint8_t len = (uint8_t)model_block_len(m->management_algorithm);

	if (challenge.n != len) {
		a->sw = CS_SW_WRONG_DATA;
		return;
	}
	data[1] = (uint8_t)(len + 2);
	data[3] = len;
	model_block(m->management_algorithm, true, m->management, challenge.p, data + 4);
	model_put(a, data, 4u + len);
}

static void management_step(struct model *m, struct model_channel *c, const struct template *t,
			    struct model_answer *a)
{
	struct model_channel was = *c;

	if (was.pending != PENDING_NONE)
		model_touch(m, m->management_touch, a);
	c->pending = PENDING_NONE;
	if (t->witness.p && t->witness.n == 0) {
		begin(c, PENDING_WITNESS, a);
		return;
	}
	if (t->challenge.p && t->challenge.n == 0 && !t->witness.p) {
		begin(c, PENDING_CHALLENGE, a);
		return;
	}
	if (t->witness.p)
		a->sw = answer_judge(m, &was, PENDING_WITNESS, t->witness);
	else if (t->response.p)
		a->sw = answer_judge(m, &was, PENDING_CHALLENGE, t->response);
	else
		a->sw = CS_SW_WRONG_DATA;
	if (a->sw == CS_SW_OK && t->witness.p && t->challenge.p)
		answer_host(m, t->challenge, a);
	c->management = a->sw == CS_SW_OK;
}

void model_authenticate(struct model *m, struct model_channel *c, const struct model_command *cmd,
			struct model_answer *a)
{
	struct template t;
	uint8_t algorithm = cmd->p1 ? cmd->p1 : PIV_ALG_3DES;

	if (!template_read(cmd->data, &t))
		a->sw = CS_SW_WRONG_DATA;
	else if (cmd->p2 == PIV_SLOT_MANAGEMENT && t.mu.p)
		a->sw = CS_SW_WRONG_DATA;
	else if (cmd->p2 != PIV_SLOT_MANAGEMENT && cmd->p2 != PIV_SLOT_ATTESTATION &&
		 m->lifecycle == CSGN_LOCKED)
		a->sw = CS_SW_CONDITIONS;
	else if (cmd->p2 != PIV_SLOT_MANAGEMENT)
		key_use(m, c, cmd, &t, a);
	else if (algorithm != m->management_algorithm)
		a->sw = CS_SW_WRONG_P1P2;
	else
		management_step(m, c, &t, a);
}

void model_set_management(struct model *m, struct model_channel *c, const struct model_command *cmd,
			  struct model_answer *a)
{
	const uint8_t *p = cmd->data.p;
	size_t len = model_cipher_key_len(p[0]);
	bool factory = true;

	if (cmd->p1 != 0xFF || (cmd->p2 != 0xFF && cmd->p2 != 0xFE))
		a->sw = CS_SW_WRONG_P1P2;
	else if (len == 0 || p[1] != PIV_SLOT_MANAGEMENT || p[2] != len || cmd->data.n != 3 + len)
		a->sw = CS_SW_WRONG_DATA;
	if (a->sw != CS_SW_OK)
		return;
	for (size_t i = 0; i < len; i++)
		factory &= p[3 + i] == 1 + i % 8;
	m->management_algorithm = p[0];
	m->management_touch = cmd->p2 == 0xFE ? PIV_TOUCH_ALWAYS : PIV_TOUCH_NEVER;
	m->management_factory = factory;
	m->management_known = true;
	memset(m->management, 0, sizeof(m->management));
	memcpy(m->management, p + 3, len);
	for (size_t i = 0; i < MODEL_CHANNELS; i++) {
		m->channel[i].management &= &m->channel[i] == c;
		m->channel[i].pending = PENDING_NONE;
	}
}
