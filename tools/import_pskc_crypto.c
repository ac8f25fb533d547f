/* SPDX-License-Identifier: BSD-2-Clause
 *
 * AES and Triple-DES in CBC mode with a vector before the text and XML Encryption's padding behind it, AES
 * key wrap, HMAC, PBKDF2.
 */
#include "tools/import_pskc_crypto.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <string.h>

#include "base/secret.h"

static struct cs_view behind_hash_sign(struct cs_view text)
{
	for (size_t i = text.len; i > 0; i--)
		if (text.ptr[i - 1] == '#')
			return cs_view(text.ptr + i, text.len - i);
	return text;
}

const char *pskc_hash(struct cs_view algorithm)
{
	static const char *const rows[][2] = {{"hmac-sha1", "SHA1"},
					      {"hmac-sha256", "SHA256"},
					      {"hmac-sha384", "SHA384"},
					      {"hmac-sha512", "SHA512"}};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (cs_view_equal(behind_hash_sign(algorithm), cs_view_string(rows[i][0])))
			return rows[i][1];
	return NULL;
}

enum cs_err pskc_derive(struct pskc_keys *keys, struct cs_view passphrase, struct cs_view salt,
			uint64_t iterations, const char *hash, uint64_t key_len)
{
	if (iterations == 0 || iterations > PSKC_ITERATION_MAX ||
	    (key_len != 16 && key_len != 24 && key_len != 32) || passphrase.len > 1024 || salt.len > 1024)
		return CS_ERR_ARG;
	if (PKCS5_PBKDF2_HMAC((const char *)passphrase.ptr, (int)passphrase.len, salt.ptr, (int)salt.len,
			      (int)iterations, EVP_get_digestbyname(hash), (int)key_len, keys->key) != 1)
		return CS_ERR_CRYPTO;
	keys->key_len = (size_t)key_len;
	return CS_OK;
}

enum cs_err pskc_mac(const struct pskc_keys *keys, struct cs_view value, struct cs_writer *out)
{
	uint8_t made[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	if (HMAC(EVP_get_digestbyname(keys->mac), keys->mac_key, (int)keys->mac_key_len, value.ptr, value.len,
		 made, &len) == NULL)
		return CS_ERR_CRYPTO;
	cs_write_view(out, cs_view(made, len));
	return cs_writer_done(out);
}

enum cs_err pskc_mac_check(const struct pskc_keys *keys, struct cs_view value, struct cs_view mac)
{
	uint8_t made[EVP_MAX_MD_SIZE];
	struct cs_writer w = CS_WRITER_OF(made);

	if (keys->mac_key_len < PSKC_MAC_KEY_MIN)
		return CS_ERR_WRONG;
	enum cs_err err = pskc_mac(keys, value, &w);
	if (err != CS_OK)
		return err;
	struct cs_view right = cs_writer_view(&w);
	return mac.len == right.len && cs_equal_ct(mac.ptr, right.ptr, right.len) ? CS_OK : CS_ERR_WRONG;
}

static const struct cipher {
	const char *name;
	const char *evp;
	size_t key_len, block; /* block 0: key wrap */
} ciphers[] = {
    {"aes128-cbc", "AES-128-CBC", 16, 16}, {"aes192-cbc", "AES-192-CBC", 24, 16},
    {"aes256-cbc", "AES-256-CBC", 32, 16}, {"tripledes-cbc", "DES-EDE3-CBC", 24, 8},
    {"kw-aes128", "AES-128-WRAP", 16, 0},  {"kw-aes192", "AES-192-WRAP", 24, 0},
    {"kw-aes256", "AES-256-WRAP", 32, 0},
};

static const struct cipher *cipher_named(struct cs_view algorithm)
{
	for (size_t i = 0; i < sizeof ciphers / sizeof ciphers[0]; i++)
		if (cs_view_equal(behind_hash_sign(algorithm), cs_view_string(ciphers[i].name)))
			return &ciphers[i];
	return NULL;
}

bool pskc_authenticates(struct cs_view algorithm)
{
	const struct cipher *cipher = cipher_named(algorithm);

	return cipher != NULL && cipher->block == 0;
}

/* The cipher's bytes of in, into plain, which is as long; *len is what came out. */
static enum cs_err cipher_run(const struct cipher *cipher, const uint8_t *key, const uint8_t *iv,
			      struct cs_view in, uint8_t *plain, int *len)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	EVP_CIPHER *evp = EVP_CIPHER_fetch(NULL, cipher->evp, NULL);
	enum cs_err err = CS_ERR_CRYPTO;

