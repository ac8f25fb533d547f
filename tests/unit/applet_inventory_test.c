/* SPDX-License-Identifier: BSD-2-Clause
 *
 * INVENTORY: what it tells, to whom, in how many bytes; and the change mark. With COUNTERSIGN_FIGURES set it
 * prints how long it takes too.
 */
#include "tests/unit/card_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "applet/content.h"
#include "applet/records.h"
#include "base/tlv.h"

#define INVENTORY   "80100000 000000"
#define SELECT_OATH "00A4040007A0000005272101"
#define VERIFY_SO   "00200083 08 3132333435363738"
#define GENERATE_9E "0047009E 05 AC03800111 00"
#define WIRE_MARK   (CSGN_MARK_LEN + 1u)

static int setup(void **state)
{
	fixture_setup_countersign(state);
	fixture_expect(*state, SELECT_PIV, CS_SW_OK);
	return 0;
}

static void take_mark(struct fixture *f, uint8_t mark[WIRE_MARK])
{
	struct cs_view v;

	fixture_expect(f, INVENTORY, CS_SW_OK);
	assert_int_equal(cs_tlv_find(f->data, CSGN_TAG_MARK, &v), CS_OK);
	assert_int_equal(v.len, WIRE_MARK);
	memcpy(mark, v.ptr, WIRE_MARK);
}

static uint32_t counter_of(const uint8_t *mark)
{
	return (uint32_t)mark[0] << 24 | (uint32_t)mark[1] << 16 | (uint32_t)mark[2] << 8 | mark[3];
}

/* Asks as a host that knows this mark, from this cursor (0: none). */
static uint16_t ask(struct fixture *f, const uint8_t mark[WIRE_MARK], uint16_t cursor)
{
	uint8_t data[32];
	struct cs_writer w = CS_WRITER_OF(data);
	const uint8_t from[2] = {(uint8_t)(cursor >> 8), (uint8_t)cursor};

	cs_tlv_write(&w, CSGN_TAG_MARK, cs_view(mark, WIRE_MARK));
	if (cursor)
		cs_tlv_write(&w, CSGN_TAG_CURSOR, CS_VIEW_OF(from));
	return fixture_command_cla(f, CSGN_CLA, CSGN_INS_INVENTORY, 0, 0, cs_writer_view(&w));
}

/* ---- what it tells ---- */

static void a_new_card_says_what_it_is(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, INVENTORY, CS_SW_OK);
	assert_true(fixture_answer_has(f, "830101 8A0C 80030303 81030303 83030303"));
	assert_true(fixture_answer_has(f, "8003050700 810400C0FFEE 820102 8400 A012 80010A"));
	assert_true(fixture_answer_has(f, "8F0100"));
	/* the attestation key and its certificate, CHUID, CCC, key history */
	assert_true(fixture_answer_has(f, "8005F911010101 8143 8641 04"));
	assert_true(fixture_answer_has(f, "80035FFF01 8202"));
	assert_true(fixture_answer_has(f, "80035FC102 8202003B 8320"));
	assert_true(fixture_answer_has(f, "80035FC10C 8202"));
}

static void both_applications_answer_it_and_whatever_the_state(void **state)
{
	struct fixture *f = *state;
	uint8_t mark[WIRE_MARK];
	size_t len;

	fixture_expect(f, INVENTORY, CS_SW_OK);
	len = f->data.len;
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	fixture_expect(f, INVENTORY, CS_SW_OK);
	assert_int_equal(f->data.len, len);
	fixture_expect(f, "80100001 00", CS_SW_WRONG_P1P2);
	fixture_expect(f, "80100000 03 8E0100 00", CS_SW_WRONG_DATA);
	fixture_expect(f, "80100000 03 890100 00", CS_SW_WRONG_DATA);
	fixture_expect(f, "80100000 02 8800 00", CS_SW_WRONG_DATA);
	fixture_expect(f, VERIFY_SO, CS_SW_OK);
	fixture_expect(f, "80030000 08 9106 343536313233", CS_SW_OK);
	fixture_expect(f, "80080000", CS_SW_OK);
	fixture_expect(f, INVENTORY, CS_SW_OK);
	assert_true(fixture_answer_has(f, "830104"));
	assert_true(f->data.len > len - 10);
	fixture_expect(f, VERIFY_SO, CS_SW_OK);
	fixture_expect(f, "800ADEAD", CS_SW_OK);
	fixture_expect(f, INVENTORY, CS_SW_OK);
	assert_true(fixture_answer_has(f, "830105 8A0C 80000003 81000003 83000003"));
	assert_int_equal(f->data.len, 2 + WIRE_MARK + 3 + 14);
	take_mark(f, mark);
	assert_int_equal(ask(f, mark, 0), CS_SW_OK);
}

