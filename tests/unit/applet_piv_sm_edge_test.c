/* SPDX-License-Identifier: BSD-2-Clause
 *
 * PIV secure messaging where it seldom goes: data objects that no host sends though their MAC is right,
 * records that are not what they should be, the end of the counter, and a crypto port that fails at each of
 * its calls.
 */
#include "tests/unit/crypto_fault.h"
#include "tests/unit/piv_sm_host.h"

#include <string.h>

#include "applet/piv_key.h"
#include "applet/piv_object.h"
#include "applet/piv_sm.h"
#include "applet/records.h"
#include "base/tlv.h"

#define CALLS_MAX 400u

static const struct cs_apdu verify = {.ins = ISO_INS_VERIFY, .p2 = 0x80};

static struct cs_view piv_session(struct fixture *f)
{
	const struct piv_sm_session *s = &f->card.channels[0].sm.piv;

	return cs_view(s->mac, s->key_len);
}

static void assert_over(struct fixture *f)
{
	assert_int_equal(piv_session(f).len, 0);
	fixture_expect(f, "00200080", 0x63C3);
}

static void put(struct fixture *f, uint16_t id, const char *hex)
{
	uint8_t bytes[512];

	assert_int_equal(store_put(&f->card.store, id, fixture_hex(hex, bytes, sizeof(bytes))), CS_OK);
}

/* ---- data objects, with the MAC that belongs to them ---- */

static void refuse_objects(struct fixture *f, struct host *h, struct cs_view objects)
{
	static uint8_t raw[5000];

	assert_int_equal(fixture_send_view(f, host_protect(h, &verify, objects, raw)), CS_SW_SM_INCORRECT);
	assert_over(f);
}

static void a_cryptogram_that_does_not_decrypt_to_padded_data_ends_the_session(void **state)
{
	struct fixture *f = *state;
	uint8_t pin[16] = {'1', '2', '3', '4', '5', '6', 0xFF, 0xFF, 0x80}, objects[64];
	struct host h;

	host_prepare(f, HOST_CS2);
	for (unsigned i = 0; i < 5; i++) {
		struct cs_writer w = CS_WRITER_OF(objects);

		host_establish(f, HOST_CS2, &h);
		pin[8] = i == 0 ? 0x00 : 0x80; /* no padding */
		if (i == 1)
			host_encrypt(&h, 2, CS_VIEW_OF(pin), &w); /* a padding that there is not */
		else if (i == 2)
			host_encrypt(&h, 1, CS_VIEW_EMPTY, &w); /* nothing that is padded */
		else
			host_encrypt(&h, 1, CS_VIEW_OF(pin), &w);
		if (i == 3) /* a piece of a block */
			w.len -= 1, objects[1] -= 1;
		if (i == 4) {
			static uint8_t raw[5000];

			/* this one is as it should be */
			assert_int_equal(
			    fixture_send_view(f, host_protect(&h, &verify, cs_writer_view(&w), raw)),
			    CS_SW_OK);
			host_open_answer(&h, f->data);
			assert_int_equal(h.sw, CS_SW_OK);
			return;
		}
		refuse_objects(f, &h, cs_writer_view(&w));
	}
}

static void objects_out_of_order_or_unknown_end_the_session(void **state)
{
	static const char *const wrong[] = {
	    "970100 870101",   /* 87 is the first */
	    "8701 01 8701 01", /* and there is one */
	    "990290 00",       /* not in a command */
	    "97 05",	       /* not whole */
	};
	struct fixture *f = *state;
	uint8_t objects[64];
	struct host h;

	host_prepare(f, HOST_CS2);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		host_establish(f, HOST_CS2, &h);
		refuse_objects(f, &h, fixture_hex(wrong[i], objects, sizeof(objects)));
	}
}

