/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Attestation certificates. The extensions are the reference token's (1.3.6.1.4.1.41482.3.x), since software
 * reads them: .3 firmware version, 3 bytes; .7 serial number, INTEGER; .8 PIN and touch policy, 2 bytes.
 */
#include "applet/piv_attestation.h"

#include <string.h>

#include "applet/device.h"
#include "applet/piv_commands.h"
#include "applet/piv_key.h"
#include "applet/piv_object.h"
#include "applet/records.h"
#include "applet/x509.h"
#include "base/encoding.h"
#include "base/secret.h"

#define CERTIFICATE_MAX 1024u /* of the self-signed certificate in 5FFF01, as the card makes it */
#define ISSUER_MAX	4096u /* of any certificate in 5FFF01 */
#define RSA_MAX		512u  /* bytes of a modulus */
#define SERIAL_LEN	16u   /* of certificates: random */

static const uint8_t oid_firmware[] = {0x2B, 0x06, 0x01, 0x04, 0x01, 0x82, 0xC4, 0x0A, 0x03, 0x03};
static const uint8_t oid_serial[] = {0x2B, 0x06, 0x01, 0x04, 0x01, 0x82, 0xC4, 0x0A, 0x03, 0x07};
static const uint8_t oid_policy[] = {0x2B, 0x06, 0x01, 0x04, 0x01, 0x82, 0xC4, 0x0A, 0x03, 0x08};
static const uint8_t oid_basic_constraints[] = {0x55, 0x1D, 0x13};

/* What a certificate is to say, and who signs it. */
struct statement {
	struct cs_view issuer, validity; /* DER */
	struct cs_view common_name;
	const struct piv_key *subject; /* algorithm and pub */
	bool authority;		       /* may issue certificates: the card's own; else an attestation */
};

/* ---- the parts ---- */

static void write_spki(struct cs_writer *w, const struct piv_algorithm *alg, struct cs_view pub)
{
	size_t all = cs_tlv_begin(w, DER_SEQUENCE), bits, key;
	struct cs_view modulus = CS_VIEW_EMPTY, exponent = CS_VIEW_EMPTY, point = CS_VIEW_EMPTY;
	bool ok;

	cs_write_view(w, alg->spki);
	bits = cs_tlv_begin(w, DER_BIT_STRING);
	cs_write_u8(w, 0); /* unused bits */
	if (alg->family == PIV_FAMILY_RSA) {
		ok = cs_tlv_find(pub, PIV_TAG_RSA_MODULUS, &modulus) == CS_OK &&
		     cs_tlv_find(pub, PIV_TAG_RSA_EXPONENT, &exponent) == CS_OK;
		key = cs_tlv_begin(w, DER_SEQUENCE);
		der_write_unsigned(w, modulus);
		der_write_unsigned(w, exponent);
		cs_tlv_end(w, key);
	} else {
		ok = cs_tlv_find(pub, PIV_TAG_EC_POINT, &point) == CS_OK;
		cs_write_view(w, point);
	}
	if (!ok)
		cs_writer_fail(w);
	cs_tlv_end(w, bits);
	cs_tlv_end(w, all);
}

/* From the beginning of 2025 to the end of time (RFC 5280, 4.1.2.5). */
static void write_validity(struct cs_writer *w)
{
	size_t mark = cs_tlv_begin(w, DER_SEQUENCE);

	cs_tlv_write(w, DER_UTC_TIME, CS_VIEW_TEXT("250101000000Z"));
	cs_tlv_write(w, DER_GENERALIZED_TIME, CS_VIEW_TEXT("99991231235959Z"));
	cs_tlv_end(w, mark);
}

static void write_serial_extension(struct cs_writer *w, uint32_t serial)
{
	uint8_t bytes[4], der[8];
	struct cs_writer number = CS_WRITER_OF(bytes), value = CS_WRITER_OF(der);

	cs_write_u32(&number, serial);
	der_write_unsigned(&value, CS_VIEW_OF(bytes));
	x509_write_extension(w, CS_VIEW_OF(oid_serial), false, cs_writer_view(&value));
}

static void write_extensions(struct cs_writer *w, const struct card *card, const struct statement *s)
{
	/* BasicConstraints: cA TRUE, pathLenConstraint 0 */
	static const uint8_t authority[] = {0x30, 0x06, 0x01, 0x01, 0xFF, 0x02, 0x01, 0x00};
	static const uint8_t version[] = DEVICE_VERSION;
	const uint8_t policy[2] = {s->subject->pin_policy, s->subject->touch_policy};
	size_t tagged = cs_tlv_begin(w, X509_TAG_EXTENSIONS), all = cs_tlv_begin(w, DER_SEQUENCE);

	if (s->authority)
		x509_write_extension(w, CS_VIEW_OF(oid_basic_constraints), true, CS_VIEW_OF(authority));
	x509_write_extension(w, CS_VIEW_OF(oid_firmware), false, CS_VIEW_OF(version));
	write_serial_extension(w, card->ports.platform->serial);
	if (!s->authority)
		x509_write_extension(w, CS_VIEW_OF(oid_policy), false, CS_VIEW_OF(policy));
	cs_tlv_end(w, all);
	cs_tlv_end(w, tagged);
}

