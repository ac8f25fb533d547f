/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The oracle's OATH application (YKOATH; RFC 4226, RFC 6238; docs/PROTOCOL 7).
 */
#include "tests/oracle/model_oath.h"
#include "tests/oracle/model_piv.h"

#include <string.h>

static struct bytes code(const struct model *m)
{
	return (struct bytes){m->code, sizeof(m->code)};
}

static bool hash_known(uint8_t type_hash)
{
	return (type_hash & 0x0F) >= 1 && (type_hash & 0x0F) <= 3;
}

/* ---- SELECT and the access code ---- */

#define CODE_TRIES 15u

/* 5 s after the fifth wrong code in a row, then twice as long each time, up to 15 minutes. */
static uint64_t wait_left(const struct model *m)
{
	unsigned wrong = CODE_TRIES - m->code_tries;
	uint64_t wait = 0, passed = m->now_ms - m->code_wait_from_ms;

	for (unsigned i = 5; i <= wrong; i++)
		wait = wait == 0 ? 5000 : wait * 2 > 900000 ? 900000 : wait * 2;
	return m->code_tries == 0 || passed >= wait ? 0 : wait - passed;
}

static void tries(const struct model *m, uint8_t out[4])
{
	uint64_t seconds = (wait_left(m) + 999) / 1000;

	out[0] = m->code_tries;
	out[1] = CODE_TRIES;
	out[2] = (uint8_t)(seconds >> 8);
	out[3] = (uint8_t)seconds;
}

static bool learn_select(struct model *m, struct model_channel *c, struct bytes data, uint32_t about)
{
	static const uint8_t version[] = {5, 7, 0};
	uint8_t left[4];
	struct bytes v;

	(void)about;
	tries(m, left);
	if (model_tlv_find(data, YKOATH_TAG_VERSION, &v) != 1 || !model_same(v, version, 3) ||
	    model_tlv_find(data, YKOATH_TAG_NAME, &v) != 1 || v.n != YKOATH_SALT_LEN)
		return false;
	if (!m->code_set)
		return model_tlv_find(data, YKOATH_TAG_CHALLENGE, &v) == 0;
	if (model_tlv_find(data, YKOATH_TAG_TRIES, &v) != 1 || !model_same(v, left, 4) ||
	    model_tlv_find(data, YKOATH_TAG_ALGORITHM, &v) != 1 || !model_same(v, &m->code_hash, 1) ||
	    model_tlv_find(data, YKOATH_TAG_CHALLENGE, &v) != 1 || v.n != YKOATH_CHALLENGE_LEN)
		return false;
	memcpy(c->challenge_bytes, v.p, v.n);
	c->challenge_known = true;
	return true;
}

void model_oath_select(struct model *m, struct model_channel *c, const struct model_command *cmd,
		       struct model_answer *a)
{
	(void)cmd;
	c->unlocked = !m->code_set;
	c->challenge = m->code_set;
	c->challenge_known = false;
	a->learn = learn_select;
}

static void others_lock(struct model *m, const struct model_channel *c)
{
	for (size_t i = 0; i < MODEL_CHANNELS; i++)
		m->channel[i].unlocked &= &m->channel[i] == c;
}

static void set_code(struct model *m, struct model_channel *c, const struct model_command *cmd,
		     struct model_answer *a)
{
	struct bytes in = cmd->data, key, challenge, response;
	uint8_t mac[64];

	a->sw = CS_SW_WRONG_DATA;
	if (!model_tlv_take(&in, YKOATH_TAG_KEY, &key))
		return;
	if (key.n == 0) {
		a->idle = !m->code_set;
		m->code_set = false;
		a->sw = CS_SW_OK;
		return;
	}
	if (!model_tlv_take(&in, YKOATH_TAG_CHALLENGE, &challenge) ||
	    !model_tlv_take(&in, YKOATH_TAG_FULL_RESPONSE, &response) || in.n ||
	    key.n != 1 + YKOATH_CODE_LEN || !hash_known(key.p[0]))
		return;
	key.p++, key.n--;
	if (!model_same(response, mac, model_hmac(key.p[-1] & 0x0F, key, challenge, mac)))
		return;
	a->sw = CS_SW_OK;
	m->code_set = true;
	m->code_hash = key.p[-1] & 0x0F;
	m->code_tries = CODE_TRIES;
	others_lock(m, c);
	memcpy(m->code, key.p, sizeof(m->code));
}

static void validate(struct model *m, struct model_channel *c, const struct model_command *cmd,
		     struct model_answer *a)
{
	struct bytes in = cmd->data, response, challenge;
	uint8_t mac[64];
	size_t len;

