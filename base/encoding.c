/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Hexadecimal, base32, base64. Seeds pass through here, so digits are found by arithmetic, not by a table at
 * a secret index.
 */
#include "base/encoding.h"

/* 0xFF if low <= c <= high, else 0, without a branch. */
static unsigned in_range(unsigned c, unsigned low, unsigned high)
{
	return ~((c - low) >> 8 | (high - c) >> 8) & 0xFFu;
}

static char hex_digit(unsigned nibble)
{
	return (char)(nibble + '0' + (in_range(nibble, 10, 15) & ('a' - '0' - 10)));
}

void cs_hex_encode(struct cs_view in, char *out)
{
	for (size_t i = 0; i < in.len; i++) {
		*out++ = hex_digit(in.ptr[i] >> 4);
		*out++ = hex_digit(in.ptr[i] & 0x0Fu);
	}
	*out = '\0';
}

/* The value of a hex digit; 16 or more for another character. */
static unsigned hex_value(unsigned c)
{
	unsigned value = 0xFFu;

	value ^= in_range(c, '0', '9') & (value ^ (c - '0'));
	value ^= in_range(c, 'A', 'F') & (value ^ (c - 'A' + 10));
	value ^= in_range(c, 'a', 'f') & (value ^ (c - 'a' + 10));
	return value;
}

enum cs_err cs_hex_decode(struct cs_view text, struct cs_writer *out)
{
	if (text.len % 2 != 0)
		return CS_ERR_MALFORMED;
	for (size_t i = 0; i < text.len; i += 2) {
		unsigned high = hex_value(text.ptr[i]);
		unsigned low = hex_value(text.ptr[i + 1]);
		if ((high | low) > 0x0Fu)
			return CS_ERR_MALFORMED;
		cs_write_u8(out, (uint8_t)(high << 4 | low));
	}
	return cs_writer_done(out);
}

static char base32_digit(unsigned value)
{
	unsigned c = value + 'A';

	c ^= in_range(value, 26, 31) & (c ^ (value - 26 + '2'));
	return (char)c;
}

void cs_base32_encode(struct cs_view in, char *out)
{
	unsigned bits = 0; /* the low count bits are still to be written */
	unsigned count = 0;

	for (size_t i = 0; i < in.len; i++) {
		bits = (bits << 8 | in.ptr[i]) & 0xFFFu;
		count += 8;
		while (count >= 5) {
			count -= 5;
			*out++ = base32_digit(bits >> count & 0x1Fu);
		}
	}
	if (count > 0)
		*out++ = base32_digit(bits << (5 - count) & 0x1Fu);
	*out = '\0';
}

/* The value of a base32 digit; 32 or more for another character. */
static unsigned base32_value(unsigned c)
{
	unsigned value = 0xFFu;

	value ^= in_range(c, 'A', 'Z') & (value ^ (c - 'A'));
	value ^= in_range(c, 'a', 'z') & (value ^ (c - 'a'));
	value ^= in_range(c, '2', '7') & (value ^ (c - '2' + 26));
	return value;
}

static bool base32_skipped(uint8_t c)
{
	return c == ' ' || c == '-';
}

/* How many padding characters may follow this many digits: 0 to fill the group of eight, 8 where the count of
 * digits itself cannot be (RFC 4648, section 6). */
static size_t base32_padding(size_t digits)
{
	static const uint8_t padding[8] = {0, 8, 6, 8, 4, 3, 8, 1};

	return padding[digits % 8];
}

/* Where the digits end and padding may begin. */
static size_t base32_find_padding(struct cs_view text, size_t *padding)
{
	size_t end = text.len;

	*padding = 0;
	while (end > 0 && (text.ptr[end - 1] == '=' || base32_skipped(text.ptr[end - 1]))) {
		end--;
		*padding += text.ptr[end] == '=';
	}
	return end;
}

enum cs_err cs_base32_decode(struct cs_view text, struct cs_writer *out)
{
	size_t padding;
	size_t end = base32_find_padding(text, &padding);
	size_t digits = 0;
	unsigned bits = 0;
	unsigned count = 0;

	for (size_t i = 0; i < end; i++) {
		if (base32_skipped(text.ptr[i]))
			continue;
		unsigned value = base32_value(text.ptr[i]);
		if (value > 0x1Fu)
			return CS_ERR_MALFORMED;
		digits++;
		bits = (bits << 5 | value) & 0xFFFu;
		count += 5;
		if (count >= 8) {
			count -= 8;
			cs_write_u8(out, (uint8_t)(bits >> count));
		}
	}
	size_t wanted = base32_padding(digits);
	bool tail_is_zero = (bits & ((1u << count) - 1u)) == 0;
	if (wanted == 8 || (padding != 0 && padding != wanted) || !tail_is_zero)
		return CS_ERR_MALFORMED;
	return cs_writer_done(out);
}

static char base64_digit(unsigned value)
{
	unsigned c = value + 'A';

	c ^= in_range(value, 26, 51) & (c ^ (value - 26 + 'a'));
	c ^= in_range(value, 52, 61) & (c ^ (value - 52 + '0'));
	c ^= in_range(value, 62, 62) & (c ^ '+');
	c ^= in_range(value, 63, 63) & (c ^ '/');
	return (char)c;
}

void cs_base64_encode(struct cs_view in, char *out)
{
	for (size_t i = 0; i < in.len; i += 3) {
		size_t rest = in.len - i;
		unsigned bits = (unsigned)in.ptr[i] << 16;
		if (rest > 1)
			bits |= (unsigned)in.ptr[i + 1] << 8;
		if (rest > 2)
			bits |= in.ptr[i + 2];
		*out++ = base64_digit(bits >> 18 & 0x3Fu);
		*out++ = base64_digit(bits >> 12 & 0x3Fu);
		*out++ = rest > 1 ? base64_digit(bits >> 6 & 0x3Fu) : '=';
		*out++ = rest > 2 ? base64_digit(bits & 0x3Fu) : '=';
	}
	*out = '\0';
}

/* The value of a base64 digit; 64 or more for another character. */
static unsigned base64_value(unsigned c)
{
	unsigned value = 0xFFu;

	value ^= in_range(c, 'A', 'Z') & (value ^ (c - 'A'));
	value ^= in_range(c, 'a', 'z') & (value ^ (c - 'a' + 26));
	value ^= in_range(c, '0', '9') & (value ^ (c - '0' + 52));
	value ^= in_range(c, '+', '+') & (value ^ 62u);
	value ^= in_range(c, '/', '/') & (value ^ 63u);
	return value;
}

enum cs_err cs_base64_decode(struct cs_view text, struct cs_writer *out)
{
	size_t digits = 0, padding = 0;
	unsigned bits = 0, count = 0;

	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.ptr[i];
		if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
			continue;
		if (c == '=') {
			padding++;
			continue;
		}
		unsigned value = base64_value(c);
		if (value > 0x3Fu || padding > 0)
			return CS_ERR_MALFORMED;
		digits++;
		bits = (bits << 6 | value) & 0x3FFFu;
		count += 6;
		if (count >= 8) {
			count -= 8;
			cs_write_u8(out, (uint8_t)(bits >> count));
		}
	}
	bool tail_is_zero = (bits & ((1u << count) - 1u)) == 0;
	if (padding > 2 || (digits + padding) % 4 != 0 || !tail_is_zero)
		return CS_ERR_MALFORMED;
	return cs_writer_done(out);
}
