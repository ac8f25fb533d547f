/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The secure messaging key and its card verifiable certificate (SP 800-73-5 part 2, 4.1.5), which the
 * attestation key signs, so that a card can do secure messaging as soon as it has the key.
 */
#include <string.h>

#include "applet/content.h"
#include "applet/piv_key.h"
#include "applet/piv_object.h"
#include "applet/piv_sm.h"
#include "applet/records.h"
#include "base/secret.h"

#define CVC_TAG		  0x7F21u
#define CVC_TAG_PROFILE	  0x5F29u
#define CVC_TAG_ISSUER	  0x42u
#define CVC_TAG_SUBJECT	  0x5F20u
#define CVC_TAG_ROLE	  0x5F4Cu
#define CVC_TAG_SIGNATURE 0x5F37u
#define CVC_PROFILE	  0x80u
#define CVC_ROLE_CARD	  0x00u
#define TAG_OID		  0x06u
#define TAG_SEQUENCE	  0x30u
#define TAG_BIT_STRING	  0x03u
#define TAG_CHUID_GUID	  0x34u
#define ISSUER_LEN	  8u
#define GUID_LEN	  16u
#define SIGNATURE_MAX	  120u
#define KEY_RECORD_MAX	  320u

/* The subject is the card: the CHUID's GUID, zeros where there is none. */
static enum cs_err subject_write(struct card *card, struct cs_writer *w)
{
	uint8_t chuid[PIV_CHUID_MAX], guid[GUID_LEN] = {0};
	struct cs_writer in = CS_WRITER_OF(chuid);
	struct cs_view value = CS_VIEW_EMPTY;
	enum cs_err err = store_get(&card->store, piv_object_record(PIV_OBJ_CHUID), &in);

	if (err && err != CS_ERR_NOT_FOUND && err != CS_ERR_NO_SPACE)
		return err;
	if (!err && cs_tlv_find(cs_writer_view(&in), TAG_CHUID_GUID, &value) == CS_OK &&
	    value.len == GUID_LEN)
		memcpy(guid, value.ptr, GUID_LEN);
	cs_tlv_write(w, CVC_TAG_SUBJECT, CS_VIEW_OF(guid));
	return CS_OK;
}

/* The issuer is the attestation key: as the certificates' key identifiers, SHA-1 of its point. */
static enum cs_err issuer_write(const struct crypto *crypto, const struct piv_key *signer,
				struct cs_writer *w)
{
	struct cs_view point = CS_VIEW_EMPTY;
	uint8_t hash[CS_HASH_MAX];
	enum cs_err err = cs_tlv_find(signer->pub, PIV_TAG_EC_POINT, &point);

	if (!err)
		err = crypto->digest(crypto->ctx, CS_SHA1, point, hash);
	if (!err)
		cs_tlv_write(w, CVC_TAG_ISSUER, cs_view(hash, ISSUER_LEN));
	return err ? CS_ERR_STATE : CS_OK;
}

/* What is signed. */
static enum cs_err body_write(struct card *card, const struct piv_sm_suite *suite,
			      const struct piv_key *signer, struct cs_view point, struct cs_writer *w)
{
	size_t mark;
	enum cs_err err;

	cs_tlv_write_u8(w, CVC_TAG_PROFILE, CVC_PROFILE);
	err = issuer_write(card->ports.crypto, signer, w);
	if (!err)
		err = subject_write(card, w);
	if (err)
		return err;
	mark = cs_tlv_begin(w, PIV_TAG_PUBLIC_KEY);
	cs_tlv_write(w, TAG_OID, suite->curve_oid);
	cs_tlv_write(w, PIV_TAG_EC_POINT, point);
	cs_tlv_end(w, mark);
	cs_tlv_write_u8(w, CVC_TAG_ROLE, CVC_ROLE_CARD);
	return cs_writer_done(w);
}

static void signature_write(const struct piv_sm_suite *suite, struct cs_view signature, struct cs_writer *w)
{
	size_t object = cs_tlv_begin(w, CVC_TAG_SIGNATURE), all = cs_tlv_begin(w, TAG_SEQUENCE),
	       algorithm = cs_tlv_begin(w, TAG_SEQUENCE), bits;

	cs_tlv_write(w, TAG_OID, suite->signature_oid);
	cs_tlv_end(w, algorithm);
	bits = cs_tlv_begin(w, TAG_BIT_STRING);
	cs_write_u8(w, 0);
	cs_write_view(w, signature);
	cs_tlv_end(w, bits);
	cs_tlv_end(w, all);
	cs_tlv_end(w, object);
}

