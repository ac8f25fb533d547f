/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Proves: from a writer in any state, whatever is written next: no write is out of bounds; a failure
 * sticks; what is written only gets more, by what was asked for, and never more than there is room
 * for. So it holds for any number of steps.
 *
 * Sources: base/bytes.c
 *
 * Options: --unwind 9
 */
#include "base/bytes.h"
#include "tests/proof/proof.h"

#define LENGTH_MAX 40u /* more than any step writes, bar those whose length is any */

static void step(struct cs_writer *w)
{
	struct cs_writer before = *w;
	static const uint8_t source[64];
	size_t len = nondet_size(), taken = 0;

	switch (nondet_u8() % 7) {
	case 0:
		cs_write_u8(w, nondet_u8());
		taken = 1;
		break;
	case 1:
		cs_write_u16(w, nondet_u16());
		taken = 2;
		break;
	case 2:
		cs_write_u32(w, nondet_u32());
		taken = 4;
		break;
	case 3:
		cs_write_u64(w, nondet_u64());
		taken = 8;
		break;
	case 4:
		len %= sizeof(source) + 1;
		cs_write_view(w, cs_view(len > 0 ? source : NULL, len));
		taken = len;
		break;
	case 5:
		cs_write_fill(w, nondet_u8(), len);
		taken = len;
		break;
	default: {
		uint8_t *space = cs_write_space(w, len);

		taken = len;
		if (space != NULL && len > 0) {
			space[0] = 1;
			space[len - 1] = 1;
		}
		break;
	}
	}
	assert(!before.failed || w->failed);
	assert(w->len <= w->cap && w->cap == before.cap && w->buf == before.buf);
	assert(w->failed ? w->len == before.len : w->len == before.len + taken);
	assert(cs_writer_view(w).len == (w->failed ? 0 : w->len));
	assert((cs_writer_done(w) == CS_OK) == !w->failed);
}

int main(void)
{
	size_t cap = nondet_size();
	struct cs_writer w;

	assume(cap <= LENGTH_MAX);
	w = cs_writer_of(cap > 0 ? any_bytes(cap) : NULL, cap);
	assert(!w.failed && w.len == 0);
	w.len = nondet_size();
	w.failed = nondet_bool();
	assume(w.len <= cap);
	step(&w);
	return 0;
}
