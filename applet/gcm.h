/* SPDX-License-Identifier: BSD-2-Clause
 *
 * GCM (NIST SP 800-38D) over the crypto port's single block, for AES keys of each length; nonces of 12 bytes, tags of 16. In
 * constant time but for the lengths. The store's own seal is the port's aead_seal, which may have hardware behind it.
 */
#ifndef COUNTERSIGN_APPLET_GCM_H
#define COUNTERSIGN_APPLET_GCM_H

#include "applet/block_mode.h"

#define GCM_NONCE_LEN 12u
#define GCM_TAG_LEN   BLOCK_LEN

/* out has room for plain.len bytes and may be where plain is. Errors as in block_mode.h. */
CS_MUST_CHECK enum cs_err gcm_seal(const struct block_key *key, const uint8_t nonce[GCM_NONCE_LEN], struct cs_view aad,
				   struct cs_view plain, uint8_t *out, uint8_t tag[GCM_TAG_LEN]);

/* CS_ERR_CORRUPT where the tag does not match: nothing was written to out then. */
CS_MUST_CHECK enum cs_err gcm_open(const struct block_key *key, const uint8_t nonce[GCM_NONCE_LEN], struct cs_view aad,
				   struct cs_view sealed, const uint8_t tag[GCM_TAG_LEN], uint8_t *out);

#endif
