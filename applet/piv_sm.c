/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The session: key establishment, and the protection of commands and responses (SP 800-73-5 part 2, 4.1
 * and 4.2).
 *
 *   none --GENERAL AUTHENTICATE 04--> open --another, a wrongly protected command, another application-->
 * none
 *
 * Invariants:
 * 1. Each session has a nonce of the card's: what was recorded of one opens no other.
 * 2. The MAC of each command covers the MAC of the one before, that of each response the one before it.
 * 3. Nothing is decrypted before its MAC was found right, and a command whose MAC is wrong ends the session.
 * Plain commands on the same channel are executed, as on the contact interface the standard has it.
 */
#include "applet/piv_sm.h"

#include <string.h>

#include "applet/pin_commands.h"
#include "applet/piv_object.h"
#include "applet/records.h"
#include "applet/transfer.h"
#include "base/secret.h"

#define CONTROL_BYTE	0x00u /* CB_H, CB_ICC: no persistent binding */
#define HOST_ID_LEN	8u
#define CARD_ID_LEN	8u
#define POINT_MAX	97u
#define NONCE_MAX	24u
#define POINT_PREFIX	16u /* T16(Q_eH) */
#define CRYPTOGRAM_LEN	BLOCK_LEN
#define MAC_LEN		8u
#define PADDING_CONTENT 0x01u
#define KEYS		4u
#define TAG_ENCRYPTED	0x87u
#define TAG_LE		0x97u
#define TAG_STATUS	0x99u
#define TAG_MAC		0x8Eu
#define RESPONSE_SIDE	0x80u

static const uint8_t oid_p256[] = {0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07};
static const uint8_t oid_p384[] = {0x2B, 0x81, 0x04, 0x00, 0x22};
static const uint8_t oid_ecdsa_sha256[] = {0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02};
static const uint8_t oid_ecdsa_sha384[] = {0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x03};

static const struct piv_sm_suite suites[] = {
    {PIV_SM_CS2,
     PIV_ALG_P256,
     CS_SHA256,
     32,
     16,
     16,
     0x09,
     {oid_p256, sizeof(oid_p256)},
     {oid_ecdsa_sha256, sizeof(oid_ecdsa_sha256)}},
    {PIV_SM_CS7,
     PIV_ALG_P384,
     CS_SHA384,
     48,
     32,
     24,
     0x0D,
     {oid_p384, sizeof(oid_p384)},
     {oid_ecdsa_sha384, sizeof(oid_ecdsa_sha384)}},
};

const struct piv_sm_suite *piv_sm_suite_find(uint8_t id)
{
	for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
		if (suites[i].id == id)
			return &suites[i];
	}
	return NULL;
}

enum cs_err piv_sm_key_load(struct card *card, struct piv_sm_key *key)
{
	struct cs_writer w = CS_WRITER_OF(key->record);
	enum cs_err err = store_get(&card->store, RECORD_PIV_SM_KEY, &w);
	struct cs_reader r = cs_reader_of(cs_writer_view(&w));

	if (err)
		return err;
	key->suite = piv_sm_suite_find(cs_read_u8(&r));
	key->priv = cs_read_view(&r, cs_read_u16(&r));
	key->pub = cs_read_rest(&r);
	return cs_reader_done(&r) == CS_OK && key->suite ? CS_OK : CS_ERR_CORRUPT;
}

uint8_t piv_sm_suite_of(struct card *card)
{
	struct piv_sm_key key;
	uint8_t id = piv_sm_key_load(card, &key) == CS_OK ? key.suite->id : 0;

	cs_wipe(&key, sizeof(key));
	return id;
}

/* ---- key establishment ---- */

/* What both sides have said. */
struct agreement {
	const struct piv_sm_suite *suite;
	struct cs_view host_id, point; /* of the host; borrowed */
	uint8_t card_id[CARD_ID_LEN];
	uint8_t nonce[NONCE_MAX];
};

