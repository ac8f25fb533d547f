/* SPDX-License-Identifier: BSD-2-Clause
 *
 * PKCS #1 paddings. Masks are 0 or all ones, computed without branches, wherever a decrypted byte decides.
 * Invariants:
 *   1. A decrypted block is right in its first byte, too: Manger's and Bleichenbacher's.
 *   2. What comes before the message is right in each byte, to the one that ends it, which is there.
 */
#include "pkcs11/pkcs1.h"

#include <string.h>
#include <sys/random.h>

#include "base/secret.h"

/* All ones where x is 0, else 0. */
static size_t mask_zero(size_t x)
{
	return (size_t)0 - (((~x) & (x - 1u)) >> (sizeof(size_t) * 8u - 1u));
}

static size_t mask_equal(size_t a, size_t b)
{
	return mask_zero(a ^ b);
}

/* All ones where a < b; both below half the range of size_t. */
static size_t mask_less(size_t a, size_t b)
{
	return (size_t)0 - ((a - b) >> (sizeof(size_t) * 8u - 1u));
}

static size_t choose(size_t mask, size_t a, size_t b)
{
	return (mask & a) | (~mask & b);
}

enum cs_err pkcs1_pad_signature(struct cs_view data, uint8_t *block, size_t k)
{
	size_t fill;

	if (k > PKCS1_MODULUS_MAX || k < PKCS1_OVERHEAD || data.len > k - PKCS1_OVERHEAD)
		return CS_ERR_LENGTH;
	fill = k - data.len - 3;
	block[0] = 0x00;
	block[1] = 0x01;
	memset(block + 2, 0xFF, fill);
	block[2 + fill] = 0x00;
	if (data.len > 0)
		memcpy(block + 3 + fill, data.ptr, data.len);
	return CS_OK;
}

/* XORs MGF1(seed) (B.2.1) over out. */
static enum cs_err mgf1_xor(const struct hash *mgf, struct cs_view seed, uint8_t *out, size_t len)
{
	uint8_t digest[HASH_MAX];
	enum cs_err err = CS_OK;

	for (uint32_t counter = 0; err == CS_OK && len > 0; counter++) {
		const uint8_t be[4] = {(uint8_t)(counter >> 24), (uint8_t)(counter >> 16),
				       (uint8_t)(counter >> 8), (uint8_t)counter};
		const struct cs_view parts[2] = {seed, CS_VIEW_OF(be)};
		size_t n = len < mgf->len ? len : mgf->len;

		err = hash_digest(mgf, parts, 2, digest);
		for (size_t i = 0; err == CS_OK && i < n; i++)
			out[i] ^= digest[i];
		out += n;
		len -= n;
	}
	cs_wipe(digest, sizeof(digest));
	return err;
}

/* em is em_len bytes: maskedDB | H | BC. */
static enum cs_err pss_fill(const struct hash *hash, const struct hash *mgf, struct cs_view salt,
			    struct cs_view digest, uint8_t *em, size_t em_len)
{
	static const uint8_t zeros[8];
	const struct cs_view parts[3] = {CS_VIEW_OF(zeros), digest, salt};
	size_t db_len = em_len - hash->len - 1;
	enum cs_err err = hash_digest(hash, parts, 3, em + db_len);

	if (err != CS_OK)
		return err;
	memset(em, 0, db_len);
	em[db_len - salt.len - 1] = 0x01;
	if (salt.len > 0)
		memcpy(em + db_len - salt.len, salt.ptr, salt.len);
	em[em_len - 1] = 0xBC;
	return mgf1_xor(mgf, cs_view(em + db_len, hash->len), em, db_len);
}

enum cs_err pkcs1_pss_encode(const struct hash *hash, const struct hash *mgf, size_t salt_len,
			     struct cs_view digest, uint8_t *block, size_t mod_bits)
{
	uint8_t salt[PKCS1_MODULUS_MAX];
	size_t k = (mod_bits + 7) / 8;
	size_t em_bits = mod_bits - 1;
	size_t em_len = (em_bits + 7) / 8;
	enum cs_err err;

	if (k > PKCS1_MODULUS_MAX || salt_len > sizeof(salt) || digest.len != hash->len ||
	    em_len < hash->len + salt_len + 2)
		return CS_ERR_LENGTH;
	if (salt_len > 0 && getrandom(salt, salt_len, 0) != (ssize_t)salt_len)
		return CS_ERR_CRYPTO;
	block[0] = 0;
	block += k - em_len;
	err = pss_fill(hash, mgf, cs_view(salt, salt_len), digest, block, em_len);
	if (err == CS_OK)
		block[0] &= (uint8_t)(0xFFu >> (8 * em_len - em_bits));
	return err;
}

enum cs_err pkcs1_unpad_encryption(struct cs_view block, struct cs_view *message)
{
	size_t seen = 0, zero_at = 0, good;

	if (block.len < PKCS1_OVERHEAD)
		return CS_ERR_MALFORMED;
	good = mask_zero(block.ptr[0]) & mask_equal(block.ptr[1], 0x02);
	for (size_t i = 2; i < block.len; i++) {
		size_t is_zero = mask_zero(block.ptr[i]);

		zero_at = choose(~seen & is_zero, i, zero_at);
		seen |= is_zero;
	}
	/* At least eight bytes of padding stand before the zero. */
	good &= seen & ~mask_less(zero_at, 10);
	if (CS_PUBLIC(good) == 0)
		return CS_ERR_MALFORMED;
	zero_at = CS_PUBLIC(zero_at);
	*message = cs_view(block.ptr + zero_at + 1, block.len - zero_at - 1);
	return CS_OK;
}

/* Where db (lHash | zeros | 01 | message) is right: the mask, and where the message begins. */
static size_t oaep_check(const uint8_t *db, size_t len, const uint8_t *label_hash, size_t hash_len,
			 size_t *start)
{
	size_t good = 0, seen = 0, bad = 0, one_at = 0;

	for (size_t i = 0; i < hash_len; i++)
		bad |= (size_t)(db[i] ^ label_hash[i]);
	good = mask_zero(bad);
	for (size_t i = hash_len; i < len; i++) {
		size_t is_one = mask_equal(db[i], 0x01);
		size_t is_zero = mask_zero(db[i]);

		one_at = choose(~seen & is_one, i, one_at);
		good &= seen | is_one | is_zero;
		seen |= is_one;
	}
	*start = one_at + 1;
	return good & seen;
}

enum cs_err pkcs1_oaep_decode(const struct hash *hash, const struct hash *mgf, struct cs_view label,
			      uint8_t *block, size_t k, struct cs_view *message)
{
	uint8_t label_hash[HASH_MAX];
	uint8_t *seed = block + 1, *db = block + 1 + hash->len;
	size_t db_len, start, good;
	enum cs_err err;

	if (k < 2 * hash->len + 2)
		return CS_ERR_LENGTH;
	db_len = k - hash->len - 1;
	err = hash_digest(hash, &label, 1, label_hash);
	if (err == CS_OK)
		err = mgf1_xor(mgf, cs_view(db, db_len), seed, hash->len);
	if (err == CS_OK)
		err = mgf1_xor(mgf, cs_view(seed, hash->len), db, db_len);
	if (err != CS_OK)
		return err;
	good = mask_zero(block[0]) & oaep_check(db, db_len, label_hash, hash->len, &start);
	if (CS_PUBLIC(good) == 0)
		return CS_ERR_MALFORMED;
	start = CS_PUBLIC(start);
	*message = cs_view(db + start, db_len - start);
	return CS_OK;
}
