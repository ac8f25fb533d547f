/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Proves: what is built from a command parses to the same command.
 *
 * Sources: base/bytes.c base/apdu.c
 *
 * Options: --unwind 9
 */
#include "base/apdu.h"
#include "tests/proof/proof.h"

#define DATA_MAX 20u

int main(void)
{
	uint8_t data[DATA_MAX], raw[DATA_MAX + 12];
	struct cs_apdu cmd = {
	    .cla = nondet_u8(), .ins = nondet_u8(), .p1 = nondet_u8(), .p2 = nondet_u8(), .ne = nondet_u32()};
	struct cs_apdu back;
	struct cs_writer w = CS_WRITER_OF(raw);
	size_t at = nondet_size();

	cmd.extended = nondet_bool();
	cmd.data = cs_view(data, nondet_size());
	assume(cmd.data.len <= sizeof(data));
	if (cs_apdu_build(&cmd, &w) != CS_OK)
		return 0;
	assert(cs_apdu_parse(cs_writer_view(&w), &back) == CS_OK);
	assert(back.cla == cmd.cla && back.ins == cmd.ins && back.p1 == cmd.p1 && back.p2 == cmd.p2);
	assert(back.ne == cmd.ne && back.data.len == cmd.data.len);
	assume(at < cmd.data.len);
	assert(back.data.ptr[at] == data[at]);
	return 0;
}
