/* SPDX-License-Identifier: BSD-2-Clause
 *
 * OATH credentials to records and back, and their keys.
 *
 * Invariants: (1) the key of a credential that is bound to the PIN is on the flash in an envelope of secret.h
 * only; (2) whoever uses it has the PIN verified on his channel.
 */
#include "applet/oath_credential.h"

#include <string.h>

#include "base/secret.h"

#define RECORD_WITHOUT 1u /* without what is drawn */
#define RECORD_VERSION 2u
#define CONTEXT_LEN    4u
#define RECORD_MAX     (14u + YKOATH_UNIQUE_LEN + YKOATH_NAME_MAX + CS_OCRA_SUITE_MAX + OATH_KEY_RECORD_MAX)

enum ykoath_type oath_type(const struct oath_credential *cred)
{
	return (enum ykoath_type)(cred->type_hash & YKOATH_TYPE_MASK);
}

struct cs_view oath_name(const struct oath_credential *cred)
{
	return cs_view(cred->name, cred->name_len);
}

struct cs_view oath_suite(const struct oath_credential *cred)
{
	return cs_view(cred->suite, cred->suite_len);
}

struct cs_view oath_unique(const struct oath_credential *cred)
{
	return cred->has_unique ? CS_VIEW_OF(cred->unique) : CS_VIEW_EMPTY;
}

enum cs_err oath_unique_draw(struct card *card, struct oath_credential *cred)
{
	const struct crypto *crypto = card->ports.crypto;

	cred->has_unique = true;
	return crypto->random(crypto->ctx, cred->unique, sizeof cred->unique);
}

enum cs_err oath_name_set(struct oath_credential *cred, struct cs_view name)
{
	if (name.len == 0 || name.len > sizeof cred->name)
		return CS_ERR_MALFORMED;
	cred->name_len = (uint8_t)name.len;
	memcpy(cred->name, name.ptr, name.len);
	return CS_OK;
}

static void take(struct cs_reader *r, struct cs_view from, uint8_t *to, size_t cap, uint8_t *len)
{
	if (from.len > cap) {
		cs_reader_fail(r);
		return;
	}
	if (from.len)
		memcpy(to, from.ptr, from.len);
	*len = (uint8_t)from.len;
}

static enum cs_err decode(struct cs_view record, struct oath_credential *out)
{
	struct cs_reader r = cs_reader_of(record);
	uint8_t version = cs_read_u8(&r);
	out->type_hash = cs_read_u8(&r);
	out->digits = cs_read_u8(&r);
	out->properties = cs_read_u8(&r);
	out->counter = cs_read_u64(&r);
	out->has_unique = version == RECORD_VERSION;
	if (out->has_unique)
		cs_read_copy(&r, out->unique, sizeof out->unique);
	take(&r, cs_read_view(&r, cs_read_u8(&r)), out->name, sizeof out->name, &out->name_len);
	if (oath_type(out) == YKOATH_TYPE_OCRA)
		take(&r, cs_read_view(&r, cs_read_u8(&r)), out->suite, sizeof out->suite, &out->suite_len);
	take(&r, cs_read_rest(&r), out->key, sizeof out->key, &out->key_len);
	if (version != RECORD_VERSION && version != RECORD_WITHOUT)
		return CS_ERR_CORRUPT;
	return cs_reader_done(&r) ? CS_ERR_CORRUPT : CS_OK;
}

static enum cs_err load(struct store *st, uint16_t id, struct oath_credential *out)
{
	uint8_t record[RECORD_MAX];
	struct oath_credential cred = {.id = id};
	struct cs_writer w = CS_WRITER_OF(record);
	enum cs_err err = store_get(st, id, &w);
	if (!err)
		err = decode(cs_writer_view(&w), &cred);
	if (!err)
		*out = cred;
	cs_wipe(record, sizeof record);
	cs_wipe(&cred, sizeof cred);
	return err;
}

enum cs_err oath_next(struct store *st, uint16_t *id, struct oath_credential *out)
{
	uint16_t first = *id == 0 ? RECORD_OATH_CREDENTIAL_FIRST : (uint16_t)(*id + 1);
	if (first > RECORD_OATH_CREDENTIAL_LAST || !store_next(st, first, RECORD_OATH_CREDENTIAL_LAST, id))
		return CS_ERR_NOT_FOUND;
	return load(st, *id, out);
}

enum cs_err oath_find(struct store *st, struct cs_view name, struct oath_credential *out)
{
	struct oath_credential cred;
	uint16_t id = 0;
	enum cs_err err;
	do
		err = oath_next(st, &id, &cred);
	while (!err && !cs_view_equal(oath_name(&cred), name));
	if (!err)
		*out = cred;
	cs_wipe(&cred, sizeof cred);
	return err;
}

