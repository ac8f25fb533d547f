/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The oracle's PIV application: its table, its keys, and what the reference token's tools ask
 * (docs/PROTOCOL 4.3 to 5).
 */
#include "tests/oracle/model_csgn.h"

#include <string.h>

static const uint8_t slots[MODEL_KEYS] = {0x9A, 0x9C, 0x9D, 0x9E, 0xF9, 0x82, 0x83, 0x84, 0x85,
					  0x86, 0x87, 0x88, 0x89, 0x8A, 0x8B, 0x8C, 0x8D, 0x8E,
					  0x8F, 0x90, 0x91, 0x92, 0x93, 0x94, 0x95};

uint8_t model_key_slot(size_t index)
{
	return slots[index];
}

struct model_key *model_key(struct model *m, uint8_t slot)
{
	for (size_t i = 0; i < MODEL_KEYS; i++) {
		if (slots[i] == slot)
			return &m->keys[i];
	}
	return NULL;
}

static bool learn_select(struct model *m, struct model_channel *c, struct bytes data, uint32_t about)
{
	static const uint8_t pix[] = {0x00, 0x00, 0x10, 0x00, 0x01, 0x00},
			     rid[] = {0x4F, 5, 0xA0, 0, 0, 3, 8};
	static const uint8_t none[] = {0x06, 0x01, 0x00};
	struct bytes all, v, algorithms;
	size_t templates = 0;
	uint32_t tag;

	(void)c, (void)about;
	if (!model_tlv_take(&data, PIV_TAG_PROPERTY, &all) || data.n)
		return false;
	if (model_tlv_find(all, PIV_TAG_AID, &v) != 1 || !model_same(v, pix, sizeof(pix)))
		return false;
	if (model_tlv_find(all, PIV_TAG_AUTHORITY, &v) != 1 || !model_same(v, rid, sizeof(rid)))
		return false;
	if (model_tlv_find(all, PIV_TAG_ALGORITHMS, &algorithms) != 1 || algorithms.n < 3 ||
	    memcmp(algorithms.p + algorithms.n - 3, none, 3) != 0)
		return false;
	while (model_tlv_next(&all, &tag, &v) == 1)
		templates += tag == PIV_TAG_ALGORITHMS;
	if (templates != (m->sm_suite ? 2 : 1))
		return false;
	for (algorithms.n -= 3; model_tlv_next(&algorithms, &tag, &v) == 1;) {
		if (tag == PIV_TAG_ALGORITHM && v.n == 1 && v.p[0] == PIV_ALG_P256)
			return true;
	}
	return false;
}

void model_piv_select(struct model *m, struct model_channel *c, const struct model_command *cmd,
		      struct model_answer *a)
{
	(void)m, (void)c, (void)cmd;
	a->learn = learn_select;
}

/* ---- new keys ---- */

/* A policy in the parameters: 0 where there is none. */
static bool policy(struct bytes params, uint32_t tag, uint8_t *value)
{
	struct bytes v;
	int got = model_tlv_find(params, tag, &v);

	*value = 0;
	if (got == 1 && v.n == 1)
		*value = v.p[0];
	return got == 0 || (got == 1 && v.n == 1 && v.p[0] <= 3);
}

bool model_policies(const struct model *m, struct bytes params, uint8_t slot, struct model_key *key)
{
	if (!policy(params, PIV_TAG_PIN_POLICY, &key->pin_policy) ||
	    !policy(params, PIV_TAG_TOUCH_POLICY, &key->touch_policy))
		return false;
	if (key->pin_policy == PIV_PIN_DEFAULT)
		key->pin_policy = m->profile.pin_policy;
	if (key->touch_policy == PIV_TOUCH_DEFAULT)
		key->touch_policy = m->profile.touch_policy;
	if (key->pin_policy == PIV_PIN_DEFAULT)
		key->pin_policy = slot == 0x9C ? PIV_PIN_ALWAYS : slot == 0x9E ? PIV_PIN_NEVER : PIV_PIN_ONCE;
	if (key->touch_policy == PIV_TOUCH_DEFAULT)
		key->touch_policy = PIV_TOUCH_NEVER;
	return true;
}

