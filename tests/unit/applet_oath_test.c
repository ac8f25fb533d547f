/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The OATH application, through card_transmit, on a flash in memory. Codes are checked against the vectors of
 * RFC 4226 (appendix D) and RFC 6238 (appendix B).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "applet/card_private.h"
#include "applet/oath_credential.h"
#include "applet/port/crypto_openssl.h"
#include "applet/port/flash_ram.h"
#include "base/secret.h"
#include "base/tlv.h"

#define SEED20 "12345678901234567890"
#define SEED32 "12345678901234567890123456789012"
#define SEED64 "1234567890123456789012345678901234567890123456789012345678901234"

static struct flash_ram *ram;
static struct crypto crypto;
static struct platform platform;
static struct card card;
static unsigned touches; /* that the user will make */

static uint8_t response[CARD_RESPONSE_MAX];
static struct cs_view data; /* of the last response */

static uint64_t clock_ms(void *ctx)
{
	(void)ctx;
	return 1;
}

static enum cs_err touch(void *ctx, const char *why, bool wait)
{
	(void)ctx;
	(void)wait;
	assert_non_null(why);
	if (touches == 0)
		return CS_ERR_TIMEOUT;
	touches--;
	return CS_OK;
}

/* ---- commands ---- */

static uint16_t send_apdu(const struct cs_apdu *cmd)
{
	static uint8_t command[CARD_COMMAND_MAX + 16];
	struct cs_writer w = CS_WRITER_OF(command);
	struct cs_writer out = CS_WRITER_OF(response);
	struct cs_response parsed;
	assert_int_equal(cs_apdu_build(cmd, &w), CS_OK);
	card_transmit(&card, cs_writer_view(&w), &out);
	assert_int_equal(cs_response_parse(cs_writer_view(&out), &parsed), CS_OK);
	data = parsed.data;
	return parsed.sw;
}

static uint16_t command(uint8_t ins, uint8_t p1, uint8_t p2, struct cs_view body)
{
	struct cs_apdu cmd = {
	    .ins = ins, .p1 = p1, .p2 = p2, .data = body, .ne = CS_APDU_NE_MAX, .extended = true};
	return send_apdu(&cmd);
}

static uint16_t select_oath(void)
{
	static const uint8_t aid[] = YKOATH_AID;
	return command(ISO_INS_SELECT, 4, 0, CS_VIEW_OF(aid));
}

static struct cs_view found(uint32_t tag)
{
	struct cs_view value = CS_VIEW_EMPTY;
	return cs_tlv_find(data, tag, &value) == CS_OK ? value : CS_VIEW_EMPTY;
}

static uint16_t put(const char *name, uint8_t type_hash, uint8_t digits, const char *key,
		    struct cs_view options)
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
	return command(YKOATH_INS_PUT, 0, 0, cs_writer_view(&w));
}

static uint16_t put_hotp(const char *name)
{
	return put(name, YKOATH_TYPE_HOTP | YKOATH_HASH_SHA1, 6, SEED20, CS_VIEW_EMPTY);
}

static uint16_t named(uint8_t ins, const char *name, const char *second)
{
	uint8_t body[300];
	struct cs_writer w = CS_WRITER_OF(body);
	cs_tlv_write(&w, YKOATH_TAG_NAME, cs_view_string(name));
	if (second)
		cs_tlv_write(&w, YKOATH_TAG_NAME, cs_view_string(second));
	return command(ins, 0, 0, cs_writer_view(&w));
}

static uint16_t calculate(const char *name, struct cs_view challenge, uint8_t p2)
{
	uint8_t body[300];
	struct cs_writer w = CS_WRITER_OF(body);
	cs_tlv_write(&w, YKOATH_TAG_NAME, cs_view_string(name));
	cs_tlv_write(&w, YKOATH_TAG_CHALLENGE, challenge);
	return command(YKOATH_INS_CALCULATE, 0, p2, cs_writer_view(&w));
}

/* The code of a truncated response. */
static const char *code_text(struct cs_view value)
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

static const char *hotp_code(const char *name)
{
	if (calculate(name, CS_VIEW_EMPTY, 1) != CS_SW_OK)
		return "";
	return code_text(found(YKOATH_TAG_TRUNCATED_RESPONSE));
}

