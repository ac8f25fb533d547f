/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Makes a code and hands it on.
 *
 * Invariants: (1) each touch makes at most one code, and none that would not be typed; (2) the channel is
 * closed again whatever happened on it.
 */
#include "applet/port/keyboard.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timex.h>
#include <time.h>

#include "applet/port/hid_host.h"
#include "base/apdu.h"
#include "base/piv.h"
#include "base/secret.h"
#include "base/sw.h"
#include "base/tlv.h"
#include "base/ykoath.h"

#define CHANNEL_OPEN   0x00u
#define CHANNEL_CLOSE  0x80u
#define SELECT_BY_NAME 0x04u
#define TRUNCATED      0x01u
#define COMMAND_MAX    128u
#define WORDS_MAX      64u /* of the other end, heard at once */

bool keyboard_clock(uint64_t *unix_s)
{
	struct timex t = {.modes = 0};
	int state = adjtimex(&t); /* below 0 where this process may not even ask */

	*unix_s = (uint64_t)time(NULL);
	return state >= 0 && state != TIME_ERROR;
}

void keyboard_init(struct keyboard *k, const struct keyboard_settings *settings, struct slot *slot, int fd)
{
	*k = (struct keyboard){.settings = *settings, .slot = slot, .fd = fd, .clock = keyboard_clock};
	slot_join(slot, k);
}

void keyboard_close(struct keyboard *k)
{
	if (k->slot)
		slot_leave(k->slot, k);
	cs_wipe(k, sizeof(*k));
}

/* CS_ERR_STATE: the card said *sw. */
static enum cs_err command(struct keyboard *k, const struct cs_apdu *cmd, struct cs_view *data, uint16_t *sw)
{
	uint8_t bytes[COMMAND_MAX];
	struct cs_writer w = CS_WRITER_OF(bytes), out = CS_WRITER_OF(k->answer);
	struct cs_response response;
	enum cs_err err = cs_apdu_build(cmd, &w);

	if (!err)
		err = slot_exchange(k->slot, k, cs_writer_view(&w), &out);
	if (!err)
		err = cs_response_parse(cs_writer_view(&out), &response);
	if (err)
		return err;
	*data = response.data;
	*sw = response.sw;
	return response.sw == CS_SW_OK ? CS_OK : CS_ERR_STATE;
}

/* What kind of credential the name is: *type is enum ykoath_type. CS_ERR_NOT_FOUND. */
static enum cs_err look_up(struct keyboard *k, uint8_t channel, uint8_t *type, uint16_t *sw)
{
	const struct cs_apdu list = {
	    .cla = channel, .ins = YKOATH_INS_LIST, .ne = CS_APDU_NE_MAX, .extended = true};
	struct cs_view data = CS_VIEW_EMPTY, name = cs_view_string(k->settings.credential);
	enum cs_err err = command(k, &list, &data, sw);
	struct cs_reader r = cs_reader_of(data);
	struct cs_tlv t;

	if (err)
		return err;
	while (cs_tlv_read(&r, &t)) {
		if (t.value.len > 1 && cs_view_equal(cs_view(t.value.ptr + 1, t.value.len - 1), name)) {
			*type = t.value.ptr[0] & YKOATH_TYPE_MASK;
			return CS_OK;
		}
	}
	return CS_ERR_NOT_FOUND;
}

/* CS_ERR_UNSUPPORTED: no kind of credential that a keyboard can type; CS_ERR_TIMEOUT: nobody has set the
 * clock. */
static enum cs_err write_challenge(const struct keyboard *k, uint8_t type, struct cs_writer *w)
{
	struct cs_ykoath_parts parts;
	uint64_t now;

	if (type == YKOATH_TYPE_HOTP) {
		cs_tlv_write(w, YKOATH_TAG_CHALLENGE, CS_VIEW_EMPTY);
		return CS_OK;
	}
	if (type != YKOATH_TYPE_TOTP)
		return CS_ERR_UNSUPPORTED;
	if (!k->clock(&now))
		return CS_ERR_TIMEOUT;
	cs_ykoath_split(YKOATH_TYPE_TOTP, cs_view_string(k->settings.credential), &parts);
	cs_tlv_write_header(w, YKOATH_TAG_CHALLENGE, YKOATH_CHALLENGE_LEN);
	cs_write_u64(w, cs_totp_step(now, 0, parts.period));
	return CS_OK;
}

static enum cs_err calculate(struct keyboard *k, uint8_t channel, char code[CS_OATH_CODE_MAX], uint16_t *sw)
{
	uint8_t bytes[YKOATH_NAME_MAX + 2 + 2 + YKOATH_CHALLENGE_LEN], type = 0;
	struct cs_writer w = CS_WRITER_OF(bytes);
	struct cs_apdu cmd = {
	    .cla = channel, .ins = YKOATH_INS_CALCULATE, .p2 = TRUNCATED, .ne = CS_APDU_SHORT_NE_MAX};
	struct cs_view data;
	struct cs_reader r;
	enum cs_err err = look_up(k, channel, &type, sw);

