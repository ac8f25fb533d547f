/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Both ends of a USB/IP device.
 */
#include "tests/unit/usb_peer.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "applet/port/slot.h"

static const struct usb_identity identity = {USB_TEST_VENDOR, USB_TEST_PRODUCT, 0x00C0FFEE, false};

static void take(void *ctx, struct cs_view bytes)
{
	struct peer *p = ctx;

	assert_true(p->told_len + bytes.len <= sizeof(p->told));
	memcpy(p->told + p->told_len, bytes.ptr, bytes.len);
	p->told_len += bytes.len;
}

void begin(struct peer *p, enum usb_speed speed, bool attached)
{
	usbip_init(&p->usbip, &identity, speed, &p->bridge, attached, p->now_ms);
	p->usbip.send = take;
	p->usbip.ctx = p;
	p->told_len = p->read = 0;
}

int setup(void **state)
{
	struct peer *p = calloc(1, sizeof(*p));
	int pair[2];

	assert_non_null(p);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	usb_bridge_init(&p->bridge, pair[0]);
	p->card = pair[1];
	p->now_ms = 1000;
	begin(p, USB_HIGH, true);
	*state = p;
	return 0;
}

int teardown(void **state)
{
	struct peer *p = *state;

	close(p->bridge.fd);
	if (p->card >= 0)
		close(p->card);
	free(p);
	return 0;
}

/* ---- the peer ---- */

void give(struct peer *p, const uint8_t *bytes, size_t len)
{
	p->err = CS_OK;
	while (len > 0 && !p->err) {
		size_t room;
		uint8_t *space = usbip_space(&p->usbip, &room);
		size_t n = len < room ? len : room;
		memcpy(space, bytes, n);
		p->err = usbip_received(&p->usbip, n, p->now_ms);
		bytes += n;
		len -= n;
	}
}

void put32(uint8_t *at, uint32_t value)
{
	for (size_t i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> (24 - 8 * i));
}

size_t submit_bytes(struct peer *p, uint8_t *out, uint8_t address, uint32_t length,
		    const uint8_t *setup_bytes, struct cs_view data)
{
	memset(out, 0, USBIP_HEADER);
	put32(out, 1);
	put32(out + 4, ++p->seqnum);
	put32(out + 8, USBIP_BUS << 16 | USBIP_DEVICE);
	put32(out + 12, address >> 7);
	put32(out + 16, address & 0x0F);
	put32(out + 24, length);
	if (setup_bytes)
		memcpy(out + 40, setup_bytes, USB_SETUP_LEN);
	if (data.len > 0)
		memcpy(out + USBIP_HEADER, data.ptr, data.len);
	return USBIP_HEADER + data.len;
}

uint32_t submit(struct peer *p, uint8_t address, uint32_t length, struct cs_view data)
{
	static uint8_t bytes[USBIP_HEADER + USBIP_OUT_MAX];

	give(p, bytes, submit_bytes(p, bytes, address, length, NULL, data));
	return p->seqnum;
}

