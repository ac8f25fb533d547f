/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The oracle's Countersign application (docs/PROTOCOL 6). Its answers may hold more elements than are looked
 * at here.
 */
#include "tests/oracle/model_csgn.h"

#include <string.h>

static bool has(struct bytes in, uint32_t tag, const void *p, size_t n)
{
	struct bytes v;

	return model_tlv_find(in, tag, &v) == 1 && model_same(v, p, n);
}

static bool learn_info(struct model *m, struct model_channel *c, struct bytes data, uint32_t about)
{
	static const uint8_t version[] = {5, 7, 0}, serial[] = {0x00, 0xC0, 0xFF, 0xEE};
	static const uint32_t state_tags[] = {CSGN_TAG_PIN_STATE, CSGN_TAG_PUK_STATE, CSGN_TAG_SO_STATE};
	const uint8_t flags = m->pins[MODEL_PIN].must_change;
	const struct model_profile *p = &m->profile;
	const uint8_t template[] = {0x80,
				    1,
				    p->management,
				    0x81,
				    1,
				    p->rules,
				    0x82,
				    1,
				    p->pin_min,
				    0x83,
				    3,
				    p->tries[0],
				    p->tries[1],
				    p->tries[2],
				    0x84,
				    2,
				    p->pin_policy,
				    p->touch_policy};

	(void)c, (void)about;
	for (size_t i = 0; i < MODEL_REFS; i++) {
		const uint8_t state[] = {m->pins[i].set, model_tries(m, (enum model_ref)i), m->pins[i].total};

		if (!has(data, state_tags[i], state, 3))
			return false;
	}
	return has(data, CSGN_TAG_VERSION, version, 3) && has(data, CSGN_TAG_SERIAL, serial, 4) &&
	       has(data, CSGN_TAG_PROFILE, &m->profile.base, 1) &&
	       has(data, CSGN_TAG_LIFECYCLE, &m->lifecycle, 1) &&
	       has(data, CSGN_TAG_LABEL, m->label, m->label_len) &&
	       has(data, CSGN_TAG_PIN_FLAGS, &flags, 1) &&
	       has(data, CSGN_TAG_PROFILE_TEMPLATE, template, sizeof(template));
}

void model_csgn_info(struct model *m, struct model_channel *c, const struct model_command *cmd,
		     struct model_answer *a)
{
	(void)m, (void)c, (void)cmd;
	a->learn = learn_info;
}

void model_csgn_select(struct model *m, struct model_channel *c, const struct model_command *cmd,
		       struct model_answer *a)
{
	model_csgn_info(m, c, cmd, a);
}

/* Every slot with a key, every object with contents, and no other. F9 and its certificate are the card's own.
 */
static bool learn_contents(struct model *m, struct model_channel *c, struct bytes data, uint32_t about)
{
	struct bytes keys, objects;
	size_t key_count = 0, object_count = 0;

	(void)c, (void)about;
	for (size_t i = 0; i < MODEL_KEYS; i++)
		key_count += m->keys[i].there && model_key_slot(i) != PIV_SLOT_ATTESTATION;
	for (size_t i = 0; i < MODEL_OBJECTS; i++)
		object_count += m->objects[i].tag != 0 && m->objects[i].tag != PIV_OBJ_ATTESTATION_CERT &&
				m->objects[i].tag != PIV_OBJ_ATTESTATION_CA;
	if (model_tlv_find(data, CSGN_TAG_KEYS, &keys) != 1 ||
	    model_tlv_find(data, CSGN_TAG_OBJECTS, &objects) != 1 || keys.n != key_count ||
	    objects.n != 3 * object_count)
		return false;
	for (size_t i = 0; i < keys.n; i++) {
		const struct model_key *key = model_key(m, keys.p[i]);

		if (!key || !key->there)
			return false;
	}
	for (size_t i = 0; i < objects.n; i += 3) {
		uint32_t tag =
		    (uint32_t)objects.p[i] << 16 | (uint32_t)objects.p[i + 1] << 8 | objects.p[i + 2];

		if (!model_object(m, tag))
			return false;
	}
	return true;
}

