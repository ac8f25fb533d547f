/* SPDX-License-Identifier: BSD-2-Clause
 *
 * SubjectPublicKeyInfo.
 */
#include "pkcs11/pubkey.h"

#include "base/tlv.h"

enum der {
	DER_INTEGER = 0x02,
	DER_BIT_STRING = 0x03,
	DER_NULL = 0x05,
	DER_OID = 0x06,
	DER_PRINTABLE = 0x13,
	DER_SEQUENCE = 0x30,
};

static const uint8_t oid_rsa[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01};
static const uint8_t oid_ec[] = {0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01};

/* Each algorithm that is not RSA has an OID of its own: of a curve, which is CKA_EC_PARAMS, or of a parameter
 * set. */
struct curve {
	enum piv_alg alg;
	CK_KEY_TYPE type;
	unsigned bits;
	CK_ULONG parameter_set;
	size_t point_len;
	const char *name; /* curveName of PKCS #11 v3.0, 6.3.3; NULL: none that programs use */
	uint8_t der[12];  /* OID element */
	size_t der_len;
};

/* NIST's: 2.16.840.1.101.3.4.x.y (RFC 9881, 2; RFC 9935, 3). */
#define OID_NIST(arc, n) {DER_OID, 9, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, arc, n}, 11

static const struct curve curves[] = {
    {PIV_ALG_P256,
     CKK_EC,
     256,
     0,
     65,
     "secp256r1",
     {DER_OID, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07},
     10},
    {PIV_ALG_P384, CKK_EC, 384, 0, 97, "secp384r1", {DER_OID, 5, 0x2B, 0x81, 0x04, 0x00, 0x22}, 7},
    {PIV_ALG_P521, CKK_EC, 521, 0, 133, "secp521r1", {DER_OID, 5, 0x2B, 0x81, 0x04, 0x00, 0x23}, 7},
    {PIV_ALG_SM2,
     CKK_EC,
     256,
     0,
     65,
     "sm2p256v1",
     {DER_OID, 8, 0x2A, 0x81, 0x1C, 0xCF, 0x55, 0x01, 0x82, 0x2D},
     10},
    {PIV_ALG_ED25519, CKK_EC_EDWARDS, 255, 0, 32, "edwards25519", {DER_OID, 3, 0x2B, 0x65, 0x70}, 5},
    {PIV_ALG_X25519, CKK_EC_MONTGOMERY, 255, 0, 32, "curve25519", {DER_OID, 3, 0x2B, 0x65, 0x6E}, 5},
    {PIV_ALG_MLDSA44, CKK_ML_DSA, 0, CKP_ML_DSA_44, 1312, NULL, OID_NIST(3, 17)},
    {PIV_ALG_MLDSA65, CKK_ML_DSA, 0, CKP_ML_DSA_65, 1952, NULL, OID_NIST(3, 18)},
    {PIV_ALG_MLDSA87, CKK_ML_DSA, 0, CKP_ML_DSA_87, 2592, NULL, OID_NIST(3, 19)},
    {PIV_ALG_MLKEM512, CKK_ML_KEM, 0, CKP_ML_KEM_512, 800, NULL, OID_NIST(4, 1)},
    {PIV_ALG_MLKEM768, CKK_ML_KEM, 0, CKP_ML_KEM_768, 1184, NULL, OID_NIST(4, 2)},
    {PIV_ALG_MLKEM1024, CKK_ML_KEM, 0, CKP_ML_KEM_1024, 1568, NULL, OID_NIST(4, 3)},
};

static const struct {
	enum piv_alg alg;
	unsigned bits;
} moduli[] = {
    {PIV_ALG_RSA1024, 1024}, {PIV_ALG_RSA2048, 2048}, {PIV_ALG_RSA3072, 3072}, {PIV_ALG_RSA4096, 4096}};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct curve *curve_by_alg(enum piv_alg alg)
{
	for (size_t i = 0; i < COUNT(curves); i++) {
		if (curves[i].alg == alg)
			return &curves[i];
	}
	return NULL;
}

/* What the curves of RFC 8032 and RFC 7748 were called before they had those OIDs; and "curve25519" as
 * OpenSC's pkcs11-tool writes it, with a length that is one too many. */
static const struct {
	enum piv_alg alg;
	uint8_t der[12];
	size_t der_len;
} aliases[] = {
    {PIV_ALG_ED25519, {DER_OID, 9, 0x2B, 0x06, 0x01, 0x04, 0x01, 0xDA, 0x47, 0x0F, 0x01}, 11},
    {PIV_ALG_X25519, {DER_OID, 10, 0x2B, 0x06, 0x01, 0x04, 0x01, 0x97, 0x55, 0x01, 0x05, 0x01}, 12},
    {PIV_ALG_X25519, {DER_PRINTABLE, 11, 'c', 'u', 'r', 'v', 'e', '2', '5', '5', '1', '9'}, 12},
};

static struct cs_view curve_der(const struct curve *curve)
{
	return cs_view(curve->der, curve->der_len);
}