static const char *totp_code(const char *name, uint64_t step)
{
	uint8_t challenge[8];
	struct cs_writer w = CS_WRITER_OF(challenge);
	cs_write_u64(&w, step);
	assert_int_equal(calculate(name, CS_VIEW_OF(challenge), 1), CS_SW_OK);
	return code_text(found(YKOATH_TAG_TRUNCATED_RESPONSE));
}

/* Number of credentials that LIST shows. */
static unsigned listed(void)
{
	unsigned count = 0;
	struct cs_tlv t;
	assert_int_equal(command(YKOATH_INS_LIST, 0, 0, CS_VIEW_EMPTY), CS_SW_OK);
	struct cs_reader r = cs_reader_of(data);
	while (cs_tlv_read(&r, &t)) {
		assert_int_equal(t.tag, YKOATH_TAG_NAME_LIST);
		count++;
	}
	assert_int_equal(cs_reader_done(&r), CS_OK);
	return count;
}

/* ---- access code ---- */

static const uint8_t access_code[YKOATH_CODE_LEN] = "0123456789abcde";

static void mac_of(const uint8_t *key, struct cs_view message, uint8_t mac[20])
{
	assert_int_equal(crypto.hmac(crypto.ctx, CS_SHA1, cs_view(key, YKOATH_CODE_LEN), message, mac),
			 CS_OK);
}

static uint16_t set_code(const uint8_t *key, bool honest)
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
	return command(YKOATH_INS_SET_CODE, 0, 0, cs_writer_view(&w));
}

/* Answers the challenge of a SELECT, with the key; checks the card's answer to ours where it gives one. */
static uint16_t validate(const uint8_t *key, const uint8_t challenge[8])
{
	uint8_t body[100], mac[20], want[20];
	struct cs_writer w = CS_WRITER_OF(body);
	mac_of(key, cs_view(challenge, 8), mac);
	mac_of(key, CS_VIEW_TEXT("of hosts"), want);
	cs_tlv_write(&w, YKOATH_TAG_FULL_RESPONSE, CS_VIEW_OF(mac));
	cs_tlv_write(&w, YKOATH_TAG_CHALLENGE, CS_VIEW_TEXT("of hosts"));
	uint16_t sw = command(YKOATH_INS_VALIDATE, 0, 0, cs_writer_view(&w));
	if (sw == CS_SW_OK)
		assert_true(cs_view_equal(found(YKOATH_TAG_FULL_RESPONSE), CS_VIEW_OF(want)));
	return sw;
}

static void challenge_of_select(uint8_t challenge[8])
{
	assert_int_equal(select_oath(), CS_SW_OK);
	assert_int_equal(found(YKOATH_TAG_CHALLENGE).len, 8);
	memcpy(challenge, found(YKOATH_TAG_CHALLENGE).ptr, 8);
}

/* ---- a card for each test ---- */

static void power(struct flash_ram *flash)
{
	struct card_ports ports = {&platform, &crypto, flash_ram_flash(flash)};
	assert_int_equal(card_open(&card, &ports, CSGN_PROFILE_PIV), CS_OK);
}

static int setup(void **state)
{
	(void)state;
	platform = (struct platform){
	    .monotonic_ms = clock_ms, .user_presence = touch, .serial = 7, .device_key = {1}};
	touches = 0;
	ram = flash_ram_new(4096, 64, 8);
	if (!ram || crypto_openssl_init(&crypto) != CS_OK)
		return -1;
	power(ram);
	return select_oath() == CS_SW_OK ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	card_close(&card);
	crypto_openssl_free(&crypto);
	flash_ram_free(ram);
	return 0;
}

/* ---- tests ---- */

static void select_tells_version_and_salt_and_asks_nothing_where_no_code_is_set(void **state)
{
	(void)state;
	uint8_t salt[YKOATH_SALT_LEN];
	assert_int_equal(found(YKOATH_TAG_VERSION).len, 3);
	assert_int_equal(found(YKOATH_TAG_VERSION).ptr[0], 5);
	assert_int_equal(found(YKOATH_TAG_NAME).len, sizeof salt);
	assert_int_equal(found(YKOATH_TAG_CHALLENGE).len, 0);
	memcpy(salt, found(YKOATH_TAG_NAME).ptr, sizeof salt);
	card_reset(&card);
	assert_int_equal(command(YKOATH_INS_LIST, 0, 0, CS_VIEW_EMPTY), CS_SW_WRONG_INS);
	assert_int_equal(select_oath(), CS_SW_OK);
	assert_memory_equal(found(YKOATH_TAG_NAME).ptr, salt, sizeof salt);
}

