/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Requests and certificates that a card's key signs (card_key.h). libcrypto signs X.509 structures with keys
 * it holds only, so the few elements are written here.
 */
#include <openssl/asn1.h>
#include <openssl/rand.h>
#include <string.h>
#include <time.h>

#include "base/oath.h"
#include "base/tlv.h"
#include "tools/card_key.h"
#include "tools/card_sm2.h"

#define TAG_INTEGER  0x02u
#define TAG_BITS     0x03u
#define TAG_SEQUENCE 0x30u
#define TAG_0	     0xA0u
#define TAG_3	     0xA3u
#define SERIAL_LEN   16u

struct signature_row {
	enum piv_alg alg;      /* 0: RSA */
	enum cs_hash hash;     /* 0: the key takes the message itself, or (SM2) has a digest of its own */
	uint8_t algorithm[16]; /* AlgorithmIdentifier, DER */
	uint8_t algorithm_len;
};

#define NO_HASH (enum cs_hash)0
#define ML_DSA(last)                                                                                         \
	{                                                                                                    \
		0x30, 0x0B, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, (last)               \
	}

static const struct signature_row signature_rows[] = {
    /* sha256WithRSAEncryption (RFC 8017) */
    {(enum piv_alg)0,
     CS_SHA256,
     {0x30, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0B, 0x05, 0x00},
     15},
    /* ecdsa-with-SHA256, -SHA384, -SHA512 (RFC 5758) */
    {PIV_ALG_P256, CS_SHA256, {0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02}, 12},
    {PIV_ALG_P384, CS_SHA384, {0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x03}, 12},
    {PIV_ALG_P521, CS_SHA512, {0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x04}, 12},
    /* SM2-with-SM3 (GM/T 0006) */
    {PIV_ALG_SM2, NO_HASH, {0x30, 0x0A, 0x06, 0x08, 0x2A, 0x81, 0x1C, 0xCF, 0x55, 0x01, 0x83, 0x75}, 12},
    /* id-ml-dsa-44, -65, -87 (RFC 9881) */
    {PIV_ALG_MLDSA44, NO_HASH, ML_DSA(0x11), 13},
    {PIV_ALG_MLDSA65, NO_HASH, ML_DSA(0x12), 13},
    {PIV_ALG_MLDSA87, NO_HASH, ML_DSA(0x13), 13},
    /* id-Ed25519 (RFC 8410) */
    {PIV_ALG_ED25519, NO_HASH, {0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70}, 7},
};

static const struct signature_row *signature_find(enum piv_alg alg)
{
	for (size_t i = 0; i < sizeof signature_rows / sizeof signature_rows[0]; i++) {
		if (signature_rows[i].alg == alg || (signature_rows[i].alg == 0 && cc_piv_alg_is_rsa(alg)))
			return &signature_rows[i];
	}
	return NULL;
}

static struct cs_view algorithm_of(const struct signature_row *row)
{
	return cs_view(row->algorithm, row->algorithm_len);
}

/* EMSA-PKCS1-v1_5 (RFC 8017, 9.2) over a SHA-256 digest. */
static void rsa_encode(struct cs_writer *w, struct cs_view digest, size_t modulus_len)
{
	static const uint8_t info[] = {0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
				       0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};
	cs_write_u16(w, 0x0001);
	cs_write_fill(w, 0xFF, modulus_len - 3 - sizeof info - digest.len);
	cs_write_u8(w, 0x00);
	cs_write_view(w, CS_VIEW_OF(info));
	cs_write_view(w, digest);
}