static void other_info_write(const struct agreement *a, struct cs_writer *w)
{
	cs_write_u8(w, KEYS);
	cs_write_fill(w, a->suite->algorithm, KEYS);
	cs_write_u8(w, HOST_ID_LEN);
	cs_write_view(w, a->host_id);
	cs_write_u8(w, 1);
	cs_write_u8(w, CONTROL_BYTE);
	cs_write_u8(w, POINT_PREFIX);
	cs_write_view(w, cs_view(a->point.ptr + 1, POINT_PREFIX));
	cs_write_u8(w, CARD_ID_LEN);
	cs_write_view(w, CS_VIEW_OF(a->card_id));
	cs_write_u8(w, a->suite->nonce_len);
	cs_write_view(w, cs_view(a->nonce, a->suite->nonce_len));
	cs_write_u8(w, 1);
	cs_write_u8(w, CONTROL_BYTE);
}

/* SP 800-56A, one-step: Hash(counter || Z || OtherInfo), over and over. keys: confirmation, MAC, encryption,
 * R-MAC. */
static enum cs_err keys_derive(const struct crypto *crypto, const struct agreement *a, struct cs_view z,
			       uint8_t keys[KEYS * 32])
{
	uint8_t input[4 + 48 + 80], hash[CS_HASH_MAX];
	struct cs_writer w = CS_WRITER_OF(input);
	size_t size = cs_hash_size(a->suite->hash), all = KEYS * (size_t)a->suite->key_len;
	enum cs_err err;

	cs_write_u32(&w, 0);
	cs_write_view(&w, z);
	other_info_write(a, &w);
	err = cs_writer_done(&w);
	for (size_t done = 0; !err && done < all; done += size) {
		input[3]++;
		err = crypto->digest(crypto->ctx, a->suite->hash, cs_writer_view(&w), hash);
		if (!err)
			memcpy(keys + done, hash, all - done < size ? all - done : size);
	}
	cs_wipe(input, sizeof(input));
	cs_wipe(hash, sizeof(hash));
	return err;
}

/* C(1e, 1s): the card's static key and the host's of the moment. */
static enum cs_err secret_agree(const struct crypto *crypto, const struct piv_sm_key *key,
				const struct agreement *a, uint8_t keys[KEYS * 32])
{
	uint8_t z[48];
	struct cs_writer w = CS_WRITER_OF(z);
	enum cs_err err = crypto->key_agree(crypto->ctx, a->suite->curve, key->priv, a->point, &w);

	if (!err)
		err = keys_derive(crypto, a, cs_writer_view(&w), keys);
	cs_wipe(z, sizeof(z));
	return err;
}

/* KC_1_V: that the card has the same keys. */
static enum cs_err cryptogram_make(const struct crypto *crypto, const struct agreement *a, const uint8_t *key,
				   uint8_t out[CRYPTOGRAM_LEN])
{
	const struct block_key confirm = {crypto, cs_view(key, a->suite->key_len)};
	struct block_cmac mac;

	block_cmac_begin(&mac, &confirm);
	block_cmac_add(&mac, CS_VIEW_TEXT("KC_1_V"));
	block_cmac_add(&mac, CS_VIEW_OF(a->card_id));
	block_cmac_add(&mac, a->host_id);
	block_cmac_add(&mac, cs_view(a->point.ptr + 1, a->point.len - 1));
	return block_cmac_end(&mac, out);
}

static void session_begin(struct channel *channel, const struct agreement *a, const uint8_t *keys)
{
	struct piv_sm_session *s = &channel->sm.piv;
	size_t len = a->suite->key_len;

	channel->security &= (uint16_t)~SECURITY_VCI;
	memset(s, 0, sizeof(*s));
	s->key_len = a->suite->key_len;
	memcpy(s->mac, keys + len, len);
	memcpy(s->enc, keys + 2 * len, len);
	memcpy(s->rmac, keys + 3 * len, len);
}

/* 81: control byte, the host's identifier, its point. */
static enum cs_err challenge_read(const struct piv_template *t, struct agreement *a)
{
	struct cs_reader r = cs_reader_of(t->challenge);
	uint8_t control = cs_read_u8(&r);

