/* SPDX-License-Identifier: BSD-2-Clause
 *
 * PIV's containers and our own data objects.
 */
#include "pkcs11/datastore.h"

#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/tlv.h"
#include "pkcs11/hash.h"
#include "pkcs11/token.h"

#define OWN_FIRST 0x5FFF30u

enum data_tag { DATA_LABEL = 0x80, DATA_APPLICATION = 0x81, DATA_OBJECT_ID = 0x82, DATA_VALUE = 0x83 };

/* Names and identifiers: SP 800-73-5 part 1, table 3. All identifiers are 2.16.840.1.101.3.7.x. */
struct container {
	uint32_t object;
	const char *name;
	uint8_t oid[12]; /* contents of the DER element */
	size_t oid_len;
	bool after_pin;
};

/* The last bytes of the identifier differ. */
#define PIV_OID(...)                                                                                         \
	{                                                                                                    \
		0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x07, __VA_ARGS__                                        \
	}

static const struct container containers[DATASTORE_PIV] = {
    {PIV_OBJ_CCC, "Card Capability Container", PIV_OID(0x01, 0x81, 0x5B, 0x00), 11, false},
    {PIV_OBJ_CHUID, "Card Holder Unique Identifier", PIV_OID(0x02, 0x30, 0x00), 10, false},
    {PIV_OBJ_FINGERPRINTS, "Cardholder Fingerprints", PIV_OID(0x02, 0x60, 0x10), 10, true},
    {PIV_OBJ_SECURITY, "Security Object", PIV_OID(0x02, 0x81, 0x10, 0x00), 11, false},
    {PIV_OBJ_FACIAL, "Cardholder Facial Image", PIV_OID(0x02, 0x60, 0x30), 10, true},
    {PIV_OBJ_PRINTED, "Printed Information", PIV_OID(0x02, 0x30, 0x01), 10, true},
    {PIV_OBJ_DISCOVERY, "Discovery Object", PIV_OID(0x02, 0x60, 0x50), 10, false},
    {PIV_OBJ_KEY_HISTORY, "Key History Object", PIV_OID(0x02, 0x60, 0x60), 10, false},
    {PIV_OBJ_IRIS, "Cardholder Iris Images", PIV_OID(0x02, 0x10, 0x15), 10, true},
};

uint32_t datastore_object(size_t index)
{
	return index < DATASTORE_PIV ? containers[index].object
				     : OWN_FIRST + (uint32_t)(index - DATASTORE_PIV);
}

bool datastore_private(const struct token *token, size_t index)
{
	return index < DATASTORE_PIV ? containers[index].after_pin : token->data.slots[index].private;
}

const char *datastore_name(size_t index)
{
	return index < DATASTORE_PIV ? containers[index].name : NULL;
}

static void content_free(struct data_slot *slot)
{
	if (slot->content != NULL)
		cs_wipe(slot->content, slot->content_len);
	free(slot->content);
	slot->content = NULL;
	slot->content_len = 0;
}

static enum cs_err content_keep(struct data_slot *slot, struct cs_view content)
{
	content_free(slot);
	slot->known = slot->there = false;
	slot->content = malloc(content.len > 0 ? content.len : 1);
	if (slot->content == NULL)
		return CS_ERR_MEMORY;
	if (content.len > 0)
		memcpy(slot->content, content.ptr, content.len);
	slot->content_len = content.len;
	slot->known = slot->there = true;
	return CS_OK;
}

void datastore_forget_private(struct token *token)
{
	for (size_t i = 0; i < DATASTORE_SLOTS; i++) {
		if (datastore_private(token, i))
			content_free(&token->data.slots[i]);
	}
}

/* ---- from INVENTORY ---- */

void datastore_none(struct datastore *data)
{
	for (size_t i = 0; i < DATASTORE_SLOTS; i++)
		data->slots[i].known = true;
}

void datastore_all_told(struct datastore *data)
{
	datastore_none(data);
	/* It is made when it is asked for. */
	for (size_t i = 0; i < DATASTORE_SLOTS; i++)
		data->slots[i].there = datastore_object(i) == PIV_OBJ_DISCOVERY;
}

enum cs_err datastore_take(struct datastore *data, const struct cc_entry *entry)
{
	for (size_t i = 0; i < DATASTORE_SLOTS; i++) {
		struct data_slot *slot = &data->slots[i];

		if (entry->kind != CSGN_TAG_OBJECT || entry->id != datastore_object(i))
			continue;
		slot->there = true;
		slot->private = !entry->has_contents || (entry->flags & CSGN_FLAG_PRIVATE) != 0;
		slot->digest_told = entry->has_contents;
		memcpy(slot->digest, entry->digest, sizeof(slot->digest));
		return card_attributes_take(&slot->attributes, entry);
	}
	return CS_OK;
}

