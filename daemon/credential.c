/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Bearer credentials.
 */
#include "daemon/credential.h"

#include <openssl/evp.h>
#include <string.h>

#include "base/secret.h"
#include "daemon/seal.h"

#define CREDENTIAL_PREFIX_LEN 4u
#define CREDENTIAL_BYTES      32u

static const char *const credential_prefixes[] = {[IPC_APPLICATION] = "csp_", [IPC_ADMIN] = "csa_"};

/* base64url without padding; in.len is not a multiple of 3 only at its end. */
static void credential_encode(struct cs_view in, char *out)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	uint32_t bits = 0;
	unsigned have = 0;

	for (size_t i = 0; i < in.len; i++) {
		bits = (bits << 8 | in.ptr[i]) & 0xFFFFu;
		have += 8;
		while (have >= 6) {
			have -= 6;
			*out++ = alphabet[bits >> have & 0x3F];
		}
	}
	if (have)
		*out++ = alphabet[bits << (6 - have) & 0x3F];
	*out = '\0';
}

enum cs_err credential_new(enum ipc_role role, char text[CREDENTIAL_TEXT_SIZE],
			   uint8_t hash[CREDENTIAL_HASH_LEN])
{
	uint8_t bytes[CREDENTIAL_BYTES];

	enum cs_err err = seal_random(bytes, sizeof(bytes));
	if (err)
		return err;
	memcpy(text, credential_prefixes[role], CREDENTIAL_PREFIX_LEN);
	credential_encode(CS_VIEW_OF(bytes), text + CREDENTIAL_PREFIX_LEN);
	cs_wipe(bytes, sizeof(bytes));
	return credential_hash(cs_view(text, CREDENTIAL_TEXT_LEN), hash);
}

enum ipc_role credential_role(struct cs_view text)
{
	for (unsigned role = IPC_APPLICATION; role <= IPC_ADMIN; role++)
		if (text.len == CREDENTIAL_TEXT_LEN &&
		    cs_view_starts_with(text, cs_view_string(credential_prefixes[role])))
			return (enum ipc_role)role;
	return IPC_ANYONE;
}

enum cs_err credential_hash(struct cs_view text, uint8_t hash[CREDENTIAL_HASH_LEN])
{
	size_t len;

	if (EVP_Q_digest(NULL, "SHA256", NULL, text.ptr, text.len, hash, &len) != 1)
		return CS_ERR_CRYPTO;
	return CS_OK;
}
