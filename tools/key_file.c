/* SPDX-License-Identifier: BSD-2-Clause
 *
 * libcrypto reads the file; what is taken out of the key is what the card is sent.
 */
#include "tools/key_file.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

#include "tools/card_key.h"
#include "tools/secrets.h"

#define FILE_BYTES_MAX 16384u
#define PARAM_SEED     "seed" /* of ML-DSA and ML-KEM; headers before 3.5 do not name it */

struct passphrase {
	const struct cli *cli;
	enum cli_status *status;
	bool told; /* an error */
};

/* libcrypto calls it where the key is encrypted. */
static int passphrase_get(char *buf, int size, int writing, void *arg)
{
	struct passphrase *p = arg;
	struct secret secret;
	int len = -1;

	(void)writing;
	p->told = !secret_get(p->cli, SECRET_PASSPHRASE, &secret, p->status);
	if (!p->told && secret.len <= (size_t)size) {
		memcpy(buf, secret.text, secret.len);
		len = (int)secret.len;
	}
	secret_wipe(&secret);
	return len;
}

static EVP_PKEY *key_parse(struct cs_view bytes, struct passphrase *passphrase)
{
	BIO *bio = BIO_new_mem_buf(bytes.ptr, (int)bytes.len);
	const unsigned char *p = bytes.ptr;
	EVP_PKEY *key = bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, passphrase_get, passphrase) : NULL;

	BIO_free(bio);
	return key != NULL || passphrase->told ? key : d2i_AutoPrivateKey(NULL, &p, (long)bytes.len);
}

static bool take_number(EVP_PKEY *key, const char *name, uint8_t to[KEY_FILE_BYTES], struct cs_view *out)
{
	BIGNUM *bn = NULL;
	int len = -1;

	if (EVP_PKEY_get_bn_param(key, name, &bn) == 1 && BN_num_bytes(bn) <= (int)KEY_FILE_BYTES)
		len = BN_bn2bin(bn, to);
	BN_clear_free(bn);
	*out = cs_view(to, len > 0 ? (size_t)len : 0);
	return len > 0;
}

/* The card's exponent is 65537 (SP 800-78-5), and IMPORT brings no other. */
static bool take_rsa(EVP_PKEY *key, struct key_file *out)
{
	static const char *const names[KEY_FILE_NUMBERS] = {
	    OSSL_PKEY_PARAM_RSA_FACTOR1, OSSL_PKEY_PARAM_RSA_FACTOR2, OSSL_PKEY_PARAM_RSA_EXPONENT1,
	    OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1};
	struct cs_view *const views[KEY_FILE_NUMBERS] = {&out->parts.p, &out->parts.q, &out->parts.dp,
							 &out->parts.dq, &out->parts.qinv};
	BIGNUM *e = NULL;
	bool ok = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) == 1 && BN_is_word(e, RSA_F4);

	BN_free(e);
	for (size_t i = 0; i < KEY_FILE_NUMBERS && ok; i++)
		ok = take_number(key, names[i], out->numbers[i], views[i]);
	return ok;
}

static bool take_secret(EVP_PKEY *key, const char *name, struct key_file *out)
{
	size_t len = 0;
	bool ok = EVP_PKEY_get_octet_string_param(key, name, out->numbers[0], KEY_FILE_BYTES, &len) == 1;

	out->parts.scalar = cs_view(out->numbers[0], ok ? len : 0);
	return ok;
}

static bool take_parts(EVP_PKEY *key, struct key_file *out)
{
	switch (cc_piv_algorithm(out->alg)->kind) {
	case CC_KIND_RSA:
		return take_rsa(key, out);
	case CC_KIND_EC:
	case CC_KIND_SM2:
		return take_number(key, OSSL_PKEY_PARAM_PRIV_KEY, out->numbers[0], &out->parts.scalar);
	case CC_KIND_ED25519:
	case CC_KIND_X25519:
		return take_secret(key, OSSL_PKEY_PARAM_PRIV_KEY, out);
	default:
		return take_secret(key, PARAM_SEED, out);
	}
}

bool key_file_bytes(const struct cli *cli, const char *path, size_t most, struct cs_writer *w,
		    enum cli_status *status)
{
	uint8_t *space = cs_write_space(w, most);
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");

	if (file == NULL) {
		*status = cli_fail(cli, CLI_USAGE, "usage", "%s cannot be read: %s", path, strerror(errno));
		return false;
	}
	(void)setvbuf(file, NULL, _IONBF, 0); /* no copy of the key in a buffer that is not wiped */
	cs_writer_cut(w, fread(space, 1, most, file));
	if (file != stdin)
		fclose(file);
	return true;
}

bool key_file_read(const struct cli *cli, const char *path, struct key_file *out, enum cli_status *status)
{
	uint8_t bytes[FILE_BYTES_MAX];
	struct cs_writer w = CS_WRITER_OF(bytes);
	struct passphrase passphrase = {.cli = cli, .status = status};
	EVP_PKEY *key = NULL;
	bool ok = key_file_bytes(cli, path, FILE_BYTES_MAX, &w, status);

	memset(out, 0, sizeof *out);
	if (ok) {
		key = key_parse(cs_writer_view(&w), &passphrase);
		ok = key != NULL;
		if (!ok && !passphrase.told)
			*status = cli_fail(cli, CLI_USAGE, "usage",
					   "%s holds no private key (PEM or DER) that can be read, or the "
					   "passphrase is wrong",
					   path);
	}
	if (ok) {
		ok = card_key_algorithm(key, &out->alg) && take_parts(key, out);
		if (!ok)
			*status = cli_fail(cli, CLI_REFUSED, "unsupported",
					   "the key in %s is of a kind that no PIV card takes", path);
	}
	EVP_PKEY_free(key);
	OPENSSL_cleanse(bytes, sizeof bytes);
	return ok;
}