static void keys_and_certificates_are_told_with_what_a_host_needs(void **state)
{
	struct fixture *f = *state;
	uint8_t digest[CS_HASH_MAX], want[5 + 4 + 2 + 32];
	struct cs_writer w = CS_WRITER_OF(want);

	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, "0047009C 0B AC09800111 AA0102 AB0103 00", CS_SW_OK);
	fixture_expect(f, "00FE1182 22 0620 0102030405060708091011121314151617181920212223242526272829303132",
		       CS_SW_OK);
	fixture_expect(f, "00DB3FFF 0C 5C035FC105 5305 7003010203", CS_SW_OK);
	fixture_expect(f, INVENTORY, CS_SW_OK);
	assert_true(fixture_answer_has(f, "A24C 80059C11020301 8143 8641 04"));
	assert_true(fixture_answer_has(f, "A24C 80058211020102 8143 8641 04"));
	assert_int_equal(
	    f->crypto.digest(f->crypto.ctx, CS_SHA256, cs_view("\x70\x03\x01\x02\x03", 5), digest), CS_OK);
	cs_write_view(&w, cs_view("\x80\x03\x5F\xC1\x05\x82\x02\x00\x05\x83\x20", 11));
	cs_write_view(&w, cs_view(digest, 32));
	assert_non_null(memmem(f->data.ptr, f->data.len, want, sizeof(want)));
}

static void pins_are_told_of_whether_anything_changed_or_not(void **state)
{
	struct fixture *f = *state;
	uint8_t mark[WIRE_MARK];

	take_mark(f, mark);
	fixture_expect(f, WRONG_PIN, 0x63C2);
	assert_int_equal(ask(f, mark, 0), CS_SW_OK);
	assert_true(fixture_answer_has(f, "8A0C 80030203 81030303 83030303"));
	assert_int_equal(f->data.len, 2 + WIRE_MARK + 3 + 14);
	fixture_expect(f, "00240081 10 3132333435363738 3837363534333031", CS_SW_OK);
	assert_int_equal(ask(f, mark, 0), CS_SW_OK);
	assert_true(fixture_answer_has(f, "8A0C 80030203 81010303 83010303"));
}

/* Names tell where someone has accounts. What LIST would tell anyone is told, and no more. */
static void credentials_are_named_only_where_oath_would_name_them(void **state)
{
	struct fixture *f = *state;
	static const char entry[] = "A515 8003 210600 8504 6D61696C 8608";

	fixture_expect(f, SELECT_OATH, CS_SW_OK);
	fixture_expect(f, "00010000 18 7104 6D61696C 7310 2106 3132333435363738393031323334", CS_SW_OK);
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, INVENTORY, CS_SW_OK);
	assert_true(fixture_answer_has(f, entry));
	assert_true(fixture_answer_has(f, "8F0100"));
	assert_int_equal(store_put(&f->card.store, RECORD_OATH_FIRST + 1u, cs_view("\1aaaaaaaaaaaaaaaa", 17)),
			 CS_OK);
	fixture_expect(f, INVENTORY, CS_SW_OK);
	assert_false(fixture_answer_has(f, "6D61696C"));
	assert_true(fixture_answer_has(f, "8F0101"));
}

/* Where OATH itself cannot be selected, nobody could LIST them. */
static void a_locked_card_names_no_credentials_and_the_mark_says_so(void **state)
{
	struct fixture *f = *state;
	uint8_t mark[WIRE_MARK];

	fixture_expect(f, SELECT_OATH, CS_SW_OK);
	fixture_expect(f, "00010000 18 7104 6D61696C 7310 2106 3132333435363738393031323334", CS_SW_OK);
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	fixture_expect(f, VERIFY_SO, CS_SW_OK);
	fixture_expect(f, "80030000 08 9106 343536313233", CS_SW_OK);
	take_mark(f, mark);
	fixture_expect(f, "80080000", CS_SW_OK);
	assert_int_equal(ask(f, mark, 0), CS_SW_OK);
	assert_false(fixture_answer_has(f, "6D61696C"));
	assert_true(fixture_answer_has(f, "8F0100"));
	take_mark(f, mark);
	fixture_expect(f, VERIFY_SO, CS_SW_OK);
	fixture_expect(f, "80090000", CS_SW_OK);
	assert_int_equal(ask(f, mark, 0), CS_SW_OK);
	assert_true(fixture_answer_has(f, "8504 6D61696C"));
}