static enum cs_err card_sign(struct cc_card *card, uint8_t slot, const struct cc_piv_public *key,
			     const struct signature_row *row, struct cs_view message, struct cs_writer *out)
{
	uint8_t digest[CS_HASH_MAX], block[CC_PIV_MODULUS_MAX];
	struct cs_writer w = CS_WRITER_OF(block);
	unsigned len = 0;

	if (key->alg == PIV_ALG_SM2) {
		enum cs_err e = card_sm2_digest(cs_view(key->point, key->point_len), message, digest);
		return e ? e
			 : cc_piv_private_op(card, slot, key->alg, cs_view(digest, PIV_SM2_DIGEST_LEN), out);
	}
	if (row->hash == 0)
		return cc_piv_private_op(card, slot, key->alg, message, out);
	const EVP_MD *md = row->hash == CS_SHA512   ? EVP_sha512()
			   : row->hash == CS_SHA384 ? EVP_sha384()
						    : EVP_sha256();
	if (EVP_Digest(message.ptr, message.len, digest, &len, md, NULL) != 1)
		return CS_ERR_CRYPTO;
	if (!cc_piv_alg_is_rsa(key->alg))
		return cc_piv_private_op(card, slot, key->alg, cs_view(digest, len), out);
	rsa_encode(&w, cs_view(digest, len), key->modulus_len);
	enum cs_err err = cs_writer_done(&w);
	return err ? err : cc_piv_private_op(card, slot, key->alg, cs_writer_view(&w), out);
}

enum cs_err card_key_sign(struct cc_card *card, uint8_t slot, const struct cc_piv_public *key,
			  struct cs_view message, struct cs_writer *out)
{
	const struct signature_row *row = signature_find(key->alg);

	return row != NULL ? card_sign(card, slot, key, row, message, out) : CS_ERR_UNSUPPORTED;
}

/* SEQUENCE { body, algorithm, BIT STRING signature }: the outside of requests and certificates alike. */
static enum cs_err sign_whole(struct cc_card *card, uint8_t slot, const struct cc_piv_public *key,
			      struct cs_view body, struct cs_writer *out)
{
	uint8_t signature[CC_PIV_RESULT_MAX];
	struct cs_writer s = CS_WRITER_OF(signature);
	const struct signature_row *row = signature_find(key->alg);

	if (row == NULL)
		return CS_ERR_UNSUPPORTED;
	enum cs_err err = card_sign(card, slot, key, row, body, &s);
	if (err)
		return err;
	size_t mark = cs_tlv_begin(out, TAG_SEQUENCE);
	cs_write_view(out, body);
	cs_write_view(out, algorithm_of(row));
	cs_tlv_write_header(out, TAG_BITS, 1 + cs_writer_view(&s).len);
	cs_write_u8(out, 0); /* unused bits */
	cs_write_view(out, cs_writer_view(&s));
	cs_tlv_end(out, mark);
	return cs_writer_done(out);
}

/* Appends what libcrypto encodes: len is its i2d's result, der what it allocated. */
static void write_der(struct cs_writer *w, uint8_t *der, int len)
{
	if (len > 0)
		cs_write_view(w, cs_view(der, (size_t)len));
	else
		cs_writer_fail(w);
	OPENSSL_free(der);
}

static void write_name(struct cs_writer *w, X509_NAME *name)
{
	uint8_t *der = NULL;
	int len = i2d_X509_NAME(name, &der);
	write_der(w, der, len);
}

static void write_public(struct cs_writer *w, const struct cc_piv_public *public)
{
	uint8_t *der = NULL;
	EVP_PKEY *key = card_key_public(public);
	int len = key != NULL ? i2d_PUBKEY(key, &der) : -1;
	EVP_PKEY_free(key);
	write_der(w, der, len);
}

enum cs_err card_key_request(struct cc_card *card, uint8_t slot, const struct cc_piv_public *key,
			     X509_NAME *subject, struct cs_writer *out)
{
	uint8_t body[CARD_KEY_DER_MAX / 2];
	struct cs_writer w = CS_WRITER_OF(body);

	size_t mark = cs_tlv_begin(&w, TAG_SEQUENCE);
	cs_tlv_write_u8(&w, TAG_INTEGER, 0); /* v1 */
	write_name(&w, subject);
	write_public(&w, key);
	cs_tlv_write(&w, TAG_0, CS_VIEW_EMPTY); /* no attributes */
	cs_tlv_end(&w, mark);
	enum cs_err err = cs_writer_done(&w);
	return err ? err : sign_whole(card, slot, key, cs_writer_view(&w), out);
}

/* UTCTime to 2049, GeneralizedTime from then on (RFC 5280, 4.1.2.5): libcrypto chooses. */
static void write_time(struct cs_writer *w, time_t base, unsigned days)
{
	uint8_t *der = NULL;
	ASN1_TIME *t = ASN1_TIME_adj(NULL, base, (int)days, 0);
	int len = t != NULL ? i2d_ASN1_TIME(t, &der) : -1;
	ASN1_STRING_free(t);
	write_der(w, der, len);
}