	if (ctx != NULL && evp != NULL) {
		EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
		if (EVP_DecryptInit_ex2(ctx, evp, key, iv, NULL) == 1 &&
		    EVP_CIPHER_CTX_set_padding(ctx, 0) == 1)
			err = EVP_DecryptUpdate(ctx, plain, len, in.ptr, (int)in.len) == 1 ? CS_OK
											   : CS_ERR_WRONG;
	}
	EVP_CIPHER_free(evp);
	EVP_CIPHER_CTX_free(ctx);
	return err;
}

/* XML Encryption, 5.2: the last byte says how many are padding; what the others are is nobody's concern. */
static enum cs_err padding_off(const struct cipher *cipher, const uint8_t *plain, size_t *len)
{
	size_t padding = *len > 0 ? plain[*len - 1] : 0;

	if (padding == 0 || padding > cipher->block || padding > *len)
		return CS_ERR_WRONG;
	*len -= padding;
	return CS_OK;
}

enum cs_err pskc_decrypt(const struct pskc_keys *keys, struct cs_view algorithm, struct cs_view value,
			 struct cs_writer *out)
{
	const struct cipher *cipher = cipher_named(algorithm);
	uint8_t plain[PSKC_VALUE_MAX + 32];
	size_t len;
	int got = 0;

	if (cipher == NULL)
		return CS_ERR_UNSUPPORTED;
	if (keys->key_len != cipher->key_len)
		return CS_ERR_LENGTH;
	size_t unit = cipher->block > 0 ? cipher->block : 8;
	if (value.len > PSKC_VALUE_MAX || value.len % unit != 0 || value.len < 2 * unit)
		return CS_ERR_WRONG;
	struct cs_view text = cs_view(value.ptr + cipher->block, value.len - cipher->block);
	enum cs_err err =
	    cipher_run(cipher, keys->key, cipher->block > 0 ? value.ptr : NULL, text, plain, &got);
	len = got > 0 ? (size_t)got : 0;
	if (err == CS_OK && cipher->block > 0)
		err = padding_off(cipher, plain, &len);
	if (err == CS_OK) {
		cs_write_view(out, cs_view(plain, len));
		err = cs_writer_done(out) == CS_OK ? CS_OK : CS_ERR_WRONG;
	}
	cs_wipe(plain, sizeof plain);
	return err;
}

enum cs_err pskc_encrypt(const struct pskc_keys *keys, struct cs_view plain, struct cs_writer *out)
{
	const EVP_CIPHER *cipher = keys->key_len == 16	 ? EVP_aes_128_cbc()
				   : keys->key_len == 24 ? EVP_aes_192_cbc()
				   : keys->key_len == 32 ? EVP_aes_256_cbc()
							 : NULL;
	size_t len = plain.len / 16 * 16 + 16;
	uint8_t *value = cs_write_space(out, 16 + len);
	EVP_CIPHER_CTX *ctx;
	int got = 0, last = 0;

	if (cipher == NULL)
		return CS_ERR_ARG;
	if (value == NULL)
		return CS_ERR_NO_SPACE;
	ctx = EVP_CIPHER_CTX_new();
	/* PKCS #7 is one of XML Encryption's paddings. */
	bool good = ctx != NULL && RAND_bytes(value, 16) == 1 &&
		    EVP_EncryptInit_ex2(ctx, cipher, keys->key, value, NULL) == 1 &&
		    EVP_EncryptUpdate(ctx, value + 16, &got, plain.ptr, (int)plain.len) == 1 &&
		    EVP_EncryptFinal_ex(ctx, value + 16 + got, &last) == 1 && (size_t)(got + last) == len;
	EVP_CIPHER_CTX_free(ctx);
	return good ? CS_OK : CS_ERR_CRYPTO;
}
