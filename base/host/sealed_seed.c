/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Sealed seeds with libcrypto: signature, certificate, key agreement, cipher.
 */
#include "base/host/sealed_seed.h"

#include <openssl/hmac.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "base/encoding.h"
#include "base/host/public_key.h"
#include "base/secret.h"

#define MARK_LEN   8u			   /* bytes of the ephemeral key's */
#define OID_SERIAL "1.3.6.1.4.1.41482.3.7" /* of the card, in the certificate of its attestation key */

/* ---- who made it ---- */

/* The digest that goes with a key, as cards choose it: NULL for those that take the message itself. */
static const EVP_MD *digest_of(EVP_PKEY *key)
{
	switch (EVP_PKEY_get_base_id(key)) {
	case EVP_PKEY_RSA:
		return EVP_sha256();
	case EVP_PKEY_EC:
		return EVP_PKEY_get_bits(key) > 384   ? EVP_sha512()
		       : EVP_PKEY_get_bits(key) > 256 ? EVP_sha384()
						      : EVP_sha256();
	default:
		return NULL;
	}
}

static enum cs_err verify_statement(const struct cs_sealed_seed *seed, EVP_PKEY *key)
{
	uint8_t message[CS_SEALED_SEED_LABEL_LEN + CS_SEALED_SEED_STATEMENT_MAX];
	struct cs_writer w = CS_WRITER_OF(message);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	cs_write_view(&w, cs_view(CS_SEALED_SEED_LABEL, CS_SEALED_SEED_LABEL_LEN));
	cs_write_view(&w, seed->statement);
	struct cs_view m = cs_writer_view(&w);
	bool good = ctx != NULL && cs_writer_done(&w) == CS_OK && cs_public_key_verifies(key) &&
		    EVP_DigestVerifyInit(ctx, NULL, digest_of(key), NULL, key) == 1 &&
		    EVP_DigestVerify(ctx, seed->signature.ptr, seed->signature.len, m.ptr, m.len) == 1;
	EVP_MD_CTX_free(ctx);
	return good ? CS_OK : CS_ERR_WRONG;
}

/* A certificate that an issuer made for the card may leave the serial number out; a wrong one is another
 * card's. */
static enum cs_err verify_serial(const struct cs_sealed_seed *seed, X509 *certificate)
{
	ASN1_OBJECT *oid = OBJ_txt2obj(OID_SERIAL, 1);
	int at = oid == NULL ? -1 : X509_get_ext_by_OBJ(certificate, oid, -1);
	enum cs_err err = oid == NULL ? CS_ERR_MEMORY : CS_OK;

	ASN1_OBJECT_free(oid);
	if (err || at < 0)
		return err;
	const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(X509_get_ext(certificate, at));
	const unsigned char *der = ASN1_STRING_get0_data(value);
	ASN1_INTEGER *number = d2i_ASN1_INTEGER(NULL, &der, ASN1_STRING_length(value));
	uint64_t serial = 0;
	bool same = number != NULL && ASN1_INTEGER_get_uint64(&serial, number) == 1 && serial == seed->serial;
	ASN1_INTEGER_free(number);
	return same ? CS_OK : CS_ERR_WRONG;
}

static X509 *certificate_of(struct cs_view der)
{
	const unsigned char *p = der.ptr;
	X509 *certificate = der.len == 0 ? NULL : d2i_X509(NULL, &p, (long)der.len);

	if (certificate != NULL && p != der.ptr + der.len) {
		X509_free(certificate);
		certificate = NULL;
	}
	return certificate;
}

static enum cs_err verify_anchor(X509 *certificate, struct cs_view der)
{
	X509 *anchor = certificate_of(der);
	if (anchor == NULL)
		return CS_ERR_MALFORMED;
	EVP_PKEY *key = X509_get0_pubkey(anchor);
	bool good = X509_cmp(certificate, anchor) == 0 ||
		    (cs_public_key_verifies(key) && X509_check_issued(anchor, certificate) == X509_V_OK &&
		     X509_verify(certificate, key) == 1);
	X509_free(anchor);
	return good ? CS_OK : CS_ERR_WRONG;
}

