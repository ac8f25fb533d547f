/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The oracle on secret keys (docs/PROTOCOL 6.11): how they come and go, who may use them for what; ECB and
 * HMAC to the byte where the host knows the key, of all else the form.
 */
#include "tests/oracle/model_csgn.h"

#include <string.h>

struct model_secret *model_secret(struct model *m, uint8_t number)
{
	for (size_t i = 0; i < MODEL_SECRETS; i++) {
		if (m->secrets[i].number == number)
			return &m->secrets[i];
	}
	return NULL;
}

static bool is_hmac(uint8_t algorithm)
{
	return algorithm >= CSGN_SECRET_HMAC_SHA1 && algorithm <= CSGN_SECRET_HMAC_SHA512;
}

static size_t hash_len(uint8_t algorithm)
{
	static const size_t lens[] = {20, 32, 48, 64};

	return lens[algorithm - CSGN_SECRET_HMAC_SHA1];
}

/* 0: no such algorithm */
static size_t usual_len(uint8_t algorithm)
{
	if (algorithm == PIV_ALG_3DES)
		return 0;
	return is_hmac(algorithm) ? hash_len(algorithm) : model_cipher_key_len(algorithm);
}

static bool len_right(uint8_t algorithm, size_t len)
{
	return is_hmac(algorithm) ? len >= 14 && len <= CSGN_SECRET_KEY_MAX : len == usual_len(algorithm);
}

/* ---- CREATE, DELETE ---- */

/* The number that the key gets, or the status word that refuses it. */
static uint16_t choose(struct model *m, uint8_t asked, uint8_t *number)
{
	if (asked > CSGN_SECRETS_MAX)
		return CS_SW_WRONG_P1P2;
	*number = asked ? asked : 1;
	while (!asked && *number <= CSGN_SECRETS_MAX && model_secret(m, *number))
		(*number)++;
	if (*number > CSGN_SECRETS_MAX)
		return CS_SW_NO_SPACE;
	return model_secret(m, *number) ? CS_SW_CONDITIONS : CS_SW_OK;
}

struct wish {
	struct bytes usage, key, length, attributes;
};

/* Each at most once, none empty, and nothing but policies besides. */
static bool wish_read(struct bytes in, struct wish *w)
{
	struct bytes v;
	uint32_t tag;
	int got;

	memset(w, 0, sizeof(*w));
	while ((got = model_tlv_next(&in, &tag, &v)) == 1) {
		struct bytes *to = tag == CSGN_TAG_USAGE	? &w->usage
				   : tag == CSGN_TAG_SECRET_KEY ? &w->key
				   : tag == CSGN_TAG_LENGTH	? &w->length
				   : tag == CSGN_TAG_ATTRIBUTES ? &w->attributes
								: NULL;

		if (tag == PIV_TAG_PIN_POLICY || tag == PIV_TAG_TOUCH_POLICY)
			continue;
		if (!to || to->n || v.n == 0)
			return false;
		*to = v;
	}
	return got == 0;
}

static bool usage_set(struct model_secret *made, struct bytes usage)
{
	bool hmac = is_hmac(made->algorithm);

	made->usage = hmac ? CSGN_USAGE_SIGN | CSGN_USAGE_VERIFY : CSGN_USAGE_ENCRYPT | CSGN_USAGE_DECRYPT;
	if (usage.n == 0)
		return true;
	if (usage.n != 2)
		return false;
	made->usage = (uint16_t)(usage.p[0] << 8 | usage.p[1]);
	return made->usage && made->usage <= 0x000F &&
	       !(hmac && (made->usage & (CSGN_USAGE_ENCRYPT | CSGN_USAGE_DECRYPT)));
}

static bool value_set(struct model_secret *made, const struct wish *w)
{
	size_t len = w->key.n ? w->key.n : w->length.n ? w->length.p[0] : usual_len(made->algorithm);

	if (w->length.n > 1 || (w->length.n && w->key.n) || !len_right(made->algorithm, len))
		return false;
	made->len = (uint8_t)len;
	made->generated = w->key.n == 0;
	if (w->key.n)
		memcpy(made->key, w->key.p, len);
	return true;
}

void model_secret_create(struct model *m, struct model_channel *c, const struct model_command *cmd,
			 struct model_answer *a)
{
	struct model_secret made = {.algorithm = cmd->p1}, *place = model_secret(m, 0);
	struct model_key policies = {0};
	uint16_t flags = 0;
	struct wish w;

