/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Secret keys on the card: making, importing, using them, and what stands in the way. Vectors: NIST SP
 * 800-38A (F.1.1, F.2.1, F.5.1), SP 800-38B (D.1 as in RFC 4493, 4), RFC 4231 (4.2, 4.3), RFC 2202 (3.1).
 */
#include "tests/unit/card_fixture.h"

#include <string.h>

#include "applet/records.h"

#define KEY_128 "2B7E151628AED2A6ABF7158809CF4F3C"
#define BLOCK_1 "6BC1BEE22E409F96E93D7E117393172A"
#define BLOCK_2 "AE2D8A571E03AC9C9EB76FAC45AF8E51"
#define IV	"000102030405060708090A0B0C0D0E0F"
#define COUNTER "F0F1F2F3F4F5F6F7F8F9FAFBFCFDFEFF"
#define CREATED "920101"
#define NEW_AES "80120801 00"

static int setup(void **state)
{
	return fixture_setup_user(state, SELECT_CSGN);
}

/* AES-128 with every usage, as key 1 */
#define IMPORT_AES "80120801 16 9510" KEY_128 "9302000F 00"

static void keys_are_made_in_the_first_free_place_and_told_of(void **state)
{
	struct fixture *f = *state;

	fixture_expect_data(f, "80120800 00", "920101");
	fixture_expect_data(f, "80120C00 00", "920102");
	fixture_expect_data(f, "8012F205 00", "920105");
	fixture_expect_data(f, "8012F100 03 940140 00", "920103");
	fixture_expect(f, "80100000 000000", CS_SW_OK);
	assert_true(fixture_answer_has(f, "A40E 80050108020101 84020003 820110"));
	assert_true(fixture_answer_has(f, "A40E 8005020C020101 84020003 820120"));
	assert_true(fixture_answer_has(f, "A40E 800503F1020101 8402000C 820140"));
	assert_true(fixture_answer_has(f, "A40E 800505F2020101 8402000C 820120"));
	fixture_expect(f, "80130001", CS_SW_OK);
	fixture_expect(f, "80130001", CS_SW_REFERENCE_NOT_FOUND);
	fixture_expect_data(f, "80120A00 00", "920101");
}

static void a_key_is_not_overwritten_and_there_are_so_many(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, NEW_AES, CS_SW_OK);
	fixture_expect(f, NEW_AES, CS_SW_CONDITIONS);
	fixture_expect(f, "80120821 00", CS_SW_WRONG_P1P2);
	for (unsigned n = 2; n <= CSGN_SECRETS_MAX; n++)
		fixture_expect(f, "80120800 00", CS_SW_OK);
	fixture_expect(f, "80120800 00", CS_SW_NO_SPACE);
	fixture_expect(f, "80130020", CS_SW_OK);
	fixture_expect_data(f, "80120800 00", "920120");
}

static void what_a_key_cannot_be_is_refused(void **state)
{
	static const char *const wrong[] = {
	    "80120801 11 950F 2B7E151628AED2A6ABF7158809CF4F 00", /* 15 bytes of AES-128 */
	    "80120801 03 940118 00",				  /* a length that is not AES-128's */
	    "8012F201 03 94010D 00",				  /* too short for an HMAC */
	    "8012F201 03 940181 00",
	    "80120801 04 93020010 00", /* a usage that there is not */
	    "80120801 04 93020000 00",
	    "8012F201 04 93020001 00", /* an HMAC key that encrypts */
	    "80120801 03 930101 00",
	    "80120801 15 9510" KEY_128 "940110 00",
	    "80120801 02 9500 00",
	    "80120801 03 AA0104 00",
	    "80120801 02 A100 00",
	    "80120801 05 A103 880100 00",
	    "80120801 03 990101 00",
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		uint16_t sw = fixture_send(f, wrong[i]);

		if (sw != CS_SW_WRONG_DATA)
			fail_msg("%s: %04X", wrong[i], sw);
	}
	fixture_expect(f, "80120301 00", CS_SW_WRONG_P1P2);
	fixture_expect(f, "80120001 00", CS_SW_WRONG_P1P2);
	assert_false(store_has(&f->card.store, RECORD_SECRET_FIRST + 1));
}

