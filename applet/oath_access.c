/* SPDX-License-Identifier: BSD-2-Clause
 *
 * OATH: SELECT, SET CODE, VALIDATE, STATUS, UNBLOCK, RESET.
 *
 * Invariants: (1) where an access code is set, SECURITY_APP is on only after VALIDATE proved knowledge of it
 * over the challenge of this channel's last SELECT; (2) each such comparison was paid for with a try
 * (oath_guard.c); (3) the salt changes with each RESET, so that hosts see another device.
 *
 *   SELECT --no code set--> unlocked            SELECT --code set--> locked --VALIDATE--> unlocked
 */
#include "applet/oath_app.h"

#include <string.h>

#include "applet/channel.h"
#include "applet/content.h"
#include "applet/device.h"
#include "applet/oath_credential.h"
#include "applet/oath_guard.h"
#include "applet/pin.h"
#include "base/secret.h"
#include "base/tlv.h"

/* The record of the access code: which hash its HMACs use, and the code. */
struct access_code {
	uint8_t hash; /* enum ykoath_hash */
	uint8_t key[YKOATH_CODE_LEN];
};

/* CS_ERR_NOT_FOUND: none is set. */
static enum cs_err code_load(struct card *card, struct access_code *out)
{
	uint8_t record[1 + YKOATH_CODE_LEN];
	struct cs_writer w = CS_WRITER_OF(record);
	enum cs_err err = store_get(&card->store, RECORD_OATH_CODE, &w);
	if (!err && cs_writer_view(&w).len != sizeof record)
		err = CS_ERR_CORRUPT;
	if (!err) {
		out->hash = record[0];
		memcpy(out->key, record + 1, sizeof out->key);
	}
	cs_wipe(record, sizeof record);
	return err;
}

/* HMAC of challenge under the access code; mac has room for CS_HASH_MAX bytes. */
static enum cs_err code_mac(struct card *card, const struct access_code *code, struct cs_view challenge,
			    uint8_t *mac, size_t *mac_len)
{
	const struct crypto *crypto = card->ports.crypto;
	enum cs_hash hash = cs_ykoath_hash(code->hash);
	enum cs_err err = crypto->hmac(crypto->ctx, hash, CS_VIEW_OF(code->key), challenge, mac);
	if (!err)
		*mac_len = cs_hash_size(hash);
	return err;
}

/* CS_OK if response is the HMAC of challenge, else CS_ERR_MALFORMED, which the protocol has for a wrong one.
 */
static enum cs_err code_check(struct card *card, const struct access_code *code, struct cs_view challenge,
			      struct cs_view response)
{
	uint8_t mac[CS_HASH_MAX];
	size_t len = 0;
	enum cs_err err = code_mac(card, code, challenge, mac, &len);
	if (!err && (response.len != len || !cs_equal_ct(mac, response.ptr, len)))
		err = CS_ERR_MALFORMED;
	cs_wipe(mac, sizeof mac);
	return err;
}

/* The device's salt; the first SELECT after a reset makes it. */
static enum cs_err salt_get(struct card *card, uint8_t salt[YKOATH_SALT_LEN])
{
	const struct crypto *crypto = card->ports.crypto;
	struct cs_writer w = cs_writer_of(salt, YKOATH_SALT_LEN);
	enum cs_err err = store_get(&card->store, RECORD_OATH_SALT, &w);
	if (err != CS_ERR_NOT_FOUND)
		return err;
	err = crypto->random(crypto->ctx, salt, YKOATH_SALT_LEN);
	return err ? err : store_put(&card->store, RECORD_OATH_SALT, cs_view(salt, YKOATH_SALT_LEN));
}

static enum cs_err challenge_new(struct card *card, struct channel *channel)
{
	const struct crypto *crypto = card->ports.crypto;
	enum cs_err err =
	    crypto->random(crypto->ctx, channel->oath.challenge, sizeof channel->oath.challenge);
	channel->oath.challenge_valid = err == CS_OK;
	return err;
}

/* C2: tries left, tries in all, seconds to wait: hosts that do not know it skip it. */
static enum cs_err write_tries(struct card *card, struct cs_writer *out)
{
	struct oath_guard_info info;
	enum cs_err err = oath_guard_info(card, &info);

	if (err)
		return err;
	cs_tlv_write_header(out, YKOATH_TAG_TRIES, YKOATH_TRIES_LEN);
	cs_write_u8(out, info.tries_left);
	cs_write_u8(out, OATH_TRIES_MAX);
	cs_write_u16(out, (uint16_t)((info.wait_ms + 999) / 1000));
	return cs_writer_done(out);
}

enum cs_err oath_select(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
			struct cs_writer *out)
{
	static const uint8_t version[] = DEVICE_VERSION;
	uint8_t salt[YKOATH_SALT_LEN];
	struct access_code code;
	(void)cmd;
	/* Each SELECT locks anew: its answer says so, and hosts go by it. */
	channel->security &= (uint16_t)~SECURITY_APP;
	channel->oath.challenge_valid = false;
	enum cs_err err = salt_get(card, salt);
	if (err)
		return err;
	cs_tlv_write(out, YKOATH_TAG_VERSION, CS_VIEW_OF(version));
	cs_tlv_write(out, YKOATH_TAG_NAME, CS_VIEW_OF(salt));
	err = code_load(card, &code);
	if (err == CS_ERR_NOT_FOUND) {
		channel->security |= SECURITY_APP;
		return cs_writer_done(out);
	}
	if (!err)
		err = challenge_new(card, channel);
	if (!err) {
		cs_tlv_write(out, YKOATH_TAG_CHALLENGE, CS_VIEW_OF(channel->oath.challenge));
		cs_tlv_write_u8(out, YKOATH_TAG_ALGORITHM, code.hash);
		err = write_tries(card, out);
	}
	cs_wipe(&code, sizeof code);
	return err;
}