	cs_tlv_write(&w, YKOATH_TAG_NAME, cs_view_string(k->settings.credential));
	if (!err)
		err = write_challenge(k, type, &w);
	cmd.data = cs_writer_view(&w);
	if (!err)
		err = cs_writer_done(&w);
	if (!err)
		err = command(k, &cmd, &data, sw);
	if (err)
		return err;
	r = cs_reader_of(data);
	data = cs_tlv_expect(&r, YKOATH_TAG_TRUNCATED_RESPONSE);
	r = cs_reader_of(data);
	type = cs_read_u8(&r); /* digits */
	cs_oath_format(cs_read_u32(&r), type, code);
	return cs_reader_done(&r);
}

/* On a channel of its own. */
static enum cs_err make(struct keyboard *k, char code[CS_OATH_CODE_MAX], uint16_t *sw)
{
	static const uint8_t aid[] = YKOATH_AID;
	const struct cs_apdu open = {.ins = ISO_INS_MANAGE_CHANNEL, .p1 = CHANNEL_OPEN, .ne = 1};
	struct cs_apdu select = {
	    .ins = ISO_INS_SELECT, .p1 = SELECT_BY_NAME, .data = CS_VIEW_OF(aid), .ne = CS_APDU_SHORT_NE_MAX};
	struct cs_apdu close = {.ins = ISO_INS_MANAGE_CHANNEL, .p1 = CHANNEL_CLOSE};
	struct cs_view data;
	uint16_t ignored;
	enum cs_err err = command(k, &open, &data, sw);

	if (err)
		return err;
	if (data.len != 1)
		return CS_ERR_MALFORMED;
	close.p2 = select.cla = data.ptr[0];
	err = command(k, &select, &data, sw);
	if (!err)
		err = calculate(k, select.cla, code, sw);
	if (command(k, &close, &data, &ignored) != CS_OK && !err)
		err = CS_ERR_MALFORMED;
	return err;
}

static const char *why_not(enum cs_err err, uint16_t sw)
{
	switch (err) {
	case CS_ERR_NOT_FOUND:
		return "there is no such credential on the card; ykman oath accounts list shows the names";
	case CS_ERR_UNSUPPORTED:
		return "it is neither HOTP nor TOTP";
	case CS_ERR_TIMEOUT:
		return "it is TOTP, and this computer's clock is not synchronised";
	case CS_ERR_STATE:
		break;
	default:
		return cs_err_text(err);
	}
	if (sw == CS_SW_SECURITY_STATUS)
		return "the card refuses: the OATH application has an access code, or the credential wants "
		       "the PIN";
	return sw == CS_SW_CHANNEL_UNSUPPORTED ? "all of the card's logical channels are taken"
					       : "the card refuses";
}

static void refuse(const struct keyboard *k, const char *why)
{
	fprintf(stderr, "countersign-card: --keyboard %s: nothing is typed: %s\n", k->settings.credential,
		why);
}

static void type(struct keyboard *k)
{
	char text[CS_OATH_CODE_MAX + 1];
	uint16_t sw = 0;
	size_t len = 0;
	enum cs_err err;

	if (k->slot->presence)
		presence_arm(k->slot->presence, true);
	err = make(k, text, &sw);
	if (k->slot->presence)
		presence_arm(k->slot->presence, false);
	if (!err) {
		len = strlen(text);
		if (k->settings.enter)
			text[len++] = '\n';
		if (send(k->fd, text, len, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)len)
			k->sent = (k->sent + 1) & HID_HOST_TEXTS;
		else
			err = CS_ERR_IO;
	}
	cs_wipe(text, sizeof(text));
	cs_wipe(k->answer, sizeof(k->answer));
	if (err)
		refuse(k, why_not(err, sw));
}

/* What the other end said last. */
static void hear(struct keyboard *k)
{
	for (size_t i = 0; i < WORDS_MAX && k->fd >= 0; i++) {
		ssize_t got = recv(k->fd, &k->told, 1, MSG_DONTWAIT);
		if (got < 0)
			return;
		if (got == 0)
			k->fd = -1;
	}
	k->told = 0; /* it is gone, or babbles */
}

static bool would_be_typed(struct keyboard *k)
{
	hear(k);
	if (k->told == (HID_HOST_READY | k->sent))
		return true;
	refuse(k, "no computer listens to the keyboard, or a code is being typed");
	return false;
}

void keyboard_press(struct keyboard *k, uint64_t now_ms)
{
	if (k->pressed || !would_be_typed(k))
		return;
	k->pressed = true;
	k->pressed_ms = now_ms;
	keyboard_step(k, now_ms);
}

void keyboard_step(struct keyboard *k, uint64_t now_ms)
{
	static const uint8_t any[2] = {0};

	hear(k);
	if (!k->pressed)
		return;
	if (now_ms - k->pressed_ms > KEYBOARD_PRESS_MS) {
		k->pressed = false;
		refuse(k, "another program has the card for itself");
	} else if (slot_ready(k->slot, k, CS_VIEW_OF(any))) {
		k->pressed = false;
		if (would_be_typed(k))
			type(k);
	}
}
