/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the templates of a new key say beside what makes the key. Invariants:
 *   1. What no key of a token can be is refused, and so is what the token alone says.
 *   2. What the templates say is so afterwards, or they are refused.
 */
#include "pkcs11/generate.h"
#include "pkcs11/key_usage.h"
#include "pkcs11/x509.h"

/* ---- what cannot be otherwise ---- */

/* Not among it: CKA_COPYABLE of private keys and CKA_DESTROYABLE of public ones. True is what the standard
 * has where nothing is said, so who says it asks for nothing; the key tells what is so. */

enum half { PUBLIC = 1, PRIVATE = 2, BOTH = 3 };

static const struct {
	CK_ATTRIBUTE_TYPE type;
	unsigned halves;
	bool value;
} fixed[] = {
    {CKA_TOKEN, BOTH, true},	       {CKA_SENSITIVE, PRIVATE, true},
    {CKA_EXTRACTABLE, PRIVATE, false}, {CKA_WRAP_WITH_TRUSTED, PRIVATE, false},
    {CKA_PRIVATE, PUBLIC, false},
};

/* The token's to say, or (CKA_TRUSTED, to be true) the security officer's. */
static const CK_ATTRIBUTE_TYPE told[] = {CKA_LOCAL, CKA_KEY_GEN_MECHANISM, CKA_ALWAYS_SENSITIVE,
					 CKA_NEVER_EXTRACTABLE, CKA_UNIQUE_ID};

static CK_RV check_half(enum half half, CK_OBJECT_CLASS class, const CK_ATTRIBUTE *attributes, CK_ULONG count)
{
	if (template_ulong(attributes, count, CKA_CLASS, class) != class ||
	    template_repeats(attributes, count))
		return CKR_TEMPLATE_INCONSISTENT;
	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
		if (template_find(attributes, count, told[i]) != NULL)
			return CKR_ATTRIBUTE_READ_ONLY;
	}
	if (template_bool(attributes, count, CKA_TRUSTED, false))
		return CKR_ATTRIBUTE_READ_ONLY;
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
		if ((fixed[i].halves & half) != 0 &&
		    template_bool(attributes, count, fixed[i].type, fixed[i].value) != fixed[i].value)
			return CKR_TEMPLATE_INCONSISTENT;
	}
	return CKR_OK;
}

/* What is kept of both halves together: the private one's template says it, and the public one's nothing
 * else. */
static bool agrees(const struct key_templates *t, const struct naming *naming)
{
	static const CK_ATTRIBUTE_TYPE dates[] = {CKA_START_DATE, CKA_END_DATE};
	struct cs_view subject = template_view(t->private, t->private_count, CKA_SUBJECT);
	bool modifiable = (naming->flags & CSGN_FLAG_NOT_MODIFIABLE) == 0;

	for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
		struct cs_view date = template_view(t->public, t->public_count, dates[i]);

		if (date.len > 0 && !cs_view_equal(date, i == 0 ? naming->start : naming->end))
			return false;
	}
	return (subject.len == 0 || cs_view_equal(subject, naming->subject)) &&
	       template_bool(t->public, t->public_count, CKA_MODIFIABLE, modifiable) == modifiable &&
	       template_view(t->public, t->public_count, CKA_ALLOWED_MECHANISMS).len == 0;
}

/* Another vendor's card keeps none of it. A label does no harm, and every program gives one; that a key is
 * not for this or that is what GnuTLS writes of every key, which tells what it is for all the same. A subject
 * may be the certificate's (key_kept_of). */
static bool can_be_kept(const struct token *token, const struct key_templates *t, const struct naming *naming)
{
	struct naming rest = *naming;

	if (token->ours)
		return true;
	rest.label = rest.public_label = rest.id = rest.subject = CS_VIEW_EMPTY;
	rest.flags &= (uint16_t)~CSGN_FLAG_NOT_MODIFIABLE;
	rest.unwanted = 0;
	return naming_empty(&rest) && !template_bool(t->public, t->public_count, CKA_MODIFIABLE, false) &&
	       !template_bool(t->private, t->private_count, CKA_MODIFIABLE, false);
}

static CK_RV check_halves(const struct key_templates *t)
{
	CK_RV rv = check_half(PUBLIC, CKO_PUBLIC_KEY, t->public, t->public_count);

	return rv == CKR_OK ? check_half(PRIVATE, CKO_PRIVATE_KEY, t->private, t->private_count) : rv;
}

/* ---- what is kept ---- */

