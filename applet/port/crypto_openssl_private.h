/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the files of the OpenSSL crypto port share: its context, the table of asymmetric algorithms, and what a
 * family of keys offers.
 */
#ifndef COUNTERSIGN_APPLET_PORT_CRYPTO_OPENSSL_PRIVATE_H
#define COUNTERSIGN_APPLET_PORT_CRYPTO_OPENSSL_PRIVATE_H

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "applet/crypto.h"

#define KEY_ALGS_MAX	20u
#define KEY_CACHE_SIZE	4u
#define KEY_DIGEST_LEN	32u
#define KEY_PARAMS_MAX	9u    /* RSA: n e d p q dp dq qinv, and the end */
#define KEY_PARAMS_ROOM 2400u /* bytes of the numbers behind them; RSA-4096 needs 2308 */

/* A private key as libcrypto holds it. A slot is free where key is NULL. */
struct key_cache_slot {
	uint8_t digest[KEY_DIGEST_LEN]; /* SHA-256 of algorithm and blob: which key this is */
	uint64_t used;			/* the cache's clock at the last use */
	EVP_PKEY *key;
	EVP_PKEY_CTX *context;	     /* initialised by init, or NULL */
	int (*init)(EVP_PKEY_CTX *); /* the operation that the context is for */
};

struct crypto_openssl {
	EVP_MD *md[4];	     /* indexed by cs_hash - CS_SHA1 */
	EVP_MAC_CTX *mac[4]; /* HMAC with that digest, no key yet */
	EVP_CIPHER *gcm;
	EVP_MD_CTX *digest;	 /* for the cache's digests */
	bool have[KEY_ALGS_MAX]; /* indexed as the table of algorithms: libcrypto has it */
	uint64_t clock;
	struct key_cache_slot cache[KEY_CACHE_SIZE];
};

struct key_kind;

struct key_alg {
	enum piv_alg alg;
	const struct key_kind *kind;
	const char *type;  /* libcrypto's name of such keys */
	unsigned bits;	   /* RSA: of the modulus; EC, SM2: of the curve's field; else of the public key */
	const char *group; /* EC, SM2: the curve's name; else NULL */
	int nid;	   /* EC, SM2: the curve's number */
	uint8_t tag;	   /* the private element that is the key, and its length; RSA: none */
	uint8_t secret_len;
};

/* One row for each family of keys. Errors as in applet/crypto.h. Operations that a family does not have are NULL. */
struct key_kind {
	enum cs_err (*generate)(const struct key_alg *alg, struct cs_writer *priv, struct cs_writer *pub);
	enum cs_err (*import)(const struct key_alg *alg, struct cs_view parts, struct cs_writer *priv,
			      struct cs_writer *pub);
	/* Parses a private blob; NULL if it is not one, or libcrypto fails. */
	EVP_PKEY *(*load)(const struct key_alg *alg, struct cs_view priv);
	enum cs_err (*sign)(const struct key_alg *alg, struct key_cache_slot *slot, struct cs_view in,
			    struct cs_writer *out);
	enum cs_err (*sign_mu)(const struct key_alg *alg, struct key_cache_slot *slot, struct cs_view mu,
			       struct cs_writer *out);
	enum cs_err (*agree)(const struct key_alg *alg, struct key_cache_slot *slot, struct cs_view peer,
			     struct cs_writer *out);
	enum cs_err (*decapsulate)(const struct key_alg *alg, struct key_cache_slot *slot, struct cs_view in,
				   struct cs_writer *out);
};

extern const struct key_kind key_kind_rsa;
extern const struct key_kind key_kind_ec;
extern const struct key_kind key_kind_sm2;
extern const struct key_kind key_kind_ed25519;
extern const struct key_kind key_kind_x25519;
extern const struct key_kind key_kind_mldsa;
extern const struct key_kind key_kind_mlkem;

/* Finds out which algorithms this libcrypto has. */
void key_algs_probe(struct crypto_openssl *port);
/* NULL for an algorithm that this port does not have. */
const struct key_alg *key_alg_find(const struct crypto_openssl *port, enum piv_alg alg);

enum cs_err crypto_openssl_key_generate(void *ctx, enum piv_alg alg, struct cs_writer *priv,
					struct cs_writer *pub);
enum cs_err crypto_openssl_key_import(void *ctx, enum piv_alg alg, struct cs_view parts,
				      struct cs_writer *priv, struct cs_writer *pub);
enum cs_err crypto_openssl_key_sign(void *ctx, enum piv_alg alg, struct cs_view priv, struct cs_view in,
				    struct cs_writer *out);
enum cs_err crypto_openssl_key_sign_mu(void *ctx, enum piv_alg alg, struct cs_view priv, struct cs_view mu,
				       struct cs_writer *out);
enum cs_err crypto_openssl_key_agree(void *ctx, enum piv_alg alg, struct cs_view priv, struct cs_view peer,
				     struct cs_writer *out);
enum cs_err crypto_openssl_key_decapsulate(void *ctx, enum piv_alg alg, struct cs_view priv,
					   struct cs_view ciphertext, struct cs_writer *out);
enum cs_err crypto_openssl_sm2_digest(void *ctx, struct cs_view point, struct cs_view msg,
				      uint8_t e[PIV_SM2_DIGEST_LEN]);

/* The slot that holds this key, parsed now if it was not there. NULL where the blob is not a key. */
struct key_cache_slot *key_cache_get(struct crypto_openssl *port, const struct key_alg *alg,
				     struct cs_view priv);
void key_cache_clear(struct crypto_openssl *port);
/* The slot's context for the operation that init begins; NULL where libcrypto fails. */
EVP_PKEY_CTX *key_context(struct key_cache_slot *slot, int (*init)(EVP_PKEY_CTX *));

/* Shared by the families whose private key is one secret of fixed length (Ed25519, X25519, ML-DSA, ML-KEM). */
enum cs_err key_secret_generate(const struct key_alg *alg, struct cs_writer *priv, struct cs_writer *pub);
enum cs_err key_secret_import(const struct key_alg *alg, struct cs_view parts, struct cs_writer *priv,
			      struct cs_writer *pub);
/* The secret in a blob, borrowed; empty where it is not one of this algorithm. */
struct cs_view key_secret(const struct key_alg *alg, struct cs_view priv);
/* Signs the message with a family that has no digest of its own; params may be NULL. */
enum cs_err key_sign_message(EVP_PKEY *key, const OSSL_PARAM *params, struct cs_view message,
			     struct cs_writer *out);

/* Shared by EC and SM2: points travel uncompressed (SEC 1, 2.3.3). */
enum cs_err key_ec_generate(const struct key_alg *alg, struct cs_writer *priv, struct cs_writer *pub);
enum cs_err key_ec_import(const struct key_alg *alg, struct cs_view parts, struct cs_writer *priv,
			  struct cs_writer *pub);
EVP_PKEY *key_ec_load(const struct key_alg *alg, struct cs_view priv);
/* Signs what in is, with no digest named; in has been looked at. */
enum cs_err key_ec_sign(const struct key_alg *alg, struct key_cache_slot *slot, struct cs_view in,
			struct cs_writer *out);

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
