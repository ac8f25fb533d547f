/* SPDX-License-Identifier: BSD-2-Clause
 *
 * BER-TLV: what is read lies within the input, and written again it reads the same.
 */
#include <string.h>

#include "base/tlv.h"
#include "tests/fuzz/fuzz.h"

static void require_same_again(const struct cs_tlv *t)
{
	size_t size = cs_tlv_size(t->tag, t->value.len);
	uint8_t *buf = malloc(size);
	struct cs_writer w = cs_writer_of(buf, size);

	FUZZ_REQUIRE(buf != NULL);
	cs_tlv_write(&w, t->tag, t->value);
	FUZZ_REQUIRE(cs_writer_done(&w) == CS_OK && cs_writer_view(&w).len == size);
	struct cs_reader r = cs_reader_of(cs_writer_view(&w));
	FUZZ_REQUIRE(cs_view_equal(cs_tlv_expect(&r, t->tag), t->value));
	FUZZ_REQUIRE(cs_reader_done(&r) == CS_OK);
	free(buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cs_view in = cs_view(data, size);
	struct cs_reader r = cs_reader_of(in);
	struct cs_tlv t;
	struct cs_view found;

	while (cs_tlv_read(&r, &t)) {
		FUZZ_REQUIRE(t.value.len == 0 ||
			     (t.value.ptr > data && t.value.ptr + t.value.len <= data + size));
		require_same_again(&t);
		FUZZ_REQUIRE(cs_tlv_find(in, t.tag, &found) == CS_OK);
	}
	enum cs_err err = cs_tlv_find(in, 0x5FC105, &found);
	FUZZ_REQUIRE(err == CS_OK ||
		     err == (cs_reader_done(&r) == CS_OK ? CS_ERR_NOT_FOUND : CS_ERR_MALFORMED));
	return 0;
}
