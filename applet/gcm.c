/* SPDX-License-Identifier: BSD-2-Clause
 *
 * GCM: counter mode (block_ctr) and GHASH. The counter of the standard is the last 32 bits of the block, ours
 * all of it: the same for messages that are this short.
 */
#include "applet/gcm.h"

#include <string.h>

#include "base/secret.h"

/* An element of GF(2^128): the first bit of the block is the highest of high. */
struct field {
	uint64_t high, low;
};

struct ghash {
	struct field key, state;
};

static struct field field_of(const uint8_t block[BLOCK_LEN])
{
	struct cs_reader r = cs_reader_of(cs_view(block, BLOCK_LEN));
	struct field f;

	f.high = cs_read_u64(&r);
	f.low = cs_read_u64(&r);
	return f;
}

/* SP 800-38D, 6.3, without a branch on either factor. */
static struct field field_multiply(struct field x, struct field y)
{
	struct field z = {0, 0};

	for (unsigned i = 0; i < 128; i++) {
		uint64_t take = 0 - (x.high >> 63), carry = 0 - (y.low & 1u);

		z.high ^= y.high & take;
		z.low ^= y.low & take;
		x.high = x.high << 1 | x.low >> 63;
		x.low <<= 1;
		y.low = y.low >> 1 | y.high << 63;
		y.high = (y.high >> 1) ^ (carry & 0xE100000000000000u);
	}
	return z;
}

static void ghash_block(struct ghash *g, const uint8_t block[BLOCK_LEN])
{
	struct field f = field_of(block);

	g->state.high ^= f.high;
	g->state.low ^= f.low;
	g->state = field_multiply(g->state, g->key);
}

/* Zeros fill the last block. */
static void ghash_add(struct ghash *g, struct cs_view part)
{
	for (size_t at = 0; at < part.len; at += BLOCK_LEN) {
		uint8_t block[BLOCK_LEN] = {0};
		size_t n = part.len - at < BLOCK_LEN ? part.len - at : BLOCK_LEN;

		memcpy(block, part.ptr + at, n);
		ghash_block(g, block);
	}
}

static void ghash_end(struct ghash *g, size_t aad_len, size_t text_len, uint8_t out[BLOCK_LEN])
{
	uint8_t lengths[BLOCK_LEN];
	struct cs_writer w = CS_WRITER_OF(lengths), o = cs_writer_of(out, BLOCK_LEN);

	cs_write_u64(&w, (uint64_t)aad_len * 8);
	cs_write_u64(&w, (uint64_t)text_len * 8);
	ghash_block(g, lengths);
	cs_write_u64(&o, g->state.high);
	cs_write_u64(&o, g->state.low);
}

static void counter_block(const uint8_t nonce[GCM_NONCE_LEN], uint8_t number, uint8_t block[BLOCK_LEN])
{
	memset(block, 0, BLOCK_LEN);
	memcpy(block, nonce, GCM_NONCE_LEN);
	block[BLOCK_LEN - 1] = number;
}

static enum cs_err tag_make(const struct block_key *key, const uint8_t nonce[GCM_NONCE_LEN],
			    struct cs_view aad, struct cs_view sealed, uint8_t tag[GCM_TAG_LEN])
{
	uint8_t zero[BLOCK_LEN] = {0}, hash_key[BLOCK_LEN] = {0}, mask[BLOCK_LEN], hash[BLOCK_LEN];
	struct ghash g = {.state = {0, 0}};
	enum cs_err err = block_encrypt(key, zero, hash_key);

	counter_block(nonce, 1, mask);
	if (!err)
		err = block_encrypt(key, mask, mask);
	if (!err) {
		g.key = field_of(hash_key);
		ghash_add(&g, aad);
		ghash_add(&g, sealed);
		ghash_end(&g, aad.len, sealed.len, hash);
		for (size_t i = 0; i < GCM_TAG_LEN; i++)
			tag[i] = hash[i] ^ mask[i];
	}
	cs_wipe(hash_key, sizeof(hash_key));
	cs_wipe(mask, sizeof(mask));
	cs_wipe(&g, sizeof(g));
	return err;
}

enum cs_err gcm_seal(const struct block_key *key, const uint8_t nonce[GCM_NONCE_LEN], struct cs_view aad,
		     struct cs_view plain, uint8_t *out, uint8_t tag[GCM_TAG_LEN])
{
	uint8_t first[BLOCK_LEN];
	enum cs_err err;

	counter_block(nonce, 2, first);
	err = block_ctr(key, first, plain, out);
	return err ? err : tag_make(key, nonce, aad, cs_view(out, plain.len), tag);
}

enum cs_err gcm_open(const struct block_key *key, const uint8_t nonce[GCM_NONCE_LEN], struct cs_view aad,
		     struct cs_view sealed, const uint8_t tag[GCM_TAG_LEN], uint8_t *out)
{
	uint8_t first[BLOCK_LEN], right[GCM_TAG_LEN] = {0};
	enum cs_err err = tag_make(key, nonce, aad, sealed, right);

	if (!err && !cs_equal_ct(right, tag, GCM_TAG_LEN))
		err = CS_ERR_CORRUPT;
	cs_wipe(right, sizeof(right));
	if (err)
		return err;
	counter_block(nonce, 2, first);
	return block_ctr(key, first, sealed, out);
}
