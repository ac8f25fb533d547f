/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The oracle on INVENTORY (docs/PROTOCOL 6.9): the change mark, and that all is told that there is, and
 * nothing else.
 */
#include "tests/oracle/model_csgn.h"
#include "tests/oracle/model_oath.h"

#include <string.h>

/* ---- the change mark: a counter that only rises, and a tag that is drawn at certain times ---- */

void model_changed(struct model *m, bool surely)
{
	struct model_mark *mark = &m->mark;

	if (surely) {
		mark->change = MODEL_YES;
		if (mark->draws != MODEL_NO)
			mark->drawn = mark->draws;
		mark->draws = MODEL_NO;
		return;
	}
	if (mark->change == MODEL_NO)
		mark->change = MODEL_PERHAPS;
	if (mark->draws != MODEL_NO) {
		mark->draws = MODEL_PERHAPS;
		mark->drawn = mark->drawn == MODEL_YES ? MODEL_YES : MODEL_PERHAPS;
	}
}

void model_erased(struct model *m)
{
	model_changed(m, true);
	m->mark.drawn = MODEL_YES;
}

static uint32_t counter(const uint8_t *mark)
{
	return (uint32_t)mark[0] << 24 | (uint32_t)mark[1] << 16 | (uint32_t)mark[2] << 8 | mark[3];
}

/* May this be the mark now? */
static bool mark_right(const struct model_mark *mark, const uint8_t *now)
{
	bool same_tag = memcmp(mark->bytes + 4, now + 4, 8) == 0;

	if (!mark->known)
		return true;
	if (counter(now) == counter(mark->bytes))
		return same_tag && mark->change != MODEL_YES;
	if (counter(now) < counter(mark->bytes) || mark->change == MODEL_NO)
		return false;
	return mark->drawn == MODEL_PERHAPS || (mark->drawn == MODEL_YES) != same_tag;
}

static void mark_learn(struct model_mark *mark, const uint8_t *now)
{
	memcpy(mark->bytes, now, sizeof(mark->bytes));
	mark->known = true;
	mark->change = mark->drawn = MODEL_NO;
}

/* ---- the entries ---- */

struct told {
	struct model *m;
	const struct model_channel *c;
	size_t keys, objects, credentials, secrets;
};

/* A1, just where there are attributes, and as they were set. */
static bool attributes_right(const struct model *m, struct bytes in, uint32_t object)
{
	struct bytes want = model_attributes(m, object), v;

	if (want.n == 0)
		return in.n == 0;
	return model_tlv_take(&in, CSGN_TAG_ATTRIBUTES, &v) && in.n == 0 && model_same(v, want.p, want.n);
}

static bool key_right(struct told *t, struct bytes in)
{
	struct bytes what, pub;
	struct model_key *key;

	if (!model_tlv_take(&in, CSGN_ENTRY_WHAT, &what) || what.n != 5 ||
	    !model_tlv_take(&in, CSGN_ENTRY_PUBLIC_KEY, &pub))
		return false;
	key = model_key(t->m, what.p[0]);
	if (!key || !key->there)
		return false;
	const uint8_t want[] = {what.p[0], key->algorithm, key->pin_policy, key->touch_policy,
				key->generated ? 1 : 2};
	t->keys++;
	return model_same(what, want, sizeof(want)) && model_learn_public(t->m, pub, what.p[0]) &&
	       attributes_right(t->m, in, MODEL_KEY_OBJECT(what.p[0]));
}

static bool object_right(struct told *t, struct bytes in)
{
	struct bytes what, v;
	const struct model_object *o;
	uint32_t tag;

	if (!model_tlv_take(&in, CSGN_ENTRY_WHAT, &what) || what.n != 3)
		return false;
	tag = (uint32_t)what.p[0] << 16 | (uint32_t)what.p[1] << 8 | what.p[2];
	o = model_object(t->m, tag);
	if (!o)
		return false;
	t->objects++;
	if (model_object_private(t->m, tag) && !t->c->pin)
		return in.n == 0;
	if (!model_tlv_take(&in, CSGN_ENTRY_LENGTH, &v) || v.n != 2 ||
	    (o->known && (size_t)(v.p[0] << 8 | v.p[1]) != o->len))
		return false;
	return model_tlv_take(&in, CSGN_ENTRY_DIGEST, &v) && v.n == 32 && attributes_right(t->m, in, tag);
}

static bool credential_right(struct told *t, struct bytes in)
{
	struct bytes what, name, unique;
	struct model_credential *cred;

	if (!model_tlv_take(&in, CSGN_ENTRY_WHAT, &what) || !model_tlv_take(&in, CSGN_ENTRY_NAME, &name) ||
	    !model_tlv_take(&in, CSGN_ENTRY_UNIQUE, &unique) || in.n)
		return false;
	cred = model_credential(t->m, name);
	if (!cred || !model_unique_learn(cred, unique))
		return false;
	t->credentials++;
	return model_same(what, (const uint8_t[]){cred->type_hash, cred->digits, cred->properties}, 3);
}

