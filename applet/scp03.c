/* SPDX-License-Identifier: BSD-2-Clause
 *
 * SCP03: key derivation, the session's beginning, and the protection of commands and responses.
 *
 *   none --INITIALIZE UPDATE--> pending --EXTERNAL AUTHENTICATE right--> open        anything else: none
 * (sm.c)
 *
 * Invariants:
 * 1. Each session has a card challenge from the random number generator: what was recorded of one opens no
 * other.
 * 2. A try is spent on flash before a cryptogram is compared, and comes back only after it was right.
 * 3. The MAC of each command covers the MAC of the one before: none can be left out, repeated or moved.
 * 4. One counter value encrypts one command, and with another first byte its response.
 */
#include "applet/scp03.h"

#include <string.h>

#include "applet/channel.h"
#include "applet/dispatch.h"
#include "applet/records.h"
#include "applet/transfer.h"
#include "base/secret.h"
#include "base/tlv.h"

#define RECORD_LEN_MAX (2u + 2u * SCP03_KEY_MAX)
#define CONTEXT_MAX    (2u * SCP03_S16_LEN)

/* ---- derivation (Amendment D, 4.1.5): SP 800-108 in counter mode with CMAC ---- */

static enum cs_err derive(const struct block_key *key, enum scp03_constant constant, struct cs_view context,
			  uint8_t *out, size_t len)
{
	enum cs_err err = CS_OK;

	for (size_t done = 0; !err && done < len; done += BLOCK_LEN) {
		uint8_t block[BLOCK_LEN], fixed[16] = {0};
		struct block_cmac mac;
		size_t now = len - done < BLOCK_LEN ? len - done : BLOCK_LEN;

		fixed[11] = (uint8_t)constant;
		fixed[13] = (uint8_t)(len * 8 >> 8);
		fixed[14] = (uint8_t)(len * 8);
		fixed[15] = (uint8_t)(done / BLOCK_LEN + 1);
		block_cmac_begin(&mac, key);
		block_cmac_add(&mac, CS_VIEW_OF(fixed));
		block_cmac_add(&mac, context);
		err = block_cmac_end(&mac, block);
		if (!err)
			memcpy(out + done, block, now);
		cs_wipe(block, sizeof(block));
	}
	return err;
}

/* ---- key set ---- */

static enum cs_err keys_load(struct card *card, struct scp03_keys *keys)
{
	uint8_t record[RECORD_LEN_MAX];
	struct cs_writer w = CS_WRITER_OF(record);
	enum cs_err err = store_get(&card->store, RECORD_SCP_KEYS, &w);
	struct cs_reader r = cs_reader_of(cs_writer_view(&w));

	if (err)
		return err;
	keys->version = cs_read_u8(&r);
	keys->len = cs_read_u8(&r);
	if (keys->len > SCP03_KEY_MAX) {
		cs_reader_fail(&r);
		keys->len = 0; /* a reader that has failed still fills what it is given */
	}
	cs_read_copy(&r, keys->enc, keys->len);
	cs_read_copy(&r, keys->mac, keys->len);
	err = cs_reader_done(&r) == CS_OK ? CS_OK : CS_ERR_CORRUPT;
	cs_wipe(record, sizeof(record));
	return err;
}

/* A missing or damaged record counts as no tries. */
static uint8_t tries_load(struct card *card)
{
	uint8_t tries = 0;
	struct cs_writer w = cs_writer_of(&tries, 1);

	return store_get(&card->store, RECORD_SCP_TRIES, &w) == CS_OK && w.len == 1 ? tries : 0;
}

static enum cs_err tries_store(struct card *card, uint8_t tries)
{
	return store_put(&card->store, RECORD_SCP_TRIES, cs_view(&tries, 1));
}

/* BC version, BD K-ENC, BE K-MAC. */
static enum cs_err keys_read(struct cs_view data, uint8_t record[RECORD_LEN_MAX], struct cs_view *value)
{
	struct cs_reader r = cs_reader_of(data);
	struct cs_view version = cs_tlv_expect(&r, CSGN_TAG_SCP_VERSION);
	struct cs_view enc = cs_tlv_expect(&r, CSGN_TAG_SCP_ENC), mac = cs_tlv_expect(&r, CSGN_TAG_SCP_MAC);
	struct cs_writer w = cs_writer_of(record, RECORD_LEN_MAX);

