/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Bearer credentials.
 */
#include "daemon/credential.h"

#include "base/secret.h"
#include "daemon/algorithm.h"
#include "daemon/base64url.h"
#include "daemon/seal.h"

#define CREDENTIAL_BYTES 32u

static const char *const credential_prefixes[] = {
    [CREDENTIAL_APPLICATION] = "csp_", [CREDENTIAL_STAFF] = "csa_"};

enum cs_err credential_new(enum credential_kind kind, char text[CREDENTIAL_TEXT_SIZE],
			   uint8_t hash[CREDENTIAL_HASH_LEN])
{
	struct cs_writer w = cs_writer_of(text, CREDENTIAL_TEXT_LEN);
	uint8_t bytes[CREDENTIAL_BYTES];

	enum cs_err err = seal_random(bytes, sizeof(bytes));
	if (err)
		return err;
	cs_write_view(&w, cs_view_string(credential_prefixes[kind]));
	base64url_write(&w, CS_VIEW_OF(bytes));
	text[CREDENTIAL_TEXT_LEN] = '\0';
	cs_wipe(bytes, sizeof(bytes));
	return credential_hash(cs_view(text, CREDENTIAL_TEXT_LEN), hash);
}

enum credential_kind credential_kind(struct cs_view text)
{
	for (unsigned kind = CREDENTIAL_APPLICATION; kind <= CREDENTIAL_STAFF; kind++)
		if (text.len == CREDENTIAL_TEXT_LEN &&
		    cs_view_starts_with(text, cs_view_string(credential_prefixes[kind])))
			return (enum credential_kind)kind;
	return CREDENTIAL_NONE;
}

enum cs_err credential_hash(struct cs_view text, uint8_t hash[CREDENTIAL_HASH_LEN])
{
	return algorithm_sha256_of(text, hash);
}
