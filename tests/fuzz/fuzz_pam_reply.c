/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the PAM module reads off the daemon's socket. A piece of a response is never a response; only the word
 * true, told once, accepts; every text kept ends within its field.
 */
#include <string.h>

#include "pam/reply.h"
#include "tests/fuzz/fuzz.h"

static bool ends(const char text[REPLY_TEXT_SIZE])
{
	return memchr(text, '\0', REPLY_TEXT_SIZE) != NULL;
}

static bool has(struct cs_view text, const char *word)
{
	return memmem(text.ptr, text.len, word, strlen(word)) != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cs_view body = CS_VIEW_EMPTY, part;
	struct reply reply = {0};
	unsigned status = 0, other;

	if (size == 0 || reply_split(cs_view(data, size), &status, &body) != CS_OK)
		return 0;
	FUZZ_REQUIRE(status >= 200 && status <= 599);
	FUZZ_REQUIRE(body.len <= size && (body.len == 0 || body.ptr + body.len == data + size));
	FUZZ_REQUIRE(reply_split(cs_view(data, size - 1), &other, &part) == CS_ERR_BUSY);
	if (reply_parse(status, body, &reply) != CS_OK)
		return 0;
	FUZZ_REQUIRE(reply.status == status);
	FUZZ_REQUIRE(!reply.accepted || (reply.told && has(body, "true")));
	FUZZ_REQUIRE(ends(reply.reason) && ends(reply.code) && ends(reply.message));
	return 0;
}
