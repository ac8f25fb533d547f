/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Proves of store_index.c, for an index of any number of records up to STORE_RECORDS_MAX and any content that
 * is sorted: a record is found where it stands, and only there; putting one leaves the index sorted, with
 * that slot in it, every other as it was, and one more record exactly if there was none of the id; removing a
 * range of up to four records takes those and nothing else; nothing outside the index is touched. So the
 * index says of each record what was put last, until a removal. The search itself, which ends at the first
 * position that is not below the id, is proved for up to 128 records, and given to the others as what it was
 * proved to be.
 *
 * What holds for all positions is proved of one, which may be any but the first and the last few that a full
 * index could have, from what sortedness says of it and its neighbours. memmove is modelled for slots, at
 * that position and the next: nobody looks at others afterwards.
 *
 * Options: --unwind 12 --arrays-uf-always
 */
#include <string.h>

#include "tests/proof/store_any.h"

#define SEARCHED_MAX 128u
#define RANGE_MAX    4u

static struct store st;
static size_t at;    /* the position, in the index as it is afterwards */
static size_t place; /* what the search says */
static bool short_range;
static uint16_t range_last;

static uint16_t searched(uint16_t id);

uint32_t store_space_of(const struct store *s, uint32_t len)
{
	assert(s == &st);
	return len;
}

uint32_t store_flash_page(const struct store *s, uint64_t page)
{
	assert(s == &st);
	return (uint32_t)(page % 16);
}

static void slots_move(struct store_slot *to, const struct store_slot *from, size_t size)
{
	size_t count = size / sizeof(*to), target = (size_t)(to - st.index),
	       source = (size_t)(from - st.index);
	struct store_slot one, two;
	bool moves_one = at >= target && at < target + count;
	bool moves_two = at + 1 >= target && at + 1 < target + count;

	assert(size % sizeof(*to) == 0);
	assert(target + count <= STORE_RECORDS_MAX && source + count <= STORE_RECORDS_MAX);
	if (moves_one)
		one = st.index[at - target + source];
	if (moves_two)
		two = st.index[at + 1 - target + source];
	if (moves_one)
		st.index[at] = one;
	if (moves_two)
		st.index[at + 1] = two;
}

#define memmove				  slots_move
#define store_index_from(...)		  PROOF_CALL(store_index_from, __VA_ARGS__)
#define store_index_from_1(store, wanted) searched(wanted) /* of find */
#define store_index_from_2(store, wanted) searched(wanted) /* of put */
#define store_index_from_3(store, wanted) searched(wanted) /* of remove */
#include "applet/store_index.c"

static bool same(struct store_slot a, struct store_slot b)
{
	return a.id == b.id && a.page == b.page && a.offset == b.offset && a.len == b.len;
}

/* The first position that is not below id. */
static bool is_place(size_t position, uint16_t id)
{
	return position <= st.count && (position == 0 || st.index[position - 1].id < id) &&
	       (position == st.count || st.index[position].id >= id);
}

static uint16_t searched(uint16_t id)
{
	place = nondet_u16();
	assume(is_place(place, id));
	assume(!short_range || place + RANGE_MAX >= st.count || st.index[place + RANGE_MAX].id > range_last);
	return (uint16_t)place;
}

static void search(void)
{
	uint16_t id = nondet_u16();

	assume(st.count <= SEARCHED_MAX);
	assert(is_place(store_index_from_0(&st, id), id));
}

static void find(void)
{
	uint16_t id = nondet_u16();
	size_t other = nondet_size();
	const struct store_slot *found = store_index_find(&st, id);

	if (found != NULL) {
		assert(place < st.count && found == &st.index[place] && st.index[place].id == id);
		return;
	}
	/* Another position may have it only if the index is not sorted. */
	if (other < place)
		assume(other == place - 1 || st.index[other].id < st.index[place - 1].id);
	else if (other < st.count)
		assume(other == place || st.index[other].id > st.index[place].id);
	assert(other >= st.count || st.index[other].id != id);
}

static void put(void)
{
	const struct store_slot slot = {nondet_u16(), nondet_u16(), nondet_u16(), nondet_u16()};
	uint16_t count = st.count;
	struct store_slot before, here, behind; /* what stood there */
	bool there;
	enum cs_err err;

	assume(at > 0 && at + 1 < STORE_RECORDS_MAX);
	before = st.index[at - 1];
	here = st.index[at];
	behind = st.index[at + 1];
	assume(at >= count || before.id < here.id);
	assume(at + 1 >= count || here.id < behind.id);
	err = store_index_put(&st, &slot);
	there = place < count && st.count == count;
	if (err != CS_OK) {
		assert(count == STORE_RECORDS_MAX && st.count == count);
		return;
	}
	assert(st.count == count || st.count == count + 1);
	assert(st.count <= STORE_RECORDS_MAX);
	if (at + 1 < st.count)
		assert(st.index[at].id < st.index[at + 1].id);
	if (at == place) {
		assert(same(st.index[at], slot));
		assert(there == (at < count && here.id == slot.id));
	} else if (at < place) {
		assert(same(st.index[at], here));
	} else if (at < st.count) {
		assert(same(st.index[at], there ? here : before));
	}
}

static void take_range(void)
{
	uint16_t first = nondet_u16(), last = nondet_u16(), count = st.count;
	struct store_slot stood[RANGE_MAX + 1]; /* from at on */
	size_t gone;

	assume(at + RANGE_MAX < STORE_RECORDS_MAX);
	for (size_t i = 0; i <= RANGE_MAX; i++) {
		stood[i] = st.index[at + i];
		assume(i == 0 || at + i >= count || stood[i - 1].id < stood[i].id);
	}
	short_range = true;
	range_last = last;
	store_index_remove(&st, first, last);
	gone = (size_t)count - st.count;
	assert(gone <= RANGE_MAX && place + gone <= count);
	if (at < place) {
		assert(same(st.index[at], stood[0]));
	} else if (at == place) {
		for (size_t i = 0; i < gone; i++)
			assert(stood[i].id >= first && stood[i].id <= last);
		assert(at + gone == count || stood[gone].id > last);
		assert(at >= st.count || same(st.index[at], stood[gone]));
	} else if (at < st.count) {
		assert(same(st.index[at], stood[gone]));
	}
}

int main(void)
{
	struct store any;

	st = any;
	assume(st.count <= STORE_RECORDS_MAX);
	at = nondet_size();
	assume(at < STORE_RECORDS_MAX);
	switch (nondet_u8() % 4) {
	case 0:
		search();
		break;
	case 1:
		find();
		break;
	case 2:
		put();
		break;
	default:
		take_range();
		break;
	}
	return 0;
}
