/* SPDX-License-Identifier: BSD-2-Clause
 *
 * CBC, CTR and CMAC: each a few lines over one block of AES.
 */
#include "applet/block_mode.h"

#include <string.h>

#include "base/secret.h"

static enum cs_err block_run(const struct block_key *key, bool encrypt, const uint8_t *in, uint8_t *out)
{
	const struct crypto *crypto = key->crypto;
	enum piv_alg cipher;

	if (key->key.len == 16)
		cipher = PIV_ALG_AES128;
	else if (key->key.len == 24)
		cipher = PIV_ALG_AES192;
	else if (key->key.len == 32)
		cipher = PIV_ALG_AES256;
	else
		return CS_ERR_ARG;
	return crypto->block(crypto->ctx, cipher, encrypt, key->key, in, out);
}

enum cs_err block_encrypt(const struct block_key *key, const uint8_t in[BLOCK_LEN], uint8_t out[BLOCK_LEN])
{
	return block_run(key, true, in, out);
}

enum cs_err block_counter(const struct block_key *key, uint8_t first, uint32_t number, uint8_t out[BLOCK_LEN])
{
	uint8_t block[BLOCK_LEN] = {first};

	for (size_t i = 0; i < 4; i++)
		block[BLOCK_LEN - 1 - i] = (uint8_t)(number >> 8 * i);
	return block_run(key, true, block, out);
}

static void block_xor(uint8_t a[BLOCK_LEN], const uint8_t b[BLOCK_LEN])
{
	for (size_t i = 0; i < BLOCK_LEN; i++)
		a[i] ^= b[i];
}

/* ---- CBC ---- */

enum cs_err block_cbc_encrypt(const struct block_key *key, const uint8_t iv[BLOCK_LEN], struct cs_view in,
			      uint8_t *out)
{
	uint8_t chain[BLOCK_LEN];
	enum cs_err err = CS_OK;

	if (in.len % BLOCK_LEN)
		return CS_ERR_LENGTH;
	memcpy(chain, iv, BLOCK_LEN);
	for (size_t i = 0; !err && i < in.len; i += BLOCK_LEN) {
		block_xor(chain, in.ptr + i);
		err = block_run(key, true, chain, chain);
		memcpy(out + i, chain, BLOCK_LEN);
	}
	cs_wipe(chain, sizeof(chain));
	return err;
}

enum cs_err block_cbc_decrypt(const struct block_key *key, const uint8_t iv[BLOCK_LEN], struct cs_view in,
			      uint8_t *out)
{
	uint8_t chain[BLOCK_LEN], next[BLOCK_LEN], plain[BLOCK_LEN] = {0};
	enum cs_err err = CS_OK;

	if (in.len % BLOCK_LEN)
		return CS_ERR_LENGTH;
	memcpy(chain, iv, BLOCK_LEN);
	for (size_t i = 0; !err && i < in.len; i += BLOCK_LEN) {
		memcpy(next, in.ptr + i, BLOCK_LEN);
		err = block_run(key, false, next, plain);
		block_xor(plain, chain);
		memcpy(out + i, plain, BLOCK_LEN);
		memcpy(chain, next, BLOCK_LEN);
	}
	cs_wipe(plain, sizeof(plain));
	return err;
}

/* ---- CTR ---- */

static void counter_step(uint8_t counter[BLOCK_LEN])
{
	for (size_t i = BLOCK_LEN; i-- > 0;) {
		if (++counter[i] != 0)
			return;
	}
}

enum cs_err block_ctr(const struct block_key *key, const uint8_t first[BLOCK_LEN], struct cs_view in,
		      uint8_t *out)
{
	uint8_t counter[BLOCK_LEN], stream[BLOCK_LEN] = {0};
	enum cs_err err = CS_OK;

	memcpy(counter, first, BLOCK_LEN);
	for (size_t i = 0; !err && i < in.len; i++) {
		if (i % BLOCK_LEN == 0) {
			err = block_run(key, true, counter, stream);
			counter_step(counter);
		}
		out[i] = in.ptr[i] ^ stream[i % BLOCK_LEN];
	}
	cs_wipe(stream, sizeof(stream));
	return err;
}

/* ---- CMAC ---- */

/* SP 800-38B, 6.1: times x in GF(2^128); without a branch on the secret. */
static void cmac_double(uint8_t block[BLOCK_LEN])
{
	uint8_t reduce = (uint8_t)(0x87u & -(unsigned)(block[0] >> 7));

	for (size_t i = 0; i < BLOCK_LEN - 1; i++)
		block[i] = (uint8_t)(block[i] << 1 | block[i + 1] >> 7);
	block[BLOCK_LEN - 1] = (uint8_t)(block[BLOCK_LEN - 1] << 1 ^ reduce);
}

void block_cmac_begin(struct block_cmac *mac, const struct block_key *key)
{
	*mac = (struct block_cmac){.key = *key};
}

static void cmac_absorb(struct block_cmac *mac)
{
	block_xor(mac->state, mac->last);
	if (!mac->err)
		mac->err = block_run(&mac->key, true, mac->state, mac->state);
	mac->have = 0;
}

void block_cmac_add(struct block_cmac *mac, struct cs_view part)
{
	for (size_t i = 0; i < part.len; i++) {
		if (mac->have == BLOCK_LEN)
			cmac_absorb(mac);
		mac->last[mac->have++] = part.ptr[i];
	}
}

enum cs_err block_cmac_end(struct block_cmac *mac, uint8_t out[BLOCK_LEN])
{
	uint8_t subkey[BLOCK_LEN] = {0};
	enum cs_err err;

	if (!mac->err)
		mac->err = block_run(&mac->key, true, subkey, subkey);
	cmac_double(subkey);
	if (mac->have < BLOCK_LEN) {
		cmac_double(subkey);
		block_pad(mac->last, mac->have);
	}
	block_xor(mac->last, subkey);
	cmac_absorb(mac);
	err = mac->err;
	if (!err)
		memcpy(out, mac->state, BLOCK_LEN);
	cs_wipe(subkey, sizeof(subkey));
	cs_wipe(mac, sizeof(*mac));
	return err;
}

/* ---- padding ---- */

void block_pad(uint8_t *data, size_t len)
{
	data[len] = 0x80;
	memset(data + len + 1, 0, block_padded_len(len) - len - 1);
}

enum cs_err block_unpad(struct cs_view padded, size_t *len)
{
	size_t n = padded.len;

	if (n == 0 || n % BLOCK_LEN)
		return CS_ERR_MALFORMED;
	while (n > padded.len - BLOCK_LEN && padded.ptr[n - 1] == 0)
		n--;
	if (n == padded.len - BLOCK_LEN || padded.ptr[n - 1] != 0x80)
		return CS_ERR_MALFORMED;
	*len = n - 1;
	return CS_OK;
}
