/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Which profiles the token has.
 */
#include "pkcs11/profile.h"

#include "pkcs11/attribute.h"
#include "pkcs11/naming.h"
#include "pkcs11/settings.h"
#include "pkcs11/token.h"
#include "pkcs11/x509.h"

static bool user_can_log_in(const struct token *token)
{
	struct cc_reference pin = token_reference(token, PIV_REF_PIN);

	if (!token->ours)
		return !token->pin_blocked;
	return (pin.flags & CSGN_REFERENCE_SET) != 0 && (pin.flags & CSGN_REFERENCE_MUST_CHANGE) == 0 &&
	       pin.left > 0 && token->csgn.lifecycle != CSGN_LOCKED &&
	       token->csgn.lifecycle != CSGN_TERMINATED;
}

static CK_RV signs(struct token *token, size_t index, bool *truth)
{
	uint8_t value[sizeof(CK_ULONG)];
	struct cs_writer w = CS_WRITER_OF(value);
	CK_RV rv = attribute_get(token, (struct object){OBJECT_PRIVATE, index}, CKA_SIGN, &w);

	*truth = rv == CKR_OK && value[0] != CK_FALSE;
	return rv;
}

/* Of a kind that is not known, or that the configuration hides. */
static bool not_shown(const struct key_slot *slot)
{
	return slot->foreign || (slot->has_key && settings_hides(settings_now(), pubkey_alg_type(slot->alg)));
}

static enum cs_err authentication_token(struct token *token, bool *truth)
{
	enum cs_err err = CS_OK;

	*truth = false;
	if (!user_can_log_in(token))
		return CS_OK;
	err = keystore_load(token, KEYSTORE_KEYS);
	for (size_t i = 0; err == CS_OK && !*truth && i < KEYSTORE_SLOTS; i++) {
		if (!keystore_in_view(token, i) || not_shown(&token->keys.slots[i]))
			continue;
		err = keystore_has_public(token, i, truth);
		if (err == CS_OK && *truth && signs(token, i, truth) != CKR_OK)
			err = CS_ERR_CARD;
	}
	return err;
}

/* The slot whose shown key has this public key; KEYSTORE_SLOTS: none has. */
static enum cs_err slot_of_key(struct token *token, struct cs_view spki, size_t *slot)
{
	for (size_t i = 0; i < KEYSTORE_SLOTS; i++) {
		bool there = false;
		struct cs_view own;
		enum cs_err err = CS_OK;

		/* Another vendor's: what was not asked for yet is taken to be as the certificate beside it.
		 */
		if (token->keys.slots[i].key_known)
			err = keystore_has_public(token, i, &there);
		if (err == CS_OK && there)
			err = keystore_spki(token, i, &own);
		if (err != CS_OK)
			return err;
		if (there && cs_view_equal(own, spki)) {
			*slot = i;
			return CS_OK;
		}
	}
	*slot = KEYSTORE_SLOTS;
	return CS_OK;
}

static enum cs_err found_by_its_key(struct token *token, size_t index, bool *truth)
{
	const struct key_slot *slot = &token->keys.slots[index];
	struct x509 parsed;
	size_t of = KEYSTORE_SLOTS;
	enum cs_err err;

	/* Its key is there, and found by nothing. */
	*truth = !not_shown(slot);
	if (!*truth || slot->certificate == NULL || !slot->key_known)
		return CS_OK;
	err = x509_parse(cs_view(slot->certificate, slot->certificate_len), &parsed);
	if (err == CS_OK)
		err = slot_of_key(token, parsed.spki, &of);
	*truth = of == KEYSTORE_SLOTS || cs_view_equal(naming_id(token, of), naming_id(token, index));
	return err;
}

static enum cs_err public_certificates(struct token *token, bool *truth)
{
	enum cs_err err = keystore_load(token, KEYSTORE_KEYS);

	*truth = !token->oath_alone;
	for (size_t i = 0; err == CS_OK && *truth && i < KEYSTORE_SLOTS; i++) {
		*truth = !token->keys.slots[i].certificate_private;
		if (*truth && token->keys.slots[i].has_certificate)
			err = found_by_its_key(token, i, truth);
	}
	return err;
}

static enum cs_err always(struct token *token, bool *truth)
{
	(void)token;
	*truth = true;
	return CS_OK;
}

static const struct {
	CK_PROFILE_ID id;
	enum cs_err (*look)(struct token *token, bool *truth);
} profiles[PROFILES] = {
    {CKP_BASELINE_PROVIDER, always},
    {CKP_EXTENDED_PROVIDER, always},
    {CKP_AUTHENTICATION_TOKEN, authentication_token},
    {CKP_PUBLIC_CERTIFICATES_TOKEN, public_certificates},
};

CK_PROFILE_ID profile_id(size_t index)
{
	return profiles[index].id;
}

enum cs_err profile_true(struct token *token, size_t index, bool *truth)
{
	return profiles[index].look(token, truth);
}
