/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the tests of the OATH application say to the card.
 */
#include "tests/unit/oath_fixture.h"

#include <string.h>

#include "base/tlv.h"

struct fixture *otp;

const char *const otp_rfc4226[OTP_RFC4226_COUNT] = {"755224", "287082", "359152", "969429", "338314",
						    "254676", "287922", "162583", "399871", "520489"};

int otp_setup(void **state)
{
	if (fixture_setup_piv(state) != 0)
		return -1;
	otp = *state;
	otp->touch_says = CS_ERR_TIMEOUT;
	return otp_open() == CS_SW_OK ? 0 : -1;
}

int otp_teardown(void **state)
{
	otp = NULL;
	return fixture_teardown(state);
}

void otp_flash(uint32_t pages)
{
	card_close(&otp->card);
	flash_ram_free(otp->flash);
	otp->flash = flash_ram_new(4096, pages, 8);
	assert_non_null(otp->flash);
	otp->ports.flash = flash_ram_flash(otp->flash);
	assert_int_equal(card_open(&otp->card, &otp->ports, CSGN_PROFILE_PIV), CS_OK);
	assert_int_equal(otp_open(), CS_SW_OK);
}

/* ---- commands ---- */

uint16_t otp_command(uint8_t ins, uint8_t p1, uint8_t p2, struct cs_view body)
{
	return fixture_command(otp, ins, p1, p2, body);
}

uint16_t otp_send(const struct cs_apdu *cmd)
{
	static uint8_t command[300];
	struct cs_writer w = CS_WRITER_OF(command);

	assert_int_equal(cs_apdu_build(cmd, &w), CS_OK);
	return fixture_send_view(otp, cs_writer_view(&w));
}

uint16_t otp_open(void)
{
	static const uint8_t aid[] = YKOATH_AID;
	return otp_command(ISO_INS_SELECT, 4, 0, CS_VIEW_OF(aid));
}

struct cs_view otp_found(uint32_t tag)
{
	struct cs_view value = CS_VIEW_EMPTY;
	return cs_tlv_find(otp->data, tag, &value) == CS_OK ? value : CS_VIEW_EMPTY;
}

uint16_t otp_put(const char *name, uint8_t type_hash, uint8_t digits, const char *key, struct cs_view options)
{
	uint8_t body[300];
	struct cs_writer w = CS_WRITER_OF(body);
	cs_tlv_write(&w, YKOATH_TAG_NAME, cs_view_string(name));
	cs_tlv_write_header(&w, YKOATH_TAG_KEY, 2 + strlen(key));
	cs_write_u8(&w, type_hash);
	cs_write_u8(&w, digits);
	cs_write_view(&w, cs_view_string(key));
	cs_write_view(&w, options);
	assert_int_equal(cs_writer_done(&w), CS_OK);
	return otp_command(YKOATH_INS_PUT, 0, 0, cs_writer_view(&w));
}

uint16_t otp_hotp(const char *name)
{
	return otp_put(name, YKOATH_TYPE_HOTP | YKOATH_HASH_SHA1, 6, SEED20, CS_VIEW_EMPTY);
}

uint16_t otp_named(uint8_t ins, const char *name, const char *second)
{
	uint8_t body[300];
	struct cs_writer w = CS_WRITER_OF(body);
	cs_tlv_write(&w, YKOATH_TAG_NAME, cs_view_string(name));
	if (second)
		cs_tlv_write(&w, YKOATH_TAG_NAME, cs_view_string(second));
	return otp_command(ins, 0, 0, cs_writer_view(&w));
}

uint16_t otp_calculate(const char *name, struct cs_view challenge, uint8_t p2)
{
	uint8_t body[300];
	struct cs_writer w = CS_WRITER_OF(body);
	cs_tlv_write(&w, YKOATH_TAG_NAME, cs_view_string(name));
	cs_tlv_write(&w, YKOATH_TAG_CHALLENGE, challenge);
	return otp_command(YKOATH_INS_CALCULATE, 0, p2, cs_writer_view(&w));
}

