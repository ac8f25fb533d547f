/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The oracle on PIN and PUK (SP 800-73-5 part 2, 3.2.1 to 3.2.3; docs/PROTOCOL 3): a try is gone before the
 * comparison, and only a right PIN brings all back.
 */
#include "tests/oracle/model.h"

#include <string.h>

void model_factory_pins(struct model *m, uint8_t pin_total, uint8_t puk_total)
{
	static const uint8_t pin[] = {'1', '2', '3', '4', '5', '6', 0xFF, 0xFF},
			     puk[] = {'1', '2', '3', '4', '5', '6', '7', '8'};

	m->pin = (struct model_pin){.set = true, .factory = true, .left = pin_total, .total = pin_total};
	m->puk = (struct model_pin){.set = true, .factory = true, .left = puk_total, .total = puk_total};
	memcpy(m->pin.block, pin, sizeof(pin));
	memcpy(m->puk.block, puk, sizeof(puk));
}

/* How many characters stand before the padding; 0 where the block is not characters, then padding. */
static size_t characters(const uint8_t block[PIV_PIN_LEN])
{
	size_t n = 0;

	while (n < PIV_PIN_LEN && block[n] != PIV_PIN_PAD)
		n++;
	for (size_t i = n; i < PIV_PIN_LEN; i++) {
		if (block[i] != PIV_PIN_PAD)
			return 0;
	}
	return n >= PIV_PIN_LEN_MIN ? n : 0;
}

static bool only_padding(const uint8_t *block)
{
	static const uint8_t padding[PIV_PIN_LEN] = {255, 255, 255, 255, 255, 255, 255, 255};

	return memcmp(block, padding, PIV_PIN_LEN) == 0;
}

static void log_out(struct model_channel *c, bool puk)
{
	if (puk)
		c->so = false;
	else
		c->pin = c->fresh = false;
}

void model_revoke(struct model *m, const struct model_channel *but, bool puk)
{
	for (size_t i = 0; i < MODEL_CHANNELS; i++) {
		if (&m->channel[i] != but)
			log_out(&m->channel[i], puk);
	}
}

bool model_pin_allowed(const struct model_profile *profile, const uint8_t block[PIV_PIN_LEN])
{
	size_t n = characters(block), same = 0, up = 0, down = 0;

	if (n < profile->pin_min || !(profile->rules & CSGN_RULE_NO_TRIVIAL_PIN))
		return n >= profile->pin_min;
	for (size_t i = 0; i < n; i++) {
		if (block[i] < ' ' || block[i] > '~')
			return false;
		if (i > 0) {
			same += block[i] == block[i - 1];
			up += block[i] == block[i - 1] + 1;
			down += block[i] == block[i - 1] - 1;
		}
	}
	return same != n - 1 && up != n - 1 && down != n - 1;
}

/* Compares, and counts. A blocked one opens nothing any more, anywhere. */
static uint16_t compare(struct model *m, struct model_pin *pin, const uint8_t *block)
{
	if (characters(block) == 0 && !only_padding(block))
		return CS_SW_WRONG_DATA;
	if (pin->left == 0)
		return CS_SW_BLOCKED;
	if (memcmp(pin->block, block, PIV_PIN_LEN) != 0) {
		if (--pin->left == 0)
			model_revoke(m, NULL, pin == &m->puk);
		return (uint16_t)(CS_SW_TRIES_LEFT | pin->left);
	}
	pin->left = pin->total;
	return CS_SW_OK;
}

static void set(struct model_pin *pin, const uint8_t *block)
{
	memcpy(pin->block, block, PIV_PIN_LEN);
	pin->set = true;
	pin->factory = false;
	pin->left = pin->total;
}

static void state_query(const struct model_channel *c, const struct model_pin *pin, bool puk,
			struct model_answer *a)
{
	if (puk ? c->so : c->pin)
		a->sw = CS_SW_OK;
	else
		a->sw = pin->left ? (uint16_t)(CS_SW_TRIES_LEFT | pin->left) : CS_SW_BLOCKED;
}

