/* SPDX-License-Identifier: BSD-2-Clause
 *
 * GENERAL AUTHENTICATE (SP 800-73-5 part 2, 3.2.4): signs, decrypts, agrees with a slot's private key; key 9B
 * is piv_management.c's.
 */
#include "applet/piv_commands.h"

#include "applet/touch.h"
#include "applet/piv_key.h"
#include "applet/piv_management.h"
#include "applet/piv_sm.h"

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
		case PIV_TAG_AUTH_MU:
			t->has_mu = true;
			t->mu = e.value;
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
	else if (t->has_mu)
		err = crypto->key_sign_mu(crypto->ctx, alg->id, key->priv, t->mu, out);
	else if (alg->family == PIV_FAMILY_MLKEM)
		err = crypto->key_decapsulate(crypto->ctx, alg->id, key->priv, t->challenge, out);
	else
		err = crypto->key_sign(crypto->ctx, alg->id, key->priv, t->challenge, out);
	cs_tlv_end(out, inner);
	cs_tlv_end(out, outer);
	return err;
}

static bool challenge_fits(const struct piv_algorithm *alg, size_t len)
{
	switch (alg->family) {
	case PIV_FAMILY_RSA:
	case PIV_FAMILY_SM2:
	case PIV_FAMILY_MLKEM:
		return len == alg->size;
	case PIV_FAMILY_EC:
		/* A digest; or what the order has room for, which of P-521 is longer than any. */
		return len > 0 && len <= (alg->size > CS_HASH_MAX ? alg->size : CS_HASH_MAX);
	case PIV_FAMILY_ED25519:
	case PIV_FAMILY_MLDSA:
		return true;
	default:
		return false;
	}
}

static bool exponentiation_fits(const struct piv_algorithm *alg, size_t len)
{
	if (alg->family == PIV_FAMILY_EC)
		return len == 2u * alg->size + 1u;
	return alg->family == PIV_FAMILY_X25519 && len == PIV_25519_LEN;
}

/* The host leaves 82 empty, to be filled in, and gives one input: 81; 85 for a key agreement; 86 for what
 * ML-DSA makes of a message. */
static enum cs_err input_check(const struct piv_algorithm *alg, const struct piv_template *t)
{
	unsigned inputs =
	    (t->has_challenge ? 1u : 0u) + (t->has_exponentiation ? 1u : 0u) + (t->has_mu ? 1u : 0u);
	bool fits;

	if (!t->has_response || t->response.len || t->has_witness || inputs != 1)
		return CS_ERR_MALFORMED;
	if (t->has_challenge)
		fits = challenge_fits(alg, t->challenge.len);
	else if (t->has_exponentiation)
		fits = exponentiation_fits(alg, t->exponentiation.len);
	else
		fits = alg->family == PIV_FAMILY_MLDSA && t->mu.len == PIV_MLDSA_MU_LEN;
	return fits ? CS_OK : CS_ERR_MALFORMED;
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
	if (!err)
		err = piv_key_open(card, channel, cmd->p2, &key);
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
		return t.has_mu ? CS_ERR_MALFORMED
				: piv_management_authenticate(card, channel, cmd->p1, &t, out);
	if (cmd->p2 == PIV_SLOT_SM)
		return t.has_mu ? CS_ERR_MALFORMED : piv_sm_establish(card, channel, cmd->p1, &t, out);
	return key_authenticate(card, channel, cmd, &t, out);
}
