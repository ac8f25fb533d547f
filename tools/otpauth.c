/* SPDX-License-Identifier: BSD-2-Clause
 *
 * otpauth: URIs, and the names of credentials on the card (otpauth.h).
 */
#include "tools/otpauth.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/encoding.h"
#include "base/secret.h"

void otpauth_init(struct otpauth *out)
{
	memset(out, 0, sizeof *out);
	out->type = YKOATH_TYPE_TOTP;
	out->hash = YKOATH_HASH_SHA1;
	out->digits = 6;
	out->period = YKOATH_PERIOD_DEFAULT;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* text[0..len) without its %XX; no NUL and no control characters come out of it. */
static bool percent_decode(const char *text, size_t len, char *out, size_t cap)
{
	size_t used = 0;
	for (size_t i = 0; i < len; i++) {
		int c = (unsigned char)text[i];
		if (c == '%') {
			if (i + 2 >= len || hex_digit(text[i + 1]) < 0 || hex_digit(text[i + 2]) < 0)
				return false;
			c = hex_digit(text[i + 1]) << 4 | hex_digit(text[i + 2]);
			i += 2;
		}
		if (c < 0x20 || used + 1 >= cap)
			return false;
		out[used++] = (char)c;
	}
	out[used] = '\0';
	return true;
}

static bool number(const char *text, unsigned long min, unsigned long max, unsigned long *out)
{
	char *end;
	errno = 0;
	*out = strtoul(text, &end, 10);
	return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 && *out >= min && *out <= max;
}

bool otpauth_hash(const char *name, enum ykoath_hash *out)
{
	static const struct {
		const char *name;
		enum ykoath_hash hash;
	} rows[] = {
	    {"SHA1", YKOATH_HASH_SHA1}, {"SHA256", YKOATH_HASH_SHA256}, {"SHA512", YKOATH_HASH_SHA512}};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (strcasecmp(rows[i].name, name) == 0) {
			*out = rows[i].hash;
			return true;
		}
	}
	return false;
}

enum cs_err otpauth_seed(struct otpauth *out, struct cs_view base32)
{
	struct cs_writer w = CS_WRITER_OF(out->seed);
	enum cs_err err = cs_base32_decode(base32, &w);
	if (!err)
		err = cs_writer_done(&w);
	out->seed_len = err ? 0 : cs_writer_view(&w).len;
	return !err && out->seed_len == 0 ? CS_ERR_MALFORMED : err;
}

/* One parameter of the query. Parameters that nobody knows are skipped. */
static bool parameter(const char *key, const char *value, struct otpauth *out)
{
	unsigned long n;

	if (strcasecmp(key, "secret") == 0)
		return otpauth_seed(out, cs_view_string(value)) == CS_OK;
	if (strcasecmp(key, "algorithm") == 0)
		return otpauth_hash(value, &out->hash);
	if (strcasecmp(key, "issuer") == 0) {
		if (strlen(value) >= sizeof out->issuer)
			return false;
		memcpy(out->issuer, value, strlen(value) + 1);
	} else if (strcasecmp(key, "digits") == 0) {
		if (!number(value, 6, 8, &n))
			return false;
		out->digits = (unsigned)n;
	} else if (strcasecmp(key, "period") == 0) {
		if (!number(value, 1, YKOATH_PERIOD_MAX, &n))
			return false;
		out->period = (uint32_t)n;
	} else if (strcasecmp(key, "counter") == 0) {
		if (!number(value, 0, UINT32_MAX, &n))
			return false;
		out->counter = (uint32_t)n;
	}
	return true;
}

static enum cs_err parse_query(const char *query, struct otpauth *out, const char **why)
{
	enum cs_err err = CS_OK;
	char key[32], value[512];

	while (*query != '\0' && !err) {
		size_t len = strcspn(query, "&"), key_len = strcspn(query, "=&");
		*why = "a parameter that is no KEY=VALUE";
		if (key_len >= len || !percent_decode(query, key_len, key, sizeof key) ||
		    !percent_decode(query + key_len + 1, len - key_len - 1, value, sizeof value)) {
			err = CS_ERR_MALFORMED;
		} else if (!parameter(key, value, out)) {
			*why = "a value of secret, algorithm, digits, period, counter or issuer";
			err = CS_ERR_MALFORMED;
		}
		query += len + (query[len] == '&');
	}
	cs_wipe(value, sizeof value);
	return err;
}

/* [ISSUER:]ACCOUNT; the colon may be encoded, and blanks may follow it. */
static bool parse_label(const char *label, size_t len, struct otpauth *out)
{
	char text[2 * YKOATH_NAME_MAX];

	if (!percent_decode(label, len, text, sizeof text))
		return false;
	char *account = text, *colon = strchr(text, ':');
	if (colon != NULL) {
		*colon = '\0';
		if (strlen(text) >= sizeof out->issuer)
			return false;
		memcpy(out->issuer, text, strlen(text) + 1);
		account = colon + 1;
		account += strspn(account, " ");
	}
	if (account[0] == '\0' || strlen(account) >= sizeof out->account)
		return false;
	memcpy(out->account, account, strlen(account) + 1);
	return true;
}

enum cs_err otpauth_parse(const char *uri, struct otpauth *out, const char **why)
{
	static const char totp[] = "otpauth://totp/", hotp[] = "otpauth://hotp/";

	*why = "its beginning: otpauth://totp/ or otpauth://hotp/";
	if (strncasecmp(uri, totp, sizeof totp - 1) != 0 && strncasecmp(uri, hotp, sizeof hotp - 1) != 0)
		return CS_ERR_MALFORMED;
	out->type = (uri[10] | 0x20) == 't' ? YKOATH_TYPE_TOTP : YKOATH_TYPE_HOTP;
	const char *label = uri + sizeof totp - 1;
	size_t label_len = strcspn(label, "?");
	*why = "its account name";
	if (!parse_label(label, label_len, out))
		return CS_ERR_MALFORMED;
	enum cs_err err = CS_OK;
	if (label[label_len] == '?')
		err = parse_query(label + label_len + 1, out, why);
	if (!err && out->seed_len == 0) {
		*why = "its secret, which is missing";
		err = CS_ERR_MALFORMED;
	}
	return err;
}

enum cs_err otpauth_name(const struct otpauth *otp, char name[YKOATH_NAME_MAX + 1])
{
	char period[16] = "";
	if (otp->type == YKOATH_TYPE_TOTP && otp->period != YKOATH_PERIOD_DEFAULT)
		snprintf(period, sizeof period, "%u/", (unsigned)otp->period);
	int len = snprintf(name, YKOATH_NAME_MAX + 1, "%s%s%s%s", period, otp->issuer,
			   otp->issuer[0] ? ":" : "", otp->account);
	return len > 0 && (unsigned)len <= YKOATH_NAME_MAX ? CS_OK : CS_ERR_LENGTH;
}

unsigned otpauth_period(const char *name)
{
	struct cs_ykoath_parts parts;

	cs_ykoath_split(YKOATH_TYPE_TOTP, cs_view_string(name), &parts);
	return parts.period;
}
