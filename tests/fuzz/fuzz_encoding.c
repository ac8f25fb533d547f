/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Hexadecimal, base32, base64: what decodes encodes to a text that decodes to the same.
 */
#include <string.h>

#include "base/encoding.h"
#include "tests/fuzz/fuzz.h"

static void check_hex(struct cs_view text, uint8_t *bytes, size_t cap, char *again)
{
	struct cs_writer w = cs_writer_of(bytes, cap);

	if (cs_hex_decode(text, &w) != CS_OK)
		return;
	cs_hex_encode(cs_writer_view(&w), again);
	FUZZ_REQUIRE(strlen(again) == text.len);
	for (size_t i = 0; i < text.len; i++)
		FUZZ_REQUIRE((again[i] | 0x20) == (text.ptr[i] | 0x20));
}

static void check_base32(struct cs_view text, uint8_t *bytes, size_t cap, char *again)
{
	struct cs_writer w = cs_writer_of(bytes, cap);

	if (cs_base32_decode(text, &w) != CS_OK)
		return;
	struct cs_view decoded = cs_writer_view(&w);
	cs_base32_encode(decoded, again);
	FUZZ_REQUIRE(strlen(again) + 1 == CS_BASE32_SIZE(decoded.len));
	uint8_t *twice = malloc(decoded.len + 1);
	FUZZ_REQUIRE(twice != NULL);
	struct cs_writer v = cs_writer_of(twice, decoded.len);
	FUZZ_REQUIRE(cs_base32_decode(cs_view_string(again), &v) == CS_OK);
	FUZZ_REQUIRE(cs_view_equal(cs_writer_view(&v), decoded));
	free(twice);
}

static void check_base64(struct cs_view text, uint8_t *bytes, size_t cap, char *again)
{
	struct cs_writer w = cs_writer_of(bytes, cap);
	size_t digits = 0;

	if (cs_base64_decode(text, &w) != CS_OK)
		return;
	cs_base64_encode(cs_writer_view(&w), again);
	FUZZ_REQUIRE(strlen(again) + 1 == CS_BASE64_SIZE(cs_writer_view(&w).len));
	for (size_t i = 0; i < text.len; i++)
		if (!strchr(" \t\r\n", text.ptr[i]))
			FUZZ_REQUIRE(again[digits++] == (char)text.ptr[i]);
	FUZZ_REQUIRE(again[digits] == '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *bytes = malloc(size + 1);
	char *again = malloc(2 * size + 2);
	struct cs_view text = cs_view(data, size);

	FUZZ_REQUIRE(bytes != NULL && again != NULL);
	check_hex(text, bytes, size, again);
	check_base32(text, bytes, size, again);
	check_base64(text, bytes, size, again);
	check_base32(text, bytes, size / 4, again); /* too little room, for most inputs */
	free(bytes);
	free(again);
	return 0;
}
