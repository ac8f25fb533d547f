/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The OpenSSL crypto port's asymmetric side: the table of algorithms, the cache of parsed private keys, and
 * the entry points, which find the row and hand on to its family (crypto_openssl_rsa.c, crypto_openssl_ec.c).
 */
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>

#include "applet/port/crypto_openssl_private.h"
#include "base/secret.h"
#include "base/tlv.h"

static const struct key_alg key_algs[] = {
    {PIV_ALG_RSA1024, &key_kind_rsa, 1024, NULL, 0},
    {PIV_ALG_RSA2048, &key_kind_rsa, 2048, NULL, 0},
    {PIV_ALG_RSA3072, &key_kind_rsa, 3072, NULL, 0},
    {PIV_ALG_RSA4096, &key_kind_rsa, 4096, NULL, 0},
    {PIV_ALG_P256, &key_kind_ec, 256, "P-256", NID_X9_62_prime256v1},
    {PIV_ALG_P384, &key_kind_ec, 384, "P-384", NID_secp384r1},
};

const struct key_alg *key_alg_find(enum piv_alg alg)
{
	for (size_t i = 0; i < sizeof(key_algs) / sizeof(key_algs[0]); i++) {
		if (key_algs[i].alg == alg)
			return &key_algs[i];
	}
	return NULL;
}

/* ---- parameters ---- */

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

/* ---- cache ---- */

static void key_cache_drop(struct key_cache_slot *slot)
{
	EVP_PKEY_CTX_free(slot->sign);
	EVP_PKEY_CTX_free(slot->derive);
	EVP_PKEY_free(slot->key); /* which wipes the private numbers */
	cs_wipe(slot, sizeof(*slot));
}

void key_cache_clear(struct crypto_openssl *port)
{
	for (size_t i = 0; i < KEY_CACHE_SIZE; i++)
		key_cache_drop(&port->cache[i]);
}

/* Algorithm and blob together name a key: the same blob may be offered for another algorithm. */
static bool key_digest(struct crypto_openssl *port, enum piv_alg alg, struct cs_view priv,
		       uint8_t out[KEY_DIGEST_LEN])
{
	uint8_t named[1 + CRYPTO_PRIVATE_MAX];
	bool good;

	if (priv.len == 0 || priv.len > CRYPTO_PRIVATE_MAX)
		return false;
	named[0] = (uint8_t)alg;
	memcpy(named + 1, priv.ptr, priv.len);
	good = EVP_Digest(named, 1 + priv.len, out, NULL, port->md[CS_SHA256 - CS_SHA1], NULL) == 1;
	cs_wipe(named, 1 + priv.len);
	return good;
}

static struct key_cache_slot *key_cache_oldest(struct crypto_openssl *port)
{
	struct key_cache_slot *oldest = &port->cache[0];

	for (size_t i = 1; i < KEY_CACHE_SIZE; i++) {
		if (port->cache[i].used < oldest->used)
			oldest = &port->cache[i];
	}
	return oldest;
}

/* The slot that holds this key, parsed now if it was not there. NULL where the blob is not a key. */
static struct key_cache_slot *key_cache_get(struct crypto_openssl *port, const struct key_alg *alg,
					    struct cs_view priv)
{
	uint8_t digest[KEY_DIGEST_LEN];
	struct key_cache_slot *slot;
	EVP_PKEY *key;

	if (!key_digest(port, alg->alg, priv, digest))
		return NULL;
	port->clock++;
	for (size_t i = 0; i < KEY_CACHE_SIZE; i++) {
		slot = &port->cache[i];
		if (slot->key != NULL && cs_equal_ct(slot->digest, digest, sizeof(digest))) {
			slot->used = port->clock;
			return slot;
		}
	}
	key = alg->kind->load(alg, priv);
	if (key == NULL)
		return NULL;
	slot = key_cache_oldest(port);
	key_cache_drop(slot);
	memcpy(slot->digest, digest, sizeof(digest));
	slot->key = key;
	slot->used = port->clock;
	return slot;
}

static bool key_sign_ready(const struct key_alg *alg, struct key_cache_slot *slot)
{
	if (slot->sign != NULL)
		return true;
	slot->sign = EVP_PKEY_CTX_new_from_pkey(NULL, slot->key, NULL);
	if (slot->sign != NULL && EVP_PKEY_sign_init(slot->sign) == 1 && alg->kind->sign_setup(slot->sign))
		return true;
	EVP_PKEY_CTX_free(slot->sign);
	slot->sign = NULL;
	return false;
}

