/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The card's attestation chain, and ATTEST.
 *
 *   root (object 5FFF02) --signs once, its key is then gone--> F9's certificate (object 5FFF01) --ATTEST-->
 * keys
 */
#include "applet/piv_attestation.h"

#include <string.h>

#include "applet/piv_certificate.h"
#include "applet/piv_commands.h"
#include "applet/piv_object.h"
#include "applet/records.h"
#include "applet/x509.h"
#include "base/encoding.h"
#include "base/secret.h"

#define CERTIFICATE_MAX                                                                                      \
	640u /* of root and F9's certificate as the card makes them, with what the object adds */
#define EC_PRIVATE_MAX 112u /* parts of a P-256 key */
#define EC_PUBLIC_MAX  72u
#define NAME_MAX       48u

/* text, and the number in hexadecimal, as a common name in buf. */
static struct cs_view name_numbered(const char *text, struct cs_view number, char buf[NAME_MAX])
{
	size_t len = strlen(text);

	memcpy(buf, text, len);
	cs_hex_encode(number, buf + len);
	return cs_view_string(buf);
}

/* ---- the chain ---- */

/* A P-256 key of the chain, in storage of its own: two are at work together. */
struct chain_key {
	struct piv_key key;
	uint8_t priv[EC_PRIVATE_MAX], pub[EC_PUBLIC_MAX];
	uint8_t id[CERTIFICATE_KEY_ID_LEN];
};

static enum cs_err chain_key_make(struct card *card, struct chain_key *k)
{
	const struct crypto *crypto = card->ports.crypto;
	struct cs_writer priv = CS_WRITER_OF(k->priv), pub = CS_WRITER_OF(k->pub);
	enum cs_err err = crypto->key_generate(crypto->ctx, PIV_ALG_P256, &priv, &pub);

	if (err)
		return err;
	k->key = (struct piv_key){.algorithm = PIV_ALG_P256,
				  .origin = PIV_ORIGIN_GENERATED,
				  .pin_policy = PIV_PIN_NEVER,
				  .touch_policy = PIV_TOUCH_NEVER,
				  .priv = cs_writer_view(&priv),
				  .pub = cs_writer_view(&pub)};
	return certificate_key_id(card, k->key.pub, k->id);
}

/* A CA certificate for a key of the card, in the contents of an object. */
struct chain_link {
	const char *issuer_name, *name; /* the card's serial number is appended */
	const struct chain_key *issuer, *subject;
	uint8_t path_length;
};

static enum cs_err chain_certificate(struct card *card, const struct chain_link *link, struct cs_writer *w)
{
	uint8_t serial[4];
	char name[NAME_MAX];
	struct cs_writer number = CS_WRITER_OF(serial);
	size_t tagged, all, object = cs_tlv_begin(w, PIV_TAG_CERT);
	struct certificate c;
	enum cs_err err = certificate_begin(&c, card, w, link->issuer->key.algorithm);

	if (err)
		return err;
	cs_write_u32(&number, card->ports.platform->serial);
	x509_write_name(w, name_numbered(link->issuer_name, CS_VIEW_OF(serial), name));
	certificate_validity(&c);
	x509_write_name(w, name_numbered(link->name, CS_VIEW_OF(serial), name));
	certificate_key(&c, link->subject->key.algorithm, link->subject->key.pub);
	tagged = cs_tlv_begin(w, X509_TAG_EXTENSIONS);
	all = cs_tlv_begin(w, DER_SEQUENCE);
	x509_write_authority(w, link->path_length);
	x509_write_subject_key_id(w, CS_VIEW_OF(link->subject->id));
	x509_write_authority_key_id(w, CS_VIEW_OF(link->issuer->id));
	certificate_device(&c);
	cs_tlv_end(w, all);
	cs_tlv_end(w, tagged);
	err = certificate_end(&c, &link->issuer->key);
	cs_tlv_end(w, object);
	cs_tlv_write_u8(w, PIV_TAG_CERT_INFO, 0);
	cs_tlv_write(w, PIV_TAG_ERROR_DETECTION, CS_VIEW_EMPTY);
	return err ? err : cs_writer_done(w);
}

static enum cs_err chain_store(struct card *card, const struct chain_key *root, const struct chain_key *own)
{
	static const char root_name[] = "Countersign PIV Attestation Root ",
			  own_name[] = "Countersign PIV Attestation ";
	const struct chain_link links[2] = {{root_name, root_name, root, root, 1},
					    {root_name, own_name, root, own, 0}};
	uint8_t certificates[2][CERTIFICATE_MAX];
	struct store_change changes[3] = {{.id = RECORD_ATTESTATION_CHAIN}, {.id = RECORD_ATTESTATION_CERT}};
	enum cs_err err = CS_OK;

