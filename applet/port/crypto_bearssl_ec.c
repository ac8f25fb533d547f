/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Keys on curves of the BearSSL crypto port: ECDSA and ECDH on the NIST ones (FIPS 186-5, SP 800-56A), X25519
 * (RFC 7748).
 */
#include <string.h>

#include "applet/port/crypto_bearssl_private.h"
#include "base/secret.h"
#include "base/tlv.h"

#define EC_BYTES_MAX	 66u
#define EC_POINT_MAX	 (1u + 2u * EC_BYTES_MAX)
#define EC_DIGEST_MAX	 64u
#define EC_SIGNATURE_MAX 140u
#define EC_UNCOMPRESSED	 0x04u

static size_t point_len(const struct bearssl_alg *alg)
{
	return 1 + 2 * alg->bytes;
}

/* 1 to order - 1, in a time that does not depend on it. */
static bool scalar_fits(const struct bearssl_alg *alg, const uint8_t *scalar)
{
	size_t len;
	const unsigned char *order = alg->ec->order(alg->curve, &len);
	uint32_t borrow = 0, any = 0;

	for (size_t i = alg->bytes; i-- > 0;) {
		uint32_t n = len == alg->bytes ? order[i] : 0;

		borrow = (scalar[i] - n - borrow) >> 31;
		any |= scalar[i];
	}
	return len == alg->bytes && borrow == 1 && any != 0;
}

static enum cs_err ec_write(const struct bearssl_alg *alg, const uint8_t *scalar, struct cs_writer *priv,
			    struct cs_writer *pub)
{
	uint8_t point[EC_POINT_MAX];

	if (alg->ec->mulgen(point, scalar, alg->bytes, alg->curve) != point_len(alg))
		return CS_ERR_CRYPTO;
	cs_tlv_write(priv, PIV_IMPORT_EC_SCALAR, cs_view(scalar, alg->bytes));
	cs_tlv_write(priv, PIV_TAG_EC_POINT, cs_view(point, point_len(alg)));
	cs_tlv_write(pub, PIV_TAG_EC_POINT, cs_view(point, point_len(alg)));
	return cs_writer_done(priv) == CS_OK ? cs_writer_done(pub) : CS_ERR_NO_SPACE;
}

static enum cs_err ec_generate(struct crypto_bearssl *b, const struct bearssl_alg *alg,
			       struct cs_writer *priv, struct cs_writer *pub)
{
	uint8_t scalar[BR_EC_KBUF_PRIV_MAX_SIZE];
	br_ec_private_key key;
	enum cs_err err = bearssl_reseed(b);

	if (err == CS_OK && br_ec_keygen(&b->drbg.vtable, alg->ec, &key, scalar, alg->curve) != alg->bytes)
		err = CS_ERR_CRYPTO;
	if (err == CS_OK)
		err = ec_write(alg, scalar, priv, pub);
	cs_wipe(scalar, sizeof(scalar));
	return err;
}

static enum cs_err ec_import(struct crypto_bearssl *b, const struct bearssl_alg *alg, struct cs_view parts,
			     struct cs_writer *priv, struct cs_writer *pub)
{
	struct cs_reader r = cs_reader_of(parts);
	struct cs_view bytes = cs_tlv_expect(&r, PIV_IMPORT_EC_SCALAR);
	uint8_t scalar[EC_BYTES_MAX] = {0};
	enum cs_err err = CS_ERR_MALFORMED;

	(void)b;
	if (cs_reader_done(&r) != CS_OK || bytes.len == 0 || bytes.len > alg->bytes)
		return CS_ERR_MALFORMED;
	memcpy(scalar + alg->bytes - bytes.len, bytes.ptr, bytes.len);
	if (scalar_fits(alg, scalar))
		err = ec_write(alg, scalar, priv, pub);
	cs_wipe(scalar, sizeof(scalar));
	return err;
}

static struct cs_view stored(const struct bearssl_alg *alg, struct cs_view priv, uint32_t tag)
{
	struct cs_reader r = cs_reader_of(priv);
	struct cs_view bytes = cs_tlv_expect(&r, tag);

	return bytes.len == alg->bytes ? bytes : CS_VIEW_EMPTY;
}

static enum cs_err ec_sign(const struct bearssl_alg *alg, struct cs_view priv, struct cs_view in,
			   struct cs_writer *out)
{
	struct cs_view scalar = stored(alg, priv, PIV_IMPORT_EC_SCALAR);
	size_t digest_len = (alg->hash->desc >> BR_HASHDESC_OUT_OFF) & BR_HASHDESC_OUT_MASK;
	uint8_t digest[EC_DIGEST_MAX] = {0}, copy[EC_BYTES_MAX], signature[EC_SIGNATURE_MAX];
	br_ec_private_key key = {.curve = alg->curve, .x = copy, .xlen = alg->bytes};
	size_t len;