/* Around the MAC, which does not cover it. */
static void what_stands_behind_the_mac_or_is_none_ends_the_session(void **state)
{
	static uint8_t raw[5000];
	struct fixture *f = *state;
	struct host h;

	host_prepare(f, HOST_CS2);
	for (unsigned i = 0; i < 3; i++) {
		struct cs_view sealed;
		uint8_t command[64] = {0x0C, ISO_INS_VERIFY, 0x00, 0x80, 10};

		host_establish(f, HOST_CS2, &h);
		sealed = host_protect(&h, &verify, CS_VIEW_EMPTY, raw); /* 7 bytes of header, 8E08 */
		memcpy(command + 5, sealed.ptr + 7, 10);
		if (i == 0) { /* another object behind it */
			memcpy(command + 15, (const uint8_t[]){0x97, 0x01, 0x00}, 3);
			command[4] = 13;
		} else if (i == 1) { /* seven bytes of it */
			command[6] = 7;
			command[4] = 9;
		} else { /* a byte that belongs to nothing */
			command[15] = 0x97;
			command[4] = 11;
		}
		assert_int_equal(fixture_send_view(f, cs_view(command, 5u + command[4])), CS_SW_SM_INCORRECT);
		assert_over(f);
	}
}

static void the_last_counter_value_ends_the_session(void **state)
{
	struct fixture *f = *state;
	struct host h;

	host_prepare(f, HOST_CS2);
	host_establish(f, HOST_CS2, &h);
	f->card.channels[0].sm.piv.counter = UINT32_MAX;
	refuse_objects(f, &h, CS_VIEW_EMPTY);
}

/* card.c takes none so long; the session looks for itself before it decrypts into the card's buffer. */
static void what_is_longer_than_the_cards_buffer_is_not_decrypted(void **state)
{
	static uint8_t raw[CARD_COMMAND_MAX + 64], long_one[CARD_COMMAND_MAX + 64];
	struct fixture *f = *state;
	struct piv_sm_session *s = &f->card.channels[0].sm.piv;
	const struct block_key key = {&f->crypto, cs_view(s->mac, 16)};
	const uint8_t header[BLOCK_LEN] = {0x0C, ISO_INS_VERIFY, 0x00, 0x80, 0x80};
	struct cs_writer w = CS_WRITER_OF(raw);
	struct cs_apdu cmd = verify;
	struct block_cmac mac;
	uint8_t full[BLOCK_LEN];
	struct host h;

	host_prepare(f, HOST_CS2);
	host_establish(f, HOST_CS2, &h);
	long_one[0] = 1;
	cs_tlv_write(&w, 0x87, cs_view(long_one, CARD_COMMAND_MAX + 17));
	block_cmac_begin(&mac, &key);
	block_cmac_add(&mac, CS_VIEW_OF(h.mcv));
	block_cmac_add(&mac, CS_VIEW_OF(header));
	block_cmac_add(&mac, cs_writer_view(&w));
	assert_int_equal(block_cmac_end(&mac, full), CS_OK);
	cs_tlv_write(&w, 0x8E, cs_view(full, 8));
	cmd.data = cs_writer_view(&w);
	assert_int_equal(piv_sm_unwrap(&f->card, s, &cmd), CS_SW_SM_INCORRECT);
	assert_int_equal(s->counter, 1); /* its MAC was right */
	for (size_t i = 0; i < sizeof(f->card.command); i++)
		assert_int_equal(f->card.command[i], 0);
}

/* ---- the beginning ---- */

/* GENERAL AUTHENTICATE with the point, and what else the template has before or behind it. */
static uint16_t send_template(struct fixture *f, const char *before, const char *behind)
{
	uint8_t data[256], point[97], part[64];
	struct cs_writer w = CS_WRITER_OF(data);
	size_t outer = cs_tlv_begin(&w, 0x7C), inner, len = 0;
	EVP_PKEY *own = host_ephemeral(HOST_CS2, point, &len);

	cs_write_view(&w, fixture_hex(before, part, sizeof(part)));
	inner = cs_tlv_begin(&w, 0x81);
	cs_write_fill(&w, 0, 9);
	cs_write_view(&w, cs_view(point, len));
	cs_tlv_end(&w, inner);
	cs_write_view(&w, fixture_hex(behind, part, sizeof(part)));
	cs_tlv_end(&w, outer);
	EVP_PKEY_free(own);
	return fixture_command(f, PIV_INS_AUTHENTICATE, 0x27, PIV_SLOT_SM, cs_writer_view(&w));
}