	if (!model_tlv_take(&in, YKOATH_TAG_FULL_RESPONSE, &response) ||
	    !model_tlv_take(&in, YKOATH_TAG_CHALLENGE, &challenge) || in.n) {
		a->sw = CS_SW_WRONG_DATA;
		return;
	}
	if (!c->challenge || !m->code_set) {
		a->sw = CS_SW_REFERENCE_UNUSABLE;
		return;
	}
	if (m->code_tries == 0 || wait_left(m)) {
		a->sw = m->code_tries ? CS_SW_CONDITIONS : CS_SW_BLOCKED;
		return;
	}
	m->code_tries--;
	m->code_wait_from_ms = m->now_ms;
	len =
	    model_hmac(m->code_hash, code(m), (struct bytes){c->challenge_bytes, YKOATH_CHALLENGE_LEN}, mac);
	if (!c->challenge_known || !model_same(response, mac, len)) {
		a->sw = CS_SW_WRONG_DATA;
		return;
	}
	m->code_tries = CODE_TRIES;
	c->unlocked = true;
	c->challenge = false;
	model_hmac(m->code_hash, code(m), challenge, mac);
	model_put_tlv(a, YKOATH_TAG_FULL_RESPONSE, mac, len);
}

static void status(struct model *m, struct model_channel *c, const struct model_command *cmd,
		   struct model_answer *a)
{
	uint8_t left[4];

	(void)c, (void)cmd;
	tries(m, left);
	if (m->code_set)
		model_put_tlv(a, YKOATH_TAG_TRIES, left, 4);
}

static void unblock(struct model *m, struct model_channel *c, const struct model_command *cmd,
		    struct model_answer *a)
{
	(void)c, (void)cmd;
	if (m->pins[MODEL_SO].factory)
		a->sw = CS_SW_CONDITIONS;
	else if (!m->code_set)
		a->sw = CS_SW_REFERENCE_UNUSABLE;
	else
		m->code_tries = CODE_TRIES;
}

static void reset(struct model *m, struct model_channel *c, const struct model_command *cmd,
		  struct model_answer *a)
{
	(void)cmd;
	a->idle = !m->code_set;
	for (size_t i = 0; i < MODEL_CREDENTIALS; i++)
		a->idle &= !m->credentials[i].there;
	m->code_set = false;
	memset(m->credentials, 0, sizeof(m->credentials));
	others_lock(m, c);
	c->unlocked = true;
	c->challenge = false;
}

/* ---- credentials ---- */

struct model_credential *model_credential(struct model *m, struct bytes name)
{
	for (size_t i = 0; i < MODEL_CREDENTIALS; i++) {
		if (m->credentials[i].there &&
		    model_same(name, m->credentials[i].name, m->credentials[i].name_len))
			return &m->credentials[i];
	}
	return NULL;
}

static bool name_set(struct model_credential *cred, struct bytes name)
{
	if (name.n < 1 || name.n > YKOATH_NAME_MAX)
		return false;
	cred->name_len = (uint8_t)name.n;
	memcpy(cred->name, name.p, name.n);
	return true;
}

static bool key_set(struct model_credential *cred, struct bytes v)
{
	if (v.n < 2 + YKOATH_KEY_MIN || v.n > 2 + YKOATH_KEY_MAX)
		return false;
	cred->type_hash = v.p[0];
	cred->digits = v.p[1];
	cred->key_len = (uint8_t)(v.n - 2);
	memcpy(cred->key, v.p + 2, v.n - 2);
	return true;
}

/* An element of PUT that has a length byte: 7A, and Countersign's own C0 and C1. */
static bool option_set(struct model_credential *cred, uint8_t tag, struct bytes v)
{
	if (tag == YKOATH_TAG_PROPERTIES) {
		cred->properties |= v.n == 1 ? v.p[0] : 0;
		return v.n == 1 && (v.p[0] & ~(YKOATH_PROPERTY_TOUCH | YKOATH_PROPERTY_PIN)) == 0;
	}
	if (tag == YKOATH_TAG_SUITE) {
		cred->suite = model_ocra_suite(v);
		return v.n >= 1 && v.n <= 64;
	}
	cred->counter = 0;
	for (size_t i = 0; i < v.n; i++)
		cred->counter = cred->counter << 8 | v.p[i];
	return tag == YKOATH_TAG_IMF && (v.n == 4 || v.n == 8);
}

