/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C_SetAttributeValue (PKCS #11 v3.2, 4.1.2, 5.7.6). A change that is refused in one attribute is not made in
 * any. Invariants:
 *   1. What was made not to be changed is not, by its user.
 *   2. What is hidden is not shown again.
 *   3. To call something trusted is the officer's affair.
 */
#include "pkcs11/card_secret.h"
#include "pkcs11/attribute.h"
#include "pkcs11/data_object.h"
#include "pkcs11/hold.h"
#include "pkcs11/key_usage.h"
#include "pkcs11/otp_create.h"
#include "pkcs11/token.h"

#define BIT(kind) (1u << (kind))
#define CERT	  BIT(OBJECT_CERTIFICATE)
#define PUB	  BIT(OBJECT_PUBLIC)
#define PRIV	  BIT(OBJECT_PRIVATE)
#define DATA	  BIT(OBJECT_DATA)

/* What our card keeps of an object, to be changed. */
struct change {
	struct token *token;
	struct object object;
	struct naming naming;
	struct cs_view label; /* the public key's that the private one's stood for */
	struct data_view data;
};

typedef CK_RV apply(struct change *c, struct cs_view value);

static CK_RV set_label(struct change *c, struct cs_view value)
{
	if (!naming_label_valid(value, c->object.kind))
		return CKR_ATTRIBUTE_VALUE_INVALID;
	if (c->object.kind == OBJECT_PUBLIC) {
		c->naming.public_label = value;
		return CKR_OK;
	}
	/* The public key keeps the name it has. */
	if (c->object.kind == OBJECT_PRIVATE)
		c->naming.public_label = c->label;
	c->naming.label = value.len <= CSGN_ATTRIBUTE_TEXT_MAX ? value : CS_VIEW_EMPTY;
	c->data.label = value;
	return CKR_OK;
}

static CK_RV set_id(struct change *c, struct cs_view value)
{
	if (value.len > CSGN_ATTRIBUTE_TEXT_MAX)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	c->naming.id = naming_id_kept(c->object.index, value);
	return CKR_OK;
}

static CK_RV set_date(struct cs_view value, struct cs_view *date)
{
	*date = value;
	return naming_date_valid(value) ? CKR_OK : CKR_ATTRIBUTE_VALUE_INVALID;
}

static CK_RV set_start(struct change *c, struct cs_view value)
{
	return set_date(value, &c->naming.start);
}

static CK_RV set_end(struct change *c, struct cs_view value)
{
	return set_date(value, &c->naming.end);
}

/* The officer's and the administrator's to say (footnote 10). */
static CK_RV set_trusted(struct change *c, struct cs_view value)
{
	if (!token_officer(c->token))
		return CKR_ATTRIBUTE_READ_ONLY;
	if (value.len != sizeof(CK_BBOOL))
		return CKR_ATTRIBUTE_VALUE_INVALID;
	if (value.ptr[0] != CK_FALSE)
		c->naming.flags |= CSGN_FLAG_TRUSTED;
	else
		c->naming.flags &= (uint16_t)~CSGN_FLAG_TRUSTED;
	return CKR_OK;
}

/* An empty one is the certificate's again. */
static CK_RV set_subject(struct change *c, struct cs_view value)
{
	c->naming.subject = value;
	return naming_subject_valid(value) ? CKR_OK : CKR_ATTRIBUTE_VALUE_INVALID;
}

static CK_RV set_application(struct change *c, struct cs_view value)
{
	c->data.application = value;
	return CKR_OK;
}

static CK_RV set_object_id(struct change *c, struct cs_view value)
{
	c->data.object_id = value;
	return CKR_OK;
}

static CK_RV set_value(struct change *c, struct cs_view value)
{
	c->data.value = value;
	return CKR_OK;
}

/* What the key can do it may be told not to do, and to do again. */
static CK_RV set_usage(struct change *c, const struct key_usage *usage, bool wanted)
{
	enum piv_alg alg;
	enum cs_err err = keystore_alg(c->token, c->object.index, &alg);

	if (err != CS_OK)
		return token_rv(c->token, err);
	if (!key_usage_can(usage, alg))
		return CKR_ATTRIBUTE_VALUE_INVALID;
	if (wanted)
		c->naming.unwanted &= (uint16_t)~usage->bit;
	else
		c->naming.unwanted |= usage->bit;
	return CKR_OK;
}

static const struct {
	CK_ATTRIBUTE_TYPE type;
	unsigned kinds;
	apply *apply;
} rows[] = {
    {CKA_LABEL, CERT | PUB | PRIV | DATA, set_label},
    {CKA_ID, CERT | PUB | PRIV, set_id},
    {CKA_START_DATE, PUB | PRIV, set_start},
    {CKA_END_DATE, PUB | PRIV, set_end},
    {CKA_SUBJECT, PUB | PRIV, set_subject},
    {CKA_TRUSTED, CERT | PUB, set_trusted},
    {CKA_APPLICATION, DATA, set_application},
    {CKA_OBJECT_ID, DATA, set_object_id},
    {CKA_VALUE, DATA, set_value},
};

/* What it is told to be that it is already, is no change. */
static CK_RV apply_one(struct change *c, const CK_ATTRIBUTE *attribute)
{
	const struct key_usage *usage = key_usage_find(c->object.kind, attribute->type);
	bool same = false;
	CK_RV rv = attribute_match(c->token, c->object, attribute, 1, &same);

	if (rv != CKR_OK || same)
		return rv;
	if (usage != NULL)
		return set_usage(c, usage, template_bool(attribute, 1, attribute->type, false));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].type == attribute->type && (rows[i].kinds & BIT(c->object.kind)) != 0)
			return rows[i].apply(c, attribute->ulValueLen > 0
						    ? cs_view(attribute->pValue, attribute->ulValueLen)
						    : CS_VIEW_EMPTY);
	}
	return CKR_ATTRIBUTE_READ_ONLY;
}