static void a_beginning_has_a_challenge_and_asks_for_a_response_and_nothing_else(void **state)
{
	struct fixture *f = *state;

	host_prepare(f, HOST_CS2);
	assert_int_equal(send_template(f, "", ""), CS_SW_WRONG_DATA);
	assert_int_equal(send_template(f, "", "820101"), CS_SW_WRONG_DATA);
	assert_int_equal(send_template(f, "8000", "8200"), CS_SW_WRONG_DATA);
	assert_int_equal(send_template(f, "8500", "8200"), CS_SW_WRONG_DATA);
	assert_int_equal(send_template(f, "8600", "8200"), CS_SW_WRONG_DATA);
	assert_over(f);
	assert_int_equal(send_template(f, "", "8200"), CS_SW_OK);
	assert_int_equal(piv_session(f).len, 16);
}

static void without_its_key_whole_and_its_certificate_no_session_begins(void **state)
{
	struct fixture *f = *state;
	uint8_t saved[512];
	struct cs_writer w = CS_WRITER_OF(saved);

	host_prepare(f, HOST_CS2);
	assert_int_equal(store_get(&f->card.store, RECORD_PIV_SM_KEY, &w), CS_OK);
	put(f, RECORD_PIV_SM_KEY, "27");
	assert_int_equal(send_template(f, "", "8200"), CS_SW_MEMORY_FAILURE);
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	saved[0] = 0x28; /* a suite that there is not */
	assert_int_equal(store_put(&f->card.store, RECORD_PIV_SM_KEY, cs_writer_view(&w)), CS_OK);
	assert_int_equal(send_template(f, "", "8200"), CS_SW_MEMORY_FAILURE);
	saved[0] = 0x27;
	assert_int_equal(store_put(&f->card.store, RECORD_PIV_SM_KEY, cs_writer_view(&w)), CS_OK);
	assert_int_equal(store_delete(&f->card.store, piv_object_record(PIV_OBJ_SM_CVC)), CS_OK);
	assert_int_equal(send_template(f, "", "8200"), CS_SW_REFERENCE_NOT_FOUND);
	assert_over(f);
}

static void a_pairing_code_that_is_none_opens_nothing(void **state)
{
	struct fixture *f = *state;
	uint16_t code = piv_object_record(PIV_OBJ_PAIRING_CODE);
	struct host h;

	host_prepare(f, HOST_CS2);
	put(f, code, "9908 3132333435363738 FE00");
	host_establish(f, HOST_CS2, &h);
	/* P1 says that the status is to be reset: the standard has that for the PIN alone */
	assert_int_equal(host_command_hex(f, &h, ISO_INS_VERIFY, 0xFF98, ""), CS_SW_WRONG_P1P2);
	put(f, code, "9808 3132333435363738 FE00");
	assert_int_equal(host_command_hex(f, &h, ISO_INS_VERIFY, 0x0098, "3132333435363738"),
			 CS_SW_REFERENCE_NOT_FOUND);
	put(f, code, "9907 31323334353637 FE00");
	assert_int_equal(host_command_hex(f, &h, ISO_INS_VERIFY, 0x0098, "3132333435363738"),
			 CS_SW_REFERENCE_NOT_FOUND);
	assert_int_equal(f->card.channels[0].security & SECURITY_VCI, 0);
}

/* ---- the key ---- */

static void generate(struct fixture *f, uint16_t sw)
{
	fixture_expect(f, HOST_CS2->generate, sw);
	assert_int_equal(store_has(&f->card.store, RECORD_PIV_SM_KEY), sw == CS_SW_OK);
	assert_int_equal(store_delete(&f->card.store, RECORD_PIV_SM_KEY), CS_OK);
}