/* RFC 4226, appendix D. */
static const char *const rfc4226[] = {"755224", "287082", "359152", "969429", "338314",
				      "254676", "287922", "162583", "399871", "520489"};
#define RFC4226_COUNT (sizeof rfc4226 / sizeof rfc4226[0])

static void hotp_codes_are_those_of_rfc_4226(void **state)
{
	(void)state;
	assert_int_equal(put_hotp("rfc"), CS_SW_OK);
	for (size_t i = 0; i < RFC4226_COUNT; i++)
		assert_string_equal(hotp_code("rfc"), rfc4226[i]);
}

static void the_first_counter_can_be_given(void **state)
{
	(void)state;
	static const uint8_t imf[] = {YKOATH_TAG_IMF, 4, 0, 0, 0, 7};
	assert_int_equal(put("imf", YKOATH_TYPE_HOTP | YKOATH_HASH_SHA1, 6, SEED20, CS_VIEW_OF(imf)),
			 CS_SW_OK);
	assert_string_equal(hotp_code("imf"), rfc4226[7]);
	assert_string_equal(hotp_code("imf"), rfc4226[8]);
}

static void totp_codes_are_those_of_rfc_6238(void **state)
{
	(void)state;
	static const struct {
		uint64_t time;
		const char *sha1, *sha256, *sha512;
	} rfc6238[] = {
	    {59, "94287082", "46119246", "90693936"},
	    {1111111109, "07081804", "68084774", "25091201"},
	    {1111111111, "14050471", "67062674", "99943326"},
	    {1234567890, "89005924", "91819424", "93441116"},
	    {2000000000, "69279037", "90698825", "38618901"},
	    {20000000000, "65353130", "77737706", "47863826"},
	};
	assert_int_equal(put("1", YKOATH_TYPE_TOTP | YKOATH_HASH_SHA1, 8, SEED20, CS_VIEW_EMPTY), CS_SW_OK);
	assert_int_equal(put("256", YKOATH_TYPE_TOTP | YKOATH_HASH_SHA256, 8, SEED32, CS_VIEW_EMPTY),
			 CS_SW_OK);
	assert_int_equal(put("512", YKOATH_TYPE_TOTP | YKOATH_HASH_SHA512, 8, SEED64, CS_VIEW_EMPTY),
			 CS_SW_OK);
	for (size_t i = 0; i < sizeof rfc6238 / sizeof rfc6238[0]; i++) {
		uint64_t step = cs_totp_step(rfc6238[i].time, 0, 30);
		assert_string_equal(totp_code("1", step), rfc6238[i].sha1);
		assert_string_equal(totp_code("256", step), rfc6238[i].sha256);
		assert_string_equal(totp_code("512", step), rfc6238[i].sha512);
	}
}

static void a_full_response_is_the_whole_hmac(void **state)
{
	(void)state;
	/* RFC 2202 has no such key; the HMAC for counter 0 is in RFC 4226, appendix D. */
	static const uint8_t want[] = {6,    0xcc, 0x93, 0xcf, 0x18, 0x50, 0x8d, 0x94, 0x93, 0x4c, 0x64,
				       0xb6, 0x5d, 0x8b, 0xa7, 0x66, 0x7f, 0xb7, 0xcd, 0xe4, 0xb0};
	static const uint8_t zero[8] = {0};
	assert_int_equal(put("t", YKOATH_TYPE_TOTP | YKOATH_HASH_SHA1, 6, SEED20, CS_VIEW_EMPTY), CS_SW_OK);
	assert_int_equal(calculate("t", CS_VIEW_OF(zero), 0), CS_SW_OK);
	assert_true(cs_view_equal(found(YKOATH_TAG_FULL_RESPONSE), CS_VIEW_OF(want)));
}

static void putting_a_name_again_replaces_it_and_its_counter(void **state)
{
	(void)state;
	assert_int_equal(put_hotp("a"), CS_SW_OK);
	assert_string_equal(hotp_code("a"), rfc4226[0]);
	assert_int_equal(put_hotp("a"), CS_SW_OK);
	assert_int_equal(listed(), 1);
	assert_string_equal(hotp_code("a"), rfc4226[0]);
}