static void making_and_deleting_want_what_keys_want(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, NEW_AES, CS_SW_OK);
	fixture_expect(f, "0020FF80", CS_SW_OK);
	fixture_expect(f, "80120802 00", CS_SW_SECURITY_STATUS);
	fixture_expect(f, "80130001", CS_SW_SECURITY_STATUS);
	fixture_expect(f, "00200083 08 3132333435363738", CS_SW_OK);
	fixture_expect(f, "80130001", CS_SW_SECURITY_STATUS);
}

static void piv_has_them_too_and_there_the_management_key_makes_them(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, NEW_AES, CS_SW_SECURITY_STATUS);
	fixture_authenticate_management(f);
	fixture_expect(f, NEW_AES, CS_SW_OK);
	fixture_expect(f, "80140101 12 9810" BLOCK_1 "00", CS_SW_OK);
}

static void ecb_cbc_and_ctr_are_the_standard_s(void **state)
{
	struct fixture *f = *state;

	fixture_expect_data(f, IMPORT_AES, CREATED);
	fixture_expect_data(f, "80140101 22 9820" BLOCK_1 BLOCK_2 "00",
			    "9820 3AD77BB40D7A3660A89ECAF32466EF97F5D3D58503B9699DE785895A96FDBAAF");
	fixture_expect_data(f, "80148101 12 9810 F5D3D58503B9699DE785895A96FDBAAF 00", "9810" BLOCK_2);
	fixture_expect_data(f, "80140201 34 9610" IV "9820" BLOCK_1 BLOCK_2 "00",
			    "9820 7649ABAC8119B246CEE98E9B12E9197D5086CB9B507219EE95DB113A917678B2");
	fixture_expect_data(
	    f,
	    "80148201 34 9820 7649ABAC8119B246CEE98E9B12E9197D5086CB9B507219EE95DB113A917678B2 9610" IV "00",
	    "9820" BLOCK_1 BLOCK_2);
	fixture_expect_data(f, "80140301 27 9610" COUNTER "9813" BLOCK_1 "AE2D8A 00",
			    "9813 874D6191B620E3261BEF6864990DB6CE9806F6");
	fixture_expect_data(f, "80148301 27 9610" COUNTER "9813 874D6191B620E3261BEF6864990DB6CE9806F6 00",
			    "9813" BLOCK_1 "AE2D8A");
}

static void cmac_is_made_and_checked(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, IMPORT_AES, CS_SW_OK);
	fixture_expect_data(f, "80140501 02 9800 00", "9910 BB1D6929E95937287FA37D129B756746");
	fixture_expect_data(f, "80140501 12 9810" BLOCK_1 "00", "9910 070A16B46B4D4144F79BDD9DD04A287C");
	fixture_expect_data(f, "80148501 24 9810" BLOCK_1 "9910 070A16B46B4D4144F79BDD9DD04A287C", "");
	fixture_expect(f, "80148501 1C 9810" BLOCK_1 "9908 070A16B46B4D4144", CS_SW_OK);
	fixture_expect(f, "80148501 1B 9810" BLOCK_1 "9907 070A16B46B4D41", CS_SW_WRONG_DATA);
	fixture_expect(f, "80148501 25 9810" BLOCK_1 "9911 070A16B46B4D4144F79BDD9DD04A287C00",
		       CS_SW_WRONG_DATA);
	fixture_expect(f, "80148501 24 9810" BLOCK_1 "9910 070A16B46B4D4144F79BDD9DD04A287D",
		       CS_SW_WRONG_DATA);
}

