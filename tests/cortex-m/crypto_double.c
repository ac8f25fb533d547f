/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A test double of the crypto port. Digests and HMACs are the real ones (FIPS 180-4, RFC 2104). All the rest
 * only looks like what it stands for: sealing is a key stream and a MAC of SHA-256, ciphers are Feistel
 * networks, and public keys and signatures are hashes of the right shape. It protects nothing. It lets the
 * card core's tests run where there is no libcrypto, and each of its functions can be undone and checked as
 * far as the core undoes and checks them.
 */
#include "tests/cortex-m/crypto_double.h"

#include <string.h>

#include "base/secret.h"
#include "base/tlv.h"

/* ---- SHA-1, SHA-2 ---- */

/* Cube roots of the first 80 primes, the 64 bits behind the point; SHA-256 takes the first halves of 64 of
 * them. */
static const uint64_t k512[80] = {
    0x428A2F98D728AE22U, 0x7137449123EF65CDU, 0xB5C0FBCFEC4D3B2FU, 0xE9B5DBA58189DBBCU, 0x3956C25BF348B538U,
    0x59F111F1B605D019U, 0x923F82A4AF194F9BU, 0xAB1C5ED5DA6D8118U, 0xD807AA98A3030242U, 0x12835B0145706FBEU,
    0x243185BE4EE4B28CU, 0x550C7DC3D5FFB4E2U, 0x72BE5D74F27B896FU, 0x80DEB1FE3B1696B1U, 0x9BDC06A725C71235U,
    0xC19BF174CF692694U, 0xE49B69C19EF14AD2U, 0xEFBE4786384F25E3U, 0x0FC19DC68B8CD5B5U, 0x240CA1CC77AC9C65U,
    0x2DE92C6F592B0275U, 0x4A7484AA6EA6E483U, 0x5CB0A9DCBD41FBD4U, 0x76F988DA831153B5U, 0x983E5152EE66DFABU,
    0xA831C66D2DB43210U, 0xB00327C898FB213FU, 0xBF597FC7BEEF0EE4U, 0xC6E00BF33DA88FC2U, 0xD5A79147930AA725U,
    0x06CA6351E003826FU, 0x142929670A0E6E70U, 0x27B70A8546D22FFCU, 0x2E1B21385C26C926U, 0x4D2C6DFC5AC42AEDU,
    0x53380D139D95B3DFU, 0x650A73548BAF63DEU, 0x766A0ABB3C77B2A8U, 0x81C2C92E47EDAEE6U, 0x92722C851482353BU,
    0xA2BFE8A14CF10364U, 0xA81A664BBC423001U, 0xC24B8B70D0F89791U, 0xC76C51A30654BE30U, 0xD192E819D6EF5218U,
    0xD69906245565A910U, 0xF40E35855771202AU, 0x106AA07032BBD1B8U, 0x19A4C116B8D2D0C8U, 0x1E376C085141AB53U,
    0x2748774CDF8EEB99U, 0x34B0BCB5E19B48A8U, 0x391C0CB3C5C95A63U, 0x4ED8AA4AE3418ACBU, 0x5B9CCA4F7763E373U,
    0x682E6FF3D6B2B8A3U, 0x748F82EE5DEFB2FCU, 0x78A5636F43172F60U, 0x84C87814A1F0AB72U, 0x8CC702081A6439ECU,
    0x90BEFFFA23631E28U, 0xA4506CEBDE82BDE9U, 0xBEF9A3F7B2C67915U, 0xC67178F2E372532BU, 0xCA273ECEEA26619CU,
    0xD186B8C721C0C207U, 0xEADA7DD6CDE0EB1EU, 0xF57D4F7FEE6ED178U, 0x06F067AA72176FBAU, 0x0A637DC5A2C898A6U,
    0x113F9804BEF90DAEU, 0x1B710B35131C471BU, 0x28DB77F523047D84U, 0x32CAAB7B40C72493U, 0x3C9EBE0A15C9BEBCU,
    0x431D67C49C100D4CU, 0x4CC5D4BECB3E42B6U, 0x597F299CFC657E2AU, 0x5FCB6FAB3AD6FAECU, 0x6C44198C4A475817U,
};