/* Also 78 and its value, without a length between; what cannot be is told by sw. */
static bool options_set(struct model_credential *cred, struct bytes in, uint16_t *sw)
{
	while (in.n >= 2) {
		size_t len = in.p[0] == YKOATH_TAG_PROPERTY ? 0 : in.p[1];

		if (in.n < 2 + len)
			return false;
		if (in.p[0] != YKOATH_TAG_PROPERTY) {
			if (!option_set(cred, in.p[0], (struct bytes){in.p + 2, len}))
				return false;
		} else {
			if (in.p[1] & ~YKOATH_PROPERTY_TOUCH)
				*sw = CS_SW_FUNCTION_UNSUPPORTED;
			cred->properties |= in.p[1] & YKOATH_PROPERTY_TOUCH;
		}
		in.p += 2 + len;
		in.n -= 2 + len;
	}
	return in.n == 0;
}

/* Type, hash, digits and suite go together. */
static bool shape_right(const struct model_credential *cred, struct model_answer *a)
{
	if (!hash_known(cred->type_hash))
		return false;
	switch (cred->type_hash & 0xF0) {
	case YKOATH_TYPE_HOTP:
	case YKOATH_TYPE_TOTP:
		return cred->suite == 0 && cred->digits >= 6 && cred->digits <= 10;
	case YKOATH_TYPE_OCRA:
		a->specified = cred->suite != MODEL_SUITE_OTHER;
		return cred->suite && (cred->type_hash & 0x0F) == YKOATH_HASH_SHA1 && cred->digits == 6;
	default:
		return false;
	}
}

/* A new one, or in the place of its namesake. */
static void keep(struct model *m, struct bytes name, const struct model_credential *made,
		 struct model_answer *a)
{
	struct model_credential *at = model_credential(m, name);

	for (size_t i = 0; !at && i < MODEL_CREDENTIALS; i++)
		at = m->credentials[i].there ? NULL : &m->credentials[i];
	if (m->stored > MODEL_STORED_MAX)
		a->or_sw = CS_SW_NO_SPACE;
	if (at)
		*at = *made;
	else
		m->out_of_depth = true;
}

static void put(struct model *m, struct model_channel *c, const struct model_command *cmd,
		struct model_answer *a)
{
	struct model_credential made = {.there = true};
	struct bytes in = cmd->data, name, key;

	(void)c;
	if (!model_tlv_take(&in, YKOATH_TAG_NAME, &name) || !name_set(&made, name) ||
	    !model_tlv_take(&in, YKOATH_TAG_KEY, &key) || !key_set(&made, key) ||
	    !options_set(&made, in, &a->sw))
		a->sw = CS_SW_WRONG_DATA;
	else if (a->sw == CS_SW_OK && !shape_right(&made, a))
		a->sw = CS_SW_WRONG_DATA;
	if (a->sw != CS_SW_OK)
		return;
	keep(m, name, &made, a);
}

/* ---- seeds that the card makes ---- */

/* The statement's elements, in their order, as far as they follow from the command; signature and
 * certificate. */
static bool learn_seed(struct model *m, struct model_channel *c, struct bytes data, uint32_t about)
{
	static const uint8_t serial[] = {0x00, 0xC0, 0xFF, 0xEE}, firmware[] = {5, 7, 0}, version = 1;
	const struct model_credential *cred = &m->credentials[about];
	const uint8_t what[] = {cred->type_hash, cred->digits};
	struct bytes statement, v;

	(void)c;
	if (!model_tlv_take(&data, 0xE0, &statement) || !model_tlv_take(&data, 0x9E, &v) ||
	    !model_tlv_take(&data, 0x70, &v) || data.n)
		return false;
	return model_tlv_take(&statement, 0x80, &v) && model_same(v, &version, 1) &&
	       model_tlv_take(&statement, 0x81, &v) && model_same(v, serial, 4) &&
	       model_tlv_take(&statement, 0x82, &v) && model_same(v, firmware, 3) &&
	       model_tlv_take(&statement, 0x83, &v) && model_same(v, cred->name, cred->name_len) &&
	       model_tlv_take(&statement, 0x84, &v) && model_same(v, what, 2) &&
	       model_tlv_take(&statement, 0x85, &v) && model_same(v, &cred->properties, 1) &&
	       (!cred->suite ||
		(model_tlv_take(&statement, 0x86, &v) && model_ocra_suite(v) == cred->suite)) &&
	       model_tlv_take(&statement, 0x87, &v) && v.n == 8 && model_tlv_take(&statement, 0x88, &v) &&
	       v.n == 66 && v.p[0] == PIV_ALG_P256 && model_tlv_take(&statement, 0x89, &v) && v.n == 65 &&
	       model_tlv_take(&statement, 0x8A, &v) && v.n == cred->key_len + 16u && statement.n == 0;
}

