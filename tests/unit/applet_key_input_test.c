/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What keys take: of each family of private keys and each mechanism of secret ones, inputs that fit and
 * inputs that do not. What does not fit is refused before a key is opened or a touch is asked for.
 */
#include "tests/unit/card_fixture.h"
#include "tests/unit/crypto_fault.h"

#include <string.h>

#include "applet/csgn.h"
#include "applet/records.h"
#include "base/tlv.h"

/* ---- private keys: GENERAL AUTHENTICATE ---- */

#define NONE UINT16_MAX

/* The lengths of the elements of 7C: NONE where there is none. */
struct input {
	uint8_t algorithm;
	uint16_t challenge, exponentiation, mu;
	uint16_t sw;
};

static const struct input inputs[] = {
    {PIV_ALG_P256, 0, NONE, NONE, CS_SW_WRONG_DATA},
    {PIV_ALG_P256, 1, NONE, NONE, CS_SW_OK},
    {PIV_ALG_P256, 64, NONE, NONE, CS_SW_OK},
    {PIV_ALG_P256, 65, NONE, NONE, CS_SW_WRONG_DATA},
    {PIV_ALG_P256, NONE, 64, NONE, CS_SW_WRONG_DATA},
    {PIV_ALG_P256, NONE, NONE, 64, CS_SW_WRONG_DATA},
    {PIV_ALG_P256, NONE, NONE, NONE, CS_SW_WRONG_DATA},
    {PIV_ALG_P256, 32, 65, NONE, CS_SW_WRONG_DATA},
    {PIV_ALG_P256, 32, NONE, 64, CS_SW_WRONG_DATA},
    {PIV_ALG_SM2, 31, NONE, NONE, CS_SW_WRONG_DATA},
    {PIV_ALG_SM2, 32, NONE, NONE, CS_SW_OK},
    {PIV_ALG_SM2, NONE, 65, NONE, CS_SW_WRONG_DATA},
    {PIV_ALG_ED25519, 100, NONE, NONE, CS_SW_OK},
    {PIV_ALG_ED25519, NONE, 32, NONE, CS_SW_WRONG_DATA},
    {PIV_ALG_X25519, 32, NONE, NONE, CS_SW_WRONG_DATA},
    {PIV_ALG_X25519, NONE, 31, NONE, CS_SW_WRONG_DATA},
    {PIV_ALG_X25519, NONE, 32, NONE, CS_SW_OK},
    {PIV_ALG_MLDSA44, 100, NONE, NONE, CS_SW_OK},
    {PIV_ALG_MLDSA44, NONE, NONE, 63, CS_SW_WRONG_DATA},
    {PIV_ALG_MLDSA44, NONE, NONE, 64, CS_SW_OK},
    {PIV_ALG_MLDSA44, NONE, 64, NONE, CS_SW_WRONG_DATA},
    {PIV_ALG_MLKEM512, 767, NONE, NONE, CS_SW_WRONG_DATA},
    {PIV_ALG_MLKEM512, 768, NONE, NONE, CS_SW_OK},
    {PIV_ALG_MLKEM512, NONE, 768, NONE, CS_SW_WRONG_DATA},
};

/* Bytes that every family takes: the base point of Curve25519 among them. */
static void element_write(struct cs_writer *w, uint8_t tag, uint16_t len)
{
	if (len == NONE)
		return;
	cs_tlv_write_header(w, tag, len);
	for (size_t i = 0; i < len; i++)
		cs_write_u8(w, i == 0 ? 9 : 0);
}

static uint16_t use(struct fixture *f, const struct input *in)
{
	uint8_t data[1024];
	struct cs_writer w = CS_WRITER_OF(data);
	size_t outer = cs_tlv_begin(&w, PIV_TAG_AUTH_TEMPLATE);

	cs_tlv_write(&w, PIV_TAG_AUTH_RESPONSE, CS_VIEW_EMPTY);
	element_write(&w, PIV_TAG_AUTH_CHALLENGE, in->challenge);
	element_write(&w, PIV_TAG_AUTH_EXPONENTIATION, in->exponentiation);
	element_write(&w, PIV_TAG_AUTH_MU, in->mu);
	cs_tlv_end(&w, outer);
	assert_int_equal(cs_writer_done(&w), CS_OK);
	return fixture_command(f, PIV_INS_AUTHENTICATE, in->algorithm, 0x9E, cs_writer_view(&w));
}

static int setup_piv(void **state)
{
	fixture_setup_piv(state);
	fixture_expect(*state, SELECT_PIV, CS_SW_OK);
	fixture_authenticate_management(*state);
	return 0;
}

static void generate(struct fixture *f, uint8_t algorithm)
{
	const uint8_t data[] = {0xAC, 3, 0x80, 1, algorithm};

	assert_int_equal(fixture_command(f, PIV_INS_GENERATE, 0, 0x9E, CS_VIEW_OF(data)), CS_SW_OK);
}