static const struct curve *curve_by_oid(struct cs_view der)
{
	for (size_t i = 0; i < COUNT(curves); i++) {
		if (cs_view_equal(der, curve_der(&curves[i])))
			return &curves[i];
	}
	return NULL;
}

enum piv_alg pubkey_by_oid(struct cs_view der)
{
	const struct curve *curve = curve_by_oid(der);

	return curve != NULL ? curve->alg : (enum piv_alg)0;
}

enum piv_alg pubkey_curve(struct cs_view params)
{
	for (size_t i = 0; i < COUNT(curves) && curves[i].name != NULL; i++) {
		struct cs_view name = cs_view_string(curves[i].name);
		struct cs_reader r = cs_reader_of(params);

		if (cs_view_equal(params, curve_der(&curves[i])))
			return curves[i].alg;
		if (params.len > 0 && params.ptr[0] == DER_PRINTABLE &&
		    cs_view_equal(cs_tlv_expect(&r, DER_PRINTABLE), name) && cs_reader_done(&r) == CS_OK)
			return curves[i].alg;
	}
	for (size_t i = 0; i < COUNT(aliases); i++) {
		if (cs_view_equal(params, cs_view(aliases[i].der, aliases[i].der_len)))
			return aliases[i].alg;
	}
	return (enum piv_alg)0;
}

unsigned pubkey_alg_bits(enum piv_alg alg)
{
	const struct curve *curve = curve_by_alg(alg);

	if (curve != NULL)
		return curve->bits;
	for (size_t i = 0; i < COUNT(moduli); i++) {
		if (moduli[i].alg == alg)
			return moduli[i].bits;
	}
	return 0;
}

enum piv_alg pubkey_modulus(CK_ULONG bits)
{
	for (size_t i = 0; i < COUNT(moduli); i++) {
		if (moduli[i].bits == bits)
			return moduli[i].alg;
	}
	return (enum piv_alg)0;
}

CK_ULONG pubkey_alg_size(enum piv_alg alg)
{
	const struct curve *curve = curve_by_alg(alg);

	return curve != NULL && curve->bits == 0 ? curve->point_len : pubkey_alg_bits(alg);
}

enum piv_alg pubkey_parameter_set(CK_KEY_TYPE type, CK_ULONG set)
{
	for (size_t i = 0; i < COUNT(curves); i++) {
		if (curves[i].type == type && curves[i].parameter_set == set && set != 0)
			return curves[i].alg;
	}
	return (enum piv_alg)0;
}

CK_KEY_TYPE pubkey_alg_type(enum piv_alg alg)
{
	const struct curve *curve = curve_by_alg(alg);

	if (curve != NULL)
		return curve->type;
	return pubkey_alg_bits(alg) != 0 ? CKK_RSA : CKK_VENDOR_DEFINED;
}

CK_ULONG pubkey_alg_parameter_set(enum piv_alg alg)
{
	const struct curve *curve = curve_by_alg(alg);

	return curve != NULL ? curve->parameter_set : 0;
}

static struct cs_view without_zeros(struct cs_view number)
{
	while (number.len > 0 && number.ptr[0] == 0) {
		number.ptr++;
		number.len--;
	}
	return number;
}

static unsigned bit_length(struct cs_view number)
{
	unsigned bits = 8u * (unsigned)number.len;

	if (number.len == 0)
		return 0;
	for (unsigned top = number.ptr[0]; (top & 0x80u) == 0; top <<= 1)
		bits--;
	return bits;
}

static enum cs_err parse_rsa(struct cs_view key, struct pubkey *out)
{
	struct cs_reader r = cs_reader_of(key);
	struct cs_reader numbers = cs_reader_of(cs_tlv_expect(&r, DER_SEQUENCE));
	struct pubkey parsed = {.type = CKK_RSA};

	parsed.modulus = without_zeros(cs_tlv_expect(&numbers, DER_INTEGER));
	parsed.exponent = without_zeros(cs_tlv_expect(&numbers, DER_INTEGER));
	if (cs_reader_done(&r) != CS_OK || cs_reader_done(&numbers) != CS_OK || parsed.exponent.len == 0)
		return CS_ERR_MALFORMED;
	parsed.bits = bit_length(parsed.modulus);
	for (size_t i = 0; i < COUNT(moduli); i++) {
		if (moduli[i].bits == parsed.bits)
			parsed.alg = moduli[i].alg;
	}
	if (parsed.alg == 0)
		return CS_ERR_UNSUPPORTED;
	*out = parsed;
	return CS_OK;
}

static enum cs_err parse_point(const struct curve *curve, struct cs_view point, struct pubkey *out)
{
	if (point.len != curve->point_len || (curve->type == CKK_EC && point.ptr[0] != 0x04))
		return CS_ERR_MALFORMED;
	*out = (struct pubkey){.type = curve->type,
			       .alg = curve->alg,
			       .bits = curve->bits,
			       .parameter_set = curve->parameter_set,
			       .params = curve_der(curve),
			       .point = point};
	return CS_OK;
}

/* algorithm: the contents of AlgorithmIdentifier. Curves of id-ecPublicKey are its parameters; others have
 * none. */