/* C7 and the rest as in PUT, but without a key. */
static bool seed_read(struct bytes in, struct bytes *point, struct bytes *name, struct model_credential *made,
		      struct model_answer *a)
{
	struct bytes server, shape;

	if (!model_tlv_take(&in, YKOATH_TAG_SERVER, &server) || server.n < 1)
		a->sw = CS_SW_WRONG_DATA;
	else if (server.p[0] != PIV_ALG_P256)
		a->sw = CS_SW_FUNCTION_UNSUPPORTED;
	else if (server.n != 66 || !model_tlv_take(&in, YKOATH_TAG_NAME, name) || !name_set(made, *name) ||
		 !model_tlv_take(&in, YKOATH_TAG_KEY, &shape) || shape.n != 2)
		a->sw = CS_SW_WRONG_DATA;
	if (a->sw != CS_SW_OK)
		return false;
	*point = (struct bytes){server.p + 1, 65};
	made->type_hash = shape.p[0];
	made->digits = shape.p[1];
	if (!options_set(made, in, &a->sw) || (a->sw == CS_SW_OK && !shape_right(made, a)))
		a->sw = CS_SW_WRONG_DATA;
	return a->sw == CS_SW_OK;
}

static void generate(struct model *m, struct model_channel *c, const struct model_command *cmd,
		     struct model_answer *a)
{
	static const uint8_t lens[] = {20, 32, 64};
	struct model_credential made = {.there = true};
	struct bytes point, name;

	(void)c;
	if (!seed_read(cmd->data, &point, &name, &made, a))
		return;
	if (!model_key(m, PIV_SLOT_ATTESTATION)->there || !model_object(m, PIV_OBJ_ATTESTATION_CERT)) {
		a->sw = CS_SW_CONDITIONS;
		a->or_sw = model_is_generator(point) ? 0 : CS_SW_WRONG_DATA;
		return;
	}
	a->specified = a->specified && m->attestation_sound; /* what an issuer wrote may be no certificate */
	made.properties |= YKOATH_PROPERTY_MADE;
	made.key_len = lens[(made.type_hash & 0x0F) - 1];
	keep(m, name, &made, a);
	if (!model_is_generator(point)) {
		a->specified = a->specified && a->or_sw == 0; /* two reasons to refuse are too many */
		a->or_sw = CS_SW_WRONG_DATA;
	}
	a->about = (uint32_t)(model_credential(m, name) - m->credentials);
	if (!m->out_of_depth)
		a->learn = learn_seed;
}

static void delete (struct model *m, struct model_channel *c, const struct model_command *cmd,
		    struct model_answer *a)
{
	struct model_credential *cred;
	struct bytes in = cmd->data, name;

	(void)c;
	if (!model_tlv_take(&in, YKOATH_TAG_NAME, &name) || in.n)
		a->sw = CS_SW_WRONG_DATA;
	else if (!(cred = model_credential(m, name)))
		a->sw = CS_SW_REFERENCE_UNUSABLE;
	else
		*cred = (struct model_credential){0};
}

static void rename_to(struct model *m, struct model_channel *c, const struct model_command *cmd,
		      struct model_answer *a)
{
	struct model_credential *cred, *other;
	struct bytes in = cmd->data, from, to;

	(void)c;
	if (!model_tlv_take(&in, YKOATH_TAG_NAME, &from) || !model_tlv_take(&in, YKOATH_TAG_NAME, &to) ||
	    in.n) {
		a->sw = CS_SW_WRONG_DATA;
		return;
	}
	cred = model_credential(m, from);
	if (!cred) {
		a->sw = CS_SW_REFERENCE_UNUSABLE;
		return;
	}
	other = model_credential(m, to);
	if ((other && other != cred) || !name_set(cred, to))
		a->sw = CS_SW_WRONG_DATA;
}

bool model_unique_learn(struct model_credential *cred, struct bytes unique)
{
	if (unique.n != sizeof(cred->unique))
		return false;
	if (cred->unique_known)
		return memcmp(cred->unique, unique.p, unique.n) == 0;
	memcpy(cred->unique, unique.p, unique.n);
	cred->unique_known = true;
	return true;
}

