/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A USB/IP peer that sends anything, in pieces: the first byte says whether the device is its own already and
 * how long a piece is. Behind the device is a card's process that answers each command with 9000. Each
 * transfer is answered once at most, and what the card is sent are frames that it takes.
 */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "applet/port/slot.h"
#include "applet/port/usbip.h"
#include "tests/fuzz/fuzz.h"

static struct usb_bridge bridge;
static struct usbip usbip;
static struct frame_reader frames;
static size_t answers;

static void count(void *ctx, struct cs_view bytes)
{
	(void)ctx;
	answers += bytes.len == USBIP_HEADER;
}

static void answer(int fd, struct cs_view payload)
{
	uint8_t bytes[FRAME_HEADER_LEN + 8];

	memcpy(bytes + FRAME_HEADER_LEN, payload.ptr, payload.len);
	frame_seal(bytes, payload.len);
	FUZZ_REQUIRE(send(fd, bytes, FRAME_HEADER_LEN + payload.len, 0) ==
		     (ssize_t)(FRAME_HEADER_LEN + payload.len));
}

static void card_process(int fd)
{
	struct cs_view frame;
	size_t room;
	uint8_t *space = frame_space(&frames, &room);
	ssize_t got = recv(fd, space, room, MSG_DONTWAIT);

	frame_received(&frames, got > 0 ? (size_t)got : 0);
	while (frame_next(&frames, &frame)) {
		FUZZ_REQUIRE(frame.len > 0 && frame.len <= CCID_COMMAND_MAX);
		if (frame.len == 1)
			FUZZ_REQUIRE(frame.ptr[0] == SLOT_RESET || frame.ptr[0] == SLOT_ATR ||
				     frame.ptr[0] == SLOT_POWER_OFF);
		else
			FUZZ_REQUIRE(frame.len >= 4);
		if (frame.len > 1)
			answer(fd, CS_VIEW_TEXT("\x90\x00"));
		else if (frame.ptr[0] == SLOT_ATR)
			answer(fd, CS_VIEW_TEXT("\x3B\x80"));
		frame_consume(&frames);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct usb_identity id = {
	    .vendor = 0x1209, .product = 0x0001, .serial = 7, .keyboard = true};
	size_t piece = size > 0 ? 1 + (data[0] & 0x7Fu) * 16 : 1, given = 0;
	enum cs_err err = CS_OK;
	int pair[2];

	FUZZ_REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	memset(&frames, 0, sizeof(frames));
	answers = 0;
	usb_bridge_init(&bridge, pair[0]);
	usbip_init(&usbip, &id, USB_FULL, &bridge, size > 0 && (data[0] & 0x80) != 0, 0);
	usbip.send = count;
	for (size_t at = 1; at < size && !err; at += piece) {
		size_t room, len = size - at < piece ? size - at : piece;
		uint8_t *space = usbip_space(&usbip, &room);
		FUZZ_REQUIRE(room > 0);
		len = len < room ? len : room;
		memcpy(space, data + at, len);
		given += len;
		err = usbip_received(&usbip, len, at);
		card_process(pair[1]);
		if (!err)
			err = usb_bridge_read(&bridge);
		if (!err)
			err = usb_bridge_tick(&bridge, at * 100);
		if (!err)
			err = usbip_pump(&usbip, 0);
	}
	FUZZ_REQUIRE(answers <= given / USBIP_HEADER + 1);
	FUZZ_REQUIRE(usbip_end(&usbip) == CS_OK);
	close(pair[0]);
	close(pair[1]);
	return 0;
}