/* Square roots of the first eight primes, and of the next eight. */
static const uint64_t start512[8] = {
    0x6A09E667F3BCC908U, 0xBB67AE8584CAA73BU, 0x3C6EF372FE94F82BU, 0xA54FF53A5F1D36F1U,
    0x510E527FADE682D1U, 0x9B05688C2B3E6C1FU, 0x1F83D9ABFB41BD6BU, 0x5BE0CD19137E2179U,
};
static const uint64_t start384[8] = {
    0xCBBB9D5DC1059ED8U, 0x629A292A367CD507U, 0x9159015A3070DD17U, 0x152FECD8F70E5939U,
    0x67332667FFC00B31U, 0x8EB44A8768581511U, 0xDB0C2E0D64F98FA7U, 0x47B5481DBEFA4FA4U,
};

struct sha {
	enum cs_hash hash;
	uint64_t h[8]; /* SHA-1 and SHA-256 use the low halves */
	uint8_t block[128];
	size_t used, block_len;
	uint64_t total;
};

static uint32_t rol32(uint32_t x, unsigned n)
{
	return x << n | x >> (32 - n);
}

static uint64_t ror64(uint64_t x, unsigned n)
{
	return x >> n | x << (64 - n);
}

static uint64_t load(const uint8_t *p, size_t len)
{
	uint64_t value = 0;

	for (size_t i = 0; i < len; i++)
		value = value << 8 | p[i];
	return value;
}

static void sha1_round(const uint32_t w[80], unsigned i, uint32_t v[5])
{
	static const uint32_t k[4] = {0x5A827999u, 0x6ED9EBA1u, 0x8F1BBCDCu, 0xCA62C1D6u};
	uint32_t choose = (v[1] & v[2]) | (~v[1] & v[3]);
	uint32_t parity = v[1] ^ v[2] ^ v[3];
	uint32_t majority = (v[1] & v[2]) | (v[1] & v[3]) | (v[2] & v[3]);
	uint32_t f = i < 20 ? choose : i >= 40 && i < 60 ? majority : parity;
	uint32_t t = rol32(v[0], 5) + f + v[4] + k[i / 20] + w[i];

	v[4] = v[3];
	v[3] = v[2];
	v[2] = rol32(v[1], 30);
	v[1] = v[0];
	v[0] = t;
}

static void sha1_block(struct sha *s)
{
	uint32_t w[80], v[5];

	for (unsigned i = 0; i < 16; i++)
		w[i] = (uint32_t)load(s->block + 4 * i, 4);
	for (unsigned i = 16; i < 80; i++)
		w[i] = rol32(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
	for (unsigned i = 0; i < 5; i++)
		v[i] = (uint32_t)s->h[i];
	for (unsigned i = 0; i < 80; i++)
		sha1_round(w, i, v);
	for (unsigned i = 0; i < 5; i++)
		s->h[i] = (uint32_t)s->h[i] + v[i];
}

static uint32_t ror32(uint32_t x, unsigned n)
{
	return rol32(x, 32 - n);
}

static void sha256_block(struct sha *s)
{
	uint32_t w[64], v[8];

	for (unsigned i = 0; i < 16; i++)
		w[i] = (uint32_t)load(s->block + 4 * i, 4);
	for (unsigned i = 16; i < 64; i++)
		w[i] = w[i - 16] + w[i - 7] + (ror32(w[i - 15], 7) ^ ror32(w[i - 15], 18) ^ w[i - 15] >> 3) +
		       (ror32(w[i - 2], 17) ^ ror32(w[i - 2], 19) ^ w[i - 2] >> 10);
	for (unsigned i = 0; i < 8; i++)
		v[i] = (uint32_t)s->h[i];
	for (unsigned i = 0; i < 64; i++) {
		uint32_t t1 = v[7] + (ror32(v[4], 6) ^ ror32(v[4], 11) ^ ror32(v[4], 25)) +
			      ((v[4] & v[5]) ^ (~v[4] & v[6])) + (uint32_t)(k512[i] >> 32) + w[i];
		uint32_t t2 = (ror32(v[0], 2) ^ ror32(v[0], 13) ^ ror32(v[0], 22)) +
			      ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));

		memmove(v + 1, v, 7 * sizeof(v[0]));
		v[4] += t1;
		v[0] = t1 + t2;
	}
	for (unsigned i = 0; i < 8; i++)
		s->h[i] = (uint32_t)s->h[i] + v[i];
}

