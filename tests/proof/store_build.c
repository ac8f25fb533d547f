/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Proves of how store_recover.c builds the index, one level given to the next as what it was proved to be.
 *
 * assemble, for any entry in any state between two: the index is told of a value exactly when its last byte
 * has been read, with the place where its first byte stands, and its pieces came one behind the other without
 * anything else between them; of a removal exactly when there is one; and no transaction ends within a value.
 *
 * page_assemble, for a page of any size with up to twelve entries: it hands on each entry up to the end that
 * is given, once and in the log's order, and succeeds only if all of them open and the last one ends there.
 *
 * index_build, for a log of up to eight pages: all pages from the tail to the head are read, in order, each
 * up to where the next one says, which was written behind just that; of the last, all up to the head, and not
 * more.
 *
 * So the index is what all entries from the tail to the last commit say one after the other, and nothing
 * else: the newer of two versions of a record; and nothing of a transaction that did not commit.
 *
 * Sources: base/bytes.c
 *
 * Options: --unwind 18 --unwindset page_assemble_1.0:14,index_build.0:9
 */
#include "tests/proof/store_any.h"

#define ENTRIES 12u
#define PAGES	8u

struct assembly;
static enum cs_err entry_taken(struct store *st, struct assembly *a, const struct store_cursor *at,
			       const struct store_entry *e);
static enum cs_err page_taken(struct store *st, struct assembly *a, const struct store_header *h,
			      uint32_t end, uint8_t link[STORE_TAG_LEN]);

#define assemble(...)	   PROOF_CALL(assemble, __VA_ARGS__)
#define page_assemble(...) PROOF_CALL(page_assemble, __VA_ARGS__)
#define assemble_2	   entry_taken
#define page_assemble_3	   page_taken
#define page_assemble_4	   page_taken
#include "applet/store_recover.c"

static struct store st;
static struct flash flash;
static size_t byte; /* of a link or tag that is looked at: any */

uint32_t store_flash_page(const struct store *s, uint64_t page)
{
	assert(s == &st);
	return (uint32_t)page & 1023u;
}

uint32_t store_page_start(const struct store *s)
{
	assert(s == &st);
	return STORE_HEADER_LEN;
}

/* ---- assemble ---- */

static unsigned puts, removals;
static struct store_slot put_slot;
static uint16_t removed_first, removed_last;
static bool has_room;

enum cs_err store_index_put(struct store *s, const struct store_slot *slot)
{
	assert(s == &st);
	puts++;
	put_slot = *slot;
	return has_room ? CS_OK : CS_ERR_FULL;
}

void store_index_remove(struct store *s, uint16_t first, uint16_t last)
{
	assert(s == &st);
	removals++;
	removed_first = first;
	removed_last = last;
}

static void one_entry(void)
{
	struct assembly a, before;
	struct store_cursor at = {.page = nondet_u32(), .offset = nondet_u16()};
	struct store_entry e;
	bool begins, ends;
	enum cs_err err;

	assume(a.slot.len <= STORE_VALUE_MAX && a.at <= a.slot.len);
	assume(e.data.len <= STORE_FRAGMENT_MAX); /* store_read.c */
	has_room = nondet_bool();
	before = a;
	err = assemble_0(&st, &a, &at, &e);
	assert(puts + removals <= 1);
	if (err != CS_OK)
		return;
	assert(a.slot.len <= STORE_VALUE_MAX && a.at <= a.slot.len);
	assert(!(e.meta.flags & STORE_LAST) || a.at == a.slot.len);
	assert((e.meta.kind == STORE_REMOVE) == (removals == 1));
	if (removals == 1)
		assert(removed_first == e.meta.id && removed_last == e.meta.arg);
	if (e.meta.kind != STORE_VALUE || (e.meta.arg != 0 && !before.started)) {
		assert(puts == 0 && a.at == before.at && a.started == before.started);
		assert(e.meta.kind == STORE_VALUE || e.meta.kind == STORE_REMOVE ||
		       e.meta.kind == STORE_NOTE);
		return;
	}
	begins = e.meta.arg == 0;
	assert(!begins || before.at == before.slot.len);
	assert(begins ||
	       (e.meta.arg == before.at && e.meta.id == before.slot.id && e.meta.total == before.slot.len));
	assert(a.slot.id == e.meta.id && a.slot.len == e.meta.total && a.started);
	assert(a.at == (begins ? 0 : before.at) + e.data.len);
	if (begins)
		assert(a.slot.page == store_flash_page(&st, at.page) && a.slot.offset == at.offset);
	else
		assert(a.slot.page == before.slot.page && a.slot.offset == before.slot.offset);
	ends = a.at == a.slot.len;
	assert(puts == (ends ? 1u : 0u));
	if (ends)
		assert(has_room && put_slot.id == a.slot.id && put_slot.page == a.slot.page &&
		       put_slot.offset == a.slot.offset && put_slot.len == a.slot.len);
}