void model_csgn_contents(struct model *m, struct model_channel *c, const struct model_command *cmd,
			 struct model_answer *a)
{
	(void)m, (void)c, (void)cmd;
	a->learn = learn_contents;
}

static void oath_erase(struct model *m)
{
	m->code_set = false;
	memset(m->credentials, 0, sizeof(m->credentials));
}

/* ---- the end, for a time or for good ---- */

static void move(struct model *m, const struct model_channel *c, uint8_t from, uint8_t to,
		 struct model_answer *a)
{
	if (m->lifecycle != from)
		a->sw = CS_SW_CONDITIONS;
	else if (!model_administers(c))
		a->sw = CS_SW_SECURITY_STATUS;
	else
		m->lifecycle = to;
}

/* Everybody is logged out. */
void model_lock(struct model *m, struct model_channel *c, const struct model_command *cmd,
		struct model_answer *a)
{
	(void)cmd;
	move(m, c, CSGN_ISSUED, CSGN_LOCKED, a);
	if (a->sw == CS_SW_OK)
		model_channels_clear(m);
}

void model_unlock(struct model *m, struct model_channel *c, const struct model_command *cmd,
		  struct model_answer *a)
{
	(void)cmd;
	move(m, c, CSGN_LOCKED, CSGN_ISSUED, a);
}

/* No key is left, and no secret; the attestation key neither. */
void model_terminate(struct model *m, struct model_channel *c, const struct model_command *cmd,
		     struct model_answer *a)
{
	(void)cmd;
	if (!model_administers(c)) {
		a->sw = CS_SW_SECURITY_STATUS;
		return;
	}
	m->lifecycle = CSGN_TERMINATED;
	for (size_t i = 0; i < MODEL_REFS; i++)
		m->pins[i] = (struct model_pin){.total = m->profile.tries[i]};
	memset(m->keys, 0, sizeof(m->keys));
	memset(m->objects, 0, sizeof(m->objects));
	memset(m->attributes, 0, sizeof(m->attributes));
	memset(m->secrets, 0, sizeof(m->secrets));
	m->label_len = 0;
	m->sm_suite = 0;
	model_scp_erase(m);
	oath_erase(m);
	model_channels_clear(m);
	model_erased(m);
}

/* The card's finger is quick here: whether it waits or tells is the same. */
void model_touch_mode(struct model *m, struct model_channel *c, const struct model_command *cmd,
		      struct model_answer *a)
{
	(void)m, (void)c;
	if (cmd->p1 > CSGN_TOUCH_TELL)
		a->sw = CS_SW_WRONG_P1P2;
}

/* ---- life-cycle ---- */

static bool pad(struct bytes typed, uint8_t block[PIV_PIN_LEN])
{
	if (typed.n < PIV_PIN_LEN_MIN || typed.n > PIV_PIN_LEN)
		return false;
	memset(block, PIV_PIN_PAD, PIV_PIN_LEN);
	memcpy(block, typed.p, typed.n);
	return true;
}

/* 1 and the label, or not 1. */
static bool label_read(struct bytes data, struct bytes *label)
{
	return model_tlv_find(data, CSGN_TAG_LABEL, label) == 1 && label->n <= CSGN_LABEL_MAX;
}

static void label_set(struct model *m, struct bytes label)
{
	m->label_len = label.n;
	if (label.n)
		memcpy(m->label, label.p, label.n);
}

/* One element of a profile's template, with a value that it may have. */
static bool profile_element(struct model_profile *p, uint32_t tag, struct bytes v)
{
	static const uint8_t lengths[] = {1, 1, 1, 3, 2};

	if (tag < CSGN_PROFILE_MANAGEMENT || tag > CSGN_PROFILE_POLICIES ||
	    v.n != lengths[tag - CSGN_PROFILE_MANAGEMENT])
		return false;
	switch (tag) {
	case CSGN_PROFILE_MANAGEMENT:
		p->management = v.p[0];
		return true;
	case CSGN_PROFILE_RULES:
		p->rules = v.p[0];
		return true;
	case CSGN_PROFILE_PIN_MIN:
		p->pin_min = v.p[0];
		return true;
	case CSGN_PROFILE_TRIES:
		memcpy(p->tries, v.p, 3);
		return true;
	default:
		p->pin_policy = v.p[0];
		p->touch_policy = v.p[1];
		return true;
	}
}

