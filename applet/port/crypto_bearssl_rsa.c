/* SPDX-License-Identifier: BSD-2-Clause
 *
 * RSA keys of the BearSSL crypto port: the bare private operation by CRT, generation and import.
 */
#include <string.h>

#include "applet/port/crypto_bearssl_private.h"
#include "base/secret.h"
#include "base/tlv.h"

#define RSA_BYTES_MAX 512u
#define RSA_EXPONENT  65537u
#define RSA_APART                                                                                            \
	12u /* FIPS 186-5, A.1.3: the factors differ in their first 100 bits; here in the first 96 */
#define PART_COUNT 5u /* 01 to 05: p, q, d mod p-1, d mod q-1, q^-1 mod p */

static const uint8_t exponent[3] = {RSA_EXPONENT >> 16, (RSA_EXPONENT >> 8) & 0xFF, RSA_EXPONENT & 0xFF};

/* The numbers of a key, each of half the modulus's length; BearSSL's struct points to them. */
struct rsa_key {
	br_rsa_private_key sk;
	uint8_t part[PART_COUNT][RSA_BYTES_MAX / 2];
};

static void key_point(struct rsa_key *k, const struct bearssl_alg *alg)
{
	size_t half = alg->bytes / 2;

	k->sk = (br_rsa_private_key){.n_bitlen = (uint32_t)(8 * alg->bytes),
				     .p = k->part[0],
				     .plen = half,
				     .q = k->part[1],
				     .qlen = half,
				     .dp = k->part[2],
				     .dplen = half,
				     .dq = k->part[3],
				     .dqlen = half,
				     .iq = k->part[4],
				     .iqlen = half};
}

/* Right-aligned, zeros in front. False where it is longer. */
static bool part_set(struct rsa_key *k, const struct bearssl_alg *alg, size_t i, struct cs_view bytes)
{
	size_t half = alg->bytes / 2;

	while (bytes.len > half && bytes.ptr[0] == 0)
		bytes = cs_view(bytes.ptr + 1, bytes.len - 1);
	if (bytes.len == 0 || bytes.len > half)
		return false;
	memset(k->part[i], 0, half);
	memcpy(k->part[i] + half - bytes.len, bytes.ptr, bytes.len);
	return true;
}

/* Elements 01 to 05 in any order, each once. n: 81, where the key is a stored one; NULL where it is imported.
 */
static bool key_parse(struct rsa_key *k, const struct bearssl_alg *alg, struct cs_view in, struct cs_view *n)
{
	struct cs_reader r = cs_reader_of(in);
	unsigned seen = 0;
	struct cs_tlv t;

	while (cs_tlv_read(&r, &t)) {
		if (n != NULL && t.tag == PIV_TAG_RSA_MODULUS)
			*n = t.value;
		else if (n == NULL || t.tag != PIV_TAG_RSA_EXPONENT) {
			if (t.tag < PIV_IMPORT_P || t.tag > PIV_IMPORT_QINV || (seen & 1u << t.tag) ||
			    !part_set(k, alg, t.tag - PIV_IMPORT_P, t.value))
				return false;
			seen |= 1u << t.tag;
		}
	}
	key_point(k, alg);
	return cs_reader_done(&r) == CS_OK && seen == 0x3E && (n == NULL || n->len == alg->bytes);
}

/* x to the power d, checked: a fault in one half of the CRT would give the factors away. CS_ERR_CRYPTO. */
static enum cs_err private_checked(const struct rsa_key *k, const uint8_t *n, size_t len, uint8_t *x)
{
	uint8_t e[sizeof(exponent)], modulus[RSA_BYTES_MAX], back[RSA_BYTES_MAX], in[RSA_BYTES_MAX];
	br_rsa_public_key pk = {.n = modulus, .nlen = len, .e = e, .elen = sizeof(e)};
	bool good;

	memcpy(e, exponent, sizeof(e));
	memcpy(modulus, n, len);
	memcpy(in, x, len);
	good = br_rsa_i31_private(x, &k->sk) == 1;
	memcpy(back, x, len);
	good = good && br_rsa_i31_public(back, len, &pk) == 1 && cs_equal_ct(back, in, len);
	cs_wipe(back, sizeof(back));
	cs_wipe(in, sizeof(in));
	return good ? CS_OK : CS_ERR_CRYPTO;
}

static enum cs_err key_write(const struct rsa_key *k, const uint8_t *n, size_t len, struct cs_writer *priv,
			     struct cs_writer *pub)
{
	for (uint32_t i = 0; i < PART_COUNT; i++)
		cs_tlv_write(priv, PIV_IMPORT_P + i, cs_view(k->part[i], len / 2));
	cs_tlv_write(priv, PIV_TAG_RSA_MODULUS, cs_view(n, len));
	cs_tlv_write(priv, PIV_TAG_RSA_EXPONENT, CS_VIEW_OF(exponent));
	cs_tlv_write(pub, PIV_TAG_RSA_MODULUS, cs_view(n, len));
	cs_tlv_write(pub, PIV_TAG_RSA_EXPONENT, CS_VIEW_OF(exponent));
	return cs_writer_done(priv) == CS_OK ? cs_writer_done(pub) : CS_ERR_NO_SPACE;
}