/* Whatever the key is. */
static CK_RV take(const struct key_templates *t, struct key_naming *out)
{
	struct cs_view id = template_view(t->private, t->private_count, CKA_ID);
	struct cs_view public_id = template_view(t->public, t->public_count, CKA_ID);
	CK_RV rv = check_halves(t);

	out->of = (struct naming){.id = id.len > 0 ? id : public_id};
	if (rv == CKR_OK && public_id.len > 0 && !cs_view_equal(public_id, out->of.id))
		rv = CKR_TEMPLATE_INCONSISTENT;
	if (rv == CKR_OK)
		rv = naming_take(t->private, t->private_count, OBJECT_PRIVATE, &out->of);
	if (rv == CKR_OK)
		rv = naming_take(t->public, t->public_count, OBJECT_PUBLIC, &out->of);
	if (rv == CKR_OK)
		rv = naming_mechanisms(template_view(t->private, t->private_count, CKA_ALLOWED_MECHANISMS),
				       out->allowed, &out->of.allowed);
	return rv == CKR_OK && !agrees(t, &out->of) ? CKR_TEMPLATE_INCONSISTENT : rv;
}

CK_RV key_naming_take(const struct token *token, enum piv_alg alg, const struct key_templates *t,
		      struct key_naming *out)
{
	CK_RV rv = take(t, out);

	if (rv != CKR_OK)
		return rv;
	out->of.unwanted = key_usage_unwanted(OBJECT_PRIVATE, alg, t->private, t->private_count) |
			   key_usage_unwanted(OBJECT_PUBLIC, alg, t->public, t->public_count);
	return can_be_kept(token, t, &out->of) ? CKR_OK : CKR_TEMPLATE_INCONSISTENT;
}

/* Whether our card has room for it. */
static bool fits(const struct naming *naming)
{
	uint8_t more[CSGN_ATTRIBUTE_MORE_MAX];
	struct cc_attributes attributes;

	return naming_attributes(naming, more, &attributes) == CS_OK;
}

static enum cs_err certificate_has(struct token *token, size_t index, struct cs_view subject, bool *has)
{
	struct cs_view certificate;
	struct x509 parsed;
	enum cs_err err = keystore_certificate(token, index, &certificate);

	*has = err == CS_OK && x509_parse(certificate, &parsed) == CS_OK &&
	       cs_view_equal(parsed.subject, subject);
	return err == CS_ERR_NOT_FOUND ? CS_OK : err;
}

/* A subject for which there is no room is the certificate's beside the key: the key tells that one as long as
 * it has none of its own. Another vendor's card has no room. */
static CK_RV subject_kept(struct token *token, size_t index, struct naming *naming)
{
	bool has = false;
	enum cs_err err;

	if (naming->subject.len == 0 || (token->ours && fits(naming)))
		return CKR_OK;
	err = certificate_has(token, index, naming->subject, &has);
	if (err != CS_OK)
		return token_rv(token, err);
	if (has)
		naming->subject = CS_VIEW_EMPTY;
	return token->ours || has ? CKR_OK : CKR_TEMPLATE_INCONSISTENT;
}

/* In which slot it will be is not known yet: a subject for which there is no room may be any certificate's.
 */
CK_RV key_naming_check(struct token *token, const struct key_templates *t)
{
	struct key_naming naming;
	bool has = false;
	CK_RV rv = take(t, &naming);

	if (rv != CKR_OK || !token->ours || fits(&naming.of))
		return rv;
	for (size_t i = 0; !has && naming.of.subject.len > 0 && i < KEYSTORE_SLOTS; i++) {
		enum cs_err err = certificate_has(token, i, naming.of.subject, &has);

		if (err != CS_OK)
			return token_rv(token, err);
	}
	naming.of.subject = CS_VIEW_EMPTY;
	return has && fits(&naming.of) ? CKR_OK : CKR_ATTRIBUTE_VALUE_INVALID;
}

CK_RV key_kept_of(struct token *token, size_t index, const struct key_naming *naming, struct key_kept *out)
{
	struct naming kept = naming->of;
	CK_RV rv;

	kept.id = naming_id_kept(index, kept.id);
	rv = subject_kept(token, index, &kept);
	if (rv != CKR_OK)
		return rv;
	out->sent = NULL;
	if (!token->ours || naming_empty(&kept))
		return CKR_OK;
	if (naming_attributes(&kept, out->more, &out->attributes) != CS_OK)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	out->sent = &out->attributes;
	return CKR_OK;
}

CK_RV key_kept_now(struct token *token, size_t index, const struct key_kept *kept)
{
	return token_rv(token, card_attributes_keep(&token->keys.slots[index].attributes, kept->sent));
}

CK_RV key_policy(const struct key_templates *t, size_t index, struct cc_piv_policy *policy)
{
	bool never = keystore_ref(index) == PIV_SLOT_CARD_AUTHENTICATION;
	bool always = template_bool(t->private, t->private_count, CKA_ALWAYS_AUTHENTICATE, false);
	bool once = !template_bool(t->private, t->private_count, CKA_ALWAYS_AUTHENTICATE, true);
	bool private = template_bool(t->private, t->private_count, CKA_PRIVATE, !never || always);

	if (!private && (!never || always))
		return CKR_TEMPLATE_INCONSISTENT;
	if (always)
		policy->pin = PIV_PIN_ALWAYS;
	else if (private && (never || once))
		policy->pin = PIV_PIN_ONCE;
	return CKR_OK;
}
