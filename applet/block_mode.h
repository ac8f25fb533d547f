/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Modes of AES over the crypto port's single block: CBC and CTR (NIST SP 800-38A), CMAC (SP 800-38B). Errors are the
 * port's: CS_ERR_CRYPTO, and CS_ERR_UNSUPPORTED for a key length that it does not have.
 */
#ifndef COUNTERSIGN_APPLET_BLOCK_MODE_H
#define COUNTERSIGN_APPLET_BLOCK_MODE_H

#include "applet/crypto.h"

#define BLOCK_LEN 16u

/* An AES key of 16, 24 or 32 bytes, borrowed; its length says which AES it is. */
struct block_key {
	const struct crypto *crypto;
	struct cs_view key;
};

/* One block; out may be in. CS_ERR_ARG for a key of another length. */
CS_MUST_CHECK enum cs_err block_encrypt(const struct block_key *key, const uint8_t in[BLOCK_LEN],
					uint8_t out[BLOCK_LEN]);

/* An initial vector that is used once: a block of this first byte, zeros, and the number at its end, encrypted. */
CS_MUST_CHECK enum cs_err block_counter(const struct block_key *key, uint8_t first, uint32_t number,
					uint8_t out[BLOCK_LEN]);

/* in is whole blocks (else CS_ERR_LENGTH), out has room for as many bytes and may be where in is, and is in pieces
 * after a failure. iv is left as it was. */
CS_MUST_CHECK enum cs_err block_cbc_encrypt(const struct block_key *key, const uint8_t iv[BLOCK_LEN],
					    struct cs_view in, uint8_t *out);
CS_MUST_CHECK enum cs_err block_cbc_decrypt(const struct block_key *key, const uint8_t iv[BLOCK_LEN],
					    struct cs_view in, uint8_t *out);

/* in is of any length; encrypts and decrypts. The whole counter block counts, as a big-endian number, from first. */
CS_MUST_CHECK enum cs_err block_ctr(const struct block_key *key, const uint8_t first[BLOCK_LEN],
				    struct cs_view in, uint8_t *out);

/* The MAC of a message that comes in parts. An error sticks: it is told at the end. block_cmac_end wipes. */
struct block_cmac {
	struct block_key key;
	uint8_t state[BLOCK_LEN], last[BLOCK_LEN];
	size_t have; /* bytes in last; it is full only while nobody knows whether more follow */
	enum cs_err err;
};

void block_cmac_begin(struct block_cmac *mac, const struct block_key *key);
void block_cmac_add(struct block_cmac *mac, struct cs_view part);
CS_MUST_CHECK enum cs_err block_cmac_end(struct block_cmac *mac, uint8_t out[BLOCK_LEN]);

/* ISO/IEC 9797-1 padding method 2: 80, then zeros to a whole block. block_padded_len says how many bytes it makes of
 * len; block_unpad yields the length before it, or CS_ERR_MALFORMED. */
static inline size_t block_padded_len(size_t len)
{
	return len + (BLOCK_LEN - len % BLOCK_LEN);
}
void block_pad(uint8_t *data, size_t len);
CS_MUST_CHECK enum cs_err block_unpad(struct cs_view padded, size_t *len);

#endif
