/* SPDX-License-Identifier: BSD-2-Clause
 *
 * PIN rules. A block that is looked at here is a choice, not a guess: how long that takes tells nothing of a
 * PIN that is.
 */
#include "applet/pin_rules.h"

#include <string.h>

#include "applet/pin.h"

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* From one character to another; 0 is the next digit after 9. */
static int step_of(uint8_t from, uint8_t to)
{
	int step = to - from;

	if (is_digit(from) && is_digit(to) && (step == 9 || step == -9))
		step = step > 0 ? -1 : 1;
	return step;
}

/* Characters stride apart are each the same step of -1, 0 or 1 from the one before; those of one stride are
 * alike. */
static bool is_run(const uint8_t *text, size_t len, size_t stride)
{
	int step = step_of(text[0], text[stride]);

	if (step < -1 || step > 1)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (i % stride && text[i] != text[i - 1])
			return false;
		if (i >= stride && step_of(text[i - stride], text[i]) != step)
			return false;
	}
	return true;
}

static bool is_repetition(const uint8_t *text, size_t len)
{
	for (size_t group = 1; group <= len / 2; group++) {
		if (memcmp(text, text + group, len - group) == 0)
			return true;
	}
	return false;
}

static size_t count_different(const uint8_t *text, size_t len)
{
	size_t count = 0;

	for (size_t i = 0; i < len; i++) {
		size_t j = 0;

		while (text[j] != text[i])
			j++;
		count += j == i;
	}
	return count;
}

static bool is_trivial(const uint8_t *text, size_t len)
{
	return is_run(text, len, 1) || is_run(text, len, 2) || is_repetition(text, len) ||
	       count_different(text, len) < 3;
}

static bool is_printable(const uint8_t *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] < 0x20 || text[i] > 0x7E)
			return false;
	}
	return true;
}

static bool is_factory(const uint8_t block[PIV_PIN_LEN])
{
	for (int pin = 0; pin < PIN_COUNT; pin++) {
		if (memcmp(block, pin_factory((enum pin)pin), PIV_PIN_LEN) == 0)
			return true;
	}
	return false;
}

enum cs_err pin_rules(const struct profile *profile, const uint8_t block[PIV_PIN_LEN])
{
	size_t len = pin_length(block);

	if (len == 0 || len < profile->pin_min)
		return CS_ERR_MALFORMED;
	if (!profile_has(profile, CSGN_RULE_NO_TRIVIAL_PIN))
		return CS_OK;
	return is_printable(block, len) && !is_factory(block) && !is_trivial(block, len) ? CS_OK
											 : CS_ERR_MALFORMED;
}
