/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The parts of the card's certificates, and their signature. The extensions are the reference token's
 * (1.3.6.1.4.1.41482.3.x), since software reads them: .3 firmware version, 3 bytes; .7 serial number,
 * INTEGER; .8 PIN and touch policy, 2 bytes.
 */
#include "applet/piv_certificate.h"

#include <string.h>

#include "applet/device.h"
#include "applet/piv_sign.h"
#include "applet/x509.h"

#define SERIAL_LEN 16u /* of certificates: random */

static const uint8_t oid_firmware[] = {0x2B, 0x06, 0x01, 0x04, 0x01, 0x82, 0xC4, 0x0A, 0x03, 0x03};
static const uint8_t oid_serial[] = {0x2B, 0x06, 0x01, 0x04, 0x01, 0x82, 0xC4, 0x0A, 0x03, 0x07};
static const uint8_t oid_policy[] = {0x2B, 0x06, 0x01, 0x04, 0x01, 0x82, 0xC4, 0x0A, 0x03, 0x08};

enum cs_err certificate_begin(struct certificate *c, struct card *card, struct cs_writer *w, uint8_t signer)
{
	const struct crypto *crypto = card->ports.crypto;
	uint8_t number[SERIAL_LEN];
	enum cs_err err = crypto->random(crypto->ctx, number, sizeof(number));
	size_t version;

	if (err)
		return err;
	*c = (struct certificate){.card = card, .w = w, .signer = piv_algorithm_find(card, signer)};
	if (!c->signer || !c->signer->signer.len)
		return CS_ERR_STATE;
	number[0] = (number[0] & 0x7F) | 0x40; /* positive, and of full length */
	c->outer = cs_tlv_begin(w, DER_SEQUENCE);
	c->start = w->len;
	c->tbs = cs_tlv_begin(w, DER_SEQUENCE);
	version = cs_tlv_begin(w, X509_TAG_VERSION);
	cs_tlv_write_u8(w, DER_INTEGER, 2); /* v3 */
	cs_tlv_end(w, version);
	der_write_unsigned(w, CS_VIEW_OF(number));
	cs_write_view(w, c->signer->signer);
	return CS_OK;
}

void certificate_validity(struct certificate *c)
{
	size_t mark = cs_tlv_begin(c->w, DER_SEQUENCE);

	cs_tlv_write(c->w, DER_UTC_TIME, CS_VIEW_TEXT("250101000000Z"));
	cs_tlv_write(c->w, DER_GENERALIZED_TIME, CS_VIEW_TEXT("99991231235959Z"));
	cs_tlv_end(c->w, mark);
}

/* ---- the key ---- */

/* What SubjectPublicKeyInfo's BIT STRING holds: RSAPublicKey, or the point or raw key itself. */
static void write_public(struct cs_writer *w, const struct piv_algorithm *alg, struct cs_view pub)
{
	struct cs_view modulus = CS_VIEW_EMPTY, exponent = CS_VIEW_EMPTY, point = CS_VIEW_EMPTY;
	size_t key;

	if (alg->family != PIV_FAMILY_RSA) {
		if (cs_tlv_find(pub, PIV_TAG_EC_POINT, &point) != CS_OK)
			cs_writer_fail(w);
		cs_write_view(w, point);
		return;
	}
	if (cs_tlv_find(pub, PIV_TAG_RSA_MODULUS, &modulus) != CS_OK ||
	    cs_tlv_find(pub, PIV_TAG_RSA_EXPONENT, &exponent) != CS_OK)
		cs_writer_fail(w);
	key = cs_tlv_begin(w, DER_SEQUENCE);
	der_write_unsigned(w, modulus);
	der_write_unsigned(w, exponent);
	cs_tlv_end(w, key);
}

void certificate_key(struct certificate *c, uint8_t algorithm, struct cs_view pub)
{
	const struct piv_algorithm *alg = piv_algorithm_find(c->card, algorithm);
	size_t all = cs_tlv_begin(c->w, DER_SEQUENCE), bits;

	if (!alg) {
		cs_writer_fail(c->w);
		return;
	}
	cs_write_view(c->w, alg->spki);
	bits = cs_tlv_begin(c->w, DER_BIT_STRING);
	cs_write_u8(c->w, 0); /* unused bits */
	write_public(c->w, alg, pub);
	cs_tlv_end(c->w, bits);
	cs_tlv_end(c->w, all);
}

enum cs_err certificate_key_id(const struct card *card, struct cs_view pub,
			       uint8_t id[CERTIFICATE_KEY_ID_LEN])
{
	const struct crypto *crypto = card->ports.crypto;
	uint8_t digest[CS_HASH_MAX];
	enum cs_err err = crypto->digest(crypto->ctx, CS_SHA256, pub, digest);

	if (!err)
		memcpy(id, digest, CERTIFICATE_KEY_ID_LEN);
	return err;
}

/* ---- extensions ---- */

void certificate_device(struct certificate *c)
{
	static const uint8_t version[] = DEVICE_VERSION;
	uint8_t bytes[4], der[8];
	struct cs_writer number = CS_WRITER_OF(bytes), value = CS_WRITER_OF(der);

	x509_write_extension(c->w, CS_VIEW_OF(oid_firmware), false, CS_VIEW_OF(version));
	cs_write_u32(&number, c->card->ports.platform->serial);
	der_write_unsigned(&value, CS_VIEW_OF(bytes));
	x509_write_extension(c->w, CS_VIEW_OF(oid_serial), false, cs_writer_view(&value));
}

void certificate_policy(struct certificate *c, uint8_t pin_policy, uint8_t touch_policy)
{
	const uint8_t policy[2] = {pin_policy, touch_policy};

	x509_write_extension(c->w, CS_VIEW_OF(oid_policy), false, CS_VIEW_OF(policy));
}

/* ---- signing ---- */

enum cs_err certificate_end(struct certificate *c, const struct piv_key *signer)
{
	struct cs_view all;
	size_t mark, end;
	enum cs_err err;

	cs_tlv_end(c->w, c->tbs);
	err = cs_writer_done(c->w);
	if (err)
		return err;
	end = c->w->len;
	cs_write_view(c->w, c->signer->signer);
	mark = cs_tlv_begin(c->w, DER_BIT_STRING);
	cs_write_u8(c->w, 0);
	all = cs_writer_view(c->w);
	err = all.len ? piv_sign_message(c->card, signer, cs_view(all.ptr + c->start, end - c->start), c->w)
		      : CS_ERR_NO_SPACE;
	cs_tlv_end(c->w, mark);
	cs_tlv_end(c->w, c->outer);
	return err ? err : cs_writer_done(c->w);
}
