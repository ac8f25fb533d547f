/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The oracle's OATH application (YKOATH; RFC 4226, RFC 6238; docs/PROTOCOL 7).
 */
#include "tests/oracle/model.h"

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
	if (m->puk.factory)
		a->sw = CS_SW_CONDITIONS;
	else if (!m->code_set)
		a->sw = CS_SW_REFERENCE_UNUSABLE;
	else
		m->code_tries = CODE_TRIES;
}

static void reset(struct model *m, struct model_channel *c, const struct model_command *cmd,
		  struct model_answer *a)
{
	(void)cmd, (void)a;
	m->code_set = false;
	memset(m->credentials, 0, sizeof(m->credentials));
	others_lock(m, c);
	c->unlocked = true;
	c->challenge = false;
}

/* ---- credentials ---- */

static struct model_credential *find(struct model *m, struct bytes name)
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
	return ((v.p[0] & 0xF0) == YKOATH_TYPE_HOTP || (v.p[0] & 0xF0) == YKOATH_TYPE_TOTP) &&
	       hash_known(v.p[0]) && v.p[1] >= 6 && v.p[1] <= 10;
}

/* 78 and its value without a length between; 7A with four bytes. */
static bool options_set(struct model_credential *cred, struct bytes in)
{
	while (in.n) {
		if (in.n >= 2 && in.p[0] == YKOATH_TAG_PROPERTY) {
			cred->properties = in.p[1];
			in.p += 2, in.n -= 2;
		} else if (in.n >= 6 && in.p[0] == YKOATH_TAG_IMF && in.p[1] == 4) {
			cred->counter = (uint64_t)in.p[2] << 24 | (uint64_t)in.p[3] << 16 |
					(uint64_t)in.p[4] << 8 | in.p[5];
			in.p += 6, in.n -= 6;
		} else {
			return false;
		}
	}
	return true;
}

static void put(struct model *m, struct model_channel *c, const struct model_command *cmd,
		struct model_answer *a)
{
	struct model_credential made = {.there = true}, *at;
	struct bytes in = cmd->data, name, key;

	(void)c;
	if (!model_tlv_take(&in, YKOATH_TAG_NAME, &name) || !name_set(&made, name) ||
	    !model_tlv_take(&in, YKOATH_TAG_KEY, &key) || !key_set(&made, key) || !options_set(&made, in)) {
		a->sw = CS_SW_WRONG_DATA;
		return;
	}
	if (made.properties & ~YKOATH_PROPERTY_TOUCH) {
		a->sw = CS_SW_FUNCTION_UNSUPPORTED;
		return;
	}
	at = find(m, name);
	for (size_t i = 0; !at && i < MODEL_CREDENTIALS; i++)
		at = m->credentials[i].there ? NULL : &m->credentials[i];
	if (m->stored > MODEL_STORED_MAX)
		a->or_sw = CS_SW_NO_SPACE;
	if (at)
		*at = made;
	else
		m->out_of_depth = true;
}

static void delete (struct model *m, struct model_channel *c, const struct model_command *cmd,
		    struct model_answer *a)
{
	struct model_credential *cred;
	struct bytes in = cmd->data, name;

	(void)c;
	if (!model_tlv_take(&in, YKOATH_TAG_NAME, &name) || in.n)
		a->sw = CS_SW_WRONG_DATA;
	else if (!(cred = find(m, name)))
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
	cred = find(m, from);
	if (!cred) {
		a->sw = CS_SW_REFERENCE_UNUSABLE;
		return;
	}
	other = find(m, to);
	if ((other && other != cred) || !name_set(cred, to))
		a->sw = CS_SW_WRONG_DATA;
}

