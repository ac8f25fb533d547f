/* SPDX-License-Identifier: BSD-2-Clause
 *
 * BER-TLV as ISO/IEC 7816-4 (5.2.2) uses it: tags of one to three bytes, definite lengths of one to four bytes.
 * A tag is the number its bytes spell: 0x7C, 0x5F2F, 0x5FC105.
 */
#ifndef COUNTERSIGN_BASE_TLV_H
#define COUNTERSIGN_BASE_TLV_H

#include "base/bytes.h"

struct cs_tlv {
	uint32_t tag;
	struct cs_view value; /* borrowed from the reader's input */
};

/* Takes the next element. False at the end of input, and false (with the reader failed) where what follows is not a
 * whole element; so: while (cs_tlv_read(&r, &t)) {...}  then  cs_reader_done(&r). Indefinite lengths, tags over three
 * bytes and lengths over four bytes fail. Lengths that are longer than they need to be are accepted, as cards send them. */
bool cs_tlv_read(struct cs_reader *r, struct cs_tlv *out);

/* Takes the next element if its tag is the given one, and yields its value; fails the reader otherwise. */
struct cs_view cs_tlv_expect(struct cs_reader *r, uint32_t tag);

/* The value of the first element with this tag among the elements of in (not of their children).
 * CS_ERR_NOT_FOUND, or CS_ERR_MALFORMED if an element before it does not parse. */
CS_MUST_CHECK enum cs_err cs_tlv_find(struct cs_view in, uint32_t tag, struct cs_view *value);

/* Number of bytes that tag, length and value take. */
size_t cs_tlv_size(uint32_t tag, size_t value_len);

/* Tag and length only; the caller writes value_len bytes of value next. */
void cs_tlv_write_header(struct cs_writer *w, uint32_t tag, size_t value_len);
void cs_tlv_write(struct cs_writer *w, uint32_t tag, struct cs_view value);
void cs_tlv_write_u8(struct cs_writer *w, uint32_t tag, uint8_t value);

/* A constructed element whose length is not known yet: the value is what is written between begin and end, which
 * gets the shortest length form. mark is begin's result. Elements may nest. */
size_t cs_tlv_begin(struct cs_writer *w, uint32_t tag);
void cs_tlv_end(struct cs_writer *w, size_t mark);

#endif