uint32_t told32(struct peer *p, size_t at)
{
	const uint8_t *b = p->told + p->read + at;

	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* The next answer is this; its data, borrowed. has_data: they follow. */
struct cs_view answered(struct peer *p, uint32_t kind, uint32_t seqnum, int32_t status, bool has_data)
{
	struct cs_view data = CS_VIEW_EMPTY;
	uint32_t actual;

	assert_true(p->told_len - p->read >= USBIP_HEADER);
	assert_int_equal(told32(p, 0), kind);
	assert_int_equal(told32(p, 4), seqnum);
	assert_int_equal((int32_t)told32(p, 20), status);
	actual = told32(p, 24);
	p->read += USBIP_HEADER;
	if (has_data) {
		assert_true(p->told_len - p->read >= actual);
		data = cs_view(p->told + p->read, actual);
		p->read += actual;
	}
	return data;
}

void nothing_more(const struct peer *p)
{
	assert_int_equal(p->read, p->told_len);
}

uint32_t ask(struct peer *p, struct setup s)
{
	const uint8_t bytes[USB_SETUP_LEN] = {s.type,
					      s.code,
					      (uint8_t)s.value,
					      (uint8_t)(s.value >> 8),
					      (uint8_t)s.index,
					      (uint8_t)(s.index >> 8),
					      (uint8_t)s.length,
					      (uint8_t)(s.length >> 8)};
	uint8_t request[USBIP_HEADER];

	(void)submit_bytes(p, request, s.type & 0x80, s.length, bytes, CS_VIEW_EMPTY);
	give(p, request, sizeof(request));
	return p->seqnum;
}

struct cs_view asked(struct peer *p, struct setup s)
{
	uint32_t seqnum = ask(p, s);

	return answered(p, SUBMITTED, seqnum, 0, (s.type & 0x80) != 0);
}

void stalled(struct peer *p, struct setup s)
{
	uint32_t seqnum = ask(p, s);

	(void)answered(p, SUBMITTED, seqnum, EPIPE_STATUS, false);
	nothing_more(p);
}

const struct setup configure = {0x00, 9, 1, 0, 0};

/* ---- the card's process ---- */

void card_was_told(struct peer *p, struct cs_view frame)
{
	uint8_t bytes[FRAME_HEADER_LEN + CCID_COMMAND_MAX];
	size_t len = FRAME_HEADER_LEN + frame.len;

	assert_int_equal(recv(p->card, bytes, len, MSG_WAITALL), len);
	assert_int_equal(bytes[0] << 8 | bytes[1], frame.len);
	assert_memory_equal(bytes + FRAME_HEADER_LEN, frame.ptr, frame.len);
}

void card_was_controlled(struct peer *p, uint8_t code)
{
	card_was_told(p, cs_view(&code, 1));
}

void card_hears_nothing(struct peer *p)
{
	uint8_t byte;

	assert_int_equal(recv(p->card, &byte, 1, MSG_DONTWAIT), -1);
}

void card_answers(struct peer *p, struct cs_view payload)
{
	static uint8_t bytes[FRAME_HEADER_LEN + FRAME_MAX];

	memcpy(bytes + FRAME_HEADER_LEN, payload.ptr, payload.len);
	frame_seal(bytes, payload.len);
	for (size_t at = 0; at < FRAME_HEADER_LEN + payload.len;) {
		ssize_t sent = send(p->card, bytes + at, FRAME_HEADER_LEN + payload.len - at, MSG_DONTWAIT);
		at += sent > 0 ? (size_t)sent : 0;
		assert_int_equal(usb_bridge_read(&p->bridge), CS_OK);
	}
	assert_int_equal(usbip_pump(&p->usbip, p->now_ms), CS_OK);
}

void configured(struct peer *p)
{
	(void)asked(p, configure);
	card_was_controlled(p, SLOT_POWER_OFF);
	nothing_more(p);
}

uint32_t say(struct peer *p, uint8_t type, uint8_t seq, uint16_t level, struct cs_view data)
{
	uint8_t message[CCID_MESSAGE_MAX] = {type, (uint8_t)data.len, (uint8_t)(data.len >> 8), 0, 0, 0, seq,
					     0,	   (uint8_t)level};

	if (data.len > 0)
		memcpy(message + CCID_HEADER_LEN, data.ptr, data.len);
	return submit(p, USB_BULK_OUT, (uint32_t)(CCID_HEADER_LEN + data.len),
		      cs_view(message, CCID_HEADER_LEN + data.len));
}

struct cs_view fetch(struct peer *p)
{
	uint32_t seqnum = submit(p, USB_BULK_IN, CCID_MESSAGE_MAX, CS_VIEW_EMPTY);

	return answered(p, SUBMITTED, seqnum, 0, true);
}

void powered(struct peer *p)
{
	(void)answered(p, SUBMITTED, say(p, 0x62, 0, 0, CS_VIEW_EMPTY), 0, false);
	card_was_controlled(p, SLOT_RESET);
	card_was_controlled(p, SLOT_ATR);
	card_answers(p, CS_VIEW_TEXT("\x3B\x80"));
	assert_true(cs_view_equal(fetch(p), CS_VIEW_TEXT("\x80\x02\0\0\0\0\0\0\0\0\x3B\x80")));
}

const uint8_t command[COMMAND_LEN] = {0x00, 0xFD, 0x00, 0x00, 0x00};

void executing(struct peer *p, uint8_t seq)
{
	(void)answered(p, SUBMITTED, say(p, 0x6F, seq, 0, CS_VIEW_OF(command)), 0, false);
	card_was_told(p, CS_VIEW_OF(command));
}

void unlink_transfer(struct peer *p, uint32_t victim, int32_t status)
{
	uint8_t bytes[USBIP_HEADER];

	(void)submit_bytes(p, bytes, 0, 0, NULL, CS_VIEW_EMPTY);
	put32(bytes, 2);
	put32(bytes + 20, victim);
	give(p, bytes, sizeof(bytes));
	(void)answered(p, UNLINKED, p->seqnum, status, false);
	nothing_more(p);
}
