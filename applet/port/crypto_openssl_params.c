/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Keys of the OpenSSL crypto port from their numbers.
 */
#include <string.h>

#include <openssl/err.h>

#include "applet/port/crypto_openssl_private.h"
#include "base/secret.h"
#include "base/tlv.h"

void key_params_init(struct key_params *p)
{
	p->count = 0;
	p->used = 0;
	p->failed = false;
}

static void key_params_push(struct key_params *p, OSSL_PARAM param)
{
	if (p->count + 1 >= KEY_PARAMS_MAX)
		p->failed = true;
	else
		p->list[p->count++] = param;
}

void key_params_bn(struct key_params *p, const char *name, const BIGNUM *number)
{
	size_t len = number != NULL ? (size_t)BN_num_bytes(number) : 0;
	uint8_t *at = p->room + p->used;

	if (p->failed || len == 0 || len > sizeof(p->room) - p->used ||
	    BN_bn2nativepad(number, at, (int)len) != (int)len) {
		p->failed = true;
		return;
	}
	p->used += len;
	key_params_push(p, OSSL_PARAM_construct_BN(name, at, len));
}

/* The borrowed bytes are copied because OSSL_PARAM knows no const. */
static void *key_params_copy(struct key_params *p, const void *bytes, size_t len)
{
	uint8_t *at = p->room + p->used;

	if (p->failed || len > sizeof(p->room) - p->used) {
		p->failed = true;
		return NULL;
	}
	memcpy(at, bytes, len);
	p->used += len;
	return at;
}

void key_params_text(struct key_params *p, const char *name, const char *text)
{
	char *at = key_params_copy(p, text, strlen(text) + 1);

	if (at != NULL)
		key_params_push(p, OSSL_PARAM_construct_utf8_string(name, at, 0));
}

void key_params_bytes(struct key_params *p, const char *name, struct cs_view bytes)
{
	uint8_t *at = bytes.len > 0 ? key_params_copy(p, bytes.ptr, bytes.len) : NULL;

	if (at == NULL)
		p->failed = true;
	else
		key_params_push(p, OSSL_PARAM_construct_octet_string(name, at, bytes.len));
}

EVP_PKEY *key_params_make(struct key_params *p, const char *type, int selection)
{
	EVP_PKEY *key = NULL;
	EVP_PKEY_CTX *ctx = NULL;

	if (!p->failed) {
		p->list[p->count] = OSSL_PARAM_construct_end();
		ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	}
	if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &key, selection, p->list) != 1) {
		ERR_clear_error();
		key = NULL;
	}
	EVP_PKEY_CTX_free(ctx);
	cs_wipe(p, sizeof(*p));
	return key;
}

void key_write_bn(struct cs_writer *w, uint32_t tag, const BIGNUM *number, size_t len)
{
	uint8_t *at;

	if (number == NULL) {
		cs_writer_fail(w);
		return;
	}
	cs_tlv_write_header(w, tag, len);
	at = cs_write_space(w, len);
	if (at != NULL && BN_bn2binpad(number, at, (int)len) != (int)len)
		cs_writer_fail(w);
}