/* ---- the mark ---- */

struct change {
	const char *name;
	const char *prepare[6];
	const char *command;
	bool moves;
};

static const struct change changes[] = {
    {"label", {VERIFY_PIN, SELECT_CSGN, VERIFY_PIN}, "80040000 04 84024869", true},
    {"holder", {SELECT_CSGN, VERIFY_SO}, "80070000 03 8C0161", true},
    {"expiry", {SELECT_CSGN, VERIFY_SO}, "80070000 0A 8D08 3230333030363330", true},
    {"INITIALIZE", {SELECT_CSGN}, "80020000 0C 9008 3837363534333031 8400", true},
    {"RESET", {SELECT_CSGN, VERIFY_SO}, "8005DEAD", true},
    {"TERMINATE", {SELECT_CSGN, VERIFY_SO}, "800ADEAD", true},
    {"generate", {VERIFY_PIN}, GENERATE_9E, true},
    {"import",
     {VERIFY_PIN},
     "00FE119E 22 0620 0102030405060708091011121314151617181920212223242526272829303132",
     true},
    {"move", {VERIFY_PIN, GENERATE_9E}, "00F6829E", true},
    {"delete", {VERIFY_PIN, GENERATE_9E}, "00F6FF9E", true},
    {"certificate", {VERIFY_PIN}, "00DB3FFF 0C 5C035FC105 5305 7003010203", true},
    {"object gone", {VERIFY_PIN}, "00DB3FFF 07 5C035FC107 5300", true},
    {"attributes", {VERIFY_PIN, GENERATE_9E}, "80110000 08 92019E A103 800161", true},
    {"attributes gone",
     {VERIFY_PIN, GENERATE_9E, "80110000 08 92019E A103 800161"},
     "80110000 05 92019E A100",
     true},
    {"secret", {VERIFY_PIN}, "80120801 00", true},
    {"secret gone", {VERIFY_PIN, "80120801 00"}, "80130001", true},
    {"credential", {SELECT_OATH}, "00010000 15 7101 61 7310 2106 3132333435363738393031323334", true},
    {"credential renamed",
     {SELECT_OATH, "00010000 15 7101 61 7310 2106 3132333435363738393031323334"},
     "00050000 06 710161 710162",
     true},
    {"credential gone",
     {SELECT_OATH, "00010000 15 7101 61 7310 2106 3132333435363738393031323334"},
     "00020000 03 710161",
     true},
    {"OATH reset",
     {SELECT_OATH, "00010000 15 7101 61 7310 2106 3132333435363738393031323334"},
     "0004DEAD",
     true},
    /* and these change nothing that is behind the mark */
    {"VERIFY", {NULL}, VERIFY_PIN, false},
    {"wrong PIN", {NULL}, WRONG_PIN, false},
    {"change of the PIN", {NULL}, "00240080 10 313233343536FFFF 343536313233FFFF", false},
    {"signature", {VERIFY_PIN, GENERATE_9E}, "0087119E 0E 7C0C 8200 8108 0102030405060708 00", false},
    {"LOCK", {SELECT_CSGN, VERIFY_SO, "80030000 08 9106 343536313233"}, "80080000", true},
    {"UNLOCK",
     {SELECT_CSGN, VERIFY_SO, "80030000 08 9106 343536313233", "80080000", VERIFY_SO},
     "80090000",
     true},
    {"HOTP code",
     {SELECT_OATH, "00010000 15 7101 61 7310 1106 3132333435363738393031323334"},
     "00A20001 03 710161 00",
     false},
    {"secret used", {VERIFY_PIN, "80120801 00"}, "80140501 02 9800 00", false},
    {"INVENTORY", {NULL}, INVENTORY, false},
};

