/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The key of checkpoints, in a file or in a token.
 */
#include "daemon/audit_key.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "daemon/file.h"
#include "daemon/hsm.h"
#include "daemon/log.h"
#include "daemon/vault.h"

#define AUDIT_KEY_FILE_MAX 1024u /* of a private key in PEM */

struct audit_key {
	EVP_PKEY *pair;	     /* both halves where it lies in a file, else the public one */
	struct vault *vault; /* NULL: it lies in a file */
	uint8_t id[CS_AUDIT_HASH_LEN];
	char pem[AUDIT_KEY_PEM_MAX];
	uint8_t signature[CS_CHECKPOINT_SIGNATURE_MAX]; /* of a key in a file, until it is taken */
	size_t signature_len;
	bool asked;
};

__attribute__((format(printf, 3, 4))) static enum cs_err
audit_key_error(char error[CONFIG_ERROR_MAX], enum cs_err err, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(error, CONFIG_ERROR_MAX, format, ap);
	va_end(ap);
	return err;
}

static bool audit_key_is_p256(const EVP_PKEY *pair)
{
	char group[32];
	size_t len;

	return EVP_PKEY_get_base_id(pair) == EVP_PKEY_EC &&
	       EVP_PKEY_get_group_name(pair, group, sizeof(group), &len) == 1 &&
	       strcmp(group, "prime256v1") == 0;
}

/* Fills id and pem. */
static enum cs_err audit_key_describe(struct audit_key *key)
{
	unsigned char *der = NULL;
	char *text;
	size_t id_len;
	int len = i2d_PUBKEY(key->pair, &der);
	BIO *bio = BIO_new(BIO_s_mem());
	bool done = len > 0 && bio &&
		    EVP_Q_digest(NULL, "SHA256", NULL, der, (size_t)len, key->id, &id_len) == 1 &&
		    PEM_write_bio_PUBKEY(bio, key->pair) == 1;

	if (done) {
		long pem_len = BIO_get_mem_data(bio, &text);
		done = pem_len > 0 && (size_t)pem_len < sizeof(key->pem);
		if (done)
			memcpy(key->pem, text, (size_t)pem_len);
	}
	BIO_free(bio);
	OPENSSL_free(der);
	return done ? CS_OK : CS_ERR_CRYPTO;
}

/* ---- in a file ---- */

static enum cs_err audit_key_make(const char *path)
{
	EVP_PKEY *pair = EVP_EC_gen("P-256");
	BIO *bio = BIO_new(BIO_s_secmem());
	char *text;
	enum cs_err err = CS_ERR_CRYPTO;

	if (pair && bio && PEM_write_bio_PKCS8PrivateKey(bio, pair, NULL, NULL, 0, NULL, NULL) == 1) {
		long len = BIO_get_mem_data(bio, &text);
		err = len > 0 ? file_create(path, 0600, cs_view(text, (size_t)len)) : CS_ERR_CRYPTO;
	}
	BIO_free(bio);
	EVP_PKEY_free(pair);
	return err;
}

/* CS_ERR_MALFORMED: no key of P-256 in PEM. */
static enum cs_err audit_key_parse(struct cs_view text, EVP_PKEY **out)
{
	BIO *bio = BIO_new_mem_buf(text.ptr, (int)text.len);
	/* A passphrase is asked for at nobody's terminal. */
	EVP_PKEY *pair = bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, (void *)(uintptr_t) "") : NULL;

	BIO_free(bio);
	if (pair && audit_key_is_p256(pair)) {
		*out = pair;
		return CS_OK;
	}
	EVP_PKEY_free(pair);
	return CS_ERR_MALFORMED;
}

static enum cs_err audit_key_read(const char *path, EVP_PKEY **out)
{
	char text[AUDIT_KEY_FILE_MAX];
	struct cs_writer w = CS_WRITER_OF(text);