/* The certificate's subject: 5F20 with the CHUID's GUID, or zeros. */
static void a_card_without_a_good_guid_is_nobody_in_its_certificate(void **state)
{
	static const char nobody[] = "5F2010 00000000000000000000000000000000";
	static uint8_t chuid[PIV_CHUID_MAX + 1];
	struct fixture *f = *state;
	uint16_t id = piv_object_record(PIV_OBJ_CHUID);

	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_authenticate_management(f);
	for (unsigned i = 0; i < 5; i++) {
		uint8_t cvc[PIV_SM_CVC_MAX];
		struct cs_writer w = CS_WRITER_OF(cvc);

		if (i == 0)
			put(f, id, "3410 101112131415161718191A1B1C1D1E1F FE00");
		else if (i == 1)
			put(f, id, "3010 101112131415161718191A1B1C1D1E1F FE00"); /* no GUID */
		else if (i == 2)
			put(f, id, "340F 101112131415161718191A1B1C1D1E FE00"); /* a short one */
		else if (i == 3) /* longer than the card's own */
			assert_int_equal(store_put(&f->card.store, id, CS_VIEW_OF(chuid)), CS_OK);
		else
			assert_int_equal(store_delete(&f->card.store, id), CS_OK);
		generate(f, CS_SW_OK);
		assert_int_equal(store_get(&f->card.store, piv_object_record(PIV_OBJ_SM_CVC), &w), CS_OK);
		f->data = cs_writer_view(&w);
		assert_int_equal(fixture_answer_has(f, nobody), i != 0);
	}
}

static void the_key_is_not_made_without_an_attestation_key_of_these_curves(void **state)
{
	struct fixture *f = *state;
	uint8_t saved[512];
	struct cs_writer w = CS_WRITER_OF(saved);

	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_authenticate_management(f);
	assert_int_equal(store_get(&f->card.store, RECORD_ATTESTATION_KEY, &w), CS_OK);
	/* an RSA key would sign, but not as the certificate says */
	saved[0] = PIV_ALG_RSA2048;
	assert_int_equal(store_put(&f->card.store, RECORD_ATTESTATION_KEY, cs_writer_view(&w)), CS_OK);
	generate(f, CS_SW_CONDITIONS);
	/* no point to name it by */
	put(f, RECORD_ATTESTATION_KEY, "11 01 01 01 0001 AA 8101BB");
	generate(f, CS_SW_CONDITIONS);
	assert_int_equal(store_delete(&f->card.store, RECORD_ATTESTATION_KEY), CS_OK);
	generate(f, CS_SW_CONDITIONS);
	saved[0] = PIV_ALG_P256;
	assert_int_equal(store_put(&f->card.store, RECORD_ATTESTATION_KEY, cs_writer_view(&w)), CS_OK);
	/* P-384 signs as well as P-256 does */
	fixture_expect(f, "004700F9 05 AC03800114 00", CS_SW_OK);
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	generate(f, CS_SW_OK);
	assert_int_equal(piv_sm_generate(&f->card, 0x28, &w), CS_ERR_MALFORMED);
	assert_int_equal(store_delete(&f->card.store, RECORD_ATTESTATION_CERT), CS_OK);
	generate(f, CS_SW_CONDITIONS);
}

/* ---- a crypto port that fails ---- */

static void a_fault_in_making_the_key_leaves_none(void **state)
{
	struct fixture *f = *state;
	bool failed = true;
	unsigned n;

	crypto_fault_install(&f->crypto);
	for (n = 1; failed; n++) {
		uint16_t sw;

		assert_true(n < CALLS_MAX);
		fixture_expect(f, SELECT_PIV, CS_SW_OK);
		fixture_authenticate_management(f);
		crypto_fault_at(n);
		sw = fixture_send(f, HOST_CS2->generate);
		failed = crypto_fault_happened();
		crypto_fault_at(0);
		assert_int_equal(sw == CS_SW_OK, !failed);
		assert_int_equal(fixture_power_cycle(f), CS_OK);
		assert_int_equal(store_has(&f->card.store, RECORD_PIV_SM_KEY), !failed);
	}
	assert_true(n > 10);
}

