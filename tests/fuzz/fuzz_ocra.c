/* SPDX-License-Identifier: BSD-2-Clause
 *
 * OCRA: the first line of the input is a suite, the rest a challenge. Whatever parses has fields within their
 * limits, and gives an answer of the length it says.
 */
#include <string.h>

#include "base/oath.h"
#include "tests/fuzz/fuzz.h"

/* Not an HMAC, but it reads all it is given. */
static enum cs_err sum(void *ctx, enum cs_hash hash, struct cs_view key, struct cs_view msg, uint8_t *mac)
{
	uint8_t total = (uint8_t)key.len;

	(void)ctx;
	for (size_t i = 0; i < msg.len; i++)
		total = (uint8_t)(total + msg.ptr[i]);
	memset(mac, total, cs_hash_size(hash));
	return CS_OK;
}

static void require_within_limits(const struct cs_ocra_suite *s)
{
	FUZZ_REQUIRE(s->digits == 0 || (s->digits >= 4 && s->digits <= CS_OATH_DIGITS_MAX));
	FUZZ_REQUIRE(s->question_max >= 4 && s->question_max <= CS_OCRA_QUESTION_MAX);
	FUZZ_REQUIRE(s->session_len <= CS_OCRA_SESSION_MAX);
	FUZZ_REQUIRE(s->time_step <= 48 * 3600);
	FUZZ_REQUIRE(cs_hash_size(s->hash) != 0 && (s->pin_hash == 0 || cs_hash_size(s->pin_hash) != 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct cs_hmac hmac = {.fn = sum};
	static const uint8_t zeros[CS_HASH_MAX];
	const uint8_t *line_end = size == 0 ? NULL : memchr(data, '\n', size);
	size_t suite_len = line_end == NULL ? size : (size_t)(line_end - data);
	size_t question_at = line_end == NULL ? size : suite_len + 1;
	struct cs_ocra_suite suite;
	char out[2 * CS_HASH_MAX + 1];

	if (cs_ocra_suite_parse(cs_view(data, suite_len), &suite) != CS_OK)
		return 0;
	require_within_limits(&suite);
	struct cs_ocra_input in = {
	    .question = cs_view(data + question_at, size - question_at),
	    .pin_hash = cs_view(zeros, cs_hash_size(suite.pin_hash)),
	    .session = cs_view(zeros, suite.session_len < sizeof(zeros) ? suite.session_len : sizeof(zeros)),
	};
	if (cs_ocra(&hmac, &suite, CS_VIEW_TEXT("key"), &in, out) == CS_OK)
		FUZZ_REQUIRE(strlen(out) ==
			     (suite.digits == 0 ? 2 * cs_hash_size(suite.hash) : suite.digits));
	return 0;
}