void datastore_replace(struct datastore *now, struct datastore *fresh)
{
	for (size_t i = 0; i < DATASTORE_SLOTS; i++) {
		struct data_slot *old = &now->slots[i], *slot = &fresh->slots[i];

		if (!old->digest_told || !slot->digest_told ||
		    memcmp(old->digest, slot->digest, sizeof(slot->digest)) != 0)
			continue;
		slot->content = old->content;
		slot->content_len = old->content_len;
		old->content = NULL;
	}
	datastore_free(now);
	*now = *fresh;
	memset(fresh, 0, sizeof(*fresh));
}

bool datastore_untold(const struct datastore *data)
{
	for (size_t i = DATASTORE_PIV; i < DATASTORE_SLOTS; i++) {
		if (data->slots[i].there && data->slots[i].private && !data->slots[i].digest_told)
			return true;
	}
	return false;
}

void datastore_free(struct datastore *data)
{
	for (size_t i = 0; i < DATASTORE_SLOTS; i++)
		content_free(&data->slots[i]);
	memset(data, 0, sizeof(*data));
}

static enum cs_err load_one(struct token *token, size_t index)
{
	struct data_slot *slot = &token->data.slots[index];
	uint8_t read[CC_PIV_OBJECT_MAX];
	struct cs_writer w = CS_WRITER_OF(read);
	enum cs_err err = cc_piv_get_object(token->card, datastore_object(index), &w);

	if (err == CS_ERR_NOT_FOUND && token->sure) {
		slot->known = true;
		slot->there = false;
		return CS_OK;
	}
	/* What this card wants more than a PIN for is not ours to show. */
	if (err == CS_ERR_DENIED && token->sure)
		return CS_OK;
	if (err != CS_OK)
		return err;
	token_sure(token);
	err = content_keep(slot, cs_writer_view(&w));
	cs_wipe(read, w.len);
	return err;
}

struct load {
	size_t first, last;
};

/* The places where another's card may have an object. */
static size_t places(const struct token *token)
{
	return token->ours ? DATASTORE_SLOTS : DATASTORE_PIV + DATASTORE_FOREIGN;
}

/* What needs the PIN is not asked for without a login. */
static bool wanted(const struct token *token, size_t index)
{
	return !token->data.slots[index].known && index < places(token) &&
	       (!datastore_private(token, index) || token->login == LOGIN_USER);
}

static enum cs_err load_work(struct token *token, void *arg)
{
	const struct load *load = arg;
	enum cs_err err = CS_OK;

	for (size_t i = load->first; err == CS_OK && i <= load->last; i++) {
		if (wanted(token, i))
			err = load_one(token, i);
	}
	return err;
}

static enum cs_err load_range(struct token *token, size_t first, size_t last)
{
	struct load load = {first, last};
	enum token_need need = NEED_NOTHING;
	bool any = false;

	for (size_t i = first; i <= last; i++) {
		if (wanted(token, i))
			any = true;
		if (wanted(token, i) && datastore_private(token, i))
			need = NEED_LOGIN;
	}
	return any ? token_run(token, need, load_work, &load) : CS_OK;
}

enum cs_err datastore_load(struct token *token)
{
	return load_range(token, 0, DATASTORE_SLOTS - 1);
}

enum cs_err datastore_has(struct token *token, size_t index, bool *there)
{
	enum cs_err err = load_range(token, index, index);

	if (err == CS_OK)
		*there = token->data.slots[index].there;
	return err;
}

/* Elements that are missing are empty. */
static struct cs_view element(struct cs_view content, uint32_t tag)
{
	struct cs_view value = CS_VIEW_EMPTY;

	return cs_tlv_find(content, tag, &value) == CS_OK ? value : CS_VIEW_EMPTY;
}

enum cs_err datastore_get(struct token *token, size_t index, struct data_view *out)
{
	struct data_slot *slot = &token->data.slots[index];
	bool there = false;
	enum cs_err err = datastore_has(token, index, &there);
	struct cs_view content;

