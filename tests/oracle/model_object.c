/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The oracle on data objects (SP 800-73-5 part 1, table 2; part 2, 3.1.2 and 3.3.1; docs/PROTOCOL 4.2).
 */
#include "tests/oracle/model_csgn.h"

#include <string.h>

struct model_object *model_object(struct model *m, uint32_t tag)
{
	for (size_t i = 0; i < MODEL_OBJECTS; i++) {
		if (m->objects[i].tag == tag)
			return &m->objects[i];
	}
	return NULL;
}

static struct model_object *place(struct model *m, uint32_t tag)
{
	struct model_object *o = model_object(m, tag);

	if (!o)
		o = model_object(m, 0);
	if (o)
		o->tag = tag;
	else
		m->out_of_depth = true;
	return o;
}

bool model_storable(uint32_t tag)
{
	return (tag & 0xFFFF00) == 0x5FC100 || (tag & 0xFFFF00) == 0x5FFF00;
}

static bool wants_pin(uint32_t tag)
{
	return tag == PIV_OBJ_FINGERPRINTS || tag == PIV_OBJ_FACIAL || tag == PIV_OBJ_PRINTED ||
	       tag == PIV_OBJ_IRIS || tag == PIV_OBJ_PAIRING_CODE;
}

bool model_object_private(const struct model *m, uint32_t tag)
{
	return wants_pin(tag) || (model_flags(m, tag) & CSGN_FLAG_PRIVATE);
}

static bool is_certificate(uint32_t tag)
{
	return tag == 0x5FC101 || tag == 0x5FC105 || tag == 0x5FC10A || tag == 0x5FC10B ||
	       (tag >= 0x5FC10D && tag <= 0x5FC120);
}

/* A GUID of 16 bytes that no issuer's signature covers. */
static bool chuid_renewable(struct bytes contents)
{
	struct bytes guid, signature;

	if (contents.n > 512 || model_tlv_find(contents, 0x34, &guid) != 1 || guid.n != 16)
		return false;
	return model_tlv_find(contents, 0x3E, &signature) != 1 || signature.n == 0;
}

static void chuid_changes(struct model *m)
{
	struct model_object *chuid = model_object(m, PIV_OBJ_CHUID);

	if (!chuid || !chuid->renewable)
		return;
	if (chuid->known)
		chuid->was = chuid->digest;
	chuid->known = false;
}

static void forget(struct model *m, uint32_t tag)
{
	struct model_object *o = model_object(m, tag);

	if (!o)
		return;
	m->stored -= o->len;
	*o = (struct model_object){0};
}

void model_object_put(struct model *m, uint32_t tag, struct bytes contents)
{
	struct model_object *o;

	forget(m, tag);
	if (tag == PIV_OBJ_ATTESTATION_CERT)
		m->attestation_sound = false;
	if (is_certificate(tag))
		chuid_changes(m);
	if (contents.n == 0)
		model_attributes_set(m, tag, (struct bytes){0});
	if (contents.n == 0 || !(o = place(m, tag)))
		return;
	o->len = contents.n;
	o->known = true;
	o->digest = model_digest(contents);
	o->renewable = tag == PIV_OBJ_CHUID && chuid_renewable(contents);
	m->stored += contents.n;
}

void model_object_unknown(struct model *m, uint32_t tag)
{
	forget(m, tag);
	(void)place(m, tag);
}

/* What a new card has beside the certificate of its attestation key: a random CHUID and CCC, an empty key
 * history. */
static void new_objects(struct model *m)
{
	static const uint8_t history[] = {0xC1, 1, 0, 0xC2, 1, 0, 0xFE, 0};
	struct model_object *chuid = place(m, PIV_OBJ_CHUID), *ccc = place(m, PIV_OBJ_CCC);

	*chuid = (struct model_object){.tag = PIV_OBJ_CHUID, .renewable = true};
	*ccc = (struct model_object){.tag = PIV_OBJ_CCC};
	model_object_put(m, PIV_OBJ_KEY_HISTORY, (struct bytes){history, sizeof(history)});
}

void model_attestation_new(struct model *m, struct model_object chain[2])
{
	chain[0] = (struct model_object){.tag = PIV_OBJ_ATTESTATION_CERT};
	chain[1] = (struct model_object){.tag = PIV_OBJ_ATTESTATION_CA};
	m->attestation_sound = true;
}

