/* SPDX-License-Identifier: BSD-2-Clause
 *
 * OATH credentials to records and back.
 */
#include "applet/oath_credential.h"

#include <string.h>

#include "base/secret.h"

#define RECORD_VERSION 1u
#define RECORD_MAX     (13u + YKOATH_NAME_MAX + YKOATH_KEY_MAX)

enum cs_hash oath_hash(uint8_t type_hash)
{
	switch (type_hash & YKOATH_HASH_MASK) {
	case YKOATH_HASH_SHA1:
		return CS_SHA1;
	case YKOATH_HASH_SHA256:
		return CS_SHA256;
	case YKOATH_HASH_SHA512:
		return CS_SHA512;
	default:
		return (enum cs_hash)0;
	}
}

bool oath_is_hotp(const struct oath_credential *cred)
{
	return (cred->type_hash & YKOATH_TYPE_MASK) == YKOATH_TYPE_HOTP;
}

struct cs_view oath_name(const struct oath_credential *cred)
{
	return cs_view(cred->name, cred->name_len);
}

struct cs_view oath_key(const struct oath_credential *cred)
{
	return cs_view(cred->key, cred->key_len);
}

static enum cs_err decode(struct cs_view record, struct oath_credential *out)
{
	struct cs_reader r = cs_reader_of(record);
	uint8_t version = cs_read_u8(&r);
	out->type_hash = cs_read_u8(&r);
	out->digits = cs_read_u8(&r);
	out->properties = cs_read_u8(&r);
	out->counter = cs_read_u64(&r);
	out->name_len = cs_read_u8(&r);
	struct cs_view name = cs_read_view(&r, out->name_len);
	struct cs_view key = cs_read_rest(&r);
	if (cs_reader_done(&r) || version != RECORD_VERSION || name.len > YKOATH_NAME_MAX ||
	    key.len > YKOATH_KEY_MAX)
		return CS_ERR_CORRUPT;
	out->key_len = (uint8_t)key.len;
	memcpy(out->name, name.ptr, name.len);
	memcpy(out->key, key.ptr, key.len);
	return CS_OK;
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

enum cs_err oath_free_id(const struct store *st, uint16_t *id)
{
	for (unsigned i = RECORD_OATH_CREDENTIAL_FIRST; i <= RECORD_OATH_CREDENTIAL_LAST; i++) {
		if (!store_has(st, (uint16_t)i)) {
			*id = (uint16_t)i;
			return CS_OK;
		}
	}
	return CS_ERR_FULL;
}

enum cs_err oath_store(struct store *st, const struct oath_credential *cred)
{
	uint8_t record[RECORD_MAX];
	struct cs_writer w = CS_WRITER_OF(record);
	cs_write_u8(&w, RECORD_VERSION);
	cs_write_u8(&w, cred->type_hash);
	cs_write_u8(&w, cred->digits);
	cs_write_u8(&w, cred->properties);
	cs_write_u64(&w, cred->counter);
	cs_write_u8(&w, cred->name_len);
	cs_write_view(&w, oath_name(cred));
	cs_write_view(&w, oath_key(cred));
	enum cs_err err = cs_writer_done(&w);
	if (!err)
		err = store_put(st, cred->id, cs_writer_view(&w));
	cs_wipe(record, sizeof record);
	return err;
}