/* ---- page_assemble ---- */

static struct store_header h;
static uint32_t next, end;
static uint8_t link_read;
static unsigned entries, taken;
static bool refused;

enum cs_err store_entry_read(struct store *s, uint64_t page, const uint8_t tag[STORE_TAG_LEN],
			     uint32_t offset, struct store_entry *out)
{
	enum cs_err err = any_result();

	assert(s == &st && page == h.page && tag == h.tag);
	assert(!refused && taken == entries && offset == next && offset < end);
	if (entries == ENTRIES)
		err = CS_ERR_NOT_FOUND;
	if (err != CS_OK) {
		refused = true;
		return err;
	}
	entries++;
	out->next = nondet_u32();
	assume(out->next > offset && out->next <= flash.page_size);
	next = out->next;
	link_read = out->tag[byte] = nondet_u8();
	return CS_OK;
}

static enum cs_err entry_taken(struct store *s, struct assembly *a, const struct store_cursor *at,
			       const struct store_entry *e)
{
	enum cs_err err = any_result();

	(void)a;
	assert(s == &st && taken + 1 == entries && at->page == h.page && e->next == next);
	taken++;
	refused = refused || err != CS_OK;
	return err;
}

static void one_page(void)
{
	struct assembly a;
	uint8_t link[STORE_TAG_LEN];

	any_flash(&flash, 65536, 4);
	h.page = nondet_u32();
	h.tag[byte] = link_read = nondet_u8();
	next = STORE_HEADER_LEN;
	end = nondet_u32();
	if (page_assemble_1(&st, &a, &h, end, link) != CS_OK)
		return;
	assert(!refused && taken == entries && next == end && link[byte] == link_read);
}

/* ---- index_build ---- */

static uint64_t wanted; /* the page that is to be read next */
static uint64_t told;	/* the page whose header was read last */
static uint32_t end_said;
static uint8_t link_said;
static bool cleared, vouched = true;

void store_index_clear(struct store *s)
{
	assert(s == &st && wanted == st.tail);
	cleared = true;
}

enum cs_err store_header_expect(struct store *s, uint64_t page, struct store_header *out)
{
	enum cs_err err = any_result();

	assert(s == &st && page >= st.tail && page <= st.head.page);
	if (err != CS_OK)
		return err;
	told = page;
	out->page = page;
	out->previous_end = end_said = nondet_u32();
	out->link[byte] = link_said = nondet_u8();
	return CS_OK;
}

static enum cs_err page_taken(struct store *s, struct assembly *a, const struct store_header *header,
			      uint32_t to, uint8_t link[STORE_TAG_LEN])
{
	enum cs_err err = any_result();

	(void)a;
	assert(s == &st && cleared && header->page == wanted);
	assert(vouched);
	if (wanted < st.head.page)
		assert(told == wanted + 1 && to == end_said);
	else
		assert(to == st.head.offset);
	link[byte] = nondet_u8();
	/* The page behind it was written behind just this. */
	vouched = wanted == st.head.page || link[byte] == link_said;
	if (err == CS_OK)
		wanted++;
	return err;
}

static void all_pages(void)
{
	st.tail = nondet_u32();
	st.head.page = nondet_u32();
	st.head.offset = nondet_u32();
	assume(st.tail >= STORE_PAGE_FIRST && st.tail <= st.head.page && st.head.page - st.tail < PAGES);
	wanted = st.tail;
	if (index_build(&st) == CS_OK)
		assert(cleared && vouched && wanted == st.head.page + 1);
}

int main(void)
{
	st.flash = &flash;
	byte = nondet_size();
	assume(byte < STORE_TAG_LEN);
	switch (nondet_u8() % 3) {
	case 0:
		one_entry();
		break;
	case 1:
		one_page();
		break;
	default:
		all_pages();
		break;
	}
	return 0;
}
