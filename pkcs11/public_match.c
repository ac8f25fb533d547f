/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Comparing a private key's public half with what it is said to be.
 */
#include "pkcs11/public_match.h"

#include "pkcs11/attribute.h"
#include "pkcs11/hash.h"
#include "pkcs11/pkcs8.h"
#include "pkcs11/point.h"
#include "pkcs11/pubkey.h"

static bool same_number(struct cs_view number, struct cs_view given)
{
	while (given.len > 0 && given.ptr[0] == 0) {
		given.ptr++;
		given.len--;
	}
	return cs_view_equal(number, given);
}

static bool same_point(const struct pubkey *own, struct cs_view given)
{
	uint8_t room[POINT_MAX];
	struct cs_view point;

	return point_read(own->alg, given, room, &point) == CS_OK && cs_view_equal(own->point, point);
}

/* In another encoding it is the same key. */
static bool same_key(const struct pubkey *own, struct cs_view spki)
{
	struct pubkey other;

	return pubkey_parse(spki, &other) == CS_OK && own->alg == other.alg &&
	       cs_view_equal(own->modulus, other.modulus) && cs_view_equal(own->exponent, other.exponent) &&
	       cs_view_equal(own->point, other.point);
}

static bool same_attribute(const struct pubkey *own, CK_ATTRIBUTE_TYPE type, struct cs_view value)
{
	switch (type) {
	case CKA_PUBLIC_KEY_INFO:
		return same_key(own, value);
	case CKA_MODULUS:
		return same_number(own->modulus, value);
	case CKA_PUBLIC_EXPONENT:
		return same_number(own->exponent, value);
	case CKA_EC_POINT:
		return same_point(own, value);
	default:
		return true;
	}
}

bool public_match_template(struct cs_view spki, const CK_ATTRIBUTE *attributes, CK_ULONG count)
{
	struct pubkey own;

	if (pubkey_parse(spki, &own) != CS_OK)
		return false;
	for (CK_ULONG i = 0; i < count; i++) {
		if (attributes[i].ulValueLen > 0 &&
		    !same_attribute(&own, attributes[i].type,
				    cs_view(attributes[i].pValue, attributes[i].ulValueLen)))
			return false;
	}
	return true;
}

/* ML-DSA's long form has the digest of the public key in it (FIPS 204, algorithm 6). */
static bool same_digest(const struct pubkey *own, struct cs_view digest)
{
	uint8_t of_own[PKCS8_DIGEST];
	EVP_MD_CTX *shake = hash_start(hash_shake256());
	bool same = shake != NULL && hash_update(shake, own->point) == CS_OK &&
		    hash_squeeze(shake, of_own, sizeof(of_own)) == CS_OK &&
		    cs_view_equal(CS_VIEW_OF(of_own), digest);

	hash_free(shake);
	return same;
}

static bool match_pkcs8(struct cs_view spki, const struct pkcs8 *key)
{
	struct pubkey own;

	if (pubkey_parse(spki, &own) != CS_OK)
		return false;
	if (key->spki_len > 0 && !same_key(&own, cs_view(key->spki, key->spki_len)))
		return false;
	return key->digest.len == 0 || same_digest(&own, key->digest);
}

CK_RV public_match(struct cs_view spki, const CK_ATTRIBUTE *attributes, CK_ULONG count,
		   const struct pkcs8 *key)
{
	if (public_match_template(spki, attributes, count) && (key == NULL || match_pkcs8(spki, key)))
		return CKR_OK;
	return key != NULL ? CKR_WRAPPED_KEY_INVALID : CKR_TEMPLATE_INCONSISTENT;
}