static bool profile_sound(const struct model_profile *p)
{
	for (size_t i = 0; i < 3; i++) {
		if (p->tries[i] < 1 || p->tries[i] > 15)
			return false;
	}
	return model_cipher_key_len(p->management) && p->rules <= 0x0F && p->pin_min >= 6 &&
	       p->pin_min <= 8 && p->pin_policy <= 3 && p->touch_policy <= 3;
}

/* A base kind, or the card's profile as it is; then what is otherwise. */
static bool profile_read(struct bytes data, struct model_profile *p)
{
	struct bytes v, e;
	uint32_t tag;
	int got = model_tlv_find(data, CSGN_TAG_PROFILE, &v);

	if (got < 0 ||
	    (got == 1 && (v.n != 1 || (v.p[0] != CSGN_PROFILE_PIV && v.p[0] != CSGN_PROFILE_COUNTERSIGN))))
		return false;
	if (got == 1)
		model_profile_base(p, v.p[0]);
	got = model_tlv_find(data, CSGN_TAG_PROFILE_TEMPLATE, &v);
	if (got != 1)
		return got == 0;
	while ((got = model_tlv_next(&v, &tag, &e)) == 1) {
		if (!profile_element(p, tag, e))
			return false;
	}
	return got == 0 && profile_sound(p);
}

static void initialize(struct model *m, struct model_channel *c, const struct model_command *cmd,
		       struct model_answer *a)
{
	struct model_profile wanted = m->profile;
	uint8_t so_block[PIV_PIN_LEN], puk_block[PIV_PIN_LEN];
	struct bytes label, so, puk;
	int got;

	if (!c->so && !m->pins[MODEL_SO].factory) {
		a->sw = CS_SW_SECURITY_STATUS;
		return;
	}
	a->sw = CS_SW_WRONG_DATA;
	if (!label_read(cmd->data, &label) || model_tlv_find(cmd->data, CSGN_TAG_SO_PIN, &so) != 1 ||
	    !pad(so, so_block))
		return;
	got = model_tlv_find(cmd->data, CSGN_TAG_PUK, &puk);
	if (got < 0 || !pad(got ? puk : so, puk_block))
		return;
	if (!profile_read(cmd->data, &wanted) || !model_pin_allowed(&wanted, so_block) ||
	    !model_pin_allowed(&wanted, puk_block))
		return;
	a->sw = CS_SW_OK;
	m->profile = wanted;
	m->lifecycle = CSGN_INITIALISED;
	model_factory_pins(m);
	m->pins[MODEL_PIN] = (struct model_pin){.total = wanted.tries[0]};
	model_set(m, MODEL_PUK, puk_block);
	model_set(m, MODEL_SO, so_block);
	model_piv_erase(m);
	oath_erase(m);
	label_set(m, label);
	model_channels_clear(m);
}

static void init_pin(struct model *m, struct model_channel *c, const struct model_command *cmd,
		     struct model_answer *a)
{
	uint8_t block[PIV_PIN_LEN];
	struct bytes typed, flags;
	int got;

	(void)c;
	if (model_tlv_find(cmd->data, CSGN_TAG_USER_PIN, &typed) != 1 || !pad(typed, block) ||
	    !model_pin_allowed(&m->profile, block)) {
		a->sw = CS_SW_WRONG_DATA;
		return;
	}
	got = model_tlv_find(cmd->data, CSGN_TAG_PIN_FLAGS, &flags);
	if (got < 0 || (got == 1 && (flags.n != 1 || flags.p[0] > CSGN_PIN_MUST_CHANGE))) {
		a->sw = CS_SW_WRONG_DATA;
		return;
	}
	model_set(m, MODEL_PIN, block);
	m->pins[MODEL_PIN].must_change =
	    (m->profile.rules & CSGN_RULE_MUST_CHANGE) || (got == 1 && flags.p[0]);
	m->lifecycle = CSGN_ISSUED;
	model_revoke(m, NULL, MODEL_PIN);
}