/* The credentials in any order, each once. */
/* What LIST ALL says besides. */
static bool list_more(struct bytes *data, struct model_credential *cred)
{
	struct bytes v;

	return model_tlv_take(data, YKOATH_TAG_PROPERTIES, &v) && v.n == 10 && v.p[0] == cred->properties &&
	       v.p[1] == cred->digits && model_unique_learn(cred, (struct bytes){v.p + 2, 8}) &&
	       (!cred->suite ||
		(model_tlv_take(data, YKOATH_TAG_SUITE, &v) && model_ocra_suite(v) == cred->suite));
}

static bool learn_list(struct model *m, struct model_channel *c, struct bytes data, uint32_t all)
{
	struct model_credential *cred;
	size_t count = 0;
	struct bytes v;

	(void)c;
	for (size_t i = 0; i < MODEL_CREDENTIALS; i++)
		count += m->credentials[i].there && (all || m->credentials[i].suite == 0);
	for (; data.n; count--) {
		if (count == 0 || !model_tlv_take(&data, YKOATH_TAG_NAME_LIST, &v) || v.n < 2)
			return false;
		cred = model_credential(m, (struct bytes){v.p + 1, v.n - 1});
		if (!cred || cred->type_hash != v.p[0] || (all ? !list_more(&data, cred) : cred->suite != 0))
			return false;
	}
	return count == 0;
}

static void list(struct model *m, struct model_channel *c, const struct model_command *cmd,
		 struct model_answer *a)
{
	(void)m, (void)c, (void)cmd;
	a->learn = learn_list;
}

static void list_all(struct model *m, struct model_channel *c, const struct model_command *cmd,
		     struct model_answer *a)
{
	list(m, c, cmd, a);
	a->about = 1;
}

#define ANY	-1
#define READS	FLAG_READS
#define LOCKED	FLAG_LOCKED
#define ALL	MODEL_DATA_MAX
#define OPENED	NEED_UNLOCKED
#define CHANGES FLAG_CHANGES

const struct model_row model_oath_rows[] = {
    {MODEL_OATH, 0x00, YKOATH_INS_PUT, 0, 0, 1, ALL, OPENED, CHANGES, put},
    {MODEL_OATH, 0x00, YKOATH_INS_GENERATE, 0, 0, 1, ALL, OPENED, CHANGES, generate},
    {MODEL_OATH, 0x00, YKOATH_INS_DELETE, 0, 0, 1, ALL, OPENED, CHANGES, delete},
    {MODEL_OATH, 0x00, YKOATH_INS_SET_CODE, 0, 0, 1, ALL, OPENED, CHANGES, set_code},
    {MODEL_OATH, 0x00, YKOATH_INS_RESET, 0xDE, 0xAD, 0, 0, NEED_NOTHING, CHANGES, reset},
    {MODEL_OATH, 0x00, YKOATH_INS_RENAME, 0, 0, 1, ALL, OPENED, CHANGES, rename_to},
    {MODEL_OATH, 0x00, YKOATH_INS_STATUS, 0, 0, 0, 0, NEED_NOTHING, 0, status},
    {MODEL_OATH, 0x00, YKOATH_INS_LIST_ALL, 0, 0, 0, 0, OPENED, 0, list_all},
    {MODEL_OATH, 0x00, YKOATH_INS_OCRA, 0, ANY, 1, ALL, OPENED, 0, model_ocra},
    {MODEL_OATH, 0x00, YKOATH_INS_CHECK, 0, 0, 1, ALL, OPENED, 0, model_check},
    {MODEL_OATH, 0x00, YKOATH_INS_UNBLOCK, 0, 0, 0, 0, NEED_SO, 0, unblock},
    {MODEL_OATH, 0x00, ISO_INS_VERIFY, ANY, ANY, 0, 8, NEED_NOTHING, READS, model_verify_so},
    {MODEL_OATH, CSGN_CLA, CSGN_INS_TOUCH_MODE, ANY, 0, 0, 0, NEED_NOTHING, READS | LOCKED, model_touch_mode},
    {MODEL_OATH, 0x00, YKOATH_INS_LIST, 0, 0, 0, 0, OPENED, 0, list},
    {MODEL_OATH, 0x00, YKOATH_INS_CALCULATE, 0, ANY, 1, ALL, OPENED, 0, model_calculate},
    {MODEL_OATH, 0x00, YKOATH_INS_VALIDATE, 0, 0, 1, ALL, NEED_NOTHING, 0, validate},
    {MODEL_OATH, 0x00, YKOATH_INS_CALCULATE_ALL, 0, ANY, 1, ALL, OPENED, 0, model_calculate_all},
};
const size_t model_oath_row_count = sizeof(model_oath_rows) / sizeof(model_oath_rows[0]);
