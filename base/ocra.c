/* SPDX-License-Identifier: BSD-2-Clause
 *
 * OCRA (RFC 6287): the suite's text to its fields, and the answer to a challenge.
 */
#include "base/oath.h"

#include "base/encoding.h"
#include "base/secret.h"

#define QUESTION_LEN	  128u /* bytes of Q in the message, whatever the challenge's length (RFC 6287, 5.1) */
#define QUESTION_MIN	  4u   /* characters */
#define DIGITS_MIN	  4u
#define QUESTION_DEFAULT  8u /* what a letter alone stands for (RFC 6287, 6.3): QN08, PSHA1, S064, T1M */
#define SESSION_DEFAULT	  64u
#define TIME_STEP_DEFAULT 60u
#define NUMBER_LEN	  54u /* bytes of a number of 2 * CS_OCRA_QUESTION_MAX decimal digits */
#define MESSAGE_MAX	  (CS_OCRA_SUITE_MAX + 1u + 8u + QUESTION_LEN + CS_HASH_MAX + CS_OCRA_SESSION_MAX + 8u)

/* ---- the suite ---- */

/* Takes what stands before the next separator, or all the rest; the separator itself is taken too. A
 * separator at the very end leaves an empty part behind it, which fails. */
static struct cs_view take_part(struct cs_reader *r, char separator)
{
	struct cs_reader ahead = *r;
	size_t len = 0;

	while (cs_reader_more(&ahead) && cs_read_u8(&ahead) != (uint8_t)separator)
		len++;
	struct cs_view part = cs_read_view(r, len);
	if (cs_reader_more(r)) {
		(void)cs_read_u8(r);
		if (!cs_reader_more(r))
			cs_reader_fail(r);
	}
	return part;
}

/* All of text as a decimal number of at most max; fails the reader it came from where it is not one. */
static unsigned decimal(struct cs_reader *from, struct cs_view text, unsigned max)
{
	unsigned value = 0;

	if (text.len == 0 || text.len > 4)
		cs_reader_fail(from);
	for (size_t i = 0; i < text.len && !from->failed; i++) {
		unsigned digit = (unsigned)text.ptr[i] - '0';
		if (digit > 9)
			cs_reader_fail(from);
		value = value * 10 + digit;
	}
	if (value > max)
		cs_reader_fail(from);
	return from->failed ? 0 : value;
}

static struct cs_view without(struct cs_view text, size_t front)
{
	return cs_view(text.ptr + front, text.len - front);
}

static enum cs_hash parse_hash(struct cs_reader *from, struct cs_view text)
{
	if (cs_view_equal(text, CS_VIEW_TEXT("SHA1")))
		return CS_SHA1;
	if (cs_view_equal(text, CS_VIEW_TEXT("SHA256")))
		return CS_SHA256;
	if (cs_view_equal(text, CS_VIEW_TEXT("SHA512")))
		return CS_SHA512;
	cs_reader_fail(from);
	return 0;
}

/* HOTP-H-t */
static void parse_function(struct cs_reader *from, struct cs_view text, struct cs_ocra_suite *out)
{
	struct cs_reader r = cs_reader_of(text);

	if (!cs_view_equal(take_part(&r, '-'), CS_VIEW_TEXT("HOTP")))
		cs_reader_fail(&r);
	out->hash = parse_hash(&r, take_part(&r, '-'));
	struct cs_view digits = take_part(&r, '-');
	out->digits = decimal(&r, digits, CS_OATH_DIGITS_MAX);
	bool leading_zero = digits.len > 1 && digits.ptr[0] == '0';
	if (cs_reader_done(&r) != CS_OK || leading_zero || (out->digits > 0 && out->digits < DIGITS_MIN))
		cs_reader_fail(from);
}

/* QFxx */
static void parse_question(struct cs_reader *from, struct cs_view text, struct cs_ocra_suite *out)
{
	out->format = CS_OCRA_NUMERIC;
	out->question_max = QUESTION_DEFAULT;
	if (text.len == 1)
		return;
	if (text.len != 4) {
		cs_reader_fail(from);
		return;
	}
	uint8_t format = text.ptr[1];
	if (format != CS_OCRA_NUMERIC && format != CS_OCRA_ALPHANUMERIC && format != CS_OCRA_HEX)
		cs_reader_fail(from);
	out->format = (enum cs_ocra_format)format;
	out->question_max = decimal(from, without(text, 2), CS_OCRA_QUESTION_MAX);
	if (out->question_max < QUESTION_MIN)
		cs_reader_fail(from);
}