static void sha512_block(struct sha *s)
{
	uint64_t w[80], v[8];

	for (unsigned i = 0; i < 16; i++)
		w[i] = load(s->block + 8 * i, 8);
	for (unsigned i = 16; i < 80; i++)
		w[i] = w[i - 16] + w[i - 7] + (ror64(w[i - 15], 1) ^ ror64(w[i - 15], 8) ^ w[i - 15] >> 7) +
		       (ror64(w[i - 2], 19) ^ ror64(w[i - 2], 61) ^ w[i - 2] >> 6);
	memcpy(v, s->h, sizeof(v));
	for (unsigned i = 0; i < 80; i++) {
		uint64_t t1 = v[7] + (ror64(v[4], 14) ^ ror64(v[4], 18) ^ ror64(v[4], 41)) +
			      ((v[4] & v[5]) ^ (~v[4] & v[6])) + k512[i] + w[i];
		uint64_t t2 = (ror64(v[0], 28) ^ ror64(v[0], 34) ^ ror64(v[0], 39)) +
			      ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));

		memmove(v + 1, v, 7 * sizeof(v[0]));
		v[4] += t1;
		v[0] = t1 + t2;
	}
	for (unsigned i = 0; i < 8; i++)
		s->h[i] += v[i];
}

static void sha_begin(struct sha *s, enum cs_hash hash)
{
	static const uint32_t start1[5] = {0x67452301u, 0xEFCDAB89u, 0x98BADCFEu, 0x10325476u, 0xC3D2E1F0u};

	*s = (struct sha){.hash = hash, .block_len = hash == CS_SHA1 || hash == CS_SHA256 ? 64 : 128};
	for (unsigned i = 0; i < 8; i++) {
		if (hash == CS_SHA1)
			s->h[i] = i < 5 ? start1[i] : 0;
		else if (hash == CS_SHA256)
			s->h[i] = start512[i] >> 32;
		else
			s->h[i] = hash == CS_SHA384 ? start384[i] : start512[i];
	}
}

static void sha_block(struct sha *s)
{
	if (s->hash == CS_SHA1)
		sha1_block(s);
	else if (s->hash == CS_SHA256)
		sha256_block(s);
	else
		sha512_block(s);
	s->used = 0;
}

static void sha_add(struct sha *s, struct cs_view bytes)
{
	s->total += bytes.len;
	while (bytes.len > 0) {
		size_t room = s->block_len - s->used, now = bytes.len < room ? bytes.len : room;

		memcpy(s->block + s->used, bytes.ptr, now);
		s->used += now;
		bytes = cs_view(bytes.ptr + now, bytes.len - now);
		if (s->used == s->block_len)
			sha_block(s);
	}
}