	enum cs_err err = file_read_private(path, &w);
	if (!err)
		err = audit_key_parse(cs_writer_view(&w), out);
	cs_wipe(text, sizeof(text));
	return err == CS_ERR_NO_SPACE ? CS_ERR_MALFORMED : err;
}

static enum cs_err audit_key_open_file(const char *path, struct audit_key *key, char error[CONFIG_ERROR_MAX])
{
	enum cs_err err = audit_key_read(path, &key->pair);
	if (err == CS_ERR_NOT_FOUND) {
		err = audit_key_make(path);
		if (!err)
			log_line(LOG_LEVEL_NOTICE,
				 "%s: a new key for checkpoints of the audit log: there was none", path);
		if (!err || err == CS_ERR_EXISTS)
			err = audit_key_read(path, &key->pair);
	}
	if (!err)
		return CS_OK;
	return audit_key_error(error, err, "the key of checkpoints %s: %s%s", path, cs_err_text(err),
			       err == CS_ERR_DENIED ? "; only its owner may have rights on it: chmod 600"
			       : err == CS_ERR_MALFORMED
				   ? "; it must be a P-256 key in PEM, without a passphrase"
				   : "");
}

/* ---- in a token ---- */

static EVP_PKEY *audit_key_of_point(struct cs_view point)
{
	char group[] = "prime256v1";
	unsigned char bytes[HSM_POINT_LEN];
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *pair = NULL;
	OSSL_PARAM parameters[] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
	    OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, bytes, sizeof(bytes)),
	    OSSL_PARAM_construct_end(),
	};

	if (point.len != sizeof(bytes))
		return NULL;
	memcpy(bytes, point.ptr, sizeof(bytes));
	if (context && EVP_PKEY_fromdata_init(context) == 1)
		(void)EVP_PKEY_fromdata(context, &pair, EVP_PKEY_PUBLIC_KEY, parameters);
	EVP_PKEY_CTX_free(context);
	return pair;
}

/* DER of r and s as a token yields them. */
static enum cs_err audit_key_der(struct cs_view halves, uint8_t out[CS_CHECKPOINT_SIGNATURE_MAX], size_t *len)
{
	const int half = HSM_SIGNATURE_LEN / 2;
	ECDSA_SIG *signature = ECDSA_SIG_new();
	BIGNUM *r = NULL, *s = NULL;
	unsigned char *at = out;
	int got = 0;

	if (halves.len == HSM_SIGNATURE_LEN) {
		r = BN_bin2bn(halves.ptr, half, NULL);
		s = BN_bin2bn(halves.ptr + half, half, NULL);
	}
	if (signature && r && s && ECDSA_SIG_set0(signature, r, s) == 1) {
		r = s = NULL; /* they are the signature's now */
		got = i2d_ECDSA_SIG(signature, NULL);
		if (got > 0 && got <= (int)CS_CHECKPOINT_SIGNATURE_MAX)
			got = i2d_ECDSA_SIG(signature, &at);
		else
			got = 0;
	}
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(signature);
	if (got <= 0)
		return CS_ERR_CRYPTO;
	*len = (size_t)got;
	return CS_OK;
}

static bool audit_key_verifies(const struct audit_key *key, struct cs_view text, struct cs_view signature)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool good = context && EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key->pair) == 1 &&
		    EVP_DigestVerify(context, signature.ptr, signature.len, text.ptr, text.len) == 1;

	EVP_MD_CTX_free(context);
	return good;
}

/* Has the token sign a text of no meaning: what it yields must verify with its public key. */
static enum cs_err audit_key_prove(struct audit_key *key)
{
	const struct cs_view text = CS_VIEW_TEXT("countersign: does this key sign?\n");
	uint8_t signature[CS_CHECKPOINT_SIGNATURE_MAX];
	size_t len = 0;

	enum cs_err err = audit_key_ask(key, text);
	if (!err)
		err = audit_key_take(key, VAULT_WAIT_MS, signature, &len);
	if (err)
		return err == CS_ERR_BUSY ? CS_ERR_TIMEOUT : err;
	return audit_key_verifies(key, text, cs_view(signature, len)) ? CS_OK : CS_ERR_CORRUPT;
}

