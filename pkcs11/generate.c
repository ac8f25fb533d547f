/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C_GenerateKeyPair.
 */
#include "pkcs11/generate.h"

#include "pkcs11/attribute.h"
#include "pkcs11/create.h"
#include "pkcs11/hold.h"
#include "pkcs11/material.h"
#include "pkcs11/token.h"

CK_RV session_may_write(const struct session *session)
{
	if (!session_is_rw(session))
		return CKR_SESSION_READ_ONLY;
	return token_may_write(session->slot->token);
}

static CK_RV rsa_alg(const struct key_templates *t, enum piv_alg *alg)
{
	static const uint8_t f4[] = {0x01, 0x00, 0x01};
	struct cs_view e = template_view(t->public, t->public_count, CKA_PUBLIC_EXPONENT);
	CK_ULONG bits = template_ulong(t->public, t->public_count, CKA_MODULUS_BITS, 0);

	while (e.len > sizeof(f4) && e.ptr[0] == 0) {
		e.ptr++;
		e.len--;
	}
	if (bits == 0)
		return CKR_TEMPLATE_INCOMPLETE;
	if (e.len > 0 && !cs_view_equal(e, CS_VIEW_OF(f4)))
		return CKR_ATTRIBUTE_VALUE_INVALID;
	*alg = pubkey_modulus(bits);
	return *alg != 0 ? CKR_OK : CKR_KEY_SIZE_RANGE;
}

static CK_RV curve_alg(const struct key_templates *t, CK_KEY_TYPE type, enum piv_alg *alg)
{
	struct cs_view params = template_view(t->public, t->public_count, CKA_EC_PARAMS);

	if (params.len == 0)
		return CKR_TEMPLATE_INCOMPLETE;
	*alg = pubkey_curve(params);
	return *alg != 0 && pubkey_alg_type(*alg) == type ? CKR_OK : CKR_CURVE_NOT_SUPPORTED;
}

static CK_RV set_alg(const struct key_templates *t, CK_KEY_TYPE type, enum piv_alg *alg)
{
	CK_ULONG set = template_ulong(t->public, t->public_count, CKA_PARAMETER_SET, 0);

	if (template_find(t->public, t->public_count, CKA_PARAMETER_SET) == NULL)
		return CKR_TEMPLATE_INCOMPLETE;
	*alg = pubkey_parameter_set(type, set);
	return *alg != 0 ? CKR_OK : CKR_PARAMETER_SET_NOT_SUPPORTED;
}

/* The kind of key that the mechanism makes of these templates, where the card can. */
static CK_RV choose_alg(struct token *token, const CK_MECHANISM *mechanism, const struct key_templates *t,
			enum piv_alg *alg)
{
	const struct mechanism *m = mechanism_find(mechanism->mechanism);
	CK_KEY_TYPE type;
	CK_RV rv;

	if (m == NULL || (m->flags & CKF_GENERATE_KEY_PAIR) == 0)
		return CKR_MECHANISM_INVALID;
	if (mechanism->ulParameterLen != 0)
		return CKR_MECHANISM_PARAM_INVALID;
	type = m->key_type;
	if (template_ulong(t->public, t->public_count, CKA_KEY_TYPE, type) != type ||
	    template_ulong(t->private, t->private_count, CKA_KEY_TYPE, type) != type)
		return CKR_TEMPLATE_INCONSISTENT;
	if (type == CKK_RSA)
		rv = rsa_alg(t, alg);
	else if (type == CKK_ML_DSA || type == CKK_ML_KEM)
		rv = set_alg(t, type, alg);
	else
		rv = curve_alg(t, type, alg);
	if (rv == CKR_OK)
		rv = material_generated(*alg, t);
	return rv != CKR_OK || token_has_alg(token, *alg) ? rv : key_alg_missing(type);
}