static void set_limits(struct model *m, struct model_channel *c, const struct model_command *cmd,
		       struct model_answer *a)
{
	struct bytes v;

	(void)c;
	if (model_tlv_find(cmd->data, CSGN_TAG_LIMITS, &v) != 1 || v.n != 3 || v.p[0] > 15 || v.p[1] > 15 ||
	    v.p[2] > 15) {
		a->sw = CS_SW_WRONG_DATA;
		return;
	}
	for (size_t i = 0; i < MODEL_REFS; i++) {
		struct model_pin *pin = &m->pins[i];

		pin->total = v.p[i] ? v.p[i] : pin->total;
		pin->left = pin->left < pin->total ? pin->left : pin->total;
	}
}

static void set_label(struct model *m, struct model_channel *c, const struct model_command *cmd,
		      struct model_answer *a)
{
	struct bytes label;

	(void)c;
	if (label_read(cmd->data, &label))
		label_set(m, label);
	else
		a->sw = CS_SW_WRONG_DATA;
}

static bool digits(struct bytes v)
{
	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] < '0' || v.p[i] > '9')
			return false;
	}
	return true;
}

static unsigned two(const uint8_t *p)
{
	return (unsigned)(p[0] - '0') * 10 + p[1] - '0';
}

/* A card holder, an expiry: what is not named stays. The CHUID's expiry follows. */
static void personalise(struct model *m, struct model_channel *c, const struct model_command *cmd,
			struct model_answer *a)
{
	struct model_object *chuid = model_object(m, PIV_OBJ_CHUID);
	struct bytes holder = {0}, expiry = {0};
	int first = model_tlv_find(cmd->data, CSGN_TAG_HOLDER, &holder),
	    second = model_tlv_find(cmd->data, CSGN_TAG_EXPIRY, &expiry);

	(void)c;
	if (first < 0 || second < 0 || holder.n > 64 ||
	    (expiry.n && (expiry.n != 8 || !digits(expiry) || two(expiry.p + 4) < 1 ||
			  two(expiry.p + 4) > 12 || two(expiry.p + 6) < 1 || two(expiry.p + 6) > 31)))
		a->sw = CS_SW_WRONG_DATA;
	else if (expiry.n && chuid && chuid->renewable)
		chuid->known = false, chuid->was = 0;
}

static void reset(struct model *m, struct model_channel *c, const struct model_command *cmd,
		  struct model_answer *a)
{
	(void)cmd;
	if (!c->so && (m->pins[MODEL_PIN].left || m->pins[MODEL_PUK].left)) {
		a->sw = CS_SW_SECURITY_STATUS;
		return;
	}
	m->lifecycle = CSGN_BLANK;
	model_factory_pins(m);
	model_piv_erase(m);
	oath_erase(m);
	model_channels_clear(m);
}

#define ANY	-1
#define READS	FLAG_READS
#define LOCKED	FLAG_LOCKED
#define CHANGES FLAG_CHANGES
#define ALWAYS	(FLAG_LOCKED | FLAG_TERMINATED)