	for (size_t i = 0; i < 2 && !err; i++) {
		struct cs_writer w = CS_WRITER_OF(certificates[i]);

		err = chain_certificate(card, &links[i], &w);
		changes[i].value = cs_writer_view(&w);
	}
	if (!err)
		err = piv_key_change(card, NULL, PIV_SLOT_ATTESTATION, &own->key, &changes[2]);
	return err ? err : store_apply(&card->store, changes, 3);
}

enum cs_err piv_attestation_make(struct card *card)
{
	struct chain_key root, own;
	enum cs_err err = chain_key_make(card, &root);

	if (!err)
		err = chain_key_make(card, &own);
	if (!err)
		err = chain_store(card, &root, &own);
	piv_keys_forget(card);
	cs_wipe(&root, sizeof(root));
	cs_wipe(&own, sizeof(own));
	cs_wipe(card->work, sizeof(card->work));
	return err;
}

/* ---- ATTEST ---- */

/* Of the certificate that fills w from start on, subject and validity remain, in this order: as an issuer's.
 */
static enum cs_err issuer_keep(struct cs_writer *w, size_t start, const struct x509_fields *fields)
{
	size_t len = fields->subject.len + fields->validity.len;
	uint8_t *space = cs_write_space(w, len);

	if (!space)
		return CS_ERR_NO_SPACE;
	memcpy(space, fields->subject.ptr, fields->subject.len);
	memcpy(space + fields->subject.len, fields->validity.ptr, fields->validity.len);
	memmove(w->buf + start, space, len);
	cs_writer_cut(w, start + len);
	return CS_OK;
}

/* Appends subject and validity of the certificate in 5FFF01, whoever made it, and copies its key identifier
 * to id. */
static enum cs_err issuer_write(struct card *card, struct cs_writer *out, uint8_t id[X509_KEY_ID_MAX],
				size_t *id_len)
{
	size_t start = out->len;
	struct cs_view contents, certificate;
	struct x509_fields fields;
	enum cs_err err = store_get(&card->store, RECORD_ATTESTATION_CERT, out);

	if (err)
		return err == CS_ERR_NOT_FOUND ? CS_ERR_STATE : err;
	contents = cs_view(out->buf + start, out->len - start);
	if (piv_object_certificate(contents, &certificate) != CS_OK ||
	    x509_read(certificate, &fields) != CS_OK)
		return CS_ERR_STATE;
	*id_len = fields.key_id.len;
	if (fields.key_id.len)
		memcpy(id, fields.key_id.ptr, fields.key_id.len);
	return issuer_keep(out, start, &fields);
}

/* The key that is to be attested; only one that never was elsewhere can be. */
static enum cs_err subject_load(struct card *card, uint8_t slot, struct piv_key *key)
{
	enum cs_err err = piv_key_load(card, slot, key);

	if (err)
		return err;
	return key->origin == PIV_ORIGIN_GENERATED ? CS_OK : CS_ERR_STATE;
}

static enum cs_err signer_load(struct card *card, struct piv_key *key)
{
	enum cs_err err = piv_key_load(card, PIV_SLOT_ATTESTATION, key);

	return err == CS_ERR_NOT_FOUND ? CS_ERR_STATE : err;
}

static void extensions_write(struct certificate *c, const struct piv_key *subject, struct cs_view issuer_id)
{
	size_t tagged = cs_tlv_begin(c->w, X509_TAG_EXTENSIONS), all = cs_tlv_begin(c->w, DER_SEQUENCE);

	if (issuer_id.len)
		x509_write_authority_key_id(c->w, issuer_id);
	certificate_device(c);
	certificate_policy(c, subject->pin_policy, subject->touch_policy);
	cs_tlv_end(c->w, all);
	cs_tlv_end(c->w, tagged);
}

static enum cs_err attest_write(struct certificate *c, uint8_t slot)
{
	uint8_t id[X509_KEY_ID_MAX];
	char name[NAME_MAX];
	size_t id_len = 0;
	struct piv_key key;
	enum cs_err err = issuer_write(c->card, c->w, id, &id_len);

	if (err)
		return err;
	x509_write_name(c->w, name_numbered("Countersign PIV Attestation of slot ", cs_view(&slot, 1), name));
	err = subject_load(c->card, slot, &key);
	if (err)
		return err;
	certificate_key(c, key.algorithm, key.pub);
	extensions_write(c, &key, cs_view(id, id_len));
	err = signer_load(c->card, &key);
	return err ? err : certificate_end(c, &key);
}

/* P1: the slot. Each key is loaded when its turn comes: there is room for one. */
enum cs_err piv_attest(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
		       struct cs_writer *out)
{
	struct certificate c;
	struct piv_key key;
	enum cs_err err = subject_load(card, cmd->p1, &key);

	(void)channel;
	if (!err)
		err = signer_load(card, &key);
	if (!err)
		err = certificate_begin(&c, card, out, key.algorithm);
	return err ? err : attest_write(&c, cmd->p1);
}