CK_RV key_alg_missing(CK_KEY_TYPE type)
{
	if (type == CKK_RSA)
		return CKR_KEY_SIZE_RANGE;
	return type == CKK_ML_DSA || type == CKK_ML_KEM ? CKR_PARAMETER_SET_NOT_SUPPORTED
							: CKR_CURVE_NOT_SUPPORTED;
}

struct generation {
	uint8_t ref;
	enum piv_alg alg;
	struct cc_piv_policy policy;
	struct key_kept kept;
	struct cc_piv_public made;
};

static enum cs_err generate_work(struct token *token, void *arg)
{
	struct generation *g = arg;

	return cc_piv_generate(token->card, g->ref, g->alg, g->policy, g->kept.sent, &g->made);
}

static CK_RV check(const struct session *session, const CK_MECHANISM *mechanism,
		   const struct key_templates *t, enum piv_alg *alg)
{
	CK_RV rv = session_may_write(session);

	if (session->slot->token->oath_alone)
		return CKR_MECHANISM_INVALID;
	if (rv == CKR_OK)
		rv = template_check(t->public, t->public_count);
	if (rv == CKR_OK)
		rv = template_check(t->private, t->private_count);
	/* Keys live on the card, not in a session. */
	if (rv == CKR_OK && !template_bool(t->private, t->private_count, CKA_TOKEN, true))
		rv = CKR_TEMPLATE_INCONSISTENT;
	if (rv != CKR_OK)
		return rv;
	return choose_alg(session->slot->token, mechanism, t, alg);
}

void key_unmake(struct token *token, size_t index, enum cs_err err)
{
	if (!token_answer_lost(err))
		return;
	keystore_put_key(token, index, true);
	(void)key_delete(token, index);
}

/* The card is held: the slot is free when the key is made in it. */
static CK_RV generate_held(struct token *token, struct generation *g, const struct key_templates *templates,
			   const struct key_naming *naming, size_t *index)
{
	enum cs_err err;
	CK_RV rv = naming_slot_of_key(token, naming->of.id, index);

	if (rv == CKR_OK)
		rv = key_policy(templates, *index, &g->policy);
	if (rv == CKR_OK)
		rv = key_kept_of(token, *index, naming, &g->kept);
	if (rv != CKR_OK)
		return rv;
	g->ref = keystore_ref(*index);
	err = token_run(token, NEED_LOGIN, generate_work, g);
	if (err != CS_OK) {
		key_unmake(token, *index, err);
		return token_rv(token, err);
	}
	place_gone(token, (struct object){OBJECT_PRIVATE, *index});
	err = keystore_set_key(token, *index, &g->made, g->policy, PIV_ORIGIN_GENERATED);
	rv = err == CS_OK ? key_kept_now(token, *index, &g->kept) : token_rv(token, err);
	/* Nobody would know of it. */
	if (rv != CKR_OK)
		(void)key_delete(token, *index);
	return rv;
}

CK_RV generate_key_pair(struct session *session, const CK_MECHANISM *mechanism,
			const struct key_templates *templates, CK_OBJECT_HANDLE_PTR public_key,
			CK_OBJECT_HANDLE_PTR private_key)
{
	struct token *token = session->slot->token;
	struct generation g = {.policy = {PIV_PIN_DEFAULT, PIV_TOUCH_DEFAULT}};
	struct key_naming naming;
	size_t index = 0;
	CK_RV rv = check(session, mechanism, templates, &g.alg);

	if (rv == CKR_OK)
		rv = key_naming_take(token, g.alg, templates, &naming);
	if (rv == CKR_OK)
		rv = hold_begin(token);
	if (rv != CKR_OK)
		return rv;
	rv = generate_held(token, &g, templates, &naming, &index);
	hold_end(token);
	if (rv != CKR_OK)
		return rv;
	*public_key = object_handle(token, (struct object){OBJECT_PUBLIC, index});
	*private_key = object_handle(token, (struct object){OBJECT_PRIVATE, index});
	return CKR_OK;
}