/* 73 of SET CODE: type and hash, then the code. */
static enum cs_err code_parse(struct cs_view key, struct access_code *out)
{
	struct cs_reader r = cs_reader_of(key);
	out->hash = cs_read_u8(&r) & YKOATH_HASH_MASK;
	cs_read_copy(&r, out->key, sizeof out->key);
	return cs_reader_done(&r) || cs_ykoath_hash(out->hash) == 0 ? CS_ERR_MALFORMED : CS_OK;
}

static enum cs_err code_store(struct card *card, const struct access_code *code)
{
	uint8_t record[1 + YKOATH_CODE_LEN];
	const struct store_change changes[] = {
	    {.id = RECORD_OATH_CODE, .value = CS_VIEW_OF(record)},
	    {.id = RECORD_OATH_TRIES, .value = CS_VIEW_OF(oath_guard_all_tries)},
	};
	record[0] = code->hash;
	memcpy(record + 1, code->key, sizeof code->key);
	enum cs_err err = content_apply(card, changes, 2);
	cs_wipe(record, sizeof record);
	return err;
}

static enum cs_err code_remove(struct card *card)
{
	return content_delete_range(card, RECORD_OATH_CODE, RECORD_OATH_TRIES);
}

enum cs_err oath_set_code(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
			  struct cs_writer *out)
{
	struct cs_reader r = cs_reader_of(cmd->data);
	struct cs_view key = cs_tlv_expect(&r, YKOATH_TAG_KEY);
	(void)out;
	if (key.len == 0) /* remove: nothing, or an empty proof, may follow */
		return r.failed ? CS_ERR_MALFORMED : code_remove(card);
	struct cs_view challenge = cs_tlv_expect(&r, YKOATH_TAG_CHALLENGE);
	struct cs_view response = cs_tlv_expect(&r, YKOATH_TAG_FULL_RESPONSE);
	struct access_code code;
	enum cs_err err = cs_reader_done(&r);
	if (!err)
		err = code_parse(key, &code);
	/* The host proves that it has the code it is about to set, before anyone is locked out by a broken
	 * one. */
	if (!err)
		err = code_check(card, &code, challenge, response);
	if (!err)
		err = code_store(card, &code);
	if (!err)
		channels_forget(card, channel, SECURITY_APP);
	cs_wipe(&code, sizeof code);
	return err;
}

static enum cs_err answer_host(struct card *card, const struct access_code *code, struct cs_view challenge,
			       struct cs_writer *out)
{
	uint8_t mac[CS_HASH_MAX];
	size_t len = 0;
	enum cs_err err = code_mac(card, code, challenge, mac, &len);
	if (!err) {
		cs_tlv_write(out, YKOATH_TAG_FULL_RESPONSE, cs_view(mac, len));
		err = cs_writer_done(out);
	}
	cs_wipe(mac, sizeof mac);
	return err;
}

enum cs_err oath_validate(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
			  struct cs_writer *out)
{
	struct cs_reader r = cs_reader_of(cmd->data);
	struct cs_view response = cs_tlv_expect(&r, YKOATH_TAG_FULL_RESPONSE);
	struct cs_view challenge = cs_tlv_expect(&r, YKOATH_TAG_CHALLENGE);
	struct access_code code;
	enum cs_err err = cs_reader_done(&r);
	if (err)
		return err;
	if (!channel->oath.challenge_valid)
		return CS_ERR_NOT_FOUND;
	err = code_load(card, &code);
	if (!err)
		err = oath_guard_spend(card);
	if (!err)
		err = code_check(card, &code, CS_VIEW_OF(channel->oath.challenge), response);
	if (!err)
		err = oath_guard_restore(card);
	if (!err)
		err = answer_host(card, &code, challenge, out);
	if (!err) {
		channel->security |= SECURITY_APP;
		channel->oath.challenge_valid = false;
	}
	cs_wipe(&code, sizeof code);
	return err;
}

enum cs_err oath_status(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
			struct cs_writer *out)
{
	(void)channel;
	(void)cmd;
	return store_has(&card->store, RECORD_OATH_CODE) ? write_tries(card, out) : CS_OK;
}

/* A SO PIN that everybody knows makes nobody an officer. */
enum cs_err oath_unblock(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
			 struct cs_writer *out)
{
	struct pin_info so;
	enum cs_err err = pin_info(card, PIN_SO, &so);

	(void)channel;
	(void)cmd;
	(void)out;
	if (!err && so.is_default)
		err = CS_ERR_STATE;
	if (!err && !store_has(&card->store, RECORD_OATH_CODE))
		err = CS_ERR_NOT_FOUND;
	return err ? err : oath_guard_restore(card);
}

enum cs_err oath_reset(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
		       struct cs_writer *out)
{
	uint8_t salt[YKOATH_SALT_LEN];
	(void)cmd;
	(void)out;
	enum cs_err err = content_delete_range(card, RECORD_OATH_FIRST, RECORD_OATH_LAST);
	if (err)
		return err;
	channels_forget(card, channel, SECURITY_APP);
	channel->security |= SECURITY_APP;
	channel->oath.challenge_valid = false;
	return salt_get(card, salt);
}
