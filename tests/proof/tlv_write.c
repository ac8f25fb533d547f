/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Proves: a header is written in as many bytes as cs_tlv_size says, within its buffer, and reads back;
 * closing an element moves its contents within the buffer, whatever its length and the room behind it
 * are.
 *
 * Sources: base/bytes.c base/tlv.c
 *
 * Options: --unwind 5
 */
#include "base/tlv.h"
#include "tests/proof/proof.h"

#define BUFFER 136u

/* Tags as ISO/IEC 7816-4 has them: one byte, or 1F in the low bits of the first. */
static bool tag_is_well_formed(uint32_t tag)
{
	if (tag <= 0xFF)
		return (tag & 0x1F) != 0x1F;
	if (tag <= 0xFFFF)
		return (tag >> 8 & 0x1F) == 0x1F && (tag & 0x80) == 0;
	return tag <= 0xFFFFFF && (tag >> 16 & 0x1F) == 0x1F && (tag & 0x8080) == 0x8000;
}

static void header(void)
{
	uint8_t buf[8];
	uint32_t tag = nondet_u32();
	size_t len = nondet_size(), cap = nondet_u8() % (sizeof(buf) + 1);
	struct cs_writer w = cs_writer_of(buf, cap);
	struct cs_reader r;
	struct cs_tlv element;

	assume(tag_is_well_formed(tag) && len <= 0xFFFFFF);
	cs_tlv_write_header(&w, tag, len);
	assert(w.failed == (cs_tlv_size(tag, len) - len > cap));
	if (w.failed)
		return;
	assert(w.len == cs_tlv_size(tag, len) - len);
	if (len == 0) {
		r = cs_reader_of(cs_writer_view(&w));
		assert(cs_tlv_read(&r, &element) && element.tag == tag && element.value.len == 0 &&
		       r.left == 0);
	}
}

/* The contents as long as the length takes one byte and as it takes two; anything before them, any room
 * behind. */
static void nested(void)
{
	uint8_t buf[BUFFER];
	size_t cap = nondet_size(), len = nondet_size(), mark;
	struct cs_writer w;

	assume(cap <= sizeof(buf));
	assume(len == 0 || len == 0x7F || len == 0x80);
	w = cs_writer_of(buf, cap);
	(void)cs_write_space(&w, nondet_u8() % 4);
	mark = cs_tlv_begin(&w, nondet_u8());
	(void)cs_write_space(&w, len);
	if (!w.failed && len > 0) {
		buf[mark + 1] = 0x5A;
		buf[mark + len] = 0xA5;
	}
	cs_tlv_end(&w, mark);
	assert(w.len <= w.cap);
	if (w.failed)
		return;
	size_t start = w.len - len;

	if (len > 1)
		assert(buf[start] == 0x5A && buf[start + len - 1] == 0xA5);
	assert(start == mark + (len <= 0x7F ? 1 : 2));
	assert(buf[mark] == (len <= 0x7F ? len : 0x81));
}

int main(void)
{
	if (nondet_bool())
		header();
	else
		nested();
	return 0;
}
