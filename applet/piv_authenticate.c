/* SPDX-License-Identifier: BSD-2-Clause
 *
 * GENERAL AUTHENTICATE (SP 800-73-5 part 2, 3.2.4): signs, decrypts, agrees with a slot's private key; key 9B
 * is piv_management.c's.
 */
#include "applet/piv_commands.h"

#include "applet/touch.h"
#include "applet/piv_key.h"
#include "applet/piv_management.h"

static enum cs_err template_read(struct cs_view data, struct piv_template *t)
{
	struct cs_reader outer = cs_reader_of(data), r;
	struct cs_tlv e;

	*t = (struct piv_template){0};
	r = cs_reader_of(cs_tlv_expect(&outer, PIV_TAG_AUTH_TEMPLATE));
	while (cs_tlv_read(&r, &e)) {
		switch (e.tag) {
		case PIV_TAG_AUTH_WITNESS:
			t->has_witness = true;
			t->witness = e.value;
			break;
		case PIV_TAG_AUTH_CHALLENGE:
			t->has_challenge = true;
			t->challenge = e.value;
			break;
		case PIV_TAG_AUTH_RESPONSE:
			t->has_response = true;
			t->response = e.value;
			break;
		case PIV_TAG_AUTH_EXPONENTIATION:
			t->has_exponentiation = true;
			t->exponentiation = e.value;
			break;
		default:
			cs_reader_fail(&r);
		}
	}
	return cs_reader_done(&outer) == CS_OK ? cs_reader_done(&r) : CS_ERR_MALFORMED;
}

/* RSA signatures and decryption are the same: a block as long as the modulus, to the power d. */
static enum cs_err key_use(struct card *card, const struct piv_algorithm *alg, const struct piv_key *key,
			   const struct piv_template *t, struct cs_writer *out)
{
	const struct crypto *crypto = card->ports.crypto;
	size_t outer = cs_tlv_begin(out, PIV_TAG_AUTH_TEMPLATE),
	       inner = cs_tlv_begin(out, PIV_TAG_AUTH_RESPONSE);
	enum cs_err err;

	if (t->has_exponentiation)
		err = crypto->key_agree(crypto->ctx, alg->id, key->priv, t->exponentiation, out);
	else
		err = crypto->key_sign(crypto->ctx, alg->id, key->priv, t->challenge, out);
	cs_tlv_end(out, inner);
	cs_tlv_end(out, outer);
	return err;
}

/* The host leaves 82 empty, to be filled in, and gives one input: 81, or 85 for a key agreement. */
static enum cs_err input_check(const struct piv_algorithm *alg, const struct piv_template *t)
{
	if (!t->has_response || t->response.len || t->has_witness ||
	    t->has_challenge == t->has_exponentiation)
		return CS_ERR_MALFORMED;
	if (alg->family == PIV_FAMILY_RSA)
		return t->has_challenge && t->challenge.len == alg->size ? CS_OK : CS_ERR_MALFORMED;
	if (t->has_exponentiation)
		return t->exponentiation.len == 2u * alg->size + 1u ? CS_OK : CS_ERR_MALFORMED;
	return t->challenge.len && t->challenge.len <= CS_HASH_MAX ? CS_OK : CS_ERR_MALFORMED;
}

static enum cs_err key_authenticate(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
				    const struct piv_template *t, struct cs_writer *out)
{
	const struct piv_algorithm *alg = piv_algorithm_find(card, cmd->p1);
	struct piv_key key;
	enum cs_err err;

	if (cmd->p2 == PIV_SLOT_ATTESTATION)
		return CS_ERR_ARG; /* it signs attestations, nothing else */
	if (card->lifecycle == CSGN_LOCKED)
		return CS_ERR_STATE;
	err = piv_key_load(card, cmd->p2, &key);
	if (err)
		return err;
	if (!alg || alg->id != key.algorithm)
		return CS_ERR_ARG;
	err = piv_key_permit(channel, &key);
	if (!err)
		err = input_check(alg, t);
	if (!err)
		err = touch_require(card, channel, (enum piv_touch_policy)key.touch_policy,
				    "use a private key");
	return err ? err : key_use(card, alg, &key, t, out);
}

enum cs_err piv_authenticate(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
			     struct cs_writer *out)
{
	struct piv_template t;
	enum cs_err err = template_read(cmd->data, &t);

	if (err)
		return err;
	if (cmd->p2 == PIV_SLOT_MANAGEMENT)
		return piv_management_authenticate(card, channel, cmd->p1, &t, out);
	return key_authenticate(card, channel, cmd, &t, out);
}