static void sha_end(struct sha *s, uint8_t *out)
{
	size_t word = s->block_len == 64 ? 4 : 8;
	uint64_t bits = s->total * 8;

	s->block[s->used++] = 0x80;
	if (s->used > s->block_len - 2 * word) {
		memset(s->block + s->used, 0, s->block_len - s->used);
		sha_block(s);
	}
	memset(s->block + s->used, 0, s->block_len - s->used);
	for (unsigned i = 0; i < 8; i++)
		s->block[s->block_len - 1 - i] = (uint8_t)(bits >> 8 * i);
	sha_block(s);
	for (size_t i = 0; i < cs_hash_size(s->hash); i++)
		out[i] = (uint8_t)(s->h[i / word] >> 8 * (word - 1 - i % word));
}

enum cs_err crypto_double_digest(void *ctx, enum cs_hash hash, struct cs_view msg, uint8_t *out)
{
	struct sha s;

	(void)ctx;
	sha_begin(&s, hash);
	sha_add(&s, msg);
	sha_end(&s, out);
	return CS_OK;
}

/* ---- HMAC ---- */

static void hmac_pad(struct sha *s, enum cs_hash hash, const uint8_t *key, uint8_t with)
{
	uint8_t pad[128];

	sha_begin(s, hash);
	for (size_t i = 0; i < s->block_len; i++)
		pad[i] = key[i] ^ with;
	sha_add(s, cs_view(pad, s->block_len));
}

static void hmac_begin(struct sha *s, enum cs_hash hash, struct cs_view key, uint8_t block[128])
{
	memset(block, 0, 128);
	sha_begin(s, hash);
	if (key.len > s->block_len)
		(void)crypto_double_digest(NULL, hash, key, block);
	else if (key.len)
		memcpy(block, key.ptr, key.len);
	hmac_pad(s, hash, block, 0x36);
}

static void hmac_end(struct sha *s, const uint8_t block[128], uint8_t *mac)
{
	enum cs_hash hash = s->hash;

	sha_end(s, mac);
	hmac_pad(s, hash, block, 0x5C);
	sha_add(s, cs_view(mac, cs_hash_size(hash)));
	sha_end(s, mac);
}

enum cs_err crypto_double_hmac(void *ctx, enum cs_hash hash, struct cs_view key, struct cs_view msg,
			       uint8_t *mac)
{
	uint8_t block[128];
	struct sha s;

	(void)ctx;
	hmac_begin(&s, hash, key, block);
	sha_add(&s, msg);
	hmac_end(&s, block, mac);
	return CS_OK;
}

/* ---- what only looks like cryptography ---- */

/* SHA-256 of a key, a kind, a number and two texts. */
static void mix(struct cs_view key, uint8_t kind, struct cs_view a, struct cs_view b, uint32_t number,
		uint8_t out[32])
{
	const uint8_t head[] = {kind,
				(uint8_t)(number >> 24),
				(uint8_t)(number >> 16),
				(uint8_t)(number >> 8),
				(uint8_t)number,
				(uint8_t)(a.len >> 8),
				(uint8_t)a.len};
	struct sha s;

	sha_begin(&s, CS_SHA256);
	sha_add(&s, key);
	sha_add(&s, CS_VIEW_OF(head));
	sha_add(&s, a);
	sha_add(&s, b);
	sha_end(&s, out);
}

static enum cs_err random_bytes(void *ctx, uint8_t *out, size_t len)
{
	struct crypto_double *d = ctx;
	uint8_t bytes[32];

	for (size_t i = 0; i < len; i++) {
		if (i % 32 == 0)
			mix(CS_VIEW_TEXT("random"), 'R', CS_VIEW_EMPTY, CS_VIEW_EMPTY, d->drawn++, bytes);
		out[i] = bytes[i % 32];
	}
	return CS_OK;
}

static void stream(struct cs_view key, const uint8_t *nonce, struct cs_view in, uint8_t *out)
{
	uint8_t bytes[32];

	for (size_t i = 0; i < in.len; i++) {
		if (i % 32 == 0)
			mix(key, 'S', cs_view(nonce, CRYPTO_AEAD_NONCE_LEN), CS_VIEW_EMPTY,
			    (uint32_t)(i / 32), bytes);
		out[i] = in.ptr[i] ^ bytes[i % 32];
	}
}