static void hmac_is_made_and_checked_with_every_hash(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, "8012F101 16 9514 0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B 00", CS_SW_OK);
	fixture_expect(f, "8012F202 16 9514 0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B 00", CS_SW_OK);
	fixture_expect(f, "8012F303 16 9514 0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B 00", CS_SW_OK);
	fixture_expect(f, "8012F404 16 9514 0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B 00", CS_SW_OK);
	fixture_expect_data(f, "80140601 0A 9808 4869205468657265 00",
			    "9914 B617318655057264E28BC0B6FB378C8EF146BE00");
	fixture_expect_data(f, "80140602 0A 9808 4869205468657265 00",
			    "9920 B0344C61D8DB38535CA8AFCEAF0BF12B881DC200C9833DA726E9376C2E32CFF7");
	fixture_expect_data(f, "80140603 0A 9808 4869205468657265 00",
			    "9930 AFD03944D84895626B0825F4AB46907F15F9DADBE4101EC682AA034C7CEBC59C"
			    "FAEA9EA9076EDE7F4AF152E8B2FA9CB6");
	fixture_expect_data(f, "80140604 0A 9808 4869205468657265 00",
			    "9940 87AA7CDEA5EF619D4FF0B4241A1D6CB02379F4E2CE4EC2787AD0B30545E17CDE"
			    "DAA833B7D6B8A702038B274EAEA3F4E4BE9D914EEB61F1702E696C203A126854");
	fixture_expect(f, "80148601 20 9808 4869205468657265 9914 B617318655057264E28BC0B6FB378C8EF146BE00",
		       CS_SW_OK);
	fixture_expect(f, "80148601 20 9808 4869205468657266 9914 B617318655057264E28BC0B6FB378C8EF146BE00",
		       CS_SW_WRONG_DATA);
}

static void gcm_seals_under_a_nonce_of_the_host_or_of_the_card(void **state)
{
	struct fixture *f = *state;
	uint8_t sealed[64], open[128];
	struct cs_writer w = cs_writer_of(open, sizeof(open));
	size_t len;

	/* McGrew and Viega, case 2 */
	fixture_expect(f, "80120801 12 9510 00000000000000000000000000000000 00", CS_SW_OK);
	fixture_expect_data(
	    f, "80140401 20 960C 000000000000000000000000 9810 00000000000000000000000000000000 00",
	    "9810 0388DACE60B6A392F328C2B971B2FE78 9910 AB6E47D42CEC13BDF53A67B21257BDDF");
	fixture_expect_data(
	    f,
	    "80148401 32 960C 000000000000000000000000 9810 0388DACE60B6A392F328C2B971B2FE78 9910 "
	    "AB6E47D42CEC13BDF53A67B21257BDDF 00",
	    "9810 00000000000000000000000000000000");
	fixture_expect(
	    f,
	    "80148401 35 9701AA 960C 000000000000000000000000 9810 0388DACE60B6A392F328C2B971B2FE78 9910 "
	    "AB6E47D42CEC13BDF53A67B21257BDDF 00",
	    CS_SW_WRONG_DATA);
	assert_int_equal(f->data.len, 0);
	/* the card's own nonce: its answer, as it is, can be opened */
	fixture_expect(f, "80140401 08 9702AABB 98020102 00", CS_SW_OK);
	assert_int_equal(f->data.len, 14 + 4 + 18);
	len = f->data.len;
	memcpy(sealed, f->data.ptr, len);
	cs_write_view(&w, cs_view("\x80\x14\x84\x01\x28\x97\x02\xAA\xBB", 9));
	cs_write_view(&w, cs_view(sealed, len));
	cs_write_u8(&w, 0);
	assert_int_equal(fixture_send_view(f, cs_writer_view(&w)), CS_SW_OK);
	assert_true(fixture_answer_has(f, "98020102"));
	fixture_expect(f, "80140401 08 9702AABB 98020102 00", CS_SW_OK);
	assert_memory_not_equal(sealed + 2, f->data.ptr + 2, 12);
}

