/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Keys that go down and up.
 *
 *   IDLE --type, NumLock off: its key down--> LOCK_UP --up--> LOCK_WAIT --it is on-->
 * KEY_DOWN; nothing came--> IDLE
 *        --type, NumLock on---------------------------------------------------------------------------->
 * KEY_DOWN KEY_DOWN <--down / up--> KEY_UP --last one--> IDLE, or where we had switched NumLock on:
 * UNLOCK_DOWN --> UNLOCK_UP --> IDLE
 */
#include "applet/port/hid_keyboard.h"

#include <string.h>

#include "base/secret.h"

/* HID Usage Tables, page 07. */
#define USAGE_NUMLOCK 0x53u
#define USAGE_ENTER   0x58u
#define USAGE_1	      0x59u
#define USAGE_0	      0x62u

static uint8_t usage(char c)
{
	if (c == '\n')
		return USAGE_ENTER;
	return c == '0' ? USAGE_0 : (uint8_t)(USAGE_1 + (unsigned)(c - '1'));
}

enum cs_err hid_keyboard_type(struct hid_keyboard *k, struct cs_view text, uint64_t now_ms)
{
	if (k->state != HID_IDLE || k->len > 0)
		return CS_ERR_BUSY;
	if (text.len == 0 || text.len > sizeof(k->text))
		return CS_ERR_MALFORMED;
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] != '\n' && (text.ptr[i] < '0' || text.ptr[i] > '9'))
			return CS_ERR_MALFORMED;
	}
	memcpy(k->text, text.ptr, text.len);
	k->len = text.len;
	k->at = 0;
	k->switched = false;
	k->since_ms = now_ms;
	return CS_OK;
}

void hid_keyboard_leds(struct hid_keyboard *k, uint8_t leds)
{
	k->leds = leds;
	if (k->state == HID_LOCK_WAIT && (leds & HID_LED_NUMLOCK)) {
		k->switched = true;
		k->state = HID_KEY_DOWN;
	}
}

static bool key(uint8_t usage_code, uint8_t report[HID_REPORT_LEN])
{
	memset(report, 0, HID_REPORT_LEN);
	report[2] = usage_code;
	return true;
}

static void end(struct hid_keyboard *k)
{
	cs_wipe(k->text, sizeof(k->text));
	k->len = k->at = 0;
	k->state = HID_IDLE;
}

static bool begin(struct hid_keyboard *k, uint8_t report[HID_REPORT_LEN])
{
	if (k->len == 0)
		return false;
	if (k->leds & HID_LED_NUMLOCK) {
		k->state = HID_KEY_UP;
		return key(usage(k->text[k->at]), report);
	}
	k->state = HID_LOCK_UP;
	return key(USAGE_NUMLOCK, report);
}

/* The key that is down goes up. */
static bool key_up(struct hid_keyboard *k, uint8_t report[HID_REPORT_LEN])
{
	if (++k->at < k->len)
		k->state = HID_KEY_DOWN;
	else if (k->switched)
		k->state = HID_UNLOCK_DOWN;
	else
		end(k);
	return key(0, report);
}

bool hid_keyboard_idle(const struct hid_keyboard *k)
{
	return k->state == HID_IDLE && k->len == 0;
}

bool hid_keyboard_lapse(struct hid_keyboard *k, uint64_t now_ms)
{
	bool down = k->state == HID_LOCK_UP || k->state == HID_KEY_UP || k->state == HID_UNLOCK_UP;

	if ((k->state != HID_LOCK_WAIT || now_ms < k->until_ms) &&
	    (k->len == 0 || now_ms - k->since_ms < HID_FETCH_WAIT_MS))
		return false;
	end(k);
	if (down)
		k->state = HID_UNLOCK_UP;
	return true;
}

static bool step(struct hid_keyboard *k, uint64_t now_ms, uint8_t report[HID_REPORT_LEN])
{
	switch (k->state) {
	case HID_IDLE:
		return begin(k, report);
	case HID_LOCK_UP:
		k->state = HID_LOCK_WAIT;
		k->until_ms = now_ms + HID_NUMLOCK_WAIT_MS;
		if (k->leds & HID_LED_NUMLOCK) /* the host was faster than we */
			hid_keyboard_leds(k, k->leds);
		return key(0, report);
	case HID_LOCK_WAIT:
		return false;
	case HID_KEY_DOWN:
		k->state = HID_KEY_UP;
		return key(usage(k->text[k->at]), report);
	case HID_KEY_UP:
		return key_up(k, report);
	case HID_UNLOCK_DOWN:
		k->state = HID_UNLOCK_UP;
		return key(USAGE_NUMLOCK, report);
	case HID_UNLOCK_UP:
		end(k);
		return key(0, report);
	}
	return false;
}

bool hid_keyboard_next(struct hid_keyboard *k, uint64_t now_ms, uint8_t report[HID_REPORT_LEN])
{
	(void)hid_keyboard_lapse(k, now_ms);
	if (!step(k, now_ms, report))
		return false;
	k->since_ms = now_ms;
	return true;
}

int hid_keyboard_timeout(const struct hid_keyboard *k, uint64_t now_ms)
{
	uint64_t until_ms = k->state == HID_LOCK_WAIT ? k->until_ms : k->since_ms + HID_FETCH_WAIT_MS;

	if (k->len == 0)
		return -1;
	return until_ms > now_ms ? (int)(until_ms - now_ms) : 0;
}

void hid_keyboard_wipe(struct hid_keyboard *k)
{
	cs_wipe(k, sizeof(*k));
}
