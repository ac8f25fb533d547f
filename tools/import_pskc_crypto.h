/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The cryptography of PSKC (RFC 6030, section 6): key derivation, the MAC over what is encrypted, decryption.
 */
#ifndef COUNTERSIGN_TOOLS_IMPORT_PSKC_CRYPTO_H
#define COUNTERSIGN_TOOLS_IMPORT_PSKC_CRYPTO_H

#include "base/bytes.h"

#define PSKC_MAC_KEY_MIN   16u /* bytes: with fewer, or none, anyone could make a MAC */
#define PSKC_MAC_KEY_MAX   128u
#define PSKC_VALUE_MAX	   256u	     /* bytes of an encrypted value, its vector included */
#define PSKC_ITERATION_MAX 10000000u /* of PBKDF2: more is somebody's wish to keep us busy */

/* The file's keys: wipe them. */
struct pskc_keys {
	uint8_t key[32];
	size_t key_len; /* 0: the file is not encrypted, or nothing was given */
	const char *mac; /* libcrypto's name of its hash; NULL: the file has no MAC */
	uint8_t mac_key[PSKC_MAC_KEY_MAX];
	size_t mac_key_len;
};

/* The hash that an identifier of an HMAC names by what stands behind its #, "hmac-sha256". NULL: none of ours. */
const char *pskc_hash(struct cs_view algorithm);

/* PBKDF2 with HMAC of the hash; key_len bytes, 16, 24 or 32, into keys. CS_ERR_ARG, CS_ERR_CRYPTO. */
CS_MUST_CHECK enum cs_err pskc_derive(struct pskc_keys *keys, struct cs_view passphrase, struct cs_view salt,
				      uint64_t iterations, const char *hash, uint64_t key_len);

/* Whether mac is that of the encrypted value, vector included (6.1.1, figure 6). CS_ERR_WRONG, CS_ERR_CRYPTO. */
CS_MUST_CHECK enum cs_err pskc_mac_check(const struct pskc_keys *keys, struct cs_view value,
					 struct cs_view mac);

/* True for an algorithm that notices by itself what was changed: key wrap (RFC 3394). */
bool pskc_authenticates(struct cs_view algorithm);

/* Decrypts a value by the algorithm, XML Encryption's identifier, into out. CS_ERR_UNSUPPORTED: the algorithm is none
 * of ours; CS_ERR_LENGTH: the key has not its length; CS_ERR_WRONG: what came out is no value, or, with key wrap, the
 * key is not the right one. */
CS_MUST_CHECK enum cs_err pskc_decrypt(const struct pskc_keys *keys, struct cs_view algorithm,
				       struct cs_view value, struct cs_writer *out);

/* The other way: CBC by the key's length, a random vector before it. CS_ERR_ARG, CS_ERR_CRYPTO, CS_ERR_NO_SPACE. */
CS_MUST_CHECK enum cs_err pskc_encrypt(const struct pskc_keys *keys, struct cs_view plain, struct cs_writer *out);
CS_MUST_CHECK enum cs_err pskc_mac(const struct pskc_keys *keys, struct cs_view value, struct cs_writer *out);

#endif
