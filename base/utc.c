/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Days of the Gregorian calendar, counted from 1970.
 */
#include "base/utc.h"

static bool utc_leap(unsigned year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static unsigned utc_month_days(unsigned year, unsigned month)
{
	static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return days[month - 1] + (month == 2 && utc_leap(year) ? 1u : 0u);
}

/* Days from 1970-01-01 to the first of January. */
static unsigned utc_year_start(unsigned year)
{
	const unsigned before = year - 1;

	return (year - 1970) * 365 + (before / 4 - before / 100 + before / 400) -
	       (1969 / 4 - 1969 / 100 + 1969 / 400);
}

static void utc_digits(struct cs_writer *w, unsigned value, unsigned count)
{
	uint8_t *digits = cs_write_space(w, count);

	for (unsigned i = count; digits && i-- > 0; value /= 10)
		digits[i] = (uint8_t)('0' + value % 10);
}

enum cs_err cs_utc_write(uint64_t ms, struct cs_writer *w)
{
	if (ms > CS_UTC_MAX)
		return CS_ERR_ARG;
	unsigned day = (unsigned)(ms / CS_UTC_DAY_MS), left = (unsigned)(ms % CS_UTC_DAY_MS);
	unsigned year = 1970 + day / 366, month = 1;
	while (utc_year_start(year + 1) <= day)
		year++;
	day -= utc_year_start(year);
	for (; day >= utc_month_days(year, month); month++)
		day -= utc_month_days(year, month);
	utc_digits(w, year, 4);
	cs_write_u8(w, '-');
	utc_digits(w, month, 2);
	cs_write_u8(w, '-');
	utc_digits(w, day + 1, 2);
	cs_write_u8(w, 'T');
	utc_digits(w, left / 3600000, 2);
	cs_write_u8(w, ':');
	utc_digits(w, left / 60000 % 60, 2);
	cs_write_u8(w, ':');
	utc_digits(w, left / 1000 % 60, 2);
	cs_write_u8(w, '.');
	utc_digits(w, left % 1000, 3);
	cs_write_u8(w, 'Z');
	return cs_writer_done(w);
}

/* count digits and the character after them; 0: none. */
static unsigned utc_number(struct cs_reader *r, unsigned count, char after)
{
	unsigned value = 0;

	for (unsigned i = 0; i < count; i++) {
		const uint8_t digit = cs_read_u8(r);
		if (digit < '0' || digit > '9')
			cs_reader_fail(r);
		value = value * 10 + digit - '0';
	}
	if (after && cs_read_u8(r) != (uint8_t)after)
		cs_reader_fail(r);
	return value;
}

static uint64_t utc_day(struct cs_reader *r)
{
	const unsigned year = utc_number(r, 4, '-'), month = utc_number(r, 2, '-'), day = utc_number(r, 2, 0);

	if (year < 1970 || year > 9999 || month < 1 || month > 12 || day < 1 ||
	    day > utc_month_days(year, month)) {
		cs_reader_fail(r);
		return 0;
	}
	unsigned days = utc_year_start(year) + day - 1;
	for (unsigned m = 1; m < month; m++)
		days += utc_month_days(year, m);
	return (uint64_t)days * CS_UTC_DAY_MS;
}

enum cs_err cs_utc_read_day(struct cs_view text, uint64_t *ms)
{
	struct cs_reader r = cs_reader_of(text);
	const uint64_t start = utc_day(&r);

	enum cs_err err = cs_reader_done(&r);
	if (!err)
		*ms = start;
	return err;
}

enum cs_err cs_utc_read(struct cs_view text, uint64_t *ms)
{
	struct cs_reader r = cs_reader_of(text);
	const uint64_t start = utc_day(&r);

	if (cs_read_u8(&r) != 'T')
		cs_reader_fail(&r);
	const unsigned hour = utc_number(&r, 2, ':'), minute = utc_number(&r, 2, ':'),
		       second = utc_number(&r, 2, '.'), milli = utc_number(&r, 3, 'Z');
	if (hour > 23 || minute > 59 || second > 59)
		cs_reader_fail(&r);
	enum cs_err err = cs_reader_done(&r);
	if (!err)
		*ms = start + ((uint64_t)hour * 3600 + minute * 60u + second) * 1000 + milli;
	return err;
}