/* The other of the slot's two, which has the same CKA_ID. */
static CK_RV write_other(const struct change *c)
{
	const struct key_slot *slot = &c->token->keys.slots[c->object.index];
	bool certificate = c->object.kind == OBJECT_CERTIFICATE;
	struct object other = {certificate ? OBJECT_PRIVATE : OBJECT_CERTIFICATE, c->object.index};
	struct naming naming;

	if (certificate ? !slot->has_key : !slot->has_certificate)
		return CKR_OK;
	naming = naming_of(c->token, other);
	if (cs_view_equal(naming.id, c->naming.id))
		return CKR_OK;
	naming.id = c->naming.id;
	return naming_write(c->token, other, &naming, NULL);
}

static CK_RV write(const struct change *c)
{
	CK_RV rv;

	if (c->object.kind == OBJECT_DATA)
		return data_object_write(c->token, c->object.index, &c->data, &c->naming);
	/* The key's ID is the slot's: it goes first. */
	rv = c->object.kind == OBJECT_CERTIFICATE ? write_other(c) : CKR_OK;
	if (rv == CKR_OK)
		rv = naming_write(c->token, c->object, &c->naming, NULL);
	return rv == CKR_OK && c->object.kind != OBJECT_CERTIFICATE ? write_other(c) : rv;
}

static bool keeps_names(const struct token *token, struct object object)
{
	if (object.kind == OBJECT_DATA)
		return token->ours && object.index >= DATASTORE_PIV;
	return token->ours && (object.kind == OBJECT_CERTIFICATE || object.kind == OBJECT_PUBLIC ||
			       object.kind == OBJECT_PRIVATE);
}

static CK_RV begin(struct change *c)
{
	enum cs_err err;

	c->naming = naming_of(c->token, c->object);
	if (c->object.kind == OBJECT_PRIVATE) {
		c->label = naming_label(c->token, (struct object){OBJECT_PUBLIC, c->object.index});
		return CKR_OK;
	}
	if (c->object.kind != OBJECT_DATA)
		return CKR_OK;
	err = datastore_get(c->token, c->object.index, &c->data);
	return token_rv(c->token, err);
}