/* A point of P-256, by its form; its digest is the key's. */
bool model_learn_public(struct model *m, struct bytes contents, uint8_t slot)
{
	struct model_key *key = model_key(m, slot);
	struct bytes point;
	uint64_t digest = model_digest(contents);

	if (!model_tlv_take(&contents, PIV_TAG_EC_POINT, &point) || contents.n || point.n != 65 ||
	    point.p[0] != 4)
		return false;
	if (key->pub && key->pub != digest)
		return false;
	key->pub = digest;
	return true;
}

/* What a host says of a new key (A1); the status word where that is not to be. */
static uint16_t attributes(const struct model_channel *c, struct bytes params, uint8_t slot,
			   struct bytes *elements)
{
	uint16_t flags = 0;
	int got = model_tlv_find(params, CSGN_TAG_ATTRIBUTES, elements);

	if (got == 0)
		*elements = (struct bytes){0};
	if (got == 0)
		return CS_SW_OK;
	if (got < 0 || slot == PIV_SLOT_ATTESTATION || !model_attributes_read(*elements, &flags))
		return CS_SW_WRONG_DATA;
	return (flags & CSGN_FLAG_TRUSTED) && !model_administers(c) ? CS_SW_SECURITY_STATUS : CS_SW_OK;
}

static bool learn_generated(struct model *m, struct model_channel *c, struct bytes data, uint32_t slot)
{
	struct bytes contents;

	(void)c;
	return model_tlv_take(&data, PIV_TAG_PUBLIC_KEY, &contents) && data.n == 0 &&
	       model_learn_public(m, contents, (uint8_t)slot);
}

static void generate(struct model *m, struct model_channel *c, const struct model_command *cmd,
		     struct model_answer *a)
{
	struct model_key made = {.there = true, .generated = true, .algorithm = PIV_ALG_P256},
			 *key = model_key(m, cmd->p2);
	struct bytes in = cmd->data, params, algorithm, elements;

	if (cmd->p2 == PIV_SLOT_SM) {
		model_sm_generate(m, cmd, a);
		return;
	}
	if (!key) {
		a->sw = CS_SW_WRONG_P1P2;
		return;
	}
	if (!model_tlv_take(&in, PIV_TAG_GENERATE, &params) || in.n ||
	    model_tlv_find(params, PIV_TAG_ALGORITHM, &algorithm) != 1 || algorithm.n != 1 ||
	    algorithm.p[0] != PIV_ALG_P256 || !model_policies(m, params, cmd->p2, &made)) {
		a->sw = CS_SW_WRONG_DATA;
		return;
	}
	a->sw = attributes(c, params, cmd->p2, &elements);
	if (a->sw != CS_SW_OK)
		return;
	*key = made;
	model_attributes_set(m, MODEL_KEY_OBJECT(cmd->p2), elements);
	a->learn = learn_generated;
	a->about = cmd->p2;
}

/* IMPORT's data: the scalar alone, policies, and attributes. 1: a good key; 0: none; -1: the card's
 * cryptography decides.
 */
static int import_judge(struct bytes in)
{
	struct bytes v;
	uint32_t tag;
	int got, scalars = 0, odd = 0;

	while ((got = model_tlv_next(&in, &tag, &v)) == 1) {
		if (tag == PIV_TAG_PIN_POLICY || tag == PIV_TAG_TOUCH_POLICY || tag == CSGN_TAG_ATTRIBUTES)
			continue;
		if (tag < PIV_IMPORT_P || tag > 0x0A)
			return 0;
		scalars += tag == PIV_IMPORT_EC_SCALAR;
		odd += tag != PIV_IMPORT_EC_SCALAR || v.n != 32 || v.p[0] == 0xFF ||
		       (v.p[0] | v.p[1] | v.p[31]) == 0;
	}
	if (got < 0)
		return 0;
	return scalars == 1 && odd == 0 ? 1 : -1;
}

static void import(struct model *m, struct model_channel *c, const struct model_command *cmd,
		   struct model_answer *a)
{
	struct model_key made = {.there = true, .algorithm = PIV_ALG_P256}, *key = model_key(m, cmd->p2);
	int good = import_judge(cmd->data);
	struct bytes elements;

