/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Key, challenge and value are those of RFC 4231, test case 1.
 */
#include "tests/lib/longest.h"

#include <string.h>

#include "base/piv.h"
#include "base/sw.h"
#include "base/ykoath.h"

#define CREDENTIALS 255u
#define NAME_LEN    64u
#define HMAC_LEN    64u

static const uint8_t key[20] = {0x0B, 0x0B, 0x0B, 0x0B, 0x0B, 0x0B, 0x0B, 0x0B, 0x0B, 0x0B,
				0x0B, 0x0B, 0x0B, 0x0B, 0x0B, 0x0B, 0x0B, 0x0B, 0x0B, 0x0B};
static const uint8_t hmac[HMAC_LEN] = {
    0x87, 0xAA, 0x7C, 0xDE, 0xA5, 0xEF, 0x61, 0x9D, 0x4F, 0xF0, 0xB4, 0x24, 0x1A, 0x1D, 0x6C, 0xB0,
    0x23, 0x79, 0xF4, 0xE2, 0xCE, 0x4E, 0xC2, 0x78, 0x7A, 0xD0, 0xB3, 0x05, 0x45, 0xE1, 0x7C, 0xDE,
    0xDA, 0xA8, 0x33, 0xB7, 0xD6, 0xB8, 0xA7, 0x02, 0x03, 0x8B, 0x27, 0x4E, 0xAE, 0xA3, 0xF4, 0xE4,
    0xBE, 0x9D, 0x91, 0x4E, 0xEB, 0x61, 0xF1, 0x70, 0x2E, 0x69, 0x6C, 0x20, 0x3A, 0x12, 0x68, 0x54};

static uint8_t response[LONGEST_COMMAND];

/* The status word; 0: the line broke. The response stays, without it. */
static unsigned run(longest_transmit *transmit, void *ctx, struct cs_view command, struct cs_view *data)
{
	struct cs_writer w = CS_WRITER_OF(response);

	if (!transmit(ctx, command, &w) || w.len < 2)
		return 0;
	*data = cs_view(response, w.len - 2);
	return (unsigned)response[w.len - 2] << 8 | response[w.len - 1];
}

static bool select_app(longest_transmit *transmit, void *ctx, struct cs_view aid)
{
	uint8_t command[32];
	struct cs_writer w = CS_WRITER_OF(command);
	struct cs_view data;

	cs_write_view(&w, CS_VIEW_TEXT("\x00\xA4\x04\x00"));
	cs_write_u8(&w, (uint8_t)aid.len);
	cs_write_view(&w, aid);
	return run(transmit, ctx, cs_writer_view(&w), &data) == CS_SW_OK;
}

static void name_write(struct cs_writer *w, unsigned number)
{
	cs_write_u8(w, YKOATH_TAG_NAME);
	cs_write_u8(w, NAME_LEN);
	cs_write_u8(w, (uint8_t)('A' + number / 16));
	cs_write_u8(w, (uint8_t)('a' + number % 16));
	cs_write_fill(w, 'n', NAME_LEN - 2);
}

static bool put(longest_transmit *transmit, void *ctx, unsigned number)
{
	uint8_t command[128];
	struct cs_writer w = CS_WRITER_OF(command);
	struct cs_view data;
	const uint8_t head[] = {0, YKOATH_INS_PUT, 0, 0, 2 + NAME_LEN + 4 + sizeof(key)};
	const uint8_t about[] = {YKOATH_TAG_KEY, 2 + sizeof(key), YKOATH_TYPE_TOTP | YKOATH_HASH_SHA512, 6};

	cs_write_view(&w, CS_VIEW_OF(head));
	name_write(&w, number);
	cs_write_view(&w, CS_VIEW_OF(about));
	cs_write_view(&w, CS_VIEW_OF(key));
	return run(transmit, ctx, cs_writer_view(&w), &data) == CS_SW_OK;
}

/* One credential's part, in the order in which they were made. */
static bool part_is(struct cs_reader *r, unsigned number)
{
	uint8_t want[2 + NAME_LEN + 3 + HMAC_LEN];
	struct cs_writer w = CS_WRITER_OF(want);

	name_write(&w, number);
	cs_write_u8(&w, YKOATH_TAG_FULL_RESPONSE);
	cs_write_u8(&w, 1 + HMAC_LEN);
	cs_write_u8(&w, 6);
	cs_write_view(&w, CS_VIEW_OF(hmac));
	return cs_view_equal(cs_read_view(r, sizeof(want)), CS_VIEW_OF(want));
}

static const char *calculate_all(longest_transmit *transmit, void *ctx)
{
	static const uint8_t all[] = {0,   YKOATH_INS_CALCULATE_ALL,
				      0,   0,
				      0,   0,
				      10,  YKOATH_TAG_CHALLENGE,
				      8,   'H',
				      'i', ' ',
				      'T', 'h',
				      'e', 'r',
				      'e', 0,
				      0};
	struct cs_view data;
	struct cs_reader r;

	if (run(transmit, ctx, CS_VIEW_OF(all), &data) != CS_SW_OK)
		return "CALCULATE ALL is refused";
	if (data.len != LONGEST_RESPONSE - 2)
		return "the response has another length";
	r = cs_reader_of(data);
	for (unsigned i = 0; i < CREDENTIALS; i++) {
		if (!part_is(&r, i))
			return "a byte of the response is another";
	}
	return NULL;
}

const char *longest_response(longest_transmit *transmit, void *ctx)
{
	static const uint8_t aid[] = YKOATH_AID, reset[] = {0, YKOATH_INS_RESET, 0xDE, 0xAD};
	struct cs_view data;
	const char *wrong;

	if (!select_app(transmit, ctx, CS_VIEW_OF(aid)))
		return "there is no OATH application";
	for (unsigned i = 0; i < CREDENTIALS; i++) {
		if (!put(transmit, ctx, i))
			return "a credential is refused";
	}
	wrong = calculate_all(transmit, ctx);
	if (!wrong && run(transmit, ctx, CS_VIEW_OF(reset), &data) != CS_SW_OK)
		wrong = "RESET is refused";
	return wrong;
}

const char *longest_command(longest_transmit *transmit, void *ctx)
{
	static uint8_t command[LONGEST_COMMAND] = {0x00, PIV_INS_PUT_DATA, 0x3F, 0xFF, 0x00, 0xFF, 0xFF};
	static const uint8_t aid[] = PIV_AID;
	struct cs_view data;

	if (run(transmit, ctx, CS_VIEW_OF(command), &data) != CS_SW_WRONG_LENGTH)
		return "a command of 65535 bytes is not answered 6700";
	return select_app(transmit, ctx, CS_VIEW_OF(aid)) ? NULL : "the card does not go on";
}