/* Positive, and without a leading zero byte. */
static void write_serial(struct cs_writer *w)
{
	uint8_t serial[SERIAL_LEN];
	if (RAND_bytes(serial, sizeof serial) != 1)
		cs_writer_fail(w);
	serial[0] = (uint8_t)((serial[0] & 0x3F) | 0x40);
	cs_tlv_write(w, TAG_INTEGER, CS_VIEW_OF(serial));
}

/* KeyUsage, critical: digitalSignature, nonRepudiation, and keyEncipherment (RSA) or keyAgreement (EC). */
static uint8_t key_usage(enum piv_alg alg)
{
	const struct cc_piv_algorithm *row = cc_piv_algorithm(alg);

	if (cc_piv_alg_is_rsa(alg))
		return 0xE0;
	return row != NULL && row->kind == CC_KIND_EC ? 0xC8 : 0xC0;
}

static void write_extensions(struct cs_writer *w, enum piv_alg alg)
{
	const uint8_t usage[] = {0x06, 0x03, 0x55, 0x1D, 0x0F, 0x01, 0x01,
				 0xFF, 0x04, 0x04, 0x03, 0x02, 0x03, key_usage(alg)};
	size_t outer = cs_tlv_begin(w, TAG_3), list = cs_tlv_begin(w, TAG_SEQUENCE);
	cs_tlv_write(w, TAG_SEQUENCE, CS_VIEW_OF(usage));
	cs_tlv_end(w, list);
	cs_tlv_end(w, outer);
}

enum cs_err card_key_self_signed(struct cc_card *card, uint8_t slot, const struct cc_piv_public *key,
				 X509_NAME *subject, unsigned days, struct cs_writer *out)
{
	uint8_t body[CARD_KEY_DER_MAX / 2];
	struct cs_writer w = CS_WRITER_OF(body);
	const struct signature_row *row = signature_find(key->alg);
	time_t now = time(NULL);

	if (row == NULL)
		return CS_ERR_UNSUPPORTED;
	size_t mark = cs_tlv_begin(&w, TAG_SEQUENCE);
	size_t version = cs_tlv_begin(&w, TAG_0);
	cs_tlv_write_u8(&w, TAG_INTEGER, 2); /* v3 */
	cs_tlv_end(&w, version);
	write_serial(&w);
	cs_write_view(&w, algorithm_of(row));
	write_name(&w, subject);
	size_t validity = cs_tlv_begin(&w, TAG_SEQUENCE);
	write_time(&w, now, 0);
	write_time(&w, now, days);
	cs_tlv_end(&w, validity);
	write_name(&w, subject);
	write_public(&w, key);
	write_extensions(&w, key->alg);
	cs_tlv_end(&w, mark);
	enum cs_err err = cs_writer_done(&w);
	return err ? err : sign_whole(card, slot, key, cs_writer_view(&w), out);
}

/* Takes one "KEY=VALUE" off *text, which stands behind its slash. */
static bool name_part(X509_NAME *name, const char **text)
{
	char key[32], value[256];
	size_t len = 0, key_len = strcspn(*text, "=/");

	if ((*text)[key_len] != '=' || key_len == 0 || key_len >= sizeof key)
		return false;
	memcpy(key, *text, key_len);
	key[key_len] = '\0';
	const char *p = *text + key_len + 1;
	for (; *p != '\0' && *p != '/'; p++) {
		if (p[0] == '\\' && p[1] != '\0')
			p++;
		if (len + 1 >= sizeof value)
			return false;
		value[len++] = *p;
	}
	*text = p;
	return len > 0 && X509_NAME_add_entry_by_txt(name, key, MBSTRING_UTF8, (const unsigned char *)value,
						     (int)len, -1, 0) == 1;
}

X509_NAME *card_key_name(const char *text)
{
	X509_NAME *name = X509_NAME_new();
	bool ok = name != NULL && *text == '/';
	while (ok && *text == '/') {
		text++;
		ok = name_part(name, &text);
	}
	if (ok)
		return name;
	X509_NAME_free(name);
	return NULL;
}
