/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Two users of one card send bytes in pieces of any size. Input: pieces, each behind one byte: the user in
 * bit 7, the piece's length in the others. Only what a frame allows is answered, nothing runs while another
 * holds the card, and a user that breaks the protocol is dropped. The card is a stand-in that answers each
 * command with 9000.
 */
#include <string.h>

#include "applet/port/frame.h"
#include "applet/port/slot.h"
#include "base/sw.h"
#include "tests/fuzz/fuzz.h"

struct card {
	unsigned resets, commands;
};

void card_reset(struct card *card)
{
	card->resets++;
}

struct cs_view card_atr(void)
{
	return CS_VIEW_TEXT("\x3B\x80\x80\x01\x01");
}

void card_transmit(struct card *card, struct cs_view command, struct cs_writer *out)
{
	FUZZ_REQUIRE(command.len > 1);
	card->commands++;
	cs_write_u16(out, CS_SW_OK);
}

static struct card card;
static struct slot slot;
static struct user {
	bool gone;
	struct frame_reader in;
} users[2];

/* How many bytes a frame is to be answered with, before the ATR's length. */
static size_t wanted(struct cs_view frame)
{
	if (frame.len > 1)
		return 2;
	switch (frame.ptr[0]) {
	case SLOT_ATR:
		return card_atr().len;
	case SLOT_LOSSES:
		return 4;
	case SLOT_STATUS:
	case SLOT_TOUCH:
		return 1; /* nobody can touch this card */
	default:
		return 0;
	}
}

/* True if a frame was taken. */
static bool execute(struct user *user, const struct user *other)
{
	static uint8_t out[SLOT_ANSWER_MAX];
	struct cs_writer w = CS_WRITER_OF(out);
	struct cs_view frame;
	if (user->gone || !frame_next(&user->in, &frame) || !slot_ready(&slot, user, frame))
		return false;
	unsigned before = card.commands;
	enum cs_err err = slot_exchange(&slot, user, frame, &w);
	FUZZ_REQUIRE(err == CS_OK || err == CS_ERR_MALFORMED);
	if (err) {
		FUZZ_REQUIRE(frame.len <= 1);
		slot_leave(&slot, user);
		FUZZ_REQUIRE(slot.holder != user);
		user->gone = true;
		return true;
	}
	FUZZ_REQUIRE(slot.holder != other || card.commands == before);
	FUZZ_REQUIRE(cs_writer_view(&w).len == wanted(frame));
	frame_consume(&user->in);
	return true;
}

static void take(struct user *user, struct cs_view piece)
{
	size_t room;
	uint8_t *space = frame_space(&user->in, &room);
	size_t len = piece.len < room ? piece.len : room;
	if (len > 0)
		memcpy(space, piece.ptr, len);
	frame_received(&user->in, len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cs_reader r = cs_reader_of(cs_view(data, size));
	memset(users, 0, sizeof users);
	card = (struct card){0};
	slot_init(&slot, &card, NULL);
	slot_join(&slot, &users[0]);
	slot_join(&slot, &users[1]);
	while (cs_reader_more(&r)) {
		uint8_t head = cs_read_u8(&r);
		struct cs_view rest =
		    r.left < (head & 0x7Fu) ? cs_read_rest(&r) : cs_read_view(&r, head & 0x7Fu);
		take(&users[head >> 7], rest);
		while (execute(&users[0], &users[1]) || execute(&users[1], &users[0]))
			;
	}
	for (int i = 0; i < 2; i++)
		if (!users[i].gone)
			slot_leave(&slot, &users[i]);
	FUZZ_REQUIRE(slot.users == 0 && slot.holder == NULL && !slot.on);
	return 0;
}
