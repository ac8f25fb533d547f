/* SPDX-License-Identifier: BSD-2-Clause
 *
 * New keys: GENERATE ASYMMETRIC KEY PAIR (SP 800-73-5 part 2, 3.3.2) and the reference token's IMPORT, MOVE
 * and DELETE.
 */
#include "applet/piv_commands.h"

#include <string.h>

#include "applet/attribute.h"
#include "applet/content.h"
#include "applet/piv_key.h"
#include "applet/piv_sm.h"

#define P1_DELETE 0xFFu

/* What a host that keeps attributes with keys says of the new one (A1), empty where it says nothing. The
 * attestation key has none. */
static enum cs_err attributes_read(const struct channel *channel, uint8_t slot, struct cs_view params,
				   struct cs_view *attributes)
{
	uint16_t flags = 0;
	enum cs_err err = cs_tlv_find(params, CSGN_TAG_ATTRIBUTES, attributes);

	if (err == CS_ERR_NOT_FOUND) {
		*attributes = CS_VIEW_EMPTY;
		return CS_OK;
	}
	if (!err && attribute_record(piv_key_record(slot)) == 0)
		err = CS_ERR_MALFORMED;
	if (!err)
		err = attribute_check(*attributes, &flags);
	return err ? err : attribute_permit_new(channel, flags);
}

/* Stores the key whose parts are in priv and pub, with its attributes: never the one without the other. */
static enum cs_err key_keep(struct card *card, const struct channel *channel, uint8_t slot,
			    const struct piv_key *key, struct cs_view attributes)
{
	struct store_change changes[2];
	size_t count = 1;
	enum cs_err err = piv_key_change(card, channel, slot, key, &changes[0]);

	/* What was said of the key that was there is not true of this one. */
	count += attribute_put(card, piv_key_record(slot), attributes, changes + 1);
	return err ? err : content_apply(card, changes, count);
}

/* The attestation key does nothing but sign certificates. */
static bool slot_takes(uint8_t slot, const struct piv_algorithm *alg)
{
	return slot != PIV_SLOT_ATTESTATION || alg->signer.len;
}

/* params are what AC brings. */
static enum cs_err generate_read(struct card *card, uint8_t slot, struct cs_view params, struct piv_key *key)
{
	const struct piv_algorithm *alg;
	struct cs_view algorithm;
	enum cs_err err = cs_tlv_find(params, PIV_TAG_ALGORITHM, &algorithm);

	if (err || algorithm.len != 1)
		return CS_ERR_MALFORMED;
	alg = piv_algorithm_find(card, algorithm.ptr[0]);
	if (!alg || !slot_takes(slot, alg))
		return CS_ERR_MALFORMED;
	key->algorithm = algorithm.ptr[0];
	key->origin = PIV_ORIGIN_GENERATED;
	return piv_key_policies(card, slot, params, key);
}

static enum cs_err generate_sm(struct card *card, struct cs_view params, enum cs_err err,
			       struct cs_writer *out)
{
	struct cs_view suite = CS_VIEW_EMPTY;

	if (err || cs_tlv_find(params, PIV_TAG_ALGORITHM, &suite) != CS_OK || suite.len != 1)
		return CS_ERR_MALFORMED;
	return piv_sm_generate(card, suite.ptr[0], out);
}

enum cs_err piv_generate(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
			 struct cs_writer *out)
{
	const struct crypto *crypto = card->ports.crypto;
	struct cs_writer priv, pub;
	struct cs_reader r = cs_reader_of(cmd->data);
	struct cs_view params = cs_tlv_expect(&r, PIV_TAG_GENERATE);
	struct cs_view attributes = CS_VIEW_EMPTY;
	struct piv_key key = {0};
	enum cs_err err;

	if (cmd->p2 == PIV_SLOT_SM)
		return generate_sm(card, params, cs_reader_done(&r), out);
	if (piv_key_record(cmd->p2) == 0)
		return CS_ERR_ARG;
	err = cs_reader_done(&r);
	if (!err)
		err = generate_read(card, cmd->p2, params, &key);
	if (!err)
		err = attributes_read(channel, cmd->p2, params, &attributes);
	if (err)
		return err;
	piv_key_begin(card, 0, &priv, &pub);
	err = crypto->key_generate(crypto->ctx, (enum piv_alg)key.algorithm, &priv, &pub);
	if (err)
		return err;
	key.priv = cs_writer_view(&priv);
	key.pub = cs_writer_view(&pub);
	cs_tlv_write(out, PIV_TAG_PUBLIC_KEY, key.pub);
	return key_keep(card, channel, cmd->p2, &key, attributes);
}