	if (!key || cmd->p1 != PIV_ALG_P256) {
		a->sw = CS_SW_WRONG_P1P2;
	} else if (good == 0 || !model_policies(m, cmd->data, cmd->p2, &made)) {
		a->sw = CS_SW_WRONG_DATA;
	} else {
		a->sw = attributes(c, cmd->data, cmd->p2, &elements);
		if (a->sw != CS_SW_OK)
			return;
		if (good < 0)
			a->or_sw = CS_SW_WRONG_DATA;
		*key = made;
		model_attributes_set(m, MODEL_KEY_OBJECT(cmd->p2), elements);
	}
}

static void move(struct model *m, struct model_channel *c, const struct model_command *cmd,
		 struct model_answer *a)
{
	struct model_key *to = model_key(m, cmd->p1), *from = model_key(m, cmd->p2);
	bool attestation = cmd->p1 == PIV_SLOT_ATTESTATION || cmd->p2 == PIV_SLOT_ATTESTATION;

	(void)c;
	if (!from || (cmd->p1 != 0xFF && (!to || to == from || attestation)))
		a->sw = CS_SW_WRONG_P1P2;
	else if (!from->there)
		a->sw = CS_SW_REFERENCE_NOT_FOUND;
	else if (cmd->p1 != 0xFF && to->there)
		a->sw = CS_SW_CONDITIONS;
	if (a->sw != CS_SW_OK)
		return;
	if (cmd->p1 != 0xFF) {
		*to = *from;
		model_attributes_move(m, MODEL_KEY_OBJECT(cmd->p2), MODEL_KEY_OBJECT(cmd->p1));
	}
	*from = (struct model_key){0};
	model_attributes_set(m, MODEL_KEY_OBJECT(cmd->p2), (struct bytes){0});
}

/* ---- questions ---- */

static void metadata_pin(const struct model_pin *pin, struct model_answer *a)
{
	const uint8_t all[] = {0x01, 1, 0xFF, 0x05, 1, pin->factory, 0x06, 2, pin->total, pin->left};

	model_put(a, all, sizeof(all));
	if (pin->must_change)
		model_put(a, (const uint8_t[]){0xB3, 1, CSGN_PIN_MUST_CHANGE}, 3);
}

static void metadata_management(const struct model *m, struct model_answer *a)
{
	const uint8_t all[] = {0x01, 1, m->management_algorithm, 0x02, 2, 0, m->management_touch,
			       0x05, 1, m->management_factory};

	model_put(a, all, sizeof(all));
}

static bool learn_metadata(struct model *m, struct model_channel *c, struct bytes data, uint32_t slot)
{
	const struct model_key *key = model_key(m, (uint8_t)slot);
	const uint8_t policy_bytes[] = {key->pin_policy, key->touch_policy}, origin = key->generated ? 1 : 2;
	struct bytes v;

	(void)c;
	return model_tlv_find(data, PIV_META_ALGORITHM, &v) == 1 && model_same(v, &key->algorithm, 1) &&
	       model_tlv_find(data, PIV_META_POLICY, &v) == 1 && model_same(v, policy_bytes, 2) &&
	       model_tlv_find(data, PIV_META_ORIGIN, &v) == 1 && model_same(v, &origin, 1) &&
	       model_tlv_find(data, PIV_META_PUBLIC_KEY, &v) == 1 && model_learn_public(m, v, (uint8_t)slot);
}

static void metadata(struct model *m, struct model_channel *c, const struct model_command *cmd,
		     struct model_answer *a)
{
	const struct model_key *key = model_key(m, cmd->p2);

	(void)c;
	if (cmd->p2 == PIV_REF_PIN || cmd->p2 == PIV_REF_PUK) {
		metadata_pin(&m->pins[cmd->p2 == PIV_REF_PIN ? MODEL_PIN : MODEL_PUK], a);
	} else if (cmd->p2 == PIV_SLOT_MANAGEMENT) {
		metadata_management(m, a);
	} else if (!key || !key->there) {
		a->sw = CS_SW_REFERENCE_NOT_FOUND;
	} else {
		a->learn = learn_metadata;
		a->about = cmd->p2;
	}
}

