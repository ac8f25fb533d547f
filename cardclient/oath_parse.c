/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Parsers of what an OATH card answers (oath.h).
 */
#include <string.h>

#include "base/tlv.h"
#include "cardclient/oath.h"

static enum cs_err take(struct cs_view value, uint8_t *to, size_t cap, size_t *len)
{
	if (value.len == 0 || value.len > cap)
		return CS_ERR_MALFORMED;
	memcpy(to, value.ptr, value.len);
	*len = value.len;
	return CS_OK;
}

static enum cs_err take_tries(struct cs_view value, struct cc_oath_info *info)
{
	struct cs_reader r = cs_reader_of(value);

	info->tries.left = cs_read_u8(&r);
	info->tries.total = cs_read_u8(&r);
	info->tries.wait_seconds = cs_read_u16(&r);
	info->has_tries = true;
	return cs_reader_done(&r);
}

enum cs_err cc_oath_parse_select(struct cs_view answer, struct cc_oath_info *out)
{
	struct cc_oath_info info;
	struct cs_reader r = cs_reader_of(answer);
	enum cs_err err = CS_OK;
	size_t version_len = 0;
	struct cs_tlv e;

	memset(&info, 0, sizeof info);
	while (!err && cs_tlv_read(&r, &e)) {
		if (e.tag == YKOATH_TAG_VERSION)
			err = take(e.value, info.version, sizeof info.version, &version_len);
		else if (e.tag == YKOATH_TAG_NAME)
			err = take(e.value, info.salt, sizeof info.salt, &info.salt_len);
		else if (e.tag == YKOATH_TAG_CHALLENGE)
			err = take(e.value, info.challenge, sizeof info.challenge, &info.challenge_len);
		else if (e.tag == YKOATH_TAG_ALGORITHM && e.value.len == 1)
			info.algorithm = e.value.ptr[0];
		else if (e.tag == YKOATH_TAG_TRIES)
			err = take_tries(e.value, &info);
	}
	if (!err)
		err = cs_reader_done(&r);
	if (err || version_len != sizeof info.version || info.salt_len == 0)
		return CS_ERR_MALFORMED;
	info.locked = info.challenge_len > 0;
	*out = info;
	return CS_OK;
}

static enum cs_err take_name(struct cs_view text, struct cc_oath_name *name)
{
	if (text.len == 0 || text.len > YKOATH_NAME_MAX || memchr(text.ptr, 0, text.len) != NULL)
		return CS_ERR_MALFORMED;
	memcpy(name->text, text.ptr, text.len);
	name->text[text.len] = '\0';
	name->len = text.len;
	return CS_OK;
}

/* 72: type and hash, name. */
static enum cs_err take_listed(struct cs_view value, struct cc_oath_entry *entry)
{
	struct cs_reader r = cs_reader_of(value);
	uint8_t type_hash = cs_read_u8(&r);
	struct cs_view name = cs_read_rest(&r);

	entry->type = (enum ykoath_type)(type_hash & YKOATH_TYPE_MASK);
	entry->hash = (enum ykoath_hash)(type_hash & YKOATH_HASH_MASK);
	return cs_reader_done(&r) ? CS_ERR_MALFORMED : take_name(name, &entry->name);
}

enum cs_err cc_oath_parse_list(struct cs_view answer, cc_oath_each_fn *each, void *ctx)
{
	struct cs_reader r = cs_reader_of(answer);
	enum cs_err err = CS_OK;
	struct cs_tlv e;

	while (!err && cs_tlv_read(&r, &e)) {
		struct cc_oath_entry entry;
		memset(&entry, 0, sizeof entry);
		if (e.tag != YKOATH_TAG_NAME_LIST)
			return CS_ERR_MALFORMED;
		err = take_listed(e.value, &entry);
		if (!err)
			err = each(ctx, &entry);
	}
	return err ? err : cs_reader_done(&r);
}

static void take_properties(uint8_t properties, struct cc_oath_entry *entry)
{
	entry->touch = (properties & YKOATH_PROPERTY_TOUCH) != 0;
	entry->pin = (properties & YKOATH_PROPERTY_PIN) != 0;
	entry->made = (properties & YKOATH_PROPERTY_MADE) != 0;
}

