/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The oracle on PIN, PUK and SO PIN (SP 800-73-5 part 2, 3.2.1 to 3.2.3; docs/PROTOCOL 3): a try is gone
 * before the comparison, and only a right PIN brings all back.
 */
#include "tests/oracle/model.h"

#include <string.h>

static const uint8_t factory_pin[] = {'1', '2', '3', '4', '5', '6', 0xFF, 0xFF},
		     factory_puk[] = {'1', '2', '3', '4', '5', '6', '7', '8'};

static const uint8_t *factory_of(enum model_ref ref)
{
	return ref == MODEL_PIN ? factory_pin : factory_puk;
}

void model_set(struct model *m, enum model_ref ref, const uint8_t *block)
{
	struct model_pin *pin = &m->pins[ref];

	memcpy(pin->block, block, PIV_PIN_LEN);
	pin->set = true;
	pin->must_change = false;
	pin->factory = memcmp(block, factory_of(ref), PIV_PIN_LEN) == 0;
	pin->left = pin->total;
}

void model_factory_pin(struct model *m, enum model_ref ref, uint8_t total)
{
	m->pins[ref].total = total;
	model_set(m, ref, factory_of(ref));
	m->pins[ref].must_change = ref == MODEL_PIN && (m->profile.rules & CSGN_RULE_MUST_CHANGE);
}

