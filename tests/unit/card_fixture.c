/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The card that the tests of applet/ talk to.
 */
#include "tests/unit/card_fixture.h"

#include <stdlib.h>
#include <string.h>

#include "applet/port/crypto_openssl.h"
#include "base/encoding.h"
#include "base/tlv.h"

#define FLASH_PAGE_SIZE	 4096u
#define FLASH_PAGES	 32u
#define FLASH_WRITE_SIZE 8u

static uint64_t fixture_now(void *ctx)
{
	return ((struct fixture *)ctx)->now_ms;
}

static enum cs_err fixture_touch(void *ctx, const char *why, bool wait)
{
	struct fixture *f = ctx;

	assert_non_null(why);
	assert_false(wait && f->touch_says == CS_ERR_BUSY);
	f->touches++;
	f->touch_waited = wait;
	return f->touch_says;
}

static void fixture_touch_end(void *ctx)
{
	((struct fixture *)ctx)->touch_ends++;
}

static int fixture_setup(void **state, enum csgn_profile profile)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	assert_int_equal(crypto_openssl_init(&f->crypto), CS_OK);
	f->flash = flash_ram_new(FLASH_PAGE_SIZE, FLASH_PAGES, FLASH_WRITE_SIZE);
	assert_non_null(f->flash);
	f->platform = (struct platform){.ctx = f,
					.monotonic_ms = fixture_now,
					.user_presence = fixture_touch,
					.user_presence_end = fixture_touch_end,
					.serial = FIXTURE_SERIAL};
	f->ports = (struct card_ports){
	    .platform = &f->platform, .crypto = &f->crypto, .flash = flash_ram_flash(f->flash)};
	assert_int_equal(card_open(&f->card, &f->ports, profile), CS_OK);
	*state = f;
	return 0;
}

int fixture_setup_piv(void **state)
{
	return fixture_setup(state, CSGN_PROFILE_PIV);
}

int fixture_setup_countersign(void **state)
{
	return fixture_setup(state, CSGN_PROFILE_COUNTERSIGN);
}

int fixture_setup_user(void **state, const char *select)
{
	int rc = fixture_setup_countersign(state);

	if (rc == 0) {
		fixture_expect(*state, select, CS_SW_OK);
		fixture_expect(*state, VERIFY_PIN, CS_SW_OK);
	}
	return rc;
}

int fixture_teardown(void **state)
{
	struct fixture *f = *state;

	card_close(&f->card);
	flash_ram_free(f->flash);
	crypto_openssl_free(&f->crypto);
	free(f);
	return 0;
}

enum cs_err fixture_power_cycle(struct fixture *f)
{
	card_close(&f->card);
	flash_ram_power_on(f->flash);
	return card_open(&f->card, &f->ports, CSGN_PROFILE_COUNTERSIGN);
}

struct cs_view fixture_hex(const char *hex, uint8_t *out, size_t cap)
{
	struct cs_writer w = cs_writer_of(out, cap);
	char digits[3] = {0};
	size_t have = 0;

	for (; *hex; hex++) {
		if (*hex == ' ')
			continue;
		digits[have++] = *hex;
		if (have == 2) {
			assert_int_equal(cs_hex_decode(cs_view(digits, 2), &w), CS_OK);
			have = 0;
		}
	}
	assert_int_equal(have, 0);
	assert_int_equal(cs_writer_done(&w), CS_OK);
	return cs_writer_view(&w);
}

uint16_t fixture_send_view(struct fixture *f, struct cs_view command)
{
	struct cs_writer w = CS_WRITER_OF(f->response);
	struct cs_response response;

	card_transmit(&f->card, command, &w);
	assert_int_equal(cs_response_parse(cs_writer_view(&w), &response), CS_OK);
	f->data = response.data;
	return response.sw;
}

uint16_t fixture_send(struct fixture *f, const char *hex)
{
	uint8_t bytes[1024];

	return fixture_send_view(f, fixture_hex(hex, bytes, sizeof(bytes)));
}

uint16_t fixture_command_cla(struct fixture *f, uint8_t cla, uint8_t ins, uint8_t p1, uint8_t p2,
			     struct cs_view data)
{
	static uint8_t bytes[CARD_COMMAND_MAX + 16];
	struct cs_writer w = CS_WRITER_OF(bytes);
	const struct cs_apdu cmd = {
	    .cla = cla, .ins = ins, .p1 = p1, .p2 = p2, .data = data, .ne = CS_APDU_NE_MAX, .extended = true};

	assert_int_equal(cs_apdu_build(&cmd, &w), CS_OK);
	return fixture_send_view(f, cs_writer_view(&w));
}

uint16_t fixture_command(struct fixture *f, uint8_t ins, uint8_t p1, uint8_t p2, struct cs_view data)
{
	return fixture_command_cla(f, 0x00, ins, p1, p2, data);
}

void fixture_expect(struct fixture *f, const char *hex, uint16_t sw)
{
	uint16_t got = fixture_send(f, hex);

	if (got != sw)
		fail_msg("%s answered %04X, not %04X", hex, got, sw);
}

void fixture_expect_data(struct fixture *f, const char *hex, const char *data_hex)
{
	uint8_t bytes[1024];
	struct cs_view want = fixture_hex(data_hex, bytes, sizeof(bytes));

	fixture_expect(f, hex, CS_SW_OK);
	assert_int_equal(f->data.len, want.len);
	assert_memory_equal(f->data.ptr, want.ptr, want.len);
}

bool fixture_answer_has(const struct fixture *f, const char *data_hex)
{
	uint8_t bytes[512];
	struct cs_view want = fixture_hex(data_hex, bytes, sizeof(bytes));

	return memmem(f->data.ptr, f->data.len, want.ptr, want.len) != NULL;
}

void fixture_authenticate_with(struct fixture *f, enum piv_alg cipher)
{
	size_t key_len = cipher == PIV_ALG_AES128 ? 16 : cipher == PIV_ALG_AES256 ? 32 : 24;
	size_t len = cipher == PIV_ALG_3DES ? 8 : 16;
	uint8_t key[32], answer[4 + 16] = {0x7C, (uint8_t)(2 + len), PIV_TAG_AUTH_RESPONSE, (uint8_t)len};
	uint8_t ask[] = {0x00,
			 PIV_INS_AUTHENTICATE,
			 (uint8_t)cipher,
			 PIV_SLOT_MANAGEMENT,
			 4,
			 0x7C,
			 2,
			 PIV_TAG_AUTH_CHALLENGE,
			 0,
			 0};

	for (size_t i = 0; i < key_len; i++)
		key[i] = (uint8_t)(i % 8 + 1);
	assert_int_equal(fixture_send_view(f, CS_VIEW_OF(ask)), CS_SW_OK);
	assert_int_equal(f->data.len, 4 + len);
	assert_int_equal(
	    f->crypto.block(f->crypto.ctx, cipher, true, cs_view(key, key_len), f->data.ptr + 4, answer + 4),
	    CS_OK);
	assert_int_equal(fixture_command(f, PIV_INS_AUTHENTICATE, (uint8_t)cipher, PIV_SLOT_MANAGEMENT,
					 cs_view(answer, 4 + len)),
			 CS_SW_OK);
}

void fixture_authenticate_management(struct fixture *f)
{
	fixture_authenticate_with(f, PIV_ALG_3DES);
}
