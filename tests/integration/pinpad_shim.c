/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Loaded in front of libpcsclite: gives every reader the PIN pad of tests/lib/pinpad_mock.h. What a person
 * types on it stands in PINPAD_MOCK_TYPES: the PIN; or the old one, the new one, and that again, with blanks
 * between them; or "cancel".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <winscard.h>

#include "tests/lib/pinpad_mock.h"

static void person(char *text, size_t size, struct pinpad_mock_typing *out)
{
	const char *types = getenv("PINPAD_MOCK_TYPES");
	char *rest = NULL;

	(void)snprintf(text, size, "%s", types != NULL ? types : "");
	*out = (struct pinpad_mock_typing){.cancels = strcmp(text, "cancel") == 0};
	out->old_pin = strtok_r(text, " ", &rest);
	out->new_pin = strtok_r(NULL, " ", &rest);
	out->again = strtok_r(NULL, " ", &rest);
	if (out->old_pin == NULL || (out->new_pin != NULL && out->again == NULL))
		out->sleeps = true;
}

/* The pad's answer, or the card's to what was typed. */
static LONG type(SCARDHANDLE card, bool modify, const uint8_t *in, DWORD in_len, uint8_t *out, DWORD *len)
{
	char text[64] = "";
	struct pinpad_mock_typing typing;
	struct pinpad_mock_result result;

	person(text, sizeof(text), &typing);
	if (modify && typing.new_pin == NULL)
		typing.sleeps = true;
	pinpad_mock_run(modify, in, in_len, &typing, &result);
	if (result.sw == 0)
		return SCardTransmit(card, SCARD_PCI_T1, result.command, (DWORD)result.len, NULL, out, len);
	out[0] = (uint8_t)(result.sw >> 8);
	out[1] = (uint8_t)result.sw;
	*len = 2;
	return SCARD_S_SUCCESS;
}

__attribute__((visibility("default"))) LONG SCardControl(SCARDHANDLE card, DWORD code, LPCVOID in,
							 DWORD in_len, LPVOID out, DWORD out_len, LPDWORD len)
{
	*len = out_len;
	switch (code) {
	case PINPAD_MOCK_FEATURES:
		if (out_len < 24)
			return SCARD_E_INSUFFICIENT_BUFFER;
		*len = (DWORD)pinpad_mock_features(out);
		return SCARD_S_SUCCESS;
	case PINPAD_MOCK_VERIFY:
	case PINPAD_MOCK_MODIFY:
		return type(card, code == PINPAD_MOCK_MODIFY, in, in_len, out, len);
	default:
		return SCARD_E_UNSUPPORTED_FEATURE;
	}
}
