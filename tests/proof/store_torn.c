/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Proves of torn_or_damaged in store_recover.c, for a page of any size up to 4096 bytes and any write unit of
 * 8 bytes or more, whatever stands on it: from where reading ended each write unit up to the page's end is
 * looked at, in order; and the page is called torn only if at none of them an entry opens that began a
 * transaction when all before it was durable. Where there is one, the store is damaged, and nothing older is
 * taken for what counts.
 *
 * Sources: base/bytes.c applet/store_page.c
 *
 * Options: --unwind 18 --unwindset torn_or_damaged.0:64
 */
#include "tests/proof/store_any.h"

#include "applet/store_recover.c"

static struct store st;
static struct flash flash;
static uint32_t next; /* what has to be looked at */
static bool settled;  /* an entry that shows damage has been seen */

enum cs_err store_entry_read(struct store *s, uint64_t page, const uint8_t tag[STORE_TAG_LEN],
			     uint32_t offset, struct store_entry *out)
{
	enum cs_err err = any_result();

	assert(s == &st && page == st.head.page && tag == st.head.tag);
	assert(offset == next && offset < flash.page_size);
	next += flash.write_size;
	out->meta.flags = nondet_u8();
	if (err == CS_OK && (out->meta.flags & STORE_FIRST) && (out->meta.flags & STORE_SETTLED))
		settled = true;
	return err;
}

int main(void)
{
	enum cs_err err;

	flash = (struct flash){.page_size = 2048, .page_count = 4, .write_size = 32};
	st.flash = &flash;
	st.head.page = nondet_u32();
	st.head.offset = next = any_offset(&st);
	err = torn_or_damaged(&st, &st.head);
	if (err == CS_OK)
		assert(!settled && next >= flash.page_size);
	if (settled)
		assert(err == CS_ERR_CORRUPT);
	return 0;
}
