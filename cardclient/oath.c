/* SPDX-License-Identifier: BSD-2-Clause
 *
 * OATH commands: credentials and codes. The access code: oath_code.c.
 */
#include "cardclient/oath.h"

#include <openssl/evp.h>
#include <string.h>

#include "base/secret.h"
#include "base/sw.h"
#include "base/tlv.h"

#define LIST_MAX     33920u /* bytes of the longest list of credentials: what a card of ours answers at most */
#define P2_TRUNCATED 0x01u

enum cs_err cc_oath_select(struct cc_card *card, struct cc_oath_info *out)
{
	static const uint8_t aid[] = YKOATH_AID;
	uint8_t answer[256];
	struct cs_writer w = CS_WRITER_OF(answer);
	struct cs_apdu cmd = {.ins = 0xA4, .p1 = 0x04, .data = CS_VIEW_OF(aid), .ne = CS_APDU_SHORT_NE_MAX};

	enum cs_err err = cc_command(card, &cmd, &w);
	return err ? err : cc_oath_parse_select(cs_writer_view(&w), out);
}

/* A command of this application: its rest is fetched in its own way. */
static enum cs_err oath_command(struct cc_card *card, const struct cs_apdu *cmd, struct cs_writer *resp)
{
	uint16_t sw;
	enum cs_err err = cc_transmit_more(card, cmd, YKOATH_INS_SEND_REMAINING, resp, &sw);
	return err ? err : cc_sw_error(sw);
}

static bool name_fits(struct cs_view name)
{
	return name.len > 0 && name.len <= YKOATH_NAME_MAX;
}

/* ---- PUT ---- */

/* The key as it goes over: digested where it is longer than a block of its hash (RFC 2104), padded where it
 * is short. */
static enum cs_err key_prepare(enum ykoath_hash hash, struct cs_view key, struct cs_writer *out)
{
	const EVP_MD *md = hash == YKOATH_HASH_SHA1	? EVP_sha1()
			   : hash == YKOATH_HASH_SHA256 ? EVP_sha256()
							: EVP_sha512();
	/* A SHA-512 key of up to 128 bytes would still be a key, but the card takes 64. */
	size_t block = hash == YKOATH_HASH_SHA512 ? 128 : 64;

	if (key.len > block) {
		unsigned len = 0;
		uint8_t *digest = cs_write_space(out, (size_t)EVP_MD_get_size(md));
		if (digest == NULL || EVP_Digest(key.ptr, key.len, digest, &len, md, NULL) != 1)
			return CS_ERR_CRYPTO;
		return CS_OK;
	}
	if (key.len > YKOATH_KEY_MAX)
		return CS_ERR_UNSUPPORTED;
	cs_write_view(out, key);
	if (key.len < YKOATH_KEY_MIN)
		cs_write_fill(out, 0, YKOATH_KEY_MIN - key.len);
	return cs_writer_done(out);
}

static bool credential_valid(const struct cc_oath_credential *c)
{
	return name_fits(c->name) && c->key.len > 0 && c->digits >= CS_OATH_DIGITS_MIN && c->digits <= 8 &&
	       (c->type == YKOATH_TYPE_HOTP || c->type == YKOATH_TYPE_TOTP) && c->hash >= YKOATH_HASH_SHA1 &&
	       c->hash <= YKOATH_HASH_SHA512;
}

static void write_properties(struct cs_writer *w, const struct cc_oath_credential *c)
{
	uint8_t properties = (uint8_t)((c->touch ? YKOATH_PROPERTY_TOUCH : 0) |
				       (c->increasing ? YKOATH_PROPERTY_INCREASING : 0));
	if (properties != 0) {
		cs_write_u8(w, YKOATH_TAG_PROPERTY);
		cs_write_u8(w, properties);
	}
	if (c->type == YKOATH_TYPE_HOTP && c->counter != 0) {
		cs_tlv_write_header(w, YKOATH_TAG_IMF, 4);
		cs_write_u32(w, c->counter);
	}
}

enum cs_err cc_oath_put(struct cc_card *card, const struct cc_oath_credential *c)
{
	uint8_t data[256], key[YKOATH_KEY_MAX];
	struct cs_writer w = CS_WRITER_OF(data), k = CS_WRITER_OF(key);

	if (!credential_valid(c))
		return CS_ERR_ARG;
	enum cs_err err = key_prepare(c->hash, c->key, &k);
	cs_tlv_write(&w, YKOATH_TAG_NAME, c->name);
	cs_tlv_write_header(&w, YKOATH_TAG_KEY, 2 + cs_writer_view(&k).len);
	cs_write_u8(&w, (uint8_t)((unsigned)c->type | (unsigned)c->hash));
	cs_write_u8(&w, (uint8_t)c->digits);
	cs_write_view(&w, cs_writer_view(&k));
	write_properties(&w, c);
	struct cs_apdu cmd = {.ins = YKOATH_INS_PUT, .data = cs_writer_view(&w)};
	if (!err)
		err = cs_writer_done(&w);
	if (!err)
		err = oath_command(card, &cmd, NULL);
	cs_wipe(data, sizeof data);
	cs_wipe(key, sizeof key);
	return err;
}

enum cs_err cc_oath_delete(struct cc_card *card, struct cs_view name)
{
	uint8_t data[YKOATH_NAME_MAX + 4];
	struct cs_writer w = CS_WRITER_OF(data);

