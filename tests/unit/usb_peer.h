/* SPDX-License-Identifier: BSD-2-Clause
 *
 * For tests of the token as a USB/IP device: the peer of usbip.h, and the process behind it that has the card. The clock is
 * the test's.
 */
#ifndef COUNTERSIGN_TESTS_UNIT_USB_PEER_H
#define COUNTERSIGN_TESTS_UNIT_USB_PEER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "applet/port/usbip.h"

#define EPIPE_STATUS (-32)
#define RESET_STATUS (-104)
#define SUBMITTED    3u
#define UNLINKED     4u

struct peer {
	struct usb_bridge bridge;
	struct usbip usbip;
	int card; /* the card's end */
	uint64_t now_ms;
	uint32_t seqnum; /* of the last transfer */
	enum cs_err err; /* of the last bytes that were taken */
	uint8_t told[200000];
	size_t told_len, read;
};

/* cmocka's: *state is a peer, of a device of high speed that is attached. */
int setup(void **state);
int teardown(void **state);
/* A new connection. */
void begin(struct peer *p, enum usb_speed speed, bool attached);

/* ---- the peer ---- */

void put32(uint8_t *at, uint32_t value);
/* Bytes of the stream, and the bytes of a transfer. */
void give(struct peer *p, const uint8_t *bytes, size_t len);
size_t submit_bytes(struct peer *p, uint8_t *out, uint8_t address, uint32_t length, const uint8_t *setup_bytes,
		    struct cs_view data);
/* A transfer is begun: its number. */
uint32_t submit(struct peer *p, uint8_t address, uint32_t length, struct cs_view data);
/* Takes one back, which is answered with status. */
void unlink_transfer(struct peer *p, uint32_t victim, int32_t status);
/* The number that stands there in what is told next. */
uint32_t told32(struct peer *p, size_t at);
/* The next answer is this; its data, borrowed. has_data: they follow. */
struct cs_view answered(struct peer *p, uint32_t kind, uint32_t seqnum, int32_t status, bool has_data);
void nothing_more(const struct peer *p);

/* A control request, its answer, and its refusal. */
struct setup {
	uint8_t type, code;
	uint16_t value, index, length;
};
extern const struct setup configure;
uint32_t ask(struct peer *p, struct setup s);
struct cs_view asked(struct peer *p, struct setup s);
void stalled(struct peer *p, struct setup s);

/* ---- the card's process ---- */

void card_was_told(struct peer *p, struct cs_view frame);
void card_was_controlled(struct peer *p, uint8_t code);
void card_hears_nothing(struct peer *p);
void card_answers(struct peer *p, struct cs_view payload);

/* ---- CCID ---- */

#define COMMAND_LEN 5u
extern const uint8_t command[COMMAND_LEN];

void configured(struct peer *p);
void powered(struct peer *p);
/* A message; the transfer's number. */
uint32_t say(struct peer *p, uint8_t type, uint8_t seq, uint16_t level, struct cs_view data);
/* The next message from the device, borrowed. */
struct cs_view fetch(struct peer *p);
/* The card has command, of this bSeq. */
void executing(struct peer *p, uint8_t seq);

#endif
