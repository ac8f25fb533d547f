/* SPDX-License-Identifier: BSD-2-Clause
 *
 * OCRA (RFC 6287): the answer to a challenge, computed by the token from the question and, as its suite says,
 * a counter, the time, and the data of a transaction.
 *
 * Invariants:
 *  1. Where the suite has a counter, at >= token->next and next == at + 1; where it has none, next stays.
 *  2. Every pair of counter and time step is computed and compared, whether an earlier one matched or not.
 */
#include <string.h>

#include "base/encoding.h"
#include "base/secret.h"
#include "daemon/verify.h"

enum cs_err verify_ocra_suite(struct cs_view text, struct cs_ocra_suite *out)
{
	struct cs_ocra_suite suite;

	enum cs_err err = cs_ocra_suite_parse(text, &suite);
	if (err)
		return err;
	if (suite.digits < CS_OATH_DIGITS_MIN || suite.pin_hash || suite.question_max < 4)
		return CS_ERR_UNSUPPORTED;
	*out = suite;
	return CS_OK;
}

/* The question's length: what a person still types, where the suite takes that much. */
static unsigned ocra_question_len(const struct cs_ocra_suite *suite)
{
	unsigned comfortable = suite->format == CS_OCRA_NUMERIC ? 8 : 16;

	return suite->question_max < comfortable ? suite->question_max : comfortable;
}

enum cs_err verify_ocra_question(const struct cs_hmac *hmac, const struct cs_ocra_suite *suite,
				 const uint8_t random[32], struct cs_view data,
				 char out[VERIFY_QUESTION_MAX + 1])
{
	static const char digits[] = "0123456789", hexadecimal[] = "0123456789abcdef";
	static const char letters[] = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"; /* none that looks like another */
	const char *alphabet = suite->format == CS_OCRA_NUMERIC ? digits
			       : suite->format == CS_OCRA_HEX	? hexadecimal
								: letters;
	const unsigned len = ocra_question_len(suite);
	uint8_t mac[CS_HASH_MAX];

	/* Two bytes a character: the remainder favours no digit by more than 1 in 6,553. */
	enum cs_err err = hmac->fn(hmac->ctx, CS_SHA256, cs_view(random, 32), data, mac);
	if (err)
		return err;
	for (unsigned i = 0; i < len; i++)
		out[i] = alphabet[(unsigned)(mac[2 * i] << 8 | mac[2 * i + 1]) % strlen(alphabet)];
	out[len] = '\0';
	return CS_OK;
}

/* Compares one answer; all ones where it is the code. */
static enum cs_err ocra_compare(const struct cs_hmac *hmac, const struct cs_ocra_suite *suite,
				struct cs_view seed, const struct cs_ocra_input *in, struct cs_view code,
				uint64_t *mask)
{
	char answer[2 * CS_HASH_MAX + 1];

	enum cs_err err = cs_ocra(hmac, suite, seed, in, answer);
	if (!err)
		*mask = (uint64_t)0 - (uint64_t)cs_equal_ct(answer, code.ptr, suite->digits);
	cs_wipe(answer, sizeof(answer));
	return err;
}

/* Looks at every counter of next .. next + ahead and every step of in->time +- around. */
static enum cs_err ocra_search(const struct cs_hmac *hmac, const struct cs_ocra_suite *suite,
			       const struct verify_token *token, struct cs_ocra_input *in, uint32_t ahead,
			       uint32_t around, struct cs_view code, bool *found, uint64_t *at)
{
	const uint64_t middle = in->time, first = middle > around ? middle - around : 0;
	uint64_t hit = 0, match = 0, mask;

	for (uint64_t counter = token->next; counter - token->next <= ahead; counter++) {
		in->counter = counter;
		for (in->time = first; in->time <= middle + around; in->time++) {
			enum cs_err err = ocra_compare(hmac, suite, token->seed, in, code, &mask);
			if (err)
				return err;
			match |= mask & ~hit & counter;
			hit |= mask;
		}
	}
	*found = CS_PUBLIC(hit) != 0;
	*at = CS_PUBLIC(match);
	return CS_OK;
}

enum cs_err verify_ocra(const struct cs_hmac *hmac, const struct verify_token *token,
			const struct verify_limits *limits, const struct verify_challenge *challenge,
			struct cs_view code, uint64_t now, struct verify_decision *out)
{
	struct cs_ocra_input in = {.question = challenge->question, .session = challenge->data};
	struct cs_ocra_suite suite;
	uint64_t at = token->next;
	bool found = false;

	enum cs_err err = verify_ocra_suite(token->suite, &suite);
	if (err)
		return err;
	in.time = suite.time_step ? cs_totp_step(now, 0, suite.time_step) : 0;
	if (code.len == suite.digits && token->next < (uint64_t)VERIFY_POSITION_MAX - 1 - limits->hotp_window)
		err = ocra_search(hmac, &suite, token, &in, suite.counter ? limits->hotp_window : 0,
				  suite.time_step ? limits->totp_window : 0, code, &found, &at);
	if (err)
		return err;
	*out = (struct verify_decision){.outcome = found ? VERIFY_ACCEPTED : VERIFY_WRONG,
					.at = at,
					.next = found && suite.counter ? at + 1 : token->next,
					.drift = token->drift};
	return CS_OK;
}