	if (err == CS_OK && there && slot->content == NULL) {
		slot->known = slot->there = false;
		err = datastore_has(token, index, &there);
	}
	if (err != CS_OK)
		return err;
	if (!there)
		return CS_ERR_NOT_FOUND;
	content = cs_view(slot->content, slot->content_len);
	if (index < DATASTORE_PIV) {
		const struct container *c = &containers[index];

		*out = (struct data_view){
		    .label = cs_view_string(c->name), .application = CS_VIEW_TEXT("PIV"), .value = content};
	} else {
		*out = (struct data_view){.label = element(content, DATA_LABEL),
					  .application = element(content, DATA_APPLICATION),
					  .object_id = element(content, DATA_OBJECT_ID),
					  .value = element(content, DATA_VALUE)};
	}
	return CS_OK;
}

/* CKA_OBJECT_ID is the DER of the identifier. */
enum cs_err datastore_object_id(size_t index, struct cs_view own, struct cs_writer *w)
{
	if (index < DATASTORE_PIV)
		cs_tlv_write(w, 0x06, cs_view(containers[index].oid, containers[index].oid_len));
	else
		cs_write_view(w, own);
	return cs_writer_done(w);
}

struct put {
	uint32_t object;
	struct cs_view content;
};

static enum cs_err put_work(struct token *token, void *arg)
{
	const struct put *put = arg;

	return cc_piv_put_object(token->card, put->object, put->content);
}

enum cs_err datastore_ask_anew(struct token *token, size_t index)
{
	bool there = false;

	content_free(&token->data.slots[index]);
	token->data.slots[index] = (struct data_slot){.known = false};
	return datastore_has(token, index, &there);
}

/* The PIV container that the new object names, or DATASTORE_PIV. */
static size_t named_container(const struct data_view *data)
{
	for (size_t i = 0; i < DATASTORE_PIV; i++) {
		uint8_t der[16];
		struct cs_writer w = CS_WRITER_OF(der);

		cs_tlv_write(&w, 0x06, cs_view(containers[i].oid, containers[i].oid_len));
		if (cs_view_equal(data->object_id, cs_writer_view(&w)) ||
		    cs_view_equal(data->label, cs_view_string(containers[i].name)))
			return i;
	}
	return DATASTORE_PIV;
}

static enum cs_err free_place(struct token *token, size_t *index)
{
	for (size_t i = DATASTORE_PIV; i < places(token); i++) {
		bool there = false;
		enum cs_err err = datastore_has(token, i, &there);

		if (err == CS_OK && !there && !token->ours) {
			err = datastore_ask_anew(token, i);
			there = token->data.slots[i].there;
		}
		if (err != CS_OK)
			return err;
		if (!there) {
			*index = i;
			return CS_OK;
		}
	}
	return CS_ERR_FULL;
}

enum cs_err datastore_place(struct token *token, const struct data_view *data, size_t *index)
{
	*index = named_container(data);
	return *index < DATASTORE_PIV ? CS_OK : free_place(token, index);
}

enum cs_err datastore_encode(size_t index, const struct data_view *data, struct cs_writer *w)
{
	if (index < DATASTORE_PIV) {
		cs_write_view(w, data->value);
	} else {
		cs_tlv_write(w, DATA_LABEL, data->label);
		cs_tlv_write(w, DATA_APPLICATION, data->application);
		cs_tlv_write(w, DATA_OBJECT_ID, data->object_id);
		cs_tlv_write(w, DATA_VALUE, data->value);
	}
	return cs_writer_done(w) == CS_OK ? CS_OK : CS_ERR_LENGTH;
}

enum cs_err datastore_put(struct token *token, size_t index, struct cs_view content)
{
	struct put put = {datastore_object(index), content};
	enum cs_err err = token_run(token, NEED_LOGIN, put_work, &put);

	return err == CS_OK ? datastore_written(token, index, content, false) : err;
}

enum cs_err datastore_written(struct token *token, size_t index, struct cs_view content, bool private)
{
	struct data_slot *slot = &token->data.slots[index];
	uint8_t digest[HASH_MAX];
	enum cs_err err = content_keep(slot, content);

	slot->there = err == CS_OK && content.len > 0;
	slot->private = private;
	slot->digest_told = hash_digest(hash_by_mechanism(CKM_SHA256), &content, 1, digest) == CS_OK;
	if (slot->digest_told)
		memcpy(slot->digest, digest, sizeof(slot->digest));
	return err;
}

enum cs_err datastore_delete(struct token *token, size_t index)
{
	struct put put = {datastore_object(index), CS_VIEW_EMPTY};
	enum cs_err err = token_run(token, NEED_LOGIN, put_work, &put);

	if (err == CS_OK) {
		content_free(&token->data.slots[index]);
		token->data.slots[index] = (struct data_slot){.known = true};
	}
	return err;
}
