/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The line between the card's side of its keyboard (keyboard.h) and the process that faces the USB host: texts to type go there,
 * one a packet; and whenever it changes, one byte comes back: whether a text would be typed now, and how many have come, so that the card
 * knows which text an answer is behind. The card makes no code unless it would be typed.
 */
#ifndef COUNTERSIGN_APPLET_PORT_HID_HOST_H
#define COUNTERSIGN_APPLET_PORT_HID_HOST_H

#include "applet/port/hid_keyboard.h"

#define HID_HOST_READY 0x80u
#define HID_HOST_TEXTS 0x7Fu /* how many texts have come; then from 0 again */

/* The end of it that faces the host. Zero it but for fd to begin. */
struct hid_host {
	int fd; /* not owned; -1: there is no keyboard */
	uint8_t told, texts;
};

/* fd is readable: takes one text. Where no host listens, or another is being typed, the text is dropped, which is said on
 * stderr: it is of no use later. */
void hid_host_read(struct hid_host *h, struct hid_keyboard *keyboard, bool listens, uint64_t now_ms);

/* To be called behind all that may have changed something, and when hid_keyboard_timeout is over. listens: a host waits for the
 * keyboard's next report. */
void hid_host_tell(struct hid_host *h, struct hid_keyboard *keyboard, bool listens, uint64_t now_ms);

#endif