/* A certificate, and whose: version and serial number of this card are in it. */
static bool learn_attestation(struct model *m, struct model_channel *c, struct bytes data, uint32_t slot)
{
	struct bytes certificate = data, body;

	(void)m, (void)c, (void)slot;
	return model_tlv_take(&certificate, 0x30, &body) && certificate.n == 0 && body.n > 200;
}

static void attest(struct model *m, struct model_channel *c, const struct model_command *cmd,
		   struct model_answer *a)
{
	const struct model_key *key = model_key(m, cmd->p1);

	(void)c;
	if (!key || !key->there)
		a->sw = CS_SW_REFERENCE_NOT_FOUND;
	else if (!key->generated || !m->attestation_sound || !model_key(m, PIV_SLOT_ATTESTATION)->there)
		a->sw = CS_SW_CONDITIONS;
	else
		a->learn = learn_attestation;
}

static void serial(struct model *m, struct model_channel *c, const struct model_command *cmd,
		   struct model_answer *a)
{
	static const uint8_t number[] = {0x00, 0xC0, 0xFF, 0xEE};

	(void)m, (void)c, (void)cmd;
	model_put(a, number, sizeof(number));
}

static void version(struct model *m, struct model_channel *c, const struct model_command *cmd,
		    struct model_answer *a)
{
	static const uint8_t number[] = {5, 7, 0};

	(void)m, (void)c, (void)cmd;
	model_put(a, number, sizeof(number));
}

/* ---- the reference token's SET RETRIES and RESET ---- */

static void set_retries(struct model *m, struct model_channel *c, const struct model_command *cmd,
			struct model_answer *a)
{
	if (m->profile.rules & CSGN_RULE_PIN_MANAGES)
		a->sw = CS_SW_CONDITIONS;
	else if (!c->pin)
		a->sw = CS_SW_SECURITY_STATUS;
	else if (cmd->p1 < 1 || cmd->p1 > 15 || cmd->p2 < 1 || cmd->p2 > 15)
		a->sw = CS_SW_WRONG_P1P2;
	if (a->sw != CS_SW_OK)
		return;
	model_revoke(m, NULL, MODEL_PIN);
	model_factory_pin(m, MODEL_PIN, cmd->p1);
	model_factory_pin(m, MODEL_PUK, cmd->p2);
}

static void reset(struct model *m, struct model_channel *c, const struct model_command *cmd,
		  struct model_answer *a)
{
	(void)c, (void)cmd;
	if (m->pins[MODEL_PIN].left || m->pins[MODEL_PUK].left) {
		a->sw = CS_SW_CONDITIONS;
		return;
	}
	model_factory_pins(m);
	model_piv_erase(m);
	/* What was bound to the PIN goes with it. */
	for (size_t i = 0; i < MODEL_CREDENTIALS; i++)
		if (m->credentials[i].properties & YKOATH_PROPERTY_PIN)
			m->credentials[i].there = false;
	m->lifecycle = CSGN_BLANK;
	model_channels_clear(m);
}

#define ANY	-1
#define READS	FLAG_READS
#define LOCKED	FLAG_LOCKED
#define ALWAYS	(FLAG_LOCKED | FLAG_TERMINATED)
#define CHANGES FLAG_CHANGES
#define ALL	MODEL_DATA_MAX
#define NOTHING NEED_NOTHING
#define ADMIN	NEED_MANAGEMENT

