/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Secret keys of the card.
 */
#include "pkcs11/card_secret.h"

#include "pkcs11/attribute_get.h"
#include "pkcs11/generate.h"
#include "pkcs11/hold.h"
#include "pkcs11/naming.h"
#include "pkcs11/token.h"

#define HMAC_MIN 14u /* bytes of an HMAC key on the card (docs/PROTOCOL 6.11) */
#define HMAC_MAX 128u

#define CIPHERS ((uint16_t)(CSGN_USAGE_ENCRYPT | CSGN_USAGE_DECRYPT))
#define MACS	((uint16_t)(CSGN_USAGE_SIGN | CSGN_USAGE_VERIFY))

static const struct kind {
	enum csgn_secret_algorithm algorithm;
	CK_KEY_TYPE type;
	CK_MECHANISM_TYPE made_by;
	CK_ULONG min, max; /* bytes */
} kinds[] = {
    {CSGN_SECRET_AES128, CKK_AES, CKM_AES_KEY_GEN, 16, 16},
    {CSGN_SECRET_AES192, CKK_AES, CKM_AES_KEY_GEN, 24, 24},
    {CSGN_SECRET_AES256, CKK_AES, CKM_AES_KEY_GEN, 32, 32},
    {CSGN_SECRET_HMAC_SHA1, CKK_SHA_1_HMAC, CKM_SHA_1_KEY_GEN, HMAC_MIN, HMAC_MAX},
    {CSGN_SECRET_HMAC_SHA256, CKK_SHA256_HMAC, CKM_SHA256_KEY_GEN, HMAC_MIN, HMAC_MAX},
    {CSGN_SECRET_HMAC_SHA384, CKK_SHA384_HMAC, CKM_SHA384_KEY_GEN, HMAC_MIN, HMAC_MAX},
    {CSGN_SECRET_HMAC_SHA512, CKK_SHA512_HMAC, CKM_SHA512_KEY_GEN, HMAC_MIN, HMAC_MAX},
};

static const struct kind *kind_of(enum csgn_secret_algorithm algorithm)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kinds[i].algorithm == algorithm)
			return &kinds[i];
	}
	return NULL;
}

bool card_secret_known(enum csgn_secret_algorithm algorithm)
{
	return kind_of(algorithm) != NULL;
}

struct secret_key card_secret_key(const struct token *token, size_t index)
{
	const struct secret *secret = &token->secrets.slots[index];
	const struct kind *kind = kind_of(secret->algorithm);

	struct object object = {OBJECT_SECRET, index};
	struct meant meant = {object, token->places.secrets[index].generation};

	return (struct secret_key){.object = object,
				   .type = kind != NULL ? kind->type : CKK_VENDOR_DEFINED,
				   .card = {secrets_number(index), secret->pin_policy, meant}};
}

/* ---- attributes ---- */

/* The usage of the card's that each attribute tells of; wrapping is encrypting. */
static const struct {
	CK_ATTRIBUTE_TYPE attribute;
	uint16_t usage;
} usages[] = {
    {CKA_ENCRYPT, CSGN_USAGE_ENCRYPT}, {CKA_DECRYPT, CSGN_USAGE_DECRYPT}, {CKA_WRAP, CSGN_USAGE_ENCRYPT},
    {CKA_UNWRAP, CSGN_USAGE_DECRYPT},  {CKA_SIGN, CSGN_USAGE_SIGN},	  {CKA_VERIFY, CSGN_USAGE_VERIFY},
};

/* What is so of all of them, or does not depend on more than where the key is from. */
static const struct {
	CK_ATTRIBUTE_TYPE attribute;
	bool value;
} constants[] = {
    {CKA_TOKEN, true},	     {CKA_MODIFIABLE, true},   {CKA_COPYABLE, false},
    {CKA_DESTROYABLE, true}, {CKA_DERIVE, false},      {CKA_SENSITIVE, true},
    {CKA_TRUSTED, false},    {CKA_EXTRACTABLE, false}, {CKA_WRAP_WITH_TRUSTED, false},
};

static CK_RV get_bool(const struct secret *secret, CK_ATTRIBUTE_TYPE type, struct cs_writer *out)
{
	for (size_t i = 0; i < sizeof(usages) / sizeof(usages[0]); i++) {
		if (usages[i].attribute == type)
			return put_bool((secret->usage & usages[i].usage) != 0, out);
	}
	for (size_t i = 0; i < sizeof(constants) / sizeof(constants[0]); i++) {
		if (constants[i].attribute == type)
			return put_bool(constants[i].value, out);
	}
	return CKR_ATTRIBUTE_TYPE_INVALID;
}