static bool key_derive_ready(struct key_cache_slot *slot)
{
	if (slot->derive != NULL)
		return true;
	slot->derive = EVP_PKEY_CTX_new_from_pkey(NULL, slot->key, NULL);
	if (slot->derive != NULL && EVP_PKEY_derive_init(slot->derive) == 1)
		return true;
	EVP_PKEY_CTX_free(slot->derive);
	slot->derive = NULL;
	return false;
}

/* ---- entry points ---- */

/* The halves are built here and handed over whole, so that output is untouched where the work fails. */
struct key_pair {
	uint8_t priv[CRYPTO_PRIVATE_MAX];
	uint8_t pub[CRYPTO_PUBLIC_MAX];
};

static enum cs_err key_pair_hand_over(struct cs_writer *from_priv, struct cs_writer *from_pub,
				      struct cs_writer *priv, struct cs_writer *pub)
{
	if (cs_writer_done(from_priv) != CS_OK || cs_writer_done(from_pub) != CS_OK)
		return CS_ERR_CRYPTO;
	cs_write_view(priv, cs_writer_view(from_priv));
	cs_write_view(pub, cs_writer_view(from_pub));
	return cs_writer_done(priv) != CS_OK ? CS_ERR_NO_SPACE : cs_writer_done(pub);
}

enum cs_err crypto_openssl_key_generate(void *ctx, enum piv_alg alg, struct cs_writer *priv,
					struct cs_writer *pub)
{
	const struct key_alg *row = key_alg_find(alg);
	struct key_pair pair;
	struct cs_writer p = CS_WRITER_OF(pair.priv), q = CS_WRITER_OF(pair.pub);
	enum cs_err err;

	(void)ctx;
	if (row == NULL)
		return CS_ERR_UNSUPPORTED;
	err = row->kind->generate(row, &p, &q);
	if (err == CS_OK)
		err = key_pair_hand_over(&p, &q, priv, pub);
	cs_wipe(&pair, sizeof(pair));
	ERR_clear_error();
	return err;
}

enum cs_err crypto_openssl_key_import(void *ctx, enum piv_alg alg, struct cs_view parts,
				      struct cs_writer *priv, struct cs_writer *pub)
{
	const struct key_alg *row = key_alg_find(alg);
	struct key_pair pair;
	struct cs_writer p = CS_WRITER_OF(pair.priv), q = CS_WRITER_OF(pair.pub);
	enum cs_err err;

	(void)ctx;
	if (row == NULL)
		return CS_ERR_UNSUPPORTED;
	err = row->kind->import(row, parts, &p, &q);
	if (err == CS_OK)
		err = key_pair_hand_over(&p, &q, priv, pub);
	cs_wipe(&pair, sizeof(pair));
	ERR_clear_error();
	return err;
}

enum cs_err crypto_openssl_key_sign(void *ctx, enum piv_alg alg, struct cs_view priv, struct cs_view in,
				    struct cs_writer *out)
{
	const struct key_alg *row = key_alg_find(alg);
	struct key_cache_slot *slot;
	enum cs_err err;

	if (row == NULL)
		return CS_ERR_UNSUPPORTED;
	slot = key_cache_get(ctx, row, priv);
	if (slot == NULL || !key_sign_ready(row, slot))
		return CS_ERR_CRYPTO;
	err = row->kind->sign(row, slot, in, out);
	if (err != CS_OK)
		ERR_clear_error();
	return err;
}

enum cs_err crypto_openssl_key_agree(void *ctx, enum piv_alg alg, struct cs_view priv, struct cs_view peer,
				     struct cs_writer *out)
{
	const struct key_alg *row = key_alg_find(alg);
	struct key_cache_slot *slot;
	enum cs_err err;

	if (row == NULL || row->kind->agree == NULL)
		return CS_ERR_UNSUPPORTED;
	slot = key_cache_get(ctx, row, priv);
	if (slot == NULL || !key_derive_ready(slot))
		return CS_ERR_CRYPTO;
	err = row->kind->agree(row, slot, peer, out);
	if (err != CS_OK)
		ERR_clear_error();
	return err;
}
