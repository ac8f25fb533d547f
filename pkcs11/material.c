/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The numbers of keys in templates.
 */
#include "pkcs11/material.h"

#include "pkcs11/attribute.h"
#include "pkcs11/public_half.h"
#include "pkcs11/public_match.h"
#include "pkcs11/pubkey.h"

enum family { F_RSA = 1, F_CURVE = 2, F_SEEDED = 4, F_ANY = F_RSA | F_CURVE | F_SEEDED };
enum use { ASKED, MADE }; /* what of a pair that is generated is asked for, and what is made */

static const struct row {
	CK_ATTRIBUTE_TYPE type;
	unsigned families;
	enum use use;
} rows[] = {
    {CKA_MODULUS_BITS, F_RSA, ASKED},	  {CKA_PUBLIC_EXPONENT, F_RSA, ASKED},
    {CKA_MODULUS, F_RSA, MADE},		  {CKA_PRIVATE_EXPONENT, F_RSA, MADE},
    {CKA_PRIME_1, F_RSA, MADE},		  {CKA_PRIME_2, F_RSA, MADE},
    {CKA_EXPONENT_1, F_RSA, MADE},	  {CKA_EXPONENT_2, F_RSA, MADE},
    {CKA_COEFFICIENT, F_RSA, MADE},	  {CKA_EC_PARAMS, F_CURVE, ASKED},
    {CKA_EC_POINT, F_CURVE, MADE},	  {CKA_VALUE, F_CURVE | F_SEEDED, MADE},
    {CKA_PARAMETER_SET, F_SEEDED, ASKED}, {CKA_SEED, F_SEEDED, MADE},
    {CKA_PUBLIC_KEY_INFO, F_ANY, MADE},
};

static unsigned family_of(enum piv_alg alg)
{
	switch (pubkey_alg_type(alg)) {
	case CKK_RSA:
		return F_RSA;
	case CKK_ML_DSA:
	case CKK_ML_KEM:
		return F_SEEDED;
	default:
		return F_CURVE;
	}
}

/* All exponents that cards make keys with. */
static bool is_f4(struct cs_view e)
{
	static const uint8_t f4[] = {0x01, 0x00, 0x01};

	while (e.len > sizeof(f4) && e.ptr[0] == 0) {
		e.ptr++;
		e.len--;
	}
	return cs_view_equal(e, CS_VIEW_OF(f4));
}

static bool is_asked(enum piv_alg alg, const CK_ATTRIBUTE *a)
{
	switch (a->type) {
	case CKA_MODULUS_BITS:
		return template_ulong(a, 1, a->type, 0) == pubkey_alg_bits(alg);
	case CKA_PUBLIC_EXPONENT:
		return is_f4(template_view(a, 1, a->type));
	case CKA_EC_PARAMS:
		return pubkey_curve(template_view(a, 1, a->type)) == alg;
	case CKA_PARAMETER_SET:
		return template_ulong(a, 1, a->type, 0) == pubkey_alg_parameter_set(alg);
	default:
		return false;
	}
}

static const struct row *row_of(const CK_ATTRIBUTE *a)
{
	for (size_t i = 0; a->ulValueLen > 0 && i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].type == a->type)
			return &rows[i];
	}
	return NULL;
}

static bool half_is_asked(enum piv_alg alg, const CK_ATTRIBUTE *attributes, CK_ULONG count)
{
	for (CK_ULONG i = 0; i < count; i++) {
		const struct row *row = row_of(&attributes[i]);

		if (row != NULL && ((row->families & family_of(alg)) == 0 || !is_asked(alg, &attributes[i])))
			return false;
	}
	return true;
}

CK_RV material_generated(enum piv_alg alg, const struct key_templates *t)
{
	return half_is_asked(alg, t->public, t->public_count) &&
		       half_is_asked(alg, t->private, t->private_count)
		   ? CKR_OK
		   : CKR_TEMPLATE_INCONSISTENT;
}

static CK_RV check_kind(enum piv_alg alg, const CK_ATTRIBUTE *attributes, CK_ULONG count)
{
	for (CK_ULONG i = 0; i < count; i++) {
		const struct row *row = row_of(&attributes[i]);

		if (row == NULL)
			continue;
		if ((row->families & family_of(alg)) == 0)
			return CKR_TEMPLATE_INCONSISTENT;
		/* With which exponent is the key's own affair. */
		if (row->use == ASKED && row->type != CKA_PUBLIC_EXPONENT && !is_asked(alg, &attributes[i]))
			return CKR_TEMPLATE_INCONSISTENT;
	}
	return CKR_OK;
}

CK_RV material_private(enum piv_alg alg, const struct cc_piv_private *key, const CK_ATTRIBUTE *attributes,
		       CK_ULONG count, const struct pkcs8 *unwrapped)
{
	uint8_t spki[PUBKEY_SPKI_MAX];
	struct cs_writer w = CS_WRITER_OF(spki);
	CK_RV rv = check_kind(alg, attributes, count);
	enum cs_err err;

	if (rv != CKR_OK)
		return rv;
	err = public_half(alg, key, template_view(attributes, count, CKA_PRIVATE_EXPONENT), &w);
	if (err == CS_OK)
		return public_match(cs_writer_view(&w), attributes, count, unwrapped);
	if (err != CS_ERR_MALFORMED)
		return err == CS_ERR_UNSUPPORTED ? CKR_OK : CKR_FUNCTION_FAILED;
	if (unwrapped != NULL)
		return CKR_WRAPPED_KEY_INVALID;
	/* One number, or several that differ. */
	return key->scalar.len > 0 ? CKR_ATTRIBUTE_VALUE_INVALID : CKR_TEMPLATE_INCONSISTENT;
}

CK_RV material_public(const CK_ATTRIBUTE *attributes, CK_ULONG count)
{
	uint8_t spki[PUBKEY_SPKI_MAX];
	struct cs_writer w = CS_WRITER_OF(spki);
	struct pubkey own;

	/* What is missing, and what no card has, is for others to say. */
	if (template_public_key(attributes, count, &w) != CKR_OK ||
	    pubkey_parse(cs_writer_view(&w), &own) != CS_OK)
		return CKR_OK;
	if (template_ulong(attributes, count, CKA_MODULUS_BITS, own.bits) != own.bits)
		return CKR_TEMPLATE_INCONSISTENT;
	return public_match_template(cs_writer_view(&w), attributes, count) ? CKR_OK
									    : CKR_TEMPLATE_INCONSISTENT;
}