	a->sw = usual_len(cmd->p1) ? choose(m, cmd->p2, &made.number) : CS_SW_WRONG_P1P2;
	if (a->sw != CS_SW_OK)
		return;
	if (!wish_read(cmd->data, &w) || !model_attributes_read(w.attributes, &flags))
		a->sw = CS_SW_WRONG_DATA;
	else if ((flags & CSGN_FLAG_TRUSTED) && !model_administers(c))
		a->sw = CS_SW_SECURITY_STATUS;
	else if (!usage_set(&made, w.usage) || !model_policies(m, cmd->data, 0x9A, &policies) ||
		 !value_set(&made, &w))
		a->sw = CS_SW_WRONG_DATA;
	if (a->sw != CS_SW_OK)
		return;
	made.pin_policy = policies.pin_policy;
	made.touch_policy = policies.touch_policy;
	if (m->stored > MODEL_STORED_MAX)
		a->or_sw = CS_SW_NO_SPACE;
	if (place)
		*place = made;
	else
		m->out_of_depth = true;
	model_attributes_set(m, MODEL_SECRET_OBJECT(made.number), w.attributes);
	model_put_tlv(a, CSGN_TAG_REFERENCE, &made.number, 1);
}

void model_secret_delete(struct model *m, struct model_channel *c, const struct model_command *cmd,
			 struct model_answer *a)
{
	struct model_secret *key = cmd->p2 ? model_secret(m, cmd->p2) : NULL;

	(void)c;
	if (!key) {
		a->sw = CS_SW_REFERENCE_NOT_FOUND;
		return;
	}
	*key = (struct model_secret){0};
	model_attributes_set(m, MODEL_SECRET_OBJECT(cmd->p2), (struct bytes){0});
}

/* ---- USE ---- */

enum { NEVER, MAY, MUST };

/* What each mechanism of P1 takes. */
static const struct mechanism {
	uint8_t how;
	bool hmac;
	uint16_t usage;
	int iv;
	size_t iv_len;
	bool aad, mac;
	size_t unit; /* of the text, of which there is one at least; 0: any text */
} mechanisms[] = {
    {0x01, false, 1, NEVER, 0, false, false, 16}, {0x81, false, 2, NEVER, 0, false, false, 16},
    {0x02, false, 1, MUST, 16, false, false, 16}, {0x82, false, 2, MUST, 16, false, false, 16},
    {0x03, false, 1, MUST, 16, false, false, 1},  {0x83, false, 2, MUST, 16, false, false, 1},
    {0x04, false, 1, MAY, 12, true, false, 0},	  {0x84, false, 2, MUST, 12, true, true, 0},
    {0x05, false, 4, NEVER, 0, false, false, 0},  {0x85, false, 8, NEVER, 0, false, true, 0},
    {0x06, true, 4, NEVER, 0, false, false, 0},	  {0x86, true, 8, NEVER, 0, false, true, 0},
};

static const struct mechanism *mechanism_of(uint8_t how, uint8_t algorithm)
{
	for (size_t i = 0; i < sizeof(mechanisms) / sizeof(mechanisms[0]); i++) {
		if (mechanisms[i].how == how && mechanisms[i].hmac == is_hmac(algorithm))
			return &mechanisms[i];
	}
	return NULL;
}

struct text {
	struct bytes iv, aad, text, mac;
	bool has_iv, has_aad, has_text, has_mac;
};

static bool text_read(struct bytes in, struct text *t)
{
	struct bytes v;
	uint32_t tag;
	int got;

	memset(t, 0, sizeof(*t));
	while ((got = model_tlv_next(&in, &tag, &v)) == 1) {
		struct bytes *to = tag == CSGN_TAG_IV	  ? &t->iv
				   : tag == CSGN_TAG_AAD  ? &t->aad
				   : tag == CSGN_TAG_TEXT ? &t->text
							  : &t->mac;
		bool *has = tag == CSGN_TAG_IV	   ? &t->has_iv
			    : tag == CSGN_TAG_AAD  ? &t->has_aad
			    : tag == CSGN_TAG_TEXT ? &t->has_text
						   : &t->has_mac;

		if (tag < CSGN_TAG_IV || tag > CSGN_TAG_MAC || *has)
			return false;
		*to = v;
		*has = true;
	}
	return got == 0 && t->has_text;
}