static void open_blank(struct fixture *f, uint32_t pages)
{
	card_close(&f->card);
	flash_ram_free(f->flash);
	f->flash = flash_ram_new(4096, pages, 8);
	assert_non_null(f->flash);
	f->ports.flash = flash_ram_flash(f->flash);
	assert_int_equal(card_open(&f->card, &f->ports, CSGN_PROFILE_COUNTERSIGN), CS_OK);
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
}

static void the_mark_moves_with_each_change_that_inventory_tells_and_with_no_other(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		uint8_t before[CSGN_MARK_LEN], after[CSGN_MARK_LEN];
		uint16_t sw;

		open_blank(f, 32);
		for (const char *const *p = changes[i].prepare; *p; p++)
			fixture_expect(f, *p, CS_SW_OK);
		content_mark(&f->card, before);
		sw = fixture_send(f, changes[i].command);
		assert_true(sw == CS_SW_OK || sw == 0x63C2 || sw == CS_SW_CONDITIONS);
		content_mark(&f->card, after);
		if ((memcmp(before, after, sizeof(before)) != 0) != changes[i].moves)
			fail_msg("%s", changes[i].name);
		assert_true(counter_of(after) >= counter_of(before));
	}
}

static void a_refused_command_moves_nothing(void **state)
{
	struct fixture *f = *state;
	uint8_t before[WIRE_MARK], after[WIRE_MARK];

	take_mark(f, before);
	fixture_expect(f, GENERATE_9E, CS_SW_SECURITY_STATUS);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, "80130001", CS_SW_REFERENCE_NOT_FOUND);
	fixture_expect(f, "80110000 08 92019E A103 800161", CS_SW_REFERENCE_NOT_FOUND);
	take_mark(f, after);
	assert_memory_equal(before, after, CSGN_MARK_LEN);
}

static void the_mark_lasts_and_never_goes_back(void **state)
{
	struct fixture *f = *state;
	uint8_t marks[4][WIRE_MARK];

	take_mark(f, marks[0]);
	assert_int_equal(fixture_power_cycle(f), CS_OK);
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	take_mark(f, marks[1]);
	assert_memory_equal(marks[0], marks[1], WIRE_MARK);
	fixture_expect(f, VERIFY_SO, CS_SW_OK);
	fixture_expect(f, "80070000 03 8C0161", CS_SW_OK);
	take_mark(f, marks[2]);
	assert_true(counter_of(marks[2]) > counter_of(marks[1]));
	fixture_expect(f, "8005DEAD", CS_SW_OK);
	take_mark(f, marks[3]);
	assert_true(counter_of(marks[3]) > counter_of(marks[2]));
	assert_memory_not_equal(marks[3] + 4, marks[2] + 4, CSGN_MARK_LEN - 4);
}

/* One change each from the same image: the counters are the same, the marks are not. */
static void two_lives_of_one_image_are_told_apart(void **state)
{
	struct fixture *f = *state;
	struct flash_ram *copy;
	uint8_t one[WIRE_MARK], other[WIRE_MARK];
	static const char change[] = "80070000 03 8C0161";

	card_close(&f->card);
	copy = flash_ram_clone(f->flash);
	assert_non_null(copy);
	for (int life = 0; life < 2; life++) {
		assert_int_equal(fixture_power_cycle(f), CS_OK);
		fixture_expect(f, SELECT_CSGN, CS_SW_OK);
		fixture_expect(f, VERIFY_SO, CS_SW_OK);
		fixture_expect(f, change, CS_SW_OK);
		take_mark(f, life ? other : one);
		if (life == 0) {
			card_close(&f->card);
			flash_ram_free(f->flash);
			f->flash = copy;
			f->ports.flash = flash_ram_flash(f->flash);
		}
	}
	assert_int_equal(counter_of(one), counter_of(other));
	assert_memory_not_equal(one, other, CSGN_MARK_LEN);
}

static void a_card_that_was_made_before_there_was_a_mark_gets_one(void **state)
{
	struct fixture *f = *state;
	uint8_t mark[WIRE_MARK];

	assert_int_equal(store_delete(&f->card.store, RECORD_MARK), CS_OK);
	assert_int_equal(fixture_power_cycle(f), CS_OK);
	assert_true(store_has(&f->card.store, RECORD_MARK));
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	take_mark(f, mark);
	assert_int_equal(counter_of(mark), 1);
}

/* ---- few bytes ---- */

