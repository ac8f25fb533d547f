/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the files of the OpenSSL crypto port share: its context, and the table of asymmetric algorithms.
 */
#ifndef COUNTERSIGN_APPLET_PORT_CRYPTO_OPENSSL_PRIVATE_H
#define COUNTERSIGN_APPLET_PORT_CRYPTO_OPENSSL_PRIVATE_H

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "applet/crypto.h"

#define KEY_CACHE_SIZE	4u
#define KEY_DIGEST_LEN	32u
#define KEY_PARAMS_MAX	9u    /* RSA: n e d p q dp dq qinv, and the end */
#define KEY_PARAMS_ROOM 2400u /* bytes of the numbers behind them; RSA-4096 needs 2308 */

/* A private key as libcrypto holds it. A slot is free where key is NULL. */
struct key_cache_slot {
	uint8_t digest[KEY_DIGEST_LEN]; /* SHA-256 of algorithm and blob: which key this is */
	uint64_t used;			/* the cache's clock at the last use */
	EVP_PKEY *key;
	EVP_PKEY_CTX *sign;   /* initialised for key_sign, or NULL */
	EVP_PKEY_CTX *derive; /* initialised for key_agree, or NULL */
};

struct crypto_openssl {
	EVP_MD *md[4];	     /* indexed by cs_hash - CS_SHA1 */
	EVP_MAC_CTX *mac[4]; /* HMAC with that digest, no key yet */
	EVP_CIPHER *gcm;
	uint64_t clock;
	struct key_cache_slot cache[KEY_CACHE_SIZE];
};

struct key_kind;

struct key_alg {
	enum piv_alg alg;
	const struct key_kind *kind;
	unsigned bits;	   /* of the modulus, or of the curve's field */
	const char *group; /* EC: the curve's name; else NULL */
	int nid;	   /* EC: the curve's number */
};

/* One row for each family of keys. Errors as in applet/crypto.h. */
struct key_kind {
	enum cs_err (*generate)(const struct key_alg *alg, struct cs_writer *priv, struct cs_writer *pub);
	enum cs_err (*import)(const struct key_alg *alg, struct cs_view parts, struct cs_writer *priv,
			      struct cs_writer *pub);
	/* Parses a private blob; NULL if it is not one, or libcrypto fails. */
	EVP_PKEY *(*load)(const struct key_alg *alg, struct cs_view priv);
	/* Chooses padding and the like on a context fresh from EVP_PKEY_sign_init. */
	bool (*sign_setup)(EVP_PKEY_CTX *ctx);
	enum cs_err (*sign)(const struct key_alg *alg, struct key_cache_slot *slot, struct cs_view in,
			    struct cs_writer *out);
	/* NULL where the family has no key agreement. */
	enum cs_err (*agree)(const struct key_alg *alg, struct key_cache_slot *slot, struct cs_view peer,
			     struct cs_writer *out);
};

extern const struct key_kind key_kind_rsa;
extern const struct key_kind key_kind_ec;

/* NULL for an algorithm that this port does not have. */
const struct key_alg *key_alg_find(enum piv_alg alg);

enum cs_err crypto_openssl_key_generate(void *ctx, enum piv_alg alg, struct cs_writer *priv,
					struct cs_writer *pub);
enum cs_err crypto_openssl_key_import(void *ctx, enum piv_alg alg, struct cs_view parts,
				      struct cs_writer *priv, struct cs_writer *pub);
enum cs_err crypto_openssl_key_sign(void *ctx, enum piv_alg alg, struct cs_view priv, struct cs_view in,
				    struct cs_writer *out);
enum cs_err crypto_openssl_key_agree(void *ctx, enum piv_alg alg, struct cs_view priv, struct cs_view peer,
				     struct cs_writer *out);
void key_cache_clear(struct crypto_openssl *port);

/* The parameters of a key for EVP_PKEY_fromdata, with the numbers in memory that can be wiped (libcrypto's
 * own builder frees them unwiped). Sticky: a failed push makes key_params_make fail. */
struct key_params {
	OSSL_PARAM list[KEY_PARAMS_MAX];
	size_t count;
	size_t used;
	bool failed;
	uint8_t room[KEY_PARAMS_ROOM];
};

void key_params_init(struct key_params *p);
void key_params_bn(struct key_params *p, const char *name, const BIGNUM *number);
/* text and bytes are borrowed until key_params_make. */
void key_params_text(struct key_params *p, const char *name, const char *text);
void key_params_bytes(struct key_params *p, const char *name, struct cs_view bytes);
/* The key of this type ("RSA", "EC"), or NULL. selection is EVP_PKEY_KEYPAIR or EVP_PKEY_PUBLIC_KEY. Wipes p.
 */
EVP_PKEY *key_params_make(struct key_params *p, const char *type, int selection);

/* number as a TLV element of len value bytes; a NULL number fails the writer. */
void key_write_bn(struct cs_writer *w, uint32_t tag, const BIGNUM *number, size_t len);

#endif