static void renaming_keeps_key_and_counter_and_takes_nobodys_name(void **state)
{
	(void)state;
	assert_int_equal(put_hotp("a"), CS_SW_OK);
	assert_int_equal(put_hotp("b"), CS_SW_OK);
	assert_string_equal(hotp_code("a"), rfc4226[0]);
	assert_int_equal(named(YKOATH_INS_RENAME, "a", "b"), CS_SW_WRONG_DATA);
	assert_int_equal(named(YKOATH_INS_RENAME, "none", "c"), CS_SW_REFERENCE_UNUSABLE);
	assert_int_equal(named(YKOATH_INS_RENAME, "a", ""), CS_SW_WRONG_DATA);
	assert_int_equal(named(YKOATH_INS_RENAME, "a", SEED64 "5"), CS_SW_WRONG_DATA);
	assert_int_equal(named(YKOATH_INS_RENAME, "a", "c"), CS_SW_OK);
	assert_string_equal(hotp_code("c"), rfc4226[1]);
	assert_string_equal(hotp_code("a"), "");
	assert_string_equal(hotp_code("b"), rfc4226[0]);
}

static void a_deleted_credential_is_gone(void **state)
{
	(void)state;
	assert_int_equal(put_hotp("a"), CS_SW_OK);
	assert_int_equal(named(YKOATH_INS_DELETE, "b", NULL), CS_SW_REFERENCE_UNUSABLE);
	assert_int_equal(named(YKOATH_INS_DELETE, "a", NULL), CS_SW_OK);
	assert_int_equal(listed(), 0);
	assert_int_equal(calculate("a", CS_VIEW_EMPTY, 1), CS_SW_REFERENCE_UNUSABLE);
}

static void a_put_that_is_not_right_leaves_nothing(void **state)
{
	(void)state;
	static const struct {
		uint16_t sw;
		size_t len;
		uint8_t body[40];
	} bad[] = {
	    {CS_SW_WRONG_DATA, 1, {0x71}},
	    {CS_SW_WRONG_DATA, 2, {0x71, 0x00}},
	    {CS_SW_WRONG_DATA, 3, {0x71, 0x01, 'a'}},
	    {CS_SW_WRONG_DATA, 5, {0x71, 0x01, 'a', 0x73, 0x00}},
	    {CS_SW_WRONG_DATA, 20, {0x71, 0x01, 'a', 0x73, 0x0F, 0x21, 6, 1}},	/* a key of 13 bytes */
	    {CS_SW_WRONG_DATA, 21, {0x71, 0x01, 'a', 0x73, 0x10, 0x31, 6, 1}},	/* no such type */
	    {CS_SW_WRONG_DATA, 21, {0x71, 0x01, 'a', 0x73, 0x10, 0x24, 6, 1}},	/* no such hash */
	    {CS_SW_WRONG_DATA, 21, {0x71, 0x01, 'a', 0x73, 0x10, 0x21, 5, 1}},	/* digits */
	    {CS_SW_WRONG_DATA, 21, {0x71, 0x01, 'a', 0x73, 0x10, 0x21, 11, 1}}, /* digits */
	    {CS_SW_WRONG_DATA, 22, {0x71, 0x01, 'a', 0x73, 0x10, 0x21, 6, 1}},	/* a tail */
	    {CS_SW_WRONG_DATA, 20, {0x71, 0x01, 'a', 0x73, 0x10, 0x21, 6, 1}},	/* cut off */
	    {CS_SW_WRONG_DATA, 22, {0x71, 0x01, 'a', 0x73, 0x10, 0x21, 6, 1, [21] = 0x78}},
	    {CS_SW_WRONG_DATA, 24, {0x71, 0x01, 'a', 0x73, 0x10, 0x11, 6, 1, [21] = 0x7A, 0x01, 0x00}},
	    {CS_SW_FUNCTION_UNSUPPORTED, 23, {0x71, 0x01, 'a', 0x73, 0x10, 0x21, 6, 1, [21] = 0x78, 0x01}},
	};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(command(YKOATH_INS_PUT, 0, 0, cs_view(bad[i].body, bad[i].len)), bad[i].sw);
	assert_int_equal(command(YKOATH_INS_PUT, 0, 0, CS_VIEW_EMPTY), CS_SW_WRONG_LENGTH);
	assert_int_equal(put(SEED64 "5", YKOATH_TYPE_TOTP | 1, 6, SEED20, CS_VIEW_EMPTY), CS_SW_WRONG_DATA);
	assert_int_equal(put("a", YKOATH_TYPE_TOTP | 1, 6, SEED64 "5", CS_VIEW_EMPTY), CS_SW_WRONG_DATA);
	assert_int_equal(listed(), 0);
}