static enum cs_err write_tbs(struct cs_writer *w, const struct card *card, const struct statement *s,
			     const struct piv_algorithm *signer)
{
	const struct crypto *crypto = card->ports.crypto;
	const struct piv_algorithm *alg = piv_algorithm_find(card, s->subject->algorithm);
	size_t tbs = cs_tlv_begin(w, DER_SEQUENCE), version;
	uint8_t number[SERIAL_LEN];
	enum cs_err err = crypto->random(crypto->ctx, number, sizeof(number));

	if (err || !alg)
		return err ? err : CS_ERR_STATE;
	number[0] = (number[0] & 0x7F) | 0x40; /* positive, and of full length */
	version = cs_tlv_begin(w, X509_TAG_VERSION);
	cs_tlv_write_u8(w, DER_INTEGER, 2); /* v3 */
	cs_tlv_end(w, version);
	der_write_unsigned(w, CS_VIEW_OF(number));
	cs_write_view(w, signer->signer);
	cs_write_view(w, s->issuer);
	cs_write_view(w, s->validity);
	x509_write_name(w, s->common_name);
	write_spki(w, alg, s->subject->pub);
	write_extensions(w, card, s);
	cs_tlv_end(w, tbs);
	return cs_writer_done(w);
}

/* ---- signing ---- */

/* EMSA-PKCS1-v1_5 with SHA-256 (RFC 8017, 9.2). */
static void pad_pkcs1(const uint8_t *digest, uint8_t *block, size_t len)
{
	static const uint8_t info[] = {0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
				       0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};
	struct cs_writer w = cs_writer_of(block, len);

	cs_write_u8(&w, 0);
	cs_write_u8(&w, 1);
	cs_write_fill(&w, 0xFF, len - 3 - sizeof(info) - 32);
	cs_write_u8(&w, 0);
	cs_write_view(&w, CS_VIEW_OF(info));
	cs_write_view(&w, cs_view(digest, 32));
}

static enum cs_err write_signature(struct cs_writer *w, const struct card *card, struct cs_view tbs,
				   const struct piv_algorithm *alg, struct cs_view priv)
{
	const struct crypto *crypto = card->ports.crypto;
	uint8_t digest[CS_HASH_MAX], block[RSA_MAX];
	struct cs_view in = cs_view(digest, cs_hash_size(alg->hash));
	enum cs_err err = crypto->digest(crypto->ctx, alg->hash, tbs, digest);
	size_t mark;

	if (err)
		return err;
	if (alg->family == PIV_FAMILY_RSA) {
		pad_pkcs1(digest, block, alg->size);
		in = cs_view(block, alg->size);
	}
	cs_write_view(w, alg->signer);
	mark = cs_tlv_begin(w, DER_BIT_STRING);
	cs_write_u8(w, 0);
	err = crypto->key_sign(crypto->ctx, alg->id, priv, in, w);
	cs_tlv_end(w, mark);
	return err;
}

static enum cs_err write_certificate(struct cs_writer *w, const struct card *card, const struct statement *s,
				     const struct piv_key *signer)
{
	const struct piv_algorithm *alg = piv_algorithm_find(card, signer->algorithm);
	size_t all = cs_tlv_begin(w, DER_SEQUENCE), start = w->len;
	struct cs_view tbs;
	enum cs_err err;

	if (!alg)
		return CS_ERR_STATE;
	err = write_tbs(w, card, s, alg);
	if (err)
		return err;
	tbs = cs_writer_view(w);
	err = write_signature(w, card, cs_view(tbs.ptr + start, tbs.len - start), alg, signer->priv);
	cs_tlv_end(w, all);
	return err ? err : cs_writer_done(w);
}

/* ---- the card's own key ---- */

static enum cs_err self_sign(struct card *card, const struct piv_key *key, struct cs_writer *w)
{
	static const char prefix[] = "Countersign PIV Attestation ";
	char name[sizeof(prefix) + 8];
	uint8_t serial[4], issuer[64], validity[48];
	struct cs_writer number = CS_WRITER_OF(serial), i = CS_WRITER_OF(issuer), v = CS_WRITER_OF(validity);
	struct statement s = {.subject = key, .authority = true};