static void who_knows_the_mark_gets_a_few_bytes(void **state)
{
	struct fixture *f = *state;
	uint8_t mark[WIRE_MARK];

	take_mark(f, mark);
	assert_int_equal(ask(f, mark, 0), CS_SW_OK);
	assert_int_equal(f->data.len, 32);
	mark[7] ^= 1;
	assert_int_equal(ask(f, mark, 0), CS_SW_OK);
	assert_true(f->data.len > 200);
	mark[7] ^= 1;
	/* the PIN's holder may see more than he has */
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	assert_int_equal(ask(f, mark, 0), CS_SW_OK);
	assert_true(f->data.len > 200);
	take_mark(f, mark);
	assert_int_equal(mark[CSGN_MARK_LEN], 1);
	assert_int_equal(ask(f, mark, 0), CS_SW_OK);
	assert_int_equal(f->data.len, 32);
	/* and knows what others see, once he has seen it */
	fixture_expect(f, "0020FF80", CS_SW_OK);
	assert_int_equal(ask(f, mark, 0), CS_SW_OK);
	assert_int_equal(f->data.len, 32);
}

/* ---- many objects ---- */

#define ATTRIBUTES_LEN (2u + 64u + 2u + 64u + 4u + 3u + 128u)

static void set_attributes(struct fixture *f, struct cs_view reference)
{
	static const uint8_t text[128] = {'t'};
	uint8_t data[300];
	struct cs_writer w = CS_WRITER_OF(data);
	size_t mark;

	cs_tlv_write(&w, CSGN_TAG_REFERENCE, reference);
	mark = cs_tlv_begin(&w, CSGN_TAG_ATTRIBUTES);
	cs_tlv_write(&w, CSGN_ATTRIBUTE_LABEL, cs_view(text, 64));
	cs_tlv_write(&w, CSGN_ATTRIBUTE_ID, cs_view(text, 64));
	cs_tlv_write(&w, CSGN_ATTRIBUTE_FLAGS, cs_view("\0\1", 2));
	cs_tlv_write(&w, CSGN_ATTRIBUTE_MORE, cs_view(text, 128));
	cs_tlv_end(&w, mark);
	assert_int_equal(fixture_command_cla(f, CSGN_CLA, CSGN_INS_SET_ATTRIBUTES, 0, 0, cs_writer_view(&w)),
			 CS_SW_OK);
}

static void put_object(struct fixture *f, uint32_t tag, size_t len)
{
	static uint8_t data[2100];
	struct cs_writer w = CS_WRITER_OF(data);

	cs_write_view(&w, cs_view("\x5C\x03", 2));
	cs_write_u8(&w, (uint8_t)(tag >> 16));
	cs_write_u16(&w, (uint16_t)tag);
	cs_tlv_write_header(&w, PIV_TAG_DATA, len);
	cs_write_fill(&w, (uint8_t)tag, len);
	assert_int_equal(fixture_command(f, PIV_INS_PUT_DATA, 0x3F, 0xFF, cs_writer_view(&w)), CS_SW_OK);
}

/* The certificate's object of a slot. */
static uint32_t certificate_of(uint8_t slot)
{
	switch (slot) {
	case PIV_SLOT_AUTHENTICATION:
		return PIV_OBJ_AUTH_CERT;
	case PIV_SLOT_SIGNATURE:
		return PIV_OBJ_SIGNATURE_CERT;
	case PIV_SLOT_KEY_MANAGEMENT:
		return PIV_OBJ_KEY_MGMT_CERT;
	case PIV_SLOT_CARD_AUTHENTICATION:
		return PIV_OBJ_CARD_AUTH_CERT;
	default:
		return PIV_OBJ_RETIRED_CERT(slot - PIV_SLOT_RETIRED_FIRST);
	}
}

static uint8_t nth_slot(unsigned n)
{
	static const uint8_t first[] = {PIV_SLOT_AUTHENTICATION, PIV_SLOT_SIGNATURE, PIV_SLOT_KEY_MANAGEMENT,
					PIV_SLOT_CARD_AUTHENTICATION};

	return n < 4 ? first[n] : (uint8_t)(PIV_SLOT_RETIRED_FIRST + n - 4);
}