static const struct curve *algorithm_curve(struct cs_view algorithm)
{
	struct cs_reader r = cs_reader_of(algorithm);
	bool ec = cs_view_equal(cs_tlv_expect(&r, DER_OID), CS_VIEW_OF(oid_ec));
	const struct curve *curve = curve_by_oid(ec ? cs_read_rest(&r) : algorithm);

	return curve != NULL && (curve->type == CKK_EC) == ec ? curve : NULL;
}

enum cs_err pubkey_parse(struct cs_view spki, struct pubkey *out)
{
	struct cs_reader r = cs_reader_of(spki);
	struct cs_reader info = cs_reader_of(cs_tlv_expect(&r, DER_SEQUENCE));
	struct cs_view algorithm = cs_tlv_expect(&info, DER_SEQUENCE);
	struct cs_reader bits = cs_reader_of(cs_tlv_expect(&info, DER_BIT_STRING));
	struct cs_reader alg = cs_reader_of(algorithm);
	const struct curve *curve;
	struct cs_view key;

	if (cs_read_u8(&bits) != 0)
		cs_reader_fail(&bits);
	key = cs_read_rest(&bits);
	if (cs_reader_done(&r) != CS_OK || cs_reader_done(&info) != CS_OK || cs_reader_done(&bits) != CS_OK)
		return CS_ERR_MALFORMED;
	if (cs_view_equal(cs_tlv_expect(&alg, DER_OID), CS_VIEW_OF(oid_rsa)))
		return parse_rsa(key, out);
	curve = algorithm_curve(algorithm);
	return curve != NULL ? parse_point(curve, key, out) : CS_ERR_UNSUPPORTED;
}

static void write_integer(struct cs_writer *w, struct cs_view number)
{
	bool pad;

	number = without_zeros(number);
	pad = number.len == 0 || (number.ptr[0] & 0x80u) != 0;
	cs_tlv_write_header(w, DER_INTEGER, number.len + (pad ? 1 : 0));
	if (pad)
		cs_write_u8(w, 0);
	cs_write_view(w, number);
}

static void write_rsa(struct cs_writer *w, struct cs_view modulus, struct cs_view exponent)
{
	size_t info = cs_tlv_begin(w, DER_SEQUENCE);
	size_t part = cs_tlv_begin(w, DER_SEQUENCE);

	cs_tlv_write(w, DER_OID, CS_VIEW_OF(oid_rsa));
	cs_tlv_write(w, DER_NULL, CS_VIEW_EMPTY);
	cs_tlv_end(w, part);
	part = cs_tlv_begin(w, DER_BIT_STRING);
	cs_write_u8(w, 0);
	size_t key = cs_tlv_begin(w, DER_SEQUENCE);
	write_integer(w, modulus);
	write_integer(w, exponent);
	cs_tlv_end(w, key);
	cs_tlv_end(w, part);
	cs_tlv_end(w, info);
}

static void write_curve(struct cs_writer *w, const struct curve *curve, struct cs_view point)
{
	size_t info = cs_tlv_begin(w, DER_SEQUENCE);
	size_t part = cs_tlv_begin(w, DER_SEQUENCE);

	if (curve->type == CKK_EC)
		cs_tlv_write(w, DER_OID, CS_VIEW_OF(oid_ec));
	cs_write_view(w, curve_der(curve));
	cs_tlv_end(w, part);
	part = cs_tlv_begin(w, DER_BIT_STRING);
	cs_write_u8(w, 0);
	cs_write_view(w, point);
	cs_tlv_end(w, part);
	cs_tlv_end(w, info);
}

enum cs_err pubkey_write_rsa(struct cs_view modulus, struct cs_view exponent, struct cs_writer *spki)
{
	write_rsa(spki, modulus, exponent);
	return cs_writer_done(spki);
}

static enum cs_err write_point(const struct curve *curve, struct cs_view point, struct cs_writer *spki)
{
	if (curve == NULL)
		return CS_ERR_UNSUPPORTED;
	if (point.len != curve->point_len)
		return CS_ERR_MALFORMED;
	write_curve(spki, curve, point);
	return cs_writer_done(spki);
}

enum cs_err pubkey_write_ec(struct cs_view params, struct cs_view point, struct cs_writer *spki)
{
	return write_point(curve_by_alg(pubkey_curve(params)), point, spki);
}

enum cs_err pubkey_write_raw(enum piv_alg alg, struct cs_view key, struct cs_writer *spki)
{
	return write_point(curve_by_alg(alg), key, spki);
}

enum cs_err pubkey_write_spki(const struct cc_piv_public *key, struct cs_writer *spki)
{
	const struct curve *curve = curve_by_alg(key->alg);

	if (curve != NULL)
		return write_point(curve, cs_view(key->point, key->point_len), spki);
	if (pubkey_alg_type(key->alg) != CKK_RSA)
		return CS_ERR_UNSUPPORTED;
	return pubkey_write_rsa(cs_view(key->modulus, key->modulus_len),
				cs_view(key->exponent, key->exponent_len), spki);
}