const struct model_row model_csgn_rows[] = {
    {MODEL_CSGN, 0x00, ISO_INS_VERIFY, ANY, ANY, 0, 8, NEED_NOTHING, READS | LOCKED, model_verify_so},
    {MODEL_CSGN, 0x00, ISO_INS_CHANGE_REFERENCE_DATA, 0, ANY, 16, 16, NEED_NOTHING, 0, model_change_so},
    {MODEL_CSGN, 0x00, ISO_INS_RESET_RETRY_COUNTER, 0, ANY, 16, 16, NEED_NOTHING, 0, model_unblock},
    {MODEL_CSGN, CSGN_CLA, CSGN_INS_TOUCH_MODE, ANY, 0, 0, 0, NEED_NOTHING, READS | LOCKED, model_touch_mode},
    {MODEL_CSGN, CSGN_CLA, CSGN_INS_INFO, 0, 0, 0, 0, NEED_NOTHING, READS | ALWAYS, model_csgn_info},
    {MODEL_CSGN, CSGN_CLA, CSGN_INS_CONTENTS, 0, 0, 0, 0, NEED_NOTHING, READS | ALWAYS, model_csgn_contents},
    {MODEL_CSGN, CSGN_CLA, CSGN_INS_INITIALIZE, 0, 0, 10, 96, NEED_NOTHING, 0, initialize},
    {MODEL_CSGN, CSGN_CLA, CSGN_INS_INIT_PIN, 0, 0, 8, 16, NEED_SO, 0, init_pin},
    {MODEL_CSGN, CSGN_CLA, CSGN_INS_SET_LIMITS, 0, 0, 5, 16, NEED_SO, 0, set_limits},
    {MODEL_CSGN, CSGN_CLA, CSGN_INS_SET_LABEL, 0, 0, 2, 34, NEED_PIN | NEED_SO, CHANGES, set_label},
    {MODEL_CSGN, CSGN_CLA, CSGN_INS_PERSONALISE, 0, 0, 2, 96, NEED_SO, CHANGES, personalise},
    {MODEL_CSGN, CSGN_CLA, CSGN_INS_RESET, 0xDE, 0xAD, 0, 0, NEED_NOTHING, 0, reset},
    {MODEL_CSGN, CSGN_CLA, CSGN_INS_LOCK, 0, 0, 0, 0, NEED_NOTHING, CHANGES, model_lock},
    {MODEL_CSGN, CSGN_CLA, CSGN_INS_UNLOCK, 0, 0, 0, 0, NEED_NOTHING, LOCKED | CHANGES, model_unlock},
    {MODEL_CSGN, CSGN_CLA, CSGN_INS_TERMINATE, 0xDE, 0xAD, 0, 0, NEED_NOTHING, LOCKED, model_terminate},
    {MODEL_CSGN, CSGN_CLA, CSGN_INS_INVENTORY, 0, 0, 0, 32, NEED_NOTHING, READS | ALWAYS, model_inventory},
    {MODEL_CSGN, CSGN_CLA, CSGN_INS_SET_ATTRIBUTES, 0, 0, 5, MODEL_DATA_MAX,
     NEED_PIN | NEED_SO | NEED_MANAGEMENT, CHANGES, model_set_attributes},
    {MODEL_CSGN, CSGN_CLA, CSGN_INS_SECRET_CREATE, ANY, ANY, 0, 640, NEED_MANAGEMENT, CHANGES,
     model_secret_create},
    {MODEL_CSGN, CSGN_CLA, CSGN_INS_SECRET_DELETE, 0, ANY, 0, 0, NEED_MANAGEMENT, CHANGES,
     model_secret_delete},
    {MODEL_CSGN, CSGN_CLA, CSGN_INS_SECRET_USE, ANY, ANY, 2, MODEL_DATA_MAX, NEED_NOTHING, 0,
     model_secret_use},
    {MODEL_CSGN, CSGN_CLA, 0x50, ANY, 0, 8, 16, NEED_NOTHING, LOCKED, model_initialize_update},
    {MODEL_CSGN, CSGN_CLA, 0x82, ANY, ANY, 0, MODEL_DATA_MAX, NEED_NOTHING, LOCKED, model_plain_authenticate},
    {MODEL_CSGN, CSGN_CLA, CSGN_INS_SET_SCP_KEYS, 0, 0, 39, 71, NEED_SO, 0, model_set_scp_keys},
};
const size_t model_csgn_row_count = sizeof(model_csgn_rows) / sizeof(model_csgn_rows[0]);