	a->host_id = cs_read_view(&r, HOST_ID_LEN);
	a->point = cs_read_view(&r, 2u * a->suite->coordinate + 1);
	if (!t->has_response || t->response.len || t->has_witness || t->has_exponentiation ||
	    control != CONTROL_BYTE)
		return CS_ERR_MALFORMED;
	return cs_reader_done(&r);
}

/* The certificate, and of its digest the card's identifier. */
static enum cs_err certificate_load(struct card *card, struct cs_writer *cvc, uint8_t id[CARD_ID_LEN])
{
	const struct crypto *crypto = card->ports.crypto;
	uint8_t hash[CS_HASH_MAX];
	enum cs_err err = store_get(&card->store, piv_object_record(PIV_OBJ_SM_CVC), cvc);

	if (!err)
		err = crypto->digest(crypto->ctx, CS_SHA256, cs_writer_view(cvc), hash);
	if (!err)
		memcpy(id, hash, CARD_ID_LEN);
	return err;
}

static void answer_write(const struct agreement *a, const uint8_t cryptogram[CRYPTOGRAM_LEN],
			 struct cs_view cvc, struct cs_writer *out)
{
	size_t outer = cs_tlv_begin(out, PIV_TAG_AUTH_TEMPLATE),
	       inner = cs_tlv_begin(out, PIV_TAG_AUTH_RESPONSE);

	cs_write_u8(out, CONTROL_BYTE);
	cs_write_view(out, cs_view(a->nonce, a->suite->nonce_len));
	cs_write_view(out, cs_view(cryptogram, CRYPTOGRAM_LEN));
	cs_write_view(out, cvc);
	cs_tlv_end(out, inner);
	cs_tlv_end(out, outer);
}

static enum cs_err establish(struct card *card, struct channel *channel, const struct piv_sm_key *key,
			     struct agreement *a, struct cs_writer *out)
{
	const struct crypto *crypto = card->ports.crypto;
	uint8_t buf[PIV_SM_CVC_MAX], keys[KEYS * 32], cryptogram[CRYPTOGRAM_LEN];
	struct cs_writer cvc = CS_WRITER_OF(buf);
	enum cs_err err = certificate_load(card, &cvc, a->card_id);

	if (!err)
		err = crypto->random(crypto->ctx, a->nonce, a->suite->nonce_len);
	if (!err)
		err = secret_agree(crypto, key, a, keys);
	if (!err)
		err = cryptogram_make(crypto, a, keys, cryptogram);
	if (!err) {
		session_begin(channel, a, keys);
		/* Where there is no pairing code, the session alone opens the virtual contact interface. */
		if (!store_has(&card->store, piv_object_record(PIV_OBJ_PAIRING_CODE)))
			channel->security |= SECURITY_VCI;
		answer_write(a, cryptogram, cs_writer_view(&cvc), out);
	}
	cs_wipe(keys, sizeof(keys));
	return err;
}

enum cs_err piv_sm_establish(struct card *card, struct channel *channel, uint8_t suite,
			     const struct piv_template *t, struct cs_writer *out)
{
	struct agreement a = {.suite = piv_sm_suite_find(suite)};
	struct piv_sm_key key;
	enum cs_err err;

	if (channel->sm.kind != SM_NONE)
		return CS_ERR_STATE;
	/* Whatever comes of it, the session before is over. */
	sm_end(channel);
	err = piv_sm_key_load(card, &key);
	if (!err && key.suite != a.suite)
		err = CS_ERR_ARG;
	if (!err)
		err = challenge_read(t, &a);
	if (!err)
		err = establish(card, channel, &key, &a, out);
	cs_wipe(&key, sizeof(key));
	return err;
}

/* ---- protection ---- */

/* The data objects of a protected command, in their order. */
struct sealed_command {
	struct cs_view protected; /* all before the MAC */
	struct cs_view cryptogram, mac;
};

