/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Bytes never travel as loose pairs. A view borrows bytes; a reader walks over a view; a writer fills a buffer.
 * Reader and writer have a sticky failure flag: after the first overrun every further call does nothing (a reader
 * yields zeros and empty views), so that a parse or a build can be written down as the plain list of its fields and
 * be checked once, at the end, with cs_reader_done or cs_writer_done. Multi-byte integers are big-endian.
 */
#ifndef COUNTERSIGN_BASE_BYTES_H
#define COUNTERSIGN_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Borrowed bytes. ptr may be NULL only where len is 0. Whoever hands out a view says what it borrows from. */
struct cs_view {
	const uint8_t *ptr;
	size_t len;
};

/* Both fields are private to base/; use the functions. */
struct cs_reader {
	const uint8_t *ptr;
	size_t left;
	bool failed;
};

struct cs_writer {
	uint8_t *buf;
	size_t cap;
	size_t len;
	bool failed;
};

static inline struct cs_view cs_view(const void *ptr, size_t len)
{
	return (struct cs_view){.ptr = ptr, .len = len};
}

/* A view of a whole array (not of a pointer), and of a string literal without its NUL. */
#define CS_VIEW_OF(array)   cs_view((array), sizeof(array))
#define CS_VIEW_TEXT(lit)   cs_view("" lit, sizeof(lit) - 1)
#define CS_VIEW_EMPTY       cs_view(NULL, 0)

/* A view of a NUL-terminated string, without its NUL. */
struct cs_view cs_view_string(const char *text);
/* Equal length and bytes. Not constant-time: for public data only; secrets use cs_equal_ct. */
bool cs_view_equal(struct cs_view a, struct cs_view b);
bool cs_view_starts_with(struct cs_view whole, struct cs_view prefix);

/* ---- reader ---- */

struct cs_reader cs_reader_of(struct cs_view in);
uint8_t cs_read_u8(struct cs_reader *r);
uint16_t cs_read_u16(struct cs_reader *r);
uint32_t cs_read_u32(struct cs_reader *r);
uint64_t cs_read_u64(struct cs_reader *r);
/* The next len bytes, borrowed from what the reader reads; an empty view after a failure. */
struct cs_view cs_read_view(struct cs_reader *r, size_t len);
/* All that is left (empty after a failure). */
struct cs_view cs_read_rest(struct cs_reader *r);
/* Copies len bytes to dst; dst is zeroed after a failure. */
void cs_read_copy(struct cs_reader *r, void *dst, size_t len);
/* Marks the reader failed, for callers who find a value that does not belong. */
void cs_reader_fail(struct cs_reader *r);
/* True while there are bytes left and nothing has failed: the condition of a loop over elements. */
bool cs_reader_more(const struct cs_reader *r);
/* The end of a parse: CS_OK if nothing failed and no byte is left, else CS_ERR_MALFORMED. */
CS_MUST_CHECK enum cs_err cs_reader_done(const struct cs_reader *r);

/* ---- writer ---- */

/* The writer borrows buf for its whole life. */
struct cs_writer cs_writer_of(void *buf, size_t cap);
#define CS_WRITER_OF(array) cs_writer_of((array), sizeof(array))
void cs_write_u8(struct cs_writer *w, uint8_t value);
void cs_write_u16(struct cs_writer *w, uint16_t value);
void cs_write_u32(struct cs_writer *w, uint32_t value);
void cs_write_u64(struct cs_writer *w, uint64_t value);
/* bytes may not overlap the writer's buffer. */
void cs_write_view(struct cs_writer *w, struct cs_view bytes);
void cs_write_fill(struct cs_writer *w, uint8_t value, size_t count);
/* Claims len bytes for the caller to fill; NULL after a failure. */
uint8_t *cs_write_space(struct cs_writer *w, size_t len);
/* Takes back what was written behind the first len bytes. */
void cs_writer_cut(struct cs_writer *w, size_t len);
void cs_writer_fail(struct cs_writer *w);
/* What has been written so far, borrowed from the buffer; empty after a failure. */
struct cs_view cs_writer_view(const struct cs_writer *w);
/* CS_OK, or CS_ERR_NO_SPACE if anything did not fit. */
CS_MUST_CHECK enum cs_err cs_writer_done(const struct cs_writer *w);

#endif
