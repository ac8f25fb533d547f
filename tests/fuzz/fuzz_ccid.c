/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A host that sends anything on the pipes of the CCID, and a card that ends its work at any time. Input:
 * steps of one byte, what (low three bits) and a flag (bit 7), and what the step takes. Each message is
 * answered at most once, under its number or that of the work that it ended, and what is sent is a
 * well-formed message; work begins only where none is under way, and its command stays as it is.
 */
#include <string.h>

#include "applet/port/ccid.h"
#include "tests/fuzz/fuzz.h"

static struct ccid c;
static struct ccid_input shadow; /* what has come, put together beside it */
static uint8_t out[CCID_MESSAGE_MAX];
static uint8_t response[2 * CCID_DATA_MAX + 100];
static size_t came, answered;
static enum ccid_next working; /* CCID_IDLE: nothing is under way */
static size_t command_len;

static void judge_message(const struct cs_writer *w, uint8_t seq)
{
	FUZZ_REQUIRE(!w->failed && w->len >= CCID_HEADER_LEN);
	FUZZ_REQUIRE((out[1] | out[2] << 8 | out[3] << 16 | out[4] << 24) == (int)(w->len - CCID_HEADER_LEN));
	FUZZ_REQUIRE(out[0] >= 0x80 && out[0] <= 0x84 && out[5] == 0);
	FUZZ_REQUIRE(out[6] == seq || out[6] == c.work_seq || out[6] == c.abort_seq);
	FUZZ_REQUIRE((out[7] & 0xC0) != 0x40 || w->len == CCID_HEADER_LEN); /* what failed has no data */
}

static void judge(enum ccid_next next, const struct cs_writer *w, uint8_t seq)
{
	switch (next) {
	case CCID_IDLE:
		FUZZ_REQUIRE(w->len == 0);
		break;
	case CCID_SEND:
		judge_message(w, seq);
		answered++;
		break;
	default:
		FUZZ_REQUIRE(working == CCID_IDLE && w->len == 0);
		working = next;
		command_len = ccid_command(&c).len;
		FUZZ_REQUIRE(next != CCID_EXECUTE || (command_len >= 4 && command_len <= CCID_COMMAND_MAX));
	}
	FUZZ_REQUIRE(answered + (working != CCID_IDLE && (!c.abandoned || c.power_next) ? 1 : 0) <= came);
}

static void packet(struct cs_reader *r, bool last)
{
	size_t len = cs_read_u16(r) % 600u;
	struct cs_view bytes = r->left < len ? cs_read_rest(r) : cs_read_view(r, len);
	struct cs_writer w = CS_WRITER_OF(out);
	size_t wanted = ccid_wanted(&c, 64);
	enum ccid_piece piece = ccid_input_take(&shadow, bytes, last);
	uint8_t seq = piece == CCID_PART ? 0 : ccid_input_header(&shadow).seq;

	FUZZ_REQUIRE(wanted > 0 && wanted <= CCID_MESSAGE_MAX);
	if (piece != CCID_PART) {
		came++;
		ccid_input_end(&shadow);
	}
	judge(ccid_receive(&c, bytes, last, &w), &w, seq);
}

static void end(struct cs_reader *r)
{
	struct cs_writer w = CS_WRITER_OF(out);
	size_t len = cs_read_u16(r) % sizeof(response);
	enum ccid_next was = working;
	enum ccid_next next;

	working = CCID_IDLE;
	if (was == CCID_EXECUTE) {
		FUZZ_REQUIRE(ccid_command(&c).len == command_len);
		next = ccid_executed(&c, cs_view(response, len), &w);
	} else {
		next = ccid_powered(&c, cs_view(response, was == CCID_POWER_ON ? 5 : 0), &w);
	}
	judge(next, &w, c.work_seq);
}

static void tick(void)
{
	struct cs_writer w = CS_WRITER_OF(out);

	if (ccid_tick(&c, &w) == CCID_SEND) {
		FUZZ_REQUIRE(working != CCID_IDLE && (out[7] & 0xC0) == 0x80);
		judge_message(&w, c.work_seq);
	}
}

static void abort_asked(struct cs_reader *r)
{
	struct cs_writer w = CS_WRITER_OF(out);
	enum ccid_next next;

	if (ccid_abort(&c, cs_read_u16(r), &next, &w))
		judge(next, &w, c.abort_seq);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cs_reader r = cs_reader_of(cs_view(data, size));

	ccid_init(&c);
	shadow = (struct ccid_input){0};
	came = answered = 0;
	working = CCID_IDLE;
	while (cs_reader_more(&r)) {
		uint8_t step = cs_read_u8(&r);
		switch (step & 7) {
		case 0:
			if (working != CCID_IDLE)
				end(&r);
			break;
		case 1:
			tick();
			break;
		case 2:
			abort_asked(&r);
			break;
		case 3:
			if (step & 0x80) {
				ccid_wipe(&c);
				shadow = (struct ccid_input){0};
			}
			break;
		default:
			packet(&r, (step & 0x80) != 0);
		}
	}
	return 0;
}