/* Of what was brought; the card does not tell it of what it made. */
static CK_RV put_check_value(struct cs_view value, struct cs_writer *out)
{
	return value.len > 0 ? put_view(value, out) : CKR_ATTRIBUTE_TYPE_INVALID;
}

CK_RV card_secret_attribute(struct token *token, size_t index, CK_ATTRIBUTE_TYPE type, struct cs_writer *out)
{
	const struct secret *secret = &token->secrets.slots[index];
	struct cc_attributes kept = card_attributes_view(&secret->attributes);
	const struct kind *kind = kind_of(secret->algorithm);
	bool made = secret->origin == PIV_ORIGIN_GENERATED;

	switch (type) {
	case CKA_CLASS:
		return put_ulong(CKO_SECRET_KEY, out);
	case CKA_KEY_TYPE:
		return put_ulong(kind->type, out);
	case CKA_PRIVATE:
		return put_bool(secret->pin_policy != PIV_PIN_NEVER, out);
	case CKA_LABEL:
		return put_view(kept.label, out);
	case CKA_ID:
		return put_view(kept.id, out);
	case CKA_UNIQUE_ID:
		return put_unique_id(token, (struct object){OBJECT_SECRET, index}, naming_unique(kept.more),
				     out);
	case CKA_VALUE:
		return CKR_ATTRIBUTE_SENSITIVE;
	case CKA_CHECK_VALUE:
		return put_check_value(naming_check_value(kept.more), out);
	case CKA_VALUE_LEN:
		return put_ulong(secret->length, out);
	case CKA_LOCAL:
	case CKA_ALWAYS_SENSITIVE:
	case CKA_NEVER_EXTRACTABLE:
		return put_bool(made, out);
	case CKA_KEY_GEN_MECHANISM:
		return put_ulong(made ? kind->made_by : CK_UNAVAILABLE_INFORMATION, out);
	case CKA_OBJECT_VALIDATION_FLAGS:
		return put_ulong(0, out);
	case CKA_START_DATE:
	case CKA_END_DATE:
	case CKA_WRAP_TEMPLATE:
	case CKA_UNWRAP_TEMPLATE:
	case CKA_DERIVE_TEMPLATE:
		return put_done(out);
	case CKA_ALLOWED_MECHANISMS:
		mechanism_write_taking(kind->type, CKF_ENCRYPT | CKF_DECRYPT | CKF_SIGN | CKF_VERIFY, out);
		return put_done(out);
	default:
		return get_bool(secret, type, out);
	}
}

struct naming_work {
	uint8_t number;
	struct cc_attributes attributes;
};

static enum cs_err naming_work(struct token *token, void *arg)
{
	const struct naming_work *work = arg;

	return cc_csgn_set_attributes(token->card, work->number, &work->attributes, NULL);
}

CK_RV card_secret_set(struct token *token, size_t index, const CK_ATTRIBUTE *attributes, CK_ULONG count)
{
	struct secret *secret = &token->secrets.slots[index];
	struct naming_work work = {secrets_number(index), card_attributes_view(&secret->attributes)};
	struct card_attributes kept = secret->attributes;
	struct object object = {OBJECT_SECRET, index};
	enum cs_err err;

	if (token->login == LOGIN_NONE)
		return CKR_USER_NOT_LOGGED_IN;
	for (CK_ULONG i = 0; i < count; i++) {
		struct cs_view value = cs_view(attributes[i].pValue, attributes[i].ulValueLen);

		bool same = false;
		CK_RV rv = attribute_match(token, object, &attributes[i], 1, &same);

		if (rv != CKR_OK)
			return rv;
		if (attributes[i].type == CKA_LABEL)
			work.attributes.label = value;
		else if (attributes[i].type == CKA_ID)
			work.attributes.id = value;
		else if (!same)
			return CKR_ATTRIBUTE_READ_ONLY;
	}
	if (card_attributes_keep(&kept, &work.attributes) != CS_OK)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	err = token_run(token, NEED_LOGIN, naming_work, &work);
	if (err == CS_OK)
		secret->attributes = kept;
	return err == CS_ERR_ARG ? CKR_ATTRIBUTE_VALUE_INVALID : token_rv(token, err);
}

/* ---- making and destroying ---- */

static const struct kind *kind_for(CK_KEY_TYPE type, CK_ULONG len)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kinds[i].type == type && len >= kinds[i].min && len <= kinds[i].max)
			return &kinds[i];
	}
	return NULL;
}