static bool secret_right(struct told *t, struct bytes in)
{
	struct bytes what, usage, len;
	const struct model_secret *key;

	if (!model_tlv_take(&in, CSGN_ENTRY_WHAT, &what) || what.n != 5 || what.p[0] == 0 ||
	    !model_tlv_take(&in, CSGN_ENTRY_USAGE, &usage) || !model_tlv_take(&in, CSGN_ENTRY_LENGTH, &len))
		return false;
	key = model_secret(t->m, what.p[0]);
	if (!key)
		return false;
	const uint8_t want[] = {key->number, key->algorithm, key->pin_policy, key->touch_policy,
				key->generated ? 1 : 2};
	t->secrets++;
	return model_same(what, want, sizeof(want)) && model_same(len, &key->len, 1) &&
	       model_same(usage, (const uint8_t[]){(uint8_t)(key->usage >> 8), (uint8_t)key->usage}, 2) &&
	       attributes_right(t->m, in, MODEL_SECRET_OBJECT(key->number));
}

static bool entry_right(struct told *t, uint32_t tag, struct bytes v)
{
	const uint8_t locked = t->m->code_set;

	switch (tag) {
	case CSGN_TAG_KEY:
		return key_right(t, v);
	case CSGN_TAG_OBJECT:
		return object_right(t, v);
	case CSGN_TAG_CREDENTIAL:
		return credential_right(t, v);
	case CSGN_TAG_SECRET:
		return secret_right(t, v);
	case CSGN_TAG_LABEL:
		return model_same(v, t->m->label, t->m->label_len);
	case CSGN_TAG_OATH:
		return model_same(v, &locked, 1);
	default:
		return true;
	}
}

/* As many as there are: no key, no object twice, since each has a number that it was found by. */
static bool all_told(const struct told *t)
{
	const struct model *m = t->m;
	bool names = !m->code_set && m->lifecycle != CSGN_LOCKED;
	size_t keys = 0, objects = 0, credentials = 0, secrets = 0;

	for (size_t i = 0; i < MODEL_KEYS; i++)
		keys += m->keys[i].there;
	for (size_t i = 0; i < MODEL_OBJECTS; i++)
		objects += m->objects[i].tag != 0;
	for (size_t i = 0; i < MODEL_CREDENTIALS; i++)
		credentials += names && m->credentials[i].there;
	for (size_t i = 0; i < MODEL_SECRETS; i++)
		secrets += m->secrets[i].number != 0;
	return t->keys == keys && t->objects == objects && t->credentials == credentials &&
	       t->secrets == secrets;
}

static bool list_right(struct model *m, const struct model_channel *c, struct bytes data)
{
	struct told t = {.m = m, .c = c};
	struct bytes v;
	uint32_t tag;
	int got;

	while ((got = model_tlv_next(&data, &tag, &v)) == 1) {
		if (tag == CSGN_TAG_CURSOR) /* the rest is on another page */
			return data.n == 0 && v.n == 2;
		if (!entry_right(&t, tag, v))
			return false;
	}
	return got == 0 && all_told(&t);
}

/* ---- the answer ---- */

static bool pins_right(const struct model *m, struct bytes v)
{
	static const uint8_t numbers[] = {0x80, 0x81, 0x83};

	if (v.n != 12)
		return false;
	for (size_t i = 0; i < MODEL_REFS; i++) {
		const struct model_pin *pin = &m->pins[i];
		const uint8_t want[] = {numbers[i],
					(uint8_t)((pin->set ? CSGN_REFERENCE_SET : 0) |
						  (pin->factory ? CSGN_REFERENCE_DEFAULT : 0) |
						  (pin->must_change ? CSGN_REFERENCE_MUST_CHANGE : 0)),
					model_tries(m, (enum model_ref)i), pin->total};

		if (memcmp(v.p + 4 * i, want, 4) != 0)
			return false;
	}
	return true;
}

static bool learn_inventory(struct model *m, struct model_channel *c, struct bytes data, uint32_t about)
{
	struct bytes mark, v;
	const uint8_t sees = c->pin;
	bool asked;

	(void)about;
	if (!model_tlv_take(&data, CSGN_TAG_MARK, &mark) || mark.n != 13 || mark.p[12] != sees ||
	    !mark_right(&m->mark, mark.p))
		return false;
	asked = m->asks && memcmp(m->asked, mark.p, 12) == 0 && m->asked[12] >= sees;
	mark_learn(&m->mark, mark.p);
	if (!model_tlv_take(&data, CSGN_TAG_LIFECYCLE, &v) || !model_same(v, &m->lifecycle, 1) ||
	    !model_tlv_take(&data, CSGN_TAG_PINS, &v) || !pins_right(m, v))
		return false;
	if (asked || m->lifecycle == CSGN_TERMINATED)
		return data.n == 0;
	return data.n && list_right(m, c, data);
}

void model_inventory(struct model *m, struct model_channel *c, const struct model_command *cmd,
		     struct model_answer *a)
{
	struct bytes in = cmd->data, v;
	uint32_t tag;
	int got;

	(void)c;
	m->asks = false;
	while ((got = model_tlv_next(&in, &tag, &v)) == 1) {
		if (tag == CSGN_TAG_CURSOR && v.n == 2) {
			a->specified = false; /* a page that somebody begins where he likes */
			return;
		}
		if (tag != CSGN_TAG_MARK || v.n != sizeof(m->asked)) {
			a->sw = CS_SW_WRONG_DATA;
			return;
		}
		memcpy(m->asked, v.p, v.n);
		m->asks = true;
	}
	if (got == 0)
		a->learn = learn_inventory;
	else
		a->sw = CS_SW_WRONG_DATA;
}
