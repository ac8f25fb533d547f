/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The card's side of its keyboard: a touch of the button makes the next code of one OATH credential, which the process that faces
 * the host types (hid_keyboard.h). It is a user of the slot like any other, on a logical channel of its own, opened for each
 * code: nobody's selection or PIN is disturbed, and nobody's is of use to it. So the card refuses, and nothing is typed, where the
 * OATH application has an access code or the credential wants the PIN. That the credential wants a touch is no reason: the
 * button is one.
 */
#ifndef COUNTERSIGN_APPLET_PORT_KEYBOARD_H
#define COUNTERSIGN_APPLET_PORT_KEYBOARD_H

#include "applet/port/slot.h"

#define KEYBOARD_PRESS_MS 5000u

struct keyboard_settings {
	const char *credential; /* its name, as ykman lists it; NULL: no keyboard */
	bool enter;		/* pressed behind the code */
};

struct keyboard {
	struct keyboard_settings settings;
	struct slot *slot; /* borrowed */
	int fd;		   /* the line to who types (hid_host.h); not owned; -1: its other end has closed */
	/* Seconds since 1970. False where the clock has not been set by anyone: then there is no TOTP. */
	bool (*clock)(uint64_t *unix_s);
	uint8_t told; /* what came last from there */
	uint8_t sent; /* texts, in HID_HOST_TEXTS */
	bool pressed; /* and the card was busy */
	uint64_t pressed_ms;
	uint8_t answer[SLOT_ANSWER_MAX];
};

/* All are borrowed, for the life of the keyboard. */
void keyboard_init(struct keyboard *k, const struct keyboard_settings *settings, struct slot *slot, int fd);
void keyboard_close(struct keyboard *k);

/* The button was touched. Where no host listens, or a code is being typed, it is nobody's: no code is made. Where another user holds
 * the card, it is remembered (once) until keyboard_step finds the card free, for at most KEYBOARD_PRESS_MS. Says on stderr why nothing
 * is typed. keyboard_step is to be called in every turn, and when fd is readable. */
void keyboard_press(struct keyboard *k, uint64_t now_ms);
void keyboard_step(struct keyboard *k, uint64_t now_ms);

/* The system's clock; true where the kernel says that it is synchronised. */
bool keyboard_clock(uint64_t *unix_s);

#endif