static enum cs_err verify_own(const struct cs_sealed_seed *seed, X509 *certificate)
{
	EVP_PKEY *key = certificate == NULL ? NULL : X509_get0_pubkey(certificate);
	enum cs_err err = key == NULL ? CS_ERR_MALFORMED : verify_statement(seed, key);

	/* Keys that the attestation key has attested have its word, too, but sign what their holder likes. */
	if (!err && X509_check_ca(certificate) != 1)
		err = CS_ERR_WRONG;
	return err ? err : verify_serial(seed, certificate);
}

enum cs_err cs_sealed_seed_verify(const struct cs_sealed_seed *seed, struct cs_view anchor)
{
	X509 *certificate = certificate_of(seed->certificate);
	enum cs_err err = verify_own(seed, certificate);

	if (!err)
		err = verify_anchor(certificate, anchor);
	X509_free(certificate);
	return err;
}

enum cs_err cs_sealed_seed_intact(const struct cs_sealed_seed *seed)
{
	X509 *certificate = certificate_of(seed->certificate);
	enum cs_err err = verify_own(seed, certificate);

	X509_free(certificate);
	return err;
}

/* ---- keys ---- */

enum cs_err cs_sealed_seed_server(EVP_PKEY *key, enum cs_sealed_seed_curve *curve, struct cs_writer *point)
{
	bool x25519 = EVP_PKEY_is_a(key, "X25519") == 1;
	char group[32] = "";
	unsigned char *encoded = NULL;

	if (!x25519 && (EVP_PKEY_get_group_name(key, group, sizeof group, NULL) != 1 ||
			strcmp(group, "prime256v1") != 0))
		return CS_ERR_UNSUPPORTED;
	size_t len = EVP_PKEY_get1_encoded_public_key(key, &encoded);
	enum cs_sealed_seed_curve found = x25519 ? CS_SEALED_SEED_X25519 : CS_SEALED_SEED_P256;
	bool fits = len == cs_sealed_seed_point_len(found);
	if (fits)
		cs_write_view(point, cs_view(encoded, len));
	OPENSSL_free(encoded);
	if (!fits)
		return CS_ERR_UNSUPPORTED;
	*curve = found;
	return cs_writer_done(point);
}

/* The ephemeral key, with the parameters of the server's. */
static EVP_PKEY *peer_of(const struct cs_sealed_seed *seed, EVP_PKEY *server)
{
	EVP_PKEY *peer = EVP_PKEY_new();

	if (peer != NULL &&
	    (EVP_PKEY_copy_parameters(peer, server) != 1 ||
	     EVP_PKEY_set1_encoded_public_key(peer, seed->ephemeral.ptr, seed->ephemeral.len) != 1)) {
		EVP_PKEY_free(peer);
		peer = NULL;
	}
	return peer;
}

static EVP_PKEY *peer_x25519(const struct cs_sealed_seed *seed)
{
	return EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, seed->ephemeral.ptr, seed->ephemeral.len);
}

static enum cs_err agree(const struct cs_sealed_seed *seed, EVP_PKEY *server, uint8_t *shared, size_t *len)
{
	EVP_PKEY *peer = seed->curve == CS_SEALED_SEED_X25519 ? peer_x25519(seed) : peer_of(seed, server);
	EVP_PKEY_CTX *ctx = peer == NULL ? NULL : EVP_PKEY_CTX_new(server, NULL);
	bool good = ctx != NULL && EVP_PKEY_derive_init(ctx) == 1 &&
		    EVP_PKEY_derive_set_peer(ctx, peer) == 1 && EVP_PKEY_derive(ctx, shared, len) == 1;

	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(peer);
	return good ? CS_OK : CS_ERR_WRONG;
}