const struct model_row model_piv_rows[] = {
    /* application, class, instruction, P1, P2, data from, to, needs, only reads */
    {MODEL_PIV, 0x00, ISO_INS_VERIFY, ANY, ANY, 0, 8, NOTHING, READS | LOCKED, model_verify},
    {MODEL_PIV, 0x00, ISO_INS_CHANGE_REFERENCE_DATA, 0, ANY, 16, 16, NOTHING, 0, model_change},
    {MODEL_PIV, 0x00, ISO_INS_RESET_RETRY_COUNTER, 0, ANY, 16, 16, NOTHING, 0, model_unblock},
    {MODEL_PIV, 0x00, PIV_INS_GET_DATA, 0x3F, 0xFF, 3, 16, NOTHING, READS | LOCKED, model_get_data},
    {MODEL_PIV, 0x00, PIV_INS_PUT_DATA, 0x3F, 0xFF, 3, ALL, ADMIN, CHANGES, model_put_data},
    {MODEL_PIV, 0x00, PIV_INS_GENERATE, 0, ANY, 5, 64 + CSGN_ATTRIBUTES_MAX, ADMIN, CHANGES, generate},
    {MODEL_PIV, 0x00, PIV_INS_AUTHENTICATE, ANY, ANY, 4, ALL, NOTHING, LOCKED, model_authenticate},
    {MODEL_PIV, 0x00, PIV_INS_MOVE_KEY, ANY, ANY, 0, 0, ADMIN, CHANGES, move},
    {MODEL_PIV, 0x00, PIV_INS_GET_METADATA, 0, ANY, 0, 0, NOTHING, READS | LOCKED, metadata},
    {MODEL_PIV, 0x00, PIV_INS_GET_SERIAL, 0, 0, 0, 0, NOTHING, READS | LOCKED, serial},
    {MODEL_PIV, 0x00, PIV_INS_ATTEST, ANY, 0, 0, 0, NOTHING, READS, attest},
    {MODEL_PIV, 0x00, PIV_INS_SET_RETRIES, ANY, ANY, 0, 0, ADMIN, 0, set_retries},
    {MODEL_PIV, 0x00, PIV_INS_RESET, 0, 0, 0, 0, NOTHING, 0, reset},
    {MODEL_PIV, 0x00, PIV_INS_GET_VERSION, 0, 0, 0, 0, NOTHING, READS | LOCKED, version},
    {MODEL_PIV, 0x00, PIV_INS_IMPORT_KEY, ANY, ANY, 3, ALL, ADMIN, CHANGES, import},
    {MODEL_PIV, 0x00, PIV_INS_SET_MANAGEMENT_KEY, ANY, ANY, 19, 35, ADMIN, 0, model_set_management},
    {MODEL_PIV, CSGN_CLA, CSGN_INS_TOUCH_MODE, ANY, 0, 0, 0, NOTHING, READS | LOCKED, model_touch_mode},
    {MODEL_PIV, CSGN_CLA, CSGN_INS_INFO, 0, 0, 0, 0, NOTHING, READS | ALWAYS, model_csgn_info},
    {MODEL_PIV, CSGN_CLA, CSGN_INS_CONTENTS, 0, 0, 0, 0, NOTHING, READS | ALWAYS, model_csgn_contents},
    {MODEL_PIV, CSGN_CLA, CSGN_INS_LOCK, 0, 0, 0, 0, NEED_NOTHING, CHANGES, model_lock},
    {MODEL_PIV, CSGN_CLA, CSGN_INS_UNLOCK, 0, 0, 0, 0, NEED_NOTHING, LOCKED | CHANGES, model_unlock},
    {MODEL_PIV, CSGN_CLA, CSGN_INS_TERMINATE, 0xDE, 0xAD, 0, 0, NEED_NOTHING, LOCKED, model_terminate},
    {MODEL_PIV, CSGN_CLA, CSGN_INS_INVENTORY, 0, 0, 0, 32, NOTHING, READS | ALWAYS, model_inventory},
    {MODEL_PIV, CSGN_CLA, CSGN_INS_SET_ATTRIBUTES, 0, 0, 5, ALL, NEED_PIN | NEED_SO | ADMIN, CHANGES,
     model_set_attributes},
    {MODEL_PIV, CSGN_CLA, CSGN_INS_SECRET_CREATE, ANY, ANY, 0, 640, ADMIN, CHANGES, model_secret_create},
    {MODEL_PIV, CSGN_CLA, CSGN_INS_SECRET_DELETE, 0, ANY, 0, 0, ADMIN, CHANGES, model_secret_delete},
    {MODEL_PIV, CSGN_CLA, CSGN_INS_SECRET_USE, ANY, ANY, 2, ALL, NOTHING, 0, model_secret_use},
    {MODEL_PIV, CSGN_CLA, 0x50, ANY, 0, 8, 16, NOTHING, LOCKED, model_initialize_update},
    {MODEL_PIV, CSGN_CLA, 0x82, ANY, ANY, 0, ALL, NOTHING, LOCKED, model_plain_authenticate},
};
const size_t model_piv_row_count = sizeof(model_piv_rows) / sizeof(model_piv_rows[0]);