	if (scalar.len == 0)
		return CS_ERR_CRYPTO;
	if (in.len > alg->bytes)
		in.len = alg->bytes;
	if (in.len == 0 || in.len > digest_len)
		return CS_ERR_MALFORMED;
	memcpy(digest + digest_len - in.len, in.ptr, in.len); /* as a number */
	memcpy(copy, scalar.ptr, scalar.len);
	len = br_ecdsa_i31_sign_asn1(alg->ec, alg->hash, digest, &key, signature);
	cs_wipe(copy, sizeof(copy));
	if (len == 0)
		return CS_ERR_CRYPTO;
	cs_write_view(out, cs_view(signature, len));
	return cs_writer_done(out);
}

/* BearSSL's mul refuses a point that is not on the curve. */
static enum cs_err ec_agree(const struct bearssl_alg *alg, struct cs_view priv, struct cs_view peer,
			    struct cs_writer *out)
{
	struct cs_view scalar = stored(alg, priv, PIV_IMPORT_EC_SCALAR);
	uint8_t point[EC_POINT_MAX];
	enum cs_err err = CS_ERR_MALFORMED;

	if (scalar.len == 0)
		return CS_ERR_CRYPTO;
	if (peer.len != point_len(alg) || peer.ptr[0] != EC_UNCOMPRESSED)
		return CS_ERR_MALFORMED;
	memcpy(point, peer.ptr, peer.len);
	if (alg->ec->mul(point, peer.len, scalar.ptr, scalar.len, alg->curve) == 1) {
		cs_write_view(out, cs_view(point + 1, alg->bytes));
		err = cs_writer_done(out);
	}
	cs_wipe(point, sizeof(point));
	return err;
}

const struct bearssl_kind bearssl_kind_ec = {ec_generate, ec_import, ec_sign, ec_agree};

/* ---- X25519: BearSSL's scalars are little-endian as RFC 7748 has them, and it clamps them ---- */

static enum cs_err x25519_write(const struct bearssl_alg *alg, const uint8_t *scalar, struct cs_writer *priv,
				struct cs_writer *pub)
{
	uint8_t point[PIV_25519_LEN];

	if (alg->ec->mulgen(point, scalar, PIV_25519_LEN, alg->curve) != sizeof(point))
		return CS_ERR_CRYPTO;
	cs_tlv_write(priv, PIV_IMPORT_X25519, cs_view(scalar, PIV_25519_LEN));
	cs_tlv_write(pub, PIV_TAG_EC_POINT, CS_VIEW_OF(point));
	return cs_writer_done(priv) == CS_OK ? cs_writer_done(pub) : CS_ERR_NO_SPACE;
}

static enum cs_err x25519_generate(struct crypto_bearssl *b, const struct bearssl_alg *alg,
				   struct cs_writer *priv, struct cs_writer *pub)
{
	uint8_t scalar[PIV_25519_LEN];
	enum cs_err err = bearssl_random(b, scalar, sizeof(scalar));

	if (err == CS_OK)
		err = x25519_write(alg, scalar, priv, pub);
	cs_wipe(scalar, sizeof(scalar));
	return err;
}

static enum cs_err x25519_import(struct crypto_bearssl *b, const struct bearssl_alg *alg,
				 struct cs_view parts, struct cs_writer *priv, struct cs_writer *pub)
{
	struct cs_reader r = cs_reader_of(parts);
	struct cs_view scalar = cs_tlv_expect(&r, PIV_IMPORT_X25519);

	(void)b;
	if (cs_reader_done(&r) != CS_OK || scalar.len != PIV_25519_LEN)
		return CS_ERR_MALFORMED;
	return x25519_write(alg, scalar.ptr, priv, pub);
}

static enum cs_err x25519_agree(const struct bearssl_alg *alg, struct cs_view priv, struct cs_view peer,
				struct cs_writer *out)
{
	struct cs_view scalar = stored(alg, priv, PIV_IMPORT_X25519);
	uint8_t point[PIV_25519_LEN], any = 0;
	enum cs_err err = CS_ERR_MALFORMED;

	if (scalar.len == 0)
		return CS_ERR_CRYPTO;
	if (peer.len != sizeof(point))
		return CS_ERR_MALFORMED;
	memcpy(point, peer.ptr, sizeof(point));
	if (alg->ec->mul(point, sizeof(point), scalar.ptr, scalar.len, alg->curve) == 1) {
		for (size_t i = 0; i < sizeof(point); i++)
			any |= point[i];
	}
	if (any != 0) {
		cs_write_view(out, CS_VIEW_OF(point));
		err = cs_writer_done(out);
	}
	cs_wipe(point, sizeof(point));
	return err;
}

const struct bearssl_kind bearssl_kind_x25519 = {x25519_generate, x25519_import, NULL, x25519_agree};