static uint16_t objects_read(struct cs_view data, struct sealed_command *c)
{
	struct cs_reader r = cs_reader_of(data);
	struct cs_tlv e;
	size_t seen = 0;

	*c = (struct sealed_command){.protected = data};
	while (cs_tlv_read(&r, &e)) {
		if (e.tag == TAG_ENCRYPTED && seen == 0)
			c->cryptogram = e.value;
		else if (e.tag == TAG_MAC)
			c->mac = e.value;
		else if (e.tag != TAG_LE)
			return CS_SW_SM_INCORRECT;
		if (e.tag == TAG_MAC)
			break;
		seen++;
		c->protected.len = data.len - r.left;
	}
	if (!c->mac.ptr)
		return r.failed ? CS_SW_SM_INCORRECT : CS_SW_SM_MISSING;
	if (seen == 0)
		c->protected.len = 0;
	return cs_reader_done(&r) == CS_OK && c->mac.len == MAC_LEN ? CS_SW_OK : CS_SW_SM_INCORRECT;
}

static enum cs_err command_mac(const struct crypto *crypto, const struct piv_sm_session *s,
			       const struct cs_apdu *cmd, struct cs_view protected, uint8_t out[BLOCK_LEN])
{
	const struct block_key key = {crypto, cs_view(s->mac, s->key_len)};
	const uint8_t header[BLOCK_LEN] = {(uint8_t)((cmd->cla & 0x80u) | SM_CLA_ISO), cmd->ins, cmd->p1,
					   cmd->p2, 0x80};
	struct block_cmac mac;

	block_cmac_begin(&mac, &key);
	block_cmac_add(&mac, CS_VIEW_OF(s->mcv));
	block_cmac_add(&mac, CS_VIEW_OF(header));
	block_cmac_add(&mac, protected);
	return block_cmac_end(&mac, out);
}

static enum cs_err data_decrypt(struct card *card, const struct piv_sm_session *s, struct cs_view cryptogram,
				struct cs_view *plain)
{
	const struct block_key key = {card->ports.crypto, cs_view(s->enc, s->key_len)};
	struct cs_view sealed = cs_view(cryptogram.ptr + 1, cryptogram.len - 1);
	uint8_t iv[BLOCK_LEN];
	size_t len = 0;
	enum cs_err err = CS_OK;

	if (cryptogram.ptr[0] != PADDING_CONTENT || sealed.len > sizeof(card->command))
		return CS_ERR_MALFORMED;
	err = block_counter(&key, 0, s->counter, iv);
	/* A chain lies where the plain text goes, a few bytes further on. */
	if (!err && sealed.len)
		memmove(card->command, sealed.ptr, sealed.len);
	sealed.ptr = card->command;
	if (!err)
		err = block_cbc_decrypt(&key, iv, sealed, card->command);
	if (!err)
		err = block_unpad(sealed, &len);
	if (err) {
		cs_wipe(card->command, sizeof(card->command));
		return err;
	}
	card->command[len] = 0; /* the padding, which nobody wipes later */
	*plain = cs_view(card->command, len);
	return CS_OK;
}

uint16_t piv_sm_unwrap(struct card *card, struct piv_sm_session *session, struct cs_apdu *cmd)
{
	struct cs_view plain = CS_VIEW_EMPTY;
	struct sealed_command c;
	uint8_t mac[BLOCK_LEN];
	uint16_t sw = objects_read(cmd->data, &c);

	if (sw != CS_SW_OK)
		return sw;
	if (command_mac(card->ports.crypto, session, cmd, c.protected, mac) != CS_OK ||
	    !cs_equal_ct(mac, c.mac.ptr, MAC_LEN) || ++session->counter == 0)
		return CS_SW_SM_INCORRECT;
	memcpy(session->mcv, mac, BLOCK_LEN);
	if (c.cryptogram.len && data_decrypt(card, session, c.cryptogram, &plain) != CS_OK)
		return CS_SW_SM_INCORRECT;
	cmd->data = plain;
	return CS_SW_OK;
}

