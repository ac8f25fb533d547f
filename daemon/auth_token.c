/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The claims stand in one order, so that what is read back needs no parser of JSON: what matters comes first,
 * and what a holder has chosen, his name, behind it.
 */
#include "daemon/auth_token.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "base/encoding.h"
#include "base/secret.h"
#include "daemon/base64url.h"
#include "daemon/json_out.h"

#define MAC_LEN	   32u
#define MAC_CHARS  BASE64URL_LEN(MAC_LEN)
#define HASH_CHARS BASE64URL_LEN(CREDENTIAL_HASH_LEN)
#define NONCE_LEN  16u
#define CLAIMS_MAX 512u

/* {"alg":"HS256","typ":"JWT"} */
static const char token_header[] = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.";

bool auth_token_like(struct cs_view text)
{
	return text.len <= AUTH_TOKEN_MAX && cs_view_starts_with(text, cs_view_string(token_header));
}

static enum cs_err token_mac(const struct seal_key *key, struct cs_view text, uint8_t mac[MAC_LEN])
{
	static const uint8_t purpose[] = "countersign auth token 1";
	uint8_t derived[MAC_LEN];
	unsigned len = 0, mac_len = 0;

	bool good =
	    HMAC(EVP_sha256(), key->bytes, SEAL_KEY_LEN, purpose, sizeof(purpose) - 1, derived, &len) &&
	    len == MAC_LEN && HMAC(EVP_sha256(), derived, MAC_LEN, text.ptr, text.len, mac, &mac_len) &&
	    mac_len == MAC_LEN;
	cs_wipe(derived, sizeof(derived));
	return good ? CS_OK : CS_ERR_CRYPTO;
}

/* ---- making ---- */

static enum cs_err claims_write(const struct auth_token *token, const char *name, struct cs_writer *w)
{
	uint8_t nonce[NONCE_LEN];
	char hash[HASH_CHARS + 1], nonce_text[2 * NONCE_LEN + 1];
	struct cs_writer hash_text = cs_writer_of(hash, HASH_CHARS);
	struct json_out out = json_out_of(w);

	enum cs_err err = seal_random(nonce, sizeof(nonce));
	if (err)
		return err;
	cs_hex_encode(CS_VIEW_OF(nonce), nonce_text);
	base64url_write(&hash_text, CS_VIEW_OF(token->hash));
	hash[HASH_CHARS] = '\0';
	json_object_begin(&out, NULL);
	json_number(&out, "exp", token->expires);
	json_text(&out, "kind", token->kind == CREDENTIAL_STAFF ? "person" : "application");
	json_text(&out, "credential", hash);
	json_number(&out, "iat", token->issued);
	json_text(&out, "nonce", nonce_text);
	json_text(&out, "role", "admin");
	json_text(&out, "realm", "");
	json_text(&out, "username", name);
	json_object_end(&out);
	return cs_writer_done(w);
}

enum cs_err auth_token_make(const struct seal_key *key, const struct auth_token *token, const char *name,
			    struct cs_writer *out)
{
	uint8_t claims[CLAIMS_MAX], text[AUTH_TOKEN_MAX], mac[MAC_LEN];
	struct cs_writer claims_w = CS_WRITER_OF(claims), w = CS_WRITER_OF(text);

	enum cs_err err = claims_write(token, name, &claims_w);
	if (err)
		return err;
	cs_write_view(&w, cs_view_string(token_header));
	base64url_write(&w, cs_writer_view(&claims_w));
	err = token_mac(key, cs_writer_view(&w), mac);
	if (err)
		return err;
	cs_write_u8(&w, '.');
	base64url_write(&w, CS_VIEW_OF(mac));
	cs_write_view(out, cs_writer_view(&w));
	err = cs_writer_done(&w);
	return err ? err : cs_writer_done(out);
}

/* ---- reading ---- */

static bool take(struct cs_view *text, const char *expected)
{
	const size_t len = strlen(expected);

	if (!cs_view_starts_with(*text, cs_view_string(expected)))
		return false;
	*text = cs_view(text->ptr + len, text->len - len);
	return true;
}

static bool take_number(struct cs_view *text, uint64_t *out)
{
	uint64_t value = 0;
	size_t len = 0;

	for (; len < text->len && len < 18 && text->ptr[len] >= '0' && text->ptr[len] <= '9'; len++)
		value = value * 10 + (uint64_t)(text->ptr[len] - '0');
	*text = cs_view(text->ptr + len, text->len - len);
	*out = value;
	return len > 0;
}

static bool take_kind(struct cs_view *text, enum credential_kind *out)
{
	*out = take(text, "person\"") ? CREDENTIAL_STAFF : CREDENTIAL_APPLICATION;
	return *out == CREDENTIAL_STAFF || take(text, "application\"");
}

static bool take_hash(struct cs_view *text, uint8_t out[CREDENTIAL_HASH_LEN])
{
	struct cs_writer w = cs_writer_of(out, CREDENTIAL_HASH_LEN);

	if (text->len < HASH_CHARS || base64url_read(cs_view(text->ptr, HASH_CHARS), &w))
		return false;
	*text = cs_view(text->ptr + HASH_CHARS, text->len - HASH_CHARS);
	return cs_writer_view(&w).len == CREDENTIAL_HASH_LEN;
}

static bool claims_read(struct cs_view text, struct auth_token *out)
{
	return take(&text, "{\"exp\":") && take_number(&text, &out->expires) && take(&text, ",\"kind\":\"") &&
	       take_kind(&text, &out->kind) && take(&text, ",\"credential\":\"") &&
	       take_hash(&text, out->hash) && take(&text, "\",\"iat\":") && take_number(&text, &out->issued);
}

enum cs_err auth_token_open(const struct seal_key *key, struct cs_view text, uint64_t now,
			    struct auth_token *out)
{
	const size_t head = sizeof(token_header) - 1;
	uint8_t claims[CLAIMS_MAX], mac[MAC_LEN], given[MAC_LEN];
	struct cs_writer given_w = CS_WRITER_OF(given), claims_w = CS_WRITER_OF(claims);
	struct auth_token token;

	if (!auth_token_like(text) || text.len < head + 1 + MAC_CHARS ||
	    text.ptr[text.len - MAC_CHARS - 1] != '.')
		return CS_ERR_NOT_FOUND;
	const struct cs_view signed_part = cs_view(text.ptr, text.len - MAC_CHARS - 1);
	enum cs_err err = token_mac(key, signed_part, mac);
	if (err)
		return err;
	if (base64url_read(cs_view(text.ptr + text.len - MAC_CHARS, MAC_CHARS), &given_w) ||
	    !cs_equal_ct(given, mac, MAC_LEN))
		return CS_ERR_NOT_FOUND;
	if (base64url_read(cs_view(text.ptr + head, signed_part.len - head), &claims_w) ||
	    !claims_read(cs_writer_view(&claims_w), &token) || token.expires <= now)
		return CS_ERR_NOT_FOUND;
	*out = token;
	return CS_OK;
}