	if (cs_reader_done(&r) != CS_OK || version.len != 1 || version.ptr[0] == 0 ||
	    version.ptr[0] > SCP03_VERSION_MAX)
		return CS_ERR_MALFORMED;
	if ((enc.len != 16 && enc.len != 24 && enc.len != 32) || mac.len != enc.len ||
	    cs_equal_ct(enc.ptr, mac.ptr, enc.len))
		return CS_ERR_MALFORMED;
	cs_write_view(&w, version);
	cs_write_u8(&w, (uint8_t)enc.len);
	cs_write_view(&w, enc);
	cs_write_view(&w, mac);
	*value = cs_writer_view(&w);
	return cs_writer_done(&w);
}

static enum cs_err set_permitted(struct card *card, const struct channel *channel)
{
	if (channel->sm.kind == SM_SCP03)
		return channel->sm.scp.level & SCP03_C_DEC ? CS_OK : CS_ERR_STATE;
	return store_has(&card->store, RECORD_SCP_KEYS) ? CS_ERR_DENIED : CS_OK;
}

/* The session goes on with the keys it has. */
enum cs_err scp03_set_keys(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
			   struct cs_writer *out)
{
	static const uint8_t tries[] = {SCP03_TRIES};
	uint8_t record[RECORD_LEN_MAX];
	struct store_change changes[] = {{.id = RECORD_SCP_KEYS},
					 {.id = RECORD_SCP_TRIES, .value = CS_VIEW_OF(tries)}};
	enum cs_err err = set_permitted(card, channel);

	(void)out;
	if (!err)
		err = keys_read(cmd->data, record, &changes[0].value);
	if (!err)
		err = store_apply(&card->store, changes, 2);
	if (!err)
		channels_end_scp03(card, channel);
	cs_wipe(record, sizeof(record));
	return err;
}

/* ---- INITIALIZE UPDATE, EXTERNAL AUTHENTICATE ---- */

static enum cs_err session_derive(const struct crypto *crypto, const struct scp03_keys *keys,
				  struct cs_view context, struct scp03_session *s, uint8_t card_cryptogram[])
{
	const struct block_key enc = {crypto, cs_view(keys->enc, keys->len)};
	const struct block_key mac = {crypto, cs_view(keys->mac, keys->len)};
	const struct block_key s_mac = {crypto, cs_view(s->mac, keys->len)};
	enum cs_err err = derive(&enc, SCP03_S_ENC, context, s->enc, keys->len);

	if (!err)
		err = derive(&mac, SCP03_S_MAC, context, s->mac, keys->len);
	if (!err)
		err = derive(&mac, SCP03_S_RMAC, context, s->rmac, keys->len);
	if (!err)
		err = derive(&s_mac, SCP03_CARD_CRYPTOGRAM, context, card_cryptogram, s->mac_len);
	if (!err)
		err = derive(&s_mac, SCP03_HOST_CRYPTOGRAM, context, s->host_cryptogram, s->mac_len);
	return err;
}

static void write_answer(struct card *card, const struct scp03_keys *keys, const struct scp03_session *s,
			 struct cs_view challenge, const uint8_t cryptogram[], struct cs_writer *out)
{
	cs_write_view(out, CS_VIEW_TEXT("\xF0"
					"CSIGN"));
	cs_write_u32(out, card->ports.platform->serial);
	cs_write_u8(out, keys->version);
	cs_write_u8(out, SCP03_ID);
	cs_write_u8(out, s->mac_len == SCP03_S16_LEN ? SCP03_I | SCP03_S16 : SCP03_I);
	cs_write_view(out, challenge);
	cs_write_view(out, cs_view(cryptogram, s->mac_len));
}

static enum cs_err session_begin(struct card *card, const struct scp03_keys *keys,
				 struct cs_view host_challenge, struct scp03_session *s,
				 struct cs_writer *out)
{
	const struct crypto *crypto = card->ports.crypto;
	uint8_t context[CONTEXT_MAX], cryptogram[SCP03_S16_LEN];
	size_t len = host_challenge.len;
	enum cs_err err;

	*s = (struct scp03_session){.mac_len = (uint8_t)len, .key_len = keys->len};
	memcpy(context, host_challenge.ptr, len);
	err = crypto->random(crypto->ctx, context + len, len);
	if (!err)
		err = session_derive(crypto, keys, cs_view(context, 2 * len), s, cryptogram);
	if (err) {
		cs_wipe(s, sizeof(*s));
		return err;
	}
	write_answer(card, keys, s, cs_view(context + len, len), cryptogram, out);
	s->pending = true;
	return CS_OK;
}