static void a_credential_that_wants_a_touch_gives_no_code_without_one(void **state)
{
	(void)state;
	static const uint8_t property[] = {YKOATH_TAG_PROPERTY, YKOATH_PROPERTY_TOUCH};
	static const uint8_t step[8] = {0};
	assert_int_equal(put("t", YKOATH_TYPE_TOTP | 1, 6, SEED20, CS_VIEW_OF(property)), CS_SW_OK);
	assert_int_equal(put("h", YKOATH_TYPE_HOTP | 1, 6, SEED20, CS_VIEW_OF(property)), CS_SW_OK);
	assert_int_equal(calculate("t", CS_VIEW_OF(step), 1), CS_SW_CONDITIONS);
	assert_int_equal(calculate("h", CS_VIEW_EMPTY, 1), CS_SW_CONDITIONS);
	touches = 2;
	assert_string_equal(totp_code("t", 0), rfc4226[0]);
	assert_string_equal(hotp_code("h"), rfc4226[0]);
	assert_int_equal(touches, 0);
	platform.user_presence = NULL;
	assert_int_equal(calculate("t", CS_VIEW_OF(step), 1), CS_SW_CONDITIONS);
}

static void calculate_all_marks_what_it_does_not_compute(void **state)
{
	(void)state;
	static const uint8_t property[] = {YKOATH_TAG_PROPERTY, YKOATH_PROPERTY_TOUCH};
	static const uint8_t body[] = {YKOATH_TAG_CHALLENGE, 8, 0, 0, 0, 0, 0, 0, 0, 1};
	assert_int_equal(put("totp", YKOATH_TYPE_TOTP | 1, 6, SEED20, CS_VIEW_EMPTY), CS_SW_OK);
	assert_int_equal(put("touch", YKOATH_TYPE_TOTP | 1, 7, SEED20, CS_VIEW_OF(property)), CS_SW_OK);
	assert_int_equal(put_hotp("hotp"), CS_SW_OK);
	assert_int_equal(command(YKOATH_INS_CALCULATE_ALL, 0, 1, CS_VIEW_OF(body)), CS_SW_OK);
	struct cs_reader r = cs_reader_of(data);
	assert_true(cs_view_equal(cs_tlv_expect(&r, YKOATH_TAG_NAME), CS_VIEW_TEXT("totp")));
	assert_string_equal(code_text(cs_tlv_expect(&r, YKOATH_TAG_TRUNCATED_RESPONSE)), rfc4226[1]);
	assert_true(cs_view_equal(cs_tlv_expect(&r, YKOATH_TAG_NAME), CS_VIEW_TEXT("touch")));
	assert_true(cs_view_equal(cs_tlv_expect(&r, YKOATH_TAG_TOUCH), CS_VIEW_TEXT("\7")));
	assert_true(cs_view_equal(cs_tlv_expect(&r, YKOATH_TAG_NAME), CS_VIEW_TEXT("hotp")));
	assert_true(cs_view_equal(cs_tlv_expect(&r, YKOATH_TAG_HOTP), CS_VIEW_TEXT("\6")));
	assert_int_equal(cs_reader_done(&r), CS_OK);
	assert_string_equal(hotp_code("hotp"), rfc4226[0]);
	assert_int_equal(command(YKOATH_INS_CALCULATE_ALL, 0, 2, CS_VIEW_OF(body)), CS_SW_WRONG_P1P2);
	assert_int_equal(command(YKOATH_INS_CALCULATE_ALL, 0, 1, cs_view(body, 2)), CS_SW_WRONG_DATA);
}