static void each_family_takes_its_input_and_no_other(void **state)
{
	struct fixture *f = *state;
	uint8_t made = 0;

	for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
		const struct input *in = &inputs[i];
		uint16_t sw;

		if (!f->crypto.supports(f->crypto.ctx, (enum piv_alg)in->algorithm)) {
			print_message("# input %zu: this libcrypto has no algorithm %02X\n", i,
				      in->algorithm);
			continue;
		}
		if (in->algorithm != made)
			generate(f, made = in->algorithm);
		sw = use(f, in);
		if (sw != in->sw)
			fail_msg("input %zu of algorithm %02X: %04X", i, in->algorithm, sw);
		assert_int_equal(f->data.len > 0, sw == CS_SW_OK);
	}
}

static void a_template_asks_for_a_response_and_brings_no_witness(void **state)
{
	struct fixture *f = *state;

	generate(f, PIV_ALG_P256);
	fixture_expect(f, "0087119E 05 7C03 810101 00", CS_SW_WRONG_DATA);
	fixture_expect(f, "0087119E 08 7C06 820101 810101 00", CS_SW_WRONG_DATA);
	fixture_expect(f, "0087119E 09 7C07 8200 8000 810101 00", CS_SW_WRONG_DATA);
	fixture_expect(f, "0087119E 09 7C07 8200 8400 810101 00", CS_SW_WRONG_DATA);
	fixture_expect(f, "0087119E 08 7C05 8200 810101 00 00", CS_SW_WRONG_DATA);
	fixture_expect(f, "0087119E 07 7C05 8200 810101 00", CS_SW_OK);
	/* an algorithm that there is not, and one that the key does not have */
	fixture_expect(f, "0087779E 07 7C05 8200 810101 00", CS_SW_WRONG_P1P2);
	fixture_expect(f, "0087149E 07 7C05 8200 810101 00", CS_SW_WRONG_P1P2);
	/* key 9B and the key of secure messaging take no mu */
	fixture_expect(f, "0087039B 06 7C04 8600 8100 00", CS_SW_WRONG_DATA);
	fixture_expect(f, "00872704 06 7C04 8600 8200 00", CS_SW_WRONG_DATA);
}

/* ---- a crypto port that answers what it should not ---- */

static enum cs_err endless_signature(void *ctx, enum piv_alg alg, struct cs_view priv, struct cs_view in,
				     struct cs_writer *out)
{
	(void)ctx;
	(void)alg;
	(void)priv;
	(void)in;
	cs_write_fill(out, 0x5A, CARD_RESPONSE_MAX);
	return CS_OK;
}

static void an_answer_that_has_no_room_is_not_sent(void **state)
{
	struct fixture *f = *state;

	generate(f, PIV_ALG_P256);
	f->crypto.key_sign = endless_signature;
	fixture_expect(f, "0087119E 07 7C05 8200 810101 00", CS_SW_UNKNOWN);
	assert_int_equal(f->data.len, 0);
	for (size_t i = 0; i < sizeof(f->card.response); i++)
		assert_int_equal(f->card.response[i], 0);
}

/* The touch has a name that the port makes: without one nobody is asked. */
static void a_touch_that_cannot_be_named_is_not_asked_for(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, "0047009E 08 AC06 800111 AB0102 00", CS_SW_OK);
	f->touch_says = CS_OK;
	crypto_fault_install(&f->crypto);
	for (unsigned n = 1; n < 20; n++) {
		uint16_t sw;

		f->touches = 0;
		crypto_fault_at(n);
		sw = fixture_send(f, "0087119E 07 7C05 8200 810101 00");
		if (!crypto_fault_happened()) {
			assert_int_equal(sw, CS_SW_OK);
			assert_int_equal(f->touches, 1);
			assert_true(n > 3); /* the record's, the name's, the signature's call */
			return;
		}
		assert_int_not_equal(sw, CS_SW_OK);
		assert_int_equal(f->data.len, 0);
	}
	fail();
}

/* ---- secret keys ---- */

#define IV16 "9610 000102030405060708090A0B0C0D0E0F"
#define TEXT "9810 000102030405060708090A0B0C0D0E0F"
#define TAG  "9910 000102030405060708090A0B0C0D0E0F"

static int setup_secret(void **state)
{
	struct fixture *f;

	fixture_setup_countersign(state);
	f = *state;
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, "80120801 16 9510 2B7E151628AED2A6ABF7158809CF4F3C 9302000F 00", CS_SW_OK);
	fixture_expect(f, "8012F202 00", CS_SW_OK);
	return 0;
}