static void fill_slots(struct fixture *f, unsigned count, size_t certificate)
{
	for (unsigned i = 0; i < count; i++) {
		uint8_t slot = nth_slot(i), data[] = {0xAC, 3, 0x80, 1, PIV_ALG_P256};

		assert_int_equal(fixture_command(f, PIV_INS_GENERATE, 0, slot, CS_VIEW_OF(data)), CS_SW_OK);
		put_object(f, certificate_of(slot), certificate);
	}
}

static void put_credential(struct fixture *f, uint8_t n)
{
	uint8_t data[128];
	struct cs_writer w = CS_WRITER_OF(data);

	cs_tlv_write_header(&w, 0x71, 64);
	cs_write_fill(&w, 'n', 63);
	cs_write_u8(&w, n);
	cs_tlv_write(&w, 0x73,
		     cs_view("\x21\x06"
			     "12345678901234",
			     16));
	assert_int_equal(fixture_command(f, 0x01, 0, 0, cs_writer_view(&w)), CS_SW_OK);
}

/* All that a card can hold but the longest public keys, each with all the attributes that it may have. */
static void fill(struct fixture *f)
{
	fill_slots(f, 24, 1000);
	for (unsigned i = 0; i < 24; i++) {
		uint8_t slot = nth_slot(i);
		uint32_t tag = certificate_of(slot);
		const uint8_t reference[3] = {(uint8_t)(tag >> 16), (uint8_t)(tag >> 8), (uint8_t)tag};

		set_attributes(f, cs_view(&slot, 1));
		set_attributes(f, CS_VIEW_OF(reference));
	}
	for (uint8_t n = 1; n <= CSGN_SECRETS_MAX; n++) {
		fixture_expect(f, "80120800 00", CS_SW_OK);
		set_attributes(f, cs_view(&n, 1));
	}
	for (uint32_t tag = 0x5FFF30; tag < 0x5FFF50; tag++) {
		const uint8_t reference[3] = {(uint8_t)(tag >> 16), (uint8_t)(tag >> 8), (uint8_t)tag};

		put_object(f, tag, 40);
		set_attributes(f, CS_VIEW_OF(reference));
	}
	fixture_expect(f, SELECT_OATH, CS_SW_OK);
	for (unsigned n = 0; n < 255; n++)
		put_credential(f, (uint8_t)n);
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
}

struct tally {
	unsigned of[6]; /* by CSGN_TAG_KEY .. CREDENTIAL */
	unsigned attributes;
	unsigned pages;
	size_t bytes;
};

static uint16_t tally_page(struct fixture *f, struct tally *t)
{
	struct cs_reader r = cs_reader_of(f->data);
	struct cs_tlv e;
	uint16_t next = 0;

	t->pages++;
	t->bytes += f->data.len;
	while (cs_tlv_read(&r, &e)) {
		struct cs_view inner;

		assert_int_equal(next, 0); /* a cursor is the last element */
		if (e.tag == CSGN_TAG_CURSOR)
			next = (uint16_t)(e.value.ptr[0] << 8 | e.value.ptr[1]);
		if (e.tag >= CSGN_TAG_KEY && e.tag <= CSGN_TAG_CREDENTIAL) {
			t->of[e.tag - CSGN_TAG_KEY]++;
			if (cs_tlv_find(e.value, CSGN_TAG_ATTRIBUTES, &inner) == CS_OK) {
				assert_int_equal(inner.len, ATTRIBUTES_LEN);
				t->attributes++;
			}
		}
	}
	assert_int_equal(cs_reader_done(&r), CS_OK);
	return next;
}

static void tally_all(struct fixture *f, struct tally *t)
{
	uint8_t mark[WIRE_MARK];
	struct cs_view v;
	uint16_t next;

	memset(t, 0, sizeof(*t));
	assert_int_equal(fixture_command_cla(f, CSGN_CLA, CSGN_INS_INVENTORY, 0, 0, CS_VIEW_EMPTY), CS_SW_OK);
	assert_int_equal(cs_tlv_find(f->data, CSGN_TAG_MARK, &v), CS_OK);
	memcpy(mark, v.ptr, sizeof(mark));
	next = tally_page(f, t);
	while (next) {
		assert_int_equal(ask(f, mark, next), CS_SW_OK);
		next = tally_page(f, t);
	}
}

