/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reading a PrivateKeyInfo. Invariants:
 *   1. Behind a key there is nothing but what fills a block with zeros.
 *   2. A key is of the kind that it says: what has more to it than we read is none.
 *   3. What may be there is there once, in its order, in a version that there is.
 */
#include "pkcs11/pkcs8.h"

#include "base/tlv.h"
#include "pkcs11/point.h"

#define FILL_MAX 15u /* bytes of a block but one */

enum der {
	DER_INTEGER = 0x02,
	DER_BIT_STRING = 0x03,
	DER_OCTET_STRING = 0x04,
	DER_NULL = 0x05,
	DER_OID = 0x06,
	DER_SEQUENCE = 0x30,
	DER_SEED = 0x80,       /* of a choice: [0] IMPLICIT OCTET STRING */
	DER_ATTRIBUTES = 0xA0, /* [0], of PrivateKeyInfo and, parameters, of ECPrivateKey */
	DER_PUBLIC = 0xA1,     /* [1], likewise: a BIT STRING; of PrivateKeyInfo also 81, its contents */
	DER_PUBLIC_BARE = 0x81,
};

static const uint8_t oid_rsa[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01};
static const uint8_t oid_ec[] = {0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01};

struct parse {
	uint8_t *base;
	struct cs_view whole;
	struct cs_view outer, inner; /* public key of PrivateKeyInfo, and of what is in it; empty: none */
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

/* The bytes of a BIT STRING, whole ones. */
static bool take_public(const struct cs_tlv *tlv, struct cs_view *public)
{
	struct cs_reader outer = cs_reader_of(tlv->value), bits = outer;

	if (tlv->tag == DER_PUBLIC)
		bits = cs_reader_of(cs_tlv_expect(&outer, DER_BIT_STRING));
	if (tlv->tag == DER_PUBLIC && cs_reader_done(&outer) != CS_OK)
		return false;
	if (cs_read_u8(&bits) != 0)
		return false;
	*public = cs_read_rest(&bits);
	return cs_reader_done(&bits) == CS_OK && public->len > 0;
}

/* Elements that may be there, each once at most, in the order of their tags. */
static bool take_optional(struct cs_reader *r, const uint8_t *tags, size_t count, struct cs_view *public)
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
		if (tlv.tag != DER_ATTRIBUTES && !take_public(&tlv, public))
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
	    !take_optional(&in, optional, sizeof(optional), &p->inner))
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

/* ML-KEM's long form has the public key in it (FIPS 203, algorithm 16), ML-DSA's its digest (FIPS 204,
 * algorithm 24). */
static bool take_long(struct parse *p, enum piv_alg alg, struct cs_view form)
{
	size_t len = pubkey_alg_size(alg), before = len - 32;
	struct cs_reader r = cs_reader_of(form);

	if (pubkey_alg_type(alg) == CKK_ML_DSA) {
		(void)cs_read_view(&r, 64);
		p->out->digest = cs_read_view(&r, PKCS8_DIGEST);
		return cs_reader_more(&r);
	}
	(void)cs_read_view(&r, before);
	p->inner = cs_read_view(&r, len);
	(void)cs_read_view(&r, 64);
	return cs_reader_done(&r) == CS_OK;
}

/* The seed alone, or with the long form behind it; the long form alone is no use to a card. */
static enum cs_err take_seed(struct parse *p, enum piv_alg alg, struct cs_view key)
{
	struct cs_reader r = cs_reader_of(key), both = cs_reader_of(CS_VIEW_EMPTY);
	struct cs_view seed, form = CS_VIEW_EMPTY;
	struct cs_tlv tlv;

	if (!cs_tlv_read(&r, &tlv) || cs_reader_done(&r) != CS_OK)
		return CS_ERR_MALFORMED;
	if (tlv.tag == DER_OCTET_STRING)
		return CS_ERR_UNSUPPORTED;
	seed = tlv.value;
	if (tlv.tag == DER_SEQUENCE) {
		both = cs_reader_of(tlv.value);
		seed = cs_tlv_expect(&both, DER_OCTET_STRING);
		form = cs_tlv_expect(&both, DER_OCTET_STRING);
	} else if (tlv.tag != DER_SEED) {
		return CS_ERR_MALFORMED;
	}
	if (cs_reader_done(&both) != CS_OK || seed.len == 0 ||
	    (tlv.tag == DER_SEQUENCE && !take_long(p, alg, form)))
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

/* The public key in either place, as a certificate would have it. */
static enum cs_err take_half(struct parse *p, struct cs_view algorithm)
{
	struct cs_writer w = CS_WRITER_OF(p->out->spki);
	struct cs_view key = p->inner.len > 0 ? p->inner : p->outer;
	struct cs_reader r = cs_reader_of(algorithm);
	uint8_t room[POINT_MAX];
	enum piv_alg alg = (enum piv_alg)0;
	size_t info, bits;

	if (key.len == 0)
		return CS_OK;
	if (p->inner.len > 0 && p->outer.len > 0 && !cs_view_equal(p->inner, p->outer))
		return CS_ERR_MALFORMED;
	(void)cs_tlv_expect(&r, DER_OID);
	if (p->out->type == CKK_EC)
		alg = pubkey_curve(cs_read_rest(&r));
	if (alg != 0 && point_read(alg, key, room, &key) != CS_OK)
		return CS_ERR_MALFORMED;
	info = cs_tlv_begin(&w, DER_SEQUENCE);
	cs_tlv_write(&w, DER_SEQUENCE, algorithm);
	bits = cs_tlv_begin(&w, DER_BIT_STRING);
	cs_write_u8(&w, 0);
	cs_write_view(&w, key);
	cs_tlv_end(&w, bits);
	cs_tlv_end(&w, info);
	p->out->spki_len = w.len;
	return cs_writer_done(&w) == CS_OK ? CS_OK : CS_ERR_MALFORMED;
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
	struct parse p = {.base = der,
			  .whole = cs_view(der, len),
			  .outer = CS_VIEW_EMPTY,
			  .inner = CS_VIEW_EMPTY,
			  .out = out};
	struct cs_reader r = cs_reader_of(p.whole);
	struct cs_reader in = cs_reader_of(cs_tlv_expect(&r, DER_SEQUENCE));
	struct cs_view version = cs_tlv_expect(&in, DER_INTEGER);
	struct cs_view algorithm = cs_tlv_expect(&in, DER_SEQUENCE);
	struct cs_view key = cs_tlv_expect(&in, DER_OCTET_STRING), rest = cs_read_rest(&r);

	enum cs_err err;

	*out = (struct pkcs8){.count = 0};
	if (cs_reader_done(&r) != CS_OK || !is_fill(rest, filled) || version.len != 1 || version.ptr[0] > 1 ||
	    key.len == 0 || !take_optional(&in, optional, sizeof(optional), &p.outer))
		return CS_ERR_MALFORMED;
	err = take_key(&p, algorithm, key);
	return err == CS_OK ? take_half(&p, algorithm) : err;
}
