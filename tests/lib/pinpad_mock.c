/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The mock of a PIN pad.
 */
#include "tests/lib/pinpad_mock.h"

#include <reader.h>
#include <string.h>

/* Both structures, as far as they are alike. */
struct entry {
	uint8_t format, block, length_format, condition;
	uint16_t digits;
	uint8_t old_at, new_at, confirm;
	const uint8_t *data;
	size_t data_len;
};

size_t pinpad_mock_features(uint8_t out[24])
{
	static const uint8_t features[] = {0x06, 0x04, 0x42, 0x33, 0x00, 0x06, 0x77, 0x01,
					   0x00, 0x07, 0x04, 0x42, 0x33, 0x00, 0x07};

	memcpy(out, features, sizeof(features));
	return sizeof(features);
}

static bool read_verify(const uint8_t *bytes, size_t len, struct entry *out)
{
	PIN_VERIFY_STRUCTURE s;

	if (len < sizeof(s))
		return false;
	memcpy(&s, bytes, sizeof(s));
	*out = (struct entry){.format = s.bmFormatString,
			      .block = s.bmPINBlockString,
			      .length_format = s.bmPINLengthFormat,
			      .condition = s.bEntryValidationCondition,
			      .digits = s.wPINMaxExtraDigit,
			      .data = bytes + sizeof(s),
			      .data_len = s.ulDataLength};
	return len == sizeof(s) + s.ulDataLength && s.bNumberMessage == 1;
}

static bool read_modify(const uint8_t *bytes, size_t len, struct entry *out)
{
	PIN_MODIFY_STRUCTURE s;

	if (len < sizeof(s))
		return false;
	memcpy(&s, bytes, sizeof(s));
	*out = (struct entry){.format = s.bmFormatString,
			      .block = s.bmPINBlockString,
			      .length_format = s.bmPINLengthFormat,
			      .condition = s.bEntryValidationCondition,
			      .digits = s.wPINMaxExtraDigit,
			      .old_at = s.bInsertionOffsetOld,
			      .new_at = s.bInsertionOffsetNew,
			      .confirm = s.bConfirmPIN,
			      .data = bytes + sizeof(s),
			      .data_len = s.ulDataLength};
	return len == sizeof(s) + s.ulDataLength && s.bNumberMessage == 3;
}

/* A reader for PIV: ASCII digits at the left of a block of 8 bytes, no length field, ended with the green
 * key; the whole command given, with padding where the digits come. */
static bool sensible(const struct entry *e, size_t pins)
{
	return e->format == 0x82 && e->block == 8 && e->length_format == 0 && (e->condition & 0x02) != 0 &&
	       e->data_len == 5 + 8 * pins && e->data[4] == 8 * pins;
}

static bool put_pin(struct pinpad_mock_result *out, const struct entry *e, size_t at, const char *digits)
{
	size_t len = strlen(digits);

	if (len < e->digits >> 8 || len > (e->digits & 0xFFu) || 5 + at + e->block > e->data_len) {
		out->sw = 0x6403;
		return false;
	}
	memcpy(out->command + 5 + at, digits, len);
	return true;
}

void pinpad_mock_run(bool modify, const uint8_t *structure, size_t len,
		     const struct pinpad_mock_typing *typing, struct pinpad_mock_result *out)
{
	struct entry e;

	memset(out, 0, sizeof(*out));
	out->sw = 0x6B80;
	if (!(modify ? read_modify : read_verify)(structure, len, &e) || !sensible(&e, modify ? 2 : 1) ||
	    (modify && e.confirm != 3))
		return;
	out->sw = typing->cancels ? 0x6401 : typing->sleeps ? 0x6400 : 0;
	if (out->sw == 0 && modify && strcmp(typing->new_pin, typing->again) != 0)
		out->sw = 0x6402;
	memcpy(out->command, e.data, e.data_len);
	out->len = e.data_len;
	if (out->sw == 0 && put_pin(out, &e, e.old_at, typing->old_pin) && modify)
		(void)put_pin(out, &e, e.new_at, typing->new_pin);
}