/* IMPORT's data are the key's elements, its policies and its attributes in any order: the port wants the
 * first of these alone. */
static enum cs_err import_split(struct cs_view data, struct cs_writer *parts)
{
	struct cs_reader r = cs_reader_of(data);
	struct cs_tlv t;

	while (cs_tlv_read(&r, &t)) {
		if (t.tag >= PIV_IMPORT_P && t.tag <= PIV_IMPORT_MLKEM)
			cs_tlv_write(parts, t.tag, t.value);
		else if (t.tag != PIV_TAG_PIN_POLICY && t.tag != PIV_TAG_TOUCH_POLICY &&
			 t.tag != CSGN_TAG_ATTRIBUTES)
			cs_reader_fail(&r);
	}
	if (cs_writer_done(parts) != CS_OK)
		return CS_ERR_MALFORMED;
	return cs_reader_done(&r);
}

/* The elements wait at the end of card->work, behind the room for the key that is made of them. */
static struct cs_view import_put_aside(struct card *card, struct cs_view parts)
{
	uint8_t *to = card->work + sizeof(card->work) - parts.len;

	if (parts.len)
		memmove(to, parts.ptr, parts.len);
	return cs_view(to, parts.len);
}

enum cs_err piv_import(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
		       struct cs_writer *out)
{
	const struct crypto *crypto = card->ports.crypto;
	const struct piv_algorithm *alg = piv_algorithm_find(card, cmd->p1);
	struct cs_writer priv, pub, split = cs_writer_of(card->work, CRYPTO_IMPORT_MAX);
	struct piv_key key = {.algorithm = cmd->p1, .origin = PIV_ORIGIN_IMPORTED};
	struct cs_view parts, attributes = CS_VIEW_EMPTY;
	enum cs_err err;

	(void)out;
	if (piv_key_record(cmd->p2) == 0 || !alg || !slot_takes(cmd->p2, alg))
		return CS_ERR_ARG;
	err = import_split(cmd->data, &split);
	if (!err)
		err = piv_key_policies(card, cmd->p2, cmd->data, &key);
	if (!err)
		err = attributes_read(channel, cmd->p2, cmd->data, &attributes);
	if (err)
		return err;
	parts = import_put_aside(card, cs_writer_view(&split));
	piv_key_begin(card, parts.len, &priv, &pub);
	err = crypto->key_import(crypto->ctx, alg->id, parts, &priv, &pub);
	if (err)
		return err;
	key.priv = cs_writer_view(&priv);
	key.pub = cs_writer_view(&pub);
	return key_keep(card, channel, cmd->p2, &key, attributes);
}

/* P1: where to (FF: nowhere, the key is deleted); P2: where from. A slot in use is not overwritten. */
enum cs_err piv_move_key(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
			 struct cs_writer *out)
{
	uint16_t to = piv_key_record(cmd->p1), from = piv_key_record(cmd->p2);
	struct store_change changes[4] = {{0}};
	uint8_t attributes[CSGN_ATTRIBUTES_MAX];
	size_t count = 1, moved;
	struct cs_writer all = CS_WRITER_OF(card->work);
	enum cs_err err;

	(void)channel;
	(void)out;
	if (from == 0 || (cmd->p1 != P1_DELETE && (to == 0 || to == from)))
		return CS_ERR_ARG;
	if (cmd->p1 != P1_DELETE && (cmd->p1 == PIV_SLOT_ATTESTATION || cmd->p2 == PIV_SLOT_ATTESTATION))
		return CS_ERR_ARG;
	if (!store_has(&card->store, from))
		return CS_ERR_NOT_FOUND;
	piv_keys_forget(card);
	changes[0] = (struct store_change){.id = from, .remove = true};
	if (cmd->p1 == P1_DELETE) {
		count += attribute_remove(card, from, changes + 1);
		return content_apply(card, changes, count);
	}
	if (store_has(&card->store, to))
		return CS_ERR_EXISTS;
	err = store_get(&card->store, from, &all);
	changes[count++] = (struct store_change){.id = to, .value = cs_writer_view(&all)};
	if (!err)
		err = attribute_move(card, from, to, attributes, changes + count, &moved);
	return err ? err : content_apply(card, changes, count + moved);
}