/* The credentials in any order, each once. */
static bool learn_list(struct model *m, struct model_channel *c, struct bytes data, uint32_t about)
{
	const struct model_credential *cred;
	size_t count = 0;
	struct bytes v;

	(void)c, (void)about;
	for (size_t i = 0; i < MODEL_CREDENTIALS; i++)
		count += m->credentials[i].there;
	for (; data.n; count--) {
		if (count == 0 || !model_tlv_take(&data, YKOATH_TAG_NAME_LIST, &v) || v.n < 2)
			return false;
		cred = find(m, (struct bytes){v.p + 1, v.n - 1});
		if (!cred || cred->type_hash != v.p[0])
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

/* ---- codes ---- */

/* The contents of 75 or 76. */
static size_t response(const struct model_credential *cred, struct bytes message, bool truncated,
		       uint8_t out[65])
{
	uint8_t mac[64];
	size_t len =
	    model_hmac(cred->type_hash & 0x0F, (struct bytes){cred->key, cred->key_len}, message, mac);

	out[0] = cred->digits;
	if (!truncated) {
		memcpy(out + 1, mac, len);
		return 1 + len;
	}
	memcpy(out + 1, mac + (mac[len - 1] & 0x0F), 4);
	out[1] &= 0x7F;
	return 5;
}

static bool is_hotp(const struct model_credential *cred)
{
	return (cred->type_hash & 0xF0) == YKOATH_TYPE_HOTP;
}

static void calculate(struct model *m, struct model_channel *c, const struct model_command *cmd,
		      struct model_answer *a)
{
	struct bytes in = cmd->data, name, message = {0};
	struct model_credential *cred;
	uint8_t out[65], counter[8];
	size_t len;
	bool good = model_tlv_take(&in, YKOATH_TAG_NAME, &name) &&
		    (in.n == 0 || model_tlv_take(&in, YKOATH_TAG_CHALLENGE, &message));

	(void)c;
	if (cmd->p2 > 1)
		a->sw = CS_SW_WRONG_P1P2;
	else if (!good || in.n)
		a->sw = CS_SW_WRONG_DATA;
	else if (!(cred = find(m, name)))
		a->sw = CS_SW_REFERENCE_UNUSABLE;
	else if (!is_hotp(cred) && (message.n < 1 || message.n > 64))
		a->sw = CS_SW_WRONG_DATA;
	if (a->sw != CS_SW_OK)
		return;
	if (cred->properties & YKOATH_PROPERTY_TOUCH)
		model_touch(m, PIV_TOUCH_ALWAYS, a);
	if (is_hotp(cred)) {
		for (size_t i = 0; i < 8; i++)
			counter[i] = (uint8_t)(cred->counter >> (56 - 8 * i));
		message = (struct bytes){counter, 8};
		cred->counter++;
	}
	len = response(cred, message, cmd->p2 == 1, out);
	model_put_tlv(a, cmd->p2 == 1 ? YKOATH_TAG_TRUNCATED_RESPONSE : YKOATH_TAG_FULL_RESPONSE, out, len);
}

/* In CALCULATE ALL: what stands behind a name, for the challenge and P2 that the command had (about). */
static bool entry_right(const struct model_credential *cred, uint32_t tag, struct bytes v, uint32_t about)
{
	uint8_t out[65];
	struct bytes message = {&(uint8_t){(uint8_t)about}, 1};

	if (is_hotp(cred) || (cred->properties & YKOATH_PROPERTY_TOUCH))
		return tag == (is_hotp(cred) ? YKOATH_TAG_HOTP : YKOATH_TAG_TOUCH) &&
		       model_same(v, &cred->digits, 1);
	if (tag != ((about & 0x100) ? YKOATH_TAG_TRUNCATED_RESPONSE : YKOATH_TAG_FULL_RESPONSE))
		return false;
	if (about & 0x200) /* a challenge that does not fit into about */
		return v.n > 1 && v.p[0] == cred->digits;
	return model_same(v, out, response(cred, message, (about & 0x100) != 0, out));
}

static bool learn_all(struct model *m, struct model_channel *c, struct bytes data, uint32_t about)
{
	const struct model_credential *cred;
	size_t count = 0;
	struct bytes name, v;
	uint32_t tag;

	(void)c;
	for (size_t i = 0; i < MODEL_CREDENTIALS; i++)
		count += m->credentials[i].there;
	for (; data.n; count--) {
		if (count == 0 || !model_tlv_take(&data, YKOATH_TAG_NAME, &name) ||
		    model_tlv_next(&data, &tag, &v) != 1)
			return false;
		cred = find(m, name);
		if (!cred || !entry_right(cred, tag, v, about))
			return false;
	}
	return count == 0;
}

static void calculate_all(struct model *m, struct model_channel *c, const struct model_command *cmd,
			  struct model_answer *a)
{
	struct bytes in = cmd->data, challenge;
	bool good = model_tlv_take(&in, YKOATH_TAG_CHALLENGE, &challenge) && in.n == 0;

	(void)m, (void)c;
	if (cmd->p2 > 1) {
		a->sw = CS_SW_WRONG_P1P2;
	} else if (!good || challenge.n < 1 || challenge.n > 64) {
		a->sw = CS_SW_WRONG_DATA;
	} else {
		a->learn = learn_all;
		a->about = challenge.p[0] | (cmd->p2 ? 0x100u : 0) | (challenge.n > 1 ? 0x200u : 0);
	}
}

#define ANY    -1
#define ALL    MODEL_DATA_MAX
#define OPENED NEED_UNLOCKED

const struct model_row model_oath_rows[] = {
    {MODEL_OATH, 0x00, YKOATH_INS_PUT, 0, 0, 1, ALL, OPENED, false, put},
    {MODEL_OATH, 0x00, YKOATH_INS_DELETE, 0, 0, 1, ALL, OPENED, false, delete},
    {MODEL_OATH, 0x00, YKOATH_INS_SET_CODE, 0, 0, 1, ALL, OPENED, false, set_code},
    {MODEL_OATH, 0x00, YKOATH_INS_RESET, 0xDE, 0xAD, 0, 0, NEED_NOTHING, false, reset},
    {MODEL_OATH, 0x00, YKOATH_INS_RENAME, 0, 0, 1, ALL, OPENED, false, rename_to},
    {MODEL_OATH, 0x00, YKOATH_INS_STATUS, 0, 0, 0, 0, NEED_NOTHING, false, status},
    {MODEL_OATH, 0x00, YKOATH_INS_UNBLOCK, 0, 0, 0, 0, NEED_SO, false, unblock},
    {MODEL_OATH, 0x00, ISO_INS_VERIFY, ANY, ANY, 0, 8, NEED_NOTHING, true, model_verify_so},
    {MODEL_OATH, CSGN_CLA, CSGN_INS_TOUCH_MODE, ANY, 0, 0, 0, NEED_NOTHING, true, model_touch_mode},
    {MODEL_OATH, 0x00, YKOATH_INS_LIST, 0, 0, 0, 0, OPENED, false, list},
    {MODEL_OATH, 0x00, YKOATH_INS_CALCULATE, 0, ANY, 1, ALL, OPENED, false, calculate},
    {MODEL_OATH, 0x00, YKOATH_INS_VALIDATE, 0, 0, 1, ALL, NEED_NOTHING, false, validate},
    {MODEL_OATH, 0x00, YKOATH_INS_CALCULATE_ALL, 0, ANY, 1, ALL, OPENED, false, calculate_all},
};
const size_t model_oath_row_count = sizeof(model_oath_rows) / sizeof(model_oath_rows[0]);