static bool type_known(CK_KEY_TYPE type)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kinds[i].type == type)
			return true;
	}
	return false;
}

/* The usage that the template leaves: all that such a key can do, but what it takes away. */
static uint16_t usage_of(const struct card_secret_plan *plan)
{
	uint16_t usage = plan->type == CKK_AES ? CIPHERS | MACS : MACS;

	for (size_t i = 0; i < sizeof(usages) / sizeof(usages[0]); i++) {
		bool wraps = usages[i].attribute == CKA_WRAP || usages[i].attribute == CKA_UNWRAP;

		if (!wraps && !template_bool(plan->attributes, plan->count, usages[i].attribute, true))
			usage &= (uint16_t)~usages[i].usage;
	}
	return usage;
}

static bool names_fit(const struct card_secret_plan *plan)
{
	return template_view(plan->attributes, plan->count, CKA_LABEL).len <= CSGN_ATTRIBUTE_TEXT_MAX &&
	       template_view(plan->attributes, plan->count, CKA_ID).len <= CSGN_ATTRIBUTE_TEXT_MAX;
}

CK_RV card_secret_check(const struct session *session, const struct card_secret_plan *plan)
{
	static const struct {
		CK_ATTRIBUTE_TYPE attribute;
		bool value;
	} fixed[] = {{CKA_SENSITIVE, true},	    {CKA_EXTRACTABLE, false}, {CKA_DERIVE, false},
		     {CKA_MODIFIABLE, true},	    {CKA_DESTROYABLE, true},  {CKA_TRUSTED, false},
		     {CKA_WRAP_WITH_TRUSTED, false}};
	static const CK_ATTRIBUTE_TYPE unkept[] = {CKA_START_DATE,	CKA_END_DATE,
						   CKA_WRAP_TEMPLATE,	CKA_UNWRAP_TEMPLATE,
						   CKA_DERIVE_TEMPLATE, CKA_ALLOWED_MECHANISMS};
	CK_RV rv = session_may_write(session);

	if (rv != CKR_OK)
		return rv;
	if (!session->slot->token->ours || !type_known(plan->type) ||
	    template_repeats(plan->attributes, plan->count))
		return CKR_TEMPLATE_INCONSISTENT;
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
		bool value = template_bool(plan->attributes, plan->count, fixed[i].attribute, fixed[i].value);

		if (value != fixed[i].value)
			return CKR_TEMPLATE_INCONSISTENT;
	}
	for (size_t i = 0; i < sizeof(unkept) / sizeof(unkept[0]); i++) {
		if (template_view(plan->attributes, plan->count, unkept[i]).len > 0)
			return CKR_TEMPLATE_INCONSISTENT;
	}
	/* Wrapping is encrypting, to the card. */
	for (size_t i = 0; i < sizeof(usages) / sizeof(usages[0]); i++) {
		bool will = (usage_of(plan) & usages[i].usage) != 0;

		if ((usages[i].attribute == CKA_WRAP || usages[i].attribute == CKA_UNWRAP) &&
		    template_bool(plan->attributes, plan->count, usages[i].attribute, will) != will)
			return CKR_TEMPLATE_INCONSISTENT;
	}
	/* A key for nothing. */
	if (usage_of(plan) == 0)
		return CKR_TEMPLATE_INCONSISTENT;
	if (plan->len != CK_UNAVAILABLE_INFORMATION && kind_for(plan->type, plan->len) == NULL)
		return CKR_KEY_SIZE_RANGE;
	return names_fit(plan) ? CKR_OK : CKR_ATTRIBUTE_VALUE_INVALID;
}

/* Of a key that is brought, as an empty one that is said tells that there is to be none; one that is said has
 * to be right, of a key that the card makes too: nobody can know it yet. */
static CK_RV check_value_of(const struct card_secret_plan *plan, uint8_t room[CHECK_VALUE_LEN],
			    struct cs_view *check)
{
	struct cs_view said = template_view(plan->attributes, plan->count, CKA_CHECK_VALUE);
	bool there = template_find(plan->attributes, plan->count, CKA_CHECK_VALUE) != NULL;
	CK_RV rv;

	*check = CS_VIEW_EMPTY;
	if (there && said.len == 0)
		return CKR_OK;
	if (plan->value.len == 0)
		return there ? CKR_ATTRIBUTE_VALUE_INVALID : CKR_OK;
	rv = secret_check_value(plan->type, plan->value, room);
	*check = cs_view(room, CHECK_VALUE_LEN);
	return rv == CKR_OK && there && !cs_view_equal(said, *check) ? CKR_ATTRIBUTE_VALUE_INVALID : rv;
}

