/* SPDX-License-Identifier: BSD-2-Clause
 *
 * OATH: PUT.
 */
#include "applet/oath_app.h"

#include <string.h>

#include "applet/oath_credential.h"
#include "base/secret.h"
#include "base/tlv.h"

/* 73: type and hash, digits, key. */
static enum cs_err key_set(struct oath_credential *cred, struct cs_view value)
{
	struct cs_reader r = cs_reader_of(value);
	cred->type_hash = cs_read_u8(&r);
	cred->digits = cs_read_u8(&r);
	struct cs_view key = cs_read_rest(&r);
	if (key.len < YKOATH_KEY_MIN || key.len > sizeof cred->key)
		return CS_ERR_MALFORMED;
	cred->key_len = (uint8_t)key.len;
	memcpy(cred->key, key.ptr, key.len);
	return CS_OK;
}

/* C0: what Countersign's hosts may ask for. */
static void properties_set(struct oath_credential *cred, struct cs_reader *r, struct cs_view value)
{
	if (value.len != 1 || (value.ptr[0] & ~(YKOATH_PROPERTY_TOUCH | YKOATH_PROPERTY_PIN)) != 0)
		cs_reader_fail(r);
	else
		cred->properties |= value.ptr[0];
}

/* C1: kept whether it is a suite or not; shape_check says so. */
static void suite_set(struct oath_credential *cred, struct cs_reader *r, struct cs_view value)
{
	if (value.len == 0 || value.len > sizeof cred->suite) {
		cs_reader_fail(r);
		return;
	}
	cred->suite_len = (uint8_t)value.len;
	memcpy(cred->suite, value.ptr, value.len);
}

static void option_set(struct oath_credential *cred, struct cs_reader *r, uint8_t tag, struct cs_view value)
{
	struct cs_reader number = cs_reader_of(value);

	switch (tag) {
	case YKOATH_TAG_IMF:
		cred->counter = value.len == sizeof(uint64_t) ? cs_read_u64(&number) : cs_read_u32(&number);
		if (cs_reader_done(&number))
			cs_reader_fail(r);
		return;
	case YKOATH_TAG_PROPERTIES:
		properties_set(cred, r, value);
		return;
	case YKOATH_TAG_SUITE:
		suite_set(cred, r, value);
		return;
	default:
		cs_reader_fail(r);
	}
}

/* What may follow the key: 78 property, which has no length byte, and elements that have one. */
static enum cs_err options_set(struct oath_credential *cred, struct cs_reader *r)
{
	enum cs_err err = CS_OK;

	while (cs_reader_more(r)) {
		uint8_t tag = cs_read_u8(r);
		if (tag == YKOATH_TAG_PROPERTY) {
			uint8_t properties = cs_read_u8(r);
			if ((properties & ~YKOATH_PROPERTY_TOUCH) != 0)
				err = CS_ERR_UNSUPPORTED;
			cred->properties |= properties & YKOATH_PROPERTY_TOUCH;
		} else {
			option_set(cred, r, tag, cs_read_view(r, cs_read_u8(r)));
		}
	}
	return cs_reader_done(r) ? CS_ERR_MALFORMED : err;
}

/* An OCRA credential's hash and digits are those of its suite. */
static bool suite_fits(const struct oath_credential *cred)
{
	struct cs_ocra_suite suite;

	return cs_ocra_suite_parse(oath_suite(cred), &suite) == CS_OK &&
	       suite.hash == oath_hash(cred->type_hash) && suite.digits == cred->digits;
}

/* Type, hash, digits and suite go together. */
static enum cs_err shape_check(const struct oath_credential *cred)
{
	bool ok = oath_hash(cred->type_hash) != 0;

	switch (oath_type(cred)) {
	case YKOATH_TYPE_HOTP:
	case YKOATH_TYPE_TOTP:
		ok = ok && cred->suite_len == 0 && cred->digits >= CS_OATH_DIGITS_MIN &&
		     cred->digits <= CS_OATH_DIGITS_MAX;
		break;
	case YKOATH_TYPE_OCRA:
		ok = ok && suite_fits(cred);
		break;
	default:
		ok = false;
	}
	return ok ? CS_OK : CS_ERR_MALFORMED;
}

static enum cs_err put_parse(struct cs_view data, struct oath_credential *cred)
{
	struct cs_reader r = cs_reader_of(data);
	enum cs_err err = oath_name_set(cred, cs_tlv_expect(&r, YKOATH_TAG_NAME));
	if (!err)
		err = key_set(cred, cs_tlv_expect(&r, YKOATH_TAG_KEY));
	if (!err)
		err = options_set(cred, &r);
	return err ? err : shape_check(cred);
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