enum cs_err scp03_initialize_update(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
				    struct cs_writer *out)
{
	struct scp03_keys keys = {0};
	enum cs_err err;

	if (cmd->data.len != SCP03_S8_LEN && cmd->data.len != SCP03_S16_LEN)
		return CS_ERR_LENGTH;
	if (channel->sm.kind != SM_NONE)
		return CS_ERR_STATE;
	err = keys_load(card, &keys);
	if (!err && cmd->p1 && cmd->p1 != keys.version)
		err = CS_ERR_NOT_FOUND;
	if (!err && tries_load(card) == 0)
		err = CS_ERR_BLOCKED;
	if (!err)
		err = session_begin(card, &keys, cmd->data, &channel->sm.scp, out);
	cs_wipe(&keys, sizeof(keys));
	return err;
}

/* CMAC over the chaining value and the command as it was sent, but on channel 0 and not in pieces. */
static enum cs_err command_mac(const struct crypto *crypto, const struct scp03_session *s,
			       const struct cs_apdu *cmd, struct cs_view data, uint8_t out[BLOCK_LEN])
{
	const struct block_key key = {crypto, cs_view(s->mac, s->key_len)};
	size_t lc = cmd->data.len;
	uint8_t header[7] = {(uint8_t)((cmd->cla & 0x80u) | SCP03_CLA_SM), cmd->ins, cmd->p1, cmd->p2};
	bool extended = cmd->extended || lc > CS_APDU_SHORT_DATA_MAX;
	struct block_cmac mac;

	header[4] = extended ? 0 : (uint8_t)lc;
	header[5] = (uint8_t)(lc >> 8);
	header[6] = (uint8_t)lc;
	block_cmac_begin(&mac, &key);
	block_cmac_add(&mac, CS_VIEW_OF(s->chaining));
	block_cmac_add(&mac, cs_view(header, extended ? 7 : 5));
	block_cmac_add(&mac, data);
	return block_cmac_end(&mac, out);
}

/* Yields the data before the MAC, and moves the chaining value on. */
static enum cs_err command_check(const struct crypto *crypto, struct scp03_session *s,
				 const struct cs_apdu *cmd, struct cs_view *data)
{
	uint8_t mac[BLOCK_LEN];
	struct cs_view before;
	enum cs_err err;

	if (cmd->data.len < s->mac_len)
		return CS_ERR_DENIED;
	before = cs_view(cmd->data.ptr, cmd->data.len - s->mac_len);
	err = command_mac(crypto, s, cmd, before, mac);
	if (err)
		return err;
	if (!cs_equal_ct(mac, cmd->data.ptr + before.len, s->mac_len))
		return CS_ERR_DENIED;
	memcpy(s->chaining, mac, BLOCK_LEN);
	*data = before;
	return CS_OK;
}

static bool level_is_known(uint8_t level)
{
	switch (level) {
	case SCP03_C_MAC:
	case SCP03_C_MAC | SCP03_C_DEC:
	case SCP03_C_MAC | SCP03_R_MAC:
	case SCP03_C_MAC | SCP03_C_DEC | SCP03_R_MAC:
	case SCP03_ALL:
		return true;
	default:
		return false;
	}
}

/* The data are a cryptogram and a MAC: the caller has seen to their length. */
static enum cs_err cryptogram_check(struct card *card, struct scp03_session *s, const struct cs_apdu *cmd,
				    uint8_t *tries_left)
{
	uint8_t tries = tries_load(card);
	struct cs_view cryptogram = CS_VIEW_EMPTY;
	enum cs_err err;

	if (tries == 0)
		return CS_ERR_BLOCKED;
	err = tries_store(card, (uint8_t)(tries - 1));
	if (!err)
		err = command_check(card->ports.crypto, s, cmd, &cryptogram);
	if (!err && !cs_equal_ct(cryptogram.ptr, s->host_cryptogram, s->mac_len))
		err = CS_ERR_DENIED;
	if (!err)
		return tries_store(card, SCP03_TRIES);
	*tries_left = (uint8_t)(tries - 1);
	return err == CS_ERR_DENIED ? CS_ERR_WRONG : err;
}

