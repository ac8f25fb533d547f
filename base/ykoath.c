/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What belongs together in an OATH credential.
 */
#include "base/ykoath.h"

enum cs_hash cs_ykoath_hash(uint8_t type_hash)
{
	switch (type_hash & YKOATH_HASH_MASK) {
	case YKOATH_HASH_SHA1:
		return CS_SHA1;
	case YKOATH_HASH_SHA256:
		return CS_SHA256;
	case YKOATH_HASH_SHA512:
		return CS_SHA512;
	default:
		return (enum cs_hash)0;
	}
}

static bool suite_fits(uint8_t type_hash, uint8_t digits, struct cs_view text)
{
	struct cs_ocra_suite suite;

	return cs_ocra_suite_parse(text, &suite) == CS_OK && suite.hash == cs_ykoath_hash(type_hash) &&
	       suite.digits == digits;
}

bool cs_ykoath_shape_valid(uint8_t type_hash, uint8_t digits, struct cs_view suite)
{
	if (cs_ykoath_hash(type_hash) == 0)
		return false;
	switch (type_hash & YKOATH_TYPE_MASK) {
	case YKOATH_TYPE_HOTP:
	case YKOATH_TYPE_TOTP:
		return suite.len == 0 && digits >= CS_OATH_DIGITS_MIN && digits <= CS_OATH_DIGITS_MAX;
	case YKOATH_TYPE_OCRA:
		return suite_fits(type_hash, digits, suite);
	default:
		return false;
	}
}