static void verify(struct model *m, struct model_channel *c, const struct model_command *cmd, bool puk,
		   struct model_answer *a)
{
	struct model_pin *pin = puk ? &m->puk : &m->pin;

	if (cmd->p1 != 0x00 && cmd->p1 != 0xFF) {
		a->sw = CS_SW_WRONG_P1P2;
	} else if (cmd->p1 == 0xFF) {
		a->sw = cmd->data.n ? CS_SW_WRONG_LENGTH : CS_SW_OK;
		if (a->sw == CS_SW_OK)
			log_out(c, puk);
	} else if (cmd->data.n == 0) {
		state_query(c, pin, puk, a);
	} else if (cmd->data.n != PIV_PIN_LEN) {
		a->sw = CS_SW_WRONG_LENGTH;
	} else {
		a->sw = compare(m, pin, cmd->data.p);
		if (a->sw == CS_SW_OK && puk)
			c->so = true;
		else if (a->sw == CS_SW_OK)
			c->pin = c->fresh = true;
		else if (a->sw != CS_SW_WRONG_DATA)
			log_out(c, puk);
	}
}

void model_verify(struct model *m, struct model_channel *c, const struct model_command *cmd,
		  struct model_answer *a)
{
	if (cmd->p2 == PIV_REF_PIN)
		verify(m, c, cmd, false, a);
	else
		a->sw = CS_SW_REFERENCE_NOT_FOUND;
}

void model_verify_so(struct model *m, struct model_channel *c, const struct model_command *cmd,
		     struct model_answer *a)
{
	if (cmd->p2 == PIV_REF_PIN || cmd->p2 == PIV_REF_PUK)
		verify(m, c, cmd, cmd->p2 == PIV_REF_PUK, a);
	else
		a->sw = CS_SW_REFERENCE_NOT_FOUND;
}

/* Old block (of the PIN, or of the PUK), new block: the new one is looked at first, unless the old one is
 * there to be wrong. */
static uint16_t replace(struct model *m, struct model_pin *shown, struct model_pin *changed,
			struct bytes data)
{
	uint16_t sw;

	if (!only_padding(data.p) && !model_pin_allowed(&m->profile, data.p + PIV_PIN_LEN))
		return CS_SW_WRONG_DATA;
	sw = compare(m, shown, data.p);
	if (sw == CS_SW_OK)
		set(changed, data.p + PIV_PIN_LEN);
	return sw;
}

void model_change(struct model *m, struct model_channel *c, const struct model_command *cmd,
		  struct model_answer *a)
{
	bool puk = cmd->p2 == PIV_REF_PUK;
	struct model_pin *pin = puk ? &m->puk : &m->pin;

	if (!puk && cmd->p2 != PIV_REF_PIN) {
		a->sw = CS_SW_REFERENCE_NOT_FOUND;
		return;
	}
	a->sw = replace(m, pin, pin, cmd->data);
	if (a->sw == CS_SW_OK) {
		model_revoke(m, c, puk);
		c->pin |= !puk;
	}
	if (a->sw != CS_SW_OK && a->sw != CS_SW_WRONG_DATA)
		log_out(c, puk);
}

void model_unblock(struct model *m, struct model_channel *c, const struct model_command *cmd,
		   struct model_answer *a)
{
	if (cmd->p2 != PIV_REF_PIN) {
		a->sw = CS_SW_REFERENCE_NOT_FOUND;
		return;
	}
	a->sw = replace(m, &m->puk, &m->pin, cmd->data);
	if (a->sw == CS_SW_OK)
		model_revoke(m, c, false);
	if (a->sw == CS_SW_OK && m->lifecycle == CSGN_INITIALISED)
		m->lifecycle = CSGN_ISSUED;
	else if (a->sw != CS_SW_OK && a->sw != CS_SW_WRONG_DATA)
		c->so = false;
}