static enum cs_err rsa_generate(struct crypto_bearssl *b, const struct bearssl_alg *alg,
				struct cs_writer *priv, struct cs_writer *pub)
{
	uint8_t secret[BR_RSA_KBUF_PRIV_SIZE(8 * RSA_BYTES_MAX)], n[BR_RSA_KBUF_PUB_SIZE(8 * RSA_BYTES_MAX)];
	br_rsa_private_key made;
	br_rsa_public_key pk;
	struct rsa_key k;
	enum cs_err err = bearssl_reseed(b);

	if (err == CS_OK && br_rsa_i31_keygen(&b->drbg.vtable, &made, secret, &pk, n,
					      (unsigned)(8 * alg->bytes), RSA_EXPONENT) != 1)
		err = CS_ERR_CRYPTO;
	if (err == CS_OK && (pk.nlen != alg->bytes || !part_set(&k, alg, 0, cs_view(made.p, made.plen)) ||
			     !part_set(&k, alg, 1, cs_view(made.q, made.qlen)) ||
			     !part_set(&k, alg, 2, cs_view(made.dp, made.dplen)) ||
			     !part_set(&k, alg, 3, cs_view(made.dq, made.dqlen)) ||
			     !part_set(&k, alg, 4, cs_view(made.iq, made.iqlen))))
		err = CS_ERR_CRYPTO;
	if (err == CS_OK)
		err = key_write(&k, pk.n, alg->bytes, priv, pub);
	cs_wipe(secret, sizeof(secret));
	cs_wipe(&k, sizeof(k));
	return err;
}

/* Two odd numbers of half the length, far from each other; their product of the full one; and a random number
 * comes back from the private operation and the public one. */
static enum cs_err key_check(struct crypto_bearssl *b, const struct rsa_key *k, size_t len,
			     uint8_t n[RSA_BYTES_MAX])
{
	uint8_t x[RSA_BYTES_MAX];
	enum cs_err err;

	if (!(k->part[0][0] & 0x80) || !(k->part[1][0] & 0x80) || !(k->part[0][len / 2 - 1] & 1) ||
	    !(k->part[1][len / 2 - 1] & 1) || cs_equal_ct(k->part[0], k->part[1], RSA_APART))
		return CS_ERR_MALFORMED;
	if (br_rsa_i31_compute_modulus(n, &k->sk) != len || !(n[0] & 0x80))
		return CS_ERR_MALFORMED;
	err = bearssl_random(b, x, len);
	x[0] = 0; /* below n */
	if (err == CS_OK && private_checked(k, n, len, x) != CS_OK)
		err = CS_ERR_MALFORMED;
	cs_wipe(x, sizeof(x));
	return err;
}

static enum cs_err rsa_import(struct crypto_bearssl *b, const struct bearssl_alg *alg, struct cs_view parts,
			      struct cs_writer *priv, struct cs_writer *pub)
{
	uint8_t n[RSA_BYTES_MAX];
	struct rsa_key k;
	enum cs_err err = key_parse(&k, alg, parts, NULL) ? CS_OK : CS_ERR_MALFORMED;

	if (err == CS_OK)
		err = key_check(b, &k, alg->bytes, n);
	if (err == CS_OK)
		err = key_write(&k, n, alg->bytes, priv, pub);
	cs_wipe(&k, sizeof(k));
	return err;
}

static enum cs_err rsa_sign(const struct bearssl_alg *alg, struct cs_view priv, struct cs_view in,
			    struct cs_writer *out)
{
	struct cs_view n = CS_VIEW_EMPTY;
	uint8_t x[RSA_BYTES_MAX];
	struct rsa_key k;
	enum cs_err err = key_parse(&k, alg, priv, &n) && n.ptr != NULL ? CS_OK : CS_ERR_CRYPTO;

	if (err == CS_OK && (in.len != alg->bytes || memcmp(in.ptr, n.ptr, n.len) >= 0)) /* both public */
		err = CS_ERR_MALFORMED;
	if (err == CS_OK) {
		memcpy(x, in.ptr, in.len);
		err = private_checked(&k, n.ptr, n.len, x);
	}
	if (err == CS_OK) {
		cs_write_view(out, cs_view(x, alg->bytes));
		err = cs_writer_done(out);
	}
	cs_wipe(x, sizeof(x));
	cs_wipe(&k, sizeof(k));
	return err;
}

const struct bearssl_kind bearssl_kind_rsa = {rsa_generate, rsa_import, rsa_sign, NULL};