static void an_access_code_is_set_only_by_who_proves_to_have_it(void **state)
{
	(void)state;
	assert_int_equal(set_code(access_code, false), CS_SW_WRONG_DATA);
	assert_int_equal(select_oath(), CS_SW_OK);
	assert_int_equal(found(YKOATH_TAG_CHALLENGE).len, 0);
	assert_int_equal(set_code(access_code, true), CS_SW_OK);
	assert_int_equal(select_oath(), CS_SW_OK);
	assert_int_equal(found(YKOATH_TAG_CHALLENGE).len, 8);
	assert_true(cs_view_equal(found(YKOATH_TAG_ALGORITHM), CS_VIEW_TEXT("\1")));
}

static void a_locked_card_answers_nothing_but_validate_and_reset(void **state)
{
	(void)state;
	static const uint8_t all[] = {YKOATH_TAG_CHALLENGE, 8, 0, 0, 0, 0, 0, 0, 0, 1};
	static const uint8_t nothing[] = {YKOATH_TAG_KEY, 0};
	uint8_t challenge[8];
	assert_int_equal(put_hotp("a"), CS_SW_OK);
	assert_int_equal(set_code(access_code, true), CS_SW_OK);
	challenge_of_select(challenge);
	assert_int_equal(command(YKOATH_INS_LIST, 0, 0, CS_VIEW_EMPTY), CS_SW_SECURITY_STATUS);
	assert_int_equal(put_hotp("b"), CS_SW_SECURITY_STATUS);
	assert_int_equal(named(YKOATH_INS_DELETE, "a", NULL), CS_SW_SECURITY_STATUS);
	assert_int_equal(named(YKOATH_INS_RENAME, "a", "b"), CS_SW_SECURITY_STATUS);
	assert_int_equal(calculate("a", CS_VIEW_EMPTY, 1), CS_SW_SECURITY_STATUS);
	assert_int_equal(command(YKOATH_INS_CALCULATE_ALL, 0, 1, CS_VIEW_OF(all)), CS_SW_SECURITY_STATUS);
	assert_int_equal(command(YKOATH_INS_SET_CODE, 0, 0, CS_VIEW_OF(nothing)), CS_SW_SECURITY_STATUS);
	assert_int_equal(set_code(access_code, true), CS_SW_SECURITY_STATUS);
}

static void validate_unlocks_and_each_select_locks_again(void **state)
{
	(void)state;
	static const uint8_t wrong[YKOATH_CODE_LEN] = "another one....";
	static const uint8_t nothing[] = {YKOATH_TAG_KEY, 0};
	uint8_t challenge[8], old[8];
	assert_int_equal(put_hotp("a"), CS_SW_OK);
	assert_int_equal(validate(access_code, (const uint8_t *)"12345678"), CS_SW_REFERENCE_UNUSABLE);
	assert_int_equal(set_code(access_code, true), CS_SW_OK);
	challenge_of_select(old);
	challenge_of_select(challenge);
	assert_memory_not_equal(old, challenge, sizeof old);
	assert_int_equal(validate(access_code, old), CS_SW_WRONG_DATA);
	assert_int_equal(validate(wrong, challenge), CS_SW_WRONG_DATA);
	assert_int_equal(command(YKOATH_INS_LIST, 0, 0, CS_VIEW_EMPTY), CS_SW_SECURITY_STATUS);
	assert_int_equal(validate(access_code, challenge), CS_SW_OK);
	assert_int_equal(listed(), 1);
	challenge_of_select(challenge);
	assert_int_equal(command(YKOATH_INS_LIST, 0, 0, CS_VIEW_EMPTY), CS_SW_SECURITY_STATUS);
	assert_int_equal(validate(access_code, challenge), CS_SW_OK);
	assert_int_equal(command(YKOATH_INS_SET_CODE, 0, 0, CS_VIEW_OF(nothing)), CS_SW_OK);
	assert_int_equal(select_oath(), CS_SW_OK);
	assert_int_equal(listed(), 1);
}

static void an_empty_response_does_not_unlock(void **state)
{
	(void)state;
	static const uint8_t body[] = {YKOATH_TAG_FULL_RESPONSE, 0, YKOATH_TAG_CHALLENGE, 0};
	uint8_t challenge[8];
	assert_int_equal(set_code(access_code, true), CS_SW_OK);
	challenge_of_select(challenge);
	assert_int_equal(command(YKOATH_INS_VALIDATE, 0, 0, CS_VIEW_OF(body)), CS_SW_WRONG_DATA);
	assert_int_equal(command(YKOATH_INS_LIST, 0, 0, CS_VIEW_EMPTY), CS_SW_SECURITY_STATUS);
}