static void aead_tag(struct cs_view key, const uint8_t *nonce, struct cs_view aad, struct cs_view sealed,
		     uint8_t tag[32])
{
	uint8_t bound[32];

	mix(key, 'A', cs_view(nonce, CRYPTO_AEAD_NONCE_LEN), aad, 0, bound);
	mix(key, 'T', CS_VIEW_OF(bound), sealed, 0, tag);
}

static enum cs_err aead_seal(void *ctx, const uint8_t key[CRYPTO_AEAD_KEY_LEN],
			     const uint8_t nonce[CRYPTO_AEAD_NONCE_LEN], struct cs_view aad,
			     struct cs_view plain, uint8_t *sealed)
{
	struct cs_view k = cs_view(key, CRYPTO_AEAD_KEY_LEN);
	uint8_t tag[32];

	(void)ctx;
	stream(k, nonce, plain, sealed);
	aead_tag(k, nonce, aad, cs_view(sealed, plain.len), tag);
	memcpy(sealed + plain.len, tag, CRYPTO_AEAD_TAG_LEN);
	return CS_OK;
}

static enum cs_err aead_open(void *ctx, const uint8_t key[CRYPTO_AEAD_KEY_LEN],
			     const uint8_t nonce[CRYPTO_AEAD_NONCE_LEN], struct cs_view aad,
			     struct cs_view sealed, uint8_t *plain)
{
	struct cs_view k = cs_view(key, CRYPTO_AEAD_KEY_LEN);
	uint8_t tag[32];

	(void)ctx;
	if (sealed.len < CRYPTO_AEAD_TAG_LEN)
		return CS_ERR_CORRUPT;
	sealed.len -= CRYPTO_AEAD_TAG_LEN;
	aead_tag(k, nonce, aad, sealed, tag);
	if (!cs_equal_ct(tag, sealed.ptr + sealed.len, CRYPTO_AEAD_TAG_LEN))
		return CS_ERR_CORRUPT;
	stream(k, nonce, sealed, plain);
	return CS_OK;
}

/* Four rounds over two halves of a block. */
static enum cs_err block(void *ctx, enum piv_alg cipher, bool encrypt, struct cs_view key, const uint8_t *in,
			 uint8_t *out)
{
	size_t half = cipher == PIV_ALG_3DES ? 4 : 8;
	uint8_t state[CRYPTO_BLOCK_MAX], f[32];

	(void)ctx;
	memcpy(state, in, 2 * half);
	for (unsigned i = 0; i < 4; i++) {
		unsigned round = encrypt ? i : 3 - i;
		uint8_t *from = state + (round % 2 ? 0 : half), *to = state + (round % 2 ? half : 0);

		mix(key, 'B', cs_view(from, half), CS_VIEW_EMPTY, round, f);
		for (size_t j = 0; j < half; j++)
			to[j] ^= f[j];
	}
	memcpy(out, state, 2 * half);
	return CS_OK;
}

static bool supports(void *ctx, enum piv_alg alg)
{
	(void)ctx;
	return alg == PIV_ALG_P256 || alg == PIV_ALG_P384;
}

static size_t field_len(enum piv_alg alg)
{
	return alg == PIV_ALG_P384 ? 48 : 32;
}

/* 04 and two hashes of the scalar. */
static void public_point(enum piv_alg alg, struct cs_view scalar, uint8_t point[97])
{
	uint8_t bytes[32];

	point[0] = 4;
	for (size_t i = 0; i < 2 * field_len(alg); i++) {
		if (i % 32 == 0)
			mix(scalar, 'P', CS_VIEW_EMPTY, CS_VIEW_EMPTY, (uint32_t)i, bytes);
		point[1 + i] = bytes[i % 32];
	}
}