static void a_card_with_everything_is_told_whole_in_pages(void **state)
{
	struct fixture *f = *state;
	struct tally t;

	open_blank(f, 256);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fill(f);
	tally_all(f, &t);
	assert_int_equal(t.of[0], 25);
	assert_int_equal(t.of[1], 5 + 24 + 32);
	assert_int_equal(t.of[2], CSGN_SECRETS_MAX);
	assert_int_equal(t.of[3], 255);
	assert_int_equal(t.attributes, 24 + 24 + 32 + 32);
	assert_true(t.pages >= 2);
	printf("# everything: %zu bytes in %u pages\n", t.bytes, t.pages);
}

static void a_page_of_another_state_begins_anew(void **state)
{
	struct fixture *f = *state;
	uint8_t mark[WIRE_MARK];
	struct cs_view v;

	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, GENERATE_9E, CS_SW_OK);
	take_mark(f, mark);
	/* from the objects on: no key is told of, and not the card either */
	assert_int_equal(ask(f, mark, RECORD_OBJECT_FIRST), CS_SW_OK);
	assert_int_equal(cs_tlv_find(f->data, CSGN_TAG_KEY, &v), CS_ERR_NOT_FOUND);
	assert_int_equal(cs_tlv_find(f->data, CSGN_TAG_SERIAL, &v), CS_ERR_NOT_FOUND);
	assert_int_equal(cs_tlv_find(f->data, CSGN_TAG_OBJECT, &v), CS_OK);
	fixture_expect(f, "80120800 00", CS_SW_OK);
	assert_int_equal(ask(f, mark, RECORD_OBJECT_FIRST), CS_SW_OK);
	assert_int_equal(cs_tlv_find(f->data, CSGN_TAG_KEY, &v), CS_OK);
	assert_int_equal(cs_tlv_find(f->data, CSGN_TAG_SERIAL, &v), CS_OK);
}

/* ---- figures ---- */

static double milliseconds(struct fixture *f, const uint8_t *mark)
{
	enum { TIMES = 200 };
	struct timespec a, b;

	clock_gettime(CLOCK_MONOTONIC, &a);
	for (int i = 0; i < TIMES; i++) {
		if (mark)
			assert_int_equal(ask(f, mark, 0), CS_SW_OK);
		else
			assert_int_equal(
			    fixture_command_cla(f, CSGN_CLA, CSGN_INS_INVENTORY, 0, 0, CS_VIEW_EMPTY),
			    CS_SW_OK);
	}
	clock_gettime(CLOCK_MONOTONIC, &b);
	return ((double)(b.tv_sec - a.tv_sec) * 1e3 + (double)(b.tv_nsec - a.tv_nsec) / 1e6) / TIMES;
}

static void figures(struct fixture *f, const char *what, size_t most)
{
	uint8_t mark[WIRE_MARK];

	take_mark(f, mark);
	assert_true(f->data.len <= most);
	printf("# %s: %zu bytes", what, f->data.len);
	if (getenv("COUNTERSIGN_FIGURES"))
		printf(" in %.3f ms, %.3f ms where nothing changed", milliseconds(f, NULL),
		       milliseconds(f, mark));
	printf("\n");
}

static void it_is_small(void **state)
{
	struct fixture *f = *state;

	open_blank(f, 256);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	figures(f, "new card", 450);
	fill_slots(f, 4, 1500);
	figures(f, "4 keys and certificates", 1000);
	fill_slots(f, 24, 1500);
	figures(f, "24 keys and certificates", 3600);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
	    CASE(a_new_card_says_what_it_is),
	    CASE(both_applications_answer_it_and_whatever_the_state),
	    CASE(keys_and_certificates_are_told_with_what_a_host_needs),
	    CASE(pins_are_told_of_whether_anything_changed_or_not),
	    CASE(credentials_are_named_only_where_oath_would_name_them),
	    CASE(a_locked_card_names_no_credentials_and_the_mark_says_so),
	    CASE(the_mark_moves_with_each_change_that_inventory_tells_and_with_no_other),
	    CASE(a_refused_command_moves_nothing),
	    CASE(the_mark_lasts_and_never_goes_back),
	    CASE(two_lives_of_one_image_are_told_apart),
	    CASE(a_card_that_was_made_before_there_was_a_mark_gets_one),
	    CASE(who_knows_the_mark_gets_a_few_bytes),
	    CASE(a_card_with_everything_is_told_whole_in_pages),
	    CASE(a_page_of_another_state_begins_anew),
	    CASE(it_is_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
