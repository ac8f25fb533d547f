/* SPDX-License-Identifier: BSD-2-Clause
 *
 * OATH: PUT, DELETE, RENAME, LIST.
 */
#include "applet/oath_app.h"

#include <string.h>

#include "applet/oath_credential.h"
#include "base/secret.h"
#include "base/tlv.h"

static enum cs_err name_set(struct oath_credential *cred, struct cs_view name)
{
	if (name.len == 0 || name.len > sizeof cred->name)
		return CS_ERR_MALFORMED;
	cred->name_len = (uint8_t)name.len;
	memcpy(cred->name, name.ptr, name.len);
	return CS_OK;
}

/* 73 of PUT: type and hash, digits, key. */
static enum cs_err key_set(struct oath_credential *cred, struct cs_view value)
{
	struct cs_reader r = cs_reader_of(value);
	cred->type_hash = cs_read_u8(&r);
	cred->digits = cs_read_u8(&r);
	struct cs_view key = cs_read_rest(&r);
	uint8_t type = cred->type_hash & YKOATH_TYPE_MASK;
	if ((type != YKOATH_TYPE_HOTP && type != YKOATH_TYPE_TOTP) || oath_hash(cred->type_hash) == 0)
		return CS_ERR_MALFORMED;
	if (cred->digits < CS_OATH_DIGITS_MIN || cred->digits > CS_OATH_DIGITS_MAX)
		return CS_ERR_MALFORMED;
	if (key.len < YKOATH_KEY_MIN || key.len > sizeof cred->key)
		return CS_ERR_MALFORMED;
	cred->key_len = (uint8_t)key.len;
	memcpy(cred->key, key.ptr, key.len);
	return CS_OK;
}

/* What may follow the key: 78 property, which has no length byte, and 7A with the first counter. */
static enum cs_err options_set(struct oath_credential *cred, struct cs_reader *r)
{
	while (cs_reader_more(r)) {
		uint8_t tag = cs_read_u8(r);
		if (tag == YKOATH_TAG_PROPERTY) {
			cred->properties = cs_read_u8(r);
		} else if (tag == YKOATH_TAG_IMF && cs_read_u8(r) == sizeof(uint32_t)) {
			cred->counter = cs_read_u32(r);
		} else {
			cs_reader_fail(r);
		}
	}
	enum cs_err err = cs_reader_done(r);
	if (!err && (cred->properties & ~YKOATH_PROPERTY_TOUCH) != 0)
		err = CS_ERR_UNSUPPORTED;
	return err;
}

static enum cs_err put_parse(struct cs_view data, struct oath_credential *cred)
{
	struct cs_reader r = cs_reader_of(data);
	enum cs_err err = name_set(cred, cs_tlv_expect(&r, YKOATH_TAG_NAME));
	if (!err)
		err = key_set(cred, cs_tlv_expect(&r, YKOATH_TAG_KEY));
	return err ? err : options_set(cred, &r);
}

/* The record that the credential of this name has, or else a free one. */
static enum cs_err id_for(struct card *card, struct cs_view name, uint16_t *id)
{
	struct oath_credential old;
	enum cs_err err = oath_find(&card->store, name, &old);
	if (!err)
		*id = old.id;
	else if (err == CS_ERR_NOT_FOUND)
		err = oath_free_id(&card->store, id);
	cs_wipe(&old, sizeof old);
	return err;
}

enum cs_err oath_put(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
		     struct cs_writer *out)
{
	struct oath_credential cred = {0};
	(void)channel;
	(void)out;
	enum cs_err err = put_parse(cmd->data, &cred);
	if (!err)
		err = id_for(card, oath_name(&cred), &cred.id);
	if (!err)
		err = oath_store(&card->store, &cred);
	cs_wipe(&cred, sizeof cred);
	return err;
}

enum cs_err oath_delete(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
			struct cs_writer *out)
{
	struct oath_credential cred = {0};
	struct cs_reader r = cs_reader_of(cmd->data);
	struct cs_view name = cs_tlv_expect(&r, YKOATH_TAG_NAME);
	(void)channel;
	(void)out;
	enum cs_err err = cs_reader_done(&r);
	if (!err)
		err = oath_find(&card->store, name, &cred);
	if (!err)
		err = store_delete(&card->store, cred.id);
	cs_wipe(&cred, sizeof cred);
	return err;
}

/* CS_OK where no credential but this one has the name. */
static enum cs_err name_is_free(struct card *card, struct cs_view name, uint16_t but)
{
	struct oath_credential other;
	enum cs_err err = oath_find(&card->store, name, &other);
	if (err == CS_ERR_NOT_FOUND)
		err = CS_OK;
	else if (!err && other.id != but)
		err = CS_ERR_MALFORMED;
	cs_wipe(&other, sizeof other);
	return err;
}

enum cs_err oath_rename(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
			struct cs_writer *out)
{
	struct oath_credential cred = {0};
	struct cs_reader r = cs_reader_of(cmd->data);
	struct cs_view from = cs_tlv_expect(&r, YKOATH_TAG_NAME);
	struct cs_view to = cs_tlv_expect(&r, YKOATH_TAG_NAME);
	(void)channel;
	(void)out;
	enum cs_err err = cs_reader_done(&r);
	if (!err)
		err = oath_find(&card->store, from, &cred);
	if (!err)
		err = name_is_free(card, to, cred.id);
	if (!err)
		err = name_set(&cred, to);
	if (!err)
		err = oath_store(&card->store, &cred);
	cs_wipe(&cred, sizeof cred);
	return err;
}

enum cs_err oath_list(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
		      struct cs_writer *out)
{
	struct oath_credential cred = {0};
	uint16_t id = 0;
	enum cs_err err;
	(void)channel;
	(void)cmd;
	while (!(err = oath_next(&card->store, &id, &cred))) {
		cs_tlv_write_header(out, YKOATH_TAG_NAME_LIST, 1u + cred.name_len);
		cs_write_u8(out, cred.type_hash);
		cs_write_view(out, oath_name(&cred));
	}
	cs_wipe(&cred, sizeof cred);
	return err == CS_ERR_NOT_FOUND ? cs_writer_done(out) : err;
}
