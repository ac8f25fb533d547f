/* SPDX-License-Identifier: BSD-2-Clause
 *
 * OATH: what makes a credential: PUT, with a key of the host's, and the part of GENERATE that is like it.
 */
#include "applet/oath_app.h"

#include <string.h>

#include "applet/content.h"
#include "applet/oath_credential.h"
#include "base/secret.h"
#include "base/tlv.h"

/* 73: type and hash, digits, and PUT's key. */
static enum cs_err key_set(struct oath_credential *cred, struct cs_view value, bool with_key)
{
	struct cs_reader r = cs_reader_of(value);
	cred->type_hash = cs_read_u8(&r);
	cred->digits = cs_read_u8(&r);
	if (!with_key)
		return cs_reader_done(&r);
	struct cs_view key = cs_read_rest(&r);
	if (key.len < YKOATH_KEY_MIN || key.len > YKOATH_KEY_MAX)
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

/* C1: kept whether it is a suite or not; cs_ykoath_shape_valid says so. */
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

static enum cs_err parse(struct cs_reader *r, struct oath_credential *cred, bool with_key)
{
	enum cs_err err = oath_name_set(cred, cs_tlv_expect(r, YKOATH_TAG_NAME));
	if (!err)
		err = key_set(cred, cs_tlv_expect(r, YKOATH_TAG_KEY), with_key);
	if (!err)
		err = options_set(cred, r);
	if (!err && !cs_ykoath_shape_valid(cred->type_hash, cred->digits, oath_suite(cred)))
		err = CS_ERR_MALFORMED;
	return err;
}

enum cs_err oath_parse_shape(struct cs_view data, struct oath_credential *cred)
{
	struct cs_reader r = cs_reader_of(data);
	return parse(&r, cred, false);
}

enum cs_err oath_put(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
		     struct cs_writer *out)
{
	struct oath_credential cred = {0};
	struct cs_reader r = cs_reader_of(cmd->data);
	(void)out;
	enum cs_err err = parse(&r, &cred, true);
	if (!err)
		err = oath_id_for(&card->store, oath_name(&cred), &cred.id);
	if (!err)
		err = oath_unique_draw(card, &cred);
	if (!err)
		err = oath_key_seal(card, channel, &cred);
	if (!err)
		err = content_touch(card);
	if (!err)
		err = oath_store(&card->store, &cred);
	cs_wipe(&cred, sizeof cred);
	return err;
}
