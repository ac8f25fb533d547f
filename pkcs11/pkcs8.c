/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reading a PrivateKeyInfo.
 */
#include "pkcs11/pkcs8.h"

#include "base/tlv.h"
#include "pkcs11/pubkey.h"

#define FILL_MAX 15u /* bytes of a block but one */

enum der {
	DER_INTEGER = 0x02,
	DER_OCTET_STRING = 0x04,
	DER_NULL = 0x05,
	DER_OID = 0x06,
	DER_SEQUENCE = 0x30,
	DER_SEED = 0x80,       /* of a choice: [0] IMPLICIT OCTET STRING */
	DER_ATTRIBUTES = 0xA0, /* [0], of PrivateKeyInfo and, parameters, of ECPrivateKey */
	DER_PUBLIC = 0xA1,     /* [1], likewise; of PrivateKeyInfo also 81 */
	DER_PUBLIC_BARE = 0x81,
};

static const uint8_t oid_rsa[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01};
static const uint8_t oid_ec[] = {0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01};

struct parse {
	uint8_t *base;
	struct cs_view whole;
	struct pkcs8 *out;
};

/* The bytes are the caller's own, but of a view one cannot tell. */
static void add(struct parse *p, CK_ATTRIBUTE_TYPE type, struct cs_view value)
{
	CK_ATTRIBUTE *a = &p->out->attributes[p->out->count++];

	*a = (CK_ATTRIBUTE){type, NULL, value.len};
	if (value.len > 0)
		a->pValue = p->base + (value.ptr - p->whole.ptr);
}

static void add_type(struct parse *p, CK_KEY_TYPE type)
{
	p->out->type = type;
	p->out->attributes[p->out->count++] =
	    (CK_ATTRIBUTE){CKA_KEY_TYPE, &p->out->type, sizeof(p->out->type)};
}

static struct cs_view take_number(struct cs_reader *r)
{
	struct cs_view number = cs_tlv_expect(r, DER_INTEGER);

	while (number.len > 1 && number.ptr[0] == 0) {
		number.ptr++;
		number.len--;
	}
	return number;
}

/* Elements that may be there, each once at most, in the order of their tags. */
static bool take_optional(struct cs_reader *r, const uint8_t *tags, size_t count)
{
	struct cs_tlv tlv;
	size_t next = 0;

	while (cs_reader_more(r)) {
		if (!cs_tlv_read(r, &tlv))
			return false;
		while (next < count && tags[next] != tlv.tag)
			next++;
		if (next++ == count)
			return false;
	}
	return cs_reader_done(r) == CS_OK;
}

static enum cs_err take_rsa(struct parse *p, struct cs_view key)
{
	static const CK_ATTRIBUTE_TYPE numbers[] = {CKA_MODULUS,    CKA_PUBLIC_EXPONENT, CKA_PRIVATE_EXPONENT,
						    CKA_PRIME_1,    CKA_PRIME_2,	 CKA_EXPONENT_1,
						    CKA_EXPONENT_2, CKA_COEFFICIENT};
	struct cs_reader r = cs_reader_of(key);
	struct cs_reader in = cs_reader_of(cs_tlv_expect(&r, DER_SEQUENCE));
	struct cs_view version = cs_tlv_expect(&in, DER_INTEGER);

	/* Version 1 has more than two primes. */
	if (version.len != 1 || version.ptr[0] != 0)
		return CS_ERR_MALFORMED;
	add_type(p, CKK_RSA);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		add(p, numbers[i], take_number(&in));
	return cs_reader_done(&in) == CS_OK ? cs_reader_done(&r) : CS_ERR_MALFORMED;
}

static enum cs_err take_ec(struct parse *p, struct cs_view params, struct cs_view key)
{
	static const uint8_t optional[] = {DER_ATTRIBUTES, DER_PUBLIC};
	struct cs_reader r = cs_reader_of(key);
	struct cs_reader in = cs_reader_of(cs_tlv_expect(&r, DER_SEQUENCE));
	struct cs_view version = cs_tlv_expect(&in, DER_INTEGER);
	struct cs_view scalar = cs_tlv_expect(&in, DER_OCTET_STRING);

	if (version.len != 1 || version.ptr[0] != 1 || scalar.len == 0 ||
	    !take_optional(&in, optional, sizeof(optional)))
		return CS_ERR_MALFORMED;
	add_type(p, CKK_EC);
	add(p, CKA_EC_PARAMS, params);
	add(p, CKA_VALUE, scalar);
	return cs_reader_done(&r);
}

