/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A keyboard that types digits, and Enter where it is told to (Device Class Definition for HID 1.11, boot keyboard: appendix B.1 and
 * E; HID Usage Tables, page 07). A pure function: text in, reports of eight bytes out, one for each key that goes down or up.
 *
 * The digits are those of the keypad, which are the same in every keyboard layout, as long as NumLock is on. The host says
 * whether it is (output report, bit 0). Where it is off the keyboard presses NumLock first, waits until the host says it is on,
 * and presses it again behind the text. A host that has never said anything counts as off, which is how keyboards come up; where
 * it says nothing to the key either, nothing is typed: the keypad's digits might be Home and End. Nor is what the host
 * has not fetched for a while (it sleeps): the code is of no use later.
 */
#ifndef COUNTERSIGN_APPLET_PORT_HID_KEYBOARD_H
#define COUNTERSIGN_APPLET_PORT_HID_KEYBOARD_H

#include "base/bytes.h"

#define HID_REPORT_LEN	    8u	 /* modifiers, 0, six keys that are down */
#define HID_TEXT_MAX	    16u	 /* digits of a code, and Enter */
#define HID_NUMLOCK_WAIT_MS 3000u /* for the host to say that it is on */
#define HID_FETCH_WAIT_MS   5000u /* for it to fetch the next report */

#define HID_LED_NUMLOCK 0x01u

enum hid_state {
	HID_IDLE,
	HID_LOCK_UP,   /* NumLock is down */
	HID_LOCK_WAIT, /* it was pressed; what the host makes of it is to come */
	HID_KEY_DOWN,  /* the next character's */
	HID_KEY_UP,
	HID_UNLOCK_DOWN, /* NumLock, a second time */
	HID_UNLOCK_UP
};

/* Zero it to begin: no key is down, the host has said nothing. */
struct hid_keyboard {
	enum hid_state state;
	char text[HID_TEXT_MAX];
	size_t len, at;
	uint8_t leds;
	bool switched; /* NumLock was off, and our key has switched it on */
	uint64_t until_ms; /* LOCK_WAIT */
	uint64_t since_ms; /* it had the text, or the host fetched a report of it */
};

/* Takes a text of digits and line ends (Enter). CS_ERR_BUSY: it types; CS_ERR_MALFORMED: too long, empty, or other characters. */
CS_MUST_CHECK enum cs_err hid_keyboard_type(struct hid_keyboard *k, struct cs_view text, uint64_t now_ms);

/* It does not type. */
bool hid_keyboard_idle(const struct hid_keyboard *k);

/* Forgets the text where the host has not answered to NumLock, or has fetched nothing for too long: true. A key that is down goes up yet. */
bool hid_keyboard_lapse(struct hid_keyboard *k, uint64_t now_ms);

/* The host's output report: which lamps are lit. */
void hid_keyboard_leds(struct hid_keyboard *k, uint8_t leds);

/* The next report, to be called when the host has fetched the one before it. False: there is none now. */
bool hid_keyboard_next(struct hid_keyboard *k, uint64_t now_ms, uint8_t report[HID_REPORT_LEN]);

/* How long until hid_keyboard_lapse may be true: -1, for ever. */
int hid_keyboard_timeout(const struct hid_keyboard *k, uint64_t now_ms);

/* The bus was reset, or the host has gone: what was to be typed is forgotten, and so are the lamps. */
void hid_keyboard_wipe(struct hid_keyboard *k);

#endif
