/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Secret keys: their records, and how they come and go. A record: format (01), algorithm, origin, PIN policy,
 * touch policy, usage (2 bytes), key.
 */
#include "applet/secret_key.h"

#include <string.h>

#include "applet/attribute.h"
#include "applet/content.h"
#include "applet/csgn.h"
#include "applet/piv_key.h"
#include "applet/records.h"
#include "base/secret.h"
#include "base/tlv.h"

#define FORMAT	    1u
#define HEAD_LEN    8u
#define RECORD_MAX  (HEAD_LEN + CSGN_SECRET_KEY_MAX + SECRET_OVERHEAD)
#define CONTEXT_LEN 8u

_Static_assert(sizeof(((struct secret_key *)NULL)->bytes) == RECORD_MAX - HEAD_LEN,
	       "a record holds what a key does");

#define USAGE_CIPHER (CSGN_USAGE_ENCRYPT | CSGN_USAGE_DECRYPT)
#define USAGE_MAC    (CSGN_USAGE_SIGN | CSGN_USAGE_VERIFY)

struct kind {
	uint8_t algorithm;	      /* enum csgn_secret_algorithm */
	uint8_t len_min, len_max;     /* of the key */
	uint8_t len_default;	      /* where nothing is said */
	uint8_t usage, usage_default; /* what it can be for */
};

static const struct kind kinds[] = {
    {CSGN_SECRET_AES128, 16, 16, 16, USAGE_CIPHER | USAGE_MAC, USAGE_CIPHER},
    {CSGN_SECRET_AES192, 24, 24, 24, USAGE_CIPHER | USAGE_MAC, USAGE_CIPHER},
    {CSGN_SECRET_AES256, 32, 32, 32, USAGE_CIPHER | USAGE_MAC, USAGE_CIPHER},
    {CSGN_SECRET_HMAC_SHA1, CSGN_HMAC_KEY_MIN, CSGN_SECRET_KEY_MAX, 20, USAGE_MAC, USAGE_MAC},
    {CSGN_SECRET_HMAC_SHA256, CSGN_HMAC_KEY_MIN, CSGN_SECRET_KEY_MAX, 32, USAGE_MAC, USAGE_MAC},
    {CSGN_SECRET_HMAC_SHA384, CSGN_HMAC_KEY_MIN, CSGN_SECRET_KEY_MAX, 48, USAGE_MAC, USAGE_MAC},
    {CSGN_SECRET_HMAC_SHA512, CSGN_HMAC_KEY_MIN, CSGN_SECRET_KEY_MAX, 64, USAGE_MAC, USAGE_MAC},
};

static const struct kind *kind_find(uint8_t algorithm)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kinds[i].algorithm == algorithm)
			return &kinds[i];
	}
	return NULL;
}

uint16_t secret_key_record(uint8_t number)
{
	return number >= 1 && number <= CSGN_SECRETS_MAX ? (uint16_t)(RECORD_SECRET_FIRST + number) : 0;
}

static bool is_guarded(const struct secret_key *key)
{
	return key->pin_policy != PIV_PIN_NEVER;
}

enum cs_err secret_key_load(struct card *card, uint8_t number, struct secret_key *key)
{
	uint8_t record[RECORD_MAX];
	struct cs_writer w = CS_WRITER_OF(record);
	uint16_t id = secret_key_record(number);
	enum cs_err err = id ? store_get(&card->store, id, &w) : CS_ERR_NOT_FOUND;
	struct cs_reader r = cs_reader_of(cs_writer_view(&w));
	struct cs_view bytes;

	if (err)
		return err;
	if (cs_read_u8(&r) != FORMAT)
		err = CS_ERR_CORRUPT;
	key->number = number;
	key->algorithm = cs_read_u8(&r);
	key->origin = cs_read_u8(&r);
	key->pin_policy = cs_read_u8(&r);
	key->touch_policy = cs_read_u8(&r);
	key->usage = cs_read_u16(&r);
	key->len = cs_read_u8(&r);
	bytes = cs_read_rest(&r);
	key->sealed = is_guarded(key);
	key->held = (uint8_t)bytes.len;
	if (cs_reader_done(&r) != CS_OK || bytes.len < key->len || !kind_find(key->algorithm))
		err = CS_ERR_CORRUPT;
	if (!err)
		memcpy(key->bytes, bytes.ptr, bytes.len);
	cs_wipe(record, sizeof(record));
	return err;
}

/* All that is told of the key: an envelope is of no use under another name. */
static struct cs_view context_of(const struct secret_key *key, uint8_t context[CONTEXT_LEN])
{
	struct cs_writer w = cs_writer_of(context, CONTEXT_LEN);