static void a_fault_in_the_beginning_opens_no_session(void **state)
{
	struct fixture *f = *state;
	bool failed = true;
	unsigned n;

	host_prepare(f, HOST_CS7);
	host_prepare(f, HOST_CS2);
	crypto_fault_install(&f->crypto);
	for (n = 1; failed; n++) {
		uint16_t sw;

		assert_true(n < CALLS_MAX);
		crypto_fault_at(n);
		sw = send_template(f, "", "8200");
		failed = crypto_fault_happened();
		crypto_fault_at(0);
		assert_int_equal(sw == CS_SW_OK, !failed);
		assert_int_equal(piv_session(f).len, failed ? 0 : 16);
		assert_int_equal(f->card.channels[0].security, failed ? 0 : SECURITY_VCI);
		assert_true(!failed || f->data.len == 0);
	}
	assert_true(n > 10);
}

/* GET DATA of the discovery object: in what protects it, nothing is told then; in what it does, that it
 * failed is told under the session's protection. */
static void a_fault_in_a_session_tells_nothing(void **state)
{
	static uint8_t raw[5000];
	const uint8_t tag[] = {0x5C, 0x01, 0x7E};
	const struct cs_apdu get = {
	    .ins = PIV_INS_GET_DATA, .p1 = 0x3F, .p2 = 0xFF, .data = CS_VIEW_OF(tag), .ne = 256};
	struct fixture *f = *state;
	bool failed = true;
	unsigned n, refused = 0, unanswered = 0;

	host_prepare(f, HOST_CS2);
	crypto_fault_install(&f->crypto);
	for (n = 1; failed; n++) {
		struct cs_view sealed;
		struct host h;
		uint16_t sw;

		assert_true(n < CALLS_MAX);
		host_establish(f, HOST_CS2, &h);
		sealed = host_seal(&h, &get, raw);
		crypto_fault_at(n);
		sw = fixture_send_view(f, sealed);
		failed = crypto_fault_happened();
		crypto_fault_at(0);
		if (sw == CS_SW_OK) {
			host_open_answer(&h, f->data);
			assert_int_equal(h.sw == CS_SW_OK, !failed);
			assert_true(!failed || h.len == 0);
			continue;
		}
		assert_int_equal(f->data.len, 0);
		refused += sw == CS_SW_SM_INCORRECT;
		unanswered += sw == CS_SW_UNKNOWN;
		assert_true(sw != CS_SW_SM_INCORRECT || piv_session(f).len == 0);
	}
	print_message("# %u calls failed before the command was known to be right, %u later\n", refused,
		      unanswered);
	assert_true(refused > 5 && unanswered > 5);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_setup_piv, fixture_teardown)
	const struct CMUnitTest tests[] = {
	    CASE(a_cryptogram_that_does_not_decrypt_to_padded_data_ends_the_session),
	    CASE(objects_out_of_order_or_unknown_end_the_session),
	    CASE(what_stands_behind_the_mac_or_is_none_ends_the_session),
	    CASE(the_last_counter_value_ends_the_session),
	    CASE(what_is_longer_than_the_cards_buffer_is_not_decrypted),
	    CASE(a_beginning_has_a_challenge_and_asks_for_a_response_and_nothing_else),
	    CASE(without_its_key_whole_and_its_certificate_no_session_begins),
	    CASE(a_pairing_code_that_is_none_opens_nothing),
	    CASE(a_card_without_a_good_guid_is_nobody_in_its_certificate),
	    CASE(the_key_is_not_made_without_an_attestation_key_of_these_curves),
	    CASE(a_fault_in_making_the_key_leaves_none),
	    CASE(a_fault_in_the_beginning_opens_no_session),
	    CASE(a_fault_in_a_session_tells_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
