/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Proves of page_scan in store_recover.c, for a page of any size up to 4096 bytes and any write unit,
 * whatever stands on it: entries are read one behind the other from the first on; the commit that it finds is
 * the last entry that ends a transaction, with all before it read, and never one behind the first entry that
 * does not open; the stamp counts each transaction up to there and none behind it. Of the newest page it says
 * so only after torn_or_damaged (store_torn.c) has seen what stands behind; of another, whose end the page
 * after it vouches for, only if every entry before that end opens.
 *
 * Sources: base/bytes.c applet/store_page.c
 *
 * Options: --unwind 18 --unwindset page_scan.0:14
 */
#include "tests/proof/store_any.h"

#define ENTRIES 12u

struct page_scan;
static enum cs_err torn_or_damaged_1(struct store *st, const struct store_cursor *at);

#define torn_or_damaged(...) PROOF_CALL(torn_or_damaged, __VA_ARGS__)
#include "applet/store_recover.c"

static struct store st;
static struct flash flash;
static struct store_header h;
static uint32_t next, commit, stamp, end; /* what the entries that have been read say */
static uint16_t back;
static uint8_t link_at, commit_link; /* first bytes of the tags */
static unsigned entries;
static bool over, looked, failed;
static enum cs_err behind; /* what torn_or_damaged says */

enum cs_err store_entry_read(struct store *s, uint64_t page, const uint8_t tag[STORE_TAG_LEN],
			     uint32_t offset, struct store_entry *out)
{
	enum cs_err err = any_result();
	uint32_t size = nondet_u32();

	assert(s == &st && page == h.page && tag == h.tag);
	assert(!over && offset == next && (end == 0 || offset < end));
	if (flash.page_size - offset < STORE_ENTRY_FIXED || entries == ENTRIES)
		err = CS_ERR_NOT_FOUND; /* store_read.c */
	if (err != CS_OK) {
		over = true;
		return err;
	}
	assume(size >= STORE_ENTRY_FIXED && size <= flash.page_size - offset &&
	       (size & (flash.write_size - 1)) == 0);
	entries++;
	next = out->next = offset + size;
	out->meta.flags = nondet_u8();
	out->meta.back = nondet_u16();
	link_at = out->tag[0] = nondet_u8();
	if (out->meta.flags & STORE_LAST) {
		commit = next;
		back = out->meta.back;
		commit_link = link_at;
		if (out->meta.flags & STORE_COUNTED)
			stamp++;
	}
	return CS_OK;
}

static enum cs_err torn_or_damaged_1(struct store *s, const struct store_cursor *at)
{
	assert(s == &st && over && end == 0);
	assert(at->page == h.page && at->offset == next && at->tag[0] == h.tag[0]);
	looked = true;
	behind = any_result();
	return behind;
}

int main(void)
{
	struct page_scan scan;
	enum cs_err err;

	any_flash(&flash, 65536, 4);
	st.flash = &flash;
	h.page = nondet_u32();
	h.tag[0] = link_at = nondet_u8();
	h.stamp = stamp = 0;			/* it is only added to */
	end = nondet_bool() ? 0 : nondet_u32(); /* a header's word for it, authentic but not yet checked */
	next = store_page_start(&st);
	err = page_scan(&st, &h, end, &scan);
	if (err != CS_OK)
		return 0;
	assert(end == 0 ? looked && behind == CS_OK : !over && next >= end);
	assert(scan.at.page == h.page && scan.at.offset == next && scan.at.closed);
	assert(scan.at.link[0] == link_at && scan.at.tag[0] == h.tag[0]);
	assert(scan.commit.offset == commit && scan.commit.offset <= scan.at.offset);
	assert(scan.stamp == stamp);
	if (commit == 0)
		return 0;
	assert(scan.commit.page == h.page && scan.commit.closed && scan.commit.link[0] == commit_link);
	assert(scan.back == back);
	return 0;
}
