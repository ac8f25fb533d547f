/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Proves: any bytes at all parse within their bounds, or are refused; what was parsed has its data
 * inside the input, an Ne that its form can say, and no byte unaccounted for.
 *
 * Sources: base/bytes.c base/apdu.c
 *
 * Options: --unwind 9
 */
#include "base/apdu.h"
#include "tests/proof/proof.h"

#define LENGTH_MAX 300u

int main(void)
{
	size_t len = nondet_size(), lc, le;
	const uint8_t *raw;
	struct cs_apdu cmd;

	assume(len > 0 && len <= LENGTH_MAX);
	raw = any_bytes(len);
	if (cs_apdu_parse(cs_view(raw, len), &cmd) != CS_OK)
		return 0;
	assert(len >= 4 && cmd.cla == raw[0] && cmd.ins == raw[1] && cmd.p1 == raw[2] && cmd.p2 == raw[3]);
	assert(cmd.data.len <= (cmd.extended ? CS_APDU_DATA_MAX : CS_APDU_SHORT_DATA_MAX));
	assert(cmd.ne <= (cmd.extended ? CS_APDU_NE_MAX : CS_APDU_SHORT_NE_MAX));
	if (cmd.data.len > 0)
		assert(cmd.data.ptr > raw + 4 && cmd.data.ptr + cmd.data.len <= raw + len);
	lc = cmd.data.len == 0 ? 0 : cmd.extended ? 3 : 1;
	le = cmd.ne == 0 ? 0 : cmd.extended ? (lc == 0 ? 3 : 2) : 1;
	/* Lc of zero may be said, too. */
	assert(len >= 4 + lc + cmd.data.len + le && len <= 4 + lc + cmd.data.len + le + 3);
	return 0;
}