/* The code of a truncated response. */
const char *otp_code_text(struct cs_view value)
{
	static char text[CS_OATH_CODE_MAX];
	struct cs_reader r = cs_reader_of(value);
	uint8_t digits = cs_read_u8(&r);
	uint32_t number = cs_read_u32(&r);
	assert_int_equal(cs_reader_done(&r), CS_OK);
	assert_true(number < 0x80000000u);
	cs_oath_format(number, digits, text);
	return text;
}

const char *otp_hotp_code(const char *name)
{
	if (otp_calculate(name, CS_VIEW_EMPTY, 1) != CS_SW_OK)
		return "";
	return otp_code_text(otp_found(YKOATH_TAG_TRUNCATED_RESPONSE));
}

const char *otp_totp_code(const char *name, uint64_t step)
{
	uint8_t challenge[8];
	struct cs_writer w = CS_WRITER_OF(challenge);
	cs_write_u64(&w, step);
	assert_int_equal(otp_calculate(name, CS_VIEW_OF(challenge), 1), CS_SW_OK);
	return otp_code_text(otp_found(YKOATH_TAG_TRUNCATED_RESPONSE));
}

/* Number of credentials that LIST shows. */
unsigned otp_listed(void)
{
	unsigned count = 0;
	struct cs_tlv t;
	assert_int_equal(otp_command(YKOATH_INS_LIST, 0, 0, CS_VIEW_EMPTY), CS_SW_OK);
	struct cs_reader r = cs_reader_of(otp->data);
	while (cs_tlv_read(&r, &t)) {
		assert_int_equal(t.tag, YKOATH_TAG_NAME_LIST);
		count++;
	}
	assert_int_equal(cs_reader_done(&r), CS_OK);
	return count;
}

/* ---- access code ---- */

const uint8_t otp_code[YKOATH_CODE_LEN] = "0123456789abcde";

static void mac_of(const uint8_t *key, struct cs_view message, uint8_t mac[20])
{
	assert_int_equal(
	    otp->crypto.hmac(otp->crypto.ctx, CS_SHA1, cs_view(key, YKOATH_CODE_LEN), message, mac), CS_OK);
}

uint16_t otp_code_set(const uint8_t *key, bool honest)
{
	uint8_t body[100], mac[20];
	struct cs_writer w = CS_WRITER_OF(body);
	mac_of(key, CS_VIEW_TEXT("8 bytes!"), mac);
	mac[0] ^= honest ? 0 : 1;
	cs_tlv_write_header(&w, YKOATH_TAG_KEY, 1 + YKOATH_CODE_LEN);
	cs_write_u8(&w, YKOATH_TYPE_TOTP | YKOATH_HASH_SHA1);
	cs_write_view(&w, cs_view(key, YKOATH_CODE_LEN));
	cs_tlv_write(&w, YKOATH_TAG_CHALLENGE, CS_VIEW_TEXT("8 bytes!"));
	cs_tlv_write(&w, YKOATH_TAG_FULL_RESPONSE, CS_VIEW_OF(mac));
	return otp_command(YKOATH_INS_SET_CODE, 0, 0, cs_writer_view(&w));
}

/* Answers the challenge of a SELECT, with the key; checks the card's answer to ours where it gives one. */
uint16_t otp_code_validate(const uint8_t *key, const uint8_t challenge[8])
{
	uint8_t body[100], mac[20], want[20];
	struct cs_writer w = CS_WRITER_OF(body);
	mac_of(key, cs_view(challenge, 8), mac);
	mac_of(key, CS_VIEW_TEXT("of hosts"), want);
	cs_tlv_write(&w, YKOATH_TAG_FULL_RESPONSE, CS_VIEW_OF(mac));
	cs_tlv_write(&w, YKOATH_TAG_CHALLENGE, CS_VIEW_TEXT("of hosts"));
	uint16_t sw = otp_command(YKOATH_INS_VALIDATE, 0, 0, cs_writer_view(&w));
	if (sw == CS_SW_OK)
		assert_true(cs_view_equal(otp_found(YKOATH_TAG_FULL_RESPONSE), CS_VIEW_OF(want)));
	return sw;
}

void otp_challenge(uint8_t challenge[8])
{
	assert_int_equal(otp_open(), CS_SW_OK);
	assert_int_equal(otp_found(YKOATH_TAG_CHALLENGE).len, 8);
	memcpy(challenge, otp_found(YKOATH_TAG_CHALLENGE).ptr, 8);
}