/* PH */
static void parse_pin(struct cs_reader *from, struct cs_view text, struct cs_ocra_suite *out)
{
	out->pin_hash = text.len == 1 ? CS_SHA1 : parse_hash(from, without(text, 1));
}

/* Snnn */
static void parse_session(struct cs_reader *from, struct cs_view text, struct cs_ocra_suite *out)
{
	out->session_len = SESSION_DEFAULT;
	if (text.len == 1)
		return;
	out->session_len = decimal(from, without(text, 1), CS_OCRA_SESSION_MAX);
	if (text.len != 4 || out->session_len == 0)
		cs_reader_fail(from);
}

/* TG (with errata 3729: hours from 1) */
static void parse_time(struct cs_reader *from, struct cs_view text, struct cs_ocra_suite *out)
{
	static const struct {
		char unit;
		unsigned max;
		uint32_t seconds;
	} units[] = {{'S', 59, 1}, {'M', 59, 60}, {'H', 48, 3600}};

	out->time_step = TIME_STEP_DEFAULT;
	if (text.len == 1)
		return;
	uint8_t unit = text.ptr[text.len - 1];
	struct cs_view number = cs_view(text.ptr + 1, text.len - 2);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (unit != (uint8_t)units[i].unit)
			continue;
		out->time_step = decimal(from, number, units[i].max) * units[i].seconds;
		if (out->time_step == 0 || number.ptr[0] == '0')
			cs_reader_fail(from);
		return;
	}
	cs_reader_fail(from);
}

/* [C-]Q[-P][-S][-T]: each letter at most once, in this order. */
static void parse_data_input(struct cs_reader *from, struct cs_view text, struct cs_ocra_suite *out)
{
	static const struct {
		char letter;
		void (*parse)(struct cs_reader *from, struct cs_view text, struct cs_ocra_suite *out);
	} inputs[] = {{'Q', parse_question}, {'P', parse_pin}, {'S', parse_session}, {'T', parse_time}};
	struct cs_reader r = cs_reader_of(text);
	struct cs_view part = take_part(&r, '-');
	size_t next = 0;

	if (cs_view_equal(part, CS_VIEW_TEXT("C"))) {
		out->counter = true;
		part = take_part(&r, '-');
	}
	while (part.len > 0) {
		while (next < sizeof(inputs) / sizeof(inputs[0]) &&
		       part.ptr[0] != (uint8_t)inputs[next].letter)
			next++;
		if (next == sizeof(inputs) / sizeof(inputs[0])) {
			cs_reader_fail(from);
			return;
		}
		inputs[next++].parse(&r, part, out);
		part = take_part(&r, '-');
	}
	if (cs_reader_done(&r) != CS_OK || out->question_max == 0)
		cs_reader_fail(from);
}

enum cs_err cs_ocra_suite_parse(struct cs_view text, struct cs_ocra_suite *out)
{
	struct cs_reader r = cs_reader_of(text);
	struct cs_ocra_suite suite = {.text = text};

	if (text.len > CS_OCRA_SUITE_MAX)
		return CS_ERR_UNSUPPORTED;
	if (!cs_view_equal(take_part(&r, ':'), CS_VIEW_TEXT("OCRA-1")))
		return CS_ERR_MALFORMED;
	parse_function(&r, take_part(&r, ':'), &suite);
	parse_data_input(&r, take_part(&r, ':'), &suite);
	enum cs_err err = cs_reader_done(&r);
	if (err == CS_OK)
		*out = suite;
	return err;
}

/* ---- the answer ---- */

/* Writes hexadecimal digits as nibbles from the left; a missing last one is 0. */
static enum cs_err write_nibbles(struct cs_view digits, struct cs_writer *w)
{
	uint8_t padded[2 * 2 * CS_OCRA_QUESTION_MAX];
	struct cs_writer text = CS_WRITER_OF(padded);

	cs_write_view(&text, digits);
	cs_write_fill(&text, '0', digits.len % 2);
	return cs_hex_decode(cs_writer_view(&text), w) == CS_OK ? CS_OK : CS_ERR_ARG;
}

/* A decimal number enters as its hexadecimal digits, without leading zeros, from the left (RFC 6287, 5.1 and
 * the reference code of appendix A). */
static enum cs_err write_number(struct cs_view decimals, struct cs_writer *w)
{
	uint8_t number[NUMBER_LEN] = {0};
	char hex[2 * NUMBER_LEN + 1];