static void reset_needs_no_code_and_makes_another_device(void **state)
{
	(void)state;
	uint8_t salt[YKOATH_SALT_LEN], challenge[8];
	assert_int_equal(put_hotp("a"), CS_SW_OK);
	assert_int_equal(set_code(access_code, true), CS_SW_OK);
	challenge_of_select(challenge);
	memcpy(salt, found(YKOATH_TAG_NAME).ptr, sizeof salt);
	assert_int_equal(command(YKOATH_INS_RESET, 0, 0, CS_VIEW_EMPTY), CS_SW_WRONG_P1P2);
	assert_int_equal(command(YKOATH_INS_RESET, 0xDE, 0xAD, CS_VIEW_EMPTY), CS_SW_OK);
	assert_int_equal(listed(), 0);
	assert_int_equal(select_oath(), CS_SW_OK);
	assert_int_equal(found(YKOATH_TAG_CHALLENGE).len, 0);
	assert_memory_not_equal(found(YKOATH_TAG_NAME).ptr, salt, sizeof salt);
}

static void two_hundred_and_fifty_five_credentials_fit_and_no_more(void **state)
{
	(void)state;
	static const uint8_t body[] = {YKOATH_TAG_CHALLENGE, 8, 0, 0, 0, 0, 0, 0, 0, 1};
	char name[YKOATH_NAME_MAX + 1];
	for (unsigned i = 0; i < OATH_CREDENTIALS_MAX; i++) {
		snprintf(name, sizeof name, "%064u", i);
		assert_int_equal(put(name, YKOATH_TYPE_TOTP | YKOATH_HASH_SHA512, 6, SEED64, CS_VIEW_EMPTY),
				 CS_SW_OK);
	}
	assert_int_equal(put_hotp("one more"), CS_SW_NO_SPACE);
	assert_int_equal(listed(), OATH_CREDENTIALS_MAX);
	assert_int_equal(put(name, YKOATH_TYPE_HOTP | 1, 6, SEED20, CS_VIEW_EMPTY), CS_SW_OK);
	assert_string_equal(hotp_code(name), rfc4226[0]);
	assert_int_equal(put(name, YKOATH_TYPE_TOTP | YKOATH_HASH_SHA512, 6, SEED64, CS_VIEW_EMPTY),
			 CS_SW_OK);
	assert_int_equal(command(YKOATH_INS_CALCULATE_ALL, 0, 0, CS_VIEW_OF(body)), CS_SW_OK);
	assert_int_equal(data.len, OATH_CREDENTIALS_MAX * (2 + YKOATH_NAME_MAX + 2 + 1 + 64));
	assert_int_equal(named(YKOATH_INS_DELETE, name, NULL), CS_SW_OK);
	assert_int_equal(put_hotp("one more"), CS_SW_OK);
}

static void a_long_list_is_fetched_with_send_remaining(void **state)
{
	(void)state;
	struct cs_apdu list = {.ins = YKOATH_INS_LIST, .ne = 256};
	struct cs_apdu more = {.ins = YKOATH_INS_SEND_REMAINING, .ne = 256};
	struct cs_apdu get_response = {.ins = ISO_INS_GET_RESPONSE, .ne = 256};
	char name[8];
	for (unsigned i = 0; i < 60; i++) {
		snprintf(name, sizeof name, "%06u", i);
		assert_int_equal(put_hotp(name), CS_SW_OK);
	}
	size_t len = 0;
	uint16_t sw = send_apdu(&list);
	for (; (sw & 0xFF00) == CS_SW_BYTES_LEFT; sw = send_apdu(&more))
		len += data.len;
	assert_int_equal(sw, CS_SW_OK);
	assert_int_equal(len + data.len, 60 * 9);
	assert_int_equal(send_apdu(&list) & 0xFF00, CS_SW_BYTES_LEFT);
	assert_int_not_equal(send_apdu(&get_response) & 0xFF00, CS_SW_BYTES_LEFT);
}

/* ---- power loss ---- */

/* Which counter the code is of; -1 for none. */
static int counter_of(const char *code)
{
	for (size_t i = 0; i < RFC4226_COUNT; i++)
		if (strcmp(code, rfc4226[i]) == 0)
			return (int)i;
	return -1;
}

