/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Proves of head_find in store_recover.c, for a flash of 4 to 8 pages, given what page_scan says of each
 * (store_scan.c): what counts ends at the last commit of the newest page that has one. Pages are gone through
 * from the newest back without a gap; one is passed over only if it has no commit at all, and one is believed
 * only if the page after it was written behind exactly what it holds; none is believed that the ring may have
 * overwritten. Where the log begins anew before there is a commit, nothing but its first header counts. The
 * tail is a page of the log that the ring still has.
 *
 * Sources: base/bytes.c
 *
 * Options: --unwind 18 --unwindset head_find.0:9
 */
#include "tests/proof/store_any.h"

#define PAGES_MAX 8u

struct page_scan;
struct store_header;
static enum cs_err page_scan_2(struct store *st, const struct store_header *h, uint32_t end,
			       struct page_scan *scan);
static enum cs_err page_scan_4(struct store *st, const struct store_header *h, uint32_t end,
			       struct page_scan *scan);
static enum cs_err lost_page_check_3(struct store *st, const struct page_scan *newest);

#define page_scan(...)	     PROOF_CALL(page_scan, __VA_ARGS__)
#define lost_page_check(...) PROOF_CALL(lost_page_check, __VA_ARGS__)
#include "applet/store_recover.c"

static struct store st;
static struct flash flash;
static struct store_header newest;
static size_t byte; /* of a link or tag that is looked at: any */

/* The page that was scanned last, what was found there, and what the page after it says of it. */
static uint64_t scanned;
static uint32_t at_offset, commit_offset, end_said, stamp;
static uint8_t at_link, commit_link, tag, link_said;
static uint16_t back;
static bool fresh, checked, vouched = true;

uint32_t store_page_start(const struct store *s)
{
	assert(s == &st);
	return STORE_HEADER_LEN;
}

enum cs_err store_header_expect(struct store *s, uint64_t page, struct store_header *out)
{
	enum cs_err err = any_result();

	assert(s == &st && page + 1 == scanned && page >= STORE_PAGE_FIRST);
	if (err != CS_OK)
		return err;
	out->page = page;
	out->fresh = nondet_bool();
	out->previous_end = nondet_u32();
	out->link[byte] = nondet_u8();
	out->tag[byte] = nondet_u8();
	return CS_OK;
}

/* What store_scan.c proves of it. */
static enum cs_err scan_any(const struct store_header *h, struct page_scan *scan)
{
	enum cs_err err = any_result();

	scanned = h->page;
	fresh = h->fresh;
	tag = h->tag[byte];
	scan->at.page = scan->commit.page = h->page;
	scan->at.offset = at_offset = nondet_u32();
	scan->at.link[byte] = at_link = nondet_u8();
	scan->at.tag[byte] = tag;
	scan->commit.offset = commit_offset = nondet_u32();
	scan->commit.link[byte] = commit_link = nondet_u8();
	scan->back = back = nondet_u16();
	scan->stamp = stamp = nondet_u32();
	assume(commit_offset <= at_offset);
	assume(commit_offset != 0 || back == 0);
	return err;
}

static enum cs_err page_scan_2(struct store *s, const struct store_header *h, uint32_t end,
			       struct page_scan *scan)
{
	assert(s == &st && h->page == newest.page && end == 0);
	end_said = h->previous_end;
	link_said = h->link[byte];
	return scan_any(h, scan);
}

static enum cs_err lost_page_check_3(struct store *s, const struct page_scan *scan)
{
	assert(s == &st && scan->at.page == newest.page && scanned == newest.page);
	checked = true;
	return any_result();
}

static enum cs_err page_scan_4(struct store *s, const struct store_header *h, uint32_t end,
			       struct page_scan *scan)
{
	enum cs_err err;

	assert(s == &st && checked && vouched);
	assert(commit_offset == 0 && !fresh); /* of the page after it, which is passed over */
	assert(h->page + 1 == scanned && newest.page - h->page < flash.page_count);
	assert(end == end_said);
	err = scan_any(h, scan);
	vouched = at_offset == end_said && at_link == link_said;
	end_said = h->previous_end;
	link_said = h->link[byte];
	return err;
}

int main(void)
{
	flash.page_count = nondet_u32();
	assume(flash.page_count >= 4 && flash.page_count <= PAGES_MAX);
	st.flash = &flash;
	byte = nondet_size();
	assume(byte < STORE_TAG_LEN);
	newest.page = nondet_u32();
	assume(newest.page >= STORE_PAGE_FIRST);
	newest.fresh = nondet_bool();
	newest.previous_end = nondet_u32();
	newest.link[byte] = nondet_u8();
	newest.tag[byte] = nondet_u8();
	if (head_find(&st, &newest) != CS_OK)
		return 0;
	assert(checked && vouched && st.head.page == scanned);
	assert(newest.page - scanned < flash.page_count);
	if (commit_offset != 0) {
		assert(st.head.offset == commit_offset && st.head.link[byte] == commit_link);
	} else {
		assert(fresh && st.head.offset == STORE_HEADER_LEN && st.head.link[byte] == tag);
	}
	assert(st.stamp == stamp && st.tail == scanned - back);
	assert(st.tail >= STORE_PAGE_FIRST && st.head.page - st.tail < flash.page_count);
	return 0;
}