static void a_mechanism_takes_its_elements_and_no_others(void **state)
{
	static const char *const wrong[] = {
	    "80140201 14 " IV16 "9800 00",	     /* CBC of nothing */
	    "80148201 14 " IV16 "9800 00",	     /* the same, decrypted */
	    "80140301 14 " IV16 "9800 00",	     /* CTR of nothing */
	    "80140101 02 9800 00",		     /* ECB of nothing */
	    "80140201 15 9701AA " TEXT "00",	     /* CBC without its IV, with additional data */
	    "80140201 27 " IV16 "9701AA " TEXT "00", /* with both */
	    "80140101 24 " IV16 TEXT "00",	     /* ECB with an IV */
	    "80140101 24 " TEXT TAG "00",	     /* with a MAC */
	    "80148501 12 " TEXT "00",		     /* a check without a MAC */
	    "80148501 23 " TEXT
	    "990F 000102030405060708090A0B0C0D0E 00", /* wrong in its last byte but whole */
	    "80148501 35 " TEXT "9921 000102030405060708090A0B0C0D0E0F 101112131415161718191A1B1C1D1E1F20 00",
	    "80148602 35 " TEXT "9921 000102030405060708090A0B0C0D0E0F 101112131415161718191A1B1C1D1E1F20 00",
	    "80148401 31 960C 000102030405060708090A0B " TEXT "990F 000102030405060708090A0B0C0D0E 00",
	    "80140101 24 " TEXT TEXT "00", /* the text twice */
	    "80140101 04 95020101 00",	   /* an element that there is not */
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		fixture_expect(f, wrong[i], CS_SW_WRONG_DATA);
		assert_int_equal(f->data.len, 0);
	}
	/* GCM of nothing is a MAC of the additional data */
	fixture_expect(f, "80140401 13 960C 000102030405060708090A0B 9701AA 9800 00", CS_SW_OK);
	assert_int_equal(f->data.len, 2 + 18);
}

static void a_result_that_has_no_room_is_none(void **state)
{
	static const struct {
		uint8_t how;
		const char *data;
	} rows[] = {
	    {CSGN_USE_ECB, TEXT},
	    {CSGN_USE_CBC, IV16 TEXT},
	    {CSGN_USE_CTR, IV16 TEXT},
	    {CSGN_USE_GCM, "960C 000102030405060708090A0B " TEXT},
	    {CSGN_USE_GCM | CSGN_USE_INVERSE, "960C 000102030405060708090A0B " TEXT TAG},
	};
	struct fixture *f = *state;
	uint8_t bytes[64], out[8];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cs_writer w = CS_WRITER_OF(out);
		const struct cs_apdu cmd = {
		    .p1 = rows[i].how, .p2 = 1, .data = fixture_hex(rows[i].data, bytes, sizeof(bytes))};

		assert_int_equal(csgn_secret_use(&f->card, &f->card.channels[0], &cmd, &w), CS_ERR_NO_SPACE);
	}
}

static void wishes_for_a_key_are_made_once_and_whole(void **state)
{
	static const char *const wrong[] = {
	    "80120803 04 94020010 00",	    /* a length of two bytes */
	    "8012F203 06 940120 940120 00", /* twice */
	    "8012F203 02 9400 00",	    /* none */
	    "8012F203 13 9510 000102030405060708090A0B0C0D0E0F 94 00",
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		fixture_expect(f, wrong[i], CS_SW_WRONG_DATA);
	assert_false(store_has(&f->card.store, RECORD_SECRET_FIRST + 3));
	fixture_expect(f, "80130000", CS_SW_REFERENCE_NOT_FOUND);
	fixture_expect(f, "801300FF", CS_SW_REFERENCE_NOT_FOUND);
	/* trust is the officer's to give, with the PIN's holder beside him */
	fixture_expect(f, "80120803 06 A104 82020004 00", CS_SW_SECURITY_STATUS);
	fixture_expect(f, "00200083 08 3132333435363738", CS_SW_OK);
	fixture_expect(f, "80120803 06 A104 82020004 00", CS_SW_OK);
}

/* Each call of the port fails once: nothing is told. */
static void a_fault_in_a_mechanism_tells_nothing(void **state)
{
	static const char *const uses[] = {
	    "80140101 12 " TEXT "00",	   "80140201 24 " IV16 TEXT "00", "80148201 24 " IV16 TEXT "00",
	    "80140301 24 " IV16 TEXT "00", "80140401 12 " TEXT "00",	  "80140501 12 " TEXT "00",
	    "80140602 12 " TEXT "00",
	};
	struct fixture *f = *state;

	crypto_fault_install(&f->crypto);
	for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
		bool failed = true;
		unsigned n;

		for (n = 1; failed; n++) {
			uint16_t sw;

			assert_true(n < 100);
			crypto_fault_at(n);
			sw = fixture_send(f, uses[i]);
			failed = crypto_fault_happened();
			crypto_fault_at(0);
			assert_int_equal(sw == CS_SW_OK, !failed);
			assert_int_equal(f->data.len > 0, !failed);
		}
		assert_true(n > 3);
	}
}

