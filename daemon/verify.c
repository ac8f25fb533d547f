/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The decision whether a one-time password is right: what counts, be it by an event, by time, or by lines.
 *
 * Invariants:
 *  1. at >= token->next, and next == at + 1 (after a resync: at is the second code's position).
 *  2. What is searched is a range of positions, first to last, that never reaches over VERIFY_POSITION_MAX
 * - 1.
 *  3. Each position of a range is computed and compared, whether an earlier one matched or not.
 */
#include "daemon/verify.h"

#include "base/secret.h"

/* Positions first .. last; none where last < first. */
struct verify_range {
	uint64_t first, last;
};

static const struct verify_range VERIFY_NOWHERE = {1, 0};

/* The number that code spells; false where it is not exactly that many digits. */
static bool verify_number(struct cs_view code, unsigned digits, uint32_t *out)
{
	uint32_t value = 0;

	if (code.len != digits || digits < VERIFY_DIGITS_MIN || digits > VERIFY_DIGITS_MAX)
		return false;
	for (size_t i = 0; i < code.len; i++) {
		if (code.ptr[i] < '0' || code.ptr[i] > '9')
			return false;
		value = value * 10 + (uint32_t)(code.ptr[i] - '0');
	}
	*out = value;
	return true;
}

static uint32_t verify_modulus(unsigned digits)
{
	uint32_t modulus = 1;

	while (digits--)
		modulus *= 10;
	return modulus;
}

/* All ones where a equals b, else 0; without a branch. */
static uint64_t verify_equal_mask(uint32_t a, uint32_t b)
{
	return (uint64_t)0 - (uint64_t)((((uint64_t)(a ^ b)) - 1) >> 63);
}

/* a + b, at most the last position there is. */
static uint64_t verify_add(uint64_t a, uint64_t b)
{
	const uint64_t last = (uint64_t)VERIFY_POSITION_MAX - 1;

	return a > last || b > last - a ? last : a + b;
}

static uint64_t verify_subtract(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

/* now's step moved by drift, not below 0. */
static uint64_t verify_expected_step(const struct verify_token *token, uint64_t now)
{
	uint64_t step = cs_totp_step(now, 0, token->period);

	return token->drift < 0 ? verify_subtract(step, (uint64_t) - (int64_t)token->drift)
				: verify_add(step, (uint64_t)token->drift);
}

static struct verify_range verify_range_from(struct verify_range range, uint64_t lowest)
{
	if (range.first < lowest)
		range.first = lowest;
	return range;
}

/* The part of range below end. */
static struct verify_range verify_range_to(struct verify_range range, uint64_t end)
{
	if (range.last >= end)
		range.last = end ? end - 1 : 0;
	return end > range.first ? range : VERIFY_NOWHERE;
}

/* Where a code would be accepted. */
static struct verify_range verify_ahead(const struct verify_token *token, const struct verify_limits *limits,
					uint64_t now)
{
	if (token->type == VERIFY_HOTP)
		return (struct verify_range){token->next, verify_add(token->next, limits->hotp_window)};
	if (token->type == VERIFY_LIST)
		return verify_range_to(
		    (struct verify_range){token->next, verify_add(token->next, limits->list_window)},
		    token->count);
	uint64_t expected = verify_expected_step(token, now);
	struct verify_range range = {verify_subtract(expected, limits->totp_window),
				     verify_add(expected, limits->totp_window)};
	return verify_range_from(range, token->next);
}

/* Where a code has been spent: as many positions below the mark as are looked at above it. */
static struct verify_range verify_behind(const struct verify_token *token, const struct verify_limits *limits)
{
	uint64_t window = token->type == VERIFY_HOTP   ? limits->hotp_window + 1u
			  : token->type == VERIFY_LIST ? limits->list_window + 1u
						       : 2u * limits->totp_window + 1u;

	if (token->next == 0)
		return VERIFY_NOWHERE;
	return (struct verify_range){verify_subtract(token->next, window), token->next - 1};
}

/* The lowest position of range whose code is wanted and, where wanted2 is not NULL, whose successor's is
 * *wanted2. */
static enum cs_err verify_search(const struct cs_hmac *hmac, const struct verify_token *token,
				 struct verify_range range, uint32_t wanted, const uint32_t *wanted2,
				 bool *found, uint64_t *at)
{
	const uint32_t modulus = verify_modulus(token->digits);
	uint64_t match = 0, hit = 0, before = 0;
	uint32_t number;

	for (uint64_t position = range.first; position <= range.last; position++) {
		enum cs_err err = cs_hotp(hmac, token->hash, token->seed, position, &number);
		if (err)
			return err;
		uint64_t equal = verify_equal_mask(number % modulus, wanted);
		uint64_t whole = wanted2 ? before & verify_equal_mask(number % modulus, *wanted2) : equal;
		uint64_t take = whole & ~hit;
		match |= take & position;
		hit |= whole;
		before = equal;
	}
	*found = CS_PUBLIC(hit) != 0;
	*at = CS_PUBLIC(match);
	return CS_OK;
}

static int32_t verify_bounded(int64_t drift, uint32_t limit)
{
	int64_t bound = (int64_t)limit;

	return (int32_t)(drift > bound ? bound : drift < -bound ? -bound : drift);
}

static void verify_accept(const struct verify_token *token, const struct verify_limits *limits, uint64_t at,
			  uint64_t now, struct verify_decision *out)
{
	out->outcome = VERIFY_ACCEPTED;
	out->at = at;
	out->next = at + 1;
	out->spends = 0;
	out->drift = token->drift;
	if (token->type == VERIFY_TOTP) {
		int64_t off = (int64_t)at - (int64_t)cs_totp_step(now, 0, token->period);
		out->drift = verify_bounded(off, limits->totp_drift_limit);
	}
}

enum cs_err verify_code(const struct cs_hmac *hmac, const struct verify_token *token,
			const struct verify_limits *limits, struct cs_view code, uint64_t now,
			struct verify_decision *out)
{
	struct verify_decision decision = {.outcome = VERIFY_WRONG};
	uint32_t wanted;
	uint64_t at;
	bool found = false;
	enum cs_err err = CS_OK;

	if (verify_number(code, token->digits, &wanted)) {
		err = verify_search(hmac, token, verify_ahead(token, limits, now), wanted, NULL, &found, &at);
		if (!err && found)
			verify_accept(token, limits, at, now, &decision);
		else if (!err)
			err = verify_search(hmac, token, verify_behind(token, limits), wanted, NULL, &found,
					    &at);
		if (!err && found && decision.outcome == VERIFY_WRONG)
			decision.outcome = VERIFY_REPLAY;
	}
	if (!err)
		*out = decision;
	return err;
}

/* Where the first of two codes may be, and one more for the second. */
static struct verify_range verify_around(const struct verify_token *token, const struct verify_limits *limits,
					 uint64_t now)
{
	if (token->type == VERIFY_HOTP)
		return (struct verify_range){token->next, verify_add(token->next, limits->resync_window)};
	uint64_t step = cs_totp_step(now, 0, token->period);
	struct verify_range range = {verify_subtract(step, limits->totp_drift_limit),
				     verify_add(step, limits->totp_drift_limit)};
	return verify_range_from(range, token->next);
}

enum cs_err verify_resync(const struct cs_hmac *hmac, const struct verify_token *token,
			  const struct verify_limits *limits, struct cs_view code, struct cs_view code2,
			  uint64_t now, struct verify_decision *out)
{
	struct verify_decision decision = {.outcome = VERIFY_WRONG};
	uint32_t wanted, wanted2;
	uint64_t at;
	bool found = false;

	if (verify_number(code, token->digits, &wanted) && verify_number(code2, token->digits, &wanted2)) {
		enum cs_err err = verify_search(hmac, token, verify_around(token, limits, now), wanted,
						&wanted2, &found, &at);
		if (err)
			return err;
	}
	if (found)
		verify_accept(token, limits, at, now, &decision);
	*out = decision;
	return CS_OK;
}
