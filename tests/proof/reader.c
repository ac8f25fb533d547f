/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Proves: from a reader in any state, whatever is read next: no read is out of bounds; a failure
 * sticks and yields zeros and empty views; what is left only gets less, by what was handed out; and
 * the state is again one that the proof began with. So it holds for any number of steps.
 *
 * Sources: base/bytes.c
 *
 * Options: --unwind 9 --unwindset main.0:33
 */
#include <string.h>

#include "base/bytes.h"
#include "tests/proof/proof.h"

#define LENGTH 32u /* more than any step takes, bar those whose length is any */

static uint8_t first_and_last(struct cs_view v)
{
	return v.len > 0 ? (uint8_t)(v.ptr[0] ^ v.ptr[v.len - 1]) : 0;
}

static void step(struct cs_reader *r)
{
	struct cs_reader before = *r;
	uint8_t copy[8];
	size_t len = nondet_size(), taken = 0;
	uint64_t value = 0;

	switch (nondet_u8() % 8) {
	case 0:
		value = cs_read_u8(r);
		taken = 1;
		break;
	case 1:
		value = cs_read_u16(r);
		taken = 2;
		break;
	case 2:
		value = cs_read_u32(r);
		taken = 4;
		break;
	case 3:
		value = cs_read_u64(r);
		taken = 8;
		break;
	case 4: {
		struct cs_view v = cs_read_view(r, len);

		taken = len;
		assert(r->failed ? v.len == 0 : v.len == len);
		(void)first_and_last(v);
		break;
	}
	case 5: {
		struct cs_view v = cs_read_rest(r);

		taken = before.left;
		assert(v.len == (before.failed ? 0 : before.left));
		(void)first_and_last(v);
		break;
	}
	case 6:
		len = nondet_u8() % (sizeof(copy) + 1);
		cs_read_copy(r, copy, len);
		taken = len;
		for (size_t i = 0; i < len && r->failed; i++)
			assert(copy[i] == 0);
		break;
	default:
		cs_reader_fail(r);
		assert(r->failed);
		break;
	}
	assert(!before.failed || r->failed);
	assert(!r->failed || (r->left == 0 && value == 0));
	assert(r->failed || r->left == before.left - taken);
	assert(cs_reader_more(r) == (!r->failed && r->left > 0));
	assert((cs_reader_done(r) == CS_OK) == (!r->failed && r->left == 0));
}

/* Where a reader can stand: inside its input, or failed. */
static struct cs_reader any_reader(const uint8_t *bytes, size_t len)
{
	struct cs_reader r = {.failed = nondet_bool(), .left = nondet_size()};

	assume(r.left <= len && (!r.failed || r.left == 0));
	r.ptr = len > 0 ? bytes + (len - r.left) : NULL;
	return r;
}

int main(void)
{
	static uint8_t bytes[LENGTH];
	size_t len = nondet_bool() ? LENGTH : 0;
	struct cs_reader r;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = nondet_u8();
	r = cs_reader_of(cs_view(len > 0 ? bytes : NULL, len));
	assert(!r.failed && r.left == len && r.ptr == (len > 0 ? bytes : NULL));
	r = any_reader(bytes, len);
	step(&r);
	assert(r.failed || len == 0 || r.ptr + r.left == bytes + len);
	return 0;
}