static bool text_fits(const struct mechanism *k, const struct text *t)
{
	if (t->has_iv ? k->iv == NEVER || t->iv.n != k->iv_len : k->iv == MUST)
		return false;
	if ((t->has_aad && !k->aad) || t->has_mac != k->mac || (k->how == 0x84 && t->mac.n != 16) ||
	    (k->mac && t->mac.n < 8))
		return false;
	return k->unit == 0 || (t->text.n && t->text.n % k->unit == 0);
}

static size_t hmac_of(const struct model_secret *key, struct bytes text, uint8_t out[64])
{
	static const uint8_t hashes[] = {1, 2, 0, 3}; /* as OATH numbers them */

	return model_hmac(hashes[key->algorithm - CSGN_SECRET_HMAC_SHA1], (struct bytes){key->key, key->len},
			  text, out);
}

/* The answer to a mechanism whose result the oracle makes itself. */
static bool exact(const struct model_secret *key, uint8_t how, const struct text *t, struct model_answer *a)
{
	uint8_t out[64];

	if (key->generated || t->text.n > sizeof(out))
		return false;
	if (how == 0x06 && key->algorithm != CSGN_SECRET_HMAC_SHA384) {
		model_put_tlv(a, CSGN_TAG_MAC, out, hmac_of(key, t->text, out));
		return true;
	}
	if ((how & 0x7F) != 0x01)
		return false;
	for (size_t i = 0; i < t->text.n; i += 16)
		model_block(key->algorithm, how == 0x01, key->key, t->text.p + i, out + i);
	model_put_tlv(a, CSGN_TAG_TEXT, out, t->text.n);
	return true;
}

/* about: length of the text, how, whether the card drew a nonce */
static bool learn_result(struct model *m, struct model_channel *c, struct bytes data, uint32_t about)
{
	uint8_t how = (uint8_t)(about >> 16);
	size_t n = about & 0xFFFF;
	struct bytes v;

	(void)m, (void)c;
	if ((about & 1u << 24) && (!model_tlv_take(&data, CSGN_TAG_IV, &v) || v.n != 12))
		return false;
	if ((how & 0x7F) < 0x05 && (!model_tlv_take(&data, CSGN_TAG_TEXT, &v) || v.n != n))
		return false;
	if (how == 0x04 && (!model_tlv_take(&data, CSGN_TAG_MAC, &v) || v.n != 16))
		return false;
	if (how == 0x05 && (!model_tlv_take(&data, CSGN_TAG_MAC, &v) || v.n != 16))
		return false;
	if (how == 0x06 && !model_tlv_take(&data, CSGN_TAG_MAC, &v))
		return false;
	return data.n == 0;
}

/* Any other that was guessed is wrong. */
static bool mac_right(const struct model_secret *key, uint8_t how, const struct text *t)
{
	uint8_t mac[64];

	return how == 0x86 && !key->generated && key->algorithm != CSGN_SECRET_HMAC_SHA384 &&
	       t->mac.n <= hmac_of(key, t->text, mac) && memcmp(mac, t->mac.p, t->mac.n) == 0;
}

void model_secret_use(struct model *m, struct model_channel *c, const struct model_command *cmd,
		      struct model_answer *a)
{
	const struct model_secret *key = cmd->p2 ? model_secret(m, cmd->p2) : NULL;
	const struct mechanism *k = key ? mechanism_of(cmd->p1, key->algorithm) : NULL;
	struct text t;

	if (!key)
		a->sw = CS_SW_REFERENCE_NOT_FOUND;
	else if (!k)
		a->sw = CS_SW_WRONG_P1P2;
	else
		a->sw = model_key_permit(
		    c, &(struct model_key){.pin_policy = key->pin_policy, .touch_policy = key->touch_policy});
	if (a->sw == CS_SW_OK && !(key->usage & k->usage))
		a->sw = CS_SW_CONDITIONS;
	if (a->sw == CS_SW_OK && (!text_read(cmd->data, &t) || !text_fits(k, &t)))
		a->sw = CS_SW_WRONG_DATA;
	if (a->sw != CS_SW_OK)
		return;
	model_touch(m, key->touch_policy, a);
	if (k->mac && !mac_right(key, cmd->p1, &t))
		a->sw = CS_SW_WRONG_DATA;
	else if (cmd->p1 == 0x86 || exact(key, cmd->p1, &t, a))
		return;
	a->about =
	    (uint32_t)t.text.n | (uint32_t)cmd->p1 << 16 | (cmd->p1 == 0x04 && !t.has_iv ? 1u << 24 : 0);
	a->learn = learn_result;
}
