/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What belongs together in an OATH credential, and what its name says.
 */
#include "base/ykoath.h"

/* PERIOD and its slash at the beginning: their length, or 0 where the name begins otherwise. */
static size_t period_given(struct cs_view name, uint32_t *period)
{
	uint32_t value = 0;
	size_t n = 0;

	while (n < name.len && name.ptr[n] >= '0' && name.ptr[n] <= '9' && value <= YKOATH_PERIOD_MAX)
		value = value * 10 + (uint32_t)(name.ptr[n++] - '0');
	if (n == 0 || n == name.len || name.ptr[n] != '/' || name.ptr[0] == '0' || value > YKOATH_PERIOD_MAX)
		return 0;
	*period = value;
	return n + 1;
}

void cs_ykoath_split(enum ykoath_type type, struct cs_view name, struct cs_ykoath_parts *out)
{
	size_t skip = 0, colon = 0;

	*out = (struct cs_ykoath_parts){.period = type == YKOATH_TYPE_TOTP ? YKOATH_PERIOD_DEFAULT : 0};
	if (type == YKOATH_TYPE_TOTP)
		skip = period_given(name, &out->period);
	out->label = cs_view(name.ptr + skip, name.len - skip);
	out->account = out->label;
	while (colon < out->label.len && out->label.ptr[colon] != ':')
		colon++;
	if (colon == 0 || colon + 1 >= out->label.len)
		return;
	out->issuer = cs_view(out->label.ptr, colon);
	out->account = cs_view(out->label.ptr + colon + 1, out->label.len - colon - 1);
}

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