void model_factory_pins(struct model *m)
{
	for (int ref = 0; ref < MODEL_REFS; ref++)
		model_factory_pin(m, (enum model_ref)ref, m->profile.tries[ref]);
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

static void log_out(struct model_channel *c, enum model_ref ref)
{
	if (ref == MODEL_SO)
		c->so = false;
	else if (ref == MODEL_PIN)
		c->pin = c->fresh = c->expired = false;
}

void model_revoke(struct model *m, const struct model_channel *but, enum model_ref ref)
{
	for (size_t i = 0; i < MODEL_CHANNELS; i++) {
		if (&m->channel[i] != but)
			log_out(&m->channel[i], ref);
	}
}

/* From each character to the next: up, down (0 after 9, and back), or none of it. */
static int distance(uint8_t from, uint8_t to)
{
	bool digits = from >= '0' && from <= '9' && to >= '0' && to <= '9';

	if (digits && (to - '0') == (from - '0' + 1) % 10)
		return 1;
	if (digits && (from - '0') == (to - '0' + 1) % 10)
		return -1;
	return to - from;
}

/* Every n-th character goes on as the second did from the first, and those between are as the one before. */
static bool marches(const uint8_t *p, size_t n, size_t every)
{
	int d = distance(p[0], p[every]);

	for (size_t i = 1; i < n; i++) {
		if (i % every ? p[i] != p[i - 1] : distance(p[i - every], p[i]) != d)
			return false;
	}
	return d >= -1 && d <= 1;
}

static bool easily_guessed(const uint8_t *p, size_t n)
{
	bool seen[256] = {false};
	size_t kinds = 0;

	for (size_t i = 0; i < n; i++) {
		kinds += !seen[p[i]];
		seen[p[i]] = true;
	}
	for (size_t period = 2; 2 * period <= n; period++) {
		bool repeats = true;

		for (size_t i = period; i < n; i++)
			repeats &= p[i] == p[i - period];
		if (repeats)
			return true;
	}
	return kinds < 3 || marches(p, n, 1) || marches(p, n, 2);
}

bool model_pin_allowed(const struct model_profile *profile, const uint8_t block[PIV_PIN_LEN])
{
	size_t n = characters(block);

	if (n < profile->pin_min || !(profile->rules & CSGN_RULE_NO_TRIVIAL_PIN))
		return n >= profile->pin_min;
	for (size_t i = 0; i < n; i++) {
		if (block[i] < ' ' || block[i] > '~')
			return false;
	}
	return !easily_guessed(block, n);
}

/* A SO PIN that nobody has chosen is blocked while the PUK is. */
static bool closed_with_the_puk(const struct model *m, enum model_ref ref)
{
	return ref == MODEL_SO && m->pins[MODEL_SO].factory && m->pins[MODEL_PUK].left == 0;
}

uint8_t model_tries(const struct model *m, enum model_ref ref)
{
	return closed_with_the_puk(m, ref) ? 0 : m->pins[ref].left;
}

/* Compares, and counts. A blocked one opens nothing any more, anywhere. */
static uint16_t compare(struct model *m, enum model_ref ref, const uint8_t *block)
{
	struct model_pin *pin = &m->pins[ref];

	if (closed_with_the_puk(m, ref))
		return CS_SW_BLOCKED;
	if (characters(block) == 0 && !only_padding(block))
		return CS_SW_WRONG_DATA;
	if (pin->left == 0)
		return CS_SW_BLOCKED;
	if (memcmp(pin->block, block, PIV_PIN_LEN) != 0) {
		if (--pin->left == 0)
			model_revoke(m, NULL, ref);
		if (ref == MODEL_PUK && closed_with_the_puk(m, MODEL_SO))
			model_revoke(m, NULL, MODEL_SO);
		return (uint16_t)(CS_SW_TRIES_LEFT | pin->left);
	}
	pin->left = pin->total;
	return CS_SW_OK;
}

static void log_in(struct model *m, struct model_channel *c, enum model_ref ref)
{
	if (ref == MODEL_SO) {
		c->so = true;
	} else {
		c->pin = c->fresh = true;
		c->expired = m->pins[MODEL_PIN].must_change;
	}
}

static void state_query(struct model *m, const struct model_channel *c, enum model_ref ref,
			struct model_answer *a)
{
	uint8_t left = model_tries(m, ref);

	if (ref == MODEL_SO ? c->so : c->pin)
		a->sw = CS_SW_OK;
	else
		a->sw = left ? (uint16_t)(CS_SW_TRIES_LEFT | left) : CS_SW_BLOCKED;
}

static void verify(struct model *m, struct model_channel *c, const struct model_command *cmd,
		   enum model_ref ref, struct model_answer *a)
{
	if (cmd->p1 != 0x00 && cmd->p1 != 0xFF) {
		a->sw = CS_SW_WRONG_P1P2;
	} else if (cmd->p1 == 0xFF) {
		a->sw = cmd->data.n ? CS_SW_WRONG_LENGTH : CS_SW_OK;
		if (a->sw == CS_SW_OK)
			log_out(c, ref);
	} else if (ref == MODEL_PIN && m->lifecycle == CSGN_LOCKED) {
		a->sw = CS_SW_BLOCKED;
	} else if (cmd->data.n == 0) {
		state_query(m, c, ref, a);
	} else if (cmd->data.n != PIV_PIN_LEN) {
		a->sw = CS_SW_WRONG_LENGTH;
	} else {
		a->sw = compare(m, ref, cmd->data.p);
		if (a->sw == CS_SW_OK)
			log_in(m, c, ref);
		else if (a->sw != CS_SW_WRONG_DATA)
			log_out(c, ref);
	}
}

void model_verify(struct model *m, struct model_channel *c, const struct model_command *cmd,
		  struct model_answer *a)
{
	if (cmd->p2 == PIV_REF_PIN)
		verify(m, c, cmd, MODEL_PIN, a);
	else
		a->sw = CS_SW_REFERENCE_NOT_FOUND;
}

void model_verify_so(struct model *m, struct model_channel *c, const struct model_command *cmd,
		     struct model_answer *a)
{
	if (cmd->p2 == CSGN_REF_SO)
		verify(m, c, cmd, MODEL_SO, a);
	else
		model_verify(m, c, cmd, a);
}

/* Old block (of what is shown), new block: the new one is looked at first, unless the old one is there to be
 * wrong. */
static uint16_t replace(struct model *m, enum model_ref shown, enum model_ref changed, struct bytes data)
{
	bool same = memcmp(data.p, data.p + PIV_PIN_LEN, PIV_PIN_LEN) == 0;
	uint16_t sw;

	if (!only_padding(data.p) && !model_pin_allowed(&m->profile, data.p + PIV_PIN_LEN))
		return CS_SW_WRONG_DATA;
	if (shown == changed && m->pins[shown].must_change && same)
		return CS_SW_WRONG_DATA;
	sw = compare(m, shown, data.p);
	if (sw == CS_SW_OK)
		model_set(m, changed, data.p + PIV_PIN_LEN);
	return sw;
}

/* A SO PIN that nobody has chosen goes with the PUK; its tries stay as they are. */
static void officer_follows(struct model *m, const struct model_channel *c, const uint8_t *block)
{
	struct model_pin *so = &m->pins[MODEL_SO];
	uint8_t left = so->left;

	if (!so->set || !so->factory)
		return;
	model_set(m, MODEL_SO, block);
	so->left = left;
	model_revoke(m, c, MODEL_SO);
}

static void change(struct model *m, struct model_channel *c, const struct model_command *cmd,
		   enum model_ref ref, struct model_answer *a)
{
	a->sw = replace(m, ref, ref, cmd->data);
	if (a->sw == CS_SW_OK) {
		model_revoke(m, c, ref);
		if (ref == MODEL_PUK)
			officer_follows(m, c, cmd->data.p + PIV_PIN_LEN);
		c->pin |= ref == MODEL_PIN;
		c->expired &= ref != MODEL_PIN;
	} else if (a->sw != CS_SW_WRONG_DATA) {
		log_out(c, ref);
	}
}

void model_change(struct model *m, struct model_channel *c, const struct model_command *cmd,
		  struct model_answer *a)
{
	if (cmd->p2 == PIV_REF_PIN || cmd->p2 == PIV_REF_PUK)
		change(m, c, cmd, cmd->p2 == PIV_REF_PIN ? MODEL_PIN : MODEL_PUK, a);
	else
		a->sw = CS_SW_REFERENCE_NOT_FOUND;
}

void model_change_so(struct model *m, struct model_channel *c, const struct model_command *cmd,
		     struct model_answer *a)
{
	if (cmd->p2 == CSGN_REF_SO)
		change(m, c, cmd, MODEL_SO, a);
	else
		model_change(m, c, cmd, a);
}

void model_unblock(struct model *m, struct model_channel *c, const struct model_command *cmd,
		   struct model_answer *a)
{
	if (cmd->p2 != PIV_REF_PIN) {
		a->sw = CS_SW_REFERENCE_NOT_FOUND;
		return;
	}
	a->sw = replace(m, MODEL_PUK, MODEL_PIN, cmd->data);
	if (a->sw == CS_SW_OK)
		model_revoke(m, c, MODEL_PIN);
	if (a->sw == CS_SW_OK && m->lifecycle == CSGN_INITIALISED)
		m->lifecycle = CSGN_ISSUED;
}