static void a_long_text_goes_through_in_one_command(void **state)
{
	static uint8_t text[8000], data[8100], back[8000];
	struct fixture *f = *state;
	struct cs_writer w = CS_WRITER_OF(data);

	fixture_expect(f, IMPORT_AES, CS_SW_OK);
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)(i * 7);
	cs_write_view(&w, cs_view("\x96\x10 123456789abcdef", 18));
	cs_write_view(&w, cs_view("\x98\x82\x1F\x40", 4));
	cs_write_view(&w, CS_VIEW_OF(text));
	assert_int_equal(
	    fixture_command_cla(f, CSGN_CLA, CSGN_INS_SECRET_USE, CSGN_USE_CBC, 1, cs_writer_view(&w)),
	    CS_SW_OK);
	assert_int_equal(f->data.len, 4 + sizeof(text));
	memcpy(back, f->data.ptr + 4, sizeof(back));
	w = cs_writer_of(data, sizeof(data));
	cs_write_view(&w, cs_view("\x96\x10 123456789abcdef", 18));
	cs_write_view(&w, cs_view("\x98\x82\x1F\x40", 4));
	cs_write_view(&w, CS_VIEW_OF(back));
	assert_int_equal(fixture_command_cla(f, CSGN_CLA, CSGN_INS_SECRET_USE,
					     CSGN_USE_CBC | CSGN_USE_INVERSE, 1, cs_writer_view(&w)),
			 CS_SW_OK);
	assert_memory_equal(f->data.ptr + 4, text, sizeof(text));
}

static void a_key_does_what_its_usage_says_and_no_more(void **state)
{
	static const struct {
		const char *create, *use;
		uint16_t sw;
	} rows[] = {
	    {"80120801 04 93020001 00", "80140101 12 9810" BLOCK_1 "00", CS_SW_OK},
	    {"80120801 04 93020001 00", "80148101 12 9810" BLOCK_1 "00", CS_SW_CONDITIONS},
	    {"80120801 04 93020001 00", "80140501 12 9810" BLOCK_1 "00", CS_SW_CONDITIONS},
	    {"80120801 04 93020002 00", "80148101 12 9810" BLOCK_1 "00", CS_SW_OK},
	    {"80120801 04 93020002 00", "80140401 12 9810" BLOCK_1 "00", CS_SW_CONDITIONS},
	    {"80120801 04 93020004 00", "80140501 12 9810" BLOCK_1 "00", CS_SW_OK},
	    {"80120801 04 93020004 00", "80148501 1C 9810" BLOCK_1 "9908 0001020304050607", CS_SW_CONDITIONS},
	    {"80120801 04 93020008 00", "80148501 1C 9810" BLOCK_1 "9908 0001020304050607", CS_SW_WRONG_DATA},
	    {"80120801 04 93020008 00", "80140501 12 9810" BLOCK_1 "00", CS_SW_CONDITIONS},
	    /* a mechanism that is not of its kind */
	    {"80120801 00", "80140601 12 9810" BLOCK_1 "00", CS_SW_WRONG_P1P2},
	    {"8012F201 00", "80140501 12 9810" BLOCK_1 "00", CS_SW_WRONG_P1P2},
	    {"8012F201 00", "80140101 12 9810" BLOCK_1 "00", CS_SW_WRONG_P1P2},
	    {"80120801 00", "80140001 12 9810" BLOCK_1 "00", CS_SW_WRONG_P1P2},
	    {"80120801 00", "80140102 12 9810" BLOCK_1 "00", CS_SW_REFERENCE_NOT_FOUND},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint16_t sw;

		(void)fixture_send(f, "80130001");
		fixture_expect(f, rows[i].create, CS_SW_OK);
		sw = fixture_send(f, rows[i].use);
		if (sw != rows[i].sw)
			fail_msg("%s, %s: %04X", rows[i].create, rows[i].use, sw);
	}
}