	cs_write_u32(&number, card->ports.platform->serial);
	memcpy(name, prefix, sizeof(prefix));
	cs_hex_encode(CS_VIEW_OF(serial), name + sizeof(prefix) - 1);
	s.common_name = cs_view_string(name);
	x509_write_name(&i, s.common_name);
	write_validity(&v);
	s.issuer = cs_writer_view(&i);
	s.validity = cs_writer_view(&v);
	return write_certificate(w, card, &s, key);
}

/* The contents of object 5FFF01. */
static enum cs_err wrap_self_signed(struct card *card, const struct piv_key *key, struct cs_writer *w)
{
	size_t mark = cs_tlv_begin(w, PIV_TAG_CERT);
	enum cs_err err = self_sign(card, key, w);

	cs_tlv_end(w, mark);
	cs_tlv_write_u8(w, PIV_TAG_CERT_INFO, 0);
	cs_tlv_write(w, PIV_TAG_ERROR_DETECTION, CS_VIEW_EMPTY);
	return err ? err : cs_writer_done(w);
}

enum cs_err piv_attestation_make(struct card *card)
{
	const struct crypto *crypto = card->ports.crypto;
	uint8_t priv_bytes[CRYPTO_PRIVATE_MAX], pub_bytes[CRYPTO_PUBLIC_MAX], certificate[CERTIFICATE_MAX];
	struct cs_writer priv = CS_WRITER_OF(priv_bytes), pub = CS_WRITER_OF(pub_bytes);
	struct cs_writer w = CS_WRITER_OF(certificate);
	struct store_change changes[2] = {{.id = RECORD_ATTESTATION_CERT}};
	struct piv_key key = {.algorithm = PIV_ALG_P256,
			      .origin = PIV_ORIGIN_GENERATED,
			      .pin_policy = PIV_PIN_NEVER,
			      .touch_policy = PIV_TOUCH_NEVER};
	enum cs_err err = crypto->key_generate(crypto->ctx, PIV_ALG_P256, &priv, &pub);

	if (!err) {
		key.priv = cs_writer_view(&priv);
		key.pub = cs_writer_view(&pub);
		err = wrap_self_signed(card, &key, &w);
	}
	if (!err) {
		changes[0].value = cs_writer_view(&w);
		err = piv_key_change(card, PIV_SLOT_ATTESTATION, &key, &changes[1]);
	}
	if (!err)
		err = store_apply(&card->store, changes, 2);
	cs_wipe(priv_bytes, sizeof(priv_bytes));
	cs_wipe(card->work, sizeof(card->work));
	return err;
}

/* ---- ATTEST ---- */

/* Issuer and validity come from the certificate in 5FFF01, whoever made it. */
static enum cs_err issuer_load(struct card *card, uint8_t buf[ISSUER_MAX], struct x509_fields *fields)
{
	struct cs_writer w = cs_writer_of(buf, ISSUER_MAX);
	struct cs_view certificate;
	enum cs_err err = store_get(&card->store, RECORD_ATTESTATION_CERT, &w);

	if (!err)
		err = piv_object_certificate(cs_writer_view(&w), &certificate);
	if (!err)
		err = x509_read(certificate, fields);
	return err == CS_ERR_IO || err == CS_ERR_CORRUPT ? err : err ? CS_ERR_STATE : CS_OK;
}

/* P1: the slot. Only a key that never was elsewhere can be attested. */
enum cs_err piv_attest(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
		       struct cs_writer *out)
{
	static const char prefix[] = "Countersign PIV Attestation of slot ";
	char name[sizeof(prefix) + 2];
	uint8_t pub[CRYPTO_PUBLIC_MAX], issuer[ISSUER_MAX];
	struct cs_writer copy = CS_WRITER_OF(pub);
	struct x509_fields fields;
	struct piv_key subject, signer;
	struct statement s = {.subject = &subject};
	enum cs_err err = piv_key_load(card, cmd->p1, &subject);

	(void)channel;
	if (err)
		return err;
	if (subject.origin != PIV_ORIGIN_GENERATED)
		return CS_ERR_STATE;
	cs_write_view(&copy, subject.pub);
	subject.pub = cs_writer_view(&copy);
	subject.priv = CS_VIEW_EMPTY;
	err = issuer_load(card, issuer, &fields);
	if (!err)
		err = piv_key_load(card, PIV_SLOT_ATTESTATION, &signer);
	if (err)
		return err == CS_ERR_NOT_FOUND ? CS_ERR_STATE : err;
	memcpy(name, prefix, sizeof(prefix));
	cs_hex_encode(cs_view(&cmd->p1, 1), name + sizeof(prefix) - 1);
	s.issuer = fields.subject;
	s.validity = fields.validity;
	s.common_name = cs_view_string(name);
	return write_certificate(out, card, &s, &signer);
}