static CK_RV change_token_object(struct token *token, struct object object, const CK_ATTRIBUTE *attributes,
				 CK_ULONG count)
{
	struct change c = {.token = token, .object = object};
	bool same = false;
	CK_RV rv = attribute_match(token, object, attributes, count, &same);

	if (rv != CKR_OK || same)
		return rv;
	if (!keeps_names(token, object))
		return CKR_ATTRIBUTE_READ_ONLY;
	if (token->login == LOGIN_NONE)
		return CKR_USER_NOT_LOGGED_IN;
	if (token->login == LOGIN_USER && !attribute_is_true(token, object, CKA_MODIFIABLE))
		return CKR_ACTION_PROHIBITED;
	rv = begin(&c);
	for (CK_ULONG i = 0; rv == CKR_OK && i < count; i++)
		rv = apply_one(&c, &attributes[i]);
	return rv == CKR_OK ? write(&c) : rv;
}

/* ---- session objects ---- */

/* What may be changed of an object of any class (footnote 8), and how: CKA_SENSITIVE can be made true,
 * CKA_EXTRACTABLE false. */
bool attribute_may_change(CK_ATTRIBUTE_TYPE type, bool to)
{
	static const CK_ATTRIBUTE_TYPE types[] = {
	    CKA_LABEL,	  CKA_ID,      CKA_SUBJECT,	   CKA_APPLICATION, CKA_OBJECT_ID,   CKA_START_DATE,
	    CKA_END_DATE, CKA_ENCRYPT, CKA_DECRYPT,	   CKA_SIGN,	    CKA_VERIFY,	     CKA_SIGN_RECOVER,
	    CKA_WRAP,	  CKA_UNWRAP,  CKA_VERIFY_RECOVER, CKA_DERIVE,	    CKA_ENCAPSULATE, CKA_DECAPSULATE};

	if (type == CKA_SENSITIVE || type == CKA_WRAP_WITH_TRUSTED)
		return to;
	if (type == CKA_EXTRACTABLE || type == CKA_COPYABLE)
		return !to;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (types[i] == type)
			return true;
	}
	return false;
}

static CK_RV change_memory(struct token *token, struct object object, const CK_ATTRIBUTE *attributes,
			   CK_ULONG count)
{
	struct memory_object *memory = memory_object_find(token, object.index);
	CK_RV rv = CKR_OK;

	if (!attribute_is_true(token, object, CKA_MODIFIABLE))
		return CKR_ACTION_PROHIBITED;
	for (CK_ULONG i = 0; i < count; i++) {
		const CK_ATTRIBUTE *a = &attributes[i];
		bool same = false;

		rv = attribute_match(token, object, a, 1, &same);
		if (rv != CKR_OK)
			return rv;
		if (a->ulValueLen > ATTRIBUTE_MAX)
			return CKR_ATTRIBUTE_VALUE_INVALID;
		if (!same && !attribute_may_change(a->type, template_bool(a, 1, a->type, false)))
			return CKR_ATTRIBUTE_READ_ONLY;
	}
	for (CK_ULONG i = 0; rv == CKR_OK && i < count; i++)
		rv = memory_object_set(memory, &attributes[i]);
	return rv;
}

CK_RV attribute_set_values(struct session *session, CK_OBJECT_HANDLE handle, const CK_ATTRIBUTE *attributes,
			   CK_ULONG count)
{
	struct token *token = session->slot->token;
	struct object object;
	CK_RV rv = template_check(attributes, count);

	if (rv == CKR_OK)
		rv = object_resolve(session->slot, handle, &object);
	if (rv != CKR_OK)
		return rv;
	if (object.kind == OBJECT_OTP)
		return otp_rename(session, object, attributes, count);
	if (object.kind == OBJECT_MEMORY)
		return change_memory(token, object, attributes, count);
	if (!session_is_rw(session))
		return CKR_SESSION_READ_ONLY;
	rv = hold_object(token, object);
	if (rv != CKR_OK)
		return rv;
	if (object.kind == OBJECT_SECRET)
		rv = card_secret_set(token, object.index, attributes, count);
	else
		rv = change_token_object(token, object, attributes, count);
	if (rv == CKR_OK)
		place_changed(token, object);
	hold_end(token);
	return rv;
}