static enum cs_err certificate_make(struct card *card, const struct piv_sm_suite *suite, struct cs_view point,
				    struct cs_writer *w)
{
	const struct crypto *crypto = card->ports.crypto;
	uint8_t body[PIV_SM_CVC_MAX], hash[CS_HASH_MAX], signature[SIGNATURE_MAX];
	struct cs_writer b = CS_WRITER_OF(body), s = CS_WRITER_OF(signature);
	struct piv_key signer;
	size_t mark;
	enum cs_err err = piv_key_load(card, PIV_SLOT_ATTESTATION, &signer);

	if (err || (signer.algorithm != PIV_ALG_P256 && signer.algorithm != PIV_ALG_P384))
		return CS_ERR_STATE;
	err = body_write(card, suite, &signer, point, &b);
	if (!err)
		err = crypto->digest(crypto->ctx, suite->hash, cs_writer_view(&b), hash);
	if (!err)
		err = crypto->key_sign(crypto->ctx, (enum piv_alg)signer.algorithm, signer.priv,
				       cs_view(hash, cs_hash_size(suite->hash)), &s);
	if (err)
		return err;
	mark = cs_tlv_begin(w, CVC_TAG);
	cs_write_view(w, cs_writer_view(&b));
	signature_write(suite, cs_writer_view(&s), w);
	cs_tlv_end(w, mark);
	return cs_writer_done(w);
}

/* Key, certificate, and the signer's, in one. */
static enum cs_err key_store(struct card *card, struct cs_view record, struct cs_view cvc)
{
	struct cs_writer w = CS_WRITER_OF(card->work);
	struct store_change changes[] = {
	    {.id = RECORD_PIV_SM_KEY, .value = record},
	    {.id = piv_object_record(PIV_OBJ_SM_CVC), .value = cvc},
	    {.id = piv_object_record(PIV_OBJ_SM_CERT_SIGNER)},
	};
	enum cs_err err = store_get(&card->store, RECORD_ATTESTATION_CERT, &w);

	if (err)
		return CS_ERR_STATE;
	changes[2].value = cs_writer_view(&w);
	piv_keys_forget(card);
	return content_apply(card, changes, 3);
}

static enum cs_err key_make(struct card *card, const struct piv_sm_suite *suite, struct cs_writer *record,
			    struct cs_writer *pub)
{
	const struct crypto *crypto = card->ports.crypto;
	uint8_t private[256];
	struct cs_writer priv = CS_WRITER_OF(private);
	enum cs_err err = crypto->key_generate(crypto->ctx, suite->curve, &priv, pub);

	if (!err)
		err = cs_writer_done(&priv);
	cs_write_u8(record, suite->id);
	cs_write_u16(record, (uint16_t)priv.len);
	cs_write_view(record, cs_writer_view(&priv));
	cs_write_view(record, cs_writer_view(pub));
	cs_wipe(private, sizeof(private));
	return err ? err : cs_writer_done(record);
}

enum cs_err piv_sm_generate(struct card *card, uint8_t suite_id, struct cs_writer *out)
{
	const struct piv_sm_suite *suite = piv_sm_suite_find(suite_id);
	uint8_t record[KEY_RECORD_MAX], public[128], cvc[PIV_SM_CVC_MAX];
	struct cs_writer r = CS_WRITER_OF(record), p = CS_WRITER_OF(public), c = CS_WRITER_OF(cvc);
	struct cs_view point = CS_VIEW_EMPTY;
	enum cs_err err = suite ? key_make(card, suite, &r, &p) : CS_ERR_MALFORMED;

	if (!err)
		err = cs_tlv_find(cs_writer_view(&p), PIV_TAG_EC_POINT, &point);
	if (!err)
		err = certificate_make(card, suite, point, &c);
	if (!err)
		err = key_store(card, cs_writer_view(&r), cs_writer_view(&c));
	if (!err)
		cs_tlv_write(out, PIV_TAG_PUBLIC_KEY, cs_writer_view(&p));
	cs_wipe(record, sizeof(record));
	return err;
}