static enum cs_err audit_key_open_token(const char *uri, struct audit_key *key, char error[CONFIG_ERROR_MAX])
{
	uint8_t point[HSM_POINT_LEN];
	struct cs_writer w = CS_WRITER_OF(point);

	enum cs_err err = vault_start(uri, &key->vault, error);
	if (err && error[0])
		return err;
	if (!err)
		err = vault_public(key->vault, &w);
	if (!err) {
		key->pair = audit_key_of_point(cs_writer_view(&w));
		err = key->pair ? audit_key_prove(key) : CS_ERR_MALFORMED;
	}
	if (!err)
		return CS_OK;
	return audit_key_error(
	    error, err, "the token that signs checkpoints: %s%s", cs_err_text(err),
	    err == CS_ERR_CORRUPT ? "; the public key of that name does not belong to the private one" : "");
}

/* ---- both ---- */

enum cs_err audit_key_open(const struct config *config, struct audit_key **out, char error[CONFIG_ERROR_MAX])
{
	struct audit_key *key = calloc(1, sizeof(*key));

	if (!key)
		return audit_key_error(error, CS_ERR_MEMORY, "out of memory");
	enum cs_err err = config->audit_token[0] ? audit_key_open_token(config->audit_token, key, error)
						 : audit_key_open_file(config->audit_key, key, error);
	if (!err && audit_key_describe(key))
		err = audit_key_error(error, CS_ERR_CRYPTO, "the key of checkpoints: libcrypto failed");
	if (err)
		audit_key_free(key);
	else
		*out = key;
	return err;
}

void audit_key_free(struct audit_key *key)
{
	if (!key)
		return;
	vault_stop(key->vault);
	EVP_PKEY_free(key->pair);
	free(key);
}

void audit_key_id(const struct audit_key *key, uint8_t id[CS_AUDIT_HASH_LEN])
{
	memcpy(id, key->id, sizeof(key->id));
}

const char *audit_key_pem(const struct audit_key *key)
{
	return key->pem;
}

enum cs_err audit_key_ask(struct audit_key *key, struct cs_view text)
{
	uint8_t digest[HSM_DIGEST_LEN];
	size_t len = sizeof(key->signature);

	if (key->asked)
		return CS_ERR_STATE;
	if (key->vault) {
		if (EVP_Q_digest(NULL, "SHA256", NULL, text.ptr, text.len, digest, &len) != 1)
			return CS_ERR_CRYPTO;
		enum cs_err err = vault_ask_signature(key->vault, CS_VIEW_OF(digest));
		key->asked = !err;
		return err;
	}
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	key->asked = context && EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key->pair) == 1 &&
		     EVP_DigestSign(context, key->signature, &len, text.ptr, text.len) == 1;
	key->signature_len = len;
	EVP_MD_CTX_free(context);
	return key->asked ? CS_OK : CS_ERR_CRYPTO;
}

int audit_key_fd(const struct audit_key *key)
{
	return key->asked && key->vault ? vault_fd(key->vault) : -1;
}

enum cs_err audit_key_take(struct audit_key *key, int wait_ms, uint8_t signature[CS_CHECKPOINT_SIGNATURE_MAX],
			   size_t *len)
{
	uint8_t halves[HSM_SIGNATURE_LEN];
	struct cs_writer w = CS_WRITER_OF(halves);

	if (!key->asked)
		return CS_ERR_STATE;
	if (!key->vault) {
		key->asked = false;
		memcpy(signature, key->signature, key->signature_len);
		*len = key->signature_len;
		return CS_OK;
	}
	enum cs_err err = vault_take_signature(key->vault, wait_ms, &w);
	if (err == CS_ERR_BUSY)
		return err;
	key->asked = false;
	return err ? err : audit_key_der(cs_writer_view(&w), signature, len);
}
