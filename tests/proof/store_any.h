/* SPDX-License-Identifier: BSD-2-Clause
 *
 * For harnesses of the record store: a flash of any shape that the store takes.
 */
#ifndef COUNTERSIGN_TESTS_PROOF_STORE_ANY_H
#define COUNTERSIGN_TESTS_PROOF_STORE_ANY_H

#include "applet/store_internal.h"
#include "tests/proof/proof.h"

/* Of any page size up to page_max and any write size, and so many pages. */
static inline void any_flash(struct flash *flash, uint32_t page_max, uint32_t page_count)
{
	unsigned shift = nondet_u8() % 6;

	flash->page_size = nondet_u32();
	flash->page_count = page_count;
	flash->write_size = 1u << shift;
	assume(flash->page_size >= 2048 && flash->page_size <= page_max &&
	       (flash->page_size & (flash->write_size - 1)) == 0);
}

/* An offset in a page where something may stand: behind its header, at a write unit. */
static inline uint32_t any_offset(const struct store *st)
{
	uint32_t offset = nondet_u32();

	assume(offset >= store_page_start(st) && offset <= st->flash->page_size &&
	       (offset & (st->flash->write_size - 1)) == 0);
	return offset;
}

#endif