/* The first id that no credential has. */
static enum cs_err free_id(const struct store *st, uint16_t *id)
{
	for (unsigned i = RECORD_OATH_CREDENTIAL_FIRST; i <= RECORD_OATH_CREDENTIAL_LAST; i++) {
		if (!store_has(st, (uint16_t)i)) {
			*id = (uint16_t)i;
			return CS_OK;
		}
	}
	return CS_ERR_FULL;
}

enum cs_err oath_id_for(struct store *st, struct cs_view name, uint16_t *id)
{
	struct oath_credential old;
	enum cs_err err = oath_find(st, name, &old);
	if (!err)
		*id = old.id;
	else if (err == CS_ERR_NOT_FOUND)
		err = free_id(st, id);
	cs_wipe(&old, sizeof old);
	return err;
}

enum cs_err oath_store(struct store *st, const struct oath_credential *cred)
{
	uint8_t record[RECORD_MAX];
	struct cs_writer w = CS_WRITER_OF(record);
	cs_write_u8(&w, cred->has_unique ? RECORD_VERSION : RECORD_WITHOUT);
	cs_write_u8(&w, cred->type_hash);
	cs_write_u8(&w, cred->digits);
	cs_write_u8(&w, cred->properties);
	cs_write_u64(&w, cred->counter);
	cs_write_view(&w, oath_unique(cred));
	cs_write_u8(&w, cred->name_len);
	cs_write_view(&w, oath_name(cred));
	if (oath_type(cred) == YKOATH_TYPE_OCRA) {
		cs_write_u8(&w, cred->suite_len);
		cs_write_view(&w, oath_suite(cred));
	}
	cs_write_view(&w, cs_view(cred->key, cred->key_len));
	enum cs_err err = cs_writer_done(&w);
	if (!err)
		err = store_put(st, cred->id, cs_writer_view(&w));
	cs_wipe(record, sizeof record);
	return err;
}

/* ---- keys ---- */

static bool is_bound(const struct oath_credential *cred)
{
	return (cred->properties & YKOATH_PROPERTY_PIN) != 0;
}

/* What the envelope of a key says of its credential. Not the name, which may change. */
static struct cs_view context_of(const struct oath_credential *cred, uint8_t context[CONTEXT_LEN])
{
	context[0] = 'O';
	context[1] = cred->type_hash;
	context[2] = cred->digits;
	context[3] = cred->properties;
	return cs_view(context, CONTEXT_LEN);
}

enum cs_err oath_key_permit(const struct channel *channel, const struct oath_credential *cred)
{
	return is_bound(cred) ? secret_permit(channel) : CS_OK;
}

enum cs_err oath_key_seal(struct card *card, const struct channel *channel, struct oath_credential *cred)
{
	uint8_t context[CONTEXT_LEN], plain[YKOATH_KEY_MAX];
	struct cs_writer w = CS_WRITER_OF(cred->key);
	size_t len = cred->key_len;

	if (!is_bound(cred))
		return CS_OK;
	memcpy(plain, cred->key, len);
	enum cs_err err = secret_seal(card, channel, context_of(cred, context), cs_view(plain, len), &w);
	cred->key_len = (uint8_t)w.len;
	cs_wipe(plain, sizeof plain);
	return err ? err : cs_writer_done(&w);
}

enum cs_err oath_use(struct card *card, const struct channel *channel, struct oath_credential *cred,
		     bool counts)
{
	bool renew = is_bound(cred) && secret_is_provisional(cs_view(cred->key, cred->key_len));
	uint8_t context[CONTEXT_LEN];
	size_t len = cred->key_len;
	enum cs_err err = CS_OK;

	/* There is no counter after the last one: 0 was used. */
	if (counts && cred->counter == UINT64_MAX)
		return CS_ERR_STATE;
	if (renew)
		err = secret_renew(card, channel, context_of(cred, context), cred->key, &len);
	if (err || (!renew && !counts))
		return err;
	cred->key_len = (uint8_t)len;
	cred->counter += counts;
	err = oath_store(&card->store, cred);
	/* The longer envelope is as good. */
	return err == CS_ERR_FULL && !counts ? CS_OK : err;
}

enum cs_err oath_key(struct card *card, const struct channel *channel, struct oath_credential *cred,
		     struct cs_view *key)
{
	uint8_t context[CONTEXT_LEN];

	*key = cs_view(cred->key, cred->key_len);
	if (!is_bound(cred))
		return CS_OK;
	return secret_open(card, channel, context_of(cred, context), cred->key, cred->key_len, key);
}

enum cs_err oath_delete_bound(struct store *st)
{
	struct oath_credential cred;
	uint16_t id = 0;
	enum cs_err err;

	while (!(err = oath_next(st, &id, &cred))) {
		if (is_bound(&cred) && (err = store_delete(st, id)) != CS_OK)
			break;
	}
	cs_wipe(&cred, sizeof cred);
	return err == CS_ERR_NOT_FOUND ? CS_OK : err;
}