	cs_write_u8(&w, 'S');
	cs_write_u8(&w, key->number);
	cs_write_u8(&w, key->algorithm);
	cs_write_u8(&w, key->origin);
	cs_write_u8(&w, key->pin_policy);
	cs_write_u8(&w, key->touch_policy);
	cs_write_u16(&w, key->usage);
	return cs_writer_view(&w);
}

/* The record of a key whose bytes are as the store shall have them. */
static void record_write(const struct secret_key *key, struct cs_writer *w)
{
	cs_write_u8(w, FORMAT);
	cs_write_u8(w, key->algorithm);
	cs_write_u8(w, key->origin);
	cs_write_u8(w, key->pin_policy);
	cs_write_u8(w, key->touch_policy);
	cs_write_u16(w, key->usage);
	cs_write_u8(w, key->len);
	cs_write_view(w, cs_view(key->bytes, key->held));
}

/* A store that has no room keeps the old envelope, which is as good. */
static enum cs_err key_renew(struct card *card, const struct channel *channel, struct secret_key *key)
{
	uint8_t record[RECORD_MAX], context[CONTEXT_LEN];
	struct cs_writer w = CS_WRITER_OF(record);
	size_t len = key->held;
	enum cs_err err = secret_renew(card, channel, context_of(key, context), key->bytes, &len);

	if (err)
		return err;
	key->held = (uint8_t)len;
	record_write(key, &w);
	err = store_put(&card->store, secret_key_record(key->number), cs_writer_view(&w));
	return err == CS_ERR_FULL ? CS_OK : err;
}

enum cs_err secret_key_open(struct card *card, const struct channel *channel, struct secret_key *key)
{
	uint8_t context[CONTEXT_LEN];
	struct cs_view plain;
	enum cs_err err = CS_OK;

	if (!key->sealed)
		return CS_OK;
	if (secret_is_provisional(cs_view(key->bytes, key->held)))
		err = key_renew(card, channel, key);
	if (!err)
		err = secret_open(card, channel, context_of(key, context), key->bytes, key->held, &plain);
	if (!err && plain.len != key->len)
		err = CS_ERR_CORRUPT;
	if (err)
		return err;
	memmove(key->bytes, plain.ptr, plain.len);
	key->held = key->len;
	key->sealed = false;
	return CS_OK;
}

enum cs_err secret_key_describe(struct card *card, uint8_t number, struct cs_writer *out)
{
	struct secret_key key = {0};
	enum cs_err err = secret_key_load(card, number, &key);

	if (!err) {
		const uint8_t what[] = {number, key.algorithm, key.pin_policy, key.touch_policy, key.origin};
		const uint8_t usage[] = {(uint8_t)(key.usage >> 8), (uint8_t)key.usage};

		cs_tlv_write(out, CSGN_ENTRY_WHAT, CS_VIEW_OF(what));
		cs_tlv_write(out, CSGN_ENTRY_USAGE, CS_VIEW_OF(usage));
		cs_tlv_write_u8(out, CSGN_ENTRY_LENGTH, key.len);
	}
	cs_wipe(&key, sizeof(key));
	return err;
}

/* ---- CREATE SECRET KEY: P1 algorithm, P2 number, or 00 for a free one ---- */

static enum cs_err number_choose(const struct card *card, uint8_t asked, uint8_t *number)
{
	uint8_t n = asked ? asked : 1;

	if (secret_key_record(n) == 0)
		return CS_ERR_ARG;
	while (!asked && n <= CSGN_SECRETS_MAX && store_has(&card->store, secret_key_record(n)))
		n++;
	if (n > CSGN_SECRETS_MAX)
		return CS_ERR_FULL;
	if (store_has(&card->store, secret_key_record(n)))
		return CS_ERR_EXISTS;
	*number = n;
	return CS_OK;
}

/* The elements that say how the key is to be; none is there twice, and none that is not known. */
struct wish {
	struct cs_view usage, value, length, attributes;
};

static enum cs_err wish_read(struct cs_view data, struct wish *wish)
{
	struct cs_reader r = cs_reader_of(data);
	struct cs_tlv t;

	*wish = (struct wish){CS_VIEW_EMPTY, CS_VIEW_EMPTY, CS_VIEW_EMPTY, CS_VIEW_EMPTY};
	while (cs_tlv_read(&r, &t)) {
		struct cs_view *to = t.tag == CSGN_TAG_USAGE	    ? &wish->usage
				     : t.tag == CSGN_TAG_SECRET_KEY ? &wish->value
				     : t.tag == CSGN_TAG_LENGTH	    ? &wish->length
				     : t.tag == CSGN_TAG_ATTRIBUTES ? &wish->attributes
								    : NULL;

		if (t.tag == PIV_TAG_PIN_POLICY || t.tag == PIV_TAG_TOUCH_POLICY)
			continue;
		if (!to || to->ptr || t.value.len == 0)
			cs_reader_fail(&r);
		else
			*to = t.value;
	}
	return cs_reader_done(&r);
}