static enum cs_err take_suite(struct cs_view text, struct cc_oath_entry *entry)
{
	if (text.len == 0 || text.len > CS_OCRA_SUITE_MAX || memchr(text.ptr, 0, text.len) != NULL)
		return CS_ERR_MALFORMED;
	memcpy(entry->suite, text.ptr, text.len);
	entry->suite[text.len] = '\0';
	return CS_OK;
}

/* 72, C0, and for OCRA C1. */
static enum cs_err take_described(struct cs_reader *r, struct cc_oath_entry *entry)
{
	enum cs_err err = take_listed(cs_tlv_expect(r, YKOATH_TAG_NAME_LIST), entry);
	struct cs_reader about = cs_reader_of(cs_tlv_expect(r, YKOATH_TAG_PROPERTIES));

	take_properties(cs_read_u8(&about), entry);
	entry->digits = cs_read_u8(&about);
	entry->has_unique = cs_reader_more(&about);
	if (entry->has_unique)
		cs_read_copy(&about, entry->unique, sizeof entry->unique);
	if (!err)
		err = cs_reader_done(&about);
	if (!err && entry->type == YKOATH_TYPE_OCRA)
		err = take_suite(cs_tlv_expect(r, YKOATH_TAG_SUITE), entry);
	return err;
}

enum cs_err cc_oath_parse_list_all(struct cs_view answer, cc_oath_each_fn *each, void *ctx)
{
	struct cs_reader r = cs_reader_of(answer);
	enum cs_err err = CS_OK;

	while (!err && cs_reader_more(&r)) {
		struct cc_oath_entry entry;
		memset(&entry, 0, sizeof entry);
		err = take_described(&r, &entry);
		if (!err && entry.digits <= CS_OATH_DIGITS_MAX)
			err = each(ctx, &entry);
	}
	return err ? err : cs_reader_done(&r);
}

/* Digits, then the 31-bit number. */
static enum cs_err take_code(struct cs_view value, uint32_t *truncated, unsigned *digits)
{
	struct cs_reader r = cs_reader_of(value);
	uint8_t count = cs_read_u8(&r);
	uint32_t number = cs_read_u32(&r);

	if (cs_reader_done(&r) || count < 1 || count > CS_OATH_DIGITS_MAX)
		return CS_ERR_MALFORMED;
	*truncated = number & 0x7FFFFFFFu;
	*digits = count;
	return CS_OK;
}

static enum cs_err take_entry(const struct cs_tlv *e, struct cc_oath_entry *entry)
{
	switch (e->tag) {
	case YKOATH_TAG_TRUNCATED_RESPONSE:
		entry->type = YKOATH_TYPE_TOTP;
		entry->has_code = true;
		return take_code(e->value, &entry->truncated, &entry->digits);
	case YKOATH_TAG_HOTP:
	case YKOATH_TAG_TOUCH:
		entry->type = e->tag == YKOATH_TAG_HOTP ? YKOATH_TYPE_HOTP : YKOATH_TYPE_TOTP;
		entry->touch = e->tag == YKOATH_TAG_TOUCH;
		if (e->value.len > 1) /* a card of ours, and the PIN is wanted */
			take_properties(e->value.ptr[1], entry);
		entry->digits = e->value.len > 0 ? e->value.ptr[0] : 0;
		return CS_OK;
	default:
		return CS_ERR_MALFORMED;
	}
}

enum cs_err cc_oath_parse_all(struct cs_view answer, cc_oath_each_fn *each, void *ctx)
{
	struct cs_reader r = cs_reader_of(answer);
	enum cs_err err = CS_OK;
	struct cs_tlv e;

	while (!err && cs_reader_more(&r)) {
		struct cc_oath_entry entry;
		memset(&entry, 0, sizeof entry);
		struct cs_view name = cs_tlv_expect(&r, YKOATH_TAG_NAME);
		if (!cs_tlv_read(&r, &e))
			return CS_ERR_MALFORMED;
		err = take_name(name, &entry.name);
		if (!err)
			err = take_entry(&e, &entry);
		if (!err && entry.digits <= CS_OATH_DIGITS_MAX)
			err = each(ctx, &entry);
	}
	return err ? err : cs_reader_done(&r);
}

enum cs_err cc_oath_parse_code(struct cs_view answer, uint32_t *truncated, unsigned *digits)
{
	struct cs_reader r = cs_reader_of(answer);
	struct cs_view value = cs_tlv_expect(&r, YKOATH_TAG_TRUNCATED_RESPONSE);
	enum cs_err err = cs_reader_done(&r);
	return err ? err : take_code(value, truncated, digits);
}
