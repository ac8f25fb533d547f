/* SPDX-License-Identifier: BSD-2-Clause
 *
 * JSON Web Tokens with ES256, over libcrypto.
 */
#include "daemon/jwt.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#include "base/secret.h"
#include "daemon/base64url.h"

#define JWT_HALF       32u /* bytes of x, y, r and s */
#define JWT_DER_MAX    80u /* bytes of a signature in DER, and more */
#define JWT_HEADER_MAX 128u

enum cs_err jwt_key_new(struct cs_writer *private_key, uint8_t public_key[JWT_PUBLIC_LEN])
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	uint8_t der[JWT_PRIVATE_MAX], *end = der;
	size_t len = 0;
	int der_len = key ? i2d_PrivateKey(key, NULL) : 0;
	enum cs_err err = CS_ERR_CRYPTO;

	if (der_len > 0 && (size_t)der_len <= sizeof(der) && i2d_PrivateKey(key, &end) == der_len &&
	    EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, public_key, JWT_PUBLIC_LEN, &len) ==
		1 &&
	    len == JWT_PUBLIC_LEN) {
		cs_write_view(private_key, cs_view(der, (size_t)der_len));
		err = cs_writer_done(private_key);
	}
	cs_wipe(der, sizeof(der));
	EVP_PKEY_free(key);
	return err;
}

/* r and s of a signature, each of full length (RFC 7518, 3.4). */
static enum cs_err jwt_signature(struct cs_view der, uint8_t out[2 * JWT_HALF])
{
	const unsigned char *at = der.ptr;
	ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &at, (long)der.len);
	enum cs_err err = CS_ERR_CRYPTO;

	if (signature && BN_bn2binpad(ECDSA_SIG_get0_r(signature), out, JWT_HALF) == (int)JWT_HALF &&
	    BN_bn2binpad(ECDSA_SIG_get0_s(signature), out + JWT_HALF, JWT_HALF) == (int)JWT_HALF)
		err = CS_OK;
	ECDSA_SIG_free(signature);
	return err;
}

static enum cs_err jwt_sign_bytes(struct cs_view private_key, struct cs_view bytes, uint8_t out[2 * JWT_HALF])
{
	const unsigned char *at = private_key.ptr;
	EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &at, (long)private_key.len);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	uint8_t der[JWT_DER_MAX];
	size_t len = sizeof(der);
	enum cs_err err = CS_ERR_CRYPTO;

	if (key && context && EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
	    EVP_DigestSign(context, der, &len, bytes.ptr, bytes.len) == 1)
		err = jwt_signature(cs_view(der, len), out);
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
	return err;
}

enum cs_err jwt_sign(struct cs_view private_key, const char *kid, struct cs_view claims,
		     struct cs_writer *out)
{
	const size_t start = cs_writer_view(out).len;
	uint8_t signature[2 * JWT_HALF], bytes[JWT_HEADER_MAX];
	struct cs_writer header = CS_WRITER_OF(bytes);
	struct json_out json = json_out_of(&header);

	json_object_begin(&json, NULL);
	json_text(&json, "alg", "ES256");
	json_text(&json, "typ", "JWT");
	json_text(&json, "kid", kid);
	json_object_end(&json);
	enum cs_err err = cs_writer_done(&header);
	if (err)
		return err;
	base64url_write(out, cs_writer_view(&header));
	cs_write_u8(out, '.');
	base64url_write(out, claims);
	err = cs_writer_done(out);
	if (err)
		return err;
	struct cs_view whole = cs_writer_view(out);
	err = jwt_sign_bytes(private_key, cs_view(whole.ptr + start, whole.len - start), signature);
	if (err)
		return err;
	cs_write_u8(out, '.');
	base64url_write(out, CS_VIEW_OF(signature));
	return cs_writer_done(out);
}

static void jwt_coordinate(struct json_out *out, const char *name, const uint8_t *bytes)
{
	char text[BASE64URL_LEN(JWT_HALF) + 1];
	struct cs_writer w = cs_writer_of(text, BASE64URL_LEN(JWT_HALF));

	base64url_write(&w, cs_view(bytes, JWT_HALF));
	text[cs_writer_view(&w).len] = '\0';
	json_text(out, name, text);
}

void jwt_key_json(struct json_out *out, const char *kid, const uint8_t public_key[JWT_PUBLIC_LEN])
{
	json_object_begin(out, NULL);
	json_text(out, "kty", "EC");
	json_text(out, "crv", "P-256");
	json_text(out, "use", "sig");
	json_text(out, "alg", "ES256");
	json_text(out, "kid", kid);
	jwt_coordinate(out, "x", public_key + 1);
	jwt_coordinate(out, "y", public_key + 1 + JWT_HALF);
	json_object_end(out);
}
