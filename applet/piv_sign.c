/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Digest, padding, and the key.
 */
#include "applet/piv_sign.h"

#define RSA_MAX 512u /* bytes of a modulus */

/* EMSA-PKCS1-v1_5 with SHA-256 (RFC 8017, 9.2). */
static void pad_pkcs1(const uint8_t *digest, uint8_t *block, size_t len)
{
	static const uint8_t info[] = {0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
				       0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};
	struct cs_writer w = cs_writer_of(block, len);

	cs_write_u8(&w, 0);
	cs_write_u8(&w, 1);
	cs_write_fill(&w, 0xFF, len - 3 - sizeof(info) - 32);
	cs_write_u8(&w, 0);
	cs_write_view(&w, CS_VIEW_OF(info));
	cs_write_view(&w, cs_view(digest, 32));
}

/* The digest that a key of RSA, of a NIST curve or of SM2 signs. */
static enum cs_err message_digest(const struct card *card, const struct piv_algorithm *alg,
				  const struct piv_key *key, struct cs_view message,
				  uint8_t digest[CS_HASH_MAX])
{
	const struct crypto *crypto = card->ports.crypto;
	struct cs_view point;

	if (alg->family != PIV_FAMILY_SM2)
		return crypto->digest(crypto->ctx, alg->hash, message, digest);
	if (cs_tlv_find(key->pub, PIV_TAG_EC_POINT, &point) != CS_OK)
		return CS_ERR_CORRUPT;
	return crypto->sm2_digest(crypto->ctx, point, message, digest);
}

enum cs_err piv_sign_message(const struct card *card, const struct piv_key *key, struct cs_view message,
			     struct cs_writer *out)
{
	const struct crypto *crypto = card->ports.crypto;
	const struct piv_algorithm *alg = piv_algorithm_find(card, key->algorithm);
	uint8_t digest[CS_HASH_MAX], block[RSA_MAX];
	enum cs_err err;

	if (!alg || !alg->signer.len)
		return CS_ERR_STATE;
	if (alg->family == PIV_FAMILY_ED25519 || alg->family == PIV_FAMILY_MLDSA)
		return crypto->key_sign(crypto->ctx, alg->id, key->priv, message, out);
	err = message_digest(card, alg, key, message, digest);
	if (err)
		return err;
	struct cs_view in = cs_view(digest, alg->hash ? cs_hash_size(alg->hash) : PIV_SM2_DIGEST_LEN);
	if (alg->family == PIV_FAMILY_RSA) {
		pad_pkcs1(digest, block, alg->size);
		in = cs_view(block, alg->size);
	}
	return crypto->key_sign(crypto->ctx, alg->id, key->priv, in, out);
}