struct making {
	struct cc_secret secret;
	struct cc_attributes attributes;
	uint8_t number;
};

static enum cs_err make_work(struct token *token, void *arg)
{
	struct making *making = arg;

	return cc_csgn_secret_create(token->card, &making->secret, &making->number);
}

/* As key_unmake (generate.h), by what was drawn for it. */
static void unmake(struct token *token, struct cs_view unique, enum cs_err err)
{
	if (!token_answer_lost(err) || token_refresh(token, NEED_LOGIN) != CS_OK)
		return;
	for (size_t i = 0; i < SECRETS_MAX; i++) {
		const struct secret *secret = &token->secrets.slots[i];

		if (secret->there &&
		    cs_view_equal(naming_unique(card_attributes_view(&secret->attributes).more), unique))
			(void)card_secret_delete(token, i);
	}
}

static CK_RV make(struct token *token, struct making *making, struct cs_view unique)
{
	enum cs_err err;
	CK_RV rv = hold_begin(token);

	if (rv != CKR_OK)
		return rv;
	err = token_run(token, NEED_LOGIN, make_work, making);
	if (err != CS_OK)
		unmake(token, unique, err);
	hold_end(token);
	return err == CS_ERR_ARG ? CKR_ATTRIBUTE_VALUE_INVALID : token_rv(token, err);
}

CK_RV card_secret_new(struct session *session, const struct card_secret_plan *plan, CK_OBJECT_HANDLE_PTR out)
{
	struct token *token = session->slot->token;
	bool private = template_bool(plan->attributes, plan->count, CKA_PRIVATE, true);
	struct secret made = {.there = true, .length = (uint8_t)plan->len, .usage = usage_of(plan)};
	struct making making = {
	    .attributes = {.label = template_view(plan->attributes, plan->count, CKA_LABEL),
			   .id = template_view(plan->attributes, plan->count, CKA_ID)}};
	uint8_t unique[NAMING_UNIQUE], more[NAMING_UNIQUE + CHECK_VALUE_LEN + 4], value[CHECK_VALUE_LEN];
	struct cs_view check;
	struct cs_writer w = CS_WRITER_OF(more);
	size_t index;
	CK_RV rv = card_secret_check(session, plan);

	if (rv == CKR_OK)
		rv = check_value_of(plan, value, &check);
	if (rv == CKR_OK)
		rv = naming_unique_new(unique);
	if (rv != CKR_OK)
		return rv;
	if (naming_secret_write(unique, check, &w) != CS_OK)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	making.attributes.more = cs_writer_view(&w);
	if (card_attributes_keep(&made.attributes, &making.attributes) != CS_OK)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	made.algorithm = kind_for(plan->type, plan->len)->algorithm;
	made.pin_policy = private ? PIV_PIN_ONCE : PIV_PIN_NEVER;
	made.touch_policy = PIV_TOUCH_NEVER;
	made.origin = plan->value.len > 0 ? PIV_ORIGIN_IMPORTED : PIV_ORIGIN_GENERATED;
	making.secret =
	    (struct cc_secret){.algorithm = made.algorithm,
			       .key = plan->value,
			       .length = plan->value.len > 0 || plan->type == CKK_AES ? 0 : made.length,
			       .usage = made.usage,
			       .pin_policy = (uint8_t)made.pin_policy,
			       .touch_policy = (uint8_t)made.touch_policy,
			       .attributes = &making.attributes};
	rv = make(token, &making, CS_VIEW_OF(unique));
	if (rv != CKR_OK)
		return rv;
	index = secrets_index(making.number);
	if (index == SECRETS_MAX)
		return CKR_DEVICE_ERROR;
	secrets_set(&token->secrets, index, &made);
	*out = object_handle(token, (struct object){OBJECT_SECRET, index});
	return CKR_OK;
}

static enum cs_err delete_work(struct token *token, void *arg)
{
	const uint8_t *number = arg;

	return cc_csgn_secret_delete(token->card, *number);
}

CK_RV card_secret_delete(struct token *token, size_t index)
{
	uint8_t number = secrets_number(index);
	enum cs_err err = token_run(token, NEED_LOGIN, delete_work, &number);

	if (err == CS_OK || err == CS_ERR_NOT_FOUND)
		secrets_drop(&token->secrets, index);
	return token_rv(token, err);
}