	for (size_t i = 0; i < decimals.len; i++) {
		unsigned carry = (unsigned)decimals.ptr[i] - '0';
		if (carry > 9)
			return CS_ERR_ARG;
		for (size_t j = NUMBER_LEN; j > 0; j--) {
			carry += number[j - 1] * 10u;
			number[j - 1] = (uint8_t)carry;
			carry >>= 8;
		}
	}
	cs_hex_encode(CS_VIEW_OF(number), hex);
	size_t zeros = 0;
	while (zeros < 2 * NUMBER_LEN - 1 && hex[zeros] == '0')
		zeros++;
	return write_nibbles(cs_view(hex + zeros, 2 * NUMBER_LEN - zeros), w);
}

static enum cs_err write_alphanumeric(struct cs_view text, struct cs_writer *w)
{
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.ptr[i];
		bool digit = c >= '0' && c <= '9';
		bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
		if (!digit && !letter)
			return CS_ERR_ARG;
	}
	cs_write_view(w, text);
	return CS_OK;
}

static enum cs_err write_question(const struct cs_ocra_suite *suite, struct cs_view question,
				  struct cs_writer *w)
{
	size_t end = w->len + QUESTION_LEN;
	enum cs_err err = CS_ERR_ARG;

	if (question.len == 0 || question.len > 2 * (size_t)suite->question_max)
		return CS_ERR_ARG;
	switch (suite->format) {
	case CS_OCRA_NUMERIC:
		err = write_number(question, w);
		break;
	case CS_OCRA_ALPHANUMERIC:
		err = write_alphanumeric(question, w);
		break;
	case CS_OCRA_HEX:
		err = write_nibbles(question, w);
		break;
	}
	if (err == CS_OK)
		cs_write_fill(w, 0, end - w->len);
	return err;
}

static enum cs_err write_message(const struct cs_ocra_suite *suite, const struct cs_ocra_input *in,
				 struct cs_writer *w)
{
	cs_write_view(w, suite->text);
	cs_write_u8(w, 0);
	if (suite->counter)
		cs_write_u64(w, in->counter);
	enum cs_err err = write_question(suite, in->question, w);
	if (err != CS_OK)
		return err;
	if (suite->pin_hash != 0) {
		if (in->pin_hash.len != cs_hash_size(suite->pin_hash))
			return CS_ERR_ARG;
		cs_write_view(w, in->pin_hash);
	}
	if (suite->session_len > 0) {
		if (in->session.len > suite->session_len)
			return CS_ERR_ARG;
		cs_write_fill(w, 0, suite->session_len - in->session.len);
		cs_write_view(w, in->session);
	}
	if (suite->time_step > 0)
		cs_write_u64(w, in->time);
	return cs_writer_done(w);
}

enum cs_err cs_ocra_check(const struct cs_ocra_suite *suite, const struct cs_ocra_input *in)
{
	uint8_t message[MESSAGE_MAX];
	struct cs_writer w = CS_WRITER_OF(message);

	enum cs_err err = write_message(suite, in, &w);
	cs_wipe(message, sizeof(message));
	return err;
}

enum cs_err cs_ocra_mac(const struct cs_hmac *hmac, const struct cs_ocra_suite *suite, struct cs_view key,
			const struct cs_ocra_input *in, uint8_t *mac)
{
	uint8_t message[MESSAGE_MAX];
	struct cs_writer w = CS_WRITER_OF(message);

	enum cs_err err = write_message(suite, in, &w);
	if (err == CS_OK)
		err = hmac->fn(hmac->ctx, suite->hash, key, cs_writer_view(&w), mac);
	cs_wipe(message, sizeof(message));
	return err;
}

enum cs_err cs_ocra(const struct cs_hmac *hmac, const struct cs_ocra_suite *suite, struct cs_view key,
		    const struct cs_ocra_input *in, char *out)
{
	uint8_t mac[CS_HASH_MAX];
	size_t mac_len = cs_hash_size(suite->hash);

	enum cs_err err = cs_ocra_mac(hmac, suite, key, in, mac);
	if (err == CS_OK && suite->digits == 0)
		cs_hex_encode(cs_view(mac, mac_len), out);
	else if (err == CS_OK)
		cs_oath_format(cs_oath_truncate(mac, mac_len), suite->digits, out);
	cs_wipe(mac, sizeof(mac));
	return err;
}
