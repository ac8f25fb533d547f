/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reading points. Invariants:
 *   1. A point has the length and the form of its curve, with nothing behind it.
 *   2. A compressed one is on the curve, since what comes out must be.
 */
#include "pkcs11/point.h"

#include <openssl/ec.h>
#include <openssl/obj_mac.h>

#include "base/tlv.h"
#include "pkcs11/hash.h"
#include "pkcs11/pubkey.h"

enum form { FORM_NONE, FORM_WHOLE, FORM_COMPRESSED };

#define DER_OCTET_STRING 0x04u
#define WHOLE		 0x04u
#define EVEN		 0x02u
#define ODD		 0x03u

/* By length first: what is whole and bare begins as an OCTET STRING does. */
static enum form form_of(enum piv_alg alg, struct cs_view point)
{
	size_t field = (pubkey_alg_bits(alg) + 7) / 8;

	if (pubkey_alg_type(alg) != CKK_EC)
		return point.len == PIV_25519_LEN ? FORM_WHOLE : FORM_NONE;
	if (point.len == 2 * field + 1 && point.ptr[0] == WHOLE)
		return FORM_WHOLE;
	if (point.len == field + 1 && (point.ptr[0] == EVEN || point.ptr[0] == ODD))
		return FORM_COMPRESSED;
	return FORM_NONE;
}

int point_curve(enum piv_alg alg)
{
	switch (alg) {
	case PIV_ALG_P256:
		return NID_X9_62_prime256v1;
	case PIV_ALG_P384:
		return NID_secp384r1;
	case PIV_ALG_P521:
		return NID_secp521r1;
	default:
		return NID_sm2;
	}
}

static enum cs_err decompress(enum piv_alg alg, struct cs_view point, uint8_t room[POINT_MAX],
			      struct cs_view *out)
{
	OSSL_LIB_CTX *lib = cc_library();
	EC_GROUP *group = lib != NULL ? EC_GROUP_new_by_curve_name_ex(lib, NULL, point_curve(alg)) : NULL;
	EC_POINT *p = group != NULL ? EC_POINT_new(group) : NULL;
	enum cs_err err = p != NULL ? CS_OK : CS_ERR_CRYPTO;
	size_t len = 0;

	if (err == CS_OK && EC_POINT_oct2point(group, p, point.ptr, point.len, NULL) != 1)
		err = CS_ERR_MALFORMED;
	if (err == CS_OK)
		len = EC_POINT_point2oct(group, p, POINT_CONVERSION_UNCOMPRESSED, room, POINT_MAX, NULL);
	if (err == CS_OK && len == 0)
		err = CS_ERR_CRYPTO;
	if (err == CS_OK)
		*out = cs_view(room, len);
	EC_POINT_free(p);
	EC_GROUP_free(group);
	return err;
}

enum cs_err point_read(enum piv_alg alg, struct cs_view given, uint8_t room[POINT_MAX], struct cs_view *point)
{
	struct cs_reader r = cs_reader_of(given);
	enum form form = form_of(alg, given);

	if (form == FORM_NONE) {
		given = cs_tlv_expect(&r, DER_OCTET_STRING);
		form = cs_reader_done(&r) == CS_OK ? form_of(alg, given) : FORM_NONE;
	}
	if (form == FORM_NONE)
		return CS_ERR_MALFORMED;
	if (form == FORM_COMPRESSED)
		return decompress(alg, given, room, point);
	*point = given;
	return CS_OK;
}
