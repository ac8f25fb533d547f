/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The arithmetic of SCP03 (Amendment D, 4.1.5 and 6.2) with libcrypto: derivation, and what is put on
 * commands and taken off answers.
 */
#include "cardclient/scp03.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>

#include "base/secret.h"
#include "cardclient/library.h"

#define BLOCK 16u

static bool key_length_known(size_t len)
{
	return len == 16 || len == 24 || len == 32;
}

/* ---- AES ---- */

static const char *cbc_name(size_t key_len)
{
	return key_len == 16 ? "AES-128-CBC" : key_len == 24 ? "AES-192-CBC" : "AES-256-CBC";
}

/* CMAC over up to three parts, one after the other. */
static enum cs_err cmac(struct cs_view key, const struct cs_view parts[3], uint8_t out[BLOCK])
{
	char name[] = "AES-128-CBC";
	OSSL_LIB_CTX *lib = cc_library();
	EVP_MAC *mac = lib != NULL ? EVP_MAC_fetch(lib, "CMAC", NULL) : NULL;
	EVP_MAC_CTX *c = mac ? EVP_MAC_CTX_new(mac) : NULL;
	size_t len = 0;
	bool good;

	memcpy(name, cbc_name(key.len), sizeof name);
	const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, name, 0),
				     OSSL_PARAM_construct_end()};
	good = c != NULL && EVP_MAC_init(c, key.ptr, key.len, params) == 1;
	for (size_t i = 0; good && i < 3; i++)
		good = parts[i].len == 0 || EVP_MAC_update(c, parts[i].ptr, parts[i].len) == 1;
	good = good && EVP_MAC_final(c, out, &len, BLOCK) == 1 && len == BLOCK;
	EVP_MAC_CTX_free(c);
	EVP_MAC_free(mac);
	return good ? CS_OK : CS_ERR_CRYPTO;
}

/* Whole blocks, in place. */
static enum cs_err cbc(struct cs_view key, bool encrypt, const uint8_t iv[BLOCK], uint8_t *data, size_t len)
{
	OSSL_LIB_CTX *lib = cc_library();
	EVP_CIPHER *cipher = lib != NULL ? EVP_CIPHER_fetch(lib, cbc_name(key.len), NULL) : NULL;
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int out = 0;
	bool good = cipher != NULL && c != NULL && len <= CS_APDU_NE_MAX &&
		    EVP_CipherInit_ex2(c, cipher, key.ptr, iv, encrypt ? 1 : 0, NULL) == 1 &&
		    EVP_CIPHER_CTX_set_padding(c, 0) == 1 &&
		    EVP_CipherUpdate(c, data, &out, data, (int)len) == 1 && out == (int)len;

	EVP_CIPHER_CTX_free(c);
	EVP_CIPHER_free(cipher);
	return good ? CS_OK : CS_ERR_CRYPTO;
}

/* ---- derivation: SP 800-108 in counter mode ---- */

static enum cs_err kdf(struct cs_view key, enum scp03_constant constant, struct cs_view context, uint8_t *out,
		       size_t len)
{
	uint8_t fixed[16] = {0}, block[BLOCK];
	enum cs_err err = CS_OK;

	fixed[11] = (uint8_t)constant;
	fixed[13] = (uint8_t)(len * 8 >> 8);
	fixed[14] = (uint8_t)(len * 8);
	for (size_t done = 0; !err && done < len; done += BLOCK) {
		const struct cs_view parts[3] = {CS_VIEW_OF(fixed), context, CS_VIEW_EMPTY};

		fixed[15]++;
		err = cmac(key, parts, block);
		if (!err)
			memcpy(out + done, block, len - done < BLOCK ? len - done : BLOCK);
	}
	cs_wipe(block, sizeof block);
	return err;
}

enum cs_err cc_scp03_derive(const struct cc_scp03_keys *keys, struct cs_view host_challenge,
			    struct cs_view card_challenge, struct cc_scp03 *out)
{
	struct cs_view enc = cs_view(keys->enc, keys->len), mac = cs_view(keys->mac, keys->len);
	uint8_t both[2 * SCP03_S16_LEN];
	struct cs_writer w = CS_WRITER_OF(both);
	struct cc_scp03 s = {.mac_len = (uint8_t)host_challenge.len, .key_len = keys->len};