static void a_fault_in_a_check_finds_nothing_right(void **state)
{
	struct fixture *f = *state;
	uint8_t data[64];
	struct cs_writer w = CS_WRITER_OF(data);
	bool failed = true;
	unsigned n;

	fixture_expect(f, "80140501 12 " TEXT "00", CS_SW_OK);
	cs_write_view(&w, f->data); /* 99, the MAC; then the text */
	(void)fixture_hex(TEXT, cs_write_space(&w, 18), 18);
	crypto_fault_install(&f->crypto);
	for (n = 1; failed; n++) {
		uint16_t sw;

		crypto_fault_at(n);
		sw = fixture_command_cla(f, CSGN_CLA, CSGN_INS_SECRET_USE, CSGN_USE_CMAC | CSGN_USE_INVERSE,
					 1, cs_writer_view(&w));
		failed = crypto_fault_happened();
		crypto_fault_at(0);
		assert_int_equal(sw, failed ? CS_SW_UNKNOWN : CS_SW_OK);
	}
	assert_true(n > 3);
}

static void a_fault_while_a_key_is_made_makes_none(void **state)
{
	struct fixture *f = *state;
	bool failed = true;

	crypto_fault_install(&f->crypto);
	for (unsigned n = 1; failed; n++) {
		uint16_t sw;

		assert_true(n < 100);
		crypto_fault_at(n);
		sw = fixture_send(f, "80120803 00");
		failed = crypto_fault_happened();
		crypto_fault_at(0);
		assert_int_equal(sw == CS_SW_OK, !failed);
		assert_int_equal(fixture_power_cycle(f), CS_OK);
		assert_int_equal(store_has(&f->card.store, RECORD_SECRET_FIRST + 3), !failed);
		fixture_expect(f, SELECT_CSGN, CS_SW_OK);
		fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	}
}

/* ---- what is said of the card ---- */

static void labels_templates_and_dates_are_as_they_should_be(void **state)
{
	static const char *const wrong[] = {
	    ("80020000 2D 9008 3438323935373331 8421 "
	     "414141414141414141414141414141414141414141414141414141414141414141"),
	    "80020000 0F 9008 3438323935373331 8401 41 A3 05",	  /* ends within an element */
	    "80020000 11 9008 3438323935373331 840141 820101 A3", /* the same, behind the base */
	    "80070000 0A 8D08 3230333031323A31",
	    "80070000 0A 8D08 3230333031322F31",
	};
	struct fixture *f = *state;

	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	fixture_expect(f, "00200083 08 3132333435363738", CS_SW_OK);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		fixture_expect(f, wrong[i], CS_SW_WRONG_DATA);
}

static void an_expiry_is_set_and_taken_away_again(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	fixture_expect(f, "00200083 08 3132333435363738", CS_SW_OK);
	fixture_expect(f, "80020000 0D 9008 3438323935373331 840141", CS_SW_OK);
	fixture_expect(f, "00200083 08 3438323935373331", CS_SW_OK);
	fixture_expect(f, "80070000 0A 8D08 3230333031323331", CS_SW_OK);
	assert_true(store_has(&f->card.store, RECORD_EXPIRY));
	fixture_expect(f, "80070000 03 8C0141", CS_SW_OK);
	assert_true(store_has(&f->card.store, RECORD_EXPIRY));
	fixture_expect(f, "80070000 02 8D00", CS_SW_OK);
	assert_false(store_has(&f->card.store, RECORD_EXPIRY));
	assert_true(store_has(&f->card.store, RECORD_HOLDER));
}

int main(void)
{
#define PIV(name)    cmocka_unit_test_setup_teardown(name, setup_piv, fixture_teardown)
#define SECRET(name) cmocka_unit_test_setup_teardown(name, setup_secret, fixture_teardown)
	const struct CMUnitTest tests[] = {
	    PIV(each_family_takes_its_input_and_no_other),
	    PIV(a_template_asks_for_a_response_and_brings_no_witness),
	    PIV(an_answer_that_has_no_room_is_not_sent),
	    PIV(a_touch_that_cannot_be_named_is_not_asked_for),
	    SECRET(a_mechanism_takes_its_elements_and_no_others),
	    SECRET(a_result_that_has_no_room_is_none),
	    SECRET(wishes_for_a_key_are_made_once_and_whole),
	    SECRET(a_fault_in_a_mechanism_tells_nothing),
	    SECRET(a_fault_in_a_check_finds_nothing_right),
	    SECRET(a_fault_while_a_key_is_made_makes_none),
	    PIV(labels_templates_and_dates_are_as_they_should_be),
	    PIV(an_expiry_is_set_and_taken_away_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
