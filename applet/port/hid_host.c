/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One packet is one text.
 */
#include "applet/port/hid_host.h"

#include <stdio.h>
#include <sys/socket.h>

#include "base/secret.h"

void hid_host_read(struct hid_host *h, struct hid_keyboard *keyboard, bool listens, uint64_t now_ms)
{
	char text[HID_TEXT_MAX + 1];
	ssize_t got = recv(h->fd, text, sizeof(text), MSG_DONTWAIT);

	if (got > 0) {
		h->texts = (h->texts + 1) & HID_HOST_TEXTS;
		if (!listens || hid_keyboard_type(keyboard, cs_view(text, (size_t)got), now_ms) != CS_OK)
			fputs("countersign-card: --keyboard: a code is lost: no computer listens to the "
			      "keyboard any more\n",
			      stderr);
	}
	cs_wipe(text, sizeof(text));
}

void hid_host_tell(struct hid_host *h, struct hid_keyboard *keyboard, bool listens, uint64_t now_ms)
{
	uint8_t word = h->texts;

	if (h->fd < 0)
		return;
	if (hid_keyboard_lapse(keyboard, now_ms))
		fputs("countersign-card: --keyboard: a code is lost: the computer does not answer to "
		      "NumLock, or fetches no keys\n",
		      stderr);
	if (listens && hid_keyboard_idle(keyboard))
		word |= HID_HOST_READY;
	if (word != h->told && send(h->fd, &word, 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1)
		h->told = word;
}