static enum cs_err key_write(enum piv_alg alg, struct cs_view scalar, struct cs_writer *priv,
			     struct cs_writer *pub)
{
	uint8_t point[97];
	struct cs_view p = cs_view(point, 1 + 2 * field_len(alg));

	public_point(alg, scalar, point);
	cs_tlv_write(priv, 0x06, scalar);
	cs_tlv_write(priv, 0x86, p);
	cs_tlv_write(pub, 0x86, p);
	return CS_OK;
}

static enum cs_err key_generate(void *ctx, enum piv_alg alg, struct cs_writer *priv, struct cs_writer *pub)
{
	uint8_t scalar[48];

	if (!supports(ctx, alg))
		return CS_ERR_UNSUPPORTED;
	(void)random_bytes(ctx, scalar, sizeof(scalar));
	return key_write(alg, cs_view(scalar, field_len(alg)), priv, pub);
}

static enum cs_err key_import(void *ctx, enum piv_alg alg, struct cs_view parts, struct cs_writer *priv,
			      struct cs_writer *pub)
{
	struct cs_view scalar;

	if (!supports(ctx, alg))
		return CS_ERR_UNSUPPORTED;
	if (cs_tlv_find(parts, 0x06, &scalar) != CS_OK || scalar.len != field_len(alg))
		return CS_ERR_MALFORMED;
	return key_write(alg, scalar, priv, pub);
}

/* SEQUENCE of two positive INTEGERs of full length. */
static enum cs_err key_sign(void *ctx, enum piv_alg alg, struct cs_view priv, struct cs_view in,
			    struct cs_writer *out)
{
	struct cs_view scalar;
	uint8_t number[32];
	size_t mark;

	if (!supports(ctx, alg) || cs_tlv_find(priv, 0x06, &scalar) != CS_OK)
		return CS_ERR_CRYPTO;
	mark = cs_tlv_begin(out, 0x30);
	for (uint32_t i = 0; i < 2; i++) {
		mix(scalar, 'D', in, CS_VIEW_EMPTY, i, number);
		number[0] = (uint8_t)((number[0] & 0x3F) | 0x40);
		cs_tlv_write(out, 0x02, CS_VIEW_OF(number));
	}
	cs_tlv_end(out, mark);
	return CS_OK;
}

/* Both ends mix both points, the smaller one first: the same secret, which is none. */
static enum cs_err key_agree(void *ctx, enum piv_alg alg, struct cs_view priv, struct cs_view peer,
			     struct cs_writer *out)
{
	struct cs_view scalar, first, second;
	uint8_t own[97], bytes[32];

	if (!supports(ctx, alg) || cs_tlv_find(priv, 0x06, &scalar) != CS_OK)
		return CS_ERR_CRYPTO;
	public_point(alg, scalar, own);
	if (peer.len != 1 + 2 * field_len(alg) || peer.ptr[0] != 4)
		return CS_ERR_MALFORMED;
	first = memcmp(own, peer.ptr, peer.len) < 0 ? cs_view(own, peer.len) : peer;
	second = first.ptr == own ? peer : cs_view(own, peer.len);
	for (size_t i = 0; i < field_len(alg); i++) {
		if (i % 32 == 0)
			mix(first, 'G', second, CS_VIEW_EMPTY, (uint32_t)i, bytes);
		cs_write_u8(out, bytes[i % 32]);
	}
	return CS_OK;
}

void crypto_double_init(struct crypto_double *d, struct crypto *out)
{
	d->drawn = 0;
	*out = (struct crypto){
	    .ctx = d,
	    .random = random_bytes,
	    .digest = crypto_double_digest,
	    .hmac = crypto_double_hmac,
	    .aead_seal = aead_seal,
	    .aead_open = aead_open,
	    .block = block,
	    .supports = supports,
	    .key_generate = key_generate,
	    .key_import = key_import,
	    .key_sign = key_sign,
	    .key_agree = key_agree,
	};
}