	cs_write_view(&w, host_challenge);
	cs_write_view(&w, card_challenge);
	if (!key_length_known(keys->len) || card_challenge.len != host_challenge.len ||
	    cs_writer_done(&w) != CS_OK)
		return CS_ERR_ARG;
	struct cs_view context = cs_writer_view(&w);
	enum cs_err err = kdf(enc, SCP03_S_ENC, context, s.s_enc, s.key_len);
	if (!err)
		err = kdf(mac, SCP03_S_MAC, context, s.s_mac, s.key_len);
	if (!err)
		err = kdf(mac, SCP03_S_RMAC, context, s.s_rmac, s.key_len);
	mac = cs_view(s.s_mac, s.key_len);
	if (!err)
		err = kdf(mac, SCP03_CARD_CRYPTOGRAM, context, s.card_cryptogram, s.mac_len);
	if (!err)
		err = kdf(mac, SCP03_HOST_CRYPTOGRAM, context, s.host_cryptogram, s.mac_len);
	if (!err)
		*out = s;
	cs_wipe(&s, sizeof s);
	return err;
}

/* [i] label 00 card [L], as SP 800-108 has it. */
static enum cs_err diversify_one(struct cs_view master, const char *label,
				 const uint8_t card[SCP03_DIVERSIFICATION], uint8_t *out)
{
	uint8_t input[64], block[BLOCK];
	enum cs_err err = CS_OK;

	for (size_t i = 0; !err && i * BLOCK < master.len; i++) {
		struct cs_writer w = CS_WRITER_OF(input);

		cs_write_u8(&w, (uint8_t)(i + 1));
		cs_write_view(&w, cs_view_string(label));
		cs_write_u8(&w, 0);
		cs_write_view(&w, cs_view(card, SCP03_DIVERSIFICATION));
		cs_write_u16(&w, (uint16_t)(master.len * 8));
		const struct cs_view parts[3] = {cs_writer_view(&w), CS_VIEW_EMPTY, CS_VIEW_EMPTY};
		err = cmac(master, parts, block);
		if (!err)
			memcpy(out + i * BLOCK, block,
			       master.len - i * BLOCK < BLOCK ? master.len - i * BLOCK : BLOCK);
	}
	cs_wipe(block, sizeof block);
	return err;
}

enum cs_err cc_scp03_diversify(const struct cc_scp03_keys *master, const uint8_t card[SCP03_DIVERSIFICATION],
			       struct cc_scp03_keys *out)
{
	struct cc_scp03_keys keys = {.version = master->version, .len = master->len};
	struct cs_view key = cs_view(master->enc, master->len);

	if (!key_length_known(master->len))
		return CS_ERR_ARG;
	enum cs_err err = diversify_one(key, "Countersign SCP03 K-ENC", card, keys.enc);
	if (!err)
		err = diversify_one(key, "Countersign SCP03 K-MAC", card, keys.mac);
	if (!err)
		*out = keys;
	cs_wipe(&keys, sizeof keys);
	return err;
}

void cc_scp03_card_name(uint32_t serial, uint8_t name[SCP03_DIVERSIFICATION])
{
	struct cs_writer w = cs_writer_of(name, SCP03_DIVERSIFICATION);

	cs_write_u8(&w, 0xF0);
	cs_write_view(&w, CS_VIEW_TEXT("CSIGN"));
	cs_write_u32(&w, serial);
}

/* ---- commands and answers ---- */

/* The first block of CBC: the counter of commands, encrypted. */
static enum cs_err counter_block(const struct cc_scp03 *s, uint8_t first, uint8_t iv[BLOCK])
{
	static const uint8_t zero[BLOCK];

	memset(iv, 0, BLOCK);
	iv[0] = first;
	for (unsigned i = 0; i < 4; i++)
		iv[BLOCK - 1 - i] = (uint8_t)(s->counter >> 8 * i);
	return cbc(cs_view(s->s_enc, s->key_len), true, zero, iv, BLOCK);
}

static enum cs_err data_encrypt(struct cc_scp03 *s, struct cs_view plain, struct cs_writer *w)
{
	size_t padded = plain.len + (BLOCK - plain.len % BLOCK);
	uint8_t iv[BLOCK], *at = cs_write_space(w, padded);

	if (at == NULL)
		return CS_ERR_NO_SPACE;
	memcpy(at, plain.ptr, plain.len);
	memset(at + plain.len, 0, padded - plain.len);
	at[plain.len] = 0x80;
	enum cs_err err = counter_block(s, 0, iv);
	return err ? err : cbc(cs_view(s->s_enc, s->key_len), true, iv, at, padded);
}