static enum cs_err usage_take(const struct wish *wish, const struct kind *kind, struct secret_key *key)
{
	struct cs_reader r = cs_reader_of(wish->usage);

	key->usage = kind->usage_default;
	if (wish->usage.len == 0)
		return CS_OK;
	key->usage = cs_read_u16(&r);
	if (cs_reader_done(&r) != CS_OK || key->usage == 0 || (key->usage & ~kind->usage))
		return CS_ERR_MALFORMED;
	return CS_OK;
}

/* The bytes of the key: the host's, or new ones. */
static enum cs_err value_take(const struct card *card, const struct wish *wish, const struct kind *kind,
			      struct secret_key *key)
{
	const struct crypto *crypto = card->ports.crypto;
	size_t len = wish->value.len ? wish->value.len : kind->len_default;

	if (wish->length.len > 1 || (wish->length.len && wish->value.len))
		return CS_ERR_MALFORMED;
	if (wish->length.len)
		len = wish->length.ptr[0];
	if (len < kind->len_min || len > kind->len_max)
		return CS_ERR_MALFORMED;
	key->len = (uint8_t)len;
	key->held = key->len;
	key->origin = wish->value.len ? PIV_ORIGIN_IMPORTED : PIV_ORIGIN_GENERATED;
	if (wish->value.len == 0)
		return crypto->random(crypto->ctx, key->bytes, len);
	memcpy(key->bytes, wish->value.ptr, len);
	return CS_OK;
}

/* As those of a private key in 9A. */
static enum cs_err policies_take(const struct card *card, struct cs_view data, struct secret_key *key)
{
	struct piv_key policies = {0};
	enum cs_err err = piv_key_policies(card, PIV_SLOT_AUTHENTICATION, data, &policies);

	key->pin_policy = policies.pin_policy;
	key->touch_policy = policies.touch_policy;
	return err;
}

/* What the PIN guards is sealed: the key's bytes become the envelope. */
static enum cs_err key_seal(struct card *card, const struct channel *channel, struct secret_key *key)
{
	uint8_t envelope[CSGN_SECRET_KEY_MAX + SECRET_OVERHEAD], context[CONTEXT_LEN];
	struct cs_writer w = CS_WRITER_OF(envelope);
	enum cs_err err;

	if (!is_guarded(key))
		return CS_OK;
	err = secret_seal(card, channel, context_of(key, context), cs_view(key->bytes, key->len), &w);
	if (err)
		return err;
	key->held = (uint8_t)cs_writer_view(&w).len;
	memcpy(key->bytes, envelope, key->held);
	return CS_OK;
}

static enum cs_err secret_store(struct card *card, const struct secret_key *key, struct cs_view attributes)
{
	uint8_t record[RECORD_MAX];
	struct cs_writer w = CS_WRITER_OF(record);
	uint16_t id = secret_key_record(key->number);
	struct store_change changes[2];
	size_t count = 1;
	enum cs_err err;

	record_write(key, &w);
	changes[0] = (struct store_change){.id = id, .value = cs_writer_view(&w)};
	count += attribute_put(card, id, attributes, changes + 1);
	err = content_apply(card, changes, count);
	cs_wipe(record, sizeof(record));
	return err;
}

enum cs_err csgn_secret_create(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
			       struct cs_writer *out)
{
	const struct kind *kind = kind_find(cmd->p1);
	struct secret_key key = {.algorithm = cmd->p1};
	struct wish wish;
	uint16_t flags = 0;
	enum cs_err err = kind ? number_choose(card, cmd->p2, &key.number) : CS_ERR_ARG;

	if (!err)
		err = wish_read(cmd->data, &wish);
	if (!err)
		err = attribute_check(wish.attributes, &flags);
	if (!err)
		err = attribute_permit_new(channel, flags);
	if (!err)
		err = usage_take(&wish, kind, &key);
	if (!err)
		err = policies_take(card, cmd->data, &key);
	if (!err)
		err = value_take(card, &wish, kind, &key);
	if (!err)
		err = key_seal(card, channel, &key);
	if (!err)
		err = secret_store(card, &key, wish.attributes);
	if (!err)
		cs_tlv_write_u8(out, CSGN_TAG_REFERENCE, key.number);
	cs_wipe(&key, sizeof(key));
	return err;
}

/* ---- DELETE SECRET KEY: P2 number ---- */

enum cs_err csgn_secret_delete(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
			       struct cs_writer *out)
{
	uint16_t id = secret_key_record(cmd->p2);
	struct store_change changes[2];
	size_t count = 1;

	(void)channel;
	(void)out;
	if (id == 0 || !store_has(&card->store, id))
		return CS_ERR_NOT_FOUND;
	changes[0] = (struct store_change){.id = id, .remove = true};
	count += attribute_remove(card, id, changes + 1);
	return content_apply(card, changes, count);
}