/* The OID names the curve, whose key is in an OCTET STRING of its own. */
static enum cs_err take_bare(struct parse *p, enum piv_alg alg, struct cs_view oid, struct cs_view key)
{
	struct cs_reader r = cs_reader_of(key);
	struct cs_view value = cs_tlv_expect(&r, DER_OCTET_STRING);

	add_type(p, pubkey_alg_type(alg));
	add(p, CKA_EC_PARAMS, oid);
	add(p, CKA_VALUE, value);
	return value.len > 0 ? cs_reader_done(&r) : CS_ERR_MALFORMED;
}

/* The seed alone, or with the long form behind it; the long form alone is no use to a card. */
static enum cs_err take_seed(struct parse *p, enum piv_alg alg, struct cs_view key)
{
	struct cs_reader r = cs_reader_of(key), both = cs_reader_of(CS_VIEW_EMPTY);
	struct cs_view seed;
	struct cs_tlv tlv;

	if (!cs_tlv_read(&r, &tlv) || cs_reader_done(&r) != CS_OK)
		return CS_ERR_MALFORMED;
	if (tlv.tag == DER_OCTET_STRING)
		return CS_ERR_UNSUPPORTED;
	seed = tlv.value;
	if (tlv.tag == DER_SEQUENCE) {
		both = cs_reader_of(tlv.value);
		seed = cs_tlv_expect(&both, DER_OCTET_STRING);
		(void)cs_tlv_expect(&both, DER_OCTET_STRING);
	} else if (tlv.tag != DER_SEED) {
		return CS_ERR_MALFORMED;
	}
	if (cs_reader_done(&both) != CS_OK || seed.len == 0)
		return CS_ERR_MALFORMED;
	add_type(p, pubkey_alg_type(alg));
	p->out->set = pubkey_alg_parameter_set(alg);
	p->out->attributes[p->out->count++] =
	    (CK_ATTRIBUTE){CKA_PARAMETER_SET, &p->out->set, sizeof(p->out->set)};
	add(p, CKA_SEED, seed);
	return CS_OK;
}

/* algorithm: the contents of the AlgorithmIdentifier. */
static enum cs_err take_key(struct parse *p, struct cs_view algorithm, struct cs_view key)
{
	struct cs_reader r = cs_reader_of(algorithm);
	struct cs_view oid = cs_tlv_expect(&r, DER_OID), params = cs_read_rest(&r);
	struct cs_view element = cs_view(algorithm.ptr, algorithm.len - params.len);
	enum piv_alg alg;

	if (cs_reader_done(&r) != CS_OK)
		return CS_ERR_MALFORMED;
	if (cs_view_equal(oid, CS_VIEW_OF(oid_rsa)))
		return take_rsa(p, key);
	if (cs_view_equal(oid, CS_VIEW_OF(oid_ec)))
		return take_ec(p, params, key);
	alg = pubkey_by_oid(element);
	if (alg == 0 || params.len > 0 || pubkey_alg_type(alg) == CKK_EC)
		return CS_ERR_UNSUPPORTED;
	return pubkey_alg_parameter_set(alg) != 0 ? take_seed(p, alg, key) : take_bare(p, alg, element, key);
}

static bool is_fill(struct cs_view rest, bool filled)
{
	for (size_t i = 0; i < rest.len; i++) {
		if (rest.ptr[i] != 0)
			return false;
	}
	return rest.len <= (filled ? FILL_MAX : 0);
}

enum cs_err pkcs8_parse(uint8_t *der, size_t len, bool filled, struct pkcs8 *out)
{
	static const uint8_t optional[] = {DER_ATTRIBUTES, DER_PUBLIC_BARE, DER_PUBLIC};
	struct parse p = {der, cs_view(der, len), out};
	struct cs_reader r = cs_reader_of(p.whole);
	struct cs_reader in = cs_reader_of(cs_tlv_expect(&r, DER_SEQUENCE));
	struct cs_view version = cs_tlv_expect(&in, DER_INTEGER);
	struct cs_view algorithm = cs_tlv_expect(&in, DER_SEQUENCE);
	struct cs_view key = cs_tlv_expect(&in, DER_OCTET_STRING), rest = cs_read_rest(&r);

	*out = (struct pkcs8){.count = 0};
	if (cs_reader_done(&r) != CS_OK || !is_fill(rest, filled) || version.len != 1 || version.ptr[0] > 1 ||
	    key.len == 0 || !take_optional(&in, optional, sizeof(optional)))
		return CS_ERR_MALFORMED;
	return take_key(&p, algorithm, key);
}