static enum cs_err command_mac(struct cc_scp03 *s, const struct cs_apdu *cmd, struct cs_view data)
{
	size_t lc = data.len + s->mac_len;
	bool extended = cmd->extended || lc > CS_APDU_SHORT_DATA_MAX;
	uint8_t header[16 + 7];
	struct cs_writer w = CS_WRITER_OF(header);

	cs_write_view(&w, CS_VIEW_OF(s->chaining));
	cs_write_u8(&w, (uint8_t)((cmd->cla & 0x80u) | SCP03_CLA_SM));
	cs_write_u8(&w, cmd->ins);
	cs_write_u8(&w, cmd->p1);
	cs_write_u8(&w, cmd->p2);
	if (extended)
		cs_write_u8(&w, 0);
	if (extended)
		cs_write_u16(&w, (uint16_t)lc);
	else
		cs_write_u8(&w, (uint8_t)lc);
	const struct cs_view parts[3] = {cs_writer_view(&w), data, CS_VIEW_EMPTY};
	return cmac(cs_view(s->s_mac, s->key_len), parts, s->chaining);
}

enum cs_err cc_scp03_wrap(struct cc_scp03 *session, const struct cs_apdu *cmd, struct cs_writer *w,
			  struct cs_apdu *out)
{
	const uint8_t *begin = w->buf + w->len;
	size_t before = cs_writer_view(w).len;
	enum cs_err err = CS_OK;

	/* EXTERNAL AUTHENTICATE comes before the session's level, and is not counted. */
	if (session->level && ++session->counter == 0)
		return CS_ERR_STATE;
	if ((session->level & SCP03_C_DEC) && cmd->data.len)
		err = data_encrypt(session, cmd->data, w);
	else
		cs_write_view(w, cmd->data);
	if (!err)
		err = cs_writer_done(w);
	if (!err)
		err = command_mac(session, cmd, cs_view(begin, cs_writer_view(w).len - before));
	if (err)
		return err;
	cs_write_view(w, cs_view(session->chaining, session->mac_len));
	*out = *cmd;
	out->cla |= SCP03_CLA_SM;
	out->data = cs_view(begin, cs_writer_view(w).len - before);
	return cs_writer_done(w);
}

/* Errors carry neither data nor MAC. */
static bool sw_has_mac(uint16_t sw)
{
	return sw == 0x9000 || sw >> 8 == 0x62 || sw >> 8 == 0x63;
}

static enum cs_err data_decrypt(const struct cc_scp03 *s, uint8_t *data, size_t *len)
{
	uint8_t iv[BLOCK];
	size_t n = *len;

	if (n % BLOCK)
		return CS_ERR_CORRUPT;
	enum cs_err err = counter_block(s, SCP03_RESPONSE_COUNTER, iv);
	if (!err)
		err = cbc(cs_view(s->s_enc, s->key_len), false, iv, data, n);
	if (err)
		return err;
	while (n && data[n - 1] == 0)
		n--;
	if (n == 0 || data[n - 1] != 0x80)
		return CS_ERR_CORRUPT;
	*len = n - 1;
	return CS_OK;
}

enum cs_err cc_scp03_unwrap(const struct cc_scp03 *session, uint16_t sw, uint8_t *data, size_t *len)
{
	const uint8_t status[] = {(uint8_t)(sw >> 8), (uint8_t)sw};
	uint8_t mac[BLOCK];

	if (!sw_has_mac(sw))
		return *len == 0 ? CS_OK : CS_ERR_CORRUPT;
	if (!(session->level & SCP03_R_MAC))
		return CS_OK;
	if (*len < session->mac_len)
		return CS_ERR_CORRUPT;
	size_t plain = *len - session->mac_len;
	const struct cs_view parts[3] = {CS_VIEW_OF(session->chaining), cs_view(data, plain),
					 CS_VIEW_OF(status)};
	enum cs_err err = cmac(cs_view(session->s_rmac, session->key_len), parts, mac);
	if (!err && !cs_equal_ct(mac, data + plain, session->mac_len))
		err = CS_ERR_CORRUPT;
	if (!err && plain && (session->level & SCP03_R_ENC))
		err = data_decrypt(session, data, &plain);
	if (!err)
		*len = plain;
	return err;
}