/* ---- opening ---- */

static enum cs_err host_hmac(void *ctx, enum cs_hash hash, struct cs_view key, struct cs_view msg,
			     uint8_t *mac)
{
	(void)ctx;
	if (hash != CS_SHA256)
		return CS_ERR_UNSUPPORTED;
	return HMAC(EVP_sha256(), key.ptr, (int)key.len, msg.ptr, msg.len, mac, NULL) != NULL ? CS_OK
											      : CS_ERR_CRYPTO;
}

static enum cs_err gcm_open(const struct cs_sealed_seed *seed, const struct cs_sealed_seed_keys *keys,
			    uint8_t *plain)
{
	size_t len = seed->sealed.len - CS_SEALED_SEED_GCM_TAG_LEN;
	uint8_t tag[CS_SEALED_SEED_GCM_TAG_LEN];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0;

	memcpy(tag, seed->sealed.ptr + len, sizeof tag);
	bool good = ctx != NULL &&
		    EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, keys->key, keys->nonce) == 1 &&
		    EVP_DecryptUpdate(ctx, NULL, &n, seed->aad.ptr, (int)seed->aad.len) == 1 &&
		    EVP_DecryptUpdate(ctx, plain, &n, seed->sealed.ptr, (int)len) == 1 &&
		    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, sizeof tag, tag) == 1 &&
		    EVP_DecryptFinal_ex(ctx, plain + len, &n) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return good ? CS_OK : CS_ERR_WRONG;
}

/* Sealed to this key and no other? What is told in the clear is bound to the seal by the AAD. */
static enum cs_err check_server(const struct cs_sealed_seed *seed, EVP_PKEY *server)
{
	uint8_t bytes[CS_SEALED_SEED_POINT_MAX];
	struct cs_writer point = CS_WRITER_OF(bytes);
	enum cs_sealed_seed_curve curve;
	enum cs_err err = cs_sealed_seed_server(server, &curve, &point);

	if (err)
		return err;
	return curve == seed->curve && cs_view_equal(cs_writer_view(&point), seed->server) ? CS_OK
											   : CS_ERR_WRONG;
}

enum cs_err cs_sealed_seed_open(const struct cs_sealed_seed *seed, EVP_PKEY *server, struct cs_writer *out)
{
	static const struct cs_hmac hmac = {.fn = host_hmac};
	uint8_t shared[CS_SEALED_SEED_KEY_LEN], plain[YKOATH_KEY_MAX + CS_SEALED_SEED_GCM_TAG_LEN];
	size_t shared_len = sizeof shared;
	struct cs_sealed_seed_keys keys;
	enum cs_err err = check_server(seed, server);

	if (!err)
		err = agree(seed, server, shared, &shared_len);
	if (!err)
		err = cs_sealed_seed_derive(&hmac, seed, cs_view(shared, shared_len), &keys);
	if (!err)
		err = gcm_open(seed, &keys, plain);
	if (!err) {
		cs_write_view(out, cs_view(plain, seed->sealed.len - CS_SEALED_SEED_GCM_TAG_LEN));
		err = cs_writer_done(out);
	}
	cs_wipe(shared, sizeof shared);
	cs_wipe(&keys, sizeof keys);
	cs_wipe(plain, sizeof plain);
	return err;
}

/* ---- its number ---- */

void cs_sealed_seed_number(const struct cs_sealed_seed *seed, char out[CS_SEALED_SEED_NUMBER_SIZE])
{
	uint8_t bytes[4];
	struct cs_writer w = CS_WRITER_OF(bytes);

	cs_write_u32(&w, seed->serial);
	cs_hex_encode(CS_VIEW_OF(bytes), out);
	out[2 * sizeof(bytes)] = '-';
	cs_hex_encode(cs_view(seed->ephemeral.ptr + 1, MARK_LEN), out + 2 * sizeof(bytes) + 1);
}