	if (!name_fits(name))
		return CS_ERR_ARG;
	cs_tlv_write(&w, YKOATH_TAG_NAME, name);
	struct cs_apdu cmd = {.ins = YKOATH_INS_DELETE, .data = cs_writer_view(&w)};
	enum cs_err err = oath_command(card, &cmd, NULL);
	return err == CS_ERR_STATE ? CS_ERR_NOT_FOUND : err;
}

enum cs_err cc_oath_rename(struct cc_card *card, struct cs_view old_name, struct cs_view new_name)
{
	uint8_t data[2 * (YKOATH_NAME_MAX + 4)];
	struct cs_writer w = CS_WRITER_OF(data);

	if (!name_fits(old_name) || !name_fits(new_name))
		return CS_ERR_ARG;
	cs_tlv_write(&w, YKOATH_TAG_NAME, old_name);
	cs_tlv_write(&w, YKOATH_TAG_NAME, new_name);
	struct cs_apdu cmd = {.ins = YKOATH_INS_RENAME, .data = cs_writer_view(&w)};
	enum cs_err err = oath_command(card, &cmd, NULL);
	return err == CS_ERR_STATE ? CS_ERR_NOT_FOUND : err;
}

/* ---- lists and codes ---- */

enum cs_err cc_oath_list(struct cc_card *card, cc_oath_each_fn *each, void *ctx)
{
	uint8_t answer[LIST_MAX];
	struct cs_writer w = CS_WRITER_OF(answer);
	struct cs_apdu cmd = {.ins = YKOATH_INS_LIST, .ne = CS_APDU_SHORT_NE_MAX};

	enum cs_err err = oath_command(card, &cmd, &w);
	return err ? err : cc_oath_parse_list(cs_writer_view(&w), each, ctx);
}

static void write_challenge(struct cs_writer *w, uint64_t step)
{
	cs_tlv_write_header(w, YKOATH_TAG_CHALLENGE, YKOATH_CHALLENGE_LEN);
	cs_write_u64(w, step);
}

enum cs_err cc_oath_calculate_all(struct cc_card *card, uint64_t step, cc_oath_each_fn *each, void *ctx)
{
	uint8_t data[16], answer[LIST_MAX];
	struct cs_writer w = CS_WRITER_OF(data), a = CS_WRITER_OF(answer);

	write_challenge(&w, step);
	struct cs_apdu cmd = {
	    .ins = YKOATH_INS_CALCULATE_ALL, .p2 = P2_TRUNCATED, .ne = CS_APDU_SHORT_NE_MAX};
	cmd.data = cs_writer_view(&w);
	enum cs_err err = oath_command(card, &cmd, &a);
	if (!err)
		err = cc_oath_parse_all(cs_writer_view(&a), each, ctx);
	cs_wipe(answer, cs_writer_view(&a).len);
	return err;
}

/* How cards say of CALCULATE that there is no such credential (6984), or that nobody touched them (6985). */
static enum cs_err calculate_error(const struct cc_card *card, enum cs_err err)
{
	if (err != CS_ERR_STATE)
		return err;
	return cc_card_sw(card) == CS_SW_CONDITIONS ? CS_ERR_TIMEOUT : CS_ERR_NOT_FOUND;
}

enum cs_err cc_oath_calculate(struct cc_card *card, struct cs_view name, uint64_t step, uint32_t *truncated,
			      unsigned *digits)
{
	uint8_t data[YKOATH_NAME_MAX + 16], answer[64];
	struct cs_writer w = CS_WRITER_OF(data), a = CS_WRITER_OF(answer);

	if (!name_fits(name))
		return CS_ERR_ARG;
	cs_tlv_write(&w, YKOATH_TAG_NAME, name);
	write_challenge(&w, step);
	struct cs_apdu cmd = {.ins = YKOATH_INS_CALCULATE, .p2 = P2_TRUNCATED, .ne = CS_APDU_SHORT_NE_MAX};
	cmd.data = cs_writer_view(&w);
	enum cs_err err = calculate_error(card, oath_command(card, &cmd, &a));
	if (!err)
		err = cc_oath_parse_code(cs_writer_view(&a), truncated, digits);
	cs_wipe(answer, sizeof answer);
	return err;
}

enum cs_err cc_oath_hmac(struct cc_card *card, struct cs_view name, struct cs_view challenge,
			 struct cs_writer *out)
{
	uint8_t data[YKOATH_NAME_MAX + 80], answer[96];
	struct cs_writer w = CS_WRITER_OF(data), a = CS_WRITER_OF(answer);

	if (!name_fits(name) || challenge.len == 0 || challenge.len > 64)
		return CS_ERR_ARG;
	cs_tlv_write(&w, YKOATH_TAG_NAME, name);
	cs_tlv_write(&w, YKOATH_TAG_CHALLENGE, challenge);
	struct cs_apdu cmd = {
	    .ins = YKOATH_INS_CALCULATE, .data = cs_writer_view(&w), .ne = CS_APDU_SHORT_NE_MAX};
	enum cs_err err = calculate_error(card, oath_command(card, &cmd, &a));
	if (!err) {
		struct cs_reader r = cs_reader_of(cs_writer_view(&a));
		struct cs_reader value = cs_reader_of(cs_tlv_expect(&r, YKOATH_TAG_FULL_RESPONSE));
		cs_read_u8(&value); /* digits */
		struct cs_view mac = cs_read_rest(&value);
		err = cs_reader_done(&r) || mac.len < 20 ? CS_ERR_MALFORMED : CS_OK;
		if (!err) {
			cs_write_view(out, mac);
			err = cs_writer_done(out);
		}
	}
	cs_wipe(answer, sizeof answer);
	return err;
}
