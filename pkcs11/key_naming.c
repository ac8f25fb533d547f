/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the templates of a new key say beside what makes the key.
 */
#include "pkcs11/create.h"
#include "pkcs11/generate.h"

CK_RV key_naming_take(const struct key_templates *t, struct key_naming *out)
{
	struct cs_view id = template_view(t->private, t->private_count, CKA_ID);
	struct cs_view public_id = template_view(t->public, t->public_count, CKA_ID);
	CK_RV rv;

	out->of = (struct naming){.id = id.len > 0 ? id : public_id};
	if ((public_id.len > 0 && !cs_view_equal(public_id, out->of.id)) ||
	    template_bool(t->public, t->public_count, CKA_PRIVATE, false))
		return CKR_TEMPLATE_INCONSISTENT;
	rv = naming_take(t->private, t->private_count, OBJECT_PRIVATE, &out->of);
	if (rv == CKR_OK)
		rv = naming_take(t->public, t->public_count, OBJECT_PUBLIC, &out->of);
	if (rv == CKR_OK)
		rv = naming_mechanisms(template_view(t->private, t->private_count, CKA_ALLOWED_MECHANISMS),
				       out->allowed, &out->of.allowed);
	return rv;
}

CK_RV key_naming_write(struct token *token, size_t index, const struct key_naming *naming)
{
	struct object object = {OBJECT_PRIVATE, index};
	struct naming kept = naming->of;
	CK_RV rv;

	kept.id = naming_id_kept(index, kept.id);
	if (!token->ours || naming_empty(&kept))
		return CKR_OK;
	rv = naming_write(token, object, &kept, NULL);
	if (rv != CKR_OK)
		(void)key_delete(token, index);
	return rv;
}

CK_RV key_policy(const struct key_templates *t, size_t index, struct cc_piv_policy *policy)
{
	bool never = keystore_ref(index) == PIV_SLOT_CARD_AUTHENTICATION;
	bool always = template_bool(t->private, t->private_count, CKA_ALWAYS_AUTHENTICATE, false);
	bool private = template_bool(t->private, t->private_count, CKA_PRIVATE, !never || always);

	if (!private && (!never || always))
		return CKR_TEMPLATE_INCONSISTENT;
	if (always)
		policy->pin = PIV_PIN_ALWAYS;
	else if (private && never)
		policy->pin = PIV_PIN_ONCE;
	return CKR_OK;
}
