/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The cryptography that the card core uses; a port fills in this table. Functions return CS_OK, CS_ERR_CRYPTO, and what
 * is said with each. Output is untouched on failure. Keys and secrets are the caller's to wipe.
 */
#ifndef COUNTERSIGN_APPLET_CRYPTO_H
#define COUNTERSIGN_APPLET_CRYPTO_H

#include "base/bytes.h"
#include "base/oath.h"
#include "base/piv.h"

#define CRYPTO_AEAD_KEY_LEN   32u
#define CRYPTO_AEAD_NONCE_LEN 12u
#define CRYPTO_AEAD_TAG_LEN   16u
#define CRYPTO_BLOCK_MAX      16u

/* Private keys are kept as TLV. RSA: 01 p, 02 q, 03 d mod p-1, 04 d mod q-1, 05 q^-1 mod p, 81 n, 82 e. EC and SM2: 06
 * scalar, 86 uncompressed point. Ed25519: 07 seed; X25519: 08 scalar; ML-DSA: 09 seed; ML-KEM: 0A seed. Public keys: 81 n,
 * 82 e; or 86 point, or the raw key: the contents of PIV's 7F49. */
#define CRYPTO_PRIVATE_MAX 1824u /* bytes; RSA-4096 is the longest, with 1821 */
#define CRYPTO_PUBLIC_MAX  2600u /* ML-DSA-87: 2596 */
#define CRYPTO_IMPORT_MAX  1304u /* elements 01 to 0A of one key; RSA-4096: 1300 */

struct crypto {
	void *ctx;
	enum cs_err (*random)(void *ctx, uint8_t *out, size_t len);
	/* out has room for cs_hash_size(hash) bytes. */
	enum cs_err (*digest)(void *ctx, enum cs_hash hash, struct cs_view msg, uint8_t *out);
	cs_hmac_fn *hmac;
	/* AES-256-GCM. sealed and plain have plain.len + TAG_LEN and sealed.len - TAG_LEN bytes; open: CS_ERR_CORRUPT
	 * where the tag does not match. Both work in place too: sealed or plain may be where the input begins. */
	enum cs_err (*aead_seal)(void *ctx, const uint8_t key[CRYPTO_AEAD_KEY_LEN],
	    const uint8_t nonce[CRYPTO_AEAD_NONCE_LEN], struct cs_view aad, struct cs_view plain, uint8_t *sealed);
	enum cs_err (*aead_open)(void *ctx, const uint8_t key[CRYPTO_AEAD_KEY_LEN],
	    const uint8_t nonce[CRYPTO_AEAD_NONCE_LEN], struct cs_view aad, struct cs_view sealed, uint8_t *plain);
	/* One block (8 bytes for PIV_ALG_3DES, 16 for PIV_ALG_AES*) of ECB, for management-key authentication.
	 * CS_ERR_UNSUPPORTED for a cipher that the port does not have. */
	enum cs_err (*block)(void *ctx, enum piv_alg cipher, bool encrypt, struct cs_view key, const uint8_t *in,
	    uint8_t *out);
	/* True where the port can do this asymmetric algorithm: SELECT's AC template lists just these. */
	bool (*supports)(void *ctx, enum piv_alg alg);
	enum cs_err (*key_generate)(void *ctx, enum piv_alg alg, struct cs_writer *priv,
				    struct cs_writer *pub);
	/* Completes and checks an imported key. parts: elements 01 to 05 (RSA), 06 (EC, SM2), 07 (Ed25519), 08
	 * (X25519), 09 (ML-DSA) or 0A (ML-KEM) as IMPORT KEY brings them. CS_ERR_MALFORMED where they are not a
	 * key of this algorithm. */
	enum cs_err (*key_import)(void *ctx, enum piv_alg alg, struct cs_view parts, struct cs_writer *priv,
				  struct cs_writer *pub);
	/* RSA: in, as long as the modulus and below it, to the power d. EC: ECDSA signature (DER) of the
	 * digest in, which is cut or zero-extended to the order's length. SM2: signature (DER) over the 32
	 * bytes of e that in is. Ed25519 (RFC 8032, PureEdDSA) and ML-DSA (FIPS 204, hedged, empty context):
	 * signature of the message in. CS_ERR_MALFORMED for an input that does not fit. in may lie in out's
	 * buffer. */
	enum cs_err (*key_sign)(void *ctx, enum piv_alg alg, struct cs_view priv, struct cs_view in,
				struct cs_writer *out);
	/* ML-DSA over an external mu of 64 bytes. CS_ERR_UNSUPPORTED for other algorithms. */
	enum cs_err (*key_sign_mu)(void *ctx, enum piv_alg alg, struct cs_view priv, struct cs_view mu,
				   struct cs_writer *out);
	/* ECDH: x coordinate for the peer's uncompressed point. CS_ERR_MALFORMED for a point not on the
	 * curve. X25519: shared secret; CS_ERR_MALFORMED where it would be zero (points of low order). */
	enum cs_err (*key_agree)(void *ctx, enum piv_alg alg, struct cs_view priv, struct cs_view peer,
				 struct cs_writer *out);
	/* ML-KEM: shared secret of a ciphertext; of a wrong one a secret that nobody knows (FIPS 203, 6.3).
	 * CS_ERR_MALFORMED for another length. */
	enum cs_err (*key_decapsulate)(void *ctx, enum piv_alg alg, struct cs_view priv,
				       struct cs_view ciphertext, struct cs_writer *out);
	/* e = SM3(Z || msg) of GB/T 32918.2, where Z binds the public point and the identity
	 * "1234567812345678". NULL in a port without SM2. */
	enum cs_err (*sm2_digest)(void *ctx, struct cs_view point, struct cs_view msg,
				  uint8_t e[PIV_SM2_DIGEST_LEN]);
	/* Forgets all private keys that the port remembers to be faster with the next use. The core calls it
	 * before a key is deleted, replaced or moved, and when power goes. NULL in a port that remembers
	 * none. */
	void (*keys_forget)(void *ctx);
};

#endif