/* The data become 87: encrypted where they lie, and moved to make room for what stands before them. */
static enum cs_err response_encrypt(struct card *card, const struct piv_sm_session *s, size_t *len)
{
	const struct block_key key = {card->ports.crypto, cs_view(s->enc, s->key_len)};
	size_t padded = block_padded_len(*len), head = cs_tlv_size(TAG_ENCRYPTED, padded + 1) - padded;
	struct cs_writer w = cs_writer_of(card->response, head);
	uint8_t iv[BLOCK_LEN];
	enum cs_err err = block_counter(&key, RESPONSE_SIDE, s->counter, iv);

	block_pad(card->response, *len);
	if (!err)
		err = block_cbc_encrypt(&key, iv, cs_view(card->response, padded), card->response);
	if (err)
		return err;
	memmove(card->response + head, card->response, padded);
	cs_tlv_write_header(&w, TAG_ENCRYPTED, padded + 1);
	cs_write_u8(&w, PADDING_CONTENT);
	*len = head + padded;
	return cs_writer_done(&w);
}

enum cs_err piv_sm_wrap(struct card *card, struct piv_sm_session *session, uint16_t sw, size_t *len)
{
	const struct block_key key = {card->ports.crypto, cs_view(session->rmac, session->key_len)};
	struct cs_writer w = CS_WRITER_OF(card->response);
	struct block_cmac mac;
	enum cs_err err = *len ? response_encrypt(card, session, len) : CS_OK;

	w.len = *len;
	cs_tlv_write_header(&w, TAG_STATUS, 2);
	cs_write_u16(&w, sw);
	block_cmac_begin(&mac, &key);
	block_cmac_add(&mac, CS_VIEW_OF(session->r_mcv));
	block_cmac_add(&mac, cs_writer_view(&w));
	if (!err)
		err = block_cmac_end(&mac, session->r_mcv);
	cs_tlv_write(&w, TAG_MAC, cs_view(session->r_mcv, MAC_LEN));
	if (!err)
		err = cs_writer_done(&w);
	if (!err)
		*len = w.len;
	return err;
}

/* ---- pairing code ---- */

/* 99 of object 5FC123: eight digits. It is printed on paper, or told; it keeps strangers in the air away, and
 * has no retry counter in the standard. */
static enum cs_err pairing_verify(struct card *card, struct channel *channel, struct cs_view code)
{
	uint8_t object[64];
	struct cs_writer w = CS_WRITER_OF(object);
	struct cs_view reference = CS_VIEW_EMPTY;
	enum cs_err err = store_get(&card->store, piv_object_record(PIV_OBJ_PAIRING_CODE), &w);

	if (!err && cs_tlv_find(cs_writer_view(&w), TAG_STATUS, &reference) != CS_OK)
		err = CS_ERR_NOT_FOUND;
	if (!err && reference.len != PIV_PIN_LEN)
		err = CS_ERR_NOT_FOUND;
	if (!err && !cs_equal_ct(reference.ptr, code.ptr, PIV_PIN_LEN))
		err = CS_ERR_DENIED;
	if (!err)
		channel->security |= SECURITY_VCI;
	else
		channel->security &= (uint16_t)~SECURITY_VCI;
	cs_wipe(object, sizeof(object));
	return err;
}

enum cs_err piv_sm_verify(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
			  struct cs_writer *out)
{
	if (cmd->p2 != PIV_REF_PAIRING_CODE)
		return pin_command_verify(card, channel, cmd, out);
	if (cmd->p1 != 0)
		return CS_ERR_ARG;
	if (channel->sm.kind != SM_PIV)
		return CS_ERR_DENIED;
	if (cmd->data.len == 0)
		return channel->security & SECURITY_VCI ? CS_OK : CS_ERR_DENIED;
	if (cmd->data.len != PIV_PIN_LEN)
		return CS_ERR_LENGTH;
	return pairing_verify(card, channel, cmd->data);
}