/* Cuts power at the n-th operation from the first code on. False where four codes came without it. */
static bool cut_while_codes_leave(uint64_t n, enum flash_tear tear)
{
	struct flash_ram *copy = flash_ram_clone(ram);
	assert_non_null(copy);
	power(copy);
	assert_int_equal(select_oath(), CS_SW_OK);
	flash_ram_cut_at(copy, n, tear, n);
	int last = -1;
	for (int i = 0; i < 4 && !flash_ram_is_cut(copy); i++) {
		const char *code = hotp_code("a");
		if (*code != '\0') {
			assert_int_equal(counter_of(code), last + 1);
			last++;
		}
	}
	bool cut = flash_ram_is_cut(copy);
	flash_ram_power_on(copy);
	power(copy);
	assert_int_equal(select_oath(), CS_SW_OK);
	assert_int_equal(listed(), 2);
	int next = counter_of(hotp_code("a"));
	/* Never one that has left, and at most the one is lost that was on its way. */
	assert_in_range(next, last + 1, last + 2);
	assert_string_equal(hotp_code("b"), rfc4226[0]);
	assert_int_equal(flash_ram_counted(copy).violations, 0);
	flash_ram_free(copy);
	return cut;
}

static void power_loss_at_any_instant_takes_no_counter_back(void **state)
{
	(void)state;
	assert_int_equal(put_hotp("a"), CS_SW_OK);
	assert_int_equal(put_hotp("b"), CS_SW_OK);
	for (enum flash_tear tear = 0; tear < FLASH_TEAR_COUNT; tear++) {
		uint64_t n = 1;
		while (cut_while_codes_leave(n, tear))
			n++;
		assert_true(n > 4);
	}
}

/* PUT over an HOTP credential: afterwards it is the old one or the new one. */
static void power_loss_leaves_the_old_credential_or_the_new_one(void **state)
{
	(void)state;
	static const uint8_t imf[] = {YKOATH_TAG_IMF, 4, 0, 0, 0, 5};
	assert_int_equal(put_hotp("a"), CS_SW_OK);
	assert_string_equal(hotp_code("a"), rfc4226[0]);
	for (enum flash_tear tear = 0; tear < FLASH_TEAR_COUNT; tear++) {
		bool cut = true;
		for (uint64_t n = 1; cut; n++) {
			struct flash_ram *copy = flash_ram_clone(ram);
			power(copy);
			assert_int_equal(select_oath(), CS_SW_OK);
			flash_ram_cut_at(copy, n, tear, n);
			uint16_t sw =
			    put("a", YKOATH_TYPE_HOTP | YKOATH_HASH_SHA1, 6, SEED20, CS_VIEW_OF(imf));
			cut = flash_ram_is_cut(copy);
			flash_ram_power_on(copy);
			power(copy);
			assert_int_equal(select_oath(), CS_SW_OK);
			int counter = counter_of(hotp_code("a"));
			assert_true(counter == 5 || (sw != CS_SW_OK && counter == 1));
			flash_ram_free(copy);
		}
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(select_tells_version_and_salt_and_asks_nothing_where_no_code_is_set),
	    TEST(hotp_codes_are_those_of_rfc_4226),
	    TEST(the_first_counter_can_be_given),
	    TEST(totp_codes_are_those_of_rfc_6238),
	    TEST(a_full_response_is_the_whole_hmac),
	    TEST(putting_a_name_again_replaces_it_and_its_counter),
	    TEST(renaming_keeps_key_and_counter_and_takes_nobodys_name),
	    TEST(a_deleted_credential_is_gone),
	    TEST(a_put_that_is_not_right_leaves_nothing),
	    TEST(a_credential_that_wants_a_touch_gives_no_code_without_one),
	    TEST(calculate_all_marks_what_it_does_not_compute),
	    TEST(an_access_code_is_set_only_by_who_proves_to_have_it),
	    TEST(a_locked_card_answers_nothing_but_validate_and_reset),
	    TEST(validate_unlocks_and_each_select_locks_again),
	    TEST(an_empty_response_does_not_unlock),
	    TEST(reset_needs_no_code_and_makes_another_device),
	    TEST(two_hundred_and_fifty_five_credentials_fit_and_no_more),
	    TEST(a_long_list_is_fetched_with_send_remaining),
	    TEST(power_loss_at_any_instant_takes_no_counter_back),
	    TEST(power_loss_leaves_the_old_credential_or_the_new_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