void model_piv_erase(struct model *m)
{
	struct model_object *certificate = model_object(m, PIV_OBJ_ATTESTATION_CERT),
			    *root = model_object(m, PIV_OBJ_ATTESTATION_CA);
	struct model_object kept[] = {certificate ? *certificate : (struct model_object){0},
				      root ? *root : (struct model_object){0}};
	struct model_key *f9 = model_key(m, PIV_SLOT_ATTESTATION);

	memset(m->objects, 0, sizeof(m->objects));
	for (size_t i = 0; i < MODEL_KEYS; i++) {
		if (model_key_slot(i) != PIV_SLOT_ATTESTATION)
			m->keys[i] = (struct model_key){0};
	}
	if (!f9->there) { /* made anew, with its certificate */
		*f9 = (struct model_key){true, true, PIV_ALG_P256, PIV_PIN_NEVER, PIV_TOUCH_NEVER, 0};
		model_attestation_new(m, kept);
	}
	memcpy(m->objects, kept, sizeof(kept));
	m->stored = kept[0].len + kept[1].len;
	new_objects(m);
	m->label_len = 0;
	memset(m->attributes, 0, sizeof(m->attributes));
	memset(m->secrets, 0, sizeof(m->secrets));
	m->sm_suite = 0;
	model_scp_erase(m);
	model_management_new(m);
	model_erased(m);
}

/* ---- commands ---- */

/* The tag in a tag list of one. */
static bool tag_list(struct bytes *in, uint32_t *tag)
{
	struct bytes list;

	if (!model_tlv_take(in, PIV_TAG_TAG_LIST, &list) || list.n < 1 || list.n > 3)
		return false;
	*tag = 0;
	for (size_t i = 0; i < list.n; i++)
		*tag = *tag << 8 | list.p[i];
	return true;
}

static bool learn_object(struct model *m, struct model_channel *c, struct bytes data, uint32_t tag)
{
	struct model_object *o = model_object(m, tag);
	struct bytes contents;

	(void)c;
	if (!o || !model_tlv_take(&data, PIV_TAG_DATA, &contents) || data.n || contents.n == 0)
		return false;
	if (o->known)
		return contents.n == o->len && model_digest(contents) == o->digest;
	if (o->was == model_digest(contents) || (tag == PIV_OBJ_CHUID && !chuid_renewable(contents)))
		return false;
	o->digest = model_digest(contents);
	o->len = contents.n;
	o->known = true;
	return true;
}

/* The virtual contact interface is there where the card can do secure messaging; a pairing code may guard it.
 */
static void discovery(struct model *m, struct model_answer *a)
{
	uint8_t object[] = {0x7E, 0x12, 0x4F, 0x0B, 0xA0, 0x00, 0x00, 0x03, 0x08, 0x00,
			    0x00, 0x10, 0x00, 0x01, 0x00, 0x5F, 0x2F, 0x02, 0x40, 0x00};

	if (m->sm_suite)
		object[18] |= model_object(m, PIV_OBJ_PAIRING_CODE) ? 0x08 : 0x0C;
	model_put(a, object, sizeof(object));
}

void model_get_data(struct model *m, struct model_channel *c, const struct model_command *cmd,
		    struct model_answer *a)
{
	struct bytes in = cmd->data;
	uint32_t tag = 0;

	if (!tag_list(&in, &tag) || in.n) {
		a->sw = CS_SW_WRONG_DATA;
	} else if (model_object_private(m, tag) && !c->pin) {
		a->sw = CS_SW_SECURITY_STATUS;
	} else if (tag == PIV_OBJ_DISCOVERY) {
		discovery(m, a);
	} else if (!model_storable(tag) || !model_object(m, tag)) {
		a->sw = CS_SW_NOT_FOUND;
	} else {
		a->learn = learn_object;
		a->about = tag;
	}
}

void model_put_data(struct model *m, struct model_channel *c, const struct model_command *cmd,
		    struct model_answer *a)
{
	struct bytes in = cmd->data, contents;
	uint32_t tag = 0;

	if (!tag_list(&in, &tag) || !model_tlv_take(&in, PIV_TAG_DATA, &contents) || in.n) {
		a->sw = CS_SW_WRONG_DATA;
	} else if (!model_storable(tag)) {
		a->sw = CS_SW_NOT_FOUND;
	} else if (contents.n && !model_administers(c) && (model_flags(m, tag) & CSGN_FLAG_TRUSTED)) {
		a->sw = CS_SW_SECURITY_STATUS;
	} else {
		if (contents.n && m->stored + contents.n > MODEL_STORED_MAX)
			a->or_sw = CS_SW_NO_SPACE;
		model_object_put(m, tag, contents);
	}
}
