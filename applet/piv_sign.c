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

enum cs_err piv_sign_message(const struct card *card, const struct piv_key *key, struct cs_view message,
			     struct cs_writer *out)
{
	const struct crypto *crypto = card->ports.crypto;
	const struct piv_algorithm *alg = piv_algorithm_find(card, key->algorithm);
	uint8_t digest[CS_HASH_MAX], block[RSA_MAX];
	enum cs_err err;

	if (!alg)
		return CS_ERR_STATE;
	err = crypto->digest(crypto->ctx, alg->hash, message, digest);
	if (err)
		return err;
	if (alg->family != PIV_FAMILY_RSA)
		return crypto->key_sign(crypto->ctx, alg->id, key->priv,
					cs_view(digest, cs_hash_size(alg->hash)), out);
	pad_pkcs1(digest, block, alg->size);
	return crypto->key_sign(crypto->ctx, alg->id, key->priv, cs_view(block, alg->size), out);
}