static void an_input_that_does_not_fit_is_refused(void **state)
{
	static const char *const wrong[] = {
	    "80140101 11 980F 000102030405060708090A0B0C0D0E 00", /* no whole block */
	    "80140101 02 9800 00",				  /* nothing */
	    "80140201 12 9810" BLOCK_1 "00",			  /* no IV */
	    "80140201 23 960F 000102030405060708090A0B0C0D0E 9810" BLOCK_1 "00",
	    "80140201 23 9610" IV "980F 000102030405060708090A0B0C0D0E 00",
	    "80140101 24 9610" IV "9810" BLOCK_1 "00", /* an IV that nobody wants */
	    "80140301 12 9810" BLOCK_1 "00",
	    "80140401 24 9610" IV "9810" BLOCK_1 "00", /* not a nonce */
	    "80148401 12 9810" BLOCK_1 "00",	       /* no tag */
	    "80148401 2A 960C 000000000000000000000000 9810" BLOCK_1
	    "9908 0001020304050607 00",		  /* half a tag */
	    "80140501 14 9700 9810" BLOCK_1 "00", /* no AAD here */
	    "80140101 04 98009800 00",		  /* twice */
	    "80140101 02 9700 00",
	    "80140101 14 9A00 9810" BLOCK_1 "00",
	};
	struct fixture *f = *state;

	fixture_expect(f, IMPORT_AES, CS_SW_OK);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		uint16_t sw = fixture_send(f, wrong[i]);

		if (sw != CS_SW_WRONG_DATA)
			fail_msg("%s: %04X", wrong[i], sw);
	}
}

static void the_policies_of_a_secret_key_are_kept(void **state)
{
	static const char use[] = "80140101 12 9810" BLOCK_1 "00";
	struct fixture *f = *state;

	fixture_expect(f, "80120801 06 AA0103 AB0102 00", CS_SW_OK);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, use, CS_SW_OK);
	assert_int_equal(f->touches, 1);
	fixture_expect(f, use, CS_SW_SECURITY_STATUS);
	fixture_expect(f, "80130001", CS_SW_OK);
	fixture_expect(f, NEW_AES, CS_SW_OK);
	fixture_expect(f, use, CS_SW_OK);
	fixture_expect(f, use, CS_SW_OK);
	fixture_expect(f, "0020FF80", CS_SW_OK);
	fixture_expect(f, use, CS_SW_SECURITY_STATUS);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, "80130001", CS_SW_OK);
	fixture_expect(f, "80120801 03 AA0101 00", CS_SW_OK);
	fixture_expect(f, "0020FF80", CS_SW_OK);
	fixture_expect(f, use, CS_SW_OK);
	f->touch_says = CS_ERR_TIMEOUT;
	assert_int_equal(f->touches, 1);
}

static void nobody_is_asked_to_touch_for_what_no_touch_would_do(void **state)
{
	static const char *const vain[] = {
	    "80140101 0D 980B 0102030405060708090A0B 00",
	    "80140201 1F 9610" IV "980B 0102030405060708090A0B 00",
	    "80140301 14 9610" COUNTER "9800 00",
	    "80148501 0C 9801AA 9907 01020304050607 00",
	    "80148401 13 960C 000102030405060708090A0B 9801AA 9900 00",
	};
	struct fixture *f = *state;

	fixture_expect(f, "80120801 0A 9302000F AA0101 AB0102 00", CS_SW_OK);
	for (size_t i = 0; i < sizeof(vain) / sizeof(vain[0]); i++)
		fixture_expect(f, vain[i], CS_SW_WRONG_DATA);
	assert_int_equal(f->touches, 0);
}

/* No command gives a key's bytes: not INVENTORY, and not the others' answers. */
static void a_secret_key_is_not_told(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, IMPORT_AES, CS_SW_OK);
	fixture_expect(f, "80100000 000000", CS_SW_OK);
	assert_false(fixture_answer_has(f, KEY_128));
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, "00F70001 00", CS_SW_REFERENCE_NOT_FOUND);
	fixture_expect(f, "00CB3FFF 05 5C035FC101 00", CS_SW_NOT_FOUND);
}

static bool record_has_key(struct fixture *f)
{
	uint8_t record[256], key[16];
	struct cs_writer w = CS_WRITER_OF(record);
	struct cs_view k = fixture_hex(KEY_128, key, sizeof(key));

	assert_int_equal(store_get(&f->card.store, RECORD_SECRET_FIRST + 1, &w), CS_OK);
	return memmem(record, cs_writer_view(&w).len, k.ptr, k.len) != NULL;
}

