/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Proves: from any input of any length, reading an element stays within it; an element that was read
 * lies in the input, and the reader has moved behind it, so that every loop over elements ends.
 *
 * Sources: base/bytes.c base/tlv.c
 *
 * Options: --unwind 5
 */
#include "base/tlv.h"
#include "tests/proof/proof.h"

#define LENGTH_MAX 70000u

int main(void)
{
	size_t len = nondet_size();
	uint8_t *bytes;
	struct cs_reader r, before;
	struct cs_tlv element;

	assume(len > 0 && len <= LENGTH_MAX);
	bytes = any_bytes(len);
	r = before = cs_reader_of(cs_view(bytes, len));
	if (cs_tlv_read(&r, &element)) {
		assert(!r.failed && r.left < before.left);
		assert(element.tag <= 0xFFFFFF);
		assert(element.value.len <= len - 2);
		assert(element.value.ptr >= bytes && element.value.ptr + element.value.len <= bytes + len);
		assert(element.value.ptr + element.value.len == r.ptr);
		if (element.value.len > 0)
			(void)element.value.ptr[element.value.len - 1];
	} else {
		assert(r.failed && r.left == 0);
	}
	return 0;
}