enum cs_err scp03_external_authenticate(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
					struct cs_writer *out)
{
	struct scp03_session *s = &channel->sm.scp;
	enum cs_err err = CS_OK;

	(void)out;
	if (channel->sm.kind != SM_SCP03 || !s->pending)
		return CS_ERR_STATE;
	if (!level_is_known(cmd->p1) || cmd->p2)
		err = CS_ERR_ARG;
	else if (cmd->data.len != 2u * s->mac_len)
		err = CS_ERR_LENGTH;
	else
		err = cryptogram_check(card, s, cmd, &channel->tries_left);
	if (err) {
		sm_end(channel);
		return err;
	}
	s->pending = false;
	cs_wipe(s->host_cryptogram, sizeof(s->host_cryptogram));
	s->level = cmd->p1;
	channel->security |= SECURITY_SCP;
	return CS_OK;
}

bool scp03_is_open(const struct channel *channel)
{
	return channel->sm.scp.level != 0;
}

/* ---- protection ---- */

static enum cs_err command_decrypt(struct card *card, const struct scp03_session *s, struct cs_view sealed,
				   struct cs_view *plain)
{
	const struct block_key key = {card->ports.crypto, cs_view(s->enc, s->key_len)};
	uint8_t iv[BLOCK_LEN];
	size_t len = 0;
	enum cs_err err = sealed.len <= sizeof(card->command) ? CS_OK : CS_ERR_LENGTH;

	if (!err)
		err = block_counter(&key, 0, s->counter, iv);
	if (!err)
		err = block_cbc_decrypt(&key, iv, sealed, card->command);
	if (!err)
		err = block_unpad(cs_view(card->command, sealed.len), &len);
	if (err) {
		cs_wipe(card->command, sizeof(card->command));
		return err;
	}
	card->command[len] = 0; /* the padding, which nobody wipes later */
	*plain = cs_view(card->command, len);
	return CS_OK;
}

enum cs_err scp03_unwrap(struct card *card, struct scp03_session *session, struct cs_apdu *cmd)
{
	struct cs_view data = CS_VIEW_EMPTY;
	enum cs_err err = command_check(card->ports.crypto, session, cmd, &data);

	if (!err && ++session->counter == 0)
		err = CS_ERR_DENIED;
	if (!err && (session->level & SCP03_C_DEC) && data.len)
		err = command_decrypt(card, session, data, &data);
	if (!err)
		cmd->data = data;
	return err;
}

static enum cs_err response_encrypt(struct card *card, const struct scp03_session *s, size_t *len)
{
	const struct block_key key = {card->ports.crypto, cs_view(s->enc, s->key_len)};
	size_t padded = block_padded_len(*len);
	uint8_t iv[BLOCK_LEN];
	enum cs_err err = block_counter(&key, SCP03_RESPONSE_COUNTER, s->counter, iv);

	block_pad(card->response, *len);
	if (!err)
		err = block_cbc_encrypt(&key, iv, cs_view(card->response, padded), card->response);
	if (!err)
		*len = padded;
	return err;
}

/* Errors have neither data nor MAC (Amendment D, 6.2.5): a host takes a bare 9000 for none. */
static bool sw_has_mac(uint16_t sw)
{
	uint8_t sw1 = (uint8_t)(sw >> 8);

	return sw == CS_SW_OK || sw1 == 0x62 || sw1 == 0x63;
}

enum cs_err scp03_wrap(struct card *card, const struct scp03_session *session, uint16_t sw, size_t *len)
{
	const struct block_key key = {card->ports.crypto, cs_view(session->rmac, session->key_len)};
	const uint8_t status[] = {(uint8_t)(sw >> 8), (uint8_t)sw};
	uint8_t full[BLOCK_LEN];
	struct block_cmac mac;
	enum cs_err err = CS_OK;

	if (!sw_has_mac(sw) || !(session->level & SCP03_R_MAC))
		return CS_OK;
	if (*len && (session->level & SCP03_R_ENC))
		err = response_encrypt(card, session, len);
	block_cmac_begin(&mac, &key);
	block_cmac_add(&mac, CS_VIEW_OF(session->chaining));
	block_cmac_add(&mac, cs_view(card->response, *len));
	block_cmac_add(&mac, CS_VIEW_OF(status));
	if (!err)
		err = block_cmac_end(&mac, full);
	if (!err) {
		memcpy(card->response + *len, full, session->mac_len);
		*len += session->mac_len;
	}
	return err;
}