/* Flash and device key do not give away what the PIN guards, whoever made it. */
static void what_wants_the_pin_is_sealed_under_it(void **state)
{
	static const char use[] = "80140101 12 9810" BLOCK_1 "00";
	struct fixture *f = *state;

	fixture_expect(f, IMPORT_AES, CS_SW_OK);
	assert_false(record_has_key(f));
	fixture_expect(f, "80130001", CS_SW_OK);
	fixture_expect(f, "80120801 19 9510" KEY_128 "9302000F AA0101 00", CS_SW_OK);
	assert_true(record_has_key(f));
	/* made without the PIN, in a profile where the management key makes keys */
	fixture_expect(f, "00200083 08 3132333435363738", CS_SW_OK);
	fixture_expect(f, "80020000 0F 9008 3837363534333031 8400 820101", CS_SW_OK);
	fixture_expect(f, "00200083 08 3837363534333031", CS_SW_OK);
	fixture_expect(f, "80030000 08 9106 343536313233", CS_SW_OK);
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_authenticate_management(f);
	fixture_expect(f, IMPORT_AES, CS_SW_OK);
	assert_false(record_has_key(f));
	fixture_expect(f, use, CS_SW_SECURITY_STATUS);
	fixture_expect(f, "00200080 08 343536313233FFFF", CS_SW_OK);
	for (int i = 0; i < 2; i++) /* the first use seals it anew */
		fixture_expect_data(f, use, "9810 3AD77BB40D7A3660A89ECAF32466EF97");
	assert_int_equal(fixture_power_cycle(f), CS_OK);
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, "00200080 08 343536313233FFFF", CS_SW_OK);
	fixture_expect_data(f, use, "9810 3AD77BB40D7A3660A89ECAF32466EF97");
	/* nor is it of use under another number */
	{
		uint8_t record[256];
		struct cs_writer w = CS_WRITER_OF(record);

		assert_int_equal(store_get(&f->card.store, RECORD_SECRET_FIRST + 1, &w), CS_OK);
		assert_int_equal(store_put(&f->card.store, RECORD_SECRET_FIRST + 2, cs_writer_view(&w)),
				 CS_OK);
		fixture_expect(f, "80140102 12 9810" BLOCK_1 "00", CS_SW_MEMORY_FAILURE);
	}
}

static void secret_keys_go_with_the_pin_they_are_guarded_by(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, "80120801 0F A10D 8003616263 81020102 82020000 00", CS_SW_OK);
	for (int i = 0; i < 3; i++) {
		fixture_send(f, "00200080 08 373737373737FFFF");
		fixture_send(f, "002C0080 10 3737373737373737 343536313233FFFF");
	}
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, "00FB0000", CS_SW_OK);
	assert_false(store_has(&f->card.store, RECORD_SECRET_FIRST + 1));
	assert_false(store_has(&f->card.store, RECORD_SECRET_ATTRIBUTES_FIRST + 1));
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
	    CASE(keys_are_made_in_the_first_free_place_and_told_of),
	    CASE(a_key_is_not_overwritten_and_there_are_so_many),
	    CASE(what_a_key_cannot_be_is_refused),
	    CASE(making_and_deleting_want_what_keys_want),
	    cmocka_unit_test_setup_teardown(piv_has_them_too_and_there_the_management_key_makes_them,
					    fixture_setup_piv, fixture_teardown),
	    CASE(ecb_cbc_and_ctr_are_the_standard_s),
	    CASE(cmac_is_made_and_checked),
	    CASE(hmac_is_made_and_checked_with_every_hash),
	    CASE(gcm_seals_under_a_nonce_of_the_host_or_of_the_card),
	    CASE(a_long_text_goes_through_in_one_command),
	    CASE(a_key_does_what_its_usage_says_and_no_more),
	    CASE(an_input_that_does_not_fit_is_refused),
	    CASE(the_policies_of_a_secret_key_are_kept),
	    CASE(nobody_is_asked_to_touch_for_what_no_touch_would_do),
	    CASE(a_secret_key_is_not_told),
	    CASE(what_wants_the_pin_is_sealed_under_it),
	    CASE(secret_keys_go_with_the_pin_they_are_guarded_by),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
